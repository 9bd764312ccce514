/* Bad input of every kind: one clear line, one counter, and nothing is lost once the cause is gone. */
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define METRIC "scoreboard_publisher_"
#define REFUSED(reason) METRIC "frames_refused_total{reason=\"" reason "\"}"
#define UNMAPPED(reason) METRIC "updates_unmapped_total{reason=\"" reason "\"}"
#define SOURCE(reason) METRIC "source_reconnects_total{reason=\"" reason "\"}"

const char *const unit_name = "bad_input";

/* Lines a person is meant to read, since the mark. */
static unsigned int complaints(struct publisher *p, size_t mark)
{
	return proc_count_lines(publisher_proc(p), mark, " warn ") + proc_count_lines(publisher_proc(p), mark, " error");
}

static bool counted(struct publisher *p, const char *row, double before)
{
	double now = publisher_metric(p, row);

	return !isnan(now) && now > before;
}

/* The counter rises and a line tells. mark is where the lines of this kind begin: what goes on all the time is told
 * now and then, not each time. */
static bool check_told(struct publisher *p, size_t mark, const char *row, double before, const char *what)
{
	bool ok = WAIT_FOR(counted(p, row, before), 5000) && WAIT_FOR(complaints(p, mark) > 0, 1000);

	CU_ASSERT(ok);
	if (!ok) {
		printf("\n    %s: %s was %g, is %g; %u lines of warning", what, row, before, publisher_metric(p, row),
		       complaints(p, mark));
		proc_print_tail(publisher_proc(p));
	}
	return ok;
}

static const char *reconnects_row(struct broker *b, const char *reason)
{
	static char row[160];

	snprintf(row, sizeof(row), METRIC "broker_reconnects_total{broker=\"127.0.0.1:%d\",reason=\"%s\"}", broker_port(b), reason);
	return row;
}

/* ---- messages ---- */

struct bad_message {
	const char *what;
	int opcode;
	struct str bytes;
	const char *row; /* of the metrics, that rises */
	bool loses;      /* it may have been a change of the state */
};

#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}
#define NAME_IS(value) "{\"state\":{\"ScoreBoard.CurrentGame.Name\":" value "}}"

