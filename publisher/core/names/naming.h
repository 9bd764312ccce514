/* naming - writes steps of a path as levels of a topic, so that no two paths are written alike. Knows no rules and no prefix.
 *
 *   Team(1).Score            team/1/score            Name(arg) is two levels: a name level, an argument level
 *   Clock(Jam).Running       clock/jam/running       an argument that is one of the schema's words is a name, too
 *   Settings.Setting(x)      settings.setting/x      names without argument share one level, joined by `.`
 *   PenaltyBox               penalty-box             CamelCase to kebab-case
 *   EventInfo(a/b)           event-info/a%2Fb        percent-escapes (RFC 3986) for what a level cannot hold
 *
 * Levels of names and levels of arguments take turns. So a level's place tells which it is, and two paths never get one topic. */
#ifndef PUBLISHER_NAMING_H
#define PUBLISHER_NAMING_H

#include "publisher/core/names/path.h"

/* The schema's words: arguments that are written as if they were names, "Jam" as "jam". They view what the schema owns. */
struct words {
	const struct str *camel; /* as paths have them */
	const struct str *kebab; /* as topics have them, in the same order */
	size_t n;
};

/* All functions append to `out`. When there is no memory, out->failed is set. */
void naming_write_name(struct buf *out, struct str name);
void naming_write_arg(struct buf *out, struct str arg, const struct words *words);
/* Writes the levels of n steps of a path, with `/` between them but none in front. */
void naming_write(struct buf *out, const struct path_step *steps, size_t n, const struct words *words);

#endif
