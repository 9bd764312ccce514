/* Exclusive roles: one client is in at a time, whoever else asks is refused, and a place is never held by who has gone. */
#include "mosquitto-plugin/core/door/door.h"
#include "mosquitto-plugin/core/seats/places.h"
#include "tests/unit/door_world.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static struct door *d;
static mono now;
static struct buf logged, kicked;
static unsigned n_logged;

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	buf_printf(&kicked, "%s ", id);
	door_gone(d, world_find(d, id));
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level;
	n_logged++;
	buf_printf(&logged, "%s\n", text);
}

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define HASH "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]},%s" \
	"\"pub\":{\"publish\":[\"sb/#\"],\"reserved\":5,%s\"limits\":{\"sessions\":2}}," \
	"\"scores\":{\"publish\":[\"scores/#\"],\"exclusive\":true}}," \
	"\"users\":{\"pub\":\"pub\",\"second\":\"pub\",\"scores\":\"scores\"},\"anonymous\":{\"mqtt\":\"viewer\"},\"limits\":{\"failed_logins\":3,\"connections_per_user\":100}}"
#define EXCLUSIVE "\"exclusive\":true,"
#define HASHES "pub:" HASH "\nsecond:" HASH "\nscores:" HASH "\n"

static struct policy *policy_with(const char *more_roles, const char *of_pub)
{
	struct complaint why;
	struct policy *p;
	char text[2000];

	snprintf(text, sizeof(text), POLICY, more_roles, of_pub);
	CU_ASSERT_FATAL(policy_parse(str_of(text), &p, &why) == 0);
	return p;
}

static struct passwd passwords(void)
{
	struct complaint why;
	struct passwd p;

	CHECK_INT(passwd_parse(&p, STR(HASHES), &why), 0);
	return p;
}

