#include "publisher/core/echo.h"

#include "base/hash.h"

static uint64_t hash_of(struct str text)
{
	return hash_bytes(text.p, text.len) | 1;
}

void echo_sent(struct echo *e, struct str text, mono since)
{
	e->sent[e->next] = (struct echo_sent){ hash_of(text), since };
	e->next = (e->next + 1) % ECHO_KEPT;
}

int64_t echo_heard(struct echo *e, struct str text, mono now)
{
	uint64_t hash = hash_of(text);

	for (size_t i = 0; i < ECHO_KEPT; i++) {
		if (e->sent[i].hash != hash)
			continue;
		e->sent[i].hash = 0;
		return mono_diff(now, e->sent[i].since);
	}
	return -1;
}

void echo_forget(struct echo *e)
{
	*e = (struct echo){ .next = 0 };
}
