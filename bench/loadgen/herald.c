#include "bench/loadgen/herald.h"

#include "base/mono.h"
#include "bench/loadgen/dial.h"
#include "bench/wire/ws.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int complain(const char *what)
{
	fprintf(stderr, "scoreboard-loadgen: publisher: %s\n", what);
	return -1;
}

static int send_all(struct herald *h)
{
	return login_send(h->fd, &h->out) ? complain("the connection is lost") : 0;
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

enum login_answer herald_connect(struct herald *h, struct logins *tally, struct complaint *why)
{
	const struct plan *p = h->plan;
	const struct mqtt_login who = {
		.version = plan_mqtt_version(p),
		.client_id = "loadgen-publisher",
		.user = p->user,
		.password = p->password,
		.keepalive_s = 60,
	};

	return login(p, h->target, &who, tally, &h->fd, why);
}

void herald_hang_up(struct herald *h)
{
	if (h->fd >= 0)
		dial_drop(h->fd);
	h->fd = -1;
	buf_clear(&h->out);
}

int herald_open(struct herald *h, const struct plan *plan, size_t arm)
{
	struct complaint why;

	*h = (struct herald){ .plan = plan, .target = &plan->publish_targets[arm], .fd = -1 };
	snprintf(h->epoch, sizeof(h->epoch), "b%llx", (unsigned long long)wall_now_ms());
	return herald_connect(h, NULL, &why) ? complain(why.text) : 0;
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

/* Ends the payload with a member such as `,"state":{"pad":"xxx"}}`, so padded that the whole has so many bytes. */
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
	buf_printf(&topic, "%s/", p->prefix);
	if (strcmp(leaf, "status"))
		buf_printf(&topic, "feed/%s/", p->view);
	buf_puts(&topic, leaf);
	h->id = h->id == UINT16_MAX ? 1 : (uint16_t)(h->id + 1);
	mqtt_put_publish(&packet, plan_mqtt_version(p),
			 &(struct mqtt_message){ buf_view(&topic), buf_view(&h->payload), 1, retain, h->id });
	wrap(h, &packet);
}

static void add_recent(struct herald *h)
{
	if (!plan_is_mqtt(h->plan))
		return; /* servers that speak no MQTT have no retained messages */
	begin_payload(h);
	buf_printf(&h->payload, ",\"base\":%lld,\"seq\":%lld,\"ts\":%lld", (long long)h->base, (long long)h->seq,
		   (long long)wall_now_ms());
	pad(&h->payload, "set", h->plan->recent_bytes);
	add_message(h, "recent", true);
}

/* The real publisher's status when the broker holds everything; an edge waits for it. */
static void add_status(struct herald *h)
{
	if (!plan_is_mqtt(h->plan))
		return;
	buf_clear(&h->payload);
	buf_printf(&h->payload, "{\"state\":\"live\",\"since\":%lld,\"reason\":\"connected\"}", (long long)wall_now_ms());
	add_message(h, "status", true);
}

int herald_snapshot(struct herald *h)
{
	h->base = h->seq;
	begin_payload(h);
	buf_printf(&h->payload, ",\"seq\":%lld,\"ts\":%lld", (long long)h->seq, (long long)wall_now_ms());
	pad(&h->payload, "state", h->plan->snapshot_bytes);
	add_message(h, "snapshot", true);
	add_recent(h);
	add_status(h);
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
