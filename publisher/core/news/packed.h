/* packed - what packer.h and unpacker.h have in common: the form of a message, and the dictionary of both sides.
 *
 * A message is a kind, one byte; the id of the dictionary that it was packed with, four bytes, the highest first; and what the kind says.
 * DEFLATE is the raw one of RFC 1951, begun with that dictionary as the preset one (RFC 1950, section 2.2, calls it so; fflate, Python's zlib
 * and zlib itself all take it). */
#ifndef PUBLISHER_PACKED_H
#define PUBLISHER_PACKED_H

#include "base/buf.h"

#include <stdint.h>

enum packed_kind {
	PACKED_TEXT = 1,       /* DEFLATE of a text */
	PACKED_KEPT = 2,       /* the same, and then the text is kept in the dictionary */
	PACKED_DICTIONARY = 3, /* DEFLATE of a text that is kept, but is no message of the feed */
	PACKED_BASE = 4,       /* a snapshot, with the dictionary: see below */
};

/* Behind the head, a base has the id of the dictionary that the base before it had, four bytes; a length, four bytes; in so many bytes
 * DEFLATE of the dictionary itself, begun without one; and DEFLATE of the snapshot. Whoever begins with a base may yet be sent the delta
 * with which it was made, and which was packed with the dictionary before: by that id he knows that it is no news. An id of 0 says that
 * there was no dictionary. The first delta of a publisher that has started is packed without one, and is of use to nobody: nobody has what
 * it builds on. */

#define PACKED_HEAD 5 /* bytes before what the kind says */
/* What a deflater with a window of 32 KiB can refer to in a preset dictionary (zlib.h, deflateSetDictionary()). */
#define PACKED_DICTIONARY_MAX 32506

struct packed_message {
	enum packed_kind kind;
	uint32_t id;     /* of the dictionary that it was packed with */
	struct str body; /* what the kind says; never empty */
};

/* 0, or 1: it is too short, or of a kind that is not known. The body is a view of `bytes`. */
int packed_open(struct str bytes, struct packed_message *out) __attribute__((warn_unused_result));
/* Four bytes, the highest first. */
uint32_t packed_read_u32(const char *p);
void packed_write_u32(struct buf *out, uint32_t n);

struct dictionary {
	struct buf text; /* at most PACKED_DICTIONARY_MAX bytes; failed: there was no memory */
	uint32_t id;     /* CRC-32 of the text, as in gzip (RFC 1952) */
};

void dictionary_free(struct dictionary *d); /* twice is fine */

/* Appends a text; what is too much goes at the beginning. */
void dictionary_keep(struct dictionary *d, struct str text);

#endif
