#include "mosquitto-plugin/core/door_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUSEKEEPING_MS 500

struct door *door_new(const char *prefix, struct policy *policy, struct passwd passwords, const struct door_ops *ops)
{
	struct door *d = calloc(1, sizeof(*d));

	if (d)
		d->prefix = str_dup(str_of(prefix));
	if (!d || !d->prefix || !presence_init(&d->presence, prefix)) {
		policy_free(policy);
		passwd_free(&passwords);
		door_free(d);
		return NULL;
	}
	d->policy = policy;
	d->passwords = passwords;
	d->ops = *ops;
	return d;
}

void door_join(struct door *d, enum cluster_part part)
{
	d->presence.part = part;
}

void door_report(struct door *d)
{
	d->presence.report_due = true;
}

static void forget_verdicts(struct door *d)
{
	for (int i = 0; i < POLICY_MAX_ROLES; i++) {
		free(d->verdicts[i]);
		d->verdicts[i] = NULL;
	}
}

void door_free(struct door *d)
{
	if (!d)
		return;
	presence_free(&d->presence);
	roster_free(&d->roster, &d->books);
	books_free(&d->books);
	repeats_free(&d->repeats);
	forget_verdicts(d);
	policy_free(d->policy);
	passwd_free(&d->passwords);
	free(d->sys_told);
	free(d->prefix);
	free(d);
}

