/* door - when memory runs out, something is refused or forgotten; nobody's seat is lost, and the broker goes on. */
#include "base/json.h"
#include "mosquitto-plugin/core/door/door.h"
#include "tests/unit/door_world.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_door_memory";

/* The password is "secret" (mosquitto_passwd, 101 iterations). */
#define HASH "$7$101$QxueINMiMjQRTj8k$wWj0YwUVBXSQ70bx7VyCY1ERpjDJi2pKGhpzuVSQjnc+rWXT3IA7VPN4gjolZbZq2ddzOexJ390INhCHvGSNBg=="
#define POLICY \
	"{\"roles\":{\"viewer\":{\"subscribe\":[\"sb/#\",\"rooms/#\"],\"publish\":[\"v/#\"]}," \
	"\"member\":{\"subscribe\":[\"#\"],\"publish\":[\"#\"],\"control\":true,\"limits\":{\"sessions\":2}}}," \
	"\"users\":{\"ann\":\"member\",\"op\":\"member\"},\"anonymous\":{\"websockets\":\"viewer\",\"mqtt\":\"viewer\"}," \
	"\"drop_repeats\":[\"sb/#\"],\"presence\":{\"watch\":[{\"name\":\"room\",\"filter\":\"rooms/+\",\"names\":true}]}," \
	"\"limits\":{\"session_s\":60}}"

enum {
	ANN = 1,
	OP,
	VIEWER,
	OTHER,
	VISITORS
};

static const struct visitor who[VISITORS] = {
	[ANN] = { .id = "a", .user = "ann", .password = "secret", .address = "192.0.2.1" },
	[OP] = { .id = "o", .user = "op", .password = "secret", .address = "192.0.2.2" },
	[VIEWER] = { .id = "v", .address = "192.0.2.3", .transport = TRANSPORT_WEBSOCKETS },
	[OTHER] = { .id = "w", .address = "192.0.2.3" },
};

static struct door *d;
static struct policy *next_policy;
static mono now;
static char answer[1 << 16];

static void on_publish(void *ctx, const char *to, const char *topic, struct str payload, bool retain)
{
	(void)ctx, (void)topic, (void)retain;
	if (to)
		snprintf(answer, sizeof(answer), "%.*s", STR_ARGS(payload));
}

static void on_kick(void *ctx, const char *id)
{
	(void)ctx;
	door_gone(d, world_find(d, id));
}

static void on_log(void *ctx, enum log_level level, const char *text)
{
	(void)ctx, (void)level, (void)text;
}

static bool has_session(void *ctx, const char *id)
{
	(void)ctx, (void)id;
	return true;
}

static struct policy *parse(void)
{
	struct complaint why;
	struct policy *p;

	CU_ASSERT_FATAL(policy_parse(STR(POLICY), &p, &why) == 0);
	return p;
}

