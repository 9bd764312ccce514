/* topic - names, filters and matching by MQTT 5 section 4.7. */
#include "base/buf.h"
#include "base/topic.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "topic";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void names_and_filters_are_told_apart(void)
{
	static const struct {
		struct str text;
		bool name, filter;
	} rows[] = {
		{ { "a", 1 }, true, true },
		{ { "", 0 }, false, false },
		{ { "/", 1 }, true, true },
		{ { "a//b", 4 }, true, true },
		{ { "$SYS/x", 6 }, true, true },
		{ { " ", 1 }, true, true },
		{ { "+", 1 }, false, true },
		{ { "#", 1 }, false, true },
		{ { "a/+/b", 5 }, false, true },
		{ { "a/#", 3 }, false, true },
		{ { "+/#", 3 }, false, true },
		{ { "a+", 2 }, false, false },
		{ { "+a", 2 }, false, false },
		{ { "a/+b/c", 6 }, false, false },
		{ { "++", 2 }, false, false },
		{ { "a#", 2 }, false, false },
		{ { "#/a", 3 }, false, false },
		{ { "a/##", 4 }, false, false },
		{ { "a\0b", 3 }, false, false },
		{ { "a\n", 2 }, false, false },
		{ { "\x7F", 1 }, false, false },
		{ { "\xC2\x85", 2 }, false, false },
		{ { "\xC2\xA0", 2 }, true, true },
		{ { "\xEF\xBF\xBE", 3 }, false, false },
		{ { "\xEF\xB7\x90", 3 }, false, false },
		{ { "\xF0\x9F\xBF\xBF", 4 }, false, false },
		{ { "\xF0\x9F\x98\x80", 4 }, true, true },
		{ { "\xED\xA0\x80", 3 }, false, false },
		{ { "a\xFF", 2 }, false, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_INT(topic_name_valid(rows[i].text), rows[i].name);
		CHECK_INT(topic_filter_valid(rows[i].text), rows[i].filter);
	}
}

static void length_and_depth_have_limits(void)
{
	BUF_CLEANUP struct buf b = { 0 };

	for (size_t i = 0; i < TOPIC_MAX_BYTES; i++)
		buf_char(&b, 'a');
	CU_ASSERT(topic_name_valid(buf_view(&b)));
	buf_char(&b, 'a');
	CU_ASSERT(!topic_name_valid(buf_view(&b)));
	CU_ASSERT(!topic_filter_valid(buf_view(&b)));
	buf_clear(&b);
	for (size_t i = 1; i < TOPIC_MAX_LEVELS; i++)
		buf_puts(&b, "a/");
	CHECK_INT(topic_levels(buf_view(&b)), TOPIC_MAX_LEVELS);
	CU_ASSERT(topic_name_valid(buf_view(&b)));
	buf_char(&b, '/');
	CU_ASSERT(!topic_name_valid(buf_view(&b)));
}

static void refused_characters_are_those_of_the_broker(void)
{
	static const struct {
		uint32_t from, to;
	} refused[] = {
		{ 0, 0x1F },
		{ 0x7F, 0x9F },
		{ 0xD800, 0xDFFF },
		{ 0xFDD0, 0xFDEF },
	};

	for (uint32_t cp = 0; cp <= 0x110001; cp++) {
		bool expected = (cp & 0xFFFE) == 0xFFFE || cp > 0x10FFFF;

		for (size_t i = 0; i < COUNT(refused); i++)
			expected |= cp >= refused[i].from && cp <= refused[i].to;
		if (topic_char_refused(cp) != expected) {
			CHECK_INT(cp, -1);
			return;
		}
	}
}

static void a_topic_is_below_its_prefix(void)
{
	char *topic = topic_join("scoreboard", "crew/beat");

	CHECK_STR(topic, "scoreboard/crew/beat");
	free(topic);
}

const struct unit_test unit_tests[] = {
	UNIT(names_and_filters_are_told_apart),
	UNIT(length_and_depth_have_limits),
	UNIT(refused_characters_are_those_of_the_broker),
	UNIT(a_topic_is_below_its_prefix),
	{ NULL, NULL },
};
