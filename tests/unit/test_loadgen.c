/* The bench's judge must see what is wrong: feeds with holes, bytes that come one at a time, values at their bounds. */
#include "bench/loadgen/core/feed_check.h"
#include "bench/loadgen/core/hist.h"
#include "bench/loadgen/core/manners.h"
#include "bench/loadgen/core/viewer.h"
#include "bench/wire/mqtt.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "loadgen";

static struct feed_message message(const char *text)
{
	struct feed_message m;

	CU_ASSERT_TRUE(feed_message_read(str_of(text), &m));
	return m;
}

static void a_feed_message_is_read(void)
{
	struct feed_message m = message("{\"epoch\":\"a\",\"seq\":7,\"ts\":1795320685317,\"sent\":99,\"set\":{\"seq\":1}}");

	CU_ASSERT(m.seq == 7 && m.ts_ms == 1795320685317 && m.sent_ns == 99 && m.base == -1 && !m.empty);
	CU_ASSERT_NOT_EQUAL(m.epoch, message("{\"epoch\":\"b\",\"seq\":7}").epoch);
	CU_ASSERT_TRUE(message("{\"epoch\":\"b\",\"seq\":7,\"ts\":1}").empty);
	CU_ASSERT_FALSE(feed_message_read(STR("23"), &m));
	CU_ASSERT_FALSE(feed_message_read(STR("{\"seq\":99999999999999999999}"), &m));
	CU_ASSERT_FALSE(feed_message_read(STR(""), &m));
}

#define SNAPSHOT "{\"epoch\":\"a\",\"seq\":5,\"ts\":1,\"state\":{}}"
#define SET ",\"ts\":1,\"set\":{}}"

static const struct {
	const char *delta;
	enum feed_verdict verdict;
	int64_t missing;
} story[] = {
	{ "{\"epoch\":\"a\",\"seq\":8" SET, FEED_NEXT, 0 },
	{ "{\"epoch\":\"a\",\"seq\":9" SET, FEED_NEXT, 0 },
	{ "{\"epoch\":\"a\",\"seq\":9,\"ts\":1}", FEED_ALIVE, 0 },
	{ "{\"epoch\":\"a\",\"seq\":9" SET, FEED_REPEATED, 0 },
	{ "{\"epoch\":\"a\",\"seq\":12" SET, FEED_GAP, 2 },
	{ "{\"epoch\":\"a\",\"seq\":13" SET, FEED_NEXT, 0 },
	{ "{\"epoch\":\"a\",\"seq\":4" SET, FEED_BACKWARD, 0 },
	{ "{\"epoch\":\"a\",\"seq\":14" SET, FEED_NEXT, 0 },
	{ "{\"epoch\":\"a\",\"seq\":15,\"ts\":1}", FEED_GAP, 1 }, /* a sign of life tells of one that was missed */
	{ "{\"epoch\":\"b\",\"seq\":1" SET, FEED_NEW_EPOCH, 0 },
	{ "{\"epoch\":\"b\",\"seq\":2" SET, FEED_NEXT, 0 },
};

static void a_hole_is_seen(void)
{
	struct feed_message m = message(SNAPSHOT), recent = message("{\"epoch\":\"a\",\"base\":5,\"seq\":7" SET);
	struct feed_check f;
	int64_t missing;

	feed_check_reset(&f);
	CU_ASSERT_FALSE(feed_check_snapshot(&f, &m));
	CU_ASSERT_TRUE(feed_check_recent(&f, &recent));
	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		m = message(story[i].delta);
		CHECK_INT(feed_check_delta(&f, &m, &missing), story[i].verdict);
		CHECK_INT(missing, story[i].missing);
	}
}

static void joining_takes_what_belongs_together(void)
{
	struct feed_message snapshot = message(SNAPSHOT), early = message("{\"epoch\":\"a\",\"seq\":8" SET);
	struct feed_message newer = message("{\"epoch\":\"a\",\"base\":9,\"seq\":9" SET);
	struct feed_message its_own = message("{\"epoch\":\"a\",\"seq\":9,\"ts\":1,\"state\":{}}");
	struct feed_message older = message("{\"epoch\":\"a\",\"base\":3,\"seq\":5" SET);
	struct feed_check f;
	int64_t missing;

	feed_check_reset(&f);
	CHECK_INT(feed_check_delta(&f, &early, &missing), FEED_EARLY);
	feed_check_snapshot(&f, &snapshot);
	CU_ASSERT_FALSE(feed_check_recent(&f, &newer)); /* waits for its snapshot */
	CU_ASSERT_TRUE(feed_check_snapshot(&f, &its_own));
	CHECK_INT(f.seq, 9);

	feed_check_reset(&f);
	feed_check_snapshot(&f, &snapshot);
	CU_ASSERT_TRUE(feed_check_recent(&f, &older)); /* ignored: the snapshot alone is exact */
	CHECK_INT(f.seq, 5);
}

