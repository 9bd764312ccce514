#include "mosquitto-plugin/core/seats/books.h"

#include "base/buf.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define BAN_NAME_BYTES 300

static void user_free(struct books *b, struct user_book *u)
{
	HASH_DEL(b->users, u);
	free(u->name);
	free(u);
}

static void ban_free(struct books *b, struct ban *ban)
{
	HASH_DEL(b->bans, ban);
	free(ban->what);
	free(ban);
}

void books_free(struct books *b)
{
	struct address *a, *next_a;
	struct user_book *u, *next_u;
	struct ban *ban, *next_ban;

	HASH_ITER(hh, b->addresses, a, next_a) {
		HASH_DEL(b->addresses, a);
		free(a);
	}
	HASH_ITER(hh, b->users, u, next_u)
		user_free(b, u);
	HASH_ITER(hh, b->bans, ban, next_ban)
		ban_free(b, ban);
	*b = (struct books){ 0 };
}

static void forget_oldest(struct books *b)
{
	struct address *oldest = b->idle;

	DL_DELETE(b->idle, oldest);
	HASH_DEL(b->addresses, oldest);
	free(oldest);
}

struct address *books_find_address(const struct books *b, struct addr key)
{
	struct address *a;

	HASH_FIND(hh, b->addresses, &key, sizeof(key), a);
	return a;
}

struct address *books_address(struct books *b, struct addr key)
{
	struct address *a = books_find_address(b, key);

	if (a) {
		if (!a->connections) {
			DL_DELETE(b->idle, a);
			DL_APPEND(b->idle, a);
		}
		return a;
	}
	if (HASH_COUNT(b->addresses) >= (unsigned)b->policy->limits.addresses_remembered) {
		if (!b->idle)
			return NULL;
		forget_oldest(b);
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->key = key;
	HASH_ADD(hh, b->addresses, key, sizeof(a->key), a);
	if (!HASH_ADDED(a, hh)) {
		free(a);
		return NULL;
	}
	DL_APPEND(b->idle, a);
	return a;
}

enum reason books_knock(struct books *b, struct address *a, int role, mono now)
{
	const struct policy *p = b->policy;
	const struct door_limits *l = &p->limits;
	struct rate one = { (double)l->connects_per_s_per_address, (double)l->connects_burst_per_address };
	struct rate all = { (double)l->connects_per_s, (double)l->connects_burst };
	bool is_reserved = policy_is_reserved(p, role);

	if (!policy_is_proxy(p, a->key) && !bucket_take(is_reserved ? &a->reserved_connects : &a->connects, one, 1, now))
		return REASON_ADDRESS_RATE;
	return bucket_take(is_reserved ? &b->reserved_connects : &b->connects, all, 1, now) ? REASON_NONE : REASON_CONNECT_RATE;
}

void books_knock_back(struct books *b, struct address *a, int role)
{
	const struct policy *p = b->policy;

	if (!policy_is_reserved(p, role))
		return;
	bucket_give_back(&b->reserved_connects, 1);
	if (!policy_is_proxy(p, a->key))
		bucket_give_back(&a->reserved_connects, 1);
}

struct user_book *books_find_user(const struct books *b, struct str name)
{
	struct user_book *u;

	HASH_FIND(hh, b->users, name.p, name.len, u);
	return u;
}

struct user_book *books_user(struct books *b, struct str name)
{
	struct user_book *u = books_find_user(b, name);

