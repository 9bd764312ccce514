/* recording - a game as a recorder saved it: JSON lines {"t":ms,"event":...} and {"t":ms,"frame":{...}}. It shares no code
 * with the publisher's own reader. */
#ifndef SUPPORT_RECORDING_H
#define SUPPORT_RECORDING_H

#include "base/buf.h"
#include "tests/support/tree.h"

struct recording {
	struct buf text;
	struct str *frames; /* the {"state":{...}} ones, in order; views into text */
	int64_t *at_ms;     /* of each frame */
	size_t n_frames;
};

/* Fatal when the file cannot be read or holds no frame. */
void recording_load(struct recording *r, const char *path);
void recording_free(struct recording *r);

/* The recording to test with: the long one where this machine has it, else the fixture. */
const char *recording_path(void);

/* The board says the frames from..to-1, or as many of them as there are. */
struct board;
void recording_play(const struct recording *r, size_t from, size_t to, struct board *b);

/* Applies the frames from..to-1, the recorder's own WS.* keys left out. */
void recording_fold(const struct recording *r, size_t from, size_t to, struct tree *state);

#endif
