/* A tree of three levels with real brokers, as conf/cluster/ ships them: a hub, two hubs below it (mid.conf), four edges below each of these.
 * What the hub holds all hold, within five seconds after anything that breaks; who watches adds up; an edge says `stale` whichever link above
 * it is down; what people say and what an operator does crosses the tree. It prints how long that takes, and what each level adds to a
 * message's way. SB_CLUSTER_ROUNDS: more random faults than by default. */
#include "tests/support/door.h"
#include "tests/support/drill.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define MIDS 2
#define EDGES_EACH 4
#define EDGES (MIDS * EDGES_EACH)

const char *const unit_name = "cluster_tree";

static struct fleet f; /* of it: board, publisher, hub */
static struct broker *mid[MIDS], *edge[EDGES];
static struct relay *trunk[MIDS]; /* between the hub and each mid */
static struct relay *twig;        /* between a mid and the first edge */
static struct recording game;

/* spare_mids: an edge knows the other mid, too, and goes there when its own is of no use. */
static void plant(bool spare_mids)
{
	char name[16];

	f = (struct fleet){ .ws_port = 0 };
	fleet_files();
	f.hub = fleet_start_hub(0);
	for (int i = 0; i < MIDS; i++) {
		snprintf(name, sizeof(name), "mid%d", i + 1);
		trunk[i] = relay_start(broker_port(f.hub));
		mid[i] = fleet_start_member("conf/cluster/mid.conf", name, (const int[FLEET_HUBS_MAX]){ relay_port(trunk[i]) });
	}
	twig = relay_start(broker_port(mid[0]));
	for (int i = 0; i < EDGES; i++) {
		snprintf(name, sizeof(name), "edge%d", i + 1);
		edge[i] = fleet_start_member("conf/cluster/edge.conf", name,
					     (const int[FLEET_HUBS_MAX]){ i ? broker_port(mid[i / EDGES_EACH]) : relay_port(twig),
									  spare_mids ? broker_port(mid[1 - i / EDGES_EACH]) : 0 });
	}
	fleet_start_publisher(&f);
}

static void fell(void)
{
	publisher_free(f.publisher);
	for (int i = 0; i < EDGES; i++)
		door_stop(edge[i]);
	relay_free(twig);
	for (int i = 0; i < MIDS; i++) {
		door_stop(mid[i]);
		relay_free(trunk[i]);
	}
	door_stop(f.hub);
	board_free(f.board);
	mapping_free(&f.mapping);
}

/* Is the hub right, and all others like it? */
static bool all_equal(struct fleet *fleet, bool print)
{
	TREE_CLEANUP struct tree hub = { NULL };
	bool ok = fleet_tree(broker_port(fleet->hub), &hub) && fleet_hub_is_right(fleet, &hub, print);
	char name[16];

	for (int i = 0; (ok || print) && i < MIDS + EDGES; i++) {
		snprintf(name, sizeof(name), i < MIDS ? "mid %d" : "edge %d", i < MIDS ? i + 1 : i - MIDS + 1);
		ok &= fleet_port_is_like(name, broker_port(i < MIDS ? mid[i] : edge[i - MIDS]), &hub, print);
	}
	return ok;
}

/* ---- what can break ---- */

enum fault {
	HUB_KILLED,
	HUB_FROZEN,
	MID_KILLED,
	MID_FROZEN,
	EDGE_KILLED,
	EDGE_FROZEN,
	TRUNK_CUT,
	TRUNK_HELD,
	TWIG_CUT,
	TWIG_HELD,
	PUBLISHER_KILLED,
	N_FAULTS,
};

static const char *const fault_names[] = { "hub killed", "hub frozen", "mid killed", "mid frozen", "edge killed", "edge frozen",
					   "trunk cut", "trunk held", "twig cut", "twig held", "publisher killed" };

static struct broker *whose(int what, int which)
{
	return what <= HUB_FROZEN ? f.hub : what <= MID_FROZEN ? mid[which]
							       : edge[which * EDGES_EACH];
}

