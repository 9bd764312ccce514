#include "mosquitto-plugin/core/books.h"

#include "base/buf.h"

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

struct address *books_address(struct books *b, const struct policy *p, struct addr key)
{
	struct address *a;

	HASH_FIND(hh, b->addresses, &key, sizeof(key), a);
	if (a) {
		if (!a->connections) {
			DL_DELETE(b->idle, a);
			DL_APPEND(b->idle, a);
		}
		return a;
	}
	if (HASH_COUNT(b->addresses) >= (unsigned)p->limits.addresses_remembered) {
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

static bool has_reserved(const struct policy *p, int role)
{
	return role != NO_ROLE && p->roles[role].reserved > 0;
}

enum reason books_knock(struct books *b, const struct policy *p, struct address *a, int role, mono now)
{
	const struct door_limits *l = &p->limits;
	struct rate one = { (double)l->connects_per_s_per_address, (double)l->connects_burst_per_address };
	struct rate all = { (double)l->connects_per_s, (double)l->connects_burst };

	if (has_reserved(p, role))
		return REASON_NONE;
	if (!policy_is_proxy(p, a->key) && !bucket_take(&a->connects, one, 1, now))
		return REASON_ADDRESS_RATE;
	return bucket_take(&b->connects, all, 1, now) ? REASON_NONE : REASON_CONNECT_RATE;
}

static struct user_book *find_user(const struct books *b, struct str name)
{
	struct user_book *u;

	HASH_FIND(hh, b->users, name.p, name.len, u);
	return u;
}

static struct user_book *make_user(struct books *b, struct str name)
{
	struct user_book *u = find_user(b, name);

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

/* From an address that is shut: only who got in from there before, and slowly. */
static bool is_old_friend(struct books *b, const struct address *a, struct str user, mono now)
{
	struct user_book *u = find_user(b, user);

	return u && memcmp(&u->good, &a->key, sizeof(a->key)) == 0 && bucket_take(&u->tries, (struct rate){ 1, 5 }, 1, now);
}

enum reason books_login(struct books *b, const struct policy *p, struct address *a, struct str user, unsigned cost_us,
			mono now)
{
	double us_per_s = (double)p->limits.login_ms_per_s * 1000.0;
	struct bucket *work = a->proven ? &b->proven_login_work : &b->login_work;

	if (!mono_reached(now, a->shut_until) && !policy_is_proxy(p, a->key) && !is_old_friend(b, a, user, now))
		return REASON_TOO_MANY_FAILURES;
	return bucket_borrow(work, (struct rate){ us_per_s, us_per_s }, cost_us, now) ? REASON_NONE : REASON_LOGIN_BUSY;
}

void books_login_failed(struct books *b, const struct policy *p, struct address *a, mono now)
{
	if (policy_is_proxy(p, a->key))
		return;
	if (mono_diff(now, a->failures_since) > p->limits.failed_logins_window_s * 1000 || !a->failures) {
		a->failures = 0;
		a->failures_since = now;
	}
	if (++a->failures < (unsigned)p->limits.failed_logins)
		return;
	a->failures = 0;
	a->shut_until = mono_add(now, p->limits.failed_logins_ban_s * 1000);
	b->shut++;
}

void books_login_good(struct books *b, struct address *a, struct str user)
{
	struct user_book *u = make_user(b, user);

	a->proven = true;
	if (u)
		u->good = a->key;
}

/* Seats that are free for this role: what other roles have reserved and not taken is not. */
static int64_t free_seats(const struct books *b, const struct policy *p, int role)
{
	int64_t seats = p->limits.connections - b->total;

	for (size_t i = 0; i < p->n_roles; i++)
		if ((int)i != role && p->roles[i].reserved > b->by_role[i])
			seats -= p->roles[i].reserved - b->by_role[i];
	return seats;
}

static enum reason look_for_seat(const struct books *b, const struct policy *p, const struct address *a, int role)
{
	if (free_seats(b, p, role) <= 0)
		return REASON_FULL;
	if (b->by_role[role] >= p->roles[role].connections)
		return REASON_ROLE_FULL;
	if (!has_reserved(p, role) && !policy_is_proxy(p, a->key) &&
	    a->connections >= p->limits.connections_per_address)
		return REASON_ADDRESS_FULL;
	return REASON_NONE;
}

enum reason books_admit(struct books *b, const struct policy *p, struct address *a, int role, struct str user,
			struct charge *out)
{
	enum reason why = look_for_seat(b, p, a, role);
	struct user_book *u = NULL;

	if (why)
		return why;
	if (user.len) {
		u = make_user(b, user);
		if (!u)
			return REASON_MEMORY;
		if (u->connections >= p->limits.connections_per_user)
			return REASON_USER_FULL;
		u->connections++;
	}
	if (!a->connections++)
		DL_DELETE(b->idle, a);
	b->total++;
	b->by_role[role]++;
	*out = (struct charge){ a, u, role, true };
	return REASON_NONE;
}

/* Users of the file stay known (for where they came from); those of tokens do not. */
static void release_user(struct books *b, struct user_book *u)
{
	static const struct addr none;

	if (u && !--u->connections && memcmp(&u->good, &none, sizeof(none)) == 0)
		user_free(b, u);
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
	release_user(b, c->user);
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

bool books_ban(struct books *b, const struct policy *p, const char *kind, struct str whom, mono until)
{
	struct ban *ban = find_ban(b, kind, whom);
	char name[BAN_NAME_BYTES];
	struct str key = ban_name(name, kind, whom);

	if (!ban && HASH_COUNT(b->bans) < (unsigned)p->limits.bans)
		ban = calloc(1, sizeof(*ban));
	if (!ban)
		return false;
	ban->until = until;
	if (ban->what)
		return true;
	ban->what = str_dup(key);
	if (ban->what)
		HASH_ADD_KEYPTR(hh, b->bans, ban->what, key.len, ban);
	if (ban->what && HASH_ADDED(ban, hh))
		return true;
	free(ban->what);
	free(ban);
	return false;
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

	return ban && !mono_reached(now, ban->until);
}

void books_expire(struct books *b, mono now)
{
	struct ban *ban, *next;

	HASH_ITER(hh, b->bans, ban, next)
		if (mono_reached(now, ban->until))
			ban_free(b, ban);
}
