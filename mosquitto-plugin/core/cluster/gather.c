#include "mosquitto-plugin/core/cluster/gather.h"

#include "mosquitto-plugin/core/cluster/part.h"
#include "mosquitto-plugin/core/policy/asks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

#define MAX_SLICES 400
#define MAX_OFFSET INT32_MAX
#define MAX_COUNT 1000
#define DEFAULT_COUNT 100
#define MAX_TOTAL 1e9
#define ERROR_BYTES 900

enum how {
	HERE, /* the caller writes its answer */
	EACH, /* every broker's answer is shown */
	PAGE, /* listClients: one list of all brokers' */
};

struct todo {
	const struct json *args; /* the command's object in the request */
	enum how how;
	struct str target; /* p is NULL: all brokers */
	int64_t offset, count;
	struct buf here;
};

/* What a member said to one command. */
struct piece {
	enum {
		NOTHING,
		DATA,
		REFUSED
	} what;
	struct buf text;     /* the members of its data; the rows of a page; or the error */
	int64_t total, rows; /* of a page: how many clients the member has, and how many of them are here */
	bool rows_due, cut;  /* its rows are asked for in the second turn; they came, and were fewer */
};

struct member {
	char *route;
	char name[BROKER_NAME_MAX + 1];
	bool answered; /* in this turn */
	bool heard;    /* ... in the first one, and by something of use */
	bool spoilt;   /* ... by something of no use */
	size_t bytes;
	struct piece *pieces; /* one for each command */
};

/* Rows that a member is asked for in the second turn. */
struct slice {
	size_t todo, member;
	int64_t offset, count;
};

struct gather {
	struct gather *prev, *next;
	char id[GATHER_ID_SIZE];
	const void *who;
	struct json_doc request;
	struct todo *todos;
	size_t n_todos;
	struct member *members; /* in the order of their names */
	size_t n_members;
	char self[BROKER_NAME_MAX + 1];
	bool is_short; /* of memory: there is no answer */
	struct slice *slices;
	size_t n_slices;
	mono began, until;
	bool is_second_turn;
};

/* ---- coming and going ---- */

static void piece_forget(struct piece *p)
{
	buf_free(&p->text);
	*p = (struct piece){ .what = NOTHING };
}

static void member_free(struct gathers *gs, struct member *m, size_t n_pieces)
{
	for (size_t i = 0; m->pieces && i < n_pieces; i++)
		piece_forget(&m->pieces[i]);
	free(m->pieces);
	free(m->route);
	gs->bytes -= m->bytes;
}

void gather_free(struct gathers *gs, struct gather *g)
{
	DL_DELETE(gs->all, g);
	gs->n--;
	for (size_t i = 0; i < g->n_members; i++)
		member_free(gs, &g->members[i], g->n_todos);
	for (size_t i = 0; i < g->n_todos; i++)
		buf_free(&g->todos[i].here);
	json_free(&g->request);
	free(g->members);
	free(g->todos);
	free(g->slices);
	free(g);
}

void gathers_free(struct gathers *gs)
{
	while (gs->all)
		gather_free(gs, gs->all);
}

void gathers_forget(struct gathers *gs, const void *who)
{
	struct gather *g, *next;

	DL_FOREACH_SAFE(gs->all, g, next)
		if (g->who == who)
			gather_free(gs, g);
}

static enum how how_of(const struct json *command)
{
	enum ask a = ask_of(json_get_text(command, "command"));

	if (!ask_is_answered(a))
		return HERE;
	return a == ASK_listClients ? PAGE : EACH;
}

/* False: it is there, and no number of the range. */
static bool read_number(const struct json *v, int64_t min, int64_t max, int64_t *out)
{
	if (!v)
		return true;
	if (v->type != JSON_NUMBER || !(v->number >= (double)min && v->number <= (double)max))
		return false;
	*out = (int64_t)v->number;
	return true;
}

