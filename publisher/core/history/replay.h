/* replay - a message of a game that is over, as if it were sent now: its time, and that of each clock in it, moved by so many milliseconds. A
 * viewer counts clocks from the time that they had (schema/README.md, "The feed"), so without this they would be far off. */
#ifndef PUBLISHER_REPLAY_H
#define PUBLISHER_REPLAY_H

#include "base/buf.h"

/* What the message is called now: a feed that is played again has numbers and an epoch of its own. */
struct replay_position {
	const char *epoch;
	uint64_t seq;
	int64_t ts;    /* of the message, milliseconds since 1970 */
	int64_t moved; /* what is added to the time of clocks */
};

/* Appends a delta made of `message`, which has `set` and `del`, or a snapshot if it has `state`. False: it is neither. */
bool replay_write(struct str message, const struct replay_position *to, struct buf *out) __attribute__((warn_unused_result));

#endif
