/* log_pace - one line a minute about the same offender, however often he offends. The others are held back; whoever asks counts them.
 * A zeroed struct has logged nothing. */
#ifndef CORE_LOG_PACE_H
#define CORE_LOG_PACE_H

#include "base/mono.h"

#define LOG_PACE_MS 60000

struct log_pace {
	bool has_logged;
	mono logged; /* the last line */
};

/* True: write the line. */
static inline bool log_pace_allows(struct log_pace *l, mono now)
{
	if (l->has_logged && mono_diff(now, l->logged) < LOG_PACE_MS)
		return false;
	l->has_logged = true;
	l->logged = now;
	return true;
}

#endif
