/* Many brokers, as conf/cluster/ ships them: edges equal their hub, say so when they cannot, and a viewer who loses one is in
 * sync on another. SB_CLUSTER_ROUNDS, SB_CLUSTER_VIEWERS: more than by default. */
#include "tests/support/door_client.h"
#include "tests/support/drill.h"
#include "tests/support/json.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "cluster";

static struct fleet f;
static struct recording game;

#define CHECK_SAYS(port, state, ms) CU_ASSERT(WAIT_FOR(fleet_status_is(port, state), ms))

static void begin(void)
{
	fleet_set(&f);
	recording_load(&game, recording_path());
	recording_play(&game, 0, game.n_frames / 2, f.board);
	CHECK_READY(f.publisher);
	CHECK_SAYS(broker_port(f.edge[0]), "live", 10000);
	CHECK_SAYS(broker_port(f.edge[1]), "live", 10000);
}

static void end(void)
{
	recording_free(&game);
	fleet_strike(&f);
}

/* ---- what breaks ---- */

enum fault {
	HUB_KILLED,
	HUB_FROZEN,
	EDGE_KILLED,
	EDGE_FROZEN,
	LINK_CUT,
	LINK_HELD,
	HAPROXY_KILLED,
	HAPROXY_FROZEN,
	PUBLISHER_KILLED,
	PUBLISHER_FROZEN,
	N_FAULTS,
};

static const char *const fault_names[] = { "hub killed", "hub frozen", "edge killed", "edge frozen",
					   "link cut", "link held", "HAProxy killed", "HAProxy frozen",
					   "publisher killed", "publisher frozen" };

static void fault_break(int what, int edge)
{
	switch (what) {
	case HUB_KILLED:
		broker_kill(f.hub);
		break;
	case HUB_FROZEN:
		broker_freeze(f.hub);
		break;
	case EDGE_KILLED:
		broker_kill(f.edge[edge]);
		break;
	case EDGE_FROZEN:
		broker_freeze(f.edge[edge]);
		break;
	case LINK_CUT:
		relay_set(f.links[edge][0], RELAY_CUT);
		break;
	case LINK_HELD:
		relay_set(f.links[edge][0], RELAY_HOLD);
		break;
	case HAPROXY_KILLED:
		proc_signal(f.haproxy, SIGKILL);
		proc_wait(f.haproxy, 5000);
		break;
	case HAPROXY_FROZEN:
		proc_signal(f.haproxy, SIGSTOP);
		break;
	case PUBLISHER_KILLED:
		publisher_kill(f.publisher);
		break;
	case PUBLISHER_FROZEN:
		proc_signal(publisher_proc(f.publisher), SIGSTOP);
		break;
	default:
		break;
	}
}

static void fault_heal(int what, int edge)
{
	switch (what) {
	case HUB_KILLED:
		broker_start_again(f.hub);
		break;
	case HUB_FROZEN:
		broker_thaw(f.hub);
		break;
	case EDGE_KILLED:
		broker_start_again(f.edge[edge]);
		break;
	case EDGE_FROZEN:
		broker_thaw(f.edge[edge]);
		break;
	case LINK_CUT:
	case LINK_HELD:
		relay_set(f.links[edge][0], RELAY_PASS);
		break;
	case HAPROXY_KILLED:
		fleet_haproxy_start(&f);
		break;
	case HAPROXY_FROZEN:
		proc_signal(f.haproxy, SIGCONT);
		break;
	case PUBLISHER_KILLED:
		publisher_start_again(f.publisher);
		break;
	case PUBLISHER_FROZEN:
		proc_signal(publisher_proc(f.publisher), SIGCONT);
		break;
	default:
		break;
	}
}

static const struct drill drill = {
	.fleet = &f,
	.game = &game,
	.equal = fleet_equal,
	.fault_names = fault_names,
	.n_faults = N_FAULTS,
	.n_places = FLEET_EDGES,
	.fault_break = fault_break,
	.fault_heal = fault_heal,
};

static int64_t healed_after(void)
{
	return drill_healed_after(&drill);
}

/* ---- equality ---- */

static void what_the_hub_holds_the_edges_hold(void)
{
	begin();
	CU_ASSERT(healed_after() >= 0);
	recording_play(&game, game.n_frames / 2, game.n_frames, f.board);
	CU_ASSERT(healed_after() >= 0);
	end();
}

