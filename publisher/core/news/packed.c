#include "publisher/core/news/packed.h"

#include <zlib.h>

void dictionary_free(struct dictionary *d)
{
	buf_free(&d->text);
	d->id = 0;
}

static void drop_first(struct buf *b, size_t n)
{
	memmove(b->p, b->p + n, b->len - n);
	buf_cut(b, b->len - n);
}

void dictionary_keep(struct dictionary *d, struct str text)
{
	size_t most = PACKED_DICTIONARY_MAX;

	if (text.len > most)
		text = str_skip(text, text.len - most);
	if (d->text.len + text.len > most)
		drop_first(&d->text, d->text.len + text.len - most);
	buf_str(&d->text, text);
	d->id = (uint32_t)crc32_z(0, (const Bytef *)buf_view(&d->text).p, d->text.len);
}
