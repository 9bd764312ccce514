/* cookie - keeps the scoreboard's cookie, also while this program does not run. Without it a CRG scoreboard takes us for a new device at
 * every connection: it makes a Device record, keeps it for 15 days, and copies it at every update of its state. */
#ifndef PUBLISHER_COOKIE_H
#define PUBLISHER_COOKIE_H

struct cookie;

/* `file` is a path; or "auto", for a file below $XDG_STATE_HOME or ~/.local/state, whose folders are made; or "none": then the cookie
 * is kept in memory only. A file that can't be read is no error: then there is no cookie yet. NULL: no memory. */
struct cookie *cookie_new(const char *file) __attribute__((warn_unused_result));
void cookie_free(struct cookie *c); /* NULL is fine */

/* "NAME=VALUE" for the Cookie header, or "" when there is none. Valid until the next cookie_take(). */
const char *cookie_get(const struct cookie *c);
/* Takes the cookie out of the value of a Set-Cookie header. When it is another one than before, it is written to the file; if that
 * fails, it is logged. A cookie is ignored that is too long or holds characters which must not be in a header. */
void cookie_take(struct cookie *c, const char *set_cookie);

#endif
