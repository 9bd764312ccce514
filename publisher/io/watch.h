/* watch - a descriptor that is not libwebsockets' own, watched by its loop: signals, standard input, libmosquitto's
 * socket. The descriptor is duplicated: its owner closes it whenever it likes. */
#ifndef PUBLISHER_WATCH_H
#define PUBLISHER_WATCH_H

#include "publisher/io/io.h"

#include <libwebsockets.h>

struct watch;

struct watch_events {
	void (*readable)(void *arg); /* also when the peer has hung up: reading then says so */
	void (*writable)(void *arg); /* once, after watch_want_write(); may be NULL */
	void *arg;
};

struct watch *watch_new(struct io *io, int fd, const struct watch_events *events); /* NULL: can't be watched */
void watch_want_write(struct watch *w);
void watch_free(struct watch *w); /* NULL is fine; no event follows */

/* Its place in libwebsockets' list of protocols; see main.c. */
#define WATCH_PROTOCOL "watch"
int watch_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif
