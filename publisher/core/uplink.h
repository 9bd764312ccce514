/* uplink - a scoreboard that only a page in a browser beside it can reach: the page relays, over a broker.
 *
 * The publisher is far from the scoreboard, and the machine at the rink runs nothing of ours but a page (web/uplink.html). The page does
 * nothing by itself: we ask it to connect to the scoreboard, tell it what to send there, and it sends us what comes back, as it is. So a
 * scoreboard behind an uplink is like any other: it is dialled, registered with, and dialled anew after each doubt, which brings the whole
 * state.
 *
 * Words:
 *   order    a message of ours to the page; message: one of the page's to us.
 *   session  one connection of the page to the scoreboard, which we have asked for. It has a name that we have drawn, and whatever has
 *            another one is old, and is ignored.
 *   number   the messages of a session are numbered, from 0. One that is missing ends the session: then a frame may be missing.
 *   here     a page says so, outside of any session, when it has come to the broker: it knows nothing of a session that we believe in.
 *
 * Both are texts: `SESSION NUMBER WORD`, and a line feed and a body where the word has one. Orders have no number to go by: theirs is 0.
 *
 *   order                                 message
 *   open   connect anew. body: after so   here    I have come (SESSION is `-`)
 *          many ms without an order we    trying  I connect
 *          have gone                      open    I am connected
 *   send   body: a text for the           part    body: the next part of a frame
 *          scoreboard                     frame   body: the last part of a frame, or all of it
 *   ping   are you there?                 pong    yes
 *                                         lost    it has ended. body: why, a word of our list
 *
 * The page is no more to be trusted than a scoreboard: a frame is bounded, its words are ours, and none of its own texts is shown to anybody.
 * It knows no broker. */
#ifndef PUBLISHER_UPLINK_H
#define PUBLISHER_UPLINK_H

#include "base/buf.h"
#include "base/mono.h"

#define UPLINK_SESSION_SIZE 17
#define UPLINK_OPEN_WITHIN_MS 5000 /* so long a page may take from the order to the open connection */

enum uplink_state {
	UPLINK_IDLE,
	UPLINK_ASKING, /* we have given the order to open */
	UPLINK_OPEN,
};

enum uplink_news {
	UPLINK_NOTHING,
	UPLINK_HERE, /* a page has come while we ask: the order has to be given once more */
	UPLINK_OPENED,
	UPLINK_FRAME,           /* uplink_frame() has it */
	UPLINK_FRAME_TOO_LARGE, /* a frame is over that was longer than max_frame */
	UPLINK_PONG,            /* the page has answered a ping, or sent a part of a frame: it is there */
	UPLINK_OVER,            /* the session has ended: `why` says how */
};

/* The owner may read it. */
struct uplink {
	enum uplink_state state;
	size_t max_frame;
	char session[UPLINK_SESSION_SIZE];
	int64_t next;     /* the number that the next message must have */
	mono until;       /* ASKING: when to give up; else MONO_NEVER */
	bool answered;    /* ASKING: a page tries */
	const char *why;  /* of the last session's end; static */
	struct buf frame; /* the parts of a frame that have come */
	bool too_large;   /* of the frame that is coming */
	bool frame_ended; /* the next part is that of another frame */
};

void uplink_init(struct uplink *u, size_t max_frame); /* IDLE */
void uplink_free(struct uplink *u);

/* Begins a session, which replaces any other. rnd and salt: what no other session has had lately. The order to open is to follow. */
void uplink_ask(struct uplink *u, uint32_t rnd, uint32_t salt, mono now);
/* Ends the session, without a word to the page. */
void uplink_end(struct uplink *u);
/* A message of a page. */
enum uplink_news uplink_take(struct uplink *u, struct str message) __attribute__((warn_unused_result));
/* After UPLINK_FRAME; valid until the next call. */
struct str uplink_frame(const struct uplink *u);
/* Has the page taken too long to open? Then the session has ended: `why` says how. */
bool uplink_is_late(struct uplink *u, mono now) __attribute__((warn_unused_result));

/* Appends an order of the present session. */
void uplink_write(const struct uplink *u, const char *word, struct str body, struct buf *out);

#endif