	if (u)
		return u;
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	u->name = str_dup(name);
	if (u->name)
		HASH_ADD_KEYPTR(hh, b->users, u->name, name.len, u);
	if (u->name && HASH_ADDED(u, hh))
		return u;
	free(u->name);
	free(u);
	return NULL;
}

void books_user_release(struct books *b, struct user_book *u)
{
	/* a user who has logged in with a password has a home and stays; one with tokens does not */
	if (!u->connections && !u->sessions && !u->n_homes && !u->failures)
		user_free(b, u);
}

/* ---- logins ---- */

/* The keyed hash of user and password. False when there is no randomness or no memory. */
static bool secret_of(struct books *b, const struct login *l, unsigned char out[BOOKS_SECRET_BYTES])
{
	BUF_CLEANUP struct buf text = { 0 };
	unsigned n = 0;
	bool ok;

	if (!b->has_secret)
		b->has_secret = RAND_bytes(b->secret, sizeof(b->secret)) == 1;
	buf_str(&text, l->user);
	buf_char(&text, '\0');
	buf_str(&text, l->password);
	ok = b->has_secret && !text.failed &&
	     HMAC(EVP_sha256(), b->secret, sizeof(b->secret), (const unsigned char *)text.p, text.len, out, &n);
	if (text.p)
		OPENSSL_cleanse(text.p, text.len);
	return ok;
}

static bool is_at_home(const struct user_book *u, const struct login *l)
{
	for (unsigned i = 0; u && i < u->n_homes; i++)
		if (u->homes[i].transport == l->transport && memcmp(&u->homes[i].address, &l->address->key, sizeof(l->address->key)) == 0)
			return true;
	return false;
}

/* The oldest one makes room for a new one. */
static void move_in(struct user_book *u, const struct login *l)
{
	if (is_at_home(u, l))
		return;
	memmove(&u->homes[1], &u->homes[0], (BOOKS_HOMES - 1) * sizeof(u->homes[0]));
	u->homes[0] = (struct home){ l->transport, l->address->key };
	u->n_homes += u->n_homes < BOOKS_HOMES;
}

static bool is_shut(const struct policy *p, const struct login *l, mono now)
{
	return !mono_reached(now, l->address->shut_until) && !policy_is_proxy(p, l->address->key);
}

enum recall books_login_recall(struct books *b, const struct login *l, mono now)
{
	const struct policy *p = b->policy;
	const struct user_book *u = books_find_user(b, l->user);
	unsigned char secret[BOOKS_SECRET_BYTES];

	if (!u || !u->remembers)
		return RECALL_UNKNOWN;
	if (!(policy_is_reserved(p, l->role) && is_at_home(u, l)) && (is_shut(p, l, now) || !mono_reached(now, u->slow_until)))
		return RECALL_UNKNOWN;
	if (!secret_of(b, l, secret))
		return RECALL_UNKNOWN;
	return CRYPTO_memcmp(secret, u->remembered, sizeof(secret)) == 0 ? RECALL_MATCH : RECALL_MISMATCH;
}

void books_login_forget(struct user_book *u)
{
	u->remembers = false;
	OPENSSL_cleanse(u->remembered, sizeof(u->remembered));
}

/* The user is slow, and this is not his home. Each address has two tries; all who have used them up, or are behind a proxy, share one try in
 * five seconds. */
static bool may_try_slow_user(const struct policy *p, struct user_book *u, const struct login *l, mono now)
{
	if (!policy_is_proxy(p, l->address->key) && l->address->failures < 2)
		return true;
	return bucket_take(&u->away_tries, (struct rate){ 0.2, 1 }, 1, now);
}

/* A check blocks the broker's only thread, so all clients wait for what may be done at once: a tenth of what may be done in a second. */
static struct rate login_rate(const struct policy *p)
{
	double us_per_s = (double)p->limits.login_ms_per_s * 1000.0;

	return (struct rate){ us_per_s, us_per_s / 10 };
}

enum reason books_login(struct books *b, const struct login *l, mono now)
{
	const struct policy *p = b->policy;
	struct user_book *u = books_find_user(b, l->user);
	struct bucket *work = policy_is_reserved(p, l->role) ? &b->reserved_login_work : &b->login_work;

