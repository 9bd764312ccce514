/* reader - reads the packed feed (schema/README.md) for all viewers of one process, and unpacks each message only once.
 *
 * All viewers of a crowd get the same bytes. Ten thousand pages each unpack them by themselves, on machines of their own; here it is one
 * process, on the cores of the server that is measured. So whoever gets a message first has it unpacked, and the others are given what came
 * of it. Who may read a message is nevertheless decided for each viewer, as unpacker.h would: by the dictionaries that this viewer has been
 * given.
 *
 * Words:
 *   dictionary   what a message is packed with, named by an id: see publisher/core/news/packed.h.
 *   bookmark     which dictionaries one viewer has. Their texts are the reader's.
 *   reading      what came of one message: what its text says, and which dictionary has whoever has read it.
 *
 * The life of a message. The first viewer that may read it finds no reading of it: it is unpacked with its dictionary, and its reading is
 * kept. For the others the reading is found by the payload's bytes. It is forgotten when READER_READINGS newer ones have come; a viewer so
 * late has it unpacked anew. A dictionary is forgotten when READER_DICTIONARIES newer ones have come, and then nobody can read any more what
 * was packed with it; that is many more than a publisher makes while a message is on its way.
 *
 *   struct bookmark at = { 0 };                          a viewer that has just connected
 *   if (reader_take(r, &at, payload, &m) == UNPACKED_TEXT)
 *           ... m is what the text says
 */
#ifndef LOADGEN_READER_H
#define LOADGEN_READER_H

#include "bench/loadgen/core/feed_check.h"
#include "publisher/core/news/unpacker.h"

#define READER_READINGS 64
#define READER_DICTIONARIES 8

struct reader;

struct reader *reader_new(void) __attribute__((warn_unused_result)); /* NULL: no memory */
void reader_free(struct reader *r);                                  /* NULL is fine */

/* Zeroed: it has none. */
struct bookmark {
	uint32_t id, before; /* its dictionary; the one that the base before its own had */
	bool has_dictionary, had_before;
};

/* As unpacker_take(); a text that is no message of a feed is UNPACKED_BAD as well. *m is filled with UNPACKED_TEXT only. */
enum unpacked reader_take(struct reader *r, struct bookmark *at, struct str payload, struct feed_message *m)
	__attribute__((warn_unused_result));

size_t reader_n_unpacked(const struct reader *r); /* how many messages have been unpacked so far */

#endif
