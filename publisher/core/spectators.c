#include "publisher/core/spectators.h"

#include <stdio.h>

void spectators_set(struct spectators *s, size_t sse, size_t polling)
{
	s->changed |= !s->counted || s->sse != sse || s->polling != polling;
	s->counted = true;
	s->sse = sse;
	s->polling = polling;
}

void spectators_connected(struct spectators *s)
{
	s->changed = s->counted;
	s->soonest = s->repeat = (mono){ 0 };
}

mono spectators_deadline(const struct spectators *s)
{
	if (!s->counted)
		return MONO_NEVER;
	return s->changed ? s->soonest : s->repeat;
}

bool spectators_next(struct spectators *s, mono now, struct str *text)
{
	int n;

	if (!mono_reached(now, spectators_deadline(s)))
		return false;
	s->changed = false;
	s->soonest = mono_add(now, SPECTATORS_CHANGE_MS);
	s->repeat = mono_add(now, SPECTATORS_REPEAT_MS);
	n = snprintf(s->text, sizeof(s->text), "{\"sse\":%zu,\"polling\":%zu}", s->sse, s->polling);
	*text = (struct str){ s->text, (size_t)n };
	return true;
}
