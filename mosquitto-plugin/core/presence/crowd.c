#include "mosquitto-plugin/core/presence/crowd.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/topic.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_COUNT 1000000000.0
#define MAX_DATE 1e15 /* milliseconds: some 30,000 years */

/* Which names a row has: their hashes, in a hash table with open addressing. A slot that is 0 is free; n_slots is a power of
 * two and more than twice n, so that a free one is always near. */
struct name_set {
	uint64_t *slots;
	unsigned n_slots, n;
	uint64_t all; /* one number for all hashes, whatever their order */
};

struct crowd_row {
	char *key;
	uint64_t n;
	bool here; /* it was counted since crowd_begin() */
	bool has_names;
	unsigned n_names;
	struct buf names; /* each ends with NUL */
	struct name_set known_names;
	struct crowd_dates dates;   /* since 0: it is not dated */
	struct crowd_dates settled; /* as crowd_settle() left them the last time; since 0: it was not here then */
	uint64_t settled_n, settled_names;
	bool was_told;
	uint64_t told; /* a hash of the payload that was told last */
	UT_hash_handle hh;
};

static void drop_row(struct crowd *c, struct crowd_row *row)
{
	for (int i = 0; i < CROWD_LANES; i++)
		if (c->tell_from[i] == row)
			c->tell_from[i] = row->hh.next;
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
	row->known_names = (struct name_set){ NULL, 0, 0, 0 };
	row->n_names = 0;
	buf_clear(&row->names);
}

void crowd_begin(struct crowd *c)
{
	c->n_here = c->n_kinds = 0;
	for (struct crowd_row *row = c->rows; row; row = row->hh.next) {
		row->n = 0;
		row->dates = (struct crowd_dates){ 0, 0 };
		row->here = row->has_names = false;
		forget_names(row);
	}
}

void crowd_forget_kinds(struct crowd *c)
{
	c->n_kinds = 0;
	memset(c->behind, 0, sizeof(c->behind));
}

void crowd_end(struct crowd *c)
{
	struct crowd_row *row, *next;

	HASH_ITER(hh, c->rows, row, next)
		if (!row->here)
			drop_row(c, row);
}

static const struct crowd_kind *find_kind(const struct crowd *c, struct str key)
{
	struct str first;

	str_split(&key, '/', &first);
	for (unsigned i = 0; i < c->n_kinds; i++)
		if (str_is(first, c->kinds[i].name))
			return &c->kinds[i];
	return NULL;
}

static struct crowd_kind *kind_of(struct crowd *c, struct str key)
{
	const struct crowd_kind *kind = find_kind(c, key);

	return kind ? &c->kinds[kind - c->kinds] : NULL;
}

static bool is_local(const struct crowd *c, struct str key)
{
	const struct crowd_kind *kind = c->n_kinds ? find_kind(c, key) : NULL;

	return kind && kind->local;
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
	set->all ^= hash;
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

static void date_row(struct crowd_row *row, struct crowd_dates dates)
{
	struct crowd_dates *own = &row->dates;

	if (dates.since && (!own->since || dates.since < own->since))
		own->since = dates.since;
	if (dates.last > own->last)
		own->last = dates.last;
}

void crowd_date(struct crowd *c, struct str key, struct crowd_dates dates)
{
	struct crowd_row *row = row_of(c, key);

	if (row)
		date_row(row, dates);
}

static void settle_row(struct crowd_row *row, int64_t wall_ms)
{
	bool was_here = row->settled.since != 0, changed = row->settled_n != row->n || row->settled_names != row->known_names.all;

	date_row(row, row->settled);
	if (was_here && changed && row->dates.last == row->settled.last)
		row->dates.last = wall_ms;
	row->settled = row->dates;
	row->settled_n = row->n;
	row->settled_names = row->known_names.all;
}

void crowd_settle(struct crowd *c, int64_t wall_ms)
{
	for (struct crowd_row *row = c->rows; row; row = row->hh.next) {
		if (row->here && row->dates.since)
			settle_row(row, wall_ms);
		else
			row->settled = (struct crowd_dates){ 0, 0 };
	}
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
		bool is_wanted = from->here && !is_local(other, str_of(from->key));
		struct crowd_row *to = is_wanted ? row_of(c, str_of(from->key)) : NULL;

		if (!to)
			continue;
		to->n += from->n;
		date_row(to, from->dates);
		add_names(to, from);
	}
}

/* ---- looking ---- */

static struct crowd_view view_of(const struct crowd_row *row)
{
	return (struct crowd_view){ str_of(row->key), row->n, row->dates, row->n_names, row->names.p };
}

bool crowd_find(const struct crowd *c, struct str key, struct crowd_view *out)
{
	const struct crowd_row *row = find_row(c, key);

	if (!row || !row->here)
		return false;
	*out = view_of(row);
	return true;
}

void crowd_each(const struct crowd *c, const char *kind, crowd_see_fn see, void *ctx)
{
	for (const struct crowd_row *row = c->rows; row; row = row->hh.next) {
		struct str rest = str_of(row->key), first;
		struct crowd_view view = view_of(row);

		str_split(&rest, '/', &first);
		if (row->here && str_is(first, kind))
			see(ctx, &view);
	}
}

/* ---- writing ---- */

static void write_names(const struct crowd_row *row, struct buf *out)
{
	const char *name = row->names.p;

	for (unsigned i = 0; i < row->n_names; i++, name += strlen(name) + 1) {
		buf_puts(out, i ? "," : "");
		buf_json(out, str_of(name));
	}
}

