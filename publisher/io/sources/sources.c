#include "publisher/io/sources/sources.h"

static struct source *(*const constructors[])(struct io *io, const struct source_address *at, struct complaint *why) = {
#define CONSTRUCTOR(scheme, form, constructor, help) constructor,
	SOURCE_KINDS(CONSTRUCTOR)
#undef CONSTRUCTOR
};

struct source *source_new(struct io *io, struct complaint *why)
{
	struct source_address at;

	if (source_address_read(str_of(config_text(io->config, CONF_SOURCE)), &at, why))
		return NULL;
	return constructors[at.kind](io, &at, why);
}
