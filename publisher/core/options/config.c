#include "publisher/core/options/config.h"

#include "base/log.h"
#include "base/topic.h"
#include "publisher/core/names/about.h"
#include "publisher/core/names/encoding.h"
#include "publisher/core/names/schema.h"
#include "publisher/core/options/broker_list.h"
#include "publisher/core/options/page_config.h"
#include "publisher/core/options/url.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ENV_PREFIX "SCOREBOARD_"
#define PREFIX_MAX_BYTES 200

struct row {
	const char *name;
	enum config_type type;
	const char *initial;
	int64_t min, max;
	const char *argument, *help;
};

static const struct row rows[CONF_COUNT] = {
#define CONFIG_ROW(id, name, type, dflt, min, max, arg, help) { name, CONFIG_##type, dflt, min, max, arg, help },
	CONFIG_ROWS(CONFIG_ROW)
#undef CONFIG_ROW
};

static const struct {
	const char *name;
	enum config_command command;
	const char *help;
} commands[] = {
	{ "help", COMMAND_HELP, "this text" },
	{ "version", COMMAND_VERSION, "the program's version" },
	{ "map", COMMAND_MAP, "read paths on stdin; print path, topic, class, visibility, register list of each" },
	{ "print-config", COMMAND_PRINT_CONFIG, "print the options in force as a config file" },
	{ "check-config", COMMAND_CHECK_CONFIG, "check options and schema, and exit" },
};

static bool read_switch(struct str value, int64_t *out)
{
	*out = str_is(value, "true") || str_is(value, "yes") || str_is(value, "1");
	return *out || str_is(value, "false") || str_is(value, "no") || str_is(value, "0");
}

static bool has_control(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.p[i] < 0x20 || value.p[i] == 0x7F)
			return true;
	return false;
}

enum from {
	FROM_DEFAULT,
	FROM_FILE,
	FROM_ENVIRONMENT,
	FROM_ARGUMENTS,
};

/* A config that is being read, and from where. */
struct reader {
	struct config *config;
	const char *where; /* "SCOREBOARD_NAME" or "--name", with which a complaint begins; "" in a file, where `line` says it */
	unsigned line;     /* of a file; else 0 */
	enum from from;
	struct complaint *why;
};

static int fail(const struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Complains about what is being read and returns 1. */
static int fail(const struct reader *r, const char *fmt, ...)
{
	char what[2 * COMPLAINT_TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return complaint_say(r->why, r->line, "%s%s%s", r->where, *r->where ? ": " : "", what);
}

/* The value as a new text. NULL: no memory. */
static char *text_of(const struct reader *r, size_t id, struct str value)
{
	const struct config_value *v = &r->config->v[id];
	struct buf text = { 0 };

	if (rows[id].type != CONFIG_LIST || v->from != (int)r->from || !v->text)
		return str_dup(value);
	buf_printf(&text, "%s %.*s", v->text, STR_ARGS(value));
	if (text.failed)
		buf_free(&text);
	return text.p;
}

static int set(const struct reader *r, size_t id, struct str value)
{
	const struct row *row = &rows[id];
	struct config_value *v = &r->config->v[id];
	int64_t n = 0;
	char *copy;

	if (has_control(value)) /* --print-config could not write it as a line of a file */
		return fail(r, "%s must not hold control characters", row->name);
	if (row->type == CONFIG_NUMBER && (!str_to_int(value, &n) || n < row->min || n > row->max))
		return fail(r, "%s must be a whole number from %" PRId64 " to %" PRId64 ", not \"%.*s\"", row->name,
			    row->min, row->max, STR_ARGS(value));
	if (row->type == CONFIG_SWITCH && !read_switch(value, &n))
		return fail(r, "%s must be true or false, not \"%.*s\"", row->name, STR_ARGS(value));
	copy = text_of(r, id, value);
	if (!copy)
		return fail(r, "out of memory");
	free(v->text);
	*v = (struct config_value){ copy, n, (int)r->from };
	return 0;
}

static size_t find_row(struct str name)
{
	size_t i = 0;

	while (i < CONF_COUNT && !str_is(name, rows[i].name))
		i++;
	return i;
}

int config_defaults(struct config *c, struct complaint *why)
{
	const struct reader r = { .config = c, .where = "default", .from = FROM_DEFAULT, .why = why };

	*c = (struct config){ 0 };
	for (size_t i = 0; i < CONF_COUNT; i++)
		if (set(&r, i, str_of(rows[i].initial)))
			return 1;
	return 0;
}

void config_free(struct config *c)
{
	for (size_t i = 0; i < CONF_COUNT; i++)
		free(c->v[i].text);
	*c = (struct config){ 0 };
}

static int read_line(const struct reader *r, struct str line)
{
	struct str name, value = str_trim(line);
	size_t id;

	if (!value.len || value.p[0] == '#')
		return 0;
	if (!memchr(value.p, '=', value.len))
		return fail(r, "expected `name = value`");
	str_split(&value, '=', &name);
	id = find_row(str_trim(name));
	if (id == CONF_COUNT)
		return fail(r, "unknown option \"%.*s\"", STR_ARGS(str_trim(name)));
	return set(r, id, str_trim(value));
}

int config_read_file(struct config *c, struct str text, struct complaint *why)
{
	struct reader r = { .config = c, .where = "", .from = FROM_FILE, .why = why };
	struct str line;

	while (str_split(&text, '\n', &line)) {
		r.line++;
		if (read_line(&r, line))
			return 1;
	}
	return 0;
}

static void env_name(const char *name, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, ENV_PREFIX);

	for (; *name && n + 1 < size; name++)
		out[n++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	out[n] = '\0';
}

int config_read_env(struct config *c, char *(*get)(const char *name), struct complaint *why)
{
	for (size_t i = 0; i < CONF_COUNT; i++) {
		char name[64];
		const struct reader r = { .config = c, .where = name, .from = FROM_ENVIRONMENT, .why = why };
		const char *value;

		env_name(rows[i].name, name, sizeof(name));
		value = get(name);
		if (value && set(&r, i, str_of(value)))
			return 1;
	}
	return 0;
}

static bool take_command(struct str name, enum config_command *command)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (str_is(name, commands[i].name)) {
			*command = commands[i].command;
			return true;
		}
	}
	return false;
}

