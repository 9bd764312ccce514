#include "tests/support/fullgame.h"

#include "tests/support/place.h"

#include <stdio.h>

#define GAME "ScoreBoard.CurrentGame."

static bool is_history(struct str path)
{
	return str_starts(path, STR(GAME "Period(")) || str_starts(path, STR(GAME "Jam("));
}

/* The state at that moment of the recording at which the current game has the most keys. */
static void richest_moment(const struct recording *r, struct tree *out)
{
	TREE_CLEANUP struct tree at = { NULL };
	size_t best = 0;

	for (size_t i = 0; i < r->n_frames; i++) {
		recording_fold(r, i, i + 1, &at);
		if (i % 20 && i + 1 < r->n_frames)
			continue;
		if (tree_count(&at) > best) {
			best = tree_count(&at);
			tree_free(out);
			tree_copy(out, &at);
		}
	}
}

static void add_jam(struct tree *state, const struct tree *shapes, unsigned int n, size_t n_keys)
{
	char path[2000];

	tree_each(shapes, leaf) {
		int len = snprintf(path, sizeof(path), GAME "Period(%u).Jam(%u)%.*s", n % 2 + 1, 100 + n / 2,
				   STR_ARGS(leaf->name));

		if (tree_count(state) >= n_keys)
			return;
		tree_set(state, (struct str){ path, (size_t)len }, leaf->value);
	}
}

void fullgame_state(const struct recording *r, size_t n_keys, struct tree *state)
{
	TREE_CLEANUP struct tree moment = { NULL };
	TREE_CLEANUP struct tree shapes = { NULL };
	BUF_CLEANUP struct buf jam = { 0 };

	if (!place_read(place_source("tests/support/jam.json"), &jam) || !tree_apply(&shapes, buf_view(&jam)))
		fatal("tests/support/jam.json cannot be read");
	richest_moment(r, &moment);
	tree_each(&moment, leaf)
		if (str_starts(leaf->name, STR(GAME)))
			tree_set(state, leaf->name, leaf->value);
	for (unsigned int n = 0; tree_count(state) < n_keys; n++)
		add_jam(state, &shapes, n, n_keys);
}

size_t fullgame_new_game(const struct tree *state, struct buf *frame)
{
	size_t n_gone = 0;

	buf_puts(frame, "{\"state\":{\"" GAME "Game\":\"another-game\"");
	tree_each(state, leaf) {
		if (!is_history(leaf->name))
			continue;
		buf_char(frame, ',');
		buf_json(frame, leaf->name);
		buf_puts(frame, ":null");
		n_gone++;
	}
	buf_puts(frame, ",\"" GAME "Period(1).Jam(1).Number\":1,\"" GAME "Team(1).Score\":0}}");
	return n_gone;
}
