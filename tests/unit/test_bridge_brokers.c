/* bridge, several brokers - each is kept equal to the scoreboard by itself, with the same feeds, and none waits for another. */
#include "tests/unit/schemas.h"
#include "tests/unit/shell.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "bridge_brokers";

static const char plain[] = SCHEMA_PLAIN;
static const char with_view[] = SCHEMA_WITH_VIEW;

#define STATUS(state, since, reason) \
	"p/status {\"state\":\"" state "\",\"since\":" #since ",\"reason\":\"" reason "\"}\n"

enum {
	A,
	B,
};

static struct shell *shell_of_two(const char *schema)
{
	struct bridge_config cfg = shell_config();

	cfg.n_brokers = 2;
	return shell_with(&cfg, schema_of(str_of(schema)));
}

/* What follows is about this broker. */
static void with(struct shell *sh, size_t broker)
{
	sh->broker = broker;
}

static void join(struct shell *sh, size_t broker)
{
	with(sh, broker);
	sink_up(sh);
	answer_all(sh);
	reconcile_empty(sh);
}

/* Both have all of this state. */
static struct shell *two_live(const char *schema, const char *state)
{
	struct shell *sh = shell_of_two(schema);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	CHECK_INT(frame(sh, state), VERDICT_TAKEN);
	join(sh, A);
	CU_ASSERT(bridge_ready(sh->b));
	join(sh, B);
	forget(sh);
	CU_ASSERT(strstr(sh->status[A], "live") && strstr(sh->status[B], "live"));
	return sh;
}

static void set_score(struct shell *sh, int score)
{
	char text[64];

	snprintf(text, sizeof(text), "{\"state\":{\"B.S\":%d}}", score);
	CHECK_INT(frame(sh, text), VERDICT_TAKEN);
}

static void both_are_dialled_and_told(void)
{
	struct shell *sh = two_live(plain, "{\"state\":{\"B.S\":1}}");

	set_score(sh, 2);
	drain(sh);
	CU_ASSERT(said(sh, "\npub p/s 2\n") || said(sh, "pub p/s 2\nb: "));
	CU_ASSERT(said(sh, "b: pub p/s 2\n"));
	CU_ASSERT(logged(sh, "connected  window=50 broker=a:1883"));
	CU_ASSERT(logged(sh, "connected  window=50 broker=b:1883"));
	shell_free(sh);
}

/* One was there all the time, the other comes back and holds something old. */
static void each_is_compared_when_it_comes(void)
{
	struct shell *sh = two_live(plain, "{\"state\":{\"B.S\":1}}");

	with(sh, B);
	sink_lost(sh);
	at(sh, 100);
	set_score(sh, 2);
	EXPECT(sh, "pub p/s 2\n");
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b)); /* one is enough */
	CHECK_INT(counter(sh, HEALTH_SINK_UP), 0);
	CHECK_INT(counter(sh, HEALTH_SINK_LOST), 1);
	at(sh, 5000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "b: sink-dial"));
	sink_up(sh);
	answer_all(sh);
	forget(sh);
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	broker_holds(sh, "p/s", "1");
	broker_holds(sh, "p/gone", "1");
	echo_status(sh);
	drain(sh);
	CU_ASSERT(said(sh, "b: pub p/s 2\n") && said(sh, "b: pub p/gone \n") && !said(sh, "\npub p/s"));
	answer_all(sh);
	CHECK_INT(counter(sh, HEALTH_SINK_UP), 1);
	CHECK_INT(counter(sh, HEALTH_RECONCILES), 2);
	with(sh, A);
	CHECK_INT(counter(sh, HEALTH_RECONCILES), 1);
	shell_free(sh);
}

