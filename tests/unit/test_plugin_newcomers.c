/* The watch over connections that have not come in, on real sockets: the test is broker and peer in one process. */
#include "mosquitto-plugin/newcomers.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MANY 700 /* two descriptors each: more than the watch has room for at first */

#define STEP_MS 100 /* between two looks */

/* No client's bytes are counted here. */
static bool nobody(void *ctx, const void *client, struct rate *out)
{
	(void)ctx, (void)client, (void)out;
	return false;
}

static struct newcomers *n;
static struct policy *policy;
static int listener, ours[MANY], theirs[MANY];
static struct sockaddr_in where;
static mono now;

static struct policy *parse(const char *limits)
{
	struct complaint why;
	struct policy *p;
	char text[500];

	snprintf(text, sizeof(text), "{\"roles\":{\"viewer\":{}},\"users\":{},\"limits\":{%s}}", limits);
	CHECK_INT(policy_parse(str_of(text), &p, &why), 0);
	return p;
}

static void begin(const char *limits)
{
	socklen_t len = sizeof(where);

	policy = parse(limits);
	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
	n = newcomers_new(newcomers_raise_file_limit());
	now = (mono){ 100000 };
	where = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK_INT(bind(listener, (struct sockaddr *)&where, sizeof(where)), 0);
	CHECK_INT(listen(listener, MANY), 0);
	CHECK_INT(getsockname(listener, (struct sockaddr *)&where, &len), 0);
}

static void arrive(int i)
{
	theirs[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CU_ASSERT_FATAL(connect(theirs[i], (struct sockaddr *)&where, sizeof(where)) == 0);
	ours[i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CU_ASSERT_FATAL(ours[i] > 0);
}

static void end(int many)
{
	for (int i = 0; i < many; i++) {
		close(ours[i]);
		close(theirs[i]);
	}
	close(listener);
	newcomers_free(n);
	policy_free(policy);
}

/* A look that takes long, on a busy machine, is followed by the next one later, up to a second or two. */
static void look_for(int64_t ms)
{
	for (int64_t i = 0; i < ms; i += STEP_MS) {
		now = mono_add(now, STEP_MS);
		newcomers_look(n, policy, &(struct newcomers_allowance){ nobody, NULL }, now);
	}
}

static bool was_shut(int i)
{
	char byte;

	/* by a reset, which is told once */
	return recv(theirs[i], &byte, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET;
}

static int count_shut(int many)
{
	int shut = 0;

	for (int i = 0; i < many; i++)
		shut += was_shut(i);
	return shut;
}

static void check_metric(const char *line)
{
	BUF_CLEANUP struct buf out = { 0 };

	newcomers_metrics(n, &out);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, line));
}

static void more_of_them_than_there_was_room_for_are_judged_rightly(void)
{
	begin("\"connect_s\":10,\"unconnected\":1000,\"unconnected_per_address\":600");
	look_for(100);
	for (int i = 0; i < MANY; i++)
		arrive(i);
	look_for(5000);
	CHECK_INT(count_shut(MANY), MANY - 600);
	check_metric("scoreboard_door_unconnected 700\n");
	look_for(11000);
	CHECK_INT(count_shut(MANY), MANY);
	end(MANY);
}

static void the_files_that_are_open_are_counted(void)
{
	int64_t before;

	begin("\"connect_s\":10");
	CHECK_INT(newcomers_open_files(n), -1);
	look_for(100);
	before = newcomers_open_files(n);
	CU_ASSERT(before >= 4); /* with the listener */
	arrive(0);
	newcomers_came_in(n, ours[0], &where);
	look_for(5000);
	CHECK_INT(newcomers_open_files(n), before + 2);
	newcomers_came_in(n, 0, &where); /* it is blind from here on */
	CHECK_INT(newcomers_open_files(n), -1);
	end(1);
}

static void who_is_shut_down_is_counted_once(void)
{
	begin("\"connect_s\":1");
	arrive(0);
	look_for(5000);
	check_metric("scoreboard_door_unconnected_closed_total{reason=\"slow\"} 1\n");
	end(1);
}

static void the_time_in_which_the_broker_was_busy_is_not_theirs(void)
{
	begin("\"connect_s\":10");
	arrive(0);
	look_for(100);
	now = mono_add(now, 60000); /* a storm: nobody's CONNECT is read */
	look_for(5000);
	CU_ASSERT(!was_shut(0));
	look_for(5000);
	CU_ASSERT(was_shut(0));
	end(1);
}

static void who_has_come_in_stays_and_who_has_left_leaves_no_gap(void)
{
	int client;

	begin("\"connect_s\":1");
	arrive(0);
	newcomers_came_in(n, ours[0], &client);
	look_for(5000);
	CU_ASSERT(!was_shut(0));
	newcomers_left(n, ours[0], &client); /* the same number may be a newcomer's at once */
	look_for(5000);
	CU_ASSERT(was_shut(0));
	CU_ASSERT(!newcomers_is_blind(n));
	end(1);
}

static void what_is_waiting_is_told_from_what_is_not(void)
{
	int client;

	begin("\"connect_s\":1");
	arrive(0);
	CU_ASSERT(newcomers_is_waiting(n, ours[0])); /* before the first look, too */
	CU_ASSERT(!newcomers_is_waiting(n, theirs[0]));
	CU_ASSERT(!newcomers_is_waiting(n, listener));
	CU_ASSERT(!newcomers_is_waiting(n, STDERR_FILENO));
	CU_ASSERT(!newcomers_is_waiting(n, 100000));
	newcomers_came_in(n, ours[0], &client);
	CU_ASSERT(!newcomers_is_waiting(n, ours[0]));
	end(1);
}

static void nobody_is_shut_down_who_comes_by_a_spared_listener(void)
{
	begin("\"connect_s\":1");
	arrive(0);
	look_for(500);
	newcomers_spare(n, ours[0]);
	arrive(1);
	look_for(5000);
	CHECK_INT(count_shut(2), 0);
	newcomers_spare(n, STDERR_FILENO); /* is none, and nothing happens */
	newcomers_spare(n, -1);
	end(2);
}

const char *const unit_name = "plugin_newcomers";
const struct unit_test unit_tests[] = {
	UNIT(more_of_them_than_there_was_room_for_are_judged_rightly),
	UNIT(the_files_that_are_open_are_counted),
	UNIT(who_is_shut_down_is_counted_once),
	UNIT(the_time_in_which_the_broker_was_busy_is_not_theirs),
	UNIT(who_has_come_in_stays_and_who_has_left_leaves_no_gap),
	UNIT(what_is_waiting_is_told_from_what_is_not),
	UNIT(nobody_is_shut_down_who_comes_by_a_spared_listener),
	{ NULL, NULL },
};
