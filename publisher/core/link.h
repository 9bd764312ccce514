/* link - the life of one connection: dial, wait, dial again, notice death. Used for the scoreboard and for the broker.
 * Knows neither; owns no socket and no timer: it says what to do and when to be woken.
 *
 *             START                OPENED                 LOST, no pong, silence
 *   IDLE ---------------> DIALING ---------> UP ----------------------------------> WAITING
 *                            ^   \ LOST, dial timeout                                 |  |
 *                            |    `---------------------------------------------------'  |
 *                            `-------------------- TICK after the backoff ---------------'
 */
#ifndef PUBLISHER_LINK_H
#define PUBLISHER_LINK_H

#include "base/mono.h"

enum link_state {
	LINK_IDLE,
	LINK_DIALING,
	LINK_UP,
	LINK_WAITING,
};

enum link_event {
	LINK_EV_START,
	LINK_EV_OPENED,
	LINK_EV_PROVED,  /* it is of use: once it was for settle_ms, the backoff starts anew after a loss */
	LINK_EV_TRAFFIC, /* the peer said something */
	LINK_EV_PONG,
	LINK_EV_LOST,    /* the connection or the attempt failed */
	LINK_EV_TICK,    /* link_deadline() is reached */
	LINK_EV_REDIAL,  /* drop it and dial again at once */
	LINK_EV_STOP,
};

enum link_action {
	LINK_DO_NOTHING,
	LINK_DO_DIAL,
	LINK_DO_PING,
	LINK_DO_HANG_UP,        /* close it; no event of that connection may follow */
	LINK_DO_HANG_UP_DIAL,   /* close it and dial */
};

enum link_reason {
	LINK_WHY_NONE,
	LINK_WHY_LOST,
	LINK_WHY_DIAL_TIMEOUT,
	LINK_WHY_NO_PONG,
	LINK_WHY_SILENT,
	LINK_WHY_REDIAL,
	LINK_WHY_COUNT,
};

struct link_config {
	int64_t backoff_first_ms, backoff_max_ms; /* doubling, each wait +-25 % by chance */
	int64_t dial_timeout_ms;
	int64_t settle_ms;
	int64_t ping_every_ms, pong_within_ms; /* 0: no pings */
	int64_t silence_ms;                    /* hang up after so long without traffic while it is expected; 0: never */
};

struct link {
	struct link_config cfg;
	enum link_state state;
	enum link_reason why; /* of the last loss */
	int64_t backoff_ms;
	mono deadline;    /* DIALING: gives up; WAITING: dials */
	mono next_ping;   /* UP */
	mono pong_until;  /* UP: MONO_NEVER when none is due */
	mono settled_at;  /* UP: MONO_NEVER until it is of use */
	mono silent_at;   /* UP: MONO_NEVER while nothing is expected */
	bool expect_traffic;
};

void link_init(struct link *l, const struct link_config *cfg);
enum link_action link_step(struct link *l, enum link_event ev, mono now, uint32_t rnd) __attribute__((warn_unused_result));
void link_expect_traffic(struct link *l, bool expect, mono now);
mono link_deadline(const struct link *l);

/* The present connection, or dial. */
static inline bool link_was_of_use(const struct link *l)
{
	return l->settled_at.ms != MONO_NEVER.ms;
}

const char *link_reason_name(enum link_reason why);

#endif
