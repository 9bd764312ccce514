/* stop - how the publisher leaves: first the rest, then its last word, then the door.
 *
 *   NOT ---stop_begin---> DRAINING ---all has left, or deadline---> SAYING_OFFLINE ---it was answered, or 1 s---> DONE
 *
 * Whoever stops it says how long the rest may take; the last word, the status `offline`, gets a second, and none when there is no broker.
 * stop_step() is told how things stand, answers what to do, and is called until it answers STOP_WAIT. It knows no broker and no queue. */
#ifndef PUBLISHER_STOP_H
#define PUBLISHER_STOP_H

#include "base/mono.h"

enum stop_phase {
	STOP_NOT,
	STOP_DRAINING,       /* what is queued leaves first */
	STOP_SAYING_OFFLINE, /* the last status is on its way */
	STOP_DONE,
};

/* A zeroed struct stops nothing. */
struct stop {
	enum stop_phase phase;
	mono deadline; /* of the phase */
	char why[80];
};

struct stop_facts {
	bool drained;          /* the broker has been told all that it is to be told, or there is none to tell */
	bool status_delivered; /* the present status is with the broker */
	bool broker_up;
};

enum stop_action {
	STOP_WAIT,
	STOP_SAY_OFFLINE,
	STOP_EXIT,
};

/* False: too late, it is past draining. A second call while it drains replaces reason and deadline. */
bool stop_begin(struct stop *s, const char *why, mono deadline) __attribute__((warn_unused_result));
enum stop_action stop_step(struct stop *s, const struct stop_facts *facts, mono now) __attribute__((warn_unused_result));
mono stop_deadline(const struct stop *s);

static inline bool stop_is_under_way(const struct stop *s)
{
	return s->phase != STOP_NOT;
}

/* The reason, once `offline` is to be said; NULL before that. */
const char *stop_offline_why(const struct stop *s);

#endif
