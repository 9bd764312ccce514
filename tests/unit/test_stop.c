/* stop - the way out as stories: what is known at each step, and what is to be done. */
#include "publisher/core/stop.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "stop";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct step {
	int64_t at;
	struct stop_facts facts;
	enum stop_action action;
	int64_t deadline;
};

#define DRAINED .drained = true
#define DELIVERED .status_delivered = true
#define UP .broker_up = true
#define NEVER INT64_MAX

static void play(int64_t deadline, const struct step *steps, size_t n)
{
	struct stop s = { 0 };

	CU_ASSERT_FALSE(stop_is_under_way(&s));
	CHECK_INT(stop_deadline(&s).ms, NEVER);
	CHECK_INT(stop_step(&s, &(struct stop_facts){ DRAINED, DELIVERED, UP }, (mono){ 0 }), STOP_WAIT);
	CU_ASSERT(stop_begin(&s, "stopped", (mono){ deadline }));
	CU_ASSERT(stop_is_under_way(&s));
	CU_ASSERT(stop_offline_why(&s) == NULL);
	for (size_t i = 0; i < n; i++) {
		enum stop_action action = stop_step(&s, &steps[i].facts, (mono){ steps[i].at });

		if (action != steps[i].action)
			printf("\n    step %zu\n", i);
		CHECK_INT(action, steps[i].action);
		CHECK_INT(stop_deadline(&s).ms, steps[i].deadline);
	}
	CHECK_STR(stop_offline_why(&s), "stopped");
	CU_ASSERT_FALSE(stop_begin(&s, "again", (mono){ 0 }));
}

static void the_rest_leaves_then_the_last_word_then_we_do(void)
{
	static const struct step story[] = {
		{ 0, { UP }, STOP_WAIT, 2000 },
		{ 5, { UP, DRAINED }, STOP_SAY_OFFLINE, 1005 },
		{ 5, { UP, DRAINED }, STOP_WAIT, 1005 },
		{ 9, { UP, DRAINED, DELIVERED }, STOP_EXIT, NEVER },
		{ 9, { UP, DRAINED, DELIVERED }, STOP_WAIT, NEVER },
	};

	play(2000, story, COUNT(story));
}

static void stopping_waits_for_a_slow_broker_but_not_for_ever(void)
{
	static const struct step story[] = {
		{ 1999, { UP }, STOP_WAIT, 2000 },
		{ 2000, { UP }, STOP_SAY_OFFLINE, 3000 },
		{ 2000, { UP }, STOP_WAIT, 3000 },
		{ 2999, { UP }, STOP_WAIT, 3000 },
		{ 3000, { UP }, STOP_EXIT, NEVER },
	};

	play(2000, story, COUNT(story));
}

static void stopping_without_a_broker_exits_at_once(void)
{
	static const struct step story[] = {
		{ 0, { 0 }, STOP_SAY_OFFLINE, 0 },
		{ 0, { 0 }, STOP_EXIT, NEVER },
	};

	play(0, story, COUNT(story));
}

static void without_a_deadline_it_waits_as_long_as_it_takes(void)
{
	static const struct step story[] = {
		{ 3600000, { 0 }, STOP_WAIT, NEVER },
		{ 7200000, { UP }, STOP_WAIT, NEVER },
		{ 7200001, { UP, DRAINED }, STOP_SAY_OFFLINE, 7201001 },
		{ 7200002, { DRAINED }, STOP_WAIT, 7201001 }, /* lost on the last word */
		{ 7201001, { DRAINED }, STOP_EXIT, NEVER },
	};

	play(NEVER, story, COUNT(story));
}

static void a_second_call_may_hurry_the_first(void)
{
	struct stop s = { 0 };

	CU_ASSERT(stop_begin(&s, "the input ended", MONO_NEVER));
	CU_ASSERT(stop_begin(&s, "stopped", (mono){ 10 }));
	CHECK_INT(stop_step(&s, &(struct stop_facts){ UP }, (mono){ 10 }), STOP_SAY_OFFLINE);
	CHECK_STR(stop_offline_why(&s), "stopped");
}

const struct unit_test unit_tests[] = {
	UNIT(the_rest_leaves_then_the_last_word_then_we_do),
	UNIT(stopping_waits_for_a_slow_broker_but_not_for_ever),
	UNIT(stopping_without_a_broker_exits_at_once),
	UNIT(without_a_deadline_it_waits_as_long_as_it_takes),
	UNIT(a_second_call_may_hurry_the_first),
	{ NULL, NULL },
};