/* ---- what vanishes meanwhile ---- */

static void a_topic_that_vanishes_while_an_edge_is_cut_off_is_gone_five_seconds_after(void)
{
	begin();
	CU_ASSERT(healed_after() >= 0);
	drill_vanish(&drill, LINK_CUT, 50);
	drill_vanish(&drill, LINK_CUT, 9000);
	drill_vanish(&drill, LINK_HELD, 3000);
	drill_vanish(&drill, LINK_HELD, 12000);
	drill_vanish(&drill, EDGE_FROZEN, 9000);
	drill_vanish(&drill, EDGE_KILLED, 500);
	drill_vanish(&drill, HUB_KILLED, 3000);
	drill_vanish(&drill, HUB_FROZEN, 9000);
	printf("\n");
	end();
}

/* ---- honesty ---- */

static void an_edge_that_is_cut_off_says_so_in_ten_seconds(enum fault what)
{
	mono from = mono_now();
	bool said;

	fault_break(what, 0);
	said = WAIT_FOR(fleet_status_is(broker_port(f.edge[0]), "stale"), 10000);
	printf("\n    %s: stale after %lld ms", fault_names[what], (long long)mono_diff(mono_now(), from));
	CU_ASSERT(said);
	CU_ASSERT(what == HUB_FROZEN || what == HUB_KILLED || fleet_status_is(broker_port(f.edge[1]), "live"));
	fault_heal(what, 0);
	from = mono_now();
	CU_ASSERT(WAIT_FOR(fleet_status_is(broker_port(f.edge[0]), "live"), HEAL_MS));
	printf(", live again after %lld ms", (long long)mono_diff(mono_now(), from));
	CU_ASSERT(healed_after() >= 0);
}

static void an_edge_that_is_cut_off_says_so_and_takes_it_back(void)
{
	begin();
	an_edge_that_is_cut_off_says_so_in_ten_seconds(LINK_CUT);
	an_edge_that_is_cut_off_says_so_in_ten_seconds(LINK_HELD);
	an_edge_that_is_cut_off_says_so_in_ten_seconds(HUB_FROZEN);
	an_edge_that_is_cut_off_says_so_in_ten_seconds(HUB_KILLED);
	printf("\n");
	end();
}

/* The hub that comes back knows no publisher; nor does it say the state. */
static void an_edge_of_a_hub_without_publisher_says_so(void)
{
	begin();
	publisher_kill(f.publisher);
	CHECK_SAYS(broker_port(f.edge[0]), "offline", 10000);
	CHECK_SAYS(broker_port(f.edge[1]), "offline", 10000);
	broker_restart(f.hub);
	CHECK_SAYS(broker_port(f.edge[0]), "stale", 10000);
	publisher_start_again(f.publisher);
	CHECK_SAYS(broker_port(f.edge[0]), "live", 10000);
	CU_ASSERT(healed_after() >= 0);
	end();
}

/* ---- nobody is woken for nothing ---- */

/* A delta that says "quiet": nothing set, nothing removed. */
static bool is_quiet(struct str delta)
{
	return !strstr(delta.p, "\"set\"") && !strstr(delta.p, "\"del\"");
}

static bool is_heartbeat(const struct tree_leaf *leaf)
{
	return str_ends(leaf->name, STR("/delta")) && is_quiet(leaf->value);
}

/* The packed form of a heartbeat, which can't be read here: it came with one in JSON, after which nothing else was said. */
static bool is_packed_heartbeat(const struct tree *seen, const struct tree_leaf *leaf)
{
	BUF_CLEANUP struct buf name = { 0 };
	struct str delta;

	if (!str_ends(leaf->name, STR("/z")))
		return false;
	buf_printf(&name, "%.*sdelta", (int)leaf->name.len - 1, leaf->name.p);
	delta = tree_get(seen, buf_view(&name));
	return delta.p && is_quiet(delta);
}

