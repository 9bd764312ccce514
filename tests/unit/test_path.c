/* path - the syntax of a scoreboard's keys. */
#include "publisher/core/names/path.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "path";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The steps as text that shows where each begins: "Team<1> Score". */
static void describe(const struct path *path, struct buf *out)
{
	for (size_t i = 0; i < path->n; i++) {
		if (i)
			buf_char(out, ' ');
		buf_str(out, path->steps[i].name);
		if (path->steps[i].has_arg)
			buf_printf(out, "<%.*s>", STR_ARGS(path->steps[i].arg));
	}
}

static void a_path_is_split_outside_parentheses(void)
{
	static const struct {
		const char *text, *steps;
	} rows[] = {
		{ "A", "A" },
		{ "A.B.C", "A B C" },
		{ "Team(1).Score", "Team<1> Score" },
		{ "Color(overlay.fg)", "Color<overlay.fg>" },
		{ "Rule(Jam.Duration).X", "Rule<Jam.Duration> X" },
		{ "EventInfo(a/b+c#d)", "EventInfo<a/b+c#d>" },
		{ "A()", "A<>" },
		{ "A().B()", "A<> B<>" },
		{ "A((b)", "A<(b>" },
		{ "A(\")", "A<\">" },
		{ "A( b c )", "A< b c >" },
		{ "UniformColor(Zelen\xC3\xA1)", "UniformColor<Zelen\xC3\xA1>" },
		{ "a b.-", "a b -" },
		{ "\xF0\x9F\x98\x80(\xEF\xBF\xBE)", "\xF0\x9F\x98\x80<\xEF\xBF\xBE>" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		BUF_CLEANUP struct buf steps = { 0 };
		BUF_CLEANUP struct buf again = { 0 };
		struct path path;

		CHECK_INT(path_parse(str_of(rows[i].text), &path), PATH_OK);
		describe(&path, &steps);
		CHECK_STR(steps.p, rows[i].steps);
		path_write(&again, &path);
		CHECK_STR(again.p, rows[i].text);
	}
}

static void what_is_no_path_is_refused_with_its_reason(void)
{
	static const struct {
		struct str text;
		enum path_result result;
	} rows[] = {
		{ { "", 0 }, PATH_BAD_SYNTAX },
		{ { ".", 1 }, PATH_BAD_SYNTAX },
		{ { "A.", 2 }, PATH_BAD_SYNTAX },
		{ { ".A", 2 }, PATH_BAD_SYNTAX },
		{ { "A..B", 4 }, PATH_BAD_SYNTAX },
		{ { "(1)", 3 }, PATH_BAD_SYNTAX },
		{ { "A.(1)", 5 }, PATH_BAD_SYNTAX },
		{ { "A(1", 3 }, PATH_BAD_SYNTAX },
		{ { "A(", 2 }, PATH_BAD_SYNTAX },
		{ { "A)", 2 }, PATH_BAD_SYNTAX },
		{ { "A(1)B", 5 }, PATH_BAD_SYNTAX },
		{ { "A(1))", 5 }, PATH_BAD_SYNTAX },
		{ { "A(1)(2)", 7 }, PATH_BAD_SYNTAX },
		{ { "A(1).", 5 }, PATH_BAD_SYNTAX },
		{ { "A(\xFF)", 4 }, PATH_BAD_UTF8 },
		{ { "A(\xED\xA0\x80)", 6 }, PATH_BAD_UTF8 },
		{ { "\xC3", 1 }, PATH_BAD_UTF8 },
	};
	struct path path;

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_INT(path_parse(rows[i].text, &path), rows[i].result);
}

static void an_argument_may_hold_nul(void)
{
	struct path path;

	CHECK_INT(path_parse(STR("A(x\0y).B\0C"), &path), PATH_OK);
	CHECK_INT(path.n, 2);
	CU_ASSERT(str_eq(path.steps[0].arg, STR("x\0y")));
	CU_ASSERT(str_eq(path.steps[1].name, STR("B\0C")));
}

static void depth_has_a_limit(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct path path;

	for (size_t i = 0; i < PATH_MAX_STEPS; i++)
		buf_puts(&text, i ? ".A(1)" : "A(1)");
	CHECK_INT(path_parse(buf_view(&text), &path), PATH_OK);
	CHECK_INT(path.n, PATH_MAX_STEPS);
	buf_puts(&text, ".B");
	CHECK_INT(path_parse(buf_view(&text), &path), PATH_TOO_DEEP);
}

const struct unit_test unit_tests[] = {
	UNIT(a_path_is_split_outside_parentheses),
	UNIT(what_is_no_path_is_refused_with_its_reason),
	UNIT(an_argument_may_hold_nul),
	UNIT(depth_has_a_limit),
	{ NULL, NULL },
};
