#include "publisher/core/names/schema_priv.h"

#include "base/json.h"
#include "base/topic.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_RULES 4096
#define MAX_WORDS 64

struct loader {
	struct str text;
	const struct json *root;
	struct complaint *why;
	struct schema *s;
};

/* A value of the file, and where it stands. */
struct place {
	struct loader *l;
	const struct json *v; /* NULL: the file has nothing there */
	char pointer[160];    /* JSON Pointer (RFC 6901, but without its ~ escapes), cut where a name of the file is longer than any of ours */
};

static const struct json *child_named(const struct json *v, struct str name)
{
	const struct json *child = v->child;
	int64_t index = 0;
	bool is_index = str_to_int(name, &index);

	for (int64_t i = 0; child; i++, child = child->next)
		if (v->type == JSON_OBJECT ? str_eq(child->key, name) : is_index && i == index)
			return child;
	return NULL;
}

/* The line of what the pointer names. When the file has no such thing, the line of the deepest part of the pointer that it has: for
 * "/rules/3/clazz" that of rule 3, when the rule has no such member. */
static unsigned line_of(const struct loader *l, const char *pointer)
{
	struct str rest = str_of(pointer), name;
	const struct json *at = l->root, *child;

	str_split(&rest, '/', &name); /* what stands before the first slash: nothing */
	while (at && rest.p && str_split(&rest, '/', &name)) {
		child = child_named(at, name);
		if (!child)
			break;
		at = child;
	}
	return json_line(l->text, at ? at->offset : 0);
}

