/* door_priv - the inside of the door, shared by the files that make it up. */
#ifndef CORE_DOOR_PRIV_H
#define CORE_DOOR_PRIV_H

#include "mosquitto-plugin/core/door/door.h"
#include "mosquitto-plugin/core/memory/closed.h"
#include "mosquitto-plugin/core/memory/repeats.h"
#include "mosquitto-plugin/core/memory/retained.h"
#include "mosquitto-plugin/core/memory/sessions.h"
#include "mosquitto-plugin/core/memory/verdicts.h"
#include "mosquitto-plugin/core/presence/presence.h"
#include "mosquitto-plugin/core/seats/roster.h"

#include "base/metrics.h"

struct counters {
	uint64_t repeats_dropped, kicked, tokens_expired, reloads, reload_failures, control_requests, wiped, log_lines_held_back;
	uint64_t refused[REASON_COUNT], checks[DOOR_ACCESS_COUNT];
	uint64_t accepted[POLICY_MAX_ROLES], messages[POLICY_MAX_ROLES], bytes[POLICY_MAX_ROLES];
	uint64_t bridge_messages, bridge_bytes;
	uint64_t spent_ns;
};

struct door {
	struct policy *policy;
	struct passwd passwords;
	struct door_ops ops;
	char *prefix;
	struct presence presence;
	struct books books;
	struct roster roster;
	struct sessions sessions;
	struct retained_set retained;
	struct repeats repeats;
	struct closed_rooms closed;
	char *bridge_id; /* NULL: none yet */
	bool rechecking; /* between door_recheck() and the next tick */
	/* Answers to DOOR_READ, by role. NULL: no client of the role has read yet. */
	struct verdicts *verdicts[POLICY_MAX_ROLES];
	struct counters n;
	mono housekeeping_at;
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
