/* control - door_control(): the JSON API of operators, in the form that Mosquitto's dynamic-security plugin has for its own. A request
 * is a list of commands, and its answer a list of as many responses in the same order:
 *   {"commands":[{"command":"kick","client":"x","correlationData":"1"}]}
 *   {"responses":[{"command":"kick","correlationData":"1","data":{}}]}   or "error":"..." in place of data
 * The broker does nothing else while a request is answered, so requests have limits. docs/policy.md has the commands. */
#include "base/topic.h"
#include "mosquitto-plugin/core/door/control_priv.h"

#include <ctype.h>
#include <inttypes.h>

#define CONTROL_RESPONSE_TOPIC "$CONTROL/scoreboard/v1/response"
#define CONTROL_MAX_COMMANDS 100
#define CONTROL_MAX_WALKS 5 /* commands of a request that look at everybody, or at every role */
#define CONTROL_MAX_REQUEST (1u << 16)
#define CONTROL_MAX_RESPONSE (8u << 20)
#define CONTROL_CLIENT_ROOMS 20    /* rooms of a client that are listed */
#define CONTROL_CLIENT_FILTERS 200 /* filters of a client that are looked at for them */
#define CONTROL_MAX_FIND 64        /* bytes of what is looked for in names: looking takes time with them and with the names */
#define CONTROL_MAX_BAN_S (10 * 365 * 86400LL)

int control_refuse(struct control *c, const char *why)
{
	return complaint_say(&c->why, 0, "%s", why);
}

bool control_int(const struct control *c, const char *name, struct range range, int64_t *value)
{
	const struct json *v = json_get(c->args, name);

	if (!v)
		return true;
	if (v->type != JSON_NUMBER || !(v->number >= (double)range.min && v->number <= (double)range.max))
		return false;
	*value = (int64_t)v->number;
	return true;
}

void control_put(struct buf *out, const char *name, struct str text)
{
	buf_printf(out, "\"%s\":", name);
	if (text.p)
		buf_json(out, text);
	else
		buf_puts(out, "null");
}

/* Is this one of the rooms that the client is in, and is it the i-th of its filters that says so first? */
static const struct group *room_at(const struct client *c, unsigned i)
{
	const struct group *g = client_filters(c)[i]->group;

	if (!g || !g->watch->rooms)
		return NULL;
	for (unsigned k = 0; k < i; k++)
		if (client_filters(c)[k]->group == g)
			return NULL;
	return g;
}

/* "rooms":[...], and how many they are if that is more than are shown. */
static void put_rooms(struct buf *out, const struct client *c)
{
	unsigned n = 0, looked_at = c->n_filters < CONTROL_CLIENT_FILTERS ? c->n_filters : CONTROL_CLIENT_FILTERS;

	buf_puts(out, ",\"rooms\":[");
	for (unsigned i = 0; i < looked_at && n < CONTROL_CLIENT_ROOMS; i++) {
		const struct group *g = room_at(c, i);

		if (!g)
			continue;
		buf_puts(out, n++ ? "," : "");
		buf_json(out, group_own_name(g));
	}
	buf_puts(out, "]");
}

static void put_client(const struct control *ctl, const struct client *c)
{
	const struct client_extra none = { .user = NULL }, *m = c->extra ? c->extra : &none;
	char address[ADDR_TEXT_SIZE];
	struct buf *out = ctl->out;

	buf_puts(out, "{");
	control_put(out, "client", str_of(c->id));
	buf_puts(out, ",");
	control_put(out, "user", str_of(client_user(c)));
	buf_puts(out, ",");
	control_put(out, "address", str_of(addr_text(c->charge.address->key, address)));
	buf_printf(out, ",\"role\":\"%s\",\"transport\":\"%s\",\"seconds\":%" PRId64 ",\"subscriptions\":%u",
		   ctl->d->policy->roles[c->role].name, transport_names[c->transport],
		   mono_diff(ctl->now, c->since) / 1000, c->n_filters);
	buf_printf(out, ",\"messages\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"refused\":%" PRIu64, m->messages_in,
		   m->bytes_in, m->refused);
	if (ctl->d->policy->rooms.on)
		put_rooms(out, c);
	buf_puts(out, "}");
}

