#include "publisher/core/options/source_kinds.h"

#include "base/buf.h"

static const struct kind {
	const char *scheme, *tls_scheme;
	const char *with_path; /* "SCHEME:PATH", for complaints */
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

/* Is the text of kind k? Then what the kind has of an address is in *out. `is_url`: the text is a URL, and out->url holds its parts. */
static bool is_of_kind(const struct kind *k, struct str text, bool is_url, struct source_address *out)
{
	switch (k->form) {
	case SOURCE_FORM_URL:
		return is_url && url_has_scheme(&out->url, k->scheme, &out->tls);
	case SOURCE_FORM_PATH:
		return read_path(k, text, &out->path);
	case SOURCE_FORM_WORD:
		break;
	}
	return str_is(text, k->scheme);
}

/* Writes "a, b or c". */
static void write_list(struct buf *out, const char *const *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : (i + 1 < n ? ", " : " or "), items[i]);
}

/* Says `begin`, and behind it the items as a list; returns 1. */
static int complain_with_list(struct complaint *why, const char *begin, const char *const *items, size_t n)
{
	BUF_CLEANUP struct buf list = { 0 };

	write_list(&list, items, n);
	return complaint_say(why, 0, "%s%s", begin, list.p ? list.p : "");
}

static int complain_of_scheme(struct complaint *why)
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
	return complain_with_list(why, "unknown scheme; it is ", items, n);
}

/* The text is neither a URL, which `url_error` explains, nor of one of the other forms. */
static int complain_of_form(struct complaint *why, const char *url_error)
{
	const char *items[1 + N_KINDS] = { url_error };
	size_t n = 1;

	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].form != SOURCE_FORM_URL)
			items[n++] = kinds[i].form == SOURCE_FORM_PATH ? kinds[i].with_path : kinds[i].scheme;
	return complain_with_list(why, "", items, n);
}

int source_address_read(struct str text, struct source_address *out, struct complaint *why)
{
	struct complaint no_url;
	bool is_url;

	*out = (struct source_address){ 0 };
	is_url = !url_parse(text, &out->url, &no_url);
	for (; out->kind < N_KINDS; out->kind++)
		if (is_of_kind(&kinds[out->kind], text, is_url, out))
			return 0;
	return is_url ? complain_of_scheme(why) : complain_of_form(why, no_url.text);
}
