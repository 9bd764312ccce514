/* poller - puts load on one URL: many keep-alive connections, a fixed rate of GETs; looks at every answer's status and at the
 * age of its content. Single-threaded; bounded in count and time. */
#ifndef SUPPORT_POLLER_H
#define SUPPORT_POLLER_H

#include "base/buf.h"

struct poll_plan {
	int port;
	const char *path;
	unsigned int connections, per_second;
	int64_t duration_ms;
};

struct poll_result {
	unsigned int sent, answered, not_ok;
	int64_t oldest_ms; /* largest difference between an answer's arrival and what age_ms() said of its body */
};

/* Blocks for plan->duration_ms and fills *out. age_ms says how many milliseconds ago this body was the newest, negative when it cannot
 * tell; every_100_ms is for what the test does meanwhile. Both get `arg`. */
void poller_run(const struct poll_plan *plan, int64_t (*age_ms)(struct str body, void *arg), void (*every_100_ms)(void *arg),
		void *arg, struct poll_result *out);

#endif
