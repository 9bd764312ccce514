#include "publisher/core/bridge_priv.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>

/* A broker's feed, followed by the rules that every client of it keeps (schema/README.md, "The feed"). The publisher
 * sends a delta's `recent` before the delta: whoever has missed a delta can always be brought up to date by what is
 * retained, and we stay subscribed to that. */

#define STATUS_MAX_BYTES 4096

struct head {
	char epoch[32]; /* what HTTP's clients are told as an id, as it is */
	uint64_t seq, base;
	int64_t ts;
	bool changes; /* false: a heartbeat, which has the number of the delta before it */
};

static bool read_number(const cJSON *root, const char *name, double *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, name);

	*out = cJSON_IsNumber(item) ? item->valuedouble : 0;
	return cJSON_IsNumber(item) && *out >= 0 && *out < 9e15;
}

static bool is_epoch(const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return *text;
}

/* False: it is no message of a feed. */
static bool read_head(struct str text, struct head *out)
{
	cJSON *root = cJSON_ParseWithLength(text.p, text.len);
	const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(root, "epoch");
	double seq = 0, ts = 0, base = 0;
	bool ok = cJSON_IsString(epoch) && strlen(epoch->valuestring) < sizeof(out->epoch) && is_epoch(epoch->valuestring) &&
		  read_number(root, "seq", &seq) && read_number(root, "ts", &ts);

	read_number(root, "base", &base);
	*out = (struct head){ .seq = (uint64_t)seq, .base = (uint64_t)base, .ts = (int64_t)ts };
	out->changes = cJSON_HasObjectItem(root, "set") || cJSON_HasObjectItem(root, "del");
	if (ok)
		snprintf(out->epoch, sizeof(out->epoch), "%s", epoch->valuestring);
	cJSON_Delete(root);
	return ok;
}

static void apply_set(struct bridge *b, struct feed *f, struct str text, const char *member)
{
	struct frame frame;
	struct update u;

	if (frame_open_member(&frame, text, member) == FRAME_STATE) {
		while (frame_next(&frame, &u)) {
			health_count(&b->health, HEALTH_UPDATES, 1);
			if (!u.bad && u.value.len && !feed_set(f, u.path, u.value, CLASS_HIGH))
				health_count(&b->health, HEALTH_SKIP_FULL, 1);
		}
	}
	frame_close(&frame);
}

static void apply_del(struct feed *f, struct str text)
{
	cJSON *root = cJSON_ParseWithLength(text.p, text.len);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "del"), *item;

	cJSON_ArrayForEach(item, list) {
		if (cJSON_IsString(item))
			feed_remove(f, str_of(item->valuestring), CLASS_HIGH);
	}
	cJSON_Delete(root);
}

/* Snapshot and recent, when they belong together and tell more than is known. */
static bool rebuild(struct bridge *b, struct view *v)
{
	struct head snapshot, recent;
	bool known = feed_seq(v->feed) > 0;

	if (!read_head(buf_view(&v->snapshot), &snapshot) || !read_head(buf_view(&v->recent), &recent) ||
	    strcmp(snapshot.epoch, recent.epoch) != 0 || snapshot.seq != recent.base)
		return false;
	if (known && strcmp(recent.epoch, feed_epoch(v->feed)) == 0 && recent.seq <= feed_seq(v->feed))
		return false;
	feed_reset(v->feed);
	apply_set(b, v->feed, buf_view(&v->snapshot), "state");
	apply_set(b, v->feed, buf_view(&v->recent), "set");
	apply_del(v->feed, buf_view(&v->recent));
	feed_follow(v->feed, &(struct feed_position){ recent.epoch, recent.seq, recent.ts }, (struct str){ "", 0 });
	return true;
}

/* Has the feed been followed up to the message before this one? */
static bool is_next(const struct view *v, const struct head *h)
{
	return strcmp(h->epoch, feed_epoch(v->feed)) == 0 && h->seq == feed_seq(v->feed) + 1;
}

/* Nothing is missing: after a reconnect what is retained may tell what we know already. */
static bool is_known(const struct view *v, const struct head *h)
{
	return strcmp(h->epoch, feed_epoch(v->feed)) == 0 && h->seq == feed_seq(v->feed);
}

