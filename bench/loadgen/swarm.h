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
	int64_t first, n; /* the viewers of this process: the number of the first among those of all processes, and how many they are */
	int64_t stall;    /* how many of them stop reading when baton->stall says so */
	double dials_per_s;
	bool flood; /* no viewers but clients with a bad password, while baton->flood says so */
};

/* Returns 0, or -1 when it could not begin; a message then stands on stderr. */
int swarm_run(const struct swarm_share *share) __attribute__((warn_unused_result));

#endif
