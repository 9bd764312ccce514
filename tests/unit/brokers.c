#include "tests/unit/brokers.h"

#include "base/json.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"#\"]},\"pub\":{\"publish\":[\"sb/#\"],\"reserved\":1}," \
	"\"op\":{\"control\":true,\"reserved\":2,\"limits\":{\"publishes_burst\":1000}}," \
	"\"bridge\":{\"reserved\":5,\"subscribe\":[\"cluster/#\"],\"publish\":[\"cluster/#\",\"sb/crew/presence/share\"]," \
	"\"limits\":{\"publishes_burst\":10000,\"bytes_burst\":100000000,\"payload_bytes\":10000000},\"asks\":[%s]}}," \
	"\"anonymous\":{\"mqtt\":\"viewer\",\"websockets\":\"viewer\"},\"trusted_proxies\":[\"127.0.0.1\"]," \
	"\"rooms\":{\"open\":[\"match:*\"]},\"users\":{\"op\":\"op\",\"pub\":\"pub\",\"bridge\":\"bridge\"}}"

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define SECRET "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="

/* The id that a broker's bridge has at the broker itself, if that is one between: those alone must know it. */
#define OWN_BRIDGE "bridge"

#define BRIDGE_ID_SIZE 40
#define MAX_LETTERS 2000

struct letter {
	int to;
	const void *from; /* the client that has written it; NULL: the broker's bridge has brought it */
	char *topic, *payload;
	size_t len;
};

struct broker brokers[MAX_BROKERS];
mono now;
unsigned n_not_understood;

static int n_brokers;
static const char *allowed; /* for edges to ask for */
static struct letter letters[MAX_LETTERS];
static unsigned n_letters, n_delivered;

/* The id that its bridge has at its hub. */
static const char *bridge_id(int at, char out[static BRIDGE_ID_SIZE])
{
	snprintf(out, BRIDGE_ID_SIZE, "edge-%s", brokers[at].name);
	return out;
}

static bool is_hub(int at)
{
	for (int i = 0; i < n_brokers; i++)
		if (brokers[i].hub == at)
			return true;
	return false;
}

static enum cluster_part part_of(int at)
{
	if (brokers[at].hub == NO_HUB)
		return CLUSTER_HUB;
	return is_hub(at) ? CLUSTER_MID : CLUSTER_EDGE;
}

/* ---- what brokers carry ---- */

static void post(int to, const void *from, const struct message *m)
{
	CU_ASSERT_FATAL(n_letters < MAX_LETTERS);
	letters[n_letters++] = (struct letter){ to, from, str_dup(m->topic), str_dup(m->payload), m->payload.len };
}

/* to: the only client that gets it, NULL: everybody does. from: the client that has written it, or this broker's own door; NULL: the broker's
 * bridge has brought it. */
static void post_to_all(int at, const char *to, const void *from, const struct message *m)
{
	char id[BRIDGE_ID_SIZE];

	if (brokers[at].hub != NO_HUB && from && (!to || strcmp(to, OWN_BRIDGE) == 0))
		post(brokers[at].hub, &brokers[at].bridge, m);
	for (int i = 0; i < n_brokers; i++)
		if (brokers[i].hub == at && from != &brokers[i].bridge && (!to || strcmp(to, bridge_id(i, id)) == 0))
			post(i, NULL, m);
}

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	const struct message m = { str_of(topic), payload, retain, 0 };
	struct broker *at = ctx;

	if (to && str_starts(m.topic, STR("$CONTROL"))) {
		snprintf(at->answered_to, sizeof(at->answered_to), "%s", to);
		buf_clear(&at->answer);
		buf_str(&at->answer, payload);
	} else if (str_starts(m.topic, STR("cluster/")) && !at->frozen) {
		post_to_all((int)(at - brokers), to, at->d, &m);
	}
}

static void on_kick(void *ctx, const char *id)
{
	struct broker *at = ctx;

	buf_printf(&at->kicked, "%s ", id);
	for (unsigned i = 0; i < at->n_clients; i++)
		if (strcmp(at->ids[i], id) == 0)
			door_gone(at->d, &at->clients[i]);
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level;
	n_not_understood += strstr(text, "not understood") != NULL;
}

static void deliver(const struct letter *l)
{
	const struct message m = { str_of(l->topic), { l->payload, l->len }, false, 0 };
	struct broker *to = &brokers[l->to];

	if (to->frozen || !to->d)
		return;
	to->n_asked += strcmp(l->topic, "cluster/ask") == 0 && strstr(l->payload, "\"control\"");
	to->n_answered += strcmp(l->topic, "cluster/answer") == 0 && strstr(l->payload, "\"to\":\"\"");
	if (door_message(to->d, l->from, &m, now).what == DOOR_MESSAGE_PASS)
		post_to_all(l->to, NULL, l->from, &m);
}

void carry(void)
{
	for (; n_delivered < n_letters; n_delivered++) {
		deliver(&letters[n_delivered]);
		free(letters[n_delivered].topic);
		free(letters[n_delivered].payload);
	}
	n_letters = n_delivered = 0;
}

unsigned under_way(void)
{
	return n_letters - n_delivered;
}

const char *id_under_way(void)
{
	static char id[33];
	const char *found;

	id[0] = '\0';
	for (unsigned i = n_delivered; i < n_letters; i++)
		if ((found = strstr(letters[i].payload, "\"id\":\"")) != NULL)
			snprintf(id, sizeof(id), "%.32s", found + 6);
	return id;
}

