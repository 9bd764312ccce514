/* message - one MQTT message, as the broker shows it to the plugin. The bytes are the broker's, and last as long as the call. For a
 * permission to subscribe, or to unsubscribe, `topic` is the filter and the rest is zero. */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "base/str.h"

struct message {
	struct str topic, payload;
	bool retain;
	int qos;
};

#endif
