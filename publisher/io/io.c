#include "publisher/io/io.h"

#include <sys/random.h>

struct moment io_now(void)
{
	uint32_t rnd = 0;

	if (getrandom(&rnd, sizeof(rnd), GRND_NONBLOCK) < 0)
		rnd = (uint32_t)mono_now_ns();
	return (struct moment){ mono_now(), wall_now_ms(), rnd };
}
