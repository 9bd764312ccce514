/* A row for each minute, the last twelve hours of them. */
#include "mosquitto-plugin/core/memory/history.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_history";

#define WALL 1764165600000 /* a whole minute */

static struct history h;
static mono now;
static int64_t wall;

/* Both clocks go on; a row is written when one is due. */
static void pass(int64_t ms, struct history_counts counts)
{
	now = mono_add(now, ms);
	wall += ms;
	if (history_is_due(&h, now, wall))
		history_note(&h, now, wall, &counts);
}

static void begin(int64_t wall_ms)
{
	h = (struct history){ 0 };
	now = (mono){ 5000 };
	wall = wall_ms;
	pass(0, (struct history_counts){ 1, 1, 0 });
}

static void check_row(unsigned i, const struct history_row *expected)
{
	const struct history_row *row = history_at(&h, i);

	CU_ASSERT_PTR_NOT_NULL_FATAL(row);
	CHECK_INT(row->at_ms, expected->at_ms);
	CHECK_INT(row->watching, expected->watching);
	CHECK_INT(row->here, expected->here);
	CHECK_INT(row->refused, expected->refused);
}

static void rows_are_of_whole_minutes_of_the_wall_clock(void)
{
	begin(WALL + 12345);
	CU_ASSERT_PTR_NULL(history_at(&h, 0));
	pass(60000 - 12345 - 1, (struct history_counts){ 7, 7, 7 });
	CU_ASSERT_PTR_NULL(history_at(&h, 0));
	pass(1, (struct history_counts){ 10, 3, 5 });
	pass(59999, (struct history_counts){ 7, 7, 7 });
	pass(101, (struct history_counts){ 20, 4, 9 });
	pass(59900, (struct history_counts){ 30, 5, 9 });
	check_row(0, &(struct history_row){ WALL + 60000, 10, 3, 5 });
	check_row(1, &(struct history_row){ WALL + 120000, 20, 4, 4 });
	check_row(2, &(struct history_row){ WALL + 180000, 30, 5, 0 });
	CU_ASSERT_PTR_NULL(history_at(&h, 3));
}

static void the_oldest_gives_way(void)
{
	begin(WALL);
	for (unsigned i = 0; i < HISTORY_MINUTES + 5; i++)
		pass(60000, (struct history_counts){ i, 0, i });
	check_row(0, &(struct history_row){ WALL + 6 * 60000, 5, 0, 1 });
	check_row(HISTORY_MINUTES - 1, &(struct history_row){ WALL + (HISTORY_MINUTES + 5) * 60000LL, HISTORY_MINUTES + 4, 0, 1 });
	CU_ASSERT_PTR_NULL(history_at(&h, HISTORY_MINUTES));
}

static void a_clock_that_is_set_makes_no_more_rows(void)
{
	begin(WALL);
	pass(60000, (struct history_counts){ 1, 0, 0 });
	wall -= 3600000;
	for (int i = 0; i < 10; i++)
		pass(5999, (struct history_counts){ 2, 0, 0 });
	CU_ASSERT_PTR_NULL(history_at(&h, 1));
	pass(10, (struct history_counts){ 3, 0, 0 });
	check_row(1, &(struct history_row){ WALL + 2 * 60000 - 3600000, 3, 0, 0 });
	wall += 3600000;
	pass(60000, (struct history_counts){ 4, 0, 0 });
	check_row(2, &(struct history_row){ WALL + 3 * 60000, 4, 0, 0 });
}

/* A broker that was stopped for a while writes the nearest minute, and goes on with whole ones. */
static void who_was_late_is_in_step_again(void)
{
	begin(WALL);
	pass(5 * 60000 + 40000, (struct history_counts){ 1, 0, 0 });
	check_row(0, &(struct history_row){ WALL + 6 * 60000, 1, 0, 0 });
	pass(20000, (struct history_counts){ 2, 0, 0 });
	CU_ASSERT_PTR_NULL(history_at(&h, 1));
	pass(60000, (struct history_counts){ 3, 0, 0 });
	check_row(1, &(struct history_row){ WALL + 7 * 60000, 3, 0, 0 });
}

const struct unit_test unit_tests[] = {
	UNIT(rows_are_of_whole_minutes_of_the_wall_clock),
	UNIT(the_oldest_gives_way),
	UNIT(a_clock_that_is_set_makes_no_more_rows),
	UNIT(who_was_late_is_in_step_again),
	{ NULL, NULL },
};
