/* control_all - an operator's command at a hub and two edges: three doors, and between them what bridges carry. Only by what door.h offers. */
#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define ALL_ASKS "\"closeRoom\",\"listClients\",\"kick\",\"ban\",\"unban\",\"listBans\",\"getStats\""
#define POLICY_HEAD \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"#\"]},\"pub\":{\"publish\":[\"sb/#\"],\"reserved\":1}," \
	"\"op\":{\"control\":true,\"reserved\":2,\"limits\":{\"publishes_burst\":1000}}," \
	"\"bridge\":{\"reserved\":5,\"subscribe\":[\"cluster/#\"],\"publish\":[\"cluster/#\",\"sb/crew/presence/share\"]," \
	"\"limits\":{\"publishes_burst\":10000,\"bytes_burst\":100000000,\"payload_bytes\":10000000},\"asks\":["
#define POLICY_TAIL \
	"]}},\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"},\"trusted_proxies\":[\"127.0.0.1\"]," \
	"\"rooms\":{\"open\":[\"match:*\"]},\"users\":{\"op\":\"op\",\"pub\":\"pub\",\"bridge\":\"bridge\"}}"

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define SECRET "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="

enum {
	EDGE1,
	EDGE2,
	HUB,
	N_BROKERS
};

#define MAX_CLIENTS 40
#define MAX_MESSAGES 2000

struct letter {
	int to;
	const void *from; /* the client that has written it; NULL: the broker's bridge has brought it */
	char *topic, *payload;
	size_t len;
};

static struct broker {
	struct door *d;
	bool frozen; /* nothing reaches it, and nothing comes from it */
	struct buf answer;
	char answered_to[40];
	struct buf kicked;
	char ids[MAX_CLIENTS][40];
	unsigned n_clients;
} b[N_BROKERS];

static struct letter letters[MAX_MESSAGES];
static unsigned n_letters, n_delivered, n_log;
static mono now;
static const char *asks, *desk_address;

static const char bridges[N_BROKERS]; /* the pointers of the edges' bridges at the hub */
static const char places[N_BROKERS][MAX_CLIENTS];

/* ---- what brokers carry ---- */

static void post(int to, const void *from, const char *topic, struct str payload)
{
	struct letter *l = &letters[n_letters++];

	CU_ASSERT_FATAL(n_letters < MAX_MESSAGES);
	*l = (struct letter){ to, from, str_dup(str_of(topic)), calloc(1, payload.len + 1), payload.len };
	memcpy(l->payload, payload.p, payload.len);
}

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	int at = (int)((struct broker *)ctx - b);

	(void)retain;
	if (to && strncmp(topic, "$CONTROL", 8) == 0) {
		snprintf(b[at].answered_to, sizeof(b[at].answered_to), "%s", to);
		buf_clear(&b[at].answer);
		buf_str(&b[at].answer, payload);
		return;
	}
	if (strncmp(topic, "cluster/", 8) != 0 || b[at].frozen)
		return;
	if (at != HUB)
		post(HUB, &bridges[at], topic, payload);
	else
		for (int i = 0; i < HUB; i++)
			if (!to || strcmp(to, i == EDGE1 ? "edge-edge1" : "edge-edge2") == 0)
				post(i, NULL, topic, payload);
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
	(void)ctx, (void)level, (void)text;
	n_log++;
}

