/* door_priv - the inside of the door, shared by the files that make it up. */
#ifndef CORE_DOOR_PRIV_H
#define CORE_DOOR_PRIV_H

#include "mosquitto-plugin/core/cluster/gather.h"
#include "mosquitto-plugin/core/door/door.h"
#include "mosquitto-plugin/core/door/notice.h"
#include "mosquitto-plugin/core/memory/closed.h"
#include "mosquitto-plugin/core/memory/history.h"
#include "mosquitto-plugin/core/memory/refusals.h"
#include "mosquitto-plugin/core/memory/repeats.h"
#include "mosquitto-plugin/core/memory/retained.h"
#include "mosquitto-plugin/core/memory/sessions.h"
#include "mosquitto-plugin/core/memory/verdicts.h"
#include "mosquitto-plugin/core/presence/presence.h"
#include "mosquitto-plugin/core/seats/places.h"
#include "mosquitto-plugin/core/seats/roster.h"

#include "base/json.h"
#include "base/metrics.h"

struct counters {
	uint64_t repeats_dropped, kicked, tokens_expired, reloads, reload_failures, control_requests, wiped, log_lines_held_back;
	uint64_t refused[REASON_COUNT], checks[DOOR_ACCESS_COUNT];
	uint64_t accepted[POLICY_MAX_ROLES], messages[POLICY_MAX_ROLES], bytes[POLICY_MAX_ROLES];
	uint64_t messages_out[POLICY_MAX_ROLES], bytes_out[POLICY_MAX_ROLES]; /* that the broker has asked about, for each that gets one */
	uint64_t bridge_messages, bridge_bytes;
	uint64_t spent_ns;
	uint64_t rooms_cleared, asks, asks_refused;
};

struct door {
	struct policy *policy;
	struct passwd passwords;
	struct door_ops ops;
	char *prefix;
	char name[BROKER_NAME_MAX + 1]; /* what this broker is called */
	struct presence presence;
	struct books books;
	struct roster roster;
	struct sessions sessions;
	struct retained_set retained;
	struct repeats repeats;
	struct closed_rooms closed;
	struct refusals refusals; /* those that the log has */
	struct history history;
	struct door_figures figures;
	char *bridge_id; /* NULL: none yet */
	bool rechecking; /* between door_recheck() and the next tick */
	/* Answers to DOOR_READ, by role. NULL: no client of the role has read yet. */
	struct verdicts *verdicts[POLICY_MAX_ROLES];
	struct places places;
	struct counters n;
	struct notices notices;
	bool cut_off;                       /* door_set_cut_off() */
	struct bucket wills_to_rooms;       /* for rooms that wills make known */
	struct log_pace asks_pace;          /* for log lines about what other brokers ask */
	struct gathers gathers;             /* requests that wait for other brokers */
	struct bucket asked;                /* for what the hub asks */
	char hub_name[BROKER_NAME_MAX + 1]; /* of an edge: what its hub is called; empty: not known yet */
	bool bans_due;                      /* of a hub: the bridge of some edge has not heard yet who is banned */
	mono housekeeping_at, rooms_at;
	double *sys_told; /* the values that were last published to the $SYS topics, in the order of door_samples() */
	size_t n_sys_told;
};

void door_log(struct door *d, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct refusal {
	enum reason why;
	struct str what; /* topic or filter; may be empty */
};
/* Counts and logs a refusal, and sends the client away when it was refused too often. Returns why. */
enum reason door_refuse(struct door *d, struct client *c, struct refusal r, mono now);
struct who client_who(const struct door *d, const struct client *c);
/* May a line be written to the log about this offender now? If not, it is counted as held back. */
bool may_log(struct door *d, struct log_pace *pace, mono now);

/* ---- rooms (door_rooms.c) ---- */

/* A message has come that goes on to the subscribers, or (again) is a repeat that does not. */
void door_room_heard(struct door *d, struct client *c, const struct message *m, bool again);
/* A will, which is not shown as a message, was let through. */
void door_room_will(struct door *d, const struct message *m);
/* May the client enter the room that this filter is of, and may there be one more room if it is not known? REASON_NONE for other filters. */
enum reason door_room_may_enter(const struct door *d, const struct client *c, struct str filter);
/* Somebody is in the room that this filter is of. What was retained there before it was known is cleared with it. */
void door_room_entered(struct door *d, struct str filter);
/* Is the room of this topic known? True for other topics, and for roles that are not held to what a room may hold. What is retained in a room
 * that is not known would never be cleared. */
bool door_room_is_known(const struct door *d, int role, struct str topic);
/* May the client leave something in the room of this topic: is it known, or may he make it known? */
bool door_room_may_be_left(const struct door *d, struct client *c, struct str topic, mono now);
/* Closes a room (seconds > 0) at this broker, clears it and says so in it; or opens it (0). False: too many are closed, or it was not
 * closed. */
struct closing {
	struct str room, by;
	int64_t seconds;
};
bool door_close(struct door *d, const struct closing *c);

#define CLOSE_MAX_S (30 * 86400) /* so long a room may be closed at a time */

/* A message has come; it may be a notice. */
void door_notice_heard(struct door *d, const struct message *m);

/* ---- what brokers ask each other (asks.c) ---- */

#define DOOR_ASK_TOPIC "cluster/ask"
#define DOOR_ANSWER_TOPIC "cluster/answer"

/* A topic that only brokers use: one of these. */
bool door_is_ask(const struct door *d, struct str topic);
/* Of those who may write the topic by their filters, only those may who report presence as an edge does. */
bool door_may_ask(const struct door *d, int role, const struct who *who);
/* True: it was asked of brokers, and goes to no client of this one. from is NULL for this broker's own bridge. */
bool door_take_ask(struct door *d, struct client *from, const struct message *m);
/* Is this client the bridge of an edge to this hub? What the edge is called: the client id without "edge-"; p is NULL: it has another id. */
bool door_is_edge(const struct door *d, const struct client *c);
struct str door_edge_name(const struct client *c);
/* A client has subscribed: if it is an edge's bridge, the next tick tells it who is banned. */
void door_edge_subscribed(struct door *d, struct client *c, struct str filter);

/* ---- control at all brokers (control_all.c) ---- */

/* An ask with an operator's commands, an answer to one. False: it is not understood, or whose it says it is it is not. */
bool door_take_control(struct door *d, struct client *from, const struct json *ask);
bool door_take_answer(struct door *d, const struct client *from, const struct message *m);
/* Charges an edge for the work that it makes beside an operator's commands. False: it has asked for too much. */
#define DOOR_COST_OF_LARGE_ASK 5
#define DOOR_COST_OF_CLOSING 1
bool door_charge_edge(struct door *d, struct client *edge, double work);
/* Asks all other brokers to do so, too. */
void door_ask_close(struct door *d, const struct closing *c);

/* One value of the metrics, such as connections of role "viewer". */
struct sample {
	const struct metric_row *row;
	const char *name;  /* the row's name without "scoreboard_door_" */
	const char *value; /* the value of the row's label; NULL: the row has no label */
	bool first;        /* it is the first of its row */
	double number;
};
typedef void (*sample_fn)(void *ctx, const struct sample *s);
void door_samples(const struct door *d, sample_fn fn, void *ctx); /* calls fn for every value, row by row */

#endif
