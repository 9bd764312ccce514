#include "publisher/core/bridge/warnings.h"

void warnings_init(struct warnings *w, struct effects *effects, struct health *health)
{
	*w = (struct warnings){ .effects = effects, .health = health };
}

void warnings_tell(struct warnings *w, enum health_row row, const char *what, mono now)
{
	health_count(w->health, row, 1);
	if (!mono_reached(now, w->next[row])) {
		w->untold[row]++;
		return;
	}
	effects_log(w->effects, LOG_LEVEL_WARN, "source", "%s  more_since_last=%llu", what,
		    (unsigned long long)w->untold[row]);
	w->next[row] = mono_add(now, WARN_EVERY_MS);
	w->untold[row] = 0;
}
