/* gauges - how the broker fares: what passes goes in, Prometheus' text comes out. */
#include "mosquitto-plugin/core/gauges/gauges.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_gauges";

#define AT 1764165000000
#define DELTA "{\"epoch\":\"k3\",\"seq\":7,\"ts\":1764165000000,\"set\":{\"a\":1}}"

static struct gauges g;

static void begin(void)
{
	CU_ASSERT_FATAL(gauges_init(&g, "sb", 100));
}

static void end(void)
{
	gauges_free(&g);
	gauges_free(&g);
}

static bool metrics_say(const char *line)
{
	BUF_CLEANUP struct buf out = { 0 };

	gauges_metrics(&g, AT + 500, &out);
	return strstr(out.p, line) != NULL;
}

static void it_is_said_when_it_was_written(void)
{
	begin();
	CU_ASSERT(metrics_say("\nscoreboard_broker_written_seconds 1764165000.5\n"));
	end();
}

static void ticks_at(const int64_t *ms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gauges_tick(&g, (mono){ ms[i] });
}

static void only_ticks_that_come_late_are_counted_and_how_late(void)
{
	static const int64_t in_time[] = { 5000, 5100, 5101, 5205, 5310 }, late[] = { 5450, 8050 };

	begin();
	ticks_at(in_time, 5);
	CU_ASSERT(metrics_say("\nscoreboard_broker_late_seconds_count 0\n"));
	ticks_at(late, 2);
	CU_ASSERT(metrics_say("scoreboard_broker_late_seconds_bucket{le=\"0.025\"} 0\n"));
	CU_ASSERT(metrics_say("scoreboard_broker_late_seconds_bucket{le=\"0.05\"} 1\n"));
	CU_ASSERT(metrics_say("scoreboard_broker_late_seconds_bucket{le=\"2.5\"} 2\n"));
	CU_ASSERT(metrics_say("scoreboard_broker_late_seconds_sum 2.54"));
	end();
}

static void the_longest_is_forgotten_when_it_was_told_twice(void)
{
	static const int64_t late[] = { 5000, 5450, 5550, 5700 }, in_time[] = { 5800, 5900 };

	begin();
	CHECK_INT(gauges_longest_late_ms(&g), 0);
	ticks_at(late, 4);
	CHECK_INT(gauges_longest_late_ms(&g), 350);
	ticks_at(in_time, 2);
	CHECK_INT(gauges_longest_late_ms(&g), 350);
	CHECK_INT(gauges_longest_late_ms(&g), 0);
	end();
}

static struct message delta(const char *topic, const char *payload)
{
	return (struct message){ str_of(topic), str_of(payload), false, 0 };
}

static void a_delta_is_a_feed_s_and_not_retained(void)
{
	struct message retained = delta("sb/feed/spectator/delta", DELTA), m = retained;

	retained.retain = true;
	begin();
	CU_ASSERT(gauges_is_delta(&g, &m));
	CU_ASSERT(gauges_is_delta(&g, &(struct message){ STR("sb/track2/feed/spectator/delta"), STR(DELTA), false, 0 }));
	CU_ASSERT(!gauges_is_delta(&g, &(struct message){ STR("sb/track2/x/feed/spectator/delta"), STR(DELTA), false, 0 }));
	CU_ASSERT(!gauges_is_delta(&g, &retained));
	CU_ASSERT(!gauges_is_delta(&g, &(struct message){ STR("sb/feed/spectator/recent"), STR(DELTA), false, 0 }));
	CU_ASSERT(!gauges_is_delta(&g, &(struct message){ STR("other/feed/spectator/delta"), STR(DELTA), false, 0 }));
	CU_ASSERT(!gauges_is_delta(&g, &(struct message){ STR("sb/feed"), STR(DELTA), false, 0 }));
	end();
}

static void take(const char *payload, int64_t wall_ms)
{
	struct message m = delta("sb/feed/spectator/delta", payload);

	gauges_delta(&g, &m, wall_ms);
}

static void the_delay_is_from_its_time_to_its_coming(void)
{
	begin();
	take(DELTA, AT + 40);
	take(DELTA, AT + 2000);
	CU_ASSERT(metrics_say("scoreboard_feed_delay_seconds_bucket{le=\"0.025\"} 0\n"));
	CU_ASSERT(metrics_say("scoreboard_feed_delay_seconds_bucket{le=\"0.05\"} 1\n"));
	CU_ASSERT(metrics_say("scoreboard_feed_delay_seconds_bucket{le=\"2.5\"} 2\n"));
	CU_ASSERT(metrics_say("scoreboard_feed_delay_seconds_sum 2.04"));
	CU_ASSERT(metrics_say("\nscoreboard_feed_ahead_total 0\n"));
	end();
}

