/* http - one request to 127.0.0.1, and a number out of a page of Prometheus metrics. Blocks until the answer is there, some seconds at
 * most; what goes wrong is an outcome, since servers under test may well not answer. */
#ifndef SUPPORT_HTTP_H
#define SUPPORT_HTTP_H

#include "base/buf.h"

/* The status, or -1 when no whole answer came in some seconds. The body is appended; body may be NULL. */
int http_get(int port, const char *path, struct buf *body);
/* Sends the bytes as they stand and returns what comes until the peer closes (or some seconds pass). */
bool http_raw(int port, struct str request, struct buf *answer);

/* Connects, for what the two above do not do: a socket, or -1. */
int http_dial(int port);

/* The value of the row `name` or `name{label="x"}`, written exactly so; NAN when there is none. */
double metric(struct str page, const char *row);
/* The sum over all rows of a name, whatever their labels; 0 when there is none. */
double metric_sum(struct str page, const char *name);

#endif
