/* event_gzip - Server-Sent Events for streams that are compressed, deflated once for all of them.
 *
 * There may be thousands of streams, and a compressor takes 400 kB, so there is one for all. Each stream is a gzip file (RFC 1952) without an
 * end, put together of pieces that do not depend on the stream: blocks of DEFLATE (RFC 1951), each of whole bytes.
 *
 * A delta by itself does not shrink much: nearly all of it was said before, by the deltas before it. A block may refer to these, if the
 * stream has had them immediately before it. How many it has had is its run:
 *
 *   run   how many deltas the stream has been sent last, one after the other and nothing in between; EVENT_GZIP_RUN at most count.
 *
 * So one delta is deflated as many times as there are streams of different runs. Most streams have been there for a while, and share one block.
 * What is different for each stream, a heartbeat or a status, is not compressed.
 *
 *   event_gzip_head(out);
 *   event_gzip_snapshot(z, f, out);
 *   event_gzip_delta(z, f, &(struct event_run){ seq, 0 }, out);
 *   event_gzip_delta(z, f, &(struct event_run){ seq + 1, 1 }, out);
 *
 * It knows no client. */
#ifndef PUBLISHER_EVENT_GZIP_H
#define PUBLISHER_EVENT_GZIP_H

#include "publisher/core/news/feed.h"

#define EVENT_GZIP_RUN 16U

struct event_gzip;

struct event_gzip *event_gzip_new(void) __attribute__((warn_unused_result)); /* NULL: no memory */
void event_gzip_free(struct event_gzip *z);                                  /* NULL is fine */

struct event_run {
	uint64_t seq;     /* of the delta */
	unsigned int run; /* the stream's, before it */
};

/* All of these append to `out`, which has failed when there is no memory. */
void event_gzip_head(struct buf *out); /* what each stream begins with */
void event_gzip_plain(struct str text, struct buf *out);
/* The whole view, made when it is first asked for at this seq: the time that it says may be earlier than the feed's. */
void event_gzip_snapshot(struct event_gzip *z, const struct feed *f, struct buf *out);
/* False: the feed does not keep this delta any more, and nothing is appended. */
bool event_gzip_delta(struct event_gzip *z, const struct feed *f, const struct event_run *r, struct buf *out)
	__attribute__((warn_unused_result));

#endif
