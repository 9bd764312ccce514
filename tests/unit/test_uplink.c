/* uplink - a page relays a scoreboard: what counts, what is old, and what ends a session. */
#include "publisher/core/uplink.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "uplink";

static struct uplink u;

static mono at(int64_t ms)
{
	return (mono){ ms };
}

/* A message of the present session. */
static enum uplink_news page_says(int number, const char *rest)
{
	char text[200];
	int n = snprintf(text, sizeof(text), "%s %d %s", u.session, number, rest);

	return uplink_take(&u, (struct str){ text, (size_t)n });
}

static void ask(void)
{
	uplink_free(&u);
	uplink_init(&u, 100);
	uplink_ask(&u, 0x1234, 0xABCD, at(1000));
}

static void open_session(void)
{
	ask();
	CHECK_INT(page_says(0, "trying"), UPLINK_NOTHING);
	CHECK_INT(page_says(1, "open"), UPLINK_OPENED);
}

static void check_frame(const char *wanted)
{
	CU_ASSERT(str_is(uplink_frame(&u), wanted));
}

static void orders_name_the_session(void)
{
	BUF_CLEANUP struct buf out = { 0 };

	ask();
	uplink_write(&u, "ping", STR(""), &out);
	CU_ASSERT(str_is(buf_view(&out), "000012340000abcd 0 ping"));
	buf_clear(&out);
	uplink_write(&u, "send", STR("{}"), &out);
	CU_ASSERT(str_is(buf_view(&out), "000012340000abcd 0 send\n{}"));
}

static void frames_come_whole_or_in_parts(void)
{
	open_session();
	CHECK_INT(page_says(2, "frame\n{\"a\":1}"), UPLINK_FRAME);
	check_frame("{\"a\":1}");
	CHECK_INT(page_says(3, "part\n{\"b\""), UPLINK_PONG);
	CHECK_INT(page_says(4, "pong"), UPLINK_PONG);
	CHECK_INT(page_says(5, "frame\n:\n2}"), UPLINK_FRAME);
	check_frame("{\"b\":\n2}");
	CHECK_INT(page_says(6, "frame"), UPLINK_FRAME);
	check_frame("");
}

static void a_frame_that_is_too_long_is_lost_and_the_next_one_is_not(void)
{
	char long_part[121] = "part\n";

	memset(long_part + 5, 'x', 60);
	open_session();
	CHECK_INT(page_says(2, long_part), UPLINK_PONG);
	CHECK_INT(page_says(3, long_part), UPLINK_PONG);
	CHECK_INT((int)u.frame.cap, 0);
	CHECK_INT(page_says(4, "part\ny"), UPLINK_PONG);
	CHECK_INT((int)u.frame.cap, 0);
	CHECK_INT(page_says(5, "frame\nz"), UPLINK_FRAME_TOO_LARGE);
	CHECK_INT(page_says(6, "frame\nz"), UPLINK_FRAME);
	check_frame("z");
}

static void what_is_missing_ends_the_session_and_what_comes_twice_does_not(void)
{
	open_session();
	CHECK_INT(page_says(2, "frame\n1"), UPLINK_FRAME);
	CHECK_INT(page_says(2, "frame\n1"), UPLINK_NOTHING);
	CHECK_INT(page_says(4, "frame\n3"), UPLINK_OVER);
	CU_ASSERT_STRING_EQUAL(u.why, "something of the uplink page was lost on its way");
	CHECK_INT(u.state, UPLINK_IDLE);
	CHECK_INT(page_says(5, "frame\n4"), UPLINK_NOTHING);
}

static void what_is_of_another_session_is_old(void)
{
	open_session();
	CHECK_INT(uplink_take(&u, STR("0000123400000000 2 frame\n1")), UPLINK_NOTHING);
	CHECK_INT(uplink_take(&u, STR("0000123400000000 2 lost\nclosed")), UPLINK_NOTHING);
	CHECK_INT(u.state, UPLINK_OPEN);
}

