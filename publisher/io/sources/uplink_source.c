#include "publisher/core/uplink.h"
#include "publisher/io/mqtt/mqtt_conn.h"
#include "publisher/io/sources/recorder.h"
#include "publisher/io/sources/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND_MS 1000
#define ORDER_EXPIRES_S 30 /* a page that sleeps need not be told what we wanted of it before */
#define ORDERS "uplink/orders/"
#define MESSAGES "uplink/frames/"

/* A scoreboard behind an uplink (publisher/core/uplink.h): a page relays it, over a broker. The connection to that broker is made anew with
 * each dial. That one publisher at a time listens to the page is the broker's doing: its role is exclusive, and the place is named by what
 * stands behind the '@' of the client id, which for this connection is another one than for the broker that we tell. */
struct uplink_source {
	struct source source;
	struct io *io;
	struct mqtt_conn *conn;
	struct uplink uplink;
	const char *over; /* why the session has ended, which the next tick tells; NULL: it has not */
	mono next_second;
};

static struct uplink_source *self(struct source *s)
{
	return (struct uplink_source *)s;
}

static void write_topic(const struct uplink_source *u, const char *begin, struct buf *out)
{
	buf_printf(out, "%s%s", begin, config_text(u->io->config, CONF_PREFIX));
}

static void order(struct uplink_source *u, const char *word, struct str body)
{
	BUF_CLEANUP struct buf topic = { 0 }, text = { 0 };
	struct mqtt_publish p = { .qos = 1, .expires_s = ORDER_EXPIRES_S };

	write_topic(u, ORDERS, &topic);
	uplink_write(&u->uplink, word, body, &text);
	p.topic = buf_view(&topic);
	p.payload = buf_view(&text);
	if (topic.failed || text.failed || mqtt_conn_publish(u->conn, &p) == MQTT_NEVER_SENT)
		u->over = "an order to the uplink page can't be sent";
}

/* The page closes its connection to the scoreboard when it has had no order for longer than our pings are apart: then we have gone. */
static void order_to_open(struct uplink_source *u)
{
	const struct config *c = u->io->config;
	int64_t silent_ms = 2 * config_number(c, CONF_PING_EVERY) + config_number(c, CONF_PONG_WITHIN);
	char body[24];
	int n = snprintf(body, sizeof(body), "%" PRId64, silent_ms);

	uplink_ask(&u->uplink, io_now().rnd, io_now().rnd, mono_now());
	order(u, "open", (struct str){ body, (size_t)n });
}

static void note_event(struct uplink_source *u, const char *event)
{
	if (u->io->recorder)
		recorder_event(u->io->recorder, event, mono_now());
}

static void opened(struct uplink_source *u)
{
	note_event(u, "connect");
	bridge_source_up(u->io->bridge, io_now());
}

/* ---- events of the connection to the broker ---- */

static void connected(void *arg, size_t receive_maximum)
{
	struct uplink_source *u = arg;
	BUF_CLEANUP struct buf topic = { 0 };

	(void)receive_maximum;
	write_topic(u, MESSAGES, &topic);
	if (!topic.failed)
		mqtt_conn_subscribe(u->conn, buf_view(&topic), 1);
}

static void subscribed(void *arg, bool granted)
{
	struct uplink_source *u = arg;

	if (granted)
		order_to_open(u);
	else
		u->over = "the broker does not let us hear the uplink page";
}

static void answered(void *arg, int mid, bool taken)
{
	struct uplink_source *u = arg;

	(void)mid;
	if (!taken)
		u->over = "the broker does not let us give orders to the uplink page";
}

static void message(void *arg, const struct bridge_message *msg)
{
	struct uplink_source *u = arg;

	if (msg->retained || u->over)
		return;
	switch (uplink_take(&u->uplink, msg->payload)) {
	case UPLINK_NOTHING:
		break;
	case UPLINK_HERE:
		order_to_open(u);
		break;
	case UPLINK_OPENED:
		opened(u);
		break;
	case UPLINK_FRAME:
		source_deliver(u->io, uplink_frame(&u->uplink));
		break;
	case UPLINK_FRAME_TOO_LARGE:
		bridge_source_frame_lost(u->io->bridge, FRAME_LOSS_TOO_LARGE, io_now());
		break;
	case UPLINK_PONG:
		bridge_source_pong(u->io->bridge, io_now());
		break;
	case UPLINK_OVER:
		u->over = u->uplink.why; /* the connection can't be ended here, within its own event */
		break;
	}
}

