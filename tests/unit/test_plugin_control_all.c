/* control_all - an operator's command at a hub and two edges: three doors, and between them what bridges carry. Only by what door.h offers. */
#include "tests/unit/brokers.h"
#include "tests/unit/unit.h"

#include <stdio.h>

enum {
	EDGE1,
	EDGE2,
	HUB,
	N_BROKERS
};

static void begin_with(const char *edges_may_ask)
{
	static const struct broker_row tree[N_BROKERS] = { { "edge1", HUB }, { "edge2", HUB }, { "hub", NO_HUB } };

	brokers_begin(tree, N_BROKERS, edges_may_ask);
	CHECK_INT(comes(HUB, "p", "pub", "192.0.2.2"), REASON_NONE);
	CHECK_INT(comes(EDGE1, "c", NULL, "192.0.2.11"), REASON_NONE);
	CHECK_INT(comes(EDGE1, "a", NULL, "192.0.2.12"), REASON_NONE);
	CHECK_INT(comes(EDGE2, "b", NULL, "127.0.0.1"), REASON_NONE);
	CHECK_INT(comes(EDGE2, "d", NULL, "127.0.0.1"), REASON_NONE);
	pass(200);
}

static void begin(void)
{
	begin_with(ALL_ASKS);
}

static void a_kick_reaches_whoever_has_the_client(void)
{
	begin();
	CHECK_STR(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"b\",\"correlationData\":\"7\"}"),
		  "{\"responses\":[{\"command\":\"kick\",\"correlationData\":\"7\",\"data\":{\"brokers\":[{\"broker\":\"edge1\",\"error\":\"no such client\"},"
		  "{\"broker\":\"edge2\"},{\"broker\":\"hub\",\"error\":\"no such client\"}],\"missing\":[]}}]}");
	pass(200);
	CHECK_STR(kicked(EDGE2), "b ");
	CU_ASSERT(says(ask(HUB, KICK("a")), "{\"broker\":\"edge1\"},{\"broker\":\"edge2\",\"error\":"));
	pass(200);
	CHECK_STR(kicked(EDGE1), "a ");
	CHECK_STR(ask(EDGE2, KICK("a")), "{\"responses\":[{\"command\":\"kick\",\"error\":\"no such client\"}]}");
	CU_ASSERT(says(ask(EDGE2, "{\"command\":\"kick\"}"), "\"error\":\"which client?\""));
	brokers_end();
}

static void clients_are_one_list_in_pages(void)
{
	static const struct {
		int offset, count;
		unsigned n;
		const char *rows[8];
	} pages[] = {
		{ 0, 100, 10, { "edge1 a", "edge1 c", "edge1 desk", "edge2 b", "edge2 d", "edge2 desk", "hub desk" } },
		{ 1, 3, 3, { "edge1 c", "edge1 desk", "edge2 b" } },
		{ 3, 1, 1, { "edge2 b" } },
		{ 5, 1, 1, { "edge2 desk" } },
		{ 6, 2, 2, { "hub desk", "hub edge-edge1" } },
		{ 9, 5, 1, { "hub p" } },
		{ 10, 5, 0, { NULL } },
	};

	begin();
	for (int at = 0; at < N_BROKERS; at++) {
		for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
			char command[100];
			const char *text;

			snprintf(command, sizeof(command), "{\"command\":\"listClients\",\"offset\":%d,\"count\":%d}", pages[i].offset, pages[i].count);
			text = ask(at, command);
			CU_ASSERT(says(text, "\"total\":10,"));
			CU_ASSERT(says(text, "{\"broker\":\"edge1\",\"total\":3},{\"broker\":\"edge2\",\"total\":3},{\"broker\":\"hub\",\"total\":4}"));
			for (size_t k = 0; pages[i].rows[k]; k++) {
				char row[100], broker[20], id[20];

				sscanf(pages[i].rows[k], "%19s %19s", broker, id);
				snprintf(row, sizeof(row), "{\"broker\":\"%s\",\"client\":\"%s\",", broker, id);
				CU_ASSERT(says(text, row));
				text = strstr(text, row) ? strstr(text, row) + 1 : text; /* and in this order */
			}
			CHECK_INT(count(answer_at(at), "\"transport\""), pages[i].n);
		}
	}
	CU_ASSERT(says(ask(EDGE2, "{\"command\":\"listClients\",\"role\":\"pub\"}"), "\"clients\":[{\"broker\":\"hub\",\"client\":\"p\","));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"address\":\"192.0.2.12\"}"), "\"clients\":[{\"broker\":\"edge1\",\"client\":\"a\","));
	CU_ASSERT(says(answer_at(HUB), "\"total\":1,"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"address\":\"127.0.0.1\"}"), "\"total\":2,"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"address\":\"x\"}"), "\"error\":\"not an address\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"listClients\",\"count\":0}"), "bad offset or count"));
	brokers_end();
}

