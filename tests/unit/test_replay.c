/* replay - a message moved to another time. */
#include "publisher/core/history/replay.h"
#include "tests/unit/unit.h"

const char *const unit_name = "replay";

static const struct replay_position position = { "replay-1", 7, 5000, 1000 };

static void check(const char *message, const char *expected)
{
	BUF_CLEANUP struct buf out = { 0 };

	CU_ASSERT(replay_write(str_of(message), &position, &out));
	CHECK_STR(buf_view(&out).p, expected);
}

static void clocks_are_moved_and_nothing_else(void)
{
	check("{\"epoch\":\"e\",\"seq\":3,\"ts\":100,\"set\":{\"at\":5,\"clock/jam\":{\"time\":9,\"running\":true,\"at\":100},\"n\":\"\\\"at\\\":1\"},\"del\":[\"x\"]}",
	      "{\"epoch\":\"replay-1\",\"seq\":7,\"ts\":5000,\"set\":{\"at\":5,\"clock/jam\":{\"time\":9,\"running\":true,\"at\":1100},"
	      "\"n\":\"\\\"at\\\":1\"},\"del\":[\"x\"]}");
	check("{\"state\":{\"c\":{\"at\":-1,\"time\":0}}}", "{\"epoch\":\"replay-1\",\"seq\":7,\"ts\":5000,\"state\":{\"c\":{\"at\":999,\"time\":0}}}");
	check("{\"state\":{}}", "{\"epoch\":\"replay-1\",\"seq\":7,\"ts\":5000,\"state\":{}}");
	check("{\"set\":{\"o\":{\"at\":\"noon\"}}}", "{\"epoch\":\"replay-1\",\"seq\":7,\"ts\":5000,\"set\":{\"o\":{\"at\":\"noon\"}}}");
}

static void what_changes_nothing_is_no_message(void)
{
	static const char *const texts[] = { "", "nonsense", "{\"epoch\":\"e\",\"seq\":3,\"ts\":100}" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		BUF_CLEANUP struct buf out = { 0 };

		CU_ASSERT_FALSE(replay_write(str_of(texts[i]), &position, &out));
	}
}

const struct unit_test unit_tests[] = {
	UNIT(clocks_are_moved_and_nothing_else),
	UNIT(what_changes_nothing_is_no_message),
	{ NULL, NULL },
};
