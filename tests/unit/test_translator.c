/* translator - what becomes of a scoreboard's messages: topics, views, counters, and what the owner is told to do. */
#include "base/topic.h"
#include "publisher/core/bridge/translator.h"
#include "tests/unit/schemas.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "translator";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PLENTY (1 << 24)

static const char plain[] = SCHEMA_PLAIN;
static const char with_view[] = SCHEMA_WITH_VIEW;

struct stage {
	struct outboxes outboxes;
	struct outbox *outbox; /* of the one broker */
	struct effects effects;
	struct health health;
	struct warnings warnings;
	struct views views;
	struct translator f;
	struct moment now;
	struct buf said;
};

static struct stage *stage_with(const char *schema, enum schema_list list, size_t topic_max)
{
	struct stage *t = calloc(1, sizeof(*t));
	struct translator_config cfg = { .list = list, .topic_max = topic_max };

	CU_ASSERT_FATAL(t != NULL);
	t->now.wall_ms = 1000;
	CU_ASSERT_FATAL(outboxes_open(&t->outboxes, 1, PLENTY, 100) == 0);
	t->outbox = t->outboxes.list[0];
	cfg.outboxes = &t->outboxes;
	cfg.views = &t->views;
	cfg.warnings = &t->warnings;
	CU_ASSERT_FATAL(t->outbox != NULL);
	effects_init(&t->effects, "p");
	health_init(&t->health);
	warnings_init(&t->warnings, &t->effects, &t->health);
	views_init(&t->views, &(struct views){ .outboxes = &t->outboxes, .health = &t->health, .encodings = "json", .max_bytes = PLENTY });
	translator_init(&t->f, &cfg, schema_of(str_of(schema)));
	CU_ASSERT_FATAL(translator_start(&t->f, t->now));
	outbox_open(t->outbox, t->now.mono);
	translator_expect_state(&t->f, true);
	return t;
}

static struct stage *stage_new(const char *schema)
{
	return stage_with(schema, LIST_LIVE, TOPIC_MAX_BYTES - 2);
}

static void stage_free(struct stage *t)
{
	translator_free(&t->f);
	translator_free(&t->f);
	views_free(&t->views);
	outboxes_close(&t->outboxes);
	effects_free(&t->effects);
	buf_free(&t->said);
	free(t);
}

static void at(struct stage *t, int64_t ms)
{
	t->now.mono.ms = ms;
	t->now.wall_ms = 1000 + ms;
}

static enum frame_verdict frame(struct stage *t, const char *text)
{
	struct translator_result r = translator_take(&t->f, str_of(text), t->now);

	CU_ASSERT_FALSE(r.whole_state);
	CU_ASSERT(r.resync_why == NULL);
	return r.verdict;
}

static void whole_state(struct stage *t, const char *text)
{
	struct translator_result r = translator_take(&t->f, str_of(text), t->now);

	CU_ASSERT(r.whole_state);
	CU_ASSERT(r.resync_why == NULL);
	CHECK_INT(r.verdict, VERDICT_TAKEN);
}

/* What a broker that takes everything would be told since the last time. */
static void expect(struct stage *t, const char *text)
{
	struct publish p;

	buf_clear(&t->said);
	while (outbox_next(t->outbox, t->now.mono, &p)) {
		CU_ASSERT(topic_name_valid(p.topic));
		buf_printf(&t->said, "pub %.*s %.*s\n", STR_ARGS(p.topic), STR_ARGS(p.payload));
		CU_ASSERT(outbox_acked(t->outbox, p.token, t->now.mono) >= 0);
	}
	CHECK_STR(buf_view(&t->said).p, text);
}

static void forget(struct stage *t)
{
	struct publish p;

	while (outbox_next(t->outbox, t->now.mono, &p))
		CU_ASSERT(outbox_acked(t->outbox, p.token, t->now.mono) >= 0);
}

static bool logged(struct stage *t, const char *part)
{
	bool found = false;
	struct effect fx;

	while (effects_next(&t->effects, &fx))
		found |= memmem(fx.text.p, fx.text.len, part, strlen(part)) != NULL;
	return found;
}