static void fault_break(int what, int which)
{
	if (what == PUBLISHER_KILLED)
		publisher_kill(f.publisher);
	else if (what >= TRUNK_CUT)
		relay_set(what >= TWIG_CUT ? twig : trunk[which], what % 2 ? RELAY_HOLD : RELAY_CUT);
	else if (what % 2)
		broker_freeze(whose(what, which));
	else
		broker_kill(whose(what, which));
}

static void fault_heal(int what, int which)
{
	if (what == PUBLISHER_KILLED)
		publisher_start_again(f.publisher);
	else if (what >= TRUNK_CUT)
		relay_set(what >= TWIG_CUT ? twig : trunk[which], RELAY_PASS);
	else if (what % 2)
		broker_thaw(whose(what, which));
	else
		broker_start_again(whose(what, which));
}

static const struct drill drill = {
	.fleet = &f,
	.game = &game,
	.equal = all_equal,
	.fault_names = fault_names,
	.n_faults = N_FAULTS,
	.n_places = MIDS,
	.fault_break = fault_break,
	.fault_heal = fault_heal,
};

static int64_t healed_after(void)
{
	return drill_healed_after(&drill);
}

static bool status_is(struct broker *b, const char *state)
{
	return fleet_status_is(broker_port(b), state);
}

static void begin_with(bool spare_mids)
{
	plant(spare_mids);
	recording_load(&game, recording_path());
	recording_play(&game, 0, game.n_frames / 2, f.board);
	CHECK_READY(f.publisher);
	CU_ASSERT(WAIT_FOR(status_is(edge[0], "live") && status_is(edge[EDGES - 1], "live"), 10000));
	CU_ASSERT(healed_after() >= 0);
}

static void begin(void)
{
	begin_with(false);
}

static void end(void)
{
	recording_free(&game);
	fell();
}

static void what_the_hub_holds_all_hold(void)
{
	begin();
	recording_play(&game, game.n_frames / 2, game.n_frames, f.board);
	CU_ASSERT(healed_after() >= 0);
	end();
}

/* ---- the way of a message ---- */

#define ROUNDS 100

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* From the write at the hub to the arrival at this broker's client, one at a time. */
static void time_the_way(const char *level, struct broker *to)
{
	struct dc *writer = door_enter(f.hub, "writer", "operator"), *reader = door_enter(to, "reader", "operator");
	uint64_t us[ROUNDS];

	CHECK_INT(dc_subscribe(reader, "scoreboard/crew/way"), 0);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from = mono_now_ns();

		dc_publish_qos0(writer, "scoreboard/crew/way", STR("x"), false);
		CU_ASSERT_FATAL(dc_expect(reader, "scoreboard/crew/way", "x", 5000));
		us[i] = (mono_now_ns() - from) / 1000;
		nap_ms(5);
	}
	qsort(us, ROUNDS, sizeof(us[0]), by_size);
	printf("\n    from the hub to a client of %s: median %.2f ms, worst %.2f ms of %d", level, (double)us[ROUNDS / 2] / 1000,
	       (double)us[ROUNDS - 1] / 1000, ROUNDS);
	dc_leave(reader);
	dc_leave(writer);
}

static void a_message_takes_its_way_down_the_tree(void)
{
	begin();
	time_the_way("the hub", f.hub);
	time_the_way("a mid", mid[1]);
	time_the_way("an edge", edge[EDGES - 1]);
	printf("\n");
	end();
}

/* ---- what breaks ---- */

static void what_vanishes_meanwhile_is_gone_five_seconds_after(void)
{
	begin();
	drill_vanish(&drill, TRUNK_CUT, 50);
	drill_vanish(&drill, TRUNK_CUT, 9000);
	drill_vanish(&drill, TRUNK_HELD, 12000);
	drill_vanish(&drill, TWIG_CUT, 9000);
	drill_vanish(&drill, MID_KILLED, 500);
	drill_vanish(&drill, MID_KILLED, 9000);
	drill_vanish(&drill, MID_FROZEN, 12000);
	drill_vanish(&drill, HUB_KILLED, 3000);
	drill_vanish(&drill, HUB_FROZEN, 9000);
	printf("\n");
	end();
}

