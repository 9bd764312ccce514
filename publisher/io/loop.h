/* loop - the shell's heart: event -> core -> its effects -> one timer. */
#ifndef PUBLISHER_LOOP_H
#define PUBLISHER_LOOP_H

#include "publisher/io/http_server.h"
#include "publisher/io/io.h"
#include "publisher/io/mqtt_sink.h"
#include "publisher/io/source.h"

struct loop {
	struct io io;
	struct source *source;
	struct mqtt_sink *sink;   /* NULL: no broker */
	struct http_server *http; /* NULL: none */
	bool done;
};

/* Runs until the bridge says FX_EXIT. `hup` is called on SIGHUP, from the loop. */
void loop_run(struct loop *l, void (*hup)(struct loop *l));

#endif
