/* A hub and two edges, each a door, and between them bridges that carry what the doors publish. */
#include "mosquitto-plugin/core/door_priv.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *const unit_name = "plugin_presence";

#define EDGES 2
#define TOPICS 64
#define SHARE "sb/crew/presence/share"
#define SUM "sb/crew/presence/sum"
#define POLICY                                                                                                               \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]},\"crew\":{\"limits\":{\"payload_bytes\":1000000,\"new_groups_per_hour\":3},\"publish\":[\"sb/#\"],\"subscribe\":[\"sb/#\",\"rooms/#\"]}}," \
	"\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"crew\"},\"presence\":{\"watch\":["                                 \
	"{\"name\":\"view\",\"filter\":\"sb/feed/+/delta\"},{\"name\":\"room\",\"filter\":\"rooms/+\"},{\"name\":\"hall\",\"filter\":\"sb/rooms/+\"}]},"                         \
	"\"limits\":{\"presence_groups\":5}}"

struct retained {
	char topic[100], payload[100];
};

struct broker {
	struct door *door;
	struct retained kept[TOPICS];
	unsigned n_kept, changes;
	struct broker *hub;  /* of an edge */
	const void *bridge;  /* its connection at the hub; NULL: none */
};

static struct world {
	struct broker hub, edge[EDGES];
	mono now;
	uintptr_t n_clients;
	unsigned logs, shares, sums;
} w;

static struct message message(const char *topic, struct str payload)
{
	return (struct message){ str_of(topic), payload, false, 0 };
}

static void keep(struct broker *b, const char *topic, struct str payload)
{
	unsigned i = 0;

	while (i < b->n_kept && strcmp(b->kept[i].topic, topic) != 0)
		i++;
	CU_ASSERT_FATAL(i < TOPICS);
	b->n_kept += i == b->n_kept;
	b->changes++;
	snprintf(b->kept[i].topic, sizeof(b->kept[i].topic), "%s", topic);
	snprintf(b->kept[i].payload, sizeof(b->kept[i].payload), "%.*s", STR_ARGS(payload));
}

static void deliver(struct door *d, const void *from, const char *topic, struct str payload)
{
	struct message m = message(topic, payload);
	enum reason why;

	CHECK_INT(door_message(d, from, &m, w.now, &why), DOOR_MESSAGE_TAKEN);
}

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	struct broker *b = ctx;

	(void)to;
	if (retain) {
		keep(b, topic, payload);
		return;
	}
	CHECK_STR(topic, b->hub ? SHARE : SUM);
	w.shares += b->hub != NULL;
	w.sums += b->hub == NULL;
	if (b->hub && b->bridge)
		deliver(b->hub->door, b->bridge, topic, payload);
	for (int i = 0; !b->hub && i < EDGES; i++)
		if (w.edge[i].bridge)
			deliver(w.edge[i].door, NULL, topic, payload);
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
	(void)text;
	w.logs++;
}

static const char *holds(struct broker *b, const char *key)
{
	char topic[100];

	snprintf(topic, sizeof(topic), "sb/presence/%s", key);
	for (unsigned i = 0; i < b->n_kept; i++)
		if (strcmp(b->kept[i].topic, topic) == 0)
			return b->kept[i].payload;
	return "";
}

/* At the hub, and at both edges. */
#define CHECK_ALL(key, value)                                   \
	do {                                                    \
		CHECK_STR(holds(&w.hub, key), value);           \
		CHECK_STR(holds(&w.edge[0], key), value);       \
		CHECK_STR(holds(&w.edge[1], key), value);       \
	} while (0)

static void pass(int64_t ms)
{
	for (mono until = mono_add(w.now, ms); !mono_reached(w.now, until);) {
		w.now = mono_add(w.now, 100);
		door_tick(w.hub.door, w.now, w.now.ms);
		for (int i = 0; i < EDGES; i++)
			door_tick(w.edge[i].door, w.now, w.now.ms);
	}
}

static const void *come_as(struct broker *b, const char *id, enum transport transport)
{
	struct visitor v = { (const void *)(++w.n_clients * 16), id, NULL, NULL, "192.0.2.1", transport, false, 0, false };

	CHECK_INT(door_connect(b->door, &v, w.now, w.now.ms), REASON_NONE);
	return v.ptr;
}

static const void *viewer(struct broker *b, const char *view)
{
	char id[32], filter[64];
	struct message m;
	const void *ptr;

	snprintf(id, sizeof(id), "v%u", (unsigned)w.n_clients);
	snprintf(filter, sizeof(filter), "sb/feed/%s/delta", view);
	ptr = come_as(b, id, TRANSPORT_WEBSOCKETS);
	m = message(filter, STR(""));
	CHECK_INT(door_may(b->door, ptr, DOOR_SUBSCRIBE, &m, w.now), REASON_NONE);
	return ptr;
}

