/* books - when memory runs out, somebody gets no seat or is not remembered, and what was charged is given back all the same. */
#include "mosquitto-plugin/core/seats/books.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_books_memory";

#define POLICY "{\"roles\":{\"m\":{}},\"users\":{\"ann\":\"m\"},\"limits\":{\"bans\":1000}}"
#define MANY 400 /* so many that the tables grow */

static struct books b;
static const mono now = { 100000 };

static void begin(void)
{
	struct complaint why;
	struct policy *p;

	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &p, &why) == 0);
	b = (struct books){ .policy = p };
}

static void end(void)
{
	struct policy *p = (struct policy *)(uintptr_t)b.policy;

	CHECK_INT(b.total, 0);
	CHECK_INT(b.by_role[0], 0);
	books_free(&b);
	policy_free(p);
}

static struct addr addr(unsigned i)
{
	char text[20];

	snprintf(text, sizeof(text), "10.0.%u.%u", i / 250, i % 250);
	return addr_parse(text);
}

/* Each allocation that a new address needs fails once, the first one first. */
static struct address *address(unsigned i)
{
	for (size_t n = 0;; n++) {
		struct address *a;

		memory_fails_at(n);
		a = books_address(&b, addr(i));
		if (!memory_is_plenty())
			return a;
		CU_ASSERT_PTR_NULL(a);
		CU_ASSERT_PTR_NULL(books_find_address(&b, addr(i)));
	}
}

static void admit(struct address *a, struct charge *c, struct str user)
{
	for (size_t n = 0;; n++) {
		enum reason why;

		*c = (struct charge){ .address = a };
		memory_fails_at(n);
		why = books_admit(&b, c, user);
		if (!memory_is_plenty()) {
			CHECK_INT(why, REASON_NONE);
			return;
		}
		CHECK_INT(why, REASON_MEMORY);
		CU_ASSERT_FALSE(c->held);
		CHECK_INT(a->connections, 0);
		books_release(&b, c); /* of what is not held: nothing */
	}
}

static void without_memory_there_is_no_seat_and_nothing_is_charged(void)
{
	static struct charge charges[MANY];
	char user[20];

	begin();
	for (unsigned i = 0; i < MANY; i++) {
		struct address *a = address(i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(a);
		snprintf(user, sizeof(user), "token-%u", i);
		admit(a, &charges[i], str_of(user));
		CHECK_INT(b.total, i + 1);
	}
	for (unsigned i = 0; i < MANY; i++)
		books_release(&b, &charges[i]);
	CHECK_INT(HASH_COUNT(b.users), 0); /* nothing is known of users with tokens once they have gone */
	end();
}

static void who_cannot_be_remembered_is_in_all_the_same(void)
{
	struct login l = { .user = STR("ann"), .password = STR("secret"), .role = 0, .cost_us = 1 };

	begin();
	l.address = address(1);
	for (size_t n = 0;; n++) {
		memory_fails_at(n);
		books_login_good(&b, &l);
		if (!memory_is_plenty())
			break;
		CHECK_INT(books_login_recall(&b, &l, now), RECALL_UNKNOWN);
	}
	CHECK_INT(books_login_recall(&b, &l, now), RECALL_MATCH);
	memory_fails_at(0);
	CHECK_INT(books_login_recall(&b, &l, now), RECALL_UNKNOWN); /* not a mismatch, which would be a failed login */
	CU_ASSERT(memory_is_plenty());
	end();
}

static void a_ban_is_there_or_refused(void)
{
	char user[20];

	begin();
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(user, sizeof(user), "u%u", i);
		for (size_t n = 0;; n++) {
			bool banned;

			memory_fails_at(n);
			banned = books_ban(&b, "user", str_of(user), mono_add(now, 1000));
			CHECK_INT(banned, !memory_is_plenty());
			CHECK_INT(books_is_banned(&b, "user", str_of(user), now), banned);
			if (banned)
				break;
		}
	}
	CHECK_INT(HASH_COUNT(b.bans), MANY);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(without_memory_there_is_no_seat_and_nothing_is_charged),
	UNIT(who_cannot_be_remembered_is_in_all_the_same),
	UNIT(a_ban_is_there_or_refused),
	{ NULL, NULL },
};
