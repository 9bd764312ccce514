/* about - what is said of a scoreboard, and what is too much. */
#include "publisher/core/names/about.h"
#include "tests/unit/unit.h"

const char *const unit_name = "about";

static struct schema *schema_of(const char *text)
{
	struct complaint why;
	struct schema *s = NULL;

	CU_ASSERT_FATAL(schema_new(str_of(text), &s, &why) == 0);
	return s;
}

static void it_tells_title_schema_views_and_addresses(void)
{
	static const struct about about = { "Track \"1\" \xC3\xA9", "crg.json", " http://a/  http://b/?prefix=sb/t1 " };
	struct schema *s = schema_of("{\"views\":{\"v\":\"\",\"w\":\"\"},\"register\":{\"live\":[\"A\"]},\"rules\":[{\"paths\":[\"A.**\"],\"views\":[\"v\",\"w\"]}]}");
	BUF_CLEANUP struct buf out = { 0 };

	CU_ASSERT(about_valid(&about));
	about_write(&about, s, &out);
	CHECK_STR(out.p, "{\"version\":1,\"title\":\"Track \\\"1\\\" \xC3\xA9\",\"schema\":\"crg.json\",\"views\":[\"v\",\"w\"],"
			 "\"addresses\":[\"http://a/\",\"http://b/?prefix=sb/t1\"]}");
	schema_free(s);
}

static void what_is_too_much_is_refused(void)
{
	char longest[ABOUT_TITLE_MAX_BYTES + 1], longer[ABOUT_TITLE_MAX_BYTES + 2];

	memset(longest, 'x', sizeof(longest));
	memset(longer, 'x', sizeof(longer));
	longest[sizeof(longest) - 1] = longer[sizeof(longer) - 1] = '\0';
	CU_ASSERT(about_valid(&(struct about){ longest, "", longest }));
	CU_ASSERT(!about_valid(&(struct about){ longer, "", "" }));
	CU_ASSERT(!about_valid(&(struct about){ "t", "", longer }));
	CU_ASSERT(!about_valid(&(struct about){ "\xFF", "", "" }));
	CU_ASSERT(!about_valid(&(struct about){ "t", "", "http://\xFF/" }));
	CU_ASSERT(about_valid(&(struct about){ "t", "", "1 2 3 4 5 6 7 8 " }));
	CU_ASSERT(!about_valid(&(struct about){ "t", "", "1 2 3 4 5 6 7 8 9" }));
	CU_ASSERT(about_valid(&(struct about){ "", "", "" }));
}

const struct unit_test unit_tests[] = {
	UNIT(it_tells_title_schema_views_and_addresses),
	UNIT(what_is_too_much_is_refused),
	{ NULL, NULL },
};
