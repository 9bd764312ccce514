#include "publisher/io/history/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#define BUSY_MS 100 /* so long another process may hold the file before a call fails */
#define WAL_BYTES "4194304"
#define PAGE_BYTES 4096
#define VIEW_MAX_BYTES ((size_t)32 << 20) /* of a whole view when it is inflated */

/* The version of the tables is the pragma user_version. */
static const char tables[] =
	"PRAGMA auto_vacuum=INCREMENTAL;"
	"PRAGMA journal_mode=WAL;"
	"PRAGMA synchronous=NORMAL;"
	"PRAGMA journal_size_limit=" WAL_BYTES ";"
	"BEGIN;"
	"CREATE TABLE IF NOT EXISTS game(n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT, first INTEGER NOT NULL,"
	" last INTEGER NOT NULL, begin INTEGER, over INTEGER, view TEXT, chapter TEXT, numbers TEXT, series TEXT, result TEXT);"
	"CREATE INDEX IF NOT EXISTS game_first ON game(first);"
	"CREATE INDEX IF NOT EXISTS game_last ON game(last);"
	"CREATE TABLE IF NOT EXISTS event(n INTEGER PRIMARY KEY AUTOINCREMENT, game INTEGER NOT NULL, t INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, body BLOB NOT NULL);"
	"CREATE INDEX IF NOT EXISTS event_t ON event(game, t);"
	"CREATE INDEX IF NOT EXISTS event_view ON event(game) WHERE kind < 2;"
	"CREATE INDEX IF NOT EXISTS event_log ON event(game) WHERE kind <> 1;"
	"CREATE INDEX IF NOT EXISTS event_gap ON event(game) WHERE kind = 3;"
	"CREATE TABLE IF NOT EXISTS chapter(game INTEGER, n INTEGER, number TEXT, begin INTEGER, end INTEGER, before TEXT, after TEXT,"
	" change TEXT, PRIMARY KEY(game, n)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS viewers(game INTEGER, t INTEGER, n INTEGER, PRIMARY KEY(game, t)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS alive(one INTEGER PRIMARY KEY, game INTEGER, at INTEGER);"
	"PRAGMA user_version=1;"
	"COMMIT;";

/* --- statements --- */

static int bind_one(sqlite3_stmt *q, int i, char type, va_list *ap)
{
	struct str text;
	int64_t number;

	if (type == 's' || type == 'b') {
		text = va_arg(*ap, struct str);
		if (type == 'b')
			return sqlite3_bind_blob64(q, i, text.p ? text.p : "", text.len, SQLITE_STATIC);
		return sqlite3_bind_text64(q, i, text.p ? text.p : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
	}
	number = va_arg(*ap, int64_t);
	return type == 'z' && !number ? sqlite3_bind_null(q, i) : sqlite3_bind_int64(q, i, number);
}

static sqlite3_stmt *prepare(struct store *s, const char *sql, const char *types, va_list *ap)
{
	sqlite3_stmt *q = NULL;
	int r = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);

	for (int i = 1; r == SQLITE_OK && *types; i++)
		r = bind_one(q, i, *types++, ap);
	if (r == SQLITE_OK)
		return q;
	sqlite3_finalize(q);
	return NULL;
}

sqlite3_stmt *store_prepare(struct store *s, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;

	va_start(ap, types);
	q = prepare(s, sql, types, &ap);
	va_end(ap);
	return q;
}

static int fail(struct store *s, struct complaint *why)
{
	return complaint_say(why, 0, "%s", sqlite3_errmsg(s->db));
}

/* Runs a statement to its end. */
static int run(struct store *s, struct complaint *why, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;
	int r;

	va_start(ap, types);
	q = prepare(s, sql, types, &ap);
	va_end(ap);
	if (!q)
		return fail(s, why);
	while ((r = sqlite3_step(q)) == SQLITE_ROW)
		continue;
	if (r != SQLITE_DONE)
		fail(s, why);
	sqlite3_finalize(q);
	return r != SQLITE_DONE;
}

