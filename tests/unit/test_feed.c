/* feed - numbered deltas, the snapshot, what changed since; and clients that follow the published rules and nothing
 * else, who are exact whenever they say that they are. */
#include "publisher/core/news/feed.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "feed";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PLENTY (1 << 20)
#define NEVER INT64_MAX

static struct feed *new_feed(void)
{
	struct feed *f = feed_new("spectator", "e1", PLENTY);

	CU_ASSERT_FATAL(f != NULL);
	return f;
}

static void set(struct feed *f, const char *key, const char *value, enum schema_class class)
{
	CU_ASSERT(feed_set(f, str_of(key), str_of(value), class));
}

static void check_view(struct str actual, const char *expected)
{
	char *copy = str_dup(actual);

	CHECK_STR(copy, expected);
	free(copy);
}

static void commit(struct feed *f, int64_t at)
{
	feed_commit(f, (mono){ at });
}

static void expect(struct feed *f, int64_t at, enum feed_news news)
{
	CHECK_INT(feed_flush(f, (mono){ at }, 1000 + at), news);
}

static void the_first_delta_brings_the_snapshot(void)
{
	struct feed *f = new_feed();

	CHECK_INT(feed_deadline(f).ms, NEVER);
	expect(f, 0, FEED_NOTHING);
	set(f, "team/1/score", "0", CLASS_CRITICAL);
	set(f, "a\"b", "\"x\"", CLASS_LOW);
	commit(f, 5);
	CHECK_INT(feed_deadline(f).ms, 5);
	CU_ASSERT(feed_has_pending(f));
	expect(f, 4, FEED_NOTHING);
	expect(f, 5, FEED_RENEWED);
	check_view(feed_delta(f),
		   "{\"epoch\":\"e1\",\"seq\":1,\"ts\":1005,\"set\":{\"team/1/score\":0,\"a\\\"b\":\"x\"}}");
	check_view(feed_snapshot(f),
		   "{\"epoch\":\"e1\",\"seq\":1,\"ts\":1005,\"state\":{\"team/1/score\":0,\"a\\\"b\":\"x\"}}");
	check_view(feed_recent(f), "{\"epoch\":\"e1\",\"base\":1,\"seq\":1,\"ts\":1005}");
	CU_ASSERT(!feed_has_pending(f));
	CHECK_INT(feed_seq(f), 1);
	CHECK_STR(feed_epoch(f), "e1");
	CHECK_STR(feed_name(f), "spectator");
	feed_free(f);
	feed_free(NULL);
}

static void changes_and_removals_are_told_and_gathered(void)
{
	struct feed *f = new_feed();

	/* a snapshot of some size, so that it is not renewed at once */
	for (int i = 0; i < 50; i++) {
		char key[16];

		snprintf(key, sizeof(key), "key/%d", i);
		set(f, key, "\"0123456789\"", CLASS_HIGH);
	}
	commit(f, 0);
	expect(f, 0, FEED_RENEWED);
	set(f, "key/7", "1", CLASS_HIGH);
	feed_remove(f, STR("key/8"), CLASS_HIGH);
	feed_remove(f, STR("key/8"), CLASS_HIGH);
	feed_remove(f, STR("never"), CLASS_HIGH);
	commit(f, 10);
	expect(f, 10, FEED_DELTA);
	check_view(feed_delta(f), "{\"epoch\":\"e1\",\"seq\":2,\"ts\":1010,\"set\":{\"key/7\":1},\"del\":[\"key/8\"]}");
	check_view(feed_recent(f),
		   "{\"epoch\":\"e1\",\"base\":1,\"seq\":2,\"ts\":1010,\"set\":{\"key/7\":1},\"del\":[\"key/8\"]}");
	set(f, "key/7", "2", CLASS_HIGH);
	set(f, "key/8", "true", CLASS_HIGH);
	set(f, "key/9", "false", CLASS_HIGH);
	commit(f, 20);
	expect(f, 20, FEED_DELTA);
	check_view(feed_delta(f),
		   "{\"epoch\":\"e1\",\"seq\":3,\"ts\":1020,\"set\":{\"key/7\":2,\"key/8\":true,\"key/9\":false}}");
	check_view(feed_recent(f), "{\"epoch\":\"e1\",\"base\":1,\"seq\":3,\"ts\":1020,"
				   "\"set\":{\"key/7\":2,\"key/8\":true,\"key/9\":false}}");
	feed_free(f);
}

