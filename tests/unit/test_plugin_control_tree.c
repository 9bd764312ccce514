/* control_tree - an operator's command in a tree of brokers: a hub, two below it that have edges of their own, and between all what bridges
 * carry. Only by what door.h offers. */
#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_control_tree";

#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"#\"]},\"pub\":{\"publish\":[\"sb/#\"],\"reserved\":1}," \
	"\"op\":{\"control\":true,\"reserved\":2,\"limits\":{\"publishes_burst\":1000}}," \
	"\"bridge\":{\"reserved\":5,\"subscribe\":[\"cluster/#\"],\"publish\":[\"cluster/#\",\"sb/crew/presence/share\"]," \
	"\"limits\":{\"publishes_burst\":10000,\"bytes_burst\":100000000,\"payload_bytes\":10000000}," \
	"\"asks\":[\"closeRoom\",\"listClients\",\"kick\",\"ban\",\"unban\",\"listBans\",\"getStats\"]}}," \
	"\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"},\"users\":{\"op\":\"op\",\"pub\":\"pub\",\"bridge\":\"bridge\"}}"

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define SECRET "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="

enum {
	HUB,
	MID1,
	MID2,
	EDGE1,
	EDGE2,
	EDGE3,
	N_BROKERS
};

static const char *const names[] = { "hub", "mid1", "mid2", "edge1", "edge2", "edge3" };
static const char *const bridge_ids[] = { "edge-hub", "edge-mid1", "edge-mid2", "edge-edge1", "edge-edge2", "edge-edge3" };

#define MAX_CLIENTS 20
#define MAX_LETTERS 3000

struct letter {
	int to;
	const void *from; /* the client that has written it; NULL: the broker's bridge has brought it */
	char *topic, *payload;
	size_t len;
};

static struct broker {
	struct door *d;
	int hub;     /* -1: none */
	bool frozen; /* nothing reaches it, and nothing comes from it */
	unsigned n_asked, n_answered;
	struct buf answer, kicked;
	char ids[MAX_CLIENTS][40];
	unsigned n_clients;
} b[N_BROKERS];

static struct letter letters[MAX_LETTERS];
static unsigned n_letters, n_delivered, n_not_understood;
static mono now;
static const char bridges[N_BROKERS]; /* the pointers of their bridges at their hubs */
static const char places[N_BROKERS][MAX_CLIENTS];

/* ---- what brokers carry ---- */

static void post(int to, const void *from, const char *topic, struct str payload)
{
	struct letter *l = &letters[n_letters];

	CU_ASSERT_FATAL(n_letters < MAX_LETTERS);
	n_letters++;
	*l = (struct letter){ to, from, str_dup(str_of(topic)), calloc(1, payload.len + 1), payload.len };
	memcpy(l->payload, payload.p, payload.len);
}

/* NULL: to everybody. but: who has written it. */
static void post_to_all(int at, const char *to, const void *but, const char *topic, struct str payload)
{
	if (b[at].hub >= 0 && but && (!to || strcmp(to, "bridge") == 0))
		post(b[at].hub, &bridges[at], topic, payload);
	for (int i = 0; i < N_BROKERS; i++)
		if (b[i].hub == at && but != &bridges[i] && (!to || strcmp(to, bridge_ids[i]) == 0))
			post(i, NULL, topic, payload);
}

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	struct broker *at = ctx;

	(void)retain;
	if (to && strncmp(topic, "$CONTROL", 8) == 0) {
		buf_clear(&at->answer);
		buf_str(&at->answer, payload);
	} else if (strncmp(topic, "cluster/", 8) == 0 && !at->frozen) {
		post_to_all((int)(at - b), to, "", topic, payload);
	}
}

static void on_kick(void *ctx, const char *id)
{
	struct broker *at = ctx;

	buf_printf(&at->kicked, "%s ", id);
	for (unsigned i = 0; i < at->n_clients; i++)
		if (strcmp(at->ids[i], id) == 0)
			door_gone(at->d, &places[at - b][i]);
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level;
	n_not_understood += strstr(text, "not understood") != NULL;
}

