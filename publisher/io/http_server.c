#include "publisher/io/http_server.h"

#include "publisher/core/url.h"
#include "publisher/io/event_stream.h"
#include "publisher/io/http_answer.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>

#define CHUNK_BYTES 16384

struct http_server {
	struct io *io;
	struct answer_cache *cache;
	struct event_streams streams;
	char address[256], web_dir[400];
	struct lws_protocols protocols[2];
};

/* What is left of one answer, or a stream without end. */
struct session {
	struct answer answer;
	size_t sent;
	struct event_stream *stream;
};

static const struct {
	const char *suffix, *type;
} file_types[] = {
	{ ".html", "text/html; charset=utf-8" }, { ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" }, { ".mjs", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" }, { ".svg", "image/svg+xml" }, { ".png", "image/png" },
	{ ".ico", "image/x-icon" }, { ".woff2", "font/woff2" }, { ".webmanifest", "application/manifest+json" },
	{ ".map", "application/json" }, { ".txt", "text/plain; charset=utf-8" },
};

/* --- files --- */

static const char *file_type(struct str path)
{
	for (size_t i = 0; i < sizeof(file_types) / sizeof(file_types[0]); i++)
		if (str_ends(path, str_of(file_types[i].suffix)))
			return file_types[i].type;
	return NULL;
}

/* Only names that stay below the folder, and none that hides. */
static bool is_safe_path(struct str path)
{
	return !memmem(path.p, path.len, "/.", 2) && !memchr(path.p, '\\', path.len);
}

static int serve_file(struct http_server *h, struct lws *wsi, struct str path)
{
	static const char no_cache[] = "Cache-Control: no-cache\x0d\x0a";
	char name[800];
	const char *type;
	int n;

	snprintf(name, sizeof(name), "%s%.*s%s", h->web_dir, STR_ARGS(path),
		 str_ends(path, STR("/")) ? "index.html" : "");
	type = file_type(str_of(name));
	if (!*h->web_dir || !type || !is_safe_path(path))
		return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL) ? -1 : 0;
	n = lws_serve_http_file(wsi, name, type, no_cache, (int)sizeof(no_cache) - 1);
	return n < 0 || (n > 0 && lws_http_transaction_completed(wsi)) ? -1 : 0;
}

/* --- answers --- */

static int add_header(struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end)
{
	if (!*value)
		return 0;
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
					   (int)strlen(value), p, end);
}

static bool is_method(struct lws *wsi, int method)
{
	char *uri;
	int len;

	return lws_http_get_uri_and_method(wsi, &uri, &len) == method;
}

static int send_headers(struct lws *wsi, const struct answer *a)
{
	unsigned char headers[LWS_PRE + 1024], *start = headers + LWS_PRE, *p = start;
	unsigned char *end = headers + sizeof(headers) - 1;

	return lws_add_http_common_headers(wsi, a->status, a->type, a->length, &p, end) ||
	       add_header(wsi, "cache-control:", a->cache_control, &p, end) ||
	       add_header(wsi, "etag:", a->etag, &p, end) ||
	       add_header(wsi, "x-accel-expires:", a->accel_expires, &p, end) ||
	       add_header(wsi, "content-encoding:", a->gzip ? "gzip" : "", &p, end) ||
	       add_header(wsi, "vary:", *a->etag ? "accept-encoding" : "", &p, end) ||
	       add_header(wsi, "access-control-allow-origin:", "*", &p, end) ||
	       lws_finalize_write_http_header(wsi, start, &p, end);
}

static void get_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	if (lws_hdr_copy(wsi, out, (int)size, token) < 0)
		*out = '\0';
}

static int begin_answer(struct lws *wsi, struct session *s)
{
	if (send_headers(wsi, &s->answer))
		return -1;
	if (is_method(wsi, LWSHUMETH_HEAD))
		answer_free(&s->answer);
	if (!s->answer.body.len)
		return lws_http_transaction_completed(wsi) ? -1 : 0;
	lws_callback_on_writable(wsi);
	return 0;
}

/* And hangs up, with what may follow as a body. */
static int refuse_method(struct lws *wsi)
{
	lws_return_http_status(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED, NULL);
	return -1;
}

static int begin_stream(struct http_server *h, struct lws *wsi, struct session *s, struct str view)
{
	static const char type[] = "text/event-stream";
	char last_id[64];

	/* there is no token for this one */
	if (lws_hdr_custom_copy(wsi, last_id, sizeof(last_id), "last-event-id:", 14) < 0)
		*last_id = '\0';
	s->stream = event_stream_new(&h->streams, h->io, view, wsi, last_id);
	if (!s->stream)
		return lws_return_http_status(wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, NULL) ? -1 : 0;
	s->answer = (struct answer){
		.status = HTTP_STATUS_OK, .type = type, .cache_control = "no-store", .etag = "",
		.length = LWS_ILLEGAL_HTTP_CONTENT_LEN,
	};
	if (send_headers(wsi, &s->answer))
		return -1;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0); /* it never ends */
	lws_callback_on_writable(wsi);
	return 0;
}

