/* A hub and two edges, and between them bridges that carry what presence publishes there. */
#include "mosquitto-plugin/core/presence/presence.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

const char *const unit_name = "plugin_presence";

#define EDGES 2
#define TOPICS 64
#define SHARE "sb/crew/presence/share"
#define SUM "sb/crew/presence/sum"
#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]},\"crew\":{\"limits\":{\"payload_bytes\":1000000,\"new_groups_per_hour\":3},\"publish\":[\"sb/#\"],\"subscribe\":[\"sb/#\",\"rooms/#\"]}}," \
	"\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"crew\"},\"presence\":{\"watch\":[" \
	"{\"name\":\"view\",\"filter\":\"sb/feed/+/delta\"},{\"name\":\"room\",\"filter\":\"rooms/+\"},{\"name\":\"hall\",\"filter\":\"sb/rooms/+\"}]}," \
	"\"limits\":{\"presence_groups\":5}}"

struct retained {
	char topic[100], payload[100];
};

struct broker {
	struct policy *policy;
	struct roster roster;
	struct books books;
	struct presence presence;
	struct retained kept[TOPICS];
	unsigned n_kept, changes;
	struct broker *hub;    /* of an edge */
	struct client *bridge; /* its connection at the hub; NULL: none */
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

static void deliver(struct broker *b, const struct client *from, const char *topic, struct str payload)
{
	struct message m = message(topic, payload);

	CU_ASSERT(presence_take(&b->presence, from, &m));
}

static void on_publish(void *ctx, const char *topic, struct str payload, bool retain)
{
	struct broker *b = ctx;

	if (retain) {
		keep(b, topic, payload);
		return;
	}
	CHECK_STR(topic, b->hub ? SHARE : SUM);
	w.shares += b->hub != NULL;
	w.sums += b->hub == NULL;
	if (b->hub && b->bridge)
		deliver(b->hub, b->bridge, topic, payload);
	for (int i = 0; !b->hub && i < EDGES; i++)
		if (w.edge[i].bridge)
			deliver(&w.edge[i], NULL, topic, payload);
}

static void on_warning(void *ctx, const char *text)
{
	(void)ctx;
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
#define CHECK_ALL(key, value) \
	do { \
		CHECK_STR(holds(&w.hub, key), value); \
		CHECK_STR(holds(&w.edge[0], key), value); \
		CHECK_STR(holds(&w.edge[1], key), value); \
	} while (0)

static void pass(int64_t ms)
{
	for (mono until = mono_add(w.now, ms); !mono_reached(w.now, until);) {
		w.now = mono_add(w.now, 100);
		presence_tick(&w.hub.presence, w.now);
		for (int i = 0; i < EDGES; i++)
			presence_tick(&w.edge[i].presence, w.now);
	}
}

/* Viewers come over WebSockets, and all others with MQTT. */
static struct client *come_as(struct broker *b, const char *id, enum transport transport)
{
	const void *ptr = (const void *)(++w.n_clients * 16);
	struct charge charge = { .role = b->policy->anonymous[transport] };
	struct client *c = roster_add(&b->roster, ptr, str_of(id), (struct str){ NULL, 0 });

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	charge.address = books_address(&b->books, addr_parse("192.0.2.1"));
	CHECK_INT(books_admit(&b->books, &charge, STR("")), REASON_NONE);
	c->role = charge.role;
	c->transport = (uint8_t)transport;
	c->charge = charge;
	b->roster.by_transport[transport]++;
	return c;
}

static void leave(struct broker *b, struct client *c)
{
	presence_gone(&b->presence, c);
	roster_remove(&b->roster, &b->books, c);
}

static void subscribe(struct broker *b, struct client *c, const char *filter)
{
	CHECK_INT(roster_subscribe(&b->roster, b->policy, c, str_of(filter)), SUBSCRIBED_NEW);
}

static struct client *viewer(struct broker *b, const char *view)
{
	char id[32], filter[64];
	struct client *c;

	snprintf(id, sizeof(id), "v%u", (unsigned)w.n_clients);
	snprintf(filter, sizeof(filter), "sb/feed/%s/delta", view);
	c = come_as(b, id, TRANSPORT_WEBSOCKETS);
	subscribe(b, c, filter);
	return c;
}

/* Somebody, or the broker's bridge, wrote something that is no report. */
static void write_to(struct broker *b, struct client *from, const char *topic, struct str payload)
{
	struct message m = message(topic, payload);

	CU_ASSERT_FALSE(presence_take(&b->presence, from, &m));
	presence_note(&b->presence, from, &m, w.now);
}

/* The hub's publisher wrote to a topic of this view, and the bridges brought it to the edges. */
static void play(const char *view)
{
	char topic[64];

	snprintf(topic, sizeof(topic), "sb/feed/%s/delta", view);
	write_to(&w.hub, NULL, topic, STR("{}"));
	for (int i = 0; i < EDGES; i++)
		write_to(&w.edge[i], NULL, topic, STR("{}"));
}

/* The bridge is in, and the edge has heard a beat. */
static void link_edge(int i)
{
	char id[16];

	snprintf(id, sizeof(id), "edge-e%d", i + 1);
	w.edge[i].bridge = come_as(&w.hub, id, TRANSPORT_MQTT);
	presence_report(&w.edge[i].presence);
}

static void cut_edge(int i)
{
	leave(&w.hub, w.edge[i].bridge);
	w.edge[i].bridge = NULL;
}

static void start(struct broker *b, enum cluster_part part)
{
	struct presence_setup setup = { .prefix = "sb", .roster = &b->roster, .books = &b->books, .ops = { on_publish, on_warning, b } };
	struct complaint why;

	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &b->policy, &why) == 0);
	b->books.policy = setup.policy = b->policy;
	CU_ASSERT_FATAL(presence_init(&b->presence, &setup));
	presence_join(&b->presence, part);
	b->hub = part == CLUSTER_EDGE ? &w.hub : NULL;
}

