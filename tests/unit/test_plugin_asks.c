/* What brokers pass on to each other. */
#include "mosquitto-plugin/core/policy/asks.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_asks";

static void each_is_found_by_its_name_and_by_no_other(void)
{
	for (int i = 0; i < ASK_COUNT; i++)
		CHECK_INT(ask_of(str_of(ask_names[i])), i);
	CHECK_INT(ask_of(STR("kicks")), ASK_COUNT);
	CHECK_INT(ask_of(STR("wipe")), ASK_COUNT);
	CHECK_INT(ask_of(STR("")), ASK_COUNT);
	CHECK_INT(ask_of((struct str){ "kick\0", 5 }), ASK_COUNT);
}

static void all_but_closing_a_room_are_answered(void)
{
	CU_ASSERT_FALSE(ask_is_answered(ASK_closeRoom));
	CU_ASSERT_FALSE(ask_is_answered(ASK_COUNT));
	CU_ASSERT_TRUE(ask_is_answered(ASK_listClients));
	CU_ASSERT_TRUE(ask_is_answered(ASK_getHistory));
}

const struct unit_test unit_tests[] = {
	UNIT(each_is_found_by_its_name_and_by_no_other),
	UNIT(all_but_closing_a_room_are_answered),
	{ NULL, NULL },
};
