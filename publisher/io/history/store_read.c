#include "publisher/io/history/store_priv.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JSON_TYPE "application/json"
#define OLD_MS 5000        /* what is older than this does not change any more */
#define OLD_MAX_AGE_S 3600 /* so long a cache may keep what does not change */

/* What is known of a game, with texts that are valid while the statement stands. */
struct game {
	int64_t n, first, last, begin, over;
	struct str id, title, chapter, numbers, series, result;
	bool running;
};

static const char game_columns[] = "SELECT n, first, last, begin, over, id, title, chapter, numbers, series, result FROM game ";

/* The next row. False: there is none, or, with *status 500, it can't be read: what was read so far is not all. */
static bool next_row(sqlite3_stmt *q, int *status)
{
	int r = q ? sqlite3_step(q) : SQLITE_ERROR;

	if (r != SQLITE_ROW && r != SQLITE_DONE)
		*status = 500;
	return r == SQLITE_ROW;
}

static sqlite3_stmt *find_games(struct store *s, const struct ask *a)
{
	char sql[400];

	if (a->kind == ASK_GAMES) {
		snprintf(sql, sizeof(sql), "%sWHERE first < ? ORDER BY first DESC LIMIT %d", game_columns, STORE_LIST_MAX + 1);
		return store_prepare(s, sql, "i", a->number);
	}
	snprintf(sql, sizeof(sql), "%sWHERE id = ?", game_columns);
	return store_prepare(s, sql, "s", str_of(a->game));
}

static bool next_game(struct store *s, sqlite3_stmt *q, struct game *g, struct store_answer *out)
{
	if (!next_row(q, &out->status))
		return false;
	*g = (struct game){
		.n = sqlite3_column_int64(q, 0),
		.first = sqlite3_column_int64(q, 1),
		.last = sqlite3_column_int64(q, 2),
		.begin = sqlite3_column_int64(q, 3),
		.over = sqlite3_column_int64(q, 4),
		.id = store_text(q, 5),
		.title = store_text(q, 6),
		.chapter = store_text(q, 7),
		.numbers = store_text(q, 8),
		.series = store_text(q, 9),
		.result = store_text(q, 10),
	};
	g->running = g->n == s->game;
	return true;
}

/* --- JSON --- */

static void write_ms(struct buf *out, const char *name, int64_t ms)
{
	if (ms)
		buf_printf(out, ",\"%s\":%" PRId64, name, ms);
	else
		buf_printf(out, ",\"%s\":null", name);
}

static void write_json(struct buf *out, const char *name, struct str json)
{
	buf_printf(out, ",\"%s\":", name);
	buf_str(out, json.len ? json : STR("null"));
}

/* Without its last brace. A game that is not on ended when its result stood, or else when it was heard of last. */
static void write_game(struct buf *out, const struct game *g)
{
	int64_t last = g->running ? 0 : g->last;

	buf_puts(out, "{\"id\":");
	buf_json(out, g->id);
	buf_puts(out, ",\"title\":");
	buf_json(out, g->title);
	write_ms(out, "first", g->first);
	write_ms(out, "last", g->last);
	write_ms(out, "begin", g->begin);
	write_ms(out, "end", g->over ? g->over : last);
	buf_printf(out, ",\"running\":%s,\"over\":%s", g->running ? "true" : "false", g->over ? "true" : "false");
	write_json(out, "series", g->series);
	write_json(out, "result", g->result);
}

static void answer_games(struct store *s, const struct ask *a, struct store_answer *out)
{
	sqlite3_stmt *q = find_games(s, a);
	bool more = false;
	struct game g;

	buf_puts(&out->body, "{\"games\":[");
	for (size_t n = 0; !more && next_game(s, q, &g, out); n++) {
		more = n == STORE_LIST_MAX;
		if (more)
			break;
		buf_puts(&out->body, n ? "," : "");
		write_game(&out->body, &g);
		buf_char(&out->body, '}');
	}
	buf_printf(&out->body, "],\"more\":%s}\n", more ? "true" : "false");
	sqlite3_finalize(q);
}

