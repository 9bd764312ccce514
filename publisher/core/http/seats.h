/* seats - how many HTTP connections and streams there may be at once, in all and from one address. Knows no socket.
 *
 * Each connection holds one seat from accept to close, and one more of the kind SEAT_STREAM while it is a stream of Server-Sent
 * Events, or of the kind SEAT_HISTORY while it has an answer of the history. Seats are counted by address: an IPv4 address, or the
 * first 64 bits of an IPv6 one, since whoever has one of the 2^64 addresses with these 64 bits mostly has all of them. A loopback
 * address may have any number of seats, because a proxy on this machine has one address for all its clients; its seats count in the
 * total.
 */
#ifndef PUBLISHER_SEATS_H
#define PUBLISHER_SEATS_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

enum seat_kind {
	SEAT_CONNECTION,
	SEAT_STREAM,
	SEAT_HISTORY,
	SEAT_KINDS,
};

enum seat_result {
	SEAT_TAKEN = 0,
	SEAT_ALL_TAKEN = 1,    /* the limit for all addresses together is reached, or there is no memory */
	SEAT_ADDRESS_FULL = 2, /* the limit for one address is reached */
};

struct seat_limits {
	size_t total[SEAT_KINDS], per_address[SEAT_KINDS];
};

struct seats;
struct address; /* an address that holds seats; owned by `seats`, and freed with the last seat that it gives back */

/* NULL: no memory. */
struct seats *seats_new(const struct seat_limits *limits) __attribute__((warn_unused_result));
void seats_free(struct seats *s); /* NULL is fine; frees the addresses, too */

/* Takes a seat of the kind SEAT_CONNECTION for a client from this address, AF_INET or AF_INET6. *out, which the functions below ask for, is set
 * on SEAT_TAKEN only. */
enum seat_result seats_enter(struct seats *s, const struct sockaddr *from, struct address **out)
	__attribute__((warn_unused_result));
/* Takes one more seat for an address that holds one. */
enum seat_result seats_take(struct seats *s, struct address *a, enum seat_kind kind) __attribute__((warn_unused_result));
/* To be called once for each seat taken. `a` is freed with its last seat. */
void seats_give_back(struct seats *s, struct address *a, enum seat_kind kind);

size_t seats_taken(const struct seats *s, enum seat_kind kind);

/* How many open files are kept free for all that is no HTTP client: scoreboard, broker, name server, log, schema, recording, libwebsockets. */
#define SEATS_FILES_KEPT 64

/* The limits that are wanted, lowered to what fits if the process may have so many files open. There are no more connections than
 * SEATS_FILES_KEPT leaves, but always a few; at most half of them may be streams, and at most half of each kind may be of one address. */
struct seat_limits seats_fit(struct seat_limits wanted, size_t files);

#endif
