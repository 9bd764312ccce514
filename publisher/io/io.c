#include "publisher/io/io.h"

#include <stdlib.h>
#include <sys/random.h>

/* It spreads reconnects over time and is no secret: asking the kernel each time was a tenth of what an event cost. */
static uint32_t next_rnd(void)
{
	static bool seeded;
	unsigned seed;

	if (!seeded) {
		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
			seed = (unsigned)mono_now_ns();
		srandom(seed);
		seeded = true;
	}
	return (uint32_t)random();
}

struct moment io_now(void)
{
	return (struct moment){ mono_now(), wall_now_ms(), next_rnd() };
}
