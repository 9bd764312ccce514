/* door - who may come in, read and write, and how fast. Told of everything that happens at a broker; answers with a
 * reason (REASON_NONE: yes). Knows no broker: what it wants done goes through door_ops, time comes as an argument.
 * Nothing here blocks, except that a login costs the hash it is stored with.
 *
 * Clients are named by the broker's pointer. Functions that take one and do not find it answer REASON_STRANGER: the
 * caller then decides by what it knows of the stranger (door_adopt, door_stranger_may). */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H

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
	void *ctx;
};

struct visitor {
	const void *ptr;
	const char *id, *user, *password, *address; /* NULL each: none */
	enum transport transport;
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

/* A new policy is in force at once; clients whose user or role it does not know any more are sent away. */
void door_reload(struct door *d, struct policy *policy, struct passwd passwords, mono now);

/* One that shows its name and password; wall_ms is for tokens. */
enum reason door_connect(struct door *d, const struct visitor *v, mono now, int64_t wall_ms);
/* One whom the broker has let in by itself (a certificate): seats and roles as for others. */
enum reason door_adopt(struct door *d, const struct visitor *v, mono now);
/* Has gone. Of strangers, too. */
void door_gone(struct door *d, const void *ptr);

enum reason door_may(struct door *d, const void *ptr, enum door_access access, const struct message *m, mono now);
/* A session without its client, or a will that comes late: judged by the name alone, nothing counted. */
enum reason door_stranger_may(struct door *d, const struct visitor *v, enum door_access access, const struct message *m);

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
