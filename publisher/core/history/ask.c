#include "publisher/core/history/ask.h"

#include <stdio.h>

static const struct {
	const char *end; /* what stands behind the game's id */
	enum ask_kind kind;
	const char *parameter; /* NULL: it has none */
} forms[] = {
	{ "/at.json", ASK_AT, "t" },
	{ "/deltas.ndjson", ASK_DELTAS, "after" },
	{ ".csv", ASK_CSV, NULL },
	{ ".json", ASK_GAME, NULL },
};

/* Takes `begin` away from the front of the path. False: it begins otherwise. */
static bool strip(struct str *path, struct str begin)
{
	if (!str_starts(*path, begin))
		return false;
	*path = str_skip(*path, begin.len);
	return true;
}

/* False: the query has the parameter, but it is no number from 0. */
static bool read_number(struct str query, const char *name, int64_t *out)
{
	struct str pair, key;

	while (query.p && str_split(&query, '&', &pair)) {
		if (!str_split(&pair, '=', &key) || !str_is(key, name))
			continue;
		return pair.p && str_to_int(pair, out) && *out >= 0;
	}
	return true;
}

static bool read_game(struct str path, struct ask *out, const char **parameter)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct str end = str_of(forms[i].end), id = path;

		if (!str_ends(path, end))
			continue;
		id.len -= end.len;
		if (!story_is_id(id))
			continue;
		snprintf(out->game, sizeof(out->game), "%.*s", STR_ARGS(id));
		out->kind = forms[i].kind;
		*parameter = forms[i].parameter;
		return true;
	}
	return false;
}

enum ask_result ask_read(struct str path, struct str query, const char *prefix, struct ask *out)
{
	struct ask a = { .kind = ASK_GAMES };
	const char *parameter = "before";

	if (!strip(&path, STR("/")) || !strip(&path, str_of(prefix)) || !strip(&path, STR("/games")))
		return ASK_OTHER;
	if (!str_is(path, ".json") && !(strip(&path, STR("/")) && read_game(path, &a, &parameter)))
		return ASK_OTHER;
	a.number = a.kind == ASK_DELTAS ? 0 : INT64_MAX;
	if (parameter && !read_number(query, parameter, &a.number))
		return ASK_BAD;
	*out = a;
	return ASK_GOOD;
}
