/* Who claims to be somebody else: by guessing what is remembered, by coming while a reload is under way, or by keeping others out. */
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/door_world.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

static struct door *d;
static mono now;

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	door_gone(d, world_find(d, id));
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define HASH "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"],\"limits\":{\"replays_per_s\":1,\"replays_burst\":500}}," \
	"\"op\":{\"subscribe\":[\"#\"],\"control\":true,\"reserved\":2,\"limits\":{\"sessions\":5}}," \
	"\"member\":{\"subscribe\":[\"#\"],\"limits\":{\"sessions\":3}}}," \
	"\"users\":{\"op\":\"op\",\"pub\":\"op\",\"ann\":\"member\",\"bob\":\"member\"},\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"viewer\"}," \
	"\"trusted_proxies\":[\"10.0.0.1\"]," \
	"\"limits\":{\"connects_per_s\":2,\"connects_burst\":20,\"connects_per_s_per_address\":2," \
	"\"connects_burst_per_address\":10,\"failed_logins\":5,\"sessions\":50,\"sessions_per_address\":3%s}}"

static bool flips(void *ctx, const char *id)
{
	(void)ctx, (void)id;
	return rand() % 2;
}

/* more: further limits, each with a comma before it. */
static void begin_with(const char *more, bool (*has_session)(void *ctx, const char *id))
{
	struct door_ops ops = { world_publishes_nothing, NULL, on_kick, on_log, has_session, NULL };
	struct complaint why;
	struct policy *policy;
	struct passwd passwords;
	char text[2000];

	snprintf(text, sizeof(text), POLICY, more);
	CU_ASSERT_FATAL(policy_parse(str_of(text), &policy, &why) == 0);
	CHECK_INT(passwd_parse(&passwords, STR("op:" HASH "\npub:" HASH "\nann:" HASH "\nbob:" HASH "\n"), &why), 0);
	now = (mono){ 100000 };
	world_begin();
	d = door_new("sb", policy, passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static void begin(void)
{
	begin_with("", NULL);
}

static enum reason come(uintptr_t n, const char *id, const char *user, const char *password, const char *address)
{
	struct visitor v = { .ptr = pointer(n), .id = id, .user = user, .password = password, .address = address, .socket = (int)n };

	world_connects(n, id);
	return door_connect(d, &v, now, 0);
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
	door_tick(d, now, 0);
}

#define CHECK_REASON(got, expected) CHECK_STR(reason_rows[got].label, reason_rows[REASON_##expected].label)

static void a_guess_that_no_rate_allows_is_counted_all_the_same(void)
{
	char address[20];

	begin();
	CHECK_REASON(come(1, "op", "op", "secret", "192.0.2.1"), NONE);
	/* others who claim to be somebody have used up what such claims may have: nobody can knock */
	for (uintptr_t i = 0; i < 20; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", 100 + (int)i);
		CU_ASSERT(come(100 + i, "y", "pub", "guess", address) != REASON_NONE);
	}
	CHECK_REASON(come(130, "y", "pub", "guess", "192.0.2.99"), CONNECT_RATE);
	/* five guesses later the name is slow, and the right password would not be noticed by guessing */
	for (uintptr_t i = 0; i < 5; i++)
		CU_ASSERT(come(200 + i, "x", "op", "guess", "192.0.2.5") != REASON_NONE);
	CU_ASSERT(come(300, "x", "op", "secret", "192.0.2.5") != REASON_NONE);
	/* at home it is */
	CHECK_REASON(come(301, "op2", "op", "secret", "192.0.2.1"), NONE);
	/* slow is: when knocking is possible again, one try in five seconds for all who come by a proxy */
	pass(10000);
	CHECK_REASON(come(302, "x", "op", "wrong", "10.0.0.1"), LOGIN);
	CHECK_REASON(come(303, "x", "op", "secret", "10.0.0.1"), USER_FAILURES);
	door_free(d);
}

/* A hash costs 102 us, and what may be spent at once is 100. */
static void a_wrong_password_of_a_remembered_user_costs_no_hash(void)
{
	begin_with(",\"login_ms_per_s\":1", NULL);
	CHECK_REASON(come(1, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(2, "c", "bob", "secret", "192.0.2.3"), LOGIN_BUSY);
	pass(110);
	CHECK_REASON(come(3, "b", "ann", "wrong", "192.0.2.2"), LOGIN);
	CHECK_REASON(come(2, "c", "bob", "secret", "192.0.2.3"), NONE);
	door_free(d);
}

/* The broker has given a session up of which the plugin has not heard, and its memory to somebody who says that he is its owner. */
static void nobody_comes_in_with_a_sessions_old_pointer_while_a_reload_is_under_way(void)
{
	struct visitor v = { .ptr = pointer(1), .id = "op", .user = "op", .password = "wrong", .address = "192.0.2.5", .socket = 9 };

	begin();
	CHECK_REASON(come(1, "op", "op", "secret", "192.0.2.1"), NONE);
	door_gone_for_now(d, pointer(1), true, now);
	door_recheck(d);
	CHECK_REASON(door_connect(d, &v, now, 0), LOGIN);
	v.socket = 0;
	v.password = NULL;
	CHECK_REASON(door_connect(d, &v, now, 0), NONE); /* the session itself stays */
	CU_ASSERT(!door_is_in(d, pointer(1)));
	door_free(d);
}

static void sessions_left_by_one_do_not_shut_out_who_can_leave_none(void)
{
	struct visitor v = { .ptr = pointer(50), .id = "fan", .address = "192.0.2.1", .socket = 50 };

	begin();
	for (uintptr_t i = 1; i <= 3; i++) {
		char id[8];

		snprintf(id, sizeof(id), "s%d", (int)i);
		CHECK_REASON(come(i, id, NULL, NULL, "192.0.2.1"), NONE);
		door_gone_for_now(d, pointer(i), true, now);
	}
	CHECK_REASON(door_connect(d, &v, now, 0), SESSIONS);
	v.leaves_nothing = true;
	CHECK_REASON(door_connect(d, &v, now, 0), NONE);
	door_free(d);
}

/* ---- books ---- */

static const char *const users[] = { NULL, "op", "ann" };
static const char *const addresses[] = { "192.0.2.1", "192.0.2.2", "10.0.0.1", "2001:db8::1" };

static void random_step(void)
{
	uintptr_t n = 1 + (uintptr_t)rand() % 60;
	const char *user = users[rand() % 3];
	struct message m = { .topic = str_of(rand() % 2 ? "sb/#" : "sb/x/+") };
	enum reason why = REASON_NONE;
	char id[16];

	snprintf(id, sizeof(id), "c%d", rand() % 40);
	switch (rand() % 8) {
	case 0:
	case 1:
	case 2: {
		struct visitor v = { .ptr = pointer(n), .id = id, .user = user, .password = rand() % 4 ? "secret" : "wrong", .address = addresses[rand() % 4], .asks_session = rand() % 3 == 0, .socket = rand() % 8 ? (int)n : 0 };

		world_connects(n, id);
		why = door_connect(d, &v, now, 0);
		CU_ASSERT(why || door_is_in(d, v.ptr) || !v.socket);
		break;
	}
	case 3:
		door_gone(d, pointer(n));
		break;
	case 4:
		door_gone_for_now(d, pointer(n), rand() % 2, now);
		break;
	case 5:
		why = door_may(d, pointer(n), &(struct door_request){ rand() % 4 ? DOOR_SUBSCRIBE : DOOR_UNSUBSCRIBE, &m }, now);
		CU_ASSERT(why || door_is_in(d, pointer(n)));
		break;
	case 6:
		if (rand() % 20 == 0)
			door_recheck(d);
		break;
	default:
		pass(rand() % 30000);
	}
}

static void sessions_and_seats_balance_after_100000_random_events(void)
{
	begin_with("", flips);
	srand(7);
	for (int i = 0; i < 100000; i++)
		random_step();
	for (uintptr_t n = 1; n <= 60; n++)
		door_gone(d, pointer(n));
	pass(3600 * 1000 + 1000);
	pass(1000);
	CHECK_INT(door_held_for_sessions(d), 0);
	CHECK_INT(door_held(d), 0);
	door_free(d);
}

/* ---- what was not sent ---- */

static void what_the_broker_refuses_to_replay_is_not_owed_by_who_asked(void)
{
	struct message m = { .topic = STR("sb/#") };
	char topic[20];

	begin_with(",\"replays_per_s\":1000,\"replays_burst\":500,\"replays_per_s_per_address\":1,\"replays_burst_per_address\":500", NULL);
	for (int i = 0; i < 510; i++) {
		struct message retained = { .payload = STR("x"), .retain = true };

		snprintf(topic, sizeof(topic), "sb/%d", i);
		retained.topic = str_of(topic);
		CHECK_INT(door_message(d, NULL, &retained, now).what, DOOR_MESSAGE_PASS); /* the bridge's */
	}
	CHECK_REASON(come(1, "fan", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(come(2, "other", NULL, NULL, "192.0.2.2"), NONE);
	CHECK_REASON(door_may(d, pointer(2), &(struct door_request){ DOOR_SUBSCRIBE, &m }, now), NONE);
	CHECK_REASON(door_may(d, pointer(1), &(struct door_request){ DOOR_SUBSCRIBE, &m }, now), REPLAY_RATE); /* all is used up */
	pass(1000);
	CHECK_REASON(door_may(d, pointer(1), &(struct door_request){ DOOR_SUBSCRIBE, &m }, now), NONE);        /* nobody has paid */
	CHECK_REASON(door_may(d, pointer(1), &(struct door_request){ DOOR_SUBSCRIBE, &m }, now), REPLAY_RATE); /* now they have */
	door_free(d);
}

const char *const unit_name = "plugin_impostors";
const struct unit_test unit_tests[] = {
	UNIT(a_guess_that_no_rate_allows_is_counted_all_the_same),
	UNIT(a_wrong_password_of_a_remembered_user_costs_no_hash),
	UNIT(nobody_comes_in_with_a_sessions_old_pointer_while_a_reload_is_under_way),
	UNIT(sessions_left_by_one_do_not_shut_out_who_can_leave_none),
	UNIT(sessions_and_seats_balance_after_100000_random_events),
	UNIT(what_the_broker_refuses_to_replay_is_not_owed_by_who_asked),
	{ NULL, NULL },
};
