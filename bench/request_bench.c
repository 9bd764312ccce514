/* request_bench - how long the broker's only thread is busy with JSON that strangers send it. There are six ways for such a text to come:
 * a control request, a token, a report of an edge, what an edge asks its hub for and what it answers, a hub's beat. For each of them several
 * texts are tried that its limits let through; a line is printed for the slowest. Ends with 1 when one takes longer than its bound:
 * REPORT_BOUND_MS for a report, an ask and an answer, which only brokers of the same owner send; BOUND_MS for all others.
 *
 * Not measured is what a request then asks for, which may take time of its own (listClients looks at every client: docs/policy.md,
 * Control): here nobody but the operator is connected. */
#include "base/buf.h"
#include "base/mono.h"
#include "mosquitto-plugin/core/cluster/cluster.h"
#include "mosquitto-plugin/core/door/door.h"
#include "mosquitto-plugin/core/login/token.h"
#include "mosquitto-plugin/core/presence/crowd.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BOUND_MS 2.0
#define REPORT_BOUND_MS 40.0
#define RUNS 21
#define REQUEST_BYTES (1u << 16) /* the most that a control request may have: docs/policy.md */

#define SECRET "a secret of at least sixteen bytes"

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "request_bench: %s\n", what);
	exit(2);
}

/* ---- texts ---- */

/* Appends n members with different names, or fewer, until `out` has almost `max` bytes. The fewer they are, the longer are their names. */
static void put_members(struct buf *out, unsigned n, size_t max)
{
	int width = (int)((max - out->len) / n) - 5;

	for (unsigned i = 0; i < n && out->len + (size_t)(width > 0 ? width : 0) + 16 < max; i++)
		buf_printf(out, "%s\"%0*x\":0", i ? "," : "", width > 0 ? width : 0, i);
}

/* Appends escapes, six bytes for each character, until `out` has almost `max` bytes. */
static void put_escapes(struct buf *out, size_t max)
{
	while (out->len + 6 < max)
		buf_puts(out, "\\u00e9");
}

/* ---- a control request ---- */

static void write_commands(struct buf *out, const char *command)
{
	buf_puts(out, "{\"commands\":[");
	for (unsigned i = 0; i < 100; i++)
		buf_printf(out, "%s{\"command\":\"%s\",\"user\":\"u%u\"}", i ? "," : "", command, i);
	buf_puts(out, "]}");
}

static void write_control(unsigned kind, struct buf *out)
{
	static const char *const commands[] = { "ban", "unban", "kick", "getLimits", "getStats" };

	if (kind >= 3) {
		write_commands(out, commands[kind - 3]);
		return;
	}
	buf_puts(out, "{\"commands\":[{\"command\":\"kick\",");
	if (kind == 0)
		put_members(out, 1990, REQUEST_BYTES - 10);
	if (kind == 1)
		put_members(out, 1000000, REQUEST_BYTES - 10); /* refused, but only after as many values as are allowed */
	if (kind == 2) {
		buf_puts(out, "\"client\":\"");
		put_escapes(out, REQUEST_BYTES - 10);
		buf_char(out, '"');
	}
	buf_puts(out, "}]}");
}

static size_t answered;

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx, (void)to, (void)topic, (void)retain;
	answered += payload.len;
}

