/* control_past - what an operator is told of refusals and of the evening's viewers: only by what door.h offers. */
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_control_past";

#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"#\"],\"limits\":{\"subscriptions\":2}},\"crew\":{\"reserved\":1}," \
	"\"op\":{\"control\":true,\"reserved\":1}}," \
	"\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"},\"users\":{\"op\":\"op\",\"ann\":\"crew\"}}"
/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define SECRET "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define WALL 1764165600000 /* a whole minute */

static const struct visitor desk = { .ptr = &desk, .id = "desk", .user = "op", .password = "secret", .address = "192.0.2.1" };
static const struct visitor ann = { .ptr = &ann, .id = "ann-1", .user = "ann", .password = "secret", .address = "192.0.2.2" };
static const struct visitor fan = { .ptr = &fan, .id = "fan-1", .address = "2001:db8::5", .transport = TRANSPORT_WEBSOCKETS };

static struct door *d;
static mono now;
static int64_t wall;
static unsigned n_lines; /* of the log, without those for debugging */
static char answer[1 << 18];

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx, (void)topic, (void)retain;
	if (to)
		snprintf(answer, sizeof(answer), "%.*s", STR_ARGS(payload));
}

static void on_kick(void *ctx, const char *id)
{
	(void)ctx, (void)id;
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)text;
	n_lines += level <= LOG_LEVEL_INFO;
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
	wall += ms;
	door_tick(d, now, wall);
	door_tick_history(d, now, wall);
	door_tick_control(d, now);
}

static void begin_as(enum cluster_part part)
{
	static const struct door_ops ops = { .publish = on_publish, .kick = on_kick, .log = on_log };
	struct passwd passwords;
	struct policy *policy;
	struct complaint why;

	now = (mono){ 100000 };
	wall = WALL;
	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &policy, &why) == 0);
	CU_ASSERT_FATAL(passwd_parse(&passwords, STR("op:" SECRET "\nann:" SECRET), &why) == 0);
	d = door_new("sb", policy, passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	door_join(d, part);
	pass(0);
	CHECK_INT(door_connect(d, &desk, now, wall), REASON_NONE);
}

static void begin(void)
{
	begin_as(CLUSTER_NONE);
}

static void end(void)
{
	door_free(d);
}

static void expect(const char *command, const char *data)
{
	char request[200], expected[2000];

	answer[0] = '\0';
	snprintf(request, sizeof(request), "{\"commands\":[{%s,\"correlationData\":\"1\"}]}", command);
	door_control(d, desk.ptr, str_of(request), now);
	snprintf(expected, sizeof(expected), "\"correlationData\":\"1\",%s}]}", data);
	if (!strstr(answer, expected))
		printf("\n    {%s}: \"%s\" is not in %s\n", command, expected, answer);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, expected));
}

/* ---- who was refused ---- */

static void nobody_was_refused_yet(void)
{
	begin();
	expect("\"command\":\"listRefusals\"", "\"data\":{\"refusals\":[]}");
	end();
}

static void a_login_that_failed_is_told(void)
{
	struct visitor eve = { .ptr = &eve, .id = "e\"1", .user = "ann", .password = "wrong", .address = "192.0.2.66" };

	begin();
	pass(2000);
	CHECK_INT(door_connect(d, &eve, now, wall), REASON_LOGIN);
	pass(5000);
	expect("\"command\":\"listRefusals\"",
	       "\"data\":{\"refusals\":[{\"at\":1764165602000,\"reason\":\"login\",\"client\":\"e\\\"1\",\"user\":\"ann\",\"address\":\"192.0.2.66\","
	       "\"topic\":null,\"text\":\"unknown user or wrong password\"}]}");
	end();
}

static void what_a_client_may_not_is_told_with_its_topic(void)
{
	const struct message m = { .topic = STR("sb/status"), .payload = STR("1") };

	begin();
	CHECK_INT(door_connect(d, &fan, now, wall), REASON_NONE);
	CHECK_INT(door_may(d, fan.ptr, &(struct door_request){ DOOR_WRITE, &m }, now), REASON_PUBLISH);
	expect("\"command\":\"listRefusals\"",
	       "\"data\":{\"refusals\":[{\"at\":1764165600000,\"reason\":\"publish\",\"client\":\"fan-1\",\"user\":null,\"address\":\"2001:db8::/64\","
	       "\"topic\":\"sb/status\",\"text\":\"may not publish\"}]}");
	end();
}

/* One line a minute of each address, as in the log: one peer cannot push out what others did. */
static void they_are_paced_as_the_log_is(void)
{
	struct visitor eve = { .ptr = &eve, .id = "e", .user = "nobody", .password = "wrong", .address = "192.0.2.66" };
	struct visitor bob = { .ptr = &bob, .id = "b", .user = "nobody", .password = "wrong", .address = "192.0.2.67" };

	begin();
	CHECK_INT(door_connect(d, &bob, now, wall), REASON_LOGIN);
	for (int i = 0; i < 9; i++)
		CHECK_INT(door_connect(d, &eve, now, wall), REASON_LOGIN);
	pass(60000);
	CHECK_INT(door_connect(d, &eve, now, wall), REASON_LOGIN);
	expect("\"command\":\"listRefusals\",\"count\":1",
	       "\"data\":{\"refusals\":[{\"at\":1764165660000,\"reason\":\"login\",\"client\":\"e\",\"user\":\"nobody\",\"address\":\"192.0.2.66\","
	       "\"topic\":null,\"text\":\"unknown user or wrong password\"}]}");
	expect("\"command\":\"listRefusals\",\"count\":200",
	       "\"data\":{\"refusals\":["
	       "{\"at\":1764165660000,\"reason\":\"login\",\"client\":\"e\",\"user\":\"nobody\",\"address\":\"192.0.2.66\","
	       "\"topic\":null,\"text\":\"unknown user or wrong password\"},"
	       "{\"at\":1764165600000,\"reason\":\"login\",\"client\":\"e\",\"user\":\"nobody\",\"address\":\"192.0.2.66\","
	       "\"topic\":null,\"text\":\"unknown user or wrong password\"},"
	       "{\"at\":1764165600000,\"reason\":\"login\",\"client\":\"b\",\"user\":\"nobody\",\"address\":\"192.0.2.67\","
	       "\"topic\":null,\"text\":\"unknown user or wrong password\"}]}");
	expect("\"command\":\"listRefusals\",\"count\":0", "\"error\":\"bad count\"");
	expect("\"command\":\"listRefusals\",\"count\":201", "\"error\":\"bad count\"");
	end();
}

