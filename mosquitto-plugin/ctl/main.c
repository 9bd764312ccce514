/* scoreboard-ctl - the door's control API on a command line: sends one command, prints the answer, and ends. Keys and tokens are token.c's. */
#include "base/buf.h"
#include "base/json.h"
#include "base/mono.h"
#include "mosquitto-plugin/ctl/ctl.h"
#include "mosquitto-plugin/files.h"

#include <getopt.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REQUEST_TOPIC "$CONTROL/scoreboard/v1"
#define RESPONSE_TOPIC "$CONTROL/scoreboard/v1/response"
#define TIMEOUT_MS 10000

struct options {
	const char *host, *user, *password_file, *ca_file;
	int port;
	const char *level, *broker;
	bool json;
	int64_t for_s;
};

struct session {
	struct mosquitto *mosq;
	const char *request;
	struct buf answer;
	bool answered, over;
	const char *why; /* why there was no answer */
};

/* ---- requests ---- */

/* Here; in the API; the API's names for the arguments, NULL: it has none; what it also asks for, as members of the request. */
static const struct command {
	const char *name, *api, *argument, *text, *also;
	bool optional, timed, levelled;
} commands[] = {
	{ "clients", "listClients", "role", NULL, ",\"count\":1000", true, false, false },
	{ "who", "listClients", "room", NULL, ",\"count\":1000", false, false, false },
	{ "who-user", "listClients", "user", NULL, ",\"count\":1000", false, false, false },
	{ "who-address", "listClients", "address", NULL, ",\"count\":1000", false, false, false },
	{ "rooms", "listRooms", NULL, NULL, ",\"count\":1000", false, false, false },
	{ "room", "getRoom", "room", NULL, NULL, false, false, false },
	{ "close", "closeRoom", "room", NULL, NULL, false, true, false },
	{ "open", "openRoom", "room", NULL, NULL, false, false, false },
	{ "say", "say", "room", "data", ",\"type\":\"text\"", false, false, false },
	{ "send", "sendToUser", "user", "data", ",\"type\":\"text\"", false, false, false },
	{ "notice", "notice", "text", NULL, NULL, false, true, true },
	{ "kick", "kick", "client", NULL, NULL, false, false, false },
	{ "ban", "ban", "address", NULL, NULL, false, true, false },
	{ "ban-user", "ban", "user", NULL, NULL, false, true, false },
	{ "unban", "unban", "address", NULL, NULL, false, false, false },
	{ "unban-user", "unban", "user", NULL, NULL, false, false, false },
	{ "wipe", "wipe", "topic", NULL, NULL, false, false, false },
	{ "wipe-user", "wipe", "user", NULL, NULL, false, false, false },
	{ "bans", "listBans", NULL, NULL, NULL, false, false, false },
	{ "limits", "getLimits", NULL, NULL, NULL, false, false, false },
	{ "stats", "getStats", NULL, NULL, NULL, false, false, false },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void write_member(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_json(out, str_of(value));
}

static void write_request(struct buf *out, const struct command *c, char *const *arguments, const struct options *o)
{
	buf_printf(out, "{\"commands\":[{\"command\":\"%s\"", c->api);
	write_member(out, c->argument, arguments[0]);
	if (c->text)
		write_member(out, c->text, arguments[1]);
	if (c->levelled)
		write_member(out, "level", o->level);
	if (c->timed && o->for_s)
		buf_printf(out, ",\"seconds\":%" PRId64, o->for_s);
	write_member(out, "broker", o->broker);
	buf_puts(out, c->also ? c->also : "");
	buf_puts(out, "}]}");
}

/* ---- one exchange ---- */

static void on_connect(struct mosquitto *mosq, void *data, int rc, int flags, const mosquitto_property *props)
{
	struct session *s = data;

	(void)flags;
	(void)props;
	if (rc) {
		s->why = mosquitto_reason_string(rc);
		s->over = true;
		return;
	}
	mosquitto_publish_v5(mosq, NULL, REQUEST_TOPIC, (int)strlen(s->request), s->request, 1, false, NULL);
}

static void on_publish(struct mosquitto *mosq, void *data, int mid, int rc, const mosquitto_property *props)
{
	struct session *s = data;

	(void)mosq;
	(void)mid;
	(void)props;
	if (rc < 0x80)
		return;
	s->why = rc == MQTT_RC_NOT_AUTHORIZED ? "this user may not control the broker" : mosquitto_reason_string(rc);
	s->over = true;
}

static void on_message(struct mosquitto *mosq, void *data, const struct mosquitto_message *m,
		       const mosquitto_property *props)
{
	struct session *s = data;

	(void)mosq;
	(void)props;
	if (s->answered || strcmp(m->topic, RESPONSE_TOPIC) != 0)
		return;
	buf_add(&s->answer, m->payload, (size_t)m->payloadlen);
	s->answered = s->over = true;
}

static void on_disconnect(struct mosquitto *mosq, void *data, int rc, const mosquitto_property *props)
{
	struct session *s = data;

	(void)mosq;
	(void)props;
	if (!s->over && !s->why)
		s->why = rc >= 0x80 ? mosquitto_reason_string(rc) : "the broker closed the connection";
	s->over = true;
}

static void exchange(struct session *s, const struct options *o)
{
	mono until = mono_add(mono_now(), TIMEOUT_MS);
	int rc = mosquitto_connect(s->mosq, o->host, o->port, 30);

	if (rc != MOSQ_ERR_SUCCESS) {
		s->why = mosquitto_strerror(rc);
		return;
	}
	while (!s->over && !mono_reached(mono_now(), until)) {
		rc = mosquitto_loop(s->mosq, 100, 1);
		if (rc != MOSQ_ERR_SUCCESS && !s->over) {
			s->why = s->why ? s->why : mosquitto_strerror(rc);
			return;
		}
	}
	if (!s->over)
		s->why = "no answer: does this broker have the plugin?";
}

static bool set_up(struct session *s, const struct options *o, const char *password)
{
	s->mosq = mosquitto_new(NULL, true, s);
	if (!s->mosq)
		return false;
	mosquitto_int_option(s->mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_connect_v5_callback_set(s->mosq, on_connect);
	mosquitto_publish_v5_callback_set(s->mosq, on_publish);
	mosquitto_message_v5_callback_set(s->mosq, on_message);
	mosquitto_disconnect_v5_callback_set(s->mosq, on_disconnect);
	if (o->ca_file && mosquitto_tls_set(s->mosq, o->ca_file, NULL, NULL, NULL, NULL) != MOSQ_ERR_SUCCESS) {
		s->why = "the --cafile cannot be used";
		return false;
	}
	return mosquitto_username_pw_set(s->mosq, o->user, password) == MOSQ_ERR_SUCCESS;
}

/* ---- answers for people ---- */

/* Strangers choose client ids and user names: control characters in them must not reach the terminal. */
static void put_text(FILE *to, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		putc((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F ? '?' : s.p[i], to);
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

/* Prints an array of objects, one line each, with these columns. */
static void print_rows(const struct json *list, const char *const *columns)
{
	int widths[16] = { 0 };

	for (int i = 0; columns[i]; i++) {
		widths[i] = (int)strlen(columns[i]);
		for (const struct json *row = list->child; row; row = row->next)
			if (value_width(json_get(row, columns[i])) > widths[i])
				widths[i] = value_width(json_get(row, columns[i]));
		printf("%-*s", columns[i + 1] ? widths[i] + 2 : 0, columns[i]);
	}
	putchar('\n');
	for (const struct json *row = list->child; row; row = row->next) {
		for (int i = 0; columns[i]; i++)
			print_padded(json_get(row, columns[i]), widths[i], !columns[i + 1]);
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
		printf("%-44s ", name);
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

static const char *const ban_columns[] = { "address", "user", "seconds", "why", NULL };

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
		const struct json *name = json_get(b, "broker"), *bans = json_get(b, "bans");
		char under[80];

		if (!name || put_error(stdout, b))
			continue;
		snprintf(under, sizeof(under), "%.*s", (int)(name->text.len < 70 ? name->text.len : 70), name->text.p);
		if (bans) {
			printf("%s:\n", under);
			print_rows(bans, ban_columns);
		} else if (json_get(b, "stats")) {
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
	static const char *const columns[] = { "client", "user", "role", "transport", "address", "seconds", "subscriptions", "messages", "refused", "rooms",
					       "broker", NULL };
	static const char *const one_broker[] = { "client", "user", "role", "transport", "address", "seconds", "subscriptions", "messages", "refused",
						  "rooms", NULL };

	print_rows(json_get(data, "clients"), json_get(data, "brokers") ? columns : one_broker);
	if (json_get(data, "total"))
		printf("%.0f clients\n", json_get(data, "total")->number);
	fflush(stdout);
	for (const struct json *b = json_get(data, "brokers") ? json_get(data, "brokers")->child : NULL; b; b = b->next)
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
	const struct json *brokers = json_get(data, "brokers"), *bans = json_get(data, "bans");

	if (json_get(data, "clients"))
		print_clients(data);
	else if (json_get(data, "rooms"))
		print_rooms(data);
	else if (bans)
		print_rows(bans, ban_columns);
	else if (brokers)
		print_brokers(brokers);
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

static enum status print_answer(struct str text, bool as_json)
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

/* ---- the command line ---- */

static const struct option long_options[] = {
	{ "host", required_argument, NULL, 'h' },
	{ "port", required_argument, NULL, 'p' },
	{ "user", required_argument, NULL, 'u' },
	{ "password-file", required_argument, NULL, 'P' },
	{ "cafile", required_argument, NULL, 'c' },
	{ "for", required_argument, NULL, 'f' },
	{ "level", required_argument, NULL, 'l' },
	{ "broker", required_argument, NULL, 'b' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, '?' },
	{ NULL, 0, NULL, 0 },
};

static bool parse_port(const char *text, int *port)
{
	int64_t n;

	if (!str_to_int(str_of(text), &n) || n < 1 || n > 65535)
		return false;
	*port = (int)n;
	return true;
}

static bool take_option(struct options *o, int option)
{
	switch (option) {
	case 'h':
		o->host = optarg;
		return true;
	case 'p':
		return parse_port(optarg, &o->port);
	case 'u':
		o->user = optarg;
		return true;
	case 'P':
		o->password_file = optarg;
		return true;
	case 'c':
		o->ca_file = optarg;
		return true;
	case 'f':
		return ctl_duration(optarg, &o->for_s);
	case 'l':
		o->level = optarg;
		return true;
	case 'b':
		o->broker = optarg;
		return true;
	case 'j':
		return o->json = true;
	default:
		return false;
	}
}

/* How many arguments a command has at most. */
static int arguments_of(const struct command *c)
{
	return (c->argument ? 1 : 0) + (c->text ? 1 : 0);
}

/* *arguments: as many as the command has; those that were left out are NULL. */
static const struct command *parse_line(int argc, char **argv, struct options *o, char ***arguments)
{
	const struct command *c;
	int option, n;

	while ((option = getopt_long(argc, argv, "h:p:u:", long_options, NULL)) != -1)
		if (!take_option(o, option))
			return NULL;
	c = optind < argc ? find_command(argv[optind]) : NULL;
	n = argc - optind - 1;
	if (!c || n > arguments_of(c) || (n < arguments_of(c) && !c->optional) || (o->for_s && !c->timed) || (o->level && !c->levelled))
		return NULL;
	*arguments = argv + optind + 1; /* behind the last one stands NULL */
	if (!o->port)
		o->port = o->ca_file ? 8883 : 1883;
	return c;
}

static bool read_password(const struct options *o, struct buf *out)
{
	const char *given = getenv("SCOREBOARD_CTL_PASSWORD");
	struct complaint why;

	if (o->password_file) {
		if (file_read(o->password_file, 65536, out, &why)) {
			fprintf(stderr, "scoreboard-ctl: %s: %s\n", o->password_file, why.text);
			return false;
		}
		if (out->p)
			out->p[strcspn(out->p, "\r\n")] = '\0';
		return true;
	}
	if (!given)
		given = getpass("password: ");
	buf_puts(out, given ? given : "");
	return !out->failed;
}

static enum status run(const struct command *c, char *const *arguments, const struct options *o)
{
	BUF_CLEANUP struct buf request = { 0 }, password = { 0 };
	struct session s = { 0 };
	enum status status;

	if (!read_password(o, &password))
		return STATUS_USAGE;
	write_request(&request, c, arguments, o);
	s.request = request.p;
	if (!request.failed && set_up(&s, o, password.p ? password.p : ""))
		exchange(&s, o);
	if (s.answered) {
		status = print_answer(buf_view(&s.answer), o->json);
	} else {
		fprintf(stderr, "scoreboard-ctl: %s:%d: %s\n", o->host, o->port, s.why ? s.why : "out of memory");
		status = STATUS_NO_ANSWER;
	}
	mosquitto_disconnect(s.mosq);
	mosquitto_destroy(s.mosq);
	buf_free(&s.answer);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = { .host = "127.0.0.1", .user = "operator" };
	const struct command *c;
	enum status status;
	char **arguments;

	if (argc > 1 && strcmp(argv[1], "token") == 0)
		return ctl_token(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "key") == 0)
		return ctl_key(argc - 1, argv + 1);
	c = parse_line(argc, argv, &o, &arguments);
	if (!c)
		return ctl_usage();
	mosquitto_lib_init();
	status = run(c, arguments, &o);
	mosquitto_lib_cleanup();
	return status;
}
