/* encoding - what --encodings says of each view. */
#include "publisher/core/names/encoding.h"
#include "tests/unit/unit.h"

const char *const unit_name = "encoding";

static void check(const char *list, const char *view, enum encoding expected)
{
	CU_ASSERT(encodings_valid(str_of(list)));
	CHECK_INT(encodings_of(str_of(list), str_of(view)), expected);
}

static void a_word_is_for_all_and_a_name_for_one(void)
{
	check("both", "spectator", ENCODING_BOTH);
	check("json", "spectator", ENCODING_JSON);
	check("packed", "spectator", ENCODING_PACKED);
	check("packed,overlay=json", "spectator", ENCODING_PACKED);
	check("packed,overlay=json", "overlay", ENCODING_JSON);
	check("overlay=json", "spectator", ENCODING_BOTH);
	check("overlay=json,packed", "overlay", ENCODING_JSON);
	check(" overlay = json , packed ", "overlay", ENCODING_JSON);
	check("json,packed", "spectator", ENCODING_PACKED);
	check("overlay=json,overlay=both", "overlay", ENCODING_BOTH);
	CHECK_INT(encodings_of((struct str){ "", 0 }, STR("v")), ENCODING_BOTH);
}

static void what_is_no_list_of_encodings_is_refused(void)
{
	static const char *const bad[] = { "", "xml", "packed,", "overlay=", "overlay=zip", "overlay", "packed;json" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(encodings_valid(str_of(bad[i])));
}

const struct unit_test unit_tests[] = {
	UNIT(a_word_is_for_all_and_a_name_for_one),
	UNIT(what_is_no_list_of_encodings_is_refused),
	{ NULL, NULL },
};
