#include "publisher/io/http_answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define TEXT_TYPE "text/plain; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OK 200
#define NOT_MODIFIED 304
#define UNAVAILABLE 503
#define GZIP_FROM_BYTES 512

struct cached {
	char etag[80];
	struct buf plain, gzip;
};

struct answer_cache {
	struct cached views[SCHEMA_MAX_VIEWS];
	char names[SCHEMA_MAX_VIEWS][64];
};

struct answer_cache *answer_cache_new(void)
{
	return calloc(1, sizeof(struct answer_cache));
}

void answer_cache_free(struct answer_cache *c)
{
	for (size_t i = 0; c && i < SCHEMA_MAX_VIEWS; i++) {
		buf_free(&c->views[i].plain);
		buf_free(&c->views[i].gzip);
	}
	free(c);
}

void answer_free(struct answer *a)
{
	buf_free(&a->body);
	a->length = 0;
}

/* --- health --- */

static unsigned int answer_health(struct io *io, struct buf *body)
{
	(void)io;
	buf_puts(body, "ok\n");
	return OK;
}

static unsigned int answer_ready(struct io *io, struct buf *body)
{
	bool ready = bridge_ready(io->bridge);

	buf_puts(body, ready ? "ready\n" : "not ready\n");
	return ready ? OK : UNAVAILABLE;
}

static unsigned int answer_metrics(struct io *io, struct buf *body)
{
	health_write(bridge_health(io->bridge, io_now()), body);
	return OK;
}

static const struct {
	const char *path;
	unsigned int (*answer)(struct io *io, struct buf *body);
	const char *type;
} routes[] = {
	{ "/healthz", answer_health, TEXT_TYPE },
	{ "/readyz", answer_ready, TEXT_TYPE },
	{ "/metrics", answer_metrics, METRICS_TYPE },
};

/* --- views --- */

static void compress_text(struct str text, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)text.p, .avail_in = (uInt)text.len };
	const int gzip_header = 16;
	unsigned char chunk[4096];
	int r;

	buf_clear(out);
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip_header, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		out->failed = true;
		return;
	}
	do {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		r = deflate(&z, Z_FINISH);
		buf_add(out, chunk, sizeof(chunk) - z.avail_out);
	} while (r == Z_OK);
	out->failed |= r != Z_STREAM_END;
	deflateEnd(&z);
}

static struct cached *find_cached(struct answer_cache *c, const char *view)
{
	for (size_t i = 0; i < SCHEMA_MAX_VIEWS; i++) {
		if (!*c->names[i])
			snprintf(c->names[i], sizeof(c->names[i]), "%s", view);
		if (strcmp(c->names[i], view) == 0)
			return &c->views[i];
	}
	return &c->views[0]; /* more views than there can be */
}

/* The status is part of the answer, so it is part of its name. */
static uint32_t hash_text(struct str text)
{
	return (uint32_t)crc32(0, (const Bytef *)text.p, (uInt)text.len);
}

static void renew(struct cached *c, struct io *io, const struct feed *feed)
{
	char etag[80];

	snprintf(etag, sizeof(etag), "\"%s-%" PRIu64 "-%08x\"", feed_epoch(feed), feed_seq(feed),
		 hash_text(bridge_status(io->bridge)));
	if (strcmp(etag, c->etag) == 0)
		return;
	buf_clear(&c->plain);
	feed_write_state(feed, &c->plain);
	buf_puts(&c->plain, ",\"status\":");
	buf_str(&c->plain, bridge_status(io->bridge));
	buf_char(&c->plain, '}');
	compress_text(buf_view(&c->plain), &c->gzip);
	snprintf(c->etag, sizeof(c->etag), "%s", etag);
}

/* "/spectator.json" -> "spectator" */
static const struct feed *find_view(const struct io *io, struct str path)
{
	struct str suffix = STR(".json");

	if (path.len < 1 + suffix.len || path.p[0] != '/' || !str_ends(path, suffix))
		return NULL;
	return bridge_view(io->bridge, (struct str){ path.p + 1, path.len - 1 - suffix.len });
}

static void answer_view(struct io *io, struct answer_cache *cache, const struct feed *feed, const struct request *q,
			struct answer *out)
{
	struct cached *c = find_cached(cache, feed_name(feed));

	renew(c, io, feed);
	*out = (struct answer){ .status = OK, .type = "application/json", .cache_control = "max-age=1" };
	snprintf(out->etag, sizeof(out->etag), "%s", c->etag);
	/* nginx counts in whole seconds: its max-age=1 may last for two. This one ends with the second that it is. */
	snprintf(out->accel_expires, sizeof(out->accel_expires), "@%" PRId64, wall_now_ms() / 1000);
	if (*q->if_none_match && strstr(q->if_none_match, c->etag)) {
		out->status = NOT_MODIFIED;
		return;
	}
	out->gzip = strstr(q->accept_encoding, "gzip") && c->plain.len >= GZIP_FROM_BYTES && !c->gzip.failed;
	buf_str(&out->body, buf_view(out->gzip ? &c->gzip : &c->plain));
	out->length = out->body.len;
}

bool answer_make(struct io *io, struct answer_cache *cache, const struct request *request, struct answer *out)
{
	const struct feed *feed = find_view(io, request->path);

	if (feed) {
		answer_view(io, cache, feed, request, out);
		return true;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!str_is(request->path, routes[i].path))
			continue;
		*out = (struct answer){ .type = routes[i].type, .cache_control = "no-store" };
		out->status = routes[i].answer(io, &out->body);
		out->length = out->body.len;
		return true;
	}
	return false;
}
