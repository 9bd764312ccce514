/* books - who holds which seat, and who has tried how often. Knows no connections and no broker: it is told who asks, and answers with a
 * reason (REASON_NONE: yes).
 *
 * The problem. A broker has room for so many clients, and whoever likes may ask for it, again and again. Nobody shall take so much of it
 * that others go without: not one address, not one user, not the crowd from those who run the show. And nobody shall lock
 * another out by asking in his name.
 *
 * Words.
 *   seat      what a client occupies while it is connected. There are `connections` of them; a role may have some of its own
 *             (`reserved`), which no other role can take.
 *   charge    one seat that is taken: at the broker, at an address, at a user, at a role. Taken once by books_admit(), given
 *             back once by books_release(); when everybody has gone, every count is zero.
 *   address   whom the limits per address count as one: an IPv4 address, an IPv6 /64. Behind a trusted proxy everybody has the proxy's,
 *             which therefore has no limits. Without a connection an address is idle: remembered, for its rates and its
 *             failures, until the room is needed; the one that was silent longest is forgotten first.
 *   knock     one try to connect, paid for by the address and by the broker (connects_per_s) before anything is looked at.
 *   crowd     those who name no role with seats of its own. Who names one has a claim: he knocks at rates of the same size that stand
 *             beside the crowd's, so that the crowd cannot keep him waiting; and when he has proved it, he gets the knock back.
 *   login     a check of a password. It is slow on purpose, and done on the broker's only thread, so it is paid for with the time that
 *             it takes (login_ms_per_s); claims have a budget of their own here, too.
 *   shut      an address where too many logins failed: no passwords are checked from there for a while.
 *   slow      a user in whose name too many failed, from wherever: away from home his passwords are checked seldom.
 *   home      the address and the kind of listener of a user's last good login. There he has one try a second that nobody elsewhere can
 *             use up, shut or not, slow or not.
 *   remembered   the last good password of a user, as a keyed hash in memory: who shows it again is known at once, for nothing. It is his
 *             proof while all budgets are used up by others.
 *
 * The life of a connect (door.c). books_address() finds the address. books_login_remembered() asks whether the password is a remembered
 * one; if not, books_knock() takes the price of a try, and books_login() that of a check, which the caller makes and tells
 * the outcome of: books_login_failed() or books_login_good(). books_admit() takes the seat, books_release() gives it back when the client has
 * gone.
 *
 * Example: `connections` is 1000 and the publisher's role has 2 reserved, of which one is taken. Then 998 viewers find a seat and the next
 * one does not, and the publisher's second connection still finds its own. */
#ifndef CORE_BOOKS_H
#define CORE_BOOKS_H

#include "mosquitto-plugin/core/policy/policy.h"
#include "mosquitto-plugin/core/policy/reasons.h"
#include "mosquitto-plugin/core/seats/bucket.h"
#include "mosquitto-plugin/core/seats/log_pace.h"

#define BOOKS_SECRET_BYTES 32

struct address {
	struct addr key;
	unsigned connections;
	unsigned failures;    /* logins since failures_since */
	struct log_pace pace; /* of the door's lines about it */
	mono failures_since, shut_until;
	struct bucket connects, claims, replays;
	unsigned sessions;           /* that nameless clients from here have left behind */
	struct address *prev, *next; /* while idle */
	UT_hash_handle hh;
};

struct user_book {
	char *name;
	unsigned connections;
	unsigned sessions; /* that his clients have left behind */
	bool has_home;
	enum transport home_transport;
	struct addr home;
	struct bucket home_tries, away_tries;
	unsigned failures; /* logins in his name since failures_since */
	mono failures_since, slow_until;
	bool remembers;
	unsigned char remembered[BOOKS_SECRET_BYTES]; /* the hash of his last good password */
	UT_hash_handle hh;
};

struct ban {
	char *what; /* "address 192.0.2.1", "user name" */
	mono until;
	UT_hash_handle hh;
};

