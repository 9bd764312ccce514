/* Rows of several brokers add up, whatever the reports hold. */
#include "mosquitto-plugin/core/crowd.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_crowd";

static struct buf told;

static void on_tell(void *ctx, const char *key, struct str payload)
{
	(void)ctx;
	buf_printf(&told, "%s=%.*s ", key, STR_ARGS(payload));
}

static void expect_told(struct crowd *c, const char *text)
{
	buf_clear(&told);
	crowd_tell(c, on_tell, NULL);
	CHECK_STR(told.p ? told.p : "", text);
}

static void expect_report(struct crowd *c, const char *text)
{
	BUF_CLEANUP struct buf out = { 0 };

	crowd_report(c, &out);
	CHECK_STR(out.p, text);
}

static void add(struct crowd *c, const char *report)
{
	CU_ASSERT_TRUE(crowd_read(c, str_of(report)));
}

static void counts_add_and_names_unite(void)
{
	struct crowd c = { .max_rows = 10 };

	crowd_begin(&c);
	crowd_count(&c, STR("total"), 3);
	crowd_count(&c, STR("room/red"), 2);
	crowd_name(&c, STR("room/red"), STR("ann"));
	crowd_name(&c, STR("room/red"), STR("ann"));
	add(&c, "{\"total\":4,\"room/red\":{\"count\":3,\"names\":[\"bob\",\"ann\",\"\\\"c\\\",\"]},\"view/x\":1}");
	add(&c, "{}");
	add(&c, "{\"total\":0,\"view/x\":5}");
	expect_report(&c, "{\"total\":7,\"room/red\":{\"count\":5,\"names\":[\"ann\",\"bob\",\"\\\"c\\\",\"]},\"view/x\":6}");
	crowd_free(&c);
	crowd_free(&c);
}

static void what_is_reported_is_read_as_it_was(void)
{
	struct crowd a = { .max_rows = 10 }, b = { .max_rows = 10 };
	BUF_CLEANUP struct buf out = { 0 };

	crowd_count(&a, STR("total"), 123456);
	crowd_count(&a, STR("room/a \"b\" \xc3\xa4"), 1);
	crowd_name(&a, STR("room/a \"b\" \xc3\xa4"), STR("\xe2\x82\xac, \\"));
	crowd_report(&a, &out);
	CU_ASSERT_TRUE(crowd_read(&b, buf_view(&out)));
	expect_report(&b, out.p);
	crowd_free(&a);
	crowd_free(&b);
}

static void only_news_is_told_and_what_is_gone_is_cleared(void)
{
	struct crowd c = { .max_rows = 10 };

	add(&c, "{\"total\":1,\"view/x\":1,\"view/y\":0}");
	expect_told(&c, "total=1 view/x=1 view/y=0 ");
	expect_told(&c, "");
	crowd_begin(&c);
	add(&c, "{\"view/x\":1,\"total\":2,\"view/z\":{\"count\":1,\"names\":[]}}");
	expect_told(&c, "total=2 view/y= view/z={\"count\":1,\"names\":[]} ");
	crowd_begin(&c);
	expect_told(&c, "total= view/x= view/z= ");
	CU_ASSERT_PTR_NULL(c.rows);
	crowd_free(&c);
}

