/* mqtt_look - a glance at one retained topic of a broker, as anybody may have it: without a name. For who is refused there himself, and wants
 * to know whether another one is in his place. One look is a connection of its own, of three seconds at most. */
#ifndef PUBLISHER_MQTT_LOOK_H
#define PUBLISHER_MQTT_LOOK_H

#include "publisher/core/standby.h"
#include "publisher/io/mqtt/mqtt_conn.h"

struct mqtt_look;

/* Is told what was seen, once for each mqtt_look_start(), perhaps from within it. It may not start another look. */
struct mqtt_look_events {
	void (*saw)(void *arg, enum standby_saw saw);
	void *arg;
};

/* `broker` as for mqtt_conn_new(), whose client id is not used. NULL with a complaint. */
struct mqtt_look *mqtt_look_new(struct io *io, const struct mqtt_peer *broker, const struct mqtt_look_events *events, struct complaint *why)
	__attribute__((warn_unused_result));
void mqtt_look_free(struct mqtt_look *l); /* after the loop is gone; NULL is fine */

/* Begins to look at this topic, a publisher's status. A look that is under way ends, and is told of as STANDBY_SAW_NOTHING. */
void mqtt_look_start(struct mqtt_look *l, struct str topic);
void mqtt_look_tick(struct mqtt_look *l); /* to be called once a second */

#endif
