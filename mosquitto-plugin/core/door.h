/* door - who may come in, read and write, and how fast. Told of everything that happens at a broker; answers with a
 * reason (REASON_NONE: yes). Knows no broker: what it wants done goes through door_ops, time comes as an argument.
 * Nothing here blocks, except that a login costs the hash it is stored with.
 *
 * Clients are named by the broker's pointer. Functions that take one and do not find it answer REASON_STRANGER: the
 * caller then decides by what it knows of the stranger (door_adopt, door_stranger_may). */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H

#include "mosquitto-plugin/core/bucket.h"
#include "mosquitto-plugin/core/cluster.h"
#include "mosquitto-plugin/core/passwd.h"
#include "mosquitto-plugin/core/policy.h"
#include "mosquitto-plugin/core/reasons.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mono.h"

struct door;

struct door_ops {
	/* to: a client id, NULL for everybody */
	void (*publish)(void *ctx, const char *to, const char *topic, struct str payload, bool retain);
	void (*kick)(void *ctx, const char *client_id);
	void (*log)(void *ctx, enum log_level level, const char *text);
	/* Does the broker hold a session of this id, whose client is not connected? Called from door_tick(), for clients of which
	 * door_gone_for_now() was told. NULL: such sessions are taken to be there. */
	bool (*has_session)(void *ctx, const char *client_id);
	void *ctx;
};

struct visitor {
	const void *ptr;
	const char *id, *user, *password, *address; /* NULL each: none */
	enum transport transport;
	bool asks_session; /* clean start is off: it wants its old session, and leaves one behind */
	int socket;        /* the caller's, given back by door_socket(); 0: none, or not known */
	bool leaves_nothing; /* whatever it wants, no session will be left of it: MQTT 3 with clean session on */
};

enum door_access {
	DOOR_READ,
	DOOR_WRITE,
	DOOR_SUBSCRIBE,
	DOOR_UNSUBSCRIBE,
	DOOR_ACCESS_COUNT
};

enum door_message {
	DOOR_MESSAGE_PASS,
	DOOR_MESSAGE_REPEAT, /* drop it, and say thanks */
	DOOR_MESSAGE_TAKEN,  /* was for us: the same */
	DOOR_MESSAGE_REFUSED,
};

struct message {
	struct str topic, payload;
	bool retain;
	int qos;
};

/* prefix: of the presence topics. Policy and passwords are handed over. NULL when memory is out. */
struct door *door_new(const char *prefix, struct policy *policy, struct passwd passwords, const struct door_ops *ops);
void door_free(struct door *d); /* NULL is fine */

/* It is one of many. Once, at the start. */
void door_join(struct door *d, enum cluster_part part);
/* The hub can hear this edge again, and may know nothing of who is here. */
void door_report(struct door *d);

/* A new policy is in force at once; clients whose user or role it does not know any more, or whose line in the password file is another
 * one, are sent away. */
void door_reload(struct door *d, struct policy *policy, struct passwd passwords, mono now);

/* The broker has read its configuration again, and asks door_connect() about everybody who is in, and about every session without a
 * client. Until the next door_tick() such a question is answered from what is known, and charges nothing. Who comes anew meanwhile is
 * treated as always, if his socket is known, and refused if not. */
void door_recheck(struct door *d);

/* One that shows its name and password; wall_ms is for tokens. Afterwards it is in; or, while door_recheck() is in force, it stays. */
enum reason door_connect(struct door *d, const struct visitor *v, mono now, int64_t wall_ms);
/* One whom the broker has let in by itself (a certificate): seats and roles as for others. */
enum reason door_adopt(struct door *d, const struct visitor *v, mono now);
/* Has gone, and nothing is left of it. Of strangers, too. */
void door_gone(struct door *d, const void *ptr);
/* Has gone, and the broker keeps its session; with sure = false: perhaps. */
void door_gone_for_now(struct door *d, const void *ptr, bool sure, mono now);
bool door_is_in(const struct door *d, const void *ptr);
/* What struct visitor had; 0 for strangers. */
int door_socket(const struct door *d, const void *ptr);

/* The client id under which this broker's own bridge is known to it: nobody else may have it. NULL: none yet. */
void door_set_bridge_id(struct door *d, const char *client_id);
const char *door_bridge_id(const struct door *d);
/* How many connections the limit on open files allows, 0: unknown. It holds beside the policy's. */
void door_set_seats_by_files(struct door *d, int64_t seats);
/* How many bytes a client may send on its connection, of whatever kind; some times what its role may publish. ctx is the door. False for
 * strangers. */
bool door_bytes_allowed(void *ctx, const void *ptr, struct rate *out);
const struct policy *door_policy(const struct door *d); /* the one in force */

enum reason door_may(struct door *d, const void *ptr, enum door_access access, const struct message *m, mono now);
/* Is this the session of a client that has gone? (ptr, id and user are compared.) */
bool door_has_session(const struct door *d, const struct visitor *v);
/* A session without its client, or a will that comes late: judged by what is known of the name, nothing counted. */
enum reason door_stranger_may(struct door *d, const struct visitor *v, enum door_access access, const struct message *m);
/* The broker asks, for each retained message that it is about to send, whether its author (id and user of v) may still write it. */
enum reason door_author_may(struct door *d, const struct visitor *v, const struct message *m);

/* A message that may be written has come: is it too much, is it news? ptr NULL: from the broker's own bridge.
 * *why when refused. */
enum door_message door_message(struct door *d, const void *ptr, const struct message *m, mono now, enum reason *why);

/* The caller itself wrote this retained topic: what is known of it counts no more. */
void door_wrote(struct door *d, const char *topic);

/* A control request (JSON); the answer goes to the client through ops->publish. */
void door_control(struct door *d, const void *ptr, struct str request, mono now);

/* Many times a second. */
void door_tick(struct door *d, mono now, int64_t wall_ms);

/* Prometheus' text. */
void door_metrics(struct door *d, struct buf *out, mono now);
/* The same as retained $SYS topics, those that have changed. */
void door_publish_metrics(struct door *d, mono now);

/* The caller's own time in here, for the metrics. */
void door_spent(struct door *d, uint64_t ns);
void door_reload_failed(struct door *d);

/* All counts that must be zero when nobody is in; for tests and `stats`. */
unsigned door_held(const struct door *d);

#endif