static void stop(struct broker *b)
{
	presence_free(&b->presence);
	roster_free(&b->roster, &b->books);
	books_free(&b->books);
	policy_free(b->policy);
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
	stop(&w.hub);
	for (int i = 0; i < EDGES; i++)
		stop(&w.edge[i]);
}

static void hub_restarts(void)
{
	stop(&w.hub);
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
	struct client *v;

	begin();
	v = viewer(&w.edge[0], "overlay");
	viewer(&w.edge[1], "spectator");
	pass(2100);
	CHECK_ALL("total", "2");
	leave(&w.edge[0], v);
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
	/* nothing has changed in so short a time, but reports may have been missed */
	w.sums = 0;
	cut_edge(0);
	link_edge(0);
	pass(1100);
	CHECK_INT(w.sums, 2); /* one when the share went, one when it came again */
	CHECK_ALL("total", "4");
	end();
}

/* Its first share changes no number, since its bridge is counted as a client no more; but it knows none of them. */
static void an_edge_that_comes_is_told_the_sum_at_once(void)
{
	struct client *bridge;

	begin();
	viewer(&w.edge[0], "spectator");
	pass(2100);
	bridge = come_as(&w.hub, "edge-e3", TRANSPORT_MQTT);
	pass(2100);
	w.sums = w.hub.changes = 0;
	for (int i = 0; i < 2; i++) {
		deliver(&w.hub, bridge, SHARE, STR("{\"total\":1,\"transport/mqtt\":1}"));
		pass(1100);
		CHECK_INT(w.sums, 1); /* and not again */
		CHECK_INT(w.hub.changes, 0);
	}
	end();
}

