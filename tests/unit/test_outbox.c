/* outbox - stories of what is set, what leaves, what is answered; and a random comparison with a broker that is nothing
 * but a map of topics. */
#include "publisher/core/news/outbox.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "outbox";

/* a step names what matters to it */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PLENTY (1 << 20)

enum op {
	SET,     /* topic, payload, class, interval; expect: outbox_result */
	SET_OWN, /* the same, without a path */
	REMOVE,  /* expect: outbox_result */
	SENT,    /* the next to leave is this */
	CLEARED, /* the next to leave is a clear of this */
	QUIET,   /* nothing may leave */
	ACK,     /* of the oldest in flight; expect: latency */
	ACK_NEW, /* of the newest in flight */
	LATE,    /* of the last that was acked or given up: refused */
	CLOSE,
	SEEN, /* expect: whether it should not be there */
	OPEN, /* expect: how many differ */
	WAITS,
	MARK,
	SWEEP,    /* expect: how many */
	DEADLINE, /* expect */
	IDLE,     /* expect */
	TOPICS,   /* expect */
	NO_BYTES,
	COALESCED, /* expect */
};

struct step {
	enum op op;
	int64_t at;
	const char *topic, *payload;
	int64_t expect;
	enum schema_class class;
	int64_t interval;
};

struct stage {
	struct outbox *o;
	size_t tokens[64], n_tokens, last_token;
	struct buf gone;
};

static struct stage new_stage(size_t max_bytes, size_t window)
{
	return (struct stage){ .o = outbox_new(max_bytes, window) };
}

static void end_stage(struct stage *t)
{
	outbox_free(t->o);
	outbox_free(NULL);
	buf_free(&t->gone);
}

static void note_gone(void *arg, struct str topic)
{
	buf_printf(arg, "%.*s ", STR_ARGS(topic));
}

static int64_t set(struct stage *t, const struct step *s)
{
	struct str topic = str_of(s->topic);
	struct outbox_value v = {
		.topic = topic,
		.path = s->op == SET ? topic : (struct str){ "", 0 },
		.payload = str_of(s->payload),
		.treatment = { .class = s->class, .qos = 1, .interval_ms = s->interval },
	};

	return outbox_set(t->o, &v, (mono){ s->at });
}

static void expect_publish(struct stage *t, const struct step *s)
{
	struct publish p;
	char *topic, *payload;

	if (!outbox_next(t->o, (mono){ s->at }, &p)) {
		CHECK_STR("nothing leaves", s->topic);
		return;
	}
	topic = str_dup(p.topic);
	payload = str_dup(p.payload);
	CHECK_STR(topic, s->topic);
	CHECK_STR(payload, s->op == SENT ? s->payload : "");
	free(topic);
	free(payload);
	t->tokens[t->n_tokens++] = p.token;
}

static int64_t ack(struct stage *t, size_t i, int64_t at)
{
	CU_ASSERT_FATAL(i < t->n_tokens);
	t->last_token = t->tokens[i];
	memmove(t->tokens + i, t->tokens + i + 1, (--t->n_tokens - i) * sizeof(size_t));
	return outbox_acked(t->o, t->last_token, (mono){ at });
}

static void close_stage(struct stage *t)
{
	outbox_close(t->o);
	if (t->n_tokens)
		t->last_token = t->tokens[t->n_tokens - 1];
	t->n_tokens = 0;
}

