/* frame - one whole message of a scoreboard, read as updates: path and JSON scalar, one after the other. It knows the shape of CRG's messages
 * ({"state":{"path":value,...}}) and that strings may hold anything, NUL included; no path's meaning and no topic.
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
	FRAME_STATE = 0,    /* has updates, perhaps none */
	FRAME_PONG = 1,     /* {"Pong":""}: ignore */
	FRAME_NOTICE = 2,   /* {"error":...} or {"authorization":...}: frame_notice() is its text */
	FRAME_BAD_JSON = 3, /* not JSON, cut off, nested too deep, no memory */
	FRAME_NO_STATE = 4, /* JSON, but nothing that we know; also {"state": no object} */
	FRAME_TOO_MANY = 5, /* parsed it would take more than FRAME_PARSE_MAX_BYTES */
	FRAME_RESULT_COUNT,
};

/* What a whole message was to us. */
enum frame_verdict {
	VERDICT_TAKEN,   /* it held something that we registered for, so that a recording keeps it */
	VERDICT_IGNORED, /* nothing for us */
	VERDICT_REFUSED,
};

/* Why a message never became a frame. */
enum frame_loss {
	FRAME_LOSS_TOO_LARGE,
	FRAME_LOSS_BINARY,
};

/* A message of two bytes per value, [0,0,0,...], takes forty times its length as a tree: the length alone bounds nothing. A scoreboard's
 * values take three to five times theirs. This is one of the terms of MemoryMax in conf/systemd/scoreboard-publisher.service. */
#define FRAME_PARSE_MAX_BYTES ((size_t)48 << 20)

struct frame {
	struct cJSON *root;
	const struct cJSON *next; /* update */
	struct buf text;          /* a rewritten copy of the message, when it held \u0000 */
	struct buf path, value;
	bool objects; /* values may be objects and arrays as well */
	uint32_t nul; /* the character that stands for NUL in this frame, 0: none does */
};

struct update {
	struct str path;  /* any bytes: parse it before use */
	struct str value; /* text of a JSON scalar; empty: the path is gone (null) */
	bool bad;         /* no scalar, a number that we cannot tell exactly, a string that is no UTF-8 */
};

/* Must be closed whatever the result. */
enum frame_result frame_open(struct frame *f, struct str bytes) __attribute__((warn_unused_result));
void frame_close(struct frame *f);

/* The same for a message of a feed: the updates are the members of its object `member` ("state", "set"), and values may be of any kind. */
enum frame_result frame_open_member(struct frame *f, struct str bytes, const char *member)
	__attribute__((warn_unused_result));

/* The next update, valid until the next call. False: there is no more. */
bool frame_next(struct frame *f, struct update *out) __attribute__((warn_unused_result));

const char *frame_notice(const struct frame *f); /* of a FRAME_NOTICE, until it is closed */

/* Appends the message that asks for paths, {"action":"Register","paths":[...]}: entry(arg, 0), entry(arg, 1)... until NULL. */
void frame_write_register(struct buf *out, const char *(*entry)(const void *arg, size_t i), const void *arg);

#endif
