#include "publisher/core/news/people.h"

#include "base/json.h"

#define NOTICE STR("notice")
#define SHOW STR("show/")
#define MAX_WAIT_MS ((int64_t)10 * 365 * 24 * 3600 * 1000) /* a message that ends later does not end, as far as we are concerned */

static struct people_kept *notice_place(struct people *p)
{
	return &p->kept[0];
}

static bool is_full(const struct people_kept *k)
{
	return k->payload.len > 0;
}

static void forget(struct people *p, struct people_kept *k)
{
	p->notices += k == notice_place(p) && is_full(k);
	p->in_flight = p->in_flight == k ? NULL : p->in_flight;
	buf_free(&k->topic);
	buf_free(&k->payload);
	*k = (struct people_kept){ 0 };
}

void people_free(struct people *p)
{
	for (size_t i = 0; i < PEOPLE_MAX_TOPICS; i++)
		forget(p, &p->kept[i]);
}

bool people_owns(struct str topic)
{
	struct str screen = str_starts(topic, SHOW) ? str_skip(topic, SHOW.len) : (struct str){ "", 0 };

	return str_eq(topic, NOTICE) || (screen.len && !memchr(screen.p, '/', screen.len));
}

/* Where the topic is kept, or can be. NULL: there are too many. */
static struct people_kept *place_of(struct people *p, struct str topic)
{
	struct people_kept *free_place = NULL;

	if (str_eq(topic, NOTICE))
		return notice_place(p);
	for (size_t i = 1; i < PEOPLE_MAX_TOPICS; i++) {
		struct people_kept *k = &p->kept[i];

		if (is_full(k) && str_eq(buf_view(&k->topic), topic))
			return k;
		free_place = is_full(k) || free_place ? free_place : k;
	}
	return free_place;
}

/* The member `until` of the payload, if it is a number. */
static bool read_until(struct str payload, int64_t *until)
{
	struct str text;

	return json_member(payload, "until", &text) && str_to_int(text, until);
}

static mono end_of(const struct people_message *msg, mono now, int64_t wall_ms)
{
	int64_t until;

	if (msg->expires_s)
		return mono_add(now, (int64_t)msg->expires_s * 1000);
	if (!read_until(msg->payload, &until) || until >= wall_ms + MAX_WAIT_MS)
		return MONO_NEVER;
	return mono_add(now, until <= wall_ms ? 0 : until - wall_ms);
}

static bool is_object(struct str text)
{
	static const struct json_bounds bounds = { PEOPLE_MAX_PAYLOAD, 1000, 16 };
	struct complaint why;
	JSON_CLEANUP struct json_doc doc = { 0 };

	return json_parse_within(&doc, text, &bounds, &why) == JSON_GOOD && doc.root->type == JSON_OBJECT;
}

static bool keep(struct people *p, struct people_kept *k, const struct people_message *msg)
{
	bool is_notice = k == notice_place(p);

	if (is_full(k) && str_eq(buf_view(&k->payload), msg->payload))
		return true;
	buf_clear(&k->topic);
	buf_clear(&k->payload);
	buf_str(&k->topic, msg->topic);
	buf_str(&k->payload, msg->payload);
	if (is_notice)
		p->notice_is_json = is_object(msg->payload);
	p->notices += is_notice;
	return !k->topic.failed && !k->payload.failed;
}

bool people_hear(struct people *p, const struct people_message *msg, mono now, int64_t wall_ms)
{
	struct people_kept *k = place_of(p, msg->topic);
	mono end = end_of(msg, now, wall_ms);

	if (!msg->payload.len || mono_reached(now, end)) {
		if (k)
			forget(p, k);
		return true;
	}
	if (!k || msg->payload.len > PEOPLE_MAX_PAYLOAD || msg->topic.len > PEOPLE_MAX_TOPIC || !keep(p, k, msg)) {
		if (k)
			forget(p, k);
		return false;
	}
	k->end = end;
	k->heard = true;
	k->due = false;
	return true;
}

void people_connected(struct people *p)
{
	p->in_flight = NULL;
	for (size_t i = 0; i < PEOPLE_MAX_TOPICS; i++)
		p->kept[i].heard = false;
}

size_t people_compared(struct people *p, bool forgotten)
{
	size_t n = 0;

	for (size_t i = 0; i < PEOPLE_MAX_TOPICS; i++) {
		struct people_kept *k = &p->kept[i];

		k->due |= forgotten && is_full(k) && !k->heard;
		if (is_full(k) && !k->heard && !k->due)
			forget(p, k);
		n += k->due;
	}
	return n;
}

static uint32_t seconds_left(const struct people_kept *k, mono now)
{
	return k->end.ms == MONO_NEVER.ms ? 0 : (uint32_t)(mono_diff(k->end, now) / 1000);
}

bool people_next(struct people *p, mono now, struct people_message *out)
{
	for (size_t i = 0; i < PEOPLE_MAX_TOPICS && !p->in_flight; i++) {
		struct people_kept *k = &p->kept[i];

		if (!k->due)
			continue;
		if (mono_diff(k->end, now) < 1000) { /* the shortest expiry is a second */
			forget(p, k);
			continue;
		}
		*out = (struct people_message){ buf_view(&k->topic), buf_view(&k->payload), seconds_left(k, now) };
		p->in_flight = k;
		return true;
	}
	return false;
}

void people_answered(struct people *p)
{
	if (p->in_flight)
		p->in_flight->due = false;
	p->in_flight = NULL;
}

mono people_deadline(const struct people *p)
{
	mono t = MONO_NEVER;

	for (size_t i = 0; i < PEOPLE_MAX_TOPICS; i++)
		if (is_full(&p->kept[i]))
			t = mono_min(t, p->kept[i].end);
	return t;
}

void people_tick(struct people *p, mono now)
{
	for (size_t i = 0; i < PEOPLE_MAX_TOPICS; i++)
		if (is_full(&p->kept[i]) && mono_reached(now, p->kept[i].end))
			forget(p, &p->kept[i]);
}

struct str people_notice(const struct people *p)
{
	return p->notice_is_json ? buf_view(&p->kept[0].payload) : (struct str){ "", 0 };
}
