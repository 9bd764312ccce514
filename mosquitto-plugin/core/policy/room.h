/* room - what a room's name may be, and the policy's "rooms": which rooms are open to everybody whose filters have %r, and how much a room may
 * hold. A room is the level behind `rooms` in a topic (`rooms/match:42/say/ann`); whoever subscribes to something there is a member. A room
 * that is not open is private: only a token, or a role with a wildcard in its filters, lets somebody in. Knows no client and no topic.
 * docs/policy.md says the rest. */
#ifndef CORE_ROOM_H
#define CORE_ROOM_H

#include "base/str.h"
#include "mosquitto-plugin/core/policy/limits.h"

#include <stdbool.h>

#define ROOM_NAME_MAX 64 /* bytes */
#define POLICY_MAX_OPEN_ROOMS 64

/* X(name, default, min, max) - `rooms` are known to a broker at a time, `members` in one of them; the retained ones are for each room; a room
 * in which nobody has been for `idle_s` seconds is cleared; of `presence_per_s` rooms it is told in a second who is there */
#define ROOM_LIMITS(X) \
	X(rooms, 1000, 1, 100000) \
	X(members, 500, 1, 1000000) \
	X(retained_topics, 50, 0, 4000000) \
	X(retained_bytes, 262144, 0, 4000000000) \
	X(idle_s, 3600, 1, 31536000) \
	X(presence_per_s, 1000, 1, 100000)

struct room_rules {
	bool on; /* the policy has "rooms": otherwise no room is looked after, and %r is the token's rooms alone */
	/* Patterns: a room's name, or the beginning of names with '*' behind. "*" is all of them. */
	char *open[POLICY_MAX_OPEN_ROOMS];
	size_t n_open;
#define X(name, def, min, max) int64_t name;
	ROOM_LIMITS(X)
#undef X
};

extern const struct limit_row room_limit_rows[]; /* for a struct room_rules */

/* May a room have this name? 1 to ROOM_NAME_MAX bytes; no '/', '+', '#', and no control character (U+0000 to U+001F, U+007F to U+009F). Whether
 * it is UTF-8 is for those to check who read it: brokers do for topics, the JSON parser for tokens. */
bool room_name_valid(struct str room);

/* The level of a topic or a filter that stands behind "rooms/". It may be empty, a wildcard, or no name; p is NULL when the topic is not below
 * rooms/. */
struct str room_of_topic(struct str topic);

/* Is it the topic where the plugin tells who is in a room, rooms/ROOM/presence, or below it? */
bool room_is_presence(struct str topic);

/* Does this stand for rooms: a name that is valid, or the beginning of one with '*' behind, or "*"? */
bool room_pattern_valid(struct str pattern);

/* Is it open? False for every name that is not valid, and when "rooms" is not in the policy. */
bool room_is_open(const struct room_rules *r, struct str room);

void room_rules_free(struct room_rules *r); /* twice is legal */

#endif
