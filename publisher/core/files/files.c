#include "publisher/core/files/files.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REST_MS 1000
#define RETRY_FIRST_MS 5000
#define RETRY_MAX_MS 600000

static void release(struct file_wanted *w)
{
	free(w->topic);
	free(w->path);
	*w = (struct file_wanted){ 0 };
}

void files_free(struct files *f)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		release(&f->wanted[i]);
	for (size_t i = 0; i < FILES_KEPT; i++)
		buf_free(&f->kept[i].bytes);
	free(f->fetching);
	*f = (struct files){ 0 };
}

/* --- what is wanted --- */

static bool is_plain(struct str path)
{
	struct str rest = path, step;

	if (!path.len || path.len > FILE_PATH_MAX_BYTES || path.p[0] != '/' || (path.len > 1 && path.p[1] == '/'))
		return false;
	for (size_t i = 0; i < path.len; i++)
		if ((unsigned char)path.p[i] < ' ' || path.p[i] == 0x7F || strchr("\\?#", path.p[i]))
			return false;
	while (str_split(&rest, '/', &step))
		if (step.len && step.p[0] == '.')
			return false;
	return true;
}

/* A `%` is written as %25: what the scoreboard says is a name, in which nothing is encoded yet. */
static char *encoded(struct str path)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (c < 0x80 && (strchr("/-._~", c) || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')))
			buf_char(&out, (char)c);
		else
			buf_printf(&out, "%%%02X", c);
	}
	if (out.failed)
		buf_free(&out);
	return out.p;
}

static struct file_wanted *find(struct files *f, struct str topic)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (f->wanted[i].topic && str_is(topic, f->wanted[i].topic))
			return &f->wanted[i];
	return NULL;
}

/* A place whose topic has no path any more, and has said so, can be another's. */
static struct file_wanted *find_free(struct files *f)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (!f->wanted[i].topic || (!f->wanted[i].path && !f->wanted[i].is_news))
			return &f->wanted[i];
	return NULL;
}

static struct file_wanted *add(struct files *f, struct str topic)
{
	struct file_wanted *w = topic.len <= FILE_TOPIC_MAX_BYTES ? find_free(f) : NULL;

	if (!w)
		return NULL;
	release(w);
	w->topic = str_dup(topic);
	return w->topic ? w : NULL;
}

static void clear(struct file_wanted *w)
{
	free(w->path);
	w->path = NULL;
	w->is_news |= *w->name != '\0';
	*w->name = '\0';
}

static enum file_result want_path(struct files *f, const struct file_wish *wish, struct str plain, mono now)
{
	char *path = encoded(plain);
	struct file_wanted *w = find(f, wish->topic);

	if (w && w->path && path && strcmp(w->path, path) == 0) {
		free(path);
		return FILE_GOOD;
	}
	if (w)
		clear(w);
	else
		w = path ? add(f, wish->topic) : NULL;
	if (!w || !path) {
		free(path);
		return FILE_TOO_MANY;
	}
	w->path = path;
	w->views = wish->views;
	w->tries = 0;
	w->due = now;
	return FILE_GOOD;
}

enum file_result files_want(struct files *f, const struct file_wish *wish, mono now)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;
	bool is_text = json_parse(&doc, wish->value, &why) == JSON_GOOD && doc.root->type == JSON_STRING;

	if (is_text && is_plain(doc.root->text))
		return want_path(f, wish, doc.root->text, now);
	files_forget(f, wish->topic);
	return is_text && !doc.root->text.len ? FILE_GOOD : FILE_BAD_PATH;
}

void files_forget(struct files *f, struct str topic)
{
	struct file_wanted *w = find(f, topic);

	if (w)
		clear(w);
}

void files_forget_all(struct files *f)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		clear(&f->wanted[i]);
}

void files_connected(struct files *f, mono now)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct file_wanted *w = &f->wanted[i];

		if (!w->path || !w->tries)
			continue;
		w->tries = 0;
		w->due = now;
	}
}

/* --- fetching --- */

static const struct file_wanted *find_due(const struct files *f)
{
	const struct file_wanted *first = NULL;

	for (size_t i = 0; i < FILES_MAX; i++)
		if (f->wanted[i].path && (!first || f->wanted[i].due.ms < first->due.ms))
			first = &f->wanted[i];
	return first;
}

mono files_deadline(const struct files *f)
{
	const struct file_wanted *w = f->fetching ? NULL : find_due(f);

	if (!w)
		return MONO_NEVER;
	return w->due.ms > f->rests_until.ms ? w->due : f->rests_until;
}

bool files_next(struct files *f, mono now, struct str *path)
{
	if (!mono_reached(now, files_deadline(f)))
		return false;
	f->fetching = str_dup(str_of(find_due(f)->path));
	if (!f->fetching) {
		f->rests_until = mono_add(now, REST_MS);
		return false;
	}
	*path = str_of(f->fetching);
	return true;
}

static bool is_wanted(const struct files *f, const char *name)
{
	for (size_t i = 0; *name && i < FILES_MAX; i++)
		if (f->wanted[i].topic && strcmp(f->wanted[i].name, name) == 0)
			return true;
	return false;
}

/* The place of this picture; else a free one, or that of the oldest that nobody wants: there are more places than can be wanted. */
static struct file_kept *find_place(struct files *f, const char *name)
{
	struct file_kept *oldest = NULL;

	for (size_t i = 0; i < FILES_KEPT; i++) {
		struct file_kept *k = &f->kept[i];

		if (strcmp(k->name, name) == 0)
			return k;
		if (!is_wanted(f, k->name) && (!oldest || k->age < oldest->age))
			oldest = k;
	}
	return oldest;
}

static enum file_result keep(struct files *f, const struct file_fetched *got, char name[FILE_NAME_SIZE])
{
	struct image image = image_read(got->bytes);
	struct file_kept *k;

	if (image.kind == IMAGE_NONE)
		return FILE_NO_PICTURE;
	snprintf(name, FILE_NAME_SIZE, "%.*s.%s", FILE_HASH_DIGITS, got->hash, image_ending(image.kind));
	k = find_place(f, name);
	if (strcmp(k->name, name) != 0) {
		buf_free(&k->bytes);
		*k = (struct file_kept){ .kind = image.kind };
		buf_str(&k->bytes, got->bytes);
		if (k->bytes.failed) {
			buf_free(&k->bytes);
			return FILE_TOO_MANY;
		}
		memcpy(k->name, name, FILE_NAME_SIZE);
	}
	k->age = ++f->n_taken;
	return FILE_GOOD;
}

static void note(struct file_wanted *w, enum file_result r, const char *name, mono now)
{
	if (r == FILE_GOOD) {
		w->tries = 0;
		w->due = mono_add(now, FILES_AGAIN_MS);
		w->is_news |= strcmp(w->name, name) != 0;
		memcpy(w->name, name, FILE_NAME_SIZE);
		return;
	}
	w->due = mono_add(now, w->tries < 7 ? RETRY_FIRST_MS << w->tries : RETRY_MAX_MS);
	if (++w->tries >= FILES_TRIES_MAX)
		w->due = MONO_NEVER;
}

enum file_result files_fetched(struct files *f, const struct file_fetched *got, mono now)
{
	char name[FILE_NAME_SIZE] = "";
	enum file_result r = got->result;

	if (r == FILE_GOOD)
		r = got->bytes.len > FILE_MAX_BYTES ? FILE_TOO_LARGE : keep(f, got, name);
	for (size_t i = 0; f->fetching && i < FILES_MAX; i++)
		if (f->wanted[i].path && strcmp(f->wanted[i].path, f->fetching) == 0)
			note(&f->wanted[i], r, name, now);
	free(f->fetching);
	f->fetching = NULL;
	f->rests_until = mono_add(now, REST_MS);
	return r;
}

/* --- what there is --- */

bool files_news(struct files *f, struct file_news *out)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct file_wanted *w = &f->wanted[i];

		if (!w->topic || !w->is_news)
			continue;
		w->is_news = false;
		*out = (struct file_news){ str_of(w->topic), str_of(w->name), w->views };
		return true;
	}
	return false;
}

bool files_find(const struct files *f, struct str name, struct file_content *out)
{
	for (size_t i = 0; name.len && i < FILES_KEPT; i++) {
		const struct file_kept *k = &f->kept[i];

		if (!str_is(name, k->name))
			continue;
		*out = (struct file_content){ image_type(k->kind), buf_view(&k->bytes) };
		return true;
	}
	return false;
}

size_t files_bytes(const struct files *f)
{
	size_t n = 0;

	for (size_t i = 0; i < FILES_KEPT; i++)
		n += f->kept[i].bytes.cap;
	return n;
}
