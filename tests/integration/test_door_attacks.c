/* Attacks on a broker with the shipped policy (or one of few numbers) that once worked, from an address of no proxy. tests/attack has
 * them at full size, with a publisher that plays a game; here each one is small and exact. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define PUBLISHER_ID "scoreboard-publisher@scoreboard"
#define N_CROWD 50

static int try(struct broker *b, bool websocket, const struct dc_login *login)
{
	int code;
	struct dc *c = dc_connect(websocket ? broker_ws_port(b) : broker_port(b), websocket, "127.0.6.1", login, &code);

	dc_drop(c);
	return code;
}

/* 2.0 has one code for everybody who is refused. */
static int refused_id(void)
{
	return door_is_21() ? 0x85 : 0x87;
}

/* A value of getStats: at once, where the metrics file comes every ten seconds. */
static double stat_of(struct dc *by, const char *name)
{
	BUF_CLEANUP struct buf out = { 0 };
	char key[80];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	CU_ASSERT(door_control(by, "{\"commands\":[{\"command\":\"getStats\"}]}", &out));
	at = out.p ? strstr(out.p, key) : NULL;
	return at ? strtod(at + strlen(key), NULL) : -1;
}

#define CHECK_STAT(by, name, value) CHECK_INT((int)stat_of(by, name), value)

static struct dc *viewer_on(struct broker *b, const char *id, const char *from)
{
	struct dc_login login = { .id = id };
	int code;
	struct dc *c = dc_connect(broker_ws_port(b), true, from, &login, &code);

	CHECK_INT(code, 0);
	return c;
}

static void nobody_throws_the_publisher_out(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *p = door_enter(b, PUBLISHER_ID, "publisher"), *o = door_enter(b, "desk", "operator");

	for (int i = 0; i < 10; i++)
		CHECK_INT(try(b, i % 2, &(struct dc_login){ .id = PUBLISHER_ID }), refused_id());
	CHECK_INT(try(b, false, &(struct dc_login){ .id = PUBLISHER_ID, .user = "crew", .password = "pw-crew" }), refused_id());
	CHECK_INT(try(b, true, &(struct dc_login){ .id = "desk" }), refused_id());
	CHECK_INT(dc_publish(p, "scoreboard/x", STR("1"), true), 0x10);
	CHECK_INT(dc_subscribe(o, "scoreboard/x"), 0);
	CU_ASSERT(proc_wait_line(broker_proc(b), 0, "refused connect  client=" PUBLISHER_ID " user=- address=127.0.6.1 reason=client_id_reserved", 1000));
	CHECK_STAT(o, "refused/client_id_reserved", 11);
	dc_leave(p);
	CHECK_INT(try(b, true, &(struct dc_login){ .id = PUBLISHER_ID }), refused_id()); /* nor takes its place while it is away */
	dc_leave(o);
	door_stop(b);
}

static void nobody_throws_an_edges_bridge_out(void)
{
	struct broker *hub = door_start(NULL, NULL), *edge;
	BUF_CLEANUP struct buf conf = { 0 };
	struct dc *p = door_enter(hub, PUBLISHER_ID, "publisher"), *v;

	buf_printf(&conf,
		   "connection uplink\naddress 127.0.0.1:%d\nbridge_protocol_version mqttv50\nremote_username bridge\n"
		   "remote_password pw-bridge\nremote_clientid edge-1\nlocal_clientid board\nnotifications false\ntopic scoreboard/# in 1\n",
		   broker_port(hub));
	edge = door_start(NULL, conf.p);
	v = viewer_on(edge, "phone", "127.0.6.2");
	dc_publish(p, "scoreboard/score", STR("0"), true);
	CHECK_INT(dc_subscribe(v, "scoreboard/#"), 0);
	CU_ASSERT(dc_expect(v, "scoreboard/score", "0", 10000));
	/* what the bridge is called is known to the plugin now, whatever it is; names that begin with bridge- never were free */
	CHECK_INT(try(edge, true, &(struct dc_login){ .id = "board" }), refused_id());
	CHECK_INT(try(edge, true, &(struct dc_login){ .id = "bridge-1" }), refused_id());
	CHECK_INT(try(edge, false, &(struct dc_login){ .id = "board", .user = "bridge", .password = "pw-bridge" }), refused_id());
	for (int i = 1; i <= 20; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		try(edge, i % 2, &(struct dc_login){ .id = "board" });
		CHECK_INT(dc_publish(p, "scoreboard/score", str_of(text), true), 0);
		CU_ASSERT(dc_expect(v, "scoreboard/score", text, 5000));
	}
	dc_leave(v);
	dc_leave(p);
	door_stop(edge);
	door_stop(hub);
}

