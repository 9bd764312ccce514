/* herald - the bench's own publisher. It writes snapshot, recent and delta as the real one does, with the moment of sending in
 * the delta: to a broker by MQTT, to a server that speaks no MQTT as WebSocket text. Its functions block for some seconds at most. */
#ifndef LOADGEN_HERALD_H
#define LOADGEN_HERALD_H

#include "base/buf.h"
#include "bench/loadgen/login.h"

struct herald {
	const struct plan *plan;
	const struct target *target;
	int fd;
	int64_t seq, base; /* the seq of the last delta, and of the snapshot */
	uint16_t id;
	struct buf out, payload;
	char epoch[24];
};

/* Connects again, with the same epoch, as a publisher does that went on while its broker was away. herald_snapshot() is to follow. */
enum login_answer herald_connect(struct herald *h, struct logins *tally, struct complaint *why) __attribute__((warn_unused_result));
void herald_hang_up(struct herald *h);

/* These return 0, or -1 when they fail; a message then stands on stderr. */
int herald_open(struct herald *h, const struct plan *plan, size_t arm) __attribute__((warn_unused_result));
int herald_snapshot(struct herald *h) __attribute__((warn_unused_result));
int herald_delta(struct herald *h) __attribute__((warn_unused_result));
/* Reads acknowledgements and forgets them; with `ping` also sends a ping, so that the broker knows that it is alive. */
int herald_tend(struct herald *h, bool ping) __attribute__((warn_unused_result));
void herald_close(struct herald *h);

#endif