static void write_chapters(struct store *s, const struct game *g, struct store_answer *answer)
{
	struct buf *out = &answer->body;
	sqlite3_stmt *q = store_prepare(s, "SELECT n, number, begin, end, before, after, change FROM chapter WHERE game = ? ORDER BY n LIMIT ?", "ii",
					g->n, (int64_t)STORE_LIST_MAX);
	bool first = true;

	buf_puts(out, ",\"chapters\":[");
	while (next_row(q, &answer->status)) {
		buf_printf(out, "%s{\"n\":%" PRId64, first ? "" : ",", (int64_t)sqlite3_column_int64(q, 0));
		write_json(out, "number", store_text(q, 1));
		write_ms(out, "begin", sqlite3_column_int64(q, 2));
		write_ms(out, "end", sqlite3_column_int64(q, 3));
		write_json(out, "before", store_text(q, 4));
		write_json(out, "after", store_text(q, 5));
		write_json(out, "change", store_text(q, 6));
		buf_char(out, '}');
		first = false;
	}
	sqlite3_finalize(q);
	buf_char(out, ']');
}

static void write_gaps(struct store *s, const struct game *g, struct store_answer *answer)
{
	struct buf *out = &answer->body;
	sqlite3_stmt *q = store_prepare(s, "SELECT body FROM event WHERE game = ? AND kind = 3 ORDER BY n LIMIT ?", "ii", g->n, (int64_t)STORE_LIST_MAX);
	bool first = true;

	buf_puts(out, ",\"gaps\":[");
	for (; next_row(q, &answer->status); first = false) {
		if (!first)
			buf_char(out, ',');
		buf_str(out, store_text(q, 0));
	}
	sqlite3_finalize(q);
	buf_char(out, ']');
}

static void write_viewers(struct store *s, const struct game *g, struct store_answer *answer)
{
	struct buf *out = &answer->body;
	sqlite3_stmt *q = store_prepare(s, "SELECT t, n FROM viewers WHERE game = ? ORDER BY t DESC LIMIT ?", "ii", g->n, (int64_t)STORE_LIST_MAX);
	int64_t peak = -1;

	buf_puts(out, ",\"viewers\":{\"times\":[");
	while (next_row(q, &answer->status)) {
		int64_t n = sqlite3_column_int64(q, 1);

		buf_printf(out, "%s[%" PRId64 ",%" PRId64 "]", peak < 0 ? "" : ",", (int64_t)sqlite3_column_int64(q, 0), n);
		peak = n > peak ? n : peak;
	}
	sqlite3_finalize(q);
	if (peak < 0)
		buf_puts(out, "],\"peak\":null}");
	else
		buf_printf(out, "],\"peak\":%" PRId64 "}", peak);
}

static void answer_game(struct store *s, const struct game *g, struct store_answer *out)
{
	write_game(&out->body, g);
	buf_puts(&out->body, ",\"chapter\":");
	buf_json(&out->body, g->chapter);
	write_json(&out->body, "numbers", g->numbers);
	write_chapters(s, g, out);
	write_gaps(s, g, out);
	write_viewers(s, g, out);
	buf_puts(&out->body, "}\n");
}

/* --- CSV (RFC 4180) --- */

/* A field in quotes. A spreadsheet would take a text that begins like a formula for one, so a blank is put before it. */
static void write_field(struct buf *out, struct str text)
{
	buf_char(out, '"');
	if (text.len && strchr("=+-@\t\r", text.p[0]))
		buf_char(out, ' ');
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '"')
			buf_char(out, '"');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '"');
}

/* The elements of a JSON array as fields, each with a comma before it. */
static void write_fields(struct buf *out, struct str list, const char *before_name)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	BUF_CLEANUP struct buf name = { 0 };
	struct complaint why;

	if (json_parse(&doc, list, &why) != JSON_GOOD)
		return;
	for (const struct json *v = doc.root->child; v; v = v->next) {
		buf_char(out, ',');
		buf_clear(&name);
		buf_puts(&name, before_name);
		if (v->type == JSON_STRING) {
			buf_str(&name, v->text);
			write_field(out, buf_view(&name));
		} else if (v->type != JSON_NULL) {
			json_write(out, v);
		}
	}
}