/* The crowd, its filters, who logged in, who is away for a while: all as before, and nobody is charged again. */
static void a_reload_keeps_everybody(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *p = door_enter(b, PUBLISHER_ID, "publisher"), *o = door_enter(b, "desk", "operator"), *crowd[N_CROWD], *crew[12];
	struct dc_login sleeper = { .id = "sleeper", .user = "crew", .password = "pw-crew", .keep_session = true };
	int held;
	char id[20];

	for (int i = 0; i < N_CROWD; i++) {
		snprintf(id, sizeof(id), "v%d", i);
		crowd[i] = viewer_on(b, id, "127.0.6.3");
		CHECK_INT(dc_subscribe(crowd[i], "scoreboard/feed/spectator/delta"), 0);
	}
	for (int i = 0; i < 12; i++) {
		snprintf(id, sizeof(id), "crew%d", i);
		crew[i] = door_enter(b, id, "crew");
	}
	dc_leave(dc_connect(broker_port(b), false, NULL, &sleeper, NULL));
	CHECK_STAT(o, "connections/crew", 12);
	CHECK_STAT(o, "sessions/crew", 1);
	held = (int)stat_of(o, "held");
	broker_reload(b);
	CU_ASSERT(proc_wait_line(broker_proc(b), 0, "reloaded", 10000));
	CHECK_INT(dc_publish(p, "scoreboard/feed/spectator/delta", STR("{}"), false), 0);
	for (int i = 0; i < N_CROWD; i++)
		CU_ASSERT(dc_expect(crowd[i], "scoreboard/feed/spectator/delta", "{}", 5000));
	for (int i = 0; i < 12; i++)
		CHECK_INT(dc_publish(crew[i], "scoreboard/crew/x", STR("1"), false), 0x10);
	CHECK_STAT(o, "reloads", 1);
	CHECK_STAT(o, "held", held);
	CHECK_STAT(o, "sessions/crew", 1);
	for (int i = 0; i < N_CROWD; i++)
		dc_leave(crowd[i]);
	for (int i = 0; i < 12; i++)
		dc_leave(crew[i]);
	dc_leave(p);
	dc_leave(o);
	CU_ASSERT(door_wait_metric("held", 0, 15000));
	door_stop(b);
}

#define HASTY \
	"{\"passwords\":\"passwd\",\"roles\":{\"viewer\":{\"subscribe\":[\"scoreboard/#\"]},\"staff\":{\"subscribe\":[\"#\"],\"publish\":" \
	"[\"#\"],\"control\":true,\"reserved\":5}},\"users\":{\"operator\":\"staff\"},\"anonymous\":{\"mqtt\":\"viewer\"," \
	"\"websockets\":\"viewer\"},\"limits\":{\"connect_s\":2,\"unconnected_per_address\":50,\"connects_per_s_per_address\":10000," \
	"\"connects_burst_per_address\":10000}}"

/* 200 MB are announced; what is sent of them costs the broker memory until it is found to be too much. */
static void announce(struct dc *c, char type)
{
	static char block[60000];
	char head[] = { type, '\x80', '\x90', '\xaf', '\x5f' };

	dc_send_raw(c, (struct str){ head, sizeof(head) });
	for (int i = 0; i < 1600; i++) /* 96 MB at most; send() fails once the connection is shut */
		dc_send_raw(c, (struct str){ block, sizeof(block) });
	CHECK_INT(dc_wait_end(c, 5000), DC_CLOSED);
	dc_drop(c);
}

static void what_comes_before_connect_has_a_bound(void)
{
	struct broker *b = door_start(HASTY, "max_packet_size 2000000\n");
	long before = proc_rss_kb(broker_proc(b));

	for (int i = 0; i < 4; i++) {
		bool websocket = i < 3;
		struct dc *c = dc_dial(websocket ? broker_ws_port(b) : broker_port(b), websocket, "127.0.6.4");

		CU_ASSERT(dc_upgraded(c));
		announce(c, '\x10');
	}
	printf("(%ld kB more at most) ", proc_rss_peak_kb(broker_proc(b)) - before);
	CU_ASSERT(proc_rss_peak_kb(broker_proc(b)) - before < 64000); /* of 96 MB sent, and 200 MB announced, four times */
	door_stop(b);
}

