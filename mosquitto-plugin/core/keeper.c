#include "mosquitto-plugin/core/keeper.h"

#include <stdlib.h>

struct keeper {
	struct keeper_ops ops;
	struct door *door;
	struct cluster *cluster;
	mono ticked; /* when the last tick was */
};

/* ---- what the door wants done ---- */

/* The broker does not show the plugin what the plugin publishes. When the door clears a topic, a hub's digest changes, so the cluster is
 * told. */
static void door_publishes(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	const struct message m = { str_of(topic), payload, retain, 0 };
	struct keeper *k = ctx;

	if (retain && !payload.len)
		cluster_message(k->cluster, &m, false, k->ticked);
	k->ops.publish(k->ops.ctx, to, topic, payload, retain);
}

static void door_sends(void *ctx, const struct publication *m)
{
	struct keeper *k = ctx;

	if (k->ops.send)
		k->ops.send(k->ops.ctx, m);
}

static void door_kicks(void *ctx, const char *client_id)
{
	struct keeper *k = ctx;

	k->ops.kick(k->ops.ctx, client_id, true);
}

static void door_logs(void *ctx, enum log_level level, const char *text)
{
	struct keeper *k = ctx;

	k->ops.log(k->ops.ctx, level, text);
}

static bool door_asks_for_session(void *ctx, const char *client_id)
{
	struct keeper *k = ctx;

	return !k->ops.has_session || k->ops.has_session(k->ops.ctx, client_id);
}

/* ---- what the cluster wants done ---- */

static void cluster_publishes(void *ctx, const char *topic, struct str payload, bool retain)
{
	struct keeper *k = ctx;

	k->ops.publish(k->ops.ctx, NULL, topic, payload, retain);
	if (retain)
		door_wrote(k->door, topic);
}

/* The door lets no client have the bridge's id, so this ends nobody else's connection. */
static void cluster_cuts_bridge(void *ctx)
{
	struct keeper *k = ctx;

	if (door_bridge_id(k->door))
		k->ops.kick(k->ops.ctx, door_bridge_id(k->door), false);
}

static void cluster_is_back(void *ctx)
{
	struct keeper *k = ctx;

	door_report(k->door);
}

static void cluster_logs(void *ctx, const char *text)
{
	struct keeper *k = ctx;

	k->ops.log(k->ops.ctx, LOG_LEVEL_WARN, text);
}

/* ---- coming and going ---- */

struct keeper *keeper_new(const struct keeper_setup *setup, const struct keeper_ops *ops)
{
	struct keeper *k = calloc(1, sizeof(*k));
	const struct door_ops of_door = { door_publishes, door_sends, door_kicks, door_logs, door_asks_for_session, k };
	const struct cluster_ops of_cluster = { cluster_publishes, cluster_cuts_bridge, cluster_is_back, cluster_logs, k };
	struct passwd passwords = setup->passwords;

	if (!k) {
		policy_free(setup->policy);
		passwd_free(&passwords);
		return NULL;
	}
	k->ops = *ops;
	k->door = door_new(setup->prefix, setup->policy, passwords, &of_door);
	k->cluster = cluster_new(setup->part, setup->prefix, setup->run, &of_cluster);
	if (k->door && k->cluster) {
		door_join(k->door, setup->part);
		door_set_name(k->door, setup->name ? setup->name : broker_default_name(setup->part));
		return k;
	}
	keeper_free(k);
	return NULL;
}

void keeper_free(struct keeper *k)
{
	if (!k)
		return;
	door_free(k->door);
	cluster_free(k->cluster);
	free(k);
}

bool keeper_name_valid(const char *name)
{
	return broker_name_valid(str_of(name));
}

const char *keeper_name(const struct keeper *k)
{
	return door_name(k->door);
}

struct door *keeper_door(const struct keeper *k)
{
	return k->door;
}

static void look_up_socket(const struct keeper *k, struct visitor *v)
{
	v->socket = k->ops.socket_of(k->ops.ctx, v);
}

static void tell_if_in(const struct keeper *k, const struct visitor *v)
{
	if (door_is_in(k->door, v->ptr))
		k->ops.came_in(k->ops.ctx, v, door_socket(k->door, v->ptr));
}

enum reason keeper_connect(struct keeper *k, struct visitor *v, mono now, int64_t wall_ms)
{
	int had = door_socket(k->door, v->ptr);
	enum reason why;

	look_up_socket(k, v);
	why = door_connect(k->door, v, now, wall_ms);
	if (had && door_socket(k->door, v->ptr) != had)
		k->ops.left(k->ops.ctx, had, v->ptr);
	tell_if_in(k, v);
	return why;
}

