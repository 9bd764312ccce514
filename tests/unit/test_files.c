/* files - what is wanted is fetched one at a time, what fails is tried less and less often, and a name means one picture. */
#include "publisher/core/files/files.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "files";

static const char gif[] = "GIF89a\x40\0\x20\0 one";
#define GIF ((struct str){ gif, sizeof(gif) - 1 })
#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct world {
	struct files f;
	mono now;
};

static enum file_result want(struct world *w, const char *topic, const char *json)
{
	return files_want(&w->f, &(struct file_wish){ str_of(topic), str_of(json), 3 }, w->now);
}

/* What is fetched now; "": nothing. */
static const char *next(struct world *w)
{
	struct str path;

	return files_next(&w->f, w->now, &path) ? path.p : "";
}

static enum file_result fetched(struct world *w, enum file_result r, const char *hash)
{
	return files_fetched(&w->f, &(struct file_fetched){ r, r == FILE_GOOD ? GIF : STR(""), hash }, w->now);
}

/* "topic=name" of all that is news. */
static const char *news(struct world *w)
{
	static char text[1024];
	struct file_news n;
	size_t len = 0;

	text[0] = '\0';
	while (files_news(&w->f, &n)) {
		CHECK_INT(n.views, 3);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s=%.*s", len ? " " : "", STR_ARGS(n.topic), STR_ARGS(n.name));
	}
	return text;
}

static bool has(const struct world *w, const char *name)
{
	struct file_content c;

	if (!files_find(&w->f, str_of(name), &c))
		return false;
	CHECK_STR(c.type, "image/gif");
	return str_eq(c.bytes, GIF);
}

static void pass(struct world *w, int64_t ms)
{
	w->now = mono_add(w->now, ms);
}

static void a_picture_is_fetched_kept_and_told(void)
{
	struct world w = { .now = { 1000 } };

	CHECK_INT(want(&w, "t/1", "\"/images/Rock & Roll 100%.png\""), FILE_GOOD);
	CHECK_STR(news(&w), "");
	CHECK_STR(next(&w), "/images/Rock%20%26%20Roll%20100%25.png");
	CHECK_STR(next(&w), ""); /* one at a time */
	CU_ASSERT(files_deadline(&w.f).ms == MONO_NEVER.ms);
	CHECK_INT(fetched(&w, FILE_GOOD, A "ffff"), FILE_GOOD);
	CHECK_STR(news(&w), "t/1=" A ".gif");
	CHECK_STR(news(&w), "");
	CU_ASSERT(has(&w, A ".gif") && !has(&w, B ".gif") && !has(&w, "") && files_bytes(&w.f) >= GIF.len);
	CHECK_INT(want(&w, "t/1", "\"/images/Rock & Roll 100%.png\""), FILE_GOOD); /* the same again is no news */
	CHECK_STR(news(&w), "");
	CHECK_STR(next(&w), "");
	CHECK_INT(want(&w, "t/1", "\"\""), FILE_GOOD);
	CHECK_STR(news(&w), "t/1=");
	CU_ASSERT(has(&w, A ".gif")); /* for pages that are late */
	files_free(&w.f);
	files_free(&w.f);
}

static void it_is_asked_for_again_and_stays_when_it_is_gone(void)
{
	struct world w = { .now = { 1000 } };

	CHECK_INT(want(&w, "t/1", "\"/a\""), FILE_GOOD);
	CHECK_STR(next(&w), "/a");
	CHECK_INT(fetched(&w, FILE_GOOD, A), FILE_GOOD);
	CHECK_STR(news(&w), "t/1=" A ".gif");
	pass(&w, FILES_AGAIN_MS - 1);
	CHECK_STR(next(&w), "");
	pass(&w, 1);
	CHECK_STR(next(&w), "/a");
	CHECK_INT(fetched(&w, FILE_BAD_STATUS, ""), FILE_BAD_STATUS);
	CHECK_STR(news(&w), "");
	pass(&w, 5000);
	CHECK_STR(next(&w), "/a");
	CHECK_INT(fetched(&w, FILE_GOOD, B), FILE_GOOD); /* another one in its place */
	CHECK_STR(news(&w), "t/1=" B ".gif");
	files_free(&w.f);
}

