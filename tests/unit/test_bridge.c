/* bridge - the publisher with a scripted shell around it: what it does, in which order, and never before its time. */
#include "base/topic.h"
#include "publisher/core/bridge.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "bridge";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TOKENS_MAX 2048

/* Without views: the transcripts show the leaves only. */
static const char plain[] = "{\"register\":{\"live\":[\"B.S\",\"B.T\",\"B.P\",\"B.X\"],\"full\":[\"B\"]},"
			    "\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],"
			    "\"rules\":[{\"paths\":[\"B.S\"],\"class\":\"critical\"},"
			    "{\"paths\":[\"B.P\"],\"visibility\":\"crew\"},"
			    "{\"paths\":[\"B.X\"],\"visibility\":\"drop\"}]}";

static const char with_view[] = "{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],"
				"\"views\":{\"v\":\"\"},\"default\":{\"class\":\"low\"},"
				"\"clocks\":[{\"path\":\"B.C(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\","
				"\"views\":[\"v\"]}],"
				"\"rules\":[{\"paths\":[\"B.S\"],\"class\":\"critical\",\"views\":[\"v\"]},"
				"{\"paths\":[\"B.L\"],\"class\":\"low\",\"views\":[\"v\"]},"
				"{\"paths\":[\"B.P\"],\"visibility\":\"crew\",\"views\":[\"v\"]}]}";

struct shell {
	struct bridge *b;
	char status_topic[64];
	struct moment now;
	struct buf said, logged;
	char *status; /* as last published */
	size_t tokens[TOKENS_MAX], n_tokens;
	bool exited;
};

static struct schema *load_text(struct str text)
{
	struct schema *s = NULL;
	struct complaint why;

	if (schema_new(text, &s, &why))
		printf("\n    line %u: %s\n", why.line, why.text);
	CU_ASSERT_FATAL(s != NULL);
	return s;
}

static struct bridge_config base_config(void)
{
	return (struct bridge_config){
		.prefix = "p",
		.list = LIST_LIVE,
		.window = 100,
		.max_state_bytes = 1 << 24,
		.source = { .backoff_first_ms = 1000, .backoff_max_ms = 30000, .dial_timeout_ms = 5000, .ping_every_ms = 10000,
			    .pong_within_ms = 5000, .silence_ms = 30000 },
		.sink = { .backoff_first_ms = 1000, .backoff_max_ms = 30000, .dial_timeout_ms = 5000, .settle_ms = 5000 },
		.source_registers = true,
		.source_redials = true,
	};
}

static struct shell *shell_with(const struct bridge_config *cfg, struct schema *schema)
{
	struct shell *sh = calloc(1, sizeof(*sh));

	CU_ASSERT_FATAL(sh != NULL);
	sh->now = (struct moment){ .mono = { 0 }, .wall_ms = 1000 };
	snprintf(sh->status_topic, sizeof(sh->status_topic), "%s/status", cfg->prefix);
	sh->b = bridge_new(cfg, schema);
	CU_ASSERT_FATAL(sh->b != NULL);
	return sh;
}

static struct shell *shell_new(const char *schema)
{
	struct bridge_config cfg = base_config();

	return shell_with(&cfg, load_text(str_of(schema)));
}

static void shell_free(struct shell *sh)
{
	bridge_free(sh->b);
	buf_free(&sh->said);
	buf_free(&sh->logged);
	free(sh->status);
	free(sh);
}

static void at(struct shell *sh, int64_t ms)
{
	sh->now.mono.ms = ms;
	sh->now.wall_ms = 1000 + ms;
}

static void write_publish(struct shell *sh, const struct effect *fx)
{
	CU_ASSERT(topic_name_valid(fx->topic));
	buf_printf(&sh->said, "pub%s%s %.*s", fx->qos ? "" : "0", fx->retain ? "" : "-live", STR_ARGS(fx->topic));
	buf_printf(&sh->said, " %.*s\n", STR_ARGS(fx->text));
	CU_ASSERT_FATAL(sh->n_tokens < TOKENS_MAX);
	sh->tokens[sh->n_tokens++] = fx->token;
	if (!str_is(fx->topic, sh->status_topic))
		return;
	free(sh->status);
	sh->status = str_dup(fx->text);
}

static void write_effect(struct shell *sh, const struct effect *fx)
{
	static const char *const names[] = {
		[FX_SOURCE_DIAL] = "source-dial",       [FX_SOURCE_HANG_UP] = "source-hang-up",
		[FX_SOURCE_PING] = "source-ping",       [FX_SOURCE_SEND] = "send",
		[FX_SINK_DIAL] = "sink-dial",           [FX_SINK_HANG_UP] = "sink-hang-up",
		[FX_SINK_SUBSCRIBE] = "subscribe",      [FX_SINK_UNSUBSCRIBE] = "unsubscribe",
		[FX_SINK_DISCONNECT] = "disconnect",    [FX_EXIT] = "exit",
	};

	sh->exited |= fx->type == FX_EXIT;
	if (fx->type == FX_LOG) {
		buf_printf(&sh->logged, "%s: %.*s\n", fx->area, STR_ARGS(fx->text));
	} else if (fx->type == FX_SINK_PUBLISH) {
		write_publish(sh, fx);
	} else {
		buf_puts(&sh->said, names[fx->type]);
		if (fx->topic.len)
			buf_printf(&sh->said, " %.*s", STR_ARGS(fx->topic));
		if (fx->text.len)
			buf_printf(&sh->said, " %.*s", STR_ARGS(fx->text));
		buf_char(&sh->said, '\n');
	}
}

static void drain(struct shell *sh)
{
	struct effect fx;

	while (bridge_next_effect(sh->b, sh->now, &fx))
		write_effect(sh, &fx);
}