static void on_kick(void *ctx, const char *id)
{
	(void)ctx, (void)id;
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

static struct policy *make_policy(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct complaint why;
	struct policy *p;

	buf_puts(&text, "{\"roles\":{\"op\":{\"control\":true,\"limits\":{\"publishes_burst\":10000}}");
	for (int i = 1; i < POLICY_MAX_ROLES; i++)
		buf_printf(&text, ",\"role-%d\":{}", i);
	buf_puts(&text, "},\"anonymous\":{\"mqtt\":\"op\"},"
			"\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"k\"}],\"roles\":[\"op\"]}}");
	must(policy_parse(buf_view(&text), &p, &why) == 0, why.text);
	p->tokens.keys[0].bytes = str_dup(STR(SECRET));
	p->tokens.keys[0].len = sizeof(SECRET) - 1;
	return p;
}

static const struct visitor asker = { .ptr = &answered, .id = "op", .address = "192.0.2.1", .transport = TRANSPORT_MQTT };
static struct door *door;

static void open_door(void)
{
	static const struct door_ops ops = { .publish = on_publish, .kick = on_kick, .log = on_log };

	door = door_new("sb", make_policy(), (struct passwd){ NULL }, &ops);
	must(door && !door_connect(door, &asker, (mono){ 1000 }, 0), "the operator does not come in");
}

static void close_door(void)
{
	door_gone(door, asker.ptr);
	door_free(door);
}

static void read_control(struct str request)
{
	size_t before = answered;

	door_control(door, asker.ptr, request, (mono){ 1000 });
	must(answered > before, "a request was not answered");
}

/* ---- a token, before anybody knows who sent it ---- */

static void put_base64url(struct buf *out, struct str bytes)
{
	BUF_CLEANUP struct buf text = { 0 };
	char block[5];

	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;

		EVP_EncodeBlock((unsigned char *)block, (const unsigned char *)bytes.p + i, (int)n);
		buf_add(&text, block, n + 1);
	}
	for (size_t i = 0; i < text.len; i++)
		text.p[i] = text.p[i] == '+' ? '-' : (text.p[i] == '/' ? '_' : text.p[i]);
	buf_str(out, buf_view(&text));
}

static void write_token(unsigned kind, struct buf *out)
{
	BUF_CLEANUP struct buf header = { 0 }, body = { 0 };

	buf_puts(&header, "{\"alg\":\"HS256\",");
	if (kind == 0)
		put_members(&header, 30, TOKEN_HEADER_BYTES * 3 / 4 - 4);
	if (kind == 1)
		put_members(&header, 1000, TOKEN_HEADER_BYTES * 3 / 4 - 4); /* refused for its many values */
	if (kind == 2) {
		buf_puts(&header, "\"kid\":\"");
		put_escapes(&header, TOKEN_HEADER_BYTES * 3 / 4 - 8);
		buf_char(&header, '"');
	}
	buf_char(&header, '}');
	put_base64url(out, buf_view(&header));
	buf_char(out, '.');
	buf_char(&body, '{');
	put_members(&body, 100000, (TOKEN_MAX_BYTES - 60 - out->len) * 3 / 4);
	buf_char(&body, '}');
	put_base64url(out, buf_view(&body));
	buf_puts(out, ".c2lnbmVkIGJ5IG5vYm9keSB0aGF0IHdlIGtub3cgb2Y");
}

static struct policy *policy;

static void open_policy(void)
{
	policy = make_policy();
}

static void close_policy(void)
{
	policy_free(policy);
}

static void read_token(struct str text)
{
	const struct token token = { text, 1700000000000 };
	struct complaint why;
	struct claims claims;

	must(text.len <= TOKEN_MAX_BYTES, "the token is too long");
	must(token_check(policy, &token, &claims, &why) == TOKEN_BAD, "a token without a signature is taken");
	must(!strcmp(why.text, "bad signature"), why.text);
}

/* ---- a report of an edge ---- */

static void write_names(struct buf *out)
{
	for (unsigned row = 0; out->len + 3000 < CROWD_REPORT_BYTES; row++) {
		buf_printf(out, "%s\"room/%u\":{\"count\":200,\"names\":[", row ? "," : "", row);
		for (unsigned i = 0; i < CROWD_MAX_NAMES; i++)
			buf_printf(out, "%s\"n%u\"", i ? "," : "", i);
		buf_puts(out, "]}");
	}
}

static void write_report(unsigned kind, struct buf *out)
{
	buf_char(out, '{');
	if (kind == 0)
		put_members(out, 1000000, CROWD_REPORT_BYTES - 2); /* more presence topics than are kept */
	if (kind == 1)
		write_names(out);
	if (kind == 2) {
		buf_puts(out, "\"room\":{\"count\":1,\"names\":[\"");
		put_escapes(out, CROWD_REPORT_BYTES - 8);
		buf_puts(out, "\"]}");
	}
	buf_char(out, '}');
}

static struct crowd crowd;

static void open_crowd(void)
{
	crowd = (struct crowd){ .max_rows = 1100 };
	crowd_begin(&crowd);
}

static void close_crowd(void)
{
	crowd_free(&crowd);
}

