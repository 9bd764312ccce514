#include "mosquitto-plugin/newcomers.h"

#include "base/metrics.h"
#include "mosquitto-plugin/core/policy/addr.h"
#include "mosquitto-plugin/sockets.h"

#include <errno.h>
#include <linux/tcp.h> /* glibc's own struct tcp_info has no tcpi_bytes_received */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define METRIC_PREFIX "scoreboard_door_"
#define OWN_FILES 64 /* for what is no connection: logs, listeners, libraries, the metrics file */
#define MAX_LISTENERS 64
#define GAP 64 /* a look ends after so many numbers in a row that are not in use: the system gives out the lowest free one */

enum kind {
	KIND_UNKNOWN,
	KIND_OTHER, /* no TCP connection to one of our listeners */
	KIND_NEWCOMER,
};

/* What is known of the socket with one descriptor. */
struct slot {
	const void *client; /* the client that has come in on it; NULL: none */
	uint64_t cookie;    /* the kernel's number for the socket: unlike the descriptor, it is never used again for another one */
	enum kind kind;
	bool closed; /* it is shut down, and the broker has not noticed yet */
	mono since;  /* when it was first seen, by struct newcomers' clock */
	struct addr address;
	uint64_t bytes;     /* how many the client had sent when it was last looked at */
	struct bucket sent; /* for what it may send */
};

/* X(name) - why a connection was shut down */
#define CLOSINGS(X) X(slow) X(bytes) X(address) X(many) X(client_bytes)

enum closing {
#define X(name) CLOSING_##name,
	CLOSINGS(X)
#undef X
	CLOSING_COUNT
};

static const char *const closing_names[CLOSING_COUNT] = {
#define X(name) #name,
	CLOSINGS(X)
#undef X
};

/* A newcomer that a look has found. It holds copies, since the slots move when there are more of them. */
struct newcomer {
	int fd;
	mono since;
	struct addr address;
};

struct newcomers {
	struct slot *slots;
	int n_slots;
	int highest;                   /* the highest descriptor that was seen in use */
	int turn;                      /* the descriptor at which looking at clients goes on */
	uint16_t ports[MAX_LISTENERS]; /* the ports of the broker's listeners that were seen */
	size_t n_ports;
	bool spared[MAX_LISTENERS]; /* whether newcomers_spare() was called for the port with the same index */
	struct newcomer *list;      /* those that the look under way, or the last one, has found */
	size_t n_list, cap_list;
	int in_use;     /* descriptors that the last look found in use */
	int64_t files;  /* the limit on open files; 0: unknown */
	bool blind;     /* the socket of some client is not known: nobody is shut down any more */
	bool looked;    /* there was at least one look */
	mono looked_at; /* when the last look was */
	mono look_at;   /* there is no look before */
	mono clock;     /* the time by which newcomers age; it does not count time in which the broker was busy (NEWCOMERS_BUSY_MS) */
	uint64_t closed[CLOSING_COUNT];
};

struct newcomers *newcomers_new(int64_t files)
{
	struct newcomers *n = calloc(1, sizeof(*n));

	if (n)
		n->files = files;
	return n;
}

void newcomers_free(struct newcomers *n)
{
	if (!n)
		return;
	free(n->slots);
	free(n->list);
	free(n);
}

/* ---- files ---- */

int64_t newcomers_raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	if (limit.rlim_cur < limit.rlim_max) {
		struct rlimit raised = { limit.rlim_max, limit.rlim_max };

		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			limit = raised;
	}
	return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

/* Newcomers may have a quarter of all files, but no more than the policy's `unconnected`. */
static int64_t newcomer_files(int64_t files, const struct door_limits *limits)
{
	return files && limits->unconnected > files / 4 ? files / 4 : limits->unconnected;
}

int64_t newcomers_seats(int64_t files, const struct door_limits *limits)
{
	int64_t seats = files - OWN_FILES - newcomer_files(files, limits);

	if (!files)
		return 0;
	return seats < 1 ? 1 : seats;
}

static uint64_t bytes_received(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 ? info.tcpi_bytes_received : 0;
}

/* ---- who has come in ---- */

