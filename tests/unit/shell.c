#include "tests/unit/shell.h"

#include "base/topic.h"
#include "publisher/core/names/owner.h"
#include "tests/unit/schemas.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

struct bridge_config shell_config(void)
{
	return (struct bridge_config){
		.prefix = "p",
		.list = LIST_LIVE,
		.window = 100,
		.max_state_bytes = 1 << 24,
		.source = {
			.backoff_first_ms = 1000,
			.backoff_max_ms = 30000,
			.dial_timeout_ms = 5000,
			.ping_every_ms = 10000,
			.pong_within_ms = 5000,
			.silence_ms = 30000,
		},
		.sink = { .backoff_first_ms = 1000, .backoff_max_ms = 30000, .dial_timeout_ms = 5000, .settle_ms = 5000 },
		.source_registers = true,
		.source_redials = true,
		.brokers = { "a:1883", "b:1883" },
		.n_brokers = 1,
	};
}

struct shell *shell_with(const struct bridge_config *cfg, struct schema *schema)
{
	struct shell *sh = calloc(1, sizeof(*sh));

	CU_ASSERT_FATAL(sh != NULL);
	sh->now = (struct moment){ .mono = { 0 }, .wall_ms = 1000 };
	snprintf(sh->status_topic, sizeof(sh->status_topic), "%s/status", cfg->prefix);
	sh->b = bridge_new(cfg, schema);
	CU_ASSERT_FATAL(sh->b != NULL);
	return sh;
}

struct shell *shell_new(const char *schema)
{
	struct bridge_config cfg = shell_config();

	return shell_with(&cfg, schema_of(str_of(schema)));
}

struct bridge_sink *sink_of(struct shell *sh)
{
	return bridge_sink(sh->b, sh->broker);
}

void shell_free(struct shell *sh)
{
	bridge_free(sh->b);
	buf_free(&sh->said);
	buf_free(&sh->logged);
	for (size_t i = 0; i < BROKERS_MAX; i++)
		free(sh->status[i]);
	free(sh);
}

void at(struct shell *sh, int64_t ms)
{
	sh->now.mono.ms = ms;
	sh->now.wall_ms = 1000 + ms;
}

static void write_publish(struct shell *sh, const struct effect *fx)
{
	CU_ASSERT(topic_name_valid(fx->topic));
	buf_printf(&sh->said, "pub%s%s %.*s", fx->qos ? "" : "0", fx->retain ? "" : "-live", STR_ARGS(fx->topic));
	buf_printf(&sh->said, " %.*s\n", STR_ARGS(fx->text));
	CU_ASSERT_FATAL(sh->n_tokens < SHELL_MAX_TOKENS);
	sh->tokens[sh->n_tokens++] = (struct shell_token){ fx->broker, fx->token };
	if (!str_is(fx->topic, sh->status_topic))
		return;
	free(sh->status[fx->broker]);
	sh->status[fx->broker] = str_dup(fx->text);
}

static void write_effect(struct shell *sh, const struct effect *fx)
{
	static const char *const names[] = {
		[FX_SOURCE_DIAL] = "source-dial",
		[FX_SOURCE_HANG_UP] = "source-hang-up",
		[FX_SOURCE_PING] = "source-ping",
		[FX_SOURCE_SEND] = "send",
		[FX_SOURCE_FETCH] = "fetch",
		[FX_SINK_DIAL] = "sink-dial",
		[FX_SINK_HANG_UP] = "sink-hang-up",
		[FX_SINK_SUBSCRIBE] = "subscribe",
		[FX_SINK_UNSUBSCRIBE] = "unsubscribe",
		[FX_SINK_LOOK] = "look",
		[FX_SINK_DISCONNECT] = "disconnect",
		[FX_EXIT] = "exit",
	};

	sh->exited |= fx->type == FX_EXIT;
	if (fx->broker && fx->type != FX_LOG)
		buf_puts(&sh->said, "b: ");
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

void drain(struct shell *sh)
{
	struct effect fx;

	while (bridge_next_effect(sh->b, sh->now, &fx))
		write_effect(sh, &fx);
}

void expect(struct shell *sh, const char *text, int line)
{
	drain(sh);
	if (strcmp(buf_view(&sh->said).p, text) != 0)
		printf("\n    line %d\n", line);
	CHECK_STR(buf_view(&sh->said).p, text);
	buf_clear(&sh->said);
}

void forget(struct shell *sh)
{
	drain(sh);
	buf_clear(&sh->said);
}

bool said(const struct shell *sh, const char *part)
{
	return strstr(buf_view(&sh->said).p, part) != NULL;
}

bool logged(struct shell *sh, const char *part)
{
	drain(sh);
	return strstr(buf_view(&sh->logged).p, part) != NULL;
}

/* The first token of a broker that answers; n_tokens: there is none. */
static size_t first_answer(const struct shell *sh)
{
	size_t i = 0;

	while (i < sh->n_tokens && sh->hangs[sh->tokens[i].broker])
		i++;
	return i;
}

static struct shell_token take_token(struct shell *sh, size_t i)
{
	struct shell_token token = sh->tokens[i];

	memmove(&sh->tokens[i], &sh->tokens[i + 1], (--sh->n_tokens - i) * sizeof(token));
	return token;
}

void answer_all(struct shell *sh)
{
	size_t i;

	drain(sh);
	while ((i = first_answer(sh)) < sh->n_tokens) {
		struct shell_token t = take_token(sh, i);

		bridge_sink_acked(bridge_sink(sh->b, t.broker), t.token, sh->now);
		drain(sh);
	}
}

enum frame_verdict frame(struct shell *sh, const char *text)
{
	return bridge_source_frame(sh->b, str_of(text), sh->now);
}

void broker_holds(struct shell *sh, const char *topic, const char *payload)
{
	const struct bridge_message msg = { str_of(topic), str_of(payload), .retained = true, .content_type = "" };

	bridge_sink_message(sink_of(sh), &msg, sh->now);
}

void broker_holds_ours(struct shell *sh, const char *topic, const char *payload)
{
	const struct bridge_message msg = { str_of(topic), str_of(payload), .retained = true, .content_type = OWNER_MARK };

	bridge_sink_message(sink_of(sh), &msg, sh->now);
}

void broker_says(struct shell *sh, const char *topic, const char *payload)
{
	const struct bridge_message msg = { str_of(topic), str_of(payload), .content_type = "" };

	bridge_sink_message(sink_of(sh), &msg, sh->now);
}

void echo_status(struct shell *sh)
{
	drain(sh);
	broker_says(sh, sh->status_topic, sh->status[sh->broker]);
}

void sink_up(struct shell *sh)
{
	bridge_sink_up(sink_of(sh), 50, sh->now);
}

void sink_lost(struct shell *sh)
{
	bridge_sink_lost(sink_of(sh), SINK_LOSS_CONNECTION, "gone", sh->now);
	for (size_t i = sh->n_tokens; i-- > 0;)
		if (sh->tokens[i].broker == sh->broker)
			(void)take_token(sh, i);
}

void reconcile_empty(struct shell *sh)
{
	bridge_sink_subscribed(sink_of(sh), true, sh->now);
	echo_status(sh);
	answer_all(sh);
}

void become_live(struct shell *sh, const char *state)
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

double counter(struct shell *sh, enum health_row row)
{
	return row < HEALTH_FIRST_OF_BROKER ? bridge_health(sh->b, sh->now)->values[row] : bridge_sink_health(sink_of(sh))->values[row];
}
