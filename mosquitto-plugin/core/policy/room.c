#include "mosquitto-plugin/core/policy/room.h"

#include <stdlib.h>

const struct limit_row room_limit_rows[] = {
#define X(name, def, min, max) { #name, offsetof(struct room_rules, name), def, min, max },
	ROOM_LIMITS(X)
#undef X
		{ NULL, 0, 0, 0, 0 },
};

/* Is there a control character at byte i? In UTF-8 those of U+0080 to U+009F are two bytes, of which the first is C2. */
static bool control_at(struct str s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i], next = i + 1 < s.len ? (unsigned char)s.p[i + 1] : 0;

	return c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next <= 0x9f);
}

bool room_name_valid(struct str room)
{
	if (!room.len || room.len > ROOM_NAME_MAX)
		return false;
	for (size_t i = 0; i < room.len; i++)
		if (strchr("/+#", room.p[i]) || control_at(room, i))
			return false;
	return true;
}

struct str room_of_topic(struct str topic)
{
	struct str room;

	if (!str_starts(topic, STR("rooms/")))
		return (struct str){ NULL, 0 };
	topic = str_skip(topic, STR("rooms/").len);
	str_split(&topic, '/', &room);
	return room;
}

bool room_is_presence(struct str topic)
{
	struct str level;

	if (!room_of_topic(topic).p)
		return false;
	str_split(&topic, '/', &level);
	str_split(&topic, '/', &level);
	return topic.p && str_split(&topic, '/', &level) && str_is(level, "presence");
}

static bool is_beginning(struct str pattern)
{
	return str_ends(pattern, STR("*"));
}

bool room_pattern_valid(struct str pattern)
{
	if (str_is(pattern, "*"))
		return true;
	if (is_beginning(pattern))
		pattern.len--;
	return room_name_valid(pattern);
}

static bool pattern_has(struct str pattern, struct str room)
{
	if (is_beginning(pattern))
		return str_starts(room, (struct str){ pattern.p, pattern.len - 1 });
	return str_eq(pattern, room);
}

bool room_is_open(const struct room_rules *r, struct str room)
{
	if (!r->n_open || !room_name_valid(room))
		return false;
	for (size_t i = 0; i < r->n_open; i++)
		if (pattern_has(str_of(r->open[i]), room))
			return true;
	return false;
}

void room_rules_free(struct room_rules *r)
{
	for (size_t i = 0; i < r->n_open; i++)
		free(r->open[i]);
	r->n_open = 0;
}
