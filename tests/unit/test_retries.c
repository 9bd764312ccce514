/* retries - the same failure is one event. */
#include "publisher/core/retries.h"
#include "tests/unit/unit.h"

#include <string.h>

const char *const unit_name = "retries";

static void a_night_without_a_scoreboard_is_some_lines_and_not_ten_thousand(void)
{
	struct retries r = { .n = 0 };
	unsigned lines = 0;

	for (int64_t s = 0; s < 12 * 3600; s += 4)
		lines += retries_failed(&r, "refused", (mono){ s * 1000 });
	CHECK_INT(lines, 72); /* one in ten minutes */
	CHECK_INT(r.n, 12 * 3600 / 4);
}

static void another_reason_is_news(void)
{
	struct retries r = { .n = 0 };

	CU_ASSERT(retries_failed(&r, "refused", (mono){ 0 }));
	CU_ASSERT_FALSE(retries_failed(&r, "refused", (mono){ 1000 }));
	CHECK_INT(r.n, 2);
	CU_ASSERT(retries_failed(&r, "no route to host", (mono){ 2000 }));
	CHECK_INT(r.n, 1);
	CU_ASSERT(retries_failed(&r, "refused", (mono){ 3000 }));
}

static void the_next_failure_after_a_success_is_news(void)
{
	struct retries r = { .n = 0 };

	CU_ASSERT(retries_failed(&r, "lost", (mono){ 0 }));
	retries_succeeded(&r);
	CU_ASSERT(retries_failed(&r, "lost", (mono){ 1 }));
	CU_ASSERT_FALSE(retries_failed(&r, "lost", (mono){ 2 }));
}

static void a_long_reason_is_compared_as_far_as_it_is_kept(void)
{
	char why[2 * RETRIES_WHY_SIZE];
	struct retries r = { .n = 0 };

	memset(why, 'w', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	CU_ASSERT(retries_failed(&r, why, (mono){ 0 }));
	why[sizeof(why) - 2] = 'x';
	CU_ASSERT_FALSE(retries_failed(&r, why, (mono){ 1 }));
	why[0] = 'x';
	CU_ASSERT(retries_failed(&r, why, (mono){ 2 }));
}

const struct unit_test unit_tests[] = {
	UNIT(a_night_without_a_scoreboard_is_some_lines_and_not_ten_thousand),
	UNIT(another_reason_is_news),
	UNIT(the_next_failure_after_a_success_is_news),
	UNIT(a_long_reason_is_compared_as_far_as_it_is_kept),
	{ NULL, NULL },
};