static void read_report(struct str report)
{
	struct complaint why;

	must(report.len <= CROWD_REPORT_BYTES, "the report is too long");
	must(crowd_read(&crowd, report, &why) == 0, why.text);
}

/* ---- a hub's beat ---- */

static void write_beat(unsigned kind, struct buf *out)
{
	buf_char(out, '{');
	if (kind == 0)
		put_members(out, 1000000, CLUSTER_BEAT_BYTES - 120);
	buf_printf(out, "%s\"run\":\"r\",\"n\":1,\"topics\":0,\"digest\":\"0\",\"status\":{\"a\":\"", kind ? "" : ",");
	put_escapes(out, CLUSTER_BEAT_BYTES - 8);
	buf_puts(out, "\"}}");
}

static struct cluster *edge;

static void on_edge_publish(void *ctx, const char *topic, struct str payload, bool retain)
{
	(void)ctx, (void)topic, (void)payload, (void)retain;
}

static void on_edge(void *ctx)
{
	(void)ctx;
}

static void on_edge_log(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

static void open_edge(void)
{
	static const struct cluster_ops ops = { on_edge_publish, on_edge, on_edge, on_edge_log, NULL };

	edge = cluster_new(CLUSTER_EDGE, "sb", "r", &ops);
	must(edge, "no edge");
}

static void close_edge(void)
{
	cluster_free(edge);
}

static void read_beat(struct str beat)
{
	const struct message m = { STR("sb/crew/beat"), beat, false, 0 };

	cluster_message(edge, &m, true, (mono){ 1000 });
	must(cluster_stats(edge).beats == 1, "the beat is not taken for one");
}

/* ---- what an edge asks its hub for, and what it answers ---- */

#define ASK_BYTES (1u << 18) /* the most that an ask, or the responses of an answer, may have */
#define HUB_POLICY \
	"{\"roles\":{\"op\":{\"control\":true,\"limits\":{\"publishes_burst\":10000}},\"edge\":{\"subscribe\":[\"#\"],\"publish\":[\"#\"]," \
	"\"asks\":[\"kick\",\"getStats\",\"listClients\"],\"limits\":{\"payload_bytes\":1000000,\"bytes_burst\":1000000}}}," \
	"\"anonymous\":{\"mqtt\":\"op\",\"websockets\":\"edge\"}}"

static const struct visitor bridge = { .ptr = &door, .id = "edge-e", .address = "192.0.2.2", .transport = TRANSPORT_WEBSOCKETS };
static char asked_id[33];

static void on_hub_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	const char *id = strstr(topic, "cluster/ask") ? strstr(payload.p, "\"id\":\"") : NULL;

	if (id)
		snprintf(asked_id, sizeof(asked_id), "%.32s", id + 6);
	on_publish(ctx, to, topic, payload, retain);
}

static void write_ask(unsigned kind, struct buf *out)
{
	buf_puts(out, "{\"ask\":\"control\",\"id\":\"77\",\"from\":\"e\",\"by\":\"x\",\"commands\":[{\"command\":\"kick\",\"client\":\"x\"");
	if (kind == 0) {
		buf_puts(out, ",");
		put_members(out, 9900, ASK_BYTES - 10);
	}
	if (kind == 1) {
		buf_puts(out, ",\"x\":\"");
		put_escapes(out, ASK_BYTES - 10);
		buf_char(out, '"');
	}
	buf_puts(out, "}");
	for (unsigned i = 0; kind == 2 && out->len < ASK_BYTES - 100 && i < 490; i++)
		buf_puts(out, ",{\"command\":\"kick\",\"client\":\"edge-e-is-not-it\"}");
	buf_puts(out, "]}");
}

/* "@" stands for the id that is not known yet. */
static void write_answer(unsigned kind, struct buf *out)
{
	unsigned n = 0;

	buf_puts(out, "{\"id\":\"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\",\"to\":\"\",\"at\":\"e\",\"responses\":[{\"data\":{");
	if (kind == 0)
		put_members(out, 20000, ASK_BYTES - 10);
	if (kind == 1) {
		buf_puts(out, "\"x\":\"");
		put_escapes(out, ASK_BYTES - 10);
		buf_char(out, '"');
	}
	if (kind == 2)
		for (buf_puts(out, "\"x\":[0"); n < 32000 && out->len < ASK_BYTES - 10; n++)
			buf_puts(out, ",0");
	buf_puts(out, kind == 2 ? "]}}]}" : "}}]}");
}

