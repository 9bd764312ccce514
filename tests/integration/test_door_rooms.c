/* Rooms, private messages and tokens in a real broker, with the policy as it is shipped: who hears what, and what nobody can do. Tokens are
 * made by scoreboard-ctl, and by the lines of Node that docs/policy.md shows. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "door_rooms";

/* ---- tokens ---- */

/* A token for the user, with these options of scoreboard-ctl, at most 8; to be freed. */
static char *mint(const char *user, const char *const *options)
{
	const char *argv[16] = { place_build("mosquitto-plugin/scoreboard-ctl"), "token", "--user", user, "--key", door_file("token.key") };
	BUF_CLEANUP struct buf out = { 0 };
	size_t n = 6;

	while (*options)
		argv[n++] = *options++;
	if (proc_run(argv, STR(""), &out, &out) != 0)
		fatal("no token: %s", out.p);
	return str_dup(str_trim(buf_view(&out)));
}

static struct dc *come(struct broker *b, const char *user, const char *const *options)
{
	char id[60], *password = mint(user, options);
	struct dc_login login = { .id = id, .user = user, .password = password };
	struct dc *c;
	int code;

	snprintf(id, sizeof(id), "%s-phone", user);
	c = dc_connect(broker_port(b), false, NULL, &login, &code);
	if (code != 0)
		fatal("%s is refused: %d", user, code);
	free(password);
	return c;
}

#define NO_ROOM ARGV("--for", "10m")
#define IN_THE_JURY ARGV("--room", "private:jury")
#define HOST_OF_THE_JURY ARGV("--host", "private:jury")

static bool silent(struct dc *c)
{
	BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };
	bool got = dc_message(c, &topic, &payload, 300);

	if (got)
		printf("\n    heard %s: %s\n", topic.p, payload.p ? payload.p : "");
	return !got;
}

/* ---- speaking ---- */

static void members_hear_who_speaks_as_himself(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *ann = come(b, "ann", IN_THE_JURY), *bob = come(b, "bob", IN_THE_JURY), *crew = door_enter(b, "crew", "crew");

	CHECK_INT(dc_subscribe(bob, "rooms/private:jury/#"), 0);
	CHECK_INT(dc_subscribe(crew, "rooms/#"), 0);
	CHECK_INT(dc_publish(ann, "rooms/private:jury/say/ann", STR("hello"), false), 0);
	CU_ASSERT(dc_expect(bob, "rooms/private:jury/say/ann", "hello", 3000));
	CU_ASSERT(dc_expect(crew, "rooms/private:jury/say/ann", "hello", 3000));
	CHECK_INT(dc_publish(crew, "rooms/private:jury/say/crew", STR("quiet"), false), 0);
	CU_ASSERT(dc_expect(bob, "rooms/private:jury/say/crew", "quiet", 3000));
	dc_leave(ann);
	dc_leave(bob);
	dc_leave(crew);
	door_stop(b);
}

