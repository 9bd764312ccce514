/* Three lines: a filter of the policy, what is asked for, a name. Rules and plain covering agree, and an exception is never
 * overruled. */
#include "tests/fuzz/fuzz.h"

#include "base/topic.h"
#include "mosquitto-plugin/core/policy/rules.h"

/* Does an MQTT filter match a topic? Written once more, so that the product's own is held against something. */
static bool matches(struct str filter, struct str topic)
{
	struct str f, t;

	if (!filter.len || !topic.len || (topic.p[0] == '$' && (filter.p[0] == '+' || filter.p[0] == '#')))
		return false;
	while (str_split(&filter, '/', &f)) {
		if (str_is(f, "#"))
			return true;
		if (!str_split(&topic, '/', &t))
			return false;
		if (!str_is(f, "+") && !str_eq(f, t))
			return false;
		if (!topic.p && filter.p && str_is(filter, "#")) /* "a/#" matches "a" itself */
			return true;
	}
	return !topic.p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, filter, asked = { "", 0 }, name = { NULL, 0 };
	struct rules r = { 0 }, both = { 0 };
	struct complaint why;
	bool allowed;

	str_split(&rest, '\n', &filter);
	if (rest.p)
		str_split(&rest, '\n', &asked);
	if (rest.p)
		str_split(&rest, '\n', &name);
	struct who who = { .user = name, .client = name };

	if (!rules_add(&r, filter, &why) && r.n) {
		allowed = rules_allow(&r, &who, asked);
		if (!r.personal && topic_name_valid(asked))
			PROMISE(allowed == (!r.v[0].except &&
					    matches((struct str){ r.v[0].filter, r.v[0].len }, asked)));
		/* everything, except for what may not be */
		if (r.v[0].except && !r.personal && !rules_add(&both, STR("#"), &why) && !rules_add(&both, filter, &why))
			PROMISE(!rules_allow(&both, &who, asked) ||
				!matches((struct str){ r.v[0].filter, r.v[0].len }, asked));
	}
	rules_free(&r);
	rules_free(&both);
	return 0;
}