/* A command that no broker could answer is answered here: with what is wrong with it. */
static void plan(struct todo *t, const struct json *command)
{
	const struct json *target = json_get(command, "broker");

	*t = (struct todo){ .args = command, .how = how_of(command), .count = DEFAULT_COUNT };
	t->target = json_get_text(command, "broker");
	if (target && !broker_name_valid(t->target))
		t->how = HERE;
	if (t->how == PAGE && (!read_number(json_get(command, "offset"), 0, MAX_OFFSET, &t->offset) ||
			       !read_number(json_get(command, "count"), 1, MAX_COUNT, &t->count)))
		t->how = HERE;
}

static const struct json *commands_of(const struct json *request)
{
	const struct json *list = json_get(request, "commands");

	return list && list->type == JSON_ARRAY ? list->child : NULL;
}

static bool plan_all(struct gather *g, const struct json *first)
{
	size_t n = 0;

	for (const struct json *c = first; c; c = c->next)
		n++;
	g->todos = calloc(n ? n : 1, sizeof(*g->todos));
	for (const struct json *c = first; c && g->todos; c = c->next)
		plan(&g->todos[g->n_todos++], c);
	return g->todos;
}

static bool has_pages(const struct gather *g)
{
	for (size_t i = 0; i < g->n_todos; i++)
		if (g->todos[i].how == PAGE)
			return true;
	return false;
}

struct gather *gather_new(struct gathers *gs, const struct gather_setup *setup, struct json_doc *request)
{
	struct gather *g = gs->n < GATHER_MAX ? calloc(1, sizeof(*g)) : NULL;

	if (!g)
		return NULL;
	DL_APPEND(gs->all, g);
	gs->n++;
	g->who = setup->who;
	g->began = setup->now;
	str_copy(g->self, sizeof(g->self), setup->self);
	if (plan_all(g, commands_of(request->root)))
		gather_expect(g, &(struct gather_member){ STR(""), str_of(setup->self) });
	if (!g->n_members) {
		gather_free(gs, g);
		return NULL;
	}
	g->request = *request;
	*request = (struct json_doc){ .root = NULL };
	g->until = mono_add(setup->now, has_pages(g) ? GATHER_FIRST_MS : GATHER_MS);
	return g;
}

void gather_set_id(struct gather *g, const char id[GATHER_ID_SIZE])
{
	str_copy(g->id, sizeof(g->id), id);
}

struct gather *gather_find(const struct gathers *gs, struct str id)
{
	struct gather *g;

	DL_FOREACH(gs->all, g)
		if (*g->id && str_is(id, g->id))
			return g;
	return NULL;
}

struct gather *gather_next(const struct gathers *gs, const struct gather *g)
{
	return g ? g->next : gs->all;
}

const void *gather_who(const struct gather *g)
{
	return g->who;
}

bool gather_is_spread(const struct json *request)
{
	for (const struct json *c = commands_of(request); c; c = c->next)
		if (how_of(c) != HERE)
			return true;
	return false;
}

const struct json *gather_command(struct gather *g, size_t i, struct buf **here)
{
	if (i >= g->n_todos)
		return NULL;
	*here = g->todos[i].how == HERE ? &g->todos[i].here : NULL;
	return g->todos[i].args;
}

/* ---- who is asked ---- */

static struct member *find_member(const struct gather *g, struct str route)
{
	for (size_t i = 0; i < g->n_members; i++)
		if (str_is(route, g->members[i].route))
			return &g->members[i];
	return NULL;
}

static bool is_before(const struct member *a, const struct member *b)
{
	int by_name = strcmp(a->name, b->name);

	return by_name ? by_name < 0 : strcmp(a->route, b->route) < 0;
}

/* Takes it over. There is room for it. */
static void put_member(struct gather *g, const struct member *m)
{
	size_t at = 0;

	while (at < g->n_members && is_before(&g->members[at], m))
		at++;
	memmove(&g->members[at + 1], &g->members[at], (g->n_members - at) * sizeof(*m));
	g->members[at] = *m;
	g->n_members++;
}

