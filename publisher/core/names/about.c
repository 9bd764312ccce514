#include "publisher/core/names/about.h"

/* The next of texts with blanks between. False: there is none. */
static bool next_address(struct str *rest, struct str *out)
{
	while (str_split(rest, ' ', out))
		if (out->len)
			return true;
	return false;
}

bool about_valid(const struct about *a)
{
	struct str rest = str_of(a->addresses), address;
	size_t n = 0;

	if (strlen(a->title) > ABOUT_TITLE_MAX_BYTES || !utf8_valid(str_of(a->title)) || !utf8_valid(rest))
		return false;
	while (next_address(&rest, &address))
		if (address.len > ABOUT_TITLE_MAX_BYTES || ++n > ABOUT_ADDRESSES_MAX)
			return false;
	return true;
}

static void write_item(struct buf *out, size_t i, struct str text)
{
	if (i)
		buf_char(out, ',');
	buf_json(out, text);
}

void about_write(const struct about *a, const struct schema *schema, struct buf *out)
{
	struct str rest = str_of(a->addresses), address;
	const char *view;

	buf_printf(out, "{\"version\":%d,\"title\":", ABOUT_VERSION);
	buf_json(out, str_of(a->title));
	buf_puts(out, ",\"schema\":");
	buf_json(out, str_of(a->schema));
	buf_puts(out, ",\"views\":[");
	for (size_t i = 0; (view = schema_view(schema, i)) != NULL; i++)
		write_item(out, i, str_of(view));
	buf_puts(out, "],\"addresses\":[");
	for (size_t i = 0; next_address(&rest, &address); i++)
		write_item(out, i, address);
	buf_puts(out, "]}");
}
