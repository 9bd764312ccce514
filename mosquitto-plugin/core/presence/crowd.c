#include "mosquitto-plugin/core/presence/crowd.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/topic.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_COUNT 1000000000.0

/* Which names a row has: their hashes, in a hash table with open addressing. A slot that is 0 is free; n_slots is a power of
 * two and more than twice n, so that a free one is always near. */
struct name_set {
	uint64_t *slots;
	unsigned n_slots, n;
};

struct crowd_row {
	char *key;
	uint64_t n;
	bool here; /* it was counted since crowd_begin() */
	bool has_names;
	unsigned n_names;
	struct buf names; /* each ends with NUL */
	struct name_set known_names;
	bool was_told;
	uint64_t told; /* a hash of the payload that was told last */
	UT_hash_handle hh;
};

static void drop_row(struct crowd *c, struct crowd_row *row)
{
	if (c->tell_from == row)
		c->tell_from = row->hh.next;
	HASH_DEL(c->rows, row);
	buf_free(&row->names);
	free(row->known_names.slots);
	free(row->key);
	free(row);
}

void crowd_free(struct crowd *c)
{
	struct crowd_row *row, *next;

	HASH_ITER(hh, c->rows, row, next)
		drop_row(c, row);
}

static void forget_names(struct crowd_row *row)
{
	free(row->known_names.slots);
	row->known_names = (struct name_set){ NULL, 0, 0 };
	row->n_names = 0;
	buf_clear(&row->names);
}

void crowd_begin(struct crowd *c)
{
	c->n_here = c->n_kinds = 0;
	for (struct crowd_row *row = c->rows; row; row = row->hh.next) {
		row->n = 0;
		row->here = row->has_names = false;
		forget_names(row);
	}
}

void crowd_end(struct crowd *c)
{
	struct crowd_row *row, *next;

	HASH_ITER(hh, c->rows, row, next)
		if (!row->here)
			drop_row(c, row);
}

static struct crowd_kind *kind_of(struct crowd *c, struct str key)
{
	struct str first;

	str_split(&key, '/', &first);
	for (unsigned i = 0; i < c->n_kinds; i++)
		if (str_is(first, c->kinds[i].name))
			return &c->kinds[i];
	return NULL;
}

void crowd_allow(struct crowd *c, struct crowd_kind kind)
{
	struct crowd_kind *known = kind_of(c, str_of(kind.name));

	if (known)
		known->max += kind.max;
	else if (c->n_kinds < CROWD_MAX_KINDS)
		c->kinds[c->n_kinds++] = kind;
}

/* Is there room for one more row? If so, it is counted as here. */
static bool admit(struct crowd *c, struct str key)
{
	struct crowd_kind *kind = kind_of(c, key);

	if (c->n_here >= c->max_rows || (c->n_kinds && (!kind || kind->n_here >= kind->max))) {
		c->refused++;
		return false;
	}
	c->n_here++;
	if (kind)
		kind->n_here++;
	return true;
}

static struct crowd_row *add_row(struct crowd *c, struct str key)
{
	struct crowd_row *row = calloc(1, sizeof(*row));

	if (row)
		row->key = str_dup(key);
	if (row && row->key) {
		HASH_ADD_KEYPTR(hh, c->rows, row->key, key.len, row);
		if (HASH_ADDED(row, hh))
			return row;
	}
	if (row)
		free(row->key);
	free(row);
	c->refused++;
	return NULL;
}

static struct crowd_row *find_row(const struct crowd *c, struct str key)
{
	struct crowd_row *row;

	HASH_FIND(hh, c->rows, key.p, key.len, row);
	return row;
}

static struct crowd_row *row_of(struct crowd *c, struct str key)
{
	struct crowd_row *row = find_row(c, key);

	if (row && row->here)
		return row;
	if (!admit(c, key))
		return NULL;
	if (!row)
		row = add_row(c, key);
	if (row)
		row->here = true;
	return row;
}

void crowd_count(struct crowd *c, struct str key, uint64_t n)
{
	struct crowd_row *row = row_of(c, key);

	if (row)
		row->n += n;
}

uint64_t crowd_get(const struct crowd *c, struct str key)
{
	const struct crowd_row *row = find_row(c, key);

	return row && row->here ? row->n : 0;
}

