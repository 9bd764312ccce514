/* Who holds what, and what a filter brings: never counted too low, whatever is written and cleared. */
#include "mosquitto-plugin/core/memory/retained.h"
#include "mosquitto-plugin/core/policy/rules.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *const unit_name = "plugin_retained";

static const struct retained_limits limits = { .topics = 100000, .of_owner = 3, .bytes = 50 };
static struct retained_set r;

static bool may(const char *owner, const char *topic, size_t bytes)
{
	const struct retained_message m = { str_of(owner), str_of(topic), bytes };

	return retained_may(&r, &m, &limits);
}

static void wrote(const char *owner, const char *topic, size_t bytes)
{
	const struct retained_message m = { str_of(owner), str_of(topic), bytes };

	retained_wrote(&r, &m, &limits);
}

static void end(void)
{
	retained_free(&r);
	CHECK_INT(retained_count(&r), 0);
	CU_ASSERT(!r.topics && !r.owners && !r.branches && !r.wiped);
	r.not_kept = 0;
}

static size_t below(const char *filter)
{
	return retained_below(&r, str_of(filter));
}

/* ---- owners ---- */

static void an_owner_has_so_many_topics(void)
{
	wrote("ann", "sb/a", 1);
	wrote("ann", "sb/b", 1);
	wrote("ann", "sb/c", 1);
	CU_ASSERT_FALSE(may("ann", "sb/d", 1));
	CU_ASSERT(may("ann", "sb/c", 2)); /* in the place of what is there */
	CU_ASSERT(may("ann", "sb/d", 0)); /* clearing is always allowed */
	CU_ASSERT(may("bob", "sb/d", 1));
	CU_ASSERT(may("", "sb/d", 1)); /* those without a name are one */
	wrote("ann", "sb/a", 0);
	CU_ASSERT(may("ann", "sb/d", 1));
	end();
}

static void an_owner_has_so_many_bytes_and_topics_count(void)
{
	CU_ASSERT(may("ann", "sb/a", 46));
	CU_ASSERT_FALSE(may("ann", "sb/a", 47));
	wrote("ann", "sb/a", 40);
	CU_ASSERT(may("ann", "sb/a", 46));
	CU_ASSERT(may("ann", "sb/b", 2));
	CU_ASSERT_FALSE(may("ann", "sb/b", 3));
	end();
}

static void a_topic_is_his_who_wrote_it_last(void)
{
	wrote("ann", "sb/a", 1);
	wrote("ann", "sb/a", 1); /* his only one, from himself to himself */
	wrote("ann", "sb/b", 1);
	wrote("ann", "sb/c", 1);
	CU_ASSERT_FALSE(may("ann", "sb/d", 1));
	wrote("bob", "sb/c", 1);
	CU_ASSERT(may("ann", "sb/d", 1));
	CHECK_INT(retained_count(&r), 3);
	CHECK_INT(retained_wipe(&r, STR("bob"), (struct str){ NULL, 0 }), 1);
	end();
}

static void there_are_only_so_many_topics(void)
{
	const struct retained_limits few = { .topics = 2 };
	struct retained_message m = { STR("ann"), STR("sb/a"), 1 };

	retained_wrote(&r, &m, &few);
	m.topic = STR("sb/b");
	retained_wrote(&r, &m, &few);
	m.topic = STR("sb/c");
	m.owner = STR("bob");
	retained_wrote(&r, &m, &few);
	CHECK_INT(retained_count(&r), 2);
	CHECK_INT(r.not_kept, 1);
	m.topic = STR("sb/a");
	retained_wrote(&r, &m, &few);
	CHECK_INT(r.not_kept, 1);
	end();
}

/* ---- what a filter brings ---- */

