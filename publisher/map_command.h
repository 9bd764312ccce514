/* map_command - `scoreboard-publisher --map`: shows what the schema's rules make of paths. */
#ifndef PUBLISHER_MAP_COMMAND_H
#define PUBLISHER_MAP_COMMAND_H

#include "publisher/core/names/schema.h"

#include <stdio.h>

/* Reads a path from each line of `in`, and writes for it a line path<TAB>topic<TAB>class<TAB>visibility<TAB>list to `out`. For a path
 * that the schema drops the topic is "-"; for one whose topic would be too long it is "refused: topic too long". For a text that is no
 * path it is "refused: WHY", and the three columns behind it are "-". Empty lines are skipped. Returns 0, or 1 when writing failed. */
int map_command(const struct schema *schema, const char *prefix, FILE *in, FILE *out) __attribute__((warn_unused_result));

#endif
