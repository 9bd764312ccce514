/* What --history keeps: at every moment what the scoreboard had said, its games and jams; and what it does when it can't be written. What
 * is expected is folded from the scoreboard's own frames.
 *
 * SB_HISTORY_MOMENTS (12, of each recording) and SB_HISTORY_KILLS (3) say how much of it is tried. */
#include "tests/support/json.h"
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const unit_name = "history";

#define GAME "ScoreBoard.CurrentGame.Game"
#define SCORE "ScoreBoard.CurrentGame.Team(1).Score"
#define NAME_OF "ScoreBoard.CurrentGame.Team(1).Name"
#define IN_JAM "ScoreBoard.CurrentGame.InJam"
#define PERIOD "ScoreBoard.CurrentGame.CurrentPeriodNumber"
#define JAM "ScoreBoard.CurrentGame.Clock(Jam).Number"
#define NOW INT64_MAX
#define MOMENTS_MAX 2000

static struct stage stage;
static char file[300]; /* the history's */

/* --- the stage --- */

static void begin(void)
{
	static unsigned int n;
	char name[40];

	snprintf(name, sizeof(name), "games-%u.db", ++n);
	snprintf(file, sizeof(file), "%s", place_temp(name));
	stage_set(&stage, "live", ARGV("--history", file));
}

/* Without a broker, for which changes of two frames may have to wait and become one delta. */
static void begin_alone(const char *more, const char *value)
{
	snprintf(file, sizeof(file), "%s", place_temp("alone.db"));
	unlink(file);
	stage_set_with(&stage, "live", NULL, ARGV("--broker", "none", "--history", file, more, value), NULL);
}

static int get(const char *path, struct buf *body)
{
	buf_clear(body);
	return http_get(publisher_http_port(stage.publisher), path, body);
}

static void start_game(const char *id)
{
	char value[80];

	snprintf(value, sizeof(value), "\"%s\"", id);
	board_says(stage.board, GAME, value);
	board_says(stage.board, SCORE, "0");
}

/* The id of the game that the board's state names. */
static void game_id(const struct tree *state, char out[80])
{
	struct str id = tree_get(state, STR(GAME));

	snprintf(out, 80, "%.*s", (int)(id.len - 2), id.p + 1);
}

/* --- what a moment must be --- */

static bool add_key(void *data, struct str key, struct str value)
{
	if (value.p[0] != '{')
		tree_set(data, key, STR("1"));
	return true;
}

static bool add_value(void *data, struct str key, struct str value)
{
	if (value.p[0] != '{')
		tree_set(data, key, value);
	return true;
}

/* Which topics the view has had so far. Only names are taken from the publisher: the values come from the frames. */
static void note_keys(struct tree *keys)
{
	BUF_CLEANUP struct buf body = { 0 };

	if (get("/scoreboard/spectator.json", &body) == 200)
		json_members(json_get(buf_view(&body), "state"), add_key, keys);
}

/* The leaves of the view, from the board's state. */
static void expect(const struct tree *keys, const struct tree *state, struct tree *out)
{
	const size_t prefix = strlen("scoreboard/");
	TREE_CLEANUP struct tree all = { 0 };

	expected_tree(&stage.mapping, state, "live", &all);
	tree_each(&all, leaf)
		if (tree_get(keys, str_skip(leaf->name, prefix)).p)
			tree_set(out, str_skip(leaf->name, prefix), leaf->value);
}

/* What the history says of the moment. False: it says nothing. */
static bool at(const char *game, int64_t t, struct tree *out, struct buf *body)
{
	char path[200];

	snprintf(path, sizeof(path), "/scoreboard/games/%s/at.json?t=%" PRId64, game, t);
	tree_free(out);
	return get(path, body) == 200 && json_members(json_get(buf_view(body), "state"), add_value, out);
}

static bool is_at(const char *game, int64_t t, const struct tree *expected, size_t lines)
{
	BUF_CLEANUP struct buf body = { 0 };
	TREE_CLEANUP struct tree got = { 0 };

	return at(game, t, &got, &body) && tree_diff(expected, &got, lines) == 0;
}

/* A moment at which all that the board had said was told, and what that was. */
struct moment {
	int64_t t;
	char game[80];
	struct tree expected;
};

static struct moment moments[MOMENTS_MAX];
static size_t n_moments;

/* Does the history have now what the board's state is? A topic that is new in the view is looked for each time, since it may just be coming. */
static bool reaches(struct moment *m, struct tree *keys, const struct tree *state)
{
	note_keys(keys);
	tree_free(&m->expected);
	expect(keys, state, &m->expected);
	m->t = wall_now_ms();
	return is_at(m->game, m->t, &m->expected, 0);
}

