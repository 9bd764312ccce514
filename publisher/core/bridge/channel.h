/* channel - one encoding of a view, on its way to the brokers: three topics, and what waits to leave.
 *
 * A view can be published as JSON, packed (packer.h), or both; each is a channel, with the same messages:
 *
 *              base, retained          recent, retained       delta, not retained
 *   JSON       feed/<view>/snapshot    feed/<view>/recent     feed/<view>/delta
 *   packed     feed/<view>/z/base      feed/<view>/z/recent   feed/<view>/z
 *
 * Base and recent are values like any other: they go into the outboxes, where only the newest counts. A delta is made once and waits here,
 * for each broker. It leaves only when the `recent` that includes it has left for the same broker, so that no viewer can be behind for good.
 * Behind a packed delta there may be another message for who is there, a dictionary (packer.h).
 *
 * Words:
 *   open    the broker is there and was compared, so that it is given messages one by one. For one that is not, only the newest delta waits.
 *   kept    the last messages, numbered, as long as an open broker has not got them: at most CHANNEL_KEPT, and CHANNEL_KEPT_BYTES unless it is
 *           one alone.
 *   missed  what was no longer kept when a slow broker's turn came. Its viewers see a gap, and catch up by base and recent.
 *
 *   if (channel_open(&c, "spectator", ENCODING_PACKED)) ...
 *   channel_take(&c, &(struct channel_news){ feed, FEED_RENEWED, outboxes, open, health, now });
 *   while (channel_next(&c, broker, outboxes->list[broker], &message))
 *           publish(message.topic, message.text);
 *
 * It knows no connection; topics have no prefix. */
#ifndef PUBLISHER_CHANNEL_H
#define PUBLISHER_CHANNEL_H

#include "base/mono.h"
#include "publisher/core/health.h"
#include "publisher/core/names/encoding.h"
#include "publisher/core/news/feed.h"
#include "publisher/core/news/outboxes.h"
#include "publisher/core/news/packer.h"

#define CHANNEL_KEPT 64
#define CHANNEL_KEPT_BYTES ((size_t)1 << 20)

typedef uint32_t broker_set; /* bit i: the broker whose outbox is list[i] */

struct channel {
	struct packer *packer; /* NULL: JSON */
	char *base_topic, *recent_topic, *delta_topic;
	struct buf kept[CHANNEL_KEPT]; /* message number n is at n % CHANNEL_KEPT */
	mono since[CHANNEL_KEPT];      /* of the same: feed_delta_since() */
	mono taken_since;              /* of what is being taken */
	size_t kept_bytes;
	uint64_t first, end;        /* the numbers of those that are kept: from `first`, and below `end` */
	uint64_t next[BROKERS_MAX]; /* the number of the message that this broker is given next */
	uint64_t seq;               /* of the feed, when the channel was told last */
};

/* What feed_flush() of `feed` said, and who is to know: retained messages go to `outboxes`, what one has no room for is counted in `health`. */
struct channel_news {
	const struct feed *feed;
	enum feed_news news;
	const struct outboxes *outboxes;
	broker_set open;
	struct health *health;
	mono now;
};

struct channel_message {
	struct str topic, text; /* valid until the next call that is not const */
	uint32_t expires_s;     /* 0: never */
	mono since;             /* since when its first change has waited, feed_delta_since() */
	bool is_packed;
	size_t missed; /* how many there were before it that this broker has missed */
};

/* Of one view, in one encoding, ENCODING_JSON or ENCODING_PACKED. 0, or 1: no memory, and nothing is left behind. */
int channel_open(struct channel *c, const char *view, enum encoding encoding) __attribute__((warn_unused_result));
void channel_close(struct channel *c); /* twice is fine */

/* Takes the feed's messages over. */
void channel_take(struct channel *c, const struct channel_news *n);
/* Base and recent leave the brokers. */
void channel_withdraw(const struct channel *c, const struct outboxes *outboxes, mono now);

/* Is there a message that the broker was not given? */
bool channel_has_pending(const struct channel *c, size_t broker);
/* The next message to be published there, not retained, that may leave now. `outbox` is that broker's. False: none. */
bool channel_next(struct channel *c, size_t broker, const struct outbox *outbox, struct channel_message *out)
	__attribute__((warn_unused_result));

#endif