void door_log(struct door *d, enum log_level level, const char *fmt, ...)
{
	char text[512], escaped[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->ops.log(d->ops.ctx, level, log_escape(escaped, sizeof(escaped), text));
}

struct who client_who(const struct client *c)
{
	const struct more *m = c->more;

	if (!m)
		return (struct who){ .client = str_of(c->id) };
	return (struct who){ str_of(m->user), str_of(c->id), m->claims.rooms, m->claims.n_rooms };
}

bool may_log(struct door *d, bool *has_logged, mono *logged, mono now)
{
	if (*has_logged && mono_diff(now, *logged) < OFFENDER_LOG_MS) {
		d->n.log_lines_held_back++;
		return false;
	}
	*has_logged = true;
	*logged = now;
	return true;
}

enum reason door_refuse(struct door *d, struct client *c, enum reason why, struct str what, mono now)
{
	double per_minute = (double)d->policy->roles[c->role].limits.refusals_per_minute;
	struct more *m = client_more(c);
	char address[ADDR_TEXT_SIZE];

	d->n.refused[why]++;
	if (!m)
		return why;
	m->refused++;
	if (may_log(d, &m->has_logged, &m->logged, now))
		door_log(d, LOG_LEVEL_WARN, "refused client=%.100s user=%.60s address=%s role=%s reason=%s (%s) topic=%.*s",
			 c->id, m->user ? m->user : "-", addr_text(c->charge.address->key, address),
			 d->policy->roles[c->role].name, reason_rows[why].label, reason_rows[why].text,
			 (int)(what.len < 150 ? what.len : 150), what.p ? what.p : "");
	if (!bucket_take(&m->refusals, (struct rate){ per_minute / 60, per_minute }, 1, now))
		roster_send_away(&d->roster, c);
	return why;
}

static enum reason refuse_visitor(struct door *d, const struct visitor *v, struct address *a, enum reason why,
				  const char *detail, mono now)
{
	char address[ADDR_TEXT_SIZE];

	d->n.refused[why]++;
	if (!a || may_log(d, &a->has_logged, &a->logged, now))
		door_log(d, LOG_LEVEL_WARN, "refused connect client=%.100s user=%.60s address=%s reason=%s (%s)",
			 v->id ? v->id : "-", v->user ? v->user : "-",
			 addr_text(addr_key(addr_parse(v->address)), address), reason_rows[why].label,
			 detail ? detail : reason_rows[why].text);
	return why;
}

/* Between the steps of a connect. */
struct entry {
	const struct visitor *v;
	struct address *address;
	struct str id, user;
	int role;
	struct claims claims;
	const char *detail; /* of a refusal, for the log */
	mono now;
	int64_t wall_ms;
};

static enum reason identify_by_password(struct door *d, struct entry *e)
{
	struct passwd_entry *line = passwd_find(&d->passwords, e->user);
	enum reason why;

	why = books_login(&d->books, d->policy, e->address, e->user, line ? passwd_cost_us(line) : 1, e->now);
	if (why)
		return why;
	e->role = policy_user_role(d->policy, e->user);
	if (!line || e->role == NO_ROLE || !passwd_check(line, str_of(e->v->password))) {
		books_login_failed(&d->books, d->policy, e->address, e->now);
		return REASON_LOGIN;
	}
	books_login_good(&d->books, e->address, e->user);
	return REASON_NONE;
}

static enum reason check_token(struct door *d, struct entry *e)
{
	enum token_outcome outcome =
		token_check(d->policy, str_of(e->v->password), e->wall_ms, &e->claims, &e->detail);

	if (outcome == TOKEN_OVER)
		return REASON_TOKEN_EXPIRED;
	if (outcome != TOKEN_GOOD)
		return REASON_TOKEN;
	if (str_is(e->user, e->claims.subject)) {
		e->role = e->claims.role;
		return REASON_NONE;
	}
	e->detail = "the user name is not the token's subject";
	return REASON_TOKEN;
}

static enum reason identify_by_token(struct door *d, struct entry *e)
{
	unsigned cost = TOKEN_COST_US * (unsigned)d->policy->tokens.n_keys;
	enum reason why = books_login(&d->books, d->policy, e->address, e->user, cost, e->now);

	if (why)
		return why;
	why = check_token(d, e);
	/* a token that has expired was genuine: its owner is late, not hostile */
	if (why == REASON_TOKEN)
		books_login_failed(&d->books, d->policy, e->address, e->now);
	return why;
}

static enum reason identify(struct door *d, struct entry *e)
{
	if (!e->user.len) {
		e->role = d->policy->anonymous[e->v->transport];
		return e->role == NO_ROLE ? REASON_ANONYMOUS : REASON_NONE;
	}
	if (d->policy->tokens.n_keys && token_looks_like(str_of(e->v->password)))
		return identify_by_token(d, e);
	return identify_by_password(d, e);
}

static enum reason check_bans(struct door *d, const struct entry *e)
{
	char text[ADDR_TEXT_SIZE];

	if (!d->books.bans)
		return REASON_NONE;
	if (books_is_banned(&d->books, "address", str_of(addr_text(e->address->key, text)), e->now) ||
	    (e->user.len && books_is_banned(&d->books, "user", e->user, e->now)))
		return REASON_BANNED;
	return REASON_NONE;
}

static enum reason seat(struct door *d, struct entry *e)
{
	struct charge charge = { 0 };
	enum reason why = books_admit(&d->books, d->policy, e->address, e->role, e->user, &charge);
	struct client *c;

	if (why)
		return why;
	c = roster_add(&d->roster, e->v->ptr, e->id, e->user.len ? e->user : (struct str){ NULL, 0 });
	if (!c) {
		books_release(&d->books, &charge);
		return REASON_MEMORY;
	}
	c->role = e->role;
	c->transport = (uint8_t)e->v->transport;
	c->charge = charge;
	c->since = e->now;
	if (c->more) { /* who has a name */
		c->more->claims = e->claims;
		e->claims = (struct claims){ .role = NO_ROLE };
	}
	d->roster.by_transport[c->transport]++;
	d->roster.n_tokens += client_expires_ms(c) != 0;
	d->n.accepted[c->role]++;
	return REASON_NONE;
}

static enum reason enter(struct door *d, struct entry *e)
{
	enum reason why = check_bans(d, e);

	if (!why && e->id.len > (size_t)d->policy->limits.client_id_bytes)
		why = REASON_CLIENT_ID;
	if (!why)
		why = books_knock(&d->books, d->policy, e->address, policy_user_role(d->policy, e->user), e->now);
	if (!why)
		why = identify(d, e);
	return why ? why : seat(d, e);
}

/* A trusted proxy is itself, not its /64. */
static struct addr entry_key(const struct door *d, const char *address)
{
	struct addr a = addr_parse(address);

	return policy_is_proxy(d->policy, a) ? a : addr_key(a);
}

/* An address that does not fit into the books cannot be held to its limits. */
static bool open_entry(struct door *d, struct entry *e)
{
	e->id = str_of(e->v->id);
	e->user = str_of(e->v->user);
	e->role = NO_ROLE;
	e->claims.role = NO_ROLE;
	e->address = books_address(&d->books, d->policy, entry_key(d, e->v->address));
	return e->address;
}

enum reason door_connect(struct door *d, const struct visitor *v, mono now, int64_t wall_ms)
{
	struct entry e = { .v = v, .now = now, .wall_ms = wall_ms };
	enum reason why;

	door_gone(d, v->ptr); /* its end was missed; a pointer is never two clients */
	if (!v->id || !open_entry(d, &e))
		return refuse_visitor(d, v, NULL, v->id ? REASON_MEMORY : REASON_STRANGER, NULL, now);
	why = enter(d, &e);
	claims_free(&e.claims);
	return why ? refuse_visitor(d, v, e.address, why, e.detail, now) : REASON_NONE;
}

enum reason door_adopt(struct door *d, const struct visitor *v, mono now)
{
	struct entry e = { .v = v, .now = now };
	enum reason why;

	if (roster_find(&d->roster, v->ptr))
		return REASON_NONE;
	if (!v->id || !open_entry(d, &e))
		return refuse_visitor(d, v, NULL, v->id ? REASON_MEMORY : REASON_STRANGER, NULL, now);
	e.role = policy_user_role(d->policy, e.user);
	why = check_bans(d, &e);
	if (!why && e.role == NO_ROLE)
		why = REASON_STRANGER;
	if (!why)
		why = seat(d, &e);
	return why ? refuse_visitor(d, v, e.address, why, NULL, now) : REASON_NONE;
}

void door_gone(struct door *d, const void *ptr)
{
	struct client *c = roster_find(&d->roster, ptr);

	if (!c)
		return;
	presence_gone(d, c);
	roster_remove(&d->roster, &d->books, c);
}

/* Nobody may be told anything that is about roles by number: they are new. */
static void move_counters(struct door *d, const struct policy *old)
{
	struct counters was = d->n;

	memset(d->n.accepted, 0, sizeof(d->n.accepted));
	memset(d->n.messages, 0, sizeof(d->n.messages));
	memset(d->n.bytes, 0, sizeof(d->n.bytes));
	free(d->sys_told);
	d->sys_told = NULL;
	d->n_sys_told = 0;
	for (size_t i = 0; i < old->n_roles; i++) {
		int now = policy_role(d->policy, str_of(old->roles[i].name));

		if (now == NO_ROLE)
			continue;
		d->n.accepted[now] = was.accepted[i];
		d->n.messages[now] = was.messages[i];
		d->n.bytes[now] = was.bytes[i];
	}
}

/* NO_ROLE: has no business here any more. */
static int role_after_reload(const struct door *d, const struct policy *old, const struct client *c)
{
	int role;

	if (!client_user(c))
		return d->policy->anonymous[c->transport];
	if (!client_expires_ms(c))
		return policy_user_role(d->policy, str_of(client_user(c)));
	role = policy_role(d->policy, str_of(old->roles[c->role].name));
	return role != NO_ROLE && d->policy->tokens.roles[role] ? role : NO_ROLE;
}

static void move_clients(struct door *d, const struct policy *old)
{
	memset(d->books.by_role, 0, sizeof(d->books.by_role));
	for (struct client *c = d->roster.clients; c; c = c->next) {
		int role = role_after_reload(d, old, c);

		if (role == NO_ROLE)
			roster_send_away(&d->roster, c);
		/* what is left of a leaving one stands in some seat until it has gone; it may do nothing */
		c->role = role == NO_ROLE ? 0 : role;
		books_move(&d->books, &c->charge, c->role);
	}
}

void door_reload(struct door *d, struct policy *policy, struct passwd passwords, mono now)
{
	struct policy *old = d->policy;

	d->policy = policy;
	passwd_free(&d->passwords);
	d->passwords = passwords;
	forget_verdicts(d);
	move_counters(d, old);
	move_clients(d, old);
	roster_regroup(&d->roster, policy);
	policy_free(old);
	d->n.reloads++;
	d->roster.changes++;
	d->presence.tell_at = d->presence.own_at = now;
}

/* ops->kick may lead straight to door_gone(). */
static void send_away(struct door *d)
{
	struct client *c;

	while ((c = roster_next_leaving(&d->roster)) != NULL) {
		char *id = c->current ? str_dup(str_of(c->id)) : NULL;

		if (id) {
			d->n.kicked++;
			d->ops.kick(d->ops.ctx, id);
		}
		free(id);
	}
}

static void expire_tokens(struct door *d, int64_t wall_ms)
{
	if (!d->roster.n_tokens)
		return;
	for (struct client *c = d->roster.clients; c; c = c->next) {
		if (!client_expires_ms(c) || client_expires_ms(c) > wall_ms || c->leaving)
			continue;
		d->n.tokens_expired++;
		roster_send_away(&d->roster, c);
	}
}

void door_tick(struct door *d, mono now, int64_t wall_ms)
{
	if (mono_reached(now, d->housekeeping_at)) {
		d->housekeeping_at = mono_add(now, HOUSEKEEPING_MS);
		expire_tokens(d, wall_ms);
		books_expire(&d->books, now);
	}
	send_away(d);
	presence_tick(d, now);
}

void door_spent(struct door *d, uint64_t ns)
{
	d->n.spent_ns += ns;
}

void door_reload_failed(struct door *d)
{
	d->n.reload_failures++;
}

unsigned door_held(const struct door *d)
{
	unsigned held = d->books.total + d->roster.n_subscriptions + d->roster.n_tokens + roster_count(&d->roster);

	for (int i = 0; i < POLICY_MAX_ROLES; i++)
		held += d->books.by_role[i];
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		held += d->roster.by_transport[i];
	for (const struct address *a = d->books.addresses; a; a = a->hh.next)
		held += a->connections;
	for (const struct user_book *u = d->books.users; u; u = u->hh.next)
		held += u->connections;
	return held + d->roster.groups.n_in;
}
