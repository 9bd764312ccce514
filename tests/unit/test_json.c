/* json - what is refused and where, what is read, and one member of a text. */
#include "base/buf.h"
#include "base/json.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct bad {
	const char *text;
	unsigned line;
} bads[] = {
	{ "", 1 },
	{ "{\n\"\xc3\xa4\": \"\xe4\"}", 2 },
	{ "{", 1 },
	{ "[1,]", 1 },
	{ "{\"a\":1,}", 1 },
	{ "{\"a\" 1}", 1 },
	{ "{a:1}", 1 },
	{ "[1 2]", 1 },
	{ "tru", 1 },
	{ "01", 1 },
	{ "1.", 1 },
	{ "1e", 1 },
	{ "-", 1 },
	{ "+1", 1 },
	{ "\"\\x\"", 1 },
	{ "\"\\u12g4\"", 1 },
	{ "\"\\ud800\"", 1 },
	{ "\"\\udc00\"", 1 },
	{ "\"\\ud800\\u0041\"", 1 },
	{ "\"a", 1 },
	{ "\"\t\"", 1 },
	{ "1 1", 1 },
	{ "\n\n[1,\n2,,3]", 4 },
	{ "{\"a\":1,\n\"a\":2}", 2 },
	{ "\"\xff\"", 1 },
	{ "\"\xc0\x80\"", 1 },
	{ "nul", 1 },
	{ "NaN", 1 },
	{ "'a'", 1 },
	{ "// c\n1", 1 },
	{ "[\n\n\n}", 4 },
	{ "\"\\", 1 },
	{ "\"\\u", 1 },
};

static void bad_text_is_refused_with_its_line(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct str text = str_of(bads[i].text);
		struct complaint why = { 0, "" };
		struct json_doc doc;

		CU_ASSERT(json_parse(&doc, text, &why) != JSON_GOOD);
		CU_ASSERT(why.text[0]);
		CHECK_INT(why.line, bads[i].line);
		CU_ASSERT_PTR_NULL(doc.root);
		json_free(&doc);
	}
}

static void strings_are_decoded(void)
{
	struct json_doc doc;
	struct complaint why;

	CHECK_INT(json_parse(&doc, STR("\"a\\n\\u00e9\\u20ac\\ud83d\\ude00\\u0000\\\\\\/\\\"z\""), &why), JSON_GOOD);
	CU_ASSERT(str_eq(doc.root->text, STR("a\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\0\\/\"z")));
	json_free(&doc);
	json_free(&doc);
}

static void members_are_found_by_name(void)
{
	struct json_doc doc;
	struct complaint why;

	CHECK_INT(json_parse(&doc, STR(" {\"a\":[1,-2.5e1,true,null,{}],\"b\":\"c\",\"\":0}\n"), &why), JSON_GOOD);
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
	struct complaint why;

	memset(text, '[', 100);
	memset(text + 100, ']', 100);
	CHECK_INT(json_parse(&doc, (struct str){ text, 200 }, &why), JSON_TOO_LARGE);
	CHECK_STR(why.text, "nested too deeply");
	CHECK_INT(json_parse(&doc, (struct str){ text + 100 - JSON_MAX_DEPTH, 2 * JSON_MAX_DEPTH }, &why), JSON_GOOD);
	json_free(&doc);
}

static const char *parse_within(const char *text, struct json_bounds bounds)
{
	static struct complaint why;
	enum json_outcome outcome;
	struct json_doc doc;

	why = (struct complaint){ 0, "" };
	outcome = json_parse_within(&doc, str_of(text), &bounds, &why);
	CHECK_INT(outcome == JSON_GOOD, !why.text[0]);
	json_free(&doc);
	return why.text;
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
			       (struct json_bounds){ 99, 99, 9 }),
		  "");
	CHECK_STR(parse_within("{\"a\":{\"a\":{}},\"b\":1,\"\\u0061\":2}", (struct json_bounds){ 99, 99, 9 }),
		  "this key stands here twice");
}

