/* mqtt_sink - a broker that the publisher writes to. Carries out the bridge's effects FX_SINK_..., and tells the bridge what becomes
 * of them. Knows which message id of MQTT belongs to which token of the bridge. */
#ifndef PUBLISHER_MQTT_SINK_H
#define PUBLISHER_MQTT_SINK_H

#include "publisher/core/options/broker_list.h"
#include "publisher/io/io.h"

struct mqtt_sink;

/* For this broker, which is the i-th of the bridge's; does not connect yet. NULL with a complaint, as from mqtt_conn_new(). */
struct mqtt_sink *mqtt_sink_new(struct io *io, size_t i, const struct broker_address *broker, struct complaint *why)
	__attribute__((warn_unused_result));
void mqtt_sink_free(struct mqtt_sink *s); /* after the loop is gone; NULL is fine */

/* Carries out an effect of the kind FX_SINK_...; ignores others. */
void mqtt_sink_run(struct mqtt_sink *s, const struct effect *fx);
/* To be called once a second. */
void mqtt_sink_tick(struct mqtt_sink *s);

#endif