/* It is connected, but answers nothing: what the other hears does not wait, and what this one is sent is bounded. */
static void one_that_hangs_holds_up_no_other(void)
{
	struct shell *sh = two_live(with_view, "{\"state\":{\"B.S\":0}}");
	size_t n_hanging;

	sh->hangs[B] = true;
	for (int i = 1; i <= 200; i++) {
		char delta[64];

		at(sh, i * 100);
		set_score(sh, i);
		forget(sh);
		answer_all(sh);
		set_score(sh, i + 1000000);
		drain(sh);
		snprintf(delta, sizeof(delta), "\"set\":{\"s\":%d}", i + 1000000);
		CU_ASSERT(said(sh, delta));
		answer_all(sh);
		CU_ASSERT(bridge_ready(sh->b));
	}
	n_hanging = sh->n_tokens;
	CU_ASSERT(n_hanging > 50 && n_hanging <= 101); /* a window of 50 values, and one of 50 deltas */
	with(sh, B);
	CU_ASSERT(counter(sh, HEALTH_IN_FLIGHT) <= 50);
	CU_ASSERT(counter(sh, HEALTH_COALESCED) > 100);
	with(sh, A);
	CHECK_INT(counter(sh, HEALTH_COALESCED), 0);
	CHECK_INT(counter(sh, HEALTH_DELTAS_MISSED), 0);
	/* it goes on */
	sh->hangs[B] = false;
	forget(sh);
	answer_all(sh);
	drain(sh);
	CU_ASSERT(said(sh, "b: pub p/s 1000200\n"));
	CU_ASSERT(said(sh, "\"seq\":401,"));
	with(sh, B);
	CU_ASSERT(counter(sh, HEALTH_DELTAS_MISSED) > 200);
	CHECK_INT(sh->n_tokens, 0);
	shell_free(sh);
}

static void the_feeds_have_the_same_numbers(void)
{
	struct shell *sh = two_live(with_view, "{\"state\":{\"B.S\":0}}");
	const struct feed *feed = bridge_view(sh->b, STR("v"));

	for (int i = 1; i < 20; i++) {
		BUF_CLEANUP struct buf a = { 0 }, b = { 0 };

		at(sh, i * 100);
		forget(sh);
		set_score(sh, i);
		answer_all(sh);
		buf_printf(&a, "pub-live p/feed/v/delta %.*s\n", STR_ARGS(feed_delta(feed)));
		buf_printf(&b, "b: %s", a.p);
		CU_ASSERT(said(sh, b.p));
		*strstr(strstr(sh->said.p, b.p), "pub") = 'x'; /* that one is not taken for the other's */
		CU_ASSERT(said(sh, a.p));
	}
	shell_free(sh);
}

/* How long the broker was away must not count as the time that a delta takes. */
static void a_delta_that_waited_for_its_broker_was_not_on_its_way(void)
{
	struct shell *sh = two_live(with_view, "{\"state\":{\"B.S\":1}}");
	const struct histogram *h;
	char *delta;

	with(sh, B);
	sink_lost(sh);
	at(sh, 2000);
	set_score(sh, 2);
	bridge_tick(sh->b, sh->now);
	answer_all(sh);
	at(sh, 9000);
	forget(sh);
	join(sh, B);
	CU_ASSERT(said(sh, "b: pub-live p/feed/v/delta "));
	delta = str_dup(feed_delta(bridge_view(sh->b, STR("v"))));
	CU_ASSERT_PTR_NOT_NULL_FATAL(delta);
	at(sh, 9020);
	broker_says(sh, "p/feed/v/delta", delta);
	h = &bridge_sink_health(sink_of(sh))->feed_return;
	CHECK_INT(h->counts[2], 1); /* up to 25 ms */
	free(delta);
	shell_free(sh);
}

static void each_is_a_part_with_a_name_and_their_viewers_are_added_up(void)
{
	struct shell *sh = two_live(plain, "{\"state\":{\"B.S\":1}}");
	BUF_CLEANUP struct buf parts = { 0 };

	broker_says(sh, "p/presence/watching", "{\"total\":3}");
	with(sh, A);
	broker_says(sh, "p/presence/watching", "{\"total\":4}");
	CHECK_INT(bridge_attendance(sh->b)->viewers, 7);
	with(sh, B);
	sink_lost(sh);
	CHECK_INT(bridge_attendance(sh->b)->viewers, 4);
	parts_write(bridge_parts(sh->b), &parts);
	CU_ASSERT(strstr(parts.p, "{\"part\":\"broker\",\"name\":\"a:1883\",\"ok\":true,") != NULL);
	CU_ASSERT(strstr(parts.p, "{\"part\":\"broker\",\"name\":\"b:1883\",\"ok\":false,") != NULL);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void each_has_a_status_of_its_own(void)
{
	struct shell *sh = shell_of_two(plain);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	set_score(sh, 1);
	CU_ASSERT(str_is(bridge_status(sh->b), "{\"state\":\"stale\",\"since\":1000,\"reason\":\"synchronizing\"}"));
	with(sh, B);
	sink_up(sh);
	with(sh, A);
	sh->hangs[B] = true;
	at(sh, 50);
	join(sh, A);
	CU_ASSERT(strstr(sh->status[A], "live") && strstr(sh->status[B], "stale"));
	CU_ASSERT(strstr(bridge_status(sh->b).p, "\"live\"") != NULL);
	CU_ASSERT(bridge_ready(sh->b));
	/* the scoreboard is gone for both */
	forget(sh);
	sh->hangs[B] = false;
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "no scoreboard", sh->now);
	answer_all(sh);
	CU_ASSERT(said(sh, "pub " STATUS("stale", 1050, "no scoreboard")) && said(sh, "b: pub " STATUS("stale", 1000, "no scoreboard")));
	CU_ASSERT(!bridge_ready(sh->b));
	shell_free(sh);
}

