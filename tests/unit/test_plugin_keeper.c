/* The keeper as a broker drives it: events go in, and what it wants done comes out, in that order. */
#include "mosquitto-plugin/core/keeper.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_keeper";

#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]}," \
	"\"crew\":{\"publish\":[\"sb/#\"],\"subscribe\":[\"#\"],\"control\":true,\"limits\":{\"publishes_burst\":1000,\"sessions\":1}}}," \
	"\"users\":{\"cert\":\"crew\"},\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"crew\"},\"drop_repeats\":[\"sb/#\"]}"
#define BEAT "{\"run\":\"h\",\"n\":%u,\"topics\":%u,\"digest\":\"%s\",\"status\":{\"state\":\"live\"}}"

static struct world {
	struct keeper *k;
	mono now;
	struct buf done; /* what it wanted done, but for presence, as "kick local.hub; came v 7; " */
	unsigned reports, beats, told_of_presence;
	int socket; /* what socket_of() answers for the next visitor */
} w;

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	struct str name = str_of(topic);

	(void)ctx;
	w.reports += str_ends(name, STR("/share")) || str_ends(name, STR("/sum"));
	w.beats += str_ends(name, STR("/beat"));
	w.told_of_presence += str_starts(name, STR("sb/presence/"));
	if (str_starts(name, STR("sb/crew/")) || str_starts(name, STR("sb/presence/")))
		return;
	buf_printf(&w.done, "%s%s%s=%.*s%s; ", to ? to : "", to ? " " : "", topic, STR_ARGS(payload), retain ? "" : " (live)");
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

static void on_kick(void *ctx, const char *id, bool with_will)
{
	(void)ctx;
	buf_printf(&w.done, "kick %s%s; ", id, with_will ? "" : " without will");
}

/* The door asks only when it is not told for sure. */
static bool on_has_session(void *ctx, const char *id)
{
	(void)ctx;
	buf_printf(&w.done, "is there a session %s?; ", id);
	return false;
}

static int on_socket_of(void *ctx, const struct visitor *v)
{
	(void)ctx;
	return v->address ? w.socket : 0;
}

static void on_came_in(void *ctx, const struct visitor *v, int socket)
{
	(void)ctx;
	buf_printf(&w.done, "came %s %d; ", v->id, socket);
}

static void on_left(void *ctx, int socket, const void *ptr)
{
	(void)ctx, (void)ptr;
	buf_printf(&w.done, "left %d; ", socket);
}

static void on_adopted(void *ctx, int socket)
{
	(void)ctx;
	buf_printf(&w.done, "adopted %d; ", socket);
}

static void begin(enum cluster_part part)
{
	const struct keeper_ops ops = { on_publish, NULL, on_log, on_has_session, on_kick, on_socket_of, on_came_in, on_left, on_adopted,
					NULL };
	struct keeper_setup setup = { .prefix = "sb", .part = part, .run = "r" };
	struct complaint why;

	w = (struct world){ .now = { 100000 } };
	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &setup.policy, &why) == 0);
	w.k = keeper_new(&setup, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w.k);
}

static void end(void)
{
	keeper_free(w.k);
	buf_free(&w.done);
}

static void expect_done(const char *text)
{
	CHECK_STR(w.done.p ? w.done.p : "", text);
	buf_clear(&w.done);
}

static void pass(int64_t ms)
{
	for (mono until = mono_add(w.now, ms); !mono_reached(w.now, until);) {
		w.now = mono_add(w.now, 100);
		keeper_tick(w.k, w.now, w.now.ms);
	}
}

static const char places[20]; /* addresses that pointers point to */

static struct visitor visitor(int n, const char *id, const char *user)
{
	return (struct visitor){ .ptr = &places[n], .id = id, .user = user, .address = "192.0.2.1", .transport = TRANSPORT_MQTT };
}

/* This broker's own, as the broker shows it. */
static struct visitor bridge(void)
{
	return (struct visitor){ .ptr = &places[19], .id = "local.hub" };
}

static enum reason come(int n, const char *id, int socket)
{
	struct visitor v = visitor(n, id, NULL);

	w.socket = socket;
	return keeper_connect(w.k, &v, w.now, w.now.ms);
}

