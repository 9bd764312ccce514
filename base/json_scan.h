/* json_scan - where something stands in a JSON text: its line, for error messages about files that people write; its
 * very bytes, where a value is to be passed on as it is. A scanner beside the real parser (cJSON keeps no positions);
 * the text is expected to be valid JSON: of any other the answer is useless, but never a fault. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/str.h"

/* Line (from 1) of the value that a JSON Pointer (RFC 6901, without ~ escapes) names: "/rules/3/class". The deepest
 * part that exists counts: "/rules/3/clazz" is the line of rule 3 when it has no such member. */
size_t json_pointer_line(struct str text, const char *pointer);

/* Line of a byte offset. */
size_t json_line_at(struct str text, size_t offset);

/* The text of a member of the object that the whole text is. False when it has none of this name. */
bool json_member(struct str text, const char *name, struct str *value);

#endif
