/* hash - uthash, set up for a process that must not die and keys that strangers choose: no exit() when memory runs
 * out (look at hh.tbl after HASH_ADD), and SipHash with a key drawn at start instead of a predictable function. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

void hash_set_key(uint64_t k0, uint64_t k1);
uint64_t hash_bytes(const void *bytes, size_t len);

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned)hash_bytes(keyptr, keylen))
#include <uthash.h>

/* Did the HASH_ADD of element e succeed? */
#define HASH_ADDED(e, handle) ((e)->handle.tbl != NULL)

#endif
