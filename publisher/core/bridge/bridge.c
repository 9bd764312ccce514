#include "publisher/core/bridge/bridge.h"

#include "base/json.h"
#include "base/topic.h"
#include "publisher/core/bridge/follow.h"
#include "publisher/core/bridge/sink.h"
#include "publisher/core/bridge/status.h"
#include "publisher/core/bridge/translator.h"
#include "publisher/core/bridge/views.h"
#include "publisher/core/display/display.h"
#include "publisher/core/names/owner.h"
#include "publisher/core/news/people.h"
#include "publisher/core/retries.h"
#include "publisher/core/stop.h"

#include <stdio.h>
#include <stdlib.h>

#define STOP_DRAIN_MS 2000

struct bridge_sink {
	struct sink sink;
	struct bridge *bridge;
};

struct bridge {
	struct bridge_config cfg;
	struct effects effects;
	struct health health;
	struct warnings warnings;
	struct outboxes outboxes; /* one for each broker; one without a broker, because the translator compares with it */
	struct link source;
	struct views views;
	struct translator translator; /* not used when the source follows */
	struct follow follow;         /* used when it does, instead of the translator */
	struct people people;         /* likewise: what people have written at the broker that is followed */
	struct attendance attendance; /* at the broker that is followed, or the sum of those that we tell */
	struct status status;         /* of ourselves, for whoever asks over HTTP when there is no broker to tell */
	struct parts parts;
	struct bridge_sink sinks[BROKERS_MAX];
	size_t turn; /* which sink was asked first for the last effect */
	struct stop stop;

	bool synced;                      /* the state is that of the present connection to the source */
	bool ever_synced;                 /* we have had some whole state, if an old one */
	bool waits_for_all;               /* we end when all brokers have everything, even those that are away now */
	char source_why[STATUS_WHY_SIZE]; /* why it is not synced */
	struct retries source_tries;
	mono last_frame;
};

/* for (...) over all sinks */
#define EACH_SINK(b, s) \
	for (struct bridge_sink *end_ = (b)->sinks + (b)->cfg.n_brokers, *s = (b)->sinks; s < end_; s++)

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

static broker_set open_brokers(const struct bridge *b)
{
	broker_set open = 0;

	for (size_t i = 0; i < b->cfg.n_brokers; i++)
		open |= sink_is_open(&b->sinks[i].sink) ? 1u << i : 0;
	return open;
}

static void flush_views(struct bridge *b, struct moment now)
{
	if (b->ever_synced)
		views_flush(&b->views, open_brokers(b), now);
}

static void clear_texts(struct bridge *b, mono now)
{
	if (b->translator.schema) /* who follows has none */
		display_clear(&b->outboxes, b->translator.schema, now);
}

/* A text says what is so now, or nothing. */
static void show_texts(struct bridge *b, struct moment now)
{
	size_t refused;

	if (!b->synced || b->cfg.source_follows || stop_is_under_way(&b->stop)) {
		clear_texts(b, now.mono);
		return;
	}
	refused = display_show(&b->outboxes, b->translator.schema, &b->translator.clocks, now.mono);
	for (; refused; refused--)
		warnings_add(&b->warnings, HEALTH_SKIP_FULL, "text for displays refused: max-state-bytes is reached", now.mono);
}

/* Tells brokers and views which picture a topic has now. */
static void tell_file(struct bridge *b, const struct file_news *news, mono now)
{
	BUF_CLEANUP struct buf topic = { 0 };
	BUF_CLEANUP struct buf name = { 0 };
	struct outbox_value value = { .treatment = { .class = CLASS_LOW, .qos = 1 } };
	bool told = false;

	buf_puts(&topic, FILES_TOPIC);
	buf_str(&topic, news->topic);
	buf_json(&name, news->name);
	if (topic.failed || name.failed)
		return;
	value.topic = buf_view(&topic);
	value.payload = buf_view(&name);
	if (news->name.len && topic.len <= b->translator.cfg.topic_max)
		told = !(outboxes_set(&b->outboxes, &value, now) & OUTBOX_FULL);
	if (!told)
		outboxes_remove(&b->outboxes, value.topic, now);
	views_apply(&b->views, &(struct view_change){ news->views, value.topic, told ? value.payload : STR(""), CLASS_LOW });
	views_commit(&b->views, now);
}