static void the_same_value_again_is_no_news(void)
{
	struct feed *f = new_feed();

	set(f, "a", "1", CLASS_HIGH);
	commit(f, 0);
	expect(f, 0, FEED_RENEWED);
	set(f, "a", "1", CLASS_HIGH);
	commit(f, 1);
	CU_ASSERT(!feed_has_pending(f));
	expect(f, 1, FEED_NOTHING);
	CHECK_INT(feed_deadline(f).ms, FEED_HEARTBEAT_MS);
	feed_free(f);
}

static void classes_wait_as_long_as_they_may(void)
{
	static const struct {
		enum schema_class class;
		int64_t wait;
	} rows[] = {
		{ CLASS_CRITICAL, 0 },
		{ CLASS_HIGH, 0 },
		{ CLASS_NORMAL, 100 },
		{ CLASS_LOW, 1000 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct feed *f = new_feed();

		set(f, "x", "1", rows[i].class);
		commit(f, 50);
		CHECK_INT(feed_deadline(f).ms, 50 + rows[i].wait);
		if (rows[i].wait)
			expect(f, 50 + rows[i].wait - 1, FEED_NOTHING);
		expect(f, 50 + rows[i].wait, FEED_RENEWED);
		feed_free(f);
	}
}

static void after_quiet_any_class_goes_at_once(void)
{
	static const enum schema_class classes[] = { CLASS_NORMAL, CLASS_LOW };
	static const int64_t wait[] = { 100, 1000 };

	for (size_t i = 0; i < COUNT(classes); i++) {
		struct feed *f = new_feed();

		set(f, "x", "1", CLASS_HIGH);
		commit(f, 0);
		CU_ASSERT(feed_flush(f, (mono){ 0 }, 0) >= FEED_DELTA);
		set(f, "x", "2", classes[i]); /* as long after the delta as it may have to wait, less one */
		commit(f, wait[i] - 1);
		CHECK_INT(feed_deadline(f).ms, wait[i]);
		CU_ASSERT(feed_flush(f, (mono){ wait[i] }, 0) >= FEED_DELTA);
		set(f, "x", "3", classes[i]);
		commit(f, 5000);
		CU_ASSERT(feed_flush(f, (mono){ 5000 }, 0) >= FEED_DELTA);
		feed_free(f);
	}
}

/* A change every 7 ms for a minute. */
static void a_rush_makes_no_more_deltas_than_its_class_may(void)
{
	static const enum schema_class classes[] = { CLASS_NORMAL, CLASS_LOW };
	static const int64_t wait[] = { 100, 1000 };

	for (size_t i = 0; i < COUNT(classes); i++) {
		struct feed *f = new_feed();
		int64_t last = INT64_MIN;

		for (int64_t t = 0; t < 60000; t++) {
			char value[16];

			snprintf(value, sizeof(value), "%d", (int)t);
			if (t % 7 == 0)
				set(f, "x", value, classes[i]);
			commit(f, t);
			if (feed_flush(f, (mono){ t }, t) < FEED_DELTA)
				continue;
			CU_ASSERT(last == INT64_MIN || t - last >= wait[i]);
			last = t;
		}
		CU_ASSERT(feed_seq(f) <= (uint64_t)(60000 / wait[i]));
		feed_free(f);
	}
}

static void the_most_urgent_key_takes_all_that_waits_along(void)
{
	struct feed *f = new_feed();

	set(f, "low", "1", CLASS_LOW);
	commit(f, 0);
	CHECK_INT(feed_deadline(f).ms, 1000);
	set(f, "normal", "1", CLASS_NORMAL);
	commit(f, 500);
	CHECK_INT(feed_deadline(f).ms, 600);
	/* a later frame does not put off an earlier one */
	set(f, "low2", "1", CLASS_LOW);
	commit(f, 550);
	CHECK_INT(feed_deadline(f).ms, 600);
	set(f, "score", "1", CLASS_CRITICAL);
	set(f, "low3", "1", CLASS_LOW);
	commit(f, 560);
	CHECK_INT(feed_deadline(f).ms, 560);
	expect(f, 560, FEED_RENEWED);
	check_view(feed_delta(f), "{\"epoch\":\"e1\",\"seq\":1,\"ts\":1560,\"set\":"
				  "{\"low\":1,\"normal\":1,\"low2\":1,\"score\":1,\"low3\":1}}");
	CHECK_INT(feed_deadline(f).ms, 560 + FEED_HEARTBEAT_MS);
	feed_free(f);
}

static void quiet_is_broken_by_a_heartbeat_without_a_new_number(void)
{
	struct feed *f = new_feed();

	set(f, "a", "1", CLASS_HIGH);
	commit(f, 0);
	expect(f, 0, FEED_RENEWED);
	expect(f, FEED_HEARTBEAT_MS - 1, FEED_NOTHING);
	expect(f, FEED_HEARTBEAT_MS, FEED_HEARTBEAT);
	check_view(feed_delta(f), "{\"epoch\":\"e1\",\"seq\":1,\"ts\":4000}");
	CHECK_INT(feed_deadline(f).ms, 2 * FEED_HEARTBEAT_MS);
	expect(f, 2 * FEED_HEARTBEAT_MS, FEED_HEARTBEAT);
	CHECK_INT(feed_seq(f), 1);
	/* what waits for its second goes with the heartbeat: it is a delta then, with a number */
	set(f, "b", "1", CLASS_LOW);
	commit(f, 3 * FEED_HEARTBEAT_MS - 500);
	CU_ASSERT(feed_flush(f, (mono){ 3 * FEED_HEARTBEAT_MS }, 0) >= FEED_DELTA);
	CHECK_INT(feed_seq(f), 2);
	CU_ASSERT(!feed_has_pending(f));
	CHECK_INT(feed_deadline(f).ms, 4 * FEED_HEARTBEAT_MS);
	feed_free(f);
}

static void a_quiet_moment_renews_the_snapshot(void)
{
	struct feed *f = new_feed();

	set(f, "a", "\"a value of some length, so that one recent costs less than it\"", CLASS_HIGH);
	commit(f, 0);
	expect(f, 0, FEED_RENEWED);
	set(f, "b", "1", CLASS_HIGH);
	commit(f, 1);
	CHECK_INT(feed_flush(f, (mono){ 1 }, 1), FEED_DELTA);
	CHECK_INT(feed_flush(f, (mono){ 1 + FEED_HEARTBEAT_MS }, 2), FEED_RENEWED);
	check_view(feed_delta(f), "{\"epoch\":\"e1\",\"seq\":2,\"ts\":2}");
	check_view(feed_recent(f), "{\"epoch\":\"e1\",\"base\":2,\"seq\":2,\"ts\":2}");
	/* and once is enough */
	CHECK_INT(feed_flush(f, (mono){ 1 + 2 * FEED_HEARTBEAT_MS }, 3), FEED_HEARTBEAT);
	feed_free(f);
}

static void the_last_deltas_can_be_had_again(void)
{
	struct feed *f = new_feed();
	struct str delta;
	char expected[100];

	CU_ASSERT(!feed_history(f, 0, &delta));
	CU_ASSERT(!feed_history(f, 1, &delta));
	for (int i = 1; i <= 3 * FEED_HISTORY; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		set(f, "n", value, CLASS_HIGH);
		commit(f, i);
		CU_ASSERT(feed_flush(f, (mono){ i }, i) >= FEED_DELTA);
		CU_ASSERT(feed_history(f, feed_seq(f), &delta));
		CU_ASSERT(str_eq(delta, feed_delta(f)));
	}
	for (uint64_t seq = 0; seq <= 3 * FEED_HISTORY + 2; seq++) {
		bool kept = seq > 2 * FEED_HISTORY && seq <= 3 * FEED_HISTORY;

		CHECK_INT(feed_history(f, seq, &delta), kept);
		if (!kept)
			continue;
		snprintf(expected, sizeof(expected), "{\"epoch\":\"e1\",\"seq\":%d,\"ts\":%d,\"set\":{\"n\":%d}}", (int)seq,
			 (int)seq, (int)seq);
		check_view(delta, expected);
	}
	CU_ASSERT(!feed_history(f, UINT64_MAX, &delta));
	feed_free(f);
}

static void the_whole_state_can_be_had_at_any_time(void)
{
	struct feed *f = new_feed();
	BUF_CLEANUP struct buf out = { 0 };

	feed_write_state(f, &out);
	CHECK_STR(out.p, "{\"epoch\":\"e1\",\"seq\":0,\"ts\":0,\"state\":{}");
	set(f, "a", "1", CLASS_HIGH);
	set(f, "b", "2", CLASS_HIGH);
	commit(f, 0);
	expect(f, 0, FEED_RENEWED);
	feed_remove(f, STR("a"), CLASS_HIGH);
	commit(f, 1);
	CU_ASSERT(feed_flush(f, (mono){ 1 }, 1) >= FEED_DELTA);
	buf_clear(&out);
	feed_write_state(f, &out);
	CHECK_STR(out.p, "{\"epoch\":\"e1\",\"seq\":2,\"ts\":1,\"state\":{\"b\":2}");
	feed_free(f);
}

static void the_ceiling_refuses_and_keeps_the_old_value(void)
{
	struct feed *f = feed_new("v", "e", 2000);
	char big[3000];
	size_t taken = 0;

	memset(big, '1', sizeof(big));
	for (int i = 0; i < 100; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%d", i);
		taken += feed_set(f, str_of(key), STR("12345678"), CLASS_HIGH);
	}
	CU_ASSERT(taken > 2 && taken < 25);
	CU_ASSERT(!feed_set(f, STR("k0"), (struct str){ big, sizeof(big) }, CLASS_HIGH));
	feed_remove(f, STR("k1"), CLASS_HIGH);
	commit(f, 0);
	CHECK_INT(feed_flush(f, (mono){ 0 }, 0), FEED_RENEWED);
	CU_ASSERT(memmem(feed_snapshot(f).p, feed_snapshot(f).len, "\"k0\":12345678", 13) != NULL);
	CU_ASSERT(memmem(feed_snapshot(f).p, feed_snapshot(f).len, "\"k1\"", 4) == NULL);
	/* what was removed has given its place back once the snapshot is renewed */
	CU_ASSERT(feed_set(f, STR("k1"), STR("1"), CLASS_HIGH));
	feed_free(f);
}

/* --- the crowd: clients that know DESIGN's three topics and rules --- */

#define KEYS 24
#define DELTAS 3000
#define CLIENTS 12

/* The truth after each delta: values by key, 0: none. */
static int truth[DELTAS + 8][KEYS];

struct wire {
	char *snapshot, *recent; /* what the broker retains */
};

struct client {
	bool exact, has_snapshot, has_recent;
	char epoch[8];
	double seq;
	int values[KEYS];
	size_t gaps, joins;
};

static const cJSON *member(const cJSON *message, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(message, name);
}

static double number(const cJSON *message, const char *name)
{
	CU_ASSERT_FATAL(cJSON_IsNumber(member(message, name)));
	return member(message, name)->valuedouble;
}

static int key_index(const char *key)
{
	return atoi(key + 1);
}

static void apply_set(struct client *c, const cJSON *set_of)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, set_of)
		c->values[key_index(item->string)] = item->valueint;
}

