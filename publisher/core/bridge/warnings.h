/* warnings - a peer that sends rubbish all the time gets a line every ten seconds, not one per message.
 * Each warning is of one counter of health; the ten seconds are counted for each of them by itself. */
#ifndef PUBLISHER_WARNINGS_H
#define PUBLISHER_WARNINGS_H

#include "base/mono.h"
#include "publisher/core/bridge/effects.h"
#include "publisher/core/health.h"

#define WARN_EVERY_MS 10000

struct warnings {
	struct effects *effects;
	struct health *health;
	mono next[HEALTH_COUNT];         /* before then no line of this counter */
	uint64_t unlogged[HEALTH_COUNT]; /* since its last line */
};

void warnings_init(struct warnings *w, struct effects *effects, struct health *health); /* both must outlive it */

/* Counts it; logs `what`, with the number of those that got no line, unless the last line is too young. */
void warnings_add(struct warnings *w, enum health_row row, const char *what, mono now);

#endif
