/* mqtt_sink - the connection to the broker, through libmosquitto: its socket is watched by our loop, so there is no
 * thread. Obeys the bridge's effects; tells it what happens. */
#ifndef PUBLISHER_MQTT_SINK_H
#define PUBLISHER_MQTT_SINK_H

#include "publisher/io/io.h"

struct mqtt_sink;

struct mqtt_sink *mqtt_sink_new(struct io *io, struct buf *error); /* NULL with one line in error */
void mqtt_sink_free(struct mqtt_sink *s); /* after the loop is gone */

void mqtt_sink_dial(struct mqtt_sink *s, struct str will_topic, struct str will);
void mqtt_sink_hang_up(struct mqtt_sink *s);
void mqtt_sink_disconnect(struct mqtt_sink *s);
void mqtt_sink_subscribe(struct mqtt_sink *s, struct str filter);
void mqtt_sink_unsubscribe(struct mqtt_sink *s, struct str filter);
void mqtt_sink_publish(struct mqtt_sink *s, const struct effect *fx);

/* Once a second: keep alive and timeouts. */
void mqtt_sink_tick(struct mqtt_sink *s);

#endif
