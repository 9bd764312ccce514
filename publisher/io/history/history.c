#include "publisher/io/history/history.h"

#include "base/json.h"
#include "base/log.h"
#include "publisher/io/watch.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utlist.h>

#define REST 4         /* so many times as long as an answer took, no other is made */
#define ALIVE_MS 5000  /* so often at least the file is told that we are there */
#define PRUNE_MS 60000 /* so often what is too old is looked for */
#define MINUTE_MS 60000
#define DAY_MS 86400000
#define NICE 10
#define AWAY "the publisher was not running"

/* --- what the loop and the thread share --- */

enum note_kind {
	NOTE_VIEW,  /* the whole view, as of now */
	NOTE_DELTA, /* the delta behind what was told before */
	NOTE_GAP,   /* what was between `from` and `t` is not known, because of the text */
	NOTE_VIEWERS,
};

/* What the loop has to tell the thread. */
struct note {
	struct note *next;
	enum note_kind kind;
	int64_t t, from;
	int64_t viewers;
	size_t len;
	char text[];
};

enum ticket_phase {
	TICKET_WAITING,
	TICKET_RUNNING,
	TICKET_DONE, /* made, and in the list of those that the loop is to be told of, or told already */
};

struct history_ticket {
	struct history_ticket *prev, *next;
	struct history *history;
	struct ask ask;
	struct history_asker asker;
	enum ticket_phase phase;
	bool told;      /* answered() was called: it is in no list */
	bool forgotten; /* the thread, which is making the answer, is to free it */
	mono until;
	struct store_answer answer;
};

/* How the thread is, for the loop to tell. */
struct condition {
	bool ok;
	char why[PART_WHY_SIZE];
	uint64_t events, lost, failures;
	int64_t bytes;
};

struct history {
	struct io *io;
	struct schema *schema;
	const struct history_rules *rules;
	const char *path;
	int64_t keep_days;
	struct watch *watch;
	int event_fd; /* wakes the loop */
	pthread_t thread;
	bool started;

	/* the loop's */
	char epoch[32];
	uint64_t seq;
	bool has_view, away;
	mono view_at; /* a whole view that is sent since notes were lost is sent no sooner */
	char away_why[PART_WHY_SIZE];
	int64_t away_from, viewers_minute, viewers_max;
	int64_t skew_ms; /* how far the clock of the publisher that we follow is ahead of ours */
	int64_t last_ms; /* when the last delta was made, by that clock */
	bool told_ok;

	/* the thread's */
	struct store *store; /* NULL: it can't be written */
	struct picture picture;
	struct story story;
	bool has_picture;
	bool view_due;                /* a whole view stands next in the log: nothing is known of what was before, or another game is on */
	char lost_why[PART_WHY_SIZE]; /* why the file can't be written; empty: it can */
	int64_t gap_from;             /* since then the file was not written; a gap is due before all else; 0: none is */
	const char *gap_why;
	size_t deltas, delta_bytes; /* since the last whole view */
	uint64_t pending;           /* events that are not committed yet */
	mono commit_at, retry_at, alive_at, prune_at, read_at;
	bool pruning;

	/* both use these, under the lock */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct note *notes, *last_note;
	size_t note_bytes;
	int64_t overflow_from; /* since then notes are lost, until there is room for a whole view; 0: none is */
	bool stop;
	struct history_ticket *asked, *done;
	struct condition condition;
};

/* --- the thread: writing down --- */

/* Nothing can be written. What is folded from here on is lost until it can. */
static void give_up(struct history *h, const struct complaint *why)
{
	store_close(h->store);
	h->store = NULL;
	story_free(&h->story);
	story_init(&h->story, h->rules);
	h->retry_at = mono_add(mono_now(), HISTORY_RETRY_MS);
	h->commit_at = MONO_NEVER;
	h->pruning = false;
	str_copy(h->lost_why, sizeof(h->lost_why), why->text);
	pthread_mutex_lock(&h->lock);
	h->condition.ok = false;
	h->condition.failures++;
	h->condition.lost += h->pending;
	str_copy(h->condition.why, sizeof(h->condition.why), why->text);
	pthread_mutex_unlock(&h->lock);
	h->pending = 0;
	eventfd_write(h->event_fd, 1);
}

struct gap {
	int64_t from, to;
	const char *why;
};