static enum reason ask(int n, enum door_access access, const char *topic, const char *payload)
{
	const struct message m = { str_of(topic), str_of(payload), true, 0 };

	return keeper_may(w.k, &places[n], &(struct door_request){ access, &m }, w.now);
}

static enum reason ask_about(struct visitor v, enum door_access access, const char *topic, const char *payload)
{
	const struct message m = { str_of(topic), str_of(payload), true, 0 };

	return keeper_stranger_may(w.k, &v, &(struct door_request){ access, &m }, w.now);
}

static enum door_message hand_in(struct visitor v, const char *topic, const char *payload, bool retain)
{
	const struct message m = { str_of(topic), str_of(payload), retain, 0 };

	return keeper_message(w.k, &v, &m, w.now).what;
}

/* As the broker does: may he write it, and here it is. */
static enum door_message write_to(int n, const char *id, const char *topic, const char *payload)
{
	CHECK_INT(ask(n, DOOR_WRITE, topic, payload), REASON_NONE);
	return hand_in(visitor(n, id, NULL), topic, payload, true);
}

/* What hub and edges compare. */
static void expect_topics(unsigned n)
{
	BUF_CLEANUP struct buf text = { 0 };
	char line[60];

	keeper_metrics(w.k, &text);
	snprintf(line, sizeof(line), "\nscoreboard_cluster_topics %u\n", n);
	if (!strstr(text.p, line))
		printf("\n    not %s", line + 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(text.p, line));
}

/* ---- coming and going ---- */

static void who_comes_and_goes_is_told_by_his_socket(void)
{
	struct visitor v = visitor(1, "v", NULL);

	begin(CLUSTER_NONE);
	CHECK_INT(come(1, "v", 7), REASON_NONE);
	expect_done("came v 7; ");
	CHECK_INT(come(1, "v2", 8), REASON_NONE); /* the end of the other one was missed */
	expect_done("left 7; came v2 8; ");
	keeper_left(w.k, &v, KEEPER_LEFT, w.now);
	expect_done("left 8; ");
	keeper_left(w.k, &v, KEEPER_LEFT, w.now); /* a stranger's */
	expect_done("");
	CHECK_INT(door_held(keeper_door(w.k)), 0);
	end();
}

static void who_is_asked_about_again_keeps_his_socket(void)
{
	begin(CLUSTER_NONE);
	CHECK_INT(come(1, "v", 7), REASON_NONE);
	buf_clear(&w.done);
	door_recheck(keeper_door(w.k));
	CHECK_INT(come(1, "v", 7), REASON_NONE);
	expect_done("came v 7; ");
	end();
}

static void a_session_stays_when_its_client_has_left_it(void)
{
	struct visitor v = visitor(1, "s", "cert"), gone = { .ptr = &places[1], .id = "s", .user = "cert" };

	begin(CLUSTER_NONE);
	CHECK_INT(keeper_connected(w.k, &v, w.now), REASON_NONE);
	keeper_left(w.k, &v, KEEPER_LEFT_SESSION, w.now);
	buf_clear(&w.done);
	pass(1000);
	expect_done("");
	CHECK_INT(ask_about(gone, DOOR_READ, "sb/x", ""), REASON_NONE);
	CHECK_INT(keeper_connected(w.k, &v, w.now), REASON_NONE);
	keeper_left(w.k, &v, KEEPER_LEFT, w.now);
	CHECK_INT(door_held_for_sessions(keeper_door(w.k)), 0);
	CHECK_INT(keeper_connected(w.k, &v, w.now), REASON_NONE);
	keeper_left(w.k, &v, KEEPER_LEFT_SESSION_MAYBE, w.now);
	CU_ASSERT(door_held_for_sessions(keeper_door(w.k)) > 0);
	buf_clear(&w.done);
	pass(1000);
	expect_done("is there a session s?; ");
	CHECK_INT(door_held_for_sessions(keeper_door(w.k)), 0);
	end();
}

/* ---- whom the broker let in without asking ---- */

