/* conductor - the run: starts the workers, waits until all viewers are in sync, publishes in windows, adds up. */
#ifndef LOADGEN_CONDUCTOR_H
#define LOADGEN_CONDUCTOR_H

#include "bench/loadgen/core/hist.h"
#include "bench/loadgen/core/plan.h"
#include "bench/loadgen/core/tally.h"

#include <signal.h>

struct window_result {
	bool flood, stall;
	size_t arm;
	int64_t published, viewers; /* deltas; viewers that read */
	int64_t deliveries, cpu_us, rss_kb;
	double seconds;
	int64_t flood_dialled, flood_refused;
	struct hist latency;
};

/* What came of a storm. Counts are those of the storm alone. */
struct storm_result {
	bool ran;
	double seconds;  /* until all were in sync again, or nobody waited any more */
	int64_t in_sync; /* then */
	uint64_t counts[N_COUNTS];
	struct hist back; /* from a viewer's loss to in sync again */
	struct logins publisher, probe;
};

struct result {
	int64_t viewers, in_sync;
	double connect_all_s; /* until all were in sync */
	struct {
		int64_t in_sync, rss_before_kb, rss_joined_kb, rss_peak_kb;
	} arms[MAX_TARGETS];
	uint64_t counts[N_COUNTS]; /* of viewers */
	uint64_t flood_counts[N_COUNTS];
	struct hist join;
	struct storm_result storm;
	size_t n_windows;
	struct window_result windows[MAX_WINDOWS];
};

/* 0; -1: it could not be measured, a message stands on stderr. *stop: set by a signal; ends the run early. */
int conductor_run(const struct plan *plan, volatile sig_atomic_t *stop, struct result *out)
	__attribute__((warn_unused_result));

#endif
