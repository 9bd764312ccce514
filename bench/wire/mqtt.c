#include "bench/wire/mqtt.h"

static void put_u16(struct buf *out, size_t v)
{
	buf_char(out, (char)(v >> 8));
	buf_char(out, (char)v);
}

static void put_string(struct buf *out, struct str s)
{
	put_u16(out, s.len);
	buf_str(out, s);
}

static void put_header(struct buf *out, unsigned first, size_t len)
{
	buf_char(out, (char)first);
	do {
		unsigned digit = len % 128;

		len /= 128;
		buf_char(out, (char)(digit | (len ? 0x80 : 0)));
	} while (len);
}

static void put_packet(struct buf *out, unsigned first, struct buf *body)
{
	put_header(out, first, body->len);
	buf_str(out, buf_view(body));
	buf_free(body);
}

static void put_connect_properties(struct buf *body, const struct mqtt_login *l)
{
	if (l->version != 5)
		return;
	if (l->keep_session)
		buf_add(body, "\x05\x11\0\0\x0e\x10", 6); /* session expiry interval: 3600 s */
	else
		buf_char(body, 0);
}

static void put_will(struct buf *body, const struct mqtt_login *l)
{
	if (!l->will_topic)
		return;
	if (l->version == 5)
		buf_char(body, 0);
	put_string(body, str_of(l->will_topic));
	put_string(body, str_of(l->will_payload));
}

void mqtt_put_connect(struct buf *out, const struct mqtt_login *l)
{
	struct buf body = { 0 };
	unsigned flags = (l->keep_session ? 0 : 0x02u) | (l->will_topic ? 0x24u : 0) | (l->user ? 0x80u : 0) |
			 (l->password ? 0x40u : 0);

	put_string(&body, STR("MQTT"));
	buf_char(&body, (char)l->version);
	buf_char(&body, (char)flags);
	put_u16(&body, l->keepalive_s);
	put_connect_properties(&body, l);
	put_string(&body, str_of(l->client_id));
	put_will(&body, l);
	if (l->user)
		put_string(&body, str_of(l->user));
	if (l->password)
		put_string(&body, str_of(l->password));
	put_packet(out, 0x10, &body);
}

static void begin_request(struct buf *body, int version, uint16_t id)
{
	put_u16(body, id);
	if (version == 5)
		buf_char(body, 0);
}

void mqtt_put_subscribe(struct buf *out, int version, uint16_t id, const struct str *filters, size_t n)
{
	struct buf body = { 0 };

	begin_request(&body, version, id);
	for (size_t i = 0; i < n; i++) {
		put_string(&body, filters[i]);
		buf_char(&body, 0); /* QoS 0 */
	}
	put_packet(out, 0x82, &body);
}

void mqtt_put_unsubscribe(struct buf *out, int version, uint16_t id, const struct str *filters, size_t n)
{
	struct buf body = { 0 };

	begin_request(&body, version, id);
	for (size_t i = 0; i < n; i++)
		put_string(&body, filters[i]);
	put_packet(out, 0xa2, &body);
}

void mqtt_put_publish(struct buf *out, int version, const struct mqtt_message *m)
{
	size_t len = 2 + m->topic.len + (m->qos ? 2u : 0u) + (version == 5 ? 1u : 0u) + m->payload.len;

	put_header(out, 0x30u | (m->qos ? 2u : 0u) | (m->retain ? 1u : 0u), len);
	put_string(out, m->topic);
	if (m->qos)
		put_u16(out, m->id);
	if (version == 5)
		buf_char(out, 0);
	buf_str(out, m->payload);
}

void mqtt_put_pingreq(struct buf *out)
{
	put_header(out, 0xc0, 0);
}

void mqtt_put_disconnect(struct buf *out)
{
	put_header(out, 0xe0, 0);
}

/* Reads the variable byte integer at *at. False: it is cut off, or has more than four bytes, which *bad says. */
static bool read_varint(struct str s, size_t *at, size_t *value, bool *bad)
{
	*value = 0;
	for (unsigned shift = 0; *at < s.len; shift += 7) {
		unsigned char c = (unsigned char)s.p[(*at)++];

		*value |= (size_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return true;
		if (shift == 21) {
			*bad = true;
			return false;
		}
	}
	return false;
}

enum mqtt_scan mqtt_scan(struct str *rest, struct mqtt_packet *packet)
{
	size_t at = 1, len;
	bool bad = false;

	if (rest->len < 2)
		return MQTT_SCAN_MORE;
	if (!read_varint(*rest, &at, &len, &bad))
		return bad ? MQTT_SCAN_BAD : MQTT_SCAN_MORE;
	packet->type = (unsigned char)rest->p[0] >> 4;
	packet->flags = (unsigned char)rest->p[0] & 0x0f;
	if (packet->type == 0)
		return MQTT_SCAN_BAD;
	if (rest->len - at < len)
		return MQTT_SCAN_MORE;
	packet->body = (struct str){ rest->p + at, len };
	*rest = str_skip(*rest, at + len);
	return MQTT_SCAN_PACKET;
}

static size_t u16_at(struct str s, size_t at)
{
	return (size_t)(unsigned char)s.p[at] << 8 | (unsigned char)s.p[at + 1];
}

/* Where what follows the properties begins; 0: malformed. */
static size_t behind_properties(struct str s, size_t at, int version)
{
	size_t len;
	bool bad = false;

	if (version != 5)
		return at;
	if (!read_varint(s, &at, &len, &bad) || s.len - at < len)
		return 0;
	return at + len;
}

bool mqtt_read_publish(const struct mqtt_packet *packet, int version, struct mqtt_message *m)
{
	struct str s = packet->body;
	size_t at;

	m->qos = (int)(packet->flags >> 1 & 3);
	m->retain = packet->flags & 1;
	if (s.len < 2 || m->qos > 1)
		return false;
	at = 2 + u16_at(s, 0);
	if (s.len < at + (m->qos ? 2 : 0))
		return false;
	m->topic = (struct str){ s.p + 2, at - 2 };
	if (m->qos) {
		m->id = (uint16_t)u16_at(s, at);
		at += 2;
	}
	at = behind_properties(s, at, version);
	if (!at)
		return false;
	m->payload = str_skip(s, at);
	return true;
}

/* The byte at this place, or `missing` if there is none. */
static int byte_at(struct str s, size_t at, int missing)
{
	return at < s.len ? (unsigned char)s.p[at] : missing;
}

static int worst_code(struct str s, int version)
{
	size_t at = s.len < 2 ? 0 : behind_properties(s, 2, version);
	int worst = -1;

	for (; at && at < s.len; at++)
		if ((unsigned char)s.p[at] > worst)
			worst = (unsigned char)s.p[at];
	return worst;
}

int mqtt_reason_code(const struct mqtt_packet *packet, int version)
{
	switch (packet->type) {
	case MQTT_CONNACK:
		return byte_at(packet->body, 1, -1);
	case MQTT_PUBACK:
		return packet->body.len < 2 ? -1 : byte_at(packet->body, 2, 0);
	case MQTT_SUBACK:
		return worst_code(packet->body, version);
	case MQTT_UNSUBACK:
		return version == 5 ? worst_code(packet->body, version) : 0; /* in 3.1.1 this packet has no codes */
	case MQTT_DISCONNECT:
		return byte_at(packet->body, 0, 0);
	default:
		return -1;
	}
}
