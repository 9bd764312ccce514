#include "tests/unit/fixture.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool fixture_read(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	char chunk[65536];
	size_t n;

	if (!f)
		return false;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	fclose(f);
	return !out->failed;
}

static const char *shared_recording(void)
{
	static char path[4096];
	const char *shared = getenv("SB_SHARED");

	snprintf(path, sizeof(path), "%s/crg/game-a.jsonl", shared ? shared : "../shared");
	return access(path, R_OK) == 0 ? path : NULL;
}

const char *fixture_recording(size_t i)
{
	return i == 0 ? "tests/fixtures/game.jsonl" : (i == 1 ? shared_recording() : NULL);
}

size_t fixture_frames(const char *recording, void (*fn)(void *arg, struct str frame, int64_t at_ms), void *arg)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct str rest, line, frame, at;
	int64_t at_ms = 0, t;
	size_t n = 0;

	if (!fixture_read(recording, &text))
		return 0;
	rest = buf_view(&text);
	while (str_split(&rest, '\n', &line)) {
		if (!json_member(line, "frame", &frame))
			continue;
		if (json_member(line, "t", &at) && str_to_int(at, &t))
			at_ms = t;
		fn(arg, frame, at_ms);
		n++;
	}
	return n;
}

uint32_t rng_next(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)((r->state * 2685821657736338717u) >> 32);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((uint64_t)rng_next(r) * n >> 32);
}

bool rng_chance(struct rng *r, uint32_t percent)
{
	return rng_below(r, 100) < percent;
}
