#include "publisher/core/names/encoding.h"

static const struct {
	const char *word;
	enum encoding encoding;
} words[] = { { "json", ENCODING_JSON }, { "packed", ENCODING_PACKED }, { "both", ENCODING_BOTH } };

/* One word of the list. */
struct item {
	struct str view;        /* empty: all */
	enum encoding encoding; /* 0: it is no encoding's name */
};

static struct item read_item(struct str text)
{
	struct item item = { .view = { "", 0 } };

	text = str_trim(text);
	if (text.len && memchr(text.p, '=', text.len))
		str_split(&text, '=', &item.view);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(str_trim(text), words[i].word))
			item.encoding = words[i].encoding;
	item.view = str_trim(item.view);
	return item;
}

bool encodings_valid(struct str list)
{
	struct str word;

	while (str_split(&list, ',', &word))
		if (!read_item(word).encoding)
			return false;
	return true;
}

enum encoding encodings_of(struct str list, struct str view)
{
	enum encoding all = ENCODING_BOTH, own = 0;
	struct str word;

	while (list.len && str_split(&list, ',', &word)) {
		const struct item item = read_item(word);

		if (!item.view.len)
			all = item.encoding;
		else if (str_eq(item.view, view))
			own = item.encoding;
	}
	return own ? own : all;
}
