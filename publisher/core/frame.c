#include "publisher/core/frame.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* cJSON's strings end at a NUL. Where a message holds \u0000, a character that it does not use takes its place while
 * cJSON has it: one of the 32 non-characters U+FDD0..U+FDEF, three bytes each. */
#define STAND_IN_FIRST 0xFDD0u
#define STAND_IN_LAST 0xFDEFu

static const char escaped_nul[] = "\\u0000";

static void stand_in_bytes(uint32_t cp, char out[3])
{
	out[0] = (char)(0xE0 | cp >> 12);
	out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
	out[2] = (char)(0x80 | (cp & 0x3F));
}

/* Does the message use this character, as it is or escaped, in letters of either case? */
static bool uses(struct str bytes, uint32_t cp)
{
	char raw[3], escaped[8];
	const char *at;

	stand_in_bytes(cp, raw);
	if (memmem(bytes.p, bytes.len, raw, sizeof(raw)))
		return true;
	snprintf(escaped, sizeof(escaped), "\\ufd%02x", cp & 0xFF);
	while ((at = memmem(bytes.p, bytes.len, "\\u", 2)) != NULL) {
		bytes = str_skip(bytes, (size_t)(at - bytes.p));
		if (bytes.len >= 6 && strncasecmp(bytes.p, escaped, 6) == 0)
			return true;
		bytes = str_skip(bytes, 2);
	}
	return false;
}

static uint32_t choose_stand_in(struct str bytes)
{
	for (uint32_t cp = STAND_IN_FIRST; cp <= STAND_IN_LAST; cp++)
		if (!uses(bytes, cp))
			return cp;
	return 0;
}

static void replace_nul(struct frame *f, struct str bytes)
{
	char stand_in[3];
	size_t from = 0, i = 0;

	stand_in_bytes(f->nul, stand_in);
	while (i < bytes.len) {
		if (bytes.p[i] != '\\') {
			i++;
		} else if (str_starts(str_skip(bytes, i), str_of(escaped_nul))) {
			buf_add(&f->text, bytes.p + from, i - from);
			buf_add(&f->text, stand_in, sizeof(stand_in));
			i += sizeof(escaped_nul) - 1;
			from = i;
		} else {
			i += 2; /* an escaped backslash is no start of an escape */
		}
	}
	buf_add(&f->text, bytes.p + from, bytes.len - from);
}

/* Makes *bytes a text that cJSON reads right. False: that can't be done. */
static bool prepare(struct frame *f, struct str *bytes)
{
	if (bytes->len && memchr(bytes->p, '\0', bytes->len))
		return false; /* a bare NUL is not JSON, but cJSON would end the string there and take it */
	if (!memmem(bytes->p, bytes->len, escaped_nul, sizeof(escaped_nul) - 1))
		return true;
	f->nul = choose_stand_in(*bytes);
	if (!f->nul)
		return false;
	replace_nul(f, *bytes);
	*bytes = buf_view(&f->text);
	return !f->text.failed;
}

static enum frame_result find_state(struct frame *f)
{
	const cJSON *state = cJSON_GetObjectItemCaseSensitive(f->root, "state");

	if (cJSON_IsObject(state)) {
		f->next = state->child;
		return FRAME_STATE;
	}
	if (state)
		return FRAME_NO_STATE;
	if (cJSON_HasObjectItem(f->root, "Pong"))
		return FRAME_PONG;
	if (cJSON_HasObjectItem(f->root, "error") || cJSON_HasObjectItem(f->root, "authorization"))
		return FRAME_NOTICE;
	return FRAME_NO_STATE;
}

/* How many bytes cJSON's tree will take at most: a node for each value, and a copy of each string. malloc adds 16 bytes to each of them and
 * gives no less than 32. Nothing is counted beyond CJSON_NESTING_LIMIT levels: cJSON refuses the message there. */
static size_t tree_bytes(struct str bytes)
{
	const size_t per_value = sizeof(cJSON) + 16, per_quote = 32 / 2;
	size_t values = 1, quotes = 0, depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < bytes.len && depth <= CJSON_NESTING_LIMIT; i++) {
		char c = bytes.p[i];

		if (c == '"') {
			in_string = !in_string;
			quotes++;
		} else if (in_string) {
			i += c == '\\';
		} else {
			values += c == ',' || c == '[' || c == '{';
			depth += c == '[' || c == '{';
			depth -= depth && (c == ']' || c == '}');
		}
	}
	return values * per_value + quotes * per_quote + bytes.len;
}

bool frame_fits(struct str bytes)
{
	return tree_bytes(bytes) <= FRAME_PARSE_MAX_BYTES;
}

static enum frame_result parse(struct frame *f, struct str bytes)
{
	const char *end = NULL;

	*f = (struct frame){ 0 };
	if (!frame_fits(bytes))
		return FRAME_TOO_MANY;
	if (!prepare(f, &bytes))
		return FRAME_BAD_JSON;
	f->root = cJSON_ParseWithLengthOpts(bytes.p, bytes.len, &end, false);
	if (!f->root || str_trim(str_skip(bytes, (size_t)(end - bytes.p))).len)
		return FRAME_BAD_JSON;
	return FRAME_STATE;
}

