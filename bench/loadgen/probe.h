/* probe - somebody who must get in even in a storm, an operator: connects, waits for the answer, leaves, ten times a second
 * while the baton says `storm`. A process of its own, so that a slow answer delays nothing else. */
#ifndef LOADGEN_PROBE_H
#define LOADGEN_PROBE_H

#include "bench/loadgen/plan.h"
#include "bench/loadgen/tally.h"

/* Blocks until the baton says stop. */
void probe_run(const struct plan *plan, const struct baton *baton, struct logins *tally);

#endif
