/* pattern - which paths a rule means, and which a register entry covers. */
#include "publisher/core/names/pattern.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <time.h>

const char *const unit_name = "pattern";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

typedef bool (*predicate)(const struct pattern *, const struct path *);

static void check_one(predicate holds, const char *pattern, const char *path, bool expected)
{
	struct pattern pat;
	struct path p;
	struct complaint why;

	CU_ASSERT_FATAL(pattern_parse(str_of(pattern), &pat, &why) == PATTERN_OK);
	CU_ASSERT_FATAL(path_parse(str_of(path), &p) == PATH_OK);
	if (holds(&pat, &p) != expected) {
		printf("\n    %s and %s\n", pattern, path);
		CU_FAIL("wrong verdict");
	}
	pattern_free(&pat);
	pattern_free(&pat);
}

static void a_rule_means_whole_paths(void)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} rows[] = {
		{ "A.B", "A.B", true },
		{ "A.B", "A.B.C", false },
		{ "A.B", "A", false },
		{ "A.B", "A.B(1)", false },
		{ "A(1)", "A(1)", true },
		{ "A(1)", "A(2)", false },
		{ "A()", "A()", true },
		{ "A()", "A", false },
		{ "A(*)", "A(x/y.z)", true },
		{ "A(*)", "A()", true },
		{ "A(*)", "A", false },
		{ "A(View_*)", "A(View_x)", true },
		{ "A(View_*)", "A(view_x)", false },
		{ "A(*_x_*)", "A(a_x_b)", true },
		{ "A(*_x_*)", "A(a_y_b)", false },
		{ "A(*ab)", "A(aab)", true },
		{ "A(*ab)", "A(abc)", false },
		{ "A(**)", "A(x)", true },
		{ "A(*a*a)", "A(aba)", true },
		{ "A(*a*a)", "A(a)", false },
		{ "A(*ab*ab)", "A(ababab)", true },
		{ "A(x*)", "A()", false },
		{ "A(*x)", "A()", false },
		{ "*Secret*", "Secret", true },
		{ "*Secret*", "SSecretX", true },
		{ "*Secret*", "Secre", false },
		{ "*Secret", "MySecret", true },
		{ "*Secret", "Secrets", false },
		{ "*", "A", true },
		{ "*", "A(1)", false },
		{ "*(*)", "A(1)", true },
		{ "**", "A", true },
		{ "**", "A.B(1).C", true },
		{ "**.B", "B", true },
		{ "**.B", "A(1).B", true },
		{ "**.B", "A.B.C", false },
		{ "A.**", "A", true },
		{ "A.**", "A.B.C", true },
		{ "A.**", "A(1)", false },
		{ "A.**", "B", false },
		{ "A.**.C", "A.C", true },
		{ "A.**.C", "A.B.B.C", true },
		{ "A.**.C", "A.B.C.B", false },
		{ "A.**.B.**.C", "A.B.X.B.C", true },
		{ "A.**.B.**.C", "A.C.B", false },
		{ "**.B.*", "A.B.B.C", true },
		{ "**.B.C.**.D", "B.C.C.B.C.D", true },
		{ "**.A.**.A", "A", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		check_one(pattern_matches, rows[i].pattern, rows[i].path, rows[i].matches);
}

static void a_register_entry_covers_what_is_below(void)
{
	static const struct {
		const char *entry, *path;
		bool covers;
	} rows[] = {
		{ "A.Team", "A.Team(1).Score", true },
		{ "A.Team", "A.Team", true },
		{ "A.Team", "A.TeamX", false },
		{ "A.Team", "A", false },
		{ "A.Team(*)", "A.Team(1).Score", true },
		{ "A.Team(*)", "A.Team", false },
		{ "A.Team(*).Score", "A.Team(1).Score", true },
		{ "A.Team(*).Score", "A.Team(1).Name", false },
		{ "A.Team(1)", "A.Team(1).Score", true },
		{ "A.Team(1)", "A.Team(2).Score", false },
		{ "A.Team(1)", "A.Team(10)", false },
		/* what stands before a star is ignored */
		{ "A.Team(x*).Score", "A.Team(1).Score", true },
		/* only the last step may leave its argument out */
		{ "A.Team.Score", "A.Team(1).Score", false },
		{ "A", "A.B(x).C", true },
		{ "A", "B", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		check_one(pattern_covers, rows[i].entry, rows[i].path, rows[i].covers);
}

static void what_is_no_pattern_is_refused_with_a_reason(void)
{
	static const char *const rows[] = { "", "A.", "A(", "A(1)B", "**(1)", "A.**(x).B", "A(\xFF)" };
	struct pattern pat;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };

		CHECK_INT(pattern_parse(str_of(rows[i]), &pat, &why), PATTERN_BAD);
		CU_ASSERT(*why.text);
		CU_ASSERT(pat.text == NULL);
	}
}

/* 15 times `**.A` against a path of 31 A and a B: trying every way would be some 10^8 of them. */
static void many_stars_do_not_take_for_ever(void)
{
	BUF_CLEANUP struct buf pattern = { 0 };
	BUF_CLEANUP struct buf path = { 0 };
	clock_t start = clock();

	for (int i = 0; i < 15; i++)
		buf_puts(&pattern, "**.A.");
	buf_puts(&pattern, "C");
	for (int i = 0; i < 31; i++)
		buf_puts(&path, "A.");
	buf_puts(&path, "B");
	check_one(pattern_matches, pattern.p, path.p, false);
	CU_ASSERT((double)(clock() - start) / CLOCKS_PER_SEC < 0.05);
}

const struct unit_test unit_tests[] = {
	UNIT(a_rule_means_whole_paths),
	UNIT(a_register_entry_covers_what_is_below),
	UNIT(what_is_no_pattern_is_refused_with_a_reason),
	UNIT(many_stars_do_not_take_for_ever),
	{ NULL, NULL },
};