/* A hub's broker sends on to the edges what its door lets pass. */
static void deliver(const struct letter *l)
{
	const struct message m = { str_of(l->topic), { l->payload, l->len }, false, 0 };

	if (b[l->to].frozen || !b[l->to].d)
		return;
	if (door_message(b[l->to].d, l->from, &m, now).what == DOOR_MESSAGE_PASS && l->to == HUB)
		for (int i = 0; i < HUB; i++)
			if (&bridges[i] != l->from)
				post(i, NULL, l->topic, m.payload);
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

static void connect_edge(int edge)
{
	const struct visitor v = { .ptr = &bridges[edge],
				   .id = edge == EDGE1 ? "edge-edge1" : "edge-edge2",
				   .user = "bridge",
				   .password = "secret",
				   .address = "192.0.2.250" };
	const struct message filter = { .topic = STR("cluster/#") };

	CHECK_INT(door_connect(b[HUB].d, &v, now, 0), REASON_NONE);
	CHECK_INT(door_may(b[HUB].d, v.ptr, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, now), REASON_NONE);
}

static void start(int at)
{
	static const struct door_ops ops = { .publish = on_publish, .kick = on_kick, .log = on_log };
	struct door_ops own = ops;
	BUF_CLEANUP struct buf text = { 0 };
	struct passwd passwords;
	struct policy *policy;
	struct complaint why;

	buf_printf(&text, "%s%s%s", POLICY_HEAD, asks, POLICY_TAIL);
	CU_ASSERT_FATAL(policy_parse(buf_view(&text), &policy, &why) == 0);
	CU_ASSERT_FATAL(passwd_parse(&passwords, STR("op:" SECRET "\npub:" SECRET "\nbridge:" SECRET), &why) == 0);
	own.ctx = &b[at];
	b[at].d = door_new("sb", policy, passwords, &own);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b[at].d);
	door_join(b[at].d, at == HUB ? CLUSTER_HUB : CLUSTER_EDGE);
	door_set_name(b[at].d, at == HUB ? "hub" : at == EDGE1 ? "edge1"
							       : "edge2");
	CHECK_INT(comes(at, "desk", "op", desk_address), REASON_NONE);
}

static void begin_with(const char *allowed)
{
	memset(b, 0, sizeof(b));
	now = (mono){ 100000 };
	asks = allowed;
	desk_address = "192.0.2.1";
	for (int i = 0; i < N_BROKERS; i++)
		start(i);
	connect_edge(EDGE1);
	connect_edge(EDGE2);
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

static void end_broker(int at)
{
	for (unsigned i = 0; i < b[at].n_clients; i++)
		door_gone(b[at].d, &places[at][i]);
	for (int i = 0; at == HUB && i < HUB; i++)
		door_gone(b[HUB].d, &bridges[i]);
	CHECK_INT(door_held(b[at].d), 0);
	door_free(b[at].d);
	b[at].d = NULL;
	buf_free(&b[at].answer);
	buf_free(&b[at].kicked);
}

static void end(void)
{
	carry();
	for (int i = 0; i < N_BROKERS; i++)
		end_broker(i);
}

/* ---- what an operator asks ---- */

/* The answer by now, "" when there is none yet; it is JSON. */
static const char *answer_at(int at)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why = { 0, "" };

	if (!b[at].answer.len)
		return "";
	if (json_parse(&doc, buf_view(&b[at].answer), &why))
		printf("\n    %s in %s\n", why.text, b[at].answer.p);
	CHECK_STR(why.text, "");
	CHECK_STR(b[at].answered_to, "desk");
	return b[at].answer.p;
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

#define KICK(id) "{\"command\":\"kick\",\"client\":\"" id "\"}"

static void a_kick_reaches_whoever_has_the_client(void)
{
	begin();
	CHECK_STR(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"b\",\"correlationData\":\"7\"}"),
		  "{\"responses\":[{\"command\":\"kick\",\"correlationData\":\"7\",\"data\":{\"brokers\":[{\"broker\":\"edge1\",\"error\":\"no such client\"},"
		  "{\"broker\":\"edge2\"},{\"broker\":\"hub\",\"error\":\"no such client\"}],\"missing\":[]}}]}");
	pass(200);
	CHECK_STR(b[EDGE2].kicked.p, "b ");
	CU_ASSERT(says(ask(HUB, KICK("a")), "{\"broker\":\"edge1\"},{\"broker\":\"edge2\",\"error\":"));
	pass(200);
	CHECK_STR(b[EDGE1].kicked.p, "a ");
	CHECK_STR(ask(EDGE2, KICK("a")), "{\"responses\":[{\"command\":\"kick\",\"error\":\"no such client\"}]}");
	CU_ASSERT(says(ask(EDGE2, "{\"command\":\"kick\"}"), "\"error\":\"which client?\""));
	end();
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
			CHECK_INT(count(b[at].answer.p, "\"transport\""), pages[i].n);
		}
	}
	CU_ASSERT(says(ask(EDGE2, "{\"command\":\"listClients\",\"role\":\"pub\"}"), "\"clients\":[{\"broker\":\"hub\",\"client\":\"p\","));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"address\":\"192.0.2.12\"}"), "\"clients\":[{\"broker\":\"edge1\",\"client\":\"a\","));
	CU_ASSERT(says(b[HUB].answer.p, "\"total\":1,"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"address\":\"127.0.0.1\"}"), "\"total\":2,"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"address\":\"x\"}"), "\"error\":\"not an address\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"listClients\",\"count\":0}"), "bad offset or count"));
	end();
}

