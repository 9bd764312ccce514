#include "publisher/core/history/picture.h"

#include "base/hash.h"
#include "base/json.h"
#include "publisher/core/frame.h"

#include <stdlib.h>

struct picture_value {
	UT_hash_handle hh;
	char *value; /* JSON text */
	size_t value_len, key_len;
	char key[];
};

static size_t bytes_of(const struct picture_value *v)
{
	return sizeof(*v) + v->key_len + v->value_len;
}

static struct picture_value *find(const struct picture *p, struct str key)
{
	struct picture_value *v;

	HASH_FIND(hh, p->values, key.p, key.len, v);
	return v;
}

static void drop(struct picture *p, struct picture_value *v)
{
	p->bytes -= bytes_of(v);
	HASH_DEL(p->values, v);
	free(v->value);
	free(v);
}

void picture_free(struct picture *p)
{
	struct picture_value *v, *next;

	HASH_ITER(hh, p->values, v, next) {
		drop(p, v);
	}
}

static struct picture_value *add(struct picture *p, struct str key)
{
	struct picture_value *v = calloc(1, sizeof(*v) + key.len + 1);

	if (!v)
		return NULL;
	v->key_len = key.len;
	memcpy(v->key, key.p, key.len);
	HASH_ADD_KEYPTR(hh, p->values, v->key, v->key_len, v);
	if (!HASH_ADDED(v, hh)) {
		free(v);
		return NULL;
	}
	p->bytes += bytes_of(v);
	return v;
}

static bool set(struct picture *p, struct str key, struct str value)
{
	struct picture_value *v = find(p, key);
	size_t more = value.len + (v ? 0 : sizeof(*v) + key.len);
	bool fits = !p->max_bytes || (more <= p->max_bytes && p->bytes <= p->max_bytes - more);
	char *copy = fits ? str_dup(value) : NULL;

	if (copy && !v)
		v = add(p, key);
	if (!copy || !v) {
		free(copy);
		return false;
	}
	p->bytes += value.len;
	p->bytes -= v->value_len;
	free(v->value);
	v->value = copy;
	v->value_len = value.len;
	return true;
}

/* Folds the object that the message has under this name. False: see picture_take(); a message without it is fine. */
static bool take_values(struct picture *p, struct str message, const char *member)
{
	struct frame frame;
	struct update u;
	enum frame_result r = frame_open_member(&frame, message, member);
	bool ok = r == FRAME_STATE || r == FRAME_NO_STATE;

	while (r == FRAME_STATE && frame_next(&frame, &u))
		ok &= !u.bad && u.value.len && set(p, u.path, u.value);
	frame_close(&frame);
	return ok;
}

static bool take_gone(struct picture *p, struct str message)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	struct complaint why;
	struct str list;

	if (!json_member(message, "del", &list))
		return true;
	if (json_parse(&doc, list, &why) != JSON_GOOD || doc.root->type != JSON_ARRAY)
		return false;
	for (const struct json *v = doc.root->child; v; v = v->next) {
		struct picture_value *gone = v->type == JSON_STRING ? find(p, v->text) : NULL;

		if (gone)
			drop(p, gone);
	}
	return true;
}

bool picture_take(struct picture *p, struct str message)
{
	struct str state;
	bool ok;

	if (json_member(message, "state", &state)) {
		picture_free(p);
		return take_values(p, message, "state");
	}
	ok = take_values(p, message, "set");
	return take_gone(p, message) && ok;
}

struct str picture_get(const struct picture *p, struct str key)
{
	const struct picture_value *v = find(p, key);

	return v ? (struct str){ v->value, v->value_len } : (struct str){ "", 0 };
}

void picture_write(const struct picture *p, struct buf *out)
{
	buf_char(out, '{');
	for (const struct picture_value *v = p->values; v; v = v->hh.next) {
		if (v != p->values)
			buf_char(out, ',');
		buf_json(out, (struct str){ v->key, v->key_len });
		buf_char(out, ':');
		buf_add(out, v->value, v->value_len);
	}
	buf_char(out, '}');
}
