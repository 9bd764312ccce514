#include "bench/loadgen/core/manners.h"

#define RETRY_BASE_MS 1500
#define RETRY_CEILING_MS 20000
#define RETRY_FLOOR_MS 100

int64_t manners_retry_ms(int attempt, double rnd)
{
	int64_t most = RETRY_BASE_MS * (INT64_C(1) << (attempt < 20 ? attempt : 20));

	if (most > RETRY_CEILING_MS)
		most = RETRY_CEILING_MS;
	return RETRY_FLOOR_MS + (int64_t)(rnd * (double)(most - RETRY_FLOOR_MS) + 0.5);
}

int64_t manners_ping_ms(int n)
{
	static const int64_t after_ms[MANNERS_PINGS] = { 4, 5, 5, 6, 10, 40 };

	return after_ms[n];
}