static bool may_fetch(const struct bridge *b)
{
	return b->synced && b->cfg.source_has_files && !stop_is_under_way(&b->stop);
}

static void review_files(struct bridge *b, struct moment now)
{
	struct files *files = &b->translator.files;
	struct file_news news;
	struct str path;

	while (files_news(files, &news))
		tell_file(b, &news, now.mono);
	if (may_fetch(b) && files_next(files, now.mono, &path))
		effects_push_text(&b->effects, FX_SOURCE_FETCH, NULL, path);
}

/* The publisher whose feed we follow is as its status says. */
static void review_followed(struct bridge *b, struct moment now)
{
	struct str state = STR("nothing yet");
	bool is_live = json_member(follow_status(&b->follow), "state", &state) && str_is(state, "\"live\"");
	char why[PART_WHY_SIZE];

	snprintf(why, sizeof(why), "it says %.*s", STR_ARGS(state));
	parts_tell(&b->parts, &(struct part_report){ "publisher", NULL, is_live, why }, now.wall_ms);
}

static bool is_cold(const struct bridge *b)
{
	return (b->cfg.standby == STANDBY_COLD || b->cfg.source_for_leader) && b->cfg.n_brokers && !b->cfg.source_follows;
}

static bool leads_somewhere(const struct bridge *b)
{
	for (size_t i = 0; i < b->cfg.n_brokers; i++)
		if (sink_is_up(&b->sinks[i].sink))
			return true;
	return false;
}

const char *bridge_standby(const struct bridge *b)
{
	const char *leader = NULL;

	for (size_t i = 0; !leader && i < b->cfg.n_brokers; i++)
		leader = sink_standby(&b->sinks[i].sink);
	return leads_somewhere(b) ? NULL : leader;
}

/* The brokers tell of themselves in review_sink(). */
static void review_parts(struct bridge *b, struct moment now)
{
	bool may_rest = is_cold(b) && bridge_standby(b);
	const struct part_report source = { b->cfg.source_follows ? "feed" : "scoreboard", NULL, b->synced || may_rest,
					    b->synced ? "connected" : b->source_why };

	parts_tell(&b->parts, &source, now.wall_ms);
	if (b->cfg.source_follows)
		review_followed(b, now);
}

static void review_sink(struct bridge_sink *s, struct moment now)
{
	struct bridge *b = s->bridge;
	const char *name = b->cfg.n_brokers > 1 ? s->sink.cfg.name : NULL;
	const struct sink_facts facts = {
		.leaving_why = stop_offline_why(&b->stop),
		.unknown_why = b->synced ? NULL : b->source_why,
		.has_state = b->ever_synced,
	};

	sink_review(&s->sink, &facts, now);
	parts_tell(&b->parts, &(struct part_report){ "broker", name, sink_is_well(&s->sink), sink_well_why(&s->sink, b->ever_synced) },
		   now.wall_ms);
}

static void review_own_status(struct bridge *b, struct moment now)
{
	const struct status_facts facts = {
		.leaving_why = stop_offline_why(&b->stop),
		.unknown_why = b->synced ? NULL : b->source_why,
		.caught_up = true,
	};

	if (status_review(&b->status, &facts, now.wall_ms))
		effects_log(&b->effects, LOG_LEVEL_INFO, "status", "%s  reason=\"%s\"", status_name(&b->status),
			    status_why(&b->status));
}

