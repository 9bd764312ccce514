/* schema - the rules as a file: what they map to, that the mapping can be undone for any path whatever, and what is said
 * about a bad file. crg.json and tournament.json are the real ones. */
#include "base/topic.h"
#include "publisher/core/frame.h"
#include "publisher/core/names/schema.h"
#include "tests/unit/fixture.h"
#include "tests/unit/schemas.h"
#include "tests/unit/unit.h"
#include "tests/unit/unmap.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "schema";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define RANDOM_PATHS 1000000
#define CRG "schema/crg.json"
#define TOURNAMENT "schema/tournament.json"

static struct schema *load(const char *file)
{
	BUF_CLEANUP struct buf text = { 0 };

	CU_ASSERT_FATAL(fixture_read(file, &text));
	return schema_of(buf_view(&text));
}

static struct unmap *way_back_of_text(const char *text, const struct schema *s)
{
	struct unmap *u = unmap_new(str_of(text), s);

	CU_ASSERT_FATAL(u != NULL);
	return u;
}

static struct unmap *way_back(const char *file, const struct schema *s)
{
	BUF_CLEANUP struct buf text = { 0 };

	CU_ASSERT_FATAL(fixture_read(file, &text));
	return way_back_of_text(text.p, s);
}

/* --- what paths are called --- */

struct row {
	const char *path, *topic; /* NULL: no topic */
	enum schema_class class;
	enum schema_visibility visibility;
	enum schema_list list;
};

static void check_row(const struct schema *s, const struct unmap *back, const struct row *row)
{
	BUF_CLEANUP struct buf topic = { 0 };
	BUF_CLEANUP struct buf again = { 0 };
	struct mapping m;
	struct path path;
	enum map_result r;

	CU_ASSERT_FATAL(path_parse(str_of(row->path), &path) == PATH_OK);
	r = schema_map(s, &path, &topic, &m);
	CHECK_STR(r == MAP_OK ? topic.p : NULL, row->topic);
	CHECK_INT(m.rule->class, row->class);
	CHECK_INT(m.rule->visibility, row->visibility);
	CHECK_INT(m.list, row->list);
	if (r != MAP_OK)
		return;
	CU_ASSERT(unmap_topic(back, buf_view(&topic), &again));
	CHECK_STR(again.p, row->path);
}

static void check_rows(const char *file, const struct row *rows, size_t n)
{
	struct schema *s = load(file);
	struct unmap *back = way_back(file, s);

	for (size_t i = 0; i < n; i++)
		check_row(s, back, &rows[i]);
	unmap_free(back);
	schema_free(s);
}

#define GAME "ScoreBoard.CurrentGame."

static void the_design_s_topics_come_out(void)
{
	static const struct row rows[] = {
		{ GAME "Team(1).Score", "team/1/score", CLASS_CRITICAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ GAME "Team(1).Color(overlay.fg)", "team/1/color/overlay.fg", CLASS_LOW, VISIBLE_PUBLIC, LIST_LIVE },
		{ GAME "Clock(Jam).Running", "clock/jam/running", CLASS_HIGH, VISIBLE_PUBLIC, LIST_LIVE },
		{ GAME "Clock(Jam).Time", "clock/jam/time", CLASS_NORMAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ GAME "Team(2).Position(Blocker1).Skater", "team/2/position/blocker1/skater", CLASS_NORMAL,
		  VISIBLE_PUBLIC, LIST_LIVE },
		{ GAME "Period(1).Jam(2).Overtime", "period/1/jam/2/overtime", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "EventInfo(a/b+c#d)", "event-info/a%2Fb%2Bc%23d", CLASS_LOW, VISIBLE_PUBLIC, LIST_LIVE },
		{ "ScoreBoard.Game(x).Team(1).Score", "game/x/team/1/score", CLASS_LOW, VISIBLE_PUBLIC, LIST_NONE },
		{ "ScoreBoard.Settings.Setting(ScoreBoard.ClockAfterTimeout)", "setting/ScoreBoard.ClockAfterTimeout",
		  CLASS_LOW, VISIBLE_PUBLIC, LIST_LIVE },
		{ "ScoreBoard.Clients.Device(1).RemoteAddress", NULL, CLASS_LOW, VISIBLE_DROP, LIST_NONE },
		{ "WS.Device.Id", NULL, CLASS_LOW, VISIBLE_DROP, LIST_NONE },
		{ "ScoreBoard.Settings.Setting(TheSecret)", NULL, CLASS_LOW, VISIBLE_DROP, LIST_NONE },
		{ GAME "Team(1).Skater(s).SecretNote.X", NULL, CLASS_LOW, VISIBLE_DROP, LIST_FULL },
		{ GAME "Nso(1).Name", "crew/nso/1/name", CLASS_LOW, VISIBLE_CREW, LIST_FULL },
		{ GAME "Readonly", "crew/readonly", CLASS_LOW, VISIBLE_CREW, LIST_FULL },
		/* below no root, the roots themselves, and topics that others own */
		{ "Foo(1).Bar", "%/foo/1/bar", CLASS_LOW, VISIBLE_PUBLIC, LIST_NONE },
		{ "ScoreBoard", "%/score-board", CLASS_LOW, VISIBLE_PUBLIC, LIST_NONE },
		{ "ScoreBoard.CurrentGame", "board/current-game", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Status", "%/score-board.current-game.status", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Display(clock)", "%/score-board.current-game.display/clock", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Feed(x)", "%/score-board.current-game.feed/x", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Presence(x).Y", "%/score-board.current-game.presence/x/y", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Crew(x).Y", "%/score-board.current-game.crew/x/y", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Notice", "%/score-board.current-game.notice", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Notice(x).Y", "%/score-board.current-game.notice/x/y", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Show(main)", "%/score-board.current-game.show/main", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ GAME "Game(7).X", "%/score-board.current-game.game/7/x", CLASS_LOW, VISIBLE_PUBLIC, LIST_LIVE },
		{ GAME "Version(release)", "%/score-board.current-game.version/release", CLASS_LOW, VISIBLE_PUBLIC,
		  LIST_FULL },
	};

	check_rows(CRG, rows, COUNT(rows));
}