/* For a caller who has something of his own to say about some of them. */
static void outcomes_tell_what_kind_of_wrong_it_is(void)
{
	static const struct {
		const char *text;
		enum json_outcome outcome;
	} rows[] = {
		{ "{\"a\":1}", JSON_GOOD },
		{ "{\"a\":1,}", JSON_INVALID },
		{ "[1] 2", JSON_INVALID },
		{ "[\"\xff\"]", JSON_NOT_UTF8 },
		{ "{\"a\":1,\"a\":2}", JSON_KEY_TWICE },
		{ "1234567890123456789012345678901234567890123456789012345678901234", JSON_TOO_LARGE },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", JSON_TOO_LARGE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct complaint why = { 7, "as it was" };
		struct json_doc doc;

		CHECK_INT(json_parse(&doc, str_of(rows[i].text), &why), rows[i].outcome);
		CHECK_INT(strcmp(why.text, "as it was") == 0, rows[i].outcome == JSON_GOOD);
		json_free(&doc);
	}
}

/* So that they can be used as C strings where no NUL can matter. */
static void a_nul_stands_behind_keys_and_texts(void)
{
	struct complaint why;
	struct json_doc doc;

	CHECK_INT(json_parse(&doc, STR("{\"a\\u0062\":\"\",\"x\":[\"y\\n\",1]}"), &why), JSON_GOOD);
	CHECK_STR(doc.root->child->key.p, "ab");
	CHECK_STR(doc.root->child->text.p, "");
	CHECK_STR(json_get(doc.root, "x")->child->text.p, "y\n");
	json_free(&doc);
}

/* ---- where things stand ---- */

static const char lines[] = "{\n"                                /* 1 */
			    "  \"a\": 1,\n"                      /* 2 */
			    "  \"b\": [ {\"x\": \"}],\\\"\"},\n" /* 3 */
			    "         {\"y\":\n"                 /* 4 */
			    "             [1,\n"                 /* 5 */
			    "              [2, 3],\n"            /* 6 */
			    "              {\"z\": null}]} ],\n" /* 7 */
			    "  \"\": true,\n"                    /* 8 */
			    "  \"c\": \"last\"\n"                /* 9 */
			    "}\n";

static void a_line_is_counted_from_one_and_ends_with_the_text(void)
{
	CHECK_INT(json_line(STR("a\nb\n"), 0), 1);
	CHECK_INT(json_line(STR("a\nb\n"), 1), 1);
	CHECK_INT(json_line(STR("a\nb\n"), 2), 2);
	CHECK_INT(json_line(STR("a\nb\n"), 4), 3);
	CHECK_INT(json_line(STR("a\nb\n"), 4000), 3);
	CHECK_INT(json_line(STR(""), 1), 1);
}

static void a_value_knows_its_line(void)
{
	struct complaint why;
	struct json_doc doc;
	const struct json *b;

	CHECK_INT(json_parse(&doc, str_of(lines), &why), JSON_GOOD);
	b = json_get(doc.root, "b");
	CHECK_INT(json_line(str_of(lines), doc.root->offset), 1);
	CHECK_INT(json_line(str_of(lines), b->offset), 3);
	CHECK_INT(json_line(str_of(lines), b->child->next->offset), 4);
	CHECK_INT(json_line(str_of(lines), json_get(b->child->next, "y")->child->offset), 5);
	CHECK_INT(json_line(str_of(lines), json_get(doc.root, "c")->offset), 9);
	json_free(&doc);
}

/* ---- one member of a text ---- */

