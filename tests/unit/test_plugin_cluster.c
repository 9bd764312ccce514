/* A hub and an edge, each a map of retained topics with the module at its door, and a bridge between them that does what
 * a stock bridge does: carries what changes, brings everything again when it connects, never says what vanished. */
#include "base/buf.h"
#include "base/hash.h"
#include "mosquitto-plugin/core/cluster/cluster.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_cluster";

#define TOPICS 40
#define LIVE "{\"state\":\"live\",\"since\":1,\"reason\":\"connected\"}"

struct broker {
	struct cluster *cluster;
	char value[TOPICS][16]; /* of scoreboard/t/<i>; "" is none */
	char status[200];
	char track_status[2][200]; /* of scoreboard/a/status and scoreboard/b/status */
	unsigned int said;         /* messages that its viewers saw, without status and beat */
};

struct world {
	struct broker hub, edge;
	bool linked, redial;
	bool is_silent; /* the hub says nothing */
	unsigned int cuts, backs;
	mono now;
};

static struct world w;

/* A message comes by at a broker. */
static void pass_by(struct cluster *c, const char *topic, struct str payload, bool retain)
{
	const struct message m = { str_of(topic), payload, retain, 0 };

	cluster_message(c, &m, c == w.edge.cluster, w.now); /* of the edge by its bridge */
}

static void announce(const char *topic, const char *payload)
{
	const struct message m = { str_of(topic), str_of(payload), true, 0 };

	cluster_announced(w.hub.cluster, &m, w.now);
}

static int index_of(const char *topic)
{
	int i = -1;

	return sscanf(topic, "scoreboard/t/%d", &i) == 1 ? i : -1;
}

static void topic_of(int i, char out[40])
{
	snprintf(out, 40, "scoreboard/t/%d", i);
}

static char *track_status(struct broker *b, const char *topic)
{
	return strcmp(topic, "scoreboard/a/status") == 0 ? b->track_status[0] : strcmp(topic, "scoreboard/b/status") == 0 ? b->track_status[1]
															  : NULL;
}

/* A broker keeps it and tells its viewers. */
static void keep(struct broker *b, const char *topic, struct str payload)
{
	int i = index_of(topic);

	if (i >= 0) {
		snprintf(b->value[i], sizeof(b->value[i]), "%.*s", STR_ARGS(payload));
		b->said++;
	} else if (strcmp(topic, "scoreboard/status") == 0) {
		snprintf(b->status, sizeof(b->status), "%.*s", STR_ARGS(payload));
	} else if (track_status(b, topic)) {
		snprintf(track_status(b, topic), sizeof(b->track_status[0]), "%.*s", STR_ARGS(payload));
	}
}

/* Through the bridge; a repeat is dropped at the edge's door, as the policy says, but noted. */
static void bridge(const char *topic, struct str payload, bool retain)
{
	int i = index_of(topic);

	pass_by(w.edge.cluster, topic, payload, retain);
	if (i < 0 || !str_is(payload, w.edge.value[i]))
		keep(&w.edge, topic, payload);
}

static void hub_publishes(void *ctx, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	if (w.linked && !w.is_silent)
		bridge(topic, payload, retain);
}

static void edge_publishes(void *ctx, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	CU_ASSERT_TRUE(retain);
	keep(&w.edge, topic, payload);
}

static void connect_bridge(void)
{
	char topic[40];

	w.linked = true;
	bridge("scoreboard/status", str_of(w.hub.status), true);
	for (int i = 0; i < TOPICS; i++) {
		topic_of(i, topic);
		if (*w.hub.value[i])
			bridge(topic, str_of(w.hub.value[i]), true);
	}
}

static void cut_bridge(void *ctx)
{
	(void)ctx;
	if (!w.linked) /* there is nothing to cut */
		return;
	w.cuts++;
	w.linked = false;
	w.redial = true;
}

static void do_nothing(void *ctx)
{
	(void)ctx;
}

