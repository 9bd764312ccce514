/* follow - the views of another publisher, rebuilt from its feed at a broker, for HTTP clients who are far from the scoreboard.
 *
 * It keeps the rules that every client of a feed keeps (the words are explained in feed.h, the format in schema/README.md, "The feed"). The
 * publisher sends `recent` before the delta that it includes, and we stay subscribed to what is retained: so when we have missed a
 * delta, snapshot and recent together bring us up to date, packed ones as soon as their dictionary has come.
 *
 * A view may come as JSON, packed (unpacker.h), or both; what is packed is unpacked first, and then treated like the other. A packed message
 * that can't be read is one that was missed.
 *
 * The life of one message, say `feed/spectator/delta`: its view is found or, for a new name, added. A delta with the next number is applied,
 * and becomes part of the history of our own feed; one with a gap before it is not used, but snapshot and recent are looked at again. These
 * two are kept as they came; when they belong together (recent's base is the snapshot's seq) and are newer than our copy of the view,
 * the copy is rebuilt from them. Everything else (older messages, repeats, heartbeats, rubbish) changes nothing.
 *
 *   if (follow_message(f, STR("feed/spectator/delta"), payload, now))
 *           ... what we show is now what the publisher shows
 *
 * The publisher's status is kept, too. At most SCHEMA_MAX_VIEWS views are followed; a message of one more, of a view with too long a name,
 * or with a topic that is no feed's, is ignored. It knows no connection; topics have no prefix. */
#ifndef PUBLISHER_FOLLOW_H
#define PUBLISHER_FOLLOW_H

#include "publisher/core/bridge/warnings.h"
#include "publisher/core/health.h"
#include "publisher/core/news/feed.h"
#include "publisher/core/news/unpacker.h"

struct followed_view {
	struct feed *feed;
	struct buf snapshot, recent; /* the last ones, as JSON */
	struct unpacker unpacker;
	struct buf unread; /* a packed `recent` that can't be read before the packed snapshot has come, with its dictionary */
	bool is_packed;    /* the packed feed was heard since follow_look() */
};

struct follow {
	struct health *health;
	struct warnings *warnings;
	size_t max_bytes; /* what one feed may take, and one retained payload */
	struct followed_view list[SCHEMA_MAX_VIEWS];
	size_t n;
	struct buf status;
};

void follow_init(struct follow *f, struct health *health, struct warnings *warnings, size_t max_bytes); /* both outlive it */
void follow_free(struct follow *f);

/* True: the message has brought our copy of its view forward, or is a delta or recent of the very number that the copy has. So what we show
 * is what the publisher shows, as far as we can know. */
bool follow_message(struct follow *f, struct str topic, struct str payload, mono now) __attribute__((warn_unused_result));

/* NULL: no message of such a view has come. Valid until the next message. */
const struct feed *follow_find(const struct follow *f, struct str name);
/* All that is retained will be sent again: then follow_json_view() tells which views are there only as JSON. */
void follow_look(struct follow *f);
/* The i-th view of which no packed message was heard since follow_look(); NULL behind the last. Valid until the next message. */
const char *follow_json_view(const struct follow *f, size_t i);
/* The publisher's status, as one line of JSON; empty: none has come, or it was no JSON object or too long. */
struct str follow_status(const struct follow *f);

#endif
