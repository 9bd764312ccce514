/* bridge - the publisher with a scripted shell around it: what it does, in which order, and never before its time. */
#include "tests/unit/schemas.h"
#include "tests/unit/shell.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "bridge";

/* Without views the transcripts show the leaves only. */
static const char plain[] = SCHEMA_PLAIN;
static const char with_view[] = SCHEMA_WITH_VIEW;

#define WILL "{\"state\":\"offline\",\"since\":null,\"reason\":\"connection lost\"}"
#define PEOPLE "subscribe p/notice\nsubscribe p/show/+\nsubscribe p/presence/+\nsubscribe p/feed/+/delta\nsubscribe p/feed/+/z\n"
#define STATUS(state, since, reason) \
	"pub p/status {\"state\":\"" state "\",\"since\":" #since ",\"reason\":\"" reason "\"}\n"
#define REGISTER "send {\"action\":\"Register\",\"paths\":[\"B.S\",\"B.T\",\"B.P\",\"B.X\"]}\n"

static void nothing_is_published_before_the_first_state(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	EXPECT(sh, "sink-dial p/status " WILL "\nsource-dial\n");
	sink_up(sh);
	EXPECT(sh, STATUS("stale", 1000, "waiting for the scoreboard"));
	answer_all(sh);
	bridge_source_up(sh->b, sh->now);
	EXPECT(sh, REGISTER);
	/* about us, an answer to nobody's ping, a complaint, and what was not asked for */
	CHECK_INT(frame(sh, "{\"state\":{\"WS.Device.Id\":\"x\",\"WS.Client.RemoteAddress\":\"y\"}}"), VERDICT_IGNORED);
	CHECK_INT(frame(sh, "{\"Pong\":\"\"}"), VERDICT_IGNORED);
	CHECK_INT(frame(sh, "{\"error\":\"no such thing\"}"), VERDICT_IGNORED);
	CHECK_INT(frame(sh, "{\"state\":{\"B.Other\":1}}"), VERDICT_IGNORED);
	EXPECT(sh, "");
	CU_ASSERT(logged(sh, "no such thing"));
	CU_ASSERT(!bridge_ready(sh->b));
	shell_free(sh);
}

static void the_broker_is_asked_what_it_holds_before_it_is_told(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	forget(sh);
	at(sh, 10);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":7,\"B.T\":\"x\",\"B.P\":1,\"B.X\":\"secret\"}}"), VERDICT_TAKEN);
	EXPECT(sh, "subscribe p/#\n" STATUS("stale", 1000, "synchronizing"));
	answer_all(sh);
	/* retained messages may come before the grant as well as behind it */
	broker_holds(sh, "p/t", "\"x\"");
	broker_says(sh, "p/status", sh->status[0]);
	EXPECT(sh, "");
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	/* the mark behind all that is retained; itself it is not */
	EXPECT(sh, PEOPLE "pub-live p/status {\"state\":\"stale\",\"since\":1000,\"reason\":\"synchronizing\"}\n");
	broker_holds(sh, "p/s", "6");
	broker_holds(sh, "p/old/topic", "1");
	broker_holds(sh, "p/presence/fan", "1");
	broker_holds(sh, "p/feed/v/snapshot", "{}");
	broker_holds(sh, "other/s", "1");
	broker_holds(sh, "pp/s", "1");
	broker_holds(sh, "p/status", "{\"state\":\"offline\"}");
	broker_says(sh, "p/live/by/others", "1");
	EXPECT(sh, "");
	echo_status(sh);
	EXPECT(sh, "unsubscribe p/#\npub p/s 7\npub p/crew/p 1\npub p/old/topic \npub p/feed/v/snapshot \n");
	CU_ASSERT(!bridge_ready(sh->b));
	answer_all(sh);
	EXPECT(sh, STATUS("live", 1010, "connected"));
	CU_ASSERT(bridge_ready(sh->b));
	CHECK_INT(counter(sh, HEALTH_RECONCILES), 1);
	CHECK_INT(counter(sh, HEALTH_RECONCILE_DIFFERENT), 3);
	CHECK_INT(counter(sh, HEALTH_SKIP_DROPPED), 1);
	CHECK_INT(counter(sh, HEALTH_TOPICS), 3); /* two of the scoreboard's, and the view's snapshot */
	shell_free(sh);
}

static void changes_leave_at_once_and_repeats_do_not(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":\"a\"}}");
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":1,\"B.T\":\"a\"}}"), VERDICT_TAKEN);
	EXPECT(sh, "");
	CHECK_INT(frame(sh, "{\"state\":{\"B.T\":\"b\",\"B.S\":2}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/s 2\npub p/t \"b\"\n");
	CHECK_INT(frame(sh, "{\"state\":{\"B.T\":null,\"B.P\":null}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/t \n");
	answer_all(sh);
	EXPECT(sh, "");
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void a_bad_frame_leads_to_another_connection_after_a_wait(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, 100);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":2"), VERDICT_REFUSED);
	EXPECT(sh, "source-hang-up\n" STATUS("stale", 1100, "a frame was not valid JSON"));
	answer_all(sh);
	CHECK_INT(counter(sh, HEALTH_REFUSED_JSON), 1);
	CHECK_INT(counter(sh, HEALTH_SOURCE_REDIAL), 1);
	CHECK_INT(bridge_deadline(sh->b).ms, 850);
	at(sh, 850);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, "source-dial\n");
	bridge_source_up(sh->b, sh->now);
	EXPECT(sh, REGISTER);
	/* the whole state: B.T is new, B.S the newest */
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":3,\"B.T\":1}}"), VERDICT_TAKEN);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/s 3\n") && said(sh, "pub p/t 1\n"));
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void who_always_sends_rubbish_is_asked_less_and_less(void)
{
	struct shell *sh = shell_new(plain);
	int64_t last = 0, wait = 0;

	bridge_start(sh->b, sh->now);
	sink_up(sh);
	for (int i = 0; i < 8; i++) {
		bridge_source_up(sh->b, sh->now);
		CHECK_INT(frame(sh, "rubbish"), VERDICT_REFUSED);
		forget(sh);
		last = wait;
		wait = bridge_deadline(sh->b).ms - sh->now.mono.ms;
		CU_ASSERT(wait >= last);
		at(sh, bridge_deadline(sh->b).ms);
		bridge_tick(sh->b, sh->now);
	}
	CHECK_INT(wait, 22500);
	shell_free(sh);
}

