/* The feed over HTTP: snapshots with ETag, Server-Sent Events that resume, the same beside a broker, and nginx in front of
 * it while two thousand polls a second come in. */
#include "tests/support/json.h"
#include "tests/support/nginx.h"
#include "tests/support/place.h"
#include "tests/support/poller.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "http_feed";

#define SCORE "ScoreBoard.CurrentGame.Team(1).Score"

static struct stage stage;

static void begin(void)
{
	stage_set(&stage, "live", NULL);
	board_says(stage.board, SCORE, "3");
	board_says(stage.board, "ScoreBoard.CurrentGame.Team(1).Name", "\"<b>\\\"x\\\"</b> \\ud83d\\ude00\"");
	board_says(stage.board, "ScoreBoard.CurrentGame.State", "\"Running\"");
	CHECK_READY(stage.publisher);
}

static int http_port(void)
{
	return publisher_http_port(stage.publisher);
}

/* --- a GET with headers --- */

struct answer {
	struct buf all;
	int status;
};

static void get(struct answer *a, int port, const char *path, const char *headers)
{
	BUF_CLEANUP struct buf request = { 0 };

	buf_clear(&a->all);
	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, headers);
	http_raw(port, buf_view(&request), &a->all);
	a->status = a->all.len > 12 ? atoi(a->all.p + 9) : -1;
}

static bool header(const struct answer *a, const char *name, char *out, size_t size)
{
	const char *at = a->all.p ? strcasestr(a->all.p, name) : NULL;

	if (!at)
		return false;
	at += strlen(name);
	snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
	return true;
}

static bool member_of(struct str object, const char *name, struct str *value)
{
	*value = json_get(object, name);
	return value->p != NULL;
}

/* A member of the answer's body, as JSON text; empty: there is none. */
static const char *member(int port, const char *path, const char *name)
{
	static char out[4096];
	BUF_CLEANUP struct buf body = { 0 };
	struct str state, value = { "", 0 };

	*out = '\0';
	if (http_get(port, path, &body) != 200)
		return out;
	if (member_of(buf_view(&body), name, &value) ||
	    (member_of(buf_view(&body), "state", &state) && member_of(state, name, &value)))
		snprintf(out, sizeof(out), "%.*s", STR_ARGS(value));
	return out;
}

static void a_snapshot_is_the_view_as_it_is(void)
{
	begin();
	WAIT_FOR(strcmp(member(http_port(), "/scoreboard/spectator.json", "team/1/name"), "") != 0, 3000);
	CHECK_STR(member(http_port(), "/scoreboard/spectator.json", "team/1/score"), "3");
	CHECK_STR(member(http_port(), "/scoreboard/spectator.json", "team/1/name"), "\"<b>\\\"x\\\"</b> \xF0\x9F\x98\x80\"");
	board_says(stage.board, SCORE, "null");
	CU_ASSERT(WAIT_FOR(strcmp(member(http_port(), "/scoreboard/spectator.json", "team/1/score"), "") == 0, 3000));
	CU_ASSERT_EQUAL(http_get(http_port(), "/scoreboard/nosuch.json", NULL), 404);
	CU_ASSERT_EQUAL(http_get(http_port(), "/spectator.json", NULL), 404);
	CU_ASSERT_EQUAL(http_get(http_port(), "/track2/spectator.json", NULL), 404);
	CU_ASSERT_EQUAL(http_get(http_port(), "/../CMakeLists.txt", NULL), 404);
	stage_strike(&stage);
}

