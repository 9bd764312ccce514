/* manners - how web/client treats a broker: when it connects again, how long it waits for an answer, how it joins; so that a viewer of the
 * bench loads a broker as a page would. The numbers are those of web/client/link.js and web/client/transports/mqtt.js, and a unit test
 * compares them. Pure: knows no clock. */
#ifndef LOADGEN_MANNERS_H
#define LOADGEN_MANNERS_H

#include <stdint.h>

#define MANNERS_DIAL_MS 6000  /* link.js: from dialling to an exact state, */
#define MANNERS_JOIN_MS 20000 /* and to the same when the broker has let it in, since there is no other one */
#define MANNERS_PINGS 6       /* mqtt.js, hurry(): pings after the subscription, which make an embedded broker send at once */

/* How long a page waits before it connects again: backoff.js with the numbers of link.js. attempt: how many rounds have failed since the last
 * good one; 0 <= rnd < 1. */
int64_t manners_retry_ms(int attempt, double rnd);

/* How long it waits with ping n, from 0 to MANNERS_PINGS - 1, after the one before (with ping 0: after the subscription). */
int64_t manners_ping_ms(int n);

#endif
