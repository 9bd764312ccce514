#include "publisher/io/mqtt/mqtt_sink.h"

#include "publisher/io/mqtt/mqtt_conn.h"
#include "publisher/io/mqtt/mqtt_look.h"

#include <stdio.h>
#include <stdlib.h>

#define IN_FLIGHT_MAX 4096 /* more messages than the option `window` lets wait for the broker's answer */

/* What Mosquitto counts itself. We do not need it: its plugin sees it when the broker sends it to us, and tells Prometheus (gauges.h). */
#define FIGURES "$SYS/broker/publish/#"

struct mqtt_sink {
	struct bridge_sink *bridge;
	struct mqtt_conn *conn;
	struct mqtt_look *look; /* at the same broker */
	size_t window;
	/* What waits for the broker's answer, at the index message id % IN_FLIGHT_MAX. libmosquitto counts ids up, so those that
	 * wait at the same time differ by less than that. */
	size_t token[IN_FLIGHT_MAX]; /* the bridge's */
	int mid[IN_FLIGHT_MAX];      /* the message id; 0: the place is free */
};

static void connected(void *arg, size_t receive_maximum)
{
	struct mqtt_sink *s = arg;

	bridge_sink_up(s->bridge, receive_maximum < s->window ? receive_maximum : s->window, io_now());
	mqtt_conn_subscribe_aside(s->conn, FIGURES); /* last: should it fail, the connection is lost from within */
}

static void lost(void *arg, enum sink_loss loss, const char *why)
{
	struct mqtt_sink *s = arg;

	memset(s->mid, 0, sizeof(s->mid));
	bridge_sink_lost(s->bridge, loss, why, io_now());
}

static void message(void *arg, const struct bridge_message *msg)
{
	struct mqtt_sink *s = arg;

	bridge_sink_message(s->bridge, msg, io_now());
}

static void subscribed(void *arg, bool granted)
{
	struct mqtt_sink *s = arg;

	bridge_sink_subscribed(s->bridge, granted, io_now());
}

static void answered(void *arg, int mid, bool taken)
{
	struct mqtt_sink *s = arg;
	size_t i = (size_t)mid % IN_FLIGHT_MAX;

	if (s->mid[i] != mid)
		return;
	s->mid[i] = 0;
	if (taken)
		bridge_sink_acked(s->bridge, s->token[i], io_now());
	else
		bridge_sink_refused(s->bridge, s->token[i], io_now());
}

static void refused(void *arg, enum health_row row)
{
	struct mqtt_sink *s = arg;

	bridge_sink_count(s->bridge, row);
}

static void saw(void *arg, enum standby_saw what)
{
	struct mqtt_sink *s = arg;

	bridge_sink_looked(s->bridge, what, io_now());
}

static void publish(struct mqtt_sink *s, const struct effect *fx)
{
	static const char *const labels[] = { "epoch", "seq", NULL };
	const struct mqtt_publish p = {
		.topic = fx->topic,
		.payload = fx->text,
		.qos = fx->qos,
		.retain = fx->retain,
		.content_type = fx->content_type,
		/* Only snapshot and recent, which have a content type: with a delta, labels would cost every viewer bytes, and
		 * the status has neither member. */
		.labels = fx->content_type ? labels : NULL,
		.expires_s = fx->expires_s,
	};
	size_t token = fx->token;
	int mid = mqtt_conn_publish(s->conn, &p);

	if (mid > 0) {
		s->mid[(size_t)mid % IN_FLIGHT_MAX] = mid;
		s->token[(size_t)mid % IN_FLIGHT_MAX] = token;
	} else if (mid == MQTT_NEVER_SENT) {
		bridge_sink_refused(s->bridge, token, io_now());
	} else {
		bridge_sink_acked(s->bridge, token, io_now());
	}
}

void mqtt_sink_run(struct mqtt_sink *s, const struct effect *fx)
{
	switch (fx->type) {
	case FX_SINK_DIAL:
		mqtt_conn_dial(s->conn, fx->topic, fx->text);
		break;
	case FX_SINK_HANG_UP:
		mqtt_conn_hang_up(s->conn);
		break;
	case FX_SINK_DISCONNECT:
		mqtt_conn_disconnect(s->conn);
		break;
	case FX_SINK_SUBSCRIBE:
		mqtt_conn_subscribe(s->conn, fx->topic, 0);
		break;
	case FX_SINK_UNSUBSCRIBE:
		mqtt_conn_unsubscribe(s->conn, fx->topic);
		break;
	case FX_SINK_LOOK:
		mqtt_look_start(s->look, fx->topic);
		break;
	case FX_SINK_PUBLISH:
		publish(s, fx);
		break;
	default:
		break;
	}
}

void mqtt_sink_tick(struct mqtt_sink *s)
{
	mqtt_conn_tick(s->conn);
	mqtt_look_tick(s->look);
}

/* A publisher that takes the place of another one of its own id throws that one out. So who stands by has an id that nobody else has. What
 * stands behind the '@' is the place that an exclusive role has for each track. */
static void write_client_id(const struct config *c, char *out, size_t size)
{
	const char *prefix = config_text(c, CONF_PREFIX);

	if (strcmp(config_text(c, CONF_STANDBY), "no") == 0)
		snprintf(out, size, "scoreboard-publisher@%s", prefix);
	else
		snprintf(out, size, "scoreboard-publisher-%08x@%s", (unsigned)io_now().rnd, prefix);
}

struct mqtt_sink *mqtt_sink_new(struct io *io, size_t i, const struct broker_address *broker, struct complaint *why)
{
	struct mqtt_sink *s = calloc(1, sizeof(*s));
	const struct mqtt_events events = { connected, lost, message, subscribed, answered, refused, s };
	struct mqtt_peer peer = { broker->host, broker->port, broker->tls, config_text(io->config, CONF_CLIENT_ID), false };
	char own_id[256];

	if (!s) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	write_client_id(io->config, own_id, sizeof(own_id));
	if (!*peer.client_id)
		peer.client_id = own_id;
	s->bridge = bridge_sink(io->bridge, i);
	s->window = (size_t)config_number(io->config, CONF_WINDOW);
	s->look = mqtt_look_new(io, &peer, &(struct mqtt_look_events){ saw, s }, why);
	s->conn = s->look ? mqtt_conn_new(io, &peer, &events, why) : NULL;
	if (s->conn)
		return s;
	mqtt_look_free(s->look);
	free(s);
	return NULL;
}

void mqtt_sink_free(struct mqtt_sink *s)
{
	if (!s)
		return;
	mqtt_conn_free(s->conn);
	mqtt_look_free(s->look);
	free(s);
}
