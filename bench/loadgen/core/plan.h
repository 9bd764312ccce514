/* plan - what the command line asks for. The options, with their help and defaults, are one table in plan.c. */
#ifndef LOADGEN_PLAN_H
#define LOADGEN_PLAN_H

#include "base/str.h"

#include <netinet/in.h>

#define MAX_TARGETS 16

enum speech {
	SPEECH_MQTT5,
	SPEECH_MQTT311,
	SPEECH_PLAIN,    /* every WebSocket message is a message of the feed */
	SPEECH_SOCKETIO, /* Engine.IO 4 over WebSocket */
};

struct target {
	bool websocket;
	struct str host, path; /* host with port, as in the Host header */
	struct sockaddr_in address;
};

struct list {
	const char *v[MAX_TARGETS];
	size_t n;
};

struct plan {
	struct list urls, publish_urls, watches;
	struct target targets[MAX_TARGETS];
	size_t n_targets;
	/* An arm is what is compared: with --alternate each target is one, and windows take turns between them; otherwise all are one. */
	bool alternate;
	size_t n_arms;
	struct target publish_targets[MAX_TARGETS];
	int64_t watch_pids[MAX_TARGETS]; /* watches.n processes whose cost is measured; with --alternate one for each arm */
	const char *speech_name;
	enum speech speech;
	const char *prefix, *view, *filter;
	bool packed; /* the feed is followed, and published, in the packed encoding */

	int64_t viewers, connect_rate, inflight, connect_timeout_s, keepalive_s, per_process, source_addresses;
	const char *user, *password_file;
	char *password;

	int64_t publish_per_s, publish_period_s, payload_bytes, snapshot_bytes, recent_bytes;
	int64_t windows, seconds, settle_ms;

	int64_t flood_per_s;
	const char *flood_url, *flood_user;
	struct target flood_target;
	int64_t stall;

	int64_t storm_s;
	const char *storm_command;
	bool as_page;
	const char *probe_url, *probe_user, *probe_password_file;
	char *probe_password;
	struct target probe_target;

	const char *json_file;
	bool quiet, help;
};

/* Returns 0, or -1 when the command line is wrong; a message then stands on stderr. */
int plan_read(struct plan *p, int argc, char **argv) __attribute__((warn_unused_result));
void plan_free(struct plan *p);
void plan_help(void);

static inline bool plan_is_mqtt(const struct plan *p)
{
	return p->speech == SPEECH_MQTT5 || p->speech == SPEECH_MQTT311;
}

static inline int plan_mqtt_version(const struct plan *p)
{
	return p->speech == SPEECH_MQTT311 ? 4 : 5;
}

/* The arm of a target; and of a window: 0 1 1 0 0 1 ..., so that what changes slowly with time hits both arms alike. */
static inline size_t plan_arm_of_target(const struct plan *p, size_t target)
{
	return p->alternate ? target : 0;
}

static inline size_t plan_arm_of_window(const struct plan *p, size_t window)
{
	size_t at = window % p->n_arms;

	return window / p->n_arms % 2 ? p->n_arms - 1 - at : at;
}

#endif