/* The hub's publisher wrote to a topic of this view, and the bridges brought it to the edges. */
static void play(const char *view)
{
	struct message m;
	enum reason why;
	char topic[64];

	snprintf(topic, sizeof(topic), "sb/feed/%s/delta", view);
	m = message(topic, STR("{}"));
	CHECK_INT(door_message(w.hub.door, NULL, &m, w.now, &why), DOOR_MESSAGE_PASS);
	for (int i = 0; i < EDGES; i++)
		CHECK_INT(door_message(w.edge[i].door, NULL, &m, w.now, &why), DOOR_MESSAGE_PASS);
}

/* The bridge is in, and the edge has heard a beat. */
static void link_edge(int i)
{
	char id[16];

	snprintf(id, sizeof(id), "edge-e%d", i + 1);
	w.edge[i].bridge = come_as(&w.hub, id, TRANSPORT_MQTT);
	door_report(w.edge[i].door);
}

static void cut_edge(int i)
{
	door_gone(w.hub.door, w.edge[i].bridge);
	w.edge[i].bridge = NULL;
}

static void start(struct broker *b, enum cluster_part part)
{
	struct door_ops ops = { on_publish, on_kick, on_log, NULL, b };
	struct complaint why;
	struct policy *policy;

	CHECK_INT(policy_parse(STR(POLICY), &policy, &why), 0);
	b->door = door_new("sb", policy, (struct passwd){ NULL }, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->door);
	door_join(b->door, part);
	b->hub = part == CLUSTER_EDGE ? &w.hub : NULL;
}

static void begin(void)
{
	w = (struct world){ .now = { 100000 } };
	start(&w.hub, CLUSTER_HUB);
	for (int i = 0; i < EDGES; i++) {
		start(&w.edge[i], CLUSTER_EDGE);
		link_edge(i);
	}
	play("spectator");
	play("overlay");
	pass(8000);
}

static void end(void)
{
	door_free(w.hub.door);
	for (int i = 0; i < EDGES; i++)
		door_free(w.edge[i].door);
}

static void hub_restarts(void)
{
	door_free(w.hub.door);
	w.hub = (struct broker){ .n_kept = 0 };
	start(&w.hub, CLUSTER_HUB);
	w.edge[0].bridge = w.edge[1].bridge = NULL;
}

static void everybody_is_told_of_all(void)
{
	begin();
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[0], "overlay");
	viewer(&w.edge[1], "spectator");
	come_as(&w.hub, "publisher", TRANSPORT_MQTT);
	pass(2100);
	CHECK_ALL("total", "4");
	CHECK_ALL("view/spectator", "2");
	CHECK_ALL("view/overlay", "1");
	CHECK_ALL("role/viewer", "3");
	CHECK_ALL("transport/websockets", "3");
	CHECK_ALL("transport/mqtt", "1"); /* bridges watch nothing */
	CHECK_ALL("role/crew", "3");      /* and are there */
	end();
}

static void who_leaves_is_counted_no_more(void)
{
	const void *v;

	begin();
	v = viewer(&w.edge[0], "overlay");
	viewer(&w.edge[1], "spectator");
	pass(2100);
	CHECK_ALL("total", "2");
	door_gone(w.edge[0].door, v);
	pass(2100);
	CHECK_ALL("total", "1");
	CHECK_ALL("view/overlay", ""); /* nobody left: cleared */
	end();
}

static void nothing_is_told_when_nothing_changed_nor_often(void)
{
	begin();
	viewer(&w.edge[0], "overlay");
	pass(3000);
	w.hub.changes = w.edge[0].changes = w.shares = w.sums = 0;
	pass(20000);
	CHECK_INT(w.hub.changes + w.edge[0].changes, 0);
	CU_ASSERT(w.shares <= 8 && w.sums <= 4);
	for (int i = 0; i < 100; i++) {
		viewer(&w.edge[0], "spectator");
		pass(100);
	}
	CU_ASSERT(w.shares <= 8 + 4 + 12 && w.sums <= 4 + 12);
	CU_ASSERT(w.edge[0].changes <= 12 * 4); /* four rows, once a second */
	pass(2000);
	CHECK_ALL("total", "101");
	end();
}

