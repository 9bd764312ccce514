/* hist - a histogram of microseconds with 1 % resolution from 1 us to 19 hours, fixed in size, so that it can lie in
 * shared memory and be added up over processes. A zeroed struct is empty. */
#ifndef LOADGEN_HIST_H
#define LOADGEN_HIST_H

#include <stddef.h>
#include <stdint.h>

#define HIST_BUCKETS 3840

struct hist {
	uint64_t count, max_us;
	double sum_us;
	uint64_t buckets[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t us);
void hist_merge(struct hist *into, const struct hist *from);

/* The value that a share p (0..1) of all values does not exceed, within 1 %; 0 when empty. p = 1 is the exact maximum. */
uint64_t hist_quantile(const struct hist *h, double p);
double hist_mean(const struct hist *h);

#endif
