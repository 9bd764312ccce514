/* scoreboard-publisher: options in, parts together, loop. */
#include "base/hash.h"
#include "publisher/core/options/broker_list.h"
#include "publisher/io/history/history.h"
#include "publisher/io/sources/recorder.h"
#include "publisher/io/sources/sources.h"
#include "publisher/io/sources/ws_source.h"
#include "publisher/io/watch.h"
#include "publisher/io/web/web_file.h"
#include "publisher/loop.h"
#include "publisher/map_command.h"

#include <errno.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define EXIT_CANT_RUN 1
#define EXIT_USAGE 2
#define RX_BYTES 65536
/* When a connection to the broker was of use for less than this, the waits between attempts go on growing. So two publishers with one
 * client id, who throw each other out, do it less and less often. */
#define SETTLE_MS 5000
/* The longest wait before a scoreboard is dialled again, whatever the options say: a jam lasts two minutes, and nobody else mirrors it.
 * Up to a quarter is added by chance, so that it is 5 s at most. */
#define SCOREBOARD_RETRY_MAX_MS 4000
/* The same of one behind an uplink: an order to a page costs nobody much, and its tab may be back at any moment. */
#define UPLINK_RETRY_MAX_MS 2000
#define UNANSWERED_MAX_MS 4000 /* of a broker that does not answer: it is found again within five seconds, by a publisher that harms nobody */
#define LWS_LINES 5
#define LWS_LINES_MS 10000

_Static_assert(BROKER_LIST_MAX <= BROKERS_MAX, "the bridge has a place for each broker of the option");

struct program {
	struct config config;
	struct broker_list brokers; /* none when the source follows: then nobody is told */
	struct buf names[BROKER_LIST_MAX];
	struct loop loop;
	struct complaint why; /* why it can't run */
};

/* A scoreboard can make libwebsockets log any number of errors. In each span of LWS_LINES_MS the first LWS_LINES of them are logged, and
 * then how many more there were. */
static bool lws_may_warn(mono now)
{
	static mono window_ends; /* static, because libwebsockets' log function is given nothing of ours */
	static unsigned int n;

	if (mono_reached(now, window_ends)) {
		if (n > LWS_LINES)
			log_warn("libwebsockets", "more lines like these  more_since_last=%u", n - LWS_LINES);
		window_ends = mono_add(now, LWS_LINES_MS);
		n = 0;
	}
	return ++n <= LWS_LINES;
}

/* What libwebsockets logs: its errors are warnings of ours, all else is for debugging. */
static void lws_log(int level, const char *line)
{
	int len = (int)strcspn(line, "\n");

	if (!(level & LLL_ERR))
		log_debug("libwebsockets", "%.*s", len, line);
	else if (lws_may_warn(mono_now()))
		log_warn("libwebsockets", "%.*s", len, line);
}

static int usage(const struct complaint *why)
{
	fprintf(stderr, "scoreboard-publisher: %s\n", why->text);
	return EXIT_USAGE;
}

/* --- files --- */

static int read_file(const char *path, struct buf *out, struct complaint *why)
{
	FILE *f = fopen(path, "re");
	char chunk[65536];
	bool failed;
	size_t n;

	if (!f)
		return complaint_say(why, 0, "can't read %s: %s", complaint_value(path).text, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	failed = ferror(f);
	fclose(f);
	return failed ? complaint_say(why, 0, "can't read %s", complaint_value(path).text) : 0;
}

static const char *schema_file(const struct config *c)
{
	const char *file = config_text(c, CONF_SCHEMA);

	return *file ? file : SCHEMA_DEFAULT_FILE;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* NULL with a complaint: "FILE: line N: reason", or that the file can't be read. */
static struct schema *load_schema(const struct config *c, struct complaint *why)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct schema *schema = NULL;

	if (read_file(schema_file(c), &text, why))
		return NULL;
	if (schema_new(buf_view(&text), &schema, why))
		complaint_say(why, 0, "%s: line %u: %s", complaint_value(schema_file(c)).text, why->line, why->text);
	return schema;
}

/* --- options --- */

static int read_config_file(struct config *c, const char *path, struct complaint *why)
{
	BUF_CLEANUP struct buf text = { 0 };

	if (read_file(path, &text, why))
		return 1;
	if (config_read_file(c, buf_view(&text), why))
		return complaint_say(why, 0, "%s:%u: %s", complaint_value(path).text, why->line, why->text);
	return 0;
}

static int read_options(struct program *p, int argc, char **argv)
{
	const char *file = config_find_file(argc, argv, getenv);

	if (config_defaults(&p->config, &p->why))
		return 1;
	if (file && read_config_file(&p->config, file, &p->why))
		return 1;
	return config_read_env(&p->config, getenv, &p->why) ||
	       config_read_args(&p->config, argc, argv, &p->why) ||
	       (p->config.command != COMMAND_HELP && p->config.command != COMMAND_VERSION &&
		config_check(&p->config, &p->why));
}

static int print_and_free(struct buf *out)
{
	fputs(out->p ? out->p : "", stdout);
	buf_free(out);
	return fflush(stdout) ? EXIT_CANT_RUN : EXIT_SUCCESS;
}

static int print_help(void)
{
	struct buf out = { 0 };

	config_help(&out);
	return print_and_free(&out);
}

static int print_config(const struct config *c)
{
	struct buf out = { 0 };

	config_print(c, &out);
	return print_and_free(&out);
}

/* --- running --- */

static struct lws_context *make_lws(const struct config *c)
{
	static const struct lws_protocols protocols[] = {
		{ .name = WS_SOURCE_PROTOCOL, .callback = ws_source_callback, .rx_buffer_size = RX_BYTES },
		{ .name = WEB_FILE_PROTOCOL, .callback = web_file_callback, .rx_buffer_size = RX_BYTES },
		{ .name = WATCH_PROTOCOL, .callback = watch_callback },
		{ 0 },
	};
	const char *ca = config_text(c, CONF_SOURCE_CA_FILE);
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.extensions = ws_source_extensions(),
		.vhost_name = "default",
		.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
		.client_ssl_ca_filepath = *ca ? ca : NULL,
		.pt_serv_buf_size = RX_BYTES,
	};

	return lws_create_context(&info);
}

