/* http_file - a file of web-dir, read piece by piece. It is opened anew for each piece and closed after it, so that slow clients,
 * however many, hold no open files. */
#ifndef PUBLISHER_HTTP_FILE_H
#define PUBLISHER_HTTP_FILE_H

#include "base/buf.h"

#include <sys/stat.h>

/* The MIME type of a page, which another site may show in a frame. */
#define HTTP_FILE_HTML "text/html; charset=utf-8"

struct http_file {
	char *name;       /* path and name; owned; NULL: not open */
	const char *type; /* MIME type; static */
	struct stat stat; /* as it was when the file was opened */
	off_t done;       /* how many bytes have been read */
};

/* `path` is that of a request, and begins with '/'; one that ends with '/' stands for the index.html there. False when the file can't be
 * read, when the path leaves `dir` or names something hidden (".env"), or when the file's type is not one that we know. */
bool http_file_open(struct http_file *f, const char *dir, const char *path) __attribute__((warn_unused_result));
/* Appends the next piece, at most max bytes. False: there is no memory, or the file can't be read any more, or has changed since it
 * was opened. */
bool http_file_read(struct http_file *f, struct buf *out, size_t max) __attribute__((warn_unused_result));
void http_file_close(struct http_file *f); /* a zeroed one is fine */

/* Has all of it been read? Also true of a file that is not open. */
static inline bool http_file_is_done(const struct http_file *f)
{
	return !f->name || f->done >= f->stat.st_size;
}

#endif
