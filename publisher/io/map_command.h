/* map_command - `scoreboard-publisher --map`: what the rules make of paths. */
#ifndef PUBLISHER_MAP_COMMAND_H
#define PUBLISHER_MAP_COMMAND_H

#include "publisher/core/schema.h"

#include <stdio.h>

/* For each line of `in` a line path<TAB>topic<TAB>class<TAB>visibility<TAB>list. A path without topic has "-" there;
 * one that is refused has "-" everywhere but "refused: why" as its topic. Returns 0, or 1 when writing failed. */
int map_command(const struct schema *schema, const char *prefix, FILE *in, FILE *out);

#endif