static void the_longest_delay_is_forgotten_when_it_was_told_twice(void)
{
	begin();
	CHECK_INT(gauges_longest_delay_ms(&g), -1);
	take(DELTA, AT + 40);
	take(DELTA, AT + 2000);
	take(DELTA, AT + 30);
	take("{}", AT + 9000);
	CHECK_INT(gauges_longest_delay_ms(&g), 2000);
	take(DELTA, AT - 10);
	CHECK_INT(gauges_longest_delay_ms(&g), 2000);
	CHECK_INT(gauges_longest_delay_ms(&g), 0);
	CHECK_INT(gauges_longest_delay_ms(&g), -1);
	end();
}

static void what_comes_before_it_was_sent_tells_of_clocks(void)
{
	begin();
	take(DELTA, AT - 3000);
	CU_ASSERT(metrics_say("\nscoreboard_feed_ahead_total 1\n"));
	CU_ASSERT(metrics_say("scoreboard_feed_delay_seconds_bucket{le=\"0.005\"} 1\n"));
	CU_ASSERT(metrics_say("scoreboard_feed_delay_seconds_sum 0\n"));
	end();
}

static void what_has_no_time_is_not_counted(void)
{
	static const char *const payloads[] = {
		"",
		"{}",
		"{\"ts\":",
		"{\"ts\":-5}",
		"{\"ts\":\"1764165000000\"}",
		"{\"ts\":99999999999999999999}",
		"ts",
		"\"ts\":x",
		"{\"set\":{\"a\":\"....................................................................................................."
		"....................................................................................\"},\"ts\":1764165000000}",
	};

	begin();
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		take(payloads[i], AT);
	gauges_delta(&g, &(struct message){ STR("sb/feed/x/delta"), { NULL, 0 }, false, 0 }, AT);
	CU_ASSERT(metrics_say("\nscoreboard_feed_delay_seconds_count 0\n"));
	end();
}

static void send(const char *topic, const char *payload)
{
	struct message m = { str_of(topic), str_of(payload), true, 0 };

	gauges_sent(&g, &m);
}

static void figures_are_told_when_somebody_was_sent_them(void)
{
	begin();
	CU_ASSERT(!metrics_say("scoreboard_broker_messages"));
	CU_ASSERT(gauges_dropped(&g) < 0);
	send("$SYS/broker/publish/messages/dropped", "12");
	CHECK_INT((int)gauges_dropped(&g), 12);
	send("$SYS/broker/publish/bytes/sent", "123456789012");
	CU_ASSERT(metrics_say("# TYPE scoreboard_broker_messages_dropped_total counter\nscoreboard_broker_messages_dropped_total 12\n"));
	CU_ASSERT(metrics_say("\nscoreboard_broker_bytes_sent_total 123456789012\n"));
	CU_ASSERT(!metrics_say("scoreboard_broker_messages_sent"));
	send("$SYS/broker/publish/messages/dropped", "13");
	CU_ASSERT(metrics_say("\nscoreboard_broker_messages_dropped_total 13\n"));
	end();
}

static void what_is_no_figure_is_ignored(void)
{
	begin();
	send("$SYS/broker/publish/messages", "1");
	send("$SYS/broker/publish/", "1");
	send("$SYS/broker/publish/messages/dropped/x", "1");
	send("$SYS/broker/load/publish/dropped/1min", "1");
	send("$SYS/broker/publish/messages/dropped", "");
	send("$SYS/broker/publish/messages/dropped", "-1");
	send("$SYS/broker/publish/messages/dropped", "1.5");
	CU_ASSERT(!metrics_say("scoreboard_broker_messages"));
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(it_is_said_when_it_was_written),
	UNIT(only_ticks_that_come_late_are_counted_and_how_late),
	UNIT(the_longest_is_forgotten_when_it_was_told_twice),
	UNIT(a_delta_is_a_feed_s_and_not_retained),
	UNIT(the_delay_is_from_its_time_to_its_coming),
	UNIT(the_longest_delay_is_forgotten_when_it_was_told_twice),
	UNIT(what_comes_before_it_was_sent_tells_of_clocks),
	UNIT(what_has_no_time_is_not_counted),
	UNIT(figures_are_told_when_somebody_was_sent_them),
	UNIT(what_is_no_figure_is_ignored),
	{ NULL, NULL },
};
