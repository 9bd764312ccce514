/* ask - paths and queries of the history, and those that are not. */
#include "publisher/core/history/ask.h"
#include "tests/unit/unit.h"

const char *const unit_name = "ask";

static void paths_say_what_is_asked_for(void)
{
	static const struct {
		const char *path, *query; /* query NULL: there is none */
		enum ask_kind kind;
		const char *game;
		int64_t number;
	} rows[] = {
		{ "/ev/track 1/games.json", NULL, ASK_GAMES, "", INT64_MAX },
		{ "/ev/track 1/games.json", "x=1&before=12", ASK_GAMES, "", 12 },
		{ "/ev/track 1/games/g-1.json", "t=nonsense", ASK_GAME, "g-1", INT64_MAX },
		{ "/ev/track 1/games/g_1.csv", NULL, ASK_CSV, "g_1", INT64_MAX },
		{ "/ev/track 1/games/g/at.json", "t=1795310660724", ASK_AT, "g", 1795310660724 },
		{ "/ev/track 1/games/g/at.json", NULL, ASK_AT, "g", INT64_MAX },
		{ "/ev/track 1/games/g/at.json", "", ASK_AT, "g", INT64_MAX },
		{ "/ev/track 1/games/g/deltas.ndjson", NULL, ASK_DELTAS, "g", 0 },
		{ "/ev/track 1/games/g/deltas.ndjson", "after=7", ASK_DELTAS, "g", 7 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ask a;

		CHECK_INT(ask_read(str_of(rows[i].path), str_of(rows[i].query), "ev/track 1", &a), ASK_GOOD);
		CHECK_INT(a.kind, rows[i].kind);
		CHECK_STR(a.game, rows[i].game);
		CHECK_INT(a.number, rows[i].number);
	}
}

static void other_paths_are_others(void)
{
	static const char *const paths[] = { "", "/", "/games.json", "/scoreboard", "/scoreboard/", "/scoreboard/games", "/scoreboard/games/",
					     "/scoreboard/games/.json", "/scoreboard/games/a/b.json", "/scoreboard/games/../x.json", "/scoreboardgames.json",
					     "/scoreboard/games/a/at.jso", "/other/games.json", "/scoreboard/games//at.json", "/scoreboard/spectator.json",
					     "/scoreboard/games.json/", "/scoreboard/games/a%.json",
					     "/scoreboard/games/01234567890123456789012345678901234567890123456789012345678901234567890.json" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct ask a;

		CHECK_INT(ask_read(str_of(paths[i]), (struct str){ NULL, 0 }, "scoreboard", &a), ASK_OTHER);
	}
}

static void what_is_no_number_is_refused(void)
{
	static const char *const queries[] = { "t", "t=", "t=x", "t=-1", "t=1.5", "t=99999999999999999999", "a=1&t=%31" };

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct ask a;

		CHECK_INT(ask_read(STR("/s/games/g/at.json"), str_of(queries[i]), "s", &a), ASK_BAD);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(paths_say_what_is_asked_for),
	UNIT(other_paths_are_others),
	UNIT(what_is_no_number_is_refused),
	{ NULL, NULL },
};
