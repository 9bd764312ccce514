/* resolve - asks whether the name of a host is known. The C library's resolver blocks the thread that asks, for ten seconds and more when
 * the name servers are silent, and our loop has others to serve meanwhile. So a thread of its own asks first. The libraries that then connect
 * look the name up once more, since they want the name and not an address (TLS checks it): by then the name server has the answer at
 * hand. */
#ifndef PUBLISHER_RESOLVE_H
#define PUBLISHER_RESOLVE_H

#include "publisher/io/io.h"

struct resolve;

/* Which addresses a name has. */
enum resolve_families {
	RESOLVE_UNKNOWN = 0, /* none: the name is not known */
	RESOLVE_IPV4 = 1,
	RESOLVE_IPV6 = 2,
	RESOLVE_BOTH = RESOLVE_IPV4 | RESOLVE_IPV6,
};

/* Asks for `host`, which is copied. done() is called once, from the loop, when the answer is there; the resolve is freed before. That may be
 * never: name servers may be silent, and so many lookups may be waiting for them that this one has no thread. The owner gives up some time.
 * NULL: there is nothing to wait for and done() is not called, because the host is an address (or there is no memory). */
struct resolve *resolve_start(struct io *io, const char *host, void (*done)(void *arg, enum resolve_families found), void *arg)
	__attribute__((warn_unused_result));
/* Frees it; done() is not called any more. NULL is fine. */
void resolve_cancel(struct resolve *r);

#endif
