/* crowd - how many are there, in rows: a number under a key ("total", "view/overlay"), under some also who. The rows of
 * several brokers add up: one writes a report, another reads it. Knows neither clients nor brokers. */
#ifndef CORE_CROWD_H
#define CORE_CROWD_H

#include "base/buf.h"

#define CROWD_MAX_NAMES 200         /* in a row; those above are only counted */
#define CROWD_REPORT_BYTES (1 << 16)
#define CROWD_KEY_BYTES 1024

struct crowd_row;

struct crowd {
	struct crowd_row *rows;
	unsigned max_rows; /* the caller's; those that are gone and not told yet come on top */
	unsigned n_here;
	uint64_t refused;  /* rows not kept, or left out of a report: too many, or no memory */
};

void crowd_free(struct crowd *c); /* twice is legal */

/* Counting starts again: a row that is not counted from here on is gone. */
void crowd_begin(struct crowd *c);
/* Also with 0: the row is there. */
void crowd_count(struct crowd *c, struct str key, uint64_t n);
/* Among those counted under this key; a name stands there once. An empty one: this row names those who have a name. */
void crowd_name(struct crowd *c, struct str key, struct str name);

/* All is counted. For a crowd that is not told: the rows that are gone are forgotten. */
void crowd_end(struct crowd *c);

/* {"total":12,"room/red":{"count":2,"names":["ann","bob"]}}, at most CROWD_REPORT_BYTES. */
void crowd_report(struct crowd *c, struct buf *out);
/* Adds what a report counts. False, and nothing is added, when it is none. */
bool crowd_read(struct crowd *c, struct str report);
/* NULL: it is a report, and *total its "total", 0 without one; otherwise why it is none. */
const char *crowd_check(struct str report, uint64_t *total);

/* Calls for every row that was not told like this before; payload is empty when it is gone. Returns how many. */
typedef void (*crowd_tell_fn)(void *ctx, const char *key, struct str payload);
unsigned crowd_tell(struct crowd *c, crowd_tell_fn tell, void *ctx);

#endif
