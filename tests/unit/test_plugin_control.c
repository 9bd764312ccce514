/* control - what operators may ask of a door, and what it answers: only by what door.h offers. */
#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"#\"]},\"crew\":{\"publish\":[\"#\"]}," \
	"\"op\":{\"control\":true,\"limits\":{\"publishes_per_s\":1,\"publishes_burst\":40}}}," \
	"\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"}," \
	"\"users\":{\"op\":\"op\",\"ann\":\"crew\"},\"limits\":{\"bans\":4}}"

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define SECRET "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="

#define N_CLIENTS 4 /* of `who`; 0 is the operator */

static const struct visitor who[N_CLIENTS] = {
	{ .ptr = &who[0], .id = "desk", .user = "op", .password = "secret", .address = "192.0.2.1" },
	{ .ptr = &who[1], .id = "a", .user = "ann", .password = "secret", .address = "192.0.2.2" },
	{ .ptr = &who[2], .id = "v6", .address = "2001:db8::5", .transport = TRANSPORT_WEBSOCKETS },
	{ .ptr = &who[3], .id = "v4", .address = "192.0.2.3", .transport = TRANSPORT_WEBSOCKETS },
};

static struct door *d;
static mono now;
static char answer[1 << 20], answered_to[16];
static struct buf kicked;

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	if (!to)
		return;
	CHECK_STR(topic, "$CONTROL/scoreboard/v1/response");
	CU_ASSERT_FALSE(retain);
	snprintf(answered_to, sizeof(answered_to), "%s", to);
	snprintf(answer, sizeof(answer), "%.*s", STR_ARGS(payload));
}

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	buf_printf(&kicked, "%s ", id);
	for (size_t i = 0; i < N_CLIENTS; i++)
		if (strcmp(who[i].id, id) == 0)
			door_gone(d, who[i].ptr);
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

static enum reason come(size_t i)
{
	return door_connect(d, &who[i], now, 0);
}

static void begin(void)
{
	static const struct door_ops ops = { .publish = on_publish, .kick = on_kick, .log = on_log };
	struct passwd passwords;
	struct policy *policy;
	struct complaint why;

	now = (mono){ 100000 };
	buf_clear(&kicked);
	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &policy, &why) == 0);
	CU_ASSERT_FATAL(passwd_parse(&passwords, STR("op:" SECRET "\nann:" SECRET), &why) == 0);
	d = door_new("sb", policy, passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	for (size_t i = 0; i < N_CLIENTS; i++)
		CHECK_INT(come(i), REASON_NONE);
}

static void end(void)
{
	for (size_t i = 0; i < N_CLIENTS; i++)
		door_gone(d, who[i].ptr);
	CHECK_INT(door_held(d), 0);
	door_free(d);
	buf_free(&kicked);
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
	door_tick(d, now, 0);
}

/* The answer to client i, which is JSON whatever it asked; empty when it gets none. */
static const char *ask(size_t i, const char *request)
{
	struct complaint why = { 0, "" };
	struct json_doc doc;

	answer[0] = answered_to[0] = '\0';
	door_control(d, who[i].ptr, str_of(request), now);
	if (!answer[0])
		return answer;
	CHECK_STR(answered_to, who[i].id);
	if (json_parse(&doc, str_of(answer), &why))
		printf("\n    %s in %s\n", why.text, answer);
	CHECK_STR(why.text, "");
	json_free(&doc);
	return answer;
}

static const char *ask_one(const char *command)
{
	BUF_CLEANUP struct buf request = { 0 };

	buf_printf(&request, "{\"commands\":[{%s}]}", command);
	return ask(0, request.p);
}

static void expect(const char *command, const char *part)
{
	const char *got = ask_one(command);

	if (!strstr(got, part))
		printf("\n    {%s}: \"%s\" is not in %s\n", command, part, got);
	CU_ASSERT_PTR_NOT_NULL(strstr(got, part));
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

/* ---- who is answered, and how ---- */

static void only_roles_with_control_are_answered(void)
{
	begin();
	CHECK_STR(ask(1, "{\"commands\":[{\"command\":\"getStats\"}]}"), "");
	CHECK_STR(ask(2, "{\"commands\":[{\"command\":\"getStats\"}]}"), "");
	door_control(d, &d, STR("{\"commands\":[]}"), now); /* a stranger */
	CHECK_STR(answer, "");
	CHECK_STR(ask(0, "{\"commands\":[]}"), "{\"responses\":[]}");
	end();
}

static void a_request_that_is_none_is_told_why(void)
{
	static const struct {
		const char *request, *why;
	} rows[] = {
		{ "", "the text ends too early" },
		{ "{\"commands\":[}", "not a JSON value" },
		{ "[]", "an array \\\"commands\\\" expected" },
		{ "{\"commands\":{}}", "an array \\\"commands\\\" expected" },
		{ "{\"commands\":[],\"commands\":[]}", "this key stands here twice" },
		{ "{\"commands\":[{\"a\":[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]}]}", "nested too deeply" },
	};
	char expected[200];

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(expected, sizeof(expected), "{\"responses\":[{\"command\":null,\"error\":\"%s\"}]}", rows[i].why);
		CHECK_STR(ask(0, rows[i].request), expected);
	}
	end();
}

