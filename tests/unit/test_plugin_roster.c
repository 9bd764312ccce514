/* The guess who is asked about next must never change the answer, whoever comes and goes meanwhile. */
#include "mosquitto-plugin/core/roster.h"
#include "tests/unit/unit.h"

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

static void check_row(struct crowd *c)
{
	for (int i = 0; i < PLACES; i++)
		CU_ASSERT_PTR_EQUAL(roster_find_in_row(&c->roster, &c->places[i]), c->in[i]);
}

static void a_row_is_remembered(void)
{
	static struct crowd c;

	for (int i = 0; i < PLACES; i++)
		enter(&c, i);
	check_row(&c);
	for (int i = 0; i + 1 < PLACES; i++)
		CU_ASSERT_PTR_EQUAL(c.in[i]->follower, c.in[i + 1]);
	leave(&c, 7);
	CU_ASSERT_PTR_EQUAL(c.in[6]->follower, c.in[8]);
	check_row(&c);
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
				check_row(&c);
			break;
		default:
			CU_ASSERT_PTR_EQUAL(roster_find_in_row(&c.roster, &c.places[i]), c.in[i]);
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
		check_row(&c);
		check_row(&c); /* a ring of two */
		leave(&c, left % 2);
		check_row(&c);
		leave(&c, !(left % 2));
		check_row(&c);
	}
	roster_free(&c.roster, &c.books);
}

const struct unit_test unit_tests[] = {
	UNIT(a_row_is_remembered),
	UNIT(anybody_may_come_go_and_be_asked_about),
	UNIT(the_last_ones_may_go),
	{ NULL, NULL },
};
