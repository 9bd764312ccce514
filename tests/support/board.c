#include "tests/support/board.h"

#include "tests/support/board_conn.h"
#include "tests/support/json.h"
#include "tests/support/place.h"
#include "tests/support/steps.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNS 64
#define MAX_POLL_MS 1000

struct board {
	int port, wake_fd;
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock;   /* protects all that follows */
	pthread_cond_t settled; /* signalled when the thread has done what want_listen and want_cut asked for */
	bool want_listen, want_cut, want_end;
	int listen_fd;      /* -1: stopped */
	struct conn *conns; /* only the thread adds and removes */
	struct tree state;
	enum board_mode mode;
	struct cut cut;
	bool accept_deflate, deflated;
	struct request last;
	struct board_counts counts;
	unsigned int next_device;
};

/* ---- frames ---- */

static bool covered(const struct conn *c, struct str path)
{
	for (size_t i = 0; i < c->n_paths; i++)
		if (steps_cover(str_of(c->paths[i]), path))
			return true;
	return false;
}

static void write_frame(struct tree *values, struct buf *out)
{
	const char *separator = "";

	tree_sort(values);
	buf_puts(out, "{\"state\":{");
	tree_each(values, leaf) {
		buf_puts(out, separator);
		buf_json(out, leaf->name);
		buf_char(out, ':');
		buf_str(out, leaf->value);
		separator = ",";
	}
	buf_puts(out, "}}");
}

/* Sends one frame with those of the values that the connection has registered for; no frame if it has for none of them. */
static void send_values(struct board *b, struct conn *c, const struct tree *values)
{
	TREE_CLEANUP struct tree part = { NULL };
	BUF_CLEANUP struct buf out = { 0 };

	tree_each(values, leaf)
		if (covered(c, leaf->name))
			tree_set(&part, leaf->name, leaf->value);
	if (!tree_count(&part))
		return;
	write_frame(&part, &out);
	conn_queue_message(c, &b->cut, WS_TEXT, buf_view(&out));
}

static void send_greeting(struct board *b, struct conn *c, const char *cookie)
{
	BUF_CLEANUP struct buf out = { 0 };

	buf_printf(&out,
		   "{\"state\":{\"WS.Client.Id\":\"c%u\",\"WS.Client.RemoteAddress\":\"127.0.0.1\","
		   "\"WS.Device.Id\":\"%s\",\"WS.Device.Name\":\"test-device\"}}",
		   b->counts.connections, cookie);
	conn_queue_message(c, &b->cut, WS_TEXT, buf_view(&out));
}

/* ---- what clients ask ---- */

static void add_path(struct conn *c, const char *path)
{
	c->paths = realloc(c->paths, (c->n_paths + 1) * sizeof(*c->paths));
	if (!c->paths)
		fatal("out of memory");
	c->paths[c->n_paths++] = str_dup(str_of(path));
}

/* Takes a Register, and answers it as the scoreboard does: with what is below the paths of this Register only. */
static void do_register(struct board *b, struct conn *c, const cJSON *paths)
{
	struct conn asked = { 0 };
	const cJSON *path;

	b->counts.registers++;
	cJSON_ArrayForEach(path, paths) {
		if (!cJSON_IsString(path))
			continue;
		add_path(c, path->valuestring);
		add_path(&asked, path->valuestring);
	}
	asked.deflate = c->deflate;
	send_values(b, &asked, &b->state);
	if (asked.head) {
		if (c->tail)
			c->tail->next = asked.head;
		else
			c->head = asked.head;
		c->tail = asked.tail;
	}
	for (size_t i = 0; i < asked.n_paths; i++)
		free(asked.paths[i]);
	free(asked.paths);
}

static void do_action(struct board *b, struct conn *c, struct str text)
{
	cJSON *request = cJSON_ParseWithLength(text.p, text.len);
	const cJSON *action = cJSON_GetObjectItemCaseSensitive(request, "action");
	const cJSON *paths = cJSON_GetObjectItemCaseSensitive(request, "paths");

	if (!cJSON_IsString(action)) {
		b->counts.bad_requests++;
	} else if (strcmp(action->valuestring, "Register") == 0 && cJSON_IsArray(paths)) {
		do_register(b, c, paths);
	} else if (strcmp(action->valuestring, "Ping") == 0) {
		b->counts.app_pings++;
		conn_queue_message(c, &b->cut, WS_TEXT, STR("{\"Pong\":\"\"}"));
	} else {
		b->counts.writes++;
	}
	cJSON_Delete(request);
}