static void an_unchanged_snapshot_is_304_and_a_changed_one_is_not(void)
{
	struct answer a = { 0 };
	char etag[100] = "", headers[160], value[100];

	begin();
	nap_ms(1500);                                    /* what is of class low is told within a second */
	for (int i = 0; i < 2 && a.status != 304; i++) { /* in between it may be renewed, but not twice */
		get(&a, http_port(), "/scoreboard/overlay.json", "Accept-Encoding: gzip\r\n");
		CU_ASSERT_EQUAL(a.status, 200);
		CU_ASSERT(header(&a, "etag: ", etag, sizeof(etag)));
		CU_ASSERT(header(&a, "cache-control: ", value, sizeof(value)));
		CHECK_STR(value, "max-age=1");
		CU_ASSERT(header(&a, "access-control-allow-origin: ", value, sizeof(value)));
		snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", etag);
		get(&a, http_port(), "/scoreboard/overlay.json", headers);
	}
	CU_ASSERT_EQUAL(a.status, 304);
	board_says(stage.board, SCORE, "4");
	CU_ASSERT(WAIT_FOR((get(&a, http_port(), "/scoreboard/overlay.json", headers), a.status) == 200, 3000));
	buf_free(&a.all);
	stage_strike(&stage);
}

static void in_quiet_the_answer_is_renewed_every_ten_seconds(void)
{
	struct answer a = { 0 };
	char etag[100] = "", headers[160];

	begin();
	nap_ms(1500);
	get(&a, http_port(), "/scoreboard/overlay.json", "");
	CU_ASSERT(header(&a, "etag: ", etag, sizeof(etag)));
	snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n", etag);
	CU_ASSERT(WAIT_FOR((get(&a, http_port(), "/scoreboard/overlay.json", headers), a.status) == 200, 11000));
	buf_free(&a.all);
	stage_strike(&stage);
}

static void ask(struct answer *a, const char *request)
{
	buf_clear(&a->all);
	http_raw(http_port(), str_of(request), &a->all);
	a->status = a->all.len > 12 ? atoi(a->all.p + 9) : -1;
}

