#include "publisher/core/bridge/sink.h"

#include "publisher/core/names/owner.h"

#include <stdio.h>

#define SHORT_LIVES_TOO_MANY 3

/* Tokens of publishes that are not the outbox's, whose own tokens are smaller. */
#define TOKEN_STATUS ((size_t)1 << 32)
#define TOKEN_FEED (TOKEN_STATUS + 1)
#define TOKEN_PEOPLE (TOKEN_STATUS + 2)
#define TOKEN_SPECTATORS (TOKEN_STATUS + 3)
#define TOKEN_DISCOVERY (TOKEN_STATUS + 4)

#define STATUS_TOPIC STR("status")
#define NO_TEXT ((struct str){ "", 0 })

void sink_init(struct sink *s, const struct sink_config *cfg)
{
	*s = (struct sink){ .cfg = *cfg, .outbox = cfg->views->outboxes->list[cfg->broker] };
	effects_init(&s->effects, cfg->prefix);
	s->effects.log_broker = cfg->is_one_of_many ? cfg->name : NULL;
	health_init(&s->health);
	link_init(&s->link, &cfg->link);
	s->standby.kind = cfg->standby;
	mirror_init(&s->mirror, s->outbox, &s->effects, &s->health);
	attendance_forget(&s->attendance);
	discovery_init(&s->discovery, cfg->home_assistant, cfg->prefix);
	str_copy(s->why, sizeof(s->why), "not connected yet");
}

void sink_free(struct sink *s)
{
	effects_free(&s->effects);
	status_free(&s->status);
	people_free(&s->people);
	discovery_free(&s->discovery);
	buf_free(&s->topic);
}

/* --- the link --- */

/* The will is what the broker publishes when we vanish. When that will be is not known now: so its `since` is null. */
static void dial(struct sink *s)
{
	effects_push_text(&s->effects, FX_SINK_DIAL, "status",
			  STR("{\"state\":\"offline\",\"since\":null,\"reason\":\"connection lost\"}"));
}

static void note_given_up(struct sink *s, mono now)
{
	if (s->is_leaving)
		return;
	health_count(&s->health, HEALTH_SINK_DIAL_TIMEOUT, 1);
	str_copy(s->why, sizeof(s->why), "no answer");
	if (retries_failed(&s->tries, s->why, now))
		effects_log(&s->effects, LOG_LEVEL_WARN, "broker", "no answer  reason=dial_timeout tries=%u", s->tries.n);
}

void sink_step(struct sink *s, enum link_event ev, struct moment now)
{
	switch (link_step(&s->link, ev, now.mono, now.rnd)) {
	case LINK_DO_DIAL:
		dial(s);
		break;
	case LINK_DO_HANG_UP:
		effects_push(&s->effects, FX_SINK_HANG_UP);
		note_given_up(s, now.mono);
		break;
	case LINK_DO_HANG_UP_DIAL:
	case LINK_DO_PING: /* libmosquitto keeps its connection alive itself */
	case LINK_DO_NOTHING:
		break;
	}
}

void sink_leave(struct sink *s)
{
	s->is_leaving = true;
}

void sink_tick(struct sink *s, struct moment now)
{
	sink_step(s, LINK_EV_TICK, now);
	if (mirror_tick(&s->mirror, now.mono))
		sink_step(s, LINK_EV_PROVED, now);
	people_tick(&s->people, now.mono);
}

mono sink_deadline(const struct sink *s)
{
	mono t = mono_min(mono_min(link_deadline(&s->link), mirror_deadline(&s->mirror)), people_deadline(&s->people));

	return sink_is_open(s) ? mono_min(t, spectators_deadline(&s->spectators)) : t;
}

static void review_status(struct sink *s, const struct sink_facts *f, int64_t wall_ms)
{
	const struct status_facts facts = {
		.leaving_why = f->leaving_why,
		.unknown_why = f->unknown_why,
		.others_why = sink_standby(s),
		.refused = s->mirror.refused,
		.caught_up = s->mirror.caught_up,
	};

	if (status_review(&s->status, &facts, wall_ms))
		effects_log(&s->effects, LOG_LEVEL_INFO, "status", "%s  reason=\"%s\"", status_name(&s->status),
			    status_why(&s->status));
}

