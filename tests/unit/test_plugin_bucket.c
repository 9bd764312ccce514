/* What a bucket gives in any time is its burst and what has flowed back, whatever the order of asking. */
#include "mosquitto-plugin/core/seats/bucket.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_bucket";

static const struct rate ten = { 2, 10 }; /* two a second, ten at once */

static mono at(int64_t ms)
{
	return (mono){ ms };
}

static void a_zeroed_one_is_full(void)
{
	struct bucket b = { 0 };

	for (int i = 0; i < 10; i++)
		CU_ASSERT(bucket_take(&b, ten, 1, at(5000)));
	CU_ASSERT_FALSE(bucket_take(&b, ten, 1, at(5000)));
}

static void it_fills_with_time_and_no_further_than_full(void)
{
	struct bucket b = { 0 };

	CU_ASSERT(bucket_take(&b, ten, 10, at(1000)));
	CU_ASSERT_FALSE(bucket_take(&b, ten, 1, at(1499)));
	CU_ASSERT(bucket_take(&b, ten, 1, at(1500)));
	CU_ASSERT_FALSE(bucket_take(&b, ten, 0.5, at(1500)));
	CU_ASSERT_FALSE(bucket_take(&b, ten, 11, at(1000000)));
	CU_ASSERT(bucket_take(&b, ten, 10, at(1000000)));
	CU_ASSERT_FALSE(bucket_take(&b, ten, 1, at(1000000)));
}

static void what_is_refused_costs_nothing(void)
{
	struct bucket b = { 0 };

	CU_ASSERT(bucket_take(&b, ten, 8, at(1000)));
	for (int i = 0; i < 100; i++)
		CU_ASSERT_FALSE(bucket_take(&b, ten, 3, at(1000)));
	CU_ASSERT(bucket_take(&b, ten, 2, at(1000)));
}

static void more_than_fits_may_be_owed_but_only_by_who_owes_nothing(void)
{
	struct bucket b = { 0 };

	CU_ASSERT(bucket_borrow(&b, ten, 25, at(1000)));
	CU_ASSERT_FALSE(bucket_borrow(&b, ten, 1, at(1000)));
	CU_ASSERT_FALSE(bucket_borrow(&b, ten, 1, at(8500))); /* 15 are back: as many as were owed */
	CU_ASSERT(bucket_borrow(&b, ten, 1, at(8600)));
}

static void what_is_given_back_can_be_taken_again(void)
{
	struct bucket b = { 0 };

	CU_ASSERT(bucket_take(&b, ten, 10, at(1000)));
	bucket_give_back(&b, 4);
	CU_ASSERT(bucket_take(&b, ten, 4, at(1000)));
	CU_ASSERT_FALSE(bucket_take(&b, ten, 1, at(1000)));
	bucket_give_back(&b, 100); /* never fuller than full */
	CU_ASSERT_FALSE(bucket_take(&b, ten, 11, at(1000)));
}

static void a_clock_that_goes_back_fills_nothing(void)
{
	struct bucket b = { 0 };

	CU_ASSERT(bucket_take(&b, ten, 10, at(5000)));
	CU_ASSERT_FALSE(bucket_take(&b, ten, 1, at(1000)));
}

static void a_bucket_fills_with_time(void)
{
	struct rate r = { 10, 5 };
	struct bucket b = { 0 };
	mono t = { 1000 };

	for (int i = 0; i < 5; i++)
		CU_ASSERT_TRUE(bucket_take(&b, r, 1, t));
	CU_ASSERT_FALSE(bucket_take(&b, r, 1, t));
	CU_ASSERT_TRUE(bucket_take(&b, r, 1, mono_add(t, 100)));
	CU_ASSERT_FALSE(bucket_take(&b, r, 1, mono_add(t, 199)));
	CU_ASSERT_TRUE(bucket_take(&b, r, 5, mono_add(t, 10000)));
	CU_ASSERT_FALSE(bucket_take(&b, r, 1, t)); /* a clock that goes back gives nothing */
}

static void a_bucket_that_lends_is_owed(void)
{
	struct rate r = { 10, 5 };
	struct bucket b = { 0 };
	mono t = { 1000 };

	CU_ASSERT_TRUE(bucket_borrow(&b, r, 100, t));
	CU_ASSERT_FALSE(bucket_borrow(&b, r, 1, mono_add(t, 9000)));
	CU_ASSERT_TRUE(bucket_borrow(&b, r, 1, mono_add(t, 9600)));
}

const struct unit_test unit_tests[] = {
	UNIT(a_zeroed_one_is_full),
	UNIT(it_fills_with_time_and_no_further_than_full),
	UNIT(what_is_refused_costs_nothing),
	UNIT(more_than_fits_may_be_owed_but_only_by_who_owes_nothing),
	UNIT(what_is_given_back_can_be_taken_again),
	UNIT(a_clock_that_goes_back_fills_nothing),
	UNIT(a_bucket_fills_with_time),
	UNIT(a_bucket_that_lends_is_owed),
	{ NULL, NULL },
};