static int write_gap(struct history *h, const struct gap *gap, struct complaint *why)
{
	BUF_CLEANUP struct buf text = { 0 };

	buf_printf(&text, "{\"from\":%" PRId64 ",\"to\":%" PRId64 ",\"why\":", gap->from, gap->to);
	buf_json(&text, str_of(gap->why));
	buf_char(&text, '}');
	h->pending++;
	return store_event(h->store, &(struct store_event){ STORE_GAP, gap->to, buf_view(&text) }, why);
}

/* The time since the file was written to last is a gap of the game that was on then. */
static int close_gap(struct history *h, int64_t t, struct complaint *why)
{
	const struct gap gap = { h->gap_from, t, h->gap_why };

	h->gap_from = 0;
	if (store_choose(h->store, store_alive(h->store)->game, t, why))
		return 1;
	return write_gap(h, &gap, why);
}

static int write_view(struct history *h, enum store_kind kind, int64_t t, struct complaint *why)
{
	BUF_CLEANUP struct buf text = { 0 };

	buf_puts(&text, "{\"state\":");
	picture_write(&h->picture, &text);
	buf_char(&text, '}');
	h->deltas = h->delta_bytes = 0;
	h->pending++;
	return store_event(h->store, &(struct store_event){ kind, t, buf_view(&text) }, why);
}

/* Another game is on: its row, and what was known of it before. */
static int choose_game(struct history *h, int64_t t, struct complaint *why)
{
	if (store_choose(h->store, h->story.game, t, why))
		return 1;
	story_resume(&h->story, store_past(h->store));
	h->view_due = true;
	h->prune_at = mono_now(); /* the game before may go, and makes room */
	return 0;
}

static int write_story(struct history *h, int64_t t, struct complaint *why)
{
	unsigned int news = story_take(&h->story, &h->picture, t);

	if (news & STORY_GAME) {
		if (choose_game(h, t, why))
			return 1;
		news |= story_take(&h->story, &h->picture, t) | STORY_TOLD;
	}
	if (!*h->story.game)
		return 0;
	if ((news & STORY_TOLD) && store_tell(h->store, &h->story, why))
		return 1;
	return (news & STORY_CHAPTER) ? store_chapter(h->store, &h->story.chapter, why) : 0;
}

/* Writes down what the picture is after this delta; an empty one: it is another picture. */
static int write_news(struct history *h, int64_t t, struct str delta, struct complaint *why)
{
	if (store_begin(h->store, why) || (h->gap_from && close_gap(h, t, why)) || write_story(h, t, why))
		return 1;
	if (!*h->story.game)
		return 0;
	if (h->view_due || !delta.len) {
		h->view_due = false;
		return write_view(h, STORE_BASE, t, why);
	}
	h->deltas++;
	h->delta_bytes += delta.len;
	h->pending++;
	if (store_event(h->store, &(struct store_event){ STORE_DELTA, t, delta }, why))
		return 1;
	if (h->deltas < STORE_DELTAS_MAX && h->delta_bytes < STORE_DELTA_BYTES_MAX)
		return 0;
	return write_view(h, STORE_CHECKPOINT, t, why);
}

static void commit_later(struct history *h)
{
	if (h->store && store_is_begun(h->store) && h->commit_at.ms == MONO_NEVER.ms)
		h->commit_at = mono_add(mono_now(), HISTORY_COMMIT_MS);
}

static void note_news(struct history *h, int64_t t, struct str delta)
{
	struct complaint why;

	if (!h->store) {
		pthread_mutex_lock(&h->lock);
		h->condition.lost++;
		pthread_mutex_unlock(&h->lock);
	} else if (write_news(h, t, delta, &why)) {
		give_up(h, &why);
	}
}

/* What the log would say from here on could not be folded by anybody: it goes on with a whole view that can be. */
static void lose_picture(struct history *h, int64_t t)
{
	struct complaint why;

	h->has_picture = false;
	complaint_say(&why, 0, "the view can't be folded: it takes more than %zu MiB, or is damaged", HISTORY_VIEW_BYTES >> 20);
	give_up(h, &why);
	pthread_mutex_lock(&h->lock);
	if (!h->overflow_from)
		h->overflow_from = t;
	pthread_mutex_unlock(&h->lock);
}

static void take_view(struct history *h, const struct note *n, struct str text)
{
	h->view_due = true;
	h->has_picture = picture_take(&h->picture, text);
	if (h->has_picture)
		note_news(h, n->t, (struct str){ "", 0 });
	else
		lose_picture(h, n->t);
}