/* To be called after anything that may let a comparison with a broker begin or end, or that changes what is true of the scoreboard. */
static void review(struct bridge *b, struct moment now)
{
	review_parts(b, now);
	show_texts(b, now);
	review_files(b, now);
	EACH_SINK(b, s)
		review_sink(s, now);
	if (!b->cfg.n_brokers)
		review_own_status(b, now);
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
	if (retries_failed(&b->source_tries, texts[why], now.mono))
		effects_log(&b->effects, LOG_LEVEL_WARN, "source", "%s  reason=%s tries=%u", texts[why], link_reason_name(why),
			    b->source_tries.n);
	review(b, now);
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

/* --- life --- */

static int init_parts(struct bridge *b, struct schema *schema)
{
	const struct bridge_config *cfg = &b->cfg;
	const struct translator_config translator = {
		.list = cfg->list,
		.topic_max = TOPIC_MAX_BYTES - strlen(cfg->prefix) - 1,
		.outboxes = &b->outboxes,
		.views = &b->views,
		.warnings = &b->warnings,
		.takes_files = cfg->source_has_files,
	};

	effects_init(&b->effects, cfg->prefix);
	health_init(&b->health);
	warnings_init(&b->warnings, &b->effects, &b->health);
	link_init(&b->source, &cfg->source);
	views_init(&b->views, &(struct views){ .outboxes = &b->outboxes,
					       .health = &b->health,
					       .encodings = cfg->encodings ? cfg->encodings : "",
					       .max_bytes = cfg->max_state_bytes });
	translator_init(&b->translator, &translator, schema);
	follow_init(&b->follow, &b->health, &b->warnings, cfg->max_state_bytes);
	attendance_forget(&b->attendance);
	note_source_lost(b, is_cold(b) && cfg->standby != STANDBY_OFF ? "standby: does not lead" : "waiting for the scoreboard");
	return outboxes_open(&b->outboxes, cfg->n_brokers ? cfg->n_brokers : 1, cfg->max_state_bytes, cfg->window);
}

static void init_sinks(struct bridge *b)
{
	for (size_t i = 0; i < b->cfg.n_brokers; i++) {
		const struct sink_config sink = {
			.prefix = b->cfg.prefix,
			.home_assistant = b->cfg.home_assistant,
			.name = b->cfg.brokers[i],
			.views = &b->views,
			.link = b->cfg.sink,
			.standby = b->cfg.standby,
			.broker = i,
			.is_one_of_many = b->cfg.n_brokers > 1,
		};

		sink_init(&b->sinks[i].sink, &sink);
		discovery_set(&b->sinks[i].sink.discovery, b->translator.schema);
		b->sinks[i].bridge = b;
	}
}

struct bridge *bridge_new(const struct bridge_config *cfg, struct schema *schema)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (!b) {
		schema_free(schema);
		return NULL;
	}
	b->cfg = *cfg;
	if (cfg->source_follows)
		b->cfg.n_brokers = 0;
	if (init_parts(b, schema)) {
		b->cfg.n_brokers = 0; /* their sinks were not made */
		bridge_free(b);
		return NULL;
	}
	init_sinks(b);
	return b;
}

void bridge_free(struct bridge *b)
{
	if (!b)
		return;
	EACH_SINK(b, s)
		sink_free(&s->sink);
	effects_free(&b->effects);
	views_free(&b->views);
	translator_free(&b->translator);
	follow_free(&b->follow);
	status_free(&b->status);
	people_free(&b->people);
	outboxes_close(&b->outboxes);
	free(b);
}

/* Its views are those of the present schema. */
static void tell_about(struct bridge *b, struct moment now)
{
	BUF_CLEANUP struct buf text = { 0 };
	const struct treatment once = { .class = CLASS_LOW, .qos = 1, .content_type = "application/json" };
	struct outbox_value value = { .topic = STR("about"), .treatment = once };

	if (b->cfg.source_follows || !b->cfg.about.title || !*b->cfg.about.title)
		return;
	about_write(&b->cfg.about, b->translator.schema, &text);
	value.payload = buf_view(&text);
	if (text.failed || outboxes_set(&b->outboxes, &value, now.mono) & OUTBOX_FULL)
		health_count(&b->health, HEALTH_SKIP_FULL, 1);
}

void bridge_start(struct bridge *b, struct moment now)
{
	if (!b->cfg.source_follows && !translator_start(&b->translator, now))
		effects_log(&b->effects, LOG_LEVEL_ERROR, "feed", "out of memory");
	if (!b->cfg.source_follows)
		parts_tell(&b->parts, &(struct part_report){ "schema", NULL, true, "loaded" }, now.wall_ms);
	tell_about(b, now);
	review(b, now);
	EACH_SINK(b, s)
		sink_step(&s->sink, LINK_EV_START, now);
	if (!is_cold(b))
		step_source(b, LINK_EV_START, now);
}

