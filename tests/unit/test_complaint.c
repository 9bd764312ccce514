/* complaint - a line, and words that fit. */
#include "base/complaint.h"
#include "base/str.h"
#include "tests/unit/unit.h"

#include <string.h>

static void words_and_line_are_kept(void)
{
	struct complaint c = { 0, "" };

	CHECK_INT(complaint_say(&c, 12, "\"%s\": %d is too many", "roles", 33), 1);
	CHECK_INT(c.line, 12);
	CHECK_STR(c.text, "\"roles\": 33 is too many");
	CHECK_INT(complaint_say(&c, 0, "about it all"), 1);
	CHECK_INT(c.line, 0);
	CHECK_STR(c.text, "about it all");
}

static void its_own_words_can_be_put_into_others(void)
{
	struct complaint c;

	complaint_say(&c, 3, "bad salt");
	complaint_say(&c, 0, "%s:%u: %s", "passwd", c.line, c.text);
	CHECK_STR(c.text, "passwd:3: bad salt");
}

static void what_is_too_long_is_cut_between_two_characters(void)
{
	char long_text[3 * COMPLAINT_TEXT_SIZE];
	struct complaint c;

	for (size_t pad = 0; pad < 4; pad++) {
		memset(long_text, 'x', pad);
		for (size_t i = pad; i + 3 < sizeof(long_text); i += 3)
			memcpy(long_text + i, "\xE2\x82\xAC", 4);
		complaint_say(&c, 1, "%s", long_text);
		CU_ASSERT(utf8_valid(str_of(c.text)));
		CU_ASSERT(strlen(c.text) < COMPLAINT_TEXT_SIZE && strlen(c.text) > COMPLAINT_TEXT_SIZE - 5);
	}
}

static void a_value_of_any_length_leaves_room_for_other_words(void)
{
	char long_text[3 * COMPLAINT_TEXT_SIZE];
	char words[COMPLAINT_TEXT_SIZE - COMPLAINT_VALUE_SIZE + 1];
	struct complaint c;

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	memset(words, 'w', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	complaint_say(&c, 0, "%s%s", complaint_value(long_text).text, words);
	CU_ASSERT(str_ends(str_of(c.text), str_of(words)));
	CHECK_INT(strlen(c.text), COMPLAINT_TEXT_SIZE - 1);
	CHECK_STR(complaint_value("short").text, "short");
}

const char *const unit_name = "complaint";
const struct unit_test unit_tests[] = {
	UNIT(words_and_line_are_kept),
	UNIT(its_own_words_can_be_put_into_others),
	UNIT(what_is_too_long_is_cut_between_two_characters),
	UNIT(a_value_of_any_length_leaves_room_for_other_words),
	{ NULL, NULL },
};
