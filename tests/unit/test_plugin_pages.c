/* pages - reports of publishers about who watches over HTTP go in, two sums come out. */
#include "mosquitto-plugin/core/presence/pages.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_pages";

static struct pages p;
static const char from[PAGES_REPORTERS + 1];
static mono now;

static void begin(void)
{
	p = (struct pages){ .n_reports = 0 };
	now = (mono){ 5000 };
}

static bool take(int i, const char *report)
{
	return pages_take(&p, &from[i], str_of(report), now);
}

static void check(uint64_t sse, uint64_t polling)
{
	CHECK_INT(pages_count(&p, PAGES_SSE), sse);
	CHECK_INT(pages_count(&p, PAGES_POLLING), polling);
}

static void the_newest_reports_of_all_are_added(void)
{
	begin();
	CU_ASSERT(take(0, "{\"sse\":120,\"polling\":3}"));
	CU_ASSERT(take(1, "{\"polling\":1,\"sse\":2,\"more\":[]}"));
	check(122, 4);
	CU_ASSERT(take(0, "{\"sse\":100,\"polling\":0}"));
	check(102, 1);
}

static void only_what_differs_is_a_change(void)
{
	uint64_t changes;

	begin();
	CU_ASSERT(take(0, "{\"sse\":1,\"polling\":2}"));
	changes = p.changes;
	CU_ASSERT(changes > 0);
	CU_ASSERT(take(0, "{\"sse\":1,\"polling\":2}"));
	CHECK_INT(p.changes, changes);
	CU_ASSERT(take(0, "{\"sse\":2,\"polling\":1}"));
	CHECK_INT(p.changes, changes + 1);
	pages_gone(&p, &from[1]); /* has reported nothing */
	CHECK_INT(p.changes, changes + 1);
	pages_gone(&p, &from[0]);
	CHECK_INT(p.changes, changes + 2);
}

static void a_report_ends_with_its_connection(void)
{
	begin();
	CU_ASSERT(take(0, "{\"sse\":1,\"polling\":0}"));
	CU_ASSERT(take(1, "{\"sse\":10,\"polling\":5}"));
	CU_ASSERT(take(2, "{\"sse\":100,\"polling\":0}"));
	pages_gone(&p, &from[0]);
	check(110, 5);
	pages_gone(&p, &from[0]);
	pages_gone(&p, &from[2]);
	check(10, 5);
}

static void a_reporter_that_falls_silent_is_forgotten(void)
{
	begin();
	CU_ASSERT(take(0, "{\"sse\":1,\"polling\":0}"));
	CU_ASSERT(take(1, "{\"sse\":10,\"polling\":0}"));
	CU_ASSERT(take(2, "{\"sse\":100,\"polling\":0}"));
	now = mono_add(now, PAGES_FORGET_MS);
	CU_ASSERT(take(1, "{\"sse\":10,\"polling\":0}"));
	pages_tick(&p, now);
	check(111, 0);
	now = mono_add(now, 1);
	pages_tick(&p, now);
	check(10, 0);
}

static void what_is_no_report_changes_nothing(void)
{
	static const char *const bad[] = {
		"",
		"7",
		"{}",
		"{\"sse\":1}",
		"{\"sse\":1,\"polling\":-1}",
		"{\"sse\":1.5,\"polling\":0}",
		"{\"sse\":\"1\",\"polling\":0}",
		"{\"sse\":1000001,\"polling\":0}",
		"{\"sse\":1,\"polling\":99999999999999999999}",
		"{\"sse\":1,\"polling\":",
		"[1,2]",
	};
	char large[PAGES_REPORT_BYTES + 40] = "{\"sse\":7,\"polling\":7,\"x\":\"";

	begin();
	CU_ASSERT(take(0, "{\"sse\":1,\"polling\":2}"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(!take(0, bad[i]));
	memset(large + strlen(large), 'x', sizeof(large) - strlen(large) - 3);
	memcpy(large + sizeof(large) - 3, "\"}", 3);
	CU_ASSERT(!take(0, large));
	check(1, 2);
}

static void there_are_so_many_reporters(void)
{
	begin();
	for (int i = 0; i < PAGES_REPORTERS; i++)
		CU_ASSERT(take(i, "{\"sse\":1,\"polling\":0}"));
	CU_ASSERT(!take(PAGES_REPORTERS, "{\"sse\":1,\"polling\":0}"));
	CU_ASSERT(take(3, "{\"sse\":1000000,\"polling\":1000000}"));
	check(PAGES_REPORTERS - 1 + 1000000, 1000000);
	pages_gone(&p, &from[3]);
	CU_ASSERT(take(PAGES_REPORTERS, "{\"sse\":1,\"polling\":0}"));
}

const struct unit_test unit_tests[] = {
	UNIT(the_newest_reports_of_all_are_added),
	UNIT(only_what_differs_is_a_change),
	UNIT(a_report_ends_with_its_connection),
	UNIT(a_reporter_that_falls_silent_is_forgotten),
	UNIT(what_is_no_report_changes_nothing),
	UNIT(there_are_so_many_reporters),
	{ NULL, NULL },
};