struct wanted {
	struct str role, user, room; /* p is NULL: any */
	struct str find;             /* a part of client id, user name or address, in any case; p is NULL: any */
};

/* Whoever types a name does not know how it is written: ASCII letters are the same in either case. */
static bool has_part(const char *text, struct str part)
{
	for (; text && *text; text++) {
		size_t i = 0;

		while (i < part.len && text[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part.p[i]))
			i++;
		if (i == part.len)
			return true;
	}
	return false;
}

static bool is_found(const struct client *c, struct str part)
{
	char address[ADDR_TEXT_SIZE];

	return has_part(c->id, part) || has_part(client_user(c), part) || has_part(addr_text(c->charge.address->key, address), part);
}

static bool is_in_room(const struct client *c, struct str room)
{
	for (unsigned i = 0; i < c->n_filters; i++) {
		const struct group *g = client_filters(c)[i]->group;

		if (g && g->watch->rooms && str_eq(room, group_own_name(g)))
			return true;
	}
	return false;
}

static bool is_wanted(const struct client *c, const struct door *d, const struct wanted *w)
{
	return (!w->role.p || str_is(w->role, d->policy->roles[c->role].name)) &&
	       (!w->user.p || (client_user(c) && str_is(w->user, client_user(c)))) && (!w->room.p || is_in_room(c, w->room)) &&
	       (!w->find.p || is_found(c, w->find));
}

static int list_clients(struct control *ctl)
{
	const struct wanted wanted = { json_get_text(ctl->args, "role"), json_get_text(ctl->args, "user"), json_get_text(ctl->args, "room"),
				       json_get_text(ctl->args, "find") };
	int64_t offset = 0, count = 100, total = 0, shown = 0;

	if (!control_int(ctl, "offset", (struct range){ 0, INT32_MAX }, &offset) ||
	    !control_int(ctl, "count", (struct range){ 1, CONTROL_MAX_LIST }, &count))
		return control_refuse(ctl, "bad offset or count");
	if (wanted.find.len > CONTROL_MAX_FIND)
		return control_refuse(ctl, "too much to find");
	buf_puts(ctl->out, "\"clients\":[");
	for (struct client *c = ctl->d->roster.clients; c; c = c->next) {
		if (!is_wanted(c, ctl->d, &wanted))
			continue;
		if (total++ < offset || shown == count)
			continue;
		buf_puts(ctl->out, shown++ ? "," : "");
		put_client(ctl, c);
	}
	buf_printf(ctl->out, "],\"total\":%" PRId64 ",\"offset\":%" PRId64, total, offset);
	return 0;
}

static int kick(struct control *ctl)
{
	struct str id = json_get_text(ctl->args, "client");
	struct client *c = id.p ? roster_find_id(&ctl->d->roster, id) : NULL;

	if (!id.p)
		return control_refuse(ctl, "which client?");
	if (!c)
		return control_refuse(ctl, "no such client");
	roster_send_away(&ctl->d->roster, c);
	return 0;
}

/* Whom a ban or an unban is about. */
struct target {
	const char *kind; /* "user" or "address" */
	struct str whom;  /* a user's name, or an address as addr_text() writes it */
	struct addr address;
	char text[ADDR_TEXT_SIZE];
};

static int read_target(struct control *ctl, struct target *t)
{
	struct str address = json_get_text(ctl->args, "address"), user = json_get_text(ctl->args, "user");
	struct cidr one;

	if (!address.p == !user.p)
		return control_refuse(ctl, "either an address or a user");
	t->kind = user.p ? "user" : "address";
	t->whom = user;
	if (user.p)
		return user.len ? 0 : control_refuse(ctl, "which user?");
	if (str_ends(address, STR("/64")))
		address.len -= 3;
	if (!cidr_parse(address, &one) || one.bits != 128)
		return control_refuse(ctl, "not an address");
	t->address = addr_key(one.net);
	t->whom = str_of(addr_text(t->address, t->text));
	return 0;
}

