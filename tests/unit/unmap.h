/* unmap - the way back from topics to paths, which only tests go. A path that schema_map() gave a topic, and that comes back from
 * this topic, shares it with no other path: the way back depends on the topic alone.
 *
 * It is made from the text of the mapping file, by what schema/README.md says of it, and knows nothing of how the schema does it:
 *
 *   scoreboard/team/1/score  ->  "team/1/score" has the shape of the topic of the root ScoreBoard.CurrentGame, {rest}
 *                            ->  ScoreBoard.CurrentGame. and what the levels team/1/score are as steps: Team(1).Score
 */
#ifndef TESTS_UNIT_UNMAP_H
#define TESTS_UNIT_UNMAP_H

#include "publisher/core/names/schema.h"

struct unmap;

/* `s` is the schema of this text, and must live as long. NULL: the text can't be read, or there is no memory. */
struct unmap *unmap_new(struct str text, const struct schema *s);
void unmap_free(struct unmap *u); /* NULL is fine */

/* Appends the path that the topic, without prefix, stands for. False when it is the topic of no path; then nothing is appended. */
bool unmap_topic(const struct unmap *u, struct str topic, struct buf *path) __attribute__((warn_unused_result));

/* The parts of it. They append to *text, and are false for what naming_write_arg() or naming_write() would not have written. */
bool unmap_arg(struct buf *text, struct str level, const struct words *words) __attribute__((warn_unused_result));
bool unmap_levels(struct buf *text, struct str levels, const struct words *words) __attribute__((warn_unused_result));

#endif
