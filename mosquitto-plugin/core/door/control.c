/* control - the commands of the JSON API of operators, which has the form that Mosquitto's dynamic-security plugin has for its own. A request
 * is a list of commands, and its answer a list of as many responses in the same order (control_all.c):
 *   {"commands":[{"command":"kick","client":"x","correlationData":"1"}]}
 *   {"responses":[{"command":"kick","correlationData":"1","data":{}}]}   or "error":"..." in place of data
 * The broker does nothing else while a request is answered, so requests have limits. docs/policy.md has the commands. */
#include "base/topic.h"
#include "mosquitto-plugin/core/door/control_priv.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>

#define CONTROL_MAX_WALKS 5        /* commands of a request that look at everybody, or at every role */
#define CONTROL_CLIENT_ROOMS 20    /* rooms of a client that are listed */
#define CONTROL_CLIENT_FILTERS 200 /* filters of a client that are looked at for them */
#define CONTROL_MAX_FIND 64        /* bytes of what is looked for in names: looking takes time with them and with the names */
#define CONTROL_BAN_S 600          /* of a ban that does not say */
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

void control_draw(const struct door *d, uint64_t out[2])
{
	out[0] = hash_bytes(&d->n.control_requests, sizeof(d->n.control_requests));
	out[1] = hash_bytes(&d->roster.groups.now, sizeof(d->roster.groups.now));
	if (getrandom(out, 2 * sizeof(*out), GRND_NONBLOCK) != 2 * sizeof(*out))
		errno = 0;
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
	bool one_address;
	struct addr address;
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
	if (w->one_address && memcmp(&w->address, &c->charge.address->key, sizeof(w->address)) != 0)
		return false;
	return (!w->role.p || str_is(w->role, d->policy->roles[c->role].name)) &&
	       (!w->user.p || (client_user(c) && str_is(w->user, client_user(c)))) && (!w->room.p || is_in_room(c, w->room)) &&
	       (!w->find.p || is_found(c, w->find));
}

/* Reads an address as a command has it: also as it is shown, where one of IPv6 stands with its /64. 0; or 1, when it has refused it. */
static int read_address(struct control *ctl, struct str text, struct addr *out)
{
	struct cidr one;

	if (str_ends(text, STR("/64")))
		text.len -= 3;
	if (!cidr_parse(text, &one) || one.bits != 128)
		return control_refuse(ctl, "not an address");
	*out = one.net;
	return 0;
}