static void a_certificate_brings_somebody_in(void)
{
	struct visitor cert = visitor(1, "c", "cert"), eve = visitor(2, "e", "eve"), nowhere = { .ptr = &places[3], .id = "b" };

	begin(CLUSTER_NONE);
	w.socket = 9;
	CHECK_INT(keeper_connected(w.k, &cert, w.now), REASON_NONE);
	expect_done("came c 9; adopted 9; ");
	CHECK_INT(keeper_connected(w.k, &eve, w.now), REASON_STRANGER);
	CHECK_INT(keeper_connected(w.k, &nowhere, w.now), REASON_NONE); /* a bridge of the broker's own is none of ours */
	expect_done("");
	end();
}

static void or_what_he_does_first_shows_that_he_is_there(void)
{
	struct visitor cert = visitor(1, "c", "cert"), eve = visitor(2, "e", "eve"), second = visitor(3, "d", "cert");

	begin(CLUSTER_NONE);
	CHECK_INT(ask(1, DOOR_SUBSCRIBE, "sb/#", ""), REASON_STRANGER);
	w.socket = 9;
	CHECK_INT(ask_about(cert, DOOR_SUBSCRIBE, "sb/#", ""), REASON_NONE);
	expect_done("came c 9; adopted 9; ");
	CHECK_INT(ask(1, DOOR_READ, "sb/x", ""), REASON_NONE); /* known from now on */
	CHECK_INT(ask_about(eve, DOOR_SUBSCRIBE, "sb/#", ""), REASON_STRANGER);
	w.socket = 0; /* no connection that could be his: a session without its client */
	CHECK_INT(ask_about(second, DOOR_READ, "sb/x", ""), REASON_NONE);
	CU_ASSERT_FALSE(door_is_in(keeper_door(w.k), second.ptr));
	w.socket = 10;
	CHECK_INT(ask_about(second, DOOR_READ, "sb/x", ""), REASON_NONE);
	CU_ASSERT(door_is_in(keeper_door(w.k), second.ptr));
	expect_done("came d 10; adopted 10; ");
	end();
}

static void his_first_message_does_so_too(void)
{
	begin(CLUSTER_NONE);
	w.socket = 9;
	CHECK_INT(hand_in(visitor(1, "c", "cert"), "sb/x", "1", true), DOOR_MESSAGE_PASS);
	expect_done("came c 9; adopted 9; ");
	CHECK_INT(hand_in(visitor(2, "e", "eve"), "sb/x", "1", true), DOOR_MESSAGE_REFUSED);
	end();
}

/* ---- what a hub counts ---- */

static void a_hub_counts_what_the_broker_keeps(void)
{
	static char large[300000];

	begin(CLUSTER_HUB);
	CHECK_INT(come(1, "p", 7), REASON_NONE);
	CHECK_INT(write_to(1, "p", "sb/a", "1"), DOOR_MESSAGE_PASS);
	CHECK_INT(write_to(1, "p", "sb/b", "1"), DOOR_MESSAGE_PASS);
	CHECK_INT(write_to(1, "p", "sb/b", "1"), DOOR_MESSAGE_REPEAT);
	expect_topics(2);
	memset(large, 'x', sizeof(large) - 1);
	CHECK_INT(write_to(1, "p", "sb/c", large), DOOR_MESSAGE_REFUSED);
	pass(100);
	expect_topics(2); /* announced, and then refused */
	CHECK_INT(write_to(1, "p", "sb/crew/presence/share", "{\"total\":1}"), DOOR_MESSAGE_TAKEN);
	pass(100);
	expect_topics(2); /* taken: retained or not, the broker does not get it */
	CHECK_INT(write_to(1, "p", "sb/a", ""), DOOR_MESSAGE_PASS);
	expect_topics(1);
	end();
}

/* The broker asks whether a will may be written, and does not show it as a message. */
static void a_will_counts_and_a_question_about_an_author_does_not(void)
{
	struct visitor author = { .ptr = &places[5], .id = "p", .user = "cert" }, late = visitor(6, "q", "cert");

	begin(CLUSTER_HUB);
	CHECK_INT(ask_about(author, DOOR_WRITE, "sb/a", "1"), REASON_NONE);
	pass(100);
	expect_topics(0);
	CHECK_INT(ask_about(late, DOOR_WRITE, "sb/b", "will"), REASON_NONE);
	pass(100);
	expect_topics(1);
	end();
}

