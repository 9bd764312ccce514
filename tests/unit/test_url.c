/* url - endpoints and listening addresses. */
#include "publisher/core/options/url.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "url";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void check_view(struct str actual, const char *expected)
{
	char *copy = str_dup(actual);

	CHECK_STR(copy, expected);
	free(copy);
}

static void a_url_has_its_four_parts(void)
{
	static const struct {
		const char *text, *scheme, *host;
		int port;
		const char *path;
	} rows[] = {
		{ "ws://host:8000/WS/", "ws", "host", 8000, "/WS/" },
		{ "wss://host/WS/?a=b:c/d", "wss", "host", 0, "/WS/?a=b:c/d" },
		{ "mqtt://127.0.0.1", "mqtt", "127.0.0.1", 0, "" },
		{ "mqtts://h:65535", "mqtts", "h", 65535, "" },
		{ "ws://[::1]:8000/x", "ws", "::1", 8000, "/x" },
		{ "ws://[fe80::1]", "ws", "fe80::1", 0, "" },
		{ "ws://h/@", "ws", "h", 0, "/@" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url url;
		struct complaint why;

		CU_ASSERT_FATAL(url_parse(str_of(rows[i].text), &url, &why) == 0);
		check_view(url.scheme, rows[i].scheme);
		check_view(url.host, rows[i].host);
		check_view(url.path, rows[i].path);
		CHECK_INT(url.port, rows[i].port);
	}
}

static void what_is_no_url_is_refused_with_a_reason(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "scheme://" },
		{ "host", "scheme://" },
		{ "host:80", "scheme://" },
		{ "ws:/host", "scheme://" },
		{ "ws://", "scheme://" },
		{ "ws:///path", "scheme://" },
		{ "ws://:80", "scheme://" },
		{ "ws://[]:80", "scheme://" },
		{ "ws://h:", "port" },
		{ "ws://h:0", "port" },
		{ "ws://h:65536", "port" },
		{ "ws://h:-1", "port" },
		{ "ws://h:80x", "port" },
		{ "ws://::1", "port" },
		{ "ws://[::1", "port" },
		{ "ws://[::1]80", "port" },
		{ "mqtt://me:secret@h", "password" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url url;
		struct complaint why = { 0, "" };

		if (url_parse(str_of(rows[i].text), &url, &why) != 1 || !strstr(why.text, rows[i].why)) {
			printf("\n    %s: %s\n", rows[i].text, why.text);
			CU_FAIL("accepted, or refused for another reason");
		}
	}
}

static void an_s_behind_a_scheme_is_tls(void)
{
	static const struct {
		const char *text;
		bool is_mqtt, tls;
	} rows[] = {
		{ "mqtt://h", true, false },
		{ "mqtts://h", true, true },
		{ "mqttss://h", false, false },
		{ "mqt://h", false, false },
		{ "MQTT://h", false, false },
		{ "ws://h", false, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct url url;
		struct complaint why;
		bool tls = false;

		CU_ASSERT_FATAL(url_parse(str_of(rows[i].text), &url, &why) == 0);
		CHECK_INT(url_has_scheme(&url, "mqtt", &tls), rows[i].is_mqtt);
		CHECK_INT(tls, rows[i].tls);
	}
}

static void a_listening_address_may_be_short(void)
{
	static const struct {
		const char *text, *host; /* NULL: refused */
		int port;
	} rows[] = {
		{ "8080", "", 8080 },
		{ ":8080", "", 8080 },
		{ "127.0.0.1:80", "127.0.0.1", 80 },
		{ "[::1]:80", "::1", 80 },
		{ "localhost", NULL, 0 },
		{ "", NULL, 0 },
		{ "h:", NULL, 0 },
		{ "0", NULL, 0 },
		{ "h:99999", NULL, 0 },
		{ "[::1]", NULL, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str host = { "", 0 };
		int port = 0;
		bool ok = url_parse_listen(str_of(rows[i].text), &host, &port);

		CHECK_INT(ok, rows[i].host != NULL);
		if (!ok || !rows[i].host)
			continue;
		check_view(host, rows[i].host);
		CHECK_INT(port, rows[i].port);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(a_url_has_its_four_parts),
	UNIT(what_is_no_url_is_refused_with_a_reason),
	UNIT(an_s_behind_a_scheme_is_tls),
	UNIT(a_listening_address_may_be_short),
	{ NULL, NULL },
};
