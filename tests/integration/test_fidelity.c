/* The broker's retained tree equals the scoreboard's state: at any moment of a game, for any value, from any source. */
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define N_CUTS 200

const char *const unit_name = "fidelity";

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Random moments of the recording, in order. */
static void choose_cuts(size_t *cuts, size_t n, size_t n_frames)
{
	for (size_t i = 0; i < n; i++)
		cuts[i] = 1 + chance((uint32_t)n_frames);
	qsort(cuts, n, sizeof(*cuts), by_size);
}

static void play_with_cuts(const char *list)
{
	TREE_CLEANUP struct tree state = { NULL };
	struct recording r;
	size_t cuts[N_CUTS], at = 0;
	struct stage s;

	stage_set(&s, list, NULL);
	recording_load(&r, recording_path());
	choose_cuts(cuts, N_CUTS, r.n_frames);
	for (size_t i = 0; i < N_CUTS; i++) {
		stage_play(&s, &r, at, cuts[i]);
		recording_fold(&r, at, cuts[i], &state);
		at = cuts[i];
		if (!CHECK_HOLDS(s.broker, &state, &s.mapping, list)) {
			printf("    after frame %zu of %zu\n", at, r.n_frames);
			break;
		}
	}
	CHECK_INT(board_counts(s.board).connections, 1);
	CHECK_INT(board_counts(s.board).writes, 0);
	CHECK_INT(board_counts(s.board).app_pings, 0);
	recording_free(&r);
	stage_strike(&s);
}

static void the_live_part_is_mirrored_at_any_moment(void)
{
	play_with_cuts("live");
}

static void the_whole_game_is_mirrored_at_any_moment(void)
{
	play_with_cuts("full");
}

/* A path that is on the live list, with any argument. */
#define INFO(arg) "\"ScoreBoard.CurrentGame.EventInfo(" arg ")\""

static void hostile_values_and_arguments_are_exact(void)
{
	static const char *const frames[] = {
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"say \\\"hi\\\" \\\\ back\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"\xF0\x9F\x9B\xBC \\ud83d\\ude00 <b>x</b> \\u2028\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"a\\u0000b\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"\\u0000\"}}",
		/* a backslash and the text u0000 is no NUL; nor may any character be taken for one that stands in for it */
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"a\\\\u0000b\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"a\\\\u0000b\\u0000c\\\\\\u0000\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"\\u0000\\u0001\\ue000\xEE\x80\x80\\uf8ff\\udbff\\udffd\\ufffd\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"\\u0000\\u0000\",\"ScoreBoard.CurrentGame.State\":\"x\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"\\t\\r\\n\\b\\f\\/\\u001f\\u007f\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"null\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Name\":null}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Clock(Jam).Time\":-1}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Clock(Jam).Time\":0}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Clock(Jam).Time\":9999999999999}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Clock(Jam).Running\":true}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Clock(Jam).Running\":false}}",
		/* one value, three types: the newest counts */
		"{\"state\":{\"ScoreBoard.CurrentGame.Clock(Jam).Running\":\"false\"}}",
		"{\"state\":{\"ScoreBoard.CurrentGame.Clock(Jam).Running\":0}}",
		// clang-format off
		"{\"state\":{" INFO("a.b") ":1," INFO("a/b") ":2," INFO("a+b") ":3," INFO("a#b") ":4," INFO("+") ":5,"
			INFO("#") ":6," INFO("$SYS") ":7," INFO("a b") ":8," INFO("") ":9," INFO("%2F") ":10,"
			INFO("a%2fb") ":11," INFO("Zelen\xC3\xA1") ":12," INFO("\xF0\x9F\x9B\xBC") ":13,"
			INFO("\\\"q\\\"") ":14," INFO("\\\\") ":15," INFO("\\t\\r") ":16," INFO("\\u0000") ":17,"
			INFO("a\\u0000b") ":18," INFO("(") ":19," INFO("Jam") ":20," INFO("jam") ":21," INFO("JAM") ":22,"
			INFO(".") ":23," INFO("..") ":24," INFO("/") ":25," INFO("//") ":26," INFO("\\u0085") ":27,"
			INFO("\\ufffe") ":28," INFO("null") ":29," INFO("~") ":30," INFO("-") ":31," INFO("_") ":32}}",
		"{\"state\":{" INFO("a.b") ":null," INFO("a/b") ":null," INFO("+") ":null," INFO("#") ":null,"
			INFO("\\u0000") ":null," INFO("a\\u0000b") ":null," INFO("") ":null," INFO("Jam") ":null}}",
		// clang-format on
	};
	struct stage s;

	stage_set(&s, "live", NULL);
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		board_frame(s.board, str_of(frames[i]));
		if (!CHECK_STAGE(&s))
			printf("    after %s\n", frames[i]);
	}
	CHECK_INT(tree_count(&s.mapping.lines), 36); /* all of them could be asked for */
	stage_strike(&s);
}

