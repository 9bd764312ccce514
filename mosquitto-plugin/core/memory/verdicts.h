/* verdicts - a cache of answers to "may this topic be read?", for topics of up to VERDICT_TOPIC_BYTES. A delivery to thousands of clients of one
 * role asks the same question thousands of times; this answers in the time of one memcmp. An answer is that for a client of which nothing is
 * known but its role; it says as well whether one with a name, or with rooms, may have another. When the hashes of two topics lead to the same
 * slot, the later one takes it: an answer may be forgotten, but is never given for another topic. A zeroed struct is empty. */
#ifndef CORE_VERDICTS_H
#define CORE_VERDICTS_H

#include "base/hash.h"

#include "base/str.h"

#define VERDICT_SLOTS 256
#define VERDICT_TOPIC_BYTES 125

struct verdict {
	unsigned char len; /* 0: empty */
	bool allowed;
	bool personal; /* not the answer for everybody */
	char topic[VERDICT_TOPIC_BYTES];
};

struct verdicts {
	unsigned last; /* the slot that was used last, which is mostly the next one, too */
	struct verdict slots[VERDICT_SLOTS];
};

static inline struct verdict *verdict_slot(struct verdicts *v, struct str topic)
{
	struct verdict *last = &v->slots[v->last];

	if (last->len == topic.len && memcmp(last->topic, topic.p, topic.len) == 0)
		return last;
	v->last = (unsigned)hash_bytes(topic.p, topic.len) % VERDICT_SLOTS;
	return &v->slots[v->last];
}

/* The answer that was kept for this topic; NULL: there is none. topic.len is 1 to VERDICT_TOPIC_BYTES. */
static inline const struct verdict *verdict_find(struct verdicts *v, struct str topic)
{
	struct verdict *slot = verdict_slot(v, topic);

	return slot->len == topic.len && memcmp(slot->topic, topic.p, topic.len) == 0 ? slot : NULL;
}

static inline struct verdict *verdict_keep(struct verdicts *v, struct str topic, bool allowed, bool personal)
{
	struct verdict *slot = verdict_slot(v, topic);

	slot->len = (unsigned char)topic.len;
	slot->allowed = allowed;
	slot->personal = personal;
	memcpy(slot->topic, topic.p, topic.len);
	return slot;
}

#endif
