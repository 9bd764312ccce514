/* pattern - which paths a rule or a register entry means. Knows no topics and no values.
 *
 *   ScoreBoard.CurrentGame.Team(*).Score     any argument
 *   ScoreBoard.Settings.Setting(View_*)      an argument with a `*` anywhere in it
 *   **.*Secret                               any depth; `*` anywhere in a name
 *   ScoreBoard.Clients.**                    everything below, and ScoreBoard.Clients itself
 *
 * A step without parentheses means a step without an argument, except in a register entry (below). */
#ifndef PUBLISHER_PATTERN_H
#define PUBLISHER_PATTERN_H

#include "publisher/core/path.h"

struct pattern_step {
	struct str name, arg;
	bool deep;      /* `**`: any number of steps */
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
	PATTERN_BAD = 1, /* *why says what: a static string */
	PATTERN_NO_MEMORY = -1,
};

int pattern_parse(struct str text, struct pattern *out, const char **why) __attribute__((warn_unused_result));
void pattern_free(struct pattern *p); /* twice is fine */

/* The whole path. */
bool pattern_matches(const struct pattern *p, const struct path *path);

/* As a CRG scoreboard reads a Register entry: a prefix by whole steps; a last step without argument covers those with
 * one; what stands before a `*` inside parentheses is ignored. */
bool pattern_covers(const struct pattern *p, const struct path *path);

#endif
