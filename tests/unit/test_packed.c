/* packed - the dictionary of both sides of the packed feed. */
#include "publisher/core/news/packed.h"
#include "tests/unit/unit.h"

const char *const unit_name = "packed";

static void an_id_is_the_crc_32_of_the_text(void)
{
	struct dictionary d = { 0 };

	dictionary_keep(&d, STR("1234"));
	dictionary_keep(&d, STR("56789"));
	CHECK_STR(d.text.p, "123456789");
	CHECK_INT(d.id, 0xCBF43926); /* the check value that every description of CRC-32 names */
	dictionary_free(&d);
	dictionary_free(&d);
	CHECK_INT(d.text.len, 0);
	CHECK_INT(d.id, 0);
}

static void the_oldest_goes_when_there_is_too_much(void)
{
	struct dictionary d = { 0 };
	BUF_CLEANUP struct buf text = { 0 };

	for (size_t i = 0; i < PACKED_DICTIONARY_MAX; i++)
		buf_char(&text, 'a');
	dictionary_keep(&d, buf_view(&text));
	CHECK_INT(d.text.len, PACKED_DICTIONARY_MAX);
	dictionary_keep(&d, STR("new"));
	CHECK_INT(d.text.len, PACKED_DICTIONARY_MAX);
	CU_ASSERT(d.text.p[0] == 'a' && str_ends(buf_view(&d.text), STR("aanew")));
	buf_puts(&text, "end");
	dictionary_keep(&d, buf_view(&text));
	CHECK_INT(d.text.len, PACKED_DICTIONARY_MAX);
	CU_ASSERT(d.text.p[0] == 'a' && str_ends(buf_view(&d.text), STR("aaend")) && !memchr(d.text.p, 'w', d.text.len));
	dictionary_free(&d);
}

const struct unit_test unit_tests[] = {
	UNIT(an_id_is_the_crc_32_of_the_text),
	UNIT(the_oldest_goes_when_there_is_too_much),
	{ NULL, NULL },
};
