/* made_up - members of a scoreboard's JSON that no game has seen, for the texts of the bench's own publisher. Packed they shrink as those of a
 * real game do, because they are made the same way: long names of keys that come again and again, ids and names of skaters that don't. Pure. */
#ifndef LOADGEN_MADE_UP_H
#define LOADGEN_MADE_UP_H

#include "base/buf.h"

#include <stdint.h>

/* Ends an object such as {"epoch":"x","seq":1 with its last member, an object called `member`, so that the whole has so many bytes, or the few
 * more that it takes: {"epoch":"x","seq":1,"set":{"team/1/score":3}}. In that object stand the scores first, then clocks, positions and one
 * skater after another; what is too short for one more value is filled with blanks, which JSON allows. `turn` is the moment of the game:
 * another one gives the same keys other values. */
void made_up_end(struct buf *text, const char *member, uint64_t turn, size_t bytes);

#endif
