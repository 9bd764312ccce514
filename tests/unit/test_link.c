/* link - every arrow of the state machine as stories: event, action, state, at what time. */
#include "publisher/core/link.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "link";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NEVER INT64_MAX

static const struct link_config config = {
	.backoff_first_ms = 1000,
	.backoff_max_ms = 30000,
	.dial_timeout_ms = 5000,
	.settle_ms = 5000,
	.ping_every_ms = 10000,
	.pong_within_ms = 4000,
	.silence_ms = 30000,
};

struct step {
	int64_t at;
	enum link_event ev;
	enum link_action action;
	enum link_state state;
	int64_t deadline; /* afterwards */
};

static struct link new_link(void)
{
	struct link l;

	link_init(&l, &config);
	return l;
}

/* rnd 0: the shortest wait, three quarters of the backoff. */
static void play(struct link *l, const struct step *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum link_action action = link_step(l, s[i].ev, (mono){ s[i].at }, 0);

		if (action != s[i].action || l->state != s[i].state || link_deadline(l).ms != s[i].deadline)
			printf("\n    step %zu\n", i);
		CHECK_INT(action, s[i].action);
		CHECK_INT(l->state, s[i].state);
		CHECK_INT(link_deadline(l).ms, s[i].deadline);
	}
}

static void a_good_life_is_dial_up_ping_pong_stop(void)
{
	static const struct step story[] = {
		{ 0, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5000 },
		{ 10, LINK_EV_OPENED, LINK_DO_NOTHING, LINK_UP, 10010 },
		{ 20, LINK_EV_PROVED, LINK_DO_NOTHING, LINK_UP, 10010 },
		{ 9000, LINK_EV_TICK, LINK_DO_NOTHING, LINK_UP, 10010 },
		{ 10010, LINK_EV_TICK, LINK_DO_PING, LINK_UP, 14010 },
		{ 10050, LINK_EV_PONG, LINK_DO_NOTHING, LINK_UP, 20010 },
		{ 20010, LINK_EV_TICK, LINK_DO_PING, LINK_UP, 24010 },
		{ 20020, LINK_EV_TRAFFIC, LINK_DO_NOTHING, LINK_UP, 24010 },
		{ 20030, LINK_EV_STOP, LINK_DO_HANG_UP, LINK_IDLE, NEVER },
		{ 20040, LINK_EV_TICK, LINK_DO_NOTHING, LINK_IDLE, NEVER },
	};
	struct link l = new_link();

	play(&l, story, COUNT(story));
}

static void a_loss_waits_and_dials_again(void)
{
	static const struct step story[] = {
		{ 0, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5000 },
		{ 100, LINK_EV_LOST, LINK_DO_NOTHING, LINK_WAITING, 850 },
		{ 500, LINK_EV_TICK, LINK_DO_NOTHING, LINK_WAITING, 850 },
		{ 600, LINK_EV_LOST, LINK_DO_NOTHING, LINK_WAITING, 850 },
		{ 700, LINK_EV_OPENED, LINK_DO_NOTHING, LINK_WAITING, 850 },
		{ 850, LINK_EV_TICK, LINK_DO_DIAL, LINK_DIALING, 5850 },
		{ 900, LINK_EV_OPENED, LINK_DO_NOTHING, LINK_UP, 10900 },
		{ 950, LINK_EV_LOST, LINK_DO_NOTHING, LINK_WAITING, 2450 },
		{ 2450, LINK_EV_TICK, LINK_DO_DIAL, LINK_DIALING, 7450 },
	};
	struct link l = new_link();

	play(&l, story, COUNT(story));
	CHECK_INT(l.why, LINK_WHY_LOST);
}