static void a_source_that_cannot_be_had_anew_goes_on_after_a_bad_frame(void)
{
	struct bridge_config cfg = shell_config();
	struct shell *sh;

	cfg.source_redials = cfg.source_registers = false;
	sh = shell_with(&cfg, schema_of(str_of(plain)));
	become_live(sh, "{\"state\":{\"B.S\":1}}");
	CHECK_INT(frame(sh, "rubbish"), VERDICT_REFUSED);
	CHECK_INT(frame(sh, "{\"what\":1}"), VERDICT_REFUSED);
	bridge_source_frame_lost(sh->b, FRAME_LOSS_TOO_LARGE, sh->now);
	bridge_source_frame_lost(sh->b, FRAME_LOSS_BINARY, sh->now);
	EXPECT(sh, "");
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":2}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/s 2\n");
	CHECK_INT(counter(sh, HEALTH_REFUSED_JSON), 1);
	CHECK_INT(counter(sh, HEALTH_REFUSED_NO_STATE), 1);
	CHECK_INT(counter(sh, HEALTH_REFUSED_TOO_LARGE), 1);
	CHECK_INT(counter(sh, HEALTH_REFUSED_BINARY), 1);
	shell_free(sh);
}

static void a_lost_scoreboard_is_told_and_its_values_stay(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":1,\"B.P\":1}}");
	at(sh, 500);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "reset by peer", sh->now);
	EXPECT(sh, STATUS("stale", 1500, "reset by peer"));
	answer_all(sh);
	CU_ASSERT(!bridge_ready(sh->b));
	CHECK_INT(counter(sh, HEALTH_SOURCE_LOST), 1);
	at(sh, 1250);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, "source-dial\n");
	at(sh, 6250);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "source-hang-up\n") && said(sh, "no answer from the scoreboard"));
	CHECK_INT(counter(sh, HEALTH_SOURCE_DIAL_TIMEOUT), 1);
	answer_all(sh);
	forget(sh);
	at(sh, 20000);
	bridge_tick(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	forget(sh);
	/* another game: what the whole state does not name is gone */
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":0,\"B.T\":1}}"), VERDICT_TAKEN);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/s 0\n") && said(sh, "pub p/crew/p \n") && !said(sh, "pub p/t"));
	CU_ASSERT(said(sh, "\"state\":\"stale\",\"since\":1500,\"reason\":\"synchronizing\"")); /* until the broker has answered */
	answer_all(sh);
	drain(sh);
	CU_ASSERT(said(sh, "\"state\":\"live\",\"since\":21000"));
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void a_lost_broker_is_dialled_compared_and_brought_up_to_date(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":1}}");
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":2}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/s 2\n"); /* in flight, never answered */
	at(sh, 100);
	sink_lost(sh);
	EXPECT(sh, "");
	CU_ASSERT(!bridge_ready(sh->b));
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":3,\"B.T\":null,\"B.P\":1}}"), VERDICT_TAKEN);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":4}}"), VERDICT_TAKEN);
	EXPECT(sh, "");
	at(sh, 850);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, "sink-dial p/status " WILL "\n");
	sink_up(sh);
	EXPECT(sh, "subscribe p/#\n" STATUS("stale", 1100, "synchronizing"));
	answer_all(sh);
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	drain(sh);
	broker_holds(sh, "p/s", "1");
	broker_holds(sh, "p/t", "1");
	forget(sh);
	echo_status(sh);
	EXPECT(sh, "unsubscribe p/#\npub p/s 4\npub p/crew/p 1\npub p/t \n");
	answer_all(sh);
	EXPECT(sh, STATUS("live", 1850, "connected"));
	shell_free(sh);
}

static void a_broker_that_comes_back_is_told_the_status_again(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	sink_up(sh);
	for (int64_t s = 1; s <= 9; s *= 3) {
		forget(sh); /* the first time it was answered, then it was not */
		if (s == 1)
			answer_all(sh);
		sink_lost(sh);
		at(sh, s * 1000);
		bridge_tick(sh->b, sh->now);
		forget(sh);
		sink_up(sh);
		EXPECT(sh, STATUS("stale", 1000, "waiting for the scoreboard"));
	}
	shell_free(sh);
}

/* How many deltas left. */
static size_t answer_all_but_deltas(struct shell *sh)
{
	struct effect fx;
	size_t deltas = 0;

	while (bridge_next_effect(sh->b, sh->now, &fx)) {
		if (fx.type != FX_SINK_PUBLISH)
			continue;
		if (str_ends(fx.topic, STR("/delta")))
			deltas++;
		else
			bridge_sink_acked(sink_of(sh), fx.token, sh->now);
	}
	return deltas;
}

