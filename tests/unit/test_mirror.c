/* mirror - a broker that holds anything is compared and told the difference, whatever it answers. */
#include "publisher/core/bridge/mirror.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "mirror";

#define WINDOW 50
#define TOKENS_MAX 512

struct stage {
	struct outbox *outbox;
	struct effects effects;
	struct health health;
	struct mirror m;
	struct buf said, logged;
	size_t tokens[TOKENS_MAX], n_tokens;
	mono now;
};

static struct stage *stage_new(void)
{
	struct stage *t = calloc(1, sizeof(*t));

	CU_ASSERT_FATAL(t != NULL);
	t->outbox = outbox_new(1 << 24, 100);
	CU_ASSERT_FATAL(t->outbox != NULL);
	effects_init(&t->effects, "p");
	health_init(&t->health);
	mirror_init(&t->m, t->outbox, &t->effects, &t->health);
	return t;
}

static void stage_free(struct stage *t)
{
	effects_free(&t->effects);
	outbox_free(t->outbox);
	buf_free(&t->said);
	buf_free(&t->logged);
	free(t);
}

static void set_class(struct stage *t, const char *topic, const char *payload, enum schema_class class)
{
	const struct outbox_value v = {
		.topic = str_of(topic),
		.path = str_of(topic),
		.payload = str_of(payload),
		.treatment = { .class = class, .qos = 1 },
	};

	CHECK_INT(outbox_set(t->outbox, &v, t->now), OUTBOX_NEWS);
}

static void set(struct stage *t, const char *topic, const char *payload)
{
	set_class(t, topic, payload, CLASS_LOW);
}

static void write_effect(struct stage *t, const struct effect *fx)
{
	if (fx->type == FX_LOG)
		buf_printf(&t->logged, "%.*s\n", STR_ARGS(fx->text));
	else
		buf_printf(&t->said, "%s %.*s\n", fx->type == FX_SINK_SUBSCRIBE ? "subscribe" : "unsubscribe",
			   STR_ARGS(fx->topic));
}

static void drain(struct stage *t)
{
	struct effect fx;
	struct publish p;

	while (effects_next(&t->effects, &fx))
		write_effect(t, &fx);
	while (mirror_next(&t->m, t->now, &p)) {
		buf_printf(&t->said, "pub %.*s %.*s\n", STR_ARGS(p.topic), STR_ARGS(p.payload));
		CU_ASSERT_FATAL(t->n_tokens < TOKENS_MAX);
		t->tokens[t->n_tokens++] = p.token;
	}
}

/* All that it wanted since the last time, but for log lines. */
static void expect(struct stage *t, const char *text)
{
	drain(t);
	CHECK_STR(buf_view(&t->said).p, text);
	buf_clear(&t->said);
}

static bool said(struct stage *t, const char *part)
{
	drain(t);
	return strstr(buf_view(&t->said).p, part) != NULL;
}

static bool logged(struct stage *t, const char *part)
{
	drain(t);
	return strstr(buf_view(&t->logged).p, part) != NULL;
}

static void answer_all(struct stage *t)
{
	drain(t);
	while (t->n_tokens) {
		CU_ASSERT(outbox_acked(t->outbox, t->tokens[--t->n_tokens], t->now) >= 0);
		mirror_review(&t->m, true, t->now);
		drain(t);
	}
}

static bool holds(struct stage *t, const char *topic, const char *payload)
{
	return mirror_message(&t->m, &(struct mirror_message){ str_of(topic), str_of(payload), .retained = true }, t->now);
}

/* With the mark that our own have below crew/. */
static bool holds_marked(struct stage *t, const char *topic, const char *payload)
{
	const struct mirror_message msg = { str_of(topic), str_of(payload), .retained = true, .is_marked = true };

	return mirror_message(&t->m, &msg, t->now);
}

static bool marker_comes_back(struct stage *t)
{
	return mirror_message(&t->m, &(struct mirror_message){ STR("status"), STR("{}"), .is_marker = true }, t->now);
}