/* Waits until the history has what the board says, and keeps the moment. */
static void take_moment(struct tree *keys)
{
	TREE_CLEANUP struct tree state = { 0 };
	struct moment *m = &moments[n_moments];

	if (n_moments == MOMENTS_MAX)
		return;
	board_state(stage.board, &state);
	if (!tree_get(&state, STR(GAME)).p)
		return;
	game_id(&state, m->game);
	n_moments++;
	if (!WAIT_FOR(reaches(m, keys, &state), 5000)) {
		is_at(m->game, NOW, &m->expected, 5);
		CU_FAIL_FATAL("the history never has what the scoreboard says");
	}
	nap_ms(3); /* the next frame is of another millisecond */
}

static void check_moments(void)
{
	for (size_t i = 0; i < n_moments; i++) {
		const struct moment *m = &moments[chance((uint32_t)n_moments)];

		if (!is_at(m->game, m->t, &m->expected, 5))
			CU_FAIL("a moment of the past is another one");
	}
}

static void forget_moments(void)
{
	while (n_moments)
		tree_free(&moments[--n_moments].expected);
}

/* --- chapters, from the frames --- */

struct jam {
	char number[40], before[40], after[40];
	int64_t sent, told; /* wall clock: before its first frame was said, and when the history had been told */
};

struct told_game {
	char id[80], result[40];
	struct jam jams[200];
	size_t n;
	bool left, ended;
};

static struct told_game games[4];
static size_t n_games;

static void pair(const struct tree *s, const char *a, const char *b, char out[40])
{
	struct str x = tree_get(s, str_of(a)), y = tree_get(s, str_of(b));

	snprintf(out, 40, "[%.*s,%.*s]", x.p ? (int)x.len : 4, x.p ? x.p : "null", y.p ? (int)y.len : 4, y.p ? y.p : "null");
}

static struct told_game *game_of(const struct tree *state)
{
	char id[80];

	game_id(state, id);
	if (!n_games || strcmp(games[n_games - 1].id, id) != 0) {
		games[n_games] = (struct told_game){ .n = 0 };
		snprintf(games[n_games++].id, sizeof(id), "%s", id);
	}
	return &games[n_games - 1];
}

/* The rules of schema/crg.json once more: a jam is while InJam, and has what changes until the next one. */
static void tell_frame(const struct tree *state, int64_t sent)
{
	struct told_game *g;
	char number[40];
	bool in_jam, same;

	if (!tree_get(state, STR(GAME)).p)
		return;
	g = game_of(state);
	pair(state, SCORE, "ScoreBoard.CurrentGame.Team(2).Score", g->result);
	pair(state, PERIOD, JAM, number);
	in_jam = str_is(tree_get(state, STR(IN_JAM)), "true");
	same = g->n && strcmp(g->jams[g->n - 1].number, number) == 0;
	if (in_jam && (!same || (g->left && g->ended))) {
		struct jam *j = &g->jams[same ? g->n - 1 : g->n++];

		*j = (struct jam){ .sent = sent };
		memcpy(j->number, number, sizeof(number));
		memcpy(j->before, g->result, sizeof(j->before));
		g->left = false;
	}
	g->ended = !in_jam;
	g->left |= !in_jam && g->n && !same;
	if (g->n)
		memcpy(g->jams[g->n - 1].after, g->result, sizeof(g->result));
}

struct reading {
	const struct told_game *game;
	size_t n;
};

static bool is_text(struct str object, const char *member, const char *expected)
{
	bool same = str_is(json_get(object, member), expected);

	if (!same)
		printf("\n    %s: %.*s instead of %s", member, STR_ARGS(json_get(object, member)), expected);
	return same;
}

/* Takes the array's objects apart; they hold no other object. */
static size_t each_object(struct str array, void (*fn)(void *data, struct str object), void *data)
{
	size_t n = 0;

	while (array.len) {
		const char *from = memchr(array.p, '{', array.len), *to = from ? memchr(from, '}', (size_t)(array.p + array.len - from)) : NULL;

		if (!to)
			break;
		fn(data, (struct str){ from, (size_t)(to - from) + 1 });
		n++;
		array = str_skip(array, (size_t)(to - array.p) + 1);
	}
	return n;
}

static void check_jam(void *data, struct str object)
{
	struct reading *r = data;
	const struct jam *j = &r->game->jams[r->n < r->game->n ? r->n : 0];
	int64_t begin_ms = 0;

	CU_ASSERT_FATAL(r->n++ < r->game->n);
	CU_ASSERT(is_text(object, "number", j->number));
	CU_ASSERT(is_text(object, "before", j->before));
	CU_ASSERT(is_text(object, "after", j->after));
	CU_ASSERT(str_to_int(json_get(object, "begin"), &begin_ms));
	CU_ASSERT(begin_ms >= j->sent && begin_ms < j->sent + patience_ms(2000));
}