static void nobody_speaks_as_another(void)
{
	static const char *const forged[] = {
		"rooms/private:jury/say/bob",
		"rooms/private:jury/say",
		"rooms/private:jury/say/",
		"rooms/private:jury/say/ann/bob",
		"rooms/private:jury/say//ann",
		"rooms/private:jury/presence",
		"rooms/private:jury/presence/ann",
		"rooms/private:jury/ann",
		"rooms/private:jury/state/phase",
		"rooms/match:1/state/phase",
		"rooms/match:1/say/bob",
		"rooms/private:other/say/ann",
		"rooms/say/ann",
		"users/bob/from/cat",
		"users/bob/ann",
		"users/bob/from",
		"roles/crew/from/ann",
		"roles/app/from/ann",
		"scoreboard/notice",
		"scoreboard/show/board",
		"scoreboard/presence/total",
		"scoreboard/crew/x",
		"cluster/x",
		"$SYS/x",
		"$CONTROL/scoreboard/v1",
	};
	enum {
		N_FORGED = sizeof(forged) / sizeof(forged[0])
	};
	struct broker *b = door_start(NULL, NULL);
	struct dc *ann = come(b, "ann", IN_THE_JURY), *bob = come(b, "bob", HOST_OF_THE_JURY), *op = door_enter(b, "op", "operator");

	CHECK_INT(dc_subscribe(bob, "rooms/private:jury/#"), 0);
	CHECK_INT(dc_subscribe(bob, "rooms/match:1/#"), 0);
	CHECK_INT(dc_subscribe(bob, "users/bob/#"), 0);
	CHECK_INT(dc_subscribe(bob, "roles/app/#"), 0);
	CHECK_INT(dc_subscribe(op, "scoreboard/notice"), 0);
	CHECK_INT(dc_subscribe(op, "scoreboard/show/#"), 0);
	CU_ASSERT(dc_expect(bob, "rooms/private:jury/presence", NULL, 5000)); /* it is his own, and no forgery */
	for (size_t i = 0; i < N_FORGED; i++) {
		if (dc_publish(ann, forged[i], STR("forged"), i % 2) != 0x87)
			printf("\n    %s was taken\n", forged[i]);
		CHECK_INT(dc_publish(ann, forged[i], STR("forged"), i % 2), 0x87);
		dc_publish_qos0(ann, forged[i], STR("forged"), i % 2);
	}
	CHECK_INT(dc_publish(ann, "rooms/private:jury/say/ann", STR("the end"), false), 0);
	CU_ASSERT(dc_expect(bob, "rooms/private:jury/say/ann", "the end", 3000));
	CU_ASSERT(silent(bob));
	CU_ASSERT(silent(op));
	/* the broker itself refuses what begins with $ */
	CU_ASSERT(WAIT_FOR(door_metric("refused_total{reason=\"publish\"}") >= 3 * (N_FORGED - 2.0), 15000));
	dc_leave(ann);
	dc_leave(bob);
	dc_leave(op);
	door_stop(b);
}

static void a_will_cannot_lie_about_who_it_is_from(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *bob = come(b, "bob", HOST_OF_THE_JURY), *ann;
	char *password = mint("ann", IN_THE_JURY);
	struct dc_login login = { .id = "ann", .user = "ann", .password = password, .will_payload = "forged" };
	static const char *const topics[] = { "rooms/private:jury/say/bob", "rooms/private:jury/state/phase", "rooms/private:jury/presence",
					      "users/bob/from/cat", "scoreboard/notice" };
	int code;

	CHECK_INT(dc_subscribe(bob, "rooms/private:jury/#"), 0);
	CHECK_INT(dc_subscribe(bob, "users/bob/#"), 0);
	CHECK_INT(dc_subscribe(bob, "scoreboard/#"), 0);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		login.will_topic = topics[i];
		ann = dc_connect(broker_port(b), false, NULL, &login, &code);
		if (code == 0)
			dc_drop(dc_connect(broker_port(b), false, NULL, &login, &code)); /* takes over, and the first one's will is sent */
		dc_drop(ann);
	}
	nap_ms(300);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		CU_ASSERT_FALSE(dc_expect(bob, topics[i], "forged", 100));
	dc_leave(bob);
	free(password);
	door_stop(b);
}

/* ---- hearing ---- */

/* Everything that somebody hears who asks for all that he may. */
static bool hears_of(struct dc *c, const char *what)
{
	BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };
	bool heard = false;

	while (dc_message(c, &topic, &payload, 1500))
		heard |= strstr(topic.p, what) || (payload.p && strstr(payload.p, what));
	return heard;
}

