/* groups - the clients that presence counts together: those in room "red", those who watch view "overlay". This module knows how many
 * clients are in each group, not which. The roster tells it who enters and leaves (roster.h); presence publishes the groups (presence.h).
 *
 * The problem. A watch of the policy (policy.h), { "name": "room", "filter": "rooms/+/#" }, makes a group of all clients that have
 * subscribed to a filter such as rooms/red/#: the level at the '+' names the group. But anybody may subscribe to rooms/INVENTED/#, and what
 * presence tells is published to everybody. So inventing a group must gain nothing, and what groups cost must have a limit.
 *
 * Words.
 *   heard     a message with a payload came for a topic that the watch's filter matches, from a client that may write it or over a bridge.
 *   known     the group was heard, or somebody in it vouches for it: his token's rooms name it. It stays known while somebody is in it, and
 *             for an hour after its last message when nobody is. Only known groups are told.
 *   told      presence publishes the group: it is known, somebody is in it, and the limits have room for it.
 *   idle      the group is known, and nobody is in it. Idle groups stand in the order in which they became idle or were heard since, and are
 *             forgotten in that order.
 *   room      a group of the watch that the policy's "rooms" makes (struct watch). Its name is the room's. What is known of a room, its
 *             messages and dates, is kept here, too.
 *
 * The life of a group. groups_of() makes it when the first client subscribes to one of its filters; it is not known yet. A message to one
 * of its topics makes it known (groups_heard, groups_learn), and as somebody is in it, it is told. When the last client leaves, it is idle.
 * After an hour, or when too many groups are idle, it is dropped. A group that never became known goes with its last subscription, so it
 * costs about as much as that.
 *
 * What bounds it: told groups have a limit for each watch and one for all watches together; idle groups have the latter, too; there are no
 * more unknown groups than subscriptions.
 *
 * Rooms are bounded by the policy's rooms.rooms alone, told and idle ones together. When there are as many, the room that has been idle longest
 * makes place for a new one, but only if nothing is retained in it (`keeps`); otherwise the new one is refused. So nobody can have the state
 * of other people's rooms forgotten by making rooms. An idle room is not forgotten here: its owner asks for those that have been quiet for
 * long (groups_quiet_room), clears what they retain, and calls groups_forget().
 *
 * Example: somebody subscribes to rooms/red/chat: group room/red has one client, and nobody hears of it. A member writes to
 * rooms/red/chat: room/red is known, and presence tells 1. */
#ifndef CORE_GROUPS_H
#define CORE_GROUPS_H

#include "mosquitto-plugin/core/policy/policy.h"

#include "base/mono.h"

#define GROUP_FORGET_MS (3600 * 1000LL)

enum group_list {
	GROUP_NOT_LISTED, /* not known, or over a limit */
	GROUP_TOLD,       /* known, and somebody is in it */
	GROUP_IDLE,       /* known, and nobody is */
	GROUP_IDLE_ROOM,  /* the same, of a room */
	GROUP_LISTS
};

struct group {
	const struct watch *watch; /* the watch by which clients are counted in this group */
	unsigned watch_index;      /* its place in the policy */
	unsigned n;                /* clients in it */
	unsigned visits;           /* 0, except while the roster counts how many filters of one client are this group's */
	enum group_list list;
	bool known;
	bool keeps; /* of a room: something is retained in it; set by the owner */
	mono heard; /* when it was last heard; 0 when it never was, and only tokens vouch for it */

	/* of a room */
	mono quiet;                            /* while it is idle: since when nobody is in it, and no message has come */
	uint64_t messages;                     /* heard since it is known */
	int64_t since_ms, heard_ms, change_ms; /* wall clock: known since, last heard (0: never), somebody came or left last */
	struct group *prev, *next;
	UT_hash_handle hh;
	char key[]; /* "view/red": the watch's name and the level that names the group */
};

struct groups {
	struct group *all; /* by key */
	struct group *lists[GROUP_LISTS];
	unsigned n_listed[GROUP_LISTS], n_told_by_watch[POLICY_WATCHES];
	unsigned n_in;    /* the sum of n of all groups; a client that is in two counts twice */
	unsigned n_rooms; /* that are known */
	mono now;         /* the time, as the owner or groups_tick() set it last */
	int64_t wall_ms;  /* the wall clock, as groups_tick() was told last: what rooms are dated by */
	uint64_t refused; /* times that a group was not told, or not made known, because of a limit */
	uint64_t changes; /* rises whenever something changes that presence tells of groups */
};

void groups_free(struct groups *gs);

/* The group of those who subscribe to this filter. It is made when there is none; the caller then enters a client. NULL: no watch makes a
 * group of this filter, or memory is out. */
struct group *groups_of(struct groups *gs, const struct policy *p, struct str filter) __attribute__((warn_unused_result));

/* A client enters the group; a client leaves it, after which the group may be freed. */
void groups_enter(struct groups *gs, const struct policy *p, struct group *g);
void groups_leave(struct groups *gs, struct group *g);

/* A message with a payload came for this topic. True: it would make a group known that is not known yet. If the sender may do that, the
 * caller calls groups_learn(). */
bool groups_heard(struct groups *gs, const struct policy *p, struct str topic, mono now);
void groups_learn(struct groups *gs, const struct policy *p, struct str topic, mono now);
/* Somebody in this group has a token whose rooms name it. */
void groups_vouch(struct groups *gs, const struct policy *p, struct group *g);

/* Forgets groups that have been idle for too long, and the oldest idle ones when there are too many. */
struct moment {
	mono now;
	int64_t wall_ms;
};
void groups_tick(struct groups *gs, const struct policy *p, struct moment at);

/* The name of a group without its watch's: of a room, the room's name. */
static inline struct str group_own_name(const struct group *g)
{
	return str_of(strchr(g->key, '/') + 1);
}
/* The room of this name, known or not; NULL: there is none. */
struct group *groups_room(const struct groups *gs, const struct policy *p, struct str room);
/* Is there place for one more room, or one that may make place for it? */
bool groups_has_place(const struct groups *gs, const struct policy *p);
/* Somebody is in this room at another broker: it is known, and not quiet. */
void groups_elsewhere(struct groups *gs, const struct policy *p, struct str room);
/* The room that has been quiet longest, if that is for at least so long; NULL: there is none. */
struct group *groups_quiet_room(const struct groups *gs, int64_t ms);
void groups_forget(struct groups *gs, struct group *g); /* nobody is in it */

/* A reload, in two steps; the old policy must not be freed in between. groups_reload() empties all groups; those whose watch the new policy
 * still has, with the same name and filter, stay known. The caller then calls groups_of() for every filter and groups_enter() for every
 * client, and ends with groups_reloaded(), which drops or idles the groups that nobody has entered. */
void groups_reload(struct groups *gs, const struct policy *p);
void groups_reloaded(struct groups *gs);

#endif
