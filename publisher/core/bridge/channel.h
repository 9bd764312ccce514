/* channel - one encoding of a view, on its way to the broker: three topics, and what waits to leave.
 *
 * A view can be published as JSON, packed (packer.h), or both; each is a channel, with the same messages:
 *
 *              base, retained          recent, retained       delta, not retained
 *   JSON       feed/<view>/snapshot    feed/<view>/recent     feed/<view>/delta
 *   packed     feed/<view>/z/base      feed/<view>/z/recent   feed/<view>/z
 *
 * Base and recent are values like any other: they go into the outbox, where only the newest counts. A delta waits here. It leaves only when
 * the `recent` that includes it has left, so that no viewer can be behind for good. Behind a packed delta there may be another message for
 * who is there, a dictionary (packer.h).
 *
 *   if (channel_open(&c, "spectator", ENCODING_PACKED)) ...
 *   channel_take(&c, &(struct channel_news){ feed, FEED_RENEWED, outbox, health, now });
 *   while (channel_next(&c, outbox, &message))
 *           publish(message.topic, message.text);
 *
 * It knows no connection; topics have no prefix. */
#ifndef PUBLISHER_CHANNEL_H
#define PUBLISHER_CHANNEL_H

#include "base/mono.h"
#include "publisher/core/health.h"
#include "publisher/core/names/encoding.h"
#include "publisher/core/news/feed.h"
#include "publisher/core/news/outbox.h"
#include "publisher/core/news/packer.h"

struct channel {
	struct packer *packer; /* NULL: JSON */
	char *base_topic, *recent_topic, *delta_topic;
	struct buf delta, dictionary; /* the last ones made, for who is there */
	bool delta_pending, dictionary_pending;
	uint64_t seq; /* of the feed, when the channel was told last */
	mono since;   /* feed_delta_since() then */
};

/* What feed_flush() of `feed` said, and who is to know: retained messages go to `outbox`, what it has no room for is counted in `health`. */
struct channel_news {
	const struct feed *feed;
	enum feed_news news;
	struct outbox *outbox;
	struct health *health;
	mono now;
};

struct channel_message {
	struct str topic, text; /* valid until the next call that is not const */
	uint32_t expires_s;     /* 0: never */
	mono since;             /* since when its first change has waited, feed_delta_since() */
	bool is_packed;
};

/* Of one view, in one encoding, ENCODING_JSON or ENCODING_PACKED. 0, or 1: no memory, and nothing is left behind. */
int channel_open(struct channel *c, const char *view, enum encoding encoding) __attribute__((warn_unused_result));
void channel_close(struct channel *c); /* twice is fine */

/* Takes the feed's messages over. A delta that waits is replaced: who can't have that waits until channel_has_pending() is false. */
void channel_take(struct channel *c, const struct channel_news *n);
/* Base and recent leave the broker. */
void channel_withdraw(const struct channel *c, struct outbox *outbox, mono now);

bool channel_has_pending(const struct channel *c);
/* The next message to be published, not retained, that may leave now. False: none. */
bool channel_next(struct channel *c, const struct outbox *outbox, struct channel_message *out) __attribute__((warn_unused_result));

#endif
