#include "tests/support/door_client.h"

#include "tests/support/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 5000

enum packet_type {
	CONNACK = 2,
	PUBLISH = 3,
	PUBACK = 4,
	SUBACK = 9,
	UNSUBACK = 11,
	DISCONNECT = 14,
};

struct dc {
	int fd;
	bool websocket, v311, closed;
	uint16_t mid;
	struct buf wire; /* as it came */
	struct buf in;   /* MQTT: wire without WebSocket frames */
	struct buf early; /* messages that came while an answer was waited for: whole packets */
	int end_code;
};

struct packet {
	unsigned char head;
	struct str body;
	size_t size;
};

/* ---- bytes ---- */

static void put16(struct buf *b, size_t n)
{
	buf_char(b, (char)(n >> 8 & 0xFF));
	buf_char(b, (char)(n & 0xFF));
}

static void put_text(struct buf *b, struct str s)
{
	put16(b, s.len);
	buf_str(b, s);
}

static void put_length(struct buf *b, size_t n)
{
	do {
		unsigned char byte = n % 128;

		n /= 128;
		buf_char(b, (char)(n ? byte | 0x80 : byte));
	} while (n);
}

static size_t get16(struct str s)
{
	return s.len < 2 ? 0 : (size_t)(unsigned char)s.p[0] << 8 | (unsigned char)s.p[1];
}

/* ---- the socket ---- */

static void send_all(struct dc *c, struct str bytes)
{
	while (bytes.len && !c->closed) {
		ssize_t n = send(c->fd, bytes.p, bytes.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			c->closed = true;
		else
			bytes = str_skip(bytes, (size_t)n);
	}
}

/* One masked binary frame; the mask is zero, which is legal and keeps it readable. */
static void send_frame(struct dc *c, struct str bytes)
{
	BUF_CLEANUP struct buf out = { 0 };

	buf_char(&out, (char)0x82);
	if (bytes.len < 126) {
		buf_char(&out, (char)(0x80 | bytes.len));
	} else {
		buf_char(&out, (char)(0x80 | (bytes.len < 65536 ? 126 : 127)));
		if (bytes.len >= 65536)
			buf_add(&out, "\0\0\0\0\0", 5), buf_char(&out, (char)(bytes.len >> 16));
		put16(&out, bytes.len & 0xFFFF);
	}
	buf_add(&out, "\0\0\0\0", 4);
	buf_str(&out, bytes);
	send_all(c, buf_view(&out));
}

void dc_send_raw(struct dc *c, struct str bytes)
{
	if (c->websocket)
		send_frame(c, bytes);
	else
		send_all(c, bytes);
}

static void drop_front(struct buf *b, size_t n)
{
	memmove(b->p, b->p + n, b->len - n);
	b->len -= n;
	b->p[b->len] = '\0';
}

/* More bytes; false when none came by then. */
static bool receive(struct dc *c, mono until)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
	int64_t left = mono_diff(until, mono_now());
	char block[65536];
	ssize_t n;

	if (c->closed || poll(&pfd, 1, (int)(left > 0 ? left : 0)) <= 0)
		return false;
	n = recv(c->fd, block, sizeof(block), 0);
	if (n <= 0)
		c->closed = true;
	else
		buf_add(&c->wire, block, (size_t)n);
	return n > 0;
}

/* Whole server frames (never masked) become MQTT bytes. */
static void unframe(struct dc *c)
{
	while (c->wire.len >= 2) {
		const unsigned char *p = (const unsigned char *)c->wire.p;
		size_t head = 2, len = p[1] & 0x7F;

		if (len == 126)
			head = 4;
		else if (len == 127)
			head = 10;
		if (c->wire.len < head)
			return;
		for (size_t i = 2, n = head > 2 ? (len = 0, head) : 0; i < n; i++)
			len = len << 8 | p[i];
		if (c->wire.len < head + len)
			return;
		if ((p[0] & 0x0F) <= 2)
			buf_add(&c->in, p + head, len);
		drop_front(&c->wire, head + len);
	}
}

static void sort_wire(struct dc *c)
{
	if (c->websocket) {
		unframe(c);
	} else if (c->wire.len) {
		buf_str(&c->in, buf_view(&c->wire));
		buf_clear(&c->wire);
	}
}

