/* io - what the parts of the shell share: the bridge that they tell events, and libwebsockets' loop that they live in.
 * Nothing here decides anything: sources, sink and server translate, call the bridge, and obey its effects. */
#ifndef PUBLISHER_IO_H
#define PUBLISHER_IO_H

#include "publisher/core/bridge.h"
#include "publisher/core/config.h"

struct lws_context;

struct io {
	struct bridge *bridge;
	const struct config *config;
	struct lws_context *lws;
	struct recorder *recorder; /* NULL: not recording */
};

/* The clocks' time, and a number by chance, for a call on the bridge. */
struct moment io_now(void);

#endif
