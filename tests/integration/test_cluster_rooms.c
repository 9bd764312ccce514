/* Rooms over many brokers, as conf/cluster/ ships them: who is in a room is told in it, and the same everywhere; a room where nobody is any
 * more holds nothing; what an operator does at one broker is done at all. In these tests a room is idle after 5 s (fleet.c).
 * SB_ROOMS=1000 in the environment: so many rooms of ten in place of 40, and what they cost. That takes some two minutes and 10,100 open
 * files. */
#include "tests/support/door.h"
#include "tests/support/fleet.h"
#include "tests/support/json.h"
#include "tests/support/place.h"
#include "tests/support/proc.h"
#include "tests/unit/unit.h"

#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#define RIGHT_MS 5000 /* so soon presence is right everywhere */

const char *const unit_name = "cluster_rooms";

static struct fleet f;

static struct broker *broker(int i)
{
	return i == 2 ? f.hub : f.edge[i];
}

/* A token for this user; room NULL: for no private one. */
static void mint(const char *user, const char *room, struct buf *out)
{
	const char *argv[] = { place_build("mosquitto-plugin/scoreboard-ctl"), "token", "--user", user, "--key", place_temp("fleet/token.key"),
			       room ? "--room" : NULL, room, NULL };

	CHECK_INT(proc_run(argv, STR(""), out, NULL), 0);
	while (out->len && out->p[out->len - 1] == '\n')
		buf_cut(out, out->len - 1);
	if (out->p)
		out->p[out->len] = '\0';
}

/* An app at edge 0, edge 1 or the hub (2); with `room` that is what its token names. */
static struct dc *app(int at, const char *user, const char *room)
{
	BUF_CLEANUP struct buf token = { 0 };
	struct dc *c;
	int code;

	mint(user, room, &token);
	c = dc_connect(broker_port(broker(at)), false, NULL, &(struct dc_login){ .id = user, .user = user, .password = token.p }, &code);
	CHECK_INT(code, 0);
	return c;
}

static struct dc *member(int at, const char *user, const char *room)
{
	struct dc *c = app(at, user, room);
	char filter[80];

	snprintf(filter, sizeof(filter), "rooms/%s/#", room);
	CHECK_INT(dc_subscribe(c, filter), 0);
	return c;
}

/* What the broker retains under this topic, as an operator reads it; "": nothing, "?": it could not be read. He reads all rooms: if he subscribed to
 * something in one, he would be in it. */
static void retained(int at, const char *topic, struct buf *out)
{
	static const struct login as_operator = { NULL, "operator", "pw-operator" };
	TREE_CLEANUP struct tree tree = { NULL };
	struct str text;

	buf_clear(out);
	if (!tree_read_as(broker_port(broker(at)), &as_operator, strncmp(topic, "rooms/", 6) == 0 ? "rooms/#" : topic, &tree)) {
		buf_puts(out, "?");
		return;
	}
	text = tree_get(&tree, str_of(topic));
	buf_str(out, text.p ? text : STR(""));
}

/* Do all brokers that run retain the same there, beginning so? An empty `begins`: do all retain nothing? */
static bool all_retain(const char *topic, const char *begins, int without)
{
	BUF_CLEANUP struct buf first = { 0 }, text = { 0 };

	retained(2, topic, &first);
	for (int i = 0; i < 3; i++) {
		if (i == without)
			continue;
		retained(i, topic, &text);
		if (!str_eq(buf_view(&text), buf_view(&first)))
			return false;
	}
	return *begins ? str_starts(buf_view(&first), str_of(begins)) : !first.len;
}

/* Who is there comes in the order in which brokers report: of two, either may be the first. */
static bool all_tell_ann_and_bob(const char *topic)
{
	return all_retain(topic, "{\"count\":2,\"names\":[\"ann\",\"bob\"],\"since\":1", -1) ||
	       all_retain(topic, "{\"count\":2,\"names\":[\"bob\",\"ann\"],\"since\":1", -1);
}