static void end(struct uplink_source *u)
{
	if (u->uplink.state == UPLINK_OPEN)
		note_event(u, "disconnect");
	uplink_end(&u->uplink);
	u->over = NULL;
}

static void lost(void *arg, enum sink_loss loss, const char *why)
{
	struct uplink_source *u = arg;

	(void)loss;
	end(u);
	bridge_source_lost(u->io->bridge, SOURCE_LOSS_CONNECTION, why, io_now());
}

/* ---- what the bridge asks for ---- */

static void dial(struct source *s)
{
	struct str none = { "", 0 };

	self(s)->next_second = mono_now();
	mqtt_conn_dial(self(s)->conn, none, none);
}

static void hang_up(struct source *s)
{
	end(self(s));
	mqtt_conn_hang_up(self(s)->conn);
}

static void send_text(struct source *s, struct str text)
{
	if (self(s)->uplink.state == UPLINK_OPEN)
		order(self(s), "send", text);
}

static void ping(struct source *s)
{
	if (self(s)->uplink.state == UPLINK_OPEN)
		order(self(s), "ping", STR(""));
}

static void tick(struct source *s, mono now)
{
	struct uplink_source *u = self(s);
	const char *why;

	if (uplink_is_late(&u->uplink, now))
		u->over = u->uplink.why;
	why = u->over;
	if (why) {
		hang_up(s);
		bridge_source_lost(u->io->bridge, SOURCE_LOSS_CONNECTION, why, io_now());
	} else if (mono_reached(now, u->next_second)) {
		u->next_second = mono_add(now, SECOND_MS);
		mqtt_conn_tick(u->conn);
	}
}

static mono deadline(const struct source *s)
{
	const struct uplink_source *u = (const struct uplink_source *)s;

	return u->over ? (mono){ 0 } : mono_min(u->next_second, u->uplink.until);
}

static void free_source(struct source *s)
{
	mqtt_conn_free(self(s)->conn);
	uplink_free(&self(s)->uplink);
	free(s);
}

static const struct source_ops uplink_ops = {
	.registers = true,
	.redials = true,
	.keeps_time = true,
	.for_leader = true,
	.dial = dial,
	.hang_up = hang_up,
	.send = send_text,
	.ping = ping,
	.tick = tick,
	.deadline = deadline,
	.free = free_source,
};

/* As that of a broker that we tell (mqtt_sink.c): who stands by has an id that nobody else has. */
static void write_client_id(const struct config *c, char *out, size_t size)
{
	const char *prefix = config_text(c, CONF_PREFIX);

	if (strcmp(config_text(c, CONF_STANDBY), "no") == 0)
		snprintf(out, size, "scoreboard-publisher-uplink@uplink/%s", prefix);
	else
		snprintf(out, size, "scoreboard-publisher-uplink-%08x@uplink/%s", (unsigned)io_now().rnd, prefix);
}

struct source *uplink_source_new(struct io *io, const struct source_address *at, struct complaint *why)
{
	struct uplink_source *u = calloc(1, sizeof(*u));
	const struct mqtt_events events = { connected, lost, message, subscribed, answered, NULL, u };
	struct mqtt_peer peer = { at->url.host, at->url.port, at->tls, "", false };
	char id[256];

	if (!u) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	write_client_id(io->config, id, sizeof(id));
	peer.client_id = id;
	u->source.ops = &uplink_ops;
	u->io = io;
	u->next_second = MONO_NEVER;
	uplink_init(&u->uplink, (size_t)config_number(io->config, CONF_MAX_FRAME));
	u->conn = mqtt_conn_new(io, &peer, &events, why);
	if (u->conn)
		return &u->source;
	free(u);
	return NULL;
}