static void deliver(const struct letter *l)
{
	const struct message m = { str_of(l->topic), { l->payload, l->len }, false, 0 };
	struct broker *to = &b[l->to];

	if (to->frozen || !to->d)
		return;
	to->n_asked += strcmp(l->topic, "cluster/ask") == 0 && strstr(l->payload, "\"control\"");
	to->n_answered += strcmp(l->topic, "cluster/answer") == 0 && strstr(l->payload, "\"to\":\"\"");
	if (door_message(to->d, l->from, &m, now).what == DOOR_MESSAGE_PASS)
		post_to_all(l->to, NULL, l->from, l->topic, m.payload);
}

static void carry(void)
{
	for (; n_delivered < n_letters; n_delivered++) {
		deliver(&letters[n_delivered]);
		free(letters[n_delivered].topic);
		free(letters[n_delivered].payload);
	}
	n_letters = n_delivered = 0;
}

static void pass(int64_t ms)
{
	for (mono until = mono_add(now, ms); !mono_reached(now, until);) {
		now = mono_add(now, 100);
		for (int i = 0; i < N_BROKERS; i++) {
			if (!b[i].d || b[i].frozen)
				continue;
			door_tick(b[i].d, now, now.ms);
			door_tick_control(b[i].d, now);
			door_tell_bans(b[i].d, now);
		}
		carry();
	}
}

/* ---- who is there ---- */

static enum reason comes(int at, const char *id, const char *user, const char *address)
{
	struct broker *to = &b[at];
	struct visitor v = { .ptr = &places[at][to->n_clients], .id = id, .user = user, .password = user ? "secret" : NULL, .address = address };

	snprintf(to->ids[to->n_clients++], sizeof(to->ids[0]), "%s", id);
	return door_connect(to->d, &v, now, 0);
}

static void connect_bridge(int at, const void *ptr, const char *id)
{
	const struct visitor v = { .ptr = ptr, .id = id, .user = "bridge", .password = "secret", .address = "192.0.2.250" };
	const struct message filter = { .topic = STR("cluster/#") };

	CHECK_INT(door_connect(b[at].d, &v, now, 0), REASON_NONE);
	CHECK_INT(door_may(b[at].d, v.ptr, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, now), REASON_NONE);
}

static void start(int at)
{
	struct door_ops ops = { .publish = on_publish, .kick = on_kick, .log = on_log, .ctx = &b[at] };
	struct passwd passwords;
	struct policy *policy;
	struct complaint why;

	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &policy, &why) == 0);
	CU_ASSERT_FATAL(passwd_parse(&passwords, STR("op:" SECRET "\npub:" SECRET "\nbridge:" SECRET), &why) == 0);
	b[at].d = door_new("sb", policy, passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b[at].d);
	door_join(b[at].d, at >= EDGE1 ? CLUSTER_EDGE : b[at].hub < 0 ? CLUSTER_HUB
								      : CLUSTER_MID);
	door_set_name(b[at].d, names[at]);
	if (b[at].hub >= 0)
		door_set_bridge_id(b[at].d, "bridge");
	CHECK_INT(comes(at, "desk", "op", "192.0.2.1"), REASON_NONE);
}

/* hub_of_hub: -1, or the tree is a circle. */
static void begin_with(int hub_of_hub)
{
	static const int hubs[] = { -1, HUB, HUB, MID1, MID1, MID2 };

	memset(b, 0, sizeof(b));
	now = (mono){ 100000 };
	n_not_understood = 0;
	for (int i = 0; i < N_BROKERS; i++) {
		b[i].hub = i ? hubs[i] : hub_of_hub;
		start(i);
	}
	for (int i = 0; i < N_BROKERS; i++)
		if (b[i].hub >= 0)
			connect_bridge(b[i].hub, &bridges[i], bridge_ids[i]);
	CHECK_INT(comes(HUB, "p", "pub", "192.0.2.2"), REASON_NONE);
	for (int i = EDGE1; i <= EDGE3; i++) {
		char id[10], address[20];

		snprintf(id, sizeof(id), "v%d", i - EDGE1 + 1);
		snprintf(address, sizeof(address), "192.0.2.1%d", i - EDGE1 + 1);
		CHECK_INT(comes(i, id, NULL, address), REASON_NONE);
	}
	pass(200);
}

static void begin(void)
{
	begin_with(-1);
}