static void edges_below_a_broken_link_say_so(enum fault what)
{
	mono from = mono_now();
	bool said;

	fault_break(what, 0);
	said = WAIT_FOR(status_is(edge[0], "stale") && status_is(edge[1], "stale"), 10000);
	printf("\n    %s: stale after %lld ms", fault_names[what], (long long)mono_diff(mono_now(), from));
	CU_ASSERT(said);
	CU_ASSERT(status_is(edge[EDGES - 1], "live"));
	fault_heal(what, 0);
	from = mono_now();
	CU_ASSERT(WAIT_FOR(status_is(edge[0], "live") && status_is(edge[1], "live"), HEAL_MS));
	printf(", live again after %lld ms", (long long)mono_diff(mono_now(), from));
	fflush(stdout);
	CU_ASSERT(healed_after() >= 0);
}

static void edges_say_so_when_the_mid_s_link_is_down_or_the_mid_itself(void)
{
	begin();
	edges_below_a_broken_link_say_so(TRUNK_CUT);
	edges_below_a_broken_link_say_so(TRUNK_HELD);
	edges_below_a_broken_link_say_so(MID_KILLED);
	edges_below_a_broken_link_say_so(MID_FROZEN);
	printf("\n");
	end();
}

/* Do all four edges of the first mid say what the board says now? */
static bool they_know(const char *value)
{
	for (int i = 0; i < EDGES_EACH; i++)
		if (!fleet_holds(broker_port(edge[i]), "scoreboard/event-info/Tournament", value))
			return false;
	return true;
}

/* which: the mid that they are at. */
static void edges_go_to_the_other_mid_when(enum fault what, int which, const char *value)
{
	char json[40];
	mono from;

	fault_break(what, which);
	snprintf(json, sizeof(json), "\"%s\"", value);
	board_says(f.board, "ScoreBoard.CurrentGame.EventInfo(Tournament)", json);
	from = mono_now();
	CU_ASSERT(WAIT_FOR(they_know(value), 10000));
	printf("\n    %s: all its edges have the news after %lld ms", fault_names[what], (long long)mono_diff(mono_now(), from));
	CU_ASSERT(WAIT_FOR(status_is(edge[1], "live"), HEAL_MS));
	fault_heal(what, which);
	from = mono_now();
	CU_ASSERT(healed_after() >= 0);
	printf(", all equal %lld ms after it was back", (long long)mono_diff(mono_now(), from));
	fflush(stdout);
}

static void edges_with_two_mids_lose_neither_for_long(void)
{
	begin_with(true);
	edges_go_to_the_other_mid_when(MID_KILLED, 0, "one");
	edges_go_to_the_other_mid_when(TRUNK_CUT, 1, "two"); /* they have stayed where they are */
	edges_go_to_the_other_mid_when(MID_FROZEN, 0, "three");
	printf("\n");
	end();
}

static void any_faults_in_any_order_heal_within_five_seconds(void)
{
	struct fan *fans[EDGES];

	begin();
	for (int i = 0; i < EDGES; i++)
		fans[i] = fan_start(broker_port(edge[i]));
	drill_rounds(&drill);
	for (int i = 0; i < EDGES; i++)
		fan_end(fans[i], false);
	end();
}

/* ---- presence ---- */

static bool counts(struct broker *b, const char *key, const char *value)
{
	return fleet_counts(broker_port(b), key, value);
}

static bool all_count(const char *key, const char *value)
{
	bool same = counts(f.hub, key, value);

	for (int i = 0; same && i < MIDS; i++)
		same = counts(mid[i], key, value);
	for (int i = 0; same && i < EDGES; i++)
		same = counts(edge[i], key, value);
	return same;
}

