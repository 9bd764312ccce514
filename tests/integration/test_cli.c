/* The program as an operator meets it: options, signals, exit statuses, and what it says when something is wrong. */
#include "tests/support/certs.h"
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/support/tls_front.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_ARGS 8

const char *const unit_name = "cli";

static int run(const char *const *args, struct str input, struct buf *out, struct buf *err)
{
	const char *argv[32] = { publisher_program() };
	size_t n = 1;

	setenv("SCOREBOARD_SCHEMA", place_source("schema/crg.json"), 1); /* it is not installed here */
	while (*args && n < 31)
		argv[n++] = *args++;
	return proc_run(argv, input, out, err);
}

static size_t n_lines(const struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		n += text->p[i] == '\n';
	return n;
}

/* ---- what it refuses ---- */

struct refusal {
	const char *args[MAX_ARGS];
	const char *names; /* what the line must name */
};

static const struct refusal refusals[] = {
	{ { "--no-such-option" }, "--no-such-option" },
	{ { "--no-such-option=7" }, "no-such-option" },
	{ { "stray" }, "stray" },
	{ { "--source" }, "source" },
	{ { "--source", "gopher://x/" }, "gopher" },
	{ { "--source", "ws://" }, "source" },
	{ { "--source", "file:/nonexistent/game.jsonl", "--broker", "mqtt://127.0.0.1:1" }, "/nonexistent/game.jsonl" },
	{ { "--broker", "http://127.0.0.1/" }, "http://127.0.0.1/" },
	{ { "--broker", "mqtt://127.0.0.1:99999" }, "99999" },
	{ { "--register", "some" }, "some" },
	{ { "--schema", "/nonexistent/schema.json" }, "/nonexistent/schema.json" },
	{ { "--http", "nonsense" }, "nonsense" },
	{ { "--http", "127.0.0.1:99999" }, "99999" },
	{ { "--window", "0" }, "window" },
	{ { "--window", "-1" }, "window" },
	{ { "--window", "many" }, "many" },
	{ { "--window", "99999999999999999999" }, "window" },
	{ { "--max-frame-bytes", "12monkeys" }, "12monkeys" },
	{ { "--speed", "fast" }, "fast" },
	{ { "--speed", "-1" }, "speed" },
	{ { "--stale-after-ms", "soon" }, "soon" },
	{ { "--log-level", "loud" }, "loud" },
	{ { "--mqtt-version", "3" }, "mqtt-version" },
	{ { "--prefix", "a/#" }, "prefix" },
	{ { "--prefix", "" }, "prefix" },
	{ { "--prefix", "a/" }, "prefix" },
	{ { "--config", "/nonexistent/publisher.conf" }, "/nonexistent/publisher.conf" },
	{ { "--ca-file", "/nonexistent/ca.pem", "--broker", "mqtts://127.0.0.1:1", "--source", "-" },
	  "/nonexistent/ca.pem" },
	{ { "--password-file", "/nonexistent/password", "--broker", "mqtt://127.0.0.1:1", "--source", "-" },
	  "/nonexistent/password" },
	{ { "--record", "/nonexistent/game.jsonl", "--broker", "mqtt://127.0.0.1:1", "--source", "-" },
	  "/nonexistent/game.jsonl" },
};

static void refuse(const struct refusal *r)
{
	BUF_CLEANUP struct buf out = { 0 };
	BUF_CLEANUP struct buf err = { 0 };
	int status = run(r->args, STR(""), &out, &err);
	bool ok = status > 0 && status < 64 && err.p && strstr(err.p, r->names) && n_lines(&err) <= 2;

	CU_ASSERT(ok);
	if (!ok)
		printf("\n    %s %s: status %d, %zu lines, expected one with \"%s\":\n%s", r->args[0],
		       r->args[1] ? r->args[1] : "", status, n_lines(&err), r->names, err.p ? err.p : "(nothing)\n");
}

static void wrong_options_are_refused_in_one_clear_line(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		refuse(&refusals[i]);
}

static void a_password_on_the_command_line_is_refused(void)
{
	BUF_CLEANUP struct buf err = { 0 };

	CU_ASSERT(run(ARGV("--password", "seen-by-all", "--check-config"), STR(""), NULL, &err) != 0);
	CU_ASSERT_PTR_NOT_NULL(err.p);
	CU_ASSERT_PTR_NULL(err.p ? strstr(err.p, "seen-by-all") : NULL);
}

