#include "publisher/core/health.h"

#define PREFIX "scoreboard_publisher_"

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

void health_write(const struct health *h, struct buf *out)
{
	metrics_write(out, rows, h->values, HEALTH_COUNT);
	histogram_write(out, &h->latency, PREFIX "publish_latency_seconds",
			"From the arrival of a value to the broker's answer.");
	histogram_write(out, &h->feed_return, PREFIX "feed_return_seconds",
			"From the arrival of a change until its delta has come back from the broker.");
}