#define MATCH "Tournament.Match(7)."

static void another_scoreboard_fits_by_another_file(void)
{
	static const struct row rows[] = {
		{ "Tournament.Name", "tournament/name", CLASS_LOW, VISIBLE_PUBLIC, LIST_LIVE },
		{ MATCH "Side(Home).Points", "points/7/home", CLASS_CRITICAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ MATCH "Side(Home).Fouls", "match/7/side/home/fouls", CLASS_NORMAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ MATCH "Timer.Started", "match/7/timer.started", CLASS_HIGH, VISIBLE_PUBLIC, LIST_LIVE },
		{ MATCH "Timer.Milliseconds", "match/7/timer.milliseconds", CLASS_NORMAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ MATCH "Winner", "match/7/winner", CLASS_CRITICAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ MATCH "Set(2).Points", "match/7/set/2/points", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ "Tournament.Team(Red).Player(9).Name", "player/9/of/Red/name", CLASS_LOW, VISIBLE_PUBLIC, LIST_FULL },
		{ "Tournament.Team(SemiFinal).Name", "team/semi-final/name", CLASS_LOW, VISIBLE_PUBLIC, LIST_LIVE },
		{ "Tournament.Team(Red).Player(9).Address.City", NULL, CLASS_LOW, VISIBLE_DROP, LIST_FULL },
		{ "Tournament.Referee(1).Name", "crew/tournament/referee/1/name", CLASS_NORMAL, VISIBLE_CREW, LIST_FULL },
		{ "Tournament.Referee(1).Phone", NULL, CLASS_LOW, VISIBLE_DROP, LIST_FULL },
		/* what means much to the other file means nothing here */
		{ "ScoreBoard.CurrentGame.Team(1).Score", "score-board.current-game.team/1/score", CLASS_LOW,
		  VISIBLE_PUBLIC, LIST_NONE },
		{ "ScoreBoard.CurrentGame.Clock(Jam).Time", "score-board.current-game.clock/Jam/time", CLASS_LOW,
		  VISIBLE_PUBLIC, LIST_NONE },
		{ "ScoreBoard.Clients.Device(1)", "score-board.clients.device/1", CLASS_LOW, VISIBLE_PUBLIC, LIST_NONE },
	};

	check_rows(TOURNAMENT, rows, COUNT(rows));
}

static void a_history_s_rules_are_the_file_s(void)
{
	struct schema *crg = load("schema/crg.json"), *other = load("schema/tournament.json");
	const struct history_rules *h = schema_history(crg);

	CU_ASSERT_FATAL(h != NULL);
	CHECK_STR(h->view, "spectator");
	CHECK_STR(h->game, "game");
	CHECK_STR(h->name, "jam");
	CHECK_STR(h->number[1], "clock/jam/number");
	CU_ASSERT(h->number[2] == NULL);
	CHECK_STR(h->series[0], "team/1/score");
	CU_ASSERT(schema_history(other) == NULL);
	schema_free(crg);
	schema_free(other);
}

static void views_clocks_and_lists_are_the_file_s(void)
{
	struct schema *s = load(TOURNAMENT);
	BUF_CLEANUP struct buf topic = { 0 };
	const struct clock_rule *clock = schema_clock(s, 0);
	struct mapping m;
	struct path path;

	CHECK_STR(schema_view(s, 0), "hall");
	CHECK_STR(schema_view(s, 1), "results");
	CHECK_STR(schema_view(s, 2), NULL);
	CU_ASSERT_FATAL(clock != NULL);
	CHECK_STR(clock->time, "Milliseconds");
	CHECK_INT(clock->views, 1);
	CU_ASSERT(schema_clock(s, 1) == NULL);
	CHECK_STR(schema_entry(s, LIST_LIVE, 0), "Tournament.Name");
	CHECK_STR(schema_entry(s, LIST_FULL, 0), "Tournament");
	CHECK_STR(schema_entry(s, LIST_FULL, 1), NULL);
	CHECK_INT(path_parse(STR("Tournament.Match(1).Side(Away).Points"), &path), PATH_OK);
	CHECK_INT(schema_map(s, &path, &topic, &m), MAP_OK);
	CHECK_INT(m.rule->views, 3);
	CHECK_INT(m.rule->qos, 1);
	CU_ASSERT(schema_covers(s, LIST_LIVE, &path) && schema_covers(s, LIST_FULL, &path));
	CHECK_INT(path_parse(STR("Tournament.Match(1).Timer.Milliseconds"), &path), PATH_OK);
	CHECK_INT(schema_map(s, &path, &topic, &m), MAP_OK);
	CHECK_INT(m.rule->qos, 0);
	CHECK_INT(m.rule->interval_ms, 1000);
	CHECK_INT(m.rule->views, 0);
	CHECK_INT(path_parse(STR("Tournament.Match(1).Set(2)"), &path), PATH_OK);
	CU_ASSERT(!schema_covers(s, LIST_LIVE, &path) && schema_covers(s, LIST_FULL, &path));
	schema_free(s);
	schema_free(NULL);
}

static void texts_are_the_file_s(void)
{
	static const char *const topics[] = { "display/clock", "display/phase", "display/score" };
	struct schema *s = load(CRG);

	for (size_t i = 0; i < COUNT(topics); i++) {
		CU_ASSERT_FATAL(schema_text(s, i) != NULL);
		CHECK_STR(schema_text(s, i)->topic, topics[i]);
	}
	CHECK_INT(schema_text(s, 0)->treatment.interval_ms, 1000);
	CHECK_INT(schema_text(s, 0)->treatment.qos, 0);
	CHECK_INT(schema_text(s, 1)->treatment.qos, 1); /* the default's */
	CHECK_INT(schema_text(s, 2)->treatment.class, CLASS_CRITICAL);
	CHECK_INT(schema_text(s, 2)->n_cases, 1);
	CU_ASSERT(schema_text(s, COUNT(topics)) == NULL);
	schema_free(s);
}

