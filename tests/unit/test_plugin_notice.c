/* notice - when it is over, whatever stands in the topic. */
#include "mosquitto-plugin/core/door/notice.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_notice";

static void it_is_over_at_its_time_and_once(void)
{
	struct notice n = { 0 };

	CU_ASSERT_FALSE(notice_is_over(&n, 1 << 30));
	notice_heard(&n, STR("{\"text\":\"soon\",\"until\":5000}"));
	CU_ASSERT_FALSE(notice_is_over(&n, 4999));
	CU_ASSERT(notice_is_over(&n, 5000));
	CU_ASSERT_FALSE(notice_is_over(&n, 5001));
}

static void what_comes_after_it_counts(void)
{
	struct notice n = { 0 };

	notice_heard(&n, STR("{\"until\":5000}"));
	notice_heard(&n, STR("{\"until\":9000}"));
	CU_ASSERT_FALSE(notice_is_over(&n, 8999));
	notice_heard(&n, STR("{\"text\":\"without an end\"}"));
	CU_ASSERT_FALSE(notice_is_over(&n, 9000));
	notice_heard(&n, STR("{\"until\":9000}"));
	notice_heard(&n, STR("")); /* taken back */
	CU_ASSERT_FALSE(notice_is_over(&n, 9000));
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
		struct notice n = { 0 };

		notice_heard(&n, str_of(payloads[i]));
		CHECK_INT(n.until_ms, 0);
	}
}

static void a_large_payload_is_not_read(void)
{
	char large[NOTICE_MAX_BYTES + 20];
	struct notice n = { 0 };

	snprintf(large, sizeof(large), "{\"until\":5000%*s}", NOTICE_MAX_BYTES - 14, "");
	CHECK_INT(strlen(large), NOTICE_MAX_BYTES);
	notice_heard(&n, str_of(large));
	CHECK_INT(n.until_ms, 5000);
	snprintf(large, sizeof(large), "{\"until\":5000%*s}", NOTICE_MAX_BYTES - 13, "");
	notice_heard(&n, str_of(large));
	CHECK_INT(n.until_ms, 0);
}

const struct unit_test unit_tests[] = {
	UNIT(it_is_over_at_its_time_and_once),
	UNIT(what_comes_after_it_counts),
	UNIT(what_is_no_time_is_none),
	UNIT(a_large_payload_is_not_read),
	{ NULL, NULL },
};
