/* bridge - the publisher without its sockets: events in, effects out, and when it wants to be woken. Composes the two
 * links, frames, schema, outbox and feed. Owns no descriptor, clock, file or log.
 *
 *   bridge_source_up(b, now);
 *   while (bridge_next_effect(b, now, &fx))
 *           effect_run(io, &fx);
 *   loop_wake_at(io->loop, bridge_deadline(b));
 */
#ifndef PUBLISHER_BRIDGE_H
#define PUBLISHER_BRIDGE_H

#include "base/log.h"
#include "publisher/core/feed.h"
#include "publisher/core/frame.h"
#include "publisher/core/health.h"
#include "publisher/core/link.h"
#include "publisher/core/outbox.h"

/* What the shell knows at a moment. */
struct moment {
	mono mono;
	int64_t wall_ms; /* since 1970, UTC */
	uint32_t rnd;
};

struct bridge_config {
	const char *prefix; /* topic prefix, without a slash at its end */
	enum schema_list list;
	size_t window;
	size_t max_state_bytes;
	struct link_config source, sink;
	bool source_registers; /* wants to be sent a Register message */
	bool source_follows;   /* brings a broker's feed, not frames; there is no broker to tell */
	bool no_broker;        /* to tell, for another reason: only HTTP is served */
	bool source_redials;   /* can be had anew: a bad frame, or its end, leads to another connection */
};

enum effect_type {
	FX_SOURCE_DIAL,
	FX_SOURCE_HANG_UP,
	FX_SOURCE_PING,
	FX_SOURCE_SEND,      /* text */
	FX_SINK_DIAL,        /* the will: topic, text */
	FX_SINK_HANG_UP,
	FX_SINK_SUBSCRIBE,   /* topic: a filter */
	FX_SINK_UNSUBSCRIBE, /* topic: a filter */
	FX_SINK_PUBLISH,     /* topic, text, qos, token, content_type; always retained */
	FX_SINK_DISCONNECT,  /* in order, without the will */
	FX_LOG,              /* level, area, text */
	FX_EXIT,
};

struct effect {
	enum effect_type type;
	struct str topic, text; /* valid until the next call on the bridge */
	size_t token;
	int qos;
	bool retain;
	const char *content_type;
	enum log_level level;
	const char *area;
};

/* Is the frame worth a line in a recording? */
enum frame_verdict {
	VERDICT_TAKEN,   /* held something of the register list */
	VERDICT_IGNORED, /* nothing for us */
	VERDICT_REFUSED,
};

enum source_loss {
	SOURCE_LOSS_CONNECTION, /* or the attempt failed */
	SOURCE_LOSS_PAUSE,      /* a recording's disconnect: the source itself will come back */
	SOURCE_LOSS_END,        /* a recording or stdin is at its end: publish the rest and exit */
};

enum frame_loss {
	FRAME_LOSS_TOO_LARGE,
	FRAME_LOSS_BINARY,
};

enum sink_loss {
	SINK_LOSS_CONNECTION,
	SINK_LOSS_REFUSED, /* the broker said no: password, permission, protocol */
};

struct bridge;

/* Takes the schema over; one that follows needs none. `prefix` must outlive the bridge. NULL: no memory. */
struct bridge *bridge_new(const struct bridge_config *cfg, struct schema *schema);
void bridge_free(struct bridge *b);

void bridge_start(struct bridge *b, struct moment now);
void bridge_tick(struct bridge *b, struct moment now);
/* Leaves `offline` behind, then FX_EXIT. bridge_stop() lets what is queued leave for two seconds at most;
 * bridge_finish(), for an input that is over, waits for the broker as long as it takes. */
void bridge_stop(struct bridge *b, struct moment now, const char *reason);
void bridge_finish(struct bridge *b, struct moment now, const char *reason);
/* New rules for what is known and what comes. Takes the schema over. NULL: it was refused, `why` is logged. */
void bridge_reload(struct bridge *b, struct schema *schema, const char *why, struct moment now);

void bridge_source_up(struct bridge *b, struct moment now);
enum frame_verdict bridge_source_frame(struct bridge *b, struct str bytes, struct moment now);
/* A message that never became a frame. */
void bridge_source_frame_lost(struct bridge *b, enum frame_loss loss, struct moment now);
/* Of a source that follows: a message below the prefix. */
void bridge_source_message(struct bridge *b, struct str topic, struct str payload, struct moment now);
void bridge_source_pong(struct bridge *b, struct moment now);
void bridge_source_lost(struct bridge *b, enum source_loss loss, const char *why, struct moment now);

/* Connected and accepted; window: how many publishes it takes at once. */
void bridge_sink_up(struct bridge *b, size_t window, struct moment now);
void bridge_sink_subscribed(struct bridge *b, bool granted, struct moment now);
void bridge_sink_message(struct bridge *b, struct str topic, struct str payload, bool retained, struct moment now);
void bridge_sink_acked(struct bridge *b, size_t token, struct moment now);
/* The broker will not hold it: the status says so, and all is compared again every half minute. */
void bridge_sink_refused(struct bridge *b, size_t token, struct moment now);
void bridge_sink_lost(struct bridge *b, enum sink_loss loss, const char *why, struct moment now);

bool bridge_next_effect(struct bridge *b, struct moment now, struct effect *out) __attribute__((warn_unused_result));
mono bridge_deadline(const struct bridge *b);

bool bridge_ready(const struct bridge *b);
/* What <prefix>/status says, as JSON. */
struct str bridge_status(const struct bridge *b);
/* A view of the schema by its name; NULL: there is none. Valid until the next call that is not const. */
const struct feed *bridge_view(const struct bridge *b, struct str name);
/* The counters, with the gauges as of now. */
const struct health *bridge_health(struct bridge *b, struct moment now);
/* For what the shell itself counts. */
void bridge_count(struct bridge *b, enum health_row row);
/* A gauge that the shell keeps: how many clients HTTP has. */
void bridge_gauge(struct bridge *b, enum health_row row, double value);

#endif