static void apply(struct client *c, const cJSON *message)
{
	const cJSON *item;

	apply_set(c, member(message, "set"));
	cJSON_ArrayForEach(item, member(message, "del"))
		c->values[key_index(item->valuestring)] = 0;
	c->seq = number(message, "seq");
}

/* Two retained packets; an older recent is ignored, a newer one waits for its snapshot. */
static void client_join(struct client *c, const struct wire *w)
{
	cJSON *snapshot = cJSON_Parse(w->snapshot), *recent = cJSON_Parse(w->recent);
	bool fits;

	CU_ASSERT_FATAL(snapshot && recent);
	c->joins++;
	fits = number(recent, "base") == number(snapshot, "seq");
	c->exact = number(recent, "base") <= number(snapshot, "seq");
	memset(c->values, 0, sizeof(c->values));
	snprintf(c->epoch, sizeof(c->epoch), "%s", member(snapshot, "epoch")->valuestring);
	apply_set(c, member(snapshot, "state"));
	c->seq = number(snapshot, "seq");
	if (c->exact && fits)
		apply(c, recent);
	cJSON_Delete(snapshot);
	cJSON_Delete(recent);
}

static void client_hears(struct client *c, const char *delta, const struct wire *w)
{
	cJSON *message = cJSON_Parse(delta);
	double seq;
	bool empty;

	CU_ASSERT_FATAL(message != NULL);
	seq = number(message, "seq");
	empty = !member(message, "set") && !member(message, "del");
	if (!c->exact) {
		client_join(c, w);
	} else if (seq > c->seq + 1 || (empty && seq > c->seq)) {
		c->gaps++;
		client_join(c, w);
	} else if (seq == c->seq + 1) {
		apply(c, message);
	}
	cJSON_Delete(message);
}

