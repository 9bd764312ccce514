/* Our matchers against the broker's own, and what "covers" promises, over random topics from a small alphabet (so that
 * they often match). */
#include "mosquitto-plugin/core/policy/rules.h"
#include "tests/unit/unit.h"

#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t seed = 20240501;

static uint32_t chance(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % below;
}

static const char *const levels[] = { "a", "b", "aa", "", "$SYS", "$x", "\xc3\xa9" };

static void make(char *out, bool filter)
{
	unsigned n = 1 + chance(4);

	*out = '\0';
	for (unsigned i = 0; i < n; i++) {
		uint32_t kind = filter ? chance(10) : 9;

		if (i)
			strcat(out, "/");
		if (kind == 0 && i == n - 1)
			strcat(out, "#");
		else if (kind <= 2)
			strcat(out, "+");
		else
			strcat(out, levels[chance(7)]);
	}
	if (!*out)
		strcpy(out, "a");
}

static void a_million_pairs_match_as_in_mosquitto(void)
{
	unsigned matched = 0, differ = 0;
	char filter[64], topic[64];

	for (int i = 0; i < 1000000; i++) {
		bool theirs = false, ours;

		make(filter, true);
		make(topic, false);
		if (mosquitto_topic_matches_sub(filter, topic, &theirs) != MOSQ_ERR_SUCCESS) {
			printf("\n    mosquitto refuses %s and %s\n", filter, topic);
			CU_FAIL_FATAL("an invalid pair was made");
		}
		ours = filter_covers(str_of(filter), str_of(topic));
		matched += theirs;
		if (ours == theirs)
			continue;
		if (differ++ < 5)
			printf("\n    %s %s: mosquitto says %d, we %d\n", filter, topic, theirs, ours);
	}
	CHECK_INT(differ, 0);
	CU_ASSERT(matched > 50000); /* with fewer matches the test would prove little */
}

static bool they_match(const char *filter, const char *topic)
{
	bool theirs = false;

	CU_ASSERT_FATAL(mosquitto_topic_matches_sub(filter, topic, &theirs) == MOSQ_ERR_SUCCESS);
	return theirs;
}

/* If A covers B, then every topic that B matches, A matches. */
static void a_filter_that_covers_another_matches_all_it_matches(void)
{
	unsigned covered = 0, broken = 0;
	char a[64], b[64], topic[64];

	for (int i = 0; i < 300000; i++) {
		make(a, true);
		make(b, true);
		if (!filter_covers(str_of(a), str_of(b)))
			continue;
		covered++;
		for (int j = 0; j < 20; j++) {
			make(topic, false);
			if (they_match(b, topic) && !they_match(a, topic))
				broken++;
		}
	}
	CHECK_INT(broken, 0);
	CU_ASSERT(covered > 5000);
}

/* And the other way round: where it says no, there is a topic to prove it. */
static void a_filter_that_does_not_cover_misses_something(void)
{
	static const struct {
		const char *a, *b, *missed;
	} rows[] = {
		{ "a/+", "a/#", "a/b/c" },
		{ "a/#", "+/b", "c/b" },
		{ "a/b", "a/+", "a/c" },
		{ "+", "#", "a/b" },
		{ "#", "$SYS/#", "$SYS/x" },
		{ "+/x", "$SYS/x", "$SYS/x" },
		{ "+/#", "#", NULL },
		{ "a/+/#", "a/#", "a" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_FALSE(filter_covers(str_of(rows[i].a), str_of(rows[i].b)));
		if (!rows[i].missed)
			continue;
		CU_ASSERT_TRUE(they_match(rows[i].b, rows[i].missed));
		CU_ASSERT_FALSE(they_match(rows[i].a, rows[i].missed));
	}
}

const char *const unit_name = "plugin_matcher";
const struct unit_test unit_tests[] = {
	UNIT(a_million_pairs_match_as_in_mosquitto),
	UNIT(a_filter_that_covers_another_matches_all_it_matches),
	UNIT(a_filter_that_does_not_cover_misses_something),
	{ NULL, NULL },
};