static const struct bad_message bad_messages[] = {
	{ "cut off in a string", 1, BYTES("{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"x"), REFUSED("bad_json"), true },
	{ "cut off in an object", 1, BYTES("{\"state\":{\"ScoreBoard.CurrentGame.Name\":1"), REFUSED("bad_json"), true },
	{ "no JSON", 1, BYTES("hello"), REFUSED("bad_json"), true },
	{ "empty", 1, BYTES(""), REFUSED("bad_json"), true },
	{ "text behind the message", 1, BYTES(NAME_IS("1") "x"), REFUSED("bad_json"), true },
	{ "a number", 1, BYTES("7"), REFUSED("no_state"), false },
	{ "an array", 1, BYTES("[]"), REFUSED("no_state"), false },
	{ "no state", 1, BYTES("{\"foo\":{\"a\":1}}"), REFUSED("no_state"), false },
	{ "a state that is an array", 1, BYTES("{\"state\":[1]}"), REFUSED("no_state"), false },
	{ "a state that is text", 1, BYTES("{\"state\":\"x\"}"), REFUSED("no_state"), false },
	{ "an object as value", 1, BYTES(NAME_IS("{}")), UNMAPPED("bad_value"), false },
	{ "an array as value", 1, BYTES(NAME_IS("[]")), UNMAPPED("bad_value"), false },
	{ "a number beyond telling", 1, BYTES(NAME_IS("1e999")), UNMAPPED("bad_value"), false },
	{ "binary", 2, BYTES("\0\1\2\3"), REFUSED("binary"), true },
	{ "binary that looks right", 2, BYTES(NAME_IS("1")), REFUSED("binary"), true },
};

static void send_bad(struct stage *s, const struct bad_message *m, size_t mark)
{
	static unsigned int n;
	size_t before_lines = complaints(s->publisher, mark);
	double before = publisher_metric(s->publisher, m->row);
	unsigned int lines;
	char lost_value[32];

	snprintf(lost_value, sizeof(lost_value), "\"lost %u\"", ++n);
	/* what the broken message would have told: only asking again can tell now */
	if (m->loses)
		board_keeps_quiet(s->board, "ScoreBoard.CurrentGame.TimeoutOwner", lost_value);
	board_send_raw(s->board, m->opcode, m->bytes.p, m->bytes.len);
	check_told(s->publisher, mark, m->row, before, m->what);
	if (!CHECK_STAGE(s))
		printf("    after: %s\n", m->what);
	board_says(s->board, "ScoreBoard.CurrentGame.Name", "\"still here\"");
	if (!CHECK_STAGE(s))
		printf("    a change after: %s\n", m->what);
	lines = complaints(s->publisher, mark) - (unsigned int)before_lines;
	if (lines > 2) {
		printf("\n    %s: %u lines of warning for one message", m->what, lines);
		proc_print_tail(publisher_proc(s->publisher));
	}
	CU_ASSERT(lines <= 2);
}

static void stand(struct stage *s, const char *const *args)
{
	stage_set(s, "live", args);
	board_says(s->board, "ScoreBoard.CurrentGame.State", "\"Running\"");
	board_says(s->board, "ScoreBoard.CurrentGame.Team(1).Score", "7");
	CHECK_READY(s->publisher);
	CHECK_STAGE(s);
}

#define QUICK "--retry-first-ms", "100", "--retry-max-ms", "1000"

static void bad_messages_are_told_counted_and_survived(void)
{
	struct stage s;
	size_t mark = 0;

	stand(&s, ARGV(QUICK));
	for (size_t i = 0; i < sizeof(bad_messages) / sizeof(bad_messages[0]); i++) {
		char path[80];

		/* something new each time, so that the mirror has to be right again */
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.EventInfo(%zu)", i);
		board_says(s.board, path, "true");
		if (!i || strcmp(bad_messages[i].row, bad_messages[i - 1].row) != 0)
			mark = proc_mark(publisher_proc(s.publisher));
		send_bad(&s, &bad_messages[i], mark);
	}
	CHECK_INT(board_counts(s.board).open_max, 1);
	stage_strike(&s);
}

static void deep_nesting_is_refused(void)
{
	BUF_CLEANUP struct buf deep = { 0 };
	struct bad_message m = { "100,000 levels", 1, { NULL, 0 }, REFUSED("bad_json"), true };
	struct stage s;

	stand(&s, ARGV(QUICK));
	buf_puts(&deep, "{\"state\":");
	for (int i = 0; i < 100000; i++)
		buf_char(&deep, i % 2 ? '[' : '{');
	m.bytes = buf_view(&deep);
	send_bad(&s, &m, 0);
	buf_clear(&deep);
	buf_puts(&deep, "{\"state\":{\"ScoreBoard.CurrentGame.Name\":");
	for (int i = 0; i < 500; i++)
		buf_char(&deep, '[');
	for (int i = 0; i < 500; i++)
		buf_char(&deep, ']');
	buf_puts(&deep, "}}");
	m = (struct bad_message){ "500 levels, closed", 1, buf_view(&deep), UNMAPPED("bad_value"), false };
	send_bad(&s, &m, proc_mark(publisher_proc(s.publisher)));
	stage_strike(&s);
}

static void text_that_is_no_utf8_is_refused(void)
{
	static const struct str bad_value = BYTES(NAME_IS("\"\xC3\x28\""));
	static const struct str bad_path = BYTES("{\"state\":{\"ScoreBoard.CurrentGame.EventInfo(\xFF)\":1}}");
	size_t mark;
	struct stage s;

	stand(&s, NULL);
	mark = proc_mark(publisher_proc(s.publisher));
	board_send_raw(s.board, 1, bad_value.p, bad_value.len);
	/* the library may refuse it before us: then the connection is lost, which is a counter, too */
	CU_ASSERT(WAIT_FOR(publisher_metric(s.publisher, UNMAPPED("bad_value")) > 0 ||
				   publisher_metric(s.publisher, UNMAPPED("bad_utf8")) > 0 ||
				   publisher_metric(s.publisher, REFUSED("bad_json")) > 0 ||
				   publisher_metric(s.publisher, SOURCE("lost")) > 0,
			   5000));
	CU_ASSERT(complaints(s.publisher, mark) > 0);
	board_send_raw(s.board, 1, bad_path.p, bad_path.len);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"still here\"");
	CHECK_STAGE(&s);
	stage_strike(&s);
}

static void a_hundred_megabytes_are_refused_in_bounded_memory(void)
{
	const size_t size = (size_t)100 << 20;
	struct bad_message m = { "100 MB", 1, { NULL, 0 }, REFUSED("too_large"), true };
	char *huge = malloc(size);
	struct stage s;
	long peak_kb;

	stand(&s, ARGV(QUICK));
	memset(huge, ' ', size);
	memcpy(huge, "{\"state\":{\"a\":\"", 15);
	m.bytes = (struct str){ huge, size };
	send_bad(&s, &m, 0);
	board_set_fragment(s.board, 1 << 20, 0);
	send_bad(&s, &m, 0);
	peak_kb = proc_rss_peak_kb(publisher_proc(s.publisher));
	printf("(peak %ld MB) ", peak_kb / 1024);
	CU_ASSERT(peak_kb > 0 && (place_instrumented() || peak_kb < 64 * 1024));
	free(huge);
	stage_strike(&s);
}

/* --- the largest frames that are taken, against the memory that the unit gives --- */

#define FRAME_BYTES ((size_t)4 << 20)

static long unit_memory_kb(void)
{
	BUF_CLEANUP struct buf unit = { 0 };
	const char *at;

	CU_ASSERT_FATAL(place_read(place_source("conf/systemd/scoreboard-publisher.service"), &unit));
	at = strstr(unit.p, "\nMemoryMax=");
	CU_ASSERT_FATAL(at != NULL && strstr(at, "M\n"));
	return strtol(at + strlen("\nMemoryMax="), NULL, 10) * 1024;
}

/* A frame of exactly this size, of new values in both feeds. */
static void fill_frame(struct buf *out, unsigned int *n)
{
	buf_clear(out);
	buf_puts(out, "{\"state\":{\"ScoreBoard.CurrentGame.State\":\"Running\"");
	while (out->len + 80 < FRAME_BYTES) {
		buf_printf(out, ",\"ScoreBoard.CurrentGame.EventInfo(%u)\":%u", *n, *n);
		++*n;
	}
	buf_puts(out, "}}");
	while (out->len < FRAME_BYTES)
		buf_char(out, ' ');
}

/* Few bytes a value, so that the tree is as large as it may be. */
static void bushy_frame(struct buf *out, size_t values)
{
	buf_clear(out);
	buf_puts(out, "{\"state\":{},\"x\":[0");
	while (values--)
		buf_puts(out, ",0");
	buf_puts(out, "]}");
	while (out->len < FRAME_BYTES)
		buf_char(out, ' ');
}

static void send_frame(struct stage *s, const struct buf *frame)
{
	double before = publisher_metric(s->publisher, METRIC "frames_total");

	board_send_raw(s->board, 1, frame->p, frame->len);
	CU_ASSERT(WAIT_FOR(publisher_metric(s->publisher, METRIC "frames_total") > before, 20000));
}

/* With the stage's they are the four that the unit's comment speaks of. What a broker should hold takes memory also while it is away. */
#define MORE_BROKERS "--broker", "mqtt://127.0.0.1:1", "--broker", "mqtt://127.0.0.1:2", "--broker", "mqtt://127.0.0.1:3"

static void the_largest_frames_fit_the_unit(void)
{
	BUF_CLEANUP struct buf frame = { 0 };
	unsigned int n = 0;
	struct stage s;
	double refused;
	long peak_kb;

	stand(&s, ARGV(MORE_BROKERS));
	while (publisher_metric(s.publisher, UNMAPPED("memory_limit")) == 0 && n < 1000000) {
		fill_frame(&frame, &n);
		send_frame(&s, &frame);
	}
	refused = publisher_metric_sum(s.publisher, METRIC "frames_refused_total");
	bushy_frame(&frame, 550000);
	send_frame(&s, &frame);
	CU_ASSERT_EQUAL(publisher_metric(s.publisher, REFUSED("no_state")), 0);
	CU_ASSERT_EQUAL(publisher_metric_sum(s.publisher, METRIC "frames_refused_total"), refused);
	bushy_frame(&frame, 1000000);
	send_frame(&s, &frame);
	CU_ASSERT_EQUAL(publisher_metric(s.publisher, REFUSED("too_large")), 1);
	peak_kb = proc_rss_peak_kb(publisher_proc(s.publisher));
	printf("\n    %u values, peak %ld MB of %ld MB ", n, peak_kb / 1024, unit_memory_kb() / 1024);
	CU_ASSERT(place_instrumented() || peak_kb < unit_memory_kb() * 8 / 10);
	stage_strike(&s);
}

static void a_smaller_limit_can_be_set(void)
{
	BUF_CLEANUP struct buf value = { 0 };
	double before;
	struct stage s;
	size_t mark;

	stand(&s, ARGV("--max-frame-bytes", "10000"));
	buf_char(&value, '"');
	for (int i = 0; i < 12000; i++)
		buf_char(&value, 'x');
	buf_char(&value, '"');
	mark = proc_mark(publisher_proc(s.publisher));
	before = publisher_metric(s.publisher, REFUSED("too_large"));
	board_says(s.board, "ScoreBoard.CurrentGame.Name", value.p);
	check_told(s.publisher, mark, REFUSED("too_large"), before, "12 kB with a limit of 10 kB");
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"short\"");
	CHECK_STAGE(&s);
	stage_strike(&s);
}

