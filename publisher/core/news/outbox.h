/* outbox - the retained messages that the broker should hold, and which of them it has not been told yet.
 *
 * The scoreboard changes faster than a broker may be able to listen, the broker comes and goes, and nobody wants to hear an old score. So
 * there is no queue of messages here but a table of topics: each has its newest value and knows whether that value has left. However
 * long a broker was away, it is told each topic once, as it is now.
 *
 * Words:
 *   value      what a topic should hold at the broker. A topic without one is to be cleared there, by an empty message.
 *   treatment  how a topic's messages travel: its class (the more urgent leave first), its QoS, and the least time between two of them.
 *   news       a topic whose value has changed and has not left since. Setting it again before that replaces the value: it is coalesced.
 *   told       the broker may hold something under this topic, so that it has to be cleared there when the topic goes.
 *   window     how many messages may be in flight, that is sent and not yet answered. An answer names its message by a token.
 *   path       what the scoreboard calls the value. It marks the topic as the scoreboard's, beside those that are the publisher's own.
 *
 * The life of one value. outbox_set() puts it in and makes it news. If the outbox is open (the broker is there, and what it holds is known)
 * the topic is queued in its class, or waits until its interval is over. outbox_next() hands out the first of the most urgent class and
 * counts it in flight; outbox_acked() frees the place in the window and tells how long it took. outbox_remove() makes the topic's end the
 * news; when that was answered the topic is forgotten.
 *
 * A broker that comes is compared first. While the outbox is closed, outbox_seen() is told every retained message that the broker has;
 * outbox_open() then queues what differs: other values, topics that are missing there, and clears for what should not be there.
 *
 *   outbox_set(o, &(struct outbox_value){ .topic = STR("team/1/score"), .path = path, .payload = STR("7"), .treatment = t }, now);
 *   while (outbox_next(o, now, &p))
 *           send(p.topic, p.payload, p.token);        then, for each answer: outbox_acked(o, token, now)
 *
 * All memory that values take is charged against a ceiling: beyond it, or when there is no memory, a new value is refused (OUTBOX_FULL) and
 * the topic keeps the one that it had. The outbox knows no MQTT, no prefix and no meaning of a path. */
#ifndef PUBLISHER_OUTBOX_H
#define PUBLISHER_OUTBOX_H

#include "base/mono.h"
#include "base/str.h"
#include "publisher/core/names/schema.h"

#define OUTBOX_MAX_WINDOW 1000

struct outbox;

/* How a topic's messages travel. */
struct treatment {
	enum schema_class class;
	int qos;
	int64_t interval_ms;      /* at least this long between two messages; 0: no limit */
	const char *content_type; /* a static string, or NULL */
};

/* All of it is copied. */
struct outbox_value {
	struct str topic;
	struct str path; /* what the scoreboard calls it; empty: a topic of the publisher's own */
	struct str payload;
	struct treatment treatment;
};

enum outbox_result {
	OUTBOX_SAME = 0, /* no news */
	OUTBOX_NEWS = 1,
	OUTBOX_FULL = 2, /* refused: over the ceiling, or no memory; the topic keeps its value */
};

/* One publish to be made. The views are valid until the next call on the outbox. */
struct publish {
	size_t token;              /* to be given back to outbox_acked() */
	struct str topic, payload; /* an empty payload clears the topic */
	int qos;
	const char *content_type;
};

struct outbox_stats {
	uint64_t coalesced; /* values that a newer one replaced before they left */
	size_t topics;      /* with a value */
	size_t bytes;       /* charged against the ceiling */
	size_t queued, in_flight;
};

/* NULL: no memory. */
struct outbox *outbox_new(size_t max_bytes, size_t window) __attribute__((warn_unused_result));
void outbox_free(struct outbox *o);

/* The topic's value from now on. */
enum outbox_result outbox_set(struct outbox *o, const struct outbox_value *v, mono now) __attribute__((warn_unused_result));
/* The topic is gone; the broker is told so if it may hold it. Never OUTBOX_FULL. */
enum outbox_result outbox_remove(struct outbox *o, struct str topic, mono now);

/* Around a whole state: outbox_mark(), then outbox_set() for everything that the scoreboard has, then outbox_sweep(), which removes those of
 * the scoreboard's topics that were not set in between. `gone` is told each of them before. Returns how many they were. */
void outbox_mark(struct outbox *o);
size_t outbox_sweep(struct outbox *o, mono now, void (*gone)(void *arg, struct str topic), void *arg);

/* Every scoreboard topic with a value; fn must not change the outbox. */
void outbox_each(const struct outbox *o, void (*fn)(void *arg, struct str topic, struct str path, struct str payload),
		 void *arg);
/* Forgets all the scoreboard's topics, and clears none of them at the broker: for when they are about to be set again under other names.
 * What the broker still holds under the old ones is found by the next comparison. */
void outbox_drop_all(struct outbox *o);

/* The broker is gone: nothing is queued or in flight, nothing is known of what it holds. */
void outbox_close(struct outbox *o);
/* While closed: the broker holds this. True when it should not: the value is another, or there is no such topic. */
bool outbox_seen(struct outbox *o, struct str topic, struct str payload);
/* All that the broker holds was seen: queues the rest. Returns how many topics differ. */
size_t outbox_open(struct outbox *o, mono now);

/* The next message to send; false: the window is full or nothing may leave now. */
bool outbox_next(struct outbox *o, mono now, struct publish *out) __attribute__((warn_unused_result));
/* Answered. Returns the milliseconds since the value came in, or -1 for a token that is not in flight. */
int64_t outbox_acked(struct outbox *o, size_t token, mono now);
/* Has the topic's newest value not left yet? */
bool outbox_is_pending(const struct outbox *o, struct str topic);
/* When a topic with an interval may leave; MONO_NEVER: none waits for time. */
mono outbox_deadline(const struct outbox *o);
bool outbox_idle(const struct outbox *o); /* open, nothing queued, nothing in flight */

struct outbox_stats outbox_stats(const struct outbox *o);

#endif
