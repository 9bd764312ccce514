/* scoreboard-ctl against a real broker: what it prints, and how it ends. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

static char port[12];

static int ctl(const char *user, const char *const *words, struct buf *out)
{
	BUF_CLEANUP struct buf password = { 0 };
	const char *argv[16] = { place_build("mosquitto-plugin/scoreboard-ctl"), "-p", port, "-u", user };
	size_t n = 5;

	while (*words)
		argv[n++] = *words++;
	buf_printf(&password, "pw-%s", user);
	setenv("SCOREBOARD_CTL_PASSWORD", password.p, 1);
	buf_clear(out);
	return proc_run(argv, STR(""), out, out);
}

static const struct row {
	const char *words[8];
	int status;
	const char *says;
} rows[] = {
	{ { "clients" }, 0, "phone" },
	{ { "clients", "viewer" }, 0, "1 clients" },
	{ { "clients", "monitor" }, 0, "0 clients" },
	{ { "who", "match:1" }, 0, "ann-1" },
	{ { "who", "match:2" }, 0, "0 clients" },
	{ { "who-user", "crew" }, 0, "match:1" },
	{ { "rooms" }, 0, "match:1  yes" },
	{ { "rooms", "--json" }, 0, "\"room\":\"match:1\",\"open\":true,\"members\":1," },
	{ { "room", "match:1" }, 0, "names                                        crew\n" },
	{ { "room", "match:2" }, 1, "no such room" },
	{ { "room", "a/b" }, 1, "which room?" },
	{ { "say", "match:1", "hello there" }, 0, "id " },
	{ { "say", "match:1" }, 2, "usage:" },
	{ { "send", "crew", "psst" }, 0, "id " },
	{ { "send", "a/b", "psst" }, 1, "which user?" },
	{ { "notice", "Lunch", "--for", "10m", "--level", "urgent" }, 0, "done" },
	{ { "notice", "Lunch", "--level", "loud" }, 1, "the level is" },
	{ { "notice", "" }, 0, "done" },
	{ { "rooms", "--level", "info" }, 2, "usage:" },
	{ { "close", "match:1", "--for", "1h" }, 0, "done" },
	{ { "room", "match:1" }, 0, "closed                                       3600\n" },
	{ { "say", "match:1", "hello" }, 1, "the room is closed" },
	{ { "open", "match:1" }, 0, "done" },
	{ { "open", "match:1" }, 1, "not closed" },
	{ { "stats" }, 0, "connections/viewer                           1\n" },
	{ { "stats", "--json" }, 0, "\"connections/viewer\":1," },
	{ { "limits" }, 0, "roles/viewer/subscriptions                   20\n" },
	{ { "refusals" }, 0, "  login   guest   crew  127.0.0.1  -      unknown user or wrong password\n" },
	{ { "refusals", "--json" }, 0, "\"reason\":\"login\",\"client\":\"guest\",\"user\":\"crew\"," },
	{ { "refusals", "--broker", "edge1" }, 1, "no such broker" },
	{ { "refusals", "--for", "1m" }, 2, "usage:" },
	{ { "history" }, 0, "at  watching  here  refused\n" }, /* no minute is over yet */
	{ { "history", "--for", "12h", "--json" }, 0, "\"part\":\"alone\",\"minutes\":[]" },
	{ { "history", "--for", "13h" }, 1, "bad count" },
	{ { "history", "60" }, 2, "usage:" },
	{ { "kick", "nobody" }, 1, "no such client" },
	{ { "ban", "192.0.2.1", "--for", "10m" }, 1, "everybody comes through a proxy" }, /* the shipped policy trusts 127.0.0.0/8 */
	{ { "ban", "127.0.0.1" }, 1, "it is a proxy" },
	{ { "ban-user", "crew", "--for", "90" }, 0, "done" },
	{ { "bans" }, 0, "crew" },
	{ { "unban-user", "crew" }, 0, "done" },
	{ { "unban", "192.0.2.1" }, 1, "not banned" },
	{ { "who-address", "127.0.0.1" }, 0, "phone" },
	{ { "who-address", "192.0.2.1" }, 0, "0 clients" },
	{ { "who-address", "nowhere" }, 1, "not an address" },
	{ { "stats", "--broker", "broker" }, 0, "connections/viewer                           1\n" },
	{ { "stats", "--broker", "edge1" }, 1, "no such broker" },
	{ { "rooms", "--broker", "edge1" }, 1, "ask that one itself" },
	{ { "ban", "everybody" }, 1, "not an address" },
	{ { "kick", "phone" }, 0, "done" },
	{ { "dance" }, 2, "usage:" },
	{ { "token" }, 2, "usage:" }, /* it comes first */
	{ { "kick" }, 2, "usage:" },
	{ { "kick", "a", "b" }, 2, "usage:" },
	{ { "ban", "192.0.2.1", "--for", "soon" }, 2, "usage:" },
	{ { "ban", "192.0.2.1", "--for", "0" }, 2, "usage:" },
	{ { "clients", "--for", "1m" }, 2, "usage:" },
	{ { "-p", "99999", "stats" }, 2, "usage:" },
	{ { "--password-file", "/nowhere", "stats" }, 2, "/nowhere: No such file" },
	{ { "-p", "1", "stats" }, 3, "127.0.0.1:1: " },
};

