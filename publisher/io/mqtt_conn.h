/* mqtt_conn - one connection to a broker at a time, through libmosquitto, whose socket our loop watches: no thread.
 * A new client of libmosquitto per attempt: one that reconnects would send again what it had queued, behind our back
 * and older than what we know by then. Knows no bridge. */
#ifndef PUBLISHER_MQTT_CONN_H
#define PUBLISHER_MQTT_CONN_H

#include "publisher/io/io.h"

struct mqtt_conn;

/* None of them may free or dial the connection. `arg` is the owner. */
struct mqtt_events {
	void (*connected)(void *arg, size_t receive_maximum);
	void (*lost)(void *arg, bool refused, const char *why); /* the attempt, too; once */
	void (*message)(void *arg, struct str topic, struct str payload, bool retained);
	void (*subscribed)(void *arg, bool granted);        /* may be NULL */
	void (*answered)(void *arg, int mid, bool taken);   /* PUBACK, or QoS 0 sent; may be NULL */
	void *arg;
};

struct mqtt_publish {
	struct str topic, payload;
	int qos;
	bool retain;
	const char *content_type; /* or NULL */
	uint32_t expires_s;       /* or 0 */
	const char *const *labels; /* names of members of the payload that are told as user properties too; or NULL */
};

/* The broker, and who we are to it; copied. User, password and certificates are the config's. */
struct mqtt_peer {
	struct str host;
	int port; /* 0: the usual one, 1883 or, with TLS, 8883 */
	bool tls;
	const char *client_id; /* "": the broker makes one up */
};

/* Does not connect yet. NULL with one line in `error` (empty: no memory): a file of the config can't be read, say. */
struct mqtt_conn *mqtt_conn_new(struct io *io, const struct mqtt_peer *peer, const struct mqtt_events *events,
				struct buf *error) __attribute__((warn_unused_result));
void mqtt_conn_free(struct mqtt_conn *c); /* after the loop is gone */

/* `will` may be empty: none. Not within an event. */
void mqtt_conn_dial(struct mqtt_conn *c, struct str will_topic, struct str will);
/* Without a DISCONNECT: the broker publishes the will. No event follows. */
void mqtt_conn_hang_up(struct mqtt_conn *c);
void mqtt_conn_disconnect(struct mqtt_conn *c);

void mqtt_conn_subscribe(struct mqtt_conn *c, struct str filter, int qos);
void mqtt_conn_unsubscribe(struct mqtt_conn *c, struct str filter);

#define MQTT_NEVER_SENT (-1)
/* The message id that answered() will tell; 0: it was answered at once; MQTT_NEVER_SENT, which is logged. */
int mqtt_conn_publish(struct mqtt_conn *c, const struct mqtt_publish *p);

void mqtt_conn_tick(struct mqtt_conn *c); /* once a second */

#endif
