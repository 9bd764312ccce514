/* door_priv - the inside of the door, shared by the files that make it up. */
#ifndef CORE_DOOR_PRIV_H
#define CORE_DOOR_PRIV_H

#include "mosquitto-plugin/core/door.h"
#include "mosquitto-plugin/core/presence.h"
#include "mosquitto-plugin/core/repeats.h"
#include "mosquitto-plugin/core/retained.h"
#include "mosquitto-plugin/core/roster.h"
#include "mosquitto-plugin/core/sessions.h"
#include "mosquitto-plugin/core/verdicts.h"

/* X(name, help) - counters without a label */
#define DOOR_COUNTERS(X)                                                                                             \
	X(repeats_dropped, "Retained messages that the broker held already.")                                        \
	X(kicked, "Clients sent away.")                                                                              \
	X(tokens_expired, "Clients sent away because their token expired.")                                          \
	X(reloads, "Policies put in force after the first.")                                                         \
	X(reload_failures, "Policies that were refused on reload.")                                                  \
	X(control_requests, "Commands over the control API.")                                                        \
	X(shares_refused, "Reports of edges, or of the hub, about who watches that were none.")                              \
	X(wiped, "Retained topics cleared for an operator.")                                                         \
	X(log_lines_held_back, "Refusals not logged, because their offender was in the log within the last minute.")

struct counters {
#define X(name, help) uint64_t name;
	DOOR_COUNTERS(X)
#undef X
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
	char *bridge_id;
	bool rechecking; /* door_recheck() */
	struct verdicts *verdicts[POLICY_MAX_ROLES]; /* of reads; NULL: not asked yet, or personal */
	struct counters n;
	mono housekeeping_at;
	double *sys_told; /* values of the $SYS topics, in the order of the rows */
	size_t n_sys_told;
};

#define OFFENDER_LOG_MS 60000

void door_log(struct door *d, enum log_level level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Counts, logs, and sends those away who are refused all the time. what: topic or filter, may be empty. Returns why. */
enum reason door_refuse(struct door *d, struct client *c, enum reason why, struct str what, mono now);
struct who client_who(const struct client *c);
/* What a user may hold in retained topics by his role's limits. */
struct retained_limits retained_limits_of(const struct door *d, int role);

/* Once per offender and minute. */
bool may_log(struct door *d, bool *has_logged, mono *logged, mono now);

/* One value of the metrics; label and value are NULL when it has none. */
struct sample {
	const char *name, *help, *label, *value;
	bool counter;
	double number;
};
typedef void (*sample_fn)(void *ctx, const struct sample *s);
void door_samples(struct door *d, sample_fn fn, void *ctx);

#endif