static void count_back(void *ctx)
{
	(void)ctx;
	w.backs++;
}

static void log_nothing(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

/* The publisher writes at the hub. */
static void write_topic(int i, const char *value)
{
	char topic[40];

	topic_of(i, topic);
	pass_by(w.hub.cluster, topic, str_of(value), true);
	keep(&w.hub, topic, str_of(value));
	if (w.linked)
		bridge(topic, str_of(value), true);
}

static void write_status_at(const char *topic, const char *status)
{
	pass_by(w.hub.cluster, topic, str_of(status), true);
	keep(&w.hub, topic, str_of(status));
	if (w.linked)
		bridge(topic, str_of(status), true);
}

static void write_status(const char *status)
{
	write_status_at("scoreboard/status", status);
}

static struct cluster *make(enum cluster_part part, const char *run)
{
	const struct cluster_ops hub = { hub_publishes, cut_bridge, do_nothing, log_nothing, NULL };
	const struct cluster_ops edge = { edge_publishes, cut_bridge, count_back, log_nothing, NULL };

	return cluster_new(part, "scoreboard", run, part == CLUSTER_HUB ? &hub : &edge);
}

static void begin(void)
{
	memset(&w, 0, sizeof(w));
	hash_set_key(1, 2);
	w.now.ms = 1000;
	w.hub.cluster = make(CLUSTER_HUB, "a");
	w.edge.cluster = make(CLUSTER_EDGE, "e");
	connect_bridge();
	write_status(LIVE);
}

static void end(void)
{
	cluster_free(NULL);
	cluster_free(w.hub.cluster);
	cluster_free(w.edge.cluster);
}

static void pass(int64_t ms)
{
	for (int64_t t = 0; t < ms; t += 100) {
		w.now.ms += 100;
		if (w.redial && w.now.ms % 2000 == 0) { /* a stock bridge takes a moment */
			w.redial = false;
			connect_bridge();
		}
		cluster_tick(w.hub.cluster, w.now, w.now.ms);
		cluster_tick(w.edge.cluster, w.now, w.now.ms);
	}
}

static bool equal(void)
{
	return memcmp(w.hub.value, w.edge.value, sizeof(w.hub.value)) == 0;
}

static void nothing_is_done_while_all_is_well(void)
{
	begin();
	for (int i = 0; i < 30; i++)
		write_topic(i, "1");
	pass(60000);
	CU_ASSERT(equal());
	CHECK_INT(w.cuts, 0);
	CHECK_INT(cluster_stats(w.edge.cluster).cleared, 0);
	CU_ASSERT(cluster_stats(w.edge.cluster).in_sync);
	end();
}

static void a_topic_that_vanished_during_a_cut_is_cleared_within_five_seconds(void)
{
	begin();
	write_topic(1, "x");
	write_topic(2, "y");
	pass(5000);
	w.linked = false;
	write_topic(1, "");
	write_topic(3, "z");
	pass(20000);
	CHECK_STR(w.edge.value[1], "x");
	CHECK_INT(w.backs, 1); /* when it heard its first beat */
	connect_bridge();
	pass(5000);
	CU_ASSERT(equal());
	CHECK_INT(w.backs, 2);
	CHECK_INT(w.cuts, 0);
	CHECK_INT(cluster_stats(w.edge.cluster).cleared, 1);
	end();
}

/* It says no beat of its own: edge_publishes() would notice. Its edges hear the hub's. */
static void a_mid_is_an_edge(void)
{
	begin();
	cluster_free(w.edge.cluster);
	w.edge.cluster = make(CLUSTER_MID, "m");
	connect_bridge();
	write_topic(1, "x");
	write_topic(2, "y");
	pass(5000);
	w.linked = false;
	write_topic(1, "");
	cluster_subscribed(w.edge.cluster);
	pass(20000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.status, "\"state\":\"stale\""));
	connect_bridge();
	pass(5000);
	CU_ASSERT(equal());
	CHECK_STR(w.edge.status, LIVE);
	CHECK_INT(w.backs, 2);
	CHECK_INT(cluster_stats(w.edge.cluster).cleared, 1);
	CU_ASSERT(cluster_stats(w.edge.cluster).in_sync);
	end();
}