static double counter(const struct stage *t, enum health_row row)
{
	return t->health.values[row];
}

/* The view's next delta. */
static void expect_delta(struct stage *t, const char *changes)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct channel_message d;

	views_flush(&t->views, true, t->now);
	forget(t);
	if (!*changes) {
		CU_ASSERT_FALSE(views_next(&t->views, 0, 100, &d));
		return;
	}
	CU_ASSERT_FATAL(views_next(&t->views, 0, 100, &d));
	views_answered(&t->views, 0);
	buf_str(&text, d.text);
	if (!str_ends(d.text, str_of(changes)))
		CHECK_STR(text.p, changes);
}

static void what_does_not_concern_us_is_no_state(void)
{
	struct stage *t = stage_new(plain);

	/* about us, an answer to nobody's ping, a complaint, and what was not asked for */
	CHECK_INT(frame(t, "{\"state\":{\"WS.Device.Id\":\"x\",\"WS.Client.RemoteAddress\":\"y\"}}"), VERDICT_IGNORED);
	CHECK_INT(frame(t, "{\"Pong\":\"\"}"), VERDICT_IGNORED);
	CHECK_INT(frame(t, "{\"error\":\"no such thing\"}"), VERDICT_IGNORED);
	CHECK_INT(frame(t, "{\"state\":{\"B.Other\":1}}"), VERDICT_IGNORED);
	expect(t, "");
	CU_ASSERT(logged(t, "no such thing"));
	CHECK_INT(counter(t, HEALTH_NOTICES), 1);
	whole_state(t, "{\"state\":{\"B.S\":7,\"B.T\":\"x\",\"B.P\":1,\"B.X\":\"secret\"}}");
	expect(t, "pub s 7\npub t \"x\"\npub crew/p 1\n");
	CHECK_INT(counter(t, HEALTH_SKIP_DROPPED), 1);
	CU_ASSERT(logged(t, "state received  topics=3 removed=0"));
	stage_free(t);
}

static void a_frame_of_the_old_connection_s_shape_is_no_whole_state_twice(void)
{
	struct stage *t = stage_new(plain);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.T\":1}}");
	forget(t);
	/* deltas name few paths: nothing may be swept for that */
	CHECK_INT(frame(t, "{\"state\":{\"B.S\":2}}"), VERDICT_TAKEN);
	expect(t, "pub s 2\n");
	CHECK_INT(frame(t, "{\"state\":{}}"), VERDICT_IGNORED);
	expect(t, "");
	stage_free(t);
}

static void what_a_whole_state_does_not_name_is_gone(void)
{
	struct stage *t = stage_new(with_view);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.L\":1,\"B.P\":1}}");
	expect_delta(t, "\"set\":{\"s\":1,\"l\":1}}");
	translator_expect_state(&t->f, true);
	whole_state(t, "{\"state\":{\"B.L\":1}}");
	CU_ASSERT(logged(t, "state received  topics=3 removed=2")); /* with the view's own two */
	expect_delta(t, "\"del\":[\"s\"]}");
	stage_free(t);
}

static void bad_updates_are_counted_by_reason_and_the_rest_is_taken(void)
{
	static const struct {
		const char *state;
		enum health_row row;
	} rows[] = {
		{ "{\"state\":{\"B.S\":[1],\"B.T\":5}}", HEALTH_SKIP_BAD_VALUE },
		{ "{\"state\":{\"B.S\":1e999,\"B.T\":6}}", HEALTH_SKIP_BAD_VALUE },
		{ "{\"state\":{\"B.S\":\"\xFF\",\"B.T\":7}}", HEALTH_SKIP_BAD_VALUE },
		{ "{\"state\":{\"B.S(\xFF)\":1,\"B.T\":8}}", HEALTH_SKIP_BAD_UTF8 },
		{ "{\"state\":{\"B.S(\":1,\"B.T\":9}}", HEALTH_SKIP_BAD_PATH },
		{ "{\"state\":{\"B.Nope\":1,\"B.T\":10}}", HEALTH_SKIP_UNREGISTERED },
		{ "{\"state\":{\"B.X\":1,\"B.T\":11}}", HEALTH_SKIP_DROPPED },
	};
	struct stage *t = stage_new(plain);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.T\":\"a\"}}");
	forget(t);
	for (size_t i = 0; i < COUNT(rows); i++) {
		double before = counter(t, rows[i].row);
		char expected[32];

		CHECK_INT(frame(t, rows[i].state), VERDICT_TAKEN);
		CHECK_INT(counter(t, rows[i].row) - before, 1);
		snprintf(expected, sizeof(expected), "pub t %zu\n", 5 + i);
		expect(t, expected);
	}
	CHECK_INT(counter(t, HEALTH_UPDATES), 2 + 2 * COUNT(rows));
	stage_free(t);
}

