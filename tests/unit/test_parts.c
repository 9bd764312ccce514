/* parts - each is told of by itself, and `since` is the time of the change. */
#include "publisher/core/parts.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "parts";

static void tell(struct parts *p, const char *kind, bool ok, const char *why, int64_t wall_ms)
{
	parts_tell(p, &(struct part_report){ .kind = kind, .ok = ok, .why = why }, wall_ms);
}

static void check_written(const struct parts *p, const char *expected)
{
	BUF_CLEANUP struct buf out = { 0 };

	parts_write(p, &out);
	CHECK_STR(out.p, expected);
}

static void since_is_when_it_changed_and_not_when_it_was_told(void)
{
	struct parts p = { .n = 0 };

	check_written(&p, "[]");
	tell(&p, "scoreboard", false, "waiting", 1000);
	tell(&p, "scoreboard", false, "no pong", 2000);
	check_written(&p, "[{\"part\":\"scoreboard\",\"ok\":false,\"since\":1000,\"why\":\"no pong\"}]");
	tell(&p, "scoreboard", true, "connected", 3000);
	tell(&p, "scoreboard", true, "connected", 4000);
	check_written(&p, "[{\"part\":\"scoreboard\",\"ok\":true,\"since\":3000,\"why\":\"connected\"}]");
}

static void two_of_a_kind_are_told_apart_by_their_names(void)
{
	struct parts p = { .n = 0 };

	parts_tell(&p, &(struct part_report){ "broker", "hub1:1880", true, "connected" }, 1);
	parts_tell(&p, &(struct part_report){ "broker", "hub2:1880", false, "connection \"refused\"" }, 2);
	parts_tell(&p, &(struct part_report){ "broker", "hub1:1880", true, "connected" }, 3);
	check_written(&p, "[{\"part\":\"broker\",\"name\":\"hub1:1880\",\"ok\":true,\"since\":1,\"why\":\"connected\"},"
			  "{\"part\":\"broker\",\"name\":\"hub2:1880\",\"ok\":false,\"since\":2,\"why\":\"connection \\\"refused\\\"\"}]");
}

/* The longest name of a host, with two ports. */
static void long_names_are_told_apart(void)
{
	char first[300], second[300];
	struct parts p = { .n = 0 };

	snprintf(first, sizeof(first), "%0253d:1880", 0);
	snprintf(second, sizeof(second), "%0253d:1881", 0);
	parts_tell(&p, &(struct part_report){ "broker", first, true, "connected" }, 1);
	parts_tell(&p, &(struct part_report){ "broker", second, false, "refused" }, 1);
	CHECK_INT(p.n, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(parts_first_unwell(&p));
	CHECK_STR(parts_first_unwell(&p)->name, second);
}

static void the_first_that_is_not_well_is_found(void)
{
	struct parts p = { .n = 0 };

	CU_ASSERT_PTR_NULL(parts_first_unwell(&p));
	tell(&p, "a", true, "", 1);
	CU_ASSERT_PTR_NULL(parts_first_unwell(&p));
	tell(&p, "b", false, "broken", 1);
	tell(&p, "c", false, "as well", 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(parts_first_unwell(&p));
	CHECK_STR(parts_first_unwell(&p)->kind, "b");
	tell(&p, "b", true, "", 2);
	CHECK_STR(parts_first_unwell(&p)->kind, "c");
}

static void long_texts_and_too_many_parts_are_cut(void)
{
	char name[400], why[400];
	struct parts p = { .n = 0 };

	memset(why, 'y', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	for (int i = 0; i < 2 * PARTS_MAX; i++) {
		snprintf(name, sizeof(name), "%0300d", i); /* the same where it is cut */
		parts_tell(&p, &(struct part_report){ "broker", name, true, why }, i);
	}
	CHECK_INT(p.n, 1);
	CHECK_INT(strlen(p.list[0].why), PART_WHY_SIZE - 1);
	for (int i = 0; i < 2 * PARTS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		parts_tell(&p, &(struct part_report){ "broker", name, true, why }, i);
	}
	CHECK_INT(p.n, PARTS_MAX);
}

const struct unit_test unit_tests[] = {
	UNIT(since_is_when_it_changed_and_not_when_it_was_told),
	UNIT(two_of_a_kind_are_told_apart_by_their_names),
	UNIT(long_names_are_told_apart),
	UNIT(the_first_that_is_not_well_is_found),
	UNIT(long_texts_and_too_many_parts_are_cut),
	{ NULL, NULL },
};