static void take_delta(struct history *h, const struct note *n, struct str text)
{
	if (!h->has_picture)
		return;
	if (picture_take(&h->picture, text))
		note_news(h, n->t, text);
	else
		lose_picture(h, n->t);
}

/* Is there a game in the file that is on? */
static bool is_on(const struct history *h)
{
	return h->store && *h->story.game && !h->gap_from;
}

static void take_note(struct history *h, const struct note *n)
{
	struct str text = { n->text, n->len };
	struct complaint why;

	switch (n->kind) {
	case NOTE_VIEW:
		take_view(h, n, text);
		break;
	case NOTE_DELTA:
		take_delta(h, n, text);
		break;
	case NOTE_GAP:
		if (is_on(h) && (store_begin(h->store, &why) || write_gap(h, &(struct gap){ n->from, n->t, n->text }, &why)))
			give_up(h, &why);
		break;
	case NOTE_VIEWERS:
		if (is_on(h) && (store_begin(h->store, &why) || store_viewers(h->store, n->t, n->viewers, &why)))
			give_up(h, &why);
		break;
	}
	commit_later(h);
}

/* --- the thread: the file --- */

static void commit(struct history *h)
{
	struct complaint why;
	int64_t bytes;

	h->commit_at = MONO_NEVER;
	h->alive_at = mono_add(mono_now(), ALIVE_MS);
	if (store_commit(h->store, wall_now_ms(), &why)) {
		give_up(h, &why);
		return;
	}
	bytes = store_bytes(h->store);
	h->lost_why[0] = '\0';
	pthread_mutex_lock(&h->lock);
	h->condition.events += h->pending;
	h->condition.bytes = bytes;
	if (!h->overflow_from && !h->condition.ok)
		eventfd_write(h->event_fd, 1);
	if (!h->overflow_from) {
		h->condition.ok = true;
		str_copy(h->condition.why, sizeof(h->condition.why), "it is being written");
	}
	pthread_mutex_unlock(&h->lock);
	h->pending = 0;
}

static void prune(struct history *h)
{
	int64_t older_than = h->keep_days ? wall_now_ms() - h->keep_days * DAY_MS : 0;
	struct complaint why;

	h->prune_at = mono_add(mono_now(), PRUNE_MS);
	if (store_prune(h->store, older_than, &h->pruning, &why))
		give_up(h, &why);
}

static bool is_to_stop(struct history *h)
{
	bool stop;

	pthread_mutex_lock(&h->lock);
	stop = h->stop;
	pthread_mutex_unlock(&h->lock);
	return stop;
}

/* Opens the file, and writes down what the picture is now. That nothing failed is known when it is committed. */
static void open_store(struct history *h)
{
	const struct store_config cfg = { h->path, config_number(h->io->config, CONF_HISTORY_BYTES), h->rules };
	struct complaint why;

	if (store_open(&cfg, &h->store, &why)) {
		h->store = NULL;
		give_up(h, &why);
		return;
	}
	h->view_due = true;
	h->gap_from = store_alive(h->store)->at;
	h->gap_why = *h->lost_why ? h->lost_why : AWAY;
	/* a file that is full for its limit has no room before older games have left, which takes a while if there are many */
	do
		prune(h);
	while (h->store && h->pruning && !is_to_stop(h));
	if (h->has_picture)
		note_news(h, wall_now_ms(), (struct str){ "", 0 });
	commit_later(h);
}

static void keep_alive(struct history *h)
{
	struct complaint why;

	if (store_begin(h->store, &why))
		give_up(h, &why);
	else
		commit(h);
}

/* What is due by the time. */
static void tend_store(struct history *h, mono now)
{
	if (!h->store && mono_reached(now, h->retry_at))
		open_store(h);
	if (h->store && mono_reached(now, h->commit_at))
		commit(h);
	if (is_on(h) && !store_is_begun(h->store) && mono_reached(now, h->alive_at))
		keep_alive(h);
	if (h->store && !store_is_begun(h->store) && (h->pruning || mono_reached(now, h->prune_at)))
		prune(h);
}

static mono tend_at(const struct history *h)
{
	if (!h->store)
		return h->retry_at;
	if (store_is_begun(h->store))
		return h->commit_at; /* all else waits for that */
	if (h->pruning)
		return mono_now();
	return is_on(h) ? mono_min(h->prune_at, h->alive_at) : h->prune_at;
}

