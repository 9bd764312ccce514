/* One line a minute. */
#include "mosquitto-plugin/core/seats/log_pace.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_log_pace";

static void the_first_line_is_written_and_then_one_a_minute(void)
{
	struct log_pace pace = { 0 };

	CU_ASSERT(log_pace_allows(&pace, (mono){ 5 })); /* however early */
	CU_ASSERT_FALSE(log_pace_allows(&pace, (mono){ 5 }));
	CU_ASSERT_FALSE(log_pace_allows(&pace, (mono){ 4 + LOG_PACE_MS }));
	CU_ASSERT(log_pace_allows(&pace, (mono){ 5 + LOG_PACE_MS }));
	CU_ASSERT_FALSE(log_pace_allows(&pace, (mono){ 4 + 2 * LOG_PACE_MS }));
}

const struct unit_test unit_tests[] = {
	UNIT(the_first_line_is_written_and_then_one_a_minute),
	{ NULL, NULL },
};
