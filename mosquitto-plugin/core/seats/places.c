#include "mosquitto-plugin/core/seats/places.h"

#define ASKED_MS 3000  /* whoever waits asks about every second: so long after the last time he is taken to wait yet */
#define QUIET_MS 10000 /* nobody has asked for so long: the next refusal is said in the log */

/* What stands behind the last '@' of a client id; empty: nothing does. */
static struct str name_of(struct str id)
{
	const char *at = id.len ? memrchr(id.p, '@', id.len) : NULL;

	return at ? str_skip(id, (size_t)(at + 1 - id.p)) : STR("");
}

static bool is_within(struct str name, struct str outer)
{
	return str_starts(name, outer) && (!outer.len || name.len == outer.len || name.p[outer.len] == '/');
}

static bool is_same(struct str id, struct str other)
{
	struct str a = name_of(id), b = name_of(other);

	return is_within(a, b) || is_within(b, a);
}

static struct place *find_free(struct places *p)
{
	for (size_t i = 0; i < PLACES_MOST; i++)
		if (!p->of[i].holder)
			return &p->of[i];
	return NULL;
}

bool places_ask(struct places *p, const struct policy *policy, struct place_wish wish, mono now)
{
	bool taken = policy->roles[wish.role].exclusive && !find_free(p);

	for (size_t i = 0; i < PLACES_MOST; i++) {
		struct place *place = &p->of[i];

		if (!place->holder || place->holder->role != wish.role)
			continue;
		if (str_is(wish.id, place->holder->id))
			return false;
		if (!is_same(wish.id, str_of(place->holder->id)))
			continue;
		place->asked_until = mono_add(now, ASKED_MS);
		taken = true;
	}
	return taken;
}

bool places_may_log(struct places *p, int role, mono now)
{
	bool may = mono_reached(now, p->quiet_until[role]);

	p->quiet_until[role] = mono_add(now, QUIET_MS);
	return may;
}

/* A holder who comes back may be in before his former connection has gone: the place is the new one's. */
void places_take(struct places *p, const struct policy *policy, const struct client *c)
{
	struct place *place = find_free(p);

	if (!policy->roles[c->role].exclusive)
		return;
	for (size_t i = 0; i < PLACES_MOST; i++)
		if (p->of[i].holder && p->of[i].holder->role == c->role && strcmp(p->of[i].holder->id, c->id) == 0)
			place = &p->of[i];
	if (place)
		*place = (struct place){ .holder = c };
}

void places_leave(struct places *p, const struct client *c)
{
	for (size_t i = 0; i < PLACES_MOST; i++)
		if (p->of[i].holder == c)
			p->of[i] = (struct place){ .holder = NULL };
}

void places_reload(struct places *p, const struct policy *policy, struct roster *r)
{
	*p = (struct places){ 0 };
	for (struct client *c = r->clients; c; c = c->next) {
		if (c->leaving)
			continue;
		if (places_ask(p, policy, (struct place_wish){ c->role, str_of(c->id) }, (mono){ 0 }))
			roster_send_away(r, c);
		else
			places_take(p, policy, c);
	}
}

const struct client *places_next_contested(const struct places *p, int *i, mono now)
{
	while (*i < PLACES_MOST) {
		const struct place *place = &p->of[(*i)++];

		if (place->holder && !place->holder->leaving && !mono_reached(now, place->asked_until))
			return place->holder;
	}
	return NULL;
}
