/* The limit on open files, of which each connection is one. Debian's unit starts the broker with a soft limit below a crowd and a hard one
 * far above it: the plugin raises it. Where the hard limit is low, that is said, and viewers are refused while seats that are reserved stay
 * free. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define CROWD 600

const char *const unit_name = "door_files";

#define POLICY \
	"{\"passwords\":\"passwd\",\"roles\":{\"viewer\":{\"subscribe\":[\"scoreboard/#\"]}," \
	"\"publisher\":{\"publish\":[\"scoreboard/#\"],\"reserved\":3}," \
	"\"operator\":{\"subscribe\":[\"#\"],\"control\":true,\"reserved\":2}}," \
	"\"users\":{\"publisher\":\"publisher\",\"operator\":\"operator\"},\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"}," \
	"\"limits\":{\"connections_per_address\":10000,\"connects_per_s_per_address\":10000,\"connects_burst_per_address\":10000}}"

/* What the broker is started by: a script that sets the limits, as systemd would, before it becomes the broker. */
static void write_starter(long soft, long hard)
{
	static const char *broker; /* the program that would be started otherwise */
	const char *path = door_file("limited-mosquitto"), *variable = door_is_21() ? "SB_MOSQUITTO_21" : "SB_MOSQUITTO";
	BUF_CLEANUP struct buf text = { 0 };

	if (!broker)
		broker = getenv(variable) ? strdup(getenv(variable)) : "/usr/sbin/mosquitto";
	buf_printf(&text, "#!/bin/sh\nulimit -S -n %ld && ulimit -H -n %ld && exec %s \"$@\"\n", soft, hard, broker);
	place_write(path, buf_view(&text));
	chmod(path, 0700);
	setenv(variable, path, 1);
}

static struct broker *start_with(long soft, long hard)
{
	write_starter(soft, hard);
	return door_start(POLICY, NULL);
}

/* That of conf/systemd, or ours, where that is lower and cannot be raised. */
static long high_limit(void)
{
	struct rlimit ours = { 0 };

	getrlimit(RLIMIT_NOFILE, &ours);
	return ours.rlim_max < 100000 ? (long)ours.rlim_max : 100000;
}

static unsigned come(struct broker *b, struct dc **crowd)
{
	unsigned in = 0;

	for (int i = 0; i < CROWD; i++) {
		struct dc_login login = { .id = "" };
		bool websocket = i % 20 == 0; /* one takes 0.1 s on 2.0 */
		int code;

		crowd[i] = dc_connect(websocket ? broker_ws_port(b) : broker_port(b), websocket, "127.0.8.1", &login, &code);
		in += code == 0;
	}
	return in;
}

static void go(struct dc **crowd)
{
	for (int i = 0; i < CROWD; i++)
		dc_drop(crowd[i]);
}

static void a_soft_limit_below_the_crowd_is_raised(void)
{
	struct dc *crowd[CROWD];
	struct broker *b = start_with(256, high_limit());

	CHECK_INT(come(b, crowd), CROWD);
	CU_ASSERT(door_wait_metric("open_files_limit", (double)high_limit(), 15000));
	CHECK_INT(proc_count_lines(broker_proc(b), 0, "raise the limit on open files"), 0);
	go(crowd);
	door_stop(b);
}

/* All of the crowd stays connected, or goes on trying: still who has a reserved seat comes in, and is heard. */
static void a_low_hard_limit_is_said_and_keeps_what_is_reserved(void)
{
	struct dc *crowd[CROWD], *publisher, *operator;
	struct broker *b = start_with(256, 300);
	unsigned in = come(b, crowd);

	CU_ASSERT(proc_wait_line(broker_proc(b), 0, "raise the limit on open files", 0));
	CU_ASSERT(proc_wait_line(broker_proc(b), 0, "  connections=10000 files=300 seats=161", 0));
	CU_ASSERT(proc_wait_line(broker_proc(b), 0, " reason=full ", 0));
	CHECK_INT(in, 161 - 5); /* less what is reserved */
	publisher = door_enter(b, "p", "publisher");
	operator= door_enter(b, "o", "operator");
	CHECK_INT(dc_publish(publisher, "scoreboard/x", STR("1"), true), 0x10);
	CHECK_INT(dc_subscribe(operator, "scoreboard/x"), 0);
	CU_ASSERT(dc_expect(operator, "scoreboard/x", "1", 5000));
	CU_ASSERT(door_wait_metric("open_files_limit", 300, 15000));
	CU_ASSERT(WAIT_FOR(door_metric("refused_total{reason=\"full\"}") == CROWD - in, 15000));
	CHECK_INT((int)door_metric("connections{role=\"viewer\"}"), in);
	dc_leave(publisher);
	dc_leave(operator);
	go(crowd);
	door_stop(b);
}

/* When somebody goes, the next one gets the seat. */
static void a_seat_that_is_given_back_is_taken_again(void)
{
	struct dc *crowd[CROWD], *late = NULL;
	struct broker *b = start_with(256, 300);
	struct dc_login login = { .id = "late" };
	int code;

	CHECK_INT(come(b, crowd), 156);
	late = dc_connect(broker_port(b), false, "127.0.8.2", &login, &code);
	CU_ASSERT(code != 0);
	dc_drop(late);
	dc_leave(crowd[0]);
	crowd[0] = NULL;
	for (int i = 0; i < 100; i++) {
		late = dc_connect(broker_port(b), false, "127.0.8.2", &login, &code);
		if (code == 0)
			break;
		dc_drop(late);
		late = NULL;
		nap_ms(50);
	}
	CHECK_INT(code, 0);
	dc_leave(late);
	go(crowd);
	door_stop(b);
}

const struct unit_test unit_tests[] = {
	UNIT(a_soft_limit_below_the_crowd_is_raised),
	UNIT(a_low_hard_limit_is_said_and_keeps_what_is_reserved),
	UNIT(a_seat_that_is_given_back_is_taken_again),
	{ NULL, NULL },
};
