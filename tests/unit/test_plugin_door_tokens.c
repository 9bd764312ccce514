/* The door and who comes with a token in the place of a password: what he may, how long, and what becomes of him on a reload. */
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/door_world.h"
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define WALL_MS 1700000000000
#define SECRET "a secret of at least sixteen bytes"
#define HOME "192.0.2.1"

#define ROLES \
	"\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\"]}," \
	"\"app\":{\"subscribe\":[\"rooms/%r/#\"],\"publish\":[\"rooms/%r/say/%u\"]}," \
	"\"boss\":{\"subscribe\":[\"#\"]}}"
#define TOKENS(roles) "\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"k\"}],\"roles\":[" roles "],\"leeway_s\":0}"
#define POLICY(roles) "{" ROLES ",\"anonymous\":{\"mqtt\":\"viewer\"}," TOKENS(roles) ",\"limits\":{\"failed_logins\":3}}"

static struct door *d;
static mono now;
static int64_t wall_ms;
static struct buf kicked, lines;

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	buf_printf(&kicked, "%s ", id);
	door_gone(d, world_find(d, id));
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	(void)level;
	buf_printf(&lines, "%s\n", text);
}

static struct policy *parse(const char *text)
{
	struct complaint why = { 0 };
	struct policy *p = NULL;