static void check_client(const struct client *c)
{
	if (c->exact && memcmp(c->values, truth[(size_t)c->seq], sizeof(c->values)) != 0)
		CHECK_INT(c->seq, -1);
}

static void replace(char **slot, struct str text)
{
	free(*slot);
	*slot = str_dup(text);
}

static void random_frame(struct feed *f, struct rng *r, int *now_true)
{
	for (uint32_t n = 1 + rng_below(r, 5); n; n--) {
		int k = (int)rng_below(r, KEYS), value = (int)rng_below(r, 5);
		enum schema_class class = (enum schema_class)rng_below(r, CLASS_COUNT);
		char key[8], text[8];

		snprintf(key, sizeof(key), "k%d", k);
		snprintf(text, sizeof(text), "%d", value);
		if (value)
			set(f, key, text, class);
		else
			feed_remove(f, str_of(key), class);
		now_true[k] = value;
	}
}

/* Sends what a flush made, and between any two messages a client may come. */
static void broadcast(struct feed *f, enum feed_news news, struct wire *w, struct client *clients, struct rng *r)
{
	if (news == FEED_RENEWED)
		replace(&w->snapshot, feed_snapshot(f));
	if (w->snapshot && w->recent && rng_chance(r, 10))
		client_join(&clients[rng_below(r, CLIENTS)], w);
	if (news != FEED_HEARTBEAT)
		replace(&w->recent, feed_recent(f));
	if (rng_chance(r, 10))
		client_join(&clients[rng_below(r, CLIENTS)], w);
	for (size_t i = 0; i < CLIENTS; i++) {
		char *delta = str_dup(feed_delta(f));

		if (!rng_chance(r, 7))
			client_hears(&clients[i], delta, w);
		check_client(&clients[i]);
		free(delta);
	}
}

