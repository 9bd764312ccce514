/* map_command - `scoreboard-publisher --map`: shows what the schema's rules make of paths. */
#ifndef PUBLISHER_MAP_COMMAND_H
#define PUBLISHER_MAP_COMMAND_H

#include "publisher/core/names/schema.h"

#include <stdio.h>

/* Reads a path from each line of `in` and writes to `out` a line path<TAB>topic<TAB>class<TAB>visibility<TAB>list. The topic is "-"
 * for a path that has none, and "refused: WHY" for one that has none because it is no path or too long; the columns behind it are
 * "-" when it is no path. Empty lines are skipped. Returns 0, or 1 when writing failed. */
int map_command(const struct schema *schema, const char *prefix, FILE *in, FILE *out) __attribute__((warn_unused_result));

#endif
