#include "publisher/core/bridge/views.h"

#define EPOCH_SIZE 16

void views_init(struct views *v, const struct views *config)
{
	*v = (struct views){
		.outboxes = config->outboxes,
		.health = config->health,
		.encodings = config->encodings,
		.max_bytes = config->max_bytes,
	};
}

static void free_view(struct view *view)
{
	feed_free(view->feed);
	for (size_t i = 0; i < view->n_channels; i++)
		channel_close(&view->channels[i]);
}

void views_free(struct views *v)
{
	for (size_t i = 0; i < v->n; i++)
		free_view(&v->list[i]);
	v->n = 0;
}

/* --- which there are --- */

/* The wall clock to base 36: short, because it is part of every delta, and rising, so that a later run's never equals an earlier one's. Two
 * digits by chance behind it: a leader and its standby may be started in the same millisecond. */
static void write_epoch(char out[EPOCH_SIZE], struct moment now)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	const uint64_t t0 = (uint64_t)now.wall_ms * (36 * 36) + now.rnd % (36 * 36);
	char reversed[EPOCH_SIZE];
	size_t n = 0;

	for (uint64_t t = t0; t && n < EPOCH_SIZE - 1; t /= 36)
		reversed[n++] = digits[t % 36];
	for (size_t i = 0; i < n; i++)
		out[i] = reversed[n - 1 - i];
	out[n] = '\0';
}

static int open_channels(struct view *view, enum encoding encodings)
{
	static const enum encoding all[ENCODING_KINDS] = { ENCODING_JSON, ENCODING_PACKED };

	for (size_t i = 0; i < ENCODING_KINDS; i++) {
		if (!(encodings & all[i]))
			continue;
		if (channel_open(&view->channels[view->n_channels], feed_name(view->feed), all[i]))
			return 1;
		view->n_channels++;
	}
	return 0;
}

static bool add_view(struct views *v, const char *name, const char *epoch)
{
	struct view view = { .feed = feed_new(name, epoch, v->max_bytes) };

	if (!view.feed || open_channels(&view, encodings_of(str_of(v->encodings), str_of(name)))) {
		free_view(&view);
		return false;
	}
	v->list[v->n++] = view;
	return true;
}

static void withdraw(struct views *v, const struct view *view, mono now)
{
	for (size_t i = 0; i < view->n_channels; i++)
		channel_withdraw(&view->channels[i], v->outboxes, now);
}

bool views_make(struct views *v, const struct schema *schema, struct moment now)
{
	const char *name;
	char epoch[EPOCH_SIZE];

	for (size_t i = 0; i < v->n; i++)
		withdraw(v, &v->list[i], now.mono);
	views_free(v);
	write_epoch(epoch, now);
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

static void flush_view(struct views *v, struct view *view, broker_set open, struct moment now)
{
	struct channel_news n = {
		view->feed, feed_flush(view->feed, now.mono, now.wall_ms), v->outboxes, open, v->health, now.mono
	};

	for (size_t i = 0; n.news != FEED_NOTHING && i < view->n_channels; i++)
		channel_take(&view->channels[i], &n);
}

static bool view_has_pending(const struct view *view, size_t broker)
{
	bool waits = false;

	for (size_t i = 0; i < view->n_channels; i++)
		waits |= channel_has_pending(&view->channels[i], broker);
	return waits;
}

/* Must the next delta wait for this one? Without a broker a pending delta is worth nothing, and may be replaced: `recent` has its changes. */
static bool is_held_up(const struct view *view, broker_set open)
{
	for (size_t i = 0; i < BROKERS_MAX; i++)
		if ((open & 1u << i) && !view_has_pending(view, i))
			return false;
	return open != 0;
}

void views_flush(struct views *v, broker_set open, struct moment now)
{
	for (size_t i = 0; i < v->n; i++)
		if (!is_held_up(&v->list[i], open))
			flush_view(v, &v->list[i], open, now);
}

mono views_deadline(const struct views *v, broker_set open)
{
	mono t = MONO_NEVER;

	for (size_t i = 0; i < v->n; i++)
		if (!is_held_up(&v->list[i], open))
			t = mono_min(t, feed_deadline(v->list[i].feed));
	return t;
}

static bool next_of_view(struct views *v, struct view *view, size_t broker, struct channel_message *out)
{
	for (size_t i = 0; i < view->n_channels; i++)
		if (channel_next(&view->channels[i], broker, v->outboxes->list[broker], out))
			return true;
	return false;
}

bool views_next(struct views *v, size_t broker, size_t window, struct channel_message *out)
{
	for (size_t i = 0; v->in_flight[broker] < window && i < v->n; i++) {
		if (next_of_view(v, &v->list[i], broker, out)) {
			v->in_flight[broker]++;
			return true;
		}
	}
	return false;
}

void views_answered(struct views *v, size_t broker)
{
	v->in_flight[broker] -= v->in_flight[broker] > 0;
}

void views_broker_lost(struct views *v, size_t broker)
{
	v->in_flight[broker] = 0;
}

bool views_have_pending(const struct views *v, size_t broker)
{
	for (size_t i = 0; i < v->n; i++)
		if (view_has_pending(&v->list[i], broker) || feed_has_pending(v->list[i].feed))
			return true;
	return false;
}