/* All that a viewer was sent, without status and heartbeats. */
static size_t sent_for_nothing(struct watch *w)
{
	TREE_CLEANUP struct tree seen = { NULL };
	size_t n = 0;

	watch_tree(w, &seen);
	tree_each(&seen, leaf) {
		/* who asks for the status is counted, too */
		if (str_is(leaf->name, "scoreboard/status") || str_starts(leaf->name, STR("scoreboard/presence/")) ||
		    is_heartbeat(leaf) || is_packed_heartbeat(&seen, leaf))
			continue;
		printf("\n    sent: %.*s %.100s", STR_ARGS(leaf->name), leaf->value.p);
		n++;
	}
	return n;
}

/* The first delta of a quiet time that tells nothing may renew the snapshot, later ones don't. */
static bool all_is_quiet(struct watch *w)
{
	TREE_CLEANUP struct tree seen = { NULL };
	unsigned int quiet = 0;

	watch_tree(w, &seen);
	tree_each(&seen, leaf)
		quiet += is_heartbeat(leaf);
	return quiet == 3; /* views of schema/crg.json */
}

static void a_hub_that_restarts_unchanged_sends_viewers_nothing_but_status(void)
{
	struct watch *w;

	begin();
	CU_ASSERT(healed_after() >= 0);
	w = watch_start(broker_port(f.edge[0]), NULL, "scoreboard/#");
	CU_ASSERT(WAIT_FOR(all_is_quiet(w), 30000));
	nap_ms(1500);
	watch_reset(w);
	broker_restart(f.hub);
	CU_ASSERT(WAIT_FOR(fleet_status_is(broker_port(f.hub), "live"), 10000));
	nap_ms(6000);
	CU_ASSERT(fleet_status_is(broker_port(f.edge[0]), "live"));
	CHECK_INT(sent_for_nothing(w), 0);
	watch_reset(w);
	board_says(f.board, "ScoreBoard.CurrentGame.EventInfo(Tournament)", "\"news\"");
	CU_ASSERT(WAIT_FOR(watch_topic_messages(w, "scoreboard/event-info/Tournament") == 1, HEAL_MS));
	watch_free(w);
	end();
}

/* ---- anything, in any order ---- */

static void any_faults_in_any_order_heal_within_five_seconds(void)
{
	struct fan *fans[FLEET_EDGES + 1];

	begin();
	CU_ASSERT(healed_after() >= 0);
	for (int i = 0; i < FLEET_EDGES; i++)
		fans[i] = fan_start(broker_port(f.edge[i]));
	fans[FLEET_EDGES] = fan_start(f.tcp_port);
	drill_rounds(&drill);
	for (int i = 0; i < FLEET_EDGES; i++)
		fan_end(fans[i], false);
	/* through HAProxy a connection may end at one edge and begin at one that is behind: the client library drops that */
	fan_end(fans[FLEET_EDGES], true);
	end();
}

/* ---- the crowd ---- */

struct viewer {
	struct dc *c;
	const char *from;
};

/* snapshot, recent and delta of the feed in one SUBSCRIBE (MQTT 5). */
static void send_subscribe(struct dc *c)
{
	static const char *const filters[] = { "delta", "snapshot", "recent" };
	BUF_CLEANUP struct buf body = { 0 }, packet = { 0 };

	buf_add(&body, "\0\7\0", 3);
	for (size_t i = 0; i < 3; i++) {
		char filter[64];
		int n = snprintf(filter, sizeof(filter), "scoreboard/feed/spectator/%s", filters[i]);

		buf_char(&body, 0);
		buf_char(&body, (char)n);
		buf_puts(&body, filter);
		buf_char(&body, 0);
	}
	buf_char(&packet, (char)0x82);
	buf_char(&packet, (char)body.len); /* below 128 */
	buf_str(&packet, buf_view(&body));
	dc_send_raw(c, buf_view(&packet));
}

/* A snapshot, and a recent that continues it. */
static bool in_sync(struct dc *c)
{
	BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };
	int64_t seq = -1, base = -2;

	while (seq != base && dc_message(c, &topic, &payload, patience_ms(5000))) {
		if (str_ends(buf_view(&topic), STR("/snapshot")) && !str_to_int(json_get(buf_view(&payload), "seq"), &seq))
			return false;
		if (str_ends(buf_view(&topic), STR("/recent")) && !str_to_int(json_get(buf_view(&payload), "base"), &base))
			return false;
	}
	return seq == base;
}

