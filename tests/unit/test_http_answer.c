/* http_answer - a view's answer is its own, whatever the views are called and however they come and go. The bridge is played by
 * this file: a few feeds. */
#include "publisher/io/http/http_answer.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

const char *const unit_name = "http_answer";

/* --- the bridge --- */

static struct feed *feeds[SCHEMA_MAX_VIEWS];
static const char *status = "{\"state\":\"live\"}";

const struct feed *bridge_view(const struct bridge *b, struct str name)
{
	(void)b;
	for (size_t i = 0; i < SCHEMA_MAX_VIEWS; i++)
		if (feeds[i] && str_is(name, feed_name(feeds[i])))
			return feeds[i];
	return NULL;
}

struct str bridge_status(const struct bridge *b)
{
	(void)b;
	return str_of(status);
}

static const char *notice = "";

struct str bridge_notice(const struct bridge *b)
{
	(void)b;
	return str_of(notice);
}

const char *bridge_standby(const struct bridge *b)
{
	(void)b;
	return NULL;
}

static bool ready;

bool bridge_ready(const struct bridge *b)
{
	(void)b;
	return ready;
}

static struct parts parts;

const struct parts *bridge_parts(const struct bridge *b)
{
	(void)b;
	return &parts;
}

static struct attendance attendance = { ATTENDANCE_UNKNOWN, ATTENDANCE_UNKNOWN };

const struct attendance *bridge_attendance(const struct bridge *b)
{
	(void)b;
	return &attendance;
}

void bridge_write_metrics(struct bridge *b, struct moment now, struct buf *out)
{
	(void)b;
	(void)now;
	(void)out;
}

/* --- the compressor is counted: the linker puts this before zlib's own (tests/unit/publisher.cmake) --- */

static int n_compressed;

int __real_deflateInit2_(z_stream *z, int level, int method, int window, int memory, int strategy, const char *version, int size);
int __wrap_deflateInit2_(z_stream *z, int level, int method, int window, int memory, int strategy, const char *version, int size);

int __wrap_deflateInit2_(z_stream *z, int level, int method, int window, int memory, int strategy, const char *version, int size)
{
	n_compressed++;
	return __real_deflateInit2_(z, level, method, window, memory, strategy, version, size);
}

/* --- */

static char prefix[] = "sb/track1";
static char title[] = "Track 1", servers[] = "ws://*:9002/mqtt", empty[] = "";
static const struct config config = { .v = {
					      [CONF_PREFIX] = { .text = prefix },
					      [CONF_TITLE] = { .text = title },
					      [CONF_ADDRESS] = { .text = empty },
					      [CONF_PAGE_SERVER] = { .text = servers },
					      [CONF_TRACKS] = { .text = empty },
					      [CONF_HISTORY] = { .text = empty },
				      } };
static struct io io = { .config = &config };

static void set_view(size_t i, const char *name, const char *value)
{
	feed_free(feeds[i]);
	feeds[i] = feed_new(name, "e1", 1 << 20);
	CU_ASSERT_FATAL(feeds[i] != NULL);
	CU_ASSERT(feed_set(feeds[i], STR("k"), str_of(value), CLASS_HIGH));
}

static void clear_views(void)
{
	for (size_t i = 0; i < SCHEMA_MAX_VIEWS; i++) {
		feed_free(feeds[i]);
		feeds[i] = NULL;
	}
}

/* The request for /PREFIX/VIEW.json. False: there is no such thing, which the server answers with 404. */
static bool ask(struct answer_cache *c, const char *view, struct http_request *q, struct answer *out)
{
	*q = (struct http_request){ .accept_encoding = STR(""), .if_none_match = q->if_none_match };
	CU_ASSERT_FATAL(snprintf(q->path, sizeof(q->path), "/%s/%s.json", prefix, view) < (int)sizeof(q->path));
	return answer_make(c, q, out);
}

static void check_answer(struct answer_cache *c, const char *view, const char *value)
{
	struct http_request q = { .if_none_match = STR("") };
	struct answer a = { 0 };

	CU_ASSERT_FATAL(ask(c, view, &q, &a));
	CHECK_INT(a.status, 200);
	CHECK_INT(a.length, a.body.len);
	if (!strstr(a.body.p, value))
		CHECK_STR(a.body.p, value);
	answer_free(&a);
}

static void fill(char *out, char c, size_t n)
{
	memset(out, c, n);
	out[n] = '\0';
}

static void names_of_the_greatest_length_are_told_apart(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	char first[SCHEMA_MAX_VIEW_NAME + 1], second[SCHEMA_MAX_VIEW_NAME + 1];

	CU_ASSERT_FATAL(c != NULL);
	fill(first, 'v', SCHEMA_MAX_VIEW_NAME);
	fill(second, 'v', SCHEMA_MAX_VIEW_NAME - 1);
	set_view(0, first, "\"of the first\"");
	set_view(1, second, "\"of the second\"");
	for (int round = 0; round < 2; round++) {
		check_answer(c, first, "of the first");
		check_answer(c, second, "of the second");
	}
	clear_views();
	answer_cache_free(c);
}

