/* newcomers - connections to the broker that have not come in yet: accepted by it, but no CONNECT of theirs has been let in. The broker
 * asks a plugin about nobody before CONNECT; until then a connection costs a descriptor for as long as it likes, and as much memory
 * as the packet that it announces (Mosquitto 2.0 does not hold WebSockets to max_packet_size: up to 256 MB). So this looks at the
 * process's own sockets: TCP tells how long a connection has been there and how many bytes have come on it (tcp(7), TCP_INFO). Who is
 * too slow, too many or too large is shut down, which the broker sees as the end of the connection.
 *
 * Who is in is looked at as well, in turn: whoever sends far more than his role may is shut down.
 *
 * The caller says which sockets have come in. A socket that it cannot name for a client makes the watch blind: it then closes
 * nobody any more, since it could hit that client. */
#ifndef PLUGIN_NEWCOMERS_H
#define PLUGIN_NEWCOMERS_H

#include "base/buf.h"
#include "base/mono.h"
#include "mosquitto-plugin/core/policy/limits.h"
#include "mosquitto-plugin/core/policy/policy.h"
#include "mosquitto-plugin/core/seats/bucket.h"

#define NEWCOMERS_LOOK_MS 10
#define NEWCOMERS_BUSY_MS 1000 /* what passes between two looks beyond that, the broker was busy with others */

struct newcomers;

/* files: what newcomers_raise_file_limit() said. NULL: no memory */
struct newcomers *newcomers_new(int64_t files) __attribute__((warn_unused_result));
void newcomers_free(struct newcomers *n);

/* Raises this process's limit on open files as far as it may without privileges, and says what it is now; 0: unknown. To be called
 * before the broker opens its listeners: libwebsockets reads the limit once. */
int64_t newcomers_raise_file_limit(void);
/* How many connections that allows, when newcomers and the process itself keep what they need. */
int64_t newcomers_seats(int64_t files, const struct door_limits *limits);

/* A client has come in on this socket (0: the caller does not know), or has left it. */
void newcomers_came_in(struct newcomers *n, int socket, const void *client);
void newcomers_left(struct newcomers *n, int socket, const void *client);
/* Whoever comes by the listener of this connection is watched no more: the caller is not told who of them has come in. */
void newcomers_spare(struct newcomers *n, int fd);
/* Is this descriptor a connection to one of the broker's listeners that is nobody's yet? */
bool newcomers_is_waiting(struct newcomers *n, int fd);
bool newcomers_is_blind(const struct newcomers *n);

/* What a client that is in may send: so much per second, and so much at once. False: it is not known there. */
struct newcomers_allowance {
	bool (*allowed)(void *ctx, const void *client, struct rate *out);
	void *ctx;
};

/* Looks at the sockets, every NEWCOMERS_LOOK_MS, or less often when that would be more than a twentieth of the time. A look costs a system
 * call for each number below the highest in use that is no client's, and two for each newcomer. Of those who are in, it looks at
 * NEWCOMERS_IN_TURN more, which is one system call each: a packet that is announced and never ends is no message, and no limit of the
 * policy's sees it. */
#define NEWCOMERS_IN_TURN 100
void newcomers_look(struct newcomers *n, const struct policy *p, const struct newcomers_allowance *a, mono now);

/* Prometheus' text. */
void newcomers_metrics(const struct newcomers *n, struct buf *out);

#endif
