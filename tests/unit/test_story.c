/* story - games and chapters, told from what a view shows. */
#include "publisher/core/history/story.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "story";

/* No word of a sport. */
static struct history_rules rules = {
	.view = "v",
	.game = "match",
	.title = "{a/name} v {b/name}!",
	.over = "final",
	.name = "round",
	.during = "on",
	.number = { "half", "round" },
	.series = { "a/points", "b/points" },
};

struct tale {
	struct story story;
	struct picture picture;
	int64_t t;
};

static void begin(struct tale *tale)
{
	*tale = (struct tale){ .t = 1000 };
	story_init(&tale->story, &rules);
}

static void end(struct tale *tale)
{
	story_free(&tale->story);
	picture_free(&tale->picture);
}

/* 1 ms later these values are set. */
static unsigned int says(struct tale *tale, const char *values)
{
	char delta[400];

	snprintf(delta, sizeof(delta), "{\"set\":{%s}}", values);
	CU_ASSERT(picture_take(&tale->picture, str_of(delta)));
	return story_take(&tale->story, &tale->picture, ++tale->t);
}

struct expected {
	int64_t n, begin, end;
	const char *number, *before, *after, *change;
};

static void check_chapter(const struct tale *tale, const struct expected *e)
{
	const struct story_chapter *c = &tale->story.chapter;

	CHECK_INT(c->n, e->n);
	CHECK_INT(c->begin, e->begin);
	CHECK_INT(c->end, e->end);
	CHECK_STR(buf_view(&c->number).p, e->number);
	CHECK_STR(buf_view(&c->before).p, e->before);
	CHECK_STR(buf_view(&c->after).p, e->after);
	CHECK_STR(buf_view(&c->change).p, e->change);
}

#define START "\"match\":\"m1\",\"a/name\":\"Reds \\\"R\\\"\",\"b/name\":7,\"half\":1,\"round\":0,\"on\":false,\"a/points\":0,\"b/points\":0,\"final\":false"

static void a_game_has_a_title_and_a_result(void)
{
	struct tale t;

	begin(&t);
	CHECK_INT(says(&t, "\"a/points\":3"), STORY_NOTHING); /* nobody has said which game it is */
	CHECK_STR(t.story.game, "");
	CHECK_INT(says(&t, START), STORY_GAME | STORY_TOLD);
	CHECK_STR(t.story.game, "m1");
	CHECK_STR(buf_view(&t.story.title).p, "Reds \"R\" v 7!");
	CHECK_STR(buf_view(&t.story.result).p, "[0,0]");
	CHECK_INT(says(&t, "\"other\":1"), STORY_NOTHING);
	CHECK_INT(says(&t, "\"a/points\":2"), STORY_TOLD);
	CHECK_INT(says(&t, "\"final\":true"), STORY_TOLD);
	CHECK_INT(t.story.over, t.t);
	CHECK_INT(says(&t, "\"final\":false"), STORY_TOLD);
	CHECK_INT(t.story.over, 0);
	CHECK_INT(says(&t, "\"match\":\"m2\""), STORY_GAME | STORY_TOLD);
	CHECK_INT(says(&t, "\"match\":\"\""), STORY_GAME);
	CHECK_STR(t.story.game, "");
	end(&t);
}

static void a_chapter_has_what_changed_until_the_next_begins(void)
{
	struct tale t;

	begin(&t);
	says(&t, START);                                               /* 1001 */
	CHECK_INT(says(&t, "\"on\":true,\"round\":1"), STORY_CHAPTER); /* 1002 */
	check_chapter(&t, &(struct expected){ 1, 1002, 0, "[1,1]", "[0,0]", "[0,0]", "[0,0]" });
	CHECK_INT(says(&t, "\"a/points\":4"), STORY_TOLD | STORY_CHAPTER);
	CHECK_INT(says(&t, "\"on\":false"), STORY_CHAPTER); /* 1004 */
	says(&t, "\"b/points\":1");                         /* counted late */
	check_chapter(&t, &(struct expected){ 1, 1002, 1004, "[1,1]", "[0,0]", "[4,1]", "[4,1]" });
	says(&t, "\"on\":true,\"round\":2");           /* 1006 */
	says(&t, "\"a/points\":3,\"b/points\":\"-\""); /* taken back, and no number */
	check_chapter(&t, &(struct expected){ 2, 1006, 0, "[1,2]", "[4,1]", "[3,\"-\"]", "[-1,null]" });
	end(&t);
}

