/* picture - a view as its messages tell it: each key with its newest value. Whoever has the messages of a feed (schema/README.md, "The feed")
 * folds them into one: a snapshot replaces all, a delta changes some. Knows no game and no time.
 *
 *   picture_take(&p, STR("{\"set\":{\"team/1/score\":7},\"del\":[\"team/1/color/fg\"]}"));
 *   picture_get(&p, STR("team/1/score"));          7
 */
#ifndef PUBLISHER_PICTURE_H
#define PUBLISHER_PICTURE_H

#include "base/buf.h"

struct picture_value;

/* Zeroed, it is empty and has no ceiling. */
struct picture {
	struct picture_value *values;
	size_t bytes, max_bytes; /* of keys and values; max_bytes 0: no ceiling */
};

void picture_free(struct picture *p); /* empties it; twice is legal */

/* Folds a message with the member `state` (a snapshot) or with `set` and `del`. False: it could not be read, a key did not fit, or there was no
 * memory; what the rest of it says is folded all the same. */
bool picture_take(struct picture *p, struct str message) __attribute__((warn_unused_result));
/* The value as JSON text; empty: there is no such key. Valid until the next picture_take(). */
struct str picture_get(const struct picture *p, struct str key);
/* Appends all as one JSON object. */
void picture_write(const struct picture *p, struct buf *out);

#endif
