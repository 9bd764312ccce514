/* metrics - Prometheus text, line by line. */
#include "base/metrics.h"
#include "tests/unit/unit.h"

const char *const unit_name = "metrics";

static void a_name_is_introduced_once_and_a_counter_gets_its_suffix(void)
{
	static const struct metric_row rows[] = {
		{ METRIC_COUNTER, "x_frames", NULL, "Frames." },
		{ METRIC_COUNTER, "x_refused", "reason=\"json\"", "Refused." },
		{ METRIC_COUNTER, "x_refused", "reason=\"size\"", NULL },
		{ METRIC_GAUGE, "x_up", NULL, NULL },
	};
	static const double values[] = { 3, 0, 9007199254740992.0, 0.5 };
	BUF_CLEANUP struct buf out = { 0 };

	metrics_write(&out, rows, values, 4);
	CHECK_STR(out.p, "# HELP x_frames_total Frames.\n"
			 "# TYPE x_frames_total counter\n"
			 "x_frames_total 3\n"
			 "# HELP x_refused_total Refused.\n"
			 "# TYPE x_refused_total counter\n"
			 "x_refused_total{reason=\"json\"} 0\n"
			 "x_refused_total{reason=\"size\"} 9007199254740992\n"
			 "# TYPE x_up gauge\n"
			 "x_up 0.5\n");
}

static void no_rows_are_no_text(void)
{
	BUF_CLEANUP struct buf out = { 0 };

	metrics_write(&out, NULL, NULL, 0);
	CHECK_INT(out.len, 0);
}

static void a_label_s_values_may_be_known_at_run_time_only(void)
{
	static const struct metric_row row = { METRIC_COUNTER, "x_accepted", "role", "Accepted." };
	BUF_CLEANUP struct buf out = { 0 };

	metrics_head(&out, &row);
	metrics_line(&out, &row, STR("viewer"), 12345678901);
	metrics_line(&out, &row, STR("a \"role\" with a \\"), 0.5);
	CHECK_STR(out.p, "# HELP x_accepted_total Accepted.\n"
			 "# TYPE x_accepted_total counter\n"
			 "x_accepted_total{role=\"viewer\"} 12345678901\n"
			 "x_accepted_total{role=\"a \\\"role\\\" with a \\\\\"} 0.5\n");
}

static void a_label_says_whose_all_values_are(void)
{
	static const struct metric_label label = { "broker", { "e\"1", 3 } };
	BUF_CLEANUP struct buf out = { 0 };

	metrics_write_labelled(&out, STR("# HELP x_up Up {now}.\n# TYPE x_up gauge\nx_up 1\nx_in{role=\"a {b} c\",of=\"x\"} 2\n"), &label);
	CHECK_STR(out.p, "# HELP x_up Up {now}.\n"
			 "# TYPE x_up gauge\n"
			 "x_up{broker=\"e\\\"1\"} 1\n"
			 "x_in{broker=\"e\\\"1\",role=\"a {b} c\",of=\"x\"} 2\n");
	buf_clear(&out);
	metrics_write_labelled(&out, STR(""), &label);
	CHECK_INT(out.len, 0);
}

static void a_histogram_counts_up_to_and_with_its_bounds(void)
{
	static const double bounds[] = { 0.001, 0.5, 1 };
	struct histogram h = { .bounds = bounds, .n_bounds = 3 };
	BUF_CLEANUP struct buf out = { 0 };

	histogram_observe(&h, 0);
	histogram_observe(&h, 0.001);
	histogram_observe(&h, 0.25);
	histogram_observe(&h, 1);
	histogram_observe(&h, 64);
	CHECK_INT(h.counts[0], 2);
	histogram_write(&out, &h, "x_seconds", "How long.");
	CHECK_STR(out.p, "# HELP x_seconds How long.\n"
			 "# TYPE x_seconds histogram\n"
			 "x_seconds_bucket{le=\"0.001\"} 2\n"
			 "x_seconds_bucket{le=\"0.5\"} 3\n"
			 "x_seconds_bucket{le=\"1\"} 4\n"
			 "x_seconds_bucket{le=\"+Inf\"} 5\n"
			 "x_seconds_sum 65.251000000000005\n"
			 "x_seconds_count 5\n");
}

static void a_label_may_stand_beside_those_of_the_row(void)
{
	static const struct metric_row plain = { METRIC_GAUGE, "x_up", NULL, NULL };
	static const struct metric_row labelled = { METRIC_COUNTER, "x_lost", "reason=\"a\",why=\"b\"", NULL };
	static const struct metric_label label = { "broker", { "a:\"1\"", 5 } };
	static const double bounds[] = { 0.5 };
	struct histogram h = { .bounds = bounds, .n_bounds = 1 };
	BUF_CLEANUP struct buf out = { 0 };

	metrics_line_with(&out, &plain, &label, 1);
	metrics_line_with(&out, &labelled, &label, 2);
	histogram_observe(&h, 0.25);
	histogram_lines(&out, &h, "x_seconds", &label);
	CHECK_STR(out.p, "x_up{broker=\"a:\\\"1\\\"\"} 1\n"
			 "x_lost_total{broker=\"a:\\\"1\\\"\",reason=\"a\",why=\"b\"} 2\n"
			 "x_seconds_bucket{broker=\"a:\\\"1\\\"\",le=\"0.5\"} 1\n"
			 "x_seconds_bucket{broker=\"a:\\\"1\\\"\",le=\"+Inf\"} 1\n"
			 "x_seconds_sum{broker=\"a:\\\"1\\\"\"} 0.25\n"
			 "x_seconds_count{broker=\"a:\\\"1\\\"\"} 1\n");
}

const struct unit_test unit_tests[] = {
	UNIT(a_name_is_introduced_once_and_a_counter_gets_its_suffix),
	UNIT(no_rows_are_no_text),
	UNIT(a_label_s_values_may_be_known_at_run_time_only),
	UNIT(a_label_says_whose_all_values_are),
	UNIT(a_label_may_stand_beside_those_of_the_row),
	UNIT(a_histogram_counts_up_to_and_with_its_bounds),
	{ NULL, NULL },
};
