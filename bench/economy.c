/* economy - what one viewer of a recorded game costs, by the way it is served, from its first second to its last: messages, and
 * all bytes after TCP. And what the feed costs the uplink from publisher to broker. Computed, not timed: the publisher's own core plays the
 * recording against a broker that answers at once.
 *
 *   economy [--json] schema/crg.json RECORDING.jsonl[.gz]
 *
 * A viewer of a feed joins when there is something to see, as scoreboard-client does, and stays: the WebSocket's handshake, CONNECT, SUBSCRIBE
 * and UNSUBSCRIBE with their answers, the retained messages, and every delta after that. With topic aliases (Mosquitto 2.1) a topic's name
 * comes once.
 */
#include "base/json.h"
#include "publisher/core/bridge/bridge.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#define GAME_PREFIX "ScoreBoard.CurrentGame."
#define PREFIX "scoreboard/"
#define VIEW PREFIX "feed/spectator/"
#define START_MS 1000000    /* of the clock when the recording begins */
#define DELTAS_MAX 100000   /* of one feed */
#define HANDSHAKE_BYTES 700 /* a browser's GET, some 500 bytes of headers, and the 101 of the broker */
#define CLIENT_ID_BYTES 22

struct tally {
	double messages, bytes;
};

/* Somebody who watches one encoding of the spectator's feed. */
struct viewer {
	const char *base, *recent, *delta; /* topics */
	bool has_aliases;                  /* the broker sends a topic's name only once */
	bool has_base, has_joined, is_there, knows_alias;
	struct tally all;
	double join; /* bytes of joining, which are among all */
	double deltas[DELTAS_MAX];
	size_t n_deltas;
};

struct play {
	struct bridge *bridge;
	struct moment now;
	struct tally game, spectator, leaf, uplink, uplink_packed;
	struct viewer json, packed, alias;
	struct schema *schema;
};

/* RFC 6455: a server's frame header. A client's has four bytes more. */
static double ws_bytes(double payload)
{
	return payload + (payload < 126 ? 2 : (payload < 65536 ? 4 : 10));
}

static void add(struct tally *t, double payload)
{
	t->messages++;
	t->bytes += ws_bytes(payload);
}

/* MQTT's fixed header before so many bytes, and these. */
static double mqtt_bytes(double rest)
{
	return 1 + (rest < 128 ? 1 : (rest < 16384 ? 2 : 3)) + rest;
}

/* An MQTT 5 PUBLISH to a subscriber of QoS 0. */
static double packet_bytes(const struct effect *fx, double topic)
{
	double properties = 1 + (fx->expires_s ? 5 : 0) + (fx->content_type ? 3 + (double)strlen(fx->content_type) : 0);

	return mqtt_bytes(2 + topic + properties + (double)fx->text.len);
}

/* What scoreboard-client and the broker say to each other until the crowd's topic is all that is subscribed. */
static double join_bytes(const struct viewer *v)
{
	double retained = (double)(strlen(v->base) + strlen(v->recent)), live = (double)strlen(v->delta);
	double status = sizeof(PREFIX "status") - 1;
	double ours = mqtt_bytes(6 + 4 + 1 + 2 + CLIENT_ID_BYTES) + mqtt_bytes(3 + status + 3 + live + 3 + retained + 6) +
		      mqtt_bytes(3 + retained + 4);
	double theirs = mqtt_bytes(3 + 3) + mqtt_bytes(3 + 4) + mqtt_bytes(3 + 2);

	return HANDSHAKE_BYTES + ours + 3 * 6 + theirs + 3 * 2;
}

static void add_delta(struct viewer *v, const struct effect *fx)
{
	/* an alias is a property of three bytes, which the first message has beside the name */
	double alias = v->has_aliases ? 3 : 0;
	double topic = v->knows_alias ? 0 : (double)fx->topic.len;
	double bytes = ws_bytes(packet_bytes(fx, topic) + alias);

	v->knows_alias = v->has_aliases;
	v->all.messages++;
	v->all.bytes += bytes;
	if (v->n_deltas < DELTAS_MAX)
		v->deltas[v->n_deltas++] = bytes;
}

static void add_retained(struct viewer *v, const struct effect *fx)
{
	if (v->has_joined)
		return; /* it is not subscribed to what is retained any more */
	v->all.messages++;
	v->all.bytes += ws_bytes(packet_bytes(fx, (double)fx->topic.len));
	v->has_base |= str_is(fx->topic, v->base);
	if (str_is(fx->topic, v->recent) && v->has_base) {
		v->has_joined = true;
		v->all.bytes += join_bytes(v);
		v->join = v->all.bytes;
	}
}

/* The delta with which the first snapshot was made comes before the viewer. */
static void watch(struct viewer *v, const struct effect *fx)
{
	if (str_is(fx->topic, v->base) || str_is(fx->topic, v->recent))
		add_retained(v, fx);
	else if (str_is(fx->topic, v->delta) && v->is_there)
		add_delta(v, fx);
	else if (str_is(fx->topic, v->delta))
		v->is_there = v->has_joined;
}