static void a_private_room_is_silent_and_nameless_to_others(void)
{
	static const char *const filters[] = {
		"#",
		"+/#",
		"rooms/#",
		"rooms/+/#",
		"rooms/+/say/+",
		"rooms/private:jury/#",
		"rooms/private:jury/say/eve",
		"rooms/private:jury",
		"$share/g/rooms/private:jury/#",
		"$share/g/rooms/#",
		"users/#",
		"users/+/from/eve",
		"users/ann/#",
		"roles/#",
		"roles/crew/#",
		"+/private:jury/#",
		"+/+/say/+",
	};
	struct broker *b = door_start(NULL, NULL);
	struct dc *ann = come(b, "ann", HOST_OF_THE_JURY), *eve = come(b, "eve", NO_ROOM), *viewer = door_enter(b, "v", NULL);

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (dc_subscribe(eve, filters[i]) != 0x87 || dc_subscribe(viewer, filters[i]) != 0x87)
			printf("\n    %s was taken\n", filters[i]);
		CHECK_INT(dc_subscribe(eve, filters[i]), 0x87);
		CHECK_INT(dc_subscribe(viewer, filters[i]), 0x87);
	}
	CHECK_INT(dc_subscribe(eve, "scoreboard/#"), 0);
	CHECK_INT(dc_subscribe(eve, "rooms/match:1/#"), 0);       /* open */
	CHECK_INT(dc_subscribe(viewer, "rooms/match:1/#"), 0x87); /* not for the nameless */
	CHECK_INT(dc_subscribe(viewer, "scoreboard/#"), 0);
	CHECK_INT(dc_subscribe(ann, "rooms/private:jury/#"), 0);
	CHECK_INT(dc_publish(ann, "rooms/private:jury/say/ann", STR("secret"), false), 0);
	CHECK_INT(dc_publish(ann, "rooms/private:jury/state/phase", STR("\"secret\""), true), 0);
	CHECK_INT(dc_publish(ann, "rooms/match:1/say/ann", STR("open"), false), 0);
	CU_ASSERT(dc_expect(eve, "rooms/match:1/say/ann", "open", 3000));
	nap_ms(1500); /* presence is told once a second */
	CU_ASSERT_FALSE(hears_of(eve, "jury"));
	CU_ASSERT_FALSE(hears_of(viewer, "jury"));
	dc_leave(ann);
	dc_leave(eve);
	dc_leave(viewer);
	door_stop(b);
}

static void a_host_sets_the_state_and_another_member_does_not(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *ann = come(b, "ann", HOST_OF_THE_JURY), *bob = come(b, "bob", IN_THE_JURY);

	CHECK_INT(dc_subscribe(ann, "rooms/private:jury/#"), 0);
	CHECK_INT(dc_publish(ann, "rooms/private:jury/state/phase", STR("\"jam\""), true), 0);
	CHECK_INT(dc_publish(bob, "rooms/private:jury/state/phase", STR("\"over\""), true), 0x87);
	CHECK_INT(dc_publish(ann, "rooms/match:1/state/phase", STR("1"), true), 0x87); /* he is no host there */
	CHECK_INT(dc_subscribe(bob, "rooms/private:jury/#"), 0);
	CU_ASSERT(dc_expect(bob, "rooms/private:jury/state/phase", "\"jam\"", 3000));
	dc_leave(ann); /* what he has set stays readable */
	dc_leave(bob);
	bob = come(b, "bob", IN_THE_JURY);
	CHECK_INT(dc_subscribe(bob, "rooms/private:jury/#"), 0);
	CU_ASSERT(dc_expect(bob, "rooms/private:jury/state/phase", "\"jam\"", 3000));
	dc_leave(bob);
	door_stop(b);
}

/* ---- to one, to a role ---- */

