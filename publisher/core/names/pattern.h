/* pattern - tells which paths a rule of the schema means, or an entry of its register lists. Knows no topics and no values.
 *
 *   ScoreBoard.CurrentGame.Team(*).Score     any argument
 *   ScoreBoard.Settings.Setting(View_*)      an argument with a `*` anywhere in it
 *   **.*Secret                               any depth; `*` anywhere in a name
 *   ScoreBoard.Clients.**                    everything below, and ScoreBoard.Clients itself
 *
 * A step without parentheses means a step without an argument. Only in a register entry it may mean more: see pattern_covers(). */
#ifndef PUBLISHER_PATTERN_H
#define PUBLISHER_PATTERN_H

#include "base/complaint.h"
#include "publisher/core/names/path.h"

struct pattern_step {
	struct str name, arg;
	bool deep; /* it is `**`, which stands for any number of steps */
	bool has_arg;
	bool name_glob; /* name holds a `*` */
	bool arg_glob;
};

struct pattern {
	char *text; /* owned; the steps view it */
	size_t n;
	struct pattern_step steps[PATH_MAX_STEPS];
};

enum pattern_result {
	PATTERN_OK = 0,
	PATTERN_BAD = 1, /* the text is no pattern */
	PATTERN_NO_MEMORY = 2,
};

/* The text is copied. After any answer but PATTERN_OK `why` is filled, and there is nothing to free in *out. */
enum pattern_result pattern_parse(struct str text, struct pattern *out, struct complaint *why) __attribute__((warn_unused_result));
void pattern_free(struct pattern *p); /* twice is fine */

/* Does the pattern mean this path? It has to fit all of it, not only its beginning. */
bool pattern_matches(const struct pattern *p, const struct path *path);

/* Does a CRG scoreboard send this path when the pattern is an entry of a Register message? The scoreboard takes an entry as the
 * beginning of paths, and compares whole steps. There, a last step without argument also means the same step with any argument; and an
 * argument that holds a `*` means any argument, whatever else is in it. */
bool pattern_covers(const struct pattern *p, const struct path *path);

#endif
