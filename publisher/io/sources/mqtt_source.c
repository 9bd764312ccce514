#include "publisher/io/mqtt/mqtt_conn.h"
#include "publisher/io/sources/source.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_MS 1000

/* The feed of another publisher, read from a broker. With this source the program serves HTTP where there is no scoreboard: beside a
 * broker that is an edge, for example.
 *
 * The packed feed is enough, and costs a quarter of the other. Which views have none is found out at the beginning, and whenever the
 * publisher's status changes, by asking for all that is retained: what comes of one subscription comes before the answer to the next, unless
 * there is more of it than the broker sends without an answer. */
struct mqtt_source {
	struct source source;
	struct io *io;
	struct mqtt_conn *conn;
	mono next_second;
	size_t unanswered; /* subscriptions */
	bool looking;      /* when all are answered, all views were heard */
	bool look_due;     /* the status has changed since we began to look; at most once a second we look again */
};

static struct mqtt_source *self(struct source *s)
{
	return (struct mqtt_source *)s;
}

static void below_prefix(const struct mqtt_source *m, const char *filter, struct buf *out)
{
	buf_printf(out, "%s/%s", config_text(m->io->config, CONF_PREFIX), filter);
}

static void subscribe(struct mqtt_source *m, const char *filter)
{
	BUF_CLEANUP struct buf whole = { 0 };

	below_prefix(m, filter, &whole);
	if (whole.failed)
		return;
	m->unanswered++;
	mqtt_conn_subscribe(m->conn, buf_view(&whole), 1);
}

static void subscribe_to_json(struct mqtt_source *m, const char *view)
{
	BUF_CLEANUP struct buf filter = { 0 };

	buf_printf(&filter, "feed/%s/+", view);
	if (!filter.failed)
		subscribe(m, filter.p);
}

static void look_for_views(struct mqtt_source *m)
{
	m->looking = true;
	m->look_due = false;
	bridge_source_looks(m->io->bridge);
	subscribe(m, "notice");
	subscribe(m, "presence/+");
	subscribe(m, "feed/+/z/#");
	subscribe(m, "feed/+/snapshot");
	subscribe(m, "status"); /* last, so that its answer comes behind what the others bring */
}

static void found_views(struct mqtt_source *m)
{
	BUF_CLEANUP struct buf snapshots = { 0 };
	const char *view;

	m->looking = false;
	bridge_source_looked(m->io->bridge);
	below_prefix(m, "feed/+/snapshot", &snapshots);
	if (!snapshots.failed)
		mqtt_conn_unsubscribe(m->conn, buf_view(&snapshots));
	for (size_t i = 0; (view = bridge_json_view(m->io->bridge, i)) != NULL; i++)
		subscribe_to_json(m, view);
}

static void connected(void *arg, size_t receive_maximum)
{
	struct mqtt_source *m = arg;

	(void)receive_maximum;
	bridge_source_up(m->io->bridge, io_now());
	m->unanswered = 0;
	look_for_views(m);
}

static void lost(void *arg, enum sink_loss loss, const char *why)
{
	struct mqtt_source *m = arg;

	(void)loss;
	m->looking = m->look_due = false;
	bridge_source_lost(m->io->bridge, SOURCE_LOSS_CONNECTION, why, io_now());
}

static void message(void *arg, const struct bridge_message *msg)
{
	struct mqtt_source *m = arg;

	bridge_source_message(m->io->bridge, msg, io_now());
	m->look_due |= !msg->retained && str_ends(msg->topic, STR("/status"));
}

static void subscribed(void *arg, bool granted)
{
	struct mqtt_source *m = arg;

	if (!granted)
		log_error("source", "the broker does not let us subscribe to all of the feed, notice and presence");
	m->unanswered -= m->unanswered > 0;
	if (m->looking && !m->unanswered)
		found_views(m);
}

static void dial(struct source *s)
{
	struct str none = { "", 0 };

	self(s)->next_second = mono_now();
	mqtt_conn_dial(self(s)->conn, none, none);
}

static void hang_up(struct source *s)
{
	self(s)->looking = self(s)->look_due = false;
	mqtt_conn_hang_up(self(s)->conn);
}

static void tick(struct source *s, mono now)
{
	struct mqtt_source *m = self(s);

	m->next_second = mono_add(now, SECOND_MS);
	if (m->look_due && !m->looking)
		look_for_views(m);
	mqtt_conn_tick(m->conn);
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
	const struct mqtt_events events = { connected, lost, message, subscribed, NULL, NULL, m };
	const struct mqtt_peer peer = { at->url.host, at->url.port, at->tls, config_text(io->config, CONF_CLIENT_ID), false };

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
