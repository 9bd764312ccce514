/* places - of an exclusive role one client is in at a time, its holder; who else may have the role is refused, and asks again. One place for
 * each role. Knows no connections: the door says who comes and goes.
 *
 * The connection is the lock: a place is free when its holder has gone, and only then. A client with the holder's id is no other one, but the
 * holder who comes back.
 *
 *   contested   somebody else has asked within the last seconds. Then it matters whether the holder is alive, and the door is asked by
 *               places_next_contested() of whom that is to be found out.
 *
 *   if (places_ask(p, role, id, now))
 *           refuse...
 *   places_take(p, client); ... places_leave(p, client); */
#ifndef CORE_PLACES_H
#define CORE_PLACES_H

#include "mosquitto-plugin/core/seats/roster.h"

struct place {
	const struct client *holder; /* NULL: nobody */
	mono asked_until;            /* somebody else has asked for it, and is taken to wait until then */
	mono quiet_until;            /* his refusals are not logged before */
};

/* By role. Of roles that are not exclusive nobody is a holder. */
struct places {
	struct place of[POLICY_MAX_ROLES];
};

/* Somebody who has proved that he may have this role wants to come in with this client id. True: the place is taken by another one. */
bool places_ask(struct places *p, int role, struct str id, mono now) __attribute__((warn_unused_result));
/* May the log tell of his refusal? Only of the first, as long as somebody goes on asking. */
bool places_may_log(struct places *p, int role, mono now);
void places_take(struct places *p, const struct policy *policy, const struct client *c); /* this client is in */
void places_leave(struct places *p, const struct client *c);                             /* it has gone */
/* The roles have other numbers and members. Where several clients are in for one place, the first keeps it, and the others are sent away. */
void places_reload(struct places *p, const struct policy *policy, struct roster *r);

/* The holder of the next contested place; *role is 0 before the first call, and NULL is the end. */
const struct client *places_next_contested(const struct places *p, int *role, mono now);

#endif