#define CHECK_ALL(topic, begins, without) CU_ASSERT(WAIT_FOR(all_retain(topic, begins, without), 10000))

static void who_is_in_a_room_is_told_in_it_the_same_everywhere(void)
{
	struct dc *ann, *bob, *cat;

	fleet_set(&f);
	ann = member(0, "ann", "match:42");
	bob = member(1, "bob", "match:42");
	cat = member(2, "cat", "match:42");
	CHECK_ALL("rooms/match:42/presence", "{\"count\":3,\"names\":[", -1);
	CHECK_ALL("scoreboard/presence/room/match:42", "3", -1);
	dc_leave(cat);
	CU_ASSERT(WAIT_FOR(all_tell_ann_and_bob("rooms/match:42/presence"), 10000));
	broker_kill(f.edge[0]);
	CHECK_ALL("rooms/match:42/presence", "{\"count\":1,\"names\":[\"bob\"],\"since\":1", 0);
	dc_drop(ann);
	broker_start_again(f.edge[0]);
	CU_ASSERT(WAIT_FOR(all_retain("rooms/match:42/presence", "{\"count\":1,\"names\":[\"bob\"],", -1), 10000));
	dc_leave(bob);
	CHECK_ALL("rooms/match:42/presence", "", -1);
	CHECK_ALL("scoreboard/presence/room/match:42", "", -1);
	fleet_strike(&f);
}

static bool holds_word(int at, const char *user, const char *filter, const char *word)
{
	const struct login login = { NULL, user, user ? strcmp(user, "operator") == 0 ? "pw-operator" : "pw-monitor" : NULL };
	TREE_CLEANUP struct tree tree = { NULL };
	bool found = false;

	if (!tree_read_as(broker_port(broker(at)), &login, filter, &tree))
		return false;
	tree_each(&tree, leaf)
		found |= strstr(leaf->name.p, word) || strstr(leaf->value.p, word);
	return found;
}

static void a_private_room_is_named_to_nobody_else(void)
{
	BUF_CLEANUP struct buf metrics = { 0 };
	struct dc *ann, *bob, *viewer, *other;
	int code;

	fleet_set(&f);
	viewer = dc_connect(broker_port(f.edge[0]), false, NULL, &(struct dc_login){ .id = "viewer" }, &code);
	CHECK_INT(dc_subscribe(viewer, "scoreboard/#"), 0);
	other = app(1, "eve", NULL);
	CHECK_INT(dc_subscribe(other, "scoreboard/#"), 0);
	CHECK_INT(dc_subscribe(other, "rooms/secretjury/#"), 0x87);
	CHECK_INT(dc_subscribe(other, "rooms/#"), 0x87);
	ann = member(0, "ann", "secretjury");
	bob = member(1, "bob", "secretjury");
	CU_ASSERT(WAIT_FOR(all_tell_ann_and_bob("rooms/secretjury/presence"), 10000));
	CHECK_INT(dc_publish(ann, "rooms/secretjury/say/ann", STR("x"), false), 0);
	CU_ASSERT(dc_expect(bob, "rooms/secretjury/say/ann", "x", 5000));
	dc_leave(ann);
	CHECK_ALL("rooms/secretjury/presence", "{\"count\":1,\"names\":[\"bob\"],", -1);
	for (mono until = mono_add(mono_now(), 1000); !mono_reached(mono_now(), until);) {
		BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };

		if (dc_message(viewer, &topic, &payload, 100) || dc_message(other, &topic, &payload, 100))
			CU_ASSERT(!strstr(topic.p, "secretjury") && !(payload.p && strstr(payload.p, "secretjury")));
	}
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FALSE(holds_word(i, "operator", "$SYS/#", "secretjury"));
		CU_ASSERT_FALSE(holds_word(i, "operator", "scoreboard/presence/#", "secretjury"));
	}
	CU_ASSERT(WAIT_FOR(place_read(place_temp("fleet/hub.prom"), &metrics), 15000));
	CU_ASSERT_PTR_NULL(strstr(metrics.p, "secretjury"));
	dc_leave(bob);
	dc_leave(viewer);
	dc_leave(other);
	fleet_strike(&f);
}

