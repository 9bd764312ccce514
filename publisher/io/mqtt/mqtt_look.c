#include "publisher/io/mqtt/mqtt_look.h"

#include "base/json.h"

#include <libwebsockets.h>
#include <stdlib.h>

#define LOOK_MS 3000

struct mqtt_look {
	struct mqtt_look_events events;
	struct mqtt_conn *conn;
	char *topic;
	mono give_up; /* MONO_NEVER: no look is under way */
	bool is_open; /* the connection is to be hung up */
	struct io *io;
	lws_sorted_usec_list_t soon; /* hangs up, which can't be done from within an event of the connection */
	bool sees_leader;            /* so far */
	int answers;                 /* to our subscriptions */
};

static void hang_up(struct mqtt_look *l)
{
	if (l->is_open)
		mqtt_conn_hang_up(l->conn);
	l->is_open = false;
}

/* At once, or the broker would count one viewer more for a second. */
static void hang_up_now(lws_sorted_usec_list_t *soon)
{
	hang_up(lws_container_of(soon, struct mqtt_look, soon));
}

static void finish(struct mqtt_look *l, enum standby_saw saw)
{
	bool under_way = l->give_up.ms != MONO_NEVER.ms;

	l->give_up = MONO_NEVER;
	if (!under_way)
		return;
	lws_sul_schedule(l->io->lws, 0, &l->soon, hang_up_now, 1);
	l->events.saw(l->events.arg, saw);
}

static void subscribe(struct mqtt_look *l)
{
	mqtt_conn_subscribe(l->conn, str_of(l->topic), 0);
}

/* The second subscription is for its answer: when that comes, all that the first one brings has come. */
static void connected(void *arg, size_t receive_maximum)
{
	struct mqtt_look *l = arg;

	(void)receive_maximum;
	subscribe(l);
	subscribe(l);
}

static void lost(void *arg, enum sink_loss loss, const char *why)
{
	(void)loss, (void)why;
	finish(arg, STANDBY_SAW_NOTHING);
}

static void message(void *arg, const struct bridge_message *msg)
{
	struct mqtt_look *l = arg;
	struct str state;

	if (str_is(msg->topic, l->topic))
		l->sees_leader = json_member(msg->payload, "state", &state) && !str_is(state, "\"offline\"");
}

static void subscribed(void *arg, bool granted)
{
	struct mqtt_look *l = arg;

	if (!granted)
		finish(l, STANDBY_SAW_NOTHING);
	else if (++l->answers == 2)
		finish(l, l->sees_leader ? STANDBY_SAW_LEADER : STANDBY_SAW_NOBODY);
}

void mqtt_look_start(struct mqtt_look *l, struct str topic)
{
	const struct str none = { "", 0 };

	finish(l, STANDBY_SAW_NOTHING);
	lws_sul_cancel(&l->soon);
	hang_up(l);
	free(l->topic);
	l->topic = str_dup(topic);
	l->answers = 0;
	l->sees_leader = false;
	l->give_up = mono_add(mono_now(), LOOK_MS);
	if (!l->topic) {
		finish(l, STANDBY_SAW_NOTHING);
		return;
	}
	l->is_open = true;
	mqtt_conn_dial(l->conn, none, none);
}

void mqtt_look_tick(struct mqtt_look *l)
{
	if (mono_reached(mono_now(), l->give_up))
		finish(l, STANDBY_SAW_NOTHING);
	if (l->is_open)
		mqtt_conn_tick(l->conn);
}

struct mqtt_look *mqtt_look_new(struct io *io, const struct mqtt_peer *broker, const struct mqtt_look_events *events, struct complaint *why)
{
	const struct mqtt_peer peer = { .host = broker->host, .port = broker->port, .tls = broker->tls, .client_id = "", .nameless = true };
	struct mqtt_look *l = calloc(1, sizeof(*l));

	if (!l) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	l->io = io;
	l->events = *events;
	l->give_up = MONO_NEVER;
	l->conn = mqtt_conn_new(io, &peer, &(struct mqtt_events){ connected, lost, message, subscribed, NULL, NULL, l }, why);
	if (l->conn)
		return l;
	free(l);
	return NULL;
}

void mqtt_look_free(struct mqtt_look *l)
{
	if (!l)
		return;
	mqtt_conn_free(l->conn);
	free(l->topic);
	free(l);
}