static void check_game(const struct told_game *g)
{
	BUF_CLEANUP struct buf body = { 0 };
	struct reading r = { g, 0 };
	char path[160];

	snprintf(path, sizeof(path), "/scoreboard/games/%s.json", g->id);
	CHECK_INT(get(path, &body), 200);
	CU_ASSERT(is_text(buf_view(&body), "result", g->result));
	each_object(json_get(buf_view(&body), "chapters"), check_jam, &r);
	CHECK_INT(r.n, g->n);
	snprintf(path, sizeof(path), "/scoreboard/games/%s.csv", g->id);
	CHECK_INT(get(path, &body), 200);
	r.n = 0;
	for (size_t i = 0; i < body.len; i++)
		r.n += body.p[i] == '\n';
	CHECK_INT(r.n, g->n + 1);
}

/* --- over a recording --- */

static size_t moments_wanted(void)
{
	return place_number("SB_HISTORY_MOMENTS", 12);
}

/* Plays it frame by frame, so that no two become one, with moments by chance. */
static void play_and_watch(const struct recording *r, struct tree *keys)
{
	TREE_CLEANUP struct tree state = { 0 };

	bool ready = false;

	n_games = 0;
	for (size_t i = 0; i < r->n_frames; i++) {
		int64_t sent = wall_now_ms();

		recording_fold(r, i, i + 1, &state);
		recording_play(r, i, i + 1, stage.board);
		tell_frame(&state, sent);
		if (!ready && n_games)
			ready = CHECK_READY(stage.publisher); /* the first game is not over before it was seen */
		nap_ms(2);
		if (chance((uint32_t)(r->n_frames / (moments_wanted() ? moments_wanted() : 1) + 1)) == 0)
			take_moment(keys);
	}
	take_moment(keys);
}

static void check_recording(const char *path)
{
	TREE_CLEANUP struct tree keys = { 0 };
	struct recording r;

	recording_load(&r, path);
	begin_alone(NULL, NULL);
	play_and_watch(&r, &keys);
	CU_ASSERT(n_moments > moments_wanted() / 4);
	check_moments();
	for (size_t i = 0; i < n_games; i++)
		check_game(&games[i]);
	CU_ASSERT(n_games > 0);
	CHECK_INT(publisher_stop(stage.publisher), 0);
	publisher_start_again(stage.publisher);
	CHECK_READY(stage.publisher);
	check_moments(); /* from the file */
	for (size_t i = 0; i < n_games; i++)
		check_game(&games[i]);
	forget_moments();
	stage_strike(&stage);
	recording_free(&r);
}

static void moments_and_jams_of_the_bundled_game_are_those_of_its_frames(void)
{
	check_recording(place_source("tests/fixtures/game.jsonl"));
}

static void moments_and_jams_of_the_long_game_are_those_of_its_frames(void)
{
	if (place_shared("crg/game-a.jsonl"))
		check_recording(place_shared("crg/game-a.jsonl"));
}

/* --- when it dies --- */

struct gaps {
	int64_t killed; /* one of them must hold this moment */
	int64_t from;   /* of that one; 0: none does */
};

static void take_gap(void *data, struct str object)
{
	struct gaps *g = data;
	int64_t from, to;

	if (str_to_int(json_get(object, "from"), &from) && str_to_int(json_get(object, "to"), &to) && from <= g->killed && g->killed <= to)
		g->from = from;
}

static bool has_gap(const char *game, struct gaps *g)
{
	BUF_CLEANUP struct buf body = { 0 };
	char path[160];

	g->from = 0;
	snprintf(path, sizeof(path), "/scoreboard/games/%s.json", game);
	if (get(path, &body) == 200)
		each_object(json_get(buf_view(&body), "gaps"), take_gap, g);
	return g->from != 0;
}

/* Some scores, then dead in the middle of them. */
static int64_t play_and_kill(int *score)
{
	int64_t until = wall_now_ms() + 600 + chance(700);
	char value[20];

	while (wall_now_ms() < until) {
		snprintf(value, sizeof(value), "%d", ++*score);
		board_says(stage.board, SCORE, value);
		nap_ms(1 + chance(30));
	}
	publisher_kill(stage.publisher);
	return wall_now_ms();
}