static void a_flood_of_bad_messages_is_survived(void)
{
	static const struct str bad = BYTES(NAME_IS("[]"));
	struct stage s;

	stand(&s, NULL);
	for (int i = 0; i < 2000; i++)
		board_send_raw(s.board, 1, bad.p, bad.len);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"after\"");
	CHECK_STAGE(&s);
	CU_ASSERT(proc_mark(publisher_proc(s.publisher)) < 1000000); /* the log is bounded, too */
	stage_strike(&s);
}

/* A scoreboard that tells what nobody asked for. */
static void what_was_not_asked_for_is_not_published(void)
{
	static const struct str lies = BYTES("{\"state\":{\"ScoreBoard.Clients.Device(x).Name\":\"private\","
					     "\"ScoreBoard.CurrentGame.Period(1).Jam(1).Duration\":1,"
					     "\"WS.Client.RemoteAddress\":\"10.0.0.1\",\"A.B\":1,"
					     "\"ScoreBoard.CurrentGame.EventInfo(y)\":true}}");
	TREE_CLEANUP struct tree got = { NULL };
	struct stage s;

	stand(&s, NULL);
	board_send_raw(s.board, 1, lies.p, lies.len);
	board_keeps_quiet(s.board, "ScoreBoard.CurrentGame.EventInfo(y)", "true");
	CHECK_STAGE(&s);
	CU_ASSERT(tree_read(broker_port(s.broker), "#", &got));
	tree_each(&got, leaf) {
		CU_ASSERT_PTR_NULL(memmem(leaf->value.p, leaf->value.len, "private", 7));
		CU_ASSERT_PTR_NULL(memmem(leaf->value.p, leaf->value.len, "10.0.0.1", 8));
	}
	CU_ASSERT(publisher_metric(s.publisher, UNMAPPED("not_registered")) >= 4);
	stage_strike(&s);
}

