/* Rooms: what they may be called, which of them are open, and the numbers that the policy has for them. */
#include "base/buf.h"
#include "mosquitto-plugin/core/policy/room.h"
#include "mosquitto-plugin/files.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define C64 "1234567890123456789012345678901234567890123456789012345678901234"
#define NAME(lit) \
	{ \
		"" lit, sizeof(lit) - 1 \
	}

static const struct {
	struct str name;
	bool valid, pattern; /* is it a name, is it a pattern? */
} names[] = {
	{ NAME("match:42"), true, true },
	{ NAME("global"), true, true },
	{ NAME("a b"), true, true },
	{ NAME("%r"), true, true },
	{ NAME("$SYS"), true, true },
	{ NAME("\xc5\xa0\xc3\xa1rka \xf0\x9f\x92\xa9"), true, true },
	{ NAME("\xc2\xa0"), true, true }, /* a blank that does not break, no control character */
	{ NAME(C64), true, true },
	{ NAME(C64 "5"), false, false },
	{ NAME(C64 "*"), false, true },
	{ NAME("*"), true, true },
	{ NAME("match:*"), true, true },
	{ NAME(""), false, false },
	{ NAME("a/b"), false, false },
	{ NAME("/"), false, false },
	{ NAME("+"), false, false },
	{ NAME("a+"), false, false },
	{ NAME("#"), false, false },
	{ NAME("a#*"), false, false },
	{ NAME("a\0b"), false, false },
	{ NAME("\0"), false, false },
	{ NAME("a\nb"), false, false },
	{ NAME("\x1b[2J"), false, false },
	{ NAME("a\x7f"), false, false },
	{ NAME("a\xc2\x80"), false, false },
	{ NAME("a\xc2\x9f*"), false, false },
};

static void names_are_one_level_without_control_characters(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (room_name_valid(names[i].name) != names[i].valid || room_pattern_valid(names[i].name) != names[i].pattern)
			printf("\n    row %zu: \"%.*s\"\n", i, STR_ARGS(names[i].name));
		CU_ASSERT_EQUAL(room_name_valid(names[i].name), names[i].valid);
		CU_ASSERT_EQUAL(room_pattern_valid(names[i].name), names[i].pattern);
	}
}

static void a_topic_has_its_room_behind_rooms(void)
{
	static const struct {
		const char *topic, *room;
		bool presence;
	} topics[] = {
		{ "rooms/a", "a", false },
		{ "rooms/a/say/ann", "a", false },
		{ "rooms/+/#", "+", false },
		{ "rooms//x", "", false },
		{ "rooms/", "", false },
		{ "rooms", NULL, false },
		{ "roomsa/b", NULL, false },
		{ "/rooms/a", NULL, false },
		{ "sb/rooms/a", NULL, false },
		{ "", NULL, false },
		{ "rooms/a/presence", "a", true },
		{ "rooms/a/presence/x", "a", true },
		{ "rooms/a/presence/", "a", true },
		{ "rooms//presence", "", true },
		{ "rooms/a/presences", "a", false },
		{ "rooms/presence", "presence", false },
		{ "rooms/a/state/presence", "a", false },
		{ "sb/a/presence", NULL, false },
	};

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		struct str room = room_of_topic(str_of(topics[i].topic));

		CU_ASSERT_EQUAL(room.p != NULL, topics[i].room != NULL);
		CU_ASSERT_TRUE(!topics[i].room || str_is(room, topics[i].room));
		CU_ASSERT_EQUAL(room_is_presence(str_of(topics[i].topic)), topics[i].presence);
	}
}

static void open_are_those_that_a_pattern_has(void)
{
	char match[] = "match:*", global[] = "global";
	struct room_rules r = { .on = true, .open = { match, global }, .n_open = 2 };

	CU_ASSERT_TRUE(room_is_open(&r, STR("match:42")));
	CU_ASSERT_TRUE(room_is_open(&r, STR("match:")));
	CU_ASSERT_TRUE(room_is_open(&r, STR("global")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("globals")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("match")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("Match:42")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("private:jury")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("match:+")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("match:1/2")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("#")));
}

static void a_star_alone_opens_all_that_have_a_valid_name(void)
{
	char all[] = "*";
	struct room_rules r = { .on = true, .open = { all }, .n_open = 1 };

	CU_ASSERT_TRUE(room_is_open(&r, STR("private:jury")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("+")));
	CU_ASSERT_FALSE(room_is_open(&r, STR("")));
	CU_ASSERT_FALSE(room_is_open(&r, STR(C64 "5")));
}

static void every_number_has_a_default_within_its_bounds(void)
{
	struct room_rules r = { .on = true };

	limits_default(room_limit_rows, &r);
	CHECK_INT(r.rooms, 1000);
	CHECK_INT(r.members, 500);
	CHECK_INT(r.retained_topics, 50);
	CHECK_INT(r.retained_bytes, 262144);
	CHECK_INT(r.idle_s, 3600);
	for (const struct limit_row *row = room_limit_rows; row->name; row++)
		CU_ASSERT(row->min <= row->def && row->def <= row->max);
}

static void expect_in(const char *path, const char *text)
{
	BUF_CLEANUP struct buf file = { 0 };
	struct complaint why;

	CU_ASSERT_FATAL(file_read(path, 1u << 20, &file, &why) == 0);
	if (!strstr(file.p, text))
		printf("\n    %s lacks %s\n", path, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(file.p, text));
}

static void every_number_is_in_the_schema_and_the_docs(void)
{
	char text[200];

	for (const struct limit_row *row = room_limit_rows; row->name; row++) {
		snprintf(text, sizeof(text), "\"%s\": { \"type\": \"integer\", \"minimum\": %lld, \"maximum\": %lld, \"default\": %lld }",
			 row->name, (long long)row->min, (long long)row->max, (long long)row->def);
		expect_in("schema/policy.schema.json", text);
		snprintf(text, sizeof(text), "| `%s` | %lld |", row->name, (long long)row->def);
		expect_in("docs/policy.md", text);
	}
}

const char *const unit_name = "plugin_room";
const struct unit_test unit_tests[] = {
	UNIT(names_are_one_level_without_control_characters),
	UNIT(a_topic_has_its_room_behind_rooms),
	UNIT(open_are_those_that_a_pattern_has),
	UNIT(a_star_alone_opens_all_that_have_a_valid_name),
	UNIT(every_number_is_in_the_schema_and_the_docs),
	UNIT(every_number_has_a_default_within_its_bounds),
	{ NULL, NULL },
};