static void every_client_is_exact_whatever_it_loses(void)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct feed *f = new_feed();
		struct client clients[CLIENTS] = { 0 };
		struct rng r = { seed };
		struct wire w = { 0 };
		int now_true[KEYS] = { 0 };
		int64_t at = 0;
		size_t gaps = 0, heartbeats = 0;

		memset(truth, 0, sizeof(truth));
		while (feed_seq(f) < DELTAS) {
			enum feed_news news;

			at += rng_chance(&r, 3) ? 12000 : rng_below(&r, 400);
			if (rng_chance(&r, 60)) {
				random_frame(f, &r, now_true);
				commit(f, at);
			}
			news = feed_flush(f, (mono){ at }, at);
			if (news == FEED_NOTHING)
				continue;
			memcpy(truth[feed_seq(f)], now_true, sizeof(now_true));
			broadcast(f, news, &w, clients, &r);
			heartbeats += news == FEED_HEARTBEAT;
		}
		/* nothing more is lost: two heartbeats later everybody is up to date */
		for (int i = 1; i <= 2; i++) {
			CU_ASSERT(feed_flush(f, (mono){ at + i * 20000 }, at) != FEED_NOTHING);
			memcpy(truth[feed_seq(f)], now_true, sizeof(now_true));
			replace(&w.recent, feed_recent(f));
			replace(&w.snapshot, feed_snapshot(f));
			for (size_t k = 0; k < CLIENTS; k++) {
				char *delta = str_dup(feed_delta(f));

				client_hears(&clients[k], delta, &w);
				free(delta);
			}
		}
		for (size_t k = 0; k < CLIENTS; k++) {
			CU_ASSERT(clients[k].exact);
			CHECK_INT(clients[k].seq, feed_seq(f));
			CHECK_INT(memcmp(clients[k].values, now_true, sizeof(now_true)), 0);
			gaps += clients[k].gaps;
		}
		CU_ASSERT(gaps > 100 && heartbeats > 10);
		free(w.snapshot);
		free(w.recent);
		feed_free(f);
	}
}

