#include "base/buf.h"
#include "base/json.h"
#include "mosquitto-plugin/core/policy/policy.h"
#include "mosquitto-plugin/files.h"
#include "mosquitto-plugin/load.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define R "\"roles\":{\"viewer\":{},\"op\":{}}"

/* text, line of the complaint, a part of it */
static const struct bad {
	const char *text;
	unsigned line;
	const char *why;
} bads[] = {
	{ "", 1, "ends too early" },
	{ "[]", 1, "an object expected" },
	{ "{}", 1, "\"roles\" is missing" },
	{ "{\n\"roles\":[]}", 2, "an object expected, this is an array" },
	{ "{" R ",\n\"rolls\":{}}", 2, "unknown key \"rolls\"" },
	{ "{\"roles\":{\"a b\":{}}}", 1, "letters, digits" },
	{ "{\"roles\":{\"\":{}}}", 1, "1 to 64 bytes" },
	{ "{\"roles\":{\"a\":{\n\"subscribe\":\"#\"}}}", 2, "an array expected" },
	{ "{\"roles\":{\"a\":{\"subscribe\":[\n\"ok\",\n\"a#\"]}}}", 3, "not a valid topic filter" },
	{ "{\"roles\":{\"a\":{\"publish\":[1]}}}", 1, "strings expected" },
	{ "{\"roles\":{\"a\":{\"publish\":[\"x/%q\"]}}}", 1, "whole level" },
	{ "{\"roles\":{\"a\":{\"limits\":{\"subscription\":1}}}}", 1, "unknown limit" },
	{ "{\"roles\":{\"a\":{\"limits\":{\n\"subscriptions\":-1}}}}", 2, "from 0 to 10000" },
	{ "{\"roles\":{\"a\":{\"limits\":{\"subscriptions\":1.5}}}}", 1, "whole number" },
	{ "{\"roles\":{\"a\":{\"limits\":{\"subscriptions\":\"1\"}}}}", 1, "a number expected" },
	{ "{\"roles\":{\"a\":{\"limits\":{\"subscriptions\":1e300}}}}", 1, "whole number" },
	{ "{\"roles\":{\"a\":{\"control\":1}}}", 1, "true or false expected" },
	{ "{\"roles\":{\"a\":{\"reserved\":11000}}}", 0, "11000 seats are reserved" },
	{ "{" R ",\"users\":{\n\"ann\":\"boss\"}}", 2, "there is no role \"boss\"" },
	{ "{" R ",\"users\":{\"\":\"op\"}}", 1, "may not be empty" },
	{ "{" R ",\"users\":{\"a\\u0000b\":\"op\"}}", 1, "NUL" },
	{ "{" R ",\"users\":{\"ann\":\"op\",\n\"ann\":\"viewer\"}}", 2, "stands here twice" },
	{ "{" R ",\"anonymous\":{\"tcp\":\"viewer\"}}", 1, "unknown key \"tcp\"" },
	{ "{" R ",\"anonymous\":{\"mqtt\":null}}", 1, "a string expected" },
	{ "{" R ",\"passwords\":\"\"}", 1, "may not be empty" },
	{ "{" R ",\"trusted_proxies\":[\"10.0.0.0/99\"]}", 1, "not an address or network" },
	{ "{" R ",\"tokens\":{\"roles\":[\"viewer\"]}}", 1, "\"keys\" is missing" },
	{ "{" R ",\"tokens\":{\"keys\":[],\"roles\":[]}}", 1, "at least one" },
	{ "{" R ",\"tokens\":{\"keys\":[{\"algorithm\":\"none\",\"file\":\"k\"}],\"roles\":[]}}", 1, "HS256" },
	{ "{" R ",\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\"}],\"roles\":[]}}", 1, "\"file\" is missing" },
	{ "{" R ",\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"k\"}],\"roles\":[\"viewer\"],"
	  "\"default_role\":\"op\"}}",
	  1, "not among" },
	{ "{" R ",\"drop_repeats\":[\"users/%u\"]}", 0, "cannot use" },
	{ "{" R ",\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"rooms/#\"}]}}", 1, "exactly one level" },
	{ "{" R ",\"presence\":{\"watch\":[{\"name\":\"total\",\"filter\":\"rooms/+\"}]}}", 1, "is taken" },
	{ "{" R ",\"presence\":{\"watch\":[{\"name\":\"users\",\"filter\":\"rooms/+\"}]}}", 1, "is taken" },
	{ "{" R ",\"presence\":{\"watch\":[{\"filter\":\"rooms/+\"}]}}", 1, "\"name\" is missing" },
	{ "{" R ",\"rooms\":[]}", 1, "an object expected" },
	{ "{" R ",\"rooms\":{\n\"opened\":[]}}", 2, "unknown key \"opened\"" },
	{ "{" R ",\"rooms\":{\"open\":\"*\"}}", 1, "an array expected" },
	{ "{" R ",\"rooms\":{\"open\":[7]}}", 1, "a room's name" },
	{ "{" R ",\"rooms\":{\"open\":[\"match:1\",\n\"match/*\"]}}", 2, "a room's name" },
	{ "{" R ",\"rooms\":{\"open\":[\"\"]}}", 1, "a room's name" },
	{ "{" R ",\"rooms\":{\"rooms\":0}}", 1, "from 1 to 100000" },
	{ "{" R ",\"rooms\":{\"members\":\"x\"}}", 1, "a number expected" },
	{ "{" R ",\"limits\":{\"connections\":0}}", 1, "from 1 to" },
	{ "{" R ",\"limits\":{\"subscriptions\":1}}", 1, "unknown limit" },
	{ "{" R ",\"passwords\":7}", 1, "a string expected, this is a number" },
	{ "{" R ",\n\"limits\":[]}", 2, "an object expected, this is an array" },
	{ "{\"roles\":{\"a\":{\"client_ids\":\"x\"}}}", 1, "an array expected" },
	{ "{\"roles\":{\"a\":{\"exclusive\":1}}}", 1, "this is a number" },
	{ "{\"roles\":{\"a\":{\"asks\":\"kick\"}}}", 1, "an array expected" },
	{ "{\"roles\":{\"a\":{\"asks\":[\"kick\",\"wipe\"]}}}", 1, "\"asks\": commands that brokers pass on" },
	{ "{\"roles\":{\"a\":{\"asks\":[1]}}}", 1, "\"asks\": commands that brokers pass on" },
	{ "{\"roles\":{\"a\":{\"client_ids\":[\"*\"]}}}", 1, "a client id, or how some begin" },
	{ "{" R ",\n\"users\":[]}", 2, "an object expected" },
	{ "{" R ",\n\"trusted_proxies\":{}}", 2, "an array expected" },
	{ "{" R ",\"tokens\":{\"keys\":{},\"roles\":[]}}", 1, "an array expected" },
	{ "{" R ",\"tokens\":{\"keys\":[{\"algorithm\":7,\"file\":\"k\"}],\"roles\":[]}}", 1, "a string expected" },
	{ "{" R ",\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"k\"}],\"roles\":{}}}", 1, "an array expected" },
	{ "{" R ",\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"k\"}],\n\"roles\":[\"boss\"]}}", 2, "there is no role \"boss\"" },
	{ "{" R ",\"presence\":{\"watch\":{}}}", 1, "an array expected" },
	{ "{" R ",\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":7}]}}", 1, "a string expected" },
	{ "{" R ",\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"rooms/+/#/x\"}]}}", 1, "not a valid topic filter" },
	{ "{" R ",\"presence\":{\"watch\":[{\"name\":\"my room\",\"filter\":\"rooms/+\"}]}}", 1, "letters, digits" },
	{ "{" R "} x", 1, "behind the end" },
};

static void what_is_wrong_is_said_with_its_line(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct complaint why = { 0, "" };
		struct policy *p;

		CHECK_INT(policy_parse(str_of(bads[i].text), &p, &why), 1);
		CU_ASSERT_PTR_NULL(p);
		if (!strstr(why.text, bads[i].why))
			printf("\n    row %zu: got \"%s\", expected \"%s\"\n", i, why.text, bads[i].why);
		CU_ASSERT_PTR_NOT_NULL(strstr(why.text, bads[i].why));
		CHECK_INT(why.line, bads[i].line);
		policy_free(p);
	}
}

static void roles_may_stand_behind_what_refers_to_them(void)
{
	struct complaint why;
	struct policy *p;

	CHECK_INT(policy_parse(STR("{\"users\":{\"ann\":\"op\"},\"anonymous\":{\"websockets\":\"viewer\"}," R "}"),
			       &p, &why),
		  0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CHECK_INT(policy_user_role(p, STR("ann")), policy_role(p, STR("op")));
	CHECK_INT(policy_user_role(p, STR("bob")), NO_ROLE);
	CHECK_INT(policy_user_role(p, STR("")), NO_ROLE);
	CHECK_INT(p->anonymous[TRANSPORT_MQTT], NO_ROLE); /* denied unless said */
	CHECK_INT(p->anonymous[TRANSPORT_WEBSOCKETS], policy_role(p, STR("viewer")));
	CHECK_INT(p->limits.connections, 10000);
	CHECK_INT(p->roles[0].limits.subscriptions, 20);
	policy_free(p);
}

static void rooms_are_looked_after_when_the_policy_has_them(void)
{
	struct complaint why;
	struct policy *p;

	CU_ASSERT_FATAL(policy_parse(STR("{" R "}"), &p, &why) == 0);
	CU_ASSERT_FALSE(p->rooms.on);
	CU_ASSERT_FALSE(policy_room_is_open(p, STR("global")));
	policy_free(p);
	CU_ASSERT_FATAL(policy_parse(STR("{" R ",\"rooms\":{}}"), &p, &why) == 0);
	CU_ASSERT_TRUE(p->rooms.on);
	CU_ASSERT_FALSE(policy_room_is_open(p, STR("global")));
	CHECK_INT(p->rooms.rooms, 1000);
	CHECK_INT(p->rooms.idle_s, 3600);
	policy_free(p);
	CU_ASSERT_FATAL(policy_parse(STR("{" R ",\"rooms\":{\"open\":[\"match:*\",\"global\"],\"members\":3,\"retained_bytes\":0}}"),
				     &p, &why) == 0);
	CHECK_INT(p->rooms.members, 3);
	CHECK_INT(p->rooms.retained_bytes, 0);
	CHECK_INT(p->rooms.retained_topics, 50);
	CU_ASSERT_TRUE(policy_room_is_open(p, STR("match:42")));
	CU_ASSERT_TRUE(policy_room_is_open(p, STR("global")));
	CU_ASSERT_FALSE(policy_room_is_open(p, STR("private:jury")));
	policy_free(p);
}

static void read_source(const char *path, struct buf *out)
{
	struct complaint why = { 0, "" };

	if (file_read(path, 1u << 20, out, &why))
		printf("\n    %s: %s\n", path, why.text);
	CU_ASSERT_FATAL(!*why.text);
}

static void the_shipped_policy_is_understood(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct complaint why;
	struct policy *p;

	read_source("conf/policy.json", &text);
	if (policy_parse(buf_view(&text), &p, &why))
		printf("\n    conf/policy.json:%u: %s\n", why.line, why.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT(p->anonymous[TRANSPORT_WEBSOCKETS] == policy_role(p, STR("viewer")));
	CU_ASSERT(p->roles[policy_role(p, STR("publisher"))].limits.publishes_per_s >= 10000);
	policy_free(p);
}

/* With the shipped policy. Status and feed are the publisher's word. */
static void who_writes_for_the_crew_is_no_publisher(void)
{
	static const char *const forbidden[] = { "scoreboard/status", "scoreboard/crew/status", "scoreboard/crew/feed/spectator/delta",
						 "scoreboard/feed/spectator/delta", "scoreboard/feed/notice", "scoreboard/feed/crew/x",
						 "scoreboard/feed/show/x", "scoreboard/t1/status", "scoreboard/t1/feed/spectator/delta" };
	static const char *const allowed[] = { "scoreboard/crew/x", "scoreboard/t1/crew/x", "scoreboard/notice", "scoreboard/t1/notice",
					       "scoreboard/show/overlay", "scoreboard/t1/show/overlay" };
	static const char *const roles[] = { "crew", "operator" };
	BUF_CLEANUP struct buf text = { 0 };
	struct who who = { .user = STR("ann"), .client = STR("a") };
	struct complaint why;
	struct policy *p;

	read_source("conf/policy.json", &text);
	CU_ASSERT_FATAL(policy_parse(buf_view(&text), &p, &why) == 0);
	for (size_t r = 0; r < sizeof(roles) / sizeof(roles[0]); r++) {
		const struct rules *publish = &p->roles[policy_role(p, str_of(roles[r]))].publish;

		for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
			CU_ASSERT_FALSE(rules_allow(publish, &who, str_of(forbidden[i])));
		for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
			CU_ASSERT_TRUE(rules_allow(publish, &who, str_of(allowed[i])));
	}
	policy_free(p);
}

static void roles_without_reserved_seats_are_the_audience_unless_it_says_otherwise(void)
{
	struct complaint why;
	struct policy *p;

	CHECK_INT(policy_parse(STR("{\"roles\":{\"viewer\":{},\"crew\":{\"reserved\":3},\"app\":{\"audience\":false},"
				   "\"guest\":{\"audience\":true,\"reserved\":2}}}"),
			       &p, &why),
		  0);
	CU_ASSERT(p->roles[0].audience && !p->roles[1].audience && !p->roles[2].audience && p->roles[3].audience);
	policy_free(p);
	CHECK_INT(policy_parse(STR("{\"roles\":{\"viewer\":{\"audience\":1}}}"), &p, &why), 1);
	CHECK_INT(policy_parse(STR("{\"roles\":{},\"presence\":{\"watch\":[{\"name\":\"watching\",\"filter\":\"a/+\"}]}}"), &p, &why), 1);
	CHECK_STR(why.text, "the name \"watching\" is taken");
}

static char dir[] = "/tmp/policy-test-XXXXXX";

static void put(const char *name, const char *text)
{
	struct complaint why;
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	CU_ASSERT_FATAL(file_replace(path, str_of(text), &why) == 0);
}

static int load(struct policy **p, struct passwd *passwords, struct complaint *why)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/policy.json", dir);
	return load_policy(path, p, passwords, why);
}

static void expect_failure(const char *policy, const char *why)
{
	struct complaint got = { 0, "" };
	struct passwd passwords;
	struct policy *p;

	put("policy.json", policy);
	CHECK_INT(load(&p, &passwords, &got), 1);
	CU_ASSERT_PTR_NULL(p);
	CU_ASSERT_PTR_NULL(passwords.entries);
	if (!strstr(got.text, why))
		printf("\n    got \"%s\", expected \"%s\"\n", got.text, why);
	CU_ASSERT_PTR_NOT_NULL(strstr(got.text, why));
	policy_free(p);
}

static void files_beside_the_policy_are_read(void)
{
	struct passwd passwords;
	struct complaint why;
	struct policy *p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	expect_failure("{" R ",\"passwords\":\"pw\"}", "/pw: No such file");
	put("pw", "# users\n\nann:$6$c2FsdA==$nonsense\n");
	expect_failure("{" R ",\"passwords\":\"pw\"}", "/pw:3: bad hash");
	expect_failure("{" R ",\"passwords\":\"/dev/zero\"}", "/dev/zero: not a regular file");
	expect_failure("{\n" R ",\n\"x\":1}", "/policy.json:3: unknown key");
	put("key", "short");
	expect_failure("{" R ",\"tokens\":{\"keys\":[{\"algorithm\":\"HS256\",\"file\":\"key\"}],\"roles\":[]}}",
		       "/key: a key has at least 16 bytes");
	put("key", "0123456789abcdef\n");
	CU_ASSERT_FATAL(load(&p, &passwords, &why) == 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CHECK_INT(p->tokens.keys[0].len, 16);
	policy_free(p);
	passwd_free(&passwords);
	for (const char *const *name = (const char *const[]){ "pw", "key", "policy.json", NULL }; *name; name++) {
		char path[200];

		snprintf(path, sizeof(path), "%s/%s", dir, *name);
		unlink(path);
	}
	rmdir(dir);
}

static void what_is_written_can_be_read_by_all_whatever_the_umask(void)
{
	char own[] = "/tmp/files-test-XXXXXX", path[200];
	BUF_CLEANUP struct buf text = { 0 };
	struct complaint why;
	struct stat st;
	mode_t was = umask(0077);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(own));
	snprintf(path, sizeof(path), "%s/metrics", own);
	for (int i = 0; i < 2; i++) { /* a new file, and one that is there */
		CHECK_INT(file_replace(path, STR("x 1\n"), &why), 0);
		CHECK_INT(stat(path, &st), 0);
		CHECK_INT(st.st_mode & 07777, 0644);
	}
	CHECK_INT(file_read(path, 100, &text, &why), 0);
	CHECK_STR(text.p, "x 1\n");
	umask(was);
	unlink(path);
	rmdir(own);
}

/* `begin`, `n` items that differ by their number, which stands where `item` has '#', and `end`. */
static int parse_so_many(const char *const parts[3], unsigned n, struct complaint *why)
{
	BUF_CLEANUP struct buf text = { 0 };
	const char *item = parts[1], *number = strchr(item, '#');
	struct policy *p;
	int r;

	buf_puts(&text, parts[0]);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "%s%.*s%u%s", i ? "," : "", (int)(number - item), item, i, number + 1);
	buf_puts(&text, parts[2]);
	r = policy_parse(buf_view(&text), &p, why);
	CHECK_INT(p == NULL, r);
	policy_free(p);
	return r;
}

