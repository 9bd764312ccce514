#include "mosquitto-plugin/core/seats/groups.h"

#include <stdlib.h>
#include <utlist.h>

#define KEY_BYTES 1024

/* ---- which group ---- */

struct group_name {
	const struct watch *watch;
	unsigned watch_index;
	size_t len;
	char key[KEY_BYTES];
};

/* The level of `text`, a topic or a filter, that stands where the filter `watched` of a watch has its '+'. p is NULL when the watch does not
 * match it. */
static struct str group_level(struct str watched, struct str text)
{
	struct str found = { NULL, 0 }, fl, tl;

	while (str_split(&watched, '/', &fl)) {
		if (str_is(fl, "#"))
			return found;
		if (!str_split(&text, '/', &tl) || str_is(tl, "+") || str_is(tl, "#"))
			return (struct str){ NULL, 0 };
		if (str_is(fl, "+"))
			found = tl;
		else if (!str_eq(fl, tl))
			return (struct str){ NULL, 0 };
	}
	return text.p ? (struct str){ NULL, 0 } : found;
}

static bool write_key(struct group_name *out, struct str level)
{
	size_t n = strlen(out->watch->name);

	out->len = n + 1 + level.len;
	if (out->len > KEY_BYTES)
		return false;
	memcpy(out->key, out->watch->name, n);
	out->key[n] = '/';
	memcpy(out->key + n + 1, level.p, level.len);
	return true;
}

static bool name_group(const struct policy *p, struct str text, struct group_name *out)
{
	struct str level = { NULL, 0 };

	for (size_t i = 0; !level.len && i < p->n_watches; i++) {
		out->watch = &p->watches[i];
		out->watch_index = (unsigned)i;
		level = group_level(str_of(out->watch->filter), text);
	}
	return level.len && (!out->watch->rooms || room_name_valid(level)) && write_key(out, level);
}

static struct group *find(const struct groups *gs, const struct group_name *name)
{
	struct group *g;

	HASH_FIND(hh, gs->all, name->key, name->len, g);
	return g;
}

static struct group *make(struct groups *gs, const struct group_name *name)
{
	struct group *g = calloc(1, offsetof(struct group, key) + name->len + 1);

	if (!g)
		return NULL;
	memcpy(g->key, name->key, name->len);
	HASH_ADD_KEYPTR(hh, gs->all, g->key, name->len, g);
	if (HASH_ADDED(g, hh))
		return g;
	free(g);
	return NULL;
}

static struct group *find_or_make(struct groups *gs, const struct group_name *name)
{
	struct group *g = find(gs, name);

	if (!g)
		g = make(gs, name);
	if (g && !g->watch) { /* it is new, or a reload has taken its watch away */
		g->watch = name->watch;
		g->watch_index = name->watch_index;
	}
	return g;
}

/* The filter of a shared subscription, $share/GROUP/FILTER; p is NULL when it has none. Other filters as they are. */
static struct str unshared(struct str text)
{
	struct str head;

	if (!str_starts(text, STR("$share/")))
		return text;
	str_split(&text, '/', &head);
	str_split(&text, '/', &head);
	return text;
}

struct group *groups_of(struct groups *gs, const struct policy *p, struct str filter)
{
	struct group_name name;

	filter = unshared(filter);
	return filter.p && name_group(p, filter, &name) ? find_or_make(gs, &name) : NULL;
}

/* ---- the lists ---- */

static void leave_list(struct groups *gs, struct group *g)
{
	if (g->list == GROUP_NOT_LISTED)
		return;
	DL_DELETE(gs->lists[g->list], g);
	gs->n_listed[g->list]--;
	if (g->list == GROUP_TOLD) {
		gs->n_told_by_watch[g->watch_index]--;
		gs->changes++;
	}
	g->list = GROUP_NOT_LISTED;
}

static void join_list(struct groups *gs, struct group *g, enum group_list list)
{
	DL_APPEND(gs->lists[list], g);
	gs->n_listed[list]++;
	if (list == GROUP_TOLD) {
		gs->n_told_by_watch[g->watch_index]++;
		gs->changes++;
	}
	g->list = list;
}

static bool is_room(const struct group *g)
{
	return g->watch && g->watch->rooms;
}

