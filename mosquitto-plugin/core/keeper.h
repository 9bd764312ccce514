/* keeper - all that the plugin is at one broker: its door, and its part in a cluster. Between them and the broker's API stands a shell
 * (plugin.c), which translates events into calls of this, and keeper_ops into calls of the API, and decides nothing.
 *
 * The problem. One event concerns several parts, in a certain order: a message is judged by the door, then counted by the cluster, and not
 * kept in the cluster's ledger when the door has taken it for itself; a connection that ends may be a client's, or the bridge to the hub.
 * And the broker does not tell a plugin all that it does. It lets some clients in without asking; it asks about sessions without a client;
 * it does not show what the plugin itself publishes. What each of these means is decided here, so that it can be tested without a broker.
 *
 * Words (others in door.h and cluster.h).
 *   visitor   somebody as the broker describes him. A visitor without an address is no connection from outside, but this broker's own
 *             bridge, a session without its client, or the author of a retained message whose connection has ended.
 *   bridge    the broker's own connection to its hub. The broker shows it as a client with an id and without an address. Its id is known
 *             from its first message on, and no client may have it.
 *   socket    the descriptor of a client's connection. The shell watches sockets on which nobody has come in yet (newcomers.h), so the
 *             keeper tells it who has come in, and who has left (came_in, left).
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
	void (*send)(void *ctx, const struct publication *m); /* may be NULL */
	void (*log)(void *ctx, enum log_level level, const char *text);
	bool (*has_session)(void *ctx, const char *client_id); /* may be NULL */
	/* Ends the connection of this client, whose will is then sent if with_will, or of the bridge, without a will. */
	void (*kick)(void *ctx, const char *client_id, bool with_will);
	/* Which socket is this visitor's? 0: not known. */
	int (*socket_of)(void *ctx, const struct visitor *v);
	/* came_in: this visitor is in, on this socket (0: not known). left: this client has left its socket. adopted: the broker let the client
	 * on this socket in without asking. */
	void (*came_in)(void *ctx, const struct visitor *v, int socket);
	void (*left)(void *ctx, int socket, const void *ptr);
	void (*adopted)(void *ctx, int socket);
	void *ctx;
};

struct keeper_setup {
	const char *prefix;
	enum cluster_part part;
	const char *name;      /* what this broker is called (part.h), a valid name; NULL: by its part */
	const char *run;       /* another text at each start */
	struct policy *policy; /* this and the passwords are the keeper's from then on, or freed when it fails */
	struct passwd passwords;
};

/* NULL: no memory. */
struct keeper *keeper_new(const struct keeper_setup *setup, const struct keeper_ops *ops) __attribute__((warn_unused_result));
void keeper_free(struct keeper *k); /* NULL is fine */

bool keeper_name_valid(const char *name);        /* may a broker be called so? (part.h) */
const char *keeper_name(const struct keeper *k); /* what this broker is called */

/* For what concerns the door alone: control, reload, seats, time spent, the policy in force. */
struct door *keeper_door(const struct keeper *k);

/* Somebody asks to be let in. Of a visitor the caller leaves `socket` 0: it is looked up when it is needed. */
enum reason keeper_connect(struct keeper *k, struct visitor *v, mono now, int64_t wall_ms) __attribute__((warn_unused_result));
/* The broker says that somebody is in; it may not have asked before. A reason: he is not let in, so he is a stranger and may do nothing. */
enum reason keeper_connected(struct keeper *k, struct visitor *v, mono now);

enum keeper_leaving {
	KEEPER_LEFT,               /* the broker keeps nothing of him */
	KEEPER_LEFT_SESSION,       /* the broker keeps his session */
	KEEPER_LEFT_SESSION_MAYBE, /* the broker may keep his session */
};
/* A connection has ended; it may be a stranger's. */
void keeper_left(struct keeper *k, const struct visitor *v, enum keeper_leaving how, mono now);

/* May this client read, write, subscribe? It is asked once per delivery, so it takes a pointer only; now is not looked at for DOOR_READ. When
 * the answer is REASON_STRANGER, the caller asks keeper_stranger_may(), with all that it knows of him and with the time. */
enum reason keeper_may(struct keeper *k, const void *ptr, const struct door_request *rq, mono now)
	__attribute__((warn_unused_result));
enum reason keeper_stranger_may(struct keeper *k, struct visitor *v, const struct door_request *rq, mono now)
	__attribute__((warn_unused_result));

/* A message has come that its sender may write. DOOR_MESSAGE_PASS: the broker goes on with it. */
struct door_answer keeper_message(struct keeper *k, struct visitor *v, const struct message *m, mono now)
	__attribute__((warn_unused_result));

void keeper_tick(struct keeper *k, mono now, int64_t wall_ms); /* many times a second */
void keeper_metrics(const struct keeper *k, struct buf *out);  /* Prometheus' text */

#endif