static int64_t perform(struct stage *t, const struct step *s)
{
	struct str topic = str_of(s->topic);
	mono now = { s->at };
	struct publish p;

	switch (s->op) {
	case SET:
	case SET_OWN:
		return set(t, s);
	case REMOVE:
		return outbox_remove(t->o, topic, now);
	case SENT:
	case CLEARED:
		expect_publish(t, s);
		return s->expect;
	case QUIET:
		return outbox_next(t->o, now, &p);
	case ACK:
		return ack(t, 0, s->at);
	case ACK_NEW:
		return ack(t, t->n_tokens - 1, s->at);
	case LATE:
		CHECK_INT(outbox_acked(t->o, t->last_token, now), -1);
		return s->expect;
	case CLOSE:
		close_stage(t);
		return s->expect;
	case SEEN:
		return outbox_seen(t->o, topic, str_of(s->payload));
	case OPEN:
		return (int64_t)outbox_open(t->o, now);
	case WAITS:
		return outbox_is_pending(t->o, topic);
	case MARK:
		outbox_mark(t->o);
		return s->expect;
	case SWEEP:
		return (int64_t)outbox_sweep(t->o, now, note_gone, &t->gone);
	case DEADLINE:
		return outbox_deadline(t->o).ms;
	case IDLE:
		return outbox_idle(t->o);
	case TOPICS:
		return (int64_t)outbox_stats(t->o).topics;
	case NO_BYTES:
		return (int64_t)outbox_stats(t->o).bytes;
	case COALESCED:
		return (int64_t)outbox_stats(t->o).coalesced;
	}
	return -1;
}

static void play_on(struct stage *t, const struct step *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t got = perform(t, &s[i]);

		if (got != s[i].expect)
			printf("\n    step %zu (%s)\n", i, s[i].topic ? s[i].topic : "-");
		CHECK_INT(got, s[i].expect);
	}
}

static void play(const struct step *s, size_t n)
{
	struct stage t = new_stage(PLENTY, 3);

	play_on(&t, s, n);
	end_stage(&t);
}

#define PLAY(...) \
	do { \
		static const struct step story[] = { __VA_ARGS__ }; \
		play(story, COUNT(story)); \
	} while (0)

#define OPENED \
	{ \
		OPEN, .expect = 0 \
	}

static void the_newest_value_wins(void)
{
	PLAY(OPENED,
	     { SET, 0, "a", "1", OUTBOX_NEWS },
	     { SET, 5, "a", "2", OUTBOX_NEWS },
	     { SET, 6, "a", "2", OUTBOX_SAME },
	     { SET, 9, "a", "3", OUTBOX_NEWS },
	     { COALESCED, .expect = 2 },
	     { SENT, 10, "a", "3" },
	     { QUIET, 10 },
	     /* while it is in flight a newer one may leave behind it */
	     { SET, 11, "a", "4", OUTBOX_NEWS },
	     { COALESCED, .expect = 2 },
	     { WAITS, 11, "a", .expect = 1 },
	     { SENT, 12, "a", "4" },
	     { WAITS, 12, "a", .expect = 0 },
	     { ACK, 20, .expect = 11 },
	     { ACK, 21, .expect = 10 },
	     { IDLE, .expect = 1 });
}

static void classes_leave_in_order_and_first_come_first_within(void)
{
	PLAY(OPENED,
	     { SET, 0, "low", "1", OUTBOX_NEWS, CLASS_LOW },
	     { SET, 0, "normal", "1", OUTBOX_NEWS, CLASS_NORMAL },
	     { SET, 0, "high1", "1", OUTBOX_NEWS, CLASS_HIGH },
	     { SET, 0, "high2", "1", OUTBOX_NEWS, CLASS_HIGH },
	     { SET, 0, "critical", "1", OUTBOX_NEWS, CLASS_CRITICAL },
	     { SET, 0, "high1", "2", OUTBOX_NEWS, CLASS_HIGH }, /* keeps its place */
	     { SENT, 0, "critical", "1" },
	     { SENT, 0, "high1", "2" },
	     { SENT, 0, "high2", "1" },
	     { ACK, 0 },
	     /* what changes class changes queue */
	     { SET, 0, "low", "2", OUTBOX_NEWS, CLASS_CRITICAL },
	     { SENT, 0, "low", "2" },
	     { ACK, 0 },
	     { SENT, 0, "normal", "1" });
}

static void the_window_bounds_what_is_unanswered(void)
{
	PLAY(OPENED,
	     { SET, 0, "a", "1", OUTBOX_NEWS },
	     { SET, 0, "b", "1", OUTBOX_NEWS },
	     { SET, 0, "c", "1", OUTBOX_NEWS },
	     { SET, 0, "d", "1", OUTBOX_NEWS },
	     { SENT, 0, "a", "1" },
	     { SENT, 0, "b", "1" },
	     { SENT, 0, "c", "1" },
	     { QUIET, 0 },
	     { ACK_NEW, 7, .expect = 7 },
	     { LATE, 7 },
	     { SENT, 8, "d", "1" },
	     { QUIET, 8 },
	     { ACK, 9, .expect = 9 },
	     { ACK, 9, .expect = 9 },
	     { ACK, 9, .expect = 9 },
	     { IDLE, .expect = 1 });
}

