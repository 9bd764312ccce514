#include "tests/support/recording.h"

#include "tests/support/board.h"
#include "tests/support/json.h"
#include "tests/support/place.h"

#include <stdlib.h>

static void take_line(struct recording *r, struct str line)
{
	struct str frame = json_get(line, "frame"), t = json_get(line, "t");
	struct str state = frame.p ? json_get(frame, "state") : frame;

	if (!state.p || !str_to_int(t, &r->at_ms[r->n_frames]))
		return;
	r->frames[r->n_frames++] = frame;
}

void recording_load(struct recording *r, const char *path)
{
	struct str rest, line;
	size_t n_lines = 1;

	*r = (struct recording){ 0 };
	if (!place_read(path, &r->text))
		fatal("cannot read the recording %s", path);
	for (size_t i = 0; i < r->text.len; i++)
		n_lines += r->text.p[i] == '\n';
	r->frames = calloc(n_lines, sizeof(*r->frames));
	r->at_ms = calloc(n_lines, sizeof(*r->at_ms));
	if (!r->frames || !r->at_ms)
		fatal("out of memory");
	rest = buf_view(&r->text);
	while (str_split(&rest, '\n', &line))
		take_line(r, line);
	if (!r->n_frames)
		fatal("no frame in %s", path);
}

void recording_free(struct recording *r)
{
	buf_free(&r->text);
	free(r->frames);
	free(r->at_ms);
	*r = (struct recording){ 0 };
}

const char *recording_path(void)
{
	const char *shared = place_shared("crg/game-a.jsonl");

	return shared ? shared : place_source("tests/fixtures/game.jsonl");
}

void recording_play(const struct recording *r, size_t from, size_t to, struct board *b)
{
	for (size_t i = from; i < to && i < r->n_frames; i++)
		board_frame(b, r->frames[i]);
}

static bool take_key(void *data, struct str path, struct str value)
{
	if (str_starts(path, STR("WS.")))
		return true;
	if (str_is(value, "null"))
		tree_remove(data, path);
	else
		tree_set(data, path, value);
	return true;
}

void recording_fold(const struct recording *r, size_t from, size_t to, struct tree *state)
{
	for (size_t i = from; i < to && i < r->n_frames; i++)
		if (!json_members(json_get(r->frames[i], "state"), take_key, state))
			fatal("frame %zu of the recording is not JSON", i);
}
