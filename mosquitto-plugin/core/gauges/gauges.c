#include "mosquitto-plugin/core/gauges/gauges.h"

#include "mosquitto-plugin/core/policy/track.h"

#include "base/json.h"

#include <stdlib.h>

#define LATE_FROM_MS 10 /* less than that is no lateness: the clock and the scheduler are no better */
#define TS_WITHIN 160   /* a delta begins with its epoch, number and time */
#define FIGURES_BELOW "$SYS/broker/publish/"

static const double late_bounds[] = { 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 };
static const double delay_bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 };

#define DROPPED 0 /* the first of figures[] */

static const struct figure {
	const char *topic; /* below FIGURES_BELOW */
	struct metric_row row;
} figures[GAUGES_FIGURES] = {
	{ "messages/dropped", { METRIC_COUNTER, "scoreboard_broker_messages_dropped", NULL, "Messages that the broker dropped, since a client was too slow." } },
	{ "messages/received", { METRIC_COUNTER, "scoreboard_broker_messages_received", NULL, "Messages that the broker received." } },
	{ "messages/sent", { METRIC_COUNTER, "scoreboard_broker_messages_sent", NULL, "Messages that the broker sent." } },
	{ "bytes/received", { METRIC_COUNTER, "scoreboard_broker_bytes_received", NULL, "Bytes of payload that the broker received." } },
	{ "bytes/sent", { METRIC_COUNTER, "scoreboard_broker_bytes_sent", NULL, "Bytes of payload that the broker sent." } },
};

#define BOUNDS(list) \
	{ \
		.bounds = (list), .n_bounds = sizeof(list) / sizeof((list)[0]) \
	}

bool gauges_init(struct gauges *g, const char *prefix, int64_t tick_ms)
{
	*g = (struct gauges){ .late = BOUNDS(late_bounds), .delay = BOUNDS(delay_bounds), .tick_ms = tick_ms };
	g->delay_lately = g->late_lately = (struct longest){ { -1, -1 } };
	for (size_t i = 0; i < GAUGES_FIGURES; i++)
		g->figures[i] = -1;
	g->prefix = str_dup(str_of(prefix));
	return g->prefix;
}

void gauges_free(struct gauges *g)
{
	free(g->prefix);
	g->prefix = NULL;
}

static void note_longest(struct longest *l, int64_t ms)
{
	l->ms[0] = ms > l->ms[0] ? ms : l->ms[0];
}

static int64_t take_longest(struct longest *l)
{
	int64_t ms = l->ms[0] > l->ms[1] ? l->ms[0] : l->ms[1];

	l->ms[1] = l->ms[0];
	l->ms[0] = -1;
	return ms;
}

void gauges_tick(struct gauges *g, mono now)
{
	int64_t late_ms = mono_diff(now, g->ticked) - g->tick_ms;

	if (g->has_ticked && late_ms >= LATE_FROM_MS) {
		histogram_observe(&g->late, (double)late_ms / 1000);
		note_longest(&g->late_lately, late_ms);
	}
	g->ticked = now;
	g->has_ticked = true;
}

int64_t gauges_longest_late_ms(struct gauges *g)
{
	int64_t ms = take_longest(&g->late_lately);

	return ms > 0 ? ms : 0;
}

int64_t gauges_longest_delay_ms(struct gauges *g)
{
	return take_longest(&g->delay_lately);
}

double gauges_dropped(const struct gauges *g)
{
	return g->figures[DROPPED];
}

bool gauges_is_delta(const struct gauges *g, const struct message *m)
{
	return !m->retain && str_ends(m->topic, STR("/delta")) && track_rest(str_of(g->prefix), m->topic, STR("feed/")).p;
}

/* False: the payload does not begin as that of a delta does. */
static bool read_ts(struct str payload, int64_t *ts)
{
	struct str head = { payload.p, payload.len < TS_WITHIN ? payload.len : TS_WITHIN }, value;

	return json_member(head, "ts", &value) && str_to_int(value, ts) && *ts >= 0;
}

void gauges_delta(struct gauges *g, const struct message *m, int64_t wall_ms)
{
	int64_t ts, ms;

	if (!read_ts(m->payload, &ts))
		return;
	g->ahead += ts > wall_ms;
	ms = ts > wall_ms ? 0 : wall_ms - ts;
	histogram_observe(&g->delay, (double)ms / 1000);
	note_longest(&g->delay_lately, ms);
}

void gauges_sent(struct gauges *g, const struct message *m)
{
	struct str below = STR(FIGURES_BELOW);
	int64_t n;

	if (!str_starts(m->topic, below))
		return;
	for (size_t i = 0; i < GAUGES_FIGURES; i++)
		if (str_is(str_skip(m->topic, below.len), figures[i].topic) && str_to_int(m->payload, &n) && n >= 0)
			g->figures[i] = (double)n;
}

void gauges_metrics(const struct gauges *g, int64_t wall_ms, struct buf *out)
{
	static const struct metric_row rows[] = {
		{ METRIC_GAUGE, "scoreboard_broker_written_seconds", NULL, "When this was written, in seconds since 1970." },
		{ METRIC_COUNTER, "scoreboard_feed_ahead", NULL, "Deltas that were from the future, by this machine's clock." },
	};

	histogram_write(out, &g->late, "scoreboard_broker_late_seconds", "How late the broker's thread came round, when it was late.");
	histogram_write(out, &g->delay, "scoreboard_feed_delay_seconds", "From the time in a delta until it came to this broker.");
	METRICS_WRITE(out, rows, (double)wall_ms / 1000, (double)g->ahead);
	for (size_t i = 0; i < GAUGES_FIGURES; i++)
		if (g->figures[i] >= 0)
			metrics_write(out, &figures[i].row, &g->figures[i], 1);
}