/* False when the hash is in the set already. */
static bool put_hash(struct name_set *set, uint64_t hash)
{
	size_t i = (hash >> 1) & (set->n_slots - 1); /* without the lowest bit, which is 1 in all hashes here */

	for (; set->slots[i]; i = (i + 1) & (set->n_slots - 1))
		if (set->slots[i] == hash)
			return false;
	set->slots[i] = hash;
	set->n++;
	return true;
}

static bool grow(struct name_set *set)
{
	struct name_set grown = { .n_slots = set->n_slots ? set->n_slots * 2 : 4 };

	grown.slots = calloc(grown.n_slots, sizeof(*grown.slots));
	if (!grown.slots)
		return false;
	for (unsigned i = 0; i < set->n_slots; i++)
		if (set->slots[i])
			put_hash(&grown, set->slots[i]);
	free(set->slots);
	*set = grown;
	return true;
}

/* False when the name is in the set already, or memory is out. */
static bool note_name(struct name_set *set, struct str name)
{
	if (2 * (set->n + 1) >= set->n_slots && !grow(set))
		return false;
	return put_hash(set, hash_bytes(name.p, name.len) | 1);
}

static void name_in(struct crowd_row *row, struct str name)
{
	if (row->n_names == CROWD_MAX_NAMES || row->names.len + name.len + 1 > CROWD_NAMES_BYTES || row->names.failed ||
	    !note_name(&row->known_names, name))
		return;
	buf_str(&row->names, name);
	buf_add(&row->names, "", 1);
	row->n_names += !row->names.failed;
}

void crowd_name(struct crowd *c, struct str key, struct str name)
{
	struct crowd_row *row = row_of(c, key);

	if (!row)
		return;
	row->has_names = true;
	if (name.len)
		name_in(row, name);
}

static void add_names(struct crowd_row *to, const struct crowd_row *from)
{
	const char *name = from->names.p;

	to->has_names |= from->has_names;
	for (unsigned i = 0; i < from->n_names; i++, name += strlen(name) + 1)
		name_in(to, str_of(name));
}

void crowd_add(struct crowd *c, const struct crowd *other)
{
	for (const struct crowd_row *from = other->rows; from; from = from->hh.next) {
		struct crowd_row *to = from->here ? row_of(c, str_of(from->key)) : NULL;

		if (!to)
			continue;
		to->n += from->n;
		add_names(to, from);
	}
}

static void write_row(const struct crowd_row *row, struct buf *out)
{
	const char *name = row->names.p;

	if (!row->has_names) {
		buf_printf(out, "%" PRIu64, row->n);
		return;
	}
	buf_printf(out, "{\"count\":%" PRIu64 ",\"names\":[", row->n);
	for (unsigned i = 0; i < row->n_names; i++, name += strlen(name) + 1) {
		buf_puts(out, i ? "," : "");
		buf_json(out, str_of(name));
	}
	buf_puts(out, "]}");
}

void crowd_report(struct crowd *c, struct buf *out)
{
	size_t start = out->len;

	buf_char(out, '{');
	for (const struct crowd_row *row = c->rows; row; row = row->hh.next) {
		BUF_CLEANUP struct buf text = { 0 };

		if (!row->here)
			continue;
		buf_json(&text, str_of(row->key));
		buf_char(&text, ':');
		write_row(row, &text);
		if (text.failed || out->len - start + text.len + 2 > CROWD_REPORT_BYTES) {
			c->refused++;
			continue;
		}
		buf_puts(out, out->len - start > 1 ? "," : "");
		buf_str(out, buf_view(&text));
	}
	buf_char(out, '}');
}

/* ---- reading ---- */

static bool is_count(const struct json *v)
{
	return v && v->type == JSON_NUMBER && v->number >= 0 && v->number <= MAX_COUNT &&
	       (double)(uint64_t)v->number >= v->number;
}

static bool are_names(const struct json *v)
{
	if (!v || v->type != JSON_ARRAY)
		return false;
	for (const struct json *name = v->child; name; name = name->next)
		if (name->type != JSON_STRING || !name->text.len || memchr(name->text.p, 0, name->text.len))
			return false;
	return true;
}

