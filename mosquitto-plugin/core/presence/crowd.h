/* crowd - how many are there, in rows: a number under a key ("total", "view/overlay"), under some also who. The rows of several brokers add
 * up: one writes a report, another reads it. Knows neither clients nor brokers.
 *
 * The problem. Numbers of a crowd change all the time, and are read by everybody. So only rows that differ from what was told last are
 * told, and only so many a second. And a report comes from another broker: whatever stands in it, reading it must be safe, and take time
 * in proportion to its length.
 *
 * Words.
 *   row       a key, a number, and perhaps names. Of those above CROWD_MAX_NAMES only the number is known.
 *   kind      rows whose keys have the same first level: of "room/red" that is "room". The caller allows kinds, each with so many rows;
 *             rows of no kind that is allowed, and those too many, are refused, and counted as such.
 *   here      a row is here when it was counted since crowd_begin(). One that is not, and was told once, is told as empty: it is gone.
 *   urgent    of a kind with at_once: told however many others wait.
 *
 * The life of a count. One counts again from the beginning each time: crowd_begin(), crowd_allow() for the kinds, then crowd_count(),
 * crowd_name(), crowd_read() and crowd_add() for all there is; then crowd_tell() (or crowd_end() for a crowd that is not told). Each of these
 * takes time in proportion to the rows and names that it is given or that are kept, whatever stands in them.
 *
 * Example: {"total":2} was told. Counted again, with total 3 and room/red 1: two rows are told. Counted again, with total 3 only: room/red is
 * told, empty. */
#ifndef CORE_CROWD_H
#define CORE_CROWD_H

#include "base/buf.h"
#include "base/complaint.h"

#define CROWD_MAX_NAMES 200         /* in a row; those above are only counted */
#define CROWD_NAMES_BYTES (1 << 14) /* of a row, all together; the same */
#define CROWD_REPORT_BYTES (1 << 16)
#define CROWD_KEY_BYTES 1024
#define CROWD_MAX_KINDS 20

struct crowd_row;

struct crowd_kind {
	const char *name; /* the first level; the caller's, until the next crowd_begin() */
	unsigned max, n_here;
	bool at_once;
};

struct crowd {
	struct crowd_row *rows;
	unsigned max_rows; /* the caller's; those that are gone and not told yet come on top */
	unsigned n_here;
	struct crowd_kind kinds[CROWD_MAX_KINDS];
	unsigned n_kinds;            /* 0: any key will do */
	struct crowd_row *tell_from; /* where crowd_tell() goes on; NULL: at the first row */
	bool behind;                 /* crowd_tell() has left something for the next time */
	uint64_t refused;            /* rows not kept, or left out of a report: too many, or no memory */
};

void crowd_free(struct crowd *c); /* twice is legal */

/* Counting starts again: no row is here, and no kind is allowed. */
void crowd_begin(struct crowd *c);
/* While no kind is allowed, every row is taken; afterwards only those of allowed kinds. Twice the same kind: so many rows more. */
void crowd_allow(struct crowd *c, struct crowd_kind kind);
/* Also with 0: the row is there. */
void crowd_count(struct crowd *c, struct str key, uint64_t n);
/* One of those who are counted under this key; a name stands there once. An empty name adds nobody, but makes the row one with names. */
void crowd_name(struct crowd *c, struct str key, struct str name);
/* All that another one counts. */
void crowd_add(struct crowd *c, const struct crowd *other);

/* All is counted. For a crowd that is not told: the rows that are gone are forgotten. */
void crowd_end(struct crowd *c);

/* What is counted under this key; 0 when nothing is. */
uint64_t crowd_get(const struct crowd *c, struct str key);

/* {"total":12,"room/red":{"count":2,"names":["ann","bob"]}}, at most CROWD_REPORT_BYTES. */
void crowd_report(struct crowd *c, struct buf *out);
/* Adds what a report counts and returns 0; or returns 1, `why` says why it is none, and nothing is added. */
int crowd_read(struct crowd *c, struct str report, struct complaint *why) __attribute__((warn_unused_result));

/* Calls tell for every row that differs from what was told of it last; payload is empty when it is gone. At most for `max` of those
 * that are not urgent; the others wait for the next time, and tell their newest count then. Returns how many were told. */
typedef void (*crowd_tell_fn)(void *ctx, const char *key, struct str payload);
unsigned crowd_tell(struct crowd *c, unsigned max, crowd_tell_fn tell, void *ctx);

#endif