/* The broker let this visitor in without asking. */
static enum reason adopt(struct keeper *k, struct visitor *v, mono now)
{
	enum reason why;

	look_up_socket(k, v);
	why = door_adopt(k->door, v, now);
	tell_if_in(k, v);
	if (!why && v->socket)
		k->ops.adopted(k->ops.ctx, v->socket);
	return why;
}

enum reason keeper_connected(struct keeper *k, struct visitor *v, mono now)
{
	return v->address ? adopt(k, v, now) : REASON_NONE;
}

static bool is_bridge(const struct keeper *k, const struct visitor *v)
{
	return v->id && !v->address && door_bridge_id(k->door) && strcmp(v->id, door_bridge_id(k->door)) == 0;
}

void keeper_left(struct keeper *k, const struct visitor *v, enum keeper_leaving how, mono now)
{
	int socket = door_socket(k->door, v->ptr);

	if (socket)
		k->ops.left(k->ops.ctx, socket, v->ptr);
	if (how == KEEPER_LEFT)
		door_gone(k->door, v->ptr);
	else
		door_gone_for_now(k->door, v->ptr, how == KEEPER_LEFT_SESSION, now);
	if (is_bridge(k, v))
		cluster_bridge_lost(k->cluster, now);
}

/* ---- permissions ---- */

/* Tells the cluster of permissions that it has to know of. */
static void tell_cluster(struct keeper *k, const struct door_request *rq, mono now)
{
	if (rq->access == DOOR_WRITE && rq->message->retain)
		cluster_announced(k->cluster, rq->message, now);
	else if (rq->access == DOOR_SUBSCRIBE)
		cluster_subscribed(k->cluster);
}

enum reason keeper_may(struct keeper *k, const void *ptr, const struct door_request *rq, mono now)
{
	enum reason why = door_may(k->door, ptr, rq, now);

	if (!why && rq->access != DOOR_READ)
		tell_cluster(k, rq, now);
	return why;
}

static enum reason judge_stranger(struct keeper *k, struct visitor *v, const struct door_request *rq, mono now)
{
	enum reason why;

	/* Mosquitto 2.0.11 also asks whether a session without its client may read what it has subscribed to */
	if (rq->access == DOOR_WRITE || door_has_session(k->door, v) ||
	    (rq->access == DOOR_READ && !k->ops.socket_of(k->ops.ctx, v)))
		return door_stranger_may(k->door, v, rq, now);
	why = adopt(k, v, now);
	return why ? why : door_may(k->door, v->ptr, rq, now);
}

enum reason keeper_stranger_may(struct keeper *k, struct visitor *v, const struct door_request *rq, mono now)
{
	enum reason why;

	/* there is no connection: the broker is about to send a retained message, and asks whether its author may still write it
	 * (check_retain_source); nothing is written */
	if (!v->address && rq->access == DOOR_WRITE)
		return door_author_may(k->door, v, rq->message);
	why = judge_stranger(k, v, rq, now);
	if (!why)
		tell_cluster(k, rq, now);
	return why;
}

/* ---- messages ---- */

static void note_message(struct keeper *k, const struct visitor *v, const struct message *m, mono now)
{
	bool from_bridge = !v->address;

	if (from_bridge && v->id)
		door_set_bridge_id(k->door, v->id);
	cluster_message(k->cluster, m, from_bridge, now);
}

struct door_answer keeper_message(struct keeper *k, struct visitor *v, const struct message *m, mono now)
{
	struct door_answer answer = door_message(k->door, v->address ? v->ptr : NULL, m, now);
	struct message kept = *m;

	if (answer.what == DOOR_MESSAGE_REFUSED && answer.why == REASON_STRANGER && !adopt(k, v, now))
		answer = door_message(k->door, v->ptr, m, now);
	if (answer.what == DOOR_MESSAGE_REFUSED) {
		cluster_refused(k->cluster);
		return answer;
	}
	if (answer.what == DOOR_MESSAGE_TAKEN)
		kept.retain = false; /* it goes no further, so the broker does not keep it */
	note_message(k, v, &kept, now);
	return answer;
}

void keeper_tick(struct keeper *k, mono now, int64_t wall_ms)
{
	k->ticked = now;
	door_set_cut_off(k->door, cluster_stats(k->cluster).cut_off);
	door_tick(k->door, now, wall_ms);
	door_tick_rooms(k->door, now, wall_ms);
	door_tick_history(k->door, now, wall_ms);
	door_tick_control(k->door, now);
	door_tell_bans(k->door, now);
	cluster_tick(k->cluster, now, wall_ms);
}

void keeper_metrics(const struct keeper *k, struct buf *out)
{
	door_metrics(k->door, out);
	cluster_metrics(k->cluster, out);
}