static bool is_banned(struct control *ctl, const struct client *c)
{
	struct books *b = &ctl->d->books;
	char text[ADDR_TEXT_SIZE];

	return books_is_banned(b, "address", str_of(addr_text(c->charge.address->key, text)), ctl->now) ||
	       (client_user(c) && books_is_banned(b, "user", str_of(client_user(c)), ctl->now));
}

/* Once for all bans of a request. The client that asks stays, even if it has banned itself by mistake. */
static void kick_banned(struct control *ctl)
{
	for (struct client *c = ctl->d->roster.clients; c; c = c->next)
		if (c != ctl->by && is_banned(ctl, c))
			roster_send_away(&ctl->d->roster, c);
}

static int ban(struct control *ctl)
{
	int64_t seconds = 600;
	struct target t;

	if (read_target(ctl, &t))
		return 1;
	if (!control_int(ctl, "seconds", (struct range){ 1, CONTROL_MAX_BAN_S }, &seconds))
		return control_refuse(ctl, "bad number of seconds");
	if (!books_ban(&ctl->d->books, t.kind, t.whom, mono_add(ctl->now, seconds * 1000)))
		return control_refuse(ctl, "no room for another ban");
	ctl->kick_due = true;
	return 0;
}

/* Lets an address in again that failed logins have shut out. */
static bool unshut(struct door *d, struct addr key, mono now)
{
	struct address *a = books_find_address(&d->books, key);

	if (!a || mono_reached(now, a->shut_until))
		return false;
	a->shut_until = now;
	a->failures = 0;
	return true;
}

/* Lifts a ban, and also opens an address that failed logins have shut. */
static int unban(struct control *ctl)
{
	struct target t;
	bool lifted;

	if (read_target(ctl, &t))
		return 1;
	lifted = books_unban(&ctl->d->books, t.kind, t.whom);
	lifted |= *t.kind == 'a' && unshut(ctl->d, t.address, ctl->now);
	return lifted ? 0 : control_refuse(ctl, "not banned");
}

/* Marks retained topics, those of a user or those that a filter matches, to be cleared; each tick clears some of them. */
static int wipe(struct control *ctl)
{
	struct str user = json_get_text(ctl->args, "user"), filter = json_get_text(ctl->args, "topic");

	if (!user.p == !filter.p)
		return control_refuse(ctl, "either a user or a topic filter");
	if (filter.p && !topic_filter_valid(filter))
		return control_refuse(ctl, "not a topic filter");
	buf_printf(ctl->out, "\"topics\":%zu", retained_wipe(&ctl->d->retained, user, filter));
	return 0;
}

struct ban_row {
	const char *kind; /* "user" or "address" */
	struct str whom;
	mono until;
	const char *why;
};

static void put_ban(struct control *ctl, unsigned *n, const struct ban_row *row)
{
	buf_printf(ctl->out, "%s{\"%s\":", (*n)++ ? "," : "", row->kind);
	buf_json(ctl->out, row->whom);
	buf_printf(ctl->out, ",\"seconds\":%" PRId64 ",\"why\":\"%s\"}", mono_diff(row->until, ctl->now) / 1000, row->why);
}

