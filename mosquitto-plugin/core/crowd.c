#include "mosquitto-plugin/core/crowd.h"

#include "base/topic.h"
#include "mosquitto-plugin/core/hash.h"
#include "mosquitto-plugin/core/json.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_COUNT 1000000000.0

struct crowd_row {
	char *key;
	uint64_t n;
	bool here;         /* counted since crowd_begin() */
	bool has_names;
	unsigned n_names;
	struct buf names;  /* each ends with NUL */
	bool was_told;
	uint64_t told;     /* a hash of the payload */
	UT_hash_handle hh;
};

static void drop_row(struct crowd *c, struct crowd_row *row)
{
	HASH_DEL(c->rows, row);
	buf_free(&row->names);
	free(row->key);
	free(row);
}

void crowd_free(struct crowd *c)
{
	struct crowd_row *row, *next;

	HASH_ITER(hh, c->rows, row, next)
		drop_row(c, row);
}

void crowd_begin(struct crowd *c)
{
	c->n_here = 0;
	for (struct crowd_row *row = c->rows; row; row = row->hh.next) {
		row->n = row->n_names = 0;
		row->here = row->has_names = false;
		buf_clear(&row->names);
	}
}

void crowd_end(struct crowd *c)
{
	struct crowd_row *row, *next;

	HASH_ITER(hh, c->rows, row, next)
		if (!row->here)
			drop_row(c, row);
}

static struct crowd_row *add_row(struct crowd *c, struct str key)
{
	struct crowd_row *row = c->n_here < c->max_rows ? calloc(1, sizeof(*row)) : NULL;

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

static struct crowd_row *row_of(struct crowd *c, struct str key)
{
	struct crowd_row *row;

	HASH_FIND(hh, c->rows, key.p, key.len, row);
	if (!row)
		row = add_row(c, key);
	if (row && !row->here) {
		row->here = true;
		c->n_here++;
	}
	return row;
}

void crowd_count(struct crowd *c, struct str key, uint64_t n)
{
	struct crowd_row *row = row_of(c, key);

	if (row)
		row->n += n;
}

static bool is_named(const struct crowd_row *row, struct str name)
{
	const char *at = row->names.p;

	for (unsigned i = 0; i < row->n_names; i++, at += strlen(at) + 1)
		if (str_is(name, at))
			return true;
	return false;
}

void crowd_name(struct crowd *c, struct str key, struct str name)
{
	struct crowd_row *row = row_of(c, key);

	if (!row)
		return;
	row->has_names = true;
	if (!name.len || row->n_names == CROWD_MAX_NAMES || row->names.failed || is_named(row, name))
		return;
	buf_str(&row->names, name);
	buf_add(&row->names, "", 1);
	row->n_names += !row->names.failed;
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

static const char *check_row(const struct json *v)
{
	if (v->key.len > CROWD_KEY_BYTES || !topic_name_valid(v->key))
		return "a key is no topic";
	if (v->type == JSON_OBJECT && !are_names(json_get(v, "names")))
		return "names are no names";
	return is_count(v->type == JSON_OBJECT ? json_get(v, "count") : v) ? NULL : "a count is no count";
}

static const char *check_rows(const struct json *root, uint64_t *total)
{
	const char *why = root->type == JSON_OBJECT ? NULL : "it is no object";

	*total = 0;
	for (const struct json *v = root->child; v && !why; v = v->next) {
		why = check_row(v);
		if (!why && v->type == JSON_NUMBER && str_is(v->key, "total"))
			*total = (uint64_t)v->number;
	}
	return why;
}

static const char *parse(struct str report, struct json_doc *doc, uint64_t *total)
{
	struct json_error err;

	*doc = (struct json_doc){ 0 };
	if (report.len > CROWD_REPORT_BYTES)
		return "it is too large";
	if (json_parse(doc, report, &err) != 0)
		return err.why;
	return check_rows(doc->root, total);
}

const char *crowd_check(struct str report, uint64_t *total)
{
	JSON_CLEANUP struct json_doc doc = { 0 };

	return parse(report, &doc, total);
}

static void read_row(struct crowd *c, const struct json *v)
{
	const struct json *names = json_get(v, "names");

	crowd_count(c, v->key, (uint64_t)(names ? json_get(v, "count")->number : v->number));
	if (names)
		crowd_name(c, v->key, STR(""));
	for (const struct json *name = names ? names->child : NULL; name; name = name->next)
		crowd_name(c, v->key, name->text);
}

bool crowd_read(struct crowd *c, struct str report)
{
	JSON_CLEANUP struct json_doc doc = { 0 };
	uint64_t total;

	if (parse(report, &doc, &total))
		return false;
	for (const struct json *v = doc.root->child; v; v = v->next)
		read_row(c, v);
	return true;
}

/* ---- telling ---- */

static bool tell_row(struct crowd_row *row, crowd_tell_fn tell, void *ctx)
{
	BUF_CLEANUP struct buf text = { 0 };
	uint64_t hash;

	write_row(row, &text);
	hash = hash_bytes(text.p ? text.p : "", text.len);
	if (text.failed || (row->was_told && row->told == hash))
		return false;
	row->was_told = true;
	row->told = hash;
	tell(ctx, row->key, buf_view(&text));
	return true;
}

unsigned crowd_tell(struct crowd *c, crowd_tell_fn tell, void *ctx)
{
	struct crowd_row *row, *next;
	unsigned n = 0;

	HASH_ITER(hh, c->rows, row, next) {
		if (row->here) {
			n += tell_row(row, tell, ctx);
			continue;
		}
		if (row->was_told) {
			tell(ctx, row->key, STR(""));
			n++;
		}
		drop_row(c, row);
	}
	return n;
}