static void a_share_goes_with_its_connection_and_comes_back_whole(void)
{
	begin();
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	viewer(&w.edge[1], "overlay");
	pass(2100);
	cut_edge(1);
	viewer(&w.edge[1], "overlay");
	pass(2100);
	CHECK_STR(holds(&w.hub, "total"), "1");
	CHECK_STR(holds(&w.edge[0], "view/overlay"), "");
	CHECK_STR(holds(&w.edge[1], "total"), "3"); /* what it heard last */
	link_edge(1);
	pass(2100);
	CHECK_ALL("total", "4");
	CHECK_ALL("view/overlay", "2");
	/* so short that nothing changed: but words may have been missed */
	w.sums = 0;
	cut_edge(0);
	link_edge(0);
	pass(1100);
	CHECK_INT(w.sums, 2); /* that it went, that it came */
	CHECK_ALL("total", "4");
	end();
}

static void a_takeover_loses_nothing_and_doubles_nothing(void)
{
	const void *old;

	begin();
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	pass(2100);
	w.hub.changes = 0;
	for (int first = 0; first < 2; first++) {
		old = w.edge[0].bridge;
		link_edge(0); /* the same id */
		if (first)
			pass(1500); /* the new one reports before the old one is gone: both stand for a moment */
		door_gone(w.hub.door, old);
		pass(2100);
		CHECK_ALL("total", "2");
		CHECK_INT(w.hub.door->presence.n_shares, EDGES);
		if (!first)
			CHECK_INT(w.hub.changes, 0);
	}
	end();
}

static void a_hub_that_restarts_says_nothing_before_its_edges_are_back(void)
{
	begin();
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	pass(2100);
	w.edge[0].changes = w.edge[1].changes = 0;
	hub_restarts();
	pass(1000);
	link_edge(0);
	pass(3000);
	link_edge(1);
	pass(5000);
	CHECK_INT(w.edge[0].changes + w.edge[1].changes, 0);
	CHECK_ALL("total", "2");
	end();
}

static void report(int edge, const char *text)
{
	deliver(w.hub.door, w.edge[edge].bridge, SHARE, str_of(text));
}

static void what_is_no_report_changes_nothing(void)
{
	BUF_CLEANUP struct buf large = { 0 };

	begin();
	viewer(&w.edge[0], "spectator");
	pass(2100);
	w.logs = 0;
	report(0, "{\"total\":1e9,\"total/#\":1}");
	pass(1000);
	report(0, "rubbish");
	pass(1000);
	buf_printf(&large, "{\"total\":%*s7}", CROWD_REPORT_BYTES, "");
	report(0, large.p);
	pass(1000);
	CHECK_INT(w.hub.door->n.shares_refused, 3);
	CHECK_INT(w.logs, 1); /* once a minute */
	CHECK_ALL("total", "1");
	deliver(w.edge[0].door, NULL, SUM, STR("{\"total\":"));
	door_tick(w.edge[0].door, mono_add(w.now, 1000), 0);
	CHECK_STR(holds(&w.edge[0], "total"), "1");
	CHECK_INT(w.edge[0].door->n.shares_refused, 1);
	end();
}

static void an_edge_may_invent_only_so_many_groups(void)
{
	BUF_CLEANUP struct buf text = { 0 };

	begin();
	buf_puts(&text, "{\"total\":1");
	for (int i = 0; i < 500; i++)
		buf_printf(&text, ",\"room/%d\":1", i);
	buf_puts(&text, "}");
	report(0, text.p);
	pass(1100);
	CU_ASSERT(w.hub.n_kept < 5 + 1 + POLICY_MAX_ROLES + TRANSPORT_COUNT + 1);
	CU_ASSERT(w.hub.door->presence.all.refused > 300);
	CHECK_STR(holds(&w.hub, "total"), "1");
	end();
}

/* ---- strangers ---- */

static void viewers_cannot_invent_what_is_watched(void)
{
	char view[32];

	begin();
	for (int i = 0; i < 50; i++) {
		snprintf(view, sizeof(view), "invented-%d", i);
		viewer(&w.edge[0], view);
		viewer(&w.hub, view);
	}
	viewer(&w.edge[0], "spectator");
	pass(2100);
	CHECK_ALL("total", "101");
	CHECK_ALL("view/spectator", "1");
	CHECK_ALL("view/invented-0", "");
	CHECK_INT(w.hub.door->roster.groups.refused + w.edge[0].door->roster.groups.refused, 0);
	end();
}

/* A client may make so many groups known by what it writes. */
static void a_client_makes_only_so_many_groups(void)
{
	const void *v, *writer;
	enum reason why;
	char topic[32];

	begin();
	v = come_as(&w.hub, "v", TRANSPORT_MQTT);
	writer = come_as(&w.hub, "writer", TRANSPORT_MQTT);
	for (int i = 0; i < 5; i++) {
		struct message m;

		snprintf(topic, sizeof(topic), "sb/rooms/%d", i);
		m = message(topic, i == 2 ? STR("") : STR("x")); /* a topic that is cleared is none */
		CHECK_INT(door_may(w.hub.door, v, DOOR_SUBSCRIBE, &m, w.now), REASON_NONE);
		CHECK_INT(door_message(w.hub.door, writer, &m, w.now, &why), DOOR_MESSAGE_PASS);
	}
	pass(1100);
	CHECK_STR(holds(&w.hub, "hall/0"), "1");
	CHECK_STR(holds(&w.hub, "hall/1"), "1");
	CHECK_STR(holds(&w.hub, "hall/2"), "");
	CHECK_STR(holds(&w.hub, "hall/3"), "1");
	CHECK_STR(holds(&w.hub, "hall/4"), "");
	CHECK_INT(w.hub.door->roster.groups.refused, 1);
	end();
}