static bool grow(struct newcomers *n, int fd)
{
	int size = n->n_slots ? n->n_slots : 1024;
	struct slot *grown;

	while (size <= fd)
		size *= 2;
	if (size == n->n_slots)
		return true;
	grown = realloc(n->slots, (size_t)size * sizeof(*grown));
	if (!grown)
		return false;
	memset(grown + n->n_slots, 0, (size_t)(size - n->n_slots) * sizeof(*grown));
	n->slots = grown;
	n->n_slots = size;
	return true;
}

void newcomers_came_in(struct newcomers *n, int socket, const void *client)
{
	if (socket <= 0 || !grow(n, socket)) {
		n->blind = true;
		return;
	}
	n->slots[socket].client = client;
	n->slots[socket].bytes = bytes_received(socket);
	n->slots[socket].sent = (struct bucket){ 0 };
	if (socket > n->highest)
		n->highest = socket;
}

/* When the socket is another client's already, nothing changes. */
void newcomers_left(struct newcomers *n, int socket, const void *client)
{
	if (socket > 0 && socket < n->n_slots && n->slots[socket].client == client)
		n->slots[socket] = (struct slot){ .client = NULL };
}

bool newcomers_is_blind(const struct newcomers *n)
{
	return n->blind;
}

/* ---- what is this socket? ---- */

static uint16_t port_of(const struct sockaddr_storage *sa)
{
	return ntohs(sa->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)(const void *)sa)->sin6_port
					       : ((const struct sockaddr_in *)(const void *)sa)->sin_port);
}

static bool is_tcp(const struct sockaddr_storage *sa)
{
	return sa->ss_family == AF_INET || sa->ss_family == AF_INET6;
}

/* The index of a listener's port; MAX_LISTENERS: there is none. */
static size_t find_port(const struct newcomers *n, uint16_t port)
{
	for (size_t i = 0; i < n->n_ports; i++)
		if (n->ports[i] == port)
			return i;
	return MAX_LISTENERS;
}

static bool is_watched(const struct newcomers *n, uint16_t port)
{
	size_t i = find_port(n, port);

	return i < MAX_LISTENERS && !n->spared[i];
}

static void look_at_all(struct newcomers *n);

static enum kind classify(struct newcomers *n, int fd, struct addr *address)
{
	struct sockaddr_storage own = { 0 };
	socklen_t own_len = sizeof(own), len = sizeof(int);
	char peer[ADDR_TEXT_SIZE];
	int listens = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) || getsockname(fd, (struct sockaddr *)&own, &own_len) ||
	    !is_tcp(&own))
		return KIND_OTHER;
	if (listens && n->n_ports < MAX_LISTENERS && find_port(n, port_of(&own)) == MAX_LISTENERS)
		n->ports[n->n_ports++] = port_of(&own);
	if (listens || !is_watched(n, port_of(&own)))
		return KIND_OTHER; /* a bridge's connection to its hub, for one */
	if (!sockets_peer(fd, peer, sizeof(peer)) || !*peer)
		return KIND_UNKNOWN; /* the connection has just ended */
	*address = addr_parse(peer);
	return KIND_NEWCOMER;
}

static void forget_kinds(struct newcomers *n)
{
	for (int fd = 0; fd < n->n_slots; fd++)
		n->slots[fd].kind = KIND_UNKNOWN;
}

void newcomers_spare(struct newcomers *n, int fd)
{
	struct sockaddr_storage own = { 0 };
	socklen_t len = sizeof(own);
	size_t i;

	if (getsockname(fd, (struct sockaddr *)&own, &len) || !is_tcp(&own))
		return;
	i = find_port(n, port_of(&own));
	if (i == MAX_LISTENERS || n->spared[i])
		return;
	n->spared[i] = true;
	forget_kinds(n);
}

bool newcomers_is_waiting(struct newcomers *n, int fd)
{
	struct addr address;

	if (!n->looked)
		look_at_all(n); /* finds the listeners' ports */
	return grow(n, fd) && !n->slots[fd].client && classify(n, fd, &address) == KIND_NEWCOMER;
}

/* ---- looking ---- */

