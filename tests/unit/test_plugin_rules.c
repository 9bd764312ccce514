/* The policy language: lists of filters with exceptions and placeholders, asked about topics and about filters. */
#include "mosquitto-plugin/core/policy/rules.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define VIEWER "scoreboard/#|!scoreboard/crew/#"
#define APP "rooms/%r/#|users/%u/inbox|!users/%u/inbox/secret|clients/%c"

static const struct row {
	const char *rules; /* separated by | */
	const char *user, *client;
	const char *rooms; /* separated by | */
	const char *asked;
	bool allowed;
} rows[] = {
	/* nothing is allowed by an empty list */
	{ "", "u", "c", "", "a", false },
	{ "", "u", "c", "", "#", false },
	/* topics */
	{ VIEWER, NULL, "c", "", "scoreboard/team/1/score", true },
	{ VIEWER, NULL, "c", "", "scoreboard", true },
	{ VIEWER, NULL, "c", "", "scoreboard/", true },
	{ VIEWER, NULL, "c", "", "scoreboard/crew", false },
	{ VIEWER, NULL, "c", "", "scoreboard/crew/x", false },
	{ VIEWER, NULL, "c", "", "scoreboard/crew/x/y", false },
	{ VIEWER, NULL, "c", "", "scoreboard/crews", true },
	{ VIEWER, NULL, "c", "", "Scoreboard/x", false },
	{ VIEWER, NULL, "c", "", "/scoreboard/x", false },
	{ VIEWER, NULL, "c", "", "scoreboardx", false },
	{ VIEWER, NULL, "c", "", "$SYS/broker/uptime", false },
	{ VIEWER, NULL, "c", "", "$CONTROL/scoreboard/v1", false },
	{ VIEWER, NULL, "c", "", "rooms/a", false },
	{ VIEWER, NULL, "c", "", "", false },
	/* filters */
	{ VIEWER, NULL, "c", "", "#", false },
	{ VIEWER, NULL, "c", "", "+/#", false },
	{ VIEWER, NULL, "c", "", "+", false },
	{ VIEWER, NULL, "c", "", "+/team", false },
	{ VIEWER, NULL, "c", "", "$SYS/#", false },
	{ VIEWER, NULL, "c", "", "scoreboard/#", true },
	{ VIEWER, NULL, "c", "", "scoreboard/+", true },
	{ VIEWER, NULL, "c", "", "scoreboard/+/#", true },
	{ VIEWER, NULL, "c", "", "scoreboard/feed/+/delta", true },
	{ VIEWER, NULL, "c", "", "scoreboard/crew/#", false },
	{ VIEWER, NULL, "c", "", "scoreboard/crew/+", false },
	{ VIEWER, NULL, "c", "", "scoreboard/crew/a/#", false },
	{ VIEWER, NULL, "c", "", "scoreboard/+/x", true }, /* crew/x is held back when it comes */
	{ VIEWER, NULL, "c", "", "rooms/#", false },
	/* the order does not matter */
	{ "!a/b|a/#", NULL, "c", "", "a/b", false },
	{ "a/#|!a/b", NULL, "c", "", "a/b", false },
	{ "a/b|!a/#", NULL, "c", "", "a/b", false },
	{ "!a/b|a/#", NULL, "c", "", "a/c", true },
	{ "!a/b", NULL, "c", "", "a/c", false },
	{ "!#", NULL, "c", "", "a", false },
	{ "a/#|!a/+/secret", NULL, "c", "", "a/b/secret", false },
	{ "a/#|!a/+/secret", NULL, "c", "", "a/b/secrets", true },
	{ "a/#|!a/+/secret", NULL, "c", "", "a/+/secret", false },
	{ "a/#|!a/+/secret", NULL, "c", "", "a/b/+", true },
	{ "a/#|!a/+/secret", NULL, "c", "", "a/#", true },
	/* wildcards and $ */
	{ "#", "u", "c", "", "a/b/c", true },
	{ "#", "u", "c", "", "#", true },
	{ "#", "u", "c", "", "$SYS/x", false },
	{ "#", "u", "c", "", "$SYS/#", false },
	{ "#", "u", "c", "", "$", false },
	{ "#|$SYS/#", "u", "c", "", "$SYS/x", true },
	{ "#|$SYS/#", "u", "c", "", "$SYS", true },
	{ "#|$SYS/#", "u", "c", "", "$SYS/#", true },
	{ "#|$SYS/#", "u", "c", "", "$CONTROL/x", false },
	{ "+", "u", "c", "", "a", true },
	{ "+", "u", "c", "", "a/b", false },
	{ "+", "u", "c", "", "$a", false },
	{ "+/b", "u", "c", "", "$a/b", false },
	{ "+/+", "u", "c", "", "/", true },
	{ "a/+/c", "u", "c", "", "a//c", true },
	{ "a/+/c", "u", "c", "", "a/+/c", true },
	{ "a/+/c", "u", "c", "", "a/#", false },
	{ "a/+", "u", "c", "", "a/#", false },
	{ "a/#", "u", "c", "", "a/+/#", true },
	{ "a/#", "u", "c", "", "a", true },
	{ "a/#", "u", "c", "", "+", false },
	{ "a/b", "u", "c", "", "a/b", true },
	{ "a/b", "u", "c", "", "a/+", false },
	{ "a/b", "u", "c", "", "a/b/", false },
	{ "/", "u", "c", "", "/", true },
	{ "/", "u", "c", "", "//", false },
	/* placeholders */
	{ APP, "ann", "c1", "red", "users/ann/inbox", true },
	{ APP, "ann", "c1", "red", "users/bob/inbox", false },
	{ APP, "ann", "c1", "red", "users/+/inbox", false },
	{ APP, "ann", "c1", "red", "users/ann/#", false },
	{ APP, "ann", "c1", "red", "users/%u/inbox", false },
	{ APP, "ann", "c1", "red", "clients/c1", true },
	{ APP, "ann", "c1", "red", "clients/c2", false },
	{ APP, "ann", "c1", "red", "clients/ann", false },
	{ APP, "ann", "c1", "red|blue", "rooms/red/chat", true },
	{ APP, "ann", "c1", "red|blue", "rooms/blue", true },
	{ APP, "ann", "c1", "red|blue", "rooms/green/chat", false },
	{ APP, "ann", "c1", "red|blue", "rooms/#", false },
	{ APP, "ann", "c1", "red|blue", "rooms/+/chat", false },
	{ APP, "ann", "c1", "red|blue", "rooms/red/#", true },
	{ APP, "ann", "c1", "red|blue", "rooms/red|blue", false },
	{ APP, "ann", "c1", "", "rooms/red/chat", false },
	{ APP, "ann", "c1", "", "rooms//chat", false },
	{ APP, "%u", "c1", "", "users/%u/inbox", true }, /* a strange name, but hers */
	{ APP, "\xc5\xa0\xc3\xa1rka", "c1", "", "users/\xc5\xa0\xc3\xa1rka/inbox", true },
	{ APP, "a b", "c1", "", "users/a b/inbox", true },
	{ APP, "$SYS", "c1", "", "users/$SYS/inbox", true },
	/* hostile names stand for no level ... */
	{ APP, "+", "c1", "", "users/+/inbox", false },
	{ APP, "+", "c1", "", "users/bob/inbox", false },
	{ APP, "#", "c1", "", "users/#", false },
	{ APP, "#", "c1", "", "users/#/inbox", false },
	{ APP, "a/b", "c1", "", "users/a/b/inbox", false },
	{ APP, "a/inbox", "c1", "", "users/a/inbox/inbox", false },
	{ APP, "", "c1", "", "users//inbox", false },
	{ APP, NULL, "c1", "", "users//inbox", false },
	{ APP, "u+", "c1", "", "users/u+/inbox", false },
	{ APP, "u#", "c1", "", "users/u#/inbox", false },
	{ APP, "ann", "+", "", "clients/+", false },
	{ APP, "ann", "#", "", "clients/#", false },
	{ APP, "ann", "a/b", "", "clients/a/b", false },
	{ APP, "ann", "", "", "clients/", false },
	{ APP, "ann", NULL, "", "clients/", false },
	{ APP, "ann", "c1", "+", "rooms/+/chat", false },
	{ APP, "ann", "c1", "#", "rooms/#", false },
	{ APP, "ann", "c1", "a/b", "rooms/a/b", false },
	/* ... and for every exception */
	{ "a/#|!a/%u", "ann", "c", "", "a/ann", false },
	{ "a/#|!a/%u", "ann", "c", "", "a/bob", true },
	{ "a/#|!a/%u", "+", "c", "", "a/bob", false },
	{ "a/#|!a/%u", NULL, "c", "", "a/bob", false },
	{ "a/#|!a/%u", "x/y", "c", "", "a/bob", false },
	{ "a/#|!a/%c/b", "ann", "#", "", "a/x/b", false },
	{ "a/#|!a/%r", "ann", "c", "red", "a/red", false },
	{ "a/#|!a/%r", "ann", "c", "red", "a/blue", true },
	{ "%u/#", "ann", "c", "", "ann/x", true },
	{ "%u/#", "$SYS", "c", "", "$SYS/x", true }, /* who calls a user $SYS gets what he asks for */
	{ "%u", "ann", "c", "", "#", false },
	{ "+/%u", "ann", "c", "", "$SYS/ann", false },
};