/* All of them at once, as a crowd does; how many are in sync. */
static unsigned int come(struct viewer *v, unsigned int n)
{
	unsigned int synced = 0;

	for (unsigned int i = 0; i < n; i++)
		v[i].c = dc_dial(f.ws_port, true, v[i].from);
	for (unsigned int i = 0; i < n; i++)
		if (dc_upgraded(v[i].c))
			dc_send_connect(v[i].c, &(struct dc_login){ .id = "" });
	for (unsigned int i = 0; i < n; i++)
		if (dc_connack(v[i].c) == 0)
			send_subscribe(v[i].c);
	for (unsigned int i = 0; i < n; i++)
		synced += in_sync(v[i].c);
	return synced;
}

/* Moves those whose connection has ended to the front; their number. */
static unsigned int gather_lost(struct viewer *v, unsigned int n)
{
	unsigned int lost = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct viewer was = v[i];

		if (dc_wait_end(was.c, 0) == DC_SILENT)
			continue;
		dc_drop(was.c);
		v[i] = v[lost];
		v[lost++] = was;
	}
	return lost;
}

static void viewers_of_a_dead_edge_are_in_sync_on_another_in_ten_seconds(void)
{
	static const char *const addresses[] = { "127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4" };
	unsigned int n = place_number("SB_CLUSTER_VIEWERS", 300), lost, synced;
	struct viewer *v = calloc(n, sizeof(*v));
	mono from;

	begin();
	for (unsigned int i = 0; i < n; i++)
		v[i].from = addresses[i % 4];
	for (unsigned int i = 0; i < n; i += 100)
		CHECK_INT(come(v + i, n - i < 100 ? n - i : 100), n - i < 100 ? n - i : 100);
	from = mono_now();
	broker_kill(f.edge[0]);
	nap_ms(200);
	lost = gather_lost(v, n);
	CU_ASSERT(WAIT_FOR((lost += gather_lost(v + lost, n - lost)) > n / 4, 5000));
	synced = come(v, lost);
	printf("\n    %u of %u viewers lost their edge, %u in sync on the other after %lld ms\n", lost, n, synced,
	       (long long)mono_diff(mono_now(), from));
	CHECK_INT(synced, lost);
	CU_ASSERT(mono_diff(mono_now(), from) <= patience_ms(10000));
	for (unsigned int i = 0; i < n; i++)
		dc_drop(v[i].c);
	free(v);
	broker_start_again(f.edge[0]);
	end();
}

/* ---- HAProxy ---- */

static bool leads_only_to(const char *state)
{
	for (int i = 0; i < 6; i++)
		if (!fleet_status_is(f.tcp_port, state))
			return false;
	return true;
}

static void new_viewers_are_sent_to_a_live_edge_or_else_to_any(void)
{
	begin();
	relay_set(f.links[0][0], RELAY_CUT);
	CU_ASSERT(WAIT_FOR(fleet_status_is(broker_port(f.edge[0]), "stale"), 10000));
	CU_ASSERT(WAIT_FOR(leads_only_to("live"), HEAL_MS));
	relay_set(f.links[1][0], RELAY_CUT);
	CU_ASSERT(WAIT_FOR(fleet_status_is(broker_port(f.edge[1]), "stale"), 10000));
	CU_ASSERT(WAIT_FOR(leads_only_to("stale"), HEAL_MS));
	relay_set(f.links[0][0], RELAY_PASS);
	relay_set(f.links[1][0], RELAY_PASS);
	CU_ASSERT(healed_after() >= 0);
	CU_ASSERT(WAIT_FOR(fleet_status_is(f.tcp_port, "live"), HEAL_MS));
	end();
}

static void what_does_not_begin_like_a_browser_reaches_no_edge(void)
{
	struct dc *c;

	begin();
	c = dc_dial(f.ws_port, false, NULL);
	dc_send_connect(c, &(struct dc_login){ .id = "" });
	CHECK_INT(dc_wait_end(c, 5000), DC_CLOSED);
	dc_drop(c);
	end();
}

/* ---- rooms ---- */

static void what_is_said_in_a_room_crosses_edges(void)
{
	const struct login crew = { NULL, "crew", "pw-crew" };
	struct dc *c;
	int code;

	begin();
	c = dc_connect(broker_port(f.edge[1]), false, NULL,
		       &(struct dc_login){ .user = "crew", .password = "pw-crew" }, &code);
	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(c, "rooms/red/#"), 0);
	CU_ASSERT(mqtt_publish(broker_port(f.edge[0]), &crew, "rooms/red/say/crew", STR("hello"), false));
	CU_ASSERT(dc_expect(c, "rooms/red/say/crew", "hello", 5000));
	CU_ASSERT(!dc_expect(c, "rooms/red/say/crew", "hello", 300)); /* once */
	dc_leave(c);
	end();
}

