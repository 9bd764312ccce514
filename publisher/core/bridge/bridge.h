/* bridge - the publisher without its sockets: what happened goes in, what is to be done comes out, and when it wants to be woken.
 *
 * It is a bridge from a scoreboard to MQTT. It is not a bridge in Mosquitto's sense, which is a connection between two brokers; where this
 * project has those (between an edge and its hub), they belong to the plugin and to docs/scaling.md.
 *
 * The publisher holds the only connection to a scoreboard and keeps the retained topics of one broker, or of several, equal to what the
 * scoreboard says, whatever any of them does. It connects to all, asks the scoreboard for its state, finds a topic for each value, compares
 * with what each broker has, publishes what differs there, and says in one topic how far all this is true. All of that is decided here,
 * without a descriptor, clock, file or log, so that a test can play any course of events.
 *
 * Words:
 *   source   where the state comes from: a scoreboard, a recording, standard input; or, when it `follows`, a broker that has another
 *            publisher's feed.
 *   sink     a broker that we publish to. There is none when we follow, or when the options name none: then we serve HTTP only. Where there
 *            are several, none waits for another, and all get the same feeds with the same numbers.
 *   synced   we have had the whole state over the present connection to the source. As long as we have not, the status says `stale`.
 *   moment   the time of an event and a random number; the shell brings them along.
 *   effect   something that the shell is to do; see effects.h.
 *
 * Its parts: a link (link.h) decides when to dial the source and when to hang up. The translator (translator.h) makes topics of the
 * scoreboard's messages and puts their values into the outboxes (outboxes.h), one for each broker, and into the views (views.h), whose feeds
 * (feed.h) crowds read. Each sink (sink.h) has a link of its own, brings what its broker retains into line with its outbox (mirror.h), says
 * what is true there (status.h), and keeps what people write beside it (people.h), and how many are watching (attendance.h). Stop (stop.h)
 * leads the way out, and follow (follow.h) rebuilds another publisher's views. How each of all these is, parts (parts.h) keeps for whoever
 * asks. No part knows the bridge, and of the others each knows only those that its header includes: the bridge
 * tells it what happened to the rest.
 *
 * The life of one value. The shell calls bridge_source_frame(). The translator finds the value's topic, and the outboxes that it is news.
 * The shell calls bridge_next_effect() until there is nothing left: queued effects come first, then in turn for each sink its status, the
 * views' deltas, and its outbox's values, the most urgent class first. One of these is our value, to be published there. That broker's answer
 * comes in as bridge_sink_acked(); when nothing is unanswered any more, the status there is `live`.
 *
 *   bridge_source_frame(b, bytes, now);
 *   while (bridge_next_effect(b, now, &fx))
 *           effect_run(io, &fx);
 *   loop_wake_at(io->loop, bridge_deadline(b));
 */
#ifndef PUBLISHER_BRIDGE_H
#define PUBLISHER_BRIDGE_H

#include "publisher/core/bridge/effects.h"
#include "publisher/core/bridge/message.h"
#include "publisher/core/bridge/moment.h"
#include "publisher/core/bridge/sink.h"
#include "publisher/core/files/files.h"
#include "publisher/core/frame.h"
#include "publisher/core/health.h"
#include "publisher/core/link.h"
#include "publisher/core/names/about.h"
#include "publisher/core/news/attendance.h"
#include "publisher/core/news/feed.h"
#include "publisher/core/parts.h"

struct bridge_config {
	const char *prefix;         /* topic prefix, without a slash at its end */
	enum schema_list list;      /* what to register for */
	size_t window;              /* values that may be without a broker's answer at once; see also bridge_sink_up() */
	size_t max_state_bytes;     /* for all values together, once for each broker; each view may take as much again */
	const char *encodings;      /* of the views, a valid list (encoding.h); NULL: all have both. Must outlive the bridge */
	const char *home_assistant; /* what its topics begin with; empty or NULL: it is not told. Must outlive the bridge */
	struct about about;         /* what <prefix>/about says; not of a source that follows. The texts must outlive the bridge */
	struct link_config source, sink;
	const char *brokers[BROKERS_MAX]; /* HOST:PORT of each that is to be told; the names must outlive the bridge */
	size_t n_brokers;                 /* 0: only HTTP is served */
	bool source_registers;            /* it has to be asked for its state, by a Register message */
	bool source_follows;              /* the source brings a broker's feed, not frames; then nobody is told, whatever n_brokers says */
	bool source_has_files;            /* it has a web server, and FX_SOURCE_FETCH is answered by bridge_source_file() */
	bool source_redials;              /* a new connection brings the whole state: so one is made when a frame is broken or lost */
	bool source_for_leader;           /* it serves one publisher at a time: as if standby were cold */
	enum standby_kind standby;        /* cold: the source is not dialled before a broker has let us in */
};

enum source_loss {
	SOURCE_LOSS_CONNECTION, /* the connection has ended, or the attempt to connect has failed */
	SOURCE_LOSS_PAUSE,      /* a recording has come to a disconnect; it goes on by itself */
	SOURCE_LOSS_END,        /* a recording or standard input is at its end: the rest is published, and the program ends */
};

struct bridge;
struct bridge_sink; /* one of its brokers */

/* Takes the schema over; a bridge that follows needs none (NULL). `prefix` must outlive the bridge. NULL: no memory. */
struct bridge *bridge_new(const struct bridge_config *cfg, struct schema *schema) __attribute__((warn_unused_result));
void bridge_free(struct bridge *b);