/* Zeroed, but for the policy, it is empty. */
struct books {
	const struct policy *policy;               /* in force; the owner's, who replaces it with a reload */
	unsigned total, by_role[POLICY_MAX_ROLES]; /* charges that are held */
	struct address *addresses, *idle;          /* all; a list of those without a connection, the longest silent first */
	struct user_book *users;
	struct ban *bans;
	struct bucket connects, claims, login_work, reserved_login_work, token_work, replays;
	int64_t seats_by_files;                   /* connections that the limit on open files allows; 0: not known */
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
struct address *books_address(struct books *b, struct addr key) __attribute__((warn_unused_result));

/* role: the one claimed; NO_ROLE is the crowd. */
enum reason books_knock(struct books *b, struct address *a, int role, mono now) __attribute__((warn_unused_result));
/* He has proved it. */
void books_knock_back(struct books *b, struct address *a, int role);

/* Somebody who shows a password. */
struct login {
	struct address *address;
	enum transport transport;
	struct str user, password;
	int role;         /* the one claimed */
	unsigned cost_us; /* of checking it */
};
enum memory {
	MEMORY_NONE,  /* no password of this user is remembered, or this one may not be compared with it now */
	MEMORY_RIGHT, /* it is the remembered one */
	MEMORY_WRONG, /* it is not, and the remembered one is still good: there is no need to check this one */
};
/* Is this the password with which the user came in last? Cheap, and charges nothing. Not where passwords are not checked any more, or
 * seldom, since too many failed; but a user of a role with reserved seats is always asked so at home. A wrong one has to be told to
 * books_login_failed(), whatever else is wrong with who shows it: otherwise guessing would be free. */
enum memory books_login_remembered(struct books *b, const struct login *l, mono now) __attribute__((warn_unused_result));
/* May the password be checked now? */
enum reason books_login(struct books *b, const struct login *l, mono now) __attribute__((warn_unused_result));
/* is_user: the name is known, so that failures may be counted for it. */
void books_login_failed(struct books *b, const struct login *l, bool is_user, mono now);
void books_login_good(struct books *b, const struct login *l);
/* His password is another one now: the remembered one is good no longer. */
void books_login_forget(struct user_book *u);
/* Tokens are checked from everywhere, since checking is cheap and a stranger's failures at the same address say nothing about them;
 * but not more of them than fits into the budget. */
enum reason books_token(struct books *b, unsigned cost_us, mono now) __attribute__((warn_unused_result));

/* May the broker send n retained messages because of a subscription? Paid for by the client's address and by the broker; a role with
 * seats of its own pays nothing. */
enum reason books_replay(struct books *b, const struct charge *c, double n, mono now) __attribute__((warn_unused_result));

/* For the sessions, which have an owner and no connection (sessions.h). */
/* Made when there is none; NULL: no memory. */
struct user_book *books_user(struct books *b, struct str name) __attribute__((warn_unused_result));
struct user_book *books_find_user(const struct books *b, struct str name);  /* NULL: not known */
void books_user_release(struct books *b, struct user_book *u);              /* frees what nothing refers to any more */
struct address *books_find_address(const struct books *b, struct addr key); /* NULL: not remembered */

/* Is there a seat? c has address and role; with REASON_NONE it holds one, also in the name of the user (empty: nobody's). */
enum reason books_admit(struct books *b, struct charge *c, struct str user) __attribute__((warn_unused_result));
void books_release(struct books *b, struct charge *c); /* twice is legal */

/* After a reload roles have other numbers: the caller zeroes by_role, and has every charge counted again by its role of now. */
void books_move(struct books *b, struct charge *c, int role);

/* kind: "address" or "user". False when the list is full or memory is out. */
bool books_ban(struct books *b, const char *kind, struct str whom, mono until) __attribute__((warn_unused_result));
bool books_unban(struct books *b, const char *kind, struct str whom); /* false: was not banned */
bool books_is_banned(struct books *b, const char *kind, struct str whom, mono now);
void books_expire(struct books *b, mono now); /* forgets bans that are over */

#endif