/* Complains about the place and returns 1. */
static int fail(const struct place *at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int fail(const struct place *at, const char *fmt, ...)
{
	char what[COMPLAINT_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return complaint_say(at->l->why, line_of(at->l, at->pointer), "%s: %s", *at->pointer ? at->pointer : "/", what);
}

static int no_memory(struct loader *l)
{
	struct place root = { .l = l, .v = l->root };

	return fail(&root, "out of memory");
}

static void write_pointer(struct place *at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void write_pointer(struct place *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(at->pointer, sizeof(at->pointer), fmt, ap);
	va_end(ap);
}

static struct place member(const struct place *object, const char *name)
{
	struct place at = { .l = object->l, .v = json_get(object->v, name) };

	write_pointer(&at, "%s/%s", object->pointer, name);
	return at;
}

static struct place element(const struct place *array, const struct json *v, size_t i)
{
	struct place at = { .l = array->l, .v = v };

	write_pointer(&at, "%s/%zu", array->pointer, i);
	return at;
}

static const struct json *first_in(const struct place *container)
{
	return container->v ? container->v->child : NULL;
}

static size_t count_in(const struct place *container)
{
	size_t n = 0;

	for (const struct json *v = first_in(container); v; v = v->next)
		n++;
	return n;
}

static bool is_object(const struct json *v)
{
	return v && v->type == JSON_OBJECT;
}

static bool is_string(const struct json *v)
{
	return v && v->type == JSON_STRING;
}

/* The string v as one of C. A string of JSON may hold a NUL; what stands behind it is ignored, since no name of ours holds one. */
static const char *text_of(const struct json *v)
{
	return v->text.p;
}

static int only_members(const struct place *object, const char *const *allowed)
{
	if (!is_object(object->v))
		return fail(object, "must be an object");
	for (const struct json *v = object->v->child; v; v = v->next) {
		size_t i = 0;

		while (allowed[i] && strcmp(allowed[i], v->key.p) != 0)
			i++;
		if (!allowed[i]) {
			struct place at = member(object, v->key.p);

			return fail(&at, "unknown member");
		}
	}
	return 0;
}

/* The array of this name in the object. out->v is NULL when the object has none. */
static int get_array(const struct place *object, const char *name, struct place *out)
{
	*out = member(object, name);
	return out->v && out->v->type != JSON_ARRAY ? fail(out, "must be an array") : 0;
}

/* Reads a member that must be one of `names`: *out becomes the number of that name. *out stays as it is when there is no such member. */
static int get_name(const struct place *object, const char *name, const char *const *names, size_t *out)
{
	struct place at = member(object, name);

	if (!at.v)
		return 0;
	for (size_t i = 0; is_string(at.v) && names[i]; i++) {
		if (strcmp(text_of(at.v), names[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return fail(&at, "must be one of the names in schema/README.md");
}

static int get_int(const struct place *object, const char *name, int64_t max, int64_t *out)
{
	struct place at = member(object, name);

	if (!at.v)
		return 0;
	if (at.v->type != JSON_NUMBER || at.v->number < 0 || at.v->number > (double)max ||
	    at.v->number != (double)(int64_t)at.v->number)
		return fail(&at, "must be a whole number from 0 to %lld", (long long)max);
	*out = (int64_t)at.v->number;
	return 0;
}

static int take_pattern(const struct place *at, struct pattern *out)
{
	struct complaint why;
	enum pattern_result r;

	if (!is_string(at->v))
		return fail(at, "must be a string: a path pattern");
	r = pattern_parse(str_of(text_of(at->v)), out, &why);
	if (r == PATTERN_NO_MEMORY)
		return no_memory(at->l);
	return r ? fail(at, "\"%.100s\" is no path pattern: %s", text_of(at->v), why.text) : 0;
}

/* --- words --- */

/* Adds one of the schema's words. camel and kebab are its two arrays, which have room for one more. */
static int add_word(const struct place *at, struct str *camel, struct str *kebab)
{
	BUF_CLEANUP struct buf written = { 0 };
	struct words *w = &at->l->s->words;
	const char *word;
	size_t i = w->n;

	if (!is_string(at->v) || !*text_of(at->v))
		return fail(at, "must be a string that is not empty");
	word = text_of(at->v);
	naming_write_name(&written, str_of(word));
	if (written.failed)
		return no_memory(at->l);
	/* an argument that is no word is escaped, and could be written in the same way */
	if (memchr(buf_view(&written).p, '%', written.len))
		return fail(at, "\"%.100s\" is no word: it must begin with a capital or a digit, and hold nothing to escape", word);
	for (size_t k = 0; k < i; k++)
		if (str_eq(kebab[k], buf_view(&written)))
			return fail(at, "\"%.100s\" stands here twice", word);
	camel[i] = str_of(str_dup(str_of(word)));
	kebab[i] = str_of(str_dup(buf_view(&written)));
	w->n = i + 1;
	return camel[i].p && kebab[i].p ? 0 : no_memory(at->l);
}

static int load_words(const struct place *root)
{
	struct words *w = &root->l->s->words;
	struct str *camel, *kebab;
	struct place list;
	size_t i = 0;
	int r = get_array(root, "words", &list);

	if (r || !list.v)
		return r;
	if (count_in(&list) > MAX_WORDS)
		return fail(&list, "at most %d words", MAX_WORDS);
	w->camel = camel = calloc(MAX_WORDS, sizeof(*camel));
	w->kebab = kebab = calloc(MAX_WORDS, sizeof(*kebab));
	if (!camel || !kebab)
		return no_memory(root->l);
	for (const struct json *v = list.v->child; !r && v; v = v->next) {
		struct place at = element(&list, v, i++);

		r = add_word(&at, camel, kebab);
	}
	return r;
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

static int add_entry(const struct place *at, size_t which)
{
	struct schema *s = at->l->s;
	size_t i = s->n_covers[which];
	int r = take_pattern(at, &s->covers[which][i]);

	if (r)
		return r;
	s->cover_keys[which][i] = cover_key_of(&s->covers[which][i]);
	s->n_covers[which] = i + 1;
	s->entries[which][i] = str_dup(str_of(text_of(at->v)));
	return s->entries[which][i] ? 0 : no_memory(at->l);
}

static int load_entries(const struct place *object, size_t which)
{
	struct schema *s = object->l->s;
	struct place list;
	size_t n, i = 0;
	int r = get_array(object, schema_list_name((enum schema_list)which), &list);

	if (r)
		return r;
	n = count_in(&list);
	s->entries[which] = calloc(n + 1, sizeof(char *));
	s->covers[which] = calloc(n + 1, sizeof(struct pattern));
	s->cover_keys[which] = calloc(n + 1, sizeof(struct cover_key));
	if (!s->entries[which] || !s->covers[which] || !s->cover_keys[which])
		return no_memory(object->l);
	for (const struct json *v = first_in(&list); !r && v; v = v->next) {
		struct place at = element(&list, v, i++);

		r = add_entry(&at, which);
	}
	return r;
}

static int load_register(const struct place *root)
{
	static const char *const members[] = { "live", "full", NULL };
	struct place object = member(root, "register");
	int r;

	if (!object.v)
		return fail(root, "\"register\" is missing: which paths to ask the scoreboard for");
	r = only_members(&object, members);
	for (size_t i = 0; !r && i < LIST_COUNT; i++)
		r = load_entries(&object, i);
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

static int read_levels(const struct place *at, struct name_rule *r)
{
	struct str rest = str_of(r->template_text), level;

	while (str_split(&rest, '/', &level)) {
		if (r->n_levels == TEMPLATE_MAX_LEVELS)
			return fail(at, "at most %d levels", TEMPLATE_MAX_LEVELS);
		if (!read_level(level, &r->levels[r->n_levels]))
			return fail(at, "\"%.*s\" is neither a topic level nor {1}, {2}.. nor {rest}", STR_ARGS(level));
		if (r->levels[r->n_levels++].capture < 0 && rest.p)
			return fail(at, "{rest} can only be the last level");
	}
	return 0;
}

/* Every `*` of the path must stand in the topic, and once only. */
static int check_captures(const struct place *at, const struct name_rule *r)
{
	size_t stars = count_stars(&r->path);
	unsigned int seen = 0;

	for (size_t i = 0; i < r->n_levels; i++) {
		int c = r->levels[i].capture;

		if (c <= 0)
			continue;
		if ((size_t)c > stars)
			return fail(at, "{%d}, but the path has %zu `*`", c, stars);
		if (seen & 1u << c)
			return fail(at, "{%d} stands there twice", c);
		seen |= 1u << c;
	}
	if ((size_t)__builtin_popcount(seen) != stars)
		return fail(at, "each `*` of the path must stand in the topic, or two paths would share it");
	return 0;
}

/* What the file says about the topics of some paths. */
struct name_text {
	const struct json *path; /* NULL: the empty path, of which all are part */
	const char *topic;
	bool rest; /* it is for everything below the path: their topics begin with `topic`, and their own names follow */
};

static int init_name(const struct place *at, struct name_rule *r, const struct name_text *text)
{
	struct buf topic = { 0 };
	int failed;

	r->rest = text->rest;
	buf_puts(&topic, text->topic);
	if (text->rest)
		buf_puts(&topic, *text->topic ? "/{rest}" : "{rest}");
	if (topic.failed) {
		buf_free(&topic);
		return no_memory(at->l);
	}
	r->template_text = topic.p;
	failed = read_levels(at, r);
	if (!failed && !stars_are_whole(&r->path))
		failed = fail(at, "a path with a topic may have `*` only as a whole argument");
	return failed ? failed : check_captures(at, r);
}

static int add_name(const struct place *at, const struct name_text *text)
{
	struct schema *s = at->l->s;
	struct name_rule *names = realloc(s->names, (s->n_names + 1) * sizeof(*names));
	struct place path = *at;
	struct name_rule *r;
	int failed = 0;

	if (!names)
		return no_memory(at->l);
	s->names = names;
	r = &names[s->n_names++];
	*r = (struct name_rule){ 0 };
	path.v = text->path;
	if (text->path)
		failed = take_pattern(&path, &r->path);
	return failed ? failed : init_name(at, r, text);
}

/* Name rules whose topics begin with a literal level come before those that may begin with any, and so claim their topics first.
 * Otherwise they stay in the file's order. */
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

static int load_root(const struct place *at)
{
	static const char *const members[] = { "path", "topic", NULL };
	const struct json *topic = json_get(at->v, "topic"), *path = json_get(at->v, "path");
	struct name_text text = { .path = path, .rest = true };
	int r = only_members(at, members);

	if (r)
		return r;
	if (!is_string(path) || !is_string(topic))
		return fail(at, "\"path\" and \"topic\" must be strings");
	text.topic = text_of(topic);
	return add_name(at, &text);
}

static int load_roots(const struct place *root)
{
	/* a path that no root takes is called by its whole name */
	static const struct name_text all = { .topic = "", .rest = true };
	struct place list;
	size_t i = 0;
	int r = get_array(root, "roots", &list);

	for (const struct json *v = first_in(&list); !r && v; v = v->next) {
		struct place at = element(&list, v, i++);

		r = load_root(&at);
	}
	if (!r)
		r = add_name(root, &all);
	return r ? r : order_names(root->l);
}

/* --- views --- */

static int add_view(const struct place *at, struct str name)
{
	struct schema *s = at->l->s;

	if (s->n_views == SCHEMA_MAX_VIEWS)
		return fail(at, "at most %d views", SCHEMA_MAX_VIEWS);
	if (!topic_name_valid(name) || memchr(name.p, '/', name.len) || memchr(name.p, '.', name.len))
		return fail(at, "a view's name is one topic level, without dots");
	if (name.len > SCHEMA_MAX_VIEW_NAME)
		return fail(at, "a view's name has at most %d bytes", SCHEMA_MAX_VIEW_NAME);
	s->views[s->n_views] = str_dup(name);
	return s->views[s->n_views++] ? 0 : no_memory(at->l);
}

static int load_views(const struct place *root)
{
	struct place object = member(root, "views");
	int r = 0;

	if (object.v && !is_object(object.v))
		return fail(&object, "must be an object: name -> description");
	for (const struct json *v = first_in(&object); !r && v; v = v->next) {
		struct place at = member(&object, v->key.p);

		r = add_view(&at, str_of(v->key.p));
	}
	return r;
}

/* The number of the view of this name; SCHEMA_MAX_VIEWS when there is none. */
static size_t find_view(const struct schema *s, const struct json *name)
{
	for (size_t i = 0; is_string(name) && i < s->n_views; i++)
		if (strcmp(s->views[i], text_of(name)) == 0)
			return i;
	return SCHEMA_MAX_VIEWS;
}

static int take_views(const struct place *object, uint32_t *out)
{
	struct place list;
	int r = get_array(object, "views", &list);

	if (r)
		return r;
	for (const struct json *v = first_in(&list); v; v = v->next) {
		size_t i = find_view(object->l->s, v);

		if (i == SCHEMA_MAX_VIEWS)
			return fail(&list, "names a view that is not in \"views\"");
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

static int add_pattern(const struct place *at, uint32_t rule)
{
	struct schema *s = at->l->s;
	struct rule_pattern *patterns = realloc(s->patterns, (s->n_patterns + 1) * sizeof(*patterns));
	int r;

	if (!patterns)
		return no_memory(at->l);
	s->patterns = patterns;
	patterns[s->n_patterns].rule = rule;
	r = take_pattern(at, &patterns[s->n_patterns].pattern);
	if (!r)
		s->n_patterns++;
	return r;
}

static int take_treatment(const struct place *object, struct rule *rule)
{
	size_t class = rule->class, visibility = rule->visibility;
	int64_t qos = rule->qos;
	int r = get_name(object, "class", schema_class_names, &class);

	if (!r)
		r = get_name(object, "visibility", schema_visibility_names, &visibility);
	if (!r)
		r = get_int(object, "qos", 1, &qos);
	if (!r)
		r = get_int(object, "interval_ms", 3600000, &rule->interval_ms);
	rule->class = (enum schema_class) class;
	rule->visibility = (enum schema_visibility)visibility;
	rule->qos = (int)qos;
	return r ? r : take_views(object, &rule->views);
}

static int take_rule_topic(const struct place *rule, const struct place *paths)
{
	const struct json *topic = json_get(rule->v, "topic");
	struct name_text text = { .path = first_in(paths) };

	if (!topic)
		return 0;
	if (!is_string(topic) || count_in(paths) != 1)
		return fail(rule, "\"topic\" is a string, for a rule with one path");
	text.topic = text_of(topic);
	return add_name(rule, &text);
}

static int take_paths(const struct place *paths, uint32_t rule)
{
	size_t i = 0;
	int r = 0;

	for (const struct json *v = first_in(paths); !r && v; v = v->next) {
		struct place at = element(paths, v, i++);

		r = add_pattern(&at, rule);
	}
	return r;
}

/* What it leads to is served to everybody. */
static int take_file(const struct place *at, struct rule *rule)
{
	const struct json *v = json_get(at->v, "file");

	if (!v)
		return 0;
	if (v->type != JSON_BOOL)
		return fail(at, "\"file\" must be true or false");
	rule->file = v->number != 0;
	return rule->file && rule->visibility != VISIBLE_PUBLIC ? fail(at, "\"file\" is for public paths only") : 0;
}

static int load_rule(const struct place *at, size_t i)
{
	static const char *const members[] = { "comment", "paths", "topic", "class", "qos", "interval_ms",
					       "visibility", "views", "file", NULL };
	struct rule *rules = at->l->s->rules;
	struct place paths;
	int r = only_members(at, members);

	if (!r)
		r = get_array(at, "paths", &paths);
	if (!r && count_in(&paths) < 1)
		r = fail(at, "\"paths\" must list at least one pattern");
	rules[i + 1] = rules[0];
	rules[i + 1].views = 0;
	if (!r)
		r = take_treatment(at, &rules[i + 1]);
	if (!r)
		r = take_file(at, &rules[i + 1]);
	if (!r)
		r = take_paths(&paths, (uint32_t)(i + 1));
	return r ? r : take_rule_topic(at, &paths);
}

static int load_default(const struct place *root)
{
	static const char *const members[] = { "class", "qos", "interval_ms", "visibility", "views", NULL };
	struct place at = member(root, "default");
	int r = at.v ? only_members(&at, members) : 0;

	return !r && at.v ? take_treatment(&at, &root->l->s->rules[0]) : r;
}

static int load_rules(const struct place *root)
{
	struct schema *s = root->l->s;
	struct place list;
	size_t n, i = 0;
	int r = get_array(root, "rules", &list);

	if (r)
		return r;
	n = count_in(&list);
	if (n > MAX_RULES)
		return fail(&list, "at most %d rules", MAX_RULES);
	s->rules = calloc(n + 1, sizeof(struct rule));
	if (!s->rules)
		return no_memory(root->l);
	s->n_rules = n + 1;
	s->rules[0] = (struct rule){ .class = CLASS_LOW, .visibility = VISIBLE_PUBLIC, .qos = 1 };
	r = load_default(root);
	for (const struct json *v = first_in(&list); !r && v; v = v->next) {
		struct place at = element(&list, v, i);

		r = load_rule(&at, i++);
	}
	return r;
}

/* --- clocks --- */

static int take_step_name(const struct place *clock, const char *name, char **out)
{
	const struct json *v = json_get(clock->v, name);

	if (!is_string(v) || !*text_of(v))
		return fail(clock, "\"%s\" must name the step below path", name);
	*out = str_dup(str_of(text_of(v)));
	return *out ? 0 : no_memory(clock->l);
}

static int load_clock(const struct place *at, struct clock_rule *c)
{
	static const char *const members[] = { "path", "time", "running", "direction", "views", NULL };
	struct place path = *at;
	int r = only_members(at, members);

	path.v = json_get(at->v, "path");
	if (!r)
		r = take_pattern(&path, &c->path);
	if (!r)
		r = take_step_name(at, "time", &c->time);
	if (!r)
		r = take_step_name(at, "running", &c->running);
	if (!r)
		r = take_step_name(at, "direction", &c->direction);
	return r ? r : take_views(at, &c->views);
}

static int load_clocks(const struct place *root)
{
	struct schema *s = root->l->s;
	struct place list;
	int r = get_array(root, "clocks", &list);

	if (r || !list.v)
		return r;
	s->clocks = calloc(count_in(&list) + 1, sizeof(*s->clocks));
	if (!s->clocks)
		return no_memory(root->l);
	for (const struct json *v = list.v->child; !r && v; v = v->next) {
		struct place at = element(&list, v, s->n_clocks);

		r = load_clock(&at, &s->clocks[s->n_clocks++]);
	}
	return r;
}

/* --- texts --- */

/* A value of the file as it is shown: strings without quotes. */
static char *shown(const struct json *v)
{
	BUF_CLEANUP struct buf text = { 0 };

	if (v->type == JSON_STRING)
		return str_dup(str_of(text_of(v)));
	json_write(&text, v);
	return text.failed ? NULL : str_dup(buf_view(&text));
}

static int take_key(const struct place *at, struct str key, char **out)
{
	if (!text_key_valid(key))
		return fail(at, "\"%.*s\" is no topic of the scoreboard's", (int)key.len, key.p);
	*out = str_dup(key);
	return *out ? 0 : no_memory(at->l);
}

/* {"key": "another"} */
static int take_other_key(const struct place *at, struct text_condition *c)
{
	static const char *const members[] = { "key", NULL };
	struct place key = member(at, "key");
	int r = only_members(at, members);

	if (!r && !is_string(key.v))
		r = fail(at, "\"key\" must be a string");
	c->is_key = true;
	return r ? r : take_key(&key, str_of(text_of(key.v)), &c->value);
}

static int take_condition(const struct place *at, struct text_condition *c)
{
	int r = take_key(at, at->v->key, &c->key);

	if (r || at->v->type == JSON_NULL)
		return r;
	if (at->v->type == JSON_OBJECT)
		return take_other_key(at, c);
	if (at->v->type == JSON_ARRAY)
		return fail(at, "must be a string, a number, true, false, null or {\"key\": ...}");
	c->value = shown(at->v);
	return c->value ? 0 : no_memory(at->l);
}

static int take_conditions(const struct place *at, struct text_case *c)
{
	struct place when = member(at, "when");
	int r = 0;

	if (when.v && !is_object(when.v))
		return fail(&when, "must be an object: key -> what its value must be");
	for (const struct json *v = first_in(&when); !r && v; v = v->next) {
		struct place condition = { .l = at->l, .v = v };

		write_pointer(&condition, "%s", when.pointer); /* the key has slashes, and a pointer would take them for levels */
		if (c->n_conditions == TEXT_MAX_CONDITIONS)
			return fail(&when, "at most %d conditions", TEXT_MAX_CONDITIONS);
		r = take_condition(&condition, &c->conditions[c->n_conditions++]);
	}
	return r;
}

static int load_case(const struct place *at, struct text_case *c)
{
	static const char *const members[] = { "when", "text", NULL };
	struct place text = member(at, "text");
	struct complaint why;
	int r = only_members(at, members);

	if (!r)
		r = take_conditions(at, c);
	if (r)
		return r;
	if (!is_string(text.v))
		return fail(&text, "must be a string: a text with {keys}");
	if (text_template_parse(text.v->text, &c->template, &why))
		return fail(&text, "%s", why.text);
	return 0;
}

static int load_cases(const struct place *at, struct text_rule *t)
{
	struct place list;
	size_t n;
	int r = get_array(at, "cases", &list);

	if (r)
		return r;
	n = count_in(&list);
	if (n < 1 || n > TEXT_MAX_CASES)
		return fail(&list, "must list 1 to %d cases", TEXT_MAX_CASES);
	t->cases = calloc(n, sizeof(*t->cases));
	if (!t->cases)
		return no_memory(at->l);
	for (const struct json *v = list.v->child; !r && v; v = v->next) {
		struct place one = element(&list, v, t->n_cases);

		r = load_case(&one, &t->cases[t->n_cases++]);
	}
	return r;
}

static int load_text(const struct place *at, struct str name)
{
	static const char *const members[] = { "class", "qos", "interval_ms", "cases", NULL };
	struct schema *s = at->l->s;
	struct text_rule *t = &s->texts[s->n_texts];
	int r;

	if (s->n_texts == SCHEMA_MAX_TEXTS)
		return fail(at, "at most %d texts", SCHEMA_MAX_TEXTS);
	if (!topic_name_valid(name) || memchr(name.p, '/', name.len) || name.len > SCHEMA_MAX_VIEW_NAME)
		return fail(at, "a text's name is one topic level of at most %d bytes", SCHEMA_MAX_VIEW_NAME);
	t->topic = topic_join("display", name.p);
	if (!t->topic)
		return no_memory(at->l);
	s->n_texts++;
	t->treatment = s->rules[0];
	r = only_members(at, members);
	if (!r)
		r = take_treatment(at, &t->treatment);
	return r ? r : load_cases(at, t);
}

static int load_texts(const struct place *root)
{
	struct place object = member(root, "texts");
	int r = 0;

	if (object.v && !is_object(object.v))
		return fail(&object, "must be an object: name -> text");
	for (const struct json *v = first_in(&object); !r && v; v = v->next) {
		struct place at = member(&object, v->key.p);

		r = load_text(&at, str_of(v->key.p));
	}
	return r;
}

/* --- history --- */

static int take_text(const struct place *object, const char *name, char **out)
{
	struct place at = member(object, name);

	if (!is_string(at.v) || !*text_of(at.v))
		return fail(object, "\"%s\" must be a string that is not empty", name);
	*out = str_dup(str_of(text_of(at.v)));
	return *out ? 0 : no_memory(object->l);
}

/* out: of HISTORY_MAX_KEYS + 1 */
static int take_keys(const struct place *object, const char *name, char **out)
{
	struct place list;
	size_t n = 0;
	int r = get_array(object, name, &list);

	if (!r && (count_in(&list) < 1 || count_in(&list) > HISTORY_MAX_KEYS))
		r = fail(object, "\"%s\" must list one to %d keys", name, HISTORY_MAX_KEYS);
	for (const struct json *v = first_in(&list); !r && v; v = v->next) {
		if (!is_string(v) || !*text_of(v))
			return fail(&list, "must be strings that are not empty");
		out[n] = str_dup(str_of(text_of(v)));
		r = out[n++] ? 0 : no_memory(object->l);
	}
	return r;
}

static int load_chapter(const struct place *history)
{
	static const char *const members[] = { "name", "during", "number", NULL };
	struct history_rules *h = &history->l->s->history;
	struct place at = member(history, "chapter");
	int r = only_members(&at, members);

	if (!r)
		r = take_text(&at, "name", &h->name);
	if (!r)
		r = take_text(&at, "during", &h->during);
	return r ? r : take_keys(&at, "number", h->number);
}

static int check_history_view(const struct place *history)
{
	struct place at = member(history, "view");

	return find_view(history->l->s, at.v) == SCHEMA_MAX_VIEWS ? fail(&at, "names a view that is not in \"views\"") : 0;
}

static int load_history(const struct place *root)
{
	static const char *const members[] = { "view", "game", "title", "over", "chapter", "series", NULL };
	struct history_rules *h = &root->l->s->history;
	struct place at = member(root, "history");
	int r = at.v ? only_members(&at, members) : 0;

	if (r || !at.v)
		return r;
	r = check_history_view(&at);
	if (!r)
		r = take_text(&at, "view", &h->view);
	if (!r)
		r = take_text(&at, "game", &h->game);
	if (!r)
		r = take_text(&at, "title", &h->title);
	if (!r)
		r = take_text(&at, "over", &h->over);
	if (!r)
		r = load_chapter(&at);
	return r ? r : take_keys(&at, "series", h->series);
}

/* --- the whole --- */

static int load(struct loader *l)
{
	static const char *const members[] = { "$schema", "name", "version", "words", "register", "roots",
					       "default", "rules", "views", "clocks", "texts", "history", NULL };
	static int (*const parts[])(const struct place *) = {
		load_words,
		load_register,
		load_views,
		load_rules,
		load_roots,
		load_clocks,
		load_texts,
		load_history,
	};
	struct place root = { .l = l, .v = l->root };
	int r = only_members(&root, members);

	for (size_t i = 0; !r && i < sizeof(parts) / sizeof(parts[0]); i++)
		r = parts[i](&root);
	if (!r)
		index_patterns(l->s);
	return r;
}

static int parse(struct loader *l, struct json_doc *doc)
{
	enum json_outcome outcome = json_parse(doc, l->text, l->why);
	unsigned last = json_line(l->text, l->text.len ? l->text.len - 1 : 0); /* a newline at the end begins no other line */

	l->root = doc->root;
	if (outcome == JSON_INVALID)
		return complaint_say(l->why, l->why->line < last ? l->why->line : last, "not valid JSON");
	return outcome != JSON_GOOD;
}

/* Some editors begin every file with a mark that it is UTF-8. */
static struct str without_mark(struct str text)
{
	return str_starts(text, STR("\xEF\xBB\xBF")) ? str_skip(text, 3) : text;
}

int schema_new(struct str text, struct schema **out, struct complaint *why)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct loader l = { .text = without_mark(text), .why = why };
	int r = parse(&l, &doc);

	if (r)
		return r;
	l.s = calloc(1, sizeof(*l.s));
	if (!l.s)
		return no_memory(&l);
	init_rule_index(l.s);
	r = load(&l);
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

static void free_texts(struct schema *s)
{
	for (size_t i = 0; i < s->n_texts; i++) {
		struct text_rule *t = &s->texts[i];

		for (size_t k = 0; k < t->n_cases; k++)
			text_case_free(&t->cases[k]);
		free(t->cases);
		free(t->topic);
	}
}

static void free_history(struct history_rules *h)
{
	char *const texts[] = { h->view, h->game, h->title, h->over, h->name, h->during };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	for (size_t i = 0; i < HISTORY_MAX_KEYS; i++) {
		free(h->number[i]);
		free(h->series[i]);
	}
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
	free_texts(s);
	free_history(&s->history);
	free(s->patterns);
	free(s->names);
	free(s->rules);
	free(s);
}
