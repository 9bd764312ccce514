/* spectators - when the broker is told how many watch over HTTP, and what. */
#include "publisher/core/spectators.h"
#include "tests/unit/unit.h"

const char *const unit_name = "spectators";

static struct spectators s;
static mono now;

static void begin(void)
{
	s = (struct spectators){ .sse = 0 };
	now = (mono){ 50000 };
}

/* What is said now; "": nothing. */
static const char *said(void)
{
	struct str text;

	return spectators_next(&s, now, &text) ? text.p : "";
}

static void pass(int64_t ms)
{
	now = mono_add(now, ms);
}

static void without_a_server_nothing_is_said(void)
{
	begin();
	spectators_connected(&s);
	CHECK_STR(said(), "");
	CU_ASSERT(spectators_deadline(&s).ms == MONO_NEVER.ms);
}

static void changes_are_told_at_most_once_a_second(void)
{
	begin();
	spectators_set(&s, 0, 0);
	CHECK_STR(said(), "{\"sse\":0,\"polling\":0}");
	spectators_set(&s, 3, 0);
	CHECK_STR(said(), "");
	CHECK_INT(mono_diff(spectators_deadline(&s), now), 1000);
	pass(999);
	spectators_set(&s, 3, 1);
	CHECK_STR(said(), "");
	pass(1);
	CHECK_STR(said(), "{\"sse\":3,\"polling\":1}");
	pass(1000);
	spectators_set(&s, 3, 1);
	CHECK_STR(said(), "");
}

static void it_is_repeated_when_nothing_changes(void)
{
	begin();
	spectators_set(&s, 3, 1);
	CHECK_STR(said(), "{\"sse\":3,\"polling\":1}");
	CHECK_INT(mono_diff(spectators_deadline(&s), now), 5000);
	pass(4999);
	CHECK_STR(said(), "");
	pass(1);
	CHECK_STR(said(), "{\"sse\":3,\"polling\":1}");
	CHECK_STR(said(), "");
}

static void a_broker_that_is_new_is_told_at_once(void)
{
	begin();
	spectators_set(&s, 3, 1);
	CHECK_STR(said(), "{\"sse\":3,\"polling\":1}");
	pass(10);
	spectators_connected(&s);
	CHECK_STR(said(), "{\"sse\":3,\"polling\":1}");
	CHECK_STR(said(), "");
}

const struct unit_test unit_tests[] = {
	UNIT(without_a_server_nothing_is_said),
	UNIT(changes_are_told_at_most_once_a_second),
	UNIT(it_is_repeated_when_nothing_changes),
	UNIT(a_broker_that_is_new_is_told_at_once),
	{ NULL, NULL },
};