static void a_cut_too_short_to_miss_a_beat_is_healed_as_well(void)
{
	begin();
	write_topic(1, "x");
	write_topic(2, "y");
	pass(4500);
	w.linked = false;
	cluster_bridge_lost(w.edge.cluster, w.now);
	write_topic(1, "");
	w.now.ms += 50;
	connect_bridge();
	pass(1100);
	CU_ASSERT(equal());
	CHECK_INT(w.backs, 2);
	CHECK_INT(w.cuts, 0);
	CHECK_INT(cluster_stats(w.edge.cluster).cleared, 1);
	end();
}

static void who_subscribes_gets_a_beat_at_once_but_not_one_each(void)
{
	uint64_t before;

	begin();
	pass(500);
	before = cluster_stats(w.hub.cluster).beats;
	cluster_subscribed(w.hub.cluster);
	pass(100);
	CHECK_INT(cluster_stats(w.hub.cluster).beats - before, 1);
	for (int i = 0; i < 1000; i++) {
		cluster_subscribed(w.hub.cluster);
		w.now.ms++;
		cluster_tick(w.hub.cluster, w.now, w.now.ms);
	}
	CU_ASSERT(cluster_stats(w.hub.cluster).beats - before <= 11);
	end();
}

/* Messages are lost though no beat is missing and no connection has ended: a queue overflowed, for example. */
static void a_loss_that_nobody_noticed_is_healed_by_bringing_everything(void)
{
	begin();
	write_topic(1, "x");
	write_topic(2, "y");
	pass(4500);
	w.linked = false;
	write_topic(1, "");
	write_topic(3, "z");
	connect_bridge();
	pass(20000);
	CU_ASSERT(equal());
	CHECK_INT(w.cuts, 1);
	end();
}

static void a_topic_that_comes_behind_the_beat_that_clears_it_stays(void)
{
	begin();
	write_topic(1, "x");
	pass(4000);
	w.linked = false;
	cluster_bridge_lost(w.edge.cluster, w.now);
	write_topic(1, "");
	w.now.ms += 1000;
	connect_bridge();
	cluster_tick(w.hub.cluster, w.now, w.now.ms); /* beats; the edge has no tick before the topic is back */
	write_topic(1, "again");
	pass(3000);
	CHECK_STR(w.edge.value[1], "again");
	CU_ASSERT(equal());
	end();
}

/* The broker asks whether a will may be written, and does not show it as a message. */
static void a_will_counts_and_what_was_refused_does_not(void)
{
	static const char offline[] = "{\"state\":\"offline\",\"since\":2,\"reason\":\"connection lost\"}";

	begin();
	write_topic(1, "x");
	announce("scoreboard/status", offline);
	announce("scoreboard/t/2", "will");
	pass(1000);
	CHECK_INT(cluster_stats(w.hub.cluster).topics, 2);
	announce("scoreboard/t/3", "refused");
	cluster_refused(w.hub.cluster);
	announce("scoreboard/t/4", "y");
	write_topic(4, "y");
	pass(1000);
	CHECK_INT(cluster_stats(w.hub.cluster).topics, 3);
	w.linked = false;
	pass(9000);
	w.linked = true; /* nothing is brought but beats */
	pass(1100);
	CHECK_STR(w.edge.status, offline);
	end();
}

#define OFFLINE "{\"state\":\"offline\",\"since\":2,\"reason\":\"shutdown\"}"

