#include "publisher/io/sources/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct recorder {
	struct io *io;
	FILE *file; /* NULL: a write failed, the recording has ended */
	char *path;
	mono start;
};

static void tell(const struct recorder *r, bool ok, const char *why)
{
	bridge_part(r->io->bridge, &(struct part_report){ "recording", NULL, ok, why }, io_now());
}

struct recorder *recorder_new(struct io *io, const char *path, struct complaint *why)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	r->io = io;
	r->start = mono_now();
	r->path = str_dup(str_of(path));
	r->file = fopen(path, "ae");
	if (r->file && r->path) {
		tell(r, true, "going on");
		return r;
	}
	complaint_say(why, 0, "record: can't write %s: %s", complaint_value(path).text, strerror(errno));
	recorder_free(r);
	return NULL;
}

static void finish_line(struct recorder *r)
{
	if (fputs("}\n", r->file) >= 0 && fflush(r->file) == 0)
		return;
	log_error("record", "can't write, the recording ends here  file=%s reason=\"%s\"", r->path, strerror(errno));
	tell(r, false, "it has ended: the file can't be written");
	bridge_count(r->io->bridge, HEALTH_RECORD_FAILED);
	fclose(r->file);
	r->file = NULL;
}

void recorder_event(struct recorder *r, const char *event, mono now)
{
	if (!r->file)
		return;
	fprintf(r->file, "{\"t\":%" PRId64 ",\"event\":\"%s\"", mono_diff(now, r->start), event);
	finish_line(r);
}

void recorder_frame(struct recorder *r, struct str frame, mono now)
{
	if (!r->file)
		return;
	fprintf(r->file, "{\"t\":%" PRId64 ",\"frame\":", mono_diff(now, r->start));
	/* JSON may hold a line break between two tokens, where a blank means the same; here it would end the line */
	for (size_t i = 0; i < frame.len; i++)
		fputc(frame.p[i] == '\n' || frame.p[i] == '\r' ? ' ' : frame.p[i], r->file);
	finish_line(r);
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	free(r->path);
	free(r);
}
