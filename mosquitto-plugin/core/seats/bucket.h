/* bucket - a token bucket: a rate gives so much per second, and so much at once (the burst, which is what a full bucket holds). A zeroed
 * struct is a full bucket. The rate is not kept in it but an argument, so a limit that a reload has changed is in force at once. */
#ifndef CORE_BUCKET_H
#define CORE_BUCKET_H

#include "base/mono.h"

struct bucket {
	double missing; /* what it lacks to be full; what is above the burst is owed */
	mono at;        /* when it was last refilled */
};

struct rate {
	double per_s, burst;
};

/* Puts in what the rate has given since the last time. */
static inline void bucket_refill(struct bucket *b, struct rate r, mono now)
{
	double back = (double)mono_diff(now, b->at) / 1000.0 * r.per_s;

	b->missing = back >= b->missing ? 0 : b->missing - (back > 0 ? back : 0);
	b->at = now;
}

/* Takes `amount` and returns true when the bucket has so much; otherwise takes nothing. */
static inline bool bucket_take(struct bucket *b, struct rate r, double amount, mono now)
{
	bucket_refill(b, r, now);
	if (b->missing + amount > r.burst)
		return false;
	b->missing += amount;
	return true;
}

/* Takes `amount` and returns true when the bucket is not empty; what it lacked is owed. For amounts that may be larger than the burst. */
static inline bool bucket_borrow(struct bucket *b, struct rate r, double amount, mono now)
{
	bucket_refill(b, r, now);
	if (b->missing >= r.burst)
		return false;
	b->missing += amount;
	return true;
}

/* Puts back what was taken and turned out not to be used. */
static inline void bucket_give_back(struct bucket *b, double amount)
{
	b->missing = b->missing > amount ? b->missing - amount : 0;
}

#endif