/* `n` texts of m cases. */
static int load_texts(unsigned n, unsigned m, struct complaint *why)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct schema *s = NULL;
	int r;

	buf_puts(&text, "{\"register\":{\"live\":[\"A\"]},\"texts\":{");
	for (unsigned i = 0; i < n; i++) {
		buf_printf(&text, "%s\"t%u\":{\"cases\":[", i ? "," : "", i);
		for (unsigned k = 0; k < m; k++)
			buf_printf(&text, "%s{\"when\":{\"x\":1.5,\"y\":{\"key\":\"z\"},\"w\":null},\"text\":\"{x}\"}", k ? "," : "");
		buf_puts(&text, "]}");
	}
	buf_puts(&text, "}}");
	r = schema_new(buf_view(&text), &s, why);
	schema_free(s);
	return r;
}

static void texts_and_their_cases_have_an_end(void)
{
	struct complaint why = { 0, "" };

	CHECK_INT(load_texts(SCHEMA_MAX_TEXTS, TEXT_MAX_CASES, &why), 0);
	CHECK_INT(load_texts(SCHEMA_MAX_TEXTS + 1, 1, &why), 1);
	CHECK_STR(why.text, "/texts/t16: at most 16 texts");
	CHECK_INT(load_texts(1, TEXT_MAX_CASES + 1, &why), 1);
	CHECK_STR(why.text, "/texts/t0/cases: must list 1 to 32 cases");
}

static void names_are_told_both_ways(void)
{
	enum schema_list list = LIST_COUNT;

	CHECK_STR(schema_class_name(CLASS_CRITICAL), "critical");
	CHECK_STR(schema_class_name(CLASS_LOW), "low");
	CHECK_STR(schema_visibility_name(VISIBLE_CREW), "crew");
	CHECK_STR(schema_list_name(LIST_NONE), "-");
	CU_ASSERT(schema_list_from_name("full", &list) && list == LIST_FULL);
	CU_ASSERT(!schema_list_from_name("-", &list));
	CU_ASSERT(!schema_list_from_name("", &list));
}

static void the_first_rule_of_the_file_wins(void)
{
	static const char *const text =
		"{\"register\":{\"live\":[\"A\"]},\"rules\":["
		"{\"paths\":[\"A.B\"],\"class\":\"high\"},"
		"{\"paths\":[\"**.B\",\"A.*\"],\"class\":\"critical\"},"
		"{\"paths\":[\"A.C\",\"A.D.B\"],\"class\":\"normal\"},"
		"{\"paths\":[\"**\"],\"class\":\"normal\",\"interval_ms\":5}]}";
	static const struct row rows[] = {
		{ "A.B", "a.b", CLASS_HIGH, VISIBLE_PUBLIC, LIST_LIVE },
		{ "A.C", "a.c", CLASS_CRITICAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ "A.D.B", "a.d.b", CLASS_CRITICAL, VISIBLE_PUBLIC, LIST_LIVE },
		{ "X.Y", "x.y", CLASS_NORMAL, VISIBLE_PUBLIC, LIST_NONE },
	};
	struct schema *s = schema_of(str_of(text));
	struct unmap *back = way_back_of_text(text, s);

	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(s, back, &rows[i]);
	unmap_free(back);
	schema_free(s);
}

/* --- the mapping can be undone, so no two paths share a topic --- */

struct totals {
	const struct schema *schema;
	struct unmap *back;
	size_t mapped, dropped, too_long, refused, wrong;
	struct buf topic, again;
};

static void complain(struct totals *t, const char *what, struct str path)
{
	if (t->wrong++ < 5)
		printf("\n    %s: %.*s -> %.*s -> %.*s\n", what, (int)(path.len < 300 ? path.len : 300), path.p,
		       (int)(t->topic.len < 300 ? t->topic.len : 300), buf_view(&t->topic).p,
		       (int)(t->again.len < 300 ? t->again.len : 300), buf_view(&t->again).p);
}

static bool is_reserved(struct str topic, bool crew)
{
	struct str first;

	str_split(&topic, '/', &first);
	return str_is(first, "status") || str_is(first, "feed") || str_is(first, "presence") || str_is(first, "beat") ||
	       (!crew && str_is(first, "crew"));
}

/* Undoing is a function of the topic alone: were it shared, it could not give both paths back. */
static void map_and_undo(struct totals *t, struct str text)
{
	struct mapping m;
	struct path path;
	enum map_result r;

	buf_clear(&t->topic);
	buf_clear(&t->again);
	if (path_parse(text, &path)) {
		t->refused++;
		return;
	}
	r = schema_map(t->schema, &path, &t->topic, &m);
	if (r == MAP_DROPPED) {
		t->dropped++;
	} else if (r == MAP_TOO_LONG) {
		t->too_long++;
		if (text.len < TOPIC_MAX_BYTES / 4 || t->topic.len)
			complain(t, "not too long at all", text);
	} else {
		t->mapped++;
		if (!topic_name_valid(buf_view(&t->topic)))
			complain(t, "no valid topic", text);
		if (is_reserved(buf_view(&t->topic), m.rule->visibility == VISIBLE_CREW))
			complain(t, "a topic of our own", text);
		if (!unmap_topic(t->back, buf_view(&t->topic), &t->again) || !str_eq(buf_view(&t->again), text))
			complain(t, "can't be undone", text);
	}
}

static void totals_free(struct totals *t)
{
	unmap_free(t->back);
	buf_free(&t->topic);
	buf_free(&t->again);
}

static void map_frame(void *arg, struct str bytes, int64_t at_ms)
{
	struct totals *t = arg;
	struct frame f;
	struct update u;
	enum frame_result r = frame_open(&f, bytes);

	(void)at_ms;
	if (r != FRAME_STATE && r != FRAME_PONG)
		t->wrong++;
	while (frame_next(&f, &u))
		map_and_undo(t, u.path);
	frame_close(&f);
}

