#include "bench/loadgen/core/plan.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

enum kind {
	KIND_FLAG,
	KIND_NUMBER,
	KIND_TEXT,
	KIND_LIST, /* a text; the option may be repeated */
};

struct option_row {
	const char *name;
	enum kind kind;
	size_t offset;
	int64_t number, min, max; /* default and range of a number */
	const char *text;         /* default of a text */
	const char *help;
};

#define NUMBER(name, field, dflt, min, max, help) \
	{ \
		name, KIND_NUMBER, offsetof(struct plan, field), dflt, min, max, NULL, help \
	}
#define TEXT(name, field, dflt, help) \
	{ \
		name, KIND_TEXT, offsetof(struct plan, field), 0, 0, 0, dflt, help \
	}
#define LIST(name, field, help) \
	{ \
		name, KIND_LIST, offsetof(struct plan, field), 0, 0, 0, NULL, help \
	}
#define FLAG(name, field, help) \
	{ \
		name, KIND_FLAG, offsetof(struct plan, field), 0, 0, 0, NULL, help \
	}

static const struct option_row rows[] = {
	LIST("--url", urls, "ws://ADDRESS:PORT/PATH or mqtt://ADDRESS:PORT; repeated: viewers take turns"),
	FLAG("--alternate", alternate, "windows take turns, too: one --url, --publish-url and --watch each"),
	TEXT("--speak", speech_name, "mqtt5", "mqtt5, mqtt311; plain or socketio over WebSocket"),
	TEXT("--prefix", prefix, "scoreboard", "of the topics"),
	TEXT("--view", view, "spectator", "join the feed of this view as a page does"),
	FLAG("--packed", packed, "follow, and publish, the feed in its packed encoding"),
	TEXT("--filter", filter, NULL, "subscribe to this filter instead"),
	NUMBER("--viewers", viewers, 100, 0, 1000000, "how many"),
	NUMBER("--rate", connect_rate, 2000, 1, 1000000, "connects per second"),
	NUMBER("--inflight", inflight, 500, 1, 20000, "connects under way at a time, per process"),
	NUMBER("--connect-timeout", connect_timeout_s, 120, 1, 3600, "seconds until all must be in sync"),
	NUMBER("--keepalive", keepalive_s, 3600, 10, 65535, "seconds; pings come a little more often"),
	NUMBER("--per-process", per_process, 18000, 1, 500000, "viewers per process"),
	NUMBER("--sources", source_addresses, 0, 0, 200, "source addresses 127.0.1.x; 0: one per 900 viewers"),
	NUMBER("--publish", publish_per_s, 2, 0, 100000, "messages per second; 0: another publisher writes the feed"),
	NUMBER("--publish-period", publish_period_s, 1, 1, 3600, "seconds in which so many messages go out, in place of one"),
	LIST("--publish-url", publish_urls, "where to; default: the first --url"),
	TEXT("--user", user, NULL, "of the publisher"),
	TEXT("--password-file", password_file, NULL, "of the publisher"),
	NUMBER("--bytes", payload_bytes, 160, 80, 1000000, "of a delta, as JSON"),
	NUMBER("--snapshot-bytes", snapshot_bytes, 10000, 140, 1000000, "of the snapshot that a viewer joins with, as JSON"),
	NUMBER("--recent-bytes", recent_bytes, 1000, 140, 1000000, "of what changed since, as JSON"),
	NUMBER("--windows", windows, 1, 1, 32, "how often to measure"),
	NUMBER("--seconds", seconds, 10, 1, 3600, "length of a window"),
	NUMBER("--settle", settle_ms, 2000, 0, 600000, "milliseconds of rest before each window"),
	NUMBER("--flood", flood_per_s, 0, 0, 20000, "in every second window: this many bad logins per second"),
	TEXT("--flood-url", flood_url, NULL, "where to; default: the first --url"),
	TEXT("--flood-user", flood_user, "publisher", "whose password is guessed"),
	NUMBER("--stall", stall, 0, 0, 1000000, "from the second window on this many viewers read no more, but ping"),
	NUMBER("--storm", storm_s, 0, 0, 3600, "before the windows: --storm-command, then so long until all are in sync again"),
	TEXT("--storm-command", storm_command, NULL, "takes the server from the viewers, e.g. kill -9 PID; it must come again by itself"),
	FLAG("--as-page", as_page, "viewers join as web/client does: status and notice, too; and 6 pings"),
	TEXT("--probe-user", probe_user, NULL, "in the storm log in with this name ten times a second"),
	TEXT("--probe-password-file", probe_password_file, NULL, "of the probe"),
	TEXT("--probe-url", probe_url, NULL, "where to; default: the first --publish-url"),
	LIST("--watch", watches, "process whose CPU and memory are read from /proc"),
	TEXT("--json", json_file, NULL, "write the result here as JSON; - is stdout"),
	FLAG("--quiet", quiet, "no progress on stderr"),
	FLAG("--help", help, "this text"),
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void *field_of(struct plan *p, const struct option_row *row)
{
	return (char *)p + row->offset;
}

void plan_help(void)
{
	puts("usage: scoreboard-loadgen --url URL [options]\n\n"
	     "Holds viewers of a feed, publishes it, and measures what arrives when.\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		printf("  %-21s %s", rows[i].name, rows[i].help);
		if (rows[i].kind == KIND_NUMBER && rows[i].number)
			printf(" (%lld)", (long long)rows[i].number);
		if (rows[i].text)
			printf(" (%s)", rows[i].text);
		putchar('\n');
	}
	puts("\nEnds with 0 when every viewer got everything in order, 1 when not, 2 when it could not be measured.");
}

static int complain(const char *what, const char *which)
{
	fprintf(stderr, "scoreboard-loadgen: %s%s%s\n", what, which ? ": " : "", which ? which : "");
	return -1;
}

static int set_value(struct plan *p, const struct option_row *row, const char *value)
{
	int64_t *n = field_of(p, row);

	if (row->kind == KIND_LIST) {
		struct list *list = field_of(p, row);

		if (list->n == MAX_TARGETS)
			return complain("too many of", row->name);
		list->v[list->n++] = value;
	} else if (row->kind == KIND_TEXT) {
		*(const char **)field_of(p, row) = value;
	} else if (!str_to_int(str_of(value), n) || *n < row->min || *n > row->max) {
		fprintf(stderr, "scoreboard-loadgen: %s is a number from %lld to %lld\n", row->name,
			(long long)row->min, (long long)row->max);
		return -1;
	}
	return 0;
}

static const struct option_row *row_named(const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static void set_defaults(struct plan *p)
{
	*p = (struct plan){ 0 };
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].kind == KIND_NUMBER)
			*(int64_t *)field_of(p, &rows[i]) = rows[i].number;
		if (rows[i].kind == KIND_TEXT)
			*(const char **)field_of(p, &rows[i]) = rows[i].text;
	}
}

