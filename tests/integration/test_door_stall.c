/* Who stops reading but goes on pinging is let go: no option of Mosquitto does that. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#define POLICY(stalled_s) \
	"{\"passwords\":\"passwd\",\"users\":{\"publisher\":\"publisher\"}," \
	"\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"}," \
	"\"roles\":{\"viewer\":{\"subscribe\":[\"t/#\"]}," \
	"\"publisher\":{\"subscribe\":[\"t/#\"],\"publish\":[\"t/#\"],\"limits\":{\"publishes_per_s\":100000," \
	"\"bytes_per_s\":100000000,\"bytes_burst\":100000000}}}," \
	"\"limits\":{\"stalled_s\":" #stalled_s "}}"
#define VIEWERS "connections{role=\"viewer\"}"
#define METRICS_MS 25000 /* they are written every 10 s */
#define PAYLOAD 3500     /* 2.0 writes longer ones over WebSockets in pieces, one per 100 ms */
#define AT_ONCE 6

static struct broker *b;
static struct dc *publisher, *reader, *stalled[2]; /* over TCP, over WebSockets */

static struct dc *enter(int port, bool websocket, const char *id)
{
	const struct dc_login login = { .id = id };
	int code;
	struct dc *c = dc_connect(port, websocket, NULL, &login, &code);

	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(c, "t/#"), 0);
	return c;
}

static void open_house(const char *policy)
{
	b = door_start(policy, NULL);
	publisher = door_enter(b, "pub", "publisher");
	reader = enter(broker_ws_port(b), true, "reader");
	stalled[0] = enter(broker_port(b), false, "stalled-tcp");
	stalled[1] = enter(broker_ws_port(b), true, "stalled-ws");
}

static void close_house(void)
{
	for (int i = 0; i < 2; i++)
		dc_drop(stalled[i]);
	dc_leave(reader);
	dc_leave(publisher);
	door_stop(b);
}

/* More in a second than a window of TCP holds; the reader gets all of it. */
static void play(int seconds)
{
	BUF_CLEANUP struct buf payload = { 0 };

	for (int i = 0; i < PAYLOAD; i++)
		buf_char(&payload, 'x');
	for (int i = 0; i < seconds * 10; i++) {
		for (int k = 0; k < AT_ONCE; k++)
			dc_publish_qos0(publisher, "t/delta", buf_view(&payload), false);
		for (int k = 0; k < AT_ONCE; k++)
			CU_ASSERT_FATAL(dc_expect(reader, "t/delta", payload.p, 5000));
		if (i % 5 == 0)
			dc_ping(stalled[0]), dc_ping(stalled[1]);
		usleep(100000);
	}
}

static void who_reads_nothing_but_pings_is_let_go(void)
{
	open_house(POLICY(2));
	play(6);
	CU_ASSERT(door_wait_metric(VIEWERS, 1, METRICS_MS));
	CHECK_INT(dc_wait_end(stalled[1], 5000), DC_CLOSED);
	close_house();
}

/* Of those who are in as well, and with the time that a reload brings. */
static void a_reload_changes_how_long_it_may_take(void)
{
	open_house(POLICY(3600));
	play(6);
	CU_ASSERT(door_wait_metric(VIEWERS, 3, METRICS_MS));
	door_set_policy(b, POLICY(2));
	play(5);
	CU_ASSERT(door_wait_metric(VIEWERS, 1, METRICS_MS));
	close_house();
}

/* Connections of this port's server whose timer is that of TCP's keep-alive: /proc/net/tcp, proc(5). */
static int kept_alive(int port)
{
	FILE *f = fopen("/proc/net/tcp", "re");
	unsigned local, state, timer;
	char line[300];
	int n = 0;

	CU_ASSERT_FATAL(f != NULL);
	while (fgets(line, sizeof(line), f))
		n += sscanf(line, " %*d: %*x:%x %*x:%*x %x %*x:%*x %x:", &local, &state, &timer) == 3 &&
		     local == (unsigned)port && state == 1 && timer == 2;
	fclose(f);
	return n;
}

/* TCP asks who is idle, with nothing to be done by the broker. */
static void who_vanishes_in_silence_is_asked_for_by_tcp(void)
{
	open_house(POLICY(30));
	CU_ASSERT(door_wait_metric(VIEWERS, 3, METRICS_MS));
	/* while something is on its way to a client his timer is another one */
	CU_ASSERT(WAIT_FOR(kept_alive(broker_port(b)) == 2, 10000)); /* the publisher, and stalled[0] */
	CU_ASSERT(WAIT_FOR(kept_alive(broker_ws_port(b)) == 2, 10000));
	close_house();
}

const char *const unit_name = "door_stall";
const struct unit_test unit_tests[] = {
	UNIT(who_reads_nothing_but_pings_is_let_go),
	UNIT(a_reload_changes_how_long_it_may_take),
	UNIT(who_vanishes_in_silence_is_asked_for_by_tcp),
	{ NULL, NULL },
};