static void filters_bring_what_is_below_them(void)
{
	wrote("", "sb/team/1/score", 1);
	wrote("", "sb/team/2/score", 1);
	wrote("", "sb/team/2/name", 1);
	wrote("", "sb/status", 1);
	wrote("", "rooms/red/state", 1);
	CHECK_INT(below("#"), 5);
	CHECK_INT(below("sb/#"), 4);
	CHECK_INT(below("sb/team/#"), 3);
	CHECK_INT(below("sb/team/2/+"), 2);
	CHECK_INT(below("sb/team/+/score"), 2);
	CHECK_INT(below("sb/team/+/nothing"), 0);
	CHECK_INT(below("+/status"), 1);
	CHECK_INT(below("sb/status"), 1);
	CHECK_INT(below("sb/stat"), 0);
	CHECK_INT(below("nowhere/#"), 0);
	wrote("", "other/x/1/score", 1);
	wrote("", "other/x/2/score", 1);
	CHECK_INT(below("sb/team/+/score"), 3); /* four end so, but only three begin so */
	wrote("", "sb/team/2/name", 0);
	CHECK_INT(below("sb/team/#"), 2);
	CHECK_INT(below("sb/team/+/score"), 2);
	CHECK_INT(below("sb/team/2/+"), 1);
	end();
}

static const char *random_text(char *text, bool filter)
{
	static const char *const levels[] = { "a", "b", "c", "+", "#" };
	int n = 1 + rand() % 6;
	size_t len = 0;

	for (int i = 0; i < n; i++) {
		int which = rand() % (filter ? 5 : 3);

		if (which == 4)
			n = i;
		len += (size_t)sprintf(text + len, "%s%s", i ? "/" : "", levels[which]);
	}
	return text;
}

static void no_filter_is_counted_too_low(void)
{
	char topics[200][24], text[24];

	srand(5);
	for (int round = 0; round < 200; round++) {
		size_t matched = 0;

		random_text(topics[round], false);
		wrote("", topics[round], 1);
		if (round % 3 == 0)
			wrote("", topics[rand() % (round + 1)], 0);
		random_text(text, true);
		for (int i = 0; i <= round; i++) {
			bool again = false;

			for (int j = 0; j < i && !again; j++)
				again = strcmp(topics[i], topics[j]) == 0;
			matched += !again && below(topics[i]) && filter_covers(str_of(text), str_of(topics[i]));
		}
		CU_ASSERT(below(text) >= matched);
	}
	end();
}

/* ---- sums ---- */

static void check_sum(const char *topic, size_t topics, uint64_t bytes)
{
	struct retained_sum sum = retained_sum_of(&r, str_of(topic));

	CHECK_INT(sum.topics, topics);
	CHECK_INT(sum.bytes, bytes);
}

static void two_levels_have_a_sum(void)
{
	wrote("ann", "rooms/red/a", 3);
	wrote("bob", "rooms/red/b/c/d/e", 5);
	wrote("ann", "rooms/blue/a", 7);
	wrote("ann", "rooms/red", 1);
	check_sum("rooms/red/#", 3, (11 + 3) + (17 + 5) + (9 + 1));
	check_sum("rooms/red", 3, (11 + 3) + (17 + 5) + (9 + 1));
	check_sum("rooms/red/x/y", 3, (11 + 3) + (17 + 5) + (9 + 1));
	check_sum("rooms/blue/a", 1, 12 + 7);
	check_sum("rooms/re/a", 0, 0);
	wrote("bob", "rooms/red/a", 100); /* it is larger now, and another one's */
	check_sum("rooms/red", 3, (11 + 100) + (17 + 5) + (9 + 1));
	wrote("bob", "rooms/red/a", 2);
	check_sum("rooms/red", 3, (11 + 2) + (17 + 5) + (9 + 1));
	wrote("bob", "rooms/red/a", 0);
	check_sum("rooms/red", 2, (17 + 5) + (9 + 1));
	CHECK_INT(retained_wipe(&r, (struct str){ NULL, 0 }, STR("rooms/red/#")), 2);
	for (int i = 0; i < 2; i++)
		free(retained_next_wiped(&r));
	check_sum("rooms/red", 0, 0);
	check_sum("rooms/blue", 1, 12 + 7);
	end();
}

static bool fits(const char *topic, size_t payload, struct retained_sum most)
{
	struct retained_message m = { STR("ann"), str_of(topic), payload };

	return retained_fits(&r, &m, &most);
}