/* The value of the option at argv[*i]: what stands behind its `=`, or the next argument, to which *i then moves. NULL when there is
 * neither. */
static const char *take_value(int argc, char **argv, int *i)
{
	const char *eq = strchr(argv[*i], '=');

	if (eq)
		return eq + 1;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static struct str option_name(const char *arg)
{
	return (struct str){ arg + 2, strcspn(arg + 2, "=") };
}

static bool is_switch(struct str name)
{
	size_t id = find_row(str_starts(name, STR("no-")) ? str_skip(name, 3) : name);

	return id < CONF_COUNT && rows[id].type == CONFIG_SWITCH;
}

/* Takes a switch, in any of its forms: --loop, --no-loop, --loop=true. */
static int take_switch(const struct reader *r, const char *arg)
{
	struct str name = option_name(arg);
	bool off = str_starts(name, STR("no-"));
	const char *eq = strchr(arg, '=');

	if (off && eq)
		return fail(r, "takes no value");
	return set(r, find_row(off ? str_skip(name, 3) : name), eq ? str_of(eq + 1) : (off ? STR("false") : STR("true")));
}

/* Takes the option at argv[*i]. *i moves on when the option's value is an argument of its own. */
static int take_option(const struct reader *r, int argc, char **argv, int *i)
{
	struct str name = option_name(argv[*i]);
	size_t id = find_row(name);
	const char *value;

	if (is_switch(name))
		return take_switch(r, argv[*i]);
	if (id == CONF_COUNT && !str_is(name, "config"))
		return fail(r, "unknown option; --help lists them all");
	if (id < CONF_COUNT && rows[id].type == CONFIG_SECRET)
		return fail(r, "not on the command line, where others can read it: use --password-file");
	value = take_value(argc, argv, i);
	if (!value)
		return fail(r, "needs a value");
	return id < CONF_COUNT ? set(r, id, str_of(value)) : 0; /* the value of --config is for config_find_file() */
}

int config_read_args(struct config *c, int argc, char **argv, struct complaint *why)
{
	char where[80];
	const struct reader r = { .config = c, .where = where, .from = FROM_ARGUMENTS, .why = why };

	c->command = COMMAND_RUN;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-h") == 0) {
			c->command = COMMAND_HELP;
			continue;
		}
		if (strncmp(argv[i], "--", 2) != 0)
			return complaint_say(why, 0, "%s: not an option; --help lists them all", complaint_value(argv[i]).text);
		/* complaints begin with the option's name alone, because the value behind its `=` may be a secret */
		snprintf(where, sizeof(where), "--%.*s", STR_ARGS(option_name(argv[i])));
		if (!take_command(option_name(argv[i]), &c->command) && take_option(&r, argc, argv, &i))
			return 1;
	}
	return 0;
}

