/* mirror - brings what a broker retains below our prefix into line with what the outbox says it should hold.
 *
 * A broker that we connect to, for the first time or again, may hold anything: the state of an hour ago, topics of an earlier game, or
 * nothing. To publish everything would leave old topics there, and would send each unchanged value to every viewer again. So we find out what
 * the broker has, and publish only what differs.
 *
 *            mirror_up           we have a state: subscribe           granted            the marker comes back
 *   DOWN ---------------> CONNECTED -----------------------> ASKING ----------> COMPARING --------------------> OPEN
 *
 * Words:
 *   compare   we subscribe to all topics below the prefix, so that the broker sends what it retains; each message is compared with the outbox.
 *   marker    a message that we publish once the subscription is granted. A broker handles messages in order: when the marker comes back
 *             to us, all retained messages have come. (Which message that is, status.h says.)
 *   open      compared: what differs is queued, and changes are published as they come.
 *   caught up since the mirror opened, or since the last whole state, there was a moment at which the broker had answered everything.
 *   refused   the broker has answered that it does not hold something that we sent. We are not caught up then, and compare again half a
 *             minute later.
 *   window    how many of our publishes may be without the broker's answer at once.
 *
 * The life of one connection. mirror_up() says that it is there. As soon as there is a state (mirror_review()) we subscribe;
 * mirror_subscribed() takes the answer, mirror_message() what the broker sends. The mirror opens when the marker has come back, when the
 * broker does not let us subscribe, or when it has sent nothing for 15 seconds. The functions in which that may happen return true when it
 * has. From then on mirror_next() gives out publish after publish. A broker's queue may have cut a long list of retained messages
 * (Mosquitto's holds 1,000), so that after a long list that differed all is compared once more, up to five times. mirror_lost() ends it all.
 *
 *   if (mirror_message(m, &(struct mirror_message){ .topic = STR("team/9/score"), .payload = STR("3"), .retained = true }, now.mono))
 *           ... it is open now
 *
 * `status` and what others own (owner.h) are left alone: they are not the outbox's. Below `crew/` that is what has no mark, unless the outbox
 * has the topic. The mirror pushes effects of its own: subscribe,
 * unsubscribe, log. It knows no scoreboard and no feed; topics have no prefix. */
#ifndef PUBLISHER_MIRROR_H
#define PUBLISHER_MIRROR_H

#include "publisher/core/bridge/effects.h"
#include "publisher/core/health.h"
#include "publisher/core/news/outbox.h"

enum mirror_phase {
	MIRROR_DOWN,
	MIRROR_CONNECTED, /* there is no state to compare with yet; nothing but the status is published */
	MIRROR_ASKING,    /* we have subscribed, and the broker has not answered yet */
	MIRROR_COMPARING,
	MIRROR_OPEN,
};

struct mirror {
	struct outbox *outbox;
	struct effects *effects;
	struct health *health;
	enum mirror_phase phase;
	mono give_up;        /* ASKING, COMPARING: when to open without waiting for the broker any longer */
	size_t seen, differ; /* retained messages in this comparison: all, and those that differ from the outbox */
	size_t comparisons;  /* of this connection */
	bool marker_due;     /* COMPARING: the marker was not published yet */
	bool caught_up;
	bool compare_again; /* OPEN: the broker may have cut its list, so compare once more when all is answered */
	bool refused;       /* something was refused since the last comparison began */
	mono retry_at;      /* if `refused`: when to compare again */
	bool has_told;      /* a broker has once answered all that the outbox had, and it was not empty */
	bool forgotten;     /* OPEN: of that the broker retained nothing when we connected: it has lost everything, or is another one */
	size_t window;
};

struct mirror_message {
	struct str topic, payload;
	bool retained;
	bool is_marker;
	bool is_marked; /* as our own are below `crew/`, owner.h */
};

void mirror_init(struct mirror *m, struct outbox *outbox, struct effects *effects, struct health *health); /* all outlive it */

void mirror_up(struct mirror *m, size_t window);
void mirror_lost(struct mirror *m);
/* The broker's answer to our subscription. True: the mirror is open now. */
bool mirror_subscribed(struct mirror *m, bool granted, mono now) __attribute__((warn_unused_result));
/* A message of the broker, below the prefix. True: the mirror is open now. */
bool mirror_message(struct mirror *m, const struct mirror_message *msg, mono now) __attribute__((warn_unused_result));
/* To be called at mirror_deadline(); earlier it does nothing. True: the mirror is open now, since the broker has not answered in time. */
bool mirror_tick(struct mirror *m, mono now) __attribute__((warn_unused_result));
/* To be called after any event: begins a comparison if one is due and there is a state to compare with, and notes when we have caught up. */
void mirror_review(struct mirror *m, bool has_state, mono now);
mono mirror_deadline(const struct mirror *m);

/* A whole state was put into the outbox. */
void mirror_state_replaced(struct mirror *m);
/* The outbox was filled anew under other rules: everything has to be compared again. */
void mirror_topics_renamed(struct mirror *m);
/* The broker has refused a message of ours. */
void mirror_refused(struct mirror *m, mono now);

/* The next publish. False: there is none, or it may not leave now. */
bool mirror_next(struct mirror *m, mono now, struct publish *out) __attribute__((warn_unused_result));
bool mirror_wants_marker(const struct mirror *m); /* is the marker to be published now? */
void mirror_marker_left(struct mirror *m);        /* it was */

static inline bool mirror_is_up(const struct mirror *m)
{
	return m->phase != MIRROR_DOWN;
}

static inline bool mirror_is_open(const struct mirror *m)
{
	return m->phase == MIRROR_OPEN;
}

/* Has the broker answered all that we had to publish, be it that it refused some of it? */
bool mirror_is_drained(const struct mirror *m);

#endif