static void a_takeover_loses_nothing_and_doubles_nothing(void)
{
	struct client *old;

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
		leave(&w.hub, old);
		pass(2100);
		CHECK_ALL("total", "2");
		CHECK_INT(w.hub.presence.n_shares, EDGES);
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
	deliver(&w.hub, w.edge[edge].bridge, SHARE, str_of(text));
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
	CHECK_INT(w.hub.presence.shares_refused, 3);
	CHECK_INT(w.logs, 1); /* once a minute */
	CHECK_INT(w.hub.presence.log_lines_held_back, 2);
	CHECK_ALL("total", "1");
	deliver(&w.edge[0], NULL, SUM, STR("{\"total\":"));
	presence_tick(&w.edge[0].presence, mono_add(w.now, 1000));
	CHECK_STR(holds(&w.edge[0], "total"), "1");
	CHECK_INT(w.edge[0].presence.shares_refused, 1);
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
	CU_ASSERT(w.hub.presence.all.refused > 300);
	CHECK_STR(holds(&w.hub, "total"), "1");
	end();
}

/* The policy decides which rows of a report are kept, so with another policy the same report is read again. */
static void a_reload_reads_the_reports_anew(void)
{
	static const char text[] =
		"{\"roles\":{\"viewer\":{},\"crew\":{}},\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"crew\"}}";
	struct complaint why;
	struct policy *other;

	begin();
	viewer(&w.edge[0], "overlay");
	pass(2100);
	CHECK_STR(holds(&w.hub, "view/overlay"), "1");
	CU_ASSERT_FATAL(policy_parse(str_of(text), &other, &why) == 0);
	roster_regroup(&w.hub.roster, other);
	presence_reload(&w.hub.presence, other, w.now);
	policy_free(w.hub.policy);
	w.hub.policy = other;
	w.hub.books.policy = other;
	pass(7000);
	CHECK_STR(holds(&w.hub, "view/overlay"), ""); /* it watches views no more */
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
	CHECK_INT(w.hub.roster.groups.refused + w.edge[0].roster.groups.refused, 0);
	end();
}

/* A client may make so many groups known by what it writes. */
static void a_client_makes_only_so_many_groups(void)
{
	struct client *v, *writer;
	char topic[32];

	begin();
	v = come_as(&w.hub, "v", TRANSPORT_MQTT);
	writer = come_as(&w.hub, "writer", TRANSPORT_MQTT);
	for (int i = 0; i < 5; i++) {
		snprintf(topic, sizeof(topic), "sb/rooms/%d", i);
		subscribe(&w.hub, v, topic);
		write_to(&w.hub, writer, topic, i == 2 ? STR("") : STR("x")); /* a topic that is cleared is none */
	}
	pass(1100);
	CHECK_STR(holds(&w.hub, "hall/0"), "1");
	CHECK_STR(holds(&w.hub, "hall/1"), "1");
	CHECK_STR(holds(&w.hub, "hall/2"), "");
	CHECK_STR(holds(&w.hub, "hall/3"), "1");
	CHECK_STR(holds(&w.hub, "hall/4"), "");
	CHECK_INT(w.hub.roster.groups.refused, 1);
	end();
}

/* ---- time ---- */

#define MANY_EDGES 100

static double tick_ms(struct broker *b)
{
	struct timespec from, to;

	w.now = mono_add(w.now, 100);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	presence_tick(&b->presence, w.now);
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
		deliver(&w.hub, come_as(&w.hub, id, TRANSPORT_MQTT), SHARE, buf_view(&report));
	}
	for (int i = 0; i < 60; i++) {
		ms = tick_ms(&w.hub);
		longest = ms > longest ? ms : longest;
	}
	printf("\n    the longest tick: %.1f ms ", longest);
	CU_ASSERT(longest < 300);
	presence_metrics(&w.hub.presence, &metrics);
	CU_ASSERT_PTR_NOT_NULL(strstr(metrics.p, "\nscoreboard_cluster_crowd 100\n"));
	end();
}

