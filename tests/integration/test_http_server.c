/* The publisher's HTTP port towards those who mean it no good: refusals cost next to nothing and arrive, and however many
 * clients come, stay, or read nothing, the scoreboard and the broker keep their place. CPU time is counted in the kernel's ticks over
 * a fixed number of requests: it does not depend on how busy the machine is. */
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const unit_name = "http_server";

#define METRIC "scoreboard_publisher_"
#define SCORE "ScoreBoard.CurrentGame.Team(1).Score"

static struct stage stage;

static void begin(const char *const *args)
{
	stage_set(&stage, "live", args);
	board_says(stage.board, SCORE, "3");
	CHECK_READY(stage.publisher);
}

static int port(void)
{
	return publisher_http_port(stage.publisher);
}

static double cpu(void)
{
	return proc_cpu_s(publisher_proc(stage.publisher));
}

/* A second later, so that what spins has shown it. */
static void check_cpu_below(double before, double seconds, const char *what)
{
	double used;

	nap_ms(1000);
	used = cpu() - before;
	printf("\n    %s: %.2f s of CPU ", what, used);
	CU_ASSERT(place_instrumented() || used < seconds);
}

/* Sends and returns the connection; it is the caller's. */
static int ask(const char *request)
{
	int fd = http_dial(port());

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT(send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request));
	return fd;
}

