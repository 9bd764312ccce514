/* str - a view of bytes that someone else owns. Not NUL-terminated; may hold NUL. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

/* The view of a string literal. */
#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
/* For "%.*s". */
#define STR_ARGS(s) (int)(s).len, (s).p

static inline struct str str_of(const char *z)
{
	return (struct str){ z, z ? strlen(z) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool str_is(struct str a, const char *z)
{
	return str_eq(a, str_of(z));
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq((struct str){ s.p, prefix.len }, prefix);
}

static inline bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_eq((struct str){ s.p + s.len - suffix.len, suffix.len }, suffix);
}

/* Without its first n bytes. n <= s.len. */
static inline struct str str_skip(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.len - n };
}

/* Moves everything before the first `sep` from *rest to *head, and drops the separator. False: nothing is left, rest->p is NULL.
 * "a//b" gives "a", "", "b"; an empty text whose p is not NULL gives "" once. */
bool str_split(struct str *rest, char sep, struct str *head);

struct str str_trim(struct str s); /* without ASCII blanks at both ends */

/* A malloc'ed, NUL-terminated copy; NULL when there is no memory. */
char *str_dup(struct str s) __attribute__((warn_unused_result));

/* The beginning of a UTF-8 text, at most max bytes; a character that does not fit is left out whole. */
struct str str_cut(struct str s, size_t max);

/* Copies as much of a UTF-8 text as fits into out (size > 0) with its NUL; a character that does not fit is left out whole. */
void str_copy(char *out, size_t size, const char *text);

/* Reads a whole decimal number, with '-' or without sign. False: it is anything else, or too large. */
bool str_to_int(struct str s, int64_t *out) __attribute__((warn_unused_result));

/* Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. NUL is allowed. */
bool utf8_valid(struct str s);

/* Decodes the character at the start of a valid UTF-8 string; returns its length in bytes, 0 on an empty or
 * invalid one. */
size_t utf8_next(struct str s, uint32_t *cp);

#endif
