/* An answer that was given before is given again, never for another topic. */
#include "mosquitto-plugin/core/memory/verdicts.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "plugin_verdicts";

static struct verdicts v;

static void begin(void)
{
	memset(&v, 0, sizeof(v));
	hash_set_key(1, 2);
}

static void what_was_never_asked_has_no_answer(void)
{
	begin();
	CU_ASSERT_PTR_NULL(verdict_find(&v, STR("sb/a")));
	CU_ASSERT_PTR_NULL(verdict_find(&v, STR("a")));
}

static void an_answer_is_kept(void)
{
	begin();
	verdict_keep(&v, STR("sb/a"), true, false);
	verdict_keep(&v, STR("sb/b"), false, false);
	CU_ASSERT_FATAL(verdict_find(&v, STR("sb/a")) && verdict_find(&v, STR("sb/b")));
	CU_ASSERT(verdict_find(&v, STR("sb/a"))->allowed);
	CU_ASSERT(verdict_find(&v, STR("sb/a"))->allowed); /* the one that was asked about last */
	CU_ASSERT_FALSE(verdict_find(&v, STR("sb/b"))->allowed);
	CU_ASSERT_PTR_NULL(verdict_find(&v, STR("sb/")));
	CU_ASSERT_PTR_NULL(verdict_find(&v, STR("sb/aa")));
}

static void another_answer_takes_the_place_of_the_first(void)
{
	begin();
	verdict_keep(&v, STR("sb/a"), true, false);
	verdict_keep(&v, STR("sb/a"), false, false);
	CU_ASSERT_FATAL(verdict_find(&v, STR("sb/a")) != NULL);
	CU_ASSERT_FALSE(verdict_find(&v, STR("sb/a"))->allowed);
}

static void the_longest_topic_fits_to_its_last_byte(void)
{
	char topic[VERDICT_TOPIC_BYTES];
	struct str text = { topic, sizeof(topic) };

	begin();
	memset(topic, 'x', sizeof(topic));
	verdict_keep(&v, text, true, false);
	CU_ASSERT_PTR_NOT_NULL(verdict_find(&v, text));
	topic[sizeof(topic) - 1] = 'y';
	CU_ASSERT_PTR_NULL(verdict_find(&v, text));
}

/* Whether n is even: with many more topics than there is room for, an answer may be forgotten, and is never wrong. */
static void ten_thousand_topics_are_never_mixed_up(void)
{
	unsigned known = 0;
	char text[20];

	begin();
	srand(3);
	for (int i = 0; i < 100000; i++) {
		int n = rand() % (i % 2 ? 10000 : 20);
		struct str topic = { text, (size_t)snprintf(text, sizeof(text), "sb/%d", n) };
		const struct verdict *found = verdict_find(&v, topic);

		known += found != NULL;
		CU_ASSERT(!found || found->allowed == (n % 2 == 0));
		verdict_keep(&v, topic, n % 2 == 0, false);
	}
	CU_ASSERT(known > 30000);
}

const struct unit_test unit_tests[] = {
	UNIT(what_was_never_asked_has_no_answer),
	UNIT(an_answer_is_kept),
	UNIT(another_answer_takes_the_place_of_the_first),
	UNIT(the_longest_topic_fits_to_its_last_byte),
	UNIT(ten_thousand_topics_are_never_mixed_up),
	{ NULL, NULL },
};
