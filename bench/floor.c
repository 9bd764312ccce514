/* floor - the least that any server of a crowd can do: it takes a message from its one upstream and send()s it to every
 * client that has connected. It has no topics, no permissions and no queues, and drops a client that cannot take a whole
 * frame at once. What a broker costs is compared with this.
 *
 *   floor PORT [PAD]     PAD: blanks behind each delta, to make it as long as an MQTT packet with the same payload
 *
 * A client opens a WebSocket; the one that asks for /upstream is the publisher. The last message with a "state" is what
 * a new client gets first.
 */
#include "bench/wire/ws.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS 19900
#define MAX_REQUEST 65536
#define MAX_MESSAGE (4 << 20)

struct client {
	int fd;
	bool open;     /* the handshake is over */
	bool upstream; /* the publisher, not a listener */
	struct buf in;
	struct client *next, *previous; /* in the ring of listeners; NULL: it is not in it */
};

struct server {
	int epfd, listener;
	int64_t pad; /* blanks behind each delta */
	size_t n_clients;
	struct client listeners; /* head of a ring */
	struct buf snapshot, frame;
};

static void leave(struct server *s, struct client *c)
{
	if (c->next) {
		c->next->previous = c->previous;
		c->previous->next = c->next;
	}
	close(c->fd);
	buf_free(&c->in);
	free(c);
	s->n_clients--;
}

static void enter(struct server *s, struct client *c)
{
	c->next = &s->listeners;
	c->previous = s->listeners.previous;
	c->previous->next = c;
	s->listeners.previous = c;
}

static bool say(const struct client *c, const struct buf *bytes)
{
	return send(c->fd, bytes->p, bytes->len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)bytes->len;
}

/* The fan-out: what this program is there for. */
static void fan_out(struct server *s)
{
	struct client *next;

	for (struct client *c = s->listeners.next; c != &s->listeners; c = next) {
		next = c->next;
		if (!say(c, &s->frame))
			leave(s, c);
	}
}

static void take_message(struct server *s, struct str text)
{
	struct buf padded BUF_CLEANUP = { 0 };

	if (memmem(text.p, text.len, "\"state\":", 8)) {
		buf_clear(&s->snapshot);
		ws_put_server_frame(&s->snapshot, WS_TEXT, text);
		return;
	}
	buf_str(&padded, text);
	for (int64_t i = 0; i < s->pad; i++)
		buf_char(&padded, ' ');
	buf_clear(&s->frame);
	ws_put_server_frame(&s->frame, WS_TEXT, buf_view(&padded));
	fan_out(s);
}

static bool take_upstream(struct server *s, struct client *c)
{
	char *p = c->in.p;
	size_t len = c->in.len;
	struct ws_frame frame;
	enum ws_scan scan;

	while ((scan = ws_scan_frame(&p, &len, &frame)) == WS_SCAN_DONE) {
		if (frame.opcode == WS_CLOSE)
			return false;
		if (frame.opcode == WS_TEXT)
			take_message(s, frame.payload);
	}
	if (scan == WS_SCAN_BAD)
		return false;
	memmove(c->in.p, p, len);
	buf_cut(&c->in, len);
	return true;
}

static bool take_request(struct server *s, struct client *c)
{
	static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
				     "Sec-WebSocket-Accept: " WS_ACCEPT "\r\n\r\n";
	struct buf out BUF_CLEANUP = { 0 };

	if (!memmem(c->in.p, c->in.len, "\r\n\r\n", 4))
		return c->in.len < MAX_REQUEST;
	c->open = true;
	c->upstream = str_starts(buf_view(&c->in), STR("GET /upstream "));
	buf_free(&c->in);
	buf_puts(&out, answer);
	if (!c->upstream) {
		buf_str(&out, buf_view(&s->snapshot));
		enter(s, c);
	}
	return say(c, &out);
}

/* False: the client is to be dropped. What a listener sends (a pong, a close) is read and forgotten. */
static bool take_bytes(struct server *s, struct client *c)
{
	char bytes[65536];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EAGAIN)
		return true;
	if (n <= 0)
		return false;
	if (c->open && !c->upstream)
		return true;
	buf_add(&c->in, bytes, (size_t)n);
	if (c->in.failed || c->in.len > MAX_MESSAGE)
		return false;
	return c->open ? take_upstream(s, c) : take_request(s, c);
}

static void accept_all(struct server *s)
{
	const int one = 1;
	int fd;

	while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct client *c = s->n_clients < MAX_CLIENTS ? calloc(1, sizeof(*c)) : NULL;
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

		if (!c || epoll_ctl(s->epfd, EPOLL_CTL_ADD, fd, &ev)) {
			free(c);
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c->fd = fd;
		s->n_clients++;
	}
}

static int listen_at(struct server *s, int64_t port)
{
	const struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	const int one = 1;

	s->epfd = epoll_create1(EPOLL_CLOEXEC);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s->epfd < 0 || bind(s->listener, (const struct sockaddr *)&at, sizeof(at)) || listen(s->listener, 4096) ||
	    epoll_ctl(s->epfd, EPOLL_CTL_ADD, s->listener, &ev)) {
		perror("floor");
		return -1;
	}
	return 0;
}

/* Takes one event at a time: a fan-out may free clients, and further events in hand could be theirs. */
static void serve(struct server *s)
{
	struct epoll_event ev;

	for (;;) {
		if (epoll_wait(s->epfd, &ev, 1, -1) != 1)
			continue;
		if (!ev.data.ptr)
			accept_all(s);
		else if (!take_bytes(s, ev.data.ptr))
			leave(s, ev.data.ptr);
	}
}

int main(int argc, char **argv)
{
	struct server s = { 0 };
	int64_t port;

	if (argc < 2 || !str_to_int(str_of(argv[1]), &port) || port < 1 || port > 65535 ||
	    (argc > 2 && !str_to_int(str_of(argv[2]), &s.pad))) {
		fputs("usage: floor PORT [PAD]\n", stderr);
		return 2;
	}
	s.listeners.next = s.listeners.previous = &s.listeners;
	if (listen_at(&s, port))
		return 1;
	serve(&s);
}
