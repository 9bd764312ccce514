/* log_pace - allows one log line a minute about the same offender, however often he offends. The other lines are held back, and counted by
 * the caller. A zeroed struct has allowed none yet. */
#ifndef CORE_LOG_PACE_H
#define CORE_LOG_PACE_H

#include "base/mono.h"

#define LOG_PACE_MS 60000

struct log_pace {
	bool has_logged;
	mono logged; /* when the last line was allowed */
};

/* True: write the line now. */
static inline bool log_pace_allows(struct log_pace *l, mono now)
{
	if (l->has_logged && mono_diff(now, l->logged) < LOG_PACE_MS)
		return false;
	l->has_logged = true;
	l->logged = now;
	return true;
}

#endif
