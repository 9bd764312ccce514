#include "bench/loadgen/herald.h"

#include "base/mono.h"
#include "bench/loadgen/dial.h"
#include "bench/loadgen/mqtt.h"
#include "bench/loadgen/ws.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 15

static int complain(const char *what)
{
	fprintf(stderr, "scoreboard-loadgen: publisher: %s\n", what);
	return -1;
}

static int send_all(struct herald *h)
{
	size_t at = 0;

	while (at < h->out.len) {
		ssize_t n = send(h->fd, h->out.p + at, h->out.len - at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return complain("the connection is lost");
		at += (size_t)n;
	}
	buf_clear(&h->out);
	return 0;
}

static void wrap(struct herald *h, struct buf *packet)
{
	if (h->target->websocket)
		ws_put_client_frame(&h->out, plan_is_mqtt(h->plan) ? WS_BINARY : WS_TEXT, buf_view(packet));
	else
		buf_str(&h->out, buf_view(packet));
	buf_free(packet);
}

/* --- opening --- */

static ssize_t read_some(struct herald *h, struct buf *in)
{
	char bytes[4096];
	ssize_t n = recv(h->fd, bytes, sizeof(bytes), 0);

	if (n > 0)
		buf_add(in, bytes, (size_t)n);
	return n;
}

static int upgrade(struct herald *h)
{
	const struct target *t = h->target;
	struct buf in BUF_CLEANUP = { .max = 65536 };
	struct str rest;
	int status;

	ws_put_request(&h->out, t->host, t->path, plan_is_mqtt(h->plan) ? "mqtt" : NULL);
	if (send_all(h))
		return -1;
	while (read_some(h, &in) > 0 && !in.failed) {
		rest = buf_view(&in);
		switch (ws_scan_response(&rest, &status)) {
		case WS_SCAN_DONE:
			return 0;
		case WS_SCAN_BAD:
			return complain("no WebSocket there");
		case WS_SCAN_MORE:
			break;
		}
	}
	return complain("no answer to the WebSocket request");
}

/* True when a CONNACK has come; its code in *code. */
static bool find_connack(const struct herald *h, struct str in, int *code)
{
	struct ws_frame frame;
	struct mqtt_packet packet;
	char *p = (char *)in.p;

	if (h->target->websocket) {
		if (ws_scan_frame(&p, &in.len, &frame) != WS_SCAN_DONE)
			return false;
		in = frame.payload;
	}
	if (mqtt_scan(&in, &packet) != MQTT_SCAN_PACKET || packet.type != MQTT_CONNACK)
		return false;
	*code = mqtt_connack_code(&packet);
	return true;
}

static int log_in(struct herald *h)
{
	const struct plan *p = h->plan;
	const struct mqtt_login l = { plan_mqtt_version(p), "loadgen-publisher", p->user, p->password, 60 };
	struct buf packet = { 0 }, in BUF_CLEANUP = { .max = 65536 };
	int code = -1;

	mqtt_put_connect(&packet, &l);
	wrap(h, &packet);
	if (send_all(h))
		return -1;
	while (read_some(h, &in) > 0 && !in.failed) {
		if (!find_connack(h, buf_view(&in), &code))
			continue;
		if (code)
			fprintf(stderr, "scoreboard-loadgen: publisher: refused, code 0x%02x\n", (unsigned)code);
		return code ? -1 : 0;
	}
	return complain("no answer to CONNECT");
}

int herald_open(struct herald *h, const struct plan *plan, size_t arm)
{
	const struct timeval patience = { PATIENCE_S, 0 };
	const struct target *target = &plan->publish_targets[arm];
	const struct dial d = { .to = target->address, .blocking = true };

	*h = (struct herald){ .plan = plan, .target = target, .fd = dial(&d) };
	snprintf(h->epoch, sizeof(h->epoch), "b%llx", (unsigned long long)wall_now_ms());
	if (h->fd < 0)
		return complain("cannot connect");
	setsockopt(h->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(h->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (target->websocket && upgrade(h))
		return -1;
	return plan_is_mqtt(plan) ? log_in(h) : 0;
}

void herald_close(struct herald *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	buf_free(&h->out);
	buf_free(&h->payload);
}

/* --- publishing --- */

/* Makes the payload as long as asked: `"state":{"pad":"xxx"}}`. */
static void pad(struct buf *b, const char *member, int64_t bytes)
{
	buf_printf(b, ",\"%s\":{\"pad\":\"", member);
	while ((int64_t)b->len + 3 < bytes)
		buf_char(b, 'x');
	buf_puts(b, "\"}}");
}

static void begin_payload(struct herald *h)
{
	buf_clear(&h->payload);
	buf_printf(&h->payload, "{\"epoch\":\"%s\"", h->epoch);
}

static void add_message(struct herald *h, const char *leaf, bool retain)
{
	const struct plan *p = h->plan;
	struct buf packet = { 0 }, topic BUF_CLEANUP = { 0 };

	if (!plan_is_mqtt(p)) {
		buf_str(&packet, buf_view(&h->payload));
		wrap(h, &packet);
		return;
	}
	buf_printf(&topic, "%s/feed/%s/%s", p->prefix, p->view, leaf);
	h->id = h->id == UINT16_MAX ? 1 : (uint16_t)(h->id + 1);
	mqtt_put_publish(&packet, plan_mqtt_version(p),
			 &(struct mqtt_message){ buf_view(&topic), buf_view(&h->payload), 1, retain, h->id });
	wrap(h, &packet);
}

static void add_recent(struct herald *h)
{
	if (!plan_is_mqtt(h->plan))
		return; /* peers know no retained message */
	begin_payload(h);
	buf_printf(&h->payload, ",\"base\":0,\"seq\":%lld,\"ts\":%lld", (long long)h->seq, (long long)wall_now_ms());
	pad(&h->payload, "set", h->plan->recent_bytes);
	add_message(h, "recent", true);
}

int herald_snapshot(struct herald *h)
{
	begin_payload(h);
	buf_printf(&h->payload, ",\"seq\":0,\"ts\":%lld", (long long)wall_now_ms());
	pad(&h->payload, "state", h->plan->snapshot_bytes);
	add_message(h, "snapshot", true);
	add_recent(h);
	return send_all(h);
}

int herald_delta(struct herald *h)
{
	h->seq++;
	add_recent(h);
	begin_payload(h);
	buf_printf(&h->payload, ",\"seq\":%lld,\"ts\":%lld,\"sent\":%lld", (long long)h->seq,
		   (long long)wall_now_ms(), (long long)mono_now_ns());
	pad(&h->payload, "set", h->plan->payload_bytes);
	add_message(h, "delta", false);
	return send_all(h);
}

int herald_tend(struct herald *h, bool ping)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(h->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
		;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		return complain("the server has hung up");
	if (ping && plan_is_mqtt(h->plan)) {
		struct buf packet = { 0 };

		mqtt_put_pingreq(&packet);
		wrap(h, &packet);
		return send_all(h);
	}
	return 0;
}
