/* config - one table, four ways in, and what is said about bad values. */
#include "publisher/core/options/config.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "config";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECRET_TEXT "hunter2-hunter2"

static char *no_env(const char *name)
{
	(void)name;
	return NULL;
}

/* The names of all options, from the same rows as the enum: an independent copy of order and spelling. */
static const char *const names[] = {
#define NAME_OF(id, name, type, dflt, min, max, arg, help) name,
	CONFIG_ROWS(NAME_OF)
#undef NAME_OF
};

static void start(struct config *c, struct complaint *why)
{
	CU_ASSERT_FATAL(config_defaults(c, why) == 0);
}

/* argv[0] is added. NULL-terminated. */
static int read_args(struct config *c, const char *const *args, struct complaint *why)
{
	char *argv[16] = { (char *)(uintptr_t) "publisher" };
	int argc = 1;

	for (; *args; args++)
		argv[argc++] = (char *)(uintptr_t)*args;
	return config_read_args(c, argc, argv, why);
}

static void defaults_are_a_valid_configuration(void)
{
	struct complaint why = { 0, "" };
	struct config c;

	start(&c, &why);
	CHECK_INT(config_check(&c, &why), 0);
	CHECK_STR(config_text(&c, CONF_SOURCE), "ws://127.0.0.1:8000/WS/");
	CHECK_STR(config_text(&c, CONF_PREFIX), "scoreboard");
	CHECK_STR(config_text(&c, CONF_REGISTER), "live");
	CHECK_INT(config_number(&c, CONF_RETRY_MAX), 30000);
	CHECK_INT(config_number(&c, CONF_LOOP), 0);
	config_free(&c);
	config_free(&c);
}

static void a_file_is_lines_of_name_and_value(void)
{
	static const char text[] = "# a comment\n"
				   "\n"
				   "  source =  ws://h:1/a=b#c  \r\n"
				   "prefix=track/1\n"
				   "\t# another = one\n"
				   "loop = yes\n"
				   "speed=10\n"
				   "user =\n"
				   "password = " SECRET_TEXT "\n"
				   "speed = 20";
	struct complaint why = { 0, "" };
	struct config c;

	start(&c, &why);
	CHECK_INT(config_read_file(&c, str_of(text), &why), 0);
	CHECK_STR(config_text(&c, CONF_SOURCE), "ws://h:1/a=b#c");
	CHECK_STR(config_text(&c, CONF_PREFIX), "track/1");
	CHECK_STR(config_text(&c, CONF_USER), "");
	CHECK_STR(config_text(&c, CONF_PASSWORD), SECRET_TEXT);
	CHECK_INT(config_number(&c, CONF_LOOP), 1);
	CHECK_INT(config_number(&c, CONF_SPEED), 20);
	config_free(&c);
}

static void a_bad_file_is_refused_with_line_and_reason(void)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "nonsense", "x.conf:1: expected `name = value`" },
		{ "\n\nprefxi = a", "x.conf:3: unknown option \"prefxi\"" },
		{ "= a", "x.conf:1: unknown option \"\"" },
		{ "config = other.conf", "x.conf:1: unknown option \"config\"" },
		{ "help = true", "x.conf:1: unknown option \"help\"" },
		{ "speed = fast", "x.conf:1: speed must be a whole number from 0 to 1000, not \"fast\"" },
		{ "speed = 1001", "x.conf:1: speed must be a whole number from 0 to 1000, not \"1001\"" },
		{ "window = 0", "x.conf:1: window must be a whole number from 1 to 1000, not \"0\"" },
		{ "window =", "x.conf:1: window must be a whole number from 1 to 1000, not \"\"" },
		{ "speed = 1.5", "x.conf:1: speed must be a whole number" },
		{ "max-state-bytes = 99999999999999999999", "x.conf:1: max-state-bytes must be a whole number" },
		{ "loop = maybe", "x.conf:1: loop must be true or false, not \"maybe\"" },
		{ "loop", "x.conf:1: expected" },
		{ "prefix = a\x01", "x.conf:1: prefix must not hold control characters" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		char said[COMPLAINT_TEXT_SIZE + 30];
		struct config c;

		start(&c, &why);
		CHECK_INT(config_read_file(&c, str_of(rows[i].text), &why), 1);
		snprintf(said, sizeof(said), "x.conf:%u: %s", why.line, why.text);
		if (!str_starts(str_of(said), str_of(rows[i].error)))
			CHECK_STR(said, rows[i].error);
		config_free(&c);
	}
}