static void every_path_of_the_recordings_can_be_undone(void)
{
	static const char *const files[] = { CRG, TOURNAMENT };
	const char *recording;

	for (size_t i = 0; i < COUNT(files); i++) {
		struct schema *s = load(files[i]);
		struct totals t = { .schema = s, .back = way_back(files[i], s) };

		for (size_t k = 0; (recording = fixture_recording(k)) != NULL; k++)
			CU_ASSERT(fixture_frames(recording, map_frame, &t) > 300);
		CHECK_INT(t.wrong, 0);
		CHECK_INT(t.refused + t.too_long, 0);
		CU_ASSERT(t.mapped > 1000);
		totals_free(&t);
		schema_free(s);
	}
}

/* Names that mean something to one of the files, or to the tree, in the spellings that could be confused. */
// clang-format off
static const char *const names[] = {
	"ScoreBoard", "CurrentGame", "Game", "Team", "Clock", "Jam", "Period", "Color", "Setting", "Settings", "Version",
	"PreparedTeam", "Rulesets", "Ruleset", "Clients", "EventInfo", "Readonly", "Nso", "WS", "Tournament", "Match",
	"Side", "Points", "Player", "Message", "Referee", "Timer", "Status", "Feed", "Presence", "Crew", "Beat", "Board",
	"status", "feed", "presence", "crew", "beat", "board", "game", "team", "setting", "current-game", "score-board",
	"Current-game", "CurrentgAme", "A", "AB", "Ab", "aB", "a", "-", "-a", "A-", "A-b", "AB-", "%", "%41", "%/", "{1}",
	"{rest}", "*", "**", "/", "//", "+", "#", "$SYS", "0", "0a", "_", " ", "A B", "\"", "\\", "\x01", "\x7F", "\xC2\x85",
	"\xEF\xBF\xBE", "\xEF\xBF\xBF", "\xEF\xB7\x90", "\xF0\x9F\xBF\xBE", "\xF0\x9F\x98\x80", "\xC3\x89tat", "\xC3\xA9tat",
	"Of", "of", "PointS", "penalty-box", "PenaltyBox", "Penalty-Box",
};
// clang-format on

static const char *const arguments[] = {
	"",
	"1",
	"2",
	"*",
	"Jam",
	"jam",
	"JAM",
	"%6Aam",
	"%4Aam",
	"Period",
	"period",
	"Lineup",
	"lineup",
	"Blocker1",
	"blocker1",
	"Home",
	"home",
	"%68ome",
	"SemiFinal",
	"semi-final",
	"Semi-final",
	"%73emi-final",
	"%53emi-final",
	"ThirdPlace",
	"third-place",
	"of",
	"score",
	"Score",
	"a.b",
	".",
	"..",
	"/",
	"a/b",
	"//",
	"+",
	"#",
	"%",
	"%2F",
	"%2f",
	"$",
	"{1}",
	"{rest}",
	"(",
	"((",
	"status",
	"feed",
	"presence",
	"crew",
	"board",
	"game",
	"setting",
	"team",
	"x/status",
	" ",
	"  ",
	"\t",
	"\n",
	"\x01",
	"\x7F",
	"\xC2\x80",
	"\xC2\x9F",
	"\xC2\xA0",
	"\xEF\xBF\xBE",
	"\xEF\xBF\xBF",
	"\xEF\xB7\x90",
	"\xEF\xB7\xAF",
	"\xF4\x8F\xBF\xBF",
	"\xF0\x9F\x98\x80",
	"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80",
	"Zelen\xC3\xA1",
	"\xCC\x81",
	"\xE2\x80\xAE",
	"0",
	"-",
	"--",
	"overlay.fg",
	"release",
};

/* Whole stems, so that paths lie below, at and beside the roots and the rules with a topic of their own. */
static const char *const stems[] = {
	"ScoreBoard",
	"ScoreBoard.CurrentGame",
	"ScoreBoard.Game(x)",
	"ScoreBoard.Game",
	"ScoreBoard.PreparedTeam(y)",
	"ScoreBoard.Rulesets.Ruleset(z)",
	"ScoreBoard.Rulesets",
	"ScoreBoard.Settings.Setting",
	"ScoreBoard.Version",
	"ScoreBoard.Version(release)",
	"Tournament",
	"Tournament.Match(1)",
	"Tournament.Match",
	"Tournament.Team(a).Player(b)",
	"Tournament.Team(of)",
	"Tournament.Match(1).Side(Home)",
	"Tournament.Message",
	"Tournament.Match(1).Side",
	"Points(1)",
};

#define PICK(r, list) list[rng_below(r, COUNT(list))]

static void add_random_bytes(struct rng *r, struct buf *out, size_t max)
{
	static const char forbidden[] = ".()";
	size_t n = 1 + rng_below(r, (uint32_t)max);

	while (n--) {
		char c = (char)(1 + rng_below(r, 127));

		if (!strchr(forbidden, c))
			buf_char(out, c);
	}
	buf_char(out, 'x');
}

static void add_argument(struct rng *r, struct buf *out)
{
	uint32_t kind = rng_below(r, 10000);

	buf_char(out, '(');
	if (kind < 3) {
		for (size_t i = 70000 - rng_below(r, 50000) * (kind > 0); i > 0; i--)
			buf_char(out, (char)('a' + i % 26));
	} else if (kind < 2000) {
		add_random_bytes(r, out, 12);
	} else if (kind < 2200) {
		buf_add(out, "a\0b", 3);
	} else {
		buf_puts(out, PICK(r, arguments));
		if (kind > 9000)
			buf_puts(out, PICK(r, arguments));
	}
	buf_char(out, ')');
}

static void add_step(struct rng *r, struct buf *out)
{
	if (rng_chance(r, 85))
		buf_puts(out, PICK(r, names));
	else
		add_random_bytes(r, out, 8);
	if (rng_chance(r, 50))
		add_argument(r, out);
}