/* The schema lets no such view in. Should one come by another way, it is none here, but never another one. */
static void a_view_with_too_long_a_name_is_no_view(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	struct http_request q = { .if_none_match = STR("") };
	struct answer a = { 0 };
	char first[81], second[81];

	CU_ASSERT_FATAL(c != NULL);
	fill(first, 'v', 80);
	fill(second, 'v', 80);
	second[79] = 'w';
	set_view(0, first, "1");
	set_view(1, second, "2");
	set_view(2, "short", "3");
	CU_ASSERT(!ask(c, first, &q, &a));
	CU_ASSERT(!ask(c, second, &q, &a));
	check_answer(c, "short", ":3");
	answer_free(&a);
	clear_views();
	answer_cache_free(c);
}

/* Rules that are read again may call their views otherwise, again and again. */
static void views_that_come_and_go_keep_their_own_answers(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	char name[32], value[32];

	CU_ASSERT_FATAL(c != NULL);
	set_view(0, "stays", "\"the one that stays\"");
	for (int i = 0; i < 4 * SCHEMA_MAX_VIEWS; i++) {
		snprintf(name, sizeof(name), "view-%d", i);
		snprintf(value, sizeof(value), "%d", 1000 + i);
		set_view(1 + (size_t)i % (SCHEMA_MAX_VIEWS - 1), name, value);
		check_answer(c, name, value);
		check_answer(c, "stays", "the one that stays");
	}
	clear_views();
	answer_cache_free(c);
	answer_cache_free(NULL);
}

static void what_the_client_has_already_is_not_sent_again(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	struct http_request q = { .if_none_match = STR("") };
	struct answer first = { 0 }, again = { 0 };

	CU_ASSERT_FATAL(c != NULL);
	set_view(0, "v", "1");
	CU_ASSERT_FATAL(ask(c, "v", &q, &first));
	q.if_none_match = str_of(first.etag);
	CU_ASSERT_FATAL(ask(c, "v", &q, &again));
	CHECK_INT(again.status, 304);
	CHECK_INT(again.length, 0);
	status = "{\"state\":\"stale\"}"; /* it is a part of the answer */
	CU_ASSERT_FATAL(ask(c, "v", &q, &again));
	CHECK_INT(again.status, 200);
	CU_ASSERT(strstr(again.body.p, "stale") != NULL);
	answer_free(&first);
	answer_free(&again);
	clear_views();
	answer_cache_free(c);
}

static void a_notice_is_a_part_of_the_answer_while_there_is_one(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	struct http_request q = { .if_none_match = STR("") };
	struct answer without = { 0 }, with = { 0 };

	CU_ASSERT_FATAL(c != NULL);
	set_view(0, "v", "1");
	CU_ASSERT_FATAL(ask(c, "v", &q, &without));
	CU_ASSERT(strstr(without.body.p, "notice") == NULL);
	q.if_none_match = str_of(without.etag);
	notice = "{\"text\":\"Hi\"}";
	CU_ASSERT_FATAL(ask(c, "v", &q, &with));
	CHECK_INT(with.status, 200);
	CU_ASSERT(str_ends(buf_view(&with.body), STR("},\"notice\":{\"text\":\"Hi\"}}")));
	answer_free(&with);
	notice = "";
	CU_ASSERT_FATAL(ask(c, "v", &q, &with));
	CHECK_INT(with.status, 304);
	answer_free(&without);
	answer_free(&with);
	clear_views();
	answer_cache_free(c);
}

static void check_thousand_answers(struct answer_cache *c, size_t plain_len)
{
	n_compressed = 0;
	for (int i = 0; i < 1000; i++) {
		struct http_request q = { .path = "/sb/track1/v.json", .accept_encoding = STR("br, gzip"), .if_none_match = STR("") };
		struct answer a = { 0 };

		CU_ASSERT_FATAL(answer_make(c, &q, &a));
		CU_ASSERT(a.gzip && a.length < plain_len);
		answer_free(&a);
	}
	CHECK_INT(n_compressed, 1);
}

static void a_state_is_compressed_once_for_all_who_ask(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	BUF_CLEANUP struct buf value = { 0 };

	CU_ASSERT_FATAL(c != NULL);
	for (int i = 0; i < 1000; i++)
		buf_puts(&value, i == 0 || i == 999 ? "\"" : "a");
	set_view(0, "v", value.p);
	check_thousand_answers(c, value.len);
	CU_ASSERT(feed_set(feeds[0], STR("k"), STR("2"), CLASS_HIGH) && feed_set(feeds[0], STR("l"), str_of(value.p), CLASS_HIGH));
	feed_commit(feeds[0], (mono){ 0 });
	CU_ASSERT(feed_flush(feeds[0], (mono){ 0 }, 0) != FEED_NOTHING);
	check_thousand_answers(c, value.len);
	status = "{\"state\":\"live\"}";
	check_thousand_answers(c, value.len);
	clear_views();
	answer_cache_free(c);
}

