/* clock - ticks are silent, jumps are told. */
#include "publisher/core/news/clock.h"
#include "tests/unit/fixture.h"
#include "tests/unit/schemas.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "clock";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char rules[] = "{\"register\":{\"live\":[\"B\"]},\"views\":{\"v\":\"\"},\"clocks\":[{\"path\":\"B.Clock(*)\","
			    "\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\",\"views\":[\"v\"]}]}";

struct stage {
	struct schema *schema;
	struct clocks clocks;
};

static struct stage new_stage(void)
{
	struct stage t = { 0 };

	t.schema = schema_of(str_of(rules));
	return t;
}

static void end_stage(struct stage *t)
{
	clocks_free(&t->clocks);
	clocks_free(&t->clocks);
	schema_free(t->schema);
}

static bool update(struct stage *t, const char *text, const char *value)
{
	struct path path;

	CU_ASSERT_FATAL(path_parse(str_of(text), &path) == PATH_OK);
	return clocks_update(&t->clocks, t->schema, &path, str_of(value));
}

/* What viewers are told after a frame: "Clock(J)={...} Clock(P)=gone"; no news: "". */
static void frame_over(struct stage *t, int64_t at, struct buf *out)
{
	enum clock_news news;
	struct clock *c;

	buf_clear(out);
	buf_puts(out, "");
	while ((c = clocks_next(&t->clocks, at, &news)) != NULL) {
		if (news == CLOCK_SAME)
			continue;
		buf_printf(out, "%s%.*s=", out->len ? " " : "", (int)c->path_len - 2, c->path + 2);
		if (news == CLOCK_NEWS)
			clock_write(c, out);
		else
			buf_puts(out, "gone");
	}
}

/* Up to four updates of one frame of the clock J: "T 1000", "R true". */
struct step {
	int64_t at;
	const char *updates[4];
	const char *told;
};

static void play_on(struct stage *t, const struct step *s, size_t n)
{
	BUF_CLEANUP struct buf told = { 0 };

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < 4 && s[i].updates[k]; k++) {
			char path[32];

			snprintf(path, sizeof(path), "B.Clock(J).%c", s[i].updates[k][0]);
			CU_ASSERT(update(t, path, s[i].updates[k] + 2));
		}
		frame_over(t, s[i].at, &told);
		if (strcmp(told.p, s[i].told) != 0)
			printf("\n    step %zu\n", i);
		CHECK_STR(told.p, s[i].told);
	}
}

static void play(const struct step *s, size_t n)
{
	struct stage t = new_stage();

	play_on(&t, s, n);
	end_stage(&t);
}

#define TOLD(time, running, direction, at) \
	"Clock(J)={\"time\":" #time ",\"running\":" #running ",\"direction\":\"" direction "\",\"at\":" #at "}"

static void ticks_are_silent(void)
{
	static const struct step story[] = {
		{ 0, { "T 120000", "R false", "D true" }, TOLD(120000, false, "down", 0) },
		{ 500, { "R true" }, TOLD(120000, true, "down", 500) },
		{ 1500, { "T 119000" }, "" },
		{ 2503, { "T 118000" }, "" },
		{ 3497, { "T 117000" }, "" },
		{ 60500, { "T 60000" }, "" },
		{ 60500, { "T 60000" }, "" },
		{ 120500, { "T 0" }, "" },
		{ 120500, { "R false" }, TOLD(0, false, "down", 120500) },
	};

	play(story, COUNT(story));
}

static void counting_up_is_as_silent(void)
{
	static const struct step story[] = {
		{ 1000, { "T 0", "R true", "D false" }, TOLD(0, true, "up", 1000) },
		{ 2000, { "T 1000" }, "" },
		{ 3100, { "T 2000" }, "" },
		{ 31000, { "T 30000" }, "" },
	};

	play(story, COUNT(story));
}

static void a_clock_that_is_set_is_told(void)
{
	static const struct step story[] = {
		{ 0, { "T 10000", "R false", "D true" }, TOLD(10000, false, "down", 0) },
		/* standing: any change */
		{ 100, { "T 10001" }, TOLD(10001, false, "down", 100) },
		{ 5000, { "T 10001" }, "" },
		{ 6000, { "R true" }, TOLD(10001, true, "down", 6000) },
		{ 7000, { "T 20000" }, TOLD(20000, true, "down", 7000) },
		{ 8000, { "T 19000" }, "" },
		/* started and set in one frame: once */
		{ 9000, { "R false", "T 5000" }, TOLD(5000, false, "down", 9000) },
	};

	play(story, COUNT(story));
}

