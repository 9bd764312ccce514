#include "publisher/core/news/feed.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

static const int64_t delay_ms[CLASS_COUNT] = {
	[CLASS_CRITICAL] = 0, [CLASS_HIGH] = 0, [CLASS_NORMAL] = 100, [CLASS_LOW] = 1000
};

struct entry {
	UT_hash_handle hh;
	struct entry *dirty_prev, *dirty_next;   /* in the list of what has changed since the last delta */
	struct entry *recent_prev, *recent_next; /* in the list of what changed since the snapshot */
	char *value;                             /* JSON text; NULL: gone */
	size_t key_len;
	bool dirty, recent;
	char key[];
};

struct feed {
	char *name, *epoch;
	struct entry *entries, *dirty, *recent;
	size_t bytes, max_bytes;
	uint64_t seq, base;
	int64_t ts;
	mono due, heartbeat;
	mono changed_at;    /* when the last delta with a change was made; MONO_NEVER: none was */
	mono first_change;  /* when the first of the changes that are in no delta yet was committed; MONO_NEVER: there is none */
	mono delta_since;   /* the same of those in the last delta */
	int64_t wait_ms;    /* how soon the changes of the present frame are due (delay_ms); -1: it has none yet */
	size_t recent_cost; /* bytes of all `recent`s since the snapshot */
	bool started;       /* there has been a delta, and so a snapshot */
	struct buf delta_text, recent_text, snapshot_text;
	struct buf history[FEED_HISTORY]; /* a delta stands at its seq modulo FEED_HISTORY */
	uint64_t history_from;            /* the seq of the oldest one */
};

struct feed *feed_new(const char *name, const char *epoch, size_t max_bytes)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->name = str_dup(str_of(name));
	f->epoch = str_dup(str_of(epoch));
	f->max_bytes = max_bytes;
	f->due = f->heartbeat = f->changed_at = f->first_change = MONO_NEVER;
	f->wait_ms = -1;
	f->history_from = 1;
	if (f->name && f->epoch)
		return f;
	feed_free(f);
	return NULL;
}

static void free_entry(struct feed *f, struct entry *e)
{
	f->bytes -= sizeof(*e) + e->key_len + (e->value ? strlen(e->value) : 0);
	HASH_DEL(f->entries, e);
	free(e->value);
	free(e);
}

void feed_free(struct feed *f)
{
	struct entry *e, *tmp;

	if (!f)
		return;
	HASH_ITER(hh, f->entries, e, tmp) {
		free_entry(f, e);
	}
	for (size_t i = 0; i < FEED_HISTORY; i++)
		buf_free(&f->history[i]);
	buf_free(&f->delta_text);
	buf_free(&f->recent_text);
	buf_free(&f->snapshot_text);
	free(f->name);
	free(f->epoch);
	free(f);
}

const char *feed_name(const struct feed *f)
{
	return f->name;
}

const char *feed_epoch(const struct feed *f)
{
	return f->epoch;
}

uint64_t feed_seq(const struct feed *f)
{
	return f->seq;
}

static struct entry *find(const struct feed *f, struct str key)
{
	struct entry *e;

	HASH_FIND(hh, f->entries, key.p, key.len, e);
	return e;
}

static bool has_room(const struct feed *f, size_t bytes)
{
	return bytes <= f->max_bytes && f->bytes <= f->max_bytes - bytes;
}

static struct entry *add(struct feed *f, struct str key)
{
	size_t bytes = sizeof(struct entry) + key.len;
	struct entry *e = has_room(f, bytes) ? calloc(1, bytes + 1) : NULL;

	if (!e)
		return NULL;
	e->key_len = key.len;
	memcpy(e->key, key.p, key.len);
	HASH_ADD_KEYPTR(hh, f->entries, e->key, e->key_len, e);
	if (!HASH_ADDED(e, hh)) {
		free(e);
		return NULL;
	}
	f->bytes += bytes;
	return e;
}

static void touch(struct feed *f, struct entry *e, enum schema_class class)
{
	if (!e->dirty)
		DL_APPEND2(f->dirty, e, dirty_prev, dirty_next);
	if (!e->recent)
		DL_APPEND2(f->recent, e, recent_prev, recent_next);
	e->dirty = e->recent = true;
	if (f->wait_ms < 0 || delay_ms[class] < f->wait_ms)
		f->wait_ms = delay_ms[class];
}