static void open_hub(void)
{
	static const struct door_ops ops = { .publish = on_hub_publish, .kick = on_kick, .log = on_log };
	const struct message filter = { .topic = STR("cluster/#") };
	struct complaint why;
	struct policy *p;

	must(policy_parse(STR(HUB_POLICY), &p, &why) == 0, why.text);
	door = door_new("sb", p, (struct passwd){ NULL }, &ops);
	must(door, "no memory");
	door_join(door, CLUSTER_HUB);
	door_set_name(door, "hub");
	must(!door_connect(door, &asker, (mono){ 1000 }, 0) && !door_connect(door, &bridge, (mono){ 1000 }, 0), "somebody does not come in");
	must(!door_may(door, bridge.ptr, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, (mono){ 1000 }), "the edge may not subscribe");
	door_control(door, asker.ptr, STR("{\"commands\":[{\"command\":\"getStats\",\"broker\":\"e\"}]}"), (mono){ 1000 });
}

static void close_hub(void)
{
	door_gone(door, bridge.ptr);
	close_door();
}

static void send_to_hub(const char *topic, struct str payload)
{
	const struct message m = { str_of(topic), payload, false, 0 };
	size_t before = answered;

	must(door_message(door, bridge.ptr, &m, (mono){ 1000 }).what == DOOR_MESSAGE_TAKEN && answered > before, "the hub does not take it");
}

static void read_ask(struct str text)
{
	send_to_hub("cluster/ask", text);
}

static void read_answer(struct str text)
{
	memcpy(strchr((char *)text.p, '@'), asked_id, 32);
	send_to_hub("cluster/answer", text);
	memset((char *)text.p + 7, '@', 32);
}

/* ---- the measure ---- */

static const struct road {
	const char *name;
	void (*write)(unsigned kind, struct buf *out);
	unsigned n_kinds;
	void (*open)(void), (*read)(struct str text), (*close)(void);
	double bound_ms;
} roads[] = {
	{ "a control request", write_control, 8, open_door, read_control, close_door, BOUND_MS },
	{ "a token that nobody has signed", write_token, 3, open_policy, read_token, close_policy, BOUND_MS },
	{ "an edge's report of who is there", write_report, 3, open_crowd, read_report, close_crowd, REPORT_BOUND_MS },
	{ "what an edge asks its hub for", write_ask, 3, open_hub, read_ask, close_hub, REPORT_BOUND_MS },
	{ "what an edge answers", write_answer, 3, open_hub, read_answer, close_hub, REPORT_BOUND_MS },
	{ "a hub's beat", write_beat, 2, open_edge, read_beat, close_edge, BOUND_MS },
};

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median, so that it matters little what else this machine does. */
static double time_one(const struct road *road, struct str text)
{
	double ms[RUNS];

	for (int i = 0; i < RUNS; i++) {
		double start;

		road->open();
		start = cpu_ms();
		road->read(text);
		ms[i] = cpu_ms() - start;
		road->close();
	}
	qsort(ms, RUNS, sizeof(ms[0]), by_size);
	return ms[RUNS / 2];
}

static bool measure(const struct road *road, bool verbose)
{
	double dearest = 0;
	size_t bytes = 0;

	for (unsigned kind = 0; kind < road->n_kinds; kind++) {
		BUF_CLEANUP struct buf text = { 0 };
		double ms;

		road->write(kind, &text);
		ms = time_one(road, buf_view(&text));
		if (verbose)
			printf("  %-32s %6zu bytes %8.3f ms\n", "", text.len, ms);
		bytes = ms > dearest ? text.len : bytes;
		dearest = ms > dearest ? ms : dearest;
	}
	printf("%-34s %6zu bytes %8.3f ms  bound %.0f ms%s\n", road->name, bytes, dearest, road->bound_ms,
	       dearest > road->bound_ms ? "  TOO LONG" : "");
	return dearest <= road->bound_ms;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "--all"), good = true;

	for (size_t i = 0; i < sizeof(roads) / sizeof(roads[0]); i++)
		good &= measure(&roads[i], verbose);
	return good ? 0 : 1;
}
