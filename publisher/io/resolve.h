/* resolve - is a name known? The C library's resolver blocks, for ten seconds and more when the name servers are
 * silent; the loop has pages and the other side to serve meanwhile. So a thread asks first. Who connects then looks the name
 * up again by itself, TLS needs the name: by then the answer is near. */
#ifndef PUBLISHER_RESOLVE_H
#define PUBLISHER_RESOLVE_H

#include "publisher/io/io.h"

struct resolve;

/* done() is called once, from the loop, and `r` is gone then. NULL: there is nothing to wait for, the host is an address (or
 * there is no thread to be had). */
struct resolve *resolve_start(struct io *io, const char *host, void (*done)(void *arg, bool known), void *arg);
void resolve_cancel(struct resolve *r); /* done() is not called any more; NULL is fine */

#endif
