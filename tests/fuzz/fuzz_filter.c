/* Three lines: a filter of the policy, what is asked for, a name. Rules and plain covering agree, and an exception is never
 * overruled. */
#include "tests/fuzz/fuzz.h"

#include "base/topic.h"
#include "mosquitto-plugin/core/policy/rules.h"

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
	struct who who = { name, name, NULL, 0 };

	if (!rules_add(&r, filter, &why) && r.n) {
		allowed = rules_allow(&r, &who, asked);
		if (!r.personal && topic_name_valid(asked))
			PROMISE(allowed == (!r.v[0].except &&
					    filter_covers((struct str){ r.v[0].filter, r.v[0].len }, asked)));
		/* everything, except for what may not be */
		if (r.v[0].except && !r.personal && !rules_add(&both, STR("#"), &why) && !rules_add(&both, filter, &why))
			PROMISE(!rules_allow(&both, &who, asked) ||
				!filter_covers((struct str){ r.v[0].filter, r.v[0].len }, asked));
	}
	rules_free(&r);
	rules_free(&both);
	return 0;
}
