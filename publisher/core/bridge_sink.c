#include "publisher/core/bridge_priv.h"

#include <stdio.h>

#define COMPARE_TIMEOUT_MS 15000 /* without any message of the broker */
#define COMPARE_AGAIN_FROM 500   /* retained topics: from here on a broker's queue may have cut the list */
#define COMPARE_PASSES_MAX 5
#define BRIEF_TOO_OFTEN 3
#define REFUSED_AGAIN_MS 30000 /* perhaps somebody has mended the broker's policy */

/* Tokens above those of the outbox. */
#define TOKEN_STATUS ((size_t)1 << 32)
#define TOKEN_FEED (TOKEN_STATUS + 1)

#define STATUS_TOPIC STR("status")
#define PRESENCE_TOPIC STR("presence/")
#define JSON_TYPE "application/json"

/* --- views --- */

void bridge_free_views(struct bridge *b)
{
	for (size_t i = 0; i < b->n_views; i++) {
		feed_free(b->views[i].feed);
		buf_free(&b->views[i].delta);
		buf_free(&b->views[i].snapshot);
		buf_free(&b->views[i].recent);
	}
	b->n_views = 0;
}

/* Short, because every delta carries it; rises with time, so that a later run's never equals an earlier one's. */
static void write_epoch(char out[16], int64_t wall_ms)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char reversed[16];
	size_t n = 0;

	for (uint64_t t = (uint64_t)wall_ms; t && n < 15; t /= 36)
		reversed[n++] = digits[t % 36];
	for (size_t i = 0; i < n; i++)
		out[i] = reversed[n - 1 - i];
	out[n] = '\0';
}

/* The new rules may not have this view. */
static void forget_kept(struct bridge *b, const struct view *v, const char *what, struct moment now)
{
	char topic[300];

	snprintf(topic, sizeof(topic), "feed/%s/%s", feed_name(v->feed), what);
	(void)outbox_remove(b->outbox, str_of(topic), now.mono);
}

bool bridge_make_views(struct bridge *b, struct moment now)
{
	const char *name;
	char epoch[16];

	for (size_t i = 0; i < b->n_views; i++) {
		forget_kept(b, &b->views[i], "snapshot", now);
		forget_kept(b, &b->views[i], "recent", now);
	}
	bridge_free_views(b);
	write_epoch(epoch, now.wall_ms);
	while ((name = schema_view(b->schema, b->n_views)) != NULL) {
		struct view *v = &b->views[b->n_views];

		*v = (struct view){ .feed = feed_new(name, epoch, b->cfg.max_state_bytes) };
		if (!v->feed)
			return false;
		b->n_views++;
	}
	return true;
}

const struct feed *bridge_view(const struct bridge *b, struct str name)
{
	for (size_t i = 0; i < b->n_views; i++)
		if (str_is(name, feed_name(b->views[i].feed)))
			return b->views[i].feed;
	return NULL;
}

static void keep(struct bridge *b, const struct view *v, const char *what, struct str text, struct moment now)
{
	struct outbox_value value = { .payload = text, .treatment = { .class = CLASS_CRITICAL, .qos = 1, .content_type = JSON_TYPE } };
	char topic[300];

	snprintf(topic, sizeof(topic), "feed/%s/%s", feed_name(v->feed), what);
	value.topic = str_of(topic);
	if (outbox_set(b->outbox, &value, now.mono) == OUTBOX_FULL)
		health_count(&b->health, HEALTH_SKIP_FULL, 1);
}

static void flush_view(struct bridge *b, struct view *v, struct moment now)
{
	enum feed_news news;

	/* while the broker is behind, changes gather: the next delta tells them all */
	if (v->delta_waits && b->phase == SINK_OPEN)
		return;
	news = feed_flush(v->feed, now.mono, now.wall_ms);
	if (news == FEED_NOTHING)
		return;
	if (news == FEED_RENEWED)
		keep(b, v, "snapshot", feed_snapshot(v->feed), now);
	if (news != FEED_HEARTBEAT)
		keep(b, v, "recent", feed_recent(v->feed), now);
	buf_clear(&v->delta);
	buf_str(&v->delta, feed_delta(v->feed));
	v->delta_waits = true;
}

void bridge_flush_views(struct bridge *b, struct moment now)
{
	if (!b->ever_synced)
		return;
	for (size_t i = 0; i < b->n_views; i++)
		flush_view(b, &b->views[i], now);
}

/* --- reconciling --- */

static void ask(struct bridge *b, struct moment now)
{
	b->phase = SINK_ASKING;
	b->phase_deadline = mono_add(now.mono, COMPARE_TIMEOUT_MS);
	b->seen = b->differ = 0;
	b->check_again = b->marker_due = b->refused = false;
	b->passes++;
	bridge_push_text(b, FX_SINK_SUBSCRIBE, "#", (struct str){ "", 0 });
}

