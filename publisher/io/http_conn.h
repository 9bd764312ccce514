/* http_conn - one client of the HTTP server: reads a request, writes its answer, takes the next; or streams events.
 *
 *            head is whole              written, keep-alive
 *   READING ---------------> ANSWERING ---------------------> READING
 *      |                         |  written, connection: close
 *      |  too late, hung up      +----------------------------------> LINGERING --> gone
 *      `--> gone                 |  stalls, hung up
 *                                `--> gone
 *
 * What a client costs is bounded: a seat from accept to close (seats.h), one head of 8 kB, the part of one answer that its socket has
 * not taken (all clients' parts together: HTTP_WAITING_MAX_BYTES), and the time limits below. A client that reads nothing is
 * dropped, like one that says nothing. LINGERING is for the client that is still sending what we refuse to read: closed at once, the
 * socket would take our answer with it.
 */
#ifndef PUBLISHER_HTTP_CONN_H
#define PUBLISHER_HTTP_CONN_H

#include "publisher/core/seats.h"
#include "publisher/io/event_stream.h"
#include "publisher/io/http_answer.h"

#define HTTP_HEAD_WITHIN_MS 10000 /* from accept, or from its first byte, to a whole head */
#define HTTP_IDLE_MS 30000        /* between two requests */
#define HTTP_STALL_MS 20000       /* an answer of which the client takes nothing */
#define HTTP_LINGER_MS 2000
#define HTTP_WAITING_MAX_BYTES ((size_t)32 << 20)

struct http_conn;

/* What all clients share. */
struct http_clients {
	struct io *io;
	struct answer_cache *cache;
	struct event_streams streams;
	struct seats *seats;
	struct http_conn *first;
	size_t waiting_bytes; /* of answers that sockets have not taken */
	int epoll;
	const char *web_dir;
};

/* Takes fd and the seat over, both are given back at the end. False: no memory; then they are still the caller's. */
bool http_conn_new(struct http_clients *all, int fd, struct address *address, mono now);
/* Something happened on its socket (EPOLLIN ...). May free it. */
void http_conn_ready(struct http_conn *c, unsigned int events);
/* Drops those whose time is up. */
void http_conns_review(struct http_clients *all, mono now);
void http_conns_free(struct http_clients *all);

#endif
