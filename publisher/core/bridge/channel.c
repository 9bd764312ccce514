#include "publisher/core/bridge/channel.h"

#include <stdlib.h>

/* Of a delta as JSON: by then a client that missed it has asked for the snapshot. Packed there is no such property, since every viewer would
 * pay five bytes for it, where a delta has some seventy in all; only sessions that outlive a connection would gain by it. */
#define DELTA_EXPIRES_S 60

/* The last levels of the topics of an encoding. */
struct levels {
	const char *base, *recent, *delta;
};

static const struct levels json_levels = { "snapshot", "recent", "delta" };
static const struct levels packed_levels = { "z/base", "z/recent", "z" };

static char *topic_of(const char *view, const char *level)
{
	struct buf out = { 0 };

	buf_printf(&out, "feed/%s/%s", view, level);
	if (out.failed)
		buf_free(&out);
	return out.p;
}

int channel_open(struct channel *c, const char *view, enum encoding encoding)
{
	bool is_packed = encoding == ENCODING_PACKED;
	const struct levels *levels = is_packed ? &packed_levels : &json_levels;

	*c = (struct channel){
		.packer = is_packed ? packer_new() : NULL,
		.base_topic = topic_of(view, levels->base),
		.recent_topic = topic_of(view, levels->recent),
		.delta_topic = topic_of(view, levels->delta),
	};
	if (c->base_topic && c->recent_topic && c->delta_topic && (c->packer || !is_packed))
		return 0;
	channel_close(c);
	return 1;
}

void channel_close(struct channel *c)
{
	packer_free(c->packer);
	free(c->base_topic);
	free(c->recent_topic);
	free(c->delta_topic);
	buf_free(&c->delta);
	buf_free(&c->dictionary);
	*c = (struct channel){ 0 };
}

static void retain(const struct channel *c, const struct channel_news *n, const char *topic, struct str text)
{
	const struct outbox_value value = {
		.topic = str_of(topic),
		.payload = text,
		.treatment = { .class = CLASS_CRITICAL, .qos = 1, .content_type = c->packer ? NULL : "application/json" },
	};

	if (outbox_set(n->outbox, &value, n->now) == OUTBOX_FULL)
		health_count(n->health, HEALTH_SKIP_FULL, 1);
}

static void take_json(struct channel *c, const struct channel_news *n)
{
	if (n->news == FEED_RENEWED)
		retain(c, n, c->base_topic, feed_snapshot(n->feed));
	if (n->news != FEED_HEARTBEAT)
		retain(c, n, c->recent_topic, feed_recent(n->feed));
	buf_clear(&c->delta);
	buf_str(&c->delta, feed_delta(n->feed));
	c->delta_pending = !c->delta.failed;
}

/* A text that could not be packed is not published: who reads it can do without a base or recent, and a delta is then missed. */
static void retain_packed(const struct channel *c, const struct channel_news *n, const char *topic, struct buf *text)
{
	if (text->failed)
		health_count(n->health, HEALTH_SKIP_FULL, 1);
	else
		retain(c, n, topic, buf_view(text));
}

static void take_packed(struct channel *c, const struct channel_news *n)
{
	BUF_CLEANUP struct buf text = { 0 };
	/* The first delta is not kept, because the dictionary begins with the first snapshot; nor is a heartbeat, which says nothing new. */
	bool is_kept = n->news == FEED_RENEWED && c->seq && feed_seq(n->feed) != c->seq;

	buf_clear(&c->dictionary);
	(is_kept ? packer_kept : packer_text)(c->packer, feed_delta(n->feed), &c->delta);
	if (n->news == FEED_RENEWED) {
		packer_base(c->packer, feed_snapshot(n->feed), &text, &c->dictionary);
		retain_packed(c, n, c->base_topic, &text);
	}
	if (n->news != FEED_HEARTBEAT) {
		packer_text(c->packer, feed_recent(n->feed), &text);
		retain_packed(c, n, c->recent_topic, &text);
	}
	c->seq = feed_seq(n->feed);
	c->delta_pending = !c->delta.failed;
	c->dictionary_pending = c->dictionary.len > 0 && !c->dictionary.failed;
}

void channel_take(struct channel *c, const struct channel_news *n)
{
	c->since = feed_delta_since(n->feed);
	if (c->packer)
		take_packed(c, n);
	else
		take_json(c, n);
}

void channel_withdraw(const struct channel *c, struct outbox *outbox, mono now)
{
	(void)outbox_remove(outbox, str_of(c->base_topic), now);
	(void)outbox_remove(outbox, str_of(c->recent_topic), now);
}

bool channel_has_pending(const struct channel *c)
{
	return c->delta_pending || c->dictionary_pending;
}

static bool give(const struct channel *c, const struct buf *text, bool *waits, struct channel_message *out)
{
	*waits = false;
	*out = (struct channel_message){
		.topic = str_of(c->delta_topic),
		.text = buf_view(text),
		.expires_s = c->packer ? 0 : DELTA_EXPIRES_S,
		.since = c->since,
		.is_packed = c->packer != NULL,
	};
	return true;
}

bool channel_next(struct channel *c, const struct outbox *outbox, struct channel_message *out)
{
	if (!channel_has_pending(c) || outbox_is_pending(outbox, str_of(c->recent_topic)))
		return false;
	return c->delta_pending ? give(c, &c->delta, &c->delta_pending, out) : give(c, &c->dictionary, &c->dictionary_pending, out);
}