/* ---- rooms where nobody is any more ---- */

static void write_state(int at, const char *topic)
{
	const struct login crew = { NULL, "crew", "pw-crew" };

	CU_ASSERT(mqtt_publish(broker_port(broker(at)), &crew, topic, STR("1"), true));
}

static void an_idle_room_holds_nothing_anywhere(void)
{
	struct dc *bob;

	fleet_set(&f);
	bob = member(1, "bob", "match:used");
	write_state(0, "rooms/match:used/state/x");
	write_state(0, "rooms/match:left/state/x");
	write_state(2, "rooms/match:left/state/y");
	CHECK_ALL("rooms/match:left/state/x", "1", -1);
	CHECK_ALL("rooms/match:left/state/y", "1", -1);
	broker_restart(f.hub); /* which then knows rooms only by the state that its edges bring back */
	CU_ASSERT(WAIT_FOR(all_retain("rooms/match:used/state/x", "1", -1), 10000));
	CU_ASSERT(WAIT_FOR(all_retain("rooms/match:left/state/x", "", -1), 20000));
	CHECK_ALL("rooms/match:left/state/y", "", -1);
	nap_ms(6000);
	CU_ASSERT(all_retain("rooms/match:used/state/x", "1", -1)); /* somebody is in it, at one edge */
	dc_leave(bob);
	CU_ASSERT(WAIT_FOR(all_retain("rooms/match:used/state/x", "", -1), 20000));
	fleet_strike(&f);
}

/* ---- what an operator does at one broker ---- */

static bool ask(int at, const char *request)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct dc *op = door_enter(broker(at), "desk", "operator");
	bool good = door_control(op, request, &out) && !strstr(out.p, "\"error\"");

	if (!good)
		printf("\n    %s\n    %s\n", request, out.p ? out.p : "no answer");
	dc_leave(op);
	return good;
}

static bool may_say(struct dc *c, const char *user)
{
	char topic[80];

	snprintf(topic, sizeof(topic), "rooms/match:42/say/%s", user);
	return dc_publish(c, topic, STR("x"), false) < 0x80;
}

static void a_room_that_is_closed_is_closed_everywhere(void)
{
	struct dc *ann, *bob, *cat;

	fleet_set(&f);
	ann = member(0, "ann", "match:42");
	bob = member(1, "bob", "match:42");
	cat = app(2, "cat", NULL);
	write_state(1, "rooms/match:42/state/x");
	CHECK_ALL("rooms/match:42/state/x", "1", -1);
	CU_ASSERT(ask(0, "{\"commands\":[{\"command\":\"closeRoom\",\"room\":\"match:42\",\"seconds\":600}]}"));
	CU_ASSERT(dc_expect(ann, "rooms/match:42/presence", "{\"closed\":true,\"by\":\"operator\",\"seconds\":600}", 5000));
	CU_ASSERT(dc_expect(bob, "rooms/match:42/presence", "{\"closed\":true,\"by\":\"operator\",\"seconds\":600}", 5000));
	CHECK_ALL("rooms/match:42/state/x", "", -1);
	CU_ASSERT_FALSE(may_say(ann, "ann"));
	CU_ASSERT_FALSE(may_say(bob, "bob"));
	CHECK_INT(dc_subscribe(cat, "rooms/match:42/#"), 0x87);
	CU_ASSERT(ask(1, "{\"commands\":[{\"command\":\"getRoom\",\"room\":\"match:42\"}]}"));
	CU_ASSERT(ask(2, "{\"commands\":[{\"command\":\"openRoom\",\"room\":\"match:42\"}]}"));
	CU_ASSERT(WAIT_FOR(may_say(ann, "ann"), 5000));
	CU_ASSERT(WAIT_FOR(may_say(bob, "bob"), 5000));
	CHECK_INT(dc_subscribe(cat, "rooms/match:42/#"), 0);
	dc_leave(ann);
	dc_leave(bob);
	dc_leave(cat);
	fleet_strike(&f);
}

