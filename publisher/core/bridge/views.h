/* views - the feeds that the schema asks for, and their way to the brokers.
 *
 * A view is what one crowd wants to see, for instance `spectator`: some of the topics, in one feed (feed.h). It is published as JSON, packed,
 * or both, each a channel with topics of its own (channel.h). All brokers get the same messages, with the same numbers.
 *
 * While a broker is open (compared), a delta must not be replaced by a newer one, so it waits in its channel; while the broker is away the
 * newest replaces it, since viewers then catch up by `recent`. While a delta of a view waits for every broker that is open, no other is made:
 * changes gather in the feed, and the next delta tells them all. One broker that keeps up is enough for the next delta to be made: a slower
 * one must not hold the others up, and misses some when it is far behind (channel.h).
 *
 * The life of a change. views_apply() puts it into the feeds of its views; views_commit() ends the frame. At views_deadline() views_flush()
 * makes the messages that are due, puts snapshot and recent into the outboxes, and keeps the delta. views_next() gives the delta out for one
 * broker, where it then counts as in flight until views_answered().
 *
 *   views_apply(v, &(struct view_change){ .views = rule->views, .key = topic, .value = STR("7"), .class = rule->class });
 *   views_commit(v, now.mono);
 *   views_flush(v, open, now);
 *   while (views_next(v, broker, window, &message))
 *           publish(message.topic, message.text);
 *
 * New rules mean new feeds with a new epoch, so that nobody takes the new feed for a continuation of the old one. It knows the schema's views
 * and the outboxes, no scoreboard and no connection; topics have no prefix. The views of another publisher that we follow are in follow.h. */
#ifndef PUBLISHER_VIEWS_H
#define PUBLISHER_VIEWS_H

#include "publisher/core/bridge/channel.h"
#include "publisher/core/bridge/moment.h"

struct view {
	struct feed *feed;
	struct channel channels[ENCODING_KINDS]; /* one for each encoding; those that the view does not have are zeroed */
	size_t n_channels;
};

struct views {
	const struct outboxes *outboxes;
	struct health *health;
	const char *encodings; /* which view has which, encoding.h */
	size_t max_bytes;      /* of one feed */
	struct view list[SCHEMA_MAX_VIEWS];
	size_t n;
	size_t in_flight[BROKERS_MAX]; /* messages that have left for the broker and were not answered yet */
};

struct view_change {
	uint32_t views;        /* bit i: it belongs to the schema's view i; bits beyond the last view are ignored */
	struct str key, value; /* an empty value: the key is gone */
	enum schema_class class;
};

/* Empty. Of `config`, outboxes, health, encodings and max_bytes are taken over; what they point to outlives it. */
void views_init(struct views *v, const struct views *config);
void views_free(struct views *v);

/* The schema's views, empty, in place of those that there are, whose retained messages leave the outboxes. False: no memory for all. */
bool views_make(struct views *v, const struct schema *schema, struct moment now) __attribute__((warn_unused_result));
/* NULL: there is no such view. Valid until the next views_make(). */
const struct feed *views_find(const struct views *v, struct str name);

void views_apply(struct views *v, const struct view_change *change);
void views_commit(struct views *v, mono now); /* the frame is whole */
void views_flush(struct views *v, broker_set open, struct moment now);
mono views_deadline(const struct views *v, broker_set open);

/* The next message, not to be retained, that may leave for the broker, when fewer than `window` are in flight there. False: none. */
bool views_next(struct views *v, size_t broker, size_t window, struct channel_message *out) __attribute__((warn_unused_result));
void views_answered(struct views *v, size_t broker);    /* one message */
void views_broker_lost(struct views *v, size_t broker); /* nothing is in flight any more, and is not sent again */

/* Is there a change that was not given out in a delta yet, or a delta that was not given out for the broker? */
bool views_have_pending(const struct views *v, size_t broker);

#endif