static void every_list_has_an_end(void)
{
	static const struct {
		const char *parts[3];
		unsigned most;
		const char *why;
	} lists[] = {
		{ { "{\"roles\":{", "\"r#\":{}", "}}" }, POLICY_MAX_ROLES, "more than 32 roles" },
		{ { "{\"roles\":{\"a\":{\"client_ids\":[", "\"c#\"", "]}}}" }, POLICY_MAX_CLIENT_IDS, "\"client_ids\": more than 16 entries" },
		{ { "{" R ",\"users\":{", "\"u#\":\"op\"", "}}" }, POLICY_MAX_USERS, "more than 10000 users" },
		{ { "{" R ",\"trusted_proxies\":[", "\"10.0.0.#\"", "]}" }, POLICY_MAX_PROXIES, "more than 64 proxies" },
		{ { "{" R ",\"tokens\":{\"roles\":[],\"keys\":[", "{\"algorithm\":\"HS256\",\"file\":\"k#\"}", "]}}" }, POLICY_MAX_KEYS, "more than 16 keys" },
		{ { "{" R ",\"rooms\":{\"open\":[", "\"r#\"", "]}}" }, POLICY_MAX_OPEN_ROOMS, "\"open\": more than 64 entries" },
		{ { "{" R ",\"presence\":{\"watch\":[", "{\"name\":\"w#\",\"filter\":\"a/+\"}", "]}}" }, POLICY_MAX_WATCHES, "more than 16 entries" },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct complaint why = { 0, "" };

		CHECK_INT(parse_so_many(lists[i].parts, lists[i].most, &why), 0);
		CHECK_INT(parse_so_many(lists[i].parts, lists[i].most + 1, &why), 1);
		CHECK_STR(why.text, lists[i].why);
	}
}