static void each_command_has_its_answer_in_order(void)
{
	begin();
	CHECK_STR(ask(0, "{\"commands\":[{\"command\":\"dance\",\"correlationData\":\"1\"},7,{\"command\":\"kick\"},"
			 "{\"command\":\"ban\",\"user\":\"eve\",\"correlationData\":\"\\\"2\\\"\"}]}"),
		  "{\"responses\":[{\"command\":\"dance\",\"correlationData\":\"1\",\"error\":\"unknown command\"},"
		  "{\"command\":null,\"error\":\"which command?\"},{\"command\":\"kick\",\"error\":\"which client?\"},"
		  "{\"command\":\"ban\",\"correlationData\":\"\\\"2\\\"\",\"data\":{}}]}");
	end();
}

static void a_request_has_its_limits(void)
{
	static const char *const walks[] = { "listClients", "listBans", "getLimits", "getStats", "wipe" };
	BUF_CLEANUP struct buf many = { 0 }, large = { 0 };

	begin();
	buf_puts(&many, "{\"commands\":[1");
	for (int i = 1; i < 100; i++)
		buf_puts(&many, ",1");
	buf_puts(&many, "]}");
	CHECK_INT(count(ask(0, many.p), "which command?"), 100);
	buf_cut(&many, many.len - 2);
	buf_puts(&many, ",1]}");
	CHECK_STR(ask(0, many.p), "{\"responses\":[{\"command\":null,\"error\":\"too many commands\"}]}");
	buf_printf(&large, "{\"commands\":[]%*s}", 1 << 16, "");
	CHECK_STR(ask(0, large.p), "{\"responses\":[{\"command\":null,\"error\":\"the text is too long\"}]}");
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
		buf_clear(&many);
		buf_puts(&many, "{\"commands\":[{\"command\":\"kick\"}");
		for (int k = 0; k < 7; k++)
			buf_printf(&many, ",{\"command\":\"%s\"}", walks[i]);
		buf_puts(&many, "]}");
		CHECK_INT(count(ask(0, many.p), "too many commands that look at everybody"), 2);
	}
	end();
}

static void requests_are_held_to_the_rate_of_their_role(void)
{
	begin();
	for (int i = 0; i < 40; i++)
		CHECK_STR(ask(0, "{\"commands\":[]}"), "{\"responses\":[]}");
	CHECK_STR(ask(0, "{\"commands\":[]}"), "{\"responses\":[{\"command\":null,\"error\":\"too many requests\"}]}");
	pass(1000);
	CHECK_STR(ask(0, "{\"commands\":[]}"), "{\"responses\":[]}");
	end();
}

/* ---- the commands ---- */

static void clients_are_listed_by_role_user_and_part(void)
{
	begin();
	pass(3000);
	expect("\"command\":\"listClients\",\"user\":\"ann\"",
	       "{\"clients\":[{\"client\":\"a\",\"user\":\"ann\",\"address\":\"192.0.2.2\",\"role\":\"crew\",\"transport\":\"mqtt\",\"seconds\":3,"
	       "\"subscriptions\":0,\"messages\":0,\"bytes\":0,\"refused\":0}],\"total\":1,\"offset\":0}");
	CHECK_INT(count(ask_one("\"command\":\"listClients\",\"role\":\"viewer\""), "\"user\":null"), 2);
	CHECK_INT(count(ask_one("\"command\":\"listClients\",\"count\":3"), "\"client\":"), 3);
	CHECK_INT(count(ask_one("\"command\":\"listClients\",\"offset\":3,\"count\":3"), "\"client\":"), 1);
	expect("\"command\":\"listClients\",\"offset\":9", "{\"clients\":[],\"total\":4,\"offset\":9}");
	expect("\"command\":\"listClients\",\"count\":1001", "\"error\":\"bad offset or count\"");
	expect("\"command\":\"listClients\",\"offset\":-1", "\"error\":\"bad offset or count\"");
	expect("\"command\":\"listClients\",\"offset\":\"1\"", "\"error\":\"bad offset or count\"");
	end();
}