static void health_is_answered_and_the_rest_is_left_to_the_files(void)
{
	static const struct {
		const char *path;
		int status; /* 0: no answer */
	} rows[] = {
		{ "/healthz", 200 },
		{ "/readyz", 503 },
		{ "/health.json", 503 },
		{ "/metrics", 200 },
		{ "/", 0 },
		{ "/healthz/", 0 },
		{ "/none.json", 0 },
		{ ".json", 0 },
		{ "/.json", 0 },
	};
	struct answer_cache *c = answer_cache_new(&io);

	CU_ASSERT_FATAL(c != NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct http_request q = { .if_none_match = STR("") };
		struct answer a = { 0 };

		str_copy(q.path, sizeof(q.path), rows[i].path);
		CHECK_INT(answer_make(c, &q, &a), rows[i].status != 0);
		CHECK_INT(a.status, rows[i].status);
		answer_free(&a);
	}
	answer_cache_free(c);
}

/* --- how the publisher is --- */

static void tell(const char *kind, bool ok, const char *why)
{
	parts_tell(&parts, &(struct part_report){ .kind = kind, .ok = ok, .why = why }, 5000);
}

/* The body of the answer; "" when its status is another one. Valid until the next call. */
static const char *body_of(struct answer_cache *c, const char *path, int expected)
{
	static char body[2000];
	struct http_request q = { .if_none_match = STR("") };
	struct answer a = { 0 };

	str_copy(q.path, sizeof(q.path), path);
	CU_ASSERT_FATAL(answer_make(c, &q, &a));
	CHECK_INT(a.status, expected);
	CHECK_STR(a.cache_control, "no-store");
	snprintf(body, sizeof(body), "%.*s", STR_ARGS(buf_view(&a.body)));
	answer_free(&a);
	return body;
}

static void health_json_tells_each_part_and_its_status_is_readyz(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	const char *body, *at;

	CU_ASSERT_FATAL(c != NULL);
	parts = (struct parts){ .n = 0 };
	ready = false;
	status = "{\"state\":\"stale\",\"since\":7,\"reason\":\"no pong\"}";
	tell("scoreboard", false, "no pong");
	tell("broker", true, "connected");
	CHECK_STR(body_of(c, "/readyz", 503), "not ready: scoreboard: no pong\n");
	body = body_of(c, "/health.json", 503);
	at = strstr(body, ",\"version\":");
	CU_ASSERT(str_starts(str_of(body), STR("{\"ok\":false,\"why\":\"scoreboard: no pong\",\"at\":1")));
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	CHECK_STR(at, ",\"version\":\"1.2.3\",\"status\":{\"state\":\"stale\",\"since\":7,\"reason\":\"no pong\"},"
		      "\"viewers\":null,\"users\":null,\"parts\":["
		      "{\"part\":\"scoreboard\",\"ok\":false,\"since\":5000,\"why\":\"no pong\"},"
		      "{\"part\":\"broker\",\"ok\":true,\"since\":5000,\"why\":\"connected\"}]}\n");
	tell("scoreboard", true, "connected");
	CHECK_STR(body_of(c, "/readyz", 503), "not ready: no pong\n"); /* every part is well: the status says why */
	ready = true;
	attendance = (struct attendance){ 812, 0 };
	CHECK_STR(body_of(c, "/readyz", 200), "ready\n");
	body = body_of(c, "/health.json", 200);
	CU_ASSERT(str_starts(str_of(body), STR("{\"ok\":true,\"why\":\"all is well\",")));
	CU_ASSERT(strstr(body, ",\"viewers\":812,\"users\":0,") != NULL);
	answer_cache_free(c);
}

/* Work that is done in spite of it, so that no load balancer looks away. */
static void what_is_wrong_is_said_also_when_the_work_is_done(void)
{
	struct answer_cache *c = answer_cache_new(&io);

	CU_ASSERT_FATAL(c != NULL);
	parts = (struct parts){ .n = 0 };
	ready = true;
	tell("scoreboard", true, "connected");
	parts_tell(&parts, &(struct part_report){ "broker", "hub2:1880", false, "refused" }, 1);
	CU_ASSERT(str_starts(str_of(body_of(c, "/health.json", 200)), STR("{\"ok\":true,\"why\":\"broker hub2:1880: refused\",")));
	CHECK_STR(body_of(c, "/readyz", 200), "ready\n");
	answer_cache_free(c);
}