static void nobody_else_writes_there(void)
{
	struct message sum = message(SUM, STR("{}"));
	const struct presence *hub = &w.hub.presence, *edge = &w.edge[0].presence;

	begin();
	CU_ASSERT_FALSE(presence_owns(hub, STR(SHARE))); /* the policy's matter */
	CU_ASSERT(presence_owns(hub, STR(SUM)));
	CU_ASSERT(presence_owns(edge, STR(SHARE)));
	CU_ASSERT(presence_owns(edge, STR(SUM)));
	CU_ASSERT(presence_owns(hub, STR("sb/presence")) && presence_owns(hub, STR("sb/presence/total")));
	CU_ASSERT_FALSE(presence_owns(hub, STR("sb/presence-of-mind")));
	CU_ASSERT_FALSE(presence_take(&w.edge[0].presence, come_as(&w.edge[0], "c", TRANSPORT_MQTT), &sum)); /* not from the bridge */
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
	presence_metrics(&w.hub.presence, &hub);
	presence_metrics(&w.edge[0].presence, &edge);
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_connections{edge=\"e1\"} 2\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_connections{edge=\"e2\"} 1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_crowd 4\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "\nscoreboard_cluster_edges 2\n"));
	CHECK_INT(edge.len, 0);
	end();
}

static void a_hub_keeps_the_shares_of_256_edges(void)
{
	char id[24];

	begin();
	for (int i = EDGES; i < 258; i++) {
		snprintf(id, sizeof(id), "edge-%d", i);
		deliver(&w.hub, come_as(&w.hub, id, TRANSPORT_MQTT), SHARE, STR("{\"total\":1}"));
	}
	CHECK_INT(w.hub.presence.n_shares, 256);
	CHECK_INT(w.hub.presence.shares_refused, 2);
	end();
}

static void tick_hub(void)
{
	w.now = mono_add(w.now, 100);
	presence_tick(&w.hub.presence, w.now);
}

/* Six reports of the greatest size: a tick reads four. Before it goes on, the edge whose turn is next has left, and one that had its turn
 * has reported again. */
static void reading_goes_on_where_it_stopped(void)
{
	static char large[CROWD_REPORT_BYTES + 1];
	struct client *from[6];
	char id[24];

	begin();
	snprintf(large, sizeof(large), "{\"total\":1%*s}", CROWD_REPORT_BYTES - 11, "");
	for (int i = 0; i < 6; i++) {
		snprintf(id, sizeof(id), "edge-%d", i);
		from[i] = come_as(&w.hub, id, TRANSPORT_MQTT);
		deliver(&w.hub, from[i], SHARE, str_of(large));
	}
	for (int i = 0; i < 20 && !w.hub.presence.read_from; i++)
		tick_hub();
	CU_ASSERT_PTR_NOT_NULL_FATAL(w.hub.presence.read_from);
	leave(&w.hub, from[4]);
	deliver(&w.hub, from[0], SHARE, STR("{\"total\":5}"));
	for (int i = 0; i < 22; i++) /* the other edges say nothing meanwhile */
		tick_hub();
	CHECK_STR(holds(&w.hub, "total"), "9");
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(everybody_is_told_of_all),
	UNIT(who_leaves_is_counted_no_more),
	UNIT(nothing_is_told_when_nothing_changed_nor_often),
	UNIT(a_share_goes_with_its_connection_and_comes_back_whole),
	UNIT(an_edge_that_comes_is_told_the_sum_at_once),
	UNIT(a_takeover_loses_nothing_and_doubles_nothing),
	UNIT(a_hub_that_restarts_says_nothing_before_its_edges_are_back),
	UNIT(what_is_no_report_changes_nothing),
	UNIT(an_edge_may_invent_only_so_many_groups),
	UNIT(a_reload_reads_the_reports_anew),
	UNIT(viewers_cannot_invent_what_is_watched),
	UNIT(a_client_makes_only_so_many_groups),
	UNIT(no_tick_of_the_hub_reads_for_long),
	UNIT(nobody_else_writes_there),
	UNIT(the_hub_s_metrics_know_the_edges),
	UNIT(a_hub_keeps_the_shares_of_256_edges),
	UNIT(reading_goes_on_where_it_stopped),
	{ NULL, NULL },
};
