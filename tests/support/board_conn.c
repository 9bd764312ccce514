#include "tests/support/board_priv.h"

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

static void queue(struct conn *c, struct str head, struct str body, int delay_ms)
{
	struct chunk *k = malloc(sizeof(*k) + head.len + body.len);
	mono now = mono_now();

	if (!k)
		fatal("out of memory");
	*k = (struct chunk){ .len = head.len + body.len };
	k->due = delay_ms ? mono_add(c->tail && c->tail->due.ms > now.ms ? c->tail->due : now, delay_ms) : now;
	memcpy(k->bytes, head.p, head.len);
	if (body.len)
		memcpy(k->bytes + head.len, body.p, body.len);
	if (c->tail)
		c->tail->next = k;
	else
		c->head = k;
	c->tail = k;
}

static void queue_frame(struct conn *c, unsigned int first_byte, struct str payload, int delay_ms)
{
	unsigned char head[10] = { (unsigned char)first_byte };
	size_t n = 2;

	if (payload.len < 126) {
		head[1] = (unsigned char)payload.len;
	} else {
		size_t width = payload.len < 65536 ? 2 : 8;

		head[1] = width == 2 ? 126 : 127;
		for (size_t i = 0; i < width; i++)
			head[2 + i] = (unsigned char)((uint64_t)payload.len >> 8 * (width - 1 - i));
		n += width;
	}
	queue(c, (struct str){ (char *)head, n }, payload, delay_ms);
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

void conn_queue_message(struct conn *c, const struct wire *w, enum ws_opcode opcode, struct str payload)
{
	BUF_CLEANUP struct buf small = { 0 };
	unsigned int first = (unsigned int)opcode;
	bool last;

	if (c->deflate) {
		deflate_message(payload, &small);
		payload = buf_view(&small);
		first |= 0x40;
	}
	do {
		size_t n = w->fragment_bytes && w->fragment_bytes < payload.len ? w->fragment_bytes : payload.len;

		last = n == payload.len;
		queue_frame(c, last ? first | 0x80 : first, (struct str){ payload.p, n }, w->delay_ms);
		payload = str_skip(payload, n);
		first = WS_CONTINUATION;
	} while (!last);
}

void conn_queue_control(struct conn *c, enum ws_opcode opcode, struct str payload)
{
	queue_frame(c, 0x80 | (unsigned int)opcode, payload, 0);
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
			return MONO_NEVER; /* poll tells */
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
	queue(c, buf_view(&out), STR(""), 0);
	c->upgraded = true;
}

void conn_answer_503(struct conn *c)
{
	queue(c, STR("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), STR(""), 0);
	c->closing = true;
}

/* ---- in ---- */

struct frame_head {
	bool fin, deflated;
	enum ws_opcode opcode;
	size_t head_bytes; /* with the mask */
	size_t len;
	unsigned char mask[4];
};

static enum ws_result parse_head(struct str in, struct frame_head *h)
{
	const unsigned char *p = (const unsigned char *)in.p;
	size_t width;

	if (in.len < 2)
		return WS_INCOMPLETE;
	if (!(p[1] & 0x80))
		return WS_BROKEN; /* a client masks */
	h->fin = p[0] & 0x80;
	h->deflated = p[0] & 0x40;
	h->opcode = (enum ws_opcode)(p[0] & 0x0F);
	h->len = p[1] & 0x7F;
	width = h->len == 126 ? 2 : h->len == 127 ? 8 : 0;
	h->head_bytes = 2 + width + 4;
	if (in.len < h->head_bytes)
		return WS_INCOMPLETE;
	if (width)
		h->len = 0;
	for (size_t i = 0; i < width; i++)
		h->len = h->len << 8 | p[2 + i];
	memcpy(h->mask, p + 2 + width, 4);
	return in.len - h->head_bytes < h->len ? WS_INCOMPLETE : WS_MESSAGE;
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

static void take_payload(struct conn *c, const struct frame_head *h, struct buf *out)
{
	const char *p = c->in.p + h->head_bytes;

	for (size_t i = 0; i < h->len; i++)
		buf_char(out, (char)(p[i] ^ (char)h->mask[i % 4]));
	drop_input(c, h->head_bytes + h->len);
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
	struct frame_head h;
	enum ws_result result;

	*out = (struct ws_message){ 0 };
	do {
		result = parse_head(buf_view(&c->in), &h);
		if (result != WS_MESSAGE)
			return result;
		if (h.opcode >= WS_CLOSE) {
			out->opcode = h.opcode;
			take_payload(c, &h, &out->payload);
			return WS_MESSAGE;
		}
		if (h.opcode != WS_CONTINUATION) {
			out->opcode = h.opcode;
			c->message_deflated = h.deflated;
		}
		take_payload(c, &h, &c->message);
	} while (!h.fin);
	return finish_message(c, out) ? WS_MESSAGE : WS_BROKEN;
}
