#include "publisher/io/http/http_answer.h"

#include "publisher/core/options/page_config.h"
#include "publisher/io/http/health_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define TEXT_TYPE "text/plain; charset=utf-8"
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define OK 200
#define NOT_MODIFIED 304
#define UNAVAILABLE 503
#define METHOD_NOT_ALLOWED 405
#define GZIP_FROM_BYTES 512
#define AT_MS 10000         /* so long a cache may keep an answer before its age shows */
#define FILES_COUNT_MS 5000 /* our open files are counted so often at most: 10,000 take some ten milliseconds */

struct cached {
	char view[SCHEMA_MAX_VIEW_NAME + 1]; /* whose answer it is; empty: of none yet */
	char etag[80];                       /* empty: there is no answer yet */
	struct buf plain, gzip;
};

struct answer_cache {
	struct io *io;
	struct cached views[SCHEMA_MAX_VIEWS];
};

struct answer_cache *answer_cache_new(struct io *io)
{
	struct answer_cache *c = calloc(1, sizeof(*c));

	if (c)
		c->io = io;
	return c;
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

static int answer_health(struct io *io, struct buf *body)
{
	(void)io;
	buf_puts(body, "ok\n");
	return OK;
}

static int answer_ready(struct io *io, struct buf *body)
{
	const char *standby = bridge_standby(io->bridge);
	bool ready = bridge_ready(io->bridge);

	buf_puts(body, ready ? "ready" : "not ready");
	if (standby) {
		buf_printf(body, ": %s", standby);
	} else if (!ready) {
		buf_puts(body, ": ");
		health_why_write(io, body);
	}
	buf_char(body, '\n');
	return ready ? OK : UNAVAILABLE;
}

static int answer_health_json(struct io *io, struct buf *body)
{
	return health_json_write(io, body) ? OK : UNAVAILABLE;
}

/* Counting takes time with their number, and anybody may ask for metrics as fast as he likes. */
static int64_t open_files(struct io *io)
{
	mono now = mono_now();

	if (mono_reached(now, io->files_count_at)) {
		io->files_counted = process_count_files();
		io->files_count_at = mono_add(now, FILES_COUNT_MS);
	}
	return io->files_counted;
}

static int answer_metrics(struct io *io, struct buf *body)
{
	bridge_write_metrics(io->bridge, io_now(), body);
	process_look(&io->process);
	io->process.open_files = open_files(io);
	process_write(body, &io->process, "process_");
	return OK;
}

static const struct {
	const char *path;
	int (*answer)(struct io *io, struct buf *body);
	const char *type;
} routes[] = {
	{ "/healthz", answer_health, TEXT_TYPE },
	{ "/readyz", answer_ready, TEXT_TYPE },
	{ "/health.json", answer_health_json, "application/json" },
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

/* A place that is empty, or whose view is no more since the schema was read again. There are as many places as there can be views. */
static struct cached *find_free(struct answer_cache *c)
{
	for (size_t i = 0; i < SCHEMA_MAX_VIEWS; i++)
		if (!*c->views[i].view || !bridge_view(c->io->bridge, str_of(c->views[i].view)))
			return &c->views[i];
	return NULL;
}

/* The place of a view's answer. NULL: the name is longer than a view's can be, or there are more views than there can be. */
static struct cached *find_cached(struct answer_cache *c, const char *view)
{
	struct cached *cached;

	if (strlen(view) > SCHEMA_MAX_VIEW_NAME)
		return NULL;
	for (size_t i = 0; i < SCHEMA_MAX_VIEWS; i++)
		if (strcmp(c->views[i].view, view) == 0)
			return &c->views[i];
	cached = find_free(c);
	if (cached) {
		snprintf(cached->view, sizeof(cached->view), "%s", view);
		cached->etag[0] = '\0';
	}
	return cached;
}

/* Status and notice are part of the answer, so the entity tag has to change with them. */
static uint32_t hash_text(struct str text)
{
	return (uint32_t)crc32(0, (const Bytef *)text.p, (uInt)text.len);
}

/* Makes the view's answer anew, unless nothing has changed since it was made. "at" changes every AT_MS: who gets the same answer for
 * longer knows that it is a cache's, and that the cache does not reach us. It is a multiple of that, so that two publishers of one feed, behind
 * one cache, have the same entity tags. */
static void renew(struct cached *c, const struct io *io, const struct feed *feed)
{
	struct str notice = bridge_notice(io->bridge);
	int64_t beats = wall_now_ms() / AT_MS;
	char etag[80];

	snprintf(etag, sizeof(etag), "\"%s-%" PRIu64 "-%08x-%" PRIx64 "\"", feed_epoch(feed), feed_seq(feed),
		 hash_text(bridge_status(io->bridge)) ^ hash_text(notice), (uint64_t)beats);
	if (strcmp(etag, c->etag) == 0)
		return;
	buf_clear(&c->plain);
	feed_write_state(feed, &c->plain);
	buf_printf(&c->plain, ",\"at\":%" PRId64 ",\"status\":", beats * AT_MS);
	buf_str(&c->plain, bridge_status(io->bridge));
	if (notice.len)
		buf_puts(&c->plain, ",\"notice\":");
	buf_str(&c->plain, notice);
	buf_char(&c->plain, '}');
	compress_text(buf_view(&c->plain), &c->gzip);
	snprintf(c->etag, sizeof(c->etag), "%s", etag);
}

/* The feed that a path names: "/scoreboard/spectator.json" that of the view "spectator". NULL: there is no such view, or the prefix is not
 * ours. */
static const struct feed *find_view(const struct io *io, struct str path)
{
	struct str prefix = str_of(config_text(io->config, CONF_PREFIX)), view;

	return http_path_name(path, prefix, STR(".json"), &view) ? bridge_view(io->bridge, view) : NULL;
}

static void answer_view(const struct cached *c, const struct http_request *q, struct answer *out)
{
	*out = (struct answer){ .status = OK, .type = "application/json", .cache_control = "max-age=1", .of_view = true };
	snprintf(out->etag, sizeof(out->etag), "%s", c->etag);
	/* nginx counts in whole seconds, so max-age=1 may last for two of them there. By this header it keeps the answer only until
	 * the present second is over. */
	snprintf(out->accel_expires, sizeof(out->accel_expires), "@%" PRId64, wall_now_ms() / 1000);
	if (http_request_has_etag(q, c->etag)) {
		out->status = NOT_MODIFIED;
		return;
	}
	out->gzip = http_request_takes_gzip(q) && c->plain.len >= GZIP_FROM_BYTES && !c->gzip.failed;
	buf_str(&out->body, buf_view(out->gzip ? &c->gzip : &c->plain));
	out->length = out->body.len;
}

/* --- what the pages are told --- */

static void answer_page_config(const struct config *c, const struct http_request *q, struct answer *out)
{
	const struct page_config page = {
		.prefix = config_text(c, CONF_PREFIX),
		.title = config_text(c, CONF_TITLE),
		.addresses = config_text(c, CONF_ADDRESS),
		.servers = config_text(c, CONF_PAGE_SERVER),
		.tracks = config_text(c, CONF_TRACKS),
		.history = *config_text(c, CONF_HISTORY),
	};

	/* like the pages: a browser keeps it and asks whether it is still right, since another start may have other options */
	*out = (struct answer){ .status = OK, .type = "application/json", .cache_control = "no-cache" };
	page_config_write(&page, &out->body);
	snprintf(out->etag, sizeof(out->etag), "\"%08x\"", hash_text(buf_view(&out->body)));
	if (http_request_has_etag(q, out->etag)) {
		out->status = NOT_MODIFIED;
		buf_free(&out->body);
	}
	out->length = out->body.len;
}

static bool answer_route(struct io *io, const char *path, struct answer *out)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(path, routes[i].path) != 0)
			continue;
		*out = (struct answer){ .type = routes[i].type, .cache_control = "no-store" };
		out->status = routes[i].answer(io, &out->body);
		out->length = out->body.len;
		return true;
	}
	return false;
}