/* Who is in has limits for messages; a packet that does not end is none. */
static void what_a_viewer_sends_without_end_has_a_bound(void)
{
	struct broker *b = door_start(HASTY, "max_packet_size 2000000\n");
	struct dc *v = viewer_on(b, "v", "127.0.6.12"), *o = door_enter(b, "desk", "operator");
	static char payload[60000];
	long before = proc_rss_kb(broker_proc(b));

	for (int i = 0; i < 4; i++)
		CHECK_INT(dc_publish(o, "scoreboard/x", (struct str){ payload, sizeof(payload) }, false), 0x10);
	announce(viewer_on(b, "w", "127.0.6.12"), '\x30');
	printf("(%ld kB more at most) ", proc_rss_peak_kb(broker_proc(b)) - before);
	CU_ASSERT(proc_rss_peak_kb(broker_proc(b)) - before < 64000);
	if (!door_is_21()) /* which goes by max_packet_size */
		CU_ASSERT(door_wait_metric("unconnected_closed_total{reason=\"client_bytes\"}", 1, 15000));
	CHECK_INT(dc_subscribe(v, "scoreboard/x"), 0);
	CHECK_INT(dc_publish(o, "scoreboard/x", STR("1"), false), 0);
	dc_leave(v);
	dc_leave(o);
	door_stop(b);
}

static void who_does_not_connect_is_let_go(void)
{
	struct broker *b = door_start(HASTY, NULL);
	struct dc *silent[80], *v = viewer_on(b, "v", "127.0.6.6");
	unsigned closed = 0;

	for (int i = 0; i < 80; i++)
		silent[i] = dc_dial(i % 2 ? broker_ws_port(b) : broker_port(b), i % 2, "127.0.6.5");
	for (int i = 0; i < 80; i++)
		closed += dc_wait_end(silent[i], 5000) == DC_CLOSED;
	CHECK_INT(closed, 80);
	CHECK_INT(dc_subscribe(v, "scoreboard/x"), 0); /* who is in stays, however silent */
	for (int i = 0; i < 80; i++)
		dc_drop(silent[i]);
	dc_leave(v);
	door_stop(b);
}

/* As Debian's unit starts it: a soft limit that a few hundred connections exhaust. */
static void the_files_of_who_has_a_seat_are_kept(void)
{
	struct rlimit old;
	struct dc *silent[600] = { NULL }, *o;
	struct broker *b;

	getrlimit(RLIMIT_NOFILE, &old);
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 128, old.rlim_max });
	b = door_start(HASTY, NULL);
	setrlimit(RLIMIT_NOFILE, &old);
	CHECK_INT((int)(door_wait_metric("open_files_limit", (double)old.rlim_max, 15000)), 1);
	for (int i = 0; i < 600; i++)
		silent[i] = dc_dial(broker_port(b), false, i % 2 ? "127.0.6.7" : "127.0.6.8");
	o = door_enter(b, "desk", "operator");
	CHECK_INT(dc_publish(o, "scoreboard/x", STR("1"), false), 0x10);
	for (int i = 0; i < 600; i++)
		dc_drop(silent[i]);
	dc_leave(o);
	door_stop(b);
}

/* MQTT 5: clean start, and a session that lives for an hour all the same. */
static int leave_a_session(struct broker *b, const char *id)
{
	BUF_CLEANUP struct buf packet = { 0 };
	struct dc *c = dc_dial(broker_port(b), false, "127.0.6.9");
	size_t len = strlen(id);
	int code;

	CU_ASSERT(dc_upgraded(c));
	buf_printf(&packet, "%c%c", 0x10, (int)(18 + len));
	buf_add(&packet, "\0\4MQTT\5\2\0\x3c\5\x11\0\0\x0e\x10\0", 17);
	buf_char(&packet, (char)len);
	buf_puts(&packet, id);
	dc_send_raw(c, buf_view(&packet));
	code = dc_connack(c);
	if (code == 0)
		CHECK_INT(dc_subscribe(c, "scoreboard/#"), 0);
	dc_drop(c);
	return code;
}

