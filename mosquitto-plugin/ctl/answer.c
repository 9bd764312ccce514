/* answer - what a broker has answered, for people. */
#include "base/json.h"
#include "mosquitto-plugin/ctl/ctl.h"

#include <stdio.h>
#include <time.h>

/* Strangers choose client ids and user names, and whoever has taken over a broker all that it answers: control characters must not reach the
 * terminal, neither those of ASCII nor those of two bytes (C1), by which some terminals are told as much. */
static void put_text(FILE *to, struct str s)
{
	uint32_t c;

	for (size_t n; s.len; s = str_skip(s, n ? n : 1)) {
		n = utf8_next(s, &c);
		if (!n || c < 0x20 || (c >= 0x7F && c < 0xA0))
			putc('?', to);
		else
			fwrite(s.p, 1, n, to);
	}
}

static void print_text(struct str s)
{
	put_text(stdout, s);
}

/* Of names, and of rooms. */
static void print_list(const struct json *list)
{
	for (const struct json *v = list->child; v; v = v->next) {
		print_text(v->text);
		if (v->next)
			putchar(' ');
	}
}

static int list_width(const struct json *list)
{
	int n = 0;

	for (const struct json *v = list->child; v; v = v->next)
		n += (int)v->text.len + (v->next ? 1 : 0);
	return n;
}

static void print_value(const struct json *v)
{
	if (!v || v->type == JSON_NULL)
		putchar('-');
	else if (v->type == JSON_STRING)
		print_text(v->text);
	else if (v->type == JSON_ARRAY)
		print_list(v);
	else if (v->type == JSON_BOOL)
		fputs(v->number > 0 ? "yes" : "no", stdout);
	else
		printf("%.15g", v->number);
}

static int value_width(const struct json *v)
{
	char text[40];

	if (!v || v->type == JSON_NULL)
		return 1;
	if (v->type == JSON_ARRAY)
		return list_width(v);
	if (v->type == JSON_BOOL)
		return v->number > 0 ? 3 : 2;
	if (v->type != JSON_STRING)
		return snprintf(text, sizeof(text), "%.15g", v->number);
	return (int)v->text.len;
}

static void print_padded(const struct json *v, int width, bool last)
{
	print_value(v);
	for (int n = value_width(v); !last && n < width + 2; n++)
		putchar(' ');
}

#define TIME_SIZE 20 /* "2026-11-26 18:30:00" and its NUL */
#define MAX_MS 4e12  /* a time behind that is none */

/* What of the columns has milliseconds since 1970 becomes a time of day here. */
static struct json time_of(const struct json *ms, char text[TIME_SIZE])
{
	time_t seconds = ms->type == JSON_NUMBER && ms->number >= 0 && ms->number < MAX_MS ? (time_t)(ms->number / 1000) : -1;
	struct tm tm;

	if (seconds < 0 || !localtime_r(&seconds, &tm) || !strftime(text, TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm))
		return (struct json){ .type = JSON_NULL };
	return (struct json){ .type = JSON_STRING, .text = str_of(text) };
}

/* A row is an object, with the columns as its members, or an array of as many. */
static struct json cell_of(const struct json *row, const char *const *columns, int i, char text[TIME_SIZE])
{
	const struct json *v = row->type == JSON_ARRAY ? row->child : json_get(row, columns[i]);

	for (int n = 0; row->type == JSON_ARRAY && v && n < i; n++)
		v = v->next;
	if (!v)
		return (struct json){ .type = JSON_NULL };
	return strcmp(columns[i], "at") == 0 ? time_of(v, text) : *v;
}

static int column_width(const struct json *list, const char *const *columns, int i)
{
	int width = (int)strlen(columns[i]);
	char text[TIME_SIZE];

	for (const struct json *row = list->child; row; row = row->next) {
		struct json cell = cell_of(row, columns, i, text);

		width = value_width(&cell) > width ? value_width(&cell) : width;
	}
	return width;
}

/* Prints an array of rows, one line each, with these columns. */
static void print_rows(const struct json *list, const char *const *columns)
{
	int widths[16] = { 0 };
	char text[TIME_SIZE];

	for (int i = 0; columns[i]; i++) {
		widths[i] = column_width(list, columns, i);
		printf("%-*s", columns[i + 1] ? widths[i] + 2 : 0, columns[i]);
	}
	putchar('\n');
	for (const struct json *row = list->child; row; row = row->next) {
		for (int i = 0; columns[i]; i++) {
			struct json cell = cell_of(row, columns, i, text);

			print_padded(&cell, widths[i], !columns[i + 1]);
		}
		putchar('\n');
	}
}

/* Prints the members of an object, one line each; those of an object within it have its name in front. */
static void print_members(const struct json *object, const char *under)
{
	for (const struct json *m = object->child; m; m = m->next) {
		char name[200];

		snprintf(name, sizeof(name), "%s%s%.*s", under, *under ? "/" : "", (int)(m->key.len < 90 ? m->key.len : 90),
			 m->key.p);
		if (m->type == JSON_OBJECT) {
			print_members(m, name);
			continue;
		}
		print_text(str_of(name));
		printf("%*s ", strlen(name) < 44 ? 44 - (int)strlen(name) : 0, "");
		print_value(m);
		putchar('\n');
	}
}

