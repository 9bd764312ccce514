/* economy - how many messages and bytes one viewer of a recorded game costs, for each way to serve it; and how many the feed
 * costs from the publisher to the broker, the uplink. They are computed, not timed: the publisher's own core plays the
 * recording against a broker that answers at once.
 *
 *   economy [--json] schema/crg.json RECORDING.jsonl
 */
#include "base/json.h"
#include "publisher/core/bridge/bridge.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#define GAME_PREFIX "ScoreBoard.CurrentGame."
#define VIEW "feed/spectator/"
#define START_MS 1000000 /* what both clocks say when the recording begins */

struct tally {
	double messages, bytes;
};

struct play {
	struct bridge *bridge;
	struct moment now;
	struct tally game, spectator; /* CRG's frames: to who registers for the current game, or for the schema's `live` paths only */
	struct tally leaf, delta;     /* the broker's messages: all topics but feeds and status, or the deltas of the view */
	struct tally uplink;          /* all that the publisher sends of feeds */
	struct tally joined;          /* only bytes: of the largest snapshot or recent, which a viewer is sent who joins */
	struct schema *schema;
};

/* The bytes of a WebSocket frame with this payload, as a server sends it (RFC 6455). */
static double ws_bytes(double payload)
{
	return payload + (payload < 126 ? 2 : (payload < 65536 ? 4 : 10));
}

static void add(struct tally *t, double payload)
{
	t->messages++;
	t->bytes += ws_bytes(payload);
}

/* The bytes of this publish as a QoS 0 PUBLISH of MQTT 5: fixed header, topic, properties, payload. */
static double packet_bytes(const struct effect *fx)
{
	double properties = 1 + (fx->retain ? 0 : 5) + (fx->content_type ? 3 + (double)strlen(fx->content_type) : 0);
	double rest = 2 + (double)fx->topic.len + properties + (double)fx->text.len;

	return 1 + (rest < 128 ? 1 : (rest < 16384 ? 2 : 3)) + rest;
}

static void count_publish(struct play *p, const struct effect *fx)
{
	struct str topic = str_skip(fx->topic, sizeof("scoreboard/") - 1);
	double bytes = packet_bytes(fx);

	if (str_starts(topic, STR("feed/"))) {
		p->uplink.messages++;
		p->uplink.bytes += bytes;
		if (str_starts(topic, STR(VIEW)) && !fx->retain)
			add(&p->delta, bytes);
		else if (str_starts(topic, STR(VIEW)) && bytes > p->joined.bytes)
			p->joined.bytes = bytes;
	} else if (!str_is(topic, "status")) {
		add(&p->leaf, bytes);
	}
}

/* Plays a broker that grants and answers everything at once. */
static void drain(struct play *p)
{
	struct effect fx;

	while (bridge_next_effect(p->bridge, p->now, &fx)) {
		BUF_CLEANUP struct buf topic = { 0 };
		BUF_CLEANUP struct buf text = { 0 };
		size_t token = fx.token;
		bool echo = fx.type == FX_SINK_PUBLISH && !fx.retain && str_ends(fx.topic, STR("/status"));

		if (fx.type == FX_SINK_DIAL)
			bridge_sink_up(p->bridge, 100, p->now);
		if (fx.type == FX_SINK_SUBSCRIBE)
			bridge_sink_subscribed(p->bridge, true, p->now);
		if (fx.type != FX_SINK_PUBLISH)
			continue;
		count_publish(p, &fx);
		buf_str(&topic, fx.topic);
		buf_str(&text, fx.text);
		bridge_sink_acked(p->bridge, token, p->now);
		if (echo)
			bridge_sink_message(p->bridge, buf_view(&topic), buf_view(&text), false, p->now);
	}
}

static void go_to(struct play *p, int64_t t)
{
	while (bridge_deadline(p->bridge).ms < t) {
		int64_t due = bridge_deadline(p->bridge).ms;

		if (due > p->now.mono.ms)
			p->now.mono.ms = p->now.wall_ms = due;
		bridge_tick(p->bridge, p->now);
		drain(p);
	}
	p->now.mono.ms = p->now.wall_ms = t;
}

static void add_member(struct buf *out, const cJSON *item)
{
	char *value = cJSON_PrintUnformatted(item);

	buf_puts(out, out->len ? "," : "{\"state\":{");
	buf_json(out, str_of(item->string));
	buf_printf(out, ":%s", value);
	free(value);
}

