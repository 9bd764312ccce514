#include "publisher/core/options/page_config.h"

/* The next of addresses with blanks between. */
static bool next_address(struct str *rest, struct str *out)
{
	while (str_split(rest, ' ', out))
		if (out->len)
			return true;
	return false;
}

/* What stands behind the last slash. */
static struct str last_level(struct str prefix)
{
	struct str level = prefix, rest = prefix;

	while (str_split(&rest, '/', &level))
		;
	return level;
}

bool page_config_track(struct str *rest, struct str *prefix, struct str *title)
{
	struct str item;

	while (str_split(rest, ',', &item)) {
		item = str_trim(item);
		if (!item.len)
			continue;
		*title = item;
		str_split(title, '=', prefix);
		*prefix = str_trim(*prefix);
		*title = title->p ? str_trim(*title) : last_level(*prefix);
		return true;
	}
	return false;
}

static bool is_text(struct str text)
{
	return text.len && text.len <= PAGE_TEXT_MAX_BYTES && utf8_valid(text);
}

bool page_config_servers_valid(const char *servers)
{
	struct str rest = str_of(servers), server;
	size_t n = 0;

	while (next_address(&rest, &server)) {
		bool is_broker = str_starts(server, STR("ws://")) || str_starts(server, STR("wss://"));

		if (!is_broker || !is_text(server) || ++n > PAGE_SERVERS_MAX)
			return false;
	}
	return true;
}

bool page_config_tracks_valid(const char *tracks)
{
	struct str rest = str_of(tracks), prefix, title;
	size_t n = 0;

	while (page_config_track(&rest, &prefix, &title))
		if (!is_text(prefix) || !is_text(title) || ++n > PAGE_TRACKS_MAX)
			return false;
	return true;
}

static void write_addresses(const char *addresses, struct buf *out)
{
	struct str rest = str_of(addresses), address;

	for (size_t i = 0; next_address(&rest, &address); i++) {
		if (i)
			buf_char(out, ',');
		buf_json(out, address);
	}
}

static void write_tracks(const char *tracks, struct buf *out)
{
	struct str rest = str_of(tracks), prefix, title;

	for (size_t i = 0; page_config_track(&rest, &prefix, &title); i++) {
		buf_puts(out, i ? ",{\"prefix\":" : "{\"prefix\":");
		buf_json(out, prefix);
		buf_puts(out, ",\"title\":");
		buf_json(out, title);
		buf_char(out, '}');
	}
}

void page_config_write(const struct page_config *p, struct buf *out)
{
	buf_printf(out, "{\"version\":%d,\"prefix\":", PAGE_CONFIG_VERSION);
	buf_json(out, str_of(p->prefix));
	buf_puts(out, ",\"title\":");
	buf_json(out, str_of(p->title));
	buf_puts(out, ",\"addresses\":[");
	write_addresses(p->addresses, out);
	buf_puts(out, "],\"servers\":[");
	write_addresses(p->servers, out);
	buf_printf(out, "],\"history\":%s,\"tracks\":[", p->history ? "true" : "false");
	write_tracks(p->tracks, out);
	buf_puts(out, "]}\n");
}