static bool parse(const struct buf *b, struct packet *p)
{
	size_t len = 0, at = 1;
	unsigned shift = 0;
	unsigned char byte;

	do {
		if (at >= b->len)
			return false;
		byte = (unsigned char)b->p[at++];
		len |= (size_t)(byte & 0x7F) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (b->len < at + len)
		return false;
	*p = (struct packet){ (unsigned char)b->p[0], { b->p + at, len }, at + len };
	return true;
}

/* The next packet stands at the front of c->in. */
static bool next_packet(struct dc *c, struct packet *p, mono until)
{
	for (;;) {
		sort_wire(c);
		if (parse(&c->in, p))
			return true;
		if (!receive(c, until)) {
			sort_wire(c);
			return parse(&c->in, p);
		}
	}
}

static void note_end(struct dc *c, const struct packet *p)
{
	if (p->head >> 4 == DISCONNECT)
		c->end_code = p->body.len ? (unsigned char)p->body.p[0] : 0;
}

/* Waits for a packet of this type; messages that come before it are kept for later. */
static bool await(struct dc *c, enum packet_type type, struct packet *p)
{
	mono until = mono_add(mono_now(), patience_ms(ANSWER_MS));

	while (next_packet(c, p, until)) {
		if (p->head >> 4 == (int)type)
			return true;
		note_end(c, p);
		if (p->head >> 4 == PUBLISH)
			buf_add(&c->early, c->in.p, p->size);
		drop_front(&c->in, p->size);
	}
	return false;
}

/* The last byte of an answer without properties, or of what stands in front of them. */
static int answer(struct dc *c, enum packet_type type, size_t at, int missing)
{
	struct packet p;
	int code;

	if (!await(c, type, &p))
		return c->closed ? DC_CLOSED : DC_SILENT;
	code = p.body.len > at ? (unsigned char)p.body.p[at] : missing;
	drop_front(&c->in, p.size);
	return code;
}

static void send_packet(struct dc *c, unsigned char head, const struct buf *body)
{
	BUF_CLEANUP struct buf out = { 0 };

	buf_char(&out, (char)head);
	put_length(&out, body->len);
	buf_str(&out, buf_view(body));
	dc_send_raw(c, buf_view(&out));
}

/* ---- connecting ---- */

static void bind_to(int fd, const char *from)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };

	if (from && (inet_pton(AF_INET, from, &sa.sin_addr) != 1 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0))
		fatal("cannot use the address %s: %s", from, strerror(errno));
}

static void send_upgrade(struct dc *c)
{
	send_all(c, STR("GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n"
			"Sec-WebSocket-Version: 13\r\n\r\n"));
}

struct dc *dc_dial(int port, bool websocket, const char *from)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct dc *c = calloc(1, sizeof(*c));
	int on = 1;

	if (!c)
		fatal("out of memory");
	c->end_code = DC_CLOSED;
	c->websocket = websocket;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		fatal("socket: %s", strerror(errno));
	bind_to(c->fd, from);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(c->fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		c->closed = true;
	if (websocket)
		send_upgrade(c);
	return c;
}

bool dc_upgraded(struct dc *c)
{
	mono until = mono_add(mono_now(), patience_ms(ANSWER_MS));
	char *end = NULL;

	if (!c->websocket)
		return !c->closed;
	while (!(c->wire.len && (end = strstr(c->wire.p, "\r\n\r\n"))))
		if (!receive(c, until))
			return false;
	if (strncmp(c->wire.p, "HTTP/1.1 101", 12) != 0)
		return false;
	drop_front(&c->wire, (size_t)(end - c->wire.p) + 4);
	return true;
}

void dc_send_connect(struct dc *c, const struct dc_login *l)
{
	BUF_CLEANUP struct buf body = { 0 };
	unsigned flags = (l->keep_session ? 0u : 2u) | (l->user ? 0x80u : 0) | (l->password ? 0x40u : 0) |
			 (l->will_topic ? 0x24u : 0);

	c->v311 = l->v311;
	put_text(&body, STR("MQTT"));
	buf_char(&body, l->v311 ? 4 : 5);
	buf_char(&body, (char)flags);
	put16(&body, 60);
	if (!l->v311 && l->keep_session)
		buf_add(&body, "\x05\x11\0\0\x0e\x10", 6); /* the session lives for an hour */
	else if (!l->v311)
		buf_char(&body, 0);
	put_text(&body, str_of(l->id ? l->id : ""));
	if (l->will_topic) {
		if (!l->v311)
			buf_char(&body, 0);
		put_text(&body, str_of(l->will_topic));
		put_text(&body, str_of(l->will_payload));
	}
	if (l->user)
		put_text(&body, str_of(l->user));
	if (l->password)
		put_text(&body, str_of(l->password));
	send_packet(c, 0x10, &body);
}

int dc_connack(struct dc *c)
{
	return answer(c, CONNACK, 1, DC_CLOSED);
}

