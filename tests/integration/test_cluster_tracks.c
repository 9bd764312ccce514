/* Two tracks over one hub, two edges and HAProxy, as conf/cluster/ ships them: each track's tree is its scoreboard's everywhere, whatever
 * breaks, and what becomes of one is its own matter. */
#include "tests/support/door_client.h"
#include "tests/support/fleet.h"
#include "tests/support/place.h"
#include "tests/support/recording.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "cluster_tracks";

#define TRACKS 2
#define HEAL_MS 20000
#define SCORE "ScoreBoard.CurrentGame.Team(1).Score"

static struct fleet f;
static struct recording game;
static struct track {
	const char *prefix;
	struct board *board;
	struct publisher *publisher;
} tracks[TRACKS] = { { .prefix = "scoreboard/track1" }, { .prefix = "scoreboard/track2" } };

/* The second one is at another moment of the game. */
static void begin(void)
{
	fleet_set_brokers(&f, 1);
	recording_load(&game, recording_path());
	for (size_t i = 0; i < TRACKS; i++) {
		tracks[i].board = board_start();
		tracks[i].publisher = fleet_start_track(&f, tracks[i].board, tracks[i].prefix);
		recording_play(&game, 0, game.n_frames / (2 + 2 * i), tracks[i].board);
	}
	for (size_t i = 0; i < TRACKS; i++)
		CHECK_READY(tracks[i].publisher);
	fleet_haproxy_start(&f);
}

static void end(void)
{
	for (size_t i = 0; i < TRACKS; i++) {
		publisher_free(tracks[i].publisher);
		board_free(tracks[i].board);
	}
	recording_free(&game);
	fleet_strike(&f);
}

/* Does the hub hold this track's board, and nothing else below its prefix? */
static bool track_is_right(const struct track *t, const struct tree *hub, bool print)
{
	TREE_CLEANUP struct tree as_one = { NULL };
	BUF_CLEANUP struct buf topic = { 0 };
	size_t len = strlen(t->prefix);

	tree_each(hub, leaf) {
		if (!str_starts(leaf->name, str_of(t->prefix)))
			continue;
		buf_clear(&topic);
		buf_puts(&topic, "scoreboard");
		buf_str(&topic, str_skip(leaf->name, len));
		tree_set(&as_one, buf_view(&topic), leaf->value);
	}
	f.board = t->board;
	return fleet_hub_is_right(&f, &as_one, print);
}

static bool all_equal(bool print)
{
	TREE_CLEANUP struct tree hub = { NULL };
	bool ok = fleet_tree(broker_port(f.hub), &hub);

	for (size_t i = 0; ok && i < TRACKS; i++)
		ok = track_is_right(&tracks[i], &hub, print);
	f.board = NULL;
	return ok && fleet_port_is_like("edge 1", broker_port(f.edge[0]), &hub, print) &&
	       fleet_port_is_like("edge 2", broker_port(f.edge[1]), &hub, print) &&
	       fleet_port_is_like("what HAProxy leads to", f.tcp_port, &hub, print);
}

static void check_equal(const char *after)
{
	bool ok = WAIT_FOR(all_equal(false), HEAL_MS) || all_equal(true);

	CU_ASSERT(ok);
	if (!ok)
		printf("\n    after %s", after);
}

static bool says(int port, size_t track, const char *state)
{
	char topic[80], member[40];

	snprintf(topic, sizeof(topic), "%s/status", tracks[track].prefix);
	snprintf(member, sizeof(member), "\"state\":\"%s\"", state);
	return fleet_holds(port, topic, member);
}

#define CHECK_SAYS(port, track, state) CU_ASSERT(WAIT_FOR(says(port, track, state), 15000))

/* Both games go on, and something vanishes from each. */
static void go_on(const char *score)
{
	for (size_t i = 0; i < TRACKS; i++) {
		board_says(tracks[i].board, SCORE, score);
		board_says(tracks[i].board, "ScoreBoard.CurrentGame.Team(2).Name", i ? "\"Second\"" : "\"First\"");
		board_says(tracks[i].board, "ScoreBoard.CurrentGame.Team(1).Name", "null");
	}
}

static void both_tracks_are_the_same_everywhere_after_each_fault(void)
{
	begin();
	check_equal("the beginning");
	relay_set(f.links[0][0], RELAY_CUT);
	go_on("31");
	nap_ms(2000);
	relay_set(f.links[0][0], RELAY_PASS);
	check_equal("a cut link");
	broker_kill(f.hub);
	go_on("32");
	broker_start_again(f.hub);
	check_equal("a killed hub");
	broker_kill(f.edge[1]);
	publisher_kill(tracks[1].publisher);
	go_on("33");
	broker_start_again(f.edge[1]);
	publisher_start_again(tracks[1].publisher);
	check_equal("a killed edge and a killed publisher");
	end();
}