static bool add_member(struct gather *g, struct member *m)
{
	struct member *grown = realloc(g->members, (g->n_members + 1) * sizeof(*grown));

	if (!grown)
		return false;
	g->members = grown;
	m->pieces = calloc(g->n_todos ? g->n_todos : 1, sizeof(*m->pieces));
	if (!m->route || !m->pieces)
		return false;
	put_member(g, m);
	return true;
}

bool gather_expect(struct gather *g, const struct gather_member *who)
{
	struct member m = { .answered = false };

	if (g->is_second_turn || !broker_name_valid(who->name) || !route_valid(who->route) || find_member(g, who->route))
		return true;
	if (g->n_members == GATHER_MEMBERS)
		return false;
	memcpy(m.name, who->name.p, who->name.len);
	m.route = str_dup(who->route);
	if (!add_member(g, &m)) {
		free(m.pieces);
		free(m.route);
		g->is_short = true;
	}
	return true;
}

void gather_is_called(struct gather *g, const struct gather_member *who)
{
	struct member *m = find_member(g, who->route), renamed;

	if (!m || g->is_second_turn || m->answered || !broker_name_valid(who->name) || str_is(who->name, m->name))
		return;
	renamed = *m;
	memset(renamed.name, 0, sizeof(renamed.name));
	memcpy(renamed.name, who->name.p, who->name.len);
	g->n_members--;
	memmove(m, m + 1, (size_t)(&g->members[g->n_members] - m) * sizeof(*m));
	put_member(g, &renamed);
}

const char *gather_name(const struct gather *g, struct str route)
{
	const struct member *m = find_member(g, route);

	return m ? m->name : "";
}

static bool is_for(const struct todo *t, const char *name)
{
	return t->how != HERE && (!t->target.p || str_is(t->target, name));
}

static bool is_for_others(const struct gather *g, const struct todo *t)
{
	return t->how != HERE && !(t->target.p && str_is(t->target, g->self));
}

/* Is the member asked anything in this turn? */
static bool is_asked(const struct gather *g, size_t member)
{
	for (size_t i = 0; i < g->n_slices; i++)
		if (g->slices[i].member == member)
			return true;
	for (size_t i = 0; !g->is_second_turn && i < g->n_todos; i++)
		if (is_for(&g->todos[i], g->members[member].name))
			return true;
	return false;
}

/* Is the command for a broker that is none of the members by now? One of them may know it. */
static bool is_for_a_stranger(const struct gather *g, const struct todo *t)
{
	if (!t->target.p || !is_for_others(g, t))
		return false;
	for (size_t i = 0; i < g->n_members; i++)
		if (is_for(t, g->members[i].name))
			return false;
	return true;
}

static bool looks_for_strangers(const struct gather *g)
{
	for (size_t i = 0; !g->is_second_turn && i < g->n_todos; i++)
		if (is_for_a_stranger(g, &g->todos[i]))
			return true;
	return false;
}

bool gather_asks_others(const struct gather *g)
{
	for (size_t i = 0; i < g->n_todos; i++)
		if (is_for_others(g, &g->todos[i]))
			return true;
	return false;
}

bool gather_is_done(const struct gather *g, mono now)
{
	bool waits_for_all = looks_for_strangers(g);

	if (g->is_short || mono_reached(now, g->until))
		return true;
	for (size_t i = 0; i < g->n_members; i++)
		if (!g->members[i].answered && (waits_for_all || is_asked(g, i)))
			return false;
	return true;
}

static bool awaits(const struct gather *g, const struct member *m)
{
	return m && !m->answered && (is_asked(g, (size_t)(m - g->members)) || looks_for_strangers(g));
}

bool gather_awaits(const struct gather *g, struct str route)
{
	return awaits(g, find_member(g, route));
}

