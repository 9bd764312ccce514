/* feed - one view of the scoreboard for a crowd: numbered deltas, a snapshot, and what changed since the snapshot.
 * Knows keys and JSON values; no connection, no topic but its own. Format: schema/README.md, "The feed".
 *
 * Rules that it keeps: all keys of one frame are in one delta; a delta's `recent` is out before it, so that whoever
 * joins in between is never behind; the snapshot is renewed when the `recent`s sent since the last have cost as many
 * bytes as it did - with `recent` growing evenly that is where the sum of both is smallest. */
#ifndef PUBLISHER_FEED_H
#define PUBLISHER_FEED_H

#include "base/mono.h"
#include "publisher/core/schema.h"

#define FEED_HISTORY 64            /* deltas kept for those who resume */
#define FEED_HEARTBEAT_MS 10000    /* silence is broken by a delta without change */

struct feed;

struct feed *feed_new(const char *name, const char *epoch, size_t max_bytes); /* strings are copied; NULL: no memory */
void feed_free(struct feed *f);

const char *feed_name(const struct feed *f);
const char *feed_epoch(const struct feed *f);
uint64_t feed_seq(const struct feed *f);

/* Between two feed_commit() everything belongs to one frame. False: over the ceiling; the key keeps its value. */
bool feed_set(struct feed *f, struct str key, struct str value, enum schema_class class);
void feed_remove(struct feed *f, struct str key, enum schema_class class);
/* The frame is whole: critical and high changes are due now; normal ones 100 ms, low ones 1 s after the last delta that told a
 * change, so that after quiet they are due now as well and in a rush still come no faster. */
void feed_commit(struct feed *f, mono now);

/* For a feed that is followed, not made: its content was brought to what another publisher calls epoch and seq (an empty
 * delta: by its snapshot), so that clients of both see one sequence. */
void feed_follow(struct feed *f, const char *epoch, uint64_t seq, int64_t ts, struct str delta);
void feed_reset(struct feed *f); /* empty, without history */

/* When there is something to be told: a delta, a heartbeat. */
mono feed_deadline(const struct feed *f);

bool feed_waits(const struct feed *f); /* changes that no delta has told yet */

enum feed_news {
	FEED_NOTHING,
	FEED_HEARTBEAT, /* feed_delta() is to be sent */
	FEED_DELTA,     /* feed_recent(), then feed_delta() */
	FEED_RENEWED,   /* feed_snapshot(), feed_recent(), then feed_delta() */
};

/* At or behind the deadline: makes the next message, numbers it, and says what to send. The views below are valid until the next
 * call that is not const. */
enum feed_news feed_flush(struct feed *f, mono now, int64_t wall_ms);

struct str feed_delta(const struct feed *f);
struct str feed_recent(const struct feed *f);
struct str feed_snapshot(const struct feed *f);

/* The whole view as of feed_seq(): {"epoch","seq","ts","state":{..}} without the closing brace, to be completed. */
void feed_write_state(const struct feed *f, struct buf *out);

/* The delta with this number, if it is still kept. */
bool feed_history(const struct feed *f, uint64_t seq, struct str *delta);

#endif
