/* views - what the schema's feeds publish, in which order, and what waits for a broker. */
#include "publisher/core/bridge/views.h"
#include "tests/unit/schemas.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "views";

#define PLENTY (1 << 24)
#define V 1u /* the first view */
/* which brokers are open */
#define NONE 0u
#define FIRST 1u
#define BOTH 3u

static const char one_view[] = "{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],\"views\":{\"v\":\"\"},"
			       "\"rules\":[{\"paths\":[\"B.S\"],\"views\":[\"v\"]}]}";
static const char no_view[] = "{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}]}";

struct stage {
	struct outboxes outboxes;
	struct outbox *outbox; /* of the first broker */
	struct health health;
	struct views v;
	struct moment now;
	struct buf said;
};

static void make(struct stage *t, const char *schema)
{
	struct schema *s = schema_of(str_of(schema));

	CU_ASSERT_FATAL(views_make(&t->v, s, t->now));
	schema_free(s);
}

static struct stage *stage_new(size_t max_bytes)
{
	struct stage *t = calloc(1, sizeof(*t));

	CU_ASSERT_FATAL(t != NULL);
	CU_ASSERT_FATAL(outboxes_open(&t->outboxes, 2, PLENTY, 100) == 0);
	t->outbox = t->outboxes.list[0];
	health_init(&t->health);
	views_init(&t->v, &(struct views){ .outboxes = &t->outboxes, .health = &t->health, .encodings = "json", .max_bytes = max_bytes });
	t->now.wall_ms = 1000;
	make(t, one_view);
	return t;
}

static void stage_free(struct stage *t)
{
	views_free(&t->v);
	outboxes_close(&t->outboxes);
	buf_free(&t->said);
	free(t);
}

static void at(struct stage *t, int64_t ms)
{
	t->now.mono.ms = ms;
	t->now.wall_ms = 1000 + ms;
}

/* One frame of the scoreboard; an empty value: gone. */
static void frame(struct stage *t, const char *key, const char *value)
{
	views_apply(&t->v, &(struct view_change){ V, str_of(key), str_of(value), CLASS_CRITICAL });
	views_commit(&t->v, t->now.mono);
}

/* What leaves while the broker takes everything but answers nothing. */
static void send(struct stage *t, size_t window)
{
	struct channel_message d;
	struct publish p;

	for (;;) {
		if (views_next(&t->v, 0, window, &d))
			buf_printf(&t->said, "delta %.*s %.*s\n", STR_ARGS(d.topic), STR_ARGS(d.text));
		else if (outbox_next(t->outbox, t->now.mono, &p))
			buf_printf(&t->said, "pub %.*s %.*s\n", STR_ARGS(p.topic), STR_ARGS(p.payload));
		else
			break;
	}
}

static bool said(const struct stage *t, const char *part)
{
	return strstr(buf_view(&t->said).p, part) != NULL;
}

static void recent_is_out_before_its_delta_and_the_snapshot_before_both(void)
{
	struct stage *t = stage_new(PLENTY);
	const char *snapshot, *recent, *delta;

	CHECK_INT(outbox_open(t->outbox, t->now.mono), 0);
	frame(t, "s", "1");
	CHECK_INT(views_deadline(&t->v, FIRST).ms, 0);
	CU_ASSERT(views_have_pending(&t->v, 0));
	views_flush(&t->v, FIRST, t->now);
	CU_ASSERT(views_have_pending(&t->v, 0));
	send(t, 50);
	CU_ASSERT_FALSE(views_have_pending(&t->v, 0));
	snapshot = strstr(t->said.p, "pub feed/v/snapshot ");
	recent = strstr(t->said.p, "pub feed/v/recent ");
	delta = strstr(t->said.p, "delta feed/v/delta ");
	CU_ASSERT(snapshot && recent && delta && snapshot < recent && recent < delta);
	CU_ASSERT(delta && strstr(delta, "\"set\":{\"s\":1}}") != NULL);
	buf_clear(&t->said);
	at(t, 50);
	frame(t, "s", "");
	views_flush(&t->v, FIRST, t->now);
	send(t, 50);
	recent = strstr(t->said.p, "pub feed/v/recent ");
	delta = strstr(t->said.p, "delta feed/v/delta ");
	CU_ASSERT(recent && delta && recent < delta && strstr(delta, "\"del\":[\"s\"]}") != NULL);
	stage_free(t);
}