/* ---- what they are asked ---- */

static bool is_one_of(struct str name, const char *const *names)
{
	for (; *names; names++)
		if (str_is(name, *names))
			return true;
	return false;
}

/* The members of an object, without those of these names. any: something stands before them. */
static void put_members(struct buf *out, const struct json *object, const char *const *without, bool any)
{
	for (const struct json *m = object->child; m; m = m->next) {
		if (is_one_of(m->key, without))
			continue;
		buf_puts(out, any ? "," : "");
		json_write_key(out, m);
		json_write(out, m);
		any = true;
	}
}

/* What the command says itself, but for what others need not know, and for what is written anew. */
static void put_command(struct buf *out, const struct todo *t, const struct slice *s, struct str broker)
{
	static const char *const of_all[] = { "correlationData", "broker", NULL };
	static const char *const of_page[] = { "correlationData", "broker", "offset", "count", NULL };

	buf_puts(out, "{");
	put_members(out, t->args, t->how == PAGE ? of_page : of_all, false);
	if (t->how == PAGE)
		buf_printf(out, ",\"offset\":%" PRId64 ",\"count\":%" PRId64, s ? s->offset : 0, s ? s->count : 0);
	if (broker.p)
		buf_printf(out, ",\"broker\":\"%.*s\"", STR_ARGS(broker));
	buf_puts(out, "}");
}

void gather_write(const struct gather *g, struct buf *out)
{
	unsigned n = 0;

	buf_puts(out, "[");
	for (size_t i = 0; i < g->n_slices; i++) {
		const struct slice *s = &g->slices[i];

		buf_puts(out, n++ ? "," : "");
		put_command(out, &g->todos[s->todo], s, str_of(g->members[s->member].name));
	}
	for (size_t i = 0; !g->is_second_turn && i < g->n_todos; i++) {
		if (g->todos[i].how == HERE)
			continue;
		buf_puts(out, n++ ? "," : "");
		put_command(out, &g->todos[i], NULL, g->todos[i].target);
	}
	buf_puts(out, "]");
}

/* ---- what they answer ---- */

/* One member's answer, while it is read. */
struct reading {
	struct gather *g;
	struct member *m;
	struct complaint *why;
};

static int refuse(struct reading *r, const char *what)
{
	return complaint_say(r->why, 0, "%s", what);
}

/* Whose it is, gather says itself. */
static const char *const broker_only[] = { "broker", NULL };

static void keep_error(struct piece *p, struct str error)
{
	p->what = REFUSED;
	buf_str(&p->text, str_cut(error, ERROR_BYTES));
}

static int take_rows(struct reading *r, struct piece *p, const struct json *data, int64_t most)
{
	const struct json *list = json_get(data, "clients");

	if (!list || list->type != JSON_ARRAY)
		return refuse(r, "it has no list of clients");
	for (const struct json *row = list->child; row && p->rows < most; row = row->next) {
		if (row->type != JSON_OBJECT)
			return refuse(r, "a client is no object");
		buf_printf(&p->text, "%s{\"broker\":\"%s\"", p->rows++ ? "," : "", r->m->name);
		put_members(&p->text, row, broker_only, true);
		buf_puts(&p->text, "}");
	}
	p->rows_due = false;
	p->cut = p->rows < most;
	return 0;
}

static int take_total(struct reading *r, struct piece *p, const struct json *data)
{
	const struct json *total = json_get(data, "total");

	if (!total || total->type != JSON_NUMBER || !(total->number >= 0 && total->number <= MAX_TOTAL))
		return refuse(r, "it has no number of clients");
	p->total = (int64_t)total->number;
	return 0;
}

