/* groups - one group from its first client to its end, without the roster: what makes it known, and when it is told. */
#include "mosquitto-plugin/core/seats/groups.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_groups";

#define ROOMS "{\"name\":\"room\",\"filter\":\"rooms/+/#\"}"
#define POLICY(watch) "{\"roles\":{\"v\":{}},\"presence\":{\"watch\":[" watch "]},\"limits\":{\"presence_groups\":1}}"

static struct groups gs;
static struct policy *p;
static const mono now = { 5000 };

static struct policy *parse(const char *text)
{
	struct complaint why;
	struct policy *parsed;

	CU_ASSERT_FATAL(policy_parse(str_of(text), &parsed, &why) == 0);
	return parsed;
}

static void begin(void)
{
	gs = (struct groups){ 0 };
	p = parse(POLICY(ROOMS));
}

static void end(void)
{
	groups_free(&gs);
	policy_free(p);
}

/* A client comes with this filter. */
static struct group *enter(const char *filter)
{
	struct group *g = groups_of(&gs, p, str_of(filter));

	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	groups_enter(&gs, p, g);
	return g;
}

static void filters_of_one_level_are_one_group(void)
{
	struct group *red;

	begin();
	red = enter("rooms/red/#");
	CHECK_STR(red->key, "room/red");
	CU_ASSERT_PTR_EQUAL(enter("rooms/red/chat/today"), red);
	CU_ASSERT_PTR_EQUAL(enter("$share/x/rooms/red"), red);
	CU_ASSERT(enter("rooms/blue/#") != red);
	CHECK_INT(red->n, 3);
	CHECK_INT(gs.n_in, 4);
	CU_ASSERT_PTR_NULL(groups_of(&gs, p, STR("rooms/+/#")));
	CU_ASSERT_PTR_NULL(groups_of(&gs, p, STR("other/red")));
	CU_ASSERT_PTR_NULL(groups_of(&gs, p, STR("$share/x")));
	end();
}

static void a_message_makes_it_known_if_its_sender_may(void)
{
	struct group *red;

	begin();
	red = enter("rooms/red/#");
	CHECK_INT(red->list, GROUP_NOT_LISTED);
	CU_ASSERT_FALSE(groups_heard(&gs, p, STR("elsewhere/red"), now));
	CU_ASSERT(groups_heard(&gs, p, STR("rooms/red/chat"), now));
	CHECK_INT(red->list, GROUP_NOT_LISTED); /* it is for the caller to say */
	groups_learn(&gs, p, STR("rooms/red/chat"), now);
	CHECK_INT(red->list, GROUP_TOLD);
	CU_ASSERT_FALSE(groups_heard(&gs, p, STR("rooms/red/chat"), now)); /* known already */
	groups_leave(&gs, red);
	CHECK_INT(red->list, GROUP_IDLE);
	CHECK_INT(gs.n_in, 0);
	groups_tick(&gs, p, (struct moment){ .now = mono_add(now, GROUP_FORGET_MS) });
	CU_ASSERT_PTR_NULL(gs.all);
	end();
}

static void a_topic_of_no_watch_makes_nothing_known(void)
{
	begin();
	groups_learn(&gs, p, STR("elsewhere/red"), now);
	CU_ASSERT_PTR_NULL(gs.all);
	end();
}

static void what_keeps_something_is_idle_though_it_was_never_heard(void)
{
	struct group *red;

	begin();
	red = enter("rooms/red/#");
	groups_vouch(&gs, p, red);
	red->keeps = true;
	groups_leave(&gs, red);
	CHECK_INT(gs.n_listed[GROUP_IDLE], 1);
	end();
}

static void who_vouches_for_it_makes_it_known_while_somebody_is_there(void)
{
	struct group *red;
	uint64_t before;

	begin();
	red = enter("rooms/red/#");
	groups_vouch(&gs, p, red);
	CHECK_INT(red->list, GROUP_TOLD);
	before = gs.changes;
	groups_vouch(&gs, p, red); /* of what is known: nothing changes */
	CHECK_INT(gs.changes, before);
	CHECK_INT(gs.n_listed[GROUP_TOLD], 1);
	groups_leave(&gs, red);
	CU_ASSERT_PTR_NULL(gs.all); /* it was never heard */
	end();
}

static void what_is_over_the_limit_is_known_but_not_told(void)
{
	struct group *blue;

	begin();
	groups_vouch(&gs, p, enter("rooms/red/#"));
	blue = enter("rooms/blue/#");
	groups_vouch(&gs, p, blue);
	CU_ASSERT(blue->known);
	CHECK_INT(blue->list, GROUP_NOT_LISTED);
	CHECK_INT(gs.refused, 1);
	end();
}

