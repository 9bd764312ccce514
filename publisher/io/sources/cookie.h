/* cookie - keeps the scoreboard's cookie, over restarts of this program. Without it a CRG scoreboard takes us for a new device at
 * every connection: it makes a Device record, keeps it for 15 days, and copies it at every update of its state. */
#ifndef PUBLISHER_COOKIE_H
#define PUBLISHER_COOKIE_H

#include "base/buf.h"

struct cookie;

/* `file`: a path; "auto", a file below $XDG_STATE_HOME or ~/.local/state, whose folders are made; or "none", in memory only. A file
 * that can't be read is no error: then there is no cookie yet. NULL with a line in `error`: no memory. */
struct cookie *cookie_new(const char *file, struct buf *error) __attribute__((warn_unused_result));
void cookie_free(struct cookie *c); /* NULL is fine */

/* "NAME=VALUE" for the Cookie header, or "" when there is none. Valid until the next cookie_take(). */
const char *cookie_get(const struct cookie *c);
/* Takes the cookie out of the value of a Set-Cookie header. When it is another one than before it is written to the file; that
 * this failed is logged. A cookie that is too long or holds characters that a header must not is ignored. */
void cookie_take(struct cookie *c, const char *set_cookie);

#endif
