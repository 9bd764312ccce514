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
	uint64_t not_kept; /* topics not watched: there were too many */
};

void repeats_free(struct repeats *r);
unsigned repeats_count(const struct repeats *r);

/* Somebody may write a retained message: either repeats_is_news() follows for the same writer at once, or it went by
 * another way (a will). */
void repeats_announced(struct repeats *r, struct str topic, const void *writer, size_t max_topics);

/* False: the broker holds exactly this already. `sure` is false when it is not certain that what passes now
 * becomes the retained message now (QoS 2). */
bool repeats_is_news(struct repeats *r, struct str topic, const void *writer, struct str payload, bool sure,
		     size_t max_topics);

/* The topic was written without passing here. */
void repeats_forget(struct repeats *r, struct str topic);

#endif
