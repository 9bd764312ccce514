#include "mosquitto-plugin/ctl/ctl.h"

#include "base/str.h"

bool ctl_duration(const char *text, int64_t *seconds)
{
	static const char units[] = "smhd";
	static const int64_t factors[] = { 1, 60, 3600, 86400 };
	struct str s = str_of(text);
	const char *unit = s.len ? strchr(units, s.p[s.len - 1]) : NULL;

	if (unit)
		s.len--;
	return str_to_int(s, seconds) && *seconds > 0 && *seconds < 100000000 &&
	       (*seconds *= factors[unit ? unit - units : 0]) > 0;
}