static void a_client_is_sent_away_by_its_id(void)
{
	begin();
	expect("\"command\":\"kick\",\"client\":\"v4\"", "\"data\":{}");
	expect("\"command\":\"kick\",\"client\":\"nobody\"", "\"error\":\"no such client\"");
	pass(10);
	CHECK_STR(kicked.p, "v4 ");
	CU_ASSERT_FALSE(door_is_in(d, who[3].ptr));
	CHECK_INT(come(3), REASON_NONE); /* nothing keeps it from coming back */
	end();
}

static void a_ban_is_for_a_user_or_an_address(void)
{
	static const char *const bad[] = { "", ",\"address\":\"x\"", ",\"address\":\"10.0.0.0/8\"", ",\"user\":\"\"", ",\"user\":\"u\",\"seconds\":0",
					   ",\"user\":\"u\",\"address\":\"192.0.2.9\"", ",\"user\":\"u\",\"seconds\":\"1\"" };

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char command[100];

		snprintf(command, sizeof(command), "\"command\":\"ban\"%s", bad[i]);
		expect(command, "\"error\":");
	}
	expect("\"command\":\"unban\"", "\"error\":\"either an address or a user\"");
	expect("\"command\":\"ban\",\"user\":\"ann\",\"seconds\":60", "\"data\":{}");
	expect("\"command\":\"ban\",\"address\":\"2001:db8::77\",\"seconds\":60", "\"data\":{}"); /* its /64 */
	pass(10);
	CU_ASSERT(strstr(kicked.p, "a ") && strstr(kicked.p, "v6 ") && !strstr(kicked.p, "v4"));
	CHECK_INT(come(1), REASON_BANNED);
	CHECK_INT(come(2), REASON_BANNED);
	expect("\"command\":\"listBans\"", "{\"user\":\"ann\",\"seconds\":59,\"why\":\"operator\"}");
	expect("\"command\":\"listBans\"", "{\"address\":\"2001:db8::/64\",\"seconds\":59,\"why\":\"operator\"}");
	expect("\"command\":\"unban\",\"user\":\"ann\"", "\"data\":{}");
	expect("\"command\":\"unban\",\"user\":\"ann\"", "\"error\":\"not banned\"");
	expect("\"command\":\"unban\",\"address\":\"2001:db8::/64\"", "\"data\":{}");
	CHECK_INT(come(1), REASON_NONE);
	CHECK_INT(come(2), REASON_NONE);
	end();
}

static void an_unban_also_lifts_what_failed_logins_have_brought_about(void)
{
	struct visitor eve = { .ptr = &eve, .id = "e", .password = "wrong", .address = "192.0.2.66" };
	char user[32];

	begin();
	eve.user = user;
	for (int i = 0; i < 12; i++) {
		snprintf(user, sizeof(user), "user-%d", i);
		CHECK_INT(door_connect(d, &eve, now, 0), i < 10 ? REASON_LOGIN : REASON_TOO_MANY_FAILURES);
	}
	expect("\"command\":\"listBans\"", "{\"address\":\"192.0.2.66\",\"seconds\":300,\"why\":\"failed logins\"}");
	expect("\"command\":\"unban\",\"address\":\"192.0.2.66\"", "\"data\":{}");
	expect("\"command\":\"listBans\"", "\"bans\":[]");
	for (int i = 0; i < 10; i++) {
		snprintf(user, sizeof(user), "other-%d", i);
		CHECK_INT(door_connect(d, &eve, now, 0), REASON_LOGIN);
	}
	end();
}

static void who_asks_is_not_sent_away_by_his_own_ban(void)
{
	begin();
	expect("\"command\":\"ban\",\"address\":\"192.0.2.1\"", "\"data\":{}");
	expect("\"command\":\"ban\",\"user\":\"op\"", "\"data\":{}");
	pass(10);
	CU_ASSERT_TRUE(door_is_in(d, who[0].ptr));
	end();
}

static void bans_have_an_end(void)
{
	begin();
	for (int i = 0; i < 4; i++) {
		char command[100];

		snprintf(command, sizeof(command), "\"command\":\"ban\",\"user\":\"u%d\"", i);
		expect(command, "\"data\":{}");
	}
	expect("\"command\":\"ban\",\"user\":\"u4\"", "\"error\":\"no room for another ban\"");
	end();
}

