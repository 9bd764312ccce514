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
	struct channel_news n = { t->feed, FEED_NOTHING, t->outbox, &t->health };

	buf_clear(&t->said);
	feed_commit(t->feed, (mono){ t->ms });
	n.news = feed_flush(t->feed, (mono){ t->ms }, t->ms);
	if (n.news == FEED_NOTHING)
		return n.news;
	channel_take(&t->json, &n, (mono){ t->ms });
	channel_take(&t->packed, &n, (mono){ t->ms });
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

static void both_encodings_say_the_same(void)
{
	struct stage *t = stage_new();

	fill(t, 0);
	CHECK_INT(set(t, "score", "0"), FEED_RENEWED);
	CU_ASSERT(where(t, "feed/v/snapshot", feed_snapshot(t->feed)) >= 0);
	CU_ASSERT(where(t, "feed/v/z/base", feed_snapshot(t->feed)) >= 0);
	for (int i = 1; i < 300; i++) {
		char value[16];
		enum feed_news news;

		snprintf(value, sizeof(value), "%d", i);
		news = set(t, "score", value);
		CU_ASSERT(news == FEED_DELTA || news == FEED_RENEWED);
		/* the one with which the dictionary changes was packed with the dictionary of before the base, and was read with that
		 * of after it here, since a viewer unsubscribes from base and recent, which this one did not */
		if (news == FEED_DELTA)
			check_delta(t);
	}
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(both_encodings_say_the_same),
	{ NULL, NULL },
};
