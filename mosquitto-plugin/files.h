/* files - whole files, for the plugin's shell. */
#ifndef PLUGIN_FILES_H
#define PLUGIN_FILES_H

#include "base/buf.h"
#include "base/complaint.h"

/* Both return 0; or 1 with a complaint that does not name the file, which the caller knows. */

/* Appends the file. Refuses what is longer than max, and what is no regular file: a pipe would block the broker. */
int file_read(const char *path, size_t max, struct buf *out, struct complaint *why) __attribute__((warn_unused_result));
/* Replaces the file by rename, so that a reader sees the old or the new one. Everybody may read it (mode 0644), whatever the umask. */
int file_replace(const char *path, struct str bytes, struct complaint *why) __attribute__((warn_unused_result));

#endif
