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
	groups_tick(&gs, p, mono_add(now, GROUP_FORGET_MS));
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

const struct unit_test unit_tests[] = {
	UNIT(filters_of_one_level_are_one_group),
	UNIT(a_message_makes_it_known_if_its_sender_may),
	UNIT(a_topic_of_no_watch_makes_nothing_known),
	UNIT(who_vouches_for_it_makes_it_known_while_somebody_is_there),
	UNIT(what_is_over_the_limit_is_known_but_not_told),
	UNIT(a_reload_keeps_what_has_its_watch_still),
	{ NULL, NULL },
};
