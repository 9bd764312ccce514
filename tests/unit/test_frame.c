/* frame - whole messages as updates: what is taken, what is refused, and that nothing is taken for something else. */
#include "publisher/core/frame.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "frame";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const results[] = { "state", "pong", "notice", "bad json", "no state", "too many" };

/* NUL shows as <0>. */
static void add_visible(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i])
			buf_char(out, s.p[i]);
		else
			buf_puts(out, "<0>");
	}
}

/* "state | path=value | path=gone | path=bad" */
static void describe(struct str bytes, struct buf *out)
{
	struct frame f;
	struct update u;

	buf_puts(out, results[frame_open(&f, bytes)]);
	while (frame_next(&f, &u)) {
		buf_puts(out, " | ");
		add_visible(out, u.path);
		buf_char(out, '=');
		if (u.bad)
			buf_puts(out, "bad");
		else if (!u.value.len)
			buf_puts(out, "gone");
		else
			add_visible(out, u.value);
	}
	frame_close(&f);
	frame_close(&f);
}

struct row {
	struct str message;
	const char *expected;
};

#define ROW(text, expected) \
	{ \
		{ text, sizeof(text) - 1 }, expected \
	}
#define VALUE(value, expected) ROW("{\"state\":{\"A\":" value "}}", "state | A=" expected)

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		BUF_CLEANUP struct buf got = { 0 };
		char *exact = malloc(rows[i].message.len + 1); /* no byte behind it but one that is no NUL */

		memcpy(exact, rows[i].message.p, rows[i].message.len);
		exact[rows[i].message.len] = '}';
		describe((struct str){ exact, rows[i].message.len }, &got);
		CHECK_STR(got.p, rows[i].expected);
		free(exact);
	}
}

static void values_are_json_scalars(void)
{
	static const struct row rows[] = {
		VALUE("true", "true"),
		VALUE("false", "false"),
		VALUE("null", "gone"),
		VALUE("\"\"", "\"\""),
		VALUE("\"x\"", "\"x\""),
		VALUE("\"a\\\"b\\\\c\\/d\"", "\"a\\\"b\\\\c/d\""),
		VALUE("\"\\n\\t\\u0001\"", "\"\\n\\t\\u0001\""),
		VALUE("\"\\u017Eena \xF0\x9F\x98\x80 \\ud83d\\ude00\"", "\"\xC5\xBE"
									"ena \xF0\x9F\x98\x80 \xF0\x9F\x98\x80\""),
		VALUE("\"<b>&\"", "\"<b>&\""),
		VALUE("{}", "bad"),
		VALUE("[]", "bad"),
		VALUE("[1]", "bad"),
		VALUE("{\"x\":[{}]}", "bad"),
		VALUE("\"\xFF\"", "bad"),
		VALUE("\"\xED\xA0\x80\"", "bad"),
	};

	check_rows(rows, COUNT(rows));
}

static void numbers_are_told_exactly_or_not_at_all(void)
{
	static const struct row rows[] = {
		VALUE("0", "0"),
		VALUE("-0", "0"),
		VALUE("-0.0", "0"),
		VALUE("-7", "-7"),
		VALUE("1795310660724", "1795310660724"),
		VALUE("86400000", "86400000"),
		VALUE("1e3", "1000"),
		VALUE("1.0", "1"),
		VALUE("0.1", "0.1"),
		VALUE("-2.5", "-2.5"),
		VALUE("3.141592653589793", "3.141592653589793"),
		VALUE("0.30000000000000004", "0.30000000000000004"),
		VALUE("1e-7", "1e-07"),
		VALUE("9007199254740991", "9007199254740991"),
		VALUE("-9007199254740991", "-9007199254740991"),
		/* from 2^53 on a double may stand for its neighbour */
		VALUE("9007199254740992", "bad"),
		VALUE("9007199254740993", "bad"),
		VALUE("-9007199254740993", "bad"),
		VALUE("18446744073709551616", "bad"),
		VALUE("1e300", "bad"),
		VALUE("1e999", "bad"),
		VALUE("-1e999", "bad"),
	};

	check_rows(rows, COUNT(rows));
}

