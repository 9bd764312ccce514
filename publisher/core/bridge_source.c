#include "publisher/core/bridge_priv.h"

#include "base/topic.h"

#include <stdio.h>
#include <stdlib.h>

#define WARN_EVERY_MS 10000

/* A peer that sends rubbish all the time gets a line every ten seconds, not one per frame. */
static void warn(struct bridge *b, enum health_row row, const char *what, struct moment now)
{
	health_count(&b->health, row, 1);
	if (!mono_reached(now.mono, b->next_warning[row])) {
		b->unwarned[row]++;
		return;
	}
	bridge_log(b, LOG_LEVEL_WARN, "source", "%s  more_since_last=%llu", what,
		   (unsigned long long)b->unwarned[row]);
	b->next_warning[row] = mono_add(now.mono, WARN_EVERY_MS);
	b->unwarned[row] = 0;
}

/* A message was lost, so the state is not known any more: a new connection brings all of it. */
static void resync(struct bridge *b, const char *why, struct moment now)
{
	if (!b->cfg.source_redials || b->source.state != LINK_UP)
		return;
	health_count(&b->health, HEALTH_SOURCE_REDIAL, 1);
	bridge_push(b, FX_SOURCE_HANG_UP);
	b->synced = false;
	str_copy(b->source_why, sizeof(b->source_why), why);
	bridge_link_source(b, LINK_EV_LOST, now);
	bridge_review_status(b, now);
}

/* --- one update --- */

static struct treatment treatment_of(const struct rule *r)
{
	return (struct treatment){ .class = r->class, .qos = r->qos, .interval_ms = r->interval_ms };
}

/* An update that can't be used, unlike one that the rules do without, is worth a line. */
static void skip(struct bridge *b, enum health_row row, struct str path, struct moment now)
{
	static const char *const reasons[HEALTH_COUNT] = {
		[HEALTH_SKIP_BAD_UTF8] = "its path is not UTF-8",
		[HEALTH_SKIP_BAD_PATH] = "its path is not of the form Name(argument).Name",
		[HEALTH_SKIP_BAD_VALUE] = "its value is no string, boolean or exact number",
		[HEALTH_SKIP_TOO_LONG] = "its topic would be too long",
		[HEALTH_SKIP_FULL] = "max-state-bytes is reached",
	};
	char text[200];
	int shown = path.len > 80 ? 80 : (int)path.len;

	snprintf(text, sizeof(text), "update refused: %s  path=%.*s%s", reasons[row], shown, path.p,
		 path.len > 80 ? "..." : "");
	warn(b, row, text, now);
}

static enum health_row skip_of(enum path_result r)
{
	return r == PATH_BAD_UTF8 ? HEALTH_SKIP_BAD_UTF8 : HEALTH_SKIP_BAD_PATH;
}

static void tell_views(struct bridge *b, uint32_t views, struct str key, struct str value, enum schema_class class)
{
	for (size_t i = 0; i < b->n_views; i++) {
		if (!(views & 1u << i))
			continue;
		if (!value.len)
			feed_remove(b->views[i].feed, key, class);
		else if (!feed_set(b->views[i].feed, key, value, class))
			health_count(&b->health, HEALTH_SKIP_FULL, 1);
	}
}

static void take_value(struct bridge *b, struct str topic, const struct update *u, const struct rule *rule,
		       struct moment now)
{
	const struct outbox_value v = { topic, u->path, u->value, treatment_of(rule) };
	enum outbox_result r;

	if (u->value.len)
		r = outbox_set(b->outbox, &v, now.mono);
	else
		r = outbox_remove(b->outbox, topic, now.mono);
	if (r == OUTBOX_FULL)
		skip(b, HEALTH_SKIP_FULL, u->path, now);
	if (r != OUTBOX_NEWS)
		return;
	health_count(&b->health, HEALTH_CHANGES, 1);
	if (rule->visibility == VISIBLE_PUBLIC)
		tell_views(b, rule->views, topic, u->value, rule->class);
}

/* The first update that concerns us after a Register belongs to the whole state. */
static void note_registered(struct bridge *b, bool *whole)
{
	if (!b->awaiting_state)
		return;
	b->awaiting_state = false;
	*whole = true;
	outbox_mark(b->outbox);
	clocks_mark(&b->clocks);
}

