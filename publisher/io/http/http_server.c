#include "publisher/io/http/http_server.h"

#include "base/log.h"
#include "publisher/core/options/url.h"
#include "publisher/io/http/http_conn.h"
#include "publisher/io/http/http_history.h"
#include "publisher/io/watch.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024
#define EVENTS_AT_ONCE 64 /* after so many the loop goes on to the scoreboard and the broker */
#define REVIEW_MS 1000
#define COMPLAIN_EVERY_MS 10000

struct http_server {
	struct http_clients clients;
	struct watch *watch;
	struct seat_limits limits;
	int listener;
	bool listening; /* epoll tells of new clients */
	mono next_review, next_complaint;
	unsigned int refused; /* connections, since the last line in the log about them */
};

/* --- the pages --- */

/* Our own pages (which have a board/) need MQTT.js in vendor/. Without it they show the same, but each viewer is a stream of
 * this server instead of a client of the broker, and nobody would notice before there are many. NULL: nothing is missing. */
static const char *missing_library(const char *web_dir, char *name, size_t size)
{
	snprintf(name, size, "%s/board/board.js", web_dir);
	if (!*web_dir || access(name, R_OK))
		return NULL;
	snprintf(name, size, "%s/vendor/mqtt.esm.js", web_dir);
	return access(name, R_OK) ? name : NULL;
}

static void check_pages(struct http_server *h, bool tell)
{
	char name[512];
	const char *missing = missing_library(h->clients.web_dir, name, sizeof(name));

	bridge_gauge(h->clients.io->bridge, HEALTH_WEB_MISSING, missing != NULL);
	if (*h->clients.web_dir)
		bridge_part(h->clients.io->bridge,
			    &(struct part_report){ "pages", NULL, !missing, missing ? "MQTT.js is missing: every viewer is a stream of ours" : "served" },
			    io_now());
	if (missing && tell)
		log_warn("http", "the pages lack MQTT.js: every viewer will be a stream of ours instead of a client of the broker; "
				 "run `npm --prefix web ci` in the clone, and install again  file=%s",
			 missing);
}

/* --- coming in --- */

static void refuse(struct http_server *h, enum seat_result why)
{
	h->refused++;
	bridge_count(h->clients.io->bridge, why == SEAT_ADDRESS_FULL ? HEALTH_HTTP_ADDRESS_CONNECTIONS
								     : HEALTH_HTTP_ALL_CONNECTIONS);
}

static void complain(struct http_server *h, mono now)
{
	if (!h->refused || !mono_reached(now, h->next_complaint))
		return;
	log_warn("http", "too many clients: connections were refused  refused=%u connections=%zu", h->refused,
		 seats_taken(h->clients.seats, SEAT_CONNECTION));
	h->refused = 0;
	h->next_complaint = mono_add(now, COMPLAIN_EVERY_MS);
}

/* Memory that the kernel uses for our sockets is charged to our control group, too. So little is kept there for a client that does not read
 * (TCP_NOTSENT_LOWAT), and a client whose machine has acknowledged nothing for a minute is given up (TCP_USER_TIMEOUT): the
 * heartbeats of its stream would go on filling that memory. */
static void tune(int fd)
{
	const int on = 1, unsent_bytes = 16384, gone_after_ms = 60000;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof(unsent_bytes));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_after_ms, sizeof(gone_after_ms));
}

static void seat_client(struct http_server *h, int fd, const struct sockaddr *from)
{
	struct address *address = NULL;
	enum seat_result r = seats_enter(h->clients.seats, from, &address);

	if (r == SEAT_TAKEN) {
		tune(fd);
		if (http_conn_new(&h->clients, fd, address, mono_now()))
			return;
		seats_give_back(h->clients.seats, address, SEAT_CONNECTION);
		r = SEAT_ALL_TAKEN;
	}
	close(fd);
	refuse(h, r);
}

static void listen_again(struct http_server *h, bool on)
{
	struct epoll_event e = { .events = on ? EPOLLIN : 0U };

	if (h->listening != on && epoll_ctl(h->clients.epoll, EPOLL_CTL_MOD, h->listener, &e) == 0)
		h->listening = on;
}

/* When the system has no descriptor or memory left, the listener is not watched until the next review: the client that waits there
 * would wake us without end. */
static void accept_some(struct http_server *h)
{
	for (int i = 0; i < EVENTS_AT_ONCE; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t size = sizeof(from);
		int fd = accept4(h->listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
			refuse(h, SEAT_ALL_TAKEN);
			listen_again(h, false);
		}
		if (fd < 0)
			return;
		seat_client(h, fd, (struct sockaddr *)&from);
	}
}

static void on_ready(void *arg)
{
	struct http_server *h = arg;
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(h->clients.epoll, events, EVENTS_AT_ONCE, 0);

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			http_conn_ready(events[i].data.ptr, events[i].events);
		else
			accept_some(h);
	}
}

