/* reasons - each row is one that a counter, a log line and a client can use, and that the documentation tells. */
#include "base/buf.h"
#include "mosquitto-plugin/core/policy/reasons.h"
#include "mosquitto-plugin/files.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static void no_reason_is_the_zero(void)
{
	CHECK_INT(REASON_NONE, 0);
	CHECK_INT(reason_rows[REASON_NONE].code, 0);
	CHECK_STR(reason_rows[REASON_NONE].text, "");
}

/* MQTT 5, 2.4: from 0x80 on a reason code is a failure. */
static void every_other_reason_is_a_failure_in_words(void)
{
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		CU_ASSERT(reason_rows[i].code >= 0x80);
		CU_ASSERT(reason_rows[i].text[0]);
	}
}

/* A label becomes a label's value in Prometheus' text and a level of a topic. */
static void labels_are_plain_and_each_stands_for_one_reason(void)
{
	for (int i = 0; i < REASON_COUNT; i++) {
		const char *label = reason_rows[i].label;

		CU_ASSERT(label[0] && label[strspn(label, "abcdefghijklmnopqrstuvwxyz_")] == '\0');
		for (int k = 0; k < i; k++)
			CU_ASSERT(strcmp(label, reason_rows[k].label) != 0);
	}
}

static void every_reason_is_in_the_docs(void)
{
	BUF_CLEANUP struct buf docs = { 0 };
	struct complaint why;
	char row[200];

	CU_ASSERT_FATAL(file_read("docs/policy.md", 1u << 20, &docs, &why) == 0);
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
		snprintf(row, sizeof(row), "| `%s` | 0x%02X | %s |", reason_rows[i].label, reason_rows[i].code, reason_rows[i].text);
		if (!strstr(docs.p, row))
			printf("\n    docs/policy.md lacks %s\n", row);
		CU_ASSERT_PTR_NOT_NULL(strstr(docs.p, row));
	}
}

const char *const unit_name = "plugin_reasons";
const struct unit_test unit_tests[] = {
	UNIT(no_reason_is_the_zero),
	UNIT(every_other_reason_is_a_failure_in_words),
	UNIT(labels_are_plain_and_each_stands_for_one_reason),
	UNIT(every_reason_is_in_the_docs),
	{ NULL, NULL },
};
