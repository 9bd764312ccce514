/* scoreboard-ctl - the door's control API on a command line: sends one command, prints the answer (answer.c), and ends. Keys and tokens are
 * token.c's. */
#include "base/buf.h"
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
	const char *level, *prefix, *broker;
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

#define HISTORY_S 3600 /* of what was, when the line does not say how much */

/* What --for becomes in the request. */
enum timed {
	NO_TIME,
	SECONDS, /* "seconds" */
	MINUTES, /* "count": so many rows, of a minute each */
};

/* Here; in the API; the API's names for the arguments, NULL: it has none; what it also asks for, as members of the request. */
static const struct command {
	const char *name, *api, *argument, *text, *also;
	bool optional;
	enum timed timed;
	bool levelled;
} commands[] = {
	{ "clients", "listClients", "role", NULL, ",\"count\":1000", true, NO_TIME, false },
	{ "who", "listClients", "room", NULL, ",\"count\":1000", false, NO_TIME, false },
	{ "who-user", "listClients", "user", NULL, ",\"count\":1000", false, NO_TIME, false },
	{ "who-address", "listClients", "address", NULL, ",\"count\":1000", false, NO_TIME, false },
	{ "rooms", "listRooms", NULL, NULL, ",\"count\":1000", false, NO_TIME, false },
	{ "room", "getRoom", "room", NULL, NULL, false, NO_TIME, false },
	{ "close", "closeRoom", "room", NULL, NULL, false, SECONDS, false },
	{ "open", "openRoom", "room", NULL, NULL, false, NO_TIME, false },
	{ "say", "say", "room", "data", ",\"type\":\"text\"", false, NO_TIME, false },
	{ "send", "sendToUser", "user", "data", ",\"type\":\"text\"", false, NO_TIME, false },
	{ "notice", "notice", "text", NULL, NULL, false, SECONDS, true },
	{ "kick", "kick", "client", NULL, NULL, false, NO_TIME, false },
	{ "ban", "ban", "address", NULL, NULL, false, SECONDS, false },
	{ "ban-user", "ban", "user", NULL, NULL, false, SECONDS, false },
	{ "unban", "unban", "address", NULL, NULL, false, NO_TIME, false },
	{ "unban-user", "unban", "user", NULL, NULL, false, NO_TIME, false },
	{ "wipe", "wipe", "topic", NULL, NULL, false, NO_TIME, false },
	{ "wipe-user", "wipe", "user", NULL, NULL, false, NO_TIME, false },
	{ "bans", "listBans", NULL, NULL, NULL, false, NO_TIME, false },
	{ "refusals", "listRefusals", NULL, NULL, ",\"count\":200", false, NO_TIME, false },
	{ "history", "getHistory", NULL, NULL, NULL, false, MINUTES, false },
	{ "limits", "getLimits", NULL, NULL, NULL, false, NO_TIME, false },
	{ "stats", "getStats", NULL, NULL, NULL, false, NO_TIME, false },
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
	if (c->levelled) {
		write_member(out, "level", o->level);
		write_member(out, "prefix", o->prefix);
	}
	if (c->timed == SECONDS && o->for_s)
		buf_printf(out, ",\"seconds\":%" PRId64, o->for_s);
	if (c->timed == MINUTES)
		buf_printf(out, ",\"count\":%" PRId64, ((o->for_s ? o->for_s : HISTORY_S) + 59) / 60);
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

/* ---- the command line ---- */

static const struct option long_options[] = {
	{ "host", required_argument, NULL, 'h' },
	{ "port", required_argument, NULL, 'p' },
	{ "user", required_argument, NULL, 'u' },
	{ "password-file", required_argument, NULL, 'P' },
	{ "cafile", required_argument, NULL, 'c' },
	{ "for", required_argument, NULL, 'f' },
	{ "level", required_argument, NULL, 'l' },
	{ "prefix", required_argument, NULL, 'x' },
	{ "broker", required_argument, NULL, 'b' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, '?' }, /* beside others: main() knows it alone */
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
	case 'x':
		o->prefix = optarg;
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
	if (!c || n > arguments_of(c) || (n < arguments_of(c) && !c->optional) || (o->for_s && !c->timed) ||
	    ((o->level || o->prefix) && !c->levelled))
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
		status = ctl_print_answer(buf_view(&s.answer), o->json);
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

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return ctl_help();
	if (argc > 1 && strcmp(argv[1], "token") == 0)
		return ctl_token(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "uplink") == 0)
		return ctl_uplink(argc - 1, argv + 1);
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
