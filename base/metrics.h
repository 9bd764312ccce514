/* metrics - counters, gauges and histograms as rows of a table; text in Prometheus' exposition format 0.0.4.
 * A program defines an enum and a table with the same order, and an array of values:
 *
 *   static const struct metric_row rows[] = {
 *       [M_FRAMES] = { METRIC_COUNTER, "scoreboard_frames", NULL, "Frames received." },
 *       [M_REFUSED_JSON] = { METRIC_COUNTER, "scoreboard_frames_refused", "reason=\"json\"", "Frames refused." },
 *   };
 *
 * Rows of one name stand next to each other. The suffix comes from the type: a counter gets "_total".
 *
 * Where the values of a label are known at run time only (the roles of a policy), one row stands for all of them. Its `labels` is the
 * label's name alone, its head is written once, and then a line for each value:
 *
 *   static const struct metric_row connections = { METRIC_GAUGE, "scoreboard_door_connections", "role", "Clients that are in." };
 *
 *   metrics_head(out, &connections);
 *   metrics_line(out, &connections, STR("viewer"), 811);
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/buf.h"

#include <stdint.h>

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
};

struct metric_row {
	enum metric_type type;
	const char *name;
	const char *labels; /* `key="value",...` without braces; NULL: none. For metrics_line(): the label's name */
	const char *help;   /* may be NULL on all but the first row of a name */
};

void metrics_write(struct buf *out, const struct metric_row *rows, const double *values, size_t n);
/* The same of an array of rows, with a value for each, in their order; one too few or too many is an error of the compiler. */
#define METRICS_WRITE(out, rows, ...) \
	do { \
		const double values_[] = { __VA_ARGS__ }; \
\
		_Static_assert(sizeof(values_) / sizeof(values_[0]) == sizeof(rows) / sizeof((rows)[0]), "a value for each row"); \
		metrics_write(out, rows, values_, sizeof(values_) / sizeof(values_[0])); \
	} while (0)

void metrics_head(struct buf *out, const struct metric_row *row);
void metrics_line(struct buf *out, const struct metric_row *row, struct str label_value, double value);

/* A label beside those of the row, with a value that is known at run time only. */
struct metric_label {
	const char *name;
	struct str value;
};

/* Appends `text`, which the functions of this header have written, with one more label on every value, before its others: where several
 * programs' metrics meet in one place, it says whose a value is. */
void metrics_write_labelled(struct buf *out, struct str text, const struct metric_label *label);

/* A line of the row with this label, and behind it all of the row's. */
void metrics_line_with(struct buf *out, const struct metric_row *row, const struct metric_label *label, double value);

#define HISTOGRAM_MAX_BOUNDS 16

struct histogram {
	const double *bounds;                      /* upper bounds, ascending; the caller's, must outlive the histogram */
	size_t n_bounds;                           /* at most HISTOGRAM_MAX_BOUNDS */
	uint64_t counts[HISTOGRAM_MAX_BOUNDS + 1]; /* one per bound, not cumulative; the last one is for values above all bounds */
	double sum;
};

void histogram_observe(struct histogram *h, double value);
void histogram_write(struct buf *out, const struct histogram *h, const char *name, const char *help);
/* The same in parts, where there are several of one name: the head once, then the lines of each. label NULL: none. */
void histogram_head(struct buf *out, const char *name, const char *help);
void histogram_lines(struct buf *out, const struct histogram *h, const char *name, const struct metric_label *label);

#endif
