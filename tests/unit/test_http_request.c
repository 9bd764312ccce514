/* http_request - heads of requests, whole, in parts, and wrong. */
#include "publisher/core/http/http_request.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "http_request";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define END "\r\n\r\n"

static const struct row {
	const char *bytes;
	enum http_head expected;
	const char *path;
	enum http_method method;
	bool keep_alive, has_body;
} rows[] = {
	{ "GET / HTTP/1.1" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_GET, true, false },
	{ "\r\n\r\nGET / HTTP/1.1" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_GET, true, false },
	{ "HEAD /a/b.html?x=1&y=/../ HTTP/1.1\r\nHost: x" END, HTTP_HEAD_WHOLE, "/a/b.html", HTTP_METHOD_HEAD, true, false },
	{ "GET /a%20b%2Fc%c3%a9 HTTP/1.1" END, HTTP_HEAD_WHOLE, "/a b/c\xC3\xA9", HTTP_METHOD_GET, true, false },
	{ "GET / HTTP/1.0" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_GET, false, false },
	{ "GET / HTTP/1.1\r\ncoNNection: Upgrade , CLOSE" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_GET, false, false },
	{ "POST / HTTP/1.1\r\nContent-Length: 5" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_OTHER, true, true },
	{ "GET / HTTP/1.1\r\nContent-Length: 0" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_GET, true, false },
	{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_GET, true, true },
	{ "get / HTTP/1.1" END, HTTP_HEAD_WHOLE, "/", HTTP_METHOD_OTHER, true, false },
	{ "", HTTP_HEAD_PART, NULL, HTTP_METHOD_GET, false, false },
	{ "GET / HTTP/1.1\r\n", HTTP_HEAD_PART, NULL, HTTP_METHOD_GET, false, false },
	{ "GET / HTTP/1.1\n\n", HTTP_HEAD_PART, NULL, HTTP_METHOD_GET, false, false },
	{ "GET /" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET / HTTP/2.0" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ " / HTTP/1.1" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET x HTTP/1.1" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET ?x HTTP/1.1" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET /%0 HTTP/1.1" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET /%zz HTTP/1.1" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET /%00 HTTP/1.1" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET /%0d%0aSet-Cookie HTTP/1.1" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "GET / HTTP/1.1\r\nno colon" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
	{ "nonsense" END, HTTP_HEAD_BAD, NULL, HTTP_METHOD_GET, false, false },
};

/* In memory of exactly this size, so that a sanitizer sees a byte too far. */
static enum http_head read_exactly(const char *bytes, size_t len, struct http_request *out)
{
	char *copy = malloc(len ? len : 1);
	enum http_head r;

	memcpy(copy, bytes, len);
	r = http_request_read((struct str){ copy, len }, out);
	free(copy);
	return r;
}

static void heads_are_read_or_refused(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_request q;

		CHECK_INT(read_exactly(rows[i].bytes, strlen(rows[i].bytes), &q), rows[i].expected);
		if (rows[i].expected != HTTP_HEAD_WHOLE)
			continue;
		CHECK_STR(q.path, rows[i].path);
		CHECK_INT(q.method, rows[i].method);
		CHECK_INT(q.keep_alive, rows[i].keep_alive);
		CHECK_INT(q.has_body, rows[i].has_body);
		CHECK_INT(q.length, strlen(rows[i].bytes));
	}
}

static void a_head_in_parts_is_none_until_it_is_whole(void)
{
	static const char head[] = "GET /scoreboard/spectator.json HTTP/1.1\r\nHost: x" END;
	struct http_request q;

	for (size_t n = 0; n < sizeof(head) - 1; n++)
		CHECK_INT(read_exactly(head, n, &q), HTTP_HEAD_PART);
	CHECK_INT(read_exactly(head, sizeof(head) - 1, &q), HTTP_HEAD_WHOLE);
}

static void headers_that_we_know_are_told(void)
{
	struct http_request q;
	struct str bytes = STR("GET / HTTP/1.1\r\nAccept-Encoding: gzip, br\r\nIF-NONE-MATCH:\"a\" \r\nLast-Event-ID: e:7" END "more");

	CHECK_INT(http_request_read(bytes, &q), HTTP_HEAD_WHOLE);
	CU_ASSERT(str_is(q.accept_encoding, "gzip, br"));
	CU_ASSERT(str_is(q.if_none_match, "\"a\""));
	CU_ASSERT(str_is(q.last_event_id, "e:7"));
	CHECK_INT(q.length, bytes.len - 4);
}

