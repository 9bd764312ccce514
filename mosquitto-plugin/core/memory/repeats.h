/* repeats - the last retained payload of each topic that the policy names, by its hash: is this message news? Knows only
 * what passes the plugin; whatever may have changed a topic behind its back (a will, QoS 2's late delivery) makes
 * it unknown, and the next message is news. */
#ifndef CORE_REPEATS_H
#define CORE_REPEATS_H

#include "base/hash.h"

#include "base/str.h"

struct repeat;

struct repeats {
	struct repeat *topics;
	uint64_t not_kept; /* messages to topics that are not watched: there were too many, or no memory */
};

void repeats_free(struct repeats *r);
unsigned repeats_count(const struct repeats *r);

/* Somebody may write a retained message: either repeats_is_news() follows for the same writer at once, or the message went another
 * way (a will), and what the topic holds is unknown from then on. At most max_topics are watched. */
void repeats_announced(struct repeats *r, struct str topic, const void *writer, size_t max_topics);

struct repeat_message {
	struct str topic, payload;
	const void *writer;
	bool sure; /* what passes now becomes the retained message now; false for QoS 2, which the broker may deliver later */
};

/* False: the broker holds exactly this already. */
bool repeats_is_news(struct repeats *r, const struct repeat_message *m, size_t max_topics) __attribute__((warn_unused_result));

/* The topic was written without passing here: what it holds is unknown. */
void repeats_forget(struct repeats *r, struct str topic);

#endif