static char *some_env(const char *name)
{
	static char prefix[] = "from/env", loop[] = "true", password[] = SECRET_TEXT, retry[] = "77";

	if (strcmp(name, "SCOREBOARD_PREFIX") == 0)
		return prefix;
	if (strcmp(name, "SCOREBOARD_LOOP") == 0)
		return loop;
	if (strcmp(name, "SCOREBOARD_PASSWORD") == 0)
		return password;
	return strcmp(name, "SCOREBOARD_RETRY_FIRST_MS") == 0 ? retry : NULL;
}

static char *bad_env(const char *name)
{
	static char text[] = "many";

	return strcmp(name, "SCOREBOARD_WINDOW") == 0 ? text : NULL;
}

static void the_environment_counts_and_its_errors_name_the_variable(void)
{
	struct complaint why = { 0, "" };
	struct config c;

	start(&c, &why);
	CHECK_INT(config_read_env(&c, some_env, &why), 0);
	CHECK_STR(config_text(&c, CONF_PREFIX), "from/env");
	CHECK_STR(config_text(&c, CONF_PASSWORD), SECRET_TEXT);
	CHECK_INT(config_number(&c, CONF_LOOP), 1);
	CHECK_INT(config_number(&c, CONF_RETRY_FIRST), 77);
	CHECK_INT(config_read_env(&c, bad_env, &why), 1);
	CHECK_STR(why.text, "SCOREBOARD_WINDOW: window must be a whole number from 1 to 1000, not \"many\"");
	config_free(&c);
}

static void later_wins(void)
{
	static const char *const args[] = { "--prefix", "from/args", "--no-loop", NULL };
	struct complaint why = { 0, "" };
	struct config c;

	start(&c, &why);
	CHECK_INT(config_read_file(&c, STR("prefix = from/file\nuser = from-file\nloop = false"), &why), 0);
	CHECK_STR(config_text(&c, CONF_PREFIX), "from/file");
	CHECK_INT(config_read_env(&c, some_env, &why), 0);
	CHECK_STR(config_text(&c, CONF_PREFIX), "from/env");
	CHECK_INT(config_read_args(&c, 1, (char *[]){ (char[]){ "x" } }, &why), 0);
	CHECK_INT(config_number(&c, CONF_LOOP), 1);
	CHECK_INT(read_args(&c, args, &why), 0);
	CHECK_STR(config_text(&c, CONF_PREFIX), "from/args");
	CHECK_STR(config_text(&c, CONF_USER), "from-file");
	CHECK_INT(config_number(&c, CONF_LOOP), 0);
	config_free(&c);
}

static char *env_with_brokers(const char *name)
{
	static char value[] = "mqtt://c mqtt://d";

	return strcmp(name, "SCOREBOARD_BROKER") == 0 ? value : NULL;
}

/* One way adds to what it has said itself, and replaces what an earlier one has said. */
static void a_list_grows_within_one_way_only(void)
{
	static const char *const args[] = { "--broker", "mqtt://e", "--broker=mqtt://f", NULL };
	struct complaint why = { 0, "" };
	struct config c;

	start(&c, &why);
	CHECK_INT(config_read_file(&c, STR("broker = mqtt://a\nprefix = p\nbroker = mqtt://b\n"), &why), 0);
	CHECK_STR(config_text(&c, CONF_BROKER), "mqtt://a mqtt://b");
	CHECK_INT(config_read_env(&c, env_with_brokers, &why), 0);
	CHECK_STR(config_text(&c, CONF_BROKER), "mqtt://c mqtt://d");
	CHECK_INT(read_args(&c, args, &why), 0);
	CHECK_STR(config_text(&c, CONF_BROKER), "mqtt://e mqtt://f");
	config_free(&c);
}