/* ---- how many watched ---- */

/* The operator and the crew have seats of their own: they do not watch. */
static void a_minute_has_who_watched_and_what_was_refused(void)
{
	struct visitor eve = { .ptr = &eve, .id = "e", .user = "nobody", .password = "wrong", .address = "192.0.2.66" };

	begin();
	expect("\"command\":\"getHistory\"", "\"data\":{\"part\":\"alone\",\"minutes\":[]}");
	CHECK_INT(door_connect(d, &ann, now, wall), REASON_NONE);
	CHECK_INT(door_connect(d, &fan, now, wall), REASON_NONE);
	pass(60000);
	for (int i = 0; i < 3; i++)
		CHECK_INT(door_connect(d, &eve, now, wall), REASON_LOGIN);
	door_gone(d, fan.ptr);
	pass(60000);
	pass(60000);
	expect("\"command\":\"getHistory\"",
	       "\"data\":{\"part\":\"alone\",\"minutes\":[[1764165660000,1,1,0],[1764165720000,0,0,3],[1764165780000,0,0,0]]}");
	expect("\"command\":\"getHistory\",\"count\":1", "\"data\":{\"part\":\"alone\",\"minutes\":[[1764165780000,0,0,0]]}");
	expect("\"command\":\"getHistory\",\"count\":2",
	       "\"data\":{\"part\":\"alone\",\"minutes\":[[1764165720000,0,0,3],[1764165780000,0,0,0]]}");
	expect("\"command\":\"getHistory\",\"count\":721", "\"error\":\"bad count\"");
	end();
}

/* An edge knows from the hub's sum how many watch at all brokers. */
static void at_an_edge_it_is_all_who_watch(void)
{
	const struct message sum = { .topic = STR("sb/crew/presence/sum"), .payload = STR("{\"total\":9,\"role/viewer\":7,\"role/crew\":2}") };

	begin_as(CLUSTER_EDGE);
	CHECK_INT(door_connect(d, &fan, now, wall), REASON_NONE);
	CHECK_INT(door_message(d, NULL, &sum, now).what, DOOR_MESSAGE_TAKEN);
	pass(2000);
	pass(58000);
	answer[0] = '\0';
	door_control(d, desk.ptr, STR("{\"commands\":[{\"command\":\"getHistory\"}]}"), now);
	pass(3000); /* nobody else answers */
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "\"part\":\"edge\",\"minutes\":[[1764165660000,7,1,0]]"));
	end();
}

/* ---- what the log has of it ---- */

static void who_only_looks_is_no_line_of_the_log(void)
{
	begin();
	n_lines = 0;
	expect("\"command\":\"listRefusals\"", "\"data\":{\"refusals\":[]}");
	CHECK_INT(n_lines, 0);
	expect("\"command\":\"listRefusals\",\"count\":0", "\"error\":\"bad count\"");
	expect("\"command\":\"ban\",\"user\":\"eve\"", "\"data\":{}");
	CHECK_INT(n_lines, 1);
	end();
}

/* ---- who is it ---- */

static void a_client_is_found_by_a_part_of_what_is_known_of_it(void)
{
	static const struct {
		const char *find;
		int n;
	} rows[] = {
		{ "192.0.2.2", 1 },
		{ "192.0.2", 2 },
		{ "2001:DB8", 1 },
		{ "FAN", 1 },
		{ "nn-1", 1 },
		{ "ANN", 1 },
		{ "", 3 },
		{ "192.0.2.22", 0 },
		{ "x", 0 },
	};
	char request[200], total[40];

	begin();
	CHECK_INT(door_connect(d, &ann, now, wall), REASON_NONE);
	CHECK_INT(door_connect(d, &fan, now, wall), REASON_NONE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(request, sizeof(request), "{\"commands\":[{\"command\":\"listClients\",\"find\":\"%s\"}]}", rows[i].find);
		snprintf(total, sizeof(total), "\"total\":%d,", rows[i].n);
		door_control(d, desk.ptr, str_of(request), now);
		if (!strstr(answer, total))
			printf("\n    %s: %s is not in %s\n", request, total, answer);
		CU_ASSERT_PTR_NOT_NULL(strstr(answer, total));
	}
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(nobody_was_refused_yet),
	UNIT(a_login_that_failed_is_told),
	UNIT(what_a_client_may_not_is_told_with_its_topic),
	UNIT(they_are_paced_as_the_log_is),
	UNIT(a_minute_has_who_watched_and_what_was_refused),
	UNIT(at_an_edge_it_is_all_who_watch),
	UNIT(who_only_looks_is_no_line_of_the_log),
	UNIT(a_client_is_found_by_a_part_of_what_is_known_of_it),
	{ NULL, NULL },
};