static void the_crowd_leaves_no_sessions(void)
{
	struct broker *b = door_start(HASTY, NULL);
	struct dc *o = door_enter(b, "desk", "operator");
	unsigned left = 0;
	char id[20];

	CHECK_INT(try(b, false, &(struct dc_login){ .id = "s", .keep_session = true }), door_is_21() ? 0x89 : 0x87);
	CHECK_INT(try(b, true, &(struct dc_login){ .id = "s", .keep_session = true, .v311 = true }), 5);
	for (int i = 0; i < 60; i++) {
		snprintf(id, sizeof(id), "s%d", i);
		left += leave_a_session(b, id) == 0;
	}
	/* the end of each is told a moment after its last step */
	CU_ASSERT(left >= 10 && left <= 20);
	CU_ASSERT(WAIT_FOR(leave_a_session(b, "last") != 0, 10000));
	CU_ASSERT(stat_of(o, "sessions/viewer") >= 10);
	dc_leave(o);
	door_stop(b);
}

static void what_a_removed_user_left_is_not_sent(void)
{
	static const char *const policy = "{\"passwords\":\"passwd\",\"roles\":{\"viewer\":{\"subscribe\":[\"#\"]},\"crew\":{\"publish\":[\"#\"]}},"
					  "\"users\":{%s},\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"}}";
	char before[500], after[500];
	struct broker *b;
	struct dc *c, *v;

	snprintf(before, sizeof(before), policy, "\"crew\":\"crew\",\"ann\":\"crew\"");
	snprintf(after, sizeof(after), policy, "\"ann\":\"crew\"");
	b = door_start(before, NULL);
	c = door_enter(b, "c", "crew");
	CHECK_INT(dc_publish(c, "a/by-crew", STR("1"), true), 0x10);
	dc_leave(c);
	c = door_enter(b, "a", "ann");
	CHECK_INT(dc_publish(c, "b/by-ann", STR("1"), true), 0x10);
	dc_leave(c);
	door_set_policy(b, after);
	CU_ASSERT(proc_wait_line(broker_proc(b), 0, "reloaded", 10000));
	v = viewer_on(b, "v", "127.0.6.10");
	CHECK_INT(dc_subscribe(v, "#"), 0);
	CU_ASSERT(dc_expect(v, "b/by-ann", "1", 5000));
	CU_ASSERT_FALSE(dc_expect(v, "a/by-crew", "1", 500));
	dc_leave(v);
	door_stop(b);
}

static void an_operator_clears_what_somebody_left(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *o = door_enter(b, "desk", "operator"), *c = door_enter(b, "c", "crew"), *v = viewer_on(b, "v", "127.0.6.11");
	BUF_CLEANUP struct buf out = { 0 };
	char topic[40];

	for (int i = 0; i < 300; i++) {
		snprintf(topic, sizeof(topic), "scoreboard/crew/n/%d", i);
		CHECK_INT(dc_publish(c, topic, STR("1"), true), 0x10);
	}
	CU_ASSERT(door_control(o, "{\"commands\":[{\"command\":\"wipe\",\"user\":\"crew\"}]}", &out));
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "\"topics\":300"));
	CU_ASSERT(WAIT_FOR(stat_of(o, "wiped") >= 300, 5000));
	CHECK_INT(dc_subscribe(o, "scoreboard/crew/n/#"), 0);
	CU_ASSERT_FALSE(dc_expect(o, "scoreboard/crew/n/0", "1", 300));
	dc_leave(v);
	dc_leave(c);
	dc_leave(o);
	door_stop(b);
}

const char *const unit_name = "door_attacks";
const struct unit_test unit_tests[] = {
	UNIT(nobody_throws_the_publisher_out),
	UNIT(nobody_throws_an_edges_bridge_out),
	UNIT(a_reload_keeps_everybody),
	UNIT(what_comes_before_connect_has_a_bound),
	UNIT(what_a_viewer_sends_without_end_has_a_bound),
	UNIT(who_does_not_connect_is_let_go),
	UNIT(the_files_of_who_has_a_seat_are_kept),
	UNIT(the_crowd_leaves_no_sessions),
	UNIT(what_a_removed_user_left_is_not_sent),
	UNIT(an_operator_clears_what_somebody_left),
	{ NULL, NULL },
};