static bool list_newcomer(struct newcomers *n, int fd)
{
	if (n->n_list == n->cap_list) {
		size_t cap = n->cap_list ? n->cap_list * 2 : 64;
		struct newcomer *grown = realloc(n->list, cap * sizeof(*grown));

		if (!grown)
			return false;
		n->list = grown;
		n->cap_list = cap;
	}
	n->list[n->n_list++] = (struct newcomer){ .fd = fd, .since = n->slots[fd].since, .address = n->slots[fd].address };
	return true;
}

/* False when this number is not in use. */
static bool look_at(struct newcomers *n, int fd)
{
	struct slot *s = &n->slots[fd];
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	if (s->client)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len)) {
		s->cookie = 0;
		return errno != EBADF;
	}
	if (cookie != s->cookie)
		*s = (struct slot){ .cookie = cookie, .since = n->clock };
	if (s->kind == KIND_UNKNOWN)
		s->kind = classify(n, fd, &s->address);
	if (s->kind == KIND_NEWCOMER)
		list_newcomer(n, fd);
	return true;
}

static void look_at_all(struct newcomers *n)
{
	int gap = 0;

	n->n_list = 0;
	n->in_use = 3; /* a daemon's input, output and errors */
	for (int fd = 3; fd <= n->highest || gap < GAP; fd++) {
		if (!grow(n, fd))
			return;
		if (look_at(n, fd)) {
			gap = 0;
			n->in_use++;
			n->highest = fd > n->highest ? fd : n->highest;
		} else {
			gap++;
		}
	}
}

/* The connections of clients that have left make the top empty: it need not be looked at for ever. */
static void lower_highest(struct newcomers *n)
{
	while (n->highest > 3 && !n->slots[n->highest].client && !n->slots[n->highest].cookie)
		n->highest--;
}

/* ---- who has to go ---- */

/* Dissolves the association (connect(2)): the peer gets a reset, and what it has sent and the broker has not read is gone. After a mere
 * shutdown() the broker would read all of that first. */
static void end_connection(int fd)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (connect(fd, &none, sizeof(none)))
		shutdown(fd, SHUT_RDWR);
}

static void close_one(struct newcomers *n, const struct newcomer *c, enum closing why)
{
	struct slot *s = &n->slots[c->fd];

	if (s->closed)
		return;
	s->closed = true;
	n->closed[why]++;
	end_connection(c->fd);
}

static int by_address_and_age(const void *a, const void *b)
{
	const struct newcomer *x = a, *y = b;
	int order = memcmp(&x->address, &y->address, sizeof(x->address));

	return order ? order : (x->since.ms > y->since.ms) - (x->since.ms < y->since.ms);
}

static int by_age(const void *a, const void *b)
{
	const struct newcomer *x = a, *y = b;

	return (x->since.ms > y->since.ms) - (x->since.ms < y->since.ms);
}

/* Shuts down newcomers beyond the limit per address: the oldest of each address, which have had the most time. */
static void close_beyond_address(struct newcomers *n, const struct policy *p)
{
	size_t most = (size_t)p->limits.unconnected_per_address, from = 0;

	if (n->n_list <= most)
		return;
	for (size_t i = 0; i < n->n_list; i++)
		n->list[i].address = policy_address_key(p, n->list[i].address);
	qsort(n->list, n->n_list, sizeof(*n->list), by_address_and_age);
	for (size_t i = 0; i <= n->n_list; i++) {
		if (i < n->n_list && memcmp(&n->list[i].address, &n->list[from].address, sizeof(struct addr)) == 0)
			continue;
		for (size_t k = from; i - k > most && !policy_is_proxy(p, n->list[from].address); k++)
			close_one(n, &n->list[k], CLOSING_address);
		from = i;
	}
}

static void close_beyond_all(struct newcomers *n, const struct policy *p)
{
	size_t most = (size_t)newcomer_files(n->files, &p->limits);

	if (n->n_list <= most)
		return;
	qsort(n->list, n->n_list, sizeof(*n->list), by_age);
	for (size_t i = 0; n->n_list - i > most; i++)
		close_one(n, &n->list[i], CLOSING_many);
}

