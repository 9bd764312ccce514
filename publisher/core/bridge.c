#include "publisher/core/bridge_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STOP_DRAIN_MS 2000
#define STOP_OFFLINE_MS 1000

/* --- effects --- */

static void free_pending(struct pending_effect *e)
{
	free(e->topic);
	free(e->text);
	*e = (struct pending_effect){ 0 };
}

struct pending_effect *bridge_push(struct bridge *b, enum effect_type type)
{
	struct pending_effect *e;

	/* logs may not push out what matters */
	if (b->n_effects == EFFECTS_MAX || (type == FX_LOG && b->n_effects > EFFECTS_MAX / 2))
		return NULL;
	e = &b->effects[(b->first_effect + b->n_effects++) % EFFECTS_MAX];
	*e = (struct pending_effect){ .fx = { .type = type } };
	return e;
}

void bridge_push_text(struct bridge *b, enum effect_type type, const char *topic, struct str text)
{
	struct pending_effect *e = bridge_push(b, type);

	if (!e)
		return;
	e->topic = topic ? str_dup(bridge_topic(b, str_of(topic))) : NULL;
	e->text = str_dup(text);
	e->fx.topic = str_of(e->topic);
	e->fx.text = (struct str){ e->text ? e->text : "", e->text ? text.len : 0 };
}

void bridge_log(struct bridge *b, enum log_level level, const char *area, const char *fmt, ...)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct pending_effect *e = bridge_push(b, FX_LOG);
	va_list ap;

	if (!e)
		return;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	e->fx.level = level;
	e->fx.area = area;
	e->fx.text = (struct str){ text.p ? text.p : "", text.len };
	e->text = text.p;
	text.p = NULL;
}

static bool next_pending(struct bridge *b, struct effect *out)
{
	if (!b->n_effects)
		return false;
	b->current = b->effects[b->first_effect];
	b->first_effect = (b->first_effect + 1) % EFFECTS_MAX;
	b->n_effects--;
	*out = b->current.fx;
	return true;
}

struct str bridge_topic(struct bridge *b, struct str topic)
{
	buf_clear(&b->topic);
	buf_puts(&b->topic, b->cfg.prefix);
	buf_char(&b->topic, '/');
	buf_str(&b->topic, topic);
	return buf_view(&b->topic);
}

/* --- links --- */

static enum health_row source_row(enum link_reason why)
{
	static const enum health_row rows[LINK_WHY_COUNT] = {
		[LINK_WHY_LOST] = HEALTH_SOURCE_LOST,       [LINK_WHY_DIAL_TIMEOUT] = HEALTH_SOURCE_DIAL_TIMEOUT,
		[LINK_WHY_NO_PONG] = HEALTH_SOURCE_NO_PONG, [LINK_WHY_SILENT] = HEALTH_SOURCE_SILENT,
		[LINK_WHY_REDIAL] = HEALTH_SOURCE_REDIAL,
	};

	return rows[why];
}

/* The link gave the connection up by itself. */
static void source_given_up(struct bridge *b, struct moment now)
{
	static const char *const texts[LINK_WHY_COUNT] = {
		[LINK_WHY_DIAL_TIMEOUT] = "no answer from the scoreboard", [LINK_WHY_NO_PONG] = "no pong from the scoreboard",
		[LINK_WHY_SILENT] = "the scoreboard is silent",             [LINK_WHY_REDIAL] = "connecting anew",
	};
	enum link_reason why = b->source.why;

	if (!texts[why])
		return; /* hung up because we stop */
	b->synced = b->awaiting_state = false;
	health_count(&b->health, source_row(why), 1);
	str_copy(b->source_why, sizeof(b->source_why), texts[why]);
	bridge_log(b, LOG_LEVEL_WARN, "source", "%s  reason=%s", texts[why], link_reason_name(why));
	bridge_review_status(b, now);
}

static void run_source(struct bridge *b, enum link_action action, struct moment now)
{
	switch (action) {
	case LINK_DO_DIAL:
		bridge_push(b, FX_SOURCE_DIAL);
		break;
	case LINK_DO_PING:
		bridge_push(b, FX_SOURCE_PING);
		break;
	case LINK_DO_HANG_UP:
	case LINK_DO_HANG_UP_DIAL:
		bridge_push(b, FX_SOURCE_HANG_UP);
		if (b->stop == STOP_NOT)
			source_given_up(b, now);
		if (action == LINK_DO_HANG_UP_DIAL)
			bridge_push(b, FX_SOURCE_DIAL);
		break;
	case LINK_DO_NOTHING:
		break;
	}
}

void bridge_link_source(struct bridge *b, enum link_event ev, struct moment now)
{
	run_source(b, link_step(&b->source, ev, now.mono, now.rnd), now);
}

