#include "tests/support/tree.h"

#include "tests/support/json.h"
#include "tests/support/place.h"

#include <stdio.h>
#include <stdlib.h>

static struct str own(struct str s)
{
	char *copy = str_dup(s);

	if (!copy)
		fatal("out of memory");
	return (struct str){ copy, s.len };
}

static void disown(struct str s)
{
	free((char *)(uintptr_t)s.p);
}

static struct tree_leaf *find(const struct tree *t, struct str name)
{
	struct tree_leaf *leaf;

	HASH_FIND(hh, t->leaves, name.p, (unsigned int)name.len, leaf);
	return leaf;
}

static void leaf_delete(struct tree *t, struct tree_leaf *leaf)
{
	HASH_DELETE(hh, t->leaves, leaf);
	disown(leaf->name);
	disown(leaf->value);
	free(leaf);
}

void tree_free(struct tree *t)
{
	while (t->leaves)
		leaf_delete(t, t->leaves);
}

size_t tree_count(const struct tree *t)
{
	return HASH_COUNT(t->leaves);
}

void tree_set(struct tree *t, struct str name, struct str value)
{
	struct tree_leaf *leaf = find(t, name);
	struct str copy = own(value);

	if (leaf) {
		disown(leaf->value);
		leaf->value = copy;
		return;
	}
	leaf = calloc(1, sizeof(*leaf));
	if (!leaf)
		fatal("out of memory");
	leaf->name = own(name);
	leaf->value = copy;
	HASH_ADD_KEYPTR(hh, t->leaves, leaf->name.p, (unsigned int)leaf->name.len, leaf);
}

bool tree_remove(struct tree *t, struct str name)
{
	struct tree_leaf *leaf = find(t, name);

	if (leaf)
		leaf_delete(t, leaf);
	return leaf != NULL;
}

struct str tree_get(const struct tree *t, struct str name)
{
	const struct tree_leaf *leaf = find(t, name);

	return leaf ? leaf->value : (struct str){ NULL, 0 };
}

void tree_copy(struct tree *to, const struct tree *from)
{
	tree_each(from, leaf)
		tree_set(to, leaf->name, leaf->value);
}

static int by_name(const struct tree_leaf *a, const struct tree_leaf *b)
{
	size_t n = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = memcmp(a->name.p, b->name.p, n);

	return order ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

void tree_sort(struct tree *t)
{
	HASH_SORT(t->leaves, by_name);
}

static bool apply_member(void *data, struct str name, struct str value)
{
	if (str_is(value, "null"))
		tree_remove(data, name);
	else
		tree_set(data, name, value);
	return true;
}

bool tree_apply(struct tree *t, struct str object)
{
	return json_members(object, apply_member, t);
}

static void print_difference(const char *what, struct str name, struct str expected, struct str got)
{
	printf("\n    %s %.*s", what, (int)(name.len > 200 ? 200 : name.len), name.p);
	if (expected.p)
		printf("\n        expected %.*s", (int)(expected.len > 200 ? 200 : expected.len), expected.p);
	if (got.p)
		printf("\n        got      %.*s", (int)(got.len > 200 ? 200 : got.len), got.p);
}

size_t tree_diff(const struct tree *expected, const struct tree *got, size_t max_lines)
{
	const struct str none = { NULL, 0 };
	size_t n = 0;

	tree_each(expected, leaf) {
		struct str value = tree_get(got, leaf->name);

		if (value.p && (str_eq(value, leaf->value) || json_equal(value, leaf->value)))
			continue;
		if (n++ < max_lines)
			print_difference(value.p ? "differs:" : "missing:", leaf->name, leaf->value, value);
	}
	tree_each(got, leaf)
		if (!tree_get(expected, leaf->name).p && n++ < max_lines)
			print_difference("extra:  ", leaf->name, none, leaf->value);
	if (n && max_lines)
		printf("\n    %zu differences; expected %zu topics, got %zu\n", n, tree_count(expected), tree_count(got));
	return n;
}