static void who_does_not_answer_is_missing(void)
{
	begin();
	b[EDGE2].frozen = true;
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
	b[HUB].frozen = true;
	CHECK_STR(ask(EDGE1, KICK("a")), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"brokers\":[{\"broker\":\"edge1\"}],\"missing\":[\"hub\"]"));
	CHECK_STR(b[EDGE1].kicked.p, "a ");
	CHECK_STR(ask(EDGE1, KICK("nobody")), "");
	pass(2100);
	CU_ASSERT(says(answer_at(EDGE1), "\"error\":\"no such client; no answer from hub\""));
	b[HUB].frozen = b[EDGE2].frozen = false;
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getStats\"}"), "\"missing\":[]"));
	CU_ASSERT(says(b[EDGE1].answer.p, "\"answers_missing\":3,"));
	end();
}

static void a_command_may_be_for_one_broker(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getStats\",\"broker\":\"edge2\"}"), "\"data\":{\"brokers\":[{\"broker\":\"edge2\",\"stats\":{"));
	CU_ASSERT_PTR_NULL(strstr(b[EDGE1].answer.p, "\"broker\":\"hub\""));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\",\"broker\":\"edge1\",\"offset\":1}"), "\"clients\":[{\"broker\":\"edge1\",\"client\":\"c\""));
	CU_ASSERT(says(b[HUB].answer.p, "\"total\":3,\"offset\":1,\"brokers\":[{\"broker\":\"edge1\",\"total\":3}],\"missing\":[]"));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"b\",\"broker\":\"hub\"}"), "\"error\":\"no such client\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"a\",\"broker\":\"edge9\"}"), "\"error\":\"no such broker\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"a\",\"broker\":7}"), "\"error\":\"which broker?\""));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getLimits\",\"broker\":\"hub\"}"), "ask that one itself"));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getLimits\",\"broker\":\"edge1\"},{\"command\":\"getStats\",\"broker\":\"edge1\"}"),
		       "\"limits\":{"));
	CU_ASSERT(says(b[EDGE1].answer.p, "{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"edge1\""));
	b[HUB].frozen = true; /* who is asked alone answers alone */
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"kick\",\"client\":\"a\",\"broker\":\"edge1\"}"), "\"brokers\":[{\"broker\":\"edge1\"}],\"missing\":[]"));
	b[HUB].frozen = false;
	end();
}

static void responses_keep_the_order_of_the_commands(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"getLimits\"}," KICK("a") ",{\"command\":\"dance\"},{\"command\":\"listClients\",\"count\":1}"),
		       "{\"responses\":[{\"command\":\"getLimits\",\"data\":{\"limits\":"));
	CU_ASSERT(says(b[EDGE1].answer.p, "}},{\"command\":\"kick\",\"data\":{\"brokers\":[{\"broker\":\"edge1\"},"));
	CU_ASSERT(says(b[EDGE1].answer.p, "{\"command\":\"dance\",\"error\":\"unknown command\"},{\"command\":\"listClients\",\"data\":"));
	end();
}