static struct rules make(const char *text)
{
	struct str rest = str_of(text), one;
	struct rules r = { 0 };

	while (*text && str_split(&rest, '|', &one)) {
		struct complaint why = { 0, "" };

		if (rules_add(&r, one, &why))
			printf("\n    %.*s: %s\n", STR_ARGS(one), why.text);
		CHECK_STR(why.text, "");
	}
	return r;
}

static size_t split(char *text, char **out)
{
	size_t n = 0;

	for (char *p = strtok(text, "|"); p; p = strtok(NULL, "|"))
		out[n++] = p;
	return n;
}

static void the_whole_language(void)
{
	CU_ASSERT(sizeof(rows) / sizeof(rows[0]) >= 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct rules r = make(row->rules);
		char *copy = strdup(row->rooms), *rooms[8];
		struct who who = { .user = str_of(row->user), .client = str_of(row->client), .rooms = rooms, .n_rooms = split(copy, rooms) };
		bool got = rules_allow(&r, &who, str_of(row->asked));

		if (got != row->allowed)
			printf("\n    row %zu: \"%s\" asked for \"%s\": %d\n", i, row->rules, row->asked, got);
		CU_ASSERT_EQUAL(got, row->allowed);
		rules_free(&r);
		rules_free(&r);
		free(copy);
	}
}

