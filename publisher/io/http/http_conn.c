#include "publisher/io/http/http_conn.h"

#include "publisher/io/http/http_file.h"
#include "publisher/io/http/http_history.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#define PIECE_BYTES 16384

enum phase {
	READING,
	ANSWERING,
	LINGERING,
	GONE, /* it is over; work_and_wait() frees it, once nobody uses it any more */
};

struct http_conn {
	struct http_conn *prev, *next;
	struct http_clients *all;
	struct address *address;
	int fd;
	unsigned int wanted; /* the events that epoll has been asked to tell */
	enum phase phase;
	mono deadline;
	mono polled;    /* when it asked for a view last; 0: it has not */
	struct buf in;  /* received: the head of a request, or a part of it, and what the client sent behind it */
	struct buf out; /* a piece of the answer; its first `sent` bytes are in the socket */
	size_t sent;
	size_t charged;               /* our part of all->waiting_bytes */
	struct http_file file;        /* where the rest of the answer comes from, when it is a page */
	char picture[FILE_NAME_SIZE]; /* likewise, a picture of the scoreboard's; empty: it is none */
	size_t picture_done;          /* so many of its bytes were taken into `out` */
	struct event_stream *stream;  /* where it comes from, when it is a stream of events; else NULL */
	struct http_history *history; /* likewise an answer of the history */
	bool head_only;               /* the request was HEAD: kept for an answer of the history */
	bool close;                   /* the connection ends with the answer */
	bool eof;                     /* the client has said that it sends nothing more */
};

/* --- what the client holds --- */

/* Corrects our part of all->waiting_bytes. */
static void charge(struct http_conn *c)
{
	size_t n = c->out.len - c->sent;

	c->all->waiting_bytes += n;
	c->all->waiting_bytes -= c->charged;
	c->charged = n;
}

static void end_history(struct http_conn *c)
{
	if (c->history)
		seats_give_back(c->all->seats, c->address, SEAT_HISTORY);
	http_history_free(c->history);
	c->history = NULL;
}

static void drop_answer(struct http_conn *c)
{
	if (c->stream)
		seats_give_back(c->all->seats, c->address, SEAT_STREAM);
	event_stream_free(c->stream);
	c->stream = NULL;
	end_history(c);
	http_file_close(&c->file);
	*c->picture = '\0';
	buf_free(&c->out);
	c->sent = 0;
	charge(c);
}

static void conn_free(struct http_conn *c)
{
	drop_answer(c);
	seats_give_back(c->all->seats, c->address, SEAT_CONNECTION);
	DL_DELETE(c->all->first, c);
	close(c->fd); /* which takes it out of the epoll set */
	buf_free(&c->in);
	free(c);
}

static void count(struct http_conn *c, enum health_row row)
{
	bridge_count(c->all->io->bridge, row);
}

/* --- a request --- */

static void send_answer(struct http_conn *c, struct answer *a, const struct http_request *q)
{
	c->close |= !q->keep_alive || q->has_body || a->endless;
	a->close = c->close;
	answer_write_head(a, c->all->io->config, &c->out);
	if (q->method != HTTP_METHOD_HEAD)
		buf_str(&c->out, buf_view(&a->body));
	if (c->out.failed)
		c->phase = GONE;
	answer_free(a);
}

static void refuse(struct http_conn *c, int status, const struct http_request *q)
{
	struct answer a;

	answer_refuse(status, &a);
	a.of_view = status == 404; /* so that whoever wants another scoreboard can say which one is here */
	send_answer(c, &a, q);
}

static void have_news(void *arg);

static enum seat_result take_stream(struct http_conn *c, const struct http_request *q, struct str view)
{
	const struct event_stream_owner owner = { have_news, c };
	const struct event_stream_wish wish = { view, q->last_event_id, http_request_takes_gzip(q) };
	enum seat_result r = seats_take(c->all->seats, c->address, SEAT_STREAM);

	if (r != SEAT_TAKEN)
		return r;
	c->stream = event_stream_new(&c->all->streams, &wish, &owner);
	if (c->stream)
		return SEAT_TAKEN;
	seats_give_back(c->all->seats, c->address, SEAT_STREAM);
	return SEAT_ALL_TAKEN;
}

static void begin_stream(struct http_conn *c, const struct http_request *q, struct str view)
{
	struct answer a = { .status = 200, .type = "text/event-stream", .cache_control = "no-store", .endless = true };
	enum seat_result r = SEAT_TAKEN;

	count(c, HEALTH_HTTP_EVENTS);
	if (q->method == HTTP_METHOD_HEAD)
		answer_refuse(405, &a);
	else
		r = take_stream(c, q, view);
	if (r != SEAT_TAKEN) {
		count(c, r == SEAT_ADDRESS_FULL ? HEALTH_HTTP_ADDRESS_STREAMS : HEALTH_HTTP_ALL_STREAMS);
		answer_refuse(503, &a);
	}
	a.of_view = true;
	a.gzip = c->stream && http_request_takes_gzip(q);
	if (a.gzip)
		event_gzip_head(&a.body);
	send_answer(c, &a, q);
}

