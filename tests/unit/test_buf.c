/* buf - growth, the ceiling, errors that stick, JSON strings. */
#include "base/buf.h"
#include "tests/unit/unit.h"

const char *const unit_name = "buf";

static void an_empty_buffer_views_an_empty_string(void)
{
	struct buf b = { 0 };

	CU_ASSERT(str_eq(buf_view(&b), STR("")));
	CU_ASSERT(buf_view(&b).p != NULL);
	buf_free(&b);
	buf_free(&b);
}

static void content_stays_terminated_while_it_grows(void)
{
	BUF_CLEANUP struct buf b = { 0 };

	for (int i = 0; i < 5000; i++) {
		buf_char(&b, (char)('a' + i % 26));
		CU_ASSERT_FATAL(b.p[b.len] == '\0');
	}
	buf_puts(&b, "-");
	buf_str(&b, STR("x\0y"));
	buf_printf(&b, "%d%s", 42, "z");
	CHECK_INT(b.len, 5000 + 1 + 3 + 3);
	CU_ASSERT(memcmp(b.p + 5000, "-x\0y42z", 8) == 0);
	CU_ASSERT(!b.failed);
}

static void a_ceiling_holds_and_the_error_sticks(void)
{
	BUF_CLEANUP struct buf b = { .max = 10 };

	buf_puts(&b, "12345");
	buf_printf(&b, "%s", "67890");
	CU_ASSERT(!b.failed);
	buf_char(&b, 'x');
	CU_ASSERT(b.failed);
	CHECK_STR(b.p, "1234567890");
	buf_puts(&b, "");
	buf_printf(&b, "%d", 1);
	CU_ASSERT(b.failed);
	CHECK_INT(b.len, 10);
	buf_clear(&b);
	CU_ASSERT(!b.failed);
	CHECK_STR(b.p, "");
	buf_puts(&b, "12345678901");
	CU_ASSERT(b.failed);
	buf_free(&b);
	CHECK_INT(b.max, 10);
}

static void a_cut_buffer_ends_there_and_goes_on(void)
{
	BUF_CLEANUP struct buf b = { .max = 6 };

	buf_cut(&b, 0);
	CHECK_INT(b.len, 0);
	buf_puts(&b, "abcdef");
	buf_cut(&b, 2);
	CHECK_STR(b.p, "ab");
	buf_puts(&b, "xy");
	CHECK_STR(b.p, "abxy");
	buf_puts(&b, "too long");
	buf_cut(&b, 0);
	CU_ASSERT(b.failed);
}

static void a_size_that_overflows_is_refused(void)
{
	BUF_CLEANUP struct buf b = { 0 };

	buf_puts(&b, "ab");
	buf_add(&b, "x", SIZE_MAX - 1);
	CU_ASSERT(b.failed);
	CHECK_STR(b.p, "ab");
}

static void a_json_string_escapes_what_it_must_and_nothing_else(void)
{
	static const struct {
		struct str in;
		const char *out;
	} rows[] = {
		{ { "", 0 }, "\"\"" },
		{ { "a/b", 3 }, "\"a/b\"" },
		{ { "\"\\", 2 }, "\"\\\"\\\\\"" },
		{ { "\b\t\n\f\r", 5 }, "\"\\b\\t\\n\\f\\r\"" },
		{ { "\0\x1F\x7F", 3 }, "\"\\u0000\\u001f\x7F\"" },
		{ { "Zelen\xC3\xA1 \xF0\x9F\x98\x80", 12 }, "\"Zelen\xC3\xA1 \xF0\x9F\x98\x80\"" },
		{ { "<b>&'", 5 }, "\"<b>&'\"" },
		{ { "x\"y\"", 4 }, "\"x\\\"y\\\"\"" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BUF_CLEANUP struct buf b = { 0 };

		buf_json(&b, rows[i].in);
		CHECK_STR(b.p, rows[i].out);
	}
}

/* A wide character that the locale has no bytes for. */
static void what_printf_cannot_write_is_an_error(void)
{
	BUF_CLEANUP struct buf b = { 0 };

	buf_puts(&b, "ab");
	buf_printf(&b, "%ls", L"\u20ac");
	CU_ASSERT(b.failed);
	CHECK_STR(b.p, "ab");
}

const struct unit_test unit_tests[] = {
	UNIT(an_empty_buffer_views_an_empty_string),
	UNIT(content_stays_terminated_while_it_grows),
	UNIT(a_ceiling_holds_and_the_error_sticks),
	UNIT(a_cut_buffer_ends_there_and_goes_on),
	UNIT(a_size_that_overflows_is_refused),
	UNIT(a_json_string_escapes_what_it_must_and_nothing_else),
	UNIT(what_printf_cannot_write_is_an_error),
	{ NULL, NULL },
};
