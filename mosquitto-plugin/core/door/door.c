#include "mosquitto-plugin/core/door/door_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define HOUSEKEEPING_MS 500

static void publish_presence(void *ctx, const char *topic, struct str payload, bool retain)
{
	const struct door *d = ctx;

	d->ops.publish(d->ops.ctx, NULL, topic, payload, retain);
}

static void warn_of_presence(void *ctx, const char *text)
{
	door_log(ctx, LOG_LEVEL_WARN, "%s", text);
}

static bool init_presence(struct door *d)
{
	const struct presence_setup setup = {
		.prefix = d->prefix,
		.policy = d->policy,
		.roster = &d->roster,
		.books = &d->books,
		.ops = { publish_presence, warn_of_presence, d },
	};

	return presence_init(&d->presence, &setup);
}

struct door *door_new(const char *prefix, struct policy *policy, struct passwd passwords, const struct door_ops *ops)
{
	struct door *d = calloc(1, sizeof(*d));

	if (!d) {
		policy_free(policy);
		passwd_free(&passwords);
		return NULL;
	}
	d->policy = policy;
	d->books.policy = policy;
	d->passwords = passwords;
	d->ops = *ops;
	d->figures = (struct door_figures){ -1, -1, -1, -1, -1, -1 };
	d->prefix = str_dup(str_of(prefix));
	door_set_name(d, broker_default_name(CLUSTER_NONE));
	if (d->prefix && init_presence(d))
		return d;
	door_free(d);
	return NULL;
}

void door_join(struct door *d, enum cluster_part part)
{
	presence_join(&d->presence, part);
}

void door_set_name(struct door *d, const char *name)
{
	str_copy(d->name, sizeof(d->name), name);
}

const char *door_name(const struct door *d)
{
	return d->name;
}

void door_report(struct door *d)
{
	presence_report(&d->presence);
}

void door_set_cut_off(struct door *d, bool cut_off)
{
	d->cut_off = cut_off;
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
	gathers_free(&d->gathers);
	presence_free(&d->presence);
	sessions_free(&d->sessions);
	retained_free(&d->retained);
	free(d->bridge_id);
	roster_free(&d->roster, &d->books);
	books_free(&d->books);
	repeats_free(&d->repeats);
	closed_free(&d->closed);
	forget_verdicts(d);
	policy_free(d->policy);
	passwd_free(&d->passwords);
	free(d->sys_told);
	notices_free(&d->notices);
	free(d->prefix);
	free(d);
}

