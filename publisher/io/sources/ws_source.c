#include "publisher/io/sources/source.h"

#include "publisher/core/retries.h"
#include "publisher/io/resolve.h"
#include "publisher/io/sources/recorder.h"
#include "publisher/io/sources/ws_source.h"
#include "publisher/io/web/cookie.h"
#include "publisher/io/web/web_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

/* A scoreboard's WebSocket. Each attempt to connect has a struct conn of its own, which lives until libwebsockets has said its last
 * word on it. That may be after hang_up(): then the conn has no owner any more, and what it says is not passed on. */
struct ws_source {
	struct source source;
	struct io *io;
	struct conn *conn;       /* the present attempt or connection; NULL: none */
	struct conn *conns;      /* all of which libwebsockets may still say something */
	struct resolve *resolve; /* while the name is looked up */
	struct retries lookups;  /* that no name server has answered */
	struct cookie *cookie;
	struct web_files *files;
	char *host, *path; /* the path ends with ?source=NAME&platform=NAME: what CRG shows in its list of clients */
	int port;
	bool tls;
	size_t max_frame;
};

struct conn {
	struct conn *prev, *next;
	struct ws_source *home;
	struct ws_source *owner; /* the same as home, until we have hung up or the connection was lost; then NULL */
	struct lws *wsi;
	struct buf frame;       /* the part of a message that has arrived */
	bool too_large, binary; /* of the message that is arriving */
	struct buf to_send;     /* a text, behind LWS_PRE bytes that libwebsockets wants for itself; empty: none */
	bool ping_due;
	char close_text[80]; /* why the scoreboard closes the connection, if it has said so */
};

static struct ws_source *self(struct source *s)
{
	return (struct ws_source *)s;
}

/* --- frames --- */

static void end_frame(struct conn *c)
{
	struct io *io = c->owner->io;

	if (c->too_large || c->frame.failed)
		bridge_source_frame_lost(io->bridge, FRAME_LOSS_TOO_LARGE, io_now());
	else if (c->binary)
		bridge_source_frame_lost(io->bridge, FRAME_LOSS_BINARY, io_now());
	else
		source_deliver(io, buf_view(&c->frame));
	buf_clear(&c->frame);
	c->too_large = c->binary = false;
	/* the first frame of a connection is of megabytes, the later ones are small and need no such room */
	if (c->frame.cap > 1 << 18)
		buf_free(&c->frame);
}

static void receive(struct conn *c, struct lws *wsi, const char *in, size_t len)
{
	if (lws_is_first_fragment(wsi))
		c->binary = lws_frame_is_binary(wsi);
	if (c->too_large || c->frame.len + len > c->owner->max_frame) {
		c->too_large = true;
		buf_free(&c->frame);
	} else {
		buf_add(&c->frame, in, len);
	}
	if (lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi))
		end_frame(c);
}

/* --- sending --- */

static int write_text(struct conn *c)
{
	size_t len = c->to_send.len - LWS_PRE;
	int n = lws_write(c->wsi, (unsigned char *)c->to_send.p + LWS_PRE, len, LWS_WRITE_TEXT);

	buf_clear(&c->to_send);
	return n < (int)len ? -1 : 0;
}

