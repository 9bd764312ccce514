#include "mosquitto-plugin/core/policy/policy.h"

#include "base/json.h"
#include "base/topic.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *const transport_names[TRANSPORT_COUNT] = { "mqtt", "websockets" };
const char *const token_algorithm_names[TOKEN_ALGORITHMS] = { "HS256", "RS256", "ES256" };

/* Functions that read a value return 0, or 1 when they have refused it. */
struct parser {
	struct policy *p;
	struct str text;
	struct complaint *why;
	struct json_doc doc;
};

/* Reads one member's value into `into`, which is at the member's offset in the struct that is being filled. */
typedef int (*read_fn)(struct parser *ps, const struct json *v, void *into);

struct member {
	const char *name;
	read_fn read;
	size_t offset;
	bool required;
};

#define NAME_MAX_BYTES 64

/* Says what is wrong with the value v, or with the file as a whole (v is NULL). Returns 1. */
static int refuse(struct parser *ps, const struct json *v, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int refuse(struct parser *ps, const struct json *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complaint_vsay(ps->why, v ? json_line(ps->text, v->offset) : 0, fmt, ap);
	va_end(ap);
	return 1;
}

static int expect(struct parser *ps, const struct json *v, enum json_type type)
{
	if (v->type == type)
		return 0;
	return refuse(ps, v, "\"%.*s\": %s expected, this is %s", STR_ARGS(v->key), json_type_name(type),
		      json_type_name(v->type));
}

static const struct member *find_member(const struct member *members, struct str name)
{
	for (; members->name; members++)
		if (str_is(name, members->name))
			return members;
	return NULL;
}

static int read_object(struct parser *ps, const struct json *v, const struct member *members, void *into)
{
	if (expect(ps, v, JSON_OBJECT))
		return 1;
	for (const struct json *m = v->child; m; m = m->next) {
		const struct member *known = find_member(members, m->key);

		if (!known)
			return refuse(ps, m, "unknown key \"%.*s\"", STR_ARGS(m->key));
		if (known->read(ps, m, (char *)into + known->offset))
			return 1;
	}
	for (; members->name; members++)
		if (members->required && !json_get(v, members->name))
			return refuse(ps, v, "key \"%s\" is missing", members->name);
	return 0;
}

struct range {
	int64_t min, max;
};

static int read_int(struct parser *ps, const struct json *v, struct range range, int64_t *out)
{
	if (expect(ps, v, JSON_NUMBER))
		return 1;
	if (!(v->number >= (double)range.min && v->number <= (double)range.max) || floor(v->number) < v->number)
		return refuse(ps, v, "\"%.*s\": a whole number from %lld to %lld expected", STR_ARGS(v->key),
			      (long long)range.min, (long long)range.max);
	*out = (int64_t)v->number;
	return 0;
}

static int read_bool(struct parser *ps, const struct json *v, void *into)
{
	if (expect(ps, v, JSON_BOOL))
		return 1;
	*(bool *)into = v->number > 0;
	return 0;
}

static int read_count(struct parser *ps, const struct json *v, void *into)
{
	return read_int(ps, v, (struct range){ 0, 1000000 }, into);
}

static int read_name(struct parser *ps, const struct json *v, void *into)
{
	char **out = into;

	if (expect(ps, v, JSON_STRING))
		return 1;
	if (!v->text.len || memchr(v->text.p, '\0', v->text.len))
		return refuse(ps, v, "\"%.*s\": may not be empty or hold NUL", STR_ARGS(v->key));
	free(*out);
	*out = str_dup(v->text);
	return *out ? 0 : refuse(ps, v, "out of memory");
}

/* For a name that becomes part of topics, metrics and log lines: it may hold only characters that are safe in all of them. */
static int check_plain(struct parser *ps, const struct json *v, struct str name)
{
	if (!name.len || name.len > NAME_MAX_BYTES)
		return refuse(ps, v, "a name has 1 to %d bytes", NAME_MAX_BYTES);
	for (size_t i = 0; i < name.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", name.p[i]) ||
		    !name.p[i])
			return refuse(ps, v, "the name \"%.*s\" may hold only letters, digits, '_', '-' and '.'",
				      STR_ARGS(name));
	return 0;
}

static int read_rules(struct parser *ps, const struct json *v, void *into)
{
	struct complaint why;

	if (expect(ps, v, JSON_ARRAY))
		return 1;
	for (const struct json *f = v->child; f; f = f->next) {
		if (f->type != JSON_STRING)
			return refuse(ps, f, "\"%.*s\": strings expected", STR_ARGS(v->key));
		if (rules_add(into, f->text, &why))
			return refuse(ps, f, "\"%.*s\": \"%.*s\": %s", STR_ARGS(v->key),
				      (int)(f->text.len < 80 ? f->text.len : 80), f->text.p, why.text);
	}
	return 0;
}

static int read_limits(struct parser *ps, const struct json *v, const struct limit_row *rows, void *into)
{
	if (expect(ps, v, JSON_OBJECT))
		return 1;
	for (const struct json *m = v->child; m; m = m->next) {
		const struct limit_row *row = limits_find(rows, m->key.p, m->key.len);

		if (!row)
			return refuse(ps, m, "unknown limit \"%.*s\"", STR_ARGS(m->key));
		if (read_int(ps, m, (struct range){ row->min, row->max }, limits_at(row, into)))
			return 1;
	}
	return 0;
}

static int read_role_limits(struct parser *ps, const struct json *v, void *into)
{
	return read_limits(ps, v, role_limit_rows, into);
}

static int read_door_limits(struct parser *ps, const struct json *v, void *into)
{
	return read_limits(ps, v, door_limit_rows, into);
}

static int read_client_ids(struct parser *ps, const struct json *v, void *into)
{
	struct role *role = into;

	if (expect(ps, v, JSON_ARRAY))
		return 1;
	for (const struct json *e = v->child; e; e = e->next) {
		if (role->n_client_ids == POLICY_MAX_CLIENT_IDS)
			return refuse(ps, e, "\"client_ids\": more than %d entries", POLICY_MAX_CLIENT_IDS);
		if (e->type != JSON_STRING || !e->text.len || str_is(e->text, "*") || memchr(e->text.p, '\0', e->text.len))
			return refuse(ps, e, "\"client_ids\": a client id, or how some begin with '*' behind it, expected");
		role->client_ids[role->n_client_ids] = str_dup(e->text);
		if (!role->client_ids[role->n_client_ids])
			return refuse(ps, e, "out of memory");
		role->n_client_ids++;
	}
	return 0;
}

static int read_audience(struct parser *ps, const struct json *v, void *into)
{
	struct role *role = into;

	role->says_audience = true;
	return read_bool(ps, v, &role->audience);
}

static int read_asks(struct parser *ps, const struct json *v, void *into)
{
	unsigned *asks = into;

	if (expect(ps, v, JSON_ARRAY))
		return 1;
	*asks = 0;
	for (const struct json *e = v->child; e; e = e->next) {
		enum ask a = e->type == JSON_STRING ? ask_of(e->text) : ASK_COUNT;

		if (a == ASK_COUNT)
			return refuse(ps, e, "\"asks\": commands that brokers pass on expected, such as \"kick\"");
		*asks |= 1u << a;
	}
	return 0;
}

static const struct member role_members[] = {
	{ "subscribe", read_rules, offsetof(struct role, subscribe), false },
	{ "publish", read_rules, offsetof(struct role, publish), false },
	{ "limits", read_role_limits, offsetof(struct role, limits), false },
	{ "reserved", read_count, offsetof(struct role, reserved), false },
	{ "connections", read_count, offsetof(struct role, connections), false },
	{ "shared_subscriptions", read_bool, offsetof(struct role, shared_subscriptions), false },
	{ "control", read_bool, offsetof(struct role, control), false },
	{ "exclusive", read_bool, offsetof(struct role, exclusive), false },
	{ "audience", read_audience, 0, false },
	{ "client_ids", read_client_ids, 0, false },
	{ "asks", read_asks, offsetof(struct role, asks), false },
	{ 0 },
};

static int read_roles(struct parser *ps, const struct json *v, void *into)
{
	struct policy *p = into;

	if (expect(ps, v, JSON_OBJECT))
		return 1;
	for (const struct json *m = v->child; m; m = m->next) {
		struct role *role = &p->roles[p->n_roles];

		if (p->n_roles == POLICY_MAX_ROLES)
			return refuse(ps, m, "more than %d roles", POLICY_MAX_ROLES);
		if (check_plain(ps, m, m->key))
			return 1;
		role->name = str_dup(m->key);
		if (!role->name)
			return refuse(ps, m, "out of memory");
		p->n_roles++;
		limits_default(role_limit_rows, &role->limits);
		role->connections = 1000000;
		role->asks = ASKS_DEFAULT;
		if (read_object(ps, m, role_members, role))
			return 1;
		if (!role->says_audience)
			role->audience = !role->reserved;
	}
	return 0;
}

static int find_role(struct parser *ps, const struct json *v, int *out)
{
	if (expect(ps, v, JSON_STRING))
		return 1;
	*out = policy_role(ps->p, v->text);
	return *out != NO_ROLE ? 0 : refuse(ps, v, "there is no role \"%.*s\"", STR_ARGS(v->text));
}

static int read_role_name(struct parser *ps, const struct json *v, void *into)
{
	return find_role(ps, v, into);
}

static const struct member anonymous_members[] = {
	{ "mqtt", read_role_name, TRANSPORT_MQTT * sizeof(int), false },
	{ "websockets", read_role_name, TRANSPORT_WEBSOCKETS * sizeof(int), false },
	{ 0 },
};

static int read_anonymous(struct parser *ps, const struct json *v, void *into)
{
	return read_object(ps, v, anonymous_members, into);
}

static int add_user(struct parser *ps, const struct json *m)
{
	struct policy *p = ps->p;
	struct policy_user *user;
	int role;

	if (!m->key.len || memchr(m->key.p, '\0', m->key.len))
		return refuse(ps, m, "a user's name may not be empty or hold NUL");
	if (find_role(ps, m, &role))
		return 1;
	user = calloc(1, sizeof(*user));
	if (user)
		user->name = str_dup(m->key);
	if (user && user->name) {
		user->role = role;
		HASH_ADD_KEYPTR(hh, p->users, user->name, m->key.len, user);
		if (HASH_ADDED(user, hh)) {
			p->n_users++;
			return 0;
		}
	}
	if (user)
		free(user->name);
	free(user);
	return refuse(ps, m, "out of memory");
}

static int read_users(struct parser *ps, const struct json *v, void *into)
{
	(void)into;
	if (expect(ps, v, JSON_OBJECT))
		return 1;
	for (const struct json *m = v->child; m; m = m->next) {
		if (ps->p->n_users == POLICY_MAX_USERS)
			return refuse(ps, m, "more than %d users", POLICY_MAX_USERS);
		if (add_user(ps, m))
			return 1;
	}
	return 0;
}

static int read_proxies(struct parser *ps, const struct json *v, void *into)
{
	struct policy *p = into;

	if (expect(ps, v, JSON_ARRAY))
		return 1;
	for (const struct json *e = v->child; e; e = e->next) {
		if (p->n_proxies == POLICY_MAX_PROXIES)
			return refuse(ps, e, "more than %d proxies", POLICY_MAX_PROXIES);
		if (e->type != JSON_STRING || !cidr_parse(e->text, &p->proxies[p->n_proxies]))
			return refuse(ps, e, "not an address or network such as \"10.0.0.0/8\"");
		p->n_proxies++;
	}
	return 0;
}

static int read_algorithm(struct parser *ps, const struct json *v, void *into)
{
	if (expect(ps, v, JSON_STRING))
		return 1;
	for (int i = 0; i < TOKEN_ALGORITHMS; i++) {
		if (str_is(v->text, token_algorithm_names[i])) {
			*(enum token_algorithm *)into = (enum token_algorithm)i;
			return 0;
		}
	}
	return refuse(ps, v, "\"algorithm\": HS256, RS256 or ES256 expected");
}

static const struct member key_members[] = {
	{ "algorithm", read_algorithm, offsetof(struct token_key, algorithm), true },
	{ "file", read_name, offsetof(struct token_key, file), true },
	{ 0 },
};

static int read_keys(struct parser *ps, const struct json *v, void *into)
{
	struct token_rules *t = into;

	if (expect(ps, v, JSON_ARRAY))
		return 1;
	for (const struct json *e = v->child; e; e = e->next) {
		if (t->n_keys == POLICY_MAX_KEYS)
			return refuse(ps, e, "more than %d keys", POLICY_MAX_KEYS);
		if (read_object(ps, e, key_members, &t->keys[t->n_keys++]))
			return 1;
	}
	return t->n_keys ? 0 : refuse(ps, v, "\"keys\": at least one is needed");
}

static int read_token_roles(struct parser *ps, const struct json *v, void *into)
{
	bool *roles = into;
	int role;

	if (expect(ps, v, JSON_ARRAY))
		return 1;
	for (const struct json *e = v->child; e; e = e->next) {
		if (find_role(ps, e, &role))
			return 1;
		roles[role] = true;
	}
	return 0;
}

static int read_max_rooms(struct parser *ps, const struct json *v, void *into)
{
	return read_int(ps, v, (struct range){ 0, 1000 }, into);
}

static int read_leeway(struct parser *ps, const struct json *v, void *into)
{
	return read_int(ps, v, (struct range){ 0, 300 }, into);
}

static const struct member token_members[] = {
	{ "keys", read_keys, 0, true },
	{ "issuer", read_name, offsetof(struct token_rules, issuer), false },
	{ "audience", read_name, offsetof(struct token_rules, audience), false },
	{ "roles", read_token_roles, offsetof(struct token_rules, roles), true },
	{ "default_role", read_role_name, offsetof(struct token_rules, default_role), false },
	{ "leeway_s", read_leeway, offsetof(struct token_rules, leeway_s), false },
	{ "max_rooms", read_max_rooms, offsetof(struct token_rules, max_rooms), false },
	{ 0 },
};

static int read_tokens(struct parser *ps, const struct json *v, void *into)
{
	struct token_rules *t = into;

	if (read_object(ps, v, token_members, t))
		return 1;
	if (t->default_role != NO_ROLE && !t->roles[t->default_role])
		return refuse(ps, v, "\"default_role\" is not among \"roles\"");
	return 0;
}

static int read_watch_filter(struct parser *ps, const struct json *v, void *into)
{
	struct str rest, level;
	int wild = 0;

	if (read_name(ps, v, into))
		return 1;
	if (!topic_filter_valid(v->text))
		return refuse(ps, v, "\"filter\": not a valid topic filter");
	for (rest = v->text; str_split(&rest, '/', &level);)
		wild += str_is(level, "+");
	return wild == 1 ? 0 : refuse(ps, v, "\"filter\": exactly one level must be '+': it names the group");
}

static int read_watch_name(struct parser *ps, const struct json *v, void *into)
{
	static const char *const taken[] = { "total", "users", "role", "transport", "watching" };

	if (read_name(ps, v, into) || check_plain(ps, v, v->text))
		return 1;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (str_is(v->text, taken[i]))
			return refuse(ps, v, "the name \"%s\" is taken", taken[i]);
	return 0;
}

static int read_watch_groups(struct parser *ps, const struct json *v, void *into)
{
	return read_int(ps, v, (struct range){ 1, 100000 }, into);
}

static const struct member watch_members[] = {
	{ "name", read_watch_name, offsetof(struct watch, name), true },
	{ "filter", read_watch_filter, offsetof(struct watch, filter), true },
	{ "names", read_bool, offsetof(struct watch, names), false },
	{ "groups", read_watch_groups, offsetof(struct watch, groups), false },
	{ 0 },
};

static int read_watches(struct parser *ps, const struct json *v, void *into)
{
	struct policy *p = into;

	if (expect(ps, v, JSON_ARRAY))
		return 1;
	for (const struct json *e = v->child; e; e = e->next) {
		if (p->n_watches == POLICY_MAX_WATCHES)
			return refuse(ps, e, "more than %d entries", POLICY_MAX_WATCHES);
		p->watches[p->n_watches].groups = POLICY_WATCH_GROUPS;
		if (read_object(ps, e, watch_members, &p->watches[p->n_watches++]))
			return 1;
	}
	return 0;
}

static const struct member presence_members[] = {
	{ "watch", read_watches, 0, false },
	{ 0 },
};

static int read_presence(struct parser *ps, const struct json *v, void *into)
{
	return read_object(ps, v, presence_members, into);
}

static int read_open_rooms(struct parser *ps, const struct json *v, struct room_rules *rooms)
{
	if (expect(ps, v, JSON_ARRAY))
		return 1;
	for (const struct json *e = v->child; e; e = e->next) {
		if (rooms->n_open == POLICY_MAX_OPEN_ROOMS)
			return refuse(ps, e, "\"open\": more than %d entries", POLICY_MAX_OPEN_ROOMS);
		if (e->type != JSON_STRING || !room_pattern_valid(e->text))
			return refuse(ps, e, "\"open\": a room's name, or how some begin with '*' behind it, expected");
		rooms->open[rooms->n_open] = str_dup(e->text);
		if (!rooms->open[rooms->n_open])
			return refuse(ps, e, "out of memory");
		rooms->n_open++;
	}
	return 0;
}

static int read_rooms(struct parser *ps, const struct json *v, void *into)
{
	struct room_rules *rooms = into;

	if (expect(ps, v, JSON_OBJECT))
		return 1;
	rooms->on = true;
	for (const struct json *m = v->child; m; m = m->next) {
		const struct limit_row *row = limits_find(room_limit_rows, m->key.p, m->key.len);

		if (!row && !str_is(m->key, "open"))
			return refuse(ps, m, "unknown key \"%.*s\"", STR_ARGS(m->key));
		if (row ? read_int(ps, m, (struct range){ row->min, row->max }, limits_at(row, rooms)) : read_open_rooms(ps, m, rooms))
			return 1;
	}
	return 0;
}

static int skip(struct parser *ps, const struct json *v, void *into)
{
	(void)into;
	return expect(ps, v, JSON_STRING);
}

/* For "roles": parse() has read them before the other members, which refer to them. */
static int read_already(struct parser *ps, const struct json *v, void *into)
{
	(void)ps, (void)v, (void)into;
	return 0;
}

static const struct member policy_members[] = {
	{ "$schema", skip, 0, false },
	{ "comment", skip, 0, false },
	{ "roles", read_already, 0, true },
	{ "users", read_users, 0, false },
	{ "anonymous", read_anonymous, offsetof(struct policy, anonymous), false },
	{ "passwords", read_name, offsetof(struct policy, passwords), false },
	{ "trusted_proxies", read_proxies, 0, false },
	{ "tokens", read_tokens, offsetof(struct policy, tokens), false },
	{ "drop_repeats", read_rules, offsetof(struct policy, repeats), false },
	{ "presence", read_presence, 0, false },
	{ "rooms", read_rooms, offsetof(struct policy, rooms), false },
	{ "limits", read_door_limits, offsetof(struct policy, limits), false },
	{ 0 },
};

/* Clients are counted by the rooms that they are in without an entry of the policy. */
static int add_room_watch(struct parser *ps)
{
	struct policy *p = ps->p;
	struct watch watch = { .names = true, .groups = p->rooms.rooms, .rooms = true };

	for (size_t i = 0; i < p->n_watches; i++)
		if (strcmp(p->watches[i].name, "room") == 0)
			return refuse(ps, NULL, "\"watch\": with \"rooms\" in the policy the name \"room\" is taken");
	watch.name = str_dup(STR(POLICY_ROOM_WATCH));
	watch.filter = str_dup(STR("rooms/+/#"));
	memmove(p->watches + 1, p->watches, p->n_watches * sizeof(watch));
	p->watches[0] = watch;
	p->n_watches++;
	return watch.name && watch.filter ? 0 : refuse(ps, NULL, "out of memory");
}

static int check_whole(struct parser *ps)
{
	struct policy *p = ps->p;
	int64_t reserved = 0;

	for (size_t i = 0; i < p->n_roles; i++)
		reserved += p->roles[i].reserved;
	if (reserved > p->limits.connections)
		return refuse(ps, NULL, "%lld seats are reserved, but \"connections\" is %lld", (long long)reserved,
			      (long long)p->limits.connections);
	if (p->repeats.personal)
		return refuse(ps, NULL, "\"drop_repeats\" cannot use %%u, %%c, %%r or %%h");
	return p->rooms.on ? add_room_watch(ps) : 0;
}

static int parse(struct parser *ps)
{
	const struct json *roles;

	if (json_parse(&ps->doc, ps->text, ps->why))
		return 1;
	roles = json_get(ps->doc.root, "roles");
	if (roles && read_roles(ps, roles, ps->p))
		return 1;
	return read_object(ps, ps->doc.root, policy_members, ps->p) || check_whole(ps);
}

int policy_parse(struct str text, struct policy **out, struct complaint *why)
{
	struct parser ps = { .p = calloc(1, sizeof(struct policy)), .text = text, .why = why };
	int r;

	*out = NULL;
	if (!ps.p)
		return refuse(&ps, NULL, "out of memory");
	ps.p->anonymous[TRANSPORT_MQTT] = ps.p->anonymous[TRANSPORT_WEBSOCKETS] = NO_ROLE;
	ps.p->tokens.default_role = NO_ROLE;
	ps.p->tokens.max_rooms = 20;
	limits_default(door_limit_rows, &ps.p->limits);
	limits_default(room_limit_rows, &ps.p->rooms);
	r = parse(&ps);
	json_free(&ps.doc);
	if (r)
		policy_free(ps.p);
	else
		*out = ps.p;
	return r;
}

static void free_tokens(struct token_rules *t)
{
	for (size_t i = 0; i < t->n_keys; i++) {
		free(t->keys[i].file);
		if (t->keys[i].bytes)
			explicit_bzero(t->keys[i].bytes, t->keys[i].len);
		free(t->keys[i].bytes);
	}
	free(t->issuer);
	free(t->audience);
}

void policy_free(struct policy *p)
{
	struct policy_user *user, *next;

	if (!p)
		return;
	for (size_t i = 0; i < p->n_roles; i++) {
		free(p->roles[i].name);
		rules_free(&p->roles[i].subscribe);
		rules_free(&p->roles[i].publish);
		for (size_t k = 0; k < p->roles[i].n_client_ids; k++)
			free(p->roles[i].client_ids[k]);
	}
	HASH_ITER(hh, p->users, user, next) {
		HASH_DEL(p->users, user);
		free(user->name);
		free(user);
	}
	for (size_t i = 0; i < p->n_watches; i++) {
		free(p->watches[i].name);
		free(p->watches[i].filter);
	}
	room_rules_free(&p->rooms);
	free_tokens(&p->tokens);
	rules_free(&p->repeats);
	free(p->passwords);
	free(p);
}

int policy_role(const struct policy *p, struct str name)
{
	for (size_t i = 0; i < p->n_roles; i++)
		if (str_is(name, p->roles[i].name))
			return (int)i;
	return NO_ROLE;
}

int policy_user_role(const struct policy *p, struct str user)
{
	struct policy_user *found;

	if (!user.len)
		return NO_ROLE;
	HASH_FIND(hh, p->users, user.p, user.len, found);
	return found ? found->role : NO_ROLE;
}

bool policy_is_reserved(const struct policy *p, int role)
{
	return role != NO_ROLE && p->roles[role].reserved > 0;
}

static bool role_owns_id(const struct role *role, struct str client_id)
{
	for (size_t i = 0; i < role->n_client_ids; i++) {
		struct str pattern = str_of(role->client_ids[i]);

		if (str_eq(pattern, client_id))
			return true;
		if (str_ends(pattern, STR("*")) && str_starts(client_id, (struct str){ pattern.p, pattern.len - 1 }))
			return true;
	}
	return false;
}

bool policy_may_use_id(const struct policy *p, int role, struct str client_id)
{
	bool owned = false;

	for (size_t i = 0; i < p->n_roles; i++) {
		if (!role_owns_id(&p->roles[i], client_id))
			continue;
		if ((int)i == role)
			return true;
		owned = true;
	}
	return !owned;
}

bool policy_room_is_open(const struct policy *p, struct str room)
{
	return room_is_open(&p->rooms, room);
}

bool policy_is_proxy(const struct policy *p, struct addr a)
{
	for (size_t i = 0; i < p->n_proxies; i++)
		if (cidr_has(&p->proxies[i], a))
			return true;
	return false;
}

struct addr policy_address_key(const struct policy *p, struct addr a)
{
	return policy_is_proxy(p, a) ? a : addr_key(a);
}
