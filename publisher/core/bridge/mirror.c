#include "publisher/core/bridge/mirror.h"

#include "publisher/core/names/owner.h"

#define COMPARE_TIMEOUT_MS 15000 /* so long the broker may send nothing while we compare */
#define COMPARE_AGAIN_FROM 500   /* a list of so many retained messages may have been cut by the broker's queue */
#define COMPARISONS_MAX 5
#define REFUSED_RETRY_MS 30000 /* by then somebody may have mended the broker's policy */

#define NO_TEXT ((struct str){ "", 0 })

void mirror_init(struct mirror *m, struct outbox *outbox, struct effects *effects, struct health *health)
{
	*m = (struct mirror){ .outbox = outbox, .effects = effects, .health = health };
}

static bool is_comparing(const struct mirror *m)
{
	return m->phase == MIRROR_ASKING || m->phase == MIRROR_COMPARING;
}

static void start_comparison(struct mirror *m, mono now)
{
	m->phase = MIRROR_ASKING;
	m->give_up = mono_add(now, COMPARE_TIMEOUT_MS);
	m->seen = m->differ = 0;
	m->forgotten = false;
	m->compare_again = m->marker_due = m->refused = false;
	m->comparisons++;
	effects_push_text(m->effects, FX_SINK_SUBSCRIBE, "#", NO_TEXT);
}

static void open_mirror(struct mirror *m, mono now)
{
	size_t to_send;

	effects_push_text(m->effects, FX_SINK_UNSUBSCRIBE, "#", NO_TEXT);
	to_send = outbox_open(m->outbox, now);
	m->phase = MIRROR_OPEN;
	m->compare_again = m->seen >= COMPARE_AGAIN_FROM && m->differ && m->comparisons < COMPARISONS_MAX;
	health_count(m->health, HEALTH_RECONCILES, 1);
	health_count(m->health, HEALTH_RECONCILE_DIFFERENT, (double)m->differ);
	effects_log(m->effects, LOG_LEVEL_INFO, "broker", "reconciled  held=%zu different=%zu to_send=%zu", m->seen, m->differ,
		    to_send);
}

void mirror_up(struct mirror *m, size_t window)
{
	m->phase = MIRROR_CONNECTED;
	m->comparisons = 0;
	m->window = window;
}

void mirror_lost(struct mirror *m)
{
	m->phase = MIRROR_DOWN;
	m->caught_up = m->compare_again = m->refused = false;
	outbox_close(m->outbox);
}

bool mirror_subscribed(struct mirror *m, bool granted, mono now)
{
	if (m->phase != MIRROR_ASKING)
		return false;
	if (granted) {
		m->phase = MIRROR_COMPARING;
		m->give_up = mono_add(now, COMPARE_TIMEOUT_MS);
		m->marker_due = true;
		return false;
	}
	health_count(m->health, HEALTH_RECONCILE_REFUSED, 1);
	effects_log(m->effects, LOG_LEVEL_ERROR, "broker",
		    "may not subscribe to %s/#: topics left by an earlier run can't be found and stay", m->effects->prefix);
	open_mirror(m, now);
	return true;
}

/* Is it a retained message that is not the outbox's? Plugin and people write theirs, and bridge.c publishes the status itself. */
static bool is_left_alone(const struct mirror *m, const struct mirror_message *msg)
{
	switch (owner_of(msg->topic)) {
	case OWNER_PLUGIN:
	case OWNER_PEOPLE:
		return true;
	case OWNER_CREW: /* a value of the scoreboard is told again even where somebody has written over it */
		return !msg->is_marked && !outbox_knows(m->outbox, msg->topic);
	case OWNER_PUBLISHER:
		return str_is(msg->topic, "status");
	case OWNER_SCOREBOARD:
		break;
	}
	return false;
}

/* Retained messages count in both phases, since they may come before the broker says that it grants the subscription. */
bool mirror_message(struct mirror *m, const struct mirror_message *msg, mono now)
{
	if (!is_comparing(m))
		return false;
	m->give_up = mono_add(now, COMPARE_TIMEOUT_MS);
	if (msg->is_marker && m->phase == MIRROR_COMPARING) {
		m->forgotten = m->comparisons == 1 && m->seen == 0 && m->has_told;
		open_mirror(m, now);
		return true;
	}
	if (msg->retained && !is_left_alone(m, msg)) {
		m->seen++;
		m->differ += outbox_seen(m->outbox, msg->topic, msg->payload);
	}
	return false;
}

bool mirror_tick(struct mirror *m, mono now)
{
	if (!is_comparing(m) || !mono_reached(now, m->give_up))
		return false;
	health_count(m->health, HEALTH_RECONCILE_REFUSED, 1);
	effects_log(m->effects, LOG_LEVEL_WARN, "broker", "did not send %s/status back: going on with what it has sent",
		    m->effects->prefix);
	open_mirror(m, now);
	return true;
}

void mirror_review(struct mirror *m, bool has_state, mono now)
{
	if (m->phase == MIRROR_CONNECTED && has_state)
		start_comparison(m, now);
	if (m->phase != MIRROR_OPEN || !outbox_idle(m->outbox))
		return;
	if (m->compare_again || (m->refused && mono_reached(now, m->retry_at))) {
		outbox_close(m->outbox);
		start_comparison(m, now);
	} else {
		m->caught_up = !m->refused;
		m->has_told |= m->caught_up && outbox_stats(m->outbox).topics > 0;
	}
}

void mirror_state_replaced(struct mirror *m)
{
	m->caught_up = false;
}

void mirror_topics_renamed(struct mirror *m)
{
	m->caught_up = false;
	if (m->phase > MIRROR_CONNECTED)
		m->phase = MIRROR_CONNECTED;
}

void mirror_refused(struct mirror *m, mono now)
{
	m->refused = true;
	m->retry_at = mono_add(now, REFUSED_RETRY_MS);
}

/* The broker's window may be smaller than the outbox's. */
static bool window_is_full(const struct mirror *m)
{
	return outbox_stats(m->outbox).in_flight >= m->window;
}

bool mirror_next(struct mirror *m, mono now, struct publish *out)
{
	return m->phase == MIRROR_OPEN && !window_is_full(m) && outbox_next(m->outbox, now, out);
}

bool mirror_wants_marker(const struct mirror *m)
{
	return m->phase == MIRROR_COMPARING && m->marker_due;
}

void mirror_marker_left(struct mirror *m)
{
	m->marker_due = false;
}

mono mirror_deadline(const struct mirror *m)
{
	mono t = MONO_NEVER;

	if (is_comparing(m))
		return m->give_up;
	if (m->phase != MIRROR_OPEN)
		return t;
	if (!window_is_full(m)) /* otherwise nothing can leave before an answer has come, which is an event of its own */
		t = outbox_deadline(m->outbox);
	if (m->refused && outbox_idle(m->outbox))
		t = mono_min(t, m->retry_at);
	return t;
}

bool mirror_is_drained(const struct mirror *m)
{
	return (m->caught_up || m->refused) && outbox_idle(m->outbox);
}