static void memory_has_a_ceiling_that_is_told(void)
{
	BUF_CLEANUP struct buf frame = { 0 };
	char path[80];
	struct stage s;

	stand(&s, ARGV(QUICK, "--max-state-bytes", "1000000"));
	buf_puts(&frame, "{\"state\":{\"ScoreBoard.CurrentGame.EventInfo(0)\":0");
	for (int i = 1; i < 50000; i++)
		buf_printf(&frame, ",\"ScoreBoard.CurrentGame.EventInfo(%d)\":%d", i, i);
	buf_puts(&frame, "}}");
	board_frame(s.board, buf_view(&frame));
	check_told(s.publisher, 0, UNMAPPED("memory_limit"), 0, "50,000 paths in 1 MB");
	CU_ASSERT(place_instrumented() || proc_rss_peak_kb(publisher_proc(s.publisher)) < 48 * 1024);
	board_stop(s.board);
	for (int i = 0; i < 50000; i++) {
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.EventInfo(%d)", i);
		board_keeps_quiet(s.board, path, "null");
	}
	board_resume(s.board);
	CHECK_STAGE(&s);
	stage_strike(&s);
}

static void a_path_too_long_for_a_topic_is_told(void)
{
	BUF_CLEANUP struct buf path = { 0 };
	struct stage s;

	stand(&s, NULL);
	buf_puts(&path, "ScoreBoard.CurrentGame.EventInfo(");
	for (int i = 0; i < 66000; i++)
		buf_char(&path, 'x');
	buf_char(&path, ')');
	board_says(s.board, path.p, "true");
	check_told(s.publisher, 0, UNMAPPED("topic_too_long"), 0, "a path of 66 kB");
	board_says(s.board, path.p, "null");
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"short\"");
	CHECK_STAGE(&s);
	stage_strike(&s);
}

