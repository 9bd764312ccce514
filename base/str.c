#include "base/str.h"

#include <stdlib.h>

bool str_split(struct str *rest, char sep, struct str *head)
{
	const char *at;

	if (!rest->p)
		return false;
	at = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
	if (!at) {
		*head = *rest;
		*rest = (struct str){ NULL, 0 };
		return true;
	}
	*head = (struct str){ rest->p, (size_t)(at - rest->p) };
	*rest = str_skip(*rest, head->len + 1);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && is_blank(s.p[0]))
		s = str_skip(s, 1);
	while (s.len && is_blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

char *str_dup(struct str s)
{
	char *copy = malloc(s.len + 1);

	if (!copy)
		return NULL;
	if (s.len)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return copy;
}

struct str str_cut(struct str s, size_t max)
{
	if (s.len <= max)
		return s;
	for (s.len = max; s.len && ((unsigned char)s.p[s.len] & 0xC0) == 0x80; s.len--)
		;
	return s;
}

void str_copy(char *out, size_t size, const char *text)
{
	struct str s = str_cut((struct str){ text, strnlen(text, size) }, size - 1);

	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
}

bool str_to_int(struct str s, int64_t *out)
{
	bool negative = s.len && s.p[0] == '-';
	int64_t value = 0;

	if (negative)
		s = str_skip(s, 1);
	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, s.p[i] - '0', &value))
			return false;
	}
	if (!negative && value == INT64_MIN)
		return false;
	*out = negative ? value : -value;
	return true;
}

/* Length of the character at p by RFC 3629's table of well-formed sequences, 0 when it is none of them. */
static size_t utf8_length(const unsigned char *p, size_t len)
{
	unsigned char lo = 0x80, hi = 0xBF;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		n = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		n = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		n = 4;
	else
		return 0;
	if (len < n)
		return 0;
	if (p[0] == 0xE0)
		lo = 0xA0;
	else if (p[0] == 0xED)
		hi = 0x9F;
	else if (p[0] == 0xF0)
		lo = 0x90;
	else if (p[0] == 0xF4)
		hi = 0x8F;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

/* Are the next eight bytes ASCII? Most text is, and is checked eight bytes at a time. */
static bool ascii_eight(const unsigned char *p, size_t len)
{
	uint64_t eight;

	if (len < sizeof(eight))
		return false;
	memcpy(&eight, p, sizeof(eight));
	return !(eight & 0x8080808080808080u);
}

bool utf8_valid(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.len) {
		size_t n = ascii_eight(p + i, s.len - i) ? 8 : utf8_length(p + i, s.len - i);

		if (!n)
			return false;
		i += n;
	}
	return true;
}

size_t utf8_next(struct str s, uint32_t *cp)
{
	static const unsigned char lead_mask[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = s.len ? utf8_length(p, s.len) : 0;

	if (!n)
		return 0;
	*cp = p[0] & lead_mask[n];
	for (size_t i = 1; i < n; i++)
		*cp = *cp << 6 | (p[i] & 0x3Fu);
	return n;
}
