/* A hub and two edges, in some tests with a mid between them, and bridges that carry what presence publishes there. */
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

#define ROOMS \
	"{\"roles\":{\"app\":{},\"crew\":{\"limits\":{\"payload_bytes\":1000000,\"new_groups_per_hour\":3}}},\"anonymous\":{\"websockets\":\"app\",\"mqtt\":\"crew\"}," \
	"\"rooms\":{\"open\":[\"match:*\"],\"rooms\":20,\"presence_per_s\":1000}}"

struct retained {
	char topic[100], payload[200];
};

struct broker {
	struct policy *policy;
	struct roster roster;
	struct books books;
	struct presence presence;
	struct retained kept[TOPICS];
	unsigned n_kept, changes;
	struct broker *hub;    /* of an edge or a mid */
	struct client *bridge; /* its connection at the hub; NULL: none */
};

static struct world {
	struct broker hub, mid, edge[EDGES];
	bool has_mid;
	mono now;
	uintptr_t n_clients;
	unsigned logs, shares, sums;
	const char *policy; /* NULL: POLICY */
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

	CU_ASSERT(presence_take(&b->presence, from, &m, w.now));
}

/* To all whose bridges are at this broker. A mid takes note and lets it go on; an edge takes it. */
static void send_sum(const struct broker *from, struct str payload)
{
	struct broker *const below[] = { &w.mid, &w.edge[0], &w.edge[1] };
	struct message m = message(SUM, payload);

	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		if (below[i]->hub != from || !below[i]->bridge)
			continue;
		CHECK_INT(presence_take(&below[i]->presence, NULL, &m, w.now), below[i] != &w.mid);
		if (below[i] == &w.mid)
			send_sum(below[i], payload);
	}
}

