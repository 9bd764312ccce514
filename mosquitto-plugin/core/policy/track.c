#include "mosquitto-plugin/core/policy/track.h"

#include "base/topic.h"

static const struct str none = { NULL, 0 };

static struct str rest_behind(struct str text, struct str name)
{
	return str_starts(text, name) ? str_skip(text, name.len) : none;
}

/* `PREFIX/crew` is the crew's of the whole, and no track: whoever may write there must not be taken for a publisher. */
static bool is_own(struct str level)
{
	return str_is(level, "crew");
}

struct str track_rest(struct str prefix, struct str topic, struct str name)
{
	struct str below = rest_behind(topic, prefix), rest, level;

	if (!below.len || below.p[0] != '/')
		return none;
	below = str_skip(below, 1);
	rest = rest_behind(below, name);
	if (rest.p || !str_split(&below, '/', &level) || !level.len || !below.p || is_own(level))
		return rest;
	return rest_behind(below, name);
}

bool track_topic_is(struct str prefix, struct str topic, struct str name)
{
	struct str rest = track_rest(prefix, topic, name);

	return rest.p && !rest.len;
}

bool track_is(struct str prefix, struct str text)
{
	struct str below = rest_behind(text, prefix);

	if (!below.p || !topic_name_valid(text))
		return false;
	return !below.len || (below.len > 1 && below.p[0] == '/' && !memchr(below.p + 1, '/', below.len - 1) && !is_own(str_skip(below, 1)));
}
