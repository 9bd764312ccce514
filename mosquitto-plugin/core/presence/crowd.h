/* crowd - how many are there, in rows: each has a key ("total", "view/overlay"), a number, and some also names. The rows of several brokers
 * can be added up: one broker writes a report, another reads it. Knows neither clients nor brokers.
 *
 * The problem. The numbers change all the time, and are read by everybody. So only rows that differ from what was told last are told, and
 * only so many a second. And a report comes from another broker: whatever is in it, reading it must be safe, and take time in proportion
 * to its length.
 *
 * Words.
 *   row       a key, a number, and perhaps names. Names beyond CROWD_MAX_NAMES or CROWD_NAMES_BYTES are not kept.
 *   kind      the rows whose keys have the same first level: "room" for "room/red". The caller allows kinds, each with a number of rows. A
 *             row of another kind, or one too many, is refused, and the refusal counted.
 *   here      a row is here when it was counted since crowd_begin().
 *   told      the caller's callback was called for the row, with its number and names as JSON. A row that was told and is not here any
 *             more is told once again, with an empty payload: it is gone.
 *   urgent    a row is urgent when its kind has at_once: it is told without waiting for others.
 *
 * The life of a count. The caller counts from the beginning each time: crowd_begin(); crowd_allow() for the kinds; crowd_count(),
 * crowd_name(), crowd_read() and crowd_add() for all there is; then crowd_tell(), or crowd_end() for a crowd that is not told. Each of these
 * takes time in proportion to the rows and names that it is given or that are kept, whatever they are.
 *
 * Example: {"total":2} was told. Counted again, with total 3 and room/red 1: two rows are told. Counted again, with total 3 only: room/red is
 * told, empty. */
#ifndef CORE_CROWD_H
#define CORE_CROWD_H

#include "base/buf.h"
#include "base/complaint.h"

#define CROWD_MAX_NAMES 200         /* names that a row keeps */
#define CROWD_NAMES_BYTES (1 << 14) /* bytes that they may have together, each with a NUL */
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
	unsigned max_rows; /* rows that may be here at most; set by the caller */
	unsigned n_here;
	struct crowd_kind kinds[CROWD_MAX_KINDS];
	unsigned n_kinds;            /* 0: any key will do */
	struct crowd_row *tell_from; /* where crowd_tell() goes on; NULL: at the first row */
	bool behind;                 /* crowd_tell() has left rows for the next time */
	uint64_t refused;            /* rows not kept, or left out of a report: there were too many, or no memory */
};

void crowd_free(struct crowd *c); /* twice is legal */

/* Counting starts again: no row is here, and no kind is allowed. */
void crowd_begin(struct crowd *c);
/* While no kind is allowed, rows of any kind are taken; afterwards only those of allowed kinds. Allowing a kind again adds to its number of
 * rows. */
void crowd_allow(struct crowd *c, struct crowd_kind kind);
/* Adds n to the row, and makes it when there is none, even when n is 0. */
void crowd_count(struct crowd *c, struct str key, uint64_t n);
/* Adds the name of somebody who is counted in this row, unless it is there already. An empty name adds nobody, but makes it a row with
 * names. */
void crowd_name(struct crowd *c, struct str key, struct str name);
/* Adds all rows of another crowd that are here. */
void crowd_add(struct crowd *c, const struct crowd *other);

/* Everything is counted. For a crowd that is not told: forgets the rows that are not here any more. */
void crowd_end(struct crowd *c);

/* The number of this row; 0 when it is not here. */
uint64_t crowd_get(const struct crowd *c, struct str key);

/* Writes a report of the rows that are here: {"total":12,"room/red":{"count":2,"names":["ann","bob"]}}, at most CROWD_REPORT_BYTES. */
void crowd_report(struct crowd *c, struct buf *out);
/* Adds the rows of a report and returns 0; or returns 1, adds nothing, and `why` says what is wrong with the report. */
int crowd_read(struct crowd *c, struct str report, struct complaint *why) __attribute__((warn_unused_result));

/* Calls `tell` for every row that differs from what was told of it last; the payload is empty when the row is gone. At most `max` rows that are
 * not urgent are told; the others wait for the next time, and are told with their newest number then. Returns how many were told. */
typedef void (*crowd_tell_fn)(void *ctx, const char *key, struct str payload);
unsigned crowd_tell(struct crowd *c, unsigned max, crowd_tell_fn tell, void *ctx);

#endif
