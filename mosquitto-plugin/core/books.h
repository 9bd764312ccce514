/* books - who holds which seat, and who has tried how often. A connection holds one charge: taken once, given back
 * once; when everybody has gone, every count is zero. Addresses without a connection are remembered for a while (their
 * rates and failures), the longest silent forgotten first. */
#ifndef CORE_BOOKS_H
#define CORE_BOOKS_H

#include "mosquitto-plugin/core/bucket.h"
#include "mosquitto-plugin/core/policy.h"
#include "mosquitto-plugin/core/reasons.h"

struct address {
	struct addr key;
	unsigned connections, failures;
	bool proven;                     /* somebody has logged in from here */
	bool has_logged;
	mono logged;                     /* the last line about it */
	mono failures_since, shut_until; /* no logins from here until then */
	struct bucket connects;
	struct address *prev, *next; /* while idle */
	UT_hash_handle hh;
};

struct user_book {
	char *name;
	unsigned connections;
	struct addr good; /* where the last good login came from: somebody else's failures there do not shut it out */
	struct bucket tries;
	UT_hash_handle hh;
};

struct ban {
	char *what; /* "address 192.0.2.1", "user name" */
	mono until;
	UT_hash_handle hh;
};

struct books {
	unsigned total, by_role[POLICY_MAX_ROLES];
	struct address *addresses, *idle;
	struct user_book *users;
	struct ban *bans;
	struct bucket connects, login_work, proven_login_work;
	uint64_t shut; /* addresses that were shut for failed logins, ever */
};

struct charge {
	struct address *address;
	struct user_book *user;
	int role;
	bool held;
};

void books_free(struct books *b);

/* The entry, made when there is none. NULL when there is no room: all are in use, or memory is out. */
struct address *books_address(struct books *b, const struct policy *p, struct addr key);

/* The steps of a connect, in this order. `role` is the one claimed; NO_ROLE is the crowd. */
enum reason books_knock(struct books *b, const struct policy *p, struct address *a, int role, mono now);
enum reason books_login(struct books *b, const struct policy *p, struct address *a, struct str user, unsigned cost_us,
			mono now);
void books_login_failed(struct books *b, const struct policy *p, struct address *a, mono now);
void books_login_good(struct books *b, struct address *a, struct str user);
enum reason books_admit(struct books *b, const struct policy *p, struct address *a, int role, struct str user,
			struct charge *out);
void books_release(struct books *b, struct charge *c); /* twice is legal */

/* A reload has renumbered the roles. */
void books_move(struct books *b, struct charge *c, int role);

/* kind: "address" or "user". False when the list is full or memory is out. */
bool books_ban(struct books *b, const struct policy *p, const char *kind, struct str whom, mono until);
bool books_unban(struct books *b, const char *kind, struct str whom); /* false: was not banned */
bool books_is_banned(struct books *b, const char *kind, struct str whom, mono now);
void books_expire(struct books *b, mono now); /* forgets bans that are over */

#endif
