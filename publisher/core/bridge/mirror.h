/* mirror - brings what a broker retains below our prefix into line with what the outbox says it should hold.
 *
 * A broker that we (re)connect to may hold anything: the state of an hour ago, topics of an earlier game, or nothing. Publishing everything
 * would leave the leftovers there and send each unchanged value to every viewer again. So the broker is asked what it has, and is told the
 * difference only.
 *
 *            mirror_up           the state is known: subscribe        granted            the marker comes back
 *   DOWN ---------------> CONNECTED -----------------------> ASKING ----------> COMPARING --------------------> OPEN
 *
 * Words:
 *   compare   we subscribe to all topics below the prefix, so that the broker sends what it retains; each message is held against the outbox.
 *   marker    a message that we publish behind the grant. The broker handles messages in order, so that when the marker comes back, all that
 *             is retained has come. (Which message that is, status.h says.)
 *   open      compared: differences are queued, and changes leave as they come.
 *   caught up while open, everything that was queued has been answered at least once.
 *   refused   the broker answered that it does not hold something that we sent: we are not caught up, and ask again every half minute.
 *   window    how many of our publishes the broker takes before it has answered one.
 *
 * The life of one connection. mirror_up(); as soon as the state is known (mirror_review) the broker is asked; mirror_subscribed() says how
 * it answered; mirror_message() takes what comes; the marker, a refusal to let us subscribe, or 15 seconds without a message open it.
 * Functions that may open it answer true when they did. Then mirror_next() gives out publish after publish. A queue of the broker's may
 * have cut a long list of retained messages (Mosquitto: 1,000), so that after a long one that differed it is compared again, up to five
 * times in all. mirror_lost() ends all this.
 *
 *   if (mirror_message(m, &(struct mirror_message){ .topic = STR("team/9/score"), .payload = STR("3"), .retained = true }, now.mono))
 *           ... it is open now
 *
 * `status` and what is below `presence/` are left alone: they are not the outbox's. Effects of its own: subscribe, unsubscribe, log. It knows
 * no scoreboard and no feed; topics have no prefix. */
#ifndef PUBLISHER_MIRROR_H
#define PUBLISHER_MIRROR_H

#include "publisher/core/bridge/effects.h"
#include "publisher/core/health.h"
#include "publisher/core/news/outbox.h"

enum mirror_phase {
	MIRROR_DOWN,
	MIRROR_CONNECTED, /* nothing but the status is published: the state is not known yet */
	MIRROR_ASKING,    /* we have subscribed, and the broker has not answered yet */
	MIRROR_COMPARING,
	MIRROR_OPEN,
};

struct mirror {
	struct outbox *outbox;
	struct effects *effects;
	struct health *health;
	enum mirror_phase phase;
	mono give_up;        /* ASKING, COMPARING: then it is opened as it is */
	size_t seen, differ; /* retained messages of this comparison */
	size_t comparisons;  /* of this connection */
	bool marker_due;     /* COMPARING: it has not left yet */
	bool caught_up;
	bool compare_again; /* once all is answered */
	bool refused;       /* since the last comparison began */
	mono retry_at;      /* then, if `refused` */
	size_t window;
};

struct mirror_message {
	struct str topic, payload;
	bool retained;
	bool is_marker;
};

void mirror_init(struct mirror *m, struct outbox *outbox, struct effects *effects, struct health *health); /* all outlive it */

void mirror_up(struct mirror *m, size_t window);
void mirror_lost(struct mirror *m);
/* The broker's answer to our subscription. True: it is open now. */
bool mirror_subscribed(struct mirror *m, bool granted, mono now) __attribute__((warn_unused_result));
/* A message below the prefix. True: it is open now. */
bool mirror_message(struct mirror *m, const struct mirror_message *msg, mono now) __attribute__((warn_unused_result));
/* At mirror_deadline() or whenever. True: it is open now, because the broker has not answered in time. */
bool mirror_tick(struct mirror *m, mono now) __attribute__((warn_unused_result));
/* After anything that may let it go on: begins a comparison if one is to be made and the state is known, sees whether we have caught up. */
void mirror_review(struct mirror *m, bool state_known, mono now);
mono mirror_deadline(const struct mirror *m);

/* A whole new state was put into the outbox. */
void mirror_state_replaced(struct mirror *m);
/* The topics have other names now: everything has to be compared again. */
void mirror_topics_renamed(struct mirror *m);
/* The broker would not hold a message. */
void mirror_refused(struct mirror *m, mono now);

/* The next publish; false: none may leave now. */
bool mirror_next(struct mirror *m, mono now, struct publish *out) __attribute__((warn_unused_result));
bool mirror_wants_marker(const struct mirror *m);
void mirror_marker_left(struct mirror *m);

static inline bool mirror_is_up(const struct mirror *m)
{
	return m->phase != MIRROR_DOWN;
}

static inline bool mirror_is_open(const struct mirror *m)
{
	return m->phase == MIRROR_OPEN;
}

/* Was everything that the outbox has answered, by a yes or a no? */
bool mirror_is_drained(const struct mirror *m);

#endif