static int list_bans(struct control *ctl)
{
	char text[ADDR_TEXT_SIZE];
	unsigned n = 0;

	buf_puts(ctl->out, "\"bans\":[");
	for (const struct ban *b = ctl->d->books.bans; b && n < CONTROL_MAX_LIST; b = b->hh.next) {
		struct str whom = str_of(b->what), kind;

		str_split(&whom, ' ', &kind);
		put_ban(ctl, &n, &(struct ban_row){ str_is(kind, "user") ? "user" : "address", whom, b->until, "operator" });
	}
	for (const struct address *a = ctl->d->books.addresses; a && n < CONTROL_MAX_LIST; a = a->hh.next) {
		if (mono_reached(ctl->now, a->shut_until))
			continue;
		put_ban(ctl, &n, &(struct ban_row){ "address", str_of(addr_text(a->key, text)), a->shut_until, "failed logins" });
	}
	buf_puts(ctl->out, "]");
	return 0;
}

static void put_limits(struct buf *out, const struct limit_row *rows, const void *limits)
{
	for (const struct limit_row *row = rows; row->name; row++)
		buf_printf(out, "%s\"%s\":%" PRId64, row == rows ? "" : ",", row->name, limits_get(row, limits));
}

static int get_limits(struct control *ctl)
{
	const struct policy *p = ctl->d->policy;

	buf_puts(ctl->out, "\"limits\":{");
	put_limits(ctl->out, door_limit_rows, &p->limits);
	buf_puts(ctl->out, "},\"roles\":{");
	for (size_t i = 0; i < p->n_roles; i++) {
		buf_printf(ctl->out, "%s\"%s\":{\"connections\":%" PRId64 ",\"reserved\":%" PRId64 ",", i ? "," : "",
			   p->roles[i].name, p->roles[i].connections, p->roles[i].reserved);
		put_limits(ctl->out, role_limit_rows, &p->roles[i].limits);
		buf_puts(ctl->out, "}");
	}
	buf_puts(ctl->out, "}");
	return 0;
}

struct stats_out {
	struct buf *out;
	bool any;
};

static void put_stat(void *ctx, const struct sample *s)
{
	struct stats_out *o = ctx;

	buf_printf(o->out, "%s\"%s%s%s\":%.15g", o->any ? "," : "", s->name, s->value ? "/" : "",
		   s->value ? s->value : "", s->number);
	o->any = true;
}

static int get_stats(struct control *ctl)
{
	struct stats_out o = { ctl->out, false };

	buf_puts(ctl->out, "\"stats\":{");
	door_samples(ctl->d, put_stat, &o);
	buf_puts(ctl->out, "}");
	return 0;
}

static const struct command commands[] = {
	{ "listClients", list_clients, true },
	{ "kick", kick, false },
	{ "ban", ban, false },
	{ "unban", unban, false },
	{ "listBans", list_bans, true },
	{ "getLimits", get_limits, true },
	{ "getStats", get_stats, true },
	{ "wipe", wipe, true },
	{ NULL, NULL, false },
};

static const struct command *find_command(const struct command *list, struct str name)
{
	for (; list->name; list++)
		if (str_is(name, list->name))
			return list;
	return NULL;
}

static int run_command(struct control *ctl, struct str name)
{
	const struct command *command = find_command(commands, name);

	if (!command)
		command = find_command(control_room_commands, name);
	if (!command)
		command = find_command(control_past_commands, name);
	if (!command)
		return control_refuse(ctl, "unknown command");
	if (command->walks && ++ctl->n_walks > CONTROL_MAX_WALKS)
		return control_refuse(ctl, "too many commands that look at everybody");
	return command->run(ctl);
}

