#include "publisher/core/bridge/views.h"

#include "base/topic.h"

#include <stdlib.h>

#define EPOCH_SIZE 16

void views_init(struct views *v, struct outbox *outbox, struct health *health, size_t max_bytes)
{
	*v = (struct views){ .outbox = outbox, .health = health, .max_bytes = max_bytes };
}

static void free_view(struct view *view)
{
	feed_free(view->feed);
	free(view->snapshot_topic);
	free(view->recent_topic);
	free(view->delta_topic);
	buf_free(&view->delta);
}

void views_free(struct views *v)
{
	for (size_t i = 0; i < v->n; i++)
		free_view(&v->list[i]);
	v->n = 0;
}

/* --- which there are --- */

/* The wall clock to base 36: short, because it is part of every delta, and rising, so that a later run's never equals an earlier one's. */
static void write_epoch(char out[EPOCH_SIZE], int64_t wall_ms)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char reversed[EPOCH_SIZE];
	size_t n = 0;

	for (uint64_t t = (uint64_t)wall_ms; t && n < EPOCH_SIZE - 1; t /= 36)
		reversed[n++] = digits[t % 36];
	for (size_t i = 0; i < n; i++)
		out[i] = reversed[n - 1 - i];
	out[n] = '\0';
}

static char *topic_of(const char *name, const char *what)
{
	struct buf out = { 0 };

	buf_printf(&out, "feed/%s/%s", name, what);
	if (out.failed)
		buf_free(&out);
	return out.p;
}

static bool add_view(struct views *v, const char *name, const char *epoch)
{
	struct view view = {
		.feed = feed_new(name, epoch, v->max_bytes),
		.snapshot_topic = topic_of(name, "snapshot"),
		.recent_topic = topic_of(name, "recent"),
		.delta_topic = topic_of(name, "delta"),
	};

	if (!view.feed || !view.snapshot_topic || !view.recent_topic || !view.delta_topic) {
		free_view(&view);
		return false;
	}
	v->list[v->n++] = view;
	return true;
}

bool views_make(struct views *v, const struct schema *schema, struct moment now)
{
	const char *name;
	char epoch[EPOCH_SIZE];

	for (size_t i = 0; i < v->n; i++) {
		(void)outbox_remove(v->outbox, str_of(v->list[i].snapshot_topic), now.mono);
		(void)outbox_remove(v->outbox, str_of(v->list[i].recent_topic), now.mono);
	}
	views_free(v);
	write_epoch(epoch, now.wall_ms);
	while (v->n < SCHEMA_MAX_VIEWS && (name = schema_view(schema, v->n)) != NULL)
		if (!add_view(v, name, epoch))
			return false;
	return true;
}

const struct feed *views_find(const struct views *v, struct str name)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_is(name, feed_name(v->list[i].feed)))
			return v->list[i].feed;
	return NULL;
}

/* --- changes in, messages out --- */

void views_apply(struct views *v, const struct view_change *c)
{
	for (size_t i = 0; i < v->n; i++) {
		if (!(c->views & 1u << i))
			continue;
		if (!c->value.len)
			feed_remove(v->list[i].feed, c->key, c->class);
		else if (!feed_set(v->list[i].feed, c->key, c->value, c->class))
			health_count(v->health, HEALTH_SKIP_FULL, 1);
	}
}

void views_commit(struct views *v, mono now)
{
	for (size_t i = 0; i < v->n; i++)
		feed_commit(v->list[i].feed, now);
}

static void keep(struct views *v, const char *topic, struct str text, mono now)
{
	const struct outbox_value value = {
		.topic = str_of(topic),
		.payload = text,
		.treatment = { .class = CLASS_CRITICAL, .qos = 1, .content_type = "application/json" },
	};

	if (outbox_set(v->outbox, &value, now) == OUTBOX_FULL)
		health_count(v->health, HEALTH_SKIP_FULL, 1);
}

static void flush_view(struct views *v, struct view *view, struct moment now)
{
	enum feed_news news = feed_flush(view->feed, now.mono, now.wall_ms);

	if (news == FEED_NOTHING)
		return;
	if (news == FEED_RENEWED)
		keep(v, view->snapshot_topic, feed_snapshot(view->feed), now.mono);
	if (news != FEED_HEARTBEAT)
		keep(v, view->recent_topic, feed_recent(view->feed), now.mono);
	buf_clear(&view->delta);
	buf_str(&view->delta, feed_delta(view->feed));
	view->delta_pending = true;
}

/* Must the next delta wait for this one? Without a broker a pending delta is worth nothing, and may be replaced: `recent` has its changes. */
static bool is_held_up(const struct view *view, bool broker_is_open)
{
	return view->delta_pending && broker_is_open;
}

void views_flush(struct views *v, bool broker_is_open, struct moment now)
{
	for (size_t i = 0; i < v->n; i++)
		if (!is_held_up(&v->list[i], broker_is_open))
			flush_view(v, &v->list[i], now);
}

mono views_deadline(const struct views *v, bool broker_is_open)
{
	mono t = MONO_NEVER;

	for (size_t i = 0; i < v->n; i++)
		if (!is_held_up(&v->list[i], broker_is_open))
			t = mono_min(t, feed_deadline(v->list[i].feed));
	return t;
}

bool views_next(struct views *v, size_t window, struct view_delta *out)
{
	for (size_t i = 0; v->in_flight < window && i < v->n; i++) {
		struct view *view = &v->list[i];

		if (!view->delta_pending || outbox_is_pending(v->outbox, str_of(view->recent_topic)))
			continue;
		view->delta_pending = false;
		v->in_flight++;
		*out = (struct view_delta){ str_of(view->delta_topic), buf_view(&view->delta) };
		return true;
	}
	return false;
}

void views_answered(struct views *v)
{
	v->in_flight -= v->in_flight > 0;
}

void views_broker_lost(struct views *v)
{
	v->in_flight = 0;
}

bool views_have_pending(const struct views *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->list[i].delta_pending || feed_has_pending(v->list[i].feed))
			return true;
	return false;
}