static void a_port_in_use_is_told(void)
{
	struct board *taken = board_start();
	BUF_CLEANUP struct buf err = { 0 };
	char http[40], port[16];
	int status;

	snprintf(port, sizeof(port), "%d", board_port(taken));
	snprintf(http, sizeof(http), "127.0.0.1:%s", port);
	status = run(ARGV("--source", board_url(taken), "--broker", "mqtt://127.0.0.1:1", "--schema",
			  place_source("schema/crg.json"), "--http", http),
		     STR(""), NULL, &err);
	CU_ASSERT(status > 0 && status < 64);
	CU_ASSERT_PTR_NOT_NULL(err.p);
	if (err.p && !strstr(err.p, port)) {
		CU_FAIL("the line does not name the port");
		printf("\n    %s", err.p);
	}
	board_free(taken);
}

/* ---- what it explains ---- */

static void help_names_every_option(void)
{
	static const char *const options[] = { "--source", "--broker", "--mqtt-version", "--prefix", "--schema", "--register",
					       "--state-file", "--http", "--record", "--speed", "--loop",
					       "--stale-after-ms", "--window", "--max-frame-bytes", "--log-level", "--user",
					       "--password-file", "--ca-file", "--cert-file", "--key-file", "--config",
					       "--print-config", "--check-config", "--map", "SCOREBOARD_" };
	BUF_CLEANUP struct buf out = { 0 };

	CHECK_INT(run(ARGV("--help"), STR(""), &out, NULL), 0);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		bool named = out.p && strstr(out.p, options[i]);

		CU_ASSERT(named);
		if (!named)
			printf("\n    --help does not name %s", options[i]);
	}
}

/* What --print-config writes is a config file that means the same. */
static void printed_config_reads_back_the_same(void)
{
	const char *file = place_temp("printed.conf");
	BUF_CLEANUP struct buf first = { 0 };
	BUF_CLEANUP struct buf second = { 0 };
	BUF_CLEANUP struct buf err = { 0 };

	CHECK_INT(run(ARGV("--source", "ws://board:8000/WS/", "--broker", "mqtt://broker:1884", "--prefix", "track/b",
			   "--register", "full", "--window", "77", "--loop", "--schema", place_source("schema/crg.json"),
			   "--print-config"),
		      STR(""), &first, &err),
		  0);
	CU_ASSERT(first.len > 100);
	place_write(file, buf_view(&first));
	CHECK_INT(run(ARGV("--config", file, "--print-config"), STR(""), &second, &err), 0);
	CHECK_STR(second.p, first.p);
	CU_ASSERT(first.p && strstr(first.p, "track/b") && strstr(first.p, "77") && strstr(first.p, "mqtt://broker:1884"));
	CHECK_INT(run(ARGV("--config", file, "--check-config"), STR(""), NULL, &err), 0);
	if (err.len)
		printf("\n    %s", err.p);
}

static void secrets_are_not_printed(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	const char *program = publisher_program();
	struct proc *p = proc_start(&(struct proc_options){
		.argv = ARGV(program, "--print-config"), .env = ARGV("SCOREBOARD_PASSWORD=top-secret") });

	CHECK_INT(proc_wait(p, 5000), 0);
	proc_stdout(p, &out);
	proc_stderr(p, &out);
	CU_ASSERT_PTR_NULL(out.p ? strstr(out.p, "top-secret") : NULL);
	proc_free(p);
}

static bool prints(const char *const *args, const char *env, const char *line)
{
	BUF_CLEANUP struct buf out = { 0 };
	const char *argv[16] = { publisher_program() };
	struct proc *p;
	bool found;
	size_t n = 1;

	while (*args && n < 14)
		argv[n++] = *args++;
	argv[n] = "--print-config";
	p = proc_start(&(struct proc_options){ .argv = argv, .env = ARGV(env) });
	proc_wait(p, 5000);
	proc_stdout(p, &out);
	found = out.p && strstr(out.p, line);
	if (!found)
		printf("\n    no \"%s\" in:\n%s", line, out.p ? out.p : "(nothing)");
	proc_free(p);
	return found;
}

static void command_line_wins_over_environment_over_file(void)
{
	const char *file = place_temp("prefix.conf");

	BUF_CLEANUP struct buf text = { 0 };

	CHECK_INT(run(ARGV("--prefix", "from-file", "--print-config"), STR(""), &text, NULL), 0);
	place_write(file, buf_view(&text));
	CU_ASSERT(prints(ARGV("--config", file), "SB_UNUSED=1", "from-file"));
	CU_ASSERT(prints(ARGV("--config", file), "SCOREBOARD_PREFIX=from-env", "from-env"));
	CU_ASSERT(prints(ARGV("--config", file, "--prefix", "from-argv"), "SCOREBOARD_PREFIX=from-env", "from-argv"));
}