static void errors_of_the_scoreboard_are_told(void)
{
	static const struct str error = BYTES("{\"error\":\"no such thing\\nfake line\"}");
	size_t mark;
	struct stage s;

	stand(&s, NULL);
	mark = proc_mark(publisher_proc(s.publisher));
	board_send_raw(s.board, 1, error.p, error.len);
	check_told(s.publisher, mark, METRIC "scoreboard_notices_total", 0, "an error message");
	CHECK_LINE(publisher_proc(s.publisher), mark, "no such thing");
	CHECK_STAGE(&s);
	stage_strike(&s);
}

/* ---- a scoreboard that misbehaves as a peer ---- */

struct bad_peer {
	const char *what;
	enum board_mode mode;
	const char *row;
	int64_t within_ms;
};

static const struct bad_peer bad_peers[] = {
	{ "closes at once", BOARD_CLOSE_AT_ONCE, SOURCE("lost"), 10000 },
	{ "closes after the upgrade", BOARD_CLOSE_AFTER_UPGRADE, SOURCE("lost"), 10000 },
	{ "says 503", BOARD_REFUSE_503, SOURCE("lost"), 10000 },
	{ "accepts and says nothing", BOARD_ACCEPT_AND_SAY_NOTHING, SOURCE("dial_timeout"), 10000 },
};

static void meet_bad_peer(struct stage *s, const struct bad_peer *peer)
{
	size_t mark = proc_mark(publisher_proc(s->publisher));
	double before = publisher_metric(s->publisher, peer->row);
	unsigned int connections;
	bool ok;

	/* cut off first: what then is counted is the bad peer's doing */
	board_set_mode(s->board, peer->mode);
	board_drop(s->board);
	if (strcmp(peer->row, SOURCE("lost")) == 0)
		before += 1;
	ok = WAIT_FOR(counted(s->publisher, peer->row, before), peer->within_ms);
	CU_ASSERT(ok);
	if (!ok) {
		printf("\n    %s: %s did not rise above %g", peer->what, peer->row, before);
		proc_print_tail(publisher_proc(s->publisher));
	}
	CU_ASSERT(complaints(s->publisher, mark) > 0);
	CHECK_STATUS(s->broker, "stale");
	connections = board_counts(s->board).connections;
	nap_ms(3000);
	/* no storm: it backs off to one a second, less a quarter by chance */
	CU_ASSERT(board_counts(s->board).connections - connections <= 5);
	board_says(s->board, "ScoreBoard.CurrentGame.Name", "\"meanwhile\"");
	board_set_mode(s->board, BOARD_NORMAL);
	CHECK_READY(s->publisher);
	if (!CHECK_STAGE(s))
		printf("    after a scoreboard that %s\n", peer->what);
	CHECK_STATUS(s->broker, "live");
}

static void a_scoreboard_that_misbehaves_is_waited_for(void)
{
	struct stage s;

	stand(&s, ARGV(QUICK, "--dial-timeout-ms", "1500"));
	for (size_t i = 0; i < sizeof(bad_peers) / sizeof(bad_peers[0]); i++)
		meet_bad_peer(&s, &bad_peers[i]);
	CHECK_INT(board_counts(s.board).open_max, 1);
	stage_strike(&s);
}

/* Pings unanswered, or nothing said while a clock runs: either is death, told apart by the counter. */
static void fall_silent(const char *const *args, const char *row)
{
	struct stage s;
	size_t mark;

	stand(&s, args);
	board_says(s.board, "ScoreBoard.CurrentGame.Clock(Jam).Running", "true");
	CHECK_STAGE(&s);
	mark = proc_mark(publisher_proc(s.publisher));
	board_set_mode(s.board, BOARD_UPGRADE_THEN_SILENT);
	check_told(s.publisher, mark, row, 0, "a silent scoreboard");
	CHECK_STATUS(s.broker, "stale");
	board_set_mode(s.board, BOARD_NORMAL);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"awake\"");
	CHECK_READY(s.publisher);
	CHECK_STAGE(&s);
	CHECK_STATUS(s.broker, "live");
	CHECK_INT(board_counts(s.board).open_max, 1);
	stage_strike(&s);
}