static void make_path(struct rng *r, struct buf *out)
{
	size_t steps = rng_chance(r, 1) ? 1 + rng_below(r, PATH_MAX_STEPS + 4) : rng_below(r, 5);
	bool stem = rng_chance(r, 60);

	buf_clear(out);
	if (stem)
		buf_puts(out, PICK(r, stems));
	if (!stem || (steps == 0 && rng_chance(r, 50)))
		steps += !steps && !stem;
	if (stem && rng_chance(r, 20) && out->p[out->len - 1] != ')')
		add_argument(r, out);
	for (size_t i = 0; i < steps; i++) {
		if (out->len)
			buf_char(out, '.');
		add_step(r, out);
	}
	if (rng_chance(r, 1))
		buf_puts(out, "(\xED\xA0\x80)");
}

static void check_random_paths(const char *file, uint64_t seed)
{
	BUF_CLEANUP struct buf path = { 0 };
	struct rng r = { seed };
	struct schema *s = load(file);
	struct totals t = { .schema = s, .back = way_back(file, s) };

	for (size_t i = 0; i < RANDOM_PATHS; i++) {
		make_path(&r, &path);
		map_and_undo(&t, buf_view(&path));
	}
	CHECK_INT(t.wrong, 0);
	CHECK_INT(t.mapped + t.dropped + t.too_long + t.refused, RANDOM_PATHS);
	CU_ASSERT(t.mapped > RANDOM_PATHS * 8 / 10);
	CU_ASSERT(t.refused > RANDOM_PATHS / 1000);
	CU_ASSERT(t.too_long > 10);
	printf("%zu mapped, %zu dropped, %zu too long, %zu refused ... ", t.mapped, t.dropped, t.too_long, t.refused);
	totals_free(&t);
	schema_free(s);
}

static void a_million_random_paths_can_be_undone(void)
{
	check_random_paths(CRG, 2024);
}

static void a_million_random_paths_can_be_undone_under_the_other_file(void)
{
	check_random_paths(TOURNAMENT, 4202);
}

/* And the other way round: what is no topic of ours is not taken for one. */
static void no_path_is_made_up_for_a_foreign_topic(void)
{
	static const char *const rows[] = {
		"",
		"/",
		"status",
		"feed/spectator/delta",
		"presence/x",
		"notice",
		"show/main",
		"crew",
		"crew/",
		"crew/team/1/score",
		"Team/1/score",
		"team/1/Score",
		"clock/Jam/time",
		"clock/%6aam/time",
		"clock/%4Aam/time",
		"team//",
		"%",
		"%/",
		"%/score-board.current-game.team/1/score",
		"board/settings.setting/x",
		"a%2Eb",
		"team/%31/score",
		"setting/%61",
		"team/1/score\xFF",
		"readonly",
	};
	struct schema *s = load(CRG);
	struct unmap *back = way_back(CRG, s);

	for (size_t i = 0; i < COUNT(rows); i++) {
		BUF_CLEANUP struct buf path = { 0 };

		buf_puts(&path, "before");
		if (unmap_topic(back, str_of(rows[i]), &path))
			printf("\n    %s is said to be %s\n", rows[i], path.p);
		CHECK_STR(path.p, "before");
	}
	unmap_free(back);
	schema_free(s);
}

static void random_topics_are_undone_rightly_or_not_at_all(void)
{
	static const char *const levels[] = { "team", "1", "score", "clock", "jam", "Jam", "%6Aam", "game", "board",
					      "setting", "crew", "%", "", "a.b", "x-y", "%2F", "of", "player",
					      "points", "home", "%68ome", "match", "status" };
	struct schema *s = load(TOURNAMENT);
	struct unmap *back = way_back(TOURNAMENT, s);
	struct rng r = { 99 };
	size_t undone = 0;

	for (int i = 0; i < 200000; i++) {
		BUF_CLEANUP struct buf topic = { 0 };
		BUF_CLEANUP struct buf path = { 0 };
		BUF_CLEANUP struct buf again = { 0 };
		struct mapping m;
		struct path p;

		for (uint32_t n = 1 + rng_below(&r, 5); n; n--)
			buf_printf(&topic, "%s%s", PICK(&r, levels), n > 1 ? "/" : "");
		if (!unmap_topic(back, buf_view(&topic), &path))
			continue;
		undone++;
		CU_ASSERT_FATAL(path_parse(buf_view(&path), &p) == PATH_OK);
		CU_ASSERT_FATAL(schema_map(s, &p, &again, &m) == MAP_OK);
		CU_ASSERT_FATAL(str_eq(buf_view(&again), buf_view(&topic)));
	}
	CU_ASSERT(undone > 1000);
	unmap_free(back);
	schema_free(s);
}

static void a_topic_of_mqtt_s_length_is_the_longest(void)
{
	struct schema *s = schema_of(str_of("{\"register\":{\"live\":[\"A\"]}}"));

	for (size_t len = TOPIC_MAX_BYTES - 4; len <= TOPIC_MAX_BYTES; len++) {
		BUF_CLEANUP struct buf path = { 0 };
		BUF_CLEANUP struct buf topic = { 0 };
		struct mapping m;
		struct path p;

		buf_puts(&path, "A(");
		for (size_t i = 2; i < len; i++) /* "a/" and the argument */
			buf_char(&path, 'x');
		buf_char(&path, ')');
		buf_puts(&topic, "kept");
		CHECK_INT(path_parse(buf_view(&path), &p), PATH_OK);
		CHECK_INT(schema_map(s, &p, &topic, &m), MAP_OK);
		CHECK_INT(topic.len, 4 + len);
		buf_clear(&path);
		buf_puts(&path, "A(");
		for (size_t i = 2; i < len; i++)
			buf_char(&path, i == 2 ? '/' : 'x');
		buf_char(&path, ')');
		CHECK_INT(path_parse(buf_view(&path), &p), PATH_OK);
		topic.len = 4;
		CHECK_INT(schema_map(s, &p, &topic, &m), len + 2 > TOPIC_MAX_BYTES ? MAP_TOO_LONG : MAP_OK);
		CHECK_INT(topic.len, len + 2 > TOPIC_MAX_BYTES ? 4 : len + 6);
	}
	schema_free(s);
}

