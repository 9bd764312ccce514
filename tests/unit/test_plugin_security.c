/* docs/security.md against what it speaks of: names and defaults that are told there are those of the code and the shipped files. */
#include "base/buf.h"
#include "base/process.h"
#include "mosquitto-plugin/core/door/door.h"
#include "mosquitto-plugin/core/gauges/gauges.h"
#include "mosquitto-plugin/files.h"
#include "mosquitto-plugin/load.h"
#include "mosquitto-plugin/newcomers.h"
#include "publisher/core/health.h"
#include "publisher/core/options/config.h"
#include "tests/unit/unit.h"

#include <ctype.h>
#include <stdio.h>

static void read_source(const char *path, struct buf *out)
{
	struct complaint why = { 0, "" };

	if (file_read(path, 1u << 20, out, &why))
		printf("\n    %s: %s\n", path, why.text);
	CU_ASSERT_FATAL(!*why.text);
}

static void expect_text(const char *docs, const char *text)
{
	if (!strstr(docs, text))
		printf("\n    docs/security.md lacks %s\n", text);
	CU_ASSERT_PTR_NOT_NULL(strstr(docs, text));
}

static void every_limit_is_told_with_its_default(void)
{
	const struct limit_row *const tables[] = { door_limit_rows, role_limit_rows, room_limit_rows };
	BUF_CLEANUP struct buf docs = { 0 };
	char text[100];

	read_source("docs/security.md", &docs);
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct limit_row *row = tables[t]; row->name; row++) {
			snprintf(text, sizeof(text), "`%s` (%lld)", row->name, (long long)row->def);
			expect_text(docs.p, text);
		}
	}
}

struct option {
	const char *name, *initial;
};

static const struct option options[] = {
#define X(id, name, type, dflt, min, max, arg, help) { name, dflt },
	CONFIG_ROWS(X)
#undef X
};

static bool bounds_strangers(const struct option *o)
{
	return strncmp(o->name, "http-", 5) == 0 || strncmp(o->name, "max-", 4) == 0;
}

static void every_limit_of_the_publisher_is_told_with_its_default(void)
{
	BUF_CLEANUP struct buf docs = { 0 };
	char text[100];

	read_source("docs/security.md", &docs);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		snprintf(text, sizeof(text), "`--%s` (%s)", options[i].name, options[i].initial);
		if (bounds_strangers(&options[i]))
			expect_text(docs.p, text);
	}
}

/* ---- what is named exists ---- */

/* Everything that has a name: limits, reasons, options, metrics, and the words of the files that we ship. */
static void put_limits(struct buf *out)
{
	for (const struct limit_row *row = door_limit_rows; row->name; row++)
		buf_printf(out, "%s\n", row->name);
	for (const struct limit_row *row = role_limit_rows; row->name; row++)
		buf_printf(out, "%s\n", row->name);
	for (const struct limit_row *row = room_limit_rows; row->name; row++)
		buf_printf(out, "%s\n", row->name);
	buf_puts(out, "max_rooms\n");
	for (int i = REASON_NONE + 1; i < REASON_COUNT; i++)
		buf_printf(out, "%s\n", reason_rows[i].label);
}

static void put_publisher(struct buf *out)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		buf_printf(out, "--%s\n", options[i].name);
#define COUNTER "_total"
#define GAUGE ""
#define X(id, type, name, labels, help) buf_puts(out, "scoreboard_publisher_" name type "\n");
	HEALTH_ROWS(X)
#undef X
#undef GAUGE
#undef COUNTER
}

static void put_door_metrics(struct buf *out)
{
	const struct door_ops ops = { .ctx = NULL };
	BUF_CLEANUP struct buf text = { 0 };
	struct complaint why;
	struct policy *policy;
	struct door *d;

	read_source("conf/policy.json", &text);
	CHECK_INT(policy_parse(buf_view(&text), &policy, &why), 0);
	d = door_new("scoreboard", policy, (struct passwd){ NULL }, &ops);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	door_metrics(d, out);
	door_free(d);
}

static void put_newcomers_metrics(struct buf *out)
{
	struct newcomers *n = newcomers_new(1024);

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	newcomers_metrics(n, out);
	newcomers_free(n);
}

static void put_metrics_of_broker(struct buf *out)
{
	struct process process = { .max_files = 1 };
	const struct message dropped = { STR("$SYS/broker/publish/messages/dropped"), STR("1"), true, 0 };
	struct gauges g;

	CU_ASSERT_FATAL(gauges_init(&g, "scoreboard", 100));
	gauges_sent(&g, &dropped);
	gauges_metrics(&g, 0, out);
	gauges_free(&g);
	process_write(out, &process, "scoreboard_process_");
}

static void put_names(struct buf *out)
{
	static const char *const files[] = {
		"conf/policy.json",
		"conf/mosquitto.conf",
		"conf/nginx.conf",
		"conf/cluster/haproxy.cfg",
		"conf/systemd/scoreboard-publisher.service",
	};

	put_limits(out);
	put_publisher(out);
	put_door_metrics(out);
	put_newcomers_metrics(out);
	put_metrics_of_broker(out);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		buf_printf(out, "%s\n", files[i]);
		read_source(files[i], out);
	}
}

static bool is_of_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* As a word, not as a part of one. */
static bool has_word(struct str text, struct str word)
{
	const char *end = text.p + text.len, *p = text.p;

	while ((p = memmem(p, (size_t)(end - p), word.p, word.len)) != NULL) {
		if ((p == text.p || !is_of_name(p[-1])) && (p + word.len == end || !is_of_name(p[word.len])))
			return true;
		p++;
	}
	return false;
}

static struct str section(struct str docs, const char *from, const char *to)
{
	const char *p = strstr(docs.p, from), *end = p ? strstr(p, to) : NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(end);
	return (struct str){ p, (size_t)(end - p) };
}

static void what_the_limits_name_exists(void)
{
	BUF_CLEANUP struct buf docs = { 0 }, names = { 0 };
	struct str rest, word;
	unsigned n = 0;

	read_source("docs/security.md", &docs);
	put_names(&names);
	rest = section(buf_view(&docs), "## Limits", "\n## ");
	while (str_split(&rest, '`', &word) && rest.p && str_split(&rest, '`', &word)) {
		bool known = str_starts(word, STR("$SYS/")) || has_word(buf_view(&names), word);

		if (!known)
			printf("\n    docs/security.md: nothing is called %.*s\n", STR_ARGS(word));
		CU_ASSERT(known);
		n++;
	}
	CU_ASSERT(n > 100);
}

const char *const unit_name = "plugin_security";
const struct unit_test unit_tests[] = {
	UNIT(every_limit_is_told_with_its_default),
	UNIT(every_limit_of_the_publisher_is_told_with_its_default),
	UNIT(what_the_limits_name_exists),
	{ NULL, NULL },
};