static void a_long_value_is_exact(void)
{
	BUF_CLEANUP struct buf value = { 0 };
	struct stage s;

	stage_set(&s, "live", NULL);
	buf_char(&value, '"');
	for (int i = 0; i < 20000; i++)
		buf_printf(&value, "%d\xC3\xA1", i % 10);
	buf_char(&value, '"');
	board_says(s.board, "ScoreBoard.CurrentGame.Name", value.p);
	CHECK_STAGE(&s);
	stage_strike(&s);
}

static void frames_may_come_in_any_pieces(void)
{
	static const size_t sizes[] = { 1, 2, 7, 125, 126, 4096, 65536, 0 };
	struct recording r;
	struct stage s;

	stage_set(&s, "full", NULL);
	recording_load(&r, recording_path());
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		board_set_fragment(s.board, sizes[i], 0);
		/* the first frame of all is large: not in single bytes */
		stage_play(&s, &r, i ? r.n_frames * i / 8 : 1, i ? r.n_frames * i / 8 + 20 : 2);
		CHECK_STAGE(&s);
	}
	recording_free(&r);
	stage_strike(&s);
}

static void frames_may_come_deflated(void)
{
	struct recording r;
	struct stage s;

	stage_set(&s, "full", NULL);
	board_stop(s.board);
	board_set_deflate(s.board, true);
	board_resume(s.board);
	recording_load(&r, recording_path());
	stage_play(&s, &r, 0, 100);
	CHECK_STAGE(&s);
	if (!board_deflate_offered(s.board))
		printf("(the publisher's library offers no permessage-deflate) ");
	CHECK_INT(board_deflated(s.board), board_deflate_offered(s.board));
	stage_play(&s, &r, 100, r.n_frames);
	CHECK_STAGE(&s);
	recording_free(&r);
	stage_strike(&s);
}

/* ---- the other sources ---- */

static void a_file_leaves_its_last_state(void)
{
	struct mapping m = { .schema = place_source("schema/crg.json") };
	TREE_CLEANUP struct tree state = { NULL };
	BUF_CLEANUP struct buf source = { 0 };
	struct broker *b = broker_start(NULL);
	struct publisher *p;
	struct recording r;

	recording_load(&r, recording_path());
	recording_fold(&r, 0, r.n_frames, &state);
	buf_printf(&source, "file:%s", recording_path());
	p = publisher_start(&(struct publisher_options){
		.broker = b,
		.args = ARGV("--source", source.p, "--speed", "0", "--register", "full", "--schema", m.schema) });
	CHECK_INT(proc_wait(publisher_proc(p), 60000), 0);
	CHECK_HOLDS(b, &state, &m, "full");
	publisher_free(p);
	broker_free(b);
	recording_free(&r);
	mapping_free(&m);
}

#define FRAME(t, values) "{\"t\":" #t ",\"frame\":{\"state\":{" values "}}}\n"
#define NAME "\"ScoreBoard.CurrentGame.Name\":"
#define STATE "\"ScoreBoard.CurrentGame.State\":"

static struct publisher *play_file(struct broker *b, const char *text, const char *const *more)
{
	static char source[4200]; /* lives as long as the publisher may need it */
	const char *path = place_temp("played.jsonl"), *args[16] = { "--schema", place_source("schema/crg.json") };
	struct publisher *p;
	size_t n = 2;

	place_write(path, str_of(text));
	snprintf(source, sizeof(source), "file:%s", path);
	args[n++] = "--source";
	args[n++] = source;
	while (*more && n < 15)
		args[n++] = *more++;
	p = publisher_start(&(struct publisher_options){ .broker = b, .args = args });
	CU_ASSERT(WAIT_FOR(proc_count_lines(publisher_proc(p), 0, "main: started") > 0, 5000));
	return p;
}