/* --- bad files --- */

#define NAME_64 "a-name-of-sixty-four-bytes-which-is-the-longest-that-a-view-has-"
#define REG "\"register\":{\"live\":[\"A\"]}"

#define HISTORY_VIEWS "\"views\":{\"v\":\"\"},"
#define HISTORY_HEAD "\"view\":\"v\",\"game\":\"g\",\"title\":\"t\",\"over\":\"o\""
#define HISTORY_CHAPTER "\"chapter\":{\"name\":\"n\",\"during\":\"d\",\"number\":[\"k\"]}"

static void a_bad_file_is_refused_with_line_and_reason(void)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *says;
	} rows[] = {
		{ "", 1, "not valid JSON" },
		{ "{", 1, "not valid JSON" },
		{ "{\n\"rules\": [\n}", 3, "not valid JSON" },
		{ "{\n" REG "}\nx", 3, "not valid JSON" },
		{ "{\n" REG ",\n", 2, "not valid JSON" }, /* the last line is the one before the last newline */
		{ "{\n" REG ",\n" REG "}", 3, "this key stands here twice" },
		{ "{\n\"name\":\"\t\"," REG "}", 2, "not valid JSON" },
		{ "{" REG ",\"name\":\"\xff\"}", 1, "not UTF-8" },
		{ "[]", 1, "must be an object" },
		{ "7", 1, "must be an object" },
		{ "{}", 1, "\"register\" is missing" },
		{ "{" REG ",\n\"rulez\":[]}", 2, "unknown member" },
		{ "{\n\"register\":[]}", 2, "must be an object" },
		{ "{\n\"register\":{\n\"alive\":[]}}", 3, "unknown member" },
		{ "{\"register\":{\n\"live\":{}}}", 2, "must be an array" },
		{ "{\"register\":{\"live\":[\"A\",\n7]}}", 2, "a path pattern" },
		{ "{\"register\":{\"live\":[\"A\",\n\"A(\"]}}", 2, "is no path pattern" },
		{ "{" REG ",\n\"words\":{}}", 2, "must be an array" },
		{ "{" REG ",\"words\":[\"Jam\",\n\"\"]}", 2, "not empty" },
		{ "{" REG ",\"words\":[\"Jam\",\n1]}", 2, "must be a string" },
		{ "{" REG ",\"words\":[\"Jam\",\n\"Jam\"]}", 2, "twice" },
		{ "{" REG ",\"words\":[\n\"jam\"]}", 2, "is no word" },
		{ "{" REG ",\"words\":[\n\"A/b\"]}", 2, "is no word" },
		{ "{" REG ",\"words\":[\n\"Semi-Final\"]}", 2, "is no word" },
		{ "{" REG ",\n\"rules\":{}}", 2, "must be an array" },
		{ "{" REG ",\"rules\":[\n7]}", 2, "must be an object" },
		{ "{" REG ",\"rules\":[\n{}]}", 2, "at least one pattern" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"]},\n{\"paths\":[]}]}", 2, "at least one pattern" },
		{ "{" REG ",\"rules\":[{\n\"paths\":\"A\"}]}", 2, "must be an array" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\",\n\"B..C\"]}]}", 2, "is no path pattern" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\",\n\"**(x)\"]}]}", 2, "whole steps" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"clazz\":\"high\"}]}", 2, "unknown member" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"class\":\"huge\"}]}", 2, "must be one of" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"class\":1}]}", 2, "must be one of" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"visibility\":\"secret\"}]}", 2, "must be one of" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"file\":1}]}", 2, "must be true or false" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"visibility\":\"crew\",\"file\":true}]}", 2, "for public paths only" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"qos\":2}]}", 2, "0 to 1" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"qos\":0.5}]}", 2, "whole number" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"qos\":\"1\"}]}", 2, "whole number" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"interval_ms\":-1}]}", 2, "0 to 3600000" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"interval_ms\":3600001}]}", 2, "0 to 3600000" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"views\":[\"v\"]}]}", 2, "not in \"views\"" },
		{ "{" REG ",\"views\":{\"v\":\"\"},\"rules\":[{\"paths\":[\"A\"],\n\"views\":[7]}]}", 2, "not in \"views\"" },
		{ "{" REG ",\"rules\":[{\"paths\":[\"A\"],\n\"views\":\"v\"}]}", 2, "must be an array" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A(*)\"],\"topic\":\"x\"}]}", 2, "each `*`" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A(*)\"],\"topic\":\"x/{2}\"}]}", 2, "{2}, but the path has 1" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A(*)\"],\"topic\":\"{1}/{1}\"}]}", 2, "twice" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A(*)\"],\"topic\":\"{1}/{0}\"}]}", 2, "neither a topic level" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"topic\":\"x{1}\"}]}", 2, "neither a topic level" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"topic\":\"a//b\"}]}", 2, "neither a topic level" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"topic\":\"\"}]}", 2, "neither a topic level" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"topic\":\"a/+\"}]}", 2, "neither a topic level" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"topic\":\"%/a\"}]}", 2, "neither a topic level" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\"],\"topic\":7}]}", 2, "is a string" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A\",\"B\"],\"topic\":\"x\"}]}", 2, "with one path" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A.*\"],\"topic\":\"x\"}]}", 2, "only as a whole argument" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A(x*)\"],\"topic\":\"x/{1}\"}]}", 2, "only as a whole argument" },
		{ "{" REG ",\"rules\":[\n{\"paths\":[\"A.**\"],\"topic\":\"x\"}]}", 2, "only as a whole argument" },
		{ "{" REG ",\"roots\":[\n{\"path\":\"A\",\"topic\":\"{rest}/x\"}]}", 2, "{rest} can only be the last" },
		{ "{" REG ",\"roots\":[\n{\"path\":\"A\",\"topic\":\"{rest}\"}]}", 2, "{rest} can only be the last" },
		{ "{" REG ",\"roots\":[\n{\"path\":\"A\"}]}", 2, "must be strings" },
		{ "{" REG ",\"roots\":[\n{\"topic\":\"x\"}]}", 2, "must be strings" },
		{ "{" REG ",\"roots\":[\n7]}", 2, "must be an object" },
		{ "{" REG ",\"roots\":[{\"path\":\"A\",\"topic\":\"a\",\n\"class\":\"low\"}]}", 2, "unknown member" },
		{ "{" REG ",\"roots\":[\n{\"path\":\"A\",\"topic\":\"1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g\"}]}", 2, "at most 16" },
		{ "{" REG ",\n\"default\":[]}", 2, "must be an object" },
		{ "{" REG ",\"default\":{\n\"paths\":[]}}", 2, "unknown member" },
		{ "{" REG ",\"default\":{\n\"class\":\"x\"}}", 2, "must be one of" },
		{ "{" REG ",\n\"views\":[]}", 2, "must be an object" },
		{ "{" REG ",\"views\":{\n\"a/b\":\"\"}}", 1, "one topic level" },
		{ "{" REG ",\"views\":{\n\"a.b\":\"\"}}", 2, "one topic level" },
		{ "{" REG ",\"views\":{\"v\":[\n0],\n\"v/x\":\"\"}}", 1, "/views/v/x: a view's name" }, /* as if v had an x */
		{ "{" REG ",\"views\":{\n\"+\":\"\"}}", 2, "one topic level" },
		{ "{" REG ",\"views\":{\"v\":\"\",\n\"" NAME_64 "a\":\"\"}}", 2, "/views/" NAME_64 "a: a view's name has at most 64 bytes" },
		{ "{" REG ",\"views\":{\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\n\"9\":0}}", 2,
		  "at most 8" },
		{ "{" REG ",\n\"clocks\":{}}", 2, "must be an array" },
		{ "{" REG ",\"clocks\":[\n{\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\"}]}", 2, "a path pattern" },
		{ "{" REG ",\"clocks\":[\n{\"path\":\"A\",\"running\":\"R\",\"direction\":\"D\"}]}", 2, "\"time\" must name" },
		{ "{" REG ",\"clocks\":[\n{\"path\":\"A\",\"time\":\"T\",\"running\":\"\",\"direction\":\"D\"}]}", 2,
		  "\"running\" must name" },
		{ "{" REG ",\"clocks\":[{\"path\":\"A\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\",\n\"views\":[\"v\"]}]}",
		  2, "not in \"views\"" },
		{ "{" REG ",\"clocks\":[{\"path\":\"A\",\n\"tick\":1}]}", 2, "unknown member" },
		{ "{" REG ",\n\"texts\":[]}", 2, "must be an object" },
		{ "{" REG ",\"texts\":{\n\"a/b\":{\"cases\":[{\"text\":\"\"}]}}}", 1, "one topic level" },
		{ "{" REG ",\"texts\":{\n\"" NAME_64 "a\":{}}}", 2, "at most 64 bytes" },
		{ "{" REG ",\"texts\":{\n\"a\":7}}", 2, "must be an object" },
		{ "{" REG ",\"texts\":{\"a\":{\n\"views\":[]}}}", 2, "unknown member" },
		{ "{" REG ",\"texts\":{\"a\":{\n\"class\":\"x\",\"cases\":[]}}}", 2, "must be one of" },
		{ "{" REG ",\"texts\":{\n\"a\":{}}}", 2, "1 to 32 cases" },
		{ "{" REG ",\"texts\":{\"a\":{\n\"cases\":[]}}}", 2, "1 to 32 cases" },
		{ "{" REG ",\"texts\":{\"a\":{\n\"cases\":{}}}}", 2, "must be an array" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[\n7]}}}", 2, "must be an object" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[\n{}]}}}", 2, "must be a string" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\"},\n{\"text\":\"{x\"}]}}}", 2, "without its `}`" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\n\"text\":\"{crew/x}\"}]}}}", 2, "is no topic of the scoreboard's" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"wenn\":{}}]}}}", 2, "unknown member" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"when\":[]}]}}}", 2, "must be an object" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"when\":{\"x\":[1]}}]}}}", 2, "must be a string, a number" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"when\":{\"crew/x\":1}}]}}}", 2, "is no topic of the scoreboard's" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"when\":{\"x\":{\"key\":\"crew/x\"}}}]}}}", 2, "is no topic of the scoreboard's" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"when\":{\"x\":{\"key\":1}}}]}}}", 2, "must be a string" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"when\":{\"x\":{\"is\":1}}}]}}}", 2, "unknown member" },
		{ "{" REG ",\"texts\":{\"a\":{\"cases\":[{\"text\":\"\",\n\"when\":{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1}}]}}}", 2, "at most 8 conditions" },
		{ "{" REG ",\n\"history\":[]}", 2, "must be an object" },
		{ "{" REG ",\"history\":{\n\"jam\":1}}", 2, "unknown member" },
		{ "{" REG ",\"history\":{\n\"view\":\"v\"}}", 2, "names a view that is not in" },
		{ "{" REG "," HISTORY_VIEWS "\n\"history\":{\"view\":\"v\"}}", 2, "\"game\" must be a string" },
		{ "{" REG "," HISTORY_VIEWS "\n\"history\":{" HISTORY_HEAD "}}", 2, "must be an object" },
		{ "{" REG "," HISTORY_VIEWS "\"history\":{" HISTORY_HEAD ",\n" HISTORY_CHAPTER "}}", 1, "\"series\" must list one to 8 keys" },
		{ "{" REG "," HISTORY_VIEWS "\"history\":{" HISTORY_HEAD "," HISTORY_CHAPTER ",\n\"series\":[1]}}", 2, "must be strings" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct schema *s = NULL;

		CHECK_INT(schema_new(str_of(rows[i].text), &s, &why), 1);
		CU_ASSERT_FATAL(s == NULL);
		if (why.line == rows[i].line && strstr(why.text, rows[i].says))
			continue;
		printf("\n    %s\n    expected line %u: %s\n    got line %u: %s\n", rows[i].text, rows[i].line, rows[i].says, why.line,
		       why.text);
		CU_FAIL("the message is not the expected one");
	}
}