static int read_arguments(struct plan *p, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const struct option_row *row = row_named(argv[i]);

		if (!row)
			return complain("unknown option, --help lists them all", argv[i]);
		if (row->kind == KIND_FLAG) {
			*(bool *)field_of(p, row) = true;
			continue;
		}
		if (++i == argc)
			return complain("needs a value", row->name);
		if (set_value(p, row, argv[i]))
			return -1;
	}
	return 0;
}

static bool read_address(struct str host, struct sockaddr_in *out)
{
	struct str name;
	int64_t port;
	char text[INET_ADDRSTRLEN];

	if (!str_split(&host, ':', &name) || name.len >= sizeof(text) || !str_to_int(host, &port) || port < 1 ||
	    port > 65535)
		return false;
	memcpy(text, name.p, name.len);
	text[name.len] = '\0';
	*out = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	return inet_pton(AF_INET, text, &out->sin_addr) == 1;
}

static int read_url(const char *url, struct target *t)
{
	struct str s = str_of(url);
	const char *slash;

	*t = (struct target){ .websocket = str_starts(s, STR("ws://")) };
	if (t->websocket)
		s = str_skip(s, 5);
	else if (str_starts(s, STR("mqtt://")))
		s = str_skip(s, 7);
	else
		return complain("want ws://ADDRESS:PORT/PATH or mqtt://ADDRESS:PORT, not", url);
	slash = memchr(s.p, '/', s.len);
	t->host = (struct str){ s.p, slash ? (size_t)(slash - s.p) : s.len };
	t->path = slash ? str_skip(s, t->host.len) : STR("/");
	return read_address(t->host, &t->address) ? 0 : complain("want an IPv4 address and a port in", url);
}