static int writeable(struct conn *c)
{
	unsigned char ping[LWS_PRE + 1];

	if (c->to_send.len) {
		if (c->ping_due)
			lws_callback_on_writable(c->wsi);
		return write_text(c);
	}
	if (!c->ping_due)
		return 0;
	c->ping_due = false;
	return lws_write(c->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/* --- the connection --- */

static int append_cookie(struct conn *c, void *in, size_t len)
{
	const char *cookie = cookie_get(c->owner->cookie);
	unsigned char **p = in, *end = *p + len;

	if (!*cookie)
		return 0;
	return lws_add_http_header_by_token(c->wsi, WSI_TOKEN_HTTP_COOKIE, (const unsigned char *)cookie,
					    (int)strlen(cookie), p, end);
}

static void keep_cookie(struct conn *c, struct lws *wsi)
{
	char set_cookie[512];

	if (lws_hdr_copy(wsi, set_cookie, sizeof(set_cookie), WSI_TOKEN_HTTP_SET_COOKIE) > 0)
		cookie_take(c->owner->cookie, set_cookie);
}

static void note_close(struct conn *c, const unsigned char *in, size_t len)
{
	if (len >= 2)
		snprintf(c->close_text, sizeof(c->close_text), "closed by the scoreboard with code %d", in[0] << 8 | in[1]);
}

static void lost(struct conn *c, const char *why)
{
	struct ws_source *ws = c->owner;
	struct moment now = io_now();

	c->owner = NULL;
	ws->conn = NULL;
	if (ws->io->recorder)
		recorder_event(ws->io->recorder, "disconnect", now.mono);
	bridge_source_lost(ws->io->bridge, SOURCE_LOSS_CONNECTION, why, now);
}

static void established(struct conn *c)
{
	struct io *io = c->owner->io;
	struct moment now = io_now();

	if (io->recorder)
		recorder_event(io->recorder, "connect", now.mono);
	bridge_source_up(io->bridge, now);
}

static void lost_with_reason(struct conn *c, const char *reason, size_t len)
{
	char text[200];

	snprintf(text, sizeof(text), "can't connect to the scoreboard: %.*s", (int)len, len ? reason : "");
	lost(c, text);
}

static void conn_free(struct conn *c)
{
	DL_DELETE(c->home->conns, c);
	buf_free(&c->frame);
	buf_free(&c->to_send);
	free(c);
}

/* What libwebsockets says of a connection. */
struct event {
	struct lws *wsi;
	enum lws_callback_reasons reason;
	void *in;
	size_t len;
};

static int client_event(struct conn *c, const struct event *e)
{
	switch (e->reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		c->wsi = e->wsi;
		return append_cookie(c, e->in, e->len);
	case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
		keep_cookie(c, e->wsi);
		break;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		c->wsi = e->wsi;
		established(c);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		receive(c, e->wsi, e->in, e->len);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
		bridge_source_pong(c->owner->io->bridge, io_now());
		break;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return writeable(c);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		note_close(c, e->in, e->len);
		break;
	default:
		break;
	}
	return c->owner ? 0 : -1; /* the bridge may have hung up because of what it was told: then the connection is to be closed */
}

/* libwebsockets says that the connection, or the attempt to connect, is over, and will say nothing more of it. */
static void over(struct conn *c, const struct event *e)
{
	lws_set_opaque_user_data(e->wsi, NULL);
	if (c->owner && e->reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR)
		lost_with_reason(c, e->in, e->in ? e->len : 0);
	else if (c->owner)
		lost(c, *c->close_text ? c->close_text : "connection to the scoreboard lost");
	conn_free(c);
}

int ws_source_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	const struct event e = { wsi, reason, in, len };
	struct conn *c = lws_get_opaque_user_data(wsi);

	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
		if (c)
			over(c, &e);
		return 0;
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
	case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
	case LWS_CALLBACK_CLIENT_RECEIVE:
	case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
	case LWS_CALLBACK_CLIENT_WRITEABLE:
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return c && c->owner ? client_event(c, &e) : -1;
	default:
		return 0;
	}
}

static void dial_now(struct ws_source *ws)
{
	struct conn *c = calloc(1, sizeof(*c));
	struct lws_client_connect_info info = {
		.context = ws->io->lws,
		.address = ws->host,
		.port = ws->port,
		.path = ws->path,
		.host = ws->host,
		.origin = NULL,
		.ssl_connection = ws->tls ? LCCSCF_USE_SSL : 0,
		.local_protocol_name = WS_SOURCE_PROTOCOL,
		.ietf_version_or_minus_one = -1,
		.opaque_user_data = c,
	};

	if (!c) {
		bridge_source_lost(ws->io->bridge, SOURCE_LOSS_CONNECTION, "out of memory", io_now());
		return;
	}
	c->home = c->owner = ws;
	ws->conn = c;
	DL_APPEND(ws->conns, c);
	info.pwsi = &c->wsi;
	if (lws_client_connect_via_info(&info) || ws->conn != c)
		return;
	/* it failed at once, without a callback */
	lost(c, "can't connect to the scoreboard");
	conn_free(c);
}

static void resolved(void *arg, enum resolve_families found)
{
	struct ws_source *ws = arg;

	ws->resolve = NULL;
	retries_succeeded(&ws->lookups);
	if (found)
		dial_now(ws);
	else
		bridge_source_lost(ws->io->bridge, SOURCE_LOSS_CONNECTION,
				   "can't connect to the scoreboard: its name is not known", io_now());
}