/* Is everybody led to an edge where the first track is live? */
static bool haproxy_leads_to_live(void)
{
	for (int i = 0; i < 6; i++)
		if (!says(f.tcp_port, 0, "live"))
			return false;
	return true;
}

static void what_becomes_of_one_track_is_its_own_matter(void)
{
	begin();
	CHECK_SAYS(broker_port(f.edge[0]), 0, "live");
	CHECK_SAYS(broker_port(f.edge[0]), 1, "live");
	CHECK_INT(publisher_stop(tracks[1].publisher), 0);
	CHECK_SAYS(broker_port(f.edge[0]), 1, "offline");
	CU_ASSERT(says(broker_port(f.edge[0]), 0, "live"));
	relay_set(f.links[0][0], RELAY_HOLD);
	CHECK_SAYS(broker_port(f.edge[0]), 0, "stale");
	CHECK_SAYS(broker_port(f.edge[0]), 1, "stale");
	CU_ASSERT(says(broker_port(f.edge[1]), 0, "live"));
	CU_ASSERT(WAIT_FOR(haproxy_leads_to_live(), 10000)); /* when HAProxy has asked each edge again: one track makes an edge live */
	relay_set(f.links[0][0], RELAY_PASS);
	CHECK_SAYS(broker_port(f.edge[0]), 0, "live");
	CHECK_SAYS(broker_port(f.edge[0]), 1, "offline");
	CU_ASSERT(!fleet_holds(broker_port(f.edge[0]), "scoreboard/status", ""));
	end();
}

/* The shipped policy holds for tracks as for one scoreboard, at the edge where somebody is and beyond it. */
static void the_crew_of_a_track_tells_its_viewers_and_nobody_reads_the_crews(void)
{
	const struct login crew = { NULL, "crew", "pw-crew" };
	struct dc *viewer;

	begin();
	viewer = dc_connect(broker_ws_port(f.edge[1]), true, NULL, &(struct dc_login){ .id = NULL }, NULL);
	CHECK_INT(dc_subscribe(viewer, "scoreboard/track2/crew/#"), 0x87);
	CHECK_INT(dc_subscribe(viewer, "scoreboard/+/crew/note"), 0x87);
	CHECK_INT(dc_subscribe(viewer, "scoreboard/#"), 0);
	CU_ASSERT(mqtt_publish(broker_port(f.edge[0]), &crew, "scoreboard/track2/show/screen", STR("{}"), true));
	CU_ASSERT(!mqtt_publish(broker_port(f.edge[0]), &crew, "scoreboard/track2/status", STR("{}"), true));
	CU_ASSERT(!mqtt_publish(broker_port(f.edge[0]), &crew, "scoreboard/track2/crew/watching", STR("{\"sse\":9,\"polling\":9}"), false));
	CU_ASSERT(mqtt_publish(broker_port(f.edge[0]), &crew, "scoreboard/track2/notice", STR("{\"text\":\"Lunch\"}"), true));
	CU_ASSERT(dc_expect(viewer, "scoreboard/track2/notice", "{\"text\":\"Lunch\"}", 10000));
	CU_ASSERT(!fleet_holds(broker_port(f.edge[1]), "scoreboard/track1/notice", ""));
	CU_ASSERT(mqtt_publish(broker_port(f.edge[1]), &crew, "scoreboard/track2/crew/note", STR("secret"), true));
	CU_ASSERT(fleet_holds(broker_port(f.edge[1]), "scoreboard/track2/crew/note", "secret"));
	CU_ASSERT(!dc_expect(viewer, "scoreboard/track2/crew/note", "secret", 500));
	dc_leave(viewer);
	CU_ASSERT(mqtt_publish(broker_port(f.edge[0]), &crew, "scoreboard/track2/show/screen", STR(""), true));
	CU_ASSERT(mqtt_publish(broker_port(f.edge[1]), &crew, "scoreboard/track2/crew/note", STR(""), true));
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(both_tracks_are_the_same_everywhere_after_each_fault),
	UNIT(what_becomes_of_one_track_is_its_own_matter),
	UNIT(the_crew_of_a_track_tells_its_viewers_and_nobody_reads_the_crews),
	{ NULL, NULL },
};
