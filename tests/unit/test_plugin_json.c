#include "mosquitto-plugin/core/json.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

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

const char *const unit_name = "plugin_json";
const struct unit_test unit_tests[] = {
	UNIT(bad_text_is_refused_with_its_line),
	UNIT(strings_are_decoded),
	UNIT(members_are_found_by_name),
	UNIT(depth_has_an_end),
	{ NULL, NULL },
};
