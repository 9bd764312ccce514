/* gather - when memory runs out in the middle of a request, there is an answer all the same, and nothing is lost. */
#include "mosquitto-plugin/core/cluster/gather.h"
#include "tests/unit/short_memory.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_gather_memory";

#define REQUEST "{\"commands\":[{\"command\":\"getStats\"},{\"command\":\"listClients\",\"count\":2},{\"command\":\"wipe\"}]}"
#define FIRST "[{\"data\":{\"stats\":{\"a\":1}}},{\"data\":{\"clients\":[],\"total\":1}}]"
#define SECOND "[{\"data\":{\"clients\":[{\"client\":\"x\"}]}},{\"data\":{\"clients\":[{\"client\":\"y\"}]}}]"

static struct gathers gs;

/* The text is read while memory is plenty: what is tried is gather, not the reader. */
static void say(struct gather *g, const char *broker, const struct json_doc *responses)
{
	struct gather_reply reply = { str_of(strcmp(broker, "a") ? broker : ""), responses->root, { NULL, 0 } };
	struct complaint why;

	if (gather_take(&gs, g, &reply, &why))
		CU_ASSERT(why.text[0]);
}

static void go_through(struct gather *g, const struct json_doc *first, const struct json_doc *second)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct buf *here;

	CU_ASSERT(gather_expect(g, &(struct gather_member){ STR("b"), STR("b") }));
	CU_ASSERT(gather_expect(g, &(struct gather_member){ STR("/"), STR("hub") }));
	gather_is_called(g, &(struct gather_member){ STR("/"), STR("b") });
	if (gather_command(g, 2, &here))
		buf_puts(here, "{}");
	gather_write(g, &out);
	say(g, "a", first);
	say(g, "b", first);
	say(g, "/", first);
	if (gather_next_turn(g)) {
		say(g, "a", second);
		say(g, "b", second);
		say(g, "/", second);
	}
	buf_clear(&out);
	gather_answer(&gs, g, &out);
}

static void a_request_ends_whenever_memory_is_short(void)
{
	struct json_doc first, second, request;
	struct complaint why;
	bool failed = true;
	size_t n;

	CU_ASSERT_FATAL(json_parse(&first, STR(FIRST), &why) == JSON_GOOD && json_parse(&second, STR(SECOND), &why) == JSON_GOOD);
	for (n = 0; failed; n++) {
		struct gather *g;

		CU_ASSERT_FATAL(json_parse(&request, STR(REQUEST), &why) == JSON_GOOD);
		memory_fails_at(n);
		g = gather_new(&gs, &(struct gather_setup){ "a", &gs, { 0 } }, &request);
		if (g)
			go_through(g, &first, &second);
		else
			json_free(&request);
		failed = memory_is_plenty();
		gathers_free(&gs);
		CHECK_INT(gs.n + gs.bytes, 0);
	}
	CU_ASSERT(n > 12);
	json_free(&first);
	json_free(&second);
}

const struct unit_test unit_tests[] = {
	UNIT(a_request_ends_whenever_memory_is_short),
	{ NULL, NULL },
};
