/* ask - what a browser asks of the history: which answer, of which game, at which moment. Reads the path and the query of a request, whoever
 * has sent it; knows no file and no connection.
 *
 *   /<prefix>/games.json?before=MS             the games, the newest first
 *   /<prefix>/games/<id>.json                  one game
 *   /<prefix>/games/<id>.csv                   its chapters
 *   /<prefix>/games/<id>/at.json?t=MS          the view at a moment
 *   /<prefix>/games/<id>/deltas.ndjson?after=N the event log behind the event N
 */
#ifndef PUBLISHER_ASK_H
#define PUBLISHER_ASK_H

#include "publisher/core/history/story.h"

enum ask_kind {
	ASK_GAMES,
	ASK_GAME,
	ASK_CSV,
	ASK_AT,
	ASK_DELTAS,
};

struct ask {
	enum ask_kind kind;
	char game[STORY_ID_SIZE]; /* "" for ASK_GAMES */
	int64_t number;           /* `before`, `t` or `after`; where the query has none: INT64_MAX, and for `after` 0 */
};

enum ask_result {
	ASK_GOOD = 0,
	ASK_OTHER = 1, /* the path is not the history's */
	ASK_BAD = 2,   /* the path is, but its number is none */
};

/* `path` is decoded, `query` as it came. *out is set on ASK_GOOD only. */
enum ask_result ask_read(struct str path, struct str query, const char *prefix, struct ask *out) __attribute__((warn_unused_result));

#endif
