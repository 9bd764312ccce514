/* seats - how many HTTP connections and streams there may be at once, in all and from one address. Knows no socket.
 *
 * Each connection holds one seat from accept to close, and one more of the kind SEAT_STREAM while it is a stream of Server-Sent
 * Events. Seats are counted by address: an IPv4 address, or the first 64 bits of an IPv6 one, since whoever has one of those
 * 2^64 addresses has all of them. A loopback address may have any number of seats, because a proxy on this machine has one
 * address for all its clients; its seats count in the total.
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
	SEAT_ALL_TAKEN = 1,    /* the limit of all together is reached, or there is no memory */
	SEAT_ADDRESS_FULL = 2, /* the limit of this address is reached */
};

struct seat_limits {
	size_t total[SEAT_KINDS], per_address[SEAT_KINDS];
};

struct seats;
struct address; /* an address that holds seats; owned by `seats`, and freed with the last seat that it gives back */

/* NULL: no memory. */
struct seats *seats_new(const struct seat_limits *limits) __attribute__((warn_unused_result));
void seats_free(struct seats *s); /* NULL is fine; frees the addresses, too */

/* A seat of the kind SEAT_CONNECTION for a client from this address, AF_INET or AF_INET6. Sets *out, for the functions below, on
 * SEAT_TAKEN only. */
enum seat_result seats_enter(struct seats *s, const struct sockaddr *from, struct address **out)
	__attribute__((warn_unused_result));
/* One more seat for an address that holds one. */
enum seat_result seats_take(struct seats *s, struct address *a, enum seat_kind kind) __attribute__((warn_unused_result));
/* Once for each seat taken. `a` is freed with its last seat. */
void seats_give_back(struct seats *s, struct address *a, enum seat_kind kind);

size_t seats_taken(const struct seats *s, enum seat_kind kind);

/* Open files that are not for HTTP clients: scoreboard, broker, name server, log, schema, recording, libwebsockets' own. */
#define SEATS_FILES_KEPT 64

/* The wanted limits, cut to what fits when the process may have so many files open: no more connections than that leaves (but
 * always a few), for one address at most half of all, and at most half of the connections as streams. */
struct seat_limits seats_fit(struct seat_limits wanted, size_t files);

#endif