/* Connected, the state known, our subscription granted. */
static void begin_comparison(struct stage *t)
{
	mirror_up(&t->m, WINDOW);
	mirror_review(&t->m, true, t->now);
	expect(t, "subscribe p/#\n");
	CU_ASSERT_FALSE(mirror_subscribed(&t->m, true, t->now));
}

static void open_empty(struct stage *t)
{
	begin_comparison(t);
	CU_ASSERT(marker_comes_back(t));
	mirror_review(&t->m, true, t->now);
	answer_all(t);
	mirror_review(&t->m, true, t->now);
	CU_ASSERT(t->m.caught_up);
	buf_clear(&t->said);
}

static void the_broker_is_asked_what_it_holds_before_it_is_told(void)
{
	struct stage *t = stage_new();

	set(t, "s", "7");
	set(t, "t", "x");
	set(t, "crew/p", "1");
	CU_ASSERT_FALSE(mirror_is_up(&t->m));
	mirror_up(&t->m, WINDOW);
	CU_ASSERT(mirror_is_up(&t->m) && !mirror_is_open(&t->m));
	mirror_review(&t->m, false, t->now);
	expect(t, ""); /* the state is not known yet */
	mirror_review(&t->m, true, t->now);
	expect(t, "subscribe p/#\n");
	/* retained messages may come before the grant as well as behind it; a marker can't */
	CU_ASSERT_FALSE(holds(t, "t", "x"));
	CU_ASSERT_FALSE(mirror_wants_marker(&t->m));
	CU_ASSERT_FALSE(marker_comes_back(t));
	CU_ASSERT_FALSE(mirror_subscribed(&t->m, true, t->now));
	CU_ASSERT(mirror_wants_marker(&t->m));
	mirror_marker_left(&t->m);
	CU_ASSERT_FALSE(mirror_wants_marker(&t->m));
	CU_ASSERT_FALSE(holds(t, "s", "6"));
	CU_ASSERT_FALSE(holds(t, "old/topic", "1"));
	CU_ASSERT_FALSE(holds(t, "presence/fan", "1"));
	CU_ASSERT_FALSE(holds(t, "status", "{\"state\":\"offline\"}"));
	CU_ASSERT_FALSE(
		mirror_message(&t->m, &(struct mirror_message){ STR("live/by/others"), STR("1"), .retained = false }, t->now));
	expect(t, "");
	CU_ASSERT(marker_comes_back(t));
	mirror_review(&t->m, true, t->now);
	expect(t, "unsubscribe p/#\npub s 7\npub crew/p 1\npub old/topic \n");
	CU_ASSERT_FALSE(t->m.caught_up || mirror_is_drained(&t->m));
	answer_all(t);
	CU_ASSERT(t->m.caught_up && mirror_is_drained(&t->m) && mirror_is_open(&t->m));
	CHECK_INT(t->health.values[HEALTH_RECONCILES], 1);
	CHECK_INT(t->health.values[HEALTH_RECONCILE_DIFFERENT], 2);
	CU_ASSERT(logged(t, "reconciled  held=3 different=2 to_send=3"));
	stage_free(t);
}

static void what_people_and_the_plugin_own_is_left_alone(void)
{
	static const char *const others[] = { "notice", "notice/x", "show/main", "show/a/b", "presence/total",
					      "beat", "crew/note", "crew/n/1/2", "crew/presence/sum", "status" };
	struct stage *t = stage_new();

	set(t, "s", "7");
	begin_comparison(t);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CU_ASSERT_FALSE(holds(t, others[i], "somebody's"));
	CU_ASSERT_FALSE(holds(t, "notices", "1"));
	CU_ASSERT_FALSE(holds(t, "feed/old/snapshot", "{}"));
	CU_ASSERT(marker_comes_back(t));
	expect(t, "unsubscribe p/#\npub s 7\npub notices \npub feed/old/snapshot \n");
	CHECK_INT(t->health.values[HEALTH_RECONCILE_DIFFERENT], 2);
	stage_free(t);
}