static void begin(void)
{
	static const struct door_ops ops = { on_publish, NULL, on_kick, on_log, has_session, NULL };
	struct complaint why;
	struct passwd passwords;

	CU_ASSERT_FATAL(passwd_parse(&passwords, STR("ann:" HASH "\nop:" HASH "\n"), &why) == 0);
	now = (mono){ 100000 };
	answer[0] = '\0';
	world_begin();
	d = door_new("sb", parse(), passwords, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	next_policy = parse();
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
	door_tick(d, now, 0);
}

static enum reason come(uintptr_t n)
{
	struct visitor v = who[n];
	enum reason why;

	v.ptr = pointer(n);
	world_connects(n, v.id);
	why = door_connect(d, &v, now, 0);
	CHECK_INT(why == REASON_NONE, door_is_in(d, v.ptr));
	return why;
}

static bool may(uintptr_t n, enum door_access access, const char *topic)
{
	const struct message m = { .topic = str_of(topic) };

	return door_may(d, pointer(n), &(struct door_request){ access, &m }, now) == REASON_NONE;
}

static void subscribe(uintptr_t n)
{
	static const char *const filters[] = { "sb/#", "rooms/red", "rooms/blue", "sb/a", "sb/b", "sb/+/c" };

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		may(n, DOOR_SUBSCRIBE, filters[i]);
	may(n, DOOR_UNSUBSCRIBE, "sb/a");
	may(n, DOOR_READ, "sb/a");
}

/* n 0: the bridge brought it. */
static void write_to(uintptr_t n, const char *topic, const char *payload)
{
	const struct message m = { str_of(topic), str_of(payload), true, 0 };
	struct door_answer got;

	if (n && door_may(d, pointer(n), &(struct door_request){ DOOR_WRITE, &m }, now) != REASON_NONE)
		return;
	got = door_message(d, n ? pointer(n) : NULL, &m, now);
	CU_ASSERT(got.what != DOOR_MESSAGE_REFUSED || got.why == REASON_MEMORY || got.why == REASON_STRANGER);
}

static void operate(void)
{
	door_control(d, pointer(OP),
		     STR("{\"commands\":[{\"command\":\"listClients\"},{\"command\":\"ban\",\"user\":\"eve\"},{\"command\":\"ban\","
			 "\"address\":\"192.0.2.9\"},{\"command\":\"wipe\",\"user\":\"ann\"},{\"command\":\"kick\",\"client\":\"v\"},"
			 "{\"command\":\"unban\",\"user\":\"eve\"},{\"command\":\"getStats\"}]}"),
		     now);
}

/* Some of all that can happen at a door. */
static void live(void)
{
	struct passwd none = { NULL };

	for (int i = 0; i < 20; i++) { /* so many that subscribing to them is charged */
		char topic[24];

		snprintf(topic, sizeof(topic), "sb/t/%d", i);
		write_to(0, topic, "x");
	}
	for (uintptr_t n = ANN; n < VISITORS; n++) {
		enum reason why = come(n);

		CU_ASSERT(why == REASON_NONE || why == REASON_MEMORY);
		if (n == OTHER) /* has no name, and so no extra yet */
			write_to(n, "v/x", "1");
		subscribe(n);
	}
	write_to(0, "rooms/red", "x");
	write_to(ANN, "sb/a/b", "1");
	write_to(ANN, "sb/a/b", "1");
	write_to(ANN, "rooms/blue", "1");
	may(VIEWER, DOOR_WRITE, "sb/a");
	operate();
	pass(1000);
	door_publish_metrics(d);
	come(OTHER);
	door_gone_for_now(d, pointer(ANN), true, now);
	door_gone_for_now(d, pointer(OTHER), false, now);
	pass(1000);
	door_reload(d, next_policy, none, now); /* nobody has a password any more: op is sent away */
	pass(1000);
}

static void check_answer(void)
{
	struct complaint why = { 0, "" };
	struct json_doc doc;

	CHECK_INT(answer[0] ? json_parse(&doc, str_of(answer), &why) : JSON_GOOD, JSON_GOOD);
	CHECK_STR(why.text, "");
	if (answer[0])
		json_free(&doc);
}

/* Everything that a door allocates fails once. */
static void whatever_cannot_be_had_the_books_balance(void)
{
	bool failed = true;
	size_t n;

	for (n = 0; failed; n++) {
		begin();
		memory_fails_at(n);
		live();
		failed = memory_is_plenty();
		check_answer();
		for (uintptr_t i = 0; i < VISITORS; i++)
			door_gone(d, pointer(i));
		CHECK_INT(door_held(d), 0);
		pass(60000);
		pass(1000);
		CHECK_INT(door_held_for_sessions(d), 0);
		door_free(d);
	}
	CU_ASSERT(n > 100);
}

/* Whoever is to be sent away must not stay for want of memory at that moment: he would keep his seat. */
static void who_is_kicked_goes_when_there_is_memory_again(void)
{
	begin();
	CHECK_INT(come(OP), REASON_NONE);
	CHECK_INT(come(VIEWER), REASON_NONE);
	CHECK_INT(come(OTHER), REASON_NONE);
	operate();
	door_control(d, pointer(OP), STR("{\"commands\":[{\"command\":\"kick\",\"client\":\"w\"}]}"), now);
	memory_fails_at(0);
	pass(1);
	CU_ASSERT(memory_is_plenty());
	pass(1);
	pass(1);
	CU_ASSERT_FALSE(door_is_in(d, pointer(VIEWER)));
	CU_ASSERT_FALSE(door_is_in(d, pointer(OTHER)));
	CU_ASSERT(door_is_in(d, pointer(OP)));
	CHECK_INT(metric(d, "connections"), 1);
	door_free(d);
	policy_free(next_policy);
}

static void a_door_needs_memory(void)
{
	static const struct door_ops ops = { on_publish, NULL, on_kick, on_log, has_session, NULL };
	struct door *made = NULL;

	for (size_t n = 0; !made; n++) {
		struct policy *p = parse();

		memory_fails_at(n);
		made = door_new("sb", p, (struct passwd){ NULL }, &ops); /* which frees the policy when it fails */
		CHECK_INT(memory_is_plenty(), made == NULL);
	}
	door_free(made);
}

const struct unit_test unit_tests[] = {
	UNIT(whatever_cannot_be_had_the_books_balance),
	UNIT(who_is_kicked_goes_when_there_is_memory_again),
	UNIT(a_door_needs_memory),
	{ NULL, NULL },
};
