/* deflater - raw DEFLATE (RFC 1951) of one text after another, by one of zlib's streams, and never at a price that a text can set.
 *
 *   struct deflater d;
 *   if (deflater_init(&d)) ...
 *   deflater_write(&d, &(struct deflation){ .text = text, .dictionary = dictionary, .end = DEFLATER_ENDS }, &out); */
#ifndef PUBLISHER_DEFLATER_H
#define PUBLISHER_DEFLATER_H

#include "base/buf.h"

#include <zlib.h>

struct deflater {
	z_stream z; /* some 400 kB */
};

enum deflater_end {
	DEFLATER_ENDS = Z_FINISH,        /* the text is all that the DEFLATE stream holds */
	DEFLATER_GOES_ON = Z_SYNC_FLUSH, /* blocks of a stream that others follow: all of the text, up to a whole byte */
};

struct deflation {
	struct str text;
	struct str dictionary; /* what the text may refer to; may be empty. Its last 32 kB count */
	enum deflater_end end;
};

/* 0, or 1: no memory. */
int deflater_init(struct deflater *d) __attribute__((warn_unused_result));
void deflater_free(struct deflater *d);

/* Appends it to `out`, which has failed when there was no memory. */
void deflater_write(struct deflater *d, const struct deflation *what, struct buf *out);

#endif