/* The window of deltas is not the outbox's: both are the broker's, and a slow one takes few of either. */
static void deltas_gather_while_the_broker_is_slow(void)
{
	struct stage *t = stage_new(PLENTY);

	CHECK_INT(outbox_open(t->outbox, t->now.mono), 0);
	for (int i = 1; i <= 200; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		frame(t, "s", value);
		views_flush(&t->v, FIRST, t->now);
		send(t, 3); /* nothing is answered */
	}
	CHECK_INT(t->v.in_flight[0], 3);
	CU_ASSERT(said(t, "{\"s\":3}}\n") && !said(t, "delta feed/v/delta {\"epoch\":\"rs00\",\"seq\":4"));
	CU_ASSERT(views_have_pending(&t->v, 0));
	CHECK_INT(views_deadline(&t->v, FIRST).ms, INT64_MAX); /* only an answer helps */
	buf_clear(&t->said);
	/* the one that was made is next, and behind it one that tells the other 196 */
	views_answered(&t->v, 0);
	send(t, 3);
	CU_ASSERT(said(t, "delta feed/v/delta ") && said(t, "{\"s\":4}}\n"));
	views_flush(&t->v, FIRST, t->now);
	views_answered(&t->v, 0);
	send(t, 3);
	CU_ASSERT(said(t, "\"seq\":5") && said(t, "{\"s\":200}}\n"));
	CU_ASSERT_FALSE(views_have_pending(&t->v, 0));
	stage_free(t);
}

static void without_a_broker_the_newest_delta_takes_the_place_of_the_last(void)
{
	struct stage *t = stage_new(PLENTY);

	frame(t, "s", "1");
	views_flush(&t->v, NONE, t->now);
	frame(t, "s", "2");
	CHECK_INT(views_deadline(&t->v, NONE).ms, 0);
	views_flush(&t->v, NONE, t->now);
	views_broker_lost(&t->v, 0);
	CHECK_INT(feed_seq(views_find(&t->v, STR("v"))), 2);
	outbox_open(t->outbox, t->now.mono);
	send(t, 50);
	CU_ASSERT(said(t, "{\"s\":2}}\n") && !said(t, "delta feed/v/delta {\"epoch\":\"rs00\",\"seq\":1"));
	stage_free(t);
}

static void what_is_in_flight_is_forgotten_with_the_broker(void)
{
	struct stage *t = stage_new(PLENTY);

	CHECK_INT(outbox_open(t->outbox, t->now.mono), 0);
	frame(t, "s", "1");
	views_flush(&t->v, FIRST, t->now);
	send(t, 50);
	CHECK_INT(t->v.in_flight[0], 1);
	views_broker_lost(&t->v, 0);
	CHECK_INT(t->v.in_flight[0], 0);
	views_answered(&t->v, 0); /* too late */
	CHECK_INT(t->v.in_flight[0], 0);
	stage_free(t);
}