/* Between its end and its beginning a recording's scoreboard is away: what is not in its first state is gone. */
static void a_looped_file_begins_anew(void)
{
	static const char text[] = "{\"t\":0,\"event\":\"connect\"}\n" FRAME(100, NAME "\"first\"")
		FRAME(700, NAME "\"second\"," STATE "\"Running\"") "{\"t\":1300,\"event\":\"disconnect\"}\n";
	struct broker *b = broker_start(NULL);
	struct watch *w = watch_start(broker_port(b), NULL, "scoreboard/name");
	struct publisher *p = play_file(b, text, ARGV("--speed", "1", "--loop"));

	CHECK_RETAINED(b, "scoreboard/state", "\"Running\"");
	CHECK_GONE(b, "scoreboard/state");
	CHECK_RETAINED(b, "scoreboard/state", "\"Running\"");
	CU_ASSERT(WAIT_FOR(watch_messages(w) >= 6, 10000)); /* three rounds of two names */
	CU_ASSERT(proc_running(publisher_proc(p)));
	publisher_free(p);
	watch_free(w);
	broker_free(b);
}

static double seconds_until_exit(const char *text, const char *speed)
{
	struct broker *b = broker_start(NULL);
	mono since = mono_now();
	struct publisher *p = play_file(b, text, ARGV("--speed", speed));
	double seconds;

	CHECK_INT(proc_wait(publisher_proc(p), 20000), 0);
	seconds = (double)mono_diff(mono_now(), since) / 1000;
	publisher_free(p);
	broker_free(b);
	return seconds;
}

static void a_file_keeps_time(void)
{
	static const char text[] = FRAME(1000, NAME "\"a\"") FRAME(3000, NAME "\"b\"");
	double as_recorded = seconds_until_exit(text, "1"), fast = seconds_until_exit(text, "10");

	for (int more = 2; more && fast >= as_recorded - 0.4; more--)
		fast = seconds_until_exit(text, "10");
	if (as_recorded < 1.9 || fast > 1.5 || fast < 0.2)
		printf("\n    2 s of play took %.2f s, ten times as fast %.2f s\n", as_recorded, fast);
	CU_ASSERT(as_recorded >= 1.9);
	CU_ASSERT(as_recorded < 1.9 + (double)patience_ms(3000) / 1000);
	CU_ASSERT(fast >= 0.2 && fast < as_recorded - 0.4);
}

/* --record appends: the second part's times start anew. */
static void a_file_of_two_parts_keeps_time(void)
{
	static const char text[] = FRAME(1000, NAME "\"a\"") FRAME(2000, NAME "\"b\"") FRAME(5, NAME "\"c\"")
		FRAME(1005, NAME "\"d\"");
	double s = seconds_until_exit(text, "1");

	if (s < 1.9)
		printf("\n    two parts of 1 s took %.2f s\n", s);
	CU_ASSERT(s >= 1.9);
	CU_ASSERT(s < 1.9 + (double)patience_ms(3000) / 1000);
}

static void write_frames(struct publisher *p, const struct recording *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		CU_ASSERT(proc_write(publisher_proc(p), r->frames[i]));
		CU_ASSERT(proc_write(publisher_proc(p), STR("\n")));
	}
}

static void lines_on_stdin_are_a_scoreboard(void)
{
	struct mapping m = { .schema = place_source("schema/crg.json") };
	TREE_CLEANUP struct tree state = { NULL };
	struct broker *b = broker_start(NULL);
	struct publisher *p;
	struct recording r;
	size_t cuts[10], at = 0;

	recording_load(&r, recording_path());
	choose_cuts(cuts, 10, r.n_frames);
	p = publisher_start(&(struct publisher_options){
		.broker = b,
		.args = ARGV("--source", "-", "--register", "live", "--schema", m.schema),
		.with_stdin = true });
	for (size_t i = 0; i < 10; i++) {
		write_frames(p, &r, at, cuts[i]);
		recording_fold(&r, at, cuts[i], &state);
		at = cuts[i];
		CHECK_HOLDS(b, &state, &m, "live");
	}
	proc_close_stdin(publisher_proc(p));
	CHECK_INT(proc_wait(publisher_proc(p), 10000), 0);
	CHECK_HOLDS(b, &state, &m, "live");
	publisher_free(p);
	broker_free(b);
	recording_free(&r);
	mapping_free(&m);
}