static void what_can_not_be_had_is_tried_less_and_less_often(void)
{
	static const int waits_s[] = { 5, 10, 20, 40, 80, 160, 320 };
	struct world w = { .now = { 1000 } };

	CHECK_INT(want(&w, "t/1", "\"/a\""), FILE_GOOD);
	for (size_t i = 0; i < FILES_TRIES_MAX; i++) {
		CHECK_STR(next(&w), "/a");
		CHECK_INT(fetched(&w, FILE_UNREACHED, ""), FILE_UNREACHED);
		if (i == FILES_TRIES_MAX - 1)
			break;
		pass(&w, 1000 * waits_s[i] - 1);
		CHECK_STR(next(&w), "");
		pass(&w, 1);
	}
	CU_ASSERT(files_deadline(&w.f).ms == MONO_NEVER.ms);
	pass(&w, 2000);
	files_connected(&w.f, w.now); /* it was away: perhaps it has it now */
	CHECK_STR(next(&w), "/a");
	CHECK_INT(fetched(&w, FILE_UNREACHED, ""), FILE_UNREACHED);
	pass(&w, 1000);
	CHECK_STR(next(&w), "");
	CHECK_INT(want(&w, "t/1", "\"/b\""), FILE_GOOD); /* another one is another matter */
	CHECK_STR(next(&w), "/b");
	files_free(&w.f);
}

static void a_thousand_changes_cost_one_request_a_second(void)
{
	struct world w = { .now = { 1000 } };
	int requests = 0;

	for (int i = 0; i < 1000; i++) { /* in a minute */
		char json[32];

		snprintf(json, sizeof(json), "\"/%d\"", i);
		CHECK_INT(want(&w, "t/1", json), FILE_GOOD);
		if (*next(&w)) {
			requests++;
			CHECK_INT(fetched(&w, FILE_GOOD, A), FILE_GOOD);
		}
		pass(&w, 60);
	}
	CU_ASSERT(requests > 50 && requests <= 60);
	pass(&w, 1000);
	CHECK_STR(next(&w), "/999");
	files_free(&w.f);
}

static void what_was_fetched_for_another_path_is_not_shown(void)
{
	struct world w = { .now = { 1000 } };

	CHECK_INT(want(&w, "t/1", "\"/a\""), FILE_GOOD);
	CHECK_STR(next(&w), "/a");
	CHECK_INT(want(&w, "t/1", "\"/b\""), FILE_GOOD);
	CHECK_INT(want(&w, "t/2", "\"/a\""), FILE_GOOD);
	CHECK_INT(fetched(&w, FILE_GOOD, A), FILE_GOOD);
	CHECK_STR(news(&w), "t/2=" A ".gif"); /* who wants it gets it, without a request of his own */
	pass(&w, 1000);
	CHECK_STR(next(&w), "/b");
	CHECK_INT(fetched(&w, FILE_GOOD, B), FILE_GOOD);
	CHECK_STR(news(&w), "t/1=" B ".gif");
	files_forget(&w.f, STR("t/1"));
	files_forget(&w.f, STR("t/9"));
	CHECK_STR(news(&w), "t/1=");
	files_forget_all(&w.f);
	CHECK_STR(news(&w), "t/2=");
	pass(&w, FILES_AGAIN_MS);
	CHECK_STR(next(&w), "");
	files_free(&w.f);
}

static void a_path_that_is_not_plain_is_not_asked_for(void)
{
	static const char *const bad[] = {
		"\"images/a.png\"",
		"\"//evil.example/a.png\"",
		"\"http://evil.example/a.png\"",
		"\"/a/../../config/autosave.json\"",
		"\"/..\"",
		"\"/a/./b\"",
		"\"/.git/config\"",
		"\"/a?b\"",
		"\"/a#b\"",
		"\"/a\\\\b\"",
		"\"/a\\u000db\"",
		"\"/a\\u0000b\"",
		"\"/a\\u007fb\"",
		"7",
		"null",
		"{}",
		"\"/a",
	};
	struct world w = { .now = { 1000 } };
	char lengthy[FILE_PATH_MAX_BYTES + 4]; /* with quotes and NUL one byte more than may be */

	CHECK_INT(want(&w, "t/1", "\"/a\""), FILE_GOOD);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (want(&w, "t/1", bad[i]) != FILE_BAD_PATH)
			printf("\n    %s\n", bad[i]);
		CHECK_INT(want(&w, "t/1", bad[i]), FILE_BAD_PATH);
	}
	memset(lengthy, 'x', sizeof(lengthy));
	memcpy(lengthy, "\"/", 2);
	memcpy(lengthy + sizeof(lengthy) - 2, "\"", 2);
	CHECK_INT(want(&w, "t/1", lengthy), FILE_BAD_PATH);
	CHECK_STR(next(&w), "");
	memcpy(lengthy + sizeof(lengthy) - 3, "\"", 2);
	CHECK_INT(want(&w, "t/1", lengthy), FILE_GOOD);
	CHECK_INT(strlen(next(&w)), FILE_PATH_MAX_BYTES);
	files_free(&w.f);
}