/* A topic that fits MQTT alone may not fit behind the prefix. */
static void a_topic_too_long_with_its_prefix_is_refused_and_counted(void)
{
	const size_t max = TOPIC_MAX_BYTES - strlen("a/rather/long/prefix") - 1;
	struct stage *t = stage_with(plain, LIST_FULL, max);
	BUF_CLEANUP struct buf text = { 0 };

	whole_state(t, "{\"state\":{\"B.S\":1}}");
	forget(t);
	for (size_t len = TOPIC_MAX_BYTES - 40; len < TOPIC_MAX_BYTES + 5; len++) {
		double before = counter(t, HEALTH_SKIP_TOO_LONG);
		size_t topics = outbox_stats(t->outbox).topics;
		bool fits = strlen("a/") + len <= max;

		buf_clear(&text);
		buf_puts(&text, "{\"state\":{\"B.A(");
		for (size_t i = 0; i < len; i++)
			buf_char(&text, 'x');
		buf_puts(&text, ")\":1}}");
		CHECK_INT(frame(t, text.p), VERDICT_TAKEN);
		CHECK_INT(counter(t, HEALTH_SKIP_TOO_LONG) - before, !fits);
		CHECK_INT(outbox_stats(t->outbox).topics - topics, fits);
	}
	stage_free(t);
}

static void a_bad_message_is_counted_and_may_cost_the_state(void)
{
	static const struct {
		const char *text;
		enum health_row row;
		const char *resync_why;
	} rows[] = {
		{ "{\"state\":{\"B.S\":2", HEALTH_REFUSED_JSON, "a frame was not valid JSON" },
		{ "rubbish", HEALTH_REFUSED_JSON, "a frame was not valid JSON" },
		{ "{\"what\":1}", HEALTH_REFUSED_NO_STATE, NULL },
		{ "{\"state\":[]}", HEALTH_REFUSED_NO_STATE, NULL },
	};
	struct stage *t = stage_new(plain);
	struct translator_result r;

	for (size_t i = 0; i < COUNT(rows); i++) {
		double before = counter(t, rows[i].row);

		r = translator_take(&t->f, str_of(rows[i].text), t->now);
		CHECK_INT(r.verdict, VERDICT_REFUSED);
		CHECK_STR(r.resync_why ? r.resync_why : "-", rows[i].resync_why ? rows[i].resync_why : "-");
		CHECK_INT(counter(t, rows[i].row) - before, 1);
	}
	r = translator_frame_lost(&t->f, FRAME_LOSS_TOO_LARGE, t->now.mono);
	CHECK_STR(r.resync_why, "a frame was too large");
	CHECK_INT(counter(t, HEALTH_REFUSED_TOO_LARGE), 1);
	r = translator_frame_lost(&t->f, FRAME_LOSS_BINARY, t->now.mono);
	CHECK_STR(r.resync_why, "a frame was binary");
	CHECK_INT(r.verdict, VERDICT_REFUSED);
	CHECK_INT(counter(t, HEALTH_REFUSED_BINARY), 1);
	CU_ASSERT(logged(t, "frame refused: binary, a scoreboard sends text  more_since_last=0"));
	/* none of them was the state that is awaited */
	whole_state(t, "{\"state\":{\"B.S\":1}}");
	stage_free(t);
}