/* The metrics as they are called, and beside them how the broker's process fares. */
static void print_stats(const struct json *data, const char *under)
{
	const struct json *host = json_get(data, "host");
	char name[100];

	print_members(json_get(data, "stats"), under);
	snprintf(name, sizeof(name), "%s%shost", under, *under ? "/" : "");
	if (host)
		print_members(host, name);
}

/* Lists that each broker has for itself. */
static const struct table {
	const char *name; /* of the member with the rows */
	const char *columns[8];
} tables[] = {
	{ "bans", { "address", "user", "seconds", "why" } },
	{ "refusals", { "at", "reason", "client", "user", "address", "topic", "text" } },
	{ "minutes", { "at", "watching", "here", "refused" } },
};

/* Prints the list that is in this, with a heading if there is one. False: there is none. */
static bool print_table(const struct json *data, const char *heading)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct json *rows = json_get(data, tables[i].name);

		if (!rows)
			continue;
		if (heading)
			printf("%s:\n", heading);
		print_rows(rows, tables[i].columns);
		return true;
	}
	return false;
}

/* False: this broker has not refused it. */
static bool put_error(FILE *to, const struct json *broker)
{
	const struct json *error = json_get(broker, "error");

	if (!error || error->type != JSON_STRING)
		return false;
	put_text(to, json_get_text(broker, "broker"));
	fputs(": ", to);
	put_text(to, error->text);
	putc('\n', to);
	return true;
}

/* What several brokers said, one after the other. Of a command that only does something, where it was done. */
static void print_brokers(const struct json *brokers)
{
	for (const struct json *b = brokers->child; b; b = b->next) {
		const struct json *name = json_get(b, "broker");
		char under[80];

		if (!name || put_error(stdout, b))
			continue;
		snprintf(under, sizeof(under), "%.*s", (int)(name->text.len < 70 ? name->text.len : 70), name->text.p);
		if (print_table(b, under))
			continue;
		if (json_get(b, "stats")) {
			print_stats(b, under);
		} else if (name->next && name->next->type == JSON_OBJECT) {
			print_members(name->next, under);
		} else if (name->next && name->next->type == JSON_ARRAY) {
			printf("%s:\n", under);
			print_list(name->next);
			putchar('\n');
		} else {
			printf("done at %s\n", under);
		}
	}
}

static void put_line(const char *what, struct str more)
{
	fprintf(stderr, "scoreboard-ctl: %s", what);
	put_text(stderr, more);
	putc('\n', stderr);
}

/* Who did not answer in time may have done it or not. */
static void print_missing(const struct json *missing)
{
	for (const struct json *m = missing ? missing->child : NULL; m; m = m->next)
		put_line("no answer from ", m->text);
}

static void print_clients(const struct json *data)
{
	const struct json *brokers = json_get(data, "brokers");
	const char *const columns[] = { "client", "user", "role", "transport", "address", "seconds", "subscriptions", "messages", "refused", "rooms",
					brokers ? "broker" : NULL, NULL };

	print_rows(json_get(data, "clients"), columns);
	if (json_get(data, "total"))
		printf("%.0f clients\n", json_get(data, "total")->number);
	fflush(stdout);
	for (const struct json *b = brokers ? brokers->child : NULL; b; b = b->next)
		put_error(stderr, b);
}

static void print_rooms(const struct json *data)
{
	static const char *const columns[] = { "room", "open", "members", "messages", "retained", "bytes", "since", "last", NULL };

	print_rows(json_get(data, "rooms"), columns);
	if (json_get(data, "total"))
		printf("%.0f rooms\n", json_get(data, "total")->number);
}

static void print_data(const struct json *data)
{
	const struct json *brokers = json_get(data, "brokers");

	if (json_get(data, "clients"))
		print_clients(data);
	else if (json_get(data, "rooms"))
		print_rooms(data);
	else if (brokers)
		print_brokers(brokers);
	else if (print_table(data, NULL))
		;
	else if (json_get(data, "stats"))
		print_stats(data, "");
	else if (data->child)
		print_members(data->child->next || !data->child->child ? data : data->child, "");
	else
		puts("done");
	if (!brokers)
		return;
	fflush(stdout);
	print_missing(json_get(data, "missing"));
}

enum status ctl_print_answer(struct str text, bool as_json)
{
	static const struct json_bounds bounds = { 32u << 20, 2000000, 16 }; /* a list of clients whose ids are long */
	JSON_CLEANUP struct json_doc doc = { 0 };
	const struct json *list, *data;
	struct complaint unread;
	struct str why;

	if (json_parse_within(&doc, text, &bounds, &unread) || !(list = json_get(doc.root, "responses")) || !list->child) {
		fprintf(stderr, "scoreboard-ctl: the answer cannot be read\n");
		return STATUS_NO_ANSWER;
	}
	why = json_get_text(list->child, "error");
	data = json_get(list->child, "data");
	if (as_json)
		printf("%.*s\n", STR_ARGS(text));
	else if (data)
		print_data(data);
	else
		put_line("", why);
	return data ? STATUS_OK : STATUS_REFUSED;
}
