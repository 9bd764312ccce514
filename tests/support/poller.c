#include "tests/support/poller.h"

#include "base/mono.h"
#include "tests/support/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 256

struct line {
	struct buf in;
	bool busy;
};

struct poller {
	const struct poll_plan *plan;
	struct pollfd fds[MAX_CONNECTIONS];
	struct line lines[MAX_CONNECTIONS];
	struct buf request;
	int64_t (*age_ms)(struct str body, void *arg);
	void *arg;
	struct poll_result *out;
};

static int dial(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		fatal("poller: can't connect to port %d: %s", port, strerror(errno));
	return fd;
}

/* Takes an answer once it is whole, with as many bytes of body as its Content-Length says. */
static bool take_answer(struct buf *in, int *status, struct str *body)
{
	const char *end = in->len ? memmem(in->p, in->len, "\r\n\r\n", 4) : NULL;
	const char *length = end ? strcasestr(in->p, "content-length:") : NULL;
	size_t n, head;

	if (!length || length > end)
		return false;
	n = (size_t)atol(length + 15);
	head = (size_t)(end - in->p) + 4;
	if (in->len < head + n)
		return false;
	*status = atoi(in->p + 9);
	*body = (struct str){ in->p + head, n };
	return true;
}

static void judge(struct poller *p, int status, struct str body)
{
	int64_t age = p->age_ms(body, p->arg);

	p->out->answered++;
	p->out->not_ok += status != 200;
	if (age > p->out->oldest_ms)
		p->out->oldest_ms = age;
}

static void receive(struct poller *p, size_t i)
{
	char block[65536];
	struct str body;
	int status;
	ssize_t n = recv(p->fds[i].fd, block, sizeof(block), 0);

	if (n <= 0) { /* a server may end a connection after so many requests */
		close(p->fds[i].fd);
		p->fds[i].fd = dial(p->plan->port);
		p->lines[i].busy = false;
		buf_clear(&p->lines[i].in);
		return;
	}
	buf_add(&p->lines[i].in, block, (size_t)n);
	if (!take_answer(&p->lines[i].in, &status, &body))
		return;
	judge(p, status, body);
	buf_clear(&p->lines[i].in);
	p->lines[i].busy = false;
}

static void send_due(struct poller *p, mono start)
{
	int64_t due = mono_diff(mono_now(), start) * p->plan->per_second / 1000;

	for (size_t i = 0; i < p->plan->connections && p->out->sent < due; i++) {
		if (p->lines[i].busy)
			continue;
		if (send(p->fds[i].fd, p->request.p, p->request.len, MSG_NOSIGNAL) != (ssize_t)p->request.len)
			continue;
		p->lines[i].busy = true;
		p->out->sent++;
	}
}

static void run(struct poller *p, void (*every_100_ms)(void *arg))
{
	mono start = mono_now(), end = mono_add(start, p->plan->duration_ms), next = start;

	while (!mono_reached(mono_now(), end)) {
		if (mono_reached(mono_now(), next)) {
			every_100_ms(p->arg);
			next = mono_add(next, 100);
		}
		send_due(p, start);
		if (poll(p->fds, p->plan->connections, 1) <= 0)
			continue;
		for (size_t i = 0; i < p->plan->connections; i++)
			if (p->fds[i].revents)
				receive(p, i);
	}
}

void poller_run(const struct poll_plan *plan, int64_t (*age_ms)(struct str body, void *arg), void (*every_100_ms)(void *arg),
		void *arg, struct poll_result *out)
{
	struct poller *p = calloc(1, sizeof(*p));

	if (!p || plan->connections > MAX_CONNECTIONS)
		fatal("poller: no memory, or too many connections");
	*p = (struct poller){ .plan = plan, .age_ms = age_ms, .arg = arg, .out = out };
	*out = (struct poll_result){ 0 };
	buf_printf(&p->request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", plan->path);
	for (size_t i = 0; i < plan->connections; i++)
		p->fds[i] = (struct pollfd){ .fd = dial(plan->port), .events = POLLIN };
	run(p, every_100_ms);
	for (size_t i = 0; i < plan->connections; i++) {
		close(p->fds[i].fd);
		buf_free(&p->lines[i].in);
	}
	buf_free(&p->request);
	free(p);
}
