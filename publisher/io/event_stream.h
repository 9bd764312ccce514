/* event_stream - a view's feed as Server-Sent Events, for one client. Pulls from the feed's history when its socket
 * has room, so that a slow client costs no memory: it gets the whole view again instead.
 *
 *   event: snapshot   the whole view          id: EPOCH:SEQ
 *   event: delta      as on MQTT              id: EPOCH:SEQ
 *   event: status     as <prefix>/status
 */
#ifndef PUBLISHER_EVENT_STREAM_H
#define PUBLISHER_EVENT_STREAM_H

#include "publisher/io/io.h"

struct event_stream;

struct event_streams {
	struct event_stream *first;
};

/* Whose it is: told when there is news. It may free the stream. */
struct event_stream_owner {
	void (*news)(void *arg);
	void *arg;
};

/* Is it "/<view>/events" of a view that exists? */
bool event_stream_wants(const struct io *io, struct str path, struct str *view);

/* NULL: no memory. `last_id` is the client's Last-Event-ID, or empty. */
struct event_stream *event_stream_new(struct event_streams *all, struct io *io, struct str view, struct str last_id,
				      const struct event_stream_owner *owner);
void event_stream_free(struct event_stream *s); /* NULL is fine */

/* Appends the next event. False: nothing to tell now. */
bool event_stream_next(struct event_stream *s, struct moment now, struct buf *out);

/* Tells the owners of those with something to tell. */
void event_streams_wake(const struct event_streams *all, mono now);

#endif
