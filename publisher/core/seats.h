/* seats - how many HTTP connections and streams there may be at once, in all and per address. Knows no socket.
 *
 * Each connection holds one seat from accept to close, and one more of the kind SEAT_STREAM while it is a stream of
 * Server-Sent Events. An address is an IPv4 address, or the first 64 bits of an IPv6 one, since whoever has one of those has
 * all of them. Loopback is never too many for one address: there stands the proxy with everybody behind it; it counts in the total.
 */
#ifndef PUBLISHER_SEATS_H
#define PUBLISHER_SEATS_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

enum seat_kind {
	SEAT_CONNECTION,
	SEAT_STREAM,
	SEAT_KINDS,
};

enum seat_result {
	SEAT_TAKEN = 0,
	SEAT_ALL_TAKEN = 1,     /* or no memory */
	SEAT_ADDRESS_FULL = 2,
};

struct seat_limits {
	size_t total[SEAT_KINDS], per_address[SEAT_KINDS];
};

struct seats;
struct address; /* somebody who holds seats; lives as long as he holds one */

struct seats *seats_new(const struct seat_limits *limits); /* NULL: no memory */
void seats_free(struct seats *s);

/* The connection's own seat. On SEAT_TAKEN *out is whom to give it back for. */
enum seat_result seats_enter(struct seats *s, const struct sockaddr *from, struct address **out)
	__attribute__((warn_unused_result));
/* A further seat of somebody who has one. */
enum seat_result seats_take(struct seats *s, struct address *a, enum seat_kind kind) __attribute__((warn_unused_result));
/* `a` may be gone after it. */
void seats_give_back(struct seats *s, struct address *a, enum seat_kind kind);

size_t seats_taken(const struct seats *s, enum seat_kind kind);

/* What fits below a limit of files: never more connections than it leaves, never more for one address than for all the
 * others, never more streams than half of the connections. */
struct seat_limits seats_fit(struct seat_limits wanted, size_t files);
/* Files that are not for HTTP: scoreboard, broker, name server, log, schema, recording, libwebsockets' own. */
#define SEATS_FILES_KEPT 64

#endif