/* ---- bans ---- */

#define BAN_USER(u) "{\"command\":\"ban\",\"user\":\"" u "\",\"seconds\":60}"
#define BAN(a) "{\"command\":\"ban\",\"address\":\"" a "\",\"seconds\":60}"

static void a_ban_acts_where_the_address_is_known(void)
{
	begin();
	CU_ASSERT(says(ask(EDGE2, BAN("192.0.2.11")), "{\"broker\":\"edge1\"},{\"broker\":\"edge2\"},{\"broker\":\"hub\",\"error\":\"nobody has come"));
	pass(200);
	CHECK_STR(b[EDGE1].kicked.p, "c ");
	CHECK_INT(comes(EDGE1, "c2", NULL, "192.0.2.11"), REASON_BANNED);
	CHECK_INT(comes(HUB, "h", NULL, "192.0.2.11"), REASON_NONE); /* remembered there for others */
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listBans\"}"), "{\"broker\":\"hub\",\"bans\":[{\"address\":\"192.0.2.11\","));
	CU_ASSERT(says(ask(HUB, BAN("127.0.0.1")), "\"error\":\"it is a proxy"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"unban\",\"address\":\"192.0.2.11\"}"), "\"data\""));
	CHECK_INT(comes(EDGE1, "c3", NULL, "192.0.2.11"), REASON_NONE);
	CU_ASSERT(says(ask(HUB, "{\"command\":\"unban\",\"address\":\"192.0.2.11\"}"), "\"error\":\"not banned\""));
	end();
}

static void restart(int at)
{
	end_broker(at);
	b[at].n_clients = 0;
	start(at);
}

static void a_ban_that_acts_nowhere_is_refused(void)
{
	begin();
	desk_address = "127.0.0.1"; /* everybody comes to the edges through a proxy, and nobody to the hub but the edges and the publisher */
	for (int i = EDGE1; i <= EDGE2; i++) {
		restart(i);
		CU_ASSERT(i == EDGE2 || says(ask(i, BAN("198.51.100.9")), "{\"broker\":\"edge1\"}")); /* nobody has come yet, so who knows? */
		CHECK_INT(comes(i, "v", NULL, "127.0.0.1"), REASON_NONE);
	}
	for (int i = EDGE1; i <= HUB; i++) {
		CU_ASSERT(says(ask(i, BAN("198.51.100.7")), "\"error\":\"edge1, edge2: everybody comes through a proxy, so this broker does not"));
		CU_ASSERT(says(b[i].answer.p, "; hub: nobody has come to this broker from there\""));
		CU_ASSERT_PTR_NULL(strstr(ask(i, "{\"command\":\"listBans\"}"), "198.51.100.7"));
	}
	end();
}

static void bans_of_a_user_hold_everywhere_and_reach_who_comes_later(void)
{
	begin();
	CHECK_INT(comes(EDGE2, "phone", "pub", "192.0.2.7"), REASON_NONE);
	CU_ASSERT(says(ask(HUB, BAN_USER("pub")), "\"brokers\":[{\"broker\":\"edge1\"},{\"broker\":\"edge2\"},{\"broker\":\"hub\"}]"));
	pass(200);
	CHECK_STR(b[EDGE2].kicked.p, "phone ");
	CHECK_STR(b[HUB].kicked.p, "p ");
	end_broker(EDGE2);
	b[EDGE2].n_clients = 0;
	door_gone(b[HUB].d, &bridges[EDGE2]);
	CU_ASSERT(says(ask(EDGE1, BAN("192.0.2.12")), "\"data\""));
	start(EDGE2);
	CHECK_INT(comes(EDGE2, "v", NULL, "192.0.2.12"), REASON_NONE);
	connect_edge(EDGE2);
	pass(200);
	CHECK_STR(b[EDGE2].kicked.p, "v ");
	CHECK_INT(comes(EDGE2, "phone", "pub", "192.0.2.7"), REASON_BANNED);
	CHECK_INT(comes(EDGE2, "w", NULL, "192.0.2.12"), REASON_BANNED);
	pass(60000);
	CHECK_INT(comes(EDGE2, "x", NULL, "192.0.2.12"), REASON_NONE);
	end();
}

