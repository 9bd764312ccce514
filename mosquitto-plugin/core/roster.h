/* roster - the clients that are in, what they subscribe to, and the groups that this makes (groups.h). A client is
 * known by the broker's pointer for it, because an id is held twice while one connection takes over from another; a
 * pointer is used again as soon as its client is gone. */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "mosquitto-plugin/core/books.h"
#include "mosquitto-plugin/core/groups.h"
#include "mosquitto-plugin/core/token.h"

/* A filter that somebody has subscribed to; one for all who have. */
struct filter {
	char *text;
	unsigned refs;
	struct group *group; /* NULL: counts in none */
	UT_hash_handle hh;
};

enum index_key {
	BY_PTR,
	BY_ID,
	INDICES
};

/* Of these there are as many as viewers: what it holds is what a viewer costs. */
struct client {
	/* what every delivery looks at stands in front, to be one line of the processor's cache */
	const void *ptr; /* the broker's */
	struct client *follower; /* who was found after this one in the last row, or NULL */
	int role;
	bool leaving;   /* told to go: may do nothing any more */
	bool queued;    /* the broker has not been asked to disconnect it yet */
	bool current;   /* newest with this id: what the broker means by it */
	uint8_t transport;
	int socket; /* what struct visitor said */
	struct client *followed; /* whose follower this one is, or NULL */
	struct client *next_in[INDICES], *prev, *next;
	struct charge charge;
	mono since;
	struct bucket subscribes;
	union {
		struct filter *one; /* while cap_filters is 0 */
		struct filter **many;
	} filters;
	unsigned n_filters, cap_filters;
	struct more *more; /* NULL: nothing of it */
	char id[];
};

/* What most of a crowd never has. */
struct more {
	char *user; /* NULL: anonymous */
	struct claims claims; /* of a token; expires_ms is 0 without one */
	struct bucket publishes, bytes, refusals, replays;
	struct bucket new_groups; /* that this client's messages make known */
	uint64_t messages_in, bytes_in, refused;
};

/* Clients by a key, in chains. */
struct index {
	struct client **heads;
	size_t n_heads, n;
};

struct roster {
	struct index index[INDICES];
	struct client *clients; /* in the order in which they came */
	struct client *row;     /* found last by roster_find_in_row() */
	struct client *cursor;  /* of roster_next_leaving() */
	unsigned n_queued;
	struct filter *filters;
	struct groups groups;
	unsigned by_transport[TRANSPORT_COUNT], n_tokens, n_subscriptions;
	uint64_t changes; /* rises with everything that presence tells, but for groups */
};

void roster_free(struct roster *r, struct books *b);

struct client *roster_find(const struct roster *r, const void *ptr);
/* The same, for the one of thousands: the broker goes through the subscribers of a topic in the same order for every
 * message, so the next one is guessed, and fetched into the cache ahead. */
struct client *roster_find_in_row(struct roster *r, const void *ptr);
struct client *roster_find_id(const struct roster *r, struct str id);

static inline unsigned roster_count(const struct roster *r)
{
	return (unsigned)r->index[BY_PTR].n;
}

static inline const char *client_user(const struct client *c)
{
	return c->more ? c->more->user : NULL;
}

/* When its token expires, by the wall clock; 0 without one. */
static inline int64_t client_expires_ms(const struct client *c)
{
	return c->more ? c->more->claims.expires_ms : 0;
}

static inline struct filter *const *client_filters(const struct client *c)
{
	return c->cap_filters ? c->filters.many : &c->filters.one;
}

/* Makes it if need be; NULL when memory is out. */
struct more *client_more(struct client *c);

/* NULL when memory is out; the caller then keeps charge and claims, otherwise both are handed over. */
struct client *roster_add(struct roster *r, const void *ptr, struct str id, struct str user);
void roster_remove(struct roster *r, struct books *b, struct client *c);

/* To be disconnected at the next tick. */
void roster_send_away(struct roster *r, struct client *c);
/* Takes one of those out of the queue; NULL when there is none. Anybody may be removed between two calls. */
struct client *roster_next_leaving(struct roster *r);

enum subscribed {
	SUBSCRIBED_NEW,
	SUBSCRIBED_AGAIN,
	SUBSCRIBED_NO_MEMORY,
};
bool roster_has_filter(const struct client *c, struct str text);
enum subscribed roster_subscribe(struct roster *r, const struct policy *p, struct client *c, struct str text);
void roster_unsubscribe(struct roster *r, struct client *c, struct str text);

/* A reload has replaced the rules: everybody is counted anew. The old policy still stands. */
void roster_regroup(struct roster *r, const struct policy *p);

#endif
