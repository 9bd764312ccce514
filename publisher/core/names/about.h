/* about - what a publisher says of its scoreboard on <prefix>/about, for whoever lists several (schema/about.schema.json):
 *
 *   {"version":1,"title":"Track 1","schema":"crg.json","views":["spectator","overlay"],"addresses":["http://192.168.1.20:8080/"]} */
#ifndef PUBLISHER_ABOUT_H
#define PUBLISHER_ABOUT_H

#include "publisher/core/names/schema.h"

#define ABOUT_VERSION 1           /* of the contract in schema/README.md */
#define ABOUT_TITLE_MAX_BYTES 200 /* of a title, and of each address */
#define ABOUT_ADDRESSES_MAX 8

/* The texts belong to the caller. */
struct about {
	const char *title;     /* for people; NULL or empty: nothing is said at all */
	const char *schema;    /* the file's name, without its folders */
	const char *addresses; /* where its pages are, with blanks between; may be empty */
};

/* May it be said? False: a text is too long or no UTF-8, or there are too many addresses. */
bool about_valid(const struct about *a) __attribute__((warn_unused_result));

/* Appends what is said, of a valid one. */
void about_write(const struct about *a, const struct schema *schema, struct buf *out);

#endif
