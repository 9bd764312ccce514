/* store_priv - the inside of struct store, for its two files: store.c writes, store_read.c reads. */
#ifndef PUBLISHER_STORE_PRIV_H
#define PUBLISHER_STORE_PRIV_H

#include "publisher/io/history/store.h"

#include <sqlite3.h>

struct store {
	struct store_config cfg;
	sqlite3 *db;
	int lock_fd; /* of the file beside it that says who writes; -1: we only read */
	struct store_alive alive;
	bool begun;
	int64_t game;                        /* the row of the game that is on; 0: none is */
	int64_t last_t;                      /* of the last event */
	struct story_past past;              /* of that game */
	struct buf past_number, past_before; /* its texts */
};

/* Prepares a statement and binds its values, by type: i an int64_t, z an int64_t of which 0 is NULL, s a struct str as text, b as a blob. NULL:
 * sqlite3_errmsg() has the reason. Text is not copied: it must stay until the statement is finalized. */
sqlite3_stmt *store_prepare(struct store *s, const char *sql, const char *types, ...);
struct str store_text(sqlite3_stmt *q, int column); /* of a text or blob; valid until the next step */
/* Appends what a row's body says: whole views are kept deflated. False: it is damaged. */
bool store_inflate(enum store_kind kind, struct str body, struct buf *out) __attribute__((warn_unused_result));

#endif
