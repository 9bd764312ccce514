/* page_config - what pages are told, and what is too much. */
#include "publisher/core/options/page_config.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "page_config";

static void it_tells_where_the_scoreboard_is(void)
{
	static const struct page_config page = { "sb/t1", "Track \"1\"", "http://a/ http://b/?x=1", " ws://*:9002/mqtt  wss://b/mqtt ", "sb/t1 = Main, hall , sb/t2,, sb/t3=A \"B\"=C", true };
	static const struct page_config least = { "sb", "", "", "", " ", false };
	BUF_CLEANUP struct buf out = { 0 };

	page_config_write(&page, &out);
	CHECK_STR(out.p, "{\"version\":1,\"prefix\":\"sb/t1\",\"title\":\"Track \\\"1\\\"\",\"addresses\":[\"http://a/\",\"http://b/?x=1\"],\"servers\":[\"ws://*:9002/mqtt\",\"wss://b/mqtt\"],\"history\":true,"
			 "\"tracks\":[{\"prefix\":\"sb/t1\",\"title\":\"Main\"},{\"prefix\":\"hall\",\"title\":\"hall\"},{\"prefix\":\"sb/t2\",\"title\":\"t2\"},"
			 "{\"prefix\":\"sb/t3\",\"title\":\"A \\\"B\\\"=C\"}]}\n");
	buf_clear(&out);
	page_config_write(&least, &out);
	CHECK_STR(out.p, "{\"version\":1,\"prefix\":\"sb\",\"title\":\"\",\"addresses\":[],\"servers\":[],\"history\":false,\"tracks\":[]}\n");
}

static void what_is_no_broker_is_refused(void)
{
	char longest[PAGE_TEXT_MAX_BYTES + 1], longer[PAGE_TEXT_MAX_BYTES + 2];

	memset(longest, 'x', sizeof(longest));
	memset(longer, 'x', sizeof(longer));
	memcpy(longest, "ws://", 5);
	memcpy(longer, "ws://", 5);
	longest[sizeof(longest) - 1] = longer[sizeof(longer) - 1] = '\0';
	CU_ASSERT(page_config_servers_valid(""));
	CU_ASSERT(page_config_servers_valid(longest));
	CU_ASSERT(!page_config_servers_valid(longer));
	CU_ASSERT(!page_config_servers_valid("wss://a/ http://b/"));
	CU_ASSERT(!page_config_servers_valid("ws://\xFF/"));
	CU_ASSERT(page_config_servers_valid("ws://1 ws://2 ws://3 ws://4 ws://5 ws://6 ws://7 ws://8 "));
	CU_ASSERT(!page_config_servers_valid("ws://1 ws://2 ws://3 ws://4 ws://5 ws://6 ws://7 ws://8 ws://9"));
}

static void what_is_no_track_is_refused(void)
{
	char longest[PAGE_TEXT_MAX_BYTES + 1], longer[PAGE_TEXT_MAX_BYTES + 2];
	BUF_CLEANUP struct buf many = { 0 };

	memset(longest, 'x', sizeof(longest));
	memset(longer, 'x', sizeof(longer));
	longest[sizeof(longest) - 1] = longer[sizeof(longer) - 1] = '\0';
	CU_ASSERT(page_config_tracks_valid(""));
	CU_ASSERT(page_config_tracks_valid(longest));
	CU_ASSERT(!page_config_tracks_valid(longer));
	CU_ASSERT(!page_config_tracks_valid("a="));
	CU_ASSERT(!page_config_tracks_valid("=b"));
	CU_ASSERT(!page_config_tracks_valid("a=\xFF"));
	for (size_t i = 0; i < PAGE_TRACKS_MAX; i++)
		buf_printf(&many, "sb/t%zu=Track,", i);
	CU_ASSERT(page_config_tracks_valid(many.p));
	buf_puts(&many, "a");
	CU_ASSERT(!page_config_tracks_valid(many.p));
}

const struct unit_test unit_tests[] = {
	UNIT(it_tells_where_the_scoreboard_is),
	UNIT(what_is_no_broker_is_refused),
	UNIT(what_is_no_track_is_refused),
	{ NULL, NULL },
};