static void a_scoreboard_without_pongs_is_given_up(void)
{
	fall_silent(ARGV(QUICK, "--ping-every-ms", "500", "--pong-within-ms", "1000"), SOURCE("no_pong"));
}

static void a_scoreboard_without_ticks_is_given_up(void)
{
	fall_silent(ARGV(QUICK, "--stale-after-ms", "1500", "--ping-every-ms", "100000"), SOURCE("silent"));
}

static void a_scoreboard_at_rest_is_left_alone(void)
{
	struct stage s;

	stand(&s, ARGV(QUICK, "--stale-after-ms", "500", "--ping-every-ms", "300", "--pong-within-ms", "3000"));
	board_says(s.board, "ScoreBoard.CurrentGame.Clock(Jam).Running", "false");
	nap_ms(4000);
	CU_ASSERT(WAIT_FOR(board_counts(s.board).pings >= 3, 5000));
	CHECK_INT(board_counts(s.board).connections, 1);
	CHECK_INT(board_counts(s.board).app_pings, 0);
	CHECK_STATUS(s.broker, "live");
	stage_strike(&s);
}

/* ---- a broker that refuses ---- */

static void set_password(const char *file, const char *password)
{
	CHECK_INT(proc_run(ARGV("mosquitto_passwd", "-c", "-b", file, "publisher", password), STR(""), NULL, NULL), 0);
}

static void stand_with_password(struct stage *s, const char *given, const char **file)
{
	const char *password_file = place_temp("publisher.password"), *users = place_temp("users");
	BUF_CLEANUP struct buf conf = { 0 };

	set_password(users, "right");
	place_write(password_file, str_of(given));
	buf_printf(&conf, "allow_anonymous false\npassword_file %s\n", users);
	*file = users;
	stage_set_with(s, "live", broker_start(&(struct broker_options){ .conf = conf.p }),
		       ARGV("--user", "publisher", "--password-file", password_file, QUICK), NULL);
	board_says(s->board, "ScoreBoard.CurrentGame.Name", "\"behind a door\"");
}

static bool read_with_password(struct stage *s, const char *password)
{
	const struct login login = { .user = "publisher", .password = password };
	TREE_CLEANUP struct tree got = { NULL };

	return tree_read_as(broker_port(s->broker), &login, "scoreboard/#", &got) &&
	       str_is(tree_get(&got, STR("scoreboard/name")), "\"behind a door\"");
}

static void a_password_from_a_file_opens_the_door(void)
{
	const char *users;
	struct stage s;

	stand_with_password(&s, "right\n", &users);
	CHECK_READY(s.publisher);
	CU_ASSERT(WAIT_FOR(read_with_password(&s, "right"), 10000));
	stage_strike(&s);
}

static void a_wrong_password_is_told_and_tried_again(void)
{
	const char *users;
	struct stage s;

	stand_with_password(&s, "wrong\n", &users);
	check_told(s.publisher, 0, reconnects_row(s.broker, "refused"), 0, "a wrong password");
	CU_ASSERT_FALSE(publisher_ready(s.publisher));
	CHECK_INT(proc_count_lines(publisher_proc(s.publisher), 0, "wrong\n"), 0);
	set_password(users, "wrong"); /* the operator gives in */
	broker_reload(s.broker);
	CU_ASSERT(WAIT_FOR(publisher_ready(s.publisher), 45000));
	CU_ASSERT(WAIT_FOR(read_with_password(&s, "wrong"), 10000));
	stage_strike(&s);
}

static void a_password_from_the_environment_works(void)
{
	const char *users = place_temp("users-env");
	BUF_CLEANUP struct buf conf = { 0 };
	struct stage s;

	set_password(users, "from-env");
	buf_printf(&conf, "allow_anonymous false\npassword_file %s\n", users);
	stage_set_with(&s, "live", broker_start(&(struct broker_options){ .conf = conf.p }), ARGV("--user", "publisher"),
		       ARGV("SCOREBOARD_PASSWORD=from-env"));
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"behind a door\"");
	CHECK_READY(s.publisher);
	CU_ASSERT(WAIT_FOR(read_with_password(&s, "from-env"), 10000));
	stage_strike(&s);
}