enum frame_result frame_open(struct frame *f, struct str bytes)
{
	enum frame_result r = parse(f, bytes);

	if (r != FRAME_STATE)
		return r;
	return cJSON_IsObject(f->root) ? find_state(f) : FRAME_NO_STATE;
}

enum frame_result frame_open_member(struct frame *f, struct str bytes, const char *member)
{
	enum frame_result r = parse(f, bytes);
	const cJSON *object;

	if (r != FRAME_STATE)
		return r;
	f->objects = true;
	object = cJSON_GetObjectItemCaseSensitive(f->root, member);
	if (!cJSON_IsObject(object))
		return FRAME_NO_STATE;
	f->next = object->child;
	return FRAME_STATE;
}

void frame_close(struct frame *f)
{
	cJSON_Delete(f->root);
	buf_free(&f->text);
	buf_free(&f->path);
	buf_free(&f->value);
	*f = (struct frame){ 0 };
}

const char *frame_notice(const struct frame *f)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(f->root, "error");

	if (!item)
		item = cJSON_GetObjectItemCaseSensitive(f->root, "authorization");
	return cJSON_IsString(item) ? item->valuestring : "(no text)";
}

/* The text of a cJSON string, with NUL in place of its stand-in: a view of `scratch`, or of z if the frame has no stand-in. */
static struct str restore_nul(const struct frame *f, const char *z, struct buf *scratch)
{
	struct str rest = str_of(z);
	char stand_in[3];
	const char *at;

	if (!f->nul)
		return rest;
	stand_in_bytes(f->nul, stand_in);
	buf_clear(scratch);
	while ((at = memmem(rest.p, rest.len, stand_in, sizeof(stand_in))) != NULL) {
		buf_add(scratch, rest.p, (size_t)(at - rest.p));
		buf_char(scratch, '\0');
		rest = str_skip(rest, (size_t)(at - rest.p) + sizeof(stand_in));
	}
	buf_str(scratch, rest);
	return buf_view(scratch);
}

/* Writes the shortest text that reads back as the same double. False: it is infinite, or a whole number of 2^53 or more, which a double can't
 * tell from its neighbours. */
static bool write_number(struct buf *out, double v)
{
	const double exact_max = 9007199254740991.0;
	char text[32];

	if (!isfinite(v) || (fabs(v) > exact_max && v == floor(v)))
		return false;
	if (v == floor(v)) {
		buf_printf(out, "%.0f", v == 0 ? 0.0 : v);
		return true;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	buf_puts(out, text);
	return true;
}

static bool write_string(struct frame *f, const char *z)
{
	BUF_CLEANUP struct buf scratch = { 0 };
	struct str s = restore_nul(f, z, &scratch);

	if (!utf8_valid(s))
		return false;
	buf_json(&f->value, s);
	return true;
}

/* An object or array, as cJSON prints it. Where a string within holds the stand-in, the escape that it stands for is written. */
static bool write_whole(struct frame *f, const cJSON *item)
{
	char *text = cJSON_PrintUnformatted(item), stand_in[3];
	struct str rest = str_of(text);
	const char *at;

	stand_in_bytes(f->nul, stand_in);
	while (f->nul && (at = memmem(rest.p, rest.len, stand_in, sizeof(stand_in))) != NULL) {
		buf_add(&f->value, rest.p, (size_t)(at - rest.p));
		buf_puts(&f->value, escaped_nul);
		rest = str_skip(rest, (size_t)(at - rest.p) + sizeof(stand_in));
	}
	buf_str(&f->value, rest);
	cJSON_free(text);
	return text && utf8_valid(buf_view(&f->value));
}

static bool write_value(struct frame *f, const cJSON *item)
{
	buf_clear(&f->value);
	if (f->objects && (cJSON_IsObject(item) || cJSON_IsArray(item)))
		return write_whole(f, item);
	if (cJSON_IsString(item))
		return write_string(f, item->valuestring);
	if (cJSON_IsNumber(item))
		return write_number(&f->value, item->valuedouble);
	if (cJSON_IsBool(item))
		buf_puts(&f->value, cJSON_IsTrue(item) ? "true" : "false");
	return cJSON_IsBool(item) || cJSON_IsNull(item);
}

bool frame_next(struct frame *f, struct update *out)
{
	const cJSON *item = f->next;

	if (!item)
		return false;
	f->next = item->next;
	out->path = restore_nul(f, item->string, &f->path);
	out->bad = !write_value(f, item) || f->value.failed || f->path.failed;
	out->value = buf_view(&f->value);
	return true;
}

void frame_write_register(struct buf *out, const char *(*entry)(const void *arg, size_t i), const void *arg)
{
	const char *path;

	buf_puts(out, "{\"action\":\"Register\",\"paths\":[");
	for (size_t i = 0; (path = entry(arg, i)) != NULL; i++) {
		if (i)
			buf_char(out, ',');
		buf_json(out, str_of(path));
	}
	buf_puts(out, "]}");
}
