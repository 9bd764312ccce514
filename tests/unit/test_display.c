/* display - texts are the outboxes' values while the state is there, and nothing otherwise. */
#include "publisher/core/display/display.h"
#include "tests/unit/schemas.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "display";

#define TWO 2

static const char rules[] = "{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],\"views\":{\"v\":\"\"},"
			    "\"clocks\":[{\"path\":\"B.C(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\",\"views\":[\"v\"]}],"
			    "\"texts\":{\"a\":{\"qos\":0,\"interval_ms\":1000,\"class\":\"high\",\"cases\":[{\"text\":\"{x} and {y}\"}]},"
			    "\"t\":{\"cases\":[{\"when\":{\"x\":1},\"text\":\"{c/J}\"}]}}}";

struct world {
	struct schema *schema;
	struct outboxes o;
	struct clocks clocks;
	mono now;
};

static struct world new_world(size_t max_bytes)
{
	struct world w = { .schema = schema_of(str_of(rules)) };

	CU_ASSERT_FATAL(outboxes_open(&w.o, TWO, max_bytes, 10) == 0);
	return w;
}

static void end_world(struct world *w)
{
	clocks_free(&w->clocks);
	outboxes_close(&w->o);
	schema_free(w->schema);
}

static void set(struct world *w, const char *topic, struct str json)
{
	const struct outbox_value v = { .topic = str_of(topic), .path = STR("B"), .payload = json, .treatment = { CLASS_LOW, 1, 0, NULL } };

	CU_ASSERT_FATAL(outboxes_set(&w->o, &v, w->now) == OUTBOX_NEWS);
}

static void check(const struct world *w, const char *topic, const char *expected)
{
	for (size_t i = 0; i < TWO; i++) {
		char text[2 * DISPLAY_MAX_VALUE];

		snprintf(text, sizeof(text), "%.*s", STR_ARGS(outbox_get(w->o.list[i], str_of(topic))));
		CHECK_STR(text, expected);
	}
}

static void show(struct world *w, size_t refused)
{
	CHECK_INT(display_show(&w->o, w->schema, &w->clocks, w->now), refused);
}

static void clock_says(struct world *w, const char *text, const char *value)
{
	struct path path;

	CU_ASSERT_FATAL(path_parse(str_of(text), &path) == PATH_OK);
	CU_ASSERT(clocks_update(&w->clocks, w->schema, &path, str_of(value)));
}

static void a_text_is_what_the_values_are_now(void)
{
	struct world w = new_world(100000);

	show(&w, 0);
	check(&w, "display/a", "");
	set(&w, "x", STR("7"));
	set(&w, "y", STR("\"caf\\u00e9 \\\"A\\\"\""));
	show(&w, 0);
	check(&w, "display/a", "7 and caf\xc3\xa9 \"A\"");
	set(&w, "x", STR("true"));
	show(&w, 0);
	check(&w, "display/a", "true and caf\xc3\xa9 \"A\"");
	outboxes_remove(&w.o, STR("y"), w.now);
	show(&w, 0);
	check(&w, "display/a", "");
	end_world(&w);
}

static void a_text_is_published_when_it_changes_and_as_its_rule_says(void)
{
	struct world w = new_world(100000);
	struct outbox *o = w.o.list[0];
	struct publish p;

	set(&w, "x", STR("7"));
	set(&w, "y", STR("8"));
	show(&w, 0);
	CHECK_INT(outbox_open(o, w.now), 3);
	CU_ASSERT_FATAL(outbox_next(o, w.now, &p));
	CU_ASSERT(str_is(p.topic, "display/a") && str_is(p.payload, "7 and 8")); /* its class is high */
	CHECK_INT(p.qos, 0);
	while (outbox_next(o, w.now, &p))
		;
	show(&w, 0);
	CU_ASSERT(!outbox_next(o, w.now, &p));
	set(&w, "x", STR("9"));
	show(&w, 0);
	CU_ASSERT_FATAL(outbox_next(o, w.now, &p));
	CU_ASSERT(str_is(p.topic, "x"));
	CU_ASSERT(!outbox_next(o, w.now, &p));
	w.now.ms += 1000;
	CU_ASSERT_FATAL(outbox_next(o, w.now, &p));
	CU_ASSERT(str_is(p.topic, "display/a") && str_is(p.payload, "9 and 8"));
	end_world(&w);
}

static void a_clock_shows_what_the_scoreboard_said_last(void)
{
	struct world w = new_world(100000);

	set(&w, "x", STR("1"));
	clock_says(&w, "B.C(J).T", "92000");
	clock_says(&w, "B.C(J).R", "true");
	show(&w, 0);
	check(&w, "display/t", ""); /* its direction was not told */
	clock_says(&w, "B.C(J).D", "true");
	show(&w, 0);
	check(&w, "display/t", "1:32");
	w.now.ms += 60000;
	show(&w, 0);
	check(&w, "display/t", "1:32"); /* nothing is counted here */
	clock_says(&w, "B.C(J).T", "");
	show(&w, 0);
	check(&w, "display/t", "");
	end_world(&w);
}

static void a_long_value_is_none(void)
{
	char longest[DISPLAY_MAX_VALUE + 1];
	struct world w = new_world(100000);

	memset(longest, '1', sizeof(longest));
	longest[0] = longest[DISPLAY_MAX_VALUE - 1] = '"';
	set(&w, "x", STR("1"));
	set(&w, "y", (struct str){ longest, DISPLAY_MAX_VALUE });
	show(&w, 0);
	CHECK_INT(outbox_get(w.o.list[0], STR("display/a")).len, TEXT_MAX_LENGTH);
	longest[DISPLAY_MAX_VALUE - 1] = '1';
	longest[DISPLAY_MAX_VALUE] = '"';
	set(&w, "y", (struct str){ longest, DISPLAY_MAX_VALUE + 1 });
	show(&w, 0);
	check(&w, "display/a", "");
	end_world(&w);
}

static void where_there_is_no_room_no_old_text_stays(void)
{
	struct world w = new_world(1100);

	set(&w, "x", STR("7"));
	set(&w, "y", STR("8"));
	show(&w, 0);
	check(&w, "display/a", "7 and 8");
	set(&w, "x", STR("9"));
	set(&w, "z", (struct str){ "\"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
				   "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"",
				   188 });
	set(&w, "y", STR("\"the eighth of all the values that there are in this whole world: it fills it up to the last byte, and more than once\""));
	show(&w, 1);
	check(&w, "display/a", "");
	end_world(&w);
}

static void cleared_texts_are_gone_and_others_stay(void)
{
	struct world w = new_world(100000);

	set(&w, "x", STR("7"));
	set(&w, "y", STR("8"));
	show(&w, 0);
	display_clear(&w.o, w.schema, w.now);
	check(&w, "display/a", "");
	check(&w, "x", "7");
	display_clear(&w.o, w.schema, w.now);
	show(&w, 0);
	check(&w, "display/a", "7 and 8");
	end_world(&w);
}

const struct unit_test unit_tests[] = {
	UNIT(a_text_is_what_the_values_are_now),
	UNIT(a_text_is_published_when_it_changes_and_as_its_rule_says),
	UNIT(a_clock_shows_what_the_scoreboard_said_last),
	UNIT(a_long_value_is_none),
	UNIT(where_there_is_no_room_no_old_text_stays),
	UNIT(cleared_texts_are_gone_and_others_stay),
	{ NULL, NULL },
};