void door_log(struct door *d, enum log_level level, const char *fmt, ...)
{
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	log_compose(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->ops.log(d->ops.ctx, level, text);
}

struct who client_who(const struct door *d, const struct client *c)
{
	const struct client_extra *extra = c->extra;
	struct who who = { .client = str_of(c->id), .open = &d->policy->rooms };

	if (!extra)
		return who;
	who.user = str_of(extra->user);
	who.rooms = extra->claims.rooms;
	who.n_rooms = extra->claims.n_rooms;
	who.hosts = extra->claims.hosts;
	who.n_hosts = extra->claims.n_hosts;
	return who;
}

/* ---- brokers ---- */

static bool is_of_cluster(struct str topic)
{
	if (!str_starts(topic, STR("cluster/")))
		return false;
	return str_is(topic, DOOR_ASK_TOPIC) || str_is(topic, DOOR_ANSWER_TOPIC);
}

bool door_is_ask(const struct door *d, struct str topic)
{
	return d->presence.part != CLUSTER_NONE && is_of_cluster(topic);
}

bool door_may_ask(const struct door *d, int role, const struct who *who)
{
	return part_has_edges(d->presence.part) && rules_allow(&d->policy->roles[role].publish, who, str_of(d->presence.share_topic));
}

/* Nothing else is a name: two connections with different ids would have the same one. */
struct str door_edge_name(const struct client *c)
{
	struct str name = str_of(c->id), head = STR("edge-");

	return str_starts(name, head) ? str_skip(name, head.len) : (struct str){ NULL, 0 };
}

static bool hears_asks(const struct client *c)
{
	return roster_has_filter(c, STR("cluster/#")) || roster_has_filter(c, STR(DOOR_ASK_TOPIC));
}

bool door_is_edge(const struct door *d, const struct client *c)
{
	struct who who = client_who(d, c);

	return broker_name_valid(door_edge_name(c)) && hears_asks(c) && door_may_ask(d, c->role, &who);
}

bool may_log(struct door *d, struct log_pace *pace, mono now)
{
	bool may = log_pace_allows(pace, now);

	d->n.log_lines_held_back += !may;
	return may;
}

/* What stands in the log an operator can read as well (control_past.c). */
static void keep_refusal(struct door *d, struct refusal_note note)
{
	note.at_ms = d->presence.wall_ms;
	refusals_note(&d->refusals, &note);
}

static void log_refusal(struct door *d, const struct client *c, struct refusal r)
{
	struct address *a = c->charge.address;
	const struct reason_row *row = &reason_rows[r.why];
	const char *user = client_user(c);
	char address[ADDR_TEXT_SIZE];
	struct refusal_note note = { .why = r.why, .client = str_of(c->id), .user = str_of(user) };

	note.address = str_of(addr_text(a->key, address));
	door_log(d, LOG_LEVEL_WARN, "refused  client=%.100s user=%.60s address=%s role=%s reason=%s text=%s topic=%.*s", c->id,
		 user ? user : "-", address, d->policy->roles[c->role].name, row->label, row->text,
		 (int)(r.what.len < 150 ? r.what.len : 150), r.what.p ? r.what.p : "");
	note.topic = r.what;
	note.text = str_of(row->text);
	keep_refusal(d, note);
}

enum reason door_refuse(struct door *d, struct client *c, struct refusal r, mono now)
{
	double per_minute = (double)d->policy->roles[c->role].limits.refusals_per_minute;
	struct client_extra *extra = client_extra(c);

	d->n.refused[r.why]++;
	if (!extra)
		return r.why;
	extra->refused++;
	if (may_log(d, &c->charge.address->pace, now))
		log_refusal(d, c, r);
	/* a bridge passes on what others say to a closed room: it must not go for that */
	if (r.why == REASON_ROOM_CLOSED && policy_is_reserved(d->policy, c->role))
		return r.why;
	if (!bucket_take(&extra->refusals, (struct rate){ per_minute / 60, per_minute }, 1, now))
		roster_send_away(&d->roster, c);
	return r.why;
}

/* What the steps of one connect know and find out. */
struct entry {
	const struct visitor *v;
	struct address *address; /* NULL: not looked up yet, or no room for it */
	struct str id, user;
	int role;    /* NO_ROLE until it is known who asks; then his */
	bool proved; /* the password is the remembered one (books.h) */
	struct claims claims;
	const char *detail;         /* why it is refused, for the log; NULL: the text of the reason says enough */
	struct complaint complaint; /* what is wrong with a token; detail may point to its text */
	mono now;
	int64_t wall_ms;
};

/* Who waits for a place asks every second: that has a pace of its own, so that it does not take the lines of others at his address. */
static bool may_log_taken(struct door *d, const struct entry *e)
{
	bool may = places_may_log(&d->places, e->role, e->now);

	d->n.log_lines_held_back += !may;
	return may;
}

static enum reason refuse_entry(struct door *d, const struct entry *e, enum reason why)
{
	const struct visitor *v = e->v;
	const char *text = e->detail ? e->detail : reason_rows[why].text;
	struct refusal_note note = { .why = why, .client = str_of(v->id), .user = str_of(v->user) };
	char address[ADDR_TEXT_SIZE];

	d->n.refused[why]++;
	if (why == REASON_TAKEN ? !may_log_taken(d, e) : e->address && !may_log(d, &e->address->pace, e->now))
		return why;
	door_log(d, LOG_LEVEL_WARN, "refused connect  client=%.100s user=%.60s address=%s reason=%s text=%s", v->id ? v->id : "-",
		 v->user ? v->user : "-", addr_text(addr_key(addr_parse(v->address)), address), reason_rows[why].label, text);
	note.address = str_of(address);
	note.text = str_of(text);
	keep_refusal(d, note);
	return why;
}

/* ---- who is it ---- */

static struct login login_of(const struct door *d, const struct entry *e, const struct passwd_entry *line)
{
	return (struct login){
		.address = e->address,
		.transport = e->v->transport,
		.user = e->user,
		.password = str_of(e->v->password),
		.role = policy_user_role(d->policy, e->user),
		.cost_us = line ? passwd_cost_us(line) : 1,
	};
}

static bool shows_token(const struct door *d, const struct entry *e)
{
	return d->policy->tokens.n_keys && token_looks_like(str_of(e->v->password));
}

/* A user who shows the password with which he came in last is known at once, before anything is charged: so nobody can keep him out by using
 * up rates or budgets. Whoever shows another password has failed, and that is counted even if he is refused for a rate in the end. */
static enum recall recall_password(struct door *d, const struct entry *e)
{
	struct login l = login_of(d, e, NULL);
	enum recall recall = RECALL_UNKNOWN;

	if (e->user.len && !shows_token(d, e) && l.role != NO_ROLE && passwd_find(&d->passwords, e->user))
		recall = books_login_recall(&d->books, &l, e->now);
	if (recall == RECALL_MISMATCH)
		books_login_failed(&d->books, &l, true, e->now);
	return recall;
}

static enum reason identify_by_password(struct door *d, struct entry *e)
{
	struct passwd_entry *line = passwd_find(&d->passwords, e->user);
	struct login l = login_of(d, e, line);
	enum reason why = e->proved ? REASON_NONE : books_login(&d->books, &l, e->now);

	if (why)
		return why;
	e->role = l.role;
	if (!e->proved && (!line || e->role == NO_ROLE || !passwd_check(line, l.password))) {
		books_login_failed(&d->books, &l, line != NULL, e->now);
		return REASON_LOGIN;
	}
	books_login_good(&d->books, &l);
	return REASON_NONE;
}

static enum reason check_token(struct door *d, struct entry *e)
{
	const struct token token = { str_of(e->v->password), e->wall_ms };
	enum token_outcome outcome = token_check(d->policy, &token, &e->claims, &e->complaint);

	if (outcome != TOKEN_GOOD)
		e->detail = e->complaint.text;
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
	enum reason why = books_token(&d->books, TOKEN_COST_US * (unsigned)d->policy->tokens.n_keys, e->now);
	struct login l = login_of(d, e, NULL);

	if (why)
		return why;
	why = check_token(d, e);
	/* a token that has expired was genuine: it is no failed login */
	if (why == REASON_TOKEN)
		books_login_failed(&d->books, &l, false, e->now);
	return why;
}

static enum reason identify(struct door *d, struct entry *e)
{
	if (!e->user.len) {
		e->role = d->policy->anonymous[e->v->transport];
		return e->role == NO_ROLE ? REASON_ANONYMOUS : REASON_NONE;
	}
	if (shows_token(d, e))
		return identify_by_token(d, e);
	return identify_by_password(d, e);
}

/* may_be_reserved: is his a role with reserved seats, or is that not known yet? */
static enum reason check_bans(struct door *d, const struct entry *e, bool may_be_reserved)
{
	const struct comer who = { e->address->key, e->user, may_be_reserved };

	return books_shut_out(&d->books, &who, e->now) ? REASON_BANNED : REASON_NONE;
}

/* ---- whose is the client id ---- */

/* By MQTT, a connection with a client id that is in use ends the connection that has it, and inherits its session. So an id in use is given
 * only to its holder: the same user, or, when the holder has no name, somebody without a name at the same address. */
struct holder {
	const char *user; /* NULL: without a name */
	int role;
	struct addr address;
};

static bool is_same_holder(const struct entry *e, const struct holder *h)
{
	if (!h->user || !e->user.len)
		return !h->user && !e->user.len && memcmp(&h->address, &e->address->key, sizeof(h->address)) == 0;
	return str_is(e->user, h->user);
}

/* A client of a role with reserved seats takes an id from one whose role has none. Otherwise a viewer who came first could keep the
 * publisher out. */
static enum reason check_holder(const struct door *d, const struct entry *e, const struct holder *h)
{
	if (is_same_holder(e, h))
		return REASON_NONE;
	return policy_is_reserved(d->policy, e->role) && !policy_is_reserved(d->policy, h->role) ? REASON_NONE : REASON_CLIENT_ID_TAKEN;
}

static enum reason check_client_id(const struct door *d, const struct entry *e)
{
	const struct session *s = sessions_find(&d->sessions, e->id);
	const struct client *c = roster_find_id(&d->roster, e->id);
	enum reason why = REASON_NONE;

	if (!policy_may_use_id(d->policy, e->role, e->id))
		return REASON_CLIENT_ID_RESERVED;
	if (d->bridge_id && str_is(e->id, d->bridge_id))
		return REASON_CLIENT_ID_TAKEN;
	if (c)
		why = check_holder(d, e, &(struct holder){ client_user(c), c->role, c->charge.address->key });
	/* the session of somebody without a name holds nothing that is worth keeping from others */
	if (!why && s && s->user && s->role != NO_ROLE)
		why = check_holder(d, e, &(struct holder){ s->user, s->role, s->address });
	return why;
}

/* ---- what may it leave behind ---- */

/* How many sessions this user has left, without the one of the client id that is connecting. */
static int64_t sessions_beside(const struct door *d, const struct entry *e)
{
	const struct session *own = sessions_find(&d->sessions, e->id);
	const struct user_book *u = books_find_user(&d->books, e->user);
	int64_t n = u ? u->sessions : 0;

	return own && own->user && str_is(e->user, own->user) ? n - 1 : n;
}

/* A client whose role has no sessions may not ask for one. But Mosquitto 2.0 does not tell a plugin of MQTT 5's session expiry, so clients
 * without a name leave sessions all the same. An address from where too many have been left is closed to such clients, except to those that
 * cannot leave one. */
static enum reason check_session(const struct door *d, const struct entry *e)
{
	int64_t may = d->policy->roles[e->role].limits.sessions;

	if (may && e->user.len)
		return e->v->asks_session && sessions_beside(d, e) >= may ? REASON_SESSIONS : REASON_NONE;
	if (e->v->asks_session)
		return REASON_SESSIONS;
	if (!e->user.len && !e->v->leaves_nothing && !policy_is_proxy(d->policy, e->address->key) &&
	    e->address->sessions >= d->policy->limits.sessions_per_address)
		return REASON_SESSIONS;
	return REASON_NONE;
}

/* Gives back what a session was charged with, and forgets it. */
static void settle_session(struct door *d, struct session *s)
{
	struct address *a = s->user ? NULL : books_find_address(&d->books, s->address);
	struct user_book *u = s->user ? books_find_user(&d->books, str_of(s->user)) : NULL;

	if (a && a->sessions)
		a->sessions--;
	if (u && u->sessions)
		u->sessions--;
	if (u)
		books_user_release(&d->books, u);
	sessions_remove(&d->sessions, s);
}

static void settle_session_of(struct door *d, struct str id)
{
	struct session *s = sessions_find(&d->sessions, id);

	if (s)
		settle_session(d, s);
}

static enum reason seat(struct door *d, struct entry *e)
{
	struct charge charge = { .address = e->address, .role = e->role };
	enum reason why = books_admit(&d->books, &charge, e->user);
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
	c->socket = e->v->socket;
	settle_session_of(d, e->id);
	if (c->extra) { /* the client has a name, and perhaps a token */
		c->extra->claims = e->claims;
		e->claims = (struct claims){ .role = NO_ROLE };
	}
	places_take(&d->places, d->policy, c);
	d->roster.by_transport[c->transport]++;
	d->roster.n_tokens += client_expires_ms(c) != 0;
	d->n.accepted[c->role]++;
	return REASON_NONE;
}

static enum reason enter(struct door *d, struct entry *e)
{
	int claimed = policy_user_role(d->policy, e->user);
	/* which role a token has shows when it has been checked */
	enum reason why = check_bans(d, e, shows_token(d, e) || policy_is_reserved(d->policy, claimed));
	enum recall recall;

	if (!why && e->id.len > (size_t)d->policy->limits.client_id_bytes)
		why = REASON_CLIENT_ID;
	if (why)
		return why;
	recall = recall_password(d, e);
	e->proved = recall == RECALL_MATCH;
	if (!e->proved)
		why = books_knock(&d->books, e->address, claimed, e->now);
	if (!why && recall == RECALL_MISMATCH)
		why = REASON_LOGIN;
	if (!why)
		why = identify(d, e);
	if (!why)
		why = check_bans(d, e, policy_is_reserved(d->policy, e->role));
	if (!why && !e->proved)
		books_knock_back(&d->books, e->address, claimed);
	if (!why)
		why = check_client_id(d, e);
	if (!why)
		why = check_session(d, e);
	if (!why && places_ask(&d->places, d->policy, (struct place_wish){ e->role, e->id }, e->now))
		why = REASON_TAKEN;
	return why ? why : seat(d, e);
}

/* False when the books have no room for the address: it could not be held to its limits. */
static bool open_entry(struct door *d, struct entry *e)
{
	e->id = str_of(e->v->id);
	e->user = str_of(e->v->user);
	e->role = NO_ROLE;
	e->claims.role = NO_ROLE;
	e->address = books_address(&d->books, policy_address_key(d->policy, addr_parse(e->v->address)));
	return e->address;
}

/* ---- the broker asks once more ---- */

bool door_has_session(const struct door *d, const struct visitor *v)
{
	const struct session *s = v->id ? sessions_find(&d->sessions, str_of(v->id)) : NULL;

	return s && s->ptr == v->ptr && str_eq(str_of(s->user), str_of(v->user));
}

/* May the broker keep this session? Either the door knows it, and its owner still has a role; or the broker had it before the plugin was
 * loaded. (A session without its client has no address, a connection always has one.) */
static bool session_stays(const struct door *d, const struct visitor *v)
{
	const struct session *s = sessions_find(&d->sessions, str_of(v->id));

	if (s)
		return door_has_session(d, v) && s->role != NO_ROLE;
	if (v->address)
		return false;
	return !v->user || !*v->user || d->policy->tokens.n_keys || policy_user_role(d->policy, str_of(v->user)) != NO_ROLE;
}

/* The answer to the broker's question after a reload. A client that has no role any more is already being sent away, so it is not refused
 * here. */
static enum reason recheck(const struct door *d, const struct visitor *v)
{
	const struct client *c = roster_find(&d->roster, v->ptr);

	if (!c)
		return v->id && session_stays(d, v) ? REASON_NONE : REASON_STRANGER;
	return v->id && strcmp(c->id, v->id) == 0 && str_eq(str_of(client_user(c)), str_of(v->user)) ? REASON_NONE : REASON_STRANGER;
}

/* Has this visitor connected since the reload? Then he is no client yet, and has a socket, which a session without its client has not. That
 * his pointer, id and user are those of a session proves nothing: the broker may have freed that, and reused its memory for him. */
static bool is_new(const struct door *d, const struct visitor *v)
{
	return v->socket && !roster_find(&d->roster, v->ptr);
}

void door_recheck(struct door *d)
{
	d->rechecking = true;
}

enum reason door_connect(struct door *d, const struct visitor *v, mono now, int64_t wall_ms)
{
	struct entry e = { .v = v, .now = now, .wall_ms = wall_ms };
	enum reason why;

	if (d->rechecking && !is_new(d, v))
		return recheck(d, v);
	door_gone(d, v->ptr); /* a client with the same pointer has gone, and its end was missed */
	if (!v->id || !open_entry(d, &e))
		return refuse_entry(d, &e, v->id ? REASON_MEMORY : REASON_STRANGER);
	why = enter(d, &e);
	claims_free(&e.claims);
	return why ? refuse_entry(d, &e, why) : REASON_NONE;
}

enum reason door_adopt(struct door *d, const struct visitor *v, mono now)
{
	struct entry e = { .v = v, .now = now };
	enum reason why;

	if (roster_find(&d->roster, v->ptr))
		return REASON_NONE;
	if (!v->id || !open_entry(d, &e))
		return refuse_entry(d, &e, v->id ? REASON_MEMORY : REASON_STRANGER);
	e.role = policy_user_role(d->policy, e.user);
	why = check_bans(d, &e, policy_is_reserved(d->policy, e.role));
	if (!why && e.role == NO_ROLE)
		why = REASON_STRANGER;
	if (!why)
		why = check_client_id(d, &e);
	if (!why && places_ask(&d->places, d->policy, (struct place_wish){ e.role, e.id }, now))
		why = REASON_TAKEN;
	if (!why)
		why = seat(d, &e);
	return why ? refuse_entry(d, &e, why) : REASON_NONE;
}

void door_gone(struct door *d, const void *ptr)
{
	struct client *c = roster_find(&d->roster, ptr);

	if (!c)
		return;
	gathers_forget(&d->gathers, ptr);
	presence_gone(&d->presence, c);
	places_leave(&d->places, c);
	roster_remove(&d->roster, &d->books, c);
}

/* Enters the session that the client leaves behind, and charges it to the user, or to the address of a client without a name. */
static void keep_session(struct door *d, const struct client *c, bool sure, mono now)
{
	struct str user = str_of(client_user(c));
	int64_t may = d->policy->roles[c->role].limits.sessions;
	struct session *s;
	struct user_book *u;

	settle_session_of(d, str_of(c->id));
	s = sessions_add(&d->sessions, str_of(c->id), user, (size_t)d->policy->limits.sessions);
	d->sessions.not_kept += !s && sure;
	if (!s)
		return;
	s->ptr = c->ptr;
	s->role = c->role;
	s->address = c->charge.address->key;
	s->left = now;
	s->unsure = !sure;
	d->sessions.n_unsure += s->unsure;
	u = user.p ? books_user(&d->books, user) : NULL;
	s->over = !u || u->sessions >= may;
	if (u)
		u->sessions++;
	else if (!user.p)
		c->charge.address->sessions++;
}

void door_gone_for_now(struct door *d, const void *ptr, bool sure, mono now)
{
	const struct client *c = roster_find(&d->roster, ptr);

	if (c && c->current && c->charge.held)
		keep_session(d, c, sure, now);
	door_gone(d, ptr);
}

bool door_is_in(const struct door *d, const void *ptr)
{
	return roster_find(&d->roster, ptr);
}

int door_socket(const struct door *d, const void *ptr)
{
	const struct client *c = roster_find(&d->roster, ptr);

	return c ? c->socket : 0;
}

void door_set_bridge_id(struct door *d, const char *client_id)
{
	if (d->bridge_id && strcmp(d->bridge_id, client_id) == 0)
		return;
	free(d->bridge_id);
	d->bridge_id = str_dup(str_of(client_id));
}

const char *door_bridge_id(const struct door *d)
{
	return d->bridge_id;
}

bool door_next_contested(const struct door *d, int *i, mono now, struct contested *out)
{
	const struct client *c = places_next_contested(&d->places, i, now);

	if (c)
		*out = (struct contested){ c->ptr, c->socket };
	return c;
}

void door_holder_is_silent(struct door *d, const void *ptr)
{
	struct client *c = roster_find(&d->roster, ptr);

	if (!c || c->leaving)
		return;
	door_log(d, LOG_LEVEL_WARN, "silent for longer than its keepalive allows: its place is for who asks  client=%.100s role=%s", c->id,
		 d->policy->roles[c->role].name);
	roster_send_away(&d->roster, c);
}

void door_set_seats_by_files(struct door *d, int64_t seats)
{
	d->books.seats_by_files = seats;
}

/* What a client sends beside its messages: enough to acknowledge a whole tree of topics with QoS 1, and for its subscriptions. */
#define BYTES_BESIDE_MESSAGES 262144
#define BYTES_PER_S_BESIDE_MESSAGES 16384

bool door_bytes_allowed(void *ctx, const void *ptr, struct rate *out)
{
	const struct door *d = ctx;
	const struct client *c = roster_find(&d->roster, ptr);
	const struct role *role = c ? &d->policy->roles[c->role] : NULL;

	if (!role)
		return false;
	*out = (struct rate){ BYTES_PER_S_BESIDE_MESSAGES, BYTES_BESIDE_MESSAGES };
	if (!role->publish.n && !role->control)
		return true;
	out->per_s += 2 * (double)role->limits.bytes_per_s;
	out->burst += 2 * (double)(role->limits.bytes_burst + role->limits.payload_bytes);
	return true;
}

const struct policy *door_policy(const struct door *d)
{
	return d->policy;
}

/* Roles have other numbers in the new policy: what is counted by role moves with the role's name, and the $SYS topics are told anew. */
static void move_counters(struct door *d, const struct policy *old)
{
	struct counters was = d->n;

	memset(d->n.accepted, 0, sizeof(d->n.accepted));
	memset(d->n.messages, 0, sizeof(d->n.messages));
	memset(d->n.bytes, 0, sizeof(d->n.bytes));
	memset(d->n.messages_out, 0, sizeof(d->n.messages_out));
	memset(d->n.bytes_out, 0, sizeof(d->n.bytes_out));
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
		d->n.messages_out[now] = was.messages_out[i];
		d->n.bytes_out[now] = was.bytes_out[i];
	}
}