static int read_wanted(struct control *ctl, struct wanted *w)
{
	struct str address = json_get_text(ctl->args, "address");

	*w = (struct wanted){ .one_address = address.p };
	w->role = json_get_text(ctl->args, "role");
	w->user = json_get_text(ctl->args, "user");
	w->room = json_get_text(ctl->args, "room");
	w->find = json_get_text(ctl->args, "find");
	if (w->find.len > CONTROL_MAX_FIND)
		return control_refuse(ctl, "too much to find");
	if (!address.p)
		return 0;
	if (read_address(ctl, address, &w->address))
		return 1;
	w->address = policy_address_key(ctl->d->policy, w->address);
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct client *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

/* Those who are wanted. NULL: there is none, or (*failed) no memory. */
static struct client **find_wanted(const struct control *ctl, const struct wanted *w, size_t *n, bool *failed)
{
	size_t most = roster_count(&ctl->d->roster);
	struct client **found = most ? malloc(most * sizeof(struct client *)) : NULL;

	*n = 0;
	*failed = most && !found;
	for (struct client *c = ctl->d->roster.clients; found && c && *n < most; c = c->next)
		if (is_wanted(c, ctl->d, w))
			found[(*n)++] = c;
	return found;
}

/* A page of them; while the answer is a part of one, no more than fits. */
static void put_clients(struct control *ctl, struct client *const *found, size_t n)
{
	size_t from = ctl->out->len, before;

	for (size_t i = 0; i < n; i++) {
		before = ctl->out->len;
		buf_puts(ctl->out, i ? "," : "");
		put_client(ctl, found[i]);
		if (!ctl->is_part || ctl->out->len - from <= ctl->rows_bytes)
			continue;
		buf_cut(ctl->out, before);
		break;
	}
	if (ctl->is_part)
		ctl->rows_bytes -= ctl->out->len - from;
}

static int list_clients(struct control *ctl)
{
	int64_t offset = 0, count = 100;
	struct wanted wanted;
	struct client **found;
	size_t n, skip;
	bool failed;

	if (!control_int(ctl, "offset", (struct range){ 0, INT32_MAX }, &offset) ||
	    !control_int(ctl, "count", (struct range){ ctl->is_part ? 0 : 1, CONTROL_MAX_LIST }, &count))
		return control_refuse(ctl, "bad offset or count");
	if (read_wanted(ctl, &wanted))
		return 1;
	found = find_wanted(ctl, &wanted, &n, &failed);
	if (failed)
		return control_refuse(ctl, "out of memory");
	if (ctl->is_part && count && n) /* other brokers' rows come behind; count 0 asks only how many there are */
		qsort(found, n, sizeof(struct client *), by_id);
	skip = (size_t)offset < n ? (size_t)offset : n;
	buf_puts(ctl->out, "\"clients\":[");
	put_clients(ctl, found ? found + skip : NULL, n - skip < (size_t)count ? n - skip : (size_t)count);
	buf_printf(ctl->out, "],\"total\":%zu,\"offset\":%" PRId64, n, offset);
	free(found);
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
	if (ctl->is_weak && policy_is_reserved(ctl->d->policy, c->role))
		return control_refuse(ctl, "it has a reserved seat: only an operator at its own broker or at the hub can send it away");
	roster_send_away(&ctl->d->roster, c);
	return 0;
}

int control_read_target(struct control *ctl, struct control_target *t)
{
	struct str address = json_get_text(ctl->args, "address"), user = json_get_text(ctl->args, "user");

	if (!address.p == !user.p)
		return control_refuse(ctl, "either an address or a user");
	t->kind = user.p ? "user" : "address";
	t->whom = user;
	if (user.p)
		return user.len ? 0 : control_refuse(ctl, "which user?");
	if (read_address(ctl, address, &t->address))
		return 1;
	t->address = addr_key(t->address);
	t->whom = str_of(addr_text(t->address, t->text));
	return 0;
}

static bool is_banned(const struct control *ctl, const struct client *c)
{
	const struct comer who = { c->charge.address->key, str_of(client_user(c)), policy_is_reserved(ctl->d->policy, c->role) };

	return books_shut_out(&ctl->d->books, &who, ctl->now);
}

/* Once for all bans of a request. The client that asks stays, even if it has banned itself by mistake. */
void control_kick_banned(struct control *ctl)
{
	for (struct client *c = ctl->d->roster.clients; c; c = c->next)
		if (c != ctl->by && is_banned(ctl, c))
			roster_send_away(&ctl->d->roster, c);
}

/* Do all clients come through proxies, whose addresses alone the broker sees? While nobody has come at all, that is not known. */
static bool sees_only_proxies(const struct door *d)
{
	for (const struct address *a = d->books.addresses; a; a = a->hh.next)
		if (!policy_is_proxy(d->policy, a->key))
			return false;
	for (const struct client *c = d->roster.clients; c; c = c->next)
		if (!policy_is_reserved(d->policy, c->role))
			return true;
	return false;
}

/* Why a ban of this address would do nothing here, or harm everybody; NULL: it is good. */
static const char *ban_is_useless(const struct door *d, struct addr address)
{
	if (policy_is_proxy(d->policy, address))
		return "it is a proxy (\"trusted_proxies\"): everybody who comes through it would be shut out; ban the user, or the address at the proxy";
	if (books_find_address(&d->books, address))
		return NULL;
	if (part_has_edges(d->presence.part))
		return "nobody has come to this broker from there";
	if (sees_only_proxies(d))
		return "everybody comes through a proxy, so this broker does not see such addresses: ban the user, or the address at the proxy";
	return NULL;
}

/* What an edge has done, a hub is to remember for others ("remember"): a ban of an address from where nobody comes to itself. */
static bool is_to_be_remembered(const struct control *ctl)
{
	const struct json *remember = json_get(ctl->args, "remember");

	return ctl->is_part && part_has_edges(ctl->d->presence.part) && remember && remember->type == JSON_BOOL && remember->number > 0;
}

/* *elsewhere: the ban is good for other brokers only. */
static int may_be_banned(struct control *ctl, const struct control_target *t, bool *elsewhere)
{
	const struct policy *p = ctl->d->policy;
	const char *useless = *t->kind == 'a' ? ban_is_useless(ctl->d, t->address) : NULL;

	*elsewhere = useless && is_to_be_remembered(ctl);
	if (useless && !*elsewhere)
		return control_refuse(ctl, useless);
	if (ctl->is_weak && *t->kind == 'u' && policy_is_reserved(p, policy_user_role(p, t->whom)))
		return control_refuse(ctl, "the user has a reserved seat: only an operator at this broker or at the hub can ban him");
	return 0;
}

bool control_ban_seconds(const struct control *c, int64_t *seconds)
{
	*seconds = CONTROL_BAN_S;
	return control_int(c, "seconds", (struct range){ 1, CONTROL_MAX_BAN_S }, seconds);
}

static int ban(struct control *ctl)
{
	struct control_target t;
	struct ban_order order;
	int64_t seconds;
	bool elsewhere;

	if (control_read_target(ctl, &t))
		return 1;
	if (!control_ban_seconds(ctl, &seconds))
		return control_refuse(ctl, "bad number of seconds");
	if (may_be_banned(ctl, &t, &elsewhere))
		return 1;
	order = (struct ban_order){ t.kind, t.whom, mono_add(ctl->now, seconds * 1000), ctl->is_weak, elsewhere };
	if (!books_ban_some(&ctl->d->books, &order))
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
	struct control_target t;
	bool lifted;

	if (control_read_target(ctl, &t))
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

/* What is not known is left out. */
static void put_host(struct buf *out, const struct door_figures *f)
{
	const struct {
		const char *name;
		double value;
	} rows[] = {
		{ "cpu_s", f->cpu_s },
		{ "late_ms", f->late_ms },
		{ "open_files", f->open_files },
		{ "max_files", f->max_files },
		{ "delay_ms", f->delay_ms },
		{ "dropped", f->dropped },
	};
	const char *before = "";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].value < 0)
			continue;
		buf_printf(out, "%s\"%s\":%.15g", before, rows[i].name, rows[i].value);
		before = ",";
	}
}

