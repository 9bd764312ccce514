/* recorder - writes what a source brings as a recording, which `--source file:` plays. A line for each frame and event:
 *
 *   {"t":0,"event":"connect"}
 *   {"t":103,"frame":{"state":{...}}}
 *   {"t":9120,"event":"disconnect"}
 *
 * `t` is in milliseconds since the recorder was made. When a write fails, that is logged and counted, and the recording ends there;
 * the publisher goes on. */
#ifndef PUBLISHER_RECORDER_H
#define PUBLISHER_RECORDER_H

#include "publisher/io/io.h"

struct recorder;

/* Opens the file, and appends to it when it exists. NULL with a complaint: it can't be opened. */
struct recorder *recorder_new(struct io *io, const char *path, struct complaint *why) __attribute__((warn_unused_result));
void recorder_frame(struct recorder *r, struct str frame, mono now);  /* the frame is JSON, and written as it is */
void recorder_event(struct recorder *r, const char *event, mono now); /* "connect" or "disconnect" */
void recorder_free(struct recorder *r);                               /* NULL is fine */

#endif