static void drift_is_told_beyond_the_tolerance_only(void)
{
	static const struct step story[] = {
		{ 0, { "T 100000", "R true", "D true" }, TOLD(100000, true, "down", 0) },
		{ 1200, { "T 99000" }, "" },
		{ 1800, { "T 98000" }, "" },
		{ 3201, { "T 97000" }, TOLD(97000, true, "down", 3201) },
		{ 4201, { "T 96000" }, "" },
		{ 5000, { "T 95000" }, TOLD(95000, true, "down", 5000) },
		/* an error that stays below it does not add up unseen */
		{ 6100, { "T 94000" }, "" },
		{ 7200, { "T 93000" }, "" },
		{ 8300, { "T 92000" }, TOLD(92000, true, "down", 8300) },
	};

	play(story, COUNT(story));
}

static void a_clock_that_turns_is_told(void)
{
	static const struct step story[] = {
		{ 0, { "T 0", "R true", "D false" }, TOLD(0, true, "up", 0) },
		{ 10, { "D true" }, TOLD(0, true, "down", 10) },
	};

	play(story, COUNT(story));
}

static void half_a_clock_is_none_and_a_lost_half_is_gone(void)
{
	static const struct step story[] = {
		{ 0, { "T 5" }, "" },
		{ 0, { "R true" }, "" },
		{ 0, { "D true" }, TOLD(5, true, "down", 0) },
		{ 1, { "T " }, "Clock(J)=gone" },
		{ 2, { "R false" }, "" },
		{ 3, { "T 7" }, TOLD(7, false, "down", 3) },
		{ 4, { "R \"yes\"" }, "Clock(J)=gone" },
		{ 5, { "R true" }, TOLD(7, true, "down", 5) },
		{ 6, { "T 1.5" }, "Clock(J)=gone" },
		{ 7, { "T \"x\"" }, "" },
		{ 8, { "T 1", "D 1" }, "" },
		{ 9, { "D false" }, TOLD(1, true, "up", 9) },
		{ 10, { "T ", "R ", "D " }, "Clock(J)=gone" },
		{ 11, { NULL }, "" },
	};

	play(story, COUNT(story));
}

static void only_the_paths_of_the_rule_are_a_clock_s(void)
{
	struct stage t = new_stage();

	CU_ASSERT(!update(&t, "B.Clock(J).X", "1"));
	CU_ASSERT(!update(&t, "B.Clock(J).T(1)", "1"));
	CU_ASSERT(!update(&t, "B.Clock(J)", "1"));
	CU_ASSERT(!update(&t, "B.Clock.T", "1"));
	CU_ASSERT(!update(&t, "X.B.Clock(J).T", "1"));
	CU_ASSERT(!update(&t, "T", "1"));
	CHECK_INT(t.clocks.n, 0);
	CU_ASSERT(update(&t, "B.Clock(J.x/y).T", "1"));
	CHECK_INT(t.clocks.n, 1);
	end_stage(&t);
}

static void any_running_clock_means_that_traffic_is_due(void)
{
	struct stage t = new_stage();

	CU_ASSERT(!clocks_running(&t.clocks));
	update(&t, "B.Clock(A).R", "false");
	CU_ASSERT(!clocks_running(&t.clocks));
	update(&t, "B.Clock(B).R", "true");
	CU_ASSERT(clocks_running(&t.clocks));
	update(&t, "B.Clock(B).R", "");
	CU_ASSERT(!clocks_running(&t.clocks));
	update(&t, "B.Clock(A).R", "true");
	clocks_mark(&t.clocks);
	CU_ASSERT(!clocks_running(&t.clocks));
	end_stage(&t);
}

static void what_a_whole_state_leaves_out_is_gone(void)
{
	static const struct step before[] = { { 0, { "T 5000", "R true", "D true" }, TOLD(5000, true, "down", 0) } };
	static const struct step again[] = { { 1000, { "T 4000", "R true", "D true" }, "" } };
	static const struct step without[] = { { 2000, { NULL }, "Clock(J)=gone" }, { 3000, { NULL }, "" } };
	struct stage t = new_stage();

	play_on(&t, before, COUNT(before));
	clocks_mark(&t.clocks);
	play_on(&t, again, COUNT(again)); /* still there and on time: no news */
	clocks_mark(&t.clocks);
	play_on(&t, without, COUNT(without));
	end_stage(&t);
}

static void set_all(struct stage *t, int clock, bool there)
{
	static const char *const values[][2] = { { "T", "1000" }, { "R", "true" }, { "D", "true" } };

	for (size_t i = 0; i < 3; i++) {
		char path[40];

		snprintf(path, sizeof(path), "B.Clock(m%d).%s", clock, values[i][0]);
		(void)update(t, path, there ? values[i][1] : "");
	}
}