static void a_message_to_a_user_is_for_all_his_devices_and_nobody_else(void)
{
	struct broker *b = door_start(NULL, NULL);
	char *password = mint("ann", NO_ROOM);
	struct dc_login tablet = { .id = "ann-tablet", .user = "ann", .password = password };
	struct dc *ann = come(b, "ann", NO_ROOM), *too, *bob = come(b, "bob", NO_ROOM), *op = door_enter(b, "op", "operator");
	int code;

	too = dc_connect(broker_port(b), false, NULL, &tablet, &code);
	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(ann, "users/ann/#"), 0);
	CHECK_INT(dc_subscribe(too, "users/ann/#"), 0);
	CHECK_INT(dc_subscribe(op, "users/operator/#"), 0);
	CHECK_INT(dc_subscribe(op, "users/ann/#"), 0x87);
	CHECK_INT(dc_subscribe(bob, "users/ann/#"), 0x87);
	CHECK_INT(dc_subscribe(bob, "roles/app/#"), 0);
	CHECK_INT(dc_publish(bob, "users/ann/from/bob", STR("nudge"), false), 0);
	CU_ASSERT(dc_expect(ann, "users/ann/from/bob", "nudge", 3000));
	CU_ASSERT(dc_expect(too, "users/ann/from/bob", "nudge", 3000));
	CHECK_INT(dc_publish(op, "roles/app/from/operator", STR("to all apps"), false), 0);
	CU_ASSERT(dc_expect(bob, "roles/app/from/operator", "to all apps", 3000));
	CU_ASSERT(silent(op));
	dc_leave(ann);
	dc_leave(too);
	dc_leave(bob);
	dc_leave(op);
	free(password);
	door_stop(b);
}

/* mosquitto_sub as ann: with a session, or without one. Returns its exit status; what it has got is in `out`. */
static int listen_as_ann(struct broker *b, const char *password, const char *const *more, struct buf *out)
{
	char port[12];
	const char *argv[32] = { "mosquitto_sub", "-V", "5", "-p", port, "-i", "ann-phone", "-u", "ann", "-P", password, "-q", "1", "-v",
				 "-t", "users/ann/#" };
	size_t n = 16;

	snprintf(port, sizeof(port), "%d", broker_port(b));
	while (*more)
		argv[n++] = *more++;
	buf_clear(out);
	return proc_run(argv, STR(""), out, NULL);
}

#define NO_SUBSCRIBERS 0x10 /* "No matching subscribers": nobody has got it, or will */

static void who_has_a_session_gets_what_came_while_he_was_away(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *bob = come(b, "bob", NO_ROOM);
	BUF_CLEANUP struct buf out = { 0 };
	char *password = mint("ann", NO_ROOM);

	CHECK_INT(dc_publish(bob, "users/ann/from/bob", STR("0"), false), NO_SUBSCRIBERS);
	/* without a session */
	CHECK_INT(listen_as_ann(b, password, ARGV("-E"), &out), 0);
	CU_ASSERT(WAIT_FOR(dc_publish(bob, "users/ann/from/bob", STR("1"), false) == NO_SUBSCRIBERS, 5000));
	/* with one */
	CHECK_INT(listen_as_ann(b, password, ARGV("-c", "-x", "600", "-E"), &out), 0);
	nap_ms(700); /* 2.0 shows only afterwards whether a client has left a session */
	CHECK_INT(dc_publish(bob, "users/ann/from/bob", STR("2"), false), 0);
	CHECK_INT(dc_publish(bob, "users/ann/from/bob", STR("3"), false), 0);
	CHECK_INT(listen_as_ann(b, password, ARGV("-c", "-x", "600", "-C", "2", "-W", "5"), &out), 0);
	CHECK_STR(out.p, "users/ann/from/bob 2\nusers/ann/from/bob 3\n");
	dc_leave(bob);
	free(password);
	door_stop(b);
}

/* The session outlives the token; but only with another token does anybody come in and read what waits. */
static void what_waits_outlives_the_token(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *bob = come(b, "bob", NO_ROOM);
	BUF_CLEANUP struct buf out = { 0 };
	char *password = mint("ann", ARGV("--for", "5"));

	CHECK_INT(listen_as_ann(b, password, ARGV("-c", "-x", "600", "-E"), &out), 0);
	nap_ms(6500);
	CHECK_INT(dc_publish(bob, "users/ann/from/bob", STR("late"), false), 0);
	CU_ASSERT(listen_as_ann(b, password, ARGV("-c", "-x", "600", "-C", "1", "-W", "3"), &out) != 0);
	free(password);
	password = mint("ann", NO_ROOM);
	CHECK_INT(listen_as_ann(b, password, ARGV("-c", "-x", "600", "-C", "1", "-W", "5"), &out), 0);
	CHECK_STR(out.p, "users/ann/from/bob late\n");
	dc_leave(bob);
	free(password);
	door_stop(b);
}