/* All that the bridge wanted since the last time, but for log lines. */
#define EXPECT(sh, text) expect(sh, text, __LINE__)

static void expect(struct shell *sh, const char *text, int line)
{
	drain(sh);
	if (strcmp(buf_view(&sh->said).p, text) != 0)
		printf("\n    line %d\n", line);
	CHECK_STR(buf_view(&sh->said).p, text);
	buf_clear(&sh->said);
}

static void forget(struct shell *sh)
{
	drain(sh);
	buf_clear(&sh->said);
}

static bool said(const struct shell *sh, const char *part)
{
	return strstr(buf_view(&sh->said).p, part) != NULL;
}

static bool logged(struct shell *sh, const char *part)
{
	drain(sh);
	return strstr(buf_view(&sh->logged).p, part) != NULL;
}

/* Answers all that is in flight, and what comes of it, until nothing more comes. */
static void answer_all(struct shell *sh)
{
	drain(sh);
	while (sh->n_tokens) {
		size_t token = sh->tokens[0];

		memmove(sh->tokens, sh->tokens + 1, --sh->n_tokens * sizeof(token));
		bridge_sink_acked(sh->b, token, sh->now);
		drain(sh);
	}
}

static enum frame_verdict frame(struct shell *sh, const char *text)
{
	return bridge_source_frame(sh->b, str_of(text), sh->now);
}

static void broker_holds(struct shell *sh, const char *topic, const char *payload)
{
	bridge_sink_message(sh->b, str_of(topic), str_of(payload), true, sh->now);
}

/* The broker's answer to the subscription has all come when our own status comes back. */
static void echo_status(struct shell *sh)
{
	drain(sh);
	bridge_sink_message(sh->b, str_of(sh->status_topic), str_of(sh->status), false, sh->now);
}

static void sink_up(struct shell *sh)
{
	bridge_sink_up(sh->b, 50, sh->now);
}

static void sink_lost(struct shell *sh)
{
	bridge_sink_lost(sh->b, SINK_LOSS_CONNECTION, "gone", sh->now);
	sh->n_tokens = 0;
}

static void reconcile_empty(struct shell *sh)
{
	bridge_sink_subscribed(sh->b, true, sh->now);
	echo_status(sh);
	answer_all(sh);
}

/* Up to `live`, with this state and a broker that held nothing. */
static void become_live(struct shell *sh, const char *state)
{
	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	CHECK_INT(frame(sh, state), VERDICT_TAKEN);
	answer_all(sh);
	reconcile_empty(sh);
	CU_ASSERT(bridge_ready(sh->b));
	forget(sh);
}

static double counter(struct shell *sh, enum health_row row)
{
	return bridge_health(sh->b, sh->now)->values[row];
}

#define WILL "{\"state\":\"offline\",\"since\":null,\"reason\":\"connection lost\"}"
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
	bridge_sink_message(sh->b, STR("p/status"), str_of(sh->status), false, sh->now);
	EXPECT(sh, "");
	bridge_sink_subscribed(sh->b, true, sh->now);
	/* the mark behind all that is retained; itself it is not */
	EXPECT(sh, "pub-live p/status {\"state\":\"stale\",\"since\":1000,\"reason\":\"synchronizing\"}\n");
	broker_holds(sh, "p/s", "6");
	broker_holds(sh, "p/old/topic", "1");
	broker_holds(sh, "p/presence/fan", "1");
	broker_holds(sh, "p/feed/v/snapshot", "{}");
	broker_holds(sh, "other/s", "1");
	broker_holds(sh, "pp/s", "1");
	broker_holds(sh, "p/status", "{\"state\":\"offline\"}");
	bridge_sink_message(sh->b, STR("p/live/by/others"), STR("1"), false, sh->now);
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

static void bad_updates_are_counted_by_reason_and_the_rest_is_taken(void)
{
	static const struct {
		const char *state;
		enum health_row row;
	} rows[] = {
		{ "{\"state\":{\"B.S\":[1],\"B.T\":5}}", HEALTH_SKIP_BAD_VALUE },
		{ "{\"state\":{\"B.S\":1e999,\"B.T\":6}}", HEALTH_SKIP_BAD_VALUE },
		{ "{\"state\":{\"B.S\":\"\xFF\",\"B.T\":7}}", HEALTH_SKIP_BAD_VALUE },
		{ "{\"state\":{\"B.S(\xFF)\":1,\"B.T\":8}}", HEALTH_SKIP_BAD_UTF8 },
		{ "{\"state\":{\"B.S(\":1,\"B.T\":9}}", HEALTH_SKIP_BAD_PATH },
		{ "{\"state\":{\"B.Nope\":1,\"B.T\":10}}", HEALTH_SKIP_UNREGISTERED },
		{ "{\"state\":{\"B.X\":1,\"B.T\":11}}", HEALTH_SKIP_DROPPED },
	};
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":\"a\"}}");
	for (size_t i = 0; i < COUNT(rows); i++) {
		double before = counter(sh, rows[i].row);
		char expected[32];

		CHECK_INT(frame(sh, rows[i].state), VERDICT_TAKEN);
		CHECK_INT(counter(sh, rows[i].row) - before, 1);
		snprintf(expected, sizeof(expected), "pub p/t %zu\n", 5 + i);
		EXPECT(sh, expected);
		answer_all(sh);
	}
	shell_free(sh);
}

