/* conductor - leads a run: starts the worker processes, waits until all viewers are in sync, publishes in one window after the other, and adds
 * up what the workers have counted. The words (window, arm, storm, flood, probe) are explained in tally.h and plan.h. */
#ifndef LOADGEN_CONDUCTOR_H
#define LOADGEN_CONDUCTOR_H

#include "bench/loadgen/core/hist.h"
#include "bench/loadgen/core/plan.h"
#include "bench/loadgen/core/tally.h"
#include "bench/loadgen/herald.h"

#include <signal.h>

struct window_result {
	bool flood, stall; /* whether the flood was on, whether some viewers had been told to stop reading */
	size_t arm;
	int64_t published, viewers; /* how many deltas were published, and to how many viewers that read */
	int64_t deliveries, cpu_us, rss_kb;
	double seconds;
	int64_t flood_dialled, flood_refused;
	struct hist latency;
};

/* What came of a storm. The counts have begun with it. */
struct storm_result {
	bool ran;
	double seconds;  /* until all were in sync again, or until its time was over */
	int64_t in_sync; /* how many were then */
	uint64_t counts[N_COUNTS];
	struct hist back; /* how long each viewer took from the loss of its connection to being in sync again */
	struct logins publisher, probe;
};

struct result {
	int64_t viewers, in_sync;
	double connect_all_s; /* how long it took until all were in sync */
	struct {
		int64_t in_sync, rss_before_kb, rss_joined_kb, rss_peak_kb;
	} arms[MAX_TARGETS];
	uint64_t counts[N_COUNTS]; /* of the viewers, without the flood */
	uint64_t flood_counts[N_COUNTS];
	struct herald_sizes payloads; /* of the first arm */
	struct hist join;
	struct storm_result storm;
	size_t n_windows;
	struct window_result windows[MAX_WINDOWS];
};

/* Returns 0, or -1 when it could not be measured; a message then stands on stderr. *stop, which a signal may set, ends the run early. */
int conductor_run(const struct plan *plan, volatile sig_atomic_t *stop, struct result *out)
	__attribute__((warn_unused_result));

#endif
