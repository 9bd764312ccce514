/* feed_dump - for json_schemas.py: plays the recording through the bridge and prints what it publishes on its feeds and
 * its status, `delta|snapshot|recent|status<TAB>payload`. With --load: reads a mapping on stdin; status 0 when it loads. */
#include "publisher/core/bridge/bridge.h"
#include "tests/unit/fixture.h"

#include <stdio.h>
#include <stdlib.h>

struct player {
	struct bridge *b;
	struct moment now;
};

static struct schema *load(struct str text)
{
	struct schema *s = NULL;
	struct complaint why;

	if (schema_new(text, &s, &why))
		fprintf(stderr, "line %u: %s\n", why.line, why.text);
	return s;
}

static void print(const struct effect *fx)
{
	static const char *const kinds[] = { "delta", "snapshot", "recent", "status" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (fx->text.len && str_ends(fx->topic, str_of(kinds[i])))
			printf("%s\t%.*s\n", kinds[i], STR_ARGS(fx->text));
}

/* A broker that takes everything and held nothing. */
static void serve(struct player *p)
{
	struct effect fx;

	while (bridge_next_effect(p->b, p->now, &fx)) {
		if (fx.type == FX_SINK_DIAL) {
			print(&fx);
			bridge_sink_up(bridge_sink(p->b, 0), 100, p->now);
		} else if (fx.type == FX_SINK_SUBSCRIBE) {
			bridge_sink_subscribed(bridge_sink(p->b, 0), false, p->now);
		} else if (fx.type == FX_SINK_PUBLISH) {
			if (memmem(fx.topic.p, fx.topic.len, "/feed/", 6) || str_is(fx.topic, "p/status"))
				print(&fx);
			bridge_sink_acked(bridge_sink(p->b, 0), fx.token, p->now);
		}
	}
}

static void play(void *arg, struct str frame, int64_t at_ms)
{
	struct player *p = arg;

	p->now.mono.ms = at_ms;
	p->now.wall_ms = 1795310660724 + at_ms;
	(void)bridge_source_frame(p->b, frame, p->now);
	bridge_tick(p->b, p->now);
	serve(p);
}

static int load_only(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct schema *s;
	int c;

	while ((c = getchar()) != EOF)
		buf_char(&text, (char)c);
	s = load(buf_view(&text));
	schema_free(s);
	return s ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct bridge_config cfg = {
		.prefix = "p",
		.window = 100,
		.max_state_bytes = 1 << 26,
		.brokers = { "broker" },
		.n_brokers = 1,
		.encodings = "json", /* a packed message is no line of text; unit/bridge_packed holds it equal to these */
	};
	BUF_CLEANUP struct buf text = { 0 };
	struct player p = { .now = { .wall_ms = 1795310660724 } };
	struct schema *s;

	if (argc > 1 && strcmp(argv[1], "--load") == 0)
		return load_only();
	s = fixture_read("schema/crg.json", &text) ? load(buf_view(&text)) : NULL;
	p.b = s ? bridge_new(&cfg, s) : NULL;
	if (!p.b)
		return 1;
	bridge_start(p.b, p.now);
	bridge_source_up(p.b, p.now);
	serve(&p);
	fixture_frames(fixture_recording(0), play, &p);
	p.now.mono.ms += 60000; /* quiet: a heartbeat */
	bridge_tick(p.b, p.now);
	serve(&p);
	bridge_stop(p.b, p.now, "done");
	serve(&p);
	bridge_free(p.b);
	return 0;
}
