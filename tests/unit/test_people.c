/* people - what people wrote is given back to a broker that has forgotten it, for as long as it was to live. */
#include "publisher/core/news/people.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "people";

#define WALL ((int64_t)1800000000000) /* when the test's clock is 0 */

struct stage {
	struct people p;
	mono now;
	struct buf said;
};

static struct stage *stage_new(void)
{
	struct stage *t = calloc(1, sizeof(*t));

	CU_ASSERT_FATAL(t != NULL);
	return t;
}

static void stage_free(struct stage *t)
{
	people_free(&t->p);
	people_free(&t->p);
	buf_free(&t->said);
	free(t);
}

static bool hear_for(struct stage *t, const char *topic, const char *payload, uint32_t expires_s)
{
	const struct people_message m = { str_of(topic), str_of(payload), expires_s };

	return people_hear(&t->p, &m, t->now, WALL + t->now.ms);
}

static void hear(struct stage *t, const char *topic, const char *payload)
{
	CU_ASSERT(hear_for(t, topic, payload, 0));
}

/* The broker answers each at once. */
static void expect_given(struct stage *t, const char *text)
{
	struct people_message m;

	buf_clear(&t->said);
	while (people_next(&t->p, t->now, &m)) {
		buf_printf(&t->said, "%.*s %.*s %u\n", STR_ARGS(m.topic), STR_ARGS(m.payload), m.expires_s);
		people_answered(&t->p);
	}
	CHECK_STR(buf_view(&t->said).p, text);
}

/* The connection is lost, and there is another one, to a broker that has forgotten everything or still has what is heard. */
static void again(struct stage *t, bool forgotten)
{
	people_connected(&t->p);
	people_compared(&t->p, forgotten);
}