static void count_publish(struct play *p, const struct effect *fx)
{
	struct str topic = str_skip(fx->topic, sizeof(PREFIX) - 1);
	double bytes = packet_bytes(fx, (double)fx->topic.len);

	watch(&p->json, fx);
	watch(&p->packed, fx);
	watch(&p->alias, fx);
	if (str_starts(topic, STR("feed/"))) {
		struct tally *uplink = strstr(fx->topic.p, "/z") ? &p->uplink_packed : &p->uplink;

		uplink->messages++;
		uplink->bytes += bytes;
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
			bridge_sink_up(bridge_sink(p->bridge, 0), 100, p->now);
		if (fx.type == FX_SINK_SUBSCRIBE)
			bridge_sink_subscribed(bridge_sink(p->bridge, 0), true, p->now);
		if (fx.type != FX_SINK_PUBLISH)
			continue;
		count_publish(p, &fx);
		buf_str(&topic, fx.topic);
		buf_str(&text, fx.text);
		bridge_sink_acked(bridge_sink(p->bridge, 0), token, p->now);
		if (echo)
			bridge_sink_message(bridge_sink(p->bridge, 0), &(struct bridge_message){ buf_view(&topic), buf_view(&text), .content_type = "" }, p->now);
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

static int by_size(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median(struct viewer *v)
{
	qsort(v->deltas, v->n_deltas, sizeof(v->deltas[0]), by_size);
	return v->n_deltas ? v->deltas[v->n_deltas / 2] : 0;
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

static void print_row(const struct play *p, const char *name, const struct tally *t)
{
	printf("| %-52s | %8.0f | %9.0f | %6.1f | %6.1f |\n", name, t->messages, t->bytes, p->json.all.bytes / t->bytes,
	       p->game.bytes / t->bytes);
}

static void print_join(const char *name, struct viewer *v)
{
	printf("| %-52s | %14.0f | %12.0f |\n", name, v->join, median(v));
}

static void report(struct play *p, int64_t seconds)
{
	const char *rule = "-----------------------------------------------------";

	printf("One viewer for %lld s of play, all bytes after TCP:\n\n", (long long)seconds);
	printf("| %-52s | messages |     bytes | JSON : | CRG :  |\n|%s-|---------:|----------:|-------:|-------:|\n", "served by", rule);
	print_row(p, "CRG's frames of the whole current game", &p->game);
	print_row(p, "CRG's frames of the paths that the publisher asks for", &p->spectator);
	print_row(p, "all leaf topics, without the feeds", &p->leaf);
	print_row(p, "the feed (spectator) as JSON", &p->json.all);
	print_row(p, "the packed feed", &p->packed.all);
	print_row(p, "the packed feed, with topic aliases", &p->alias.all);
	printf("\n| %-52s | bytes to join | median delta |\n|%s-|--------------:|-------------:|\n", "", rule);
	print_join("the feed (spectator) as JSON", &p->json);
	print_join("the packed feed", &p->packed);
	print_join("the packed feed, with topic aliases", &p->alias);
	printf("\nUplink, publisher to broker, bytes a second: all feeds as JSON %.0f, packed %.0f; leaf topics %.0f.\n",
	       p->uplink.bytes / (double)seconds, p->uplink_packed.bytes / (double)seconds, p->leaf.bytes / (double)seconds);
}

static void report_json(struct play *p, int64_t seconds)
{
	const struct {
		const char *name;
		const struct tally *t;
	} ways[] = {
		{ "frames", &p->game },
		{ "leaf", &p->leaf },
		{ "feed", &p->json.all },
		{ "packed", &p->packed.all },
		{ "alias", &p->alias.all },
	};

	printf("{\"seconds\":%lld,\"ways\":{", (long long)seconds);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		printf("%s\"%s\":{\"messages\":%.0f,\"bytes\":%.0f}", i ? "," : "", ways[i].name, ways[i].t->messages,
		       ways[i].t->bytes);
	printf("},\"median_delta\":{\"feed\":%.0f,\"packed\":%.0f,\"alias\":%.0f},\"uplink\":{\"feed\":%.0f,\"packed\":%.0f}}\n",
	       median(&p->json), median(&p->packed), median(&p->alias), p->uplink.bytes, p->uplink_packed.bytes);
}

#define LINE_MAX_BYTES (1 << 24)

static void play_file(struct play *p, gzFile f)
{
	char *line = malloc(LINE_MAX_BYTES);

	bridge_start(p->bridge, p->now);
	bridge_source_up(p->bridge, p->now);
	drain(p);
	while (line && gzgets(f, line, LINE_MAX_BYTES))
		play_line(p, str_of(line));
	free(line);
}

int main(int argc, char **argv)
{
	struct bridge_config cfg = {
		.prefix = "scoreboard",
		.list = LIST_LIVE,
		.window = 100,
		.max_state_bytes = 1 << 26,
		.brokers = { "broker" },
		.n_brokers = 1,
		.source = { .backoff_first_ms = 1000, .backoff_max_ms = 1000, .dial_timeout_ms = 1000 },
		.sink = { .backoff_first_ms = 1000, .backoff_max_ms = 1000, .dial_timeout_ms = 1000 },
	};
	static struct play p = {
		.now = { { START_MS }, START_MS, 0 },
		.json = { .base = VIEW "snapshot", .recent = VIEW "recent", .delta = VIEW "delta" },
		.packed = { .base = VIEW "z/base", .recent = VIEW "z/recent", .delta = VIEW "z" },
		.alias = { .base = VIEW "z/base", .recent = VIEW "z/recent", .delta = VIEW "z", .has_aliases = true },
	};
	bool json = argc == 4 && strcmp(argv[1], "--json") == 0;
	gzFile f = argc == 3 || json ? gzopen(argv[argc - 1], "rb") : NULL;

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
	gzclose(f);
	bridge_free(p.bridge);
	schema_free(p.schema);
	return 0;
}
