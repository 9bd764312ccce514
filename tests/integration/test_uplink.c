/* A scoreboard that a page relays, at a real broker with the door as it is shipped, and the real publisher; the page is this test's, so that it
 * can lie. What a browser makes of it: tests/web/browser/uplink.test.mjs. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/support/publisher.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAMES "uplink/frames/scoreboard"
#define ORDERS "uplink/orders/scoreboard"
#define SCORE_OF_1 "ScoreBoard.CurrentGame.Team(1).Score"
#define REFUSED 0x87
#define TAKE_MS 10000

const char *const unit_name = "uplink";

struct page {
	struct dc *c;
	char session[40];
	int next;
};

/* ---- a page ---- */

static void make_token(const char *role, struct buf *out)
{
	const char *argv[] = { place_build("mosquitto-plugin/scoreboard-ctl"), "token", "--user", "rink", "--role", role, "--key", door_file("token.key"), NULL };

	CHECK_INT(proc_run(argv, STR(""), out, out), 0);
	out->p[strcspn(out->p, "\n")] = '\0';
}

static struct dc *enter_with_token(struct broker *b, const char *id, const char *role, int *code)
{
	BUF_CLEANUP struct buf token = { 0 };
	struct dc_login login = { .id = id, .user = "rink" };

	make_token(role, &token);
	login.password = token.p;
	return dc_connect(broker_port(b), false, NULL, &login, code);
}

static int say_numbered(struct page *p, int number, const char *rest)
{
	BUF_CLEANUP struct buf text = { 0 };

	buf_printf(&text, "%s %d %s", p->session, number, rest);
	return dc_publish(p->c, FRAMES, buf_view(&text), false);
}

static void say(struct page *p, const char *rest)
{
	CHECK_INT(say_numbered(p, p->next++, rest) & 0x80, 0);
}

/* The next order of this word; what it names as its session is the page's from then on. False: none came in time. */
static bool ordered(struct page *p, const char *word, struct buf *body)
{
	BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };
	mono until = mono_add(mono_now(), patience_ms(TAKE_MS));

	while (!mono_reached(mono_now(), until)) {
		struct str rest, session, number, head;

		if (!dc_message(p->c, &topic, &payload, 200) || !str_is(buf_view(&topic), ORDERS))
			continue;
		rest = buf_view(&payload);
		if (!str_split(&rest, '\n', &head) || !str_split(&head, ' ', &session) || !str_split(&head, ' ', &number) ||
		    !str_is(head, word))
			continue;
		snprintf(p->session, sizeof(p->session), "%.*s", STR_ARGS(session));
		if (body && rest.p)
			buf_str(body, rest);
		return true;
	}
	return false;
}

static void page_comes(struct page *p, struct broker *b)
{
	int code;

	*p = (struct page){ .c = enter_with_token(b, "scoreboard-uplink-1@scoreboard", "uplink", &code) };
	CU_ASSERT_FATAL(code == 0);
	CHECK_INT(dc_subscribe(p->c, ORDERS), 0);
	CHECK_INT(dc_publish(p->c, FRAMES, STR("- 0 here"), false) & 0x80, 0);
}

/* Does what a page does until it is asked for values, and gives these. */
static void page_relays(struct page *p, const char *state)
{
	BUF_CLEANUP struct buf request = { 0 }, frame = { 0 };

	CU_ASSERT_FATAL(ordered(p, "open", NULL));
	p->next = 0;
	say(p, "trying");
	say(p, "open");
	CU_ASSERT_FATAL(ordered(p, "send", &request));
	CU_ASSERT(str_starts(buf_view(&request), STR("{\"action\":\"Register\",\"paths\":[")));
	buf_printf(&frame, "frame\n{\"state\":%s}", state);
	say(p, frame.p);
}

static struct publisher *start(struct broker *b, const char *more, const char *value)
{
	static const char *args[16];
	static char source[64];
	size_t n = 0;

	place_write(door_file("pw"), STR("pw-publisher\n"));
	snprintf(source, sizeof(source), "relay+mqtt://127.0.0.1:%d", broker_port(b));
	args[n++] = "--source";
	args[n++] = source;
	args[n++] = "--user";
	args[n++] = "publisher";
	args[n++] = "--password-file";
	args[n++] = door_file("pw");
	args[n++] = "--schema";
	args[n++] = place_source("schema/crg.json");
	args[n++] = more;
	args[n++] = value;
	args[n] = NULL;
	return publisher_start(&(struct publisher_options){ .broker = b, .args = args });
}

/* What a viewer who was there from the beginning was told last. */
static bool newest(struct watch *w, const char *topic, const char *part)
{
	TREE_CLEANUP struct tree seen = { 0 };
	struct str value;

	watch_tree(w, &seen);
	value = tree_get(&seen, str_of(topic));
	return value.p && memmem(value.p, value.len, part, strlen(part));
}