static void an_interval_delays_all_but_the_first(void)
{
	PLAY(OPENED,
	     { SET, 100, "t", "1", OUTBOX_NEWS, CLASS_LOW, 1000 },
	     { DEADLINE, .expect = INT64_MAX },
	     { SENT, 100, "t", "1" },
	     { ACK, 101, .expect = 1 },
	     { SET, 200, "t", "2", OUTBOX_NEWS, CLASS_LOW, 1000 },
	     { QUIET, 200 },
	     { DEADLINE, .expect = 1100 },
	     { IDLE, .expect = 0 },
	     { SET, 300, "t", "3", OUTBOX_NEWS, CLASS_LOW, 1000 },
	     { SET, 300, "u", "1", OUTBOX_NEWS, CLASS_LOW },
	     { SENT, 300, "u", "1" },
	     { ACK, 300 },
	     { QUIET, 1099 },
	     { SENT, 1100, "t", "3" },
	     { ACK, 1100, .expect = 800 },
	     /* quiet for long: at once */
	     { SET, 5000, "t", "4", OUTBOX_NEWS, CLASS_LOW, 1000 },
	     { SENT, 5000, "t", "4" },
	     { ACK, 5000 },
	     /* and its end waits as well, but comes */
	     { REMOVE, 5001, "t", .expect = OUTBOX_NEWS },
	     { QUIET, 5001 },
	     { CLEARED, 6000, "t" },
	     { ACK, 6000, .expect = 999 },
	     { SET, 6001, "u", "1", OUTBOX_SAME, CLASS_LOW },
	     { REMOVE, 6001, "u", .expect = OUTBOX_NEWS },
	     { CLEARED, 6001, "u" },
	     { ACK, 6001 },
	     { NO_BYTES, .expect = 0 });
}

static void what_the_broker_never_heard_needs_no_clear(void)
{
	PLAY(OPENED,
	     { SET, 0, "a", "1", OUTBOX_NEWS },
	     { REMOVE, 0, "a", .expect = OUTBOX_NEWS },
	     { REMOVE, 0, "a", .expect = OUTBOX_SAME },
	     { REMOVE, 0, "never", .expect = OUTBOX_SAME },
	     { QUIET, 0 },
	     { TOPICS, .expect = 0 },
	     { NO_BYTES, .expect = 0 },
	     { IDLE, .expect = 1 });
}

static void a_removed_topic_is_cleared_once(void)
{
	PLAY(OPENED,
	     { SET, 0, "a", "1", OUTBOX_NEWS },
	     { SENT, 0, "a", "1" },
	     { REMOVE, 1, "a", .expect = OUTBOX_NEWS }, /* still in flight */
	     { TOPICS, .expect = 0 },
	     { CLEARED, 1, "a" },
	     { ACK, 2, .expect = 2 },
	     { ACK, 2, .expect = 1 },
	     { QUIET, 2 },
	     { NO_BYTES, .expect = 0 },
	     /* removed and back before the clear left: only the value */
	     { SET, 3, "a", "1", OUTBOX_NEWS },
	     { SENT, 3, "a", "1" },
	     { ACK, 3 },
	     { REMOVE, 4, "a", .expect = OUTBOX_NEWS },
	     { SET, 4, "a", "2", OUTBOX_NEWS },
	     { SENT, 4, "a", "2" },
	     { QUIET, 4 },
	     { ACK, 4 },
	     /* and back while the clear is in flight */
	     { REMOVE, 5, "a", .expect = OUTBOX_NEWS },
	     { CLEARED, 5, "a" },
	     { SET, 5, "a", "2", OUTBOX_NEWS },
	     { SENT, 5, "a", "2" },
	     { ACK, 5 },
	     { ACK, 5 },
	     { TOPICS, .expect = 1 },
	     { IDLE, .expect = 1 });
}

