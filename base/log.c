#include "base/log.h"

#include "base/mono.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static enum log_level log_max = LOG_LEVEL_INFO; /* one per process, like stderr */

void log_set_level(enum log_level level)
{
	log_max = level;
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

char *log_escape(char *out, size_t size, const char *text)
{
	size_t n = 0, cut = 0; /* n: bytes written; cut: how many of them may stay when "..." has to follow */

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		char one[5];
		size_t len;

		if (c < 0x20 || c == 0x7F || c == '\\')
			len = (size_t)snprintf(one, sizeof(one), "\\x%02x", c);
		else
			len = (size_t)snprintf(one, sizeof(one), "%c", c);
		if (n + len >= size) {
			snprintf(out + cut, size - cut, "...");
			return out;
		}
		memcpy(out + n, one, len);
		n += len;
		cut = n + 4 <= size ? n : cut;
	}
	out[n] = '\0';
	return out;
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

void log_line(enum log_level level, const char *area, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES], escaped[LINE_MAX_BYTES], when[40], line[LINE_MAX_BYTES + 100];
	va_list ap;
	int n;

	if (level > log_max)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	stamp(when, sizeof(when));
	n = snprintf(line, sizeof(line), "%s %-5s %s: %s\n", when, level_names[level], area,
		     log_escape(escaped, sizeof(escaped), text));
	/* one write: lines of several processes on one stderr stay whole */
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* stderr is gone, and there is nowhere else to tell of it */
}