static void a_heartbeat_tells_that_silence_is_quiet(void)
{
	struct stage *t = stage_new(PLENTY);

	CHECK_INT(outbox_open(t->outbox, t->now.mono), 0);
	frame(t, "s", "1");
	views_flush(&t->v, FIRST, t->now);
	send(t, 50);
	buf_clear(&t->said);
	at(t, FEED_HEARTBEAT_MS - 1);
	views_flush(&t->v, FIRST, t->now);
	send(t, 50);
	CU_ASSERT(!said(t, "feed/v/delta"));
	at(t, FEED_HEARTBEAT_MS);
	CHECK_INT(views_deadline(&t->v, FIRST).ms, FEED_HEARTBEAT_MS);
	views_flush(&t->v, FIRST, t->now);
	send(t, 50);
	CU_ASSERT(said(t, "delta feed/v/delta {\"epoch\":\"") && said(t, "\"seq\":1,\"ts\":4000}\n"));
	CU_ASSERT(!said(t, "feed/v/recent")); /* nothing that a `recent` could tell */
	stage_free(t);
}

static void a_view_that_the_new_rules_do_not_have_leaves_nothing_behind(void)
{
	struct stage *t = stage_new(PLENTY);

	CHECK_INT(outbox_open(t->outbox, t->now.mono), 0);
	frame(t, "s", "1");
	views_flush(&t->v, FIRST, t->now);
	send(t, 50);
	buf_clear(&t->said);
	make(t, no_view);
	send(t, 50);
	CU_ASSERT(said(t, "pub feed/v/snapshot \n") && said(t, "pub feed/v/recent \n"));
	CU_ASSERT(views_find(&t->v, STR("v")) == NULL);
	frame(t, "s", "2"); /* tells nobody */
	CHECK_INT(views_deadline(&t->v, FIRST).ms, INT64_MAX);
	stage_free(t);
}

static void the_same_view_under_new_rules_starts_a_new_epoch(void)
{
	struct stage *t = stage_new(PLENTY);
	char epoch[32];

	frame(t, "s", "1");
	snprintf(epoch, sizeof(epoch), "%s", feed_epoch(views_find(&t->v, STR("v"))));
	CHECK_STR(epoch, "rs00"); /* 1000, in digits and letters, and chance */
	at(t, 77);
	make(t, one_view);
	CU_ASSERT(strcmp(epoch, feed_epoch(views_find(&t->v, STR("v")))) != 0);
	CHECK_INT(feed_seq(views_find(&t->v, STR("v"))), 0);
	frame(t, "s", "1");
	views_flush(&t->v, NONE, t->now);
	outbox_open(t->outbox, t->now.mono);
	send(t, 50);
	CU_ASSERT(said(t, "pub feed/v/snapshot ") && said(t, "\"state\":{\"s\":1}}"));
	stage_free(t);
}

/* As long as the schema takes: no topic is cut. */
static void a_long_name_is_whole_in_its_topics(void)
{
	struct stage *t = stage_new(PLENTY);
	char name[SCHEMA_MAX_VIEW_NAME + 1], schema[400], topic[100];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(schema, sizeof(schema), "{\"register\":{\"live\":[\"B\"]},\"views\":{\"%s\":\"\"}}", name);
	make(t, schema);
	CU_ASSERT(views_find(&t->v, str_of(name)) != NULL);
	name[sizeof(name) - 2] = '\0';
	CU_ASSERT(views_find(&t->v, str_of(name)) == NULL);
	name[sizeof(name) - 2] = 'n';
	frame(t, "s", "1");
	views_flush(&t->v, NONE, t->now);
	outbox_open(t->outbox, t->now.mono);
	send(t, 50);
	snprintf(topic, sizeof(topic), "delta feed/%s/delta {", name);
	CU_ASSERT(said(t, topic));
	snprintf(topic, sizeof(topic), "pub feed/%s/snapshot {", name);
	CU_ASSERT(said(t, topic));
	stage_free(t);
}

static void what_a_view_has_no_room_for_is_counted(void)
{
	struct stage *t = stage_new(10);

	frame(t, "s", "12345678901");
	CHECK_INT(t->health.values[HEALTH_SKIP_FULL], 1);
	frame(t, "s", "");
	CHECK_INT(t->health.values[HEALTH_SKIP_FULL], 1);
	stage_free(t);
}