struct str store_text(sqlite3_stmt *q, int column)
{
	const void *p = sqlite3_column_blob(q, column);

	return (struct str){ p ? p : "", (size_t)sqlite3_column_bytes(q, column) };
}

/* The first column of the first row; 0: there is none. */
static int64_t ask_number(struct store *s, const char *sql)
{
	sqlite3_stmt *q = store_prepare(s, sql, "");
	int64_t n = q && sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;

	sqlite3_finalize(q);
	return n;
}

/* --- opening --- */

/* A second publisher with the same file would mix its games with ours. A lock on the file itself would be in SQLite's way. */
static int take_lock(struct store *s, struct complaint *why)
{
	char name[4096];

	if (snprintf(name, sizeof(name), "%s.lock", s->cfg.path) >= (int)sizeof(name))
		return complaint_say(why, 0, "the file's name is too long");
	s->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (s->lock_fd < 0)
		return complaint_say(why, 0, "%s", strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB))
		return complaint_say(why, 0, "another publisher writes it");
	return 0;
}

static int open_db(struct store *s, int flags, struct complaint *why)
{
	if (sqlite3_open_v2(s->cfg.path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return s->db ? fail(s, why) : complaint_say(why, 0, "out of memory");
	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return 0;
}

static int make_tables(struct store *s, struct complaint *why)
{
	char limit[64];

	if (ask_number(s, "PRAGMA user_version") > 1)
		return complaint_say(why, 0, "it is of a later version");
	snprintf(limit, sizeof(limit), "PRAGMA max_page_count=%lld", (long long)(s->cfg.keep_bytes / PAGE_BYTES));
	if (sqlite3_exec(s->db, limit, NULL, NULL, NULL) != SQLITE_OK || sqlite3_exec(s->db, tables, NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, why);
	return 0;
}

static int read_alive(struct store *s, struct complaint *why)
{
	sqlite3_stmt *q = store_prepare(s, "SELECT at, id FROM alive LEFT JOIN game ON game.n = game WHERE one = 1", "");
	int r = q ? sqlite3_step(q) : SQLITE_ERROR;

	if (r == SQLITE_ROW) {
		struct str id = store_text(q, 1);

		s->alive.at = sqlite3_column_int64(q, 0);
		snprintf(s->alive.game, sizeof(s->alive.game), "%.*s", STR_ARGS(id));
	} else if (r != SQLITE_DONE) {
		fail(s, why);
	}
	sqlite3_finalize(q);
	s->last_t = ask_number(s, "SELECT t FROM event ORDER BY n DESC LIMIT 1");
	return r != SQLITE_ROW && r != SQLITE_DONE;
}

int store_open(const struct store_config *cfg, struct store **out, struct complaint *why)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return complaint_say(why, 0, "out of memory");
	s->cfg = *cfg;
	s->lock_fd = -1;
	if (take_lock(s, why) || open_db(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, why) || make_tables(s, why) || read_alive(s, why)) {
		store_close(s);
		return 1;
	}
	*out = s;
	return 0;
}

int store_open_to_read(const char *path, struct store **out, struct complaint *why)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return complaint_say(why, 0, "out of memory");
	s->cfg.path = path;
	s->lock_fd = -1;
	if (open_db(s, SQLITE_OPEN_READONLY, why) || (!ask_number(s, "PRAGMA user_version") && fail(s, why))) {
		store_close(s);
		return 1;
	}
	*out = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	buf_free(&s->past_number);
	buf_free(&s->past_before);
	sqlite3_close(s->db); /* which rolls back what was not committed */
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	free(s);
}

const struct store_alive *store_alive(const struct store *s)
{
	return &s->alive;
}

/* --- writing --- */

int store_begin(struct store *s, struct complaint *why)
{
	if (s->begun)
		return 0;
	if (run(s, why, "BEGIN IMMEDIATE", ""))
		return 1;
	s->begun = true;
	return 0;
}

bool store_is_begun(const struct store *s)
{
	return s->begun;
}

int store_commit(struct store *s, int64_t alive, struct complaint *why)
{
	if (run(s, why, "INSERT OR REPLACE INTO alive(one, game, at) VALUES(1, ?, ?)", "zi", s->game, alive) || run(s, why, "COMMIT", ""))
		return 1;
	s->begun = false;
	return 0;
}

/* The texts are copied: a statement that stays in a row would keep SQLite from ever beginning its write-ahead log anew. */
static int read_past(struct store *s, sqlite3_stmt *q, struct complaint *why)
{
	int r = sqlite3_step(q);

	if (r != SQLITE_ROW)
		return r == SQLITE_DONE ? 0 : fail(s, why);
	s->game = sqlite3_column_int64(q, 0);
	s->past.over = sqlite3_column_int64(q, 1);
	s->past.n = sqlite3_column_int64(q, 2);
	s->past.begin = sqlite3_column_int64(q, 3);
	s->past.end = sqlite3_column_int64(q, 4);
	buf_str(&s->past_number, store_text(q, 5));
	buf_str(&s->past_before, store_text(q, 6));
	s->past.number = buf_view(&s->past_number);
	s->past.before = buf_view(&s->past_before);
	return s->past_number.failed || s->past_before.failed ? complaint_say(why, 0, "out of memory") : 0;
}

static int add_game(struct store *s, const char *id, int64_t t, struct complaint *why)
{
	if (run(s, why, "INSERT INTO game(id, first, last) VALUES(?, ?, ?)", "sii", str_of(id), t, t))
		return 1;
	s->game = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int store_choose(struct store *s, const char *id, int64_t t, struct complaint *why)
{
	sqlite3_stmt *q;
	int r;

	s->game = 0;
	s->past = (struct story_past){ .number = STR(""), .before = STR("") };
	buf_clear(&s->past_number);
	buf_clear(&s->past_before);
	if (!*id)
		return 0;
	q = store_prepare(s, "SELECT game.n, over, chapter.n, chapter.begin, chapter.end, chapter.number, chapter.before FROM game"
			     " LEFT JOIN chapter ON chapter.game = game.n WHERE id = ? ORDER BY chapter.n DESC LIMIT 1",
			  "s", str_of(id));
	if (!q)
		return fail(s, why);
	r = read_past(s, q, why);
	sqlite3_finalize(q);
	return r || s->game ? r : add_game(s, id, t, why);
}

const struct story_past *store_past(const struct store *s)
{
	return &s->past;
}

static void write_keys(char *const *keys, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; keys[i]; i++) {
		if (i)
			buf_char(out, ',');
		buf_json(out, str_of(keys[i]));
	}
	buf_char(out, ']');
}

int store_tell(struct store *s, const struct story *story, struct complaint *why)
{
	BUF_CLEANUP struct buf series = { 0 };
	BUF_CLEANUP struct buf numbers = { 0 };

	write_keys(s->cfg.rules->series, &series);
	write_keys(s->cfg.rules->number, &numbers);
	return run(s, why, "UPDATE game SET title = ?, result = ?, over = ?, series = ?, numbers = ?, chapter = ?, view = ? WHERE n = ?", "sszssssi",
		   buf_view(&story->title), buf_view(&story->result), story->over, buf_view(&series), buf_view(&numbers),
		   str_of(s->cfg.rules->name), str_of(s->cfg.rules->view), s->game);
}

int store_chapter(struct store *s, const struct story_chapter *c, struct complaint *why)
{
	if (run(s, why, "INSERT OR REPLACE INTO chapter(game, n, number, begin, end, before, after, change) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
		"iisizsss", s->game, c->n, buf_view(&c->number), c->begin, c->end, buf_view(&c->before), buf_view(&c->after),
		buf_view(&c->change)))
		return 1;
	return c->n == 1 ? run(s, why, "UPDATE game SET begin = ? WHERE n = ?", "ii", c->begin, s->game) : 0;
}

static bool deflate_text(struct str text, struct buf *out)
{
	uLongf size = compressBound((uLong)text.len);
	Bytef *bytes = malloc(size);
	bool ok = bytes && compress2(bytes, &size, (const Bytef *)text.p, (uLong)text.len, Z_BEST_COMPRESSION) == Z_OK;

	if (ok)
		buf_add(out, bytes, size);
	free(bytes);
	return ok && !out->failed;
}

bool store_inflate(enum store_kind kind, struct str body, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)body.p, .avail_in = (uInt)body.len };
	unsigned char piece[16384];
	size_t begin = out->len;
	int r = Z_OK;

	if (kind != STORE_BASE && kind != STORE_CHECKPOINT) {
		buf_str(out, body);
		return !out->failed;
	}
	if (inflateInit(&z) != Z_OK)
		return false;
	while (r == Z_OK && out->len - begin < VIEW_MAX_BYTES) {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		r = inflate(&z, Z_NO_FLUSH);
		buf_add(out, piece, sizeof(piece) - z.avail_out);
	}
	inflateEnd(&z);
	return r == Z_STREAM_END && !out->failed;
}

