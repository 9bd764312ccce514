/* warnings - each is counted, few are told. */
#include "publisher/core/bridge/warnings.h"
#include "tests/unit/unit.h"

const char *const unit_name = "warnings";

/* The lines since the last time; the last of them. */
static size_t drain(struct effects *e, struct buf *last)
{
	struct effect fx;
	size_t n = 0;

	while (effects_next(e, &fx)) {
		CHECK_INT(fx.type, FX_LOG);
		CHECK_INT(fx.level, LOG_LEVEL_WARN);
		CHECK_STR(fx.area, "source");
		buf_clear(last);
		buf_str(last, fx.text);
		n++;
	}
	return n;
}

static void rubbish_gets_a_line_now_and_then_not_each_time(void)
{
	BUF_CLEANUP struct buf last = { 0 };
	struct effects e;
	struct health h;
	struct warnings w;
	size_t lines = 0;

	effects_init(&e, "p");
	health_init(&h);
	warnings_init(&w, &e, &h);
	for (int i = 0; i < 1000; i++) {
		warnings_add(&w, HEALTH_REFUSED_JSON, "frame refused", (mono){ i * 25 });
		lines += drain(&e, &last);
	}
	CHECK_INT(lines, 3); /* at 0, 10 and 20 s */
	CHECK_STR(last.p, "frame refused  more_since_last=399");
	CHECK_INT(h.values[HEALTH_REFUSED_JSON], 1000);
	effects_free(&e);
}

static void one_kind_does_not_silence_another(void)
{
	BUF_CLEANUP struct buf last = { 0 };
	struct effects e;
	struct health h;
	struct warnings w;

	effects_init(&e, "p");
	health_init(&h);
	warnings_init(&w, &e, &h);
	warnings_add(&w, HEALTH_REFUSED_JSON, "one", (mono){ 0 });
	warnings_add(&w, HEALTH_SKIP_FULL, "other", (mono){ 1 });
	CHECK_INT(drain(&e, &last), 2);
	CHECK_STR(last.p, "other  more_since_last=0");
	CHECK_INT(h.values[HEALTH_SKIP_FULL], 1);
	effects_free(&e);
}

const struct unit_test unit_tests[] = {
	UNIT(rubbish_gets_a_line_now_and_then_not_each_time),
	UNIT(one_kind_does_not_silence_another),
	{ NULL, NULL },
};
