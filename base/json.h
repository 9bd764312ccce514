/* json - RFC 8259, read into a tree that remembers where each value stood, so that a complaint can name the line.
 * Strict: no comments, no trailing commas, no key twice, UTF-8 only. Knows no policy.
 *
 * Reading takes time and memory in proportion to the text, whatever it holds: strangers send it, and the broker's only
 * thread reads it. What may be how large is the caller's to say: see struct json_bounds. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/str.h"

/* What json_parse() takes: a policy file with room to spare. */
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

struct json {
	enum json_type type;
	struct str key;  /* in an object; decoded */
	struct str text; /* of a string; decoded, may hold NUL */
	double number;   /* of a number; of a bool 0 or 1 */
	size_t offset;   /* of the value's first byte in the text */
	struct json *child, *next;
};

struct json_doc {
	struct json *root;
	struct json *nodes;
	char *bytes;
};

#define JSON_CLEANUP __attribute__((cleanup(json_free)))

struct json_error {
	size_t offset;
	const char *why;
};

/* A text beyond any of these is refused. `depth` is at most JSON_MAX_DEPTH. */
struct json_bounds {
	size_t bytes;
	size_t values; /* of all kinds, containers included; each costs some 80 bytes until json_free() */
	unsigned depth;
};

/* 0, or -1 with *err filled and *doc empty. The doc keeps nothing of `text`. */
int json_parse(struct json_doc *doc, struct str text, struct json_error *err) __attribute__((warn_unused_result));
int json_parse_within(struct json_doc *doc, struct str text, const struct json_bounds *bounds, struct json_error *err)
	__attribute__((warn_unused_result));
void json_free(struct json_doc *doc); /* twice is legal */

/* The member of an object, NULL when it has none or v is no object (or NULL). Looks at each member in turn: ask for a few
 * names of an object, not for as many as it has. */
const struct json *json_get(const struct json *v, const char *key);
/* The text of a string member; an empty view with p == NULL otherwise. */
struct str json_get_text(const struct json *v, const char *key);

unsigned json_line(struct str text, size_t offset); /* 1 is the first */
const char *json_type_name(enum json_type type);

#endif