/* Lost with all the deltas that it takes unanswered: the next connection starts with none. */
static void deltas_flow_again_when_the_broker_is_back(void)
{
	struct shell *sh = shell_new(with_view);
	size_t deltas = 0;

	become_live(sh, "{\"state\":{\"B.S\":0}}");
	for (int i = 1; i <= 60; i++) {
		char state[64];

		snprintf(state, sizeof(state), "{\"state\":{\"B.S\":%d}}", i);
		frame(sh, state);
		deltas += answer_all_but_deltas(sh);
	}
	CHECK_INT(deltas, 50); /* as many as the broker takes at once */
	sink_lost(sh);
	at(sh, 1000);
	bridge_tick(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	reconcile_empty(sh);
	forget(sh);
	frame(sh, "{\"state\":{\"B.S\":100}}");
	drain(sh);
	CU_ASSERT(said(sh, "pub-live p/feed/v/delta ") && said(sh, "{\"s\":100}}"));
	shell_free(sh);
}

/* A dial that succeeds, up to `live`; lasts `ms`. Was there a word on the loss? */
static bool life_of(struct shell *sh, int64_t ms)
{
	int64_t from = sh->now.mono.ms + 60000;

	at(sh, from);
	bridge_tick(sh->b, sh->now);
	bridge_source_pong(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	reconcile_empty(sh);
	CU_ASSERT(bridge_ready(sh->b));
	at(sh, from + ms);
	buf_clear(&sh->logged);
	sink_lost(sh);
	return logged(sh, "lost as soon as all is well");
}

static void what_is_lost_as_soon_as_it_is_well_gets_a_word(void)
{
	static const struct {
		int64_t ms;
		bool told;
	} lives[] = { { 100, false }, { 4999, false }, { 100, true }, { 100, true }, { 5000, false }, { 100, false } };
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, 10000);
	sink_lost(sh);
	CU_ASSERT_FALSE(logged(sh, "lost as soon"));
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++)
		CHECK_INT(life_of(sh, lives[i].ms), lives[i].told);
	shell_free(sh);
}

/* A comparison that the broker did not complete makes a connection one that was of use, like any other. */
static void a_broker_that_never_answers_and_is_lost_gets_the_word_too(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	sink_lost(sh);
	for (int i = 1; i <= 2; i++) {
		CU_ASSERT_FALSE(logged(sh, "lost as soon as all is well"));
		at(sh, i * 100000);
		bridge_tick(sh->b, sh->now);
		sink_up(sh);
		answer_all(sh);
		at(sh, i * 100000 + 15000);
		bridge_tick(sh->b, sh->now);
		answer_all(sh);
		sink_lost(sh);
	}
	CU_ASSERT(logged(sh, "lost as soon as all is well"));
	shell_free(sh);
}

static void a_broker_that_refuses_is_asked_again_later(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	forget(sh);
	bridge_sink_lost(sink_of(sh), SINK_LOSS_REFUSED, "not authorised", sh->now);
	CHECK_INT(counter(sh, HEALTH_SINK_REFUSED), 1);
	EXPECT(sh, "look p/status\n");
	CU_ASSERT(!logged(sh, "not authorised"));
	bridge_sink_looked(sink_of(sh), STANDBY_SAW_NOBODY, sh->now);
	CU_ASSERT(logged(sh, "broker: not authorised  next_try_ms=750"));
	at(sh, 750);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, "sink-dial p/status " WILL "\n");
	at(sh, 5750);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "sink-hang-up\n"));
	CHECK_INT(counter(sh, HEALTH_SINK_DIAL_TIMEOUT), 1);
	shell_free(sh);
}

static void a_broker_that_never_answers_is_not_waited_for_for_ever(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	frame(sh, "{\"state\":{\"B.S\":1}}");
	answer_all(sh);
	forget(sh);
	bridge_source_pong(sh->b, sh->now);
	at(sh, 9000);
	broker_holds(sh, "p/x", "1"); /* still talking */
	CHECK_INT(bridge_deadline(sh->b).ms, 10000);
	at(sh, 23999);
	broker_holds(sh, "elsewhere", "1");
	bridge_source_pong(sh->b, sh->now);
	bridge_tick(sh->b, sh->now);
	forget(sh);
	at(sh, 24000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "unsubscribe p/#\n") && said(sh, "pub p/s 1\n") && said(sh, "pub p/x \n"));
	shell_free(sh);
}

static void pings_and_silence_watch_the_scoreboard(void)
{
	struct shell *sh = shell_new(with_view);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, 10000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "source-ping\n"));
	at(sh, 15000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "source-hang-up\n") && said(sh, "no pong from the scoreboard"));
	CHECK_INT(counter(sh, HEALTH_SOURCE_NO_PONG), 1);
	shell_free(sh);
}

static void a_running_clock_that_falls_silent_is_death(void)
{
	struct bridge_config cfg = shell_config();
	struct shell *sh;

	cfg.source.ping_every_ms = 0;
	sh = shell_with(&cfg, schema_of(str_of(with_view)));
	become_live(sh, "{\"state\":{\"B.S\":1,\"B.C(J).T\":60000,\"B.C(J).R\":false,\"B.C(J).D\":true}}");
	at(sh, 100000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(!said(sh, "source-hang-up"));
	frame(sh, "{\"state\":{\"B.C(J).R\":true}}");
	at(sh, 129999);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(!said(sh, "source-hang-up"));
	at(sh, 130000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "source-hang-up\n") && said(sh, "the scoreboard is silent"));
	CHECK_INT(counter(sh, HEALTH_SOURCE_SILENT), 1);
	shell_free(sh);
}

static void deltas_gather_while_the_broker_is_slow(void)
{
	struct shell *sh = shell_new(with_view);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	bridge_sink_up(sink_of(sh), 0, sh->now); /* takes nothing for the moment */
	shell_free(sh);
	sh = shell_new(with_view);
	become_live(sh, "{\"state\":{\"B.S\":0}}");
	for (int i = 1; i <= 200; i++) {
		char state[64];

		snprintf(state, sizeof(state), "{\"state\":{\"B.S\":%d}}", i);
		frame(sh, state);
		drain(sh); /* nothing is answered: the window of 50 fills */
	}
	CU_ASSERT(sh->n_tokens <= 110);
	buf_clear(&sh->said);
	answer_all(sh);
	CU_ASSERT(said(sh, "pub p/s 200\n") && said(sh, "{\"s\":200}}"));
	CU_ASSERT(counter(sh, HEALTH_COALESCED) > 50);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void a_heartbeat_tells_that_silence_is_quiet(void)
{
	struct shell *sh = shell_new(with_view);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, FEED_HEARTBEAT_MS - 1);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(!said(sh, "feed/v/delta"));
	at(sh, FEED_HEARTBEAT_MS);
	CHECK_INT(bridge_deadline(sh->b).ms, FEED_HEARTBEAT_MS);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "pub-live p/feed/v/delta {\"epoch\":\"") && said(sh, "\"seq\":1,\"ts\":4000}\n"));
	shell_free(sh);
}