/* --- the thread: answering --- */

static void answer(struct history *h, struct history_ticket *t)
{
	uint64_t before = mono_now_ns(), took;

	if (mono_reached(mono_now(), t->until) || !h->store)
		t->answer = (struct store_answer){ .status = 503, .type = "text/plain" };
	else
		store_read(h->store, &t->ask, &t->answer);
	took = mono_now_ns() - before;
	h->read_at = mono_add(mono_now(), (int64_t)(REST * took / 1000000) + 1);
}

static void free_ticket(struct history_ticket *t)
{
	buf_free(&t->answer.body);
	free(t);
}

/* Called with the lock. */
static void answer_next(struct history *h)
{
	struct history_ticket *t = h->asked;

	DL_DELETE(h->asked, t);
	t->phase = TICKET_RUNNING;
	pthread_mutex_unlock(&h->lock);
	answer(h, t);
	pthread_mutex_lock(&h->lock);
	if (t->forgotten) {
		free_ticket(t);
		return;
	}
	t->phase = TICKET_DONE;
	DL_APPEND(h->done, t);
	eventfd_write(h->event_fd, 1);
}

/* --- the thread itself --- */

static void sleep_until(struct history *h, mono t)
{
	int64_t ms = mono_diff(t, mono_now());
	struct timespec until;

	if (ms <= 0)
		return;
	if (ms > ALIVE_MS)
		ms = ALIVE_MS;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&h->wake, &h->lock, &until);
}

static struct note *take_all(struct history *h)
{
	struct note *first = h->notes;

	h->notes = h->last_note = NULL;
	h->note_bytes = 0;
	return first;
}

static void take_notes(struct history *h, struct note *n)
{
	struct note *next;

	for (; n; n = next) {
		next = n->next;
		take_note(h, n);
		free(n);
	}
}

/* Called with the lock: does what there is to do now. */
static void do_some(struct history *h)
{
	struct note *notes = take_all(h);

	pthread_mutex_unlock(&h->lock);
	take_notes(h, notes);
	tend_store(h, mono_now());
	pthread_mutex_lock(&h->lock);
	if (h->asked && mono_reached(mono_now(), h->read_at))
		answer_next(h);
}

static void *run(void *arg)
{
	struct history *h = arg;

	pthread_setname_np(pthread_self(), "history");
	setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		do_some(h);
		if (!h->notes && !h->stop)
			sleep_until(h, h->asked ? mono_min(tend_at(h), h->read_at) : tend_at(h));
	}
	pthread_mutex_unlock(&h->lock);
	take_notes(h, take_all(h));
	if (is_on(h) || (h->store && store_is_begun(h->store)))
		keep_alive(h);
	store_close(h->store);
	return NULL;
}

/* --- the loop: what is told to the thread --- */

static void send_note(struct history *h, const struct note *head, struct str text)
{
	struct note *n = calloc(1, sizeof(*n) + text.len + 1);

	pthread_mutex_lock(&h->lock);
	if (!n || h->overflow_from || h->note_bytes + text.len > HISTORY_QUEUE_BYTES) {
		h->overflow_from = h->overflow_from ? h->overflow_from : head->t;
		h->condition.lost++;
		h->condition.ok = false;
		str_copy(h->condition.why, sizeof(h->condition.why), "the view, or what waits to be written, takes more than 8 MiB");
		free(n);
	} else {
		*n = *head;
		n->len = text.len;
		memcpy(n->text, text.p, text.len);
		if (h->last_note)
			h->last_note->next = n;
		else
			h->notes = n;
		h->last_note = n;
		h->note_bytes += sizeof(*n) + text.len;
	}
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
}

static void send_gap(struct history *h, int64_t from, int64_t to, const char *why)
{
	send_note(h, &(struct note){ .kind = NOTE_GAP, .t = to, .from = from }, str_of(why));
}

static void send_view(struct history *h, const struct feed *f, struct moment now)
{
	BUF_CLEANUP struct buf text = { 0 };

	feed_write_state(f, &text);
	buf_char(&text, '}');
	str_copy(h->epoch, sizeof(h->epoch), feed_epoch(f));
	h->seq = feed_seq(f);
	h->has_view = true;
	h->view_at = mono_add(now.mono, HISTORY_RETRY_MS);
	h->last_ms = now.wall_ms + h->skew_ms;
	send_note(h, &(struct note){ .kind = NOTE_VIEW, .t = now.wall_ms + h->skew_ms }, buf_view(&text));
}

