/* str - views, splitting, numbers, UTF-8. */
#include "base/str.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "str";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void a_split_gives_every_part_and_ends(void)
{
	static const struct {
		const char *text;
		const char *parts[5];
	} rows[] = {
		{ "a", { "a" } },
		{ "", { "" } },
		{ "a//b", { "a", "", "b" } },
		{ "/", { "", "" } },
		{ "a/", { "a", "" } },
		{ "/a/b/", { "", "a", "b", "" } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str rest = str_of(rows[i].text), part;
		size_t k = 0;

		for (; str_split(&rest, '/', &part); k++) {
			char *copy = str_dup(part);

			CHECK_STR(copy, k < 5 ? rows[i].parts[k] : NULL);
			free(copy);
		}
		CU_ASSERT(k < 5 && rows[i].parts[k] == NULL);
		CU_ASSERT(!str_split(&rest, '/', &part));
	}
}

static void views_compare_by_bytes_and_not_by_address(void)
{
	char copy[] = "abc";

	CU_ASSERT(str_eq(STR("abc"), str_of(copy)));
	CU_ASSERT(!str_eq(STR("abc"), STR("abcd")));
	CU_ASSERT(!str_eq(STR("a\0b"), STR("a\0c")));
	CU_ASSERT(str_eq((struct str){ NULL, 0 }, STR("")));
	CU_ASSERT(str_is(STR("abc"), "abc"));
	CU_ASSERT(!str_is(STR("a\0"), "a"));
	CU_ASSERT(str_starts(STR("abc"), STR("")) && str_starts(STR("abc"), STR("ab")));
	CU_ASSERT(!str_starts(STR("ab"), STR("abc")));
	CU_ASSERT(str_ends(STR("abc"), STR("bc")) && str_ends(STR("abc"), STR("")));
	CU_ASSERT(!str_ends(STR("c"), STR("bc")));
	CU_ASSERT(str_eq(str_skip(STR("abc"), 3), STR("")));
}

static void trim_takes_blanks_of_both_ends_only(void)
{
	CU_ASSERT(str_eq(str_trim(STR(" \t a b\r\n")), STR("a b")));
	CU_ASSERT(str_eq(str_trim(STR(" \t\r\n")), STR("")));
	CU_ASSERT(str_eq(str_trim(STR("")), STR("")));
	CU_ASSERT(str_eq(str_trim(STR("\xC2\xA0")), STR("\xC2\xA0")));
}

static void a_copy_keeps_nul_and_ends_with_one(void)
{
	char *copy = str_dup(STR("a\0b"));

	CU_ASSERT_FATAL(copy != NULL);
	CU_ASSERT(memcmp(copy, "a\0b\0", 4) == 0);
	free(copy);
	copy = str_dup((struct str){ NULL, 0 });
	CHECK_STR(copy, "");
	free(copy);
}

static void a_number_is_the_whole_text_or_none(void)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "007", true, 7 },
		{ "-12", true, -12 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1.0", false, 0 },
		{ "0x10", false, 0 },
		{ "--1", false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t value = 4711;

		if (str_to_int(str_of(rows[i].text), &value) != rows[i].ok) {
			printf("\n    %s\n", rows[i].text);
			CU_FAIL("accepted or refused by mistake");
		}
		CHECK_INT(value, rows[i].ok ? rows[i].value : 4711);
	}
}

