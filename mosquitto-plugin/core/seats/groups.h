/* groups - the clients that presence counts together: those in room "red", those who watch view "overlay". It knows how many clients are in each,
 * not which; the roster tells who enters and leaves (roster.h), presence tells of them (presence.h).
 *
 * The problem. A rule of the policy, { "name": "room", "filter": "rooms/+/#" }, makes a group of all who have subscribed to a filter such
 * as rooms/red/#: the level at the '+' names it. But anybody may subscribe to rooms/INVENTED/#, and what is told of is published to
 * everybody. So inventing a group must be worth nothing, and what groups cost must have a limit.
 *
 * Words.
 *   heard     there was a message with a payload to a topic that the rule's filter matches: from a client who may write it, or over a
 *             bridge.
 *   known     heard of, or vouched for: somebody in it has a token whose rooms name it. It stays known while somebody is in it, and an hour
 *             after its last message when nobody is. Only groups that are known are told of.
 *   told      in the list of those that presence tells of: known, with somebody in it, and within the limits.
 *   idle      known, with nobody in it; the list is in the order in which they were heard of, and the oldest are forgotten first.
 *
 * The life of a group. groups_of() makes it when somebody subscribes to a filter that no group is for yet; it is unknown. A message to one
 * of its topics makes it known (groups_heard, groups_learn), and as somebody is in it, it is told. When the last one leaves, it is idle; after
 * an hour, or when too many are, it is dropped. One that never became known goes with its last subscription, so it costs about as much as
 * that.
 *
 * What bounds it: told groups have a limit for each rule and one for all, idle ones the latter, and unknown ones that of subscriptions.
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
	GROUP_LISTS
};

struct group {
	const struct watch_rule *rule;
	unsigned watch;  /* its place in the policy */
	unsigned n;      /* clients in it */
	unsigned visits; /* the roster's: while it goes through the filters of one client, how many of them are this group's; else 0 */
	enum group_list list;
	bool known;
	mono heard; /* the last message; 0 when only tokens name it */
	struct group *prev, *next;
	UT_hash_handle hh;
	char key[]; /* "room/red": what follows presence/ */
};

struct groups {
	struct group *all; /* by key */
	struct group *lists[GROUP_LISTS];
	unsigned n_listed[GROUP_LISTS], n_told_of[POLICY_MAX_WATCHES];
	unsigned n_in;    /* clients in groups; one that is in two counts twice */
	uint64_t refused; /* times that one was not told of, or not made known, because of a limit */
	uint64_t changes; /* rises with everything that presence tells of groups */
};

void groups_free(struct groups *gs);

/* The group of those who subscribe to this filter; NULL: no rule makes one, or no memory. Made when there is none, for the caller to enter
 * somebody. */
struct group *groups_of(struct groups *gs, const struct policy *p, struct str filter) __attribute__((warn_unused_result));

/* A client comes, or goes; the group may be gone after that. */
void groups_enter(struct groups *gs, const struct policy *p, struct group *g);
void groups_leave(struct groups *gs, struct group *g);

/* There was a message to this topic. True: it would make a group known that is not yet; if that is allowed, groups_learn() does it. */
bool groups_heard(struct groups *gs, const struct policy *p, struct str topic, mono now);
void groups_learn(struct groups *gs, const struct policy *p, struct str topic, mono now);
/* The token of somebody who is in it names it. */
void groups_vouch(struct groups *gs, const struct policy *p, struct group *g);

/* Forgets those that were idle for too long, or are too many. */
void groups_tick(struct groups *gs, const struct policy *p, mono now);

/* A reload, while the old policy still stands: all are empty. What was known stays known where the new policy has the same
 * rule. The caller asks groups_of() again for every filter, lets everybody enter again, and ends it. */
void groups_reload(struct groups *gs, const struct policy *p);
void groups_reloaded(struct groups *gs);

#endif
