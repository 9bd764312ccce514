/* http_server - serves /healthz, /readyz and /metrics; the feed for those who can't use WebSockets (/<prefix>/<view>.json, and
 * /<prefix>/<view>/events as Server-Sent Events; of the prefix of our topics, and no other); and the pages of web-dir. Listens, lets
 * clients in as far as there are seats (seats.h), and leaves each to http_conn.h.
 *
 * All sockets are in one epoll set, which libwebsockets' loop watches as a single descriptor. So libwebsockets takes no part in HTTP, and
 * its loop costs the same however many clients there are. */
#ifndef PUBLISHER_HTTP_SERVER_H
#define PUBLISHER_HTTP_SERVER_H

#include "publisher/io/io.h"

struct http_server;

/* Listens at the address of the option `http`. Needs io->lws and io->bridge. NULL with a complaint: the address is not this machine's,
 * the port is in use, or there is no memory, or no descriptor for the loop. */
struct http_server *http_server_new(struct io *io, struct complaint *why) __attribute__((warn_unused_result));
void http_server_free(struct http_server *h); /* when libwebsockets' context is destroyed; NULL is fine */

/* To be called after each turn of the loop: sends the bridge's news to the event streams, and once a second drops the clients
 * whose time is up. */
void http_server_review(struct http_server *h, mono now);

#endif