/* Of a feed that we follow the times are another machine's; a second more or less is the way between. */
static void note_time(struct history *h, struct str delta, struct moment now)
{
	struct str text;
	int64_t ts;

	if (!json_member(delta, "ts", &text) || !str_to_int(text, &ts))
		return;
	h->last_ms = ts;
	h->skew_ms = ts - now.wall_ms;
	if (h->skew_ms > -1000 && h->skew_ms < 1000)
		h->skew_ms = 0;
}

static int64_t time_of(const struct history *h, struct moment now)
{
	return now.wall_ms + h->skew_ms;
}

/* Sends the deltas behind the last one. False: one of them is not there any more. */
static bool send_deltas(struct history *h, const struct feed *f, struct moment now)
{
	struct str delta;

	while (h->seq < feed_seq(f)) {
		if (!feed_history(f, h->seq + 1, &delta))
			return false;
		note_time(h, delta, now);
		send_note(h, &(struct note){ .kind = NOTE_DELTA, .t = h->last_ms }, delta);
		h->seq++;
	}
	return true;
}

/* Since when notes were lost, if there is room for a whole view again; else 0. */
static int64_t end_overflow(struct history *h, struct moment now)
{
	int64_t from = 0;

	if (!mono_reached(now.mono, h->view_at))
		return 0;
	pthread_mutex_lock(&h->lock);
	if (h->note_bytes < HISTORY_QUEUE_BYTES / 2) {
		from = h->overflow_from;
		h->overflow_from = 0;
	}
	pthread_mutex_unlock(&h->lock);
	return from;
}

static void take_feed(struct history *h, const struct feed *f, struct moment now)
{
	int64_t missed_from = 0;

	if (!h->has_view || strcmp(h->epoch, feed_epoch(f)) != 0) {
		send_view(h, f, now);
		return;
	}
	if (!send_deltas(h, f, now))
		missed_from = h->last_ms;
	if (!missed_from)
		missed_from = end_overflow(h, now);
	if (!missed_from)
		return;
	send_gap(h, missed_from, time_of(h, now), "deltas were missed");
	send_view(h, f, now);
}

/* Why what the feed says may not be what the scoreboard does; NULL: it is. */
static const char *why_away(const struct history *h)
{
	static const char *const kinds[] = { "scoreboard", "feed", "publisher" };
	const struct parts *p = bridge_parts(h->io->bridge);

	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (!p->list[i].ok && strcmp(p->list[i].kind, kinds[k]) == 0)
				return p->list[i].why;
	return NULL;
}

static void take_away(struct history *h, struct moment now)
{
	const char *why = why_away(h);

	if (why && !h->away) {
		h->away_from = time_of(h, now);
		str_copy(h->away_why, sizeof(h->away_why), why);
	} else if (!why && h->away && h->has_view) {
		send_gap(h, h->away_from, time_of(h, now), h->away_why);
	}
	h->away = why != NULL;
}

static void take_viewers(struct history *h, struct moment now)
{
	int64_t minute = now.wall_ms / MINUTE_MS * MINUTE_MS, viewers = bridge_attendance(h->io->bridge)->viewers;

	if (viewers == ATTENDANCE_UNKNOWN || (minute == h->viewers_minute && viewers <= h->viewers_max))
		return;
	h->viewers_minute = minute;
	h->viewers_max = viewers;
	send_note(h, &(struct note){ .kind = NOTE_VIEWERS, .t = minute, .viewers = viewers }, STR(""));
}

/* --- the loop: what the thread tells --- */

static void tell_condition(struct history *h, struct moment now)
{
	struct condition c;

	pthread_mutex_lock(&h->lock);
	c = h->condition;
	pthread_mutex_unlock(&h->lock);
	if (!c.ok && h->told_ok)
		log_error("history", "not written, it is tried again every two seconds  file=%s reason=\"%s\"", h->path, c.why);
	else if (c.ok && !h->told_ok)
		log_info("history", "being written  file=%s", h->path);
	h->told_ok = c.ok;
	bridge_part(h->io->bridge, &(struct part_report){ "history", NULL, c.ok, c.why }, now);
	bridge_gauge(h->io->bridge, HEALTH_HISTORY_UP, c.ok);
	bridge_gauge(h->io->bridge, HEALTH_HISTORY_BYTES, (double)c.bytes);
	bridge_gauge(h->io->bridge, HEALTH_HISTORY_EVENTS, (double)c.events);
	bridge_gauge(h->io->bridge, HEALTH_HISTORY_LOST, (double)c.lost);
	bridge_gauge(h->io->bridge, HEALTH_HISTORY_FAILED, (double)c.failures);
}