static void below_crew_what_we_have_written_is_ours(void)
{
	struct stage *t = stage_new();

	set(t, "crew/captain", "7");
	set(t, "crew/nso", "1");
	begin_comparison(t);
	CU_ASSERT_FALSE(holds(t, "crew/captain", "somebody wrote over it"));
	CU_ASSERT_FALSE(holds_marked(t, "crew/nso", "1"));
	CU_ASSERT_FALSE(holds_marked(t, "crew/old", "of a game that is over"));
	CU_ASSERT_FALSE(holds(t, "crew/note", "back at five"));
	CU_ASSERT(marker_comes_back(t));
	expect(t, "unsubscribe p/#\npub crew/captain 7\npub crew/old \n");
	stage_free(t);
}

static void lose_and_come_back(struct stage *t, const char *topic)
{
	mirror_lost(&t->m);
	begin_comparison(t);
	if (topic)
		CU_ASSERT_FALSE(holds(t, topic, "1"));
	CU_ASSERT(marker_comes_back(t));
	mirror_review(&t->m, true, t->now);
}

static void a_broker_that_has_nothing_of_what_it_was_told_has_forgotten(void)
{
	struct stage *t = stage_new();

	set(t, "s", "1");
	open_empty(t);
	CU_ASSERT_FALSE(t->m.forgotten); /* it was not told anything before */
	lose_and_come_back(t, "s");
	CU_ASSERT_FALSE(t->m.forgotten);
	buf_clear(&t->said);
	answer_all(t);
	buf_clear(&t->said);
	lose_and_come_back(t, "notice"); /* somebody has written already, but not we */
	CU_ASSERT(t->m.forgotten);
	answer_all(t);
	buf_clear(&t->said);
	mirror_refused(&t->m, t->now);
	t->now.ms += 30000;
	mirror_review(&t->m, true, t->now);
	CU_ASSERT_FALSE(mirror_subscribed(&t->m, true, t->now));
	CU_ASSERT(marker_comes_back(t));
	CU_ASSERT_FALSE(t->m.forgotten); /* that is the second comparison */
	stage_free(t);
}

static void a_broker_that_does_not_say_what_it_has_is_not_said_to_have_forgotten(void)
{
	struct stage *t = stage_new();

	set(t, "s", "1");
	open_empty(t);
	mirror_lost(&t->m);
	begin_comparison(t);
	t->now.ms += 15000;
	CU_ASSERT(mirror_tick(&t->m, t->now));
	CU_ASSERT_FALSE(t->m.forgotten);
	stage_free(t);
}

static void a_broker_that_grants_no_reading_is_told_everything(void)
{
	struct stage *t = stage_new();

	set(t, "s", "1");
	mirror_up(&t->m, WINDOW);
	mirror_review(&t->m, true, t->now);
	expect(t, "subscribe p/#\n");
	CU_ASSERT(mirror_subscribed(&t->m, false, t->now));
	mirror_review(&t->m, true, t->now);
	expect(t, "unsubscribe p/#\npub s 1\n");
	CHECK_INT(t->health.values[HEALTH_RECONCILE_REFUSED], 1);
	CU_ASSERT(logged(t, "may not subscribe to p/#"));
	answer_all(t);
	CU_ASSERT(t->m.caught_up);
	stage_free(t);
}

static void a_broker_that_never_answers_is_not_waited_for_for_ever(void)
{
	struct stage *t = stage_new();

	set(t, "s", "1");
	mirror_up(&t->m, WINDOW);
	mirror_review(&t->m, true, t->now);
	CHECK_INT(mirror_deadline(&t->m).ms, 15000);
	t->now.ms = 9000;
	CU_ASSERT_FALSE(holds(t, "x", "1")); /* still talking */
	CHECK_INT(mirror_deadline(&t->m).ms, 24000);
	t->now.ms = 23999;
	CU_ASSERT_FALSE(mirror_tick(&t->m, t->now));
	expect(t, "subscribe p/#\n");
	t->now.ms = 24000;
	CU_ASSERT(mirror_tick(&t->m, t->now));
	expect(t, "unsubscribe p/#\npub s 1\npub x \n");
	CU_ASSERT(logged(t, "did not send p/status back"));
	CHECK_INT(t->health.values[HEALTH_RECONCILE_REFUSED], 1);
	stage_free(t);
}