static int begin(struct http_server *h, struct lws *wsi, struct session *s, struct str path)
{
	char accept[128], if_none_match[128];
	struct request request = { .path = path, .accept_encoding = accept, .if_none_match = if_none_match };
	struct str view;

	get_header(wsi, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accept, sizeof(accept));
	get_header(wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, if_none_match, sizeof(if_none_match));
	answer_free(&s->answer);
	s->sent = 0;
	if (!is_method(wsi, LWSHUMETH_GET) && !is_method(wsi, LWSHUMETH_HEAD))
		return refuse_method(wsi);
	if (event_stream_wants(h->io, path, &view)) {
		bridge_count(h->io->bridge, HEALTH_HTTP_EVENTS);
		return is_method(wsi, LWSHUMETH_HEAD) ? refuse_method(wsi) : begin_stream(h, wsi, s, view);
	}
	if (answer_make(h->io, h->cache, &request, &s->answer)) {
		bridge_count(h->io->bridge, *s->answer.etag ? HEALTH_HTTP_VIEW : HEALTH_HTTP_HEALTH);
		return begin_answer(wsi, s);
	}
	bridge_count(h->io->bridge, HEALTH_HTTP_FILE);
	return serve_file(h, wsi, path);
}

static int send_some(struct lws *wsi, struct session *s)
{
	unsigned char chunk[LWS_PRE + CHUNK_BYTES];
	size_t n = s->answer.body.len - s->sent;
	bool last;

	if (n > CHUNK_BYTES)
		n = CHUNK_BYTES;
	last = s->sent + n == s->answer.body.len;
	memcpy(chunk + LWS_PRE, s->answer.body.p + s->sent, n);
	if (lws_write(wsi, chunk + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	s->sent += n;
	if (!last) {
		lws_callback_on_writable(wsi);
		return 0;
	}
	answer_free(&s->answer);
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int send_event(struct lws *wsi, struct session *s)
{
	BUF_CLEANUP struct buf out = { 0 };
	static const unsigned char room[LWS_PRE];
	size_t len;

	buf_add(&out, room, sizeof(room));
	if (!event_stream_next(s->stream, io_now(), &out) || out.failed)
		return out.failed ? -1 : 0;
	len = out.len - LWS_PRE;
	if (lws_write(wsi, (unsigned char *)out.p + LWS_PRE, len, LWS_WRITE_HTTP) < (int)len)
		return -1;
	lws_callback_on_writable(wsi); /* until it has nothing more to tell */
	return 0;
}

static int writeable(struct lws *wsi, struct session *s)
{
	if (s->stream)
		return send_event(wsi, s);
	return s->answer.body.len ? send_some(wsi, s) : 0;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct session *s = user;

	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return begin(lws_get_vhost_user(lws_get_vhost(wsi)), wsi, s, (struct str){ in, strlen(in) });
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return writeable(wsi, s);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return -1; /* to a WebSocket: nothing here speaks it */
	case LWS_CALLBACK_CLOSED_HTTP:
		if (s) {
			answer_free(&s->answer);
			event_stream_free(s->stream);
			s->stream = NULL;
		}
		return 0;
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}

void http_server_review(struct http_server *h, mono now)
{
	event_streams_wake(&h->streams, now);
}

/* --- life --- */

static bool open_port(struct http_server *h, const char *iface, int port)
{
	struct lws_context_creation_info info = {
		.port = port,
		.iface = iface,
		.protocols = h->protocols,
		.vhost_name = "http",
		.user = h,
		.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_ALLOW_NON_SSL_ON_SSL_PORT,
		.keepalive_timeout = 30,
	};

	return lws_create_vhost(h->io->lws, &info) != NULL;
}

struct http_server *http_server_new(struct io *io, struct buf *error)
{
	struct http_server *h = calloc(1, sizeof(*h));
	struct str host;
	int port;

	if (!h || !url_parse_listen(str_of(config_text(io->config, CONF_HTTP)), &host, &port)) {
		free(h);
		return NULL;
	}
	h->io = io;
	h->protocols[0] = (struct lws_protocols){
		.name = "http", .callback = on_http, .per_session_data_size = sizeof(struct session),
	};
	snprintf(h->address, sizeof(h->address), "%.*s", STR_ARGS(host));
	snprintf(h->web_dir, sizeof(h->web_dir), "%s", config_text(io->config, CONF_WEB_DIR));
	h->cache = answer_cache_new();
	/* every address is no interface to libwebsockets */
	if (h->cache && open_port(h, host.len && strcmp(h->address, "0.0.0.0") != 0 ? h->address : NULL, port))
		return h;
	buf_printf(error, "http: can't listen on %s: the port is in use or the address is not this machine's",
		   config_text(io->config, CONF_HTTP));
	http_server_free(h);
	return NULL;
}

void http_server_free(struct http_server *h)
{
	if (!h)
		return;
	answer_cache_free(h->cache);
	free(h);
}
