/* http_file - a page of web-dir, read piece by piece. No descriptor is held between two pieces: however many clients are slow,
 * they cost no files. */
#ifndef PUBLISHER_HTTP_FILE_H
#define PUBLISHER_HTTP_FILE_H

#include "base/buf.h"

#include <sys/stat.h>

/* The type of a page, which a browser shows and may put into a frame. */
#define HTTP_FILE_HTML "text/html; charset=utf-8"

struct http_file {
	char *name;
	const char *type;
	struct stat stat; /* as it was at the beginning */
	off_t done;       /* bytes that were read */
};

/* False when there is no such page: names that leave the folder, hide (".env"), or have no type of ours are none. */
bool http_file_open(struct http_file *f, const char *dir, const char *path);
/* Appends the next piece, at most max bytes. False: it can't be read any more, or is another file by now. */
bool http_file_read(struct http_file *f, struct buf *out, size_t max);
void http_file_close(struct http_file *f); /* a zeroed one is fine */

static inline bool http_file_is_done(const struct http_file *f)
{
	return !f->name || f->done >= f->stat.st_size;
}

#endif
