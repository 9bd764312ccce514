#include "tests/support/tls_front.h"

#include "tests/support/certs.h"
#include "tests/support/place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define POLL_MS 50 /* so often it looks whether it shall end */

struct tls_front {
	int port, to_port, listen_fd;
	SSL_CTX *ctx;
	pthread_t thread;
	atomic_bool end;
};

static struct sockaddr_in local(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sa;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, POLL_MS) > 0;
}

static bool pass_in(SSL *ssl, int plain)
{
	char block[16384];
	int n = SSL_read(ssl, block, sizeof(block));

	return n > 0 && send(plain, block, (size_t)n, MSG_NOSIGNAL) == n;
}

static bool pass_out(SSL *ssl, int plain)
{
	char block[16384];
	ssize_t n = recv(plain, block, sizeof(block), 0);

	return n > 0 && SSL_write(ssl, block, (int)n) == n;
}

static void pass_bytes(struct tls_front *f, SSL *ssl, int plain)
{
	struct pollfd p[2] = { { .fd = SSL_get_fd(ssl), .events = POLLIN }, { .fd = plain, .events = POLLIN } };
	bool ok = true;

	while (ok && !f->end) {
		int waiting = SSL_pending(ssl);

		poll(p, 2, waiting ? 0 : POLL_MS);
		if (waiting || p[0].revents)
			ok = pass_in(ssl, plain);
		if (ok && p[1].revents)
			ok = pass_out(ssl, plain);
	}
}

static void serve(struct tls_front *f, int fd)
{
	struct timeval timeout = { .tv_sec = 5 };
	struct sockaddr_in sa = local(f->to_port);
	int plain = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *ssl = SSL_new(f->ctx);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && connect(plain, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		pass_bytes(f, ssl, plain);
	SSL_free(ssl);
	close(plain);
}

static void *run(void *data)
{
	struct tls_front *f = data;

	while (!f->end) {
		int fd = readable(f->listen_fd) ? accept4(f->listen_fd, NULL, NULL, SOCK_CLOEXEC) : -1;

		if (fd < 0)
			continue;
		serve(f, fd);
		close(fd);
	}
	return NULL;
}

struct tls_front *tls_front_start(int to_port)
{
	const struct certs *c = certs_get();
	struct tls_front *f = calloc(1, sizeof(*f));
	struct sockaddr_in sa;

	if (!f)
		fatal("out of memory");
	f->port = port_free();
	f->to_port = to_port;
	f->ctx = SSL_CTX_new(TLS_server_method());
	if (SSL_CTX_use_certificate_file(f->ctx, c->server_cert, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(f->ctx, c->server_key, SSL_FILETYPE_PEM) != 1)
		fatal("tls_front: cannot use the certificate");
	sa = local(f->port);
	f->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(f->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(f->listen_fd, 16) != 0)
		fatal("tls_front cannot listen on %d", f->port);
	if (pthread_create(&f->thread, NULL, run, f) != 0)
		fatal("no thread for tls_front");
	return f;
}

int tls_front_port(const struct tls_front *f)
{
	return f->port;
}

void tls_front_free(struct tls_front *f)
{
	if (!f)
		return;
	f->end = true;
	pthread_join(f->thread, NULL);
	close(f->listen_fd);
	SSL_CTX_free(f->ctx);
	free(f);
}