bool feed_set(struct feed *f, struct str key, struct str value, enum schema_class class)
{
	struct entry *e = find(f, key);
	char *copy;

	if (e && e->value && str_is(value, e->value))
		return true;
	copy = has_room(f, value.len) ? str_dup(value) : NULL;
	if (copy && !e)
		e = add(f, key);
	if (!copy || !e) {
		free(copy);
		return false;
	}
	f->bytes += value.len;
	f->bytes -= e->value ? strlen(e->value) : 0;
	free(e->value);
	e->value = copy;
	touch(f, e, class);
	return true;
}

void feed_remove(struct feed *f, struct str key, enum schema_class class)
{
	struct entry *e = find(f, key);

	if (!e || !e->value)
		return;
	f->bytes -= strlen(e->value);
	free(e->value);
	e->value = NULL;
	touch(f, e, class);
}

void feed_commit(struct feed *f, mono now)
{
	mono from = f->changed_at.ms == MONO_NEVER.ms ? now : f->changed_at;

	if (f->wait_ms >= 0) {
		f->due = mono_min(f->due, mono_add(from, f->wait_ms));
		f->first_change = mono_min(f->first_change, now);
	}
	f->wait_ms = -1;
}

mono feed_deadline(const struct feed *f)
{
	return mono_min(f->due, f->heartbeat);
}

bool feed_has_pending(const struct feed *f)
{
	return f->dirty != NULL;
}

static void write_head(const struct feed *f, struct buf *out, const char *base)
{
	buf_puts(out, "{\"epoch\":");
	buf_json(out, str_of(f->epoch));
	buf_printf(out, "%s,\"seq\":%" PRIu64 ",\"ts\":%" PRId64, base, f->seq, f->ts);
}

static void write_pair(struct buf *out, const struct entry *e, bool *first)
{
	if (!*first)
		buf_char(out, ',');
	*first = false;
	buf_json(out, (struct str){ e->key, e->key_len });
	if (e->value) {
		buf_char(out, ':');
		buf_puts(out, e->value);
	}
}

/* Writes "del" if `gone`, otherwise "set"; nothing if it would be empty. */
static void write_list(struct buf *out, const struct entry *e, bool recent, bool gone)
{
	bool first = true;

	for (; e; e = recent ? e->recent_next : e->dirty_next) {
		if (!e->value != gone)
			continue;
		if (first)
			buf_puts(out, gone ? ",\"del\":[" : ",\"set\":{");
		write_pair(out, e, &first);
	}
	if (!first)
		buf_char(out, gone ? ']' : '}');
}

static void write_changes(struct buf *out, const struct entry *list, bool recent)
{
	write_list(out, list, recent, false);
	write_list(out, list, recent, true);
	buf_char(out, '}');
}

static void write_delta(struct feed *f)
{
	buf_clear(&f->delta_text);
	write_head(f, &f->delta_text, "");
	write_changes(&f->delta_text, f->dirty, false);
}

static void write_recent(struct feed *f)
{
	char base[40];

	snprintf(base, sizeof(base), ",\"base\":%" PRIu64, f->base);
	buf_clear(&f->recent_text);
	write_head(f, &f->recent_text, base);
	write_changes(&f->recent_text, f->recent, true);
	f->recent_cost += f->recent_text.len;
}

void feed_write_state(const struct feed *f, struct buf *out)
{
	bool first = true;

	write_head(f, out, "");
	buf_puts(out, ",\"state\":{");
	for (const struct entry *e = f->entries; e; e = e->hh.next)
		if (e->value)
			write_pair(out, e, &first);
	buf_char(out, '}');
}

static void forget_recent(struct feed *f)
{
	struct entry *e, *tmp;

	for (e = f->recent; e; e = tmp) {
		tmp = e->recent_next;
		e->recent = false;
		if (!e->value && !e->dirty)
			free_entry(f, e);
	}
	f->recent = NULL;
}