static void answer_csv(struct store *s, const struct game *g, struct store_answer *out)
{
	sqlite3_stmt *q = store_prepare(s, "SELECT n, number, begin, end, after, change FROM chapter WHERE game = ? ORDER BY n LIMIT ?", "ii", g->n,
					(int64_t)STORE_LIST_MAX);

	out->type = "text/csv; charset=utf-8";
	write_field(&out->body, g->chapter);
	write_fields(&out->body, g->numbers, "");
	buf_puts(&out->body, ",\"begin\",\"end\"");
	write_fields(&out->body, g->series, "");
	write_fields(&out->body, g->series, "change of ");
	while (next_row(q, &out->status)) {
		int64_t end = sqlite3_column_int64(q, 3);

		buf_printf(&out->body, "\r\n%" PRId64, (int64_t)sqlite3_column_int64(q, 0));
		write_fields(&out->body, store_text(q, 1), "");
		buf_printf(&out->body, ",%" PRId64 ",", (int64_t)sqlite3_column_int64(q, 2));
		if (end)
			buf_printf(&out->body, "%" PRId64, end);
		write_fields(&out->body, store_text(q, 4), "");
		write_fields(&out->body, store_text(q, 5), "");
	}
	buf_puts(&out->body, "\r\n");
	sqlite3_finalize(q);
}

/* --- a moment --- */

static int64_t ask_event(struct store *s, const char *sql, int64_t game, int64_t limit)
{
	sqlite3_stmt *q = store_prepare(s, sql, "ii", game, limit);
	int64_t n = q && sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;

	sqlite3_finalize(q);
	return n;
}

/* Folds the events from a whole view to `to`. False: one can't be read or is damaged, or there is no memory. (The + has the events found by
 * their numbers, which follow each other, and not by the game's index, from which they would have to be sorted.) */
static bool fold(struct store *s, int64_t game, int64_t to, struct picture *p)
{
	int64_t from = ask_event(s, "SELECT n FROM event WHERE game = ? AND n <= ? AND kind < 2 ORDER BY n DESC LIMIT 1", game, to);
	sqlite3_stmt *q = store_prepare(s, "SELECT kind, body FROM event WHERE +game = ? AND n >= ? AND n <= ? ORDER BY n", "iii", game, from, to);
	bool ok = true;
	int status = 200;

	while (ok && next_row(q, &status)) {
		enum store_kind kind = (enum store_kind)sqlite3_column_int(q, 0);
		BUF_CLEANUP struct buf text = { 0 };

		if (kind != STORE_GAP)
			ok = store_inflate(kind, store_text(q, 1), &text) && picture_take(p, buf_view(&text));
	}
	sqlite3_finalize(q);
	return ok && status == 200;
}

/* The gap that the moment lies in, if any: then nobody knows what the view was. */
static void write_gap_at(struct store *s, int64_t game, int64_t t, struct buf *out)
{
	sqlite3_stmt *q = store_prepare(s, "SELECT body FROM event WHERE game = ? AND t >= ? AND kind = 3 ORDER BY t, n LIMIT 1", "ii", game, t);
	struct str body, from;
	int64_t begin;

	if (q && sqlite3_step(q) == SQLITE_ROW) {
		body = store_text(q, 0);
		if (json_member(body, "from", &from) && str_to_int(from, &begin) && begin < t)
			write_json(out, "gap", body);
	}
	sqlite3_finalize(q);
}

static void answer_at(struct store *s, const struct game *g, const struct ask *a, struct store_answer *out)
{
	int64_t n = ask_event(s, "SELECT n FROM event WHERE game = ? AND t <= ? ORDER BY t DESC, n DESC LIMIT 1", g->n, a->number);
	struct picture p = { 0 };

	if (!n) {
		out->status = 404;
		return;
	}
	if (!fold(s, g->n, n, &p))
		out->status = 500;
	buf_puts(&out->body, "{\"game\":");
	buf_json(&out->body, g->id);
	buf_printf(&out->body, ",\"n\":%" PRId64 ",\"ts\":%" PRId64, n,
		   ask_event(s, "SELECT t FROM event WHERE game = ? AND n = ?", g->n, n));
	write_gap_at(s, g->n, a->number, &out->body);
	buf_puts(&out->body, ",\"state\":");
	picture_write(&p, &out->body);
	buf_puts(&out->body, "}\n");
	picture_free(&p);
	out->max_age_s = a->number < g->last - OLD_MS ? OLD_MAX_AGE_S : 1;
}