/* The client's role by the new policy. NO_ROLE: it has none any more, and must go. */
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

static bool has_same_password(const struct passwd *old, const struct passwd *new, const char *user)
{
	return passwd_same(passwd_find(old, str_of(user)), passwd_find(new, str_of(user)));
}

/* A user of the policy keeps his sessions whatever his role is now. Of a user with a token only the name of his role is known. */
static void move_sessions(struct door *d, const struct policy *old)
{
	for (struct session *s = d->sessions.all; s; s = s->hh.next) {
		int role = s->user ? policy_user_role(d->policy, str_of(s->user)) : NO_ROLE;

		s->role = s->role == NO_ROLE ? NO_ROLE : policy_role(d->policy, str_of(old->roles[s->role].name));
		if (role != NO_ROLE)
			s->role = role;
		else if (s->user && s->role != NO_ROLE && !d->policy->tokens.roles[s->role])
			s->role = NO_ROLE;
	}
}

static void forget_passwords(struct door *d, const struct passwd *old)
{
	for (struct user_book *u = d->books.users; u; u = u->hh.next)
		if (!has_same_password(old, &d->passwords, u->name))
			books_login_forget(u);
}

static void move_clients(struct door *d, const struct policy *old, const struct passwd *old_passwords)
{
	memset(d->books.by_role, 0, sizeof(d->books.by_role));
	for (struct client *c = d->roster.clients; c; c = c->next) {
		int role = role_after_reload(d, old, c);

		if (role != NO_ROLE && client_user(c) && !client_expires_ms(c) &&
		    !has_same_password(old_passwords, &d->passwords, client_user(c)))
			role = NO_ROLE;
		if (role == NO_ROLE)
			roster_send_away(&d->roster, c);
		/* a leaving client may do nothing any more, but holds its seat until it has gone: under some role */
		c->role = role == NO_ROLE ? 0 : role;
		books_move(&d->books, &c->charge, c->role);
	}
}

