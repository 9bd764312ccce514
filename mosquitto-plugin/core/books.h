/* books - who holds which seat, and who has tried how often. A connection holds one charge: taken once, given back
 * once; when everybody has gone, every count is zero. Addresses without a connection are remembered for a while (their
 * rates and failures), the longest silent forgotten first.
 *
 * Logins. Checking a password is slow on purpose, and whoever likes may ask for it, so it has budgets. An address where many logins
 * failed is shut for passwords; behind a proxy everybody has one address, so failures are counted by user name as well. But nobody
 * shall lock another out by failing in his name: a user is `at home` at the address and kind of listener of his last good login, and
 * has a budget of his own there that nobody elsewhere can use up; and a password that was good is remembered (as a keyed hash), so
 * that it is good again at once, whatever is going on. */
#ifndef CORE_BOOKS_H
#define CORE_BOOKS_H

#include "mosquitto-plugin/core/bucket.h"
#include "mosquitto-plugin/core/policy.h"
#include "mosquitto-plugin/core/reasons.h"

#define BOOKS_SECRET_BYTES 32

struct address {
	struct addr key;
	unsigned connections, failures;
	bool has_logged;
	mono logged;                     /* the last line about it */
	mono failures_since, shut_until; /* no passwords are checked from here until then */
	struct bucket connects, claims, replays;
	unsigned sessions; /* that nameless clients from here have left behind */
	struct address *prev, *next; /* while idle */
	UT_hash_handle hh;
};

struct user_book {
	char *name;
	unsigned connections;
	unsigned sessions; /* that his clients have left behind */
	bool has_home;
	enum transport home_transport;
	struct addr home; /* where his last good login came from */
	struct bucket home_tries, away_tries;
	unsigned failures;
	mono failures_since, slow_until; /* too many failed in his name: away from home his passwords are checked seldom until then */
	bool remembers;
	unsigned char remembered[BOOKS_SECRET_BYTES]; /* of his last good password */
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
	struct bucket connects, claims, login_work, reserved_login_work, token_work, replays;
	int64_t seats_by_files; /* connections that the limit on open files allows; 0: not known */
	unsigned char secret[BOOKS_SECRET_BYTES]; /* the key of remembered passwords; drawn at first use */
	bool has_secret;
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
/* Who claimed a role with seats of its own and proved it does not pay for having knocked. */
void books_knock_back(struct books *b, const struct policy *p, struct address *a, int role);

/* One that shows a password. */
struct login {
	struct address *address;
	enum transport transport;
	struct str user, password;
	int role;         /* the one claimed */
	unsigned cost_us; /* of checking it */
};
enum memory {
	MEMORY_NONE,  /* nothing is remembered of this user, or may not be asked */
	MEMORY_RIGHT,
	MEMORY_WRONG, /* another one was good, and still is: there is no need to check this one */
};
/* Is this the password with which the user came in last? Cheap, and charges nothing. Not where passwords are not checked any more, or
 * seldom, since too many failed; but a user of a role with reserved seats is always asked so at home. A wrong one has to be told to
 * books_login_failed(), whatever else is wrong with who shows it: otherwise guessing would be free. */
enum memory books_login_remembered(struct books *b, const struct policy *p, const struct login *l, mono now);
/* May the password be checked now? */
enum reason books_login(struct books *b, const struct policy *p, const struct login *l, mono now);
/* is_user: the name is known, so that failures may be counted for it. */
void books_login_failed(struct books *b, const struct policy *p, const struct login *l, bool is_user, mono now);
void books_login_good(struct books *b, const struct login *l);
/* His password is another one now. */
void books_login_forget(struct user_book *u);
/* Tokens are checked from everywhere, since checking is cheap and a stranger's failures at the same address say nothing about them;
 * but not more of them than fits into the budget. */
enum reason books_token(struct books *b, const struct policy *p, unsigned cost_us, mono now);

/* Retained messages that a subscription would bring again, at a client's address and at the broker. */
enum reason books_replay(struct books *b, const struct policy *p, struct address *a, int role, double n, mono now);

/* For who enters what is left behind without a connection. */
struct user_book *books_user(struct books *b, struct str name);            /* made when there is none; NULL: no memory */
struct user_book *books_find_user(const struct books *b, struct str name); /* NULL: not known */
void books_user_release(struct books *b, struct user_book *u); /* frees what nothing refers to any more */
struct address *books_find_address(const struct books *b, struct addr key); /* NULL: not remembered */

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
