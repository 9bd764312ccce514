#include "publisher/core/health.h"

#define PREFIX "scoreboard_publisher_"

#define LATENCY PREFIX "publish_latency_seconds"
#define FEED_RETURN PREFIX "feed_return_seconds"

static const struct metric_row rows[] = {
#define HEALTH_METRIC(id, type, name, labels, help) { METRIC_##type, PREFIX name, labels, help },
	HEALTH_ROWS(HEALTH_METRIC)
#undef HEALTH_METRIC
};

static const double latency_bounds[] = { 0.001, 0.005, 0.010, 0.050, 0.100, 0.500, 1.0 };
static const double return_bounds[] = { 0.005, 0.010, 0.025, 0.050, 0.100, 0.250, 0.500, 1.0, 2.5, 5.0, 10.0 };

#define BOUNDS(list) \
	{ \
		.bounds = (list), .n_bounds = sizeof(list) / sizeof((list)[0]) \
	}

void health_init(struct health *h)
{
	*h = (struct health){ .latency = BOUNDS(latency_bounds), .feed_return = BOUNDS(return_bounds) };
}

static void write_of_broker(const struct health_of_all *h, size_t row, struct buf *out)
{
	for (size_t i = 0; i < h->n_brokers; i++)
		metrics_line_with(out, &rows[row], &(struct metric_label){ "broker", h->brokers[i].name },
				  h->brokers[i].health->values[row]);
}

/* Rows of one name stand together, and so do those of one broker. */
static void write_of_brokers(const struct health_of_all *h, struct buf *out)
{
	for (size_t i = HEALTH_FIRST_OF_BROKER; i < HEALTH_COUNT; i++) {
		if (strcmp(rows[i - 1].name, rows[i].name) != 0)
			metrics_head(out, &rows[i]);
		write_of_broker(h, i, out);
	}
}

void health_write(const struct health_of_all *h, struct buf *out)
{
	metrics_write(out, rows, h->program->values, HEALTH_FIRST_OF_BROKER);
	if (!h->n_brokers)
		return;
	write_of_brokers(h, out);
	histogram_head(out, LATENCY, "From the arrival of a value to the broker's answer.");
	for (size_t i = 0; i < h->n_brokers; i++)
		histogram_lines(out, &h->brokers[i].health->latency, LATENCY,
				&(struct metric_label){ "broker", h->brokers[i].name });
	histogram_head(out, FEED_RETURN, "From the arrival of a change until its delta has come back from the broker.");
	for (size_t i = 0; i < h->n_brokers; i++)
		histogram_lines(out, &h->brokers[i].health->feed_return, FEED_RETURN,
				&(struct metric_label){ "broker", h->brokers[i].name });
}