static void who_does_not_answer_is_missing(void)
{
	begin();
	brokers[EDGE2].frozen = true;
	CHECK_STR(ask(EDGE1, "{\"command\":\"getStats\"}"), "");
	pass(1900);
	CHECK_STR(answer_at(EDGE1), "");
	pass(200);
	CU_ASSERT(says(answer_at(EDGE1), "{\"broker\":\"edge1\",\"stats\":{\"connections/viewer\":2,"));
	CU_ASSERT(says(answer_at(EDGE1), "{\"broker\":\"hub\",\"stats\":{"));
	CU_ASSERT(says(answer_at(EDGE1), "\"missing\":[\"edge2\"]"));
	CHECK_STR(ask(HUB, "{\"command\":\"listClients\"}"), "");
	pass(1100); /* the others have been asked for their rows then */
	CU_ASSERT(says(answer_at(HUB), "\"total\":7,") && says(answer_at(HUB), "\"missing\":[\"edge2\"]"));
	brokers[HUB].frozen = true;
	CHECK_STR(ask(EDGE1, KICK("a")), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"brokers\":[{\"broker\":\"edge1\"}],\"missing\":[\"hub\"]"));
	CHECK_STR(kicked(EDGE1), "a ");
	CHECK_STR(ask(EDGE1, KICK("nobody")), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"error\":\"no such client; no answer from hub\""));
	brokers[HUB].frozen = brokers[EDGE2].frozen = false;
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getStats\"}"), "\"missing\":[]"));
	CU_ASSERT(says(answer_at(EDGE1), "\"answers_missing\":3,"));
	brokers_end();
}

static void a_command_may_be_for_one_broker(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getStats\",\"broker\":\"edge2\"}"), "\"data\":{\"brokers\":[{\"broker\":\"edge2\",\"stats\":{"));
	CU_ASSERT_PTR_NULL(strstr(answer_at(EDGE1), "\"broker\":\"hub\""));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"broker\":\"edge1\",\"offset\":1}"), "\"clients\":[{\"broker\":\"edge1\",\"client\":\"c\""));
	CU_ASSERT(says(answer_at(HUB), "\"total\":3,\"offset\":1,\"brokers\":[{\"broker\":\"edge1\",\"total\":3}],\"missing\":[]"));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"b\",\"broker\":\"hub\"}"), "\"error\":\"no such client\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"a\",\"broker\":\"edge9\"}"), "\"error\":\"no such broker\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"a\",\"broker\":7}"), "\"error\":\"which broker?\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getLimits\",\"broker\":\"hub\"}"), "ask that one itself"));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getLimits\",\"broker\":\"edge1\"},{\"command\":\"getStats\",\"broker\":\"edge1\"}"),
		       "\"limits\":{"));
	CU_ASSERT(says(answer_at(EDGE1), "{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"edge1\""));
	brokers[HUB].frozen = true; /* who is asked alone answers alone */
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"a\",\"broker\":\"edge1\"}"), "\"brokers\":[{\"broker\":\"edge1\"}],\"missing\":[]"));
	brokers[HUB].frozen = false;
	brokers_end();
}

