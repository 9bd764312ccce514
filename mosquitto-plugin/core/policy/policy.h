/* policy - the policy file, parsed: which roles there are, who has which, what each may do and how much of it. The file's format is in
 * docs/policy.md and schema/policy.schema.json. Knows no clients. Of the password file and the key files it knows only the names: load.h
 * reads them. A policy never changes once it is loaded; a reload puts a new one in its place. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "base/complaint.h"
#include "base/hash.h"
#include "mosquitto-plugin/core/policy/addr.h"
#include "mosquitto-plugin/core/policy/asks.h"
#include "mosquitto-plugin/core/policy/limits.h"
#include "mosquitto-plugin/core/policy/room.h"
#include "mosquitto-plugin/core/policy/rules.h"

#define POLICY_MAX_ROLES 32
#define POLICY_MAX_USERS 10000
#define POLICY_MAX_KEYS 16
#define POLICY_MAX_PROXIES 64
#define POLICY_MAX_WATCHES 16
#define POLICY_WATCHES (POLICY_MAX_WATCHES + 1) /* with the one that "rooms" makes */
#define POLICY_ROOM_WATCH "$rooms"              /* its name, which no entry of the policy can have */
#define POLICY_MAX_CLIENT_IDS 16
#define POLICY_WATCH_GROUPS 100 /* how many groups of a watch are published at most, where it does not say */
#define NO_ROLE (-1)            /* a role is an index of struct policy's `roles`; this is none */

enum transport {
	TRANSPORT_MQTT,
	TRANSPORT_WEBSOCKETS,
	TRANSPORT_COUNT
};

extern const char *const transport_names[TRANSPORT_COUNT];

struct role {
	char *name;
	struct rules subscribe, publish;
	struct role_limits limits;
	int64_t reserved;    /* seats that no other role can take; a role with some is also free of limits that the crowd has (books.h) */
	int64_t connections; /* seats that it can take at most */
	bool shared_subscriptions;
	bool control;  /* may use the control API */
	bool audience; /* its clients are counted as watching; unless the policy says otherwise, those of roles without `reserved` */
	bool says_audience;
	unsigned asks;  /* what an edge whose bridge has this role may ask its hub for: a bit for each enum ask */
	bool exclusive; /* one client is in at a time, whatever its user: others are refused with REASON_TAKEN */
	/* Client ids that only clients of this role may use, connected or not: a name, or the beginning of names with '*' behind. */
	char *client_ids[POLICY_MAX_CLIENT_IDS];
	size_t n_client_ids;
};

struct policy_user {
	char *name;
	int role;
	UT_hash_handle hh;
};

enum token_algorithm {
	TOKEN_HS256,
	TOKEN_RS256,
	TOKEN_ES256,
	TOKEN_ALGORITHMS
};

extern const char *const token_algorithm_names[TOKEN_ALGORITHMS];

struct token_key {
	enum token_algorithm algorithm;
	char *file;
	char *bytes; /* the file's contents, NUL-terminated; NULL until load.h has read it. Freed with the policy */
	size_t len;
};

struct token_rules {
	struct token_key keys[POLICY_MAX_KEYS];
	size_t n_keys;                /* 0: tokens are not taken */
	char *issuer;                 /* NULL: any */
	char *audience;               /* NULL: any */
	bool roles[POLICY_MAX_ROLES]; /* those that a token may name */
	int default_role;             /* NO_ROLE: a token must name one */
	int64_t leeway_s;
	int64_t max_rooms;
};

/* An entry of "presence"."watch": clients are counted in groups by what they subscribe to (groups.h). A policy with "rooms" has one more, the
 * first, whose groups are the rooms. */
struct watch {
	char *name;     /* the groups' first level below presence/ */
	char *filter;   /* a filter with one '+', where a subscription or topic has the name of its group */
	bool names;     /* publish who is in a group, not only how many */
	int64_t groups; /* how many are published at most */
	bool rooms;     /* it is the one of "rooms" */
};

struct policy {
	struct role roles[POLICY_MAX_ROLES];
	size_t n_roles;
	struct policy_user *users; /* by name */
	size_t n_users;
	int anonymous[TRANSPORT_COUNT];
	char *passwords; /* the name of the password file; NULL: none */
	struct cidr proxies[POLICY_MAX_PROXIES];
	size_t n_proxies;
	struct token_rules tokens;
	struct rules repeats;
	struct watch watches[POLICY_WATCHES];
	size_t n_watches;
	struct room_rules rooms;
	struct door_limits limits;
};

/* 0 and a policy; or 1, *out is NULL, and `why` has the first thing that is wrong. */
int policy_parse(struct str text, struct policy **out, struct complaint *why) __attribute__((warn_unused_result));
void policy_free(struct policy *p); /* NULL is fine */

int policy_role(const struct policy *p, struct str name);      /* NO_ROLE: there is no role of this name */
int policy_user_role(const struct policy *p, struct str user); /* NO_ROLE: "users" does not name this user */
/* Does this role have seats of its own (`reserved`)? False for NO_ROLE. */
bool policy_is_reserved(const struct policy *p, int role);
/* May a client of this role use the client id? False when it belongs to other roles only. */
bool policy_may_use_id(const struct policy *p, int role, struct str client_id);
/* The key under which the limits count this address: addr_key(), but for a trusted proxy the address itself. */
struct addr policy_address_key(const struct policy *p, struct addr a);
/* May everybody whose filters have %r be in this room, whatever his token says? */
bool policy_room_is_open(const struct policy *p, struct str room);
bool policy_is_proxy(const struct policy *p, struct addr a);

#endif