static void reconciling_sends_only_what_differs(void)
{
	PLAY({ SET, 0, "same", "1", OUTBOX_NEWS },
	     { SET, 0, "other", "2", OUTBOX_NEWS },
	     { SET, 0, "missing", "3", OUTBOX_NEWS },
	     { QUIET, 0 },
	     { SEEN, 1, "same", "1", 0 },
	     { SEEN, 1, "other", "old", 1 },
	     { SEEN, 1, "stale", "x", 1 },
	     { TOPICS, .expect = 3 },
	     { QUIET, 1 },
	     { OPEN, 2, .expect = 3 },
	     { WAITS, 2, "same", .expect = 0 },
	     { SENT, 2, "other", "2" },
	     { SENT, 2, "missing", "3" },
	     { CLEARED, 2, "stale" },
	     { ACK, 5, .expect = 3 },
	     { ACK, 5, .expect = 3 },
	     { ACK, 5, .expect = 3 },
	     { QUIET, 5 },
	     { IDLE, .expect = 1 });
}

static void values_that_change_while_reconciling_are_told(void)
{
	PLAY({ SET, 0, "a", "1", OUTBOX_NEWS },
	     { SET, 0, "b", "1", OUTBOX_NEWS },
	     { SET, 0, "c", "1", OUTBOX_NEWS },
	     { SEEN, 1, "a", "1", 0 },
	     { SEEN, 1, "b", "1", 0 },
	     { SEEN, 1, "d", "1", 1 },
	     { SEEN, 1, "e", "1", 1 },
	     { SET, 2, "a", "2", OUTBOX_NEWS },
	     { REMOVE, 2, "b", .expect = OUTBOX_NEWS },
	     { REMOVE, 2, "c", .expect = OUTBOX_NEWS },
	     { SET, 2, "d", "1", OUTBOX_NEWS }, /* turns out to be right, but that was not known */
	     { OPEN, 3, .expect = 4 },
	     { SENT, 3, "a", "2" },
	     { CLEARED, 3, "b" },
	     { SENT, 3, "d", "1" },
	     { ACK, 3 },
	     { CLEARED, 3, "e" },
	     { ACK, 3 },
	     { ACK, 3 },
	     { ACK, 3 },
	     { QUIET, 3 },
	     { TOPICS, .expect = 2 });
}

static void a_lost_broker_is_told_all_again_that_it_lost(void)
{
	PLAY(OPENED,
	     { SET, 0, "a", "1", OUTBOX_NEWS },
	     { SET, 0, "b", "1", OUTBOX_NEWS },
	     { SET, 0, "c", "1", OUTBOX_NEWS },
	     { SENT, 0, "a", "1" },
	     { ACK, 0 },
	     { SENT, 0, "b", "1" },
	     { CLOSE },
	     { LATE, 1 }, /* the answer to b comes after all: of another life */
	     { QUIET, 1 },
	     { IDLE, .expect = 0 },
	     { SEEN, 2, "a", "1", 0 },
	     { OPEN, 2, .expect = 2 },
	     { LATE, 2 },
	     { SENT, 2, "b", "1" },
	     { SENT, 2, "c", "1" },
	     { LATE, 3 },
	     { ACK, 3, .expect = 1 },
	     { ACK, 3, .expect = 1 },
	     { IDLE, .expect = 1 });
}

static void a_clear_that_was_lost_with_the_broker_is_made_up_for(void)
{
	PLAY(OPENED,
	     { SET, 0, "a", "1", OUTBOX_NEWS },
	     { SENT, 0, "a", "1" },
	     { ACK, 0 },
	     { REMOVE, 1, "a", .expect = OUTBOX_NEWS },
	     { CLEARED, 1, "a" },
	     { CLOSE },
	     { NO_BYTES, .expect = 0 },
	     { SEEN, 2, "a", "1", 1 },
	     { OPEN, 2, .expect = 1 },
	     { CLEARED, 2, "a" },
	     { ACK, 2 },
	     { NO_BYTES, .expect = 0 });
}

