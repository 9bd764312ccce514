#include "bench/loadgen/login.h"

#include "base/mono.h"
#include "bench/loadgen/dial.h"
#include "bench/wire/ws.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 15
#define MOST_BYTES 65536

/* One login while it lasts. */
struct call {
	const struct plan *plan;
	const struct target *target;
	int fd;
	struct buf out, in;
	struct complaint *why;
};

static int complain(struct call *c, const char *what)
{
	return complaint_say(c->why, 0, "%s", what);
}

int login_send(int fd, struct buf *out)
{
	size_t at = 0;
	ssize_t n = 0;

	while (at < out->len && (n >= 0 || errno == EINTR)) {
		n = send(fd, out->p + at, out->len - at, MSG_NOSIGNAL);
		at += n > 0 ? (size_t)n : 0;
	}
	buf_clear(out);
	return n < 0 ? -1 : 0;
}

static bool read_some(struct call *c)
{
	char bytes[4096];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n > 0)
		buf_add(&c->in, bytes, (size_t)n);
	return n > 0 && !c->in.failed;
}

static int upgrade(struct call *c)
{
	const struct target *t = c->target;
	struct str rest;
	int status;

	ws_put_request(&c->out, t->host, t->path, plan_is_mqtt(c->plan) ? "mqtt" : NULL);
	if (login_send(c->fd, &c->out))
		return complain(c, "the connection is lost");
	while (read_some(c)) {
		rest = buf_view(&c->in);
		switch (ws_scan_response(&rest, &status)) {
		case WS_SCAN_DONE:
			buf_clear(&c->in);
			return 0;
		case WS_SCAN_BAD:
			return complain(c, "no WebSocket there");
		case WS_SCAN_MORE:
			break;
		}
	}
	return complain(c, "no answer to the WebSocket request");
}

/* Has a CONNACK come? If so, *code is its reason code. */
static bool find_connack(const struct call *c, int *code)
{
	struct str in = buf_view(&c->in);
	char *p = (char *)in.p;
	struct ws_frame frame;
	struct mqtt_packet packet;

	if (c->target->websocket) {
		if (ws_scan_frame(&p, &in.len, &frame) != WS_SCAN_DONE)
			return false;
		in = frame.payload;
	}
	if (mqtt_scan(&in, &packet) != MQTT_SCAN_PACKET || packet.type != MQTT_CONNACK)
		return false;
	*code = mqtt_reason_code(&packet, plan_mqtt_version(c->plan));
	return true;
}

static enum login_answer introduce(struct call *c, const struct mqtt_login *who)
{
	struct buf packet BUF_CLEANUP = { 0 };
	int code;

	mqtt_put_connect(&packet, who);
	if (c->target->websocket)
		ws_put_client_frame(&c->out, WS_BINARY, buf_view(&packet));
	else
		buf_str(&c->out, buf_view(&packet));
	if (login_send(c->fd, &c->out)) {
		complain(c, "the connection is lost");
		return LOGIN_FAILED;
	}
	while (read_some(c)) {
		if (!find_connack(c, &code))
			continue;
		if (code)
			complain(c, "refused");
		return code ? LOGIN_REFUSED : LOGIN_IN;
	}
	complain(c, "no answer to CONNECT");
	return LOGIN_FAILED;
}

static enum login_answer call(struct call *c, const struct mqtt_login *who)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	const struct dial d = { .to = c->target->address, .blocking = true, .patience = &patience };

	c->fd = dial(&d);
	if (c->fd < 0) {
		complain(c, "cannot connect");
		return LOGIN_FAILED;
	}
	if (c->target->websocket && upgrade(c))
		return LOGIN_FAILED;
	return plan_is_mqtt(c->plan) ? introduce(c, who) : LOGIN_IN;
}

static void count(struct logins *tally, enum login_answer answer, uint64_t took_us)
{
	_Atomic uint64_t *const counters[] = {
		[LOGIN_IN] = &tally->in,
		[LOGIN_REFUSED] = &tally->refused,
		[LOGIN_FAILED] = &tally->failed,
	};

	atomic_fetch_add(counters[answer], 1);
	if (answer != LOGIN_FAILED && took_us > atomic_load(&tally->slowest_us))
		atomic_store(&tally->slowest_us, took_us);
}

enum login_answer login(const struct plan *plan, const struct target *t, const struct mqtt_login *who,
			struct logins *tally, int *fd, struct complaint *why)
{
	struct call c = { .plan = plan, .target = t, .fd = -1, .in = { .max = MOST_BYTES }, .why = why };
	uint64_t began_ns = mono_now_ns();
	enum login_answer answer = call(&c, who);

	if (tally)
		count(tally, answer, (mono_now_ns() - began_ns) / 1000);
	if (answer != LOGIN_IN && c.fd >= 0) {
		dial_drop(c.fd);
		c.fd = -1;
	}
	buf_free(&c.out);
	buf_free(&c.in);
	*fd = c.fd;
	return answer;
}
