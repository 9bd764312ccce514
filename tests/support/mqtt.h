/* mqtt - a viewer's side of a broker on 127.0.0.1: what the broker holds, and what it sends while one watches. MQTT 5 by
 * libmosquitto. Errors of the connection are outcomes, not failures of the harness. */
#ifndef SUPPORT_MQTT_H
#define SUPPORT_MQTT_H

#include "tests/support/tree.h"

struct login {
	const char *client_id, *user, *password; /* NULL each: chosen by the broker, none */
};

/* A client of libmosquitto (MQTT 5) that is not connected yet, for callbacks of the caller's own; `login` may be NULL. mqtt_client_end() is
 * for one that runs in a thread of its own: it disconnects it, ends the thread and frees it. */
struct mosquitto;
struct mosquitto *mqtt_client_new(const struct login *login, void *data);
void mqtt_client_end(struct mosquitto *m);

/* Every retained message under the filter, read in a connection of its own: subscribes, publishes a marker and reads
 * until it comes back and a short quiet time has passed. What changes meanwhile is applied. False, after some seconds,
 * when the broker could not be read. `login` may be NULL. */
bool tree_read(int port, const char *filter, struct tree *out);
bool tree_read_as(int port, const struct login *login, const char *filter, struct tree *out);

/* One publish with QoS 1; true when the broker acknowledged it with success. An empty payload clears when retained. */
bool mqtt_publish(int port, const struct login *login, const char *topic, struct str payload, bool retain);

/* The same with a message expiry; retained. */
bool mqtt_publish_for(int port, const char *topic, struct str payload, uint32_t expires_s);
/* How many seconds of its expiry a retained message has left; 0: it has none; -1: there is no such message. */
int64_t mqtt_expiry(int port, const char *topic);

/* A connection that is tried once: CONNACK's reason code (0: welcome), or -1 when none came. */
int mqtt_try_connect(int port, const struct login *login);

/* A subscriber with a thread of its own that stays, reconnecting at once when its broker comes back. Counts only live
 * messages: what the broker had retained before the subscription is not counted. */
struct watch;

struct watch *watch_start(int port, const struct login *login, const char *filter); /* returns subscribed, or fatal */
void watch_free(struct watch *w);
void watch_reset(struct watch *w); /* forgets everything seen */
uint64_t watch_messages(struct watch *w);
uint64_t watch_bytes(struct watch *w); /* of payloads */
uint64_t watch_topic_messages(struct watch *w, const char *topic);
/* Newest payload per topic, empty ones (cleared) included, copied to out. */
void watch_tree(struct watch *w, struct tree *out);

#endif
