#include "mosquitto-plugin/core/policy/rules.h"

#include "base/topic.h"

#include <stdlib.h>

static bool is_placeholder(struct str level)
{
	return level.len == 2 && level.p[0] == '%';
}

/* Does % stand only in levels that are placeholders? rule->personal becomes true when there is one, and *client_ids when it is %c. */
static bool check_levels(struct str filter, struct rule *rule, bool *client_ids)
{
	struct str level;

	while (str_split(&filter, '/', &level)) {
		if (!level.len || !memchr(level.p, '%', level.len))
			continue;
		if (!is_placeholder(level) || !memchr("ucrh", level.p[1], 4))
			return false;
		rule->personal = true;
		*client_ids |= level.p[1] == 'c';
	}
	return true;
}

int rules_add(struct rules *r, struct str text, struct complaint *why)
{
	struct rule rule = { .except = text.len && text.p[0] == '!' };
	bool client_ids = r->client_ids;
	struct rule *v;

	if (rule.except)
		text = str_skip(text, 1);
	if (!topic_filter_valid(text))
		return complaint_say(why, 0, "not a valid topic filter");
	if (!check_levels(text, &rule, &client_ids))
		return complaint_say(why, 0, "%% stands only for a whole level: %%u, %%c, %%r or %%h");
	if (r->n == RULES_MAX)
		return complaint_say(why, 0, "too many filters");
	v = realloc(r->v, (r->n + 1) * sizeof(*v));
	if (!v)
		return complaint_say(why, 0, "out of memory");
	r->v = v;
	rule.filter = str_dup(text);
	rule.len = text.len;
	if (!rule.filter)
		return complaint_say(why, 0, "out of memory");
	r->v[r->n++] = rule;
	r->personal |= rule.personal;
	r->client_ids = client_ids;
	return 0;
}

void rules_free(struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].filter);
	free(r->v);
	*r = (struct rules){ 0 };
}

/* May the name stand for one level of a topic? */
static bool is_level(struct str name)
{
	return name.len && !memchr(name.p, '/', name.len) && !memchr(name.p, '+', name.len) &&
	       !memchr(name.p, '#', name.len);
}

static bool names_have(char *const *names, size_t n, struct str level)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(level, names[i]))
			return true;
	return false;
}

static bool any_is_no_room(char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!room_name_valid(str_of(names[i])))
			return true;
	return false;
}

/* Is the level one of the client's rooms? No exception is made for a wildcard: what it matches is held back one by one. */
static bool room_covers(char kind, const struct who *who, struct str level, bool except)
{
	bool open = kind == 'r';

	if (except && (any_is_no_room(who->hosts, who->n_hosts) || (open && any_is_no_room(who->rooms, who->n_rooms))))
		return true;
	if (!room_name_valid(level))
		return except && !str_is(level, "+");
	return names_have(who->hosts, who->n_hosts, level) ||
	       (open && (names_have(who->rooms, who->n_rooms, level) || (who->open && room_is_open(who->open, level))));
}

/* Asks for all clients at once: each placeholder covers any level. */
static const struct who anybody = { .n_rooms = 0 };

static bool placeholder_covers(char kind, const struct who *who, struct str level, bool except)
{
	struct str name = kind == 'u' ? who->user : who->client;

	if (who == &anybody)
		return true;
	if (kind == 'r' || kind == 'h')
		return room_covers(kind, who, level, except);
	return is_level(name) ? str_eq(name, level) : except;
}

/* Does one level of a rule's filter cover one level of what is asked for? */
static bool level_covers(struct str f, struct str t, const struct who *who, bool except)
{
	if (str_is(t, "#"))
		return false; /* only '#' covers '#', and covers() looks at that before */
	if (str_is(f, "+"))
		return true;
	if (who && is_placeholder(f))
		return placeholder_covers(f.p[1], who, t, except);
	return str_eq(f, t);
}

/* Does the filter f cover the topic or filter t? who is NULL: % is a character like others. */
static bool covers(struct str f, struct str t, const struct who *who, bool except)
{
	struct str fl, tl;

	if (!f.len || !t.len)
		return false;
	if (t.p[0] == '$' && (f.p[0] == '+' || f.p[0] == '#'))
		return false;
	while (str_split(&f, '/', &fl)) {
		if (str_is(fl, "#"))
			return true;
		if (!str_split(&t, '/', &tl) || !level_covers(fl, tl, who, except))
			return false;
		if (!t.p && f.p && str_is(f, "#"))
			return true; /* "a/#" covers "a" itself */
	}
	return !t.p;
}

bool filter_covers(struct str filter, struct str topic_or_filter)
{
	return covers(filter, topic_or_filter, NULL, false);
}

static bool rule_covers(const struct rule *rule, const struct who *who, struct str topic_or_filter)
{
	return covers((struct str){ rule->filter, rule->len }, topic_or_filter, who, rule->except);
}

bool rules_allow(const struct rules *r, const struct who *who, struct str topic_or_filter)
{
	bool allowed = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct rule *rule = &r->v[i];

		if (allowed && !rule->except)
			continue;
		if (!rule_covers(rule, who, topic_or_filter))
			continue;
		if (rule->except)
			return false;
		allowed = true;
	}
	return allowed;
}

bool rules_depend_on_who(const struct rules *r, struct str topic_or_filter)
{
	bool allowed = false, perhaps = false, perhaps_not = false;

	for (size_t i = 0; r->personal && i < r->n; i++) {
		const struct rule *rule = &r->v[i];

		if (!rule_covers(rule, &anybody, topic_or_filter))
			continue;
		if (rule->except && !rule->personal)
			return false;
		perhaps_not |= rule->except;
		perhaps |= !rule->except && rule->personal;
		allowed |= !rule->except && !rule->personal;
	}
	return perhaps_not ? allowed || perhaps : perhaps && !allowed;
}
