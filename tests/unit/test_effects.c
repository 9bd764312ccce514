/* effects - what is pushed comes out, in order and whole; and what there is no place for harms nothing. */
#include "publisher/core/bridge/effects.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "effects";

static void check_next(struct effects *e, enum effect_type type, const char *topic, const char *text)
{
	struct effect fx;

	CU_ASSERT_FATAL(effects_next(e, &fx));
	CHECK_INT(fx.type, type);
	CU_ASSERT(str_is(fx.topic, topic));
	CU_ASSERT(str_is(fx.text, text));
}

static void check_empty(struct effects *e)
{
	struct effect fx;

	CU_ASSERT_FALSE(effects_next(e, &fx));
}

static void effects_come_out_in_order_with_the_prefix(void)
{
	struct effects e;
	char text[] = "text";

	effects_init(&e, "a/prefix");
	check_empty(&e);
	effects_push(&e, FX_SOURCE_DIAL);
	effects_push_text(&e, FX_SINK_SUBSCRIBE, "#", STR(""));
	effects_push_text(&e, FX_SOURCE_SEND, NULL, str_of(text));
	text[0] = 'n'; /* it was copied */
	effects_push_text(&e, FX_SINK_DIAL, "status", STR("will"));
	check_next(&e, FX_SOURCE_DIAL, "", "");
	check_next(&e, FX_SINK_SUBSCRIBE, "a/prefix/#", "");
	check_next(&e, FX_SOURCE_SEND, "", "text");
	check_next(&e, FX_SINK_DIAL, "a/prefix/status", "will");
	check_empty(&e);
	effects_free(&e);
}

static void a_line_has_its_level_and_area(void)
{
	struct effects e;
	struct effect fx;

	effects_init(&e, "p");
	effects_log(&e, LOG_LEVEL_WARN, "broker", "%s  n=%d", "gone", 3);
	CU_ASSERT_FATAL(effects_next(&e, &fx));
	CHECK_INT(fx.type, FX_LOG);
	CHECK_INT(fx.level, LOG_LEVEL_WARN);
	CHECK_STR(fx.area, "broker");
	CU_ASSERT(str_is(fx.text, "gone  n=3"));
	CHECK_INT(fx.fields.n, 1);
	CHECK_INT(fx.fields.list[0].at, strlen("gone  "));
	CU_ASSERT_FALSE(fx.fields.list[0].is_text);
	effects_free(&e);
}

static size_t drain(struct effects *e, enum effect_type type)
{
	struct effect fx;
	size_t n = 0;

	while (effects_next(e, &fx))
		n += fx.type == type;
	return n;
}

static void more_than_the_queue_holds_is_dropped(void)
{
	struct effects e;

	effects_init(&e, "p");
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2 * EFFECTS_MAX; i++)
			effects_push_text(&e, FX_SOURCE_SEND, "t", STR("text"));
		CHECK_INT(drain(&e, FX_SOURCE_SEND), EFFECTS_MAX);
		effects_push(&e, FX_EXIT); /* the ring does not start at its beginning the next time */
		CHECK_INT(drain(&e, FX_EXIT), 1);
	}
	effects_free(&e);
}

static void lines_do_not_push_out_what_matters(void)
{
	struct effects e;

	effects_init(&e, "p");
	for (int i = 0; i < 2 * EFFECTS_MAX; i++)
		effects_log(&e, LOG_LEVEL_INFO, "area", "%d", i);
	effects_push(&e, FX_EXIT);
	CHECK_INT(drain(&e, FX_EXIT), 1);
	for (int i = 0; i < 2 * EFFECTS_MAX; i++)
		effects_log(&e, LOG_LEVEL_INFO, "area", "%d", i);
	CHECK_INT(drain(&e, FX_LOG), EFFECTS_MAX / 2 + 1);
	effects_free(&e);
}

static void what_was_not_asked_for_is_freed(void)
{
	struct effects e;
	struct effect fx;

	effects_init(&e, "p");
	for (int i = 0; i < 10; i++)
		effects_push_text(&e, FX_SOURCE_SEND, "t", STR("text"));
	CU_ASSERT(effects_next(&e, &fx));
	effects_free(&e);
	check_empty(&e);
	effects_free(&e);
}

static void a_line_names_its_broker(void)
{
	struct effects e;
	struct effect fx;

	effects_init(&e, "p");
	e.log_broker = "hub:1883";
	effects_log(&e, LOG_LEVEL_INFO, "broker", "connected  window=%d", 5);
	effects_log(&e, LOG_LEVEL_INFO, "broker", "gone");
	CU_ASSERT_FATAL(effects_next(&e, &fx));
	CU_ASSERT(str_is(fx.text, "connected  window=5 broker=hub:1883"));
	CHECK_INT(fx.fields.n, 2);
	CU_ASSERT(str_is(str_skip(fx.text, fx.fields.list[1].at), "broker=hub:1883") && fx.fields.list[1].is_text);
	check_next(&e, FX_LOG, "", "gone  broker=hub:1883");
	effects_free(&e);
}

const struct unit_test unit_tests[] = {
	UNIT(effects_come_out_in_order_with_the_prefix),
	UNIT(a_line_has_its_level_and_area),
	UNIT(a_line_names_its_broker),
	UNIT(more_than_the_queue_holds_is_dropped),
	UNIT(lines_do_not_push_out_what_matters),
	UNIT(what_was_not_asked_for_is_freed),
	{ NULL, NULL },
};
