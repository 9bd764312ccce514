/* encoding - in which ways a view is published: as JSON, packed, or both (schema/README.md, "The feed" and "The packed feed").
 *
 * The option --encodings says it, as a list of words with commas between. A word without a name is for all views that have none of
 * their own; the last one counts:
 *
 *   both                        the default
 *   packed                      no view as JSON
 *   packed,overlay=json         but the view `overlay` only so */
#ifndef PUBLISHER_ENCODING_H
#define PUBLISHER_ENCODING_H

#include "base/complaint.h"
#include "base/str.h"

enum encoding {
	ENCODING_JSON = 1,
	ENCODING_PACKED = 2,
	ENCODING_BOTH = ENCODING_JSON | ENCODING_PACKED,
};

/* 0: the list can be read. */
int encodings_check(struct str list, struct complaint *why) __attribute__((warn_unused_result));
/* Of one view, by a list that was checked; an empty one says `both`. */
enum encoding encodings_of(struct str list, struct str view);

#endif
