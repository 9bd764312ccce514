/* mqtt_conn - a connection to a broker through libmosquitto, one at a time. Knows neither topics nor what is published, and decides
 * nothing: mqtt_sink and mqtt_source own one each.
 *
 * There is no thread: our loop watches libmosquitto's socket. Each attempt to connect has a new client of libmosquitto, since one
 * that connects again would send what it had still queued, which by then is older than what we have to say. */
#ifndef PUBLISHER_MQTT_CONN_H
#define PUBLISHER_MQTT_CONN_H

#include "publisher/io/io.h"

struct mqtt_conn;

/* What the owner is told; `arg` is the owner. Views are valid during the call. None of the functions may free or dial the
 * connection. */
struct mqtt_events {
	/* receive_maximum: how many messages of QoS 1 may wait for the answer of the broker at once */
	void (*connected)(void *arg, size_t receive_maximum);
	/* The connection, or the attempt, is over. Told once. When the broker did not let us in, `why` is its reason */
	void (*lost)(void *arg, enum sink_loss loss, const char *why);
	void (*message)(void *arg, const struct bridge_message *msg);
	/* The broker has answered a subscription. NULL: the owner need not know */
	void (*subscribed)(void *arg, bool granted);
	/* The broker has taken the message `mid`, or has refused it; one of QoS 0 has been sent. NULL: the owner need not know */
	void (*answered)(void *arg, int mid, bool taken);
	/* A publish was refused, which this counter of the broker's counts. NULL: the owner does not publish */
	void (*refused)(void *arg, enum health_row row);
	void *arg;
};

struct mqtt_publish {
	struct str topic, payload;
	int qos; /* 0 or 1 */
	bool retain;
	/* properties of MQTT 5, left out with 3.1.1: */
	const char *content_type;  /* NULL: none */
	uint32_t expires_s;        /* the broker may drop the message after so many seconds; 0: never */
	const char *const *labels; /* members of the payload, a JSON object, that are sent as user properties, too; NULL behind the
				      last; or NULL */
};

/* The broker, and who we are to it; copied. User, password and certificates are the config's. */
struct mqtt_peer {
	struct str host;
	int port; /* 0: the usual one, 1883 or, with TLS, 8883 */
	bool tls;
	const char *client_id; /* "": the broker makes one up */
	bool nameless;         /* without user and password; certificates are the config's all the same */
};

/* Does not connect yet. NULL with a complaint: the password or a certificate can't be read, for example. */
struct mqtt_conn *mqtt_conn_new(struct io *io, const struct mqtt_peer *peer, const struct mqtt_events *events,
				struct complaint *why) __attribute__((warn_unused_result));
void mqtt_conn_free(struct mqtt_conn *c); /* after the loop is gone; NULL is fine */

/* Begins to connect: connected() or lost() follows, lost() perhaps at once. The will is what the broker publishes, retained, when
 * the connection breaks; empty: none. Not to be called within an event. */
void mqtt_conn_dial(struct mqtt_conn *c, struct str will_topic, struct str will);
/* Ends the connection or the attempt without a DISCONNECT, so that the broker publishes the will. No event follows. */
void mqtt_conn_hang_up(struct mqtt_conn *c);
/* Sends what is queued and a DISCONNECT, for at most half a second, which it waits: for the end of the program. The broker does not
 * publish the will. No event follows. */
void mqtt_conn_disconnect(struct mqtt_conn *c);

void mqtt_conn_subscribe(struct mqtt_conn *c, struct str filter, int qos);
/* The same with QoS 0, and whether the broker grants it the owner is not told. One at a time. */
void mqtt_conn_subscribe_aside(struct mqtt_conn *c, const char *filter);
void mqtt_conn_unsubscribe(struct mqtt_conn *c, struct str filter);

#define MQTT_NEVER_SENT (-1)
/* Returns the message id that answered() will tell; 0: it is answered already (QoS 0); or MQTT_NEVER_SENT: the message is larger than
 * the broker takes, or otherwise none that MQTT allows, which is counted and logged. Everything is copied. */
int mqtt_conn_publish(struct mqtt_conn *c, const struct mqtt_publish *p) __attribute__((warn_unused_result));

/* To be called once a second: keepalive. */
void mqtt_conn_tick(struct mqtt_conn *c);

#endif
