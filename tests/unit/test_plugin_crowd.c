/* Rows of several brokers add up, whatever the reports hold. */
#include "mosquitto-plugin/core/presence/crowd.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *const unit_name = "plugin_crowd";

static struct buf told;
static struct complaint why;

static void on_tell(void *ctx, const char *key, struct str payload)
{
	(void)ctx;
	buf_printf(&told, "%s=%.*s ", key, STR_ARGS(payload));
}

static void expect_told(struct crowd *c, const char *text)
{
	buf_clear(&told);
	crowd_tell(c, (struct crowd_turn){ CROWD_COMMON, 1000 }, on_tell, NULL);
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
	CHECK_INT(crowd_read(c, str_of(report), &why), 0);
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
	CHECK_INT(crowd_read(&b, buf_view(&out), &why), 0);
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
		"",
		"7",
		"[]",
		"null",
		"{\"total\":1",
		"{\"total\":-1}",
		"{\"total\":1.5}",
		"{\"total\":1e300}",
		"{\"total\":\"1\"}",
		"{\"total\":null}",
		"{\"\":1}",
		"{\"a/#\":1}",
		"{\"+\":1}",
		"{\"a\\u0000b\":1}",
		"{\"total\":1,\"total\":1}",
		"{\"r\":{\"count\":1}}",
		"{\"r\":{\"names\":[]}}",
		"{\"r\":{\"count\":1,\"names\":{}}}",
		"{\"r\":{\"count\":1,\"names\":[1]}}",
		"{\"r\":{\"count\":1,\"names\":[\"\"]}}",
		"{\"r\":{\"count\":1,\"names\":[\"a\\u0000\"]}}",
		"{\"r\":[1]}",
		"{\"ok\":1,\"r\":true}",
		"{\"r\":{\"count\":{},\"names\":[]}}",
		"\xff",
	};
	struct crowd c = { .max_rows = 10 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int r = crowd_read(&c, str_of(bad[i]), &why);

		if (!r)
			printf("\n    taken for a report: %s\n", bad[i]);
		CHECK_INT(r, 1);
	}
	CU_ASSERT_PTR_NULL(c.rows);
	CHECK_INT(crowd_get(&c, STR("total")), 0);
	add(&c, "{\"x\":3,\"total\":17}");
	CHECK_INT(crowd_get(&c, STR("total")), 17);
	crowd_begin(&c);
	CHECK_INT(crowd_get(&c, STR("total")), 0);
	crowd_free(&c);
}

