/* gauges - how a broker fares, as far as its plugin sees it, for Prometheus. Knows no broker and no door: it is told what passes, decides
 * nothing, and time is an argument.
 *
 * Words.
 *   late      the broker calls its plugins in every round of its only thread, and at least every so often. When the next call comes later
 *             than that, whoever wanted something of the broker meanwhile has waited.
 *   delay     from the time that the publisher wrote into a delta of a feed ("ts") until the delta has come to this broker. Two clocks are
 *             compared, so it is as good as they agree. Only deltas in JSON can be read; of a feed that is packed alone nothing is known.
 *   ahead     a delta from the future: the publisher's clock is ahead of this machine's. Its delay is taken for 0.
 *   longest   of the times that something took, the longest lately: since it was asked for last but one. Who asks once a second gets that of
 *             the last two seconds.
 *   figure    a number that the broker counts itself and tells as a retained topic below $SYS/broker/. A plugin cannot ask for it. But it is
 *             asked whether somebody may read it, each time that the broker sends it to somebody, and sees it then. So figures are known
 *             where some client has subscribed to them, and are as old as the broker's sys_interval.
 *
 * Example: a delta {"epoch":"k3","seq":7,"ts":1764165000000,"set":{...}} that comes at 1764165000040 has a delay of 0.04 s. */
#ifndef CORE_GAUGES_H
#define CORE_GAUGES_H

#include "mosquitto-plugin/core/policy/message.h"

#include "base/buf.h"
#include "base/metrics.h"
#include "base/mono.h"

#define GAUGES_FIGURES 5

/* See `longest` above: since it was asked for last, and in the time before; negative: there was nothing. */
struct longest {
	int64_t ms[2];
};

struct gauges {
	char *prefix; /* of the topics of deltas (track.h) */
	struct histogram late, delay;
	int64_t tick_ms; /* at least so often the broker calls */
	mono ticked;     /* when it did last */
	bool has_ticked;
	struct longest late_lately, delay_lately;
	uint64_t ahead;
	double figures[GAUGES_FIGURES]; /* negative: not known */
};

/* tick_ms: how long the broker may leave its plugins alone. False: no memory; the caller calls gauges_free() all the same. */
bool gauges_init(struct gauges *g, const char *prefix, int64_t tick_ms) __attribute__((warn_unused_result));
void gauges_free(struct gauges *g); /* twice is legal */

void gauges_tick(struct gauges *g, mono now);
/* The longest that the broker was late, lately (see `longest`). 0: it was not late. */
int64_t gauges_longest_late_ms(struct gauges *g);
/* The longest delay of a delta, lately. Negative: none has come. */
int64_t gauges_longest_delay_ms(struct gauges *g);
/* How many messages the broker has dropped since it started, as it counts itself. Negative: not known (see `figure`). */
double gauges_dropped(const struct gauges *g);
/* Is it a message of which gauges_delta() wants to know? Cheap: it is asked about every message. */
bool gauges_is_delta(const struct gauges *g, const struct message *m);
void gauges_delta(struct gauges *g, const struct message *m, int64_t wall_ms);
/* Somebody is sent this message; what is no figure is ignored. */
void gauges_sent(struct gauges *g, const struct message *m);

/* Prometheus' text. wall_ms: now, which is one of the metrics: who finds an old one knows that nothing has been written since. */
void gauges_metrics(const struct gauges *g, int64_t wall_ms, struct buf *out);

#endif
