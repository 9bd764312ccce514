/* crowd - how many are there, in rows: each has a key ("total", "view/overlay"), a number, some also names, and some of these dates. The rows of
 * several brokers can be added up: one broker writes a report, another reads it. Knows neither clients nor brokers.
 *
 * The problem. The numbers change all the time, and are read by everybody. So only rows that differ from what was told last are told, and
 * only so many a second. And a report comes from another broker: whatever is in it, reading it must be safe, and take time in proportion
 * to its length.
 *
 * Words.
 *   row       a key, a number, and perhaps names. Names beyond CROWD_MAX_NAMES or CROWD_NAMES_BYTES are not kept.
 *   kind      the rows whose keys have the same first level: "room" for "room/red". The caller allows kinds, each with a number of rows. A
 *             row of another kind, or one too many, is refused, and the refusal counted. Rows of a local kind are neither reported nor read.
 *   here      a row is here when it was counted since crowd_begin().
 *   told      the caller's callback was called for the row, with its number and names as JSON. A row that was told and is not here any
 *             more is told once again, with an empty payload: it is gone.
 *   urgent    a row is urgent when its kind has at_once: it is told without waiting for others.
 *   lane      the rows whose kinds stand in one lane wait for each other, and have a rate of their own.
 *   dated     a row may have two dates, by the wall clock: `since` when it is known (the earliest that any broker says), and when its number
 *             or its names changed last (the latest).
 *
 * The life of a count. The caller counts from the beginning each time: crowd_begin(); crowd_allow() for the kinds; crowd_count(),
 * crowd_name(), crowd_date(), crowd_read() and crowd_add() for all there is; crowd_settle() where the sum is made; then crowd_tell() for each
 * lane, or crowd_end() for a crowd that is not told. Each of these takes time in proportion to the rows and names that it is given or that
 * are kept, whatever they are.
 *
 * Example: {"total":2} was told. Counted again, with total 3 and room/red 1: two rows are told. Counted again, with total 3 only: room/red is
 * told, empty. */
#ifndef CORE_CROWD_H
#define CORE_CROWD_H

#include "base/buf.h"
#include "base/complaint.h"

#define CROWD_MAX_NAMES 200           /* names that a row keeps */
#define CROWD_NAMES_BYTES (1 << 14)   /* bytes that they may have together, each with a NUL */
#define CROWD_REPORT_BYTES (1 << 19)  /* 1,000 rooms of 10 members with names of 20 characters take 320 kB */
#define CROWD_REPORT_VALUES (1 << 17) /* of JSON, that reading a report may take memory for */
#define CROWD_KEY_BYTES 1024
#define CROWD_MAX_KINDS 24

enum crowd_lane {
	CROWD_COMMON,
	CROWD_ROOMS,
	CROWD_LANES
};

struct crowd_row;

struct crowd_kind {
	const char *name; /* the first level; the caller's, until the next crowd_begin() */
	unsigned max, n_here;
	bool at_once;
	bool local;
	enum crowd_lane lane;
};

struct crowd {
	struct crowd_row *rows;
	unsigned max_rows; /* rows that may be here at most; set by the caller */
	unsigned n_here;
	struct crowd_kind kinds[CROWD_MAX_KINDS];
	unsigned n_kinds;                         /* 0: any key will do */
	struct crowd_row *tell_from[CROWD_LANES]; /* where crowd_tell() goes on; NULL: at the first row */
	bool behind[CROWD_LANES];                 /* crowd_tell() has left rows for the next time */
	unsigned n_paced;                         /* rows that crowd_tell() told last, without the urgent ones */
	uint64_t refused;                         /* rows not kept, or left out of a report: there were too many, or no memory */
	uint64_t nameless;                        /* times that a row's names were left out of a report, for want of bytes */
};

void crowd_free(struct crowd *c); /* twice is legal */

/* Counting starts again: no row is here, and no kind is allowed. */
void crowd_begin(struct crowd *c);
/* While no kind is allowed, rows of any kind are taken; afterwards only those of allowed kinds. Allowing a kind again adds to its number of
 * rows. */
void crowd_allow(struct crowd *c, struct crowd_kind kind);
/* The names of kinds are valid no longer; until the next crowd_begin() nothing has to wait to be told. */
void crowd_forget_kinds(struct crowd *c);
/* Adds n to the row, and makes it when there is none, even when n is 0. */
void crowd_count(struct crowd *c, struct str key, uint64_t n);
/* Adds the name of somebody who is counted in this row, unless it is there already. An empty name adds nobody, but makes it a row with
 * names. */
void crowd_name(struct crowd *c, struct str key, struct str name);
/* The row is dated; milliseconds since 1970, 0: not known. */
struct crowd_dates {
	int64_t since, last;
};
void crowd_date(struct crowd *c, struct str key, struct crowd_dates dates);
/* Adds all rows of another crowd that are here. */
void crowd_add(struct crowd *c, const struct crowd *other);

/* Everything is counted, of all brokers. A dated row keeps the earliest `since` for as long as it is here; and when its number or names are
 * others than at the last call, and no broker has said when that was (one is gone), it was now. */
void crowd_settle(struct crowd *c, int64_t wall_ms);

/* Everything is counted. For a crowd that is not told: forgets the rows that are not here any more. */
void crowd_end(struct crowd *c);

/* The number of this row; 0 when it is not here. */
uint64_t crowd_get(const struct crowd *c, struct str key);

/* A row that is here. */
struct crowd_view {
	struct str key;
	uint64_t n;
	struct crowd_dates dates;
	unsigned n_names;
	const char *names; /* one behind the other, each with a NUL; valid until the crowd is touched */
};
/* False when it is not here. */
bool crowd_find(const struct crowd *c, struct str key, struct crowd_view *out);
/* Calls `see` for each row of this kind that is here; it may count rows of other kinds. */
typedef void (*crowd_see_fn)(void *ctx, const struct crowd_view *row);
void crowd_each(const struct crowd *c, const char *kind, crowd_see_fn see, void *ctx);

/* Writes a report of the rows that are here: {"total":12,"room/red":{"count":2,"names":["ann","bob"]}}, at most CROWD_REPORT_BYTES. When
 * these are too few for everything, names are left out first, then rows. A dated row has "since" and "last" behind its names. */
void crowd_report(struct crowd *c, struct buf *out);
/* Adds the rows of a report and returns 0; or returns 1, adds nothing, and `why` says what is wrong with the report. */
int crowd_read(struct crowd *c, struct str report, struct complaint *why) __attribute__((warn_unused_result));

/* Calls `tell` for every row of the lane that differs from what was told of it last; the payload is empty when the row is gone. At most `max`
 * rows that are not urgent are told; the others wait for the next time, and are told with their newest number then. Returns how many were
 * told, the urgent ones included. A row whose kind is not allowed any more stands in CROWD_COMMON. */
typedef void (*crowd_tell_fn)(void *ctx, const char *key, struct str payload);
struct crowd_turn {
	enum crowd_lane lane;
	unsigned max;
};
unsigned crowd_tell(struct crowd *c, struct crowd_turn turn, crowd_tell_fn tell, void *ctx);

#endif
