#include "bench/loadgen/herald.h"

#include "base/mono.h"
#include "bench/loadgen/core/made_up.h"
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
	if (plan->packed && !(h->packer = packer_new()))
		return complain("out of memory");
	snprintf(h->epoch, sizeof(h->epoch), "b%llx", (unsigned long long)wall_now_ms());
	return herald_connect(h, NULL, &why) ? complain(why.text) : 0;
}

void herald_close(struct herald *h)
{
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
	buf_free(&h->out);
	buf_free(&h->text);
	buf_free(&h->packed);
	packer_free(h->packer);
	h->packer = NULL;
}

/* --- publishing --- */

static void begin_text(struct herald *h)
{
	buf_clear(&h->text);
	buf_printf(&h->text, "{\"epoch\":\"%s\"", h->epoch);
}

/* Only MQTT has topics. */
static void add_message(struct herald *h, const char *leaf, struct str payload, bool retain)
{
	const struct plan *p = h->plan;
	struct buf packet = { 0 }, topic BUF_CLEANUP = { 0 };

	if (!plan_is_mqtt(p)) {
		buf_str(&packet, payload);
		wrap(h, &packet);
		return;
	}
	buf_printf(&topic, "%s/", p->prefix);
	if (strcmp(leaf, "status"))
		buf_printf(&topic, "feed/%s/", p->view);
	buf_puts(&topic, leaf);
	h->id = h->id == UINT16_MAX ? 1 : (uint16_t)(h->id + 1);
	mqtt_put_publish(&packet, plan_mqtt_version(p),
			 &(struct mqtt_message){ buf_view(&topic), payload, 1, retain, h->id });
	wrap(h, &packet);
}

/* The text as it is, or packed with the dictionary that the snapshot has brought. */
static struct str payload_of(struct herald *h)
{
	if (!h->packer)
		return buf_view(&h->text);
	packer_text(h->packer, buf_view(&h->text), &h->packed);
	return buf_view(&h->packed);
}

/* Who is there already must have a new dictionary, too. */
static void add_base(struct herald *h)
{
	struct buf dictionary BUF_CLEANUP = { 0 };

	packer_base(h->packer, buf_view(&h->text), &h->packed, &dictionary);
	h->sizes.snapshot = h->packed.len;
	add_message(h, "z/base", buf_view(&h->packed), true);
	if (dictionary.len)
		add_message(h, "z", buf_view(&dictionary), false);
}

static void add_snapshot(struct herald *h)
{
	h->base = h->seq;
	begin_text(h);
	buf_printf(&h->text, ",\"seq\":%lld,\"ts\":%lld", (long long)h->seq, (long long)wall_now_ms());
	made_up_end(&h->text, "state", (uint64_t)h->seq, (size_t)h->plan->snapshot_bytes);
	if (h->packer) {
		add_base(h);
		return;
	}
	h->sizes.snapshot = h->text.len;
	add_message(h, "snapshot", buf_view(&h->text), true);
}

static void add_recent(struct herald *h)
{
	struct str payload;

	if (!plan_is_mqtt(h->plan))
		return; /* servers that speak no MQTT have no retained messages */
	begin_text(h);
	buf_printf(&h->text, ",\"base\":%lld,\"seq\":%lld,\"ts\":%lld", (long long)h->base, (long long)h->seq,
		   (long long)wall_now_ms());
	made_up_end(&h->text, "set", (uint64_t)h->seq, (size_t)h->plan->recent_bytes);
	payload = payload_of(h);
	h->sizes.recent = payload.len;
	add_message(h, h->packer ? "z/recent" : "recent", payload, true);
}

/* The moment of sending stands where the real publisher writes `ts`. */
static void add_delta(struct herald *h)
{
	struct str payload;

	begin_text(h);
	buf_printf(&h->text, ",\"seq\":%lld,\"sent\":%lld", (long long)h->seq, (long long)mono_now_ns());
	made_up_end(&h->text, "set", (uint64_t)h->seq, (size_t)h->plan->payload_bytes);
	payload = payload_of(h);
	h->sizes.deltas += payload.len;
	h->sizes.n_deltas++;
	add_message(h, h->packer ? "z" : "delta", payload, false);
}

/* The real publisher's status when the broker holds everything; an edge waits for it. */
static void add_status(struct herald *h)
{
	if (!plan_is_mqtt(h->plan))
		return;
	buf_clear(&h->text);
	buf_printf(&h->text, "{\"state\":\"live\",\"since\":%lld,\"reason\":\"connected\"}", (long long)wall_now_ms());
	add_message(h, "status", buf_view(&h->text), true);
}

int herald_snapshot(struct herald *h)
{
	add_snapshot(h);
	add_recent(h);
	add_status(h);
	return send_all(h);
}

int herald_delta(struct herald *h)
{
	h->seq++;
	add_recent(h);
	add_delta(h);
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
