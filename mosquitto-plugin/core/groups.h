/* groups - the clients that presence counts together: those in room "red", those who watch view "overlay".
 *
 * A rule of the policy, { "name": "room", "filter": "rooms/+/#" }, makes a group of all who have subscribed to a filter
 * such as rooms/red/#: the level at the '+' names it. Anybody may subscribe to rooms/INVENTED/#, so a group is told of only
 * when it is known: a message to a topic that the rule's filter matches has been taken here (from a client who may
 * write it, or over a bridge), or somebody in it has a token whose rooms name it. A group stays known while somebody
 * is in it, and an hour after its last message when nobody is.
 *
 * What bounds it: groups that are told have a limit for each rule, and one for all rules; of those that are known and
 * empty the ones that were heard of longest ago are forgotten; those that are not known exist only because somebody
 * holds a subscription to them, and cost about as much as that. */
#ifndef CORE_GROUPS_H
#define CORE_GROUPS_H

#include "mosquitto-plugin/core/policy.h"

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
	unsigned watch; /* its place in the policy */
	unsigned n;     /* clients in it */
	unsigned visits; /* roster.c: while it goes through the filters of one client, how many of those are in it; else 0 */
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
	unsigned n_in;     /* clients in groups; one that is in two counts twice */
	uint64_t refused;  /* were not told of because of a limit */
	uint64_t changes;  /* rises with everything that presence tells of groups */
};

void groups_free(struct groups *gs);

/* Of who subscribes to this filter; NULL: no group, or no memory. Made when there is none, and gone again as soon as
 * nobody is in it, unless it is known. */
struct group *groups_of(struct groups *gs, const struct policy *p, struct str filter);

/* A client comes, or goes; the group may be gone after that. */
void groups_enter(struct groups *gs, const struct policy *p, struct group *g);
void groups_leave(struct groups *gs, struct group *g);

/* There was a message to this topic. True: it would make a group known that is not; groups_learn() does it. */
bool groups_heard(struct groups *gs, const struct policy *p, struct str topic, mono now);
void groups_learn(struct groups *gs, const struct policy *p, struct str topic, mono now);
/* The token of somebody who is in it names it. */
void groups_vouch(struct groups *gs, const struct policy *p, struct group *g);

/* Forgets those that are over. */
void groups_tick(struct groups *gs, const struct policy *p, mono now);

/* A reload, while the old policy still stands: all are empty. What was known stays known where the new policy has the same
 * rule. The caller asks groups_of() again for every filter, lets everybody enter again, and ends it. */
void groups_reload(struct groups *gs, const struct policy *p);
void groups_reloaded(struct groups *gs);

#endif
