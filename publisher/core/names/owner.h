/* owner - whose a topic below the prefix is, by its first level.
 *
 * The scoreboard's values share the prefix with messages that others write. What a scoreboard calls its paths must not decide what stands
 * there: so no path gets the topic of another owner (schema.h), and what the publisher finds at a broker it clears only where nobody but itself
 * writes (mirror.h). Both ask here.
 *
 * Below `crew/` the scoreboard has values that only the crew may read, and the crew writes what it likes. A topic does not tell which it is. So
 * the publisher marks what it writes there by a content type, OWNER_MARK: what has none is somebody's. */
#ifndef PUBLISHER_OWNER_H
#define PUBLISHER_OWNER_H

#include "base/str.h"

enum owner {
	OWNER_SCOREBOARD, /* one of its values, or nobody's yet */
	OWNER_PUBLISHER,  /* its feeds, its status, and its texts for displays, and the names of pictures */
	OWNER_CREW,       /* the crew and the scoreboard share it */
	OWNER_PEOPLE,     /* operators and crew */
	OWNER_PLUGIN,     /* the broker's plugin */
};

#define OWNER_MARK "application/vnd.scoreboard.value+json"

enum owner owner_of(struct str topic); /* without the prefix */

#endif