static void nul_in_paths_and_values_survives(void)
{
	static const struct row rows[] = {
		VALUE("\"\\u0000\"", "\"\\u0000\""),
		VALUE("\"a\\u0000b\\u0000\"", "\"a\\u0000b\\u0000\""),
		ROW("{\"state\":{\"A(x\\u0000y)\":1}}", "state | A(x<0>y)=1"),
		ROW("{\"state\":{\"\\u0000\":1}}", "state | <0>=1"),
		/* an escaped backslash is followed by plain text */
		VALUE("\"\\\\u0000\"", "\"\\\\u0000\""),
		VALUE("\"\\\\\\u0000\"", "\"\\\\\\u0000\""),
		VALUE("\"\\\\\\\\u0000 \\u0000\"", "\"\\\\\\\\u0000 \\u0000\""),
		ROW("{\"state\":{\"A(\\\\u0000)\":\"\\u0000\"}}", "state | A(\\u0000)=\"\\u0000\""),
		/* the characters that stand for it meanwhile, used by the message itself */
		VALUE("\"\\u0000\xEF\xB7\x90\"", "\"\\u0000\xEF\xB7\x90\""),
		VALUE("\"\\u0000\\uFDD0\"", "\"\\u0000\xEF\xB7\x90\""),
		VALUE("\"\\u0000\\ufdd0\"", "\"\\u0000\xEF\xB7\x90\""),
		VALUE("\"\\u0000\\uFdD0\"", "\"\\u0000\xEF\xB7\x90\""),
		VALUE("\"\\u0000\\ufDd0\xEF\xB7\x91\\uFDd2\"", "\"\\u0000\xEF\xB7\x90\xEF\xB7\x91\xEF\xB7\x92\""),
	};

	check_rows(rows, COUNT(rows));
}

/* A message with NUL and with every character that could stand for it: refused, not mangled. */
static void without_a_stand_in_the_message_is_refused(void)
{
	BUF_CLEANUP struct buf m = { 0 };
	BUF_CLEANUP struct buf got = { 0 };

	buf_puts(&m, "{\"state\":{\"A\":\"");
	for (unsigned int cp = 0xFDD0; cp <= 0xFDEF; cp++)
		buf_printf(&m, "\\u%04X", cp);
	buf_puts(&m, "\\u0000\"}}");
	describe(buf_view(&m), &got);
	CHECK_STR(got.p, "bad json");
	buf_cut(&m, m.len - 9);
	buf_puts(&m, "\"}}");
	buf_clear(&got);
	describe(buf_view(&m), &got);
	CU_ASSERT(str_starts(buf_view(&got), STR("state | A=\"\xEF\xB7\x90")));
}

static void messages_are_told_apart_by_their_member(void)
{
	static const struct row rows[] = {
		ROW("{\"state\":{}}", "state"),
		ROW(" \r\n{\"state\" : { } } \n", "state"),
		ROW("{\"state\":{\"B\":1,\"A\":2}}", "state | B=1 | A=2"),
		ROW("{\"state\":{\"A\":1,\"A\":null,\"A\":2}}", "state | A=1 | A=gone | A=2"),
		ROW("{\"x\":1,\"state\":{\"A\":1}}", "state | A=1"),
		ROW("{\"state\":{\"\":1}}", "state | =1"),
		ROW("{\"State\":{\"A\":1}}", "no state"),
		ROW("{\"Pong\":\"\"}", "pong"),
		ROW("{\"Pong\":\"\",\"state\":{\"A\":1}}", "state | A=1"),
		ROW("{\"error\":\"no\"}", "notice"),
		ROW("{\"authorization\":\"who\"}", "notice"),
		ROW("{\"state\":[]}", "no state"),
		ROW("{\"state\":null}", "no state"),
		ROW("{\"state\":\"x\",\"Pong\":\"\"}", "no state"),
		ROW("{\"state\":7}", "no state"),
		ROW("{}", "no state"),
		ROW("[]", "no state"),
		ROW("[{\"state\":{\"A\":1}}]", "no state"),
		ROW("7", "no state"),
		ROW("\"state\"", "no state"),
		ROW("null", "no state"),
	};

	check_rows(rows, COUNT(rows));
}

