/* Who may do what, in a real broker, by the reason codes that a client sees. */
#include "tests/support/certs.h"
#include "tests/support/door.h"
#include "tests/support/mqtt.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

/* What each version can say. */
static int on(int code_20, int code_21)
{
	return door_is_21() ? code_21 : code_20;
}

static struct dc *viewer(struct broker *b, const char *id)
{
	struct dc_login login = { .id = id };
	int code;
	struct dc *c = dc_connect(broker_ws_port(b), true, NULL, &login, &code);

	CHECK_INT(code, 0);
	return c;
}

static int try(struct broker *b, bool websocket, const char *from, const char *id, const char *user, const char *password)
{
	struct dc_login login = { .id = id, .user = user, .password = password };
	int code;

	dc_drop(dc_connect(websocket ? broker_ws_port(b) : broker_port(b), websocket, from, &login, &code));
	return code;
}

static void a_viewer_watches_and_does_nothing_else(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *v = viewer(b, "phone"), *p = door_enter(b, "pub", "publisher");

	CHECK_INT(dc_publish(p, "scoreboard/team/1/score", STR("3"), true), 0x10); /* no subscribers yet */
	CHECK_INT(dc_publish(p, "scoreboard/crew/note", STR("secret"), true), 0x10);
	CHECK_INT(dc_subscribe(v, "scoreboard/#"), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/team/1/score", "3", 3000));
	CHECK_INT(dc_publish(p, "scoreboard/crew/note", STR("more"), true), 0);
	CHECK_INT(dc_publish(p, "scoreboard/end", STR("1"), false), 0);
	for (;;) {
		BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };

		CU_ASSERT_FATAL(dc_message(v, &topic, &payload, patience_ms(3000)));
		CU_ASSERT(!str_starts(buf_view(&topic), STR("scoreboard/crew")));
		if (str_is(buf_view(&topic), "scoreboard/end"))
			break;
	}
	CHECK_INT(dc_subscribe(v, "#"), 0x87);
	CHECK_INT(dc_subscribe(v, "$SYS/#"), 0x87);
	CHECK_INT(dc_subscribe(v, "scoreboard/crew/#"), 0x87);
	CHECK_INT(dc_subscribe(v, "$share/g/scoreboard/#"), 0x87);
	CHECK_INT(dc_subscribe(v, "rooms/red/#"), 0x87);
	CHECK_INT(dc_publish(v, "scoreboard/team/1/score", STR("99"), true), 0x87);
	CHECK_INT(dc_publish(v, "anything", STR(""), false), 0x87);
	CHECK_INT(dc_publish(v, "$CONTROL/scoreboard/v1", STR("{}"), false), 0x87);
	CHECK_INT(dc_publish(v, "$SYS/broker/uptime", STR("0"), false), 0x87);
	dc_leave(v);
	dc_leave(p);
	door_stop(b);
}

static void an_old_client_hears_0x80(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc_login login = { .id = "old", .v311 = true };
	int code;
	struct dc *c = dc_connect(broker_port(b), false, NULL, &login, &code);

	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(c, "#"), 0x80);
	CHECK_INT(dc_subscribe(c, "scoreboard/#"), 0);
	dc_leave(c);
	login.user = "operator";
	login.password = "wrong";
	dc_drop(dc_connect(broker_port(b), false, NULL, &login, &code));
	CHECK_INT(code, 5);
	door_stop(b);
}