/* Of the class that leaves last. */
static enum outbox_result set_low(struct stage *t, const char *topic, struct str payload, int64_t at)
{
	const struct outbox_value v = {
		.topic = str_of(topic),
		.path = str_of(topic),
		.payload = payload,
		.treatment = { .class = CLASS_LOW, .qos = 1 },
	};

	return outbox_set(t->o, &v, (mono){ at });
}

static void what_comes_and_goes_without_a_broker_costs_nothing(void)
{
	struct stage t = new_stage(PLENTY, 3);

	for (int i = 0; i < 100000; i++) {
		char topic[32];

		snprintf(topic, sizeof(topic), "game/%d/score", i);
		CHECK_INT(set_low(&t, topic, STR("1"), i), OUTBOX_NEWS);
		CHECK_INT(outbox_remove(t.o, str_of(topic), (mono){ i }), OUTBOX_NEWS);
	}
	CHECK_INT(outbox_stats(t.o).bytes, 0);
	end_stage(&t);
}

static void a_sweep_removes_what_a_whole_state_did_not_name(void)
{
	static const struct step before[] = {
		{ SET, 0, "a", "1", OUTBOX_NEWS },
		{ SET, 0, "b", "1", OUTBOX_NEWS },
		{ SET, 0, "c", "1", OUTBOX_NEWS },
		{ SET_OWN, 0, "feed", "1", OUTBOX_NEWS },
		{ SEEN, 0, "left/over", "1", 1 },
		{ OPEN, 0, .expect = 5 },
		{ SENT, 0, "a", "1" },
		{ SENT, 0, "b", "1" },
		{ SENT, 0, "c", "1" },
		{ MARK },
		{ SET, 1, "a", "1", OUTBOX_SAME },
		{ SET, 1, "b", "2", OUTBOX_NEWS },
		{ SET, 1, "d", "1", OUTBOX_NEWS },
		{ SWEEP, 1, .expect = 1 },
		{ SWEEP, 1, .expect = 0 },
		{ TOPICS, .expect = 4 },
	};
	struct stage t = new_stage(PLENTY, 3);

	play_on(&t, before, COUNT(before));
	CHECK_STR(t.gone.p, "c ");
	end_stage(&t);
}

static void collect(void *arg, struct str topic, struct str path, struct str payload)
{
	buf_printf(arg, "%.*s<%.*s>=%.*s ", STR_ARGS(topic), STR_ARGS(path), STR_ARGS(payload));
}

static void each_tells_the_scoreboard_s_values_and_drop_all_forgets_them(void)
{
	static const struct step before[] = {
		{ SET, 0, "a", "1", OUTBOX_NEWS },
		{ SET, 0, "b", "1", OUTBOX_NEWS },
		{ SET_OWN, 0, "feed", "9", OUTBOX_NEWS },
		{ REMOVE, 0, "b", .expect = OUTBOX_NEWS },
		{ SEEN, 0, "c", "1", 1 },
		{ OPEN, 0, .expect = 3 },
		{ SENT, 0, "a", "1" },
		{ SENT, 0, "feed", "9" },
	};
	static const struct step after[] = {
		{ TOPICS, .expect = 1 },
		{ LATE, 1 },
		{ CLOSE },
		{ SEEN, 2, "a", "1", 1 },
		{ SEEN, 2, "feed", "9", 0 },
		{ OPEN, 2, .expect = 1 },
		{ CLEARED, 2, "a" },
		{ ACK, 2 },
		{ QUIET, 2 },
	};
	struct stage t = new_stage(PLENTY, 3);
	BUF_CLEANUP struct buf all = { 0 };

	play_on(&t, before, COUNT(before));
	outbox_each(t.o, collect, &all);
	CHECK_STR(all.p, "a<a>=1 ");
	t.last_token = t.tokens[0];
	t.n_tokens = 0;
	outbox_close(t.o);
	outbox_drop_all(t.o);
	play_on(&t, after, COUNT(after));
	end_stage(&t);
}