static void a_view_s_name_may_have_64_bytes(void)
{
	struct schema *s = schema_of(str_of("{" REG ",\"views\":{\"" NAME_64 "\":\"\"}}"));

	CHECK_INT(strlen(NAME_64), SCHEMA_MAX_VIEW_NAME);
	CHECK_STR(schema_view(s, 0), NAME_64);
	schema_free(s);
}

/* Every prefix of the real file, and the file with any one byte gone wrong, loads or is refused: no third way. */
static void a_damaged_file_does_no_harm(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct rng r = { 5 };

	CU_ASSERT_FATAL(fixture_read(TOURNAMENT, &text));
	for (size_t i = 0; i < 2 * text.len; i++) {
		struct complaint why = { 0, "" };
		struct schema *s = NULL;
		size_t at = i / 2;
		char was = text.p[at];

		if (i % 2)
			text.p[at] = (char)rng_below(&r, 256);
		if (schema_new((struct str){ text.p, i % 2 ? text.len : at }, &s, &why) == 0)
			schema_free(s);
		else
			CU_ASSERT_FATAL(why.line > 0 && why.text[0]);
		text.p[at] = was;
	}
}

/* --- the code knows no word of a scoreboard --- */

static void take_comments_out(struct buf *code)
{
	char *p = code->p, *end;

	while ((p = strstr(p, "/*")) != NULL && (end = strstr(p, "*/")) != NULL)
		memset(p, ' ', (size_t)(end - p) + 2);
}