/* The will: what the broker says of us when we vanish. It does not know when that will be. */
static void push_dial_sink(struct bridge *b)
{
	bridge_push_text(b, FX_SINK_DIAL, "status",
			 STR("{\"state\":\"offline\",\"since\":null,\"reason\":\"connection lost\"}"));
}

static void run_sink(struct bridge *b, enum link_action action, struct moment now)
{
	switch (action) {
	case LINK_DO_DIAL:
		push_dial_sink(b);
		break;
	case LINK_DO_HANG_UP:
		bridge_push(b, FX_SINK_HANG_UP);
		if (b->stop != STOP_NOT)
			break;
		health_count(&b->health, HEALTH_SINK_DIAL_TIMEOUT, 1);
		bridge_log(b, LOG_LEVEL_WARN, "broker", "no answer  reason=dial_timeout");
		bridge_review_status(b, now);
		break;
	case LINK_DO_HANG_UP_DIAL:
	case LINK_DO_PING: /* libmosquitto keeps its connection alive itself */
	case LINK_DO_NOTHING:
		break;
	}
}

void bridge_link_sink(struct bridge *b, enum link_event ev, struct moment now)
{
	run_sink(b, link_step(&b->sink, ev, now.mono, now.rnd), now);
}

/* --- status --- */

static bool tells_a_broker(const struct bridge *b)
{
	return !b->cfg.source_follows && !b->cfg.no_broker;
}

static enum status judge_status(const struct bridge *b, const char **why)
{
	bool caught_up = b->caught_up || !tells_a_broker(b);

	if (b->stop >= STOP_SAYING_OFFLINE) {
		*why = b->stop_why;
		return STATUS_OFFLINE;
	}
	if (!b->synced) {
		*why = b->source_why;
		return STATUS_STALE;
	}
	if (b->refused) {
		*why = "the broker refuses some of our messages";
		return STATUS_STALE;
	}
	*why = caught_up ? "connected" : "synchronizing";
	return caught_up ? STATUS_LIVE : STATUS_STALE;
}

void bridge_review_status(struct bridge *b, struct moment now)
{
	static const char *const names[] = { "", "live", "stale", "offline" };
	const char *why;
	enum status status = judge_status(b, &why);

	if (status == b->status && strcmp(why, b->status_why) == 0)
		return;
	if (status != b->status)
		b->status_since = now.wall_ms;
	b->status = status;
	str_copy(b->status_why, sizeof(b->status_why), why);
	buf_clear(&b->status_text);
	buf_printf(&b->status_text, "{\"state\":\"%s\",\"since\":%" PRId64 ",\"reason\":", names[status],
		   b->status_since);
	buf_json(&b->status_text, str_of(why));
	buf_char(&b->status_text, '}');
	b->status_due = true;
	bridge_log(b, LOG_LEVEL_INFO, "status", "%s  reason=\"%s\"", names[status], why);
}

bool bridge_ready(const struct bridge *b)
{
	if (!tells_a_broker(b))
		return b->synced;
	return b->status == STATUS_LIVE && b->phase == SINK_OPEN;
}

struct str bridge_status(const struct bridge *b)
{
	if (b->synced && b->origin_status.len)
		return buf_view(&b->origin_status);
	return buf_view(&b->status_text);
}

/* --- life --- */

struct bridge *bridge_new(const struct bridge_config *cfg, struct schema *schema)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (!b) {
		schema_free(schema);
		return NULL;
	}
	b->cfg = *cfg;
	b->schema = schema;
	health_init(&b->health);
	link_init(&b->source, &cfg->source);
	link_init(&b->sink, &cfg->sink);
	str_copy(b->source_why, sizeof(b->source_why), "waiting for the scoreboard");
	b->outbox = outbox_new(cfg->max_state_bytes, cfg->window);
	if (b->outbox)
		return b;
	bridge_free(b);
	return NULL;
}

void bridge_free(struct bridge *b)
{
	if (!b)
		return;
	while (b->n_effects) {
		free_pending(&b->effects[b->first_effect]);
		b->first_effect = (b->first_effect + 1) % EFFECTS_MAX;
		b->n_effects--;
	}
	free_pending(&b->current);
	bridge_free_views(b);
	clocks_free(&b->clocks);
	outbox_free(b->outbox);
	schema_free(b->schema);
	buf_free(&b->status_text);
	buf_free(&b->marker);
	buf_free(&b->origin_status);
	buf_free(&b->topic);
	free(b);
}

void bridge_start(struct bridge *b, struct moment now)
{
	if (!b->cfg.source_follows && !bridge_make_views(b, now))
		bridge_log(b, LOG_LEVEL_ERROR, "feed", "out of memory");
	bridge_review_status(b, now);
	if (tells_a_broker(b))
		bridge_link_sink(b, LINK_EV_START, now);
	bridge_link_source(b, LINK_EV_START, now);
}