static void open_sink(struct bridge *b, struct moment now)
{
	size_t to_send;

	bridge_push_text(b, FX_SINK_UNSUBSCRIBE, "#", (struct str){ "", 0 });
	to_send = outbox_open(b->outbox, now.mono);
	b->phase = SINK_OPEN;
	b->check_again = b->seen >= COMPARE_AGAIN_FROM && b->differ && b->passes < COMPARE_PASSES_MAX;
	health_count(&b->health, HEALTH_RECONCILES, 1);
	health_count(&b->health, HEALTH_RECONCILE_DIFFERENT, (double)b->differ);
	bridge_log(b, LOG_LEVEL_INFO, "broker", "reconciled  held=%zu different=%zu to_send=%zu", b->seen, b->differ,
		   to_send);
	bridge_link_sink(b, LINK_EV_PROVED, now);
	bridge_flush_views(b, now);
}

/* Whatever may let the broker's side go on: the state is known, the queue is empty. */
void bridge_sink_review(struct bridge *b, struct moment now)
{
	if (b->phase == SINK_CONNECTED && b->ever_synced)
		ask(b, now);
	if (b->phase == SINK_OPEN && outbox_idle(b->outbox)) {
		if (b->check_again || (b->refused && mono_reached(now.mono, b->ask_again))) {
			outbox_close(b->outbox);
			ask(b, now);
		} else {
			b->caught_up = !b->refused;
		}
	}
	bridge_review_status(b, now);
}

void bridge_sink_up(struct bridge *b, size_t window, struct moment now)
{
	bridge_link_sink(b, LINK_EV_OPENED, now);
	b->phase = SINK_CONNECTED;
	b->passes = 0;
	b->sink_window = window;
	b->status_due = true;
	bridge_log(b, LOG_LEVEL_INFO, "broker", "connected  window=%zu", window);
	bridge_sink_review(b, now);
}

void bridge_sink_subscribed(struct bridge *b, bool granted, struct moment now)
{
	if (b->phase != SINK_ASKING)
		return;
	if (granted) {
		b->phase = SINK_COMPARING;
		b->phase_deadline = mono_add(now.mono, COMPARE_TIMEOUT_MS);
		b->marker_due = true;
		return;
	}
	health_count(&b->health, HEALTH_RECONCILE_REFUSED, 1);
	bridge_log(b, LOG_LEVEL_ERROR, "broker",
		   "may not subscribe to %s/#: topics left by an earlier run can't be found and stay", b->cfg.prefix);
	open_sink(b, now);
	bridge_sink_review(b, now);
}

bool bridge_strip_prefix(const struct bridge *b, struct str *topic)
{
	struct str prefix = str_of(b->cfg.prefix);

	if (!str_starts(*topic, prefix) || topic->len <= prefix.len || topic->p[prefix.len] != '/')
		return false;
	*topic = str_skip(*topic, prefix.len + 1);
	return true;
}

void bridge_sink_message(struct bridge *b, struct str topic, struct str payload, bool retained, struct moment now)
{
	if ((b->phase != SINK_ASKING && b->phase != SINK_COMPARING) || !bridge_strip_prefix(b, &topic))
		return;
	b->phase_deadline = mono_add(now.mono, COMPARE_TIMEOUT_MS);
	if (str_eq(topic, STATUS_TOPIC)) {
		if (retained || b->phase != SINK_COMPARING || !str_eq(payload, buf_view(&b->marker)))
			return;
		open_sink(b, now);
		bridge_sink_review(b, now);
	} else if (retained && !str_starts(topic, PRESENCE_TOPIC)) {
		b->seen++;
		b->differ += outbox_seen(b->outbox, topic, payload);
	}
}

/* Brokers may end a connection without a word why; the pattern is one. */
static void judge_loss(struct bridge *b, struct moment now)
{
	if (!link_was_of_use(&b->sink))
		return;
	b->brief = mono_reached(now.mono, b->sink.settled_at) ? 0 : b->brief + 1;
	if (b->brief >= BRIEF_TOO_OFTEN)
		bridge_log(b, LOG_LEVEL_WARN, "broker",
			   "lost as soon as all is well: another publisher with our client id, or a topic that this broker "
			   "can't bear?  in_a_row=%d", b->brief);
}

void bridge_sink_lost(struct bridge *b, enum sink_loss loss, const char *why, struct moment now)
{
	enum health_row row = loss == SINK_LOSS_REFUSED ? HEALTH_SINK_REFUSED : HEALTH_SINK_LOST;

	health_count(&b->health, row, 1);
	b->phase = SINK_DOWN;
	b->caught_up = b->status_in_flight = b->check_again = b->refused = false;
	b->feed_in_flight = 0;
	outbox_close(b->outbox);
	judge_loss(b, now);
	bridge_link_sink(b, LINK_EV_LOST, now);
	bridge_log(b, loss == SINK_LOSS_REFUSED ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "broker", "%s  next_try_ms=%lld", why,
		   (long long)(b->sink.state == LINK_WAITING ? mono_diff(b->sink.deadline, now.mono) : 0));
	bridge_review_status(b, now);
}

