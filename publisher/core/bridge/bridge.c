#include "publisher/core/bridge/bridge.h"

#include "base/topic.h"
#include "publisher/core/bridge/follow.h"
#include "publisher/core/bridge/mirror.h"
#include "publisher/core/bridge/status.h"
#include "publisher/core/bridge/stop.h"
#include "publisher/core/bridge/translator.h"
#include "publisher/core/bridge/views.h"
#include "publisher/core/names/owner.h"
#include "publisher/core/news/people.h"

#include <stdio.h>
#include <stdlib.h>

#define STOP_DRAIN_MS 2000
#define SHORT_LIVES_TOO_MANY 3

/* Tokens of publishes that are not the outbox's, whose own tokens are smaller. */
#define TOKEN_STATUS ((size_t)1 << 32)
#define TOKEN_FEED (TOKEN_STATUS + 1)
#define TOKEN_PEOPLE (TOKEN_STATUS + 2)

#define STATUS_TOPIC STR("status")

struct bridge {
	struct bridge_config cfg;
	struct effects effects;
	struct health health;
	struct warnings warnings;
	struct outbox *outbox;
	struct link source, sink;
	struct standby standby;
	bool others_led; /* the broker's topics may be newer than a state that we had some time ago */
	struct views views;
	struct translator translator; /* not used when the source follows */
	struct follow follow;         /* used when it does, instead of the translator */
	struct mirror mirror;
	struct status status;
	struct people people;
	struct stop stop;

	bool synced;                      /* the state is that of the present connection to the source */
	bool ever_synced;                 /* we have had some whole state, if an old one */
	char source_why[STATUS_WHY_SIZE]; /* why it is not synced */
	mono last_frame;
	bool hears_people; /* we have subscribed to their topics over the present connection to the broker */
	int short_lives;   /* how many connections to the broker in a row were of use but were lost before they were settled (link.h) */
	struct buf topic;  /* of the effect that was given out last */
};

static bool has_sink(const struct bridge *b)
{
	return !b->cfg.source_follows && !b->cfg.no_broker;
}

/* False: the topic is not below our prefix. */
static bool strip_prefix(const struct bridge *b, struct str *topic)
{
	struct str prefix = str_of(b->cfg.prefix);

	if (!str_starts(*topic, prefix) || topic->len <= prefix.len || topic->p[prefix.len] != '/')
		return false;
	*topic = str_skip(*topic, prefix.len + 1);
	return true;
}

/* --- what follows from a change --- */

static void review_status(struct bridge *b, struct moment now)
{
	const struct status_facts facts = {
		.leaving_why = stop_offline_why(&b->stop),
		.unknown_why = b->synced ? NULL : b->source_why,
		.others_why = bridge_standby(b),
		.refused = b->mirror.refused,
		.caught_up = b->mirror.caught_up || !has_sink(b),
	};

	if (status_review(&b->status, &facts, now.wall_ms))
		effects_log(&b->effects, LOG_LEVEL_INFO, "status", "%s  reason=\"%s\"", status_name(&b->status),
			    status_why(&b->status));
}

static void flush_views(struct bridge *b, struct moment now)
{
	if (b->ever_synced)
		views_flush(&b->views, mirror_is_open(&b->mirror), now);
}

/* To be called after anything that may let the comparison with the broker begin or end. */
static void review_mirror(struct bridge *b, struct moment now)
{
	mirror_review(&b->mirror, b->others_led ? b->synced : b->ever_synced, now.mono);
	b->others_led &= !b->synced || !mirror_is_up(&b->mirror);
	review_status(b, now);
}

static bool is_cold(const struct bridge *b)
{
	return b->standby.kind == STANDBY_COLD;
}

static void note_source_lost(struct bridge *b, const char *why)
{
	b->synced = false;
	str_copy(b->source_why, sizeof(b->source_why), why);
}

/* --- links --- */

static enum health_row source_row(enum link_reason why)
{
	static const enum health_row rows[LINK_WHY_COUNT] = {
		[LINK_WHY_LOST] = HEALTH_SOURCE_LOST,
		[LINK_WHY_DIAL_TIMEOUT] = HEALTH_SOURCE_DIAL_TIMEOUT,
		[LINK_WHY_NO_PONG] = HEALTH_SOURCE_NO_PONG,
		[LINK_WHY_SILENT] = HEALTH_SOURCE_SILENT,
		[LINK_WHY_REDIAL] = HEALTH_SOURCE_REDIAL,
	};

