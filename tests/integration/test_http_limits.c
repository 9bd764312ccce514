/* Who comes from one address: the publisher's limits, and nginx's in front of it. Everything here is in a network of the test's own, with
 * addresses that are nobody's: on this machine's own all clients would be loopback, which is exempt. */
#include "tests/support/nginx.h"
#include "tests/support/place.h"
#include "tests/support/publisher.h"
#include "tests/unit/unit.h"

#include <netdb.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const unit_name = "http_limits";

#define METRIC "scoreboard_publisher_"
#define REFUSED(reason) METRIC "http_refused_total{reason=\"" reason "\"}"

static void own_network(void)
{
	static const char script[] = "ip link set lo up && ip address add 10.9.0.1/32 dev lo && ip address add 10.9.0.2/32 dev lo && "
				     "for a in 1::1 1::2 2::1; do ip -6 address add fd00:9:0:$a/128 dev lo nodad || exit 1; done";
	static bool done;

	if (done)
		return;
	done = true;
	if (unshare(CLONE_NEWNET))
		unit_skip_all("it may not make a network of its own");
	if (proc_run(ARGV("sh", "-c", script), (struct str){ "", 0 }, NULL, NULL) != 0)
		unit_skip_all("its network can't have addresses");
}

static struct addrinfo *address_of(const char *address, int port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM }, *found = NULL;
	char service[16];

	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(address, service, &hints, &found))
		fatal("no address: %s", address);
	return found;
}

/* From one of our addresses to itself; -1: refused. */
static int dial(const char *address, int port)
{
	struct addrinfo *from = address_of(address, 0), *to = address_of(address, port);
	const struct timeval timeout = { .tv_sec = 5 };
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (bind(fd, from->ai_addr, from->ai_addrlen) || connect(fd, to->ai_addr, to->ai_addrlen)) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(from);
	freeaddrinfo(to);
	return fd;
}

/* The status of the answer, 0 when the connection was closed without one. */
static int ask(int fd, const char *path)
{
	BUF_CLEANUP struct buf request = { 0 };
	char answer[65536];
	ssize_t n;

	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	if (send(fd, request.p, request.len, MSG_NOSIGNAL) < 0)
		return 0;
	n = recv(fd, answer, sizeof(answer) - 1, 0);
	return n > 12 ? atoi(answer + 9) : 0;
}

/* How many of `n` new clients are answered 200; they stay. */
static int crowd(const char *address, int port, const char *path, int n, int *fds)
{
	int served = 0;

	for (int i = 0; i < n; i++) {
		fds[i] = dial(address, port);
		served += fds[i] >= 0 && ask(fds[i], path) == 200;
	}
	return served;
}

