/* An operator's commands over many brokers, as conf/cluster/ ships them: a hub, two edges, HAProxy before them. */
#include "tests/support/door.h"
#include "tests/support/fleet.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define VIEWERS 30 /* at each edge */

const char *const unit_name = "cluster_control";

static struct fleet f;
static struct dc *desk[3]; /* an operator at each edge and at the hub (2) */
static struct dc *viewers[2][VIEWERS];
static struct buf answer;

static struct broker *broker(int i)
{
	return i == 2 ? f.hub : f.edge[i];
}

/* The answer, "" when there is none. */
static const char *ask(int at, const char *command)
{
	char request[600];

	snprintf(request, sizeof(request), "{\"commands\":[%s]}", command);
	buf_clear(&answer);
	return door_control(desk[at], request, &answer) ? answer.p : "";
}

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static bool says(const char *text, const char *part)
{
	bool found = has(text, part);

	if (!found)
		printf("\n    \"%s\" is not in %s\n", part, text);
	return found;
}

/* All three know of each other. Asked not so often that the operator has too many requests. */
static bool are_together(void)
{
	nap_ms(250);
	for (int at = 0; at < 3; at++) {
		const char *text = ask(at, "{\"command\":\"listClients\",\"count\":1,\"role\":\"publisher\"}");

		if (!has(text, "{\"broker\":\"edge1\",\"total\":0},{\"broker\":\"edge2\",\"total\":0},{\"broker\":\"hub\",\"total\":1}],\"missing\":[]"))
			return false;
	}
	return true;
}

static void set(void)
{
	fleet_set(&f);
	for (int at = 0; at < 3; at++)
		desk[at] = door_enter(broker(at), "desk", "operator");
	if (!WAIT_FOR(are_together(), 15000))
		fatal("the brokers do not find each other; the last answer: %s", answer.p ? answer.p : "none");
	for (int at = 0; at < 2; at++) {
		for (int i = 0; i < VIEWERS; i++) {
			char id[40];

			snprintf(id, sizeof(id), "v%d-%02d", at + 1, i);
			viewers[at][i] = door_enter(broker(at), id, NULL);
		}
	}
}

static void strike(void)
{
	for (int at = 0; at < 3; at++)
		dc_drop(desk[at]);
	for (int i = 0; i < 2 * VIEWERS; i++)
		dc_drop(viewers[i % 2][i / 2]);
	fleet_strike(&f);
	buf_free(&answer);
}

static void a_client_is_found_and_kicked_from_any_broker(void)
{
	static const char *const victims[] = { "v2-07", "v1-03", "v2-09" };

	set();
	for (int at = 0; at < 3; at++) {
		char command[100];
		int there = victims[at][1] - '1', n = atoi(victims[at] + 3);

		snprintf(command, sizeof(command), "{\"command\":\"kick\",\"client\":\"%s\"}", victims[at]);
		CU_ASSERT(says(ask(at, command), "\"missing\":[]"));
		CU_ASSERT(says(answer.p, there ? "{\"broker\":\"edge2\"}" : "{\"broker\":\"edge1\"}"));
		CU_ASSERT(dc_wait_end(viewers[there][n], 3000) != DC_SILENT);
		CU_ASSERT(says(ask(at, command), "\"error\":\"no such client\""));
	}
	strike();
}

/* Pages of ten, put together, are everybody once. */
static void a_list_of_clients_is_one_over_all_brokers(void)
{
	unsigned seen = 0;

	set();
	for (int offset = 0; offset < 2 * VIEWERS; offset += 10) {
		char command[100];

		snprintf(command, sizeof(command), "{\"command\":\"listClients\",\"role\":\"viewer\",\"offset\":%d,\"count\":10}", offset);
		CU_ASSERT(says(ask(offset / 10 % 3, command), "\"total\":60,"));
		for (int i = offset; i < offset + 10; i++) {
			char row[80];

			snprintf(row, sizeof(row), "{\"broker\":\"edge%d\",\"client\":\"v%d-%02d\"", i / VIEWERS + 1, i / VIEWERS + 1, i % VIEWERS);
			seen += says(answer.p, row);
		}
	}
	CHECK_INT(seen, 2 * VIEWERS);
	CU_ASSERT(says(ask(1, "{\"command\":\"listClients\",\"broker\":\"edge1\",\"role\":\"viewer\",\"count\":1}"), "\"total\":30,"));
	CU_ASSERT(says(ask(0, "{\"command\":\"getStats\"}"), "{\"broker\":\"edge2\",\"stats\":{\"connections/viewer\":30,"));
	strike();
}

static enum reason_seen {
	LET_IN,
	REFUSED
} comes(int at, const char *id, const char *user)
{
	BUF_CLEANUP struct buf password = { 0 };
	struct dc_login login = { .id = id, .user = user };
	struct dc *c;
	int code;

	buf_printf(&password, "pw-%s", user);
	login.password = password.p;
	c = dc_connect(broker_port(broker(at)), false, NULL, &login, &code);
	dc_drop(c);
	return code == 0 ? LET_IN : REFUSED;
}

