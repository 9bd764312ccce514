/* hash - uthash, set up for programs that must not die and for keys that strangers choose. Include this in place of uthash.h:
 * its own settings call exit() when memory runs out, and hash with a function that anybody can compute, so that who sends the
 * keys can make them all meet in one bucket.
 *
 * Here an element for which there is no memory, be it that the table has to grow for it, is left out: ask HASH_ADDED() after each
 * HASH_ADD. The function is SipHash-1-3; a program draws a key at its start. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* For the whole process, before there is any table. Without it the key is one that everybody knows. hash_draw_key() draws it by chance, as a
 * program does; if the system gives no random bytes, the key stays what it was. hash_set_key() is for tests. */
void hash_draw_key(void);
void hash_set_key(uint64_t k0, uint64_t k1);
uint64_t hash_bytes(const void *bytes, size_t len);

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)hash_bytes(keyptr, keylen))
#include <uthash.h>

/* Did the HASH_ADD of element e, just before, succeed? `handle` is the name of its UT_hash_handle. */
#define HASH_ADDED(e, handle) ((e)->handle.tbl != NULL)

#endif
