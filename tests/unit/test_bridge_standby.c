/* bridge - the publisher beside another one: who waits, who leads, and that nothing old is told when the lead changes. */
#include "tests/unit/schemas.h"
#include "tests/unit/shell.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

const char *const unit_name = "bridge_standby";

#define DIAL "sink-dial p/status {\"state\":\"offline\",\"since\":null,\"reason\":\"connection lost\"}\n"
#define REGISTER "send {\"action\":\"Register\",\"paths\":[\"B.S\",\"B.T\",\"B.P\",\"B.X\"]}\n"
#define LEADS "standby: another publisher leads since 1970-01-01T00:00:01Z"

static struct shell *shell_with_source(enum standby_kind kind, bool for_leader)
{
	struct bridge_config cfg = shell_config();
	struct shell *sh;

	cfg.standby = kind;
	cfg.source_for_leader = for_leader;
	cfg.source.ping_every_ms = 0;
	cfg.source.dial_timeout_ms = 3600000;
	sh = shell_with(&cfg, schema_of(STR(SCHEMA_PLAIN)));
	bridge_start(sh->b, sh->now);
	return sh;
}

static struct shell *shell_of(enum standby_kind kind)
{
	return shell_with_source(kind, false);
}

static void refused(struct shell *sh)
{
	bridge_sink_lost(sink_of(sh), SINK_LOSS_REFUSED, "not authorised", sh->now);
}

static void saw(struct shell *sh, enum standby_saw what)
{
	bridge_sink_looked(sink_of(sh), what, sh->now);
}

static void wait_for_lead(struct shell *sh)
{
	refused(sh);
	saw(sh, STANDBY_SAW_LEADER);
	forget(sh);
}

static void tick_at(struct shell *sh, int64_t ms)
{
	at(sh, ms);
	bridge_tick(sh->b, sh->now);
}

static void state(struct shell *sh, const char *text)
{
	bridge_source_up(sh->b, sh->now);
	CHECK_INT(frame(sh, text), VERDICT_TAKEN);
	forget(sh);
}

static void says(struct shell *sh, const char *part)
{
	char *text = str_dup(bridge_status(sh->b));

	CU_ASSERT(text && strstr(text, part));
	free(text);
}

static void who_waits_asks_every_second_and_is_well(void)
{
	struct shell *sh = shell_of(STANDBY_WARM);

	EXPECT(sh, DIAL "source-dial\n");
	refused(sh);
	EXPECT(sh, "look p/status\n");
	saw(sh, STANDBY_SAW_LEADER);
	CU_ASSERT(logged(sh, "standby: another publisher leads"));
	CU_ASSERT(!logged(sh, "not authorised"));
	CHECK_STR(bridge_standby(sh->b), LEADS);
	CU_ASSERT(!bridge_ready(sh->b)); /* it does not know the scoreboard yet */
	state(sh, "{\"state\":{\"B.S\":1}}");
	CU_ASSERT(bridge_ready(sh->b));
	says(sh, "{\"state\":\"live\",\"since\":1000,\"reason\":\"" LEADS "\"}");
	CHECK_INT(counter(sh, HEALTH_STANDBY), 1);
	CHECK_INT(counter(sh, HEALTH_LEADS), 0);
	CHECK_INT(counter(sh, HEALTH_READY), 0);
	for (int i = 1; i <= 20; i++) {
		tick_at(sh, i * 1000);
		EXPECT(sh, DIAL);
		refused(sh);
		EXPECT(sh, "");
	}
	CHECK_INT(counter(sh, HEALTH_SINK_REFUSED), 1);
	tick_at(sh, 31000);
	refused(sh);
	EXPECT(sh, DIAL "look p/status\n");
	shell_free(sh);
}

/* From the first message on: the status is not `live` before all is compared, and what the other one left is not sent again. */
static void who_gets_the_lead_begins_as_always(void)
{
	struct shell *sh = shell_of(STANDBY_WARM);

	state(sh, "{\"state\":{\"B.S\":1,\"B.T\":\"x\"}}");
	wait_for_lead(sh);
	tick_at(sh, 1000);
	forget(sh);
	sink_up(sh);
	CU_ASSERT_PTR_NULL(bridge_standby(sh->b));
	EXPECT(sh, "subscribe p/#\npub p/status {\"state\":\"stale\",\"since\":2000,\"reason\":\"synchronizing\"}\n");
	answer_all(sh);
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	broker_holds(sh, "p/s", "1");
	broker_holds(sh, "p/t", "\"old\"");
	forget(sh);
	echo_status(sh);
	EXPECT(sh, "unsubscribe p/#\npub p/t \"x\"\n");
	answer_all(sh);
	says(sh, "\"live\"");
	CHECK_INT(counter(sh, HEALTH_LEADS), 1);
	CHECK_INT(counter(sh, HEALTH_STANDBY), 0);
	shell_free(sh);
}

