/* translator - from a scoreboard's messages to topics: what the schema makes of each value, and which values make up the whole state.
 *
 * A scoreboard sends messages of path and value. After we have registered, the first one that concerns us holds all that it has, and
 * each later one what has changed. This module takes them in this order, asks the schema for each path's topic and treatment, and puts the
 * value into the outbox and, if viewers may see it, into the views. The clocks of the scoreboard tick once a second, and viewers count by
 * themselves: they are told what clock.h says is news.
 *
 * Words:
 *   update       one path with its value, or with none: it is gone.
 *   whole state  all that the scoreboard has. What an earlier one named and this one does not is removed.
 *   verdict      whether a message held anything for us; a recording keeps those only.
 *   resync       a message was lost or is broken, so that we don't know the state any more: only another connection brings all of it.
 *
 * The life of an update. Its path is parsed, mapped to a topic, and refused with a counter and a warning if that fails; it is dropped if
 * the schema says so, or if it is outside of what we registered for. Otherwise the outbox is told; if it was news, the views are.
 * When the message is done the clocks are looked at, and the views' frame ends.
 *
 *   translator_expect_state(t);                                the connection is there
 *   r = translator_take(t, STR("{\"state\":{\"ScoreBoard.CurrentGame.Team(1).Score\":7}}"), now);
 *   if (r.whole_state)
 *           ... from now on we know what the scoreboard says
 *
 * It knows no connection and no broker; it says in its results what the owner has to do about them. */
#ifndef PUBLISHER_TRANSLATOR_H
#define PUBLISHER_TRANSLATOR_H

#include "publisher/core/bridge/views.h"
#include "publisher/core/bridge/warnings.h"
#include "publisher/core/frame.h"
#include "publisher/core/news/clock.h"
#include "publisher/core/news/outbox.h"

struct translator_config {
	enum schema_list list; /* what we register for */
	size_t topic_max;      /* bytes that MQTT leaves for a topic below the prefix */
	struct outbox *outbox; /* these three must outlive it */
	struct views *views;
	struct warnings *warnings;
};

struct translator {
	struct translator_config cfg;
	struct schema *schema; /* owned */
	struct clocks clocks;
	bool awaiting_state; /* the next message that concerns us is a whole state */
};

struct translator_result {
	enum frame_verdict verdict;
	bool whole_state;       /* the state is known now */
	const char *resync_why; /* why the state is not known any more; NULL: nothing was lost */
};

/* Takes the schema over; for one that will never take a frame it may be NULL. */
void translator_init(struct translator *t, const struct translator_config *cfg, struct schema *schema);
void translator_free(struct translator *t);

/* Makes the schema's views, empty. False: no memory for all of them. */
bool translator_start(struct translator *t, struct moment now) __attribute__((warn_unused_result));
/* Takes a new schema over, makes its views, and takes all that is known in again under the new rules. False: no memory for all views. */
bool translator_change_schema(struct translator *t, struct schema *schema, struct moment now) __attribute__((warn_unused_result));

/* Appends the message that asks a scoreboard for what we want. */
void translator_write_register(const struct translator *t, struct buf *out);
/* A new connection, or none: is the next message that concerns us a whole state? */
void translator_expect_state(struct translator *t, bool expect);

struct translator_result translator_take(struct translator *t, struct str bytes, struct moment now);
/* A message that never became a frame. */
struct translator_result translator_frame_lost(struct translator *t, enum frame_loss loss, mono now);

/* Does a clock run, so that there must be a message every second? */
bool translator_expect_ticks(const struct translator *t);

#endif