static bool status_says(struct watch *w, const char *text)
{
	return newest(w, "scoreboard/status", text);
}

static bool is_gone(struct watch *w, const char *topic)
{
	TREE_CLEANUP struct tree seen = { 0 };
	struct str value;

	watch_tree(w, &seen);
	value = tree_get(&seen, str_of(topic));
	return value.p && !value.len;
}

#define CHECK_SCORE(w, value) CU_ASSERT(WAIT_FOR(newest(w, "scoreboard/team/1/score", value), TAKE_MS))
#define CHECK_SAYS(w, text) CU_ASSERT(WAIT_FOR(status_says(w, text), 2 * TAKE_MS))

/* ---- who may ---- */

static int code_of(int code)
{
	return code & 0x80 ? REFUSED : 0; /* 2.1 has several */
}

static void nobody_else_comes_between_page_and_publisher(void)
{
	static const char *const users[] = { NULL, "operator", "crew", "bridge", "monitor" };
	struct broker *b = door_start(NULL, NULL);
	struct dc *c;
	int code;

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		c = door_enter(b, users[i] && strcmp(users[i], "bridge") == 0 ? "edge-1" : "x", users[i]);
		CHECK_INT(code_of(dc_publish(c, FRAMES, STR("- 0 here"), false)), REFUSED);
		CHECK_INT(code_of(dc_publish(c, ORDERS, STR("x 0 open"), false)), REFUSED);
		CHECK_INT(code_of(dc_subscribe(c, FRAMES)), REFUSED);
		CHECK_INT(code_of(dc_subscribe(c, "uplink/#")), REFUSED);
		dc_leave(c);
	}
	c = enter_with_token(b, "app", "app", &code);
	CHECK_INT(code, 0);
	CHECK_INT(code_of(dc_publish(c, FRAMES, STR("- 0 here"), false)), REFUSED);
	CHECK_INT(code_of(dc_subscribe(c, ORDERS)), REFUSED);
	dc_leave(c);
	door_stop(b);
}

static void a_page_may_do_nothing_but_relay(void)
{
	struct broker *b = door_start(NULL, NULL);
	BUF_CLEANUP struct buf large = { 0 };
	struct dc *c, *other;
	int code;

	c = enter_with_token(b, "scoreboard-uplink-1@scoreboard", "uplink", &code);
	CHECK_INT(code, 0);
	CHECK_INT(code_of(dc_publish(c, FRAMES, STR("x"), false)), 0);
	CHECK_INT(code_of(dc_publish(c, FRAMES, STR("x"), true)), REFUSED);
	CHECK_INT(code_of(dc_publish(c, ORDERS, STR("x"), false)), REFUSED);
	CHECK_INT(code_of(dc_publish(c, "scoreboard/team/1/score", STR("9"), true)), REFUSED);
	CHECK_INT(code_of(dc_publish(c, "scoreboard/status", STR("{}"), true)), REFUSED);
	CHECK_INT(code_of(dc_subscribe(c, FRAMES)), REFUSED);
	CHECK_INT(code_of(dc_subscribe(c, "scoreboard/crew/#")), REFUSED);
	for (int i = 0; i < 300001; i++)
		buf_char(&large, 'x');
	CHECK_INT(code_of(dc_publish(c, FRAMES, buf_view(&large), false)), REFUSED);
	/* one at a time, for each track */
	other = enter_with_token(b, "scoreboard-uplink-2@scoreboard", "uplink", &code);
	CHECK_INT(code_of(code), REFUSED);
	dc_drop(other);
	other = enter_with_token(b, "scoreboard-uplink-2@scoreboard2", "uplink", &code);
	CHECK_INT(code, 0);
	dc_leave(other);
	dc_leave(c);
	other = enter_with_token(b, "scoreboard-uplink-2@scoreboard", "uplink", &code);
	CHECK_INT(code, 0);
	dc_leave(other);
	door_stop(b);
}

/* ---- what is relayed ---- */

