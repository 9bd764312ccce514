/* health - the counters as Prometheus reads them. */
#include "publisher/core/health.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "health";

static void counts_appear_under_their_names(void)
{
	static const char *const expected[] = {
		"# TYPE scoreboard_publisher_frames_total counter\nscoreboard_publisher_frames_total 2\n",
		"\nscoreboard_publisher_frames_refused_total{reason=\"bad_json\"} 1\n",
		"\nscoreboard_publisher_frames_refused_total{reason=\"binary\"} 0\n",
		"\nscoreboard_publisher_source_reconnects_total{reason=\"no_pong\"} 3\n",
		"\nscoreboard_publisher_ready 0\n",
		"# TYPE scoreboard_publisher_broker_up gauge\nscoreboard_publisher_broker_up{broker=\"a:1883\"} 1\n"
		"scoreboard_publisher_broker_up{broker=\"b:1883\"} 0\n# ",
		"\nscoreboard_publisher_broker_reconnects_total{broker=\"b:1883\",reason=\"lost\"} 4\n",
		"\nscoreboard_publisher_publish_latency_seconds_bucket{broker=\"a:1883\",le=\"0.005\"} 1\n",
		"\nscoreboard_publisher_publish_latency_seconds_bucket{broker=\"a:1883\",le=\"1\"} 2\n",
		"\nscoreboard_publisher_publish_latency_seconds_count{broker=\"a:1883\"} 2\n",
		"\nscoreboard_publisher_publish_latency_seconds_count{broker=\"b:1883\"} 0\n",
	};
	BUF_CLEANUP struct buf out = { 0 };
	struct health h, a, b;
	const struct health_broker brokers[] = { { STR("a:1883"), &a }, { STR("b:1883"), &b } };

	health_init(&h);
	health_init(&a);
	health_init(&b);
	health_count(&a, HEALTH_SINK_UP, 1);
	health_count(&b, HEALTH_SINK_LOST, 4);
	health_count(&h, HEALTH_FRAMES, 1);
	health_count(&h, HEALTH_FRAMES, 1);
	health_count(&h, HEALTH_REFUSED_JSON, 1);
	health_count(&h, HEALTH_SOURCE_NO_PONG, 3);
	histogram_observe(&a.latency, 0.004);
	histogram_observe(&a.latency, 0.7);
	health_write(&(struct health_of_all){ &h, brokers, 2 }, &out);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (!strstr(out.p, expected[i])) {
			printf("\n    %s\n", expected[i]);
			CU_FAIL("not in the text");
		}
	}
}

/* promtool's rules in short: each name has HELP and TYPE once, and its rows follow at once. */
static void the_text_is_valid_exposition_format(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct health h;
	const struct health_broker brokers[] = { { STR("a:1883"), &h }, { STR("[::1]:1883"), &h } };
	struct str rest, line;
	char name[128] = "";
	size_t types = 0;

	health_init(&h);
	health_write(&(struct health_of_all){ &h, brokers, 2 }, &out);
	rest = buf_view(&out);
	while (str_split(&rest, '\n', &line) && line.len) {
		if (str_starts(line, STR("# HELP "))) {
			size_t n = strcspn(line.p + 7, " ");

			snprintf(name, sizeof(name), "%.*s", (int)n, line.p + 7);
			CU_ASSERT(line.len > 7 + n + 1);
		} else if (str_starts(line, STR("# TYPE "))) {
			CU_ASSERT(strncmp(line.p + 7, name, strlen(name)) == 0);
			types++;
		} else {
			CU_ASSERT(str_starts(line, str_of(name)));
			CU_ASSERT(memchr(line.p, ' ', line.len) != NULL);
		}
	}
	CU_ASSERT(types > 20);
	CU_ASSERT(rest.p == NULL);
}

/* A publisher that serves HTTP only has no broker whose figures could be anything. */
static void without_a_broker_there_are_none_of_a_broker(void)
{
	BUF_CLEANUP struct buf out = { 0 };
	struct health h;

	health_init(&h);
	health_write(&(struct health_of_all){ &h, NULL, 0 }, &out);
	CU_ASSERT(strstr(out.p, "scoreboard_publisher_ready 0\n") != NULL);
	CU_ASSERT(strstr(out.p, "broker_up") == NULL && strstr(out.p, "latency") == NULL);
}

static void latency_has_the_promised_buckets(void)
{
	static const double promised[] = { 0.001, 0.005, 0.010, 0.050, 0.100, 0.500, 1.0 };
	struct health h;

	health_init(&h);
	CHECK_INT(h.latency.n_bounds, 7);
	for (size_t i = 0; i < 7; i++)
		CU_ASSERT(h.latency.bounds[i] == promised[i]);
}

const struct unit_test unit_tests[] = {
	UNIT(counts_appear_under_their_names),
	UNIT(the_text_is_valid_exposition_format),
	UNIT(without_a_broker_there_are_none_of_a_broker),
	UNIT(latency_has_the_promised_buckets),
	{ NULL, NULL },
};
