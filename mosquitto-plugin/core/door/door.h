/* door - who may come in, read and write, and how fast. Knows no broker: it is told of everything that happens at one, answers with a
 * reason (REASON_NONE means yes), and what it wants done goes through door_ops. Time is an argument. Nothing here blocks, except that
 * door_connect() computes the hash of a password, or checks the signature of a token: docs/policy.md has how long that takes.
 *
 * The problem. A broker's own access control knows who may do what. It does not know how much: one client, one address, or ten thousand
 * that somebody hired, can take the seats, the bytes and the time of all the others. The door holds everybody to a policy (policy.h).
 * It must do so cheaply: whether somebody may read is asked once per delivery.
 *
 * Words.
 *   visitor   somebody as the broker describes him: pointer, client id, user, address. He may not be a client yet, or no longer be one.
 *   client    a visitor who has been let in, until his connection has ended (roster.h). He is known by the broker's pointer.
 *   stranger  a pointer that the door takes for no client: its client has gone or is being sent away, or the broker let somebody in
 *             without asking. REASON_STRANGER is the answer to every question about one; the caller then asks door_stranger_may(), or
 *             brings him in by door_adopt().
 *   role      what a client may do, and his limits. The policy gives one to each user and to those without a name, by the kind of
 *             listener they come by; a token names one.
 *   session   what the broker keeps of a client that has gone (sessions.h).
 *   repeat    a retained message with the payload that the broker holds for its topic already: it is dropped, and acknowledged to its
 *             sender.
 *   place     that of an exclusive role: one client has it at a time, its holder. Whoever else may have the role is refused (REASON_TAKEN), and
 *             asks again. The connection is the lock: when it has ended, the place is free.
 *   will      a message that the broker publishes for a client whose connection has ended. The broker asks whether it may be written, but
 *             does not show it as a message.
 *
 * The life of a client. door_connect() asks: is he banned, does he come too often, is he who he says (books.h for passwords, token.h for
 * tokens), is the client id his, may he have a session, is there a seat? If all is well, he is in. door_may() says whether he may read,
 * write or subscribe. A message that he may write is then shown to door_message(), which asks: is it too much, is it a report for presence,
 * is it a repeat? A client that is refused too often, whose token expires, whom an operator kicks or whose role or password a reload has
 * changed is marked, and at the next door_tick() given to ops->kick. When the connection has ended, whoever ended it, the caller says so by
 * door_gone() or door_gone_for_now(), and every count that the client raised is lowered (door_held() adds all of them up).
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

/* A message of the plugin's own that has more to it than a topic and a payload. */
struct publication {
	const char *topic;
	struct str payload;
	bool retain;
	int qos;
	int64_t expiry_s; /* MQTT 5's message expiry; 0: none */
	const char *id;   /* travels as the user property "id"; NULL: none */
};

struct door_ops {
	/* to: the id of the only client that gets it; NULL: everybody who has subscribed does */
	void (*publish)(void *ctx, const char *to, const char *topic, struct str payload, bool retain);
	void (*send)(void *ctx, const struct publication *m); /* to everybody who has subscribed; NULL: such messages are not sent */
	void (*kick)(void *ctx, const char *client_id);       /* may lead straight to door_gone() */
	void (*log)(void *ctx, enum log_level level, const char *text);
	/* Does the broker hold a session for this client id, whose client is not connected? Called from door_tick(), for clients that
	 * door_gone_for_now() was told of with sure = false. NULL: such sessions are taken to be there. */
	bool (*has_session)(void *ctx, const char *client_id);
	void *ctx;
};

struct visitor {
	const void *ptr;
	const char *id, *user, *password, *address; /* NULL each: none */
	enum transport transport;
	bool asks_session;   /* Clean Session (MQTT 3.1.1) or Clean Start (MQTT 5) is off: it wants its old session, and may leave one behind */
	int socket;          /* descriptor of the connection, kept for door_socket(); 0: there is none, or it is not known */
	bool leaves_nothing; /* it cannot leave a session behind: MQTT 3 with Clean Session on */
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
	DOOR_MESSAGE_TAKEN,  /* it was for the plugin itself: likewise */
	DOOR_MESSAGE_REFUSED,
};

