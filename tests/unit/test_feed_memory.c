/* feed, when there is no memory: a value that can't be kept is refused, and the view stays as it was. */
#include "publisher/core/news/feed.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "feed_memory";

#define PLENTY (1 << 24)
#define NEVER_DONE 1000 /* allocations that no single call makes */

static void check_state(const struct feed *f, const char *state)
{
	BUF_CLEANUP struct buf out = { 0 };

	feed_write_state(f, &out);
	CU_ASSERT(str_ends(buf_view(&out), str_of(state)));
	if (!str_ends(buf_view(&out), str_of(state)))
		CHECK_STR(out.p, state);
}

static void a_feed_needs_memory(void)
{
	for (size_t n = 0; n < 3; n++) {
		memory_fails_at(n);
		CU_ASSERT(feed_new("v", "e", PLENTY) == NULL);
		CU_ASSERT(memory_is_plenty());
	}
}

/* Thousands, so that the table of keys grows several times on the way. */
static void a_new_key_is_refused_whole_or_taken(void)
{
	struct feed *f = feed_new("v", "e", PLENTY);
	size_t most = 0;

	CU_ASSERT_FATAL(f != NULL);
	for (size_t i = 0; i < 3000; i++) {
		char key[32];
		size_t n;

		snprintf(key, sizeof(key), "key/%zu", i);
		for (n = 0; n < NEVER_DONE; n++) {
			bool taken, failed;

			memory_fails_at(n);
			taken = feed_set(f, str_of(key), STR("1"), CLASS_HIGH);
			failed = memory_is_plenty();
			CU_ASSERT(taken == !failed);
			if (!failed)
				break;
		}
		CU_ASSERT(n < NEVER_DONE);
		most = n > most ? n : most;
	}
	CU_ASSERT(most > 2); /* value and entry; and a larger table */
	feed_free(f);
}

static void the_old_value_stays_and_nothing_is_told(void)
{
	struct feed *f = feed_new("v", "e", PLENTY);

	CU_ASSERT_FATAL(f != NULL);
	CU_ASSERT(feed_set(f, STR("a"), STR("1"), CLASS_HIGH));
	feed_commit(f, (mono){ 0 });
	CHECK_INT(feed_flush(f, (mono){ 0 }, 0), FEED_RENEWED);
	for (size_t n = 0; n < 2; n++) {
		memory_fails_at(n);
		CU_ASSERT_FALSE(feed_set(f, STR("b"), STR("1"), CLASS_HIGH));
		CU_ASSERT(memory_is_plenty());
	}
	memory_fails_at(0);
	CU_ASSERT_FALSE(feed_set(f, STR("a"), STR("2"), CLASS_HIGH));
	CU_ASSERT(memory_is_plenty());
	feed_commit(f, (mono){ 1 });
	CU_ASSERT_FALSE(feed_has_pending(f));
	CHECK_INT(feed_flush(f, (mono){ 1 }, 0), FEED_NOTHING);
	check_state(f, "\"state\":{\"a\":1}");
	feed_free(f);
}

/* A key that was refused takes no part of the ceiling. */
static void what_was_refused_costs_nothing(void)
{
	struct feed *f = feed_new("v", "e", 1000);

	CU_ASSERT_FATAL(f != NULL);
	for (int i = 0; i < 100; i++) {
		char key[32];

		snprintf(key, sizeof(key), "key/%d", i);
		memory_fails_at((size_t)(i % 2));
		CU_ASSERT_FALSE(feed_set(f, str_of(key), STR("1"), CLASS_HIGH));
		CU_ASSERT(memory_is_plenty());
	}
	CU_ASSERT(feed_set(f, STR("a"), STR("1"), CLASS_HIGH));
	feed_free(f);
}

const struct unit_test unit_tests[] = {
	UNIT(a_feed_needs_memory),
	UNIT(a_new_key_is_refused_whole_or_taken),
	UNIT(the_old_value_stays_and_nothing_is_told),
	UNIT(what_was_refused_costs_nothing),
	{ NULL, NULL },
};
