#include "publisher/io/sources/source.h"

#include "base/json.h"
#include "publisher/io/sources/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Plays a recording, whose form recorder.h describes, as fast as it was recorded or `speed` times as fast. A file into which was recorded
 * several times has several parts, and `t` starts anew in each: where it goes back, the next part begins. */
struct file_source {
	struct source source;
	struct io *io;
	char *path;
	FILE *file;
	int64_t speed;
	bool loop;
	char *line; /* the next line, which is due at `next` */
	size_t line_cap, line_len, line_no;
	bool has_line;
	int64_t parts_ms;        /* how long the parts before the present one are */
	int64_t t_first, t_last; /* `t` of the first and the latest line of the present part */
	bool played;             /* a line has been played since the program started */
	bool rewound;            /* no line has been read since the file was rewound */
	mono start, next;        /* when the file began, and when the next line is due */
};

#define LOOP_PAUSE_MS 3000     /* between the end and the next beginning */
#define T_MAX_MS 1000000000000 /* 31 years */

static struct file_source *self(struct source *s)
{
	return (struct file_source *)s;
}

static void bad_line(const struct file_source *f)
{
	log_warn("source", "no line of a recording, skipped  file=%s line=%zu", f->path, f->line_no);
}

static struct str line_view(const struct file_source *f)
{
	return (struct str){ f->line, f->line_len };
}

static bool line_time(const struct file_source *f, int64_t *t)
{
	struct str number;

	return json_member(line_view(f), "t", &number) && str_to_int(number, t) && *t >= 0 && *t <= T_MAX_MS;
}

/* Says when the next line is due, whose time in the file is t. A time before that of the last line begins the next part. */
static void take_time(struct file_source *f, int64_t t)
{
	if (f->rewound)
		f->parts_ms = 0;
	else if (t < f->t_last)
		f->parts_ms += f->t_last - f->t_first;
	if (f->rewound || t < f->t_last)
		f->t_first = t;
	f->rewound = false;
	f->t_last = t;
	f->next = f->speed ? mono_add(f->start, (f->parts_ms + t - f->t_first) / f->speed) : f->start;
}

/* Reads the next line that has a time, and says when it is due. False at the end of the file. */
static bool read_ahead(struct file_source *f)
{
	int64_t t;

	for (;;) {
		ssize_t n = getline(&f->line, &f->line_cap, f->file);

		if (n <= 0)
			return false;
		f->line_len = (size_t)n;
		f->line_no++;
		if (!str_trim(line_view(f)).len)
			continue;
		if (line_time(f, &t))
			break;
		bad_line(f);
	}
	take_time(f, t);
	return true;
}

static void rewind_file(struct file_source *f, mono start)
{
	rewind(f->file);
	f->line_no = 0;
	f->rewound = true;
	f->start = start;
	f->has_line = read_ahead(f);
}

static void dial(struct source *s)
{
	struct file_source *f = self(s);

	rewind_file(f, mono_now());
	if (!f->has_line) {
		bridge_source_lost(f->io->bridge, SOURCE_LOSS_END, "the recording is empty", io_now());
		return;
	}
	log_info("source", "playing a recording  file=%s speed=%lld loop=%s", f->path, (long long)f->speed, f->loop ? "true" : "false");
	bridge_source_up(f->io->bridge, io_now());
}

static void hang_up(struct source *s)
{
	self(s)->has_line = false;
}

static void play_event(struct file_source *f, struct str event)
{
	if (str_is(event, "\"connect\"")) {
		/* dial() has told the bridge of the first one already */
		if (f->played)
			bridge_source_up(f->io->bridge, io_now());
	} else if (str_is(event, "\"disconnect\"")) {
		/* if this is the last line, at_end() tells the end of the recording right after it */
		bridge_source_lost(f->io->bridge, SOURCE_LOSS_PAUSE, "the recording says: disconnected", io_now());
	} else {
		bad_line(f);
	}
}

static void play_line(struct file_source *f)
{
	struct str value;

	if (json_member(line_view(f), "frame", &value))
		source_deliver(f->io, value);
	else if (json_member(line_view(f), "event", &value))
		play_event(f, value);
	else
		bad_line(f);
	f->played = true;
}

static void at_end(struct file_source *f)
{
	if (f->loop) {
		rewind_file(f, mono_add(mono_now(), LOOP_PAUSE_MS));
		return;
	}
	f->has_line = false;
	bridge_source_lost(f->io->bridge, SOURCE_LOSS_END, "end of the recording", io_now());
}

static void tick(struct source *s, mono now)
{
	struct file_source *f = self(s);

	if (!f->has_line || !mono_reached(now, f->next))
		return;
	play_line(f);
	if (f->has_line && !read_ahead(f))
		at_end(f);
}

static mono deadline(const struct source *s)
{
	const struct file_source *f = (const struct file_source *)s;

	return f->has_line ? f->next : MONO_NEVER;
}

static void free_source(struct source *s)
{
	struct file_source *f = self(s);

	if (f->file)
		fclose(f->file);
	free(f->path);
	free(f->line);
	free(f);
}

static const struct source_ops file_ops = {
	.dial = dial,
	.hang_up = hang_up,
	.tick = tick,
	.deadline = deadline,
	.free = free_source,
};

struct source *file_source_new(struct io *io, const struct source_address *at, struct complaint *why)
{
	struct file_source *f = calloc(1, sizeof(*f));

	if (!f) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	*f = (struct file_source){
		.source = { &file_ops },
		.io = io,
		.path = str_dup(at->path),
		.speed = config_number(io->config, CONF_SPEED),
		.loop = config_number(io->config, CONF_LOOP),
	};
	f->file = f->path ? fopen(f->path, "re") : NULL;
	if (f->file)
		return &f->source;
	if (f->path)
		complaint_say(why, 0, "source: can't read the recording %s: %s", complaint_value(f->path).text, strerror(errno));
	else
		complaint_say(why, 0, "out of memory");
	free_source(&f->source);
	return NULL;
}
