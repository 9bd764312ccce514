/* sources - makes the source that the option `source` names. The kinds of source are the rows of publisher/core/options/source_kinds.h. */
#ifndef PUBLISHER_SOURCES_H
#define PUBLISHER_SOURCES_H

#include "publisher/io/sources/source.h"

/* The caller ends it with its ops->free(), when the loop is gone. NULL with a complaint: it can't be made. */
struct source *source_new(struct io *io, struct complaint *why) __attribute__((warn_unused_result));

#endif
