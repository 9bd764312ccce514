/* message - one MQTT message, as the broker shows it to the plugin. The bytes belong to the broker, and are valid during the call.
 * When the question is whether a client may subscribe or unsubscribe, `topic` is the filter and the rest is zero. */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "base/str.h"

struct message {
	struct str topic, payload;
	bool retain;
	int qos;
};

#endif
