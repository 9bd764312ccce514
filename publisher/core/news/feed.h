/* feed - one view of the scoreboard for a crowd: few, small messages from which any viewer can put the same picture together.
 *
 * Thousands of viewers can't be sent every value in a message of its own. A feed gathers what has changed and puts it into numbered messages,
 * so that a viewer who joins late or misses one notices it, and can catch up by two messages that the broker retains.
 *
 * Words (the format of each is in schema/README.md, "The feed"):
 *   key       what the feed calls a value: the topic below the prefix. A value is JSON text.
 *   frame     the changes that one message of the scoreboard brings: all between two feed_commit(). They go into the same delta.
 *   delta     what has changed since the delta before it. Not retained: it is for the viewers who are there.
 *   seq       the delta's number. It goes up by one; a gap means that a delta was missed.
 *   epoch     the name of one run of these numbers. Another epoch means that they have started again, and that the viewer has to join anew.
 *   snapshot  the whole view as it was at some seq. Retained; it is large, therefore renewed seldom.
 *   recent    everything that has changed since the snapshot, each with its newest value. Its `base` is the snapshot's seq. Retained.
 *   heartbeat a delta without changes and without a new number, after three seconds of silence: the view is still true.
 *   history   the last deltas, for HTTP's clients who say which one they had last.
 *
 * The life of one change. feed_set() notes it. feed_commit() ends its frame and decides how soon it is due, by the most urgent class in it.
 * At feed_deadline() feed_flush() makes the messages, and says which there are. A viewer that joins takes the retained snapshot and recent,
 * which belong together when recent's base is the snapshot's seq, and goes on with the deltas that follow. The caller sends `recent` before
 * the delta that it includes, so that a viewer who joins in between is never behind.
 *
 *   feed_set(f, STR("team/1/score"), STR("7"), CLASS_CRITICAL);
 *   feed_commit(f, now);
 *   if (feed_flush(f, now, wall_ms) == FEED_DELTA)
 *           send feed_recent(f), then feed_delta(f)
 *
 * The snapshot is renewed when the `recent`s since the last one, with the one that is due, would have cost as many bytes as it did: while
 * `recent` grows evenly that is where the sum of both is smallest, and a delta as large as a snapshot is not sent twice. In silence, with a
 * heartbeat, a quarter of that is enough. A feed knows no connection and no topic. */
#ifndef PUBLISHER_FEED_H
#define PUBLISHER_FEED_H

#include "base/mono.h"
#include "publisher/core/names/schema.h"

#define FEED_HISTORY 64        /* how many deltas the history has */
#define FEED_HEARTBEAT_MS 3000 /* so long a silence ends with a heartbeat */

struct feed;

/* max_bytes: a ceiling for its keys and values together. The strings are copied. NULL: no memory. */
struct feed *feed_new(const char *name, const char *epoch, size_t max_bytes) __attribute__((warn_unused_result));
void feed_free(struct feed *f);

const char *feed_name(const struct feed *f);
const char *feed_epoch(const struct feed *f);
uint64_t feed_seq(const struct feed *f);

/* Gives a key a value, which may be the one that it has. False: over the ceiling, or no memory; the key keeps its old value. */
bool feed_set(struct feed *f, struct str key, struct str value, enum schema_class class) __attribute__((warn_unused_result));
void feed_remove(struct feed *f, struct str key, enum schema_class class);
/* The frame is whole. Critical and high changes are due now; normal ones 100 ms and low ones 1 s after the last delta that had a change. So
 * after some silence these are due now as well, and in a rush their deltas come no faster than that. */
void feed_commit(struct feed *f, mono now);

/* A point of a feed, in the words of the publisher that makes it: after the delta `seq` of this epoch. */
struct feed_position {
	const char *epoch;
	uint64_t seq;
	int64_t ts; /* when that was: milliseconds since 1970, by that publisher's clock */
};

/* For a copy of a feed that another publisher makes, in place of feed_commit() and feed_flush(). The feed_set() and feed_remove() since the
 * last call have applied this delta, and have brought the copy to this position; an empty delta means that they have applied a snapshot with
 * its recent. So clients of both publishers see the same epoch and numbers. */
void feed_follow(struct feed *f, const struct feed_position *to, struct str delta);
void feed_reset(struct feed *f); /* forgets all keys: for such a copy, before a snapshot is applied */

/* When feed_flush() is to be called: a delta is due, or a heartbeat. */
mono feed_deadline(const struct feed *f);

bool feed_has_pending(const struct feed *f); /* are there changes that are in no delta yet? */

enum feed_news {
	FEED_NOTHING,
	FEED_HEARTBEAT, /* feed_delta() is to be sent */
	FEED_DELTA,     /* feed_recent() is to be sent, then feed_delta() */
	FEED_RENEWED,   /* feed_snapshot() is to be sent, then feed_recent(), then feed_delta() */
};

/* Makes the messages that are due, and says which are to be sent. Their texts, below, are valid until the next call that is not const. */
enum feed_news feed_flush(struct feed *f, mono now, int64_t wall_ms) __attribute__((warn_unused_result));

struct str feed_delta(const struct feed *f);
/* When the first change that is in it was committed; of a heartbeat: when it was made. */
mono feed_delta_since(const struct feed *f);
struct str feed_recent(const struct feed *f);
struct str feed_snapshot(const struct feed *f);

/* Appends the whole view, pending changes included: {"epoch","seq","ts","state":{..}}, but without the last brace, so that the caller may add
 * members. */
void feed_write_state(const struct feed *f, struct buf *out);

/* The delta with this number. False: the history does not have it. */
bool feed_history(const struct feed *f, uint64_t seq, struct str *delta) __attribute__((warn_unused_result));

#endif
