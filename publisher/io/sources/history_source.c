#include "publisher/core/history/replay.h"
#include "publisher/io/history/store.h"
#include "publisher/io/sources/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Plays a game of a history again, as fast as it was or `speed` times as fast: `history:FILE?game=ID`. To the bridge it is another publisher
 * that is followed, so the game is served over HTTP, and no broker is told of it. It reads on the loop's thread: nobody else depends on a
 * publisher that replays. */
struct history_source {
	struct source source;
	struct io *io;
	struct store *store;
	char *path, *game, *view;
	int64_t speed;
	bool loop;
	struct store_found event; /* the next one, which is due at `next` */
	bool has_event;
	int64_t first_t;        /* of the first event */
	mono start, next, beat; /* beat: when the next heartbeat is due */
	char epoch[24];
	uint64_t seq;
};

#define LOOP_PAUSE_MS 3000 /* between the end and the next beginning */
#define HEARTBEAT_MS 3000  /* so long a pause of the game ends with a message that says that we are there */

static struct history_source *self(struct source *s)
{
	return (struct history_source *)s;
}

/* A message as the broker of a publisher would send it. */
static void say(struct history_source *h, const char *topic, struct str payload)
{
	BUF_CLEANUP struct buf whole = { 0 };

	buf_printf(&whole, "%s/%s", config_text(h->io->config, CONF_PREFIX), topic);
	bridge_source_message(h->io->bridge, &(struct bridge_message){ .topic = buf_view(&whole), .payload = payload, .content_type = "" }, io_now());
}

static void say_of_view(struct history_source *h, const char *what, struct str payload)
{
	char topic[SCHEMA_MAX_VIEW_NAME + 32];

	snprintf(topic, sizeof(topic), "feed/%s/%s", h->view, what);
	h->beat = mono_add(mono_now(), HEARTBEAT_MS);
	say(h, topic, payload);
}

static bool read_ahead(struct history_source *h)
{
	buf_clear(&h->event.text);
	h->has_event = store_next(h->store, h->game, h->event.n, &h->event);
	if (h->has_event && !h->first_t)
		h->first_t = h->event.t;
	if (h->has_event)
		h->next = h->speed ? mono_add(h->start, (h->event.t - h->first_t) / h->speed) : h->start;
	return h->has_event;
}

static void begin_game(struct history_source *h, mono start)
{
	h->start = start;
	h->event.n = h->first_t = 0;
	h->seq = 0;
	snprintf(h->epoch, sizeof(h->epoch), "replay-%" PRIx64, (uint64_t)wall_now_ms());
	read_ahead(h);
}

/* The whole view is told as a snapshot, with a `recent` that adds nothing. */
static void say_view(struct history_source *h, struct str snapshot)
{
	BUF_CLEANUP struct buf recent = { 0 };

	say_of_view(h, "snapshot", snapshot);
	buf_printf(&recent, "{\"epoch\":\"%s\",\"base\":%" PRIu64 ",\"seq\":%" PRIu64 ",\"ts\":%" PRId64 "}", h->epoch, h->seq, h->seq, wall_now_ms());
	say_of_view(h, "recent", buf_view(&recent));
}

static void play_event(struct history_source *h)
{
	struct replay_position to = { h->epoch, h->seq + 1, wall_now_ms(), wall_now_ms() - h->event.t };
	BUF_CLEANUP struct buf text = { 0 };

	if (h->event.kind == STORE_GAP || !replay_write(buf_view(&h->event.text), &to, &text))
		return;
	h->seq++;
	if (h->event.kind == STORE_BASE)
		say_view(h, buf_view(&text));
	else
		say_of_view(h, "delta", buf_view(&text));
}

static void say_heartbeat(struct history_source *h)
{
	BUF_CLEANUP struct buf text = { 0 };

	buf_printf(&text, "{\"epoch\":\"%s\",\"seq\":%" PRIu64 ",\"ts\":%" PRId64 "}", h->epoch, h->seq, wall_now_ms());
	say_of_view(h, "delta", buf_view(&text));
}

