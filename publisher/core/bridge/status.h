/* status - what <prefix>/status says, so that every screen knows whether what it shows is true now.
 *
 * Words:
 *   live     the broker holds all that the scoreboard has said, and the scoreboard is connected.
 *   stale    what is shown was true once; the reason says why it may not be true any more.
 *   offline  the publisher has stopped in order. (When it vanishes, the broker publishes `offline` itself: that is our will.)
 *   due      the present text was not given out yet.
 *   in flight  a text was given out to be published, and the broker has not answered yet.
 *   marker   the same text once more, not retained. The mirror (mirror.h) publishes it after it has subscribed, and knows when it comes back
 *            that all retained messages have come. It isn't retained because it would then repeat what is retained already, and a broker
 *            with our plugin may drop such a repeat.
 *
 * The life of a status. status_review() gets the facts after anything that may have changed them; if they mean another state or reason, a
 * new text is written, and is due. status_next() gives it out once the text before it was answered; status_answered() notes the answer.
 * `since` is the time of the last change of state, not of the reason.
 *
 *   if (status_review(s, &(struct status_facts){ .unknown_why = "reset by peer" }, wall_ms))
 *           log(status_name(s), status_why(s));        {"state":"stale","since":1795310660724,"reason":"reset by peer"}
 *
 * It knows no broker, no scoreboard and no topic: it judges by the facts that it is given. */
#ifndef PUBLISHER_STATUS_H
#define PUBLISHER_STATUS_H

#include "base/buf.h"

#define STATUS_WHY_SIZE 160 /* a reason with its NUL takes as much at most; a longer one is cut */

enum status_state {
	STATUS_NONE, /* before the first review */
	STATUS_LIVE,
	STATUS_STALE,
	STATUS_OFFLINE,
};

/* The first of them that holds decides; if none does, the status is `stale`, "synchronizing". */
struct status_facts {
	const char *leaving_why; /* why the publisher stops; NULL: it does not */
	const char *unknown_why; /* why the scoreboard's state is not known; NULL: it is */
	const char *others_why;  /* why it is for another publisher to tell the broker: all that we know is told elsewhere; NULL: it is not */
	bool refused;            /* the broker does not hold something that we sent */
	bool caught_up;          /* the broker holds all that there is; or there is none to publish to */
};

/* A zeroed struct is a status without a text. */
struct status {
	enum status_state state;
	char why[STATUS_WHY_SIZE];
	int64_t since; /* wall clock, milliseconds */
	struct buf text;
	struct buf marker; /* the text as it was when the marker left */
	bool due, in_flight;
};

struct status_message {
	struct str text; /* valid until the next call that is not const */
	bool is_marker;  /* not to be retained */
};

void status_free(struct status *s);

/* True: the state or the reason has changed, and the new text is due. */
bool status_review(struct status *s, const struct status_facts *facts, int64_t wall_ms) __attribute__((warn_unused_result));

struct str status_text(const struct status *s);  /* JSON; valid until the next review */
const char *status_name(const struct status *s); /* "live" "stale" "offline", "" before the first review */
const char *status_why(const struct status *s);

/* We are connected to a broker that may hold another text: ours is due again. */
void status_repeat(struct status *s);
/* What to publish now: the text if it is due, otherwise a marker if one is wanted. False: nothing, or not before an answer has come. */
bool status_next(struct status *s, bool marker_wanted, struct status_message *out) __attribute__((warn_unused_result));
/* The broker has answered; or the connection is lost, so that it never will. */
void status_answered(struct status *s);
/* Has the present text been published and answered? (The loss of the connection counts as an answer.) */
bool status_is_delivered(const struct status *s);
/* Is this the payload of the last marker? */
bool status_is_marker(const struct status *s, struct str payload);

#endif