/* A broker that is away, or is still being compared, is waited for only when we end by ourselves. */
static bool are_drained(struct bridge *b)
{
	EACH_SINK(b, s)
		if ((b->waits_for_all || sink_is_open(&s->sink)) && !sink_is_drained(&s->sink))
			return false;
	return true;
}

static struct stop_facts stop_facts_of(struct bridge *b)
{
	struct stop_facts facts = { .drained = are_drained(b), .status_delivered = true };

	EACH_SINK(b, s) {
		facts.broker_up |= sink_is_up(&s->sink);
		facts.status_delivered &= !sink_is_up(&s->sink) || status_is_delivered(&s->sink.status);
	}
	return facts;
}

static enum stop_action step_stop(struct bridge *b, struct moment now)
{
	const struct stop_facts facts = stop_facts_of(b);

	return stop_step(&b->stop, &facts, now.mono);
}

static void review_stop(struct bridge *b, struct moment now)
{
	enum stop_action action;

	if (!stop_is_under_way(&b->stop))
		return;
	while ((action = step_stop(b, now)) != STOP_WAIT) {
		if (action == STOP_SAY_OFFLINE) {
			review(b, now);
			continue;
		}
		EACH_SINK(b, s)
			if (sink_is_up(&s->sink))
				effects_push(&s->sink.effects, FX_SINK_DISCONNECT);
		effects_push(&b->effects, FX_EXIT);
	}
}

static void begin_stop(struct bridge *b, const char *reason, mono deadline, struct moment now)
{
	if (!stop_begin(&b->stop, reason, deadline))
		return;
	EACH_SINK(b, s)
		sink_leave(&s->sink);
	step_source(b, LINK_EV_STOP, now);
	show_texts(b, now);
	review_stop(b, now);
}

void bridge_stop(struct bridge *b, struct moment now, const char *reason)
{
	b->waits_for_all = false;
	begin_stop(b, reason, mono_add(now.mono, open_brokers(b) ? STOP_DRAIN_MS : 0), now);
}

void bridge_finish(struct bridge *b, struct moment now, const char *reason)
{
	b->waits_for_all = true;
	begin_stop(b, reason, b->ever_synced ? MONO_NEVER : now.mono, now);
}

void bridge_reload(struct bridge *b, struct schema *schema, const char *why, struct moment now)
{
	health_count(&b->health, schema ? HEALTH_RELOADS : HEALTH_RELOADS_FAILED, 1);
	parts_tell(&b->parts, &(struct part_report){ "schema", NULL, schema != NULL, schema ? "loaded" : why }, now.wall_ms);
	if (!schema) {
		effects_log(&b->effects, LOG_LEVEL_ERROR, "schema", "not reloaded, the old one stays  reason=\"%s\"", why);
		return;
	}
	effects_log(&b->effects, LOG_LEVEL_INFO, "schema", "reloaded");
	clear_texts(b, now.mono);
	if (!translator_change_schema(&b->translator, schema, now))
		effects_log(&b->effects, LOG_LEVEL_ERROR, "feed", "out of memory");
	tell_about(b, now);
	link_expect_traffic(&b->source, translator_expect_ticks(&b->translator), now.mono);
	EACH_SINK(b, s) {
		mirror_topics_renamed(&s->sink.mirror);
		discovery_set(&s->sink.discovery, schema);
	}
	/* what the old rules dropped or did not ask for was not kept: the scoreboard has to send all of it again */
	if (b->cfg.source_registers)
		step_source(b, LINK_EV_REDIAL, now);
	review(b, now);
}

void bridge_tick(struct bridge *b, struct moment now)
{
	step_source(b, LINK_EV_TICK, now);
	EACH_SINK(b, s)
		sink_tick(&s->sink, now);
	people_tick(&b->people, now.mono);
	flush_views(b, now);
	review(b, now);
	review_stop(b, now);
}

mono bridge_deadline(const struct bridge *b)
{
	mono t = link_deadline(&b->source);

	for (size_t i = 0; i < b->cfg.n_brokers; i++)
		t = mono_min(t, sink_deadline(&b->sinks[i].sink));
	t = mono_min(t, stop_deadline(&b->stop));
	t = mono_min(t, people_deadline(&b->people));
	if (may_fetch(b))
		t = mono_min(t, files_deadline(&b->translator.files));
	if (b->ever_synced)
		t = mono_min(t, views_deadline(&b->views, open_brokers(b)));
	return t;
}