void door_reload(struct door *d, struct policy *policy, struct passwd passwords, mono now)
{
	struct passwd old_passwords = d->passwords;
	struct policy *old = d->policy;

	d->policy = policy;
	d->books.policy = policy;
	d->passwords = passwords;
	forget_verdicts(d);
	forget_passwords(d, &old_passwords);
	move_counters(d, old);
	move_clients(d, old, &old_passwords);
	places_reload(&d->places, policy, &d->roster);
	move_sessions(d, old);
	passwd_free(&old_passwords);
	roster_regroup(&d->roster, policy);
	presence_reload(&d->presence, policy, now);
	policy_free(old);
	d->n.reloads++;
	d->roster.changes++;
}

/* ops->kick may lead straight to door_gone(). */
static void send_away(struct door *d)
{
	struct client *c;

	while ((c = roster_next_leaving(&d->roster)) != NULL) {
		char *id = c->current ? str_dup(str_of(c->id)) : NULL;

		if (c->current && !id) { /* without memory it stays in the queue until the next tick: forgotten, it would keep its seat */
			c->leaving = false;
			roster_send_away(&d->roster, c);
			return;
		}
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

/* Asks the broker whether clients that went since the last tick have left a session, now that it knows. They are the last of the list. */
static void make_sure_of_sessions(struct door *d)
{
	struct session *s, *before;

	for (s = sessions_last(&d->sessions); s && d->sessions.n_unsure; s = before) {
		before = sessions_before(s);
		if (!s->unsure)
			continue;
		s->unsure = false;
		d->sessions.n_unsure--;
		if (d->ops.has_session && !d->ops.has_session(d->ops.ctx, s->id))
			settle_session(d, s);
	}
}

/* They stand in the order in which their clients left. */
static void expire_sessions(struct door *d, mono now)
{
	int64_t ms = d->policy->limits.session_s * 1000;

	while (d->sessions.all && mono_diff(now, d->sessions.all->left) >= ms)
		settle_session(d, d->sessions.all);
}

bool door_close_room(struct door *d, struct str room, int64_t seconds, mono now)
{
	return d->policy->rooms.on && room_name_valid(room) && closed_close(&d->closed, room, mono_add(now, seconds * 1000));
}

bool door_open_room(struct door *d, struct str room)
{
	return closed_open(&d->closed, room);
}

int64_t door_room_closed_ms(const struct door *d, struct str room, mono now)
{
	return closed_left_ms(&d->closed, room, now);
}

void door_wrote(struct door *d, const char *topic)
{
	repeats_forget(&d->repeats, str_of(topic));
}

#define WIPED_AT_ONCE 200 /* topics that one tick clears at most: each is a message to everybody who has subscribed to it */

static void wipe_some(struct door *d)
{
	char *topic;

	for (int i = 0; i < WIPED_AT_ONCE && (topic = retained_next_wiped(&d->retained)); i++) {
		d->ops.publish(d->ops.ctx, NULL, topic, STR(""), true);
		door_wrote(d, topic);
		d->n.wiped++;
		free(topic);
	}
}

void door_tick(struct door *d, mono now, int64_t wall_ms)
{
	d->rechecking = false;
	make_sure_of_sessions(d);
	wipe_some(d);
	if (mono_reached(now, d->housekeeping_at)) {
		d->housekeeping_at = mono_add(now, HOUSEKEEPING_MS);
		expire_tokens(d, wall_ms);
		books_expire(&d->books, now);
		expire_sessions(d, now);
		closed_expire(&d->closed, now);
	}
	send_away(d);
	presence_tick(&d->presence, (struct moment){ now, wall_ms });
}

void door_note_figures(struct door *d, const struct door_figures *figures)
{
	d->figures = *figures;
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

unsigned door_held_for_sessions(const struct door *d)
{
	unsigned held = sessions_count(&d->sessions) + d->sessions.n_unsure;

	for (const struct address *a = d->books.addresses; a; a = a->hh.next)
		held += a->sessions;
	for (const struct user_book *u = d->books.users; u; u = u->hh.next)
		held += u->sessions;
	return held;
}