	return rows[why];
}

/* The link has given up a connection, or an attempt, that did not end by itself. */
static void note_source_given_up(struct bridge *b, struct moment now)
{
	static const char *const texts[LINK_WHY_COUNT] = {
		[LINK_WHY_DIAL_TIMEOUT] = "no answer from the scoreboard",
		[LINK_WHY_NO_PONG] = "no pong from the scoreboard",
		[LINK_WHY_SILENT] = "the scoreboard is silent",
		[LINK_WHY_REDIAL] = "connecting anew",
	};
	enum link_reason why = b->source.why;

	if (!texts[why])
		return;
	note_source_lost(b, texts[why]);
	translator_expect_state(&b->translator, false);
	health_count(&b->health, source_row(why), 1);
	effects_log(&b->effects, LOG_LEVEL_WARN, "source", "%s  reason=%s", texts[why], link_reason_name(why));
	review_status(b, now);
}

static void step_source(struct bridge *b, enum link_event ev, struct moment now)
{
	enum link_action action = link_step(&b->source, ev, now.mono, now.rnd);

	switch (action) {
	case LINK_DO_DIAL:
		effects_push(&b->effects, FX_SOURCE_DIAL);
		break;
	case LINK_DO_PING:
		effects_push(&b->effects, FX_SOURCE_PING);
		break;
	case LINK_DO_HANG_UP:
	case LINK_DO_HANG_UP_DIAL:
		effects_push(&b->effects, FX_SOURCE_HANG_UP);
		if (!stop_is_under_way(&b->stop))
			note_source_given_up(b, now);
		if (action == LINK_DO_HANG_UP_DIAL)
			effects_push(&b->effects, FX_SOURCE_DIAL);
		break;
	case LINK_DO_NOTHING:
		break;
	}
}

/* The will is what the broker publishes when we vanish. When that will be is not known now: so its `since` is null. */
static void dial_sink(struct bridge *b)
{
	effects_push_text(&b->effects, FX_SINK_DIAL, "status",
			  STR("{\"state\":\"offline\",\"since\":null,\"reason\":\"connection lost\"}"));
}

static void step_sink(struct bridge *b, enum link_event ev, struct moment now)
{
	switch (link_step(&b->sink, ev, now.mono, now.rnd)) {
	case LINK_DO_DIAL:
		dial_sink(b);
		break;
	case LINK_DO_HANG_UP:
		effects_push(&b->effects, FX_SINK_HANG_UP);
		if (stop_is_under_way(&b->stop))
			break;
		health_count(&b->health, HEALTH_SINK_DIAL_TIMEOUT, 1);
		effects_log(&b->effects, LOG_LEVEL_WARN, "broker", "no answer  reason=dial_timeout");
		review_status(b, now);
		break;
	case LINK_DO_HANG_UP_DIAL:
	case LINK_DO_PING: /* libmosquitto keeps its connection alive itself */
	case LINK_DO_NOTHING:
		break;
	}
}

/* --- life --- */

static bool init_parts(struct bridge *b, struct schema *schema)
{
	const struct bridge_config *cfg = &b->cfg;
	const struct translator_config translator = {
		.list = cfg->list,
		.topic_max = TOPIC_MAX_BYTES - strlen(cfg->prefix) - 1,
		.outbox = b->outbox = outbox_new(cfg->max_state_bytes, cfg->window),
		.views = &b->views,
		.warnings = &b->warnings,
	};

	effects_init(&b->effects, cfg->prefix);
	health_init(&b->health);
	warnings_init(&b->warnings, &b->effects, &b->health);
	link_init(&b->source, &cfg->source);
	link_init(&b->sink, &cfg->sink);
	b->standby.kind = has_sink(b) ? cfg->standby : STANDBY_OFF;
	views_init(&b->views, &(struct views){ .outbox = b->outbox,
					       .health = &b->health,
					       .encodings = cfg->encodings ? cfg->encodings : "",
					       .max_bytes = cfg->max_state_bytes });
	translator_init(&b->translator, &translator, schema);
	follow_init(&b->follow, &b->health, &b->warnings, cfg->max_state_bytes);
	mirror_init(&b->mirror, b->outbox, &b->effects, &b->health);
	note_source_lost(b, is_cold(b) ? "standby: does not lead" : "waiting for the scoreboard");
	return b->outbox;
}

