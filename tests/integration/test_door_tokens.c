/* Tokens in a real broker. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SECRET "the secret of the league's app"

#define POLICY \
	"{\"passwords\":\"passwd\",\"roles\":{\"app\":{\"subscribe\":[\"rooms/%r/#\"],\"publish\":[\"rooms/%r/#\"]," \
	"\"limits\":{\"retained_topics\":3}}," \
	"\"staff\":{\"control\":true}},\"users\":{\"operator\":\"staff\"}," \
	"\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"app.key\"}],\"roles\":[\"app\"],\"default_role\":\"app\"}," \
	"\"drop_repeats\":[\"rooms/#\"],\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"rooms/+/#\",\"names\":true}]}}"

static char *token(const char *key, const char *sub, const char *rooms, long seconds)
{
	char claims[300];
	jwt_t *jwt = NULL;
	char *text;

	snprintf(claims, sizeof(claims), "{\"sub\":\"%s\",\"exp\":%ld,\"rooms\":%s}", sub, (long)time(NULL) + seconds, rooms);
	jwt_new(&jwt);
	jwt_add_grants_json(jwt, claims);
	jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key, (int)strlen(key));
	text = jwt_encode_str(jwt);
	jwt_free(jwt);
	return text;
}

static struct broker *start(void)
{
	place_write(door_file("app.key"), STR(SECRET "\n"));
	return door_start(POLICY, NULL);
}

static struct dc *enter(struct broker *b, const char *id, const char *user, char *password, int *code)
{
	struct dc_login login = { .id = id, .user = user, .password = password };
	struct dc *c = dc_connect(broker_ws_port(b), true, NULL, &login, code);

	free(password);
	return c;
}

static void a_token_opens_its_rooms(void)
{
	struct broker *b = start();
	struct dc *ann, *bob;
	int code;

	ann = enter(b, "a", "ann", token(SECRET, "ann", "[\"red\",\"blue\"]", 60), &code);
	CHECK_INT(code, 0);
	bob = enter(b, "b", "bob", token(SECRET, "bob", "[\"blue\"]", 60), &code);
	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(ann, "rooms/red/#"), 0);
	CHECK_INT(dc_subscribe(ann, "rooms/blue/#"), 0);
	CHECK_INT(dc_subscribe(bob, "rooms/red/#"), 0x87);
	CHECK_INT(dc_subscribe(bob, "rooms/#"), 0x87);
	CHECK_INT(dc_publish(bob, "rooms/red/chat", STR("x"), false), 0x87);
	CHECK_INT(dc_publish(bob, "rooms/blue/chat", STR("hello"), true), 0);
	CU_ASSERT(dc_expect(ann, "rooms/blue/chat", "hello", 3000));
	/* what bob left behind is there for those who come, although nobody knows bob by name */
	CHECK_INT(dc_subscribe(bob, "rooms/blue/#"), 0);
	CU_ASSERT(dc_expect(bob, "rooms/blue/chat", "hello", 3000));
	dc_leave(ann);
	dc_leave(bob);
	door_stop(b);
}

static void bad_tokens_are_refused(void)
{
	struct broker *b = start();
	int code;

	dc_drop(enter(b, "a", "ann", token("another key of some length", "ann", "[]", 60), &code));
	CHECK_INT(code, 0x87);
	dc_drop(enter(b, "a", "ann", token(SECRET, "ann", "[]", -5), &code));
	CHECK_INT(code, 0x87);
	dc_drop(enter(b, "a", "bob", token(SECRET, "ann", "[]", 60), &code));
	CHECK_INT(code, 0x87);
	dc_drop(enter(b, "a", NULL, token(SECRET, "ann", "[]", 60), &code));
	CHECK_INT(code, 0x87);
	dc_drop(enter(b, "a", "operator", token(SECRET, "operator", "[]", 60), &code));
	CHECK_INT(code, 0x87);
	dc_drop(enter(b, "a", "ann", token(SECRET, "ann", "[\"a/b\"]", 60), &code));
	CHECK_INT(code, 0x87);
	door_stop(b);
}

static void an_expired_token_ends_the_connection(void)
{
	struct broker *b = start();
	struct dc *c;
	mono from;
	int code;

	from = mono_now();
	c = enter(b, "a", "ann", token(SECRET, "ann", "[\"red\"]", 3), &code);
	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(c, "rooms/red/#"), 0);
	CU_ASSERT(dc_wait_end(c, 8000) != DC_SILENT);
	CU_ASSERT(mono_diff(mono_now(), from) >= 1900); /* exp is in whole seconds */
	CU_ASSERT(mono_diff(mono_now(), from) <= 3000 + patience_ms(4000));
	dc_drop(c);
	door_stop(b);
}

static void a_new_key_is_taken_on_reload(void)
{
	struct broker *b = start();
	size_t mark = proc_mark(broker_proc(b));
	int code;

	place_write(door_file("app.key"), STR("the next secret of the league"));
	door_set_policy(b, POLICY);
	CU_ASSERT(proc_wait_line(broker_proc(b), mark, "reloaded", 5000));
	dc_drop(enter(b, "a", "ann", token(SECRET, "ann", "[]", 60), &code));
	CHECK_INT(code, 0x87);
	dc_drop(enter(b, "a", "ann", token("the next secret of the league", "ann", "[]", 60), &code));
	CHECK_INT(code, 0);
	door_stop(b);
}

/* A connection that takes over another one's client id has the broker send that one's will, while the plugin still knows its client. */
static void wills_leave_no_more_retained_topics_than_the_limit(void)
{
	char *password = token(SECRET, "ann", "[\"red\"]", 60);
	struct dc_login login = { .id = "a", .user = "ann", .password = password, .will_payload = "gone" };
	BUF_CLEANUP struct buf topic = { 0 }, payload = { 0 };
	struct broker *b = start();
	struct dc *c[6], *reader;
	int code, n = 0;
	char text[32];

	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "rooms/red/%d", i);
		login.will_topic = text;
		c[i] = dc_connect(broker_port(b), false, NULL, &login, &code);
		CHECK_INT(code, 0);
	}
	reader = enter(b, "reader", "bob", token(SECRET, "bob", "[\"red\"]", 60), &code);
	CHECK_INT(dc_subscribe(reader, "rooms/red/#"), 0);
	for (; dc_message(reader, &topic, &payload, n < 3 ? patience_ms(5000) : 1000); n++)
		CU_ASSERT(str_is(buf_view(&payload), "gone"));
	CHECK_INT(n, 3);
	for (int i = 0; i < 6; i++)
		dc_drop(c[i]);
	dc_leave(reader);
	free(password);
	door_stop(b);
}

const char *const unit_name = "door_tokens";
const struct unit_test unit_tests[] = {
	UNIT(a_token_opens_its_rooms),
	UNIT(bad_tokens_are_refused),
	UNIT(an_expired_token_ends_the_connection),
	UNIT(a_new_key_is_taken_on_reload),
	UNIT(wills_leave_no_more_retained_topics_than_the_limit),
	{ NULL, NULL },
};