static void responses_keep_the_order_of_the_commands(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getLimits\"}," KICK("a") ",{\"command\":\"dance\"},{\"command\":\"listClients\",\"count\":1}"),
		       "{\"responses\":[{\"command\":\"getLimits\",\"data\":{\"limits\":"));
	CU_ASSERT(says(answer_at(EDGE1), "}},{\"command\":\"kick\",\"data\":{\"brokers\":[{\"broker\":\"edge1\"},"));
	CU_ASSERT(says(answer_at(EDGE1), "{\"command\":\"dance\",\"error\":\"unknown command\"},{\"command\":\"listClients\",\"data\":"));
	brokers_end();
}

/* ---- bans ---- */

static void a_ban_acts_where_the_address_is_known(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE2, BAN("192.0.2.11")), "{\"broker\":\"edge1\"},{\"broker\":\"edge2\"},{\"broker\":\"hub\",\"error\":\"nobody has come"));
	pass(200);
	CHECK_STR(kicked(EDGE1), "c ");
	CHECK_INT(comes(EDGE1, "c2", NULL, "192.0.2.11"), REASON_BANNED);
	CHECK_INT(comes(HUB, "h", NULL, "192.0.2.11"), REASON_NONE); /* remembered there for others */
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listBans\"}"), "{\"broker\":\"hub\",\"bans\":[{\"address\":\"192.0.2.11\","));
	CU_ASSERT(says(ask(HUB, BAN("127.0.0.1")), "\"error\":\"it is a proxy"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"unban\",\"address\":\"192.0.2.11\"}"), "\"data\""));
	CHECK_INT(comes(EDGE1, "c3", NULL, "192.0.2.11"), REASON_NONE);
	CU_ASSERT(says(ask(HUB, "{\"command\":\"unban\",\"address\":\"192.0.2.11\"}"), "\"error\":\"not banned\""));
	brokers_end();
}

static void a_ban_that_acts_nowhere_is_refused(void)
{
	begin();
	/* everybody comes to the edges through a proxy, and nobody to the hub but the edges and the publisher */
	for (int i = EDGE1; i <= EDGE2; i++) {
		stop(i);
		start(i, "127.0.0.1");
		CU_ASSERT(i == EDGE2 || says(ask(i, BAN("198.51.100.9")), "{\"broker\":\"edge1\"}")); /* nobody has come yet, so who knows? */
		CHECK_INT(comes(i, "v", NULL, "127.0.0.1"), REASON_NONE);
	}
	for (int i = EDGE1; i <= HUB; i++) {
		CU_ASSERT(says(ask(i, BAN("198.51.100.7")), "\"error\":\"edge1, edge2: everybody comes through a proxy, so this broker does not"));
		CU_ASSERT(says(answer_at(i), "; hub: nobody has come to this broker from there\""));
		CU_ASSERT_PTR_NULL(strstr(ask(i, "{\"command\":\"listBans\"}"), "198.51.100.7"));
	}
	brokers_end();
}

static void bans_of_a_user_hold_everywhere_and_reach_who_comes_later(void)
{
	begin();
	CHECK_INT(comes(EDGE2, "phone", "pub", "192.0.2.7"), REASON_NONE);
	CU_ASSERT(says(ask(HUB, BAN_USER("pub")), "\"brokers\":[{\"broker\":\"edge1\"},{\"broker\":\"edge2\"},{\"broker\":\"hub\"}]"));
	pass(200);
	CHECK_STR(kicked(EDGE2), "phone ");
	CHECK_STR(kicked(HUB), "p ");
	stop(EDGE2);
	disconnect_bridge(EDGE2);
	CU_ASSERT(says(ask(EDGE1, BAN("192.0.2.12")), "\"data\""));
	start(EDGE2, DESK_ADDRESS);
	CHECK_INT(comes(EDGE2, "v", NULL, "192.0.2.12"), REASON_NONE);
	connect_bridge(EDGE2);
	pass(200);
	CHECK_STR(kicked(EDGE2), "v ");
	CHECK_INT(comes(EDGE2, "phone", "pub", "192.0.2.7"), REASON_BANNED);
	CHECK_INT(comes(EDGE2, "w", NULL, "192.0.2.12"), REASON_BANNED);
	pass(60000);
	CHECK_INT(comes(EDGE2, "x", NULL, "192.0.2.12"), REASON_NONE);
	brokers_end();
}

