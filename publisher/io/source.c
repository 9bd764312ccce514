#include "publisher/io/source.h"

#include "publisher/io/recorder.h"

struct source *source_new(struct io *io, struct buf *error)
{
	const char *url = config_text(io->config, CONF_SOURCE);

	if (strcmp(url, "-") == 0)
		return stdin_source_new(io, error);
	if (strncmp(url, "file:", 5) == 0)
		return file_source_new(io, url + 5, error);
	if (strncmp(url, "mqtt", 4) == 0)
		return mqtt_source_new(io, error);
	return ws_source_new(io, error);
}

void source_deliver(struct io *io, struct str frame)
{
	struct moment now = io_now();

	if (bridge_source_frame(io->bridge, frame, now) == VERDICT_TAKEN && io->recorder)
		recorder_frame(io->recorder, frame, now.mono);
}