/* prefix: of the presence topics. Policy and passwords are the door's from then on, or freed when it fails. NULL when memory is out. */
struct door *door_new(const char *prefix, struct policy *policy, struct passwd passwords, const struct door_ops *ops)
	__attribute__((warn_unused_result));
void door_free(struct door *d); /* NULL is fine */

/* This broker is one of many, and plays this part. To be called once, at the start. */
void door_join(struct door *d, enum cluster_part part);
/* What this broker is called (part.h); the name must be a valid one. Until then it is called "broker". */
void door_set_name(struct door *d, const char *name);
const char *door_name(const struct door *d);
/* Has presence report everybody who is here: the hub can hear this edge again, and may have forgotten who is. */
void door_report(struct door *d);
/* This edge has no word of its hub, or has one again: while it has none it clears no rooms, since it does not know who is in them elsewhere. */
void door_set_cut_off(struct door *d, bool cut_off);

/* Puts a new policy in force, at once. Clients whose user or role it no longer has, or whose line in the password file has changed, are
 * sent away. */
void door_reload(struct door *d, struct policy *policy, struct passwd passwords, mono now);

/* The broker has read its configuration again, and now asks door_connect() about everybody who is in, and about every session without a
 * client. Until the next door_tick() the door answers these questions from what it knows, and charges nothing. Somebody who connects
 * meanwhile is treated as always if his socket is known, and refused if it is not. */
void door_recheck(struct door *d);

/* Somebody asks to be let in. wall_ms is for tokens. REASON_NONE: he is in; or, while door_recheck() is in force, he stays. */
enum reason door_connect(struct door *d, const struct visitor *v, mono now, int64_t wall_ms) __attribute__((warn_unused_result));
/* The broker has let somebody in by itself, because of a certificate. His name must be a user of the policy. Bans, client ids and seats
 * hold for him as for others; rates and sessions are not looked at. */
enum reason door_adopt(struct door *d, const struct visitor *v, mono now) __attribute__((warn_unused_result));
/* This client has gone, and the broker keeps nothing of it. A pointer that is no client is ignored. */
void door_gone(struct door *d, const void *ptr);
/* This client has gone, and the broker keeps its session; with sure = false it may keep one (see has_session). */
void door_gone_for_now(struct door *d, const void *ptr, bool sure, mono now);
bool door_is_in(const struct door *d, const void *ptr);
/* The socket that this client came with (struct visitor); 0 for strangers. */
int door_socket(const struct door *d, const void *ptr);

/* The client id that this broker's own bridge has at this broker: nobody else may have it. door_bridge_id() is NULL until it is known. */
void door_set_bridge_id(struct door *d, const char *client_id);
const char *door_bridge_id(const struct door *d);
/* How many connections the limit on open files allows; 0: unknown. The smaller of this and the policy's `connections` holds. */
void door_set_seats_by_files(struct door *d, int64_t seats);
/* How many bytes a client may send on its connection, whatever they are: a fixed allowance, and twice what its role may
 * publish. ctx is the door, since this is a callback for newcomers.h. False for strangers. */
bool door_bytes_allowed(void *ctx, const void *ptr, struct rate *out);
const struct policy *door_policy(const struct door *d); /* the one in force */

/* May this client read, write, subscribe to, or unsubscribe from this? now is not looked at for DOOR_READ. */
enum reason door_may(struct door *d, const void *ptr, const struct door_request *rq, mono now) __attribute__((warn_unused_result));
/* Is this a session, without its client, that the door knows of? ptr, id and user must be those of the session. */
bool door_has_session(const struct door *d, const struct visitor *v);
/* The same for a session without its client, and for the will of a client that has gone: judged by the name alone, without a charge to
 * rates or seats. A retained will is held to the limits of retained topics, and counted among them. */