static void a_broker_that_refuses_topics_is_told_and_healed(void)
{
	const char *acl = place_temp("acl");
	BUF_CLEANUP struct buf conf = { 0 };
	struct stage s;

	place_write(acl, STR("topic read #\ntopic write test-marker/#\n"));
	buf_printf(&conf, "acl_file %s\n", acl);
	stage_set_with(&s, "live", broker_start(&(struct broker_options){ .conf = conf.p }), ARGV(QUICK), NULL);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"not allowed\"");
	CU_ASSERT(WAIT_FOR(complaints(s.publisher, 0) > 0, 10000));
	CU_ASSERT_FALSE(publisher_ready(s.publisher));
	place_write(acl, STR("topic readwrite #\n"));
	broker_reload(s.broker);
	CU_ASSERT(WAIT_FOR(publisher_ready(s.publisher), 45000));
	CHECK_STAGE(&s);
	stage_strike(&s);
}

static void a_broker_that_is_none_is_told(void)
{
	BUF_CLEANUP struct buf url = { 0 };
	struct board *not_a_broker = board_start(), *board = board_start();
	struct publisher *p;

	buf_printf(&url, "mqtt://127.0.0.1:%d", board_port(not_a_broker));
	p = publisher_start(&(struct publisher_options){
		.board = board, .args = ARGV(QUICK, "--broker", url.p, "--schema", place_source("schema/crg.json")) });
	CU_ASSERT(WAIT_FOR(publisher_metric_sum(p, METRIC "broker_reconnects_total") > 0, 40000));
	CU_ASSERT(WAIT_FOR(complaints(p, 0) > 0, 1000));
	CU_ASSERT(proc_running(publisher_proc(p)));
	publisher_free(p);
	board_free(not_a_broker);
	board_free(board);
}

static void a_broker_that_comes_late_gets_everything(void)
{
	struct broker *broker = broker_start(NULL);
	struct stage s;

	broker_kill(broker);
	stage_set_with(&s, "live", broker, ARGV(QUICK), NULL);
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"early\"");
	check_told(s.publisher, 0, reconnects_row(s.broker, "lost"), 0, "no broker");
	board_says(s.board, "ScoreBoard.CurrentGame.Team(1).Score", "8");
	broker_start_again(s.broker);
	CU_ASSERT(WAIT_FOR(publisher_ready(s.publisher), 45000));
	CHECK_STAGE(&s);
	stage_strike(&s);
}

/* ---- recordings and pipes ---- */

static const char bad_lines[] = "\n"
				"not JSON\n"
				"{\"t\":1}\n"
				"{\"t\":2,\"frame\":7}\n"
				"{\"t\":3,\"frame\":{\"state\":[]}}\n"
				"{\"t\":4,\"frame\":{\"state\":{\"ScoreBoard.CurrentGame.Name\":{}}}}\n"
				"{\"t\":5,\"frame\":{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"cut";

static struct publisher *read_lines(struct broker *b, const char *source)
{
	return publisher_start(&(struct publisher_options){
		.broker = b,
		.args = ARGV("--source", source, "--speed", "0", "--schema", place_source("schema/crg.json")),
		.with_stdin = true });
}

static void bad_lines_of_a_recording_are_told_and_skipped(void)
{
	const char *path = place_temp("bad-lines.jsonl");
	struct broker *b = broker_start(NULL);
	BUF_CLEANUP struct buf text = { 0 };
	BUF_CLEANUP struct buf source = { 0 };
	struct publisher *p;

	buf_puts(&text, "{\"t\":0,\"frame\":{\"state\":{\"ScoreBoard.CurrentGame.State\":\"Running\"}}}\n");
	buf_puts(&text, bad_lines);
	buf_puts(&text, "\n{\"t\":9,\"frame\":{\"state\":{\"ScoreBoard.CurrentGame.Name\":\"good\"}}}\n");
	place_write(path, buf_view(&text));
	buf_printf(&source, "file:%s", path);
	p = read_lines(b, source.p);
	CHECK_INT(proc_wait(publisher_proc(p), 10000), 0);
	CHECK_RETAINED(b, "scoreboard/name", "\"good\"");
	CHECK_RETAINED(b, "scoreboard/state", "\"Running\"");
	CU_ASSERT(complaints(p, 0) > 0);
	if (!complaints(p, 0))
		proc_print_tail(publisher_proc(p));
	publisher_free(p);
	broker_free(b);
}