static void what_the_outbox_has_no_room_for_is_counted(void)
{
	struct stage *t = stage_new(PLENTY);

	views_free(&t->v);
	outboxes_close(&t->outboxes);
	CU_ASSERT_FATAL(outboxes_open(&t->outboxes, 2, 100, 100) == 0);
	views_init(&t->v, &(struct views){ .outboxes = &t->outboxes, .health = &t->health, .encodings = "json", .max_bytes = PLENTY });
	make(t, one_view);
	frame(t, "s", "1");
	views_flush(&t->v, FIRST, t->now);
	CHECK_INT(t->health.values[HEALTH_SKIP_FULL], 2); /* snapshot and recent */
	stage_free(t);
}

/* What leaves for the second broker while it takes everything and answers all. */
static void send_to_second(struct stage *t)
{
	struct outbox *outbox = t->outboxes.list[1];
	struct channel_message d;
	struct publish p;

	for (;;) {
		if (views_next(&t->v, 1, 50, &d))
			buf_printf(&t->said, "second %.*s\n", STR_ARGS(d.text)), views_answered(&t->v, 1);
		else if (outbox_next(outbox, t->now.mono, &p))
			(void)outbox_acked(outbox, p.token, t->now.mono);
		else
			break;
	}
}

static void a_broker_that_hangs_holds_up_no_other(void)
{
	struct stage *t = stage_new(PLENTY);

	outbox_open(t->outboxes.list[0], t->now.mono);
	outbox_open(t->outboxes.list[1], t->now.mono);
	for (int i = 1; i <= 300; i++) {
		char value[16], delta[40];

		snprintf(value, sizeof(value), "%d", i);
		frame(t, "s", value);
		CHECK_INT(views_deadline(&t->v, BOTH).ms, 0);
		views_flush(&t->v, BOTH, t->now);
		send(t, 3); /* the first broker answers nothing */
		buf_clear(&t->said);
		send_to_second(t);
		snprintf(delta, sizeof(delta), "\"set\":{\"s\":%d}}\n", i);
		CU_ASSERT(said(t, "second ") && said(t, delta));
	}
	CHECK_INT(feed_seq(views_find(&t->v, STR("v"))), 300);
	CHECK_INT(t->v.in_flight[0], 3);
	CU_ASSERT(views_have_pending(&t->v, 0) && !views_have_pending(&t->v, 1));
	stage_free(t);
}

/* As where there is only one. */
static void changes_gather_while_all_brokers_are_slow(void)
{
	struct stage *t = stage_new(PLENTY);

	outbox_open(t->outboxes.list[0], t->now.mono);
	outbox_open(t->outboxes.list[1], t->now.mono);
	for (int i = 1; i <= 50; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		frame(t, "s", value);
		views_flush(&t->v, BOTH, t->now);
	}
	CHECK_INT(feed_seq(views_find(&t->v, STR("v"))), 1);
	CHECK_INT(views_deadline(&t->v, BOTH).ms, INT64_MAX);
	CHECK_INT(views_deadline(&t->v, NONE).ms, 0);
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(recent_is_out_before_its_delta_and_the_snapshot_before_both),
	UNIT(deltas_gather_while_the_broker_is_slow),
	UNIT(a_broker_that_hangs_holds_up_no_other),
	UNIT(changes_gather_while_all_brokers_are_slow),
	UNIT(without_a_broker_the_newest_delta_takes_the_place_of_the_last),
	UNIT(what_is_in_flight_is_forgotten_with_the_broker),
	UNIT(a_heartbeat_tells_that_silence_is_quiet),
	UNIT(a_view_that_the_new_rules_do_not_have_leaves_nothing_behind),
	UNIT(the_same_view_under_new_rules_starts_a_new_epoch),
	UNIT(a_long_name_is_whole_in_its_topics),
	UNIT(what_a_view_has_no_room_for_is_counted),
	UNIT(what_the_outbox_has_no_room_for_is_counted),
	{ NULL, NULL },
};
