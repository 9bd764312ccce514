/* Three lines: a room of somebody's token, a pattern of open rooms, what is asked for. Whoever is let into a room by the shipped
 * policy's filters is let into one that has a name, that is his or open, and in which he speaks as himself. */
#include "tests/fuzz/fuzz.h"

#include "mosquitto-plugin/core/policy/rules.h"

#include <stdio.h>

static char *copy(char *to, size_t size, struct str from)
{
	snprintf(to, size, "%.*s", (int)(from.len < size ? from.len : size - 1), from.len ? from.p : "");
	return to;
}

static struct rules rules_of(const char *filter)
{
	struct rules r = { 0 };
	struct complaint why;

	PROMISE(!rules_add(&r, str_of(filter), &why));
	return r;
}

/* What the rules of conf/policy.json say of a topic or filter, against what room.h says of its room. */
static void ask(const char *filter, const struct who *who, struct str asked)
{
	struct rules r = rules_of(filter);
	struct str room = room_of_topic(asked);

	if (rules_allow(&r, who, asked)) {
		PROMISE(room.p && room_name_valid(room));
		PROMISE(str_is(room, who->rooms[0]) || room_is_open(who->open, room));
	}
	rules_free(&r);
}

static void ask_to_speak(const struct who *who, struct str asked)
{
	struct rules r = rules_of("rooms/%r/say/%u");

	if (rules_allow(&r, who, asked)) {
		PROMISE(str_ends(asked, STR("/say/ann")));
		PROMISE(!room_is_presence(asked));
	}
	rules_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, lines[3] = { { "", 0 }, { "", 0 }, { "", 0 } };
	char own[200], pattern[200], *rooms[] = { own };
	struct room_rules open = { .on = true };
	struct who who = { .user = STR("ann"), .client = STR("c"), .rooms = rooms, .n_rooms = 1, .open = &open };

	for (size_t i = 0; i < 3 && rest.p; i++)
		str_split(&rest, '\n', &lines[i]);
	copy(own, sizeof(own), lines[0]);
	if (room_pattern_valid(str_of(copy(pattern, sizeof(pattern), lines[1]))))
		open.open[open.n_open++] = pattern;
	room_name_valid(lines[2]);
	ask("rooms/%r/#", &who, lines[2]);
	ask_to_speak(&who, lines[2]);
	return 0;
}