static bool is_drained(const struct bridge *b)
{
	if (!tells_a_broker(b))
		return true;
	for (size_t i = 0; i < b->n_views; i++)
		if (b->views[i].delta_waits || feed_waits(b->views[i].feed))
			return false;
	return (b->caught_up || b->refused) && outbox_idle(b->outbox);
}

/* Goes from one phase of stopping to the next when it can; a deadline makes it. */
static void review_stop(struct bridge *b, struct moment now)
{
	bool late = mono_reached(now.mono, b->stop_deadline);

	if (b->stop == STOP_DRAINING && (late || is_drained(b))) {
		b->stop = STOP_SAYING_OFFLINE;
		b->stop_deadline = mono_add(now.mono, STOP_OFFLINE_MS);
		bridge_review_status(b, now);
		late = b->phase == SINK_DOWN;
	}
	if (b->stop != STOP_SAYING_OFFLINE || (!late && (b->status_due || b->status_in_flight)))
		return;
	b->stop = STOP_DONE;
	b->stop_deadline = MONO_NEVER;
	if (b->phase != SINK_DOWN)
		bridge_push(b, FX_SINK_DISCONNECT);
	bridge_push(b, FX_EXIT);
}

static void begin_stop(struct bridge *b, struct moment now, const char *reason, mono deadline)
{
	if (b->stop > STOP_DRAINING)
		return;
	b->stop = STOP_DRAINING;
	str_copy(b->stop_why, sizeof(b->stop_why), reason);
	b->stop_deadline = deadline;
	bridge_link_source(b, LINK_EV_STOP, now);
	review_stop(b, now);
}

void bridge_stop(struct bridge *b, struct moment now, const char *reason)
{
	begin_stop(b, now, reason, mono_add(now.mono, b->phase == SINK_OPEN ? STOP_DRAIN_MS : 0));
}

void bridge_finish(struct bridge *b, struct moment now, const char *reason)
{
	begin_stop(b, now, reason, b->ever_synced ? MONO_NEVER : now.mono);
}

void bridge_reload(struct bridge *b, struct schema *schema, const char *why, struct moment now)
{
	health_count(&b->health, schema ? HEALTH_RELOADS : HEALTH_RELOADS_FAILED, 1);
	if (!schema) {
		bridge_log(b, LOG_LEVEL_ERROR, "schema", "not reloaded, the old one stays: %s", why);
		return;
	}
	bridge_log(b, LOG_LEVEL_INFO, "schema", "reloaded");
	bridge_replay_state(b, schema, now);
	b->caught_up = false;
	if (b->phase > SINK_CONNECTED)
		b->phase = SINK_CONNECTED;
	/* what the old rules dropped or did not ask for is not known: the scoreboard tells all of it again */
	if (b->cfg.source_registers)
		bridge_link_source(b, LINK_EV_REDIAL, now);
	bridge_sink_review(b, now);
}

void bridge_tick(struct bridge *b, struct moment now)
{
	bridge_link_source(b, LINK_EV_TICK, now);
	bridge_link_sink(b, LINK_EV_TICK, now);
	bridge_sink_tick(b, now);
	review_stop(b, now);
}

bool bridge_next_effect(struct bridge *b, struct moment now, struct effect *out)
{
	free_pending(&b->current);
	if (b->stop != STOP_NOT)
		review_stop(b, now);
	return next_pending(b, out) || bridge_sink_next(b, now, out);
}

mono bridge_deadline(const struct bridge *b)
{
	mono t = mono_min(link_deadline(&b->source), link_deadline(&b->sink));

	if (b->stop != STOP_NOT)
		t = mono_min(t, b->stop_deadline);
	return mono_min(t, bridge_sink_deadline(b));
}

const struct health *bridge_health(struct bridge *b, struct moment now)
{
	struct outbox_stats s = outbox_stats(b->outbox);
	double *v = b->health.values;

	v[HEALTH_COALESCED] = (double)s.coalesced;
	v[HEALTH_TOPICS] = (double)s.topics;
	v[HEALTH_STATE_BYTES] = (double)s.bytes;
	v[HEALTH_OUTBOX] = (double)s.queued;
	v[HEALTH_IN_FLIGHT] = (double)s.in_flight;
	v[HEALTH_SOURCE_UP] = b->synced;
	v[HEALTH_SINK_UP] = b->phase == SINK_OPEN;
	v[HEALTH_READY] = bridge_ready(b);
	v[HEALTH_SOURCE_AGE] = (double)mono_diff(now.mono, b->last_frame) / 1000.0;
	return &b->health;
}

void bridge_count(struct bridge *b, enum health_row row)
{
	health_count(&b->health, row, 1);
}

void bridge_gauge(struct bridge *b, enum health_row row, double value)
{
	b->health.values[row] = value;
}
