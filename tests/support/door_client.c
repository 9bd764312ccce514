#include "tests/support/door_client.h"

#include "bench/wire/mqtt.h"
#include "bench/wire/ws.h"
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
#define KEEPALIVE_S 60

struct dc {
	int fd;
	bool websocket, closed;
	bool upgraded; /* from here on a WebSocket's bytes are frames */
	int version;   /* of MQTT: 5, or 4 for 3.1.1 */
	uint16_t mid;
	struct buf wire;  /* what has come and was not taken yet */
	struct buf in;    /* MQTT packets, without WebSocket frames around them */
	struct buf early; /* PUBLISH packets that came while an answer was waited for */
	int end_code;     /* the reason code of the broker's DISCONNECT; DC_CLOSED as long as none has come */
};

/* A packet at the front of dc.in or dc.early, where it takes up `size` bytes until it is dropped. */
struct packet {
	struct mqtt_packet mqtt;
	size_t size;
};

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

/* Sends the bytes in one binary frame. */
static void send_frame(struct dc *c, struct str bytes)
{
	BUF_CLEANUP struct buf out = { 0 };

	ws_put_client_frame(&out, WS_BINARY, bytes);
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

/* Waits for more bytes. False: none came by then. */
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

/* Moves the payloads of whole frames from `wire` to `in`; a frame that is not whole stays. */
static void unframe(struct dc *c)
{
	char *rest = c->wire.p;
	size_t len = c->wire.len;
	struct ws_frame f;
	enum ws_scan scan;

	while ((scan = ws_scan_frame(&rest, &len, &f)) == WS_SCAN_DONE)
		if (f.opcode <= WS_BINARY)
			buf_str(&c->in, f.payload);
	if (scan == WS_SCAN_BAD)
		fatal("the broker sent what is no WebSocket frame");
	if (len < c->wire.len)
		drop_front(&c->wire, c->wire.len - len);
}

static void sort_wire(struct dc *c)
{
	if (c->websocket) {
		if (c->upgraded)
			unframe(c);
	} else if (c->wire.len) {
		buf_str(&c->in, buf_view(&c->wire));
		buf_clear(&c->wire);
	}
}

static bool parse(const struct buf *b, struct packet *p)
{
	struct str rest = buf_view(b);
	enum mqtt_scan scan = mqtt_scan(&rest, &p->mqtt);

	if (scan == MQTT_SCAN_BAD)
		fatal("the broker sent what is no MQTT packet");
	p->size = b->len - rest.len;
	return scan == MQTT_SCAN_PACKET;
}

/* Waits until the next packet stands at the front of c->in. */
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
	if (p->mqtt.type == MQTT_DISCONNECT)
		c->end_code = mqtt_reason_code(&p->mqtt, c->version);
}

/* Waits for a packet of this type; messages that come before it are kept for later. */
static bool await(struct dc *c, enum mqtt_type type, struct packet *p)
{
	mono until = mono_add(mono_now(), patience_ms(ANSWER_MS));

	while (next_packet(c, p, until)) {
		if (p->mqtt.type == type)
			return true;
		note_end(c, p);
		if (p->mqtt.type == MQTT_PUBLISH)
			buf_add(&c->early, c->in.p, p->size);
		drop_front(&c->in, p->size);
	}
	return false;
}

/* Waits for a packet of this type, and returns its reason code. */
static int answer(struct dc *c, enum mqtt_type type)
{
	struct packet p;
	int code;

	if (!await(c, type, &p))
		return c->closed ? DC_CLOSED : DC_SILENT;
	code = mqtt_reason_code(&p.mqtt, c->version);
	drop_front(&c->in, p.size);
	return code;
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
	BUF_CLEANUP struct buf out = { 0 };

	ws_put_request(&out, STR("127.0.0.1"), STR("/mqtt"), "mqtt");
	send_all(c, buf_view(&out));
}

struct dc *dc_dial(int port, bool websocket, const char *from)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct dc *c = calloc(1, sizeof(*c));
	int on = 1;

	if (!c)
		fatal("out of memory");
	c->end_code = DC_CLOSED;
	c->version = 5;
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
	enum ws_scan scan;
	struct str rest;
	int status;

	if (!c->websocket)
		return !c->closed;
	do {
		rest = buf_view(&c->wire);
		scan = ws_scan_response(&rest, &status);
	} while (scan == WS_SCAN_MORE && receive(c, until));
	if (scan != WS_SCAN_DONE)
		return false;
	drop_front(&c->wire, c->wire.len - rest.len);
	c->upgraded = true;
	return true;
}

void dc_send_connect(struct dc *c, const struct dc_login *l)
{
	BUF_CLEANUP struct buf out = { 0 };

	c->version = l->v311 ? 4 : 5;
	mqtt_put_connect(&out, &(struct mqtt_login){
				       .version = c->version,
				       .client_id = l->id ? l->id : "",
				       .user = l->user,
				       .password = l->password,
				       .keepalive_s = KEEPALIVE_S,
				       .keep_session = l->keep_session,
				       .will_topic = l->will_topic,
				       .will_payload = l->will_payload,
			       });
	dc_send_raw(c, buf_view(&out));
}

int dc_connack(struct dc *c)
{
	return answer(c, MQTT_CONNACK);
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

/* ---- once connected ---- */

int dc_subscribe(struct dc *c, const char *filter)
{
	BUF_CLEANUP struct buf out = { 0 };
	const struct str one = str_of(filter);

	mqtt_put_subscribe(&out, c->version, ++c->mid, &one, 1);
	dc_send_raw(c, buf_view(&out));
	return answer(c, MQTT_SUBACK);
}

int dc_unsubscribe(struct dc *c, const char *filter)
{
	BUF_CLEANUP struct buf out = { 0 };
	const struct str one = str_of(filter);

	mqtt_put_unsubscribe(&out, c->version, ++c->mid, &one, 1);
	dc_send_raw(c, buf_view(&out));
	return answer(c, MQTT_UNSUBACK);
}

static void send_publish(struct dc *c, const struct mqtt_message *m)
{
	BUF_CLEANUP struct buf out = { 0 };

	mqtt_put_publish(&out, c->version, m);
	dc_send_raw(c, buf_view(&out));
}

int dc_publish(struct dc *c, const char *topic, struct str payload, bool retain)
{
	send_publish(c, &(struct mqtt_message){ str_of(topic), payload, 1, retain, ++c->mid });
	return answer(c, MQTT_PUBACK);
}

void dc_publish_qos0(struct dc *c, const char *topic, struct str payload, bool retain)
{
	send_publish(c, &(struct mqtt_message){ str_of(topic), payload, 0, retain, 0 });
}

void dc_ping(struct dc *c)
{
	BUF_CLEANUP struct buf out = { 0 };

	mqtt_put_pingreq(&out);
	dc_send_raw(c, buf_view(&out));
}

static void read_publish(const struct dc *c, const struct packet *p, struct buf *topic, struct buf *payload)
{
	struct mqtt_message m;

	if (!mqtt_read_publish(&p->mqtt, c->version, &m))
		fatal("the broker sent a malformed PUBLISH");
	buf_clear(topic);
	buf_clear(payload);
	buf_str(topic, m.topic);
	buf_str(payload, m.payload);
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
		found = p.mqtt.type == MQTT_PUBLISH;
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
	BUF_CLEANUP struct buf out = { 0 };

	if (!c)
		return;
	mqtt_put_disconnect(&out);
	dc_send_raw(c, buf_view(&out));
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
