/* complaint - what is wrong with something that a person or another program gave us: a policy, a schema, an option, a request, the
 * name of a file that can't be read. One line of words, and the line of the text that they are about. It is the one way in which such
 * errors travel, in one of two forms:
 *
 *   a function that can refuse returns 0 when all is well. Otherwise it returns a positive number, and has filled the complaint
 *   that its caller gave it. Most know only 1; where the caller has to tell more apart, the function's header has an enum whose
 *   first value, 0, is the good one;
 *
 *   a constructor, which returns a pointer to what it has made, returns NULL instead, and has filled the complaint. That there is
 *   no memory is a complaint like any other.
 *
 * After success the complaint is as it was. In both forms a function that a header declares has warn_unused_result, so that nobody reads a
 * complaint that was not filled, and nobody misses one that was. tests/house/complaints.mjs sees to that.
 *
 * The caller knows which file or client the text came from, and says so in front of the words.
 *
 * Example:  if (policy_parse(text, &policy, &why))
 *                   log_error("%s:%u: %s", path, why.line, why.text); */
#ifndef BASE_COMPLAINT_H
#define BASE_COMPLAINT_H

#include <stdarg.h>

#define COMPLAINT_TEXT_SIZE 1000
#define COMPLAINT_VALUE_SIZE 280

struct complaint {
	unsigned line;                  /* 1 is the first; 0: about the text as a whole */
	char text[COMPLAINT_TEXT_SIZE]; /* UTF-8 if all that was put into it is; what does not fit is cut off */
};

/* Fills *out, whatever was in it, and returns 1: `return complaint_say(why, line, "...")`. */
int complaint_vsay(struct complaint *out, unsigned line, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
int complaint_say(struct complaint *out, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The beginning of a value that may be of any length, a file's name say, so long that 120 bytes of other words fit into the
 * complaint with it. For values with words behind them:
 *
 *   complaint_say(why, 0, "can't read %s: %s", complaint_value(path).text, strerror(errno)); */
struct complaint_value {
	char text[COMPLAINT_VALUE_SIZE];
};
struct complaint_value complaint_value(const char *text);

#endif