static void at_end(struct history_source *h)
{
	if (h->loop)
		begin_game(h, mono_add(mono_now(), LOOP_PAUSE_MS));
	else
		log_info("source", "the game is over, its last state stays  game=%s", h->game);
}

static void dial(struct source *s)
{
	struct history_source *h = self(s);
	BUF_CLEANUP struct buf status = { 0 };

	begin_game(h, mono_now());
	if (!h->has_event) {
		bridge_source_lost(h->io->bridge, SOURCE_LOSS_END, "the history has no such game", io_now());
		return;
	}
	log_info("source", "playing a game of a history  file=%s game=%s speed=%lld loop=%s", h->path, h->game, (long long)h->speed,
		 h->loop ? "true" : "false");
	bridge_source_up(h->io->bridge, io_now());
	buf_printf(&status, "{\"state\":\"live\",\"since\":%" PRId64 ",\"reason\":\"replay\"}", wall_now_ms());
	say(h, "status", buf_view(&status));
}

static void hang_up(struct source *s)
{
	self(s)->has_event = false;
	self(s)->beat = MONO_NEVER;
}

static void tick(struct source *s, mono now)
{
	struct history_source *h = self(s);

	if (mono_reached(now, h->beat))
		say_heartbeat(h);
	if (!h->has_event || !mono_reached(now, h->next))
		return;
	play_event(h);
	if (!read_ahead(h))
		at_end(h);
}

static mono deadline(const struct source *s)
{
	const struct history_source *h = (const struct history_source *)s;

	return h->has_event ? mono_min(h->next, h->beat) : h->beat;
}

static void free_source(struct source *s)
{
	struct history_source *h = self(s);

	store_close(h->store);
	buf_free(&h->event.text);
	free(h->path);
	free(h->game);
	free(h->view);
	free(h);
}

static const struct source_ops history_ops = {
	.follows = true,
	.dial = dial,
	.hang_up = hang_up,
	.tick = tick,
	.deadline = deadline,
	.free = free_source,
};

/* Takes "FILE?game=ID" apart; a file's name may hold a `?`. */
static int read_address(struct history_source *h, struct str text, struct complaint *why)
{
	static const char mark[] = "?game=";
	const size_t len = sizeof(mark) - 1;
	size_t i = text.len;

	while (i > 0 && !str_starts(str_skip(text, i), str_of(mark)))
		i--;
	if (!i || !story_is_id(str_skip(text, i + len)))
		return complaint_say(why, 0, "source: it is history:FILE?game=ID");
	h->path = str_dup((struct str){ text.p, i });
	h->game = str_dup(str_skip(text, i + len));
	return h->path && h->game ? 0 : complaint_say(why, 0, "out of memory");
}

static int open_game(struct history_source *h, struct complaint *why)
{
	struct complaint reason;

	if (store_open_to_read(h->path, &h->store, &reason))
		return complaint_say(why, 0, "source: can't read the history %s: %s", complaint_value(h->path).text, reason.text);
	h->view = store_view(h->store, h->game);
	return h->view ? 0 : complaint_say(why, 0, "source: the history %s has no game %s", complaint_value(h->path).text, h->game);
}

struct source *history_source_new(struct io *io, const struct source_address *at, struct complaint *why)
{
	struct history_source *h = calloc(1, sizeof(*h));

	if (!h) {
		complaint_say(why, 0, "out of memory");
		return NULL;
	}
	h->source.ops = &history_ops;
	h->io = io;
	h->speed = config_number(io->config, CONF_SPEED);
	h->loop = config_number(io->config, CONF_LOOP);
	h->beat = MONO_NEVER;
	if (!read_address(h, at->path, why) && !open_game(h, why))
		return &h->source;
	free_source(&h->source);
	return NULL;
}
