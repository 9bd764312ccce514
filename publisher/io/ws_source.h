/* ws_source's place in libwebsockets' list of protocols; see main.c. */
#ifndef PUBLISHER_WS_SOURCE_H
#define PUBLISHER_WS_SOURCE_H

#include <libwebsockets.h>

#define WS_SOURCE_PROTOCOL "scoreboard"
int ws_source_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* permessage-deflate where the library has it, else NULL. */
const struct lws_extension *ws_source_extensions(void);

#endif