static struct history_ticket *take_done(struct history *h)
{
	struct history_ticket *t;

	pthread_mutex_lock(&h->lock);
	t = h->done;
	if (t) {
		DL_DELETE(h->done, t);
		t->told = true;
	}
	pthread_mutex_unlock(&h->lock);
	return t;
}

static void on_event(void *arg)
{
	struct history *h = arg;
	struct history_ticket *t;
	eventfd_t n;

	if (eventfd_read(h->event_fd, &n))
		return;
	while ((t = take_done(h)) != NULL)
		t->asker.answered(t->asker.arg);
	tell_condition(h, io_now());
}

void history_review(struct history *h, struct moment now)
{
	const struct feed *f = bridge_view(h->io->bridge, str_of(h->rules->view));

	take_away(h, now);
	/* a view without any state is a publisher's that has not heard of the scoreboard yet */
	if (f && feed_seq(f) > 0)
		take_feed(h, f, now);
	take_viewers(h, now);
	tell_condition(h, now);
}

/* --- tickets --- */

struct history_ticket *history_ask(struct history *h, const struct ask *a, const struct history_asker *asker)
{
	struct history_ticket *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct history_ticket){ .history = h, .ask = *a, .asker = *asker, .until = mono_add(mono_now(), HISTORY_ANSWER_MS) };
	pthread_mutex_lock(&h->lock);
	DL_APPEND(h->asked, t);
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	return t;
}

void history_take(struct history_ticket *t, struct store_answer *out)
{
	*out = t->answer;
	free(t);
}

void history_forget(struct history_ticket *t)
{
	bool is_ours = true;
	struct history *h;

	if (!t)
		return;
	h = t->history;
	pthread_mutex_lock(&h->lock);
	if (t->phase == TICKET_WAITING)
		DL_DELETE(h->asked, t);
	else if (t->phase == TICKET_DONE && !t->told)
		DL_DELETE(h->done, t);
	is_ours = t->phase != TICKET_RUNNING;
	t->forgotten = true;
	pthread_mutex_unlock(&h->lock);
	if (is_ours)
		free_ticket(t);
}

/* --- life --- */

/* The thread takes no signals: the loop does. */
static bool start_thread(struct history *h)
{
	pthread_condattr_t attr;
	sigset_t all, before;

	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->wake, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	h->started = pthread_create(&h->thread, NULL, run, h) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return h->started;
}

static struct history *make(struct io *io, struct schema *schema)
{
	struct history *h = calloc(1, sizeof(*h));
	const struct watch_events events = { .readable = on_event, .arg = h };

	if (!h)
		return NULL;
	h->io = io;
	h->rules = schema_history(schema);
	h->path = config_text(io->config, CONF_HISTORY);
	h->keep_days = config_number(io->config, CONF_HISTORY_DAYS);
	h->commit_at = h->alive_at = MONO_NEVER;
	h->told_ok = true;
	h->picture.max_bytes = HISTORY_VIEW_BYTES;
	str_copy(h->condition.why, sizeof(h->condition.why), "it is being opened");
	h->condition.ok = true;
	story_init(&h->story, h->rules);
	h->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->watch = watch_new(io, h->event_fd, &events);
	if (h->watch && start_thread(h))
		return h;
	history_free(h);
	return NULL;
}

struct history *history_new(struct io *io, struct schema *schema, struct complaint *why)
{
	struct history *h = NULL;

	if (!schema_history(schema))
		complaint_say(why, 0, "history: the schema does not say what a game is: it has no member \"history\"");
	else if (!(h = make(io, schema)))
		complaint_say(why, 0, "out of memory");
	if (h)
		h->schema = schema;
	else
		schema_free(schema);
	return h;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	if (h->started) {
		pthread_mutex_lock(&h->lock);
		h->stop = true;
		pthread_cond_signal(&h->wake);
		pthread_mutex_unlock(&h->lock);
		pthread_join(h->thread, NULL);
	}
	watch_free(h->watch);
	picture_free(&h->picture);
	story_free(&h->story);
	if (h->event_fd >= 0)
		close(h->event_fd);
	schema_free(h->schema);
	free(h);
}