static void do_close(struct board *b, struct conn *c, struct str payload)
{
	if (payload.len >= 2)
		b->counts.last_close_code = (unsigned char)payload.p[0] << 8 | (unsigned char)payload.p[1];
	else
		b->counts.last_close_code = 1005;
	conn_queue_control(c, WS_CLOSE, payload);
	c->closing = true;
}

static void do_message(struct board *b, struct conn *c, const struct ws_message *m)
{
	struct str payload = buf_view(&m->payload);

	switch (m->opcode) {
	case WS_PING:
		b->counts.pings++;
		if (b->mode != BOARD_UPGRADE_THEN_SILENT)
			conn_queue_control(c, WS_PONG, payload);
		break;
	case WS_PONG:
		b->counts.pongs++;
		break;
	case WS_CLOSE:
		do_close(b, c, payload);
		break;
	default:
		do_action(b, c, payload);
	}
}

static void do_upgrade(struct board *b, struct conn *c, const struct request *r)
{
	char cookie[200];

	b->last = *r;
	b->counts.upgrades++;
	b->counts.cookieless += !r->cookie[0];
	if (r->cookie[0])
		snprintf(cookie, sizeof(cookie), "%s", r->cookie);
	else
		snprintf(cookie, sizeof(cookie), "device-%u", ++b->next_device);
	c->deflate = b->deflated = b->accept_deflate && r->deflate_offered;
	conn_answer_upgrade(c, r, cookie);
	conn_flush(c, mono_now()); /* now, since BOARD_UPGRADE_THEN_SILENT holds back whatever is still queued */
	send_greeting(b, c, cookie);
	c->closing = b->mode == BOARD_CLOSE_AFTER_UPGRADE;
}

static void do_request(struct board *b, struct conn *c)
{
	struct request r = { 0 };

	if (b->mode == BOARD_ACCEPT_AND_SAY_NOTHING) {
		buf_clear(&c->in);
		return;
	}
	if (!conn_take_request(c, &r))
		return;
	if (b->mode == BOARD_REFUSE_503 || !r.key[0])
		conn_answer_503(c);
	else
		do_upgrade(b, c, &r);
}

static void do_input(struct board *b, struct conn *c)
{
	enum ws_result result = WS_MESSAGE;

	if (!c->upgraded)
		do_request(b, c);
	while (c->upgraded && !c->closing && result == WS_MESSAGE) {
		struct ws_message m;

		result = conn_take_message(c, &m);
		if (result == WS_MESSAGE)
			do_message(b, c, &m);
		if (result == WS_BROKEN) {
			b->counts.bad_requests++;
			c->dead = true;
		}
		buf_free(&m.payload);
	}
}

static void read_conn(struct board *b, struct conn *c)
{
	char block[65536];
	ssize_t n;

	while ((n = recv(c->fd, block, sizeof(block), MSG_DONTWAIT)) > 0)
		buf_add(&c->in, block, (size_t)n);
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		c->dead = true;
	do_input(b, c);
}

/* ---- the thread ---- */

static void open_listener(struct board *b)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)b->port) };
	int one = 1;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	b->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	setsockopt(b->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(b->listen_fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(b->listen_fd, 64) != 0)
		fatal("board cannot listen on %d: %s", b->port, strerror(errno));
}

