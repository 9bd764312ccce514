/* The last 200, the newest first, whatever is in them. */
#include "mosquitto-plugin/core/memory/refusals.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_refusals";

static struct refusals r;

static void note(int64_t at_ms, const char *client)
{
	refusals_note(&r, &(struct refusal_note){ .at_ms = at_ms, .why = REASON_BANNED, .client = str_of(client), .user = str_of(NULL), .address = STR("192.0.2.1"), .topic = STR(""), .text = STR("banned") });
}

static void the_newest_is_the_first(void)
{
	r = (struct refusals){ .n = 0 };
	CU_ASSERT_PTR_NULL(refusals_at(&r, 0));
	note(1, "a");
	note(2, "b");
	CHECK_STR(refusals_at(&r, 0)->client, "b");
	CHECK_STR(refusals_at(&r, 1)->client, "a");
	CHECK_INT(refusals_at(&r, 1)->at_ms, 1);
	CHECK_INT(refusals_at(&r, 1)->why, REASON_BANNED);
	CHECK_STR(refusals_at(&r, 1)->user, "");
	CHECK_STR(refusals_at(&r, 1)->address, "192.0.2.1");
	CHECK_STR(refusals_at(&r, 1)->topic, "");
	CHECK_STR(refusals_at(&r, 1)->text, "banned");
	CU_ASSERT_PTR_NULL(refusals_at(&r, 2));
}

static void the_oldest_gives_way(void)
{
	char client[16];

	r = (struct refusals){ .n = 0 };
	for (int i = 0; i < REFUSALS_KEPT + 3; i++) {
		snprintf(client, sizeof(client), "c%d", i);
		note(i, client);
	}
	CHECK_INT(refusals_at(&r, 0)->at_ms, REFUSALS_KEPT + 2);
	CHECK_STR(refusals_at(&r, REFUSALS_KEPT - 1)->client, "c3");
	CU_ASSERT_PTR_NULL(refusals_at(&r, REFUSALS_KEPT));
}

static void a_long_text_is_cut_at_a_character(void)
{
	char longest[500], cut[REFUSALS_CLIENT_SIZE];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	note(1, longest);
	CHECK_INT(strlen(refusals_at(&r, 0)->client), REFUSALS_CLIENT_SIZE - 1);
	memcpy(longest + REFUSALS_CLIENT_SIZE - 2, "\xc3\xa4", 2);
	note(2, longest);
	snprintf(cut, sizeof(cut), "%.*s", REFUSALS_CLIENT_SIZE - 2, longest);
	CHECK_STR(refusals_at(&r, 0)->client, cut);
	note(3, "ab\xff zz");
	CHECK_STR(refusals_at(&r, 0)->client, "ab");
}

const struct unit_test unit_tests[] = {
	UNIT(the_newest_is_the_first),
	UNIT(the_oldest_gives_way),
	UNIT(a_long_text_is_cut_at_a_character),
	{ NULL, NULL },
};