static void more_values_than_a_frame_may_have_are_refused_before_they_are_read(void)
{
	struct stage *t = stage_new(plain);
	BUF_CLEANUP struct buf text = { 0 };
	struct translator_result r;

	buf_puts(&text, "{\"state\":[0");
	for (size_t i = 0; i < FRAME_PARSE_MAX_BYTES / 64; i++)
		buf_puts(&text, ",0");
	buf_puts(&text, "]}");
	r = translator_take(&t->f, buf_view(&text), t->now);
	CHECK_INT(r.verdict, VERDICT_REFUSED);
	CHECK_STR(r.resync_why, "a frame had too many values");
	CHECK_INT(counter(t, HEALTH_REFUSED_TOO_LARGE), 1);
	stage_free(t);
}

static void a_view_sees_neither_the_crew_s_nor_another_s(void)
{
	struct stage *t = stage_new(with_view);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.P\":9}}");
	expect_delta(t, "\"set\":{\"s\":1}}");
	at(t, 50);
	frame(t, "{\"state\":{\"B.S\":2,\"B.P\":8,\"B.Other\":1}}");
	expect_delta(t, "\"set\":{\"s\":2}}");
	frame(t, "{\"state\":{\"B.S\":null,\"B.P\":null}}");
	expect_delta(t, "\"del\":[\"s\"]}");
	stage_free(t);
}

static void a_clock_s_ticks_stay_out_of_the_feed(void)
{
	struct stage *t = stage_new(with_view);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.C(J).T\":60000,\"B.C(J).R\":false,\"B.C(J).D\":true}}");
	expect_delta(t, "\"c/J\":{\"time\":60000,\"running\":false,\"direction\":\"down\",\"at\":1000}}}");
	CU_ASSERT_FALSE(translator_expect_ticks(&t->f));
	frame(t, "{\"state\":{\"B.C(J).R\":true}}");
	CU_ASSERT(translator_expect_ticks(&t->f));
	expect_delta(t, "\"set\":{\"c/J\":{\"time\":60000,\"running\":true,\"direction\":\"down\",\"at\":1000}}}");
	forget(t);
	at(t, 1020);
	frame(t, "{\"state\":{\"B.C(J).T\":59000}}");
	expect(t, "pub c/J/t 59000\n");
	expect_delta(t, "");
	stage_free(t);
}

static void a_clock_that_a_whole_state_does_not_name_is_gone(void)
{
	struct stage *t = stage_new(with_view);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.C(J).T\":60000,\"B.C(J).R\":true,\"B.C(J).D\":true}}");
	expect_delta(t, "\"at\":1000}}}");
	translator_expect_state(&t->f, true);
	whole_state(t, "{\"state\":{\"B.S\":1}}");
	expect_delta(t, "\"del\":[\"c/J\"]}");
	CU_ASSERT_FALSE(translator_expect_ticks(&t->f));
	stage_free(t);
}

static void a_clock_of_the_crew_is_no_viewer_s(void)
{
	static const char crew[] = "{\"register\":{\"live\":[\"B\"]},\"views\":{\"v\":\"\"},"
				   "\"clocks\":[{\"path\":\"B.C(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\","
				   "\"views\":[\"v\"]}],"
				   "\"rules\":[{\"paths\":[\"B.S\"],\"views\":[\"v\"]},"
				   "{\"paths\":[\"B.C(*).**\"],\"visibility\":\"crew\"}]}";
	struct stage *t = stage_new(crew);
	BUF_CLEANUP struct buf state = { 0 };

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.C(J).T\":60000,\"B.C(J).R\":false,\"B.C(J).D\":true}}");
	feed_write_state(views_find(&t->views, STR("v")), &state);
	CU_ASSERT(strstr(state.p, "60000") == NULL);
	stage_free(t);
}

static void we_register_for_the_list_and_those_that_it_includes(void)
{
	struct stage *t = stage_new(plain);
	BUF_CLEANUP struct buf out = { 0 };

	translator_write_register(&t->f, &out);
	CHECK_STR(out.p, "{\"action\":\"Register\",\"paths\":[\"B.S\",\"B.T\",\"B.P\",\"B.X\"]}");
	stage_free(t);
	t = stage_with(plain, LIST_FULL, TOPIC_MAX_BYTES);
	buf_clear(&out);
	translator_write_register(&t->f, &out);
	CHECK_STR(out.p, "{\"action\":\"Register\",\"paths\":[\"B.S\",\"B.T\",\"B.P\",\"B.X\",\"B\"]}");
	stage_free(t);
}

