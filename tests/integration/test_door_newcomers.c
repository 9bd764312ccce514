/* Who has come in by a way on which the broker does not show his socket's other end is no newcomer, and blinds nobody. */
#include "tests/support/door.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <sys/resource.h>

#define POLICY \
	"{\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"},\"users\":{}," \
	"\"roles\":{\"viewer\":{\"subscribe\":[\"t/#\"]}},\"limits\":{\"connect_s\":3}}"

static int free_port(void)
{
	struct broker *b = door_start(POLICY, NULL);
	int port = broker_port(b);

	door_stop(b);
	return port;
}

/* PROXY protocol, version 2: a connection of 192.0.2.7 by way of a proxy that the policy does not know. */
static struct dc *by_proxy(int port)
{
	static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\x7f\0\0\1\x12\x34\x43\x21";
	struct dc *c = dc_dial(port, false, NULL);

	dc_send_raw(c, (struct str){ header, sizeof(header) - 1 });
	return c;
}

static void who_comes_by_a_proxy_that_tells_addresses_stays(void)
{
	const struct dc_login login = { .id = "viewer" };
	struct dc *silent, *viewer;
	struct broker *b;
	char conf[200];
	int port;

	if (!door_is_21())
		return; /* 2.0 does not know the option */
	port = free_port();
	snprintf(conf, sizeof(conf), "listener %d 127.0.0.1\nenable_proxy_protocol 2\n", port);
	b = door_start(POLICY, conf);
	viewer = by_proxy(port);
	dc_send_connect(viewer, &login);
	CHECK_INT(dc_connack(viewer), 0);
	silent = by_proxy(port);
	CHECK_INT(dc_wait_end(silent, 8000), DC_CLOSED); /* the watch goes on */
	CHECK_INT(dc_subscribe(viewer, "t/#"), 0);
	CHECK_INT(dc_wait_end(viewer, 5000), DC_SILENT);
	dc_leave(viewer);
	dc_drop(silent);
	door_stop(b);
}

#define MANY 1200

/* More descriptors than the watch has room for at first, all at once. */
static void a_crowd_that_sends_nothing_goes_and_who_came_in_stays(void)
{
	struct dc *many[MANY], *viewer;
	struct broker *b = door_start(POLICY, NULL);
	const struct dc_login login = { .id = "viewer" };
	char from[20];
	struct rlimit files;
	int code;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	viewer = dc_connect(broker_port(b), false, NULL, &login, &code);
	CHECK_INT(code, 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(from, sizeof(from), "127.0.%d.1", 1 + i % 7);
		many[i] = dc_dial(broker_port(b), false, from);
	}
	for (int i = 0; i < MANY; i++) {
		CHECK_INT(dc_wait_end(many[i], 12000), DC_CLOSED);
		dc_drop(many[i]);
	}
	CHECK_INT(dc_subscribe(viewer, "t/#"), 0);
	dc_leave(viewer);
	door_stop(b);
}

const char *const unit_name = "door_newcomers";
const struct unit_test unit_tests[] = {
	UNIT(who_comes_by_a_proxy_that_tells_addresses_stays),
	UNIT(a_crowd_that_sends_nothing_goes_and_who_came_in_stays),
	{ NULL, NULL },
};
