#include "publisher/core/bridge/follow.h"

#include "publisher/core/frame.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>

#define STATUS_MAX_BYTES 4096
#define TEXT_MAX_BYTES ((size_t)4 << 20) /* of what a packed message holds: as much as a frame of a scoreboard */
#define NUMBER_BELOW 9e15                /* a double holds every whole number up to 2^53 exactly */

/* One message of a feed. */
struct message {
	struct str text;
	char epoch[32];
	uint64_t seq, base;
	int64_t ts;
	bool changes; /* false: a heartbeat, which has the number of the delta before it */
};

void follow_init(struct follow *f, struct health *health, struct warnings *warnings, size_t max_bytes)
{
	*f = (struct follow){ .health = health, .warnings = warnings, .max_bytes = max_bytes };
}

void follow_free(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++) {
		feed_free(f->list[i].feed);
		buf_free(&f->list[i].snapshot);
		buf_free(&f->list[i].recent);
		buf_free(&f->list[i].unread);
		unpacker_free(&f->list[i].unpacker);
	}
	f->n = 0;
	buf_free(&f->status);
}

/* --- reading a message --- */

static bool read_number(const cJSON *root, const char *name, double *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, name);

	*out = cJSON_IsNumber(item) ? item->valuedouble : 0;
	return cJSON_IsNumber(item) && *out >= 0 && *out < NUMBER_BELOW;
}

/* Only such an epoch is taken, because it goes as it is into the ids of Server-Sent Events. */
static bool is_epoch(const char *text)
{
	for (size_t i = 0; text[i]; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	return *text;
}

/* False: it is no message of a feed. */
static bool read_message(struct str text, struct message *out)
{
	cJSON *root = cJSON_ParseWithLength(text.p, text.len);
	const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(root, "epoch");
	double seq = 0, ts = 0, base = 0;
	bool ok = cJSON_IsString(epoch) && strlen(epoch->valuestring) < sizeof(out->epoch) && is_epoch(epoch->valuestring) &&
		  read_number(root, "seq", &seq) && read_number(root, "ts", &ts);

	read_number(root, "base", &base);
	*out = (struct message){ .text = text, .seq = (uint64_t)seq, .base = (uint64_t)base, .ts = (int64_t)ts };
	out->changes = cJSON_HasObjectItem(root, "set") || cJSON_HasObjectItem(root, "del");
	if (ok)
		snprintf(out->epoch, sizeof(out->epoch), "%s", epoch->valuestring);
	cJSON_Delete(root);
	return ok;
}

/* --- applying it --- */

/* member: the name of the object in the message that has the values. */
static void apply_set(struct follow *f, struct feed *feed, struct str text, const char *member)
{
	struct frame frame;
	struct update u;

	if (frame_open_member(&frame, text, member) == FRAME_STATE) {
		while (frame_next(&frame, &u)) {
			health_count(f->health, HEALTH_UPDATES, 1);
			if (!u.bad && u.value.len && !feed_set(feed, u.path, u.value, CLASS_HIGH))
				health_count(f->health, HEALTH_SKIP_FULL, 1);
		}
	}
	frame_close(&frame);
}

static void apply_del(struct feed *feed, struct str text)
{
	cJSON *root = cJSON_ParseWithLength(text.p, text.len);
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "del"), *item;

	cJSON_ArrayForEach(item, list) {
		if (cJSON_IsString(item))
			feed_remove(feed, str_of(item->valuestring), CLASS_HIGH);
	}
	cJSON_Delete(root);
}

static struct feed_position position_of(const struct message *m)
{
	return (struct feed_position){ m->epoch, m->seq, m->ts };
}

/* Makes the view anew from snapshot and recent, if they belong together and are newer than it. True: it did. */
static bool rebuild(struct follow *f, struct followed_view *v)
{
	struct message snapshot, recent;
	struct feed_position to;
	bool has_state = feed_seq(v->feed) > 0;

	if (!read_message(buf_view(&v->snapshot), &snapshot) || !read_message(buf_view(&v->recent), &recent) ||
	    strcmp(snapshot.epoch, recent.epoch) != 0 || snapshot.seq != recent.base)
		return false;
	if (has_state && strcmp(recent.epoch, feed_epoch(v->feed)) == 0 && recent.seq <= feed_seq(v->feed))
		return false;
	feed_reset(v->feed);
	apply_set(f, v->feed, snapshot.text, "state");
	apply_set(f, v->feed, recent.text, "set");
	apply_del(v->feed, recent.text);
	to = position_of(&recent);
	feed_follow(v->feed, &to, (struct str){ "", 0 });
	return true;
}

/* Is this the delta behind the last one that was applied? */
static bool is_next(const struct followed_view *v, const struct message *m)
{
	return strcmp(m->epoch, feed_epoch(v->feed)) == 0 && m->seq == feed_seq(v->feed) + 1;
}

/* Is our copy as new as this message? After a reconnect the broker sends retained messages that we may have had before. */
static bool is_current(const struct followed_view *v, const struct message *m)
{
	return strcmp(m->epoch, feed_epoch(v->feed)) == 0 && m->seq == feed_seq(v->feed);
}

static bool take_delta(struct follow *f, struct followed_view *v, const struct message *m)
{
	struct feed_position to = position_of(m);

	if (!is_next(v, m) || !m->changes)
		return rebuild(f, v);
	apply_set(f, v->feed, m->text, "set");
	apply_del(v->feed, m->text);
	feed_follow(v->feed, &to, m->text);
	return true;
}

static void keep(const struct follow *f, struct buf *kept, struct str text)
{
	buf_clear(kept);
	kept->max = f->max_bytes;
	buf_str(kept, text);
}