static void a_reload_keeps_what_has_its_watch_still(void)
{
	struct policy *other = parse(POLICY("{\"name\":\"hall\",\"filter\":\"halls/+\"}")), *same = parse(POLICY("{\"name\":\"x\",\"filter\":\"x/+\"}," ROOMS));
	struct group *red;

	begin();
	red = enter("rooms/red/#");
	groups_learn(&gs, p, STR("rooms/red"), now);
	groups_reload(&gs, same);
	CHECK_INT(gs.n_in, 0);
	CU_ASSERT_PTR_EQUAL(groups_of(&gs, same, STR("rooms/red/#")), red);
	groups_enter(&gs, same, red);
	groups_reloaded(&gs);
	CHECK_INT(red->list, GROUP_TOLD);
	CHECK_INT(red->watch_index, 1);
	groups_reload(&gs, other);
	CU_ASSERT_PTR_NULL(groups_of(&gs, other, STR("rooms/red/#")));
	groups_reloaded(&gs);
	CU_ASSERT_PTR_NULL(gs.all);
	policy_free(other);
	policy_free(same);
	end();
}

/* ---- rooms ---- */

#define OF_ROOMS "{\"roles\":{\"v\":{}},\"rooms\":{\"rooms\":2},\"limits\":{\"presence_groups\":1}," \
		 "\"presence\":{\"watch\":[{\"name\":\"view\",\"filter\":\"views/+\"}]}}"

static void begin_with_rooms(void)
{
	gs = (struct groups){ 0 };
	p = parse(OF_ROOMS);
	groups_tick(&gs, p, (struct moment){ now, 1000000 });
}

static void at(int64_t ms)
{
	groups_tick(&gs, p, (struct moment){ mono_add(now, ms), 1000000 + ms });
}

static void rooms_are_groups_without_an_entry_of_the_policy(void)
{
	struct group *red;

	begin_with_rooms();
	red = enter("rooms/red/#");
	CU_ASSERT(red->watch->rooms);
	CU_ASSERT(str_is(group_own_name(red), "red"));
	CU_ASSERT_PTR_EQUAL(groups_room(&gs, p, STR("red")), red);
	CU_ASSERT_PTR_NULL(groups_room(&gs, p, STR("blue")));
	CU_ASSERT_PTR_NULL(groups_of(&gs, p, STR("rooms/\x01/#"))); /* no name of a room */
	CHECK_INT(gs.n_rooms, 0);                                   /* nobody knows it yet */
	at(10);
	groups_learn(&gs, p, STR("rooms/red/say/ann"), now);
	CHECK_INT(gs.n_rooms, 1);
	CHECK_INT(red->messages, 1);
	CU_ASSERT(red->since_ms == 1000010 && red->heard_ms == 1000010);
	at(20);
	groups_heard(&gs, p, STR("rooms/red/say/ann"), now);
	CU_ASSERT(red->since_ms == 1000010 && red->heard_ms == 1000020 && red->messages == 2);
	at(30);
	groups_leave(&gs, red);
	CHECK_INT(red->change_ms, 1000030);
	end();
}

static void rooms_and_other_groups_have_their_own_places(void)
{
	begin_with_rooms();
	groups_vouch(&gs, p, enter("views/a"));
	groups_vouch(&gs, p, enter("rooms/1/#"));
	groups_vouch(&gs, p, enter("rooms/2/#"));
	CHECK_INT(gs.n_listed[GROUP_TOLD], 3);
	groups_vouch(&gs, p, enter("rooms/3/#"));
	CHECK_INT(gs.n_listed[GROUP_TOLD], 3);
	CHECK_INT(gs.refused, 1);
	CU_ASSERT_FALSE(groups_has_place(&gs, p));
	end();
}

/* Whoever makes rooms pushes out rooms that hold nothing, the oldest first, but none that holds something. */
static void a_new_room_takes_the_place_of_an_idle_one_that_holds_nothing(void)
{
	begin_with_rooms();
	groups_learn(&gs, p, STR("rooms/1/state/x"), now);
	groups_room(&gs, p, STR("1"))->keeps = true;
	at(10);
	groups_learn(&gs, p, STR("rooms/2/say/ann"), now);
	groups_learn(&gs, p, STR("rooms/3/say/ann"), now);
	CU_ASSERT_PTR_NOT_NULL(groups_room(&gs, p, STR("1")));
	CU_ASSERT_PTR_NULL(groups_room(&gs, p, STR("2")));
	CU_ASSERT_PTR_NOT_NULL(groups_room(&gs, p, STR("3")));
	CHECK_INT(gs.n_rooms, 2);
	groups_room(&gs, p, STR("3"))->keeps = true;
	groups_learn(&gs, p, STR("rooms/4/say/ann"), now);
	CU_ASSERT_PTR_NULL(groups_room(&gs, p, STR("4")));
	CHECK_INT(gs.refused, 1);
	end();
}

