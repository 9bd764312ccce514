/* http_history - one client's answer of the history (publisher/io/history/history.h): asked for, awaited, and, where it is a log of any length,
 * asked for piece by piece. Says which paths are the history's; knows no socket. */
#ifndef PUBLISHER_HTTP_HISTORY_H
#define PUBLISHER_HTTP_HISTORY_H

#include "publisher/core/http/http_request.h"
#include "publisher/io/history/history.h"
#include "publisher/io/http/http_answer.h"

#define HTTP_HISTORY_SEATS 64            /* so many answers may be on their way at once */
#define HTTP_HISTORY_SEATS_PER_ADDRESS 8 /* of these for one address, loopback exempt */

struct http_history;

/* What the request asks of the history; ASK_OTHER also where none is kept. */
enum ask_result http_history_wants(const struct io *io, const struct http_request *q, struct ask *out) __attribute__((warn_unused_result));

/* Asks. The asker is told when http_history_next() has something, never within these functions. NULL: no memory. */
struct http_history *http_history_new(struct io *io, const struct ask *a, const struct history_asker *asker)
	__attribute__((warn_unused_result));
void http_history_free(struct http_history *h); /* at any time; NULL is fine */

enum http_history_news {
	HTTP_HISTORY_WAITS,
	HTTP_HISTORY_ANSWER, /* *out is the answer, to be freed; one that is `endless` has nothing but the head, and its pieces follow */
	HTTP_HISTORY_PIECE,  /* out->body is the next piece of it */
	HTTP_HISTORY_END,    /* there is no more */
	HTTP_HISTORY_FAILED, /* the next piece can't be had: the connection is to be cut, so that the client sees that it is not whole */
};
enum http_history_news http_history_next(struct http_history *h, struct answer *out) __attribute__((warn_unused_result));

#endif