static void judge(struct newcomers *n, const struct policy *p)
{
	for (size_t i = 0; i < n->n_list; i++) {
		const struct newcomer *c = &n->list[i];

		if (bytes_received(c->fd) > (uint64_t)p->limits.unconnected_bytes)
			close_one(n, c, CLOSING_bytes);
		else if (mono_diff(n->clock, c->since) > p->limits.connect_s * 1000)
			close_one(n, c, CLOSING_slow);
	}
	close_beyond_address(n, p);
	close_beyond_all(n, p);
}

/* Shuts down a client that has sent more bytes than its bucket allows: it is filling a packet that does not end. */
static void judge_client(struct newcomers *n, int fd, const struct rate *allowed, mono now)
{
	struct slot *s = &n->slots[fd];
	uint64_t bytes = bytes_received(fd);
	double sent = bytes > s->bytes ? (double)(bytes - s->bytes) : 0;

	s->bytes = bytes > s->bytes ? bytes : s->bytes;
	if (bucket_take(&s->sent, *allowed, sent, now))
		return;
	n->closed[CLOSING_client_bytes]++;
	end_connection(fd);
}

static void look_at_clients(struct newcomers *n, const struct newcomers_allowance *a, mono now)
{
	struct rate rate;

	for (int looked = 0, passed = 0; looked < NEWCOMERS_IN_TURN && passed <= n->highest; passed++) {
		int fd = n->turn++;

		if (fd > n->highest) {
			n->turn = 3;
			continue;
		}
		if (!n->slots[fd].client || !a->allowed(a->ctx, n->slots[fd].client, &rate))
			continue;
		judge_client(n, fd, &rate, now);
		looked++;
	}
}

/* Time in which the broker was busy, and read nobody's CONNECT, does not make newcomers older. */
static void wind_clock(struct newcomers *n, mono now)
{
	int64_t ms = n->looked ? mono_diff(now, n->looked_at) : 0;

	n->looked_at = now;
	n->clock = mono_add(n->clock, ms < NEWCOMERS_BUSY_MS ? ms : NEWCOMERS_BUSY_MS);
}

void newcomers_look(struct newcomers *n, const struct policy *p, const struct newcomers_allowance *a, mono now)
{
	uint64_t from = mono_now_ns();
	int64_t took_ms;

	if (n->blind || !mono_reached(now, n->look_at))
		return;
	wind_clock(n, now);
	look_at_all(n);
	if (!n->looked) { /* some connections may have been classified before their listener was seen */
		n->looked = true;
		forget_kinds(n);
		look_at_all(n);
	}
	judge(n, p);
	look_at_clients(n, a, now);
	lower_highest(n);
	took_ms = (int64_t)((mono_now_ns() - from) / 1000000);
	n->look_at = mono_add(now, took_ms ? took_ms * 20 : NEWCOMERS_LOOK_MS);
}

int64_t newcomers_open_files(const struct newcomers *n)
{
	return n->blind || !n->looked ? -1 : n->in_use;
}

/* ---- metrics ---- */

void newcomers_metrics(const struct newcomers *n, struct buf *out)
{
	static const struct metric_row rows[] = {
		{ METRIC_GAUGE, METRIC_PREFIX "open_files_limit", NULL, "Files that the broker may have open, each connection one." },
		{ METRIC_GAUGE, METRIC_PREFIX "unconnected", NULL, "Connections that have not sent CONNECT, or were not let in." },
		{ METRIC_GAUGE, METRIC_PREFIX "unconnected_watched", NULL,
		  "Whether connections without CONNECT are held to the limits: 1, or 0." },
	};
	static const struct metric_row closed = { METRIC_COUNTER, METRIC_PREFIX "unconnected_closed", "reason",
						  "Connections shut down before CONNECT; client_bytes: after it." };

	METRICS_WRITE(out, rows, (double)n->files, (double)n->n_list, !n->blind);
	metrics_head(out, &closed);
	for (int i = 0; i < CLOSING_COUNT; i++)
		metrics_line(out, &closed, str_of(closing_names[i]), (double)n->closed[i]);
}