static bool take_update(struct bridge *b, const struct update *u, bool *whole, struct buf *topic, struct moment now)
{
	struct mapping m;
	struct path path;
	enum path_result parsed = path_parse(u->path, &path);
	enum map_result mapped;

	health_count(&b->health, HEALTH_UPDATES, 1);
	if (parsed) {
		skip(b, skip_of(parsed), u->path, now);
		return false;
	}
	buf_clear(topic);
	mapped = schema_map(b->schema, &path, topic, &m);
	if (mapped == MAP_OK && strlen(b->cfg.prefix) + 1 + topic->len > TOPIC_MAX_BYTES)
		mapped = MAP_TOO_LONG; /* with the prefix it is */
	if (m.list > b->cfg.list) {
		health_count(&b->health, HEALTH_SKIP_UNREGISTERED, 1);
		return false;
	}
	note_registered(b, whole);
	if (mapped == MAP_DROPPED)
		health_count(&b->health, HEALTH_SKIP_DROPPED, 1);
	else if (mapped)
		skip(b, HEALTH_SKIP_TOO_LONG, u->path, now);
	else if (u->bad)
		skip(b, HEALTH_SKIP_BAD_VALUE, u->path, now);
	else
		take_value(b, buf_view(topic), u, m.rule, now);
	if (!u->bad)
		clocks_update(&b->clocks, b->schema, &path, u->value);
	return true;
}

/* --- clocks --- */

static void take_clocks(struct bridge *b, struct moment now)
{
	BUF_CLEANUP struct buf key = { 0 };
	BUF_CLEANUP struct buf value = { 0 };
	enum clock_news news;
	struct clock *c;

	while ((c = clocks_next(&b->clocks, now.wall_ms, &news)) != NULL) {
		struct mapping m;
		struct path path;

		if (news == CLOCK_SAME || path_parse((struct str){ c->path, c->path_len }, &path))
			continue;
		buf_clear(&key);
		buf_clear(&value);
		if (news == CLOCK_NEWS)
			clock_write(c, &value);
		if (schema_map(b->schema, &path, &key, &m) == MAP_OK && m.rule->visibility == VISIBLE_PUBLIC)
			tell_views(b, c->rule->views, buf_view(&key), buf_view(&value), CLASS_HIGH);
	}
	link_expect_traffic(&b->source, clocks_running(&b->clocks), now.mono);
}

/* --- a frame --- */


static void topic_gone(void *arg, struct str topic)
{
	struct bridge *b = arg;

	health_count(&b->health, HEALTH_CHANGES, 1);
	tell_views(b, UINT32_MAX, topic, (struct str){ "", 0 }, CLASS_HIGH);
}

static void state_known(struct bridge *b, struct moment now)
{
	size_t gone = outbox_sweep(b->outbox, now.mono, topic_gone, b);

	bridge_log(b, LOG_LEVEL_INFO, "source", "state received  topics=%zu removed=%zu", outbox_stats(b->outbox).topics,
		   gone);
	b->synced = b->ever_synced = true;
	b->caught_up = false;
	bridge_link_source(b, LINK_EV_PROVED, now);
}

static enum frame_verdict take_state(struct bridge *b, struct frame *f, struct moment now)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct update u;
	bool whole = false, any = false;

	while (frame_next(f, &u))
		any |= take_update(b, &u, &whole, &topic, now);
	if (whole)
		state_known(b, now);
	take_clocks(b, now);
	for (size_t i = 0; i < b->n_views; i++)
		feed_commit(b->views[i].feed, now.mono);
	return any ? VERDICT_TAKEN : VERDICT_IGNORED;
}

static enum frame_verdict refuse(struct bridge *b, enum health_row row, const char *what, struct moment now)
{
	warn(b, row, what, now);
	return VERDICT_REFUSED;
}

static enum frame_verdict take_frame(struct bridge *b, struct frame *f, enum frame_result r, struct moment now)
{
	enum frame_verdict v;

	switch (r) {
	case FRAME_STATE:
		return take_state(b, f, now);
	case FRAME_NOTICE:
		warn(b, HEALTH_NOTICES, frame_notice(f), now);
		return VERDICT_IGNORED;
	case FRAME_BAD_JSON:
		v = refuse(b, HEALTH_REFUSED_JSON, "frame refused: not valid JSON, cut off or nested too deep", now);
		resync(b, "a frame was not valid JSON", now);
		return v;
	case FRAME_TOO_MANY:
		v = refuse(b, HEALTH_REFUSED_TOO_LARGE, "frame refused: too many values for the memory that one may take", now);
		resync(b, "a frame had too many values", now);
		return v;
	case FRAME_NO_STATE:
		return refuse(b, HEALTH_REFUSED_NO_STATE, "frame refused: no \"state\" object in it", now);
	case FRAME_PONG:
	case FRAME_RESULT_COUNT:
		break;
	}
	return VERDICT_IGNORED;
}

enum frame_verdict bridge_source_frame(struct bridge *b, struct str bytes, struct moment now)
{
	struct frame f;
	enum frame_result r = frame_open(&f, bytes);
	enum frame_verdict verdict;