/* What a broker has forgotten is given back to that one; what was written at one stays there. */
static void what_people_write_is_each_broker_s(void)
{
	struct shell *sh = two_live(plain, "{\"state\":{\"B.S\":1}}");
	unsigned int before = bridge_notices(sh->b);

	with(sh, B);
	broker_says(sh, "p/notice", "{\"text\":\"hello\"}");
	EXPECT(sh, "");
	CU_ASSERT(str_is(bridge_notice(sh->b), "{\"text\":\"hello\"}"));
	CU_ASSERT(bridge_notices(sh->b) != before);
	sink_lost(sh);
	at(sh, 5000);
	bridge_tick(sh->b, sh->now);
	forget(sh);
	join(sh, B);
	CU_ASSERT(said(sh, "b: pub p/notice {\"text\":\"hello\"}\n") && !said(sh, "\npub p/notice"));
	shell_free(sh);
}

static void the_end_waits_for_those_that_are_there(void)
{
	struct shell *sh = two_live(plain, "{\"state\":{\"B.S\":1}}");

	with(sh, B);
	sink_lost(sh);
	sh->hangs[B] = true;
	set_score(sh, 2);
	bridge_stop(sh->b, sh->now, "bye");
	answer_all(sh);
	CU_ASSERT(said(sh, "pub p/s 2\n") && said(sh, "\"offline\"") && said(sh, "disconnect\nexit\n"));
	CU_ASSERT(!said(sh, "b: disconnect"));
	CU_ASSERT(sh->exited);
	shell_free(sh);
}

/* An input that is over is told to all, even to one that is not there yet. */
static void a_recording_s_end_waits_for_all(void)
{
	struct shell *sh = two_live(plain, "{\"state\":{\"B.S\":1}}");

	with(sh, B);
	sink_lost(sh);
	set_score(sh, 2);
	bridge_source_lost(sh->b, SOURCE_LOSS_END, "end of the recording", sh->now);
	answer_all(sh);
	CU_ASSERT_FALSE(sh->exited);
	at(sh, 5000);
	bridge_tick(sh->b, sh->now);
	forget(sh);
	join(sh, B);
	CU_ASSERT(said(sh, "b: pub p/s 2\n"));
	CU_ASSERT(sh->exited && said(sh, "b: disconnect\nexit\n"));
	shell_free(sh);
}

static void new_rules_hold_for_all(void)
{
	struct shell *sh = two_live(plain, "{\"state\":{\"B.S\":1}}");
	static const char renamed[] = "{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"x\"}]}";

	bridge_reload(sh->b, schema_of(str_of(renamed)), NULL, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "subscribe p/#\n") && said(sh, "b: subscribe p/#\n"));
	shell_free(sh);
}

const struct unit_test unit_tests[] = {
	UNIT(both_are_dialled_and_told),
	UNIT(each_is_compared_when_it_comes),
	UNIT(one_that_hangs_holds_up_no_other),
	UNIT(the_feeds_have_the_same_numbers),
	UNIT(a_delta_that_waited_for_its_broker_was_not_on_its_way),
	UNIT(each_is_a_part_with_a_name_and_their_viewers_are_added_up),
	UNIT(each_has_a_status_of_its_own),
	UNIT(what_people_write_is_each_broker_s),
	UNIT(the_end_waits_for_those_that_are_there),
	UNIT(a_recording_s_end_waits_for_all),
	UNIT(new_rules_hold_for_all),
	{ NULL, NULL },
};