/* A topic that fits MQTT alone may not fit behind the prefix. */
static void a_topic_too_long_with_its_prefix_is_refused_and_counted(void)
{
	struct bridge_config cfg = base_config();
	struct shell *sh;
	BUF_CLEANUP struct buf text = { 0 };

	cfg.prefix = "a/rather/long/prefix";
	cfg.list = LIST_FULL;
	sh = shell_with(&cfg, load_text(str_of(plain)));
	become_live(sh, "{\"state\":{\"B.S\":1}}");
	for (size_t len = TOPIC_MAX_BYTES - 40; len < TOPIC_MAX_BYTES + 5; len++) {
		double before = counter(sh, HEALTH_SKIP_TOO_LONG);
		bool fits = strlen(cfg.prefix) + strlen("/a/") + len <= TOPIC_MAX_BYTES;

		buf_clear(&text);
		buf_puts(&text, "{\"state\":{\"B.A(");
		for (size_t i = 0; i < len; i++)
			buf_char(&text, 'x');
		buf_puts(&text, ")\":1}}");
		CHECK_INT(frame(sh, text.p), VERDICT_TAKEN);
		drain(sh); /* checks that every topic is valid */
		CHECK_INT(counter(sh, HEALTH_SKIP_TOO_LONG) - before, !fits);
		CHECK_INT(said(sh, "pub "), fits);
		forget(sh);
		answer_all(sh);
		forget(sh);
	}
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
	struct bridge_config cfg = base_config();
	struct shell *sh;

	cfg.source_redials = cfg.source_registers = false;
	sh = shell_with(&cfg, load_text(str_of(plain)));
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

static void rubbish_gets_a_line_now_and_then_not_each_time(void)
{
	struct bridge_config cfg = base_config();
	struct shell *sh;
	const char *p;
	size_t lines = 0;

	cfg.source_redials = false;
	sh = shell_with(&cfg, load_text(str_of(plain)));
	become_live(sh, "{\"state\":{\"B.S\":1}}");
	for (int i = 0; i < 1000; i++) {
		at(sh, i * 25);
		CHECK_INT(frame(sh, "rubbish"), VERDICT_REFUSED);
		drain(sh);
	}
	for (p = sh->logged.p; (p = strstr(p, "frame refused")) != NULL; p++)
		lines++;
	CHECK_INT(lines, 3); /* at 0, 10 and 20 s */
	CU_ASSERT(logged(sh, "more_since_last=399"));
	CHECK_INT(counter(sh, HEALTH_REFUSED_JSON), 1000);
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
	answer_all(sh);
	drain(sh);
	CU_ASSERT(said(sh, "\"state\":\"live\",\"since\":21000"));
	CU_ASSERT(bridge_ready(sh->b));
	shell_free(sh);
}

static void a_frame_of_the_old_connection_s_shape_is_no_whole_state_twice(void)
{
	struct shell *sh = shell_new(plain);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.T\":1}}");
	/* deltas name few paths: nothing may be swept for that */
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":2}}"), VERDICT_TAKEN);
	EXPECT(sh, "pub p/s 2\n");
	CHECK_INT(frame(sh, "{\"state\":{}}"), VERDICT_IGNORED);
	EXPECT(sh, "");
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
	bridge_sink_subscribed(sh->b, true, sh->now);
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

static void a_broker_that_refuses_is_asked_again_later(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	forget(sh);
	bridge_sink_lost(sh->b, SINK_LOSS_REFUSED, "not authorised", sh->now);
	CHECK_INT(counter(sh, HEALTH_SINK_REFUSED), 1);
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

static void a_broker_that_grants_no_reading_is_told_everything(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	frame(sh, "{\"state\":{\"B.S\":1}}");
	answer_all(sh);
	forget(sh);
	bridge_sink_subscribed(sh->b, false, sh->now);
	EXPECT(sh, "unsubscribe p/#\npub p/s 1\n");
	CHECK_INT(counter(sh, HEALTH_RECONCILE_REFUSED), 1);
	CU_ASSERT(logged(sh, "may not subscribe to p/#"));
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
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
	bridge_sink_message(sh->b, STR("elsewhere"), STR("1"), true, sh->now);
	bridge_source_pong(sh->b, sh->now);
	bridge_tick(sh->b, sh->now);
	forget(sh);
	at(sh, 24000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "unsubscribe p/#\n") && said(sh, "pub p/s 1\n") && said(sh, "pub p/x \n"));
	shell_free(sh);
}

/* Brokers cut long lists of retained messages: after a comparison that found differences it is made again. */
static void a_long_list_is_compared_again_until_nothing_differs(void)
{
	struct shell *sh = shell_new(plain);

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	sink_up(sh);
	answer_all(sh);
	frame(sh, "{\"state\":{\"B.S\":1}}");
	answer_all(sh);
	for (int pass = 0; pass < 2; pass++) {
		forget(sh);
		bridge_sink_subscribed(sh->b, true, sh->now);
		for (int i = 0; i < 700; i++) {
			char topic[32];

			snprintf(topic, sizeof(topic), "p/left/%d/%d", pass, i);
			broker_holds(sh, topic, "1");
		}
		echo_status(sh);
		answer_all(sh);
		CU_ASSERT(said(sh, "pub p/left/") && said(sh, "subscribe p/#\n"));
		CU_ASSERT(!bridge_ready(sh->b));
	}
	forget(sh);
	bridge_sink_subscribed(sh->b, true, sh->now);
	broker_holds(sh, "p/s", "1");
	echo_status(sh);
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	CHECK_INT(counter(sh, HEALTH_RECONCILES), 3);
	shell_free(sh);
}

