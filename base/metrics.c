#include "base/metrics.h"

#include <inttypes.h>

static const char *suffix_of(const struct metric_row *row)
{
	return row->type == METRIC_COUNTER ? "_total" : "";
}

static void write_head(struct buf *out, const struct metric_row *row, const char *type)
{
	if (row->help)
		buf_printf(out, "# HELP %s%s %s\n", row->name, suffix_of(row), row->help);
	buf_printf(out, "# TYPE %s%s %s\n", row->name, suffix_of(row), type);
}

void metrics_head(struct buf *out, const struct metric_row *row)
{
	write_head(out, row, row->type == METRIC_COUNTER ? "counter" : "gauge");
}

void metrics_line(struct buf *out, const struct metric_row *row, struct str label_value, double value)
{
	buf_printf(out, "%s%s{%s=", row->name, suffix_of(row), row->labels);
	buf_json(out, label_value); /* Prometheus escapes a quote, a backslash and a newline in the same way */
	buf_printf(out, "} %.17g\n", value);
}

void metrics_write(struct buf *out, const struct metric_row *rows, const double *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct metric_row *row = &rows[i];

		if (i == 0 || strcmp(rows[i - 1].name, row->name) != 0)
			metrics_head(out, row);
		buf_printf(out, "%s%s", row->name, suffix_of(row));
		if (row->labels)
			buf_printf(out, "{%s}", row->labels);
		buf_printf(out, " %.17g\n", values[i]);
	}
}

/* The name of a value ends where its labels begin, or, when it has none, before the number. */
static void write_labelled_line(struct buf *out, struct str line, const char *label, struct str label_value)
{
	size_t name = 0;
	bool has_labels;

	while (name < line.len && line.p[name] != '{' && line.p[name] != ' ')
		name++;
	has_labels = name < line.len && line.p[name] == '{';
	buf_printf(out, "%.*s{%s=", (int)name, line.p, label);
	buf_json(out, label_value);
	buf_puts(out, has_labels ? "," : "}");
	buf_str(out, str_skip(line, name + has_labels));
}

void metrics_write_labelled(struct buf *out, struct str text, const char *label, struct str label_value)
{
	struct str line;

	while (text.len && str_split(&text, '\n', &line)) {
		if (line.len && line.p[0] != '#')
			write_labelled_line(out, line, label, label_value);
		else
			buf_str(out, line);
		buf_char(out, '\n');
	}
}

void histogram_observe(struct histogram *h, double value)
{
	size_t i = 0;

	while (i < h->n_bounds && value > h->bounds[i])
		i++;
	h->counts[i]++;
	h->sum += value;
}

void histogram_write(struct buf *out, const struct histogram *h, const char *name, const char *help)
{
	const struct metric_row row = { METRIC_GAUGE, name, NULL, help }; /* a gauge, so that the name gets no suffix */
	uint64_t below = 0;

	write_head(out, &row, "histogram");
	for (size_t i = 0; i < h->n_bounds; i++) {
		below += h->counts[i];
		buf_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, h->bounds[i], below);
	}
	below += h->counts[h->n_bounds];
	buf_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, below);
	buf_printf(out, "%s_sum %.17g\n%s_count %" PRIu64 "\n", name, h->sum, name, below);
}
