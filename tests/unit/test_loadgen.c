/* The bench's judge must see what is wrong: feeds with holes, bytes that come one at a time, values at their bounds. */
#include "base/json.h"
#include "bench/loadgen/core/feed_check.h"
#include "bench/loadgen/core/hist.h"
#include "bench/loadgen/core/made_up.h"
#include "bench/loadgen/core/manners.h"
#include "bench/loadgen/core/reader.h"
#include "bench/loadgen/core/viewer.h"
#include "bench/wire/mqtt.h"
#include "publisher/core/news/packer.h"
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
	char dial[32], join[32];

	CU_ASSERT_TRUE(file_says("web/client/link.js", "backoff: { base: 1500, ceiling: 20000, floor: 100 }"));
	CU_ASSERT_TRUE(file_says("web/client/backoff.js", "Math.min(ceiling, base * 2 ** Math.min(attempt, 20))"));
	CU_ASSERT_TRUE(file_says("web/client/backoff.js", "Math.round(floor + rnd * Math.max(0, most - floor))"));
	snprintf(dial, sizeof(dial), "dialMs: %d,", MANNERS_DIAL_MS);
	CU_ASSERT_TRUE(file_says("web/client/link.js", dial));
	snprintf(join, sizeof(join), "joinMs: %d,", MANNERS_JOIN_MS);
	CU_ASSERT_TRUE(file_says("web/client/link.js", join));
	buf_puts(&pings, "HURRY_MS = [");
	for (int i = 0; i < MANNERS_PINGS; i++)
		buf_printf(&pings, "%s%d", i ? ", " : "", (int)manners_ping_ms(i));
	buf_puts(&pings, "];");
	CU_ASSERT_TRUE(file_says("web/client/transports/mqtt.js", pings.p));
}

/* --- the packed feed --- */

static struct str made_up(struct buf *b, const char *member, int seq, size_t bytes)
{
	buf_clear(b);
	buf_printf(b, "{\"epoch\":\"a\",\"base\":0,\"seq\":%d,\"ts\":%d", seq, 1000000 + 7919 * seq);
	made_up_end(b, member, (uint64_t)seq, bytes);
	return buf_view(b);
}

/* What is measured with made-up texts is worth something only when they shrink as a game's do: a snapshot of 20 kB to 4 or 5, a delta to 30
 * to 60 bytes. */
static void a_made_up_game_shrinks_like_a_real_one(void)
{
	struct buf text BUF_CLEANUP = { 0 }, out BUF_CLEANUP = { 0 }, dictionary BUF_CLEANUP = { 0 };
	struct packer *p = packer_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	packer_base(p, made_up(&text, "state", 0, 20000), &out, &dictionary);
	CHECK_INT(text.len, 20000);
	CU_ASSERT(out.len > 3500 && out.len < 5500);
	packer_text(p, made_up(&text, "set", 1, 1000), &out);
	CHECK_INT(text.len, 1000);
	CU_ASSERT(out.len > 150 && out.len < 300);
	packer_text(p, made_up(&text, "set", 2, 160), &out);
	CHECK_INT(text.len, 160);
	CU_ASSERT(out.len > 30 && out.len < 60);
	packer_free(p);
}

/* A state is JSON, and another moment gives other values. */
static void a_made_up_text_is_json(void)
{
	struct buf text BUF_CLEANUP = { 0 }, other BUF_CLEANUP = { 0 };
	struct str state;

	CU_ASSERT_TRUE(json_member(made_up(&text, "state", 0, 20000), "state", &state));
	CU_ASSERT_TRUE(str_ends(state, STR("}")));
	made_up(&other, "state", 0, 20000);
	CU_ASSERT_TRUE(str_eq(buf_view(&text), buf_view(&other)));
	buf_clear(&text);
	buf_clear(&other);
	buf_char(&text, '{');
	buf_char(&other, '{');
	made_up_end(&text, "set", 1, 160);
	made_up_end(&other, "set", 2, 160);
	CU_ASSERT_FALSE(str_eq(buf_view(&text), buf_view(&other)));
	made_up_end(&other, "set", 2, 0); /* too few bytes for anything: still whole */
	CU_ASSERT_TRUE(str_ends(buf_view(&other), STR(",\"set\":{}}")));
}

#define FEED_MESSAGES 120

/* A packed feed with all kinds of messages, in the order in which they are sent. */
struct packed_feed {
	struct buf messages[FEED_MESSAGES];
	size_t n;
};

static struct buf *next_message(struct packed_feed *f)
{
	CU_ASSERT_FATAL(f->n < FEED_MESSAGES);
	return &f->messages[f->n++];
}