static void only_brokers_ask_brokers(void)
{
	static const char *const users[] = { "crew", "operator", "publisher", NULL };
	static const char *const text = "{\"ask\":\"closeRoom\",\"room\":\"match:42\",\"seconds\":600,\"by\":\"x\"}";
	struct dc *ann;

	fleet_set(&f);
	CHECK_ALL("scoreboard/status", "{", -1); /* a publisher that is ended while it starts ends by the signal */
	ann = member(0, "ann", "match:42");
	for (size_t i = 0; users[i]; i++) {
		if (strcmp(users[i], "publisher") == 0)
			publisher_kill(f.publisher); /* a hub has one at a time */
		for (int at = 0; at < 3; at++) {
			struct dc *c = door_enter(broker(at), "c", users[i]);

			CHECK_INT(dc_publish(c, "cluster/ask", str_of(text), false), 0x87);
			CHECK_INT(dc_publish(c, "rooms/match:42/presence", STR("{\"closed\":true}"), true), 0x87);
			dc_leave(c);
		}
	}
	CHECK_INT(dc_publish(ann, "cluster/ask", str_of(text), false), 0x87);
	CU_ASSERT(may_say(ann, "ann"));
	dc_leave(ann);
	fleet_strike(&f);
}

static void a_notice_and_a_message_reach_people_at_other_brokers(void)
{
	struct dc *ann, *viewer;
	int code;

	fleet_set(&f);
	ann = app(1, "ann", NULL);
	CHECK_INT(dc_subscribe(ann, "users/ann/#"), 0);
	viewer = dc_connect(broker_port(f.edge[1]), false, NULL, &(struct dc_login){ .id = "v" }, &code);
	CHECK_INT(dc_subscribe(viewer, "scoreboard/notice"), 0);
	CU_ASSERT(WAIT_FOR(ask(0, "{\"commands\":[{\"command\":\"sendToUser\",\"user\":\"ann\",\"type\":\"nudge\",\"data\":{\"n\":[1,\"a\"]}}]}") &&
				   dc_expect(ann, "users/ann/from/operator", NULL, 2000),
			   10000));
	CU_ASSERT(ask(0, "{\"commands\":[{\"command\":\"notice\",\"text\":\"Track 2 starts\",\"level\":\"warning\",\"seconds\":4}]}"));
	CU_ASSERT(dc_expect(viewer, "scoreboard/notice", NULL, 5000));
	CHECK_ALL("scoreboard/notice", "{\"id\":\"", -1);
	CU_ASSERT(dc_expect(viewer, "scoreboard/notice", "", 10000)); /* it is over, and whoever shows it hears of that */
	CHECK_ALL("scoreboard/notice", "", -1);
	CU_ASSERT(WAIT_FOR(fleet_equal(&f, false), 10000)); /* and the edges are in sync all the same */
	dc_leave(ann);
	dc_leave(viewer);
	fleet_strike(&f);
}

/* ---- many rooms ---- */

#define MEMBERS 10

struct person {
	struct dc *c;
	char user[24]; /* 20 characters */
	unsigned room;
	int at;
};

static struct many {
	unsigned rooms, n;
	unsigned late; /* how often presence was right only after RIGHT_MS */
	struct person *people;
} many;

/* As scoreboard-ctl makes it, but without a program for each. */
static void put_base64url(struct buf *out, const void *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)b[i] << 16 | (unsigned)(i + 1 < len ? b[i + 1] : 0) << 8 | (i + 2 < len ? b[i + 2] : 0);

		for (size_t k = 0; k < 4 && i + k <= len; k++)
			buf_char(out, digits[v >> (18 - 6 * k) & 63]);
	}
}

