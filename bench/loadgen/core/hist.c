#include "bench/loadgen/core/hist.h"

/* Below 256 a bucket per microsecond; above, 128 buckets for every doubling. */
#define SUB_BITS 7
#define SUB (1u << SUB_BITS)

static size_t bucket_of(uint64_t us)
{
	unsigned shift;
	size_t i;

	if (us < 2 * SUB)
		return (size_t)us;
	shift = 63u - (unsigned)__builtin_clzll(us) - SUB_BITS;
	i = (size_t)shift * SUB + (size_t)(us >> shift);
	return i < HIST_BUCKETS ? i : HIST_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t bucket_top(size_t i)
{
	size_t shift;

	if (i < 2 * SUB)
		return i;
	shift = i / SUB - 1;
	return ((uint64_t)(i - shift * SUB) + 1) * (UINT64_C(1) << shift) - 1;
}

void hist_add(struct hist *h, uint64_t us)
{
	h->count++;
	h->sum_us += (double)us;
	if (us > h->max_us)
		h->max_us = us;
	h->buckets[bucket_of(us)]++;
}

void hist_merge(struct hist *into, const struct hist *from)
{
	into->count += from->count;
	into->sum_us += from->sum_us;
	if (from->max_us > into->max_us)
		into->max_us = from->max_us;
	for (size_t i = 0; i < HIST_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

uint64_t hist_quantile(const struct hist *h, double p)
{
	double wanted = p * (double)h->count, seen = 0;

	if (p >= 1)
		return h->max_us;
	for (size_t i = 0; i < HIST_BUCKETS; i++) {
		seen += (double)h->buckets[i];
		if (seen > 0 && seen >= wanted)
			return bucket_top(i) < h->max_us ? bucket_top(i) : h->max_us;
	}
	return h->max_us;
}

double hist_mean(const struct hist *h)
{
	return h->count ? h->sum_us / (double)h->count : 0;
}