static int check_row(const struct json *v, struct complaint *why)
{
	if (v->key.len > CROWD_KEY_BYTES || !topic_name_valid(v->key))
		return complaint_say(why, 0, "a key is no topic");
	if (v->type == JSON_OBJECT && !are_names(json_get(v, "names")))
		return complaint_say(why, 0, "names are no names");
	return is_count(v->type == JSON_OBJECT ? json_get(v, "count") : v) ? 0 : complaint_say(why, 0, "a count is no count");
}

static int check_rows(const struct json *root, struct complaint *why)
{
	int r = root->type == JSON_OBJECT ? 0 : complaint_say(why, 0, "it is no object");

	for (const struct json *v = root->child; v && !r; v = v->next)
		r = check_row(v, why);
	return r;
}

static void read_row(struct crowd *c, const struct json *v)
{
	const struct json *names = json_get(v, "names");
	struct crowd_row *row = row_of(c, v->key);

	if (!row)
		return;
	row->n += (uint64_t)(names ? json_get(v, "count")->number : v->number);
	row->has_names |= names != NULL;
	for (const struct json *name = names ? names->child : NULL; name; name = name->next)
		name_in(row, name->text);
}

int crowd_read(struct crowd *c, struct str report, struct complaint *why)
{
	/* the shortest value, "0,", has two bytes; the deepest is "ann" in {"room/red":{"names":["ann"]}} */
	static const struct json_bounds bounds = { CROWD_REPORT_BYTES, CROWD_REPORT_BYTES / 2, 3 };
	JSON_CLEANUP struct json_doc doc = { 0 };

	if (report.len > CROWD_REPORT_BYTES)
		return complaint_say(why, 0, "it is too large");
	if (json_parse_within(&doc, report, &bounds, why) || check_rows(doc.root, why))
		return 1;
	for (const struct json *v = doc.root->child; v; v = v->next)
		read_row(c, v);
	return 0;
}

/* ---- telling ---- */

/* Does the row differ from what was told of it last? If so, payload and hash are what to tell now; the payload is empty when the row is
 * gone. */
static bool is_news(const struct crowd_row *row, struct buf *payload, uint64_t *hash)
{
	if (!row->here)
		return row->was_told;
	write_row(row, payload);
	*hash = hash_bytes(payload->p ? payload->p : "", payload->len);
	return !payload->failed && !(row->was_told && row->told == *hash);
}

static bool is_urgent(struct crowd *c, const struct crowd_row *row)
{
	const struct crowd_kind *kind = kind_of(c, str_of(row->key));

	return kind && kind->at_once;
}

enum told {
	NO_NEWS,
	TOLD,
	TOLD_AT_ONCE, /* it is urgent, and does not count against the rate */
	HAS_TO_WAIT,
};

struct listener {
	crowd_tell_fn tell;
	void *ctx;
};

/* may: the rate still allows a row that is not urgent. */
static enum told tell_row(struct crowd *c, struct crowd_row *row, bool may, const struct listener *to)
{
	BUF_CLEANUP struct buf payload = { 0 };
	uint64_t hash = 0;
	bool urgent;

	if (!is_news(row, &payload, &hash))
		return NO_NEWS;
	urgent = is_urgent(c, row);
	if (!may && !urgent)
		return HAS_TO_WAIT;
	row->was_told = row->here;
	row->told = hash;
	to->tell(to->ctx, row->key, buf_view(&payload));
	return urgent ? TOLD_AT_ONCE : TOLD;
}

/* Begins where the last call had to stop, so that each row has its turn however often the others change. */
unsigned crowd_tell(struct crowd *c, unsigned max, crowd_tell_fn tell, void *ctx)
{
	struct crowd_row *row = c->tell_from ? c->tell_from : c->rows, *next, *waits = NULL;
	unsigned count[] = { [NO_NEWS] = 0, [TOLD] = 0, [TOLD_AT_ONCE] = 0, [HAS_TO_WAIT] = 0 };
	const struct listener to = { tell, ctx };

	for (unsigned n = HASH_COUNT(c->rows); n; n--, row = next) {
		enum told told = tell_row(c, row, count[TOLD] < max, &to);

		next = row->hh.next ? row->hh.next : c->rows;
		count[told]++;
		if (told == HAS_TO_WAIT)
			waits = waits ? waits : row;
		else if (!row->here)
			drop_row(c, row);
	}
	c->tell_from = waits;
	c->behind = waits != NULL;
	return count[TOLD] + count[TOLD_AT_ONCE];
}
