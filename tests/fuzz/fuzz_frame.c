/* A message is refused, or its updates have values that read back as themselves; and whatever it is, the bridge stays
 * whole: what it publishes has valid topics. */
#include "tests/fuzz/fuzz.h"

#include "base/topic.h"
#include "publisher/core/bridge/bridge.h"

static const char rules[] = "{\"register\":{\"live\":[\"A\",\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],"
			    "\"views\":{\"v\":\"\"},\"default\":{\"views\":[]},"
			    "\"clocks\":[{\"path\":\"B.C(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\",\"views\":[\"v\"]}],"
			    "\"rules\":[{\"paths\":[\"**\"],\"views\":[\"v\"]}]}";

static void check_value(struct str value)
{
	BUF_CLEANUP struct buf message = { 0 };
	struct frame f;
	struct update u;

	buf_puts(&message, "{\"state\":{\"A\":");
	buf_str(&message, value);
	buf_puts(&message, "}}");
	PROMISE(frame_open(&f, buf_view(&message)) == FRAME_STATE);
	PROMISE(frame_next(&f, &u) && !u.bad && str_eq(u.value, value));
	frame_close(&f);
}

static void drain(struct bridge *b, struct moment now)
{
	struct effect fx;

	while (bridge_next_effect(b, now, &fx)) {
		if (fx.type != FX_SINK_PUBLISH)
			continue;
		PROMISE(topic_name_valid(fx.topic));
		PROMISE(utf8_valid(fx.text) || memmem(fx.topic.p, fx.topic.len, "/z", 2)); /* what is packed is no text */
		bridge_sink_acked(bridge_sink(b, 0), fx.token, now);
	}
}

static void through_the_bridge(struct str bytes)
{
	static const struct bridge_config cfg = { .prefix = "p", .window = 50, .max_state_bytes = 1 << 20, .brokers = { "broker" }, .n_brokers = 1 };
	struct moment now = { { 0 }, 1795310660724, 0 };
	struct schema *s = NULL;
	struct complaint why;
	struct bridge *b;

	PROMISE(schema_new(str_of(rules), &s, &why) == 0);
	b = bridge_new(&cfg, s);
	PROMISE(b != NULL);
	bridge_start(b, now);
	bridge_source_up(b, now);
	bridge_sink_up(bridge_sink(b, 0), 20, now);
	bridge_source_frame(b, STR("{\"state\":{\"B.S\":1}}"), now);
	drain(b, now);
	bridge_sink_subscribed(bridge_sink(b, 0), false, now);
	bridge_source_frame(b, bytes, now);
	drain(b, now);
	now.mono.ms = 20000;
	bridge_tick(b, now);
	drain(b, now);
	bridge_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	enum frame_result r;
	struct frame f;
	struct update u;

	r = frame_open(&f, bytes);
	if (r == FRAME_NOTICE)
		PROMISE(frame_notice(&f) != NULL);
	while (frame_next(&f, &u))
		if (!u.bad && u.value.len)
			check_value(u.value);
	frame_close(&f);
	through_the_bridge(bytes);
	return 0;
}
