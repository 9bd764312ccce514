/* sessions - which sessions the broker keeps of clients that have gone: their subscriptions and the messages that wait for them. A client
 * asks for one with Clean Session off (MQTT 3.1.1) or a Session Expiry Interval (MQTT 5). A session holds no seat, so it is entered here, with
 * the user or the address that it is charged to. It is forgotten when a client with its id is back, or when the policy's `session_s` has
 * passed (the broker's own persistent_client_expiration should not be longer). Knows no broker. */
#ifndef CORE_SESSIONS_H
#define CORE_SESSIONS_H

#include "base/hash.h"
#include "mosquitto-plugin/core/policy/addr.h"

#include "base/mono.h"
#include "base/str.h"

struct session {
	char *id, *user; /* user is NULL: a client without a name, whose address is charged */
	const void *ptr; /* the broker's pointer to it, which is only compared */
	struct addr address;
	int role;
	bool unsure;       /* the client has just gone, and the broker has not yet been asked whether anything of it is left */
	bool over;         /* it is more than its user may have, or without a user: no messages are kept for it */
	mono left;         /* when its client left; session_s later the entry is forgotten */
	UT_hash_handle hh; /* by id; in the order in which the clients left */
};

struct sessions {
	struct session *all;
	unsigned n_unsure; /* entries with `unsure`; raised by the caller when it sets that */
	uint64_t not_kept; /* sessions that are not entered here, since there were too many; counted by the caller */
};

void sessions_free(struct sessions *s);

/* Adds an entry; copies id and user. NULL when there are `max` already, or memory is out. An entry with the same id is replaced, and the
 * caller has given back its charge before. */
struct session *sessions_add(struct sessions *s, struct str id, struct str user, size_t max) __attribute__((warn_unused_result));
struct session *sessions_find(const struct sessions *s, struct str id);
void sessions_remove(struct sessions *s, struct session *entry);

/* The entry that was added last, and the one that was added before this entry; NULL: there is none. */
struct session *sessions_last(const struct sessions *s);
struct session *sessions_before(const struct session *entry);

static inline unsigned sessions_count(const struct sessions *s)
{
	return HASH_COUNT(s->all);
}

#endif