/* Counts what CRG sends of this frame: see `game` and `spectator`. */
static void count_frame(struct play *p, const cJSON *frame)
{
	const cJSON *state = cJSON_GetObjectItem(frame, "state"), *item;
	BUF_CLEANUP struct buf game = { 0 };
	BUF_CLEANUP struct buf spectator = { 0 };
	struct path path;

	cJSON_ArrayForEach(item, state) {
		if (strncmp(item->string, GAME_PREFIX, sizeof(GAME_PREFIX) - 1) == 0)
			add_member(&game, item);
		if (!path_parse(str_of(item->string), &path) && schema_covers(p->schema, LIST_LIVE, &path))
			add_member(&spectator, item);
	}
	if (game.len)
		add(&p->game, (double)game.len + 2);
	if (spectator.len)
		add(&p->spectator, (double)spectator.len + 2);
}

static void play_line(struct play *p, struct str line)
{
	struct str frame, number;
	int64_t t;
	cJSON *parsed;

	if (!json_member(line, "t", &number) || !str_to_int(number, &t) || !json_member(line, "frame", &frame))
		return;
	go_to(p, t + START_MS);
	parsed = cJSON_ParseWithLength(frame.p, frame.len);
	count_frame(p, parsed);
	cJSON_Delete(parsed);
	bridge_source_frame(p->bridge, frame, p->now);
	drain(p);
}

static void print_row(const char *name, const struct tally *t, const struct tally *feed)
{
	printf("| %-44s | %8.0f | %10.0f | %7.1f | %7.1f |\n", name, t->messages, t->bytes, t->messages / feed->messages,
	       t->bytes / feed->bytes);
}

static struct schema *load(const char *file)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct complaint why;
	struct schema *s = NULL;
	FILE *f = fopen(file, "r");
	char chunk[4096];
	size_t n;

	while (f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&text, chunk, n);
	if (f)
		fclose(f);
	if (!f)
		fprintf(stderr, "economy: %s: can't be read\n", file);
	else if (schema_new(buf_view(&text), &s, &why))
		fprintf(stderr, "economy: %s: line %u: %s\n", file, why.line, why.text);
	return s;
}

static void report(const struct play *p, int64_t seconds)
{
	printf("One viewer for %lld s of play, WebSocket frames included:\n\n", (long long)seconds);
	printf("| %-44s | messages |      bytes | x feed  | x feed  |\n|%s|---------:|-----------:|--------:|--------:|\n",
	       "served by", "----------------------------------------------");
	print_row("CRG directly, or a gateway that copies frames", &p->game, &p->delta);
	print_row("the same, only the spectator's paths", &p->spectator, &p->delta);
	print_row("all leaf topics, without the feeds", &p->leaf, &p->delta);
	print_row("the feed (spectator)", &p->delta, &p->delta);
	printf("\nUplink, publisher to broker: all feeds %.0f bytes a second, leaf topics %.0f bytes a second.\n",
	       p->uplink.bytes / (double)seconds, p->leaf.bytes / (double)seconds);
	printf("Largest retained packet of a join: %.0f bytes.\n", p->joined.bytes);
}

static void report_json(const struct play *p, int64_t seconds)
{
	const struct {
		const char *name;
		const struct tally *t;
	} ways[] = { { "frames", &p->game }, { "leaf", &p->leaf }, { "feed", &p->delta } };

	printf("{\"seconds\":%lld,\"ways\":{", (long long)seconds);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		printf("%s\"%s\":{\"messages\":%.0f,\"bytes\":%.0f}", i ? "," : "", ways[i].name, ways[i].t->messages,
		       ways[i].t->bytes);
	puts("}}");
}

static void play_file(struct play *p, FILE *f)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	bridge_start(p->bridge, p->now);
	bridge_source_up(p->bridge, p->now);
	drain(p);
	while ((n = getline(&line, &cap, f)) > 0)
		play_line(p, (struct str){ line, (size_t)n });
	free(line);
}

int main(int argc, char **argv)
{
	struct bridge_config cfg = {
		.prefix = "scoreboard",
		.list = LIST_LIVE,
		.window = 100,
		.max_state_bytes = 1 << 26,
		.source = { .backoff_first_ms = 1000, .backoff_max_ms = 1000, .dial_timeout_ms = 1000 },
		.sink = { .backoff_first_ms = 1000, .backoff_max_ms = 1000, .dial_timeout_ms = 1000 },
	};
	struct play p = { .now = { { START_MS }, START_MS, 0 } };
	bool json = argc == 4 && strcmp(argv[1], "--json") == 0;
	FILE *f = argc == 3 || json ? fopen(argv[argc - 1], "r") : NULL;

	if (!f) {
		fprintf(stderr, "usage: economy [--json] SCHEMA RECORDING\n");
		return 2;
	}
	p.schema = load(argv[argc - 2]);
	p.bridge = p.schema ? bridge_new(&cfg, load(argv[argc - 2])) : NULL;
	if (!p.bridge)
		return 1;
	play_file(&p, f);
	(json ? report_json : report)(&p, (p.now.mono.ms - START_MS) / 1000);
	fclose(f);
	bridge_free(p.bridge);
	schema_free(p.schema);
	return 0;
}