/* The topics follow the scoreboard while another one leads; what we heard before our connection broke is older than they are. */
static void a_state_of_before_is_not_told_when_another_one_has_led(void)
{
	struct shell *sh = shell_of(STANDBY_WARM);

	state(sh, "{\"state\":{\"B.S\":1}}");
	wait_for_lead(sh);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "gone", sh->now);
	tick_at(sh, 1000);
	forget(sh);
	sink_up(sh);
	EXPECT(sh, "pub p/status {\"state\":\"stale\",\"since\":1000,\"reason\":\"gone\"}\n");
	answer_all(sh);
	bridge_source_up(sh->b, sh->now);
	forget(sh);
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":5}}"), VERDICT_TAKEN);
	drain(sh);
	CU_ASSERT(said(sh, "subscribe p/#\n"));
	CU_ASSERT_FALSE(said(sh, "pub p/s 1"));
	shell_free(sh);
}

/* Where nobody else has led, a broker that has lost all is told what we know, if the scoreboard is away or not. */
static void a_state_of_before_is_told_when_nobody_else_has_led(void)
{
	struct shell *sh = shell_of(STANDBY_WARM);

	sink_up(sh);
	state(sh, "{\"state\":{\"B.S\":1}}");
	reconcile_empty(sh);
	sink_lost(sh);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "gone", sh->now);
	tick_at(sh, 1000);
	forget(sh);
	sink_up(sh);
	drain(sh);
	CU_ASSERT(said(sh, "subscribe p/#\n"));
	shell_free(sh);
}

static void a_cold_standby_dials_the_scoreboard_when_it_leads(void)
{
	struct shell *sh = shell_of(STANDBY_COLD);

	EXPECT(sh, DIAL);
	says(sh, "does not lead");
	wait_for_lead(sh);
	says(sh, "{\"state\":\"stale\"");
	says(sh, LEADS);
	CU_ASSERT(!bridge_ready(sh->b));
	tick_at(sh, 1000);
	EXPECT(sh, DIAL);
	sink_up(sh);
	EXPECT(sh, "source-dial\npub p/status {\"state\":\"stale\",\"since\":1000,\"reason\":\"waiting for the scoreboard\"}\n");
	shell_free(sh);
}

/* It leads, loses its broker, and finds another one in its place when it comes back: then the scoreboard is not its business any more. */
static void lead_and_be_replaced(struct shell *sh)
{
	sink_up(sh);
	answer_all(sh);
	state(sh, "{\"state\":{\"B.S\":1}}");
	sink_lost(sh);
	forget(sh);
	tick_at(sh, 1000);
	EXPECT(sh, DIAL); /* it may have been nothing: it stays connected until it sees another one */
	refused(sh);
	EXPECT(sh, "look p/status\n");
	saw(sh, STANDBY_SAW_LEADER);
	EXPECT(sh, "source-hang-up\n");
}

static void a_cold_standby_that_has_lost_the_lead_hangs_up(void)
{
	struct shell *sh = shell_of(STANDBY_COLD);

	lead_and_be_replaced(sh);
	tick_at(sh, 2000);
	EXPECT(sh, DIAL);
	sink_up(sh);
	EXPECT(sh, "source-dial\npub p/status {\"state\":\"stale\",\"since\":1000,\"reason\":\"waiting for the scoreboard\"}\n");
	answer_all(sh);
	bridge_source_up(sh->b, sh->now);
	EXPECT(sh, REGISTER);
	shell_free(sh);
}

/* Mosquitto 2.1 says so. A standby that is banned could not take the place. */
static void who_is_banned_is_not_well_though_another_one_leads(void)
{
	struct shell *sh = shell_of(STANDBY_WARM);
	const struct part *unwell;

	state(sh, "{\"state\":{\"B.S\":1}}");
	wait_for_lead(sh);
	CU_ASSERT(bridge_ready(sh->b));
	tick_at(sh, 1000);
	bridge_sink_lost(sink_of(sh), SINK_LOSS_BARRED, "banned", sh->now);
	EXPECT(sh, DIAL);
	CU_ASSERT(logged(sh, "broker: banned  next_try_ms="));
	CU_ASSERT_PTR_NULL(bridge_standby(sh->b));
	CU_ASSERT(!bridge_ready(sh->b));
	unwell = parts_first_unwell(bridge_parts(sh->b));
	CU_ASSERT_PTR_NOT_NULL_FATAL(unwell);
	CHECK_STR(unwell->why, "banned");
	CHECK_INT(counter(sh, HEALTH_STANDBY), 0);
	shell_free(sh);
}

