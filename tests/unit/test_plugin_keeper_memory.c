/* keeper - without memory for all of its parts there is none, and what it was given is freed. */
#include "mosquitto-plugin/core/keeper.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_keeper_memory";

static void a_keeper_needs_memory(void)
{
	static const struct keeper_ops ops = { .publish = NULL };
	struct keeper_setup setup = { .prefix = "sb", .part = CLUSTER_HUB, .run = "r" };
	struct keeper *made = NULL;
	struct complaint why;
	size_t n;

	for (n = 0; !made; n++) {
		CU_ASSERT_FATAL(policy_parse(STR("{\"roles\":{\"v\":{}}}"), &setup.policy, &why) == 0);
		memory_fails_at(n);
		made = keeper_new(&setup, &ops);
		CHECK_INT(memory_is_plenty(), made == NULL);
	}
	CU_ASSERT(n > 6); /* keeper, door and cluster, and topics */
	keeper_free(made);
}

const struct unit_test unit_tests[] = {
	UNIT(a_keeper_needs_memory),
	{ NULL, NULL },
};