static void end_broker(int at)
{
	for (unsigned i = 0; i < b[at].n_clients; i++)
		door_gone(b[at].d, &places[at][i]);
	for (int i = 0; i < N_BROKERS; i++)
		if (b[i].hub == at)
			door_gone(b[at].d, &bridges[i]);
	CHECK_INT(door_held(b[at].d), 0);
	door_free(b[at].d);
	b[at].d = NULL;
	b[at].n_clients = 0;
}

static void end(void)
{
	carry();
	for (int i = 0; i < N_BROKERS; i++) {
		end_broker(i);
		buf_free(&b[i].answer);
		buf_free(&b[i].kicked);
	}
}

static void restart(int at)
{
	end_broker(at);
	if (b[at].hub >= 0)
		door_gone(b[b[at].hub].d, &bridges[at]);
	start(at);
}

/* ---- what an operator asks ---- */

static const char *answer_at(int at)
{
	return b[at].answer.len ? b[at].answer.p : "";
}

static const char *ask(int at, const char *commands)
{
	BUF_CLEANUP struct buf request = { 0 };

	buf_clear(&b[at].answer);
	buf_printf(&request, "{\"commands\":[%s]}", commands);
	door_control(b[at].d, &places[at][0], buf_view(&request), now);
	carry();
	return answer_at(at);
}

static bool says(const char *text, const char *part)
{
	bool found = strstr(text, part) != NULL;

	if (!found)
		printf("\n    \"%s\" is not in %s\n", part, text);
	return found;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static const char *kicked(int at)
{
	return b[at].kicked.len ? b[at].kicked.p : "";
}

#define KICK(id) "{\"command\":\"kick\",\"client\":\"" id "\"}"
#define BAN_USER(u) "{\"command\":\"ban\",\"user\":\"" u "\",\"seconds\":60}"
#define BAN(a) "{\"command\":\"ban\",\"address\":\"" a "\",\"seconds\":60}"
#define STATS "{\"command\":\"getStats\"}"
#define BANS "{\"command\":\"listBans\"}"

static void all_answer_once_wherever_one_asks(void)
{
	begin();
	for (int at = 0; at < N_BROKERS; at++) {
		for (int i = 0; i < N_BROKERS; i++)
			b[i].n_asked = b[i].n_answered = 0;
		CU_ASSERT(says(ask(at, STATS), "\"missing\":[]"));
		for (int i = 0; i < N_BROKERS; i++) {
			char member[40];

			snprintf(member, sizeof(member), "{\"broker\":\"%s\",", names[i]);
			CHECK_INT(count(answer_at(at), member), 1);
			CHECK_INT(b[i].n_asked, i != at);
			CHECK_INT(b[i].n_answered, i == at ? N_BROKERS - 1 : 0);
		}
	}
	CHECK_INT(n_not_understood, 0);
	end();
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
	end();
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
	end();
}

static void who_is_silent_is_missing(void)
{
	begin();
	b[MID2].frozen = true;
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
	b[MID2].frozen = false;
	b[EDGE3].frozen = true;
	CHECK_STR(ask(EDGE1, STATS), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"missing\":[\"edge3\"]"));
	b[EDGE3].frozen = false;
	b[HUB].frozen = true;
	CHECK_STR(ask(EDGE1, STATS), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"missing\":[\"hub\"]"));
	CHECK_INT(count(answer_at(EDGE1), "{\"broker\":"), 3);
	b[HUB].frozen = false;
	CU_ASSERT(says(ask(EDGE3, STATS), "\"missing\":[]"));
	end();
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
	b[MID2].frozen = true;
	CHECK_STR(ask(EDGE1, "{\"command\":\"getStats\",\"broker\":\"edge3\"}"), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"error\":\"no answer from mid2\""));
	b[MID2].frozen = false;
	end();
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
	connect_bridge(MID1, &bridges[EDGE2], "edge-edge2");
	pass(200);
	CHECK_INT(comes(EDGE2, "x", NULL, "192.0.2.13"), REASON_BANNED);
	CHECK_INT(comes(EDGE2, "y", "pub", "192.0.2.9"), REASON_BANNED);
	CU_ASSERT(says(ask(EDGE3, "{\"command\":\"unban\",\"user\":\"pub\"}"), "\"missing\":[]"));
	CHECK_INT(comes(EDGE2, "z", "pub", "192.0.2.9"), REASON_NONE);
	end();
}