static bool file_names(const char *file, const char *name)
{
	BUF_CLEANUP struct buf code = { 0 };
	BUF_CLEANUP struct buf literal = { 0 };

	CU_ASSERT_FATAL(fixture_read(file, &code));
	take_comments_out(&code);
	buf_printf(&literal, "\"%s\"", name);
	return strstr(code.p, literal.p) != NULL;
}

static void add_step_names(const char *entry, struct buf *out)
{
	struct path path;

	CU_ASSERT_FATAL(path_parse(str_of(entry), &path) == PATH_OK);
	for (size_t i = 0; i < path.n; i++)
		buf_printf(out, "%.*s\n", STR_ARGS(path.steps[i].name));
}

/* Every step name of the files' register lists, one per line. */
static void list_words(struct buf *out)
{
	static const char *const files[] = { CRG, TOURNAMENT };

	for (size_t i = 0; i < COUNT(files); i++) {
		struct schema *s = load(files[i]);
		const char *entry;

		for (size_t k = 0; (entry = schema_entry(s, LIST_LIVE, k)) != NULL; k++)
			add_step_names(entry, out);
		schema_free(s);
	}
}

static void no_source_file_names_a_step_of_a_scoreboard(void)
{
	BUF_CLEANUP struct buf all = { 0 };
	struct str rest, word;
	glob_t files = { 0 };
	char name[200];

	list_words(&all);
	CU_ASSERT_FATAL(glob("publisher/*.[ch]", 0, NULL, &files) == 0);
	CU_ASSERT_FATAL(glob("publisher/*/*.[ch]", GLOB_APPEND, NULL, &files) == 0);
	CU_ASSERT_FATAL(glob("publisher/*/*/*.[ch]", GLOB_APPEND, NULL, &files) == 0);
	CU_ASSERT(files.gl_pathc > 70);
	rest = buf_view(&all);
	while (str_split(&rest, '\n', &word) && word.len) {
		snprintf(name, sizeof(name), "%.*s", STR_ARGS(word));
		for (size_t i = 0; i < files.gl_pathc; i++) {
			if (!file_names(files.gl_pathv[i], name))
				continue;
			printf("\n    %s names \"%s\"\n", files.gl_pathv[i], name);
			CU_FAIL("a word of a scoreboard in the code");
		}
	}
	globfree(&files);
}

/* `n` times the same item in the list called `list`. */
static void refuse_a_list_of(const char *list, const char *item, unsigned n, const char *says)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct complaint why = { 0, "" };
	struct schema *s = NULL;

	buf_printf(&text, "{" REG ",\n\"%s\":[", list);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "%s%s", i ? "," : "", item);
	buf_puts(&text, "]}");
	CHECK_INT(schema_new(buf_view(&text), &s, &why), 1);
	CHECK_INT(why.line, 2);
	CHECK_STR(why.text, says);
}

static void words_and_rules_have_an_end(void)
{
	refuse_a_list_of("words", "\"Jam\"", 65, "/words: at most 64 words");
	refuse_a_list_of("rules", "0", 4097, "/rules: at most 4096 rules");
}

const struct unit_test unit_tests[] = {
	UNIT(the_design_s_topics_come_out),
	UNIT(another_scoreboard_fits_by_another_file),
	UNIT(a_history_s_rules_are_the_file_s),
	UNIT(views_clocks_and_lists_are_the_file_s),
	UNIT(texts_are_the_file_s),
	UNIT(texts_and_their_cases_have_an_end),
	UNIT(names_are_told_both_ways),
	UNIT(the_first_rule_of_the_file_wins),
	UNIT(every_path_of_the_recordings_can_be_undone),
	UNIT(a_million_random_paths_can_be_undone),
	UNIT(a_million_random_paths_can_be_undone_under_the_other_file),
	UNIT(no_path_is_made_up_for_a_foreign_topic),
	UNIT(random_topics_are_undone_rightly_or_not_at_all),
	UNIT(a_topic_of_mqtt_s_length_is_the_longest),
	UNIT(a_bad_file_is_refused_with_line_and_reason),
	UNIT(words_and_rules_have_an_end),
	UNIT(a_view_s_name_may_have_64_bytes),
	UNIT(a_damaged_file_does_no_harm),
	UNIT(no_source_file_names_a_step_of_a_scoreboard),
	{ NULL, NULL },
};