/* The snapshots drift away from each other, so that the dictionary changes in both ways. */
static void pack_feed(struct packed_feed *f)
{
	struct buf text BUF_CLEANUP = { 0 }, dictionary BUF_CLEANUP = { 0 };
	struct packer *p = packer_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	for (int seq = 0; seq < 30; seq++) {
		if (seq % 3 == 0)
			packer_kept(p, made_up(&text, "set", seq, 300 + 100 * (size_t)seq), next_message(f));
		else
			packer_text(p, made_up(&text, "set", seq, 200), next_message(f));
		if (seq % 3 == 0)
			packer_base(p, made_up(&text, "state", seq, seq % 2 ? 900 : 9000), next_message(f), &dictionary);
		if (seq % 3 == 0 && dictionary.len)
			buf_str(next_message(f), buf_view(&dictionary));
		packer_text(p, made_up(&text, "recent", seq, 500), next_message(f));
	}
	packer_free(p);
}

/* A viewer who is given some of the messages, some in the wrong order, and an unpacker that is given the same. */
struct pair {
	struct bookmark at;
	struct unpacker own;
	uint32_t chance;
	size_t number;
};

static void compare(struct reader *r, struct pair *v, const struct packed_feed *f, size_t i)
{
	size_t swapped = i ^ ((i / 2 * 7 + v->number) % 3 == 0 ? 1 : 0);
	struct str message = buf_view(&f->messages[swapped < f->n ? swapped : i]);
	struct buf text BUF_CLEANUP = { 0 };
	struct feed_message m, wanted;
	enum unpacked outcome;

	v->chance = v->chance * 1664525 + 1013904223;
	if (v->chance >> 29 < 2)
		return; /* missed */
	outcome = unpacker_take(&v->own, message, &text);
	CHECK_INT(reader_take(r, &v->at, message, &m), outcome);
	if (outcome == UNPACKED_TEXT && feed_message_read(buf_view(&text), &wanted))
		CU_ASSERT(m.seq == wanted.seq && m.epoch == wanted.epoch && m.base == wanted.base && m.ts_ms == wanted.ts_ms);
}

static void a_bookmark_reads_what_an_unpacker_of_its_own_would(void)
{
	static struct packed_feed f;
	static struct pair viewers[200];
	const size_t n = sizeof(viewers) / sizeof(viewers[0]);
	struct reader *r = reader_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	pack_feed(&f);
	for (size_t v = 0; v < n; v++) {
		viewers[v].number = v;
		viewers[v].chance = (uint32_t)v * 2654435761u;
		unpacker_init(&viewers[v].own, 1 << 20);
	}
	for (size_t i = 0; i < f.n; i++) {
		for (size_t v = 0; v < n; v++)
			compare(r, &viewers[v], &f, i);
	}
	for (size_t i = 0; i < f.n; i++)
		buf_free(&f.messages[i]);
	for (size_t v = 0; v < n; v++)
		unpacker_free(&viewers[v].own);
	reader_free(r);
}

static void what_all_get_is_unpacked_once(void)
{
	struct buf text BUF_CLEANUP = { 0 }, base BUF_CLEANUP = { 0 }, delta BUF_CLEANUP = { 0 }, none BUF_CLEANUP = { 0 };
	struct packer *p = packer_new();
	struct reader *r = reader_new();
	struct feed_message m;

	CU_ASSERT_FATAL(p && r);
	packer_base(p, made_up(&text, "state", 1, 5000), &base, &none);
	packer_text(p, made_up(&text, "set", 2, 200), &delta);
	for (int viewer = 0; viewer < 50; viewer++) {
		struct bookmark at = { 0 };

		CHECK_INT(reader_take(r, &at, buf_view(&delta), &m), UNPACKED_UNKNOWN); /* though others can read it */
		CHECK_INT(reader_take(r, &at, buf_view(&base), &m), UNPACKED_TEXT);
		CHECK_INT(m.seq, 1);
		CHECK_INT(reader_take(r, &at, buf_view(&delta), &m), UNPACKED_TEXT);
		CHECK_INT(m.seq, 2);
	}
	CHECK_INT(reader_n_unpacked(r), 2);
	packer_free(p);
	reader_free(r);
}