/* A broker with the shipped policy, in which `to` stands in the place of `from`. */
static struct broker *start_changed(const char *from, const char *to)
{
	BUF_CLEANUP struct buf shipped = { 0 }, policy = { 0 };
	const char *at;

	CU_ASSERT_FATAL(place_read(place_source("conf/policy.json"), &shipped));
	at = strstr(shipped.p, from);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	buf_printf(&policy, "%.*s%s%s", (int)(at - shipped.p), shipped.p, to, at + strlen(from));
	return door_start(policy.p, NULL);
}

static void the_policy_ends_a_session(void)
{
	struct broker *b = start_changed("\"connections\": 50000", "\"session_s\": 5, \"connections\": 50000");
	BUF_CLEANUP struct buf out = { 0 };
	char *password;
	struct dc *bob;

	bob = come(b, "bob", NO_ROOM);
	password = mint("ann", NO_ROOM);
	CHECK_INT(listen_as_ann(b, password, ARGV("-c", "-x", "600", "-E"), &out), 0);
	nap_ms(700);
	CHECK_INT(dc_publish(bob, "users/ann/from/bob", STR("in time"), false), 0);
	nap_ms(6000);
	dc_publish(bob, "users/ann/from/bob", STR("too late"), false);
	CHECK_INT(listen_as_ann(b, password, ARGV("-c", "-x", "600", "-C", "2", "-W", "2"), &out), 27); /* a timeout: there is one message */
	CHECK_STR(out.p, "users/ann/from/bob in time\n");
	dc_leave(bob);
	free(password);
	door_stop(b);
}

/* ---- the documentation's own words ---- */

/* The lines between ```js and ``` behind this heading. */
static void lines_of_docs(const char *heading, struct buf *out)
{
	BUF_CLEANUP struct buf docs = { 0 };
	const char *from, *to;

	CU_ASSERT_FATAL(place_read(place_source("docs/policy.md"), &docs));
	from = strstr(docs.p, heading);
	from = from ? strstr(from, "```js\n") : NULL;
	to = from ? strstr(from + 6, "```") : NULL;
	CU_ASSERT_PTR_NOT_NULL_FATAL(to);
	buf_add(out, from + 6, (size_t)(to - from - 6));
}

static void the_lines_of_node_make_a_good_token(void)
{
	struct broker *b = door_start(NULL, NULL);
	BUF_CLEANUP struct buf lines = { 0 }, out = { 0 }, script = { 0 };
	struct dc_login login = { .id = "site", .user = "ann" };
	struct dc *c;
	int code;

	lines_of_docs("**From a session of your site to a token", &lines);
	place_write(place_temp("token.mjs"), buf_view(&lines));
	buf_printf(&script, "import { tokenFor } from '%s'; console.log(tokenFor('ann', { rooms: ['private:jury'], hosts: ['match:42'] }));",
		   place_temp("token.mjs"));
	setenv("TOKEN_KEY", door_file("token.key"), 1);
	CHECK_INT(proc_run(ARGV("node", "--input-type=module", "-e", script.p), STR(""), &out, &out), 0);
	out.p[strcspn(out.p, "\n")] = '\0';
	login.password = out.p;
	c = dc_connect(broker_port(b), false, NULL, &login, &code);
	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(c, "rooms/private:jury/#"), 0);
	CHECK_INT(dc_subscribe(c, "rooms/private:other/#"), 0x87);
	CHECK_INT(dc_subscribe(c, "rooms/match:42/#"), 0);
	CHECK_INT(dc_publish(c, "rooms/match:42/state/phase", STR("1"), true), 0);
	dc_leave(c);
	door_stop(b);
}