static void a_page_that_comes_is_asked_and_ends_what_was(void)
{
	uplink_free(&u);
	uplink_init(&u, 100);
	CHECK_INT(uplink_take(&u, STR("- 0 here")), UPLINK_NOTHING);
	ask();
	CHECK_INT(uplink_take(&u, STR("- 0 here")), UPLINK_HERE);
	open_session();
	CHECK_INT(uplink_take(&u, STR("- 0 here")), UPLINK_OVER);
	CU_ASSERT_STRING_EQUAL(u.why, "the uplink page has come anew");
}

static void a_page_has_its_time_to_open(void)
{
	ask();
	CU_ASSERT(!uplink_is_late(&u, at(1000 + UPLINK_OPEN_WITHIN_MS - 1)));
	CU_ASSERT(uplink_is_late(&u, at(1000 + UPLINK_OPEN_WITHIN_MS)));
	CU_ASSERT_STRING_EQUAL(u.why, "no uplink page answers: is one open beside the scoreboard?");
	CU_ASSERT(!uplink_is_late(&u, at(100000)));
	ask();
	CHECK_INT(page_says(0, "trying"), UPLINK_NOTHING);
	CU_ASSERT(uplink_is_late(&u, at(1000 + UPLINK_OPEN_WITHIN_MS)));
	CU_ASSERT_STRING_EQUAL(u.why, "the uplink page has not reached the scoreboard yet");
	open_session();
	CU_ASSERT(!uplink_is_late(&u, at(100000)));
	CU_ASSERT(u.until.ms == MONO_NEVER.ms);
}

static void why_it_ended_is_said_in_our_words(void)
{
	static const struct {
		const char *says, *why;
	} rows[] = {
		{ "lost\nunreachable", "the uplink page can't connect to the scoreboard" },
		{ "lost\nclosed", "the scoreboard has closed the connection to the uplink page" },
		{ "lost\nslow", "the uplink page's way to the broker is too slow" },
		{ "lost\nrefused", "the broker has refused what the uplink page sent" },
		{ "lost\nstopped", "the uplink page was stopped by its user" },
		{ "lost\n<b>anything</b>", "the uplink page has ended the connection to the scoreboard" },
		{ "lost", "the uplink page has ended the connection to the scoreboard" },
		{ "dance", "the uplink page has sent what is no message of an uplink" },
		{ "open", "the uplink page has sent what is no message of an uplink" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_session();
		CHECK_INT(page_says(2, rows[i].says), UPLINK_OVER);
		CU_ASSERT_STRING_EQUAL(u.why, rows[i].why);
	}
	ask();
	CHECK_INT(page_says(0, "lost\nunreachable"), UPLINK_OVER);
	CU_ASSERT_STRING_EQUAL(u.why, rows[0].why);
	ask();
	CHECK_INT(page_says(0, "frame\n1"), UPLINK_OVER); /* it has not said that it is open */
}

static void rubbish_is_nothing_before_and_the_end_within(void)
{
	static const struct str rubbish[] = {
		{ "", 0 },
		{ "x", 1 },
		{ "\0\n\0", 3 },
		{ "- here", 6 },
		{ "- x here", 8 },
		{ "000012340000abcd 2\nframe", 24 },
		{ "000012340000abcd -1 frame", 25 },
		{ "000012340000abcd 99999999999999999999 frame", 43 },
	};

	for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
		ask();
		CHECK_INT(uplink_take(&u, rubbish[i]), UPLINK_NOTHING);
		CHECK_INT(u.state, UPLINK_ASKING);
		open_session();
		CHECK_INT(uplink_take(&u, rubbish[i]), UPLINK_OVER);
	}
	open_session();
	CHECK_INT(uplink_take(&u, STR("- 1 there")), UPLINK_NOTHING); /* of a session that is not ours */
	uplink_free(&u);
}

const struct unit_test unit_tests[] = {
	UNIT(orders_name_the_session),
	UNIT(frames_come_whole_or_in_parts),
	UNIT(a_frame_that_is_too_long_is_lost_and_the_next_one_is_not),
	UNIT(what_is_missing_ends_the_session_and_what_comes_twice_does_not),
	UNIT(what_is_of_another_session_is_old),
	UNIT(a_page_that_comes_is_asked_and_ends_what_was),
	UNIT(a_page_has_its_time_to_open),
	UNIT(why_it_ended_is_said_in_our_words),
	UNIT(rubbish_is_nothing_before_and_the_end_within),
	{ NULL, NULL },
};
