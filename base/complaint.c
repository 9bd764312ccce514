#include "base/complaint.h"

#include "base/str.h"

#include <stdio.h>

int complaint_vsay(struct complaint *out, unsigned line, const char *fmt, va_list ap)
{
	char whole[2 * COMPLAINT_TEXT_SIZE]; /* the arguments may be parts of out->text, so it is written last */

	vsnprintf(whole, sizeof(whole), fmt, ap);
	out->line = line;
	str_copy(out->text, sizeof(out->text), whole); /* cuts between two characters, not amid one */
	return 1;
}

struct complaint_value complaint_value(const char *text)
{
	struct complaint_value v;

	str_copy(v.text, sizeof(v.text), text);
	return v;
}

int complaint_say(struct complaint *out, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complaint_vsay(out, line, fmt, ap);
	va_end(ap);
	return 1;
}