/* What --record writes, played again, gives the same tree. */
static void a_recording_of_ours_plays_the_same(void)
{
	const char *path = place_temp("ours.jsonl");
	TREE_CLEANUP struct tree state = { NULL };
	TREE_CLEANUP struct tree ours = { NULL };
	TREE_CLEANUP struct tree expected = { NULL };
	TREE_CLEANUP struct tree replayed = { NULL };
	struct recording r, written;
	struct stage s;

	stage_set(&s, "live", ARGV("--record", path));
	recording_load(&r, recording_path());
	stage_play(&s, &r, 0, 5);
	CHECK_STAGE(&s); /* so that the recording begins with a part of the game, not with all of it */
	stage_play(&s, &r, 5, r.n_frames);
	CHECK_STAGE(&s);
	board_state(s.board, &state);
	CHECK_INT(publisher_stop(s.publisher), 0);
	recording_load(&written, path);
	recording_fold(&written, 0, written.n_frames, &ours);
	expected_tree(&s.mapping, &state, "live", &expected);
	expected_tree(&s.mapping, &ours, "live", &replayed);
	CHECK_INT(tree_diff(&expected, &replayed, 10), 0);
	recording_free(&written);
	recording_free(&r);
	stage_strike(&s);
}

/* Not all brokers speak MQTT 5. */
static void mqtt_3_1_1_carries_the_same_tree(void)
{
	struct recording r;
	struct stage s;

	stage_set(&s, "live", ARGV("--mqtt-version", "3.1.1", "--retry-first-ms", "100"));
	recording_load(&r, recording_path());
	stage_play(&s, &r, 0, r.n_frames / 2);
	CHECK_STAGE(&s);
	CHECK_LINE(broker_proc(s.broker), 0, "as scoreboard-publisher@scoreboard (p2,"); /* 3.1.1; p5 is 5 */
	broker_restart(s.broker);
	stage_play(&s, &r, r.n_frames / 2, r.n_frames);
	CHECK_STAGE(&s);
	publisher_kill(s.publisher);
	CHECK_STATUS(s.broker, "offline");
	CU_ASSERT(mqtt_publish(broker_port(s.broker), NULL, "scoreboard/left/over", STR("1"), true));
	publisher_start_again(s.publisher);
	CHECK_STAGE(&s);
	CHECK_STATUS(s.broker, "live");
	CHECK_GONE(s.broker, "scoreboard/left/over");
	recording_free(&r);
	stage_strike(&s);
}

#define ABOUT "scoreboard/about"

/* It is told by who has a title for it, told again to a broker that has lost it, and gone with the title. */
static void what_it_is_about_is_said_while_it_has_a_title(void)
{
	static const char says[] = "{\"version\":1,\"title\":\"Track 1\",\"schema\":\"crg.json\",\"views\":[\"spectator\",\"overlay\",\"card\"],"
				   "\"addresses\":[\"http://a.example/\",\"http://b.example/\"]}";
	struct stage s;

	stage_set(&s, "live", ARGV("--title", "Track 1", "--address", "http://a.example/", "--address", "http://b.example/", "--retry-first-ms", "100"));
	board_says(s.board, "ScoreBoard.CurrentGame.Team(1).Score", "7");
	CHECK_STAGE(&s);
	CHECK_RETAINED(s.broker, ABOUT, says);
	proc_signal(publisher_proc(s.publisher), SIGHUP);
	CU_ASSERT(mqtt_publish(broker_port(s.broker), NULL, ABOUT, STR("{}"), true));
	broker_restart(s.broker);
	CHECK_RETAINED(s.broker, ABOUT, says);
	CHECK_STAGE(&s);
	publisher_free(s.publisher);
	s.publisher = publisher_start(&(struct publisher_options){ .board = s.board, .broker = s.broker, .args = ARGV("--schema", place_source("schema/crg.json")) });
	CHECK_GONE(s.broker, ABOUT);
	CHECK_STAGE(&s);
	stage_strike(&s);
}

const struct unit_test unit_tests[] = {
	UNIT(the_live_part_is_mirrored_at_any_moment),
	UNIT(the_whole_game_is_mirrored_at_any_moment),
	UNIT(hostile_values_and_arguments_are_exact),
	UNIT(a_long_value_is_exact),
	UNIT(frames_may_come_in_any_pieces),
	UNIT(frames_may_come_deflated),
	UNIT(a_file_leaves_its_last_state),
	UNIT(a_looped_file_begins_anew),
	UNIT(a_file_keeps_time),
	UNIT(a_file_of_two_parts_keeps_time),
	UNIT(lines_on_stdin_are_a_scoreboard),
	UNIT(a_recording_of_ours_plays_the_same),
	UNIT(mqtt_3_1_1_carries_the_same_tree),
	UNIT(what_it_is_about_is_said_while_it_has_a_title),
	{ NULL, NULL },
};
