/* cookie - the scoreboard's cookie, over restarts. CRG makes a new Device record, kept 15 days and cloned at every
 * update, for each client that does not send it back. */
#ifndef PUBLISHER_COOKIE_H
#define PUBLISHER_COOKIE_H

#include "base/buf.h"

struct cookie;

/* `file`: a path, "auto" or "none". A file that can't be read is as good as none; an error is only lack of memory. */
struct cookie *cookie_new(const char *file, struct buf *error);
void cookie_free(struct cookie *c);

const char *cookie_get(const struct cookie *c); /* "NAME=VALUE", or "" */
void cookie_take(struct cookie *c, const char *set_cookie); /* a Set-Cookie header; saves it when it is new */

#endif
