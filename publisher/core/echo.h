/* echo - how long a change takes from the scoreboard to somebody who has subscribed at a broker: the publisher subscribes to its own feed, and
 * notes when what it has sent comes back. Knows no broker and no topic; time is an argument.
 *
 * A message is known by its bytes, so nothing is added to it, and JSON and packed ones are alike. What never comes back is forgotten, oldest
 * first; what comes back twice counts once.
 *
 *   echo_sent(&e, delta, since);           since: when its first change came from the scoreboard
 *   ms = echo_heard(&e, payload, now);     negative: it is not known */
#ifndef PUBLISHER_ECHO_H
#define PUBLISHER_ECHO_H

#include "base/mono.h"
#include "base/str.h"

#define ECHO_KEPT 64

struct echo {
	struct echo_sent {
		uint64_t hash; /* 0: nothing is here */
		mono since;
	} sent[ECHO_KEPT];
	size_t next;
};

/* A zeroed struct is empty. */
void echo_sent(struct echo *e, struct str text, mono since);
int64_t echo_heard(struct echo *e, struct str text, mono now);
void echo_forget(struct echo *e); /* the connection has ended: nothing comes back */

#endif