static void a_member_is_given_byte_for_byte(void)
{
	static const struct {
		const char *text, *name, *value; /* NULL: there is none */
	} rows[] = {
		{ "{\"a\":1}", "a", "1" },
		{ " { \"a\" : 1.50 , \"b\":2}", "a", "1.50" },
		{ "{\"a\":{\"b\":[1,{}]},\"b\":3}", "b", "3" },
		{ "{\"a\":{\"b\":[1,{}]} ,\"b\":3}", "a", "{\"b\":[1,{}]}" },
		{ "{\"x\":\"\\\"a\\\":\",\"a\":\"\\\\\"}", "a", "\"\\\\\"" },
		{ "{\"a\":\"}\"}", "a", "\"}\"" },
		{ "{\"a\":[]}", "a", "[]" },
		{ "{\"a\":1}", "b", NULL },
		{ "{}", "a", NULL },
		{ "[\"a\",1]", "a", NULL },
		{ "1", "a", NULL },
		{ "", "a", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str value = { NULL, 0 };
		bool found = json_member(str_of(rows[i].text), rows[i].name, &value);
		char *copy = found ? str_dup(value) : NULL;

		CHECK_STR(copy, rows[i].value);
		free(copy);
	}
}

/* In a heap block of exactly its size, so that the sanitizer sees a step outside. */
static void look_for_b(struct str s)
{
	char *exact = malloc(s.len ? s.len : 1);
	struct str copy = { exact, s.len }, value;

	memcpy(exact, s.p, s.len);
	if (json_member(copy, "b", &value))
		CU_ASSERT_FATAL(value.len <= copy.len && value.p >= copy.p && value.p + value.len <= copy.p + copy.len);
	free(exact);
}

static void a_text_cut_anywhere_does_no_harm(void)
{
	static const char *const more[] = { "{\"b\"", "{\"b\":", "{\"b", "{\"b\\", "{\"b\" ", "[,", "{,", "{\"b\":]", "{:" };

	for (size_t len = 0; len < sizeof(lines); len++)
		look_for_b((struct str){ lines, len });
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		look_for_b(str_of(more[i]));
}

static void random_bytes_do_no_harm(void)
{
	static const char letters[] = "{}[]\",:\\b1 \n";
	struct rng rng = { 7 };

	for (int i = 0; i < 200000; i++) {
		char bytes[24];
		size_t n = rng_below(&rng, sizeof(bytes));

		for (size_t k = 0; k < n; k++)
			bytes[k] = letters[rng_below(&rng, sizeof(letters) - 1)];
		look_for_b((struct str){ bytes, n });
	}
}

/* ---- time: strangers send it, and everybody waits ---- */

#define FAR_TOO_LONG_MS 500 /* what is read in proportion to its length takes some twenty */

static double parse_ms(const struct buf *text, enum json_outcome expected)
{
	struct timespec from, to;
	struct complaint why;
	struct json_doc doc;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	CHECK_INT(json_parse(&doc, buf_view(text), &why), expected);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	json_free(&doc);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static void check_ms(const char *what, double ms)
{
	printf("\n    %s: %.1f ms ", what, ms);
	CU_ASSERT(ms < FAR_TOO_LONG_MS);
}

/* The objects that a writer would choose who knew how their numbers are mixed in, and that the table of keys has so many slots: those whose
 * products fall into a quarter of it. Between them stand values that are no objects. */
static void write_chosen_objects(struct buf *out, uint64_t n_slots)
{
	buf_puts(out, "[0");
	for (uint64_t node = 2; node < JSON_MAX_VALUES - 10; node++) {
		if ((node + 1) * 0x9E3779B97F4A7C15u % n_slots >= n_slots / 4) {
			buf_puts(out, ",0");
			continue;
		}
		buf_puts(out, ",{\"\":0}");
		node++; /* the value of the key */
	}
	buf_puts(out, "]");
}

static void what_is_written_is_the_same_value(void)
{
	static const struct {
		const char *text, *written;
	} rows[] = {
		{ " { \"a\" : [ 1 , -2.5 , true , false , null ] } ", "{\"a\":[1,-2.5,true,false,null]}" },
		{ "{\"b\":{\"c\":{}},\"a\":[]}", "{\"b\":{\"c\":{}},\"a\":[]}" },
		{ "\"\\u00e4\\n\\\"\\u0000x\"", "\"\xc3\xa4\\n\\\"\\u0000x\"" },
		{ "{\"\\u0061\\n\":1}", "{\"a\\n\":1}" },
		{ "[1764165000000,1e3,1e999,0.1]", "[1764165000000,1000,null,0.1]" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		JSON_CLEANUP struct json_doc doc = { 0 };
		BUF_CLEANUP struct buf out = { 0 };
		struct complaint why;

		CU_ASSERT_FATAL(json_parse(&doc, str_of(rows[i].text), &why) == JSON_GOOD);
		json_write(&out, doc.root);
		CHECK_STR(out.p, rows[i].written);
		json_free(&doc);
		CU_ASSERT(json_parse(&doc, buf_view(&out), &why) == JSON_GOOD);
	}
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
	check_ms("half a megabyte of keys", parse_ms(&flat, JSON_GOOD));
	check_ms("and one of them twice", parse_ms(&twice, JSON_KEY_TWICE));
	buf_puts(&nested, "[{\"a\":0,\"b\":0}");
	while (nested.len < JSON_MAX_BYTES / 4)
		buf_puts(&nested, ",{\"a\":0,\"b\":0}");
	buf_puts(&nested, "]");
	check_ms("the same keys in thousands of objects", parse_ms(&nested, JSON_GOOD));
}

static double best_of_three_ms(const struct buf *text)
{
	double best = parse_ms(text, JSON_GOOD);

	for (int i = 0; i < 2; i++) {
		double ms = parse_ms(text, JSON_GOOD);

		best = ms < best ? ms : best;
	}
	return best;
}

/* Against a text of as many values of the same kinds, so that a slow or busy machine is slow with both. */
static void no_choice_of_objects_is_slow(void)
{
	BUF_CLEANUP struct buf plain = { 0 };
	double plain_ms, worst = 0;

	buf_puts(&plain, "[0");
	for (unsigned i = 0; i < JSON_MAX_VALUES / 8; i++)
		buf_puts(&plain, ",{\"\":0},0,0,0,0,0");
	buf_puts(&plain, "]");
	plain_ms = best_of_three_ms(&plain);
	for (uint64_t n_slots = 1 << 10; n_slots <= 1 << 17; n_slots *= 2) {
		BUF_CLEANUP struct buf chosen = { 0 };
		double ms;

		write_chosen_objects(&chosen, n_slots);
		ms = best_of_three_ms(&chosen);
		worst = ms > worst ? ms : worst;
	}
	printf("\n    chosen objects: %.1f ms, others: %.1f ms ", worst, plain_ms);
	CU_ASSERT(worst < 5 * plain_ms);
}

const char *const unit_name = "json";
const struct unit_test unit_tests[] = {
	UNIT(bad_text_is_refused_with_its_line),
	UNIT(strings_are_decoded),
	UNIT(members_are_found_by_name),
	UNIT(depth_has_an_end),
	UNIT(the_caller_says_how_much_it_takes),
	UNIT(the_same_key_may_stand_in_different_objects),
	UNIT(outcomes_tell_what_kind_of_wrong_it_is),
	UNIT(a_nul_stands_behind_keys_and_texts),
	UNIT(a_line_is_counted_from_one_and_ends_with_the_text),
	UNIT(a_value_knows_its_line),
	UNIT(a_member_is_given_byte_for_byte),
	UNIT(a_text_cut_anywhere_does_no_harm),
	UNIT(random_bytes_do_no_harm),
	UNIT(what_is_written_is_the_same_value),
	UNIT(no_number_of_keys_is_slow),
	UNIT(no_choice_of_objects_is_slow),
	{ NULL, NULL },
};
