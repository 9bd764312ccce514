#include "publisher/io/event_stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct event_stream {
	struct event_stream *prev, *next;
	struct event_streams *all;
	struct io *io;
	struct event_stream_owner owner;
	char *view;
	char epoch[32]; /* of what the client has; empty: nothing yet */
	uint64_t seq;
	struct buf status; /* as told */
	mono heartbeat;
	bool greeted; /* has been told what time it is here */
};

bool event_stream_wants(const struct io *io, struct str path, struct str *view)
{
	struct str suffix = STR("/events");

	if (path.len < 1 + suffix.len || path.p[0] != '/' || !str_ends(path, suffix))
		return false;
	*view = (struct str){ path.p + 1, path.len - 1 - suffix.len };
	return bridge_view(io->bridge, *view) != NULL;
}

/* "EPOCH:SEQ"; anything else is as good as none. */
static void read_last_id(struct event_stream *s, struct str id)
{
	struct str epoch;
	int64_t seq;

	if (!str_split(&id, ':', &epoch) || !id.p || epoch.len >= sizeof(s->epoch) || !str_to_int(id, &seq) || seq < 0)
		return;
	snprintf(s->epoch, sizeof(s->epoch), "%.*s", STR_ARGS(epoch));
	s->seq = (uint64_t)seq;
}

struct event_stream *event_stream_new(struct event_streams *all, struct io *io, struct str view, struct str last_id,
				      const struct event_stream_owner *owner)
{
	struct event_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct event_stream){ .all = all, .io = io, .owner = *owner, .view = str_dup(view), .heartbeat = MONO_NEVER };
	if (!s->view) {
		free(s);
		return NULL;
	}
	read_last_id(s, last_id);
	DL_APPEND(all->first, s);
	return s;
}

void event_stream_free(struct event_stream *s)
{
	if (!s)
		return;
	DL_DELETE(s->all->first, s);
	buf_free(&s->status);
	free(s->view);
	free(s);
}

static bool is_current(const struct event_stream *s, const struct feed *f)
{
	return strcmp(s->epoch, feed_epoch(f)) == 0 && s->seq == feed_seq(f);
}

/* A line break, which another publisher's JSON may hold between its tokens, would end the event's data. */
static void write_line(struct buf *out, struct str text)
{
	size_t i = out->len;

	for (buf_str(out, text); i < out->len; i++)
		if (out->p[i] == '\n' || out->p[i] == '\r')
			out->p[i] = ' ';
}

static void write_event(struct event_stream *s, const char *event, struct str data, mono now, struct buf *out)
{
	buf_printf(out, "event: %s\nid: %s:%" PRIu64 "\ndata: ", event, s->epoch, s->seq);
	write_line(out, data);
	buf_puts(out, "\n\n");
	s->heartbeat = mono_add(now, FEED_HEARTBEAT_MS);
}

static void write_snapshot(struct event_stream *s, const struct feed *f, mono now, struct buf *out)
{
	BUF_CLEANUP struct buf state = { 0 };

	snprintf(s->epoch, sizeof(s->epoch), "%s", feed_epoch(f));
	s->seq = feed_seq(f);
	feed_write_state(f, &state);
	buf_char(&state, '}');
	write_event(s, "snapshot", buf_view(&state), now, out);
}

static void write_heartbeat(struct event_stream *s, struct moment now, struct buf *out)
{
	char data[128];

	snprintf(data, sizeof(data), "{\"epoch\":\"%s\",\"seq\":%" PRIu64 ",\"ts\":%" PRId64 "}", s->epoch, s->seq,
		 now.wall_ms);
	write_event(s, "delta", str_of(data), now.mono, out);
}

static bool write_status(struct event_stream *s, struct str status, mono now, struct buf *out)
{
	if (!status.len || str_eq(status, buf_view(&s->status)))
		return false;
	buf_clear(&s->status);
	buf_str(&s->status, status);
	write_event(s, "status", status, now, out);
	return true;
}

static bool write_news(struct event_stream *s, const struct feed *f, struct moment now, struct buf *out)
{
	struct str delta;

	if (is_current(s, f))
		return false;
	if (strcmp(s->epoch, feed_epoch(f)) == 0 && feed_history(f, s->seq + 1, &delta)) {
		s->seq++;
		write_event(s, "delta", delta, now.mono, out);
	} else {
		write_snapshot(s, f, now.mono, out);
	}
	return true;
}

bool event_stream_next(struct event_stream *s, struct moment now, struct buf *out)
{
	const struct feed *f = bridge_view(s->io->bridge, str_of(s->view));

	if (!f)
		return false;
	if (write_news(s, f, now, out) || write_status(s, bridge_status(s->io->bridge), now.mono, out))
		return true;
	if (s->greeted && !mono_reached(now.mono, s->heartbeat))
		return false;
	s->greeted = true; /* at once: a snapshot's ts may be old, and clocks are counted from it */
	write_heartbeat(s, now, out);
	return true;
}

static bool has_news(const struct event_stream *s, mono now)
{
	const struct feed *f = bridge_view(s->io->bridge, str_of(s->view));

	return f && (!s->greeted || !is_current(s, f) || mono_reached(now, s->heartbeat) ||
		     !str_eq(buf_view(&s->status), bridge_status(s->io->bridge)));
}

void event_streams_wake(const struct event_streams *all, mono now)
{
	const struct event_stream *s, *next;

	for (s = all->first; s; s = next) {
		next = s->next; /* the owner may free it */
		if (has_news(s, now))
			s->owner.news(s->owner.arg);
	}
}