	CHECK_INT(policy_parse(str_of(text), &p, &why), 0);
	CHECK_STR(why.text, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	p->tokens.keys[0].bytes = strdup(SECRET);
	p->tokens.keys[0].len = strlen(SECRET);
	return p;
}

static void begin(void)
{
	const struct door_ops ops = { world_publishes_nothing, NULL, on_kick, on_log, NULL, NULL };

	world_begin();
	now = (mono){ 100000 };
	wall_ms = WALL_MS;
	d = door_new("sb", parse(POLICY("\"app\",\"boss\"")), (struct passwd){ NULL }, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
}

static void end(void)
{
	door_free(d);
	buf_free(&kicked);
	buf_free(&lines);
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
	wall_ms += ms;
	door_tick(d, now, wall_ms);
}

/* Valid for so many seconds from the beginning of the test. */
static char *token(const char *secret, const char *role, int seconds)
{
	char claims[200];

	snprintf(claims, sizeof(claims), "{\"sub\":\"kim\",\"role\":\"%s\",\"rooms\":[\"red\"],\"exp\":%" PRId64 "}", role,
		 (int64_t)(WALL_MS / 1000 + seconds));
	return world_token(secret, claims);
}

/* Frees the token. */
static enum reason come(uintptr_t n, const char *user, char *text)
{
	char id[16];
	struct visitor v = { .ptr = pointer(n), .id = id, .user = user, .password = text, .address = HOME, .transport = TRANSPORT_MQTT };
	enum reason why;

	snprintf(id, sizeof(id), "app-%" PRIuPTR, n);
	world_connects(n, id);
	why = door_connect(d, &v, now, wall_ms);
	free(text);
	return why;
}

static enum reason may(uintptr_t n, enum door_access access, const char *topic)
{
	const struct message m = { .topic = str_of(topic) };

	return door_may(d, pointer(n), &(struct door_request){ access, &m }, now);
}

#define CHECK_REASON(got, expected) CHECK_STR(reason_rows[got].label, reason_rows[REASON_##expected].label)

static void a_tokens_owner_is_its_subject_in_its_role_and_rooms(void)
{
	begin();
	CHECK_REASON(come(1, "kim", token(SECRET, "app", 60)), NONE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/red/#"), NONE);
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/blue/#"), SUBSCRIBE);
	CHECK_REASON(may(1, DOOR_WRITE, "rooms/red/say/kim"), NONE);
	CHECK_REASON(may(1, DOOR_WRITE, "rooms/red/say/lee"), PUBLISH);
	CHECK_INT(metric(d, "connections{role=\"app\"}"), 1);
	end();
}

static void nobody_else_comes_in_with_it(void)
{
	begin();
	CHECK_REASON(come(1, "lee", token(SECRET, "app", 60)), TOKEN);
	CU_ASSERT_PTR_NOT_NULL(strstr(lines.p, "the user name is not the token's subject"));
	CHECK_REASON(come(2, "kim", token(SECRET, "viewer", 60)), TOKEN); /* a role that is not for tokens */
	CHECK_INT(metric(d, "connections"), 0);
	end();
}

/* Three are what an address has: it is shut then. But not for a genuine token, since its owner may sit behind the same router. */
static void forged_tokens_are_failed_logins_and_keep_no_genuine_one_out(void)
{
	begin();
	for (uintptr_t n = 1; n <= 3; n++)
		CHECK_REASON(come(n, "kim", token("another secret of sixteen bytes", "app", 60)), TOKEN);
	CHECK_INT(metric(d, "addresses_shut_total"), 1);
	CHECK_REASON(come(4, "ann", strdup("some password")), TOO_MANY_FAILURES);
	CHECK_REASON(come(5, "kim", token(SECRET, "app", 60)), NONE);
	end();
}

static void an_expired_token_is_told_apart_and_is_no_failed_login(void)
{
	begin();
	for (uintptr_t n = 1; n <= 5; n++)
		CHECK_REASON(come(n, "kim", token(SECRET, "app", -1)), TOKEN_EXPIRED);
	CHECK_REASON(come(6, "kim", token(SECRET, "app", 60)), NONE);
	CHECK_INT(metric(d, "refused_total{reason=\"token_expired\"}"), 5);
	end();
}

static void who_is_in_leaves_when_his_token_expires(void)
{
	begin();
	CHECK_REASON(come(1, "kim", token(SECRET, "app", 60)), NONE);
	CHECK_REASON(come(2, "kim", token(SECRET, "app", 600)), NONE);
	CHECK_REASON(come(3, NULL, NULL), NONE);
	pass(59000);
	CHECK_INT(metric(d, "connections"), 3);
	pass(2000);
	pass(1000);
	CHECK_STR(kicked.p, "app-1 ");
	CHECK_INT(metric(d, "tokens_expired_total"), 1);
	CHECK_INT(metric(d, "connections"), 2);
	end();
}

static void a_reload_keeps_those_whose_role_tokens_may_still_name(void)
{
	begin();
	CHECK_REASON(come(1, "kim", token(SECRET, "app", 60)), NONE);
	CHECK_REASON(come(2, "kim", token(SECRET, "boss", 60)), NONE);
	door_reload(d, parse(POLICY("\"app\"")), (struct passwd){ NULL }, now);
	pass(1000);
	pass(1000);
	CHECK_STR(kicked.p, "app-2 ");
	CHECK_REASON(may(1, DOOR_SUBSCRIBE, "rooms/red/#"), NONE);
	end();
}

/* Who may not publish needs few bytes; who may, more: what his role lets him publish comes on top. */
static void the_bytes_of_a_connection_follow_from_the_role(void)
{
	struct rate viewer, app;

	begin();
	CHECK_REASON(come(1, "kim", token(SECRET, "app", 60)), NONE);
	CHECK_REASON(come(2, NULL, NULL), NONE);
	CU_ASSERT(door_bytes_allowed(d, pointer(1), &app) && door_bytes_allowed(d, pointer(2), &viewer));
	CU_ASSERT(app.per_s > viewer.per_s + 65536 && app.burst > viewer.burst + 262144);
	CU_ASSERT_FALSE(door_bytes_allowed(d, pointer(3), &viewer));
	end();
}

static void begin_with(const char *policy)
{
	begin();
	door_reload(d, parse(policy), (struct passwd){ NULL }, now);
}

static void checking_tokens_has_a_budget(void)
{
	begin_with("{" ROLES "," TOKENS("\"app\"") ",\"limits\":{\"login_ms_per_s\":1}}");
	CHECK_REASON(come(1, "kim", token(SECRET, "app", 60)), NONE);
	CHECK_REASON(come(2, "kim", token(SECRET, "app", 60)), LOGIN_BUSY);
	pass(1000);
	CHECK_REASON(come(3, "kim", token(SECRET, "app", 60)), NONE);
	end();
}

#define WITH_SESSIONS(roles) \
	"{\"roles\":{\"app\":{},\"boss\":{\"subscribe\":[\"#\"],\"limits\":{\"sessions\":1}}}," TOKENS(roles) "}"

static void a_session_goes_with_the_right_of_its_role_to_tokens(void)
{
	const struct visitor left = { .ptr = pointer(1), .id = "app-1", .user = "kim" };
	const struct message m = { .topic = STR("x") };
	const struct door_request read = { DOOR_READ, &m };

	begin_with(WITH_SESSIONS("\"app\",\"boss\""));
	CHECK_REASON(come(1, "kim", token(SECRET, "boss", 60)), NONE);
	door_gone_for_now(d, pointer(1), true, now);
	door_reload(d, parse(WITH_SESSIONS("\"boss\"")), (struct passwd){ NULL }, now);
	CHECK_REASON(door_stranger_may(d, &left, &read, now), NONE);
	door_reload(d, parse(WITH_SESSIONS("\"app\"")), (struct passwd){ NULL }, now);
	CHECK_REASON(door_stranger_may(d, &left, &read, now), STRANGER);
	end();
}

/* Which rooms its token named is forgotten, but not that some token may have named this one. */
static void what_a_token_s_owner_wrote_stays_readable(void)
{
	const struct visitor author = { .id = "app-1", .user = "kim" };
	struct message m = { .topic = STR("rooms/red/say/kim"), .retain = true };
	BUF_CLEANUP struct buf topic = { 0 };

	begin_with("{\"roles\":{\"app\":{\"publish\":[\"rooms/%r/say/%u\",\"a/#\"]}}," TOKENS("\"app\"") "}");
	CHECK_REASON(door_author_may(d, &author, &m), NONE);
	m.topic = STR("rooms/red/say/lee");
	CHECK_REASON(door_author_may(d, &author, &m), PUBLISH);
	buf_puts(&topic, "a");
	for (int levels = 1; levels < 32; levels++)
		buf_puts(&topic, "/x");
	m.topic = buf_view(&topic);
	CHECK_REASON(door_author_may(d, &author, &m), NONE);
	buf_puts(&topic, "/x");
	m.topic = buf_view(&topic);
	CHECK_REASON(door_author_may(d, &author, &m), PUBLISH); /* so many levels are not looked at */
	buf_clear(&topic);
	buf_printf(&topic, "a/%01021d", 0);
	m.topic = buf_view(&topic);
	CHECK_REASON(door_author_may(d, &author, &m), NONE);
	buf_char(&topic, '0');
	m.topic = buf_view(&topic);
	CHECK_REASON(door_author_may(d, &author, &m), PUBLISH); /* nor so many bytes */
	end();
}

/* What an edge has ordered at its hub: it has no power over reserved seats, however their holders show who they are. */
static void a_ban_that_spares_the_reserved_spares_those_with_tokens(void)
{
	static const char *const weak[] = { "{\"user\":\"kim\",\"seconds\":60,\"weak\":true}",
					    "{\"address\":\"" HOME "\",\"seconds\":60,\"weak\":true}" };
	char text[200];
	const struct message strong = { STR("cluster/ask"), STR("{\"ask\":\"bans\",\"hub\":\"h\",\"bans\":[{\"user\":\"kim\",\"seconds\":60}]}"), false, 0 };

	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		snprintf(text, sizeof(text), "{\"ask\":\"bans\",\"hub\":\"h\",\"bans\":[%s]}", weak[i]);
		begin_with("{\"roles\":{\"app\":{},\"crew\":{\"reserved\":2}}," TOKENS("\"app\",\"crew\"") "}");
		door_join(d, CLUSTER_EDGE);
		CHECK_INT(door_message(d, NULL, &(struct message){ STR("cluster/ask"), str_of(text), false, 0 }, now).what, DOOR_MESSAGE_TAKEN);
		CHECK_REASON(come(1, "kim", token(SECRET, "app", 60)), BANNED);
		CHECK_REASON(come(2, "kim", token(SECRET, "crew", 60)), NONE);
		CHECK_REASON(come(3, "kim", token("another secret of many bytes", "crew", 60)), TOKEN);
		CHECK_INT(door_message(d, NULL, &strong, now).what, DOOR_MESSAGE_TAKEN);
		pass(100);
		CHECK_STR(kicked.p, "app-2 ");
		CHECK_REASON(come(4, "kim", token(SECRET, "crew", 60)), BANNED);
		end();
	}
}

const char *const unit_name = "plugin_door_tokens";
const struct unit_test unit_tests[] = {
	UNIT(a_tokens_owner_is_its_subject_in_its_role_and_rooms),
	UNIT(nobody_else_comes_in_with_it),
	UNIT(forged_tokens_are_failed_logins_and_keep_no_genuine_one_out),
	UNIT(an_expired_token_is_told_apart_and_is_no_failed_login),
	UNIT(who_is_in_leaves_when_his_token_expires),
	UNIT(a_reload_keeps_those_whose_role_tokens_may_still_name),
	UNIT(the_bytes_of_a_connection_follow_from_the_role),
	UNIT(a_ban_that_spares_the_reserved_spares_those_with_tokens),
	UNIT(checking_tokens_has_a_budget),
	UNIT(a_session_goes_with_the_right_of_its_role_to_tokens),
	UNIT(what_a_token_s_owner_wrote_stays_readable),
	{ NULL, NULL },
};