/* ---- an edge that somebody has taken over ---- */

#define ASK(id, from, command) "{\"ask\":\"control\",\"id\":\"" id "\",\"from\":\"" from "\",\"by\":\"op\",\"hub\":\"hub\",\"commands\":[" command "]}"

#define ANSWER(to, at) "{\"id\":\"1\",\"to\":\"" to "\",\"at\":\"" at "\",\"broker\":\"x\",\"responses\":[]}"

/* Everything that edge2 may write to the hub without its being believed. */
static void an_edge_cannot_ask_in_another_s_name(void)
{
	static const char *const bad[] = {
		ASK("1", "edge1", KICK("a")),
		ASK("1", "hub", KICK("a")),
		ASK("1", "", KICK("a")),
		ASK("1", "/", KICK("a")),
		ASK("1", "/edge2", KICK("a")),
		ASK("1", "edge2/", KICK("a")),
		ASK("1", "edge2//x", KICK("a")),
		ASK("1", "edge2/hub", KICK("a")),
		ASK("1", "edge1/edge2", KICK("a")),
		ASK("x", "edge2", KICK("a")),
		ASK("", "edge2", KICK("a")),
		"{\"ask\":\"control\",\"id\":\"1\",\"from\":\"edge2\",\"by\":\"op\",\"commands\":7}",
		"{\"ask\":\"control\",\"id\":\"1\",\"from\":\"edge2\",\"commands\":[]}",
		"{\"ask\":\"bans\",\"hub\":\"hub\",\"bans\":[{\"user\":\"op\",\"seconds\":60}]}",
		"{\"ask\":\"dance\"}",
		"{",
		"",
	};
	static const char *const places_of_others[] = { "\"at\":\"edge1\"", "\"at\":\"\"", "\"at\":\"/\"", "\"at\":\"/edge1\"", "\"at\":\"hub\"",
							"\"at\":\"edge2/hub\"", "\"at\":\"edge2//\"", "\"\\u0061t\":\"edge2\"", "\"at\":7" };
	const struct message will = { STR("cluster/ask"), STR(ASK("1", "hub", KICK("a"))), false, 0 };

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(bridge_writes(EDGE2, "cluster/ask", bad[i]), DOOR_MESSAGE_TAKEN);
		CHECK_INT(under_way(), 0);
	}
	for (size_t i = 0; i < sizeof(places_of_others) / sizeof(places_of_others[0]); i++) {
		char answer[200];

		snprintf(answer, sizeof(answer), "{\"id\":\"1\",\"to\":\"edge1\",%s,\"responses\":[]}", places_of_others[i]);
		CHECK_INT(bridge_writes(EDGE2, "cluster/answer", answer), DOOR_MESSAGE_TAKEN);
	}
	CHECK_INT(bridge_writes(EDGE2, "cluster/answer", ANSWER("/", "edge2")), DOOR_MESSAGE_TAKEN); /* this hub has none */
	CHECK_INT(bridge_writes(EDGE2, "cluster/answer", "{\"at\":\"edge2\",\"id\":\"1\",\"to\":\"edge1\",\"responses\":[]}"), DOOR_MESSAGE_TAKEN);
	CHECK_INT(under_way(), 0);
	CHECK_INT(bridge_writes(EDGE2, "cluster/answer", ANSWER("edge1", "edge2")), DOOR_MESSAGE_TAKEN);
	CHECK_INT(under_way(), 1); /* this one goes to edge1, which has not asked */
	carry();
	pass(200);
	CHECK_STR(kicked(EDGE1), "");
	/* a will reaches the edges without being looked at */
	disconnect_bridge(EDGE2);
	CHECK_INT(door_stranger_may(brokers[HUB].d, &(struct visitor){ .ptr = &brokers[EDGE2].bridge, .id = "edge-edge2", .user = "bridge" },
				    &(struct door_request){ DOOR_WRITE, &will }, now),
		  REASON_STRANGER);
	brokers_end();
}