void sink_review(struct sink *s, const struct sink_facts *facts, struct moment now)
{
	mirror_review(&s->mirror, s->others_led ? !facts->unknown_why : facts->has_state, now.mono);
	s->others_led &= facts->unknown_why || !mirror_is_up(&s->mirror);
	review_status(s, facts, now.wall_ms);
}

/* What the broker, with whom nothing is wrong but that it is not done yet, is doing. */
static const char *progress(const struct sink *s, bool has_state)
{
	if (!sink_is_open(s))
		return has_state ? "what it holds is being compared" : "connected, waiting for the scoreboard";
	return s->mirror.caught_up ? "connected" : "synchronizing";
}

bool sink_is_well(const struct sink *s)
{
	return sink_standby(s) || (sink_is_open(s) && !s->mirror.refused);
}

const char *sink_well_why(const struct sink *s, bool has_state)
{
	if (sink_standby(s))
		return sink_standby(s);
	if (!sink_is_up(s))
		return s->why;
	return s->mirror.refused ? "it refuses some of our messages" : progress(s, has_state);
}

/* --- what the broker does --- */

void sink_connected(struct sink *s, size_t window, struct moment now)
{
	sink_step(s, LINK_EV_OPENED, now);
	if (standby_leads(&s->standby))
		effects_log(&s->effects, LOG_LEVEL_INFO, "standby", "we lead now");
	mirror_up(&s->mirror, window);
	people_connected(&s->people);
	spectators_connected(&s->spectators);
	discovery_connected(&s->discovery);
	s->hears_people = false;
	status_repeat(&s->status);
	if (!retries_go_on(&s->tries))
		effects_log(&s->effects, LOG_LEVEL_INFO, "broker", "connected  window=%zu", window);
}

/* People's topics are heard from before the comparison is over, so that nothing that they write is missed. */
static void listen_to_people(struct sink *s)
{
	if (s->hears_people)
		return;
	s->hears_people = true;
	effects_push_text(&s->effects, FX_SINK_SUBSCRIBE, "notice", NO_TEXT);
	effects_push_text(&s->effects, FX_SINK_SUBSCRIBE, "show/+", NO_TEXT);
	effects_push_text(&s->effects, FX_SINK_SUBSCRIBE, "presence/+", NO_TEXT);
	/* our own feed, for the echo */
	effects_push_text(&s->effects, FX_SINK_SUBSCRIBE, "feed/+/delta", NO_TEXT);
	effects_push_text(&s->effects, FX_SINK_SUBSCRIBE, "feed/+/z", NO_TEXT);
}

static void give_people_back(struct sink *s)
{
	size_t n = people_compared(&s->people, s->mirror.forgotten);

	if (n)
		effects_log(&s->effects, LOG_LEVEL_INFO, "broker", "has lost what people wrote: giving it back  topics=%zu", n);
}

static void after_opened(struct sink *s, struct moment now)
{
	s->opened = now.mono;
	if (s->mirror.comparisons == 1)
		give_people_back(s);
	retries_succeeded(&s->tries);
	sink_step(s, LINK_EV_PROVED, now);
}

void sink_subscribed(struct sink *s, bool granted, struct moment now)
{
	bool is_open = mirror_subscribed(&s->mirror, granted, now.mono);

	listen_to_people(s);
	if (is_open)
		after_opened(s, now);
}

static void hear_echo(struct sink *s, struct str topic, const struct bridge_message *msg, mono now)
{
	int64_t ms = msg->retained || !str_starts(topic, STR("feed/")) ? -1 : echo_heard(&s->echo, msg->payload, now);

	if (ms >= 0)
		histogram_observe(&s->health.feed_return, (double)ms / 1000);
}

bool sink_message(struct sink *s, struct str topic, const struct bridge_message *msg, struct moment now)
{
	const struct mirror_message m = {
		.topic = topic,
		.payload = msg->payload,
		.retained = msg->retained,
		.is_marked = strcmp(msg->content_type, OWNER_MARK) == 0,
		.is_marker = !msg->retained && str_eq(topic, STATUS_TOPIC) && status_is_marker(&s->status, msg->payload),
	};

	hear_echo(s, topic, msg, now.mono);
	if (!mirror_message(&s->mirror, &m, now.mono))
		return false;
	after_opened(s, now);
	return true;
}

