/* retries - which of a connection's failed attempts are worth a line in the log. A scoreboard that is switched off overnight is tried ten
 * thousand times and fails for the same reason each time: that is one event and not ten thousand. So the first failure has a line, another
 * reason has one, and the same reason again has one every RETRIES_SAY_MS.
 *
 *   if (retries_failed(r, "connection refused", now))
 *           log_warn("source", "connection refused  tries=%u", r->n);
 *
 * A zeroed struct knows of no failure. It knows no connection. */
#ifndef PUBLISHER_RETRIES_H
#define PUBLISHER_RETRIES_H

#include "base/mono.h"

#include <stdbool.h>

#define RETRIES_SAY_MS 600000
#define RETRIES_WHY_SIZE 160 /* reasons that differ only behind so many bytes are the same */

struct retries {
	unsigned n; /* failures in a row for the same reason */
	char why[RETRIES_WHY_SIZE];
	mono say_at; /* when the same reason has its next line */
};

/* The connection was of use: its next failure is news. */
void retries_succeeded(struct retries *r);
/* The attempt, or the connection, has failed. True: say so. */
bool retries_failed(struct retries *r, const char *why, mono now) __attribute__((warn_unused_result));
/* It has failed so before, more than once: that it is accepted this time is no news. If it is of use this time, other lines say so. */
bool retries_go_on(const struct retries *r);

#endif
