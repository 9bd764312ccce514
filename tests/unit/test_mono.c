/* mono - moments that can be added to, compared and never reached. */
#include "base/mono.h"
#include "tests/unit/unit.h"

#include <time.h>

const char *const unit_name = "mono";

static void never_stays_never(void)
{
	CHECK_INT(mono_add((mono){ 5 }, 7).ms, 12);
	CHECK_INT(mono_add(MONO_NEVER, 1).ms, MONO_NEVER.ms);
	CHECK_INT(mono_add((mono){ INT64_MAX - 5 }, 5).ms, MONO_NEVER.ms);
	CHECK_INT(mono_add((mono){ INT64_MAX - 5 }, 4).ms, INT64_MAX - 1);
}

static void moments_are_compared(void)
{
	CHECK_INT(mono_diff((mono){ 7 }, (mono){ 10 }), -3);
	CU_ASSERT(mono_reached((mono){ 7 }, (mono){ 7 }) && mono_reached((mono){ 8 }, (mono){ 7 }));
	CU_ASSERT_FALSE(mono_reached((mono){ 6 }, (mono){ 7 }));
	CHECK_INT(mono_min((mono){ 7 }, MONO_NEVER).ms, 7);
	CHECK_INT(mono_min((mono){ 7 }, (mono){ 3 }).ms, 3);
}

static void the_clocks_agree_with_each_other_and_with_the_calendar(void)
{
	mono before = mono_now();
	uint64_t ns = mono_now_ns();
	mono after = mono_now();
	int64_t wall = wall_now_ms();

	CU_ASSERT(mono_reached(after, before));
	CU_ASSERT((int64_t)(ns / 1000000) >= before.ms && (int64_t)(ns / 1000000) <= after.ms);
	CU_ASSERT(wall / 1000 >= (int64_t)time(NULL) - 10 && wall / 1000 <= (int64_t)time(NULL) + 10);
}

const struct unit_test unit_tests[] = {
	UNIT(never_stays_never),
	UNIT(moments_are_compared),
	UNIT(the_clocks_agree_with_each_other_and_with_the_calendar),
	{ NULL, NULL },
};
