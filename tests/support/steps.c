#include "tests/support/steps.h"

/* Takes the first step off *rest: "Name", ".Name" or "(argument)". False at the end. */
static bool next_step(struct str *rest, struct str *step)
{
	const char *end;
	size_t n = 1;

	if (!rest->len)
		return false;
	if (rest->p[0] == '(') {
		end = memchr(rest->p, ')', rest->len);
		n = end ? (size_t)(end - rest->p) + 1 : rest->len;
	} else {
		while (n < rest->len && rest->p[n] != '.' && rest->p[n] != '(')
			n++;
	}
	*step = (struct str){ rest->p, n };
	*rest = str_skip(*rest, n);
	return true;
}

static bool step_matches(struct str wanted, struct str step)
{
	if (str_eq(wanted, step))
		return true;
	return str_starts(wanted, STR("(")) && str_ends(wanted, STR("*)")) && str_starts(step, STR("("));
}

bool steps_cover(struct str pattern, struct str path)
{
	struct str wanted, step;

	while (next_step(&pattern, &wanted))
		if (!next_step(&path, &step) || !step_matches(wanted, step))
			return false;
	return true;
}