static void a_bad_config_file_is_named_with_its_line(void)
{
	const char *file = place_temp("bad.conf");
	BUF_CLEANUP struct buf err = { 0 };

	place_write(file, STR("# fine\n\nno such option here\n"));
	CU_ASSERT(run(ARGV("--config", file, "--check-config"), STR(""), NULL, &err) != 0);
	CU_ASSERT(err.p && strstr(err.p, "bad.conf") && strstr(err.p, "3"));
	if (err.p && !strstr(err.p, "bad.conf"))
		printf("\n    %s", err.p);
}

/* ---- --map ---- */

static void map_prints_topic_class_visibility_and_list(void)
{
	BUF_CLEANUP struct buf out = { 0 };

	CHECK_INT(run(ARGV("--map", "--schema", place_source("schema/crg.json")),
		      STR("ScoreBoard.CurrentGame.Team(1).Score\n"
			  "ScoreBoard.CurrentGame.Clock(Jam).Time\n"
			  "ScoreBoard.CurrentGame.Period(1).Jam(2).Duration\n"
			  "ScoreBoard.Clients.Device(x).Name\n"
			  "ScoreBoard.CurrentGame.Team(1).Color(overlay.fg)\n"
			  "ScoreBoard.CurrentGame.Team(1).Captain\n"
			  "ScoreBoard.Game(a-b).Team(1).Score\n"),
		      &out, NULL),
		  0);
	CHECK_STR(out.p, "ScoreBoard.CurrentGame.Team(1).Score\tscoreboard/team/1/score\tcritical\tpublic\tlive\n"
			 "ScoreBoard.CurrentGame.Clock(Jam).Time\tscoreboard/clock/jam/time\tnormal\tpublic\tlive\n"
			 "ScoreBoard.CurrentGame.Period(1).Jam(2).Duration\tscoreboard/period/1/jam/2/duration\tlow\tpublic\tfull\n"
			 "ScoreBoard.Clients.Device(x).Name\t-\tlow\tdrop\t-\n"
			 "ScoreBoard.CurrentGame.Team(1).Color(overlay.fg)\tscoreboard/team/1/color/overlay.fg\tlow\tpublic\tlive\n"
			 "ScoreBoard.CurrentGame.Team(1).Captain\tscoreboard/crew/team/1/captain\tlow\tcrew\tfull\n"
			 "ScoreBoard.Game(a-b).Team(1).Score\tscoreboard/game/a-b/team/1/score\tlow\tpublic\t-\n");
}

static void a_bad_schema_is_named_with_line_and_rule(void)
{
	const char *file = place_temp("bad-schema.json");
	BUF_CLEANUP struct buf err = { 0 };

	place_write(file, STR("{\n  \"name\": \"x\",\n  \"version\": 1,\n  \"register\": {\"live\": [\"A\"], \"full\": [\"A\"]},\n"
			      "  \"rules\": [\n    {\"paths\": [\"A.B\"], \"class\": \"urgent\"}\n  ]\n}\n"));
	CU_ASSERT(run(ARGV("--map", "--schema", file), STR(""), NULL, &err) != 0);
	CU_ASSERT(err.p && strstr(err.p, "bad-schema.json") && strstr(err.p, "line 6") && strstr(err.p, "rules/0/class"));
	CHECK_INT(n_lines(&err), 1);
	buf_clear(&err);
	place_write(file, STR("{\n  \"name\": \"x\",\n  oops\n}\n"));
	CU_ASSERT(run(ARGV("--map", "--schema", file), STR(""), NULL, &err) != 0);
	CU_ASSERT(err.p && strstr(err.p, "bad-schema.json") && strstr(err.p, "3"));
}

static void a_refused_login_is_told(const char *version, const char *words)
{
	struct broker *b = broker_start(&(struct broker_options){ .conf = "allow_anonymous false\n" });
	struct publisher *p = publisher_start(&(struct publisher_options){
		.broker = b, .args = ARGV("--source", "-", "--mqtt-version", version, "--schema", place_source("schema/crg.json")), .with_stdin = true });

	CHECK_LINE(publisher_proc(p), 0, words);
	publisher_free(p);
	broker_free(b);
}

