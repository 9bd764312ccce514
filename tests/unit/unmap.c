#include "tests/unit/unmap.h"

#include "base/json.h"

#include <stdlib.h>

/* --- levels --- */

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static char to_upper(char c)
{
	return (char)(c - 'a' + 'A');
}

static size_t find_word(const struct str *list, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], s))
			return i;
	return SIZE_MAX;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool read_escape(struct buf *text, struct str s)
{
	int hi, lo;

	if (s.len < 3)
		return false;
	hi = hex_digit(s.p[1]);
	lo = hex_digit(s.p[2]);
	if (hi < 0 || lo < 0)
		return false;
	buf_char(text, (char)(hi << 4 | lo));
	return true;
}

static bool read_name(struct buf *text, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '%') {
			if (!read_escape(text, str_skip(s, i)))
				return false;
			i += 2;
		} else if (c == '-' && i + 1 < s.len && is_lower(s.p[i + 1])) {
			buf_char(text, to_upper(s.p[++i]));
		} else if (i == 0 && is_lower(c)) {
			buf_char(text, to_upper(c));
		} else {
			buf_char(text, c);
		}
	}
	return s.len > 0;
}

bool unmap_arg(struct buf *text, struct str level, const struct words *words)
{
	size_t word = find_word(words->kebab, words->n, level);

	if (word != SIZE_MAX) {
		buf_str(text, words->camel[word]);
		return true;
	}
	for (size_t i = 0; i < level.len; i++) {
		if (level.p[i] != '%') {
			buf_char(text, level.p[i]);
			continue;
		}
		if (!read_escape(text, str_skip(level, i)))
			return false;
		i += 2;
	}
	return true;
}

static bool read_name_level(struct buf *text, struct str level)
{
	struct str name;
	bool first = true;

	while (str_split(&level, '.', &name)) {
		if (!first)
			buf_char(text, '.');
		first = false;
		if (!read_name(text, name))
			return false;
	}
	return true;
}

bool unmap_levels(struct buf *text, struct str levels, const struct words *words)
{
	struct str level;
	bool is_name = true, first = true;

	while (str_split(&levels, '/', &level)) {
		if (is_name && !first)
			buf_char(text, '.');
		if (is_name && !read_name_level(text, level))
			return false;
		if (!is_name) {
			buf_char(text, '(');
			if (!unmap_arg(text, level, words))
				return false;
			buf_char(text, ')');
		}
		first = false;
		is_name = !is_name;
	}
	return !text->failed;
}

/* --- the mapping file --- */

#define MAX_LEVELS 16
#define FALLBACK STR("%/") /* the first level of a path whose own name another path has taken */
#define CREW STR("crew/")

/* What some paths are called: the topic of a rule, or that of a root, behind which everything below the path follows. */
struct name {
	struct pattern path; /* its `*` are whole arguments */
	char *topic;         /* levels: a literal, {1}.. for the path's `*`, or as the last one {rest} */
	struct str levels[MAX_LEVELS];
	int captures[MAX_LEVELS]; /* of each level, see capture_of() */
	size_t n_levels;
	bool below; /* it is a root's */
};

struct unmap {
	const struct schema *schema;
	struct words words;
	struct str *camel, *kebab; /* what `words` views */
	struct name *names;        /* in the order in which they claim topics */
	size_t n_names;
};

static size_t count_children(const struct json *list)
{
	size_t n = 0;

	for (const struct json *v = list ? list->child : NULL; v; v = v->next)
		n++;
	return n;
}

/* As the schema has it: nothing behind a NUL. */
static struct str text_of(const struct json *v)
{
	if (!v || v->type != JSON_STRING)
		return (struct str){ NULL, 0 };
	return v->text.len ? (struct str){ v->text.p, strnlen(v->text.p, v->text.len) } : STR("");
}

static bool read_words(struct unmap *u, const struct json *list)
{
	size_t n = count_children(list);

	u->camel = calloc(n + 1, sizeof(*u->camel));
	u->kebab = calloc(n + 1, sizeof(*u->kebab));
	if (!u->camel || !u->kebab)
		return false;
	u->words = (struct words){ u->camel, u->kebab, 0 };
	for (const struct json *v = list ? list->child : NULL; v; v = v->next) {
		struct buf kebab = { 0 };
		size_t i = u->words.n++;

		naming_write_name(&kebab, text_of(v));
		u->camel[i] = str_of(str_dup(text_of(v)));
		u->kebab[i] = buf_view(&kebab);
		if (!u->camel[i].p || kebab.failed)
			return false;
	}
	return true;
}

/* The number of a `{n}`; -1 for `{rest}`, 0 for a literal. */
static int capture_of(struct str level)
{
	int64_t n;

	if (str_is(level, "{rest}"))
		return -1;
	if (level.len < 3 || level.p[0] != '{')
		return 0;
	return str_to_int((struct str){ level.p + 1, level.len - 2 }, &n) ? (int)n : 0;
}

static bool split_topic(struct name *n)
{
	struct str rest = str_of(n->topic);

	while (n->n_levels < MAX_LEVELS && str_split(&rest, '/', &n->levels[n->n_levels])) {
		n->captures[n->n_levels] = capture_of(n->levels[n->n_levels]);
		n->n_levels++;
	}
	return n->n_levels > 0;
}

