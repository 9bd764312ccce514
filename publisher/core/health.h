/* health - the publisher's counters and gauges, one row each. A new metric is one line of the tables below: name, type, labels and help are
 * nowhere else. Rows of one name stand next to each other, and the first has the help. Counters are counted where the thing happens.
 * Gauges, and the counter COALESCED, which the outbox keeps, are set by bridge_health() when somebody asks; those of HTTP by its server,
 * with bridge_gauge().
 *
 * The second table is of what there is once for each broker: each has a struct health of its own, of which only these rows are used, and the
 * label `broker`, which health_write() adds. */
#ifndef PUBLISHER_HEALTH_H
#define PUBLISHER_HEALTH_H

#include "base/metrics.h"

/* X(id, type, name, labels, help). The enum below and the tables in health.c are made of these rows, in this order. */
#define HEALTH_OF_PROGRAM(X) \
	X(FRAMES, COUNTER, "frames", NULL, "Whole messages received from the scoreboard.") \
	X(FRAME_BYTES, COUNTER, "frame_bytes", NULL, "Bytes of these messages.") \
	X(REFUSED_JSON, COUNTER, "frames_refused", "reason=\"bad_json\"", "Messages refused.") \
	X(REFUSED_NO_STATE, COUNTER, "frames_refused", "reason=\"no_state\"", NULL) \
	X(REFUSED_TOO_LARGE, COUNTER, "frames_refused", "reason=\"too_large\"", NULL) \
	X(REFUSED_BINARY, COUNTER, "frames_refused", "reason=\"binary\"", NULL) \
	X(UPDATES, COUNTER, "updates", NULL, "Path values in these messages.") \
	X(CHANGES, COUNTER, "changes", NULL, "Updates that changed a topic.") \
	X(SKIP_UNREGISTERED, COUNTER, "updates_unmapped", "reason=\"not_registered\"", \
	  "Updates without a topic.") \
	X(SKIP_DROPPED, COUNTER, "updates_unmapped", "reason=\"visibility_drop\"", NULL) \
	X(SKIP_BAD_UTF8, COUNTER, "updates_unmapped", "reason=\"bad_utf8\"", NULL) \
	X(SKIP_BAD_PATH, COUNTER, "updates_unmapped", "reason=\"bad_path\"", NULL) \
	X(SKIP_BAD_VALUE, COUNTER, "updates_unmapped", "reason=\"bad_value\"", NULL) \
	X(SKIP_TOO_LONG, COUNTER, "updates_unmapped", "reason=\"topic_too_long\"", NULL) \
	X(SKIP_FULL, COUNTER, "updates_unmapped", "reason=\"memory_limit\"", NULL) \
	X(NOTICES, COUNTER, "scoreboard_notices", NULL, "Error and authorization messages of the scoreboard.") \
	X(PEOPLE_NOT_KEPT, COUNTER, "people_not_kept", NULL, "Messages of people that are too large or too many for that.") \
	X(RELOADS, COUNTER, "schema_reloads", "result=\"ok\"", "Reloads of the schema.") \
	X(RELOADS_FAILED, COUNTER, "schema_reloads", "result=\"refused\"", NULL) \
	X(HTTP_VIEW, COUNTER, "http_requests", "for=\"view\"", "HTTP requests.") \
	X(HTTP_EVENTS, COUNTER, "http_requests", "for=\"events\"", NULL) \
	X(HTTP_HEALTH, COUNTER, "http_requests", "for=\"health\"", NULL) \
	X(HTTP_FILE, COUNTER, "http_requests", "for=\"file\"", NULL) \
	X(HTTP_HISTORY, COUNTER, "http_requests", "for=\"history\"", NULL) \
	X(HTTP_PICTURE, COUNTER, "http_requests", "for=\"picture\"", NULL) \
	X(HTTP_ALL_CONNECTIONS, COUNTER, "http_refused", "reason=\"connections\"", "HTTP clients refused or dropped.") \
	X(HTTP_ADDRESS_CONNECTIONS, COUNTER, "http_refused", "reason=\"connections_per_address\"", NULL) \
	X(HTTP_ALL_STREAMS, COUNTER, "http_refused", "reason=\"streams\"", NULL) \
	X(HTTP_ADDRESS_STREAMS, COUNTER, "http_refused", "reason=\"streams_per_address\"", NULL) \
	X(HTTP_ALL_MEMORY, COUNTER, "http_refused", "reason=\"memory\"", NULL) \
	X(HTTP_TOO_SLOW, COUNTER, "http_refused", "reason=\"timeout\"", NULL) \
	X(HTTP_ALL_HISTORY, COUNTER, "http_refused", "reason=\"history\"", NULL) \
	X(HTTP_ADDRESS_HISTORY, COUNTER, "http_refused", "reason=\"history_per_address\"", NULL) \
	X(HTTP_LATE_HISTORY, COUNTER, "http_refused", "reason=\"history_late\"", NULL) \
	X(RECORD_FAILED, COUNTER, "record_failures", NULL, "Writes to the recording that failed.") \
	X(HISTORY_EVENTS, COUNTER, "history_events", NULL, "Deltas, views and gaps written to the history.") \
	X(HISTORY_LOST, COUNTER, "history_events_lost", NULL, "Deltas and views that could not be written there.") \
	X(HISTORY_FAILED, COUNTER, "history_failures", NULL, "Attempts to write it that failed.") \
	X(PICTURES, COUNTER, "pictures_fetched", NULL, "Pictures that the scoreboard's web server has sent.") \
	X(PICTURE_BAD_PATH, COUNTER, "pictures_failed", "reason=\"bad_path\"", "Pictures that could not be had there, and answers that were refused.") \
	X(PICTURE_TOO_MANY, COUNTER, "pictures_failed", "reason=\"too_many\"", NULL) \
	X(PICTURE_UNREACHED, COUNTER, "pictures_failed", "reason=\"unreached\"", NULL) \
	X(PICTURE_BAD_STATUS, COUNTER, "pictures_failed", "reason=\"status\"", NULL) \
	X(PICTURE_REDIRECT, COUNTER, "pictures_failed", "reason=\"redirect\"", NULL) \
	X(PICTURE_TOO_LARGE, COUNTER, "pictures_failed", "reason=\"too_large\"", NULL) \
	X(PICTURE_TOO_SLOW, COUNTER, "pictures_failed", "reason=\"timeout\"", NULL) \
	X(PICTURE_NONE, COUNTER, "pictures_failed", "reason=\"no_picture\"", NULL) \
	X(SOURCE_LOST, COUNTER, "source_reconnects", "reason=\"lost\"", "Connections to the scoreboard given up.") \
	X(SOURCE_DIAL_TIMEOUT, COUNTER, "source_reconnects", "reason=\"dial_timeout\"", NULL) \
	X(SOURCE_NO_PONG, COUNTER, "source_reconnects", "reason=\"no_pong\"", NULL) \
	X(SOURCE_SILENT, COUNTER, "source_reconnects", "reason=\"silent\"", NULL) \
	X(SOURCE_REDIAL, COUNTER, "source_reconnects", "reason=\"resync\"", NULL) \
	X(SOURCE_UP, GAUGE, "source_up", NULL, "1 while the scoreboard is connected and its state is known.") \
	X(READY, GAUGE, "ready", NULL, "1 while a broker holds all that the scoreboard said.") \
	X(SOURCE_AGE, GAUGE, "scoreboard_age_seconds", NULL, "Seconds since the last message of the scoreboard.") \
	X(TOPICS, GAUGE, "topics", NULL, "Retained topics with a value.") \
	X(STATE_BYTES, GAUGE, "state_bytes", NULL, "Memory charged for them.") \
	X(HTTP_CONNECTIONS, GAUGE, "http_connections", NULL, "HTTP clients connected.") \
	X(HTTP_STREAMS, GAUGE, "http_streams", NULL, "Of these, streams of Server-Sent Events.") \
	X(HTTP_POLLING, GAUGE, "http_polling", NULL, "Of these, pages that poll.") \
	X(HISTORY_UP, GAUGE, "history_up", NULL, "1 while the history is being written.") \
	X(HISTORY_BYTES, GAUGE, "history_bytes", NULL, "What games take of its file.") \
	X(PICTURE_BYTES, GAUGE, "pictures_bytes", NULL, "Memory that pictures take.") \
	X(WEB_MISSING, GAUGE, "web_library_missing", NULL, \
	  "1 while web-dir lacks MQTT.js: its viewers come over Server-Sent Events.")