static void publishes_stay_within_the_broker_s_window(void)
{
	struct bridge_config cfg = base_config();
	BUF_CLEANUP struct buf state = { 0 };
	struct shell *sh;

	cfg.list = LIST_FULL;
	sh = shell_with(&cfg, load_text(str_of(plain)));
	become_live(sh, "{\"state\":{\"B.S\":1}}");
	buf_puts(&state, "{\"state\":{\"B.S\":2");
	for (int i = 0; i < 300; i++)
		buf_printf(&state, ",\"B.N(%d)\":1", i);
	buf_puts(&state, "}}");
	CHECK_INT(frame(sh, state.p), VERDICT_TAKEN);
	drain(sh);
	CHECK_INT(sh->n_tokens, 50);
	CU_ASSERT(str_starts(buf_view(&sh->said), STR("pub p/s 2\n")));
	/* a newer score does not wait behind the rest */
	CHECK_INT(frame(sh, "{\"state\":{\"B.S\":3}}"), VERDICT_TAKEN);
	forget(sh);
	bridge_sink_acked(sh->b, sh->tokens[--sh->n_tokens], sh->now);
	EXPECT(sh, "pub p/s 3\n");
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	CHECK_INT(counter(sh, HEALTH_TOPICS), 301);
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
	struct bridge_config cfg = base_config();
	struct shell *sh;

	cfg.source.ping_every_ms = 0;
	sh = shell_with(&cfg, load_text(str_of(with_view)));
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

/* --- the feed on the wire --- */

static void recent_is_out_before_its_delta_and_the_snapshot_before_both(void)
{
	struct shell *sh = shell_new(with_view);
	const char *snapshot, *recent, *delta;

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.P\":9}}");
	at(sh, 50);
	frame(sh, "{\"state\":{\"B.S\":2,\"B.P\":8,\"B.Other\":1}}");
	drain(sh);
	recent = strstr(sh->said.p, "pub p/feed/v/recent ");
	delta = strstr(sh->said.p, "pub-live p/feed/v/delta ");
	CU_ASSERT(recent && delta && recent < delta);
	CU_ASSERT(delta && strstr(delta, "\"set\":{\"s\":2}}") != NULL); /* neither the crew's nor another's */
	snapshot = strstr(sh->said.p, "pub p/feed/v/snapshot ");
	CU_ASSERT(!snapshot || snapshot < recent);
	shell_free(sh);
}

static void deltas_gather_while_the_broker_is_slow(void)
{
	struct shell *sh = shell_new(with_view);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	bridge_sink_up(sh->b, 0, sh->now); /* takes nothing for the moment */
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

static void a_clock_s_ticks_stay_out_of_the_feed(void)
{
	struct shell *sh = shell_new(with_view);

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.C(J).T\":60000,\"B.C(J).R\":false,\"B.C(J).D\":true}}");
	frame(sh, "{\"state\":{\"B.C(J).R\":true}}");
	drain(sh);
	CU_ASSERT(said(sh, "\"set\":{\"c/J\":{\"time\":60000,\"running\":true,\"direction\":\"down\",\"at\":1000}}"));
	answer_all(sh);
	forget(sh);
	at(sh, 1020);
	frame(sh, "{\"state\":{\"B.C(J).T\":59000}}");
	EXPECT(sh, "pub p/c/J/t 59000\n");
	shell_free(sh);
}

static void a_clock_of_the_crew_is_no_viewer_s(void)
{
	static const char crew[] = "{\"register\":{\"live\":[\"B\"]},\"views\":{\"v\":\"\"},"
				   "\"clocks\":[{\"path\":\"B.C(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\","
				   "\"views\":[\"v\"]}],"
				   "\"rules\":[{\"paths\":[\"B.S\"],\"views\":[\"v\"]},"
				   "{\"paths\":[\"B.C(*).**\"],\"visibility\":\"crew\"}]}";
	struct shell *sh = shell_new(crew);
	BUF_CLEANUP struct buf state = { 0 };

	become_live(sh, "{\"state\":{\"B.S\":1,\"B.C(J).T\":60000,\"B.C(J).R\":false,\"B.C(J).D\":true}}");
	feed_write_state(bridge_view(sh->b, STR("v")), &state);
	CU_ASSERT(strstr(state.p, "60000") == NULL);
	shell_free(sh);
}

static void a_heartbeat_tells_that_silence_is_quiet(void)
{
	struct shell *sh = shell_new(with_view);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, 9999);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(!said(sh, "feed/v/delta"));
	at(sh, 10000);
	CHECK_INT(bridge_deadline(sh->b).ms, 10000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "pub-live p/feed/v/delta {\"epoch\":\"") && said(sh, "\"seq\":1,\"ts\":11000}\n"));
	shell_free(sh);
}

/* --- following another publisher's feed --- */

static struct shell *follower(void)
{
	struct bridge_config cfg = base_config();

	cfg.source_registers = false;
	cfg.source_follows = true;
	cfg.source.ping_every_ms = 0;
	return shell_with(&cfg, load_text(str_of(plain)));
}

static void hear(struct shell *sh, const char *what, const char *payload)
{
	char topic[64];

	snprintf(topic, sizeof(topic), "p/feed/v/%s", what);
	bridge_source_message(sh->b, str_of(topic), str_of(payload), sh->now);
	drain(sh);
}

static void check_followed(struct shell *sh, const char *state, int line)
{
	const struct feed *f = bridge_view(sh->b, STR("v"));
	BUF_CLEANUP struct buf out = { 0 };

	if (f)
		feed_write_state(f, &out);
	if (strcmp(buf_view(&out).p, state) != 0)
		printf("\n    line %d\n", line);
	CHECK_STR(buf_view(&out).p, state);
}

#define FOLLOWED(sh, state) check_followed(sh, state, __LINE__)

