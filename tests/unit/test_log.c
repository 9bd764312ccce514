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
	char text[8192];
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

static void what_is_escaped_fits_or_ends_with_dots(void)
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
		{ "a\tb", 6, "a..." },
		{ "\\", 5, "\\x5c" },
		{ "Zelen\xC3\xA1", 20, "Zelen\xC3\xA1" },
		{ "abc", 3, ".." },
		{ "abc", 1, "" },
		{ "", 1, "" },
	};
	char out[32];

	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(out, 'Z', sizeof(out));
		CU_ASSERT(log_escape(out, rows[i].size, rows[i].text) == out);
		CHECK_STR(out, rows[i].out);
		for (size_t k = rows[i].size; k < sizeof(out); k++)
			CU_ASSERT_FATAL(out[k] == 'Z');
	}
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

const struct unit_test unit_tests[] = {
	UNIT(levels_have_names),
	UNIT(a_line_has_time_level_area_and_text),
	UNIT(lines_above_the_level_are_not_written),
	UNIT(a_peer_cannot_forge_a_line),
	UNIT(a_long_text_is_cut_and_stays_one_line),
	UNIT(what_is_escaped_fits_or_ends_with_dots),
	UNIT(without_stderr_a_line_is_lost_and_the_program_goes_on),
	{ NULL, NULL },
};
