/* How the publisher says that it is: /health.json and /readyz while its scoreboard, its broker and its files come and go; and its log as
 * JSON. */
#include "tests/support/json.h"
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "health";

#define SCORE "ScoreBoard.CurrentGame.Team(1).Score"

static struct stage stage;

static void begin(const char *const *args)
{
	stage_set(&stage, "live", args);
	board_says(stage.board, SCORE, "7");
	CHECK_READY(stage.publisher);
}

/* The part's object; an empty view when there is none. */
static struct str part_of(struct str body, const char *kind)
{
	char head[60];
	const char *at, *end;

	snprintf(head, sizeof(head), "{\"part\":\"%s\",", kind);
	at = strstr(body.p, head);
	end = at ? strchr(at, '}') : NULL;
	return end ? (struct str){ at, (size_t)(end - at) + 1 } : (struct str){ "", 0 };
}

static bool has(struct str text, const char *words)
{
	return memmem(text.p, text.len, words, strlen(words)) != NULL;
}

/* Does /health.json answer with this status, and say of this part whether it is well, and these words? */
static bool says(struct publisher *p, int status, const char *kind, bool ok, const char *words)
{
	BUF_CLEANUP struct buf body = { 0 };
	struct str part;
	int64_t since, at;

	if (http_get(publisher_http_port(p), "/health.json", &body) != status)
		return false;
	part = part_of(buf_view(&body), kind);
	return str_is(json_get(part, "ok"), ok ? "true" : "false") && has(json_get(part, "why"), words) &&
	       str_is(json_get(buf_view(&body), "ok"), status == 200 ? "true" : "false") &&
	       str_to_int(json_get(part, "since"), &since) && str_to_int(json_get(buf_view(&body), "at"), &at) && since <= at &&
	       at - since < patience_ms(60000);
}

#define CHECK_SAYS(p, status, kind, ok, words) \
	do { \
		if (!WAIT_FOR(says(p, status, kind, ok, words), 10000)) \
			show_body(p, __LINE__); \
	} while (0)

static void show_body(struct publisher *p, int line)
{
	BUF_CLEANUP struct buf body = { 0 };
	int status = http_get(publisher_http_port(p), "/health.json", &body);

	printf("\n    line %d: %d %s", line, status, buf_view(&body).p);
	CU_FAIL("/health.json says something else");
}

static void each_part_says_when_it_is_gone_and_when_it_is_back(void)
{
	BUF_CLEANUP struct buf body = { 0 };

	begin(NULL);
	CHECK_SAYS(stage.publisher, 200, "scoreboard", true, "connected");
	CHECK_SAYS(stage.publisher, 200, "broker", true, "connected");
	CHECK_SAYS(stage.publisher, 200, "schema", true, "loaded");
	CHECK_SAYS(stage.publisher, 200, "http", true, " connections, 0 of ");
	board_stop(stage.board);
	CHECK_SAYS(stage.publisher, 503, "scoreboard", false, "scoreboard");
	CHECK_SAYS(stage.publisher, 503, "broker", true, "connected");
	CHECK_INT(http_get(publisher_http_port(stage.publisher), "/readyz", &body), 503);
	CU_ASSERT(str_starts(buf_view(&body), STR("not ready: scoreboard: ")));
	board_resume(stage.board);
	CHECK_SAYS(stage.publisher, 200, "scoreboard", true, "connected");
	broker_kill(stage.broker);
	CHECK_SAYS(stage.publisher, 503, "broker", false, "broker");
	CHECK_SAYS(stage.publisher, 503, "scoreboard", true, "connected");
	broker_start_again(stage.broker);
	CHECK_SAYS(stage.publisher, 200, "broker", true, "connected");
	stage_strike(&stage);
}

static bool counts(struct publisher *p, const char *viewers, const char *users)
{
	BUF_CLEANUP struct buf body = { 0 };

	return http_get(publisher_http_port(p), "/health.json", &body) == 200 && str_is(json_get(buf_view(&body), "viewers"), viewers) &&
	       str_is(json_get(buf_view(&body), "users"), users);
}

static void viewers_and_users_are_what_the_broker_tells(void)
{
	begin(NULL);
	CU_ASSERT(counts(stage.publisher, "null", "null"));
	CU_ASSERT(mqtt_publish(broker_port(stage.broker), NULL, "scoreboard/presence/watching", STR("{\"total\":812,\"mqtt\":800}"), true));
	CU_ASSERT(mqtt_publish(broker_port(stage.broker), NULL, "scoreboard/presence/users", STR("40"), true));
	CU_ASSERT(WAIT_FOR(counts(stage.publisher, "812", "40"), 5000));
	broker_restart(stage.broker); /* it has forgotten */
	CU_ASSERT(WAIT_FOR(counts(stage.publisher, "null", "null"), 10000));
	stage_strike(&stage);
}

