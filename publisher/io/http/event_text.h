/* event_text - a view's feed as the text of Server-Sent Events. Knows no client.
 *
 *   event: snapshot   the whole view          id: EPOCH:SEQ
 *   event: delta      as on MQTT              id: EPOCH:SEQ
 *   event: status     as <prefix>/status      id: EPOCH:SEQ
 *   event: notice     as <prefix>/notice      id: EPOCH:SEQ
 *
 * The id is what the client has after the event; as long as that is nothing, there is no id. */
#ifndef PUBLISHER_EVENT_TEXT_H
#define PUBLISHER_EVENT_TEXT_H

#include "publisher/core/news/feed.h"

struct event_id {
	const char *epoch; /* "": none */
	uint64_t seq;
};

/* All of these append. */
void event_write(struct buf *out, const char *event, const struct event_id *id, struct str data);
void event_write_snapshot(struct buf *out, const struct feed *f); /* its id is the feed's epoch and seq */
/* The delta with this number. False: the feed does not keep it any more, and nothing is appended. */
bool event_write_delta(struct buf *out, const struct feed *f, uint64_t seq) __attribute__((warn_unused_result));

#endif
