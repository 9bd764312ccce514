/* sessions - what the broker keeps of clients that have gone: their subscriptions and the messages that wait for them. A client asks
 * for it with Clean Session off (MQTT 3.1.1) or a Session Expiry Interval (MQTT 5). Nobody pays for it with a connection, so it is
 * entered here, with the user or the address that it is charged to, and forgotten when a client with its id is back or when the
 * policy's `session_s` is over (the broker's own persistent_client_expiration should be no longer). Knows no broker. */
#ifndef CORE_SESSIONS_H
#define CORE_SESSIONS_H

#include "base/hash.h"
#include "mosquitto-plugin/core/policy/addr.h"

#include "base/mono.h"
#include "base/str.h"

struct session {
	char *id, *user; /* user NULL: nameless, charged to its address */
	const void *ptr; /* the broker's pointer for it: only compared */
	struct addr address;
	int role;
	bool unsure;       /* the client has just gone, and the broker has not yet been asked whether anything of it is left */
	bool over;         /* beyond what its user may have, or a nameless one's: it gets no messages */
	mono left;         /* when its client left; session_s later the entry is forgotten */
	UT_hash_handle hh; /* by id; in the order in which the clients left */
};

struct sessions {
	struct session *all;
	unsigned n_unsure; /* entries with `unsure`; raised by who sets it */
	uint64_t not_kept; /* sessions of which no account is kept: there were too many. Counted by the caller */
};

void sessions_free(struct sessions *s);

/* Copies id and user. NULL when there are `max` already, or memory is out. An entry of the same id is replaced; the caller has settled
 * its charge before. */
struct session *sessions_add(struct sessions *s, struct str id, struct str user, size_t max) __attribute__((warn_unused_result));
struct session *sessions_find(const struct sessions *s, struct str id);
void sessions_remove(struct sessions *s, struct session *entry);

/* The one that was added last; NULL: there is none. Those before it follow by sessions_before(). */
struct session *sessions_last(const struct sessions *s);
struct session *sessions_before(const struct session *entry);

static inline unsigned sessions_count(const struct sessions *s)
{
	return HASH_COUNT(s->all);
}

#endif
