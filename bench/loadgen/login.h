/* login - one connection made by somebody who waits for it: TCP, WebSocket where asked for, CONNECT, its answer. Blocks. */
#ifndef LOADGEN_LOGIN_H
#define LOADGEN_LOGIN_H

#include "base/complaint.h"
#include "bench/loadgen/core/plan.h"
#include "bench/loadgen/core/tally.h"
#include "bench/wire/mqtt.h"

enum login_answer {
	LOGIN_IN,
	LOGIN_REFUSED, /* by CONNACK */
	LOGIN_FAILED,  /* nobody listens, there was no answer in time, or it was not understood */
};

/* On LOGIN_IN *fd is the connection, blocking and the caller's to close; else it is -1 and `why` says what is wrong. Each step
 * takes 15 s at most. Where the plan speaks no MQTT there is no CONNECT: an open WebSocket is LOGIN_IN. What came of it is counted in
 * `tally`, unless it is NULL. */
enum login_answer login(const struct plan *plan, const struct target *t, const struct mqtt_login *who,
			struct logins *tally, int *fd, struct complaint *why) __attribute__((warn_unused_result));

/* Sends `out`, and empties it in any case. Returns 0, or -1 when not all could be sent. */
int login_send(int fd, struct buf *out) __attribute__((warn_unused_result));

#endif