static void a_frame_is_never_split(void)
{
	struct feed *f = new_feed();
	struct rng r = { 11 };
	size_t deltas = 0;

	/* every frame sets all of a group to one number; a delta with a part of a group would show it */
	for (int i = 1; i <= 2000; i++) {
		int group = (int)rng_below(&r, 3);
		enum feed_news news;

		for (int k = 0; k < 6; k++) {
			char key[16], value[16];

			snprintf(key, sizeof(key), "g%d/%d", group, k);
			snprintf(value, sizeof(value), "%d", i);
			set(f, key, value, (enum schema_class)rng_below(&r, CLASS_COUNT));
		}
		commit(f, i * 40);
		news = feed_flush(f, (mono){ i * 40 }, i);
		if (news < FEED_DELTA)
			continue;
		deltas++;
		for (int g = 0; g < 3; g++) {
			struct str rest = feed_delta(f);
			const char *at;
			char part[24];
			size_t seen = 0;

			snprintf(part, sizeof(part), "\"g%d/", g);
			while ((at = memmem(rest.p, rest.len, part, 4)) != NULL) {
				rest = str_skip(rest, (size_t)(at - rest.p) + 4);
				seen++;
			}
			CU_ASSERT(seen == 0 || seen == 6);
		}
	}
	CU_ASSERT(deltas > 500);
	feed_free(f);
}

/* --- what the snapshots and recents cost, beside the best that could be had by who knows the future --- */

#define STEPS 400

struct cost {
	size_t snapshot[STEPS + 1];
	unsigned char changed[STEPS + 1][400];
	size_t n_keys, key_bytes;
};

/* Bytes of recents from a snapshot at step i on, as long as it stays: the union of what changed. */
static size_t best_cost(const struct cost *c)
{
	static size_t best[STEPS + 2];

	best[STEPS + 1] = 0;
	for (size_t i = STEPS; i >= 1; i--) {
		unsigned char since[400] = { 0 };
		size_t bytes = c->snapshot[i] + 45, n = 0, cheapest = SIZE_MAX;

		for (size_t j = i + 1; j <= STEPS + 1; j++) {
			if (bytes + best[j] < cheapest)
				cheapest = bytes + best[j];
			if (j > STEPS)
				break;
			for (size_t k = 0; k < c->n_keys; k++) {
				n += c->changed[j][k] && !since[k];
				since[k] |= c->changed[j][k];
			}
			bytes += 55 + n * c->key_bytes;
		}
		best[i] = cheapest;
	}
	return best[1];
}

