/* buf - without memory what is added is missing, what was there stays, and the error sticks. */
#include "base/buf.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

const char *const unit_name = "buf_memory";

static void what_there_is_no_memory_for_is_not_added(void)
{
	BUF_CLEANUP struct buf b = { 0 };

	buf_puts(&b, "ab");
	memory_fails_at(0);
	buf_printf(&b, "%0200d", 0);
	CU_ASSERT(memory_is_plenty());
	CU_ASSERT(b.failed);
	CHECK_STR(b.p, "ab");
	buf_puts(&b, "c");
	CU_ASSERT(b.failed);
	buf_clear(&b);
	buf_printf(&b, "%0200d", 0);
	CU_ASSERT_FALSE(b.failed);
	CHECK_INT(b.len, 200);
}

static void an_empty_buffer_stays_empty(void)
{
	struct buf b = { 0 };

	memory_fails_at(0);
	buf_char(&b, 'x');
	CU_ASSERT(memory_is_plenty());
	CU_ASSERT(b.failed);
	CHECK_STR(buf_view(&b).p, "");
	buf_free(&b);
}

const struct unit_test unit_tests[] = {
	UNIT(what_there_is_no_memory_for_is_not_added),
	UNIT(an_empty_buffer_stays_empty),
	{ NULL, NULL },
};