/* Nothing is at <prefix>/status, and two tracks have one each. */
static void begin_tracks(void)
{
	begin();
	cluster_free(w.hub.cluster);
	cluster_free(w.edge.cluster);
	w.hub.cluster = make(CLUSTER_HUB, "b");
	w.edge.cluster = make(CLUSTER_EDGE, "f");
	*w.hub.status = *w.edge.status = '\0';
	write_status_at("scoreboard/a/status", LIVE);
	write_status_at("scoreboard/b/status", OFFLINE);
	write_topic(1, "x");
	pass(2000);
}

static void each_tracks_status_is_stale_while_the_edge_is_cut_off(void)
{
	begin_tracks();
	CHECK_STR(w.edge.track_status[0], LIVE);
	w.linked = false;
	pass(9000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.track_status[0], "\"stale\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.track_status[1], "\"stale\""));
	CHECK_STR(w.edge.status, ""); /* there is none, and none is made */
	pass_by(w.hub.cluster, "scoreboard/b/status", STR(LIVE), true);
	w.linked = true; /* nothing is brought but beats */
	pass(1100);
	CHECK_STR(w.edge.track_status[0], LIVE);
	CHECK_STR(w.edge.track_status[1], LIVE);
	CHECK_STR(w.edge.status, "");
	CU_ASSERT(!cluster_stats(w.edge.cluster).cut_off);
	end();
}

/* Its publisher is gone, and the hub has started anew: as for what was live before, nobody can say. */
static void a_track_that_the_hub_does_not_know_stays_stale(void)
{
	begin_tracks();
	write_status_at("scoreboard/b/status", LIVE);
	w.linked = false;
	pass(9000);
	cluster_free(w.hub.cluster);
	w.hub.cluster = make(CLUSTER_HUB, "b2");
	pass_by(w.hub.cluster, "scoreboard/a/status", STR(LIVE), true);
	w.linked = true;
	pass(2100);
	CHECK_STR(w.edge.track_status[0], LIVE);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.track_status[1], "\"stale\""));
	pass_by(w.edge.cluster, "scoreboard/b/status", STR(LIVE), true);
	w.linked = false;
	pass(9000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.track_status[1], "\"stale\"")); /* and is so the next time, as well */
	end();
}

/* Else a track that has ended would keep the edge from clearing what vanishes at the others. */
static void one_track_that_is_live_is_reason_enough_to_compare(void)
{
	begin_tracks();
	CU_ASSERT(cluster_stats(w.edge.cluster).in_sync);
	w.linked = false;
	pass(2000);
	write_topic(1, "");
	write_topic(2, "y");
	pass(1000);
	connect_bridge();
	pass(3000);
	CHECK_STR(w.edge.value[1], "");
	CHECK_STR(w.edge.value[2], "y");
	CU_ASSERT(equal());
	end();
}

/* A status that is too long for a beat that has them all; and what is none, whatever its topic. */
static void a_beat_with_many_statuses_is_short_and_can_be_read(void)
{
	BUF_CLEANUP struct buf status = { 0 };
	char topic[40];

	begin_tracks();
	buf_puts(&status, "{\"state\":\"live\",\"reason\":\"");
	while (status.len < 1000)
		buf_char(&status, 'x');
	buf_puts(&status, "\"}");
	for (int i = 0; i < 100; i++) {
		snprintf(topic, sizeof(topic), "scoreboard/t%d/status", i);
		write_status_at(topic, status.p);
	}
	write_status_at("scoreboard/leaf/status", "{no JSON");
	w.linked = false;
	pass(9000);
	w.linked = true;
	pass(2100);
	CHECK_STR(w.edge.track_status[0], LIVE);
	CU_ASSERT(cluster_stats(w.edge.cluster).in_sync);
	end();
}

