/* gather - one answer is made of several brokers', whatever they say and whoever is silent. */
#include "mosquitto-plugin/core/cluster/gather.h"
#include "tests/unit/unit.h"

#include <stdio.h>

const char *const unit_name = "plugin_gather";

static struct gathers gs;
static struct gather *g;
static mono now;
static const char who;

static bool expect(const char *route, const char *name)
{
	return gather_expect(g, &(struct gather_member){ str_of(route), str_of(name) });
}

/* Commands: an operator's, without the brackets around them. */
static void begin(const char *commands)
{
	BUF_CLEANUP struct buf text = { 0 };
	struct json_doc request;
	struct complaint why;

	now = (mono){ 5000 };
	buf_printf(&text, "{\"commands\":[%s]}", commands);
	CU_ASSERT_FATAL(json_parse(&request, buf_view(&text), &why) == JSON_GOOD);
	g = gather_new(&gs, &(struct gather_setup){ "m", &who, now }, &request);
	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	CU_ASSERT_PTR_NULL(request.root);
	CU_ASSERT_TRUE(expect("z", "z") && expect("a", "a") && expect("a", "a"));
	CU_ASSERT_TRUE(expect("b", "no name") && expect("no route", "b") && expect("", "b")); /* nobody is expected there */
}

static void end(void)
{
	gathers_free(&gs);
	CHECK_INT(gs.n + gs.bytes, 0);
	gathers_free(&gs);
}

/* At this route; m is the broker that gathers. 1: it was of no use. */
static int says(const char *route, const char *responses)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct gather_reply reply = { str_of(strcmp(route, "m") ? route : ""), NULL, { NULL, 0 } };
	struct complaint why;

	CU_ASSERT_FATAL(json_parse(&doc, str_of(responses), &why) == JSON_GOOD);
	reply.responses = doc.root;
	return gather_take(&gs, g, &reply, &why);
}

static void expect_asked(const char *text)
{
	BUF_CLEANUP struct buf out = { 0 };

	gather_write(g, &out);
	CHECK_STR(out.p, text);
}

static void expect_answer(const char *text)
{
	BUF_CLEANUP struct buf out = { 0 };
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;

	gather_answer(&gs, g, &out);
	CHECK_STR(out.p, text);
	CU_ASSERT(json_parse(&doc, buf_view(&out), &why) == JSON_GOOD);
}

static void every_broker_s_answer_is_shown_in_the_order_of_names(void)
{
	begin("{\"command\":\"getStats\",\"correlationData\":\"9\",\"x\":[1, {\"y\" : null}]}");
	expect_asked("[{\"command\":\"getStats\",\"x\":[1,{\"y\":null}]}]");
	CHECK_INT(says("z", "[{\"data\":{\"n\" : 1, \"broker\":\"a\"}}]"), 0);
	CHECK_INT(says("z", "[{\"data\":{\"n\":2}}]"), 0); /* once */
	CHECK_INT(says("stranger", "[{\"data\":{\"n\":3}}]"), 0);
	CHECK_INT(says("a", "[{\"error\":\"no\"}]"), 0);
	CU_ASSERT_FALSE(gather_is_done(g, now));
	CHECK_INT(says("m", "[{\"data\":{}}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	CU_ASSERT_FALSE(gather_next_turn(g));
	CU_ASSERT_TRUE(gather_was_done(g, 0));
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"correlationData\":\"9\",\"data\":{\"brokers\":[{\"broker\":\"a\",\"error\":\"no\"},"
		      "{\"broker\":\"m\"},{\"broker\":\"z\",\"n\":1}],\"missing\":[]}}]}");
	CHECK_INT(gs.missing, 0);
	end();
}

static void what_nobody_did_is_refused_with_every_reason_once(void)
{
	begin("{\"command\":\"kick\",\"client\":\"x\"}");
	CHECK_INT(says("m", "[{\"error\":\"no such client\"}]"), 0);
	CHECK_INT(says("z", "[{\"error\":\"busy\"}]"), 0);
	CHECK_INT(says("a", "[{\"error\":\"no such client\"}]"), 0);
	CU_ASSERT_FALSE(gather_was_done(g, 0));
	expect_answer("{\"responses\":[{\"command\":\"kick\",\"error\":\"a, m: no such client; z: busy\"}]}");
	end();
	begin("{\"command\":\"kick\",\"client\":\"x\"}");
	CHECK_INT(says("m", "[{\"error\":\"no such client\"}]"), 0);
	CHECK_INT(says("a", "[{\"error\":\"no such client\"}]"), 0);
	now = mono_add(now, GATHER_MS - 1);
	CU_ASSERT_FALSE(gather_is_done(g, now));
	now = mono_add(now, 1);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"kick\",\"error\":\"no such client; no answer from z\"}]}");
	CHECK_INT(gs.missing, 1);
	gs.missing = 0;
	end();
}

