/* notice - when the notice that everybody sees, on <prefix>/notice, is over. Its payload says so itself: {"until":1764165000000}, by the wall
 * clock. A broker drops what has expired by itself, but silently, and nobody who has it on his screen hears of it; nor does every client that
 * publishes a notice give it an expiry. So whoever keeps watch clears the topic at that time. Knows no broker. A zeroed struct has heard of
 * none. */
#ifndef CORE_NOTICE_H
#define CORE_NOTICE_H

#include "base/str.h"

#define NOTICE_MAX_BYTES 8192 /* of a payload that is looked at; a notice has 500 characters of text */

struct notice {
	int64_t until_ms; /* wall clock; 0: there is none, or it has no end */
};

/* The topic's payload is this now. */
void notice_heard(struct notice *n, struct str payload);
/* True, once: it is over now. */
bool notice_is_over(struct notice *n, int64_t wall_ms);

#endif
