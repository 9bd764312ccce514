/* json - without memory nothing is read, and that is told apart from a text that is no JSON. */
#include "base/json.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

const char *const unit_name = "json_memory";

static void a_document_needs_memory(void)
{
	struct complaint why = { 0, "" };
	struct json_doc doc;
	size_t n = 0;

	for (;; n++) {
		enum json_outcome r;

		memory_fails_at(n);
		r = json_parse(&doc, STR("{\"a\":[1,\"b\"]}"), &why);
		if (!memory_is_plenty()) {
			CHECK_INT(r, JSON_GOOD);
			break;
		}
		CHECK_INT(r, JSON_NO_MEMORY);
		CHECK_STR(why.text, "out of memory");
		CU_ASSERT_PTR_NULL(doc.root);
	}
	CU_ASSERT(n > 0);
	CU_ASSERT(str_is(json_get(doc.root, "a")->child->next->text, "b"));
	json_free(&doc);
}

const struct unit_test unit_tests[] = {
	UNIT(a_document_needs_memory),
	{ NULL, NULL },
};
