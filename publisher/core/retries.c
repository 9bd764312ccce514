#include "publisher/core/retries.h"

#include "base/str.h"

void retries_succeeded(struct retries *r)
{
	*r = (struct retries){ .n = 0 };
}

bool retries_go_on(const struct retries *r)
{
	return r->n > 1;
}

bool retries_failed(struct retries *r, const char *why, mono now)
{
	char cut[RETRIES_WHY_SIZE];

	str_copy(cut, sizeof(cut), why);
	if (!r->n || strcmp(cut, r->why) != 0) {
		*r = (struct retries){ .n = 1, .say_at = mono_add(now, RETRIES_SAY_MS) };
		str_copy(r->why, sizeof(r->why), why);
		return true;
	}
	r->n++;
	if (!mono_reached(now, r->say_at))
		return false;
	r->say_at = mono_add(now, RETRIES_SAY_MS);
	return true;
}
