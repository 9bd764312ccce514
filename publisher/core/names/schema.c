#include "publisher/core/names/schema_priv.h"

#include "base/topic.h"
#include "publisher/core/names/owner.h"

/* How the topic of a path begins when the topic that it would have belongs to another path. No name and no argument is ever written
 * as `%`, so it does not meet any other topic. */
#define FALLBACK STR("%/")
#define CREW STR("crew/")

const char *const schema_class_names[CLASS_COUNT + 1] = { "critical", "high", "normal", "low", NULL };
const char *const schema_visibility_names[] = { "public", "crew", "drop", NULL };
static const char *const list_names[] = { "live", "full", "-" };

const char *schema_class_name(enum schema_class c)
{
	return schema_class_names[c];
}

const char *schema_visibility_name(enum schema_visibility v)
{
	return schema_visibility_names[v];
}

const char *schema_list_name(enum schema_list l)
{
	return list_names[l];
}

bool schema_list_from_name(const char *name, enum schema_list *out)
{
	for (size_t i = 0; i < LIST_COUNT; i++) {
		if (strcmp(name, list_names[i]) == 0) {
			*out = (enum schema_list)i;
			return true;
		}
	}
	return false;
}

const char *schema_entry(const struct schema *s, enum schema_list list, size_t i)
{
	return s->entries[list][i];
}

const char *schema_view(const struct schema *s, size_t i)
{
	return i < s->n_views ? s->views[i] : NULL;
}

const struct clock_rule *schema_clock(const struct schema *s, size_t i)
{
	return i < s->n_clocks ? &s->clocks[i] : NULL;
}

const struct text_rule *schema_text(const struct schema *s, size_t i)
{
	return i < s->n_texts ? &s->texts[i] : NULL;
}

const struct history_rules *schema_history(const struct schema *s)
{
	return s->history.view ? &s->history : NULL;
}

uint32_t schema_hash_name(struct str name)
{
	uint32_t h = 2166136261u; /* the hash is FNV-1a; the paths of a bad scoreboard can at worst make find_rule() walk all rules */

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return (h ^ h >> 16) % RULE_BUCKETS;
}

/* The first rule of the file that matches the path. It can only be in one of two chains: that of the patterns which end in the path's last
 * name, and that of those which end in a wildcard. Both are in the file's order, and are walked together in this order. */
static const struct rule *find_rule(const struct schema *s, const struct path *path)
{
	uint32_t a = s->bucket[schema_hash_name(path->steps[path->n - 1].name)];
	uint32_t b = s->any;

	while (a != RULE_NONE || b != RULE_NONE) {
		uint32_t *lower = a < b ? &a : &b; /* RULE_NONE, the end of a chain, is greater than any rule's number */
		const struct rule_pattern *p = &s->patterns[*lower];

		if (pattern_matches(&p->pattern, path))
			return &s->rules[p->rule];
		*lower = p->next;
	}
	return &s->rules[0];
}

/* schema_hash_name() of the name of each step. */
struct step_hashes {
	uint16_t of[PATH_MAX_STEPS];
};

static void hash_steps(const struct path *path, struct step_hashes *out)
{
	for (size_t i = 0; i < path->n; i++)
		out->of[i] = (uint16_t)schema_hash_name(path->steps[i].name);
}

static bool list_covers(const struct schema *s, enum schema_list list, const struct path *path,
			const struct step_hashes *hashes)
{
	for (size_t i = 0; i < s->n_covers[list]; i++) {
		struct cover_key key = s->cover_keys[list][i];

		if (key.n_steps > path->n ||
		    (key.name_hash != hashes->of[key.n_steps - 1] && key.name_hash != RULE_BUCKETS))
			continue;
		if (pattern_covers(&s->covers[list][i], path))
			return true;
	}
	return false;
}

static enum schema_list find_list(const struct schema *s, const struct path *path)
{
	struct step_hashes hashes;

	hash_steps(path, &hashes);
	for (size_t l = 0; l < LIST_COUNT; l++)
		if (list_covers(s, (enum schema_list)l, path, &hashes))
			return (enum schema_list)l;
	return LIST_NONE;
}

