#include "base/json.h"

#include "base/hash.h"

#include <stdlib.h>

/* A slot of the table of keys. It is small, because lookups touch slots all over the table. */
struct key_slot {
	uint32_t in;    /* 1 + the index of the node of the object that has the key; 0: the slot is free */
	uint32_t value; /* the index of the node of the key's value, which has the key's text */
};

struct reader {
	char *at, *end, *start;
	const struct json_bounds *bounds;
	struct json *nodes;
	size_t n_nodes, max_nodes;
	/* the keys of all objects in one hash table with open addressing; n_slots is a power of two, more than twice as
	 * many as there can be keys, so that a free slot is always near */
	struct key_slot *slots;
	size_t n_slots;
	unsigned depth;
	/* the first thing that went wrong */
	enum json_outcome outcome;
	const char *why;
	size_t why_at;
};

static struct json *read_value(struct reader *r);

static void *refuse(struct reader *r, enum json_outcome outcome, const char *why)
{
	if (!r->why) {
		r->outcome = outcome;
		r->why = why;
		r->why_at = (size_t)(r->at - r->start);
	}
	return NULL;
}

static void *fail(struct reader *r, const char *why)
{
	return refuse(r, JSON_INVALID, why);
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static bool eat(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static struct json *new_node(struct reader *r, enum json_type type)
{
	struct json *v;

	if (r->n_nodes == r->max_nodes)
		return refuse(r, JSON_TOO_LARGE, "too many values");
	v = &r->nodes[r->n_nodes++];
	*v = (struct json){ .type = type, .offset = (size_t)(r->at - r->start) };
	return v;
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
	*out = 0;
	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = *r->at++;
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			digit = (uint32_t)((c | 32) - 'a' + 10);
		else
			return false;
		*out = *out << 4 | digit;
	}
	return true;
}

static char *put_utf8(char *out, uint32_t cp)
{
	if (cp < 0x80) {
		*out++ = (char)cp;
	} else if (cp < 0x800) {
		*out++ = (char)(0xC0 | cp >> 6);
		*out++ = (char)(0x80 | (cp & 0x3F));
	} else if (cp < 0x10000) {
		*out++ = (char)(0xE0 | cp >> 12);
		*out++ = (char)(0x80 | (cp >> 6 & 0x3F));
		*out++ = (char)(0x80 | (cp & 0x3F));
	} else {
		*out++ = (char)(0xF0 | cp >> 18);
		*out++ = (char)(0x80 | (cp >> 12 & 0x3F));
		*out++ = (char)(0x80 | (cp >> 6 & 0x3F));
		*out++ = (char)(0x80 | (cp & 0x3F));
	}
	return out;
}

/* Reads what stands behind "\u", and the second escape of a surrogate pair. */
static bool read_unicode(struct reader *r, uint32_t *cp)
{
	uint32_t low;

	if (!read_hex4(r, cp) || (*cp >= 0xDC00 && *cp <= 0xDFFF))
		return false;
	if (*cp < 0xD800 || *cp > 0xDBFF)
		return true;
	if (!eat(r, '\\') || !eat(r, 'u') || !read_hex4(r, &low) || low < 0xDC00 || low > 0xDFFF)
		return false;
	*cp = 0x10000 + ((*cp - 0xD800) << 10) + (low - 0xDC00);
	return true;
}

static char *read_escape(struct reader *r, char *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *found;
	uint32_t cp;

	if (r->at == r->end)
		return fail(r, "the string does not end");
	if (eat(r, 'u')) {
		if (!read_unicode(r, &cp))
			return fail(r, "bad \\u escape");
		return put_utf8(out, cp);
	}
	found = *r->at ? strchr(names, *r->at) : NULL;
	if (!found)
		return fail(r, "unknown escape");
	r->at++;
	*out++ = values[found - names];
	return out;
}

/* The reader stands at the opening quote. Decodes in place: what is decoded is never longer than what stood there, and the closing quote
 * leaves room for a NUL. */
static bool read_string(struct reader *r, struct str *text)
{
	char *out = ++r->at, *first = out;

	while (r->at < r->end && *r->at != '"') {
		if ((unsigned char)*r->at < 0x20)
			return fail(r, "control character in a string");
		if (eat(r, '\\')) {
			out = read_escape(r, out);
			if (!out)
				return false;
		} else {
			*out++ = *r->at++;
		}
	}
	if (!eat(r, '"'))
		return fail(r, "the string does not end");
	*out = '\0';
	*text = (struct str){ first, (size_t)(out - first) };
	return true;
}

static struct json *read_word(struct reader *r, const char *word, enum json_type type, double number)
{
	size_t len = strlen(word);
	struct json *v;

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return fail(r, "not a JSON value");
	v = new_node(r, type);
	if (v)
		v->number = number;
	r->at += len;
	return v;
}

static size_t read_digits(struct reader *r)
{
	char *from = r->at;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return (size_t)(r->at - from);
}

static bool skip_number(struct reader *r)
{
	bool zero;

	eat(r, '-');
	zero = r->at < r->end && *r->at == '0';
	if (zero ? (r->at++, false) : !read_digits(r))
		return false;
	if (eat(r, '.') && !read_digits(r))
		return false;
	if (eat(r, 'e') || eat(r, 'E')) {
		if (!eat(r, '+'))
			eat(r, '-');
		return read_digits(r);
	}
	return true;
}

static struct json *read_number(struct reader *r)
{
	struct json *v = new_node(r, JSON_NUMBER);
	char *from = r->at, copy[64];
	size_t len;

	if (!v)
		return NULL;
	if (!skip_number(r))
		return fail(r, "not a JSON value");
	len = (size_t)(r->at - from);
	if (len >= sizeof(copy))
		return refuse(r, JSON_TOO_LARGE, "the number is too long");
	memcpy(copy, from, len);
	copy[len] = '\0';
	v->number = strtod(copy, NULL);
	return v;
}

/* Where to look first for a key of an object. The object is mixed in, since a thousand of them may each have an "a". Whoever writes the text
 * chooses the names, and by their order the numbers of the objects. So no bit of the slot may depend on the number alone: all bits of the
 * hash, whose key he does not know, are spread over it. (The constant factors are those of the golden ratio and of Pelle Evensen's rrmxmx.) */
static size_t first_slot(const struct reader *r, uint32_t in, struct str name)
{
	uint64_t x = hash_bytes(name.p, name.len) ^ in * 0x9E3779B97F4A7C15u;

	x ^= x >> 32;
	x *= 0x9FB21C651E98DF25u;
	x ^= x >> 32;
	return (size_t)x & (r->n_slots - 1);
}

/* Notes a key whose value will be the next node. False: the object has this key already. */
static bool note_key(struct reader *r, const struct json *object, struct str name)
{
	uint32_t in = (uint32_t)(object - r->nodes) + 1;
	size_t i = first_slot(r, in, name);

	for (; r->slots[i].in; i = (i + 1) & (r->n_slots - 1))
		if (r->slots[i].in == in && str_eq(r->nodes[r->slots[i].value].key, name))
			return false;
	r->slots[i] = (struct key_slot){ in, (uint32_t)r->n_nodes };
	return true;
}

static struct json *read_member(struct reader *r, const struct json *in)
{
	struct str name = { NULL, 0 };
	struct json *v;

	if (in->type == JSON_OBJECT) {
		skip_blanks(r);
		if (r->at == r->end || *r->at != '"')
			return fail(r, "a key in quotes is missing");
		if (!read_string(r, &name))
			return NULL;
		if (!note_key(r, in, name))
			return refuse(r, JSON_KEY_TWICE, "this key stands here twice");
		skip_blanks(r);
		if (!eat(r, ':'))
			return fail(r, "':' is missing");
	}
	v = read_value(r);
	if (v)
		v->key = name;
	return v;
}

static struct json *read_container(struct reader *r, enum json_type type, char close)
{
	struct json *v = new_node(r, type), **tail, *member;

	if (!v)
		return NULL;
	r->at++;
	tail = &v->child;
	skip_blanks(r);
	if (eat(r, close))
		return v;
	do {
		member = read_member(r, v);
		if (!member)
			return NULL;
		*tail = member;
		tail = &member->next;
		skip_blanks(r);
	} while (eat(r, ','));
	return eat(r, close) ? v : fail(r, "',' or the closing bracket is missing");
}

static struct json *read_nested(struct reader *r, enum json_type type, char close)
{
	struct json *v;

	if (++r->depth > r->bounds->depth)
		return refuse(r, JSON_TOO_LARGE, "nested too deeply");
	v = read_container(r, type, close);
	r->depth--;
	return v;
}

static struct json *read_text(struct reader *r)
{
	struct json *v = new_node(r, JSON_STRING);

	return v && read_string(r, &v->text) ? v : NULL;
}

static struct json *read_value(struct reader *r)
{
	skip_blanks(r);
	if (r->at == r->end)
		return fail(r, "the text ends too early");
	switch (*r->at) {
	case '{':
		return read_nested(r, JSON_OBJECT, '}');
	case '[':
		return read_nested(r, JSON_ARRAY, ']');
	case '"':
		return read_text(r);
	case 't':
		return read_word(r, "true", JSON_BOOL, 1);
	case 'f':
		return read_word(r, "false", JSON_BOOL, 0);
	case 'n':
		return read_word(r, "null", JSON_NULL, 0);
	default:
		return read_number(r);
	}
}

/* How many values and keys there are at most: for each value but the first there is an opening bracket or a comma, and for each key a colon.
 * Strings may hold more of these characters. */
static void count_values(struct str text, size_t *values, size_t *keys)
{
	*values = 1;
	*keys = 0;
	for (size_t i = 0; i < text.len; i++) {
		*values += text.p[i] == ',' || text.p[i] == '[' || text.p[i] == '{';
		*keys += text.p[i] == ':';
	}
}

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static bool make_room(struct reader *r, struct json_doc *doc, struct str text)
{
	size_t values, keys;

	count_values(text, &values, &keys);
	r->max_nodes = at_most(values, r->bounds->values);
	keys = at_most(keys, r->max_nodes + 1); /* the value of the last one may be one too many */
	for (r->n_slots = 4; r->n_slots <= 2 * keys;)
		r->n_slots *= 2;
	doc->nodes = r->nodes = calloc(r->max_nodes, sizeof(*r->nodes));
	doc->bytes = r->start = r->at = str_dup(text);
	r->slots = calloc(r->n_slots, sizeof(*r->slots));
	return doc->nodes && doc->bytes && r->slots;
}

/* How many bytes stand before the first that is not UTF-8. */
static size_t valid_bytes(struct str text)
{
	size_t at = 0, bytes;
	uint32_t c;

	while ((bytes = utf8_next(str_skip(text, at), &c)) > 0)
		at += bytes;
	return at;
}

static void parse(struct reader *r, struct json_doc *doc, struct str text)
{
	if (text.len > r->bounds->bytes) {
		refuse(r, JSON_TOO_LARGE, "the text is too long");
		return;
	}
	if (!utf8_valid(text)) {
		refuse(r, JSON_NOT_UTF8, "the text is not UTF-8");
		r->why_at = valid_bytes(text);
		return;
	}
	if (!make_room(r, doc, text)) {
		refuse(r, JSON_NO_MEMORY, "out of memory");
		return;
	}
	r->end = r->at + text.len;
	doc->root = read_value(r);
	skip_blanks(r);
	if (doc->root && r->at != r->end)
		fail(r, "something stands behind the end");
}

enum json_outcome json_parse_within(struct json_doc *doc, struct str text, const struct json_bounds *bounds, struct complaint *why)
{
	struct reader r = { .bounds = bounds };

	*doc = (struct json_doc){ 0 };
	parse(&r, doc, text);
	free(r.slots);
	if (r.outcome == JSON_GOOD)
		return JSON_GOOD;
	complaint_say(why, json_line(text, r.why_at), "%s", r.why);
	json_free(doc);
	return r.outcome;
}

enum json_outcome json_parse(struct json_doc *doc, struct str text, struct complaint *why)
{
	static const struct json_bounds largest = { JSON_MAX_BYTES, JSON_MAX_VALUES, JSON_MAX_DEPTH };

	return json_parse_within(doc, text, &largest, why);
}

void json_free(struct json_doc *doc)
{
	free(doc->nodes);
	free(doc->bytes);
	*doc = (struct json_doc){ 0 };
}

const struct json *json_get(const struct json *v, const char *key)
{
	if (!v || v->type != JSON_OBJECT)
		return NULL;
	for (v = v->child; v; v = v->next)
		if (str_is(v->key, key))
			return v;
	return NULL;
}

struct str json_get_text(const struct json *v, const char *key)
{
	v = json_get(v, key);
	return v && v->type == JSON_STRING ? v->text : (struct str){ NULL, 0 };
}

unsigned json_line(struct str text, size_t offset)
{
	unsigned line = 1;

	for (size_t i = 0; i < text.len && i < offset; i++)
		line += text.p[i] == '\n';
	return line;
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = { "null", "true or false", "a number", "a string", "an array", "an object" };

	return names[type];
}

/* ---- one member of a text ---- */

static size_t skip_blank(struct str t, size_t i)
{
	while (i < t.len && (t.p[i] == ' ' || t.p[i] == '\t' || t.p[i] == '\n' || t.p[i] == '\r'))
		i++;
	return i;
}

/* i is at the opening quote; the result is behind the closing one. */
static size_t skip_string(struct str t, size_t i)
{
	for (i++; i < t.len && t.p[i] != '"'; i++)
		if (t.p[i] == '\\')
			i++;
	return i < t.len ? i + 1 : t.len;
}

/* i is at a value's first byte; the result is behind its last one, or behind the blanks that follow it. */
static size_t skip_value(struct str t, size_t i)
{
	size_t depth = 0;

	for (; i < t.len; i++) {
		char c = t.p[i];

		if (c == '"') {
			i = skip_string(t, i) - 1;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (depth <= 1)
				return depth ? i + 1 : i;
			depth--;
		} else if (c == ',' && depth == 0) {
			return i;
		}
	}
	return t.len;
}

/* i is where a member may begin. Its key, and the result is where its value begins; or t.len when there is no member. */
static size_t next_member(struct str t, size_t i, struct str *key)
{
	size_t from = skip_blank(t, i), end;

	if (from >= t.len || t.p[from] == '}' || t.p[from] == ']')
		return t.len;
	end = skip_string(t, from);
	*key = end >= from + 2 ? (struct str){ t.p + from + 1, end - from - 2 } : (struct str){ NULL, 0 };
	end = skip_blank(t, skip_blank(t, end) + 1); /* behind the colon */
	return end < t.len ? end : t.len;
}

bool json_member(struct str text, const char *name, struct str *value)
{
	size_t at = skip_blank(text, 0), end;
	struct str key;

	if (at >= text.len || text.p[at] != '{')
		return false;
	for (at = next_member(text, at + 1, &key); at < text.len; at = next_member(text, end, &key)) {
		end = skip_value(text, at);
		if (key.p && str_is(key, name)) {
			*value = str_trim((struct str){ text.p + at, end - at });
			return true;
		}
		end = skip_blank(text, end);
		if (end < text.len && text.p[end] == ',')
			end++;
	}
	return false;
}

/* ---- writing ---- */

void json_write_key(struct buf *out, const struct json *member)
{
	buf_json(out, member->key);
	buf_char(out, ':');
}

static void write_all(struct buf *out, const struct json *container)
{
	bool is_object = container->type == JSON_OBJECT;

	buf_char(out, is_object ? '{' : '[');
	for (const struct json *v = container->child; v; v = v->next) {
		if (v != container->child)
			buf_char(out, ',');
		if (is_object)
			json_write_key(out, v);
		json_write(out, v);
	}
	buf_char(out, is_object ? '}' : ']');
}

/* A text may have a number that no double holds, such as 1e999: JSON has no word for infinity, so that is written as null. */
void json_write(struct buf *out, const struct json *v)
{
	if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
		write_all(out, v);
	else if (v->type == JSON_STRING)
		buf_json(out, v->text);
	else if (v->type == JSON_BOOL)
		buf_puts(out, v->number > 0 ? "true" : "false");
	else if (v->type == JSON_NUMBER && v->number >= -1e308 && v->number <= 1e308)
		buf_printf(out, "%.15g", v->number);
	else
		buf_puts(out, "null");
}
