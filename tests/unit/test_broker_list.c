/* broker_list - which brokers an option names. */
#include "publisher/core/options/broker_list.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "broker_list";

static void the_list_is_read(void)
{
	static const struct {
		const char *text, *expected; /* HOST:PORT, with an s where it is TLS */
	} cases[] = {
		{ "none", "" },
		{ "mqtt://h", "h:1883 " },
		{ "mqtts://h", "h:8883s " },
		{ "mqtts://h:1", "h:1s " },
		{ "mqtt://a mqtt://b:1884", "a:1883 b:1884 " },
		{ "  mqtt://a   mqtts://a ", "a:1883 a:8883s " },
		{ "mqtt://[::1] mqtt://[::2]:7", "[::1]:1883 [::2]:7 " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BUF_CLEANUP struct buf got = { 0 };
		struct complaint why = { 0, "" };
		struct broker_list list;

		CHECK_INT(broker_list_read(str_of(cases[i].text), &list, &why), 0);
		CHECK_STR(why.text, "");
		for (size_t k = 0; k < list.n; k++) {
			broker_name(&list.at[k], &got);
			buf_puts(&got, list.at[k].tls ? "s " : " ");
		}
		CHECK_STR(buf_view(&got).p, cases[i].expected);
	}
}

static void what_is_no_such_list_is_refused(void)
{
	static const struct {
		const char *text, *complaint;
	} cases[] = {
		{ "", "is empty" },
		{ " ", "is empty" },
		{ "h", "\"h\": expected scheme://" },
		{ "ws://h", "\"ws://h\": unknown scheme; it is mqtt or mqtts" },
		{ "mqtt://h:0", "\"mqtt://h:0\": the port" },
		{ "mqtt://a,mqtt://b", "the port" },
		{ "mqtt://a none", "none stands alone" },
		{ "mqtt://a mqtt://a:1883", "\"mqtt://a:1883\" is there twice" },
		{ "mqtt://a mqtt://b mqtt://c mqtt://d mqtt://e mqtt://f mqtt://g mqtt://h mqtt://i", "at most 8" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct complaint why = { 0, "" };
		struct broker_list list;

		CHECK_INT(broker_list_read(str_of(cases[i].text), &list, &why), 1);
		if (!strstr(why.text, cases[i].complaint))
			printf("\n    %s: %s\n", cases[i].text, why.text);
		CU_ASSERT(strstr(why.text, cases[i].complaint) != NULL);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(the_list_is_read),
	UNIT(what_is_no_such_list_is_refused),
	{ NULL, NULL },
};
