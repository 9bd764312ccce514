/* books - who holds which seat, and who has tried how often. Knows no connections and no broker: it is told who asks, and answers with a
 * reason (REASON_NONE means yes).
 *
 * The problem. A broker has room for so many clients, and whoever likes may ask for it, again and again. Nobody shall take so much of it
 * that others go without: not one address, not one user, not the crowd from those who run the show. And nobody shall lock
 * another user out by asking in his name.
 *
 * Words.
 *   seat      what a client occupies while it is connected. There are `connections` of them; a role may have some of its own
 *             (`reserved`), which no other role can take.
 *   charge    what the holder of one seat is counted with: at the broker, the address, the user and the role. books_admit() takes it,
 *             books_release() gives it back; when everybody has gone, every count is zero.
 *   address   whom the limits per address count as one: an IPv4 address, an IPv6 /64. Behind a trusted proxy everybody has the proxy's
 *             address, which therefore has no limits. An address without a connection is idle: it is remembered, for its rates and its
 *             failed logins, until the room is needed; the one that was silent longest is forgotten first.
 *   reserved  a client's role has seats of its own. All others are the crowd.
 *   knock     one try to connect, paid for by the address and by the broker (connects_per_s) before any password or token is checked.
 *             Whoever gives the name of a user with a reserved role pays from other buckets of the same size, so that the crowd cannot keep
 *             that user waiting; when he has proved to be that user, the knock is given back.
 *   login     a check of a password. It is slow on purpose, and done on the broker's only thread, so it is paid for with the time that
 *             it takes (login_ms_per_s). Names with a reserved role have a budget of their own here, too.
 *   shut      an address from where too many logins failed: no passwords are checked from there for a while.
 *   slow      a user in whose name too many logins failed, from wherever: away from home his passwords are checked seldom.
 *   home      the address and the kind of listener of a user's last good login. From there one check a second is always allowed, even if
 *             the address is shut or the user slow, and nobody elsewhere can use that up. A user has two homes, those of his last good logins
 *             from different places: a publisher and its standby have one name, and each must find its way in when the other is lost.
 *   recall    the last good password of a user is remembered as a keyed hash. Whoever shows it again is known at once, without a slow
 *             check, even while others have used up all budgets.
 *
 * The life of a connect (door.c). books_address() finds the address. books_login_recall() says whether the password is the remembered
 * one. If it is not, books_knock() takes the price of a try, and books_login() that of a check; the caller checks the password, and tells the
 * outcome by books_login_failed() or books_login_good(). books_admit() takes the seat, and books_release() gives it back when the client has
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
#define BOOKS_HOMES 2

struct address {
	struct addr key;
	unsigned connections;
	unsigned failures;    /* logins that failed since failures_since */
	struct log_pace pace; /* for the door's log lines about this address */
	mono failures_since, shut_until;
	struct bucket connects, reserved_connects, replays;
	unsigned sessions;           /* those that clients without a name have left behind from here */
	struct address *prev, *next; /* in the list of idle ones */
	UT_hash_handle hh;
};

struct home {
	enum transport transport;
	struct addr address;
};

struct user_book {
	char *name;
	unsigned connections;
	unsigned sessions;              /* those that his clients have left behind */
	struct home homes[BOOKS_HOMES]; /* the newest first */
	unsigned n_homes;
	struct bucket home_tries, away_tries;
	struct bucket new_groups; /* for groups that his clients make known */
	unsigned failures;        /* logins in his name that failed since failures_since */
	mono failures_since, slow_until;
	bool remembers;                               /* `remembered` holds something */
	unsigned char remembered[BOOKS_SECRET_BYTES]; /* the hash of his last good password */
	UT_hash_handle hh;
};

struct ban {
	char *what; /* "address 192.0.2.1", "user name" */
	mono until;
	bool spares_reserved; /* it does not hold for users of roles with reserved seats */
	bool elsewhere;       /* it does not hold at this broker, which only remembers it for others */
	UT_hash_handle hh;
};

/* A zeroed struct with a policy is empty. */
struct books {
	const struct policy *policy;               /* the one in force; it belongs to the owner, who replaces it at a reload */
	unsigned total, by_role[POLICY_MAX_ROLES]; /* charges that are held */
	struct address *addresses, *idle;          /* all; the list of idle ones, the longest silent first */
	struct user_book *users;
	struct ban *bans;
	struct bucket connects, reserved_connects, login_work, reserved_login_work, token_work, replays;
	int64_t seats_by_files;                   /* connections that the limit on open files allows; 0: not known */
	unsigned char secret[BOOKS_SECRET_BYTES]; /* the key of remembered passwords; drawn at first use */
	bool has_secret;
	uint64_t shut; /* times that an address was shut */
};

struct charge {
	struct address *address;
	struct user_book *user;
	int role;
	bool held;
};

void books_free(struct books *b);