/* `recent` goes out before its delta: who subscribes between the two is sent both. Once; after that it is a repeat. */
static void what_recent_held_is_no_repeat(void)
{
	static const struct {
		const char *delta;
		enum feed_verdict verdict;
	} after[] = {
		{ "{\"epoch\":\"a\",\"seq\":7" SET, FEED_EARLY },
		{ "{\"epoch\":\"a\",\"seq\":8" SET, FEED_NEXT },
		{ "{\"epoch\":\"a\",\"seq\":8" SET, FEED_REPEATED },
		{ "{\"epoch\":\"a\",\"seq\":7" SET, FEED_BACKWARD },
	};
	struct feed_message m = message(SNAPSHOT), recent = message("{\"epoch\":\"a\",\"base\":5,\"seq\":7" SET);
	struct feed_check f;
	int64_t missing;

	feed_check_reset(&f);
	feed_check_snapshot(&f, &m);
	CU_ASSERT_TRUE_FATAL(feed_check_recent(&f, &recent));
	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		m = message(after[i].delta);
		CHECK_INT(feed_check_delta(&f, &m, &missing), after[i].verdict);
	}
	m = message("{\"epoch\":\"a\",\"seq\":6" SET);
	feed_check_reset(&f);
	feed_check_snapshot(&f, &recent);
	feed_check_recent(&f, &recent);
	CHECK_INT(feed_check_delta(&f, &m, &missing), FEED_BACKWARD); /* older than what it joined with */
}

static void quantiles_are_right_within_a_percent(void)
{
	static struct hist h, sum;

	for (uint64_t us = 1; us <= 1000000; us++)
		hist_add(us % 2 ? &h : &sum, us);
	hist_merge(&sum, &h);
	CHECK_INT(sum.count, 1000000);
	CU_ASSERT_DOUBLE_EQUAL((double)hist_quantile(&sum, 0.5), 500000, 5000);
	CU_ASSERT_DOUBLE_EQUAL((double)hist_quantile(&sum, 0.99), 990000, 9900);
	CHECK_INT(hist_quantile(&sum, 1), 1000000);
	hist_add(&sum, UINT64_MAX);
	CU_ASSERT_EQUAL(hist_quantile(&sum, 1), UINT64_MAX);
}

/* A broker's bytes, given one at a time: the viewer must come to the same end. */
static void a_viewer_joins_byte_by_byte(void)
{
	char *argv[] = { "loadgen", "--url", "mqtt://127.0.0.1:1" };
	struct buf wire BUF_CLEANUP = { 0 };
	static struct baton baton = { .window = 0 };
	static struct tally tally;
	struct viewer v = { 0 };
	struct audience a;
	struct plan plan;
	int in_sync = 0;

	CU_ASSERT_EQUAL_FATAL(plan_read(&plan, 3, argv), 0);
	CU_ASSERT_EQUAL_FATAL(audience_init(&a, &plan), 0);
	a.baton = &baton;
	a.tally = &tally;
	viewer_reset(&v);
	viewer_begin(&v, &a, &plan.targets[0], 1);
	buf_str(&wire, STR("\x20\x03\x00\x00\x00\x90\x06\x00\x01\x00\x00\x00\x00"));
	mqtt_put_publish(&wire, 5, &(struct mqtt_message){ a.snapshot, STR(SNAPSHOT), 0, true, 0 });
	mqtt_put_publish(&wire, 5, &(struct mqtt_message){ a.recent, STR("{\"epoch\":\"a\",\"base\":5,\"seq\":7" SET), 0, true, 0 });
	mqtt_put_publish(&wire, 5, &(struct mqtt_message){ a.delta, STR("{\"epoch\":\"a\",\"seq\":8" SET), 0, false, 0 });
	mqtt_put_publish(&wire, 5, &(struct mqtt_message){ a.delta, STR("{\"epoch\":\"a\",\"seq\":10" SET), 0, false, 0 });
	for (size_t i = 0; i < wire.len; i++)
		in_sync += viewer_take(&v, &a, &plan.targets[0], &wire.p[i], 1) == VIEWER_IN_SYNC;
	CHECK_INT(in_sync, 1);
	CHECK_INT(v.state, VIEWER_SYNCED);
	CHECK_INT(tally_get(&tally, COUNT_deliveries), 2);
	CHECK_INT(tally_get(&tally, COUNT_gaps), 1);
	CHECK_INT(tally.windows[0].latency.count, 2);
	viewer_reset(&v);
	audience_free(&a);
	plan_free(&plan);
}