static void a_dial_without_answer_is_given_up(void)
{
	static const struct step story[] = {
		{ 0, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5000 },
		{ 4999, LINK_EV_TICK, LINK_DO_NOTHING, LINK_DIALING, 5000 },
		{ 5000, LINK_EV_TICK, LINK_DO_HANG_UP, LINK_WAITING, 5750 },
	};
	struct link l = new_link();

	play(&l, story, COUNT(story));
	CHECK_INT(l.why, LINK_WHY_DIAL_TIMEOUT);
}

static void a_missing_pong_is_death(void)
{
	static const struct step story[] = {
		{ 0, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5000 },
		{ 0, LINK_EV_OPENED, LINK_DO_NOTHING, LINK_UP, 10000 },
		{ 10000, LINK_EV_TICK, LINK_DO_PING, LINK_UP, 14000 },
		{ 13000, LINK_EV_TRAFFIC, LINK_DO_NOTHING, LINK_UP, 14000 },
		{ 14000, LINK_EV_TICK, LINK_DO_HANG_UP, LINK_WAITING, 14750 },
		{ 14100, LINK_EV_PONG, LINK_DO_NOTHING, LINK_WAITING, 14750 },
	};
	struct link l = new_link();

	play(&l, story, COUNT(story));
	CHECK_INT(l.why, LINK_WHY_NO_PONG);
}

static void a_second_ping_does_not_put_the_first_pong_off(void)
{
	static const struct step story[] = {
		{ 0, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5000 },
		{ 0, LINK_EV_OPENED, LINK_DO_NOTHING, LINK_UP, 10000 },
		{ 10000, LINK_EV_TICK, LINK_DO_PING, LINK_UP, 20000 },
		{ 20000, LINK_EV_TICK, LINK_DO_PING, LINK_UP, 25000 },
		{ 25000, LINK_EV_TICK, LINK_DO_HANG_UP, LINK_WAITING, 25750 },
	};
	struct link_config patient = config;
	struct link l;

	patient.pong_within_ms = 15000;
	link_init(&l, &patient);
	play(&l, story, COUNT(story));
	CHECK_INT(l.why, LINK_WHY_NO_PONG);
}

static void silence_counts_only_while_traffic_is_expected(void)
{
	static const struct link_config no_pings = {
		.backoff_first_ms = 1000,
		.backoff_max_ms = 1000,
		.dial_timeout_ms = 5000,
		.silence_ms = 30000,
	};
	struct link l;

	link_init(&l, &no_pings);
	CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, 0), LINK_DO_DIAL);
	CHECK_INT(link_step(&l, LINK_EV_OPENED, (mono){ 0 }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_deadline(&l).ms, NEVER);
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ 900000 }, 0), LINK_DO_NOTHING);
	link_expect_traffic(&l, true, (mono){ 900000 });
	CHECK_INT(link_deadline(&l).ms, 930000);
	CHECK_INT(link_step(&l, LINK_EV_TRAFFIC, (mono){ 910000 }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_deadline(&l).ms, 940000);
	link_expect_traffic(&l, true, (mono){ 920000 }); /* again: no news */
	CHECK_INT(link_deadline(&l).ms, 940000);
	link_expect_traffic(&l, false, (mono){ 920000 });
	CHECK_INT(link_deadline(&l).ms, NEVER);
	link_expect_traffic(&l, true, (mono){ 920000 });
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ 949999 }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ 950000 }, 0), LINK_DO_HANG_UP);
	CHECK_INT(l.why, LINK_WHY_SILENT);
	/* a new connection has its full time */
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ 951000 }, 0), LINK_DO_DIAL);
	CHECK_INT(link_step(&l, LINK_EV_OPENED, (mono){ 951100 }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_deadline(&l).ms, 981100);
}