struct bridge *bridge_new(const struct bridge_config *cfg, struct schema *schema)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (!b) {
		schema_free(schema);
		return NULL;
	}
	b->cfg = *cfg;
	if (init_parts(b, schema))
		return b;
	bridge_free(b);
	return NULL;
}

void bridge_free(struct bridge *b)
{
	if (!b)
		return;
	effects_free(&b->effects);
	views_free(&b->views);
	translator_free(&b->translator);
	follow_free(&b->follow);
	status_free(&b->status);
	people_free(&b->people);
	outbox_free(b->outbox);
	buf_free(&b->topic);
	free(b);
}

void bridge_start(struct bridge *b, struct moment now)
{
	if (!b->cfg.source_follows && !translator_start(&b->translator, now))
		effects_log(&b->effects, LOG_LEVEL_ERROR, "feed", "out of memory");
	review_status(b, now);
	if (has_sink(b))
		step_sink(b, LINK_EV_START, now);
	if (!is_cold(b))
		step_source(b, LINK_EV_START, now);
}

static bool is_drained(const struct bridge *b)
{
	return !has_sink(b) || (!views_have_pending(&b->views) && mirror_is_drained(&b->mirror));
}

static enum stop_action step_stop(struct bridge *b, struct moment now)
{
	const struct stop_facts facts = {
		.drained = is_drained(b),
		.status_delivered = status_is_delivered(&b->status),
		.broker_up = mirror_is_up(&b->mirror),
	};

	return stop_step(&b->stop, &facts, now.mono);
}

static void review_stop(struct bridge *b, struct moment now)
{
	enum stop_action action;

	if (!stop_is_under_way(&b->stop))
		return;
	while ((action = step_stop(b, now)) != STOP_WAIT) {
		if (action == STOP_SAY_OFFLINE) {
			review_status(b, now);
			continue;
		}
		if (mirror_is_up(&b->mirror))
			effects_push(&b->effects, FX_SINK_DISCONNECT);
		effects_push(&b->effects, FX_EXIT);
	}
}

static void begin_stop(struct bridge *b, const char *reason, mono deadline, struct moment now)
{
	if (!stop_begin(&b->stop, reason, deadline))
		return;
	step_source(b, LINK_EV_STOP, now);
	review_stop(b, now);
}

void bridge_stop(struct bridge *b, struct moment now, const char *reason)
{
	begin_stop(b, reason, mono_add(now.mono, mirror_is_open(&b->mirror) ? STOP_DRAIN_MS : 0), now);
}

void bridge_finish(struct bridge *b, struct moment now, const char *reason)
{
	begin_stop(b, reason, b->ever_synced ? MONO_NEVER : now.mono, now);
}

void bridge_reload(struct bridge *b, struct schema *schema, const char *why, struct moment now)
{
	health_count(&b->health, schema ? HEALTH_RELOADS : HEALTH_RELOADS_FAILED, 1);
	if (!schema) {
		effects_log(&b->effects, LOG_LEVEL_ERROR, "schema", "not reloaded, the old one stays: %s", why);
		return;
	}
	effects_log(&b->effects, LOG_LEVEL_INFO, "schema", "reloaded");
	if (!translator_change_schema(&b->translator, schema, now))
		effects_log(&b->effects, LOG_LEVEL_ERROR, "feed", "out of memory");
	link_expect_traffic(&b->source, translator_expect_ticks(&b->translator), now.mono);
	mirror_topics_renamed(&b->mirror);
	/* what the old rules dropped or did not ask for was not kept: the scoreboard has to send all of it again */
	if (b->cfg.source_registers)
		step_source(b, LINK_EV_REDIAL, now);
	review_mirror(b, now);
}

