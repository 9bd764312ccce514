/* store - the file that a history is kept in, an SQLite database. Every call may wait for the disk, so none is made on the loop's thread. It
 * knows what a game, a chapter and an event are, and not when there is one.
 *
 * What is in the file (docs/history.md has it for people):
 *   game     one row a game: id, title, first and last moment, result
 *   event    what happened, in order: a base (the whole view, where the log begins or begins anew), deltas, a gap, and after so many deltas a
 *            checkpoint (the whole view again), so that no moment is more than STORE_DELTAS_MAX deltas away from a whole view
 *   chapter  one row a chapter, written again whenever it changes
 *   viewers  how many watched, by the minute
 *   alive    one row: which game was on when the file was written to last, and when that was
 *
 * All times are milliseconds since 1970, and those of events never go back. Writes are made within store_begin() and store_commit(); after a
 * failure of any of them the store is to be closed, which undoes what was not committed. Functions that return int return 0, or 1 and a
 * complaint with the reason. */
#ifndef PUBLISHER_STORE_H
#define PUBLISHER_STORE_H

#include "base/complaint.h"
#include "publisher/core/history/ask.h"
#include "publisher/core/history/story.h"

#define STORE_DELTAS_MAX 128                      /* between two whole views */
#define STORE_DELTA_BYTES_MAX ((size_t)256 << 10) /* likewise, together */

enum store_kind {
	STORE_BASE,
	STORE_CHECKPOINT,
	STORE_DELTA,
	STORE_GAP,
};

struct store_config {
	const char *path; /* must outlive the store */
	int64_t keep_bytes;
	const struct history_rules *rules; /* likewise */
};

struct store;

/* Opens the file, or makes it; only one process at a time may have it open to write. */
int store_open(const struct store_config *cfg, struct store **out, struct complaint *why) __attribute__((warn_unused_result));
/* Opens a file only to read it, beside a process that may be writing it. */
int store_open_to_read(const char *path, struct store **out, struct complaint *why) __attribute__((warn_unused_result));
void store_close(struct store *s); /* NULL is fine */

/* --- writing --- */

/* When the file was written to last, and the id of the game that was on then ("": none, or the file is new). */
struct store_alive {
	int64_t at; /* 0: the file is new */
	char game[STORY_ID_SIZE];
};
const struct store_alive *store_alive(const struct store *s);

int store_begin(struct store *s, struct complaint *why) __attribute__((warn_unused_result)); /* again before a commit: nothing happens */
int store_commit(struct store *s, int64_t alive, struct complaint *why) __attribute__((warn_unused_result));
bool store_is_begun(const struct store *s);

/* Chooses the game that all that follows belongs to, and adds it if it is new. */
int store_choose(struct store *s, const char *id, int64_t t, struct complaint *why) __attribute__((warn_unused_result));
/* What is known of the chosen game from before; with n 0 and over 0 of one that is new. Its texts are valid until the next store_choose(). */
const struct story_past *store_past(const struct store *s);
int store_tell(struct store *s, const struct story *story, struct complaint *why) __attribute__((warn_unused_result));
int store_chapter(struct store *s, const struct story_chapter *c, struct complaint *why) __attribute__((warn_unused_result));

struct store_event {
	enum store_kind kind;
	int64_t t;
	struct str text; /* a base or checkpoint: {"state":{...}}; a delta: as the feed has it; a gap: {"from":MS,"to":MS,"why":"..."} */
};
int store_event(struct store *s, const struct store_event *e, struct complaint *why) __attribute__((warn_unused_result));
int store_viewers(struct store *s, int64_t minute, int64_t n, struct complaint *why) __attribute__((warn_unused_result));

/* Deletes one game that is over: the oldest, if the file is larger than keep_bytes allows or the game older than `older_than`. *more: one was,
 * so there may be others. Not between begin and commit. */
int store_prune(struct store *s, int64_t older_than, bool *more, struct complaint *why) __attribute__((warn_unused_result));
int64_t store_bytes(struct store *s);

/* --- reading --- */

struct store_answer {
	int status;       /* of HTTP: 200, 404 or 500 */
	const char *type; /* a MIME type; static */
	int max_age_s;    /* so long a cache may keep it */
	bool more;        /* ASK_DELTAS: more follows behind the event `next` */
	int64_t next;
	struct buf body; /* the caller's to free */
};

/* Answers at bounded cost: a list has at most STORE_LIST_MAX rows, a part of a log some STORE_PART_BYTES. */
#define STORE_LIST_MAX 1000
#define STORE_PART_BYTES ((size_t)64 << 10)
#define STORE_ANSWER_BYTES ((size_t)16 << 20) /* an answer that would be larger, because a scoreboard has very long values, is 500 */
void store_read(struct store *s, const struct ask *a, struct store_answer *out);

/* The name of the view that the game was kept of, malloc'ed. NULL: there is no such game, or it can't be read. */
char *store_view(struct store *s, const char *game) __attribute__((warn_unused_result));

/* The first event of the game behind the event `after` that is no checkpoint. False: there is none, or it can't be read. The text is
 * appended. */
struct store_found {
	int64_t n;
	enum store_kind kind;
	int64_t t;
	struct buf text;
};
bool store_next(struct store *s, const char *game, int64_t after, struct store_found *out) __attribute__((warn_unused_result));

#endif
