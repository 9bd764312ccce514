/* control_rooms - what operators may ask about rooms, and tell people, at one broker and at a hub: only by what door.h offers. */
#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define POLICY \
	"{\"roles\":{\"app\":{\"subscribe\":[\"rooms/%r/#\",\"rooms/jury/#\"],\"publish\":[\"rooms/%r/#\",\"rooms/jury/#\"]}," \
	"\"bridge\":{\"publish\":[\"#\"]},\"crew\":{\"publish\":[\"#\",\"!sb/crew/presence/#\"]}," \
	"\"op\":{\"control\":true,\"limits\":{\"publishes_burst\":1000}}}," \
	"\"anonymous\":{\"mqtt\":\"app\",\"websockets\":\"app\"}," \
	"\"users\":{\"op\":\"op\",\"ann\":\"app\",\"edge\":\"bridge\",\"crew\":\"crew\"}," \
	"\"rooms\":{\"open\":[\"match:*\"],\"rooms\":5,\"idle_s\":10}}"

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define SECRET "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define WALL_MS 1764165000000

enum {
	DESK,
	ANN,
	NOBODY,
	EDGE,
	CREW,
	N_CLIENTS
};

static const struct visitor who[N_CLIENTS] = {
	[DESK] = { .ptr = &who[DESK], .id = "desk", .user = "op", .password = "secret", .address = "192.0.2.1" },
	[ANN] = { .ptr = &who[ANN], .id = "a", .user = "ann", .password = "secret", .address = "192.0.2.2" },
	[NOBODY] = { .ptr = &who[NOBODY], .id = "n", .address = "192.0.2.3" },
	[EDGE] = { .ptr = &who[EDGE], .id = "edge-1", .user = "edge", .password = "secret", .address = "192.0.2.4" },
	[CREW] = { .ptr = &who[CREW], .id = "c", .user = "crew", .password = "secret", .address = "192.0.2.5" },
};

static struct door *d;
static mono now;
static char answer[1 << 16];
static struct buf told, sent; /* to those who have subscribed: by publish, without presence's; by send */

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	if (to)
		snprintf(answer, sizeof(answer), "%.*s", STR_ARGS(payload));
	else if (strncmp(topic, "sb/", 3) != 0 || str_ends(str_of(topic), STR("/notice")))
		buf_printf(&told, "%s=%.*s%s\n", topic, STR_ARGS(payload), retain ? " (retained)" : "");
}

static void on_send(void *ctx, const struct publication *m)
{
	(void)ctx;
	buf_printf(&sent, "%s=%.*s qos=%d expiry=%lld%s%s\n", m->topic, STR_ARGS(m->payload), m->qos, (long long)m->expiry_s,
		   m->retain ? " retained" : "", m->id ? " id" : "");
}

static void on_kick(void *ctx, const char *id)
{
	(void)ctx, (void)id;
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

static void pass(int64_t ms)
{
	for (mono until = mono_add(now, ms); !mono_reached(now, until);) {
		now = mono_add(now, 500);
		door_tick(d, now, WALL_MS + now.ms);
		door_tick_rooms(d, now, WALL_MS + now.ms);
	}
}

static void begin_as(enum cluster_part part)
{
	static const struct door_ops ops = { .publish = on_publish, .send = on_send, .kick = on_kick, .log = on_log };
	struct passwd passwords;
	struct policy *policy;
	struct complaint why;

	now = (mono){ 100000 };
	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &policy, &why) == 0);
	CU_ASSERT_FATAL(passwd_parse(&passwords, STR("op:" SECRET "\nann:" SECRET "\nedge:" SECRET "\ncrew:" SECRET), &why) == 0);
	d = door_new("sb", policy, passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	door_join(d, part);
	for (size_t i = 0; i < N_CLIENTS; i++)
		CHECK_INT(door_connect(d, &who[i], now, 0), REASON_NONE);
	pass(6000);
	buf_clear(&told);
	buf_clear(&sent);
}

