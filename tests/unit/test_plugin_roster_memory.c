/* roster - when memory runs out, a client or a subscription is not taken, and all others are found as before. */
#include "mosquitto-plugin/core/seats/roster.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_roster_memory";

#define MANY 600 /* so many that the indices grow several times */
#define POLICY "{\"roles\":{\"m\":{}},\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"rooms/+\"}]}}"

static struct roster r;
static struct books b;
static struct policy *p;
static char places[MANY];

static void begin(void)
{
	struct complaint why;

	r = (struct roster){ 0 };
	b = (struct books){ 0 };
	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &p, &why) == 0);
}

static void end(void)
{
	roster_free(&r, &b);
	policy_free(p);
}

/* Each allocation that the client needs fails once, the first one first. An index that can't grow is no failure. */
static struct client *enter(unsigned i, size_t *failures, size_t *crowded)
{
	char id[16];

	snprintf(id, sizeof(id), "c%u", i);
	for (size_t n = 0;; n++) {
		struct client *c;
		bool failed;

		memory_fails_at(n);
		c = roster_add(&r, &places[i], str_of(id), str_of("ann"));
		failed = memory_is_plenty();
		CHECK_INT(roster_count(&r), c ? i + 1 : i);
		CU_ASSERT_PTR_EQUAL(roster_find(&r, &places[i]), c);
		CU_ASSERT_PTR_EQUAL(roster_find_id(&r, str_of(id)), c);
		if (!failed)
			return c;
		*failures += 1;
		if (c) { /* once more, with one allocation more */
			*crowded += 1;
			roster_remove(&r, &b, c);
		}
	}
}

static void without_memory_a_client_is_not_in_and_the_others_are(void)
{
	static struct client *in[MANY];
	size_t failures = 0, crowded = 0;

	begin();
	for (unsigned i = 0; i < MANY; i++)
		in[i] = enter(i, &failures, &crowded);
	CU_ASSERT(failures > 3 * MANY); /* client, extra and name; and the indices */
	CU_ASSERT(crowded > 4);         /* an index that stays as small as it is takes one more all the same */
	for (unsigned i = 0; i < MANY; i++)
		CU_ASSERT_PTR_EQUAL(roster_find(&r, &places[i]), in[i]);
	end();
}

/* The one that comes has the id of the one that is in. */
static void who_cannot_take_over_leaves_the_other_one_findable(void)
{
	struct client *old, *new;

	begin();
	old = roster_add(&r, &places[0], STR("same"), (struct str){ NULL, 0 });
	for (size_t n = 0;; n++) {
		memory_fails_at(n);
		new = roster_add(&r, &places[1], STR("same"), STR("ann"));
		if (!memory_is_plenty())
			break;
		CU_ASSERT_PTR_NULL(new);
		CU_ASSERT_PTR_EQUAL(roster_find_id(&r, STR("same")), old);
		CU_ASSERT(old->current);
	}
	CU_ASSERT_PTR_EQUAL(roster_find_id(&r, STR("same")), new);
	CU_ASSERT_FALSE(old->current);
	end();
}

static void without_memory_a_subscription_is_not_counted(void)
{
	struct client *c;
	char filter[20];

	begin();
	c = roster_add(&r, &places[0], STR("c"), (struct str){ NULL, 0 });
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	for (unsigned i = 0; i < MANY; i++) {
		enum subscribed got = SUBSCRIBED_NO_MEMORY;

		snprintf(filter, sizeof(filter), "t/%u", i);
		for (size_t n = 0; got == SUBSCRIBED_NO_MEMORY; n++) {
			memory_fails_at(n);
			got = roster_subscribe(&r, p, c, str_of(filter));
			CHECK_INT(memory_is_plenty(), got == SUBSCRIBED_NO_MEMORY);
			CHECK_INT(r.n_subscriptions, got == SUBSCRIBED_NEW ? i + 1 : i);
			CHECK_INT(roster_has_filter(c, str_of(filter)), got == SUBSCRIBED_NEW);
		}
	}
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(filter, sizeof(filter), "t/%u", i);
		roster_unsubscribe(&r, c, str_of(filter));
	}
	CHECK_INT(r.n_subscriptions, 0);
	end();
}

/* The client subscribes, but is counted in no group. */
static void a_group_that_cannot_be_made_costs_nobody_his_subscription(void)
{
	struct client *c;
	bool failed = true;

	begin();
	c = roster_add(&r, &places[0], STR("c"), (struct str){ NULL, 0 });
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	for (size_t n = 0; failed; n++) {
		enum subscribed got;

		memory_fails_at(n);
		got = roster_subscribe(&r, p, c, STR("rooms/red"));
		failed = memory_is_plenty();
		CHECK_INT(r.groups.n_in, got == SUBSCRIBED_NEW && r.groups.all);
		CHECK_INT(r.groups.n_in == 1, !failed);
		roster_unsubscribe(&r, c, STR("rooms/red"));
		CHECK_INT(r.groups.n_in, 0);
		CHECK_INT(r.n_subscriptions, 0);
	}
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(without_memory_a_client_is_not_in_and_the_others_are),
	UNIT(who_cannot_take_over_leaves_the_other_one_findable),
	UNIT(without_memory_a_subscription_is_not_counted),
	UNIT(a_group_that_cannot_be_made_costs_nobody_his_subscription),
	{ NULL, NULL },
};