static void begin(const char *of_pub)
{
	const struct door_ops ops = { .publish = world_publishes_nothing, .kick = on_kick, .log = on_log };

	now = (mono){ 100000 };
	n_logged = 0;
	world_begin();
	d = door_new("sb", policy_with("", of_pub), passwords(), &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static void end(void)
{
	door_free(d);
	buf_free(&logged);
	buf_free(&kicked);
}

static enum reason come(uintptr_t n, const char *id, const char *user)
{
	struct visitor v = {
		.ptr = pointer(n), .id = id, .user = user, .password = user ? "secret" : NULL, .address = "192.0.2.1", .socket = (int)n
	};

	world_connects(n, id);
	return door_connect(d, &v, now, 0);
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
	door_tick(d, now, 0);
}

static const void *contested(void)
{
	struct contested c;
	int role = 0;

	return door_next_contested(d, &role, now, &c) ? c.ptr : NULL;
}

#define CHECK_REASON(got, expected) CHECK_STR(reason_rows[got].label, reason_rows[REASON_##expected].label)

static void while_one_is_in_another_client_id_is_refused(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(come(2, "spare", "pub"), TAKEN);
	CHECK_REASON(come(3, "spare", "second"), TAKEN); /* another user of the role */
	CHECK_REASON(come(4, "phone", NULL), NONE);      /* other roles are not concerned */
	door_gone(d, pointer(4));
	door_gone(d, pointer(1));
	CHECK_REASON(come(5, "spare", "second"), NONE);
	CHECK_REASON(come(6, "rink", "pub"), TAKEN);
	CHECK_INT(metric(d, "refused_total{reason=\"taken\"}"), 3);
	door_gone(d, pointer(5));
	CHECK_INT(door_held(d), 0);
	end();
}

/* Publishers of two tracks, whose topics have nothing in common. */
static void each_name_behind_an_at_is_a_place_of_its_own(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink@sb/t1", "pub"), NONE);
	CHECK_REASON(come(2, "rink@sb/t2", "pub"), NONE);
	CHECK_REASON(come(3, "spare@sb/t1", "pub"), TAKEN);
	CU_ASSERT_PTR_EQUAL(contested(), pointer(1));
	CHECK_REASON(come(4, "spare@sb/t2", "second"), TAKEN);
	CHECK_REASON(come(5, "spare@sb/t11", "pub"), NONE);
	door_gone(d, pointer(1));
	CHECK_REASON(come(6, "spare@sb/t1", "pub"), NONE);
	CHECK_REASON(come(7, "a@sb/t2@sb/t1", "pub"), TAKEN); /* the last one counts */
	door_gone(d, pointer(2));
	door_gone(d, pointer(5));
	door_gone(d, pointer(6));
	CHECK_INT(door_held(d), 0);
	end();
}

static void a_name_within_another_one_is_the_same_place(void)
{
	static const char *const same[] = { "a@sb", "a@sb/t1/x", "a", "a@" };

	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink@sb/t1", "pub"), NONE);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		CHECK_REASON(come(2, same[i], "pub"), TAKEN);
		door_gone(d, pointer(1));
		CHECK_REASON(come(2, same[i], "pub"), NONE); /* and the other way round */
		CHECK_REASON(come(1, "rink@sb/t1", "pub"), TAKEN);
		door_gone(d, pointer(2));
		CHECK_REASON(come(1, "rink@sb/t1", "pub"), NONE);
	}
	CHECK_REASON(come(3, "rink@sb/t", "pub"), NONE);
	end();
}

static void there_are_so_many_places_and_no_more(void)
{
	char id[40];

	begin(EXCLUSIVE);
	for (unsigned i = 0; i < PLACES_MOST; i++) {
		snprintf(id, sizeof(id), "rink@sb/t%u", i);
		CHECK_REASON(come(1 + i, id, "pub"), NONE);
	}
	CHECK_REASON(come(100, "rink@sb/more", "pub"), TAKEN);
	CHECK_REASON(come(101, "phone", NULL), NONE); /* is none of those */
	door_gone(d, pointer(1));
	CHECK_REASON(come(100, "rink@sb/more", "pub"), NONE);
	end();
}

static void without_the_option_several_are_in(void)
{
	begin("");
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(come(2, "spare", "pub"), NONE);
	end();
}

static void the_holder_takes_its_place_back_at_once(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(come(2, "rink", "pub"), NONE);
	door_gone(d, pointer(1)); /* what ends is the old connection */
	CHECK_REASON(come(3, "spare", "pub"), TAKEN);
	door_gone(d, pointer(2));
	CHECK_REASON(come(3, "spare", "pub"), NONE);
	end();
}

static void each_role_has_a_holder_of_its_own(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(come(2, "scores-1", "scores"), NONE);
	CHECK_REASON(come(3, "scores-2", "scores"), TAKEN);
	door_gone(d, pointer(1));
	CHECK_REASON(come(3, "scores-2", "scores"), TAKEN);
	door_gone(d, pointer(2));
	CHECK_REASON(come(3, "scores-2", "scores"), NONE);
	end();
}

static void a_session_without_its_client_holds_nothing(void)
{
	struct visitor v = { pointer(1), "rink", "pub", "secret", "192.0.2.1", TRANSPORT_MQTT, true, 0, false };

	begin(EXCLUSIVE);
	world_connects(1, "rink");
	CHECK_REASON(door_connect(d, &v, now, 0), NONE);
	door_gone_for_now(d, pointer(1), true, now);
	CHECK_REASON(come(2, "spare", "pub"), NONE);
	CHECK_REASON(come(3, "rink", "pub"), TAKEN); /* nor does it help its owner */
	end();
}

/* An hour of asking every second is no failed login and no rate, and is told of once. */
static void to_ask_again_and_again_costs_nothing_and_fills_no_log(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	for (int i = 0; i < 3600; i++) {
		CHECK_REASON(come(2, "spare", "second"), TAKEN);
		pass(1000);
	}
	CHECK_INT(n_logged, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(logged.p, "client=spare user=second address=192.0.2.1 reason=taken"));
	CHECK_INT(metric(d, "addresses_shut_total"), 0);
	pass(60000);
	CHECK_REASON(come(2, "spare", "second"), TAKEN); /* somebody has begun to ask, perhaps another one */
	CHECK_INT(n_logged, 2);
	door_gone(d, pointer(1));
	CHECK_REASON(come(2, "spare", "second"), NONE);
	end();
}

static void only_who_knows_the_password_is_told_that_it_is_taken(void)
{
	struct visitor v = { pointer(2), "spare", "pub", "wrong", "192.0.2.9", TRANSPORT_MQTT, false, 0, false };

	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(door_connect(d, &v, now, 0), LOGIN);
	CU_ASSERT_PTR_NULL(contested());
	end();
}

static void a_place_is_contested_while_somebody_asks(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CU_ASSERT_PTR_NULL(contested());
	CHECK_REASON(come(2, "spare", "pub"), TAKEN);
	CU_ASSERT(contested() == pointer(1));
	pass(2999);
	CU_ASSERT(contested() == pointer(1));
	pass(1);
	CU_ASSERT_PTR_NULL(contested());
	end();
}

static void a_silent_holder_loses_its_place(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(come(2, "spare", "pub"), TAKEN);
	door_holder_is_silent(d, pointer(1));
	CU_ASSERT_PTR_NULL(contested());
	CHECK_REASON(come(2, "spare", "pub"), TAKEN); /* it is still in, and its will is yet to come */
	pass(100);
	CHECK_STR(kicked.p, "rink ");
	CHECK_REASON(come(2, "spare", "pub"), NONE);
	CHECK_REASON(come(3, "rink", "pub"), TAKEN);
	door_holder_is_silent(d, pointer(1)); /* who has gone is nobody */
	pass(100);
	CHECK_STR(kicked.p, "rink ");
	end();
}

static void a_holder_adds_no_field_to_the_log(void)
{
	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink role=none", "pub"), NONE);
	buf_clear(&logged);
	door_holder_is_silent(d, pointer(1));
	CHECK_STR(logged.p, "silent for longer than its keepalive allows: its place is for who asks  client=\"rink role=none\" role=pub\n");
	end();
}

static void a_reload_keeps_the_first_and_sends_the_others_away(void)
{
	begin("");
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(come(2, "spare", "pub"), NONE);
	CHECK_REASON(come(3, "scores-1", "scores"), NONE);
	door_reload(d, policy_with("\"another\":{},", EXCLUSIVE), passwords(), now); /* which gives the roles other numbers */
	pass(100);
	CHECK_STR(kicked.p, "spare ");
	CHECK_REASON(come(4, "spare", "pub"), TAKEN);
	CHECK_REASON(come(5, "scores-2", "scores"), TAKEN);
	door_reload(d, policy_with("", ""), passwords(), now);
	CHECK_REASON(come(4, "spare", "pub"), NONE);
	end();
}

/* A client with a certificate, whom the broker lets in without asking, gets no place that another one has. */
static void who_is_adopted_is_held_to_it(void)
{
	const struct visitor v = { .ptr = pointer(2), .id = "spare", .user = "pub", .address = "192.0.2.1" };

	begin(EXCLUSIVE);
	CHECK_REASON(come(1, "rink", "pub"), NONE);
	CHECK_REASON(door_adopt(d, &v, now), TAKEN);
	CU_ASSERT_FALSE(door_is_in(d, pointer(2)));
	door_gone(d, pointer(1));
	CHECK_REASON(door_adopt(d, &v, now), NONE);
	CHECK_REASON(come(3, "rink", "pub"), TAKEN);
	end();
}

const char *const unit_name = "plugin_places";
const struct unit_test unit_tests[] = {
	UNIT(while_one_is_in_another_client_id_is_refused),
	UNIT(each_name_behind_an_at_is_a_place_of_its_own),
	UNIT(a_name_within_another_one_is_the_same_place),
	UNIT(there_are_so_many_places_and_no_more),
	UNIT(without_the_option_several_are_in),
	UNIT(the_holder_takes_its_place_back_at_once),
	UNIT(each_role_has_a_holder_of_its_own),
	UNIT(a_session_without_its_client_holds_nothing),
	UNIT(to_ask_again_and_again_costs_nothing_and_fills_no_log),
	UNIT(only_who_knows_the_password_is_told_that_it_is_taken),
	UNIT(a_place_is_contested_while_somebody_asks),
	UNIT(a_silent_holder_loses_its_place),
	UNIT(a_holder_adds_no_field_to_the_log),
	UNIT(a_reload_keeps_the_first_and_sends_the_others_away),
	UNIT(who_is_adopted_is_held_to_it),
	{ NULL, NULL },
};
