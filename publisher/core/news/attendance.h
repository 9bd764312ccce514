/* attendance - how many are there, as a broker with our plugin tells (docs/policy.md, "Presence"). It keeps two of the plugin's numbers, for
 * whoever asks us how it goes:
 *
 *   viewers   the pages that are open, by whatever way they get the feed: `total` of the object in presence/watching.
 *   users     how many different users with an account are in: presence/users.
 *
 * What the plugin has told once holds until it tells otherwise or the connection to the broker ends. Knows no connection; topics have no
 * prefix. */
#ifndef PUBLISHER_ATTENDANCE_H
#define PUBLISHER_ATTENDANCE_H

#include "base/str.h"

#define ATTENDANCE_UNKNOWN (-1)

struct attendance {
	int64_t viewers, users; /* or ATTENDANCE_UNKNOWN: nobody has told */
};

/* Nothing was told yet, or the connection over which it was is lost. */
void attendance_forget(struct attendance *a);
/* Adds what another broker has told. */
void attendance_add(struct attendance *a, const struct attendance *other);
/* True: the topic is one of the two. A payload that is no number of people makes the number unknown. */
bool attendance_hear(struct attendance *a, struct str topic, struct str payload);

#endif
