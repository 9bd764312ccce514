/* The door as a whole, without a broker: who gets in, what they may do, and whether the books balance. */
#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/door_world.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- a world that writes down what the door does to it ---- */

struct world {
	struct door *d;
	mono now;
	int64_t wall_ms;
	struct buf log, published, kicked;
	char last_response[65536];
	unsigned n_logs, n_published;
	char policy[4096];
};

static struct world w;

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx;
	w.n_published++;
	if (to)
		snprintf(w.last_response, sizeof(w.last_response), "%.*s", STR_ARGS(payload));
	buf_printf(&w.published, "%s=%.*s%s\n", topic, STR_ARGS(payload), retain ? "" : " (live)");
}

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	buf_printf(&w.kicked, "%s ", id);
	/* as Mosquitto does: the end is told from within the call */
	door_gone(w.d, world_find(w.d, id));
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	w.n_logs++;
	buf_printf(&w.log, "%s\n", text);
}

/* ann's password is "secret" (mosquitto_passwd, 101 iterations) */
#define ANN "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
/* the hash of another password */
#define OTHER "$7$101$QxueINMiMjQRTj8k$AAAAZbZVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define PASSWORDS "ann:" ANN "\nop:" ANN "\npub:" ANN "\ntmp:" ANN "\ncrew:" ANN "\n"

static struct policy *parse(const char *text)
{
	struct complaint why;
	struct policy *p;

	if (policy_parse(str_of(text), &p, &why))
		printf("\n    policy:%u: %s\n", why.line, why.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return p;
}

static struct passwd passwords(void)
{
	struct complaint why;
	struct passwd p;

	CHECK_INT(passwd_parse(&p, STR(PASSWORDS), &why), 0);
	return p;
}

static void begin(const char *policy)
{
	struct door_ops ops = { on_publish, NULL, on_kick, on_log, NULL, NULL };

	w = (struct world){ .now = { 100000 }, .wall_ms = 1700000000000 };
	world_begin();
	snprintf(w.policy, sizeof(w.policy), "%s", policy);
	w.d = door_new("sb", parse(policy), passwords(), &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w.d);
}

static void end(void)
{
	door_free(w.d);
	buf_free(&w.log);
	buf_free(&w.published);
	buf_free(&w.kicked);
}

static void pass(int64_t ms)
{
	w.now = mono_add(w.now, ms);
	w.wall_ms += ms;
	door_tick(w.d, w.now, w.wall_ms);
}

static enum reason come(uintptr_t n, const char *id, const char *user, const char *password, const char *address)
{
	struct visitor v = { pointer(n), id, user, password, address, n % 2 ? TRANSPORT_WEBSOCKETS : TRANSPORT_MQTT, false, 0, false };

	world_connects(n, id);
	return door_connect(w.d, &v, w.now, w.wall_ms);
}

static enum reason ask(uintptr_t n, enum door_access access, const char *topic)
{
	struct message m = { .topic = str_of(topic) };

	return door_may(w.d, pointer(n), &(struct door_request){ access, &m }, w.now);
}

static enum door_message send(uintptr_t n, const char *topic, const char *payload, bool retain, enum reason *why)
{
	struct message m = { str_of(topic), str_of(payload), retain, 0 };

	struct door_answer answer;