void bridge_tick(struct bridge *b, struct moment now)
{
	step_source(b, LINK_EV_TICK, now);
	step_sink(b, LINK_EV_TICK, now);
	if (mirror_tick(&b->mirror, now.mono))
		step_sink(b, LINK_EV_PROVED, now);
	people_tick(&b->people, now.mono);
	flush_views(b, now);
	review_mirror(b, now);
	review_stop(b, now);
}

mono bridge_deadline(const struct bridge *b)
{
	mono t = mono_min(link_deadline(&b->source), link_deadline(&b->sink));

	t = mono_min(t, stop_deadline(&b->stop));
	t = mono_min(t, people_deadline(&b->people));
	if (b->ever_synced)
		t = mono_min(t, views_deadline(&b->views, mirror_is_open(&b->mirror)));
	return mono_min(t, mirror_deadline(&b->mirror));
}

/* --- the source --- */

void bridge_source_up(struct bridge *b, struct moment now)
{
	BUF_CLEANUP struct buf text = { 0 };

	step_source(b, LINK_EV_OPENED, now);
	translator_expect_state(&b->translator, true);
	b->last_frame = now.mono;
	effects_log(&b->effects, LOG_LEVEL_INFO, "source", "connected  register=%s", schema_list_name(b->cfg.list));
	/* a feed has heartbeats, so that silence always means that something is wrong */
	if (b->cfg.source_follows)
		link_expect_traffic(&b->source, true, now.mono);
	if (!b->cfg.source_registers)
		return;
	translator_write_register(&b->translator, &text);
	effects_push_text(&b->effects, FX_SOURCE_SEND, NULL, buf_view(&text));
}

static void note_traffic(struct bridge *b, size_t bytes, struct moment now)
{
	health_count(&b->health, HEALTH_FRAMES, 1);
	health_count(&b->health, HEALTH_FRAME_BYTES, (double)bytes);
	b->last_frame = now.mono;
	step_source(b, LINK_EV_TRAFFIC, now);
}

/* We can't be sure of the state any more: a new connection brings all of it. */
static void resync(struct bridge *b, const char *why, struct moment now)
{
	if (!b->cfg.source_redials || b->source.state != LINK_UP)
		return;
	health_count(&b->health, HEALTH_SOURCE_REDIAL, 1);
	effects_push(&b->effects, FX_SOURCE_HANG_UP);
	note_source_lost(b, why);
	step_source(b, LINK_EV_LOST, now);
	review_status(b, now);
}

static void obey_translator(struct bridge *b, const struct translator_result *r, struct moment now)
{
	if (r->whole_state) {
		b->synced = b->ever_synced = true;
		mirror_state_replaced(&b->mirror);
		step_source(b, LINK_EV_PROVED, now);
	}
	if (r->resync_why)
		resync(b, r->resync_why, now);
}

enum frame_verdict bridge_source_frame(struct bridge *b, struct str bytes, struct moment now)
{
	struct translator_result r;

	note_traffic(b, bytes.len, now);
	r = translator_take(&b->translator, bytes, now);
	link_expect_traffic(&b->source, translator_expect_ticks(&b->translator), now.mono);
	obey_translator(b, &r, now);
	flush_views(b, now);
	review_mirror(b, now);
	return r.verdict;
}

void bridge_source_frame_lost(struct bridge *b, enum frame_loss loss, struct moment now)
{
	struct translator_result r = translator_frame_lost(&b->translator, loss, now.mono);

	obey_translator(b, &r, now);
}

static void hear_people(struct bridge *b, const struct bridge_message *msg, struct str topic, struct moment now)
{
	const struct people_message m = { topic, msg->payload, msg->expires_s };

	if (people_owns(topic) && !people_hear(&b->people, &m, now.mono, now.wall_ms))
		health_count(&b->health, HEALTH_PEOPLE_NOT_KEPT, 1);
}

void bridge_source_message(struct bridge *b, const struct bridge_message *msg, struct moment now)
{
	struct str topic = msg->topic;

	note_traffic(b, msg->payload.len, now);
	if (!strip_prefix(b, &topic))
		return;
	hear_people(b, msg, topic, now);
	if (!follow_message(&b->follow, topic, msg->payload, now.mono) || b->synced)
		return;
	b->synced = true;
	step_source(b, LINK_EV_PROVED, now);
	effects_log(&b->effects, LOG_LEVEL_INFO, "source", "following the feed");
	review_status(b, now);
}

