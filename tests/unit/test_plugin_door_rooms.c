/* The door and rooms: who may speak, and as whom; what a room may hold; and what becomes of one that an operator closes. */
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/door_world.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_door_rooms";

#define WALL_MS 1700000000000
#define SECRET "a secret of at least sixteen bytes"

#define APP "\"subscribe\":[\"sb/#\",\"rooms/%r/#\",\"users/%u/#\"],\"publish\":[\"rooms/%r/say/%u\",\"rooms/%h/state/+\",\"users/+/from/%u\"]"
#define CREW "\"subscribe\":[\"rooms/#\"],\"publish\":[\"rooms/+/say/%u\",\"rooms/+/state/+\",\"rooms/desk/#\"],\"reserved\":2"
#define TOKENS "\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"k\"}],\"roles\":[\"app\",\"crew\"],\"default_role\":\"app\",\"leeway_s\":0}"
#define ROOMS "\"rooms\":{\"open\":[\"match:*\"],\"rooms\":3,\"members\":2,\"retained_topics\":2,\"retained_bytes\":100}"
#define POLICY \
	"{\"roles\":{\"app\":{" APP ",\"limits\":{\"sessions\":5,\"refusals_per_minute\":10,\"new_groups_per_hour\":3}},\"crew\":{" CREW ",\"limits\":{\"refusals_per_minute\":1,\"new_groups_per_hour\":0}}," \
	"\"viewer\":{\"subscribe\":[\"sb/#\",\"rooms/%r/#\"]}}," \
	"\"anonymous\":{\"mqtt\":\"viewer\"}," TOKENS "," ROOMS "}"

static struct door *d;
static mono now;
static int64_t wall_ms;
static struct buf kicked;

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	buf_printf(&kicked, "%s ", id);
	door_gone(d, world_find(d, id));
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	(void)text;
}