static void head_has_no_body_and_other_methods_are_refused(void)
{
	struct answer a = { 0 };

	begin();
	ask(&a, "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	CU_ASSERT_EQUAL(a.status, 200);
	CU_ASSERT(a.all.len && strstr(a.all.p, "\r\n\r\nHTTP/1.1 200"));
	for (int i = 0; i < 20; i++) { /* what a POST leaves behind is a leak that the sanitizer tells */
		ask(&a, "POST /scoreboard/overlay.json HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
		CU_ASSERT_EQUAL(a.status, 405);
	}
	ask(&a, "GET /scoreboard/overlay.json HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
	CU_ASSERT_NOT_EQUAL(a.status, 101);
	CU_ASSERT_EQUAL(http_get(http_port(), "/healthz", NULL), 200);
	buf_free(&a.all);
	stage_strike(&stage);
}

static void without_a_broker_http_is_served(void)
{
	char source[400], schema[400];
	const char *const args[] = { "--source", source, "--schema", schema, "--broker", "none", "--dial-timeout-ms", "100",
				     NULL };
	const struct publisher_options options = { .args = args };
	struct publisher *p;

	snprintf(source, sizeof(source), "file:%s", place_source("tests/fixtures/game.jsonl"));
	snprintf(schema, sizeof(schema), "%s", place_source("schema/crg.json"));
	p = publisher_start(&options);
	CHECK_READY(p);
	CU_ASSERT_PTR_NOT_NULL(strstr(member(publisher_http_port(p), "/scoreboard/spectator.json", "status"), "\"live\""));
	CU_ASSERT(!proc_wait_line(publisher_proc(p), 0, "broker:", 500));
	publisher_free(p);
}

/* --- Server-Sent Events, read by curl's simplest likeness: bytes until we hang up --- */

static struct proc *read_events(int port, const char *last_id)
{
	BUF_CLEANUP struct buf script = { 0 };

	buf_printf(&script,
		   "exec 3<>/dev/tcp/127.0.0.1/%d; printf 'GET /scoreboard/overlay/events HTTP/1.1\\r\\nHost: x\\r\\n%s%s%s\\r\\n' >&3; "
		   "exec cat <&3",
		   port, *last_id ? "Last-Event-ID: " : "", last_id, *last_id ? "\\r\\n" : "");
	return proc_start(&(struct proc_options){ .argv = ARGV("bash", "-c", script.p) });
}

static bool has_said(const struct proc *p, const char *text)
{
	BUF_CLEANUP struct buf out = { 0 };

	proc_stdout(p, &out);
	return out.len && strcasestr(out.p, text) != NULL;
}

#define CHECK_SAYS(p, text) CU_ASSERT(WAIT_FOR(has_said(p, text), 2500)) /* heartbeats come every 3 s */

static void events_start_with_a_snapshot_and_resume_with_what_was_missed(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct proc *events;
	char id[64] = "";
	const char *at;

	begin();
	nap_ms(1500);
	events = read_events(http_port(), "");
	CHECK_SAYS(events, "text/event-stream");
	CHECK_SAYS(events, "event: snapshot\n");
	CHECK_SAYS(events, "event: status\n");
	proc_stdout(events, &out);
	proc_free(events);
	at = out.len ? strstr(out.p, "\nid: ") : NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(at + 5, "\n"), at + 5);
	board_says(stage.board, SCORE, "8");
	board_says(stage.board, SCORE, "9");
	CU_ASSERT(WAIT_FOR(strcmp(member(http_port(), "/scoreboard/overlay.json", "team/1/score"), "9") == 0, 3000));
	events = read_events(http_port(), id);
	CHECK_SAYS(events, "\"team/1/score\":9");
	CU_ASSERT(has_said(events, "event: delta\n"));
	CU_ASSERT(!has_said(events, "event: snapshot\n"));
	proc_free(events);
	events = read_events(http_port(), "another-run:5");
	CHECK_SAYS(events, "event: snapshot\n");
	proc_free(events);
	stage_strike(&stage);
}

/* --- compressed, as the real curl reads it --- */

static bool has_curl(void)
{
	if (place_exists("/usr/bin/curl"))
		return true;
	printf("\n    SKIPPED: no curl on this machine\n");
	return false;
}

/* option: what else curl is to be told. */
static struct proc *curl(int port, const char *path, const char *option)
{
	char url[100];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	return proc_start(&(struct proc_options){ .argv = ARGV("/usr/bin/curl", "--silent", "--no-buffer", "--include", option, url) });
}

/* Without another event behind it: nothing waits for a buffer to be full. */
static void check_that_events_come_at_once(struct proc *p, int score)
{
	unsigned int late = 0;
	char text[40];

	CHECK_SAYS(p, "event: status\n");
	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "%d", score + i);
		board_says(stage.board, SCORE, text);
		snprintf(text, sizeof(text), "\"team/1/score\":%d", score + i);
		late += !WAIT_FOR(has_said(p, text), 1500);
		CU_ASSERT(WAIT_FOR(has_said(p, text), 10000));
	}
	CU_ASSERT(late <= 4); /* what waits for a heartbeat is late each time; the machine may stand still now and then */
}

static void check_events(int port)
{
	struct proc *gzip = curl(port, "/scoreboard/overlay/events", "--compressed"), *plain = curl(port, "/scoreboard/overlay/events", "--no-progress-meter");

	CHECK_SAYS(gzip, "content-encoding: gzip\r\n");
	CHECK_SAYS(gzip, "vary: accept-encoding\r\n");
	CHECK_SAYS(gzip, "\r\n\r\nevent: snapshot\nid: ");
	check_that_events_come_at_once(gzip, 100);
	CHECK_SAYS(plain, "\r\n\r\nevent: snapshot\nid: ");
	CHECK_SAYS(plain, "vary: accept-encoding\r\n");
	check_that_events_come_at_once(plain, 200);
	CU_ASSERT(!has_said(plain, "content-encoding"));
	CHECK_SAYS(gzip, "\"team/1/score\":219");
	proc_free(gzip);
	proc_free(plain);
}

