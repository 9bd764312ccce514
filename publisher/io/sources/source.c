#include "publisher/io/sources/source.h"

#include "publisher/io/sources/recorder.h"

void source_deliver(struct io *io, struct str frame)
{
	struct moment now = io_now();

	if (bridge_source_frame(io->bridge, frame, now) == VERDICT_TAKEN && io->recorder)
		recorder_frame(io->recorder, frame, now.mono);
}
