/* log - one line per event, whatever a peer says. */
#include "base/log.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const unit_name = "log";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the calls in between write to stderr. */
struct capture {
	int saved, reader;
	char text[16384];
};

static void capture_begin(struct capture *c)
{
	int ends[2];

	CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	c->saved = dup(STDERR_FILENO);
	c->reader = ends[0];
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
}

static void capture_end(struct capture *c)
{
	ssize_t n = read(c->reader, c->text, sizeof(c->text) - 1);

	c->text[n > 0 ? n : 0] = '\0';
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	close(c->reader);
}

static void levels_have_names(void)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	enum log_level level;

	for (size_t i = 0; i < COUNT(names); i++) {
		CU_ASSERT(log_level_from_name(names[i], &level));
		CHECK_INT(level, i);
	}
	CU_ASSERT(!log_level_from_name("loud", &level));
	CU_ASSERT(!log_level_from_name("", &level));
}

static void a_line_has_time_level_area_and_text(void)
{
	struct capture c;
	int year, ms, end = 0;

	capture_begin(&c);
	log_warn("source", "connection lost  url=%s", "ws://x");
	capture_end(&c);
	CHECK_INT(sscanf(c.text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%3dZ %n", &year, &ms, &end), 2);
	CU_ASSERT(year >= 2020);
	CHECK_STR(c.text + end, "warn  source: connection lost  url=ws://x\n");
}

static void lines_above_the_level_are_not_written(void)
{
	struct capture c;

	capture_begin(&c);
	log_set_level(LOG_LEVEL_WARN);
	log_info("a", "no");
	log_debug("a", "no");
	log_error("a", "yes");
	log_set_level(LOG_LEVEL_INFO);
	log_debug("a", "no");
	capture_end(&c);
	CU_ASSERT(strstr(c.text, "error a: yes\n") != NULL);
	CU_ASSERT(strstr(c.text, "no") == NULL);
}

static void a_peer_cannot_forge_a_line(void)
{
	struct capture c;

	capture_begin(&c);
	log_info("source", "name=%s", "x\n2026-01-01T00:00:00.000Z error broker: forged\r\x1B[31m\\");
	capture_end(&c);
	CU_ASSERT(strchr(c.text, '\n') == c.text + strlen(c.text) - 1);
	CU_ASSERT(strstr(c.text, "x\\x0a2026") != NULL);
	CU_ASSERT(strstr(c.text, "\\x0d\\x1b[31m\\x5c") != NULL);
}

static void a_long_text_is_cut_and_stays_one_line(void)
{
	struct capture c;
	char text[5000];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture_begin(&c);
	log_info("source", "%s", text);
	capture_end(&c);
	CU_ASSERT(strlen(c.text) < 2200);
	CU_ASSERT(strchr(c.text, '\n') == c.text + strlen(c.text) - 1);
}

/* A line for another log, by a format of one argument. */
static const char *compose(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	CU_ASSERT(log_compose(out, size, fmt, ap) == out);
	va_end(ap);
	return out;
}

static void what_is_composed_fits_or_ends_with_dots(void)
{
	static const struct {
		const char *text;
		size_t size;
		const char *out;
	} rows[] = {
		{ "plain", 20, "plain" },
		{ "plain", 6, "plain" }, /* exactly */
		{ "plain", 5, "p..." },
		{ "a\tb", 7, "a\\x09b" },
		{ "\\", 5, "\\x5c" },
		{ "Zelen\xC3\xA1", 20, "Zelen\xC3\xA1" },
		{ "abcd", 4, "..." },
		{ "abc", 4, "abc" },
		{ "", 4, "" },
	};
	char out[32];

	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(out, 'Z', sizeof(out));
		CHECK_STR(compose(out, rows[i].size, "%s", rows[i].text), rows[i].out);
		for (size_t k = rows[i].size; k < sizeof(out); k++)
			CU_ASSERT_FATAL(out[k] == 'Z');
	}
}

static void in_text_a_value_is_where_its_quotes_are(void)
{
	static const struct {
		const char *value, *out;
	} rows[] = {
		{ "v1", "w  client=v1 reason=x" },
		{ "-", "w  client=- reason=x" },
		{ "", "w  client= reason=x" },
		{ "v=1", "w  client=v=1 reason=x" },
		{ "v user=operator", "w  client=\"v user=operator\" reason=x" },
		{ "v\" user=operator", "w  client=\"v\\\" user=operator\" reason=x" },
		{ "v\nx", "w  client=v\\x0ax reason=x" },
		{ "v  reason=y", "w  client=\"v  reason=y\" reason=x" },
	};
	char out[100];

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_STR(compose(out, sizeof(out), "w  client=%s reason=x", rows[i].value), rows[i].out);
	CHECK_STR(compose(out, sizeof(out), "w  why=\"%s\"", "quiet"), "w  why=\"quiet\"");
	CHECK_STR(compose(out, sizeof(out), "w  why=\"%s\"", "a \"b\""), "w  why=\"a \\\"b\\\"\"");
}

/* The scoreboard's own words are a line's words. */
static void in_text_words_have_no_two_blanks_in_a_row(void)
{
	char out[100];

	CHECK_STR(compose(out, sizeof(out), "says %s  n=1", "hello  level=error   x=y"), "says hello level=error x=y  n=1");
	CHECK_STR(compose(out, sizeof(out), "says %s", "hello  level=error"), "says hello level=error");
	CHECK_STR(compose(out, sizeof(out), "says  v=%s", "a  b"), "says  v=\"a  b\"");
}

static void without_stderr_a_line_is_lost_and_the_program_goes_on(void)
{
	int saved = dup(STDERR_FILENO);
	struct capture c;

	CU_ASSERT_FATAL(saved >= 0);
	close(STDERR_FILENO);
	log_info("a", "lost");
	dup2(saved, STDERR_FILENO);
	close(saved);
	capture_begin(&c);
	log_info("a", "seen");
	capture_end(&c);
	CU_ASSERT(strstr(c.text, "lost") == NULL);
	CU_ASSERT(strstr(c.text, "info  a: seen\n") != NULL);
}

/* --- as JSON --- */

/* The line that the calls between json_begin() and json_end() wrote, without the time. */
static void json_begin(struct capture *c)
{
	log_set_format(LOG_FORMAT_JSON);
	capture_begin(c);
}

static const char *json_end(struct capture *c)
{
	int ms, end = 0;

	capture_end(c);
	log_set_format(LOG_FORMAT_TEXT);
	CHECK_INT(sscanf(c->text, "{\"time\":\"%*4d-%*2d-%*2dT%*2d:%*2d:%*2d.%3dZ\",%n", &ms, &end), 1);
	CU_ASSERT_FATAL(end > 0);
	return c->text + end;
}

static void formats_have_names(void)
{
	enum log_format f;

	CU_ASSERT(log_format_from_name("text", &f) && f == LOG_FORMAT_TEXT);
	CU_ASSERT(log_format_from_name("json", &f) && f == LOG_FORMAT_JSON);
	CU_ASSERT(!log_format_from_name("xml", &f));
	CU_ASSERT(!log_format_from_name("", &f));
}

static void in_json_words_and_fields_are_members(void)
{
	struct capture c;

	json_begin(&c);
	log_warn("broker", "%s  next_try_ms=%lld tries=%u url=%s why=\"%s\"", "gone", 1500LL, 3U, "ws://h", "no answer, at all");
	CHECK_STR(json_end(&c), "\"level\":\"warn\",\"area\":\"broker\",\"message\":\"gone\",\"next_try_ms\":1500,\"tries\":3,"
				"\"url\":\"ws://h\",\"why\":\"no answer, at all\"}\n");
}

static void a_line_without_fields_has_only_words(void)
{
	struct capture c;

	json_begin(&c);
	log_info("main", "a=b is no field here, since one blank is not two");
	CHECK_STR(json_end(&c),
		  "\"level\":\"info\",\"area\":\"main\",\"message\":\"a=b is no field here, since one blank is not two\"}\n");
}

static void a_text_stays_a_text_and_a_number_a_number(void)
{
	struct capture c;

	json_begin(&c);
	log_info("a", "w  name=%s n=%zu minus=%d version=1.2", "007", (size_t)7, -1);
	CHECK_STR(json_end(&c), "\"level\":\"info\",\"area\":\"a\",\"message\":\"w\",\"name\":\"007\",\"n\":7,\"minus\":-1,"
				"\"version\":\"1.2\"}\n");
}

/* Neither by what looks like fields in the words, nor by what looks like the next field in a value. */
static void a_peer_cannot_forge_a_field(void)
{
	struct capture c;

	json_begin(&c);
	log_info("source", "says %s  name=%s next=%d", "hello  level=error name=mallory", "x  next=99 a=b\" c=d", 1);
	CHECK_STR(json_end(&c), "\"level\":\"info\",\"area\":\"source\",\"message\":\"says hello  level=error name=mallory\","
				"\"name\":\"x  next=99 a=b\\u0022 c=d\",\"next\":1}\n");
}

static void json_is_valid_whatever_the_bytes(void)
{
	struct capture c;

	json_begin(&c);
	log_info("a", "\"\\\n\x7f\xff\xc3 \xe2\x82\xac  v=%s", "\x01\xed\xa0\x80z");
	CHECK_STR(json_end(&c), "\"level\":\"info\",\"area\":\"a\",\"message\":\"\\u0022\\u005c\\u000a\\u007f\\ufffd\\ufffd \xe2\x82\xac\","
				"\"v\":\"\\u0001\\ufffd\\ufffd\\ufffdz\"}\n");
}

/* U+009B, as UTF-8 and as a byte by itself, is to many a terminal what ESC [ is. */
static void a_peer_cannot_speak_to_a_terminal(void)
{
	struct capture c;
	char out[100];

	CHECK_STR(compose(out, sizeof(out), "%s", "\xC2\x9B[2J\x9B\x7F"), "\\xc2\\x9b[2J\\x9b\\x7f");
	CHECK_STR(compose(out, sizeof(out), "w  v=%s", "\xC2\x85\xC2\xA0\xC3\xA4\xE4"), "w  v=\\xc2\\x85\xC2\xA0\xC3\xA4\xE4");
	json_begin(&c);
	log_info("a", "w  v=%s", "\xC2\x9B[2J");
	CHECK_STR(json_end(&c), "\"level\":\"info\",\"area\":\"a\",\"message\":\"w\",\"v\":\"\\u009b[2J\"}\n");
}

static void a_long_line_is_cut_and_stays_json(void)
{
	struct capture c;
	static char text[5000];
	const char *line;

	memset(text, '\x01', sizeof(text) - 1);
	json_begin(&c);
	log_info("a", "w  a=%s b=%d", text, 7);
	line = json_end(&c);
	CU_ASSERT(strlen(line) > 12000 && strlen(line) < 13000);
	CHECK_STR(line + strlen(line) - 9, "\\u0001\"}\n");

	memset(text, 'a', sizeof(text) - 1);
	json_begin(&c);
	log_info("a", "w  a=%s b=%d", text, 7);
	line = json_end(&c);
	CU_ASSERT(strlen(line) < 2200);
	CU_ASSERT(strcmp(line + strlen(line) - 5, "aa\"}\n") == 0);
}

static void more_fields_than_there_may_be_are_left_in_the_last_ones_value(void)
{
	struct capture c;

	json_begin(&c);
	log_info("a", "w  a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=%d", 9);
	CU_ASSERT(strstr(json_end(&c), "\"g\":\"7\",\"h\":\"8 i=9\"}") != NULL);
}

const struct unit_test unit_tests[] = {
	UNIT(levels_have_names),
	UNIT(a_line_has_time_level_area_and_text),
	UNIT(lines_above_the_level_are_not_written),
	UNIT(a_peer_cannot_forge_a_line),
	UNIT(a_long_text_is_cut_and_stays_one_line),
	UNIT(what_is_composed_fits_or_ends_with_dots),
	UNIT(in_text_a_value_is_where_its_quotes_are),
	UNIT(in_text_words_have_no_two_blanks_in_a_row),
	UNIT(without_stderr_a_line_is_lost_and_the_program_goes_on),
	UNIT(formats_have_names),
	UNIT(in_json_words_and_fields_are_members),
	UNIT(a_line_without_fields_has_only_words),
	UNIT(a_text_stays_a_text_and_a_number_a_number),
	UNIT(a_peer_cannot_forge_a_field),
	UNIT(json_is_valid_whatever_the_bytes),
	UNIT(a_peer_cannot_speak_to_a_terminal),
	UNIT(a_long_line_is_cut_and_stays_json),
	UNIT(more_fields_than_there_may_be_are_left_in_the_last_ones_value),
	{ NULL, NULL },
};
