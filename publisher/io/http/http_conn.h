/* http_conn - one client of the HTTP server: reads a request, writes its answer, and takes the next; or writes a stream of events.
 *
 *            head is whole              written, keep-alive
 *   READING ---------------> ANSWERING ---------------------> READING
 *      |                         |  written, connection: close
 *      |  too late, hung up      +----------------------------------> LINGERING --> gone
 *      `--> gone                 |  stalls, hung up
 *                                `--> gone
 *
 * What a client can cost is bounded: a seat from accept to close (seats.h), the head of one request (8 kB), and that part of an
 * answer that its socket has not taken. All clients' parts together are at most about HTTP_WAITING_MAX_BYTES: beyond that requests
 * are answered with 503, and slow streams are closed. Time is bounded by the limits below: a client that reads nothing is dropped,
 * like one that says nothing. In LINGERING nothing but the client's end is awaited: were the socket closed while the client still
 * sends, the kernel would answer with a reset, by which the client may lose an answer that it has not read yet.
 */
#ifndef PUBLISHER_HTTP_CONN_H
#define PUBLISHER_HTTP_CONN_H

#include "publisher/core/http/seats.h"
#include "publisher/io/http/event_stream.h"
#include "publisher/io/http/http_answer.h"

#define HTTP_HEAD_WITHIN_MS 10000 /* from accept, later from a head's first byte, until the head is whole */
#define HTTP_IDLE_MS 30000        /* of silence between two requests */
#define HTTP_STALL_MS 20000       /* in which the client takes nothing of its answer */
#define HTTP_LINGER_MS 2000       /* in LINGERING */
#define HTTP_POLLS_MS 6000        /* a page polls every two seconds: three times that after its last request it is taken for gone */
#define HTTP_WAITING_MAX_BYTES ((size_t)32 << 20)

struct http_conn;

/* What all clients share. Owned by the server, which sets all but `first` and `waiting_bytes`. */
struct http_clients {
	struct io *io;
	struct answer_cache *cache;
	struct event_streams streams;
	struct seats *seats;
	struct http_conn *first;
	size_t waiting_bytes; /* of all answers that sockets have not taken */
	size_t polling;       /* clients that poll a view, as of the last review */
	int epoll;            /* the set that all clients' sockets are in; a socket's data is its struct http_conn */
	const char *web_dir;  /* of pages; "": none */
};

/* Takes a client over that has just been accepted, with its socket and its seat of the kind SEAT_CONNECTION, both of which are given
 * back when the client goes. False: there is no memory, and both are still the caller's. */
bool http_conn_new(struct http_clients *all, int fd, struct address *address, mono now) __attribute__((warn_unused_result));
/* To be called when epoll tells these events of the client's socket. May free the client. */
void http_conn_ready(struct http_conn *c, unsigned int events);
/* Drops the clients whose time is up. */
void http_conns_review(struct http_clients *all, mono now);
void http_conns_free(struct http_clients *all); /* drops them all */

#endif
