/* Where a scoreboard's topics begin: with the prefix, or with that and one level more. */
#include "mosquitto-plugin/core/policy/track.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_track";

static void topics_are_found_below_the_prefix_and_one_level_below_that(void)
{
	static const struct {
		const char *topic, *name, *rest; /* NULL: it is none */
	} rows[] = {
		{ "sb/status", "status", "" },
		{ "sb/t1/status", "status", "" },
		{ "sb/status/status", "status", "/status" },
		{ "sb/t1/x/status", "status", NULL },
		{ "sb/crew/status", "status", NULL }, /* the crew may write there */
		{ "sb/crew/feed/v/delta", "feed/", NULL },
		{ "sb/crews/status", "status", "" },
		{ "sb/t1/feed/v/delta", "feed/", "v/delta" },
		{ "sb/feed/v/delta", "feed/", "v/delta" },
		{ "sb/feed/feed/delta", "feed/", "feed/delta" },
		{ "sb//status", "status", NULL },
		{ "sbx/status", "status", NULL },
		{ "sb", "status", NULL },
		{ "sb/", "status", NULL },
		{ "sb/t1", "status", NULL },
		{ "sb/t1/", "status", NULL },
		{ "", "status", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str rest = track_rest(STR("sb"), str_of(rows[i].topic), str_of(rows[i].name));

		CHECK_INT(rest.p != NULL, rows[i].rest != NULL);
		CU_ASSERT(!rest.p || !rows[i].rest || str_is(rest, rows[i].rest));
		CHECK_INT(track_topic_is(STR("sb"), str_of(rows[i].topic), str_of(rows[i].name)), rows[i].rest && !*rows[i].rest);
	}
}

static void a_track_is_one_level(void)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{ "sb", true },
		{ "sb/t1", true },
		{ "a/b", false },
		{ "sb/t1/x", false },
		{ "sb/crew", false },
		{ "sb/", false },
		{ "sb//", false },
		{ "sbt1", false },
		{ "sb/+", false },
		{ "sb/#", false },
		{ "", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_INT(track_is(STR("sb"), str_of(rows[i].text)), rows[i].is);
}

const struct unit_test unit_tests[] = {
	UNIT(topics_are_found_below_the_prefix_and_one_level_below_that),
	UNIT(a_track_is_one_level),
	{ NULL, NULL },
};
