/* buf - bytes that grow as they are appended. Errors stick: append as much as you like, and look at `failed` once at the end. What
 * does not fit is left out whole, and so is all that would follow. A zeroed struct is an empty buffer without a limit; buf_free() may be
 * called twice. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

struct buf {
	char *p; /* NUL-terminated behind len whenever not NULL */
	size_t len, cap;
	size_t max;  /* the most that len may be; 0: no limit */
	bool failed; /* there was no memory, or the limit was met: the content is incomplete */
};

#define BUF_CLEANUP __attribute__((cleanup(buf_free)))

void buf_free(struct buf *b);
void buf_clear(struct buf *b);           /* empties it and clears `failed`; keeps its memory and `max` */
void buf_cut(struct buf *b, size_t len); /* keeps its first len bytes, len <= b->len; leaves `failed` as it is */

/* All of these append. */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_str(struct buf *b, struct str s);
void buf_puts(struct buf *b, const char *z);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);

/* Appends s as a JSON string in quotes. Only what RFC 8259 demands is escaped, so UTF-8 stays readable. */
void buf_json(struct buf *b, struct str s);

/* The content as a view; valid until the next append. */
static inline struct str buf_view(const struct buf *b)
{
	return (struct str){ b->p ? b->p : "", b->len };
}

#endif