static void the_publisher_writes_below_its_prefix_only(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *p = door_enter(b, "pub", "publisher");

	CHECK_INT(dc_subscribe(p, "scoreboard/#"), 0);
	CHECK_INT(dc_publish(p, "scoreboard/crew/x", STR("1"), true), 0);
	CHECK_INT(dc_publish(p, "scoreboard/presence/total", STR("1"), true), 0x87);
	CHECK_INT(dc_publish(p, "elsewhere", STR("1"), true), 0x87);
	CHECK_INT(dc_publish(p, "rooms/red", STR("1"), true), 0x87);
	CHECK_INT(dc_subscribe(p, "#"), 0x87);
	CHECK_INT(try(b, false, NULL, "p2", "publisher", "wrong"), 0x87);
	CHECK_INT(try(b, false, NULL, "p2", "publisher", NULL), 0x87);
	CHECK_INT(try(b, false, NULL, "p2", "nobody", "x"), 0x87);
	CHECK_INT(try(b, false, NULL, "p2", "", ""), 0); /* no name: a viewer */
	dc_leave(p);
	door_stop(b);
}

static void a_whole_game_at_once_is_not_too_much_for_the_publisher(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *p = door_enter(b, "pub", "publisher");
	BUF_CLEANUP struct buf out = { 0 };
	struct dc *o = door_enter(b, "op", "operator");
	char topic[64];

	for (int i = 0; i < 18000; i++) {
		snprintf(topic, sizeof(topic), "scoreboard/game/x/jam/%d", i);
		dc_publish_qos0(p, topic, str_of(topic), true);
	}
	CHECK_INT(dc_publish(p, "scoreboard/end", STR("1"), true), 0x10);
	CU_ASSERT(door_control(o, "{\"commands\":[{\"command\":\"getStats\"}]}", &out));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "\"messages_in/publisher\":18001,"));
	dc_leave(o);
	dc_leave(p);
	door_stop(b);
}

