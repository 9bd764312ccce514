/* source - where frames come from: a scoreboard's WebSocket, a recording, standard input, or a broker's feed. This is the one interface for
 * all of them; sources.h makes the one that is configured. Knows of the kinds no more than their constructors' names, and nothing of what
 * is in a frame.
 *
 * A kind of source is a file that defines a `struct source` with its ops, and tells the bridge what happens by
 * bridge_source_up(), ..._frame() (through source_deliver()), ..._lost() and so on. Nothing in it decides when to connect:
 *
 *   bridge: dial()  ->  source: bridge_source_up(), or bridge_source_lost()
 *                       source_deliver(), again and again
 *   bridge: hang_up(), or source: bridge_source_lost(); after either, nothing more is told of that connection
 */
#ifndef PUBLISHER_SOURCE_H
#define PUBLISHER_SOURCE_H

#include "publisher/io/io.h"

/* The first member of each kind's own struct. */
struct source {
	const struct source_ops *ops;
};

struct source_ops {
	/* see source_registers, source_redials and source_follows in struct bridge_config */
	bool registers, redials, follows;
	bool keeps_time; /* of this kind the bridge expects pongs, and messages while a clock runs */
	bool for_leader; /* see source_for_leader there */
	/* Begins to connect. Only when there is no connection and no attempt. */
	void (*dial)(struct source *s);
	/* Ends the connection or the attempt; fine without either. */
	void (*hang_up)(struct source *s);
	void (*send)(struct source *s, struct str text); /* one text message; NULL: this kind can't send */
	void (*ping)(struct source *s);                  /* NULL: likewise */
	/* Gets a file of the scoreboard's own web server, by its path as it goes into a request, and tells bridge_source_file() once.
	 * NULL: this kind has no such server. */
	void (*fetch)(struct source *s, struct str path);
	/* Called at or after deadline(). NULL, like deadline(): it needs no timer. */
	void (*tick)(struct source *s, mono now);
	mono (*deadline)(const struct source *s); /* MONO_NEVER: not now */
	void (*free)(struct source *s);           /* after the loop is gone */
};

/* The constructors: for each row of source_kinds.h one, in a file of its own. sources.c calls them. NULL with a complaint: it can't be
 * made. io->bridge may be set later, but before the first dial. */
#define SOURCE_CONSTRUCTOR(scheme, form, constructor, help) \
	struct source *constructor(struct io *io, const struct source_address *at, struct complaint *why) \
		__attribute__((warn_unused_result));
SOURCE_KINDS(SOURCE_CONSTRUCTOR)
#undef SOURCE_CONSTRUCTOR

/* Gives one whole frame to the bridge, and then to the recorder, if there is one and the bridge took the frame. */
void source_deliver(struct io *io, struct str frame);

#endif
