/* control_tree - an operator's command in a tree of brokers: a hub, two below it that have edges of their own, and between all what bridges
 * carry. Only by what door.h offers. */
#include "tests/unit/brokers.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_control_tree";

enum {
	HUB,
	MID1,
	MID2,
	EDGE1,
	EDGE2,
	EDGE3,
	N_BROKERS
};

static const struct broker_row tree[N_BROKERS] = {
	{ "hub", NO_HUB },
	{ "mid1", HUB },
	{ "mid2", HUB },
	{ "edge1", MID1 },
	{ "edge2", MID1 },
	{ "edge3", MID2 },
};

/* hub_of_hub: NO_HUB, or the tree is a circle. */
static void begin_with(int hub_of_hub)
{
	struct broker_row rows[N_BROKERS];

	memcpy(rows, tree, sizeof(rows));
	rows[HUB].hub = hub_of_hub;
	brokers_begin(rows, N_BROKERS, ALL_ASKS);
	CHECK_INT(comes(HUB, "p", "pub", "192.0.2.2"), REASON_NONE);
	for (int i = EDGE1; i <= EDGE3; i++) {
		char id[16], address[24];

		snprintf(id, sizeof(id), "v%d", i - EDGE1 + 1);
		snprintf(address, sizeof(address), "192.0.2.1%d", i - EDGE1 + 1);
		CHECK_INT(comes(i, id, NULL, address), REASON_NONE);
	}
	pass(200);
}

static void begin(void)
{
	begin_with(NO_HUB);
}

static void restart(int at)
{
	stop(at);
	disconnect_bridge(at);
	start(at, DESK_ADDRESS);
}

#define STATS "{\"command\":\"getStats\"}"
#define BANS "{\"command\":\"listBans\"}"

static void all_answer_once_wherever_one_asks(void)
{
	begin();
	for (int at = 0; at < N_BROKERS; at++) {
		for (int i = 0; i < N_BROKERS; i++)
			brokers[i].n_asked = brokers[i].n_answered = 0;
		CU_ASSERT(says(ask(at, STATS), "\"missing\":[]"));
		for (int i = 0; i < N_BROKERS; i++) {
			char member[40];

			snprintf(member, sizeof(member), "{\"broker\":\"%s\",", tree[i].name);
			CHECK_INT(count(answer_at(at), member), 1);
			CHECK_INT(brokers[i].n_asked, i != at);
			CHECK_INT(brokers[i].n_answered, i == at ? N_BROKERS - 1 : 0);
		}
	}
	CHECK_INT(n_not_understood, 0);
	brokers_end();
}

static void a_far_client_is_found_and_kicked(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, KICK("v3")), "{\"broker\":\"edge3\"},{\"broker\":\"hub\",\"error\":\"no such client\"}"));
	CU_ASSERT(says(ask(MID2, KICK("v2")), "{\"broker\":\"edge2\"},"));
	CU_ASSERT(says(ask(HUB, KICK("v1")), "{\"broker\":\"edge1\"},"));
	pass(200);
	CHECK_STR(kicked(EDGE3), "v3 ");
	CHECK_STR(kicked(EDGE2), "v2 ");
	CHECK_STR(kicked(EDGE1), "v1 ");
	CHECK_STR(ask(EDGE1, KICK("v3")), "{\"responses\":[{\"command\":\"kick\",\"error\":\"no such client\"}]}");
	brokers_end();
}

static void clients_are_one_list_wherever_one_asks(void)
{
	begin();
	for (int at = 0; at < N_BROKERS; at++) {
		const char *text = ask(at, "{\"command\":\"listClients\",\"role\":\"viewer\",\"offset\":1,\"count\":2}");

		CU_ASSERT(says(text, "\"total\":3,\"offset\":1,\"brokers\":[{\"broker\":\"edge1\",\"total\":1},{\"broker\":\"edge2\",\"total\":1},"
				     "{\"broker\":\"edge3\",\"total\":1},{\"broker\":\"hub\",\"total\":0},{\"broker\":\"mid1\",\"total\":0},"
				     "{\"broker\":\"mid2\",\"total\":0}],\"missing\":[]"));
		CU_ASSERT(says(text, "\"clients\":[{\"broker\":\"edge2\",\"client\":\"v2\","));
		CU_ASSERT(says(text, "},{\"broker\":\"edge3\",\"client\":\"v3\","));
	}
	brokers_end();
}

static void who_is_silent_is_missing(void)
{
	begin();
	brokers[MID2].frozen = true;
	CHECK_STR(ask(HUB, STATS), "");
	CHECK_STR(ask(EDGE1, STATS), "");
	pass(2100);
	for (int i = 0; i < 2; i++) {
		const char *text = answer_at(i ? EDGE1 : HUB);

		CU_ASSERT(says(text, "\"missing\":[\"mid2\"]")); /* which alone knows edge3 */
		CHECK_INT(count(text, "{\"broker\":"), 4);
	}
	CHECK_STR(ask(EDGE3, STATS), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE3), "\"missing\":[\"mid2\"]"));
	brokers[MID2].frozen = false;
	brokers[EDGE3].frozen = true;
	CHECK_STR(ask(EDGE1, STATS), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"missing\":[\"edge3\"]"));
	brokers[EDGE3].frozen = false;
	brokers[HUB].frozen = true;
	CHECK_STR(ask(EDGE1, STATS), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"missing\":[\"hub\"]"));
	CHECK_INT(count(answer_at(EDGE1), "{\"broker\":"), 3);
	brokers[HUB].frozen = false;
	CU_ASSERT(says(ask(EDGE3, STATS), "\"missing\":[]"));
	brokers_end();
}