	if (is_at_home(u, l) && bucket_take(&u->home_tries, (struct rate){ 1, 1 }, 1, now))
		return REASON_NONE;
	if (is_shut(p, l, now))
		return REASON_TOO_MANY_FAILURES;
	if (u && !mono_reached(now, u->slow_until) && !may_try_slow_user(p, u, l, now))
		return REASON_USER_FAILURES;
	return bucket_borrow(work, login_rate(p), l->cost_us, now) ? REASON_NONE : REASON_LOGIN_BUSY;
}

/* Counts one more failure within the window. True when there are too many of them now; then the count begins anew. */
static bool is_too_many(const struct policy *p, unsigned *failures, mono *since, mono now)
{
	if (mono_diff(now, *since) > p->limits.failed_logins_window_s * 1000 || !*failures) {
		*failures = 0;
		*since = now;
	}
	if (++*failures < (unsigned)p->limits.failed_logins)
		return false;
	*failures = 0;
	return true;
}

void books_login_failed(struct books *b, const struct login *l, bool is_user, mono now)
{
	const struct policy *p = b->policy;
	mono until = mono_add(now, p->limits.failed_logins_ban_s * 1000);
	struct user_book *u = is_user ? books_user(b, l->user) : NULL;
	struct address *a = l->address;

	if (u && is_too_many(p, &u->failures, &u->failures_since, now))
		u->slow_until = until;
	if (policy_is_proxy(p, a->key) || !is_too_many(p, &a->failures, &a->failures_since, now))
		return;
	a->shut_until = until;
	b->shut++;
}

void books_login_good(struct books *b, const struct login *l)
{
	struct user_book *u = books_user(b, l->user);

	if (!u)
		return;
	move_in(u, l);
	u->remembers = secret_of(b, l, u->remembered);
}

enum reason books_token(struct books *b, unsigned cost_us, mono now)
{
	return bucket_borrow(&b->token_work, login_rate(b->policy), cost_us, now) ? REASON_NONE : REASON_LOGIN_BUSY;
}

enum reason books_replay(struct books *b, const struct charge *c, double n, mono now)
{
	const struct policy *p = b->policy;
	const struct door_limits *l = &p->limits;
	struct rate one = { (double)l->replays_per_s_per_address, (double)l->replays_burst_per_address };
	struct rate all = { (double)l->replays_per_s, (double)l->replays_burst };
	struct address *a = c->address;

	if (policy_is_reserved(p, c->role))
		return REASON_NONE;
	if (!policy_is_proxy(p, a->key) && !bucket_borrow(&a->replays, one, n, now))
		return REASON_REPLAY_RATE;
	if (bucket_borrow(&b->replays, all, n, now))
		return REASON_NONE;
	if (!policy_is_proxy(p, a->key))
		bucket_give_back(&a->replays, n);
	return REASON_REPLAY_RATE;
}

/* ---- seats ---- */

/* How many seats are free for this role. Seats that other roles have reserved and not taken are not free for it. */
static int64_t free_seats(const struct books *b, int role)
{
	const struct policy *p = b->policy;
	int64_t most = p->limits.connections, seats;

	if (b->seats_by_files && b->seats_by_files < most)
		most = b->seats_by_files;
	seats = most - b->total;
	for (size_t i = 0; i < p->n_roles; i++)
		if ((int)i != role && p->roles[i].reserved > b->by_role[i])
			seats -= p->roles[i].reserved - b->by_role[i];
	return seats;
}

int64_t books_seats_left(const struct books *b, int role)
{
	int64_t of_all = free_seats(b, role), of_role = b->policy->roles[role].connections - b->by_role[role];
	int64_t left = of_all < of_role ? of_all : of_role;

	return left > 0 ? left : 0;
}

static enum reason look_for_seat(const struct books *b, const struct address *a, int role)
{
	const struct policy *p = b->policy;

	if (free_seats(b, role) <= 0)
		return REASON_FULL;
	if (b->by_role[role] >= p->roles[role].connections)
		return REASON_ROLE_FULL;
	if (!policy_is_reserved(p, role) && !policy_is_proxy(p, a->key) &&
	    a->connections >= p->limits.connections_per_address)
		return REASON_ADDRESS_FULL;
	return REASON_NONE;
}

enum reason books_admit(struct books *b, struct charge *c, struct str user)
{
	enum reason why = look_for_seat(b, c->address, c->role);
	struct user_book *u = NULL;

	if (why)
		return why;
	if (user.len) {
		u = books_user(b, user);
		if (!u)
			return REASON_MEMORY;
		if (u->connections >= b->policy->limits.connections_per_user)
			return REASON_USER_FULL;
		u->connections++;
	}
	if (!c->address->connections++)
		DL_DELETE(b->idle, c->address);
	b->total++;
	b->by_role[c->role]++;
	c->user = u;
	c->held = true;
	return REASON_NONE;
}

void books_release(struct books *b, struct charge *c)
{
	if (!c->held)
		return;
	c->held = false;
	b->total--;
	b->by_role[c->role]--;
	if (!--c->address->connections)
		DL_APPEND(b->idle, c->address);
	if (!c->user)
		return;
	c->user->connections--;
	books_user_release(b, c->user);
}

void books_move(struct books *b, struct charge *c, int role)
{
	if (c->held)
		b->by_role[role]++;
	c->role = role;
}

static struct str ban_name(char out[BAN_NAME_BYTES], const char *kind, struct str whom)
{
	int n = snprintf(out, BAN_NAME_BYTES, "%s %.*s", kind, (int)(whom.len < 256 ? whom.len : 256),
			 whom.p ? whom.p : "");