static void a_feed_is_followed_by_its_own_rules(void)
{
	struct shell *sh = follower();

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	hear(sh, "recent", "{\"epoch\":\"e\",\"base\":5,\"seq\":6,\"ts\":2,\"set\":{\"b\":2},\"del\":[\"c\"]}");
	hear(sh, "delta", "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"set\":{\"b\":2},\"del\":[\"c\"]}");
	hear(sh, "snapshot", "{\"epoch\":\"e\",\"seq\":5,\"ts\":1,\"state\":{\"a\":1,\"b\":1,\"c\":1}}");
	FOLLOWED(sh, "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"state\":{\"a\":1,\"b\":2}");
	/* old ones, repeats and rubbish change nothing */
	hear(sh, "delta", "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"set\":{\"a\":9}}");
	hear(sh, "delta", "{\"epoch\":\"e\",\"seq\":4,\"ts\":2,\"set\":{\"a\":9}}");
	hear(sh, "delta", "{\"epoch\":\"other\",\"seq\":7,\"ts\":2,\"set\":{\"a\":9}}");
	hear(sh, "delta", "{\"epoch\":\"e\",\"seq\":9,\"ts\":2,\"set\":{\"a\":9}}");
	hear(sh, "delta", "rubbish");
	hear(sh, "delta", "{\"seq\":7}");
	hear(sh, "snapshot", "");
	hear(sh, "nonsense", "{\"epoch\":\"e\",\"seq\":7,\"ts\":2,\"set\":{\"a\":9}}");
	FOLLOWED(sh, "{\"epoch\":\"e\",\"seq\":6,\"ts\":2,\"state\":{\"a\":1,\"b\":2}");
	hear(sh, "delta", "{\"epoch\":\"e\",\"seq\":7,\"ts\":3,\"set\":{\"c\":7}}");
	FOLLOWED(sh, "{\"epoch\":\"e\",\"seq\":7,\"ts\":3,\"state\":{\"a\":1,\"b\":2,\"c\":7}");
	shell_free(sh);
}

/* A heartbeat has the number of the delta before it: who missed that one must not take it for the delta. */
static void a_heartbeat_is_not_taken_for_the_delta_that_was_lost(void)
{
	struct shell *sh = follower();

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	hear(sh, "snapshot", "{\"epoch\":\"e\",\"seq\":1,\"ts\":1,\"state\":{\"a\":1}}");
	hear(sh, "recent", "{\"epoch\":\"e\",\"base\":1,\"seq\":1,\"ts\":1}");
	hear(sh, "recent", "{\"epoch\":\"e\",\"base\":1,\"seq\":2,\"ts\":2,\"set\":{\"a\":2}}");
	hear(sh, "delta", "{\"epoch\":\"e\",\"seq\":2,\"ts\":12000}");
	FOLLOWED(sh, "{\"epoch\":\"e\",\"seq\":2,\"ts\":2,\"state\":{\"a\":2}");
	shell_free(sh);
}

/* The truth by number: what feed_write_state() of the publisher said. */
static void hear_flush(struct shell *sh, struct feed *f, enum feed_news news, struct rng *r)
{
	BUF_CLEANUP struct buf text = { 0 };

	if (news == FEED_RENEWED) {
		buf_str(&text, feed_snapshot(f));
		hear(sh, "snapshot", text.p);
	}
	buf_clear(&text);
	buf_str(&text, feed_recent(f));
	if (news != FEED_HEARTBEAT)
		hear(sh, "recent", text.p);
	buf_clear(&text);
	buf_str(&text, feed_delta(f));
	if (rng_chance(r, 70))
		hear(sh, "delta", text.p);
}

/* As "k1=2 k5=1 ", in the order of the keys, whatever that of the feed. */
static void list_state(const struct feed *f, struct buf *out)
{
	BUF_CLEANUP struct buf text = { 0 };

	feed_write_state(f, &text);
	for (int k = 0; k < 10; k++) {
		char key[16];
		const char *at_key;

		snprintf(key, sizeof(key), "\"k%d\":", k);
		at_key = strstr(text.p, key);
		if (at_key)
			buf_printf(out, "k%d=%c ", k, at_key[strlen(key)]);
	}
}

