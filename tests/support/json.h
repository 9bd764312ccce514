/* json - just enough of JSON to judge what the publisher did with it. It shares no code with the parsers that the publisher
 * uses: strings may hold NUL, numbers stay text, nothing is copied. It is for text that a test wrote or a recorder saved;
 * what is not JSON gives false, not a diagnosis. */
#ifndef SUPPORT_JSON_H
#define SUPPORT_JSON_H

#include "base/buf.h"

/* Appends the bytes that a JSON string (in its quotes) stands for. */
bool json_string(struct str value, struct buf *out);

/* Calls fn for each member, with the key decoded and the value as it stands. Stops when fn returns false, and then returns false, too. */
typedef bool (*json_member_fn)(void *data, struct str key, struct str value);
bool json_members(struct str object, json_member_fn fn, void *data);

/* The member's value, or a NULL view. */
struct str json_get(struct str object, const char *key);

/* Are the two the same value? Strings are compared by the bytes that they stand for, integers exactly, other numbers as doubles,
 * objects and arrays by cJSON. False when either is not JSON. */
bool json_equal(struct str a, struct str b);

#endif
