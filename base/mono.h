/* mono - a moment on the monotonic clock, in milliseconds. A type of its own: a duration does not pass for it.
 * Durations are plain int64_t milliseconds, named with _ms. */
#ifndef BASE_MONO_H
#define BASE_MONO_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
	int64_t ms;
} mono;

#define MONO_NEVER ((mono){ INT64_MAX })

static inline mono mono_add(mono t, int64_t ms)
{
	return t.ms >= INT64_MAX - ms ? MONO_NEVER : (mono){ t.ms + ms };
}

/* Milliseconds from `from` to `to`; negative when `to` is earlier. */
static inline int64_t mono_diff(mono to, mono from)
{
	return to.ms - from.ms;
}

static inline bool mono_reached(mono now, mono t)
{
	return now.ms >= t.ms;
}

static inline mono mono_min(mono a, mono b)
{
	return a.ms < b.ms ? a : b;
}

/* For the shell only: modules of a core take the time as an argument. */
mono mono_now(void);
uint64_t mono_now_ns(void);

/* Wall clock, milliseconds since 1970-01-01 UTC: for what people and other machines read, never for intervals. */
int64_t wall_now_ms(void);

#endif
