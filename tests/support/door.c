#include "tests/support/door.h"

#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PLUGIN "mosquitto-plugin/mosquitto_scoreboard.so"

static const char *const users[] = { "publisher", "operator", "bridge", "crew", "monitor", "ann" };

bool door_is_21(void)
{
	return getenv("SB_DOOR_21");
}

static void choose_broker(void)
{
	const char *newer = getenv("SB_MOSQUITTO_21");

	if (!place_exists(place_build(PLUGIN)))
		fatal("%s is not built", place_build(PLUGIN));
	if (!door_is_21())
		return;
	if (!newer || !place_exists(newer))
		unit_skip_all("no Mosquitto 2.1 here: set SB_MOSQUITTO_21 to a program that runs it");
	setenv("SB_MOSQUITTO", newer, 1);
}

const char *door_file(const char *name)
{
	char path[200];

	mkdir(place_temp("door"), 0700);
	snprintf(path, sizeof(path), "door/%s", name);
	return place_temp(path);
}

static void write_passwords(void)
{
	const char *path = door_file("passwd");

	if (place_exists(path))
		return;
	place_write(path, STR(""));
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		BUF_CLEANUP struct buf password = { 0 };

		buf_printf(&password, "pw-%s", users[i]);
		if (proc_run(ARGV("mosquitto_passwd", "-b", path, users[i], password.p), STR(""), NULL, NULL) != 0)
			fatal("mosquitto_passwd does not work");
	}
}

static void write_policy(const char *policy)
{
	BUF_CLEANUP struct buf shipped = { 0 };

	if (!policy && !place_read(place_source("conf/policy.json"), &shipped))
		fatal("conf/policy.json cannot be read");
	if (!place_exists(door_file("token.key")))
		place_write(door_file("token.key"), STR(DOOR_TOKEN_KEY "\n"));
	place_write(door_file("policy.json"), policy ? str_of(policy) : buf_view(&shipped));
}

static void prepare(const char *policy, const char *conf, struct buf *out)
{
	choose_broker();
	write_passwords();
	write_policy(policy);
	remove(door_file("metrics"));
	buf_printf(out, "plugin %s\nplugin_opt_policy %s\nplugin_opt_metrics_file %s\n%s", place_build(PLUGIN),
		   door_file("policy.json"), door_file("metrics"), conf ? conf : "");
}

struct broker *door_start(const char *policy, const char *conf)
{
	BUF_CLEANUP struct buf lines = { 0 };

	prepare(policy, conf, &lines);
	return broker_start(&(struct broker_options){ .conf = lines.p });
}

int door_try(const char *policy, struct buf *log)
{
	BUF_CLEANUP struct buf lines = { 0 };

	prepare(policy, NULL, &lines);
	return broker_try(&(struct broker_options){ .conf = lines.p }, log);
}

static void end_well(struct proc *p)
{
	int status;

	proc_signal(p, SIGCONT);
	proc_signal(p, SIGTERM);
	status = proc_wait(p, patience_ms(20000));
	if (status != 0 || proc_count_lines(p, 0, "Sanitizer") || proc_count_lines(p, 0, "runtime error"))
		proc_print_tail(p);
	CHECK_INT(status, 0);
	CHECK_INT(proc_count_lines(p, 0, "Sanitizer"), 0);
	CHECK_INT(proc_count_lines(p, 0, "runtime error"), 0);
}

void door_stop(struct broker *b)
{
	if (broker_proc(b))
		end_well(broker_proc(b));
	broker_free(b);
}

void door_set_policy(struct broker *b, const char *policy)
{
	write_policy(policy);
	broker_reload(b);
}

double door_metric(const char *name)
{
	BUF_CLEANUP struct buf text = { 0 }, wanted = { 0 };
	struct str rest, line;

	if (!place_read(door_file("metrics"), &text))
		return -1;
	/* the plugin writes whose the value is before its other labels */
	buf_printf(&wanted, "scoreboard_door_%.*s{broker=\"broker\"%s%s ", (int)strcspn(name, "{"), name, strchr(name, '{') ? "," : "}",
		   strchr(name, '{') ? strchr(name, '{') + 1 : "");
	for (rest = buf_view(&text); str_split(&rest, '\n', &line);)
		if (str_starts(line, buf_view(&wanted)))
			return strtod(line.p + wanted.len, NULL);
	return -1;
}

bool door_wait_metric(const char *name, double value, int64_t ms)
{
	return WAIT_FOR(door_metric(name) >= value && door_metric(name) <= value, ms);
}

struct dc *door_enter(struct broker *b, const char *id, const char *user)
{
	BUF_CLEANUP struct buf password = { 0 };
	struct dc_login login = { .id = id, .user = user };
	struct dc *c;
	int code;

	buf_printf(&password, "pw-%s", user ? user : "");
	login.password = user ? password.p : NULL;
	c = dc_connect(broker_port(b), false, NULL, &login, &code);
	if (code != 0)
		fatal("%s as %s is refused: %d", id, user ? user : "nobody", code);
	return c;
}

bool door_control(struct dc *by, const char *request, struct buf *out)
{
	BUF_CLEANUP struct buf topic = { 0 };

	if (dc_publish(by, "$CONTROL/scoreboard/v1", str_of(request), false) != 0)
		return false;
	while (dc_message(by, &topic, out, patience_ms(5000)))
		if (str_is(buf_view(&topic), "$CONTROL/scoreboard/v1/response"))
			return true;
	return false;
}
