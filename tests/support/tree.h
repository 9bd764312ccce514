/* tree - bytes by name: topic -> payload as a broker keeps them, or scoreboard path -> JSON value as a scoreboard does.
 * Names and values may hold any byte. A zeroed struct is an empty tree. */
#ifndef SUPPORT_TREE_H
#define SUPPORT_TREE_H

#include "base/str.h"

#include <uthash.h>

struct tree_leaf {
	struct str name, value; /* owned; both NUL-terminated behind their length */
	UT_hash_handle hh;
};

struct tree {
	struct tree_leaf *leaves; /* iterate with tree_each() */
};

#define TREE_CLEANUP __attribute__((cleanup(tree_free)))

#define tree_each(tree, leaf) \
	for (const struct tree_leaf *leaf = (tree)->leaves; leaf; leaf = (const struct tree_leaf *)leaf->hh.next)

void tree_free(struct tree *t); /* empties it */
size_t tree_count(const struct tree *t);

void tree_set(struct tree *t, struct str name, struct str value);
bool tree_remove(struct tree *t, struct str name);          /* false when it was not there */
struct str tree_get(const struct tree *t, struct str name); /* .p is NULL when there is none */
void tree_copy(struct tree *to, const struct tree *from);   /* adds and replaces */
void tree_sort(struct tree *t);                             /* iteration in byte order of the names */

/* Applies the members of a flat JSON object: null removes, anything else is kept as it stands. */
bool tree_apply(struct tree *t, struct str object);

/* How many names are missing, are extra, or have another value. Values are compared as JSON (as bytes where one is not JSON).
 * Up to max_lines of the names are printed. */
size_t tree_diff(const struct tree *expected, const struct tree *got, size_t max_lines);

#endif