static int64_t open_files_of(struct answer_cache *c)
{
	const char *name = "\nprocess_open_fds ", *at = strstr(body_of(c, "/metrics", 200), name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	return strtoll(at + strlen(name), NULL, 10);
}

/* With thousands of clients each count would hold all of them up for as long as it takes. */
static void open_files_are_not_counted_for_each_who_asks(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	int64_t before;
	int fds[2];

	CU_ASSERT_FATAL(c != NULL);
	io.files_count_at = (mono){ 0 };
	before = open_files_of(c);
	CU_ASSERT(before > 2);
	CU_ASSERT_FATAL(pipe(fds) == 0);
	CHECK_INT(open_files_of(c), before);
	io.files_count_at = mono_now(); /* some seconds later */
	CHECK_INT(open_files_of(c), before + 2);
	close(fds[0]);
	close(fds[1]);
	answer_cache_free(c);
}

static void a_view_called_health_hides_nothing(void)
{
	struct answer_cache *c = answer_cache_new(&io);

	CU_ASSERT_FATAL(c != NULL);
	parts = (struct parts){ .n = 0 };
	ready = true;
	set_view(0, "health", "\"of the view\"");
	CU_ASSERT(strstr(body_of(c, "/health.json", 200), "\"parts\":[]") != NULL);
	check_answer(c, "health", "of the view");
	clear_views();
	answer_cache_free(c);
}

static void only_paths_of_our_prefix_lead_to_a_view(void)
{
	static const char *const strange[] = {
		"/v.json",
		"/sb/v.json",
		"/sb/track2/v.json",
		"/sb/track1x/v.json",
		"/sb/track/v.json",
		"/sb/track1v.json",
		"/SB/track1/v.json",
		"/track1/v.json",
		"/x/sb/track1/v.json",
		"/sb/track1/x/v.json",
		"/sb/track1/.json",
		"sb/track1/v.json",
	};
	struct answer_cache *c = answer_cache_new(&io);

	CU_ASSERT_FATAL(c != NULL);
	set_view(0, "v", "\"of the view\"");
	check_answer(c, "v", "of the view");
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct http_request q = { .if_none_match = STR("") };
		struct answer a = { 0 };

		str_copy(q.path, sizeof(q.path), strange[i]);
		CU_ASSERT(!answer_make(c, &q, &a));
		answer_free(&a);
	}
	clear_views();
	answer_cache_free(c);
}

/* Answers /config.json to who has what the entity tag names; *out is to be freed. */
static void ask_config(struct answer_cache *c, const char *etag, struct answer *out)
{
	struct http_request q = { .path = "/config.json", .if_none_match = str_of(etag) };

	CU_ASSERT_FATAL(answer_make(c, &q, out));
	CHECK_STR(out->cache_control, "no-cache");
	CU_ASSERT(!out->of_view && out->length == out->body.len);
}

static void pages_are_told_where_the_scoreboard_is_and_keep_it(void)
{
	struct answer_cache *c = answer_cache_new(&io);
	struct answer first, again;

	CU_ASSERT_FATAL(c != NULL);
	ask_config(c, "", &first);
	CHECK_INT(first.status, 200);
	CHECK_STR(first.body.p, "{\"version\":1,\"prefix\":\"sb/track1\",\"title\":\"Track 1\",\"addresses\":[],\"servers\":[\"ws://*:9002/mqtt\"],\"history\":false,\"tracks\":[]}\n");
	ask_config(c, first.etag, &again);
	CHECK_INT(again.status, 304);
	CHECK_INT(again.length, 0);
	answer_free(&again);
	title[6] = '2';
	ask_config(c, first.etag, &again);
	CHECK_INT(again.status, 200);
	title[6] = '1';
	answer_free(&again);
	answer_free(&first);
	answer_cache_free(c);
}

const struct unit_test unit_tests[] = {
	UNIT(names_of_the_greatest_length_are_told_apart),
	UNIT(a_view_with_too_long_a_name_is_no_view),
	UNIT(views_that_come_and_go_keep_their_own_answers),
	UNIT(what_the_client_has_already_is_not_sent_again),
	UNIT(a_notice_is_a_part_of_the_answer_while_there_is_one),
	UNIT(a_state_is_compressed_once_for_all_who_ask),
	UNIT(health_is_answered_and_the_rest_is_left_to_the_files),
	UNIT(health_json_tells_each_part_and_its_status_is_readyz),
	UNIT(what_is_wrong_is_said_also_when_the_work_is_done),
	UNIT(open_files_are_not_counted_for_each_who_asks),
	UNIT(a_view_called_health_hides_nothing),
	UNIT(pages_are_told_where_the_scoreboard_is_and_keep_it),
	UNIT(only_paths_of_our_prefix_lead_to_a_view),
	{ NULL, NULL },
};