static void a_will_is_sent_and_can_be_taken_back(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *v = viewer(b, "phone");
	struct dc_login login = { .id = "pub", .user = "publisher", .password = "pw-publisher", .will_topic = "scoreboard/status", .will_payload = "offline" };
	struct dc *p = dc_connect(broker_port(b), false, NULL, &login, NULL);

	CHECK_INT(dc_subscribe(v, "scoreboard/status"), 0);
	CHECK_INT(dc_publish(p, "scoreboard/status", STR("live"), true), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/status", "live", 3000));
	dc_drop(p);
	CU_ASSERT(dc_expect(v, "scoreboard/status", "offline", 3000));
	p = dc_connect(broker_port(b), false, NULL, &login, NULL);
	CHECK_INT(dc_publish(p, "scoreboard/status", STR("live"), true), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/status", "live", 3000)); /* not taken for a repeat */
	dc_leave(p);
	/* a viewer's will comes to nothing */
	login = (struct dc_login){ .id = "bad", .will_topic = "scoreboard/status", .will_payload = "hacked" };
	p = dc_connect(broker_port(b), false, NULL, &login, NULL);
	dc_drop(p);
	CU_ASSERT_FALSE(dc_expect(v, "scoreboard/status", "hacked", 500));
	dc_leave(v);
	door_stop(b);
}

static void repeats_are_not_sent_on(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *v = viewer(b, "phone"), *p = door_enter(b, "pub", "publisher");
	unsigned got = 0;

	CHECK_INT(dc_subscribe(v, "scoreboard/x"), 0);
	for (int i = 0; i < 5; i++)
		CHECK_INT(dc_publish(p, "scoreboard/x", STR("same"), true), i ? 0x10 : 0);
	CHECK_INT(dc_publish(p, "scoreboard/x", STR("end"), true), 0);
	for (BUF_CLEANUP struct buf t = { 0 }, m = { 0 }; dc_message(v, &t, &m, patience_ms(3000)); got++)
		if (str_is(buf_view(&m), "end"))
			break;
	CHECK_INT(got, 1);
	dc_leave(v);
	v = viewer(b, "late");
	CHECK_INT(dc_publish(p, "scoreboard/x", STR("end"), true), 0x10);
	CHECK_INT(dc_subscribe(v, "scoreboard/x"), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/x", "end", 3000)); /* the broker still has it */
	dc_leave(v);
	dc_leave(p);
	door_stop(b);
}

#define SMALL \
	"{\"passwords\":\"passwd\",\"roles\":{" \
	"\"viewer\":{\"subscribe\":[\"sb/#\"],\"publish\":[\"chat\"],\"limits\":{\"subscriptions\":2," \
	"\"publishes_per_s\":1,\"publishes_burst\":2,\"payload_bytes\":10,\"filter_levels\":3," \
	"\"refusals_per_minute\":20}}," \
	"\"staff\":{\"subscribe\":[\"#\"],\"control\":true,\"reserved\":2}}," \
	"\"users\":{\"operator\":\"staff\",\"ann\":\"viewer\"}," \
	"\"anonymous\":{\"websockets\":\"viewer\"}," \
	"\"limits\":{\"connections\":6,\"connections_per_address\":3,\"connects_burst_per_address\":20," \
	"\"connects_per_s_per_address\":1,\"failed_logins\":3,\"failed_logins_ban_s\":4}}"

static void seats_are_limited_on_websockets_too(void)
{
	struct broker *b = door_start(SMALL, NULL);
	struct dc *c[4];
	char from[20];

	for (int i = 0; i < 4; i++) {
		struct dc_login login = { .id = from };
		int code;

		snprintf(from, sizeof(from), "127.0.2.%d", i + 1);
		c[i] = dc_connect(broker_ws_port(b), true, from, &login, &code);
		CHECK_INT(code, 0);
	}
	CHECK_INT(try(b, true, "127.0.2.9", "x", NULL, NULL), on(0x87, 0x88));
	CHECK_INT(try(b, false, "127.0.2.9", "o", "operator", "pw-operator"), 0); /* reserved */
	dc_drop(c[0]);
	CU_ASSERT(WAIT_FOR(try(b, true, "127.0.2.9", "x", NULL, NULL) == 0, 3000));
	for (int i = 1; i < 4; i++)
		dc_drop(c[i]);
	door_stop(b);
}

static void an_address_has_its_share(void)
{
	struct broker *b = door_start(SMALL, NULL);
	struct dc *c[3];

	for (int i = 0; i < 3; i++) {
		struct dc_login login = { .id = (const char *[]){ "a", "b", "c" }[i] };
		int code;

		c[i] = dc_connect(broker_ws_port(b), true, "127.0.3.1", &login, &code);
		CHECK_INT(code, 0);
	}
	CHECK_INT(try(b, true, "127.0.3.1", "d", NULL, NULL), on(0x87, 0x89));
	CHECK_INT(try(b, true, "127.0.3.2", "d", NULL, NULL), 0);
	CHECK_INT(try(b, false, "127.0.3.3", "d", NULL, NULL), 0x87); /* without a name only by WebSocket */
	for (int i = 0; i < 3; i++)
		dc_drop(c[i]);
	for (int i = 0; i < 20; i++)
		try(b, false, "127.0.3.4", "e", NULL, NULL);
	CHECK_INT(try(b, false, "127.0.3.4", "e", NULL, NULL), on(0x87, 0x9F));
	door_stop(b);
}

static void guessing_passwords_shuts_the_address(void)
{
	struct broker *b = door_start(SMALL, NULL);

	CHECK_INT(try(b, false, "127.0.4.1", "a", "ann", "pw-ann"), 0);
	for (int i = 0; i < 3; i++)
		CHECK_INT(try(b, false, "127.0.4.2", "a", "ann", "guess"), 0x87);
	CHECK_INT(try(b, false, "127.0.4.2", "a", "ann", "pw-ann"), on(0x87, 0x8A));
	CHECK_INT(try(b, true, "127.0.4.2", "v", NULL, NULL), 0);
	CHECK_INT(try(b, false, "127.0.4.1", "a", "ann", "pw-ann"), 0);
	nap_ms(4100);
	CHECK_INT(try(b, false, "127.0.4.2", "a", "ann", "pw-ann"), 0);
	door_stop(b);
}

static void clients_are_held_to_their_limits(void)
{
	struct broker *b = door_start(SMALL, NULL);
	struct dc *v = viewer(b, "v");

	CHECK_INT(dc_subscribe(v, "sb/a"), 0);
	CHECK_INT(dc_subscribe(v, "sb/b"), 0);
	CHECK_INT(dc_subscribe(v, "sb/b"), 0);
	CHECK_INT(dc_subscribe(v, "sb/c"), 0x87);
	CHECK_INT(dc_unsubscribe(v, "sb/a"), 0);
	CHECK_INT(dc_subscribe(v, "sb/c"), 0);
	CHECK_INT(dc_subscribe(v, "sb/1/2/3"), 0x87);
	CHECK_INT(dc_publish(v, "chat", STR("12345678901"), false), 0x87);
	CHECK_INT(dc_publish(v, "chat", STR("1"), false), 0x10);
	CHECK_INT(dc_publish(v, "chat", STR("2"), false), 0x10);
	CHECK_INT(dc_publish(v, "chat", STR("3"), false), on(0x87, 0x97));
	/* who does not stop is sent away */
	for (int i = 0; i < 40; i++)
		dc_publish_qos0(v, "sb/a", STR("x"), false);
	CU_ASSERT(dc_wait_end(v, 3000) != DC_SILENT);
	dc_drop(v);
	door_stop(b);
}

static void hostile_names_reach_nothing(void)
{
	static const char *const names[] = { "a/b", "+", "#", "scoreboard/#", "%u", "\xc5\xa0", "$SYS" };
	struct broker *b = door_start("{\"roles\":{\"v\":{\"subscribe\":[\"users/%u/#\",\"clients/%c\"]}},"
				      "\"anonymous\":{\"mqtt\":\"v\"}}",
				      NULL);
	char *giant = malloc(65536);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct dc_login login = { .id = names[i] };
		char filter[64];
		int code;
		struct dc *c = dc_connect(broker_port(b), false, NULL, &login, &code);

		CHECK_INT(code, 0);
		CHECK_INT(dc_subscribe(c, "clients/+"), 0x87);
		CHECK_INT(dc_subscribe(c, "clients/#"), 0x87);
		CHECK_INT(dc_subscribe(c, "users/x/#"), 0x87);
		snprintf(filter, sizeof(filter), "clients/%s", names[i]);
		if (!strpbrk(names[i], "/+#"))
			CHECK_INT(dc_subscribe(c, filter), 0);
		dc_drop(c);
		CHECK_INT(try(b, false, NULL, "x", names[i], "p"), 0x87);
	}
	memset(giant, 'x', 65535);
	giant[65535] = '\0';
	CU_ASSERT(try(b, false, NULL, giant, NULL, NULL) != 0);
	CU_ASSERT(try(b, false, NULL, "x", giant, giant) != 0);
	CHECK_INT(try(b, false, NULL, "fine", NULL, NULL), 0);
	free(giant);
	door_stop(b);
}

static void a_reload_takes_effect_and_a_bad_one_does_not(void)
{
	struct broker *b = door_start(SMALL, NULL);
	struct dc *v = viewer(b, "v"), *ann = door_enter(b, "ann", "ann");
	size_t mark = proc_mark(broker_proc(b));

	CHECK_INT(dc_subscribe(v, "sb/a"), 0);
	door_set_policy(b, "{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]}},\n\"nonsense\":1}");
	CU_ASSERT(proc_wait_line(broker_proc(b), mark, "policy.json:2: unknown key \"nonsense\"", 5000));
	CHECK_INT(dc_subscribe(v, "sb/b"), 0);
	door_set_policy(b, "{\"roles\":{\"viewer\":{\"subscribe\":[\"other/#\"]}},\"anonymous\":{\"websockets\":\"viewer\"}}");
	CU_ASSERT(dc_wait_end(ann, 5000) != DC_SILENT); /* is nobody any more */
	CHECK_INT(dc_subscribe(v, "sb/a"), 0x87);
	CHECK_INT(dc_subscribe(v, "other/x"), 0);
	dc_drop(ann);
	dc_leave(v);
	door_stop(b);
}

static void a_bad_policy_stops_the_start(void)
{
	static const char *const bad[][2] = {
		{ "{", "policy.json:1: " },
		{ "{\"roles\":{}, \"passwords\":\"nowhere\"}", "nowhere: No such file" },
		{ "", "policy.json:1: " },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		BUF_CLEANUP struct buf log = { 0 };
		int status = door_try(bad[i][0], &log);

		CU_ASSERT(status != PROC_RUNNING && status != 0 && status < 128);
		CU_ASSERT_PTR_NOT_NULL(strstr(log.p, bad[i][1]));
		CU_ASSERT_PTR_NULL(strstr(log.p, "Sanitizer: SEGV"));
	}
}

static unsigned int n_late; /* counts that were right only after two seconds */

static bool count_is(struct dc *m, const char *topic, const char *payload)
{
	if (dc_expect(m, topic, payload, 2000))
		return true;
	n_late++;
	return dc_expect(m, topic, payload, 8000);
}

/* The feed's views exist once somebody who may has written to them. */
static void play(struct broker *b)
{
	struct dc *p = door_enter(b, "pub", "publisher");

	CHECK_INT(dc_publish(p, "scoreboard/feed/overlay/delta", STR("{}"), false), 0x10);
	CHECK_INT(dc_publish(p, "scoreboard/feed/spectator/delta", STR("{}"), false), 0x10);
	dc_leave(p);
}

static void what_a_viewer_invents_is_not_watched(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *m, *v = viewer(b, "v");
	char filter[60];

	play(b);
	for (int i = 0; i < 15; i++) {
		snprintf(filter, sizeof(filter), "scoreboard/feed/invented%d/delta", i);
		CHECK_INT(dc_subscribe(v, filter), 0);
	}
	CHECK_INT(dc_subscribe(v, "scoreboard/feed/overlay/delta"), 0);
	m = door_enter(b, "mon", "monitor");
	CHECK_INT(dc_subscribe(m, "scoreboard/presence/view/#"), 0);
	CU_ASSERT(count_is(m, "scoreboard/presence/view/overlay", "1"));
	CHECK_INT(dc_subscribe(m, "scoreboard/presence/view/invented0"), 0);
	CU_ASSERT_FALSE(dc_expect(m, "scoreboard/presence/view/invented0", "1", 1000)); /* it would be retained */
	dc_leave(v);
	CU_ASSERT(count_is(m, "scoreboard/presence/view/overlay", ""));
	dc_leave(m);
	door_stop(b);
}

static void presence_is_right_within_two_seconds(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *m = door_enter(b, "mon", "monitor"), *v[3];

	n_late = 0;
	play(b);
	CHECK_INT(dc_subscribe(m, "scoreboard/presence/#"), 0);
	for (int i = 0; i < 3; i++)
		v[i] = viewer(b, (const char *[]){ "a", "b", "c" }[i]);
	CU_ASSERT(count_is(m, "scoreboard/presence/transport/websockets", "3"));
	CHECK_INT(dc_subscribe(v[0], "scoreboard/feed/overlay/delta"), 0);
	CHECK_INT(dc_subscribe(v[1], "scoreboard/feed/overlay/delta"), 0);
	CHECK_INT(dc_subscribe(v[2], "scoreboard/feed/spectator/delta"), 0);
	CU_ASSERT(count_is(m, "scoreboard/presence/view/spectator", "1"));
	dc_drop(v[2]);
	v[2] = viewer(b, "a"); /* takes over from the first */
	CU_ASSERT(count_is(m, "scoreboard/presence/role/viewer", "2"));
	CU_ASSERT(dc_wait_end(v[0], 3000) != DC_SILENT);
	dc_unsubscribe(v[1], "scoreboard/feed/overlay/delta");
	CU_ASSERT(count_is(m, "scoreboard/presence/view/overlay", ""));
	for (int i = 0; i < 3; i++)
		dc_drop(v[i]);
	CU_ASSERT(count_is(m, "scoreboard/presence/total", "1"));
	CU_ASSERT(n_late <= 1); /* the machine may stand still once */
	dc_leave(m);
	door_stop(b);
}

static void an_operator_is_in_control(void)
{
	struct broker *b = door_start(SMALL, NULL);
	struct dc *o = door_enter(b, "op", "operator"), *v = viewer(b, "v");
	BUF_CLEANUP struct buf out = { 0 };

	CU_ASSERT(door_control(o, "{\"commands\":[{\"command\":\"listClients\"}]}", &out));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "\"client\":\"v\",\"user\":null,\"address\":\"127.0.0.1\",\"role\":\"viewer\","
					     "\"transport\":\"websockets\""));
	CU_ASSERT(door_control(o, "{\"commands\":[{\"command\":\"kick\",\"client\":\"v\"}]}", &out));
	CU_ASSERT(dc_wait_end(v, 3000) != DC_SILENT);
	dc_drop(v);
	v = viewer(b, "v");
	CU_ASSERT(door_control(o, "{\"commands\":[{\"command\":\"ban\",\"address\":\"127.0.0.1\",\"seconds\":60}]}", &out));
	CU_ASSERT(dc_wait_end(v, 3000) != DC_SILENT);
	CHECK_INT(try(b, true, NULL, "v", NULL, NULL), on(0x87, 0x8A));
	CHECK_INT(try(b, true, "127.0.5.1", "w", NULL, NULL), 0);
	CU_ASSERT(door_control(o, "{\"commands\":[{\"command\":\"unban\",\"address\":\"127.0.0.1\"}]}", &out));
	CHECK_INT(try(b, true, NULL, "v", NULL, NULL), 0);
	dc_drop(v);
	dc_leave(o);
	door_stop(b);
}