static void go(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static struct publisher *start(const char *const *args)
{
	static const char *all[24];
	const char *const own[] = { "--source", "file:tests/fixtures/game.jsonl", "--loop", "--broker", "none", "--schema", "schema/crg.json",
				    "--web-dir", "web" };
	size_t n = sizeof(own) / sizeof(own[0]);
	struct publisher *p;

	own_network();
	CU_ASSERT_FATAL(chdir(place_source(".")) == 0);
	memcpy(all, own, sizeof(own));
	while (*args)
		all[n++] = *args++;
	all[n] = NULL;
	p = publisher_start(&(struct publisher_options){ .listen = "[::]", .args = all });
	CHECK_READY(p);
	return p;
}

#define ONE_ADDRESS 10

static void check_address(struct publisher *p, const char *crowded, const char *neighbour, bool neighbour_is_same)
{
	int port = publisher_http_port(p), fds[2 * ONE_ADDRESS], other;
	double before = publisher_metric(p, REFUSED("connections_per_address"));

	CU_ASSERT_EQUAL(crowd(crowded, port, "/healthz", 2 * ONE_ADDRESS, fds), ONE_ADDRESS);
	CU_ASSERT_EQUAL(crowd(neighbour, port, "/healthz", 1, &other), !neighbour_is_same);
	CU_ASSERT_EQUAL(publisher_metric(p, REFUSED("connections_per_address")) - before, ONE_ADDRESS + neighbour_is_same);
	go(fds, 2 * ONE_ADDRESS);
	go(&other, 1);
	CU_ASSERT(WAIT_FOR(publisher_metric(p, METRIC "http_connections") == 1, 3000));
}

static void one_address_has_its_share_of_the_connections(void)
{
	struct publisher *p = start(ARGV("--http-connections-per-address", "10"));
	int fds[40];

	check_address(p, "10.9.0.1", "10.9.0.2", false);
	check_address(p, "fd00:9:0:1::1", "fd00:9:0:2::1", false);
	check_address(p, "fd00:9:0:1::1", "fd00:9:0:1::2", true);
	/* a proxy on this machine brings everybody */
	CU_ASSERT_EQUAL(crowd("127.0.0.1", publisher_http_port(p), "/healthz", 40, fds), 40);
	go(fds, 40);
	CU_ASSERT_EQUAL(crowd("::1", publisher_http_port(p), "/healthz", 40, fds), 40);
	go(fds, 40);
	publisher_free(p);
}

static void one_address_has_its_share_of_the_streams(void)
{
	struct publisher *p = start(ARGV("--http-streams-per-address", "10"));
	int fds[20], other;

	CU_ASSERT_EQUAL(crowd("10.9.0.1", publisher_http_port(p), "/scoreboard/spectator/events", 20, fds), 10);
	CU_ASSERT_EQUAL(ask(fds[19], "/healthz"), 200); /* the 503 left the connection as it was */
	CU_ASSERT_EQUAL(publisher_metric(p, REFUSED("streams_per_address")), 10);
	CU_ASSERT_EQUAL(crowd("10.9.0.2", publisher_http_port(p), "/scoreboard/spectator/events", 1, &other), 1);
	go(fds, 20);
	go(&other, 1);
	publisher_free(p);
}

static void nginx_limits_streams_by_the_network_of_an_address(void)
{
	struct publisher *p;
	struct proc *nginx;
	int port, fds[510], other;

	if (!nginx_exists()) {
		printf("\n    SKIPPED: no nginx on this machine\n");
		return;
	}
	p = start(ARGV("--http-connections", "4000"));
	port = port_free();
	nginx = nginx_start("[::]", port, publisher_http_port(p));
	CU_ASSERT(WAIT_FOR((other = dial("fd00:9:0:1::1", port)) >= 0, 5000));
	close(other);
	CU_ASSERT_EQUAL(crowd("fd00:9:0:1::1", port, "/scoreboard/spectator/events", 510, fds), 500);
	CU_ASSERT_EQUAL(crowd("fd00:9:0:1::2", port, "/scoreboard/spectator/events", 1, &other), 0);
	go(&other, 1);
	CU_ASSERT_EQUAL(crowd("fd00:9:0:2::1", port, "/scoreboard/spectator/events", 1, &other), 1);
	go(&other, 1);
	go(fds, 510);
	CU_ASSERT(nginx_stop(nginx));
	publisher_free(p);
}

static void check_passed_on(int port, const char *path, const char *header)
{
	BUF_CLEANUP struct buf request = { 0 };
	BUF_CLEANUP struct buf answer = { 0 };

	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	http_raw(port, buf_view(&request), &answer);
	CU_ASSERT(answer.p && strcasestr(answer.p, header));
}

static void nginx_passes_headers_on_and_asks_once_whatever_the_query(void)
{
	struct publisher *p;
	struct proc *nginx;
	double before;
	char path[40];
	int port;

	if (!nginx_exists()) {
		printf("\n    SKIPPED: no nginx on this machine\n");
		return;
	}
	p = start(ARGV("--http-connections", "400"));
	port = port_free();
	nginx = nginx_start("127.0.0.1", port, publisher_http_port(p));
	CU_ASSERT(WAIT_FOR(http_get(port, "/overlay.html", NULL) == 200, 5000));
	check_passed_on(port, "/scoreboard/spectator.json", "x-scoreboard-prefix: scoreboard\r\n");
	check_passed_on(port, "/scoreboard/spectator.json", "access-control-expose-headers: x-scoreboard-prefix\r\n");
	check_passed_on(port, "/scoreboard/spectator.json", "x-content-type-options: nosniff\r\n");
	check_passed_on(port, "/overlay.html", "content-security-policy: frame-ancestors *\r\n");
	before = publisher_metric(p, METRIC "http_requests_total{for=\"file\"}");
	for (int i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "/overlay.html?x=%d", i);
		CU_ASSERT_EQUAL(http_get(port, path, NULL), 200);
	}
	CU_ASSERT(publisher_metric(p, METRIC "http_requests_total{for=\"file\"}") - before <= 2);
	CU_ASSERT(nginx_stop(nginx));
	publisher_free(p);
}

const struct unit_test unit_tests[] = {
	UNIT(one_address_has_its_share_of_the_connections),
	UNIT(one_address_has_its_share_of_the_streams),
	UNIT(nginx_limits_streams_by_the_network_of_an_address),
	UNIT(nginx_passes_headers_on_and_asks_once_whatever_the_query),
	{ NULL, NULL },
};
