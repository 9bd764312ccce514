/* moment - what the shell knows when something happens: the publisher's core asks no clock and throws no dice. */
#ifndef PUBLISHER_MOMENT_H
#define PUBLISHER_MOMENT_H

#include "base/mono.h"

struct moment {
	mono mono;       /* for waits and deadlines */
	int64_t wall_ms; /* since 1970, UTC: for what people and other machines read */
	uint32_t rnd;    /* a new random number each time, of 31 bits */
};

#endif