static void rows_names_and_bytes_have_an_end(void)
{
	BUF_CLEANUP struct buf out = { 0 }, large = { 0 };
	struct crowd c = { .max_rows = 3 };
	char key[CROWD_KEY_BYTES + 1], name[32];

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
	CHECK_INT(crowd_read(&c, buf_view(&large), &why), 0);
	buf_printf(&large, "%*s", CROWD_REPORT_BYTES, "");
	CHECK_INT(crowd_read(&c, buf_view(&large), &why), 1);
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

/* One kind of rows, however many, leaves the others their places. */
static void a_kind_has_its_own_places(void)
{
	struct crowd c = { .max_rows = 100 };
	char key[20];

	crowd_begin(&c);
	crowd_allow(&c, (struct crowd_kind){ .name = "total", .max = 1 });
	crowd_allow(&c, (struct crowd_kind){ .name = "room", .max = 2 });
	crowd_allow(&c, (struct crowd_kind){ .name = "view", .max = 2 });
	for (int i = 0; i < 50; i++) {
		snprintf(key, sizeof(key), "room/%d", i);
		crowd_count(&c, str_of(key), 1);
	}
	add(&c, "{\"total\":3,\"total/x\":1,\"role/x\":1,\"rooms/1\":1,\"view/a\":1,\"room/1\":1,\"view/b\":1,\"view/c\":1}");
	expect_report(&c, "{\"room/0\":1,\"room/1\":2,\"total\":3,\"view/a\":1,\"view/b\":1}");
	CHECK_INT(c.refused, 48 + 4);
	crowd_free(&c);
}

static void count_rooms(struct crowd *c, int n, uint64_t each)
{
	char key[20];

	crowd_begin(c);
	crowd_allow(c, (struct crowd_kind){ .name = "total", .max = 1, .at_once = true });
	crowd_allow(c, (struct crowd_kind){ .name = "room", .max = 100 });
	for (int i = 0; i < n; i++) {
		snprintf(key, sizeof(key), "room/%d", i);
		crowd_count(c, str_of(key), each);
	}
	crowd_count(c, STR("total"), each);
}

static void expect_told_of(struct crowd *c, unsigned max, const char *text, bool behind)
{
	buf_clear(&told);
	crowd_tell(c, (struct crowd_turn){ CROWD_COMMON, max }, on_tell, NULL);
	CHECK_STR(told.p ? told.p : "", text);
	CHECK_INT(c->behind[CROWD_COMMON], behind);
}

/* All change all the time: each has its turn, with its newest count, and what is urgent does not wait. */
static void what_has_to_wait_is_told_later_and_newer(void)
{
	struct crowd c = { .max_rows = 100 };

	count_rooms(&c, 5, 1);
	expect_told_of(&c, 2, "room/0=1 room/1=1 total=1 ", true);
	count_rooms(&c, 5, 2);
	expect_told_of(&c, 2, "room/2=2 room/3=2 total=2 ", true);
	count_rooms(&c, 5, 3);
	expect_told_of(&c, 2, "room/4=3 total=3 room/0=3 ", true);
	count_rooms(&c, 1, 3); /* what is gone has its turn as well; what nobody has heard of is not told */
	expect_told_of(&c, 2, "room/1= room/2= ", true);
	expect_told_of(&c, 2, "room/3= room/4= ", false);
	expect_told_of(&c, 2, "", false);
	crowd_free(&c);
	buf_free(&told);
}

static void crowds_add_up(void)
{
	struct crowd a = { .max_rows = 10 }, b = { .max_rows = 10 };

	add(&a, "{\"total\":3,\"room/red\":{\"count\":2,\"names\":[\"ann\"]},\"gone\":1}");
	crowd_begin(&a);
	add(&a, "{\"total\":3,\"room/red\":{\"count\":2,\"names\":[\"ann\"]}}");
	add(&b, "{\"total\":1,\"room/red\":{\"count\":1,\"names\":[\"bob\",\"ann\"]},\"view/x\":1}");
	crowd_add(&b, &a);
	expect_report(&b, "{\"total\":4,\"room/red\":{\"count\":3,\"names\":[\"bob\",\"ann\"]},\"view/x\":1}");
	crowd_free(&a);
	crowd_free(&b);
}

/* ---- time: the hub's only thread reads what its edges report ---- */

/* Ten reports take a third of a second, two under a sanitizer, more on a busy machine. Read in quadratic time they would take hours. */
#define FAR_TOO_LONG_MS 15000

static double add_ms(struct crowd *c, const struct buf *report, int times)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (int i = 0; i < times; i++)
		CHECK_INT(crowd_read(c, buf_view(report), &why), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static void check_time(const char *what, const struct buf *report)
{
	struct crowd c = { .max_rows = 8000 };
	double ms = add_ms(&c, report, 10);

	printf("\n    10 reports of 512 kB of %s: %.0f ms ", what, ms);
	CU_ASSERT(report->len > CROWD_REPORT_BYTES - 100);
	CU_ASSERT(ms < FAR_TOO_LONG_MS);
	crowd_free(&c);
}

static void no_report_is_slow_to_read(void)
{
	BUF_CLEANUP struct buf rows = { 0 }, names = { 0 }, members = { 0 }, key = { 0 };

	buf_puts(&rows, "{\"total\":1");
	for (unsigned i = 0; rows.len < CROWD_REPORT_BYTES - 30; i++)
		buf_printf(&rows, ",\"%x\":0", i);
	buf_puts(&rows, "}");
	check_time("rows", &rows);

	/* one below the most that a row holds, and then the last one again and again, under the longest of keys */
	buf_printf(&key, "%0*d", CROWD_KEY_BYTES, 0);
	buf_printf(&names, "{\"%s\":{\"count\":1,\"names\":[\"0\"", key.p);
	for (unsigned i = 1; names.len < CROWD_REPORT_BYTES - 20; i++)
		buf_printf(&names, ",\"%u\"", i < CROWD_MAX_NAMES - 1 ? i : CROWD_MAX_NAMES - 2);
	buf_puts(&names, "]}}");
	check_time("names", &names);

	buf_puts(&members, "{\"r\":{\"count\":1");
	for (unsigned i = 0; members.len < CROWD_REPORT_BYTES - 40; i++)
		buf_printf(&members, ",\"%x\":0", i);
	buf_puts(&members, ",\"names\":[]}}");
	check_time("members of a row", &members);
}

static void a_kind_may_have_what_it_is_allowed_in_sum(void)
{
	struct crowd c = { .max_rows = 10 };

	crowd_begin(&c);
	crowd_allow(&c, (struct crowd_kind){ .name = "room", .max = 1 });
	crowd_allow(&c, (struct crowd_kind){ .name = "room", .max = 1 });
	crowd_count(&c, STR("room/a"), 1);
	crowd_count(&c, STR("room/b"), 1);
	crowd_count(&c, STR("room/c"), 1);
	crowd_name(&c, STR("room/d"), STR("ann"));
	CHECK_INT(c.refused, 2);
	expect_report(&c, "{\"room/a\":1,\"room/b\":1}");
	crowd_free(&c);
}

static void what_is_not_here_is_not_reported(void)
{
	struct crowd c = { .max_rows = 10 };

	crowd_begin(&c);
	crowd_count(&c, STR("total"), 3);
	crowd_count(&c, STR("room/red"), 2);
	crowd_begin(&c);
	crowd_count(&c, STR("room/red"), 1);
	expect_report(&c, "{\"room/red\":1}");
	CHECK_INT(crowd_get(&c, STR("total")), 0);
	crowd_free(&c);
}

/* ---- dates ---- */

static void dated(struct crowd *c, uint64_t n, const char *name, struct crowd_dates dates)
{
	crowd_count(c, STR("room/red"), n);
	crowd_name(c, STR("room/red"), str_of(name));
	crowd_date(c, STR("room/red"), dates);
}

static void the_earliest_since_and_the_latest_change_are_told(void)
{
	struct crowd c = { .max_rows = 10 };

	dated(&c, 1, "ann", (struct crowd_dates){ 500, 700 });
	add(&c, "{\"room/red\":{\"count\":1,\"names\":[\"bob\"],\"since\":400,\"last\":600}}");
	crowd_settle(&c, 9000);
	expect_report(&c, "{\"room/red\":{\"count\":2,\"names\":[\"ann\",\"bob\"],\"since\":400,\"last\":700}}");
	crowd_free(&c);
}

/* A broker that has gone takes its dates with it, and nobody says when that was. */
static void a_row_keeps_its_since_and_notices_who_has_gone(void)
{
	struct crowd c = { .max_rows = 10 };

	dated(&c, 2, "ann", (struct crowd_dates){ 400, 600 });
	crowd_settle(&c, 9000);
	crowd_begin(&c);
	dated(&c, 1, "ann", (struct crowd_dates){ 500, 550 });
	crowd_settle(&c, 9100);
	expect_report(&c, "{\"room/red\":{\"count\":1,\"names\":[\"ann\"],\"since\":400,\"last\":9100}}");
	crowd_begin(&c); /* nothing changes */
	dated(&c, 1, "ann", (struct crowd_dates){ 500, 550 });
	crowd_settle(&c, 9200);
	expect_report(&c, "{\"room/red\":{\"count\":1,\"names\":[\"ann\"],\"since\":400,\"last\":9100}}");
	crowd_begin(&c); /* somebody else came in his place, and his broker says when */
	dated(&c, 1, "bob", (struct crowd_dates){ 500, 9250 });
	crowd_settle(&c, 9300);
	expect_report(&c, "{\"room/red\":{\"count\":1,\"names\":[\"bob\"],\"since\":400,\"last\":9250}}");
	crowd_begin(&c);
	crowd_settle(&c, 9400); /* empty, and opened anew */
	crowd_begin(&c);
	dated(&c, 1, "bob", (struct crowd_dates){ 9500, 9500 });
	crowd_settle(&c, 9600);
	expect_report(&c, "{\"room/red\":{\"count\":1,\"names\":[\"bob\"],\"since\":9500,\"last\":9500}}");
	crowd_free(&c);
}

static void a_date_that_is_none_is_no_report(void)
{
	static const char *const dates[] = { "\"since\":\"1\"", "\"since\":-1", "\"since\":1e300", "\"last\":0", "\"last\":[1]" };
	struct crowd c = { .max_rows = 10 };

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		char report[100];

		snprintf(report, sizeof(report), "{\"r\":{\"count\":1,\"names\":[],%s}}", dates[i]);
		CHECK_INT(crowd_read(&c, str_of(report), &why), 1);
	}
	CU_ASSERT_PTR_NULL(c.rows);
}

/* ---- lanes, and what is this broker's own ---- */

static void allow_rooms(struct crowd *c)
{
	crowd_begin(c);
	crowd_allow(c, (struct crowd_kind){ .name = "view", .max = 10 });
	crowd_allow(c, (struct crowd_kind){ .name = "room", .max = 10, .lane = CROWD_ROOMS });
	crowd_allow(c, (struct crowd_kind){ .name = "own", .max = 10, .local = true });
}

static void lanes_do_not_wait_for_each_other(void)
{
	struct crowd c = { .max_rows = 100 };

	for (int round = 1; round <= 3; round++) {
		char all[120];

		allow_rooms(&c);
		snprintf(all, sizeof(all), "{\"room/a\":%d,\"view/a\":%d,\"room/b\":%d,\"view/b\":%d}", round, round, round, round);
		add(&c, all);
		buf_clear(&told);
		CHECK_INT(crowd_tell(&c, (struct crowd_turn){ CROWD_ROOMS, 1 }, on_tell, NULL), 1);
		CHECK_STR(told.p, round == 1 ? "room/a=1 " : round == 2 ? "room/b=2 "
									: "room/a=3 ");
		CU_ASSERT(c.behind[CROWD_ROOMS] && !c.behind[CROWD_COMMON]);
		expect_told(&c, round == 1 ? "view/a=1 view/b=1 " : round == 2 ? "view/a=2 view/b=2 "
									       : "view/a=3 view/b=3 ");
	}
	crowd_forget_kinds(&c);
	CU_ASSERT_FALSE(c.behind[CROWD_ROOMS]);
	crowd_free(&c);
	buf_free(&told);
}

static void what_is_local_is_told_and_not_reported_nor_read(void)
{
	struct crowd c = { .max_rows = 100 }, sum = { .max_rows = 100 };

	allow_rooms(&c);
	crowd_count(&c, STR("own/red"), 3);
	crowd_count(&c, STR("view/x"), 1);
	add(&c, "{\"own/forged\":7,\"own/red\":7}");
	CHECK_INT(c.refused, 2);
	expect_report(&c, "{\"view/x\":1}");
	crowd_add(&sum, &c);
	expect_report(&sum, "{\"view/x\":1}");
	expect_told(&c, "own/red=3 view/x=1 ");
	crowd_free(&c);
	crowd_free(&sum);
	buf_free(&told);
}

struct seen {
	struct crowd *c;
	unsigned n;
};

static void on_see(void *ctx, const struct crowd_view *row)
{
	struct seen *s = ctx;

	s->n += (unsigned)row->n;
	crowd_count(s->c, STR("own/sum"), row->n); /* rows of another kind may be counted meanwhile */
}

static void rows_of_a_kind_are_seen_and_found(void)
{
	struct crowd c = { .max_rows = 100 };
	struct seen s = { &c, 0 };
	struct crowd_view row;

	allow_rooms(&c);
	add(&c, "{\"room/a\":{\"count\":2,\"names\":[\"ann\",\"bob\"],\"since\":5,\"last\":6},\"room/b\":3,\"view/x\":100}");
	crowd_each(&c, "room", on_see, &s);
	CHECK_INT(s.n, 5);
	CHECK_INT(crowd_get(&c, STR("own/sum")), 5);
	CU_ASSERT_FATAL(crowd_find(&c, STR("room/a"), &row));
	CU_ASSERT(row.n == 2 && row.n_names == 2 && row.dates.since == 5 && row.dates.last == 6);
	CHECK_STR(row.names, "ann");
	CHECK_STR(row.names + 4, "bob");
	crowd_begin(&c);
	CU_ASSERT_FALSE(crowd_find(&c, STR("room/a"), &row));
	crowd_free(&c);
}

/* Counts are right for all, before anybody has a name. */
static void a_report_that_is_full_leaves_out_names_first(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct crowd c = { .max_rows = 3000 }, read = { .max_rows = 3000 };
	char key[32], name[32];

	for (int i = 0; i < 2500; i++) {
		snprintf(key, sizeof(key), "room/match:%d", i);
		crowd_count(&c, str_of(key), 10);
		for (int k = 0; k < 10; k++) {
			snprintf(name, sizeof(name), "member-%06d-%06d", i, k);
			crowd_name(&c, str_of(key), str_of(name));
		}
	}
	crowd_report(&c, &out);
	CU_ASSERT(out.len <= CROWD_REPORT_BYTES && out.len > CROWD_REPORT_BYTES - 1000);
	CU_ASSERT(c.nameless > 100 && c.nameless < 2000);
	CHECK_INT(c.refused, 0);
	CHECK_INT(crowd_read(&read, buf_view(&out), &why), 0);
	for (int i = 0; i < 2500; i += 499) {
		snprintf(key, sizeof(key), "room/match:%d", i);
		CHECK_INT(crowd_get(&read, str_of(key)), 10);
	}
	crowd_free(&c);
	crowd_free(&read);
}

const struct unit_test unit_tests[] = {
	UNIT(counts_add_and_names_unite),
	UNIT(what_is_reported_is_read_as_it_was),
	UNIT(only_news_is_told_and_what_is_gone_is_cleared),
	UNIT(a_report_that_is_none_adds_nothing),
	UNIT(rows_names_and_bytes_have_an_end),
	UNIT(rows_that_are_gone_leave_their_place_to_others),
	UNIT(a_kind_has_its_own_places),
	UNIT(what_has_to_wait_is_told_later_and_newer),
	UNIT(crowds_add_up),
	UNIT(no_report_is_slow_to_read),
	UNIT(a_kind_may_have_what_it_is_allowed_in_sum),
	UNIT(what_is_not_here_is_not_reported),
	UNIT(the_earliest_since_and_the_latest_change_are_told),
	UNIT(a_row_keeps_its_since_and_notices_who_has_gone),
	UNIT(a_date_that_is_none_is_no_report),
	UNIT(lanes_do_not_wait_for_each_other),
	UNIT(what_is_local_is_told_and_not_reported_nor_read),
	UNIT(rows_of_a_kind_are_seen_and_found),
	UNIT(a_report_that_is_full_leaves_out_names_first),
	{ NULL, NULL },
};