static void accept_conns(struct board *b)
{
	int fd, one = 1;

	while (b->counts.open < MAX_CONNS &&
	       (fd = accept4(b->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct conn *c = calloc(1, sizeof(*c));

		if (!c)
			fatal("out of memory");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		c->fd = fd;
		c->dead = b->mode == BOARD_CLOSE_AT_ONCE;
		c->next = b->conns;
		b->conns = c;
		b->counts.connections++;
		b->counts.open++;
		if (b->counts.open > b->counts.open_max)
			b->counts.open_max = b->counts.open;
	}
}

static void reap_conns(struct board *b)
{
	for (struct conn **at = &b->conns; *at;) {
		struct conn *c = *at;

		if (!c->dead && !b->want_cut) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		b->counts.open--;
		conn_free(c);
	}
}

static void do_wants(struct board *b)
{
	reap_conns(b);
	b->want_cut = false;
	if (b->want_listen && b->listen_fd < 0)
		open_listener(b);
	if (!b->want_listen && b->listen_fd >= 0) {
		close(b->listen_fd);
		b->listen_fd = -1;
	}
	pthread_cond_broadcast(&b->settled);
}

static bool held_back(const struct board *b, const struct conn *c)
{
	return b->mode == BOARD_UPGRADE_THEN_SILENT && c->upgraded;
}

static mono flush_conns(struct board *b)
{
	mono now = mono_now(), next = MONO_NEVER;

	for (struct conn *c = b->conns; c; c = c->next)
		if (!c->dead && !held_back(b, c))
			next = mono_min(next, conn_flush(c, now));
	return next;
}

/* The poll set: wake, listener (or -1), then the connections in the order of the list. */
static nfds_t poll_set(struct board *b, struct pollfd *fds)
{
	mono now = mono_now();
	nfds_t n = 2;

	fds[0] = (struct pollfd){ .fd = b->wake_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = b->listen_fd, .events = POLLIN };
	for (struct conn *c = b->conns; c; c = c->next) {
		bool write = !held_back(b, c) && conn_wants_write(c, now);

		fds[n++] = (struct pollfd){ .fd = c->fd, .events = write ? POLLIN | POLLOUT : POLLIN };
	}
	return n;
}

static int poll_timeout(mono next)
{
	int64_t ms = next.ms == INT64_MAX ? MAX_POLL_MS : mono_diff(next, mono_now());

	return ms < 0 ? 0 : (int)(ms > MAX_POLL_MS ? MAX_POLL_MS : ms);
}

/* One turn of the thread's loop. The lock is held, except while it waits. */
static void turn(struct board *b)
{
	struct pollfd fds[MAX_CONNS + 2];
	mono next = flush_conns(b);
	nfds_t n, i = 2;
	uint64_t wakes;

	do_wants(b);
	n = poll_set(b, fds);
	pthread_mutex_unlock(&b->lock);
	poll(fds, n, poll_timeout(next));
	pthread_mutex_lock(&b->lock);
	if (fds[0].revents && read(b->wake_fd, &wakes, sizeof(wakes)) < 0)
		fatal("board: eventfd: %s", strerror(errno));
	for (struct conn *c = b->conns; c && i < n; c = c->next, i++)
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			read_conn(b, c);
	/* After reading and before accepting: a client that closes and connects again must not be counted as two at a time. */
	reap_conns(b);
	if (b->listen_fd >= 0 && (fds[1].revents & POLLIN))
		accept_conns(b);
}

static void *run(void *data)
{
	struct board *b = data;

	pthread_mutex_lock(&b->lock);
	while (!b->want_end)
		turn(b);
	b->want_cut = true;
	b->want_listen = false;
	do_wants(b);
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

static void poke(struct board *b)
{
	uint64_t one = 1;

	if (write(b->wake_fd, &one, sizeof(one)) < 0)
		fatal("board: eventfd: %s", strerror(errno));
}

static void lock(struct board *b)
{
	pthread_mutex_lock(&b->lock);
}

static void unlock_and_poke(struct board *b)
{
	poke(b);
	pthread_mutex_unlock(&b->lock);
}

/* ---- for tests ---- */

struct board *board_start(void)
{
	struct board *b = calloc(1, sizeof(*b));

	if (!b)
		fatal("out of memory");
	b->port = port_free();
	snprintf(b->url, sizeof(b->url), "ws://127.0.0.1:%d/WS/", b->port);
	b->listen_fd = -1;
	b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->settled, NULL);
	if (pthread_create(&b->thread, NULL, run, b) != 0)
		fatal("no thread for the board");
	board_resume(b);
	return b;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	lock(b);
	b->want_end = true;
	unlock_and_poke(b);
	pthread_join(b->thread, NULL);
	tree_free(&b->state);
	close(b->wake_fd);
	pthread_cond_destroy(&b->settled);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

int board_port(const struct board *b)
{
	return b->port;
}

const char *board_url(const struct board *b)
{
	return b->url;
}

static void settle(struct board *b)
{
	poke(b);
	while (b->want_cut || b->want_listen != (b->listen_fd >= 0))
		pthread_cond_wait(&b->settled, &b->lock);
	pthread_mutex_unlock(&b->lock);
}

void board_stop(struct board *b)
{
	lock(b);
	b->want_listen = false;
	b->want_cut = true;
	settle(b);
}

void board_resume(struct board *b)
{
	lock(b);
	b->want_listen = true;
	settle(b);
}

void board_restart(struct board *b)
{
	board_stop(b);
	board_resume(b);
}

void board_drop(struct board *b)
{
	lock(b);
	b->want_cut = true;
	settle(b);
}

void board_close(struct board *b, int code)
{
	char payload[2] = { (char)(code >> 8), (char)code };

	lock(b);
	for (struct conn *c = b->conns; c; c = c->next) {
		if (!c->upgraded)
			continue;
		conn_queue_control(c, WS_CLOSE, (struct str){ payload, 2 });
		c->closing = true;
	}
	unlock_and_poke(b);
}

static bool take_value(void *data, struct str path, struct str value)
{
	tree_set(data, path, value);
	return true;
}

static void set_state(struct board *b, struct str path, struct str value)
{
	if (str_is(value, "null"))
		tree_remove(&b->state, path);
	else
		tree_set(&b->state, path, value);
}

static void send_delta(struct board *b, const struct tree *delta)
{
	tree_each(delta, leaf)
		set_state(b, leaf->name, leaf->value);
	for (struct conn *c = b->conns; c; c = c->next)
		if (c->upgraded && !c->closing)
			send_values(b, c, delta);
}

void board_frame(struct board *b, struct str json)
{
	TREE_CLEANUP struct tree delta = { NULL };
	struct str state = json_get(json, "state");

	if (!state.p || !json_members(state, take_value, &delta))
		fatal("board_frame: no state in %.*s", (int)(json.len > 200 ? 200 : json.len), json.p);
	lock(b);
	send_delta(b, &delta);
	unlock_and_poke(b);
}

void board_says(struct board *b, const char *path, const char *raw_json_value)
{
	TREE_CLEANUP struct tree delta = { NULL };

	tree_set(&delta, str_of(path), str_of(raw_json_value));
	lock(b);
	send_delta(b, &delta);
	unlock_and_poke(b);
}

void board_keeps_quiet(struct board *b, const char *path, const char *raw_json_value)
{
	lock(b);
	set_state(b, str_of(path), str_of(raw_json_value));
	unlock_and_poke(b);
}

void board_replace_state(struct board *b, const struct tree *state)
{
	lock(b);
	tree_free(&b->state);
	tree_copy(&b->state, state);
	unlock_and_poke(b);
}

void board_state(struct board *b, struct tree *out)
{
	lock(b);
	tree_copy(out, &b->state);
	unlock_and_poke(b);
}

void board_send_raw(struct board *b, int opcode, const void *bytes, size_t len)
{
	lock(b);
	for (struct conn *c = b->conns; c; c = c->next)
		if (c->upgraded && !c->closing)
			conn_queue_message(c, &b->cut, (unsigned)opcode, (struct str){ bytes, len });
	unlock_and_poke(b);
}

void board_set_mode(struct board *b, enum board_mode mode)
{
	lock(b);
	b->mode = mode;
	unlock_and_poke(b);
}

void board_set_fragment(struct board *b, size_t n_bytes, int delay_ms)
{
	lock(b);
	b->cut = (struct cut){ n_bytes, delay_ms };
	unlock_and_poke(b);
}

void board_set_deflate(struct board *b, bool accept_it)
{
	lock(b);
	b->accept_deflate = accept_it;
	unlock_and_poke(b);
}

struct board_counts board_counts(struct board *b)
{
	struct board_counts counts;

	lock(b);
	counts = b->counts;
	pthread_mutex_unlock(&b->lock);
	return counts;
}

bool board_deflated(struct board *b)
{
	bool yes;

	lock(b);
	yes = b->deflated;
	pthread_mutex_unlock(&b->lock);
	return yes;
}

bool board_deflate_offered(struct board *b)
{
	bool yes;

	lock(b);
	yes = b->last.deflate_offered;
	pthread_mutex_unlock(&b->lock);
	return yes;
}

void board_last_request(struct board *b, char *out, size_t size)
{
	lock(b);
	snprintf(out, size, "%s", b->last.line);
	pthread_mutex_unlock(&b->lock);
}

bool board_registered(struct board *b, const char *path)
{
	bool yes = false;

	lock(b);
	for (struct conn *c = b->conns; c; c = c->next)
		yes |= covered(c, str_of(path));
	pthread_mutex_unlock(&b->lock);
	return yes;
}
