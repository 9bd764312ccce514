/* roster - the clients that are in: who they are, and what they subscribe to.
 *
 * The problem. Everything that the broker asks about a client, it asks with a pointer, and the answer has to be found at once: one
 * message to 10,000 viewers is 10,000 questions. And as there are so many clients, each must be small.
 *
 * Words.
 *   client    one connection that has been let in. Its key is the broker's pointer. The client id cannot be the key: while one connection
 *             takes over from another, both have the same id. The broker may use a pointer for another client as soon as its client is gone.
 *   current   the newest client with its id: the one that the broker means when it is told an id.
 *   extra     what a client needs only when it has a name, writes, was refused something or subscribed to much: user, token, rates. Most
 *             viewers have no name and are silent, so it is allocated at first use.
 *   filter    what a client has subscribed to. All clients with the same filter share one struct.
 *   group     the clients that presence counts together, by what they subscribe to (groups.h).
 *   leaving   the client is being sent away: it may do nothing any more but leave its will, and stays in the roster until the broker says
 *             that it is gone.
 *   queued    the client is leaving, and the broker has not yet been asked to disconnect it.
 *
 * The order of deliveries. The broker goes through the subscribers of a topic in the same order for every message. Each client
 * remembers which client was asked about after it. So the next client is guessed, and fetched into the processor's cache ahead; when the
 * pointer shows that the guess is wrong, the client is found in the table of pointers as any other.
 *
 * The life of a client. The door seats it (books.h), and roster_add() makes it, with the charge of its seat. roster_subscribe() and
 * roster_unsubscribe() keep its filters, and the groups that these make. roster_send_away() marks one that has to go; at the next tick
 * roster_next_leaving() hands it out, once, for the broker to be asked. When the broker says that a connection has ended, roster_remove()
 * gives back all that the client held, filters, groups and its seat, and frees it. So does roster_free() with all that are left.
 *
 * Example: viewer v1 subscribes to sb/feed/overlay/delta, and 500 have before. Its client gets a pointer to the one filter, which
 * now has 501 refs, and the group view/overlay counts one more. */
#ifndef CORE_ROSTER_H
#define CORE_ROSTER_H

#include "mosquitto-plugin/core/login/token.h"
#include "mosquitto-plugin/core/seats/books.h"
#include "mosquitto-plugin/core/seats/groups.h"

struct filter {
	char *text;
	unsigned refs;
	struct group *group; /* the group of those who hold it; NULL: presence does not count them */
	UT_hash_handle hh;
};

enum index_key {
	BY_PTR,
	BY_ID,
	INDICES
};

/* There are as many of these as viewers: its size is what a viewer costs. */
struct client {
	/* what every delivery looks at stands in front, within one line of the processor's cache */
	const void *ptr;               /* the broker's pointer to it */
	struct client *next_delivered; /* who was asked about after this one in the last delivery; NULL: not known */
	int role;
	bool leaving;
	bool queued;
	bool current;
	uint8_t transport;
	int socket;                    /* the descriptor of its connection; 0: not known */
	struct client *prev_delivered; /* the client whose next_delivered this one is; NULL: there is none */
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

/* See `extra` above. */
struct client_extra {
	char *user;                     /* NULL: anonymous */
	struct claims claims;           /* of its token; expires_ms is 0 without one */
	struct bucket publishes, bytes; /* for what it writes */
	struct bucket refusals;         /* when it is empty, the client is sent away */
	struct bucket replays;          /* for retained messages that its subscriptions bring */
	struct bucket new_groups;       /* of a client that is not charged to a user, for groups that it makes known */
	struct bucket asks;             /* for what an edge's bridge asks its hub */
	bool bans_due;                  /* it is the bridge of an edge that has not heard yet who is banned */
	uint64_t messages_in, bytes_in, refused;
};

/* A hash table of clients by one of their keys. Clients whose keys lead to the same head are chained by next_in[]. */
struct index {
	struct client **heads;
	size_t n_heads, n;
};

struct roster {
	struct index index[INDICES];
	struct client *clients;        /* in the order in which they came */
	struct client *delivered_last; /* the client that roster_find_for_delivery() found last; NULL: none, or it has gone */
	struct client *cursor;         /* where roster_next_leaving() goes on */
	unsigned n_queued;
	struct filter *filters;
	struct groups groups;
	unsigned by_transport[TRANSPORT_COUNT], n_tokens, n_subscriptions;
	uint64_t changes; /* rises when a client comes or goes, and with a reload, which may change roles; groups have a count of their own */
};

void roster_free(struct roster *r, struct books *b);

struct client *roster_find(const struct roster *r, const void *ptr);
/* The same, for the question that the broker asks once per delivery: see the order of deliveries, above. */
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

/* For groups that this client makes known. A user's clients share one: otherwise he would only have to connect again to fill a broker's rooms.
 * NULL: no memory. */
struct bucket *client_new_groups(struct client *c);

/* When the client's token expires, by the wall clock; 0 without a token. */
static inline int64_t client_expires_ms(const struct client *c)
{
	return c->extra ? c->extra->claims.expires_ms : 0;
}

static inline struct filter *const *client_filters(const struct client *c)
{
	return c->cap_filters ? c->filters.many : &c->filters.one;
}

/* The client's extra, made when there is none; NULL when memory is out. */
struct client_extra *client_extra(struct client *c) __attribute__((warn_unused_result));

/* Adds a client; copies id and user (p is NULL: no name). NULL when memory is out. The caller then fills in role, transport, socket, since,
 * charge and claims, of which the last two are the client's from then on, and raises by_transport, and n_tokens if there is a token. */
struct client *roster_add(struct roster *r, const void *ptr, struct str id, struct str user) __attribute__((warn_unused_result));
/* Gives back all that the client holds, its seat included, lowers the counts, and frees it. */
void roster_remove(struct roster *r, struct books *b, struct client *c);

/* Marks the client as leaving, and queues it. */
void roster_send_away(struct roster *r, struct client *c);
/* Takes one client out of the queue; NULL when it is empty. Any client may be removed between two calls. */
struct client *roster_next_leaving(struct roster *r);

enum subscribed {
	SUBSCRIBED_NEW,
	SUBSCRIBED_AGAIN, /* the client held this filter already */
	SUBSCRIBED_NO_MEMORY,
};
/* Does the client hold a filter of this group? */
bool roster_is_in(const struct client *c, const struct group *g);
bool roster_has_filter(const struct client *c, struct str text);
enum subscribed roster_subscribe(struct roster *r, const struct policy *p, struct client *c, struct str text)
	__attribute__((warn_unused_result));
void roster_unsubscribe(struct roster *r, struct client *c, struct str text);

/* A reload: counts all clients anew in the groups of the new policy. The caller frees the old policy only afterwards, since groups
 * refer to it until then. */
void roster_regroup(struct roster *r, const struct policy *p);

#endif
