/* fixture - what several unit tests start from: files of the tree, recordings, random bytes that are the same in every
 * run. libc and base only. */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include "base/buf.h"

/* The bytes of a file below the source directory (the tests' working directory). False: it can't be read. */
bool fixture_read(const char *path, struct buf *out);

/* The recordings of this machine: tests/fixtures/game.jsonl, and game-a.jsonl of the shared folder beside the tree, or of
 * SB_SHARED, where there is one. The i-th path, or NULL behind the last. */
const char *fixture_recording(size_t i);

/* Every frame of a recording, in order, with its time. Returns how many there were. */
size_t fixture_frames(const char *recording, void (*fn)(void *arg, struct str frame, int64_t at_ms), void *arg);

/* xorshift64*: same seed, same numbers. */
struct rng {
	uint64_t state;
};

uint32_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n); /* 0..n-1; n > 0 */
bool rng_chance(struct rng *r, uint32_t percent);

#endif
