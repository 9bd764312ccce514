/* track - where a scoreboard's topics begin. With one scoreboard at a broker they begin with the plugin's prefix, with several each has
 * one level more, its track: scoreboard/status, or scoreboard/track1/status and scoreboard/track2/status. Everything about the broker as a
 * whole, presence for one, is below the prefix itself. */
#ifndef CORE_TRACK_H
#define CORE_TRACK_H

#include "base/str.h"

#define TRACKS_MOST 64 /* of how many tracks account is kept, by whoever does */

/* What stands behind "<prefix>/<name>" or "<prefix>/<track>/<name>" in the topic: with the name "feed/" it is "v/delta" of
 * "scoreboard/track2/feed/v/delta", and empty when the topic ends there. p is NULL: the topic begins otherwise. */
struct str track_rest(struct str prefix, struct str topic, struct str name) __attribute__((warn_unused_result));

/* Is it the topic `name` of a scoreboard: "<prefix>/<name>" or "<prefix>/<track>/<name>"? */
bool track_topic_is(struct str prefix, struct str topic, struct str name) __attribute__((warn_unused_result));

/* May a scoreboard's topics begin so: is it the prefix, or the prefix and one level that is no wildcard? */
bool track_is(struct str prefix, struct str text) __attribute__((warn_unused_result));

#endif
