/* watch - lets libwebsockets' loop watch a descriptor that is not its own: the signals', standard input, libmosquitto's socket. Reads
 * and writes nothing itself. The descriptor is duplicated, so its owner may close it at any time. */
#ifndef PUBLISHER_WATCH_H
#define PUBLISHER_WATCH_H

#include "publisher/io/io.h"

#include <libwebsockets.h>

struct watch;

struct watch_events {
	void (*readable)(void *arg); /* also when the other end has closed, which reading then tells */
	void (*writable)(void *arg); /* told once for each watch_want_write(); NULL: the owner never asks */
	void *arg;                   /* of both functions */
};

/* Begins to watch fd. NULL: no descriptor is left for the duplicate, libwebsockets does not take it, or there is no memory. */
struct watch *watch_new(struct io *io, int fd, const struct watch_events *events) __attribute__((warn_unused_result));
/* Asks for one writable(). */
void watch_want_write(struct watch *w);
/* No event follows. May be called within an event; NULL is fine. */
void watch_free(struct watch *w);

/* For libwebsockets' list of protocols, which main.c gives it: how it calls a watch. */
#define WATCH_PROTOCOL "watch"
int watch_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

#endif
