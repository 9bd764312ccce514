/* control_rooms - the commands of control.c that are about rooms, and about what is told to people: who is in which room, closing one, a
 * message to a user or a room, a notice to everybody. What these publish crosses the bridges like what anybody publishes there; that a room
 * is closed is asked of the other brokers (asks.c). */
#include "base/topic.h"
#include "mosquitto-plugin/core/door/control_priv.h"

#include <inttypes.h>
#include <stdio.h>

#define CLOSE_DEFAULT_S 3600
#define NOTICE_DEFAULT_S 3600
#define NOTICE_MAX_S (7 * 86400)
#define NOTICE_MAX_CHARS 500
#define TYPE_MAX_BYTES 64
#define DATA_MAX_BYTES 16384

/* ---- who is where ---- */

static struct retained_sum sum_of(const struct door *d, struct str room)
{
	char filter[ROOM_NAME_MAX + 16];
	int n = snprintf(filter, sizeof(filter), "rooms/%.*s/#", STR_ARGS(room));

	return retained_sum_of(&d->retained, (struct str){ filter, (size_t)n });
}

/* Of several brokers that know a room, each may know it longer, or have heard of it later. */
static int64_t since_of(const struct group *g, const struct crowd_view *here)
{
	return here->dates.since && here->dates.since < g->since_ms ? here->dates.since : g->since_ms;
}

static int64_t last_of(const struct group *g, const struct crowd_view *here)
{
	int64_t last = here->dates.last > g->change_ms ? here->dates.last : g->change_ms;

	return g->heard_ms > last ? g->heard_ms : last;
}

/* Presence counts once a second. One broker alone knows who is here without it. */
static uint64_t members_of(const struct door *d, const struct group *g, const struct crowd_view *here)
{
	return d->presence.part == CLUSTER_NONE ? g->n : here->n;
}

static void put_room(const struct control *ctl, const struct group *g, const struct crowd_view *here)
{
	const struct door *d = ctl->d;
	struct str room = group_own_name(g);
	struct retained_sum sum = sum_of(d, room);

	control_put(ctl->out, "room", room);
	buf_printf(ctl->out, ",\"open\":%s,\"members\":%" PRIu64 ",\"messages\":%" PRIu64, policy_room_is_open(d->policy, room) ? "true" : "false",
		   members_of(d, g, here), g->messages);
	buf_printf(ctl->out, ",\"retained\":%zu,\"bytes\":%" PRIu64 ",\"since\":%" PRId64 ",\"last\":%" PRId64, sum.topics,
		   sum.bytes, since_of(g, here), last_of(g, here));
}

static bool is_known_room(const struct group *g)
{
	return g->known && g->watch && g->watch->rooms;
}

static int list_rooms(struct control *ctl)
{
	int64_t offset = 0, count = 100, total = 0, shown = 0;

	if (!control_int(ctl, "offset", (struct range){ 0, INT32_MAX }, &offset) ||
	    !control_int(ctl, "count", (struct range){ 1, CONTROL_MAX_LIST }, &count))
		return control_refuse(ctl, "bad offset or count");
	buf_puts(ctl->out, "\"rooms\":[");
	for (const struct group *g = ctl->d->roster.groups.all; g; g = g->hh.next) {
		struct crowd_view here = { .n = 0 };

		if (!is_known_room(g) || total++ < offset || shown == count)
			continue;
		presence_in_room(&ctl->d->presence, group_own_name(g), &here);
		buf_puts(ctl->out, shown++ ? ",{" : "{");
		put_room(ctl, g, &here);
		buf_puts(ctl->out, "}");
	}
	buf_printf(ctl->out, "],\"total\":%" PRId64 ",\"offset\":%" PRId64, total, offset);
	return 0;
}

static void put_names(struct buf *out, const struct crowd_view *here)
{
	const char *name = here->names;

	buf_puts(out, ",\"names\":[");
	for (unsigned i = 0; i < here->n_names; i++, name += strlen(name) + 1) {
		buf_puts(out, i ? "," : "");
		buf_json(out, str_of(name));
	}
	buf_puts(out, "]");
}