static void a_hub_without_a_publisher_is_no_better_than_none(void)
{
	begin();
	write_topic(1, "x");
	pass(4000);
	cluster_free(w.hub.cluster);
	w.hub.cluster = make(CLUSTER_HUB, "b");
	*w.hub.status = '\0';
	pass(8000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.status, "no publisher"));
	CHECK_STR(w.edge.value[1], "x");
	CHECK_INT(w.cuts, 0);
	write_topic(1, "x");
	write_status(LIVE);
	pass(2000);
	CHECK_STR(w.edge.status, LIVE);
	CU_ASSERT(!cluster_stats(w.edge.cluster).cut_off);
	end();
}

static void an_edge_without_beats_says_stale_and_takes_it_back(void)
{
	begin();
	write_topic(1, "x");
	pass(4000);
	w.linked = false;
	pass(9500);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.status, "\"stale\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.status, "cut off"));
	CHECK_STR(w.edge.value[1], "x");
	connect_bridge();
	pass(3000);
	CHECK_STR(w.edge.status, LIVE);
	CHECK_INT(cluster_stats(w.edge.cluster).times_cut_off, 1);
	end();
}

/* A hub that says nothing any more, over a bridge that nobody knows to be dead: the edge cuts that, and again when the next one has brought
 * no more than the hub's status, so that with two hubs it is the other's turn. A cut is not counted when the bridge has ended already, or has
 * brought nothing since. */
static void a_bridge_is_cut_once_for_a_silent_hub_and_that_is_counted(void)
{
	for (unsigned is_down = 0; is_down < 2; is_down++) {
		begin();
		pass(4000);
		w.is_silent = true;
		if (is_down) {
			w.linked = false;
			cluster_bridge_lost(w.edge.cluster, w.now);
		}
		pass(9500);
		CHECK_INT(cluster_stats(w.edge.cluster).times_cut_off, is_down ? 1 : 0);
		CHECK_INT(w.cuts, is_down ? 0 : 1);
		CHECK_INT(cluster_stats(w.edge.cluster).bridge_cuts, w.cuts);
		pass(4000);
		CHECK_INT(w.cuts, is_down ? 0 : 2);
		CHECK_INT(cluster_stats(w.edge.cluster).bridge_cuts, w.cuts);
		end();
	}
}

/* The other hub has the same publisher's topics, another run, and lacks what has vanished meanwhile. Nobody sees `stale`. */
static void an_edge_whose_hub_is_frozen_takes_the_other_one_for_its_hub(void)
{
	begin();
	write_topic(1, "x");
	write_topic(2, "y");
	pass(4000);
	w.is_silent = true;
	pass(3900);
	CHECK_INT(w.cuts, 0);
	cluster_free(w.hub.cluster);
	w.hub.cluster = make(CLUSTER_HUB, "b");
	*w.hub.value[2] = '\0';
	write_topic(1, "x");
	write_status(LIVE);
	w.is_silent = false;
	w.linked = false; /* the first one, which is still frozen */
	cluster_bridge_lost(w.edge.cluster, w.now);
	pass(1000);
	connect_bridge();
	pass(2000);
	CHECK_STR(w.edge.value[1], "x");
	CHECK_STR(w.edge.value[2], "");
	CHECK_STR(w.edge.status, LIVE);
	CHECK_INT(cluster_stats(w.edge.cluster).times_cut_off, 0);
	CU_ASSERT(cluster_stats(w.edge.cluster).in_sync);
	CHECK_INT(w.cuts, 0); /* the one that has just come is not taken for silent */
	end();
}

/* The bridge brings the hub's status before the first beat. */
static void an_edge_that_is_cut_off_again_before_a_beat_says_stale_again(void)
{
	begin();
	pass(4000);
	w.linked = false;
	pass(9500);
	connect_bridge();
	CHECK_STR(w.edge.status, LIVE);
	w.linked = false;
	pass(5000);
	CHECK_STR(w.edge.status, LIVE);
	pass(4500);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.edge.status, "\"stale\""));
	CHECK_INT(cluster_stats(w.edge.cluster).times_cut_off, 2);
	end();
}