void pass(int64_t ms)
{
	for (mono until = mono_add(now, ms); !mono_reached(now, until);) {
		now = mono_add(now, 100);
		for (int i = 0; i < n_brokers; i++) {
			if (!brokers[i].d || brokers[i].frozen)
				continue;
			door_tick(brokers[i].d, now, now.ms);
			door_tick_control(brokers[i].d, now);
			door_tell_bans(brokers[i].d, now);
		}
		carry();
	}
}

/* ---- who is there ---- */

enum reason comes(int at, const char *id, const char *user, const char *address)
{
	struct broker *to = &brokers[at];
	struct visitor v = { .id = id, .user = user, .password = user ? "secret" : NULL, .address = address };

	CU_ASSERT_FATAL(to->n_clients < MAX_CLIENTS);
	v.ptr = &to->clients[to->n_clients];
	snprintf(to->ids[to->n_clients++], sizeof(to->ids[0]), "%s", id);
	return door_connect(to->d, &v, now, 0);
}

void connect_bridge_as(int at, const void *bridge, const char *id)
{
	const struct visitor v = { .ptr = bridge, .id = id, .user = "bridge", .password = "secret", .address = "192.0.2.250" };
	const struct message filter = { .topic = STR("cluster/#") };

	CHECK_INT(door_connect(brokers[at].d, &v, now, 0), REASON_NONE);
	CHECK_INT(door_may(brokers[at].d, bridge, &(struct door_request){ DOOR_SUBSCRIBE, &filter }, now), REASON_NONE);
}

void connect_bridge(int at)
{
	char id[BRIDGE_ID_SIZE];

	connect_bridge_as(brokers[at].hub, &brokers[at].bridge, bridge_id(at, id));
}

void disconnect_bridge(int at)
{
	door_gone(brokers[brokers[at].hub].d, &brokers[at].bridge);
}

void start(int at, const char *desk_address)
{
	const struct door_ops ops = { .publish = on_publish, .kick = on_kick, .log = on_log, .ctx = &brokers[at] };
	BUF_CLEANUP struct buf text = { 0 };
	struct passwd passwords;
	struct policy *policy;
	struct complaint why;

	buf_printf(&text, POLICY, allowed);
	CU_ASSERT_FATAL(policy_parse(buf_view(&text), &policy, &why) == 0);
	CU_ASSERT_FATAL(passwd_parse(&passwords, STR("op:" SECRET "\npub:" SECRET "\nbridge:" SECRET), &why) == 0);
	brokers[at].d = door_new("sb", policy, passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(brokers[at].d);
	door_join(brokers[at].d, part_of(at));
	door_set_name(brokers[at].d, brokers[at].name);
	if (part_of(at) == CLUSTER_MID)
		door_set_bridge_id(brokers[at].d, OWN_BRIDGE);
	CHECK_INT(comes(at, "desk", "op", desk_address), REASON_NONE);
}

void stop(int at)
{
	struct broker *b = &brokers[at];

	for (unsigned i = 0; i < b->n_clients; i++)
		door_gone(b->d, &b->clients[i]);
	for (int i = 0; i < n_brokers; i++)
		if (brokers[i].hub == at)
			disconnect_bridge(i);
	CHECK_INT(door_held(b->d), 0);
	door_free(b->d);
	b->d = NULL;
	b->n_clients = 0;
	buf_free(&b->answer);
	buf_free(&b->kicked);
}

void brokers_begin(const struct broker_row *rows, int n, const char *edges_may_ask)
{
	CU_ASSERT_FATAL(n <= MAX_BROKERS);
	memset(brokers, 0, sizeof(brokers));
	now = (mono){ 100000 };
	n_not_understood = 0;
	n_letters = n_delivered = 0; /* a test that was broken off has left some */
	n_brokers = n;
	allowed = edges_may_ask;
	for (int i = 0; i < n; i++) {
		brokers[i].name = rows[i].name;
		brokers[i].hub = rows[i].hub;
	}
	for (int i = 0; i < n; i++)
		start(i, DESK_ADDRESS);
	for (int i = 0; i < n; i++)
		if (brokers[i].hub != NO_HUB)
			connect_bridge(i);
}

void brokers_end(void)
{
	carry();
	for (int i = 0; i < n_brokers; i++)
		stop(i);
}

/* ---- what is written, asked and answered ---- */

enum door_message writes(int at, const void *client, const char *topic, const char *payload)
{
	const struct message m = { str_of(topic), str_of(payload), false, 0 };

	return door_message(brokers[at].d, client, &m, now).what;
}

enum door_message bridge_writes(int at, const char *topic, const char *payload)
{
	return writes(brokers[at].hub, &brokers[at].bridge, topic, payload);
}

void requests(int at, const char *commands)
{
	BUF_CLEANUP struct buf request = { 0 };

	buf_clear(&brokers[at].answer);
	buf_printf(&request, "{\"commands\":[%s]}", commands);
	door_control(brokers[at].d, &brokers[at].clients[0], buf_view(&request), now);
}

const char *answer_at(int at)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why = { 0, "" };
	struct buf *answer = &brokers[at].answer;

	if (!answer->len)
		return "";
	if (json_parse(&doc, buf_view(answer), &why))
		printf("\n    %s in %s\n", why.text, answer->p);
	CHECK_STR(why.text, "");
	CHECK_STR(brokers[at].answered_to, "desk");
	return answer->p;
}

const char *ask(int at, const char *commands)
{
	requests(at, commands);
	carry();
	return answer_at(at);
}

const char *kicked(int at)
{
	return brokers[at].kicked.len ? brokers[at].kicked.p : "";
}

bool says(const char *text, const char *part)
{
	bool found = strstr(text, part) != NULL;

	if (!found)
		printf("\n    \"%s\" is not in %s\n", part, text);
	return found;
}

unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}
