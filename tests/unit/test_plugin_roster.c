/* The guess which client is asked about next must never change the answer, whoever comes and goes meanwhile. */
#include "mosquitto-plugin/core/seats/roster.h"
#include "tests/unit/unit.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_roster";

#define PLACES 40 /* addresses that clients come and go at */

struct crowd {
	struct roster roster;
	struct books books;
	char places[PLACES];
	struct client *in[PLACES];
};

static void enter(struct crowd *c, int i)
{
	char id[16];

	snprintf(id, sizeof(id), "c%d", i);
	c->in[i] = roster_add(&c->roster, &c->places[i], str_of(id), (struct str){ NULL, 0 });
	CU_ASSERT_PTR_NOT_NULL(c->in[i]);
}

static void leave(struct crowd *c, int i)
{
	roster_remove(&c->roster, &c->books, c->in[i]);
	c->in[i] = NULL;
}

static void check_order(struct crowd *c)
{
	for (int i = 0; i < PLACES; i++)
		CU_ASSERT_PTR_EQUAL(roster_find_for_delivery(&c->roster, &c->places[i]), c->in[i]);
}

static void the_order_of_deliveries_is_remembered(void)
{
	static struct crowd c;

	for (int i = 0; i < PLACES; i++)
		enter(&c, i);
	check_order(&c);
	for (int i = 0; i + 1 < PLACES; i++)
		CU_ASSERT_PTR_EQUAL(c.in[i]->next_delivered, c.in[i + 1]);
	leave(&c, 7);
	CU_ASSERT_PTR_EQUAL(c.in[6]->next_delivered, c.in[8]);
	check_order(&c);
	roster_free(&c.roster, &c.books);
}

static void anybody_may_come_go_and_be_asked_about(void)
{
	static struct crowd c;

	srandom(4);
	for (int n = 0; n < 300000; n++) {
		int i = (int)(random() % PLACES);

		switch (random() % 8) {
		case 0:
			if (!c.in[i])
				enter(&c, i);
			break;
		case 1:
			if (c.in[i])
				leave(&c, i);
			break;
		case 2:
			if (random() % 50 == 0)
				check_order(&c);
			break;
		default:
			CU_ASSERT_PTR_EQUAL(roster_find_for_delivery(&c.roster, &c.places[i]), c.in[i]);
		}
	}
	roster_free(&c.roster, &c.books);
}

static void the_last_ones_may_go(void)
{
	static struct crowd c;

	for (int left = 0; left < 3; left++) {
		enter(&c, 0);
		enter(&c, 1);
		check_order(&c);
		check_order(&c); /* a ring of two */
		leave(&c, left % 2);
		check_order(&c);
		leave(&c, !(left % 2));
		check_order(&c);
	}
	roster_free(&c.roster, &c.books);
}

/* ---- those who are told to go ---- */

static void those_sent_away_come_up_once_in_any_case(void)
{
	static struct crowd c;
	struct client *first;

	for (int i = 0; i < 10; i++)
		enter(&c, i);
	for (int i = 0; i < 10; i += 2)
		roster_send_away(&c.roster, c.in[i]);
	roster_send_away(&c.roster, c.in[4]); /* twice */
	first = roster_next_leaving(&c.roster);
	CU_ASSERT_PTR_EQUAL(first, c.in[0]);
	leave(&c, 0);
	leave(&c, 1); /* where the next look would begin */
	leave(&c, 2); /* one of the queue */
	CU_ASSERT_PTR_EQUAL(roster_next_leaving(&c.roster), c.in[4]);
	roster_send_away(&c.roster, c.in[3]); /* stands before that one */
	CU_ASSERT_PTR_EQUAL(roster_next_leaving(&c.roster), c.in[6]);
	CU_ASSERT_PTR_EQUAL(roster_next_leaving(&c.roster), c.in[8]);
	leave(&c, 9); /* the last */
	CU_ASSERT_PTR_EQUAL(roster_next_leaving(&c.roster), c.in[3]);
	CU_ASSERT_PTR_NULL(roster_next_leaving(&c.roster));
	roster_free(&c.roster, &c.books);
}

static void an_id_is_whose_connection_is_newest(void)
{
	static struct crowd c;
	struct client *newer;

	enter(&c, 0);
	newer = roster_add(&c.roster, &c.places[1], STR("c0"), (struct str){ NULL, 0 });
	CU_ASSERT_PTR_EQUAL(roster_find_id(&c.roster, STR("c0")), newer);
	CU_ASSERT_FALSE(c.in[0]->current);
	leave(&c, 0);
	CU_ASSERT_PTR_EQUAL(roster_find_id(&c.roster, STR("c0")), newer);
	roster_remove(&c.roster, &c.books, newer);
	CU_ASSERT_PTR_NULL(roster_find_id(&c.roster, STR("c0")));
	CHECK_INT(roster_count(&c.roster), 0);
	roster_free(&c.roster, &c.books);
}

/* ---- what they subscribe to ---- */

#define WATCHES "{\"roles\":{\"v\":{}},\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"rooms/+/#\"}]}}"

static unsigned filters_held(const struct roster *r)
{
	unsigned n = 0;

	for (const struct client *c = r->clients; c; c = c->next)
		n += c->n_filters;
	return n;
}

