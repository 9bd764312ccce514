/* http_server - /healthz, /readyz, /metrics; the feed for those without WebSockets (/<view>.json, and
 * /<view>/events as Server-Sent Events); and the pages of web-dir. All clients are in one epoll set, which libwebsockets' loop
 * watches as one descriptor: it has no say in what they do, and their number is nothing to it. */
#ifndef PUBLISHER_HTTP_SERVER_H
#define PUBLISHER_HTTP_SERVER_H

#include "publisher/io/io.h"

struct http_server;

/* NULL with one line in error: the address is not ours, the port is in use. Needs io->lws. */
struct http_server *http_server_new(struct io *io, struct buf *error);
void http_server_free(struct http_server *h); /* after the loop is gone */

/* The bridge may have news, and time has passed: wakes the event streams that have not told it, drops who is too slow. */
void http_server_review(struct http_server *h, mono now);

#endif