static void on_publish(void *ctx, const char *topic, struct str payload, bool retain)
{
	struct broker *b = ctx;
	bool is_sum = strcmp(topic, SUM) == 0;

	if (retain) {
		keep(b, topic, payload);
		return;
	}
	CHECK_STR(topic, b->hub && !(is_sum && b == &w.mid) ? SHARE : SUM);
	w.shares += !is_sum;
	w.sums += is_sum;
	if (is_sum)
		send_sum(b, payload);
	else if (b->bridge)
		deliver(b->hub, b->bridge, topic, payload);
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

#define WALL_MS 1764165000000 /* when the monotonic clock stands at 0 */

static void tick(struct presence *p, mono now)
{
	presence_tick(p, (struct moment){ now, WALL_MS + now.ms });
}

static void pass(int64_t ms)
{
	for (mono until = mono_add(w.now, ms); !mono_reached(w.now, until);) {
		w.now = mono_add(w.now, 100);
		tick(&w.hub.presence, w.now);
		if (w.has_mid)
			tick(&w.mid.presence, w.now);
		for (int i = 0; i < EDGES; i++)
			tick(&w.edge[i].presence, w.now);
	}
}

/* Viewers come over WebSockets, and all others with MQTT. */
static struct client *come_with_name(struct broker *b, const char *id, enum transport transport, const char *user)
{
	const void *ptr = (const void *)(++w.n_clients * 16);
	struct charge charge = { .role = b->policy->anonymous[transport] };
	struct client *c = roster_add(&b->roster, ptr, str_of(id), str_of(user));

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	charge.address = books_address(&b->books, addr_parse("192.0.2.1"));
	CHECK_INT(books_admit(&b->books, &charge, STR("")), REASON_NONE);
	c->role = charge.role;
	c->transport = (uint8_t)transport;
	c->charge = charge;
	b->roster.by_transport[transport]++;
	return c;
}

static struct client *come_as(struct broker *b, const char *id, enum transport transport)
{
	return come_with_name(b, id, transport, NULL);
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

	CU_ASSERT_FALSE(presence_take(&b->presence, from, &m, w.now));
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
	w.edge[i].bridge = come_as(w.edge[i].hub, id, TRANSPORT_MQTT);
	presence_report(&w.edge[i].presence);
}

static void cut_edge(int i)
{
	leave(w.edge[i].hub, w.edge[i].bridge);
	w.edge[i].bridge = NULL;
}

static void start(struct broker *b, enum cluster_part part)
{
	struct presence_setup setup = { .prefix = "sb", .roster = &b->roster, .books = &b->books, .ops = { on_publish, on_warning, b } };
	struct complaint why;

	CU_ASSERT_FATAL(policy_parse(str_of(w.policy ? w.policy : POLICY), &b->policy, &why) == 0);
	b->books.policy = setup.policy = b->policy;
	CU_ASSERT_FATAL(presence_init(&b->presence, &setup));
	presence_join(&b->presence, part);
	b->hub = part == CLUSTER_EDGE && w.has_mid ? &w.mid : part_has_hub(part) ? &w.hub
										 : NULL;
}

static void stop(struct broker *b)
{
	presence_free(&b->presence);
	roster_free(&b->roster, &b->books);
	books_free(&b->books);
	policy_free(b->policy);
}

static void link_mid(void)
{
	w.mid.bridge = come_as(&w.hub, "edge-m", TRANSPORT_MQTT);
	presence_report(&w.mid.presence);
}

static void start_world(void)
{
	start(&w.hub, CLUSTER_HUB);
	if (w.has_mid) {
		start(&w.mid, CLUSTER_MID);
		link_mid();
	}
	for (int i = 0; i < EDGES; i++) {
		start(&w.edge[i], CLUSTER_EDGE);
		link_edge(i);
	}
	pass(8000);
}

static void begin_with(const char *policy)
{
	w = (struct world){ .now = { 100000 }, .policy = policy };
	start_world();
}

static void begin_with_mid(void)
{
	w = (struct world){ .now = { 100000 }, .has_mid = true };
	start_world();
	play("spectator");
	write_to(&w.mid, NULL, "sb/feed/spectator/delta", STR("{}"));
	pass(100);
}

static void begin(void)
{
	begin_with(NULL);
	play("spectator");
	play("overlay");
	pass(100);
}

static void end(void)
{
	stop(&w.hub);
	if (w.has_mid)
		stop(&w.mid);
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

#define PAGES "sb/crew/watching"

static struct client *web_server(struct broker *b, const char *id, const char *report)
{
	struct client *c = come_as(b, id, TRANSPORT_MQTT);

	deliver(b, c, PAGES, str_of(report));
	return c;
}

/* In POLICY nobody has reserved seats, so that all would be audience. */
#define AUDIENCE \
	"{\"roles\":{\"viewer\":{},\"crew\":{\"audience\":false,\"limits\":{\"payload_bytes\":1000000}}}," \
	"\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"crew\"}}"

static void who_watches_is_told_by_all_ways_in_one_message(void)
{
	struct client *v, *hub_pages;

	begin_with(AUDIENCE);
	CHECK_ALL("watching", "{\"total\":0,\"mqtt\":0,\"sse\":0,\"polling\":0}");
	v = viewer(&w.edge[0], "spectator");
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	viewer(&w.hub, "spectator");
	hub_pages = web_server(&w.hub, "publisher", "{\"sse\":5,\"polling\":2}");
	web_server(&w.edge[1], "follower", "{\"sse\":10,\"polling\":0}");
	pass(2100);
	CHECK_ALL("watching", "{\"total\":21,\"mqtt\":4,\"sse\":15,\"polling\":2}");
	CHECK_STR(holds(&w.hub, "watching/mqtt"), ""); /* the rows are not told beside it */
	deliver(&w.hub, hub_pages, PAGES, STR("{\"sse\":4,\"polling\":3}"));
	leave(&w.edge[0], v);
	pass(2100);
	CHECK_ALL("watching", "{\"total\":20,\"mqtt\":3,\"sse\":14,\"polling\":3}");
	leave(&w.hub, hub_pages);
	pass(2100);
	CHECK_ALL("watching", "{\"total\":13,\"mqtt\":3,\"sse\":10,\"polling\":0}");
	end();
}

static void pages_of_a_server_that_falls_silent_are_forgotten(void)
{
	begin_with(AUDIENCE);
	web_server(&w.edge[0], "follower", "{\"sse\":10,\"polling\":0}");
	pass(2100);
	CHECK_ALL("watching", "{\"total\":10,\"mqtt\":0,\"sse\":10,\"polling\":0}");
	pass(PAGES_FORGET_MS);
	CHECK_ALL("watching", "{\"total\":0,\"mqtt\":0,\"sse\":0,\"polling\":0}");
	end();
}

static void bridges_of_a_role_that_is_audience_do_not_watch(void)
{
	begin(); /* its bridges have no reserved seats */
	viewer(&w.edge[0], "spectator");
	come_as(&w.hub, "publisher", TRANSPORT_MQTT);
	pass(2100);
	CHECK_ALL("watching", "{\"total\":2,\"mqtt\":2,\"sse\":0,\"polling\":0}");
	end();
}

static void what_is_no_report_of_pages_is_counted_and_goes_no_further(void)
{
	begin_with(AUDIENCE);
	web_server(&w.hub, "publisher", "{\"sse\":-5,\"polling\":2}");
	pass(2100);
	CHECK_INT(w.hub.presence.shares_refused, 1);
	CHECK_ALL("watching", "{\"total\":0,\"mqtt\":0,\"sse\":0,\"polling\":0}");
	end();
}

static void a_hub_has_a_metric_of_who_watches_what(void)
{
	BUF_CLEANUP struct buf hub = { 0 }, edge = { 0 };

	begin();
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	viewer(&w.hub, "invented");
	pass(2100);
	presence_metrics(&w.hub.presence, &hub);
	presence_metrics(&w.edge[0].presence, &edge);
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "scoreboard_presence{group=\"view/spectator\"} 2\n"));
	CU_ASSERT_PTR_NULL(strstr(hub.p, "invented"));
	CHECK_INT(edge.len, 0);
	end();
}

