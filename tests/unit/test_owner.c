/* owner - the first level of a topic says whose it is. */
#include "publisher/core/names/owner.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "owner";

static void the_first_level_says_whose_a_topic_is(void)
{
	static const struct {
		const char *topic;
		enum owner owner;
	} rows[] = {
		{ "team/1/score", OWNER_SCOREBOARD },
		{ "status", OWNER_PUBLISHER },
		{ "status/x", OWNER_PUBLISHER },
		{ "about", OWNER_PUBLISHER },
		{ "feed/spectator/delta", OWNER_PUBLISHER },
		{ "display/clock", OWNER_PUBLISHER },
		{ "file/team/1/logo", OWNER_PUBLISHER },
		{ "crew/note", OWNER_CREW },
		{ "crew", OWNER_CREW },
		{ "notice", OWNER_PEOPLE },
		{ "notice/x", OWNER_PEOPLE },
		{ "show/main", OWNER_PEOPLE },
		{ "show/", OWNER_PEOPLE },
		{ "presence/total", OWNER_PLUGIN },
		{ "beat", OWNER_PLUGIN },
		/* alike, but others */
		{ "notices", OWNER_SCOREBOARD },
		{ "Notice", OWNER_SCOREBOARD },
		{ "displays/clock", OWNER_SCOREBOARD },
		{ "shows/main", OWNER_SCOREBOARD },
		{ "team/notice", OWNER_SCOREBOARD },
		{ "%/show/main", OWNER_SCOREBOARD },
		{ "/notice", OWNER_SCOREBOARD },
		{ "", OWNER_SCOREBOARD },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (owner_of(str_of(rows[i].topic)) != rows[i].owner)
			printf("\n    row %zu\n", i);
		CHECK_INT(owner_of(str_of(rows[i].topic)), rows[i].owner);
	}
}

const struct unit_test unit_tests[] = { UNIT(the_first_level_says_whose_a_topic_is), { NULL, NULL } };