static void sign_token(const char *user, struct buf *out)
{
	static const char head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", key[] = "the key for tokens of these tests";
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	char body[160];

	snprintf(body, sizeof(body), "{\"sub\":\"%s\",\"exp\":%lld}", user, (long long)(wall_now_ms() / 1000 + 3600));
	put_base64url(out, head, strlen(head));
	buf_char(out, '.');
	put_base64url(out, body, strlen(body));
	HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)out->p, out->len, mac, &n);
	buf_char(out, '.');
	put_base64url(out, mac, n);
}

/* The budgets of the shipped policy let in some hundred a second. */
static void come(struct person *p)
{
	BUF_CLEANUP struct buf token = { 0 };
	const struct dc_login login = { .id = p->user, .user = p->user };
	int code = -1;

	sign_token(p->user, &token);
	for (mono until = mono_add(mono_now(), 30000); !mono_reached(mono_now(), until); nap_ms(20)) {
		struct dc_login with = login;

		with.password = token.p;
		p->c = dc_connect(broker_port(f.edge[p->at]), false, NULL, &with, &code);
		if (code == 0)
			return;
		dc_drop(p->c);
		p->c = NULL;
	}
	CU_FAIL("somebody is not let in");
}

static void go_in(struct person *p)
{
	char filter[40];

	snprintf(filter, sizeof(filter), "rooms/match:%u/presence", p->room);
	CHECK_INT(dc_subscribe(p->c, filter), 0);
}

static void go_out(struct person *p)
{
	char filter[40];

	snprintf(filter, sizeof(filter), "rooms/match:%u/presence", p->room);
	CHECK_INT(dc_unsubscribe(p->c, filter), 0);
}

static void count_members(unsigned *counts)
{
	memset(counts, 0, many.rooms * sizeof(*counts));
	for (unsigned i = 0; i < many.n; i++)
		if (many.people[i].c)
			counts[many.people[i].room]++;
}

/* By a client that polls: libmosquitto's cannot have a socket above 1,023. */
static void read_rooms(int at, struct tree *out)
{
	BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };
	struct dc *c = door_enter(broker(at), "reader", "operator");

	CHECK_INT(dc_subscribe(c, "rooms/#"), 0);
	while (dc_message(c, &topic, &payload, 150)) {
		tree_set(out, buf_view(&topic), buf_view(&payload));
		buf_clear(&topic);
		buf_clear(&payload);
	}
	dc_leave(c);
}

static bool is_named(const struct tree *tree, const struct person *p)
{
	char topic[60];
	struct str text;

	snprintf(topic, sizeof(topic), "rooms/match:%u/presence", p->room);
	text = tree_get(tree, str_of(topic));
	return text.p && strstr(text.p, p->user);
}

/* What is wrong with who is in the rooms, by this broker: members that are not named, and rooms that count or name too few or too many. */
static unsigned wrong_at(int at, const unsigned *counts)
{
	TREE_CLEANUP struct tree tree = { NULL };
	unsigned wrong = 0;

	read_rooms(at, &tree);
	for (unsigned i = 0; i < many.n; i++)
		wrong += many.people[i].c && !is_named(&tree, &many.people[i]);
	for (unsigned i = 0; i < many.rooms; i++) {
		char topic[60], begins[40];
		struct str text, names;

		snprintf(topic, sizeof(topic), "rooms/match:%u/presence", i);
		snprintf(begins, sizeof(begins), "{\"count\":%u,\"names\":[", counts[i]);
		text = tree_get(&tree, str_of(topic));
		names = text.p ? json_get(text, "names") : (struct str){ NULL, 0 };
		wrong += counts[i] ? !text.p || !str_starts(text, str_of(begins)) || names.len != 2 + counts[i] * 23 - 1 : text.p != NULL;
	}
	return wrong;
}