static void one_broker_alone_and_a_hub_have_a_metric_of_who_watches(void)
{
	BUF_CLEANUP struct buf hub = { 0 }, edge = { 0 };

	begin_with(AUDIENCE);
	viewer(&w.edge[0], "spectator");
	web_server(&w.hub, "publisher", "{\"sse\":5,\"polling\":2}");
	pass(2100);
	presence_metrics(&w.hub.presence, &hub);
	presence_metrics(&w.edge[0].presence, &edge);
	CU_ASSERT_PTR_NOT_NULL(strstr(hub.p, "scoreboard_watching{by=\"mqtt\"} 1\nscoreboard_watching{by=\"sse\"} 5\n"
					     "scoreboard_watching{by=\"polling\"} 2\n"));
	CHECK_INT(edge.len, 0);
	end();
}

static struct client *user_comes(struct broker *b, const char *id, const char *user)
{
	struct client *c = come_with_name(b, id, TRANSPORT_MQTT, user);

	books_release(&b->books, &c->charge); /* the seat that is nobody's */
	c->charge = (struct charge){ .role = policy_user_role(b->policy, str_of(user)), .address = books_address(&b->books, addr_parse("192.0.2.1")) };
	c->charge.role = c->charge.role == NO_ROLE ? 0 : c->charge.role;
	CHECK_INT(books_admit(&b->books, &c->charge, str_of(user)), REASON_NONE);
	c->role = c->charge.role;
	return c;
}

