/* unpacker - the other side of packer.h: the texts of a packed feed, out of the messages of somebody who need not be trusted.
 *
 * A base brings its dictionary along, so anybody can begin with one. After that a message can be read when it was packed with the
 * dictionary that we have. With another one it can't be: then a message before it was missed, and the next base helps.
 *
 *   struct unpacker u;
 *   unpacker_init(&u, 1 << 20);
 *   if (unpacker_take(&u, payload, &text) == UNPACKED_TEXT)
 *           ... buf_view(&text) is the JSON
 *
 * A message may cost no more memory than twice the ceiling that was given, whatever its bytes say. */
#ifndef PUBLISHER_UNPACKER_H
#define PUBLISHER_UNPACKER_H

#include "publisher/core/news/packed.h"

struct unpacker {
	struct dictionary dictionary;
	struct dictionary before; /* the one of the base before ours; its text only if we had it */
	size_t max_bytes;         /* of one text */
};

enum unpacked {
	UNPACKED_TEXT,    /* a message of the feed: its text is JSON, unless the sender lies */
	UNPACKED_NOTHING, /* no text: only the dictionary has changed, or our base tells it already */
	UNPACKED_UNKNOWN, /* it was packed with a dictionary that we do not have */
	UNPACKED_BAD,     /* it is damaged, of an unknown kind, or larger than the ceiling; or there was no memory */
};

void unpacker_init(struct unpacker *u, size_t max_bytes);
void unpacker_free(struct unpacker *u); /* twice is fine */

/* The text of a message, in place of what was in `text`. After UNPACKED_UNKNOWN and UNPACKED_BAD the dictionary is as it was. */
enum unpacked unpacker_take(struct unpacker *u, struct str message, struct buf *text) __attribute__((warn_unused_result));

#endif