/* What is no packed message of a feed, or a damaged one, is none for the second viewer either. */
static void what_is_damaged_is_bad_for_all(void)
{
	struct buf base BUF_CLEANUP = { 0 }, none BUF_CLEANUP = { 0 }, text BUF_CLEANUP = { 0 };
	struct packer *p = packer_new();
	struct reader *r = reader_new();
	struct feed_message m;

	CU_ASSERT_FATAL(p && r);
	packer_base(p, made_up(&text, "state", 1, 2000), &base, &none);
	for (int viewer = 0; viewer < 2; viewer++) {
		struct bookmark at = { 0 };

		base.p[40] ^= 1;
		CHECK_INT(reader_take(r, &at, buf_view(&base), &m), UNPACKED_BAD);
		base.p[40] ^= 1;
		CHECK_INT(reader_take(r, &at, (struct str){ base.p, base.len - 1 }, &m), UNPACKED_BAD);
		CHECK_INT(reader_take(r, &at, STR(""), &m), UNPACKED_BAD);
		CHECK_INT(reader_take(r, &at, STR("\x01\0\0\0\0"), &m), UNPACKED_BAD);
		CHECK_INT(reader_take(r, &at, STR("\x09\0\0\0\0x"), &m), UNPACKED_BAD);
		CHECK_INT(reader_take(r, &at, buf_view(&base), &m), UNPACKED_TEXT);
		packer_text(p, STR("{\"no\":\"seq\"}"), &text);
		CHECK_INT(reader_take(r, &at, buf_view(&text), &m), UNPACKED_BAD);
	}
	packer_free(p);
	reader_free(r);
}

/* A viewer of the packed feed, with a packer that plays the publisher. */
struct packed_world {
	struct plan plan;
	struct audience audience;
	struct viewer viewer;
	struct packer *packer;
	struct buf packed, none;
};

static struct tally packed_tally;

static void open_packed_world(struct packed_world *w)
{
	static char *argv[] = { "loadgen", "--url", "mqtt://127.0.0.1:1", "--packed", "--as-page" };
	static struct baton baton = { .window = -1 };

	*w = (struct packed_world){ .packer = packer_new() };
	packed_tally = (struct tally){ 0 };
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->packer);
	CU_ASSERT_EQUAL_FATAL(plan_read(&w->plan, 5, argv), 0);
	CU_ASSERT_EQUAL_FATAL(audience_init(&w->audience, &w->plan), 0);
	w->audience.baton = &baton;
	w->audience.tally = &packed_tally;
	viewer_reset(&w->viewer);
}

static void close_packed_world(struct packed_world *w)
{
	viewer_reset(&w->viewer);
	audience_free(&w->audience);
	plan_free(&w->plan);
	packer_free(w->packer);
	buf_free(&w->packed);
	buf_free(&w->none);
}

static void log_in(struct packed_world *w)
{
	char connack[] = "\x20\x03\x00\x00\x00";

	viewer_reset(&w->viewer);
	viewer_begin(&w->viewer, &w->audience, &w->plan.targets[0], 1);
	buf_clear(&w->audience.out);
	viewer_take(&w->viewer, &w->audience, &w->plan.targets[0], connack, 5);
}

static enum viewer_answer give_packed(struct packed_world *w, struct str topic)
{
	struct buf wire BUF_CLEANUP = { 0 };

	mqtt_put_publish(&wire, 5, &(struct mqtt_message){ topic, buf_view(&w->packed), 0, true, 0 });
	return viewer_take(&w->viewer, &w->audience, &w->plan.targets[0], wire.p, wire.len);
}

static enum viewer_answer give_text(struct packed_world *w, struct str topic, const char *text)
{
	packer_text(w->packer, str_of(text), &w->packed);
	return give_packed(w, topic);
}

static enum viewer_answer give_base(struct packed_world *w, const char *text)
{
	packer_base(w->packer, str_of(text), &w->packed, &w->none);
	return give_packed(w, w->audience.snapshot);
}

static bool said(const struct packed_world *w, struct str what)
{
	return memmem(w->audience.out.p, w->audience.out.len, what.p, what.len) != NULL;
}

#define RECENT "{\"epoch\":\"a\",\"base\":5,\"seq\":7" SET

static void a_packed_feed_is_joined_and_followed(void)
{
	struct packed_world w;

	open_packed_world(&w);
	log_in(&w);
	CU_ASSERT_TRUE(said(&w, STR("\0\x11scoreboard/notice\0\0\x1bscoreboard/feed/spectator/z\0\0\x1dscoreboard/feed/spectator/z/+\0\0\x11scoreboard/status\0")));
	CHECK_INT(give_base(&w, SNAPSHOT), VIEWER_FINE);
	buf_clear(&w.audience.out);
	CHECK_INT(give_text(&w, w.audience.recent, RECENT), VIEWER_IN_SYNC);
	CU_ASSERT_TRUE(said(&w, STR("\xa2"))); /* UNSUBSCRIBE */
	CU_ASSERT_TRUE(str_ends(buf_view(&w.audience.out), STR("\0\x1dscoreboard/feed/spectator/z/+")));
	CHECK_INT(give_text(&w, w.audience.delta, "{\"epoch\":\"a\",\"seq\":8" SET), VIEWER_FINE);
	CHECK_INT(tally_get(&packed_tally, COUNT_deliveries), 1);
	CHECK_INT(tally_get(&packed_tally, COUNT_gaps), 0);
	give_text(&w, w.audience.delta, "{\"epoch\":\"a\",\"seq\":10" SET);
	CHECK_INT(tally_get(&packed_tally, COUNT_gaps), 1);
	give_text(&w, w.audience.delta, "{\"epoch\":\"a\",\"seq\":10" SET);
	CHECK_INT(tally_get(&packed_tally, COUNT_repeated), 1);
	CHECK_INT(tally_get(&packed_tally, COUNT_unread), 0);
	close_packed_world(&w);
}