static void give(struct viewer *v, struct audience *a, struct str topic, const char *payload)
{
	struct buf wire BUF_CLEANUP = { 0 };

	mqtt_put_publish(&wire, 5, &(struct mqtt_message){ topic, str_of(payload), 0, true, 0 });
	viewer_take(v, a, &a->plan->targets[0], wire.p, wire.len);
}

static void join(struct viewer *v, struct audience *a, const char *snapshot, const char *recent)
{
	char connack[] = "\x20\x03\x00\x00\x00";

	viewer_begin(v, a, &a->plan->targets[0], 1);
	viewer_take(v, a, &a->plan->targets[0], connack, 5);
	give(v, a, a->snapshot, snapshot);
	give(v, a, a->recent, recent);
	CHECK_INT(v->state, VIEWER_SYNCED);
}

/* A broker that comes back with less than a viewer had has gone backwards, unless the publisher is another one. */
static void coming_back_to_less_is_backward(void)
{
	char *argv[] = { "loadgen", "--url", "mqtt://127.0.0.1:1" };
	static struct baton baton = { .window = -1 };
	static struct tally tally;
	struct viewer v = { 0 };
	struct audience a;
	struct plan plan;

	CU_ASSERT_EQUAL_FATAL(plan_read(&plan, 3, argv), 0);
	CU_ASSERT_EQUAL_FATAL(audience_init(&a, &plan), 0);
	a.baton = &baton;
	a.tally = &tally;
	viewer_reset(&v);
	join(&v, &a, SNAPSHOT, "{\"epoch\":\"a\",\"base\":5,\"seq\":7" SET);
	give(&v, &a, a.delta, "{\"epoch\":\"a\",\"seq\":8" SET);
	viewer_reset(&v);
	join(&v, &a, SNAPSHOT, "{\"epoch\":\"a\",\"base\":5,\"seq\":8" SET);
	CHECK_INT(tally_get(&tally, COUNT_backward), 0);
	viewer_reset(&v);
	join(&v, &a, SNAPSHOT, "{\"epoch\":\"a\",\"base\":5,\"seq\":6" SET);
	CHECK_INT(tally_get(&tally, COUNT_backward), 1);
	viewer_reset(&v);
	join(&v, &a, "{\"epoch\":\"b\",\"seq\":0,\"ts\":1,\"state\":{}}", "{\"epoch\":\"b\",\"base\":0,\"seq\":1" SET);
	CHECK_INT(tally_get(&tally, COUNT_backward), 1);
	viewer_reset(&v);
	audience_free(&a);
	plan_free(&plan);
}

static void retries_are_spread_up_to_a_ceiling(void)
{
	static const struct {
		int attempt;
		double rnd;
		int64_t ms;
	} waits[] = {
		{ 0, 0, 100 },
		{ 0, 0.5, 800 },
		{ 0, 0.999999, 1500 },
		{ 1, 0.999999, 3000 },
		{ 2, 0.999999, 6000 },
		{ 3, 0.5, 6050 },
		{ 4, 0.999999, 20000 },
		{ 1000000, 0.5, 10050 },
		{ 1000000, 0, 100 },
	};

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		CHECK_INT(manners_retry_ms(waits[i].attempt, waits[i].rnd), waits[i].ms);
}

static bool file_says(const char *path, const char *text)
{
	struct buf b BUF_CLEANUP = { 0 };

	CU_ASSERT_TRUE_FATAL(fixture_read(path, &b));
	return memmem(b.p, b.len, text, strlen(text)) != NULL;
}

