#include "publisher/core/standby.h"
#include "tests/unit/unit.h"

#define WALL INT64_C(1795681553000) /* 2026-11-26T08:25:53Z */

static struct standby of(enum standby_kind kind)
{
	return (struct standby){ .kind = kind };
}

static mono at(int64_t ms)
{
	return (mono){ 1000000 + ms };
}

static struct standby waiting(enum standby_kind kind)
{
	struct standby s = of(kind);

	CU_ASSERT(standby_refused(&s, "no", at(0)));
	CHECK_INT(standby_saw(&s, STANDBY_SAW_LEADER, at(10), WALL), STANDBY_BEGINS);
	return s;
}

static void the_names_of_the_kinds(void)
{
	enum standby_kind kind;

	CU_ASSERT(standby_kind_from_name("no", &kind) && kind == STANDBY_OFF);
	CU_ASSERT(standby_kind_from_name("cold", &kind) && kind == STANDBY_COLD);
	CU_ASSERT(standby_kind_from_name("warm", &kind) && kind == STANDBY_WARM);
	CU_ASSERT_FALSE(standby_kind_from_name("hot", &kind));
	CU_ASSERT_FALSE(standby_kind_from_name("", &kind));
}

static void who_is_refused_looks_and_waits_if_another_one_leads(void)
{
	struct standby s = of(STANDBY_OFF);

	CU_ASSERT_FALSE(s.waits);
	CU_ASSERT(standby_refused(&s, "not authorized", at(0)));
	CHECK_INT(standby_saw(&s, STANDBY_SAW_LEADER, at(10), WALL), STANDBY_BEGINS);
	CU_ASSERT(s.waits);
	CHECK_STR(standby_text(&s), "standby: another publisher leads since 2026-11-26T08:25:53Z");
	CHECK_INT(standby_ask_ms(&s), STANDBY_ASK_MS);
}

/* Not for the place, but for a ban or his client id: he is not well, and does not ask every second. */
static void who_is_barred_does_not_wait(void)
{
	struct standby s = waiting(STANDBY_WARM);

	standby_barred(&s);
	CU_ASSERT_FALSE(s.waits);
	CHECK_INT(standby_ask_ms(&s), 0);
	CHECK_INT(standby_saw(&s, STANDBY_SAW_LEADER, at(20), WALL), STANDBY_NO_NEWS); /* of a look that was under way */
	CU_ASSERT_FALSE(s.waits);
	CU_ASSERT_FALSE(standby_refused(&s, "not authorized", at(1000))); /* no sooner than otherwise */
	CU_ASSERT(standby_refused(&s, "not authorized", at(STANDBY_LOOK_MS)));
}

/* Whose password is wrong must not try it every second, asked to stand by or not. */
static void who_is_refused_for_himself_does_not_wait(void)
{
	static const enum standby_saw saws[] = { STANDBY_SAW_NOBODY, STANDBY_SAW_NOTHING };
	static const enum standby_kind kinds[] = { STANDBY_OFF, STANDBY_COLD, STANDBY_WARM };

	for (size_t i = 0; i < 6; i++) {
		struct standby s = of(kinds[i % 3]);

		CU_ASSERT(standby_refused(&s, "not authorized", at(0)));
		CHECK_INT(standby_saw(&s, saws[i / 3], at(10), WALL), STANDBY_REFUSED);
		CU_ASSERT_FALSE(s.waits);
		CHECK_INT(standby_ask_ms(&s), 0);
		CHECK_STR(s.refusal, "not authorized");
		CU_ASSERT_FALSE(standby_refused(&s, "not authorized", at(1000)));
		CHECK_INT(standby_ask_ms(&s), 0);
	}
}

static void it_looks_once_and_then_every_half_minute(void)
{
	struct standby s = waiting(STANDBY_WARM);
	int looks = 0;

	for (int64_t ms = 1000; ms <= 90000; ms += 1000) {
		if (!standby_refused(&s, "no", at(ms)))
			continue;
		looks++;
		CU_ASSERT_FALSE(standby_refused(&s, "no", at(ms))); /* not while it looks */
		CHECK_INT(standby_saw(&s, STANDBY_SAW_LEADER, at(ms), WALL + ms), STANDBY_NO_NEWS);
	}
	CHECK_INT(looks, 3);
	CHECK_STR(standby_text(&s), "standby: another publisher leads since 2026-11-26T08:25:53Z");
}

/* The leader may have gone in the moment in which we looked; only who sees nobody twice is refused for another reason. */
static void to_see_nobody_once_ends_no_waiting(void)
{
	struct standby s = waiting(STANDBY_WARM);

	CU_ASSERT(standby_refused(&s, "no", at(30000)));
	CHECK_INT(standby_saw(&s, STANDBY_SAW_NOBODY, at(30010), WALL), STANDBY_NO_NEWS);
	CU_ASSERT(s.waits);
	CU_ASSERT(standby_refused(&s, "no", at(31000)));
	CHECK_INT(standby_saw(&s, STANDBY_SAW_LEADER, at(31010), WALL), STANDBY_NO_NEWS);
	CU_ASSERT(standby_refused(&s, "no", at(61000)));
	CHECK_INT(standby_saw(&s, STANDBY_SAW_NOBODY, at(61010), WALL), STANDBY_NO_NEWS);
	CU_ASSERT(standby_refused(&s, "no", at(62000)));
	CHECK_INT(standby_saw(&s, STANDBY_SAW_NOTHING, at(62010), WALL), STANDBY_REFUSED);
	CU_ASSERT_FALSE(s.waits);
}

static void who_leads_waits_no_more(void)
{
	struct standby s = waiting(STANDBY_COLD);

	CU_ASSERT(standby_leads(&s));
	CU_ASSERT_FALSE(s.waits);
	CHECK_INT(s.kind, STANDBY_COLD);
	CU_ASSERT_FALSE(standby_leads(&s));
	CU_ASSERT(standby_refused(&s, "no", at(5000))); /* what it saw before is old */
}

/* Of a broker that is away nobody knows who leads there. */
static void who_loses_the_broker_knows_nothing(void)
{
	struct standby s = waiting(STANDBY_WARM);

	standby_lost(&s);
	CU_ASSERT_FALSE(s.waits);
	CU_ASSERT(standby_refused(&s, "no", at(100)));
	standby_lost(&s);
	CHECK_INT(standby_saw(&s, STANDBY_SAW_LEADER, at(200), WALL), STANDBY_NO_NEWS); /* of the broker as it was */
	CU_ASSERT_FALSE(s.waits);
}

static void who_stands_by_asks_a_broker_that_is_away_every_second(void)
{
	struct standby s = of(STANDBY_WARM), off = of(STANDBY_OFF);

	standby_lost(&s);
	CHECK_INT(standby_ask_ms(&s), STANDBY_ASK_MS);
	standby_lost(&s);
	standby_lost(&off);
	CHECK_INT(standby_ask_ms(&off), 0);
}

const char *const unit_name = "standby";
const struct unit_test unit_tests[] = {
	UNIT(the_names_of_the_kinds),
	UNIT(who_is_refused_looks_and_waits_if_another_one_leads),
	UNIT(who_is_barred_does_not_wait),
	UNIT(who_is_refused_for_himself_does_not_wait),
	UNIT(it_looks_once_and_then_every_half_minute),
	UNIT(to_see_nobody_once_ends_no_waiting),
	UNIT(who_leads_waits_no_more),
	UNIT(who_loses_the_broker_knows_nothing),
	UNIT(who_stands_by_asks_a_broker_that_is_away_every_second),
	{ NULL, NULL },
};