/* The true edge2 is in and keeps its id. */
static void an_edge_cannot_come_by_another_s_name_under_an_id_of_its_own(void)
{
	static const char impostor;

	begin();
	connect_bridge_as(HUB, &impostor, "edge2");
	CHECK_INT(writes(HUB, &impostor, "cluster/ask", ASK("1", "edge2", KICK("a"))), DOOR_MESSAGE_TAKEN);
	CHECK_INT(writes(HUB, &impostor, "cluster/answer", ANSWER("edge1", "edge2")), DOOR_MESSAGE_TAKEN);
	CHECK_INT(under_way(), 0);
	pass(200);
	CHECK_STR(kicked(EDGE1), "");
	CU_ASSERT(says(ask(HUB, "{\"command\":\"getStats\"}"), "\"missing\":[]"));
	door_gone(brokers[HUB].d, &impostor);
	brokers_end();
}

/* The other edges would take what it asks for the hub's own, which has power over reserved seats. */
static void an_edge_cannot_come_by_the_hub_s_name(void)
{
	static const char impostor;

	begin();
	CHECK_INT(comes(EDGE2, "phone", "pub", "192.0.2.7"), REASON_NONE);
	connect_bridge_as(HUB, &impostor, "edge-hub");
	CHECK_INT(writes(HUB, &impostor, "cluster/ask", ASK("1", "hub", KICK("phone") "," BAN_USER("op"))), DOOR_MESSAGE_TAKEN);
	CHECK_INT(writes(HUB, &impostor, "cluster/answer", ANSWER("edge1", "hub")), DOOR_MESSAGE_TAKEN);
	CHECK_INT(under_way(), 0);
	carry();
	pass(200);
	CHECK_STR(kicked(EDGE2), "");
	CHECK_STR(kicked(HUB), "");
	door_gone(brokers[HUB].d, &impostor);
	brokers_end();
}

/* The viewers of this policy may subscribe to everything; answers have the addresses of all clients. */
static void what_brokers_say_to_each_other_only_bridges_read(void)
{
	static const char *const topics[] = { "cluster/ask", "cluster/answer" };

	begin();
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		const struct message m = { .topic = str_of(topics[i]) };
		const struct door_request rq = { DOOR_READ, &m };

		CHECK_INT(door_may(brokers[EDGE1].d, &brokers[EDGE1].clients[1], &rq, now), REASON_READ); /* a viewer */
		CHECK_INT(door_may(brokers[HUB].d, &brokers[EDGE1].bridge, &rq, now), REASON_NONE);
	}
	CHECK_INT(door_may(brokers[EDGE1].d, &brokers[EDGE1].clients[1], &(struct door_request){ DOOR_READ, &(struct message){ .topic = STR("cluster/x") } }, now), REASON_NONE);
	brokers_end();
}