static void only_some_topics_are_theirs(void)
{
	static const char *const theirs[] = { "notice", "show/main", "show/\xC3\xA9" };
	static const char *const others[] = { "", "notice/x", "notices", "show", "show/", "show/a/b", "shows/a", "crew/note", "team/1/score" };

	for (size_t i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		CU_ASSERT(people_owns(str_of(theirs[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CU_ASSERT_FALSE(people_owns(str_of(others[i])));
}

static void a_broker_that_has_forgotten_everything_is_given_it_back_once(void)
{
	struct stage *t = stage_new();

	hear(t, "show/main", "{\"scene\":\"score\"}");
	hear(t, "notice", "{\"text\":\"Hi\"}");
	expect_given(t, "");
	people_connected(&t->p);
	CHECK_INT(people_compared(&t->p, true), 2);
	expect_given(t, "notice {\"text\":\"Hi\"} 0\nshow/main {\"scene\":\"score\"} 0\n");
	expect_given(t, "");
	again(t, true);
	expect_given(t, "notice {\"text\":\"Hi\"} 0\nshow/main {\"scene\":\"score\"} 0\n");
	stage_free(t);
}

static void what_a_broker_with_a_memory_does_not_have_was_cleared(void)
{
	struct stage *t = stage_new();

	hear(t, "notice", "{\"text\":\"Hi\"}");
	hear(t, "show/main", "1");
	people_connected(&t->p);
	hear(t, "show/main", "1");
	CHECK_INT(people_compared(&t->p, false), 0);
	CHECK_STR(people_notice(&t->p).p, "");
	again(t, true);
	expect_given(t, "show/main 1 0\n");
	stage_free(t);
}

static void what_somebody_has_written_meanwhile_counts(void)
{
	struct stage *t = stage_new();

	hear(t, "notice", "{\"text\":\"old\"}");
	hear(t, "show/main", "old");
	people_connected(&t->p);
	hear(t, "notice", "{\"text\":\"new\"}");
	CHECK_INT(people_compared(&t->p, true), 1);
	hear(t, "show/main", "new"); /* before ours has left */
	expect_given(t, "");
	again(t, true);
	expect_given(t, "notice {\"text\":\"new\"} 0\nshow/main new 0\n");
	stage_free(t);
}

static void what_was_taken_back_stays_away(void)
{
	struct stage *t = stage_new();

	hear(t, "notice", "{\"text\":\"Hi\"}");
	hear(t, "notice", "");
	hear(t, "show/unknown", "");
	again(t, true);
	expect_given(t, "");
	CHECK_INT(people_deadline(&t->p).ms, MONO_NEVER.ms);
	stage_free(t);
}

static void what_was_not_answered_is_given_again(void)
{
	struct stage *t = stage_new();
	struct people_message m;

	hear(t, "notice", "{\"text\":\"Hi\"}");
	again(t, true);
	CU_ASSERT(people_next(&t->p, t->now, &m));
	CU_ASSERT_FALSE(people_next(&t->p, t->now, &m)); /* one at a time */
	again(t, false);                                 /* it has got our values, but not this */
	expect_given(t, "notice {\"text\":\"Hi\"} 0\n");
	people_answered(&t->p);
	stage_free(t);
}

static void it_lives_no_longer_than_it_was_to(void)
{
	struct stage *t = stage_new();
	char until[64];

	CU_ASSERT(hear_for(t, "notice", "{\"text\":\"Hi\",\"until\":1}", 60)); /* the expiry counts */
	snprintf(until, sizeof(until), "{\"until\":%" PRId64 "}", WALL + 30500);
	hear(t, "show/a", until);
	hear(t, "show/b", "{\"until\":9223372036854775807}");
	hear(t, "show/c", "{\"until\":\"soon\"}");
	hear(t, "show/d", "{\"until\":253402300799000}");
	CHECK_INT(people_deadline(&t->p).ms, 30500);
	t->now.ms = 10200;
	people_tick(&t->p, t->now);
	again(t, true);
	{
		BUF_CLEANUP struct buf wanted = { 0 };

		buf_printf(&wanted, "notice {\"text\":\"Hi\",\"until\":1} 49\nshow/a %s 20\n", until);
		buf_puts(&wanted, "show/b {\"until\":9223372036854775807} 0\nshow/c {\"until\":\"soon\"} 0\nshow/d {\"until\":253402300799000} 0\n");
		expect_given(t, wanted.p);
	}
	t->now.ms = 30500;
	people_tick(&t->p, t->now);
	CHECK_INT(people_deadline(&t->p).ms, 60000);
	t->now.ms = 59500; /* less than a second is no expiry */
	again(t, true);
	expect_given(t, "show/b {\"until\":9223372036854775807} 0\nshow/c {\"until\":\"soon\"} 0\nshow/d {\"until\":253402300799000} 0\n");
	CHECK_INT(people_deadline(&t->p).ms, MONO_NEVER.ms);
	stage_free(t);
}

static void what_is_over_when_it_comes_is_not_kept(void)
{
	struct stage *t = stage_new();

	hear(t, "notice", "{\"text\":\"Hi\"}");
	hear(t, "notice", "{\"text\":\"late\",\"until\":1799999999999}");
	hear(t, "show/a", "{\"until\":-5}");
	again(t, true);
	expect_given(t, "");
	stage_free(t);
}

static void there_is_a_ceiling_and_a_place_for_the_notice(void)
{
	BUF_CLEANUP struct buf large = { 0 };
	struct stage *t = stage_new();
	char topic[PEOPLE_MAX_TOPIC + 2];
	size_t n;

	for (int i = 1; i < PEOPLE_MAX_TOPICS; i++) {
		snprintf(topic, sizeof(topic), "show/%d", i);
		hear(t, topic, "1");
	}
	CU_ASSERT_FALSE(hear_for(t, "show/more", "1", 0));
	hear(t, "notice", "{\"text\":\"Hi\"}");
	hear(t, "show/7", "");
	hear(t, "show/more", "1");
	for (size_t i = 0; i < PEOPLE_MAX_PAYLOAD; i++)
		buf_char(&large, 'x');
	hear(t, "show/more", large.p);
	buf_char(&large, 'x');
	CU_ASSERT_FALSE(hear_for(t, "show/more", large.p, 0));
	hear(t, "show/more", "1"); /* there was room again: what is too large takes the place of nothing */
	CU_ASSERT_FALSE(hear_for(t, "notice", large.p, 0));
	CHECK_STR(people_notice(&t->p).p, "");
	n = (size_t)snprintf(topic, sizeof(topic), "show/");
	memset(topic + n, 'x', sizeof(topic) - n - 1);
	topic[sizeof(topic) - 1] = '\0';
	hear(t, "show/more", "");
	CU_ASSERT_FALSE(hear_for(t, topic, "1", 0));
	topic[PEOPLE_MAX_TOPIC] = '\0';
	hear(t, topic, "1");
	stage_free(t);
}

static void the_notice_is_told_when_it_is_an_object(void)
{
	static const char *const rows[] = { "{\"text\":\"Hi\"}", "Hi", "[]", "{", "{\"a\":1,\"a\":2}", "{\"t\":\"\xFF\"}", "{}" };
	static const bool told[] = { true, false, false, false, false, false, true };
	struct stage *t = stage_new();
	unsigned int before = people_notices(&t->p);

	CHECK_INT(before, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hear(t, "notice", rows[i]);
		CHECK_STR(people_notice(&t->p).p, told[i] ? rows[i] : "");
		CU_ASSERT(people_notices(&t->p) != before);
		before = people_notices(&t->p);
	}
	hear(t, "notice", "{}");
	hear(t, "show/a", "1");
	CHECK_INT(people_notices(&t->p), before);
	CU_ASSERT(hear_for(t, "notice", "{}", 5));
	CHECK_INT(people_notices(&t->p), before);
	t->now.ms = 5000;
	people_tick(&t->p, t->now);
	CHECK_STR(people_notice(&t->p).p, "");
	CU_ASSERT(people_notices(&t->p) != before);
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(only_some_topics_are_theirs),
	UNIT(a_broker_that_has_forgotten_everything_is_given_it_back_once),
	UNIT(what_a_broker_with_a_memory_does_not_have_was_cleared),
	UNIT(what_somebody_has_written_meanwhile_counts),
	UNIT(what_was_taken_back_stays_away),
	UNIT(what_was_not_answered_is_given_again),
	UNIT(it_lives_no_longer_than_it_was_to),
	UNIT(what_is_over_when_it_comes_is_not_kept),
	UNIT(there_is_a_ceiling_and_a_place_for_the_notice),
	UNIT(the_notice_is_told_when_it_is_an_object),
	{ NULL, NULL },
};