int store_event(struct store *s, const struct store_event *e, struct complaint *why)
{
	BUF_CLEANUP struct buf small = { 0 };
	bool is_view = e->kind == STORE_BASE || e->kind == STORE_CHECKPOINT;

	if (!s->game)
		return 0;
	if (is_view && !deflate_text(e->text, &small))
		return complaint_say(why, 0, "out of memory");
	s->last_t = e->t > s->last_t ? e->t : s->last_t;
	if (run(s, why, "INSERT INTO event(game, t, kind, body) VALUES(?, ?, ?, ?)", "iiib", s->game, s->last_t, (int64_t)e->kind,
		is_view ? buf_view(&small) : e->text))
		return 1;
	return run(s, why, "UPDATE game SET last = ? WHERE n = ?", "ii", s->last_t, s->game);
}

int store_viewers(struct store *s, int64_t minute, int64_t n, struct complaint *why)
{
	if (!s->game)
		return 0;
	return run(s, why, "INSERT INTO viewers(game, t, n) VALUES(?, ?, ?) ON CONFLICT(game, t) DO UPDATE SET n = max(n, excluded.n)", "iii",
		   s->game, minute, n);
}

/* --- what is too old or too much --- */

int64_t store_bytes(struct store *s)
{
	return (ask_number(s, "PRAGMA page_count") - ask_number(s, "PRAGMA freelist_count")) * ask_number(s, "PRAGMA page_size");
}