static void a_message_fits_beside_the_others_or_in_the_place_of_one(void)
{
	const struct retained_sum two = { 2, 40 };

	wrote("ann", "rooms/red/a", 9); /* 20 bytes */
	CU_ASSERT_TRUE(fits("rooms/red/b", 9, two));
	CU_ASSERT_FALSE(fits("rooms/red/b", 10, two));
	CU_ASSERT_TRUE(fits("rooms/red/a", 29, two));
	CU_ASSERT_FALSE(fits("rooms/red/a", 30, two));
	wrote("bob", "rooms/red/b", 1);
	CU_ASSERT_FALSE(fits("rooms/red/c", 1, two));
	CU_ASSERT_TRUE(fits("rooms/red/b", 2, two));
	CU_ASSERT_TRUE(fits("rooms/blue/c", 1, two));
	CU_ASSERT_TRUE(fits("rooms/red/c", 0, two)); /* clears a topic */
	CU_ASSERT_FALSE(fits("rooms/blue/c", 1, (struct retained_sum){ 0, 100 }));
	end();
}

/* ---- wiping ---- */

static void expect_wiped(const char *text)
{
	char *topic = retained_next_wiped(&r);

	CHECK_STR(topic, text);
	free(topic);
}

static void what_comes_after_a_wipe_stays(void)
{
	wrote("ann", "sb/a", 3);
	wrote("ann", "sb/b", 3);
	CHECK_INT(retained_wipe(&r, STR("ann"), (struct str){ NULL, 0 }), 2);
	wrote("op", "sb/a", 5);
	expect_wiped("sb/b");
	expect_wiped(NULL);
	CHECK_INT(retained_count(&r), 1);
	end();
}

static void a_wipe_takes_what_a_filter_matches_once(void)
{
	wrote("ann", "sb/a", 3);
	wrote("bob", "sb/b/c", 3);
	wrote("bob", "rooms/red", 3);
	CHECK_INT(retained_wipe(&r, (struct str){ NULL, 0 }, STR("sb/#")), 2);
	CHECK_INT(retained_wipe(&r, (struct str){ NULL, 0 }, STR("sb/a")), 1); /* marked already */
	expect_wiped("sb/a");
	wrote("bob", "sb/b/c", 0); /* cleared meanwhile */
	expect_wiped(NULL);
	CHECK_INT(below("#"), 1);
	end();
}

/* Brokers may ask each other often to close a room. */
static void wiping_a_room_does_not_look_at_other_rooms(void)
{
	const struct retained_limits many = { 200000, 200000, 1u << 30 };
	struct timespec from, to;
	char topic[40];
	double ms;

	for (int i = 0; i < 100000; i++) {
		snprintf(topic, sizeof(topic), "rooms/%d/state/%d", i / 20, i % 20);
		retained_wrote(&r, &(struct retained_message){ STR("ann"), str_of(topic), 1 }, &many);
	}
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < 1000; i++) {
		snprintf(topic, sizeof(topic), "rooms/%d/#", i);
		CHECK_INT(retained_wipe(&r, (struct str){ NULL, 0 }, str_of(topic)), 20);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	ms = (double)(to.tv_sec - from.tv_sec) * 1000 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	printf("\n    a thousand rooms of a hundred thousand topics: %.1f ms ", ms);
	CU_ASSERT(ms < 1000);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(an_owner_has_so_many_topics),
	UNIT(an_owner_has_so_many_bytes_and_topics_count),
	UNIT(a_topic_is_his_who_wrote_it_last),
	UNIT(there_are_only_so_many_topics),
	UNIT(filters_bring_what_is_below_them),
	UNIT(no_filter_is_counted_too_low),
	UNIT(two_levels_have_a_sum),
	UNIT(a_message_fits_beside_the_others_or_in_the_place_of_one),
	UNIT(what_comes_after_a_wipe_stays),
	UNIT(a_wipe_takes_what_a_filter_matches_once),
	UNIT(wiping_a_room_does_not_look_at_other_rooms),
	{ NULL, NULL },
};