static void redial_hangs_up_only_what_is_open(void)
{
	static const struct step story[] = {
		{ 0, LINK_EV_REDIAL, LINK_DO_NOTHING, LINK_IDLE, NEVER },
		{ 0, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5000 },
		{ 100, LINK_EV_REDIAL, LINK_DO_HANG_UP_DIAL, LINK_DIALING, 5100 },
		{ 200, LINK_EV_OPENED, LINK_DO_NOTHING, LINK_UP, 10200 },
		{ 300, LINK_EV_REDIAL, LINK_DO_HANG_UP_DIAL, LINK_DIALING, 5300 },
		{ 400, LINK_EV_LOST, LINK_DO_NOTHING, LINK_WAITING, 1150 },
		{ 500, LINK_EV_REDIAL, LINK_DO_DIAL, LINK_DIALING, 5500 },
		{ 500, LINK_EV_START, LINK_DO_NOTHING, LINK_DIALING, 5500 },
		{ 600, LINK_EV_STOP, LINK_DO_HANG_UP, LINK_IDLE, NEVER },
		{ 700, LINK_EV_STOP, LINK_DO_NOTHING, LINK_IDLE, NEVER },
		{ 800, LINK_EV_LOST, LINK_DO_NOTHING, LINK_IDLE, NEVER },
	};
	struct link l = new_link();

	play(&l, story, COUNT(story));
}

static void stopped_while_waiting_there_is_nothing_to_hang_up(void)
{
	static const struct step story[] = {
		{ 0, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5000 },
		{ 0, LINK_EV_LOST, LINK_DO_NOTHING, LINK_WAITING, 750 },
		{ 100, LINK_EV_STOP, LINK_DO_NOTHING, LINK_IDLE, NEVER },
		{ 750, LINK_EV_TICK, LINK_DO_NOTHING, LINK_IDLE, NEVER },
		{ 800, LINK_EV_START, LINK_DO_DIAL, LINK_DIALING, 5800 },
	};
	struct link l = new_link();

	play(&l, story, COUNT(story));
}

/* Loses a dial that was just made; the wait in ms. */
static int64_t lose(struct link *l, int64_t at, uint32_t rnd)
{
	CU_ASSERT_FATAL(l->state == LINK_DIALING);
	CHECK_INT(link_step(l, LINK_EV_LOST, (mono){ at }, rnd), LINK_DO_NOTHING);
	return link_deadline(l).ms - at;
}