static void what_an_edge_asks_is_done_only_if_the_policy_says_so(void)
{
	begin_with("\"kick\"");
	CU_ASSERT(says(ask(EDGE1, KICK("b")), "{\"broker\":\"edge1\",\"error\":\"no such client\"},{\"broker\":\"edge2\"}"));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"listClients\"}"), "\"total\":3,"));
	CU_ASSERT(says(answer_at(EDGE1), "{\"broker\":\"hub\",\"error\":\"this hub's policy does not let edges ask for it"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\"}"), "\"total\":10,")); /* the hub's operator asks as ever */
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"closeRoom\",\"room\":\"match:1\"}"), "\"data\":{}"));
	CHECK_INT(door_room_closed_ms(brokers[EDGE1].d, STR("match:1"), now) > 0, 1);
	CHECK_INT(door_room_closed_ms(brokers[HUB].d, STR("match:1"), now), 0);
	CHECK_INT(door_room_closed_ms(brokers[EDGE2].d, STR("match:1"), now), 0);
	brokers_end();
}

/* It has the powers of its own operators, and elsewhere over the crowd. */
static void an_edge_has_no_power_over_reserved_seats(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, KICK("p")), "{\"command\":\"kick\",\"error\":\"edge1, edge2: no such client; hub: it has a reserved seat"));
	CU_ASSERT(says(ask(EDGE1, KICK("edge-edge2")), "it has a reserved seat"));
	CU_ASSERT(says(ask(EDGE1, BAN_USER("pub")), "\"brokers\":[{\"broker\":\"edge1\"},{\"broker\":\"edge2\",\"error\":\"the user has a reserved"));
	CU_ASSERT(says(ask(EDGE1, BAN_USER("bridge")), "{\"broker\":\"hub\",\"error\":\"the user has a reserved seat"));
	CU_ASSERT(says(ask(EDGE1, BAN("192.0.2.2")), "{\"broker\":\"hub\"}"));   /* where the publisher is */
	CU_ASSERT(says(ask(EDGE1, BAN("192.0.2.250")), "{\"broker\":\"hub\"}")); /* and the edges */
	pass(200);
	CHECK_STR(kicked(HUB), "");
	CHECK_INT(comes(HUB, "p2", "pub", "192.0.2.2"), REASON_NONE);
	CHECK_INT(comes(HUB, "v", NULL, "192.0.2.2"), REASON_BANNED);
	CU_ASSERT(says(ask(HUB, BAN("192.0.2.2")), "{\"broker\":\"hub\"}"));
	pass(200);
	CU_ASSERT(says(kicked(HUB), "p "));
	CHECK_INT(comes(HUB, "p3", "pub", "192.0.2.2"), REASON_BANNED);
	brokers_end();
}

static void an_edge_that_asks_all_the_time_is_not_heard(void)
{
	unsigned refused = 0;

	begin();
	for (int i = 0; i < 100; i++)
		refused += strstr(ask(EDGE1, "{\"command\":\"getStats\",\"broker\":\"hub\"}"), "too many requests") != NULL;
	CHECK_INT(refused, 100 - 400 / 6);
	CU_ASSERT(says(ask(EDGE2, "{\"command\":\"getStats\",\"broker\":\"hub\"}"), "\"stats\":{")); /* that is the other one's share */
	pass(1000);
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getStats\",\"broker\":\"hub\"}"), "\"stats\":{"));
	brokers_end();
}

static void an_edge_that_closes_rooms_all_the_time_is_not_heard(void)
{
	const char *first = "{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":60,\"by\":\"op\"}";
	const char *last = "{\"ask\":\"closeRoom\",\"room\":\"match:2\",\"seconds\":60,\"by\":\"op\"}";

	begin();
	for (int i = 0; i < 400; i++)
		CHECK_INT(bridge_writes(EDGE1, "cluster/ask", first), DOOR_MESSAGE_PASS);
	CHECK_INT(bridge_writes(EDGE1, "cluster/ask", last), DOOR_MESSAGE_TAKEN);
	CHECK_INT(door_room_closed_ms(brokers[HUB].d, STR("match:2"), now), 0);
	pass(1000);
	CHECK_INT(bridge_writes(EDGE1, "cluster/ask", last), DOOR_MESSAGE_PASS);
	brokers_end();
}

