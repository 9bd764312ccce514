/* route - the way from one broker of a tree to another, as each on it sees it. */
#include "mosquitto-plugin/core/cluster/route.h"
#include "tests/unit/unit.h"

const char *const unit_name = "plugin_route";

#define NAME64 "0123456789012345678901234567890123456789012345678901234567890123"

static void only_up_and_then_down_is_a_route(void)
{
	static const char *const good[] = { "", "/", "//", "e", "/e", "m/e", "//m2/e.5", "////////////", "//////a/b/c/d/e/f", NAME64 "/" NAME64 };
	static const char *const bad[] = { "e/", "e//", "m//e", "/m/", "a b", "m/a\"b", "\\/", "/////////////", "//////a/b/c/d/e/f/g", NAME64 "x",
					   NAME64 "/" NAME64 "/" NAME64 "/" NAME64 "/" NAME64 "/" NAME64 "/" NAME64 "/" NAME64 };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CU_ASSERT_TRUE(route_valid(str_of(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(route_valid(str_of(bad[i])));
	CU_ASSERT_FALSE(route_valid((struct str){ NULL, 0 }));
}

#define CHECK_STR_IS(s, text) CU_ASSERT_TRUE(str_is(s, text))

static void a_route_says_where_it_leads(void)
{
	CU_ASSERT_TRUE(route_is_above(STR("/")) && route_is_above(STR("//")));
	CU_ASSERT_FALSE(route_is_above(STR("")) || route_is_above(STR("/e")) || route_is_above(STR("e")));
	CU_ASSERT_TRUE(route_goes_up(STR("/")) && route_goes_up(STR("/e")));
	CU_ASSERT_FALSE(route_goes_up(STR("")) || route_goes_up(STR("m/e")));
	CHECK_STR_IS(route_first(STR("m/e")), "m");
	CHECK_STR_IS(route_first(STR("e")), "e");
	CHECK_STR_IS(route_first(STR("")), "");
	CHECK_STR_IS(route_last(STR("//m/e")), "e");
	CHECK_STR_IS(route_last(STR("//m")), "m");
	CHECK_STR_IS(route_last(STR("//")), "");
	CHECK_STR_IS(route_last(STR("")), "");
	CU_ASSERT_TRUE(route_passes(STR("//m/e"), "m") && route_passes(STR("//m/e"), "e"));
	CU_ASSERT_FALSE(route_passes(STR("//mm/e"), "m") || route_passes(STR("//"), "") || route_passes(STR(""), "m"));
}

static void each_broker_on_the_way_has_the_rest_before_it(void)
{
	static const char *const way[] = { "//m/e", "/m/e", "m/e", "e", "" };

	for (size_t i = 0; i + 1 < sizeof(way) / sizeof(way[0]); i++)
		CHECK_STR_IS(route_next(str_of(way[i])), way[i + 1]);
	CHECK_STR_IS(route_next(STR("/")), "");
}

static void others_see_it_from_where_they_are(void)
{
	static const struct {
		const char *route, *for_hub, *for_edge; /* of the broker "m" */
	} rows[] = {
		{ "", "m", "/" },
		{ "e", "m/e", "/e" },
		{ "n/e", "m/n/e", "/n/e" },
		{ "/", NULL, "//" },
		{ "/x/y", NULL, "//x/y" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BUF_CLEANUP struct buf up = { 0 }, down = { 0 };

		route_put_for_edge(&down, str_of(rows[i].route));
		CHECK_STR(down.p, rows[i].for_edge);
		CHECK_STR_IS(route_next(buf_view(&down)), rows[i].route); /* and back */
		if (!rows[i].for_hub)
			continue;
		route_put_for_hub(&up, "m", str_of(rows[i].route));
		CHECK_STR(up.p, rows[i].for_hub);
		CHECK_STR_IS(route_next(buf_view(&up)), rows[i].route);
	}
}

static void an_edge_is_one_further(void)
{
	static const char *const rows[][2] = { { "", "e" }, { "/", "/e" }, { "//", "//e" }, { "m", "m/e" }, { "//m", "//m/e" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BUF_CLEANUP struct buf out = { 0 };

		route_put_edge(&out, str_of(rows[i][0]), STR("e"));
		CHECK_STR(out.p, rows[i][1]);
	}
}

const struct unit_test unit_tests[] = {
	UNIT(only_up_and_then_down_is_a_route),
	UNIT(a_route_says_where_it_leads),
	UNIT(each_broker_on_the_way_has_the_rest_before_it),
	UNIT(others_see_it_from_where_they_are),
	UNIT(an_edge_is_one_further),
	{ NULL, NULL },
};