/* The retained messages come in any order, and deltas may come before them: all is read when the base is there. */
static void what_comes_before_the_base_is_held(void)
{
	struct packed_world w;

	open_packed_world(&w);
	packer_base(w.packer, STR(SNAPSHOT), &w.packed, &w.none);
	log_in(&w);
	CHECK_INT(give_text(&w, w.audience.delta, "{\"epoch\":\"a\",\"seq\":7" SET), VIEWER_FINE);
	CHECK_INT(give_text(&w, w.audience.recent, RECENT), VIEWER_FINE);
	CHECK_INT(give_text(&w, w.audience.delta, "{\"epoch\":\"a\",\"seq\":8" SET), VIEWER_FINE);
	CHECK_INT(tally_get(&packed_tally, COUNT_deliveries), 0);
	CHECK_INT(give_base(&w, SNAPSHOT), VIEWER_IN_SYNC);
	CHECK_INT(w.viewer.feed.seq, 8);
	CHECK_INT(tally_get(&packed_tally, COUNT_deliveries), 2);
	CHECK_INT(tally_get(&packed_tally, COUNT_gaps) + tally_get(&packed_tally, COUNT_unread), 0);
	close_packed_world(&w);
}

/* Who has missed a change of the dictionary can't read on, and it is seen. */
static void what_cannot_be_read_is_counted(void)
{
	struct packed_world w;

	open_packed_world(&w);
	log_in(&w);
	give_base(&w, SNAPSHOT);
	CHECK_INT(give_text(&w, w.audience.recent, RECENT), VIEWER_IN_SYNC);
	packer_kept(w.packer, STR("{\"epoch\":\"a\",\"seq\":8" SET), &w.packed); /* missed */
	CHECK_INT(give_text(&w, w.audience.delta, "{\"epoch\":\"a\",\"seq\":9" SET), VIEWER_FINE);
	CHECK_INT(tally_get(&packed_tally, COUNT_unread), 1);
	CHECK_INT(tally_get(&packed_tally, COUNT_deliveries), 0);
	close_packed_world(&w);
}

/* What one connection has brought is not known in the next. */
static void a_new_connection_begins_without_a_dictionary(void)
{
	struct packed_world w;

	open_packed_world(&w);
	log_in(&w);
	give_base(&w, SNAPSHOT);
	CHECK_INT(give_text(&w, w.audience.recent, RECENT), VIEWER_IN_SYNC);
	log_in(&w);
	CHECK_INT(give_text(&w, w.audience.recent, RECENT), VIEWER_FINE);
	CU_ASSERT_FALSE(w.viewer.feed.has_recent);
	CHECK_INT(give_base(&w, SNAPSHOT), VIEWER_IN_SYNC);
	CHECK_INT(tally_get(&packed_tally, COUNT_unread), 0);
	close_packed_world(&w);
}

static void a_page_joins_both_encodings_like_this(void)
{
	CU_ASSERT_TRUE(file_says("web/client/transports/mqtt-feed.js",
				 "json: { stay: ['delta'], once: ['snapshot', 'recent'] }, packed: { stay: ['z'], once: ['z/+'] }"));
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
	{ true, { URL, "--packed" } },
	{ false, { URL, "--packed", "--filter", "#" } },
	{ false, { URL, "--packed", "--speak", "plain" } },
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
	UNIT(a_made_up_game_shrinks_like_a_real_one),
	UNIT(a_made_up_text_is_json),
	UNIT(a_bookmark_reads_what_an_unpacker_of_its_own_would),
	UNIT(what_all_get_is_unpacked_once),
	UNIT(what_is_damaged_is_bad_for_all),
	UNIT(a_packed_feed_is_joined_and_followed),
	UNIT(what_comes_before_the_base_is_held),
	UNIT(what_cannot_be_read_is_counted),
	UNIT(a_new_connection_begins_without_a_dictionary),
	UNIT(a_page_joins_both_encodings_like_this),
	UNIT(what_cannot_be_is_refused),
	UNIT(a_storm_is_read),
	{ NULL, NULL },
};