static void check_view(int port)
{
	struct proc *gzip = curl(port, "/scoreboard/spectator.json", "--compressed"), *plain = curl(port, "/scoreboard/spectator.json", "--no-progress-meter");

	CHECK_SAYS(gzip, "content-encoding: gzip\r\n");
	CHECK_SAYS(gzip, "vary: accept-encoding\r\n");
	CHECK_SAYS(gzip, "\"team/1/name\":");
	CHECK_SAYS(plain, "\"team/1/name\":");
	CHECK_SAYS(plain, "vary: accept-encoding\r\n");
	CU_ASSERT(!has_said(plain, "content-encoding"));
	proc_free(gzip);
	proc_free(plain);
}

/* A snapshot that is worth compressing. */
static void say_much(void)
{
	char path[80], value[80];

	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.Team(1).Skater(s%d).Name", i);
		snprintf(value, sizeof(value), "\"a skater who has the number %d\"", i);
		board_says(stage.board, path, value);
	}
	CU_ASSERT(WAIT_FOR(strcmp(member(http_port(), "/scoreboard/spectator.json", "team/1/skater/s29/name"), "") != 0, 5000));
}

static void who_takes_gzip_gets_it_and_events_at_once(void)
{
	if (!has_curl())
		return;
	begin();
	say_much();
	check_view(http_port());
	check_events(http_port());
	stage_strike(&stage);
}

static void through_nginx_it_is_the_same(void)
{
	struct proc *nginx;
	int port = port_free();

	if (!has_curl())
		return;
	if (!nginx_exists()) {
		printf("\n    SKIPPED: no nginx on this machine\n");
		return;
	}
	begin();
	say_much();
	nginx = nginx_start("127.0.0.1", port, http_port());
	CU_ASSERT(WAIT_FOR(http_get(port, "/scoreboard/spectator.json", NULL) == 200, 5000));
	check_view(port);
	check_events(port);
	CU_ASSERT(nginx_stop(nginx));
	stage_strike(&stage);
}

/* --- beside a broker --- */

static struct publisher *follow(struct broker *broker)
{
	const char *const args[] = { "--source", broker_url(broker), "--broker", "none", NULL };
	const struct publisher_options options = { .args = args };

	return publisher_start(&options);
}

/* The same number of the same run, and the same state. Key order is all that two publishers need not share. */
static bool same_view(int a, int b, const char *path)
{
	static const char *const names[] = { "epoch", "seq", "state" };
	TREE_CLEANUP struct tree one = { 0 };
	TREE_CLEANUP struct tree two = { 0 };
	BUF_CLEANUP struct buf body_a = { 0 };
	BUF_CLEANUP struct buf body_b = { 0 };
	struct str x, y;

	if (http_get(a, path, &body_a) != 200 || http_get(b, path, &body_b) != 200)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!member_of(buf_view(&body_a), names[i], &x) || !member_of(buf_view(&body_b), names[i], &y) ||
		    (i < 2 && !str_eq(x, y)))
			return false;
	return tree_apply(&one, x) && tree_apply(&two, y) && tree_diff(&one, &two, 0) == 0;
}

static void a_follower_tells_what_the_origin_tells(void)
{
	struct publisher *f;
	struct recording r;

	begin();
	f = follow(stage.broker);
	CHECK_READY(f);
	recording_load(&r, place_source("tests/fixtures/game.jsonl"));
	stage_play(&stage, &r, 0, r.n_frames / 3);
	CU_ASSERT(WAIT_FOR(same_view(http_port(), publisher_http_port(f), "/scoreboard/spectator.json"), 5000));
	broker_restart(stage.broker);
	stage_play(&stage, &r, r.n_frames / 3, r.n_frames / 2);
	CU_ASSERT(WAIT_FOR(publisher_ready(stage.publisher) && publisher_ready(f), 40000));
	CU_ASSERT(WAIT_FOR(same_view(http_port(), publisher_http_port(f), "/scoreboard/spectator.json"), 15000));
	publisher_kill(stage.publisher);
	publisher_start_again(stage.publisher); /* a new epoch */
	CHECK_READY(stage.publisher);
	CU_ASSERT(WAIT_FOR(same_view(http_port(), publisher_http_port(f), "/scoreboard/overlay.json"), 15000));
	publisher_free(f);
	recording_free(&r);
	stage_strike(&stage);
}

