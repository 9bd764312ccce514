/* notice - when the notices that everybody sees, on <prefix>/notice and on those of tracks, are over. Its payload says so itself:
 * {"until":1764165000000}, by the wall clock. A broker drops what has expired by itself, but silently, and nobody who has it on his screen
 * hears of it; nor does every client that publishes a notice give it an expiry. So whoever keeps watch clears the topic at that time.
 * Knows no broker. A zeroed struct has heard of none. When there are too many, or there is no memory, one is not watched: it ends by its
 * expiry alone. */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include "mosquitto-plugin/core/policy/track.h"

#define NOTICE_MAX_BYTES 8192 /* of a payload that is looked at; a notice has 500 characters of text */

struct notices {
	struct notice {
		char *topic;
		int64_t until_ms; /* wall clock */
	} v[TRACKS_MOST];
	size_t n;
};

/* The topic's payload is this now. */
void notice_heard(struct notices *n, struct str topic, struct str payload);
/* The topic of one that is over now, which is told once and is then the caller's to free. NULL: none is. */
char *notice_take_over(struct notices *n, int64_t wall_ms) __attribute__((warn_unused_result));
void notices_free(struct notices *n); /* twice is legal */

#endif