/* --- following another publisher's feed --- */

static struct shell *follower(void)
{
	struct bridge_config cfg = shell_config();

	cfg.source_registers = false;
	cfg.source_follows = true;
	cfg.source.ping_every_ms = 0;
	return shell_with(&cfg, schema_of(str_of(plain)));
}

static void hear(struct shell *sh, const char *topic, const char *payload)
{
	const struct bridge_message msg = { str_of(topic), str_of(payload), .content_type = "" };

	bridge_source_message(sh->b, &msg, sh->now);
	drain(sh);
}

static void a_follower_is_ready_while_it_has_the_feed(void)
{
	struct shell *sh = follower();

	bridge_start(sh->b, sh->now);
	EXPECT(sh, "source-dial\n"); /* there is no broker to tell */
	bridge_source_up(sh->b, sh->now);
	hear(sh, "p/status", "{\"state\":\"live\",\"since\":5}");
	CU_ASSERT(!bridge_ready(sh->b));
	CU_ASSERT(str_starts(bridge_status(sh->b), STR("{\"state\":\"stale\",")));
	hear(sh, "p/feed/v/snapshot", "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1}}");
	CU_ASSERT(!bridge_ready(sh->b));
	hear(sh, "other/feed/v/recent", "{\"epoch\":\"e\",\"base\":5,\"seq\":5,\"ts\":1}");
	CU_ASSERT(!bridge_ready(sh->b));
	hear(sh, "p/feed/v/recent", "{\"epoch\":\"e\",\"base\":5,\"seq\":5,\"ts\":1}");
	CU_ASSERT(bridge_ready(sh->b));
	CU_ASSERT(logged(sh, "source: following the feed"));
	CHECK_INT(feed_seq(bridge_view(sh->b, STR("v"))), 5);
	CU_ASSERT(bridge_view(sh->b, STR("w")) == NULL);
	/* what it shows is as true as the other publisher says */
	CU_ASSERT(str_is(bridge_status(sh->b), "{\"state\":\"live\",\"since\":5}"));
	/* a feed is never silent for so long */
	CHECK_INT(bridge_deadline(sh->b).ms, 30000);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "gone", sh->now);
	CU_ASSERT(!bridge_ready(sh->b));
	CU_ASSERT(str_starts(bridge_status(sh->b), STR("{\"state\":\"stale\",")));
	shell_free(sh);
}

static void a_follower_s_source_is_told_what_is_there_only_as_json(void)
{
	struct shell *sh = follower();

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	bridge_source_looks(sh->b);
	CU_ASSERT(bridge_json_view(sh->b, 0) == NULL);
	hear(sh, "p/feed/v/snapshot", "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1}}");
	hear(sh, "p/feed/w/z/base", "of whatever is in it: packed");
	CHECK_STR(bridge_json_view(sh->b, 0), "v");
	CU_ASSERT(bridge_json_view(sh->b, 1) == NULL);
	bridge_source_looks(sh->b);
	CHECK_STR(bridge_json_view(sh->b, 1), "w");
	shell_free(sh);
}

/* --- new rules --- */

static void a_reload_renames_and_clears_what_the_old_rules_said(void)
{
	static const char other[] = "{\"register\":{\"live\":[\"B.S\",\"B.T\"]},"
				    "\"roots\":[{\"path\":\"B\",\"topic\":\"board\"}]}";
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":2,\"B.P\":3}}");
	bridge_reload(sh->b, NULL, "line 1: nonsense", sh->now);
	CU_ASSERT(logged(sh, "line 1: nonsense"));
	EXPECT(sh, "");
	CU_ASSERT(bridge_ready(sh->b));
	bridge_reload(sh->b, schema_of(str_of(other)), NULL, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "source-hang-up\nsource-dial\n") && said(sh, "subscribe p/#\n"));
	CU_ASSERT(!bridge_ready(sh->b));
	answer_all(sh);
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	forget(sh);
	broker_holds(sh, "p/s", "1");
	broker_holds(sh, "p/t", "2");
	broker_holds_ours(sh, "p/crew/p", "3");
	broker_holds(sh, "p/crew/note", "somebody's");
	echo_status(sh);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/board/s 1\n") && said(sh, "pub p/board/t 2\n"));
	CU_ASSERT(said(sh, "pub p/s \n") && said(sh, "pub p/t \n") && said(sh, "pub p/crew/p \n"));
	CU_ASSERT(!said(sh, "p/crew/note"));
	answer_all(sh);
	bridge_source_up(sh->b, sh->now);
	frame(sh, "{\"state\":{\"B.S\":1,\"B.T\":2}}");
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	CHECK_INT(counter(sh, HEALTH_RELOADS), 1);
	CHECK_INT(counter(sh, HEALTH_RELOADS_FAILED), 1);
	shell_free(sh);
}

/* --- what people write --- */

static void people_write(struct shell *sh, const char *topic, const char *payload, uint32_t expires_s)
{
	const struct bridge_message msg = { str_of(topic), str_of(payload), .expires_s = expires_s, .content_type = "" };

	bridge_sink_message(sink_of(sh), &msg, sh->now);
}

/* There is a connection again, to a broker that holds this; NULL: nothing. */
static void broker_returns(struct shell *sh, const char *topic, const char *payload)
{
	sink_up(sh);
	answer_all(sh);
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	if (topic)
		broker_holds(sh, topic, payload);
	forget(sh);
	echo_status(sh);
	drain(sh);
}

