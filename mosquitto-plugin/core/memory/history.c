#include "mosquitto-plugin/core/memory/history.h"

#include <stddef.h>

#define MINUTE_MS 60000

/* When the wall clock will show the next whole minute. */
static mono next_minute(mono now, int64_t wall_ms)
{
	return mono_add(now, MINUTE_MS - (wall_ms % MINUTE_MS + MINUTE_MS) % MINUTE_MS);
}

bool history_is_due(struct history *h, mono now, int64_t wall_ms)
{
	if (h->begun)
		return mono_reached(now, h->due);
	h->begun = true;
	h->due = next_minute(now, wall_ms);
	return false;
}

static uint32_t more_refused(struct history *h, uint64_t refused)
{
	uint64_t more = refused - h->refused;

	h->refused = refused;
	return more < UINT32_MAX ? (uint32_t)more : UINT32_MAX;
}

/* The row is that of the nearest whole minute: if that is still to come, the next one is due a minute after it. */
void history_note(struct history *h, mono now, int64_t wall_ms, const struct history_counts *counts)
{
	struct history_row *row = &h->rows[h->next];
	int64_t rounded = wall_ms + MINUTE_MS / 2;

	h->next = (h->next + 1) % HISTORY_MINUTES;
	h->n += h->n < HISTORY_MINUTES;
	row->at_ms = rounded - rounded % MINUTE_MS;
	row->watching = counts->watching;
	row->here = counts->here;
	row->refused = more_refused(h, counts->refused);
	h->due = mono_add(next_minute(now, wall_ms), row->at_ms > wall_ms ? MINUTE_MS : 0);
}

const struct history_row *history_at(const struct history *h, unsigned i)
{
	return i < h->n ? &h->rows[(h->next + HISTORY_MINUTES - h->n + i) % HISTORY_MINUTES] : NULL;
}
