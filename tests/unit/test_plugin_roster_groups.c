/* Whatever viewers subscribe to, only known groups are told, within limits, and their numbers are right. */
#include "base/buf.h"
#include "mosquitto-plugin/core/seats/roster.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *const unit_name = "plugin_roster_groups";

#define CLIENTS 12
#define WATCH "{\"name\":\"view\",\"filter\":\"sb/feed/+/delta\",\"groups\":2},{\"name\":\"room\",\"filter\":\"rooms/+/#\"}"
#define POLICY(watch) "{\"roles\":{\"v\":{}},\"presence\":{\"watch\":[" watch "]},\"limits\":{\"presence_groups\":10}}"

static struct scene {
	struct roster roster;
	struct books books;
	struct policy *policy;
	char places[CLIENTS];
	struct client *in[CLIENTS];
	mono now;
} s;

static struct policy *parse(const char *text)
{
	struct complaint why;
	struct policy *p;

	CU_ASSERT_FATAL(policy_parse(str_of(text), &p, &why) == 0);
	return p;
}

static void enter(int i)
{
	char id[16];

	snprintf(id, sizeof(id), "c%d", i);
	s.in[i] = roster_add(&s.roster, &s.places[i], str_of(id), (struct str){ NULL, 0 });
	CU_ASSERT_PTR_NOT_NULL_FATAL(s.in[i]);
}

static void begin(void)
{
	s = (struct scene){ .policy = parse(POLICY(WATCH)), .now = { 5000 } };
	for (int i = 0; i < CLIENTS; i++)
		enter(i);
}

static void end(void)
{
	roster_free(&s.roster, &s.books);
	policy_free(s.policy);
}

static void subscribe(int i, const char *filter)
{
	CU_ASSERT(roster_subscribe(&s.roster, s.policy, s.in[i], str_of(filter)) != SUBSCRIBED_NO_MEMORY);
}

static void unsubscribe(int i, const char *filter)
{
	roster_unsubscribe(&s.roster, s.in[i], str_of(filter));
}

static void message(const char *topic)
{
	struct groups *gs = &s.roster.groups;

	s.now = mono_add(s.now, 1);
	if (groups_heard(gs, s.policy, str_of(topic), s.now))
		groups_learn(gs, s.policy, str_of(topic), s.now);
}

static void reload(const char *text)
{
	struct policy *p = parse(text);

	roster_regroup(&s.roster, p);
	policy_free(s.policy);
	s.policy = p;
}

static unsigned listed(enum group_list list)
{
	return s.roster.groups.n_listed[list];
}

static unsigned made(void)
{
	return HASH_COUNT(s.roster.groups.all);
}

/* "view/a=1 room/b=2 ": those that are told, in their order. */
static void expect_told(const char *text)
{
	BUF_CLEANUP struct buf out = { 0 };
	unsigned n = 0;

	for (const struct group *g = s.roster.groups.lists[GROUP_TOLD]; g; g = g->next, n++)
		buf_printf(&out, "%s=%u ", g->key, g->n);
	CHECK_STR(out.p ? out.p : "", text);
	CHECK_INT(n, listed(GROUP_TOLD));
}

static void who_invents_a_group_makes_none(void)
{
	uint64_t before;

	begin();
	before = s.roster.groups.changes;
	subscribe(0, "sb/feed/invented/delta");
	subscribe(1, "sb/feed/invented/delta");
	subscribe(1, "$share/x/rooms/red/#");
	expect_told("");
	CHECK_INT(s.roster.groups.changes, before);
	message("sb/feed/invented/delta"); /* makes the group known, so it is not an invented one */
	expect_told("view/invented=2 ");
	message("rooms/red/chat/today");
	message("rooms/red"); /* it belongs to the same group, since '#' also matches no level */
	expect_told("view/invented=2 room/red=1 ");
	message("sb/feed/other/snapshot");
	message("sb/feed");
	CHECK_INT(made(), 2);
	unsubscribe(0, "sb/feed/invented/delta");
	unsubscribe(1, "sb/feed/invented/delta");
	expect_told("room/red=1 ");
	subscribe(3, "sb/feed/invented/delta"); /* still known */
	expect_told("room/red=1 view/invented=1 ");
	end();
}