#define CHECK_COUNT(what, value, ms) \
	do { \
		mono from_ = mono_now(); \
\
		CU_ASSERT(WAIT_FOR(all_count("view/spectator", value), ms)); \
		printf("\n    " what ": right everywhere after %lld ms", (long long)mono_diff(mono_now(), from_)); \
		fflush(stdout); \
	} while (0)

static struct dc *watcher(struct broker *b)
{
	int code;
	struct dc *c = dc_connect(broker_port(b), false, NULL, &(struct dc_login){ .id = "" }, &code);

	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(c, "scoreboard/feed/spectator/delta"), 0);
	return c;
}

static void who_watches_adds_up_over_the_tree(void)
{
	struct dc *c[EDGES];

	begin();
	for (int i = 0; i < EDGES; i++)
		c[i] = watcher(edge[i]);
	CHECK_COUNT("a viewer at each of eight edges", "8", HEAL_MS);
	CU_ASSERT(WAIT_FOR(all_count("role/bridge", "10"), HEAL_MS));
	CU_ASSERT(WAIT_FOR(fleet_metrics_say("hub", "\nscoreboard_cluster_edges{broker=\"hub\"} 2\n"), 15000));
	CU_ASSERT(WAIT_FOR(fleet_metrics_say("mid1", "\nscoreboard_cluster_edges{broker=\"mid1\"} 4\n"), 15000));
	CU_ASSERT(fleet_metrics_say("mid1", "\nscoreboard_cluster_connections{broker=\"mid1\",edge=\"edge1\"} "));

	dc_leave(c[EDGES - 1]);
	CHECK_COUNT("one left", "7", HEAL_MS);
	broker_kill(mid[1]); /* what its edges have told goes with it; they keep the last sum */
	CU_ASSERT(WAIT_FOR(counts(f.hub, "view/spectator", "4") && counts(edge[0], "view/spectator", "4"), HEAL_MS));
	CU_ASSERT(counts(edge[EDGES - 1], "view/spectator", "7"));
	broker_start_again(mid[1]);
	CHECK_COUNT("a mid was killed and is back", "7", 10000);
	broker_restart(f.hub);
	CHECK_COUNT("the hub has started again", "7", 12000);
	broker_kill(edge[0]);
	CU_ASSERT(WAIT_FOR(counts(edge[EDGES - 1], "view/spectator", "6"), HEAL_MS));
	broker_start_again(edge[0]);
	CHECK_COUNT("an edge was killed, and is back without its viewer", "6", 10000);
	dc_drop(c[0]);
	for (int i = 1; i < EDGES - 1; i++)
		dc_leave(c[i]);
	CHECK_COUNT("all left", "", HEAL_MS);
	printf("\n");
	end();
}

/* ---- people, operators ---- */

static bool hears_once(struct dc *c, const char *topic, const char *text)
{
	return dc_expect(c, topic, text, 5000) && !dc_expect(c, topic, text, 300);
}

static bool may_write(struct dc *c, const char *topic)
{
	return dc_publish(c, topic, STR("x"), false) < 0x80;
}

