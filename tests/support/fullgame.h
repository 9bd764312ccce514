/* fullgame - the state of a whole game, 18,000 keys and 1.8 MB under ScoreBoard.CurrentGame: what a recording holds
 * at its richest moment, and one jam of the past (jam.json) again and again, as a long game would have them. */
#ifndef SUPPORT_FULLGAME_H
#define SUPPORT_FULLGAME_H

#include "base/buf.h"
#include "tests/support/recording.h"
#include "tests/support/tree.h"

#define FULLGAME_KEYS 18000

/* Grows the state to n_keys. */
void fullgame_state(const struct recording *r, size_t n_keys, struct tree *state);

/* The frame that begins another game after this one: the history is null, some of the rest is new. Returns how many
 * keys it removes. */
size_t fullgame_new_game(const struct tree *state, struct buf *frame);

#endif
