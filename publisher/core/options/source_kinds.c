#include "publisher/core/options/source_kinds.h"

static const struct kind {
	const char *scheme, *tls_scheme;
	const char *with_path; /* as an error shows it */
	enum source_form form;
} kinds[] = {
#define KIND(scheme, form, constructor, help) { scheme, scheme "s", scheme ":PATH", SOURCE_FORM_##form },
	SOURCE_KINDS(KIND)
#undef KIND
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static bool read_path(const struct kind *k, struct str text, struct str *path)
{
	struct str scheme;

	if (!str_split(&text, ':', &scheme) || !str_is(scheme, k->scheme) || !text.len)
		return false;
	*path = text;
	return true;
}

/* `is_url`: out->url is the text, parsed. */
static bool is_of_kind(const struct kind *k, struct str text, bool is_url, struct source_address *out)
{
	switch (k->form) {
	case SOURCE_FORM_URL:
		return is_url && url_has_scheme(&out->url, k->scheme, &out->tls);
	case SOURCE_FORM_PATH:
		return read_path(k, text, &out->path);
	case SOURCE_FORM_WORD:
		return str_is(text, k->scheme);
	}
	return false;
}

/* "a, b or c" */
static void write_list(struct buf *out, const char *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : (i + 1 < n ? ", " : " or "),
			   items[i]);
}

static void complain_of_scheme(struct buf *why)
{
	const char *items[2 * N_KINDS];
	size_t n = 0;

	for (size_t i = 0; i < N_KINDS; i++) {
		if (kinds[i].form != SOURCE_FORM_URL)
			continue;
		items[n++] = kinds[i].scheme;
		items[n++] = kinds[i].tls_scheme;
	}
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].form == SOURCE_FORM_PATH)
			items[n++] = kinds[i].scheme;
	buf_puts(why, "unknown scheme; it is ");
	write_list(why, items, n);
}

/* Neither a URL, which `url_error` explains, nor one of the other forms. */
static void complain_of_form(struct buf *why, const char *url_error)
{
	const char *items[1 + N_KINDS] = { url_error };
	size_t n = 1;

	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].form != SOURCE_FORM_URL)
			items[n++] = kinds[i].form == SOURCE_FORM_PATH ? kinds[i].with_path : kinds[i].scheme;
	write_list(why, items, n);
}

bool source_address_read(struct str text, struct source_address *out, struct buf *why)
{
	const char *url_error = "";
	bool is_url;

	*out = (struct source_address){ 0 };
	is_url = url_parse(text, &out->url, &url_error);
	for (; out->kind < N_KINDS; out->kind++)
		if (is_of_kind(&kinds[out->kind], text, is_url, out))
			return true;
	if (is_url)
		complain_of_scheme(why);
	else
		complain_of_form(why, url_error);
	return false;
}
