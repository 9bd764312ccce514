#include "mosquitto-plugin/core/seats/places.h"

#define ASKED_MS 3000  /* whoever waits asks about every second: so long after the last time he is taken to wait yet */
#define QUIET_MS 10000 /* nobody has asked for so long: the next refusal is said in the log */

bool places_ask(struct places *p, int role, struct str id, mono now)
{
	struct place *place = &p->of[role];

	if (!place->holder || str_is(id, place->holder->id))
		return false;
	place->asked_until = mono_add(now, ASKED_MS);
	return true;
}

bool places_may_log(struct places *p, int role, mono now)
{
	bool may = mono_reached(now, p->of[role].quiet_until);

	p->of[role].quiet_until = mono_add(now, QUIET_MS);
	return may;
}

void places_take(struct places *p, const struct policy *policy, const struct client *c)
{
	if (policy->roles[c->role].exclusive)
		p->of[c->role].holder = c;
}

void places_leave(struct places *p, const struct client *c)
{
	for (int i = 0; i < POLICY_MAX_ROLES; i++)
		if (p->of[i].holder == c)
			p->of[i].holder = NULL;
}

void places_reload(struct places *p, const struct policy *policy, struct roster *r)
{
	*p = (struct places){ 0 };
	for (struct client *c = r->clients; c; c = c->next) {
		const struct client *holder = p->of[c->role].holder;

		if (c->leaving)
			continue;
		if (holder && strcmp(holder->id, c->id) != 0)
			roster_send_away(r, c);
		else
			places_take(p, policy, c);
	}
}

const struct client *places_next_contested(const struct places *p, int *role, mono now)
{
	while (*role < POLICY_MAX_ROLES) {
		const struct place *place = &p->of[(*role)++];

		if (place->holder && !place->holder->leaving && !mono_reached(now, place->asked_until))
			return place->holder;
	}
	return NULL;
}