static void a_ban_holds_at_brokers_that_come_later(void)
{
	set();
	CHECK_INT(comes(1, "crew-1", "crew"), LET_IN);
	CU_ASSERT(says(ask(2, "{\"command\":\"ban\",\"user\":\"crew\",\"seconds\":600}"),
		       "\"brokers\":[{\"broker\":\"edge1\"},{\"broker\":\"edge2\"},{\"broker\":\"hub\"}],\"missing\":[]"));
	for (int at = 0; at < 3; at++)
		CHECK_INT(comes(at, "crew-1", "crew"), REFUSED);
	broker_kill(f.edge[1]);
	dc_drop(desk[1]);
	broker_start_again(f.edge[1]);
	CU_ASSERT(WAIT_FOR(comes(1, "crew-1", "crew") == REFUSED, 15000));
	desk[1] = door_enter(broker(1), "desk", "operator");
	CU_ASSERT(WAIT_FOR(are_together(), 15000));
	CU_ASSERT(says(ask(1, "{\"command\":\"unban\",\"user\":\"crew\"}"), "\"missing\":[]"));
	for (int at = 0; at < 3; at++)
		CHECK_INT(comes(at, "crew-1", "crew"), LET_IN);
	/* everybody here comes from 127.0.0.1, which the shipped policy trusts as a proxy */
	CU_ASSERT(says(ask(0, "{\"command\":\"ban\",\"address\":\"127.0.0.1\"}"), "\"error\":\"it is a proxy"));
	CU_ASSERT(says(ask(2, "{\"command\":\"ban\",\"address\":\"192.0.2.7\"}"), "everybody comes through a proxy"));
	strike();
}

static int64_t ms_to_answer(int at, const char *command)
{
	mono from = mono_now();

	ask(at, command);
	return mono_diff(mono_now(), from);
}

static void who_is_frozen_is_missing_after_two_seconds(void)
{
	int64_t ms;

	set();
	ms = ms_to_answer(0, "{\"command\":\"getStats\"}");
	printf("\n    all answer: %lld ms ", (long long)ms);
	CU_ASSERT(ms < 1500 && says(answer.p, "\"missing\":[]"));
	broker_freeze(f.edge[1]);
	ms = ms_to_answer(0, "{\"command\":\"getStats\"}");
	printf("one is frozen: %lld ms ", (long long)ms);
	CU_ASSERT(ms >= 1500 && ms < 4000);
	CU_ASSERT(says(answer.p, "{\"broker\":\"hub\",\"stats\":{") && says(answer.p, "\"missing\":[\"edge2\"]"));
	broker_thaw(f.edge[1]);
	CU_ASSERT(WAIT_FOR(are_together(), 20000));
	broker_kill(f.hub);
	CU_ASSERT(says(ask(0, "{\"command\":\"kick\",\"client\":\"v1-01\"}"), "\"brokers\":[{\"broker\":\"edge1\"}],\"missing\":[\"hub\"]"));
	CU_ASSERT(dc_wait_end(viewers[0][1], 3000) != DC_SILENT);
	broker_start_again(f.hub);
	dc_drop(desk[2]);
	desk[2] = NULL;
	CU_ASSERT(WAIT_FOR((desk[2] = desk[2] ? desk[2] : door_enter(broker(2), "desk", "operator")) != NULL && are_together(), 20000));
	strike();
}

/* Whoever has the bridge's password can be an edge. */
static void a_stolen_bridge_has_no_power_over_reserved_seats(void)
{
	static const char ask_text[] = "{\"ask\":\"control\",\"id\":\"ab\",\"from\":\"%s\",\"hub\":\"hub\",\"by\":\"operator\",\"commands\":["
				       "{\"command\":\"kick\",\"client\":\"%s\"},{\"command\":\"ban\",\"user\":\"publisher\"}]}";
	static const char *const names[] = { "edge1", "hub", "edge9" };
	struct dc *eve;
	char text[400];

	set();
	eve = door_enter(f.hub, "edge-edge9", "bridge");
	CHECK_INT(dc_subscribe(eve, "cluster/#"), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), ask_text, names[i], "desk");
		CU_ASSERT(dc_publish(eve, "cluster/ask", str_of(text), false) < 0x80);
	}
	CU_ASSERT(dc_expect(eve, "cluster/answer", NULL, 5000)); /* the third one was its own name: answered, and refused */
	CU_ASSERT(says(ask(2, "{\"command\":\"listClients\",\"role\":\"operator\"}"), "\"total\":3,"));
	CU_ASSERT(says(ask(2, "{\"command\":\"listBans\",\"broker\":\"hub\"}"), "\"bans\":[]"));
	dc_drop(eve);
	strike();
}

