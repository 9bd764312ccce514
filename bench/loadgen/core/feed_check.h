/* feed_check - is what a viewer gets the whole feed, in order? Judges the topic contract's epoch and seq (schema/README.md),
 * one struct per viewer. Pure; knows no transport. */
#ifndef LOADGEN_FEED_CHECK_H
#define LOADGEN_FEED_CHECK_H

#include "base/str.h"

struct feed_message {
	int64_t seq, base; /* -1: has none */
	int64_t ts_ms;     /* the publisher's wall clock; -1: has none */
	int64_t sent_ns;   /* the bench's own: monotonic clock of this machine; -1: has none */
	uint32_t epoch;    /* a hash */
	bool empty;        /* neither set nor del: a sign of life */
};

/* Reads the members above from the first bytes of a payload, which is where the publisher writes them. False when it is
 * no message of a feed (no seq). sent_ns and ts_ms are filled in any case. */
bool feed_message_read(struct str payload, struct feed_message *m);

enum feed_verdict {
	FEED_NEXT,
	FEED_EARLY, /* before snapshot and recent, or the one that recent already held: not judged */
	FEED_ALIVE, /* an empty delta with the current seq */
	FEED_GAP,
	FEED_REPEATED,
	FEED_BACKWARD,
	FEED_NEW_EPOCH,
};

struct feed_check {
	int64_t seq;   /* of the last delta applied */
	int64_t base;  /* the snapshot's seq */
	int64_t early; /* highest seq of the deltas before the snapshot; -1: none */
	uint32_t epoch;
	bool has_snapshot, has_recent, synced;
	bool fresh; /* no delta since it became exact */
};

void feed_check_reset(struct feed_check *f);
/* Each of the two returns true when the viewer is now exact. */
bool feed_check_snapshot(struct feed_check *f, const struct feed_message *m);
bool feed_check_recent(struct feed_check *f, const struct feed_message *m);
/* After a gap, repeat or new epoch the message counts as applied. *missing: how many were not seen, after FEED_GAP. */
enum feed_verdict feed_check_delta(struct feed_check *f, const struct feed_message *m, int64_t *missing);

#endif