static void what_dies_loses_a_second_at_most_and_says_so(void)
{
	TREE_CLEANUP struct tree keys = { 0 };
	unsigned int n = place_number("SB_HISTORY_KILLS", 3), late = 0;
	int score = 0;

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	for (unsigned int i = 0; late <= 2 && i < n + 2 * late; i++) { /* when the machine stood still, two more have to be in time */
		struct gaps gaps;

		take_moment(&keys);
		gaps.killed = play_and_kill(&score);
		publisher_start_again(stage.publisher);
		CHECK_READY(stage.publisher);
		CU_ASSERT(WAIT_FOR(has_gap("g1", &gaps), 10000));
		CU_ASSERT(gaps.killed - gaps.from <= patience_ms(4000));
		if (gaps.killed - gaps.from > patience_ms(1000))
			printf("\n    the gap began %" PRId64 " ms before", gaps.killed - gaps.from);
		late += gaps.killed - gaps.from > patience_ms(1000);
		/* what was there well before is still there */
		if (moments[n_moments - 1].t < gaps.from)
			CU_ASSERT(is_at("g1", moments[n_moments - 1].t, &moments[n_moments - 1].expected, 5));
	}
	CU_ASSERT(late <= 2);
	take_moment(&keys);
	check_moments();
	forget_moments();
	stage_strike(&stage);
}

/* --- when it can't be written --- */

static bool health_says(bool ok, const char *words)
{
	BUF_CLEANUP struct buf body = { 0 };
	const char *part, *end;

	if (get("/health.json", &body) != 200)
		return false;
	part = strstr(body.p, "{\"part\":\"history\",");
	end = part ? strchr(part, '}') : NULL;
	return end && strstr(part, ok ? "\"ok\":true" : "\"ok\":false") < end && strstr(part, ok ? "\"ok\":true" : "\"ok\":false") &&
	       memmem(part, (size_t)(end - part), words, strlen(words));
}

/* The publisher goes on: what is said now is retained by the broker and served. */
static void check_mirrors(const char *score)
{
	board_says(stage.board, SCORE, score);
	CHECK_RETAINED(stage.broker, "scoreboard/team/1/score", score);
}

/* It is well again, and has a gap around the moment with this reason. */
static void check_recovered(const char *game, int64_t moment, const char *why)
{
	TREE_CLEANUP struct tree keys = { 0 };
	BUF_CLEANUP struct buf body = { 0 };
	struct gaps gaps = { .killed = moment };
	char path[160];

	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 15000));
	CU_ASSERT(WAIT_FOR(has_gap(game, &gaps), 5000));
	snprintf(path, sizeof(path), "/scoreboard/games/%s.json", game);
	CHECK_INT(get(path, &body), 200);
	CU_ASSERT(memmem(body.p, body.len, why, strlen(why)) != NULL);
	take_moment(&keys);
	check_moments();
	snprintf(path, sizeof(path), "/scoreboard/games/%s/at.json?t=%" PRId64, game, moment);
	CHECK_INT(get(path, &body), 200);
	CU_ASSERT(json_get(buf_view(&body), "gap").p != NULL);
	forget_moments();
}

static void fill(const char *path)
{
	static const char zeros[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	CU_ASSERT_FATAL(fd >= 0);
	for (size_t size = sizeof(zeros); size; size /= 2)
		while (write(fd, zeros, size) > 0)
			continue;
	close(fd);
}

/* A file system of 1 MB, in a mount table of our own. False: we may not. */
static bool mount_small(const char *dir)
{
	mkdir(dir, 0700);
	return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("small", dir, "tmpfs", 0, "size=1m") == 0;
}

static void a_full_disk_stops_nothing_but_the_history(void)
{
	char dir[200], filler[260];
	int64_t full_at;

	snprintf(dir, sizeof(dir), "%s", place_temp("small"));
	if (!mount_small(dir)) {
		printf("(it may not mount: skipped) ");
		return;
	}
	snprintf(file, sizeof(file), "%s/games.db", dir);
	snprintf(filler, sizeof(filler), "%s/filler", dir);
	stage_set(&stage, "live", ARGV("--history", file));
	start_game("g1");
	CHECK_READY(stage.publisher);
	check_mirrors("1");
	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 5000));
	fill(filler);
	for (int i = 2; i < 2000 && !health_says(false, "full"); i++) {
		char name[300];

		snprintf(name, sizeof(name), "\"%0*d\"", 200, i);
		board_says(stage.board, NAME_OF, name);
		board_says(stage.board, SCORE, i % 2 ? "2" : "3");
		nap_ms(5);
	}
	CU_ASSERT(WAIT_FOR(health_says(false, "full"), 5000));
	full_at = wall_now_ms();
	CU_ASSERT(publisher_metric(stage.publisher, "scoreboard_publisher_history_up") == 0);
	CU_ASSERT(publisher_metric(stage.publisher, "scoreboard_publisher_history_failures_total") > 0);
	check_mirrors("77");
	CU_ASSERT(publisher_ready(stage.publisher));
	unlink(filler);
	check_recovered("g1", full_at, "full");
	CU_ASSERT(publisher_metric(stage.publisher, "scoreboard_publisher_history_up") == 1);
	stage_strike(&stage);
	umount2(dir, MNT_DETACH);
}