static void manners_are_those_of_the_page(void)
{
	struct buf pings BUF_CLEANUP = { 0 };
	char dial[32];

	CU_ASSERT_TRUE(file_says("web/client/link.js", "backoff: { base: 1500, ceiling: 20000, floor: 100 }"));
	CU_ASSERT_TRUE(file_says("web/client/backoff.js", "Math.min(ceiling, base * 2 ** Math.min(attempt, 20))"));
	CU_ASSERT_TRUE(file_says("web/client/backoff.js", "Math.round(floor + rnd * Math.max(0, most - floor))"));
	snprintf(dial, sizeof(dial), "dialMs: %d,", MANNERS_DIAL_MS);
	CU_ASSERT_TRUE(file_says("web/client/link.js", dial));
	buf_puts(&pings, "HURRY_MS = [");
	for (int i = 0; i < MANNERS_PINGS; i++)
		buf_printf(&pings, "%s%d", i ? ", " : "", (int)manners_ping_ms(i));
	buf_puts(&pings, "];");
	CU_ASSERT_TRUE(file_says("web/client/transports/mqtt.js", pings.p));
}

#define URL "--url", "ws://127.0.0.1:1/mqtt"

static const struct {
	bool good;
	char *argv[9];
} command_lines[] = {
	{ true, { URL } },
	{ true, { URL, "--storm", "30", "--storm-command", "true" } },
	{ true, { URL, "--watch", "1", "--watch", "2" } }, /* added up */
	{ false, { URL, "--storm", "30" } },
	{ false, { URL, "--storm-command", "true" } },
	{ false, { URL, "--probe-user", "operator" } },
	{ false, { URL, "--storm", "30", "--storm-command", "true", "--alternate" } },
	{ false, { URL, "--storm", "-1", "--storm-command", "true" } },
	{ false, { URL, "--probe-url", "nonsense" } },
	{ false, { URL, "--probe-password-file", "/nonexistent" } },
	{ false, { URL, "--publish-period", "0" } },
	{ false, { URL, URL, "--alternate", "--watch", "1" } }, /* one each */
	{ false, { URL, "--watch", "none" } },
};

static void what_cannot_be_is_refused(void)
{
	for (size_t i = 0; i < sizeof(command_lines) / sizeof(command_lines[0]); i++) {
		char *argv[10] = { "loadgen" };
		struct plan plan;
		int n = 1;

		for (; n < 10 && command_lines[i].argv[n - 1]; n++)
			argv[n] = command_lines[i].argv[n - 1];
		CHECK_INT(plan_read(&plan, n, argv), command_lines[i].good ? 0 : -1);
		plan_free(&plan);
	}
}

static void a_storm_is_read(void)
{
	char *argv[] = { "loadgen", URL, "--publish-url", "mqtt://127.0.0.1:2", "--storm", "30", "--storm-command",
			 "kill -9 77", "--probe-user", "operator", "--as-page", "--watch", "7", "--watch", "9" };
	struct plan plan;

	CU_ASSERT_EQUAL_FATAL(plan_read(&plan, (int)(sizeof(argv) / sizeof(argv[0])), argv), 0);
	CHECK_INT(plan.storm_s, 30);
	CHECK_STR(plan.storm_command, "kill -9 77");
	CU_ASSERT_TRUE(plan.as_page);
	CU_ASSERT_FALSE(plan.probe_target.websocket);
	CHECK_INT(ntohs(plan.probe_target.address.sin_port), 2);
	CU_ASSERT(plan.watches.n == 2 && plan.watch_pids[0] == 7 && plan.watch_pids[1] == 9);
	plan_free(&plan);
}

const struct unit_test unit_tests[] = {
	UNIT(a_feed_message_is_read),
	UNIT(a_hole_is_seen),
	UNIT(joining_takes_what_belongs_together),
	UNIT(what_recent_held_is_no_repeat),
	UNIT(quantiles_are_right_within_a_percent),
	UNIT(a_viewer_joins_byte_by_byte),
	UNIT(coming_back_to_less_is_backward),
	UNIT(retries_are_spread_up_to_a_ceiling),
	UNIT(manners_are_those_of_the_page),
	UNIT(what_cannot_be_is_refused),
	UNIT(a_storm_is_read),
	{ NULL, NULL },
};
