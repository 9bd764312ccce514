/* files - whole files, for the plugin's shell. */
#ifndef PLUGIN_FILES_H
#define PLUGIN_FILES_H

#include "base/buf.h"

/* Appends the file; NULL, or why not (a constant text). Refuses what is longer than max, and what is no regular file:
 * a pipe would block the broker. */
const char *file_read(const char *path, size_t max, struct buf *out) __attribute__((warn_unused_result));
/* Replaces the file by rename, so that a reader sees the old or the new one. NULL, or why not. */
const char *file_replace(const char *path, struct str bytes) __attribute__((warn_unused_result));

#endif