static void a_bridge_carries_the_board_to_another_broker(void)
{
	struct broker *hub = door_start(NULL, NULL), *edge;
	BUF_CLEANUP struct buf conf = { 0 };
	struct dc *p = door_enter(hub, "pub", "publisher"), *v;

	CHECK_INT(dc_publish(p, "scoreboard/team/1/score", STR("3"), true), 0x10);
	buf_printf(&conf,
		   "connection uplink\naddress 127.0.0.1:%d\nbridge_protocol_version mqttv50\nremote_username bridge\n"
		   "remote_password pw-bridge\nremote_clientid edge1\nnotifications false\ntopic scoreboard/# in 1\n",
		   broker_port(hub));
	edge = door_start(NULL, conf.p);
	v = viewer(edge, "phone");
	CHECK_INT(dc_subscribe(v, "scoreboard/team/#"), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/team/1/score", "3", 5000));
	CHECK_INT(dc_publish(p, "scoreboard/team/1/score", STR("4"), true), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/team/1/score", "4", 5000));
	/* somebody who comes later gets what is retained, though its sender is not known here */
	dc_leave(v);
	v = viewer(edge, "late");
	CHECK_INT(dc_subscribe(v, "scoreboard/team/#"), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/team/1/score", "4", 5000));
	dc_leave(v);
	dc_leave(p);
	door_stop(edge);
	door_stop(hub);
}

/* The bridge starts anew: every retained topic comes again, and nothing of it reaches a viewer. */
static void a_bridge_that_reconnects_wakes_nobody(void)
{
	struct broker *hub = door_start(NULL, NULL), *edge;
	struct dc *p = door_enter(hub, "pub", "publisher"), *v;
	BUF_CLEANUP struct buf conf = { 0 }, topic = { 0 }, payload = { 0 };
	int port = broker_port(hub);
	char name[64];
	unsigned woken = 0;

	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "scoreboard/t/%d", i);
		dc_publish(p, name, STR("x"), true);
	}
	buf_printf(&conf,
		   "connection uplink\naddress 127.0.0.1:%d\nbridge_protocol_version mqttv50\nremote_username bridge\n"
		   "remote_password pw-bridge\nremote_clientid edge1\nnotifications false\nrestart_timeout 1\n"
		   "cleansession true\ntopic scoreboard/# in 1\n",
		   port);
	edge = door_start(NULL, conf.p);
	v = viewer(edge, "phone");
	CHECK_INT(dc_subscribe(v, "scoreboard/#"), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/t/49", "x", 5000));
	while (dc_message(v, &topic, &payload, 1500))
		;
	struct dc *o = door_enter(hub, "op", "operator");
	CU_ASSERT(door_control(o, "{\"commands\":[{\"command\":\"kick\",\"client\":\"edge1\"}]}", &payload));
	dc_leave(o);
	CU_ASSERT(proc_wait_line(broker_proc(hub), 0, "edge1", 5000));
	nap_ms(500);
	/* somebody subscribes to it again: the bridge, and to all that is retained first */
	CU_ASSERT(WAIT_FOR(dc_publish(p, "scoreboard/end", STR("1"), false) == 0, 30000));
	while (dc_message(v, &topic, &payload, patience_ms(5000)) && !str_is(buf_view(&topic), "scoreboard/end"))
		woken += str_starts(buf_view(&topic), STR("scoreboard/t/"));
	CU_ASSERT(str_is(buf_view(&topic), "scoreboard/end"));
	CHECK_INT(woken, 0);
	dc_leave(v);
	dc_leave(p);
	door_stop(edge);
	door_stop(hub);
}

/* A session without its client: what is queued for it obeys the same rules. */
static void an_absent_session_gets_what_it_may_have(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc_login login = { .id = "sleeper", .user = "crew", .password = "pw-crew", .keep_session = true };
	struct dc *c = dc_connect(broker_port(b), false, NULL, &login, NULL), *p = door_enter(b, "pub", "publisher");

	CHECK_INT(dc_subscribe(c, "scoreboard/crew/#"), 0);
	dc_leave(c);
	CHECK_INT(dc_publish(p, "scoreboard/crew/x", STR("1"), true), 0);
	c = dc_connect(broker_port(b), false, NULL, &login, NULL);
	CHECK_INT(dc_publish(p, "scoreboard/crew/x", STR("2"), true), 0);
	CU_ASSERT(dc_expect(c, "scoreboard/crew/x", "2", 3000));
	dc_leave(c);
	dc_leave(p);
	CU_ASSERT(door_wait_metric("held", 0, 15000));
	door_stop(b);
}

const char *const unit_name = "door";
const struct unit_test unit_tests[] = {
	UNIT(a_viewer_watches_and_does_nothing_else),
	UNIT(an_old_client_hears_0x80),
	UNIT(the_publisher_writes_below_its_prefix_only),
	UNIT(a_whole_game_at_once_is_not_too_much_for_the_publisher),
	UNIT(a_will_is_sent_and_can_be_taken_back),
	UNIT(repeats_are_not_sent_on),
	UNIT(seats_are_limited_on_websockets_too),
	UNIT(an_address_has_its_share),
	UNIT(guessing_passwords_shuts_the_address),
	UNIT(clients_are_held_to_their_limits),
	UNIT(hostile_names_reach_nothing),
	UNIT(a_reload_takes_effect_and_a_bad_one_does_not),
	UNIT(a_bad_policy_stops_the_start),
	UNIT(what_a_viewer_invents_is_not_watched),
	UNIT(presence_is_right_within_two_seconds),
	UNIT(an_operator_is_in_control),
	UNIT(a_bridge_carries_the_board_to_another_broker),
	UNIT(a_bridge_that_reconnects_wakes_nobody),
	UNIT(an_absent_session_gets_what_it_may_have),
	{ NULL, NULL },
};