/* ---- an edge that somebody has taken over ---- */

static enum door_message edge_writes(int edge, const char *topic, const char *payload)
{
	const struct message m = { str_of(topic), str_of(payload), false, 0 };

	return door_message(b[HUB].d, &bridges[edge], &m, now).what;
}

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
		CHECK_INT(edge_writes(EDGE2, "cluster/ask", bad[i]), DOOR_MESSAGE_TAKEN);
		CHECK_INT(n_letters, n_delivered);
	}
	for (size_t i = 0; i < sizeof(places_of_others) / sizeof(places_of_others[0]); i++) {
		char answer[200];

		snprintf(answer, sizeof(answer), "{\"id\":\"1\",\"to\":\"edge1\",%s,\"responses\":[]}", places_of_others[i]);
		CHECK_INT(edge_writes(EDGE2, "cluster/answer", answer), DOOR_MESSAGE_TAKEN);
	}
	CHECK_INT(edge_writes(EDGE2, "cluster/answer", ANSWER("/", "edge2")), DOOR_MESSAGE_TAKEN); /* this hub has none */
	CHECK_INT(edge_writes(EDGE2, "cluster/answer", "{\"at\":\"edge2\",\"id\":\"1\",\"to\":\"edge1\",\"responses\":[]}"), DOOR_MESSAGE_TAKEN);
	CHECK_INT(n_letters, n_delivered);
	CHECK_INT(edge_writes(EDGE2, "cluster/answer", ANSWER("edge1", "edge2")), DOOR_MESSAGE_TAKEN);
	CHECK_INT(n_letters - n_delivered, 1); /* this one goes to edge1, which has not asked */
	carry();
	pass(200);
	CHECK_STR(b[EDGE1].kicked.p ? b[EDGE1].kicked.p : "", "");
	/* a will reaches the edges without being looked at */
	door_gone(b[HUB].d, &bridges[EDGE2]);
	CHECK_INT(door_stranger_may(b[HUB].d, &(struct visitor){ .ptr = &bridges[EDGE2], .id = "edge-edge2", .user = "bridge" },
				    &(struct door_request){ DOOR_WRITE, &will }, now),
		  REASON_STRANGER);
	end();
}

/* The true edge2 is in and keeps its id. */
static void an_edge_cannot_come_by_another_s_name_under_an_id_of_its_own(void)
{
	static const char impostor;
	const struct visitor v = { .ptr = &impostor, .id = "edge2", .user = "bridge", .password = "secret", .address = "192.0.2.250" };
	const struct message filter = { .topic = STR("cluster/#") };
	const struct message ask_it = { STR("cluster/ask"), STR(ASK("1", "edge2", KICK("a"))), false, 0 };
	const struct message answer = { STR("cluster/answer"), STR(ANSWER("edge1", "edge2")), false, 0 };

	begin();
	CHECK_INT(door_connect(b[HUB].d, &v, now, 0), REASON_NONE);
	CHECK_INT(door_may(b[HUB].d, v.ptr, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, now), REASON_NONE);
	CHECK_INT(door_message(b[HUB].d, &impostor, &ask_it, now).what, DOOR_MESSAGE_TAKEN);
	CHECK_INT(door_message(b[HUB].d, &impostor, &answer, now).what, DOOR_MESSAGE_TAKEN);
	CHECK_INT(n_letters, n_delivered);
	pass(200);
	CHECK_STR(b[EDGE1].kicked.p ? b[EDGE1].kicked.p : "", "");
	CU_ASSERT(says(ask(HUB, "{\"command\":\"getStats\"}"), "\"missing\":[]"));
	door_gone(b[HUB].d, &impostor);
	end();
}

