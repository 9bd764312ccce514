#include "publisher/io/http/event_stream.h"

#include "publisher/core/http/http_request.h"
#include "publisher/io/http/event_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

struct event_stream {
	struct event_stream *prev, *next;
	struct event_streams *all;
	struct bridge *bridge;
	struct event_stream_owner owner;
	char *view;
	char epoch[32]; /* the client has the view as of this epoch and `seq`; empty: it has nothing yet */
	uint64_t seq;
	struct buf status;    /* the last one that the client was told */
	unsigned int notices; /* bridge_notices() when the client was told of it last */
	mono heartbeat;       /* when the client is to be told that nothing has changed */
	bool gzip;            /* it is compressed */
	unsigned int run;     /* of deltas; event_gzip.h */
	bool greeted;         /* the client has been told the publisher's time */
};

bool event_stream_wants(const struct io *io, struct str path, struct str *view)
{
	struct str prefix = str_of(config_text(io->config, CONF_PREFIX));

	return http_path_name(path, prefix, STR("/events"), view) && bridge_view(io->bridge, *view) != NULL;
}

/* Reads "EPOCH:SEQ". Anything else counts as no id. */
static void read_last_id(struct event_stream *s, struct str id)
{
	struct str epoch;
	int64_t seq;

	if (!str_split(&id, ':', &epoch) || !id.p || epoch.len >= sizeof(s->epoch) || !str_to_int(id, &seq) || seq < 0)
		return;
	snprintf(s->epoch, sizeof(s->epoch), "%.*s", STR_ARGS(epoch));
	s->seq = (uint64_t)seq;
}

struct event_stream *event_stream_new(struct event_streams *all, const struct event_stream_wish *wish, const struct event_stream_owner *owner)
{
	struct event_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct event_stream){
		.all = all,
		.bridge = all->io->bridge,
		.owner = *owner,
		.view = str_dup(wish->view),
		.gzip = wish->gzip,
		.heartbeat = MONO_NEVER,
		.notices = bridge_notice(all->io->bridge).len ? 0 : bridge_notices(all->io->bridge),
	};
	if (!s->view) {
		free(s);
		return NULL;
	}
	read_last_id(s, wish->last_id);
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

/* What is no delta of the feed breaks the run of them. */
static void write_other(struct event_stream *s, const char *event, struct str data, struct buf *out)
{
	const struct event_id id = { s->epoch, s->seq };
	BUF_CLEANUP struct buf text = { 0 };

	if (!s->gzip) {
		event_write(out, event, &id, data);
		return;
	}
	event_write(&text, event, &id, data);
	event_gzip_plain(buf_view(&text), out);
	out->failed |= text.failed;
	s->run = 0;
}

static void write_snapshot(struct event_stream *s, const struct feed *f, struct buf *out)
{
	snprintf(s->epoch, sizeof(s->epoch), "%s", feed_epoch(f));
	s->seq = feed_seq(f);
	s->run = 0;
	if (s->gzip)
		event_gzip_snapshot(s->all->gzip, f, out);
	else
		event_write_snapshot(out, f);
}

/* False: the feed does not keep the next one any more. */
static bool write_delta(struct event_stream *s, const struct feed *f, struct buf *out)
{
	const struct event_run next = { s->seq + 1, s->run };

	if (s->gzip ? !event_gzip_delta(s->all->gzip, f, &next, out) : !event_write_delta(out, f, next.seq))
		return false;
	s->seq = next.seq;
	s->run++;
	return true;
}

static void write_heartbeat(struct event_stream *s, int64_t wall_ms, struct buf *out)
{
	char data[128];

	snprintf(data, sizeof(data), "{\"epoch\":\"%s\",\"seq\":%" PRIu64 ",\"ts\":%" PRId64 "}", s->epoch, s->seq, wall_ms);
	write_other(s, "delta", str_of(data), out);
}

static bool write_status(struct event_stream *s, struct buf *out)
{
	struct str status = bridge_status(s->bridge);

	if (!status.len || str_eq(status, buf_view(&s->status)))
		return false;
	buf_clear(&s->status);
	buf_str(&s->status, status);
	write_other(s, "status", status, out);
	return true;
}

/* It comes first, so that who has the view knows whether there is one. */
static bool write_notice(struct event_stream *s, struct buf *out)
{
	struct str notice = bridge_notice(s->bridge);

	if (s->notices == bridge_notices(s->bridge))
		return false;
	s->notices = bridge_notices(s->bridge);
	write_other(s, "notice", notice.len ? notice : STR("null"), out);
	return true;
}

static bool write_news(struct event_stream *s, const struct feed *f, struct buf *out)
{
	if (is_current(s, f))
		return false;
	if (strcmp(s->epoch, feed_epoch(f)) != 0 || !write_delta(s, f, out))
		write_snapshot(s, f, out);
	return true;
}

bool event_stream_next(struct event_stream *s, struct moment now, struct buf *out)
{
	const struct feed *f = bridge_view(s->bridge, str_of(s->view));

	if (!f)
		return false;
	if (!write_notice(s, out) && !write_news(s, f, out) && !write_status(s, out)) {
		if (s->greeted && !mono_reached(now.mono, s->heartbeat))
			return false;
		/* the first heartbeat comes at once: the snapshot's time may be old, and the client counts its clocks from it */
		s->greeted = true;
		write_heartbeat(s, now.wall_ms, out);
	}
	s->heartbeat = mono_add(now.mono, FEED_HEARTBEAT_MS);
	return true;
}

static bool has_news(const struct event_stream *s, mono now)
{
	const struct feed *f = bridge_view(s->bridge, str_of(s->view));

	return f && (!s->greeted || !is_current(s, f) || mono_reached(now, s->heartbeat) || s->notices != bridge_notices(s->bridge) ||
		     !str_eq(buf_view(&s->status), bridge_status(s->bridge)));
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