static void bad_lines_on_stdin_are_told_and_skipped(void)
{
	static const struct str good = BYTES("\n" NAME_IS("\"good\"") "\n");
	struct broker *b = broker_start(NULL);
	struct publisher *p = read_lines(b, "-");

	CU_ASSERT(proc_write(publisher_proc(p), STR("{\"state\":{\"ScoreBoard.CurrentGame.State\":\"Running\"}}\n")));
	CU_ASSERT(proc_write(publisher_proc(p), STR("\xFF\xFE\n{\"state\":7}\n[\n\0\n")));
	CU_ASSERT(proc_write(publisher_proc(p), str_of(bad_lines)));
	CU_ASSERT(proc_write(publisher_proc(p), good));
	CHECK_RETAINED(b, "scoreboard/name", "\"good\"");
	CHECK_RETAINED(b, "scoreboard/state", "\"Running\"");
	CU_ASSERT(publisher_metric_sum(p, METRIC "frames_refused_total") >= 3);
	CU_ASSERT(complaints(p, 0) > 0);
	proc_close_stdin(publisher_proc(p));
	CHECK_INT(proc_wait(publisher_proc(p), 10000), 0);
	publisher_free(p);
	broker_free(b);
}

static void an_endless_line_on_stdin_is_refused_in_bounded_memory(void)
{
	static const struct str good = BYTES("\n" NAME_IS("\"good\"") "\n");
	static char block[1 << 20];
	struct broker *b = broker_start(NULL);
	struct publisher *p = read_lines(b, "-");
	long peak_kb;

	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 100; i++)
		CU_ASSERT(proc_write(publisher_proc(p), (struct str){ block, sizeof(block) }));
	CU_ASSERT(proc_write(publisher_proc(p), good));
	CHECK_RETAINED(b, "scoreboard/name", "\"good\"");
	check_told(p, 0, REFUSED("too_large"), 0, "a line of 100 MB");
	peak_kb = proc_rss_peak_kb(publisher_proc(p));
	CU_ASSERT(peak_kb > 0 && (place_instrumented() || peak_kb < 64 * 1024));
	publisher_free(p);
	broker_free(b);
}

/* ---- the disk ---- */

static void a_full_disk_stops_the_recording_only(void)
{
	struct stage s;

	stand(&s, ARGV("--record", "/dev/full"));
	check_told(s.publisher, 0, METRIC "record_failures_total", 0, "a full disk");
	board_says(s.board, "ScoreBoard.CurrentGame.Name", "\"live all the same\"");
	CHECK_STAGE(&s);
	CU_ASSERT(complaints(s.publisher, 0) <= 3);
	stage_strike(&s);
}

const struct unit_test unit_tests[] = {
	UNIT(bad_messages_are_told_counted_and_survived),
	UNIT(deep_nesting_is_refused),
	UNIT(text_that_is_no_utf8_is_refused),
	UNIT(a_hundred_megabytes_are_refused_in_bounded_memory),
	UNIT(the_largest_frames_fit_the_unit),
	UNIT(a_smaller_limit_can_be_set),
	UNIT(a_flood_of_bad_messages_is_survived),
	UNIT(what_was_not_asked_for_is_not_published),
	UNIT(memory_has_a_ceiling_that_is_told),
	UNIT(a_path_too_long_for_a_topic_is_told),
	UNIT(errors_of_the_scoreboard_are_told),
	UNIT(a_scoreboard_that_misbehaves_is_waited_for),
	UNIT(a_scoreboard_without_pongs_is_given_up),
	UNIT(a_scoreboard_without_ticks_is_given_up),
	UNIT(a_scoreboard_at_rest_is_left_alone),
	UNIT(a_password_from_a_file_opens_the_door),
	UNIT(a_wrong_password_is_told_and_tried_again),
	UNIT(a_password_from_the_environment_works),
	UNIT(a_broker_that_refuses_topics_is_told_and_healed),
	UNIT(a_broker_that_is_none_is_told),
	UNIT(a_broker_that_comes_late_gets_everything),
	UNIT(bad_lines_of_a_recording_are_told_and_skipped),
	UNIT(bad_lines_on_stdin_are_told_and_skipped),
	UNIT(an_endless_line_on_stdin_is_refused_in_bounded_memory),
	UNIT(a_full_disk_stops_the_recording_only),
	{ NULL, NULL },
};