static void the_command_line_has_two_forms_and_commands(void)
{
	static const struct {
		const char *args[6];
		enum config_command command;
	} rows[] = {
		{ { "--prefix", "p" }, COMMAND_RUN },
		{ { "--prefix=p" }, COMMAND_RUN },
		{ { "--prefix=p", "--loop", "--map" }, COMMAND_MAP },
		{ { "--loop=true", "--prefix=q", "--prefix=p" }, COMMAND_RUN },
		{ { "--config", "ignored.conf", "--prefix", "p" }, COMMAND_RUN },
		{ { "--config=ignored.conf", "--prefix", "p", "--print-config" }, COMMAND_PRINT_CONFIG },
		{ { "--prefix", "p", "--check-config" }, COMMAND_CHECK_CONFIG },
		{ { "--prefix", "p", "--version" }, COMMAND_VERSION },
		{ { "-h", "--prefix", "p" }, COMMAND_HELP },
		{ { "--prefix", "p", "--help" }, COMMAND_HELP },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct config c;

		start(&c, &why);
		CHECK_INT(read_args(&c, rows[i].args, &why), 0);
		CHECK_INT(c.command, rows[i].command);
		CHECK_STR(config_text(&c, CONF_PREFIX), "p");
		config_free(&c);
	}
}

