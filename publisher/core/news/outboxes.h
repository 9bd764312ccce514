/* outboxes - the outboxes of several brokers, which are all to hold the same.
 *
 * Each broker comes and goes by itself, and has been told something else: so each has an outbox (outbox.h) of its own, with all values. Here
 * is what is done to all of them at once. What is done to one alone (compare it, give its messages out) is done to list[i].
 *
 *   if (outboxes_open(&o, 2, max_bytes, window)) ...
 *   news = outboxes_set(&o, &value, now) & OUTBOX_NEWS;
 *   while (outbox_next(o.list[1], now, &publish)) ...
 *
 * The ceiling holds for each by itself. What a broker retains that it should not counts against its own outbox's, so that one may be full
 * where another is not; whatever is refused there is taken with the next whole state, when there is room again. */
#ifndef PUBLISHER_OUTBOXES_H
#define PUBLISHER_OUTBOXES_H

#include "publisher/core/news/outbox.h"

#define BROKERS_MAX 8 /* how many brokers one publisher can tell */

struct outboxes {
	struct outbox *list[BROKERS_MAX];
	size_t n;
};

/* n empty ones, 1 to BROKERS_MAX. 0, or 1: no memory, and nothing is left behind. */
int outboxes_open(struct outboxes *o, size_t n, size_t max_bytes, size_t window) __attribute__((warn_unused_result));
void outboxes_close(struct outboxes *o); /* frees them; twice is fine */

/* As of one outbox. The bits of OUTBOX_NEWS and OUTBOX_FULL: it was news to some, and some had no room for it. */
unsigned int outboxes_set(const struct outboxes *o, const struct outbox_value *v, mono now) __attribute__((warn_unused_result));
unsigned int outboxes_remove(const struct outboxes *o, struct str topic, mono now);
void outboxes_mark(const struct outboxes *o);
/* As of one; gone() may be called more than once for a topic. Returns how many topics were removed where it was most. */
size_t outboxes_sweep(const struct outboxes *o, mono now, void (*gone)(void *arg, struct str topic), void *arg);
/* Closes them all and drops what is the scoreboard's: for when all of that is about to be set anew. */
void outboxes_drop_all(const struct outboxes *o);
size_t outboxes_topics(const struct outboxes *o); /* those with a value, where they are most */
size_t outboxes_bytes(const struct outboxes *o);  /* of all together */

#endif