static void what_nobody_has_heard_of_is_gone_with_who_asked(void)
{
	char filter[40];

	begin();
	for (int i = 0; i < 1000; i++) {
		snprintf(filter, sizeof(filter), "sb/feed/%d/delta", i);
		subscribe(i % CLIENTS, filter);
	}
	CHECK_INT(made(), 1000);
	CHECK_INT(s.roster.groups.refused, 0);
	for (int i = 0; i < CLIENTS; i++)
		roster_remove(&s.roster, &s.books, s.in[i]);
	CHECK_INT(made(), 0);
	CHECK_INT(s.roster.groups.n_in, 0);
	end();
}

static void a_token_s_rooms_are_known_while_it_is_there(void)
{
	struct client_extra *extra;

	begin();
	extra = client_extra(s.in[0]);
	extra->claims.rooms = calloc(1, sizeof(char *));
	extra->claims.rooms[0] = strdup("red");
	extra->claims.n_rooms = 1;
	subscribe(1, "rooms/red/#");
	subscribe(1, "rooms/blue/#");
	expect_told("");
	subscribe(0, "rooms/blue/#"); /* not in its token */
	subscribe(0, "rooms/red/chat");
	subscribe(0, "rooms/red/#");
	expect_told("room/red=2 ");
	reload(POLICY(WATCH));
	expect_told("room/red=2 ");
	unsubscribe(0, "rooms/red/chat");
	unsubscribe(0, "rooms/red/#");
	expect_told("room/red=1 ");
	unsubscribe(1, "rooms/red/#");
	subscribe(1, "rooms/red/#");
	expect_told("");
	end();
}

static void one_watch_leaves_the_others_their_places(void)
{
	char name[40];

	begin();
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "sb/feed/%d/delta", i);
		message(name);
		subscribe(i, name);
	}
	subscribe(4, "rooms/red/#");
	message("rooms/red/chat");
	expect_told("view/0=1 view/1=1 room/red=1 ");
	CHECK_INT(s.roster.groups.refused, 2);
	/* whose place is free is taken with the next message */
	unsubscribe(0, "sb/feed/0/delta");
	message("sb/feed/3/delta");
	expect_told("view/1=1 room/red=1 view/3=1 ");
	/* and there is an end to all of them */
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "rooms/%d", i);
		subscribe(5, name);
		message(name);
	}
	CHECK_INT(listed(GROUP_TOLD), 10);
	end();
}

static void known_ones_that_nobody_is_in_are_forgotten(void)
{
	char name[40];

	begin();
	subscribe(0, "rooms/watched/#");
	message("rooms/watched/x");
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "rooms/%d/x", i);
		message(name);
	}
	CHECK_INT(made(), 10 + 1); /* the newest */
	groups_tick(&s.roster.groups, s.policy, (struct moment){ .now = mono_add(s.now, GROUP_FORGET_MS - 100) });
	CHECK_INT(made(), 10 + 1);
	groups_tick(&s.roster.groups, s.policy, (struct moment){ .now = mono_add(s.now, GROUP_FORGET_MS) });
	CHECK_INT(made(), 1);
	expect_told("room/watched=1 ");
	end();
}

static void a_reload_keeps_what_is_known_by_the_same_watch(void)
{
	begin();
	message("sb/feed/a/delta");
	message("sb/feed/idle/delta");
	message("rooms/red/x");
	subscribe(0, "sb/feed/a/delta");
	subscribe(0, "rooms/red/x");
	subscribe(1, "rooms/red/#");
	subscribe(1, "rooms/invented/#");
	reload(POLICY("{\"name\":\"other\",\"filter\":\"other/+\"}," WATCH));
	expect_told("view/a=1 room/red=2 ");
	CHECK_INT(listed(GROUP_IDLE), 1);
	/* the watch has another filter, so its groups are not known any more */
	reload(POLICY("{\"name\":\"view\",\"filter\":\"sb/feed/+/delta\"},{\"name\":\"room\",\"filter\":\"rooms/+/x\"}"));
	expect_told("view/a=1 ");
	message("rooms/red/x");
	expect_told("view/a=1 room/red=1 ");
	reload(POLICY(""));
	expect_told("");
	CHECK_INT(made(), 0);
	end();
}