static void begin(void)
{
	const struct door_ops ops = { world_publishes_nothing, NULL, on_kick, on_log, NULL, NULL };
	struct complaint why = { 0 };
	struct policy *p = NULL;

	CHECK_INT(policy_parse(STR(POLICY), &p, &why), 0);
	CHECK_STR(why.text, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p->tokens.keys[0].bytes = strdup(SECRET);
	p->tokens.keys[0].len = strlen(SECRET);
	world_begin();
	now = (mono){ 100000 };
	wall_ms = WALL_MS;
	d = door_new("sb", p, (struct passwd){ NULL }, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static void end(void)
{
	door_free(d);
	buf_free(&kicked);
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
	wall_ms += ms;
	door_tick(d, now, wall_ms);
}

/* The n-th pointer comes with the id of the i-th; claims are those of his token beside sub and exp, NULL: he has no name. */
static void come_as(uintptr_t n, uintptr_t i, const char *user, const char *claims)
{
	char id[16], text[400];
	struct visitor v = { .ptr = pointer(n), .id = id, .user = user, .address = "192.0.2.1", .transport = TRANSPORT_MQTT };
	char *password = NULL;

	snprintf(id, sizeof(id), "c%" PRIuPTR, i);
	if (claims) {
		snprintf(text, sizeof(text), "{\"sub\":\"%s\",\"exp\":%lld%s}", user, WALL_MS / 1000 + 600LL, claims);
		password = world_token(SECRET, text);
	}
	v.password = password;
	world_connects(n, id);
	CHECK_INT(door_connect(d, &v, now, wall_ms), REASON_NONE);
	free(password);
}

static void come(uintptr_t n, const char *user, const char *claims)
{
	come_as(n, n, user, claims);
}

static enum reason may(uintptr_t n, enum door_access access, const char *topic)
{
	const struct message m = { .topic = str_of(topic) };

	return door_may(d, pointer(n), &(struct door_request){ access, &m }, now);
}

/* Writes; the reason of whichever of the two questions says no. n 0: the broker's own bridge does. */
static enum reason writes(uintptr_t n, const char *topic, const char *payload, bool retain)
{
	const struct message m = { str_of(topic), str_of(payload), retain, 1 };
	enum reason why = n ? door_may(d, pointer(n), &(struct door_request){ DOOR_WRITE, &m }, now) : REASON_NONE;

	return why ? why : door_message(d, n ? pointer(n) : NULL, &m, now).why;
}

#define CHECK_REASON(got, expected) CHECK_STR(reason_rows[got].label, reason_rows[REASON_##expected].label)

static void a_member_speaks_as_himself_where_he_may_be(void)
{
	begin();
	come(1, "ann", ",\"rooms\":[\"jury\"]");
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/jury/#"), NONE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/match:1/#"), NONE); /* open */
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/other/#"), SUBSCRIBE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/+/#"), SUBSCRIBE);
	CHECK_REASON(writes(1, "rooms/jury/say/ann", "x", false), NONE);
	CHECK_REASON(writes(1, "rooms/match:1/say/ann", "x", false), NONE);
	CHECK_REASON(writes(1, "rooms/match:1/say/bob", "x", false), PUBLISH);
	CHECK_REASON(writes(1, "rooms/other/say/ann", "x", false), PUBLISH);
	CHECK_REASON(writes(1, "users/bob/from/ann", "x", false), NONE);
	CHECK_REASON(writes(1, "users/bob/from/bob", "x", false), PUBLISH);
	end();
}

static void a_host_writes_the_state_of_his_rooms(void)
{
	begin();
	come(1, "ann", ",\"rooms\":[\"jury\"],\"hosts\":[\"match:1\"]");
	CHECK_REASON(writes(1, "rooms/match:1/state/phase", "jam", true), NONE);
	CHECK_REASON(writes(1, "rooms/jury/state/phase", "jam", true), PUBLISH);
	CHECK_REASON(writes(1, "rooms/match:2/state/phase", "jam", true), PUBLISH);
	end();
}

static void only_the_plugin_says_who_is_in_a_room(void)
{
	begin();
	come(1, "ann", ",\"hosts\":[\"jury\"]");
	come(2, "cat", ",\"role\":\"crew\"");
	CHECK_REASON(writes(1, "rooms/jury/presence", "x", true), PUBLISH);
	CHECK_REASON(writes(2, "rooms/jury/presence", "x", true), PUBLISH);
	come(3, "dan", ",\"role\":\"crew\"");
	CHECK_REASON(writes(3, "rooms/desk/presences", "x", false), NONE);
	CHECK_REASON(writes(3, "rooms/desk/presence/x", "x", true), PUBLISH); /* whatever the filters say */
	CHECK_REASON(writes(0, "rooms/jury/presence", "x", true), PUBLISH);
	CHECK_REASON(writes(0, "rooms/jury/say/ann", "x", false), NONE);
	end();
}

static void reading_is_by_token_for_those_who_have_one(void)
{
	begin();
	come(1, "ann", ",\"rooms\":[\"jury\"]");
	come(2, "bob", "");
	come(3, NULL, NULL);
	for (int twice = 0; twice < 2; twice++) { /* the second time the answers are remembered ones */
		CHECK_REASON(may(1, DOOR_READ, "rooms/jury/say/ann"), NONE);
		CHECK_REASON(may(2, DOOR_READ, "rooms/jury/say/ann"), READ);
		CHECK_REASON(may(3, DOOR_READ, "rooms/jury/say/ann"), READ);
		CHECK_REASON(may(3, DOOR_READ, "rooms/match:1/say/ann"), NONE);
		CHECK_REASON(may(1, DOOR_READ, "users/ann/from/bob"), NONE);
		CHECK_REASON(may(2, DOOR_READ, "users/ann/from/bob"), READ);
		CHECK_REASON(may(2, DOOR_READ, "sb/x"), NONE);
		CHECK_REASON(may(2, DOOR_READ, "other"), READ);
	}
	end();
}

static void a_room_retains_so_much_whoever_writes_it(void)
{
	char long_payload[100] = { 0 };

	begin();
	memset(long_payload, 'x', sizeof(long_payload) - 1);
	come(1, "ann", ",\"hosts\":[\"jury\",\"desk\"]");
	come(2, "bob", ",\"hosts\":[\"jury\"]");
	come(3, "cat", ",\"role\":\"crew\"");
	CHECK_REASON(writes(1, "rooms/jury/state/a", "1", true), NONE);
	CHECK_REASON(writes(2, "rooms/jury/state/b", "1", true), NONE);
	CHECK_REASON(writes(1, "rooms/jury/state/c", "1", true), ROOM_RETAINED);
	CHECK_REASON(writes(1, "rooms/jury/say/ann", "1", true), ROOM_RETAINED);
	CHECK_REASON(writes(1, "rooms/jury/say/ann", "1", false), NONE);
	CHECK_REASON(writes(1, "rooms/jury/state/b", "2", true), NONE); /* in the place of what is there */
	CHECK_REASON(writes(1, "rooms/desk/state/c", "1", true), NONE);
	CHECK_REASON(writes(1, "rooms/desk/state/d", long_payload, true), ROOM_RETAINED);
	CHECK_REASON(writes(3, "rooms/jury/state/c", "1", true), NONE); /* the crew gets in */
	CHECK_REASON(writes(1, "rooms/jury/state/a", "", true), NONE);
	CHECK_INT(metric(d, "refused_total{reason=\"room_retained\"}"), 3);
	end();
}

static void a_room_is_full_but_not_for_the_crew(void)
{
	begin();
	for (uintptr_t n = 1; n <= 3; n++)
		come(n, (const char *[]){ "", "ann", "bob", "eve" }[n], "");
	come(4, "cat", ",\"role\":\"crew\"");
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/match:1/#"), NONE);
	CHECK_REASON(may(2, DOOR_SUBSCRIBE, "rooms/match:1/say/+"), NONE);
	CHECK_REASON(may(3, DOOR_SUBSCRIBE, "rooms/match:1/#"), ROOM_FULL);
	CHECK_REASON(may(3, DOOR_SUBSCRIBE, "rooms/match:1"), ROOM_FULL);
	CHECK_REASON(may(3, DOOR_SUBSCRIBE, "rooms/match:2/#"), NONE);
	CHECK_REASON(may(2, DOOR_SUBSCRIBE, "rooms/match:1/state/+"), NONE); /* he is in it already */
	CHECK_REASON(may(4, DOOR_SUBSCRIBE, "rooms/match:1/#"), NONE);
	door_gone(d, pointer(4));
	CHECK_REASON(may(1, DOOR_UNSUBSCRIBE, "rooms/match:1/#"), NONE);
	CHECK_REASON(may(3, DOOR_SUBSCRIBE, "rooms/match:1/#"), NONE);
	CHECK_INT(metric(d, "refused_total{reason=\"room_full\"}"), 2);
	end();
}

static void there_are_only_so_many_rooms(void)
{
	begin();
	come(1, "ann", ",\"hosts\":[\"a\",\"b\",\"c\",\"d\"]");
	come(2, "cat", ",\"role\":\"crew\"");
	come(3, "bob", "");
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/a/#"), NONE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/b/#"), NONE);
	CHECK_REASON(writes(1, "rooms/c/state/x", "1", true), NONE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/d/#"), ROOMS);
	CHECK_REASON(may(3, DOOR_SUBSCRIBE, "rooms/match:1/#"), ROOMS);
	CHECK_REASON(writes(1, "rooms/d/state/x", "1", true), ROOMS);
	CHECK_REASON(writes(1, "rooms/d/say/ann", "1", false), NONE); /* nobody hears it, and nothing is kept */
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/c/#"), NONE);
	CHECK_REASON(may(2, DOOR_SUBSCRIBE, "rooms/d/#"), NONE); /* the crew comes in */
	CHECK_REASON(writes(1, "rooms/c/state/x", "", true), NONE);
	CHECK_REASON(may(1, DOOR_UNSUBSCRIBE, "rooms/c/#"), NONE);
	CHECK_REASON(may(3, DOOR_SUBSCRIBE, "rooms/match:1/#"), NONE); /* in the place of one in which nobody is, and which holds nothing */
	end();
}

/* Ann makes three rooms known, as many as she may in an hour. */
static void ann_makes_three_rooms_known(void)
{
	static const char *const topics[] = { "rooms/a/state/x", "rooms/b/state/x", "rooms/c/state/x" };

	come(1, "ann", ",\"hosts\":[\"a\",\"b\",\"c\",\"d\"]");
	for (size_t i = 0; i < 3; i++) {
		CHECK_REASON(writes(1, topics[i], "1", true), NONE);
		CHECK_REASON(writes(1, topics[i], "", true), NONE);
	}
}

static void what_makes_no_room_known_is_not_retained(void)
{
	begin();
	ann_makes_three_rooms_known();
	CHECK_REASON(writes(1, "rooms/d/state/x", "1", true), ROOMS);
	CHECK_REASON(writes(1, "rooms/c/state/x", "1", true), NONE);
	end();
}

static void a_user_pays_for_rooms_however_often_he_connects(void)
{
	begin();
	ann_makes_three_rooms_known();
	come(2, "ann", ",\"hosts\":[\"d\"]");
	CHECK_REASON(writes(2, "rooms/d/state/x", "1", true), ROOMS);
	come(3, "bob", ",\"hosts\":[\"d\"]");
	CHECK_REASON(writes(3, "rooms/d/state/x", "1", true), NONE);
	CHECK_REASON(writes(2, "rooms/d/state/y", "1", true), NONE); /* it is known now */
	end();
}

/* What the crew leaves in a room would never be cleared if the room were not known. */
static void the_crew_makes_rooms_known_at_no_price(void)
{
	begin();
	come(1, "cat", ",\"role\":\"crew\"");
	come(2, "ann", ",\"hosts\":[\"a\"]");
	CHECK_REASON(writes(1, "rooms/a/state/x", "1", true), NONE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/desk/#"), NONE);
	CHECK_REASON(writes(1, "rooms/c/state/x", "1", true), NONE);
	CHECK_REASON(writes(2, "rooms/match:1/say/ann", "1", true), ROOMS); /* there are three */
	CHECK_REASON(writes(2, "rooms/a/state/y", "1", true), NONE);
	end();
}

/* 65 bytes: nothing would ever clear it. */
static void nobody_writes_below_what_is_no_room(void)
{
	static const char long_name[] = "rooms/"
					"0123456789012345678901234567890123456789012345678901234567890123"
					"4/state/x";

	begin();
	come(1, "cat", ",\"role\":\"crew\"");
	CHECK_REASON(writes(1, long_name, "1", true), PUBLISH);
	CHECK_REASON(writes(0, long_name, "1", true), PUBLISH);
	come(2, "dan", ",\"role\":\"crew\"");
	CHECK_REASON(writes(2, "rooms//state/x", "1", true), PUBLISH);
	end();
}

static void a_will_is_held_to_what_the_room_may_retain(void)
{
	const struct message will = { STR("rooms/a/state/c"), STR("gone"), true, 0 }, other = { STR("rooms/b/state/c"), STR("gone"), true, 0 };

	begin();
	come(1, "ann", ",\"hosts\":[\"a\",\"b\"]");
	CHECK_REASON(writes(1, "rooms/a/state/a", "1", true), NONE);
	CHECK_REASON(writes(1, "rooms/a/state/b", "1", true), NONE);
	come_as(2, 1, "ann", ""); /* takes over the id: what the first writes now is its will */
	CHECK_REASON(door_may(d, pointer(1), &(struct door_request){ DOOR_WRITE, &will }, now), ROOM_RETAINED);
	CHECK_REASON(door_may(d, pointer(1), &(struct door_request){ DOOR_WRITE, &other }, now), ROOMS); /* b is not known */
	end();
}

static void a_closed_room_is_silent_until_its_time_or_somebody_opens_it(void)
{
	begin();
	come(1, "ann", ",\"hosts\":[\"jury\"]");
	come(2, "cat", ",\"role\":\"crew\"");
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/jury/say/+"), NONE);
	CU_ASSERT_FALSE(door_close_room(d, STR("a/b"), 60, now));
	CU_ASSERT_TRUE(door_close_room(d, STR("jury"), 60, now));
	CHECK_INT(door_room_closed_ms(d, STR("jury"), now), 60000);
	CHECK_REASON(writes(1, "rooms/jury/say/ann", "x", false), ROOM_CLOSED);
	CHECK_REASON(writes(1, "rooms/jury/state/a", "", true), ROOM_CLOSED);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/jury/#"), ROOM_CLOSED);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/jury"), ROOM_CLOSED);
	CHECK_REASON(writes(1, "rooms/match:1/say/ann", "x", false), NONE);
	CHECK_REASON(may(2, DOOR_SUBSCRIBE, "rooms/jury/#"), ROOM_CLOSED);
	CHECK_REASON(may(2, DOOR_SUBSCRIBE, "rooms/#"), NONE); /* nothing comes from the closed one */
	CHECK_REASON(writes(0, "rooms/jury/say/bob", "x", false), ROOM_CLOSED);
	CHECK_REASON(may(1, DOOR_UNSUBSCRIBE, "rooms/jury/say/+"), NONE);
	CU_ASSERT_TRUE(door_open_room(d, STR("jury")));
	CHECK_REASON(writes(1, "rooms/jury/say/ann", "x", false), NONE);
	CU_ASSERT_TRUE(door_close_room(d, STR("jury"), 60, now));
	pass(59999);
	CHECK_REASON(writes(1, "rooms/jury/say/ann", "x", false), ROOM_CLOSED);
	pass(1);
	CHECK_REASON(writes(1, "rooms/jury/say/ann", "x", false), NONE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/jury/#"), NONE);
	end();
}

/* A bridge passes on what others say, and a closed room is not its fault. */
static void who_has_a_seat_of_his_own_does_not_go_for_a_closed_room(void)
{
	begin();
	come(1, "ann", "");
	come(2, "cat", ",\"role\":\"crew\"");
	CU_ASSERT_TRUE(door_close_room(d, STR("match:1"), 60, now));
	for (int i = 0; i < 12; i++) {
		CHECK_REASON(writes(2, "rooms/match:1/say/cat", "x", false), ROOM_CLOSED);
		writes(1, "rooms/match:1/say/ann", "x", false);
	}
	pass(10);
	CHECK_STR(kicked.p, "c1 ");
	end();
}

static void a_will_does_not_reach_a_closed_room(void)
{
	const struct message will = { STR("rooms/match:1/say/ann"), STR("gone"), false, 0 };

	begin();
	come(1, "ann", "");
	CU_ASSERT_TRUE(door_close_room(d, STR("match:1"), 60, now));
	CHECK_REASON(door_may(d, pointer(1), &(struct door_request){ DOOR_WRITE, &will }, now), ROOM_CLOSED);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(a_member_speaks_as_himself_where_he_may_be),
	UNIT(a_host_writes_the_state_of_his_rooms),
	UNIT(only_the_plugin_says_who_is_in_a_room),
	UNIT(reading_is_by_token_for_those_who_have_one),
	UNIT(a_room_retains_so_much_whoever_writes_it),
	UNIT(a_room_is_full_but_not_for_the_crew),
	UNIT(there_are_only_so_many_rooms),
	UNIT(what_makes_no_room_known_is_not_retained),
	UNIT(a_user_pays_for_rooms_however_often_he_connects),
	UNIT(the_crew_makes_rooms_known_at_no_price),
	UNIT(nobody_writes_below_what_is_no_room),
	UNIT(a_will_is_held_to_what_the_room_may_retain),
	UNIT(a_closed_room_is_silent_until_its_time_or_somebody_opens_it),
	UNIT(who_has_a_seat_of_his_own_does_not_go_for_a_closed_room),
	UNIT(a_will_does_not_reach_a_closed_room),
	{ NULL, NULL },
};