static void a_locked_file_stops_nothing_but_the_history(void)
{
	sqlite3 *db = NULL;
	int64_t locked_at;

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	check_mirrors("1");
	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 5000));
	CHECK_INT(sqlite3_open(file, &db), SQLITE_OK);
	CU_ASSERT(WAIT_FOR(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, 5000));
	check_mirrors("2");
	CU_ASSERT(WAIT_FOR(health_says(false, "locked"), 10000));
	locked_at = wall_now_ms();
	check_mirrors("3");
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
	check_recovered("g1", locked_at, "locked");
	stage_strike(&stage);
}

static void a_file_that_is_none_stops_nothing(void)
{
	BUF_CLEANUP struct buf body = { 0 };
	char text[5000];

	memset(text, 'x', sizeof(text));
	begin();
	publisher_kill(stage.publisher);
	unlink(file);
	place_write(file, (struct str){ text, sizeof(text) });
	publisher_start_again(stage.publisher);
	start_game("g1");
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(health_says(false, "not a database"), 5000));
	check_mirrors("5");
	CHECK_INT(get("/scoreboard/games.json", &body), 503);
	unlink(file);
	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 10000));
	CU_ASSERT(WAIT_FOR(get("/scoreboard/games/g1.json", &body) == 200, 5000));
	stage_strike(&stage);
}

/* 8 MiB at most. The publisher itself takes more. */
static void a_view_that_is_too_large_is_told(void)
{
	BUF_CLEANUP struct buf name = { 0 };
	char path[100];

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	check_mirrors("1");
	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 5000));
	buf_printf(&name, "\"%0*d\"", 900000, 1);
	for (int i = 0; i < 11; i++) {
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.Team(1).Skater(%d).Name", i);
		board_says(stage.board, path, name.p);
	}
	CU_ASSERT(WAIT_FOR(health_says(false, "more than 8 MiB"), 20000));
	check_mirrors("2");
	for (int i = 0; i < 11; i++) {
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.Team(1).Skater(%d).Name", i);
		board_says(stage.board, path, "null");
	}
	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 20000));
	stage_strike(&stage);
}

static void of_two_that_write_one_file_the_second_does_not(void)
{
	const char *schema = place_source("schema/crg.json");
	struct publisher *second;
	struct stage kept;

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 5000));
	second = publisher_start(&(struct publisher_options){
		.board = stage.board, .args = ARGV("--broker", "none", "--schema", schema, "--history", file) });
	CHECK_READY(second);
	kept = stage;
	stage.publisher = second;
	CU_ASSERT(WAIT_FOR(health_says(false, "another publisher"), 5000));
	stage = kept;
	CU_ASSERT(health_says(true, "written"));
	publisher_free(second);
	stage_strike(&stage);
}

/* --- what comes and goes --- */

static void a_scoreboard_that_was_away_is_a_gap(void)
{
	struct gaps gaps;

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	board_stop(stage.board);
	CHECK_STATUS(stage.broker, "stale");
	gaps.killed = wall_now_ms();
	board_resume(stage.board);
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(has_gap("g1", &gaps), 5000));
	stage_strike(&stage);
}

static void a_follower_keeps_the_same(void)
{
	TREE_CLEANUP struct tree keys = { 0 };
	char source[64], other[300];
	struct publisher *leader, *follower;
	struct gaps gaps;

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	snprintf(source, sizeof(source), "mqtt://127.0.0.1:%d", broker_port(stage.broker));
	snprintf(other, sizeof(other), "%s", place_temp("follower.db"));
	follower = publisher_start(&(struct publisher_options){
		.args = ARGV("--source", source, "--broker", "none", "--schema", stage.mapping.schema, "--history", other) });
	CHECK_READY(follower);
	leader = stage.publisher;
	stage.publisher = follower;
	for (int i = 1; i < 6; i++) {
		char value[20];

		snprintf(value, sizeof(value), "%d", i);
		board_says(stage.board, SCORE, value);
		take_moment(&keys);
	}
	check_moments();
	board_stop(stage.board);
	CHECK_STATUS(stage.broker, "stale");
	nap_ms(300);
	gaps.killed = wall_now_ms();
	nap_ms(300);
	board_resume(stage.board);
	CHECK_STATUS(stage.broker, "live");
	CU_ASSERT(WAIT_FOR(has_gap("g1", &gaps), 10000));
	CU_ASSERT(mqtt_publish(broker_port(stage.broker), NULL, "scoreboard/presence/watching", STR("{\"total\":812}"), true));
	take_moment(&keys);
	forget_moments();
	stage.publisher = leader;
	publisher_free(follower);
	stage_strike(&stage);
}

