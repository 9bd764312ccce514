/* The files of web-dir over HTTP: compressed for those who take that, when what lies beside the file is its own; not sent again to who
 * has them. */
#include "tests/support/place.h"
#include "tests/support/stage.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "http_files";

#define PLAIN "export const a = 1;\n"
#define PACKED "these bytes stand for compressed ones"
#define TAKES "Accept-Encoding: br, gzip\r\n"

static struct stage stage;
static struct buf heard; /* the last answer */

static void begin(void)
{
	const char *dir = place_temp("pages");
	const char *script = "mkdir -p \"$0/sub/dir.js.gz\" \"$0/.hidden\" && touch \"$0/../secret.js\"";

	proc_run(ARGV("sh", "-c", script, dir), (struct str){ "", 0 }, NULL, NULL);
	place_write(place_temp("pages/a.js"), STR(PLAIN));
	place_write(place_temp("pages/a.js.gz"), STR(PACKED));
	place_write(place_temp("pages/alone.js.gz"), STR(PACKED));
	place_write(place_temp("pages/plain.js"), STR(PLAIN));
	place_write(place_temp("pages/sub/dir.js"), STR(PLAIN));
	place_write(place_temp("secret.js"), STR(PLAIN));
	place_write(place_temp("secret.js.gz"), STR(PACKED));
	stage_set(&stage, "live", ARGV("--web-dir", dir));
	board_says(stage.board, "ScoreBoard.CurrentGame.Team(1).Score", "3");
	CHECK_READY(stage.publisher);
}

static void end(void)
{
	buf_free(&heard);
	stage_strike(&stage);
}

static int ask(const char *method, const char *path, const char *headers)
{
	BUF_CLEANUP struct buf request = { 0 };

	buf_clear(&heard);
	buf_printf(&request, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method, path, headers);
	http_raw(publisher_http_port(stage.publisher), buf_view(&request), &heard);
	return heard.len > 12 ? atoi(heard.p + 9) : -1;
}

static bool has_line(const char *line)
{
	const char *at = heard.p ? strcasestr(heard.p, line) : NULL;

	return at && at[-1] == '\n' && strncmp(at + strlen(line), "\r\n", 2) == 0;
}

static const char *body(void)
{
	const char *at = heard.p ? strstr(heard.p, "\r\n\r\n") : NULL;

	return at ? at + 4 : "no answer";
}

/* "If-None-Match: " with the entity tag of the last answer. */
static const char *its_tag(void)
{
	static char header[160];
	const char *at = heard.p ? strcasestr(heard.p, "etag: ") : NULL;

	snprintf(header, sizeof(header), "If-None-Match: %.*s\r\n", at ? (int)strcspn(at + 6, "\r\n") : 0, at ? at + 6 : "");
	return header;
}

static void who_takes_gzip_gets_what_is_compressed(void)
{
	begin();
	CU_ASSERT_EQUAL(ask("GET", "/a.js", TAKES), 200);
	CHECK_STR(body(), PACKED);
	CU_ASSERT(has_line("content-encoding: gzip"));
	CU_ASSERT(has_line("content-type: text/javascript; charset=utf-8"));
	CU_ASSERT(has_line("vary: accept-encoding"));
	CU_ASSERT_EQUAL(ask("GET", "/plain.js", TAKES), 200);
	CHECK_STR(body(), PLAIN);
	CU_ASSERT_FALSE(has_line("content-encoding: gzip"));
	CU_ASSERT(has_line("vary: accept-encoding"));
	CU_ASSERT_EQUAL(ask("GET", "/sub/dir.js", TAKES), 200); /* a folder of that name is no file */
	CHECK_STR(body(), PLAIN);
	end();
}

static void who_does_not_gets_the_file(void)
{
	static const char *const headers[] = { "", "Accept-Encoding: identity\r\n", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0\r\n" };

	begin();
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		CU_ASSERT_EQUAL(ask("GET", "/a.js", headers[i]), 200);
		CHECK_STR(body(), PLAIN);
		CU_ASSERT_FALSE(has_line("content-encoding: gzip"));
		CU_ASSERT(has_line("vary: accept-encoding"));
	}
	end();
}

static void a_file_that_was_edited_since_is_sent_as_it_is_now(void)
{
	begin();
	proc_run(ARGV("touch", "-d", "1 hour", place_temp("pages/a.js")), (struct str){ "", 0 }, NULL, NULL);
	CU_ASSERT_EQUAL(ask("GET", "/a.js", TAKES), 200);
	CHECK_STR(body(), PLAIN);
	end();
}

static void who_has_it_is_not_sent_it_again(void)
{
	char tag[160];

	begin();
	CU_ASSERT_EQUAL(ask("GET", "/a.js", TAKES), 200);
	snprintf(tag, sizeof(tag), TAKES "%s", its_tag());
	CU_ASSERT_EQUAL(ask("GET", "/a.js", tag), 304);
	CHECK_STR(body(), "");
	CU_ASSERT_EQUAL(ask("GET", "/a.js", tag + strlen(TAKES)), 200); /* has only the compressed one */
	CHECK_STR(body(), PLAIN);
	CU_ASSERT_EQUAL(ask("GET", "/a.js", its_tag()), 304);
	place_write(place_temp("pages/a.js"), STR(PLAIN "more\n"));
	CU_ASSERT_EQUAL(ask("GET", "/a.js", its_tag()), 200);
	end();
}

static void a_head_is_that_of_the_same_answer(void)
{
	char length[64];

	begin();
	snprintf(length, sizeof(length), "content-length: %zu", strlen(PACKED));
	CU_ASSERT_EQUAL(ask("HEAD", "/a.js", TAKES), 200);
	CHECK_STR(body(), "");
	CU_ASSERT(has_line("content-encoding: gzip"));
	CU_ASSERT(has_line(length));
	CU_ASSERT_EQUAL(ask("HEAD", "/a.js", its_tag()), 200);
	CU_ASSERT_FALSE(has_line("content-encoding: gzip"));
	CU_ASSERT_EQUAL(ask("HEAD", "/a.js", its_tag()), 304);
	end();
}

static void nothing_else_can_be_had_by_it(void)
{
	static const char *const paths[] = { "/a.js.gz", "/alone.js", "/alone.js.gz", "/../secret.js", "/%2e%2e/secret.js", "/sub/../../secret.js", "/.hidden/", "/sub" };

	begin();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		CU_ASSERT_EQUAL(ask("GET", paths[i], TAKES), 404);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(who_takes_gzip_gets_what_is_compressed),
	UNIT(who_does_not_gets_the_file),
	UNIT(a_file_that_was_edited_since_is_sent_as_it_is_now),
	UNIT(who_has_it_is_not_sent_it_again),
	UNIT(a_head_is_that_of_the_same_answer),
	UNIT(nothing_else_can_be_had_by_it),
	{ NULL, NULL },
};
