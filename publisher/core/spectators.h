/* spectators - how many watch over our HTTP server, told to the broker: there they are no clients, and would be in no number.
 *
 *   <prefix>/crew/watching   {"sse":120,"polling":3}      not retained
 *
 * It is told when it has changed, at most once a second, and every SPECTATORS_REPEAT_MS in any case; whoever adds it up (the plugin,
 * pages.h) forgets it when it hears nothing for three times as long. Knows no broker and no HTTP; time is an argument. */
#ifndef PUBLISHER_SPECTATORS_H
#define PUBLISHER_SPECTATORS_H

#include "base/mono.h"
#include "base/str.h"

#define SPECTATORS_REPEAT_MS 5000
#define SPECTATORS_CHANGE_MS 1000 /* at least between two messages */

struct spectators {
	bool counted;        /* spectators_set() was called: there is an HTTP server */
	size_t sse, polling; /* as of now */
	bool changed;        /* since it was told last */
	mono soonest, repeat;
	char text[64];
};

/* A zeroed struct tells nothing. */
void spectators_set(struct spectators *s, size_t sse, size_t polling);
void spectators_connected(struct spectators *s); /* to a broker: it knows nothing yet */
/* The next message, valid until the next call. False: none is due. */
bool spectators_next(struct spectators *s, mono now, struct str *text) __attribute__((warn_unused_result));
mono spectators_deadline(const struct spectators *s); /* when there may be one */

#endif