static int take_response(struct reading *r, size_t todo, const struct json *response)
{
	const struct json *data = json_get(response, "data");
	struct str error = json_get_text(response, "error");
	struct piece *p = &r->m->pieces[todo];

	if (response->type == JSON_NULL || !is_for(&r->g->todos[todo], r->m->name))
		return 0; /* it is another's command */
	p->text.max = 4 * GATHER_ANSWER_BYTES;
	if (!data && error.p) {
		keep_error(p, error);
		return 0;
	}
	if (!data || data->type != JSON_OBJECT)
		return refuse(r, "a response has neither data nor an error");
	p->what = DATA;
	if (r->g->todos[todo].how == PAGE)
		return take_total(r, p, data);
	put_members(&p->text, data, broker_only, false);
	return p->text.failed ? refuse(r, "it is too large") : 0;
}

static int take_first(struct reading *r, const struct json *response)
{
	for (size_t i = 0; i < r->g->n_todos; i++) {
		if (r->g->todos[i].how == HERE)
			continue;
		if (!response)
			return refuse(r, "a response is missing");
		if (take_response(r, i, response))
			return 1;
		response = response->next;
	}
	return response ? refuse(r, "there are too many responses") : 0;
}

static int take_second(struct reading *r, const struct json *response)
{
	for (size_t i = 0; i < r->g->n_slices; i++, response = response->next) {
		const struct slice *s = &r->g->slices[i];
		const struct json *data;

		if (!response)
			return refuse(r, "a response is missing");
		data = json_get(response, "data");
		if (&r->g->members[s->member] != r->m || !data)
			continue;
		if (take_rows(r, &r->m->pieces[s->todo], data, s->count))
			return 1;
		if (r->m->pieces[s->todo].text.failed)
			return refuse(r, "it is too large");
	}
	return response ? refuse(r, "there are too many responses") : 0;
}

static size_t bytes_of(const struct gather *g, const struct member *m)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_todos; i++)
		n += m->pieces[i].text.cap;
	return n;
}

static int take_all(struct gathers *gs, struct reading *r, const struct json *first)
{
	size_t bytes;

	if (r->g->is_second_turn ? take_second(r, first) : take_first(r, first))
		return 1;
	bytes = bytes_of(r->g, r->m);
	if (gs->bytes - r->m->bytes + bytes > GATHER_BYTES)
		return refuse(r, "too much is waiting");
	gs->bytes += bytes - r->m->bytes;
	r->m->bytes = bytes;
	return 0;
}

/* It has refused everything, for one reason. */
static void take_error(struct gather *g, struct member *m, struct str error)
{
	for (size_t i = 0; !g->is_second_turn && i < g->n_todos; i++)
		if (is_for(&g->todos[i], m->name))
			keep_error(&m->pieces[i], error);
}

/* Nothing is kept of an answer that is of no use, and no other one is read: reading costs time, and who sends one such may send a thousand. */
static int spoil(struct gathers *gs, struct gather *g, struct member *m)
{
	for (size_t i = 0; i < g->n_todos; i++)
		piece_forget(&m->pieces[i]);
	gs->bytes -= m->bytes;
	m->bytes = 0;
	m->spoilt = true;
	return 1;
}

int gather_take(struct gathers *gs, struct gather *g, const struct gather_reply *reply, struct complaint *why)
{
	struct member *m = find_member(g, reply->route);
	struct reading r = { g, m, why };
	bool is_list = reply->responses && reply->responses->type == JSON_ARRAY;

	if (!awaits(g, m))
		return 0;
	m->answered = true;
	if (!is_list && !reply->error.p) {
		refuse(&r, "it has no responses");
		return spoil(gs, g, m);
	}
	if (is_list && take_all(gs, &r, reply->responses->child))
		return spoil(gs, g, m);
	if (!is_list)
		take_error(g, m, reply->error);
	m->heard = true;
	return 0;
}

/* ---- the second turn ---- */

