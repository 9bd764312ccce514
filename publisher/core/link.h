/* link - the life of one connection: dial, watch it, notice its death, wait, dial again.
 *
 * Connections fail in more ways than by an error: a peer does not answer the dial, or hangs without closing, or accepts us and throws us out
 * at once, again and again. Whoever dials again immediately does harm; whoever waits too long misses a game. The rules for that are the
 * same for the scoreboard and for the broker, so they are kept here, once.
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
 *   unanswered  nobody has said anything to the dial. That harms nobody, and the peer may be there again at any moment: such waits have a
 *             maximum of their own, unanswered_max_ms, and make no later one longer than that.
 *   of use    the connection has done what it is for, which the owner reports as PROVED: the scoreboard has sent its state, or what the
 *             broker holds was compared. To be open is not enough.
 *   settled   the connection has been of use for settle_ms. Only after that does the backoff start anew with the next loss: whoever is
 *             thrown out as soon as all is well waits longer and longer.
 *   silence   no message (TRAFFIC) came for silence_ms although one is expected; see link_expect_traffic().
 *
 * The life of one connection. To START the link answers LINK_DO_DIAL; the owner dials and reports OPENED or LOST. While the link is UP, the
 * owner reports what it hears from the peer. At link_deadline() it wakes the link with a TICK, to which the answer is LINK_DO_PING,
 * LINK_DO_HANG_UP or LINK_DO_NOTHING; when the link is WAITING, it is LINK_DO_DIAL.
 *
 *   if (link_step(l, LINK_EV_TICK, now, rnd) == LINK_DO_HANG_UP)
 *           log(link_reason_name(l->why));        "no_pong"; the link is WAITING now
 *
 * It knows nothing of the peers, owns no socket and no timer, and throws no dice: it says what to do and when to be woken. */
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
	LINK_EV_PROVED,  /* the connection is of use */
	LINK_EV_TRAFFIC, /* the peer has sent a message */
	LINK_EV_PONG,
	LINK_EV_LOST,    /* the connection or the attempt failed */
	LINK_EV_REFUSED, /* the peer has answered the attempt, with a no */
	LINK_EV_TICK,    /* link_deadline() is reached */
	LINK_EV_REDIAL,  /* the owner wants another connection at once */
	LINK_EV_STOP,
};

enum link_action {
	LINK_DO_NOTHING,
	LINK_DO_DIAL,
	LINK_DO_PING,
	LINK_DO_HANG_UP,      /* close it; no event of that connection may follow */
	LINK_DO_HANG_UP_DIAL, /* close it, and dial at once */
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
	int64_t backoff_first_ms, backoff_max_ms;
	int64_t unanswered_max_ms; /* 0: backoff_max_ms */
	int64_t dial_timeout_ms;
	int64_t settle_ms;                     /* after so long of use the connection is settled */
	int64_t ping_every_ms, pong_within_ms; /* ping_every_ms 0: no pings */
	int64_t silence_ms;                    /* so long a silence ends the connection; 0: none does */
};

/* The owner may read it, but must not change it. */
struct link {
	struct link_config cfg;
	enum link_state state;
	enum link_reason why; /* of the last loss */
	int64_t backoff_ms;   /* the next wait, before chance makes it longer or shorter */
	mono deadline;        /* DIALING: when to give up; WAITING: when to dial */
	mono next_ping;       /* UP: when to ping */
	mono pong_until;      /* UP: when to give up unless a pong has come; MONO_NEVER: none is due */
	mono settled_at;      /* UP: when it is settled; MONO_NEVER until it is of use */
	mono silent_at;       /* UP: when to give up unless a message has come; MONO_NEVER while none is expected */
	bool expect_traffic;
	bool is_unanswered; /* the present dial, or the last one */
};

void link_init(struct link *l, const struct link_config *cfg);
/* The only function that changes the state. The owner must do at once what it returns. rnd: a new random number with each call. */
enum link_action link_step(struct link *l, enum link_event ev, mono now, uint32_t rnd) __attribute__((warn_unused_result));
/* Says whether the peer is expected to send messages all the time from now on, so that silence means that it is dead. */
void link_expect_traffic(struct link *l, bool expect, mono now);
/* The owner knows a better moment for the next dial than the backoff does. While the link is WAITING it is this one, and the backoff starts
 * anew; otherwise nothing happens. */
void link_retry_at(struct link *l, mono at);
mono link_deadline(const struct link *l); /* when to send TICK; MONO_NEVER: the link waits for other events only */
/* Until the next dial; 0 unless it is WAITING. */
static inline int64_t link_wait_ms(const struct link *l, mono now)
{
	return l->state == LINK_WAITING ? mono_diff(l->deadline, now) : 0;
}

/* Has the present connection been of use? While none is dialled or open: had the last one been? */
static inline bool link_was_of_use(const struct link *l)
{
	return l->settled_at.ms != MONO_NEVER.ms;
}

const char *link_reason_name(enum link_reason why);

#endif
