/* bucket - a token bucket: so much per second, so much at once. A zeroed struct is a full one. It holds no rate of its own: the caller says it
 * each time, so a limit that a reload has changed is in force at once. */
#ifndef CORE_BUCKET_H
#define CORE_BUCKET_H

#include "base/mono.h"

struct bucket {
	double missing; /* what it lacks to be full; above the burst, so much is owed */
	mono at;        /* the last time that it was looked at */
};

struct rate {
	double per_s, burst;
};

/* Puts in what has flowed back since the last time. */
static inline void bucket_refill(struct bucket *b, struct rate r, mono now)
{
	double back = (double)mono_diff(now, b->at) / 1000.0 * r.per_s;

	b->missing = back >= b->missing ? 0 : b->missing - (back > 0 ? back : 0);
	b->at = now;
}

/* Takes `amount` when so much is there; otherwise nothing. */
static inline bool bucket_take(struct bucket *b, struct rate r, double amount, mono now)
{
	bucket_refill(b, r, now);
	if (b->missing + amount > r.burst)
		return false;
	b->missing += amount;
	return true;
}

/* Takes it when anything is there at all, and owes the rest: for amounts that may be larger than the bucket. */
static inline bool bucket_borrow(struct bucket *b, struct rate r, double amount, mono now)
{
	bucket_refill(b, r, now);
	if (b->missing >= r.burst)
		return false;
	b->missing += amount;
	return true;
}

/* For what was taken and turned out not to be used. */
static inline void bucket_give_back(struct bucket *b, double amount)
{
	b->missing = b->missing > amount ? b->missing - amount : 0;
}

#endif
