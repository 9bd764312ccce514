/* channel - a feed as JSON and packed: the same texts, in the order in which a viewer can use them, for each broker. */
#include "publisher/core/bridge/channel.h"
#include "publisher/core/news/unpacker.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "channel";

#define PLENTY (1 << 22)

struct stage {
	struct feed *feed;
	struct outboxes outboxes;
	struct outbox *outbox; /* of the first broker */
	struct health health;
	struct channel json, packed;
	broker_set open;
	int64_t ms;
	struct unpacker viewer;
	struct buf said; /* what was published: its topic, and the text that it unpacks to */
};

static struct stage *stage_new(void)
{
	struct stage *t = calloc(1, sizeof(*t));

	CU_ASSERT_FATAL(t != NULL);
	t->feed = feed_new("v", "e", PLENTY);
	CU_ASSERT_FATAL(outboxes_open(&t->outboxes, 2, PLENTY, 100) == 0);
	t->outbox = t->outboxes.list[0];
	CU_ASSERT_FATAL(t->feed != NULL);
	health_init(&t->health);
	t->open = 1;
	CHECK_INT(outbox_open(t->outbox, (mono){ 0 }), 0);
	CU_ASSERT_FATAL(channel_open(&t->json, "v", ENCODING_JSON) == 0 && channel_open(&t->packed, "v", ENCODING_PACKED) == 0);
	unpacker_init(&t->viewer, PLENTY);
	return t;
}

static void stage_free(struct stage *t)
{
	feed_free(t->feed);
	outboxes_close(&t->outboxes);
	channel_close(&t->json);
	channel_close(&t->packed);
	channel_close(&t->packed);
	unpacker_free(&t->viewer);
	buf_free(&t->said);
	free(t);
}

static void tell(struct stage *t, struct str topic, struct str text)
{
	BUF_CLEANUP struct buf out = { 0 };

	buf_printf(&t->said, "%.*s ", STR_ARGS(topic));
	if (!strstr(topic.p, "/z"))
		buf_str(&t->said, text);
	else
		switch (unpacker_take(&t->viewer, text, &out)) {
		case UNPACKED_TEXT:
			buf_str(&t->said, buf_view(&out));
			break;
		case UNPACKED_NOTHING:
			buf_puts(&t->said, "DICTIONARY");
			break;
		default:
			buf_puts(&t->said, "UNREADABLE");
		}
	buf_char(&t->said, '\n');
}

/* What leaves, one retained message after the other, and before each what may leave by then. */
static void send(struct stage *t)
{
	struct channel_message m;
	struct publish p;

	do {
		while (channel_next(&t->json, 0, t->outbox, &m) || channel_next(&t->packed, 0, t->outbox, &m))
			tell(t, m.topic, m.text);
		if (!outbox_next(t->outbox, (mono){ t->ms }, &p))
			return;
		tell(t, p.topic, p.payload);
	} while (outbox_acked(t->outbox, p.token, (mono){ t->ms }) || true);
}

static enum feed_news flush(struct stage *t)
{
	struct channel_news n = { t->feed, FEED_NOTHING, &t->outboxes, t->open, &t->health, { t->ms } };

	buf_clear(&t->said);
	feed_commit(t->feed, (mono){ t->ms });
	n.news = feed_flush(t->feed, (mono){ t->ms }, t->ms);
	if (n.news == FEED_NOTHING)
		return n.news;
	channel_take(&t->json, &n);
	channel_take(&t->packed, &n);
	send(t);
	return n.news;
}

static enum feed_news set(struct stage *t, const char *key, const char *value)
{
	t->ms += 100;
	CU_ASSERT(feed_set(t->feed, str_of(key), str_of(value), CLASS_CRITICAL));
	return flush(t);
}

/* Where this text of a topic begins, or -1. */
static long where(const struct stage *t, const char *topic, struct str text)
{
	BUF_CLEANUP struct buf line = { 0 };
	const char *at;

	buf_printf(&line, "%s %.*s\n", topic, STR_ARGS(text));
	at = strstr(t->said.p, line.p);
	return at ? at - t->said.p : -1;
}

static void check_delta(const struct stage *t)
{
	CU_ASSERT(where(t, "feed/v/delta", feed_delta(t->feed)) >= 0);
	CU_ASSERT(where(t, "feed/v/z", feed_delta(t->feed)) >= 0);
	CU_ASSERT(where(t, "feed/v/recent", feed_recent(t->feed)) >= 0);
	CU_ASSERT(where(t, "feed/v/z/recent", feed_recent(t->feed)) >= 0);
	CU_ASSERT(where(t, "feed/v/delta", feed_delta(t->feed)) > where(t, "feed/v/recent", feed_recent(t->feed)));
	CU_ASSERT(where(t, "feed/v/z", feed_delta(t->feed)) > where(t, "feed/v/z/recent", feed_recent(t->feed)));
}