/* It serves what there is, and says of whom it has it. */
static void a_follower_is_well_and_says_that_its_publisher_is_not(void)
{
	char source[64];
	struct publisher *f;

	begin(NULL);
	snprintf(source, sizeof(source), "mqtt://127.0.0.1:%d", broker_port(stage.broker));
	f = publisher_start(&(struct publisher_options){ .args = ARGV("--source", source, "--broker", "none") });
	CHECK_SAYS(f, 200, "feed", true, "connected");
	CHECK_SAYS(f, 200, "publisher", true, "it says \\\"live\\\"");
	CU_ASSERT(mqtt_publish(broker_port(stage.broker), NULL, "scoreboard/presence/users", STR("3"), true));
	CU_ASSERT(WAIT_FOR(counts(f, "null", "3"), 5000));
	board_stop(stage.board);
	CHECK_SAYS(f, 200, "publisher", false, "it says \\\"stale\\\"");
	broker_kill(stage.broker);
	CHECK_SAYS(f, 503, "feed", false, "broker");
	publisher_free(f);
	stage_strike(&stage);
}

static void what_is_wrong_with_files_is_said_while_the_work_goes_on(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	const char *schema = place_temp("health-schema.json");

	CU_ASSERT_FATAL(place_read(place_source("schema/crg.json"), &text));
	place_write(schema, buf_view(&text));
	begin(ARGV("--schema", schema, "--record", "/dev/full"));
	CHECK_SAYS(stage.publisher, 200, "recording", false, "written");
	place_write(schema, STR("{\n\"nonsense\"\n"));
	proc_signal(publisher_proc(stage.publisher), SIGHUP);
	CHECK_SAYS(stage.publisher, 200, "schema", false, "line 2");
	place_write(schema, buf_view(&text));
	proc_signal(publisher_proc(stage.publisher), SIGHUP);
	CHECK_SAYS(stage.publisher, 200, "schema", true, "loaded");
	stage_strike(&stage);
}

/* ---- the log as JSON ---- */

static bool is_known_level(struct str level)
{
	return str_is(level, "\"info\"") || str_is(level, "\"warn\"") || str_is(level, "\"error\"");
}

static bool any_member(void *data, struct str key, struct str value)
{
	(void)key;
	*(unsigned *)data += value.len > 0;
	return true;
}

/* How many lines there are; all must be whole JSON objects with the four members of every line. */
static unsigned check_lines(struct str log)
{
	unsigned lines = 0;
	struct str line;

	while (str_split(&log, '\n', &line)) {
		unsigned members = 0;
		bool ok;

		if (!line.len)
			continue;
		ok = json_members(line, any_member, &members) && members >= 4 && json_get(line, "time").len == 26 &&
		     is_known_level(json_get(line, "level")) && json_get(line, "area").len > 2 && json_get(line, "message").len > 2;
		if (!ok)
			printf("\n    no line of JSON: %.*s", STR_ARGS(line));
		CU_ASSERT(ok);
		lines++;
	}
	return lines;
}

static void every_line_of_the_log_is_an_object(void)
{
	BUF_CLEANUP struct buf log = { 0 };

	begin(ARGV("--log-format", "json"));
	board_says(stage.board, "ScoreBoard.CurrentGame.Bad\x1b\"]}(\xff)", "1");
	board_send_raw(stage.board, 1, "{\"error\":\"\\\" }\\n no \"}", 22);
	board_restart(stage.board);
	broker_restart(stage.broker);
	CHECK_READY(stage.publisher);
	CHECK_INT(publisher_stop(stage.publisher), 0);
	proc_stderr(publisher_proc(stage.publisher), &log);
	CU_ASSERT(check_lines(buf_view(&log)) >= 8);
	CU_ASSERT(has(buf_view(&log), "\"area\":\"main\",\"message\":\"started\",\"version\":\""));
	CU_ASSERT(has(buf_view(&log), "\"area\":\"status\",\"message\":\"live\",\"reason\":\"connected\"}"));
	CU_ASSERT(has(buf_view(&log), "\"area\":\"main\",\"message\":\"stopping\",\"signal\":\"TERM\"}"));
	CU_ASSERT(has(buf_view(&log), ",\"tries\":1}"));
	stage_strike(&stage);
}

const struct unit_test unit_tests[] = {
	UNIT(each_part_says_when_it_is_gone_and_when_it_is_back),
	UNIT(viewers_and_users_are_what_the_broker_tells),
	UNIT(a_follower_is_well_and_says_that_its_publisher_is_not),
	UNIT(what_is_wrong_with_files_is_said_while_the_work_goes_on),
	UNIT(every_line_of_the_log_is_an_object),
	{ NULL, NULL },
};
