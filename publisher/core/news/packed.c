#include "publisher/core/news/packed.h"

#include <zlib.h>

uint32_t packed_read_u32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

void packed_write_u32(struct buf *out, uint32_t n)
{
	const unsigned char bytes[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };

	buf_add(out, bytes, sizeof(bytes));
}

int packed_open(struct str bytes, struct packed_message *out)
{
	if (bytes.len <= PACKED_HEAD || bytes.p[0] < PACKED_TEXT || bytes.p[0] > PACKED_BASE)
		return 1;
	*out = (struct packed_message){ (enum packed_kind)bytes.p[0], packed_read_u32(bytes.p + 1), str_skip(bytes, PACKED_HEAD) };
	return 0;
}

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