static void be_refused(const struct broker *b)
{
	int code;

	dc_drop(dc_connect(broker_port(b), false, NULL, &(struct dc_login){ .id = "guest", .user = "crew", .password = "wrong" }, &code));
	CU_ASSERT(code != 0);
}

/* The rows of `history` are told before the first minute of the broker is over. */
static void wait_for_a_minute_with_time_left(void)
{
	while (time(NULL) % 60 > 45)
		nap_ms(500);
}

static void every_command_does_what_it_says(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct dc *phone, *ann;
	struct broker *b;

	wait_for_a_minute_with_time_left();
	b = door_start(NULL, NULL);
	phone = door_enter(b, "phone", NULL);
	ann = door_enter(b, "ann-1", "crew");
	CHECK_INT(dc_subscribe(ann, "rooms/match:1/#"), 0);
	CU_ASSERT(dc_expect(ann, "rooms/match:1/presence", NULL, 5000));
	be_refused(b);
	snprintf(port, sizeof(port), "%d", broker_port(b));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(ctl("operator", rows[i].words, &out), rows[i].status);
		if (!out.p || !strstr(out.p, rows[i].says))
			printf("\n    row %zu says: %s\n", i, out.p ? out.p : "");
		CU_ASSERT_PTR_NOT_NULL(out.p ? strstr(out.p, rows[i].says) : NULL);
	}
	CU_ASSERT(dc_wait_end(phone, 3000) != DC_SILENT);
	dc_drop(phone);
	dc_drop(ann);
	door_stop(b);
}

static void only_operators_may(void)
{
	struct broker *b = door_start(NULL, NULL);
	BUF_CLEANUP struct buf out = { 0 };

	snprintf(port, sizeof(port), "%d", broker_port(b));
	CHECK_INT(ctl("monitor", ARGV("stats"), &out), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "may not control"));
	CHECK_INT(ctl("stranger", ARGV("stats"), &out), 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "Not authorized"));
	door_stop(b);
}

/* ---- keys and tokens: no broker is asked ---- */

static int alone(const char *const *words, struct buf *out)
{
	const char *argv[24] = { place_build("mosquitto-plugin/scoreboard-ctl") };
	size_t n = 1;

	while (*words)
		argv[n++] = *words++;
	buf_clear(out);
	return proc_run(argv, STR(""), out, out);
}

static void a_key_is_made_once_and_is_its_owners(void)
{
	BUF_CLEANUP struct buf out = { 0 }, key = { 0 }, again = { 0 };
	const char *path = place_temp("new.key");
	struct stat st;

	CHECK_INT(alone(ARGV("key", path), &out), 0);
	CHECK_STR(out.p ? out.p : "", "");
	CU_ASSERT_FATAL(stat(path, &st) == 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CU_ASSERT_TRUE(place_read(path, &key));
	CHECK_INT(key.len, 44); /* 32 bytes, and the end of the line */
	CHECK_INT(alone(ARGV("key", path), &out), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "File exists"));
	CU_ASSERT_TRUE(place_read(path, &again));
	CU_ASSERT_TRUE(str_eq(buf_view(&key), buf_view(&again)));
	CHECK_INT(alone(ARGV("key", "/nowhere/a.key"), &out), 2);
	CHECK_INT(alone(ARGV("key"), &out), 2);
}

