/* A room is closed until its time has come, or somebody opens it. */
#include "mosquitto-plugin/core/memory/closed.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_closed";

static struct closed_rooms c;

static mono at(int64_t s)
{
	return (mono){ s * 1000 };
}

static void it_is_closed_until_its_time_has_come(void)
{
	char name[] = "match:42";

	CU_ASSERT_FALSE(closed_is(&c, str_of(name), at(0)));
	CU_ASSERT_TRUE(closed_close(&c, str_of(name), at(10)));
	name[0] = 'x'; /* the name is copied */
	CU_ASSERT_TRUE(closed_is(&c, STR("match:42"), at(0)));
	CHECK_INT(closed_left_ms(&c, STR("match:42"), at(3)), 7000);
	CU_ASSERT_TRUE(closed_is(&c, STR("match:42"), (mono){ 9999 }));
	CU_ASSERT_FALSE(closed_is(&c, STR("match:42"), at(10)));
	CHECK_INT(closed_left_ms(&c, STR("match:42"), at(11)), 0);
	CU_ASSERT_FALSE(closed_is(&c, STR("match:4"), at(0)));
	CU_ASSERT_FALSE(closed_is(&c, STR("match:420"), at(0)));
	CU_ASSERT_FALSE(closed_is(&c, STR(""), at(0)));
	closed_free(&c);
	CU_ASSERT_FALSE(closed_is(&c, STR("match:42"), at(0)));
	closed_free(&c);
}

static void closing_again_sets_a_new_end(void)
{
	CU_ASSERT_TRUE(closed_close(&c, STR("a"), at(10)));
	CU_ASSERT_TRUE(closed_close(&c, STR("a"), at(5)));
	CU_ASSERT_FALSE(closed_is(&c, STR("a"), at(6)));
	CU_ASSERT_TRUE(closed_close(&c, STR("a"), at(20)));
	CU_ASSERT_TRUE(closed_is(&c, STR("a"), at(6)));
	CU_ASSERT_TRUE(closed_open(&c, STR("a")));
	CU_ASSERT_FALSE(closed_open(&c, STR("a")));
}

static void one_that_is_opened_leaves_the_others_closed(void)
{
	CU_ASSERT_TRUE(closed_close(&c, STR("a"), at(10)));
	CU_ASSERT_TRUE(closed_close(&c, STR("b"), at(10)));
	CU_ASSERT_TRUE(closed_open(&c, STR("a")));
	CU_ASSERT_FALSE(closed_is(&c, STR("a"), at(0)));
	CU_ASSERT_TRUE(closed_is(&c, STR("b"), at(0)));
	closed_expire(&c, at(9));
	CU_ASSERT_TRUE(closed_is(&c, STR("b"), at(9)));
	closed_expire(&c, at(10));
	CU_ASSERT_FALSE(closed_open(&c, STR("b")));
}

static void so_many_and_no_more_are_closed_at_a_time(void)
{
	char name[16];

	for (int i = 0; i < CLOSED_MAX; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		CU_ASSERT_TRUE(closed_close(&c, str_of(name), at(i)));
	}
	CU_ASSERT_FALSE(closed_close(&c, STR("one too many"), at(10)));
	CU_ASSERT_FALSE(closed_is(&c, STR("one too many"), at(0)));
	CU_ASSERT_TRUE(closed_close(&c, STR("r7"), at(2000)));
	closed_expire(&c, at(500));
	CU_ASSERT_TRUE(closed_close(&c, STR("one too many"), at(600)));
	CU_ASSERT_TRUE(closed_is(&c, STR("r7"), at(1000)));
	closed_free(&c);
}

const struct unit_test unit_tests[] = {
	UNIT(it_is_closed_until_its_time_has_come),
	UNIT(closing_again_sets_a_new_end),
	UNIT(one_that_is_opened_leaves_the_others_closed),
	UNIT(so_many_and_no_more_are_closed_at_a_time),
	{ NULL, NULL },
};
