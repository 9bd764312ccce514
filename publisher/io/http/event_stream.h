/* event_stream - a view's feed as Server-Sent Events, for one client. Knows no socket, only what its client has been told.
 *
 * Nothing is queued for a client. Whenever its socket has room, the owner asks for the next event: the delta after the last one
 * that the client has, from the feed's short history, or, when the client is too far behind for that, the whole view again.
 *
 *   event: snapshot   the whole view          id: EPOCH:SEQ
 *   event: delta      as on MQTT              id: EPOCH:SEQ
 *   event: status     as <prefix>/status      id: EPOCH:SEQ
 *
 * The id is what the client has after the event; a client that reconnects sends it back, and goes on from there.
 */
#ifndef PUBLISHER_EVENT_STREAM_H
#define PUBLISHER_EVENT_STREAM_H

#include "publisher/io/io.h"

struct event_stream;

/* All streams of one server. At the beginning `first` is NULL. */
struct event_streams {
	struct io *io;
	struct event_stream *first;
};

/* Who holds the stream and sends its events. news() is called when there is an event to send; it may free the stream. */
struct event_stream_owner {
	void (*news)(void *arg);
	void *arg;
};

/* Is the path "/<view>/events" of a view that exists? Then *view views the path. */
bool event_stream_wants(const struct io *io, struct str path, struct str *view) __attribute__((warn_unused_result));

/* `view` is copied. `last_id` is the client's Last-Event-ID, or empty: then, and when it is no id of ours, the client gets the
 * whole view. NULL: no memory. */
struct event_stream *event_stream_new(struct event_streams *all, struct str view, struct str last_id,
				      const struct event_stream_owner *owner) __attribute__((warn_unused_result));
void event_stream_free(struct event_stream *s); /* NULL is fine */

/* Appends the next event to `out`, and takes it as told. False: there is nothing to tell now. */
bool event_stream_next(struct event_stream *s, struct moment now, struct buf *out) __attribute__((warn_unused_result));

/* Calls news() of the owners of all streams that have something to tell. */
void event_streams_wake(const struct event_streams *all, mono now);

#endif