/* The rooms match:* and global are open; ann's token names the room "jury", and makes her host of match:1 and "desk". */
static const struct {
	const char *rules, *asked;
	bool ann, bob; /* what she may; what somebody without a token's rooms may */
} room_rows[] = {
	{ "rooms/%r/#", "rooms/match:1/#", true, true },
	{ "rooms/%r/#", "rooms/match:2/say/ann", true, true },
	{ "rooms/%r/#", "rooms/global", true, true },
	{ "rooms/%r/#", "rooms/globals/say", false, false },
	{ "rooms/%r/#", "rooms/jury/#", true, false },
	{ "rooms/%r/#", "rooms/desk/state/x", true, false },
	{ "rooms/%r/#", "rooms/+/#", false, false },
	{ "rooms/%r/#", "rooms/#", false, false },
	{ "rooms/%r/#", "rooms/match:+/#", false, false },
	{ "rooms/%r/#", "rooms/match:\n/#", false, false },
	{ "rooms/%r/#", "rooms/match:12345678901234567890123456789012345678901234567890123456789/x", false, false },
	{ "rooms/%h/state/+", "rooms/match:1/state/phase", true, false },
	{ "rooms/%h/state/+", "rooms/match:2/state/phase", false, false },
	{ "rooms/%h/state/+", "rooms/jury/state/phase", false, false },
	{ "rooms/%h/state/+", "rooms/+/state/phase", false, false },
	{ "rooms/%h/state/+", "rooms/desk/state/+", true, false },
	{ "rooms/%h/state/+", "rooms/desk/state/a/b", false, false },
	{ "rooms/#|!rooms/%r/say", "rooms/jury/say", false, true },
	{ "rooms/#|!rooms/%r/say", "rooms/global/say", false, false },
	{ "rooms/#|!rooms/%r/say", "rooms/blue/say", true, true },
	{ "rooms/#|!rooms/%h/say", "rooms/global/say", true, true },
	{ "rooms/#|!rooms/%h/say", "rooms/desk/say", false, true },
	{ "rooms/#|!rooms/%h/say", "rooms/+/say", true, true },       /* what it matches is held back one by one */
	{ "rooms/#|!rooms/%h/say", "rooms/a\x1f/say", false, false }, /* no name of a room: for every exception */
};

