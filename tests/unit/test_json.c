#include "base/buf.h"
#include "base/json.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct bad {
	const char *text;
	unsigned line;
} bads[] = {
	{ "", 1 },		{ "{", 1 },		   { "[1,]", 1 },	     { "{\"a\":1,}", 1 },
	{ "{\"a\" 1}", 1 },	{ "{a:1}", 1 },		   { "[1 2]", 1 },	     { "tru", 1 },
	{ "01", 1 },		{ "1.", 1 },		   { "1e", 1 },		     { "-", 1 },
	{ "+1", 1 },		{ "\"\\x\"", 1 },	   { "\"\\u12g4\"", 1 },     { "\"\\ud800\"", 1 },
	{ "\"\\udc00\"", 1 },	{ "\"\\ud800\\u0041\"", 1 }, { "\"a", 1 },	     { "\"\t\"", 1 },
	{ "1 1", 1 },		{ "\n\n[1,\n2,,3]", 4 },   { "{\"a\":1,\n\"a\":2}", 2 }, { "\"\xff\"", 1 },
	{ "\"\xc0\x80\"", 1 },	{ "nul", 1 },		   { "NaN", 1 },	     { "'a'", 1 },
	{ "// c\n1", 1 },	{ "[\n\n\n}", 4 },	   { "\"\\", 1 },	     { "\"\\u", 1 },
};

static void bad_text_is_refused_with_its_line(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct str text = str_of(bads[i].text);
		struct json_error err;
		struct json_doc doc;

		CHECK_INT(json_parse(&doc, text, &err), -1);
		CU_ASSERT_PTR_NOT_NULL(err.why);
		CHECK_INT(json_line(text, err.offset), bads[i].line);
		json_free(&doc);
	}
}

static void strings_are_decoded(void)
{
	struct json_doc doc;
	struct json_error err;

	CHECK_INT(json_parse(&doc, STR("\"a\\n\\u00e9\\ud83d\\ude00\\u0000\\\\\\/\\\"z\""), &err), 0);
	CU_ASSERT(str_eq(doc.root->text, STR("a\n\xc3\xa9\xf0\x9f\x98\x80\0\\/\"z")));
	json_free(&doc);
	json_free(&doc);
}

static void members_are_found_by_name(void)
{
	struct json_doc doc;
	struct json_error err;

	CHECK_INT(json_parse(&doc, STR(" {\"a\":[1,-2.5e1,true,null,{}],\"b\":\"c\",\"\":0}\n"), &err), 0);
	CHECK_INT(json_get(doc.root, "a")->type, JSON_ARRAY);
	CHECK_INT(json_get(doc.root, "a")->child->next->number, -25);
	CU_ASSERT(str_is(json_get_text(doc.root, "b"), "c"));
	CU_ASSERT_PTR_NULL(json_get(doc.root, "x"));
	CU_ASSERT_PTR_NULL(json_get(json_get(doc.root, "b"), "x"));
	CU_ASSERT_PTR_NULL(json_get_text(doc.root, "a").p);
	json_free(&doc);
}

static void depth_has_an_end(void)
{
	char text[200];
	struct json_doc doc;
	struct json_error err;

	memset(text, '[', 100);
	memset(text + 100, ']', 100);
	CHECK_INT(json_parse(&doc, (struct str){ text, 200 }, &err), -1);
	CHECK_STR(err.why, "nested too deeply");
	CHECK_INT(json_parse(&doc, (struct str){ text + 100 - JSON_MAX_DEPTH, 2 * JSON_MAX_DEPTH }, &err), 0);
	json_free(&doc);
}

static const char *parse_within(const char *text, struct json_bounds bounds)
{
	struct json_error err;
	struct json_doc doc;

	int rc = json_parse_within(&doc, str_of(text), &bounds, &err);

	CHECK_INT(rc, err.why ? -1 : 0);
	json_free(&doc);
	return err.why ? err.why : "";
}

static void the_caller_says_how_much_it_takes(void)
{
	CHECK_STR(parse_within("[1,{\"a\":[]}]", (struct json_bounds){ 12, 4, 3 }), "");
	CHECK_STR(parse_within("[1,{\"a\":[]}]", (struct json_bounds){ 11, 4, 3 }), "the text is too long");
	CHECK_STR(parse_within("[1,{\"a\":[]}]", (struct json_bounds){ 12, 3, 3 }), "too many values");
	CHECK_STR(parse_within("[1,{\"a\":[]}]", (struct json_bounds){ 12, 4, 2 }), "nested too deeply");
	CHECK_STR(parse_within("{\"a\":1,\"b\":2}", (struct json_bounds){ 99, 1, 1 }), "too many values");
	CHECK_STR(parse_within("\",,::\"", (struct json_bounds){ 99, 1, 1 }), ""); /* these are no values */
}

static void the_same_key_may_stand_in_different_objects(void)
{
	CHECK_STR(parse_within("{\"a\":{\"a\":{\"a\":1,\"b\":2},\"b\":[{\"a\":1},{\"a\":1}]},\"b\":1}",
			       (struct json_bounds){ 99, 99, 9 }), "");
	CHECK_STR(parse_within("{\"a\":{\"a\":{}},\"b\":1,\"\\u0061\":2}", (struct json_bounds){ 99, 99, 9 }),
		  "this key stands here twice");
}

/* ---- time: strangers send it, and everybody waits ---- */

#define FAR_TOO_LONG_MS 500 /* what is read in proportion to its length takes some twenty */

static double parse_ms(const struct buf *text, int expected)
{
	struct timespec from, to;
	struct json_error err;
	struct json_doc doc;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	CHECK_INT(json_parse(&doc, buf_view(text), &err), expected);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	json_free(&doc);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static void check_ms(const char *what, double ms)
{
	printf("\n    %s: %.1f ms ", what, ms);
	CU_ASSERT(ms < FAR_TOO_LONG_MS);
}

static void no_number_of_keys_is_slow(void)
{
	BUF_CLEANUP struct buf flat = { 0 }, twice = { 0 }, nested = { 0 };

	buf_puts(&flat, "{\"k\":0");
	for (unsigned i = 0; flat.len < JSON_MAX_BYTES / 2; i++)
		buf_printf(&flat, ",\"kkkkkkkk%u\":0", i);
	buf_str(&twice, buf_view(&flat));
	buf_puts(&twice, ",\"k\":1}");
	buf_puts(&flat, "}");
	check_ms("half a megabyte of keys", parse_ms(&flat, 0));
	check_ms("and one of them twice", parse_ms(&twice, -1));
	buf_puts(&nested, "[{\"a\":0,\"b\":0}");
	while (nested.len < JSON_MAX_BYTES / 4)
		buf_puts(&nested, ",{\"a\":0,\"b\":0}");
	buf_puts(&nested, "]");
	check_ms("the same keys in thousands of objects", parse_ms(&nested, 0));
}

const char *const unit_name = "json";
const struct unit_test unit_tests[] = {
	UNIT(bad_text_is_refused_with_its_line),
	UNIT(strings_are_decoded),
	UNIT(members_are_found_by_name),
	UNIT(depth_has_an_end),
	UNIT(the_caller_says_how_much_it_takes),
	UNIT(the_same_key_may_stand_in_different_objects),
	UNIT(no_number_of_keys_is_slow),
	{ NULL, NULL },
};