/* The brokers that we tell. */
static int list_brokers(struct program *p, const struct source_ops *ops)
{
	if (ops->follows)
		return 0;
	if (broker_list_read(str_of(config_text(&p->config, CONF_BROKER)), &p->brokers, &p->why))
		return 1; /* not reached: config_check() has accepted it */
	for (size_t i = 0; i < p->brokers.n; i++)
		broker_name(&p->brokers.at[i], &p->names[i]);
	return 0;
}

/* Of a scoreboard, when the options say `asked`. */
static int64_t retry_max_ms(const struct source_ops *ops, int64_t asked)
{
	int64_t most = ops->for_leader ? UPLINK_RETRY_MAX_MS : SCOREBOARD_RETRY_MAX_MS;

	return asked < most ? asked : most;
}

static struct bridge_config bridge_config_of(const struct program *p, const struct source_ops *ops)
{
	const struct config *c = &p->config;
	const struct link_config base = {
		.backoff_first_ms = config_number(c, CONF_RETRY_FIRST),
		.backoff_max_ms = config_number(c, CONF_RETRY_MAX),
		.dial_timeout_ms = config_number(c, CONF_DIAL_TIMEOUT),
	};
	struct bridge_config b = {
		.prefix = config_text(c, CONF_PREFIX),
		.window = (size_t)config_number(c, CONF_WINDOW),
		.max_state_bytes = (size_t)config_number(c, CONF_MAX_STATE),
		.encodings = config_text(c, CONF_ENCODINGS),
		.home_assistant = config_text(c, CONF_HOME_ASSISTANT),
		.about = { config_text(c, CONF_TITLE), base_name(schema_file(c)), config_text(c, CONF_ADDRESS) },
		.source = base,
		.sink = base,
		.source_registers = ops->registers,
		.source_redials = ops->redials,
		.source_follows = ops->follows,
		.source_has_files = ops->fetch && *config_text(c, CONF_HTTP), /* without HTTP nobody would get them */
		.source_for_leader = ops->for_leader,
		.n_brokers = p->brokers.n,
	};

	for (size_t i = 0; i < b.n_brokers; i++)
		b.brokers[i] = buf_view(&p->names[i]).p;
	b.sink.settle_ms = SETTLE_MS;
	b.sink.unanswered_max_ms = UNANSWERED_MAX_MS;
	if (!standby_kind_from_name(config_text(c, CONF_STANDBY), &b.standby))
		b.standby = STANDBY_OFF; /* not reached: config_check() has accepted the name */
	if (b.standby != STANDBY_OFF && b.sink.backoff_max_ms > STANDBY_BLIND_MS)
		b.sink.backoff_max_ms = STANDBY_BLIND_MS;
	if (!schema_list_from_name(config_text(c, CONF_REGISTER), &b.list))
		b.list = LIST_LIVE; /* not reached: config_check() has accepted the name */
	if (ops->keeps_time)
		b.source.backoff_max_ms = retry_max_ms(ops, b.source.backoff_max_ms);
	if (ops->keeps_time) {
		b.source.ping_every_ms = config_number(c, CONF_PING_EVERY);
		b.source.pong_within_ms = config_number(c, CONF_PONG_WITHIN);
	}
	if (ops->keeps_time || ops->follows)
		b.source.silence_ms = config_number(c, CONF_STALE_AFTER);
	return b;
}

static int make_sinks(struct program *p)
{
	struct loop *l = &p->loop;

	for (size_t i = 0; i < p->brokers.n; i++) {
		l->sinks[i] = mqtt_sink_new(&l->io, i, &p->brokers.at[i], &p->why);
		if (!l->sinks[i])
			return 1;
		l->n_sinks++;
	}
	return 0;
}

/* The history has a schema of its own, since a publisher that follows has none else. It goes by it until the end. */
static int make_history(struct program *p)
{
	struct io *io = &p->loop.io;
	struct schema *schema;

	if (!*config_text(io->config, CONF_HISTORY))
		return 0;
	schema = load_schema(io->config, &p->why);
	if (schema)
		io->history = history_new(io, schema, &p->why);
	return !io->history;
}

