/* history - keeps the games that the publisher mirrors, in a file (store.h), and answers from it over HTTP.
 *
 * The file belongs to one thread, so that a slow, full or broken disk costs the loop nothing. The loop looks at the view's feed after each
 * event (history_review()) and hands what is new to the thread, which folds it into a picture, tells games and chapters from it (story.h), and
 * writes it down. Written is within HISTORY_COMMIT_MS: so much is lost at most when the program or the machine dies.
 *
 * When the file can't be written (disk full, locked, damaged, the limit of history-keep-bytes met), the thread goes on folding, and tries
 * again every HISTORY_RETRY_MS. As soon as it can, it writes the time between down as a gap, and the whole view behind it. Such gaps are also
 * written where the publisher was not running, and where the scoreboard was away. The part `history` of /health.json and metrics say how it is.
 *
 * Whoever reads can't stop it from writing: between two answers the thread rests four times as long as the first one took, so that readers
 * have a fifth of its time, whatever they ask; and it is nicer than the loop. How many may wait is up to who asks (seats.h); who has waited for
 * HISTORY_ANSWER_MS gets the status 503.
 *
 *   h->history = history_new(io, schema, &why);
 *   history_review(h->history, now);                      after each event
 *   t = history_ask(h->history, &ask, &(struct history_asker){ answered, arg });
 *   answered(arg):  history_take(t, &answer)              on the loop, later
 */
#ifndef PUBLISHER_HISTORY_H
#define PUBLISHER_HISTORY_H

#include "publisher/io/history/store.h"
#include "publisher/io/io.h"

#define HISTORY_COMMIT_MS 500
#define HISTORY_RETRY_MS 2000
#define HISTORY_ANSWER_MS 5000
#define HISTORY_QUEUE_BYTES ((size_t)8 << 20) /* of messages that the thread has not taken yet; beyond that they are lost, and a gap */

/* What the view may take: a scoreboard's takes 40 kB. A larger one is not kept, and that is told. It bounds what the thread holds (the
 * picture, its text, one that is folded for a reader and its answer) to 40 MB with the queue. */
#define HISTORY_VIEW_BYTES ((size_t)8 << 20)

struct history;
struct history_ticket; /* one question on its way */

/* Takes the schema over, whose rules it goes by. NULL with a complaint: the schema has no member `history`, or there is no thread. A file that
 * can't be opened is no reason: it is tried again. */
struct history *history_new(struct io *io, struct schema *schema, struct complaint *why) __attribute__((warn_unused_result));
/* Writes what is left, and ends the thread. NULL is fine. */
void history_free(struct history *h);

/* To be called after each event of the loop: takes what is new in the feed, and tells the bridge how the history is. */
void history_review(struct history *h, struct moment now);

struct history_asker {
	void (*answered)(void *arg); /* called once, on the loop, never within history_ask() */
	void *arg;
};

/* NULL: no memory. */
struct history_ticket *history_ask(struct history *h, const struct ask *a, const struct history_asker *asker)
	__attribute__((warn_unused_result));
/* The answer, whose body is the caller's; the ticket is gone. Only once answered() was called. */
void history_take(struct history_ticket *t, struct store_answer *out);
/* In place of history_take(), at any time: nobody wants the answer any more. NULL is fine. */
void history_forget(struct history_ticket *t);

#endif