/* The broker does not show the plugin what the plugin writes. */
static void what_an_operator_wipes_counts_no_more(void)
{
	begin(CLUSTER_HUB);
	CHECK_INT(come(1, "op", 7), REASON_NONE);
	CHECK_INT(write_to(1, "op", "sb/a", "1"), DOOR_MESSAGE_PASS);
	expect_topics(1);
	buf_clear(&w.done);
	door_control(keeper_door(w.k), &places[1], STR("{\"commands\":[{\"command\":\"wipe\",\"topic\":\"sb/#\"}]}"), w.now);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.done.p, "\"topics\":1"));
	buf_clear(&w.done);
	pass(100);
	expect_done("sb/a=; ");
	expect_topics(0);
	end();
}

static void who_subscribes_at_a_hub_gets_a_beat_early(void)
{
	unsigned before;

	begin(CLUSTER_HUB);
	CHECK_INT(come(1, "edge", 7), REASON_NONE);
	pass(5300);
	before = w.beats;
	CHECK_INT(ask(1, DOOR_SUBSCRIBE, "sb/crew/beat", ""), REASON_NONE);
	pass(100);
	CHECK_INT(w.beats - before, 1);
	CHECK_INT(ask(1, DOOR_READ, "sb/crew/beat", ""), REASON_NONE); /* nothing else does */
	CHECK_INT(ask(1, DOOR_UNSUBSCRIBE, "sb/crew/beat", ""), REASON_NONE);
	pass(100);
	CHECK_INT(w.beats - before, 1);
	end();
}

/* ---- an edge and its bridge ---- */

static void beat(unsigned n, unsigned topics, const char *digest)
{
	char text[200];

	snprintf(text, sizeof(text), BEAT, n, topics, digest);
	CHECK_INT(hand_in(bridge(), "sb/crew/beat", text, false), DOOR_MESSAGE_PASS);
}

static void the_bridge_s_id_is_nobody_elses(void)
{
	begin(CLUSTER_EDGE);
	CHECK_INT(come(1, "local.hub", 7), REASON_NONE); /* nobody knows yet */
	keeper_left(w.k, &(struct visitor){ .ptr = &places[1] }, KEEPER_LEFT, w.now);
	beat(1, 0, "0000000000000000");
	CHECK_INT(come(1, "local.hub", 7), REASON_CLIENT_ID_TAKEN);
	end();
}

static void an_edge_that_hears_its_hub_reports_who_is_there(void)
{
	unsigned before;

	begin(CLUSTER_EDGE);
	pass(2000);
	before = w.reports;
	beat(1, 0, "0000000000000000");
	pass(100);
	CHECK_INT(w.reports - before, 1);
	beat(2, 0, "0000000000000000");
	pass(100);
	CHECK_INT(w.reports - before, 1);
	end();
}

static void an_edge_that_differs_cuts_its_bridge(void)
{
	begin(CLUSTER_EDGE);
	beat(1, 3, "0123456789abcdef");
	pass(1000);
	expect_done("");
	beat(2, 3, "0123456789abcdef");
	pass(100);
	expect_done("kick local.hub without will; ");
	end();
}

/* When the edge has published `stale` itself, the status that the hub said before is no repeat for the door. */
static void an_edge_without_its_hub_says_stale_and_takes_the_hub_s_word_again(void)
{
	begin(CLUSTER_EDGE);
	CHECK_INT(hand_in(bridge(), "sb/status", "{\"state\":\"live\"}", true), DOOR_MESSAGE_PASS);
	CHECK_INT(hand_in(bridge(), "sb/status", "{\"state\":\"live\"}", true), DOOR_MESSAGE_REPEAT);
	pass(8000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.done.p, "sb/status={\"state\":\"stale\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.done.p, "kick local.hub without will; "));
	CHECK_INT(hand_in(bridge(), "sb/status", "{\"state\":\"live\"}", true), DOOR_MESSAGE_PASS);
	end();
}

/* The bridge was down for so short a time that no beat is missing, but a topic may have vanished meanwhile. Only its end tells of that. */
static void the_bridge_s_end_is_told_to_the_cluster(void)
{
	struct visitor stranger = { .ptr = &places[18], .id = "other" }, lost = bridge();

	for (int is_lost = 0; is_lost < 2; is_lost++) {
		begin(CLUSTER_EDGE);
		CHECK_INT(hand_in(bridge(), "sb/a", "1", true), DOOR_MESSAGE_PASS);
		w.now = mono_add(w.now, 10);
		keeper_left(w.k, is_lost ? &lost : &stranger, KEEPER_LEFT, w.now);
		w.now = mono_add(w.now, 10);
		beat(1, 0, "0000000000000000"); /* the hub holds nothing */
		pass(100);
		expect_done(is_lost ? "sb/a=; " : "");
		expect_topics(is_lost ? 0 : 1);
		end();
	}
}

/* A client of the edge does not speak for the hub, and a message that is not retained is not counted. */
static void only_the_bridge_brings_what_the_hub_says(void)
{
	begin(CLUSTER_EDGE);
	CHECK_INT(come(1, "p", 7), REASON_NONE);
	CHECK_INT(write_to(1, "p", "sb/a", "1"), DOOR_MESSAGE_PASS);
	CHECK_INT(hand_in(bridge(), "sb/b", "1", false), DOOR_MESSAGE_PASS);
	expect_topics(0);
	CHECK_INT(hand_in(bridge(), "sb/b", "1", true), DOOR_MESSAGE_PASS);
	expect_topics(1);
	end();
}

static void one_broker_alone_has_no_cluster_in_its_metrics(void)
{
	BUF_CLEANUP struct buf text = { 0 };

	begin(CLUSTER_NONE);
	pass(3000);
	keeper_metrics(w.k, &text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text.p, "scoreboard_door_connections"));
	CU_ASSERT_PTR_NULL(strstr(text.p, "scoreboard_cluster"));
	CHECK_INT(w.beats + w.reports, 0);
	CU_ASSERT(w.told_of_presence > 0);
	end();
}

static void whom_the_door_sends_away_goes_with_his_will(void)
{
	begin(CLUSTER_NONE);
	CHECK_INT(come(1, "op", 7), REASON_NONE);
	CHECK_INT(come(2, "v", 8), REASON_NONE);
	door_control(keeper_door(w.k), &places[1], STR("{\"commands\":[{\"command\":\"kick\",\"client\":\"v\"}]}"), w.now);
	buf_clear(&w.done);
	pass(100);
	expect_done("kick v; ");
	end();
	keeper_free(NULL);
}

static void a_broker_without_a_name_is_called_by_its_part(void)
{
	begin(CLUSTER_EDGE);
	CHECK_STR(keeper_name(w.k), "edge");
	CHECK_STR(door_name(keeper_door(w.k)), "edge");
	end();
	begin(CLUSTER_HUB);
	CHECK_STR(keeper_name(w.k), "hub");
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(who_comes_and_goes_is_told_by_his_socket),
	UNIT(who_is_asked_about_again_keeps_his_socket),
	UNIT(a_session_stays_when_its_client_has_left_it),
	UNIT(a_certificate_brings_somebody_in),
	UNIT(or_what_he_does_first_shows_that_he_is_there),
	UNIT(his_first_message_does_so_too),
	UNIT(a_hub_counts_what_the_broker_keeps),
	UNIT(a_will_counts_and_a_question_about_an_author_does_not),
	UNIT(what_an_operator_wipes_counts_no_more),
	UNIT(who_subscribes_at_a_hub_gets_a_beat_early),
	UNIT(the_bridge_s_id_is_nobody_elses),
	UNIT(an_edge_that_hears_its_hub_reports_who_is_there),
	UNIT(an_edge_that_differs_cuts_its_bridge),
	UNIT(an_edge_without_its_hub_says_stale_and_takes_the_hub_s_word_again),
	UNIT(the_bridge_s_end_is_told_to_the_cluster),
	UNIT(only_the_bridge_brings_what_the_hub_says),
	UNIT(one_broker_alone_has_no_cluster_in_its_metrics),
	UNIT(whom_the_door_sends_away_goes_with_his_will),
	UNIT(a_broker_without_a_name_is_called_by_its_part),
	{ NULL, NULL },
};