/* As many as a policy may allow, each in a group of its own. */
static void who_holds_very_many_leaves_fast(void)
{
	struct timespec from, to;
	char filter[40];
	double ms;

	begin();
	for (int i = 0; i < 10000; i++) {
		snprintf(filter, sizeof(filter), "sb/feed/%d/delta", i);
		subscribe(0, filter);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (int i = 0; i < 10; i++)
		reload(POLICY(WATCH));
	roster_remove(&s.roster, &s.books, s.in[0]);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	CHECK_INT(made(), 0);
	ms = (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
	printf("\n    ten reloads and a departure: %.0f ms ", ms);
	CU_ASSERT(ms < 500);
	end();
}

/* ---- the books ---- */

static const char *const filters[] = { "sb/feed/a/delta", "sb/feed/b/delta", "sb/feed/c/delta", "sb/feed/+/delta", "rooms/a/#",
				       "rooms/a/x", "rooms/b/x", "$share/g/rooms/b/x", "rooms/c/#", "other/x" };

#define FILTERS (sizeof(filters) / sizeof(filters[0]))

static void random_step(void)
{
	static const char *const policies[] = { POLICY(WATCH), POLICY("{\"name\":\"room\",\"filter\":\"rooms/+/x\",\"groups\":1}") };
	const char *text = filters[(unsigned)random() % FILTERS];
	int i = (int)(random() % CLIENTS);

	switch (random() % 50) {
	case 0:
		reload(policies[random() % 2]);
		break;
	case 1:
	case 2:
		roster_remove(&s.roster, &s.books, s.in[i]);
		enter(i);
		break;
	case 3:
		s.now = mono_add(s.now, GROUP_FORGET_MS / 4);
		groups_tick(&s.roster.groups, s.policy, (struct moment){ .now = s.now });
		break;
	default:
		if (random() % 3 == 0 && !strpbrk(text, "+#$"))
			message(text);
		else if (random() % 2)
			subscribe(i, text);
		else
			unsubscribe(i, text);
	}
}

static bool is_in(const struct client *c, const struct group *g)
{
	for (unsigned i = 0; i < c->n_filters; i++)
		if (client_filters(c)[i]->group == g)
			return true;
	return false;
}

static unsigned check_group(const struct group *g)
{
	unsigned n = 0;

	for (int i = 0; i < CLIENTS; i++)
		n += is_in(s.in[i], g);
	CHECK_INT(g->n, n);
	CU_ASSERT(n || g->known);
	CU_ASSERT((g->list == GROUP_IDLE) == !n);
	CU_ASSERT(g->list != GROUP_TOLD || g->known);
	CU_ASSERT_PTR_EQUAL(g->watch, &s.policy->watches[g->watch_index]);
	return n;
}

static void check_all(void)
{
	struct groups *gs = &s.roster.groups;
	unsigned n = 0, told[POLICY_MAX_WATCHES] = { 0 };

	for (const struct group *g = gs->all; g; g = g->hh.next) {
		n += check_group(g);
		told[g->watch_index] += g->list == GROUP_TOLD;
	}
	CHECK_INT(gs->n_in, n);
	CU_ASSERT(memcmp(told, gs->n_told_by_watch, sizeof(told)) == 0);
	for (size_t i = 0; i < s.policy->n_watches; i++)
		CU_ASSERT(told[i] <= (uint64_t)s.policy->watches[i].groups);
}

static void the_numbers_are_right_after_any_events(void)
{
	srandom(7);
	begin();
	for (int i = 0; i < 50000; i++) {
		random_step();
		if (i % 10 == 0)
			check_all();
	}
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(who_invents_a_group_makes_none),
	UNIT(what_nobody_has_heard_of_is_gone_with_who_asked),
	UNIT(a_token_s_rooms_are_known_while_it_is_there),
	UNIT(one_watch_leaves_the_others_their_places),
	UNIT(known_ones_that_nobody_is_in_are_forgotten),
	UNIT(a_reload_keeps_what_is_known_by_the_same_watch),
	UNIT(who_holds_very_many_leaves_fast),
	UNIT(the_numbers_are_right_after_any_events),
	{ NULL, NULL },
};
