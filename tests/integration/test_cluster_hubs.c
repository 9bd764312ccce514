/* Two hubs, as conf/cluster/ ships them, and one publisher that tells both: with either gone every edge is right again within ten seconds, and
 * all trees are equal five seconds after it has healed. SB_CLUSTER_ROUNDS: more of the random faults than by default. */
#include "tests/support/drill.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define RIGHT_MS 10000
#define HUBS 2

const char *const unit_name = "cluster_hubs";

static struct fleet f;
static struct recording game;
static int n_news;

static bool is_live(int port)
{
	return fleet_status_is(port, "live");
}

static bool edges_are_live(void)
{
	return is_live(broker_port(f.edge[0])) && is_live(broker_port(f.edge[1]));
}

static void begin(void)
{
	fleet_set_with(&f, HUBS);
	recording_load(&game, recording_path());
	recording_play(&game, 0, game.n_frames / 2, f.board);
	CHECK_READY(f.publisher);
	CU_ASSERT(WAIT_FOR(is_live(broker_port(f.hubs[0])) && is_live(broker_port(f.hubs[1])), 10000));
	CU_ASSERT(WAIT_FOR(edges_are_live(), 10000));
}

static void end(void)
{
	recording_free(&game);
	fleet_strike(&f);
}

static int64_t healed_after(void)
{
	return drill_healed_after(&(struct drill){ .fleet = &f, .equal = fleet_equal });
}

/* Milliseconds until what the scoreboard says now is at both edges, and they are live; -1: it took too long. */
static int64_t right_after(mono from)
{
	char value[32];

	snprintf(value, sizeof(value), "\"news %d\"", ++n_news);
	board_says(f.board, "ScoreBoard.CurrentGame.EventInfo(Tournament)", value);
	if (!WAIT_FOR(fleet_holds(broker_port(f.edge[0]), "scoreboard/event-info/Tournament", value) &&
			      fleet_holds(broker_port(f.edge[1]), "scoreboard/event-info/Tournament", value) && edges_are_live(),
		      RIGHT_MS))
		return -1;
	return mono_diff(mono_now(), from);
}

/* ---- equality ---- */

static void both_hubs_and_all_edges_hold_the_same(void)
{
	begin();
	CU_ASSERT(healed_after() >= 0);
	recording_play(&game, game.n_frames / 2, game.n_frames, f.board);
	CU_ASSERT(healed_after() >= 0);
	end();
}

/* ---- one hub after the other ---- */

enum fault {
	KILLED,
	FROZEN,
	CUT,  /* from the edges */
	HELD, /* likewise */
	N_FAULTS,
};

static const char *const fault_names[] = { "killed", "frozen", "cut off", "cut off without a word" };

static void set_links(int hub, enum relay_mode mode)
{
	for (int i = 0; i < FLEET_EDGES; i++)
		relay_set(f.links[i][hub], mode);
}

static void fault_break(enum fault what, int hub)
{
	if (what == KILLED)
		broker_kill(f.hubs[hub]);
	else if (what == FROZEN)
		broker_freeze(f.hubs[hub]);
	else
		set_links(hub, what == CUT ? RELAY_CUT : RELAY_HOLD);
}

static void fault_heal(enum fault what, int hub)
{
	if (what == KILLED)
		broker_start_again(f.hubs[hub]);
	else if (what == FROZEN)
		broker_thaw(f.hubs[hub]);
	else
		set_links(hub, RELAY_PASS);
}

/* Breaks a hub for so long, with news and things that vanish meanwhile, and looks at the edges; then heals it. */
static void a_hub_is_gone(enum fault what, int hub, int64_t ms)
{
	mono from = mono_now(), end_of_it = mono_add(from, ms);
	int64_t right, healed;

	board_says(f.board, "ScoreBoard.CurrentGame.EventInfo(Location)", "\"here\"");
	CU_ASSERT(healed_after() >= 0);
	from = mono_now();
	end_of_it = mono_add(from, ms);
	fault_break(what, hub);
	board_says(f.board, "ScoreBoard.CurrentGame.EventInfo(Location)", "null");
	right = right_after(from);
	printf("\n    hub %d %s: edges right after %lld ms", hub + 1, fault_names[what], (long long)right);
	CU_ASSERT(right >= 0 && right <= patience_ms(RIGHT_MS));
	CU_ASSERT(WAIT_FOR(!fleet_holds(broker_port(f.edge[0]), "scoreboard/event-info/Location", "here"), HEAL_MS));
	CU_ASSERT(WAIT_FOR(publisher_ready(f.publisher), 5000)); /* one hub is enough */
	for (; !mono_reached(mono_now(), end_of_it); nap_ms(200)) {
		int64_t took = right_after(mono_now());

		CU_ASSERT(took >= 0 && took < patience_ms(5000)); /* once they are right they stay right, whatever hub it is that is gone */
	}
	fault_heal(what, hub);
	healed = healed_after();
	printf(", for %lld ms; all equal after %lld ms", (long long)mono_diff(mono_now(), from) - (healed > 0 ? healed : 0),
	       (long long)healed);
	fflush(stdout);
	CU_ASSERT(healed >= 0);
}

static void start_fans(struct fan **fans)
{
	for (int i = 0; i < FLEET_EDGES; i++)
		fans[i] = fan_start(broker_port(f.edge[i]));
}

static void end_fans(struct fan **fans)
{
	for (int i = 0; i < FLEET_EDGES; i++)
		fan_end(fans[i], false);
}