/* In which members' rows does the page lie? */
static void slice_page(struct gather *g, size_t todo)
{
	const struct todo *t = &g->todos[todo];
	int64_t from = t->offset, left = t->count;

	for (size_t i = 0; i < g->n_members && left > 0 && g->n_slices < MAX_SLICES; i++) {
		struct piece *p = &g->members[i].pieces[todo];
		int64_t total = p->what == DATA ? p->total : 0, n = total - from < left ? total - from : left;

		if (n > 0) {
			g->slices[g->n_slices++] = (struct slice){ todo, i, from, n };
			p->rows_due = true;
			left -= n;
		}
		from = from > total ? from - total : 0;
	}
}

bool gather_next_turn(struct gather *g)
{
	if (g->is_second_turn || g->is_short || !has_pages(g))
		return false;
	g->slices = calloc(MAX_SLICES, sizeof(*g->slices));
	for (size_t i = 0; i < g->n_todos && g->slices; i++)
		if (g->todos[i].how == PAGE)
			slice_page(g, i);
	g->is_short |= !g->slices;
	if (!g->n_slices)
		return false;
	g->is_second_turn = true;
	g->until = mono_add(g->began, GATHER_MS);
	for (size_t i = 0; i < g->n_members; i++)
		g->members[i].answered = false;
	return true;
}

/* ---- the answer ---- */

static bool is_missing(const struct gather *g, const struct todo *t, const struct member *m)
{
	const struct piece *p = &m->pieces[t - g->todos];

	return is_for(t, m->name) && (p->what == NOTHING || p->rows_due);
}

/* The names of who is missing: as JSON strings, or in words. Of a command for a broker that nobody knows those who might have known it. */
static unsigned put_missing(struct buf *out, const struct gather *g, const struct todo *t, bool in_words)
{
	const char *quote = in_words ? "" : "\"", *comma = in_words ? ", " : ",";
	bool stranger = is_for_a_stranger(g, t);
	unsigned n = 0;

	for (size_t i = 0; i < g->n_members; i++)
		if (stranger ? !g->members[i].heard : is_missing(g, t, &g->members[i]))
			buf_printf(out, "%s%s%s%s", n++ ? comma : "", quote, g->members[i].name, quote);
	return n;
}

static const struct piece *piece_of(const struct gather *g, size_t member, const struct todo *t)
{
	return &g->members[member].pieces[t - g->todos];
}

static bool says_the_same(const struct piece *a, const struct piece *b)
{
	return b->what == REFUSED && str_eq(buf_view(&a->text), buf_view(&b->text));
}

/* Has a member before this one said the same? */
static bool was_said(const struct gather *g, size_t member, const struct todo *t)
{
	for (size_t i = 0; i < member; i++)
		if (says_the_same(piece_of(g, member, t), piece_of(g, i, t)))
			return true;
	return false;
}

/* Nobody has done it: why? Each reason once, and who said so if there is more than one. */
static void put_reasons(struct buf *out, const struct gather *g, const struct todo *t)
{
	BUF_CLEANUP struct buf missing = { 0 };
	unsigned n = 0, reasons = 0;

	for (size_t i = 0; i < g->n_members; i++)
		reasons += piece_of(g, i, t)->what == REFUSED && !was_said(g, i, t);
	for (size_t i = 0; i < g->n_members; i++) {
		const struct piece *p = piece_of(g, i, t);

		if (p->what != REFUSED || was_said(g, i, t))
			continue;
		buf_puts(out, n++ ? "; " : "");
		for (size_t k = i; reasons > 1 && k < g->n_members; k++)
			if (says_the_same(p, piece_of(g, k, t)))
				buf_printf(out, "%s%s", k == i ? "" : ", ", g->members[k].name);
		buf_puts(out, reasons > 1 ? ": " : "");
		buf_str(out, buf_view(&p->text));
	}
	if (put_missing(&missing, g, t, true))
		buf_printf(out, "%sno answer from %s", n++ ? "; " : "", missing.p);
	if (!n)
		buf_puts(out, "no such broker");
}