static bool take_recent(struct follow *f, struct followed_view *v, const struct message *m)
{
	keep(f, &v->recent, m->text);
	/* the delta that comes behind it brings the same with less work */
	return is_next(v, m) ? false : rebuild(f, v);
}

/* what: the last level of the topic */
static bool take_json(struct follow *f, struct followed_view *v, struct str what, struct str text)
{
	struct message m;
	bool news;

	if (!frame_fits(text) || !read_message(text, &m)) {
		health_count(f->health, HEALTH_REFUSED_JSON, 1);
		return false;
	}
	if (str_is(what, "snapshot")) {
		keep(f, &v->snapshot, text);
		return rebuild(f, v);
	}
	if (str_is(what, "recent"))
		news = take_recent(f, v, &m);
	else
		news = str_is(what, "delta") && take_delta(f, v, &m);
	health_count(f->health, HEALTH_CHANGES, news);
	return news || is_current(v, &m);
}

/* --- unpacking it --- */

/* The last level of the topic that has the same text as JSON; empty: none. */
static struct str json_level(struct str packed)
{
	if (str_is(packed, "z/base"))
		return STR("snapshot");
	if (str_is(packed, "z/recent"))
		return STR("recent");
	return str_is(packed, "z") ? STR("delta") : (struct str){ "", 0 };
}

static bool take_packed(struct follow *f, struct followed_view *v, struct str what, struct str payload)
{
	BUF_CLEANUP struct buf text = { 0 };

	switch (unpacker_take(&v->unpacker, payload, &text)) {
	case UNPACKED_TEXT:
		return take_json(f, v, what, buf_view(&text));
	case UNPACKED_NOTHING:
		return false;
	case UNPACKED_UNKNOWN:
		if (str_is(what, "recent"))
			keep(f, &v->unread, payload);
		return false;
	case UNPACKED_BAD:
		break;
	}
	health_count(f->health, HEALTH_REFUSED_JSON, 1);
	return false;
}

/* A `recent` that came before its base can be read now. */
static bool take_unread(struct follow *f, struct followed_view *v)
{
	BUF_CLEANUP struct buf unread = v->unread;

	v->unread = (struct buf){ 0 };
	return unread.len && take_packed(f, v, STR("recent"), buf_view(&unread));
}

/* what: the levels of the topic below the view's */
static bool take_message(struct follow *f, struct followed_view *v, struct str what, struct str payload)
{
	struct str level = json_level(what);
	bool news;

	if (!level.len)
		return take_json(f, v, what, payload);
	v->is_packed = true;
	news = take_packed(f, v, level, payload);
	return (str_is(level, "snapshot") && take_unread(f, v)) || news;
}

/* --- which view, or the status --- */

const struct feed *follow_find(const struct follow *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_is(name, feed_name(f->list[i].feed)))
			return f->list[i].feed;
	return NULL;
}

void follow_look(struct follow *f)
{
	for (size_t i = 0; i < f->n; i++)
		f->list[i].is_packed = false;
}

const char *follow_json_view(const struct follow *f, size_t i)
{
	for (size_t k = 0; k < f->n; k++)
		if (!f->list[k].is_packed && i-- == 0)
			return feed_name(f->list[k].feed);
	return NULL;
}

static struct followed_view *add_view(struct follow *f, struct str name)
{
	struct followed_view *v = &f->list[f->n];
	char z[SCHEMA_MAX_VIEW_NAME + 1];

	memcpy(z, name.p, name.len);
	z[name.len] = '\0';
	*v = (struct followed_view){ .feed = feed_new(z, "", f->max_bytes) };
	unpacker_init(&v->unpacker, f->max_bytes < TEXT_MAX_BYTES ? f->max_bytes : TEXT_MAX_BYTES);
	f->n += v->feed != NULL;
	return v->feed ? v : NULL;
}

static struct followed_view *find_or_add(struct follow *f, struct str name, mono now)
{
	if (name.len > SCHEMA_MAX_VIEW_NAME) {
		warnings_add(f->warnings, HEALTH_REFUSED_TOO_LARGE, "frame refused: its view has a name of more than 64 bytes", now);
		return NULL;
	}
	for (size_t i = 0; i < f->n; i++)
		if (str_is(name, feed_name(f->list[i].feed)))
			return &f->list[i];
	return f->n < SCHEMA_MAX_VIEWS ? add_view(f, name) : NULL;
}

static void take_status(struct follow *f, struct str text)
{
	cJSON *root = text.len <= STATUS_MAX_BYTES ? cJSON_ParseWithLength(text.p, text.len) : NULL;
	char *line = cJSON_IsObject(root) ? cJSON_PrintUnformatted(root) : NULL;

	buf_clear(&f->status);
	if (line)
		buf_puts(&f->status, line);
	else if (text.len)
		health_count(f->health, HEALTH_REFUSED_JSON, 1);
	cJSON_free(line);
	cJSON_Delete(root);
}

bool follow_message(struct follow *f, struct str topic, struct str payload, mono now)
{
	struct str level, name;
	struct followed_view *v;

	if (str_is(topic, "status")) {
		take_status(f, payload);
		return false;
	}
	/* feed/VIEW/WHAT, or feed/VIEW/z/WHAT */
	if (!str_split(&topic, '/', &level) || !str_is(level, "feed") || !topic.p || !str_split(&topic, '/', &name) || !topic.p)
		return false;
	v = find_or_add(f, name, now);
	return v && take_message(f, v, topic, payload);
}

struct str follow_status(const struct follow *f)
{
	return buf_view(&f->status);
}