static void dial(struct source *s)
{
	struct ws_source *ws = self(s);

	ws->resolve = resolve_start(ws->io, ws->host, resolved, ws);
	if (!ws->resolve)
		dial_now(ws);
}

static void hang_up(struct source *s)
{
	struct ws_source *ws = self(s);
	struct conn *c = ws->conn;

	if (ws->resolve && retries_failed(&ws->lookups, "", mono_now()))
		log_warn("source", "still waiting for a name server  host=%s tries=%u", ws->host, ws->lookups.n);
	resolve_cancel(ws->resolve);
	ws->resolve = NULL;
	if (!c)
		return;
	if (ws->io->recorder)
		recorder_event(ws->io->recorder, "disconnect", mono_now());
	ws->conn = NULL;
	c->owner = NULL;
	if (!c->wsi)
		return;
	/* libwebsockets will close it some time later, but the scoreboard is to see it closed before we dial again */
	shutdown(lws_get_socket_fd(c->wsi), SHUT_RDWR);
	lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void send_text(struct source *s, struct str text)
{
	static const unsigned char room[LWS_PRE];
	struct conn *c = self(s)->conn;

	if (!c)
		return;
	buf_clear(&c->to_send);
	buf_add(&c->to_send, room, sizeof(room));
	buf_str(&c->to_send, text);
	lws_callback_on_writable(c->wsi);
}

static void ping(struct source *s)
{
	struct conn *c = self(s)->conn;

	if (!c)
		return;
	c->ping_due = true;
	lws_callback_on_writable(c->wsi);
}

static void fetch(struct source *s, struct str path)
{
	web_files_get(self(s)->files, path);
}

static void free_source(struct source *s)
{
	struct ws_source *ws = self(s);

	resolve_cancel(ws->resolve);
	while (ws->conns)
		conn_free(ws->conns);
	web_files_free(ws->files);
	cookie_free(ws->cookie);
	free(ws->host);
	free(ws->path);
	free(ws);
}

static const struct source_ops ws_ops = {
	.registers = true,
	.redials = true,
	.keeps_time = true,
	.dial = dial,
	.hang_up = hang_up,
	.send = send_text,
	.ping = ping,
	.fetch = fetch,
	.free = free_source,
};

#if defined(LWS_WITHOUT_EXTENSIONS)
const struct lws_extension *ws_source_extensions(void)
{
	return NULL;
}
#else
const struct lws_extension *ws_source_extensions(void)
{
	static const struct lws_extension list[] = {
		{ "permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate; client_max_window_bits" },
		{ NULL, NULL, NULL },
	};

	return list;
}
#endif

/* Writes the name for the scoreboard's list of clients. A character that would need an escape in a query becomes a `-`. */
static void write_name(struct buf *out, const char *name)
{
	for (; *name; name++)
		buf_char(out, strchr("&=#?%+ /\"<>\\", *name) || (unsigned char)*name <= ' ' ? '-' : *name);
}

static char *make_path(struct str path, const char *name)
{
	struct buf out = { 0 };

	buf_str(&out, path.len ? path : STR("/WS/"));
	buf_char(&out, path.len && memchr(path.p, '?', path.len) ? '&' : '?');
	buf_puts(&out, "source=");
	write_name(&out, name);
	buf_puts(&out, "&platform=");
	write_name(&out, name);
	return out.p;
}

struct source *ws_source_new(struct io *io, const struct source_address *at, struct complaint *why)
{
	struct ws_source *ws = calloc(1, sizeof(*ws));

	if (!ws) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	ws->source.ops = &ws_ops;
	ws->io = io;
	ws->tls = at->tls;
	ws->port = at->url.port ? at->url.port : (at->tls ? 443 : 80);
	ws->host = str_dup(at->url.host);
	ws->path = make_path(at->url.path, config_text(io->config, CONF_NAME));
	ws->max_frame = (size_t)config_number(io->config, CONF_MAX_FRAME);
	ws->cookie = cookie_new(config_text(io->config, CONF_STATE_FILE));
	ws->files = web_files_new(io, &(struct web_server){ ws->host, ws->port, ws->tls, ws->cookie });
	if (ws->host && ws->path && ws->cookie && ws->files)
		return &ws->source;
	complaint_say(why, 0, "out of memory");
	free_source(&ws->source);
	return NULL;
}
