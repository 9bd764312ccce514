#include "base/mono.h"

#include <time.h>

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

mono mono_now(void)
{
	return (mono){ (int64_t)(clock_ns(CLOCK_MONOTONIC) / 1000000u) };
}

uint64_t mono_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t wall_now_ms(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) / 1000000u);
}