void bridge_sink_acked(struct bridge *b, size_t token, struct moment now)
{
	int64_t ms;

	if (token == TOKEN_STATUS) {
		b->status_in_flight = false;
	} else if (token == TOKEN_FEED) {
		b->feed_in_flight -= b->feed_in_flight > 0;
	} else {
		ms = outbox_acked(b->outbox, token, now.mono);
		if (ms >= 0)
			histogram_observe(&b->health.latency, (double)ms / 1000.0);
	}
	bridge_flush_views(b, now);
	bridge_sink_review(b, now);
}

void bridge_sink_refused(struct bridge *b, size_t token, struct moment now)
{
	b->refused = true;
	b->ask_again = mono_add(now.mono, REFUSED_AGAIN_MS);
	bridge_sink_acked(b, token, now);
}

/* --- what leaves next --- */

static void fill(struct bridge *b, struct effect *out, struct str topic, struct str text, size_t token)
{
	*out = (struct effect){
		.type = FX_SINK_PUBLISH,
		.topic = bridge_topic(b, topic),
		.text = text,
		.token = token,
		.qos = 1,
		.retain = true,
	};
	health_count(&b->health, HEALTH_PUBLISHED, 1);
	health_count(&b->health, HEALTH_PUBLISHED_BYTES, (double)(out->topic.len + out->text.len));
}

static bool next_status(struct bridge *b, struct effect *out)
{
	bool marks = !b->status_due && b->marker_due && b->phase == SINK_COMPARING;

	if ((!b->status_due && !marks) || b->status_in_flight || b->phase == SINK_DOWN)
		return false;
	b->status_in_flight = true;
	fill(b, out, STATUS_TOPIC, buf_view(&b->status_text), TOKEN_STATUS);
	out->content_type = JSON_TYPE;
	out->retain = !marks;
	if (!marks) {
		b->status_due = false;
		return true;
	}
	b->marker_due = false;
	buf_clear(&b->marker);
	buf_str(&b->marker, buf_view(&b->status_text));
	return true;
}

/* The broker's window, which may be smaller than the outbox's. */
static bool window_is_full(const struct bridge *b)
{
	return outbox_stats(b->outbox).in_flight >= b->sink_window;
}

static bool next_kept(struct bridge *b, struct moment now, struct effect *out)
{
	struct publish p;

	if (b->phase != SINK_OPEN || window_is_full(b) || !outbox_next(b->outbox, now.mono, &p))
		return false;
	fill(b, out, p.topic, p.payload, p.token);
	out->qos = p.qos;
	out->content_type = p.content_type;
	return true;
}

/* A delta leaves when the `recent` that includes it has left: both are critical, and this is asked behind those. */
static bool next_delta(struct bridge *b, struct effect *out)
{
	char topic[300];

	if (b->phase != SINK_OPEN || b->feed_in_flight >= b->sink_window)
		return false;
	for (size_t i = 0; i < b->n_views; i++) {
		struct view *v = &b->views[i];

		if (!v->delta_waits)
			continue;
		snprintf(topic, sizeof(topic), "feed/%s/recent", feed_name(v->feed));
		if (outbox_waits(b->outbox, str_of(topic)))
			continue;
		v->delta_waits = false;
		b->feed_in_flight++;
		snprintf(topic, sizeof(topic), "feed/%s/delta", feed_name(v->feed));
		fill(b, out, str_of(topic), buf_view(&v->delta), TOKEN_FEED);
		out->retain = false;
		return true;
	}
	return false;
}

bool bridge_sink_next(struct bridge *b, struct moment now, struct effect *out)
{
	return next_status(b, out) || next_delta(b, out) || next_kept(b, now, out);
}

mono bridge_sink_deadline(const struct bridge *b)
{
	mono t = MONO_NEVER;

	if (b->phase == SINK_ASKING || b->phase == SINK_COMPARING)
		t = b->phase_deadline;
	if (b->phase == SINK_OPEN && !window_is_full(b)) /* else an answer comes first */
		t = outbox_deadline(b->outbox);
	if (b->phase == SINK_OPEN && b->refused && outbox_idle(b->outbox))
		t = mono_min(t, b->ask_again);
	for (size_t i = 0; b->ever_synced && i < b->n_views; i++)
		if (!b->views[i].delta_waits || b->phase != SINK_OPEN)
			t = mono_min(t, feed_deadline(b->views[i].feed));
	return t;
}

void bridge_sink_tick(struct bridge *b, struct moment now)
{
	bool comparing = b->phase == SINK_ASKING || b->phase == SINK_COMPARING;

	if (comparing && mono_reached(now.mono, b->phase_deadline)) {
		health_count(&b->health, HEALTH_RECONCILE_REFUSED, 1);
		bridge_log(b, LOG_LEVEL_WARN, "broker", "did not send %s/status back: going on with what it has sent",
			   b->cfg.prefix);
		open_sink(b, now);
	}
	bridge_flush_views(b, now);
	bridge_sink_review(b, now);
}