static void a_hub_that_restarts_empty_wakes_no_viewer(void)
{
	unsigned int said;

	begin();
	for (int i = 0; i < 30; i++)
		write_topic(i, "7");
	pass(5000);
	said = w.edge.said;
	w.linked = false;
	cluster_free(w.hub.cluster);
	w.hub.cluster = make(CLUSTER_HUB, "b");
	memset(w.hub.value, 0, sizeof(w.hub.value));
	*w.hub.status = '\0';
	pass(3000);
	connect_bridge();
	pass(4000);
	write_status("{\"state\":\"stale\",\"since\":1,\"reason\":\"synchronizing\"}");
	for (int i = 0; i < 30; i++)
		write_topic(i, "7");
	pass(3000);
	write_status(LIVE);
	pass(8000);
	CU_ASSERT(equal());
	CHECK_INT(w.edge.said, said);
	CHECK_INT(w.cuts, 0);
	end();
}

static void any_mixture_of_cuts_and_changes_ends_equal(void)
{
	char value[16];

	srand(7);
	begin();
	for (int round = 0; round < 2000; round++) {
		int what = rand() % 10, i = rand() % TOPICS;

		if (what < 6) {
			snprintf(value, sizeof(value), "%d", rand() % 3);
			write_topic(i, rand() % 3 ? value : "");
		} else if (what < 7) {
			w.linked = false;
		} else if (what < 8) {
			connect_bridge();
		} else {
			pass(100 * (rand() % 40));
		}
		if (round % 100 != 99)
			continue;
		connect_bridge();
		pass(80000);
		CU_ASSERT(equal());
	}
	end();
}

static void rubbish_for_a_beat_is_no_beat(void)
{
	static const char *const beats[] = { "", "{", "[]", "{\"run\":7}", "{\"run\":\"a\",\"n\":-1,\"topics\":1,\"digest\":\"\",\"status\":null}",
					     "null", "{\"run\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"n\":1,\"topics\":1,"
						     "\"digest\":\"0\",\"status\":null}" };
	const struct message m = {
		STR("scoreboard/crew/beat"),
		STR("{\"run\":\"a\",\"n\":1,\"topics\":0,\"digest\":\"0000000000000000\",\"status\":null}"), false, 0
	};

	begin();
	w.linked = false;
	for (size_t i = 0; i < sizeof(beats) / sizeof(beats[0]); i++)
		pass_by(w.edge.cluster, "scoreboard/crew/beat", str_of(beats[i]), false);
	CHECK_INT(cluster_stats(w.edge.cluster).beats, 0);
	/* nor is one that a client of the edge itself publishes */
	cluster_message(w.edge.cluster, &m, false, w.now);
	CHECK_INT(cluster_stats(w.edge.cluster).beats, 0);
	end();
}

static void a_beat_that_is_too_long_is_none(void)
{
	BUF_CLEANUP struct buf beat = { 0 };

	begin();
	w.linked = false;
	buf_puts(&beat, "{\"run\":\"a\",\"n\":1,\"topics\":0,\"digest\":\"0\",\"status\":{\"reason\":\"");
	while (beat.len < CLUSTER_BEAT_BYTES - 3)
		buf_char(&beat, 'x');
	buf_puts(&beat, "\"}} ");
	bridge("scoreboard/crew/beat", buf_view(&beat), false);
	CHECK_INT(cluster_stats(w.edge.cluster).beats, 0);
	buf_cut(&beat, CLUSTER_BEAT_BYTES);
	bridge("scoreboard/crew/beat", buf_view(&beat), false);
	CHECK_INT(cluster_stats(w.edge.cluster).beats, 1);
	end();
}