/* The other edges would take what it asks for the hub's own, which has power over reserved seats. */
static void an_edge_cannot_come_by_the_hub_s_name(void)
{
	static const char impostor;
	const struct visitor v = { .ptr = &impostor, .id = "edge-hub", .user = "bridge", .password = "secret", .address = "192.0.2.250" };
	const struct message filter = { .topic = STR("cluster/#") };
	const struct message ask_it = { STR("cluster/ask"), STR(ASK("1", "hub", KICK("phone") "," BAN_USER("op"))), false, 0 };
	const struct message answer = { STR("cluster/answer"), STR(ANSWER("edge1", "hub")), false, 0 };

	begin();
	CHECK_INT(comes(EDGE2, "phone", "pub", "192.0.2.7"), REASON_NONE);
	CHECK_INT(door_connect(b[HUB].d, &v, now, 0), REASON_NONE);
	CHECK_INT(door_may(b[HUB].d, v.ptr, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, now), REASON_NONE);
	CHECK_INT(door_message(b[HUB].d, &impostor, &ask_it, now).what, DOOR_MESSAGE_TAKEN);
	CHECK_INT(door_message(b[HUB].d, &impostor, &answer, now).what, DOOR_MESSAGE_TAKEN);
	CHECK_INT(n_letters, n_delivered);
	carry();
	pass(200);
	CHECK_STR(b[EDGE2].kicked.p ? b[EDGE2].kicked.p : "", "");
	CHECK_STR(b[HUB].kicked.p ? b[HUB].kicked.p : "", "");
	door_gone(b[HUB].d, &impostor);
	end();
}

/* The viewers of this policy may subscribe to everything; answers have the addresses of all clients. */
static void what_brokers_say_to_each_other_only_bridges_read(void)
{
	static const char *const topics[] = { "cluster/ask", "cluster/answer" };

	begin();
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		const struct message m = { .topic = str_of(topics[i]) };
		const struct door_request rq = { DOOR_READ, &m };

		CHECK_INT(door_may(b[EDGE1].d, &places[EDGE1][1], &rq, now), REASON_READ); /* a viewer */
		CHECK_INT(door_may(b[HUB].d, &bridges[EDGE1], &rq, now), REASON_NONE);
	}
	CHECK_INT(door_may(b[EDGE1].d, &places[EDGE1][1], &(struct door_request){ DOOR_READ, &(struct message){ .topic = STR("cluster/x") } }, now), REASON_NONE);
	end();
}

static void what_an_edge_asks_is_done_only_if_the_policy_says_so(void)
{
	begin_with("\"kick\"");
	CU_ASSERT(says(ask(EDGE1, KICK("b")), "{\"broker\":\"edge1\",\"error\":\"no such client\"},{\"broker\":\"edge2\"}"));
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"listClients\"}"), "\"total\":3,"));
	CU_ASSERT(says(b[EDGE1].answer.p, "{\"broker\":\"hub\",\"error\":\"this hub's policy does not let edges ask for it"));
	CU_ASSERT(says(ask(HUB, "{\"command\":\"listClients\"}"), "\"total\":10,")); /* the hub's operator asks as ever */
	CU_ASSERT(says(ask(EDGE1, "{\"command\":\"closeRoom\",\"room\":\"match:1\"}"), "\"data\":{}"));
	CHECK_INT(door_room_closed_ms(b[EDGE1].d, STR("match:1"), now) > 0, 1);
	CHECK_INT(door_room_closed_ms(b[HUB].d, STR("match:1"), now), 0);
	CHECK_INT(door_room_closed_ms(b[EDGE2].d, STR("match:1"), now), 0);
	end();
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
	CHECK_STR(b[HUB].kicked.p ? b[HUB].kicked.p : "", "");
	CHECK_INT(comes(HUB, "p2", "pub", "192.0.2.2"), REASON_NONE);
	CHECK_INT(comes(HUB, "v", NULL, "192.0.2.2"), REASON_BANNED);
	CU_ASSERT(says(ask(HUB, BAN("192.0.2.2")), "{\"broker\":\"hub\"}"));
	pass(200);
	CU_ASSERT(says(b[HUB].kicked.p, "p "));
	CHECK_INT(comes(HUB, "p3", "pub", "192.0.2.2"), REASON_BANNED);
	end();
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
	end();
}

