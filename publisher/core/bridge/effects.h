/* effects - what the publisher wants done, in the order in which it wants it done.
 *
 * The core decides, but does nothing itself: it opens no socket and writes no log, so that tests can play any course of events without
 * either. Each decision becomes an effect in this queue (dial the broker, send this text, log this line), and the shell
 * (publisher/loop.c) takes them out one after the other and carries them out.
 *
 *   effects_push(e, FX_SOURCE_HANG_UP);
 *   effects_log(e, LOG_LEVEL_WARN, "source", "no pong");
 *   while (effects_next(e, &fx))
 *           run(&fx);
 *
 * The queue holds EFFECTS_MAX effects; one more is dropped. Log lines are dropped when it is more than half full, so that there is always
 * room for what matters. The shell empties the queue after each event, so that neither happens in practice. Topics are given without the
 * prefix and come out with it. Publishes do not wait in the queue: bridge.c makes each when the shell asks for it, from what is newest
 * then. */
#ifndef PUBLISHER_EFFECTS_H
#define PUBLISHER_EFFECTS_H

#include "base/log.h"
#include "base/str.h"

#define EFFECTS_MAX 64

enum effect_type {
	FX_SOURCE_DIAL,
	FX_SOURCE_HANG_UP,
	FX_SOURCE_PING,
	FX_SOURCE_SEND,  /* text */
	FX_SOURCE_FETCH, /* text: the path of a file of the source's own web server, ready for a request */
	FX_SINK_DIAL,    /* topic, text: the will, which the broker publishes when we vanish */
	FX_SINK_HANG_UP,
	FX_SINK_SUBSCRIBE,   /* topic: a filter */
	FX_SINK_UNSUBSCRIBE, /* topic: a filter */
	FX_SINK_PUBLISH,     /* topic, text (empty: clear the topic), qos, retain, expires_s, token, content_type */
	FX_SINK_LOOK,        /* topic: of the status; look, as anybody may, whether another publisher leads there */
	FX_SINK_DISCONNECT,  /* by MQTT's DISCONNECT, so that the will is not published */
	FX_LOG,              /* level, area, text, fields */
	FX_EXIT,
};

struct effect {
	enum effect_type type;
	struct str topic, text; /* valid until the next effect is asked for */
	size_t token;           /* the shell gives it back with the broker's answer to this publish */
	size_t broker;          /* of FX_SINK_...: which one, as in bridge_sink(); set by the bridge */
	int qos;
	bool retain;
	uint32_t expires_s;       /* the broker may drop the message after so many seconds; 0: never */
	const char *content_type; /* a static string, or NULL */
	enum log_level level;
	const char *area;         /* a static string */
	struct log_fields fields; /* of the line */
};

struct queued_effect {
	struct effect fx;
	char *topic, *text; /* owned; fx has views of them */
};

struct effects {
	const char *prefix;                      /* of all topics; not ours to free */
	const char *log_broker;                  /* what each line of the log names as its broker; not ours to free; NULL: none */
	struct queued_effect queue[EFFECTS_MAX]; /* a ring */
	size_t first, n;
	struct queued_effect current; /* the one that effects_next() gave out last */
};

void effects_init(struct effects *e, const char *prefix); /* `prefix` must outlive it */
void effects_free(struct effects *e);

void effects_push(struct effects *e, enum effect_type type);
/* Both texts are copied. topic: without the prefix; NULL: none. */
void effects_push_text(struct effects *e, enum effect_type type, const char *topic, struct str text);
void effects_log(struct effects *e, enum log_level level, const char *area, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The next one; its texts are valid until the next call of this. False: there is none. */
bool effects_next(struct effects *e, struct effect *out) __attribute__((warn_unused_result));

#endif
