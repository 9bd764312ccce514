/* outbox, when there is no memory: what is refused is refused whole, and said so. */
#include "publisher/core/news/outbox.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "outbox_memory";

#define PLENTY (1 << 24)
#define NEVER_DONE 1000 /* allocations that no single call makes */

static enum outbox_result set(struct outbox *o, const char *topic, const char *payload)
{
	const struct outbox_value v = {
		.topic = str_of(topic),
		.path = str_of(topic),
		.payload = str_of(payload),
		.treatment = { .class = CLASS_LOW, .qos = 1 },
	};

	return outbox_set(o, &v, (mono){ 0 });
}

/* With the first, second, third... allocation failing until the value is taken. Returns how many there were. */
static size_t set_with_ever_more_memory(struct outbox *o, const char *topic, const char *payload)
{
	struct outbox_stats before = outbox_stats(o);
	size_t n;

	for (n = 0; n < NEVER_DONE; n++) {
		enum outbox_result r;
		bool failed;

		memory_fails_at(n);
		r = set(o, topic, payload);
		failed = memory_is_plenty();
		CHECK_INT(r, failed ? OUTBOX_FULL : OUTBOX_NEWS);
		if (!failed)
			break;
		CHECK_INT(outbox_stats(o).topics, before.topics);
	}
	CU_ASSERT(n < NEVER_DONE);
	return n;
}

static void an_outbox_needs_memory(void)
{
	memory_fails_at(0);
	CU_ASSERT(outbox_new(PLENTY, 3) == NULL);
	CU_ASSERT(memory_is_plenty());
}

/* Thousands, so that the table of topics grows several times on the way. */
static void a_new_topic_is_refused_whole_or_taken(void)
{
	struct outbox *o = outbox_new(PLENTY, 3);
	size_t most = 0, topics = 3000;

	CU_ASSERT_FATAL(o != NULL);
	for (size_t i = 0; i < topics; i++) {
		char topic[32];
		size_t n;

		snprintf(topic, sizeof(topic), "topic/%zu", i);
		n = set_with_ever_more_memory(o, topic, "1");
		most = n > most ? n : most;
		CHECK_INT(set(o, topic, "1"), OUTBOX_SAME);
	}
	CU_ASSERT(most > 3); /* node, path and payload; and a larger table */
	CHECK_INT(outbox_stats(o).topics, topics);
	CHECK_INT(outbox_open(o, (mono){ 0 }), topics);
	outbox_free(o);
}

/* What is refused leaves nothing charged. */
static void what_was_refused_costs_nothing(void)
{
	struct outbox *o = outbox_new(PLENTY, 3);
	size_t bytes;

	CU_ASSERT_FATAL(o != NULL);
	for (size_t n = 0; n < 3; n++) {
		memory_fails_at(n);
		CHECK_INT(set(o, "a", "1"), OUTBOX_FULL);
		CU_ASSERT(memory_is_plenty());
		CHECK_INT(outbox_stats(o).bytes, 0);
	}
	CHECK_INT(set(o, "a", "1"), OUTBOX_NEWS);
	bytes = outbox_stats(o).bytes;
	memory_fails_at(0);
	CHECK_INT(set(o, "a", "22"), OUTBOX_FULL);
	CU_ASSERT(memory_is_plenty());
	CHECK_INT(outbox_stats(o).bytes, bytes);
	outbox_free(o);
}

static void the_old_value_stays_and_leaves(void)
{
	struct outbox *o = outbox_new(PLENTY, 3);
	struct publish p;

	CU_ASSERT_FATAL(o != NULL);
	CHECK_INT(outbox_open(o, (mono){ 0 }), 0);
	CHECK_INT(set(o, "a", "1"), OUTBOX_NEWS);
	memory_fails_at(0);
	CHECK_INT(set(o, "a", "2"), OUTBOX_FULL);
	CU_ASSERT(memory_is_plenty());
	CU_ASSERT_FATAL(outbox_next(o, (mono){ 0 }, &p));
	CU_ASSERT(str_is(p.topic, "a") && str_is(p.payload, "1"));
	CU_ASSERT_FALSE(outbox_next(o, (mono){ 0 }, &p));
	outbox_free(o);
}

static void what_a_broker_holds_may_be_too_much_to_remember(void)
{
	struct outbox *o = outbox_new(PLENTY, 3);
	struct publish p;

	CU_ASSERT_FATAL(o != NULL);
	for (size_t n = 0; n < NEVER_DONE; n++) {
		memory_fails_at(n);
		CU_ASSERT(outbox_seen(o, STR("foreign"), STR("x")));
		if (!memory_is_plenty())
			break;
		CHECK_INT(outbox_stats(o).bytes, 0);
	}
	CHECK_INT(outbox_open(o, (mono){ 0 }), 1);
	CU_ASSERT_FATAL(outbox_next(o, (mono){ 0 }, &p));
	CU_ASSERT(str_is(p.topic, "foreign") && p.payload.len == 0);
	outbox_free(o);
}

const struct unit_test unit_tests[] = {
	UNIT(an_outbox_needs_memory),
	UNIT(a_new_topic_is_refused_whole_or_taken),
	UNIT(what_was_refused_costs_nothing),
	UNIT(the_old_value_stays_and_leaves),
	UNIT(what_a_broker_holds_may_be_too_much_to_remember),
	{ NULL, NULL },
};