static enum seat_result take_history(struct http_conn *c, const struct ask *ask)
{
	const struct history_asker owner = { have_news, c };
	enum seat_result r = seats_take(c->all->seats, c->address, SEAT_HISTORY);

	if (r != SEAT_TAKEN)
		return r;
	c->history = http_history_new(c->all->io, ask, &owner);
	if (c->history)
		return SEAT_TAKEN;
	seats_give_back(c->all->seats, c->address, SEAT_HISTORY);
	return SEAT_ALL_TAKEN;
}

/* The answer comes later, in refill(). */
static void begin_history(struct http_conn *c, const struct http_request *q, const struct ask *ask)
{
	enum seat_result r;

	count(c, HEALTH_HTTP_HISTORY);
	if (q->method == HTTP_METHOD_HEAD && ask->kind == ASK_DELTAS) {
		refuse(c, 405, q);
		return;
	}
	r = take_history(c, ask);
	if (r != SEAT_TAKEN) {
		count(c, r == SEAT_ADDRESS_FULL ? HEALTH_HTTP_ADDRESS_HISTORY : HEALTH_HTTP_ALL_HISTORY);
		refuse(c, 503, q);
		return;
	}
	c->close |= !q->keep_alive || q->has_body || ask->kind == ASK_DELTAS;
	c->head_only = q->method == HTTP_METHOD_HEAD;
}

static void begin_file(struct http_conn *c, const struct http_request *q)
{
	struct answer a = { .status = 200, .cache_control = "no-cache" };

	count(c, HEALTH_HTTP_FILE);
	if (!http_file_open(&c->file, c->all->web_dir, q->path, http_request_takes_gzip(q))) {
		refuse(c, 404, q);
		return;
	}
	a.type = c->file.type;
	a.is_page = strcmp(a.type, HTTP_FILE_HTML) == 0;
	a.length = (size_t)c->file.stat.st_size;
	a.gzip = c->file.gzip;
	http_file_etag(&c->file, a.etag, sizeof(a.etag));
	if (http_request_has_etag(q, a.etag))
		a.status = 304;
	send_answer(c, &a, q);
	if (q->method == HTTP_METHOD_HEAD || a.status == 304)
		http_file_close(&c->file);
}

/* A picture of the scoreboard's, "/<prefix>/file/<name>". */
static bool wants_picture(const struct http_conn *c, const struct http_request *q, struct str *name, struct file_content *content)
{
	struct str prefix = str_of(config_text(c->all->io->config, CONF_PREFIX)), rest;

	if (!http_path_name(str_of(q->path), prefix, STR(""), &rest) || !str_starts(rest, STR(FILES_TOPIC)))
		return false;
	*name = str_skip(rest, strlen(FILES_TOPIC));
	return bridge_file(c->all->io->bridge, *name, content);
}

/* A name means the same picture for ever. */
static void begin_picture(struct http_conn *c, const struct http_request *q, const struct file_content *content)
{
	struct answer a = { .status = 200, .type = content->type, .of_view = true, .is_inert = true };

	count(c, HEALTH_HTTP_PICTURE);
	a.cache_control = "public, max-age=31536000, immutable";
	a.length = content->bytes.len;
	send_answer(c, &a, q);
}

static void begin_answer(struct http_conn *c, const struct http_request *q)
{
	struct answer a = { 0 };
	struct str view, name;
	struct file_content content;
	struct ask ask;
	enum ask_result asks = http_history_wants(c->all->io, q, &ask);

	if (q->method == HTTP_METHOD_OTHER) {
		refuse(c, 405, q);
	} else if (c->all->waiting_bytes > HTTP_WAITING_MAX_BYTES) {
		count(c, HEALTH_HTTP_ALL_MEMORY);
		refuse(c, 503, q);
	} else if (asks == ASK_GOOD) {
		begin_history(c, q, &ask);
	} else if (asks == ASK_BAD) {
		refuse(c, 400, q);
	} else if (event_stream_wants(c->all->io, str_of(q->path), &view)) {
		begin_stream(c, q, view);
	} else if (wants_picture(c, q, &name, &content)) {
		begin_picture(c, q, &content);
		if (q->method == HTTP_METHOD_GET)
			str_copy(c->picture, sizeof(c->picture), name.p);
		c->picture_done = 0;
	} else if (answer_make(c->all->cache, q, &a)) {
		count(c, a.of_view ? HEALTH_HTTP_VIEW : *a.etag ? HEALTH_HTTP_FILE
								: HEALTH_HTTP_HEALTH);
		if (a.of_view)
			c->polled = mono_now();
		send_answer(c, &a, q);
	} else {
		begin_file(c, q);
	}
}