static void what_is_said_and_done_crosses_the_tree(void)
{
	static const char *const topic = "rooms/match:42/say/crew", *const own[] = { "a", "b", "c", "d" };
	BUF_CLEANUP struct buf answer = { 0 };
	struct broker *at[4];
	struct dc *c[4], *op;

	begin();
	at[0] = edge[0];
	at[1] = edge[1];
	at[2] = edge[EDGES - 1];
	at[3] = f.hub;
	for (int i = 0; i < 4; i++) {
		c[i] = door_enter(at[i], own[i], "crew");
		CHECK_INT(dc_subscribe(c[i], "rooms/match:42/#"), 0);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_INT(dc_publish(c[i], topic, str_of(own[i]), false), 0);
		for (int k = 0; k < 4; k++)
			CU_ASSERT(hears_once(c[k], topic, own[i]));
	}
	CHECK_INT(dc_publish(c[0], "scoreboard/show/screen", STR("1"), true), 0);
	CU_ASSERT(healed_after() >= 0);
	op = door_enter(edge[0], "desk", "operator");
	CU_ASSERT(door_control(op, "{\"commands\":[{\"command\":\"closeRoom\",\"room\":\"match:42\",\"seconds\":600}]}", &answer));
	for (int k = 0; k < 4; k++) {
		CU_ASSERT(hears_once(c[k], "rooms/match:42/presence", "{\"closed\":true,\"by\":\"operator\",\"seconds\":600}"));
		CU_ASSERT_FALSE(may_write(c[k], topic));
	}
	CU_ASSERT(door_control(op, "{\"commands\":[{\"command\":\"openRoom\",\"room\":\"match:42\"}]}", &answer));
	for (int k = 0; k < 4; k++)
		CU_ASSERT(WAIT_FOR(may_write(c[k], topic), 5000));
	CU_ASSERT(door_control(op, "{\"commands\":[{\"command\":\"notice\",\"text\":\"Track 2 starts\",\"seconds\":600}]}", &answer));
	CHECK_INT(dc_subscribe(c[2], "scoreboard/notice"), 0);
	CU_ASSERT(dc_expect(c[2], "scoreboard/notice", NULL, 5000));
	for (int i = 0; i < 4; i++)
		dc_leave(c[i]);
	dc_leave(op);
	end();
}

static struct broker *member(int i)
{
	return i < 1 ? f.hub : i <= MIDS ? mid[i - 1]
					 : edge[i - MIDS - 1];
}

#define MEMBERS (1 + MIDS + EDGES)

static const char *const names[MEMBERS] = { "hub", "mid1", "mid2", "edge1", "edge2", "edge3", "edge4", "edge5", "edge6", "edge7", "edge8" };

/* The answer to an operator who asks here; false: there is none. */
static bool ask_at(struct broker *b, const char *command, struct buf *answer)
{
	struct dc *op = door_enter(b, "asker", "operator");
	BUF_CLEANUP struct buf request = { 0 };
	bool there;

	buf_printf(&request, "{\"commands\":[%s]}", command);
	buf_clear(answer);
	there = door_control(op, request.p, answer);
	dc_leave(op);
	return there;
}

static bool all_answer_at(struct broker *b)
{
	BUF_CLEANUP struct buf answer = { 0 };
	bool good = ask_at(b, "{\"command\":\"getStats\"}", &answer) && strstr(answer.p, "\"missing\":[]");

	for (int i = 0; good && i < MEMBERS; i++) {
		char part[40];

		snprintf(part, sizeof(part), "{\"broker\":\"%s\",", names[i]);
		good = strstr(answer.p, part) && !strstr(strstr(answer.p, part) + 1, part);
	}
	return good;
}

static bool says(const struct buf *answer, const char *part)
{
	bool found = answer->len && strstr(answer->p, part) != NULL;

	if (!found)
		printf("\n    \"%s\" is not in %.3000s\n", part, answer->p ? answer->p : "");
	return found;
}

static unsigned int not_understood(void)
{
	unsigned int n = 0;

	for (int i = 0; i < MEMBERS; i++)
		n += proc_count_lines(broker_proc(member(i)), 0, "not understood");
	return n;
}

/* One at each of the eleven brokers; whoever asks sees them all, and the last one of the list is at the last broker. */
static void check_clients_are_listed_at(struct broker *b)
{
	BUF_CLEANUP struct buf answer = { 0 };
	char row[60];

	CU_ASSERT(ask_at(b, "{\"command\":\"listClients\",\"role\":\"crew\"}", &answer));
	CU_ASSERT(says(&answer, "\"total\":11,") && says(&answer, "\"missing\":[]"));
	for (int i = 0; i < MEMBERS; i++) {
		snprintf(row, sizeof(row), "{\"broker\":\"%s\",\"client\":\"at-%s\",", names[i], names[i]);
		CU_ASSERT(says(&answer, row));
	}
	CU_ASSERT(ask_at(b, "{\"command\":\"listClients\",\"role\":\"crew\",\"offset\":7,\"count\":1}", &answer));
	CU_ASSERT(says(&answer, "\"clients\":[{\"broker\":\"edge8\",\"client\":\"at-edge8\","));
}