	CHECK_INT(door_may(w.d, pointer(n), &(struct door_request){ DOOR_WRITE, &m }, w.now), REASON_NONE);
	answer = door_message(w.d, pointer(n), &m, w.now);
	*why = answer.why;
	return answer.what;
}

#define CHECK_REASON(got, expected) CHECK_STR(reason_rows[got].label, reason_rows[REASON_##expected].label)

#define POLICY \
	"{\"roles\":{" \
	"\"viewer\":{\"subscribe\":[\"sb/#\",\"!sb/crew/#\"],\"limits\":{\"subscriptions\":3,\"subscribes_per_s\":1," \
	"\"subscribes_burst\":6,\"filter_levels\":4,\"refusals_per_minute\":60}}," \
	"\"member\":{\"subscribe\":[\"#\"],\"publish\":[\"#\"],\"limits\":{\"publishes_per_s\":1,\"publishes_burst\":3," \
	"\"bytes_per_s\":10,\"bytes_burst\":100,\"payload_bytes\":200,\"subscriptions\":50}}," \
	"\"op\":{\"subscribe\":[\"#\"],\"control\":true,\"reserved\":1}," \
	"\"pub\":{\"publish\":[\"sb/#\"],\"subscribe\":[\"sb/#\"],\"reserved\":2,\"limits\":{\"publishes_burst\":1000}}}," \
	"\"users\":{\"ann\":\"member\",\"op\":\"op\",\"pub\":\"pub\",\"tmp\":\"member\"}," \
	"\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"viewer\"}," \
	"\"trusted_proxies\":[\"10.0.0.1\",\"::1\",\"2001:db8:99::7\"],\"drop_repeats\":[\"sb/#\"]," \
	"\"presence\":{\"watch\":[{\"name\":\"view\",\"filter\":\"sb/feed/+/delta\"}," \
	"{\"name\":\"room\",\"filter\":\"rooms/+/#\",\"names\":true}]}," \
	"\"limits\":{\"connections\":10,\"connections_per_address\":4,\"connections_per_user\":2,\"connects_per_s\":5," \
	"\"connects_burst\":50,\"connects_per_s_per_address\":1,\"connects_burst_per_address\":20,\"failed_logins\":3," \
	"\"failed_logins_window_s\":60,\"failed_logins_ban_s\":300,\"client_id_bytes\":20}}"

/* ---- who gets in ---- */

static void names_and_passwords_are_checked(void)
{
	begin(POLICY);
	CHECK_REASON(come(1, "c1", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(come(2, "c2", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(3, "c3", "ann", "wrong", "192.0.2.2"), LOGIN);
	CHECK_REASON(come(4, "c4", "ann", NULL, "192.0.2.2"), LOGIN);
	CHECK_REASON(come(5, "c5", "eve", "secret", "192.0.2.3"), LOGIN);
	CHECK_REASON(come(6, "c6", "", "", "192.0.2.3"), NONE); /* no name: a viewer */
	CHECK_REASON(come(7, "a client id that is too long", NULL, NULL, "192.0.2.3"), CLIENT_ID);
	CHECK_REASON(come(8, NULL, NULL, NULL, "192.0.2.3"), STRANGER);
	CHECK_INT(metric(w.d, "connections"), 3);
	end();
}

static void hostile_names_do_not_get_in(void)
{
	static const char *const names[] = { "a/b", "+", "#", "ann/#", "ANN", "ann ", "\xc3\xa1nn", "$SYS", "%u" };
	char *giant = malloc(65536);

	begin(POLICY);
	memset(giant, 'a', 65535);
	giant[65535] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_REASON(come(20 + i, names[i], names[i], "secret", "10.0.0.1"), LOGIN);
	CHECK_REASON(come(9, "x", giant, giant, "10.0.0.1"), LOGIN);
	CHECK_REASON(come(9, giant, NULL, NULL, "10.0.0.1"), CLIENT_ID);
	CHECK_REASON(come(9, "a/b", NULL, NULL, "10.0.0.1"), NONE); /* but an id is only an id */
	CHECK_INT(metric(w.d, "connections"), 1);
	end();
	free(giant);
}

static void a_crowd_cannot_take_reserved_seats(void)
{
	char id[20], address[20];
	uintptr_t n;

	begin(POLICY);
	for (n = 1; n <= 7; n++) {
		snprintf(id, sizeof(id), "v%zu", (size_t)n);
		snprintf(address, sizeof(address), "192.0.2.%zu", (size_t)n);
		CHECK_REASON(come(n, id, NULL, NULL, address), NONE);
	}
	CHECK_REASON(come(8, "v8", NULL, NULL, "192.0.2.8"), FULL);
	CHECK_REASON(come(8, "m", "ann", "secret", "192.0.2.8"), FULL);
	CHECK_REASON(come(9, "p1", "pub", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(10, "p2", "pub", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(11, "p3", "pub", "secret", "192.0.2.1"), FULL); /* the last one is the operator's */
	CHECK_REASON(come(12, "o1", "op", "secret", "192.0.2.1"), NONE);
	door_gone(w.d, pointer(3));
	CHECK_REASON(come(13, "v9", NULL, NULL, "192.0.2.8"), NONE);
	end();
}

static void an_address_has_its_share(void)
{
	begin(POLICY);
	for (uintptr_t n = 1; n <= 4; n++)
		CHECK_REASON(come(n, (const char *[]){ "", "a", "b", "c", "d" }[n], NULL, NULL, "2001:db8::1"), NONE);
	CHECK_REASON(come(5, "e", NULL, NULL, "2001:db8::ffff"), ADDRESS_FULL); /* the same /64 */
	CHECK_REASON(come(5, "e", NULL, NULL, "2001:db8:0:1::1"), NONE);
	CHECK_REASON(come(6, "p", "pub", "secret", "2001:db8::1"), NONE); /* reserved: not the crowd's limit */
	door_gone(w.d, pointer(1));
	door_gone(w.d, pointer(2));
	CHECK_REASON(come(7, "f", NULL, NULL, "2001:db8::2"), NONE);
	end();
}

static void a_trusted_proxy_has_no_share(void)
{
	static const char *const proxies[] = { "10.0.0.1", "::1", "2001:db8:99::7", "::ffff:10.0.0.1" };
	char id[20];

	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		begin(POLICY);
		for (uintptr_t n = 1; n <= 7; n++) {
			snprintf(id, sizeof(id), "v%zu", (size_t)n);
			CHECK_REASON(come(n, id, NULL, NULL, proxies[i]), NONE);
		}
		CHECK_REASON(come(8, "x", NULL, NULL, proxies[i]), FULL);
		end();
	}
}

static void a_neighbour_of_a_proxy_is_not_trusted(void)
{
	begin(POLICY);
	for (uintptr_t n = 1; n <= 4; n++)
		CHECK_REASON(come(n, (const char *[]){ "", "a", "b", "c", "d" }[n], NULL, NULL, "2001:db8:99::8"), NONE);
	CHECK_REASON(come(5, "e", NULL, NULL, "2001:db8:99::8"), ADDRESS_FULL);
	CHECK_REASON(come(5, "e", NULL, NULL, "2001:db8:99::7"), NONE);
	end();
}

static void a_user_has_a_share(void)
{
	begin(POLICY);
	CHECK_REASON(come(1, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(2, "b", "ann", "secret", "192.0.2.2"), NONE);
	CHECK_REASON(come(3, "c", "ann", "secret", "192.0.2.3"), USER_FULL);
	door_gone(w.d, pointer(1));
	CHECK_REASON(come(3, "c", "ann", "secret", "192.0.2.3"), NONE);
	end();
}

static void connects_have_a_rate(void)
{
	char id[20];
	uintptr_t n = 1;

	begin(POLICY);
	for (int i = 0; i < 20; i++, door_gone(w.d, pointer(n)))
		CHECK_REASON(come(n, "x", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(come(n, "x", NULL, NULL, "192.0.2.1"), ADDRESS_RATE);
	CHECK_REASON(come(n, "x", "pub", "secret", "192.0.2.1"), NONE); /* not held up by the crowd it sits in */
	for (int i = 0; i < 30; i++, door_gone(w.d, pointer(n))) {
		snprintf(id, sizeof(id), "192.0.3.%d", i);
		CHECK_REASON(come(n, "x", NULL, NULL, id), NONE);
	}
	CHECK_REASON(come(n, "x", NULL, NULL, "192.0.2.99"), CONNECT_RATE);
	pass(1000);
	CHECK_REASON(come(n, "x", NULL, NULL, "192.0.2.99"), NONE);
	end();
}

static void failed_logins_shut_an_address(void)
{
	begin(POLICY);
	CHECK_REASON(come(1, "p", "pub", "secret", "192.0.2.1"), NONE);
	door_gone(w.d, pointer(1));
	for (int i = 0; i < 3; i++)
		CHECK_REASON(come(1, "x", "ann", "guess", "192.0.2.1"), LOGIN);
	CHECK_REASON(come(1, "x", "ann", "secret", "192.0.2.1"), TOO_MANY_FAILURES);
	CHECK_REASON(come(1, "x", "ann", "secret", "192.0.2.2"), NONE);
	CHECK_REASON(come(2, "v", NULL, NULL, "192.0.2.1"), NONE);      /* who gives no name is not shut out */
	CHECK_REASON(come(3, "p", "pub", "secret", "192.0.2.1"), NONE); /* came from there before it all began */
	pass(299000);
	CHECK_REASON(come(4, "y", "tmp", "secret", "192.0.2.1"), TOO_MANY_FAILURES);
	pass(1000);
	CHECK_REASON(come(4, "y", "tmp", "secret", "192.0.2.1"), NONE);
	end();
}

static void login_work_has_a_budget(void)
{
	unsigned busy = 0;
	char address[20];

	begin("{\"roles\":{\"m\":{}},\"users\":{\"ann\":\"m\"},\"limits\":{\"login_ms_per_s\":1,\"connects_burst\":1000000,"
	      "\"connections\":1000,\"connections_per_user\":1000}}");
	for (int i = 0; i < 50; i++) {
		snprintf(address, sizeof(address), "192.0.2.%d", i);
		busy += come((uintptr_t)i + 1, address, "ann", "guess", address) == REASON_LOGIN_BUSY;
	}
	CHECK_INT(busy, 49); /* a tenth of a millisecond at once, and what was owed: one of 102 us */
	pass(1000);
	CHECK_REASON(come(99, "z", "ann", "secret", "192.0.2.99"), NONE);
	end();
}

/* ---- what they may do ---- */

static void a_viewer_reads_and_does_not_write(void)
{
	begin(POLICY);
	come(1, "v", NULL, NULL, "192.0.2.1");
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/#"), NONE);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "#"), SUBSCRIBE);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "$SYS/#"), SUBSCRIBE);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "$share/g/sb/#"), SUBSCRIBE);
	for (int i = 0; i < 3; i++) { /* asked, remembered, remembered */
		CHECK_REASON(ask(1, DOOR_READ, "sb/team/1/score"), NONE);
		CHECK_REASON(ask(1, DOOR_READ, "sb/crew/x"), READ);
	}
	CHECK_REASON(ask(1, DOOR_WRITE, "sb/team/1/score"), PUBLISH);
	CHECK_REASON(ask(1, DOOR_WRITE, "$CONTROL/scoreboard/v1"), PUBLISH);
	end();
}

static void nobody_writes_presence(void)
{
	begin(POLICY);
	come(2, "p", "pub", "secret", "192.0.2.1");
	CHECK_REASON(ask(2, DOOR_WRITE, "sb/status"), NONE);
	CHECK_REASON(ask(2, DOOR_WRITE, "sb/presence/total"), PUBLISH);
	CHECK_REASON(ask(2, DOOR_WRITE, "sb/presence"), PUBLISH);
	CHECK_REASON(ask(2, DOOR_WRITE, "sb/presences"), NONE);
	CHECK_REASON(ask(2, DOOR_WRITE, "sb/crew/beat"), PUBLISH); /* what a hub says to its edges */
	end();
}

/* What presence says between brokers. A hub takes shares from whom its policy lets write them. */
static void reports_are_written_by_nobody_else(void)
{
	struct message share = { STR("sb/crew/presence/share"), STR("{}"), false, 0 }, sum = share;

	sum.topic = STR("sb/crew/presence/sum");
	begin(POLICY);
	door_join(w.d, CLUSTER_HUB);
	come(2, "p", "pub", "secret", "192.0.2.1");
	CHECK_REASON(door_may(w.d, pointer(2), &(struct door_request){ DOOR_WRITE, &share }, w.now), NONE);
	CHECK_REASON(door_may(w.d, pointer(2), &(struct door_request){ DOOR_WRITE, &sum }, w.now), PUBLISH);
	CHECK_INT(door_message(w.d, pointer(2), &share, w.now).what, DOOR_MESSAGE_TAKEN);
	end();
	begin(POLICY);
	door_join(w.d, CLUSTER_EDGE);
	come(2, "p", "pub", "secret", "192.0.2.1");
	CHECK_REASON(door_may(w.d, pointer(2), &(struct door_request){ DOOR_WRITE, &share }, w.now), PUBLISH);
	CHECK_REASON(door_may(w.d, pointer(2), &(struct door_request){ DOOR_WRITE, &sum }, w.now), PUBLISH);
	CHECK_INT(door_message(w.d, pointer(2), &sum, w.now).what, DOOR_MESSAGE_PASS); /* not from the bridge */
	CHECK_INT(door_message(w.d, NULL, &sum, w.now).what, DOOR_MESSAGE_TAKEN);
	end();
}

static void subscriptions_have_limits(void)
{
	begin(POLICY);
	come(1, "v", NULL, NULL, "192.0.2.1");
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/a"), NONE);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/b"), NONE);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/c"), NONE);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/c"), NONE); /* a filter that it holds already */
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/d"), SUBSCRIPTIONS);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/1/2/3/4"), FILTER_LEVELS);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/c"), SUBSCRIBE_RATE);
	pass(5000);
	CHECK_REASON(ask(1, DOOR_UNSUBSCRIBE, "sb/a"), NONE);
	CHECK_REASON(ask(1, DOOR_UNSUBSCRIBE, "sb/never"), NONE);
	CHECK_REASON(ask(1, DOOR_SUBSCRIBE, "sb/d"), NONE);
	CHECK_INT(metric(w.d, "subscriptions"), 3);
	end();
}

static void messages_have_limits(void)
{
	char large[300];
	enum reason why;

	begin(POLICY);
	memset(large, 'x', 299);
	large[299] = '\0';
	come(2, "m", "ann", "secret", "192.0.2.1");
	CHECK_INT(send(2, "a", "1", false, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "a", large, false, &why), DOOR_MESSAGE_REFUSED);
	CHECK_REASON(why, PAYLOAD_SIZE);
	CHECK_INT(send(2, "a", large + 99, false, &why), DOOR_MESSAGE_PASS); /* 200 bytes: more than the bucket */
	CHECK_INT(send(2, "a", "2", false, &why), DOOR_MESSAGE_REFUSED);
	CHECK_REASON(why, PUBLISH_BYTES);
	CHECK_INT(send(2, "a", "3", false, &why), DOOR_MESSAGE_REFUSED);
	CHECK_REASON(why, PUBLISH_RATE);
	CHECK_INT(metric(w.d, "messages_in_total{role=\"member\"}"), 2);
	CHECK_INT(metric(w.d, "bytes_in_total{role=\"member\"}"), 201);
	end();
}

static void who_is_refused_all_the_time_is_sent_away(void)
{
	begin(POLICY);
	come(1, "v", NULL, NULL, "192.0.2.1");
	for (int i = 0; i < 60; i++)
		CHECK_REASON(ask(1, DOOR_WRITE, "x"), PUBLISH);
	pass(10);
	CU_ASSERT_EQUAL(w.kicked.len, 0);
	for (int i = 0; i < 5; i++)
		ask(1, DOOR_WRITE, "x");
	CHECK_REASON(ask(1, DOOR_READ, "sb/x"), STRANGER); /* at once, though the broker has not been asked yet */
	pass(10);
	CHECK_STR(w.kicked.p, "v ");
	CHECK_INT(door_held(w.d), 0);
	end();
}

static void an_offender_is_in_the_log_once_a_minute(void)
{
	begin(POLICY);
	come(1, "v", NULL, NULL, "192.0.2.1");
	for (int i = 0; i < 40; i++) {
		ask(1, DOOR_WRITE, "x");
		come(2, "y", "ann", "wrong", "192.0.2.7");
	}
	CHECK_INT(w.n_logs, 2);
	CHECK_INT(metric(w.d, "log_lines_held_back_total"), 78);
	pass(60000);
	ask(1, DOOR_WRITE, "x");
	CHECK_INT(w.n_logs, 3);
	end();
}

static void the_log_cannot_be_forged(void)
{
	begin(POLICY);
	come(2, "x\n1: fine", "ann\r\n", "wrong", "192.0.2.7");
	CU_ASSERT_PTR_NULL(strstr(w.log.p, "x\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.log.p, "x\\x0a1: fine"));
	end();
}

/* ---- whose is what ---- */

#define OWNERS \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"],\"publish\":[\"sb/v/#\"]}," \
	"\"member\":{\"subscribe\":[\"#\"],\"publish\":[\"sb/#\"],\"limits\":{\"sessions\":2,\"retained_topics\":3," \
	"\"retained_bytes\":100,\"replays_per_s\":10,\"replays_burst\":100}}," \
	"\"pub\":{\"publish\":[\"sb/#\"],\"subscribe\":[\"#\"],\"reserved\":2,\"client_ids\":[\"publisher-*\",\"main\"]," \
	"\"limits\":{\"publishes_burst\":10000,\"retained_topics\":100000}}," \
	"\"crew\":{\"control\":true}},\"users\":{\"ann\":\"member\",\"op\":\"member\",\"pub\":\"pub\",\"crew\":\"crew\"}," \
	"\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"viewer\"},\"trusted_proxies\":[\"10.0.0.1\"]," \
	"\"limits\":{\"failed_logins\":3,\"sessions_per_address\":2,\"session_s\":60,\"replays_per_s\":100," \
	"\"replays_burst\":150,\"replays_per_s_per_address\":1,\"replays_burst_per_address\":100%s}}"

static void begin_owners(const char *more)
{
	char policy[2000];

	snprintf(policy, sizeof(policy), OWNERS, more);
	begin(policy);
}

static enum reason come_for_a_session(uintptr_t n, const char *id, const char *user, const char *address)
{
	struct visitor v = { pointer(n), id, user, user ? "secret" : NULL, address, TRANSPORT_MQTT, true, 0, false };

	world_connects(n, id);
	return door_connect(w.d, &v, w.now, w.wall_ms);
}

static void a_client_id_in_use_belongs_to_its_user(void)
{
	begin_owners("");
	CHECK_REASON(come(2, "ann-1", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(4, "ann-1", NULL, NULL, "192.0.2.1"), CLIENT_ID_TAKEN);
	CHECK_REASON(come(4, "ann-1", "op", "secret", "192.0.2.1"), CLIENT_ID_TAKEN);
	CHECK_REASON(come(4, "ann-1", "ann", "secret", "192.0.2.9"), NONE); /* the same user from another address */
	door_gone(w.d, pointer(2));
	CHECK_REASON(come(6, "phone", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(come(8, "phone", NULL, NULL, "192.0.2.2"), CLIENT_ID_TAKEN);
	CHECK_REASON(come(8, "phone", NULL, NULL, "192.0.2.1"), NONE);
	end();
}

static void a_reserved_client_id_is_nobody_elses(void)
{
	begin_owners("");
	CHECK_REASON(come(2, "publisher-sb", NULL, NULL, "192.0.2.1"), CLIENT_ID_RESERVED);
	CHECK_REASON(come(2, "publisher-sb", "ann", "secret", "192.0.2.1"), CLIENT_ID_RESERVED);
	CHECK_REASON(come(2, "main", NULL, NULL, "192.0.2.1"), CLIENT_ID_RESERVED);
	CHECK_REASON(come(2, "mainly", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(come(4, "publisher-sb", "pub", "secret", "192.0.2.2"), NONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.log.p, "client=publisher-sb user=- address=192.0.2.1 reason=client_id_reserved"));
	end();
}

/* Being there first is no way to keep the publisher out. */
static void who_has_reserved_seats_takes_an_id_from_who_has_none(void)
{
	begin_owners("");
	CHECK_REASON(come(2, "mine", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(come(4, "mine", "pub", "secret", "192.0.2.2"), NONE);
	CHECK_REASON(come(6, "mine", NULL, NULL, "192.0.2.1"), CLIENT_ID_TAKEN);
	end();
}

static void the_bridges_client_id_is_refused_to_all(void)
{
	begin_owners("");
	door_set_bridge_id(w.d, "local.hub");
	CHECK_REASON(come(2, "local.hub", NULL, NULL, "192.0.2.1"), CLIENT_ID_TAKEN);
	CHECK_REASON(come(2, "local.hub", "pub", "secret", "192.0.2.1"), CLIENT_ID_TAKEN);
	end();
}

/* As Mosquitto 2.0 does after SIGHUP: it asks about everybody who is in, and about every session without a client. */
static void a_reload_asks_again_and_charges_nothing(void)
{
	struct visitor stranger = { pointer(98), "new", NULL, NULL, "192.0.2.9", TRANSPORT_MQTT, false, 0, false };
	unsigned held;

	begin_owners("");
	CHECK_REASON(come(2, "v", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(ask(2, DOOR_SUBSCRIBE, "sb/a"), NONE);
	CHECK_REASON(come_for_a_session(4, "s", "ann", "192.0.2.1"), NONE);
	door_gone_for_now(w.d, pointer(4), true, w.now);
	CHECK_REASON(come(6, "p", "pub", "secret", "192.0.2.1"), NONE);
	held = door_held(w.d);
	door_recheck(w.d);
	door_reload(w.d, parse(w.policy), passwords(), w.now);
	CHECK_REASON(come(2, "v", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(come_for_a_session(4, "s", "ann", "192.0.2.1"), NONE);
	CHECK_REASON(come(6, "p", "pub", "no longer compared", "192.0.2.1"), NONE);
	CHECK_REASON(door_connect(w.d, &stranger, w.now, w.wall_ms), STRANGER); /* nobody's session, and no socket either */
	stranger.socket = 5;
	CHECK_REASON(door_connect(w.d, &stranger, w.now, w.wall_ms), NONE); /* has come since, and is treated as always */
	door_gone(w.d, pointer(98));
	CHECK_INT(door_held(w.d), held);
	CHECK_INT(metric(w.d, "sessions"), 1);
	pass(1);
	CHECK_REASON(come(6, "p", "pub", "wrong", "192.0.2.1"), LOGIN); /* and now it is a connect again */
	end();
}

static void who_has_another_password_is_sent_away_by_a_reload(void)
{
	struct complaint why;
	struct passwd other;

	begin_owners("");
	CHECK_REASON(come(2, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(4, "p", "pub", "secret", "192.0.2.1"), NONE);
	CHECK_INT(passwd_parse(&other, STR("ann:" OTHER "\npub:" ANN "\nop:" ANN "\n"), &why), 0);
	door_recheck(w.d);
	door_reload(w.d, parse(w.policy), other, w.now);
	pass(1);
	CHECK_STR(w.kicked.p, "a ");
	CHECK_REASON(come(2, "a", "ann", "secret", "192.0.2.1"), LOGIN); /* what was remembered is forgotten */
	end();
}

static void sessions_are_for_those_whose_role_has_some(void)
{
	struct message m = { .topic = STR("sb/x") };
	struct visitor third = { pointer(8), "s3", "ann", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };

	begin_owners("");
	CHECK_REASON(come_for_a_session(2, "v", NULL, "192.0.2.1"), SESSIONS);
	for (uintptr_t n = 1; n <= 2; n++) {
		char id[8];

		snprintf(id, sizeof(id), "s%d", (int)n);
		CHECK_REASON(come_for_a_session(n * 2, id, "ann", "192.0.2.1"), NONE);
		door_gone_for_now(w.d, pointer(n * 2), true, w.now);
	}
	CHECK_REASON(come_for_a_session(8, "s3", "ann", "192.0.2.1"), SESSIONS);
	CHECK_REASON(come_for_a_session(4, "s2", "ann", "192.0.2.1"), NONE); /* its own */
	door_gone_for_now(w.d, pointer(4), true, w.now);
	CHECK_REASON(come(8, "s3", "ann", "secret", "192.0.2.1"), NONE); /* MQTT 5: what it leaves shows later */
	door_gone_for_now(w.d, pointer(8), false, w.now);
	pass(1);
	CHECK_INT(metric(w.d, "sessions"), 3);
	/* nothing is kept for one too many */
	CHECK_REASON(door_stranger_may(w.d, &third, &(struct door_request){ DOOR_READ, &m }, w.now), STRANGER);
	pass(60000);
	CHECK_INT(metric(w.d, "sessions"), 0);
	CHECK_REASON(come_for_a_session(8, "s3", "ann", "192.0.2.1"), NONE);
	end();
}

static void a_reload_decides_how_long_sessions_are_remembered(void)
{
	char policy[2000];
	char *limit;

	begin_owners("");
	CHECK_REASON(come_for_a_session(2, "s1", "ann", "192.0.2.1"), NONE);
	door_gone_for_now(w.d, pointer(2), true, w.now);
	pass(20000);
	CHECK_INT(metric(w.d, "sessions"), 1);
	snprintf(policy, sizeof(policy), OWNERS, "");
	limit = strstr(policy, "\"session_s\":60");
	CU_ASSERT_PTR_NOT_NULL_FATAL(limit);
	memcpy(limit, "\"session_s\":30", strlen("\"session_s\":30"));
	door_reload(w.d, parse(policy), passwords(), w.now);
	pass(5000);
	CHECK_INT(metric(w.d, "sessions"), 1);
	pass(6000);
	CHECK_INT(metric(w.d, "sessions"), 0);
	CHECK_INT(door_held_for_sessions(w.d), 0);
	end();
}

static void an_address_leaves_only_so_many_nameless_sessions(void)
{
	begin_owners("");
	for (int i = 0; i < 2; i++) {
		CHECK_REASON(come(2, i ? "x" : "y", NULL, NULL, "192.0.2.1"), NONE);
		door_gone_for_now(w.d, pointer(2), false, w.now);
	}
	CHECK_REASON(come(2, "z", NULL, NULL, "192.0.2.1"), SESSIONS);
	CHECK_REASON(come(2, "z", NULL, NULL, "192.0.2.2"), NONE);
	CHECK_REASON(come(4, "a", "ann", "secret", "192.0.2.1"), NONE);
	pass(60000);
	CHECK_REASON(come(6, "z2", NULL, NULL, "192.0.2.1"), NONE);
	end();
}

static void a_subscription_costs_what_it_replays(void)
{
	enum reason why;
	char topic[20];

	begin_owners(",\"connections_per_user\":100");
	CHECK_REASON(come(2, "p", "pub", "secret", "192.0.2.1"), NONE);
	for (int i = 0; i < 120; i++) {
		snprintf(topic, sizeof(topic), "sb/t/%d", i);
		CHECK_INT(send(2, topic, "1", true, &why), DOOR_MESSAGE_PASS);
	}
	CHECK_REASON(come(4, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(ask(4, DOOR_SUBSCRIBE, "sb/#"), NONE); /* more than fits: it is owed */
	CHECK_REASON(ask(4, DOOR_SUBSCRIBE, "sb/+/#"), REPLAY_RATE);
	CHECK_REASON(ask(4, DOOR_SUBSCRIBE, "sb/t/1"), NONE); /* one message is not worth counting */
	CHECK_REASON(come(6, "b", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(ask(6, DOOR_SUBSCRIBE, "sb/#"), REPLAY_RATE); /* another client, but the same address */
	CHECK_REASON(come(8, "c", "ann", "secret", "192.0.2.2"), NONE);
	CHECK_REASON(ask(8, DOOR_SUBSCRIBE, "sb/#"), NONE);
	CHECK_REASON(come(10, "d", "ann", "secret", "192.0.2.3"), NONE);
	CHECK_REASON(ask(10, DOOR_SUBSCRIBE, "sb/#"), REPLAY_RATE); /* the broker's budget */
	CHECK_REASON(ask(2, DOOR_SUBSCRIBE, "sb/#"), NONE);         /* not the publisher's */
	end();
}

static void retained_topics_have_an_author_and_an_end(void)
{
	struct message wrote = { .topic = STR("sb/b"), .retain = true };
	struct visitor ann = { NULL, "a", "ann", NULL, NULL, TRANSPORT_MQTT, false, 0, false };
	struct visitor gone = { NULL, "a", "removed", NULL, NULL, TRANSPORT_MQTT, false, 0, false };
	enum reason why;

	begin_owners("");
	CHECK_REASON(come(2, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_INT(send(2, "sb/a", "1", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/b", "1", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/c", "1", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/d", "1", true, &why), DOOR_MESSAGE_REFUSED);
	CHECK_REASON(why, RETAINED);
	CHECK_INT(send(2, "sb/d", "1", false, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/a", "", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/d", "1", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(metric(w.d, "retained_topics"), 3);
	CHECK_REASON(door_author_may(w.d, &ann, &wrote), NONE);
	CHECK_REASON(door_author_may(w.d, &gone, &wrote), PUBLISH);
	CHECK_REASON(come(6, "c", "crew", "secret", "192.0.2.9"), NONE);
	door_control(w.d, pointer(6), STR("{\"commands\":[{\"command\":\"wipe\",\"user\":\"ann\"}]}"), w.now);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.last_response, "\"topics\":3"));
	buf_clear(&w.published);
	pass(1);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/d=\n"));
	CHECK_INT(metric(w.d, "retained_topics"), 0);
	end();
}

/* Whoever connects again and again with the same client id leaves a will each time: the broker sends that of the old connection, asks only
 * whether it may be written, and has not yet said that the old connection has ended. */
static void the_will_of_who_is_taken_over_counts_as_retained(void)
{
	struct message will = { .payload = STR("gone"), .retain = true };
	const struct door_request rq = { DOOR_WRITE, &will };
	char topic[8];

	begin_owners("");
	CHECK_REASON(come(2, "a", "ann", "secret", "192.0.2.1"), NONE);
	for (uintptr_t n = 0; n < 5; n++) {
		CHECK_REASON(come(4 + 2 * n, "a", "ann", "secret", "192.0.2.1"), NONE);
		snprintf(topic, sizeof(topic), "sb/%d", (int)n);
		will.topic = str_of(topic);
		CU_ASSERT_EQUAL(door_may(w.d, pointer(2 + 2 * n), &rq, w.now), n < 3 ? REASON_NONE : REASON_RETAINED);
		door_gone(w.d, pointer(2 + 2 * n));
	}
	CHECK_INT(metric(w.d, "retained_topics"), 3);
	CHECK_INT(metric(w.d, "refused_total{reason=\"retained\"}"), 2);
	/* a will that is not retained leaves nothing */
	will.retain = false;
	CHECK_REASON(come(2, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(door_may(w.d, pointer(12), &rq, w.now), NONE);
	end();
}

/* ---- logins behind a proxy ---- */

static void guesses_through_a_proxy_slow_the_name_down(void)
{
	unsigned checked = 0;

	begin_owners(",\"connects_burst\":1000000");
	for (int i = 0; i < 100; i++)
		checked += come(2, "x", "ann", "guess", "10.0.0.1") == REASON_LOGIN;
	CHECK_INT(checked, 4); /* three, and then one in five seconds */
	CHECK_REASON(come(2, "x", "ann", "secret", "10.0.0.1"), USER_FAILURES);
	CHECK_REASON(come(2, "x", "ann", "secret", "192.0.2.1"), NONE); /* an address of her own has a try */
	CHECK_REASON(come(4, "y", "op", "secret", "10.0.0.1"), NONE);   /* and another name has its own */
	end();
}

static void who_has_been_in_gets_in_again(void)
{
	begin_owners(",\"connects_burst\":1000000,\"login_ms_per_s\":1");
	CHECK_REASON(come(2, "p", "pub", "secret", "10.0.0.1"), NONE);
	for (int i = 0; i < 1000; i++)
		come(4, "x", i % 2 ? "pub" : "ann", "guess", "10.0.0.1");
	door_gone(w.d, pointer(2));
	CHECK_REASON(come(2, "p", "pub", "secret", "10.0.0.1"), NONE);
	CHECK_REASON(come(6, "q", "pub", "secret", "10.0.0.1"), NONE);
	end();
}

/* Whoever only claims to be somebody with a seat pays for having knocked. */
static void claims_have_a_rate(void)
{
	unsigned served = 0;

	begin_owners(",\"connects_burst\":50,\"connects_per_s\":1,\"login_ms_per_s\":1000");
	for (int i = 0; i < 500; i++) {
		enum reason why = come(2, "x", "pub", "guess", "10.0.0.1");

		served += why != REASON_CONNECT_RATE;
	}
	CHECK_INT(served, 50);
	CHECK_REASON(come(4, "v", NULL, NULL, "192.0.2.1"), NONE); /* the crowd's own rate is untouched */
	end();
}

static void a_limit_on_files_is_a_limit_on_seats(void)
{
	char id[8];

	begin_owners("");
	door_set_seats_by_files(w.d, 5);
	for (uintptr_t n = 1; n <= 4; n++) {
		snprintf(id, sizeof(id), "v%d", (int)n);
		CHECK_INT(come(n * 2, id, NULL, NULL, "192.0.2.1"), n <= 3 ? REASON_NONE : REASON_FULL);
	}
	CHECK_REASON(come(20, "p", "pub", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(22, "q", "pub", "secret", "192.0.2.1"), NONE);
	end();
}

/* ---- comings and goings as Mosquitto 2.0 tells them ---- */

static void a_takeover_counts_one(void)
{
	begin(POLICY);
	come(2, "same", NULL, NULL, "192.0.2.1");
	ask(2, DOOR_SUBSCRIBE, "sb/feed/overlay/delta");
	CHECK_REASON(come(4, "same", NULL, NULL, "192.0.2.1"), NONE); /* before the old one ends */
	CHECK_INT(metric(w.d, "connections"), 2);
	door_gone(w.d, pointer(2));
	CHECK_INT(metric(w.d, "connections"), 1);
	CU_ASSERT_FALSE(door_is_in(w.d, pointer(2)));
	CU_ASSERT(door_is_in(w.d, pointer(4)));
	CHECK_INT(metric(w.d, "subscriptions"), 0);
	door_gone(w.d, pointer(4));
	CHECK_INT(door_held(w.d), 0);
	end();
}

static void a_pointer_comes_back_as_somebody_else(void)
{
	begin(POLICY);
	come(2, "m", "ann", "secret", "192.0.2.1");
	ask(2, DOOR_SUBSCRIBE, "sb/a");
	CHECK_REASON(come(2, "v", NULL, NULL, "192.0.2.2"), NONE); /* its end was missed */
	CHECK_INT(metric(w.d, "connections"), 1);
	CHECK_REASON(ask(2, DOOR_WRITE, "sb/x"), PUBLISH);
	CHECK_INT(metric(w.d, "subscriptions"), 0);
	end();
}

static void the_end_of_strangers_is_nothing(void)
{
	begin(POLICY);
	door_gone(w.d, pointer(7));
	door_gone(w.d, NULL);
	CHECK_INT(door_held(w.d), 0);
	end();
}

/* The broker asks about a will when its client has gone already. */
static void a_will_is_judged_by_the_name_and_not_counted(void)
{
	struct message m = { .topic = STR("sb/status"), .payload = STR("offline"), .retain = true };
	struct visitor pub = { pointer(2), "p", "pub", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	struct visitor viewer = { pointer(4), "v", NULL, NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	struct visitor eve = { pointer(6), "e", "eve", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };

	begin(POLICY);
	CHECK_REASON(door_may(w.d, pointer(2), &(struct door_request){ DOOR_WRITE, &m }, w.now), STRANGER);
	CHECK_REASON(door_stranger_may(w.d, &pub, &(struct door_request){ DOOR_WRITE, &m }, w.now), NONE);
	CHECK_REASON(door_stranger_may(w.d, &viewer, &(struct door_request){ DOOR_WRITE, &m }, w.now), STRANGER);
	CHECK_REASON(door_stranger_may(w.d, &viewer, &(struct door_request){ DOOR_READ, &m }, w.now), STRANGER); /* its role has no sessions */
	CHECK_REASON(door_stranger_may(w.d, &eve, &(struct door_request){ DOOR_READ, &m }, w.now), STRANGER);
	CHECK_INT(door_held(w.d), 0);
	end();
}

static void certificates_are_adopted(void)
{
	struct visitor v = { pointer(2), "c", "pub", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	struct visitor eve = { pointer(4), "c", "eve", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	struct visitor nobody = { pointer(4), "c", NULL, NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };

	begin(POLICY);
	CHECK_REASON(door_adopt(w.d, &v, w.now), NONE);
	CHECK_REASON(door_adopt(w.d, &v, w.now), NONE);
	CHECK_INT(metric(w.d, "connections"), 1);
	CHECK_REASON(ask(2, DOOR_WRITE, "sb/x"), NONE);
	CHECK_REASON(door_adopt(w.d, &eve, w.now), STRANGER);
	CHECK_REASON(door_adopt(w.d, &nobody, w.now), STRANGER);
	door_gone(w.d, pointer(2));
	CHECK_INT(door_held(w.d), 0);
	end();
}

/* ---- presence ---- */

static void expect_published(const char *lines)
{
	CHECK_STR(w.published.p ? w.published.p : "", lines);
	buf_clear(&w.published);
}

/* The broker's own bridge brought it. */
static void heard(const char *topic)
{
	struct message m = { str_of(topic), STR("x"), false, 0 };

	CHECK_INT(door_message(w.d, NULL, &m, w.now).what, DOOR_MESSAGE_PASS);
}

static void presence_follows_within_a_second(void)
{
	begin(POLICY);
	heard("sb/feed/overlay/delta");
	pass(0);
	buf_clear(&w.published);
	come(1, "v1", NULL, NULL, "192.0.2.1");
	come(2, "v2", NULL, NULL, "192.0.2.1");
	ask(1, DOOR_SUBSCRIBE, "sb/feed/overlay/delta");
	ask(1, DOOR_SUBSCRIBE, "sb/feed/+/delta"); /* names no group */
	pass(100);
	expect_published(""); /* at most once a second */
	pass(900);
	expect_published("sb/presence/total=2\nsb/presence/role/viewer=2\nsb/presence/transport/mqtt=1\n"
			 "sb/presence/transport/websockets=1\nsb/presence/view/overlay=1\n"
			 "sb/presence/watching={\"total\":2,\"mqtt\":2,\"sse\":0,\"polling\":0}\n");
	pass(1000);
	expect_published(""); /* only when changed */
	door_gone(w.d, pointer(1));
	pass(1000);
	expect_published("sb/presence/total=1\nsb/presence/role/viewer=1\nsb/presence/transport/websockets=0\n"
			 "sb/presence/view/overlay=\n"
			 "sb/presence/watching={\"total\":1,\"mqtt\":1,\"sse\":0,\"polling\":0}\n");
	ask(2, DOOR_SUBSCRIBE, "sb/feed/overlay/delta");
	pass(1000);
	expect_published("sb/presence/view/overlay=1\n"); /* still known */
	ask(2, DOOR_UNSUBSCRIBE, "sb/feed/overlay/delta");
	pass(1000);
	expect_published("sb/presence/view/overlay=\n");
	pass(3600 * 1000);
	ask(2, DOOR_SUBSCRIBE, "sb/feed/overlay/delta");
	pass(1000);
	expect_published(""); /* an hour after its last message it was forgotten */
	end();
}

static void rooms_say_names_where_the_policy_says_so(void)
{
	begin(POLICY);
	heard("rooms/red/chat");
	come(2, "m1", "ann", "secret", "192.0.2.1");
	come(4, "m2", "tmp", "secret", "192.0.2.1");
	ask(2, DOOR_SUBSCRIBE, "rooms/red/#");
	ask(2, DOOR_SUBSCRIBE, "rooms/red/chat"); /* twice in, counted once */
	ask(4, DOOR_SUBSCRIBE, "rooms/red/chat");
	pass(1000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/room/red={\"count\":2,\"names\":[\"ann\",\"tmp\"]}\n"));
	buf_clear(&w.published);
	ask(2, DOOR_UNSUBSCRIBE, "rooms/red/#");
	pass(1000);
	expect_published("");
	ask(2, DOOR_UNSUBSCRIBE, "rooms/red/chat");
	pass(1000);
	expect_published("sb/presence/room/red={\"count\":1,\"names\":[\"tmp\"]}\n");
	end();
}

#define FLAPPING 900

/* The client subscribes to all of the groups, or unsubscribes from all. */
static void flap(enum door_access access)
{
	char topic[40];

	for (int i = 0; i < FLAPPING; i++) {
		snprintf(topic, sizeof(topic), "r/%d", i);
		ask(2, access, topic);
	}
}

/* However many groups a client enters and leaves, only so many are told in a second, and in the end all are told as they are. */
static void changes_of_groups_are_told_within_a_rate(void)
{
	char topic[40];

	begin("{\"roles\":{\"m\":{\"subscribe\":[\"#\"],\"limits\":{\"subscriptions\":1000,\"subscribes_per_s\":100000,\"subscribes_burst\":100000}}},"
	      "\"anonymous\":{\"mqtt\":\"m\"},\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"r/+\",\"groups\":1000}]},"
	      "\"limits\":{\"presence_topics_per_s\":40}}");
	come(2, "m", NULL, NULL, "192.0.2.1");
	for (int i = 0; i < FLAPPING; i++) {
		snprintf(topic, sizeof(topic), "r/%d", i);
		heard(topic);
	}
	pass(2000);
	for (int i = 0; i < 60; i++) {
		unsigned before = w.n_published;

		flap(i % 2 ? DOOR_UNSUBSCRIBE : DOOR_SUBSCRIBE);
		pass(1000);
		CU_ASSERT(w.n_published - before <= 40);
		CU_ASSERT(w.n_published - before > 0 || i % 2);
	}
	flap(DOOR_SUBSCRIBE);
	buf_clear(&w.published);
	for (int i = 0; i < FLAPPING / 40 + 2; i++)
		pass(1000);
	/* nothing is lost */
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/room/899=1\n"));
	buf_clear(&w.published);
	door_gone(w.d, pointer(2));
	pass(1000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/total=0\n")); /* does not wait for them */
	for (int i = 0; i < FLAPPING / 40 + 2; i++)
		pass(1000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/room/899=\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/room/0=\n"));
	end();
}

static unsigned count_in(const char *text, const char *what)
{
	unsigned n = 0;

	for (; text && (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void groups_have_an_end(void)
{
	char filter[40];

	begin("{\"roles\":{\"m\":{\"subscribe\":[\"#\"],\"limits\":{\"subscriptions\":100,\"subscribes_burst\":1000}}},"
	      "\"anonymous\":{\"mqtt\":\"m\"},\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"r/+\"}]},"
	      "\"limits\":{\"presence_groups\":5}}");
	come(2, "m", NULL, NULL, "192.0.2.1");
	for (int i = 0; i < 20; i++) {
		snprintf(filter, sizeof(filter), "r/%d", i);
		CHECK_REASON(ask(2, DOOR_SUBSCRIBE, filter), NONE);
		heard(filter);
	}
	CHECK_INT(metric(w.d, "presence_groups_refused_total"), 15);
	pass(1000);
	CHECK_INT(count_in(w.published.p, "sb/presence/room/"), 5);
	door_gone(w.d, pointer(2));
	CHECK_INT(door_held(w.d), 0);
	end();
}

/* ---- repeats ---- */

static void an_unchanged_retained_message_is_dropped(void)
{
	enum reason why;

	begin(POLICY);
	come(2, "p", "pub", "secret", "192.0.2.1");
	CHECK_INT(send(2, "sb/x", "1", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/x", "1", true, &why), DOOR_MESSAGE_REPEAT);
	CHECK_INT(send(2, "sb/x", "1", false, &why), DOOR_MESSAGE_PASS); /* not retained: an event */
	CHECK_INT(send(2, "sb/x", "2", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/x", "1", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/x", "", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(2, "sb/x", "1", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(metric(w.d, "repeats_dropped_total"), 1);
	end();
}

static void a_will_makes_its_topic_unknown(void)
{
	struct message m = { .topic = STR("sb/status"), .payload = STR("offline"), .retain = true };
	struct visitor pub = { pointer(2), "p", "pub", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };
	enum reason why;

	begin(POLICY);
	come(2, "p", "pub", "secret", "192.0.2.1");
	CHECK_INT(send(2, "sb/status", "live", true, &why), DOOR_MESSAGE_PASS);
	door_gone(w.d, pointer(2));
	CHECK_REASON(door_stranger_may(w.d, &pub, &(struct door_request){ DOOR_WRITE, &m }, w.now), NONE); /* the broker sends the will */
	come(4, "p", "pub", "secret", "192.0.2.1");
	CHECK_INT(send(4, "sb/status", "live", true, &why), DOOR_MESSAGE_PASS);
	CHECK_INT(send(4, "sb/status", "live", true, &why), DOOR_MESSAGE_REPEAT);
	/* and when a bridge writes next, which is not asked for permission */
	CHECK_REASON(door_may(w.d, pointer(4), &(struct door_request){ DOOR_WRITE, &m }, w.now), NONE);
	m.payload = STR("live");
	CHECK_INT(door_message(w.d, NULL, &m, w.now).what, DOOR_MESSAGE_PASS);
	CHECK_INT(door_message(w.d, NULL, &m, w.now).what, DOOR_MESSAGE_REPEAT);
	end();
}

static void late_deliveries_make_a_topic_doubtful(void)
{
	struct message m = { STR("sb/x"), STR("1"), true, 2 };
	enum reason why;

	begin(POLICY);
	come(2, "p", "pub", "secret", "192.0.2.1");
	CHECK_INT(door_message(w.d, pointer(2), &m, w.now).what, DOOR_MESSAGE_PASS);
	for (int i = 0; i < 3; i++)
		CHECK_INT(send(2, "sb/x", "2", true, &why), DOOR_MESSAGE_PASS);
	end();
}

/* ---- reload ---- */

static void a_reload_moves_who_is_in(void)
{
	begin(POLICY);
	come(2, "m", "ann", "secret", "192.0.2.1");
	come(4, "t", "tmp", "secret", "192.0.2.1");
	come(6, "v", NULL, NULL, "192.0.2.1");
	ask(2, DOOR_SUBSCRIBE, "rooms/red/#");
	heard("rooms/red/chat");
	pass(1000);
	buf_clear(&w.published);
	door_reload(w.d,
		    parse("{\"roles\":{\"first\":{\"subscribe\":[\"#\"]},\"viewer\":{\"subscribe\":[\"only/this\"]},\"member\":{}},"
			  "\"users\":{\"ann\":\"member\"},\"anonymous\":{\"mqtt\":\"viewer\"}}"),
		    passwords(), w.now);
	CHECK_REASON(ask(4, DOOR_READ, "x"), STRANGER); /* tmp has no business here any more */
	CHECK_REASON(ask(6, DOOR_READ, "sb/x"), READ);  /* the old answers are forgotten */
	CHECK_REASON(ask(6, DOOR_READ, "only/this"), NONE);
	pass(1000);
	CHECK_STR(w.kicked.p, "t ");
	CHECK_INT(metric(w.d, "connections{role=\"member\"}"), 1);
	CHECK_INT(metric(w.d, "connections{role=\"viewer\"}"), 1);
	CHECK_INT(metric(w.d, "connections{role=\"first\"}"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/role/op=\n"));  /* a role that is no more */
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/room/red=\n")); /* not watched any more */
	door_gone(w.d, pointer(2));
	door_gone(w.d, pointer(6));
	CHECK_INT(door_held(w.d), 0);
	end();
}

/* ---- control ---- */

static const char *control(uintptr_t n, const char *request)
{
	w.last_response[0] = '\0';
	door_control(w.d, pointer(n), str_of(request), w.now);
	return w.last_response;
}

static bool says(const char *response, const char *part)
{
	if (!strstr(response, part))
		printf("\n    \"%s\" is not in %s\n", part, response);
	return strstr(response, part);
}

static void only_operators_control(void)
{
	begin(POLICY);
	come(2, "m", "ann", "secret", "192.0.2.1");
	CHECK_STR(control(2, "{\"commands\":[{\"command\":\"listClients\"}]}"), "");
	CHECK_STR(control(99, "{\"commands\":[{\"command\":\"listClients\"}]}"), "");
	CHECK_INT(metric(w.d, "refused_total{reason=\"control\"}"), 1);
	end();
}

static const struct {
	const char *request, *response;
} requests[] = {
	{ "", "\"error\":\"the text ends too early\"" },
	{ "{}", "\"error\":\"an array \\\"commands\\\" expected\"" },
	{ "{\"commands\":{}}", "\"error\":" },
	{ "{\"commands\":[]}", "{\"responses\":[]}" },
	{ "{\"commands\":[1]}", "\"error\":\"which command?\"" },
	{ "{\"commands\":[{}]}", "\"error\":\"which command?\"" },
	{ "{\"commands\":[{\"command\":\"dance\"}]}", "\"error\":\"unknown command\"" },
	{ "{\"commands\":[{\"command\":\"kick\"}]}", "\"error\":\"which client?\"" },
	{ "{\"commands\":[{\"command\":\"kick\",\"client\":\"x\"}]}", "\"error\":\"no such client\"" },
	{ "{\"commands\":[{\"command\":\"ban\"}]}", "\"error\":\"either" },
	{ "{\"commands\":[{\"command\":\"ban\",\"address\":\"x\"}]}", "\"error\":\"not an address\"" },
	{ "{\"commands\":[{\"command\":\"ban\",\"address\":\"10.0.0.0/8\"}]}", "\"error\":\"not an address\"" },
	{ "{\"commands\":[{\"command\":\"ban\",\"address\":\"192.0.2.9\",\"user\":\"x\"}]}", "\"error\":\"either" },
	{ "{\"commands\":[{\"command\":\"ban\",\"address\":\"192.0.2.9\",\"seconds\":0}]}", "\"error\":\"bad number" },
	{ "{\"commands\":[{\"command\":\"unban\",\"user\":\"ann\"}]}", "\"error\":\"not banned\"" },
	{ "{\"commands\":[{\"command\":\"listClients\",\"count\":0}]}", "\"error\":\"bad offset" },
	{ "{\"commands\":[{\"command\":\"listClients\",\"correlationData\":\"q\\\"1\"}]}", "\"correlationData\":\"q\\\"1\"" },
	{ "{\"commands\":[{\"command\":\"listClients\",\"user\":\"ann\"}]}", "\"client\":\"m\",\"user\":\"ann\"" },
	{ "{\"commands\":[{\"command\":\"listClients\",\"count\":1}]}", "\"total\":2" },
	{ "{\"commands\":[{\"command\":\"getLimits\"}]}", "\"connections\":10," },
	{ "{\"commands\":[{\"command\":\"getStats\"}]}", "\"connections/member\":1," },
	{ "{\"commands\":[{\"command\":\"listBans\"}]}", "\"data\":{\"bans\":[]}" },
};

static void requests_are_answered(void)
{
	begin(POLICY);
	come(2, "m", "ann", "secret", "192.0.2.1");
	come(4, "o", "op", "secret", "192.0.2.1");
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const char *got = control(4, requests[i].request);
		struct complaint why;
		struct json_doc doc;

		CU_ASSERT(says(got, requests[i].response));
		CHECK_INT(json_parse(&doc, str_of(got), &why), JSON_GOOD);
		json_free(&doc);
	}
	end();
}

static void kick_ban_and_unban(void)
{
	begin(POLICY);
	come(2, "m", "ann", "secret", "192.0.2.1");
	come(1, "v", NULL, NULL, "2001:db8::5");
	come(4, "o", "op", "secret", "192.0.2.9");
	CU_ASSERT(says(control(4, "{\"commands\":[{\"command\":\"kick\",\"client\":\"m\"}]}"), "\"data\":{}"));
	pass(10);
	CHECK_STR(w.kicked.p, "m ");
	control(4, "{\"commands\":[{\"command\":\"ban\",\"address\":\"2001:db8::77\",\"seconds\":60},"
		   "{\"command\":\"ban\",\"user\":\"ann\",\"seconds\":60}]}");
	pass(10);
	CHECK_STR(w.kicked.p, "m v ");
	CHECK_REASON(come(1, "v", NULL, NULL, "2001:db8::6"), BANNED);
	CHECK_REASON(come(2, "m", "ann", "secret", "192.0.2.1"), BANNED);
	CU_ASSERT(says(control(4, "{\"commands\":[{\"command\":\"listBans\"}]}"), "{\"user\":\"ann\",\"seconds\":59"));
	control(4, "{\"commands\":[{\"command\":\"unban\",\"user\":\"ann\"}]}");
	CHECK_REASON(come(2, "m", "ann", "secret", "192.0.2.1"), NONE);
	pass(60000);
	CHECK_REASON(come(1, "v", NULL, NULL, "2001:db8::6"), NONE);
	CHECK_INT(metric(w.d, "bans"), 0);
	end();
}

/* Also between the operator's command and the tick at which the broker is asked to disconnect him. */
static void who_is_kicked_may_leave_a_will_but_write_no_more(void)
{
	const struct message m = { STR("rooms/red"), STR("x"), true, 0 };
	struct door_answer answer;

	begin(POLICY);
	come(2, "m", "ann", "secret", "192.0.2.1");
	come(4, "o", "op", "secret", "192.0.2.9");
	control(4, "{\"commands\":[{\"command\":\"kick\",\"client\":\"m\"}]}");
	answer = door_message(w.d, pointer(2), &m, w.now);
	CHECK_INT(answer.what, DOOR_MESSAGE_REFUSED);
	CHECK_REASON(answer.why, PUBLISH);
	CHECK_REASON(ask(2, DOOR_WRITE, "rooms/red"), STRANGER); /* perhaps a will: the name decides */
	end();
}

/* What one request may cost: it is answered while everybody waits. */
static void a_request_is_small_and_looks_at_everybody_a_few_times(void)
{
	BUF_CLEANUP struct buf walks = { 0 }, bans = { 0 }, large = { 0 }, keys = { 0 };

	begin(POLICY);
	come(4, "o", "op", "secret", "192.0.2.9");
	come(2, "m", "ann", "secret", "192.0.2.77");
	buf_puts(&walks, "{\"commands\":[{\"command\":\"getStats\"}");
	buf_puts(&bans, "{\"commands\":[{\"command\":\"ban\",\"user\":\"x\"}");
	for (int i = 1; i < 100; i++) {
		buf_puts(&walks, ",{\"command\":\"listBans\"}");
		buf_printf(&bans, ",{\"command\":\"ban\",\"address\":\"192.0.2.%d\"}", i);
	}
	buf_puts(&walks, "]}");
	buf_puts(&bans, "]}");
	buf_puts(&large, "{\"commands\":[]}");
	buf_printf(&large, "%*s", 1 << 16, "");
	buf_puts(&keys, "{\"a\":0");
	for (int i = 0; i < 4000; i++)
		buf_printf(&keys, ",\"%d\":0", i);
	buf_puts(&keys, ",\"commands\":[]}");
	CHECK_INT(count_in(control(4, walks.p), "\"data\""), 5);
	CHECK_INT(count_in(w.last_response, "\"too many commands that look at everybody\""), 95);
	CU_ASSERT(says(control(4, large.p), "\"error\":\"the text is too long\""));
	CU_ASSERT(says(control(4, keys.p), "\"error\":\"too many values\""));
	CHECK_INT(count_in(control(4, bans.p), "\"data\":{}"), 100);
	pass(10);
	CHECK_STR(w.kicked.p, "m "); /* but not who asked */
	end();
}

static void requests_have_a_rate(void)
{
	unsigned done = 0;

	begin(POLICY);
	come(4, "o", "op", "secret", "192.0.2.9");
	for (int i = 0; i < 150; i++)
		done += strcmp(control(4, "{\"commands\":[]}"), "{\"responses\":[]}") == 0;
	CHECK_INT(done, 100);
	CU_ASSERT(says(w.last_response, "\"error\":\"too many requests\""));
	CHECK_INT(metric(w.d, "refused_total{reason=\"publish_rate\"}"), 50);
	pass(1000);
	CU_ASSERT(says(control(4, "{\"commands\":[]}"), "{\"responses\":[]}"));
	end();
}

static void who_is_shut_is_let_in_by_his_address(void)
{
	begin(POLICY);
	come(4, "o", "op", "secret", "192.0.2.9");
	for (uintptr_t i = 0; i < 3; i++)
		come(20 + 2 * i, "e", "ann", "wrong", "2001:db8::7");
	CHECK_REASON(come(20, "m", "ann", "secret", "2001:db8::8"), TOO_MANY_FAILURES);
	CU_ASSERT(says(control(4, "{\"commands\":[{\"command\":\"unban\",\"address\":\"2001:db8:1::7\"}]}"), "\"not banned\""));
	CU_ASSERT(says(control(4, "{\"commands\":[{\"command\":\"unban\",\"address\":\"2001:db8::9/64\"}]}"), "\"data\":{}"));
	CHECK_REASON(come(20, "m", "ann", "secret", "2001:db8::8"), NONE);
	end();
}

/* ---- metrics ---- */

static void metrics_are_prometheus_text(void)
{
	BUF_CLEANUP struct buf out = { 0 };

	begin(POLICY);
	come(1, "v", NULL, NULL, "192.0.2.1");
	come(2, "x", "eve", "x", "192.0.2.1");
	door_metrics(w.d, &out);
	CU_ASSERT(says(out.p, "# TYPE scoreboard_door_connections gauge\nscoreboard_door_connections{role=\"viewer\"} 1\n"));
	CU_ASSERT(says(out.p, "scoreboard_door_refused_total{reason=\"login\"} 1\n"));
	CU_ASSERT(says(out.p, "scoreboard_door_accepted_total{role=\"viewer\"} 1\n"));
	door_publish_metrics(w.d);
	CU_ASSERT(says(w.published.p, "$SYS/broker/scoreboard/refused/login=1\n"));
	buf_clear(&w.published);
	door_publish_metrics(w.d);
	expect_published("");
	end();
}

/* ---- the books ---- */

#define CLIENTS 40

static uint64_t seed = 4711;
static const char *const topics[] = { "sb/a", "sb/b", "rooms/red/#", "rooms/blue/#", "sb/feed/x/delta", "#" };
static bool has_subscribed[CLIENTS + 1][6]; /* and was in since */

static uint32_t chance(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % below;
}

static void change_subscription(uintptr_t n)
{
	bool subscribes = chance(3);
	uint32_t i = chance(6);

	if (ask(n, subscribes ? DOOR_SUBSCRIBE : DOOR_UNSUBSCRIBE, topics[i]) == REASON_NONE)
		has_subscribed[n][i] = subscribes;
}

static void random_step(void)
{
	static const char *const users[] = { NULL, NULL, NULL, "ann", "op", "pub", "eve" };
	uintptr_t n = 1 + chance(CLIENTS);
	char id[20], address[20];
	enum reason why;

	snprintf(id, sizeof(id), "id%u", chance(30));
	snprintf(address, sizeof(address), "192.0.2.%u", chance(50));
	switch (chance(7)) {
	case 0:
	case 1:
		come(n, id, users[chance(7)], chance(4) ? "secret" : "wrong", address);
		memset(has_subscribed[n], 0, sizeof(has_subscribed[n]));
		break;
	case 2:
		door_gone(w.d, pointer(n));
		break;
	case 3:
		change_subscription(n);
		break;
	case 4:
		if (ask(n, DOOR_WRITE, "sb/x") == REASON_NONE)
			send(n, "sb/x", id, true, &why);
		break;
	case 5:
		heard(chance(2) ? "rooms/red/chat" : "sb/feed/x/delta");
		break;
	default:
		pass(chance(2000));
	}
}

/* What the door counts equals what the clients add up to. */
static void check_books(void)
{
	unsigned clients = 0, subscriptions = 0;

	for (uintptr_t n = 1; n <= CLIENTS; n++) {
		clients += door_is_in(w.d, pointer(n));
		for (int i = 0; i < 6 && door_is_in(w.d, pointer(n)); i++)
			subscriptions += has_subscribed[n][i];
	}
	CHECK_INT(metric(w.d, "connections"), clients);
	CHECK_INT(metric(w.d, "connections_by_transport"), clients);
	CHECK_INT(metric(w.d, "subscriptions"), subscriptions);
	CU_ASSERT(clients <= 10);
}

static void the_books_balance_after_100000_random_events(void)
{
	begin(POLICY);
	memset(has_subscribed, 0, sizeof(has_subscribed));
	for (int i = 0; i < 100000; i++) {
		random_step();
		if (i % 1000 == 0)
			check_books();
		if (i % 20000 == 19999)
			door_reload(w.d, parse(POLICY), passwords(), w.now);
		if (w.published.len > 1000000)
			buf_clear(&w.published);
	}
	CU_ASSERT(metric(w.d, "accepted_total{role=\"viewer\"}") > 1000);
	for (uintptr_t n = 1; n <= CLIENTS; n++)
		door_gone(w.d, pointer(n));
	CHECK_INT(door_held(w.d), 0);
	buf_clear(&w.published);
	pass(2000);
	CU_ASSERT_PTR_NOT_NULL(strstr(w.published.p, "sb/presence/total=0\n"));
	CU_ASSERT_PTR_NULL(strstr(w.published.p, "=1\n"));
	end();
}

static void the_address_book_has_an_end(void)
{
	char address[40];

	begin("{\"roles\":{\"m\":{}},\"anonymous\":{\"mqtt\":\"m\"},\"limits\":{\"addresses_remembered\":16,"
	      "\"connects_burst\":1000000}}");
	for (uintptr_t i = 1; i <= 1000; i++) {
		snprintf(address, sizeof(address), "2001:db8:%zx::1", (size_t)i);
		come(2, "x", NULL, NULL, address);
	}
	CHECK_INT(metric(w.d, "addresses"), 16);
	for (uintptr_t i = 1; i <= 20; i++) {
		snprintf(address, sizeof(address), "192.0.2.%zu", (size_t)i);
		CHECK_INT(come(i * 2, address, NULL, NULL, address), i <= 16 ? REASON_NONE : REASON_MEMORY);
	}
	end();
}

/* ---- rarely asked ---- */

static void a_report_that_is_none_is_in_the_log(void)
{
	struct message share = { STR("sb/crew/presence/share"), STR("rubbish"), false, 0 };

	begin(POLICY);
	door_join(w.d, CLUSTER_HUB);
	CHECK_REASON(come(2, "p", "pub", "secret", "192.0.2.1"), NONE);
	pass(0);
	pass(5000);
	CHECK_INT(door_message(w.d, pointer(2), &share, w.now).what, DOOR_MESSAGE_TAKEN);
	pass(1000);
	CU_ASSERT_PTR_NOT_NULL(w.log.p && strstr(w.log.p, "presence as p counts it is ignored: "));
	end();
	door_free(NULL);
}

static void the_policy_in_force_can_be_asked_for(void)
{
	struct policy *other = parse(POLICY);

	begin(POLICY);
	CHECK_STR(door_policy(w.d)->roles[0].name, "viewer");
	door_reload(w.d, other, passwords(), w.now);
	CU_ASSERT_PTR_EQUAL(door_policy(w.d), other);
	end();
}

static void nobody_without_an_id_is_adopted(void)
{
	struct visitor v = { pointer(2), NULL, "pub", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };

	begin(POLICY);
	CHECK_REASON(door_adopt(w.d, &v, w.now), STRANGER);
	CHECK_INT(door_held(w.d), 0);
	end();
}

/* The broker had them before the plugin was loaded. */
static void a_reload_keeps_sessions_that_the_door_never_saw(void)
{
	struct visitor old = { pointer(98), "old", NULL, NULL, NULL, TRANSPORT_MQTT, false, 0, false };

	begin_owners("");
	door_recheck(w.d);
	CHECK_REASON(door_connect(w.d, &old, w.now, w.wall_ms), NONE);
	old.user = "ann";
	CHECK_REASON(door_connect(w.d, &old, w.now, w.wall_ms), NONE);
	old.user = "eve";
	CHECK_REASON(door_connect(w.d, &old, w.now, w.wall_ms), STRANGER);
	end();
}

static void a_session_too_many_is_not_kept_and_counted(void)
{
	begin_owners(",\"sessions\":1");
	CHECK_REASON(come_for_a_session(2, "s1", "ann", "192.0.2.1"), NONE);
	CHECK_REASON(come_for_a_session(4, "s2", "ann", "192.0.2.1"), NONE);
	door_gone_for_now(w.d, pointer(2), true, w.now);
	door_gone_for_now(w.d, pointer(4), true, w.now);
	CHECK_INT(metric(w.d, "sessions"), 1);
	CHECK_INT(metric(w.d, "sessions_not_kept_total"), 1);
	CHECK_INT(door_held_for_sessions(w.d), 2); /* the session, and its user's count of it */
	CHECK_INT(door_held(w.d), 0);
	end();
}

static void long_topics_are_read_by_the_same_rules(void)
{
	char topic[200];

	begin(POLICY);
	come(1, "v", NULL, NULL, "192.0.2.1");
	snprintf(topic, sizeof(topic), "sb/%0150d", 0);
	CHECK_REASON(ask(1, DOOR_READ, topic), NONE);
	snprintf(topic, sizeof(topic), "sb/crew/%0150d", 0);
	CHECK_REASON(ask(1, DOOR_READ, topic), READ);
	CHECK_REASON(ask(1, DOOR_READ, ""), READ);
	end();
}

static void what_is_his_is_read_by_each_alone(void)
{
	begin("{\"roles\":{\"m\":{\"subscribe\":[\"users/%u/#\",\"ids/%c\"]}},\"users\":{\"ann\":\"m\",\"op\":\"m\"}}");
	CHECK_REASON(come(2, "a", "ann", "secret", "192.0.2.1"), NONE);
	CHECK_REASON(come(4, "b", "op", "secret", "192.0.2.1"), NONE);
	for (int i = 0; i < 2; i++) {
		CHECK_REASON(ask(2, DOOR_READ, "users/ann/x"), NONE);
		CHECK_REASON(ask(4, DOOR_READ, "users/ann/x"), READ);
		CHECK_REASON(ask(4, DOOR_READ, "users/op/x"), NONE);
		CHECK_REASON(ask(2, DOOR_READ, "ids/a"), NONE);
		CHECK_REASON(ask(4, DOOR_READ, "ids/a"), READ);
	}
	end();
}

static void who_may_share_subscriptions_is_held_to_their_filters(void)
{
	begin("{\"roles\":{\"m\":{\"subscribe\":[\"#\",\"!other/#\"],\"shared_subscriptions\":true}},\"anonymous\":{\"mqtt\":\"m\"}}");
	CHECK_REASON(come(2, "a", NULL, NULL, "192.0.2.1"), NONE);
	CHECK_REASON(ask(2, DOOR_SUBSCRIBE, "$share/g/sb/a"), NONE);
	CHECK_REASON(ask(2, DOOR_SUBSCRIBE, "$share/g/other"), SUBSCRIBE);
	CHECK_REASON(ask(2, DOOR_SUBSCRIBE, "$share/g/"), SUBSCRIBE);
	CHECK_REASON(ask(2, DOOR_SUBSCRIBE, "$share/g"), SUBSCRIBE);
	end();
}

static void a_will_is_no_control_request(void)
{
	struct message m = { .topic = STR("$CONTROL/scoreboard/v1"), .payload = STR("{}") };
	struct visitor op = { pointer(2), "o", "op", NULL, "192.0.2.1", TRANSPORT_MQTT, false, 0, false };

	begin(POLICY);
	CHECK_REASON(door_stranger_may(w.d, &op, &(struct door_request){ DOOR_WRITE, &m }, w.now), STRANGER);
	end();
}

static void authors_without_a_name_are_judged_by_what_such_may_write(void)
{
	struct message m = { .topic = STR("sb/v/x"), .retain = true };
	struct visitor author = { .id = "v" };

	begin_owners("");
	CHECK_REASON(door_author_may(w.d, &author, &m), NONE);
	m.topic = STR("sb/x");
	CHECK_REASON(door_author_may(w.d, &author, &m), PUBLISH);
	author.id = NULL; /* the broker itself */
	CHECK_REASON(door_author_may(w.d, &author, &m), NONE);
	author.id = "local.hub";
	CHECK_REASON(door_author_may(w.d, &author, &m), PUBLISH);
	door_set_bridge_id(w.d, "local.hub");
	CHECK_REASON(door_author_may(w.d, &author, &m), NONE);
	end();
}

const char *const unit_name = "plugin_door";
const struct unit_test unit_tests[] = {
	UNIT(names_and_passwords_are_checked),
	UNIT(hostile_names_do_not_get_in),
	UNIT(a_crowd_cannot_take_reserved_seats),
	UNIT(an_address_has_its_share),
	UNIT(a_trusted_proxy_has_no_share),
	UNIT(a_neighbour_of_a_proxy_is_not_trusted),
	UNIT(a_user_has_a_share),
	UNIT(connects_have_a_rate),
	UNIT(failed_logins_shut_an_address),
	UNIT(login_work_has_a_budget),
	UNIT(a_viewer_reads_and_does_not_write),
	UNIT(nobody_writes_presence),
	UNIT(reports_are_written_by_nobody_else),
	UNIT(subscriptions_have_limits),
	UNIT(messages_have_limits),
	UNIT(who_is_refused_all_the_time_is_sent_away),
	UNIT(an_offender_is_in_the_log_once_a_minute),
	UNIT(the_log_cannot_be_forged),
	UNIT(a_client_id_in_use_belongs_to_its_user),
	UNIT(a_reserved_client_id_is_nobody_elses),
	UNIT(who_has_reserved_seats_takes_an_id_from_who_has_none),
	UNIT(the_bridges_client_id_is_refused_to_all),
	UNIT(a_reload_asks_again_and_charges_nothing),
	UNIT(who_has_another_password_is_sent_away_by_a_reload),
	UNIT(sessions_are_for_those_whose_role_has_some),
	UNIT(a_reload_decides_how_long_sessions_are_remembered),
	UNIT(an_address_leaves_only_so_many_nameless_sessions),
	UNIT(a_subscription_costs_what_it_replays),
	UNIT(retained_topics_have_an_author_and_an_end),
	UNIT(the_will_of_who_is_taken_over_counts_as_retained),
	UNIT(guesses_through_a_proxy_slow_the_name_down),
	UNIT(who_has_been_in_gets_in_again),
	UNIT(claims_have_a_rate),
	UNIT(a_limit_on_files_is_a_limit_on_seats),
	UNIT(a_takeover_counts_one),
	UNIT(a_pointer_comes_back_as_somebody_else),
	UNIT(the_end_of_strangers_is_nothing),
	UNIT(a_will_is_judged_by_the_name_and_not_counted),
	UNIT(certificates_are_adopted),
	UNIT(presence_follows_within_a_second),
	UNIT(rooms_say_names_where_the_policy_says_so),
	UNIT(changes_of_groups_are_told_within_a_rate),
	UNIT(groups_have_an_end),
	UNIT(an_unchanged_retained_message_is_dropped),
	UNIT(a_will_makes_its_topic_unknown),
	UNIT(late_deliveries_make_a_topic_doubtful),
	UNIT(a_reload_moves_who_is_in),
	UNIT(only_operators_control),
	UNIT(requests_are_answered),
	UNIT(kick_ban_and_unban),
	UNIT(who_is_kicked_may_leave_a_will_but_write_no_more),
	UNIT(a_request_is_small_and_looks_at_everybody_a_few_times),
	UNIT(requests_have_a_rate),
	UNIT(who_is_shut_is_let_in_by_his_address),
	UNIT(metrics_are_prometheus_text),
	UNIT(the_books_balance_after_100000_random_events),
	UNIT(the_address_book_has_an_end),
	UNIT(a_report_that_is_none_is_in_the_log),
	UNIT(the_policy_in_force_can_be_asked_for),
	UNIT(nobody_without_an_id_is_adopted),
	UNIT(a_reload_keeps_sessions_that_the_door_never_saw),
	UNIT(a_session_too_many_is_not_kept_and_counted),
	UNIT(long_topics_are_read_by_the_same_rules),
	UNIT(what_is_his_is_read_by_each_alone),
	UNIT(who_may_share_subscriptions_is_held_to_their_filters),
	UNIT(a_will_is_no_control_request),
	UNIT(authors_without_a_name_are_judged_by_what_such_may_write),
	{ NULL, NULL },
};
