/* Only what the broker certainly holds is a repeat. */
#include "mosquitto-plugin/core/memory/repeats.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_repeats";

#define MAX 3

static struct repeats r;
static const char ann, bob;

static bool is_news_of(const void *writer, const char *topic, const char *payload)
{
	const struct repeat_message m = { str_of(topic), str_of(payload), writer, true };

	return repeats_is_news(&r, &m, MAX);
}

static bool is_news(const char *topic, const char *payload)
{
	repeats_announced(&r, str_of(topic), &ann, MAX);
	return is_news_of(&ann, topic, payload);
}

static void the_same_again_is_no_news(void)
{
	CU_ASSERT(is_news("sb/a", "1"));
	CU_ASSERT_FALSE(is_news("sb/a", "1"));
	CU_ASSERT(is_news("sb/b", "1"));
	CU_ASSERT(is_news("sb/a", "2"));
	CU_ASSERT(is_news("sb/a", "1"));
	CU_ASSERT_FALSE(is_news_of(&bob, "sb/a", "1")); /* a bridge announces nothing, and says the same */
	CHECK_INT(repeats_count(&r), 2);
	repeats_free(&r);
	CHECK_INT(repeats_count(&r), 0);
}

static void what_is_cleared_is_forgotten(void)
{
	CU_ASSERT(is_news("sb/a", "1"));
	CU_ASSERT(is_news("sb/a", ""));
	CHECK_INT(repeats_count(&r), 0);
	CU_ASSERT(is_news("sb/a", "1"));
	repeats_free(&r);
}

/* A message was announced and did not come: it was a will. */
static void what_was_announced_and_not_seen_makes_the_topic_unknown(void)
{
	CU_ASSERT(is_news("sb/a", "1"));
	repeats_announced(&r, STR("sb/a"), &bob, MAX);
	CU_ASSERT(is_news("sb/a", "1")); /* announced again */
	CU_ASSERT_FALSE(is_news("sb/a", "1"));
	repeats_announced(&r, STR("sb/a"), &bob, MAX);
	CU_ASSERT(is_news_of(&ann, "sb/a", "1")); /* from another writer than the one who announced it */
	CU_ASSERT_FALSE(is_news("sb/a", "1"));
	repeats_free(&r);
}

static void what_was_written_elsewhere_makes_the_topic_unknown(void)
{
	CU_ASSERT(is_news("sb/a", "1"));
	repeats_forget(&r, STR("sb/a"));
	repeats_forget(&r, STR("sb/never"));
	CU_ASSERT(is_news("sb/a", "1"));
	CU_ASSERT_FALSE(is_news("sb/a", "1"));
	repeats_free(&r);
}

/* The broker may retain a message with QoS 2 later than one that passes after it. */
static void a_late_delivery_makes_a_topic_doubtful_for_ever(void)
{
	const struct repeat_message late = { STR("sb/a"), STR("1"), &ann, false };

	CU_ASSERT(is_news("sb/a", "0"));
	CU_ASSERT(repeats_is_news(&r, &late, MAX));
	for (int i = 0; i < 3; i++)
		CU_ASSERT(is_news("sb/a", "1"));
	CU_ASSERT(is_news("sb/a", ""));
	CHECK_INT(repeats_count(&r), 1); /* a topic that QoS 2 clears may still be retained */
	repeats_free(&r);
}

static void there_are_only_so_many_topics(void)
{
	char topic[20];

	for (int i = 0; i < 10; i++) {
		snprintf(topic, sizeof(topic), "sb/%d", i);
		CU_ASSERT(is_news_of(&ann, topic, "1"));
	}
	CHECK_INT(repeats_count(&r), MAX);
	CHECK_INT(r.not_kept, 10 - MAX);
	CU_ASSERT_FALSE(is_news_of(&ann, "sb/0", "1"));
	CU_ASSERT(is_news_of(&ann, "sb/9", "1")); /* is let through unseen */
	repeats_free(&r);
	CHECK_INT(r.not_kept, 0);
}

static void a_topic_too_many_is_always_news_and_counted(void)
{
	CU_ASSERT(is_news("sb/a", "1") && is_news("sb/b", "1") && is_news("sb/c", "1"));
	CHECK_INT(r.not_kept, 0);
	CU_ASSERT(is_news("sb/d", "1"));
	CU_ASSERT(is_news("sb/d", "1"));
	CHECK_INT(repeats_count(&r), MAX);
	CHECK_INT(r.not_kept, 4); /* announced and come, twice */
	CU_ASSERT_FALSE(is_news("sb/a", "1"));
	repeats_free(&r);
}

const struct unit_test unit_tests[] = {
	UNIT(the_same_again_is_no_news),
	UNIT(what_is_cleared_is_forgotten),
	UNIT(what_was_announced_and_not_seen_makes_the_topic_unknown),
	UNIT(what_was_written_elsewhere_makes_the_topic_unknown),
	UNIT(a_late_delivery_makes_a_topic_doubtful_for_ever),
	UNIT(there_are_only_so_many_topics),
	UNIT(a_topic_too_many_is_always_news_and_counted),
	{ NULL, NULL },
};
