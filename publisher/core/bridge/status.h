/* status - what <prefix>/status says, so that every screen knows whether what it shows is true now.
 *
 * Words:
 *   live     the broker holds all that the scoreboard has said, and the scoreboard is connected.
 *   stale    what is shown was true once; the reason says why it may not be true any more.
 *   offline  the publisher has left, in order. (When it vanishes, the broker says so by the will that it was given.)
 *   due      the present text has not left yet. In flight: it has, and the broker has not answered.
 *   marker   the same text once more, not retained. Brokers send back what we publish when we are subscribed, in order: so the marker,
 *            published behind a subscription, comes back when all retained messages have come. Why it isn't retained: then it would be a
 *            repeat of what is retained already, which a broker may drop.
 *
 * The life of a status. status_review() is told the facts after anything that may have changed them; if they say something new, the text is
 * written and due. status_next() gives it out once the one before is answered, status_answered() notes that. `since` is the time of the
 * last change of state, not of the reason.
 *
 *   if (status_review(s, &(struct status_facts){ .unknown_why = "reset by peer" }, wall_ms))
 *           log(status_name(s), status_why(s));        {"state":"stale","since":1795310660724,"reason":"reset by peer"}
 *
 * It knows no broker, no scoreboard and no topic: it judges what it is told. */
#ifndef PUBLISHER_STATUS_H
#define PUBLISHER_STATUS_H

#include "base/buf.h"

#define STATUS_WHY_SIZE 160 /* of a reason with its NUL; a longer one is cut */

enum status_state {
	STATUS_NONE, /* nothing was reviewed yet */
	STATUS_LIVE,
	STATUS_STALE,
	STATUS_OFFLINE,
};

/* In the order in which they count. */
struct status_facts {
	const char *leaving_why; /* NULL: we stay */
	const char *unknown_why; /* why the scoreboard's state is not known; NULL: it is */
	bool refused;            /* the broker would not hold something */
	bool caught_up;          /* the broker holds all that there is; or there is no broker to tell */
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

/* True: state or reason is another, and the new text is due. */
bool status_review(struct status *s, const struct status_facts *facts, int64_t wall_ms) __attribute__((warn_unused_result));

struct str status_text(const struct status *s);  /* JSON; valid until the next review */
const char *status_name(const struct status *s); /* "live" "stale" "offline", "" before the first review */
const char *status_why(const struct status *s);

/* A broker has come that may hold another text: ours is due again. */
void status_repeat(struct status *s);
/* What may leave now: the text when it is due, else, where one is wanted, a marker. False: nothing, or an answer has to come first. */
bool status_next(struct status *s, bool marker_wanted, struct status_message *out) __attribute__((warn_unused_result));
/* The answer came, or never will, because the connection is lost. */
void status_answered(struct status *s);
/* Is nothing due, and nothing without an answer? (A connection that was lost counts as an answer.) */
bool status_is_delivered(const struct status *s);
/* Is this the marker that left last? */
bool status_is_marker(const struct status *s, struct str payload);

#endif