static size_t run_costs(struct cost *c, struct feed *f, struct rng *r, uint32_t per_delta)
{
	size_t sent = 0;

	for (size_t i = 1; i <= STEPS; i++) {
		enum feed_news news;

		for (uint32_t n = i == 1 ? (uint32_t)c->n_keys : 1 + rng_below(r, per_delta); n; n--) {
			uint32_t k = i == 1 ? n - 1 : rng_below(r, (uint32_t)c->n_keys);
			char key[40], value[16];

			snprintf(key, sizeof(key), "team/1/skater/key-%03u", k);
			snprintf(value, sizeof(value), "%u", 10000 + rng_below(r, 80000));
			set(f, key, value, CLASS_HIGH);
			c->changed[i][k] = 1;
		}
		commit(f, (int64_t)i);
		news = feed_flush(f, (mono){ (int64_t)i }, (int64_t)i);
		CU_ASSERT_FATAL(news >= FEED_DELTA);
		sent += feed_recent(f).len + (news == FEED_RENEWED ? feed_snapshot(f).len : 0);
		c->snapshot[i] = 40 + c->n_keys * c->key_bytes;
	}
	return sent;
}

static void renewals_cost_at_most_about_twice_the_best(void)
{
	static const struct {
		size_t keys;
		uint32_t per_delta;
	} rows[] = { { 400, 1 }, { 400, 4 }, { 400, 40 }, { 50, 1 }, { 50, 10 }, { 5, 1 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cost *c = calloc(1, sizeof(*c)); /* 160 kB: not for the stack */
		struct feed *f = new_feed();
		struct rng r = { 42 + i };
		size_t sent, best;

		c->n_keys = rows[i].keys;
		c->key_bytes = sizeof("\"team/1/skater/key-000\":10000,") - 1;
		sent = run_costs(c, f, &r, rows[i].per_delta);
		best = best_cost(c);
		if (sent > best * 2)
			printf("\n    %zu keys, %u a delta: %zu bytes, the best is %zu\n", rows[i].keys, rows[i].per_delta, sent,
			       best);
		CU_ASSERT(sent <= best * 2);
		CU_ASSERT(sent * 10 >= best * 9); /* or the model of the best is wrong */
		feed_free(f);
		free(c);
	}
}

static void a_delta_says_since_when_its_first_change_has_waited(void)
{
	struct feed *f = new_feed();

	set(f, "a", "0", CLASS_CRITICAL);
	commit(f, 5);
	expect(f, 7, FEED_RENEWED);
	CHECK_INT(feed_delta_since(f).ms, 5);
	set(f, "a", "1", CLASS_NORMAL);
	commit(f, 10);
	set(f, "a", "2", CLASS_NORMAL);
	commit(f, 60);
	commit(f, 80); /* nothing has changed */
	CHECK_INT(feed_flush(f, feed_deadline(f), 0) == FEED_NOTHING, 0);
	CHECK_INT(feed_delta_since(f).ms, 10);
	CHECK_INT(feed_flush(f, (mono){ 20000 }, 0) == FEED_NOTHING, 0); /* a heartbeat */
	CHECK_INT(feed_delta_since(f).ms, 20000);
	feed_free(f);
}

const struct unit_test unit_tests[] = {
	UNIT(a_delta_says_since_when_its_first_change_has_waited),
	UNIT(the_first_delta_brings_the_snapshot),
	UNIT(changes_and_removals_are_told_and_gathered),
	UNIT(the_same_value_again_is_no_news),
	UNIT(classes_wait_as_long_as_they_may),
	UNIT(after_quiet_any_class_goes_at_once),
	UNIT(a_rush_makes_no_more_deltas_than_its_class_may),
	UNIT(the_most_urgent_key_takes_all_that_waits_along),
	UNIT(quiet_is_broken_by_a_heartbeat_without_a_new_number),
	UNIT(a_quiet_moment_renews_the_snapshot),
	UNIT(the_last_deltas_can_be_had_again),
	UNIT(the_whole_state_can_be_had_at_any_time),
	UNIT(the_ceiling_refuses_and_keeps_the_old_value),
	UNIT(every_client_is_exact_whatever_it_loses),
	UNIT(a_frame_is_never_split),
	UNIT(renewals_cost_at_most_about_twice_the_best),
	{ NULL, NULL },
};
