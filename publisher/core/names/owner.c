#include "publisher/core/names/owner.h"

#include <string.h>

static const struct {
	const char *level;
	enum owner owner;
} firsts[] = {
	{ "status", OWNER_PUBLISHER },
	{ "about", OWNER_PUBLISHER },
	{ "feed", OWNER_PUBLISHER }, /* schema/README.md */
	{ "display", OWNER_PUBLISHER },
	{ "file", OWNER_PUBLISHER },
	{ "crew", OWNER_CREW }, /* and of the plugin: crew/presence, crew/beat */
	{ "notice", OWNER_PEOPLE },
	{ "show", OWNER_PEOPLE }, /* what everybody is told, and what screens show */
	{ "presence", OWNER_PLUGIN },
	{ "beat", OWNER_PLUGIN },
};

enum owner owner_of(struct str topic)
{
	struct str first;

	str_split(&topic, '/', &first);
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		if (str_is(first, firsts[i].level))
			return firsts[i].owner;
	return OWNER_SCOREBOARD;
}
