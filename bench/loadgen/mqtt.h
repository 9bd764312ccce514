/* mqtt - the packets that a viewer and a publisher need, MQTT 5 and 3.1.1. Encoders append to a buf; the scanner takes
 * bytes and returns views into them. Knows no socket and no WebSocket. */
#ifndef LOADGEN_MQTT_H
#define LOADGEN_MQTT_H

#include "base/buf.h"

#include <stdint.h>

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
	int version; /* 5 or 4 (3.1.1) */
	const char *client_id;
	const char *user, *password; /* NULL: none */
	uint16_t keepalive_s;
};

struct mqtt_message {
	struct str topic, payload;
	int qos; /* 0 or 1 */
	bool retain;
	uint16_t id; /* when qos is 1 */
};

void mqtt_put_connect(struct buf *out, const struct mqtt_login *login);
void mqtt_put_subscribe(struct buf *out, int version, uint16_t id, const struct str *filters, size_t n);
void mqtt_put_unsubscribe(struct buf *out, int version, uint16_t id, const struct str *filters, size_t n);
void mqtt_put_publish(struct buf *out, int version, const struct mqtt_message *m);
void mqtt_put_puback(struct buf *out, uint16_t id);
void mqtt_put_pingreq(struct buf *out);
void mqtt_put_disconnect(struct buf *out);

struct mqtt_packet {
	unsigned type, flags;
	struct str body; /* behind the fixed header */
};

enum mqtt_scan {
	MQTT_SCAN_MORE, /* not whole yet */
	MQTT_SCAN_PACKET,
	MQTT_SCAN_BAD,
};

/* Takes one packet off *rest. */
enum mqtt_scan mqtt_scan(struct str *rest, struct mqtt_packet *packet);

/* The parts of a PUBLISH. False: malformed. */
bool mqtt_read_publish(const struct mqtt_packet *packet, int version, struct mqtt_message *m);

/* The code of a CONNACK or of a SUBACK's worst filter; -1: malformed. */
int mqtt_connack_code(const struct mqtt_packet *packet);
int mqtt_suback_code(const struct mqtt_packet *packet, int version);

#endif