static void what_is_no_picture_or_too_large_is_refused(void)
{
	struct world w = { .now = { 1000 } };
	char *large = calloc(1, FILE_MAX_BYTES + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(large);
	memcpy(large, gif, sizeof(gif));
	CHECK_INT(want(&w, "t/1", "\"/a\""), FILE_GOOD);
	CHECK_STR(next(&w), "/a");
	CHECK_INT(files_fetched(&w.f, &(struct file_fetched){ FILE_GOOD, STR("<svg/>"), A }, w.now), FILE_NO_PICTURE);
	pass(&w, 5000);
	CHECK_STR(next(&w), "/a");
	CHECK_INT(files_fetched(&w.f, &(struct file_fetched){ FILE_GOOD, { large, FILE_MAX_BYTES + 1 }, A }, w.now), FILE_TOO_LARGE);
	pass(&w, 10000);
	CHECK_STR(next(&w), "/a");
	CHECK_INT(files_fetched(&w.f, &(struct file_fetched){ FILE_GOOD, { large, FILE_MAX_BYTES }, A }, w.now), FILE_GOOD);
	CHECK_STR(news(&w), "t/1=" A ".gif");
	free(large);
	files_free(&w.f);
}

static void there_are_only_so_many(void)
{
	struct world w = { .now = { 1000 } };
	char topic[16], path[16], hash[FILE_HASH_DIGITS + 1], name[FILE_NAME_SIZE];

	for (int i = 0; i < FILES_MAX; i++) {
		snprintf(topic, sizeof(topic), "t/%d", i);
		CHECK_INT(want(&w, topic, "\"/a\""), FILE_GOOD);
	}
	CHECK_INT(want(&w, "t/x", "\"/a\""), FILE_TOO_MANY);
	CHECK_INT(want(&w, "t/0", "\"\""), FILE_GOOD);
	CHECK_INT(want(&w, "t/x", "\"/a\""), FILE_GOOD);
	/* the latest are kept, and what is wanted is among them */
	for (int i = 0; i < 3 * FILES_KEPT; i++) {
		snprintf(path, sizeof(path), "\"/%d\"", i);
		snprintf(hash, sizeof(hash), "%032d", i);
		CHECK_INT(want(&w, "t/1", path), FILE_GOOD);
		pass(&w, 1000);
		CHECK_INT(fetched(&w, FILE_GOOD, strcmp(next(&w), "/a") == 0 ? A : hash), FILE_GOOD);
		pass(&w, 1000);
		CHECK_INT(*next(&w) ? fetched(&w, FILE_GOOD, hash) : FILE_GOOD, FILE_GOOD);
	}
	CU_ASSERT(has(&w, A ".gif"));
	CHECK_INT(files_bytes(&w.f) <= FILES_KEPT * 64, 1);
	snprintf(name, sizeof(name), "%032d.gif", 3 * FILES_KEPT - 1);
	CU_ASSERT(has(&w, name));
	snprintf(name, sizeof(name), "%032d.gif", 0);
	CU_ASSERT(!has(&w, name));
	files_free(&w.f);
}

const struct unit_test unit_tests[] = {
	UNIT(a_picture_is_fetched_kept_and_told),
	UNIT(it_is_asked_for_again_and_stays_when_it_is_gone),
	UNIT(what_can_not_be_had_is_tried_less_and_less_often),
	UNIT(a_thousand_changes_cost_one_request_a_second),
	UNIT(what_was_fetched_for_another_path_is_not_shown),
	UNIT(a_path_that_is_not_plain_is_not_asked_for),
	UNIT(what_is_no_picture_or_too_large_is_refused),
	UNIT(there_are_only_so_many),
	{ NULL, NULL },
};