/* ---- time ---- */

#define MANY_EDGES 100

static double tick_ms(struct broker *b)
{
	struct timespec from, to;

	w.now = mono_add(w.now, 100);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	door_tick(b->door, w.now, w.now.ms);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

/* Bridges that report as much as they may cost the hub a few milliseconds in a tick, and all are read in the end. */
static void no_tick_of_the_hub_reads_for_long(void)
{
	BUF_CLEANUP struct buf report = { 0 }, metrics = { 0 };
	double longest = 0, ms;
	char id[20];

	begin();
	buf_puts(&report, "{\"total\":1");
	for (unsigned i = 0; report.len < CROWD_REPORT_BYTES - 30; i++)
		buf_printf(&report, ",\"%x\":0", i);
	buf_puts(&report, "}");
	for (int i = 0; i < MANY_EDGES; i++) {
		snprintf(id, sizeof(id), "edge-m%d", i);
		deliver(w.hub.door, come_as(&w.hub, id, TRANSPORT_MQTT), SHARE, buf_view(&report));
	}
	for (int i = 0; i < 60; i++) {
		ms = tick_ms(&w.hub);
		longest = ms > longest ? ms : longest;
	}
	printf("\n    the longest tick: %.1f ms ", longest);
	CU_ASSERT(longest < 300);
	door_metrics(w.hub.door, &metrics, w.now);
	CU_ASSERT_PTR_NOT_NULL(strstr(metrics.p, "\nscoreboard_cluster_crowd 100\n"));
	end();
}

static void nobody_else_writes_there(void)
{
	struct message share = message(SHARE, STR("{}")), sum = message(SUM, STR("{}"));
	const void *at_hub, *at_edge;
	enum reason why;

	begin();
	at_hub = come_as(&w.hub, "c", TRANSPORT_MQTT);
	at_edge = come_as(&w.edge[0], "c", TRANSPORT_MQTT);
	CHECK_INT(door_may(w.hub.door, at_hub, DOOR_WRITE, &share, w.now), REASON_NONE); /* the policy's matter */
	CHECK_INT(door_may(w.hub.door, at_hub, DOOR_WRITE, &sum, w.now), REASON_PUBLISH);
	CHECK_INT(door_may(w.edge[0].door, at_edge, DOOR_WRITE, &share, w.now), REASON_PUBLISH);
	CHECK_INT(door_may(w.edge[0].door, at_edge, DOOR_WRITE, &sum, w.now), REASON_PUBLISH);
	CHECK_INT(door_message(w.edge[0].door, at_edge, &sum, w.now, &why), DOOR_MESSAGE_PASS); /* not from the bridge */
	end();
}

static void the_hub_s_metrics_know_the_edges(void)
{
	BUF_CLEANUP struct buf hub = { 0 }, edge = { 0 };

	begin();
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	come_as(&w.hub, "publisher", TRANSPORT_MQTT);
	pass(2100);
	door_metrics(w.hub.door, &hub, w.now);
	door_metrics(w.edge[0].door, &edge, w.now);
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_connections{edge=\"e1\"} 2\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_connections{edge=\"e2\"} 1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_crowd 4\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_edges 2\n"));
	CU_ASSERT_PTR_NULL(strstr(edge.p, "scoreboard_cluster"));
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(everybody_is_told_of_all),
	UNIT(who_leaves_is_counted_no_more),
	UNIT(nothing_is_told_when_nothing_changed_nor_often),
	UNIT(a_share_goes_with_its_connection_and_comes_back_whole),
	UNIT(a_takeover_loses_nothing_and_doubles_nothing),
	UNIT(a_hub_that_restarts_says_nothing_before_its_edges_are_back),
	UNIT(what_is_no_report_changes_nothing),
	UNIT(an_edge_may_invent_only_so_many_groups),
	UNIT(viewers_cannot_invent_what_is_watched),
	UNIT(a_client_makes_only_so_many_groups),
	UNIT(no_tick_of_the_hub_reads_for_long),
	UNIT(nobody_else_writes_there),
	UNIT(the_hub_s_metrics_know_the_edges),
	{ NULL, NULL },
};
