/* keeper - all that the plugin is at one broker: its door, and its part in a cluster. Between them and the broker's API stands a shell
 * (plugin.c), which translates events into calls of this, and keeper_ops into calls of the API, and decides nothing.
 *
 * The problem. One event concerns several parts, in a certain order: a message is judged by the door, then counted by the cluster, and not
 * kept in the cluster's ledger when the door has taken it for itself; a connection that ends may be a client's, or the bridge to the hub.
 * And the broker tells a plugin not all that it does. It lets clients in without asking; it asks about sessions without a client; what the
 * plugin itself publishes it does not show. What each of these means is decided here, so that it can be tested without a broker.
 *
 * Words (others in door.h and cluster.h).
 *   visitor   somebody as the broker describes him. One without an address is no connection from outside: with an id it is this broker's
 *             own bridge, or a session without its client.
 *   bridge    the broker's own connection to its hub, as the broker shows it: a client with an id and without an address. Its id is
 *             known from its first message on, and nobody else may have it.
 *   socket    the descriptor of a client's connection. The shell watches those on which nobody has come in yet (newcomers.h), so it is told
 *             of everybody who has (came_in, left).
 *
 * Example: on an edge, the bridge brings `scoreboard/status` retained. on_message of the shell calls keeper_message(). The door lets it
 * pass, since its sender has no address: it is no repeat, presence takes no interest. The keeper learns the bridge's id, and tells the
 * cluster of the message, which notes the publisher's state. The answer is DOOR_MESSAGE_PASS, and the broker keeps and delivers it. */
#ifndef CORE_KEEPER_H
#define CORE_KEEPER_H

#include "mosquitto-plugin/core/cluster/cluster.h"
#include "mosquitto-plugin/core/door/door.h"

struct keeper;

struct keeper_ops {
	/* As in struct door_ops. */
	void (*publish)(void *ctx, const char *to, const char *topic, struct str payload, bool retain);
	void (*log)(void *ctx, enum log_level level, const char *text);
	bool (*has_session)(void *ctx, const char *client_id); /* may be NULL */
	/* Ends a connection: a client's, whose will is sent, or the bridge's, which has none to send. */
	void (*kick)(void *ctx, const char *client_id, bool with_will);
	/* Which socket is this visitor's? 0: not known. */
	int (*socket_of)(void *ctx, const struct visitor *v);
	/* Somebody is in, on this socket (0: not known); he has left it; the broker let him in without asking. */
	void (*came_in)(void *ctx, const struct visitor *v, int socket);
	void (*left)(void *ctx, int socket, const void *ptr);
	void (*adopted)(void *ctx, int socket);
	void *ctx;
};

struct keeper_setup {
	const char *prefix;
	enum cluster_part part;
	const char *run;       /* another text at each start */
	struct policy *policy; /* handed over, in any case, as the passwords are */
	struct passwd passwords;
};

/* NULL: no memory. */
struct keeper *keeper_new(const struct keeper_setup *setup, const struct keeper_ops *ops) __attribute__((warn_unused_result));
void keeper_free(struct keeper *k); /* NULL is fine */

/* For what concerns the door alone: control, reload, seats, time spent, the policy in force. */
struct door *keeper_door(const struct keeper *k);

/* Somebody asks to be let in. Of a visitor the caller leaves `socket` 0: it is looked up when it is needed. */
enum reason keeper_connect(struct keeper *k, struct visitor *v, mono now, int64_t wall_ms) __attribute__((warn_unused_result));
/* Somebody is in, and the broker may not have asked. Refused: he is a stranger, and may do nothing. */
enum reason keeper_connected(struct keeper *k, struct visitor *v, mono now);

enum keeper_leaving {
	KEEPER_LEFT,               /* and nothing is left of him */
	KEEPER_LEFT_SESSION,       /* and the broker keeps his session */
	KEEPER_LEFT_SESSION_MAYBE, /* perhaps */
};
/* A connection has ended. Of strangers, too. */
void keeper_left(struct keeper *k, const struct visitor *v, enum keeper_leaving how, mono now);

/* May he read, write, subscribe? Once per delivery, so that all it takes is a pointer; now is not looked at for DOOR_READ. When the
 * answer is REASON_STRANGER, the caller asks again, with all that it knows of him and the time. */
enum reason keeper_may(struct keeper *k, const void *ptr, const struct door_request *rq, mono now)
	__attribute__((warn_unused_result));
enum reason keeper_stranger_may(struct keeper *k, struct visitor *v, const struct door_request *rq, mono now)
	__attribute__((warn_unused_result));

/* A message that may be written has come; DOOR_MESSAGE_PASS: the broker shall go on with it. */
struct door_answer keeper_message(struct keeper *k, struct visitor *v, const struct message *m, mono now)
	__attribute__((warn_unused_result));

void keeper_tick(struct keeper *k, mono now, int64_t wall_ms); /* many times a second */
void keeper_metrics(const struct keeper *k, struct buf *out);  /* Prometheus' text */

#endif
