/* log - one line per event on stderr: when, how bad, which area, words, then fields. A line is one write(), so that lines of several
 * processes stay whole.
 *
 * Words:
 *   area     which part of the program the line is about: "source", "broker", "http".
 *   words    what has happened, for a person. They stand in front, and end at the first two spaces of the format.
 *   field    key=value behind the words, separated by one space. The same thing has the same key in all lines (docs/scaling.md, "Logs").
 *
 *   log_warn("source", "connection lost  url=%s tries=%u", url, tries);
 *
 * As text, for people, and as JSON, for collectors of logs:
 *
 *   2026-05-02T18:03:11.204Z warn  source: connection lost  url=ws://host:8000/WS/ tries=3
 *   {"time":"2026-05-02T18:03:11.204Z","level":"warn","area":"source","message":"connection lost","url":"ws://host:8000/WS/","tries":3}
 *
 * Which fields a line has is known from its format, and not from what is put into it: so no peer can add a field, or end one, by the name
 * that it gives itself. Nor can it forge a line: control characters are escaped. In text a value with a blank or a quote stands in quotes, and
 * where words that were put in have two blanks in a row there is one. Numbers of the format are numbers in JSON, all else is a string. Quotes
 * in which the format puts a value are not part of the value. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

#include <stdarg.h>

#define LOG_FIELDS_MAX 8

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

/* Where in a line's text its fields begin. Those beyond LOG_FIELDS_MAX belong to the value of the last one. */
struct log_fields {
	struct {
		size_t at;      /* of its key, in bytes from the beginning of the text */
		bool is_text;   /* a string in JSON; else a number */
		bool is_quoted; /* the value stands in quotes in the text */
	} list[LOG_FIELDS_MAX];
	size_t n;
};

/* Sets how much the whole process logs: lines of this level and of those above it in the enum. LOG_LEVEL_INFO until it is called. */
void log_set_level(enum log_level level);
/* Sets how the whole process writes its lines. LOG_FORMAT_TEXT until it is called. */
void log_set_format(enum log_format format);
/* "error" "warn" "info" "debug"; false for any other. */
bool log_level_from_name(const char *name, enum log_level *out) __attribute__((warn_unused_result));
/* "text" "json"; false for any other. */
bool log_format_from_name(const char *name, enum log_format *out) __attribute__((warn_unused_result));

void log_line(enum log_level level, const char *area, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_error(area, ...) log_line(LOG_LEVEL_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...) log_line(LOG_LEVEL_WARN, area, __VA_ARGS__)
#define log_info(area, ...) log_line(LOG_LEVEL_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) log_line(LOG_LEVEL_DEBUG, area, __VA_ARGS__)

/* For a line that is written later than it is made: finds the fields that the text of this format and these arguments has. */
void log_find_fields(const char *fmt, va_list ap, struct log_fields *out) __attribute__((format(printf, 1, 0)));
/* Writes a line whose text and fields are there already. */
void log_text(enum log_level level, const char *area, struct str text, const struct log_fields *fields);

/* Writes the text of a line into out (size >= 4), cut with "..." when it does not fit: for the plugin, which logs through its broker. Returns
 * out. */
char *log_compose(char *out, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

#endif
