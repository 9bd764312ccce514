/* places - of an exclusive role one client is in at a time, its holder; who else may have the role is refused, and asks again. Knows no
 * connections: the door says who comes and goes.
 *
 * The connection is the lock: a place is free when its holder has gone, and only then. A client with the holder's id is no other one, but the
 * holder who comes back.
 *
 *   name        such a role has a place for each name, which is what stands behind the last '@' of a client id: publishers of two tracks,
 *               `rink@scoreboard/track1` and `rink@scoreboard/track2`, do not keep each other out. A name within another one by its levels is
 *               the same, as what begins with the one is a part of what begins with the other; and so is any beside an id without a name.
 *   contested   somebody else has asked within the last seconds. Then it matters whether the holder is alive, and the door is asked by
 *               places_next_contested() of whom that is to be found out.
 *
 *   if (places_ask(p, policy, (struct place_wish){ role, id }, now))
 *           refuse...
 *   places_take(p, policy, client); ... places_leave(p, client); */
#ifndef CORE_PLACES_H
#define CORE_PLACES_H

#include "mosquitto-plugin/core/seats/roster.h"

#define PLACES_MOST 64 /* holders at a time, of all roles together: one more is refused as if his place were taken */

struct place {
	const struct client *holder; /* NULL: nobody */
	mono asked_until;            /* somebody else has asked for it, and is taken to wait until then */
};

/* A zeroed struct has no holders. Of roles that are not exclusive nobody is one. */
struct places {
	struct place of[PLACES_MOST];
	mono quiet_until[POLICY_MAX_ROLES]; /* refusals of this role are not logged before */
};

struct place_wish {
	int role;
	struct str id; /* the client's */
};

/* Somebody who has proved that he may have this role wants to come in with this client id. True: the place is taken by another one, or there
 * is no room for one more. */
bool places_ask(struct places *p, const struct policy *policy, struct place_wish wish, mono now) __attribute__((warn_unused_result));
/* May the log tell of his refusal? Only of the first, as long as somebody goes on asking. */
bool places_may_log(struct places *p, int role, mono now);
void places_take(struct places *p, const struct policy *policy, const struct client *c); /* this client is in */
void places_leave(struct places *p, const struct client *c);                             /* it has gone */
/* The roles have other numbers and members. Where several clients are in for one place, the first keeps it, and the others are sent away. */
void places_reload(struct places *p, const struct policy *policy, struct roster *r);

/* The holder of the next contested place; *i is 0 before the first call, and NULL is the end. */
const struct client *places_next_contested(const struct places *p, int *i, mono now);

#endif
