/* attendance - what the plugin tells is taken, all else is not known. */
#include "publisher/core/news/attendance.h"
#include "tests/unit/unit.h"

const char *const unit_name = "attendance";

static void the_numbers_are_those_of_the_last_message(void)
{
	struct attendance a;

	attendance_forget(&a);
	CHECK_INT(a.viewers, ATTENDANCE_UNKNOWN);
	CHECK_INT(a.users, ATTENDANCE_UNKNOWN);
	CU_ASSERT(attendance_hear(&a, STR("presence/watching"), STR("{\"total\":812,\"mqtt\":800,\"sse\":10,\"polling\":2}")));
	CU_ASSERT(attendance_hear(&a, STR("presence/users"), STR("40")));
	CHECK_INT(a.viewers, 812);
	CHECK_INT(a.users, 40);
	CU_ASSERT(attendance_hear(&a, STR("presence/watching"), STR("{\"total\":0,\"mqtt\":0}")));
	CHECK_INT(a.viewers, 0);
	CHECK_INT(a.users, 40);
	attendance_forget(&a);
	CHECK_INT(a.viewers, ATTENDANCE_UNKNOWN);
	CHECK_INT(a.users, ATTENDANCE_UNKNOWN);
}

static void other_topics_are_not_its_business(void)
{
	static const char *const topics[] = { "presence/total", "presence/watching/x", "presence", "users", "presence/users/red", "" };
	struct attendance a;

	attendance_forget(&a);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		CU_ASSERT_FALSE(attendance_hear(&a, str_of(topics[i]), STR("{\"total\":5}")));
	CHECK_INT(a.viewers, ATTENDANCE_UNKNOWN);
	CHECK_INT(a.users, ATTENDANCE_UNKNOWN);
}

static void what_is_no_number_of_people_is_not_known(void)
{
	static const char *const payloads[] = { "", "{}", "[]", "{\"total\":-1}", "{\"total\":\"5\"}", "{\"total\":1e9}",
						"{\"total\":99999999999999999999}", "{\"total\"", "\xff" };
	struct attendance a;

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		a = (struct attendance){ .viewers = 3, .users = 3 };
		CU_ASSERT(attendance_hear(&a, STR("presence/watching"), str_of(payloads[i])));
		CU_ASSERT(attendance_hear(&a, STR("presence/users"), str_of(payloads[i])));
		CHECK_INT(a.viewers, ATTENDANCE_UNKNOWN);
		CHECK_INT(a.users, ATTENDANCE_UNKNOWN);
	}
}

/* Two hubs, each with its own edges, and one that has not told. */
static void brokers_are_added_up(void)
{
	struct attendance sum, a, b;

	attendance_forget(&sum);
	attendance_forget(&a);
	attendance_forget(&b);
	attendance_add(&sum, &a);
	CHECK_INT(sum.viewers, ATTENDANCE_UNKNOWN);
	a.viewers = 3;
	b.viewers = 4;
	b.users = 1;
	attendance_add(&sum, &a);
	attendance_add(&sum, &b);
	CHECK_INT(sum.viewers, 7);
	CHECK_INT(sum.users, 1);
	a.viewers = INT64_MAX; /* of a broker that lies */
	attendance_add(&sum, &a);
	CU_ASSERT(sum.viewers == INT64_MAX);
	attendance_add(&sum, &b);
	CU_ASSERT(sum.viewers == INT64_MAX);
}

const struct unit_test unit_tests[] = {
	UNIT(the_numbers_are_those_of_the_last_message),
	UNIT(other_topics_are_not_its_business),
	UNIT(brokers_are_added_up),
	UNIT(what_is_no_number_of_people_is_not_known),
	{ NULL, NULL },
};