static void an_operators_mistake_makes_no_chapter(void)
{
	struct tale t;

	begin(&t);
	says(&t, START);
	says(&t, "\"on\":true,\"round\":1"); /* 1002 */
	says(&t, "\"on\":false");
	CHECK_INT(says(&t, "\"on\":true"), STORY_CHAPTER); /* it was not over */
	check_chapter(&t, &(struct expected){ 1, 1002, 0, "[1,1]", "[0,0]", "[0,0]", "[0,0]" });
	says(&t, "\"a/points\":4");
	says(&t, "\"on\":false");
	says(&t, "\"on\":true,\"round\":2"); /* 1007: too early */
	says(&t, "\"on\":false,\"round\":1");
	CHECK_INT(says(&t, "\"b/points\":2"), STORY_TOLD | STORY_CHAPTER);
	CHECK_INT(says(&t, "\"on\":true,\"round\":2"), STORY_CHAPTER); /* 1010: now it is */
	check_chapter(&t, &(struct expected){ 2, 1010, 0, "[1,2]", "[4,2]", "[4,2]", "[0,0]" });
	end(&t);
}

static void a_game_that_was_on_before_goes_on(void)
{
	const struct story_past past = { .over = 0, .n = 3, .begin = 500, .end = 0, .number = STR("[1,1]"), .before = STR("[0,2]") };
	struct tale t;

	begin(&t);
	CHECK_INT(says(&t, START ",\"on\":true,\"round\":1,\"a/points\":5") & STORY_GAME, STORY_GAME);
	story_resume(&t.story, &past);
	CHECK_INT(story_take(&t.story, &t.picture, 2000), STORY_CHAPTER);
	check_chapter(&t, &(struct expected){ 3, 500, 0, "[1,1]", "[0,2]", "[5,0]", "[5,-2]" });
	story_resume(&t.story, &past);
	says(&t, "\"round\":2"); /* 1002: another chapter than the one that is known */
	check_chapter(&t, &(struct expected){ 4, 1002, 0, "[1,2]", "[5,0]", "[5,0]", "[0,0]" });
	end(&t);
}

static void an_id_can_stand_in_an_address(void)
{
	static const struct {
		const char *value, *id; /* id NULL: one made of the value */
	} rows[] = {
		{ "\"1b2fd862-903f-496e-81bf-00664c1bf7e0\"", "1b2fd862-903f-496e-81bf-00664c1bf7e0" },
		{ "17", "17" },
		{ "\"\"", "" },
		{ "\"../etc\"", NULL },
		{ "\"a b\"", NULL },
		{ "\"0123456789012345678901234567890123456789012345678901234567890123456789\"", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tale t;
		char set[100];

		begin(&t);
		snprintf(set, sizeof(set), "\"match\":%s", rows[i].value);
		says(&t, set);
		if (rows[i].id)
			CHECK_STR(t.story.game, rows[i].id);
		else
			CU_ASSERT(strncmp(t.story.game, "x-", 2) == 0 && strlen(t.story.game) == 18);
		CHECK_INT(story_is_id(str_of(t.story.game)), *t.story.game != '\0');
		end(&t);
	}
	CU_ASSERT_FALSE(story_is_id(STR("a/b")));
	CU_ASSERT_FALSE(story_is_id(STR("a.b")));
}

const struct unit_test unit_tests[] = {
	UNIT(a_game_has_a_title_and_a_result),
	UNIT(a_chapter_has_what_changed_until_the_next_begins),
	UNIT(an_operators_mistake_makes_no_chapter),
	UNIT(a_game_that_was_on_before_goes_on),
	UNIT(an_id_can_stand_in_an_address),
	{ NULL, NULL },
};
