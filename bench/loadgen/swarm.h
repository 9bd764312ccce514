/* swarm - the sockets of one worker process: dials at a rate, feeds viewers what arrives, sends what they say. One thread,
 * one epoll. Blocks until the baton says stop. */
#ifndef LOADGEN_SWARM_H
#define LOADGEN_SWARM_H

#include "bench/loadgen/plan.h"
#include "bench/loadgen/tally.h"

struct swarm_share {
	const struct plan *plan;
	const struct baton *baton;
	struct tally *tally;
	int64_t first, n;     /* viewers of this process, numbered over all */
	int64_t stall;        /* how many of them stop to read when told */
	double dials_per_s;
	bool flood;           /* not viewers: bad logins, while the baton says so */
};

/* 0; -1: it could not begin, a message stands on stderr. */
int swarm_run(const struct swarm_share *share) __attribute__((warn_unused_result));

#endif