enum reason door_stranger_may(struct door *d, const struct visitor *v, const struct door_request *rq, mono now)
	__attribute__((warn_unused_result));
/* Before the broker sends a retained message to a subscriber, it asks whether the author (id and user of v) may still write it. */
enum reason door_author_may(struct door *d, const struct visitor *v, const struct message *m) __attribute__((warn_unused_result));

struct door_answer {
	enum door_message what;
	enum reason why; /* when it is refused */
};

/* A message has come that its sender may write: is it too much, is it news? ptr NULL: it is from the broker's own bridge, which has no
 * limits. */
struct door_answer door_message(struct door *d, const void *ptr, const struct message *m, mono now) __attribute__((warn_unused_result));

/* The caller itself has written this retained topic: the next message to it is no repeat, whatever it says. */
void door_wrote(struct door *d, const char *topic);

/* Closes a room for so many seconds: nobody writes to it or subscribes to it meanwhile. Who is in it stays, and so does what it retains. A room
 * that is closed already gets the new end. False: the policy has no rooms, the name is none, too many are closed, or memory is out. */
bool door_close_room(struct door *d, struct str room, int64_t seconds, mono now) __attribute__((warn_unused_result));
bool door_open_room(struct door *d, struct str room); /* false: it was not closed */
/* For how many milliseconds yet; 0: it is not closed. */
int64_t door_room_closed_ms(const struct door *d, struct str room, mono now);

/* A control request (JSON); the answer goes to the client through ops->publish. */
void door_control(struct door *d, const void *ptr, struct str request, mono now);

/* The holder of a place for which somebody else asks. */
struct contested {
	const void *ptr;
	int socket; /* 0: not known */
};

/* The next contested place; *i is 0 before the first call, and false is the end. A holder may be frozen, with a connection that looks well.
 * The caller, which can see when something last came from it, says so by door_holder_is_silent() when its sign of life is overdue; then it
 * is sent away. */
bool door_next_contested(const struct door *d, int *i, mono now, struct contested *out) __attribute__((warn_unused_result));
void door_holder_is_silent(struct door *d, const void *ptr);

/* Does what is due. All are to be called many times a second; the second one clears rooms in which nobody has been for long, and a notice that
 * is over, the third one notes each minute how many watch. */
void door_tick(struct door *d, mono now, int64_t wall_ms);
void door_tick_rooms(struct door *d, mono now, int64_t wall_ms);
void door_tick_history(struct door *d, mono now, int64_t wall_ms);
/* Likewise: answers operators whose other brokers have answered, or have not in time; and tells edges that have connected who is banned. */
void door_tick_control(struct door *d, mono now);
void door_tell_bans(struct door *d, mono now);

/* Prometheus' text. */
void door_metrics(const struct door *d, struct buf *out);
/* Publishes the same values as retained $SYS topics, those that have changed since the last time. */
void door_publish_metrics(struct door *d);

/* How the broker's process fares, as the caller tells it now and then; negative: not known. Operators are told of it by getStats ("host"). */
struct door_figures {
	double cpu_s;                 /* CPU time that the process has used */
	double late_ms;               /* the longest that the broker has kept its plugins waiting lately, beyond what is usual */
	double open_files, max_files; /* max_files: the limit that is in force */
	double delay_ms;              /* the longest that a delta has taken from the publisher to here lately */
	double dropped;               /* messages that the broker has dropped since it started */
};
void door_note_figures(struct door *d, const struct door_figures *figures);

/* For the metrics: the caller has spent so much time in here; the caller could not load a policy. */
void door_spent(struct door *d, uint64_t ns);
void door_reload_failed(struct door *d);

/* The sum of all counts that must be zero when nobody is in; the sum of those that must be zero when no session is left. */
unsigned door_held(const struct door *d);
unsigned door_held_for_sessions(const struct door *d);

#endif