/* Table 3-7 of the Unicode standard, each border and what lies beyond it. */
static void only_well_formed_utf8_is_valid(void)
{
	static const struct {
		const char *bytes;
		uint32_t cp; /* 0: invalid */
	} rows[] = {
		{ "\x01", 0x01 },
		{ "\x7F", 0x7F },
		{ "\x80", 0 },
		{ "\xBF", 0 },
		{ "\xC0\x80", 0 },
		{ "\xC1\xBF", 0 },
		{ "\xC2\x80", 0x80 },
		{ "\xDF\xBF", 0x7FF },
		{ "\xC2", 0 },
		{ "\xC2\x7F", 0 },
		{ "\xC2\xC0", 0 },
		{ "\xE0\x9F\xBF", 0 },
		{ "\xE0\xA0\x80", 0x800 },
		{ "\xED\x9F\xBF", 0xD7FF },
		{ "\xED\xA0\x80", 0 },
		{ "\xED\xBF\xBF", 0 },
		{ "\xEE\x80\x80", 0xE000 },
		{ "\xEF\xBF\xBF", 0xFFFF },
		{ "\xE2\x82", 0 },
		{ "\xE2\x82\x28", 0 },
		{ "\xF0\x8F\xBF\xBF", 0 },
		{ "\xF0\x90\x80\x80", 0x10000 },
		{ "\xF4\x8F\xBF\xBF", 0x10FFFF },
		{ "\xF4\x90\x80\x80", 0 },
		{ "\xF0\x9F\x98", 0 },
		{ "\xF0\x9F\x98\x28", 0 },
		{ "\xF5\x80\x80\x80", 0 },
		{ "\xFF", 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str s = str_of(rows[i].bytes);
		uint32_t cp = 0;
		size_t n = utf8_next(s, &cp);

		CHECK_INT(utf8_valid(s), rows[i].cp != 0);
		CHECK_INT(n, rows[i].cp ? s.len : 0);
		CHECK_INT(cp, rows[i].cp);
	}
	CU_ASSERT(utf8_valid(STR("")));
	CU_ASSERT(utf8_valid(STR("a\0b")));
	CU_ASSERT(!utf8_valid(STR("abc\xFF")));
}

static void every_code_point_survives_a_decode(void)
{
	for (uint32_t cp = 0x800; cp <= 0x10FFFF; cp++) {
		char b[4];
		uint32_t out = 0;
		size_t n = cp < 0x10000 ? 3 : 4;
		bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;

		for (size_t i = n; i-- > 1;)
			b[i] = (char)(0x80 | (cp >> 6 * (n - 1 - i) & 0x3F));
		b[0] = (char)(n == 3 ? 0xE0 | cp >> 12 : 0xF0 | cp >> 18);
		if (utf8_next((struct str){ b, n }, &out) != (surrogate ? 0 : n) || (!surrogate && out != cp)) {
			CHECK_INT(out, cp);
			return;
		}
	}
}

static void a_cut_copy_holds_whole_characters_only(void)
{
	static const struct {
		const char *text;
		size_t size;
		const char *copy;
	} rows[] = {
		{ "", 1, "" },
		{ "abc", 1, "" },
		{ "abc", 3, "ab" },
		{ "abc", 4, "abc" },
		{ "\xC3\xA9", 2, "" },
		{ "\xC3\xA9", 3, "\xC3\xA9" },
		{ "a\xC3\xA9", 3, "a" },
		{ "a\xF0\x9F\x9B\xBCz", 5, "a" },
		{ "a\xF0\x9F\x9B\xBCz", 6, "a\xF0\x9F\x9B\xBC" },
		{ "\x80\x80\x80", 3, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[8];

		str_copy(out, rows[i].size, rows[i].text);
		CHECK_STR(out, rows[i].copy);
		CU_ASSERT_TRUE(str_is(str_cut(str_of(rows[i].text), rows[i].size - 1), rows[i].copy));
	}
}

const struct unit_test unit_tests[] = {
	UNIT(a_split_gives_every_part_and_ends),
	UNIT(views_compare_by_bytes_and_not_by_address),
	UNIT(trim_takes_blanks_of_both_ends_only),
	UNIT(a_copy_keeps_nul_and_ends_with_one),
	UNIT(a_cut_copy_holds_whole_characters_only),
	UNIT(a_number_is_the_whole_text_or_none),
	UNIT(only_well_formed_utf8_is_valid),
	UNIT(every_code_point_survives_a_decode),
	{ NULL, NULL },
};