static void learn(struct groups *gs, struct group *g)
{
	if (g->known)
		return;
	g->known = true;
	if (!is_room(g))
		return;
	gs->n_rooms++;
	g->since_ms = g->change_ms = gs->wall_ms;
}

static void unlearn(struct groups *gs, struct group *g)
{
	gs->n_rooms -= g->known && is_room(g);
	g->known = false;
}

static void drop(struct groups *gs, struct group *g)
{
	unlearn(gs, g);
	leave_list(gs, g);
	HASH_DEL(gs->all, g);
	free(g);
}

/* The watch of rooms is the first one, if there is one. */
static unsigned told_beside_rooms(const struct groups *gs, const struct policy *p)
{
	return gs->n_listed[GROUP_TOLD] - (p->n_watches && p->watches[0].rooms ? gs->n_told_by_watch[0] : 0);
}

/* For a known group with somebody in it: it is told if the limits have room. */
static void tell_if_room(struct groups *gs, const struct policy *p, struct group *g)
{
	leave_list(gs, g);
	if (gs->n_told_by_watch[g->watch_index] < (uint64_t)g->watch->groups &&
	    (is_room(g) || told_beside_rooms(gs, p) < (uint64_t)p->limits.presence_groups))
		join_list(gs, g, GROUP_TOLD);
	else
		gs->refused++;
}

/* For a group that nobody is in any more. */
static void rest_or_drop(struct groups *gs, struct group *g)
{
	if (!g->known || (!g->heard.ms && !g->keeps)) { /* it was never heard, and the client whose token vouched for it has gone */
		drop(gs, g);
		return;
	}
	leave_list(gs, g);
	g->quiet = gs->now;
	join_list(gs, g, is_room(g) ? GROUP_IDLE_ROOM : GROUP_IDLE);
}

void groups_free(struct groups *gs)
{
	struct group *g, *next;

	HASH_ITER(hh, gs->all, g, next)
		drop(gs, g);
	*gs = (struct groups){ 0 };
}

/* ---- coming and going ---- */

void groups_enter(struct groups *gs, const struct policy *p, struct group *g)
{
	g->n++;
	gs->n_in++;
	g->change_ms = gs->wall_ms;
	if (g->list == GROUP_TOLD)
		gs->changes++;
	else if (g->known)
		tell_if_room(gs, p, g);
}

void groups_leave(struct groups *gs, struct group *g)
{
	g->n--;
	gs->n_in--;
	g->change_ms = gs->wall_ms;
	gs->changes += g->list == GROUP_TOLD;
	if (!g->n)
		rest_or_drop(gs, g);
}

/* ---- what is known ---- */

static void forget_oldest(struct groups *gs, const struct policy *p)
{
	while (gs->n_listed[GROUP_IDLE] > (uint64_t)p->limits.presence_groups)
		drop(gs, gs->lists[GROUP_IDLE]);
}

/* Called for every message to a topic of a watch. Most are to groups that are told already, which stay in their list. */
static void note_heard(struct groups *gs, const struct policy *p, struct group *g, mono now)
{
	learn(gs, g);
	g->heard = now;
	g->messages++;
	g->heard_ms = gs->wall_ms;
	if (g->list == GROUP_TOLD)
		return;
	if (g->n)
		tell_if_room(gs, p, g);
	else
		rest_or_drop(gs, g);
}

bool groups_heard(struct groups *gs, const struct policy *p, struct str topic, mono now)
{
	struct group_name name;
	struct group *g;

	if (!name_group(p, topic, &name))
		return false;
	g = find(gs, &name);
	if (!g || !g->known)
		return true;
	note_heard(gs, p, g, now);
	return false;
}

static bool are_rooms_full(const struct groups *gs, const struct policy *p)
{
	return gs->n_rooms >= (uint64_t)p->rooms.rooms;
}

/* The room that has been idle longest and holds nothing; NULL: there is none. */
static struct group *idle_and_empty(const struct groups *gs)
{
	struct group *g = gs->lists[GROUP_IDLE_ROOM];

	while (g && g->keeps)
		g = g->next;
	return g;
}

bool groups_has_place(const struct groups *gs, const struct policy *p)
{
	return !are_rooms_full(gs, p) || idle_and_empty(gs);
}

