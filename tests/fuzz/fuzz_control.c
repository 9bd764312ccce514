/* A request of an operator is answered with JSON, whatever it is, and leaves the books in order. */
#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"

#define POLICY "{\"roles\":{\"op\":{\"control\":true,\"subscribe\":[\"#\"]}},\"anonymous\":{\"mqtt\":\"op\",\"websockets\":\"op\"}}"

static struct door *door;
static unsigned n_answers;

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	struct complaint why;
	struct json_doc doc;

	(void)ctx;
	(void)topic;
	(void)retain;
	if (!to)
		return;
	n_answers++;
	PROMISE(json_parse(&doc, payload, &why) == JSON_GOOD || payload.len > JSON_MAX_BYTES);
	json_free(&doc);
}

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	(void)id;
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	for (; *text; text++)
		PROMISE((unsigned char)*text >= 0x20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct visitor ann = { &ann, "ann", NULL, NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	struct visitor bob = { &bob, "bob", NULL, NULL, "2001:db8::1", TRANSPORT_WEBSOCKETS, false, 0, false };
	struct door_ops ops = { on_publish, on_kick, on_log, NULL, NULL };
	struct complaint why;
	struct policy *policy;
	mono now = { 1000 };

	n_answers = 0;
	PROMISE(policy_parse(STR(POLICY), &policy, &why) == 0);
	door = door_new("sb", policy, (struct passwd){ NULL }, &ops);
	PROMISE(door);
	PROMISE(!door_connect(door, &ann, now, 0) && !door_connect(door, &bob, now, 0));
	door_control(door, &ann, (struct str){ (const char *)data, size }, now);
	PROMISE(n_answers == 1);
	door_tick(door, mono_add(now, 100), 100);
	door_gone(door, &ann);
	door_gone(door, &bob);
	PROMISE(door_held(door) == 0);
	door_free(door);
	return 0;
}
