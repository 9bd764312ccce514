/* bridge - the publisher without its sockets: what happened goes in, what is to be done comes out, and when it wants to be woken.
 *
 * The publisher holds the only connection to a scoreboard and keeps a broker's retained topics equal to what the scoreboard says, whatever
 * either of them does: it dials them, registers, maps, compares, tells what changed, and says in one topic how far all this is true. All of
 * that is decided here, without a descriptor, clock, file or log, so that a test can play any course of events.
 *
 * Words:
 *   source   where the state comes from: a scoreboard, a recording, stdin; or, when it `follows`, a broker with another publisher's feed.
 *   sink     the broker that is told. There is none when we follow, or by configuration; then only HTTP's clients hear of the state.
 *   synced   the state is that of the present connection to the source. Without that, the status says `stale`.
 *   moment   the time of an event and a random number; the shell brings them along.
 *   effect   something that the shell is to do; see effects.h.
 *
 * Its parts, which do not know each other nor the bridge but for what is named: two links (link.h) dial and watch; translator (translator.h)
 * makes topics of the scoreboard's messages, puts them into the outbox (outbox.h) and the views (views.h), whose feeds (feed.h) crowds read;
 * mirror (mirror.h) brings the broker's retained messages into line with the outbox; status (status.h) says what is true; stop (stop.h)
 * leads the way out; follow (follow.h) rebuilds another publisher's views. The bridge tells each part what happened to the others.
 *
 * The life of one value. The shell calls bridge_source_frame(). The translator finds the value's topic, and the outbox that it is news.
 * The shell asks bridge_next_effect(), and gets the publish; before it come queued effects, then the status, then the views' deltas, and
 * the outbox's values by class. The broker's answer comes in as bridge_sink_acked(); when nothing is unanswered any more, the status is
 * `live`.
 *
 *   bridge_source_frame(b, bytes, now);
 *   while (bridge_next_effect(b, now, &fx))
 *           effect_run(io, &fx);
 *   loop_wake_at(io->loop, bridge_deadline(b));
 */
#ifndef PUBLISHER_BRIDGE_H
#define PUBLISHER_BRIDGE_H

#include "publisher/core/bridge/effects.h"
#include "publisher/core/bridge/moment.h"
#include "publisher/core/frame.h"
#include "publisher/core/health.h"
#include "publisher/core/link.h"
#include "publisher/core/news/feed.h"

struct bridge_config {
	const char *prefix;     /* topic prefix, without a slash at its end */
	enum schema_list list;  /* what to register for */
	size_t window;          /* values without an answer, at most, and as many deltas beside them; the broker may take fewer */
	size_t max_state_bytes; /* of all values; each view may take as much again */
	struct link_config source, sink;
	bool source_registers; /* the source wants to be sent a Register message */
	bool source_follows;   /* the source brings a broker's feed, not frames; there is no broker to tell */
	bool no_broker;        /* the options name no broker to tell: only HTTP is served */
	bool source_redials;   /* the source can be had anew: a bad frame leads to another connection */
};

enum source_loss {
	SOURCE_LOSS_CONNECTION, /* or the attempt failed */
	SOURCE_LOSS_PAUSE,      /* a recording's disconnect: the source itself will come back */
	SOURCE_LOSS_END,        /* a recording or stdin is at its end: publish the rest and exit */
};

enum sink_loss {
	SINK_LOSS_CONNECTION,
	SINK_LOSS_REFUSED, /* the broker said no: password, permission, protocol */
};

struct bridge;

/* Takes the schema over; a bridge that follows needs none (NULL). `prefix` must outlive the bridge. NULL: no memory. */
struct bridge *bridge_new(const struct bridge_config *cfg, struct schema *schema) __attribute__((warn_unused_result));
void bridge_free(struct bridge *b);

void bridge_start(struct bridge *b, struct moment now);
void bridge_tick(struct bridge *b, struct moment now); /* at bridge_deadline(); at any other time it does no harm */
/* Leaves `offline` behind, then FX_EXIT. bridge_stop() lets what is queued leave for two seconds at most, and
 * then waits a second for the answer to `offline`; bridge_finish(), for an input that is over, waits for the broker as long as it takes. */
void bridge_stop(struct bridge *b, struct moment now, const char *reason);
void bridge_finish(struct bridge *b, struct moment now, const char *reason);
/* New rules for what is known and what comes. Takes the schema over. NULL: it was refused, `why` is logged. */
void bridge_reload(struct bridge *b, struct schema *schema, const char *why, struct moment now);

void bridge_source_up(struct bridge *b, struct moment now);
enum frame_verdict bridge_source_frame(struct bridge *b, struct str bytes, struct moment now);
/* A message of the source that never became a frame. */
void bridge_source_frame_lost(struct bridge *b, enum frame_loss loss, struct moment now);
/* Of a source that follows: a message below the prefix. */
void bridge_source_message(struct bridge *b, struct str topic, struct str payload, struct moment now);
void bridge_source_pong(struct bridge *b, struct moment now);
void bridge_source_lost(struct bridge *b, enum source_loss loss, const char *why, struct moment now);

/* Connected and accepted; window: how many publishes the broker takes at once. */
void bridge_sink_up(struct bridge *b, size_t window, struct moment now);
void bridge_sink_subscribed(struct bridge *b, bool granted, struct moment now);
/* A message of the subscription; retained: it was published before we subscribed. */
void bridge_sink_message(struct bridge *b, struct str topic, struct str payload, bool retained, struct moment now);
/* The answer to the publish with this token. */
void bridge_sink_acked(struct bridge *b, size_t token, struct moment now);
/* The answer was that the broker will not hold it: the status says so, and all is compared again every half minute. */
void bridge_sink_refused(struct bridge *b, size_t token, struct moment now);
void bridge_sink_lost(struct bridge *b, enum sink_loss loss, const char *why, struct moment now);

/* What the shell is to do next; its texts are valid until the next call on the bridge. False: nothing. */
bool bridge_next_effect(struct bridge *b, struct moment now, struct effect *out) __attribute__((warn_unused_result));
mono bridge_deadline(const struct bridge *b);

/* Is all that the scoreboard said with the broker, or, without a broker, is the state known? */
bool bridge_ready(const struct bridge *b);
/* What <prefix>/status says, as JSON: ours; while we follow, the other publisher's. */
struct str bridge_status(const struct bridge *b);
/* A view by its name; NULL: there is none. Valid until the next call that is not const. */
const struct feed *bridge_view(const struct bridge *b, struct str name);
/* The counters, with the gauges as of now. */
const struct health *bridge_health(struct bridge *b, struct moment now);
/* For what the shell itself counts. */
void bridge_count(struct bridge *b, enum health_row row);
/* A gauge that the shell keeps: how many clients HTTP has. */
void bridge_gauge(struct bridge *b, enum health_row row, double value);

#endif