/* An edge's answer can be anything. */
static void an_answer_that_is_none_leaves_its_broker_missing(void)
{
	static const char *const bad[] = {
		"[]",
		"[7]",
		"[{}]",
		"[{\"data\":[]}]",
		"[{\"data\":{}},{\"data\":{}}]",
		"{}",
		"7",
		"[{\"data\":{}}",
	};

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[300];

		requests(HUB, "{\"command\":\"getStats\",\"broker\":\"edge2\"}");
		snprintf(text, sizeof(text), "{\"id\":\"%s\",\"to\":\"\",\"at\":\"edge2\",\"responses\":%s}", id_under_way(), bad[i]);
		brokers[EDGE2].frozen = true;
		carry();
		CHECK_INT(bridge_writes(EDGE2, "cluster/answer", text), DOOR_MESSAGE_TAKEN);
		CU_ASSERT(says(answer_at(HUB), "\"error\":\"no answer from edge2\"")); /* nobody waits for a better one */
		brokers[EDGE2].frozen = false;
	}
	brokers_end();
}

/* ---- limits ---- */

static void so_many_requests_wait_and_no_more(void)
{
	begin();
	brokers[EDGE2].frozen = true;
	for (int i = 0; i < 16; i++)
		CHECK_STR(ask(HUB, "{\"command\":\"getStats\"}"), "");
	CHECK_STR(ask(HUB, "{\"command\":\"getStats\",\"correlationData\":\"7\"}"),
		  "{\"responses\":[{\"command\":\"getStats\",\"correlationData\":\"7\",\"error\":\"too many requests wait for other brokers\"}]}");
	pass(2100);
	brokers[EDGE2].frozen = false;
	CU_ASSERT(says(ask(HUB, "{\"command\":\"getStats\"}"), "\"missing\":[]"));
	brokers_end();
}

static void who_has_gone_is_not_answered(void)
{
	begin();
	brokers[EDGE2].frozen = true;
	CHECK_STR(ask(HUB, "{\"command\":\"getStats\"}"), "");
	door_gone(brokers[HUB].d, &brokers[HUB].clients[0]);
	/* somebody else has the id now, and the broker's pointer */
	CHECK_INT(door_connect(brokers[HUB].d, &(struct visitor){ .ptr = &brokers[HUB].clients[0], .id = "desk", .address = "192.0.2.9" }, now, 0), REASON_NONE);
	pass(2500);
	CHECK_STR(answer_at(HUB), "");
	brokers[EDGE2].frozen = false;
	brokers_end();
}

const char *const unit_name = "plugin_control_all";
const struct unit_test unit_tests[] = {
	UNIT(a_kick_reaches_whoever_has_the_client),
	UNIT(clients_are_one_list_in_pages),
	UNIT(who_does_not_answer_is_missing),
	UNIT(a_command_may_be_for_one_broker),
	UNIT(responses_keep_the_order_of_the_commands),
	UNIT(a_ban_acts_where_the_address_is_known),
	UNIT(a_ban_that_acts_nowhere_is_refused),
	UNIT(bans_of_a_user_hold_everywhere_and_reach_who_comes_later),
	UNIT(an_edge_cannot_ask_in_another_s_name),
	UNIT(an_edge_cannot_come_by_another_s_name_under_an_id_of_its_own),
	UNIT(an_edge_cannot_come_by_the_hub_s_name),
	UNIT(what_brokers_say_to_each_other_only_bridges_read),
	UNIT(what_an_edge_asks_is_done_only_if_the_policy_says_so),
	UNIT(an_edge_has_no_power_over_reserved_seats),
	UNIT(an_edge_that_asks_all_the_time_is_not_heard),
	UNIT(an_edge_that_closes_rooms_all_the_time_is_not_heard),
	UNIT(an_answer_that_is_none_leaves_its_broker_missing),
	UNIT(so_many_requests_wait_and_no_more),
	UNIT(who_has_gone_is_not_answered),
	{ NULL, NULL },
};
