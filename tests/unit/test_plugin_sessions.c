/* One entry for each client id, in the order in which they were added. */
#include "mosquitto-plugin/core/memory/sessions.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_sessions";

#define MAX 3

static struct sessions s;

static struct session *add(const char *id, const char *user)
{
	return sessions_add(&s, str_of(id), str_of(user), MAX);
}

static void one_is_found_by_its_id(void)
{
	char id[] = "s1", user[] = "ann";
	struct session *entry = add(id, user);

	CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
	id[0] = user[0] = 'x'; /* both are copied */
	CU_ASSERT_PTR_EQUAL(sessions_find(&s, STR("s1")), entry);
	CHECK_STR(entry->id, "s1");
	CHECK_STR(entry->user, "ann");
	CU_ASSERT_PTR_NULL(sessions_find(&s, STR("s")));
	entry = add("s2", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
	CU_ASSERT_PTR_NULL(entry->user);
	sessions_free(&s);
	CHECK_INT(sessions_count(&s), 0);
	CU_ASSERT_PTR_NULL(sessions_find(&s, STR("s1")));
}

static void the_same_id_takes_the_place_of_the_first(void)
{
	struct session *entry = add("s1", "ann");

	CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
	entry->unsure = true;
	s.n_unsure++;
	entry = add("s1", "bob");
	CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
	CHECK_STR(entry->user, "bob");
	CHECK_INT(sessions_count(&s), 1);
	CHECK_INT(s.n_unsure, 0); /* it went with the entry */
	sessions_free(&s);
}

static void there_are_only_so_many(void)
{
	char id[16];

	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "s%d", i);
		CU_ASSERT_EQUAL(add(id, NULL) != NULL, i < MAX);
	}
	CHECK_INT(sessions_count(&s), MAX);
	CU_ASSERT_PTR_NOT_NULL(add("s1", NULL)); /* in the place of its own */
	CU_ASSERT_PTR_NULL(add("s4", NULL));
	sessions_remove(&s, sessions_find(&s, STR("s0")));
	CU_ASSERT_PTR_NOT_NULL(add("s4", NULL));
	sessions_free(&s);
}

static void the_last_one_leads_to_those_before_it(void)
{
	const struct session *entry;

	CU_ASSERT_PTR_NULL(sessions_last(&s));
	CU_ASSERT(add("a", NULL) && add("b", NULL) && add("c", NULL));
	CU_ASSERT(add("a", NULL) != NULL); /* came anew: the last now */
	entry = sessions_last(&s);
	for (const char *id = "acb"; *id; id++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(entry);
		CHECK_INT(entry->id[0], *id);
		entry = sessions_before(entry);
	}
	CU_ASSERT_PTR_NULL(entry);
	sessions_free(&s);
}

const struct unit_test unit_tests[] = {
	UNIT(one_is_found_by_its_id),
	UNIT(the_same_id_takes_the_place_of_the_first),
	UNIT(there_are_only_so_many),
	UNIT(the_last_one_leads_to_those_before_it),
	{ NULL, NULL },
};