static void check_kick(struct broker *from, struct broker *at, const char *id)
{
	BUF_CLEANUP struct buf answer = { 0 };
	char command[80];
	int code;
	struct dc *viewer = dc_connect(broker_port(at), false, NULL, &(struct dc_login){ .id = id }, &code);

	snprintf(command, sizeof(command), "{\"command\":\"kick\",\"client\":\"%s\"}", id);
	CU_ASSERT(ask_at(from, command, &answer) && says(&answer, "\"missing\":[]"));
	CU_ASSERT(dc_wait_end(viewer, 5000) != DC_SILENT);
	dc_drop(viewer);
}

static bool may_come(struct broker *b, const char *user)
{
	BUF_CLEANUP struct buf password = { 0 };
	int code;
	struct dc *c;

	buf_printf(&password, "pw-%s", user);
	c = dc_connect(broker_port(b), false, NULL, &(struct dc_login){ .id = "comer", .user = user, .password = password.p }, &code);
	dc_drop(c);
	return code == 0;
}

/* The ban at the top is of a user with a reserved seat; an edge's operator lifts it. */
static void check_ban(void)
{
	BUF_CLEANUP struct buf answer = { 0 };

	CU_ASSERT(ask_at(f.hub, "{\"command\":\"ban\",\"user\":\"monitor\",\"seconds\":600}", &answer) && says(&answer, "\"missing\":[]"));
	for (int i = 0; i < MEMBERS; i++)
		CU_ASSERT_FALSE(may_come(member(i), "monitor"));
	broker_restart(edge[0]);
	CU_ASSERT(WAIT_FOR(!may_come(edge[0], "monitor"), 15000));
	CU_ASSERT(WAIT_FOR(all_answer_at(edge[0]), 10000));
	CU_ASSERT(ask_at(edge[EDGES - 1], "{\"command\":\"unban\",\"user\":\"monitor\"}", &answer) && says(&answer, "\"missing\":[]"));
	for (int i = 0; i < MEMBERS; i++)
		CU_ASSERT(may_come(member(i), "monitor"));
	CU_ASSERT(ask_at(edge[0], "{\"command\":\"ban\",\"user\":\"monitor\",\"seconds\":600}", &answer));
	CU_ASSERT(says(&answer, "{\"broker\":\"edge8\",\"error\":\"the user has a reserved seat"));
	CU_ASSERT(may_come(edge[EDGES - 1], "monitor") && may_come(f.hub, "monitor"));
}

static void check_who_is_frozen_is_missing(struct broker *asked)
{
	BUF_CLEANUP struct buf answer = { 0 };
	mono from = mono_now();
	int64_t ms;

	CU_ASSERT(ask_at(asked, "{\"command\":\"getStats\"}", &answer));
	ms = mono_diff(mono_now(), from);
	printf("\n    a mid is frozen: the answer comes after %lld ms", (long long)ms);
	CU_ASSERT(ms >= 1500 && ms < 3000);
	CU_ASSERT(says(&answer, "\"missing\":[\"mid2\"]"));
	CU_ASSERT(says(&answer, "{\"broker\":\"edge4\",\"stats\":") && says(&answer, "{\"broker\":\"hub\",\"stats\":"));
}