/* The edges are at the first hub at first, and after each time at the other one. */
static void either_hub_may_end_and_both_in_turn(void)
{
	struct fan *fans[FLEET_EDGES];

	begin();
	start_fans(fans);
	a_hub_is_gone(KILLED, 0, 1000);
	a_hub_is_gone(KILLED, 1, 1000);
	a_hub_is_gone(KILLED, 1, 1000); /* nobody is there */
	a_hub_is_gone(CUT, 0, 1000);
	a_hub_is_gone(KILLED, 1, 20000);
	printf("\n");
	end_fans(fans);
	end();
}

static void either_hub_may_freeze_and_both_in_turn(void)
{
	struct fan *fans[FLEET_EDGES];

	begin();
	start_fans(fans);
	a_hub_is_gone(FROZEN, 0, 30000); /* longer than anybody waits for it */
	a_hub_is_gone(FROZEN, 1, 1000);
	a_hub_is_gone(HELD, 0, 12000);
	a_hub_is_gone(FROZEN, 0, 12000); /* nobody is there */
	printf("\n");
	end_fans(fans);
	end();
}

/* ---- edges at different hubs ---- */

/* What the hub tells of itself in its metrics file. */
static bool has_edges(const char *hub, int n)
{
	char line[80];

	snprintf(line, sizeof(line), "\nscoreboard_cluster_edges{broker=\"hub\"} %d\n", n);
	return fleet_metrics_say(hub, line);
}

/* Metrics are written every ten seconds. Meanwhile the scoreboard has to say something, or its publisher takes it for dead. */
static bool edges_stand(int at_first, int at_second)
{
	static mono next;

	if (mono_reached(mono_now(), next)) {
		next = mono_add(mono_now(), 1000);
		CU_ASSERT(right_after(mono_now()) >= 0);
	}
	return has_edges("hub", at_first) && has_edges("hub2", at_second);
}

/* As an operator brings an edge to the other hub (docs/scaling.md, "Two hubs"). */
static void edges_may_stand_at_different_hubs(void)
{
	char port[16];

	begin();
	CU_ASSERT(WAIT_FOR(edges_stand(2, 0), 30000));
	place_write(place_temp("fleet/operator.password"), STR("pw-operator\n"));
	snprintf(port, sizeof(port), "%d", broker_port(f.hubs[0]));
	CHECK_INT(proc_run(ARGV(place_build("mosquitto-plugin/scoreboard-ctl"), "-p", port, "--password-file",
				place_temp("fleet/operator.password"), "--broker", "hub", "kick", "edge-edge2"),
			   STR(""), NULL, NULL),
		  0);
	CU_ASSERT(WAIT_FOR(edges_stand(1, 1), 30000));
	CU_ASSERT(healed_after() >= 0);
	for (int i = 0; i < 5; i++) {
		int64_t took = right_after(mono_now());

		CU_ASSERT(took >= 0 && took < patience_ms(5000));
	}
	CU_ASSERT(healed_after() >= 0);
	end();
}

/* ---- the publisher ---- */

static void a_publisher_that_comes_back_tells_both(void)
{
	begin();
	publisher_kill(f.publisher);
	broker_kill(f.hubs[1]);
	board_says(f.board, "ScoreBoard.CurrentGame.EventInfo(Location)", "\"moved\"");
	publisher_start_again(f.publisher);
	CHECK_READY(f.publisher);
	CU_ASSERT(WAIT_FOR(fleet_holds(broker_port(f.edge[1]), "scoreboard/event-info/Location", "moved"), RIGHT_MS));
	broker_start_again(f.hubs[1]);
	CU_ASSERT(healed_after() >= 0);
	end();
}

/* ---- anything, in any order ---- */

static int64_t one_round(void)
{
	enum fault what = (enum fault)chance(N_FAULTS);
	int hub = (int)chance(HUBS), edge = (int)chance(FLEET_EDGES);
	enum {
		NOTHING,
		EDGE,
		PUBLISHER,
		N_SECOND
	} second = chance(N_SECOND);
	mono from = mono_now();
	int64_t took;

	fault_break(what, hub);
	if (second == EDGE)
		broker_kill(f.edge[edge]);
	else if (second == PUBLISHER)
		publisher_kill(f.publisher);
	for (mono until = mono_add(from, chance(2) ? chance(2000) : chance(15000)); !mono_reached(mono_now(), until);
	     nap_ms(100 + chance(300)))
		recording_play(&game, chance((uint32_t)game.n_frames - 60), chance((uint32_t)game.n_frames), f.board);
	if (second == EDGE)
		broker_start_again(f.edge[edge]);
	else if (second == PUBLISHER)
		publisher_start_again(f.publisher);
	fault_heal(what, hub);
	took = healed_after();
	printf("\n    hub %d %s%s: equal after %lld ms", hub + 1, fault_names[what],
	       second == EDGE ? " and an edge killed" : (second == PUBLISHER ? " and the publisher killed" : ""), (long long)took);
	fflush(stdout);
	return took;
}

static void any_faults_of_hubs_heal_within_five_seconds(void)
{
	unsigned int rounds = place_number("SB_CLUSTER_ROUNDS", 4);
	struct fan *fans[FLEET_EDGES];

	begin();
	start_fans(fans);
	for (unsigned int i = 0; i < rounds; i++)
		CU_ASSERT(one_round() >= 0);
	printf("\n");
	end_fans(fans);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(both_hubs_and_all_edges_hold_the_same),
	UNIT(either_hub_may_end_and_both_in_turn),
	UNIT(either_hub_may_freeze_and_both_in_turn),
	UNIT(edges_may_stand_at_different_hubs),
	UNIT(a_publisher_that_comes_back_tells_both),
	UNIT(any_faults_of_hubs_heal_within_five_seconds),
	{ NULL, NULL },
};
