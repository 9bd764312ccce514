/* event_stream - a view's feed as Server-Sent Events, for one client. Knows no socket, only what its client has been told.
 *
 * Nothing is queued for a client. Whenever its socket has room, the owner asks for the next event: the delta after the last one
 * that the client has, from the feed's short history, or, when the client is too far behind for that, the whole view again.
 *
 * The events are those of event_text.h, for a client that wants it compressed as event_gzip.h does it. An event's id is what the client has
 * after it; a client that reconnects sends it back, and goes on from there.
 */
#ifndef PUBLISHER_EVENT_STREAM_H
#define PUBLISHER_EVENT_STREAM_H

#include "publisher/io/http/event_gzip.h"
#include "publisher/io/io.h"

struct event_stream;

/* All streams of one server. At the beginning `first` is NULL. */
struct event_streams {
	struct io *io;
	struct event_gzip *gzip; /* the server's */
	struct event_stream *first;
};

/* Who holds the stream and sends its events. news() is called when there is an event to send; it may free the stream. */
struct event_stream_owner {
	void (*news)(void *arg);
	void *arg;
};

/* Is the path "/<prefix>/<view>/events", of our prefix and a view that exists? Then *view views the path. */
bool event_stream_wants(const struct io *io, struct str path, struct str *view) __attribute__((warn_unused_result));

struct event_stream_wish {
	struct str view;    /* its name; is copied */
	struct str last_id; /* the client's Last-Event-ID, or empty: then, and when it is no id of ours, the client gets the whole view */
	bool gzip;          /* the events are to be compressed; whoever sends them begins with event_gzip_head() */
};

/* NULL: no memory. */
struct event_stream *event_stream_new(struct event_streams *all, const struct event_stream_wish *wish, const struct event_stream_owner *owner)
	__attribute__((warn_unused_result));
void event_stream_free(struct event_stream *s); /* NULL is fine */

/* Appends the next event to `out`, and takes it as told. False: there is nothing to tell now. */
bool event_stream_next(struct event_stream *s, struct moment now, struct buf *out) __attribute__((warn_unused_result));

/* Calls news() of the owners of all streams that have something to tell. */
void event_streams_wake(const struct event_streams *all, mono now);

#endif