static void an_edge_that_closes_rooms_all_the_time_is_not_heard(void)
{
	const char *first = "{\"ask\":\"closeRoom\",\"room\":\"match:1\",\"seconds\":60,\"by\":\"op\"}";
	const char *last = "{\"ask\":\"closeRoom\",\"room\":\"match:2\",\"seconds\":60,\"by\":\"op\"}";

	begin();
	for (int i = 0; i < 400; i++)
		CHECK_INT(edge_writes(EDGE1, "cluster/ask", first), DOOR_MESSAGE_PASS);
	CHECK_INT(edge_writes(EDGE1, "cluster/ask", last), DOOR_MESSAGE_TAKEN);
	CHECK_INT(door_room_closed_ms(b[HUB].d, STR("match:2"), now), 0);
	pass(1000);
	CHECK_INT(edge_writes(EDGE1, "cluster/ask", last), DOOR_MESSAGE_PASS);
	end();
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
		char text[300], id[33] = "";
		const char *at;

		buf_clear(&b[HUB].answer);
		door_control(b[HUB].d, &places[HUB][0], STR("{\"commands\":[{\"command\":\"getStats\",\"broker\":\"edge2\"}]}"), now);
		for (unsigned k = 0; k < n_letters; k++)
			if ((at = strstr(letters[k].payload, "\"id\":\"")) != NULL)
				snprintf(id, sizeof(id), "%.32s", at + 6);
		b[EDGE2].frozen = true;
		carry();
		snprintf(text, sizeof(text), "{\"id\":\"%s\",\"to\":\"\",\"at\":\"edge2\",\"responses\":%s}", id, bad[i]);
		CHECK_INT(edge_writes(EDGE2, "cluster/answer", text), DOOR_MESSAGE_TAKEN);
		CU_ASSERT(says(answer_at(HUB), "\"error\":\"no answer from edge2\"")); /* nobody waits for a better one */
		b[EDGE2].frozen = false;
	}
	end();
}

/* ---- limits ---- */

static void so_many_requests_wait_and_no_more(void)
{
	begin();
	b[EDGE2].frozen = true;
	for (int i = 0; i < 16; i++)
		CHECK_STR(ask(HUB, "{\"command\":\"getStats\"}"), "");
	CHECK_STR(ask(HUB, "{\"command\":\"getStats\"}"), "{\"responses\":[{\"command\":null,\"error\":\"too many requests wait for other brokers\"}]}");
	pass(2100);
	b[EDGE2].frozen = false;
	CU_ASSERT(says(ask(HUB, "{\"command\":\"getStats\"}"), "\"missing\":[]"));
	end();
}

static void who_has_gone_is_not_answered(void)
{
	begin();
	b[EDGE2].frozen = true;
	CHECK_STR(ask(HUB, "{\"command\":\"getStats\"}"), "");
	door_gone(b[HUB].d, &places[HUB][0]);
	/* somebody else has the id now, and the broker's pointer */
	CHECK_INT(door_connect(b[HUB].d, &(struct visitor){ .ptr = &places[HUB][0], .id = "desk", .address = "192.0.2.9" }, now, 0), REASON_NONE);
	pass(2500);
	CHECK_INT(b[HUB].answer.len, 0);
	b[EDGE2].frozen = false;
	end();
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