/* One comparison, in which the broker holds so many topics of an earlier run. */
static void hold_leftovers(struct stage *t, int pass, int many)
{
	for (int i = 0; i < many; i++) {
		char topic[32];

		snprintf(topic, sizeof(topic), "left/%d/%d", pass, i);
		CU_ASSERT_FALSE(holds(t, topic, "1"));
	}
	CU_ASSERT(marker_comes_back(t));
	mirror_review(&t->m, true, t->now);
	answer_all(t);
}

/* Brokers cut long lists of retained messages: after a comparison that found differences it is made again. */
static void a_long_list_is_compared_again_until_nothing_differs(void)
{
	struct stage *t = stage_new();

	set(t, "s", "1");
	begin_comparison(t);
	for (int pass = 0; pass < 2; pass++) {
		buf_clear(&t->said);
		hold_leftovers(t, pass, 700);
		CU_ASSERT(said(t, "pub left/") && said(t, "subscribe p/#\n"));
		CU_ASSERT_FALSE(t->m.caught_up);
		CU_ASSERT_FALSE(mirror_subscribed(&t->m, true, t->now));
	}
	buf_clear(&t->said);
	CU_ASSERT_FALSE(holds(t, "s", "1"));
	CU_ASSERT(marker_comes_back(t));
	mirror_review(&t->m, true, t->now);
	answer_all(t);
	CU_ASSERT(t->m.caught_up);
	CHECK_INT(t->health.values[HEALTH_RECONCILES], 3);
	stage_free(t);
}

/* Somebody who writes without end can't keep us from ever being done. */
static void after_five_comparisons_it_is_enough(void)
{
	struct stage *t = stage_new();

	begin_comparison(t);
	for (int pass = 0; pass < 5; pass++) {
		CU_ASSERT_FALSE(t->m.caught_up);
		hold_leftovers(t, pass, 500);
		CU_ASSERT_FALSE(mirror_subscribed(&t->m, true, t->now));
	}
	CU_ASSERT(t->m.caught_up);
	CHECK_INT(t->health.values[HEALTH_RECONCILES], 5);
	stage_free(t);
}

static void publishes_stay_within_the_broker_s_window(void)
{
	struct stage *t = stage_new();

	open_empty(t);
	set_class(t, "s", "2", CLASS_CRITICAL);
	for (int i = 0; i < 300; i++) {
		char topic[32];

		snprintf(topic, sizeof(topic), "n/%d", i);
		set(t, topic, "1");
	}
	drain(t);
	CHECK_INT(t->n_tokens, WINDOW);
	CHECK_INT(mirror_deadline(&t->m).ms, INT64_MAX); /* an answer comes first */
	CU_ASSERT(str_starts(buf_view(&t->said), STR("pub s 2\n")));
	/* a newer score does not wait behind the rest */
	set_class(t, "s", "3", CLASS_CRITICAL);
	buf_clear(&t->said);
	CU_ASSERT(outbox_acked(t->outbox, t->tokens[--t->n_tokens], t->now) >= 0);
	expect(t, "pub s 3\n");
	answer_all(t);
	CU_ASSERT(t->m.caught_up);
	CHECK_INT(outbox_stats(t->outbox).topics, 301);
	stage_free(t);
}

static void a_lost_broker_is_compared_from_the_start(void)
{
	struct stage *t = stage_new();

	open_empty(t);
	set(t, "s", "2");
	expect(t, "pub s 2\n"); /* in flight, never answered */
	mirror_lost(&t->m);
	t->n_tokens = 0;
	CU_ASSERT_FALSE(t->m.caught_up || mirror_is_up(&t->m));
	set(t, "s", "3");
	mirror_review(&t->m, true, t->now);
	expect(t, "");
	CHECK_INT(mirror_deadline(&t->m).ms, INT64_MAX);
	begin_comparison(t);
	CU_ASSERT_FALSE(holds(t, "s", "2"));
	CU_ASSERT(marker_comes_back(t));
	mirror_review(&t->m, true, t->now);
	expect(t, "unsubscribe p/#\npub s 3\n");
	stage_free(t);
}