static void a_follower_that_loses_deltas_is_never_wrong(void)
{
	static char truth[3000][100];
	struct shell *sh = follower();
	struct feed *f = feed_new("v", "e", 1 << 20);
	struct rng r = { 17 };
	int64_t ms = 0;

	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	while (feed_seq(f) < 2000) {
		BUF_CLEANUP struct buf now_true = { 0 };
		BUF_CLEANUP struct buf followed = { 0 };
		char key[16];
		const char *value = (const char *[]){ "1", "2", "3" }[rng_below(&r, 3)];
		enum feed_news news;

		ms += rng_chance(&r, 10) ? 11000 : 50;
		snprintf(key, sizeof(key), "k%u", rng_below(&r, 10));
		if (rng_chance(&r, 30))
			feed_remove(f, str_of(key), CLASS_HIGH);
		else if (rng_chance(&r, 90))
			CU_ASSERT(feed_set(f, str_of(key), str_of(value), CLASS_HIGH));
		feed_commit(f, (mono){ ms });
		news = feed_flush(f, (mono){ ms }, ms);
		if (news == FEED_NOTHING)
			continue;
		list_state(f, &now_true);
		snprintf(truth[feed_seq(f)], sizeof(truth[0]), "%s", buf_view(&now_true).p);
		hear_flush(sh, f, news, &r);
		list_state(bridge_view(sh->b, STR("v")), &followed);
		if (strcmp(buf_view(&followed).p, truth[feed_seq(bridge_view(sh->b, STR("v")))]) != 0) {
			CHECK_STR(followed.p, truth[feed_seq(bridge_view(sh->b, STR("v")))]);
			break;
		}
		/* and never more than the one delta behind whose `recent` it has */
		CU_ASSERT_FATAL(feed_seq(bridge_view(sh->b, STR("v"))) + 1 >= feed_seq(f));
	}
	CU_ASSERT(feed_seq(f) >= 2000);
	feed_free(f);
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
	bridge_reload(sh->b, load_text(str_of(other)), NULL, sh->now);
	drain(sh);
	CU_ASSERT(said(sh, "source-hang-up\nsource-dial\n") && said(sh, "subscribe p/#\n"));
	CU_ASSERT(!bridge_ready(sh->b));
	answer_all(sh);
	bridge_sink_subscribed(sh->b, true, sh->now);
	forget(sh);
	broker_holds(sh, "p/s", "1");
	broker_holds(sh, "p/t", "2");
	broker_holds(sh, "p/crew/p", "3");
	echo_status(sh);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/board/s 1\n") && said(sh, "pub p/board/t 2\n"));
	CU_ASSERT(said(sh, "pub p/s \n") && said(sh, "pub p/t \n") && said(sh, "pub p/crew/p \n"));
	answer_all(sh);
	bridge_source_up(sh->b, sh->now);
	frame(sh, "{\"state\":{\"B.S\":1,\"B.T\":2}}");
	answer_all(sh);
	CU_ASSERT(bridge_ready(sh->b));
	CHECK_INT(counter(sh, HEALTH_RELOADS), 1);
	CHECK_INT(counter(sh, HEALTH_RELOADS_FAILED), 1);
	shell_free(sh);
}

static void a_view_that_the_new_rules_do_not_have_leaves_nothing_behind(void)
{
	struct shell *sh = shell_new(with_view);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	at(sh, 77);
	bridge_reload(sh->b, load_text(str_of(plain)), NULL, sh->now);
	answer_all(sh);
	bridge_sink_subscribed(sh->b, true, sh->now);
	forget(sh);
	broker_holds(sh, "p/s", "1");
	broker_holds(sh, "p/feed/v/snapshot", "{\"epoch\":\"old\"}");
	broker_holds(sh, "p/feed/v/recent", "{\"epoch\":\"old\"}");
	echo_status(sh);
	drain(sh);
	CU_ASSERT(said(sh, "pub p/feed/v/snapshot \n") && said(sh, "pub p/feed/v/recent \n"));
	CU_ASSERT(bridge_view(sh->b, STR("v")) == NULL);
	shell_free(sh);
}

static void the_same_view_under_new_rules_starts_a_new_epoch(void)
{
	struct shell *sh = shell_new(with_view);
	char epoch[32];

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	snprintf(epoch, sizeof(epoch), "%s", feed_epoch(bridge_view(sh->b, STR("v"))));
	at(sh, 77);
	bridge_reload(sh->b, load_text(str_of(with_view)), NULL, sh->now);
	answer_all(sh);
	reconcile_empty(sh);
	CU_ASSERT(strcmp(epoch, feed_epoch(bridge_view(sh->b, STR("v")))) != 0);
	CU_ASSERT(said(sh, "pub p/feed/v/snapshot ") && said(sh, "\"state\":{\"s\":1}}"));
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

static void the_end_of_the_input_waits_for_the_broker(void)
{
	struct bridge_config cfg = base_config();
	struct shell *sh;

	cfg.source_redials = cfg.source_registers = false;
	sh = shell_with(&cfg, load_text(str_of(plain)));
	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
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
	struct bridge_config cfg = base_config();
	struct shell *sh;

	cfg.source_redials = cfg.source_registers = false;
	sh = shell_with(&cfg, load_text(str_of(plain)));
	bridge_start(sh->b, sh->now);
	bridge_source_up(sh->b, sh->now);
	bridge_source_lost(sh->b, SOURCE_LOSS_END, "the input ended", sh->now);
	drain(sh);
	CU_ASSERT(sh->exited);
	shell_free(sh);
}

static void a_recording_s_pause_is_stale_and_its_return_a_whole_state(void)
{
	struct bridge_config cfg = base_config();
	struct shell *sh;

	cfg.source_registers = false;
	sh = shell_with(&cfg, load_text(str_of(plain)));
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

static void a_reason_of_any_kind_is_valid_json(void)
{
	struct shell *sh = shell_new(plain);
	char why[400];

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	memset(why, '"', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, why, sh->now);
	drain(sh);
	answer_all(sh);
	CU_ASSERT(str_ends(bridge_status(sh->b), STR("\\\"\"}")));
	/* and said once, not for ever */
	forget(sh);
	for (int i = 0; i < 5; i++) {
		bridge_tick(sh->b, sh->now);
		EXPECT(sh, "");
	}
	shell_free(sh);
}

static void a_long_reason_is_cut_between_characters(void)
{
	struct shell *sh = shell_new(plain);
	char why[400];

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	for (size_t before = 0; before < 4; before++) {
		memset(why, 'x', before);
		for (size_t i = before; i + 5 < sizeof(why); i += 4)
			memcpy(why + i, "\xF0\x9F\x9B\xBC", 5);
		bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, why, sh->now);
		CU_ASSERT(utf8_valid(bridge_status(sh->b)));
		CU_ASSERT(bridge_status(sh->b).len > 150);
	}
	shell_free(sh);
}

/* --- a whole game, with a broker that comes and goes --- */

#define HELD_MAX 4096

/* A broker that is nothing but what it retains. */
struct broker {
	struct {
		char *topic, *payload; /* payload NULL: none */
	} held[HELD_MAX];
	size_t n;
	bool up, subscribed;
};

static void broker_keep(struct broker *k, struct str topic, struct str payload)
{
	size_t i = 0;

	while (i < k->n && !str_is(topic, k->held[i].topic))
		i++;
	if (i == k->n) {
		CU_ASSERT_FATAL(k->n < HELD_MAX);
		k->held[k->n++].topic = str_dup(topic);
	}
	free(k->held[i].payload);
	k->held[i].payload = payload.len ? str_dup(payload) : NULL;
}

static const char *broker_has(const struct broker *k, const char *topic)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->held[i].topic, topic) == 0)
			return k->held[i].payload;
	return NULL;
}

