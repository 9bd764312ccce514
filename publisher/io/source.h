/* source - where frames come from: a connection, a recording, standard input, a broker's feed. One small interface; who implements it
 * calls bridge_source_...() as things happen. After hang_up() nothing more is heard of that connection. */
#ifndef PUBLISHER_SOURCE_H
#define PUBLISHER_SOURCE_H

#include "publisher/io/io.h"

struct source {
	const struct source_ops *ops;
};

struct source_ops {
	bool registers, redials; /* as in struct bridge_config */
	bool follows;            /* as in struct bridge_config */
	bool keeps_time;         /* pings and silence are watched */
	void (*dial)(struct source *s);
	void (*hang_up)(struct source *s);
	void (*send)(struct source *s, struct str text); /* NULL: nothing can be sent */
	void (*ping)(struct source *s);                  /* NULL: likewise */
	void (*tick)(struct source *s, mono now); /* at or after its deadline; NULL: has none */
	mono (*deadline)(const struct source *s);
	void (*free)(struct source *s); /* after the loop is gone */
};

/* NULL with one line in `error`. The bridge must be set before the first dial. */
struct source *source_new(struct io *io, struct buf *error);

/* Of source_new(): by the URL's scheme. */
struct source *ws_source_new(struct io *io, struct buf *error);
struct source *file_source_new(struct io *io, const char *path, struct buf *error);
struct source *mqtt_source_new(struct io *io, struct buf *error);
struct source *stdin_source_new(struct io *io, struct buf *error);

/* Gives a whole frame to the bridge, and to the recorder what is worth it. */
void source_deliver(struct io *io, struct str frame);

#endif