static void the_ceiling_holds_and_the_old_value_stays(void)
{
	struct stage t = new_stage(4000, 3);
	char big[5000];
	size_t taken = 0;

	memset(big, 'x', sizeof(big));
	for (int i = 0; i < 100; i++) {
		char topic[32];

		snprintf(topic, sizeof(topic), "topic/%d", i);
		taken += set_low(&t, topic, STR("12345678"), 0) == OUTBOX_NEWS;
		CU_ASSERT(outbox_stats(t.o).bytes <= 4000);
	}
	CU_ASSERT(taken > 5 && taken < 50);
	CHECK_INT(outbox_stats(t.o).topics, taken);
	CHECK_INT(set_low(&t, "topic/0", (struct str){ big, 4000 }, 0), OUTBOX_FULL);
	CHECK_INT(set_low(&t, "new", (struct str){ big, SIZE_MAX }, 0), OUTBOX_FULL);
	CHECK_INT(set_low(&t, "topic/0", STR("12345678"), 0), OUTBOX_SAME);
	/* a broker full of foreign topics does not go past it either */
	for (int i = 0; i < 100; i++) {
		char topic[32];

		snprintf(topic, sizeof(topic), "foreign/%d", i);
		CU_ASSERT(outbox_seen(t.o, str_of(topic), STR("x")));
		CU_ASSERT(outbox_stats(t.o).bytes <= 4000);
	}
	/* room that is given back can be used */
	CHECK_INT(outbox_remove(t.o, STR("topic/1"), (mono){ 0 }), OUTBOX_NEWS);
	CHECK_INT(set_low(&t, "topic/x", STR("1234567"), 0), OUTBOX_NEWS);
	end_stage(&t);
}

static void qos_and_type_are_the_topic_s_and_a_clear_is_never_qos_0(void)
{
	static const struct outbox_value v = {
		.topic = { "a", 1 },
		.path = { "A", 1 },
		.payload = { "1", 1 },
		.treatment = { .class = CLASS_LOW, .qos = 0, .content_type = "application/json" },
	};
	struct stage t = new_stage(PLENTY, 3);
	struct publish p;

	CHECK_INT(outbox_open(t.o, (mono){ 0 }), 0);
	CHECK_INT(outbox_set(t.o, &v, (mono){ 0 }), OUTBOX_NEWS);
	CU_ASSERT_FATAL(outbox_next(t.o, (mono){ 0 }, &p));
	CHECK_INT(p.qos, 0);
	CHECK_STR(p.content_type, "application/json");
	CHECK_INT(outbox_acked(t.o, p.token, (mono){ 0 }), 0);
	CHECK_INT(outbox_remove(t.o, STR("a"), (mono){ 0 }), OUTBOX_NEWS);
	CU_ASSERT_FATAL(outbox_next(t.o, (mono){ 0 }, &p));
	CHECK_INT(p.qos, 1);
	end_stage(&t);
}

static void tokens_that_nobody_gave_out_are_refused(void)
{
	struct stage t = new_stage(PLENTY, 3);
	struct rng r = { 3 };

	CHECK_INT(outbox_open(t.o, (mono){ 0 }), 0);
	CHECK_INT(outbox_acked(t.o, 0, (mono){ 0 }), -1);
	CHECK_INT(outbox_acked(t.o, SIZE_MAX, (mono){ 0 }), -1);
	for (int i = 0; i < 1000; i++)
		CHECK_INT(outbox_acked(t.o, (size_t)rng_next(&r) << 32 | rng_next(&r), (mono){ 0 }), -1);
	CHECK_INT(outbox_stats(t.o).in_flight, 0);
	end_stage(&t);
}

/* --- a random life, beside a broker that is a map --- */

#define TOPICS_MAX 40 /* the first 30 are the scoreboard's, the rest are our own */
#define SCOREBOARD_S 30
#define WINDOW 7

struct life {
	struct outbox *o;
	struct rng r;
	mono now;
	int wanted[TOPICS_MAX], held[TOPICS_MAX]; /* 0: none */
	struct {
		size_t token;
		int topic, value;
		bool arrived;
	} flying[WINDOW];
	size_t n_flying;
	bool open;
	size_t sent;
};

static struct str name_of(int topic, char out[16])
{
	snprintf(out, 16, "t/%d", topic);
	return str_of(out);
}

