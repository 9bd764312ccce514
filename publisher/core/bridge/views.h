/* views - the feeds that the schema asks for, and their way to the broker.
 *
 * A view is what one crowd wants to see, for instance `spectator`: some of the topics, in one feed (feed.h). Each view has three topics,
 * `feed/<view>/snapshot` and `.../recent`, which are retained, and `.../delta`, which is not.
 *
 * Snapshot and recent are values like any other: they go into the outbox, where only the newest counts. A delta must not be replaced by a
 * newer one while the broker is there, so it is kept here until it can be published; while the broker is away, a newer one does replace
 * it, since viewers then catch up by `recent`. A delta is published only after the `recent` that includes it, so that no viewer can be behind
 * for good. While a delta is pending because the broker is slow, no other is made: changes gather in the feed, and the next delta has them all.
 *
 * The life of a change. views_apply() puts it into the feeds of its views; views_commit() ends the frame. At views_deadline() views_flush()
 * makes the messages that are due, puts snapshot and recent into the outbox, and keeps the delta. views_next() gives the delta out, which
 * then counts as in flight until views_answered().
 *
 *   views_apply(v, &(struct view_change){ .views = rule->views, .key = topic, .value = STR("7"), .class = rule->class });
 *   views_commit(v, now.mono);
 *   views_flush(v, broker_is_open, now);
 *   while (views_next(v, window, &delta))
 *           publish(delta.topic, delta.text);
 *
 * New rules mean new feeds with a new epoch, so that nobody takes the new feed for a continuation of the old one. It knows the schema's views
 * and the outbox, no scoreboard and no connection; topics have no prefix. The views of another publisher that we follow are in follow.h. */
#ifndef PUBLISHER_VIEWS_H
#define PUBLISHER_VIEWS_H

#include "publisher/core/bridge/moment.h"
#include "publisher/core/health.h"
#include "publisher/core/news/feed.h"
#include "publisher/core/news/outbox.h"

struct view {
	struct feed *feed;
	char *snapshot_topic, *recent_topic, *delta_topic;
	struct buf delta;   /* the last one made */
	bool delta_pending; /* it was not given out yet */
};

struct views {
	struct outbox *outbox;
	struct health *health;
	size_t max_bytes; /* of one feed */
	struct view list[SCHEMA_MAX_VIEWS];
	size_t n;
	size_t in_flight; /* deltas that were given out and are not answered yet */
};

struct view_change {
	uint32_t views;        /* bit i: it belongs to the schema's view i; bits beyond the last view are ignored */
	struct str key, value; /* an empty value: the key is gone */
	enum schema_class class;
};

struct view_delta {
	struct str topic, text; /* valid until the next call that is not const */
};

void views_init(struct views *v, struct outbox *outbox, struct health *health, size_t max_bytes); /* both outlive it */
void views_free(struct views *v);

/* Makes the schema's views, which are empty at first, in place of the present ones, whose snapshot and recent are removed from the outbox.
 * False: no memory for all. */
bool views_make(struct views *v, const struct schema *schema, struct moment now) __attribute__((warn_unused_result));
/* NULL: there is no such view. Valid until the next views_make(). */
const struct feed *views_find(const struct views *v, struct str name);

void views_apply(struct views *v, const struct view_change *change);
void views_commit(struct views *v, mono now); /* the frame is whole */
void views_flush(struct views *v, bool broker_is_open, struct moment now);
mono views_deadline(const struct views *v, bool broker_is_open);

/* The next delta that may leave, when fewer than `window` are in flight. False: none. */
bool views_next(struct views *v, size_t window, struct view_delta *out) __attribute__((warn_unused_result));
void views_answered(struct views *v);    /* one delta */
void views_broker_lost(struct views *v); /* nothing is in flight any more, and is not sent again */

/* Is there a change that was not given out in a delta yet, or a delta that was not given out? */
bool views_have_pending(const struct views *v);

#endif
