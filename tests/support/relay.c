#include "tests/support/relay.h"

#include "tests/support/place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define POLL_MS 20
#define MAX_PAIRS 32

struct pair {
	int in, out; /* -1: no such pair */
};

struct relay {
	int port, to_port, listen_fd;
	struct pair pairs[MAX_PAIRS];
	pthread_t thread;
	atomic_int mode;
	atomic_bool end;
};

static struct sockaddr_in local(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sa;
}

static void drop(struct pair *p)
{
	if (p->in < 0)
		return;
	close(p->in);
	close(p->out);
	p->in = p->out = -1;
}

static void drop_all(struct relay *r)
{
	for (size_t i = 0; i < MAX_PAIRS; i++)
		drop(&r->pairs[i]);
}

static bool pass(int from, int to)
{
	char block[16384];
	ssize_t n = recv(from, block, sizeof(block), MSG_DONTWAIT);

	for (ssize_t done = 0, some; done < n; done += some) {
		some = send(to, block + done, (size_t)(n - done), MSG_NOSIGNAL);
		if (some <= 0)
			return false;
	}
	return n > 0;
}

static void take(struct relay *r)
{
	struct sockaddr_in sa = local(r->to_port);
	int fd = accept4(r->listen_fd, NULL, NULL, SOCK_CLOEXEC), on = 1;
	/* otherwise a peer that does not read would block the thread for ever, and it serves all connections */
	struct timeval timeout = { .tv_sec = 2 };
	struct pair p = { fd, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };

	setsockopt(p.in, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(p.out, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(p.in, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	setsockopt(p.out, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	for (size_t i = 0; r->mode != RELAY_CUT && i < MAX_PAIRS; i++) {
		if (r->pairs[i].in >= 0)
			continue;
		if (connect(p.out, (struct sockaddr *)&sa, sizeof(sa)) != 0)
			break;
		r->pairs[i] = p;
		return;
	}
	drop(&p);
}

static void pass_all(struct relay *r, const struct pollfd *fds)
{
	for (size_t i = 0; i < MAX_PAIRS; i++) {
		struct pair *p = &r->pairs[i];

		if (p->in >= 0 && fds[2 * i].revents && !pass(p->in, p->out))
			drop(p);
		if (p->in >= 0 && fds[2 * i + 1].revents && !pass(p->out, p->in))
			drop(p);
	}
}

static void *run(void *data)
{
	struct relay *r = data;
	struct pollfd fds[2 * MAX_PAIRS + 1];

	while (!r->end) {
		bool hold = r->mode == RELAY_HOLD;

		if (r->mode == RELAY_CUT)
			drop_all(r);
		for (size_t i = 0; i < MAX_PAIRS; i++) {
			fds[2 * i] = (struct pollfd){ .fd = hold ? -1 : r->pairs[i].in, .events = POLLIN };
			fds[2 * i + 1] = (struct pollfd){ .fd = hold ? -1 : r->pairs[i].out, .events = POLLIN };
		}
		fds[2 * MAX_PAIRS] = (struct pollfd){ .fd = r->listen_fd, .events = POLLIN };
		if (poll(fds, 2 * MAX_PAIRS + 1, POLL_MS) <= 0)
			continue;
		if (r->mode == RELAY_PASS)
			pass_all(r, fds);
		if (fds[2 * MAX_PAIRS].revents)
			take(r);
	}
	drop_all(r);
	return NULL;
}

struct relay *relay_start(int to_port)
{
	struct relay *r = calloc(1, sizeof(*r));
	struct sockaddr_in sa;
	int on = 1;

	if (!r)
		fatal("out of memory");
	for (size_t i = 0; i < MAX_PAIRS; i++)
		r->pairs[i] = (struct pair){ -1, -1 };
	r->port = port_free();
	r->to_port = to_port;
	sa = local(r->port);
	r->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(r->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(r->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(r->listen_fd, 16) != 0)
		fatal("relay cannot listen on %d", r->port);
	if (pthread_create(&r->thread, NULL, run, r) != 0)
		fatal("no thread for relay");
	return r;
}

int relay_port(const struct relay *r)
{
	return r->port;
}

void relay_set(struct relay *r, enum relay_mode mode)
{
	r->mode = (int)mode;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	r->end = true;
	pthread_join(r->thread, NULL);
	close(r->listen_fd);
	free(r);
}