static void what_is_no_json_is_refused(void)
{
	static const struct row rows[] = {
		ROW("", "bad json"),
		ROW(" ", "bad json"),
		ROW("{", "bad json"),
		ROW("{\"state\":{\"A\":1}", "bad json"),
		ROW("{\"state\":{\"A\":1", "bad json"),
		ROW("{\"state\":{\"A\":\"x", "bad json"),
		ROW("{\"state\":{\"A\":\"\\u00", "bad json"),
		ROW("{\"state\":{\"A\":\"\\", "bad json"),
		ROW("{\"state\":{\"A\":\"\\u0000", "bad json"),
		ROW("{\"state\":{\"A\":\"\\u0000\\", "bad json"),
		ROW("{\"state\":{\"A\":1}}x", "bad json"),
		ROW("{\"state\":{\"A\":1}}{}", "bad json"),
		ROW("{\"state\":{\"A\":1}}\0", "bad json"),
		ROW("{\"state\":{\"A\":\"x\0y\"}}", "bad json"),
		ROW("{\"state\":{\"A\0B\":1}}", "bad json"),
		ROW("{'state':{}}", "bad json"),
		ROW("{\"state\":{A:1}}", "bad json"),
		ROW("{\"state\":{\"A\":tru}}", "bad json"),
		ROW("{\"state\":{\"A\":NaN}}", "bad json"),
		ROW("{\"state\":{\"A\":\"\\ud800\"}}", "bad json"),
		ROW("\xFF\xFE{", "bad json"),
	};

	check_rows(rows, COUNT(rows));
}

static void deep_nesting_is_refused_and_not_followed(void)
{
	static const char *const openings[] = { "[", "{\"a\":", "{\"state\":{\"A\":[" };

	for (size_t i = 0; i < COUNT(openings); i++) {
		BUF_CLEANUP struct buf m = { 0 };
		BUF_CLEANUP struct buf got = { 0 };

		for (int k = 0; k < 200000; k++)
			buf_puts(&m, openings[i]);
		describe(buf_view(&m), &got);
		CHECK_STR(got.p, "bad json");
	}
}

static void a_notice_has_its_text(void)
{
	static const struct {
		const char *message, *text;
	} rows[] = {
		{ "{\"error\":\"no such\"}", "no such" },
		{ "{\"authorization\":\"who\"}", "who" },
		{ "{\"error\":{\"x\":1}}", "(no text)" },
		{ "{\"error\":null}", "(no text)" },
	};
	struct frame f;

	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_INT(frame_open(&f, str_of(rows[i].message)), FRAME_NOTICE);
		CHECK_STR(frame_notice(&f), rows[i].text);
		frame_close(&f);
	}
}

static const char *entry(const void *arg, size_t i)
{
	return ((const char *const *)arg)[i];
}

static void register_is_valid_json_whatever_the_entries(void)
{
	static const char *const paths[] = { "A.Team(*).Score", "A(\"\\)", NULL };
	static const char *const none[] = { NULL };
	BUF_CLEANUP struct buf out = { 0 };

	frame_write_register(&out, entry, paths);
	CHECK_STR(out.p, "{\"action\":\"Register\",\"paths\":[\"A.Team(*).Score\",\"A(\\\"\\\\)\"]}");
	buf_clear(&out);
	frame_write_register(&out, entry, none);
	CHECK_STR(out.p, "{\"action\":\"Register\",\"paths\":[]}");
}

/* Every cut of a message is refused, and none of them is read beyond its end (the sanitizer watches). */
static void a_message_cut_anywhere_is_refused(void)
{
	static const char whole[] = "{\"state\":{\"A(x\\u0000\\\\y)\":\"\\u0000\xEF\xB7\x90 \\uFDD1\",\"B\":-1.5e3,\"C\":null}}";

	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		BUF_CLEANUP struct buf got = { 0 };
		char *exact = malloc(len + 1);

		memcpy(exact, whole, len);
		exact[len] = '}'; /* would make some of them whole */
		describe((struct str){ exact, len }, &got);
		CHECK_STR(got.p, "bad json");
		free(exact);
	}
}

