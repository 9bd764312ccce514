/* roster - the clients that are in: who they are, and what they subscribe to.
 *
 * The problem. Everything that the broker asks about a client, it asks with a pointer, and the answer has to be found at once: one
 * message to 10,000 viewers is 10,000 questions. And as there are so many clients, each must be small.
 *
 * Words.
 *   client    one connection that has been let in. Its key is the broker's pointer. A client id will not do as one: while one connection
 *             takes over from another, both have the id. A pointer is given to somebody else as soon as its client is gone.
 *   current   the newest client with its id: the one that the broker means when it is told an id.
 *   extra     what a client needs only when it has a name, writes, was refused something or subscribed to much: user, token, rates. Most
 *             viewers are anonymous and silent, so it is allocated at first use.
 *   filter    something that is subscribed to. One struct for all who have subscribed to the same text.
 *   group     the clients that presence counts together, by what they subscribe to (groups.h).
 *   leaving   has been told to go: it may do nothing any more but leave its will, and stands here until the broker says that it is gone.
 *   queued    leaving, and the broker has not yet been asked to disconnect it.
 *
 * The order of deliveries. The broker goes through the subscribers of a topic in the same order for every message. Each client
 * remembers who was asked about after it, so the next one is guessed (and fetched into the processor's cache ahead) and only
 * compared; when the guess is wrong, it is found by its pointer as any other.
 *
 * The life of a client. The door seats it (books.h), and roster_add() makes it, with the charge of its seat. roster_subscribe()
 * and roster_unsubscribe() keep its filters, and the groups that these make. roster_send_away() marks one that has to go; at the
 * next tick roster_next_leaving() hands it out, once, for the broker to be asked. When the broker says that a connection has ended,
 * roster_remove() gives back all that it held: filters, groups, its seat. It, and nobody else, frees a client.
 *
 * Example: viewer v1 subscribes to sb/feed/overlay/delta, and 500 have before. Its client gets a pointer to the one filter, which
 * now has 501 refs, and the group view/overlay counts one more. */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "mosquitto-plugin/core/login/token.h"
#include "mosquitto-plugin/core/seats/books.h"
#include "mosquitto-plugin/core/seats/groups.h"

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

/* There are as many of these as viewers: its size is what a viewer costs. */
struct client {
	/* what every delivery looks at stands in front, to be one line of the processor's cache */
	const void *ptr;               /* the broker's */
	struct client *next_delivered; /* who was asked about after this one in the last delivery; NULL: not known */
	int role;
	bool leaving;
	bool queued;
	bool current;
	uint8_t transport;
	int socket;                    /* the descriptor of its connection; 0: not known */
	struct client *prev_delivered; /* whose next_delivered this one is; NULL: nobody's */
	struct client *next_in[INDICES], *prev, *next;
	struct charge charge;
	mono since;
	struct bucket subscribes;
	union {
		struct filter *one; /* while cap_filters is 0 */
		struct filter **many;
	} filters;
	unsigned n_filters, cap_filters;
	struct client_extra *extra; /* NULL: not needed so far */
	char id[];
};

/* What a client needs only when it has a name or writes. Most viewers are anonymous and silent, so it is allocated at first use. */
struct client_extra {
	char *user;                     /* NULL: anonymous */
	struct claims claims;           /* of a token; expires_ms is 0 without one */
	struct bucket publishes, bytes; /* what it writes */
	struct bucket refusals;         /* empty: it is sent away */
	struct bucket replays;          /* retained messages that its subscriptions bring */
	struct bucket new_groups;       /* that its messages make known */
	uint64_t messages_in, bytes_in, refused;
};

/* A hash table of clients by one of their keys, which are not copied. Clients with the same head are chained by next_in[]. */
struct index {
	struct client **heads;
	size_t n_heads, n;
};

struct roster {
	struct index index[INDICES];
	struct client *clients;        /* in the order in which they came */
	struct client *delivered_last; /* whom roster_find_for_delivery() was asked about last; NULL: nobody, or he has gone */
	struct client *cursor;         /* where roster_next_leaving() goes on */
	unsigned n_queued;
	struct filter *filters;
	struct groups groups;
	unsigned by_transport[TRANSPORT_COUNT], n_tokens, n_subscriptions;
	uint64_t changes; /* rises when somebody comes or goes, or a reload has changed roles; groups have a count of their own */
};

void roster_free(struct roster *r, struct books *b);

struct client *roster_find(const struct roster *r, const void *ptr);
/* The same, for the question that comes once for each delivery (see above). */
struct client *roster_find_for_delivery(struct roster *r, const void *ptr);
struct client *roster_find_id(const struct roster *r, struct str id);

static inline unsigned roster_count(const struct roster *r)
{
	return (unsigned)r->index[BY_PTR].n;
}

static inline const char *client_user(const struct client *c)
{
	return c->extra ? c->extra->user : NULL;
}

/* When its token expires, by the wall clock; 0 without one. */
static inline int64_t client_expires_ms(const struct client *c)
{
	return c->extra ? c->extra->claims.expires_ms : 0;
}

static inline struct filter *const *client_filters(const struct client *c)
{
	return c->cap_filters ? c->filters.many : &c->filters.one;
}

/* Makes it if need be; NULL when memory is out. */
struct client_extra *client_extra(struct client *c) __attribute__((warn_unused_result));

/* Copies id and user (p NULL: anonymous). NULL when memory is out. The caller fills in role, transport, socket, since, charge and claims,
 * of which the last two are the client's from then on, and raises by_transport, and n_tokens for one with a token. */
struct client *roster_add(struct roster *r, const void *ptr, struct str id, struct str user) __attribute__((warn_unused_result));
/* Gives back all that it holds, its seat included, lowers the counts, and frees it. */
void roster_remove(struct roster *r, struct books *b, struct client *c);

/* It may do nothing any more, and is to be disconnected at the next tick. */
void roster_send_away(struct roster *r, struct client *c);
/* Takes one that is queued out of the queue; NULL when there is none. Anybody may be removed between two calls. */
struct client *roster_next_leaving(struct roster *r);

enum subscribed {
	SUBSCRIBED_NEW,
	SUBSCRIBED_AGAIN, /* had this filter already */
	SUBSCRIBED_NO_MEMORY,
};
bool roster_has_filter(const struct client *c, struct str text);
enum subscribed roster_subscribe(struct roster *r, const struct policy *p, struct client *c, struct str text)
	__attribute__((warn_unused_result));
void roster_unsubscribe(struct roster *r, struct client *c, struct str text);

/* A reload: everybody is counted anew in the groups of the new policy. The caller frees the old policy afterwards only, since groups
 * still refer to it. */
void roster_regroup(struct roster *r, const struct policy *p);

#endif