static void a_broker_that_forgot_what_people_wrote_is_given_it_back(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	people_write(sh, "p/notice", "{\"text\":\"Hi\"}", 60);
	people_write(sh, "p/show/main", "clock", 5);
	people_write(sh, "p/show/a/b", "deep", 0);
	CHECK_INT(bridge_deadline(sh->b).ms, 5000);
	sink_lost(sh);
	at(sh, 7000);
	bridge_tick(sh->b, sh->now);
	broker_returns(sh, NULL, NULL);
	EXPECT(sh, "unsubscribe p/#\npub p/notice {\"text\":\"Hi\"}\npub p/s 1\n");
	CU_ASSERT(logged(sh, "has lost what people wrote: giving it back  topics=1"));
	CHECK_INT(counter(sh, HEALTH_PEOPLE_GIVEN_BACK), 1);
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void what_people_cleared_at_a_broker_with_a_memory_stays_away(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	people_write(sh, "p/notice", "{\"text\":\"Hi\"}", 0);
	CU_ASSERT(str_is(bridge_notice(sh->b), "{\"text\":\"Hi\"}"));
	sink_lost(sh);
	broker_returns(sh, "p/s", "1");
	CU_ASSERT(!said(sh, "notice"));
	CHECK_INT(bridge_notice(sh->b).len, 0);
	answer_all(sh);
	sink_lost(sh);
	broker_returns(sh, NULL, NULL);
	CU_ASSERT(!said(sh, "notice"));
	shell_free(sh);
}

static void what_a_broker_refuses_of_people_is_no_doubt_about_the_score(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	people_write(sh, "p/notice", "{}", 0);
	sink_lost(sh);
	broker_returns(sh, NULL, NULL);
	CU_ASSERT(said(sh, "pub p/notice {}\n"));
	CU_ASSERT_FATAL(sh->n_tokens > 1);
	bridge_sink_refused(sink_of(sh), sh->tokens[1].token, sh->now); /* the first is the marker's */
	sh->tokens[1] = sh->tokens[--sh->n_tokens];
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void a_follower_tells_the_notice(void)
{
	struct shell *sh = follower();

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	bridge_source_looks(sh->b);
	hear(sh, "p/notice", "{\"text\":\"Hi\",\"until\":5000}");
	hear(sh, "other/notice", "{}");
	bridge_source_looked(sh->b);
	CU_ASSERT(str_is(bridge_notice(sh->b), "{\"text\":\"Hi\",\"until\":5000}"));
	CHECK_INT(bridge_deadline(sh->b).ms, 4000);
	at(sh, 4000);
	bridge_tick(sh->b, sh->now);
	CHECK_INT(bridge_notice(sh->b).len, 0);
	hear(sh, "p/notice", "{}");
	bridge_source_looks(sh->b); /* after a lost connection, or when the publisher came and went */
	CU_ASSERT(str_is(bridge_notice(sh->b), "{}"));
	bridge_source_looked(sh->b);
	CHECK_INT(bridge_notice(sh->b).len, 0);
	shell_free(sh);
}

/* --- texts for displays --- */

/* B.S in a text, which may change once a second. */
static const char with_text[] = "{\"register\":{\"live\":[\"B.S\",\"B.T\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],"
				"\"texts\":{\"a\":{\"interval_ms\":1000,\"cases\":[{\"text\":\"S is {s}\"}]}}}";

static void a_text_is_told_while_the_scoreboard_is_there_and_cleared_when_it_is_gone(void)
{
	struct shell *sh = shell_new(with_text);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":1}}");
	CHECK_INT(frame(sh, "{\"state\":{\"B.T\":2}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/t 2\n");
	at(sh, 1000);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":2}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/s 2\npub p/display/a S is 2\n");
	answer_all(sh);
	at(sh, 1500);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":3}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/s 3\n");
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":4}}"), VERDICT_TAKEN);
	forget(sh);
	CHECK_INT(bridge_deadline(sh->b).ms, 2000);
	at(sh, 2000);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, "pub p/display/a S is 4\n");
	answer_all(sh);
	at(sh, 3000);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "reset by peer", sh->now);
	EXPECT(sh, STATUS("stale", 4000, "reset by peer") "pub p/display/a \n");
	answer_all(sh);
	at(sh, 5000);
	bridge_tick(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	forget(sh);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":4}}"), VERDICT_TAKEN);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/display/a S is 4\n"));
	shell_free(sh);
}

static void home_assistant_is_told_at_each_connection_and_what_is_refused_there_is_no_doubt_about_the_score(void)
{
	struct bridge_config cfg = shell_config();
	struct shell *sh;

	cfg.home_assistant = "ha";
	sh = shell_with(&cfg, schema_of(str_of(with_text)));
	become_live(sh, "{\"state\":{\"B.S\":1}}");
	sink_lost(sh);
	at(sh, 20000);
	bridge_tick(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	drain(sh);
	CU_ASSERT(!said(sh, "pub ha/")); /* what matters first */
	echo_status(sh);
	drain(sh);
	CU_ASSERT(said(sh, "pub ha/sensor/p/a/config {\"name\":\"a\""));
	CU_ASSERT(!said(sh, "p/ha/"));
	bridge_sink_refused(sink_of(sh), sh->tokens[--sh->n_tokens].token, sh->now);
	CU_ASSERT(logged(sh, "refuses what Home Assistant is to be told"));
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void who_stops_in_order_leaves_no_text_behind(void)
{
	struct shell *sh = shell_new(with_text);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, 2000);
	bridge_stop(sh->b, sh->now, "stopped");
	EXPECT(sh, "source-hang-up\npub p/display/a \n");
	answer_all(sh);
	EXPECT(sh, STATUS("offline", 3000, "stopped") "disconnect\nexit\n");
	shell_free(sh);
}

static void texts_of_other_rules_and_of_an_earlier_run_are_cleared(void)
{
	static const char other[] = "{\"register\":{\"live\":[\"B.S\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],"
				    "\"texts\":{\"b\":{\"cases\":[{\"text\":\"{s}\"}]}}}";
	struct shell *sh = shell_new(with_text);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	bridge_reload(sh->b, schema_of(str_of(other)), NULL, sh->now);
	answer_all(sh);
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	forget(sh);
	broker_holds(sh, "p/s", "1");
	broker_holds(sh, "p/display/a", "S is 1");
	broker_holds(sh, "p/display/older", "x");
	echo_status(sh);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/display/a \n") && said(sh, "pub p/display/older \n"));
	CU_ASSERT(!said(sh, "display/b")); /* the scoreboard was asked anew, and has not answered yet */
	answer_all(sh);
	bridge_source_up(sh->b, sh->now);
	forget(sh);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":1}}"), VERDICT_TAKEN);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/display/b 1\n"));
	shell_free(sh);
}