/* The entry of this address, made when there is none. NULL when there is no room: all entries have connections, or memory is out. */
struct address *books_address(struct books *b, struct addr key) __attribute__((warn_unused_result));

/* Takes the price of one try to connect. role: that of the user whose name is given, who need not be him; NO_ROLE: there is none. */
enum reason books_knock(struct books *b, struct address *a, int role, mono now) __attribute__((warn_unused_result));
/* Gives the price back, if the role is a reserved one: he has proved to be that user. */
void books_knock_back(struct books *b, struct address *a, int role);

/* Somebody who shows a password. */
struct login {
	struct address *address;
	enum transport transport;
	struct str user, password;
	int role;         /* that of the user whose name is given */
	unsigned cost_us; /* how long a check of the password takes */
};
enum recall {
	RECALL_UNKNOWN,  /* no password of this user is remembered, or this one may not be compared with it now */
	RECALL_MATCH,    /* it is the remembered one */
	RECALL_MISMATCH, /* it is not, and the remembered one is still good: there is no need to check this one */
};
/* Is this the password with which the user came in last? Cheap, and charges nothing. RECALL_UNKNOWN where the address is shut or the user
 * slow, except for a user with a reserved role at home. The caller tells books_login_failed() of each RECALL_MISMATCH, even if it refuses the
 * connect for another reason: otherwise guessing would be free. */
enum recall books_login_recall(struct books *b, const struct login *l, mono now) __attribute__((warn_unused_result));
/* May the password be checked now? Takes the price of the check. */
enum reason books_login(struct books *b, const struct login *l, mono now) __attribute__((warn_unused_result));
/* is_user: there is a user of this name, so the failure counts for him as well. */
void books_login_failed(struct books *b, const struct login *l, bool is_user, mono now);
void books_login_good(struct books *b, const struct login *l);
/* The user has another password now: forgets the remembered one. */
void books_login_forget(struct user_book *u);
/* May a token be checked now? Takes the price of the check. Tokens are checked wherever they come from, since that is cheap, and failed
 * logins from the same address say nothing about them; but only as many as fit into their budget. */
enum reason books_token(struct books *b, unsigned cost_us, mono now) __attribute__((warn_unused_result));

/* May the broker send n retained messages because of a subscription? Takes them from the buckets of the client's address and of the
 * broker; a client with a reserved role pays nothing. */
enum reason books_replay(struct books *b, const struct charge *c, double n, mono now) __attribute__((warn_unused_result));

/* For sessions, which are charged to a user or an address without a connection (sessions.h). */
/* The entry of this user, made when there is none; NULL: no memory. */
struct user_book *books_user(struct books *b, struct str name) __attribute__((warn_unused_result));
struct user_book *books_find_user(const struct books *b, struct str name);  /* NULL: there is none */
void books_user_release(struct books *b, struct user_book *u);              /* frees the entry if nothing needs it any more */
struct address *books_find_address(const struct books *b, struct addr key); /* NULL: there is none */

/* Is there a seat? The caller has filled in address and role of c; with REASON_NONE c holds a seat, which also counts for the user (an empty
 * name: for none). */
enum reason books_admit(struct books *b, struct charge *c, struct str user) __attribute__((warn_unused_result));
void books_release(struct books *b, struct charge *c); /* twice is legal */
/* How many more clients of this role would find a seat; what addresses and users may have is not looked at. */
int64_t books_seats_left(const struct books *b, int role);

/* After a reload roles have other numbers. The caller zeroes by_role, and calls this for every charge with its new role. */
void books_move(struct books *b, struct charge *c, int role);

/* kind: "address" or "user"; whom: the address as addr_text() writes it, or the user's name. False when there are `bans` of the policy
 * already, or memory is out. One that spares users with reserved seats makes room for one that does not. */
bool books_ban(struct books *b, const char *kind, struct str whom, mono until) __attribute__((warn_unused_result));
bool books_unban(struct books *b, const char *kind, struct str whom); /* false: there was no such ban */
bool books_is_banned(struct books *b, const char *kind, struct str whom, mono now);
/* books_ban() for one that may not hold for all, or not here (struct ban). One that is there already and does is neither weakened nor shortened
 * by such a one. */
struct ban_order {
	const char *kind;
	struct str whom;
	mono until;
	bool spares_reserved, elsewhere;
};
bool books_ban_some(struct books *b, const struct ban_order *order) __attribute__((warn_unused_result));
/* Does a ban hold for one whose role has reserved seats, or who says so? */
bool books_is_banned_all_the_same(struct books *b, const char *kind, struct str whom, mono now);
struct comer {
	struct addr address;
	struct str user;      /* empty: none */
	bool may_be_reserved; /* his role has reserved seats, or which one it is is not known yet */
};
/* Is he banned, by his address or by his name? */
bool books_shut_out(struct books *b, const struct comer *who, mono now);
void books_expire(struct books *b, mono now); /* forgets bans that are over */

#endif
