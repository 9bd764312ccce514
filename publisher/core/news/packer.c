#include "publisher/core/news/packer.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

/* A snapshot that takes more than this part of what the dictionary takes by itself has drifted too far away from it. */
#define DRIFT_PART 2
#define BEST_MEMORY 9 /* zlib.h, deflateInit2(): together with the window some 400 kB, for all messages of a feed */

/* Level 8 makes the bytes of level 9 of our texts. A text made to cost much can take it 0.7 s a megabyte, and level 6 a tenth of that, for a
 * few bytes more: so long texts are packed with 6. */
#define LEVEL 8
#define LEVEL_OF_LONG 6
#define LONG_BYTES 65536

struct packer {
	z_stream z;
	struct dictionary dictionary;
	uint32_t base_id; /* the dictionary's, when the last base was made; 0: none was */
};

struct packer *packer_new(void)
{
	struct packer *p = calloc(1, sizeof(*p));

	if (p && deflateInit2(&p->z, LEVEL, Z_DEFLATED, -MAX_WBITS, BEST_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(p);
		return NULL;
	}
	return p;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	deflateEnd(&p->z);
	dictionary_free(&p->dictionary);
	free(p);
}

/* zlib's input is not const, but it does not write there. */
static Bytef *bytes_of(struct str s)
{
	return (Bytef *)(uintptr_t)s.p;
}

/* Appends DEFLATE of a text to `out`. */
static void deflate_text(struct packer *p, struct str text, struct str dictionary, struct buf *out)
{
	unsigned char chunk[4096];
	int r = deflateReset(&p->z);

	if (r == Z_OK)
		r = deflateParams(&p->z, text.len > LONG_BYTES ? LEVEL_OF_LONG : LEVEL, Z_DEFAULT_STRATEGY);
	if (r == Z_OK && dictionary.len)
		r = deflateSetDictionary(&p->z, bytes_of(dictionary), (uInt)dictionary.len);
	p->z.next_in = bytes_of(text);
	p->z.avail_in = (uInt)text.len;
	while (r == Z_OK) {
		p->z.next_out = chunk;
		p->z.avail_out = sizeof(chunk);
		r = deflate(&p->z, Z_FINISH);
		buf_add(out, chunk, sizeof(chunk) - p->z.avail_out);
	}
	out->failed |= r != Z_STREAM_END;
}

static void write_u32(struct buf *out, uint32_t n)
{
	const unsigned char bytes[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };

	buf_add(out, bytes, sizeof(bytes));
}

static void begin(const struct packer *p, enum packed_kind kind, struct buf *out)
{
	buf_clear(out);
	buf_char(out, (char)kind);
	write_u32(out, p->dictionary.id);
}

static void pack(struct packer *p, enum packed_kind kind, struct str text, struct buf *out)
{
	begin(p, kind, out);
	deflate_text(p, text, buf_view(&p->dictionary.text), out);
	out->failed |= p->dictionary.text.failed;
}

void packer_text(struct packer *p, struct str text, struct buf *out)
{
	pack(p, PACKED_TEXT, text, out);
}

void packer_kept(struct packer *p, struct str text, struct buf *out)
{
	pack(p, PACKED_KEPT, text, out);
	dictionary_keep(&p->dictionary, text);
}

/* The two parts of a base, each deflated. */
struct parts {
	struct buf dictionary, snapshot;
};

static void pack_parts(struct packer *p, struct str snapshot, struct parts *out)
{
	buf_clear(&out->dictionary);
	buf_clear(&out->snapshot);
	deflate_text(p, buf_view(&p->dictionary.text), (struct str){ "", 0 }, &out->dictionary);
	deflate_text(p, snapshot, buf_view(&p->dictionary.text), &out->snapshot);
}

/* Keeping a snapshot that does not fit into a dictionary would not bring the next one nearer. */
static bool has_drifted(const struct parts *parts, struct str snapshot)
{
	return parts->snapshot.len > parts->dictionary.len / DRIFT_PART && snapshot.len <= PACKED_DICTIONARY_MAX;
}

/* The beginning of a snapshot names the run that it is of, so no two runs begin with the same dictionary. */
static void begin_dictionary(struct packer *p, struct str snapshot)
{
	dictionary_free(&p->dictionary);
	if (snapshot.len > PACKED_DICTIONARY_MAX)
		snapshot.len = PACKED_DICTIONARY_MAX;
	dictionary_keep(&p->dictionary, snapshot);
}

static void keep_snapshot(struct packer *p, struct str snapshot, struct parts *parts, struct buf *message)
{
	begin(p, PACKED_DICTIONARY, message);
	buf_str(message, buf_view(&parts->snapshot));
	dictionary_keep(&p->dictionary, snapshot);
	pack_parts(p, snapshot, parts);
}

static void write_base(const struct packer *p, const struct parts *parts, struct buf *out)
{
	begin(p, PACKED_BASE, out);
	write_u32(out, p->base_id);
	write_u32(out, (uint32_t)parts->dictionary.len);
	buf_str(out, buf_view(&parts->dictionary));
	buf_str(out, buf_view(&parts->snapshot));
	out->failed |= parts->dictionary.failed || parts->snapshot.failed || p->dictionary.text.failed;
}

void packer_base(struct packer *p, struct str snapshot, struct buf *out, struct buf *dictionary)
{
	struct parts parts = { 0 };
	bool is_new;

	buf_clear(dictionary);
	is_new = !p->dictionary.text.len || p->dictionary.text.failed;
	if (is_new)
		begin_dictionary(p, snapshot);
	pack_parts(p, snapshot, &parts);
	if (!is_new && has_drifted(&parts, snapshot))
		keep_snapshot(p, snapshot, &parts, dictionary);
	write_base(p, &parts, out);
	p->base_id = p->dictionary.id;
	buf_free(&parts.dictionary);
	buf_free(&parts.snapshot);
}
