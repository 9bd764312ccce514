#include "base/log.h"

#include "base/mono.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX_BYTES 2048
#define FORMAT_MAX_BYTES 512
/* A byte becomes six at most in JSON; and there are time, level, area and the names of these. */
#define LINE_MAX_BYTES (6 * TEXT_MAX_BYTES + 512)

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static const char *const format_names[] = { "text", "json" };
static enum log_level log_max = LOG_LEVEL_INFO; /* one per process, like stderr */
static enum log_format log_format = LOG_FORMAT_TEXT;

void log_set_level(enum log_level level)
{
	log_max = level;
}

void log_set_format(enum log_format format)
{
	log_format = format;
}

bool log_level_from_name(const char *name, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool log_format_from_name(const char *name, enum log_format *out)
{
	for (size_t i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++) {
		if (strcmp(name, format_names[i]) == 0) {
			*out = (enum log_format)i;
			return true;
		}
	}
	return false;
}

static int stamp(char *out, size_t size)
{
	int64_t ms = wall_now_ms();
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	return (int)n + snprintf(out + n, size - n, ".%03dZ", (int)(ms % 1000));
}

/* --- fields --- */

/* The length of a key with the `=` behind it; 0: there is none. */
static size_t key_length(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789");

	return n && text[n] == '=' ? n + 1 : 0;
}

/* Is the value that begins here in the format a number's? */
static bool is_number_of(const char *value)
{
	if (*value != '%')
		return false;
	value += 1 + strspn(value + 1, "-+ #0123456789.hlzjt");
	return *value && strchr("diu", *value) && (!value[1] || value[1] == ' ');
}

/* The length of the text that the first n bytes of the format make. */
static size_t length_of_first(const char *fmt, size_t n, va_list ap)
{
	char part[FORMAT_MAX_BYTES];
	va_list again;
	int length;

	snprintf(part, sizeof(part), "%.*s", (int)n, fmt);
	va_copy(again, ap);
	length = vsnprintf(NULL, 0, part, again);
	va_end(again);
	return length > 0 ? (size_t)length : 0;
}

void log_find_fields(const char *fmt, va_list ap, struct log_fields *out)
{
	const char *at = strstr(fmt, "  ");

	out->n = 0;
	for (at = at ? at + 2 : NULL; at && out->n < LOG_FIELDS_MAX; at = strchr(at, ' '), at = at ? at + 1 : NULL) {
		size_t key = key_length(at);

		if (!key || (size_t)(at - fmt) >= FORMAT_MAX_BYTES)
			continue;
		out->list[out->n].at = length_of_first(fmt, (size_t)(at - fmt), ap);
		out->list[out->n].is_quoted = at[key] == '"';
		out->list[out->n++].is_text = !is_number_of(at + key);
	}
}

struct field {
	struct str key, value; /* without quotes */
	bool is_text, is_quoted;
};

/* The i-th one. False: the text was cut before it. */
static bool read_field(struct str text, const struct log_fields *f, size_t i, struct field *out)
{
	size_t from = f->list[i].at, to = i + 1 < f->n ? f->list[i + 1].at - 1 : text.len;

	to = to < text.len ? to : text.len;
	if (from >= to)
		return false;
	*out = (struct field){ .value = { text.p + from, to - from }, .is_text = f->list[i].is_text, .is_quoted = f->list[i].is_quoted };
	if (!str_split(&out->value, '=', &out->key) || !out->value.p)
		return false;
	if (out->is_quoted && out->value.len)
		out->value = str_skip(out->value, 1);
	if (out->is_quoted && str_ends(out->value, STR("\"")))
		out->value.len--;
	return true;
}

/* What stands in front of the fields. */
static struct str words(struct str text, const struct log_fields *f)
{
	if (f->n)
		text.len = text.len < f->list[0].at ? text.len : f->list[0].at;
	return str_trim(text);
}

/* --- writing --- */

/* A line that is being made. There is room for the longest one. */
struct line {
	char text[LINE_MAX_BYTES];
	size_t n;
};

static void put(struct line *l, struct str s)
{
	memcpy(l->text + l->n, s.p, s.len);
	l->n += s.len;
}

/* Those from U+0080 on are control characters for a terminal, too: U+009B begins what ESC [ begins. */
static bool is_control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
}

/* One character of a JSON string: as it is, or six bytes for it. What is no UTF-8 becomes U+FFFD. Returns how many bytes were read. */
static size_t put_char(struct line *l, struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	uint32_t cp;
	size_t n = utf8_next(s, &cp);

	if (!n || c == '"' || c == '\\' || is_control(cp))
		l->n += (size_t)snprintf(l->text + l->n, 7, "\\u%04x", n ? (unsigned)cp : 0xFFFD);
	else
		put(l, (struct str){ s.p, n });
	return n ? n : 1;
}

