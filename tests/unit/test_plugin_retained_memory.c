/* retained - when memory runs out, a topic is not kept, and that is counted; what owners hold is right all the same. */
#include "mosquitto-plugin/core/memory/retained.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_retained_memory";

#define MANY 600 /* so many that the tables grow several times */

static const struct retained_limits limits = { MANY, MANY, 1u << 30 };

static void write_to(struct retained_set *r, const char *owner, const char *topic, size_t bytes)
{
	const struct retained_message m = { str_of(owner), str_of(topic), bytes };

	retained_wrote(r, &m, &limits);
}

/* Does the owner hold `n` topics of seven bytes, each with a payload of one? */
static bool holds(const struct retained_set *r, const char *owner, size_t n)
{
	const struct retained_message more = { str_of(owner), STR("another"), 1 };
	const struct retained_limits fits = { MANY, n + 1, 8 * (n + 1) }, too_few = { MANY, n, 8 * (n + 1) };
	const struct retained_limits too_small = { MANY, n + 1, 8 * (n + 1) - 1 };

	return retained_may(r, &more, &fits) && !retained_may(r, &more, &too_few) && !retained_may(r, &more, &too_small);
}

static void without_memory_a_topic_is_not_kept_nor_charged(void)
{
	struct retained_set r = { 0 };
	char topic[16];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(topic, sizeof(topic), "a/b/%03u", i);
		for (size_t n = 0; retained_count(&r) == i; n++) {
			uint64_t not_kept = r.not_kept;

			memory_fails_at(n);
			write_to(&r, i % 2 ? "ann" : "bob", topic, 1);
			memory_is_plenty();
			CHECK_INT(r.not_kept - not_kept, retained_count(&r) == i);
			CU_ASSERT(r.topics || !r.owners); /* who holds nothing is nobody */
			CU_ASSERT(holds(&r, "ann", (retained_count(&r) + 0) / 2));
			CU_ASSERT(holds(&r, "bob", (retained_count(&r) + 1) / 2));
		}
	}
	retained_free(&r);
	CHECK_INT(retained_count(&r), 0);
	CU_ASSERT(holds(&r, "ann", 0) && holds(&r, "bob", 0));
}

static void a_topic_that_cannot_change_hands_stays_where_it_is(void)
{
	struct retained_set r = { 0 };

	write_to(&r, "ann", "a/b/001", 1);
	memory_fails_at(0);
	write_to(&r, "bob", "a/b/001", 1);
	CU_ASSERT(memory_is_plenty());
	CHECK_INT(r.not_kept, 1);
	CU_ASSERT(holds(&r, "ann", 1) && holds(&r, "bob", 0));
	write_to(&r, "bob", "a/b/001", 1);
	CU_ASSERT(holds(&r, "ann", 0) && holds(&r, "bob", 1));
	retained_free(&r);
}

/* Filters may cost too little then, but nothing breaks when the topics go. */
static void branches_that_cannot_be_counted_do_no_harm(void)
{
	bool failed = true;

	for (size_t n = 0; failed; n++) {
		struct retained_set r = { 0 };

		memory_fails_at(n);
		write_to(&r, "ann", "a/b/c/d/1", 1);
		write_to(&r, "ann", "a/b/c/d/2", 1);
		failed = memory_is_plenty();
		write_to(&r, "ann", "a/b/c/d/3", 1);
		CU_ASSERT(retained_below(&r, STR("a/#")) <= retained_count(&r));
		write_to(&r, "ann", "a/b/c/d/1", 0);
		write_to(&r, "ann", "a/b/c/d/2", 0);
		write_to(&r, "ann", "a/b/c/d/3", 0);
		CHECK_INT(retained_count(&r), 0);
		CHECK_INT(retained_below(&r, STR("a/#")), 0);
		CHECK_INT(retained_sum_of(&r, STR("a/b/c/d/3")).bytes, 0);
		CHECK_INT(retained_below(&r, STR("+/b/c/d/3")), 0);
		CU_ASSERT_PTR_NULL(r.branches);
	}
}

static void what_is_to_be_wiped_waits_for_memory(void)
{
	struct retained_set r = { 0 };
	char *topic;

	write_to(&r, "ann", "a/b/001", 1);
	CHECK_INT(retained_wipe(&r, STR("ann"), (struct str){ NULL, 0 }), 1);
	memory_fails_at(0);
	CU_ASSERT_PTR_NULL(retained_next_wiped(&r));
	CU_ASSERT(memory_is_plenty());
	topic = retained_next_wiped(&r);
	CHECK_STR(topic, "a/b/001");
	free(topic);
	CHECK_INT(retained_count(&r), 0);
	retained_free(&r);
}

const struct unit_test unit_tests[] = {
	UNIT(without_memory_a_topic_is_not_kept_nor_charged),
	UNIT(a_topic_that_cannot_change_hands_stays_where_it_is),
	UNIT(branches_that_cannot_be_counted_do_no_harm),
	UNIT(what_is_to_be_wiped_waits_for_memory),
	{ NULL, NULL },
};