static void limits_and_counts_are_told(void)
{
	begin();
	expect("\"command\":\"getLimits\"", "{\"limits\":{\"connections\":10000,");
	expect("\"command\":\"getLimits\"", "\"bans\":4,");
	expect("\"command\":\"getLimits\"", "\"op\":{\"connections\":1000000,\"reserved\":0,\"subscriptions\":20,");
	expect("\"command\":\"getStats\"", "\"connections/viewer\":2,");
	expect("\"command\":\"getStats\"", "},\"host\":{}}");
	door_note_figures(d, &(struct door_figures){ 1.5, 0, -1, 1024, -1, -1 });
	expect("\"command\":\"getStats\"", "},\"host\":{\"cpu_s\":1.5,\"late_ms\":0,\"max_files\":1024}}");
	door_note_figures(d, &(struct door_figures){ -1, -1, -1, -1, 40, 12 });
	expect("\"command\":\"getStats\"", "},\"host\":{\"delay_ms\":40,\"dropped\":12}}");
	end();
}

static void what_a_user_left_retained_is_wiped(void)
{
	const struct message m = { .topic = STR("x/y"), .payload = STR("1"), .retain = true };

	begin();
	CHECK_INT(door_may(d, who[1].ptr, &(struct door_request){ DOOR_WRITE, &m }, now), REASON_NONE);
	CHECK_INT(door_message(d, who[1].ptr, &m, now).what, DOOR_MESSAGE_PASS);
	expect("\"command\":\"wipe\"", "\"error\":\"either a user or a topic filter\"");
	expect("\"command\":\"wipe\",\"topic\":\"a#\"", "\"error\":\"not a topic filter\"");
	expect("\"command\":\"wipe\",\"topic\":\"z/#\"", "\"data\":{\"topics\":0}");
	expect("\"command\":\"wipe\",\"user\":\"ann\"", "\"data\":{\"topics\":1}");
	end();
}

#define LONG_IDS \
	"{\"roles\":{\"op\":{\"control\":true}},\"anonymous\":{\"mqtt\":\"op\"}," \
	"\"limits\":{\"client_id_bytes\":65535,\"connections_per_address\":1000,\"connects_burst\":1000,\"connects_burst_per_address\":1000}}"

/* 150 client ids of 60,000 bytes are more than 8 MiB. */
static void an_answer_has_its_limit(void)
{
	static const struct door_ops ops = { .publish = on_publish, .kick = on_kick, .log = on_log };
	static char ids[150][60001];
	struct complaint why;
	struct policy *policy;

	CU_ASSERT_FATAL(policy_parse(STR(LONG_IDS), &policy, &why) == 0);
	d = door_new("sb", policy, (struct passwd){ NULL }, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	for (int i = 0; i < 150; i++) {
		struct visitor v = { .ptr = ids[i], .id = ids[i], .address = "192.0.2.1" };

		if (i)
			snprintf(ids[i], sizeof(ids[i]), "%060000d", i);
		else
			snprintf(ids[i], sizeof(ids[i]), "desk");
		CHECK_INT(door_connect(d, &v, now, 0), REASON_NONE);
	}
	door_control(d, ids[0], STR("{\"commands\":[{\"command\":\"listClients\",\"count\":1000},{\"command\":\"getLimits\"}]}"), now);
	CU_ASSERT_PTR_NOT_NULL(strstr(answer, "{\"command\":\"listClients\",\"error\":\"the answer is too long\"},{\"command\":\"getLimits\",\"data\""));
	door_free(d);
}

const char *const unit_name = "plugin_control";
const struct unit_test unit_tests[] = {
	UNIT(only_roles_with_control_are_answered),
	UNIT(a_request_that_is_none_is_told_why),
	UNIT(each_command_has_its_answer_in_order),
	UNIT(a_request_has_its_limits),
	UNIT(requests_are_held_to_the_rate_of_their_role),
	UNIT(clients_are_listed_by_role_user_and_part),
	UNIT(a_client_is_sent_away_by_its_id),
	UNIT(a_ban_is_for_a_user_or_an_address),
	UNIT(an_unban_also_lifts_what_failed_logins_have_brought_about),
	UNIT(who_asks_is_not_sent_away_by_his_own_ban),
	UNIT(bans_have_an_end),
	UNIT(limits_and_counts_are_told),
	UNIT(what_a_user_left_retained_is_wiped),
	UNIT(an_answer_has_its_limit),
	{ NULL, NULL },
};
