/* complaint - what is wrong with a text that a person or another program wrote: a policy, a schema, a password file, a
 * request. One line of words, and the line of the text that they are about. It is the one way in which such errors travel:
 *
 *   a function that can refuse a text returns 0 when the text is good. Otherwise it returns a positive number, and has
 *   filled the complaint that its caller gave it. Most know only 1; where the caller has to tell more apart, the function's
 *   header has an enum. After a 0 the complaint is as it was.
 *
 * Who called knows which file or client the text came from, and says so in front of the words.
 *
 * Example:  if (policy_parse(text, &policy, &why))
 *                   log_error("%s:%u: %s", path, why.line, why.text); */
#ifndef BASE_COMPLAINT_H
#define BASE_COMPLAINT_H

#include <stdarg.h>

#define COMPLAINT_TEXT_SIZE 400

struct complaint {
	unsigned line;                  /* 1 is the first; 0: about the text as a whole */
	char text[COMPLAINT_TEXT_SIZE]; /* UTF-8 if all that was put into it is; what does not fit is cut off */
};

/* Fills *out, whatever was in it, and returns 1: `return complaint_say(why, line, "...")`. */
int complaint_vsay(struct complaint *out, unsigned line, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
int complaint_say(struct complaint *out, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
