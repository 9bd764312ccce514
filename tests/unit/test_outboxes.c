/* outboxes - several brokers are to hold the same, whatever one of them holds already. */
#include "publisher/core/news/outboxes.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "outboxes";

static const mono start = { 0 };

static struct outboxes two(size_t max_bytes)
{
	struct outboxes o;

	CU_ASSERT_FATAL(outboxes_open(&o, 2, max_bytes, 100) == 0);
	CHECK_INT(o.n, 2);
	return o;
}

static unsigned int set(const struct outboxes *o, const char *topic, const char *payload)
{
	const struct outbox_value v = {
		.topic = str_of(topic), .path = str_of(topic), .payload = str_of(payload), .treatment = { .class = CLASS_LOW, .qos = 1 }
	};

	return outboxes_set(o, &v, start);
}

/* What a broker is sent, as "topic=payload " each. */
static void check_sent(struct outbox *o, const char *expected)
{
	BUF_CLEANUP struct buf sent = { 0 };
	struct publish p;

	while (outbox_next(o, start, &p)) {
		buf_printf(&sent, "%.*s=%.*s ", STR_ARGS(p.topic), STR_ARGS(p.payload));
		CU_ASSERT(outbox_acked(o, p.token, start) >= 0);
	}
	CHECK_STR(buf_view(&sent).p, expected);
}

static void each_broker_is_told_what_it_does_not_hold(void)
{
	struct outboxes o = two(1 << 20);

	CHECK_INT(set(&o, "a", "1"), OUTBOX_NEWS);
	CHECK_INT(set(&o, "a", "1"), OUTBOX_SAME);
	CHECK_INT(set(&o, "b", "2"), OUTBOX_NEWS);
	CU_ASSERT_FALSE(outbox_seen(o.list[1], STR("a"), STR("1")));
	CHECK_INT(outbox_open(o.list[0], start), 2);
	CHECK_INT(outbox_open(o.list[1], start), 1);
	check_sent(o.list[0], "a=1 b=2 ");
	check_sent(o.list[1], "b=2 ");
	CHECK_INT(outboxes_remove(&o, STR("a"), start), OUTBOX_NEWS);
	CHECK_INT(outboxes_remove(&o, STR("a"), start), OUTBOX_SAME);
	check_sent(o.list[0], "a= ");
	check_sent(o.list[1], "a= ");
	CHECK_INT(outboxes_topics(&o), 1);
	outboxes_close(&o);
	outboxes_close(&o);
}

/* What one broker should not hold takes room in its own outbox only. */
static void where_one_is_full_the_others_are_told(void)
{
	struct outboxes o = two(2000);
	unsigned int result = 0;

	for (int i = 0; i < 100; i++) {
		char topic[32];

		snprintf(topic, sizeof(topic), "rubbish/%d", i);
		(void)outbox_seen(o.list[0], str_of(topic), STR("1"));
	}
	for (int i = 0; i < 3; i++)
		result |= set(&o, "a", i % 2 ? "\"x\"" : "\"y\"");
	CHECK_INT(result, OUTBOX_NEWS | OUTBOX_FULL);
	CHECK_INT(outboxes_topics(&o), 1);
	CHECK_INT(outboxes_bytes(&o), outbox_stats(o.list[0]).bytes + outbox_stats(o.list[1]).bytes);
	CHECK_INT(outbox_open(o.list[1], start), 1);
	check_sent(o.list[1], "a=\"y\" ");
	outboxes_close(&o);
}

static void note_gone(void *arg, struct str topic)
{
	struct buf *out = arg;

	buf_printf(out, "%.*s ", STR_ARGS(topic));
}

static void what_is_not_in_a_whole_state_leaves_all(void)
{
	struct outboxes o = two(1 << 20);
	BUF_CLEANUP struct buf gone = { 0 };

	CHECK_INT(set(&o, "a", "1"), OUTBOX_NEWS);
	CHECK_INT(set(&o, "b", "2"), OUTBOX_NEWS);
	outbox_open(o.list[0], start);
	check_sent(o.list[0], "a=1 b=2 ");
	outboxes_mark(&o);
	CHECK_INT(set(&o, "b", "2"), OUTBOX_SAME);
	CHECK_INT(outboxes_sweep(&o, start, note_gone, &gone), 1);
	CU_ASSERT(str_starts(buf_view(&gone), STR("a ")));
	check_sent(o.list[0], "a= ");
	outbox_open(o.list[1], start);
	check_sent(o.list[1], "b=2 ");
	outboxes_close(&o);
}

static void all_are_dropped(void)
{
	struct outboxes o = two(1 << 20);

	CHECK_INT(set(&o, "a", "1"), OUTBOX_NEWS);
	outboxes_drop_all(&o);
	CHECK_INT(outboxes_topics(&o), 0);
	CHECK_INT(outbox_open(o.list[0], start) + outbox_open(o.list[1], start), 0);
	outboxes_close(&o);
}

const struct unit_test unit_tests[] = {
	UNIT(each_broker_is_told_what_it_does_not_hold),
	UNIT(where_one_is_full_the_others_are_told),
	UNIT(what_is_not_in_a_whole_state_leaves_all),
	UNIT(all_are_dropped),
	{ NULL, NULL },
};
