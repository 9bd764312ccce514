#include "publisher/core/news/unpacker.h"

#include <zlib.h>

void unpacker_init(struct unpacker *u, size_t max_bytes)
{
	*u = (struct unpacker){ .max_bytes = max_bytes };
}

void unpacker_free(struct unpacker *u)
{
	dictionary_free(&u->dictionary);
	dictionary_free(&u->before);
}

/* zlib's input is not const, but it does not write there. */
static Bytef *bytes_of(struct str s)
{
	return (Bytef *)(uintptr_t)s.p;
}

/* Goes on until the stream ends, fails, or `out` is at its ceiling. 0: it has ended, and nothing is behind it. */
static int inflate_all(z_stream *z, struct buf *out)
{
	unsigned char chunk[16384];
	int r;

	do {
		z->next_out = chunk;
		z->avail_out = sizeof(chunk);
		r = inflate(z, Z_NO_FLUSH);
		buf_add(out, chunk, sizeof(chunk) - z->avail_out);
	} while (r == Z_OK && !out->failed && z->avail_out == 0);
	return r != Z_STREAM_END || z->avail_in != 0 || out->failed;
}

/* What one DEFLATE stream holds, in place of what was in `out`, and at most `max` bytes of it. */
static int inflate_text(struct str packed, const struct dictionary *d, size_t max, struct buf *out)
{
	z_stream z = { .next_in = bytes_of(packed), .avail_in = (uInt)packed.len };
	int r;

	buf_clear(out);
	out->max = max;
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return 1;
	r = d && d->text.len && inflateSetDictionary(&z, bytes_of(buf_view(&d->text)), (uInt)d->text.len) != Z_OK;
	r = r || inflate_all(&z, out);
	inflateEnd(&z);
	return r;
}

/* What a base has behind its head. */
struct base {
	uint32_t id_before;
	struct str dictionary, snapshot; /* each deflated */
};

static int read_base(struct str body, struct base *out)
{
	const size_t head = 8;
	size_t len = body.len >= head ? packed_read_u32(body.p + 4) : 0;

	if (body.len < head || len > body.len - head)
		return 1;
	*out = (struct base){ packed_read_u32(body.p), { body.p + head, len }, str_skip(body, head + len) };
	return 0;
}

/* The dictionary of a base, if it is the one with this id. */
static int take_dictionary(struct str packed, uint32_t id, struct dictionary *out)
{
	BUF_CLEANUP struct buf text = { 0 };

	if (inflate_text(packed, NULL, PACKED_DICTIONARY_MAX, &text))
		return 1;
	dictionary_keep(out, buf_view(&text));
	return !text.len || out->text.failed || out->id != id;
}

/* A base's dictionary is ours from now on. The one before it stays, since the delta with which the base was made is still to come. */
static void change_dictionary(struct unpacker *u, const struct dictionary *d, uint32_t id_before)
{
	struct dictionary old = u->dictionary;

	u->dictionary = *d;
	if (old.text.len && old.id == id_before) {
		dictionary_free(&u->before);
		u->before = old;
		return;
	}
	dictionary_free(&old);
	if (u->before.id != id_before)
		dictionary_free(&u->before);
	u->before.id = id_before;
}

static enum unpacked take_base(struct unpacker *u, const struct packed_message *m, struct buf *text)
{
	struct dictionary d = { 0 };
	struct base base;

	if (read_base(m->body, &base) || take_dictionary(base.dictionary, m->id, &d) || inflate_text(base.snapshot, &d, u->max_bytes, text)) {
		dictionary_free(&d);
		return UNPACKED_BAD;
	}
	change_dictionary(u, &d, base.id_before);
	return UNPACKED_TEXT;
}

static enum unpacked take_text(struct unpacker *u, const struct packed_message *m, struct buf *text)
{
	if (inflate_text(m->body, &u->dictionary, u->max_bytes, text))
		return UNPACKED_BAD;
	if (m->kind != PACKED_TEXT)
		dictionary_keep(&u->dictionary, buf_view(text));
	return m->kind == PACKED_DICTIONARY ? UNPACKED_NOTHING : UNPACKED_TEXT;
}

/* What was packed with the dictionary before has been kept already. */
static enum unpacked take_old_text(const struct unpacker *u, const struct packed_message *m, struct buf *text)
{
	if (m->kind == PACKED_DICTIONARY || !u->before.text.len)
		return UNPACKED_NOTHING;
	return inflate_text(m->body, &u->before, u->max_bytes, text) ? UNPACKED_BAD : UNPACKED_TEXT;
}

enum unpacked unpacker_take(struct unpacker *u, struct str message, struct buf *text)
{
	bool has_dictionary = u->dictionary.text.len > 0;
	struct packed_message m;

	if (packed_open(message, &m))
		return UNPACKED_BAD;
	if (m.kind == PACKED_BASE)
		return take_base(u, &m, text);
	if (has_dictionary && m.id == u->dictionary.id)
		return take_text(u, &m, text);
	if (has_dictionary && m.id && m.id == u->before.id)
		return take_old_text(u, &m, text);
	/* a dictionary alone is no message that could be missed */
	return m.kind == PACKED_DICTIONARY ? UNPACKED_NOTHING : UNPACKED_UNKNOWN;
}