static void fill(struct stage *t, int from)
{
	for (int i = 0; i < 300; i++) {
		char key[32], value[64];

		snprintf(key, sizeof(key), "team/%d/name", i);
		snprintf(value, sizeof(value), "\"%08x\"", (unsigned)(i + from) * 2654435761u);
		CU_ASSERT(feed_set(t->feed, str_of(key), str_of(value), CLASS_CRITICAL));
	}
}

static void fill_with(struct stage *t, int first)
{
	for (int i = first; i < first + 300; i++) {
		char key[32];

		snprintf(key, sizeof(key), "skater/%d/name", i);
		CU_ASSERT(feed_set(t->feed, str_of(key), STR("\"somebody\""), CLASS_CRITICAL));
	}
}

static void both_encodings_say_the_same(void)
{
	struct stage *t = stage_new();

	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	CU_ASSERT(where(t, "feed/v/snapshot", feed_snapshot(t->feed)) >= 0);
	CU_ASSERT(where(t, "feed/v/z/base", feed_snapshot(t->feed)) >= 0);
	for (int i = 1; i < 300; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		CU_ASSERT(set(t, "score", value) != FEED_NOTHING);
		check_delta(t);
	}
	stage_free(t);
}

/* The base leaves before the delta with which it was made, and that one was packed with the dictionary before. */
static void who_joins_as_the_dictionary_changes_misses_nothing(void)
{
	struct stage *t = stage_new();

	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	fill(t, 1000);
	unpacker_free(&t->viewer); /* nobody was here before the next base */
	CHECK_INT(set(t, "score", "1"), FEED_RENEWED);
	CU_ASSERT(where(t, "feed/v/z/base", feed_snapshot(t->feed)) > 0);
	CU_ASSERT(where(t, "feed/v/z/recent", feed_recent(t->feed)) > 0);
	CU_ASSERT(strstr(t->said.p, "feed/v/z DICTIONARY\n") != NULL); /* read as no text of its own */
	CU_ASSERT(strstr(t->said.p, "UNREADABLE") == NULL);
	CHECK_INT(set(t, "score", "2"), FEED_DELTA);
	check_delta(t);
	stage_free(t);
}

/* Many small deltas, each of them no reason for a new dictionary. */
static void a_snapshot_that_has_drifted_away_is_kept(void)
{
	struct stage *t = stage_new();
	int told = 0;

	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	for (int i = 0; i < 600; i++) {
		char key[32], value[64];

		snprintf(key, sizeof(key), "team/%d/name", i % 300);
		snprintf(value, sizeof(value), "\"%08x%08x\"", (unsigned)(i + 77) * 2654435761u, (unsigned)(i + 78) * 2246822519u);
		CU_ASSERT(set(t, key, value) != FEED_NOTHING);
		CU_ASSERT(strstr(t->said.p, "UNREADABLE") == NULL);
		check_delta(t);
		told += strstr(t->said.p, "feed/v/z DICTIONARY\n") != NULL;
	}
	CU_ASSERT(told >= 1 && told < 60);
	stage_free(t);
}

/* Nobody notices that he missed a heartbeat: the dictionary may not depend on one. */
static void a_heartbeat_is_not_kept(void)
{
	struct stage *t = stage_new();
	uint32_t id;

	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	for (int i = 1; i < 4; i++)
		CHECK_INT(set(t, "score", i % 2 ? "\"a much longer value than before, so that recent is not small\"" : "0"), FEED_DELTA);
	id = t->viewer.dictionary.id;
	for (int i = 0; i < 100 && flush(t) != FEED_RENEWED; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		CHECK_INT(t->viewer.dictionary.id, id);
		CU_ASSERT(set(t, "other", value) == FEED_DELTA);
		t->ms += FEED_HEARTBEAT_MS;
	}
	CU_ASSERT(where(t, "feed/v/z/base", feed_snapshot(t->feed)) >= 0);
	CHECK_INT(t->viewer.dictionary.id, id);
	stage_free(t);
}

/* The run's name is at the beginning of a snapshot: without it two runs might have one dictionary, and take each other's messages for old. */
static void a_large_view_begins_with_a_dictionary_of_this_run(void)
{
	uint32_t ids[2];

	for (int run = 0; run < 2; run++) {
		struct stage *t = stage_new();

		feed_free(t->feed);
		t->feed = feed_new("v", run ? "e2" : "e1", PLENTY);
		for (int i = 0; i < 40; i++)
			fill_with(t, i * 300);
		CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
		CU_ASSERT(feed_snapshot(t->feed).len > 2 * PACKED_DICTIONARY_MAX);
		ids[run] = t->viewer.dictionary.id;
		stage_free(t);
	}
	CU_ASSERT(ids[0] && ids[0] != ids[1]);
}

/* --- two brokers, of which the second is slow --- */

/* The seqs of all that the second broker is given now, and how many messages it has missed. */
static void send_to_second(struct stage *t, size_t *missed)
{
	struct channel_message m;

	*missed = 0;
	buf_clear(&t->said);
	while (channel_next(&t->json, 1, t->outboxes.list[1], &m)) {
		*missed += m.missed;
		buf_printf(&t->said, "%.*s", (int)strcspn(strstr(m.text.p, "\"seq\":") + 6, ","), strstr(m.text.p, "\"seq\":") + 6);
		buf_char(&t->said, ' ');
	}
	buf_puts(&t->said, "");
}

