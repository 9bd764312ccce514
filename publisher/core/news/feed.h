/* feed - one view of the scoreboard for a crowd: few, small messages from which any viewer can put the same picture together.
 *
 * Thousands of viewers can't be sent every value in a message of its own. A feed gathers what changed and tells it in numbered messages, in
 * such a way that whoever joins late or misses one can tell, and can catch up by two messages that the broker retains.
 *
 * Words (the format of each is in schema/README.md, "The feed"):
 *   key       what the feed calls a value: the topic below the prefix. A value is JSON text.
 *   frame     all changes between two feed_commit(): they happened together and are told together.
 *   delta     what changed since the delta before it. Not retained: for those who are there.
 *   seq       the delta's number. It goes up by one; a gap means that a delta was missed.
 *   epoch     names one count of seq: another epoch means that the numbers started again, and so does the viewer.
 *   snapshot  the whole view as it was at some seq, its base. Retained. Large, therefore renewed seldom.
 *   recent    all that changed since the snapshot, by its newest value. Retained, and sent before each delta.
 *   heartbeat a delta without change and without a new number, after ten seconds of silence: the view is still true.
 *   history   the last deltas, for those who say which one they had last.
 *
 * The life of one change. feed_set() notes it. feed_commit() ends its frame and says how soon it is due, by the most urgent class in it.
 * At feed_deadline() feed_flush() makes the messages, and says which there are; the caller sends `recent`, then the delta. A viewer that
 * joins takes the retained snapshot and recent, which belong together when recent's base is the snapshot's seq, and goes on with the
 * deltas that follow. `recent` leaves before its delta, so that whoever joins in between is never behind.
 *
 *   feed_set(f, STR("team/1/score"), STR("7"), CLASS_CRITICAL);
 *   feed_commit(f, now);
 *   if (feed_flush(f, now, wall_ms) == FEED_DELTA)
 *           send feed_recent(f), then feed_delta(f)
 *
 * The snapshot is renewed when the `recent`s sent since the last one have cost as many bytes as it did: while `recent` grows evenly that is
 * where the sum of both is smallest. In silence, with a heartbeat, a quarter of that is enough. A feed knows no connection and no topic. */
#ifndef PUBLISHER_FEED_H
#define PUBLISHER_FEED_H

#include "base/mono.h"
#include "publisher/core/names/schema.h"

#define FEED_HISTORY 64         /* deltas kept for those who resume */
#define FEED_HEARTBEAT_MS 10000 /* silence is broken by a delta without change */

struct feed;

/* max_bytes: what its keys and values may take. The strings are copied. NULL: no memory. */
struct feed *feed_new(const char *name, const char *epoch, size_t max_bytes) __attribute__((warn_unused_result));
void feed_free(struct feed *f);

const char *feed_name(const struct feed *f);
const char *feed_epoch(const struct feed *f);
uint64_t feed_seq(const struct feed *f);

/* Between two feed_commit() everything belongs to one frame. False: over the ceiling, or no memory; the key keeps its value. */
bool feed_set(struct feed *f, struct str key, struct str value, enum schema_class class) __attribute__((warn_unused_result));
void feed_remove(struct feed *f, struct str key, enum schema_class class);
/* The frame is whole. Critical and high changes are due now; normal ones 100 ms and low ones 1 s after the last delta that told a change.
 * So after some quiet these are due now as well, and in a rush they come no faster than that. */
void feed_commit(struct feed *f, mono now);

/* What the publisher that made a feed calls a point of it. */
struct feed_position {
	const char *epoch;
	uint64_t seq;
	int64_t ts; /* since 1970, milliseconds */
};

/* For a feed that another publisher makes: what was set and removed here since has brought it to this position, by this delta or (an empty
 * one) by a snapshot and its recent. Clients of both publishers so see one sequence. */
void feed_follow(struct feed *f, const struct feed_position *to, struct str delta);
void feed_reset(struct feed *f); /* forgets all keys, before a snapshot is taken */

/* When there is something to be told: a delta, a heartbeat. */
mono feed_deadline(const struct feed *f);

bool feed_has_pending(const struct feed *f); /* changes that no delta has told yet */

enum feed_news {
	FEED_NOTHING,
	FEED_HEARTBEAT, /* feed_delta() is to be sent */
	FEED_DELTA,     /* feed_recent(), then feed_delta() */
	FEED_RENEWED,   /* feed_snapshot(), feed_recent(), then feed_delta() */
};

/* At the deadline or later: makes the next messages and says which are to be sent. The three texts below are valid until the next call that
 * is not const. */
enum feed_news feed_flush(struct feed *f, mono now, int64_t wall_ms) __attribute__((warn_unused_result));

struct str feed_delta(const struct feed *f);
struct str feed_recent(const struct feed *f);
struct str feed_snapshot(const struct feed *f);

/* The whole view as of feed_seq(): {"epoch","seq","ts","state":{..}} without the last brace, so that the caller may add to it. */
void feed_write_state(const struct feed *f, struct buf *out);

/* The delta with this number; false: it is not kept any more. */
bool feed_history(const struct feed *f, uint64_t seq, struct str *delta) __attribute__((warn_unused_result));

#endif