void bridge_source_pong(struct bridge *b, struct moment now)
{
	step_source(b, LINK_EV_PONG, now);
}

void bridge_source_lost(struct bridge *b, enum source_loss loss, const char *why, struct moment now)
{
	note_source_lost(b, why);
	translator_expect_state(&b->translator, false);
	if (loss == SOURCE_LOSS_END) {
		step_source(b, LINK_EV_STOP, now);
		effects_log(&b->effects, LOG_LEVEL_INFO, "source", "%s", why);
		bridge_finish(b, now, why);
		return;
	}
	if (loss == SOURCE_LOSS_CONNECTION) {
		health_count(&b->health, HEALTH_SOURCE_LOST, 1);
		step_source(b, LINK_EV_LOST, now);
	}
	effects_log(&b->effects, LOG_LEVEL_WARN, "source", "%s", why);
	review_status(b, now);
}

/* --- the broker --- */

/* People's topics are heard from before the comparison is over, so that nothing that they write is missed. */
static void listen_to_people(struct bridge *b)
{
	if (b->hears_people)
		return;
	b->hears_people = true;
	effects_push_text(&b->effects, FX_SINK_SUBSCRIBE, "notice", (struct str){ "", 0 });
	effects_push_text(&b->effects, FX_SINK_SUBSCRIBE, "show/+", (struct str){ "", 0 });
}

static void give_people_back(struct bridge *b)
{
	size_t n = people_compared(&b->people, b->mirror.forgotten);

	if (n)
		effects_log(&b->effects, LOG_LEVEL_INFO, "broker", "has lost what people wrote: giving it back  topics=%zu", n);
}

static void after_mirror_opened(struct bridge *b, struct moment now)
{
	if (b->mirror.comparisons == 1)
		give_people_back(b);
	step_sink(b, LINK_EV_PROVED, now);
	flush_views(b, now);
	review_mirror(b, now);
}

/* --- who leads --- */

static void lead(struct bridge *b, struct moment now)
{
	if (standby_leads(&b->standby))
		effects_log(&b->effects, LOG_LEVEL_INFO, "standby", "we lead now");
	if (!is_cold(b) || b->source.state != LINK_IDLE)
		return;
	note_source_lost(b, "waiting for the scoreboard");
	step_source(b, LINK_EV_START, now);
}

static void ask_again(struct bridge *b, struct moment now)
{
	int64_t ms = standby_ask_ms(&b->standby);

	if (ms && (b->standby.waits || !b->short_lives))
		link_retry_at(&b->sink, mono_add(now.mono, ms));
}

/* Another publisher leads. A cold standby leaves the scoreboard alone. */
static void wait_for_lead(struct bridge *b, struct moment now)
{
	effects_log(&b->effects, LOG_LEVEL_INFO, "standby", "another publisher leads: asking for its place every second");
	b->others_led = true;
	if (!is_cold(b) || !b->cfg.source_redials)
		return;
	if (link_step(&b->source, LINK_EV_STOP, now.mono, now.rnd) == LINK_DO_HANG_UP)
		effects_push(&b->effects, FX_SOURCE_HANG_UP);
	translator_expect_state(&b->translator, false);
	note_source_lost(b, standby_text(&b->standby));
}

static void log_loss(struct bridge *b, bool refused, const char *why, struct moment now)
{
	effects_log(&b->effects, refused ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "broker", "%s  next_try_ms=%lld", why,
		    (long long)(b->sink.state == LINK_WAITING ? mono_diff(b->sink.deadline, now.mono) : 0));
}

static void note_refused(struct bridge *b, bool saw_nothing, struct moment now)
{
	char why[2 * STANDBY_TEXT_SIZE];

	snprintf(why, sizeof(why), "%s%s", b->standby.refusal, saw_nothing ? "; cannot see whether another publisher leads" : "");
	log_loss(b, true, why, now);
}

void bridge_sink_looked(struct bridge *b, enum standby_saw saw, struct moment now)
{
	switch (standby_saw(&b->standby, saw, now.mono, now.wall_ms)) {
	case STANDBY_BEGINS:
		wait_for_lead(b, now);
		break;
	case STANDBY_REFUSED:
		note_refused(b, saw == STANDBY_SAW_NOTHING, now);
		break;
	case STANDBY_NO_NEWS:
		break;
	}
	ask_again(b, now);
	review_status(b, now);
}