static void what_is_refused_is_asked_for_again_every_half_minute(void)
{
	struct stage *t = stage_new();

	open_empty(t);
	set(t, "s", "1");
	drain(t);
	t->now.ms = 1000;
	mirror_refused(&t->m, t->now);
	answer_all(t);
	CU_ASSERT(t->m.refused && !t->m.caught_up && mirror_is_drained(&t->m));
	CHECK_INT(mirror_deadline(&t->m).ms, 31000);
	buf_clear(&t->said);
	t->now.ms = 30999;
	mirror_review(&t->m, true, t->now);
	expect(t, "");
	t->now.ms = 31000;
	mirror_review(&t->m, true, t->now);
	expect(t, "subscribe p/#\n");
	CU_ASSERT_FALSE(mirror_subscribed(&t->m, true, t->now));
	CU_ASSERT(marker_comes_back(t));
	mirror_review(&t->m, true, t->now);
	expect(t, "unsubscribe p/#\npub s 1\n");
	answer_all(t);
	CU_ASSERT(t->m.caught_up && !t->m.refused);
	stage_free(t);
}

static void new_topics_are_compared_without_a_new_connection(void)
{
	struct stage *t = stage_new();

	open_empty(t);
	mirror_state_replaced(&t->m);
	CU_ASSERT_FALSE(t->m.caught_up);
	mirror_review(&t->m, true, t->now);
	CU_ASSERT(t->m.caught_up); /* nothing of it was news */
	outbox_close(t->outbox);
	mirror_topics_renamed(&t->m);
	CU_ASSERT(mirror_is_up(&t->m) && !mirror_is_open(&t->m) && !t->m.caught_up);
	mirror_review(&t->m, true, t->now);
	expect(t, "subscribe p/#\n");
	/* with no broker there is nothing to compare */
	mirror_lost(&t->m);
	mirror_topics_renamed(&t->m);
	mirror_review(&t->m, true, t->now);
	expect(t, "");
	stage_free(t);
}

static void nothing_is_compared_before_the_broker_is_asked(void)
{
	const struct mirror_message msg = { .topic = STR("left"), .payload = STR("x"), .retained = true };
	struct stage *t = stage_new();

	CU_ASSERT_FALSE(mirror_message(&t->m, &msg, t->now));
	mirror_up(&t->m, WINDOW);
	CU_ASSERT_FALSE(mirror_message(&t->m, &msg, t->now));
	CHECK_INT(outbox_open(t->outbox, t->now), 0); /* otherwise it would be cleared */
	CHECK_INT(mirror_deadline(&t->m).ms, MONO_NEVER.ms);
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(the_broker_is_asked_what_it_holds_before_it_is_told),
	UNIT(what_people_and_the_plugin_own_is_left_alone),
	UNIT(below_crew_what_we_have_written_is_ours),
	UNIT(a_broker_that_has_nothing_of_what_it_was_told_has_forgotten),
	UNIT(a_broker_that_does_not_say_what_it_has_is_not_said_to_have_forgotten),
	UNIT(a_broker_that_grants_no_reading_is_told_everything),
	UNIT(a_broker_that_never_answers_is_not_waited_for_for_ever),
	UNIT(a_long_list_is_compared_again_until_nothing_differs),
	UNIT(after_five_comparisons_it_is_enough),
	UNIT(publishes_stay_within_the_broker_s_window),
	UNIT(a_lost_broker_is_compared_from_the_start),
	UNIT(what_is_refused_is_asked_for_again_every_half_minute),
	UNIT(new_topics_are_compared_without_a_new_connection),
	UNIT(nothing_is_compared_before_the_broker_is_asked),
	{ NULL, NULL },
};