static void a_command_may_be_for_one_far_broker(void)
{
	begin();
	for (int at = 0; at < N_BROKERS; at++) {
		CU_ASSERT(says(ask(at, "{\"command\":\"getStats\",\"broker\":\"edge3\"}"), "\"data\":{\"brokers\":[{\"broker\":\"edge3\",\"stats\":{"));
		CHECK_INT(count(answer_at(at), "{\"broker\":"), 1);
		CU_ASSERT(says(ask(at, "{\"command\":\"getStats\",\"broker\":\"hub\"}"), "\"brokers\":[{\"broker\":\"hub\","));
		CU_ASSERT(says(ask(at, "{\"command\":\"getStats\",\"broker\":\"nowhere\"}"), "\"error\":\"no such broker\""));
	}
	brokers[MID2].frozen = true;
	CHECK_STR(ask(EDGE1, "{\"command\":\"getStats\",\"broker\":\"edge3\"}"), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"error\":\"no answer from mid2\""));
	brokers[MID2].frozen = false;
	brokers_end();
}

/* ---- bans ---- */

static void a_ban_holds_everywhere_and_later(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, BAN("192.0.2.13")), "{\"broker\":\"edge3\"},"));
	CU_ASSERT(says(ask(HUB, BAN_USER("pub")), "\"missing\":[]"));
	pass(200);
	CHECK_STR(kicked(EDGE3), "v3 ");
	CHECK_INT(comes(EDGE3, "w", "pub", "192.0.2.9"), REASON_BANNED);
	CHECK_INT(comes(EDGE2, "w", "pub", "192.0.2.9"), REASON_BANNED);
	for (int at = HUB; at <= MID2; at++) /* these remember it for edges that come */
		CHECK_INT(comes(at, "w", NULL, "192.0.2.13"), REASON_NONE);
	restart(EDGE2);
	connect_bridge(EDGE2);
	pass(200);
	CHECK_INT(comes(EDGE2, "x", NULL, "192.0.2.13"), REASON_BANNED);
	CHECK_INT(comes(EDGE2, "y", "pub", "192.0.2.9"), REASON_BANNED);
	CU_ASSERT(says(ask(EDGE3, "{\"command\":\"unban\",\"user\":\"pub\"}"), "\"missing\":[]"));
	CHECK_INT(comes(EDGE2, "z", "pub", "192.0.2.9"), REASON_NONE);
	brokers_end();
}

/* It has forgotten all, and its edge is there before its hub. */
static void a_broker_between_that_starts_anew_passes_bans_on(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, BAN_USER("kim")), "\"missing\":[]"));
	restart(EDGE3);
	restart(MID2);
	connect_bridge(EDGE3);
	pass(200);
	CU_ASSERT_PTR_NULL(strstr(ask(EDGE3, BANS), "{\"broker\":\"edge3\",\"bans\":[{"));
	pass(2100);
	connect_bridge(MID2);
	pass(300);
	CU_ASSERT(says(ask(EDGE3, BANS), "{\"broker\":\"edge3\",\"bans\":[{\"user\":\"kim\","));
	CU_ASSERT(says(answer_at(EDGE3), "{\"broker\":\"mid2\",\"bans\":[{\"user\":\"kim\","));
	brokers_end();
}

/* ---- who is believed ---- */

static void only_who_asks_above_has_power_over_reserved_seats(void)
{
	begin();
	CHECK_INT(comes(EDGE1, "phone1", "pub", "192.0.2.7"), REASON_NONE);
	CHECK_INT(comes(EDGE3, "phone3", "pub", "192.0.2.7"), REASON_NONE);
	CU_ASSERT(says(ask(EDGE1, KICK("phone3")), "edge3: it has a reserved seat"));
	CU_ASSERT(says(ask(MID1, KICK("phone3")), "edge3: it has a reserved seat"));
	CU_ASSERT(says(ask(MID1, KICK("p")), "hub: it has a reserved seat"));
	CU_ASSERT(says(ask(MID1, BAN_USER("pub")), "{\"broker\":\"edge1\"},{\"broker\":\"edge2\"},{\"broker\":\"edge3\",\"error\":\"the user has a res"));
	pass(200);
	CHECK_STR(kicked(EDGE1), "phone1 "); /* a mid is the hub of its edges */
	CHECK_STR(kicked(EDGE3), "");
	CU_ASSERT(says(ask(HUB, KICK("phone3")), "{\"broker\":\"edge3\"}"));
	pass(200);
	CHECK_STR(kicked(EDGE3), "phone3 ");
	brokers_end();
}