/* --- the end --- */

static void stopping_leaves_offline_behind_and_then_exits(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	frame(sh, "{\"state\":{\"B.S\":2}}");
	at(sh, 5);
	bridge_stop(sh->b, sh->now, "stopped");
	EXPECT(sh, "source-hang-up\npub p/s 2\n");
	answer_all(sh);
	EXPECT(sh, STATUS("offline", 1005, "stopped") "disconnect\nexit\n");
	shell_free(sh);
}

static void stopping_waits_for_a_slow_broker_but_not_for_ever(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	frame(sh, "{\"state\":{\"B.S\":2}}");
	bridge_stop(sh->b, sh->now, "stopped");
	forget(sh);
	CHECK_INT(bridge_deadline(sh->b).ms, 2000);
	at(sh, 2000);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, STATUS("offline", 3000, "stopped"));
	CHECK_INT(bridge_deadline(sh->b).ms, 3000);
	at(sh, 3000);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, "disconnect\nexit\n");
	shell_free(sh);
}

static void stopping_without_a_broker_exits_at_once(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	forget(sh);
	bridge_stop(sh->b, sh->now, "stopped");
	drain(sh);
	CU_ASSERT(sh->exited && !said(sh, "pub"));
	shell_free(sh);
}

/* Whose source is an input that can't be had anew: it has begun, and there is no broker yet. */
static struct shell *shell_of_input(void)
{
	struct bridge_config cfg = shell_config();
	struct shell *sh;

	cfg.source_redials = cfg.source_registers = false;
	sh = shell_with(&cfg, schema_of(str_of(plain)));
	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	return sh;
}

static void the_end_of_the_input_waits_for_the_broker(void)
{
	struct shell *sh = shell_of_input();

	frame(sh, "{\"state\":{\"B.S\":1}}");
	bridge_source_lost(sh->b, SOURCE_LOSS_END, "the input ended", sh->now);
	forget(sh);
	at(sh, 4000);
	bridge_tick(sh->b, sh->now);
	sink_lost(sh);
	drain(sh);
	CU_ASSERT(!sh->exited);
	at(sh, bridge_deadline(sh->b).ms);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "sink-dial"));
	at(sh, 3600000);
	sink_up(sh);
	answer_all(sh);
	reconcile_empty(sh);
	CU_ASSERT(said(sh, "pub p/s 1\n") && said(sh, "\"state\":\"offline\"") && sh->exited);
	shell_free(sh);
}

static void an_input_that_brought_nothing_is_not_waited_for(void)
{
	struct shell *sh = shell_of_input();

	bridge_source_lost(sh->b, SOURCE_LOSS_END, "the input ended", sh->now);
	drain(sh);
	CU_ASSERT(sh->exited);
	shell_free(sh);
}

static void a_recording_s_pause_is_stale_and_its_return_a_whole_state(void)
{
	struct bridge_config cfg = shell_config();
	struct shell *sh;

	cfg.source_registers = false;
	sh = shell_with(&cfg, schema_of(str_of(plain)));
	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":1}}");
	bridge_source_lost(sh->b, SOURCE_LOSS_PAUSE, "the recording pauses", sh->now);
	EXPECT(sh, STATUS("stale", 1000, "the recording pauses"));
	answer_all(sh);
	bridge_source_up(sh->b, sh->now);
	frame(sh, "{\"state\":{\"B.S\":5}}");
	drain(sh);
	CU_ASSERT(said(sh, "pub p/s 5\n") && said(sh, "pub p/t \n"));
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void who_is_told_to_stop_again_has_nothing_more_to_do(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	bridge_stop(sh->b, sh->now, "stopped");
	drain(sh);
	bridge_stop(sh->b, sh->now, "stopped again");
	EXPECT(sh, "source-hang-up\n" STATUS("offline", 1000, "stopped"));
	answer_all(sh);
	EXPECT(sh, "disconnect\nexit\n");
	bridge_stop(sh->b, sh->now, "once more");
	EXPECT(sh, "");
	shell_free(sh);
}

static void a_broker_that_does_not_answer_at_the_end_is_no_news(void)
{
	struct shell *sh = shell_of_input();

	frame(sh, "{\"state\":{\"B.S\":1}}");
	bridge_source_lost(sh->b, SOURCE_LOSS_END, "the input ended", sh->now);
	forget(sh);
	at(sh, 5000);
	bridge_tick(sh->b, sh->now);
	EXPECT(sh, "sink-hang-up\n");
	CHECK_INT(counter(sh, HEALTH_SINK_DIAL_TIMEOUT), 0);
	CU_ASSERT_FALSE(logged(sh, "no answer"));
	shell_free(sh);
}

static void what_the_broker_may_not_show_is_told_without_comparing(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	frame(sh, "{\"state\":{\"B.S\":1}}");
	forget(sh);
	bridge_sink_subscribed(sink_of(sh), false, sh->now);
	EXPECT(sh, "unsubscribe p/#\n" PEOPLE "pub p/s 1\n");
	CHECK_INT(counter(sh, HEALTH_RECONCILE_REFUSED), 1);
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void what_the_broker_will_not_hold_is_told_and_tried_again(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	frame(sh, "{\"state\":{\"B.S\":2}}");
	EXPECT(sh, "pub p/s 2\n");
	CU_ASSERT_FATAL(sh->n_tokens > 0);
	bridge_sink_refused(sink_of(sh), sh->tokens[--sh->n_tokens].token, sh->now);
	CU_ASSERT_FALSE(bridge_ready(sh->b));
	CHECK_INT(counter(sh, HEALTH_IN_FLIGHT), 0);
	forget(sh);
	CU_ASSERT(strstr(sh->status[0], "refuse") != NULL);
	bridge_source_pong(sh->b, sh->now);
	at(sh, 30000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "subscribe p/#\n"));
	shell_free(sh);
}

