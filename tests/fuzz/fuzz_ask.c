/* What another broker asks or answers, whatever it is: what goes on from here is JSON on topics of the cluster, and the books stay in order.
 * The first byte says where it comes: h and a: from an edge to a hub, as an ask or an answer; e and n: from its hub to an edge; the same in
 * capitals: to a broker that is between a hub and edges. In it "@" is the id of a request that waits for answers. */
#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"

#include <stdio.h>

#define POLICY \
	"{\"roles\":{\"op\":{\"control\":true,\"subscribe\":[\"#\"]},\"bridge\":{\"reserved\":3,\"subscribe\":[\"#\"],\"publish\":[\"#\"]," \
	"\"asks\":[\"kick\",\"ban\",\"unban\",\"listClients\",\"getStats\",\"listBans\",\"closeRoom\"]}},\"anonymous\":{\"mqtt\":\"op\"," \
	"\"websockets\":\"bridge\"},\"rooms\":{\"open\":[\"match:*\"],\"rooms\":3}}"

static struct door *door;
static char id[40];

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	struct complaint why;
	struct json_doc doc;
	struct str text;

	(void)ctx;
	if (strncmp(topic, "cluster/", 8) != 0 && strncmp(topic, "$CONTROL/", 9) != 0)
		return;
	PROMISE(!retain);
	if (strcmp(topic, "cluster/answer") == 0 && to)
		return; /* it may be another's that is passed on, which only the broker reads that it is for */
	PROMISE(json_parse(&doc, payload, &why) == JSON_GOOD || payload.len > JSON_MAX_BYTES);
	text = json_get_text(doc.root, "id");
	if (strcmp(topic, "cluster/ask") == 0 && text.len == 32)
		snprintf(id, sizeof(id), "%.32s", text.p);
	json_free(&doc);
}

static void on_kick(void *ctx, const char *client)
{
	(void)ctx;
	(void)client;
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	for (; *text; text++)
		PROMISE((unsigned char)*text >= 0x20);
}

static void put_payload(struct buf *out, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '@')
			buf_puts(out, id);
		else
			buf_char(out, (char)data[i]);
	}
}

static void begin(enum cluster_part part)
{
	const struct door_ops ops = { on_publish, NULL, on_kick, on_log, NULL, NULL };
	struct complaint why;
	struct policy *policy;

	PROMISE(policy_parse(STR(POLICY), &policy, &why) == 0);
	door = door_new("sb", policy, (struct passwd){ NULL }, &ops);
	PROMISE(door);
	door_join(door, part);
	if (part == CLUSTER_MID)
		door_set_bridge_id(door, "bridge");
	door_set_name(door, "b");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct visitor ann = { &ann, "ann", NULL, NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	struct visitor edge = { &edge, "edge-e", NULL, NULL, "192.0.2.2", TRANSPORT_WEBSOCKETS, false, 0, false };
	struct message filter = { .topic = STR("cluster/#") };
	const char *kind = size ? strchr("haenHAEN", *data) : NULL;
	BUF_CLEANUP struct buf payload = { 0 };
	struct message m = { .retain = false };
	bool from_edge, is_ask;
	mono now = { 1000 };

	if (!kind || !*kind)
		return 0;
	from_edge = strchr("haHA", *kind);
	is_ask = strchr("heHE", *kind);
	begin(strchr("HAEN", *kind) ? CLUSTER_MID : from_edge ? CLUSTER_HUB
							      : CLUSTER_EDGE);
	PROMISE(!door_connect(door, &ann, now, 0) && !door_connect(door, &edge, now, 0));
	PROMISE(!door_may(door, &edge, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, now));
	door_tick(door, now, 100);
	door_control(door, &ann, STR("{\"commands\":[{\"command\":\"listClients\"},{\"command\":\"getStats\"},{\"command\":\"ban\",\"user\":\"u\"}]}"), now);
	put_payload(&payload, data + 1, size - 1);
	m.payload = buf_view(&payload);
	m.topic = is_ask ? STR("cluster/ask") : STR("cluster/answer");
	for (int i = 0; i < 3; i++)
		PROMISE(door_message(door, from_edge ? edge.ptr : NULL, &m, now).what != DOOR_MESSAGE_REPEAT);
	door_tick(door, mono_add(now, 3000), 3100);
	door_tick_control(door, mono_add(now, 3000));
	door_tell_bans(door, mono_add(now, 3000));
	door_gone(door, &ann);
	door_gone(door, &edge);
	PROMISE(door_held(door) == 0);
	door_free(door);
	return 0;
}
