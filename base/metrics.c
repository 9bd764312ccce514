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

/* `name="value"`; Prometheus escapes a quote, a backslash and a newline as JSON does. */
static void write_label(struct buf *out, const struct metric_label *label)
{
	buf_printf(out, "%s=", label->name);
	buf_json(out, label->value);
}

void metrics_line(struct buf *out, const struct metric_row *row, struct str label_value, double value)
{
	buf_printf(out, "%s%s{", row->name, suffix_of(row));
	write_label(out, &(struct metric_label){ row->labels, label_value });
	buf_printf(out, "} %.17g\n", value);
}

void metrics_line_with(struct buf *out, const struct metric_row *row, const struct metric_label *label, double value)
{
	buf_printf(out, "%s%s{", row->name, suffix_of(row));
	write_label(out, label);
	buf_printf(out, "%s%s} %.17g\n", row->labels ? "," : "", row->labels ? row->labels : "", value);
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
static void write_labelled_line(struct buf *out, struct str line, const struct metric_label *label)
{
	size_t name = 0;
	bool has_labels;

	while (name < line.len && line.p[name] != '{' && line.p[name] != ' ')
		name++;
	has_labels = name < line.len && line.p[name] == '{';
	buf_printf(out, "%.*s{", (int)name, line.p);
	write_label(out, label);
	buf_puts(out, has_labels ? "," : "}");
	buf_str(out, str_skip(line, name + has_labels));
}

void metrics_write_labelled(struct buf *out, struct str text, const struct metric_label *label)
{
	struct str line;

	while (text.len && str_split(&text, '\n', &line)) {
		if (line.len && line.p[0] != '#')
			write_labelled_line(out, line, label);
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

void histogram_head(struct buf *out, const char *name, const char *help)
{
	const struct metric_row row = { METRIC_GAUGE, name, NULL, help }; /* a gauge, so that the name gets no suffix */

	write_head(out, &row, "histogram");
}

static void write_braced_label(struct buf *out, const struct metric_label *label)
{
	if (!label)
		return;
	buf_char(out, '{');
	write_label(out, label);
	buf_char(out, '}');
}

static void write_bucket(struct buf *out, const char *name, const struct metric_label *label)
{
	buf_printf(out, "%s_bucket{", name);
	if (label) {
		write_label(out, label);
		buf_char(out, ',');
	}
}

void histogram_lines(struct buf *out, const struct histogram *h, const char *name, const struct metric_label *label)
{
	uint64_t below = 0;

	for (size_t i = 0; i < h->n_bounds; i++) {
		below += h->counts[i];
		write_bucket(out, name, label);
		buf_printf(out, "le=\"%g\"} %" PRIu64 "\n", h->bounds[i], below);
	}
	below += h->counts[h->n_bounds];
	write_bucket(out, name, label);
	buf_printf(out, "le=\"+Inf\"} %" PRIu64 "\n%s_sum", below, name);
	write_braced_label(out, label);
	buf_printf(out, " %.17g\n%s_count", h->sum, name);
	write_braced_label(out, label);
	buf_printf(out, " %" PRIu64 "\n", below);
}

void histogram_write(struct buf *out, const struct histogram *h, const char *name, const char *help)
{
	histogram_head(out, name, help);
	histogram_lines(out, h, name, NULL);
}
