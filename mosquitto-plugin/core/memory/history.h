/* history - how many watched, minute by minute over the evening, for an operator who wants to see where it is going. Knows no client and no
 * policy: the caller counts, and says when it is.
 *
 * A row for each minute, HISTORY_MINUTES of them, the oldest gives way to the newest: 17 kB, whatever happens. The rows of several brokers are
 * to be laid one over the other, so all of them write theirs when the wall clock shows a whole minute. The monotonic clock says when that is,
 * so that a wall clock that is set makes a row early or late, and never many. A zeroed struct has no rows.
 *
 *   if (history_is_due(h, now, wall_ms))
 *           history_note(h, now, wall_ms, &counts); */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "base/mono.h"

#define HISTORY_MINUTES 720

struct history_counts {
	uint32_t watching; /* at all brokers */
	uint32_t here;     /* at this one */
	uint64_t refused;  /* since the start; a row has how many more they were than at the row before */
};

struct history_row {
	int64_t at_ms; /* milliseconds since 1970, a whole minute */
	uint32_t watching, here, refused;
};

struct history {
	struct history_row rows[HISTORY_MINUTES];
	unsigned n, next; /* how many there are; where the next one is written */
	bool begun;
	mono due;
	uint64_t refused; /* as they were at the last row */
};

/* Is it time for a row? The first question only finds out when that will be. */
bool history_is_due(struct history *h, mono now, int64_t wall_ms);
void history_note(struct history *h, mono now, int64_t wall_ms, const struct history_counts *counts);
/* The i-th, the oldest is 0; NULL when there are not so many. */
const struct history_row *history_at(const struct history *h, unsigned i);

#endif