static int read_speech(struct plan *p)
{
	static const char *const names[] = { "mqtt5", "mqtt311", "plain", "socketio" };

	for (size_t i = 0; i < 4; i++) {
		if (!strcmp(p->speech_name, names[i])) {
			p->speech = (enum speech)i;
			return 0;
		}
	}
	return complain("--speak knows mqtt5, mqtt311, plain, socketio, not", p->speech_name);
}

static int read_password(const char *file, char **out)
{
	char line[512] = "";
	FILE *f = file ? fopen(file, "re") : NULL;

	if (!file)
		return 0;
	if (!f || !fgets(line, sizeof(line), f)) {
		if (f)
			fclose(f);
		return complain("cannot read", file);
	}
	fclose(f);
	*out = str_dup(str_trim(str_of(line)));
	return *out ? 0 : complain("out of memory", NULL);
}

static int read_viewers_targets(struct plan *p)
{
	p->n_targets = p->urls.n;
	p->n_arms = p->alternate ? p->n_targets : 1;
	for (size_t i = 0; i < p->n_targets; i++) {
		if (read_url(p->urls.v[i], &p->targets[i]))
			return -1;
		if (!p->targets[i].websocket && !plan_is_mqtt(p))
			return complain("this speech needs ws://", p->urls.v[i]);
	}
	return 0;
}

static int read_arms(struct plan *p)
{
	if ((p->publish_urls.n && p->publish_urls.n != p->n_arms) ||
	    (p->alternate && p->watches.n && p->watches.n != p->n_arms))
		return complain(p->alternate ? "want one --publish-url and --watch for each --url"
					     : "want one --publish-url",
				NULL);
	for (size_t i = 0; i < p->n_arms; i++)
		if (read_url(p->publish_urls.n ? p->publish_urls.v[i] : p->urls.v[i], &p->publish_targets[i]))
			return -1;
	for (size_t i = 0; i < p->watches.n; i++)
		if (!str_to_int(str_of(p->watches.v[i]), &p->watch_pids[i]) || p->watch_pids[i] < 1)
			return complain("want a process number for --watch, not", p->watches.v[i]);
	return 0;
}

static int read_targets(struct plan *p)
{
	if (read_viewers_targets(p) || read_arms(p))
		return -1;
	p->probe_target = p->publish_targets[0];
	if (p->probe_url && read_url(p->probe_url, &p->probe_target))
		return -1;
	return read_url(p->flood_url ? p->flood_url : p->urls.v[0], &p->flood_target);
}

static int check_encoding(const struct plan *p)
{
	return p->packed && (p->filter || !plan_is_mqtt(p)) ? complain("--packed is for MQTT, without --filter", NULL) : 0;
}

static int check_storm(const struct plan *p)
{
	if (!p->storm_s && (p->storm_command || p->probe_user))
		return complain("--storm-command and --probe-user want --storm", NULL);
	if (p->storm_s && !p->storm_command)
		return complain("--storm wants --storm-command", NULL);
	if (p->storm_s && (p->alternate || p->filter || !plan_is_mqtt(p)))
		return complain("--storm is for MQTT, without --alternate and --filter", NULL);
	return 0;
}

int plan_read(struct plan *p, int argc, char **argv)
{
	set_defaults(p);
	if (read_arguments(p, argc, argv) || p->help)
		return p->help ? 0 : -1;
	if (!p->urls.n)
		return complain("needs --url; --help tells more", NULL);
	if (read_speech(p) || read_targets(p) || check_encoding(p) || check_storm(p))
		return -1;
	if (p->stall > p->viewers)
		return complain("--stall is more than --viewers", NULL);
	if (!p->source_addresses)
		p->source_addresses = p->viewers / 900 + 1;
	if (p->source_addresses > 200)
		p->source_addresses = 200;
	return read_password(p->password_file, &p->password) || read_password(p->probe_password_file, &p->probe_password)
		       ? -1
		       : 0;
}

void plan_free(struct plan *p)
{
	free(p->password);
	free(p->probe_password);
	p->password = p->probe_password = NULL;
}
