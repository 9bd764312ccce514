#include "publisher/core/schema_priv.h"

#include "base/json_scan.h"
#include "base/topic.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_RULES 4096
#define MAX_WORDS 64

struct loader {
	struct str text;
	struct buf *error;
	struct schema *s;
};

/* Writes the one line and returns 1. */
static int fail(struct loader *l, const char *pointer, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static int fail(struct loader *l, const char *pointer, const char *fmt, ...)
{
	va_list ap;

	buf_clear(l->error);
	buf_printf(l->error, "line %zu: %s: ", json_pointer_line(l->text, pointer), *pointer ? pointer : "/");
	va_start(ap, fmt);
	buf_vprintf(l->error, fmt, ap);
	va_end(ap);
	return 1;
}

/* A JSON Pointer on the stack, cut where a name of the file is longer than any of ours: then the error tells a shorter one. */
#define POINTER(name, ...) \
	char name[160];    \
	write_pointer(name, sizeof(name), __VA_ARGS__)

static void write_pointer(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void write_pointer(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out, size, fmt, ap);
	va_end(ap);
}

static int no_memory(struct loader *l)
{
	return fail(l, "", "out of memory");
}

static int only_members(struct loader *l, const cJSON *object, const char *pointer, const char *const *allowed)
{
	const cJSON *item;

	if (!cJSON_IsObject(object))
		return fail(l, pointer, "must be an object");
	cJSON_ArrayForEach(item, object) {
		size_t i = 0;

		while (allowed[i] && strcmp(allowed[i], item->string) != 0)
			i++;
		if (!allowed[i]) {
			POINTER(at, "%s/%s", pointer, item->string);
			return fail(l, at, "unknown member");
		}
	}
	return 0;
}

/* The array called `name`, or NULL in *out when the object has none. */
static int get_array(struct loader *l, const cJSON *object, const char *pointer, const char *name, const cJSON **out)
{
	POINTER(at, "%s/%s", pointer, name);
	*out = cJSON_GetObjectItemCaseSensitive(object, name);
	if (*out && !cJSON_IsArray(*out))
		return fail(l, at, "must be an array");
	return 0;
}

static int get_name(struct loader *l, const cJSON *object, const char *pointer, const char *name,
		    const char *const *names, size_t n, size_t *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	POINTER(at, "%s/%s", pointer, name);

	if (!item)
		return 0;
	for (size_t i = 0; cJSON_IsString(item) && i < n; i++) {
		if (strcmp(item->valuestring, names[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return fail(l, at, "must be one of the names in schema/README.md");
}

static int get_int(struct loader *l, const cJSON *object, const char *pointer, const char *name, int64_t max,
		   int64_t *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	POINTER(at, "%s/%s", pointer, name);

	if (!item)
		return 0;
	if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > (double)max ||
	    item->valuedouble != (double)(int64_t)item->valuedouble)
		return fail(l, at, "must be a whole number from 0 to %lld", (long long)max);
	*out = (int64_t)item->valuedouble;
	return 0;
}

static int take_pattern(struct loader *l, const cJSON *item, const char *pointer, struct pattern *out)
{
	const char *why = "";
	int r;

	if (!cJSON_IsString(item))
		return fail(l, pointer, "must be a string: a path pattern");
	r = pattern_parse(str_of(item->valuestring), out, &why);
	if (r < 0)
		return no_memory(l);
	return r ? fail(l, pointer, "\"%s\" is no path pattern: %s", item->valuestring, why) : 0;
}

/* --- words --- */

static int add_word(struct loader *l, const cJSON *item, size_t i, struct str *camel, struct str *kebab)
{
	BUF_CLEANUP struct buf written = { 0 };
	struct words *w = &l->s->words;
	POINTER(at, "/words/%zu", i);

	if (!cJSON_IsString(item) || !*item->valuestring)
		return fail(l, at, "must be a string that is not empty");
	naming_write_name(&written, str_of(item->valuestring));
	/* an argument that is escaped to the same level would be taken for it */
	if (memchr(buf_view(&written).p, '%', written.len))
		return fail(l, at, "\"%s\" is no word: it must begin with a capital or a digit, and hold nothing to escape",
			    item->valuestring);
	for (size_t k = 0; k < w->n; k++)
		if (str_eq(kebab[k], buf_view(&written)))
			return fail(l, at, "\"%s\" stands here twice", item->valuestring);
	camel[i] = str_of(str_dup(str_of(item->valuestring)));
	kebab[i] = str_of(str_dup(buf_view(&written)));
	w->n = i + 1;
	return camel[i].p && kebab[i].p ? 0 : no_memory(l);
}

static int load_words(struct loader *l, const cJSON *root)
{
	struct words *w = &l->s->words;
	struct str *camel, *kebab;
	const cJSON *list, *item;
	size_t i = 0;
	int r = get_array(l, root, "", "words", &list);

	if (r || !list)
		return r;
	if (cJSON_GetArraySize(list) > MAX_WORDS)
		return fail(l, "/words", "at most %d words", MAX_WORDS);
	w->camel = camel = calloc(MAX_WORDS, sizeof(*camel));
	w->kebab = kebab = calloc(MAX_WORDS, sizeof(*kebab));
	if (!camel || !kebab)
		return no_memory(l);
	cJSON_ArrayForEach(item, list) {
		r = add_word(l, item, i++, camel, kebab);
		if (r)
			return r;
	}
	return 0;
}

/* --- register lists --- */

static struct cover_key cover_key_of(const struct pattern *p)
{
	const struct pattern_step *last = &p->steps[p->n - 1];

	return (struct cover_key){
		.n_steps = (uint16_t)p->n,
		.name_hash = (uint16_t)(last->name_glob ? RULE_BUCKETS : schema_hash_name(last->name)),
	};
}

static int load_entries(struct loader *l, const cJSON *object, size_t which)
{
	struct schema *s = l->s;
	const cJSON *list, *item;
	size_t n, i = 0;
	int r = get_array(l, object, "/register", schema_list_name((enum schema_list)which), &list);

	if (r)
		return r;
	n = (size_t)cJSON_GetArraySize(list);
	s->entries[which] = calloc(n + 1, sizeof(char *));
	s->covers[which] = calloc(n + 1, sizeof(struct pattern));
	s->cover_keys[which] = calloc(n + 1, sizeof(struct cover_key));
	if (!s->entries[which] || !s->covers[which] || !s->cover_keys[which])
		return no_memory(l);
	cJSON_ArrayForEach(item, list) {
		POINTER(at, "/register/%s/%zu", schema_list_name((enum schema_list)which), i);
		r = take_pattern(l, item, at, &s->covers[which][i]);
		if (r)
			return r;
		s->cover_keys[which][i] = cover_key_of(&s->covers[which][i]);
		s->n_covers[which] = i + 1;
		s->entries[which][i] = str_dup(str_of(item->valuestring));
		if (!s->entries[which][i++])
			return no_memory(l);
	}
	return 0;
}

static int load_register(struct loader *l, const cJSON *root)
{
	static const char *const members[] = { "live", "full", NULL };
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(root, "register");
	int r;

	if (!object)
		return fail(l, "", "\"register\" is missing: which paths to ask the scoreboard for");
	r = only_members(l, object, "/register", members);
	for (size_t i = 0; !r && i < LIST_COUNT; i++)
		r = load_entries(l, object, i);
	return r;
}

/* --- names: roots and the topics of rules --- */

static size_t count_stars(const struct pattern *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->steps[i].arg_glob;
	return n;
}

static bool stars_are_whole(const struct pattern *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct pattern_step *s = &p->steps[i];

		if (s->deep || s->name_glob || (s->arg_glob && !str_is(s->arg, "*")))
			return false;
	}
	return true;
}

static bool read_level(struct str text, struct template_level *out)
{
	int64_t n;

	*out = (struct template_level){ .literal = text };
	if (text.len < 3 || text.p[0] != '{' || text.p[text.len - 1] != '}')
		return text.len && !memchr(text.p, '{', text.len) && topic_name_valid(text) && text.p[0] != '%';
	text = (struct str){ text.p + 1, text.len - 2 };
	if (str_is(text, "rest"))
		n = -1;
	else if (!str_to_int(text, &n) || n < 1 || n > TEMPLATE_MAX_LEVELS)
		return false;
	out->capture = (int)n;
	return true;
}

static int read_levels(struct loader *l, const char *pointer, struct name_rule *r)
{
	struct str rest = str_of(r->template_text), level;

	while (str_split(&rest, '/', &level)) {
		if (r->n_levels == TEMPLATE_MAX_LEVELS)
			return fail(l, pointer, "at most %d levels", TEMPLATE_MAX_LEVELS);
		if (!read_level(level, &r->levels[r->n_levels]))
			return fail(l, pointer, "\"%.*s\" is neither a topic level nor {1}, {2}.. nor {rest}", STR_ARGS(level));
		if (r->levels[r->n_levels++].capture < 0 && rest.p)
			return fail(l, pointer, "{rest} can only be the last level");
	}
	return 0;
}

/* Every `*` must come back from the topic: each once. */
static int check_captures(struct loader *l, const char *pointer, const struct name_rule *r)
{
	size_t stars = count_stars(&r->path);
	unsigned int seen = 0;

	for (size_t i = 0; i < r->n_levels; i++) {
		int c = r->levels[i].capture;

		if (c <= 0)
			continue;
		if ((size_t)c > stars)
			return fail(l, pointer, "{%d}, but the path has %zu `*`", c, stars);
		if (seen & 1u << c)
			return fail(l, pointer, "{%d} stands there twice", c);
		seen |= 1u << c;
	}
	if ((size_t)__builtin_popcount(seen) != stars)
		return fail(l, pointer, "each `*` of the path must stand in the topic, or two paths would share it");
	return 0;
}

static int init_name(struct loader *l, const char *pointer, struct name_rule *r, const char *topic, bool rest)
{
	struct buf text = { 0 };
	int failed;

	r->rest = rest;
	buf_puts(&text, topic);
	if (rest)
		buf_puts(&text, *topic ? "/{rest}" : "{rest}");
	if (text.failed) {
		buf_free(&text);
		return no_memory(l);
	}
	r->template_text = text.p;
	failed = read_levels(l, pointer, r);
	if (!failed && !stars_are_whole(&r->path))
		failed = fail(l, pointer, "a path with a topic may have `*` only as a whole argument");
	return failed ? failed : check_captures(l, pointer, r);
}

static int add_name(struct loader *l, const cJSON *path, const char *topic, bool rest, const char *pointer)
{
	struct schema *s = l->s;
	struct name_rule *names = realloc(s->names, (s->n_names + 1) * sizeof(*names));
	struct name_rule *r;
	int failed = 0;

	if (!names)
		return no_memory(l);
	s->names = names;
	r = &names[s->n_names++];
	*r = (struct name_rule){ 0 };
	if (path)
		failed = take_pattern(l, path, pointer, &r->path);
	return failed ? failed : init_name(l, pointer, r, topic, rest);
}

/* Names that start with a literal level claim their topics before those that take any; else the file's order. */
static int order_names(struct loader *l)
{
	struct schema *s = l->s;
	struct name_rule *sorted = calloc(s->n_names, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return no_memory(l);
	for (int literal = 1; literal >= 0; literal--)
		for (size_t i = 0; i < s->n_names; i++)
			if ((s->names[i].levels[0].capture == 0) == literal)
				sorted[n++] = s->names[i];
	free(s->names);
	s->names = sorted;
	return 0;
}

static int load_roots(struct loader *l, const cJSON *root)
{
	static const char *const members[] = { "path", "topic", NULL };
	const cJSON *list, *item;
	size_t i = 0;
	int r = get_array(l, root, "", "roots", &list);

	if (r)
		return r;
	cJSON_ArrayForEach(item, list) {
		const cJSON *topic = cJSON_GetObjectItemCaseSensitive(item, "topic");
		const cJSON *path = cJSON_GetObjectItemCaseSensitive(item, "path");
		POINTER(at, "/roots/%zu", i++);

		r = only_members(l, item, at, members);
		if (!r && (!cJSON_IsString(path) || !cJSON_IsString(topic)))
			r = fail(l, at, "\"path\" and \"topic\" must be strings");
		if (!r)
			r = add_name(l, path, topic->valuestring, true, at);
		if (r)
			return r;
	}
	/* whatever no root takes is called by its whole path */
	r = add_name(l, NULL, "", true, "");
	return r ? r : order_names(l);
}

/* --- views --- */

static int load_views(struct loader *l, const cJSON *root)
{
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(root, "views");
	const cJSON *item;

	if (object && !cJSON_IsObject(object))
		return fail(l, "/views", "must be an object: name -> description");
	cJSON_ArrayForEach(item, object) {
		struct str name = str_of(item->string);
		POINTER(at, "/views/%s", item->string);

		if (l->s->n_views == SCHEMA_MAX_VIEWS)
			return fail(l, at, "at most %d views", SCHEMA_MAX_VIEWS);
		if (!topic_name_valid(name) || memchr(name.p, '/', name.len) || memchr(name.p, '.', name.len))
			return fail(l, at, "a view's name is one topic level, without dots");
		l->s->views[l->s->n_views] = str_dup(name);
		if (!l->s->views[l->s->n_views++])
			return no_memory(l);
	}
	return 0;
}

static int take_views(struct loader *l, const cJSON *object, const char *pointer, uint32_t *out)
{
	const cJSON *list, *item;
	int r = get_array(l, object, pointer, "views", &list);

	if (r)
		return r;
	cJSON_ArrayForEach(item, list) {
		size_t i = 0;

		while (i < l->s->n_views && cJSON_IsString(item) && strcmp(l->s->views[i], item->valuestring) != 0)
			i++;
		if (i == l->s->n_views || !cJSON_IsString(item)) {
			POINTER(at, "%s/views", pointer);
			return fail(l, at, "names a view that is not in \"views\"");
		}
		*out |= 1u << i;
	}
	return 0;
}

/* --- rules --- */

static void init_rule_index(struct schema *s)
{
	for (size_t i = 0; i < RULE_BUCKETS; i++)
		s->bucket[i] = RULE_NONE;
	s->any = RULE_NONE;
}

/* Chains are built from the last pattern to the first, so that they end up in the file's order. */
static void index_patterns(struct schema *s)
{
	for (uint32_t i = s->n_patterns; i-- > 0;) {
		struct rule_pattern *p = &s->patterns[i];
		const struct pattern_step *last = &p->pattern.steps[p->pattern.n - 1];
		uint32_t *head = &s->any;

		if (!last->deep && !last->name_glob)
			head = &s->bucket[schema_hash_name(last->name)];
		p->next = *head;
		*head = i;
	}
}

static int add_pattern(struct loader *l, const cJSON *item, const char *pointer, uint32_t rule)
{
	struct schema *s = l->s;
	struct rule_pattern *patterns = realloc(s->patterns, (s->n_patterns + 1) * sizeof(*patterns));
	int r;

	if (!patterns)
		return no_memory(l);
	s->patterns = patterns;
	patterns[s->n_patterns].rule = rule;
	r = take_pattern(l, item, pointer, &patterns[s->n_patterns].pattern);
	if (!r)
		s->n_patterns++;
	return r;
}

static int take_treatment(struct loader *l, const cJSON *object, const char *pointer, struct rule *rule)
{
	static const char *const classes[] = { "critical", "high", "normal", "low" };
	static const char *const visibilities[] = { "public", "crew", "drop" };
	size_t class = rule->class, visibility = rule->visibility;
	int64_t qos = rule->qos;
	int r = get_name(l, object, pointer, "class", classes, CLASS_COUNT, &class);

	if (!r)
		r = get_name(l, object, pointer, "visibility", visibilities, 3, &visibility);
	if (!r)
		r = get_int(l, object, pointer, "qos", 1, &qos);
	if (!r)
		r = get_int(l, object, pointer, "interval_ms", 3600000, &rule->interval_ms);
	rule->class = (enum schema_class)class;
	rule->visibility = (enum schema_visibility)visibility;
	rule->qos = (int)qos;
	return r ? r : take_views(l, object, pointer, &rule->views);
}

static int take_rule_topic(struct loader *l, const cJSON *item, const cJSON *paths, const char *pointer)
{
	const cJSON *topic = cJSON_GetObjectItemCaseSensitive(item, "topic");

	if (!topic)
		return 0;
	if (!cJSON_IsString(topic) || cJSON_GetArraySize(paths) != 1)
		return fail(l, pointer, "\"topic\" is a string, for a rule with one path");
	return add_name(l, cJSON_GetArrayItem(paths, 0), topic->valuestring, false, pointer);
}

static int load_rule(struct loader *l, const cJSON *item, size_t i)
{
	static const char *const members[] = { "comment",    "paths", "topic", "class", "qos", "interval_ms",
					       "visibility", "views", NULL };
	struct schema *s = l->s;
	const cJSON *paths = NULL, *path;
	size_t k = 0;
	POINTER(at, "/rules/%zu", i);
	int r = only_members(l, item, at, members);

	if (!r)
		r = get_array(l, item, at, "paths", &paths);
	if (!r && cJSON_GetArraySize(paths) < 1)
		r = fail(l, at, "\"paths\" must list at least one pattern");
	s->rules[i + 1] = s->rules[0];
	s->rules[i + 1].views = 0;
	if (!r)
		r = take_treatment(l, item, at, &s->rules[i + 1]);
	cJSON_ArrayForEach(path, paths) {
		POINTER(at_path, "/rules/%zu/paths/%zu", i, k++);
		if (!r)
			r = add_pattern(l, path, at_path, (uint32_t)(i + 1));
	}
	return r ? r : take_rule_topic(l, item, paths, at);
}

static int load_rules(struct loader *l, const cJSON *root)
{
	static const char *const members[] = { "class", "qos", "interval_ms", "visibility", "views", NULL };
	const cJSON *fallback = cJSON_GetObjectItemCaseSensitive(root, "default");
	const cJSON *list, *item;
	size_t n, i = 0;
	int r = get_array(l, root, "", "rules", &list);

	if (r)
		return r;
	n = (size_t)cJSON_GetArraySize(list);
	if (n > MAX_RULES)
		return fail(l, "/rules", "at most %d rules", MAX_RULES);
	l->s->rules = calloc(n + 1, sizeof(struct rule));
	if (!l->s->rules)
		return no_memory(l);
	l->s->n_rules = n + 1;
	l->s->rules[0] = (struct rule){ .class = CLASS_LOW, .visibility = VISIBLE_PUBLIC, .qos = 1 };
	if (fallback)
		r = only_members(l, fallback, "/default", members);
	if (!r && fallback)
		r = take_treatment(l, fallback, "/default", &l->s->rules[0]);
	for (item = list ? list->child : NULL; !r && item; item = item->next)
		r = load_rule(l, item, i++);
	return r;
}

/* --- clocks --- */

static int take_step_name(struct loader *l, const cJSON *object, const char *pointer, const char *name, char **out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsString(item) || !*item->valuestring)
		return fail(l, pointer, "\"%s\" must name the step below path", name);
	*out = str_dup(str_of(item->valuestring));
	return *out ? 0 : no_memory(l);
}

static int load_clock(struct loader *l, const cJSON *item, const char *pointer, struct clock_rule *c)
{
	static const char *const members[] = { "path", "time", "running", "direction", "views", NULL };
	int r = only_members(l, item, pointer, members);

	if (!r)
		r = take_pattern(l, cJSON_GetObjectItemCaseSensitive(item, "path"), pointer, &c->path);
	if (!r)
		r = take_step_name(l, item, pointer, "time", &c->time);
	if (!r)
		r = take_step_name(l, item, pointer, "running", &c->running);
	if (!r)
		r = take_step_name(l, item, pointer, "direction", &c->direction);
	return r ? r : take_views(l, item, pointer, &c->views);
}

static int load_clocks(struct loader *l, const cJSON *root)
{
	struct schema *s = l->s;
	const cJSON *list, *item;
	int r = get_array(l, root, "", "clocks", &list);

	if (r || !list)
		return r;
	s->clocks = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*s->clocks));
	if (!s->clocks)
		return no_memory(l);
	cJSON_ArrayForEach(item, list) {
		POINTER(at, "/clocks/%zu", s->n_clocks);
		r = load_clock(l, item, at, &s->clocks[s->n_clocks++]);
		if (r)
			return r;
	}
	return 0;
}

/* --- the whole --- */

static int load(struct loader *l, const cJSON *root)
{
	static const char *const members[] = { "$schema", "name",    "version", "words", "register", "roots",
					       "default", "rules",   "views",   "clocks", NULL };
	static int (*const parts[])(struct loader *, const cJSON *) = {
		load_words, load_register, load_views, load_rules, load_roots, load_clocks,
	};
	int r = only_members(l, root, "", members);

	for (size_t i = 0; !r && i < sizeof(parts) / sizeof(parts[0]); i++)
		r = parts[i](l, root);
	if (!r)
		index_patterns(l->s);
	return r;
}

static cJSON *parse(struct loader *l)
{
	const char *end = NULL;
	cJSON *root = cJSON_ParseWithLengthOpts(l->text.p, l->text.len, &end, false);
	size_t at = end ? (size_t)(end - l->text.p) : 0;
	struct str behind = str_trim(str_skip(l->text, at));

	if (root && behind.len == 0)
		return root;
	if (root)
		at = (size_t)(behind.p - l->text.p);
	cJSON_Delete(root);
	buf_clear(l->error);
	buf_printf(l->error, "line %zu: not valid JSON", json_line_at(l->text, at));
	return NULL;
}

int schema_new(struct str text, struct schema **out, struct buf *error)
{
	struct loader l = { .text = text, .error = error };
	cJSON *root = parse(&l);
	int r;

	if (!root)
		return 1;
	l.s = calloc(1, sizeof(*l.s));
	if (!l.s) {
		cJSON_Delete(root);
		return no_memory(&l);
	}
	init_rule_index(l.s);
	r = load(&l, root);
	cJSON_Delete(root);
	if (r)
		schema_free(l.s);
	else
		*out = l.s;
	return r;
}

static void free_words(struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free((void *)(uintptr_t)w->camel[i].p);
		free((void *)(uintptr_t)w->kebab[i].p);
	}
	free((void *)(uintptr_t)w->camel);
	free((void *)(uintptr_t)w->kebab);
}

static void free_lists(struct schema *s)
{
	for (size_t list = 0; list < LIST_COUNT; list++) {
		for (size_t i = 0; s->entries[list] && s->entries[list][i]; i++)
			free(s->entries[list][i]);
		for (size_t i = 0; i < s->n_covers[list]; i++)
			pattern_free(&s->covers[list][i]);
		free(s->entries[list]);
		free(s->covers[list]);
		free(s->cover_keys[list]);
	}
}

static void free_clocks(struct schema *s)
{
	for (size_t i = 0; i < s->n_clocks; i++) {
		pattern_free(&s->clocks[i].path);
		free(s->clocks[i].time);
		free(s->clocks[i].running);
		free(s->clocks[i].direction);
	}
	free(s->clocks);
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_patterns; i++)
		pattern_free(&s->patterns[i].pattern);
	for (size_t i = 0; i < s->n_names; i++) {
		pattern_free(&s->names[i].path);
		free(s->names[i].template_text);
	}
	for (size_t i = 0; i < s->n_views; i++)
		free(s->views[i]);
	free_words(&s->words);
	free_lists(s);
	free_clocks(s);
	free(s->patterns);
	free(s->names);
	free(s->rules);
	free(s);
}
