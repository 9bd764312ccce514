#include "tests/support/board_conn.h"

#include "tests/support/place.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_INFLATED ((size_t)16 << 20)

void conn_free(struct conn *c)
{
	while (c->head) {
		struct chunk *k = c->head;

		c->head = k->next;
		free(k);
	}
	for (size_t i = 0; i < c->n_paths; i++)
		free(c->paths[i]);
	free(c->paths);
	buf_free(&c->in);
	buf_free(&c->message);
	close(c->fd);
	free(c);
}

/* ---- out ---- */

static void queue(struct conn *c, struct str bytes, int delay_ms)
{
	struct chunk *k = malloc(sizeof(*k) + bytes.len);
	mono now = mono_now();

	if (!k)
		fatal("out of memory");
	*k = (struct chunk){ .len = bytes.len };
	k->due = delay_ms ? mono_add(c->tail && c->tail->due.ms > now.ms ? c->tail->due : now, delay_ms) : now;
	memcpy(k->bytes, bytes.p, bytes.len);
	if (c->tail)
		c->tail->next = k;
	else
		c->head = k;
	c->tail = k;
}

static void queue_frame(struct conn *c, const struct ws_frame *frame, int delay_ms)
{
	BUF_CLEANUP struct buf out = { 0 };

	ws_put_frame(&out, frame);
	queue(c, buf_view(&out), delay_ms);
}

/* RFC 7692: a raw deflate stream, flushed, without its last four bytes. No context is kept between messages. */
static void deflate_message(struct str payload, struct buf *out)
{
	unsigned char block[16384];
	z_stream z = { 0 };

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		fatal("deflateInit2 failed");
	z.next_in = (unsigned char *)(uintptr_t)payload.p;
	z.avail_in = (unsigned int)payload.len;
	do {
		z.next_out = block;
		z.avail_out = sizeof(block);
		deflate(&z, Z_SYNC_FLUSH);
		buf_add(out, block, sizeof(block) - z.avail_out);
	} while (z.avail_out == 0);
	deflateEnd(&z);
	out->len -= 4;
}

void conn_queue_message(struct conn *c, const struct cut *cut, unsigned opcode, struct str payload)
{
	BUF_CLEANUP struct buf small = { 0 };
	struct ws_frame part = { .opcode = opcode, .deflated = c->deflate };

	if (c->deflate) {
		deflate_message(payload, &small);
		payload = buf_view(&small);
	}
	do {
		size_t n = cut->fragment_bytes && cut->fragment_bytes < payload.len ? cut->fragment_bytes : payload.len;

		part.fin = n == payload.len;
		part.payload = (struct str){ payload.p, n };
		queue_frame(c, &part, cut->delay_ms);
		payload = str_skip(payload, n);
		part.opcode = WS_CONTINUATION;
		part.deflated = false;
	} while (!part.fin);
}

void conn_queue_control(struct conn *c, enum ws_opcode opcode, struct str payload)
{
	queue_frame(c, &(struct ws_frame){ .opcode = opcode, .fin = true, .payload = payload }, 0);
}

bool conn_wants_write(const struct conn *c, mono now)
{
	return c->head && mono_reached(now, c->head->due);
}