static struct str text_of(int value, char out[16])
{
	snprintf(out, 16, "%d", value);
	return value ? str_of(out) : (struct str){ "", 0 };
}

static void life_set(struct life *l, int topic, int value)
{
	char name[16], text[16];
	struct str t = name_of(topic, name);
	struct outbox_value v = {
		.topic = t,
		.path = topic < SCOREBOARD_S ? t : (struct str){ "", 0 },
		.payload = text_of(value, text),
		.treatment = { .class = (enum schema_class)rng_below(&l->r, CLASS_COUNT), .qos = 1, .interval_ms = topic % 5 == 0 ? 50 : 0 },
	};

	CU_ASSERT_FATAL(outbox_set(l->o, &v, l->now) != OUTBOX_FULL);
	l->wanted[topic] = value;
}

static void life_remove(struct life *l, int topic)
{
	char name[16];

	CHECK_INT(outbox_remove(l->o, name_of(topic, name), l->now), l->wanted[topic] ? OUTBOX_NEWS : OUTBOX_SAME);
	l->wanted[topic] = 0;
}

static void life_send(struct life *l)
{
	struct publish p;
	char name[16];
	int64_t value = 0, topic;

	if (!outbox_next(l->o, l->now, &p))
		return;
	CU_ASSERT_FATAL(l->open && l->n_flying < WINDOW);
	CU_ASSERT_FATAL(str_to_int(str_skip(p.topic, 2), &topic));
	CU_ASSERT_FATAL(str_eq(p.topic, name_of((int)topic, name)));
	CU_ASSERT_FATAL(!p.payload.len || str_to_int(p.payload, &value));
	l->flying[l->n_flying].token = p.token;
	l->flying[l->n_flying].topic = (int)topic;
	l->flying[l->n_flying].value = (int)value;
	l->flying[l->n_flying++].arrived = false;
	l->sent++;
}

/* What was sent arrives in order, and its answer comes sometime after. */
static void life_arrive(struct life *l)
{
	for (size_t i = 0; i < l->n_flying; i++) {
		if (l->flying[i].arrived)
			continue;
		l->flying[i].arrived = true;
		l->held[l->flying[i].topic] = l->flying[i].value;
		return;
	}
}

static void life_ack(struct life *l)
{
	if (!l->n_flying || !l->flying[0].arrived)
		return;
	CU_ASSERT_FATAL(outbox_acked(l->o, l->flying[0].token, l->now) >= 0);
	memmove(l->flying, l->flying + 1, --l->n_flying * sizeof(l->flying[0]));
}

static void life_close(struct life *l)
{
	size_t late = l->n_flying ? l->flying[0].token : SIZE_MAX;

	outbox_close(l->o);
	CHECK_INT(outbox_acked(l->o, late, l->now), -1);
	l->n_flying = 0;
	l->open = false;
	/* another hand at the broker, or a broker that lost its disk */
	for (int i = 0; i < 3; i++)
		l->held[rng_below(&l->r, TOPICS_MAX)] = rng_chance(&l->r, 50) ? 77 : 0;
}

static void change_something(struct life *l)
{
	int topic = (int)rng_below(&l->r, TOPICS_MAX);

	if (rng_chance(&l->r, 70))
		life_set(l, topic, 1 + (int)rng_below(&l->r, 4));
	else
		life_remove(l, topic);
}

static void life_reconcile(struct life *l)
{
	char name[16], text[16];

	for (int i = 0; i < TOPICS_MAX; i++) {
		if (l->held[i])
			CHECK_INT(outbox_seen(l->o, name_of(i, name), text_of(l->held[i], text)),
				  l->held[i] != l->wanted[i]);
		if (rng_chance(&l->r, 5))
			change_something(l);
	}
	outbox_open(l->o, l->now);
	l->open = true;
}

static void forget(void *arg, struct str topic)
{
	struct life *l = arg;
	int64_t i = 0;

	CU_ASSERT_FATAL(str_to_int(str_skip(topic, 2), &i) && i < SCOREBOARD_S && l->wanted[i]);
	l->wanted[i] = 0;
}