/* A broker may end a connection without a reason. But if that happens again and again as soon as all is compared, we can guess one. */
static void judge_loss(struct sink *s, struct moment now)
{
	if (!link_was_of_use(&s->link))
		return;
	s->short_lives = mono_reached(now.mono, s->link.settled_at) ? 0 : s->short_lives + 1;
	if (s->short_lives >= SHORT_LIVES_TOO_MANY)
		effects_log(&s->effects, LOG_LEVEL_WARN, "broker",
			    "lost as soon as all is well: another publisher with our client id, or a topic that this broker "
			    "can't bear?  in_a_row=%d",
			    s->short_lives);
}

/* --- who leads --- */

static void ask_again(struct sink *s, mono now)
{
	int64_t ms = standby_ask_ms(&s->standby);

	if (ms && (s->standby.waits || !s->short_lives))
		link_retry_at(&s->link, mono_add(now, ms));
}

static void log_loss(struct sink *s, bool refused, const char *why, mono now)
{
	if (retries_failed(&s->tries, why, now))
		effects_log(&s->effects, refused ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "broker", "%s  next_try_ms=%lld tries=%u", why,
			    (long long)link_wait_ms(&s->link, now), s->tries.n);
}

static void note_refusal(struct sink *s, bool saw_nothing, mono now)
{
	char why[2 * STANDBY_TEXT_SIZE];

	snprintf(why, sizeof(why), "%s%s", s->standby.refusal, saw_nothing ? "; cannot see whether another publisher leads" : "");
	log_loss(s, true, why, now);
}

bool sink_looked(struct sink *s, enum standby_saw saw, struct moment now)
{
	enum standby_news news = standby_saw(&s->standby, saw, now.mono, now.wall_ms);

	ask_again(s, now.mono);
	if (news == STANDBY_REFUSED)
		note_refusal(s, saw == STANDBY_SAW_NOTHING, now.mono);
	if (news != STANDBY_BEGINS)
		return false;
	effects_log(&s->effects, LOG_LEVEL_INFO, "standby", "another publisher leads: asking for its place every second");
	s->others_led = true;
	return true;
}

void sink_disconnected(struct sink *s, enum sink_loss loss, const char *why, struct moment now)
{
	bool refused = loss != SINK_LOSS_CONNECTION;

	if (!refused || !s->standby.waits) /* who waits asks every second */
		health_count(&s->health, refused ? HEALTH_SINK_REFUSED : HEALTH_SINK_LOST, 1);
	str_copy(s->why, sizeof(s->why), why);
	attendance_forget(&s->attendance);
	mirror_lost(&s->mirror);
	views_broker_lost(s->cfg.views, s->cfg.broker);
	echo_forget(&s->echo);
	status_answered(&s->status);
	judge_loss(s, now);
	sink_step(s, refused ? LINK_EV_REFUSED : LINK_EV_LOST, now);
	if (loss == SINK_LOSS_CONNECTION)
		standby_lost(&s->standby);
	else if (loss == SINK_LOSS_BARRED)
		standby_barred(&s->standby);
	else if (standby_refused(&s->standby, why, now.mono))
		effects_push_text(&s->effects, FX_SINK_LOOK, "status", NO_TEXT);
	ask_again(s, now.mono);
	if (!s->standby.waits && !s->standby.looking)
		log_loss(s, refused, why, now.mono);
}

void sink_answered(struct sink *s, size_t token, struct moment now)
{
	int64_t ms;

	if (token == TOKEN_STATUS) {
		status_answered(&s->status);
	} else if (token == TOKEN_FEED) {
		views_answered(s->cfg.views, s->cfg.broker);
	} else if (token == TOKEN_PEOPLE) {
		people_answered(&s->people);
	} else if (token == TOKEN_DISCOVERY) {
		discovery_answered(&s->discovery);
	} else if (token != TOKEN_SPECTATORS) {
		ms = outbox_acked(s->outbox, token, now.mono);
		if (ms >= 0)
			histogram_observe(&s->health.latency, (double)ms / 1000.0);
	}
}

void sink_refused(struct sink *s, size_t token, struct moment now)
{
	if (token == TOKEN_DISCOVERY)
		effects_log(&s->effects, LOG_LEVEL_WARN, "broker", "refuses what Home Assistant is to be told: may we write below %s?",
			    s->cfg.home_assistant);
	else if (token != TOKEN_PEOPLE && token != TOKEN_SPECTATORS) /* these are no part of the scoreboard's state */
		mirror_refused(&s->mirror, now.mono);
	sink_answered(s, token, now);
}

bool sink_is_drained(const struct sink *s)
{
	return !views_have_pending(s->cfg.views, s->cfg.broker) && mirror_is_drained(&s->mirror);
}