/* Takes what is retained away from the second broker's outbox, so that nothing holds its deltas up. */
static void tell_second_what_is_retained(struct stage *t)
{
	struct publish p;

	while (outbox_next(t->outboxes.list[1], (mono){ t->ms }, &p))
		(void)outbox_acked(t->outboxes.list[1], p.token, (mono){ t->ms });
}

static struct stage *stage_of_two(void)
{
	struct stage *t = stage_new();

	CHECK_INT(outbox_open(t->outboxes.list[1], (mono){ 0 }), 0);
	t->open = 3;
	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	return t;
}

static void set_many(struct stage *t, int from, int to)
{
	for (int i = from; i < to; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		CU_ASSERT(set(t, "score", value) != FEED_NOTHING);
		check_delta(t); /* the first broker has it at once */
	}
}

static void a_slow_broker_gets_all_of_a_short_delay(void)
{
	struct stage *t = stage_of_two();
	size_t missed;

	set_many(t, 1, 5);
	send_to_second(t, &missed);
	CHECK_STR(buf_view(&t->said).p, ""); /* its `recent` has not left yet */
	tell_second_what_is_retained(t);
	send_to_second(t, &missed);
	CHECK_STR(buf_view(&t->said).p, "1 2 3 4 5 ");
	CHECK_INT(missed, 0);
	CU_ASSERT(!channel_has_pending(&t->json, 1));
	stage_free(t);
}

static void of_a_long_delay_it_misses_the_oldest(void)
{
	struct stage *t = stage_of_two();
	size_t missed;

	set_many(t, 1, 200);
	CU_ASSERT(t->json.end - t->json.first <= CHANNEL_KEPT && t->packed.end - t->packed.first <= CHANNEL_KEPT);
	tell_second_what_is_retained(t);
	send_to_second(t, &missed);
	CHECK_INT(missed, 200 - CHANNEL_KEPT);
	CU_ASSERT(strncmp(t->said.p, "137 138 ", 8) == 0 && strstr(t->said.p, " 199 200 ") != NULL);
	set_many(t, 200, 201);
	tell_second_what_is_retained(t);
	send_to_second(t, &missed);
	CHECK_STR(buf_view(&t->said).p, "201 ");
	CHECK_INT(missed, 0);
	stage_free(t);
}

/* However large the messages are. */
static void what_is_kept_is_bounded_in_bytes(void)
{
	struct stage *t = stage_of_two();

	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 3; k++) /* 270 kB in 900 keys */
			fill_with(t, 300 * k);
		for (int k = 0; k < 900; k++) {
			char key[32], value[320];

			snprintf(key, sizeof(key), "skater/%d/name", k);
			snprintf(value, sizeof(value), "\"%0300d\"", i);
			CU_ASSERT(feed_set(t->feed, str_of(key), str_of(value), CLASS_CRITICAL));
		}
		CU_ASSERT(set(t, "score", "1") != FEED_NOTHING);
	}
	CU_ASSERT(t->json.kept_bytes <= CHANNEL_KEPT_BYTES && t->json.end - t->json.first <= 3);
	CU_ASSERT(t->json.end > t->json.first);
	stage_free(t);
}

static void for_a_broker_that_is_away_only_the_newest_waits(void)
{
	struct stage *t = stage_of_two();
	size_t missed;

	t->open = 1;
	set_many(t, 1, 10);
	CHECK_INT(t->json.end - t->json.first, 1);
	tell_second_what_is_retained(t);
	send_to_second(t, &missed);
	CHECK_STR(buf_view(&t->said).p, "10 ");
	CHECK_INT(missed, 0);
	stage_free(t);
}

static void what_is_withdrawn_leaves_the_broker(void)
{
	struct stage *t = stage_new();

	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	buf_clear(&t->said);
	channel_withdraw(&t->packed, &t->outboxes, (mono){ t->ms });
	for (struct publish p; outbox_next(t->outbox, (mono){ t->ms }, &p);) {
		CHECK_INT(p.payload.len, 0);
		buf_printf(&t->said, "%.*s ", STR_ARGS(p.topic));
	}
	CHECK_STR(t->said.p, "feed/v/z/base feed/v/z/recent ");
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(both_encodings_say_the_same),
	UNIT(who_joins_as_the_dictionary_changes_misses_nothing),
	UNIT(a_snapshot_that_has_drifted_away_is_kept),
	UNIT(a_heartbeat_is_not_kept),
	UNIT(a_large_view_begins_with_a_dictionary_of_this_run),
	UNIT(a_slow_broker_gets_all_of_a_short_delay),
	UNIT(of_a_long_delay_it_misses_the_oldest),
	UNIT(what_is_kept_is_bounded_in_bytes),
	UNIT(for_a_broker_that_is_away_only_the_newest_waits),
	UNIT(what_is_withdrawn_leaves_the_broker),
	{ NULL, NULL },
};
