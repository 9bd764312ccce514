/* discovery - tells Home Assistant of the texts for displays, so that each is a sensor there without anybody setting it up.
 *
 *   homeassistant/sensor/scoreboard/clock/config    {"name":"clock","state_topic":"scoreboard/display/clock",...}     retained
 *
 * These topics lie beside our prefix, not below it, so the comparison with a broker (mirror.h) does not see them: they are published anew
 * at each connection. A text that other rules don't have any more is withdrawn by an empty message. What is there when the option is
 * turned off stays: nothing is remembered over runs, and who has not been told to write there, does not.
 *
 *   discovery_init(d, "homeassistant", "scoreboard");
 *   discovery_set(d, schema);                              also when the schema is another one
 *   discovery_connected(d);
 *   while (discovery_next(d, &message))                    and discovery_answered(d) for each
 *           publish(message.topic, message.payload);
 *
 * Knows no connection. A sensor is available while our status says `live`. */
#ifndef PUBLISHER_DISCOVERY_H
#define PUBLISHER_DISCOVERY_H

#include "publisher/core/names/schema.h"

#define DISCOVERY_MAX (2 * SCHEMA_MAX_TEXTS) /* texts that there are, and some that are to be withdrawn; of more, the others stay */

struct discovery_entry {
	char *topic, *payload; /* owned; payload NULL: to be withdrawn */
	bool due;
};

struct discovery {
	const char *root, *prefix; /* root NULL: nobody is told */
	struct discovery_entry list[DISCOVERY_MAX];
	size_t n;
	bool in_flight;
};

struct discovery_message {
	struct str topic, payload; /* the whole topic; valid until the next call that is not const */
};

/* Both must outlive it. `root`: what Home Assistant's topics begin with; empty or NULL: nobody is told. */
void discovery_init(struct discovery *d, const char *root, const char *prefix);
void discovery_free(struct discovery *d); /* twice is fine */

void discovery_set(struct discovery *d, const struct schema *s);
void discovery_connected(struct discovery *d); /* the broker knows nothing yet */
bool discovery_next(struct discovery *d, struct discovery_message *out) __attribute__((warn_unused_result));
void discovery_answered(struct discovery *d); /* the broker has it, or will not have it */

#endif
