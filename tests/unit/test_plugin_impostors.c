/* Who claims to be somebody else: by guessing what is remembered, by coming while a reload is under way, or by keeping others out. */
#include "mosquitto-plugin/core/door_priv.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

static struct door *d;
static mono now;

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx, (void)to, (void)topic, (void)payload, (void)retain;
}

static void on_kick(void *ctx, const char *id)
{
	const struct client *c = roster_find_id(&d->roster, str_of(id));

	(void)ctx;
	if (c)
		door_gone(d, c->ptr);
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define HASH "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define POLICY                                                                                                       \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]},"                                                           \
	"\"op\":{\"subscribe\":[\"#\"],\"control\":true,\"reserved\":2,\"limits\":{\"sessions\":5}},"                    \
	"\"member\":{\"subscribe\":[\"#\"],\"limits\":{\"sessions\":3}}},"                                              \
	"\"users\":{\"op\":\"op\",\"ann\":\"member\"},\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"viewer\"},"    \
	"\"trusted_proxies\":[\"10.0.0.1\"],"                                                                          \
	"\"limits\":{\"connects_per_s\":2,\"connects_burst\":20,\"connects_per_s_per_address\":2,"                       \
	"\"connects_burst_per_address\":10,\"failed_logins\":5,\"sessions\":50,\"sessions_per_address\":3}}"

static void begin(void)
{
	struct door_ops ops = { on_publish, on_kick, on_log, NULL, NULL };
	struct complaint why;
	struct policy *policy;
	struct passwd passwords;

	CU_ASSERT_FATAL(policy_parse(str_of(POLICY), &policy, &why) == 0);
	CHECK_INT(passwd_parse(&passwords, STR("op:" HASH "\nann:" HASH "\n"), &why), 0);
	now = (mono){ 100000 };
	d = door_new("sb", policy, passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static const void *pointer(uintptr_t n)
{
	return (const void *)(n * 16);
}

static enum reason come(uintptr_t n, const char *id, const char *user, const char *password, const char *address)
{
	struct visitor v = { .ptr = pointer(n), .id = id, .user = user, .password = password, .address = address, .socket = (int)n };

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
	const struct user_book *op;

	begin();
	CHECK_REASON(come(1, "op", "op", "secret", "192.0.2.1"), NONE);
	op = books_find_user(&d->books, STR("op"));
	/* others who claim to be somebody have used up what such claims may have: nobody can knock */
	d->books.claims.missing = 20;
	d->books.claims.at = now;
	/* five guesses later the name is slow, and the right password would not be noticed by guessing */
	for (uintptr_t i = 0; i < 5; i++)
		come(200 + i, "x", "op", "guess", "192.0.2.5");
	CU_ASSERT(!mono_reached(now, op->slow_until));
	CU_ASSERT(come(300, "x", "op", "secret", "192.0.2.5") != REASON_NONE);
	/* at home it is */
	CHECK_REASON(come(301, "op2", "op", "secret", "192.0.2.1"), NONE);
	door_free(d);
}

static void a_wrong_password_of_a_remembered_user_costs_no_hash(void)
{
	begin();
	CHECK_REASON(come(1, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(2, "b", "ann", "wrong", "192.0.2.2"), LOGIN);
	CHECK_INT((int)d->books.login_work.missing, 102); /* the good login's */
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
	char id[16];

	snprintf(id, sizeof(id), "c%d", rand() % 40);
	switch (rand() % 8) {
	case 0: case 1: case 2: {
		struct visitor v = { .ptr = pointer(n), .id = id, .user = user, .password = rand() % 4 ? "secret" : "wrong",
				     .address = addresses[rand() % 4], .asks_session = rand() % 3 == 0, .socket = rand() % 8 ? (int)n : 0 };

		door_connect(d, &v, now, 0);
		break;
	}
	case 3:
		door_gone(d, pointer(n));
		break;
	case 4:
		door_gone_for_now(d, pointer(n), rand() % 2, now);
		break;
	case 5:
		door_may(d, pointer(n), rand() % 4 ? DOOR_SUBSCRIBE : DOOR_UNSUBSCRIBE, &m, now);
		break;
	case 6:
		if (rand() % 20 == 0)
			door_recheck(d);
		break;
	default:
		pass(rand() % 30000);
	}
}

static bool flips(void *ctx, const char *id)
{
	(void)ctx, (void)id;
	return rand() % 2;
}

static void sessions_and_seats_balance_after_100000_random_events(void)
{
	unsigned left = 0;

	begin();
	d->ops.has_session = flips;
	srand(7);
	for (int i = 0; i < 100000; i++)
		random_step();
	for (uintptr_t n = 1; n <= 60; n++)
		door_gone(d, pointer(n));
	pass(3600 * 1000 + 1000);
	pass(1000);
	for (const struct user_book *u = d->books.users; u; u = u->hh.next)
		left += u->sessions;
	CHECK_INT(left, 0);
	CHECK_INT(sessions_count(&d->sessions), 0);
	CHECK_INT(d->sessions.n_unsure, 0);
	for (const struct address *a = d->books.addresses; a; a = a->hh.next)
		left += a->sessions;
	CHECK_INT(left, 0);
	CHECK_INT(door_held(d), 0);
	door_free(d);
}

/* ---- what is wiped ---- */

static void what_comes_after_a_wipe_stays(void)
{
	struct retained_limits limits = { 100, 100, 100000 };
	struct retained_set r = { 0 };
	char *topic;

	retained_wrote(&r, STR("ann"), STR("sb/a"), 3, &limits);
	retained_wrote(&r, STR("ann"), STR("sb/b"), 3, &limits);
	CHECK_INT(retained_wipe(&r, STR("ann"), (struct str){ NULL, 0 }), 2);
	retained_wrote(&r, STR("op"), STR("sb/a"), 5, &limits);
	topic = retained_next_wiped(&r);
	CHECK_STR(topic, "sb/b");
	free(topic);
	topic = retained_next_wiped(&r);
	CU_ASSERT_PTR_NULL(topic);
	free(topic);
	CHECK_INT(retained_count(&r), 1);
	retained_free(&r);
}

static void what_the_broker_refuses_to_replay_is_not_owed_by_who_asked(void)
{
	struct message m = { .topic = STR("sb/#") };
	struct retained_limits limits = { 1000, 1000, 1000000 };
	char topic[20];

	begin();
	for (int i = 0; i < 500; i++) {
		snprintf(topic, sizeof(topic), "sb/%d", i);
		retained_wrote(&d->retained, STR("op"), str_of(topic), 1, &limits);
	}
	CHECK_REASON(come(1, "fan", NULL, NULL, "192.0.2.1"), NONE);
	d->books.replays = (struct bucket){ 1e9, now };
	CHECK_REASON(door_may(d, pointer(1), DOOR_SUBSCRIBE, &m, now), REPLAY_RATE);
	CHECK_INT((int)roster_find(&d->roster, pointer(1))->more->replays.missing, 0);
	CHECK_INT((int)roster_find(&d->roster, pointer(1))->charge.address->replays.missing, 0);
	door_free(d);
}

const char *const unit_name = "plugin_impostors";
const struct unit_test unit_tests[] = {
	UNIT(a_guess_that_no_rate_allows_is_counted_all_the_same),
	UNIT(a_wrong_password_of_a_remembered_user_costs_no_hash),
	UNIT(nobody_comes_in_with_a_sessions_old_pointer_while_a_reload_is_under_way),
	UNIT(sessions_left_by_one_do_not_shut_out_who_can_leave_none),
	UNIT(sessions_and_seats_balance_after_100000_random_events),
	UNIT(what_comes_after_a_wipe_stays),
	UNIT(what_the_broker_refuses_to_replay_is_not_owed_by_who_asked),
	{ NULL, NULL },
};