static void drop_input(struct http_conn *c, size_t n)
{
	struct buf rest = { 0 };

	buf_add(&rest, c->in.p + n, c->in.len - n);
	buf_free(&c->in);
	if (rest.len)
		c->in = rest;
	else
		buf_free(&rest);
}

/* Begins to answer the request that `in` begins with. False: it is not whole yet. */
static bool take_request(struct http_conn *c, mono now)
{
	struct http_request q;
	enum http_head r = http_request_read(buf_view(&c->in), &q);

	if (r == HTTP_HEAD_PART)
		return false;
	c->phase = ANSWERING;
	c->deadline = mono_add(now, HTTP_STALL_MS);
	if (r == HTTP_HEAD_WHOLE) {
		begin_answer(c, &q);
	} else {
		q.keep_alive = false;
		refuse(c, (int)r, &q);
		q.length = c->in.len;
	}
	drop_input(c, q.length);
	return true;
}

/* --- the socket --- */

/* Reads what the client has sent. While one request is being answered, the next may arrive: it is kept, up to the length that a head may
 * have. What the client of a stream sends, or one whose connection is about to end, is thrown away. */
static void receive(struct http_conn *c)
{
	bool keep = c->phase != LINGERING && !c->stream && !c->close;
	char bytes[HTTP_HEAD_MAX_BYTES];
	size_t room = keep ? sizeof(bytes) - c->in.len : sizeof(bytes);
	ssize_t n;

	if (!room)
		return;
	n = recv(c->fd, bytes, room, MSG_DONTWAIT);
	if (n == 0)
		c->eof = true;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->phase = GONE;
	if (n > 0 && keep)
		buf_add(&c->in, bytes, (size_t)n);
}

static void write_answer(struct http_conn *c, struct answer *a)
{
	if (c->all->waiting_bytes > HTTP_WAITING_MAX_BYTES) { /* others' since it was asked for */
		count(c, HEALTH_HTTP_ALL_MEMORY);
		answer_free(a);
		answer_refuse(503, a);
		end_history(c);
	}
	a->close = c->close;
	answer_write_head(a, c->all->io->config, &c->out);
	if (!c->head_only)
		buf_str(&c->out, buf_view(&a->body));
}

/* False: there is nothing yet, or no more; or the client is GONE. */
static bool refill_history(struct http_conn *c)
{
	struct answer a = { 0 };

	switch (http_history_next(c->history, &a)) {
	case HTTP_HISTORY_WAITS:
		break;
	case HTTP_HISTORY_ANSWER:
		write_answer(c, &a);
		if (!a.endless) /* it is whole: how fast the client takes it is no matter of the history */
			end_history(c);
		break;
	case HTTP_HISTORY_PIECE:
		buf_str(&c->out, buf_view(&a.body));
		break;
	case HTTP_HISTORY_END:
		end_history(c);
		break;
	case HTTP_HISTORY_FAILED:
		c->phase = GONE;
		break;
	}
	answer_free(&a);
	if (c->out.failed)
		c->phase = GONE;
	return c->out.len && c->phase != GONE;
}

/* It is looked up for each piece, so that slow clients, however many, hold no memory of it. False: all of it was sent, or it is not kept
 * any more. */
static bool refill_picture(struct http_conn *c)
{
	struct file_content content;

	if (!bridge_file(c->all->io->bridge, str_of(c->picture), &content) || content.bytes.len < c->picture_done) {
		c->phase = GONE;
		return false;
	}
	content.bytes = str_skip(content.bytes, c->picture_done);
	content.bytes.len = content.bytes.len < PIECE_BYTES ? content.bytes.len : PIECE_BYTES;
	buf_str(&c->out, content.bytes);
	c->picture_done += content.bytes.len;
	return content.bytes.len > 0;
}

/* Puts the next piece of the answer into `out`, when what was there has been sent. False: there is no next piece, because the answer is
 * whole, or because it is a stream that has no news; or the client is GONE. */
static bool refill(struct http_conn *c)
{
	buf_free(&c->out);
	c->sent = 0;
	if (c->stream)
		return event_stream_next(c->stream, io_now(), &c->out);
	if (c->history)
		return refill_history(c);
	if (*c->picture)
		return refill_picture(c);
	if (http_file_is_done(&c->file))
		return false;
	if (!http_file_read(&c->file, &c->out, PIECE_BYTES))
		c->phase = GONE; /* the head has promised more bytes than there are any more */
	return c->phase != GONE;
}

