/* sessions - when memory runs out, a session is not entered, and the others stay. */
#include "mosquitto-plugin/core/memory/sessions.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_sessions_memory";

#define MANY 600 /* so many that the table grows several times */

static void without_memory_a_session_is_not_there_and_the_others_are(void)
{
	struct sessions s = { 0 };
	size_t failures = 0;
	char id[16];

	for (unsigned i = 0; i < MANY; i++) {
		struct session *entry = NULL;

		snprintf(id, sizeof(id), "c%u", i);
		for (size_t n = 0; !entry; n++) {
			memory_fails_at(n);
			entry = sessions_add(&s, str_of(id), STR("ann"), MANY);
			CHECK_INT(memory_is_plenty(), entry == NULL);
			CU_ASSERT_PTR_EQUAL(sessions_find(&s, str_of(id)), entry);
			CHECK_INT(sessions_count(&s), entry ? i + 1 : i);
			failures += entry == NULL;
		}
		CU_ASSERT_PTR_EQUAL(sessions_last(&s), entry);
	}
	CU_ASSERT(failures > 3 * MANY); /* entry, id and user; and the table */
	sessions_free(&s);
	CHECK_INT(sessions_count(&s), 0);
}

static void who_cannot_be_entered_anew_is_not_there_any_more(void)
{
	struct sessions s = { 0 };

	CU_ASSERT_PTR_NOT_NULL(sessions_add(&s, STR("c"), STR("ann"), 1));
	memory_fails_at(0);
	CU_ASSERT_PTR_NULL(sessions_add(&s, STR("c"), STR("bob"), 1));
	CU_ASSERT(memory_is_plenty());
	CHECK_INT(sessions_count(&s), 0);
	sessions_free(&s);
}

const struct unit_test unit_tests[] = {
	UNIT(without_memory_a_session_is_not_there_and_the_others_are),
	UNIT(who_cannot_be_entered_anew_is_not_there_any_more),
	{ NULL, NULL },
};
