#include "publisher/io/sources/source.h"
#include "publisher/io/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* Standard input: each line is a frame. Empty lines are skipped. */
struct stdin_source {
	struct source source;
	struct io *io;
	struct buf line;
	size_t max_frame;
	bool skipping; /* the line was too long, its rest is thrown away */
	struct watch *watch;
	bool at_end;
};

#define READ_BYTES 65536

static struct stdin_source *self(struct source *s)
{
	return (struct stdin_source *)s;
}

static void end_line(struct stdin_source *in)
{
	struct str frame = str_trim(buf_view(&in->line));

	if (!in->skipping && frame.len)
		source_deliver(in->io, frame);
	in->skipping = false;
	buf_clear(&in->line);
}

static void take(struct stdin_source *in, struct str bytes)
{
	if (in->skipping)
		return;
	if (in->line.len + bytes.len <= in->max_frame) {
		buf_str(&in->line, bytes);
		return;
	}
	in->skipping = true;
	buf_clear(&in->line);
	bridge_source_frame_lost(in->io->bridge, FRAME_LOSS_TOO_LARGE, io_now());
}

static void take_bytes(struct stdin_source *in, struct str bytes)
{
	const char *nl;

	while (bytes.len && (nl = memchr(bytes.p, '\n', bytes.len)) != NULL) {
		size_t n = (size_t)(nl - bytes.p);

		take(in, (struct str){ bytes.p, n });
		end_line(in);
		bytes = str_skip(bytes, n + 1);
	}
	take(in, bytes);
}

static void finish(struct stdin_source *in)
{
	if (in->at_end)
		return;
	in->at_end = true;
	end_line(in);
	bridge_source_lost(in->io->bridge, SOURCE_LOSS_END, "end of the input", io_now());
}

static void read_some(struct stdin_source *in)
{
	static char bytes[READ_BYTES];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n > 0)
		take_bytes(in, (struct str){ bytes, (size_t)n });
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		finish(in);
}

/* Once the writer has closed its end, all that is left is there, and is read now. */
static void readable(void *arg)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	struct stdin_source *in = arg;

	do
		read_some(in);
	while (!in->at_end && poll(&p, 1, 0) > 0 && (p.revents & POLLHUP));
}

static void dial(struct source *s)
{
	struct stdin_source *in = self(s);
	const struct watch_events events = { .readable = readable, .arg = in };

	in->watch = watch_new(in->io, STDIN_FILENO, &events);
	if (!in->watch)
		log_error("source", "can't watch the standard input");
	bridge_source_up(in->io->bridge, io_now());
}

static void hang_up(struct source *s)
{
	struct stdin_source *in = self(s);

	watch_free(in->watch);
	in->watch = NULL;
}

static void free_source(struct source *s)
{
	hang_up(s);
	buf_free(&self(s)->line);
	free(s);
}

static const struct source_ops stdin_ops = {
	.dial = dial,
	.hang_up = hang_up,
	.free = free_source,
};

struct source *stdin_source_new(struct io *io, const struct source_address *at, struct complaint *why)
{
	struct stdin_source *in = calloc(1, sizeof(*in));

	(void)at;
	if (!in) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	in->source.ops = &stdin_ops;
	in->io = io;
	in->max_frame = (size_t)config_number(io->config, CONF_MAX_FRAME);
	return &in->source;
}
