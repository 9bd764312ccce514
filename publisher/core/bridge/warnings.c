#include "publisher/core/bridge/warnings.h"

void warnings_init(struct warnings *w, struct effects *effects, struct health *health)
{
	*w = (struct warnings){ .effects = effects, .health = health };
}

void warnings_add(struct warnings *w, enum health_row row, const char *what, mono now)
{
	health_count(w->health, row, 1);
	if (!mono_reached(now, w->next[row])) {
		w->unlogged[row]++;
		return;
	}
	effects_log(w->effects, LOG_LEVEL_WARN, "source", "%s  more_since_last=%llu", what,
		    (unsigned long long)w->unlogged[row]);
	w->next[row] = mono_add(now, WARN_EVERY_MS);
	w->unlogged[row] = 0;
}
