/* A config file is refused with its line, or what --print-config makes of it reads back as the same options. */
#include "tests/fuzz/fuzz.h"

#include "publisher/core/options/config.h"

static void check_printed(const struct config *c)
{
	struct complaint why = { 0, "" };
	BUF_CLEANUP struct buf printed = { 0 };
	BUF_CLEANUP struct buf again = { 0 };
	struct config other;

	config_print(c, &printed);
	PROMISE(config_defaults(&other, &why) == 0);
	PROMISE(config_read_file(&other, buf_view(&printed), &why) == 0);
	PROMISE(!*config_text(&other, CONF_PASSWORD));
	if (*config_text(c, CONF_PASSWORD)) {
		config_free(&other);
		return;
	}
	config_print(&other, &again);
	PROMISE(str_eq(buf_view(&again), buf_view(&printed)));
	PROMISE((config_check(c, &why) == 0) == (config_check(&other, &why) == 0));
	config_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint why = { 0, "" };
	struct config c;

	PROMISE(config_defaults(&c, &why) == 0);
	if (config_read_file(&c, (struct str){ (const char *)data, size }, &why))
		PROMISE(why.line > 0 && *why.text);
	else
		check_printed(&c);
	config_free(&c);
	return 0;
}
