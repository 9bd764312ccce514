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
	for (size_t i = 0; i < CHANNEL_KEPT; i++)
		buf_free(&c->kept[i]);
	*c = (struct channel){ 0 };
}

/* --- what is kept --- */

static void drop_first(struct channel *c)
{
	struct buf *oldest = &c->kept[c->first++ % CHANNEL_KEPT];

	c->kept_bytes -= oldest->len;
	buf_free(oldest); /* or every place would grow to the size of the largest message */
}

/* Before new messages are kept: those that no open broker waits for are not any more. What a broker that is not open waits for is then the
 * first of the new ones. */
static void drop_given(struct channel *c, broker_set open)
{
	uint64_t wanted = c->end;

	for (size_t i = 0; i < BROKERS_MAX; i++) {
		if (!(open & 1u << i))
			c->next[i] = c->end;
		else if (c->next[i] < wanted)
			wanted = c->next[i];
	}
	while (c->first < wanted)
		drop_first(c);
}

/* Takes the text over. One that could not be made is missed by all. */
static void keep(struct channel *c, struct buf *text)
{
	if (text->failed || !text->len) {
		buf_free(text);
		return;
	}
	while (c->end - c->first == CHANNEL_KEPT || (c->end > c->first && c->kept_bytes + text->len > CHANNEL_KEPT_BYTES))
		drop_first(c);
	c->kept_bytes += text->len;
	c->since[c->end % CHANNEL_KEPT] = c->taken_since;
	c->kept[c->end++ % CHANNEL_KEPT] = *text;
	*text = (struct buf){ 0 };
}

/* --- what is taken --- */

static void retain(const struct channel *c, const struct channel_news *n, const char *topic, struct str text)
{
	const struct outbox_value value = {
		.topic = str_of(topic),
		.payload = text,
		.treatment = { .class = CLASS_CRITICAL, .qos = 1, .content_type = c->packer ? NULL : "application/json" },
	};

	if (outboxes_set(n->outboxes, &value, n->now) & OUTBOX_FULL)
		health_count(n->health, HEALTH_SKIP_FULL, 1);
}

static void take_json(struct channel *c, const struct channel_news *n)
{
	struct buf delta = { 0 };

	if (n->news == FEED_RENEWED)
		retain(c, n, c->base_topic, feed_snapshot(n->feed));
	if (n->news != FEED_HEARTBEAT)
		retain(c, n, c->recent_topic, feed_recent(n->feed));
	buf_str(&delta, feed_delta(n->feed));
	keep(c, &delta);
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
	struct buf delta = { 0 }, dictionary = { 0 };
	/* The first delta is not kept, because the dictionary begins with the first snapshot; nor is a heartbeat, which says nothing new. */
	bool is_kept = n->news == FEED_RENEWED && c->seq && feed_seq(n->feed) != c->seq;

	(is_kept ? packer_kept : packer_text)(c->packer, feed_delta(n->feed), &delta);
	if (n->news == FEED_RENEWED) {
		packer_base(c->packer, feed_snapshot(n->feed), &text, &dictionary);
		retain_packed(c, n, c->base_topic, &text);
	}
	if (n->news != FEED_HEARTBEAT) {
		packer_text(c->packer, feed_recent(n->feed), &text);
		retain_packed(c, n, c->recent_topic, &text);
	}
	c->seq = feed_seq(n->feed);
	keep(c, &delta);
	keep(c, &dictionary);
}

void channel_take(struct channel *c, const struct channel_news *n)
{
	drop_given(c, n->open);
	c->taken_since = feed_delta_since(n->feed);
	if (c->packer)
		take_packed(c, n);
	else
		take_json(c, n);
}

void channel_withdraw(const struct channel *c, const struct outboxes *outboxes, mono now)
{
	(void)outboxes_remove(outboxes, str_of(c->base_topic), now);
	(void)outboxes_remove(outboxes, str_of(c->recent_topic), now);
}

/* --- what is given --- */

bool channel_has_pending(const struct channel *c, size_t broker)
{
	return c->next[broker] < c->end;
}

bool channel_next(struct channel *c, size_t broker, const struct outbox *outbox, struct channel_message *out)
{
	uint64_t *next = &c->next[broker];

	if (!channel_has_pending(c, broker) || outbox_is_pending(outbox, str_of(c->recent_topic)))
		return false;
	*out = (struct channel_message){
		.topic = str_of(c->delta_topic),
		.expires_s = c->packer ? 0 : DELTA_EXPIRES_S,
		.missed = *next < c->first ? (size_t)(c->first - *next) : 0,
	};
	*next += out->missed;
	out->since = c->since[*next % CHANNEL_KEPT];
	out->is_packed = c->packer != NULL;
	out->text = buf_view(&c->kept[(*next)++ % CHANNEL_KEPT]);
	return true;
}
