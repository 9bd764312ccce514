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

#include "base/str.h"

enum encoding {
	ENCODING_JSON = 1,
	ENCODING_PACKED = 2,
	ENCODING_BOTH = ENCODING_JSON | ENCODING_PACKED,
};
#define ENCODING_KINDS 2 /* that one view can have: JSON and packed */

bool encodings_valid(struct str list);
/* Of one view, by a valid list, or an empty one, which is none and says `both`. */
enum encoding encodings_of(struct str list, struct str view);

#endif