static void expect_metric(const char *text, const char *line)
{
	if (!strstr(text, line))
		printf("\n    \"%s\" is not in\n%s\n", line, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
}

static void hub_and_edge_tell_prometheus_how_they_stand(void)
{
	BUF_CLEANUP struct buf hub = { 0 }, edge = { 0 }, cut = { 0 }, alone = { 0 };
	struct cluster *c = make(CLUSTER_NONE, "x");

	begin();
	write_topic(1, "x");
	write_topic(2, "y");
	pass(4000);
	w.linked = false;
	write_topic(1, "");
	pass(4000);
	connect_bridge();
	pass(2000);
	cluster_metrics(w.hub.cluster, &hub);
	expect_metric(hub.p, "# HELP scoreboard_cluster_beats_total Beats that a hub said, or an edge heard.\n"
			     "# TYPE scoreboard_cluster_beats_total counter\nscoreboard_cluster_beats_total 10\n");
	expect_metric(hub.p, "\nscoreboard_cluster_topics 1\n");
	expect_metric(hub.p, "\nscoreboard_cluster_topics_not_kept_total 0\n");
	CU_ASSERT_PTR_NULL(strstr(hub.p, "cut"));
	cluster_metrics(w.edge.cluster, &edge);
	expect_metric(edge.p, "\nscoreboard_cluster_topics 1\n");
	expect_metric(edge.p, "# TYPE scoreboard_cluster_in_sync gauge\nscoreboard_cluster_in_sync 1\n");
	expect_metric(edge.p, "# TYPE scoreboard_cluster_cut_off gauge\nscoreboard_cluster_cut_off 0\n");
	expect_metric(edge.p, "\nscoreboard_cluster_topics_cleared_total 1\n");
	expect_metric(edge.p, "\nscoreboard_cluster_bridge_cuts_total 0\n");
	expect_metric(edge.p, "\nscoreboard_cluster_cut_offs_total 0\n");
	w.linked = false;
	pass(9000);
	cluster_metrics(w.edge.cluster, &cut);
	expect_metric(cut.p, "\nscoreboard_cluster_in_sync 0\n");
	expect_metric(cut.p, "\nscoreboard_cluster_cut_off 1\n");
	expect_metric(cut.p, "\nscoreboard_cluster_cut_offs_total 1\n");
	cluster_metrics(c, &alone);
	CHECK_INT(alone.len, 0);
	cluster_free(c);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(nothing_is_done_while_all_is_well),
	UNIT(a_topic_that_vanished_during_a_cut_is_cleared_within_five_seconds),
	UNIT(a_mid_is_an_edge),
	UNIT(a_cut_too_short_to_miss_a_beat_is_healed_as_well),
	UNIT(who_subscribes_gets_a_beat_at_once_but_not_one_each),
	UNIT(a_loss_that_nobody_noticed_is_healed_by_bringing_everything),
	UNIT(a_topic_that_comes_behind_the_beat_that_clears_it_stays),
	UNIT(a_will_counts_and_what_was_refused_does_not),
	UNIT(each_tracks_status_is_stale_while_the_edge_is_cut_off),
	UNIT(a_track_that_the_hub_does_not_know_stays_stale),
	UNIT(one_track_that_is_live_is_reason_enough_to_compare),
	UNIT(a_beat_with_many_statuses_is_short_and_can_be_read),
	UNIT(a_hub_without_a_publisher_is_no_better_than_none),
	UNIT(an_edge_without_beats_says_stale_and_takes_it_back),
	UNIT(a_bridge_is_cut_once_for_a_silent_hub_and_that_is_counted),
	UNIT(an_edge_whose_hub_is_frozen_takes_the_other_one_for_its_hub),
	UNIT(an_edge_that_is_cut_off_again_before_a_beat_says_stale_again),
	UNIT(a_hub_that_restarts_empty_wakes_no_viewer),
	UNIT(any_mixture_of_cuts_and_changes_ends_equal),
	UNIT(rubbish_for_a_beat_is_no_beat),
	UNIT(a_beat_that_is_too_long_is_none),
	UNIT(hub_and_edge_tell_prometheus_how_they_stand),
	{ NULL, NULL },
};