/* It has forgotten all, and its edge is there before its hub. */
static void a_broker_between_that_starts_anew_passes_bans_on(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, BAN_USER("kim")), "\"missing\":[]"));
	restart(EDGE3);
	restart(MID2);
	connect_bridge(MID2, &bridges[EDGE3], "edge-edge3");
	pass(200);
	CU_ASSERT_PTR_NULL(strstr(ask(EDGE3, BANS), "{\"broker\":\"edge3\",\"bans\":[{"));
	pass(2100);
	connect_bridge(HUB, &bridges[MID2], "edge-mid2");
	pass(300);
	CU_ASSERT(says(ask(EDGE3, BANS), "{\"broker\":\"edge3\",\"bans\":[{\"user\":\"kim\","));
	CU_ASSERT(says(answer_at(EDGE3), "{\"broker\":\"mid2\",\"bans\":[{\"user\":\"kim\","));
	end();
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
	end();
}

static enum door_message writes(int hub, const void *client, const char *topic, const char *payload)
{
	return door_message(b[hub].d, client, &(struct message){ str_of(topic), str_of(payload), false, 0 }, now).what;
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
		CHECK_INT(writes(HUB, &bridges[MID1], "cluster/ask", asks[i]), DOOR_MESSAGE_TAKEN);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		CHECK_INT(writes(HUB, &bridges[MID1], "cluster/answer", answers[i]), DOOR_MESSAGE_TAKEN);
	CHECK_INT(n_letters, n_delivered);
	CHECK_INT(comes(EDGE3, "phone", "pub", "192.0.2.7"), REASON_NONE);
	CHECK_INT(writes(HUB, &bridges[MID1], "cluster/ask", ASK("mid1/made-up", KICK("p") "," KICK("phone") "," KICK("v3"))), DOOR_MESSAGE_TAKEN);
	carry();
	pass(200);
	CHECK_STR(kicked(HUB), "");
	CHECK_STR(kicked(EDGE3), "v3 "); /* as any edge's operator could */
	end();
}

/* It has come to another hub than the true one; both are told of, and neither is taken for the other. */
static void an_edge_cannot_answer_for_one_elsewhere(void)
{
	static const char thief;
	char text[200], id[33] = "";
	const char *at;

	begin();
	connect_bridge(MID1, &thief, "edge-edge3");
	buf_clear(&b[HUB].answer);
	door_control(b[HUB].d, &places[HUB][0], STR("{\"commands\":[" KICK("v3") "]}"), now);
	for (unsigned k = n_delivered; k < n_letters; k++)
		if ((at = strstr(letters[k].payload, "\"id\":\"")) != NULL)
			snprintf(id, sizeof(id), "%.32s", at + 6);
	b[MID2].frozen = true;
	carry();
	snprintf(text, sizeof(text), "{\"id\":\"%s\",\"to\":\"/\",\"at\":\"edge3\",\"responses\":[{\"error\":\"forged\"}]}", id);
	CHECK_INT(writes(MID1, &thief, "cluster/answer", text), DOOR_MESSAGE_TAKEN);
	carry();
	pass(2100);
	CU_ASSERT(says(answer_at(HUB), "edge3: forged") && says(answer_at(HUB), "no answer from mid2"));
	b[MID2].frozen = false;
	CHECK_STR(ask(HUB, KICK("v3")), "");
	pass(2100); /* the thief says nothing now */
	CU_ASSERT(says(answer_at(HUB), "{\"broker\":\"edge3\"}") && says(answer_at(HUB), "\"missing\":[\"edge3\"]"));
	CHECK_STR(kicked(EDGE3), "v3 ");
	door_gone(b[MID1].d, &thief);
	end();
}

/* A hub whose hub is one of its own edges: nothing goes round. */
static void a_circle_ends(void)
{
	begin_with(MID1);
	ask(EDGE1, STATS);
	CHECK_INT(n_letters, 0);
	ask(HUB, STATS);
	CHECK_INT(n_letters, 0);
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "{\"broker\":\"edge3\","));
	for (int i = 0; i < N_BROKERS; i++)
		CU_ASSERT(b[i].n_asked < 20);
	end();
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
