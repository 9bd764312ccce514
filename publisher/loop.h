/* loop - the program's one loop: wait for an event, tell the bridge, do what its effects say, and wait again, until the next event
 * or until the bridge, the source or the passing of a second wants to be woken. */
#ifndef PUBLISHER_LOOP_H
#define PUBLISHER_LOOP_H

#include "publisher/io/http/http_server.h"
#include "publisher/io/io.h"
#include "publisher/io/mqtt/mqtt_sink.h"
#include "publisher/io/sources/source.h"

struct loop {
	struct io io;
	struct source *source;
	struct mqtt_sink *sinks[BROKERS_MAX]; /* in the order of the option; the first n_sinks */
	size_t n_sinks;
	struct http_server *http; /* NULL: no HTTP */
	bool done;                /* the bridge has said FX_EXIT */
};

/* Starts the bridge and runs until it says FX_EXIT, or libwebsockets can't go on; what is in `l` is then still to be freed. SIGTERM
 * and SIGINT stop the bridge; on SIGHUP `hup` is called. All three are blocked for the rest of the process's life. */
void loop_run(struct loop *l, void (*hup)(struct loop *l));

#endif
