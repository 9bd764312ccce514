/* newcomers - a watch over newcomers: connections that the broker has accepted, and on which no client has come in yet. The broker asks a
 * plugin about nobody before CONNECT. Until then a connection keeps a descriptor for as long as it likes, and as much memory as the packet
 * that it announces (up to 256 MB over WebSockets, which Mosquitto 2.0 does not hold to max_packet_size). So this module looks at the
 * process's own sockets. It notes when it first saw a connection, and TCP tells how many bytes have come on it (tcp(7), TCP_INFO).
 * Connections that are too slow, too many or send too much are shut down, which the broker sees as their end.
 *
 * The sockets of clients that are in are looked at as well, in turn: one that sends far more than its role may is shut down.
 *
 * The caller says on which sockets clients have come in. When it does not know the socket of a client, the watch becomes blind: it shuts
 * down nobody any more, since it could take that client for a newcomer. */
#ifndef PLUGIN_NEWCOMERS_H
#define PLUGIN_NEWCOMERS_H

#include "base/buf.h"
#include "base/mono.h"
#include "mosquitto-plugin/core/policy/limits.h"
#include "mosquitto-plugin/core/policy/policy.h"
#include "mosquitto-plugin/core/seats/bucket.h"

#define NEWCOMERS_LOOK_MS 10
#define NEWCOMERS_BUSY_MS 1000 /* time between two looks counts only up to this: beyond it the broker was busy, and read nobody's CONNECT */

struct newcomers;

/* files: what newcomers_raise_file_limit() returned. NULL: no memory. */
struct newcomers *newcomers_new(int64_t files) __attribute__((warn_unused_result));
void newcomers_free(struct newcomers *n);

/* Raises this process's limit on open files as far as it may without privileges, and returns the limit; 0: unknown. To be called before the
 * broker opens its listeners, since libwebsockets reads the limit once. */
int64_t newcomers_raise_file_limit(void);
/* How many clients such a limit allows, when newcomers and the process itself keep what they need; 0: unknown. */
int64_t newcomers_seats(int64_t files, const struct door_limits *limits);

/* A client has come in on this socket (0: the caller does not know the socket), or has left it. */
void newcomers_came_in(struct newcomers *n, int socket, const void *client);
void newcomers_left(struct newcomers *n, int socket, const void *client);
/* Ends the watch over the listener by which this connection came: the caller is not told which of its clients have come in. */
void newcomers_spare(struct newcomers *n, int fd);
/* Is this descriptor a newcomer's, on a listener that is watched? */
bool newcomers_is_waiting(struct newcomers *n, int fd);
bool newcomers_is_blind(const struct newcomers *n);

/* `allowed` says how many bytes a client may send, per second and at once. False: there is no such client. */
struct newcomers_allowance {
	bool (*allowed)(void *ctx, const void *client, struct rate *out);
	void *ctx;
};

/* Looks at the sockets, at most every NEWCOMERS_LOOK_MS, and less often when looking would take more than a twentieth of the time. A look
 * costs one system call for each number below the highest in use that is no client's, two for each newcomer, and one for each of
 * NEWCOMERS_IN_TURN clients. Clients are looked at because the door's limits count messages: a packet that is announced and never ends is
 * none. */
#define NEWCOMERS_IN_TURN 100
void newcomers_look(struct newcomers *n, const struct policy *p, const struct newcomers_allowance *a, mono now);

/* How many files the process had open at the last look; negative: not known, since the watch is blind or has not looked yet. */
int64_t newcomers_open_files(const struct newcomers *n);

/* Prometheus' text. */
void newcomers_metrics(const struct newcomers *n, struct buf *out);

#endif