/* Milliseconds until all brokers but one say who is in each room; reading one takes some hundreds of them. */
static int64_t right_after(const char *what, int without)
{
	unsigned *counts = calloc(many.rooms, sizeof(*counts)), wrong = 0;
	mono from = mono_now();
	int64_t took;

	count_members(counts);
	for (int i = 0; i < 3; i++)
		while (i != without && (wrong = wrong_at(i, counts)) > 0 && mono_diff(mono_now(), from) < patience_ms(20000))
			nap_ms(50);
	took = mono_diff(mono_now(), from);
	printf("\n    %s: %s after %lld ms", what, wrong ? "still wrong" : "right everywhere", (long long)took);
	fflush(stdout);
	free(counts);
	return wrong ? INT64_MAX : took;
}

static void check_right(const char *what, int without)
{
	int64_t took = right_after(what, without);

	CU_ASSERT(took <= patience_ms(2 * RIGHT_MS));
	many.late += took > patience_ms(RIGHT_MS);
}

static void some_change_rooms(unsigned every)
{
	for (unsigned i = 0; i < many.n; i += every) {
		struct person *p = &many.people[i];

		if (!p->c)
			continue;
		go_out(p);
		p->room = (p->room + 1) % many.rooms;
		go_in(p);
	}
}

static void print_memory(const char *what, const long before[3])
{
	for (int i = 0; i < 3; i++)
		printf("\n    %s: %s has %ld kB more", what, i == 2 ? "the hub" : i ? "edge 2"
										    : "edge 1",
		       proc_rss_kb(broker_proc(broker(i))) - before[i]);
}

static void note_memory(long out[3])
{
	for (int i = 0; i < 3; i++)
		out[i] = proc_rss_kb(broker_proc(broker(i)));
}

static void an_edge_dies(void)
{
	broker_kill(f.edge[0]);
	for (unsigned i = 0; i < many.n; i++) {
		if (many.people[i].at != 0)
			continue;
		dc_drop(many.people[i].c);
		many.people[i].c = NULL;
	}
}

static void presence_of_many_rooms_is_right_in_five_seconds(void)
{
	const char *text = getenv("SB_ROOMS");
	long before[3];

	many.rooms = text ? (unsigned)strtoul(text, NULL, 10) : 40;
	many.n = many.rooms * MEMBERS;
	many.people = calloc(many.n, sizeof(*many.people));
	fleet_set(&f);
	for (unsigned i = 0; i < many.n; i++) {
		struct person *p = &many.people[i];

		*p = (struct person){ .room = i % many.rooms, .at = (int)(i / many.rooms % 2) };
		snprintf(p->user, sizeof(p->user), "member-of-room-%05u", i % 100000);
		come(p);
	}
	nap_ms(3000);
	note_memory(before);
	for (unsigned i = 0; i < many.n; i++)
		go_in(&many.people[i]);
	check_right("all have come", -1);
	print_memory("for the rooms", before);
	some_change_rooms(2);
	check_right("every second one has changed rooms", -1);
	some_change_rooms(10);
	check_right("one in ten has changed rooms", -1);
	an_edge_dies();
	check_right("an edge was killed", 0);
	CU_ASSERT(many.late <= 1); /* the machine may stand still once */
	for (unsigned i = 0; i < many.n; i++)
		dc_drop(many.people[i].c);
	broker_start_again(f.edge[0]);
	printf("\n");
	fleet_strike(&f);
	free(many.people);
}

const struct unit_test unit_tests[] = {
	UNIT(who_is_in_a_room_is_told_in_it_the_same_everywhere),
	UNIT(a_private_room_is_named_to_nobody_else),
	UNIT(an_idle_room_holds_nothing_anywhere),
	UNIT(a_room_that_is_closed_is_closed_everywhere),
	UNIT(only_brokers_ask_brokers),
	UNIT(presence_of_many_rooms_is_right_in_five_seconds),
	UNIT(a_notice_and_a_message_reach_people_at_other_brokers),
	{ NULL, NULL },
};
