#include "publisher/core/bridge/status.h"

#include <inttypes.h>

void status_free(struct status *s)
{
	buf_free(&s->text);
	buf_free(&s->marker);
}

static enum status_state judge(const struct status_facts *f, const char **why)
{
	if (f->leaving_why) {
		*why = f->leaving_why;
		return STATUS_OFFLINE;
	}
	if (f->unknown_why) {
		*why = f->unknown_why;
		return STATUS_STALE;
	}
	if (f->others_why) {
		*why = f->others_why;
		return STATUS_LIVE;
	}
	if (f->refused) {
		*why = "the broker refuses some of our messages";
		return STATUS_STALE;
	}
	*why = f->caught_up ? "connected" : "synchronizing";
	return f->caught_up ? STATUS_LIVE : STATUS_STALE;
}

bool status_review(struct status *s, const struct status_facts *facts, int64_t wall_ms)
{
	const char *full;
	char why[STATUS_WHY_SIZE];
	enum status_state state = judge(facts, &full);

	str_copy(why, sizeof(why), full);
	if (state == s->state && strcmp(why, s->why) == 0)
		return false;
	if (state != s->state)
		s->since = wall_ms;
	s->state = state;
	str_copy(s->why, sizeof(s->why), why);
	buf_clear(&s->text);
	buf_printf(&s->text, "{\"state\":\"%s\",\"since\":%" PRId64 ",\"reason\":", status_name(s), s->since);
	buf_json(&s->text, str_of(why));
	buf_char(&s->text, '}');
	s->due = true;
	return true;
}

struct str status_text(const struct status *s)
{
	return buf_view(&s->text);
}

const char *status_name(const struct status *s)
{
	static const char *const names[] = { "", "live", "stale", "offline" };

	return names[s->state];
}

const char *status_why(const struct status *s)
{
	return s->why;
}

void status_repeat(struct status *s)
{
	s->due = true;
}

bool status_next(struct status *s, bool marker_wanted, struct status_message *out)
{
	if (s->in_flight || (!s->due && !marker_wanted))
		return false;
	*out = (struct status_message){ .text = status_text(s), .is_marker = !s->due };
	s->in_flight = true;
	s->due = false;
	if (out->is_marker) {
		buf_clear(&s->marker);
		buf_str(&s->marker, out->text);
	}
	return true;
}

void status_answered(struct status *s)
{
	s->in_flight = false;
}

bool status_is_delivered(const struct status *s)
{
	return !s->due && !s->in_flight;
}

bool status_is_marker(const struct status *s, struct str payload)
{
	return s->marker.len && str_eq(payload, buf_view(&s->marker));
}
