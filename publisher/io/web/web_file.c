#include "publisher/io/web/web_file.h"

#include "publisher/io/resolve.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

/* Each attempt is a struct fetch of its own, which lives until libwebsockets has said its last word on it. That may be after its end was told:
 * then it has no owner any more. */
struct web_files {
	struct io *io;
	struct web_server at;
	struct fetch *fetch;   /* the one that is on its way; NULL: none */
	struct fetch *fetches; /* all of which libwebsockets may still say something */
};

struct fetch {
	struct fetch *prev, *next;
	struct web_files *home;
	struct web_files *owner; /* the same as home, until its end was told; then NULL */
	struct lws *wsi;
	struct resolve *resolve; /* while the name is looked up */
	char *path;
	struct buf body;
	bool has_answer; /* its status was 200 */
	lws_sorted_usec_list_t timer;
};

static void fetch_free(struct fetch *f)
{
	DL_DELETE(f->home->fetches, f);
	resolve_cancel(f->resolve);
	buf_free(&f->body);
	free(f->path);
	free(f);
}

static void stop_timer(struct fetch *f)
{
	lws_sul_cancel(&f->timer); /* not by lws_sul_schedule() without a function: libwebsockets 4.3 aborts */
}

/* --- its end --- */

/* False: there is no memory. */
static bool write_hash(struct str bytes, char digits[FILE_HASH_DIGITS + 1])
{
	unsigned char hash[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(bytes.p, bytes.len, hash, NULL, EVP_sha256(), NULL))
		return false;
	for (size_t i = 0; i < FILE_HASH_DIGITS / 2; i++)
		snprintf(digits + 2 * i, 3, "%02x", hash[i]);
	return true;
}

static void end(struct fetch *f, enum file_result r)
{
	struct web_files *w = f->owner;
	char digits[FILE_HASH_DIGITS + 1] = "";
	struct file_fetched got = { .result = r, .bytes = STR(""), .hash = digits };

	if (!w)
		return;
	stop_timer(f);
	f->owner = NULL;
	w->fetch = NULL;
	if (r == FILE_GOOD && (f->body.failed || !write_hash(buf_view(&f->body), digits)))
		got.result = FILE_TOO_MANY;
	else if (r == FILE_GOOD)
		got.bytes = buf_view(&f->body);
	bridge_source_file(w->io->bridge, &got, io_now());
	buf_free(&f->body);
}