static void an_operator_reaches_all_brokers_from_any(void)
{
	BUF_CLEANUP struct buf answer = { 0 };
	struct dc *c[MEMBERS];
	char id[20];

	begin();
	for (int i = 0; i < MEMBERS; i++)
		CU_ASSERT(WAIT_FOR(all_answer_at(member(i)), 10000));
	CU_ASSERT(ask_at(f.hub, "{\"command\":\"getHistory\"}", &answer));
	CU_ASSERT(says(&answer, "{\"broker\":\"mid1\",\"part\":\"mid\"") && says(&answer, "{\"broker\":\"edge8\",\"part\":\"edge\""));
	for (int i = 0; i < MEMBERS; i++) {
		snprintf(id, sizeof(id), "at-%s", names[i]);
		c[i] = door_enter(member(i), id, "crew");
	}
	check_clients_are_listed_at(f.hub);
	check_clients_are_listed_at(mid[1]);
	check_clients_are_listed_at(edge[0]);
	check_kick(edge[0], edge[EDGES - 1], "v-far");
	check_kick(mid[1], edge[1], "v-other");
	check_kick(f.hub, edge[2], "v-below");
	check_ban();
	CHECK_INT(not_understood(), 0);
	broker_freeze(mid[1]);
	check_who_is_frozen_is_missing(edge[1]);
	check_who_is_frozen_is_missing(f.hub);
	broker_thaw(mid[1]);
	CU_ASSERT(WAIT_FOR(all_answer_at(f.hub) && all_answer_at(edge[EDGES - 1]), 15000));
	for (int i = 0; i < MEMBERS; i++)
		dc_drop(c[i]);
	printf("\n");
	end();
}

/* What somebody can do who has the bridge's password, at the mid: his commands go further now, his power does not. */
static void a_stolen_bridge_below_a_mid_has_no_power_over_reserved_seats(void)
{
	static const char ask_text[] = "{\"ask\":\"control\",\"id\":\"ab\",\"from\":\"%s\",\"name\":\"hub\",\"hub\":\"hub\",\"by\":\"operator\",\"commands\":["
				       "{\"command\":\"kick\",\"client\":\"desk\"},{\"command\":\"ban\",\"user\":\"publisher\"}]}";
	static const char *const from[] = { "/", "//", "", "mid1", "edge1", "/mid2", "edge9/hub", "edge9/mid1", "edge9" };
	BUF_CLEANUP struct buf answer = { 0 };
	struct dc *eve, *desk[2];
	char text[500];

	begin();
	desk[0] = door_enter(f.hub, "desk", "operator");
	desk[1] = door_enter(edge[EDGES - 1], "desk", "operator");
	CU_ASSERT(WAIT_FOR(all_answer_at(f.hub), 10000));
	eve = door_enter(mid[0], "edge-edge9", "bridge");
	CHECK_INT(dc_subscribe(eve, "cluster/#"), 0);
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		snprintf(text, sizeof(text), ask_text, from[i]);
		CU_ASSERT(dc_publish(eve, "cluster/ask", str_of(text), false) < 0x80);
	}
	CU_ASSERT(dc_expect(eve, "cluster/answer", NULL, 5000)); /* the last one was its own place: answered, and refused, everywhere */
	CHECK_INT(WAIT_FOR(proc_count_lines(broker_proc(edge[EDGES - 1]), 0, "control  broker=edge9 user=operator command=ban") == 1, 5000), true);
	CHECK_INT(proc_count_lines(broker_proc(f.hub), 0, "control  broker="), 2);
	CU_ASSERT(ask_at(f.hub, "{\"command\":\"listBans\"}", &answer));
	CU_ASSERT_PTR_NULL(strstr(answer.p ? answer.p : "", "publisher"));
	for (int i = 0; i < 2; i++) {
		CHECK_INT(dc_wait_end(desk[i], 300), DC_SILENT); /* still there */
		dc_leave(desk[i]);
	}
	dc_drop(eve);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(what_the_hub_holds_all_hold),
	UNIT(a_message_takes_its_way_down_the_tree),
	UNIT(what_vanishes_meanwhile_is_gone_five_seconds_after),
	UNIT(edges_say_so_when_the_mid_s_link_is_down_or_the_mid_itself),
	UNIT(edges_with_two_mids_lose_neither_for_long),
	UNIT(any_faults_in_any_order_heal_within_five_seconds),
	UNIT(who_watches_adds_up_over_the_tree),
	UNIT(what_is_said_and_done_crosses_the_tree),
	UNIT(an_operator_reaches_all_brokers_from_any),
	UNIT(a_stolen_bridge_below_a_mid_has_no_power_over_reserved_seats),
	{ NULL, NULL },
};