	return (struct str){ out, n < BAN_NAME_BYTES ? (size_t)n : BAN_NAME_BYTES - 1 };
}

static struct ban *find_ban(struct books *b, const char *kind, struct str whom)
{
	char name[BAN_NAME_BYTES];
	struct str key = ban_name(name, kind, whom);
	struct ban *ban;

	HASH_FIND(hh, b->bans, key.p, key.len, ban);
	return ban;
}

/* Whoever has taken over a broker can order as many bans as he likes: these must not keep others out. False: all of them hold for everybody. */
static bool drop_a_weak_ban(struct books *b)
{
	struct ban *ban = b->bans;

	while (ban && !ban->spares_reserved)
		ban = ban->hh.next;
	if (ban)
		ban_free(b, ban);
	return ban;
}

/* The entry of this ban, made when there is none; NULL: too many, or no memory. */
static struct ban *open_ban(struct books *b, const struct ban_order *order)
{
	struct ban *ban = find_ban(b, order->kind, order->whom);
	char name[BAN_NAME_BYTES];
	struct str key = ban_name(name, order->kind, order->whom);

	if (ban)
		return ban;
	if (HASH_COUNT(b->bans) < (unsigned)b->policy->limits.bans || (!order->spares_reserved && drop_a_weak_ban(b)))
		ban = calloc(1, sizeof(*ban));
	if (!ban)
		return NULL;
	ban->what = str_dup(key);
	ban->spares_reserved = ban->elsewhere = true;
	if (ban->what)
		HASH_ADD_KEYPTR(hh, b->bans, ban->what, key.len, ban);
	if (ban->what && HASH_ADDED(ban, hh))
		return ban;
	free(ban->what);
	free(ban);
	return NULL;
}

bool books_ban(struct books *b, const char *kind, struct str whom, mono until)
{
	return books_ban_some(b, &(struct ban_order){ .kind = kind, .whom = whom, .until = until });
}

bool books_ban_some(struct books *b, const struct ban_order *order)
{
	struct ban *ban = open_ban(b, order);
	bool is_stronger = ban && ((!ban->spares_reserved && order->spares_reserved) || (!ban->elsewhere && order->elsewhere));

	if (!ban)
		return false;
	if (!is_stronger || mono_reached(order->until, ban->until))
		ban->until = order->until;
	ban->spares_reserved &= order->spares_reserved;
	ban->elsewhere &= order->elsewhere;
	return true;
}

bool books_unban(struct books *b, const char *kind, struct str whom)
{
	struct ban *ban = find_ban(b, kind, whom);

	if (ban)
		ban_free(b, ban);
	return ban;
}

bool books_is_banned(struct books *b, const char *kind, struct str whom, mono now)
{
	struct ban *ban = b->bans ? find_ban(b, kind, whom) : NULL;

	return ban && !ban->elsewhere && !mono_reached(now, ban->until);
}

bool books_is_banned_all_the_same(struct books *b, const char *kind, struct str whom, mono now)
{
	return books_is_banned(b, kind, whom, now) && !find_ban(b, kind, whom)->spares_reserved;
}

bool books_shut_out(struct books *b, const struct comer *who, mono now)
{
	bool (*holds)(struct books *, const char *, struct str, mono) = who->may_be_reserved ? books_is_banned_all_the_same : books_is_banned;
	char text[ADDR_TEXT_SIZE];

	if (!b->bans)
		return false;
	return holds(b, "address", str_of(addr_text(who->address, text)), now) || (who->user.len && holds(b, "user", who->user, now));
}

void books_expire(struct books *b, mono now)
{
	struct ban *ban, *next;

	HASH_ITER(hh, b->bans, ban, next)
		if (mono_reached(now, ban->until))
			ban_free(b, ban);
}