static void begin(void)
{
	begin_as(CLUSTER_NONE);
}

static void end(void)
{
	for (size_t i = 0; i < N_CLIENTS; i++)
		door_gone(d, who[i].ptr);
	CHECK_INT(door_held(d), 0);
	door_free(d);
	buf_free(&told);
	buf_free(&sent);
}

static enum reason may(size_t i, enum door_access access, const char *topic)
{
	const struct message m = { .topic = str_of(topic), .payload = STR("x") };

	return door_may(d, who[i].ptr, &(struct door_request){ access, &m }, now);
}

/* Client i writes something, or the broker's bridge brings it (i is N_CLIENTS). */
static enum door_message writes(size_t i, const char *topic, const char *payload, bool retain)
{
	const struct message m = { str_of(topic), str_of(payload), retain, 0 };

	return door_message(d, i == N_CLIENTS ? NULL : who[i].ptr, &m, now).what;
}

static const char *ask(const char *command)
{
	char request[2000];

	answer[0] = '\0';
	snprintf(request, sizeof(request), "{\"commands\":[%s]}", command);
	door_control(d, who[DESK].ptr, str_of(request), now);
	return answer;
}

static bool says(const char *text, const char *part)
{
	bool found = strstr(text ? text : "", part) != NULL;

	if (!found)
		printf("\n    \"%s\" is not in %s\n", part, text);
	return found;
}

static void rooms_are_listed_and_looked_up(void)
{
	begin();
	CHECK_INT(may(ANN, DOOR_SUBSCRIBE, "rooms/match:1/#"), REASON_NONE);
	CHECK_INT(may(NOBODY, DOOR_SUBSCRIBE, "rooms/match:1/#"), REASON_NONE);
	CHECK_INT(writes(ANN, "rooms/match:1/state/x", "12345", true), DOOR_MESSAGE_PASS);
	CHECK_INT(writes(ANN, "rooms/jury/say/ann", "x", false), DOOR_MESSAGE_PASS);
	pass(2000);
	CU_ASSERT(says(ask("{\"command\":\"listRooms\"}"), "\"total\":2,\"offset\":0"));
	CU_ASSERT(says(answer, "{\"room\":\"match:1\",\"open\":true,\"members\":2,\"messages\":1,\"retained\":1,\"bytes\":26,\"since\":1764165"));
	CU_ASSERT(says(answer, "{\"room\":\"jury\",\"open\":false,\"members\":0,\"messages\":1,\"retained\":0,\"bytes\":0,\"since\":1764165"));
	CU_ASSERT(says(ask("{\"command\":\"listRooms\",\"offset\":1,\"count\":1}"), "\"total\":2,\"offset\":1"));
	CU_ASSERT(says(ask("{\"command\":\"listRooms\",\"count\":0}"), "bad offset or count"));
	CU_ASSERT(says(ask("{\"command\":\"getRoom\",\"room\":\"match:1\"}"), "\"names\":[\"ann\"],\"closed\":0"));
	CU_ASSERT(says(ask("{\"command\":\"getRoom\",\"room\":\"match:2\"}"), "no such room"));
	CU_ASSERT(says(ask("{\"command\":\"getRoom\",\"room\":\"a/b\"}"), "which room?"));
	CU_ASSERT(says(ask("{\"command\":\"getRoom\"}"), "which room?"));
	CU_ASSERT(says(ask("{\"command\":\"listClients\",\"room\":\"match:1\"}"), "\"total\":2"));
	CU_ASSERT(says(ask("{\"command\":\"listClients\",\"room\":\"match:1\",\"user\":\"ann\"}"), "\"rooms\":[\"match:1\"]}],\"total\":1"));
	CU_ASSERT(says(ask("{\"command\":\"listClients\",\"room\":\"jury\"}"), "\"total\":0"));
	end();
}

