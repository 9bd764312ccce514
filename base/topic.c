#include "base/topic.h"

#include "base/buf.h"

bool topic_char_refused(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || (cp >= 0xD800 && cp <= 0xDFFF) ||
	       (cp >= 0xFDD0 && cp <= 0xFDEF) || (cp & 0xFFFE) == 0xFFFE || cp > 0x10FFFF;
}

static bool text_valid(struct str s)
{
	uint32_t cp;
	size_t n;

	if (s.len < 1 || s.len > TOPIC_MAX_BYTES || topic_levels(s) > TOPIC_MAX_LEVELS)
		return false;
	for (; s.len; s = str_skip(s, n)) {
		n = utf8_next(s, &cp);
		if (!n || topic_char_refused(cp))
			return false;
	}
	return true;
}

bool topic_name_valid(struct str topic)
{
	return text_valid(topic) && !memchr(topic.p, '+', topic.len) && !memchr(topic.p, '#', topic.len);
}

bool topic_filter_valid(struct str filter)
{
	struct str rest = filter, level;

	if (!text_valid(filter))
		return false;
	while (str_split(&rest, '/', &level)) {
		if (level.len && memchr(level.p, '#', level.len) && (level.len > 1 || rest.p))
			return false;
		if (level.len > 1 && memchr(level.p, '+', level.len))
			return false;
	}
	return true;
}

size_t topic_levels(struct str topic)
{
	size_t n = 1;

	for (size_t i = 0; i < topic.len; i++)
		n += topic.p[i] == '/';
	return n;
}

char *topic_join(const char *prefix, const char *below)
{
	struct buf out = { 0 };

	buf_printf(&out, "%s/%s", prefix, below);
	return out.p;
}
