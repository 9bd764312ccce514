/* http_file - a file of web-dir, read piece by piece. It is opened anew for each piece and closed after it, so that slow clients,
 * however many, hold no open files.
 *
 * Nothing is compressed here: the build of the pages (web/scripts/build.mjs) puts NAME.gz beside NAME, and that is what clients get who
 * take gzip. */
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
	bool gzip;        /* what is read is compressed */
};

/* `path` is that of a request, and begins with '/'; one that ends with '/' stands for the index.html there. With `gzip` the compressed
 * file is taken where there is one, unless the file has been changed since that was made. False when the file can't be read, when the
 * path leaves `dir` or names something hidden (".env"), or when the file's type is not one that we know. */
bool http_file_open(struct http_file *f, const char *dir, const char *path, bool gzip) __attribute__((warn_unused_result));
/* The entity tag of an open file, with its quotes: another one when its bytes may be others. */
void http_file_etag(const struct http_file *f, char *etag, size_t size);
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