static void new_rules_rename_what_is_known(void)
{
	static const char other[] = "{\"register\":{\"live\":[\"B.S\",\"B.T\"]},\"views\":{\"w\":\"\"},"
				    "\"rules\":[{\"paths\":[\"B.S\"],\"views\":[\"w\"]}],"
				    "\"roots\":[{\"path\":\"B\",\"topic\":\"board\"}]}";
	struct stage *t = stage_new(plain);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.T\":2,\"B.P\":3}}");
	forget(t);
	translator_expect_state(&t->f, true);
	CU_ASSERT(translator_change_schema(&t->f, schema_of(str_of(other)), t->now));
	CHECK_INT(outbox_stats(t->outbox).topics, 2);
	CU_ASSERT(views_find(&t->views, STR("w")) != NULL);
	/* the broker has to be compared: it may hold the old names */
	expect(t, "");
	CHECK_INT(outbox_open(t->outbox, t->now.mono), 2);
	at(t, views_deadline(&t->views, true).ms);
	views_flush(&t->views, true, t->now);
	translator_expect_state(&t->f, false);
	CHECK_INT(frame(t, "{\"state\":{\"B.S\":1,\"B.T\":2}}"), VERDICT_TAKEN);
	CHECK_INT(feed_seq(views_find(&t->views, STR("w"))), 1);
	stage_free(t);
}

/* What is put in again is no whole state: that one is awaited still. */
static void a_state_that_is_awaited_is_awaited_under_new_rules_too(void)
{
	struct stage *t = stage_new(plain);

	whole_state(t, "{\"state\":{\"B.S\":1,\"B.T\":2}}");
	translator_expect_state(&t->f, true);
	CU_ASSERT(translator_change_schema(&t->f, schema_of(str_of(plain)), t->now));
	whole_state(t, "{\"state\":{\"B.S\":1}}");
	CHECK_INT(outbox_stats(t->outbox).topics, 1);
	stage_free(t);
}

static void what_the_outbox_has_no_room_for_is_counted_and_the_rest_is_taken(void)
{
	struct stage *t = stage_new(plain);
	char text[1000];

	outboxes_close(&t->outboxes);
	CU_ASSERT_FATAL(outboxes_open(&t->outboxes, 1, 600, 100) == 0);
	t->outbox = t->outboxes.list[0];
	outbox_open(t->outbox, t->now.mono);
	snprintf(text, sizeof(text), "{\"state\":{\"B.S\":1,\"B.T\":\"%0600d\",\"B.P\":2}}", 0);
	whole_state(t, text);
	expect(t, "pub s 1\npub crew/p 2\n");
	CHECK_INT(counter(t, HEALTH_SKIP_FULL), 1);
	stage_free(t);
}

const struct unit_test unit_tests[] = {
	UNIT(what_does_not_concern_us_is_no_state),
	UNIT(a_frame_of_the_old_connection_s_shape_is_no_whole_state_twice),
	UNIT(what_a_whole_state_does_not_name_is_gone),
	UNIT(bad_updates_are_counted_by_reason_and_the_rest_is_taken),
	UNIT(a_topic_too_long_with_its_prefix_is_refused_and_counted),
	UNIT(a_bad_message_is_counted_and_may_cost_the_state),
	UNIT(more_values_than_a_frame_may_have_are_refused_before_they_are_read),
	UNIT(a_view_sees_neither_the_crew_s_nor_another_s),
	UNIT(a_clock_s_ticks_stay_out_of_the_feed),
	UNIT(a_clock_that_a_whole_state_does_not_name_is_gone),
	UNIT(a_clock_of_the_crew_is_no_viewer_s),
	UNIT(we_register_for_the_list_and_those_that_it_includes),
	UNIT(new_rules_rename_what_is_known),
	UNIT(a_state_that_is_awaited_is_awaited_under_new_rules_too),
	UNIT(what_the_outbox_has_no_room_for_is_counted_and_the_rest_is_taken),
	{ NULL, NULL },
};