static void a_query_is_told_as_it_came(void)
{
	struct http_request q;

	CHECK_INT(http_request_read(STR("GET /a?t=5&x=%20?y HTTP/1.1" END), &q), HTTP_HEAD_WHOLE);
	CHECK_STR(q.path, "/a");
	CU_ASSERT(str_is(q.query, "t=5&x=%20?y"));
	CHECK_INT(http_request_read(STR("GET /a HTTP/1.1" END), &q), HTTP_HEAD_WHOLE);
	CU_ASSERT(q.query.p == NULL);
	CHECK_INT(http_request_read(STR("GET /a? HTTP/1.1" END), &q), HTTP_HEAD_WHOLE);
	CU_ASSERT(q.query.p != NULL && !q.query.len);
}

static void what_is_too_long_is_refused(void)
{
	static char head[HTTP_HEAD_MAX_BYTES + 100];
	struct http_request q;

	memset(head, 'x', sizeof(head));
	CHECK_INT(read_exactly(head, HTTP_HEAD_MAX_BYTES - 1, &q), HTTP_HEAD_PART);
	CHECK_INT(read_exactly(head, HTTP_HEAD_MAX_BYTES, &q), HTTP_HEAD_LONG);
	memset(head, '\n', sizeof(head));
	for (size_t i = 0; i < sizeof(head); i += 2)
		head[i] = '\r';
	CHECK_INT(read_exactly(head, HTTP_HEAD_MAX_BYTES, &q), HTTP_HEAD_LONG);
	snprintf(head, sizeof(head), "GET /%0*d HTTP/1.1" END, HTTP_PATH_MAX_BYTES - 1, 0);
	CHECK_INT(read_exactly(head, strlen(head), &q), HTTP_HEAD_WHOLE);
	snprintf(head, sizeof(head), "GET /%0*d HTTP/1.1" END, HTTP_PATH_MAX_BYTES, 0);
	CHECK_INT(read_exactly(head, strlen(head), &q), HTTP_HEAD_PATH_LONG);
}

static void gzip_is_taken_by_who_names_it_and_does_not_refuse_it(void)
{
	static const struct {
		const char *text;
		bool expected;
	} lists[] = {
		{ "gzip", true },
		{ "GZip", true },
		{ "deflate, gzip;q=1.0, *;q=0.5", true },
		{ "br , gzip ; q=0.001", true },
		{ "gzip;level=0", true },
		{ "gzip;q=0", false },
		{ "gzip ; Q=0.000", false },
		{ "", false },
		{ "identity", false },
		{ "x-gzip", false },
		{ "gzipped", false },
		{ "br;gzip", false },
		{ "*", false },
		{ ",;=,", false },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const struct http_request q = { .accept_encoding = str_of(lists[i].text) };

		if (http_request_takes_gzip(&q) != lists[i].expected)
			CHECK_STR(lists[i].expected ? "not taken" : "taken", lists[i].text);
	}
}

static void a_path_is_of_a_prefix_level_by_level(void)
{
	static const struct {
		const char *path, *prefix, *name; /* NULL: it is not */
	} paths[] = {
		{ "/scoreboard/spectator/events", "scoreboard", "spectator" },
		{ "/sb/track2/v/events", "sb/track2", "v" },
		{ "/sb/track2/v/events", "sb", "track2/v" }, /* no view has such a name */
		{ "/sb/track2/v/events", "sb/track1", NULL },
		{ "/sb/track22/v/events", "sb/track2", NULL },
		{ "/sb/v/events", "sb/track2", NULL },
		{ "/v/events", "v", NULL },
		{ "/v/events", "", NULL },
		{ "/sb/events", "sb", NULL },
		{ "/sb//events", "sb", NULL },
		{ "/sb/v/event", "sb", NULL },
		{ "/sb", "sb", NULL },
		{ "/", "sb", NULL },
		{ "", "sb", NULL },
	};

	for (size_t i = 0; i < COUNT(paths); i++) {
		struct str name = STR("");
		bool is = http_path_name(str_of(paths[i].path), str_of(paths[i].prefix), STR("/events"), &name);

		CHECK_INT(is, paths[i].name != NULL);
		CU_ASSERT(!is || !paths[i].name || str_is(name, paths[i].name));
	}
}

const struct unit_test unit_tests[] = {
	UNIT(heads_are_read_or_refused),
	UNIT(a_head_in_parts_is_none_until_it_is_whole),
	UNIT(headers_that_we_know_are_told),
	UNIT(a_query_is_told_as_it_came),
	UNIT(what_is_too_long_is_refused),
	UNIT(gzip_is_taken_by_who_names_it_and_does_not_refuse_it),
	UNIT(a_path_is_of_a_prefix_level_by_level),
	{ NULL, NULL },
};