/* Makes place for one more known group of this watch. False: there is none. */
static bool make_place(struct groups *gs, const struct policy *p, const struct watch *watch)
{
	struct group *g;

	if (!watch->rooms || !are_rooms_full(gs, p))
		return true;
	g = idle_and_empty(gs);
	if (g)
		drop(gs, g);
	return g;
}

void groups_learn(struct groups *gs, const struct policy *p, struct str topic, mono now)
{
	struct group_name name;
	struct group *g;

	if (!name_group(p, topic, &name))
		return;
	g = find(gs, &name);
	if ((!g || !g->known) && !make_place(gs, p, name.watch)) {
		gs->refused++;
		return;
	}
	g = find_or_make(gs, &name);
	if (!g)
		return;
	note_heard(gs, p, g, now);
	forget_oldest(gs, p);
}

void groups_vouch(struct groups *gs, const struct policy *p, struct group *g)
{
	if (g->known)
		return;
	if (!make_place(gs, p, g->watch)) {
		gs->refused++;
		return;
	}
	learn(gs, g);
	tell_if_room(gs, p, g);
}

void groups_tick(struct groups *gs, const struct policy *p, struct moment at)
{
	mono now = gs->now = at.now;

	gs->wall_ms = at.wall_ms;
	forget_oldest(gs, p);
	while (gs->lists[GROUP_IDLE] && mono_diff(now, gs->lists[GROUP_IDLE]->heard) >= GROUP_FORGET_MS)
		drop(gs, gs->lists[GROUP_IDLE]);
}

/* ---- rooms ---- */

static bool name_room(const struct policy *p, struct str room, struct group_name *out)
{
	if (!p->n_watches || !p->watches[0].rooms || !room_name_valid(room))
		return false;
	out->watch = &p->watches[0];
	out->watch_index = 0;
	return write_key(out, room);
}

struct group *groups_room(const struct groups *gs, const struct policy *p, struct str room)
{
	struct group_name name;

	return name_room(p, room, &name) ? find(gs, &name) : NULL;
}

void groups_elsewhere(struct groups *gs, const struct policy *p, struct str room)
{
	struct group_name name;
	struct group *g = NULL;

	if (!name_room(p, room, &name))
		return;
	g = find(gs, &name);
	if (g && g->n)
		return;
	if (!g && make_place(gs, p, name.watch))
		g = find_or_make(gs, &name);
	if (!g) {
		gs->refused++;
		return;
	}
	learn(gs, g);
	leave_list(gs, g);
	g->quiet = gs->now;
	join_list(gs, g, GROUP_IDLE_ROOM);
}

struct group *groups_quiet_room(const struct groups *gs, int64_t ms)
{
	struct group *g = gs->lists[GROUP_IDLE_ROOM];

	return g && mono_diff(gs->now, g->quiet) >= ms ? g : NULL;
}

void groups_forget(struct groups *gs, struct group *g)
{
	drop(gs, g);
}

/* ---- another policy ---- */

/* The watch of the new policy with the same name and the same filter, whose groups stay known; NULL: there is none. */
static const struct watch *same_watch(const struct policy *p, const struct watch *old)
{
	for (size_t i = 0; i < p->n_watches; i++)
		if (strcmp(p->watches[i].name, old->name) == 0 && strcmp(p->watches[i].filter, old->filter) == 0)
			return &p->watches[i];
	return NULL;
}

void groups_reload(struct groups *gs, const struct policy *p)
{
	for (struct group *g = gs->all; g; g = g->hh.next) {
		const struct watch *watch = same_watch(p, g->watch);

		if (!watch)
			unlearn(gs, g);
		if (!g->known || g->list == GROUP_TOLD)
			leave_list(gs, g);
		g->watch = watch;
		g->watch_index = watch ? (unsigned)(watch - p->watches) : 0;
		g->n = 0;
	}
	gs->n_in = 0;
}

void groups_reloaded(struct groups *gs)
{
	struct group *g, *next;

	HASH_ITER(hh, gs->all, g, next)
		if (!g->n && (!g->known || g->list == GROUP_NOT_LISTED))
			rest_or_drop(gs, g);
}
