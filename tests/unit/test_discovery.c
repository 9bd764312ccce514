/* discovery - what Home Assistant is told, once for each connection, and what is withdrawn. */
#include "publisher/core/display/discovery.h"
#include "tests/unit/schemas.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "discovery";

#define TEXT(name) "\"" name "\":{\"cases\":[{\"text\":\"x\"}]}"
#define RULES(texts) "{\"register\":{\"live\":[\"B\"]},\"texts\":{" texts "}}"

static void set(struct discovery *d, const char *rules)
{
	struct schema *s = schema_of(str_of(rules));

	discovery_set(d, s);
	schema_free(s);
}

/* The topics of all that is due, and how long each payload is not: "ha/sensor/p/a/config=+ ". */
static void check(struct discovery *d, const char *expected)
{
	BUF_CLEANUP struct buf all = { 0 };
	struct discovery_message m;

	buf_puts(&all, "");
	while (discovery_next(d, &m)) {
		struct discovery_message other;

		buf_printf(&all, "%s%.*s%s", all.len ? " " : "", STR_ARGS(m.topic), m.payload.len ? "" : "=");
		CU_ASSERT(!discovery_next(d, &other)); /* one at a time */
		discovery_answered(d);
	}
	CHECK_STR(buf_view(&all).p, expected);
}

static void a_text_is_a_sensor(void)
{
	struct discovery_message m;
	struct discovery d;

	discovery_init(&d, "homeassistant", "scoreboard");
	set(&d, RULES(TEXT("clock")));
	CU_ASSERT_FATAL(discovery_next(&d, &m));
	CHECK_STR(m.topic.p, "homeassistant/sensor/scoreboard/clock/config");
	CHECK_STR(m.payload.p, "{\"name\":\"clock\",\"unique_id\":\"scoreboard/display/clock\",\"state_topic\":\"scoreboard/display/clock\","
			       "\"value_template\":\"{{ value if value else None }}\",\"availability_topic\":\"scoreboard/status\","
			       "\"availability_template\":\"{{ 'online' if value_json.state == 'live' else 'offline' }}\","
			       "\"device\":{\"manufacturer\":\"scoreboard-mqtt\",\"identifiers\":\"scoreboard\",\"name\":\"scoreboard\"},"
			       "\"origin\":{\"name\":\"scoreboard-mqtt\"}}");
	discovery_free(&d);
	discovery_free(&d);
}

static void names_become_what_home_assistant_takes(void)
{
	struct discovery d;

	discovery_init(&d, "ha", "hall/track_2");
	set(&d, RULES(TEXT("a b-\xc3\xa4")));
	check(&d, "ha/sensor/hall_2Ftrack_5F2/a_20b-_C3_A4/config");
	discovery_free(&d);
}

static void each_connection_is_told_and_other_rules_withdraw(void)
{
	struct discovery d;

	discovery_init(&d, "ha", "p");
	set(&d, RULES(TEXT("a") "," TEXT("b")));
	check(&d, "ha/sensor/p/a/config ha/sensor/p/b/config");
	check(&d, "");
	discovery_connected(&d);
	check(&d, "ha/sensor/p/a/config ha/sensor/p/b/config");
	set(&d, RULES(TEXT("b") "," TEXT("c")));
	check(&d, "ha/sensor/p/b/config ha/sensor/p/c/config ha/sensor/p/a/config=");
	set(&d, RULES(TEXT("a")));
	check(&d, "ha/sensor/p/a/config ha/sensor/p/b/config= ha/sensor/p/c/config=");
	discovery_connected(&d); /* the broker may have been away */
	check(&d, "ha/sensor/p/a/config ha/sensor/p/b/config= ha/sensor/p/c/config=");
	discovery_free(&d);
}

static void what_is_lost_on_its_way_is_told_again(void)
{
	struct discovery_message m;
	struct discovery d;

	discovery_init(&d, "ha", "p");
	set(&d, RULES(TEXT("a")));
	CU_ASSERT(discovery_next(&d, &m));
	discovery_connected(&d);
	check(&d, "ha/sensor/p/a/config");
	discovery_free(&d);
}

static void withdrawing_has_an_end(void)
{
	struct discovery d;

	discovery_init(&d, "ha", "p");
	for (int i = 0; i < 3 * DISCOVERY_MAX; i++) {
		char rules[200];

		snprintf(rules, sizeof(rules), RULES(TEXT("t%d")), i);
		set(&d, rules);
	}
	CHECK_INT(d.n, DISCOVERY_MAX);
	discovery_free(&d);
}

static void nobody_is_told_who_was_not_asked_for(void)
{
	struct discovery d;

	discovery_init(&d, "", "p");
	set(&d, RULES(TEXT("a")));
	check(&d, "");
	discovery_free(&d);
}

const struct unit_test unit_tests[] = {
	UNIT(a_text_is_a_sensor),
	UNIT(names_become_what_home_assistant_takes),
	UNIT(each_connection_is_told_and_other_rules_withdraw),
	UNIT(what_is_lost_on_its_way_is_told_again),
	UNIT(withdrawing_has_an_end),
	UNIT(nobody_is_told_who_was_not_asked_for),
	{ NULL, NULL },
};