const char *config_find_file(int argc, char **argv, char *(*get)(const char *name))
{
	const char *found = get(ENV_PREFIX "CONFIG");

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--config", 8) == 0 && (argv[i][8] == '=' || !argv[i][8]))
			found = take_value(argc, argv, &i);
	return found;
}

static int check_source(const struct config *c, struct complaint *why)
{
	const char *text = config_text(c, CONF_SOURCE);
	struct source_address address;

	if (!source_address_read(str_of(text), &address, why))
		return 0;
	return complaint_say(why, 0, "source: \"%s\": %s", complaint_value(text).text, why->text);
}

/* It would be added to the game that is played, and played as well. */
static int check_history(const struct config *c, struct complaint *why)
{
	if (*config_text(c, CONF_HISTORY) && str_starts(str_of(config_text(c, CONF_SOURCE)), STR("history:")))
		return complaint_say(why, 0, "history: a game that is played again is not kept");
	return 0;
}

static int check_broker(const struct config *c, struct complaint *why)
{
	struct complaint list_why;
	struct broker_list list;

	if (broker_list_read(str_of(config_text(c, CONF_BROKER)), &list, &list_why))
		return complaint_say(why, 0, "broker: %s", list_why.text);
	if (list.n && !*config_text(c, CONF_CERT_FILE) != !*config_text(c, CONF_KEY_FILE))
		return complaint_say(why, 0, "cert-file: cert-file and key-file belong together");
	return 0;
}

/* The prefix begins paths of HTTP, too, where browsers and proxies drop or resolve empty levels and dots. */
static bool is_prefix(struct str text)
{
	struct str level, rest = text;

	if (!topic_name_valid(text) || text.len > PREFIX_MAX_BYTES || str_starts(text, STR("$")))
		return false;
	while (str_split(&rest, '/', &level))
		if (!level.len || str_is(level, ".") || str_is(level, ".."))
			return false;
	return true;
}

static bool is_about(const struct config *c)
{
	return about_valid(&(struct about){ config_text(c, CONF_TITLE), "", config_text(c, CONF_ADDRESS) });
}

static bool are_tracks(const char *text)
{
	struct str rest = str_of(text), prefix, title;

	while (page_config_track(&rest, &prefix, &title))
		if (!is_prefix(prefix))
			return false;
	return page_config_tracks_valid(text);
}

/* Below the prefix the publisher clears what is not the scoreboard's. */
static bool is_beside_prefix(const struct config *c, struct str text)
{
	struct str prefix = str_of(config_text(c, CONF_PREFIX));

	return is_prefix(text) && !(str_starts(text, prefix) && (text.len == prefix.len || text.p[prefix.len] == '/'));
}

static bool is_standby(const char *text)
{
	return strcmp(text, "no") == 0 || strcmp(text, "cold") == 0 || strcmp(text, "warm") == 0;
}

/* Complains that the option's value is not what it must be, and returns 1. */
static int refuse(const struct config *c, enum config_id id, const char *what, struct complaint *why)
{
	return complaint_say(why, 0, "%s: \"%s\" %s", rows[id].name, complaint_value(config_text(c, id)).text, what);
}

/* What is said to pages and of the scoreboard. */
static int check_pages(const struct config *c, struct complaint *why)
{
	struct str host;
	int port;

	if (!is_about(c))
		return refuse(c, CONF_TITLE, "with its addresses must be short UTF-8", why);
	if (!page_config_servers_valid(config_text(c, CONF_PAGE_SERVER)))
		return refuse(c, CONF_PAGE_SERVER, "must be up to 8 short addresses ws://... or wss://...", why);
	if (!are_tracks(config_text(c, CONF_TRACKS)))
		return refuse(c, CONF_TRACKS, "must be PREFIX=TITLE, PREFIX=TITLE ... of up to 64 tracks", why);
	if (strpbrk(config_text(c, CONF_FRAME_ANCESTORS), ";,") || !*config_text(c, CONF_FRAME_ANCESTORS))
		return refuse(c, CONF_FRAME_ANCESTORS, "must be sites with blanks between, * or 'none'", why);
	if (*config_text(c, CONF_HTTP) && !url_parse_listen(str_of(config_text(c, CONF_HTTP)), &host, &port))
		return refuse(c, CONF_HTTP, "must be ADDR:PORT", why);
	return 0;
}

