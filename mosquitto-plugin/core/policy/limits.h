/* limits - the numbers in a policy's "limits", those of the broker and those of a role, one row each: name, default, and the least and the
 * most that it can be set to. The policy's parser, the control API's getLimits and the documentation's test read this table; the module
 * that enforces a limit reads the member of its name. All are whole numbers; there is no "unlimited". What each limit means is said in
 * docs/policy.md. A new row needs a line there, in docs/security.md and in schema/policy.schema.json: unit tests fail without. (Those of
 * rooms are in room.h; other numbers, such as a role's `connections` and `reserved`, in policy.h.) */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

/* X(name, default, min, max) - for the broker as a whole, the policy's "limits" */
#define DOOR_LIMITS(X) \
	X(connections, 10000, 1, 1000000) \
	X(connections_per_address, 500, 1, 1000000) \
	X(connections_per_user, 50, 1, 1000000) \
	X(connects_per_s, 500, 1, 1000000) \
	X(connects_burst, 2000, 1, 1000000) \
	X(connects_per_s_per_address, 50, 1, 1000000) \
	X(connects_burst_per_address, 500, 1, 1000000) \
	X(failed_logins, 10, 1, 1000000) \
	X(failed_logins_window_s, 60, 1, 86400) \
	X(failed_logins_ban_s, 300, 1, 864000) \
	X(login_ms_per_s, 200, 1, 1000) \
	X(client_id_bytes, 256, 1, 65535) \
	X(addresses_remembered, 65536, 16, 4000000) \
	X(bans, 1000, 1, 100000) \
	X(repeat_topics, 50000, 1, 4000000) \
	X(presence_groups, 1000, 1, 100000) \
	X(presence_topics_per_s, 50, 1, 100000) \
	X(stalled_s, 30, 1, 86400) \
	X(connect_s, 10, 1, 3600) \
	X(unconnected, 5000, 1, 1000000) \
	X(unconnected_per_address, 500, 1, 1000000) \
	X(unconnected_bytes, 65536, 1024, 268435455) \
	X(sessions, 10000, 0, 1000000) \
	X(sessions_per_address, 10, 0, 1000000) \
	X(session_s, 3600, 1, 31536000) \
	X(replays_per_s, 2000, 1, 10000000) \
	X(replays_burst, 40000, 1, 10000000) \
	X(replays_per_s_per_address, 1000, 1, 10000000) \
	X(replays_burst_per_address, 20000, 1, 10000000) \
	X(retained_topics, 200000, 1, 4000000)

/* for each client, a role's "limits"; sessions, retained_topics, retained_bytes and new_groups_per_hour are for each user */
#define ROLE_LIMITS(X) \
	X(subscriptions, 20, 0, 10000) \
	X(subscribes_per_s, 20, 1, 100000) \
	X(subscribes_burst, 100, 1, 100000) \
	X(filter_levels, 12, 1, 200) \
	X(publishes_per_s, 20, 1, 10000000) \
	X(publishes_burst, 100, 1, 10000000) \
	X(bytes_per_s, 65536, 1, 4000000000) \
	X(bytes_burst, 262144, 1, 4000000000) \
	X(payload_bytes, 65536, 0, 268435455) \
	X(refusals_per_minute, 600, 1, 1000000) \
	X(sessions, 0, 0, 10000) \
	X(replays_per_s, 500, 1, 10000000) \
	X(replays_burst, 20000, 1, 10000000) \
	X(retained_topics, 1000, 0, 4000000) \
	X(retained_bytes, 1048576, 0, 4000000000) \
	X(new_groups_per_hour, 20, 0, 100000)

struct door_limits {
#define X(name, def, min, max) int64_t name;
	DOOR_LIMITS(X)
#undef X
};

struct role_limits {
#define X(name, def, min, max) int64_t name;
	ROLE_LIMITS(X)
#undef X
};

struct limit_row {
	const char *name;
	size_t offset; /* of an int64_t in its struct */
	int64_t def, min, max;
};

extern const struct limit_row door_limit_rows[], role_limit_rows[]; /* the last row's name is NULL */

/* In all of these functions `limits` is the struct that the rows belong to: a door_limits for door_limit_rows, a role_limits for
 * role_limit_rows, a room_rules for the room_limit_rows of room.h. */

/* Sets all limits to their defaults. */
void limits_default(const struct limit_row *rows, void *limits);
/* NULL: there is no limit of this name. */
const struct limit_row *limits_find(const struct limit_row *rows, const char *name, size_t len);

static inline int64_t *limits_at(const struct limit_row *row, void *limits)
{
	return (int64_t *)(void *)((char *)limits + row->offset);
}

static inline int64_t limits_get(const struct limit_row *row, const void *limits)
{
	return *(const int64_t *)(const void *)((const char *)limits + row->offset);
}

#endif
