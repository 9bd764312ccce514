/* message - what a subscription has brought. */
#ifndef PUBLISHER_MESSAGE_H
#define PUBLISHER_MESSAGE_H

#include "base/str.h"

/* Its views and texts are valid during the call. */
struct bridge_message {
	struct str topic, payload;
	bool retained;            /* it was published before we subscribed */
	uint32_t expires_s;       /* what is left of its expiry, at least 1; 0: it has none */
	const char *content_type; /* "": none */
};

#endif