static void a_report_that_is_none_adds_nothing(void)
{
	static const char *const bad[] = {
		"", "7", "[]", "null", "{\"total\":1", "{\"total\":-1}", "{\"total\":1.5}", "{\"total\":1e300}", "{\"total\":\"1\"}",
		"{\"total\":null}", "{\"\":1}", "{\"a/#\":1}", "{\"+\":1}", "{\"a\\u0000b\":1}", "{\"total\":1,\"total\":1}",
		"{\"r\":{\"count\":1}}", "{\"r\":{\"names\":[]}}", "{\"r\":{\"count\":1,\"names\":{}}}", "{\"r\":{\"count\":1,\"names\":[1]}}",
		"{\"r\":{\"count\":1,\"names\":[\"\"]}}", "{\"r\":{\"count\":1,\"names\":[\"a\\u0000\"]}}", "{\"r\":[1]}", "{\"ok\":1,\"r\":true}",
		"{\"r\":{\"count\":{},\"names\":[]}}", "\xff",
	};
	struct crowd c = { .max_rows = 10 };
	uint64_t total;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (crowd_read(&c, str_of(bad[i])) || !crowd_check(str_of(bad[i]), &total))
			printf("\n    taken for a report: %s\n", bad[i]);
		CU_ASSERT_FALSE(crowd_read(&c, str_of(bad[i])));
		CU_ASSERT_PTR_NOT_NULL(crowd_check(str_of(bad[i]), &total));
	}
	CU_ASSERT_PTR_NULL(c.rows);
	CU_ASSERT_PTR_NULL(crowd_check(STR("{\"x\":3,\"total\":17}"), &total));
	CHECK_INT(total, 17);
	CU_ASSERT_PTR_NULL(crowd_check(STR("{\"x\":3}"), &total));
	CHECK_INT(total, 0);
}

static void rows_names_and_bytes_have_an_end(void)
{
	BUF_CLEANUP struct buf out = { 0 }, large = { 0 };
	struct crowd c = { .max_rows = 3 };
	char key[CROWD_KEY_BYTES + 1], name[32];
	uint64_t total;

	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "room/%d", i);
		crowd_count(&c, str_of(key), 1);
	}
	expect_report(&c, "{\"room/0\":1,\"room/1\":1,\"room/2\":1}");
	CHECK_INT(c.refused, 7);
	for (int i = 0; i < 2 * CROWD_MAX_NAMES; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		crowd_name(&c, STR("room/0"), str_of(name));
	}
	crowd_report(&c, &out);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "\"n199\"]"));
	CU_ASSERT_PTR_NULL(strstr(out.p, "n200"));
	crowd_begin(&c);
	expect_told(&c, "");

	c.max_rows = 1000;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	for (int i = 0; i < 1000; i++) {
		memcpy(key, name, (size_t)snprintf(name, sizeof(name), "%d", i));
		crowd_count(&c, str_of(key), 1);
	}
	crowd_report(&c, &large);
	CU_ASSERT(large.len <= CROWD_REPORT_BYTES);
	CU_ASSERT(large.len > CROWD_REPORT_BYTES - 2 * CROWD_KEY_BYTES);
	CU_ASSERT_PTR_NULL(crowd_check(buf_view(&large), &total));
	buf_printf(&large, "%*s", CROWD_REPORT_BYTES, "");
	CU_ASSERT_PTR_NOT_NULL(crowd_check(buf_view(&large), &total));
	crowd_free(&c);
	buf_free(&told);
}

/* An edge counts and reports without telling; whole crowds follow each other there. */
static void rows_that_are_gone_leave_their_place_to_others(void)
{
	struct crowd c = { .max_rows = 3 };
	char key[20], report[60];

	for (int i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "room/%d", i);
		snprintf(report, sizeof(report), "{\"%s\":1}", key);
		crowd_begin(&c);
		crowd_count(&c, str_of(key), 1);
		crowd_end(&c);
		expect_report(&c, report);
	}
	/* nor does one that is still to be told stand in the way */
	expect_told(&c, "room/9=1 ");
	crowd_begin(&c);
	for (int i = 0; i < 3; i++) {
		snprintf(key, sizeof(key), "room/%d", i);
		crowd_count(&c, str_of(key), 1);
	}
	CHECK_INT(c.refused, 0);
	crowd_free(&c);
	buf_free(&told);
}

const struct unit_test unit_tests[] = {
	UNIT(counts_add_and_names_unite),
	UNIT(what_is_reported_is_read_as_it_was),
	UNIT(only_news_is_told_and_what_is_gone_is_cleared),
	UNIT(a_report_that_is_none_adds_nothing),
	UNIT(rows_names_and_bytes_have_an_end),
	UNIT(rows_that_are_gone_leave_their_place_to_others),
	{ NULL, NULL },
};