static bool game_says(const char *game, const char *words)
{
	BUF_CLEANUP struct buf body = { 0 };
	char path[160];

	snprintf(path, sizeof(path), "/scoreboard/games/%s.json", game);
	return get(path, &body) == 200 && memmem(body.p, body.len, words, strlen(words)) != NULL;
}

static void who_watched_is_kept_by_the_minute(void)
{
	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(game_says("g1", "\"viewers\":{\"times\":[],\"peak\":null}"), 5000));
	CU_ASSERT(mqtt_publish(broker_port(stage.broker), NULL, "scoreboard/presence/watching", STR("{\"total\":812}"), true));
	CU_ASSERT(WAIT_FOR(game_says("g1", ",812]],\"peak\":812}"), 5000));
	CU_ASSERT(mqtt_publish(broker_port(stage.broker), NULL, "scoreboard/presence/watching", STR("{\"total\":3}"), true));
	nap_ms(200);
	CU_ASSERT(game_says("g1", "\"peak\":812}"));
	stage_strike(&stage);
}

static bool has_game(const char *game)
{
	BUF_CLEANUP struct buf body = { 0 };
	char id[100];

	snprintf(id, sizeof(id), "\"id\":\"%s\"", game);
	return get("/scoreboard/games.json", &body) == 200 && memmem(body.p, body.len, id, strlen(id)) != NULL;
}

/* 1 MiB at most: the oldest games go, the one that is on stays, and the file keeps within the limit. */
static void the_oldest_games_go_when_there_are_too_many(void)
{
	struct stat s;
	char last[20];
	int n;

	begin_alone("--history-keep-bytes", "1048576");
	start_game("g0");
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(has_game("g0"), 5000));
	for (n = 1; n < 40 && has_game("g0"); n++) {
		char id[20], name[1100];

		snprintf(id, sizeof(id), "g%d", n);
		start_game(id);
		CU_ASSERT(WAIT_FOR(has_game(id), 5000));
		for (int k = 0; k < 200; k++) {
			snprintf(name, sizeof(name), "\"%0*d\"", 1000, n * 1000 + k);
			board_says(stage.board, NAME_OF, name);
			board_says(stage.board, SCORE, k % 2 ? "1" : "2");
			nap_ms(1);
		}
	}
	CU_ASSERT_FALSE(has_game("g0"));
	snprintf(last, sizeof(last), "g%d", n - 1);
	CU_ASSERT(WAIT_FOR(has_game(last), 10000));
	CU_ASSERT(WAIT_FOR(health_says(true, "written"), 10000));
	CHECK_INT(stat(file, &s), 0);
	CU_ASSERT(s.st_size <= 1048576);
	stage_strike(&stage);
}

/* --- who asks --- */

/* Makes a game older than it is, in the publisher's own file. False: it is not there yet, or just being written. */
static bool age(const char *game, int days)
{
	sqlite3 *db = NULL;
	char sql[200];
	bool done;

	snprintf(sql, sizeof(sql), "UPDATE game SET last = last - %d * 86400000 WHERE id = '%s'", days, game);
	done = sqlite3_open(file, &db) == SQLITE_OK && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK && sqlite3_changes(db) == 1;
	sqlite3_close(db);
	return done;
}

/* What is too old is looked for when another game begins. */
static void games_go_when_they_are_too_old(void)
{
	static const char *const ids[] = { "g1", "g2", "g3" };

	begin_alone("--history-keep-days", "2");
	for (size_t i = 0; i < 3; i++) {
		start_game(ids[i]);
		CU_ASSERT(WAIT_FOR(has_game(ids[i]), 5000));
	}
	CU_ASSERT(WAIT_FOR(age("g1", 3), 5000));
	CU_ASSERT(WAIT_FOR(age("g2", 1), 5000));
	CU_ASSERT(has_game("g1"));
	start_game("g4");
	CU_ASSERT(WAIT_FOR(has_game("g4") && !has_game("g1"), 5000));
	CU_ASSERT(has_game("g2") && has_game("g3"));
	stage_strike(&stage);
}