static bool take_delta(struct bridge *b, struct view *v, struct str text, const struct head *h)
{
	if (!is_next(v, h) || !h->changes)
		return rebuild(b, v);
	apply_set(b, v->feed, text, "set");
	apply_del(v->feed, text);
	feed_follow(v->feed, &(struct feed_position){ h->epoch, h->seq, h->ts }, text);
	return true;
}

static bool take_kept(struct bridge *b, struct view *v, struct buf *kept, struct str text, const struct head *h)
{
	buf_clear(kept);
	kept->max = b->cfg.max_state_bytes;
	buf_str(kept, text);
	/* its delta follows and brings the same with less work */
	return kept == &v->recent && is_next(v, h) ? false : rebuild(b, v);
}

static struct view *find_view(struct bridge *b, struct str name)
{
	BUF_CLEANUP struct buf z = { 0 };
	struct view *v;

	for (size_t i = 0; i < b->n_views; i++)
		if (str_is(name, feed_name(b->views[i].feed)))
			return &b->views[i];
	if (b->n_views == SCHEMA_MAX_VIEWS)
		return NULL;
	buf_str(&z, name);
	v = &b->views[b->n_views];
	*v = (struct view){ .feed = z.p ? feed_new(z.p, "", b->cfg.max_state_bytes) : NULL };
	b->n_views += v->feed != NULL;
	return v->feed ? v : NULL;
}

/* The publisher's own status, for HTTP's clients: one line of JSON, or nothing. */
static void take_status(struct bridge *b, struct str text)
{
	cJSON *root = text.len <= STATUS_MAX_BYTES ? cJSON_ParseWithLength(text.p, text.len) : NULL;
	char *line = cJSON_IsObject(root) ? cJSON_PrintUnformatted(root) : NULL;

	buf_clear(&b->origin_status);
	if (line)
		buf_puts(&b->origin_status, line);
	else if (text.len)
		health_count(&b->health, HEALTH_REFUSED_JSON, 1);
	cJSON_free(line);
	cJSON_Delete(root);
}

static bool take_message(struct bridge *b, struct view *v, struct str what, struct str text)
{
	struct head h;
	bool news;

	if (!read_head(text, &h)) {
		health_count(&b->health, HEALTH_REFUSED_JSON, 1);
		return false;
	}
	if (str_is(what, "snapshot"))
		return take_kept(b, v, &v->snapshot, text, &h);
	if (str_is(what, "recent"))
		news = take_kept(b, v, &v->recent, text, &h);
	else
		news = str_is(what, "delta") && take_delta(b, v, text, &h);
	health_count(&b->health, HEALTH_CHANGES, news);
	return news || is_known(v, &h);
}

static void note_synced(struct bridge *b, struct moment now)
{
	if (b->synced)
		return;
	b->synced = true;
	bridge_link_source(b, LINK_EV_PROVED, now);
	bridge_log(b, LOG_LEVEL_INFO, "source", "following the feed");
	bridge_review_status(b, now);
}

/* rest: VIEW/snapshot, VIEW/recent or VIEW/delta */
static void take_feed(struct bridge *b, struct str rest, struct str text, struct moment now)
{
	struct str name;
	struct view *v = str_split(&rest, '/', &name) && rest.p ? find_view(b, name) : NULL;

	if (v && take_message(b, v, rest, text))
		note_synced(b, now);
}

void bridge_source_message(struct bridge *b, struct str topic, struct str payload, struct moment now)
{
	struct str level;

	health_count(&b->health, HEALTH_FRAMES, 1);
	health_count(&b->health, HEALTH_FRAME_BYTES, (double)payload.len);
	b->last_frame = now.mono;
	bridge_link_source(b, LINK_EV_TRAFFIC, now);
	if (!bridge_strip_prefix(b, &topic))
		return;
	if (str_is(topic, "status")) {
		take_status(b, payload);
	} else if (str_split(&topic, '/', &level) && str_is(level, "feed") && topic.p) {
		take_feed(b, topic, payload, now);
	}
}