static void a_refused_login_is_told_in_either_version(void)
{
	a_refused_login_is_told("5", "the broker refused us: Not authorized code=0x87");
	a_refused_login_is_told("3.1.1", "the broker refused us: Connection Refused: not authorised. code=0x05");
}

/* ---- signals ---- */

static void stand(struct stage *s, const char *const *args)
{
	stage_set(s, "live", args);
	board_says(s->board, "ScoreBoard.CurrentGame.Name", "\"a game\"");
	board_says(s->board, "ScoreBoard.Version(release)", "\"v1\"");
	CHECK_READY(s->publisher);
}

static int64_t ends_after(struct publisher *p, int signal_number)
{
	mono since = mono_now();

	proc_signal(publisher_proc(p), signal_number);
	CHECK_INT(proc_wait(publisher_proc(p), 10000), 0);
	return mono_diff(mono_now(), since);
}

static void end_by(int signal_number)
{
	struct stage s;
	int64_t took;

	stand(&s, NULL);
	took = ends_after(s.publisher, signal_number);
	for (int more = 2; more && took >= patience_ms(2000); more--) { /* so long it waits for a broker that takes nothing */
		publisher_start_again(s.publisher);
		CHECK_READY(s.publisher);
		took = ends_after(s.publisher, signal_number);
	}
	CU_ASSERT(took < patience_ms(2000));
	CHECK_STATUS(s.broker, "offline");
	CHECK_RETAINED(s.broker, "scoreboard/name", "\"a game\""); /* the last values stay */
	CU_ASSERT(WAIT_FOR(board_counts(s.board).open == 0, 2000));
	stage_strike(&s);
}

static void sigterm_leaves_offline_and_exits_0(void)
{
	end_by(SIGTERM);
}

static void sigint_does_the_same(void)
{
	end_by(SIGINT);
}

static void sigterm_ends_it_without_broker_or_scoreboard_too(void)
{
	struct proc *p;

	p = proc_start(&(struct proc_options){
		.argv = ARGV(publisher_program(), "--source", "ws://127.0.0.1:1/WS/", "--broker", "mqtt://127.0.0.1:1",
			     "--schema", place_source("schema/crg.json")) });
	CHECK_LINE(p, 0, "can't connect to the broker");
	CHECK_LINE(p, 0, "can't connect to the scoreboard");
	CU_ASSERT(proc_running(p));
	proc_signal(p, SIGTERM);
	CHECK_INT(proc_wait(p, 6000), 0);
	proc_free(p);
}

static void replace(struct buf *text, const char *what, const char *by)
{
	BUF_CLEANUP struct buf out = { 0 };
	const char *at = strstr(text->p, what);

	if (!at)
		fatal("no %s in the schema", what);
	buf_add(&out, text->p, (size_t)(at - text->p));
	buf_puts(&out, by);
	buf_puts(&out, at + strlen(what));
	buf_clear(text);
	buf_str(text, buf_view(&out));
}

static void sighup_reloads_the_schema(void)
{
	const char *file = place_temp("schema.json");
	BUF_CLEANUP struct buf text = { 0 };
	struct stage s;
	size_t mark;

	place_read(place_source("schema/crg.json"), &text);
	place_write(file, buf_view(&text));
	stand(&s, ARGV("--schema", file));
	CHECK_RETAINED(s.broker, "scoreboard/version/release", "\"v1\"");
	replace(&text, "\"version/{1}\"", "\"software/{1}\"");
	place_write(file, buf_view(&text));
	proc_signal(publisher_proc(s.publisher), SIGHUP);
	CHECK_RETAINED(s.broker, "scoreboard/software/release", "\"v1\"");
	CHECK_GONE(s.broker, "scoreboard/version/release");
	CHECK_RETAINED(s.broker, "scoreboard/name", "\"a game\"");

	mark = proc_mark(publisher_proc(s.publisher));
	place_write(file, STR("{ nothing good"));
	proc_signal(publisher_proc(s.publisher), SIGHUP);
	CHECK_LINE(publisher_proc(s.publisher), mark, "schema.json");
	CU_ASSERT_EQUAL(publisher_metric(s.publisher, "scoreboard_publisher_schema_reloads_total{result=\"refused\"}"), 1);
	board_says(s.board, "ScoreBoard.Version(release)", "\"v2\"");
	CHECK_RETAINED(s.broker, "scoreboard/software/release", "\"v2\""); /* the old rules go on */
	CHECK_INT(board_counts(s.board).open_max, 1);
	stage_strike(&s);
}

