#include "tests/support/mapping.h"

#include "base/buf.h"
#include "tests/support/place.h"
#include "tests/support/proc.h"

#include <stdio.h>

/* What the publisher says of one path. A path without a topic has "-". */
struct mapped {
	struct str topic, class_name, visibility, list;
};

/* The path may hold tabs, the four columns behind it do not. */
static void take_line(struct mapping *m, struct str line)
{
	const char *tab = NULL;

	for (int column = 0; column < 4; column++) {
		size_t len = tab ? (size_t)(tab - line.p) : line.len;

		tab = len ? memrchr(line.p, '\t', len) : NULL;
		if (!tab)
			return;
	}
	tree_set(&m->lines, (struct str){ line.p, (size_t)(tab - line.p) }, str_skip(line, (size_t)(tab + 1 - line.p)));
}

static void ask(struct mapping *m, struct str paths)
{
	const char *program = publisher_program();
	BUF_CLEANUP struct buf out = { 0 };
	BUF_CLEANUP struct buf err = { 0 };
	struct str rest, line;
	int status = m->schema ? proc_run(ARGV(program, "--map", "--schema", m->schema), paths, &out, &err)
			       : proc_run(ARGV(program, "--map"), paths, &out, &err);

	if (status != 0)
		fatal("%s --map ended with %d:\n%s", program, status, err.p ? err.p : "");
	rest = buf_view(&out);
	while (str_split(&rest, '\n', &line))
		take_line(m, line);
}

/* Maps those names of the state that were not mapped yet. */
static void add(struct mapping *m, const struct tree *state)
{
	BUF_CLEANUP struct buf paths = { 0 };

	tree_each(state, leaf) {
		if (tree_get(&m->lines, leaf->name).p || memchr(leaf->name.p, '\n', leaf->name.len))
			continue;
		buf_str(&paths, leaf->name);
		buf_char(&paths, '\n');
	}
	if (paths.len)
		ask(m, buf_view(&paths));
}

void mapping_free(struct mapping *m)
{
	tree_free(&m->lines);
}

/* False for a path that was not added, or that the publisher would not take. */
static bool get(const struct mapping *m, struct str path, struct mapped *out)
{
	struct str rest = tree_get(&m->lines, path);

	if (!rest.p)
		return false;
	return str_split(&rest, '\t', &out->topic) && str_split(&rest, '\t', &out->class_name) &&
	       str_split(&rest, '\t', &out->visibility) && str_split(&rest, '\t', &out->list);
}

static bool published(const struct mapped *p, const char *list)
{
	bool listed = str_is(p->list, "live") || (strcmp(list, "full") == 0 && str_is(p->list, "full"));

	return listed && !str_is(p->topic, "-") && (str_is(p->visibility, "public") || str_is(p->visibility, "crew"));
}

void expected_tree(struct mapping *m, const struct tree *state, const char *list, struct tree *out)
{
	struct mapped p;

	add(m, state);
	tree_each(state, leaf)
		if (get(m, leaf->name, &p) && published(&p, list))
			tree_set(out, p.topic, leaf->value);
}

static bool is_leaf(struct str topic, const char *prefix)
{
	static const char *const reserved[] = { "feed/", "display/", "presence/", "show/", "crew/watching" };
	size_t n = strlen(prefix);

	if (topic.len <= n || memcmp(topic.p, prefix, n) != 0 || topic.p[n] != '/')
		return false;
	topic = str_skip(topic, n + 1);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (str_starts(topic, str_of(reserved[i])))
			return false;
	return !str_is(topic, "status") && !str_is(topic, "notice") && !str_is(topic, "about");
}

void leaves_only(struct tree *tree, const char *prefix)
{
	TREE_CLEANUP struct tree rest = { NULL };

	tree_each(tree, leaf)
		if (!is_leaf(leaf->name, prefix))
			tree_set(&rest, leaf->name, STR(""));
	tree_each(&rest, leaf)
		tree_remove(tree, leaf->name);
}
