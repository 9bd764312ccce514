/* manners - how web/client treats a broker: when it connects again, how long it waits for an answer, how it joins; so that a viewer of the
 * bench loads a broker as a page would. The numbers are those of web/client/link.js and web/client/transports/mqtt.js, and a unit test
 * compares them. Pure: knows no clock. */
#ifndef LOADGEN_MANNERS_H
#define LOADGEN_MANNERS_H

#include <stdint.h>

#define MANNERS_DIAL_MS 6000 /* link.js: from dialling to an exact state */
#define MANNERS_PINGS 12     /* mqtt.js, hurry(): pings after the subscription, which make an embedded broker send at once */

/* backoff.js with the numbers of link.js. attempt: rounds that failed since the last good one; 0 <= rnd < 1. */
int64_t manners_retry_ms(int attempt, double rnd);

/* From ping n - 1 (or from the subscription) to ping n < MANNERS_PINGS. */
int64_t manners_ping_ms(int n);

#endif
