/* outbox - the retained messages that the broker should hold, and which of them are still to be sent.
 *
 * A scoreboard may change faster than a broker takes messages, the broker comes and goes, and nobody wants to see an old score. So there is
 * no queue of messages here but a table of topics: each has its newest value, and a mark if that value was not sent yet. However long a
 * broker was away, it is sent one message for each topic, with what holds now.
 *
 * Words:
 *   value      what a topic should hold at the broker. A topic without a value is cleared there, by an empty message.
 *   treatment  how a topic's messages are sent: its class (the more urgent are sent first), its QoS, and the least time between two of them.
 *   news       a change of a topic's value. It is pending until the value is given out to be sent. If the value changes again before that, the
 *              newer one replaces it: they are coalesced.
 *   open       the broker is there, and what it holds has been compared with the values: only then anything is given out.
 *   window     how many messages may be in flight, that is sent and not yet answered. An answer names its message by a token.
 *   path       what the scoreboard calls the value. Only the scoreboard's topics have one; the publisher's own, such as feeds, do not.
 *
 * The life of one value. outbox_set() puts it in: if it is another one than before, it is news. While the outbox is open the topic is then
 * queued in its class, or waits until its interval is over. outbox_next() gives out the first topic of the most urgent class, which is then in
 * flight; outbox_acked() frees its place in the window and says how long all that took. outbox_remove() takes the value away, which is news
 * as well; when the broker has answered the empty message, the topic is forgotten.
 *
 * A broker that we connect to is compared first. While the outbox is closed, outbox_seen() is called with every retained message that the
 * broker has; outbox_open() then queues what differs: other values, topics that are missing there, and topics that should not be there.
 *
 *   outbox_set(o, &(struct outbox_value){ .topic = STR("team/1/score"), .path = path, .payload = STR("7"), .treatment = t }, now);
 *   while (outbox_next(o, now, &p))
 *           send(p.topic, p.payload, p.token);        and for each answer: outbox_acked(o, token, now)
 *
 * All memory that topics and values take counts against a ceiling. Beyond it, or when there is no memory, a new value is refused (OUTBOX_FULL)
 * and the topic keeps its old one. The outbox knows no MQTT, no prefix and no meaning of a path. */
#ifndef PUBLISHER_OUTBOX_H
#define PUBLISHER_OUTBOX_H

#include "base/mono.h"
#include "base/str.h"
#include "publisher/core/names/schema.h"

#define OUTBOX_MAX_WINDOW 1000

struct outbox;

/* How a topic's messages are sent. */
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
	OUTBOX_SAME = 0, /* the topic had this value already */
	OUTBOX_NEWS = 1,
	OUTBOX_FULL = 2, /* refused: over the ceiling, or no memory; the topic keeps its value */
};

/* A message to be sent. Its views are valid until the next call on the outbox. */
struct publish {
	size_t token;              /* for outbox_acked() */
	struct str topic, payload; /* an empty payload clears the topic */
	int qos;
	const char *content_type;
};

struct outbox_stats {
	uint64_t coalesced; /* values that a newer one replaced before they were sent */
	size_t topics;      /* those with a value */
	size_t bytes;       /* what counts against the ceiling */
	size_t queued, in_flight;
};

/* NULL: no memory. */
struct outbox *outbox_new(size_t max_bytes, size_t window) __attribute__((warn_unused_result));
void outbox_free(struct outbox *o);

/* Gives a topic its value, and its treatment if the value is news. */
enum outbox_result outbox_set(struct outbox *o, const struct outbox_value *v, mono now) __attribute__((warn_unused_result));
/* Takes a topic's value away. The topic is cleared at the broker if something may be retained there. Never OUTBOX_FULL. */
enum outbox_result outbox_remove(struct outbox *o, struct str topic, mono now);

/* For a whole state: outbox_mark(), then outbox_set() for everything that the scoreboard has, then outbox_sweep(), which removes those of
 * the scoreboard's topics that were not set in between. It calls gone(arg, topic) for each before, and returns how many they were. */
void outbox_mark(struct outbox *o);
size_t outbox_sweep(struct outbox *o, mono now, void (*gone)(void *arg, struct str topic), void *arg);

/* Calls fn for each of the scoreboard's topics that has a value; fn must not change the outbox. */
void outbox_each(const struct outbox *o, void (*fn)(void *arg, struct str topic, struct str path, struct str payload),
		 void *arg);
/* Forgets all the scoreboard's topics without clearing them at the broker: for when they are about to be set anew under other rules. What the
 * broker still holds under their old names is found by the next comparison. */
void outbox_drop_all(struct outbox *o);

/* Closes the outbox, because the connection is lost or all is to be compared again: nothing is queued or in flight any more, and what the
 * broker holds counts as unknown. */
void outbox_close(struct outbox *o);
/* While closed: the broker retains this message. True: it should not, because the topic has another value, or none. */
bool outbox_seen(struct outbox *o, struct str topic, struct str payload);
/* Opens the outbox after outbox_seen() was called for all that the broker retains. Queues what differs, and returns how many topics do. */
size_t outbox_open(struct outbox *o, mono now);

/* The next message to send. False: it is closed, the window is full, or no topic is to be sent now. */
bool outbox_next(struct outbox *o, mono now, struct publish *out) __attribute__((warn_unused_result));
/* The broker has answered this message. Returns the milliseconds since its value was set, or since the outbox was opened if that was later;
 * -1: no message with this token is in flight. */
int64_t outbox_acked(struct outbox *o, size_t token, mono now);
/* The topic's value; empty: it has none. Valid until the next call that is not const. */
struct str outbox_get(const struct outbox *o, struct str topic);
/* Has the topic a value, or had it one that the broker may still hold? */
bool outbox_knows(const struct outbox *o, struct str topic);
/* Is the topic's newest value still to be sent? */
bool outbox_is_pending(const struct outbox *o, struct str topic);
/* When a topic whose interval is not over may be sent; MONO_NEVER: none waits for that. */
mono outbox_deadline(const struct outbox *o);
bool outbox_idle(const struct outbox *o); /* open, nothing queued, nothing in flight */

struct outbox_stats outbox_stats(const struct outbox *o);

#endif
