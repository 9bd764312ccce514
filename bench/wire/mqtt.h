/* mqtt - MQTT 5 and 3.1.1 packets by hand: those that a viewer, a publisher and a test of the broker's door send and get.
 *
 * By hand, because a library hides what these programs are there for: it answers, reconnects and queues by itself, and costs more
 * per client than the load that is to be made. This module only turns values into bytes and back: it knows no socket, no
 * WebSocket (ws.h frames what stands here), no time and no session; what is sent when is its caller's business.
 *
 * Encoders append one whole packet to a buf; running out of memory sticks there (base/buf.h). Decoders take bytes and return views
 * into them, valid as long as those bytes are. `version` is the protocol level: 5, or 4 for MQTT 3.1.1. Only QoS 0 and 1 are spoken.
 *
 *	mqtt_put_connect(&out, &(struct mqtt_login){ .version = 5, .client_id = "me", .keepalive_s = 60 });
 *	... send `out`, receive into `rest` ...
 *	if (mqtt_scan(&rest, &packet) == MQTT_SCAN_PACKET && packet.type == MQTT_CONNACK)
 *		code = mqtt_reason_code(&packet, 5);
 */
#ifndef WIRE_MQTT_H
#define WIRE_MQTT_H

#include "base/buf.h"

#include <stdint.h>

/* Of packets that a broker sends. */
enum mqtt_type {
	MQTT_CONNACK = 2,
	MQTT_PUBLISH = 3,
	MQTT_PUBACK = 4,
	MQTT_SUBACK = 9,
	MQTT_UNSUBACK = 11,
	MQTT_PINGRESP = 13,
	MQTT_DISCONNECT = 14,
};

struct mqtt_login {
	int version;
	const char *client_id;       /* "": the broker chooses one */
	const char *user, *password; /* NULL: none */
	uint16_t keepalive_s;
	bool keep_session;                     /* no clean start; with MQTT 5 the session outlives its connection by an hour */
	const char *will_topic, *will_payload; /* retained, QoS 0; a topic of NULL: no will */
};

struct mqtt_message {
	struct str topic, payload;
	int qos; /* 0 or 1 */
	bool retain;
	uint16_t id; /* when qos is 1 */
};

void mqtt_put_connect(struct buf *out, const struct mqtt_login *login);
/* Asks for QoS 0. */
void mqtt_put_subscribe(struct buf *out, int version, uint16_t id, const struct str *filters, size_t n);
void mqtt_put_unsubscribe(struct buf *out, int version, uint16_t id, const struct str *filters, size_t n);
void mqtt_put_publish(struct buf *out, int version, const struct mqtt_message *m);
void mqtt_put_pingreq(struct buf *out);
void mqtt_put_disconnect(struct buf *out);

struct mqtt_packet {
	unsigned type, flags; /* type: mostly an enum mqtt_type, but whatever the broker says */
	struct str body;      /* behind the fixed header */
};

enum mqtt_scan {
	MQTT_SCAN_MORE, /* not whole yet; nothing was taken */
	MQTT_SCAN_PACKET,
	MQTT_SCAN_BAD, /* no MQTT: there is no way on */
};

/* Takes one packet off *rest. */
enum mqtt_scan mqtt_scan(struct str *rest, struct mqtt_packet *packet) __attribute__((warn_unused_result));

/* The parts of a PUBLISH, its properties skipped. False: malformed. */
bool mqtt_read_publish(const struct mqtt_packet *packet, int version, struct mqtt_message *m)
	__attribute__((warn_unused_result));

/* What the broker answers: the reason code of a CONNACK, PUBACK or DISCONNECT, and of the filter that fared worst in a SUBACK or
 * UNSUBACK. Where the protocol lets a code be left out, that means 0. -1: malformed, or a packet that has no code. */
int mqtt_reason_code(const struct mqtt_packet *packet, int version);

#endif