static void bad_arguments_are_refused_by_name(void)
{
	static const struct {
		const char *args[4], *error;
	} rows[] = {
		{ { "--prefxi", "a" }, "--prefxi: unknown option; --help lists them all" },
		{ { "stray" }, "stray: not an option; --help lists them all" },
		{ { "-x" }, "-x: not an option; --help lists them all" },
		{ { "" }, ": not an option; --help lists them all" },
		{ { "--" }, "--: unknown option; --help lists them all" },
		{ { "--prefix" }, "--prefix: needs a value" },
		{ { "--config" }, "--config: needs a value" },
		{ { "--speed", "fast" }, "--speed: speed must be a whole number from 0 to 1000, not \"fast\"" },
		{ { "--speed=-1" }, "--speed: speed must be a whole number from 0 to 1000, not \"-1\"" },
		{ { "--loop=perhaps" }, "--loop: loop must be true or false, not \"perhaps\"" },
		{ { "--no-loop=true" }, "--no-loop: takes no value" },
		{ { "--no-prefix" }, "--no-prefix: unknown option; --help lists them all" },
		{ { "--prefix", "a\nuser = b" }, "--prefix: prefix must not hold control characters" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct config c;

		start(&c, &why);
		CHECK_INT(read_args(&c, rows[i].args, &why), 1);
		CHECK_STR(why.text, rows[i].error);
		config_free(&c);
	}
}

static void a_secret_is_not_taken_from_argv_and_never_printed(void)
{
	static const char *const forms[][3] = { { "--password", SECRET_TEXT }, { "--password=" SECRET_TEXT }, { "--pasword=" SECRET_TEXT } };
	struct complaint why = { 0, "" };
	BUF_CLEANUP struct buf out = { 0 };
	struct config c;

	start(&c, &why);
	config_print(&c, &out);
	CU_ASSERT(strstr(out.p, "password is set") == NULL);
	for (size_t i = 0; i < COUNT(forms); i++) {
		CHECK_INT(read_args(&c, forms[i], &why), 1);
		CU_ASSERT(strstr(why.text, SECRET_TEXT) == NULL);
	}
	CHECK_INT(config_read_env(&c, some_env, &why), 0);
	buf_clear(&out);
	config_print(&c, &out);
	CU_ASSERT(strstr(out.p, SECRET_TEXT) == NULL);
	CU_ASSERT(strstr(out.p, "# password is set\n") != NULL);
	CHECK_INT(config_read_file(&c, STR("password = " SECRET_TEXT "\x01"), &why), 1);
	CU_ASSERT(strstr(why.text, SECRET_TEXT) == NULL);
	config_free(&c);
}

static void the_printed_configuration_reads_back_as_itself(void)
{
	static const char *const args[] = { "--prefix", "a b/č#1", "--source=file:/tmp/x=y #z.jsonl", "--loop",
					    "--speed=0", "--http", ":8080", "--client-id", "", "--register", "full", NULL };
	struct complaint why = { 0, "" };
	BUF_CLEANUP struct buf first = { 0 };
	BUF_CLEANUP struct buf second = { 0 };
	struct config c, again;

	start(&c, &why);
	start(&again, &why);
	CHECK_INT(read_args(&c, args, &why), 0);
	config_print(&c, &first);
	CHECK_INT(config_read_file(&again, buf_view(&first), &why), 0);
	config_print(&again, &second);
	CHECK_STR(second.p, first.p);
	for (size_t i = 0; i < CONF_COUNT; i++) {
		CHECK_STR(config_text(&again, (enum config_id)i), config_text(&c, (enum config_id)i));
		CHECK_INT(config_number(&again, (enum config_id)i), config_number(&c, (enum config_id)i));
	}
	config_free(&c);
	config_free(&again);
}

/* Below the prefix the publisher itself would clear them. */
static void home_assistant_s_topics_lie_beside_ours(void)
{
	static const struct {
		const char *args[5];
		int refused;
	} rows[] = {
		{ { "--home-assistant", "homeassistant", NULL }, 0 },
		{ { "--home-assistant", "", NULL }, 0 },
		{ { "--home-assistant", "scoreboards", NULL }, 0 },
		{ { "--home-assistant", "scoreboard", NULL }, 1 },
		{ { "--home-assistant", "scoreboard/ha", NULL }, 1 },
		{ { "--home-assistant", "ha/#", NULL }, 1 },
		{ { "--home-assistant", "a/b", "--prefix", "a", NULL }, 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct config c;

		start(&c, &why);
		CHECK_INT(read_args(&c, rows[i].args, &why), 0);
		CHECK_INT(config_check(&c, &why), rows[i].refused);
		config_free(&c);
	}
}

static void help_mentions_every_option_and_command(void)
{
	static const char *const more[] = { "config", "help", "version", "map", "print-config", "check-config" };
	BUF_CLEANUP struct buf help = { 0 };
	char option[64];

	config_help(&help);
	for (size_t i = 0; i < COUNT(names) + COUNT(more); i++) {
		snprintf(option, sizeof(option), "\n  --%s ", i < COUNT(names) ? names[i] : more[i - COUNT(names)]);
		if (!strstr(help.p, option))
			CHECK_STR("not in --help", option);
	}
	CU_ASSERT(strstr(help.p, "[scoreboard]") != NULL);
}

static char *env_with_config(const char *name)
{
	static char file[] = "env.conf";

	return strcmp(name, "SCOREBOARD_CONFIG") == 0 ? file : NULL;
}

static void the_file_is_named_by_argument_or_environment(void)
{
	static const struct {
		const char *args[5];
		char *(*env)(const char *);
		const char *file;
	} rows[] = {
		{ { "x" }, no_env, NULL },
		{ { "x" }, env_with_config, "env.conf" },
		{ { "x", "--config", "a.conf" }, env_with_config, "a.conf" },
		{ { "x", "--config=b.conf", "--loop" }, no_env, "b.conf" },
		{ { "x", "--configure", "c" }, no_env, NULL },
		{ { "x", "--config=a", "--config=b" }, no_env, "b" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int argc = 0;

		while (argc < 5 && rows[i].args[argc])
			argc++;
		CHECK_STR(config_find_file(argc, (char **)(uintptr_t)rows[i].args, rows[i].env), rows[i].file);
	}
}

static void what_options_mean_together_is_checked(void)
{
	static const struct {
		const char *file;
		const char *error; /* NULL: fine */
	} rows[] = {
		{ "source = -", NULL },
		{ "source = file:x", NULL },
		{ "source = wss://h/WS/", NULL },
		{ "source = mqtts://h", NULL },
		{ "source = file:", "source: " },
		{ "source =", "source: " },
		{ "source = http://h/", "source: \"http://h/\": unknown scheme" },
		{ "source = ws://a:b@h/", "source: \"ws://a:b@h/\": user and password do not belong into a URL" },
		{ "broker = none", NULL },
		{ "broker = mqtts://h:8883", NULL },
		{ "broker = h", "broker: \"h\": expected scheme://" },
		{ "broker = ws://h", "broker: \"ws://h\": unknown scheme" },
		{ "broker = mqtt://h:0", "broker: \"mqtt://h:0\": the port" },
		{ "broker = mqtt://a\nbroker = mqtt://b:1884", NULL },
		{ "broker = mqtt://a\nbroker = none", "broker: none stands alone" },
		{ "broker = mqtt://a mqtt://a", "broker: \"mqtt://a\" is there twice" },
		{ "cert-file = c", "cert-file: " },
		{ "key-file = c", "cert-file: " },
		{ "cert-file = c\nkey-file = k", NULL },
		{ "prefix =", "prefix: " },
		{ "prefix = /a", "prefix: " },
		{ "prefix = a/", "prefix: " },
		{ "prefix = a/+/b", "prefix: " },
		{ "prefix = a#", "prefix: " },
		{ "prefix = $SYS", "prefix: " },
		{ "prefix = a\xFF", "prefix: " },
		{ "prefix = a//b", "prefix: " },
		{ "prefix = a/../b", "prefix: " },
		{ "prefix = .", "prefix: " },
		{ "prefix = track/1.2", NULL },
		{ "register = all", "register: \"all\" must be live or full" },
		{ "register = full", NULL },
		{ "mqtt-version = 3.1.1", NULL },
		{ "mqtt-version = 4", "mqtt-version: \"4\" must be 5 or 3.1.1" },
		{ "log-level = loud", "log-level: \"loud\"" },
		{ "log-format = xml", "log-format: \"xml\" must be text or json" },
		{ "log-format = json", NULL },
		{ "http = localhost", "http: \"localhost\" must be ADDR:PORT" },
		{ "http = 127.0.0.1:8080", NULL },
		{ "http = [::1]:8080", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct config c;

		start(&c, &why);
		CHECK_INT(config_read_file(&c, str_of(rows[i].file), &why), 0);
		CHECK_INT(config_check(&c, &why), rows[i].error != NULL);
		if (rows[i].error && !str_starts(str_of(why.text), str_of(rows[i].error)))
			CHECK_STR(why.text, rows[i].error);
		config_free(&c);
	}
}

/* However long a value is, the option's name and the reason are told. */
static void a_long_value_hides_neither_option_nor_reason(void)
{
	static const struct {
		const char *name, *reason;
	} rows[] = {
		{ "source", "\": unknown scheme; it is ws, wss, relay+mqtt, relay+mqtts, mqtt, mqtts, file or history" },
		{ "broker", "\": unknown scheme; it is mqtt or mqtts" },
		{ "prefix", "\" can't begin MQTT topics and paths of HTTP" },
		{ "home-assistant", "\" can't begin MQTT topics beside our prefix" },
		{ "encodings", "\" must be json, packed or both; or a list as packed,VIEW=json" },
		{ "page-server", "\" must be up to 8 short addresses ws://... or wss://..." },
		{ "tracks", "\" must be PREFIX=TITLE, PREFIX=TITLE ... of up to 64 tracks" },
		{ "frame-ancestors", "\" must be sites with blanks between, * or 'none'" },
	};
	char args[600], value[500];

	memset(value, ';', sizeof(value) - 1);
	memcpy(value, "http://", 7);
	value[sizeof(value) - 1] = '\0';
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct config c;

		start(&c, &why);
		snprintf(args, sizeof(args), "--%s=%s", rows[i].name, value);
		CHECK_INT(read_args(&c, (const char *[]){ args, NULL }, &why), 0);
		CHECK_INT(config_check(&c, &why), 1);
		CU_ASSERT(str_starts(str_of(why.text), str_of(rows[i].name)));
		CU_ASSERT(str_ends(str_of(why.text), str_of(rows[i].reason)));
		config_free(&c);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(defaults_are_a_valid_configuration),
	UNIT(a_file_is_lines_of_name_and_value),
	UNIT(a_bad_file_is_refused_with_line_and_reason),
	UNIT(the_environment_counts_and_its_errors_name_the_variable),
	UNIT(later_wins),
	UNIT(a_list_grows_within_one_way_only),
	UNIT(the_command_line_has_two_forms_and_commands),
	UNIT(bad_arguments_are_refused_by_name),
	UNIT(a_secret_is_not_taken_from_argv_and_never_printed),
	UNIT(the_printed_configuration_reads_back_as_itself),
	UNIT(home_assistant_s_topics_lie_beside_ours),
	UNIT(help_mentions_every_option_and_command),
	UNIT(the_file_is_named_by_argument_or_environment),
	UNIT(what_options_mean_together_is_checked),
	UNIT(a_long_value_hides_neither_option_nor_reason),
	{ NULL, NULL },
};
