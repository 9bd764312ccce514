/* picture - snapshots and deltas are folded into what a viewer sees. */
#include "publisher/core/history/picture.h"
#include "tests/unit/unit.h"

const char *const unit_name = "picture";

static void check_value(const struct picture *p, const char *key, const char *expected)
{
	BUF_CLEANUP struct buf value = { 0 };

	buf_str(&value, picture_get(p, str_of(key)));
	CHECK_STR(buf_view(&value).p, expected);
}

static void check_text(const struct picture *p, const char *expected)
{
	BUF_CLEANUP struct buf text = { 0 };

	picture_write(p, &text);
	CHECK_STR(buf_view(&text).p, expected);
}

static void a_delta_sets_replaces_and_removes(void)
{
	struct picture p = { 0 };

	CU_ASSERT(picture_take(&p, STR("{\"epoch\":\"e\",\"seq\":1,\"ts\":5,\"set\":{\"a\":1,\"b\":\"x\\\"y\"}}")));
	CU_ASSERT(picture_take(&p, STR("{\"set\":{\"a\":22,\"c\":{\"time\":1,\"at\":2}},\"del\":[\"b\",\"nobody\"]}")));
	check_value(&p, "a", "22");
	check_value(&p, "b", "");
	check_value(&p, "c", "{\"time\":1,\"at\":2}");
	check_text(&p, "{\"a\":22,\"c\":{\"time\":1,\"at\":2}}");
	picture_free(&p);
	check_text(&p, "{}");
	CHECK_INT(p.bytes, 0);
}

static void a_snapshot_replaces_all(void)
{
	struct picture p = { 0 };

	CU_ASSERT(picture_take(&p, STR("{\"set\":{\"a\":1,\"b\":2}}")));
	CU_ASSERT(picture_take(&p, STR("{\"state\":{\"b\":3}}")));
	check_text(&p, "{\"b\":3}");
	CU_ASSERT(picture_take(&p, STR("{\"epoch\":\"e\",\"seq\":1,\"ts\":5}"))); /* a heartbeat */
	check_text(&p, "{\"b\":3}");
	picture_free(&p);
}

/* Member names that mean something to a message mean nothing as keys. */
static void keys_may_be_called_anything(void)
{
	struct picture p = { 0 };

	CU_ASSERT(picture_take(&p, STR("{\"set\":{\"state\":1,\"set\":2,\"del\":3}}")));
	check_text(&p, "{\"state\":1,\"set\":2,\"del\":3}");
	CU_ASSERT(picture_take(&p, STR("{\"del\":[\"set\"]}")));
	check_text(&p, "{\"state\":1,\"del\":3}");
	picture_free(&p);
}

static void what_is_damaged_is_told(void)
{
	static const char *const texts[] = { "", "nonsense", "{\"set\":{\"a\":1}", "{\"state\":[1]}", "{\"del\":{\"a\":1}}", "{\"del\":[" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct picture p = { 0 };
		bool ok = picture_take(&p, str_of(texts[i]));

		if (ok && i != 3)
			printf("\n    taken: %s", texts[i]);
		CU_ASSERT(!ok || i == 3);
		picture_free(&p);
	}
}

static void a_ceiling_holds_and_is_told(void)
{
	struct picture p = { .max_bytes = 300 };

	CU_ASSERT(picture_take(&p, STR("{\"set\":{\"a\":1}}")));
	CU_ASSERT_FALSE(picture_take(&p, STR("{\"set\":{\"b\":\""
					     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					     "\",\"a\":2}}")));
	check_text(&p, "{\"a\":2}");
	CU_ASSERT(p.bytes <= 300);
	picture_free(&p);
}

const struct unit_test unit_tests[] = {
	UNIT(a_delta_sets_replaces_and_removes),
	UNIT(a_snapshot_replaces_all),
	UNIT(keys_may_be_called_anything),
	UNIT(what_is_damaged_is_told),
	UNIT(a_ceiling_holds_and_is_told),
	{ NULL, NULL },
};
