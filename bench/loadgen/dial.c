#include "bench/loadgen/dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

uint32_t dial_source(unsigned net, int64_t index, int64_t n)
{
	return 0x7f000000u | net << 8 | (uint32_t)(1 + index % n);
}

static int bind_source(int fd, uint32_t source)
{
	const struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(source) };
	const int one = 1;

	/* Without this bind() takes a port for the address alone, and 28,000 sockets are the end. With it connect() takes one, which need
	 * differ only from those that lead to the same server. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	return bind(fd, (const struct sockaddr *)&from, sizeof(from));
}

static int set_up(int fd, const struct dial *d)
{
	const int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (d->patience) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, d->patience, sizeof(*d->patience));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, d->patience, sizeof(*d->patience));
	}
	if (d->source && bind_source(fd, d->source))
		return -1;
	if (connect(fd, (const struct sockaddr *)&d->to, sizeof(d->to)) && errno != EINPROGRESS)
		return -1;
	return 0;
}

int dial(const struct dial *d)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (d->blocking ? 0 : SOCK_NONBLOCK), 0);

	if (fd < 0)
		return -1;
	if (set_up(fd, d)) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

void dial_drop(int fd)
{
	const struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}
