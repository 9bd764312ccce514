/* passwd - the users and hashes of a file that mosquitto_passwd wrote: `name:$7$iterations$salt$hash` (PBKDF2-SHA512),
 * `name:$6$salt$hash` (SHA-512), and argon2id as Mosquitto 2.1 writes it. Knows no files, only their text, and no roles.
 *
 * Checking a password blocks for as long as the line's hash takes to compute, from microseconds to two seconds. passwd_cost_us() says
 * beforehand about how long that is, so that the caller can keep a budget. */
#ifndef CORE_PASSWD_H
#define CORE_PASSWD_H

#include "base/complaint.h"
#include "base/str.h"

#define PASSWD_MAX_COST_US 2000000 /* a line that costs more is refused */

struct passwd_entry;

struct passwd {
	struct passwd_entry *entries; /* a hash table by name; NULL: there are none */
};

/* Returns 0; or 1, *out is empty, and `why` has the first line that is wrong. Comments (#) and empty lines are skipped. */
int passwd_parse(struct passwd *out, struct str text, struct complaint *why) __attribute__((warn_unused_result));
void passwd_free(struct passwd *p); /* twice is legal */

struct passwd_entry *passwd_find(const struct passwd *p, struct str user); /* NULL: no such user */
unsigned passwd_cost_us(const struct passwd_entry *e);                     /* about how long a check takes, in microseconds */
/* Are these the same line, so that a password that is right for one is right for the other? True for two NULLs. */
bool passwd_same(const struct passwd_entry *a, const struct passwd_entry *b);
bool passwd_check(const struct passwd_entry *e, struct str password) __attribute__((warn_unused_result)); /* is it the user's? */

#endif