static void a_page_lies_across_brokers(void)
{
	begin("{\"command\":\"listClients\",\"offset\":2,\"count\":3,\"role\":\"viewer\"}");
	expect_asked("[{\"command\":\"listClients\",\"role\":\"viewer\",\"offset\":0,\"count\":0}]");
	CHECK_INT(says("a", "[{\"data\":{\"clients\":[],\"total\":3}}]"), 0);
	CHECK_INT(says("m", "[{\"data\":{\"clients\":[],\"total\":1}}]"), 0);
	CHECK_INT(says("z", "[{\"data\":{\"clients\":[],\"total\":9}}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	CU_ASSERT_TRUE(gather_next_turn(g));
	expect_asked("[{\"command\":\"listClients\",\"role\":\"viewer\",\"offset\":2,\"count\":1,\"broker\":\"a\"},"
		     "{\"command\":\"listClients\",\"role\":\"viewer\",\"offset\":0,\"count\":1,\"broker\":\"m\"},"
		     "{\"command\":\"listClients\",\"role\":\"viewer\",\"offset\":0,\"count\":1,\"broker\":\"z\"}]");
	CU_ASSERT_FALSE(gather_is_done(g, now));
	CHECK_INT(says("z", "[null,null,{\"data\":{\"clients\":[{\"client\":\"z1\"},{\"client\":\"too many\"}]}}]"), 0);
	CHECK_INT(says("a", "[{\"data\":{\"clients\":[{\"broker\":\"hub\",\"client\":\"a3\"}]}},null,null]"), 0);
	CHECK_INT(says("m", "[null,{\"data\":{\"clients\":[{\"client\":\"m1\"}]}},null]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	CU_ASSERT_FALSE(gather_next_turn(g));
	expect_answer("{\"responses\":[{\"command\":\"listClients\",\"data\":{\"clients\":[{\"broker\":\"a\",\"client\":\"a3\"},"
		      "{\"broker\":\"m\",\"client\":\"m1\"},{\"broker\":\"z\",\"client\":\"z1\"}],\"total\":13,\"offset\":2,\"brokers\":["
		      "{\"broker\":\"a\",\"total\":3},{\"broker\":\"m\",\"total\":1},{\"broker\":\"z\",\"total\":9}],\"missing\":[]}}]}");
	end();
}

/* Whoever asks for the next page begins where this one ended. */
static void a_page_ends_where_rows_are_missing(void)
{
	begin("{\"command\":\"listClients\",\"count\":9}");
	CHECK_INT(says("a", "[{\"data\":{\"total\":3}}]"), 0);
	CHECK_INT(says("m", "[{\"data\":{\"total\":2}}]"), 0);
	now = mono_add(now, GATHER_FIRST_MS);
	CU_ASSERT_TRUE(gather_is_done(g, now)); /* z is missing already */
	CU_ASSERT_TRUE(gather_next_turn(g));
	CHECK_INT(says("z", "[{\"data\":{\"total\":3}}]"), 0); /* too late */
	CHECK_INT(says("m", "[null,{\"data\":{\"clients\":[{\"client\":\"m1\"},{\"client\":\"m2\"}]}}]"), 0);
	CHECK_INT(says("a", "[{\"data\":{\"clients\":[{\"client\":\"a1\"},{\"client\":\"a2\"}]}},null]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"listClients\",\"data\":{\"clients\":[{\"broker\":\"a\",\"client\":\"a1\"},"
		      "{\"broker\":\"a\",\"client\":\"a2\"}],\"total\":5,\"offset\":0,\"brokers\":[{\"broker\":\"a\",\"total\":3},"
		      "{\"broker\":\"m\",\"total\":2}],\"missing\":[\"z\"]}}]}");
	gs.missing = 0;
	end();
}

static void called(const char *route, const char *name)
{
	gather_is_called(g, &(struct gather_member){ str_of(route), str_of(name) });
}

static void the_hub_says_who_there_is(void)
{
	begin("{\"command\":\"getStats\"}");
	CU_ASSERT_TRUE(expect("/", "hub"));
	CHECK_INT(says("m", "[{\"data\":{}}]"), 0);
	CHECK_INT(says("a", "[{\"data\":{}}]"), 0);
	CHECK_INT(says("z", "[{\"data\":{}}]"), 0);
	CU_ASSERT_FALSE(gather_is_done(g, now));
	called("/", "b2"); /* before m now, not behind it */
	called("/", "no name");
	called("/x", "b3");
	CHECK_STR(gather_name(g, STR("/")), "b2");
	CHECK_STR(gather_name(g, STR("/x")), "");
	CU_ASSERT_TRUE(expect("//", "top") && expect("/e", "e"));
	CHECK_INT(says("/", "[{\"data\":{}}]"), 0);
	called("/", "b4"); /* once */
	CU_ASSERT_FALSE(gather_is_done(g, now));
	CHECK_INT(says("/e", "[{\"data\":{}}]"), 0);
	CU_ASSERT_FALSE(gather_is_done(g, now));
	CHECK_INT(says("//", "[{\"data\":{}}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"a\"},{\"broker\":\"b2\"},{\"broker\":\"e\"},"
		      "{\"broker\":\"m\"},{\"broker\":\"top\"},{\"broker\":\"z\"}],\"missing\":[]}}]}");
	end();
	begin("{\"command\":\"getStats\"}");
	CU_ASSERT_TRUE(expect("/", "hub"));
	CHECK_INT(says("m", "[{\"data\":{}}]"), 0);
	now = mono_add(now, GATHER_MS);
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"m\"}],\"missing\":[\"a\",\"hub\",\"z\"]}}]}");
	CHECK_INT(gs.missing, 3);
	gs.missing = 0;
	end();
}

/* Else the sum would lack it and its edges, and nobody would be told. */
static void a_hub_that_comes_in_the_second_turn_is_missing(void)
{
	begin("{\"command\":\"listClients\"}");
	CU_ASSERT_TRUE(expect("/", "hub"));
	for (const char *const *name = (const char *const[]){ "a", "m", "z", NULL }; *name; name++)
		CHECK_INT(says(*name, "[{\"data\":{\"total\":1}}]"), 0);
	now = mono_add(now, GATHER_FIRST_MS);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	CU_ASSERT_TRUE(gather_next_turn(g));
	called("/", "h2");
	CU_ASSERT_TRUE(expect("/e", "e"));
	CHECK_INT(says("/", "[null,null,null]"), 0);
	CU_ASSERT_FALSE(gather_is_done(g, now));
	CHECK_INT(says("a", "[{\"data\":{\"clients\":[{}]}},null,null]"), 0);
	CHECK_INT(says("m", "[null,{\"data\":{\"clients\":[{}]}},null]"), 0);
	CHECK_INT(says("z", "[null,null,{\"data\":{\"clients\":[{}]}}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now)); /* it would change nothing any more */
	expect_answer("{\"responses\":[{\"command\":\"listClients\",\"data\":{\"clients\":[{\"broker\":\"a\"},{\"broker\":\"m\"},{\"broker\":\"z\"}],"
		      "\"total\":3,\"offset\":0,\"brokers\":[{\"broker\":\"a\",\"total\":1},{\"broker\":\"m\",\"total\":1},{\"broker\":\"z\",\"total\":1}],"
		      "\"missing\":[\"hub\"]}}]}");
	end();
}

/* One is in the other's place in the tree, or says that it is. Each is a broker of its own, and neither speaks for the other. */
static void two_of_one_name_are_two(void)
{
	begin("{\"command\":\"getStats\"}");
	CU_ASSERT_TRUE(expect("a/e", "e") && expect("z/e", "e"));
	for (const char *const *name = (const char *const[]){ "a", "m", "z", NULL }; *name; name++)
		CHECK_INT(says(*name, "[{\"data\":{}}]"), 0);
	CHECK_INT(says("z/e", "[{\"data\":{\"n\":2}}]"), 0);
	CU_ASSERT_FALSE(gather_awaits(g, STR("z/e")));
	CU_ASSERT_TRUE(gather_awaits(g, STR("a/e")));
	CU_ASSERT_FALSE(gather_awaits(g, STR("e")));
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"a\"},{\"broker\":\"e\",\"n\":2},{\"broker\":\"m\"},"
		      "{\"broker\":\"z\"}],\"missing\":[\"e\"]}}]}");
	gs.missing = 0;
	end();
}

static void so_many_are_asked_and_no_more(void)
{
	char name[20];
	int n = 3;

	begin("{\"command\":\"getStats\"}");
	for (int i = 0; n < GATHER_MEMBERS; i++, n++) {
		snprintf(name, sizeof(name), "n%d", i);
		CU_ASSERT_TRUE(expect(name, name));
	}
	CU_ASSERT_FALSE(expect("too-many", "x"));
	CU_ASSERT_TRUE(expect("n0", "n0"));
	end();
}

/* What one says of another's command would look as if that had been done. */
static void who_is_not_asked_is_not_heard(void)
{
	begin("{\"command\":\"kick\",\"client\":\"x\",\"broker\":\"z\"},{\"command\":\"getStats\",\"broker\":\"a\"}");
	CHECK_INT(says("a", "[{\"data\":{}},{\"data\":{}}]"), 0);
	CU_ASSERT_FALSE(gather_was_done(g, 0));
	CHECK_INT(says("z", "[{\"error\":\"no such client\"},{\"error\":\"forged\"}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"kick\",\"error\":\"no such client\"},"
		      "{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"a\"}],\"missing\":[]}}]}");
	end();
}

static void a_command_for_one_waits_for_no_other(void)
{
	begin("{\"command\":\"getStats\",\"broker\":\"z\"}");
	CU_ASSERT_TRUE(gather_asks_others(g));
	expect_asked("[{\"command\":\"getStats\",\"broker\":\"z\"}]");
	CU_ASSERT_FALSE(gather_awaits(g, STR("a")));
	CHECK_INT(says("z", "[{\"data\":{}}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"z\"}],\"missing\":[]}}]}");
	end();
	begin("{\"command\":\"getStats\",\"broker\":\"m\"}");
	CU_ASSERT_FALSE(gather_asks_others(g));
	CU_ASSERT_FALSE(gather_is_done(g, now));
	CHECK_INT(says("m", "[{\"data\":{}}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	end();
}

/* Whoever has not answered may have it among its edges. */
static void a_command_for_one_that_nobody_knows_yet_waits_for_all(void)
{
	begin("{\"command\":\"getStats\",\"broker\":\"e\"}");
	CHECK_INT(says("m", "[null]"), 0);
	CHECK_INT(says("a", "[null]"), 0);
	CU_ASSERT_FALSE(gather_is_done(g, now));
	CU_ASSERT_TRUE(expect("z/e", "e")); /* found: z's own answer is worth nothing now */
	CU_ASSERT_FALSE(gather_awaits(g, STR("z")));
	CHECK_INT(says("z/e", "[{\"data\":{}}]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"e\"}],\"missing\":[]}}]}");
	CHECK_INT(gs.missing, 0);
	end();
	begin("{\"command\":\"getStats\",\"broker\":\"e\"}");
	CHECK_INT(says("m", "[null]"), 0);
	CHECK_INT(says("a", "{}"), 1);
	now = mono_add(now, GATHER_MS);
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"error\":\"no answer from a, z\"}]}");
	CHECK_INT(gs.missing, 2);
	gs.missing = 0;
	end();
	begin("{\"command\":\"getStats\",\"broker\":\"e\"}");
	for (const char *const *name = (const char *const[]){ "a", "m", "z", NULL }; *name; name++)
		CHECK_INT(says(*name, "[null]"), 0);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"error\":\"no such broker\"}]}");
	end();
}

static void other_commands_are_answered_by_who_is_asked(void)
{
	struct buf *here;

	begin("{\"command\":\"wipe\",\"user\":\"x\"},{\"command\":\"kick\"},{\"no\":1}");
	CU_ASSERT_PTR_NOT_NULL(gather_command(g, 0, &here));
	buf_puts(here, "{\"command\":\"wipe\",\"data\":{}}");
	CU_ASSERT_PTR_NOT_NULL(gather_command(g, 1, &here));
	CU_ASSERT_PTR_NULL(here);
	CU_ASSERT_PTR_NOT_NULL(gather_command(g, 2, &here));
	buf_puts(here, "{}");
	CU_ASSERT_PTR_NULL(gather_command(g, 3, &here));
	expect_asked("[{\"command\":\"kick\"}]");
	for (const char *const *name = (const char *const[]){ "a", "m", "z", NULL }; *name; name++)
		CHECK_INT(says(*name, "[{\"data\":{}}]"), 0);
	expect_answer("{\"responses\":[{\"command\":\"wipe\",\"data\":{}},{\"command\":\"kick\",\"data\":{\"brokers\":[{\"broker\":\"a\"},"
		      "{\"broker\":\"m\"},{\"broker\":\"z\"}],\"missing\":[]}},{}]}");
	end();
}

static void an_answer_of_no_use_leaves_nothing_behind(void)
{
	static const char *const bad[] = { "7", "{}", "[]", "[7]", "[{}]", "[{\"data\":7},{\"data\":{\"total\":1}}]", "[{\"data\":{}},{\"data\":{}}]",
					   "[{\"data\":{}},{\"data\":{\"total\":-1}}]", "[{\"data\":{}},{\"data\":{\"total\":1e99}}]",
					   "[{\"data\":{}},{\"data\":{\"total\":1}},null]" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin("{\"command\":\"getStats\"},{\"command\":\"listClients\"}");
		CU_ASSERT_TRUE(gather_awaits(g, STR("a")));
		CHECK_INT(says("a", bad[i]), 1);
		CHECK_INT(gs.bytes, 0);
		CU_ASSERT_FALSE(gather_awaits(g, STR("a")));
		CHECK_INT(says("a", "[{\"data\":{}},{\"data\":{\"total\":2}}]"), 0); /* nobody looks at it any more */
		CU_ASSERT_FALSE(gather_was_done(g, 0));
		end();
	}
	begin("{\"command\":\"getStats\"},{\"command\":\"listClients\"}");
	CU_ASSERT_FALSE(gather_awaits(g, STR("stranger")));
	CHECK_INT(says("a", "[{\"data\":{}},{\"data\":{\"total\":2}}]"), 0);
	CHECK_INT(says("m", "[{\"data\":{}},{\"data\":{\"total\":0}}]"), 0);
	CHECK_INT(says("z", "[{\"data\":{}},{\"error\":\"no\"}]"), 0);
	CU_ASSERT_TRUE(gather_next_turn(g));
	CU_ASSERT_FALSE(gather_awaits(g, STR("z")));
	CHECK_INT(says("a", "[{\"data\":{\"clients\":[7]}}]"), 1);
	CU_ASSERT_TRUE(gather_is_done(g, now));
	expect_answer("{\"responses\":[{\"command\":\"getStats\",\"data\":{\"brokers\":[{\"broker\":\"m\"},{\"broker\":\"z\"}],\"missing\":[\"a\"]}},"
		      "{\"command\":\"listClients\",\"data\":{\"clients\":[],\"total\":0,\"offset\":0,\"brokers\":[{\"broker\":\"m\",\"total\":0},"
		      "{\"broker\":\"z\",\"error\":\"no\"}],\"missing\":[\"a\"]}}]}");
	CHECK_INT(gs.missing, 1);
	gs.missing = 0;
	end();
}

/* Half a character would make the whole answer no UTF-8, for who reads it strictly. */
static void a_long_error_is_cut_at_a_character(void)
{
	BUF_CLEANUP struct buf error = { 0 }, responses = { 0 }, expected = { 0 };

	while (error.len < 899)
		buf_char(&error, 'x');
	buf_printf(&responses, "[{\"error\":\"%s\xc3\xa4 and so on\"}]", error.p);
	buf_printf(&expected, "{\"responses\":[{\"command\":\"kick\",\"error\":\"%s\"}]}", error.p);
	begin("{\"command\":\"kick\",\"client\":\"x\",\"broker\":\"z\"}");
	CHECK_INT(says("z", responses.p), 0);
	expect_answer(expected.p);
	end();
}

static void what_waits_has_a_bound(void)
{
	struct gather *first;
	BUF_CLEANUP struct buf big = { 0 };
	struct json_doc request;
	struct complaint why;
	char name[20];
	int kept = 0;

	begin("{\"command\":\"getStats\"}");
	buf_puts(&big, "[{\"data\":{\"x\":\"");
	while (big.len < GATHER_ANSWER_BYTES - 10)
		buf_puts(&big, "xxxxxxxx");
	buf_puts(&big, "\"}}]");
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		CU_ASSERT_TRUE(expect(name, name));
		kept += says(name, big.p) == 0;
	}
	CU_ASSERT(gs.bytes <= GATHER_BYTES);
	CU_ASSERT(kept >= 10 && kept < 40);
	first = g;
	CU_ASSERT_PTR_EQUAL(gather_next(&gs, NULL), first);
	while (gs.n < GATHER_MAX)
		begin("{\"command\":\"getStats\"}");
	CU_ASSERT_FATAL(json_parse(&request, STR("{\"commands\":[]}"), &why) == JSON_GOOD);
	CU_ASSERT_PTR_NULL(gather_new(&gs, &(struct gather_setup){ "m", &who, now }, &request));
	json_free(&request);
	gather_set_id(g, "0123456789abcdef0123456789abcdef");
	CU_ASSERT_PTR_EQUAL(gather_find(&gs, STR("0123456789abcdef0123456789abcdef")), g);
	CU_ASSERT_PTR_NULL(gather_find(&gs, STR("")));
	gathers_forget(&gs, &gs);
	CHECK_INT(gs.n, GATHER_MAX);
	gathers_forget(&gs, &who);
	end();
}

const struct unit_test unit_tests[] = {
	UNIT(every_broker_s_answer_is_shown_in_the_order_of_names),
	UNIT(what_nobody_did_is_refused_with_every_reason_once),
	UNIT(a_page_lies_across_brokers),
	UNIT(a_page_ends_where_rows_are_missing),
	UNIT(the_hub_says_who_there_is),
	UNIT(a_hub_that_comes_in_the_second_turn_is_missing),
	UNIT(two_of_one_name_are_two),
	UNIT(so_many_are_asked_and_no_more),
	UNIT(who_is_not_asked_is_not_heard),
	UNIT(a_command_for_one_waits_for_no_other),
	UNIT(a_command_for_one_that_nobody_knows_yet_waits_for_all),
	UNIT(other_commands_are_answered_by_who_is_asked),
	UNIT(an_answer_of_no_use_leaves_nothing_behind),
	UNIT(a_long_error_is_cut_at_a_character),
	UNIT(what_waits_has_a_bound),
	{ NULL, NULL },
};
