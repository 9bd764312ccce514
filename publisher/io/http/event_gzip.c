#include "publisher/io/http/event_gzip.h"

#include "publisher/core/news/deflater.h"
#include "publisher/io/http/event_text.h"

#include <stdio.h>
#include <stdlib.h>

#define DELTAS_KEPT 4 /* after a pause of the loop all streams are some deltas behind */
#define STORED_MAX_BYTES 65535

/* What is kept of one event, or of nothing yet. */
struct kept {
	char epoch[32];
	uint64_t seq;
	struct buf blocks[EVENT_GZIP_RUN + 1]; /* by run; empty: not made yet */
};

struct view_kept {
	char view[SCHEMA_MAX_VIEW_NAME + 1];
	struct kept deltas[DELTAS_KEPT]; /* by seq modulo */
	struct kept snapshot;            /* in blocks[0] */
};

struct event_gzip {
	struct deflater deflater;
	struct view_kept views[SCHEMA_MAX_VIEWS];
	size_t next_view; /* the one that makes room for another name */
};

struct event_gzip *event_gzip_new(void)
{
	struct event_gzip *z = calloc(1, sizeof(*z));

	if (z && deflater_init(&z->deflater)) {
		free(z);
		return NULL;
	}
	return z;
}

static void forget(struct kept *k)
{
	for (size_t i = 0; i <= EVENT_GZIP_RUN; i++)
		buf_free(&k->blocks[i]);
	*k = (struct kept){ 0 };
}

static void forget_view(struct view_kept *v)
{
	for (size_t i = 0; i < DELTAS_KEPT; i++)
		forget(&v->deltas[i]);
	forget(&v->snapshot);
}

void event_gzip_free(struct event_gzip *z)
{
	if (!z)
		return;
	for (size_t i = 0; i < SCHEMA_MAX_VIEWS; i++)
		forget_view(&z->views[i]);
	deflater_free(&z->deflater);
	free(z);
}

/* --- what is kept --- */

/* Rules that are read again may call their views otherwise. There are never more at a time than places. */
static struct view_kept *view_of(struct event_gzip *z, const char *name)
{
	struct view_kept *v;

	for (size_t i = 0; i < SCHEMA_MAX_VIEWS; i++)
		if (strcmp(z->views[i].view, name) == 0)
			return &z->views[i];
	v = &z->views[z->next_view++ % SCHEMA_MAX_VIEWS];
	forget_view(v);
	snprintf(v->view, sizeof(v->view), "%s", name);
	return v;
}

/* The same, after it has forgotten what it had of another event. */
static struct kept *for_event(struct kept *k, const struct feed *f, uint64_t seq)
{
	if (k->seq == seq && strcmp(k->epoch, feed_epoch(f)) == 0)
		return k;
	forget(k);
	snprintf(k->epoch, sizeof(k->epoch), "%s", feed_epoch(f));
	k->seq = seq;
	return k;
}

/* --- blocks --- */

/* Blocks of whole bytes that refer to `before`: so a client has all of the text when it has all of them. */
static void deflate_text(struct event_gzip *z, struct str text, struct str before, struct buf *out)
{
	deflater_write(&z->deflater, &(struct deflation){ text, before, DEFLATER_GOES_ON }, out);
}

/* The deltas of the run, without those that the feed does not keep any more, which are the first ones. */
static void write_run(const struct feed *f, const struct event_run *r, struct buf *out)
{
	for (uint64_t seq = r->seq - r->run; seq < r->seq; seq++)
		if (!event_write_delta(out, f, seq))
			buf_clear(out);
}

static bool make_delta(struct event_gzip *z, const struct feed *f, const struct event_run *r, struct buf *out)
{
	BUF_CLEANUP struct buf text = { 0 };
	BUF_CLEANUP struct buf before = { 0 };

	if (!event_write_delta(&text, f, r->seq))
		return false;
	write_run(f, r, &before);
	deflate_text(z, buf_view(&text), buf_view(&before), out);
	out->failed |= text.failed || before.failed;
	return true;
}

/* Hands over what is kept; what could not be made is not kept. */
static void hand_over(struct buf *block, struct buf *out)
{
	buf_str(out, buf_view(block));
	out->failed |= block->failed;
	if (block->failed)
		buf_free(block);
}

void event_gzip_head(struct buf *out)
{
	/* magic, DEFLATE, no flags, no time, written at the best level on Unix */
	static const unsigned char head[] = { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3 };

	buf_add(out, head, sizeof(head));
}

void event_gzip_plain(struct str text, struct buf *out)
{
	while (text.len) {
		size_t n = text.len < STORED_MAX_BYTES ? text.len : STORED_MAX_BYTES;
		unsigned char head[] = { 0, (unsigned char)n, (unsigned char)(n >> 8), (unsigned char)~n, (unsigned char)(~n >> 8) };

		buf_add(out, head, sizeof(head));
		buf_add(out, text.p, n);
		text = str_skip(text, n);
	}
}

void event_gzip_snapshot(struct event_gzip *z, const struct feed *f, struct buf *out)
{
	struct kept *k = for_event(&view_of(z, feed_name(f))->snapshot, f, feed_seq(f));
	BUF_CLEANUP struct buf text = { 0 };

	if (!k->blocks[0].len) {
		event_write_snapshot(&text, f);
		deflate_text(z, buf_view(&text), STR(""), &k->blocks[0]);
		k->blocks[0].failed |= text.failed;
	}
	hand_over(&k->blocks[0], out);
}

bool event_gzip_delta(struct event_gzip *z, const struct feed *f, const struct event_run *r, struct buf *out)
{
	unsigned int run = r->run < EVENT_GZIP_RUN ? r->run : EVENT_GZIP_RUN;
	struct kept *k = for_event(&view_of(z, feed_name(f))->deltas[r->seq % DELTAS_KEPT], f, r->seq);

	if (!k->blocks[run].len && !make_delta(z, f, &(struct event_run){ r->seq, run }, &k->blocks[run]))
		return false;
	hand_over(&k->blocks[run], out);
	return true;
}