/* A page of an operator asks every other second: that is no event worth a line, what changes something is. */
static enum log_level level_of(struct str name, const char *error)
{
	return !*error && (str_starts(name, STR("get")) || str_starts(name, STR("list"))) ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

static void log_command(const struct control *ctl, struct str name)
{
	const char *user = client_user(ctl->by), *error = ctl->why.text;

	door_log(ctl->d, level_of(name, error), "control client=%.100s user=%.60s command=%.*s%s%s", ctl->by->id, user ? user : "-",
		 (int)(name.len < 40 ? name.len : 40), name.p ? name.p : "", *error ? " error=" : "", error);
}

static void answer(struct control *ctl, struct buf *out)
{
	BUF_CLEANUP struct buf data = { .max = CONTROL_MAX_RESPONSE };
	struct str name = json_get_text(ctl->args, "command"), tag = json_get_text(ctl->args, "correlationData");
	int r;

	ctl->d->n.control_requests++;
	ctl->out = &data;
	ctl->why = (struct complaint){ 0, "" };
	r = name.p ? run_command(ctl, name) : control_refuse(ctl, "which command?");
	if (!r && data.failed)
		r = control_refuse(ctl, "the answer is too long");
	buf_puts(out, "{");
	control_put(out, "command", name);
	if (tag.p) {
		buf_puts(out, ",");
		control_put(out, "correlationData", tag);
	}
	if (r) {
		buf_puts(out, ",");
		control_put(out, "error", str_of(ctl->why.text));
	} else {
		buf_puts(out, ",\"data\":{");
		buf_str(out, buf_view(&data));
		buf_puts(out, "}");
	}
	buf_puts(out, "}");
	log_command(ctl, name);
}

static int answer_all(struct control *ctl, struct str request, struct buf *out, struct complaint *why)
{
	/* {"commands":[{"command":"ban",...}]}: three levels, and the data of a message; some members for each command */
	static const struct json_bounds bounds = { CONTROL_MAX_REQUEST, 20 * CONTROL_MAX_COMMANDS, 16 };
	JSON_CLEANUP struct json_doc doc = { 0 };
	const struct json *list;
	unsigned n = 0;

	if (json_parse_within(&doc, request, &bounds, why))
		return 1;
	list = json_get(doc.root, "commands");
	if (!list || list->type != JSON_ARRAY)
		return complaint_say(why, 0, "an array \"commands\" expected");
	for (ctl->args = list->child; ctl->args; ctl->args = ctl->args->next) {
		if (n == CONTROL_MAX_COMMANDS)
			return complaint_say(why, 0, "too many commands");
		buf_puts(out, n++ ? "," : "");
		answer(ctl, out);
	}
	return 0;
}

/* The broker does not show control requests as messages, so the rate of messages is applied here. */
static bool is_too_much(struct control *ctl)
{
	const struct role_limits *l = &ctl->d->policy->roles[ctl->by->role].limits;
	struct rate rate = { (double)l->publishes_per_s, (double)l->publishes_burst };
	struct client_extra *extra = client_extra(ctl->by);

	if (extra && bucket_take(&extra->publishes, rate, 1, ctl->now))
		return false;
	door_refuse(ctl->d, ctl->by, (struct refusal){ REASON_PUBLISH_RATE, STR("$CONTROL/scoreboard/v1") }, ctl->now);
	return true;
}

void door_control(struct door *d, const void *ptr, struct str request, mono now)
{
	BUF_CLEANUP struct buf out = { .max = CONTROL_MAX_RESPONSE * 2 };
	struct control ctl = { .d = d, .by = roster_find(&d->roster, ptr), .request = request, .now = now };
	struct complaint why;
	int r;

	if (!ctl.by || ctl.by->leaving)
		return;
	if (!d->policy->roles[ctl.by->role].control) {
		door_refuse(d, ctl.by, (struct refusal){ REASON_CONTROL, STR("") }, now);
		return;
	}
	d->roster.groups.now = now;
	buf_puts(&out, "{\"responses\":[");
	r = is_too_much(&ctl) ? complaint_say(&why, 0, "too many requests") : answer_all(&ctl, request, &out, &why);
	if (ctl.kick_due)
		kick_banned(&ctl);
	if (r) {
		buf_clear(&out);
		buf_puts(&out, "{\"responses\":[{\"command\":null,");
		control_put(&out, "error", str_of(why.text));
		buf_puts(&out, "}");
	}
	buf_puts(&out, "]}");
	if (!out.failed)
		d->ops.publish(d->ops.ctx, ctl.by->id, CONTROL_RESPONSE_TOPIC, buf_view(&out), false);
}
