/* What brokers are called. */
#include "mosquitto-plugin/core/cluster/part.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_part";

static void a_name_can_stand_in_a_label_an_id_and_a_path(void)
{
	static const char *const good[] = { "hub", "edge1", "1", "rink-2.example_net", "ABCXYZabcxyz0189._-" };
	static const char *const bad[] = { "", " ", "edge 1", "a/b", "a\"b", "a+", "#", "caf\xc3\xa9", "a\nb", "a:b", "@", "[", "`", "{" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CU_ASSERT_TRUE(broker_name_valid(str_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(broker_name_valid(str_of(bad[i])));
	CU_ASSERT_FALSE(broker_name_valid((struct str){ "a\0b", 3 }));
	CU_ASSERT_FALSE(broker_name_valid((struct str){ NULL, 0 }));
}

static void a_name_has_so_many_bytes_and_no_more(void)
{
	char name[BROKER_NAME_MAX + 1];

	memset(name, 'n', sizeof(name));
	CU_ASSERT_TRUE(broker_name_valid((struct str){ name, BROKER_NAME_MAX }));
	CU_ASSERT_FALSE(broker_name_valid((struct str){ name, BROKER_NAME_MAX + 1 }));
}

static void who_has_no_name_is_called_by_its_part(void)
{
	CHECK_STR(broker_default_name(CLUSTER_NONE), "broker");
	CHECK_STR(broker_default_name(CLUSTER_HUB), "hub");
	CHECK_STR(broker_default_name(CLUSTER_EDGE), "edge");
	CHECK_STR(broker_default_name(CLUSTER_MID), "mid");
}

static void a_mid_has_a_hub_and_edges(void)
{
	CU_ASSERT_FALSE(part_has_hub(CLUSTER_NONE) || part_has_edges(CLUSTER_NONE));
	CU_ASSERT(part_has_edges(CLUSTER_HUB) && !part_has_hub(CLUSTER_HUB));
	CU_ASSERT(part_has_hub(CLUSTER_EDGE) && !part_has_edges(CLUSTER_EDGE));
	CU_ASSERT(part_has_hub(CLUSTER_MID) && part_has_edges(CLUSTER_MID));
}

const struct unit_test unit_tests[] = {
	UNIT(a_name_can_stand_in_a_label_an_id_and_a_path),
	UNIT(a_name_has_so_many_bytes_and_no_more),
	UNIT(who_has_no_name_is_called_by_its_part),
	UNIT(a_mid_has_a_hub_and_edges),
	{ NULL, NULL },
};
