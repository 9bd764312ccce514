/* stop - how the publisher ends: it publishes what is still queued, then the status `offline`, and then exits.
 *
 *   NOT ---stop_begin---> DRAINING ---all is answered, or deadline---> SAYING_OFFLINE ---`offline` is answered, or 1 s---> DONE
 *
 * Whoever calls stop_begin() says how long DRAINING may take. SAYING_OFFLINE takes a second at most, and no time when the broker is not
 * connected. stop_step() is given the facts and says what to do; it is to be called again until it says STOP_WAIT. It knows no broker and no
 * queue. */
#ifndef PUBLISHER_STOP_H
#define PUBLISHER_STOP_H

#include "base/mono.h"

enum stop_phase {
	STOP_NOT,
	STOP_DRAINING,       /* what is queued is published */
	STOP_SAYING_OFFLINE, /* the status `offline` is published */
	STOP_DONE,
};

/* A zeroed struct is STOP_NOT. */
struct stop {
	enum stop_phase phase;
	mono deadline; /* of the phase */
	char why[80];
};

struct stop_facts {
	bool drained;          /* the broker has answered all that there was to publish, or there is none to publish to */
	bool status_delivered; /* see status_is_delivered() */
	bool broker_up;
};

enum stop_action {
	STOP_WAIT,
	STOP_SAY_OFFLINE,
	STOP_EXIT,
};

/* A second call in STOP_DRAINING replaces reason and deadline. False: it is past that, and nothing was done. */
bool stop_begin(struct stop *s, const char *why, mono deadline) __attribute__((warn_unused_result));
enum stop_action stop_step(struct stop *s, const struct stop_facts *facts, mono now) __attribute__((warn_unused_result));
mono stop_deadline(const struct stop *s);

static inline bool stop_is_under_way(const struct stop *s)
{
	return s->phase != STOP_NOT;
}

/* The reason that the status `offline` is to give; NULL: not yet, first the rest has to be published. */
const char *stop_offline_why(const struct stop *s);

#endif