/* --- what it is told next --- */

/* Completes a publish, whose topic is whole, and counts it. */
static bool publish_as_it_is(struct sink *s, struct effect *out)
{
	out->type = FX_SINK_PUBLISH;
	health_count(&s->health, HEALTH_PUBLISHED, 1);
	health_count(&s->health, HEALTH_PUBLISHED_BYTES, (double)(out->topic.len + out->text.len));
	return true;
}

/* The same for one whose topic does not have the prefix yet. */
static bool publish(struct sink *s, struct effect *out)
{
	buf_clear(&s->topic);
	buf_puts(&s->topic, s->cfg.prefix);
	buf_char(&s->topic, '/');
	buf_str(&s->topic, out->topic);
	out->topic = buf_view(&s->topic);
	return publish_as_it_is(s, out);
}

static bool next_status(struct sink *s, struct effect *out)
{
	struct status_message m;

	if (!mirror_is_up(&s->mirror) || !status_next(&s->status, mirror_wants_marker(&s->mirror), &m))
		return false;
	if (m.is_marker)
		mirror_marker_left(&s->mirror);
	*out = (struct effect){
		.topic = STATUS_TOPIC,
		.text = m.text,
		.token = TOKEN_STATUS,
		.qos = 1,
		.retain = !m.is_marker,
		.content_type = "application/json",
	};
	return publish(s, out);
}

static bool next_of_people(struct sink *s, struct moment now, struct effect *out)
{
	struct people_message m;

	if (!sink_is_open(s) || !people_next(&s->people, now.mono, &m))
		return false;
	health_count(&s->health, HEALTH_PEOPLE_GIVEN_BACK, 1);
	*out = (struct effect){
		.topic = m.topic,
		.text = m.payload,
		.token = TOKEN_PEOPLE,
		.qos = 1,
		.retain = true,
		.expires_s = m.expires_s,
	};
	return publish(s, out);
}

static bool next_of_spectators(struct sink *s, struct moment now, struct effect *out)
{
	struct str text;

	if (!sink_is_open(s) || !spectators_next(&s->spectators, now.mono, &text))
		return false;
	*out = (struct effect){ .topic = STR("crew/watching"), .text = text, .token = TOKEN_SPECTATORS };
	return publish(s, out);
}

static bool next_of_discovery(struct sink *s, struct effect *out)
{
	struct discovery_message m;

	if (!sink_is_open(s) || !discovery_next(&s->discovery, &m))
		return false;
	*out = (struct effect){ .topic = m.topic, .text = m.payload, .token = TOKEN_DISCOVERY, .qos = 1, .retain = true };
	return publish_as_it_is(s, out);
}

static void note_delta(struct sink *s, const struct channel_message *m)
{
	health_count(&s->health, m->is_packed ? HEALTH_FEED_PACKED : HEALTH_FEED_JSON, 1);
	health_count(&s->health, m->is_packed ? HEALTH_FEED_PACKED_BYTES : HEALTH_FEED_JSON_BYTES, (double)m->text.len);
	echo_sent(&s->echo, m->text, mono_diff(m->since, s->opened) > 0 ? m->since : s->opened);
}

static bool next_delta(struct sink *s, struct effect *out)
{
	struct channel_message m;

	if (!sink_is_open(s) || !views_next(s->cfg.views, s->cfg.broker, s->mirror.window, &m))
		return false;
	health_count(&s->health, HEALTH_DELTAS_MISSED, (double)m.missed);
	note_delta(s, &m);
	*out = (struct effect){ .topic = m.topic, .text = m.text, .token = TOKEN_FEED, .qos = 1, .expires_s = m.expires_s };
	return publish(s, out);
}

static bool next_value(struct sink *s, struct moment now, struct effect *out)
{
	struct publish p;

	if (!mirror_next(&s->mirror, now.mono, &p))
		return false;
	*out = (struct effect){
		.topic = p.topic,
		.text = p.payload,
		.token = p.token,
		.qos = p.qos,
		.retain = true,
		.content_type = p.content_type,
	};
	return publish(s, out);
}

bool sink_next(struct sink *s, struct moment now, struct effect *out)
{
	return next_status(s, out) || next_of_people(s, now, out) || next_delta(s, out) || next_value(s, now, out) ||
	       next_of_spectators(s, now, out) || next_of_discovery(s, out);
}