struct dc *dc_connect(int port, bool websocket, const char *from, const struct dc_login *login, int *code)
{
	struct dc *c = dc_dial(port, websocket, from);
	int got = DC_CLOSED;

	if (dc_upgraded(c)) {
		dc_send_connect(c, login);
		got = dc_connack(c);
	}
	if (code)
		*code = got;
	return c;
}

/* ---- when in ---- */

static int ask(struct dc *c, unsigned char head, const char *filter, enum packet_type type)
{
	BUF_CLEANUP struct buf body = { 0 };

	put16(&body, ++c->mid);
	if (!c->v311)
		buf_char(&body, 0);
	put_text(&body, str_of(filter));
	if (type == SUBACK)
		buf_char(&body, 0);
	send_packet(c, head, &body);
	return answer(c, type, c->v311 ? 2 : 3, 0);
}

int dc_subscribe(struct dc *c, const char *filter)
{
	return ask(c, 0x82, filter, SUBACK);
}

int dc_unsubscribe(struct dc *c, const char *filter)
{
	return ask(c, 0xA2, filter, UNSUBACK);
}

static void send_publish(struct dc *c, unsigned qos, const char *topic, struct str payload, bool retain)
{
	BUF_CLEANUP struct buf body = { 0 };

	put_text(&body, str_of(topic));
	if (qos)
		put16(&body, ++c->mid);
	if (!c->v311)
		buf_char(&body, 0);
	buf_str(&body, payload);
	send_packet(c, (unsigned char)(0x30u | qos << 1 | (retain ? 1u : 0)), &body);
}

int dc_publish(struct dc *c, const char *topic, struct str payload, bool retain)
{
	send_publish(c, 1, topic, payload, retain);
	return answer(c, PUBACK, 2, 0);
}

void dc_publish_qos0(struct dc *c, const char *topic, struct str payload, bool retain)
{
	send_publish(c, 0, topic, payload, retain);
}

void dc_ping(struct dc *c)
{
	dc_send_raw(c, (struct str){ "\xC0\0", 2 });
}

static void read_publish(const struct dc *c, const struct packet *p, struct buf *topic, struct buf *payload)
{
	size_t len = get16(p->body), at = 2 + len + (p->head & 6 ? 2 : 0);

	if (!c->v311)
		at += 1 + (unsigned char)p->body.p[at]; /* properties: short ones only */
	buf_clear(topic);
	buf_clear(payload);
	buf_add(topic, p->body.p + 2, len);
	buf_str(payload, str_skip(p->body, at));
}

static bool early_message(struct dc *c, struct buf *topic, struct buf *payload)
{
	struct packet p;

	if (!c->early.len || !parse(&c->early, &p))
		return false;
	read_publish(c, &p, topic, payload);
	drop_front(&c->early, p.size);
	return true;
}

bool dc_message(struct dc *c, struct buf *topic, struct buf *payload, int64_t ms)
{
	mono until = mono_add(mono_now(), ms);
	bool found = early_message(c, topic, payload);
	struct packet p;

	while (!found && next_packet(c, &p, until)) {
		found = p.head >> 4 == PUBLISH;
		if (found)
			read_publish(c, &p, topic, payload);
		note_end(c, &p);
		drop_front(&c->in, p.size);
	}
	return found;
}

bool dc_expect(struct dc *c, const char *topic, const char *payload, int64_t ms)
{
	BUF_CLEANUP struct buf t = { 0 }, p = { 0 };
	mono until = mono_add(mono_now(), patience_ms(ms));

	while (!mono_reached(mono_now(), until))
		if (dc_message(c, &t, &p, mono_diff(until, mono_now())) && str_is(buf_view(&t), topic) &&
		    (!payload || str_is(buf_view(&p), payload)))
			return true;
	return false;
}

int dc_wait_end(struct dc *c, int64_t ms)
{
	mono until = mono_add(mono_now(), patience_ms(ms));
	struct packet p;

	while (!c->closed || c->in.len) {
		if (!next_packet(c, &p, until))
			return c->closed ? c->end_code : DC_SILENT;
		note_end(c, &p);
		drop_front(&c->in, p.size);
	}
	return c->end_code;
}

static void dc_free(struct dc *c)
{
	close(c->fd);
	buf_free(&c->wire);
	buf_free(&c->in);
	buf_free(&c->early);
	free(c);
}

void dc_leave(struct dc *c)
{
	if (!c)
		return;
	dc_send_raw(c, (struct str){ "\xE0\0", 2 });
	dc_free(c);
}

void dc_drop(struct dc *c)
{
	struct linger at_once = { 1, 0 };

	if (!c)
		return;
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	dc_free(c);
}
