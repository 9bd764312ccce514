#include "publisher/core/standby.h"

#include "base/str.h"

#include <stdio.h>
#include <time.h>

bool standby_kind_from_name(const char *name, enum standby_kind *out)
{
	static const char *const names[] = { [STANDBY_OFF] = "no", [STANDBY_COLD] = "cold", [STANDBY_WARM] = "warm" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum standby_kind)i;
			return true;
		}
	}
	return false;
}

bool standby_refused(struct standby *s, const char *why, mono now)
{
	str_copy(s->refusal, sizeof(s->refusal), why);
	if (s->looking || !mono_reached(now, s->look_at))
		return false;
	s->look_at = mono_add(now, STANDBY_LOOK_MS);
	return s->looking = true;
}

void standby_barred(struct standby *s)
{
	*s = (struct standby){ .kind = s->kind, .look_at = s->look_at, .refused = true };
}

static void write_text(struct standby *s, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char since[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm))
		strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(s->text, sizeof(s->text), "standby: another publisher leads since %s", since);
}

static enum standby_news saw_leader(struct standby *s, int64_t wall_ms)
{
	bool begins = !s->waits;

	s->waits = true;
	s->doubts = s->refused = false;
	if (begins)
		write_text(s, wall_ms);
	return begins ? STANDBY_BEGINS : STANDBY_NO_NEWS;
}

enum standby_news standby_saw(struct standby *s, enum standby_saw saw, mono now, int64_t wall_ms)
{
	if (!s->looking)
		return STANDBY_NO_NEWS; /* what it was about is over */
	s->looking = false;
	if (saw == STANDBY_SAW_LEADER)
		return saw_leader(s, wall_ms);
	if (s->waits && !s->doubts) {
		s->doubts = true;
		s->look_at = now;
		return STANDBY_NO_NEWS;
	}
	s->waits = s->doubts = false;
	s->refused = true;
	return STANDBY_REFUSED;
}

bool standby_leads(struct standby *s)
{
	bool waited = s->waits;

	*s = (struct standby){ .kind = s->kind };
	return waited;
}

void standby_lost(struct standby *s)
{
	*s = (struct standby){ .kind = s->kind };
}

int64_t standby_ask_ms(const struct standby *s)
{
	if (s->waits)
		return STANDBY_ASK_MS;
	return s->kind != STANDBY_OFF && !s->refused && !s->looking ? STANDBY_ASK_MS : 0;
}

const char *standby_text(const struct standby *s)
{
	return s->text;
}
