/* ws_source - a scoreboard's WebSocket, as a source (source.h). Here is only what main.c gives to libwebsockets for it. */
#ifndef PUBLISHER_WS_SOURCE_H
#define PUBLISHER_WS_SOURCE_H

#include <libwebsockets.h>

/* For libwebsockets' list of protocols: how it calls us. */
#define WS_SOURCE_PROTOCOL "scoreboard"
int ws_source_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* The extensions that connections may use: permessage-deflate, or NULL where the library was built without. Static. */
const struct lws_extension *ws_source_extensions(void);

#endif
