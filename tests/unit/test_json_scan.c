/* json_scan - lines and bytes of members, and rubbish that does no harm. */
#include "base/json_scan.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "json_scan";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char text[] = "{\n"                                    /* 1 */
			   "  \"a\": 1,\n"                          /* 2 */
			   "  \"b\": [ {\"x\": \"}],\\\"\"},\n"     /* 3 */
			   "         {\"y\":\n"                     /* 4 */
			   "             [1,\n"                     /* 5 */
			   "              [2, 3],\n"                /* 6 */
			   "              {\"z\": null}]} ],\n"     /* 7 */
			   "  \"\": true,\n"                        /* 8 */
			   "  \"c\": \"last\"\n"                    /* 9 */
			   "}\n";

static void a_pointer_finds_its_line(void)
{
	static const struct {
		const char *pointer;
		size_t line;
	} rows[] = {
		{ "", 1 },           { "/a", 2 },           { "/b", 3 },       { "/b/0", 3 },
		{ "/b/0/x", 3 },     { "/b/1", 4 },         { "/b/1/y/0", 5 }, { "/b/1/y/1", 6 },
		{ "/b/1/y/1/1", 6 }, { "/b/1/y/2", 7 },     { "/b/1/y/2/z", 7 }, { "/c", 9 },
		/* the deepest part that exists */
		{ "/d", 1 },         { "/b/7", 3 },         { "/b/1/q", 4 },   { "/b/x", 3 },
		{ "/a/b/c", 2 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_INT(json_pointer_line(str_of(text), rows[i].pointer), rows[i].line);
}

static void a_line_is_counted_from_one_and_ends_with_the_text(void)
{
	CHECK_INT(json_line_at(STR("a\nb\n"), 0), 1);
	CHECK_INT(json_line_at(STR("a\nb\n"), 1), 1);
	CHECK_INT(json_line_at(STR("a\nb\n"), 2), 2);
	CHECK_INT(json_line_at(STR("a\nb\n"), 4), 3);
	CHECK_INT(json_line_at(STR("a\nb\n"), 4000), 3);
	CHECK_INT(json_line_at(STR(""), 1), 1);
}

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

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str value = { NULL, 0 };
		bool found = json_member(str_of(rows[i].text), rows[i].name, &value);
		char *copy = found ? str_dup(value) : NULL;

		CHECK_STR(copy, rows[i].value);
		free(copy);
	}
}

/* In a heap block of exactly its size, so that the sanitizer sees a step outside. */
static void scan(struct str s)
{
	char *exact = malloc(s.len ? s.len : 1);
	struct str copy = { exact, s.len }, value;

	memcpy(exact, s.p, s.len);
	(void)json_pointer_line(copy, "/b/1/y/2/z");
	(void)json_pointer_line(copy, "/b/-1");
	if (json_member(copy, "b", &value))
		CU_ASSERT_FATAL(value.len <= copy.len && value.p >= copy.p && value.p + value.len <= copy.p + copy.len);
	free(exact);
}

static void a_text_cut_anywhere_does_no_harm(void)
{
	static const char *const more[] = { "{\"b\"", "{\"b\":", "{\"b", "{\"b\\", "{\"b\" ", "[,", "{,", "{\"b\":]", "{:" };

	for (size_t len = 0; len < sizeof(text); len++)
		scan((struct str){ text, len });
	for (size_t i = 0; i < COUNT(more); i++)
		scan(str_of(more[i]));
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
		scan((struct str){ bytes, n });
	}
}

const struct unit_test unit_tests[] = {
	UNIT(a_pointer_finds_its_line),
	UNIT(a_line_is_counted_from_one_and_ends_with_the_text),
	UNIT(a_member_is_given_byte_for_byte),
	UNIT(a_text_cut_anywhere_does_no_harm),
	UNIT(random_bytes_do_no_harm),
	{ NULL, NULL },
};