#define HEALTH_OF_BROKER(X) \
	X(COALESCED, COUNTER, "coalesced", NULL, "Values replaced by a newer one before they were published.") \
	X(PUBLISHED, COUNTER, "published", NULL, "Messages handed to the MQTT connection.") \
	X(PUBLISHED_BYTES, COUNTER, "published_bytes", NULL, "Topic and payload bytes of these messages.") \
	X(FEED_JSON, COUNTER, "feed_messages", "encoding=\"json\"", "Messages of feeds, for those who are there.") \
	X(FEED_PACKED, COUNTER, "feed_messages", "encoding=\"packed\"", NULL) \
	X(FEED_JSON_BYTES, COUNTER, "feed_bytes", "encoding=\"json\"", "Payload bytes of these messages.") \
	X(FEED_PACKED_BYTES, COUNTER, "feed_bytes", "encoding=\"packed\"", NULL) \
	X(PUBLISH_REFUSED, COUNTER, "publishes_refused", "reason=\"broker\"", "Messages that the broker does not hold.") \
	X(PUBLISH_TOO_LARGE, COUNTER, "publishes_refused", "reason=\"too_large\"", NULL) \
	X(RECONCILES, COUNTER, "reconciles", NULL, "Comparisons with the retained messages of the broker.") \
	X(RECONCILE_DIFFERENT, COUNTER, "reconcile_different", NULL, "Topics that differed in these comparisons.") \
	X(RECONCILE_REFUSED, COUNTER, "reconcile_refused", NULL, "Comparisons that the broker did not allow.") \
	X(DELTAS_MISSED, COUNTER, "deltas_missed", NULL, "Messages of feeds that a slow broker was not sent: its viewers saw a gap.") \
	X(PEOPLE_GIVEN_BACK, COUNTER, "people_given_back", NULL, "Messages of people that a broker had lost, and was given again.") \
	X(SINK_LOST, COUNTER, "broker_reconnects", "reason=\"lost\"", "Connections to the broker given up.") \
	X(SINK_DIAL_TIMEOUT, COUNTER, "broker_reconnects", "reason=\"dial_timeout\"", NULL) \
	X(SINK_REFUSED, COUNTER, "broker_reconnects", "reason=\"refused\"", NULL) \
	X(SINK_UP, GAUGE, "broker_up", NULL, "1 while the broker is connected and reconciled.") \
	X(LEADS, GAUGE, "leads", NULL, "1 while the broker has let us in: we are the publisher there.") \
	X(STANDBY, GAUGE, "standby", NULL, "1 while we wait, because another publisher leads there.") \
	X(OUTBOX, GAUGE, "outbox", "state=\"queued\"", "Topics that the broker has not been told yet.") \
	X(IN_FLIGHT, GAUGE, "outbox", "state=\"in_flight\"", NULL)

#define HEALTH_ROWS(X) \
	HEALTH_OF_PROGRAM(X) \
	HEALTH_OF_BROKER(X)

enum health_row {
#define HEALTH_ENUM(id, type, name, labels, help) HEALTH_##id,
	HEALTH_ROWS(HEALTH_ENUM)
#undef HEALTH_ENUM
	HEALTH_COUNT,
};

struct health {
	double values[HEALTH_COUNT];
	/* a broker's */
	struct histogram latency;     /* seconds from the arrival of a value to the answer to its publish */
	struct histogram feed_return; /* from the arrival of a change until its delta has come back (echo.h) */
};

#define HEALTH_FIRST_OF_BROKER HEALTH_COALESCED

struct health_broker {
	struct str name;
	const struct health *health;
};

struct health_of_all {
	const struct health *program;
	const struct health_broker *brokers;
	size_t n_brokers;
};

void health_init(struct health *h);
/* Appends all of it as text for Prometheus, with names that begin with "scoreboard_publisher_". */
void health_write(const struct health_of_all *h, struct buf *out);

static inline void health_count(struct health *h, enum health_row row, double n)
{
	h->values[row] += n;
}

#endif