/* --- the log --- */

static const char *const kind_names[] = { [STORE_BASE] = "snapshot", [STORE_CHECKPOINT] = "snapshot", [STORE_DELTA] = "delta", [STORE_GAP] = "gap" };

static const char log_sql[] = "SELECT n, kind, t, body FROM event WHERE game = ? AND n > ? AND kind <> 1 ORDER BY n";

/* The event in a statement's row. False: it is damaged, or there is no memory. */
static bool take_event(sqlite3_stmt *q, struct store_found *out)
{
	int kind = sqlite3_column_int(q, 1);

	if (kind < STORE_BASE || kind > STORE_GAP)
		return false;
	out->n = sqlite3_column_int64(q, 0);
	out->kind = (enum store_kind)kind;
	out->t = sqlite3_column_int64(q, 2);
	return store_inflate(out->kind, store_text(q, 3), &out->text);
}

static void answer_deltas(struct store *s, const struct game *g, const struct ask *a, struct store_answer *out)
{
	sqlite3_stmt *q = store_prepare(s, log_sql, "ii", g->n, a->number);
	struct store_found e = { 0 };

	out->type = "application/x-ndjson";
	out->next = a->number;
	while (out->body.len < STORE_PART_BYTES && next_row(q, &out->status)) {
		buf_clear(&e.text);
		if (!take_event(q, &e)) {
			out->status = 500;
			break;
		}
		buf_printf(&out->body, "{\"n\":%" PRId64 ",\"t\":%" PRId64, e.n, e.t);
		write_json(&out->body, kind_names[e.kind], buf_view(&e.text));
		buf_puts(&out->body, "}\n");
		out->next = e.n;
	}
	out->more = out->body.len >= STORE_PART_BYTES;
	if (!out->more && out->status == 200)
		buf_printf(&out->body, "{\"end\":true,\"after\":%" PRId64 ",\"running\":%s}\n", out->next, g->running ? "true" : "false");
	buf_free(&e.text);
	sqlite3_finalize(q);
}

char *store_view(struct store *s, const char *game)
{
	sqlite3_stmt *q = store_prepare(s, "SELECT view FROM game WHERE id = ?", "s", str_of(game));
	char *view = q && sqlite3_step(q) == SQLITE_ROW ? str_dup(store_text(q, 0)) : NULL;

	sqlite3_finalize(q);
	if (view && strlen(view) <= SCHEMA_MAX_VIEW_NAME)
		return view;
	free(view);
	return NULL;
}

bool store_next(struct store *s, const char *game, int64_t after, struct store_found *out)
{
	sqlite3_stmt *q = store_prepare(s, "SELECT event.n, kind, t, body FROM event, game WHERE game.id = ? AND event.game = game.n"
					   " AND event.n > ? AND kind <> 1 ORDER BY event.n LIMIT 1",
					"si", str_of(game), after);
	bool found = q && sqlite3_step(q) == SQLITE_ROW && take_event(q, out);

	sqlite3_finalize(q);
	return found;
}

/* --- the whole --- */

static void answer_of_game(struct store *s, const struct game *g, const struct ask *a, struct store_answer *out)
{
	switch (a->kind) {
	case ASK_GAMES:
		break;
	case ASK_GAME:
		answer_game(s, g, out);
		break;
	case ASK_CSV:
		answer_csv(s, g, out);
		break;
	case ASK_AT:
		answer_at(s, g, a, out);
		break;
	case ASK_DELTAS:
		answer_deltas(s, g, a, out);
		break;
	}
}

void store_read(struct store *s, const struct ask *a, struct store_answer *out)
{
	sqlite3_stmt *q;
	struct game g;

	*out = (struct store_answer){ .status = 200, .type = JSON_TYPE, .max_age_s = 1, .body = { .max = STORE_ANSWER_BYTES } };
	if (a->kind == ASK_GAMES) {
		answer_games(s, a, out);
	} else {
		q = find_games(s, a);
		if (next_game(s, q, &g, out))
			answer_of_game(s, &g, a, out);
		else if (out->status == 200)
			out->status = 404;
		sqlite3_finalize(q);
	}
	if (out->body.failed)
		out->status = 500;
}
