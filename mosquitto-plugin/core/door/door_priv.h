/* door_priv - the inside of the door, shared by the files that make it up. */
#ifndef CORE_DOOR_PRIV_H
#define CORE_DOOR_PRIV_H

#include "mosquitto-plugin/core/door/door.h"
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
	char *bridge_id;                             /* NULL: none yet */
	bool rechecking;                             /* between door_recheck() and the next tick */
	struct verdicts *verdicts[POLICY_MAX_ROLES]; /* of reads, by role; NULL: nobody of the role has read yet, or its answers are personal */
	struct counters n;
	mono housekeeping_at;
	double *sys_told; /* the values that the $SYS topics have, in the order of door_samples() */
	size_t n_sys_told;
};

void door_log(struct door *d, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct refusal {
	enum reason why;
	struct str what; /* topic or filter; may be empty */
};
/* Counts, logs, and sends those away who are refused all the time. Returns why. */
enum reason door_refuse(struct door *d, struct client *c, struct refusal r, mono now);
struct who client_who(const struct client *c);
/* May a line be written about this offender? Those that may not are counted. */
bool may_log(struct door *d, struct log_pace *pace, mono now);

/* One value of the metrics. */
struct sample {
	const struct metric_row *row;
	const char *name;  /* the row's, without "scoreboard_door_" */
	const char *value; /* of its label; NULL: it has none */
	bool first;        /* of its row */
	double number;
};
typedef void (*sample_fn)(void *ctx, const struct sample *s);
void door_samples(const struct door *d, sample_fn fn, void *ctx); /* all of them, row by row */

#endif