static void what_the_shell_sees_is_in_the_counters_too(void)
{
	struct shell *sh = shell_new(plain);

	bridge_count(sh->b, HEALTH_RECORD_FAILED);
	bridge_count(sh->b, HEALTH_RECORD_FAILED);
	bridge_gauge(sh->b, HEALTH_HTTP_STREAMS, 7);
	bridge_gauge(sh->b, HEALTH_HTTP_STREAMS, 3);
	CHECK_INT(counter(sh, HEALTH_RECORD_FAILED), 2);
	CHECK_INT(counter(sh, HEALTH_HTTP_STREAMS), 3);
	shell_free(sh);
	bridge_free(NULL);
}

/* --- how each part is --- */

static const struct part *find_part(struct shell *sh, const char *kind)
{
	static const struct part none = { .why = "there is no such part", .since = -1 };
	const struct parts *p = bridge_parts(sh->b);

	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i].kind, kind) == 0)
			return &p->list[i];
	return &none;
}

static void check_part(struct shell *sh, const char *kind, bool ok, const char *why)
{
	CHECK_STR(find_part(sh, kind)->why, why);
	CHECK_INT(find_part(sh, kind)->ok, ok);
}

static void every_part_says_how_it_is_and_since_when(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	check_part(sh, "scoreboard", false, "waiting for the scoreboard");
	check_part(sh, "broker", false, "not connected yet");
	check_part(sh, "schema", true, "loaded");
	sink_up(sh);
	check_part(sh, "broker", false, "connected, waiting for the scoreboard");
	bridge_source_up(sh->b, sh->now);
	answer_all(sh);
	at(sh, 10);
	frame(sh, "{\"state\":{\"B.S\":1}}");
	check_part(sh, "scoreboard", true, "connected");
	check_part(sh, "broker", false, "what it holds is being compared");
	at(sh, 20);
	answer_all(sh);
	reconcile_empty(sh);
	check_part(sh, "broker", true, "connected");
	CHECK_INT(find_part(sh, "scoreboard")->since, 1010);
	CHECK_INT(find_part(sh, "broker")->since, 1020);
	at(sh, 500);
	sink_lost(sh);
	check_part(sh, "broker", false, "gone");
	CHECK_INT(find_part(sh, "broker")->since, 1500);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "reset", sh->now);
	check_part(sh, "scoreboard", false, "reset");
	bridge_reload(sh->b, NULL, "line 3: nonsense", sh->now);
	check_part(sh, "schema", false, "line 3: nonsense");
	shell_free(sh);
}

/* The scoreboard sends its whole state again: that is the scoreboard's matter. */
static void a_broker_is_well_while_it_is_told_a_new_state(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, 100);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "reset", sh->now);
	bridge_source_up(sh->b, sh->now);
	frame(sh, "{\"state\":{\"B.S\":2}}");
	check_part(sh, "broker", true, "synchronizing");
	CHECK_INT(find_part(sh, "broker")->since, 1000);
	shell_free(sh);
}

static void a_follower_says_what_the_publisher_says(void)
{
	struct shell *sh = follower();

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	check_part(sh, "publisher", false, "it says nothing yet");
	hear(sh, "p/status", "{\"state\":\"live\",\"since\":5}");
	check_part(sh, "publisher", true, "it says \"live\"");
	check_part(sh, "feed", false, "waiting for the scoreboard");
	hear(sh, "p/status", "{\"state\":\"offline\",\"since\":5}");
	check_part(sh, "publisher", false, "it says \"offline\"");
	shell_free(sh);
}

static void the_shell_tells_of_its_parts(void)
{
	struct shell *sh = shell_new(plain);

	bridge_part(sh->b, &(struct part_report){ "http", NULL, false, "full" }, sh->now);
	check_part(sh, "http", false, "full");
	shell_free(sh);
}

/* --- who is there --- */

static void who_is_there_is_what_the_broker_says_while_it_is_there(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	CHECK_INT(bridge_attendance(sh->b)->viewers, ATTENDANCE_UNKNOWN);
	broker_says(sh, "p/presence/watching", "{\"total\":812}");
	broker_says(sh, "p/presence/users", "40");
	broker_says(sh, "other/presence/users", "41");
	CHECK_INT(bridge_attendance(sh->b)->viewers, 812);
	CHECK_INT(bridge_attendance(sh->b)->users, 40);
	EXPECT(sh, "");
	sink_lost(sh);
	CHECK_INT(bridge_attendance(sh->b)->viewers, ATTENDANCE_UNKNOWN);
	shell_free(sh);
}

/* A broker whose viewers come and go, and whose publisher has fallen silent. */
static void a_follower_hears_who_is_there_and_still_the_silence_of_the_feed(void)
{
	struct shell *sh = follower();
	mono silent_at;

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	hear(sh, "p/feed/v/snapshot", "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1}}");
	hear(sh, "p/feed/v/recent", "{\"epoch\":\"e\",\"base\":5,\"seq\":5,\"ts\":1}");
	silent_at = bridge_deadline(sh->b);
	at(sh, 20000);
	hear(sh, "p/presence/watching", "{\"total\":3}");
	hear(sh, "p/presence/total", "4");
	hear(sh, "p/presence/fan", "3");
	hear(sh, "p/notice", "{\"text\":\"Hi\"}");
	CHECK_INT(bridge_attendance(sh->b)->viewers, 3);
	CU_ASSERT(str_is(bridge_notice(sh->b), "{\"text\":\"Hi\"}"));
	CHECK_INT(bridge_deadline(sh->b).ms, silent_at.ms);
	hear(sh, "p/feed/v/recent", "{\"epoch\":\"e\",\"base\":5,\"seq\":5,\"ts\":1}");
	CU_ASSERT(bridge_deadline(sh->b).ms > silent_at.ms);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "gone", sh->now);
	CHECK_INT(bridge_attendance(sh->b)->viewers, ATTENDANCE_UNKNOWN);
	shell_free(sh);
}