/* The oldest game that may go: 0 when there is none. */
static int64_t find_old(struct store *s, int64_t older_than)
{
	bool too_much = store_bytes(s) > s->cfg.keep_bytes / 10 * 9;
	sqlite3_stmt *q = store_prepare(s, "SELECT n FROM game WHERE n <> ? AND last < ? ORDER BY last LIMIT 1", "ii", s->game,
					too_much ? INT64_MAX : older_than);
	int64_t n = q && sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;

	sqlite3_finalize(q);
	return n;
}

int store_prune(struct store *s, int64_t older_than, bool *more, struct complaint *why)
{
	int64_t n = find_old(s, older_than);

	*more = n != 0;
	if (!n)
		return 0;
	if (run(s, why, "BEGIN IMMEDIATE", "") || run(s, why, "DELETE FROM event WHERE game = ?", "i", n) ||
	    run(s, why, "DELETE FROM chapter WHERE game = ?", "i", n) || run(s, why, "DELETE FROM viewers WHERE game = ?", "i", n) ||
	    run(s, why, "DELETE FROM game WHERE n = ?", "i", n) || run(s, why, "UPDATE alive SET game = NULL WHERE game = ?", "i", n) ||
	    run(s, why, "COMMIT", ""))
		return 1;
	return run(s, why, "PRAGMA incremental_vacuum", "");
}