static void broker_free(struct broker *k)
{
	for (size_t i = 0; i < k->n; i++) {
		free(k->held[i].topic);
		free(k->held[i].payload);
	}
	free(k);
}

static void broker_subscribe(struct broker *k, struct shell *sh)
{
	bridge_sink_subscribed(sh->b, true, sh->now);
	for (size_t i = 0; i < k->n; i++)
		if (k->held[i].payload)
			broker_holds(sh, k->held[i].topic, k->held[i].payload);
}

static void broker_publish(struct broker *k, struct shell *sh, const struct effect *fx)
{
	char *topic = str_dup(fx->topic), *payload = str_dup(fx->text);
	size_t len = fx->text.len, token = fx->token;
	bool retain = fx->retain;

	CU_ASSERT_FATAL(topic_name_valid(str_of(topic)));
	if (retain)
		broker_keep(k, str_of(topic), (struct str){ payload, len });
	if (k->subscribed)
		bridge_sink_message(sh->b, str_of(topic), (struct str){ payload, len }, false, sh->now);
	bridge_sink_acked(sh->b, token, sh->now);
	free(topic);
	free(payload);
}

/* Does what a shell with a quick broker would do. */
static void serve(struct broker *k, struct shell *sh)
{
	struct effect fx;

	while (bridge_next_effect(sh->b, sh->now, &fx)) {
		if (fx.type == FX_SINK_DIAL) {
			k->up = true;
			sink_up(sh);
		} else if (fx.type == FX_SINK_SUBSCRIBE) {
			k->subscribed = true;
			broker_subscribe(k, sh);
		} else if (fx.type == FX_SINK_UNSUBSCRIBE) {
			k->subscribed = false;
		} else if (fx.type == FX_SINK_PUBLISH) {
			broker_publish(k, sh, &fx);
		} else if (fx.type == FX_SOURCE_DIAL) {
			bridge_source_up(sh->b, sh->now);
		}
	}
}

struct game {
	struct shell *sh;
	struct broker *broker, *truth; /* truth: by path */
	struct rng r;
	size_t frames, faults;
};

static void note_truth(struct broker *truth, struct str bytes)
{
	struct frame f;
	struct update u;

	CU_ASSERT_FATAL(frame_open(&f, bytes) <= FRAME_PONG);
	while (frame_next(&f, &u))
		broker_keep(truth, u.path, u.value);
	frame_close(&f);
}

static void play_frame(void *arg, struct str bytes, int64_t at_ms)
{
	struct game *g = arg;

	g->frames++;
	note_truth(g->truth, bytes);
	at(g->sh, at_ms);
	(void)bridge_source_frame(g->sh->b, bytes, g->sh->now);
	if (g->broker->up && rng_chance(&g->r, 5)) {
		g->faults++;
		g->broker->up = g->broker->subscribed = false;
		sink_lost(g->sh);
		broker_keep(g->broker, STR("p/left/over"), STR("1"));
		broker_keep(g->broker, STR("p/team/1/score"), rng_chance(&g->r, 50) ? STR("4711") : STR(""));
	}
	bridge_tick(g->sh->b, g->sh->now);
	serve(g->broker, g->sh);
}

/* The tree that the schema makes of the truth, and nothing else but what is our own. */
static void check_tree(const struct game *g, const struct schema *s)
{
	size_t expected = 0, held = 0;

	for (size_t i = 0; i < g->truth->n; i++) {
		BUF_CLEANUP struct buf topic = { 0 };
		struct mapping m;
		struct path path;

		buf_puts(&topic, "p/");
		if (!g->truth->held[i].payload || path_parse(str_of(g->truth->held[i].topic), &path) ||
		    !schema_covers(s, LIST_LIVE, &path) || schema_map(s, &path, &topic, &m) != MAP_OK)
			continue;
		expected++;
		/* the shortened name keeps the message readable */
		if (!broker_has(g->broker, topic.p) || strcmp(broker_has(g->broker, topic.p), g->truth->held[i].payload))
			CHECK_STR(topic.p, "as the scoreboard says");
	}
	for (size_t i = 0; i < g->broker->n; i++)
		held += g->broker->held[i].payload && strncmp(g->broker->held[i].topic, "p/feed/", 7) != 0 &&
			strcmp(g->broker->held[i].topic, "p/status") != 0;
	CHECK_INT(held, expected);
	CU_ASSERT(expected > 100);
}

static struct schema *load_file(const char *file)
{
	BUF_CLEANUP struct buf text = { 0 };

	CU_ASSERT_FATAL(fixture_read(file, &text));
	return load_text(buf_view(&text));
}