	health_count(&b->health, HEALTH_FRAMES, 1);
	health_count(&b->health, HEALTH_FRAME_BYTES, (double)bytes.len);
	b->last_frame = now.mono;
	bridge_link_source(b, LINK_EV_TRAFFIC, now);
	verdict = take_frame(b, &f, r, now);
	frame_close(&f);
	bridge_flush_views(b, now);
	bridge_sink_review(b, now);
	return verdict;
}

void bridge_source_frame_lost(struct bridge *b, enum frame_loss loss, struct moment now)
{
	if (loss == FRAME_LOSS_TOO_LARGE) {
		refuse(b, HEALTH_REFUSED_TOO_LARGE, "frame refused: larger than max-frame-bytes", now);
		resync(b, "a frame was too large", now);
	} else {
		refuse(b, HEALTH_REFUSED_BINARY, "frame refused: binary, a scoreboard sends text", now);
		resync(b, "a frame was binary", now);
	}
}

/* --- the connection --- */

static const char *entry_to_register(const void *arg, size_t i)
{
	const struct bridge *b = arg;

	for (size_t list = 0; list <= b->cfg.list; list++) {
		size_t n = 0;
		const char *entry;

		while ((entry = schema_entry(b->schema, (enum schema_list)list, n)) != NULL && n < i)
			n++;
		if (entry)
			return entry;
		i -= n;
	}
	return NULL;
}

void bridge_source_up(struct bridge *b, struct moment now)
{
	BUF_CLEANUP struct buf text = { 0 };

	bridge_link_source(b, LINK_EV_OPENED, now);
	b->awaiting_state = true;
	b->last_frame = now.mono;
	bridge_log(b, LOG_LEVEL_INFO, "source", "connected  register=%s", schema_list_name(b->cfg.list));
	/* a feed's heartbeat breaks every silence */
	if (b->cfg.source_follows)
		link_expect_traffic(&b->source, true, now.mono);
	if (!b->cfg.source_registers)
		return;
	frame_write_register(&text, entry_to_register, b);
	bridge_push_text(b, FX_SOURCE_SEND, NULL, buf_view(&text));
}

void bridge_source_pong(struct bridge *b, struct moment now)
{
	bridge_link_source(b, LINK_EV_PONG, now);
}

void bridge_source_lost(struct bridge *b, enum source_loss loss, const char *why, struct moment now)
{
	b->synced = b->awaiting_state = false;
	str_copy(b->source_why, sizeof(b->source_why), why);
	if (loss == SOURCE_LOSS_END) {
		bridge_link_source(b, LINK_EV_STOP, now);
		bridge_log(b, LOG_LEVEL_INFO, "source", "%s", why);
		bridge_finish(b, now, why);
		return;
	}
	if (loss == SOURCE_LOSS_CONNECTION) {
		health_count(&b->health, HEALTH_SOURCE_LOST, 1);
		bridge_link_source(b, LINK_EV_LOST, now);
	}
	bridge_log(b, LOG_LEVEL_WARN, "source", "%s", why);
	bridge_review_status(b, now);
}

/* --- new rules for what is known --- */

struct remembered {
	char *path, *value;
	size_t path_len, value_len;
	struct remembered *next;
};

static void remember(void *arg, struct str topic, struct str path, struct str payload)
{
	struct remembered **list = arg;
	struct remembered *r = calloc(1, sizeof(*r));

	(void)topic;
	if (!r)
		return;
	*r = (struct remembered){ str_dup(path), str_dup(payload), path.len, payload.len, *list };
	*list = r;
}

static void replay(struct bridge *b, const struct remembered *r, struct buf *topic, struct moment now)
{
	struct update u = { { r->path, r->path_len }, { r->value, r->value_len }, false };
	bool whole = false;

	if (r->path && r->value)
		take_update(b, &u, &whole, topic, now);
}

void bridge_replay_state(struct bridge *b, struct schema *schema, struct moment now)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct remembered *list = NULL, *next;
	bool awaiting = b->awaiting_state;

	outbox_each(b->outbox, remember, &list);
	outbox_close(b->outbox);
	outbox_drop_all(b->outbox);
	clocks_free(&b->clocks);
	schema_free(b->schema);
	b->schema = schema;
	bridge_make_views(b, now);
	b->awaiting_state = false;
	for (; list; list = next) {
		next = list->next;
		replay(b, list, &topic, now);
		free(list->path);
		free(list->value);
		free(list);
	}
	b->awaiting_state = awaiting;
	take_clocks(b, now);
	for (size_t i = 0; i < b->n_views; i++)
		feed_commit(b->views[i].feed, now.mono);
}