static void what_is_asked_wrongly_is_refused(void)
{
	static const struct {
		const char *path;
		int status;
	} rows[] = {
		{ "/scoreboard/games.json", 200 },
		{ "/scoreboard/games.json?before=1", 200 },
		{ "/scoreboard/games/g1.json", 200 },
		{ "/scoreboard/games/g1/at.json", 200 },
		{ "/scoreboard/games/g1/at.json?t=1", 404 },
		{ "/scoreboard/games/g1/at.json?t=x", 400 },
		{ "/scoreboard/games/g1/deltas.ndjson?after=-1", 400 },
		{ "/scoreboard/games/g1/deltas.ndjson?after=99999", 200 },
		{ "/scoreboard/games/g2.json", 404 },
		{ "/scoreboard/games/g2/deltas.ndjson", 404 },
		{ "/scoreboard/games/..%2Fg1.json", 404 },
		{ "/games.json", 404 },
		{ "/other/games.json", 404 },
	};
	BUF_CLEANUP struct buf body = { 0 };

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(has_game("g1"), 5000));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = get(rows[i].path, &body);

		if (status != rows[i].status)
			printf("\n    %s", rows[i].path);
		CHECK_INT(status, rows[i].status);
	}
	buf_clear(&body);
	CU_ASSERT(http_raw(publisher_http_port(stage.publisher),
			   STR("HEAD /scoreboard/games.json HTTP/1.1\r\nconnection: close\r\n\r\n"), &body));
	CU_ASSERT(body.p && strncmp(body.p, "HTTP/1.1 200 ", 13) == 0 && str_ends(buf_view(&body), STR("\r\n\r\n")));
	CU_ASSERT(memmem(body.p, body.len, "x-scoreboard-prefix: scoreboard", 31) != NULL);
	stage_strike(&stage);
}

static void without_a_history_there_is_nothing(void)
{
	BUF_CLEANUP struct buf body = { 0 };

	stage_set(&stage, "live", NULL);
	CHECK_INT(WAIT_FOR(get("/healthz", &body) == 200, 5000), true);
	CHECK_INT(get("/scoreboard/games.json", &body), 404);
	stage_strike(&stage);
}

#define CROWD 200

/* More at once than may: some are refused at once and counted, and all others of the publisher's clients are served as ever. */
static void a_crowd_that_asks_holds_up_nobody_else(void)
{
	static const char ask[] = "GET /scoreboard/games/g1/at.json HTTP/1.1\r\nconnection: close\r\n\r\n";
	BUF_CLEANUP struct buf body = { 0 };
	unsigned int answered = 0;
	int fds[CROWD];

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(has_game("g1"), 5000));
	for (size_t i = 0; i < CROWD; i++)
		fds[i] = http_dial(publisher_http_port(stage.publisher));
	for (size_t i = 0; i < CROWD; i++)
		CU_ASSERT(fds[i] >= 0 && write(fds[i], ask, sizeof(ask) - 1) == sizeof(ask) - 1);
	CHECK_INT(get("/scoreboard/spectator.json", &body), 200);
	check_mirrors("9");
	for (size_t i = 0; i < CROWD; i++) {
		struct pollfd p = { .fd = fds[i], .events = POLLIN };
		char status[13] = "";

		CU_ASSERT(poll(&p, 1, (int)patience_ms(10000)) == 1 && read(fds[i], status, 12) == 12);
		answered += strcmp(status, "HTTP/1.1 200") == 0;
		CU_ASSERT(strcmp(status, "HTTP/1.1 200") == 0 || strcmp(status, "HTTP/1.1 503") == 0);
		close(fds[i]);
	}
	CU_ASSERT(answered >= 64 && answered < CROWD);
	CHECK_INT(publisher_metric(stage.publisher, "scoreboard_publisher_http_refused_total{reason=\"history\"}") +
			  publisher_metric(stage.publisher, "scoreboard_publisher_http_refused_total{reason=\"history_late\"}"),
		  CROWD - answered);
	CU_ASSERT(WAIT_FOR(has_game("g1"), 10000)); /* no seat was lost */
	stage_strike(&stage);
}

/* --- the log --- */

/* Folds the lines, and returns the number of the last event; *whole: the last line says that it is. */
static int64_t fold_log(struct str log, struct tree *state, bool *whole)
{
	struct str line, inner;
	int64_t n = 0;

	*whole = false;
	while (str_split(&log, '\n', &line)) {
		if (!line.len)
			continue;
		*whole = json_get(line, "end").p != NULL;
		if (!*whole && !str_to_int(json_get(line, "n"), &n))
			CU_FAIL("a line without a number");
		if ((inner = json_get(line, "snapshot")).p) {
			tree_free(state);
			json_members(json_get(inner, "state"), add_value, state);
		} else if ((inner = json_get(line, "delta")).p && json_get(inner, "set").p) {
			json_members(json_get(inner, "set"), add_value, state);
		}
	}
	return n;
}