#define ASK(from, command) "{\"ask\":\"control\",\"id\":\"1\",\"from\":\"" from "\",\"name\":\"hub\",\"hub\":\"hub\",\"by\":\"op\",\"commands\":[" command "]}"
#define ANSWER(to, at) "{\"id\":\"1\",\"to\":\"" to "\",\"at\":\"" at "\",\"broker\":\"hub\",\"responses\":[{\"data\":{}}]}"

/* Somebody has mid1: he has its edges, and elsewhere no more than an edge. */
static void a_stolen_broker_between_speaks_for_its_own_alone(void)
{
	static const char *const asks[] = { ASK("", KICK("p")), ASK("/", KICK("p")), ASK("/mid1", KICK("p")), ASK("hub", KICK("p")), ASK("mid2", KICK("p")),
					    ASK("mid2/edge3", KICK("p")), ASK("mid1/hub", KICK("p")), ASK("mid1//", KICK("p")),
					    ASK("mid1/a/b/c/d/e/f/g/h/i/j/k/l", KICK("p")) };
	static const char *const answers[] = { ANSWER("", "mid2"), ANSWER("", "mid2/edge3"), ANSWER("mid2/edge3", "/"), ANSWER("mid2/edge3", ""),
					       ANSWER("mid2/edge3", "mid2"), ANSWER("/", "mid1"), ANSWER("//", "mid1"), ANSWER("mid2/", "mid1"),
					       ANSWER("mid2/edge3", "mid1/hub") };

	begin();
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++)
		CHECK_INT(bridge_writes(MID1, "cluster/ask", asks[i]), DOOR_MESSAGE_TAKEN);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		CHECK_INT(bridge_writes(MID1, "cluster/answer", answers[i]), DOOR_MESSAGE_TAKEN);
	CHECK_INT(under_way(), 0);
	CHECK_INT(comes(EDGE3, "phone", "pub", "192.0.2.7"), REASON_NONE);
	CHECK_INT(bridge_writes(MID1, "cluster/ask", ASK("mid1/made-up", KICK("p") "," KICK("phone") "," KICK("v3"))), DOOR_MESSAGE_TAKEN);
	carry();
	pass(200);
	CHECK_STR(kicked(HUB), "");
	CHECK_STR(kicked(EDGE3), "v3 "); /* as any edge's operator could */
	brokers_end();
}

/* It has come to another hub than the true one; both are told of, and neither is taken for the other. */
static void an_edge_cannot_answer_for_one_elsewhere(void)
{
	static const char thief;
	char text[200];

	begin();
	connect_bridge_as(MID1, &thief, "edge-edge3");
	requests(HUB, KICK("v3"));
	snprintf(text, sizeof(text), "{\"id\":\"%s\",\"to\":\"/\",\"at\":\"edge3\",\"responses\":[{\"error\":\"forged\"}]}", id_under_way());
	brokers[MID2].frozen = true;
	carry();
	CHECK_INT(writes(MID1, &thief, "cluster/answer", text), DOOR_MESSAGE_TAKEN);
	carry();
	pass(2100);
	CU_ASSERT(says(answer_at(HUB), "edge3: forged") && says(answer_at(HUB), "no answer from mid2"));
	brokers[MID2].frozen = false;
	CHECK_STR(ask(HUB, KICK("v3")), "");
	pass(2100); /* the thief says nothing now */
	CU_ASSERT(says(answer_at(HUB), "{\"broker\":\"edge3\"}") && says(answer_at(HUB), "\"missing\":[\"edge3\"]"));
	CHECK_STR(kicked(EDGE3), "v3 ");
	door_gone(brokers[MID1].d, &thief);
	brokers_end();
}

/* A hub whose hub is one of its own edges: nothing goes round. */
static void a_circle_ends(void)
{
	begin_with(MID1);
	ask(EDGE1, STATS);
	CHECK_INT(under_way(), 0);
	ask(HUB, STATS);
	CHECK_INT(under_way(), 0);
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "{\"broker\":\"edge3\","));
	for (int i = 0; i < N_BROKERS; i++)
		CU_ASSERT(brokers[i].n_asked < 20);
	brokers_end();
}

const struct unit_test unit_tests[] = {
	UNIT(all_answer_once_wherever_one_asks),
	UNIT(a_far_client_is_found_and_kicked),
	UNIT(clients_are_one_list_wherever_one_asks),
	UNIT(who_is_silent_is_missing),
	UNIT(a_command_may_be_for_one_far_broker),
	UNIT(a_ban_holds_everywhere_and_later),
	UNIT(a_broker_between_that_starts_anew_passes_bans_on),
	UNIT(only_who_asks_above_has_power_over_reserved_seats),
	UNIT(a_stolen_broker_between_speaks_for_its_own_alone),
	UNIT(an_edge_cannot_answer_for_one_elsewhere),
	UNIT(a_circle_ends),
	{ NULL, NULL },
};