mono conn_flush(struct conn *c, mono now)
{
	while (conn_wants_write(c, now)) {
		struct chunk *k = c->head;
		ssize_t n = send(c->fd, k->bytes + k->sent, k->len - k->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return MONO_NEVER; /* the socket is full: poll() tells when it is not */
		if (n < 0) {
			c->dead = true;
			return MONO_NEVER;
		}
		k->sent += (size_t)n;
		if (k->sent < k->len)
			continue;
		c->head = k->next;
		if (!c->head)
			c->tail = NULL;
		free(k);
	}
	if (!c->head && c->closing)
		c->dead = true;
	return c->head ? c->head->due : MONO_NEVER;
}

/* ---- the upgrade ---- */

static void copy_text(char *out, size_t size, struct str s)
{
	snprintf(out, size, "%.*s", STR_ARGS(s));
}

static void take_cookie(struct request *out, struct str value)
{
	struct str one;

	while (str_split(&value, ';', &one)) {
		one = str_trim(one);
		if (str_starts(one, STR(BOARD_COOKIE "=")))
			copy_text(out->cookie, sizeof(out->cookie), str_skip(one, strlen(BOARD_COOKIE "=")));
	}
}

static void take_header(struct request *out, struct str line)
{
	struct str name, value = line;

	if (!str_split(&value, ':', &name) || !value.p)
		return;
	value = str_trim(value);
	if (name.len == 17 && strncasecmp(name.p, "Sec-WebSocket-Key", 17) == 0)
		copy_text(out->key, sizeof(out->key), value);
	else if (name.len == 24 && strncasecmp(name.p, "Sec-WebSocket-Extensions", 24) == 0)
		out->deflate_offered |= memmem(value.p, value.len, "permessage-deflate", 18) != NULL;
	else if (name.len == 6 && strncasecmp(name.p, "Cookie", 6) == 0)
		take_cookie(out, value);
}

static void drop_input(struct conn *c, size_t n)
{
	memmove(c->in.p, c->in.p + n, c->in.len - n + 1);
	c->in.len -= n;
}

bool conn_take_request(struct conn *c, struct request *out)
{
	const char *end = c->in.len ? memmem(c->in.p, c->in.len, "\r\n\r\n", 4) : NULL;
	struct str rest, line;

	if (!end)
		return false;
	rest = (struct str){ c->in.p, (size_t)(end - c->in.p) };
	str_split(&rest, '\n', &line);
	copy_text(out->line, sizeof(out->line), str_trim(line));
	while (str_split(&rest, '\n', &line))
		take_header(out, line);
	drop_input(c, (size_t)(end - c->in.p) + 4);
	return true;
}

static void accept_key(const char *key, char *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	char text[200];

	snprintf(text, sizeof(text), "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)out, digest, (int)n);
}

void conn_answer_upgrade(struct conn *c, const struct request *r, const char *cookie)
{
	BUF_CLEANUP struct buf out = { 0 };
	char key[64];

	accept_key(r->key, key);
	buf_puts(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n");
	buf_printf(&out, "Sec-WebSocket-Accept: %s\r\n", key);
	buf_printf(&out, "Set-Cookie: " BOARD_COOKIE "=%s; Path=/; Max-Age=1296000\r\n", cookie);
	if (c->deflate)
		buf_puts(&out, "Sec-WebSocket-Extensions: permessage-deflate;server_no_context_takeover;"
			       "client_no_context_takeover\r\n");
	buf_puts(&out, "\r\n");
	queue(c, buf_view(&out), 0);
	c->upgraded = true;
}

void conn_answer_503(struct conn *c)
{
	queue(c, STR("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), 0);
	c->closing = true;
}

/* ---- in ---- */

/* Takes a frame that a client may send. Its payload stands in c->in until *size bytes are dropped there. */
static enum ws_result scan_frame(struct conn *c, struct ws_frame *frame, size_t *size)
{
	char *p = c->in.p;
	size_t left = c->in.len;
	enum ws_scan scan = c->deflate ? ws_scan_deflated_frame(&p, &left, frame) : ws_scan_frame(&p, &left, frame);

	if (scan == WS_SCAN_MORE)
		return WS_INCOMPLETE;
	*size = c->in.len - left;
	return scan == WS_SCAN_DONE && frame->masked ? WS_MESSAGE : WS_BROKEN;
}

static bool inflate_message(struct str payload, struct buf *out)
{
	static const char tail[] = { 0, 0, (char)0xFF, (char)0xFF };
	BUF_CLEANUP struct buf whole = { 0 };
	unsigned char block[16384];
	z_stream z = { 0 };
	int rc;

	buf_str(&whole, payload);
	buf_add(&whole, tail, sizeof(tail));
	if (inflateInit2(&z, -15) != Z_OK)
		fatal("inflateInit2 failed");
	z.next_in = (unsigned char *)whole.p;
	z.avail_in = (unsigned int)whole.len;
	do {
		z.next_out = block;
		z.avail_out = sizeof(block);
		rc = inflate(&z, Z_SYNC_FLUSH);
		buf_add(out, block, sizeof(block) - z.avail_out);
	} while (rc == Z_OK && z.avail_out == 0 && out->len < MAX_INFLATED);
	inflateEnd(&z);
	return rc == Z_OK || rc == Z_BUF_ERROR;
}

static bool finish_message(struct conn *c, struct ws_message *out)
{
	bool ok = true;

	if (c->message_deflated)
		ok = inflate_message(buf_view(&c->message), &out->payload);
	else
		buf_str(&out->payload, buf_view(&c->message));
	buf_clear(&c->message);
	return ok;
}

enum ws_result conn_take_message(struct conn *c, struct ws_message *out)
{
	struct ws_frame frame;
	enum ws_result result;
	size_t size;

	*out = (struct ws_message){ 0 };
	do {
		bool control;

		result = scan_frame(c, &frame, &size);
		if (result != WS_MESSAGE)
			return result;
		control = frame.opcode >= WS_CLOSE;
		buf_str(control ? &out->payload : &c->message, frame.payload);
		drop_input(c, size);
		if (frame.opcode != WS_CONTINUATION)
			out->opcode = frame.opcode;
		if (control)
			return WS_MESSAGE;
		if (frame.opcode != WS_CONTINUATION)
			c->message_deflated = frame.deflated;
	} while (!frame.fin);
	return finish_message(c, out) ? WS_MESSAGE : WS_BROKEN;
}
