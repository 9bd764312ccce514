#include "publisher/core/link.h"

static const char *const reason_names[] = { "none", "lost", "dial_timeout", "no_pong", "silent", "redial" };

const char *link_reason_name(enum link_reason why)
{
	return reason_names[why];
}

void link_init(struct link *l, const struct link_config *cfg)
{
	*l = (struct link){ .cfg = *cfg };
	if (l->cfg.backoff_first_ms > l->cfg.backoff_max_ms)
		l->cfg.backoff_first_ms = l->cfg.backoff_max_ms;
	if (l->cfg.unanswered_max_ms == 0 || l->cfg.unanswered_max_ms > l->cfg.backoff_max_ms)
		l->cfg.unanswered_max_ms = l->cfg.backoff_max_ms;
	l->backoff_ms = l->cfg.backoff_first_ms;
	l->deadline = l->next_ping = l->pong_until = l->silent_at = l->settled_at = MONO_NEVER;
}

static enum link_action dial(struct link *l, mono now)
{
	l->state = LINK_DIALING;
	l->is_unanswered = true;
	l->deadline = mono_add(now, l->cfg.dial_timeout_ms);
	l->settled_at = MONO_NEVER;
	return LINK_DO_DIAL;
}

static void forget_backoff_if_settled(struct link *l, mono now)
{
	if (mono_reached(now, l->settled_at))
		l->backoff_ms = l->cfg.backoff_first_ms;
}

/* Goes to WAITING, and doubles the backoff for the time after. */
static void wait_to_redial(struct link *l, enum link_reason why, mono now, uint32_t rnd)
{
	int64_t max_ms = l->is_unanswered ? l->cfg.unanswered_max_ms : l->cfg.backoff_max_ms, wait_ms, spread;

	forget_backoff_if_settled(l, now);
	wait_ms = l->backoff_ms < max_ms ? l->backoff_ms : max_ms;
	spread = wait_ms / 2 > 0 ? wait_ms / 2 : 1;
	l->state = LINK_WAITING;
	l->why = why;
	l->deadline = mono_add(now, wait_ms - spread / 2 + (int64_t)(rnd % (uint64_t)spread));
	if (l->backoff_ms < max_ms)
		l->backoff_ms = l->backoff_ms * 2 < max_ms ? l->backoff_ms * 2 : max_ms;
}

static mono silence_from(const struct link *l, mono now)
{
	return l->expect_traffic && l->cfg.silence_ms ? mono_add(now, l->cfg.silence_ms) : MONO_NEVER;
}

static enum link_action opened(struct link *l, mono now)
{
	l->state = LINK_UP;
	l->is_unanswered = false;
	l->deadline = MONO_NEVER;
	l->next_ping = l->cfg.ping_every_ms ? mono_add(now, l->cfg.ping_every_ms) : MONO_NEVER;
	l->pong_until = MONO_NEVER;
	l->silent_at = silence_from(l, now);
	return LINK_DO_NOTHING;
}

static enum link_action hang_up(struct link *l, enum link_reason why, mono now, uint32_t rnd)
{
	wait_to_redial(l, why, now, rnd);
	return LINK_DO_HANG_UP;
}

static enum link_action tick_up(struct link *l, mono now, uint32_t rnd)
{
	if (mono_reached(now, l->pong_until))
		return hang_up(l, LINK_WHY_NO_PONG, now, rnd);
	if (mono_reached(now, l->silent_at))
		return hang_up(l, LINK_WHY_SILENT, now, rnd);
	if (!mono_reached(now, l->next_ping))
		return LINK_DO_NOTHING;
	l->next_ping = mono_add(now, l->cfg.ping_every_ms);
	if (l->pong_until.ms == MONO_NEVER.ms)
		l->pong_until = mono_add(now, l->cfg.pong_within_ms);
	return LINK_DO_PING;
}

static enum link_action tick(struct link *l, mono now, uint32_t rnd)
{
	if (l->state == LINK_UP)
		return tick_up(l, now, rnd);
	if (l->state == LINK_IDLE || !mono_reached(now, l->deadline))
		return LINK_DO_NOTHING;
	if (l->state == LINK_WAITING)
		return dial(l, now);
	return hang_up(l, LINK_WHY_DIAL_TIMEOUT, now, rnd);
}

static enum link_action redial(struct link *l, mono now)
{
	enum link_state was = l->state;

	if (was == LINK_IDLE)
		return LINK_DO_NOTHING;
	l->why = LINK_WHY_REDIAL;
	forget_backoff_if_settled(l, now);
	dial(l, now);
	return was == LINK_WAITING ? LINK_DO_DIAL : LINK_DO_HANG_UP_DIAL;
}

static enum link_action stop(struct link *l)
{
	bool open = l->state == LINK_DIALING || l->state == LINK_UP;

	l->state = LINK_IDLE;
	l->deadline = MONO_NEVER;
	return open ? LINK_DO_HANG_UP : LINK_DO_NOTHING;
}

enum link_action link_step(struct link *l, enum link_event ev, mono now, uint32_t rnd)
{
	switch (ev) {
	case LINK_EV_START:
		return l->state == LINK_IDLE ? dial(l, now) : LINK_DO_NOTHING;
	case LINK_EV_OPENED:
		return l->state == LINK_DIALING ? opened(l, now) : LINK_DO_NOTHING;
	case LINK_EV_PROVED:
		l->settled_at = mono_min(l->settled_at, mono_add(now, l->cfg.settle_ms));
		break;
	case LINK_EV_TRAFFIC:
		l->silent_at = silence_from(l, now);
		break;
	case LINK_EV_PONG:
		l->pong_until = MONO_NEVER;
		break;
	case LINK_EV_LOST:
	case LINK_EV_REFUSED:
		l->is_unanswered = l->is_unanswered && ev == LINK_EV_LOST;
		if (l->state == LINK_DIALING || l->state == LINK_UP)
			wait_to_redial(l, LINK_WHY_LOST, now, rnd);
		break;
	case LINK_EV_TICK:
		return tick(l, now, rnd);
	case LINK_EV_REDIAL:
		return redial(l, now);
	case LINK_EV_STOP:
		return stop(l);
	}
	return LINK_DO_NOTHING;
}

void link_expect_traffic(struct link *l, bool expect, mono now)
{
	if (l->expect_traffic == expect)
		return;
	l->expect_traffic = expect;
	l->silent_at = silence_from(l, now);
}

void link_retry_at(struct link *l, mono at)
{
	if (l->state != LINK_WAITING)
		return;
	l->deadline = at;
	l->backoff_ms = l->cfg.backoff_first_ms;
}

mono link_deadline(const struct link *l)
{
	if (l->state == LINK_IDLE)
		return MONO_NEVER;
	if (l->state != LINK_UP)
		return l->deadline;
	return mono_min(l->next_ping, mono_min(l->pong_until, l->silent_at));
}
