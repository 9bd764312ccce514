/* tally - the memory that the processes of a run share: what workers count (struct tally, one for each worker), and what the conductor
 * tells them to do (struct baton, one for all).
 *
 * A window is a stretch of time in which deliveries and latencies are measured; a run has several. A storm is the time in which all
 * viewers lose their server and come back. The flood are clients with bad passwords, to be refused; the probe is one client with a good
 * one, that must get in all the same.
 *
 * Counters may be read at any time; a histogram only when nobody adds to it any more, that of a window when the window is over. */
#ifndef LOADGEN_TALLY_H
#define LOADGEN_TALLY_H

#include "bench/loadgen/core/hist.h"
#include "bench/loadgen/core/plan.h"

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
	X(epochs, "new epochs") \
	X(unread, "packed messages unread")

enum count {
#define X(name, help) COUNT_##name,
	COUNTS(X)
#undef X
	N_COUNTS
};

extern const char *const count_names[N_COUNTS];
extern const char *const count_help[N_COUNTS];

struct window_tally {
	_Atomic uint64_t deliveries; /* messages read by viewers; those that have been told to stop reading do not count */
	struct hist latency;
};

/* What became of the logins of somebody who must get in. */
struct logins {
	_Atomic uint64_t in, refused, failed, slowest_us; /* refused: by CONNACK; slowest: from connect() to CONNACK */
};

struct tally {
	_Atomic uint64_t counts[N_COUNTS];
	_Atomic int64_t in_sync[MAX_TARGETS]; /* now, by target */
	struct hist join;                     /* from connect() to in sync */
	struct hist back;                     /* from the loss of a connection that was in sync to in sync again */
	struct window_tally windows[MAX_WINDOWS];
};

/* Written by the conductor, read by workers whenever they come round. */
struct baton {
	_Atomic int window; /* the one that is being measured; -1: none is */
	_Atomic bool flood; /* the flood connects now */
	_Atomic bool stall; /* viewers that were chosen for it stop reading */
	_Atomic bool storm; /* the probe logs in again and again */
	_Atomic bool stop;  /* the workers end */
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