static int ctl(int at, const char *const *words, struct buf *out)
{
	const char *argv[16] = { place_build("mosquitto-plugin/scoreboard-ctl"), "-p", NULL, "-u", "operator" };
	char port[12];
	size_t n = 5;

	snprintf(port, sizeof(port), "%d", broker_port(broker(at)));
	argv[2] = port;
	while (*words)
		argv[n++] = *words++;
	setenv("SCOREBOARD_CTL_PASSWORD", "pw-operator", 1);
	buf_clear(out);
	return proc_run(argv, STR(""), out, out);
}

static void the_shell_shows_all_brokers_or_one(void)
{
	static const struct {
		const char *words[8];
		int status;
		const char *says;
	} rows[] = {
		{ { "clients", "viewer" }, 0, "60 clients" },
		{ { "clients", "viewer", "--broker", "edge2" }, 0, "30 clients" },
		{ { "clients", "publisher" }, 0, "rooms  broker\n" },
		{ { "who-address", "127.0.0.1" }, 0, "v2-29" },
		{ { "stats" }, 0, "edge2/connections/viewer                     30\n" },
		{ { "stats", "--broker", "hub" }, 0, "hub/connections/viewer                       0\n" },
		{ { "stats", "--broker", "nowhere" }, 1, "no such broker" },
		{ { "limits", "--broker", "hub" }, 1, "ask that one itself" },
		{ { "kick", "v2-05" }, 0, "done at edge2\n" },
		{ { "kick", "v2-05x" }, 1, "no such client" },
		{ { "ban-user", "ann", "--for", "10m" }, 0, "done at hub\n" },
		{ { "bans" }, 0, "edge1:\n" },
		{ { "refusals" }, 0, "edge2:\nat" },
		{ { "history", "--broker", "hub" }, 0, "hub:\nat" },
		{ { "unban-user", "ann" }, 0, "done at edge1\n" },
		{ { "ban", "192.0.2.1" }, 1, "everybody comes through a proxy" },
	};
	BUF_CLEANUP struct buf out = { 0 };

	set();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(ctl(0, rows[i].words, &out), rows[i].status);
		CU_ASSERT(says(out.p ? out.p : "", rows[i].says));
	}
	broker_freeze(f.edge[1]);
	CHECK_INT(ctl(0, ARGV("stats"), &out), 0);
	CU_ASSERT(says(out.p, "scoreboard-ctl: no answer from edge2\n"));
	broker_thaw(f.edge[1]);
	strike();
}

/* The longest delay that a broker tells of, as the operator at an edge is told; -1: it tells of none. */
static int64_t delay_at(const char *name)
{
	char head[60];
	const char *at = ask(0, "{\"command\":\"getStats\"}");

	nap_ms(300);
	snprintf(head, sizeof(head), "{\"broker\":\"%s\",\"stats\":{", name);
	at = strstr(at, head);
	at = at ? strstr(at, "\"host\":{") : NULL;
	at = at ? strpbrk(at + 8, "d}") : NULL; /* no name of a figure before it has a d, nor has a number */
	return at && str_starts(str_of(at), STR("delay_ms\":")) ? atoll(at + 10) : -1;
}

static void change_something(void)
{
	static int n;
	char value[20];

	snprintf(value, sizeof(value), "\"%d\"", n++);
	board_says(f.board, "ScoreBoard.CurrentGame.EventInfo(Tournament)", value);
}

static bool is_told(const char *name)
{
	change_something();
	return delay_at(name) >= 0;
}

/* Of what came since it was asked for last but one; the machine may have stood still meanwhile. */
static bool is_prompt(const char *name)
{
	int64_t ms;

	change_something();
	ms = delay_at(name);
	return ms >= 0 && ms < 1500;
}

static void how_old_deltas_are_is_told_of_each_broker(void)
{
	set();
	CU_ASSERT(WAIT_FOR(is_told("hub"), 10000));
	CU_ASSERT(WAIT_FOR(is_told("edge2"), 10000));
	CU_ASSERT(WAIT_FOR(is_prompt("edge2"), 10000));
	broker_freeze(f.edge[1]); /* not for so long that it cuts its bridge (CLUSTER_SILENT_MS) */
	change_something();
	nap_ms(3000);
	broker_thaw(f.edge[1]);
	CU_ASSERT(WAIT_FOR(delay_at("edge2") >= 1500, 5000));
	CU_ASSERT(WAIT_FOR(delay_at("edge2") == -1, 10000));
	strike();
}

const struct unit_test unit_tests[] = {
	UNIT(a_client_is_found_and_kicked_from_any_broker),
	UNIT(a_list_of_clients_is_one_over_all_brokers),
	UNIT(a_ban_holds_at_brokers_that_come_later),
	UNIT(who_is_frozen_is_missing_after_two_seconds),
	UNIT(a_stolen_bridge_has_no_power_over_reserved_seats),
	UNIT(the_shell_shows_all_brokers_or_one),
	UNIT(how_old_deltas_are_is_told_of_each_broker),
	{ NULL, NULL },
};