static int room_arg(struct control *ctl, struct str *room)
{
	*room = json_get_text(ctl->args, "room");
	if (!ctl->d->policy->rooms.on)
		return control_refuse(ctl, "the policy has no \"rooms\"");
	return room_name_valid(*room) ? 0 : control_refuse(ctl, "which room?");
}

static int get_room(struct control *ctl)
{
	struct door *d = ctl->d;
	struct crowd_view here = { .n = 0 };
	const struct group *g;
	int64_t closed_ms;
	struct str room;

	if (room_arg(ctl, &room))
		return 1;
	g = groups_room(&d->roster.groups, d->policy, room);
	closed_ms = closed_left_ms(&d->closed, room, ctl->now);
	if ((!g || !is_known_room(g)) && !closed_ms)
		return control_refuse(ctl, "no such room");
	presence_in_room(&d->presence, room, &here);
	if (g && is_known_room(g)) {
		put_room(ctl, g, &here);
		put_names(ctl->out, &here);
		buf_puts(ctl->out, ",");
	}
	buf_printf(ctl->out, "\"closed\":%" PRId64, (closed_ms + 999) / 1000);
	return 0;
}

/* ---- closing ---- */

static int close_room(struct control *ctl)
{
	struct closing c = { .by = ctl->user, .seconds = CLOSE_DEFAULT_S };

	if (room_arg(ctl, &c.room))
		return 1;
	if (!control_int(ctl, "seconds", (struct range){ 1, CLOSE_MAX_S }, &c.seconds))
		return control_refuse(ctl, "bad number of seconds");
	if (!door_close(ctl->d, &c))
		return control_refuse(ctl, "too many rooms are closed");
	door_ask_close(ctl->d, &c);
	return 0;
}

/* Another broker may have it closed still, when this one has restarted: so the others are asked in any case. */
static int open_room(struct control *ctl)
{
	struct closing c = { .by = ctl->user };
	bool was_closed;

	if (room_arg(ctl, &c.room))
		return 1;
	was_closed = door_close(ctl->d, &c);
	door_ask_close(ctl->d, &c);
	return was_closed ? 0 : control_refuse(ctl, "it was not closed here");
}

/* ---- messages ---- */

#define ID_BYTES 37

/* A UUID of version 4. */
static void make_id(const struct control *ctl, char out[ID_BYTES])
{
	uint64_t half[2];

	control_draw(ctl->d, half);
	snprintf(out, ID_BYTES, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(half[0] >> 32), (unsigned)(half[0] >> 16 & 0xffff),
		 (unsigned)(half[0] & 0xfff), (unsigned)(0x8000 | (half[1] >> 48 & 0x3fff)), half[1] & UINT64_C(0xffffffffffff));
}

/* One level of a topic, which somebody has chosen. */
static bool is_level(struct str s)
{
	return s.len && topic_name_valid(s) && !memchr(s.p, '/', s.len);
}

static void send(struct control *ctl, const struct publication *m)
{
	if (ctl->d->ops.send)
		ctl->d->ops.send(ctl->d->ops.ctx, m);
}

/* The "data" of a command, as it stands in the request; without one: null. */
static bool data_arg(const struct control *ctl, struct str *out)
{
	*out = STR("null");
	if (!json_get(ctl->args, "data"))
		return true;
	return json_member(str_skip(ctl->request, ctl->args->offset), "data", out) && out->len <= DATA_MAX_BYTES;
}

/* Sends an envelope, as scoreboard-client does, to the topic; the sender is its last level. */
static int send_envelope(struct control *ctl, const struct buf *topic)
{
	BUF_CLEANUP struct buf payload = { 0 };
	struct str type = json_get_text(ctl->args, "type"), data;
	char id[ID_BYTES];

	if (!type.len || type.len > TYPE_MAX_BYTES)
		return control_refuse(ctl, "which type?");
	if (!data_arg(ctl, &data))
		return control_refuse(ctl, "bad or too large data");
	make_id(ctl, id);
	buf_printf(&payload, "{\"id\":\"%s\",\"type\":", id);
	buf_json(&payload, type);
	buf_printf(&payload, ",\"data\":%.*s,\"ts\":%" PRId64 "}", STR_ARGS(data), ctl->d->presence.wall_ms);
	if (topic->failed || payload.failed)
		return control_refuse(ctl, "out of memory");
	send(ctl, &(struct publication){ .topic = topic->p, .payload = buf_view(&payload), .qos = 1, .id = id });
	buf_printf(ctl->out, "\"id\":\"%s\"", id);
	return 0;
}