static void a_season_of_matches_fits_into_the_list(void)
{
	struct stage t = new_stage();
	BUF_CLEANUP struct buf told = { 0 };

	for (int match = 0; match < 500; match++) {
		set_all(&t, match, true);
		frame_over(&t, match, &told);
		if (!told.len) {
			CHECK_INT(match, -1); /* nobody was told of this match's clock */
			break;
		}
		if (match >= 20)
			set_all(&t, match - 20, false);
		frame_over(&t, match, &told);
		CU_ASSERT(match < 20 || told.len > 0);
	}
	CU_ASSERT(t.clocks.n <= CLOCKS_MAX);
	end_stage(&t);
}

static void more_clocks_than_fit_are_left_out_not_mixed_up(void)
{
	struct stage t = new_stage();
	BUF_CLEANUP struct buf told = { 0 };

	for (int i = 0; i < CLOCKS_MAX + 5; i++)
		set_all(&t, i, true);
	frame_over(&t, 0, &told);
	CHECK_INT(t.clocks.n, CLOCKS_MAX);
	CU_ASSERT(strstr(told.p, "m31)") != NULL && strstr(told.p, "m32)") == NULL);
	end_stage(&t);
}

static void check_text(const char *time, const char *is_down, const char *expected)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct stage t = new_stage();

	CU_ASSERT(update(&t, "B.Clock(J).T", time) && update(&t, "B.Clock(J).D", is_down));
	CU_ASSERT(clocks_write_text(&t.clocks, STR("b.clock/J"), &text));
	CHECK_STR(text.p, expected);
	CU_ASSERT(!clocks_write_text(&t.clocks, STR("b.clock/P"), &text));
	end_stage(&t);
}

static void a_clock_as_text_is_what_a_board_shows(void)
{
	check_text("92000", "true", "1:32");
	check_text("91001", "true", "1:32");
	check_text("92999", "false", "1:32");
	check_text("59000", "true", "59");
	check_text("59001", "true", "1:00");
	check_text("0", "true", "0");
	check_text("-500", "true", "0");
	check_text("-500", "false", "0");
	check_text("5999000", "true", "99:59");
	check_text("6000000", "true", "1:40:00");
	check_text("9000000000000000", "false", "2500000000:00:00");
}

/* Viewers see a clock by its key. */
static void a_clock_of_the_crew_s_has_no_key(void)
{
	static const char crew[] = "{\"register\":{\"live\":[\"B\"]},\"rules\":[{\"paths\":[\"B.Clock(K)\"],\"visibility\":\"crew\"}],"
				   "\"clocks\":[{\"path\":\"B.Clock(*)\",\"time\":\"T\",\"running\":\"R\",\"direction\":\"D\"}]}";
	struct stage t = { .schema = schema_of(str_of(crew)) };
	BUF_CLEANUP struct buf text = { 0 };
	enum clock_news news;

	CU_ASSERT(update(&t, "B.Clock(K).T", "1000") && update(&t, "B.Clock(K).R", "true") && update(&t, "B.Clock(K).D", "true"));
	CU_ASSERT_FATAL(clocks_next(&t.clocks, 0, &news) == &t.clocks.list[0]);
	CU_ASSERT_PTR_NULL(t.clocks.list[0].key.p);
	CU_ASSERT(!clocks_write_text(&t.clocks, STR("crew/b.clock/K"), &text));
	CU_ASSERT(update(&t, "B.Clock(J).T", "1000"));
	CU_ASSERT(str_is(t.clocks.list[1].key, "b.clock/J"));
	end_stage(&t);
}

static void half_a_clock_is_no_text(void)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct stage t = new_stage();

	CU_ASSERT(update(&t, "B.Clock(J).T", "1000"));
	CU_ASSERT(!clocks_write_text(&t.clocks, STR("b.clock/J"), &text));
	CU_ASSERT(update(&t, "B.Clock(J).D", "true"));
	CU_ASSERT(update(&t, "B.Clock(J).T", ""));
	CU_ASSERT(!clocks_write_text(&t.clocks, STR("b.clock/J"), &text));
	CHECK_INT(text.len, 0);
	end_stage(&t);
}

const struct unit_test unit_tests[] = {
	UNIT(a_clock_as_text_is_what_a_board_shows),
	UNIT(half_a_clock_is_no_text),
	UNIT(a_clock_of_the_crew_s_has_no_key),
	UNIT(ticks_are_silent),
	UNIT(counting_up_is_as_silent),
	UNIT(a_clock_that_is_set_is_told),
	UNIT(drift_is_told_beyond_the_tolerance_only),
	UNIT(a_clock_that_turns_is_told),
	UNIT(half_a_clock_is_none_and_a_lost_half_is_gone),
	UNIT(only_the_paths_of_the_rule_are_a_clock_s),
	UNIT(any_running_clock_means_that_traffic_is_due),
	UNIT(what_a_whole_state_leaves_out_is_gone),
	UNIT(a_season_of_matches_fits_into_the_list),
	UNIT(more_clocks_than_fit_are_left_out_not_mixed_up),
	{ NULL, NULL },
};
