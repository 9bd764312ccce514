/* MQTT packets and WebSocket frames by hand: what is written is read back, cut anywhere, and rubbish is seen as such. */
#include "bench/wire/mqtt.h"
#include "bench/wire/ws.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

const char *const unit_name = "wire";

static void check_bytes(struct buf *got, struct str expected)
{
	CHECK_INT(got->len, expected.len);
	CU_ASSERT_TRUE(str_eq(buf_view(got), expected));
	buf_clear(got);
}

/* Byte for byte as the standards have them: reading back alone would not notice a mistake made twice. */
static void packets_are_as_the_standard_has_them(void)
{
	const struct str filters[] = { STR("a/#"), STR("b") };
	struct buf b BUF_CLEANUP = { 0 };

	mqtt_put_connect(&b, &(struct mqtt_login){ .version = 5, .client_id = "me", .keepalive_s = 258 });
	check_bytes(&b, STR("\x10\x0f\0\4MQTT\5\x02\1\2\0\0\2me"));
	mqtt_put_connect(&b, &(struct mqtt_login){ .version = 4, .client_id = "", .user = "u", .password = "p" });
	check_bytes(&b, STR("\x10\x12\0\4MQTT\4\xc2\0\0\0\0\0\1u\0\1p"));
	mqtt_put_connect(&b, &(struct mqtt_login){ 5, "x", .keep_session = true, .will_topic = "w", .will_payload = "gone" });
	check_bytes(&b, STR("\x10\x1d\0\4MQTT\5\x24\0\0\5\x11\0\0\x0e\x10\0\1x\0\0\1w\0\4gone"));
	mqtt_put_connect(&b, &(struct mqtt_login){ 4, "x", .keep_session = true, .will_topic = "w", .will_payload = "" });
	check_bytes(&b, STR("\x10\x12\0\4MQTT\4\x24\0\0\0\1x\0\1w\0\0"));
	mqtt_put_subscribe(&b, 5, 0x0102, filters, 2);
	check_bytes(&b, STR("\x82\x0d\1\2\0\0\3a/#\0\0\1b\0"));
	mqtt_put_unsubscribe(&b, 4, 7, filters, 2);
	check_bytes(&b, STR("\xa2\x0a\0\7\0\3a/#\0\1b"));
	mqtt_put_pingreq(&b);
	mqtt_put_disconnect(&b);
	check_bytes(&b, STR("\xc0\0\xe0\0"));
}

static const struct {
	int version;
	struct mqtt_packet packet;
	int code;
} codes[] = {
	{ 5, { MQTT_CONNACK, 0, { "\1\x87\0", 3 } }, 0x87 },
	{ 4, { MQTT_CONNACK, 0, { "\0\5", 2 } }, 5 },
	{ 5, { MQTT_PUBACK, 0, { "\0\1", 2 } }, 0 }, /* a good one needs no code */
	{ 5, { MQTT_PUBACK, 0, { "\0\1\x87\0", 4 } }, 0x87 },
	{ 5, { MQTT_PUBACK, 0, { "\0", 1 } }, -1 },
	{ 4, { MQTT_SUBACK, 0, { "\0\1\x80", 3 } }, 0x80 },
	{ 5, { MQTT_SUBACK, 0, { "\0\1\3\x1f\0\0\1", 7 } }, 1 }, /* behind a property */
	{ 5, { MQTT_UNSUBACK, 0, { "\0\1\0\x11", 4 } }, 0x11 },
	{ 4, { MQTT_UNSUBACK, 0, { "\0\1", 2 } }, 0 }, /* 3.1.1 has none */
	{ 5, { MQTT_DISCONNECT, 0, { "", 0 } }, 0 },
	{ 5, { MQTT_DISCONNECT, 0, { "\x98", 1 } }, 0x98 },
	{ 5, { MQTT_PINGRESP, 0, { "", 0 } }, -1 },
};

static void every_answer_has_its_code(void)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		CHECK_INT(mqtt_reason_code(&codes[i].packet, codes[i].version), codes[i].code);
}

static void a_packet_cut_anywhere_waits_for_its_rest(void)
{
	struct mqtt_message in = { STR("a/b"), STR("{\"seq\":1}"), 1, true, 77 }, out;
	struct buf b BUF_CLEANUP = { 0 };
	struct mqtt_packet packet;
	struct str rest;

	mqtt_put_publish(&b, 5, &in);
	for (size_t cut = 0; cut < b.len; cut++) {
		rest = (struct str){ b.p, cut };
		CHECK_INT(mqtt_scan(&rest, &packet), MQTT_SCAN_MORE);
		CHECK_INT(rest.len, cut);
	}
	rest = buf_view(&b);
	CHECK_INT(mqtt_scan(&rest, &packet), MQTT_SCAN_PACKET);
	CHECK_INT(rest.len, 0);
	CU_ASSERT_TRUE(mqtt_read_publish(&packet, 5, &out));
	CU_ASSERT(str_eq(out.topic, in.topic) && str_eq(out.payload, in.payload) && out.retain && out.id == 77);
}