static bool add_name(struct unmap *u, struct str path, struct str topic, bool below)
{
	struct name *n = &u->names[u->n_names];
	struct buf text = { 0 };
	struct complaint why;

	if (path.len && pattern_parse(path, &n->path, &why))
		return false;
	u->n_names++;
	n->below = below;
	buf_str(&text, topic);
	if (below)
		buf_puts(&text, topic.len ? "/{rest}" : "{rest}");
	n->topic = text.p;
	return !text.failed && text.p && split_topic(n);
}

/* Whatever no root takes is called by its whole path. */
static bool read_names(struct unmap *u, const struct json *root)
{
	const struct json *rules = json_get(root, "rules"), *roots = json_get(root, "roots");

	u->names = calloc(count_children(rules) + count_children(roots) + 1, sizeof(*u->names));
	if (!u->names)
		return false;
	for (const struct json *v = rules ? rules->child : NULL; v; v = v->next) {
		struct str topic = text_of(json_get(v, "topic"));

		if (topic.p && !add_name(u, text_of(json_get(v, "paths")->child), topic, false))
			return false;
	}
	for (const struct json *v = roots ? roots->child : NULL; v; v = v->next)
		if (!add_name(u, text_of(json_get(v, "path")), text_of(json_get(v, "topic")), true))
			return false;
	return add_name(u, STR(""), STR(""), true);
}

/* Those that begin with a literal claim their topics before the others. */
static bool order_names(struct unmap *u)
{
	struct name *sorted = calloc(u->n_names, sizeof(*sorted));
	size_t n = 0;

	if (!sorted)
		return false;
	for (int literal = 1; literal >= 0; literal--)
		for (size_t i = 0; i < u->n_names; i++)
			if ((u->names[i].captures[0] == 0) == literal)
				sorted[n++] = u->names[i];
	free(u->names);
	u->names = sorted;
	return true;
}

struct unmap *unmap_new(struct str text, const struct schema *s)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct unmap *u = calloc(1, sizeof(*u));
	struct complaint why;

	if (!u)
		return NULL;
	u->schema = s;
	if (json_parse(&doc, text, &why) == 0 && read_words(u, json_get(doc.root, "words")) && read_names(u, doc.root) &&
	    order_names(u))
		return u;
	unmap_free(u);
	return NULL;
}

void unmap_free(struct unmap *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->words.n; i++) {
		free((void *)(uintptr_t)u->camel[i].p);
		free((void *)(uintptr_t)u->kebab[i].p);
	}
	for (size_t i = 0; i < u->n_names; i++) {
		pattern_free(&u->names[i].path);
		free(u->names[i].topic);
	}
	free(u->camel);
	free(u->kebab);
	free(u->names);
	free(u);
}

/* --- topics --- */

/* The levels of a topic by what the name's topic has in their place. */
struct captures {
	struct str arg[MAX_LEVELS + 1];
	struct str rest;
};

/* Has the topic the shape of this name? */
static bool has_shape(const struct name *n, struct str topic, struct captures *out)
{
	for (size_t i = 0; i < n->n_levels; i++) {
		struct str level;

		if (n->captures[i] < 0) {
			out->rest = topic;
			return topic.p != NULL;
		}
		if (!str_split(&topic, '/', &level) || (n->captures[i] == 0 && !str_eq(level, n->levels[i])))
			return false;
		out->arg[n->captures[i]] = level;
	}
	return topic.p == NULL;
}

static bool write_step(const struct unmap *u, const struct pattern_step *step, struct str arg, struct buf *out)
{
	buf_str(out, step->name);
	if (!step->has_arg)
		return true;
	buf_char(out, '(');
	if (!step->arg_glob)
		buf_str(out, step->arg);
	else if (!unmap_arg(out, arg, &u->words))
		return false;
	buf_char(out, ')');
	return true;
}

static bool write_path(const struct unmap *u, const struct name *n, const struct captures *c, struct buf *out)
{
	int capture = 0;

	for (size_t i = 0; i < n->path.n; i++) {
		const struct pattern_step *step = &n->path.steps[i];

		if (i)
			buf_char(out, '.');
		capture += step->arg_glob;
		if (!write_step(u, step, c->arg[capture], out))
			return false;
	}
	if (!n->below)
		return true;
	if (n->path.n)
		buf_char(out, '.');
	return unmap_levels(out, c->rest, &u->words);
}

/* The first name of the topic's shape is whose it is. */
static bool read_topic(const struct unmap *u, struct str topic, struct buf *path)
{
	if (str_starts(topic, FALLBACK))
		return unmap_levels(path, str_skip(topic, FALLBACK.len), &u->words);
	for (size_t i = 0; i < u->n_names; i++) {
		struct captures c;

		if (has_shape(&u->names[i], topic, &c))
			return write_path(u, &u->names[i], &c, path);
	}
	return false;
}

/* Mapped forth again, does the path give the topic? */
static bool maps_to(const struct unmap *u, struct str text, struct str topic)
{
	BUF_CLEANUP struct buf again = { 0 };
	struct mapping m;
	struct path path;

	return path_parse(text, &path) == PATH_OK && schema_map(u->schema, &path, &again, &m) == MAP_OK &&
	       str_eq(buf_view(&again), topic);
}

bool unmap_topic(const struct unmap *u, struct str topic, struct buf *path)
{
	size_t start = path->len;
	struct str body = str_starts(topic, CREW) ? str_skip(topic, CREW.len) : topic;

	if (read_topic(u, body, path) && maps_to(u, str_skip(buf_view(path), start), topic))
		return true;
	buf_cut(path, start);
	return false;
}