bool schema_covers(const struct schema *s, enum schema_list list, const struct path *path)
{
	return find_list(s, path) <= list && list < LIST_COUNT;
}

static bool arg_fits(const struct pattern_step *p, const struct path_step *s)
{
	return p->has_arg == s->has_arg && str_eq(p->name, s->name) &&
	       (!p->has_arg || p->arg_glob || str_eq(p->arg, s->arg));
}

static bool names_path(const struct name_rule *r, const struct path *path)
{
	if (r->rest ? path->n <= r->path.n : path->n != r->path.n)
		return false;
	for (size_t i = 0; i < r->path.n; i++)
		if (!arg_fits(&r->path.steps[i], &path->steps[i]))
			return false;
	return true;
}

static struct str captured(const struct name_rule *r, const struct path *path, int capture)
{
	struct str found = { NULL, 0 };

	for (size_t i = 0; i < r->path.n; i++)
		if (r->path.steps[i].arg_glob && --capture == 0)
			found = path->steps[i].arg;
	return found;
}

static void write_topic(const struct schema *s, const struct name_rule *r, const struct path *path, struct buf *out)
{
	for (size_t i = 0; i < r->n_levels; i++) {
		const struct template_level *l = &r->levels[i];

		if (i)
			buf_char(out, '/');
		if (l->capture == 0)
			buf_str(out, l->literal);
		else if (l->capture > 0)
			naming_write_arg(out, captured(r, path, l->capture), &s->words);
		else
			naming_write(out, path->steps + r->path.n, path->n - r->path.n, &s->words);
	}
}

/* Could the rule have written this topic? Its levels must be those of the rule's template, with anything in the place of a capture. */
static bool template_matches(const struct name_rule *r, struct str topic)
{
	for (size_t i = 0; i < r->n_levels; i++) {
		const struct template_level *l = &r->levels[i];
		struct str level;

		if (l->capture < 0)
			return topic.p != NULL;
		if (!str_split(&topic, '/', &level) || (l->capture == 0 && !str_eq(level, l->literal)))
			return false;
	}
	return topic.p == NULL;
}

/* Does the topic that rule r wrote belong to another rule? It belongs to the first one that could have written it, so that no two paths
 * get it. */
static bool is_taken(const struct schema *s, const struct name_rule *r, struct str topic)
{
	if (owner_of(topic) != OWNER_SCOREBOARD)
		return true;
	for (const struct name_rule *other = s->names; other < r; other++)
		if (template_matches(other, topic))
			return true;
	return false;
}

/* Of the name rules that are for this path, that with the longest path of its own. There is always one, since the rule with the empty path
 * is for all. */
static const struct name_rule *find_name(const struct schema *s, const struct path *path)
{
	const struct name_rule *best = NULL;

	for (size_t i = 0; i < s->n_names; i++) {
		const struct name_rule *r = &s->names[i];

		if ((!best || r->path.n > best->path.n) && names_path(r, path))
			best = r;
	}
	return best;
}

static void write_name(const struct schema *s, const struct path *path, struct buf *topic)
{
	const struct name_rule *r = find_name(s, path);
	size_t start = topic->len;

	write_topic(s, r, path, topic);
	if (!topic->failed && is_taken(s, r, str_skip(buf_view(topic), start))) {
		buf_cut(topic, start);
		buf_str(topic, FALLBACK);
		naming_write(topic, path->steps, path->n, &s->words);
	}
}

enum map_result schema_map(const struct schema *s, const struct path *path, struct buf *topic, struct mapping *out)
{
	size_t start = topic->len;
	struct str written;

	out->rule = find_rule(s, path);
	out->list = find_list(s, path);
	if (out->rule->visibility == VISIBLE_DROP)
		return MAP_DROPPED;
	if (out->rule->visibility == VISIBLE_CREW)
		buf_str(topic, CREW);
	write_name(s, path, topic);
	written = str_skip(buf_view(topic), start);
	if (!topic->failed && written.len <= TOPIC_MAX_BYTES && topic_levels(written) <= TOPIC_MAX_LEVELS)
		return MAP_OK;
	buf_cut(topic, start);
	return MAP_TOO_LONG;
}
