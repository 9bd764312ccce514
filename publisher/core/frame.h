/* frame - one whole message of a scoreboard, taken apart into updates, each a path with a JSON scalar. It knows the shape of CRG's messages
 * ({"state":{"path":value,...}}), and that strings may hold anything, NUL included. It knows no path's meaning and no topic: what becomes
 * of the updates is the translator's business (bridge/translator.h).
 *
 *   struct frame f;
 *   r = frame_open(&f, bytes);
 *   while (frame_next(&f, &u)) ...
 *   frame_close(&f);
 */
#ifndef PUBLISHER_FRAME_H
#define PUBLISHER_FRAME_H

#include "base/buf.h"

struct cJSON;

enum frame_result {
	FRAME_STATE = 0,    /* it has a state, whose updates frame_next() gives out; there may be none */
	FRAME_PONG = 1,     /* {"Pong":""}: the answer to an application's ping; to be ignored */
	FRAME_NOTICE = 2,   /* {"error":...} or {"authorization":...}: frame_notice() is its text */
	FRAME_BAD_JSON = 3, /* it is not JSON, is cut off or nested too deep, or there was no memory */
	FRAME_NO_STATE = 4, /* it is JSON, but none of these; or its "state" is no object */
	FRAME_TOO_MANY = 5, /* it has so many values that reading it would take more than FRAME_PARSE_MAX_BYTES */
	FRAME_RESULT_COUNT,
};

/* What a message was good for. */
enum frame_verdict {
	VERDICT_TAKEN,   /* it held something that we registered for; a recording keeps such messages only */
	VERDICT_IGNORED, /* it held nothing for us */
	VERDICT_REFUSED, /* there was something wrong with it */
};

/* Why a message could not be opened as a frame at all. */
enum frame_loss {
	FRAME_LOSS_TOO_LARGE, /* longer than the option max-frame-bytes */
	FRAME_LOSS_BINARY,
};

/* What cJSON's tree of a message may take in memory. The length of the message is no bound for that: the tree of [0,0,0,...] takes forty times
 * its length, that of a scoreboard's messages three to five times. MemoryMax in conf/systemd/scoreboard-publisher.service counts with this. */
#define FRAME_PARSE_MAX_BYTES ((size_t)48 << 20)
/* Would cJSON's tree of this text take no more than that? */
bool frame_fits(struct str bytes);

struct frame {
	struct cJSON *root;
	const struct cJSON *next; /* the update that frame_next() gives out next */
	struct buf text;          /* the message without \u0000, if it held any */
	struct buf path, value;
	bool objects; /* values may be objects and arrays as well */
	uint32_t nul; /* the character that stands for NUL in `text`; 0: none does */
};

struct update {
	struct str path;  /* as it came, may hold any bytes: for path_parse() */
	struct str value; /* the text of a JSON scalar; empty: it was null, the path is gone */
	bool bad;         /* the value is no scalar, a number that a double can't hold exactly, or a string that is not UTF-8 */
};

/* Reads the message. frame_close() must be called whatever the result. */
enum frame_result frame_open(struct frame *f, struct str bytes) __attribute__((warn_unused_result));
void frame_close(struct frame *f);

/* The same for a message of a feed: the updates are the members of the object that it has under the name `member` ("state" or "set"), and their
 * values may be objects and arrays, too. FRAME_NO_STATE: there is no such object. */
enum frame_result frame_open_member(struct frame *f, struct str bytes, const char *member)
	__attribute__((warn_unused_result));

/* The next update, valid until the next call. False: there are no more. */
bool frame_next(struct frame *f, struct update *out) __attribute__((warn_unused_result));

const char *frame_notice(const struct frame *f); /* the text of a FRAME_NOTICE; valid until frame_close() */

/* Appends the message that asks a scoreboard for paths, {"action":"Register","paths":[...]}. The paths are entry(arg, 0), entry(arg, 1) and so
 * on, until it returns NULL. */
void frame_write_register(struct buf *out, const char *(*entry)(const void *arg, size_t i), const void *arg);

#endif