static int get_stats(struct control *ctl)
{
	struct stats_out o = { ctl->out, false };

	buf_puts(ctl->out, "\"stats\":{");
	door_samples(ctl->d, put_stat, &o);
	buf_puts(ctl->out, "},\"host\":{");
	put_host(ctl->out, &ctl->d->figures);
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

/* A command may name the broker that it is for. */
static int check_broker(struct control *ctl, struct str name)
{
	const struct json *broker = json_get(ctl->args, "broker");

	if (!broker || (broker->type == JSON_STRING && str_is(broker->text, ctl->d->name)))
		return 0;
	if (broker->type != JSON_STRING || !broker_name_valid(broker->text))
		return control_refuse(ctl, "which broker?");
	if (ask_is_answered(ask_of(name)))
		return control_refuse(ctl, "no such broker");
	return control_refuse(ctl, "other brokers are not asked this: ask that one itself");
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
	if (check_broker(ctl, name))
		return 1;
	if (command->walks && ++ctl->n_walks > CONTROL_MAX_WALKS)
		return control_refuse(ctl, "too many commands that look at everybody");
	return command->run(ctl);
}

/* Who changes something is worth a line; who looks, as a page of an operator's does all the time, is not. */
static void log_command(const struct control *ctl, struct str name)
{
	struct str user = str_cut(ctl->user, 60), command = name.p ? str_cut(name, 40) : STR("");
	const char *error = *ctl->why.text ? ctl->why.text : "-";
	bool looks = str_starts(name, STR("get")) || str_starts(name, STR("list"));
	enum log_level level = looks ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;

	if (ctl->by)
		door_log(ctl->d, level, "control  client=%.100s user=%.*s command=%.*s error=%s", ctl->by->id, STR_ARGS(user), STR_ARGS(command), error);
	else
		door_log(ctl->d, level, "control  broker=%.*s user=%.*s command=%.*s error=%s", STR_ARGS(ctl->broker), STR_ARGS(user), STR_ARGS(command), error);
}

/* {"command":"kick","correlationData":"1"   without an end. */
static void begin_answer(const struct control *ctl, struct buf *out)
{
	struct str tag = json_get_text(ctl->args, "correlationData");

	buf_puts(out, "{");
	control_put(out, "command", json_get_text(ctl->args, "command"));
	if (tag.p) {
		buf_puts(out, ",");
		control_put(out, "correlationData", tag);
	}
}

void control_answer_no(const struct control *ctl, const char *why, struct buf *out)
{
	begin_answer(ctl, out);
	buf_puts(out, ",");
	control_put(out, "error", str_of(why));
	buf_puts(out, "}");
}

void control_answer(struct control *ctl, struct buf *out)
{
	BUF_CLEANUP struct buf data = { .max = CONTROL_MAX_RESPONSE };
	struct str name = json_get_text(ctl->args, "command");
	int r;

	ctl->d->n.control_requests++;
	ctl->out = &data;
	ctl->why = (struct complaint){ 0, "" };
	r = name.p ? run_command(ctl, name) : control_refuse(ctl, "which command?");
	if (!r && data.failed)
		r = control_refuse(ctl, "the answer is too long");
	if (r) {
		control_answer_no(ctl, ctl->why.text, out);
	} else {
		begin_answer(ctl, out);
		buf_puts(out, ",\"data\":{");
		buf_str(out, buf_view(&data));
		buf_puts(out, "}}");
	}
	log_command(ctl, name);
}
