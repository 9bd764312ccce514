/* translator - makes of a scoreboard's messages what is published: topics with values in the outboxes, and changes of the views.
 *
 * A scoreboard sends frames, each a message of paths and values (frame.h takes one apart). After we have registered, the first one that
 * concerns us holds all that the scoreboard has, and each later one what has changed. The translator takes them in this order, asks the schema
 * for each path's topic and treatment, and puts the value into the outbox of each broker and, if viewers may see it, into the views. The
 * scoreboard's clocks tick once a second, which viewers can count by themselves: only what clock.h calls news of a clock goes into the views.
 *
 * Words:
 *   update       one path with its value, or without: then the path is gone.
 *   whole state  a frame with all that the scoreboard has. What was there before and is not in it is removed.
 *   verdict      whether a frame held anything for us; a recording keeps only the frames that did.
 *   resync       a frame was lost or is broken, so that we can't be sure of the state any more: only a new connection brings all of it.
 *
 * The life of an update. Its path is parsed and mapped to a topic; if that fails, it is refused with a counter and a warning. It is dropped if
 * the schema says so, or if it is outside of what we registered for. Otherwise its value is put into the outboxes; if it is news there, it goes
 * into the views as well. At the end of the frame the clocks are looked at, and the frame of each view ends, too.
 *
 *   translator_expect_state(t, true);                      a connection is there
 *   r = translator_take(t, STR("{\"state\":{\"ScoreBoard.CurrentGame.Team(1).Score\":7}}"), now);
 *   if (r.whole_state)
 *           ... from now on we know what the scoreboard says
 *
 * It knows no connection and no broker; its results say what the owner has to do about them. */
#ifndef PUBLISHER_TRANSLATOR_H
#define PUBLISHER_TRANSLATOR_H

#include "publisher/core/bridge/views.h"
#include "publisher/core/bridge/warnings.h"
#include "publisher/core/files/files.h"
#include "publisher/core/frame.h"
#include "publisher/core/news/clock.h"
#include "publisher/core/news/outboxes.h"

struct translator_config {
	enum schema_list list;           /* what we register for; updates of other paths are ignored */
	size_t topic_max;                /* bytes that MQTT leaves for a topic below the prefix */
	const struct outboxes *outboxes; /* this and the next two must outlive the translator */
	struct views *views;
	struct warnings *warnings;
	bool takes_files; /* the source has a web server with the pictures that paths lead to */
};

struct translator {
	struct translator_config cfg;
	struct schema *schema; /* owned */
	struct clocks clocks;
	struct files files;  /* empty unless it takes files */
	bool awaiting_state; /* the next frame that concerns us is a whole state */
};

struct translator_result {
	enum frame_verdict verdict;
	bool whole_state;       /* it was a whole state */
	const char *resync_why; /* why a resync is needed; NULL: none is */
};

/* Takes the schema over. It may be NULL if there will never be a frame. */
void translator_init(struct translator *t, const struct translator_config *cfg, struct schema *schema);
void translator_free(struct translator *t);

/* Makes the schema's views, which are empty at first. To be called once, before the first frame. False: no memory for all of them. */
bool translator_start(struct translator *t, struct moment now) __attribute__((warn_unused_result));
/* Takes a new schema over, makes its views, and maps all that the outbox has of the scoreboard by the new rules. False: no memory for all
 * views. */
bool translator_change_schema(struct translator *t, struct schema *schema, struct moment now) __attribute__((warn_unused_result));

/* Appends the message that asks a scoreboard for what we want. */
void translator_write_register(const struct translator *t, struct buf *out);
/* Whether the next frame that concerns us will be a whole state: true when a connection has opened, false when it is lost. */
void translator_expect_state(struct translator *t, bool expect);

struct translator_result translator_take(struct translator *t, struct str bytes, struct moment now);
/* A message of the scoreboard was too large to be taken in, or is binary. */
struct translator_result translator_frame_lost(struct translator *t, enum frame_loss loss, mono now);

/* A file was fetched, or could not be. It is counted, and logged when it failed. */
void translator_file_fetched(struct translator *t, const struct file_fetched *got, mono now);

/* Does a clock run? Then the scoreboard must send a frame every second. */
bool translator_expect_ticks(const struct translator *t);

#endif
