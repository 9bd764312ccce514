/* door_rooms - what the door does about rooms beside letting people in. What is known of a room is kept by groups.h; who is in it at other
 * brokers presence knows; what it retains, retained.h. */
#include "base/topic.h"
#include "mosquitto-plugin/core/door/door_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define WILLS_TO_ROOMS ((struct rate){ 100.0 / 3600, 100 }) /* rooms that all wills together may make known */
#define ROOMS_MS 500                                        /* how often it is looked for rooms that are quiet */
#define FILTER_BYTES (ROOM_NAME_MAX + 16)

/* The filter of all that is in a room; `to` has FILTER_BYTES. */
static struct str filter_of(struct str room, char *to)
{
	int n = snprintf(to, FILTER_BYTES, "rooms/%.*s/#", STR_ARGS(room));

	return (struct str){ to, (size_t)n };
}

/* How many topics are retained in a room: they are looked up, not searched for. */
static size_t retained_in(const struct door *d, struct str room)
{
	char filter[FILTER_BYTES];

	return retained_below(&d->retained, filter_of(room, filter));
}

/* What is retained in the room is cleared, some at each tick, as an operator's wipe is. */
static void wipe_room(struct door *d, struct str room)
{
	char filter[FILTER_BYTES];

	if (retained_in(d, room))
		retained_wipe(&d->retained, (struct str){ NULL, 0 }, filter_of(room, filter));
}

static struct group *group_of(const struct door *d, struct str topic)
{
	struct str room = room_of_topic(topic);

	return d->policy->rooms.on && room.p ? groups_room(&d->roster.groups, d->policy, room) : NULL;
}

/* ---- what a room may hold ---- */

/* Roles with seats of their own look after rooms: they get in. */
static bool is_held_to_rooms(const struct door *d, int role)
{
	return d->policy->rooms.on && !policy_is_reserved(d->policy, role);
}

bool door_room_is_known(const struct door *d, int role, struct str topic)
{
	const struct group *g = group_of(d, topic);

	return !is_held_to_rooms(d, role) || !room_name_valid(room_of_topic(topic)) || (g && g->known);
}

static bool may_be_one_more(const struct door *d, int role, struct str topic)
{
	return door_room_is_known(d, role, topic) || groups_has_place(&d->roster.groups, d->policy);
}

/* presence_note() then charges the client for a room that is new. */
bool door_room_may_be_left(const struct door *d, struct client *c, struct str topic, mono now)
{
	double per_hour = (double)d->policy->roles[c->role].limits.new_groups_per_hour;
	struct bucket *bucket = client_new_groups(c);

	if (door_room_is_known(d, c->role, topic))
		return true;
	if (!bucket || !may_be_one_more(d, c->role, topic))
		return false;
	bucket_refill(bucket, (struct rate){ per_hour / 3600, per_hour }, now);
	return bucket->missing + 1 <= per_hour;
}

/* How many are in the room: here, or by the last sum of all brokers, whichever is more. */
static uint64_t members_of(const struct door *d, const struct group *g)
{
	struct crowd_view all;

	if (d->presence.part == CLUSTER_NONE || !presence_in_room(&d->presence, group_own_name(g), &all))
		return g->n;
	return all.n > g->n ? all.n : g->n;
}

enum reason door_room_may_enter(const struct door *d, const struct client *c, struct str filter)
{
	const struct group *g = group_of(d, filter);

	if (!is_held_to_rooms(d, c->role))
		return REASON_NONE;
	if (g && members_of(d, g) >= (uint64_t)d->policy->rooms.members && !roster_is_in(c, g))
		return REASON_ROOM_FULL;
	return may_be_one_more(d, c->role, filter) ? REASON_NONE : REASON_ROOMS;
}

void door_room_entered(struct door *d, struct str filter)
{
	struct group *g = group_of(d, filter);

	if (g)
		g->keeps = retained_in(d, group_own_name(g)) > 0;
}

/* ---- signs of life ---- */

/* A repeat, such as a bridge brings when it comes back, is no sign of life. */
void door_room_heard(struct door *d, struct client *c, const struct message *m, bool again)
{
	struct group *g = again ? group_of(d, m->topic) : NULL;

	if (!g || !g->known)
		presence_note(&d->presence, c, m, d->roster.groups.now);
	g = m->retain ? group_of(d, m->topic) : NULL;
	if (g)
		g->keeps = retained_in(d, group_own_name(g)) > 0;
}

void door_room_will(struct door *d, const struct message *m)
{
	struct group *g = group_of(d, m->topic);

	if (!d->policy->rooms.on || !room_of_topic(m->topic).p)
		return;
	if ((g && g->known) || bucket_take(&d->wills_to_rooms, WILLS_TO_ROOMS, 1, d->roster.groups.now))
		door_room_heard(d, NULL, m, false);
}

/* ---- rooms where nobody is any more ---- */

static int64_t idle_ms(const struct door *d)
{
	return d->policy->rooms.idle_s * 1000;
}

/* Idle rooms are forgotten for others only when they hold nothing (groups.h). */
static void look_what_idle_rooms_keep(struct door *d)
{
	for (struct group *g = d->roster.groups.lists[GROUP_IDLE_ROOM]; g; g = g->next)
		g->keeps = retained_in(d, group_own_name(g)) > 0;
}

/* All rooms that have been quiet for long enough. */
static void clear_quiet_rooms(struct door *d)
{
	struct groups *gs = &d->roster.groups;
	struct group *g = d->cut_off ? NULL : groups_quiet_room(gs, idle_ms(d));

	look_what_idle_rooms_keep(d);
	for (; g; g = groups_quiet_room(gs, idle_ms(d))) {
		d->n.rooms_cleared += g->keeps;
		wipe_room(d, group_own_name(g));
		groups_forget(gs, g);
	}
}

/* ---- closing ---- */

static void say_closed(struct door *d, const struct closing *c)
{
	BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };

	buf_printf(&topic, "rooms/%.*s/presence", STR_ARGS(c->room));
	buf_puts(&payload, "{\"closed\":true,\"by\":");
	buf_json(&payload, c->by);
	buf_printf(&payload, ",\"seconds\":%" PRId64 "}", c->seconds);
	if (!topic.failed && !payload.failed)
		d->ops.publish(d->ops.ctx, NULL, topic.p, buf_view(&payload), false);
}

bool door_close(struct door *d, const struct closing *c)
{
	if (!c->seconds)
		return door_open_room(d, c->room);
	if (!door_close_room(d, c->room, c->seconds, d->roster.groups.now))
		return false;
	wipe_room(d, c->room);
	say_closed(d, c);
	return true;
}

/* ---- notices ---- */

void door_notice_heard(struct door *d, const struct message *m)
{
	if (m->retain && track_topic_is(str_of(d->prefix), m->topic, STR("notice")))
		notice_heard(&d->notices, m->topic, m->payload);
}

/* An edge leaves it to its hub, whose clearing its bridge brings. */
static void clear_notices(struct door *d, int64_t wall_ms)
{
	char *topic;

	while (!part_has_hub(d->presence.part) && (topic = notice_take_over(&d->notices, wall_ms))) {
		d->ops.publish(d->ops.ctx, NULL, topic, STR(""), true);
		door_wrote(d, topic);
		free(topic);
	}
}

void door_tick_rooms(struct door *d, mono now, int64_t wall_ms)
{
	clear_notices(d, wall_ms);
	if (!d->policy->rooms.on || !mono_reached(now, d->rooms_at))
		return;
	d->rooms_at = mono_add(now, ROOMS_MS);
	clear_quiet_rooms(d);
}
