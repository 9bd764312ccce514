/* json - RFC 8259, read into a tree that remembers where each value stood, so that a complaint can name the line.
 * Strict: no comments, no trailing commas, no key twice, UTF-8 only. Knows nothing of what the text is about.
 *
 * It is for files that people edit (the policy, a schema), whose errors name a line, and for what strangers send to a
 * broker (control requests, tokens, reports of edges): reading takes time and memory in proportion to the text, whatever it
 * holds, and within bounds that the caller sets (struct json_bounds). Documents of the scoreboard, which are only read, go
 * through cJSON. json_member() takes one value out of a long text without reading it into a tree.
 *
 * Example:  struct json_doc doc;
 *           if (json_parse(&doc, text, &why))
 *                   return 1;
 *           name = json_get_text(doc.root, "name");
 *           json_free(&doc); */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/complaint.h"
#include "base/str.h"

/* The bounds of json_parse(): far beyond what a policy or a schema needs. */
#define JSON_MAX_BYTES (1u << 20)
#define JSON_MAX_VALUES 100000
#define JSON_MAX_DEPTH 32

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* One value. Arrays and objects are lists: `child` is the first element or member, `next` the one behind it. */
struct json {
	enum json_type type;
	struct str key;  /* of a member of an object; decoded, so it may hold NUL; behind its last byte stands a NUL as well */
	struct str text; /* of a string; likewise */
	double number;   /* of a number; of a bool 0 or 1 */
	size_t offset;   /* of the value's first byte in the text */
	struct json *child, *next;
};

struct json_doc {
	struct json *root;
	struct json *nodes; /* all of them, in one block */
	char *bytes;        /* which keys and texts are views of */
};

#define JSON_CLEANUP __attribute__((cleanup(json_free)))

/* A text beyond any of these is refused. `depth` is at most JSON_MAX_DEPTH. */
struct json_bounds {
	size_t bytes;
	size_t values; /* of all kinds, containers included; each costs some 80 bytes until json_free() */
	unsigned depth;
};

enum json_outcome {
	JSON_GOOD,
	JSON_INVALID, /* not JSON by its grammar */
	JSON_NOT_UTF8,
	JSON_KEY_TWICE, /* in one object */
	JSON_TOO_LARGE, /* beyond a bound, or with a number of 64 characters or more */
	JSON_NO_MEMORY,
};

/* Reads a text. After anything but JSON_GOOD *why is filled and *doc is empty. The doc refers to no byte of `text`. */
enum json_outcome json_parse(struct json_doc *doc, struct str text, struct complaint *why) __attribute__((warn_unused_result));
enum json_outcome json_parse_within(struct json_doc *doc, struct str text, const struct json_bounds *bounds, struct complaint *why)
	__attribute__((warn_unused_result));
void json_free(struct json_doc *doc); /* twice is legal */

/* The member of an object. NULL: it has none of this name, or v is no object or NULL. It looks at one member after the other: ask for
 * a few names of an object, not for as many as it has. */
const struct json *json_get(const struct json *v, const char *key);
/* The text of a string member; an empty view with p == NULL otherwise. */
struct str json_get_text(const struct json *v, const char *key);

/* Appends the value as JSON without blanks, a number with at most 15 digits. What was parsed within bounds comes out as valid JSON, whatever
 * its text looked like; json_write_key() appends the key of a member and a colon. */
void json_write(struct buf *out, const struct json *v);
void json_write_key(struct buf *out, const struct json *member);

unsigned json_line(struct str text, size_t offset); /* the line in which the byte at this offset stands; 1 is the first */
const char *json_type_name(enum json_type type);    /* for messages: "a number" */

/* Finds a member of the object that the text is, and gives its value as the bytes that stand there. It reads no further than to the end of that
 * value: it is for long texts whose values are passed on as they are. False: there is no member of this name. The name is compared
 * with each key as it is written: escapes are not decoded. The text must be valid JSON; of any other text *value is some part. */
bool json_member(struct str text, const char *name, struct str *value) __attribute__((warn_unused_result));

#endif