static int send_to_user(struct control *ctl)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct str to = json_get_text(ctl->args, "user");

	if (!is_level(to))
		return control_refuse(ctl, "which user?");
	if (!is_level(ctl->user))
		return control_refuse(ctl, "your name cannot stand in a topic");
	buf_printf(&topic, "users/%.*s/from/%.*s", STR_ARGS(to), STR_ARGS(ctl->user));
	return send_envelope(ctl, &topic);
}

static int say(struct control *ctl)
{
	BUF_CLEANUP struct buf topic = { 0 };
	struct str room;

	if (room_arg(ctl, &room))
		return 1;
	if (closed_is(&ctl->d->closed, room, ctl->now))
		return control_refuse(ctl, "the room is closed");
	if (!is_level(ctl->user))
		return control_refuse(ctl, "your name cannot stand in a topic");
	buf_printf(&topic, "rooms/%.*s/say/%.*s", STR_ARGS(room), STR_ARGS(ctl->user));
	return send_envelope(ctl, &topic);
}

/* ---- the notice that everybody sees ---- */

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void write_notice(struct control *ctl, struct str level, int64_t until_ms, struct buf *out)
{
	char id[ID_BYTES];

	make_id(ctl, id);
	buf_printf(out, "{\"id\":\"%s\",", id);
	control_put(out, "text", json_get_text(ctl->args, "text"));
	buf_puts(out, ",");
	control_put(out, "level", level);
	buf_printf(out, ",\"until\":%" PRId64 ",", until_ms);
	control_put(out, "by", ctl->user);
	buf_puts(out, "}");
}

/* The broker does not show the plugin what the plugin publishes, so what follows from a notice is done here, too. */
static int publish_notice(struct control *ctl, struct str payload, int64_t seconds)
{
	struct str prefix = json_get_text(ctl->args, "prefix");
	BUF_CLEANUP struct buf topic = { 0 };

	if (prefix.p && !track_is(str_of(ctl->d->prefix), prefix))
		return control_refuse(ctl, "no scoreboard's topics begin with this prefix here");
	buf_str(&topic, prefix.p ? prefix : str_of(ctl->d->prefix));
	buf_puts(&topic, "/notice");
	if (topic.failed)
		return control_refuse(ctl, "out of memory");
	send(ctl, &(struct publication){ .topic = topic.p, .payload = payload, .retain = true, .qos = 1, .expiry_s = seconds });
	notice_heard(&ctl->d->notices, buf_view(&topic), payload);
	door_wrote(ctl->d, topic.p);
	return 0;
}

static int notice(struct control *ctl)
{
	BUF_CLEANUP struct buf payload = { 0 };
	struct str text = json_get_text(ctl->args, "text"), level = json_get_text(ctl->args, "level");
	int64_t seconds = NOTICE_DEFAULT_S;

	level = level.p ? level : STR("info");
	if (!text.p || characters(text) > NOTICE_MAX_CHARS)
		return control_refuse(ctl, text.p ? "the text is too long" : "which text?");
	if (!str_is(level, "info") && !str_is(level, "warning") && !str_is(level, "urgent"))
		return control_refuse(ctl, "the level is info, warning or urgent");
	if (!control_int(ctl, "seconds", (struct range){ 1, NOTICE_MAX_S }, &seconds))
		return control_refuse(ctl, "bad number of seconds");
	if (!text.len)
		return publish_notice(ctl, STR(""), 0);
	write_notice(ctl, level, ctl->d->presence.wall_ms + seconds * 1000, &payload);
	return payload.failed ? control_refuse(ctl, "out of memory") : publish_notice(ctl, buf_view(&payload), seconds);
}

const struct command control_room_commands[] = {
	{ "listRooms", list_rooms, true },
	{ "getRoom", get_room, false },
	{ "closeRoom", close_room, true },
	{ "openRoom", open_room, false },
	{ "sendToUser", send_to_user, false },
	{ "say", say, false },
	{ "notice", notice, false },
	{ NULL, NULL, false },
};