/* ---- the pages ---- */

static void pages_answer_by_http(void)
{
	BUF_CLEANUP struct buf body = { 0 };
	BUF_CLEANUP struct buf answer = { 0 };
	struct stage s;
	int port;

	stand(&s, NULL);
	port = publisher_http_port(s.publisher);
	CHECK_INT(http_get(port, "/healthz", NULL), 200);
	CHECK_INT(http_get(port, "/readyz", NULL), 200);
	CHECK_INT(http_get(port, "/metrics", &body), 200);
	CHECK_INT(http_get(port, "/no/such/page", NULL), 404);
	CU_ASSERT(metric(buf_view(&body), "scoreboard_publisher_frames_total") > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(body.p, "le=\"0.001\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(body.p, "le=\"1\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(body.p, "# HELP "));
	http_raw(port, STR("\0\1garbage\r\n\r\n"), &answer);
	CHECK_INT(http_get(port, "/healthz", NULL), 200);
	broker_kill(s.broker);
	CU_ASSERT(WAIT_FOR(http_get(port, "/readyz", NULL) == 503, 5000));
	CHECK_INT(http_get(port, "/healthz", NULL), 200);
	stage_strike(&s);
}

static void http_clients_do_not_fill_the_log(void)
{
	struct stage s;
	BUF_CLEANUP struct buf request = { 0 };
	BUF_CLEANUP struct buf answer = { 0 };
	size_t before;

	stand(&s, NULL);
	before = proc_mark(publisher_proc(s.publisher));
	buf_puts(&request, "GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: ");
	for (int i = 0; i < 20000; i++)
		buf_char(&request, 'x');
	buf_puts(&request, "\r\n\r\n");
	for (int i = 0; i < 50; i++)
		http_raw(publisher_http_port(s.publisher), buf_view(&request), &answer);
	CU_ASSERT_EQUAL(proc_count_lines(publisher_proc(s.publisher), before, ""), 0);
	CHECK_INT(http_get(publisher_http_port(s.publisher), "/healthz", NULL), 200);
	stage_strike(&s);
}

static void the_scoreboard_sees_who_we_are(void)
{
	char request[300];
	struct stage s;

	stand(&s, NULL);
	board_last_request(s.board, request, sizeof(request));
	CU_ASSERT_PTR_NOT_NULL(strstr(request, "GET /WS/?"));
	CU_ASSERT_PTR_NOT_NULL(strstr(request, "source="));
	CU_ASSERT_PTR_NOT_NULL(strstr(request, "platform="));
	CU_ASSERT(board_registered(s.board, "ScoreBoard.CurrentGame.Team(1).Score"));
	CU_ASSERT_FALSE(board_registered(s.board, "ScoreBoard.Clients.Device(x).Name"));
	CU_ASSERT_FALSE(board_registered(s.board, "ScoreBoard.CurrentGame.Period(1).Jam(1).Duration"));
	stage_strike(&s);
}

static void a_tls_broker_is_trusted_by_its_authority_only(void)
{
	const struct certs *c = certs_get();
	struct broker *b = broker_start(&(struct broker_options){ .tls = BROKER_TLS_CLIENT_CERT });
	struct board *board = board_start();
	BUF_CLEANUP struct buf url = { 0 };
	struct publisher *p;

	buf_printf(&url, "mqtts://127.0.0.1:%d", broker_tls_port(b));
	board_says(board, "ScoreBoard.CurrentGame.Name", "\"by TLS\"");
	p = publisher_start(&(struct publisher_options){
		.board = board,
		.args = ARGV("--broker", url.p, "--ca-file", c->ca, "--cert-file", c->client_cert, "--key-file",
			     c->client_key, "--schema", place_source("schema/crg.json")) });
	CHECK_READY(p);
	CHECK_RETAINED(b, "scoreboard/name", "\"by TLS\"");
	publisher_free(p);
	p = publisher_start(&(struct publisher_options){
		.board = board,
		.args = ARGV("--broker", url.p, "--ca-file", c->other_ca, "--cert-file", c->client_cert, "--key-file",
			     c->client_key, "--schema", place_source("schema/crg.json")) });
	CU_ASSERT(WAIT_FOR(publisher_metric_sum(p, "scoreboard_publisher_broker_reconnects_total") > 0, 10000));
	CU_ASSERT_FALSE(publisher_ready(p));
	publisher_free(p);
	board_free(board);
	broker_free(b);
}

static void a_tls_broker_that_is_not_trusted_is_told(const char *host, int port, const char *ca, const char *words)
{
	BUF_CLEANUP struct buf url = { 0 }, line = { 0 };
	struct publisher *p;

	buf_printf(&url, "mqtts://%s:%d", host, port);
	buf_printf(&line, "can't connect to the broker at %s:%d: TLS: %s", host, port, words);
	p = publisher_start(&(struct publisher_options){
		.args = ARGV("--source", "-", "--broker", url.p, "--ca-file", ca, "--schema", place_source("schema/crg.json")),
		.with_stdin = true });
	CHECK_LINE(publisher_proc(p), 0, line.p);
	CU_ASSERT_FALSE(publisher_ready(p));
	publisher_free(p);
}

static void why_a_tls_broker_is_not_trusted_is_told(void)
{
	const struct certs *c = certs_get();
	struct broker *b = broker_start(&(struct broker_options){ .tls = BROKER_TLS });
	int port = broker_tls_port(b);

	a_tls_broker_that_is_not_trusted_is_told("localhost", port, c->other_ca, "its certificate is not trusted: ");
	/* another way to write 127.0.0.1, which is not in the certificate */
	a_tls_broker_that_is_not_trusted_is_told("127.1", port, c->ca, "its certificate is for another name");
	a_tls_broker_that_is_not_trusted_is_told("localhost", broker_port(b), c->ca, "no handshake; is that its port for TLS");
	a_tls_broker_that_is_not_trusted_is_told("localhost", broker_port(b), place_source("schema/crg.json"), "OpenSSL does not take ca-file");
	broker_free(b);
}

static void a_wss_scoreboard_is_trusted_by_its_authority_only(void)
{
	const struct certs *c = certs_get();
	struct broker *b = broker_start(NULL);
	struct board *board = board_start();
	struct tls_front *front = tls_front_start(board_port(board));
	BUF_CLEANUP struct buf url = { 0 };
	struct publisher *p;

	buf_printf(&url, "wss://127.0.0.1:%d/WS/", tls_front_port(front));
	board_says(board, "ScoreBoard.CurrentGame.Name", "\"by TLS\"");
	p = publisher_start(&(struct publisher_options){
		.broker = b,
		.args = ARGV("--source", url.p, "--source-ca-file", c->ca, "--schema", place_source("schema/crg.json")) });
	CHECK_READY(p);
	CHECK_RETAINED(b, "scoreboard/name", "\"by TLS\"");
	publisher_free(p);
	p = publisher_start(&(struct publisher_options){
		.broker = b,
		.args = ARGV("--source", url.p, "--source-ca-file", c->other_ca, "--schema",
			     place_source("schema/crg.json")) });
	CU_ASSERT(WAIT_FOR(publisher_metric_sum(p, "scoreboard_publisher_source_reconnects_total") > 0, 10000));
	CU_ASSERT_FALSE(publisher_ready(p));
	CHECK_INT(board_counts(board).upgrades, 1);
	publisher_free(p);
	tls_front_free(front);
	board_free(board);
	broker_free(b);
}

const struct unit_test unit_tests[] = {
	UNIT(wrong_options_are_refused_in_one_clear_line),
	UNIT(a_password_on_the_command_line_is_refused),
	UNIT(a_port_in_use_is_told),
	UNIT(help_names_every_option),
	UNIT(printed_config_reads_back_the_same),
	UNIT(secrets_are_not_printed),
	UNIT(command_line_wins_over_environment_over_file),
	UNIT(a_bad_config_file_is_named_with_its_line),
	UNIT(map_prints_topic_class_visibility_and_list),
	UNIT(a_bad_schema_is_named_with_line_and_rule),
	UNIT(a_refused_login_is_told_in_either_version),
	UNIT(sigterm_leaves_offline_and_exits_0),
	UNIT(sigint_does_the_same),
	UNIT(sigterm_ends_it_without_broker_or_scoreboard_too),
	UNIT(sighup_reloads_the_schema),
	UNIT(pages_answer_by_http),
	UNIT(http_clients_do_not_fill_the_log),
	UNIT(the_scoreboard_sees_who_we_are),
	UNIT(a_tls_broker_is_trusted_by_its_authority_only),
	UNIT(why_a_tls_broker_is_not_trusted_is_told),
	UNIT(a_wss_scoreboard_is_trusted_by_its_authority_only),
	{ NULL, NULL },
};