static void waits_double_up_to_the_longest(void)
{
	static const int64_t backoff[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
	struct link l = new_link();
	int64_t at = 0;

	CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, 0), LINK_DO_DIAL);
	for (size_t i = 0; i < COUNT(backoff); i++) {
		CHECK_INT(lose(&l, at, 0), backoff[i] * 3 / 4);
		at = link_deadline(&l).ms;
		CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ at }, 0), LINK_DO_DIAL);
	}
	/* being connected proves nothing: who refuses after the handshake is not asked faster */
	CHECK_INT(link_step(&l, LINK_EV_OPENED, (mono){ at }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_step(&l, LINK_EV_LOST, (mono){ at }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_deadline(&l).ms - at, 22500);
}

/* Who does not answer may be there again at any moment; who refuses is not asked faster. */
static void who_does_not_answer_is_not_waited_for_long(void)
{
	static const struct link_config watchful = {
		.backoff_first_ms = 1000,
		.backoff_max_ms = 30000,
		.unanswered_max_ms = 4000,
		.dial_timeout_ms = 5000,
		.settle_ms = 5000,
	};
	static const int64_t waits[] = { 1000, 2000, 4000, 4000, 4000, 4000 };
	struct link l;
	int64_t at = 0;

	link_init(&l, &watchful);
	CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, 0), LINK_DO_DIAL);
	for (size_t i = 0; i < COUNT(waits); i++) {
		CHECK_INT(lose(&l, at, 0), waits[i] * 3 / 4);
		at = link_deadline(&l).ms;
		CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ at }, 0), LINK_DO_DIAL);
	}
	/* nor is it when the dial ends by its time */
	at = link_deadline(&l).ms;
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ at }, 0), LINK_DO_HANG_UP);
	CHECK_INT(link_deadline(&l).ms - at, 3000);
	at = link_deadline(&l).ms;
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ at }, 0), LINK_DO_DIAL);
	CHECK_INT(link_step(&l, LINK_EV_REFUSED, (mono){ at }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_deadline(&l).ms - at, 3000);
	at = link_deadline(&l).ms;
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ at }, 0), LINK_DO_DIAL);
	CHECK_INT(link_step(&l, LINK_EV_REFUSED, (mono){ at }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_deadline(&l).ms - at, 6000);
	/* nor is one that lets us in and throws us out */
	at = link_deadline(&l).ms;
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ at }, 0), LINK_DO_DIAL);
	CHECK_INT(link_step(&l, LINK_EV_OPENED, (mono){ at }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_step(&l, LINK_EV_LOST, (mono){ at }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_deadline(&l).ms - at, 12000);
}

/* The wait after a connection that was of use and lasted so long; loses the present one. */
static int64_t wait_after_use(struct link *l, int64_t use_ms)
{
	int64_t at = link_deadline(l).ms;

	CHECK_INT(link_step(l, LINK_EV_TICK, (mono){ at }, 0), LINK_DO_DIAL);
	CHECK_INT(link_step(l, LINK_EV_OPENED, (mono){ at }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_step(l, LINK_EV_PROVED, (mono){ at }, 0), LINK_DO_NOTHING);
	at += use_ms;
	CHECK_INT(link_step(l, LINK_EV_PROVED, (mono){ at }, 0), LINK_DO_NOTHING); /* once more does not put it off */
	CHECK_INT(link_step(l, LINK_EV_LOST, (mono){ at }, 0), LINK_DO_NOTHING);
	return link_deadline(l).ms - at;
}

static void only_use_that_lasts_starts_the_waits_anew(void)
{
	struct link l = new_link();

	CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, 0), LINK_DO_DIAL);
	CHECK_INT(lose(&l, 0, 0), 750);
	CHECK_INT(wait_after_use(&l, 100), 1500);
	CHECK_INT(wait_after_use(&l, 0), 3000);
	CHECK_INT(wait_after_use(&l, config.settle_ms - 1), 6000);
	CHECK_INT(wait_after_use(&l, config.settle_ms), 750);
	CHECK_INT(wait_after_use(&l, 100), 1500); /* the one before did not count for it */
	/* neither did what was of use before a dial that failed */
	CHECK_INT(wait_after_use(&l, config.settle_ms), 750);
	CHECK_INT(link_step(&l, LINK_EV_TICK, link_deadline(&l), 0), LINK_DO_DIAL);
	CHECK_INT(lose(&l, link_deadline(&l).ms, 0), 1500);
	/* and what was, counts for a dial that we asked for */
	CHECK_INT(wait_after_use(&l, 0), 3000);
	CHECK_INT(link_step(&l, LINK_EV_TICK, link_deadline(&l), 0), LINK_DO_DIAL);
	CHECK_INT(link_step(&l, LINK_EV_OPENED, (mono){ 100000 }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_step(&l, LINK_EV_PROVED, (mono){ 100000 }, 0), LINK_DO_NOTHING);
	CHECK_INT(link_step(&l, LINK_EV_REDIAL, (mono){ 100000 + config.settle_ms }, 0), LINK_DO_HANG_UP_DIAL);
	CHECK_INT(lose(&l, 100000 + config.settle_ms, 0), 750);
}

static void chance_moves_a_wait_by_a_quarter_either_way(void)
{
	int64_t lowest = NEVER, highest = 0;

	for (uint32_t rnd = 0; rnd < 100000; rnd += 7) {
		struct link l = new_link();
		int64_t wait;

		CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, 0), LINK_DO_DIAL);
		wait = lose(&l, 0, rnd * 2654435761u);
		lowest = wait < lowest ? wait : lowest;
		highest = wait > highest ? wait : highest;
	}
	CU_ASSERT(lowest >= 750 && lowest < 760);
	CU_ASSERT(highest <= 1250 && highest > 1240);
}

