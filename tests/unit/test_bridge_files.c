/* bridge - the pictures of a scoreboard: asked for when the state is there, told to brokers and views, and never in the way of anything. */
#include "tests/unit/schemas.h"
#include "tests/unit/shell.h"
#include "tests/unit/unit.h"

const char *const unit_name = "bridge_files";

static const char rules[] = "{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],\"views\":{\"v\":\"\"},"
			    "\"rules\":[{\"paths\":[\"B.L(*)\"],\"views\":[\"v\"],\"file\":true}]}";
static const char no_files[] = "{\"register\":{\"live\":[\"B\"]},\"roots\":[{\"path\":\"B\",\"topic\":\"\"}],\"views\":{\"v\":\"\"}}";

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct shell *start(bool has_files)
{
	struct bridge_config cfg = shell_config();

	cfg.source_has_files = has_files;
	return shell_with(&cfg, schema_of(str_of(rules)));
}

static void answer(struct shell *sh, enum file_result r)
{
	const struct file_fetched got = { r, r == FILE_GOOD ? STR("GIF89a\x40\0\x20\0") : STR(""), A };

	bridge_source_file(sh->b, &got, sh->now);
	drain(sh);
}

static bool view_has(struct shell *sh, const char *part)
{
	BUF_CLEANUP struct buf text = { 0 };

	feed_write_state(bridge_view(sh->b, STR("v")), &text);
	return memmem(text.p, text.len, part, strlen(part)) != NULL;
}

static void a_picture_is_told_to_the_broker_and_to_the_views_of_its_path(void)
{
	struct shell *sh = start(true);
	struct file_content content;

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	frame(sh, "{\"state\":{\"B.L(1)\":\"/a b.gif\"}}");
	drain(sh);
	CU_ASSERT(said(sh, "fetch /a%20b.gif\n"));
	forget(sh);
	answer(sh, FILE_GOOD);
	CU_ASSERT(said(sh, "pub p/file/l/1 \"" A ".gif\"\n"));
	CU_ASSERT(view_has(sh, "\"file/l/1\":\"" A ".gif\""));
	CU_ASSERT(bridge_file(sh->b, STR(A ".gif"), &content));
	CHECK_STR(content.type, "image/gif");
	CHECK_INT(counter(sh, HEALTH_PICTURES), 1);
	answer_all(sh);
	forget(sh);
	/* the path is another one: the old picture is not its */
	at(sh, 100);
	frame(sh, "{\"state\":{\"B.L(1)\":\"\"}}");
	drain(sh);
	CU_ASSERT(said(sh, "pub p/file/l/1 \n") && !view_has(sh, "file/l/1"));
	shell_free(sh);
}

static void who_can_not_fetch_says_nothing(void)
{
	struct shell *sh = start(false);

	become_live(sh, "{\"state\":{\"B.S\":1}}");
	frame(sh, "{\"state\":{\"B.L(1)\":\"/a.gif\",\"B.L(2)\":\"//bad\"}}");
	drain(sh);
	CU_ASSERT(!said(sh, "fetch"));
	CHECK_INT(counter(sh, HEALTH_PICTURE_BAD_PATH), 0);
	shell_free(sh);
}

static void failures_are_counted_and_make_nobody_unwell(void)
{
	struct shell *sh = start(true);

	become_live(sh, "{\"state\":{\"B.L(1)\":\"/a.gif\",\"B.L(2)\":\"/../b\"}}");
	answer_all(sh);
	CHECK_INT(counter(sh, HEALTH_PICTURE_BAD_PATH), 1);
	answer(sh, FILE_REDIRECT);
	CHECK_INT(counter(sh, HEALTH_PICTURE_REDIRECT), 1);
	CU_ASSERT(logged(sh, "leads elsewhere"));
	CU_ASSERT(bridge_ready(sh->b) && !parts_first_unwell(bridge_parts(sh->b)));
	CU_ASSERT(!view_has(sh, "file/"));
	/* again after a while, and not while the scoreboard is away */
	forget(sh);
	CU_ASSERT(bridge_deadline(sh->b).ms <= sh->now.mono.ms + 5000);
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "gone", sh->now);
	at(sh, sh->now.mono.ms + 6000);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(!said(sh, "fetch"));
	bridge_source_up(sh->b, sh->now);
	frame(sh, "{\"state\":{\"B.L(1)\":\"/a.gif\"}}");
	drain(sh);
	CU_ASSERT(said(sh, "fetch /a.gif\n"));
	shell_free(sh);
}

static void what_is_gone_or_is_no_file_by_new_rules_is_not_told_any_more(void)
{
	struct shell *sh = start(true);

	become_live(sh, "{\"state\":{\"B.L(1)\":\"/a.gif\",\"B.S\":1}}");
	answer(sh, FILE_GOOD);
	answer_all(sh);
	forget(sh);
	/* a whole state without it */
	bridge_source_lost(sh->b, SOURCE_LOSS_CONNECTION, "gone", sh->now);
	bridge_source_up(sh->b, sh->now);
	frame(sh, "{\"state\":{\"B.S\":1}}");
	answer_all(sh);
	CU_ASSERT(said(sh, "pub p/file/l/1 \n"));
	at(sh, sh->now.mono.ms + 2000);
	frame(sh, "{\"state\":{\"B.L(1)\":\"/a.gif\"}}");
	answer(sh, FILE_GOOD);
	answer_all(sh);
	forget(sh);
	bridge_reload(sh->b, schema_of(str_of(no_files)), "", sh->now);
	answer_all(sh);
	at(sh, sh->now.mono.ms + FILES_AGAIN_MS);
	bridge_tick(sh->b, sh->now);
	drain(sh);
	CU_ASSERT(!said(sh, "fetch") && !view_has(sh, "file/"));
	shell_free(sh);
}

const struct unit_test unit_tests[] = {
	UNIT(a_picture_is_told_to_the_broker_and_to_the_views_of_its_path),
	UNIT(who_can_not_fetch_says_nothing),
	UNIT(failures_are_counted_and_make_nobody_unwell),
	UNIT(what_is_gone_or_is_no_file_by_new_rules_is_not_told_any_more),
	{ NULL, NULL },
};
