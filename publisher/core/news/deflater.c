#include "publisher/core/news/deflater.h"

#include <stdint.h>

/* Level 8 makes the bytes of level 9 of our texts. A text made to cost much can take it 0.7 s a megabyte, and level 6 a tenth of that, for a
 * few bytes more: so long texts are deflated with 6. */
#define LEVEL 8
#define LEVEL_OF_LONG 6
#define LONG_BYTES 65536
#define MOST_MEMORY 9 /* zlib.h, deflateInit2() */

int deflater_init(struct deflater *d)
{
	*d = (struct deflater){ 0 };
	return deflateInit2(&d->z, LEVEL, Z_DEFLATED, -MAX_WBITS, MOST_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK;
}

void deflater_free(struct deflater *d)
{
	deflateEnd(&d->z);
}

/* zlib's input is not const, but it does not write there. */
static Bytef *bytes_of(struct str s)
{
	return (Bytef *)(uintptr_t)s.p;
}

static int begin(z_stream *z, const struct deflation *what)
{
	int r = deflateReset(z);

	if (r == Z_OK)
		r = deflateParams(z, what->text.len > LONG_BYTES ? LEVEL_OF_LONG : LEVEL, Z_DEFAULT_STRATEGY);
	if (r == Z_OK && what->dictionary.len)
		r = deflateSetDictionary(z, bytes_of(what->dictionary), (uInt)what->dictionary.len);
	z->next_in = bytes_of(what->text);
	z->avail_in = (uInt)what->text.len;
	return r;
}

/* Was that all? Z_BUF_ERROR says that there was nothing left when the last chunk was full. */
static bool is_done(int r, enum deflater_end end)
{
	return end == DEFLATER_ENDS ? r == Z_STREAM_END : r == Z_OK || r == Z_BUF_ERROR;
}

void deflater_write(struct deflater *d, const struct deflation *what, struct buf *out)
{
	z_stream *z = &d->z;
	unsigned char chunk[4096];
	int r = begin(z, what);

	if (r != Z_OK) {
		out->failed = true;
		return;
	}
	do {
		z->next_out = chunk;
		z->avail_out = sizeof(chunk);
		r = deflate(z, (int)what->end);
		buf_add(out, chunk, sizeof(chunk) - z->avail_out);
	} while (r == Z_OK && z->avail_out == 0);
	out->failed |= !is_done(r, what->end);
}
