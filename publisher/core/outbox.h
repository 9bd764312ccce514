/* outbox - the retained messages that the broker should hold, and which of them it has not been told yet. Newest value
 * per topic wins; classes leave in order; bounded in bytes and in publishes that wait for an answer. Knows no MQTT,
 * no scoreboard, no path's meaning.
 *
 * Life: CLOSED (no broker; values are kept) -> reconciling (the broker's retained messages are compared one by one:
 * outbox_seen) -> OPEN (what differs has been queued; changes are queued as they come). */
#ifndef PUBLISHER_OUTBOX_H
#define PUBLISHER_OUTBOX_H

#include "base/mono.h"
#include "base/str.h"
#include "publisher/core/schema.h"

#define OUTBOX_MAX_WINDOW 1000

struct outbox;

/* What a topic's messages are like. */
struct treatment {
	enum schema_class class;
	int qos;
	int64_t interval_ms;
	const char *content_type; /* a static string, or NULL */
};

enum outbox_result {
	OUTBOX_SAME = 0, /* no news */
	OUTBOX_NEWS = 1,
	OUTBOX_FULL = 2, /* refused: over the ceiling, or no memory; the topic keeps its value */
};

/* One publish to be made. The views are valid until the next call on the outbox. */
struct publish {
	size_t token; /* to be given back to outbox_acked() */
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

struct outbox *outbox_new(size_t max_bytes, size_t window); /* NULL: no memory */
void outbox_free(struct outbox *o);

/* The topic's value. `path` is kept for outbox_each() and marks the topic as a scoreboard's (empty: our own). */
enum outbox_result outbox_set(struct outbox *o, struct str topic, struct str path, struct str payload,
			      const struct treatment *t, mono now) __attribute__((warn_unused_result));
/* The topic is gone; the broker will be told when it may hold it. */
enum outbox_result outbox_remove(struct outbox *o, struct str topic, mono now);

/* A whole state follows: outbox_set() for all that is; then outbox_sweep() removes the scoreboard's topics that were
 * not set since, telling each before. */
void outbox_mark(struct outbox *o);
size_t outbox_sweep(struct outbox *o, mono now, void (*gone)(void *arg, struct str topic), void *arg);

/* Every scoreboard topic with a value; fn must not change the outbox. */
void outbox_each(const struct outbox *o, void (*fn)(void *arg, struct str topic, struct str path, struct str payload),
		 void *arg);
/* Drops all the scoreboard's topics without a word to the broker: outbox_each() has copied them, new names follow. */
void outbox_drop_all(struct outbox *o);

/* The broker is gone: nothing is queued or in flight, nothing is known of what it holds. */
void outbox_close(struct outbox *o);
/* While not open: the broker holds this. True when it should not (another value, or no such topic). */
bool outbox_seen(struct outbox *o, struct str topic, struct str payload);
/* All that the broker holds was seen: queues the rest. Returns how many topics differ. */
size_t outbox_open(struct outbox *o, mono now);

/* The next message to send, if the window has room and one may leave now. */
bool outbox_next(struct outbox *o, mono now, struct publish *out);
/* Answered. Returns the milliseconds since the value came in, or -1 for a token that is not in flight. */
int64_t outbox_acked(struct outbox *o, size_t token, mono now);
/* Has the topic's newest value not left yet? */
bool outbox_waits(const struct outbox *o, struct str topic);
/* When a topic with an interval may leave; MONO_NEVER: none waits for time. */
mono outbox_deadline(const struct outbox *o);
bool outbox_idle(const struct outbox *o); /* open, nothing queued, nothing in flight */

struct outbox_stats outbox_stats(const struct outbox *o);

#endif
