/* naming - steps as levels and back. The random paths are in test_schema.c. */
#include "publisher/core/names/naming.h"
#include "tests/unit/unit.h"
#include "tests/unit/unmap.h"

#include <stdio.h>

const char *const unit_name = "naming";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct str camel[] = { { "Jam", 3 }, { "LineUp", 6 }, { "Blocker1", 8 } };
static const struct str kebab[] = { { "jam", 3 }, { "line-up", 7 }, { "blocker1", 8 } };
static const struct words words = { camel, kebab, COUNT(camel) };

static void steps_become_levels_and_come_back(void)
{
	static const struct {
		const char *path, *levels;
	} rows[] = {
		{ "Team(1).Score", "team/1/score" },
		{ "Clock(Jam).Running", "clock/jam/running" },
		{ "Clock(jam).Running", "clock/%6Aam/running" },
		{ "Clock(JAM).Running", "clock/JAM/running" },
		{ "Clock(LineUp)", "clock/line-up" },
		{ "Clock(line-up)", "clock/%6Cine-up" },
		{ "Clock(%6Aam)", "clock/%256Aam" },
		{ "PenaltyBox", "penalty-box" },
		{ "InOT", "in-o-t" },
		{ "Blocker1", "blocker1" },
		{ "A.B.C", "a.b.c" },
		{ "A.B(1).C.D(2)", "a.b/1/c.d/2" },
		{ "A()", "a/" },
		{ "A().B", "a//b" },
		{ "A().B()", "a//b/" },
		{ "name", "%6Eame" },
		{ "Name-x", "name%2Dx" },
		{ "Kebab-Case", "kebab%2D-case" },
		{ "1st", "1st" },
		{ "_x", "_x" },
		{ "A b", "a b" },
		{ "A/b", "a%2Fb" },
		{ "EventInfo(a/b+c#d%e)", "event-info/a%2Fb%2Bc%23d%25e" },
		{ "Color(overlay.fg)", "color/overlay.fg" },
		{ "A($SYS)", "a/$SYS" },
		{ "A(\t\n\x7F)", "a/%09%0A%7F" },
		{ "A(\xC2\x85)", "a/%C2%85" },
		{ "A(\xEF\xBF\xBE)", "a/%EF%BF%BE" },
		{ "A(Zelen\xC3\xA1)", "a/Zelen\xC3\xA1" },
		{ "A(\xF0\x9F\x98\x80)", "a/\xF0\x9F\x98\x80" },
		{ "\xC3\x81no", "\xC3\x81no" },
		{ "A(-)", "a/-" },
		{ "A(Upper-Case)", "a/Upper-Case" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		BUF_CLEANUP struct buf levels = { 0 };
		BUF_CLEANUP struct buf again = { 0 };
		struct path path;

		CU_ASSERT_FATAL(path_parse(str_of(rows[i].path), &path) == PATH_OK);
		naming_write(&levels, path.steps, path.n, &words);
		CHECK_STR(levels.p, rows[i].levels);
		CU_ASSERT(unmap_levels(&again, buf_view(&levels), &words));
		CHECK_STR(again.p, rows[i].path);
	}
}

static void nul_is_escaped_and_comes_back(void)
{
	BUF_CLEANUP struct buf level = { 0 };
	BUF_CLEANUP struct buf again = { 0 };

	naming_write_arg(&level, STR("x\0y"), &words);
	CHECK_STR(level.p, "x%00y");
	CU_ASSERT(unmap_arg(&again, buf_view(&level), &words));
	CU_ASSERT(str_eq(buf_view(&again), STR("x\0y")));
}

static void without_words_every_argument_is_itself(void)
{
	static const struct words none = { NULL, NULL, 0 };
	BUF_CLEANUP struct buf level = { 0 };

	naming_write_arg(&level, STR("Jam"), &none);
	CHECK_STR(level.p, "Jam");
}

static void levels_that_we_never_write_are_refused(void)
{
	static const char *const rows[] = { "", "a%", "a%2", "a%2f", "a%GG", "a.", ".a", "a..b", "a/1/", "a/x%", "a/1/b%" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		BUF_CLEANUP struct buf text = { 0 };

		if (unmap_levels(&text, str_of(rows[i]), &words)) {
			printf("\n    %s\n", rows[i]);
			CU_FAIL("a level that nobody wrote was read");
		}
	}
}

static void bytes_that_are_no_utf_8_are_escaped_one_by_one(void)
{
	BUF_CLEANUP struct buf level = { 0 };

	naming_write_arg(&level, STR("a\xFF\xC3z"), &words);
	buf_char(&level, '/');
	naming_write_name(&level, STR("A\xE2\x82"));
	CHECK_STR(level.p, "a%FF%C3z/a%E2%82");
}

const struct unit_test unit_tests[] = {
	UNIT(steps_become_levels_and_come_back),
	UNIT(nul_is_escaped_and_comes_back),
	UNIT(without_words_every_argument_is_itself),
	UNIT(levels_that_we_never_write_are_refused),
	UNIT(bytes_that_are_no_utf_8_are_escaped_one_by_one),
	{ NULL, NULL },
};