static void a_room_is_quiet_from_its_last_message_or_member_on(void)
{
	struct group *red;

	begin_with_rooms();
	red = enter("rooms/red/#");
	groups_learn(&gs, p, STR("rooms/red/say/ann"), now);
	at(5000);
	CU_ASSERT_PTR_NULL(groups_quiet_room(&gs, 0)); /* somebody is in it */
	groups_leave(&gs, red);
	at(9999);
	CU_ASSERT_PTR_NULL(groups_quiet_room(&gs, 5000));
	groups_heard(&gs, p, STR("rooms/red/say/ann"), mono_add(now, 9999));
	at(14998);
	CU_ASSERT_PTR_NULL(groups_quiet_room(&gs, 5000));
	groups_elsewhere(&gs, p, STR("red"));
	at(19997);
	CU_ASSERT_PTR_NULL(groups_quiet_room(&gs, 5000));
	at(19998);
	CU_ASSERT_PTR_EQUAL(groups_quiet_room(&gs, 5000), red);
	at(2 * GROUP_FORGET_MS); /* it is not forgotten by itself */
	CU_ASSERT_PTR_EQUAL(groups_quiet_room(&gs, 5000), red);
	groups_forget(&gs, red);
	CHECK_INT(gs.n_rooms, 0);
	CU_ASSERT_PTR_NULL(gs.all);
	end();
}

static void a_room_with_members_elsewhere_is_known_here(void)
{
	struct group *red;

	begin_with_rooms();
	groups_elsewhere(&gs, p, STR("red"));
	red = groups_room(&gs, p, STR("red"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(red);
	CU_ASSERT(red->known && red->list == GROUP_IDLE_ROOM);
	CU_ASSERT_PTR_EQUAL(enter("rooms/red/#"), red);
	CHECK_INT(red->list, GROUP_TOLD);
	groups_elsewhere(&gs, p, STR("red"));
	CHECK_INT(red->list, GROUP_TOLD);
	groups_elsewhere(&gs, p, STR("blue"));
	groups_elsewhere(&gs, p, STR("green")); /* takes blue's place */
	CHECK_INT(gs.n_rooms, 2);
	groups_elsewhere(&gs, p, STR("a/b"));
	CHECK_INT(gs.n_rooms, 2);
	end();
}

static void a_reload_keeps_rooms_and_one_without_rooms_forgets_them(void)
{
	struct policy *more = parse("{\"roles\":{\"v\":{}},\"rooms\":{\"rooms\":9}}"), *none = parse("{\"roles\":{\"v\":{}}}");
	struct group *red;

	begin_with_rooms();
	red = enter("rooms/red/#");
	groups_vouch(&gs, p, red);
	groups_learn(&gs, p, STR("rooms/blue/say/x"), now);
	groups_reload(&gs, more);
	CU_ASSERT_PTR_EQUAL(groups_of(&gs, more, STR("rooms/red/#")), red);
	groups_enter(&gs, more, red);
	groups_reloaded(&gs);
	CHECK_INT(gs.n_rooms, 2);
	CHECK_INT(red->list, GROUP_TOLD);
	groups_reload(&gs, none);
	groups_reloaded(&gs);
	CHECK_INT(gs.n_rooms, 0);
	CU_ASSERT_PTR_NULL(gs.all);
	policy_free(more);
	policy_free(none);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(filters_of_one_level_are_one_group),
	UNIT(a_message_makes_it_known_if_its_sender_may),
	UNIT(a_topic_of_no_watch_makes_nothing_known),
	UNIT(what_keeps_something_is_idle_though_it_was_never_heard),
	UNIT(who_vouches_for_it_makes_it_known_while_somebody_is_there),
	UNIT(what_is_over_the_limit_is_known_but_not_told),
	UNIT(a_reload_keeps_what_has_its_watch_still),
	UNIT(rooms_are_groups_without_an_entry_of_the_policy),
	UNIT(rooms_and_other_groups_have_their_own_places),
	UNIT(a_new_room_takes_the_place_of_an_idle_one_that_holds_nothing),
	UNIT(a_room_is_quiet_from_its_last_message_or_member_on),
	UNIT(a_room_with_members_elsewhere_is_known_here),
	UNIT(a_reload_keeps_rooms_and_one_without_rooms_forgets_them),
	{ NULL, NULL },
};
