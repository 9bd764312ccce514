/* status - what it says of which facts, when it is to be said again, and the marker. */
#include "publisher/core/bridge/status.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

const char *const unit_name = "status";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct status_facts waiting = { .unknown_why = "waiting for the scoreboard" };
static const struct status_facts synchronizing = { .caught_up = false };
static const struct status_facts live = { .caught_up = true };

#define TEXT(state, since, reason) "{\"state\":\"" state "\",\"since\":" #since ",\"reason\":\"" reason "\"}"

static void check_text(const struct status *s, const char *expected)
{
	char *text = str_dup(status_text(s));

	CHECK_STR(text, expected);
	free(text);
}

static void the_first_fact_that_counts_is_told(void)
{
	static const struct {
		struct status_facts facts;
		int64_t at;
		bool news;
		const char *text;
	} steps[] = {
		{ { .unknown_why = "waiting" }, 1, true, TEXT("stale", 1, "waiting") },
		{ { .unknown_why = "waiting", .caught_up = true }, 2, false, TEXT("stale", 1, "waiting") },
		/* another reason, the same state: since the same time */
		{ { .caught_up = false }, 3, true, TEXT("stale", 1, "synchronizing") },
		{ { .caught_up = true }, 4, true, TEXT("live", 4, "connected") },
		{ { .caught_up = true }, 5, false, TEXT("live", 4, "connected") },
		{ { .caught_up = true, .refused = true }, 6, true, TEXT("stale", 6, "the broker refuses some of our messages") },
		{ { .unknown_why = "reset by peer", .refused = true }, 7, true, TEXT("stale", 6, "reset by peer") },
		{ { .unknown_why = "reset by peer", .others_why = "standby" }, 7, false, TEXT("stale", 6, "reset by peer") },
		{ { .others_why = "standby" }, 8, true, TEXT("live", 8, "standby") },
		{ { .leaving_why = "stopped", .unknown_why = "reset by peer", .refused = true }, 9, true, TEXT("offline", 9, "stopped") },
	};
	struct status s = { 0 };

	CHECK_STR(status_name(&s), "");
	CHECK_INT(status_text(&s).len, 0);
	for (size_t i = 0; i < COUNT(steps); i++) {
		CHECK_INT(status_review(&s, &steps[i].facts, steps[i].at), steps[i].news);
		check_text(&s, steps[i].text);
	}
	CHECK_STR(status_name(&s), "offline");
	CHECK_STR(status_why(&s), "stopped");
	status_free(&s);
	status_free(&s);
}

static void one_leaves_after_the_other_was_answered(void)
{
	struct status s = { 0 };
	struct status_message m;

	CU_ASSERT_FALSE(status_next(&s, false, &m));
	CU_ASSERT(status_review(&s, &waiting, 1));
	CU_ASSERT_FALSE(status_is_delivered(&s));
	CU_ASSERT_FATAL(status_next(&s, false, &m));
	CU_ASSERT(str_eq(m.text, status_text(&s)) && !m.is_marker);
	CU_ASSERT_FALSE(status_is_delivered(&s));
	/* news while it is in flight: the newest is said, once */
	CU_ASSERT(status_review(&s, &synchronizing, 2));
	CU_ASSERT(status_review(&s, &live, 3));
	CU_ASSERT_FALSE(status_next(&s, false, &m));
	status_answered(&s);
	CU_ASSERT_FATAL(status_next(&s, false, &m));
	CU_ASSERT(str_is(m.text, TEXT("live", 3, "connected")));
	status_answered(&s);
	CU_ASSERT(status_is_delivered(&s));
	CU_ASSERT_FALSE(status_next(&s, false, &m));
	/* a broker that comes is told what it may have lost */
	status_repeat(&s);
	CU_ASSERT_FALSE(status_is_delivered(&s));
	CU_ASSERT_FATAL(status_next(&s, false, &m));
	CU_ASSERT(str_is(m.text, TEXT("live", 3, "connected")));
	status_free(&s);
}

static void the_marker_leaves_behind_the_status_and_is_known_again(void)
{
	struct status s = { 0 };
	struct status_message m;

	CU_ASSERT(status_review(&s, &synchronizing, 1));
	CU_ASSERT_FATAL(status_next(&s, true, &m));
	CU_ASSERT_FALSE(m.is_marker); /* the status itself goes first */
	CU_ASSERT_FALSE(status_is_marker(&s, m.text));
	CU_ASSERT_FALSE(status_next(&s, true, &m));
	status_answered(&s);
	CU_ASSERT_FATAL(status_next(&s, true, &m));
	CU_ASSERT(m.is_marker);
	CU_ASSERT(str_is(m.text, TEXT("stale", 1, "synchronizing")));
	status_answered(&s);
	/* it is known when it comes back, though the status has changed meanwhile */
	CU_ASSERT(status_review(&s, &live, 2));
	CU_ASSERT(status_is_marker(&s, STR(TEXT("stale", 1, "synchronizing"))));
	CU_ASSERT_FALSE(status_is_marker(&s, status_text(&s)));
	CU_ASSERT_FALSE(status_is_marker(&s, STR("")));
	status_free(&s);
}

static void a_reason_of_any_kind_is_valid_json(void)
{
	struct status s = { 0 };
	char why[400];

	memset(why, '"', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	CU_ASSERT(status_review(&s, &(struct status_facts){ .unknown_why = why }, 1));
	CU_ASSERT(str_ends(status_text(&s), STR("\\\"\"}")));
	/* and said once, not for ever */
	for (int i = 0; i < 5; i++)
		CU_ASSERT_FALSE(status_review(&s, &(struct status_facts){ .unknown_why = why }, 2));
	status_free(&s);
}

static void a_long_reason_is_cut_between_characters(void)
{
	struct status s = { 0 };
	char why[400];

	for (size_t before = 0; before < 4; before++) {
		memset(why, 'x', before);
		for (size_t i = before; i + 5 < sizeof(why); i += 4)
			memcpy(why + i, "\xF0\x9F\x9B\xBC", 5);
		CU_ASSERT(status_review(&s, &(struct status_facts){ .unknown_why = why }, 1));
		CU_ASSERT(utf8_valid(status_text(&s)));
		CU_ASSERT(status_text(&s).len > 150);
	}
	status_free(&s);
}

const struct unit_test unit_tests[] = {
	UNIT(the_first_fact_that_counts_is_told),
	UNIT(one_leaves_after_the_other_was_answered),
	UNIT(the_marker_leaves_behind_the_status_and_is_known_again),
	UNIT(a_reason_of_any_kind_is_valid_json),
	UNIT(a_long_reason_is_cut_between_characters),
	{ NULL, NULL },
};