const char *bridge_standby(const struct bridge *b)
{
	return b->standby.waits ? standby_text(&b->standby) : NULL;
}

void bridge_sink_up(struct bridge *b, size_t window, struct moment now)
{
	step_sink(b, LINK_EV_OPENED, now);
	lead(b, now);
	mirror_up(&b->mirror, window);
	people_connected(&b->people);
	b->hears_people = false;
	status_repeat(&b->status);
	effects_log(&b->effects, LOG_LEVEL_INFO, "broker", "connected  window=%zu", window);
	review_mirror(b, now);
}

void bridge_sink_subscribed(struct bridge *b, bool granted, struct moment now)
{
	bool is_open = mirror_subscribed(&b->mirror, granted, now.mono);

	listen_to_people(b);
	if (is_open)
		after_mirror_opened(b, now);
}

void bridge_sink_message(struct bridge *b, const struct bridge_message *msg, struct moment now)
{
	struct mirror_message m = { .topic = msg->topic, .payload = msg->payload, .retained = msg->retained };

	if (!strip_prefix(b, &m.topic))
		return;
	hear_people(b, msg, m.topic, now);
	m.is_marked = strcmp(msg->content_type, OWNER_MARK) == 0;
	m.is_marker = !m.retained && str_eq(m.topic, STATUS_TOPIC) && status_is_marker(&b->status, m.payload);
	if (mirror_message(&b->mirror, &m, now.mono))
		after_mirror_opened(b, now);
}

/* A broker may end a connection without a reason. But if that happens again and again as soon as all is compared, we can guess one. */
static void judge_loss(struct bridge *b, struct moment now)
{
	if (!link_was_of_use(&b->sink))
		return;
	b->short_lives = mono_reached(now.mono, b->sink.settled_at) ? 0 : b->short_lives + 1;
	if (b->short_lives >= SHORT_LIVES_TOO_MANY)
		effects_log(&b->effects, LOG_LEVEL_WARN, "broker",
			    "lost as soon as all is well: another publisher with our client id, or a topic that this broker "
			    "can't bear?  in_a_row=%d",
			    b->short_lives);
}

void bridge_sink_lost(struct bridge *b, enum sink_loss loss, const char *why, struct moment now)
{
	bool refused = loss == SINK_LOSS_REFUSED;

	if (!refused || !b->standby.waits) /* who waits asks every second */
		health_count(&b->health, refused ? HEALTH_SINK_REFUSED : HEALTH_SINK_LOST, 1);
	mirror_lost(&b->mirror);
	views_broker_lost(&b->views);
	status_answered(&b->status);
	judge_loss(b, now);
	step_sink(b, LINK_EV_LOST, now);
	if (!refused)
		standby_lost(&b->standby);
	else if (standby_refused(&b->standby, why, now.mono))
		effects_push_text(&b->effects, FX_SINK_LOOK, "status", (struct str){ "", 0 });
	ask_again(b, now);
	if (standby_may_log(&b->standby, now.mono))
		log_loss(b, refused, why, now);
	review_status(b, now);
}

void bridge_sink_acked(struct bridge *b, size_t token, struct moment now)
{
	int64_t ms;

	if (token == TOKEN_STATUS) {
		status_answered(&b->status);
	} else if (token == TOKEN_FEED) {
		views_answered(&b->views);
	} else if (token == TOKEN_PEOPLE) {
		people_answered(&b->people);
	} else {
		ms = outbox_acked(b->outbox, token, now.mono);
		if (ms >= 0)
			histogram_observe(&b->health.latency, (double)ms / 1000.0);
	}
	flush_views(b, now);
	review_mirror(b, now);
}

void bridge_sink_refused(struct bridge *b, size_t token, struct moment now)
{
	if (token != TOKEN_PEOPLE) /* that is no part of the scoreboard's state */
		mirror_refused(&b->mirror, now.mono);
	bridge_sink_acked(b, token, now);
}

/* --- what is to be done next --- */