static void rooms_are_open_or_stand_in_the_token(void)
{
	char jury[] = "jury", match1[] = "match:1", desk[] = "desk", match[] = "match:*", global[] = "global";
	char *rooms[] = { jury }, *hosts[] = { match1, desk };
	const struct room_rules open = { .on = true, .open = { match, global }, .n_open = 2 };
	const struct who ann = { .rooms = rooms, .n_rooms = 1, .hosts = hosts, .n_hosts = 2, .open = &open }, bob = { .open = &open };

	for (size_t i = 0; i < sizeof(room_rows) / sizeof(room_rows[0]); i++) {
		struct rules r = make(room_rows[i].rules);
		bool for_ann = rules_allow(&r, &ann, str_of(room_rows[i].asked)), for_bob = rules_allow(&r, &bob, str_of(room_rows[i].asked));

		if (for_ann != room_rows[i].ann || for_bob != room_rows[i].bob)
			printf("\n    row %zu: \"%s\" asked for \"%s\": %d %d\n", i, room_rows[i].rules, room_rows[i].asked, for_ann, for_bob);
		CU_ASSERT_EQUAL(for_ann, room_rows[i].ann);
		CU_ASSERT_EQUAL(for_bob, room_rows[i].bob);
		CU_ASSERT_TRUE(for_ann == for_bob || rules_depend_on_who(&r, str_of(room_rows[i].asked)));
		rules_free(&r);
	}
}

static void a_room_of_a_token_that_is_none_is_in_every_exception(void)
{
	char bad[] = "a/b";
	char *rooms[] = { bad };
	const struct who who = { .rooms = rooms, .n_rooms = 1 };
	struct rules r = make("rooms/#|!rooms/%r/say");

	CU_ASSERT_FALSE(rules_allow(&r, &who, STR("rooms/blue/say")));
	CU_ASSERT_TRUE(rules_allow(&r, &who, STR("rooms/blue")));
	rules_free(&r);
}

static void it_is_known_when_the_answer_is_the_same_for_all(void)
{
	static const struct {
		const char *rules, *asked;
		bool depends;
	} asked[] = {
		{ VIEWER, "scoreboard/x", false },
		{ VIEWER, "rooms/x", false },
		{ VIEWER "|rooms/%r/#|users/%u/#", "scoreboard/x", false },
		{ VIEWER "|rooms/%r/#|users/%u/#", "scoreboard/crew/x", false },
		{ VIEWER "|rooms/%r/#|users/%u/#", "rooms/x", true },
		{ VIEWER "|rooms/%r/#|users/%u/#", "users/x", true },
		{ VIEWER "|rooms/%r/#|users/%u/#", "other/x", false },
		{ "rooms/#|rooms/%r/#", "rooms/x", false },
		{ "rooms/#|!rooms/%r/x", "rooms/a/x", true },
		{ "rooms/#|!rooms/%r/x", "rooms/a/y", false },
		{ "!rooms/%r/x", "rooms/a/x", false },
		{ "rooms/%r/#|!rooms/%h/x", "rooms/a/x", true },
		{ "rooms/%r/#|!rooms/#", "rooms/a/x", false },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct rules r = make(asked[i].rules);

		if (rules_depend_on_who(&r, str_of(asked[i].asked)) != asked[i].depends)
			printf("\n    row %zu\n", i);
		CU_ASSERT_EQUAL(rules_depend_on_who(&r, str_of(asked[i].asked)), asked[i].depends);
		rules_free(&r);
	}
}

