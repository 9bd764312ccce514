#include "publisher/core/stop.h"

#include "base/str.h"

#define SAY_OFFLINE_MS 1000

bool stop_begin(struct stop *s, const char *why, mono deadline)
{
	if (s->phase > STOP_DRAINING)
		return false;
	s->phase = STOP_DRAINING;
	s->deadline = deadline;
	str_copy(s->why, sizeof(s->why), why);
	return true;
}

enum stop_action stop_step(struct stop *s, const struct stop_facts *facts, mono now)
{
	bool late = mono_reached(now, s->deadline);

	if (s->phase == STOP_DRAINING && (late || facts->drained)) {
		s->phase = STOP_SAYING_OFFLINE;
		s->deadline = mono_add(now, facts->broker_up ? SAY_OFFLINE_MS : 0);
		return STOP_SAY_OFFLINE;
	}
	if (s->phase == STOP_SAYING_OFFLINE && (late || facts->status_delivered)) {
		s->phase = STOP_DONE;
		s->deadline = MONO_NEVER;
		return STOP_EXIT;
	}
	return STOP_WAIT;
}

mono stop_deadline(const struct stop *s)
{
	return s->phase == STOP_NOT ? MONO_NEVER : s->deadline;
}

const char *stop_offline_why(const struct stop *s)
{
	return s->phase >= STOP_SAYING_OFFLINE ? s->why : NULL;
}