static void a_whole_game_ends_as_the_scoreboard_says_whatever_the_broker_does(void)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct bridge_config cfg = base_config();
		struct schema *s = load_file("schema/crg.json");
		struct game g = { .broker = calloc(1, sizeof(struct broker)), .truth = calloc(1, sizeof(struct broker)),
				  .r = { seed } };

		cfg.source.ping_every_ms = 0;
		g.sh = shell_with(&cfg, load_file("schema/crg.json"));
		bridge_start(g.sh->b, g.sh->now);
		serve(g.broker, g.sh);
		CU_ASSERT(fixture_frames(fixture_recording(0), play_frame, &g) > 300);
		for (int i = 0; i < 100 && !bridge_ready(g.sh->b); i++) {
			at(g.sh, bridge_deadline(g.sh->b).ms);
			bridge_tick(g.sh->b, g.sh->now);
			serve(g.broker, g.sh);
		}
		CU_ASSERT(bridge_ready(g.sh->b));
		CU_ASSERT(g.faults > 5);
		check_tree(&g, s);
		schema_free(s);
		broker_free(g.broker);
		broker_free(g.truth);
		shell_free(g.sh);
	}
}

static void a_tournament_is_mirrored_like_any_game(void)
{
	struct bridge_config cfg = base_config();
	struct broker *k = calloc(1, sizeof(*k));
	struct shell *sh = shell_with(&cfg, load_file("schema/tournament.json"));

	bridge_start(sh->b, sh->now);
	serve(k, sh);
	frame(sh, "{\"state\":{\"Tournament.Name\":\"Open\",\"Tournament.Match(1).Side(Home).Points\":0,"
		  "\"Tournament.Match(1).Timer.Milliseconds\":0,\"Tournament.Match(1).Timer.Started\":true,"
		  "\"Tournament.Match(1).Timer.CountsDown\":false,\"Tournament.Team(Red).Player(9).Address.City\":\"X\"}}");
	serve(k, sh);
	frame(sh, "{\"state\":{\"Tournament.Match(1).Side(Home).Points\":2}}");
	serve(k, sh);
	CHECK_STR(broker_has(k, "p/points/1/home"), "2");
	CHECK_STR(broker_has(k, "p/tournament/name"), "\"Open\"");
	CHECK_STR(broker_has(k, "p/match/1/timer.started"), "true");
	CU_ASSERT(broker_has(k, "p/feed/hall/recent") != NULL);
	CU_ASSERT(strstr(broker_has(k, "p/feed/results/recent"), "\"points/1/home\":2") != NULL);
	CU_ASSERT(strstr(broker_has(k, "p/feed/hall/snapshot"),
			 "\"match/1/timer\":{\"time\":0,\"running\":true,\"direction\":\"up\",\"at\":1000}") != NULL);
	for (size_t i = 0; i < k->n; i++)
		CU_ASSERT(!strstr(k->held[i].topic, "address"));
	broker_free(k);
	shell_free(sh);
}

const struct unit_test unit_tests[] = {
	UNIT(nothing_is_published_before_the_first_state),
	UNIT(the_broker_is_asked_what_it_holds_before_it_is_told),
	UNIT(changes_leave_at_once_and_repeats_do_not),
	UNIT(bad_updates_are_counted_by_reason_and_the_rest_is_taken),
	UNIT(a_topic_too_long_with_its_prefix_is_refused_and_counted),
	UNIT(a_bad_frame_leads_to_another_connection_after_a_wait),
	UNIT(who_always_sends_rubbish_is_asked_less_and_less),
	UNIT(a_source_that_cannot_be_had_anew_goes_on_after_a_bad_frame),
	UNIT(rubbish_gets_a_line_now_and_then_not_each_time),
	UNIT(a_lost_scoreboard_is_told_and_its_values_stay),
	UNIT(a_frame_of_the_old_connection_s_shape_is_no_whole_state_twice),
	UNIT(a_lost_broker_is_dialled_compared_and_brought_up_to_date),
	UNIT(what_is_lost_as_soon_as_it_is_well_gets_a_word),
	UNIT(a_broker_that_refuses_is_asked_again_later),
	UNIT(a_broker_that_grants_no_reading_is_told_everything),
	UNIT(a_broker_that_never_answers_is_not_waited_for_for_ever),
	UNIT(a_long_list_is_compared_again_until_nothing_differs),
	UNIT(publishes_stay_within_the_broker_s_window),
	UNIT(pings_and_silence_watch_the_scoreboard),
	UNIT(a_running_clock_that_falls_silent_is_death),
	UNIT(recent_is_out_before_its_delta_and_the_snapshot_before_both),
	UNIT(deltas_gather_while_the_broker_is_slow),
	UNIT(a_clock_s_ticks_stay_out_of_the_feed),
	UNIT(a_clock_of_the_crew_is_no_viewer_s),
	UNIT(a_heartbeat_tells_that_silence_is_quiet),
	UNIT(a_feed_is_followed_by_its_own_rules),
	UNIT(a_heartbeat_is_not_taken_for_the_delta_that_was_lost),
	UNIT(a_follower_that_loses_deltas_is_never_wrong),
	UNIT(a_reload_renames_and_clears_what_the_old_rules_said),
	UNIT(a_view_that_the_new_rules_do_not_have_leaves_nothing_behind),
	UNIT(the_same_view_under_new_rules_starts_a_new_epoch),
	UNIT(stopping_leaves_offline_behind_and_then_exits),
	UNIT(stopping_waits_for_a_slow_broker_but_not_for_ever),
	UNIT(stopping_without_a_broker_exits_at_once),
	UNIT(the_end_of_the_input_waits_for_the_broker),
	UNIT(an_input_that_brought_nothing_is_not_waited_for),
	UNIT(a_recording_s_pause_is_stale_and_its_return_a_whole_state),
	UNIT(a_reason_of_any_kind_is_valid_json),
	UNIT(a_long_reason_is_cut_between_characters),
	UNIT(a_whole_game_ends_as_the_scoreboard_says_whatever_the_broker_does),
	UNIT(a_tournament_is_mirrored_like_any_game),
	{ NULL, NULL },
};