/* Ends what libwebsockets still does for it, some time later; or frees it, if that is nothing. */
static void abandon(struct fetch *f)
{
	if (!f->wsi) {
		fetch_free(f);
		return;
	}
	shutdown(lws_get_socket_fd(f->wsi), SHUT_RDWR);
	lws_set_timeout(f->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
	struct fetch *f = lws_container_of(timer, struct fetch, timer);

	end(f, FILE_TOO_SLOW);
	abandon(f);
}

/* --- the answer --- */

static int append_cookie(const struct fetch *f, void *in, size_t len)
{
	const char *cookie = cookie_get(f->home->at.cookie);
	unsigned char **p = in, *last = *p + len;

	if (!*cookie)
		return 0;
	return lws_add_http_header_by_token(f->wsi, WSI_TOKEN_HTTP_COOKIE, (const unsigned char *)cookie, (int)strlen(cookie), p, last);
}

static void begin_answer(struct fetch *f)
{
	unsigned int status = lws_http_client_http_response(f->wsi);

	f->has_answer = status == 200;
	if (status >= 300 && status < 400)
		end(f, FILE_REDIRECT);
	else if (status != 200)
		end(f, FILE_BAD_STATUS);
}

/* libwebsockets undoes the chunks, if there are any, and calls back with what is in them. */
static int read_some(struct lws *wsi)
{
	char room[LWS_PRE + 4096], *p = room + LWS_PRE;
	int n = sizeof(room) - LWS_PRE;

	return lws_http_client_read(wsi, &p, &n) < 0 ? -1 : 0;
}

/* A server may name a chunk's size so that libwebsockets takes it for negative and hands us that: larger than all there is, and no sum may be
 * made of it. */
static void take(struct fetch *f, const char *bytes, size_t len)
{
	if (len > FILE_MAX_BYTES - f->body.len)
		end(f, FILE_TOO_LARGE);
	else
		buf_add(&f->body, bytes, len);
}

/* What libwebsockets says of a fetch. */
struct event {
	struct lws *wsi;
	enum lws_callback_reasons reason;
	void *in;
	size_t len;
};

/* Not 0: the connection is to be closed. */
static int fetch_event(struct fetch *f, const struct event *e)
{
	switch (e->reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		f->wsi = e->wsi;
		return append_cookie(f, e->in, e->len);
	case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
		end(f, FILE_REDIRECT);
		break;
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
		f->wsi = e->wsi;
		begin_answer(f);
		break;
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
		return read_some(e->wsi);
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
		take(f, e->in, e->len);
		break;
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		end(f, f->has_answer ? FILE_GOOD : FILE_UNREACHED);
		break;
	default:
		break;
	}
	return f->owner ? 0 : -1;
}

int web_file_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	const struct event e = { wsi, reason, in, len };
	struct fetch *f = lws_get_opaque_user_data(wsi);

	(void)user;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
		if (!f)
			return 0;
		lws_set_opaque_user_data(wsi, NULL);
		end(f, FILE_UNREACHED);
		fetch_free(f);
		return 0;
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
	case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
	case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
	case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
	case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
		return f && f->owner ? fetch_event(f, &e) : -1;
	default:
		return 0;
	}
}

/* --- its beginning --- */

static void connect_now(struct fetch *f)
{
	const struct web_server *at = &f->home->at;
	struct lws_client_connect_info info = {
		.context = f->home->io->lws,
		.address = at->host,
		.port = at->port,
		.path = f->path,
		.host = at->host,
		.ssl_connection = (at->tls ? LCCSCF_USE_SSL : 0) | LCCSCF_HTTP_NO_FOLLOW_REDIRECT,
		.method = "GET",
		.alpn = "http/1.1",
		.local_protocol_name = WEB_FILE_PROTOCOL,
		.opaque_user_data = f,
		.pwsi = &f->wsi,
	};
	struct web_files *w = f->home;

	if (lws_client_connect_via_info(&info) || w->fetch != f)
		return;
	/* it failed at once, without a callback */
	end(f, FILE_UNREACHED);
	fetch_free(f);
}

static void resolved(void *arg, enum resolve_families found)
{
	struct fetch *f = arg;

	f->resolve = NULL;
	if (found) {
		connect_now(f);
		return;
	}
	end(f, FILE_UNREACHED);
	fetch_free(f);
}

void web_files_get(struct web_files *w, struct str path)
{
	struct fetch *f = calloc(1, sizeof(*f));
	const struct file_fetched failed = { .result = FILE_TOO_MANY, .bytes = STR(""), .hash = "" };

	if (f)
		f->path = str_dup(path);
	if (!f || !f->path) {
		free(f);
		bridge_source_file(w->io->bridge, &failed, io_now());
		return;
	}
	f->home = f->owner = w;
	w->fetch = f;
	DL_APPEND(w->fetches, f);
	lws_sul_schedule(w->io->lws, 0, &f->timer, on_timer, WEB_FILE_WITHIN_MS * LWS_US_PER_MS);
	f->resolve = resolve_start(w->io, w->at.host, resolved, f);
	if (!f->resolve)
		connect_now(f);
}

struct web_files *web_files_new(struct io *io, const struct web_server *at)
{
	struct web_files *w = calloc(1, sizeof(*w));

	if (w)
		*w = (struct web_files){ .io = io, .at = *at };
	return w;
}

void web_files_free(struct web_files *w)
{
	if (!w)
		return;
	while (w->fetches)
		fetch_free(w->fetches);
	free(w);
}