static void life_whole_state(struct life *l)
{
	outbox_mark(l->o);
	for (int i = 0; i < SCOREBOARD_S; i++)
		if (rng_chance(&l->r, 60))
			life_set(l, i, 1 + (int)rng_below(&l->r, 4));
	outbox_sweep(l->o, l->now, forget, l);
}

static void life_drain(struct life *l)
{
	if (!l->open)
		life_reconcile(l);
	for (int i = 0; i < 10000 && !outbox_idle(l->o); i++) {
		life_send(l);
		life_arrive(l);
		life_ack(l);
		if (outbox_deadline(l->o).ms != INT64_MAX)
			l->now.ms += 10;
	}
	CU_ASSERT_FATAL(outbox_idle(l->o));
	for (int i = 0; i < TOPICS_MAX; i++)
		CU_ASSERT_FATAL(l->held[i] == l->wanted[i]);
}

static void live_a_moment(struct life *l)
{
	uint32_t dice = rng_below(&l->r, 1000);

	l->now.ms += rng_below(&l->r, 5);
	if (dice < 300)
		change_something(l);
	else if (dice < 600)
		life_send(l);
	else if (dice < 780)
		life_arrive(l);
	else if (dice < 950)
		life_ack(l);
	else if (dice < 965)
		l->open ? life_close(l) : life_reconcile(l);
	else if (dice < 970)
		life_whole_state(l);
	else if (dice < 975)
		life_drain(l);
}

static void after_any_life_the_broker_holds_what_is_wanted(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct life l = { .o = outbox_new(PLENTY, WINDOW), .r = { seed } };

		for (int i = 0; i < 5000; i++)
			live_a_moment(&l);
		life_drain(&l);
		CU_ASSERT(l.sent > 500);
		for (int i = 0; i < TOPICS_MAX; i++)
			life_remove(&l, i);
		life_drain(&l);
		CHECK_INT(outbox_stats(l.o).bytes, 0);
		CHECK_INT(outbox_stats(l.o).topics, 0);
		CHECK_INT(outbox_stats(l.o).queued, 0);
		outbox_free(l.o);
	}
}

static void what_must_wait_has_no_deadline_while_the_window_is_full(void)
{
	PLAY(OPENED,
	     { SET, 0, "a", "1", OUTBOX_NEWS, CLASS_LOW, 1000 },
	     { SENT, 0, "a", "1" },
	     { SET, 1, "a", "2", OUTBOX_NEWS, CLASS_LOW, 1000 },
	     { DEADLINE, .expect = 1000 },
	     { SET, 1, "b", "1", OUTBOX_NEWS },
	     { SET, 1, "c", "1", OUTBOX_NEWS },
	     { SENT, 1, "b", "1" },
	     { SENT, 1, "c", "1" },
	     { DEADLINE, .expect = INT64_MAX },
	     { ACK, 2, .expect = 2 },
	     { DEADLINE, .expect = 1000 });
}

const struct unit_test unit_tests[] = {
	UNIT(the_newest_value_wins),
	UNIT(classes_leave_in_order_and_first_come_first_within),
	UNIT(the_window_bounds_what_is_unanswered),
	UNIT(an_interval_delays_all_but_the_first),
	UNIT(what_the_broker_never_heard_needs_no_clear),
	UNIT(a_removed_topic_is_cleared_once),
	UNIT(reconciling_sends_only_what_differs),
	UNIT(values_that_change_while_reconciling_are_told),
	UNIT(a_lost_broker_is_told_all_again_that_it_lost),
	UNIT(a_clear_that_was_lost_with_the_broker_is_made_up_for),
	UNIT(what_comes_and_goes_without_a_broker_costs_nothing),
	UNIT(a_sweep_removes_what_a_whole_state_did_not_name),
	UNIT(each_tells_the_scoreboard_s_values_and_drop_all_forgets_them),
	UNIT(the_ceiling_holds_and_the_old_value_stays),
	UNIT(qos_and_type_are_the_topic_s_and_a_clear_is_never_qos_0),
	UNIT(tokens_that_nobody_gave_out_are_refused),
	UNIT(after_any_life_the_broker_holds_what_is_wanted),
	UNIT(what_must_wait_has_no_deadline_while_the_window_is_full),
	{ NULL, NULL },
};
