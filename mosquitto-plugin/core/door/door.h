/* door - who may come in, read and write, and how fast. Knows no broker: it is told of everything that happens at one, answers with a
 * reason (REASON_NONE: yes), and what it wants done goes through door_ops. Time is an argument. Nothing here blocks, except that a login
 * costs the hash it is stored with.
 *
 * The problem. A broker's own access control knows who may do what. It does not know how much: one client, one address, or ten thousand
 * that somebody hired, can take the seats, the bytes and the time of all the others. The door holds everybody to a policy (policy.h).
 * It must do so cheaply: whether somebody may read is asked once per delivery.
 *
 * Words.
 *   visitor   somebody as the broker describes him: pointer, client id, user, address. Not yet, or not any more, a client.
 *   client    a visitor who has been let in, until his connection has ended (roster.h). Named by the broker's pointer.
 *   stranger  a pointer that is no client: the client has gone, or has been told to, or the broker let him in without asking.
 *             REASON_STRANGER is the answer to every question about one; the caller then asks door_stranger_may(), or brings him in by
 *             door_adopt().
 *   role      what a client may do, and his limits; of a user, of a token, or of the nameless on a kind of listener.
 *   session   what the broker keeps of a client that has gone (sessions.h).
 *   repeat    a retained message that says what the broker holds already: it is dropped, and its sender thanked.
 *
 * The life of a client. door_connect(): is he banned, does he come too often, is he who he says (books.h for passwords, token.h for
 * tokens), is the client id his, may he have a session, is there a seat? If so, he is in. door_may(): may he read, write, subscribe?
 * A message that he may write is then shown to door_message(): is it too much, is it a report for presence, is it a repeat?
 * Who is refused all the time, whose token expires, whom an operator kicks or a reload leaves no role, is marked and, at the next
 * door_tick(), given to ops->kick. door_gone() or door_gone_for_now() end it, whoever caused it: then every count that he
 * raised is lowered (door_held() adds them all up).
 *
 * Example: a browser connects without a name over WebSockets; the policy gives the nameless there the role viewer. It subscribes to
 * scoreboard/feed/spectator/delta: allowed, 1 of 20 subscriptions. It publishes to scoreboard/status: REASON_PUBLISH, counted and logged,
 * and the broker does not pass it on. */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H

#include "mosquitto-plugin/core/cluster/part.h"
#include "mosquitto-plugin/core/login/passwd.h"
#include "mosquitto-plugin/core/policy/message.h"
#include "mosquitto-plugin/core/policy/policy.h"
#include "mosquitto-plugin/core/policy/reasons.h"
#include "mosquitto-plugin/core/seats/bucket.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mono.h"

struct door;

struct door_ops {
	/* to: a client id; NULL: for everybody who has subscribed */
	void (*publish)(void *ctx, const char *to, const char *topic, struct str payload, bool retain);
	void (*kick)(void *ctx, const char *client_id); /* may lead straight to door_gone() */
	void (*log)(void *ctx, enum log_level level, const char *text);
	/* Does the broker hold a session of this id, whose client is not connected? Called from door_tick(), for clients that
	 * door_gone_for_now() was told of with sure = false. NULL: such sessions are taken to be there. */
	bool (*has_session)(void *ctx, const char *client_id);
	void *ctx;
};

struct visitor {
	const void *ptr;
	const char *id, *user, *password, *address; /* NULL each: none */
	enum transport transport;
	bool asks_session;   /* Clean Session (MQTT 3.1.1) or Clean Start (MQTT 5) is off: it wants its old session, and may leave one behind */
	int socket;          /* the caller's, given back by door_socket(); 0: none, or not known */
	bool leaves_nothing; /* whatever it wants, no session will be left of it: MQTT 3 with clean session on */
};

enum door_access {
	DOOR_READ,
	DOOR_WRITE,
	DOOR_SUBSCRIBE,
	DOOR_UNSUBSCRIBE,
	DOOR_ACCESS_COUNT
};

struct door_request {
	enum door_access access;
	const struct message *message;
};

enum door_message {
	DOOR_MESSAGE_PASS,
	DOOR_MESSAGE_REPEAT, /* drop it, and tell the sender that all is well */
	DOOR_MESSAGE_TAKEN,  /* was for the plugin itself: the same */
	DOOR_MESSAGE_REFUSED,
};

/* prefix: of the presence topics. Policy and passwords are handed over, in any case. NULL when memory is out. */
struct door *door_new(const char *prefix, struct policy *policy, struct passwd passwords, const struct door_ops *ops)
	__attribute__((warn_unused_result));
