#include "publisher/core/news/packer.h"

#include "publisher/core/news/deflater.h"

#include <stdint.h>
#include <stdlib.h>

/* A snapshot that takes more than this part of what the dictionary takes by itself has drifted too far away from it. */
#define DRIFT_PART 2

struct packer {
	struct deflater deflater;
	struct dictionary dictionary;
	uint32_t base_id; /* the dictionary's, when the last base was made; 0: none was */
};

struct packer *packer_new(void)
{
	struct packer *p = calloc(1, sizeof(*p));

	if (p && deflater_init(&p->deflater)) {
		free(p);
		return NULL;
	}
	return p;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	deflater_free(&p->deflater);
	dictionary_free(&p->dictionary);
	free(p);
}

static void deflate_text(struct packer *p, struct str text, struct str dictionary, struct buf *out)
{
	deflater_write(&p->deflater, &(struct deflation){ text, dictionary, DEFLATER_ENDS }, out);
}

static void begin(const struct packer *p, enum packed_kind kind, struct buf *out)
{
	buf_clear(out);
	buf_char(out, (char)kind);
	packed_write_u32(out, p->dictionary.id);
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
	packed_write_u32(out, p->base_id);
	packed_write_u32(out, (uint32_t)parts->dictionary.len);
	buf_str(out, buf_view(&parts->dictionary));
	buf_str(out, buf_view(&parts->snapshot));
	out->failed |= parts->dictionary.failed || parts->snapshot.failed || p->dictionary.text.failed;
}

void packer_base(struct packer *p, struct str snapshot, struct buf *out, struct buf *dictionary)
{
	struct parts parts = { 0 };
	bool is_new = !p->dictionary.text.len || p->dictionary.text.failed;

	buf_clear(dictionary);
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
