/* log - one line per event on stderr: time, level, area, message, then key=value pairs. A line is one write(), so that lines of
 * several processes stay whole. Control characters are escaped, so that no peer can forge a line by the name that it gives itself.
 *
 *   2026-05-02T18:03:11.204Z warn  source: connection lost, next try in 2 s  url=ws://host:8000/WS/ reason=reset
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

/* Sets how much the whole process logs: lines of this level and of those above it in the enum. LOG_LEVEL_INFO until it is called. */
void log_set_level(enum log_level level);
/* "error" "warn" "info" "debug"; false for any other. */
bool log_level_from_name(const char *name, enum log_level *out) __attribute__((warn_unused_result));

void log_line(enum log_level level, const char *area, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_error(area, ...) log_line(LOG_LEVEL_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...) log_line(LOG_LEVEL_WARN, area, __VA_ARGS__)
#define log_info(area, ...) log_line(LOG_LEVEL_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) log_line(LOG_LEVEL_DEBUG, area, __VA_ARGS__)

/* Writes text into out (size > 0) with control characters and backslashes escaped, cut with "..." when it does not
 * fit. For use in the plugin, which logs through its broker. Returns out. */
char *log_escape(char *out, size_t size, const char *text);

#endif