static void encodings_are(const char *file, const char *list)
{
	BUF_CLEANUP struct buf text = { 0 };

	buf_printf(&text, "encodings = %s\n", list);
	place_write(file, buf_view(&text));
}

static void follows_exactly(struct publisher *f, const char *score)
{
	board_says(stage.board, SCORE, score);
	CU_ASSERT(WAIT_FOR(strcmp(member(publisher_http_port(f), "/scoreboard/overlay.json", "team/1/score"), score) == 0, 15000));
	CU_ASSERT(WAIT_FOR(same_view(http_port(), publisher_http_port(f), "/scoreboard/spectator.json"), 5000));
	CU_ASSERT(WAIT_FOR(same_view(http_port(), publisher_http_port(f), "/scoreboard/overlay.json"), 5000));
}

/* Whatever the origin publishes, a follower takes what there is of each view; also when the origin comes back with something else. */
static void a_follower_takes_either_encoding(void)
{
	static const char *const lists[] = { "packed", "json", "packed,overlay=json", "both", "packed" };
	const char *file = place_temp("encodings.conf");
	const char *const args[] = { "--config", file, NULL };
	struct publisher *f;

	encodings_are(file, lists[0]);
	stage_set(&stage, "live", args);
	board_says(stage.board, SCORE, "0");
	CHECK_READY(stage.publisher);
	f = follow(stage.broker);
	CHECK_READY(f);
	follows_exactly(f, "1");
	for (size_t i = 1; i < sizeof(lists) / sizeof(lists[0]); i++) {
		char score[8];

		publisher_kill(stage.publisher);
		encodings_are(file, lists[i]);
		publisher_start_again(stage.publisher);
		CHECK_READY(stage.publisher);
		snprintf(score, sizeof(score), "%zu", i + 1);
		follows_exactly(f, score);
	}
	publisher_free(f);
	stage_strike(&stage);
}

static void a_follower_that_missed_nothing_is_ready_again(void)
{
	struct publisher *f;
	size_t mark;

	begin();
	f = follow(stage.broker);
	CHECK_READY(f);
	nap_ms(1500); /* what is of class low is told within a second */
	mark = proc_mark(publisher_proc(f));
	broker_restart(stage.broker);
	CHECK_LINE(publisher_proc(f), mark, "lost");
	CU_ASSERT(WAIT_FOR(publisher_ready(f), 6000)); /* without a change: a heartbeat is enough */
	publisher_free(f);
	stage_strike(&stage);
}

static void feed_says(struct broker *b, const char *topic, const char *payload)
{
	char port[16];

	snprintf(port, sizeof(port), "%d", broker_port(b));
	proc_run(ARGV("mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-r", "-t", topic, "-m", payload),
		 (struct str){ "", 0 }, NULL, NULL);
}

/* A broker may hold what another program wrote. */
static void a_strange_feed_is_told_in_whole_lines_or_not_at_all(void)
{
	struct broker *broker = broker_start(NULL);
	struct publisher *f = follow(broker);
	BUF_CLEANUP struct buf body = { 0 };

	feed_says(broker, "scoreboard/feed/v/snapshot",
		  "{\"epoch\":\"0123456789012345678901234567890123456789\",\"seq\":1,\"ts\":1,\"state\":{}}");
	feed_says(broker, "scoreboard/feed/v/recent",
		  "{\"epoch\":\"0123456789012345678901234567890123456789\",\"base\":1,\"seq\":1,\"ts\":1}");
	feed_says(broker, "scoreboard/status", "no JSON");
	CU_ASSERT(WAIT_FOR(publisher_metric(f, "scoreboard_publisher_frames_refused_total{reason=\"bad_json\"}") >= 3, 5000));
	CU_ASSERT(!publisher_ready(f));
	feed_says(broker, "scoreboard/status", "{\n\"state\": \"live\"}");
	feed_says(broker, "scoreboard/feed/v/snapshot", "{\"epoch\":\"e\",\n\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}");
	feed_says(broker, "scoreboard/feed/v/recent", "{\"epoch\":\"e\",\n\"base\":1,\"seq\":1,\"ts\":1}");
	CHECK_READY(f);
	CU_ASSERT_EQUAL(http_get(publisher_http_port(f), "/scoreboard/v.json", &body), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(body.p, "\"status\":{\"state\":\"live\"}"));
	publisher_free(f);
	broker_free(broker);
}