static void put_each(struct buf *out, const struct gather *g, const struct todo *t)
{
	unsigned n = 0;

	buf_puts(out, "\"brokers\":[");
	for (size_t i = 0; i < g->n_members; i++) {
		const struct piece *p = piece_of(g, i, t);

		if (p->what == NOTHING)
			continue;
		buf_printf(out, "%s{\"broker\":\"%s\"", n++ ? "," : "", g->members[i].name);
		if (p->what == REFUSED) {
			buf_puts(out, ",\"error\":");
			buf_json(out, buf_view(&p->text));
		} else if (t->how == PAGE) {
			buf_printf(out, ",\"total\":%" PRId64, p->total);
		} else if (p->text.len) {
			buf_puts(out, ",");
			buf_str(out, buf_view(&p->text));
		}
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

/* The rows follow each other without a gap: behind a broker that gave fewer than it was asked for the page ends. */
static void put_page(struct buf *out, const struct gather *g, const struct todo *t)
{
	int64_t total = 0;
	unsigned n = 0;
	bool over = false;

	buf_puts(out, "\"clients\":[");
	for (size_t i = 0; i < g->n_members; i++) {
		const struct piece *p = piece_of(g, i, t);

		total += p->what == DATA ? p->total : 0;
		over |= p->rows_due;
		if (p->what != DATA || over)
			continue;
		if (p->rows)
			buf_puts(out, n++ ? "," : "");
		buf_str(out, buf_view(&p->text));
		over |= p->cut;
	}
	buf_printf(out, "],\"total\":%" PRId64 ",\"offset\":%" PRId64 ",", total, t->offset);
}

bool gather_was_done(const struct gather *g, size_t i)
{
	for (size_t m = 0; i < g->n_todos && m < g->n_members; m++)
		if (g->members[m].pieces[i].what == DATA)
			return true;
	return false;
}

static void put_outcome(struct buf *out, const struct gather *g, const struct todo *t)
{
	BUF_CLEANUP struct buf reasons = { 0 };

	if (!gather_was_done(g, (size_t)(t - g->todos))) {
		put_reasons(&reasons, g, t);
		buf_puts(out, "\"error\":");
		buf_json(out, buf_view(&reasons));
		return;
	}
	buf_puts(out, "\"data\":{");
	if (t->how == PAGE)
		put_page(out, g, t);
	put_each(out, g, t);
	buf_puts(out, ",\"missing\":[");
	put_missing(out, g, t, false);
	buf_puts(out, "]}");
}

static void put_response(struct buf *out, const struct gather *g, const struct todo *t)
{
	struct str tag = json_get_text(t->args, "correlationData");

	buf_puts(out, "{\"command\":");
	buf_json(out, json_get_text(t->args, "command"));
	if (tag.p) {
		buf_puts(out, ",\"correlationData\":");
		buf_json(out, tag);
	}
	buf_puts(out, ",");
	put_outcome(out, g, t);
	buf_puts(out, "}");
}

static void count_missing(struct gathers *gs, const struct gather *g)
{
	bool waits_for_all = looks_for_strangers(g);

	for (size_t i = 0; i < g->n_members; i++)
		gs->missing += (!g->members[i].answered || g->members[i].spoilt) && (waits_for_all || is_asked(g, i));
}

void gather_answer(struct gathers *gs, const struct gather *g, struct buf *out)
{
	count_missing(gs, g);
	if (g->is_short) {
		buf_puts(out, "{\"responses\":[{\"command\":null,\"error\":\"out of memory\"}]}");
		return;
	}
	buf_puts(out, "{\"responses\":[");
	for (size_t i = 0; i < g->n_todos; i++) {
		buf_puts(out, i ? "," : "");
		if (g->todos[i].how == HERE)
			buf_str(out, buf_view(&g->todos[i].here));
		else
			put_response(out, g, &g->todos[i]);
	}
	buf_puts(out, "]}");
}
