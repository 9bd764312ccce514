/* schema - when memory runs out, a file is refused for that reason, and nothing of it stays. */
#include "publisher/core/names/schema.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

const char *const unit_name = "schema_memory";

#define SCHEMA \
	"{\"register\":{\"live\":[\"B.S\",\"B.C\"],\"full\":[\"B\"]},\"words\":[\"Jam\",\"LineUp\"]," \
	"\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],\"views\":{\"v\":\"\",\"w\":\"\"}," \
	"\"clocks\":[{\"path\":\"B.C(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\",\"views\":[\"v\"]}]," \
	"\"texts\":{\"a\":{\"cases\":[{\"when\":{\"s\":1,\"t/x\":{\"key\":\"s\"},\"t/y\":\"z\"},\"text\":\"{s}\"}]}}," \
	"\"rules\":[{\"paths\":[\"B.S\",\"B.T(*)\"],\"class\":\"critical\",\"views\":[\"v\"]},{\"paths\":[\"B.U(*)\"],\"topic\":\"u/{1}\"}]}"

static void a_schema_is_read_whole_or_refused(void)
{
	struct schema *s = NULL;
	size_t n;

	for (n = 0; !s; n++) {
		struct complaint why = { 0, "" };
		int r;

		memory_fails_at(n);
		r = schema_new(STR(SCHEMA), &s, &why);
		CHECK_INT(memory_is_plenty(), r);
		CHECK_INT(s == NULL, r);
		if (r)
			CU_ASSERT_PTR_NOT_NULL(strstr(why.text, "out of memory"));
	}
	CU_ASSERT(n > 30);
	CHECK_STR(schema_view(s, 1), "w");
	schema_free(s);
}

const struct unit_test unit_tests[] = {
	UNIT(a_schema_is_read_whole_or_refused),
	{ NULL, NULL },
};
