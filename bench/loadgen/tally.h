/* tally - what a worker process counts, in memory that it shares with the conductor. Counters may be read at any time; the
 * histograms of a window are read when it is over. And the few words that the conductor says to its workers. */
#ifndef LOADGEN_TALLY_H
#define LOADGEN_TALLY_H

#include "bench/loadgen/hist.h"
#include "bench/loadgen/plan.h"

#include <stdatomic.h>
#include <stdbool.h>

#define MAX_WINDOWS 32

#define COUNTS(X) \
	X(dialled, "connects begun") \
	X(synced, "times a viewer came in sync") \
	X(refused, "connects refused") \
	X(lost, "connections lost") \
	X(cut, "stalled viewers that were let go") \
	X(timeouts, "connects that took too long") \
	X(failed, "connects that failed") \
	X(bad, "protocol errors") \
	X(deliveries, "messages read") \
	X(bytes, "bytes read") \
	X(gaps, "gaps in the feed") \
	X(missing, "deltas missing in gaps") \
	X(repeated, "deltas twice") \
	X(backward, "deltas backward") \
	X(epochs, "new epochs")

enum count {
#define X(name, help) COUNT_##name,
	COUNTS(X)
#undef X
	N_COUNTS
};

extern const char *const count_names[N_COUNTS];
extern const char *const count_help[N_COUNTS];

struct window_tally {
	_Atomic uint64_t deliveries; /* of viewers that read */
	struct hist latency;
};

/* What became of the logins of somebody who must get in. */
struct logins {
	_Atomic uint64_t in, refused, failed, slowest_us; /* refused: by CONNACK; slowest: from connect() to CONNACK */
};

struct tally {
	_Atomic uint64_t counts[N_COUNTS];
	_Atomic int64_t in_sync[MAX_TARGETS]; /* now, by target */
	struct hist join;        /* from connect() to in sync */
	struct hist back;        /* from the loss of a connection that was in sync to in sync again */
	struct window_tally windows[MAX_WINDOWS];
};

/* What the conductor says. */
struct baton {
	_Atomic int window;    /* -1: not measuring */
	_Atomic bool flood;    /* flooders: dial now */
	_Atomic bool stall;    /* those chosen stop to read */
	_Atomic bool storm;    /* the probe: knock */
	_Atomic bool stop;
};

static inline void tally_count(struct tally *t, enum count what, uint64_t n)
{
	atomic_fetch_add_explicit(&t->counts[what], n, memory_order_relaxed);
}

static inline uint64_t tally_get(const struct tally *t, enum count what)
{
	return atomic_load_explicit(&t->counts[what], memory_order_relaxed);
}

#endif
