/* path - a scoreboard path, `Name[(argument)].Name[(argument)]...`, as steps that view the text. Knows no topics.
 *
 * The syntax is that of the keys which CRG sends over its WebSocket. A name holds anything but `.` `(` `)`. An argument holds anything but
 * `)`: it may hold dots, slashes, NUL and any UTF-8. */
#ifndef PUBLISHER_PATH_H
#define PUBLISHER_PATH_H

#include "base/buf.h"

#define PATH_MAX_STEPS 32

struct path_step {
	struct str name;
	struct str arg; /* meaningful only with has_arg; may be empty */
	bool has_arg;
};

struct path {
	size_t n; /* from 1 to PATH_MAX_STEPS after a successful parse */
	struct path_step steps[PATH_MAX_STEPS];
};

enum path_result {
	PATH_OK = 0,
	PATH_BAD_UTF8 = 1,
	PATH_BAD_SYNTAX = 2, /* an empty name, a parenthesis left open, something between `)` and `.` */
	PATH_TOO_DEEP = 3,   /* more than PATH_MAX_STEPS */
};

/* *out views text and is valid as long as text is. On failure *out is undefined. */
enum path_result path_parse(struct str text, struct path *out) __attribute__((warn_unused_result));

/* Appends the text of the steps. It is the text that they were parsed from. */
void path_write(struct buf *out, const struct path *path);

#endif
