/* channel - a feed as JSON and packed: the same texts, in the order in which a viewer can use them. */
#include "publisher/core/bridge/channel.h"
#include "publisher/core/news/unpacker.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "channel";

#define PLENTY (1 << 22)

struct stage {
	struct feed *feed;
	struct outbox *outbox;
	struct health health;
	struct channel json, packed;
	int64_t ms;
	struct unpacker viewer;
	struct buf said; /* what was published: its topic, and the text that it unpacks to */
};

static struct stage *stage_new(void)
{
	struct stage *t = calloc(1, sizeof(*t));

	CU_ASSERT_FATAL(t != NULL);
	t->feed = feed_new("v", "e", PLENTY);
	t->outbox = outbox_new(PLENTY, 100);
	CU_ASSERT_FATAL(t->feed && t->outbox);
	health_init(&t->health);
	CHECK_INT(outbox_open(t->outbox, (mono){ 0 }), 0);
	CU_ASSERT_FATAL(channel_open(&t->json, "v", ENCODING_JSON) == 0 && channel_open(&t->packed, "v", ENCODING_PACKED) == 0);
	unpacker_init(&t->viewer, PLENTY);
	return t;
}

static void stage_free(struct stage *t)
{
	feed_free(t->feed);
	outbox_free(t->outbox);
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
		while (channel_next(&t->json, t->outbox, &m) || channel_next(&t->packed, t->outbox, &m))
			tell(t, m.topic, m.text);
		if (!outbox_next(t->outbox, (mono){ t->ms }, &p))
			return;
		tell(t, p.topic, p.payload);
	} while (outbox_acked(t->outbox, p.token, (mono){ t->ms }) || true);
}

static enum feed_news flush(struct stage *t)
{
	struct channel_news n = { t->feed, FEED_NOTHING, t->outbox, &t->health, { t->ms } };

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

static void what_is_withdrawn_leaves_the_broker(void)
{
	struct stage *t = stage_new();

	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	buf_clear(&t->said);
	channel_withdraw(&t->packed, t->outbox, (mono){ t->ms });
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
	UNIT(what_is_withdrawn_leaves_the_broker),
	{ NULL, NULL },
};
