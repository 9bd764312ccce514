/* echo - what was sent comes back, or does not. */
#include "publisher/core/echo.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "echo";

static struct echo e;

static mono at(int64_t ms)
{
	return (mono){ ms };
}

static void it_takes_from_the_first_change_to_the_return(void)
{
	e = (struct echo){ .next = 0 };
	echo_sent(&e, STR("{\"seq\":1}"), at(1000));
	echo_sent(&e, STR("{\"seq\":2}"), at(2000));
	CHECK_INT(echo_heard(&e, STR("{\"seq\":2}"), at(2030)), 30);
	CHECK_INT(echo_heard(&e, STR("{\"seq\":1}"), at(2040)), 1040);
}

static void what_comes_twice_counts_once(void)
{
	e = (struct echo){ .next = 0 };
	echo_sent(&e, STR("x"), at(1000));
	CHECK_INT(echo_heard(&e, STR("x"), at(1001)), 1);
	CHECK_INT(echo_heard(&e, STR("x"), at(1002)), -1);
}

static void what_others_send_is_not_ours(void)
{
	e = (struct echo){ .next = 0 };
	CHECK_INT(echo_heard(&e, STR(""), at(1000)), -1);
	echo_sent(&e, STR("x"), at(1000));
	CHECK_INT(echo_heard(&e, STR("y"), at(1000)), -1);
	echo_forget(&e);
	CHECK_INT(echo_heard(&e, STR("x"), at(1000)), -1);
}

static void what_never_comes_back_is_forgotten_oldest_first(void)
{
	char text[24];

	e = (struct echo){ .next = 0 };
	for (int i = 0; i <= ECHO_KEPT; i++) {
		snprintf(text, sizeof(text), "%d", i);
		echo_sent(&e, str_of(text), at(1000 + i));
	}
	CHECK_INT(echo_heard(&e, STR("0"), at(3000)), -1);
	CHECK_INT(echo_heard(&e, STR("1"), at(3000)), 1999);
	CHECK_INT(echo_heard(&e, str_of(text), at(3000)), 2000 - ECHO_KEPT);
}

const struct unit_test unit_tests[] = {
	UNIT(it_takes_from_the_first_change_to_the_return),
	UNIT(what_comes_twice_counts_once),
	UNIT(what_others_send_is_not_ours),
	UNIT(what_never_comes_back_is_forgotten_oldest_first),
	{ NULL, NULL },
};