void bridge_start(struct bridge *b, struct moment now);
void bridge_tick(struct bridge *b, struct moment now); /* at bridge_deadline(); at any other time it does no harm */
/* Both publish what is queued, then the status `offline`, for whose answer they wait a second, and end with FX_EXIT. bridge_stop() gives what
 * is queued two seconds, and no time at all to a broker that is away or is still being compared. bridge_finish() is for an input that is
 * over: it waits for all brokers as long as it takes, unless no state was ever received. */
void bridge_stop(struct bridge *b, struct moment now, const char *reason);
void bridge_finish(struct bridge *b, struct moment now, const char *reason);
/* Maps what is there and what will come by new rules. Takes the schema over. NULL: the new one was refused; `why` is logged, and the old
 * one stays. */
void bridge_reload(struct bridge *b, struct schema *schema, const char *why, struct moment now);

void bridge_source_up(struct bridge *b, struct moment now);
enum frame_verdict bridge_source_frame(struct bridge *b, struct str bytes, struct moment now);
/* A message of the source could not be taken in whole, or is binary. */
void bridge_source_frame_lost(struct bridge *b, enum frame_loss loss, struct moment now);
/* A message of the broker that is followed. */
void bridge_source_message(struct bridge *b, const struct bridge_message *msg, struct moment now);
/* How the fetching of the file went that FX_SOURCE_FETCH has named last. */
void bridge_source_file(struct bridge *b, const struct file_fetched *got, struct moment now);
void bridge_source_pong(struct bridge *b, struct moment now);
void bridge_source_lost(struct bridge *b, enum source_loss loss, const char *why, struct moment now);

/* The i-th of the brokers; NULL behind the last. It lives as long as the bridge. */
struct bridge_sink *bridge_sink(struct bridge *b, size_t i);
/* The broker has accepted us. window: how many publishes may be without its answer at once: so many values, and as many deltas. */
void bridge_sink_up(struct bridge_sink *s, size_t window, struct moment now);
void bridge_sink_subscribed(struct bridge_sink *s, bool granted, struct moment now);
void bridge_sink_message(struct bridge_sink *s, const struct bridge_message *msg, struct moment now);
/* The broker has answered the publish with this token. */
void bridge_sink_acked(struct bridge_sink *s, size_t token, struct moment now);
/* The same, but the answer was that the broker will not hold the message. The status says so, and half a minute later all is compared again. */
void bridge_sink_refused(struct bridge_sink *s, size_t token, struct moment now);
/* What FX_SINK_LOOK has shown. */
void bridge_sink_looked(struct bridge_sink *s, enum standby_saw saw, struct moment now);
void bridge_sink_lost(struct bridge_sink *s, enum sink_loss loss, const char *why, struct moment now);
/* Adds one to a counter of the broker's: for what the shell itself sees. */
void bridge_sink_count(struct bridge_sink *s, enum health_row row);

/* What the shell is to do next; its texts are valid until the next call on the bridge. False: there is nothing to do. */
bool bridge_next_effect(struct bridge *b, struct moment now, struct effect *out) __attribute__((warn_unused_result));
mono bridge_deadline(const struct bridge *b); /* when bridge_tick() is to be called */

/* Is there a broker that holds all that the scoreboard has said? Where there is none to publish to, or another publisher does so everywhere:
 * are we synced? */
bool bridge_ready(const struct bridge *b);
/* "standby: another publisher leads since ..." while that is so at some broker and we lead at none, else NULL. */
const char *bridge_standby(const struct bridge *b);
/* What <prefix>/status says, as JSON, at the broker where it is best. While we follow another publisher and are synced, this is its status, not
 * ours. */
struct str bridge_status(const struct bridge *b);
/* The notice to all viewers, a JSON object (people.h), of the first broker that has one; empty: there is none.
 * bridge_notices() is another number whenever it has changed. */
struct str bridge_notice(const struct bridge *b);
unsigned int bridge_notices(const struct bridge *b);
/* For a source that follows, and can't know which views there are packed: it asks for all that is retained anew after bridge_source_looks(),
 * and when that has come it says so by bridge_source_looked(). Then bridge_json_view() is the i-th view that was heard only as JSON; NULL
 * behind the last. Valid until the next call that is not const. */
void bridge_source_looks(struct bridge *b);
void bridge_source_looked(struct bridge *b);
const char *bridge_json_view(const struct bridge *b, size_t i);
/* A view by its name; NULL: there is none. Valid until the next call that is not const. */
const struct feed *bridge_view(const struct bridge *b, struct str name);
/* A picture of the scoreboard's, by its name; see files_find(). */
bool bridge_file(const struct bridge *b, struct str name, struct file_content *out) __attribute__((warn_unused_result));
/* The counters, with the gauges as of now: the program's, and those of one broker. */
const struct health *bridge_health(struct bridge *b, struct moment now);
const struct health *bridge_sink_health(struct bridge_sink *s);
void bridge_write_metrics(struct bridge *b, struct moment now, struct buf *out); /* all of them, as health_write() does */
/* How the parts are: the bridge's own, and what the shell has told of its. */
const struct parts *bridge_parts(const struct bridge *b);
/* How a part of the shell's is now. */
void bridge_part(struct bridge *b, const struct part_report *r, struct moment now);
/* How many are there, as the brokers that we publish to tell together, or the one that we follow. */
const struct attendance *bridge_attendance(const struct bridge *b);
/* Adds one to a counter: for what the shell itself sees. */
void bridge_count(struct bridge *b, enum health_row row);
/* Sets a gauge that the shell keeps, such as the number of HTTP's clients. */
void bridge_gauge(struct bridge *b, enum health_row row, double value);
/* How many watch over HTTP now: streams of Server-Sent Events, and pages that poll. The brokers are told (spectators.h). */
void bridge_watching(struct bridge *b, size_t sse, size_t polling);

#endif