static void write_row(const struct crowd_row *row, bool with_names, struct buf *out)
{
	if (!row->has_names) {
		buf_printf(out, "%" PRIu64, row->n);
		return;
	}
	buf_printf(out, "{\"count\":%" PRIu64 ",\"names\":[", row->n);
	if (with_names)
		write_names(row, out);
	buf_puts(out, "]");
	if (row->dates.since)
		buf_printf(out, ",\"since\":%" PRId64 ",\"last\":%" PRId64, row->dates.since, row->dates.last);
	buf_puts(out, "}");
}

static void write_member(const struct crowd_row *row, bool with_names, struct buf *out)
{
	buf_clear(out);
	buf_json(out, str_of(row->key));
	buf_char(out, ':');
	write_row(row, with_names, out);
}

static bool is_reported(const struct crowd *c, const struct crowd_row *row)
{
	return row->here && !is_local(c, str_of(row->key));
}

/* How many bytes a report without names would have. */
static size_t nameless_bytes(const struct crowd *c)
{
	BUF_CLEANUP struct buf text = { 0 };
	size_t n = 2;

	for (const struct crowd_row *row = c->rows; row; row = row->hh.next) {
		if (!is_reported(c, row))
			continue;
		write_member(row, false, &text);
		n += text.len + 1;
	}
	return n;
}

/* Writes the row as a member, with its names if *left has bytes for them. */
static void write_with_names(struct crowd *c, const struct crowd_row *row, size_t *left, struct buf *out)
{
	size_t bare;

	write_member(row, false, out);
	bare = out->len;
	if (!row->n_names)
		return;
	write_member(row, true, out);
	if (!out->failed && out->len - bare <= *left) {
		*left -= out->len - bare;
		return;
	}
	write_member(row, false, out);
	c->nameless++;
}

void crowd_report(struct crowd *c, struct buf *out)
{
	BUF_CLEANUP struct buf text = { 0 };
	size_t start = out->len, bare = nameless_bytes(c), left = bare < CROWD_REPORT_BYTES ? CROWD_REPORT_BYTES - bare : 0;

	buf_char(out, '{');
	for (const struct crowd_row *row = c->rows; row; row = row->hh.next) {
		if (!is_reported(c, row))
			continue;
		write_with_names(c, row, &left, &text);
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

static bool is_date(const struct json *v)
{
	return !v || (v->type == JSON_NUMBER && v->number >= 1 && v->number <= MAX_DATE);
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
	if (v->type == JSON_OBJECT && (!is_date(json_get(v, "since")) || !is_date(json_get(v, "last"))))
		return complaint_say(why, 0, "a date is no date");
	return is_count(v->type == JSON_OBJECT ? json_get(v, "count") : v) ? 0 : complaint_say(why, 0, "a count is no count");
}

static int check_rows(const struct json *root, struct complaint *why)
{
	int r = root->type == JSON_OBJECT ? 0 : complaint_say(why, 0, "it is no object");

	for (const struct json *v = root->child; v && !r; v = v->next)
		r = check_row(v, why);
	return r;
}

static int64_t date_of(const struct json *v, const char *name)
{
	const struct json *date = json_get(v, name);

	return date ? (int64_t)date->number : 0;
}

static void read_row(struct crowd *c, const struct json *v)
{
	const struct json *names = json_get(v, "names");
	bool is_own = is_local(c, v->key);
	struct crowd_row *row = is_own ? NULL : row_of(c, v->key);

	c->refused += is_own;
	if (!row)
		return;
	if (names)
		date_row(row, (struct crowd_dates){ date_of(v, "since"), date_of(v, "last") });
	row->n += (uint64_t)(names ? json_get(v, "count")->number : v->number);
	row->has_names |= names != NULL;
	for (const struct json *name = names ? names->child : NULL; name; name = name->next)
		name_in(row, name->text);
}

int crowd_read(struct crowd *c, struct str report, struct complaint *why)
{
	/* the deepest value is "ann" in {"room/red":{"names":["ann"]}} */
	static const struct json_bounds bounds = { CROWD_REPORT_BYTES, CROWD_REPORT_VALUES, 3 };
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
	write_row(row, true, payload);
	*hash = hash_bytes(payload->p ? payload->p : "", payload->len);
	return !payload->failed && !(row->was_told && row->told == *hash);
}

static bool is_urgent(const struct crowd *c, const struct crowd_row *row)
{
	const struct crowd_kind *kind = find_kind(c, str_of(row->key));

	return kind && kind->at_once;
}

static enum crowd_lane lane_of(const struct crowd *c, const struct crowd_row *row)
{
	const struct crowd_kind *kind = find_kind(c, str_of(row->key));

	return kind ? kind->lane : CROWD_COMMON;
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
unsigned crowd_tell(struct crowd *c, struct crowd_turn turn, crowd_tell_fn tell, void *ctx)
{
	struct crowd_row *row = c->tell_from[turn.lane] ? c->tell_from[turn.lane] : c->rows, *next, *waits = NULL;
	unsigned count[] = { [NO_NEWS] = 0, [TOLD] = 0, [TOLD_AT_ONCE] = 0, [HAS_TO_WAIT] = 0 };
	const struct listener to = { tell, ctx };

	for (unsigned n = HASH_COUNT(c->rows); n; n--, row = next) {
		enum told told;

		next = row->hh.next ? row->hh.next : c->rows;
		if (lane_of(c, row) != turn.lane)
			continue;
		told = tell_row(c, row, count[TOLD] < turn.max, &to);
		next = row->hh.next ? row->hh.next : c->rows;
		count[told]++;
		if (told == HAS_TO_WAIT)
			waits = waits ? waits : row;
		else if (!row->here)
			drop_row(c, row);
	}
	c->tell_from[turn.lane] = waits;
	c->behind[turn.lane] = waits != NULL;
	c->n_paced = count[TOLD];
	return count[TOLD] + count[TOLD_AT_ONCE];
}