static void rubbish_is_no_packet(void)
{
	struct str endless = STR("\x30\xff\xff\xff\xff\x01"), zero = STR("\x00\x00");
	struct mqtt_packet packet, cut = { MQTT_PUBLISH, 2, STR("\x00\x09short") };
	struct mqtt_message m;

	CHECK_INT(mqtt_scan(&endless, &packet), MQTT_SCAN_BAD);
	CHECK_INT(mqtt_scan(&zero, &packet), MQTT_SCAN_BAD);
	CU_ASSERT_FALSE(mqtt_read_publish(&cut, 5, &m));
	CHECK_INT(mqtt_reason_code(&(struct mqtt_packet){ MQTT_CONNACK, 0, STR("\x00") }, 5), -1);
	CHECK_INT(mqtt_reason_code(&(struct mqtt_packet){ MQTT_SUBACK, 0, STR("\x00\x01\x00\x00\x87") }, 5), 0x87);
	CHECK_INT(mqtt_reason_code(&(struct mqtt_packet){ MQTT_SUBACK, 0, STR("\x00\x01\x7f") }, 5), -1);
}

static void check_frame(size_t size)
{
	char *text = malloc(size + 1), *p;
	struct buf b BUF_CLEANUP = { 0 };
	struct ws_frame frame;
	size_t len;

	memset(text, 'x', size + 1);
	ws_put_client_frame(&b, WS_TEXT, (struct str){ text, size });
	p = b.p;
	len = b.len - 1;
	CHECK_INT(ws_scan_frame(&p, &len, &frame), WS_SCAN_MORE);
	len = b.len;
	CHECK_INT(ws_scan_frame(&p, &len, &frame), WS_SCAN_DONE);
	CHECK_INT(len, 0);
	CU_ASSERT(frame.fin && frame.opcode == WS_TEXT && str_eq(frame.payload, (struct str){ text, size }));
	free(text);
}

static void frames_of_every_length_class_come_back(void)
{
	static const size_t sizes[] = { 0, 1, 125, 126, 65535, 65536, 200000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check_frame(sizes[i]);
}

static void only_a_real_upgrade_counts(void)
{
	struct str good = STR("HTTP/1.1 101 x\r\nsec-websocket-accept: " WS_ACCEPT "\r\n\r\n\x81");
	struct str other = STR("HTTP/1.1 101 x\r\nSec-WebSocket-Accept: nonsense\r\n\r\n");
	struct str refused = STR("HTTP/1.1 503 x\r\n\r\n"), cut = STR("HTTP/1.1 101 x\r\n");
	int status;

	CHECK_INT(ws_scan_response(&good, &status), WS_SCAN_DONE);
	CHECK_INT(good.len, 1);
	CHECK_INT(ws_scan_response(&other, &status), WS_SCAN_BAD);
	CHECK_INT(ws_scan_response(&refused, &status), WS_SCAN_BAD);
	CHECK_INT(status, 503);
	CHECK_INT(ws_scan_response(&cut, &status), WS_SCAN_MORE);
}

/* One that nobody agreed to is bad, also where the other one is taken. */
static void only_who_agreed_takes_deflated_frames(void)
{
	char bytes[] = "\xc1\x82\0\0\0\0hi", *p = bytes, other[] = "\xa1\x82\0\0\0\0hi";
	size_t len = 8;
	struct ws_frame f;

	CHECK_INT(ws_scan_frame(&p, &len, &f), WS_SCAN_BAD);
	CHECK_INT(ws_scan_deflated_frame(&p, &len, &f), WS_SCAN_DONE);
	CU_ASSERT(f.deflated && f.masked && f.fin && str_is(f.payload, "hi"));
	p = other;
	len = 8;
	CHECK_INT(ws_scan_deflated_frame(&p, &len, &f), WS_SCAN_BAD);
}

static void pieces_are_marked_as_such(void)
{
	struct buf b BUF_CLEANUP = { 0 };

	ws_put_frame(&b, &(struct ws_frame){ .opcode = WS_TEXT, .deflated = true, .payload = STR("ab") });
	check_bytes(&b, STR("\x41\2ab"));
	ws_put_frame(&b, &(struct ws_frame){ .opcode = WS_CONTINUATION, .fin = true, .payload = STR("c") });
	check_bytes(&b, STR("\x80\1c"));
	ws_put_server_frame(&b, WS_PING, STR(""));
	check_bytes(&b, STR("\x89\0"));
}

const struct unit_test unit_tests[] = {
	UNIT(packets_are_as_the_standard_has_them),
	UNIT(every_answer_has_its_code),
	UNIT(a_packet_cut_anywhere_waits_for_its_rest),
	UNIT(rubbish_is_no_packet),
	UNIT(frames_of_every_length_class_come_back),
	UNIT(only_a_real_upgrade_counts),
	UNIT(only_who_agreed_takes_deflated_frames),
	UNIT(pieces_are_marked_as_such),
	{ NULL, NULL },
};