/* A server that is full still answers those who are in, so that it is well for a load balancer, but somebody should look. */
static void tell_seats(const struct http_server *h)
{
	size_t taken[SEAT_KINDS];
	char why[PART_WHY_SIZE];
	bool full = false;

	for (size_t i = 0; i < SEAT_HISTORY; i++) { /* who waits for the history has a connection */
		taken[i] = seats_taken(h->clients.seats, (enum seat_kind)i);
		full |= taken[i] >= h->limits.total[i];
	}
	snprintf(why, sizeof(why), "%s%zu of %zu connections, %zu of %zu streams", full ? "full: " : "", taken[SEAT_CONNECTION],
		 h->limits.total[SEAT_CONNECTION], taken[SEAT_STREAM], h->limits.total[SEAT_STREAM]);
	bridge_part(h->clients.io->bridge, &(struct part_report){ "http", NULL, !full, why }, io_now());
}

void http_server_review(struct http_server *h, mono now)
{
	event_streams_wake(&h->clients.streams, now);
	bridge_gauge(h->clients.io->bridge, HEALTH_HTTP_CONNECTIONS, (double)seats_taken(h->clients.seats, SEAT_CONNECTION));
	bridge_watching(h->clients.io->bridge, seats_taken(h->clients.seats, SEAT_STREAM), h->clients.polling);
	if (!mono_reached(now, h->next_review))
		return;
	h->next_review = mono_add(now, REVIEW_MS);
	http_conns_review(&h->clients, now);
	listen_again(h, true);
	check_pages(h, false);
	tell_seats(h);
	complain(h, now);
}

/* --- life --- */

static int listen_at(const struct addrinfo *a)
{
	const int on = 1, off = 0;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6) /* so that "[::]", and no address at all, mean IPv4 as well */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

/* -1: the address is not ours, or the port is in use. */
static int open_port(const char *listen_text)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char address[256], service[8];
	struct str host;
	int port, fd = -1;

	if (!url_parse_listen(str_of(listen_text), &host, &port))
		return -1;
	snprintf(address, sizeof(address), "%.*s", STR_ARGS(host));
	snprintf(service, sizeof(service), "%d", port);
	hints.ai_family = host.len ? AF_UNSPEC : AF_INET6;
	if (getaddrinfo(host.len ? address : NULL, service, &hints, &found) == 0)
		fd = listen_at(found);
	if (found)
		freeaddrinfo(found);
	if (fd >= 0 || host.len)
		return fd;
	/* no address was given, and the machine may have no IPv6 */
	snprintf(address, sizeof(address), "0.0.0.0:%d", port);
	return open_port(address);
}

static struct seat_limits read_limits(const struct config *c)
{
	const struct seat_limits wanted = {
		.total = { (size_t)config_number(c, CONF_HTTP_CONNECTIONS), SIZE_MAX, HTTP_HISTORY_SEATS },
		.per_address = { (size_t)config_number(c, CONF_HTTP_PER_ADDRESS), (size_t)config_number(c, CONF_HTTP_STREAMS),
				 HTTP_HISTORY_SEATS_PER_ADDRESS },
	};
	struct rlimit files = { .rlim_cur = 1024 };
	struct seat_limits fitting;

	getrlimit(RLIMIT_NOFILE, &files);
	fitting = seats_fit(wanted, (size_t)files.rlim_cur);
	if (fitting.total[SEAT_CONNECTION] < wanted.total[SEAT_CONNECTION])
		log_warn("http", "fewer clients are let in than http-connections says: raise the limit on open files  connections=%zu files=%llu seats=%zu",
			 wanted.total[SEAT_CONNECTION], (unsigned long long)files.rlim_cur, fitting.total[SEAT_CONNECTION]);
	return fitting;
}

static bool watch_port(struct http_server *h)
{
	const struct watch_events events = { .readable = on_ready, .arg = h };
	struct epoll_event e = { .events = EPOLLIN };

	if (epoll_ctl(h->clients.epoll, EPOLL_CTL_ADD, h->listener, &e))
		return false;
	h->listening = true;
	h->watch = watch_new(h->clients.io, h->clients.epoll, &events);
	return h->watch != NULL;
}

struct http_server *http_server_new(struct io *io, struct complaint *why)
{
	struct http_server *h = calloc(1, sizeof(*h));

	if (!h) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	h->limits = read_limits(io->config);
	h->clients = (struct http_clients){
		.io = io,
		.streams = { .io = io, .gzip = event_gzip_new() },
		.cache = answer_cache_new(io),
		.seats = seats_new(&h->limits),
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.web_dir = config_text(io->config, CONF_WEB_DIR),
	};
	h->listener = open_port(config_text(io->config, CONF_HTTP));
	if (h->listener < 0) {
		complaint_say(why, 0, "http: can't listen on %s: the port is in use or the address is not this machine's",
			      complaint_value(config_text(io->config, CONF_HTTP)).text);
	} else if (h->clients.cache && h->clients.streams.gzip && h->clients.seats && watch_port(h)) {
		check_pages(h, true);
		tell_seats(h);
		return h;
	} else {
		complaint_say(why, 0, "out of memory");
	}
	http_server_free(h);
	return NULL;
}

void http_server_free(struct http_server *h)
{
	if (!h)
		return;
	watch_free(h->watch);
	http_conns_free(&h->clients);
	if (h->listener >= 0)
		close(h->listener);
	if (h->clients.epoll >= 0)
		close(h->clients.epoll);
	seats_free(h->clients.seats);
	event_gzip_free(h->clients.streams.gzip);
	answer_cache_free(h->clients.cache);
	free(h);
}
