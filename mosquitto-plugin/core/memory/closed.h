/* closed - the rooms that an operator has closed, and until when. While a room is closed nobody writes to it and nobody subscribes to it
 * (door_acl.c). Like bans, closings are forgotten when the broker ends. Knows no client and no topic. A zeroed struct has none.
 *
 * Every write and every subscription below rooms/ asks, so the question costs nothing while no room is closed, and else one look into a hash
 * table. */
#ifndef CORE_CLOSED_H
#define CORE_CLOSED_H

#include "base/hash.h"

#include "base/mono.h"
#include "base/str.h"

#define CLOSED_MAX 1000 /* rooms that are closed at a time */

struct closed_room;

struct closed_rooms {
	struct closed_room *all;
};

void closed_free(struct closed_rooms *c); /* twice is legal */

/* Closes the room until then; one that is closed already gets the new end. False: too many are closed, or memory is out. */
bool closed_close(struct closed_rooms *c, struct str room, mono until) __attribute__((warn_unused_result));
/* False: it was not closed. */
bool closed_open(struct closed_rooms *c, struct str room);

bool closed_is(const struct closed_rooms *c, struct str room, mono now);
/* When it ends, in milliseconds from now on; 0: it is not closed. */
int64_t closed_left_ms(const struct closed_rooms *c, struct str room, mono now);

unsigned closed_count(const struct closed_rooms *c);
void closed_expire(struct closed_rooms *c, mono now);

#endif