bool answer_make(struct answer_cache *cache, const struct http_request *request, struct answer *out)
{
	const struct feed *feed;
	struct cached *cached;

	if (answer_route(cache->io, request->path, out))
		return true;
	if (strcmp(request->path, "/config.json") == 0) {
		answer_page_config(cache->io->config, request, out);
		return true;
	}
	feed = find_view(cache->io, str_of(request->path));
	cached = feed ? find_cached(cache, feed_name(feed)) : NULL;
	if (!cached)
		return false;
	renew(cached, cache->io, feed);
	answer_view(cached, request, out);
	return true;
}

/* --- the head --- */

static const struct {
	int status;
	const char *words;
} statuses[] = {
	{ OK, "OK" },
	{ NOT_MODIFIED, "Not Modified" },
	{ 400, "Bad Request" },
	{ 404, "Not Found" },
	{ METHOD_NOT_ALLOWED, "Method Not Allowed" },
	{ 414, "URI Too Long" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ UNAVAILABLE, "Service Unavailable" },
};

static const char *words_of(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	return "?";
}

void answer_refuse(int status, struct answer *out)
{
	*out = (struct answer){ .status = status, .type = TEXT_TYPE, .cache_control = "no-store" };
	buf_printf(&out->body, "%d %s\n", status, words_of(status));
	out->length = out->body.len;
}

static void write_header(struct buf *out, const char *name, const char *value)
{
	if (value && *value)
		buf_printf(out, "%s: %s\r\n", name, value);
}

/* A header holds only ASCII, so all other characters of the prefix are percent-encoded. */
static void write_prefix(struct buf *out, const char *prefix)
{
	buf_puts(out, "x-scoreboard-prefix: ");
	for (; *prefix; prefix++) {
		unsigned char c = (unsigned char)*prefix;

		if (c > ' ' && c < 0x7F && c != '%')
			buf_char(out, *prefix);
		else
			buf_printf(out, "%%%02X", c);
	}
	buf_puts(out, "\r\naccess-control-expose-headers: x-scoreboard-prefix\r\n");
}

static void write_length(struct buf *out, const struct answer *a)
{
	if (!a->endless && a->status != NOT_MODIFIED)
		buf_printf(out, "content-length: %zu\r\n", a->length);
	if (a->endless || a->close)
		write_header(out, "connection", "close");
}

void answer_write_head(const struct answer *a, const struct config *config, struct buf *out)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\n", a->status, words_of(a->status));
	write_header(out, "content-type", a->type);
	write_length(out, a);
	write_header(out, "cache-control", a->cache_control);
	write_header(out, "etag", a->etag);
	write_header(out, "x-accel-expires", a->accel_expires);
	write_header(out, "content-encoding", a->gzip ? "gzip" : "");
	write_header(out, "vary", *a->etag || a->endless ? "accept-encoding" : "");
	write_header(out, "allow", a->status == METHOD_NOT_ALLOWED ? "GET, HEAD" : "");
	write_header(out, "access-control-allow-origin", "*");
	write_header(out, "x-content-type-options", "nosniff");
	if (a->is_page)
		buf_printf(out, "content-security-policy: frame-ancestors %s\r\n", config_text(config, CONF_FRAME_ANCESTORS));
	if (a->is_inert)
		buf_puts(out, "content-security-policy: default-src 'none'\r\n");
	if (a->of_view)
		write_prefix(out, config_text(config, CONF_PREFIX));
	buf_puts(out, "\r\n");
}
