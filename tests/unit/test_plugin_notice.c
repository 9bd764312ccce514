/* notice - when it is over, whatever stands in the topic. */
#include "mosquitto-plugin/core/door/notice.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_notice";

static const char *over(struct notices *n, int64_t wall_ms)
{
	static char topic[100];
	char *taken = notice_take_over(n, wall_ms);

	str_copy(topic, sizeof(topic), taken ? taken : "");
	free(taken);
	return topic;
}

static void it_is_over_at_its_time_and_once(void)
{
	struct notices n = { 0 };

	CHECK_STR(over(&n, 1 << 30), "");
	notice_heard(&n, STR("sb/notice"), STR("{\"text\":\"soon\",\"until\":5000}"));
	CHECK_STR(over(&n, 4999), "");
	CHECK_STR(over(&n, 5000), "sb/notice");
	CHECK_STR(over(&n, 5001), "");
	notices_free(&n);
}

static void what_comes_after_it_counts(void)
{
	struct notices n = { 0 };

	notice_heard(&n, STR("sb/notice"), STR("{\"until\":5000}"));
	notice_heard(&n, STR("sb/notice"), STR("{\"until\":9000}"));
	CHECK_STR(over(&n, 8999), "");
	notice_heard(&n, STR("sb/notice"), STR("{\"text\":\"without an end\"}"));
	CHECK_STR(over(&n, 9000), "");
	notice_heard(&n, STR("sb/notice"), STR("{\"until\":9000}"));
	notice_heard(&n, STR("sb/notice"), STR("")); /* taken back */
	CHECK_STR(over(&n, 9000), "");
	notices_free(&n);
}

static void each_topic_has_its_own(void)
{
	struct notices n = { 0 };

	notice_heard(&n, STR("sb/t1/notice"), STR("{\"until\":5000}"));
	notice_heard(&n, STR("sb/t2/notice"), STR("{\"until\":7000}"));
	notice_heard(&n, STR("sb/notice"), STR("{\"until\":6000}"));
	CHECK_STR(over(&n, 5500), "sb/t1/notice");
	CHECK_STR(over(&n, 5500), "");
	CHECK_STR(over(&n, 6000), "sb/notice");
	notices_free(&n);
	CHECK_STR(over(&n, 9000), "");
	notices_free(&n);
}

static void no_more_are_watched_than_there_may_be_tracks(void)
{
	struct notices n = { 0 };
	char topic[40];

	for (int i = 0; i < 2 * TRACKS_MOST; i++) {
		snprintf(topic, sizeof(topic), "sb/t%d/notice", i);
		notice_heard(&n, str_of(topic), STR("{\"until\":5000}"));
	}
	CHECK_INT(n.n, TRACKS_MOST);
	CHECK_STR(over(&n, 5000), "sb/t0/notice");
	notice_heard(&n, STR("sb/notice"), STR("{\"until\":6000}")); /* there is room again */
	CHECK_INT(n.n, TRACKS_MOST);
	notices_free(&n);
}

static void what_is_no_time_is_none(void)
{
	static const char *const payloads[] = {
		"soon",
		"{\"until\":\"5000\"}",
		"{\"until\":-1}",
		"{\"until\":1e300}",
		"{\"until\":null}",
		"[5000]",
		"{\"notice\":{\"until\":5000}}",
		"{\"until\":1,\"until\":2}",
		"{\"until\":1",
	};

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		struct notices n = { 0 };

		notice_heard(&n, STR("sb/notice"), str_of(payloads[i]));
		CHECK_INT(n.n, 0);
		notices_free(&n);
	}
}

static void a_large_payload_is_not_read(void)
{
	char large[NOTICE_MAX_BYTES + 20];
	struct notices n = { 0 };

	snprintf(large, sizeof(large), "{\"until\":5000%*s}", NOTICE_MAX_BYTES - 14, "");
	CHECK_INT(strlen(large), NOTICE_MAX_BYTES);
	notice_heard(&n, STR("sb/notice"), str_of(large));
	CHECK_INT(n.n, 1);
	snprintf(large, sizeof(large), "{\"until\":5000%*s}", NOTICE_MAX_BYTES - 13, "");
	notice_heard(&n, STR("sb/notice"), str_of(large));
	CHECK_INT(n.n, 0);
	notices_free(&n);
}

const struct unit_test unit_tests[] = {
	UNIT(it_is_over_at_its_time_and_once),
	UNIT(what_comes_after_it_counts),
	UNIT(each_topic_has_its_own),
	UNIT(no_more_are_watched_than_there_may_be_tracks),
	UNIT(what_is_no_time_is_none),
	UNIT(a_large_payload_is_not_read),
	{ NULL, NULL },
};