static void what_a_page_relays_is_mirrored(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct watch *w = watch_start(broker_port(b), NULL, "scoreboard/#");
	struct publisher *p = start(b, NULL, NULL);
	struct page page;

	CHECK_SAYS(w, "no uplink page answers");
	page_comes(&page, b);
	page_relays(&page, "{\"" SCORE_OF_1 "\":1,\"ScoreBoard.CurrentGame.Team(2).Score\":2}");
	CHECK_SCORE(w, "1");
	CU_ASSERT(WAIT_FOR(newest(w, "scoreboard/team/2/score", "2"), TAKE_MS));
	CHECK_SAYS(w, "\"live\"");
	CHECK_READY(p);
	say(&page, "part\n{\"state\":{\"" SCORE_OF_1 "\"");
	say(&page, "frame\n:3}}");
	CHECK_SCORE(w, "3");

	/* one is missing: all of it is asked for anew, and what is not there any more is cleared */
	page.next++;
	say(&page, "frame\n{\"state\":{\"" SCORE_OF_1 "\":99}}");
	page_relays(&page, "{\"" SCORE_OF_1 "\":5}");
	CHECK_SCORE(w, "5");
	CU_ASSERT(WAIT_FOR(is_gone(w, "scoreboard/team/2/score"), TAKE_MS));
	CHECK_SAYS(w, "\"live\"");

	/* an end in words of its own is none of ours */
	say(&page, "lost\n<b>anything");
	CHECK_SAYS(w, "the uplink page has ended the connection");
	page_relays(&page, "{\"" SCORE_OF_1 "\":6}");
	CHECK_SCORE(w, "6");

	/* it comes anew, as after a cut network */
	dc_drop(page.c);
	page_comes(&page, b);
	page_relays(&page, "{\"" SCORE_OF_1 "\":7}");
	CHECK_SCORE(w, "7");
	dc_leave(page.c);
	publisher_free(p);
	watch_free(w);
	door_stop(b);
}

static void a_page_that_answers_no_ping_is_gone(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct watch *w = watch_start(broker_port(b), NULL, "scoreboard/#");
	struct publisher *p = start(b, "--ping-every-ms=300", "--pong-within-ms=600");
	struct page page;

	page_comes(&page, b);
	page_relays(&page, "{\"" SCORE_OF_1 "\":1}");
	CHECK_SAYS(w, "\"live\"");
	for (int i = 0; i < 3; i++) {
		CU_ASSERT(ordered(&page, "ping", NULL));
		say(&page, "pong");
	}
	CU_ASSERT(status_says(w, "\"live\""));
	CHECK_SAYS(w, "no pong from the scoreboard");
	page_relays(&page, "{\"" SCORE_OF_1 "\":2}");
	CHECK_SCORE(w, "2");
	dc_leave(page.c);
	publisher_free(p);
	watch_free(w);
	door_stop(b);
}

static void a_frame_that_is_too_large_is_a_reason_to_ask_again(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct watch *w = watch_start(broker_port(b), NULL, "scoreboard/#");
	struct publisher *p = start(b, "--max-frame-bytes", "2000");
	char part[1206] = "part\n";
	struct page page;

	memset(part + 5, ' ', 1200);
	page_comes(&page, b);
	page_relays(&page, "{\"" SCORE_OF_1 "\":1}");
	CHECK_SAYS(w, "\"live\"");
	say(&page, part);
	say(&page, part);
	say(&page, "frame\n{\"state\":{\"" SCORE_OF_1 "\":9}}");
	page_relays(&page, "{\"" SCORE_OF_1 "\":2}");
	CHECK_SCORE(w, "2");
	CHECK_INT((int)publisher_metric(p, "scoreboard_publisher_frames_refused_total{reason=\"too_large\"}"), 1);
	dc_leave(page.c);
	publisher_free(p);
	watch_free(w);
	door_stop(b);
}

/* Two that ask the same page for different connections would undo each other's work. */
static void of_two_publishers_the_one_who_leads_is_relayed_to(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct watch *w = watch_start(broker_port(b), NULL, "scoreboard/#");
	struct publisher *leader = start(b, "--standby", "warm"), *standby;
	struct page page;
	double frames;

	page_comes(&page, b);
	page_relays(&page, "{\"" SCORE_OF_1 "\":1}");
	CHECK_SAYS(w, "\"live\"");
	standby = start(b, "--standby", "warm");
	CU_ASSERT(WAIT_FOR(publisher_metric_sum(standby, "scoreboard_publisher_standby") > 0, 10000));
	say(&page, "frame\n{\"state\":{\"" SCORE_OF_1 "\":2}}");
	CHECK_SCORE(w, "2");
	frames = publisher_metric_sum(standby, "scoreboard_publisher_frames_total");
	CHECK_INT((int)frames, 0);
	publisher_kill(leader);
	page_relays(&page, "{\"" SCORE_OF_1 "\":3}");
	CHECK_SCORE(w, "3");
	CU_ASSERT(publisher_metric_sum(standby, "scoreboard_publisher_leads") > 0);
	dc_leave(page.c);
	publisher_free(leader);
	publisher_free(standby);
	watch_free(w);
	door_stop(b);
}

const struct unit_test unit_tests[] = {
	UNIT(nobody_else_comes_between_page_and_publisher),
	UNIT(a_page_may_do_nothing_but_relay),
	UNIT(what_a_page_relays_is_mirrored),
	UNIT(a_page_that_answers_no_ping_is_gone),
	UNIT(a_frame_that_is_too_large_is_a_reason_to_ask_again),
	UNIT(of_two_publishers_the_one_who_leads_is_relayed_to),
	{ NULL, NULL },
};
