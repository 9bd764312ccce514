/* scoreboard-ctl against a real broker: what it prints, and how it ends. */
#include "tests/support/door.h"
#include "tests/support/place.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

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
	const char *words[5];
	int status;
	const char *says;
} rows[] = {
	{ { "clients" }, 0, "phone" },
	{ { "clients", "viewer" }, 0, "1 clients" },
	{ { "clients", "crew" }, 0, "0 clients" },
	{ { "stats" }, 0, "connections/viewer                           1\n" },
	{ { "stats", "--json" }, 0, "\"connections/viewer\":1," },
	{ { "limits" }, 0, "roles/viewer/subscriptions                   20\n" },
	{ { "kick", "nobody" }, 1, "no such client" },
	{ { "ban", "192.0.2.1", "--for", "10m" }, 0, "done" },
	{ { "ban-user", "crew", "--for", "90" }, 0, "done" },
	{ { "bans" }, 0, "192.0.2.1" },
	{ { "unban", "192.0.2.1" }, 0, "done" },
	{ { "unban", "192.0.2.1" }, 1, "not banned" },
	{ { "ban", "everybody" }, 1, "not an address" },
	{ { "kick", "phone" }, 0, "done" },
	{ { "dance" }, 2, "usage:" },
	{ { "kick" }, 2, "usage:" },
	{ { "kick", "a", "b" }, 2, "usage:" },
	{ { "ban", "192.0.2.1", "--for", "soon" }, 2, "usage:" },
	{ { "ban", "192.0.2.1", "--for", "0" }, 2, "usage:" },
	{ { "clients", "--for", "1m" }, 2, "usage:" },
	{ { "-p", "99999", "stats" }, 2, "usage:" },
	{ { "--password-file", "/nowhere", "stats" }, 2, "/nowhere: No such file" },
	{ { "-p", "1", "stats" }, 3, "127.0.0.1:1: " },
};

static void every_command_does_what_it_says(void)
{
	struct broker *b = door_start(NULL, NULL);
	struct dc *phone = door_enter(b, "phone", NULL);
	BUF_CLEANUP struct buf out = { 0 };

	snprintf(port, sizeof(port), "%d", broker_port(b));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(ctl("operator", rows[i].words, &out), rows[i].status);
		if (!out.p || !strstr(out.p, rows[i].says))
			printf("\n    row %zu says: %s\n", i, out.p ? out.p : "");
		CU_ASSERT_PTR_NOT_NULL(out.p ? strstr(out.p, rows[i].says) : NULL);
	}
	CU_ASSERT(dc_wait_end(phone, 3000) != DC_SILENT);
	dc_drop(phone);
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

const char *const unit_name = "door_ctl";
const struct unit_test unit_tests[] = {
	UNIT(every_command_does_what_it_says),
	UNIT(only_operators_may),
	{ NULL, NULL },
};
