/* warnings - counts what is wrong with a peer's messages, and logs it so seldom that a peer which sends nothing but rubbish can't fill the log:
 * for each counter of health.h at most one line in ten seconds. */
#ifndef PUBLISHER_WARNINGS_H
#define PUBLISHER_WARNINGS_H

#include "base/mono.h"
#include "publisher/core/bridge/effects.h"
#include "publisher/core/health.h"

#define WARN_EVERY_MS 10000

struct warnings {
	struct effects *effects;
	struct health *health;
	mono next[HEALTH_COUNT];         /* when the counter may have its next line */
	uint64_t unlogged[HEALTH_COUNT]; /* how many were counted without a line since the last one */
};

void warnings_init(struct warnings *w, struct effects *effects, struct health *health); /* both must outlive it */

/* Adds one to the counter. If its last line is old enough, logs `what`, with the number of those since then that got no line. */
void warnings_add(struct warnings *w, enum health_row row, const char *what, mono now);

#endif
