/* text - a short plain text made of a scoreboard's values, for displays that can show little, such as `1:32` or `23:17`. How it is made, a
 * schema says (schema/README.md, "Texts"); here it is done. Knows no scoreboard, and no values but by asking for them.
 *
 * Words:
 *   key        a topic of the scoreboard's, without the prefix; or that of a clock, as in the feed.
 *   template   text with keys in braces, which stand for their values: `Jam {clock/jam/number}`.
 *   condition  what the value of a key must be. Values are compared as they are shown: 2 and "2" are the same.
 *   case       a template, and when it is to be used. Cases are asked in order. The first counts whose conditions hold and whose keys all
 *              have a value that is not empty; if there is none, or its template is empty, there is no text. */
#ifndef PUBLISHER_TEXT_H
#define PUBLISHER_TEXT_H

#include "base/buf.h"
#include "base/complaint.h"

#define TEXT_MAX_LENGTH 128 /* bytes of a text, which is cut behind a whole character, and of its template */
#define TEXT_MAX_PARTS 16
#define TEXT_MAX_CONDITIONS 8
#define TEXT_MAX_CASES 32 /* of one text */

struct text_part {
	struct str text;
	bool is_key;
};

struct text_template {
	char *text; /* owned; the parts view it */
	struct text_part parts[TEXT_MAX_PARTS];
	size_t n;
};

struct text_condition {
	char *key;   /* owned */
	char *value; /* owned; NULL: the key must have no value */
	bool is_key; /* `value` is another key, which must have the same value */
};

struct text_case {
	struct text_condition conditions[TEXT_MAX_CONDITIONS];
	size_t n_conditions;
	struct text_template template;
};

enum text_result {
	TEXT_OK = 0,
	TEXT_BAD = 1, /* it is no template */
	TEXT_NO_MEMORY = 2,
};

/* Copies the text. After any answer but TEXT_OK `why` is filled; text_case_free() is fine in any case. */
enum text_result text_template_parse(struct str text, struct text_template *out, struct complaint *why) __attribute__((warn_unused_result));
void text_case_free(struct text_case *c); /* what is in it; twice is fine */

/* Is it a key that a text may show? What the crew, people, the plugin and the publisher itself write is none. */
bool text_key_valid(struct str key);

/* Where values come from: appends the value of a key as it is shown. False: it has none, and nothing was appended. */
struct text_values {
	bool (*get)(const void *arg, struct str key, struct buf *out);
	const void *arg;
};

/* Appends the text; nothing if there is none. Control characters in it become blanks, so that a text is always one line. When there is no
 * memory, out->failed is set. */
void text_write(const struct text_case *cases, size_t n, const struct text_values *values, struct buf *out);

#endif