static void subscribe_or_not(struct crowd *c, const struct policy *p, int i)
{
	static const char *const filters[] = { "a", "b/#", "rooms/red/#", "rooms/red/chat", "rooms/blue/#", "#" };
	struct str text = str_of(filters[random() % 6]);
	bool had = roster_has_filter(c->in[i], text);

	if (random() % 3) {
		CHECK_INT(roster_subscribe(&c->roster, p, c->in[i], text), had ? SUBSCRIBED_AGAIN : SUBSCRIBED_NEW);
		CU_ASSERT(roster_has_filter(c->in[i], text));
	} else {
		roster_unsubscribe(&c->roster, c->in[i], text);
		CU_ASSERT_FALSE(roster_has_filter(c->in[i], text));
	}
}

static void who_leaves_leaves_no_filter_and_no_group_behind(void)
{
	static struct crowd c;
	struct complaint why;
	struct policy *p;

	CU_ASSERT_FATAL(policy_parse(STR(WATCHES), &p, &why) == 0);
	srandom(9);
	for (int n = 0; n < 20000; n++) {
		int i = (int)(random() % PLACES);

		if (!c.in[i])
			enter(&c, i);
		else if (random() % 10 == 0)
			leave(&c, i);
		else
			subscribe_or_not(&c, p, i);
		if (n % 100 == 0)
			CHECK_INT(c.roster.n_subscriptions, filters_held(&c.roster));
		if (n == 7000 && groups_heard(&c.roster.groups, p, STR("rooms/red/chat"), (mono){ 1 }))
			groups_learn(&c.roster.groups, p, STR("rooms/red/chat"), (mono){ 1 });
	}
	CHECK_INT(c.roster.groups.n_listed[GROUP_TOLD], 1);
	for (int i = 0; i < PLACES; i++)
		if (c.in[i])
			leave(&c, i);
	CHECK_INT(c.roster.n_subscriptions, 0);
	CU_ASSERT_PTR_NULL(c.roster.filters);
	CHECK_INT(c.roster.groups.n_in, 0);
	CHECK_INT(HASH_COUNT(c.roster.groups.all), 1); /* the one that is known, for an hour */
	groups_tick(&c.roster.groups, p, (struct moment){ .now = (mono){ 1 + GROUP_FORGET_MS } });
	CHECK_INT(HASH_COUNT(c.roster.groups.all), 0);
	roster_free(&c.roster, &c.books);
	policy_free(p);
}

/* ---- what a viewer costs ---- */

#define VIEWERS 3000

/* As the browser does: three filters, of which one stays. */
static void join(struct crowd *c, const struct policy *p, const char *place)
{
	static const char *const filters[] = { "s/feed/spectator/delta", "s/feed/spectator/snapshot", "s/feed/spectator/recent" };
	struct client *v;
	char id[32];

	snprintf(id, sizeof(id), "scoreboard-%08x", (unsigned)(uintptr_t)place);
	v = roster_add(&c->roster, place, str_of(id), (struct str){ NULL, 0 });
	for (int i = 0; i < 3; i++)
		CHECK_INT(roster_subscribe(&c->roster, p, v, str_of(filters[i])), SUBSCRIBED_NEW);
	roster_unsubscribe(&c->roster, v, str_of(filters[1]));
	roster_unsubscribe(&c->roster, v, str_of(filters[2]));
	CHECK_INT(v->n_filters, 1);
	CU_ASSERT_TRUE(roster_has_filter(v, str_of(filters[0])));
}

/* A sanitizer's malloc tells nothing here, and then it costs nothing. */
static void a_viewer_who_has_joined_costs_less_than_250_bytes(void)
{
	static struct crowd c;
	static char places[VIEWERS];
	static struct policy policy;
	size_t before = mallinfo2().uordblks, each;

	for (int i = 0; i < VIEWERS; i++)
		join(&c, &policy, &places[i]);
	each = (mallinfo2().uordblks - before) / VIEWERS;
	printf("%zu bytes ", each);
	CU_ASSERT(each < 250);
	roster_free(&c.roster, &c.books);
}

static void whoever_is_to_leave_has_a_turn_wherever_he_stands(void)
{
	static struct crowd c;

	for (int i = 0; i < 4; i++)
		enter(&c, i);
	CU_ASSERT_PTR_NULL(roster_next_leaving(&c.roster));
	roster_send_away(&c.roster, c.in[1]);
	roster_send_away(&c.roster, c.in[1]); /* twice is once */
	CU_ASSERT_PTR_EQUAL(roster_next_leaving(&c.roster), c.in[1]);
	CU_ASSERT_PTR_NULL(roster_next_leaving(&c.roster));
	roster_send_away(&c.roster, c.in[0]); /* the search is past him, and goes round */
	CU_ASSERT_PTR_EQUAL(roster_next_leaving(&c.roster), c.in[0]);
	roster_send_away(&c.roster, c.in[3]);
	roster_send_away(&c.roster, c.in[2]);
	CU_ASSERT_PTR_EQUAL(roster_next_leaving(&c.roster), c.in[2]);
	leave(&c, 3); /* whose turn is next */
	CU_ASSERT_PTR_NULL(roster_next_leaving(&c.roster));
	roster_free(&c.roster, &c.books);
	CU_ASSERT_PTR_NULL(roster_next_leaving(&c.roster));
}

const struct unit_test unit_tests[] = {
	UNIT(the_order_of_deliveries_is_remembered),
	UNIT(anybody_may_come_go_and_be_asked_about),
	UNIT(the_last_ones_may_go),
	UNIT(those_sent_away_come_up_once_in_any_case),
	UNIT(an_id_is_whose_connection_is_newest),
	UNIT(who_leaves_leaves_no_filter_and_no_group_behind),
	UNIT(a_viewer_who_has_joined_costs_less_than_250_bytes),
	UNIT(whoever_is_to_leave_has_a_turn_wherever_he_stands),
	{ NULL, NULL },
};
