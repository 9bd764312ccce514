/* sink - one broker, from the first dial to the last answer. */
#include "publisher/core/bridge/sink.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "sink";

struct stage {
	struct outboxes outboxes;
	struct health health;
	struct views views;
	struct sink s;
	struct sink_facts facts;
	struct moment now;
	struct buf said;
	size_t token; /* of the publish that was said last */
};

static struct stage *stage_new(bool is_one_of_many)
{
	struct stage *t = calloc(1, sizeof(*t));
	struct sink_config cfg = {
		.prefix = "p",
		.name = "hub:1883",
		.link = { .backoff_first_ms = 1000, .backoff_max_ms = 8000, .dial_timeout_ms = 5000, .settle_ms = 5000 },
		.broker = 1,
		.is_one_of_many = is_one_of_many,
	};

	CU_ASSERT_FATAL(t != NULL);
	CU_ASSERT_FATAL(outboxes_open(&t->outboxes, 2, 1 << 20, 100) == 0);
	health_init(&t->health);
	views_init(&t->views, &(struct views){ .outboxes = &t->outboxes, .health = &t->health, .encodings = "json", .max_bytes = 1 << 20 });
	cfg.views = &t->views;
	sink_init(&t->s, &cfg);
	t->facts = (struct sink_facts){ .has_state = true };
	t->now.wall_ms = 1000;
	return t;
}

static void stage_free(struct stage *t)
{
	sink_free(&t->s);
	views_free(&t->views);
	outboxes_close(&t->outboxes);
	buf_free(&t->said);
	free(t);
}

/* Reviews, and takes what it wants into the transcript. */
static void drain(struct stage *t)
{
	static const char *const names[] = {
		[FX_SINK_DIAL] = "dial",
		[FX_SINK_HANG_UP] = "hang-up",
		[FX_SINK_SUBSCRIBE] = "subscribe",
		[FX_SINK_UNSUBSCRIBE] = "unsubscribe",
		[FX_SINK_PUBLISH] = "pub",
		[FX_SINK_DISCONNECT] = "disconnect",
		[FX_LOG] = "log",
	};
	struct effect fx;

	buf_clear(&t->said);
	sink_review(&t->s, &t->facts, t->now);
	while (effects_next(&t->s.effects, &fx) || sink_next(&t->s, t->now, &fx)) {
		buf_printf(&t->said, "%s %.*s %.*s\n", names[fx.type], STR_ARGS(fx.topic), STR_ARGS(fx.text));
		if (fx.type == FX_SINK_PUBLISH)
			t->token = fx.token;
	}
}

static bool said(const struct stage *t, const char *part)
{
	return strstr(buf_view(&t->said).p, part) != NULL;
}

static void answer(struct stage *t)
{
	sink_answered(&t->s, t->token, t->now);
	drain(t);
}

static void connect(struct stage *t)
{
	sink_step(&t->s, LINK_EV_START, t->now);
	drain(t);
	CU_ASSERT(said(t, "dial p/status {\"state\":\"offline\",\"since\":null"));
	sink_connected(&t->s, 50, t->now);
	drain(t);
	CU_ASSERT(said(t, "subscribe p/# ") && said(t, "pub p/status {\"state\":\"stale\""));
	answer(t);
}

static void set(struct stage *t, const char *topic, const char *payload)
{
	const struct outbox_value v = {
		.topic = str_of(topic), .path = str_of(topic), .payload = str_of(payload), .treatment = { .class = CLASS_LOW, .qos = 1 }
	};

	CHECK_INT(outboxes_set(&t->outboxes, &v, t->now.mono), OUTBOX_NEWS);
}

static bool hears(struct stage *t, const char *topic, struct str payload, bool retained)
{
	const struct bridge_message msg = { str_of(topic), payload, .retained = retained, .content_type = "" };

	return sink_message(&t->s, str_of(topic), &msg, t->now);
}

