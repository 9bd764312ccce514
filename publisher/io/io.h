/* io - what the parts of the shell share. The shell is all that has sockets, files and clocks: sources, sink, HTTP server, and the
 * loop that they live in. It decides nothing: it tells the bridge (publisher/core/bridge/bridge.h) what happens, and does what the
 * bridge's effects say. */
#ifndef PUBLISHER_IO_H
#define PUBLISHER_IO_H

#include "base/process.h"
#include "publisher/core/bridge/bridge.h"
#include "publisher/core/options/config.h"

struct lws_context;

/* Owned by main.c. The source is made before the bridge, and finds it here when it is first dialled. */
struct io {
	struct bridge *bridge;
	const struct config *config;
	struct lws_context *lws;   /* libwebsockets, whose loop is ours */
	struct recorder *recorder; /* NULL: nothing is recorded */
	struct history *history;   /* NULL: none is kept */
	struct process process;    /* what the system says of us, when it was asked last */
	int64_t files_counted;     /* our open files, when they were counted last */
	mono files_count_at;       /* when they may be counted again */
};

/* The time by both clocks, and a random number: what most calls on the bridge want. */
struct moment io_now(void);

#endif