static void a_closed_room_is_cleared_and_says_so(void)
{
	begin();
	CHECK_INT(may(ANN, DOOR_SUBSCRIBE, "rooms/match:1/#"), REASON_NONE);
	CHECK_INT(writes(ANN, "rooms/match:1/state/x", "1", true), DOOR_MESSAGE_PASS);
	CHECK_INT(writes(ANN, "rooms/match:10/state/x", "1", true), DOOR_MESSAGE_PASS); /* another one, which begins alike */
	pass(1000);
	buf_clear(&told);
	CU_ASSERT(says(ask("{\"command\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":60}"), "\"data\":{}"));
	pass(500);
	CHECK_STR(told.p, "rooms/match:1/presence={\"closed\":true,\"by\":\"op\",\"seconds\":60}\nrooms/match:1/state/x= (retained)\n");
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_ROOM_CLOSED);
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:10/say/ann"), REASON_NONE);
	CU_ASSERT(says(ask("{\"command\":\"getRoom\",\"room\":\"match:1\"}"), "\"closed\":60"));
	CU_ASSERT(says(ask("{\"command\":\"say\",\"room\":\"match:1\",\"type\":\"x\"}"), "the room is closed"));
	CU_ASSERT(says(ask("{\"command\":\"openRoom\",\"room\":\"match:1\"}"), "\"data\":{}"));
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_NONE);
	CU_ASSERT(says(ask("{\"command\":\"openRoom\",\"room\":\"match:1\"}"), "not closed"));
	CU_ASSERT(says(ask("{\"command\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":0}"), "bad number of seconds"));
	CU_ASSERT(says(ask("{\"command\":\"closeRoom\",\"room\":\"#\"}"), "which room?"));
	end();
}

static void an_idle_room_is_cleared_and_one_with_somebody_is_not(void)
{
	begin();
	CHECK_INT(may(ANN, DOOR_SUBSCRIBE, "rooms/match:1/#"), REASON_NONE);
	CHECK_INT(writes(ANN, "rooms/match:1/state/x", "1", true), DOOR_MESSAGE_PASS);
	CHECK_INT(writes(ANN, "rooms/match:2/state/x", "1", true), DOOR_MESSAGE_PASS);
	CHECK_INT(writes(ANN, "rooms/match:2/state/y", "1", true), DOOR_MESSAGE_PASS);
	pass(9000);
	buf_clear(&told);
	CHECK_INT(writes(ANN, "rooms/match:2/state/x", "2", true), DOOR_MESSAGE_PASS);
	pass(9000);
	CHECK_INT(told.len, 0);
	door_set_cut_off(d, true); /* whether somebody is in it elsewhere is not known */
	pass(9000);
	CHECK_INT(told.len, 0);
	door_set_cut_off(d, false);
	pass(1000);
	CU_ASSERT(says(told.p, "rooms/match:2/state/x= (retained)\n") && says(told.p, "rooms/match:2/state/y= (retained)\n"));
	CU_ASSERT_PTR_NULL(strstr(told.p, "match:1/"));
	CU_ASSERT(says(ask("{\"command\":\"listRooms\"}"), "\"total\":1,"));
	end();
}

static void people_are_written_to(void)
{
	begin();
	CU_ASSERT(says(ask("{\"command\":\"sendToUser\",\"user\":\"ann\",\"type\":\"nudge\",\"data\":{\"n\":[1, \"a\"]}}"), "\"data\":{\"id\":\""));
	CU_ASSERT(says(sent.p, "users/ann/from/op={\"id\":\"") && says(sent.p, "\",\"type\":\"nudge\",\"data\":{\"n\":[1, \"a\"]},\"ts\":1764165"));
	CU_ASSERT(says(sent.p, "} qos=1 expiry=0 id\n"));
	buf_clear(&sent);
	CU_ASSERT(says(ask("{\"command\":\"say\",\"room\":\"jury\",\"type\":\"text\"}"), "\"id\""));
	CU_ASSERT(says(sent.p, "rooms/jury/say/op={\"id\":\"") && says(sent.p, "\"data\":null"));
	buf_clear(&sent);
	CU_ASSERT(says(ask("{\"command\":\"sendToUser\",\"user\":\"a/b\",\"type\":\"x\"}"), "which user?"));
	CU_ASSERT(says(ask("{\"command\":\"sendToUser\",\"user\":\"+\",\"type\":\"x\"}"), "which user?"));
	CU_ASSERT(says(ask("{\"command\":\"sendToUser\",\"user\":\"\",\"type\":\"x\"}"), "which user?"));
	CU_ASSERT(says(ask("{\"command\":\"sendToUser\",\"user\":\"ann\"}"), "which type?"));
	CU_ASSERT(says(ask("{\"command\":\"sendToUser\",\"user\":\"ann\",\"type\":\"x\",\"d\\u0061ta\":1}"), "bad or too large data"));
	CU_ASSERT(says(ask("{\"command\":\"say\",\"room\":\"a/b\",\"type\":\"x\"}"), "which room?"));
	CHECK_INT(sent.len, 0);
	end();
}

static void a_track_has_a_notice_of_its_own(void)
{
	begin();
	CU_ASSERT(says(ask("{\"command\":\"notice\",\"text\":\"Lunch\",\"seconds\":20,\"prefix\":\"sb/t2\"}"), "\"data\":{}"));
	CU_ASSERT(says(sent.p, "sb/t2/notice={\"id\":\""));
	ask("{\"command\":\"notice\",\"text\":\"Dinner\",\"seconds\":40,\"prefix\":\"sb\"}");
	CU_ASSERT(says(sent.p, "sb/notice={\"id\":\""));
	pass(20500);
	CHECK_STR(told.p, "sb/t2/notice= (retained)\n");
	pass(20000);
	CHECK_STR(told.p, "sb/t2/notice= (retained)\nsb/notice= (retained)\n");
	buf_clear(&sent);
	CU_ASSERT(says(ask("{\"command\":\"notice\",\"text\":\"x\",\"prefix\":\"other\"}"), "no scoreboard's topics"));
	CU_ASSERT(says(ask("{\"command\":\"notice\",\"text\":\"x\",\"prefix\":\"sb/t2/x\"}"), "no scoreboard's topics"));
	CU_ASSERT(says(ask("{\"command\":\"notice\",\"text\":\"x\",\"prefix\":\"sb/+\"}"), "no scoreboard's topics"));
	CHECK_INT(sent.len, 0);
	end();
}

static void a_notice_has_an_end(void)
{
	char long_text[1200], request[1400];

	begin();
	CU_ASSERT(says(ask("{\"command\":\"notice\",\"text\":\"Lunch\",\"level\":\"urgent\",\"seconds\":20}"), "\"data\":{}"));
	CU_ASSERT(says(sent.p, "sb/notice={\"id\":\"") && says(sent.p, "\"text\":\"Lunch\",\"level\":\"urgent\",\"until\":17641651"));
	CU_ASSERT(says(sent.p, "\"by\":\"op\"} qos=1 expiry=20 retained\n"));
	pass(19000);
	CHECK_INT(told.len, 0);
	pass(1500);
	CHECK_STR(told.p, "sb/notice= (retained)\n");
	buf_clear(&told);
	/* one that the crew wrote, and one that is taken back */
	CHECK_INT(writes(CREW, "sb/notice", "{\"text\":\"Soon\",\"until\":1764165130000}", true), DOOR_MESSAGE_PASS);
	pass(30000);
	CHECK_STR(told.p, "sb/notice= (retained)\n");
	buf_clear(&sent);
	ask("{\"command\":\"notice\",\"text\":\"\"}");
	CHECK_STR(sent.p, "sb/notice= qos=1 expiry=0 retained\n");
	CU_ASSERT(says(ask("{\"command\":\"notice\"}"), "which text?"));
	CU_ASSERT(says(ask("{\"command\":\"notice\",\"text\":\"x\",\"level\":\"loud\"}"), "the level is"));
	CU_ASSERT(says(ask("{\"command\":\"notice\",\"text\":\"x\",\"seconds\":1e9}"), "bad number of seconds"));
	for (int i = 0; i < 500; i++)
		memcpy(long_text + 2 * i, "\xc3\xa4", 2);
	long_text[1000] = '\0';
	snprintf(request, sizeof(request), "{\"command\":\"notice\",\"text\":\"%s\"}", long_text);
	CU_ASSERT(says(ask(request), "\"data\":{}"));
	snprintf(request, sizeof(request), "{\"command\":\"notice\",\"text\":\"%sx\"}", long_text);
	CU_ASSERT(says(ask(request), "too long"));
	end();
}

/* Rooms are full (five) when the bridge brings it, and later somebody comes, hears nothing, and goes. */
static void what_was_retained_before_the_room_was_known_is_cleared_too(void)
{
	static const char *const full[] = { "rooms/match:1/#", "rooms/match:2/#", "rooms/match:3/#", "rooms/match:4/#", "rooms/match:5/#" };

	begin();
	for (size_t i = 0; i < 5; i++)
		CHECK_INT(may(ANN, DOOR_SUBSCRIBE, full[i]), REASON_NONE);
	CHECK_INT(writes(N_CLIENTS, "rooms/match:6/state/x", "1", true), DOOR_MESSAGE_PASS);
	for (size_t i = 0; i < 5; i++)
		CHECK_INT(may(ANN, DOOR_UNSUBSCRIBE, full[i]), REASON_NONE);
	pass(30000);
	CHECK_INT(may(ANN, DOOR_SUBSCRIBE, "rooms/match:6/#"), REASON_NONE);
	CHECK_INT(may(ANN, DOOR_UNSUBSCRIBE, "rooms/match:6/#"), REASON_NONE);
	buf_clear(&told);
	pass(12000);
	CU_ASSERT(says(told.p, "rooms/match:6/state/x= (retained)"));
	end();
}

/* ---- many brokers ---- */

#define CLOSE "{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":60,\"by\":\"op\"}"

static void a_hub_passes_on_what_an_edge_asks(void)
{
	begin_as(CLUSTER_HUB);
	CHECK_INT(may(EDGE, DOOR_WRITE, "cluster/ask"), REASON_NONE);
	CHECK_INT(may(CREW, DOOR_WRITE, "cluster/ask"), REASON_PUBLISH); /* its filters would do */
	CHECK_INT(may(CREW, DOOR_WRITE, "cluster/answer"), REASON_PUBLISH);
	CHECK_INT(may(CREW, DOOR_WRITE, "cluster/else"), REASON_NONE);
	CHECK_INT(writes(EDGE, "cluster/ask", CLOSE, true), DOOR_MESSAGE_REFUSED); /* each edge that connects would hear it again */
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_NONE);
	CHECK_INT(writes(EDGE, "cluster/ask", CLOSE, false), DOOR_MESSAGE_PASS);
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_ROOM_CLOSED);
	buf_clear(&told);
	ask("{\"command\":\"openRoom\",\"room\":\"match:1\"}");
	CHECK_STR(told.p, "cluster/ask={\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":0,\"by\":\"op\"}\n");
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_NONE);
	end();
}

static void an_edge_believes_its_bridge_alone(void)
{
	begin_as(CLUSTER_EDGE);
	CHECK_INT(may(EDGE, DOOR_WRITE, "cluster/ask"), REASON_PUBLISH);
	CHECK_INT(may(CREW, DOOR_WRITE, "cluster/ask"), REASON_PUBLISH);
	CHECK_INT(writes(N_CLIENTS, "cluster/ask", CLOSE, false), DOOR_MESSAGE_TAKEN);
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_ROOM_CLOSED);
	/* a notice that is over is the hub's to clear */
	CHECK_INT(writes(N_CLIENTS, "sb/notice", "{\"until\":1764165107000}", true), DOOR_MESSAGE_PASS);
	buf_clear(&told);
	pass(5000);
	CHECK_INT(told.len, 0);
	end();
}

static void a_mid_passes_on_both_ways(void)
{
	begin_as(CLUSTER_MID);
	CHECK_INT(may(EDGE, DOOR_WRITE, "cluster/ask"), REASON_NONE);
	CHECK_INT(may(CREW, DOOR_WRITE, "cluster/ask"), REASON_PUBLISH);
	CHECK_INT(writes(EDGE, "cluster/ask", CLOSE, true), DOOR_MESSAGE_REFUSED);
	CHECK_INT(writes(EDGE, "cluster/ask", CLOSE, false), DOOR_MESSAGE_PASS);
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_ROOM_CLOSED);
	CHECK_INT(writes(N_CLIENTS, "cluster/ask", "{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":0,\"by\":\"op\"}", false), DOOR_MESSAGE_PASS);
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_NONE);
	/* a notice that is over is the hub's to clear */
	CHECK_INT(writes(N_CLIENTS, "sb/notice", "{\"until\":1764165107000}", true), DOOR_MESSAGE_PASS);
	buf_clear(&told);
	pass(5000);
	CHECK_INT(told.len, 0);
	end();
}

static void one_broker_alone_knows_no_such_topic(void)
{
	begin();
	CHECK_INT(may(CREW, DOOR_WRITE, "cluster/ask"), REASON_NONE);
	CHECK_INT(writes(CREW, "cluster/ask", CLOSE, false), DOOR_MESSAGE_PASS);
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_NONE);
	end();
}

static void what_is_not_understood_changes_nothing(void)
{
	static const char *const asks[] = {
		"",
		"close it",
		"{\"ask\":\"dance\",\"room\":\"match:1\",\"seconds\":60,\"by\":\"op\"}",
		"{\"ask\":\"closeRoom\",\"room\":\"a/b\",\"seconds\":60,\"by\":\"op\"}",
		"{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":-1,\"by\":\"op\"}",
		"{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":1e12,\"by\":\"op\"}",
		"{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"by\":\"op\"}",
		"{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":60}",
	};
	BUF_CLEANUP struct buf out = { 0 };

	begin_as(CLUSTER_EDGE);
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		CHECK_INT(writes(N_CLIENTS, "cluster/ask", asks[i], false), DOOR_MESSAGE_TAKEN);
	CHECK_INT(may(ANN, DOOR_WRITE, "rooms/match:1/say/ann"), REASON_NONE);
	door_metrics(d, &out);
	CU_ASSERT(says(out.p, "\nscoreboard_door_asks_refused_total 8\n"));
	end();
}

const char *const unit_name = "plugin_control_rooms";
const struct unit_test unit_tests[] = {
	UNIT(rooms_are_listed_and_looked_up),
	UNIT(a_closed_room_is_cleared_and_says_so),
	UNIT(an_idle_room_is_cleared_and_one_with_somebody_is_not),
	UNIT(people_are_written_to),
	UNIT(a_notice_has_an_end),
	UNIT(a_track_has_a_notice_of_its_own),
	UNIT(what_was_retained_before_the_room_was_known_is_cleared_too),
	UNIT(a_hub_passes_on_what_an_edge_asks),
	UNIT(an_edge_believes_its_bridge_alone),
	UNIT(a_mid_passes_on_both_ways),
	UNIT(one_broker_alone_knows_no_such_topic),
	UNIT(what_is_not_understood_changes_nothing),
	{ NULL, NULL },
};
