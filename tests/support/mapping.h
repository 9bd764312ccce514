/* mapping - what the schema makes of scoreboard paths, as the real `scoreboard-publisher --map` says it; and the tree
 * that a broker must hold for a state. A zeroed struct is empty; what the publisher has said of a path is kept until mapping_free(). */
#ifndef SUPPORT_MAPPING_H
#define SUPPORT_MAPPING_H

#include "tests/support/tree.h"

struct mapping {
	struct tree lines;  /* path -> topic TAB class TAB visibility TAB list */
	const char *schema; /* file, or NULL for the publisher's default */
};

void mapping_free(struct mapping *m);

/* topic -> raw JSON for all of the state that is published with this register list ("live" or "full"). Asks the publisher for paths
 * that it has not been asked for yet; one with a newline cannot be asked for, and counts as not published. */
void expected_tree(struct mapping *m, const struct tree *state, const char *list, struct tree *out);

/* Takes out what is published beside the leaves (status, feed, display, presence), and anything not below the prefix. */
void leaves_only(struct tree *tree, const char *prefix);

#endif
