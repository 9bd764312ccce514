/* web_file - gets files of a scoreboard's own web server by HTTP, one at a time, and tells the bridge how that went (bridge_source_file()).
 * Bounded in size and time, and from that one host and port only: a redirect is not followed. What is in a file, it does not look at. */
#ifndef PUBLISHER_WEB_FILE_H
#define PUBLISHER_WEB_FILE_H

#include "publisher/io/io.h"
#include "publisher/io/web/cookie.h"

#include <libwebsockets.h>

#define WEB_FILE_WITHIN_MS 10000 /* all of it, from looking up the name to the last byte */

struct web_files;

struct web_server {
	const char *host;
	int port;
	bool tls;
	const struct cookie *cookie; /* sent along, since a scoreboard begins a session for whoever has none */
};

/* What `at` points to must outlive it. NULL: no memory. */
struct web_files *web_files_new(struct io *io, const struct web_server *at) __attribute__((warn_unused_result));
void web_files_free(struct web_files *w); /* when libwebsockets' context is destroyed; NULL is fine */

/* Only when the end of the one before was told. The path is copied. */
void web_files_get(struct web_files *w, struct str path);

/* For libwebsockets' list of protocols, which main.c gives it: how it calls us. */
#define WEB_FILE_PROTOCOL "web-file"
int web_file_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif
