/* ledger - a topic that there is no memory for is counted as not kept, and is no part of the digest. */
#include "mosquitto-plugin/core/cluster/ledger.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_ledger_memory";

#define MANY 600 /* so many that the table grows several times */

static void without_memory_a_topic_is_not_kept_and_counted(void)
{
	struct ledger l = { .max_topics = MANY };
	const mono now = { 1000 };
	char topic[16];
	size_t n;

	for (unsigned i = 0; i < MANY; i++) {
		uint64_t digest = l.digest, not_kept = l.not_kept;
		bool failed = true;

		snprintf(topic, sizeof(topic), "t/%u", i);
		for (n = 0; failed; n++) {
			memory_fails_at(n);
			ledger_note(&l, str_of(topic), STR("x"), now);
			failed = memory_is_plenty();
			CHECK_INT(l.n, failed ? i : i + 1);
			CHECK_INT(l.digest == digest, failed);
		}
		CHECK_INT(l.not_kept - not_kept, n - 1);
	}
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(topic, sizeof(topic), "t/%u", i);
		ledger_note(&l, str_of(topic), STR(""), now);
	}
	CHECK_INT(l.n, 0);
	CHECK_INT(l.digest, 0);
	ledger_free(&l);
}

const struct unit_test unit_tests[] = {
	UNIT(without_memory_a_topic_is_not_kept_and_counted),
	{ NULL, NULL },
};