/* --- nginx --- */

#define POLLS_PER_SECOND 2000
#define POLL_MS 6000

/* The score rises ten times a second, so that it tells when an answer was made. */
struct clockwork {
	int score;
};

static void move_on(void *arg)
{
	struct clockwork *c = arg;
	char text[16];

	snprintf(text, sizeof(text), "%d", ++c->score);
	board_says(stage.board, SCORE, text);
}

static int64_t age_of(struct str body, void *arg)
{
	struct clockwork *c = arg;
	struct str state, value;
	int64_t score;

	if (!member_of(body, "state", &state) || !member_of(state, "team/1/score", &value) ||
	    !str_to_int(value, &score))
		return -1;
	return (c->score - score) * 100;
}

static void nginx_answers_two_thousand_polls_a_second_with_two_requests(void)
{
	struct clockwork c = { 0 };
	struct poll_plan plan = { .path = "/scoreboard/spectator.json", .connections = 50, .per_second = POLLS_PER_SECOND, .duration_ms = POLL_MS };
	struct poll_result result;
	struct proc *nginx;
	double before, asked;

	if (!nginx_exists()) {
		printf("\n    SKIPPED: no nginx on this machine\n");
		return;
	}
	begin();
	plan.port = port_free();
	nginx = nginx_start("127.0.0.1", plan.port, http_port());
	if (!WAIT_FOR(http_get(plan.port, "/scoreboard/spectator.json", NULL) == 200, 5000))
		proc_print_tail(nginx);
	before = publisher_metric(stage.publisher, "scoreboard_publisher_http_requests_total{for=\"view\"}");
	poller_run(&plan, age_of, move_on, &c, &result);
	asked = publisher_metric(stage.publisher, "scoreboard_publisher_http_requests_total{for=\"view\"}") - before;
	printf("\n    %u polls in %d ms, %.0f requests to the publisher, oldest answer %lld ms ", result.answered, POLL_MS,
	       asked, (long long)result.oldest_ms);
	CU_ASSERT(asked <= 2.0 * POLL_MS / 1000 + 2);
	CU_ASSERT(asked >= 3); /* it is no frozen copy */
	CU_ASSERT(result.answered > POLLS_PER_SECOND * POLL_MS / 1000 / 2 || place_instrumented());
	CU_ASSERT_EQUAL(result.not_ok, 0);
	CU_ASSERT(result.oldest_ms >= 0 && result.oldest_ms <= patience_ms(2000));
	CU_ASSERT(nginx_stop(nginx));
	stage_strike(&stage);
}

const struct unit_test unit_tests[] = {
	UNIT(a_snapshot_is_the_view_as_it_is),
	UNIT(an_unchanged_snapshot_is_304_and_a_changed_one_is_not),
	UNIT(in_quiet_the_answer_is_renewed_every_ten_seconds),
	UNIT(head_has_no_body_and_other_methods_are_refused),
	UNIT(without_a_broker_http_is_served),
	UNIT(events_start_with_a_snapshot_and_resume_with_what_was_missed),
	UNIT(who_takes_gzip_gets_it_and_events_at_once),
	UNIT(through_nginx_it_is_the_same),
	UNIT(a_follower_tells_what_the_origin_tells),
	UNIT(a_follower_takes_either_encoding),
	UNIT(a_follower_that_missed_nothing_is_ready_again),
	UNIT(a_strange_feed_is_told_in_whole_lines_or_not_at_all),
	UNIT(nginx_answers_two_thousand_polls_a_second_with_two_requests),
	{ NULL, NULL },
};
