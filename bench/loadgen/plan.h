/* plan - what the command line asks for, in one table (plan.c). */
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
	struct str host, path;      /* host with port, as in the Host header */
	struct sockaddr_in address;
};

struct plan {
	const char *urls[MAX_TARGETS];
	struct target targets[MAX_TARGETS];
	size_t n_targets;
	const char *publish_url;
	struct target publish_target;
	const char *speech_name;
	enum speech speech;
	const char *prefix, *view, *filter;

	int64_t viewers, connect_rate, inflight, connect_timeout_s, per_process, source_addresses;
	const char *user, *password_file;
	char *password;

	int64_t publish_per_s, payload_bytes, snapshot_bytes, recent_bytes;
	int64_t windows, seconds, settle_ms;

	int64_t flood_per_s;
	const char *flood_url, *flood_user;
	struct target flood_target;
	int64_t stall;

	int64_t watch_pid;
	const char *json_file;
	bool quiet, help;
};

/* 0; -1: a message stands on stderr. */
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

#endif
