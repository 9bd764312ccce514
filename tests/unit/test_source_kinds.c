/* source_kinds - what a value of the option `source` says, and what is said of one that says nothing. */
#include "publisher/core/options/source_kinds.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

const char *const unit_name = "source_kinds";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const schemes[] = {
#define SCHEME(scheme, form, constructor, help) scheme,
	SOURCE_KINDS(SCHEME)
#undef SCHEME
};

static void check_view(struct str actual, const char *expected)
{
	char *copy = str_dup(actual);

	CHECK_STR(copy, expected);
	free(copy);
}

static void an_address_is_of_the_kind_that_its_scheme_says(void)
{
	static const struct {
		const char *text, *scheme, *host, *path; /* path: of either form */
		int port;
		bool tls;
	} rows[] = {
		{ "ws://h:8000/WS/", "ws", "h", "/WS/", 8000, false },
		{ "wss://h/x?a=b", "ws", "h", "/x?a=b", 0, true },
		{ "mqtt://127.0.0.1", "mqtt", "127.0.0.1", "", 0, false },
		{ "mqtts://[::1]:8884", "mqtt", "::1", "", 8884, true },
		{ "relay+mqtt://127.0.0.1", "relay+mqtt", "127.0.0.1", "", 0, false },
		{ "relay+mqtts://broker:8884", "relay+mqtt", "broker", "", 8884, true },
		{ "file:a b.jsonl", "file", "", "a b.jsonl", 0, false },
		{ "file:ws://h", "file", "", "ws://h", 0, false },
		{ "history:/var/a?game=b-1", "history", "", "/var/a?game=b-1", 0, false },
		{ "file:-", "file", "", "-", 0, false },
		{ "-", "-", "", "", 0, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct source_address at;

		CU_ASSERT_FATAL(source_address_read(str_of(rows[i].text), &at, &why) == 0);
		CU_ASSERT_FATAL(at.kind < COUNT(schemes));
		CHECK_STR(schemes[at.kind], rows[i].scheme);
		CHECK_STR(why.text, "");
		if (*rows[i].host) {
			check_view(at.url.host, rows[i].host);
			check_view(at.url.path, rows[i].path);
		} else if (*rows[i].path) {
			check_view(at.path, rows[i].path);
		}
		CHECK_INT(at.url.port, rows[i].port);
		CHECK_INT(at.tls, rows[i].tls);
	}
}

#define NO_URL "expected scheme://host[:port][/path], file:PATH, history:PATH or -"
#define NO_SCHEME "unknown scheme; it is ws, wss, relay+mqtt, relay+mqtts, mqtt, mqtts, file or history"

static void what_names_no_source_is_refused_with_what_would(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", NO_URL },
		{ "h:8000", NO_URL },
		{ "file", NO_URL },
		{ "file:", NO_URL },
		{ "ws:h", NO_URL },
		{ "--", NO_URL },
		{ "-://h", NO_SCHEME },
		{ "http://h", NO_SCHEME },
		{ "wsss://h", NO_SCHEME },
		{ "w://h", NO_SCHEME },
		{ "WS://h", NO_SCHEME },
		{ "ws://h:0", "the port must be a number from 1 to 65535, file:PATH, history:PATH or -" },
		{ "ws://me:secret@h", "user and password do not belong into a URL: use --user and --password-file, file:PATH, history:PATH or -" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct complaint why = { 0, "" };
		struct source_address at;

		CHECK_INT(source_address_read(str_of(rows[i].text), &at, &why), 1);
		CHECK_STR(why.text, rows[i].why);
	}
}

static void the_help_tells_of_every_kind(void)
{
	CHECK_STR(SOURCE_KINDS_HELP, ": ws://HOST:8000/WS/, wss://..., file:RECORDING, a game of a history history:FILE?game=ID, - (stdin: one frame per line), "
				     "a scoreboard that uplink.html relays over a broker relay+mqtt://HOST, relay+mqtts://HOST, or a broker's feed mqtt://HOST, mqtts://HOST");
	for (size_t i = 0; i < COUNT(schemes); i++)
		CU_ASSERT(strstr(SOURCE_KINDS_HELP, schemes[i]) != NULL);
}

const struct unit_test unit_tests[] = {
	UNIT(an_address_is_of_the_kind_that_its_scheme_says),
	UNIT(what_names_no_source_is_refused_with_what_would),
	UNIT(the_help_tells_of_every_kind),
	{ NULL, NULL },
};