static void what_cannot_be_a_token_is_refused(void)
{
	static const struct row bad[] = {
		{ { "token", "--room", "a" }, 2, "usage:" },
		{ { "token", "--user", "a/b" }, 2, "usage:" },
		{ { "token", "--user", "" }, 2, "usage:" },
		{ { "token", "--user", "ann", "--room=a/b" }, 2, "a/b: this is not the name of a room" },
		{ { "token", "--user", "ann", "--host=#" }, 2, "#: this is not the name of a room" },
		{ { "token", "--user", "ann", "--for=soon" }, 2, "usage:" },
		{ { "token", "--user", "ann", "--key=/nowhere" }, 2, "/nowhere: No such file" },
		{ { "token", "--user", "ann", "--key=/dev/null" }, 2, "/dev/null: not a regular file" },
		{ { "token", "--user", "ann", "ann" }, 2, "usage:" },
		{ { "token", "--user", "ann", "--url=https://h/" }, 2, "usage:" },
		{ { "uplink" }, 2, "usage:" },
		{ { "uplink", "--url=h" }, 2, "h: this is not where pages are" },
		{ { "uplink", "--url=https://h/#x" }, 2, "only the place of the pages" },
		{ { "uplink", "--url=https://h/", "--room=a" }, 2, "usage:" },
		{ { "uplink", "--url=https://h/", "--key=/nowhere" }, 2, "/nowhere: No such file" },
	};
	BUF_CLEANUP struct buf out = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(alone(bad[i].words, &out), bad[i].status);
		if (!strstr(out.p, bad[i].says))
			printf("\n    row %zu says: %s\n", i, out.p);
		CU_ASSERT_PTR_NOT_NULL(strstr(out.p, bad[i].says));
	}
	place_write(place_temp("short.key"), STR("short\n"));
	CHECK_INT(alone(ARGV("token", "--user", "ann", "--key", place_temp("short.key")), &out), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(out.p, "at least 16 bytes"));
}

static void a_link_for_an_uplink_has_its_token_behind_the_fragment(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	const char *key = place_temp("link.key");

	place_write(key, STR("0123456789abcdef\n"));
	CHECK_INT(alone(ARGV("uplink", "--url", "https://live.example.org", "--key", key), &out), 0);
	CU_ASSERT(str_starts(buf_view(&out), STR("https://live.example.org/uplink.html#token=eyJ")));
	CHECK_INT(alone(ARGV("uplink", "--url", "https://h/a/", "--key", key, "--prefix", "scoreboard/track 2", "--scoreboard", "ws://10.0.0.2:8000/WS/?a&b"), &out), 0);
	CU_ASSERT(str_starts(buf_view(&out), STR("https://h/a/uplink.html?prefix=scoreboard/track%202&scoreboard=ws://10.0.0.2:8000/WS/%3Fa%26b#token=eyJ")));
}

/* The shipped policy's key is DOOR_TOKEN_KEY. */
static void a_token_of_the_shell_is_good_at_the_door(void)
{
	struct broker *b = door_start(NULL, NULL);
	BUF_CLEANUP struct buf password = { 0 };
	struct dc_login login = { .id = "a", .user = "ann of track 2" };
	struct dc *c;
	int code;

	CHECK_INT(alone(ARGV("token", "--user", login.user, "--role", "app", "--room", "private:jury", "--host", "match:42", "--host", "desk",
			     "--for", "10m", "--key", door_file("token.key")),
			&password),
		  0);
	password.p[strcspn(password.p, "\n")] = '\0';
	login.password = password.p;
	c = dc_connect(broker_port(b), false, NULL, &login, &code);
	CHECK_INT(code, 0);
	CHECK_INT(dc_subscribe(c, "rooms/private:jury/#"), 0);
	CHECK_INT(dc_subscribe(c, "rooms/private:other/#"), 0x87);
	CHECK_INT(dc_subscribe(c, "rooms/match:42/#"), 0);
	CHECK_INT(dc_subscribe(c, "rooms/desk/#"), 0);
	CHECK_INT(dc_publish(c, "rooms/match:42/state/phase", STR("1"), true), 0);
	CHECK_INT(dc_publish(c, "rooms/desk/say/ann of track 2", STR("1"), false), 0);
	CHECK_INT(dc_publish(c, "rooms/private:jury/state/phase", STR("1"), true), 0x87);
	dc_leave(c);
	door_stop(b);
}

const char *const unit_name = "door_ctl";
const struct unit_test unit_tests[] = {
	UNIT(every_command_does_what_it_says),
	UNIT(only_operators_may),
	UNIT(a_key_is_made_once_and_is_its_owners),
	UNIT(what_cannot_be_a_token_is_refused),
	UNIT(a_link_for_an_uplink_has_its_token_behind_the_fragment),
	UNIT(a_token_of_the_shell_is_good_at_the_door),
	{ NULL, NULL },
};