void door_free(struct door *d); /* NULL is fine */

/* This broker is one of many. Once, at the start. */
void door_join(struct door *d, enum cluster_part part);
/* Sends the whole report of who is here again: the hub can hear this edge again, and may know nothing. */
void door_report(struct door *d);

/* A new policy is in force at once; clients whose user or role it does not know any more, or whose line in the password file is another
 * one, are sent away. */
void door_reload(struct door *d, struct policy *policy, struct passwd passwords, mono now);

/* The broker has read its configuration again, and asks door_connect() about everybody who is in, and about every session without a
 * client. Until the next door_tick() such a question is answered from what is known, and charges nothing. Who comes anew meanwhile is
 * treated as always, if his socket is known, and refused if not. */
void door_recheck(struct door *d);

/* One who shows his name and password; wall_ms is for tokens. REASON_NONE: he is in; or, while door_recheck() is in force, he stays. */
enum reason door_connect(struct door *d, const struct visitor *v, mono now, int64_t wall_ms) __attribute__((warn_unused_result));
/* One whom the broker has let in by itself (a certificate). His name must be a user of the policy; bans, client ids and seats hold as for
 * others, but rates and sessions are not looked at. */
enum reason door_adopt(struct door *d, const struct visitor *v, mono now) __attribute__((warn_unused_result));
/* Has gone, and nothing is left of it. For a pointer that is no client it does nothing. */
void door_gone(struct door *d, const void *ptr);
/* Has gone, and the broker keeps its session; with sure = false: perhaps. */
void door_gone_for_now(struct door *d, const void *ptr, bool sure, mono now);
bool door_is_in(const struct door *d, const void *ptr);
/* The socket that he came with (struct visitor); 0 for strangers. */
int door_socket(const struct door *d, const void *ptr);

/* The client id under which this broker's own bridge is known to it: nobody else may have it. NULL: none yet. */
void door_set_bridge_id(struct door *d, const char *client_id);
const char *door_bridge_id(const struct door *d);
/* How many connections the limit on open files allows, 0: unknown. It holds beside the policy's. */
void door_set_seats_by_files(struct door *d, int64_t seats);
/* How many bytes a client may send on its connection, of whatever kind: a fixed allowance, and twice what its role may
 * publish. ctx is the door. False for strangers. */
bool door_bytes_allowed(void *ctx, const void *ptr, struct rate *out);
const struct policy *door_policy(const struct door *d); /* the one in force */

/* May this client read, write, subscribe to, or unsubscribe from this? now is not looked at for DOOR_READ. */
enum reason door_may(struct door *d, const void *ptr, const struct door_request *rq, mono now) __attribute__((warn_unused_result));
/* Is this the session of a client that has gone? (ptr, id and user are compared.) */
bool door_has_session(const struct door *d, const struct visitor *v);
/* A session without its client, or a will that comes late: judged by what is known of the name, without a charge to rates or seats. A
 * retained will is entered among the retained topics. */
enum reason door_stranger_may(struct door *d, const struct visitor *v, const struct door_request *rq)
	__attribute__((warn_unused_result));
/* The broker asks, for each retained message that it is about to send, whether its author (id and user of v) may still write it. */
enum reason door_author_may(struct door *d, const struct visitor *v, const struct message *m) __attribute__((warn_unused_result));

struct door_answer {
	enum door_message what;
	enum reason why; /* when it is refused */
};

/* A message that may be written has come: is it too much, is it news? ptr NULL: from the broker's own bridge, which has no limits. */
struct door_answer door_message(struct door *d, const void *ptr, const struct message *m, mono now) __attribute__((warn_unused_result));

/* The caller itself wrote this retained topic: the next message to it is no repeat, whatever it says. */
void door_wrote(struct door *d, const char *topic);

/* A control request (JSON); the answer goes to the client through ops->publish. */
void door_control(struct door *d, const void *ptr, struct str request, mono now);

/* Many times a second. */
void door_tick(struct door *d, mono now, int64_t wall_ms);

/* Prometheus' text. */
void door_metrics(const struct door *d, struct buf *out);
/* The same as retained $SYS topics, those that have changed. */
void door_publish_metrics(struct door *d);

/* For the metrics: time that the caller spent in here, and a policy that it could not load. */
void door_spent(struct door *d, uint64_t ns);
void door_reload_failed(struct door *d);

/* All counts that must be zero when nobody is in, added up; and those that must be when no session is left. */
unsigned door_held(const struct door *d);
unsigned door_held_for_sessions(const struct door *d);

#endif