/* What came at once; "" when nothing did. */
static const char *hear(int fd)
{
	static char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

/* --- refusals --- */

static const struct refusal {
	const char *request, *status;
} refusals[] = {
	{ GET("/.env"), "HTTP/1.1 404 " },
	{ GET("/index.html"), "HTTP/1.1 404 " }, /* without --web-dir */
	{ GET("/wp-login.php?x=1"), "HTTP/1.1 404 " },
	{ GET("/scoreboard/no-such-view/events"), "HTTP/1.1 404 " },
	{ GET("/track2/overlay/events"), "HTTP/1.1 404 " },
	{ "HEAD /.env HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 " },
	{ "GET /.env HTTP/1.0\r\n\r\n", "HTTP/1.1 404 " },
	{ "POST /scoreboard/overlay.json HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 405 " },
	{ "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 405 " },
	{ "DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 " },
	{ "HEAD /scoreboard/overlay/events HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 " },
	{ "nonsense\r\n\r\n", "HTTP/1.1 400 " },
	{ "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 " },
};

static void refuse(const struct refusal *r, bool by_reset)
{
	int fd = ask(r->request);
	const char *heard = hear(fd);
	bool ok = strncmp(heard, r->status, strlen(r->status)) == 0;

	CU_ASSERT(ok);
	if (!ok)
		printf("\n    %.30s...: expected %s, got: %.60s", r->request, r->status, heard);
	if (by_reset)
		reset(fd);
	else
		close(fd);
}

static void refusals_arrive_and_cost_next_to_nothing(void)
{
	const size_t n = sizeof(refusals) / sizeof(refusals[0]);
	double before;

	begin(NULL);
	before = cpu();
	for (size_t i = 0; i < 20 * n; i++)
		refuse(&refusals[i % n], i % 2);
	check_cpu_below(before, 0.5, "260 refusals");
	stage_strike(&stage);
}

static void a_refusal_without_body_ends_no_connection(void)
{
	int fd;

	begin(NULL);
	fd = ask(GET("/.env"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hear(fd), " 404 "));
	CU_ASSERT(send(fd, GET("/healthz"), strlen(GET("/healthz")), MSG_NOSIGNAL) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(hear(fd), " 200 "));
	close(fd);
	stage_strike(&stage);
}

static void requests_in_one_piece_are_answered_in_their_order(void)
{
	BUF_CLEANUP struct buf answer = { 0 };
	const char *first, *second;

	begin(NULL);
	http_raw(port(), STR(GET("/.env") GET("/healthz") "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), &answer);
	first = answer.p ? strstr(answer.p, "\n404 Not Found\n") : NULL;
	second = first ? strstr(first, "\nok\n") : NULL;
	CU_ASSERT(first && second && strstr(second, "\nready\n"));
	stage_strike(&stage);
}

static void a_client_that_half_closes_gets_its_answer(void)
{
	int fd;

	begin(NULL);
	fd = ask(GET("/healthz"));
	shutdown(fd, SHUT_WR);
	CU_ASSERT_PTR_NOT_NULL(strstr(hear(fd), " 200 "));
	close(fd);
	stage_strike(&stage);
}

static void a_head_that_is_too_long_is_refused(void)
{
	BUF_CLEANUP struct buf request = { 0 };
	BUF_CLEANUP struct buf answer = { 0 };

	begin(NULL);
	buf_puts(&request, "GET /healthz HTTP/1.1\r\nCookie: ");
	for (int i = 0; i < 20000; i++)
		buf_char(&request, 'x');
	http_raw(port(), buf_view(&request), &answer);
	CU_ASSERT(answer.p && strstr(answer.p, "HTTP/1.1 431 "));
	stage_strike(&stage);
}

/* --- streams --- */

static int open_stream(void)
{
	int fd = ask(GET("/scoreboard/overlay/events"));

	CU_ASSERT_PTR_NOT_NULL(strstr(hear(fd), " 200 "));
	return fd;
}

static double streams(void)
{
	return publisher_metric(stage.publisher, METRIC "http_streams");
}

static void streams_that_end_in_any_way_cost_nothing(void)
{
	int half, talks;
	double before;

	begin(NULL);
	before = cpu();
	close(open_stream());
	reset(open_stream());
	half = open_stream();
	shutdown(half, SHUT_WR);
	talks = open_stream();
	CU_ASSERT(send(talks, "x", 1, MSG_NOSIGNAL) == 1);
	check_cpu_below(before, 0.3, "four streams, closed, reset, half closed, and one that talks");
	CU_ASSERT_EQUAL(streams(), 1);
	close(talks);
	CU_ASSERT(WAIT_FOR(streams() == 0, 3000));
	close(half);
	stage_strike(&stage);
}

/* Loopback is exempt from what an address may have: it is the sum of all that is too much here. */
static void more_streams_than_there_may_be_are_answered_503(void)
{
	int fds[20];
	double before;
	int fd;

	begin(ARGV("--http-connections", "30"));
	for (int i = 0; i < 15; i++)
		fds[i] = open_stream();
	before = cpu();
	for (int i = 0; i < 10; i++) {
		fd = ask(GET("/scoreboard/overlay/events"));
		CU_ASSERT_PTR_NOT_NULL(strstr(hear(fd), "HTTP/1.1 503 "));
		reset(fd);
	}
	check_cpu_below(before, 0.3, "ten resets of a 503");
	CU_ASSERT_EQUAL(publisher_metric(stage.publisher, METRIC "http_refused_total{reason=\"streams\"}"), 10);
	for (int i = 0; i < 15; i++)
		close(fds[i]);
	CU_ASSERT(WAIT_FOR(streams() == 0, 3000));
	close(open_stream());
	stage_strike(&stage);
}

/* --- crowds --- */

#define CROWD 600

static void connect_crowd(int *fds)
{
	for (int i = 0; i < CROWD; i++)
		fds[i] = http_dial(port());
}

static void close_crowd(const int *fds)
{
	for (int i = 0; i < CROWD; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void six_hundred_clients_at_a_limit_of_400_files_leave_room_for_the_game(void)
{
	int fds[CROWD];
	double before;

	stage.board = board_start();
	stage.broker = broker_start(NULL);
	stage.publisher = publisher_start(&(struct publisher_options){
		.board = stage.board, .broker = stage.broker, .files = "--nofile=400:400", .args = ARGV("--schema", place_source("schema/crg.json"), "--retry-first-ms", "100") });
	board_says(stage.board, SCORE, "3");
	CHECK_READY(stage.publisher);
	before = cpu();
	connect_crowd(fds);
	check_cpu_below(before, 0.5, "600 connections");
	/* what has to be dialled anew needs a descriptor each */
	board_restart(stage.board);
	broker_restart(stage.broker);
	board_says(stage.board, SCORE, "4");
	CHECK_RETAINED(stage.broker, "scoreboard/team/1/score", "4");
	CHECK_STATUS(stage.broker, "live");
	CHECK_LINE(publisher_proc(stage.publisher), 0, "raise the limit on open files  connections=10000 files=400 seats=336");
	CU_ASSERT(proc_count_lines(publisher_proc(stage.publisher), 0, "too many clients") >= 1);
	CU_ASSERT(proc_count_lines(publisher_proc(stage.publisher), 0, "") < 60);
	close_crowd(fds);
	CHECK_READY(stage.publisher);
	CU_ASSERT(publisher_metric(stage.publisher, METRIC "http_refused_total{reason=\"connections\"}") >= 200);
	publisher_free(stage.publisher);
	broker_free(stage.broker);
	board_free(stage.board);
}

static void who_says_nothing_or_half_of_something_is_dropped(void)
{
	int silent, half;

	begin(NULL);
	silent = http_dial(port());
	half = ask("GET /healthz HT");
	CU_ASSERT(WAIT_FOR(publisher_metric(stage.publisher, METRIC "http_connections") == 1, 15000)); /* the one that asks */
	CHECK_STR(hear(silent), "");
	CHECK_STR(hear(half), "");
	CU_ASSERT_EQUAL(publisher_metric(stage.publisher, METRIC "http_refused_total{reason=\"timeout\"}"), 1);
	close(silent);
	close(half);
	stage_strike(&stage);
}

static int dial_with_little_room(void)
{
	const int little = 4096;
	int fd = http_dial(port());

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	return fd;
}

/* A view of a megabyte, and eighty clients that ask for it and read nothing. */
static void who_reads_nothing_costs_little_memory(void)
{
	BUF_CLEANUP struct buf value = { 0 };
	char path[80];
	int fds[80];
	long before_kb, peak_kb;

	begin(NULL);
	buf_char(&value, '"');
	for (int i = 0; i < 60000; i++)
		buf_char(&value, 'x');
	buf_char(&value, '"');
	for (int i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.Team(1).AlternateName(overlay%d)", i);
		board_says(stage.board, path, value.p);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "ScoreBoard.CurrentGame.Team(%d).Name", i + 1);
		board_says(stage.board, path, value.p);
	}
	nap_ms(1500);
	before_kb = proc_rss_kb(publisher_proc(stage.publisher));
	for (int i = 0; i < 80; i++) {
		fds[i] = dial_with_little_room();
		for (int k = 0; k < 20; k++) /* no more than one answer of each waits */
			send(fds[i], GET("/scoreboard/spectator.json"), strlen(GET("/scoreboard/spectator.json")), MSG_NOSIGNAL);
	}
	nap_ms(500);
	peak_kb = proc_rss_peak_kb(publisher_proc(stage.publisher));
	printf("\n    %ld kB, then %ld kB at most ", before_kb, peak_kb);
	CU_ASSERT(place_instrumented() || peak_kb - before_kb < 48 * 1024);
	for (int i = 0; i < 80; i++)
		close(fds[i]);
	CHECK_READY(stage.publisher);
	stage_strike(&stage);
}

static void a_stream_that_nobody_reads_is_dropped(void)
{
	BUF_CLEANUP struct buf value = { 0 };
	int fd;

	begin(NULL);
	fd = dial_with_little_room();
	CU_ASSERT(send(fd, GET("/scoreboard/overlay/events"), strlen(GET("/scoreboard/overlay/events")), MSG_NOSIGNAL) > 0);
	CU_ASSERT(WAIT_FOR(streams() == 1, 3000));
	for (int i = 0; i < 100; i++) { /* more than a socket's buffers take */
		buf_clear(&value);
		buf_printf(&value, "\"%d", i);
		while (value.len < 60000)
			buf_char(&value, 'x');
		buf_char(&value, '"');
		board_says(stage.board, "ScoreBoard.CurrentGame.Team(1).Name", value.p);
		board_says(stage.board, SCORE, i % 2 ? "1" : "2"); /* takes the name along */
		nap_ms(5);
	}
	CU_ASSERT_EQUAL(streams(), 1);
	CU_ASSERT(WAIT_FOR(streams() == 0, 30000));
	CU_ASSERT_EQUAL(publisher_metric(stage.publisher, METRIC "http_refused_total{reason=\"timeout\"}"), 1);
	close(fd);
	CHECK_READY(stage.publisher);
	stage_strike(&stage);
}

/* --- headers --- */

static bool has_line(int fd, const char *line)
{
	const char *heard = hear(fd);
	const char *at = strcasestr(heard, line);
	bool ok = at && at[-1] == '\n' && strncmp(at + strlen(line), "\r\n", 2) == 0;

	if (!ok)
		printf("\n    no \"%s\" in: %s", line, heard);
	close(fd);
	return ok;
}

static void every_answer_is_what_its_type_says(void)
{
	static const char *const requests[] = { GET("/"), GET("/client/index.js"), GET("/.env"), GET("/metrics"), GET("/scoreboard/overlay.json"),
						GET("/scoreboard/overlay/events"), "POST / HTTP/1.1\r\nHost: x\r\n\r\n" };

	begin(ARGV("--web-dir", place_source("web")));
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		CU_ASSERT(has_line(ask(requests[i]), "X-Content-Type-Options: nosniff"));
	stage_strike(&stage);
}

static void pages_without_mqttjs_are_told_of(void)
{
	const char *dir = place_temp("pages"), *script = "mkdir -p \"$0/vendor\" && cp -r \"$1/board\" \"$1/index.html\" \"$0\"";
	const char *library = place_temp("pages/vendor/mqtt.esm.js");

	proc_run(ARGV("sh", "-c", script, dir, place_source("web")), (struct str){ "", 0 }, NULL, NULL);
	begin(ARGV("--web-dir", dir));
	CHECK_LINE(publisher_proc(stage.publisher), 0, "npm --prefix web ci");
	CHECK_LINE(publisher_proc(stage.publisher), 0, library);
	CU_ASSERT_EQUAL(publisher_metric(stage.publisher, METRIC "web_library_missing"), 1);
	place_write(library, STR("export {};\n"));
	CU_ASSERT(WAIT_FOR(publisher_metric(stage.publisher, METRIC "web_library_missing") == 0, 5000));
	stage_strike(&stage);
}

static void pages_say_who_may_embed_them(void)
{
	begin(ARGV("--web-dir", place_source("web")));
	CU_ASSERT(has_line(ask(GET("/overlay.html")), "Content-Security-Policy: frame-ancestors *"));
	stage_strike(&stage);
	begin(ARGV("--web-dir", place_source("web"), "--frame-ancestors", "https://league.example 'self'"));
	CU_ASSERT(has_line(ask(GET("/")), "Content-Security-Policy: frame-ancestors https://league.example 'self'"));
	stage_strike(&stage);
}

static void answers_of_a_view_name_their_prefix(void)
{
	begin(ARGV("--prefix", "track/2 \xC3\xA9"));
	CU_ASSERT(has_line(ask(GET("/track/2%20%C3%A9/overlay.json")), "X-Scoreboard-Prefix: track/2%20%C3%A9"));
	CU_ASSERT(has_line(ask(GET("/track/2%20%C3%A9/overlay/events")), "X-Scoreboard-Prefix: track/2%20%C3%A9"));
	CU_ASSERT(has_line(ask(GET("/track/3/overlay.json")), "X-Scoreboard-Prefix: track/2%20%C3%A9")); /* of the 404 */
	CU_ASSERT(has_line(ask(GET("/track/2%20%C3%A9/overlay.json")), "Access-Control-Expose-Headers: X-Scoreboard-Prefix"));
	stage_strike(&stage);
}

const struct unit_test unit_tests[] = {
	UNIT(refusals_arrive_and_cost_next_to_nothing),
	UNIT(a_refusal_without_body_ends_no_connection),
	UNIT(requests_in_one_piece_are_answered_in_their_order),
	UNIT(a_client_that_half_closes_gets_its_answer),
	UNIT(a_head_that_is_too_long_is_refused),
	UNIT(streams_that_end_in_any_way_cost_nothing),
	UNIT(more_streams_than_there_may_be_are_answered_503),
	UNIT(six_hundred_clients_at_a_limit_of_400_files_leave_room_for_the_game),
	UNIT(who_says_nothing_or_half_of_something_is_dropped),
	UNIT(who_reads_nothing_costs_little_memory),
	UNIT(a_stream_that_nobody_reads_is_dropped),
	UNIT(every_answer_is_what_its_type_says),
	UNIT(pages_without_mqttjs_are_told_of),
	UNIT(pages_say_who_may_embed_them),
	UNIT(answers_of_a_view_name_their_prefix),
	{ NULL, NULL },
};