/* ---- limits ---- */

static void a_room_retains_no_more_than_the_policy_says(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *ann = come(b, "ann", HOST_OF_THE_JURY), *bob = come(b, "bob", HOST_OF_THE_JURY), *crew = door_enter(b, "crew", "crew");
	char topic[60];
	int taken = 0;

	CHECK_INT(dc_subscribe(crew, "rooms/private:jury/#"), 0);
	for (int i = 0; i < 30; i++) {
		snprintf(topic, sizeof(topic), "rooms/private:jury/state/%d", i);
		taken += dc_publish(ann, topic, STR("1"), true) == 0;
		snprintf(topic, sizeof(topic), "rooms/private:jury/state/%d", 100 + i);
		taken += dc_publish(bob, topic, STR("1"), true) == 0;
		nap_ms(100); /* an app may send ten in a second */
	}
	CHECK_INT(taken, 50);
	CHECK_INT(dc_publish(crew, "rooms/private:jury/state/by-the-crew", STR("1"), true), 0);
	CU_ASSERT(door_wait_metric("refused_total{reason=\"room_retained\"}", 10, 15000));
	dc_leave(ann);
	dc_leave(bob);
	dc_leave(crew);
	door_stop(b);
}

static void a_full_room_and_one_room_too_many_are_for_the_crew_alone(void)
{
	struct broker *b = start_changed("\"rooms\": 1000,\n    \"members\": 500", "\"rooms\": 2, \"members\": 2");
	struct dc *ann = come(b, "ann", NO_ROOM), *bob = come(b, "bob", NO_ROOM), *eve = come(b, "eve", NO_ROOM);
	struct dc *crew = door_enter(b, "crew", "crew");

	CHECK_INT(dc_subscribe(ann, "rooms/match:1/#"), 0);
	CHECK_INT(dc_subscribe(bob, "rooms/match:1/#"), 0);
	CHECK_INT(dc_subscribe(eve, "rooms/match:1/#"), 0x87);
	CHECK_INT(dc_subscribe(crew, "rooms/match:1/#"), 0);
	CHECK_INT(dc_subscribe(eve, "rooms/match:2/#"), 0);
	CHECK_INT(dc_subscribe(bob, "rooms/match:3/#"), 0x87);
	CHECK_INT(dc_publish(ann, "rooms/match:1/say/ann", STR("hello"), false), 0);
	CU_ASSERT(dc_expect(crew, "rooms/match:1/say/ann", "hello", 3000));
	CU_ASSERT(silent(eve));
	dc_leave(ann);
	dc_unsubscribe(crew, "rooms/match:1/#"); /* the crew counts, too */
	CU_ASSERT(WAIT_FOR(dc_subscribe(eve, "rooms/match:1/#") == 0, 3000));
	CU_ASSERT(door_wait_metric("refused_total{reason=\"rooms\"}", 1, 15000));
	CU_ASSERT(door_metric("refused_total{reason=\"room_full\"}") >= 1);
	dc_leave(bob);
	dc_leave(eve);
	dc_leave(crew);
	door_stop(b);
}

const struct unit_test unit_tests[] = {
	UNIT(members_hear_who_speaks_as_himself),
	UNIT(nobody_speaks_as_another),
	UNIT(a_will_cannot_lie_about_who_it_is_from),
	UNIT(a_private_room_is_silent_and_nameless_to_others),
	UNIT(a_host_sets_the_state_and_another_member_does_not),
	UNIT(a_message_to_a_user_is_for_all_his_devices_and_nobody_else),
	UNIT(who_has_a_session_gets_what_came_while_he_was_away),
	UNIT(what_waits_outlives_the_token),
	UNIT(the_policy_ends_a_session),
	UNIT(the_lines_of_node_make_a_good_token),
	UNIT(a_full_room_and_one_room_too_many_are_for_the_crew_alone),
	UNIT(a_room_retains_no_more_than_the_policy_says),
	{ NULL, NULL },
};