static void it_compares_tells_and_is_live(void)
{
	struct stage *t = stage_new(false);
	BUF_CLEANUP struct buf status = { 0 };

	set(t, "a", "1");
	set(t, "b", "2");
	connect(t);
	sink_subscribed(&t->s, true, t->now);
	drain(t);
	CU_ASSERT(said(t, "subscribe p/notice ") && said(t, "subscribe p/show/+ "));
	buf_str(&status, status_text(&t->s.status));
	CU_ASSERT_FALSE(hears(t, "a", STR("1"), true));
	CU_ASSERT_FALSE(sink_is_open(&t->s));
	CU_ASSERT(hears(t, "status", buf_view(&status), false));
	CU_ASSERT(sink_is_open(&t->s) && !sink_is_live(&t->s) && !sink_is_drained(&t->s));
	answer(t);
	CU_ASSERT(said(t, "pub p/b 2\n") && !said(t, "pub p/a"));
	answer(t);
	CU_ASSERT(said(t, "pub p/status {\"state\":\"live\""));
	CU_ASSERT(sink_is_live(&t->s) && sink_is_drained(&t->s));
	CHECK_INT(t->s.health.values[HEALTH_PUBLISHED], 4);
	CHECK_INT(t->s.health.latency.counts[0], 1);
	stage_free(t);
}

static void what_is_refused_is_said_and_compared_again(void)
{
	struct stage *t = stage_new(false);

	set(t, "a", "1");
	connect(t);
	sink_subscribed(&t->s, false, t->now);
	drain(t);
	CU_ASSERT(said(t, "pub p/a 1\n"));
	sink_refused(&t->s, t->token, t->now);
	drain(t);
	CU_ASSERT(said(t, "\"reason\":\"the broker refuses some of our messages\""));
	answer(t);
	CHECK_INT(sink_deadline(&t->s).ms, 30000);
	t->now.mono.ms = 30000;
	sink_tick(&t->s, t->now);
	drain(t);
	CU_ASSERT(said(t, "subscribe p/# "));
	stage_free(t);
}

static void it_dials_again_after_a_wait(void)
{
	struct stage *t = stage_new(false);

	connect(t);
	sink_disconnected(&t->s, SINK_LOSS_REFUSED, "not authorized", t->now);
	CU_ASSERT_FALSE(sink_looked(&t->s, STANDBY_SAW_NOBODY, t->now));
	drain(t);
	CU_ASSERT(said(t, "log  not authorized  next_try_ms=") && !said(t, "broker="));
	CHECK_INT(t->s.health.values[HEALTH_SINK_REFUSED], 1);
	CU_ASSERT(!sink_is_up(&t->s));
	t->now.mono = sink_deadline(&t->s);
	sink_tick(&t->s, t->now);
	drain(t);
	CU_ASSERT(said(t, "dial p/status "));
	t->now.mono = sink_deadline(&t->s);
	sink_tick(&t->s, t->now);
	drain(t);
	CU_ASSERT(said(t, "hang-up") && said(t, "no answer"));
	CHECK_INT(t->s.health.values[HEALTH_SINK_DIAL_TIMEOUT], 1);
	stage_free(t);
}

static void one_of_many_names_itself(void)
{
	struct stage *t = stage_new(true);

	connect(t);
	sink_disconnected(&t->s, SINK_LOSS_CONNECTION, "gone", t->now);
	drain(t);
	CU_ASSERT(said(t, " broker=hub:1883\n"));
	stage_free(t);
}

static void who_leaves_need_not_tell_of_a_link(void)
{
	struct stage *t = stage_new(false);

	sink_step(&t->s, LINK_EV_START, t->now);
	sink_leave(&t->s);
	t->now.mono = sink_deadline(&t->s);
	sink_tick(&t->s, t->now);
	drain(t);
	CU_ASSERT(said(t, "hang-up") && !said(t, "no answer"));
	CHECK_INT(t->s.health.values[HEALTH_SINK_DIAL_TIMEOUT], 0);
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(it_compares_tells_and_is_live),
	UNIT(what_is_refused_is_said_and_compared_again),
	UNIT(it_dials_again_after_a_wait),
	UNIT(one_of_many_names_itself),
	UNIT(who_leaves_need_not_tell_of_a_link),
	{ NULL, NULL },
};