static void put_json(struct line *l, struct str s)
{
	put(l, STR("\""));
	while (s.len)
		s = str_skip(s, put_char(l, s));
	put(l, STR("\""));
}

static void put_member(struct line *l, struct str name, struct str value)
{
	put(l, STR(","));
	put_json(l, name);
	put(l, STR(":"));
	put_json(l, value);
}

static void put_json_field(struct line *l, const struct field *f)
{
	int64_t number;

	if (f->is_text || !str_to_int(f->value, &number)) {
		put_member(l, f->key, f->value);
		return;
	}
	put(l, STR(","));
	put_json(l, f->key);
	l->n += (size_t)snprintf(l->text + l->n, sizeof(l->text) - l->n, ":%" PRId64, number);
}

static void make_json(struct line *l, const char *area, struct str text, const struct log_fields *fields)
{
	struct field f;

	put_member(l, STR("area"), str_of(area));
	put_member(l, STR("message"), words(text, fields));
	for (size_t i = 0; i < fields->n; i++)
		if (read_field(text, fields, i, &f))
			put_json_field(l, &f);
	put(l, STR("}"));
}

/* One character as text: as it is, or four bytes for each byte of a control character. Returns how many bytes were read. */
static size_t put_visible(struct line *l, struct str s)
{
	uint32_t cp;
	size_t n = utf8_next(s, &cp);

	if (!n) { /* no UTF-8: a byte that may be all the same to a terminal */
		cp = (unsigned char)s.p[0];
		n = 1;
	}
	if (!is_control(cp) && cp != '\\') {
		put(l, (struct str){ s.p, n });
		return n;
	}
	for (size_t i = 0; i < n; i++)
		l->n += (size_t)snprintf(l->text + l->n, 5, "\\x%02x", (unsigned)(unsigned char)s.p[i]);
	return n;
}

static void put_escaped(struct line *l, struct str s, bool quoted)
{
	while (s.len) {
		if (quoted && s.p[0] == '"')
			put(l, STR("\\"));
		s = str_skip(s, put_visible(l, s));
	}
}

/* Without two blanks in a row, with which the words end: what a peer says in them can't look like fields. */
static void put_words(struct line *l, struct str s)
{
	while (s.len) {
		bool is_repeat = s.p[0] == ' ' && l->n && l->text[l->n - 1] == ' ';

		s = str_skip(s, is_repeat ? 1 : put_visible(l, s));
	}
}

static void put_text_field(struct line *l, const struct field *f)
{
	bool quoted = f->is_quoted || memchr(f->value.p, ' ', f->value.len) || memchr(f->value.p, '"', f->value.len);

	put(l, f->key);
	put(l, quoted ? STR("=\"") : STR("="));
	put_escaped(l, f->value, quoted);
	put(l, quoted ? STR("\"") : STR(""));
}

static void make_text(struct line *l, struct str text, const struct log_fields *fields)
{
	struct field f;

	put_words(l, words(text, fields));
	for (size_t i = 0; i < fields->n; i++) {
		put(l, i ? STR(" ") : STR("  "));
		if (read_field(text, fields, i, &f))
			put_text_field(l, &f);
	}
}

void log_text(enum log_level level, const char *area, struct str text, const struct log_fields *fields)
{
	struct line l = { .n = 0 };
	char when[40];

	if (level > log_max)
		return;
	text.len = text.len < TEXT_MAX_BYTES ? text.len : TEXT_MAX_BYTES - 1;
	stamp(when, sizeof(when));
	if (log_format == LOG_FORMAT_JSON) {
		l.n = (size_t)snprintf(l.text, sizeof(l.text), "{\"time\":\"%s\",\"level\":\"%s\"", when, level_names[level]);
		make_json(&l, area, text, fields);
	} else {
		l.n = (size_t)snprintf(l.text, sizeof(l.text), "%s %-5s %s: ", when, level_names[level], area);
		make_text(&l, text, fields);
	}
	put(&l, STR("\n"));
	/* one write: lines of several processes on one stderr stay whole */
	if (write(STDERR_FILENO, l.text, l.n) < 0)
		return; /* stderr is gone, and there is nowhere else to tell of it */
}

char *log_compose(char *out, size_t size, const char *fmt, va_list ap)
{
	char text[TEXT_MAX_BYTES];
	struct line l = { .n = 0 };
	struct log_fields fields;

	log_find_fields(fmt, ap, &fields);
	vsnprintf(text, sizeof(text), fmt, ap);
	make_text(&l, str_of(text), &fields);
	snprintf(out, size, "%.*s", (int)l.n, l.text);
	if (l.n >= size)
		memcpy(out + size - 4, "...", 4);
	return out;
}

void log_line(enum log_level level, const char *area, const char *fmt, ...)
{
	char text[TEXT_MAX_BYTES];
	struct log_fields fields;
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	log_find_fields(fmt, ap, &fields);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_text(level, area, str_of(text), &fields);
}