/* The value that is passed on is the one that came, byte for byte: the scoreboards write shortest JSON. */
static void take_frame(void *arg, struct str bytes, int64_t at_ms)
{
	size_t *wrong = arg;
	struct frame f;
	struct update u;
	enum frame_result r = frame_open(&f, bytes);

	(void)at_ms;
	*wrong += r != FRAME_STATE && r != FRAME_PONG;
	while (frame_next(&f, &u)) {
		BUF_CLEANUP struct buf pair = { 0 };

		buf_json(&pair, u.path);
		buf_char(&pair, ':');
		buf_str(&pair, u.value.len ? u.value : STR("null"));
		*wrong += u.bad || !memmem(bytes.p, bytes.len, pair.p, pair.len);
	}
	frame_close(&f);
}

static void recordings_are_taken_byte_for_byte(void)
{
	const char *recording;
	size_t wrong = 0;

	for (size_t i = 0; (recording = fixture_recording(i)) != NULL; i++)
		CU_ASSERT(fixture_frames(recording, take_frame, &wrong) > 300);
	CHECK_INT(wrong, 0);
}

/* Two bytes a value: the tree would be forty times as large. */
static void too_many_values_are_refused_before_they_are_parsed(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	BUF_CLEANUP struct buf string = { 0 };
	struct frame f;

	buf_puts(&text, "{\"state\":{},\"x\":[0");
	for (size_t i = 0; i < FRAME_PARSE_MAX_BYTES / 80; i++)
		buf_puts(&text, ",0");
	buf_puts(&text, "]}");
	CHECK_INT(frame_open(&f, buf_view(&text)), FRAME_TOO_MANY);
	frame_close(&f);
	/* the same bytes in a string are one value */
	buf_puts(&string, "{\"state\":{\"A\":\"\\\"");
	for (size_t i = 0; i < FRAME_PARSE_MAX_BYTES / 80; i++)
		buf_puts(&string, ",[");
	buf_puts(&string, "\"}}");
	CHECK_INT(frame_open(&f, buf_view(&string)), FRAME_STATE);
	frame_close(&f);
}

/* Of a feed: the members of one object of the message, which may be anything. */
static void describe_member(struct str bytes, const char *member, struct buf *out)
{
	struct frame f;
	struct update u;

	buf_puts(out, results[frame_open_member(&f, bytes, member)]);
	while (frame_next(&f, &u)) {
		buf_puts(out, " | ");
		add_visible(out, u.path);
		buf_char(out, '=');
		add_visible(out, u.bad ? STR("bad") : u.value);
	}
	frame_close(&f);
}

static void values_of_a_feed_may_be_objects_and_arrays(void)
{
	static const struct {
		const char *message, *expected;
	} rows[] = {
		{ "{\"set\":{\"a\":{\"x\":[1,\"y\"]},\"b\":[],\"c\":7}}", "state | a={\"x\":[1,\"y\"]} | b=[] | c=7" },
		{ "{\"set\":{\"a\":{\"x\\u0000y\":\"\\u0000\"},\"b\":\"\\u0000\"}}",
		  "state | a={\"x\\u0000y\":\"\\u0000\"} | b=\"\\u0000\"" },
		{ "{\"set\":{\"a\":[\"\xFF\"],\"b\":1}}", "state | a=bad | b=1" },
		{ "{\"set\":[1]}", "no state" },
		{ "{\"state\":{\"a\":1}}", "no state" },
		{ "{\"set\":{", "bad json" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		BUF_CLEANUP struct buf got = { 0 };

		describe_member(str_of(rows[i].message), "set", &got);
		CHECK_STR(got.p, rows[i].expected);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(values_are_json_scalars),
	UNIT(numbers_are_told_exactly_or_not_at_all),
	UNIT(nul_in_paths_and_values_survives),
	UNIT(without_a_stand_in_the_message_is_refused),
	UNIT(messages_are_told_apart_by_their_member),
	UNIT(what_is_no_json_is_refused),
	UNIT(deep_nesting_is_refused_and_not_followed),
	UNIT(a_notice_has_its_text),
	UNIT(register_is_valid_json_whatever_the_entries),
	UNIT(a_message_cut_anywhere_is_refused),
	UNIT(recordings_are_taken_byte_for_byte),
	UNIT(too_many_values_are_refused_before_they_are_parsed),
	UNIT(values_of_a_feed_may_be_objects_and_arrays),
	{ NULL, NULL },
};
