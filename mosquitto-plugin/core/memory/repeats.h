/* repeats - remembers, as a hash, the last retained payload of each topic that the policy's drop_repeats names. It says whether a message is
 * news, or repeats what the broker holds. It sees only messages that pass the plugin. Whatever may have changed a topic without passing (a
 * will), or may change it later (QoS 2), makes the topic unknown, and the next message for it is news. */
#ifndef CORE_REPEATS_H
#define CORE_REPEATS_H

#include "base/hash.h"

#include "base/str.h"

struct repeat;

struct repeats {
	struct repeat *topics;
	uint64_t not_kept; /* messages and announcements for topics that are not remembered: there were too many topics, or no memory */
};

void repeats_free(struct repeats *r);
unsigned repeats_count(const struct repeats *r);

/* The permission to write a retained message was given. If repeats_is_news() does not follow at once for the same writer, the broker has
 * written it in another way (a will), and what the topic holds is unknown from then on. At most max_topics are remembered. */
void repeats_announced(struct repeats *r, struct str topic, const void *writer, size_t max_topics);

struct repeat_message {
	struct str topic, payload;
	const void *writer;
	bool sure; /* the broker retains this message now; false for QoS 2, which it may retain later */
};

/* False: the broker holds exactly this already. */
bool repeats_is_news(struct repeats *r, const struct repeat_message *m, size_t max_topics) __attribute__((warn_unused_result));

/* The topic was written, but the message was not shown here: what it holds is unknown. */
void repeats_forget(struct repeats *r, struct str topic);

#endif