/* ---- presence ---- */

#define SPECTATORS "scoreboard/presence/view/spectator"
#define FAN_GONE_MS 15000 /* libmosquitto leaves its socket open; the broker closes it when it stays silent */

static bool all_count(const char *spectators)
{
	return fleet_counts(broker_port(f.hub), "view/spectator", spectators) &&
	       fleet_counts(broker_port(f.edge[0]), "view/spectator", spectators) &&
	       fleet_counts(broker_port(f.edge[1]), "view/spectator", spectators);
}

static void seat_fans(struct fan **fans, int n, int port)
{
	for (int i = 0; i < n; i++)
		fans[i] = fan_start(port);
}

static void who_watches_adds_up_over_edges(void)
{
	struct fan *fans[5];
	struct watch *w;

	begin();
	seat_fans(fans, 3, broker_port(f.edge[0]));
	seat_fans(fans + 3, 2, broker_port(f.edge[1]));
	CU_ASSERT(WAIT_FOR(all_count("5"), 10000));
	CU_ASSERT(WAIT_FOR(fleet_counts(broker_port(f.edge[0]), "role/bridge", "2"), HEAL_MS));
	CU_ASSERT(WAIT_FOR(fleet_metrics_say("hub", "\nscoreboard_cluster_edges{broker=\"hub\"} 2\n"), 15000));
	CU_ASSERT(fleet_metrics_say("hub", "\nscoreboard_cluster_connections{broker=\"hub\",edge=\"edge1\"} "));

	broker_kill(f.edge[0]); /* its share goes */
	CU_ASSERT(WAIT_FOR(fleet_counts(broker_port(f.hub), "view/spectator", "2"), HEAL_MS));
	CU_ASSERT(WAIT_FOR(fleet_counts(broker_port(f.edge[1]), "view/spectator", "2"), HEAL_MS));
	fan_free(fans[4]);
	broker_start_again(f.edge[0]);
	CU_ASSERT(WAIT_FOR(all_count("4"), FAN_GONE_MS));

	relay_set(f.links[1][0], RELAY_CUT); /* what it knew last */
	CU_ASSERT(WAIT_FOR(fleet_counts(broker_port(f.edge[0]), "view/spectator", "3"), HEAL_MS));
	CU_ASSERT(fleet_counts(broker_port(f.edge[1]), "view/spectator", "4"));
	relay_set(f.links[1][0], RELAY_PASS);
	CU_ASSERT(WAIT_FOR(all_count("4"), HEAL_MS));

	w = watch_start(broker_port(f.edge[0]), NULL, SPECTATORS);
	broker_restart(f.hub);
	CU_ASSERT(WAIT_FOR(all_count("4"), 12000));
	nap_ms(3000);
	CHECK_INT(watch_messages(w), 0); /* not fewer meanwhile */
	watch_free(w);
	for (int i = 0; i < 4; i++)
		fan_free(fans[i]);
	CU_ASSERT(WAIT_FOR(all_count(""), FAN_GONE_MS));
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(what_the_hub_holds_the_edges_hold),
	UNIT(a_topic_that_vanishes_while_an_edge_is_cut_off_is_gone_five_seconds_after),
	UNIT(an_edge_that_is_cut_off_says_so_and_takes_it_back),
	UNIT(an_edge_of_a_hub_without_publisher_says_so),
	UNIT(a_hub_that_restarts_unchanged_sends_viewers_nothing_but_status),
	UNIT(any_faults_in_any_order_heal_within_five_seconds),
	UNIT(viewers_of_a_dead_edge_are_in_sync_on_another_in_ten_seconds),
	UNIT(new_viewers_are_sent_to_a_live_edge_or_else_to_any),
	UNIT(what_does_not_begin_like_a_browser_reaches_no_edge),
	UNIT(what_is_said_in_a_room_crosses_edges),
	UNIT(who_watches_adds_up_over_edges),
	{ NULL, NULL },
};