/* What is made before a failure is left for free_parts(). */
static int make_parts(struct program *p)
{
	struct io *io = &p->loop.io;
	const struct config *c = &p->config;
	struct schema *schema = NULL;
	struct bridge_config cfg;

	io->config = c;
	io->lws = make_lws(c);
	if (!io->lws)
		return complaint_say(&p->why, 0, "out of memory");
	p->loop.source = source_new(io, &p->why);
	if (!p->loop.source)
		return 1;
	if (list_brokers(p, p->loop.source->ops))
		return 1;
	cfg = bridge_config_of(p, p->loop.source->ops);
	if (!cfg.source_follows && !(schema = load_schema(c, &p->why)))
		return 1;
	io->bridge = bridge_new(&cfg, schema);
	if (!io->bridge)
		return complaint_say(&p->why, 0, "out of memory");
	if (make_sinks(p))
		return 1;
	if (*config_text(c, CONF_RECORD) && !(io->recorder = recorder_new(io, config_text(c, CONF_RECORD), &p->why)))
		return 1;
	if (make_history(p))
		return 1;
	return *config_text(c, CONF_HTTP) && !(p->loop.http = http_server_new(io, &p->why));
}

static void free_parts(struct program *p)
{
	struct io *io = &p->loop.io;

	if (io->lws)
		lws_context_destroy(io->lws);
	http_server_free(p->loop.http);
	history_free(io->history);
	for (size_t i = 0; i < p->loop.n_sinks; i++)
		mqtt_sink_free(p->loop.sinks[i]);
	if (p->loop.source)
		p->loop.source->ops->free(p->loop.source);
	recorder_free(io->recorder);
	bridge_free(io->bridge);
	for (size_t i = 0; i < p->brokers.n; i++)
		buf_free(&p->names[i]);
}

static void reload(struct loop *l)
{
	struct complaint why = { 0, "" };
	struct schema *schema;

	if (l->source->ops->follows)
		return; /* we have no schema: the feed that we follow was made by another publisher's */
	schema = load_schema(l->io.config, &why);
	bridge_reload(l->io.bridge, schema, why.text, io_now());
}

/* Each HTTP client needs a descriptor. The usual soft limit of 1,024 is meant for programs that use select(), which we do not. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void set_up_log(const struct config *c)
{
	enum log_level level;
	enum log_format format;

	/* config_check() has accepted both names */
	if (!log_level_from_name(config_text(c, CONF_LOG_LEVEL), &level))
		level = LOG_LEVEL_INFO;
	if (!log_format_from_name(config_text(c, CONF_LOG_FORMAT), &format))
		format = LOG_FORMAT_TEXT;
	log_set_level(level);
	log_set_format(format);
	lws_set_log_level(LLL_ERR | (level == LOG_LEVEL_DEBUG ? LLL_WARN | LLL_NOTICE : 0), lws_log);
}

static int run(struct program *p)
{
	int status = EXIT_SUCCESS;

	set_up_log(&p->config);
	raise_descriptor_limit();
	hash_draw_key(); /* the scoreboard chooses the paths, and so the keys of our hash tables */
	if (make_parts(p)) {
		log_error("main", "can't start  reason=\"%s\"", p->why.text);
		status = EXIT_CANT_RUN;
	} else {
		log_info("main", "started  version=" PROGRAM_VERSION " source=%s broker=%s prefix=%s",
			 config_text(&p->config, CONF_SOURCE), config_text(&p->config, CONF_BROKER),
			 config_text(&p->config, CONF_PREFIX));
		loop_run(&p->loop, reload);
	}
	free_parts(p);
	return status;
}

static int check(struct program *p)
{
	struct schema *schema = load_schema(&p->config, &p->why);

	if (!schema)
		return usage(&p->why);
	schema_free(schema);
	puts("ok");
	return EXIT_SUCCESS;
}

static int map(struct program *p)
{
	struct schema *schema = load_schema(&p->config, &p->why);
	int failed;

	if (!schema)
		return usage(&p->why);
	failed = map_command(schema, config_text(&p->config, CONF_PREFIX), stdin, stdout);
	schema_free(schema);
	return failed ? EXIT_CANT_RUN : EXIT_SUCCESS;
}

static int obey(struct program *p)
{
	switch (p->config.command) {
	case COMMAND_HELP:
		return print_help();
	case COMMAND_VERSION:
		puts("scoreboard-publisher " PROGRAM_VERSION);
		return EXIT_SUCCESS;
	case COMMAND_MAP:
		return map(p);
	case COMMAND_PRINT_CONFIG:
		return print_config(&p->config);
	case COMMAND_CHECK_CONFIG:
		return check(p);
	case COMMAND_RUN:
		break;
	}
	return run(p);
}

int main(int argc, char **argv)
{
	struct program p = { 0 };
	int status = read_options(&p, argc, argv) ? usage(&p.why) : obey(&p);

	config_free(&p.config);
	return status;
}
