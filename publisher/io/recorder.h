/* recorder - writes what arrives as a recording that `--source file:` plays: lines {"t":ms,"event":"connect"} and
 * {"t":ms,"frame":{...}}. A write that fails is logged once and counted; the recording ends, the publisher goes on. */
#ifndef PUBLISHER_RECORDER_H
#define PUBLISHER_RECORDER_H

#include "publisher/io/io.h"

struct recorder;

struct recorder *recorder_new(struct io *io, const char *path, struct buf *error); /* appends; NULL with a line in error */
void recorder_frame(struct recorder *r, struct str frame, mono now);
void recorder_event(struct recorder *r, const char *event, mono now); /* "connect" "disconnect" */
void recorder_free(struct recorder *r);

#endif