static unsigned asks_of(const char *role)
{
	struct complaint why;
	struct policy *p;
	char text[200];
	unsigned asks;

	snprintf(text, sizeof(text), "{\"roles\":{\"a\":{%s}}}", role);
	CU_ASSERT_FATAL(policy_parse(str_of(text), &p, &why) == 0);
	asks = p->roles[0].asks;
	policy_free(p);
	return asks;
}

static void what_a_role_may_ask_for_is_a_list(void)
{
	CHECK_INT(asks_of(""), 1u << ASK_closeRoom); /* what every bridge could ask for when there was no list */
	CHECK_INT(asks_of("\"asks\":[]"), 0);
	CHECK_INT(asks_of("\"asks\":[\"kick\",\"getStats\"]"), 1u << ASK_kick | 1u << ASK_getStats);
}

const char *const unit_name = "plugin_policy";
const struct unit_test unit_tests[] = {
	UNIT(what_is_wrong_is_said_with_its_line),
	UNIT(every_list_has_an_end),
	UNIT(roles_may_stand_behind_what_refers_to_them),
	UNIT(rooms_are_looked_after_when_the_policy_has_them),
	UNIT(who_writes_for_the_crew_is_no_publisher),
	UNIT(roles_without_reserved_seats_are_the_audience_unless_it_says_otherwise),
	UNIT(what_a_role_may_ask_for_is_a_list),
	UNIT(the_shipped_policy_is_understood),
	UNIT(files_beside_the_policy_are_read),
	UNIT(what_is_written_can_be_read_by_all_whatever_the_umask),
	{ NULL, NULL },
};