/* In several pieces, and once more from the middle. The values change without any being taken back, so that folding `set` is enough. */
static void the_log_streams_and_can_be_resumed(void)
{
	BUF_CLEANUP struct buf all = { 0 };
	BUF_CLEANUP struct buf rest = { 0 };
	TREE_CLEANUP struct tree state = { 0 };
	TREE_CLEANUP struct tree resumed = { 0 };
	char path[100];
	bool whole;
	int64_t n;

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	for (int i = 1; i < 400; i++) {
		char name[1600];

		snprintf(name, sizeof(name), "\"%0*d\"", 1500, i);
		board_says(stage.board, NAME_OF, name);
		snprintf(name, sizeof(name), "%d", i);
		board_says(stage.board, SCORE, name);
		nap_ms(1);
	}
	CHECK_RETAINED(stage.broker, "scoreboard/team/1/score", "399");
	CU_ASSERT(WAIT_FOR((get("/scoreboard/games/g1/deltas.ndjson", &all), fold_log(buf_view(&all), &state, &whole),
			    str_is(tree_get(&state, STR("team/1/score")), "399")),
			   5000));
	CU_ASSERT(whole);
	CU_ASSERT(all.len > 150000); /* three pieces or more */
	n = fold_log((struct str){ all.p, (size_t)((char *)memchr(all.p + all.len / 2, '\n', all.len / 2) - all.p) }, &resumed, &whole);
	CU_ASSERT_FALSE(whole);
	snprintf(path, sizeof(path), "/scoreboard/games/g1/deltas.ndjson?after=%" PRId64, n);
	CHECK_INT(get(path, &rest), 200);
	CU_ASSERT(rest.len < all.len * 3 / 4);
	fold_log(buf_view(&rest), &resumed, &whole);
	CU_ASSERT(whole);
	CHECK_INT(tree_diff(&state, &resumed, 5), 0);
	stage_strike(&stage);
}

/* --- once more --- */

static bool serves(int port, const struct tree *expected, struct buf *body)
{
	TREE_CLEANUP struct tree got = { 0 };

	buf_clear(body);
	return http_get(port, "/scoreboard/spectator.json", body) == 200 && json_members(json_get(buf_view(body), "state"), add_value, &got) &&
	       tree_diff(expected, &got, 0) == 0;
}

static void a_game_can_be_played_again(void)
{
	TREE_CLEANUP struct tree keys = { 0 };
	BUF_CLEANUP struct buf body = { 0 };
	char source[400];
	struct publisher *again;
	int port;

	begin();
	start_game("g1");
	CHECK_READY(stage.publisher);
	for (int i = 1; i < 20; i++) {
		char value[20];

		snprintf(value, sizeof(value), "%d", i);
		board_says(stage.board, SCORE, value);
		nap_ms(2);
	}
	board_says(stage.board, "ScoreBoard.CurrentGame.Clock(Jam).Time", "5000");
	board_says(stage.board, "ScoreBoard.CurrentGame.Clock(Jam).Direction", "true");
	board_says(stage.board, "ScoreBoard.CurrentGame.Clock(Jam).Running", "true");
	take_moment(&keys);
	CHECK_INT(publisher_stop(stage.publisher), 0); /* all is in the file */
	snprintf(source, sizeof(source), "history:%s?game=g1", file);
	again = publisher_start(&(struct publisher_options){ .args = ARGV("--source", source, "--broker", "none", "--speed", "0") });
	port = publisher_http_port(again);
	CU_ASSERT(WAIT_FOR(serves(port, &moments[0].expected, &body), 10000));
	{
		struct str clock = json_get(json_get(buf_view(&body), "state"), "clock/jam");
		int64_t at_ms = 0;

		CU_ASSERT(str_to_int(json_get(clock, "at"), &at_ms));
		CU_ASSERT(at_ms > moments[0].t); /* it counts from now, not from then */
	}
	forget_moments();
	CHECK_INT(publisher_stop(again), 0);
	publisher_free(again);
	stage_strike(&stage);
}

const struct unit_test unit_tests[] = {
	UNIT(moments_and_jams_of_the_bundled_game_are_those_of_its_frames),
	UNIT(moments_and_jams_of_the_long_game_are_those_of_its_frames),
	UNIT(what_dies_loses_a_second_at_most_and_says_so),
	UNIT(a_full_disk_stops_nothing_but_the_history),
	UNIT(a_locked_file_stops_nothing_but_the_history),
	UNIT(a_file_that_is_none_stops_nothing),
	UNIT(a_view_that_is_too_large_is_told),
	UNIT(of_two_that_write_one_file_the_second_does_not),
	UNIT(a_scoreboard_that_was_away_is_a_gap),
	UNIT(a_follower_keeps_the_same),
	UNIT(who_watched_is_kept_by_the_minute),
	UNIT(the_oldest_games_go_when_there_are_too_many),
	UNIT(games_go_when_they_are_too_old),
	UNIT(what_is_asked_wrongly_is_refused),
	UNIT(without_a_history_there_is_nothing),
	UNIT(a_crowd_that_asks_holds_up_nobody_else),
	UNIT(the_log_streams_and_can_be_resumed),
	UNIT(a_game_can_be_played_again),
	{ NULL, NULL },
};
