#include "bench/loadgen/core/feed_check.h"

#define HEAD_BYTES 160 /* how much of a payload is searched: the publisher writes epoch, seq and the times first */

static int64_t number_behind(struct str s, struct str key)
{
	const char *at = memmem(s.p, s.len, key.p, key.len), *end = s.p + s.len;
	int64_t n = 0;

	if (!at)
		return -1;
	at += key.len;
	if (at == end || *at < '0' || *at > '9')
		return -1;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *at - '0', &n))
			return -1;
	return n;
}

static uint32_t epoch_hash(struct str s)
{
	const struct str key = STR("\"epoch\":\"");
	const char *at = memmem(s.p, s.len, key.p, key.len);
	uint32_t h = 2166136261u;

	if (!at)
		return 0;
	for (at += key.len; at < s.p + s.len && *at != '"'; at++)
		h = (h ^ (unsigned char)*at) * 16777619u;
	return h;
}

bool feed_message_read(struct str payload, struct feed_message *m)
{
	struct str head = { payload.p, payload.len < HEAD_BYTES ? payload.len : HEAD_BYTES };

	m->seq = number_behind(head, STR("\"seq\":"));
	m->ts_ms = number_behind(head, STR("\"ts\":"));
	m->sent_ns = number_behind(head, STR("\"sent\":"));
	if (m->seq < 0)
		return false;
	m->base = number_behind(head, STR("\"base\":"));
	m->epoch = epoch_hash(head);
	m->empty = !memmem(head.p, head.len, "\"set\":", 6) && !memmem(head.p, head.len, "\"del\":", 6);
	return true;
}

void feed_check_reset(struct feed_check *f)
{
	*f = (struct feed_check){ .seq = -1, .base = -1, .early = -1 };
}

static bool now_exact(struct feed_check *f)
{
	if (f->synced || !f->has_snapshot || !f->has_recent)
		return false;
	if (f->early > f->seq)
		f->seq = f->early;
	f->synced = f->fresh = true;
	return true;
}

bool feed_check_snapshot(struct feed_check *f, const struct feed_message *m)
{
	if (f->synced)
		return false;
	f->has_snapshot = !f->has_recent || m->epoch != f->epoch || m->seq >= f->base;
	if (!f->has_snapshot)
		return false; /* the `recent` that is already here builds on a newer snapshot: wait for that one */
	if (!f->has_recent || m->epoch != f->epoch || m->seq > f->base)
		f->seq = m->seq; /* there is no `recent` yet, or it builds on an older snapshot and adds nothing */
	f->base = m->seq;
	f->epoch = m->epoch;
	return now_exact(f);
}

bool feed_check_recent(struct feed_check *f, const struct feed_message *m)
{
	bool older = f->has_snapshot && (m->epoch != f->epoch || m->base < f->base);

	if (f->synced)
		return false;
	f->has_recent = true;
	if (older)
		return now_exact(f);
	if (f->has_snapshot && m->base > f->base)
		f->has_snapshot = false; /* this `recent` builds on a newer snapshot than we have: wait for that one */
	f->epoch = m->epoch;
	f->base = m->base;
	f->seq = m->seq;
	return now_exact(f);
}

static enum feed_verdict judge(const struct feed_check *f, const struct feed_message *m)
{
	if (m->epoch != f->epoch)
		return FEED_NEW_EPOCH;
	if (m->seq < f->seq)
		return FEED_BACKWARD;
	if (m->seq == f->seq)
		return m->empty ? FEED_ALIVE : FEED_REPEATED;
	return m->seq == f->seq + (m->empty ? 0 : 1) ? FEED_NEXT : FEED_GAP;
}

enum feed_verdict feed_check_delta(struct feed_check *f, const struct feed_message *m, int64_t *missing)
{
	enum feed_verdict v;

	*missing = 0;
	if (!f->synced) {
		if (m->seq > f->early)
			f->early = m->seq;
		return FEED_EARLY;
	}
	/* The publisher sends `recent` before the delta that it includes: whoever subscribes between the two gets that delta once more. */
	if (f->fresh && m->epoch == f->epoch && m->seq == f->seq)
		return FEED_EARLY;
	f->fresh = false;
	v = judge(f, m);
	if (v == FEED_GAP)
		*missing = m->seq - f->seq - (m->empty ? 0 : 1);
	f->epoch = m->epoch;
	if (v != FEED_BACKWARD)
		f->seq = m->seq;
	return v;
}
