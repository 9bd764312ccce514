/* naming - steps of a path as levels of a topic, one to one. Knows no rules and no prefix.
 *
 *   Team(1).Score            team/1/score            Name(arg) is two levels: a name level, an argument level
 *   Clock(Jam).Running       clock/jam/running       an argument that is one of the schema's words is a name, too
 *   Settings.Setting(x)      settings.setting/x      names without argument share one level, joined by `.`
 *   PenaltyBox               penalty-box             CamelCase to kebab-case
 *   EventInfo(a/b)           event-info/a%2Fb        percent-escapes (RFC 3986) for what a level cannot hold
 *
 * Name levels and argument levels take turns, so two paths never meet in one topic. */
#ifndef PUBLISHER_NAMING_H
#define PUBLISHER_NAMING_H

#include "publisher/core/names/path.h"

/* Arguments that are written as names are: "Jam" as "jam". Views of what the schema owns. */
struct words {
	const struct str *camel; /* as paths have them */
	const struct str *kebab; /* as topics have them, in the same order */
	size_t n;
};

/* All append to `out`, and do nothing else: no memory is told by out->failed. */
void naming_write_name(struct buf *out, struct str name);
void naming_write_arg(struct buf *out, struct str arg, const struct words *words);
/* The levels of n steps of a path. */
void naming_write(struct buf *out, const struct path_step *steps, size_t n, const struct words *words);

#endif
