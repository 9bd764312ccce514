/* sink - one of the brokers that we publish to: all that is different from one to the next.
 *
 * The scoreboard's state and the feeds are the same for all brokers, but each comes and goes by itself, holds something else when it comes, and
 * answers in its own time. So each sink has a link (link.h), which says when to dial; a mirror (mirror.h), which compares, over an outbox of
 * its own (outboxes.h); a status (status.h), since what is live at one broker may be stale at another; word of who leads there (standby.h);
 * what people wrote there (people.h), and how many are there (attendance.h); and its own counters and effects. Of the views (views.h), which
 * are everybody's, it takes its broker's share.
 *
 *   sink_step(s, LINK_EV_START, now);                 its effects say: dial
 *   sink_connected(s, window, now); ...
 *   sink_review(s, &facts, now);                      after any event, with what is true of the scoreboard by then
 *   while (effects_next(&s->effects, &fx) || sink_next(s, now, &fx))
 *           ...
 *
 * It knows no scoreboard and no other broker. The topics of its effects have the prefix; those that it is given have none. */
#ifndef PUBLISHER_SINK_H
#define PUBLISHER_SINK_H

#include "publisher/core/bridge/effects.h"
#include "publisher/core/bridge/message.h"
#include "publisher/core/bridge/mirror.h"
#include "publisher/core/bridge/moment.h"
#include "publisher/core/bridge/status.h"
#include "publisher/core/bridge/views.h"
#include "publisher/core/display/discovery.h"
#include "publisher/core/echo.h"
#include "publisher/core/link.h"
#include "publisher/core/news/attendance.h"
#include "publisher/core/news/people.h"
#include "publisher/core/retries.h"
#include "publisher/core/spectators.h"
#include "publisher/core/standby.h"

enum sink_loss {
	SINK_LOSS_CONNECTION,
	SINK_LOSS_REFUSED, /* the broker said no: it may be that another publisher leads, or the password is wrong */
	SINK_LOSS_BARRED,  /* it said no for a reason that has nothing to do with other publishers: a ban, our client id, the protocol */
};

struct sink_config {
	const char *prefix;         /* of all topics; must outlive the sink, and so must the next two */
	const char *name;           /* HOST:PORT of the broker */
	const char *home_assistant; /* what its topics begin with; empty or NULL: it is not told. Must outlive the sink */
	struct views *views;
	struct link_config link;
	enum standby_kind standby;
	size_t broker;       /* which of the views' brokers it is */
	bool is_one_of_many; /* then its log lines say which one it is */
};

struct sink {
	struct sink_config cfg;
	struct outbox *outbox; /* this broker's, of the views' outboxes */
	struct effects effects;
	struct health health; /* rows of HEALTH_OF_BROKER */
	struct link link;
	struct standby standby;
	bool others_led; /* the broker's topics may be newer than a state that we had some time ago */
	struct mirror mirror;
	struct status status;
	struct people people;
	struct echo echo;             /* of the feeds */
	mono opened;                  /* when the sink was opened last: what waited for that has not been on its way before */
	struct spectators spectators; /* what this broker was told of them */
	struct attendance attendance;
	struct discovery discovery;
	struct retries tries;
	char why[STATUS_WHY_SIZE]; /* why it is not connected */
	bool hears_people;         /* we have subscribed to their topics over the present connection */
	bool is_leaving;           /* sink_leave() */
	int short_lives;           /* how many connections in a row were of use but were lost before they were settled (link.h) */
	struct buf topic;          /* of the publish that was given out last */
};

/* What is true of the scoreboard and of us, for the status. */
struct sink_facts {
	const char *leaving_why; /* we have told everything, and leave; or NULL */
	const char *unknown_why; /* why we do not know what the scoreboard says now; or NULL */
	bool has_state;          /* we have had some whole state, if an old one */
};

void sink_init(struct sink *s, const struct sink_config *cfg);
void sink_free(struct sink *s);

void sink_step(struct sink *s, enum link_event ev, struct moment now); /* START; the rest comes of itself */
void sink_leave(struct sink *s);                                       /* the program ends: the log need not tell of a link that is given up */
void sink_tick(struct sink *s, struct moment now);                     /* at sink_deadline(); at any other time it does no harm */
/* To be called after any event: begins a comparison when one is due, and writes the status anew. */
void sink_review(struct sink *s, const struct sink_facts *facts, struct moment now);
mono sink_deadline(const struct sink *s);
/* For parts.h: is it compared, and does it hold what it is told? And why, or why not. */
bool sink_is_well(const struct sink *s);
const char *sink_well_why(const struct sink *s, bool has_state);

/* What the broker does. window: how many publishes may be without its answer: so many values, and as many deltas. */
void sink_connected(struct sink *s, size_t window, struct moment now);
void sink_subscribed(struct sink *s, bool granted, struct moment now);
/* True: the sink is open now, as a mirror is (mirror_message()). */
bool sink_message(struct sink *s, struct str topic, const struct bridge_message *msg, struct moment now) __attribute__((warn_unused_result));
void sink_answered(struct sink *s, size_t token, struct moment now);
/* The same, but the broker will not hold the message. */
void sink_refused(struct sink *s, size_t token, struct moment now);
/* What FX_SINK_LOOK has shown. True: another publisher leads, and we begin to wait. */
bool sink_looked(struct sink *s, enum standby_saw saw, struct moment now) __attribute__((warn_unused_result));
void sink_disconnected(struct sink *s, enum sink_loss loss, const char *why, struct moment now);

/* The next publish. False: there is none, or it may not leave now. */
bool sink_next(struct sink *s, struct moment now, struct effect *out) __attribute__((warn_unused_result));

/* Has the broker answered all that there was to publish? */
bool sink_is_drained(const struct sink *s);

/* Who leads instead of us, as text; NULL: nobody, as far as we know. */
static inline const char *sink_standby(const struct sink *s)
{
	return s->standby.waits ? standby_text(&s->standby) : NULL;
}

static inline bool sink_is_up(const struct sink *s)
{
	return mirror_is_up(&s->mirror);
}

/* Is it compared, so that it is told every change? */
static inline bool sink_is_open(const struct sink *s)
{
	return mirror_is_open(&s->mirror);
}

/* Does it hold all that the scoreboard has said? */
static inline bool sink_is_live(const struct sink *s)
{
	return s->status.state == STATUS_LIVE && sink_is_open(s);
}

#endif