/* False: the socket takes nothing now, or the client is GONE. */
static bool send_some(struct http_conn *c, mono now)
{
	ssize_t n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			c->phase = GONE;
		return false;
	}
	c->sent += (size_t)n;
	c->deadline = mono_add(now, HTTP_STALL_MS);
	return true;
}

static void end_answer(struct http_conn *c, mono now)
{
	bool unread = c->in.len > 0;

	drop_answer(c);
	c->phase = READING;
	c->deadline = mono_add(now, unread ? HTTP_HEAD_WITHIN_MS : HTTP_IDLE_MS);
	if (!c->close)
		return;
	shutdown(c->fd, SHUT_WR);
	c->phase = LINGERING;
	c->deadline = mono_add(now, HTTP_LINGER_MS);
}

/* False: there is nothing to do until the socket has room, or the stream or the history has news; or the client is GONE. */
static bool answer_on(struct http_conn *c, mono now)
{
	if (c->sent < c->out.len)
		return send_some(c, now);
	if (refill(c)) {
		c->deadline = mono_add(now, HTTP_STALL_MS);
		/* a stream counts as told what was not sent, so it may not go on */
		if (c->out.failed)
			c->phase = GONE;
		return !c->out.failed;
	}
	if (c->stream)
		c->deadline = MONO_NEVER;
	else if (c->phase != GONE && !c->history)
		end_answer(c, now);
	return !c->stream && !c->history && c->phase != GONE;
}

static void work(struct http_conn *c, mono now)
{
	bool more = true;

	while (more && c->phase != GONE) {
		if (c->phase == READING)
			more = take_request(c, now);
		else if (c->phase == ANSWERING)
			more = answer_on(c, now);
		else
			more = false;
	}
	if (c->eof && (c->phase != ANSWERING || c->stream))
		c->phase = GONE;
	if (c->stream && c->all->waiting_bytes > HTTP_WAITING_MAX_BYTES && c->sent < c->out.len) {
		count(c, HEALTH_HTTP_ALL_MEMORY);
		c->phase = GONE;
	}
}

static void ask_epoll(struct http_conn *c)
{
	unsigned int wanted = (c->eof || c->in.len >= HTTP_HEAD_MAX_BYTES ? 0U : EPOLLIN) |
			      (c->sent < c->out.len ? EPOLLOUT : 0U);
	struct epoll_event e = { .events = wanted, .data.ptr = c };

	if (wanted == c->wanted)
		return;
	c->wanted = wanted;
	if (epoll_ctl(c->all->epoll, EPOLL_CTL_MOD, c->fd, &e))
		c->phase = GONE;
}

static void work_and_wait(struct http_conn *c)
{
	work(c, mono_now());
	charge(c);
	if (c->phase != GONE)
		ask_epoll(c);
	if (c->phase == GONE)
		conn_free(c);
}

static void have_news(void *arg)
{
	struct http_conn *c = arg;

	if (c->sent >= c->out.len) /* else the news is asked for when the socket has taken what was there before */
		work_and_wait(c);
}

void http_conn_ready(struct http_conn *c, unsigned int events)
{
	bool began = c->in.len == 0;

	if (events & (EPOLLERR | EPOLLHUP))
		c->phase = GONE;
	else if (events & EPOLLIN)
		receive(c);
	if (c->phase == READING && began && c->in.len)
		c->deadline = mono_add(mono_now(), HTTP_HEAD_WITHIN_MS);
	work_and_wait(c);
}

bool http_conn_new(struct http_clients *all, int fd, struct address *address, mono now)
{
	struct http_conn *c = calloc(1, sizeof(*c));
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };

	if (!c || epoll_ctl(all->epoll, EPOLL_CTL_ADD, fd, &e)) {
		free(c);
		return false;
	}
	*c = (struct http_conn){ .all = all, .address = address, .fd = fd, .wanted = EPOLLIN };
	c->deadline = mono_add(now, HTTP_HEAD_WITHIN_MS);
	DL_APPEND(all->first, c);
	return true;
}

static bool polls(const struct http_conn *c, mono now)
{
	return c->polled.ms && !c->stream && mono_diff(now, c->polled) < HTTP_POLLS_MS;
}

void http_conns_review(struct http_clients *all, mono now)
{
	struct http_conn *c, *next;

	all->polling = 0;
	for (c = all->first; c; c = next) {
		next = c->next;
		all->polling += polls(c, now);
		if (!mono_reached(now, c->deadline))
			continue;
		if (c->phase == ANSWERING || c->in.len) /* silence between two requests is not counted as slowness */
			count(c, HEALTH_HTTP_TOO_SLOW);
		conn_free(c);
	}
}

void http_conns_free(struct http_clients *all)
{
	while (all->first)
		conn_free(all->first);
}
