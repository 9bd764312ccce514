/* swarm - the viewers of one worker process and their sockets: connects them at a rate, gives each what arrives for it (viewer.h judges
 * it), sends what it says, and brings back those that lose their connection. One thread, one epoll; blocks until baton->stop. */
#ifndef LOADGEN_SWARM_H
#define LOADGEN_SWARM_H

#include "bench/loadgen/core/plan.h"
#include "bench/loadgen/core/tally.h"

struct swarm_share {
	const struct plan *plan;
	const struct baton *baton;
	struct tally *tally;
	int64_t first, n; /* viewers of this process, numbered over all */
	int64_t stall;    /* so many of them stop reading when baton->stall says so */
	double dials_per_s;
	bool flood; /* no viewers but clients with a bad password, while baton->flood says so */
};

/* 0; -1: it could not begin, a message stands on stderr. */
int swarm_run(const struct swarm_share *share) __attribute__((warn_unused_result));

#endif
