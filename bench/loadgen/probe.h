/* probe - a client that must get in even in a storm, as an operator must: connects, waits for CONNACK and leaves, ten times a second while
 * baton->storm is set. A process of its own, so that a slow answer delays nothing else. */
#ifndef LOADGEN_PROBE_H
#define LOADGEN_PROBE_H

#include "bench/loadgen/core/plan.h"
#include "bench/loadgen/core/tally.h"

/* Blocks until baton->stop. */
void probe_run(const struct plan *plan, const struct baton *baton, struct logins *tally);

#endif
