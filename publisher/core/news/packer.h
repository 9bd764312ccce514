/* packer - the messages of one feed, deflated with a dictionary that all its readers have.
 *
 * A delta is some 200 bytes of JSON, in which nearly everything was said before: the names of the keys, the braces, most of the time. Raw
 * DEFLATE (RFC 1951) makes little of so short a text, unless both sides begin with the same preset dictionary. Then some 40 bytes are left. It
 * is done once for all viewers. What comes out at the other end is the feed's JSON, byte for byte. schema/README.md, "The packed feed", is
 * the format; unpacker.h is the other side.
 *
 * Words (those of the feed are in feed.h):
 *   dictionary   the last texts that all have seen, at most 32 kB of them: first a snapshot, then some deltas.
 *   id           the dictionary's CRC-32. Each message begins with the id of the dictionary that it was packed with.
 *   kept         a text that is appended to the dictionary by whoever packs or unpacks it, so that the next messages may refer to it.
 *   base         a snapshot packed together with the dictionary itself: whoever has it can read what follows.
 *
 * The life of a dictionary. It begins with the first snapshot. The delta that comes with a new snapshot is kept: both sides have its text
 * anyway, so that even another game, whose every name is new, costs the crowd no more than that one delta. When snapshots have drifted away
 * from the dictionary by many small deltas, packer_base() keeps the snapshot itself, and gives out a message that tells it to who is there.
 *
 *   packer_kept(p, feed_delta(f), &delta);   packer_text(), when no new snapshot comes with it, or the first one, which is the dictionary
 *   packer_base(p, feed_snapshot(f), &base, &dictionary);
 *   packer_text(p, feed_recent(f), &recent);
 *   ... base and recent are retained; who is there is sent delta, then dictionary, if there is one
 *
 * It knows no feed, no topic and no connection. */
#ifndef PUBLISHER_PACKER_H
#define PUBLISHER_PACKER_H

#include "publisher/core/news/packed.h"

struct packer;

struct packer *packer_new(void) __attribute__((warn_unused_result)); /* NULL: no memory */
void packer_free(struct packer *p);                                  /* NULL is fine */

/* Each of these writes one message in place of what was in `out`. Without memory `out` has failed and must not be sent: its readers then miss a
 * message, as if it had been lost on the way, and go on with the next base. */

void packer_text(struct packer *p, struct str text, struct buf *out);
void packer_kept(struct packer *p, struct str text, struct buf *out);
/* dictionary: a message for those who are there already, which they need before the next one; mostly empty. */
void packer_base(struct packer *p, struct str snapshot, struct buf *out, struct buf *dictionary);

#endif