/* --- the source --- */

void bridge_source_up(struct bridge *b, struct moment now)
{
	BUF_CLEANUP struct buf text = { 0 };

	step_source(b, LINK_EV_OPENED, now);
	translator_expect_state(&b->translator, true);
	b->last_frame = now.mono;
	if (!retries_go_on(&b->source_tries))
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
	review(b, now);
}

static void obey_translator(struct bridge *b, const struct translator_result *r, struct moment now)
{
	if (r->whole_state) {
		b->synced = b->ever_synced = true;
		files_connected(&b->translator.files, now.mono);
		retries_succeeded(&b->source_tries);
		EACH_SINK(b, s)
			mirror_state_replaced(&s->sink.mirror);
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
	review(b, now);
	return r.verdict;
}

void bridge_source_frame_lost(struct bridge *b, enum frame_loss loss, struct moment now)
{
	struct translator_result r = translator_frame_lost(&b->translator, loss, now.mono);

	obey_translator(b, &r, now);
}

void bridge_source_file(struct bridge *b, const struct file_fetched *got, struct moment now)
{
	translator_file_fetched(&b->translator, got, now.mono);
	review_files(b, now);
	flush_views(b, now);
}

/* False: it should be kept, but can't be. */
static bool hear_people(struct people *p, struct str topic, const struct bridge_message *msg, struct moment now)
{
	const struct people_message m = { topic, msg->payload, msg->expires_s };

	return !people_owns(topic) || people_hear(p, &m, now.mono, now.wall_ms);
}

/* Does the publisher that we follow write it? The plugin's word, and people's, are no sign of him, whose silence is to be noticed. */
static bool is_from_publisher(struct str topic)
{
	enum owner owner = owner_of(topic);

	return owner != OWNER_PLUGIN && owner != OWNER_PEOPLE;
}

void bridge_source_message(struct bridge *b, const struct bridge_message *msg, struct moment now)
{
	struct str topic = msg->topic;
	bool is_below_prefix = strip_prefix(b, &topic), is_news;

	if (is_from_publisher(topic))
		note_traffic(b, msg->payload.len, now);
	if (!is_below_prefix || attendance_hear(&b->attendance, topic, msg->payload))
		return;
	if (!hear_people(&b->people, topic, msg, now))
		health_count(&b->health, HEALTH_PEOPLE_NOT_KEPT, 1);
	is_news = follow_message(&b->follow, topic, msg->payload, now.mono);
	review_parts(b, now);
	if (!is_news || b->synced)
		return;
	b->synced = true;
	retries_succeeded(&b->source_tries);
	step_source(b, LINK_EV_PROVED, now);
	effects_log(&b->effects, LOG_LEVEL_INFO, "source", "following the feed");
	review(b, now);
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
	if (b->cfg.source_follows)
		attendance_forget(&b->attendance);
	if (retries_failed(&b->source_tries, why, now.mono))
		effects_log(&b->effects, LOG_LEVEL_WARN, "source", "%s  next_try_ms=%lld tries=%u", why,
			    (long long)link_wait_ms(&b->source, now.mono), b->source_tries.n);
	review(b, now);
}

/* --- a broker --- */

struct bridge_sink *bridge_sink(struct bridge *b, size_t i)
{
	return i < b->cfg.n_brokers ? &b->sinks[i] : NULL;
}

/* The others have heard nothing new, but may go on when this one is open, or lost: it counts for what the views wait for. */
static void after_sink_event(struct bridge_sink *s, struct moment now)
{
	flush_views(s->bridge, now);
	review_sink(s, now);
}

/* A cold standby that leads needs the scoreboard; one that leads nowhere leaves it alone, and so does one that is about to end. */
static void warm_up(struct bridge *b, struct moment now)
{
	if (!is_cold(b) || b->source.state != LINK_IDLE || stop_is_under_way(&b->stop))
		return;
	note_source_lost(b, "waiting for the scoreboard");
	step_source(b, LINK_EV_START, now);
}

static void cool_down(struct bridge *b, struct moment now)
{
	if (!is_cold(b) || !b->cfg.source_redials || leads_somewhere(b))
		return;
	if (link_step(&b->source, LINK_EV_STOP, now.mono, now.rnd) == LINK_DO_HANG_UP)
		effects_push(&b->effects, FX_SOURCE_HANG_UP);
	translator_expect_state(&b->translator, false);
	note_source_lost(b, bridge_standby(b));
}

void bridge_sink_looked(struct bridge_sink *s, enum standby_saw saw, struct moment now)
{
	if (sink_looked(&s->sink, saw, now))
		cool_down(s->bridge, now);
	review(s->bridge, now);
}

/* Each broker tells of those at itself and at its edges. */
static void add_up_attendance(struct bridge *b)
{
	attendance_forget(&b->attendance);
	EACH_SINK(b, s)
		attendance_add(&b->attendance, &s->sink.attendance);
}

void bridge_sink_up(struct bridge_sink *s, size_t window, struct moment now)
{
	sink_connected(&s->sink, window, now);
	warm_up(s->bridge, now);
	review_sink(s, now);
}

void bridge_sink_subscribed(struct bridge_sink *s, bool granted, struct moment now)
{
	sink_subscribed(&s->sink, granted, now);
	after_sink_event(s, now);
}

void bridge_sink_message(struct bridge_sink *s, const struct bridge_message *msg, struct moment now)
{
	struct str topic = msg->topic;

	if (!strip_prefix(s->bridge, &topic))
		return;
	if (!hear_people(&s->sink.people, topic, msg, now))
		health_count(&s->bridge->health, HEALTH_PEOPLE_NOT_KEPT, 1);
	if (attendance_hear(&s->sink.attendance, topic, msg->payload))
		add_up_attendance(s->bridge);
	if (sink_message(&s->sink, topic, msg, now))
		after_sink_event(s, now);
}

void bridge_sink_acked(struct bridge_sink *s, size_t token, struct moment now)
{
	sink_answered(&s->sink, token, now);
	after_sink_event(s, now);
}

void bridge_sink_refused(struct bridge_sink *s, size_t token, struct moment now)
{
	sink_refused(&s->sink, token, now);
	after_sink_event(s, now);
}

void bridge_sink_lost(struct bridge_sink *s, enum sink_loss loss, const char *why, struct moment now)
{
	sink_disconnected(&s->sink, loss, why, now);
	add_up_attendance(s->bridge);
	after_sink_event(s, now);
}

void bridge_sink_count(struct bridge_sink *s, enum health_row row)
{
	health_count(&s->sink.health, row, 1);
}

/* --- what is to be done next --- */

static bool next_queued(struct bridge *b, struct effect *out)
{
	EACH_SINK(b, s) {
		if (effects_next(&s->sink.effects, out)) {
			out->broker = s->sink.cfg.broker;
			return true;
		}
	}
	return effects_next(&b->effects, out);
}

/* The sinks take turns, so that none waits until another's window is full. */
static bool next_publish(struct bridge *b, struct moment now, struct effect *out)
{
	size_t n = b->cfg.n_brokers;

	for (size_t i = 1; i <= n; i++) {
		size_t broker = (b->turn + i) % n;

		if (sink_next(&b->sinks[broker].sink, now, out)) {
			out->broker = b->turn = broker;
			return true;
		}
	}
	return false;
}

bool bridge_next_effect(struct bridge *b, struct moment now, struct effect *out)
{
	review_stop(b, now);
	return next_queued(b, out) || next_publish(b, now, out);
}

/* --- what others may know --- */

static bool all_is_told(const struct bridge *b)
{
	for (size_t i = 0; i < b->cfg.n_brokers; i++)
		if (sink_is_live(&b->sinks[i].sink))
			return true;
	return !b->cfg.n_brokers && b->synced;
}

bool bridge_ready(const struct bridge *b)
{
	return bridge_standby(b) ? b->synced : all_is_told(b);
}

/* The best one: who asks us is not behind a broker. */
static const struct status *status_of_all(const struct bridge *b)
{
	const struct status *best = b->cfg.n_brokers ? &b->sinks[0].sink.status : &b->status;

	for (size_t i = 1; i < b->cfg.n_brokers; i++)
		if (b->sinks[i].sink.status.state < best->state)
			best = &b->sinks[i].sink.status;
	return best;
}

struct str bridge_status(const struct bridge *b)
{
	struct str theirs = follow_status(&b->follow);

	return b->synced && theirs.len ? theirs : status_text(status_of_all(b));
}

struct str bridge_notice(const struct bridge *b)
{
	struct str notice = people_notice(&b->people);

	for (size_t i = 0; !notice.len && i < b->cfg.n_brokers; i++)
		notice = people_notice(&b->sinks[i].sink.people);
	return notice;
}

unsigned int bridge_notices(const struct bridge *b)
{
	unsigned int n = people_notices(&b->people);

	for (size_t i = 0; i < b->cfg.n_brokers; i++)
		n += people_notices(&b->sinks[i].sink.people);
	return n;
}

bool bridge_file(const struct bridge *b, struct str name, struct file_content *out)
{
	return files_find(&b->translator.files, name, out);
}

const struct feed *bridge_view(const struct bridge *b, struct str name)
{
	return b->cfg.source_follows ? follow_find(&b->follow, name) : views_find(&b->views, name);
}

static void gauge_sink(struct sink *s)
{
	struct outbox_stats o = outbox_stats(s->outbox);
	double *v = s->health.values;

	v[HEALTH_COALESCED] = (double)o.coalesced;
	v[HEALTH_OUTBOX] = (double)o.queued;
	v[HEALTH_IN_FLIGHT] = (double)o.in_flight;
	v[HEALTH_SINK_UP] = sink_is_open(s);
	v[HEALTH_LEADS] = sink_is_up(s);
	v[HEALTH_STANDBY] = s->standby.waits;
}

const struct health *bridge_health(struct bridge *b, struct moment now)
{
	double *v = b->health.values;

	v[HEALTH_TOPICS] = (double)outboxes_topics(&b->outboxes);
	v[HEALTH_STATE_BYTES] = (double)outboxes_bytes(&b->outboxes);
	v[HEALTH_SOURCE_UP] = b->synced;
	v[HEALTH_PICTURE_BYTES] = (double)files_bytes(&b->translator.files);
	v[HEALTH_READY] = all_is_told(b);
	v[HEALTH_SOURCE_AGE] = (double)mono_diff(now.mono, b->last_frame) / 1000.0;
	return &b->health;
}

const struct health *bridge_sink_health(struct bridge_sink *s)
{
	gauge_sink(&s->sink);
	return &s->sink.health;
}

/* Whose all the others are: one publisher is one prefix's. */
static void write_info(const struct bridge *b, struct buf *out)
{
	static const struct metric_row row = { METRIC_GAUGE, "scoreboard_publisher_info", "prefix", "1, of the prefix that it publishes below." };

	metrics_head(out, &row);
	metrics_line(out, &row, str_of(b->cfg.prefix), 1);
}

void bridge_write_metrics(struct bridge *b, struct moment now, struct buf *out)
{
	struct health_broker brokers[BROKERS_MAX];
	const struct health_of_all all = { bridge_health(b, now), brokers, b->cfg.n_brokers };

	EACH_SINK(b, s)
		brokers[s->sink.cfg.broker] = (struct health_broker){ str_of(s->sink.cfg.name), bridge_sink_health(s) };
	write_info(b, out);
	health_write(&all, out);
}

const struct parts *bridge_parts(const struct bridge *b)
{
	return &b->parts;
}

void bridge_part(struct bridge *b, const struct part_report *r, struct moment now)
{
	parts_tell(&b->parts, r, now.wall_ms);
}

const struct attendance *bridge_attendance(const struct bridge *b)
{
	return &b->attendance;
}

void bridge_count(struct bridge *b, enum health_row row)
{
	health_count(&b->health, row, 1);
}

void bridge_gauge(struct bridge *b, enum health_row row, double value)
{
	b->health.values[row] = value;
}

void bridge_watching(struct bridge *b, size_t sse, size_t polling)
{
	bridge_gauge(b, HEALTH_HTTP_STREAMS, (double)sse);
	bridge_gauge(b, HEALTH_HTTP_POLLING, (double)polling);
	EACH_SINK(b, s)
		spectators_set(&s->sink.spectators, sse, polling);
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
