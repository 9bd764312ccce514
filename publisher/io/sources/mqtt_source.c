#include "publisher/io/mqtt/mqtt_conn.h"
#include "publisher/io/sources/source.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_MS 1000

/* The feed of another publisher, read from a broker. With this source the program serves HTTP where there is no scoreboard: beside a
 * broker that is an edge, for example. */
struct mqtt_source {
	struct source source;
	struct io *io;
	struct mqtt_conn *conn;
	mono next_second;
};

static struct mqtt_source *self(struct source *s)
{
	return (struct mqtt_source *)s;
}

static void subscribe(struct mqtt_source *m, const char *below)
{
	char filter[300];

	snprintf(filter, sizeof(filter), "%s/%s", config_text(m->io->config, CONF_PREFIX), below);
	mqtt_conn_subscribe(m->conn, str_of(filter), 1);
}

static void connected(void *arg, size_t receive_maximum)
{
	struct mqtt_source *m = arg;

	(void)receive_maximum;
	bridge_source_up(m->io->bridge, io_now());
	subscribe(m, "status");
	subscribe(m, "feed/+/+");
}

static void lost(void *arg, bool refused, const char *why)
{
	struct mqtt_source *m = arg;

	(void)refused;
	bridge_source_lost(m->io->bridge, SOURCE_LOSS_CONNECTION, why, io_now());
}

static void message(void *arg, struct str topic, struct str payload, bool retained)
{
	struct mqtt_source *m = arg;

	(void)retained;
	bridge_source_message(m->io->bridge, topic, payload, io_now());
}

static void subscribed(void *arg, bool granted)
{
	(void)arg;
	if (!granted)
		log_error("source", "the broker does not let us subscribe to the feed");
}

static void dial(struct source *s)
{
	struct str none = { "", 0 };

	self(s)->next_second = mono_now();
	mqtt_conn_dial(self(s)->conn, none, none);
}

static void hang_up(struct source *s)
{
	mqtt_conn_hang_up(self(s)->conn);
}

static void tick(struct source *s, mono now)
{
	self(s)->next_second = mono_add(now, SECOND_MS);
	mqtt_conn_tick(self(s)->conn);
}

static mono deadline(const struct source *s)
{
	return ((const struct mqtt_source *)s)->next_second;
}

static void free_source(struct source *s)
{
	mqtt_conn_free(self(s)->conn);
	free(s);
}

static const struct source_ops mqtt_ops = {
	.redials = true,
	.follows = true,
	.dial = dial,
	.hang_up = hang_up,
	.tick = tick,
	.deadline = deadline,
	.free = free_source,
};

struct source *mqtt_source_new(struct io *io, const struct source_address *at, struct complaint *why)
{
	struct mqtt_source *m = calloc(1, sizeof(*m));
	const struct mqtt_events events = { connected, lost, message, subscribed, NULL, m };
	const struct mqtt_peer peer = { at->url.host, at->url.port, at->tls, config_text(io->config, CONF_CLIENT_ID) };

	if (!m) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	m->source.ops = &mqtt_ops;
	m->io = io;
	m->next_second = MONO_NEVER;
	m->conn = mqtt_conn_new(io, &peer, &events, why);
	if (m->conn)
		return &m->source;
	free(m);
	return NULL;
}
