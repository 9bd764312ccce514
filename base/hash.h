/* hash - uthash, set up for programs that must not die and for keys that strangers choose. Include this in place of uthash.h, which by
 * itself calls exit() when memory runs out, and uses a function that anybody can compute, so that whoever sends the keys can make them all
 * meet in one bucket.
 *
 * With this header a HASH_ADD for which there is no memory (the table may have to grow for it) leaves the element out: ask HASH_ADDED() after
 * each. The function is SipHash-1-3, with a key that a program draws at its start. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* These set the key of the whole process, before there is any table; until then it is one that everybody knows. hash_draw_key() is for programs
 * and draws it by chance; if the system gives no random bytes, the key stays what it was. hash_set_key() is for tests. */
void hash_draw_key(void);
void hash_set_key(uint64_t k0, uint64_t k1);
uint64_t hash_bytes(const void *bytes, size_t len);

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)hash_bytes(keyptr, keylen))
#include <uthash.h>

/* Did the HASH_ADD of element e, just before, succeed? `handle` is the name of its UT_hash_handle. */
#define HASH_ADDED(e, handle) ((e)->handle.tbl != NULL)

#endif