static void filters_match_as_mqtt_says(void)
{
	static const struct {
		const char *filter, *topic;
		bool matches;
	} pairs[] = {
		{ "a/b", "a/b", true },
		{ "a/b", "a/c", false },
		{ "a/b", "a", false },
		{ "a", "a/b", false },
		{ "a/", "a", false },
		{ "a", "a/", false },
		{ "+", "a", true },
		{ "+", "a/b", false },
		{ "+", "/a", false },
		{ "/+", "/a", true },
		{ "+/+", "/a", true },
		{ "+/+", "a/", true },
		{ "a/+/c", "a/b/c", true },
		{ "a/+/c", "a//c", true },
		{ "a/+/c", "a/b/c/d", false },
		{ "#", "a", true },
		{ "#", "/", true },
		{ "#", "a/b/c", true },
		{ "a/#", "a", true },
		{ "a/#", "a/", true },
		{ "a/#", "a/b/c", true },
		{ "a/#", "ab", false },
		{ "a/b/#", "a", false },
		{ "+/#", "a", true },
		{ "+/b/#", "a/b", true },
		{ "#", "$SYS/x", false },
		{ "+/x", "$SYS/x", false },
		{ "$SYS/#", "$SYS/x", true },
		{ "$SYS/+", "$SYS/x", true },
		{ "a/+", "a/$x", true },
		{ "", "a", false },
		{ "a", "", false },
		{ "#", "", false },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (filter_covers(str_of(pairs[i].filter), str_of(pairs[i].topic)) == pairs[i].matches)
			continue;
		printf("\n    %s and %s\n", pairs[i].filter, pairs[i].topic);
		CU_FAIL("a filter matches by mistake, or does not");
	}
}

static void names_of_65535_bytes_are_no_problem(void)
{
	struct rules r = make("users/%u/#|!users/%c");
	char *name = malloc(65535), *topic = malloc(65535 + 6);
	struct who who = { .user = { name, 65535 }, .client = { name, 65535 } };

	memset(name, 'x', 65535);
	memcpy(topic, "users/", 6);
	memcpy(topic + 6, name, 65535);
	CU_ASSERT_FALSE(rules_allow(&r, &who, (struct str){ topic, 65541 })); /* the exception */
	who.client = STR("c");
	CU_ASSERT_TRUE(rules_allow(&r, &who, (struct str){ topic, 65541 }));
	topic[65540] = 'y';
	CU_ASSERT_FALSE(rules_allow(&r, &who, (struct str){ topic, 65541 }));
	memset(topic, '/', 65535);
	CU_ASSERT_FALSE(rules_allow(&r, &who, (struct str){ topic, 65535 }));
	rules_free(&r);
	free(name);
	free(topic);
}

static void bad_filters_are_refused(void)
{
	static const char *const bad[] = { "", "!", "a/#/b", "a#", "a+", "a/b+/c", "a\x01",
					   "%x/a", "a/%", "a/x%u", "%u%c", "a/%ux", "\xff", "!!a\x7f",
					   "a/%R", "a/%", "%h%r" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct complaint why = { 7, "" };
		struct rules r = { 0 };

		if (!rules_add(&r, str_of(bad[i]), &why))
			printf("\n    \"%s\" was taken\n", bad[i]);
		CU_ASSERT_EQUAL(r.n, 0);
		CU_ASSERT_FALSE(r.personal);
		CU_ASSERT(why.line == 0 && why.text[0]);
		rules_free(&r);
	}
}

static void a_list_has_an_end(void)
{
	struct complaint why = { 0, "" };
	struct rules r = { 0 };

	for (int i = 0; i < RULES_MAX; i++)
		CHECK_INT(rules_add(&r, STR("a"), &why), 0);
	CHECK_INT(rules_add(&r, STR("a"), &why), 1);
	CHECK_STR(why.text, "too many filters");
	rules_free(&r);
}

const char *const unit_name = "plugin_rules";
const struct unit_test unit_tests[] = {
	UNIT(the_whole_language),
	UNIT(rooms_are_open_or_stand_in_the_token),
	UNIT(a_room_of_a_token_that_is_none_is_in_every_exception),
	UNIT(it_is_known_when_the_answer_is_the_same_for_all),
	UNIT(filters_match_as_mqtt_says),
	UNIT(names_of_65535_bytes_are_no_problem),
	UNIT(bad_filters_are_refused),
	UNIT(a_list_has_an_end),
	{ NULL, NULL },
};
