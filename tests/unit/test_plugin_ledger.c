/* Two ledgers have the same digest exactly when they hold the same messages. */
#include "mosquitto-plugin/core/cluster/ledger.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_ledger";

static struct ledger a, b;

static void begin(void)
{
	a = (struct ledger){ .max_topics = 100 };
	b = (struct ledger){ .max_topics = 100 };
}

static void end(void)
{
	ledger_free(&a);
	ledger_free(&b);
	ledger_free(&b); /* twice is legal */
	CHECK_INT(a.n, 0);
	CHECK_INT(a.digest, 0);
}

static void note(struct ledger *l, const char *topic, const char *payload, int64_t ms)
{
	ledger_note(l, str_of(topic), str_of(payload), (mono){ ms });
}

static void the_digest_does_not_depend_on_the_way_there(void)
{
	begin();
	note(&a, "sb/a", "1", 1);
	note(&a, "sb/b", "2", 2);
	note(&b, "sb/x", "gone", 1);
	note(&b, "sb/b", "other", 2);
	note(&b, "sb/b", "2", 3);
	note(&b, "sb/a", "1", 4);
	CU_ASSERT_NOT_EQUAL(a.digest, b.digest);
	note(&b, "sb/x", "", 5);
	CU_ASSERT_EQUAL(a.digest, b.digest);
	CHECK_INT(a.n, 2);
	CHECK_INT(b.n, 2);
	note(&b, "sb/never", "", 5);
	CHECK_INT(b.n, 2);
	end();
}

/* Where the bytes of topic and payload stand matters. */
static void what_differs_has_another_digest(void)
{
	begin();
	note(&a, "sb/a", "1", 1);
	note(&b, "sb/a1", "", 1);
	note(&b, "sb/", "a1", 1);
	CU_ASSERT_NOT_EQUAL(a.digest, b.digest);
	note(&b, "sb/", "", 1);
	note(&b, "sb/a", "2", 1);
	CU_ASSERT_NOT_EQUAL(a.digest, b.digest);
	note(&a, "sb/b", "2", 1);
	note(&b, "sb/b", "1", 1); /* the same payloads under the other topics */
	CU_ASSERT_NOT_EQUAL(a.digest, b.digest);
	end();
}

static void what_was_not_noted_again_can_be_left_out_and_taken_out(void)
{
	char *topic;
	size_t n;

	begin();
	note(&a, "sb/old", "1", 10);
	note(&a, "sb/again", "1", 10);
	note(&a, "sb/again", "1", 20);
	note(&a, "sb/new", "1", 30);
	note(&b, "sb/again", "1", 1);
	note(&b, "sb/new", "1", 1);
	CU_ASSERT_EQUAL(ledger_digest_since(&a, (mono){ 20 }, &n), b.digest);
	CHECK_INT(n, 2);
	CU_ASSERT_EQUAL(ledger_digest_since(&a, (mono){ 10 }, &n), a.digest);
	CHECK_INT(n, 3);
	CU_ASSERT_FATAL(ledger_take_older(&a, (mono){ 20 }, &topic));
	CHECK_STR(topic, "sb/old");
	free(topic);
	CU_ASSERT_FALSE(ledger_take_older(&a, (mono){ 20 }, &topic));
	CU_ASSERT_EQUAL(a.digest, b.digest);
	CHECK_INT(a.n, 2);
	end();
}

static void there_are_only_so_many_topics(void)
{
	char topic[20];

	begin();
	a.max_topics = 5;
	for (int i = 0; i < 8; i++) {
		snprintf(topic, sizeof(topic), "sb/%d", i);
		note(&a, topic, "1", 1);
		note(&b, topic, "1", 1);
	}
	CHECK_INT(a.n, 5);
	CHECK_INT(a.not_kept, 3);
	for (int i = 5; i < 8; i++) {
		snprintf(topic, sizeof(topic), "sb/%d", i);
		note(&b, topic, "", 1);
	}
	CU_ASSERT_EQUAL(a.digest, b.digest);
	note(&a, "sb/0", "2", 1); /* one that is there may change */
	CHECK_INT(a.not_kept, 3);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(the_digest_does_not_depend_on_the_way_there),
	UNIT(what_differs_has_another_digest),
	UNIT(what_was_not_noted_again_can_be_left_out_and_taken_out),
	UNIT(there_are_only_so_many_topics),
	{ NULL, NULL },
};
