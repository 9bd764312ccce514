/* link - the life of one connection: dial, watch it, notice its death, wait, dial again.
 *
 * Connections fail in more ways than by an error: a peer does not answer the dial, or hangs without closing, or takes us and throws us out at
 * once, for ever. Whoever dials again immediately does harm; whoever waits too long misses a game. The same rules serve the
 * scoreboard and the broker, so they are kept here, once.
 *
 *             START                OPENED                 LOST, no pong, silence
 *   IDLE ---------------> DIALING ---------> UP ----------------------------------> WAITING
 *                            ^   \ LOST, dial timeout                                 |  |
 *                            |    `---------------------------------------------------'  |
 *                            `-------------------- TICK after the backoff ---------------'
 *   REDIAL leads from any state but IDLE to DIALING at once; STOP from any state to IDLE.
 *
 * Words:
 *   backoff   the wait before the next dial. It doubles with every loss up to a maximum, and chance makes each up to a quarter longer or
 *             shorter, so that many who lost the same peer don't come back in the same moment.
 *   of use    the owner says so (PROVED): the scoreboard has sent its state, the broker is compared. To be open alone is not enough.
 *   settled   it has been of use for settle_ms. Only then does the backoff start anew after the next loss: who is thrown out
 *             as soon as all is well waits longer and longer.
 *   silence   no message (TRAFFIC) for silence_ms although one is expected; see link_expect_traffic().
 *
 * The life of one connection. START answers LINK_DO_DIAL; the owner dials and reports OPENED or LOST. While it is UP, the owner reports
 * what it hears, and wakes the link at link_deadline() with a TICK, which answers LINK_DO_PING, LINK_DO_HANG_UP, or nothing.
 *
 *   if (link_step(l, LINK_EV_TICK, now, rnd) == LINK_DO_HANG_UP)
 *           log(link_reason_name(l->why));        "no_pong"; it is WAITING now
 *
 * It knows neither peer, owns no socket and no timer, and throws no dice: it says what to do and when to be woken. */
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
	LINK_EV_PROVED,  /* it is of use */
	LINK_EV_TRAFFIC, /* the peer said something */
	LINK_EV_PONG,
	LINK_EV_LOST,   /* the connection or the attempt failed */
	LINK_EV_TICK,   /* link_deadline() is reached */
	LINK_EV_REDIAL, /* drop it and dial again at once */
	LINK_EV_STOP,
};

enum link_action {
	LINK_DO_NOTHING,
	LINK_DO_DIAL,
	LINK_DO_PING,
	LINK_DO_HANG_UP,      /* close it; no event of that connection may follow */
	LINK_DO_HANG_UP_DIAL, /* close it and dial */
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
	int64_t settle_ms;                     /* of use for so long: the next loss starts with the first backoff */
	int64_t ping_every_ms, pong_within_ms; /* 0: no pings */
	int64_t silence_ms;                    /* hang up after so long without traffic while it is expected; 0: never */
};

/* Owners may read it, and change nothing. */
struct link {
	struct link_config cfg;
	enum link_state state;
	enum link_reason why; /* of the last loss */
	int64_t backoff_ms;   /* the next wait */
	mono deadline;        /* DIALING: then it gives up; WAITING: then it dials */
	mono next_ping;       /* UP: then it pings */
	mono pong_until;      /* UP: then it gives up, unless a pong comes; MONO_NEVER: none is due */
	mono settled_at;      /* UP: then it is settled; MONO_NEVER until it is of use */
	mono silent_at;       /* UP: then it gives up, unless a message comes; MONO_NEVER while none is expected */
	bool expect_traffic;
};

void link_init(struct link *l, const struct link_config *cfg);
/* The only function that leads from state to state; rnd: any number, another each time. The answer is to be done at once. */
enum link_action link_step(struct link *l, enum link_event ev, mono now, uint32_t rnd) __attribute__((warn_unused_result));
/* From now on, are there to be messages all the time, so that silence means death? */
void link_expect_traffic(struct link *l, bool expect, mono now);
mono link_deadline(const struct link *l); /* MONO_NEVER: nothing but an event of the owner leads on */

/* Was the present connection of use, or the last one while none is dialled? */
static inline bool link_was_of_use(const struct link *l)
{
	return l->settled_at.ms != MONO_NEVER.ms;
}

const char *link_reason_name(enum link_reason why);

#endif