static void a_password_that_is_wrong_is_tried_less_and_less_often(void)
{
	struct shell *sh = shell_of(STANDBY_WARM);

	forget(sh);
	refused(sh);
	saw(sh, STANDBY_SAW_NOTHING);
	CU_ASSERT(logged(sh, "broker: not authorised; cannot see whether another publisher leads  next_try_ms=750"));
	CU_ASSERT_PTR_NULL(bridge_standby(sh->b));
	forget(sh);
	tick_at(sh, 750);
	refused(sh);
	EXPECT(sh, DIAL);
	CU_ASSERT(logged(sh, "not authorised  next_try_ms=1500"));
	shell_free(sh);
}

static void a_broker_that_is_away_is_dialled_every_second_by_who_stands_by(void)
{
	struct shell *sh = shell_of(STANDBY_WARM);

	forget(sh);
	for (int i = 0; i < 10; i++) {
		bridge_sink_lost(sink_of(sh), SINK_LOSS_CONNECTION, "connection refused", sh->now);
		EXPECT(sh, "");
		tick_at(sh, (i + 1) * 1000 - 1);
		EXPECT(sh, "");
		tick_at(sh, (i + 1) * 1000);
		EXPECT(sh, DIAL);
	}
	CU_ASSERT(logged(sh, "connection refused  next_try_ms=1000"));
	shell_free(sh);
}

static void a_source_for_one_is_dialled_by_the_one_who_leads_only(void)
{
	static const enum standby_kind kinds[] = { STANDBY_OFF, STANDBY_WARM };

	for (size_t i = 0; i < 2; i++) {
		struct shell *sh = shell_with_source(kinds[i], true);

		EXPECT(sh, DIAL);
		says(sh, kinds[i] == STANDBY_OFF ? "waiting for the scoreboard" : "does not lead");
		lead_and_be_replaced(sh);
		shell_free(sh);
	}
}

/* Its input is over, and it waits only for the broker to have everything. */
static void a_cold_standby_that_ends_leaves_the_scoreboard_alone(void)
{
	struct shell *sh = shell_of(STANDBY_COLD);

	sink_up(sh);
	answer_all(sh);
	state(sh, "{\"state\":{\"B.S\":1}}");
	bridge_source_lost(sh->b, SOURCE_LOSS_END, "end of the recording", sh->now);
	sink_lost(sh);
	tick_at(sh, 1000);
	forget(sh);
	sink_up(sh);
	drain(sh);
	CU_ASSERT(said(sh, "subscribe p/#\n") && !said(sh, "source-dial"));
	shell_free(sh);
}

/* Each broker is a referee of its own. As long as it leads at one of them, a cold standby needs the scoreboard. */
static void who_leads_at_one_broker_may_wait_at_another(void)
{
	struct bridge_config cfg = shell_config();
	struct shell *sh;

	cfg.standby = STANDBY_COLD;
	cfg.n_brokers = 2;
	sh = shell_with(&cfg, schema_of(STR(SCHEMA_PLAIN)));
	bridge_start(sh->b, sh->now);
	sink_up(sh);
	sh->broker = 1;
	refused(sh);
	saw(sh, STANDBY_SAW_LEADER);
	drain(sh);
	CU_ASSERT(said(sh, "source-dial\n") && said(sh, "b: look p/status\n") && !said(sh, "source-hang-up"));
	CU_ASSERT_PTR_NULL(bridge_standby(sh->b));
	CHECK_INT(counter(sh, HEALTH_STANDBY), 1);
	sh->broker = 0;
	CHECK_INT(counter(sh, HEALTH_LEADS), 1);
	sink_lost(sh);
	refused(sh);
	forget(sh);
	saw(sh, STANDBY_SAW_LEADER);
	EXPECT(sh, "source-hang-up\n");
	CHECK_STR(bridge_standby(sh->b), LEADS);
	CU_ASSERT_PTR_NULL(parts_first_unwell(bridge_parts(sh->b))); /* that is how it should be */
	shell_free(sh);
}

const struct unit_test unit_tests[] = {
	UNIT(who_waits_asks_every_second_and_is_well),
	UNIT(who_gets_the_lead_begins_as_always),
	UNIT(a_state_of_before_is_not_told_when_another_one_has_led),
	UNIT(a_state_of_before_is_told_when_nobody_else_has_led),
	UNIT(a_cold_standby_dials_the_scoreboard_when_it_leads),
	UNIT(a_cold_standby_that_has_lost_the_lead_hangs_up),
	UNIT(a_source_for_one_is_dialled_by_the_one_who_leads_only),
	UNIT(a_cold_standby_that_ends_leaves_the_scoreboard_alone),
	UNIT(who_leads_at_one_broker_may_wait_at_another),
	UNIT(who_is_banned_is_not_well_though_another_one_leads),
	UNIT(a_password_that_is_wrong_is_tried_less_and_less_often),
	UNIT(a_broker_that_is_away_is_dialled_every_second_by_who_stands_by),
	{ NULL, NULL },
};