static void a_backoff_of_a_millisecond_works(void)
{
	static const struct link_config tiny = { .backoff_first_ms = 1, .backoff_max_ms = 1, .dial_timeout_ms = 1 };
	struct link l;

	link_init(&l, &tiny);
	CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, UINT32_MAX), LINK_DO_DIAL);
	CHECK_INT(lose(&l, 0, UINT32_MAX), 1);
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ 1 }, UINT32_MAX), LINK_DO_DIAL);
	CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ 2 }, UINT32_MAX), LINK_DO_HANG_UP);
}

static void no_wait_is_above_the_longest(void)
{
	static const struct link_config odd = { .backoff_first_ms = 60000, .backoff_max_ms = 400, .dial_timeout_ms = 1 };
	struct link l;

	link_init(&l, &odd);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, 0), LINK_DO_DIAL);
		CHECK_INT(link_step(&l, LINK_EV_PROVED, (mono){ 0 }, 0), LINK_DO_NOTHING);
		CHECK_INT(lose(&l, 0, 0), 300);
		CHECK_INT(link_step(&l, LINK_EV_STOP, (mono){ 0 }, 0), LINK_DO_NOTHING);
	}
}

static void the_owner_may_know_when_to_dial(void)
{
	static const struct link_config patient = { .backoff_first_ms = 1000, .backoff_max_ms = 30000, .dial_timeout_ms = 10000 };
	struct link l;

	link_init(&l, &patient);
	link_retry_at(&l, (mono){ 5 });
	CHECK_INT(link_deadline(&l).ms, MONO_NEVER.ms);
	CHECK_INT(link_step(&l, LINK_EV_START, (mono){ 0 }, 0), LINK_DO_DIAL);
	link_retry_at(&l, (mono){ 5 });
	CHECK_INT(link_deadline(&l).ms, 10000); /* that of the attempt */
	for (int i = 0; i < 10; i++) {
		(void)lose(&l, i * 1000, 0);
		link_retry_at(&l, (mono){ i * 1000 + 1000 });
		CHECK_INT(link_deadline(&l).ms, i * 1000 + 1000);
		CHECK_INT(link_step(&l, LINK_EV_TICK, (mono){ i * 1000 + 1000 }, 0), LINK_DO_DIAL);
	}
	CHECK_INT(lose(&l, 20000, 0), 750); /* and no backoff has grown meanwhile */
}

static void every_reason_has_a_name(void)
{
	for (int why = 0; why < LINK_WHY_COUNT; why++)
		CU_ASSERT(link_reason_name((enum link_reason)why) && *link_reason_name((enum link_reason)why));
	CHECK_STR(link_reason_name(LINK_WHY_NO_PONG), "no_pong");
	CHECK_STR(link_reason_name(LINK_WHY_REDIAL), "redial");
}

const struct unit_test unit_tests[] = {
	UNIT(a_good_life_is_dial_up_ping_pong_stop),
	UNIT(a_loss_waits_and_dials_again),
	UNIT(a_dial_without_answer_is_given_up),
	UNIT(a_missing_pong_is_death),
	UNIT(a_second_ping_does_not_put_the_first_pong_off),
	UNIT(silence_counts_only_while_traffic_is_expected),
	UNIT(redial_hangs_up_only_what_is_open),
	UNIT(stopped_while_waiting_there_is_nothing_to_hang_up),
	UNIT(waits_double_up_to_the_longest),
	UNIT(who_does_not_answer_is_not_waited_for_long),
	UNIT(only_use_that_lasts_starts_the_waits_anew),
	UNIT(chance_moves_a_wait_by_a_quarter_either_way),
	UNIT(a_backoff_of_a_millisecond_works),
	UNIT(no_wait_is_above_the_longest),
	UNIT(the_owner_may_know_when_to_dial),
	UNIT(every_reason_has_a_name),
	{ NULL, NULL },
};