/* Completes a publish, whose topic does not have the prefix yet, and counts it. */
static bool publish(struct bridge *b, struct effect *out)
{
	buf_clear(&b->topic);
	buf_puts(&b->topic, b->cfg.prefix);
	buf_char(&b->topic, '/');
	buf_str(&b->topic, out->topic);
	out->topic = buf_view(&b->topic);
	out->type = FX_SINK_PUBLISH;
	health_count(&b->health, HEALTH_PUBLISHED, 1);
	health_count(&b->health, HEALTH_PUBLISHED_BYTES, (double)(out->topic.len + out->text.len));
	return true;
}

static bool next_status(struct bridge *b, struct effect *out)
{
	struct status_message m;

	if (!mirror_is_up(&b->mirror) || !status_next(&b->status, mirror_wants_marker(&b->mirror), &m))
		return false;
	if (m.is_marker)
		mirror_marker_left(&b->mirror);
	*out = (struct effect){
		.topic = STATUS_TOPIC,
		.text = m.text,
		.token = TOKEN_STATUS,
		.qos = 1,
		.retain = !m.is_marker,
		.content_type = "application/json",
	};
	return publish(b, out);
}

static bool next_of_people(struct bridge *b, struct moment now, struct effect *out)
{
	struct people_message m;

	if (!mirror_is_open(&b->mirror) || !people_next(&b->people, now.mono, &m))
		return false;
	health_count(&b->health, HEALTH_PEOPLE_GIVEN_BACK, 1);
	*out = (struct effect){
		.topic = m.topic,
		.text = m.payload,
		.token = TOKEN_PEOPLE,
		.qos = 1,
		.retain = true,
		.expires_s = m.expires_s,
	};
	return publish(b, out);
}

static bool next_delta(struct bridge *b, struct effect *out)
{
	struct channel_message m;

	if (!mirror_is_open(&b->mirror) || !views_next(&b->views, b->mirror.window, &m))
		return false;
	*out = (struct effect){ .topic = m.topic, .text = m.text, .token = TOKEN_FEED, .qos = 1, .expires_s = m.expires_s };
	return publish(b, out);
}

static bool next_value(struct bridge *b, struct moment now, struct effect *out)
{
	struct publish p;

	if (!mirror_next(&b->mirror, now.mono, &p))
		return false;
	*out = (struct effect){
		.topic = p.topic,
		.text = p.payload,
		.token = p.token,
		.qos = p.qos,
		.retain = true,
		.content_type = p.content_type,
	};
	return publish(b, out);
}

bool bridge_next_effect(struct bridge *b, struct moment now, struct effect *out)
{
	review_stop(b, now);
	return effects_next(&b->effects, out) || next_status(b, out) || next_of_people(b, now, out) || next_delta(b, out) ||
	       next_value(b, now, out);
}

/* --- what others may know --- */

static bool holds_all(const struct bridge *b)
{
	return b->status.state == STATUS_LIVE && mirror_is_open(&b->mirror);
}

bool bridge_ready(const struct bridge *b)
{
	return has_sink(b) && !b->standby.waits ? holds_all(b) : b->synced;
}

struct str bridge_status(const struct bridge *b)
{
	struct str theirs = follow_status(&b->follow);

	return b->synced && theirs.len ? theirs : status_text(&b->status);
}

struct str bridge_notice(const struct bridge *b)
{
	return people_notice(&b->people);
}

unsigned int bridge_notices(const struct bridge *b)
{
	return people_notices(&b->people);
}

const struct feed *bridge_view(const struct bridge *b, struct str name)
{
	return b->cfg.source_follows ? follow_find(&b->follow, name) : views_find(&b->views, name);
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
	v[HEALTH_SINK_UP] = mirror_is_open(&b->mirror);
	v[HEALTH_READY] = has_sink(b) ? holds_all(b) : b->synced;
	v[HEALTH_LEADS] = mirror_is_up(&b->mirror);
	v[HEALTH_STANDBY] = b->standby.waits;
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

void bridge_source_looks(struct bridge *b)
{
	follow_look(&b->follow);
	people_connected(&b->people);
}

void bridge_source_looked(struct bridge *b)
{
	people_compared(&b->people, false);
}

const char *bridge_json_view(const struct bridge *b, size_t i)
{
	return follow_json_view(&b->follow, i);
}