static int check_names(const struct config *c, struct complaint *why)
{
	enum schema_list list;
	enum log_level level;
	enum log_format format;

	if (!is_prefix(str_of(config_text(c, CONF_PREFIX))))
		return refuse(c, CONF_PREFIX, "can't begin MQTT topics and paths of HTTP", why);
	if (!schema_list_from_name(config_text(c, CONF_REGISTER), &list))
		return refuse(c, CONF_REGISTER, "must be live or full", why);
	if (!log_level_from_name(config_text(c, CONF_LOG_LEVEL), &level))
		return refuse(c, CONF_LOG_LEVEL, "must be error, warn, info or debug", why);
	if (!log_format_from_name(config_text(c, CONF_LOG_FORMAT), &format))
		return refuse(c, CONF_LOG_FORMAT, "must be text or json", why);
	if (strcmp(config_text(c, CONF_MQTT_VERSION), "5") != 0 && strcmp(config_text(c, CONF_MQTT_VERSION), "3.1.1") != 0)
		return refuse(c, CONF_MQTT_VERSION, "must be 5 or 3.1.1", why);
	if (!is_standby(config_text(c, CONF_STANDBY)))
		return refuse(c, CONF_STANDBY, "must be no, cold or warm", why);
	if (!encodings_valid(str_of(config_text(c, CONF_ENCODINGS))))
		return refuse(c, CONF_ENCODINGS, "must be json, packed or both; or a list as packed,VIEW=json", why);
	if (*config_text(c, CONF_HOME_ASSISTANT) && !is_beside_prefix(c, str_of(config_text(c, CONF_HOME_ASSISTANT))))
		return refuse(c, CONF_HOME_ASSISTANT, "can't begin MQTT topics beside our prefix", why);
	return 0;
}

int config_check(const struct config *c, struct complaint *why)
{
	return check_source(c, why) || check_history(c, why) || check_broker(c, why) || check_names(c, why) || check_pages(c, why);
}

void config_print(const struct config *c, struct buf *out)
{
	for (size_t i = 0; i < CONF_COUNT; i++) {
		if (rows[i].type != CONFIG_SECRET)
			buf_printf(out, "%s = %s\n", rows[i].name, c->v[i].text);
		else if (*c->v[i].text)
			buf_printf(out, "# %s is set\n", rows[i].name);
	}
}

static void help_row(struct buf *out, const struct row *row)
{
	char head[64];

	snprintf(head, sizeof(head), "--%s%s%s", row->name, *row->argument ? " " : "", row->argument);
	buf_printf(out, "  %-26s %s", head, row->help);
	if (*row->initial)
		buf_printf(out, "  [%s]", row->initial);
	buf_char(out, '\n');
}

void config_help(struct buf *out)
{
	buf_puts(out, "scoreboard-publisher: mirrors a live scoreboard into retained MQTT topics.\n\n"
		      "  scoreboard-publisher --source ws://HOST:8000/WS/ --broker mqtt://HOST\n\n"
		      "Options, also as lines `name = value` of a file, or as SCOREBOARD_NAME in the environment:\n");
	help_row(out, &(struct row){ .name = "config", .argument = "FILE", .help = "read options from a file", .initial = "" });
	for (size_t i = 0; i < CONF_COUNT; i++)
		help_row(out, &rows[i]);
	buf_puts(out, "\nInstead of running:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		help_row(out, &(struct row){ .name = commands[i].name, .argument = "", .help = commands[i].help, .initial = "" });
	buf_puts(out, "\nSignals: TERM and INT leave `offline` in PREFIX/status and exit; HUP reads the schema again.\n"
		      "Exit status: 0 done, 1 can't run, 2 wrong options.\n");
}
