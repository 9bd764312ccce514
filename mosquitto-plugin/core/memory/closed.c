#include "mosquitto-plugin/core/memory/closed.h"

#include <stdlib.h>

struct closed_room {
	mono until;
	UT_hash_handle hh;
	char name[];
};

static struct closed_room *find(const struct closed_rooms *c, struct str room)
{
	struct closed_room *found;

	if (!c->all)
		return NULL;
	HASH_FIND(hh, c->all, room.p, room.len, found);
	return found;
}

static struct closed_room *add(struct closed_rooms *c, struct str room)
{
	struct closed_room *r = HASH_COUNT(c->all) < CLOSED_MAX ? calloc(1, sizeof(*r) + room.len + 1) : NULL;

	if (!r)
		return NULL;
	memcpy(r->name, room.p, room.len);
	HASH_ADD_KEYPTR(hh, c->all, r->name, room.len, r);
	if (HASH_ADDED(r, hh))
		return r;
	free(r);
	return NULL;
}

static void drop(struct closed_rooms *c, struct closed_room *r)
{
	HASH_DEL(c->all, r);
	free(r);
}

void closed_free(struct closed_rooms *c)
{
	while (c->all)
		drop(c, c->all);
}

bool closed_close(struct closed_rooms *c, struct str room, mono until)
{
	struct closed_room *r = find(c, room);

	if (!r)
		r = add(c, room);
	if (r)
		r->until = until;
	return r;
}

bool closed_open(struct closed_rooms *c, struct str room)
{
	struct closed_room *r = find(c, room);

	if (r)
		drop(c, r);
	return r;
}

int64_t closed_left_ms(const struct closed_rooms *c, struct str room, mono now)
{
	const struct closed_room *r = find(c, room);

	return r && !mono_reached(now, r->until) ? mono_diff(r->until, now) : 0;
}

bool closed_is(const struct closed_rooms *c, struct str room, mono now)
{
	return closed_left_ms(c, room, now) > 0;
}

unsigned closed_count(const struct closed_rooms *c)
{
	return HASH_COUNT(c->all);
}

void closed_expire(struct closed_rooms *c, mono now)
{
	struct closed_room *r, *next;

	HASH_ITER(hh, c->all, r, next)
		if (mono_reached(now, r->until))
			drop(c, r);
}
