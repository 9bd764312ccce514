/* mqtt_sink - the broker that is told. Obeys the bridge's effects; tells it what happens. */
#ifndef PUBLISHER_MQTT_SINK_H
#define PUBLISHER_MQTT_SINK_H

#include "publisher/io/io.h"

struct mqtt_sink;

struct mqtt_sink *mqtt_sink_new(struct io *io, struct buf *error); /* NULL with one line in error */
void mqtt_sink_free(struct mqtt_sink *s); /* after the loop is gone */

void mqtt_sink_run(struct mqtt_sink *s, const struct effect *fx); /* FX_SINK_... */
void mqtt_sink_tick(struct mqtt_sink *s); /* once a second */

#endif