/* --- lines --- */

static unsigned int lines_with(struct shell *sh, const char *part)
{
	unsigned int n = 0;

	drain(sh);
	for (const char *at_line = buf_view(&sh->logged).p; (at_line = strstr(at_line, part)) != NULL; at_line++)
		n++;
	return n;
}

static void a_peer_that_stays_away_is_one_line_and_not_one_for_each_try(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	for (int i = 0; i < 100; i++) {
		at(sh, i * 4000);
		bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "refused by the board", sh->now);
		bridge_sink_lost(sink_of(sh), SINK_LOSS_CONNECTION, "refused by the broker", sh->now);
		drain(sh);
	}
	CHECK_INT(lines_with(sh, "source: refused by the board  next_try_ms="), 1);
	CHECK_INT(lines_with(sh, "broker: refused by the broker  next_try_ms="), 1);
	at(sh, 600000);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "refused by the board", sh->now);
	CU_ASSERT(logged(sh, " tries=101\n"));
	shell_free(sh);
}

static void who_accepts_us_and_throws_us_out_gets_few_lines(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	for (int i = 0; i < 100; i++) {
		at(sh, i * 4000);
		bridge_source_up(sh->b, sh->now);
		bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "closed by the board", sh->now);
		sink_up(sh);
		sink_lost(sh);
		drain(sh);
	}
	CHECK_INT(lines_with(sh, "source: connected  register="), 2);
	CHECK_INT(lines_with(sh, "broker: connected  window="), 2);
	CHECK_INT(lines_with(sh, "source: closed by the board"), 1);
	bridge_source_up(sh->b, sh->now);
	frame(sh, "{\"state\":{\"B.S\":1}}");
	CU_ASSERT(logged(sh, "source: state received  topics="));
	shell_free(sh);
}

static void a_peer_that_was_there_meanwhile_is_told_of_again(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	for (int i = 0; i < 3; i++) {
		bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "reset by the board", sh->now);
		bridge_source_up(sh->b, sh->now);
		frame(sh, "{\"state\":{\"B.S\":1}}");
	}
	CHECK_INT(lines_with(sh, "reset by the board  "), 3);
	shell_free(sh);
}

const struct unit_test unit_tests[] = {
	UNIT(nothing_is_published_before_the_first_state),
	UNIT(the_broker_is_asked_what_it_holds_before_it_is_told),
	UNIT(changes_leave_at_once_and_repeats_do_not),
	UNIT(a_bad_frame_leads_to_another_connection_after_a_wait),
	UNIT(who_always_sends_rubbish_is_asked_less_and_less),
	UNIT(a_source_that_cannot_be_had_anew_goes_on_after_a_bad_frame),
	UNIT(a_lost_scoreboard_is_told_and_its_values_stay),
	UNIT(a_lost_broker_is_dialled_compared_and_brought_up_to_date),
	UNIT(a_broker_that_comes_back_is_told_the_status_again),
	UNIT(deltas_flow_again_when_the_broker_is_back),
	UNIT(what_is_lost_as_soon_as_it_is_well_gets_a_word),
	UNIT(a_broker_that_never_answers_and_is_lost_gets_the_word_too),
	UNIT(a_broker_that_refuses_is_asked_again_later),
	UNIT(a_broker_that_never_answers_is_not_waited_for_for_ever),
	UNIT(pings_and_silence_watch_the_scoreboard),
	UNIT(a_running_clock_that_falls_silent_is_death),
	UNIT(deltas_gather_while_the_broker_is_slow),
	UNIT(a_heartbeat_tells_that_silence_is_quiet),
	UNIT(a_follower_is_ready_while_it_has_the_feed),
	UNIT(a_follower_s_source_is_told_what_is_there_only_as_json),
	UNIT(a_reload_renames_and_clears_what_the_old_rules_said),
	UNIT(a_text_is_told_while_the_scoreboard_is_there_and_cleared_when_it_is_gone),
	UNIT(home_assistant_is_told_at_each_connection_and_what_is_refused_there_is_no_doubt_about_the_score),
	UNIT(who_stops_in_order_leaves_no_text_behind),
	UNIT(texts_of_other_rules_and_of_an_earlier_run_are_cleared),
	UNIT(stopping_leaves_offline_behind_and_then_exits),
	UNIT(stopping_waits_for_a_slow_broker_but_not_for_ever),
	UNIT(stopping_without_a_broker_exits_at_once),
	UNIT(the_end_of_the_input_waits_for_the_broker),
	UNIT(an_input_that_brought_nothing_is_not_waited_for),
	UNIT(a_recording_s_pause_is_stale_and_its_return_a_whole_state),
	UNIT(who_is_told_to_stop_again_has_nothing_more_to_do),
	UNIT(a_broker_that_does_not_answer_at_the_end_is_no_news),
	UNIT(a_broker_that_forgot_what_people_wrote_is_given_it_back),
	UNIT(what_people_cleared_at_a_broker_with_a_memory_stays_away),
	UNIT(what_a_broker_refuses_of_people_is_no_doubt_about_the_score),
	UNIT(a_follower_tells_the_notice),
	UNIT(what_the_broker_may_not_show_is_told_without_comparing),
	UNIT(what_the_broker_will_not_hold_is_told_and_tried_again),
	UNIT(what_the_shell_sees_is_in_the_counters_too),
	UNIT(every_part_says_how_it_is_and_since_when),
	UNIT(a_broker_is_well_while_it_is_told_a_new_state),
	UNIT(a_follower_says_what_the_publisher_says),
	UNIT(the_shell_tells_of_its_parts),
	UNIT(who_is_there_is_what_the_broker_says_while_it_is_there),
	UNIT(a_follower_hears_who_is_there_and_still_the_silence_of_the_feed),
	UNIT(a_peer_that_stays_away_is_one_line_and_not_one_for_each_try),
	UNIT(who_accepts_us_and_throws_us_out_gets_few_lines),
	UNIT(a_peer_that_was_there_meanwhile_is_told_of_again),
	{ NULL, NULL },
};
