/* A request of an operator is answered with JSON, whatever it is, and leaves the books in order. */
#include "tests/fuzz/fuzz.h"

#include "base/json.h"
#include "base/topic.h"
#include "mosquitto-plugin/core/door/door.h"

#define POLICY \
	"{\"roles\":{\"op\":{\"control\":true,\"subscribe\":[\"#\"],\"publish\":[\"#\"]}},\"anonymous\":{\"mqtt\":\"op\",\"websockets\":\"op\"}," \
	"\"rooms\":{\"open\":[\"match:*\"],\"rooms\":3}}"

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

/* What is sent to people is a topic, whatever names the request has, and JSON or nothing. */
static void on_send(void *ctx, const struct publication *m)
{
	struct complaint why;
	struct json_doc doc;

	(void)ctx;
	PROMISE(topic_name_valid(str_of(m->topic)));
	PROMISE(!m->payload.len || json_parse(&doc, m->payload, &why) == JSON_GOOD);
	if (m->payload.len)
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

/* Somebody is in two rooms, and has left something in one of them. */
static void be_in_rooms(const struct visitor *v, mono now)
{
	const struct message filters[] = { { .topic = STR("rooms/match:1/#") }, { .topic = STR("rooms/jury/say/+") } };
	const struct message kept = { STR("rooms/match:1/state/x"), STR("1"), true, 0 };

	for (size_t i = 0; i < 2; i++)
		PROMISE(!door_may(door, v->ptr, &(struct door_request){ DOOR_SUBSCRIBE, &filters[i] }, now));
	PROMISE(!door_may(door, v->ptr, &(struct door_request){ DOOR_WRITE, &kept }, now));
	PROMISE(door_message(door, v->ptr, &kept, now).what == DOOR_MESSAGE_PASS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct visitor ann = { &ann, "ann", NULL, NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	struct visitor bob = { &bob, "bob", NULL, NULL, "2001:db8::1", TRANSPORT_WEBSOCKETS, false, 0, false };
	struct door_ops ops = { on_publish, on_send, on_kick, on_log, NULL, NULL };
	struct complaint why;
	struct policy *policy;
	mono now = { 1000 };

	n_answers = 0;
	PROMISE(policy_parse(STR(POLICY), &policy, &why) == 0);
	door = door_new("sb", policy, (struct passwd){ NULL }, &ops);
	PROMISE(door);
	PROMISE(!door_connect(door, &ann, now, 0) && !door_connect(door, &bob, now, 0));
	door_tick(door, now, 1764165000000);
	be_in_rooms(&bob, now);
	door_control(door, &ann, (struct str){ (const char *)data, size }, now);
	PROMISE(n_answers == 1);
	door_tick(door, mono_add(now, 100), 100);
	door_gone(door, &ann);
	door_gone(door, &bob);
	PROMISE(door_held(door) == 0);
	door_free(door);
	return 0;
}