static void users_are_counted_once_at_each_broker_and_the_crew_not_at_all(void)
{
	struct client *second;

	begin_with("{\"roles\":{\"app\":{},\"crew\":{\"reserved\":3}},\"users\":{\"op\":\"crew\"},"
		   "\"anonymous\":{\"websockets\":\"app\",\"mqtt\":\"crew\"}}");
	come_as(&w.edge[0], "nameless", TRANSPORT_WEBSOCKETS);
	user_comes(&w.edge[0], "a1", "ann");
	second = user_comes(&w.edge[0], "a2", "ann");
	user_comes(&w.edge[0], "o1", "op");
	pass(2100);
	CHECK_ALL("users", "1");
	user_comes(&w.edge[1], "b1", "bob");
	pass(2100);
	CHECK_ALL("users", "2");
	leave(&w.edge[0], second);
	pass(2100);
	CHECK_ALL("users", "2");
	CHECK_ALL("total", "4");
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
	CU_ASSERT(w.edge[0].changes <= 12 * 5); /* four rows and who watches, once a second */
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
		deliver(&w.hub, bridge, SHARE, STR("{\"total\":1,\"transport/mqtt\":1,\"watching/mqtt\":1}"));
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
	tick(&w.edge[0].presence, mono_add(w.now, 1000));
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
	CU_ASSERT(w.hub.n_kept < 5 + 2 + POLICY_MAX_ROLES + TRANSPORT_COUNT + 2);
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
#define LARGE_REPORT (1 << 16) /* a tick reads four of these */

static double tick_ms(struct broker *b)
{
	struct timespec from, to;

	w.now = mono_add(w.now, 100);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	tick(&b->presence, w.now);
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
	for (unsigned i = 0; report.len < LARGE_REPORT - 30; i++)
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
	CU_ASSERT_FALSE(presence_take(&w.edge[0].presence, come_as(&w.edge[0], "c", TRANSPORT_MQTT), &sum, w.now)); /* not from the bridge */
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

/* ---- three levels ---- */

static void who_watches_below_a_mid_is_counted_once_everywhere(void)
{
	BUF_CLEANUP struct buf metrics = { 0 };
	struct client *v;

	begin_with_mid();
	v = viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	viewer(&w.edge[1], "spectator");
	viewer(&w.mid, "spectator");
	come_as(&w.hub, "publisher", TRANSPORT_MQTT);
	pass(4100);
	CHECK_ALL("total", "5");
	CHECK_ALL("view/spectator", "4");
	CHECK_ALL("role/crew", "4"); /* three bridges, and the publisher */
	CHECK_ALL("transport/mqtt", "1");
	CHECK_STR(holds(&w.mid, "total"), "5");
	presence_metrics(&w.mid.presence, &metrics);
	CU_ASSERT_PTR_NOT_NULL(strstr(metrics.p, "\nscoreboard_cluster_connections{edge=\"e2\"} 2\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(metrics.p, "\nscoreboard_cluster_crowd 4\n"));
	leave(&w.edge[0], v);
	pass(4100);
	CHECK_ALL("view/spectator", "3");
	CHECK_STR(holds(&w.mid, "view/spectator"), "3");
	end();
}

static void what_is_below_a_mid_goes_and_comes_with_it(void)
{
	begin_with_mid();
	viewer(&w.edge[0], "spectator");
	viewer(&w.edge[1], "spectator");
	pass(4100);
	leave(&w.hub, w.mid.bridge);
	w.mid.bridge = NULL;
	pass(2100);
	CHECK_STR(holds(&w.hub, "view/spectator"), "");
	CHECK_STR(holds(&w.edge[0], "view/spectator"), "2"); /* what it heard last */
	link_mid();
	pass(2100);
	CHECK_ALL("view/spectator", "2");
	cut_edge(1);
	pass(3100);
	CHECK_STR(holds(&w.hub, "view/spectator"), "1");
	CHECK_STR(holds(&w.edge[0], "view/spectator"), "1");
	end();
}

static void an_edge_that_comes_to_a_mid_is_told_the_sum_at_once(void)
{
	begin_with_mid();
	viewer(&w.edge[0], "spectator");
	pass(4100);
	cut_edge(1);
	stop(&w.edge[1]);
	w.edge[1] = (struct broker){ .n_kept = 0 };
	start(&w.edge[1], CLUSTER_EDGE);
	pass(4100);
	w.sums = 0;
	link_edge(1);
	pass(300);
	CU_ASSERT(w.sums >= 1);
	CHECK_STR(holds(&w.edge[1], "view/spectator"), "1");
	end();
}

/* What an edge's bridge brings of its mid's own reports, it would send back. */
static void a_mid_does_not_hear_its_own_share_from_its_edges(void)
{
	struct message share = message(SHARE, STR("{\"total\":1000}"));

	begin_with_mid();
	CU_ASSERT(presence_take(&w.edge[0].presence, NULL, &share, w.now));
	pass(4100);
	CHECK_ALL("total", "0");
	CU_ASSERT_FALSE(presence_owns(&w.mid.presence, STR(SHARE))); /* the policy's matter, as at a hub */
	CU_ASSERT(presence_owns(&w.mid.presence, STR(SUM)));
	end();
}

static void nothing_is_told_by_a_mid_when_nothing_changed_nor_often(void)
{
	begin_with_mid();
	viewer(&w.edge[0], "spectator");
	pass(5000);
	w.mid.changes = w.shares = w.sums = 0;
	pass(20000);
	CHECK_INT(w.mid.changes, 0);
	CU_ASSERT(w.shares <= 12 && w.sums <= 4);
	for (int i = 0; i < 100; i++) {
		viewer(&w.edge[0], "spectator");
		pass(100);
	}
	CU_ASSERT(w.shares <= 12 + 6 + 24 && w.sums <= 4 + 12);
	pass(4000);
	CHECK_ALL("total", "101");
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
	tick(&w.hub.presence, w.now);
}

/* Six large reports: a tick reads four. Before it goes on, the edge whose turn is next has left, and one that had its turn
 * has reported again. */
static void reading_goes_on_where_it_stopped(void)
{
	static char large[LARGE_REPORT + 1];
	struct client *from[6];
	char id[24];

	begin();
	snprintf(large, sizeof(large), "{\"total\":1%*s}", LARGE_REPORT - 11, "");
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

/* ---- rooms ---- */

static struct client *member(struct broker *b, const char *user, const char *room)
{
	char id[40], filter[80];
	struct client *c;

	snprintf(id, sizeof(id), "%s-%u", user ? user : "nobody", (unsigned)w.n_clients);
	snprintf(filter, sizeof(filter), "rooms/%s/#", room);
	c = come_with_name(b, id, TRANSPORT_WEBSOCKETS, user);
	subscribe(b, c, filter);
	return c;
}

/* What this broker retains under this topic. */
static const char *retains(const struct broker *b, const char *topic)
{
	for (unsigned i = 0; i < b->n_kept; i++)
		if (strcmp(b->kept[i].topic, topic) == 0)
			return b->kept[i].payload;
	return "";
}

static void check_room(const char *room, const char *begins)
{
	const struct broker *all[] = { &w.hub, &w.edge[0], &w.edge[1] };
	char topic[80];

	snprintf(topic, sizeof(topic), "rooms/%s/presence", room);
	for (int i = 0; i < 3; i++) {
		const char *text = retains(all[i], topic);

		if (*begins)
			CHECK_STR(text, retains(&w.hub, topic)); /* all tell the same, dates included */
		if (*begins ? strncmp(text, begins, strlen(begins)) != 0 : *text)
			printf("\n    %s at %d: %s\n", topic, i, text);
		CU_ASSERT(*begins ? strncmp(text, begins, strlen(begins)) == 0 : !*text);
	}
}

static void a_room_is_told_in_the_room_at_all_brokers(void)
{
	struct client *ann;

	begin_with(ROOMS);
	ann = member(&w.edge[0], "ann", "match:1");
	member(&w.edge[1], "bob", "match:1");
	member(&w.hub, "cat", "match:1");
	member(&w.edge[1], NULL, "match:1"); /* counts, and has no name */
	pass(4000);
	check_room("match:1", "{\"count\":4,\"names\":[\"cat\",\"ann\",\"bob\"],\"since\":1764165108000,\"last\":17641651");
	CHECK_ALL("room/match:1", "4");
	leave(&w.edge[0], ann);
	pass(4000);
	check_room("match:1", "{\"count\":3,\"names\":[\"cat\",\"bob\"],\"since\":1764165108000,\"last\":176416511");
	CHECK_ALL("room/match:1", "3");
	end();
}

static void an_empty_room_is_cleared_everywhere(void)
{
	struct client *ann, *bob;

	begin_with(ROOMS);
	ann = member(&w.edge[0], "ann", "match:1");
	bob = member(&w.edge[1], "bob", "jury");
	pass(4000);
	check_room("jury", "{\"count\":1,\"names\":[\"bob\"],");
	leave(&w.edge[0], ann);
	leave(&w.edge[1], bob);
	pass(4000);
	check_room("match:1", "");
	check_room("jury", "");
	CHECK_ALL("room/match:1", "");
	end();
}

/* Its name stands in no topic but its own, and in no payload but those of reports. */
static void nobody_else_hears_of_a_private_room(void)
{
	const struct broker *all[] = { &w.hub, &w.edge[0], &w.edge[1] };

	begin_with(ROOMS);
	member(&w.edge[0], "ann", "private:jury");
	member(&w.hub, "bob", "private:jury");
	report(1, "{\"total\":1,\"room/private:jury\":7,\"room/private:bench\":7}"); /* of a broker that thinks otherwise */
	pass(4000);
	for (int i = 0; i < 3; i++) {
		for (unsigned k = 0; k < all[i]->n_kept; k++) {
			const struct retained *kept = &all[i]->kept[k];
			bool is_own = strncmp(kept->topic, "rooms/private:jury/", 19) == 0;

			CU_ASSERT(is_own || !strstr(kept->topic, "private"));
			CU_ASSERT_PTR_NULL(strstr(kept->payload, "private"));
		}
	}
	check_room("private:jury", "{\"count\":2,\"names\":[");
	end();
}

static void an_edge_that_dies_takes_its_members_along(void)
{
	begin_with(ROOMS);
	member(&w.edge[0], "ann", "match:1");
	member(&w.edge[1], "bob", "match:1");
	pass(4000);
	cut_edge(0);
	pass(4000);
	CU_ASSERT(str_starts(str_of(retains(&w.hub, "rooms/match:1/presence")), STR("{\"count\":1,\"names\":[\"bob\"],\"since\":1764165108000,\"last\":176416511")));
	CHECK_STR(retains(&w.edge[1], "rooms/match:1/presence"), retains(&w.hub, "rooms/match:1/presence"));
	CHECK_STR(holds(&w.hub, "room/match:1"), "1");
	end();
}

/* Who may be in a room makes it known by coming, if he has a name, and so many of them in an hour. */
static void who_comes_with_a_name_makes_a_room_known(void)
{
	struct client *c;
	char filter[40];

	begin_with(ROOMS);
	member(&w.hub, NULL, "match:silent");
	c = come_with_name(&w.hub, "desk", TRANSPORT_MQTT, "eve"); /* three an hour */
	for (int i = 0; i < 5; i++) {
		snprintf(filter, sizeof(filter), "rooms/match:%d/#", i);
		subscribe(&w.hub, c, filter);
	}
	pass(4000);
	check_room("match:silent", "");
	check_room("match:0", "{\"count\":1,\"names\":[\"eve\"],");
	check_room("match:2", "{\"count\":1,\"names\":[\"eve\"],");
	check_room("match:3", "");
	end();
}

/* With another policy the room is private, or there are no rooms. */
static void a_reload_takes_back_what_may_not_be_told_any_more(void)
{
	static const char *const policies[] = {
		"{\"roles\":{\"app\":{},\"crew\":{}},\"anonymous\":{\"websockets\":\"app\",\"mqtt\":\"crew\"},\"rooms\":{\"rooms\":20}}",
		"{\"roles\":{\"app\":{},\"crew\":{}},\"anonymous\":{\"websockets\":\"app\",\"mqtt\":\"crew\"}}",
	};
	struct complaint why;
	struct policy *other;

	begin_with(ROOMS);
	member(&w.hub, "ann", "match:1");
	pass(4000);
	CHECK_STR(holds(&w.hub, "room/match:1"), "1");
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_FATAL(policy_parse(str_of(policies[i]), &other, &why) == 0);
		roster_regroup(&w.hub.roster, other);
		w.hub.roster.changes++;
		presence_reload(&w.hub.presence, other, w.now);
		policy_free(w.hub.policy);
		w.hub.policy = other;
		w.hub.books.policy = other;
		pass(4000);
		CHECK_STR(holds(&w.hub, "room/match:1"), "");
		CU_ASSERT(i == 0 || !*retains(&w.hub, "rooms/match:1/presence"));
		CU_ASSERT(i == 1 || *retains(&w.hub, "rooms/match:1/presence"));
	}
	end();
}

/* Until the edges report again, their rows are of kinds that the old policy has named. */
static void what_edges_reported_outlives_the_policy_it_was_read_by(void)
{
	struct complaint why;
	struct policy *other;

	begin_with(ROOMS);
	member(&w.edge[0], "ann", "match:1");
	pass(4000);
	CHECK_STR(holds(&w.hub, "room/match:1"), "1");
	CU_ASSERT_FATAL(policy_parse(STR(ROOMS), &other, &why) == 0);
	roster_regroup(&w.hub.roster, other);
	w.hub.roster.changes++;
	presence_reload(&w.hub.presence, other, w.now);
	policy_free(w.hub.policy);
	w.hub.policy = other;
	w.hub.books.policy = other;
	pass(100);
	CHECK_STR(holds(&w.hub, "room/match:1"), "1");
	end();
}

/* Who is in it at an edge may stay for hours while nobody comes or goes anywhere. */
static void a_room_of_an_edge_is_not_quiet_at_the_hub(void)
{
	begin_with(ROOMS);
	member(&w.edge[0], "ann", "jury");
	pass(60000);
	for (int i = 0; i < 2; i++) {
		const struct broker *b = i ? &w.edge[1] : &w.hub;

		CU_ASSERT_PTR_NOT_NULL(groups_quiet_room(&b->roster.groups, 0));
		CU_ASSERT_PTR_NULL(groups_quiet_room(&b->roster.groups, 10000));
	}
	end();
}

static void a_room_is_looked_up_by_name(void)
{
	struct crowd_view here;

	begin_with(ROOMS);
	member(&w.edge[0], "ann", "jury");
	pass(4000);
	for (int i = 0; i < 3; i++) {
		struct broker *b = i == 2 ? &w.hub : &w.edge[i];

		CU_ASSERT(presence_in_room(&b->presence, STR("jury"), &here) && here.n == 1 && here.n_names == 1);
		CU_ASSERT_FALSE(presence_in_room(&b->presence, STR("bench"), &here));
		CU_ASSERT(presence_knows_room(&b->presence, STR("rooms/jury/say/bob")));
		CU_ASSERT_FALSE(presence_knows_room(&b->presence, STR("rooms/bench/say/bob")));
		CU_ASSERT_FALSE(presence_knows_room(&b->presence, STR("sb/jury")));
	}
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(everybody_is_told_of_all),
	UNIT(who_watches_is_told_by_all_ways_in_one_message),
	UNIT(pages_of_a_server_that_falls_silent_are_forgotten),
	UNIT(bridges_of_a_role_that_is_audience_do_not_watch),
	UNIT(what_is_no_report_of_pages_is_counted_and_goes_no_further),
	UNIT(a_hub_has_a_metric_of_who_watches_what),
	UNIT(one_broker_alone_and_a_hub_have_a_metric_of_who_watches),
	UNIT(users_are_counted_once_at_each_broker_and_the_crew_not_at_all),
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
	UNIT(who_watches_below_a_mid_is_counted_once_everywhere),
	UNIT(what_is_below_a_mid_goes_and_comes_with_it),
	UNIT(an_edge_that_comes_to_a_mid_is_told_the_sum_at_once),
	UNIT(a_mid_does_not_hear_its_own_share_from_its_edges),
	UNIT(nothing_is_told_by_a_mid_when_nothing_changed_nor_often),
	UNIT(a_hub_keeps_the_shares_of_256_edges),
	UNIT(reading_goes_on_where_it_stopped),
	UNIT(a_room_is_told_in_the_room_at_all_brokers),
	UNIT(an_empty_room_is_cleared_everywhere),
	UNIT(nobody_else_hears_of_a_private_room),
	UNIT(an_edge_that_dies_takes_its_members_along),
	UNIT(who_comes_with_a_name_makes_a_room_known),
	UNIT(a_reload_takes_back_what_may_not_be_told_any_more),
	UNIT(what_edges_reported_outlives_the_policy_it_was_read_by),
	UNIT(a_room_of_an_edge_is_not_quiet_at_the_hub),
	UNIT(a_room_is_looked_up_by_name),
	{ NULL, NULL },
};