static void renew_snapshot(struct feed *f)
{
	buf_clear(&f->snapshot_text);
	feed_write_state(f, &f->snapshot_text);
	buf_char(&f->snapshot_text, '}');
	f->base = f->seq;
	f->recent_cost = 0;
	forget_recent(f);
}

static void forget_dirty(struct feed *f)
{
	for (struct entry *e = f->dirty; e; e = e->dirty_next)
		e->dirty = false;
	f->dirty = NULL;
}

static void keep_history(struct feed *f)
{
	struct buf *slot = &f->history[f->seq % FEED_HISTORY];

	buf_free(slot); /* or every slot would grow to the size of the largest delta */
	buf_str(slot, buf_view(&f->delta_text));
	if (f->seq >= f->history_from + FEED_HISTORY)
		f->history_from = f->seq - FEED_HISTORY + 1;
}

bool feed_history(const struct feed *f, uint64_t seq, struct str *delta)
{
	if (seq < f->history_from || seq > f->seq || f->history[seq % FEED_HISTORY].failed)
		return false;
	*delta = buf_view(&f->history[seq % FEED_HISTORY]);
	return delta->len > 0;
}

/* In silence a new snapshot delays no change, so it is made earlier than in a rush. */
static enum feed_news flush_heartbeat(struct feed *f)
{
	bool renew = f->recent_cost * 4 >= f->snapshot_text.len && f->recent;

	write_delta(f);
	if (!renew)
		return FEED_HEARTBEAT;
	renew_snapshot(f);
	write_recent(f);
	return FEED_RENEWED;
}

static enum feed_news flush_changes(struct feed *f)
{
	bool renew;

	f->seq++;
	write_delta(f);
	/* `recent` would be at least as long as the delta is */
	renew = !f->started || f->recent_cost + f->delta_text.len >= f->snapshot_text.len;
	keep_history(f);
	forget_dirty(f);
	f->started = true;
	if (renew)
		renew_snapshot(f);
	write_recent(f);
	return renew ? FEED_RENEWED : FEED_DELTA;
}

void feed_reset(struct feed *f)
{
	struct entry *e, *tmp;

	f->dirty = f->recent = NULL;
	HASH_ITER(hh, f->entries, e, tmp) {
		free_entry(f, e);
	}
}

/* A copy makes no `recent` and no delta of its own, so it need not remember what has changed or is gone. */
static void forget_gone(struct feed *f)
{
	forget_dirty(f);
	forget_recent(f);
	f->wait_ms = -1;
	f->due = f->heartbeat = MONO_NEVER;
}

void feed_follow(struct feed *f, const struct feed_position *to, struct str delta)
{
	char *copy = strcmp(to->epoch, f->epoch) == 0 ? NULL : str_dup(str_of(to->epoch));

	if (copy) {
		free(f->epoch);
		f->epoch = copy;
	}
	forget_gone(f);
	f->seq = to->seq;
	f->ts = to->ts;
	buf_clear(&f->delta_text);
	buf_str(&f->delta_text, delta);
	if (delta.len)
		keep_history(f);
	else
		f->history_from = f->seq + 1;
}

enum feed_news feed_flush(struct feed *f, mono now, int64_t wall_ms)
{
	bool changed = mono_reached(now, f->due);

	if (!changed && !mono_reached(now, f->heartbeat))
		return FEED_NOTHING;
	f->ts = wall_ms;
	f->due = MONO_NEVER;
	if (f->dirty)
		f->changed_at = now;
	f->heartbeat = mono_add(now, FEED_HEARTBEAT_MS);
	f->delta_since = mono_min(f->first_change, now);
	f->first_change = MONO_NEVER;
	/* changes that are not due yet may as well go now, in place of a heartbeat */
	return changed || f->dirty ? flush_changes(f) : flush_heartbeat(f);
}

struct str feed_delta(const struct feed *f)
{
	return buf_view(&f->delta_text);
}

mono feed_delta_since(const struct feed *f)
{
	return f->delta_since;
}

struct str feed_recent(const struct feed *f)
{
	return buf_view(&f->recent_text);
}

struct str feed_snapshot(const struct feed *f)
{
	return buf_view(&f->snapshot_text);
}
