/* people - what people have written below the prefix: `notice`, which all viewers are told, and `show/<screen>`, which says what a screen
 * shows. The broker keeps it; this keeps a copy, for a broker that keeps nothing over a restart, and for those who are told over HTTP.
 *
 * Words:
 *   heard      the broker has sent it to us over the present connection. What was not may have been cleared while we were away.
 *   compared   the broker has sent all that it retains. If it retains nothing of what we had published, it has forgotten everything, and
 *              what it does not have of our copies it is to be given again: that is due. Otherwise somebody has cleared it, and it is
 *              forgotten here, too.
 *   end        when a message is over: by the message's expiry, or else by the member `until` of its payload. It is forgotten then. What is
 *              given again has as many seconds to live as are left.
 *
 *   people_connected(p);
 *   people_hear(p, &message, now, wall_ms);               for each message of these topics
 *   people_compared(p, forgotten);
 *   while (people_next(p, now, &message))                 and people_answered(p) for each
 *           publish(message.topic, message.payload, message.expires_s);
 *
 * At most PEOPLE_MAX_TOPICS are kept, the notice among them in any case, with payloads of at most PEOPLE_MAX_PAYLOAD bytes. It knows no
 * connection; topics have no prefix. */
#ifndef PUBLISHER_PEOPLE_H
#define PUBLISHER_PEOPLE_H

#include "base/buf.h"
#include "base/mono.h"

#define PEOPLE_MAX_TOPICS 64
#define PEOPLE_MAX_TOPIC 128 /* bytes */
#define PEOPLE_MAX_PAYLOAD 16384

struct people_message {
	struct str topic, payload; /* an empty payload: it was cleared */
	uint32_t expires_s;        /* 0: it does not */
};

struct people_kept {
	struct buf topic, payload; /* an empty payload: the place is free */
	mono end;
	bool heard, due;
};

/* A zeroed struct is empty. */
struct people {
	struct people_kept kept[PEOPLE_MAX_TOPICS]; /* the first place is the notice's */
	struct people_kept *in_flight;              /* was given out and not answered yet; or NULL */
	unsigned int notices;                       /* how many times the notice has changed */
	bool notice_is_json;                        /* an object, by the letter of RFC 8259 */
};

void people_free(struct people *p);

/* Is it `notice` or `show/<screen>`? */
bool people_owns(struct str topic);
/* A message of such a topic. False: it is too large, or there are too many, and it is not kept. */
bool people_hear(struct people *p, const struct people_message *msg, mono now, int64_t wall_ms) __attribute__((warn_unused_result));

void people_connected(struct people *p); /* nothing was heard yet, nothing is in flight */
/* Returns how many are due now. */
size_t people_compared(struct people *p, bool forgotten);
/* The next one that is due, when none is in flight. Valid until the next call that is not const. */
bool people_next(struct people *p, mono now, struct people_message *out) __attribute__((warn_unused_result));
/* The broker has answered: it has it, or will not have it. */
void people_answered(struct people *p);

mono people_deadline(const struct people *p); /* when the next one ends */
void people_tick(struct people *p, mono now); /* forgets those that are over */

/* The notice, if it is a JSON object; empty: none. Whenever that has changed, people_notices() is another number; it is 0 at the beginning. */
struct str people_notice(const struct people *p);
static inline unsigned int people_notices(const struct people *p)
{
	return p->notices;
}

#endif
